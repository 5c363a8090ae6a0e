/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/sheet_text.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "client/say.h"
#include "core/buf.h"
#include "core/text.h"

#define PIECE 65536

static const char mark[] = "\xef\xbb\xbf";

/* -1 with errno as iconv sets it and *line where; EINVAL also when there is no such encoding. */
static int convert(const char *encoding, const char *bytes, size_t len, struct buf *out,
                   int64_t *line)
{
    iconv_t cd = iconv_open("UTF-8", encoding);
    char piece[PIECE], *from = (char *)bytes;
    size_t left = len;
    int rc = 0;

    *line = 1;
    if (cd == (iconv_t)-1)
        return -1;
    while (rc == 0 && left > 0) {
        char *to = piece;
        size_t room = sizeof(piece);
        size_t n = iconv(cd, &from, &left, &to, &room);
        int why = errno;

        buf_put(out, piece, (size_t)(to - piece));
        if (n == (size_t)-1 && why != E2BIG) {
            errno = why == EINVAL ? EILSEQ : why; /* cut off in a character */
            rc = -1;
        }
    }
    for (size_t i = 0; rc != 0 && i < out->len; i++)
        *line += out->data[i] == '\n';
    if (rc != 0) {
        int why = errno;

        (void)iconv_close(cd);
        errno = why;
        return -1;
    }
    return iconv_close(cd);
}

static const char *guess(const char *bytes, size_t len)
{
    if (len >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
        return "UTF-16LE";
    if (len >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
        return "UTF-16BE";
    return text_is_utf8(bytes, len) ? "UTF-8" : "CP949";
}

static int cannot(const char *encoding, bool told, int why, int64_t line)
{
    char *safe = say_safe(encoding);

    if (why == EINVAL)
        (void)fail(PUMASI_USAGE, _("There is no encoding \"%s\"; iconv -l lists them."), safe);
    else if (told)
        (void)fail(PUMASI_USAGE, _("This file isn't %s: see its line %lld."), safe,
                   (long long)line);
    else
        (void)fail(PUMASI_USAGE,
                   _("This file is neither UTF-8 nor CP949. Say what it is with --encoding, for "
                     "example WINDOWS-1252, or save it as CSV in UTF-8."));
    free(safe);
    return PUMASI_USAGE;
}

int sheet_text(char **bytes, size_t *len, char **encoding)
{
    struct buf out = BUF_INIT;
    const char *from = *encoding != NULL ? *encoding : guess(*bytes, *len);
    int64_t line;

    /* A row that isn't valid is a bad one. And a mark says it better than a mapping that was made
     * for the file which these are the bad rows of. */
    if (strcasecmp(from, "UTF-8") == 0 || (*len >= 3 && memcmp(*bytes, mark, 3) == 0))
        goto done;
    if (convert(from, *bytes, *len, &out, &line) != 0) {
        int rc = cannot(from, *encoding != NULL, errno, line);

        buf_free(&out);
        return rc;
    }
    if (*encoding == NULL)
        note(_("The file is read as %s; --encoding says otherwise."), from);
    free(*bytes);
    *len = out.len;
    *bytes = buf_take(&out);
done:
    if (*encoding == NULL)
        *encoding = x_strdup(from);
    return PUMASI_OK;
}

bool sheet_text_marked(const char *bytes, size_t len, const char *encoding)
{
    return (len >= 3 && memcmp(bytes, mark, 3) == 0) ||
           (encoding != NULL && strcasecmp(encoding, "UTF-8") != 0);
}
