/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/html.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "client/say.h"
#include "core/b64.h"
#include "core/hash.h"

#define QUIET_ZONE 4

void html_text(struct buf *b, const char *s)
{
    char *safe = say_safe(s);

    for (const char *p = safe; *p != '\0'; p++) {
        switch (*p) {
        case '&':
            buf_puts(b, "&amp;");
            break;
        case '<':
            buf_puts(b, "&lt;");
            break;
        case '>':
            buf_puts(b, "&gt;");
            break;
        case '"':
            buf_puts(b, "&quot;");
            break;
        case '\'':
            buf_puts(b, "&#39;");
            break;
        default:
            buf_putc(b, *p);
        }
    }
    free(safe);
}

void html_element(struct buf *b, const char *tag, const char *class, const char *s)
{
    buf_printf(b, "<%s", tag);
    if (class != NULL)
        buf_printf(b, " class=\"%s\"", class);
    buf_putc(b, '>');
    html_text(b, s);
    buf_printf(b, "</%s>", tag);
}

void html_begin(struct buf *b, const char *title, const char *style, const char *body_class)
{
    char allowed[B64_LEN(HASH_LEN) + 1];
    const char *lang = _("en");
    struct hash h;

    hash_bytes(&h, style, strlen(style));
    b64_encode(allowed, h.b, sizeof(h.b));
    buf_printf(b,
               "<!DOCTYPE html>\n"
               "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"%s\" xml:lang=\"%s\">\n"
               "<head>\n<meta charset=\"utf-8\"/>\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\"/>\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
               "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
               "<meta name=\"robots\" content=\"noindex\"/>\n"
               "<meta name=\"format-detection\" content=\"telephone=no, date=no, address=no\"/>\n",
               lang, lang, allowed);
    html_element(b, "title", NULL, title);
    buf_printf(b, "\n<style>%s</style>\n</head>\n<body class=\"%s\">\n", style, body_class);
}

void html_end(struct buf *b)
{
    buf_puts(b, "</body>\n</html>\n");
}

void html_qr(struct buf *b, const char *s, const char *label)
{
    QRcode *qr = QRcode_encodeString8bit(s, 0, QR_ECLEVEL_M);
    int side;

    if (qr == NULL)
        return;
    side = qr->width + 2 * QUIET_ZONE;
    buf_printf(b,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
               "shape-rendering=\"crispEdges\"><title>",
               side, side);
    html_text(b, label);
    buf_printf(b, "</title><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path d=\"", side, side);
    for (int y = 0; y < qr->width; y++) {
        const unsigned char *row = qr->data + y * qr->width;

        for (int x = 0, end; x < qr->width; x = end) {
            for (end = x; end < qr->width && (row[end] & 1) == (row[x] & 1);)
                end++;
            if ((row[x] & 1) != 0)
                buf_printf(b, "M%d %dh%dv1h-%dz", x + QUIET_ZONE, y + QUIET_ZONE, end - x, end - x);
        }
    }
    buf_puts(b, "\"/></svg>");
    QRcode_free(qr);
}
