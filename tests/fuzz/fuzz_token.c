/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Query tokens: parsing bounds every field, and no token that nobody signed passes. */
#include "fuzz.h"

#include "core/num.h"
#include "core/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct key nobody = {{0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7,
                                       0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
                                       0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25,
                                       0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a}};
    const char *why = NULL;
    struct token t;

    if (token_parse(&t, (const char *)data, size, &why) != 0) {
        MUST(why != NULL);
        return 0;
    }
    MUST(size <= TOKEN_MAX && kid_is_valid(t.kid.s));
    MUST(t.iat >= 0 && t.iat <= NUM_MAX && t.exp >= 0 && t.exp <= NUM_MAX);
    MUST(strlen(t.signed_text) < size && memcmp(t.signed_text, data, strlen(t.signed_text)) == 0);
    MUST(data[strlen(t.signed_text)] == '.');
    if (token_check(&t, &nobody, t.aud, t.htm, t.htu, t.iat, &why) == 0) {
        MUST(key_verify(&nobody, t.signed_text, strlen(t.signed_text), t.sig));
        MUST(t.exp > t.iat && t.exp - t.iat <= TOKEN_LIFETIME_MAX);
        MUST(token_check(&t, &nobody, "other", t.htm, t.htu, t.iat, &why) != 0 ||
             str_eq(t.aud, "other"));
        MUST(token_check(&t, &nobody, t.aud, t.htm, t.htu, t.exp + 1, &why) != 0);
    } else {
        MUST(why != NULL);
    }
    token_free(&t);
    return 0;
}
