/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_OUT_H
#define PUMASI_OUT_H

#include "core/base.h"
#include "core/buf.h"
#include "core/key.h"

/*
 * Answers' JSON, member by member, appended to b; commas come by themselves. `name` is the member's
 * name, which needs no escaping, or NULL in an array (and for the outermost value).
 */
void out_open(struct buf *b, const char *name, char bracket); /* '{' or '[' */
void out_close(struct buf *b, char bracket);                  /* '}' or ']' */
/* s NULL writes null. */
void out_str(struct buf *b, const char *name, const char *s);
void out_str_len(struct buf *b, const char *name, const char *s, size_t len);
void out_int(struct buf *b, const char *name, int64_t n);
void out_bool(struct buf *b, const char *name, bool value);
void out_null(struct buf *b, const char *name);
/* A text that is JSON already. */
void out_raw(struct buf *b, const char *name, const char *json, size_t len);
/* base64, with padding (RFC 4648 section 4). */
void out_b64(struct buf *b, const char *name, const void *bytes, size_t len);
void out_b64u(struct buf *b, const char *name, const void *bytes, size_t len);
void out_jwk(struct buf *b, const char *name, const struct key *key);
/* RFC 3339 in UTC, from milliseconds since 1970. */
void out_time(struct buf *b, const char *name, int64_t ms);
/* A text that travels beside an act, as submissions have it: {"salt","text"}; the salt is 16 bytes.
 */
void out_text(struct buf *b, const char *name, const uint8_t *salt, const char *text, size_t len);

#endif
