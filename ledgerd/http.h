/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LEDGERD_HTTP_H
#define PUMASI_LEDGERD_HTTP_H

#include "core/base.h"
#include "core/buf.h"

struct ledgerd;
struct http;
struct http_conn;

/*
 * Listens on conf's addresses, and watches the queue's answers. d->reads, queue, published and
 * metrics are there before. NULL and a sentence in err when an address can't be had.
 */
struct http *http_start(struct ledgerd *d, char *err, size_t err_size) MUST_CHECK;
/* Reads the TLS certificate and its key again, if there are any; says in the log what came of it.
 */
void http_reload(struct http *h);
/* Takes no further connections; a request on an old one is answered busy. */
void http_stop_accepting(struct http *h);
/*
 * Stops accepting and runs the loop until the answers in flight are written, at most some seconds.
 * Call it when the loop isn't running, with all jobs answered and reads still at work.
 */
void http_finish(struct http *h);
/* Closes all. After reads_stop, which answers what still waited for the database: nobody may answer
 * a request from now on. */
void http_stop(struct http *h);

/* For request.c: sends an answer, body and its memory taken over. */
void http_answer(struct http *h, struct http_conn *conn, int status, const char *type,
                 struct buf *body);

#endif
