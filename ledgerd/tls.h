/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LEDGERD_TLS_H
#define PUMASI_LEDGERD_TLS_H

#include <event2/bufferevent.h>

#include "core/base.h"

/*
 * TLS of the HTTP server, by OpenSSL under libevent's bufferevents: version 1.2 at least, else as
 * the system's policy (openssl.cnf) has it, no renegotiation, no compression, no early data. On the
 * loop's thread.
 */
struct tls;

/*
 * Reads the chain of certificates, the server's own first, and its private key, both PEM. One that
 * has expired is taken, and warned of. NULL and a sentence in err.
 */
struct tls *tls_new(const char *certificate, const char *key, char *err,
                    size_t err_size) MUST_CHECK;
/*
 * Reads both again: connections to come get the new ones, those there are go on. -1 and a sentence
 * in err when they can't be used, or have expired; the old ones stay then.
 */
int tls_reload(struct tls *t, char *err, size_t err_size) MUST_CHECK;
/* NULL is taken too. */
void tls_free(struct tls *t);

/* When the first certificate of the chain in use expires, in seconds since 1970. */
int64_t tls_expiry(const struct tls *t);

/*
 * The server's side of a connection. Takes over fd; BEV_EVENT_CONNECTED is said when it is
 * agreed on. Callbacks come from the loop, never from within a call. NULL: fd is closed.
 */
struct bufferevent *tls_accept(const struct tls *t, struct event_base *base,
                               evutil_socket_t fd) MUST_CHECK;
/* Is it one of tls_accept's? */
bool tls_is(struct bufferevent *bev);
/* Tells the client that nothing more comes. What was written is out by now. Nothing, if bev isn't
 * tls_accept's. */
void tls_say_end(struct bufferevent *bev);
/*
 * After BEV_EVENT_ERROR before BEV_EVENT_CONNECTED: where the client spoke plain HTTP, a plain
 * bufferevent with the same callbacks that it can be told so on, bev freed; else NULL.
 */
struct bufferevent *tls_plain_instead(struct bufferevent *bev, struct event_base *base) MUST_CHECK;

#endif
