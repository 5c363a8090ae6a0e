/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_HTTP_CONN_H
#define PUMASI_HTTP_CONN_H

#include <event2/bufferevent.h>
#include <stdatomic.h>

#include "core/base.h"
#include "core/buf.h"
#include "ledgerd/forwarded.h"
#include "ledgerd/http_head.h"

/*
 * One connection of an HTTP/1.1 client: reads a request whole, hands it on, writes its answer, and
 * then reads the next one; what a client sends ahead waits. All on the loop's thread. A connection
 * whose client has gone lives on until the request at hand is answered.
 */
struct http_conn;

#define HTTP_BODY_MAX (4 << 20)

/* What the connections of a server share. */
struct http_conns {
    struct event_base *base;
    /* Takes a whole request; answered by http_conn_answer, now or later. */
    void (*on_request)(struct http_conn *c, void *arg);
    void *arg;
    /* Looks at a request whose head is here and whose body is not. 0: go on; else the status that
     * it is refused with, 429 or 503, and *why. */
    int (*on_head)(struct http_conn *c, void *arg, const char **why);
    int64_t request_ms; /* for a request to arrive, from its first byte to its last */
    size_t bodies;      /* bytes that are here of bodies of requests not answered yet */
    size_t bodies_max;  /* a body that would pass it is answered 503; small ones have more */
    size_t answers;     /* bytes of answers that aren't written yet */
    size_t answers_max; /* past it those that wait for their clients the longest are cut off */
    size_t n;           /* connections */
    size_t open;        /* of them, with a request that isn't answered yet */
    size_t writing;     /* of them, with an answer that isn't written yet */
    bool closing;       /* each answer is its connection's last */
    atomic_uint_fast64_t *bad_handshakes; /* counts those of TLS that came to nothing */
    struct http_conn *first;
};

/* Takes over the bufferevent, a socket's or one of tls_accept, of a connection that `peer` made.
 * `door` is handed on to who asks for it; `gone` is called at the end. */
void http_conn_new(struct http_conns *all, struct bufferevent *bev, const struct address *peer,
                   void *door, void (*gone)(struct http_conn *c, void *arg), void *arg);
void *http_conn_door(const struct http_conn *c);
/* Who made the connection, and whose the request at hand is. */
const struct address *http_conn_peer(const struct http_conn *c);
void http_conn_set_remote(struct http_conn *c, const struct remote *remote);
const struct remote *http_conn_remote(const struct http_conn *c);
/* Counts the request at hand there until it is answered. */
void http_conn_count(struct http_conn *c, uint16_t *counter);

/* Of the request at hand, valid until it is answered. */
const struct http_head *http_conn_head(const struct http_conn *c);
/* The body with a NUL behind it, malloc'd, the caller's from now on; *len without the NUL. It
 * counts among the bodies until the request is answered. */
char *http_conn_take_body(struct http_conn *c, size_t *len);

/* A field of the answer to come. Neither holds a line end. */
void http_conn_add_field(struct http_conn *c, const char *name, const char *value);
/* Answers the request at hand; `body` and its memory are taken over. The connection may be gone
 * after it. */
void http_conn_answer(struct http_conn *c, int status, const char *type, struct buf *body);

/* Closes those that wait for a request; the others close with their answer. */
void http_conns_close_idle(struct http_conns *all);
/* Ends all, whatever they do. Nobody may answer a request from now on. */
void http_conns_end(struct http_conns *all);

#endif
