/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_HTTP_WRITE_H
#define PUMASI_HTTP_WRITE_H

#include <event2/bufferevent.h>

#include "core/buf.h"

/*
 * Writes an answer, both parts of which are taken and left empty. The kernel is given at once what
 * it takes, which mostly is all: the loop then needn't be told to wait until the socket can be
 * written. How many bytes it didn't take; these are queued in the bufferevent.
 */
size_t http_write(struct bufferevent *bev, struct buf *head, struct buf *body);

#endif
