/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The HTTP server: listeners, limits of connections, and the way from them to the requests. */
#include "ledgerd/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/http_conn.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/request.h"
#include "ledgerd/route.h"
#include "ledgerd/tls.h"

#define STOP_SECONDS 10

/* Descriptors that connections may take, and how many they leave for the database and for files
 * where the system gives fewer. */
#define FDS_MAX      4096
#define FDS_RESERVED 64
#define FULL_MS      500 /* between two looks whether there is room again */
#define FULL_TOLD_S  60  /* between two complaints */

/* Connections from one address (of IPv6 from one /64), but for our own machine's and for trusted
 * proxies'; over those, requests at hand for one address, as many clients share a connection.
 * Counted by a keyed hash: two addresses that share a place share the room. */
#define PER_ADDRESS_MAX 256
#define ADDRESS_PLACES  4096

#define BODIES_MAX  (32 << 20) /* bytes of bodies that are here and not answered */
#define ANSWERS_MAX (64 << 20) /* of answers that aren't written */
#define BACKLOG     1024

/* The listeners that share a table of requests. */
struct door {
    struct http *http;
    const struct route *table;
    size_t n;
    bool tls;
    struct evconnlistener **listeners;
    size_t n_listeners;
};

struct http {
    struct ledgerd *d;
    struct door doors[3]; /* plain, TLS, metrics */
    struct tls *tls;      /* NULL: there is none */
    struct http_conns conns;
    struct event *answers;   /* of the queue */
    struct event *full;      /* looks whether connections can be taken again */
    struct networks trusted; /* proxies */
    int fds_max;
    time_t full_told;
    unsigned char address_key[crypto_shorthash_KEYBYTES];
    uint16_t per_address[ADDRESS_PLACES];
    bool accepting;
};

static void http_on_request(struct http_conn *conn, void *arg)
{
    struct http *h = arg;
    const struct door *door = http_conn_door(conn);
    const struct http_head *head = http_conn_head(conn);
    struct request *r = request_new(h, h->d, conn);

    r->method = head->method;
    r->raw_path = x_strdup(head->path);
    r->query = head->query != NULL ? x_strdup(head->query) : NULL;
    if (!h->accepting) {
        request_busy(r, "the ledger is stopping");
        return;
    }
    if (path_parse(&r->path, r->raw_path) != 0) {
        request_malformed(r, "the path can't be read");
        return;
    }
    route_dispatch(r, door->table, door->n);
}

void http_answer(struct http *h, struct http_conn *conn, int status, const char *type,
                 struct buf *body)
{
    atomic_fetch_add(&h->d->metrics->http_requests[status / 100 % 6], 1);
    http_conn_answer(conn, status, type, body);
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

static void doors_take(struct http *h, bool take)
{
    for (size_t d = 0; d < ARRAY_LEN(h->doors); d++) {
        for (size_t i = 0; i < h->doors[d].n_listeners; i++) {
            struct evconnlistener *l = h->doors[d].listeners[i];
            (void)(take ? evconnlistener_enable(l) : evconnlistener_disable(l));
        }
    }
}

/* Where an address is counted. */
static uint16_t *address_counter(struct http *h, const struct address *addr)
{
    const struct address counted = address_counted(addr);
    unsigned char hash[crypto_shorthash_BYTES];
    uint16_t place;

    (void)crypto_shorthash(hash, counted.b, sizeof(counted.b), h->address_key);
    memcpy(&place, hash, sizeof(place));
    return &h->per_address[place % ADDRESS_PLACES];
}

/* Whose request it is; whether there is room for it where it comes through a proxy. */
static int http_on_head(struct http_conn *conn, void *arg, const char **why)
{
    struct http *h = arg;
    const struct address *peer = http_conn_peer(conn);
    const struct remote remote = forwarded_client(&h->trusted, peer, http_conn_head(conn));

    http_conn_set_remote(conn, &remote);
    if (remote.local || !networks_have(&h->trusted, peer)) {
        return 0; /* its connections are counted, or nothing is */
    }
    uint16_t *counter = address_counter(h, &remote.address);
    if (*counter >= PER_ADDRESS_MAX) {
        atomic_fetch_add(&h->d->metrics->http_turned_away, 1);
        *why = WIRE_("too many requests of this address are at hand; send the same again");
        return 429;
    }
    http_conn_count(conn, counter);
    return 0;
}

static void http_on_gone(struct http_conn *conn, void *arg)
{
    uint16_t *counter = arg;

    (void)conn;
    if (counter != NULL) {
        --*counter;
    }
}

static void http_on_connection(struct evconnlistener *listener, evutil_socket_t fd,
                               struct sockaddr *addr, int addr_len, void *arg)
{
    struct door *door = arg;
    struct http *h = door->http;
    struct address peer;
    uint16_t *counter = NULL;
    struct bufferevent *bev;
    time_t now = time(NULL);
    int on = 1;

    (void)listener;
    (void)addr_len;
    if (address_of(&peer, addr) != 0) {
        close(fd); /* no listener is of another family */
        return;
    }
    if (!address_is_loopback(&peer) && !networks_have(&h->trusted, &peer)) {
        counter = address_counter(h, &peer);
    }
    if (counter != NULL && *counter >= PER_ADDRESS_MAX) {
        atomic_fetch_add(&h->d->metrics->http_turned_away, 1);
        close(fd);
        return;
    }
    if (door->tls) {
        bev = tls_accept(h->tls, h->d->base, fd);
    } else if ((bev = bufferevent_socket_new(h->d->base, fd, BEV_OPT_CLOSE_ON_FREE)) == NULL) {
        close(fd);
    }
    if (bev == NULL) {
        return;
    }
    /* Answers are written whole: nothing is gained by waiting for more. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (counter != NULL) {
        ++*counter;
    }
    http_conn_new(&h->conns, bev, &peer, door, http_on_gone, counter);
    if (has_room(h)) {
        return;
    }
    doors_take(h, false);
    if (h->full_told == 0 || now < h->full_told || now - h->full_told >= FULL_TOLD_S) {
        h->full_told = now;
        log_warn("http: too many connections: no more are taken until some have ended");
    }
}

/* Should the system run out of descriptors all the same: libevent would try again at once, and
 * complain, for ever. */
static void http_on_accept_error(struct evconnlistener *listener, void *arg)
{
    (void)arg;
    (void)evconnlistener_disable(listener);
}

static void http_on_full(evutil_socket_t fd, short what, void *arg)
{
    struct http *h = arg;

    (void)fd;
    (void)what;
    if (has_room(h)) {
        doors_take(h, true);
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

/* One listener on the first of the address's meanings that can be had; [::] is all of IPv6 and no
 * IPv4, so that 0.0.0.0 may stand beside it. NULL with errno. */
static struct evconnlistener *listen_on(struct door *door, const char *host, unsigned port)
{
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                   .ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM};
    struct evconnlistener *l = NULL;
    struct addrinfo *found = NULL;
    char service[12];

    (void)snprintf(service, sizeof(service), "%u", port);
    if (getaddrinfo(host, service, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return NULL;
    }
    for (const struct addrinfo *a = found; a != NULL && l == NULL; a = a->ai_next) {
        unsigned how = LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
                       (a->ai_family == AF_INET6 ? LEV_OPT_BIND_IPV6ONLY : 0);
        l = evconnlistener_new_bind(door->http->d->base, http_on_connection, door, how, BACKLOG,
                                    a->ai_addr, (int)a->ai_addrlen);
    }
    freeaddrinfo(found);
    return l;
}

static int door_open(struct door *door, struct http *h, const char *addresses, const char *what,
                     const struct route *table, size_t n, char *err, size_t err_size)
{
    struct conf_addr *addrs = NULL;
    size_t n_addrs = 0;
    int rc = -1;

    door->http = h;
    door->table = table;
    door->n = n;
    if (conf_addrs(addresses, &addrs, &n_addrs, err, err_size) != 0) {
        return -1;
    }
    door->listeners = x_calloc(n_addrs + 1, sizeof(struct evconnlistener *));
    for (size_t i = 0; i < n_addrs; i++) {
        struct evconnlistener *l = listen_on(door, addrs[i].host, addrs[i].port);
        if (l == NULL) {
            (void)snprintf(err, err_size, _("can't listen on %s port %u: %s"), addrs[i].host,
                           addrs[i].port, strerror(errno));
            goto out;
        }
        door->listeners[door->n_listeners++] = l;
        evconnlistener_set_error_cb(l, http_on_accept_error);
        log_event(LOG_LEVEL_INFO, "listening", LOG_STR("for", what),
                  LOG_STR("address", addrs[i].host),
                  LOG_INT("port", bound_port(evconnlistener_get_fd(l))));
    }
    rc = 0;
out:
    free(addrs);
    return rc;
}

static int doors_open(struct http *h, char *err, size_t err_size)
{
    const struct conf *conf = h->d->conf;

    if (*conf->tls_listen != '\0') {
        h->tls = tls_new(conf->tls_certificate, conf->tls_key, err, err_size);
        if (h->tls == NULL) {
            return -1;
        }
        atomic_store(&h->d->metrics->tls_expiry, tls_expiry(h->tls));
        h->doors[1].tls = true;
    }
    if (door_open(&h->doors[0], h, conf->listen, "requests", routes, routes_count, err, err_size) !=
            0 ||
        door_open(&h->doors[1], h, conf->tls_listen, "https", routes, routes_count, err,
                  err_size) != 0 ||
        door_open(&h->doors[2], h, conf->metrics_listen, "metrics", routes_inside,
                  routes_inside_count, err, err_size) != 0) {
        return -1;
    }
    return 0;
}

static void doors_close(struct http *h)
{
    for (size_t d = 0; d < ARRAY_LEN(h->doors); d++) {
        struct door *door = &h->doors[d];
        for (size_t i = 0; i < door->n_listeners; i++) {
            evconnlistener_free(door->listeners[i]);
        }
        free(door->listeners);
        door->listeners = NULL;
        door->n_listeners = 0;
    }
}

void http_reload(struct http *h)
{
    char err[512];

    if (h->tls == NULL) {
        log_info("There is no TLS certificate to be read again.");
        return;
    }
    if (tls_reload(h->tls, err, sizeof(err)) != 0) {
        log_error("tls: the new certificate can't be used, the one before is kept: %s", err);
        atomic_store(&h->d->metrics->tls_reload_failed, 1);
        return;
    }
    atomic_store(&h->d->metrics->tls_expiry, tls_expiry(h->tls));
    atomic_store(&h->d->metrics->tls_reload_failed, 0);
}

struct http *http_start(struct ledgerd *d, char *err, size_t err_size)
{
    struct http *h = x_calloc(1, sizeof(*h));
    struct timeval look = {0, FULL_MS * 1000};

    h->d = d;
    h->accepting = true;
    h->fds_max = fds_max();
    h->conns = (struct http_conns){.base = d->base,
                                   .on_request = http_on_request,
                                   .on_head = http_on_head,
                                   .arg = h,
                                   .request_ms = d->conf->request_timeout_ms,
                                   .bad_handshakes = &d->metrics->tls_bad_handshakes,
                                   .bodies_max = BODIES_MAX,
                                   .answers_max = ANSWERS_MAX};
    crypto_shorthash_keygen(h->address_key);
    if (networks_parse(&h->trusted, d->conf->trusted_proxy, err, err_size) != 0) {
        free(h);
        return NULL;
    }
    h->full = event_new(d->base, -1, EV_PERSIST, http_on_full, h);
    if (h->full == NULL || event_add(h->full, &look) != 0) {
        (void)snprintf(err, err_size, _("no timer can be made"));
        goto fail;
    }
    if (doors_open(h, err, err_size) != 0) {
        goto fail;
    }
    h->answers = event_new(d->base, queue_fd(d->queue), EV_READ | EV_PERSIST, http_on_answers, h);
    if (h->answers == NULL || event_add(h->answers, NULL) != 0) {
        (void)snprintf(err, err_size, _("the queue's answers can't be watched"));
        goto fail;
    }
    return h;
fail:
    doors_close(h);
    tls_free(h->tls);
    if (h->answers != NULL) {
        event_free(h->answers);
    }
    if (h->full != NULL) {
        event_free(h->full);
    }
    networks_free(&h->trusted);
    free(h);
    return NULL;
}

void http_stop_accepting(struct http *h)
{
    if (h->accepting) {
        h->accepting = false;
        doors_close(h);
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
    http_conns_close_idle(&h->conns);
    timer = event_new(h->d->base, -1, EV_PERSIST, http_on_tick, NULL);
    if (timer != NULL && event_add(timer, &tick) == 0) {
        while (h->conns.open + h->conns.writing > 0 && time(NULL) < end) {
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
    if (h->conns.open > 0) {
        log_event(LOG_LEVEL_WARN, "http: stopped with requests unanswered",
                  LOG_INT("requests", h->conns.open));
    }
    (void)event_base_loop(h->d->base, EVLOOP_NONBLOCK); /* what reads_stop answered */
    event_free(h->answers);
    event_free(h->full);
    doors_close(h);
    http_conns_end(&h->conns);
    networks_free(&h->trusted);
    tls_free(h->tls);
    free(h);
}
