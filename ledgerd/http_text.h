/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_HTTP_TEXT_H
#define PUMASI_HTTP_TEXT_H

#include "core/buf.h"

/* Fixed texts of HTTP answers. */

/* "Not Found" (RFC 9110 section 15); never NULL. */
const char *http_reason(int status);
/* The field "Date: Sun, 06 Nov 1994 08:49:37 GMT" and its line end, of now (RFC 9110 section
 * 5.6.7). */
void http_put_date(struct buf *b);

#endif
