/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The HTTP server: libevent's evhttp, its limits, and the way from it to the requests. */
#include "ledgerd/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/request.h"
#include "ledgerd/route.h"

#define IDLE_SECONDS 60 /* without a byte, reading or writing */
#define STOP_SECONDS 10

/* Descriptors that connections may take, and how many they leave for the database and for files
 * where the system gives fewer. */
#define FDS_MAX      4096
#define FDS_RESERVED 64
#define FULL_MS      500 /* between two looks whether there is room again */
#define FULL_TOLD_S  60  /* between two complaints */

#define ALL_METHODS                                                                            \
    (EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | \
     EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH)

/* The listeners that share a table of requests. */
struct door {
    struct http *http;
    struct evhttp *ev;
    const struct route *table;
    size_t n;
    struct evhttp_bound_socket **bound;
    size_t n_bound;
};

struct http {
    struct ledgerd *d;
    struct door outside, inside;
    struct event *answers; /* of the queue */
    struct event *full;    /* looks whether connections can be taken again */
    int fds_max;
    time_t full_told;
    size_t open;    /* requests not answered yet */
    size_t writing; /* answers not written yet */
    bool accepting;
};

/* An answer on its way out. */
struct writing {
    struct http *http;
    struct evhttp_connection *conn;
};

static const char *method_name(enum evhttp_cmd_type cmd)
{
    switch (cmd) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_PUT:
        return "PUT";
    case EVHTTP_REQ_DELETE:
        return "DELETE";
    case EVHTTP_REQ_OPTIONS:
        return "OPTIONS";
    case EVHTTP_REQ_TRACE:
        return "TRACE";
    case EVHTTP_REQ_CONNECT:
        return "CONNECT";
    case EVHTTP_REQ_PATCH:
        return "PATCH";
    }
    return "?";
}

/*
 * True when the length of the body can be read in two ways (RFC 9112 section 6.3). A proxy before
 * us may have read it the other way, and then what follows on the connection is a stranger's.
 * libevent takes a body with some methods and with HEAD none, knows one transfer coding, and takes
 * the first of two lengths.
 */
static bool framing_is_doubtful(struct evhttp_request *ev)
{
    struct evkeyvalq *headers = evhttp_request_get_input_headers(ev);
    enum evhttp_cmd_type method = evhttp_request_get_command(ev);
    bool takes_body =
        method == EVHTTP_REQ_POST || method == EVHTTP_REQ_PUT || method == EVHTTP_REQ_PATCH;
    const char *coding = NULL, *length = NULL;
    size_t n = 0;

    for (const struct evkeyval *h = headers->tqh_first; h != NULL; h = h->next.tqe_next) {
        if (strcasecmp(h->key, "Transfer-Encoding") == 0) {
            coding = h->value;
            n++;
        } else if (strcasecmp(h->key, "Content-Length") == 0) {
            length = h->value;
            n++;
        }
    }
    if (n == 0) {
        return false;
    }
    if (n > 1 || (coding != NULL && strcasecmp(coding, "chunked") != 0)) {
        return true;
    }
    if (!takes_body) {
        return coding != NULL || !str_eq(length, "0");
    }
    return length != NULL && (length[0] == '\0' || length[strspn(length, "0123456789")] != '\0');
}

static void http_on_request(struct evhttp_request *ev, void *arg)
{
    struct door *door = arg;
    struct http *h = door->http;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(ev);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    const char *query = uri != NULL ? evhttp_uri_get_query(uri) : NULL;
    struct request *r = request_new(h, h->d, ev);

    h->open++;
    r->method = method_name(evhttp_request_get_command(ev));
    r->raw_path = x_strdup(path != NULL ? path : "");
    r->query = query != NULL ? x_strdup(query) : NULL;
    if (!h->accepting) {
        request_header(r, "Connection", "close");
        request_busy(r, "the ledger is stopping");
        return;
    }
    if (framing_is_doubtful(ev)) {
        request_header(r, "Connection", "close");
        request_malformed(r, "where this request ends can't be told for certain");
        return;
    }
    if (path_parse(&r->path, r->raw_path) != 0) {
        request_malformed(r, "the path can't be read");
        return;
    }
    route_dispatch(r, door->table, door->n);
}

static void body_free(const void *data, size_t len, void *arg)
{
    (void)data;
    (void)len;
    free(arg);
}

static void writing_end(struct writing *w)
{
    w->http->writing--;
    free(w);
}

static void writing_on_complete(struct evhttp_request *ev, void *arg)
{
    struct writing *w = arg;

    (void)ev;
    evhttp_connection_set_closecb(w->conn, NULL, NULL);
    writing_end(w);
}

static void writing_on_close(struct evhttp_connection *conn, void *arg)
{
    struct writing *w = arg;

    (void)conn;
    writing_end(w);
}

void http_answer(struct http *h, struct evhttp_request *ev, int status, const char *type,
                 struct buf *body)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(ev);
    struct evhttp_connection *conn = evhttp_request_get_connection(ev);
    struct evbuffer *out = evbuffer_new();
    size_t len = body->len;
    char *data = buf_take(body);

    h->open--;
    atomic_fetch_add(&h->d->metrics->http_requests[status / 100 % 6], 1);
    (void)evhttp_add_header(headers, "Content-Type", type);
    (void)evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    if (evhttp_request_get_command(ev) == EVHTTP_REQ_HEAD) { /* libevent would send the body */
        char length[24];

        (void)snprintf(length, sizeof(length), "%zu", len);
        (void)evhttp_add_header(headers, "Content-Length", length);
        len = 0;
    }
    if (out == NULL || evbuffer_add_reference(out, data, len, body_free, data) != 0) {
        log_error("http: no memory for an answer");
        abort();
    }
    if (conn != NULL) {
        struct writing *w = x_calloc(1, sizeof(*w));
        w->http = h;
        w->conn = conn;
        h->writing++;
        evhttp_request_set_on_complete_cb(ev, writing_on_complete, w);
        evhttp_connection_set_closecb(conn, writing_on_close, w);
    }
    evhttp_send_reply(ev, status, NULL, out); /* also frees ev whose client has gone */
    evbuffer_free(out);
}

static void http_on_answers(evutil_socket_t fd, short what, void *arg)
{
    struct http *h = arg;

    (void)fd;
    (void)what;
    queue_collect(h->d->queue);
}

/* ---- Connections ---- */

/* Is there room for one more? The system gives the lowest number that is free. */
static bool has_room(const struct http *h)
{
    int fd = fcntl(queue_fd(h->d->queue), F_DUPFD_CLOEXEC, 0);

    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0 && fd < h->fds_max;
}

static void door_take(struct door *door, bool take)
{
    for (size_t i = 0; i < door->n_bound; i++) {
        struct evconnlistener *l = evhttp_bound_socket_get_listener(door->bound[i]);
        (void)(take ? evconnlistener_enable(l) : evconnlistener_disable(l));
    }
}

/* Called for each connection taken; NULL: libevent makes its bufferevent. */
static struct bufferevent *http_on_connection(struct event_base *base, void *arg)
{
    struct http *h = arg;
    time_t now = time(NULL);

    (void)base;
    if (has_room(h)) {
        return NULL;
    }
    door_take(&h->outside, false);
    door_take(&h->inside, false);
    if (h->full_told == 0 || now < h->full_told || now - h->full_told >= FULL_TOLD_S) {
        h->full_told = now;
        log_warn("http: too many connections: no more are taken until some have ended");
    }
    return NULL;
}

/* Should the system run out of descriptors all the same: libevent would try again at once, and
 * complain, for ever. */
static void http_on_accept_error(struct evconnlistener *listener, void *arg)
{
    (void)arg; /* libevent's */
    (void)evconnlistener_disable(listener);
}

static void http_on_full(evutil_socket_t fd, short what, void *arg)
{
    struct http *h = arg;

    (void)fd;
    (void)what;
    if (has_room(h)) {
        door_take(&h->outside, true);
        door_take(&h->inside, true);
    }
}

static int fds_max(void)
{
    struct rlimit lim = {FDS_MAX, FDS_MAX};
    rlim_t reserved = FDS_RESERVED;

    (void)getrlimit(RLIMIT_NOFILE, &lim);
    if (reserved > lim.rlim_cur / 2) {
        reserved = lim.rlim_cur / 2;
    }
    return lim.rlim_cur - reserved < FDS_MAX ? (int)(lim.rlim_cur - reserved) : FDS_MAX;
}

/* The port that was got, which the kernel chose where 0 was asked for. */
static int bound_port(evutil_socket_t fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);

    if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0) {
        return 0;
    }
    if (addr.ss_family == AF_INET6) {
        return ntohs(((const struct sockaddr_in6 *)(const void *)&addr)->sin6_port);
    }
    return ntohs(((const struct sockaddr_in *)(const void *)&addr)->sin_port);
}

static int door_open(struct door *door, struct http *h, const char *listen_on, const char *what,
                     const struct route *table, size_t n, char *err, size_t err_size)
{
    struct conf_addr *addrs = NULL;
    size_t n_addrs = 0;
    int rc = -1;

    door->http = h;
    door->table = table;
    door->n = n;
    if (conf_addrs(listen_on, &addrs, &n_addrs, err, err_size) != 0) {
        return -1;
    }
    door->ev = evhttp_new(h->d->base);
    if (door->ev == NULL) {
        (void)snprintf(err, err_size, _("the HTTP server can't be made"));
        goto out;
    }
    evhttp_set_allowed_methods(door->ev, ALL_METHODS);
    evhttp_set_max_body_size(door->ev, HTTP_BODY_MAX);
    evhttp_set_max_headers_size(door->ev, HTTP_HEADERS_MAX);
    evhttp_set_timeout(door->ev, IDLE_SECONDS);
    evhttp_set_gencb(door->ev, http_on_request, door);
    evhttp_set_bevcb(door->ev, http_on_connection, h);
    door->bound = x_calloc(n_addrs + 1, sizeof(struct evhttp_bound_socket *));
    for (size_t i = 0; i < n_addrs; i++) {
        struct evhttp_bound_socket *s =
            evhttp_bind_socket_with_handle(door->ev, addrs[i].host, addrs[i].port);
        if (s == NULL) {
            (void)snprintf(err, err_size, _("can't listen on %s port %u: %s"), addrs[i].host,
                           addrs[i].port, strerror(errno));
            goto out;
        }
        door->bound[door->n_bound++] = s;
        struct evconnlistener *l = evhttp_bound_socket_get_listener(s);
        evconnlistener_set_error_cb(l, http_on_accept_error);
        log_event(LOG_LEVEL_INFO, "listening", LOG_STR("for", what),
                  LOG_STR("address", addrs[i].host),
                  LOG_INT("port", bound_port(evhttp_bound_socket_get_fd(s))));
    }
    rc = 0;
out:
    free(addrs);
    return rc;
}

static void door_close(struct door *door)
{
    if (door->ev != NULL) {
        evhttp_free(door->ev);
        door->ev = NULL;
    }
    free(door->bound);
    door->bound = NULL;
}

struct http *http_start(struct ledgerd *d, char *err, size_t err_size)
{
    struct http *h = x_calloc(1, sizeof(*h));
    struct timeval look = {0, FULL_MS * 1000};

    h->d = d;
    h->accepting = true;
    h->fds_max = fds_max();
    h->full = event_new(d->base, -1, EV_PERSIST, http_on_full, h);
    if (h->full == NULL || event_add(h->full, &look) != 0) {
        (void)snprintf(err, err_size, _("no timer can be made"));
        goto fail;
    }
    if (door_open(&h->outside, h, d->conf->listen, "requests", routes, routes_count, err,
                  err_size) != 0 ||
        door_open(&h->inside, h, d->conf->metrics_listen, "metrics", routes_inside,
                  routes_inside_count, err, err_size) != 0) {
        goto fail;
    }
    h->answers = event_new(d->base, queue_fd(d->queue), EV_READ | EV_PERSIST, http_on_answers, h);
    if (h->answers == NULL || event_add(h->answers, NULL) != 0) {
        (void)snprintf(err, err_size, _("the queue's answers can't be watched"));
        goto fail;
    }
    return h;
fail:
    door_close(&h->outside);
    door_close(&h->inside);
    if (h->answers != NULL) {
        event_free(h->answers);
    }
    if (h->full != NULL) {
        event_free(h->full);
    }
    free(h);
    return NULL;
}

static void door_shut(struct door *door)
{
    for (size_t i = 0; i < door->n_bound; i++) {
        evhttp_del_accept_socket(door->ev, door->bound[i]);
    }
    door->n_bound = 0;
}

void http_stop_accepting(struct http *h)
{
    if (h->accepting) {
        h->accepting = false;
        door_shut(&h->outside);
        door_shut(&h->inside);
    }
}

static void http_on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg; /* only so that the loop returns */
}

void http_finish(struct http *h)
{
    struct timeval tick = {0, 50000};
    struct event *timer;
    time_t end = time(NULL) + STOP_SECONDS;

    if (h == NULL) {
        return;
    }
    http_stop_accepting(h);
    /* What arrived on connections taken before is answered too. */
    for (int i = 0; i < 3; i++) {
        (void)event_base_loop(h->d->base, EVLOOP_NONBLOCK);
    }
    timer = event_new(h->d->base, -1, EV_PERSIST, http_on_tick, NULL);
    if (timer != NULL && event_add(timer, &tick) == 0) {
        while (h->open + h->writing > 0 && time(NULL) < end) {
            if (event_base_loop(h->d->base, EVLOOP_ONCE) != 0) {
                break;
            }
        }
        event_free(timer);
    }
}

void http_stop(struct http *h)
{
    if (h == NULL) {
        return;
    }
    if (h->open > 0) {
        log_event(LOG_LEVEL_WARN, "http: stopped with requests unanswered",
                  LOG_INT("requests", h->open));
    }
    (void)event_base_loop(h->d->base, EVLOOP_NONBLOCK); /* what reads_stop answered */
    event_free(h->answers);
    event_free(h->full);
    door_close(&h->outside);
    door_close(&h->inside);
    free(h);
}
