/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/http_conn.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "ledgerd/http_body.h"
#include "ledgerd/http_text.h"
#include "ledgerd/http_write.h"
#include "ledgerd/log.h"
#include "ledgerd/problem.h"
#include "ledgerd/tls.h"

/* Deadlines, in seconds. None of them is prolonged by what a client sends meanwhile. */
#define HANDSHAKE_SECONDS 10 /* from the beginning to where TLS is agreed on */
#define IDLE_SECONDS      60 /* from an answer, or the beginning, to a request's first byte */
#define HEAD_SECONDS      10 /* from there to the end of the head, if the request has as long */
#define WRITE_SECONDS     60 /* for the answer to be taken */
#define LINGER_SECONDS    2  /* for the client to have read the answer and to close */

#define READ_AHEAD 16384 /* bytes kept of what was sent ahead, and a read's more */
#define BODY_SMALL 65536 /* a single act's; they have an eighth more of room */

enum conn_state {
    CONN_HANDSHAKE, /* of TLS */
    CONN_HEAD,      /* waits for a request's head */
    CONN_BODY,
    CONN_ANSWERING, /* the request is with its handler */
    CONN_WRITING,
    CONN_LINGERING, /* answered; what still comes is thrown away */
};

struct http_conn {
    struct http_conns *all;
    struct http_conn *prev, *next;
    struct bufferevent *bev; /* NULL: the client has gone */
    struct event *timer;
    void *door;
    void (*gone)(struct http_conn *c, void *arg);
    void *gone_arg;
    struct address peer;
    struct remote remote; /* of the request at hand */
    uint16_t *counter;    /* where that request is counted, or NULL */
    enum conn_state state;
    bool begun;  /* the request's first byte is here */
    bool eof;    /* the client sends no more */
    bool held;   /* enough was sent ahead: nothing is read */
    bool handed; /* the handler has the request, and hasn't answered yet */
    struct http_head head;
    char head_bytes[HTTP_HEAD_MAX + 1];
    struct http_body body;
    size_t counted;      /* bytes of all->bodies that are this request's */
    size_t unwritten;    /* bytes of all->answers that are this one's */
    int64_t answered_ms; /* when the answer was made, on the monotonic clock */
    int64_t request_ms;  /* when the request has to be here, on the monotonic clock */
    struct buf fields;
};

static void conn_go_on(struct http_conn *c);

static void count_body(struct http_conn *c, size_t n)
{
    c->all->bodies += n - c->counted;
    c->counted = n;
}

static void count_answer(struct http_conn *c, size_t n)
{
    c->all->answers += n - c->unwritten;
    c->unwritten = n;
}

static void count_no_more(struct http_conn *c)
{
    if (c->counter != NULL) {
        --*c->counter;
        c->counter = NULL;
    }
}

static void conn_free(struct http_conn *c)
{
    struct http_conns *all = c->all;

    count_no_more(c);
    if (c->gone != NULL) {
        c->gone(c, c->gone_arg);
    }
    count_body(c, 0);
    count_answer(c, 0);
    if (c->handed) {
        all->open--;
    }
    if (c->state == CONN_WRITING) {
        all->writing--;
    }
    if (c->bev != NULL) {
        bufferevent_free(c->bev);
    }
    event_free(c->timer);
    http_body_free(&c->body);
    buf_free(&c->fields);
    *(c->prev != NULL ? &c->prev->next : &all->first) = c->next;
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    all->n--;
    free(c);
}

/* The client is gone, or shall be. While a handler has the request, it still answers. */
static void conn_end(struct http_conn *c)
{
    if (!c->handed) {
        conn_free(c);
        return;
    }
    bufferevent_free(c->bev);
    c->bev = NULL;
    (void)event_del(c->timer);
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void set_deadline_ms(struct http_conn *c, int64_t ms)
{
    const struct timeval limit = {ms > 0 ? ms / 1000 : 0, ms > 0 ? ms % 1000 * 1000 : 0};

    if (event_add(c->timer, &limit) != 0) {
        log_error("http: no timer can be set");
        abort();
    }
}

static void set_deadline(struct http_conn *c, int seconds)
{
    set_deadline_ms(c, (int64_t)seconds * 1000);
}

/* ---- Writing ---- */

/* Writes the answer's bytes, or queues them. */
static void write_answer(struct http_conn *c, int status, const char *type, struct buf *body,
                         bool last)
{
    struct buf head = BUF_INIT;

    http_put_head(&head, status, type, body->len, &c->fields, last);
    if (str_eq(c->head.method, "HEAD")) {
        buf_clear(body);
    }
    size_t left = http_write(c->bev, &head, body);
    if (left > 0) {
        count_answer(c, left);
    } else {
        bufferevent_trigger(c->bev, EV_WRITE, BEV_OPT_DEFER_CALLBACKS);
    }
    buf_clear(&c->fields);
}

/*
 * Answers that nobody takes are memory held by whoever asks much and reads nothing. A client that
 * reads is done long before those, so it is the oldest that go, but never the newest.
 */
static void shed_answers(struct http_conns *all, const struct http_conn *newest)
{
    while (all->answers > all->answers_max) {
        struct http_conn *oldest = NULL;

        for (struct http_conn *c = all->first; c != NULL; c = c->next) {
            if (c->state == CONN_WRITING && c != newest && c->unwritten > 0 &&
                (oldest == NULL || c->answered_ms <= oldest->answered_ms)) {
                oldest = c;
            }
        }
        if (oldest == NULL) {
            return;
        }
        conn_free(oldest);
    }
}

void http_conn_answer(struct http_conn *c, int status, const char *type, struct buf *body)
{
    if (c->handed) {
        c->handed = false;
        c->all->open--;
    }
    http_body_free(&c->body); /* one that is refused was still here, and may linger */
    count_body(c, 0);
    count_no_more(c);
    if (c->bev == NULL) {
        buf_free(body);
        conn_free(c);
        return;
    }
    c->head.keep_alive = c->head.keep_alive && !c->eof && !c->all->closing;
    c->state = CONN_WRITING;
    c->all->writing++;
    set_deadline(c, WRITE_SECONDS);
    write_answer(c, status, type, body, !c->head.keep_alive);
    c->answered_ms = now_ms();
    shed_answers(c->all, c);
}

/* The request can't be read to its end: an answer, and no more from this client. */
static void refuse_request(struct http_conn *c, int status, const char *why)
{
    struct buf body = BUF_INIT;

    http_put_problem(&body, status, why);
    if (status == 429 || status == 503) {
        http_conn_add_field(c, "Retry-After", "1");
    }
    http_conn_add_field(c, "Cache-Control", "no-store");
    c->head.keep_alive = false;
    http_conn_answer(c, status, PROBLEM_CONTENT_TYPE, &body);
}

/*
 * The answer is written. Closing while the client still sends would reset the connection, and the
 * answer with it: so it is told that no more comes, and read from for a little while.
 */
static void conn_on_written(struct bufferevent *bev, void *arg)
{
    struct http_conn *c = arg;

    if (c->state != CONN_WRITING || evbuffer_get_length(bufferevent_get_output(bev)) > 0) {
        return; /* "100 Continue" */
    }
    c->all->writing--;
    count_answer(c, 0);
    c->state = CONN_HEAD;
    if (c->head.keep_alive) {
        c->begun = false;
        set_deadline(c, IDLE_SECONDS);
        if (c->held) {
            c->held = false;
            (void)bufferevent_enable(bev, EV_READ);
        }
        conn_go_on(c);
        return;
    }
    c->state = CONN_LINGERING;
    tls_say_end(bev);
    if (c->eof || bufferevent_getfd(bev) < 0 || shutdown(bufferevent_getfd(bev), SHUT_WR) != 0) {
        conn_free(c);
        return;
    }
    set_deadline(c, LINGER_SECONDS);
    (void)bufferevent_enable(bev, EV_READ);
    conn_go_on(c);
}

/* ---- Reading ---- */

static void take_request(struct http_conn *c)
{
    c->state = CONN_ANSWERING;
    c->handed = true;
    c->all->open++;
    (void)event_del(c->timer);
    c->all->on_request(c, c->all->arg);
}

/*
 * Counts what is here of the body. False when the request is refused, as all of what it announces
 * is too much, or finds no room beside what is here of the others'. What these only announce takes
 * none: a few who announce the most and send nothing would keep everybody out.
 */
static bool body_has_room(struct http_conn *c)
{
    uint64_t n = http_body_announced(&c->body);
    size_t max = c->all->bodies_max + (n <= BODY_SMALL ? c->all->bodies_max / 8 : 0);

    if (n > HTTP_BODY_MAX) {
        refuse_request(c, 413, WIRE_("a request has at most 4 MiB"));
        return false;
    }
    if (c->all->bodies - c->counted + n > max) {
        refuse_request(c, 503, WIRE_("too much is being sent at once; send the same again"));
        return false;
    }
    count_body(c, c->body.bytes.len);
    return true;
}

/* The head is in c->head: what comes next. */
static void begin_body(struct http_conn *c)
{
    http_body_begin(&c->body, &c->head);
    if (!body_has_room(c)) {
        return;
    }
    c->state = CONN_BODY;
    if (!c->head.chunked && c->head.length == 0) {
        return; /* at its end already */
    }
    set_deadline_ms(c, c->request_ms - now_ms());
    if (c->head.expects_continue) {
        (void)bufferevent_write(c->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
}

/* True when there may be more to do. */
static bool read_head(struct http_conn *c, struct evbuffer *in)
{
    struct evbuffer_ptr end;
    size_t len = evbuffer_get_length(in);
    const char *why;
    int status;

    /* Empty lines before a request are an old client's (RFC 9112 section 2.2). */
    while (len >= 2 && memcmp(evbuffer_pullup(in, 2), "\r\n", 2) == 0) {
        (void)evbuffer_drain(in, 2);
        len -= 2;
    }
    if (len == 0) {
        return false;
    }
    /* Such as a handshake of TLS: nobody has to wait until its head is too late. */
    if (!http_head_may_begin((const char *)evbuffer_pullup(in, len < 2 ? 1 : 2), len)) {
        memset(&c->head, 0, sizeof(c->head));
        refuse_request(c, 400, WIRE_("the request line is none"));
        return true;
    }
    if (!c->begun) {
        c->begun = true;
        c->request_ms = now_ms() + c->all->request_ms;
        set_deadline_ms(c, c->all->request_ms < HEAD_SECONDS * 1000 ? c->all->request_ms
                                                                    : HEAD_SECONDS * 1000);
    }
    end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
    if (end.pos < 0 || end.pos + 4 > HTTP_HEAD_MAX) {
        memset(&c->head, 0, sizeof(c->head));
        if (len > HTTP_HEAD_MAX || end.pos >= 0) {
            refuse_request(c, 431, WIRE_("the request's head is larger than 8 KiB"));
        } else if (evbuffer_search(in, "\n\n", 2, NULL).pos >= 0) {
            refuse_request(c, 400, WIRE_("a line doesn't end with CR and LF"));
        }
        return c->state != CONN_HEAD;
    }
    len = (size_t)end.pos + 4;
    (void)evbuffer_remove(in, c->head_bytes, len);
    status = http_head_parse(&c->head, c->head_bytes, len, &why);
    if (status == 0) {
        status = c->all->on_head(c, c->all->arg, &why);
    }
    if (status != 0) {
        refuse_request(c, status, why);
    } else {
        begin_body(c);
    }
    return true;
}

/* True when there may be more to do. */
static bool read_body(struct http_conn *c, struct evbuffer *in)
{
    switch (http_body_read(&c->body, in)) {
    case HTTP_BODY_WAITS:
        (void)body_has_room(c);
        return false;
    case HTTP_BODY_GROWS:
        return body_has_room(c);
    case HTTP_BODY_WHOLE:
        if (body_has_room(c)) {
            take_request(c);
        }
        return false;
    case HTTP_BODY_BAD:
        refuse_request(c, 400, WIRE_("the chunks of the body can't be read"));
        return false;
    }
    return false;
}

/* One step; true when there may be another one. */
static bool conn_step(struct http_conn *c, struct evbuffer *in)
{
    switch (c->state) {
    case CONN_HEAD:
        return read_head(c, in);
    case CONN_BODY:
        return read_body(c, in);
    case CONN_HANDSHAKE:
    case CONN_ANSWERING:
    case CONN_WRITING:
        return false;
    case CONN_LINGERING:
        (void)evbuffer_drain(in, evbuffer_get_length(in));
        return false;
    }
    return false;
}

/* All that can be done with what is here. The connection may be gone after it. */
static void conn_go_on(struct http_conn *c)
{
    while (conn_step(c, bufferevent_get_input(c->bev))) {
    }
    if (!c->eof) {
        return;
    }
    switch (c->state) {
    case CONN_HANDSHAKE:
    case CONN_HEAD:
    case CONN_BODY:
    case CONN_LINGERING:
        conn_free(c);
        return;
    case CONN_ANSWERING: /* a client may say that it sends no more, and still read */
    case CONN_WRITING:
        return;
    }
}

/* (A bufferevent's high watermark would do the same, but libevent 2.1.12 then forgets what TLS has
 * decrypted and not handed on yet.) */
static void conn_on_read(struct bufferevent *bev, void *arg)
{
    struct http_conn *c = arg;

    if ((c->state == CONN_ANSWERING || c->state == CONN_WRITING) &&
        evbuffer_get_length(bufferevent_get_input(bev)) >= READ_AHEAD) {
        c->held = true;
        (void)bufferevent_disable(bev, EV_READ);
        return;
    }
    conn_go_on(c);
}

static void handshake_failed(struct http_conn *c)
{
    struct bufferevent *plain = tls_plain_instead(c->bev, c->all->base);

    atomic_fetch_add(c->all->bad_handshakes, 1);
    if (plain == NULL) {
        conn_free(c);
        return;
    }
    c->bev = plain;
    refuse_request(c, 400, WIRE_("HTTPS is spoken here, not HTTP"));
}

static void conn_on_event(struct bufferevent *bev, short what, void *arg)
{
    struct http_conn *c = arg;

    if ((what & BEV_EVENT_CONNECTED) != 0) {
        c->state = CONN_HEAD;
        set_deadline(c, IDLE_SECONDS);
    } else if (c->state == CONN_HANDSHAKE) {
        handshake_failed(c);
    } else if ((what & BEV_EVENT_EOF) != 0 && (what & BEV_EVENT_WRITING) == 0) {
        c->eof = true;
        if (tls_is(bev)) {
            (void)bufferevent_enable(bev, EV_WRITE); /* libevent stops both directions */
        }
        conn_go_on(c);
    } else if ((what & (BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT | BEV_EVENT_EOF)) != 0) {
        conn_end(c);
    }
}

static void conn_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct http_conn *c = arg;

    (void)fd;
    (void)what;
    if (c->state == CONN_HANDSHAKE) {
        atomic_fetch_add(c->all->bad_handshakes, 1);
    }
    if (c->state == CONN_HANDSHAKE || c->state == CONN_WRITING || c->state == CONN_LINGERING ||
        (c->state == CONN_HEAD && !c->begun)) {
        if (c->state == CONN_HEAD) {
            tls_say_end(c->bev);
        }
        conn_free(c);
        return;
    }
    if (c->state == CONN_HEAD) {
        memset(&c->head, 0, sizeof(c->head));
    }
    refuse_request(c, 408, WIRE_("the request took too long to arrive"));
}

/* ---- For the server ---- */

void http_conn_new(struct http_conns *all, struct bufferevent *bev, const struct address *peer,
                   void *door, void (*gone)(struct http_conn *c, void *arg), void *arg)
{
    struct http_conn *c = x_calloc(1, sizeof(*c));

    c->all = all;
    c->bev = bev;
    c->peer = *peer;
    c->door = door;
    c->gone = gone;
    c->gone_arg = arg;
    c->state = tls_is(bev) ? CONN_HANDSHAKE : CONN_HEAD;
    c->next = all->first;
    if (all->first != NULL) {
        all->first->prev = c;
    }
    all->first = c;
    all->n++;
    c->timer = evtimer_new(all->base, conn_on_timer, c);
    if (c->timer == NULL) {
        log_error("http: no timer can be made");
        abort();
    }
    set_deadline(c, c->state == CONN_HANDSHAKE ? HANDSHAKE_SECONDS : IDLE_SECONDS);
    bufferevent_setcb(bev, conn_on_read, conn_on_written, conn_on_event, c);
    (void)bufferevent_enable(bev, EV_READ | EV_WRITE);
}

void *http_conn_door(const struct http_conn *c)
{
    return c->door;
}

const struct address *http_conn_peer(const struct http_conn *c)
{
    return &c->peer;
}

void http_conn_set_remote(struct http_conn *c, const struct remote *remote)
{
    c->remote = *remote;
}

const struct remote *http_conn_remote(const struct http_conn *c)
{
    return &c->remote;
}

void http_conn_count(struct http_conn *c, uint16_t *counter)
{
    count_no_more(c);
    c->counter = counter;
    ++*counter;
}

const struct http_head *http_conn_head(const struct http_conn *c)
{
    return &c->head;
}

char *http_conn_take_body(struct http_conn *c, size_t *len)
{
    *len = c->body.bytes.len;
    return buf_take(&c->body.bytes);
}

void http_conn_add_field(struct http_conn *c, const char *name, const char *value)
{
    buf_puts(&c->fields, name);
    buf_puts(&c->fields, ": ");
    buf_puts(&c->fields, value);
    buf_puts(&c->fields, "\r\n");
}

void http_conns_close_idle(struct http_conns *all)
{
    struct http_conn *next;

    all->closing = true;
    for (struct http_conn *c = all->first; c != NULL; c = next) {
        next = c->next;
        if (c->state == CONN_HANDSHAKE || (c->state == CONN_HEAD && !c->begun)) {
            tls_say_end(c->bev);
            conn_free(c);
        }
    }
}

void http_conns_end(struct http_conns *all)
{
    while (all->first != NULL) {
        conn_free(all->first);
    }
}
