/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/courier.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/child.h"
#include "ledgerd/log.h"
#include "ledgerd/sandbox.h"

#define CONNECT_SECONDS 10L
#define ERRAND_SECONDS  30L /* for all of it: a witness that hangs holds up nobody else's errand */
#define IDLE_MS         60000
#define ANSWER_MAX      32768
#define PAUSE_MAX_S     64 /* between two couriers, of which the first died */

/*
 * What goes over the line, each in a message of its own, the body behind it. An order's number
 * comes back with its answer, so that a late answer to an order that a courier died over isn't
 * taken for that to the next one.
 */
struct order {
    uint32_t peer, kind, number, level, width;
    uint64_t n;
};
struct answer {
    uint32_t peer, number;
    int32_t status;
};
#define PEER_NONE UINT32_MAX /* from the minder: the courier has died; status: seconds of pause */
struct message {
    union {
        struct order order;
        struct answer answer;
    };
    char body[ANSWER_MAX + 1];
};

_Static_assert(ERRAND_BODY_MAX < ANSWER_MAX, "body");

struct courier {
    pid_t pid; /* of the minder */
    int fd;
    size_t n;
    uint32_t number, *under_way; /* of each peer's order; 0: none */
};

/* ---- The courier ---- */

struct trip {
    const char *url; /* the peer's */
    CURL *curl;      /* keeps its connection; NULL before the first errand */
    struct curl_slist *headers;
    char *body; /* that is posted */
    bool out;
    uint32_t number; /* of the order */
    size_t len;
    char got[ANSWER_MAX + 1];
};
struct office {
    int fd;
    CURLM *multi;
    size_t n;
    struct trip *trips;
};

static void report(int fd, uint32_t peer, uint32_t number, long status, const char *body,
                   size_t len)
{
    struct message m = {.answer = {peer, number, (int32_t)status}};

    len = len < ANSWER_MAX ? len : ANSWER_MAX;
    memcpy(m.body, body, len);
    while (send(fd, &m, offsetof(struct message, body) + len, MSG_NOSIGNAL) < 0 && errno == EINTR)
        continue;
}

static size_t take(char *data, size_t size, size_t n, void *arg)
{
    struct trip *t = arg;

    if (size * n > ANSWER_MAX - t->len)
        return 0;
    memcpy(t->got + t->len, data, size * n);
    t->len += size * n;
    return size * n;
}

/* A constant path behind the peer's own address: nothing of an order but numbers gets into it. */
static char *path_of(const struct trip *t, const struct order *order)
{
    const struct tile_ref tile = {order->level, order->n, order->width};
    char *path, *url;

    switch ((enum errand_kind)order->kind) {
    case ERRAND_CHECKPOINT:
        return x_asprintf("%s/checkpoint", t->url);
    case ERRAND_TILE:
        path = tile_path(&tile);
        url = x_asprintf("%s%s", t->url, path);
        free(path);
        return url;
    case ERRAND_ADD_CHECKPOINT:
        return x_asprintf("%s/add-checkpoint", t->url);
    case ERRAND_COSIGNATURES:
        return x_asprintf("%s/v1/cosignatures", t->url);
    }
    return NULL;
}

static void set_out(struct office *o, struct trip *t, const char *url, size_t body_len)
{
    CURL *c = t->curl;

    curl_easy_reset(c); /* options only: the connection stays */
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "ledgerd/" PUMASI_VERSION);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, ERRAND_SECONDS);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_PRIVATE, t);
    if (t->body != NULL) {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, t->body);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_len);
    }
    curl_multi_add_handle(o->multi, c);
    t->out = true;
}

static void take_order(struct office *o, const struct message *m, size_t len)
{
    struct trip *t = m->order.peer < o->n ? &o->trips[m->order.peer] : NULL;
    bool posts = m->order.kind == ERRAND_ADD_CHECKPOINT || m->order.kind == ERRAND_COSIGNATURES;
    char *url = t != NULL && t->url != NULL && !t->out ? path_of(t, &m->order) : NULL;

    if (t != NULL && t->curl == NULL)
        t->curl = curl_easy_init();
    if (url == NULL || t->curl == NULL) {
        report(o->fd, m->order.peer, m->order.number, 0, "", 0);
        free(url);
        return;
    }
    t->number = m->order.number;
    t->len = 0;
    if (posts)
        t->body = x_strndup(m->body, len);
    set_out(o, t, url, len);
    free(url);
}

/* False when the line has ended. */
static bool take_orders(struct office *o)
{
    struct message m;
    ssize_t n;

    while ((n = recv(o->fd, &m, sizeof(m) - 1, MSG_DONTWAIT)) >=
           (ssize_t)offsetof(struct message, body))
        take_order(o, &m, (size_t)n - offsetof(struct message, body));
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void come_back(struct office *o, struct trip *t, CURLcode code)
{
    uint32_t peer = (uint32_t)(t - o->trips);
    long status = 0;

    curl_multi_remove_handle(o->multi, t->curl);
    t->out = false;
    free(t->body);
    t->body = NULL;
    if (code == CURLE_OK)
        curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 0) {
        report(o->fd, peer, t->number, status, t->got, t->len);
    } else {
        const char *why = curl_easy_strerror(code);

        report(o->fd, peer, t->number, 0, why, strlen(why));
    }
}

static void go_about(struct office *o)
{
    struct curl_waitfd line = {.fd = o->fd, .events = CURL_WAIT_POLLIN};
    int running, left;
    CURLMsg *msg;

    do {
        curl_multi_perform(o->multi, &running);
        while ((msg = curl_multi_info_read(o->multi, &left)) != NULL) {
            struct trip *t = NULL;

            if (msg->msg != CURLMSG_DONE)
                continue;
            curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)(void *)&t);
            come_back(o, t, msg->data.result);
        }
        curl_multi_poll(o->multi, &line, 1, IDLE_MS, NULL);
    } while (take_orders(o));
}

static _Noreturn void courier_main(const char *const *urls, size_t n, int want, int fd)
{
    struct office o = {.fd = fd, .n = n};
    struct sandbox *sandbox;
    char err[256];

    o.trips = x_calloc(n, sizeof(*o.trips));
    for (size_t i = 0; i < n; i++) {
        o.trips[i].url = urls[i];
        o.trips[i].headers = curl_slist_append(NULL, "Expect:");
        o.trips[i].headers =
            curl_slist_append(o.trips[i].headers, "Content-Type: text/plain; charset=utf-8");
    }
    sandbox = sandbox_new();
    sandbox_allow_network(sandbox);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
        sandbox_enter(sandbox, (enum sandbox_want)want, err, sizeof(err)) != 0 ||
        (o.multi = curl_multi_init()) == NULL)
        _exit(1);
    go_about(&o);
    _exit(0);
}

/* ---- The minder ---- */

static int64_t now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec;
}

/*
 * Starts a courier, and another when it dies. It does nothing else and reads nothing of what comes
 * over the line. It isn't in a sandbox, as that forbids forking.
 */
static _Noreturn void minder_main(const char *const *urls, size_t n, int want, int fd, pid_t parent)
{
    int pause = 1, status;

    child_begin("ledgerd-minder", parent);
    fd = child_keep_only(fd);
    for (parent = getpid();;) {
        struct pollfd line = {.fd = fd}; /* POLLHUP alone */
        int64_t started = now_s();
        pid_t pid = fork();

        if (pid == 0) {
            child_begin("ledgerd-courier", parent);
            courier_main(urls, n, want, fd);
        }
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
        if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
            _exit(0); /* the line has ended */
        if (now_s() - started > PAUSE_MAX_S)
            pause = 1;
        report(fd, PEER_NONE, 0, pause, "", 0);
        if (poll(&line, 1, pause * 1000) > 0)
            _exit(0);
        pause = pause < PAUSE_MAX_S ? pause * 2 : PAUSE_MAX_S;
    }
}

/* ---- ledgerd's side ---- */

struct courier *courier_start(const char *const *urls, size_t n, int want, char *err,
                              size_t err_size)
{
    pid_t parent = getpid(), pid;
    struct courier *c;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        snprintf(err, err_size, _("The process for witnesses can't start: %s."), strerror(errno));
        return NULL;
    }
    pid = fork();
    if (pid < 0) {
        snprintf(err, err_size, _("The process for witnesses can't start: %s."), strerror(errno));
        close(ends[0]);
        close(ends[1]);
        return NULL;
    }
    if (pid == 0)
        minder_main(urls, n, want, ends[1], parent);
    close(ends[1]);
    c = x_malloc(sizeof(*c));
    *c = (struct courier){pid, ends[0], n, 0, x_calloc(n, sizeof(uint32_t))};
    return c;
}

int courier_fd(const struct courier *c)
{
    return c->fd;
}

bool courier_send(struct courier *c, size_t peer, enum errand_kind kind,
                  const struct tile_ref *tile, const void *body, size_t len)
{
    struct message m = {.order = {.peer = (uint32_t)peer, .kind = (uint32_t)kind}};

    if (len > ERRAND_BODY_MAX || peer >= c->n)
        return false;
    m.order.number = ++c->number != 0 ? c->number : ++c->number;
    if (tile != NULL) {
        m.order.level = tile->level;
        m.order.width = tile->width;
        m.order.n = tile->n;
    }
    if (len > 0)
        memcpy(m.body, body, len);
    if (send(c->fd, &m, offsetof(struct message, body) + len, MSG_NOSIGNAL | MSG_DONTWAIT) <= 0)
        return false;
    c->under_way[peer] = m.order.number;
    return true;
}

static void end_errand(struct courier *c, errand_done *done, void *arg,
                       const struct errand_end *end)
{
    c->under_way[end->peer] = 0;
    done(arg, end);
}

/* Nobody brings answers to what was under way. */
static void courier_died(struct courier *c, int64_t pause, errand_done *done, void *arg)
{
    struct errand_end end = {.body = ""};

    log_event(LOG_LEVEL_ERROR,
              N_("the process that goes out to witnesses has died; another one is started"),
              LOG_INT("seconds", pause));
    for (end.peer = 0; end.peer < c->n; end.peer++)
        if (c->under_way[end.peer] != 0)
            end_errand(c, done, arg, &end);
}

bool courier_look(struct courier *c, errand_done *done, void *arg)
{
    struct message m;
    ssize_t n;

    while ((n = recv(c->fd, &m, sizeof(m) - 1, MSG_DONTWAIT)) >=
           (ssize_t)offsetof(struct message, body)) {
        struct errand_end end = {.peer = m.answer.peer, .status = m.answer.status, .body = m.body};

        end.len = (size_t)n - offsetof(struct message, body);
        m.body[end.len] = '\0';
        if (m.answer.peer == PEER_NONE)
            courier_died(c, m.answer.status, done, arg);
        else if (end.peer < c->n && m.answer.number != 0 &&
                 m.answer.number == c->under_way[end.peer])
            end_errand(c, done, arg, &end);
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

void courier_stop(struct courier *c)
{
    if (c == NULL)
        return;
    close(c->fd); /* which ends both, in the middle of whatever the courier waits for */
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    free(c->under_way);
    free(c);
}
