/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_JWK_H
#define PUMASI_JWK_H

#include <jansson.h>

#include "core/key.h"

/* key_from_jwk of what jansson read; NULL is no JWK. */
int jwk_read(const json_t *jwk, struct key *out, const char **why) MUST_CHECK;

#endif
