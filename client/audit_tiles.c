/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_tiles.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/record.h"

#define TILE 256

int audit_get(struct client *c, const char *path, long *status, char **body, size_t *len)
{
    char *url = x_asprintf("%s%s", c->profile.url, path), *why;
    struct http_request rq = {.method = "GET", .url = url};
    struct http_answer answer;
    enum http_result result = http_do(c->http, &rq, &answer, &why);
    int rc = PUMASI_OK;

    *body = NULL;
    free(url);
    if (result != HTTP_ANSWERED) {
        rc = fail(PUMASI_UNKNOWN, "%s", why);
        free(why);
        return rc;
    }
    *status = answer.status;
    *len = answer.len;
    *body = answer.body;
    return PUMASI_OK;
}

/* "/tile/0/x001/x234/067", and ".p/12" of a partial one. */
static char *tile_path(size_t n, size_t width)
{
    struct buf b = BUF_INIT;
    size_t group = 1;

    buf_puts(&b, "/tile/0");
    while (n / group >= 1000)
        group *= 1000;
    for (; group > 1; group /= 1000)
        buf_printf(&b, "/x%03zu", n / group % 1000);
    buf_printf(&b, "/%03zu", n % 1000);
    if (width < TILE)
        buf_printf(&b, ".p/%zu", width);
    return buf_take(&b);
}

int audit_tiles(struct client *c, size_t from, size_t to, size_t size, struct hash *out)
{
    int rc = PUMASI_OK;

    for (size_t tile = from / TILE; rc == PUMASI_OK && tile * TILE < to; tile++) {
        size_t first = tile * TILE, width = size - first < TILE ? size - first : TILE, len = 0;
        char *path = tile_path(tile, width), *body = NULL;
        long status = 0;

        rc = audit_get(c, path, &status, &body, &len);
        if (rc == PUMASI_OK && (status != 200 || len != width * HASH_LEN))
            rc = fail(PUMASI_UNKNOWN, _("The ledger at %s doesn't show its tree (%s, status %ld)."),
                      c->profile.url, path, status);
        for (size_t i = 0; rc == PUMASI_OK && i < width; i++)
            if (first + i >= from && first + i < to)
                memcpy(out[first + i - from].b, body + i * HASH_LEN, HASH_LEN);
        free(body);
        free(path);
    }
    return rc;
}

bool audit_parts_match(const char *header, const char *const *parts, size_t n, bool some)
{
    struct record_header head;
    const char *why;
    size_t at = 0;

    if (record_header_parse(&head, header, strlen(header), &why) != 0 ||
        (!some && n != head.n_parts))
        return false;
    for (size_t i = 0; i < n; i++, at++) {
        struct hash hash;

        hash_bytes(&hash, parts[i], strlen(parts[i]));
        while (some && at < head.n_parts && !hash_eq(&hash, &head.parts[at]))
            at++;
        if (at == head.n_parts || !hash_eq(&hash, &head.parts[at]))
            return false;
    }
    return true;
}
