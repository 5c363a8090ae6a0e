/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/jwk.h"

#include <stdlib.h>
#include <string.h>

#include "core/strict.h"

int jwk_read(const json_t *jwk, struct key *out, const char **why)
{
    char *text = json_dumps(jwk, JSON_COMPACT);
    struct value *value = NULL;
    int rc = -1;

    if (text == NULL)
        *why = N_("isn't a JWK object");
    else
        value = strict_parse(text, strlen(text), why);
    if (value != NULL)
        rc = key_from_jwk(value, out, why);
    value_free(value);
    free(text);
    return rc;
}
