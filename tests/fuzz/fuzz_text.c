/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts: what is fine is UTF-8 in NFC that JSON gives back byte for byte; what NFC makes of any
 * UTF-8 is itself NFC. */
#include "fuzz.h"

#include <jansson.h>

#include "core/text.h"

static void check_nfc(const char *s)
{
    char *once = text_nfc(s), *twice;

    if (!once)
        return;
    twice = text_nfc(once);
    MUST(twice != NULL && strcmp(once, twice) == 0);
    free(once);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = x_strndup((const char *)data, size), *nfc; /* up to the first NUL */
    size_t len = strlen(s);
    const char *fault = text_fault(s, len, TEXT_MEMO_MAX);
    struct buf b = BUF_INIT;
    json_t *json;

    MUST(text_width(s) <= 2 * len);
    check_nfc(s);
    MUST(fault != NULL || (len >= 1 && len <= TEXT_MEMO_MAX));
    MUST(len == 0 || text_fault(s, len, len - 1) != NULL);
    if (size > len)
        MUST(text_fault((const char *)data, size, size) != NULL); /* NUL is a control character */
    if (!fault) {
        nfc = text_nfc(s);
        MUST(nfc != NULL && strcmp(nfc, s) == 0);
        free(nfc);
        buf_put_json(&b, s, len);
        json = json_loadb(b.data, b.len, JSON_DECODE_ANY, NULL);
        MUST(json != NULL && strcmp(json_string_value(json), s) == 0);
        json_decref(json);
        buf_free(&b);
    }
    free(s);
    return 0;
}
