/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_HTTP_TEXT_H
#define PUMASI_HTTP_TEXT_H

#include "core/buf.h"

/* Fixed texts of HTTP answers. */

/* The whole head of an answer with a body of that many bytes. `fields` are further ones, each with
 * its line end; `last`: the connection ends with it. */
void http_put_head(struct buf *b, int status, const char *type, size_t body_len,
                   const struct buf *fields, bool last);

/* The body of an answer to what couldn't be read as a request, or had no room: status 400 to 505.
 */
void http_put_problem(struct buf *b, int status, const char *why);

#endif
