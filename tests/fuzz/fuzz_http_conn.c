/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A client's side of a whole conversation: the requests that are found in it don't depend on how it
 * is cut into packets, each has one answer, and nothing is left behind. */
#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "ledgerd/http_conn.h"

struct talk {
    struct http_conns all;
    struct http_conn *asked; /* not answered yet */
    bool later;              /* answer only when the next bytes are here */
    struct buf requests;     /* what came, written down */
    size_t n;                /* requests */
    struct buf answers;
};

static void take(struct http_conn *conn, void *arg)
{
    const struct http_head *head = http_conn_head(conn);
    struct talk *t = arg;
    size_t len;
    char *body = http_conn_take_body(conn, &len);

    MUST(t->asked == NULL && body[len] == '\0' && len <= HTTP_BODY_MAX);
    MUST(head->chunked || len == head->length);
    buf_printf(&t->requests, "%s %s?%s %zu ", head->method, head->path,
               head->query == NULL ? "" : head->query, len);
    buf_put(&t->requests, body, len);
    for (size_t i = 0; i < head->n_fields; i++)
        buf_printf(&t->requests, "\n%s: %s", head->fields[i].name, head->fields[i].value);
    free(body);
    t->n++;
    t->asked = conn;
}

static int look(struct http_conn *conn, void *arg, const char **why)
{
    const char *wanted = http_head_field(http_conn_head(conn), "X-Refuse");

    (void)arg;
    *why = "so it was asked for";
    return wanted == NULL ? 0 : str_eq(wanted, "busy") ? 503 : 429;
}

static void answer(struct talk *t)
{
    struct http_conn *conn = t->asked;
    struct buf body = BUF_INIT;

    if (conn == NULL)
        return;
    t->asked = NULL;
    buf_puts(&body, "{}\n");
    http_conn_answer(conn, 200, "application/json", &body);
}

/* Lets the loop do all that it can; true when anything came of it. */
static bool turn(struct talk *t, int fd)
{
    size_t before = t->n + t->answers.len;
    char bytes[65536];
    ssize_t n;

    MUST(event_base_loop(t->all.base, EVLOOP_NONBLOCK) >= 0);
    if (!t->later)
        answer(t);
    while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
        buf_put(&t->answers, bytes, (size_t)n);
    return t->n + t->answers.len != before;
}

static void settle(struct talk *t, int fd)
{
    int quiet = 0;

    while (quiet < 3)
        quiet = turn(t, fd) ? 0 : quiet + 1;
    answer(t);
}

/* Full answers, each as long as it says. */
static size_t count_answers(const struct buf *b, bool *refused)
{
    const char *at = b->data, *end = b->len == 0 ? at : at + b->len;
    size_t n = 0;

    *refused = false;
    while (at < end) {
        const char *head_end = memmem(at, (size_t)(end - at), "\r\n\r\n", 4), *length;

        MUST(strncmp(at, "HTTP/1.1 ", 9) == 0 && head_end != NULL);
        if (strncmp(at + 9, "100 ", 4) == 0) {
            at = head_end + 4;
            continue;
        }
        MUST(!*refused); /* it was the last */
        *refused = strncmp(at + 9, "200 ", 4) != 0;
        length = memmem(at, (size_t)(head_end - at), "Content-Length: ", 16);
        MUST(length != NULL);
        at = head_end + 4;
        if (*refused)
            MUST((size_t)(end - at) <= strtoul(length + 16, NULL, 10));
        /* A HEAD's answer has no body. */
        if (*refused || (size_t)(end - at) >= 3)
            at += *refused ? end - at : strncmp(at, "{}\n", 3) == 0 ? 3 : 0;
        n++;
    }
    return n;
}

/* Sends the bytes in pieces: all at once for step 0, else of 1 to step bytes. */
static void converse(struct talk *t, struct event_base *base, const uint8_t *data, size_t size,
                     unsigned step)
{
    unsigned random = step;
    const struct address peer = {{0}};
    struct bufferevent *bev;
    int fd[2];

    memset(t, 0, sizeof(*t));
    t->all = (struct http_conns){.base = base,
                                 .on_request = take,
                                 .on_head = look,
                                 .arg = t,
                                 .request_ms = 60000,
                                 .bodies_max = 1 << 20,
                                 .answers_max = 1 << 20};
    t->later = step % 2 == 1;
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) == 0);
    bev = bufferevent_socket_new(base, fd[0], BEV_OPT_CLOSE_ON_FREE);
    MUST(bev != NULL);
    http_conn_new(&t->all, bev, &peer, NULL, NULL, NULL);
    for (size_t at = 0; at < size;) {
        size_t n = size - at;
        ssize_t sent;

        random = random * 1103515245 + 12345;
        if (step > 0 && n > 1 + (random >> 16) % step)
            n = 1 + (random >> 16) % step;
        sent = send(fd[1], data + at, n, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            break; /* it has closed */
        at += sent < 0 ? 0 : (size_t)sent;
        answer(t);
        (void)turn(t, fd[1]);
    }
    settle(t, fd[1]);
    while (t->asked != NULL || turn(t, fd[1]))
        settle(t, fd[1]);
    (void)shutdown(fd[1], SHUT_WR);
    settle(t, fd[1]);
    MUST(t->all.n == 0 && t->all.first == NULL);
    MUST(t->all.bodies == 0 && t->all.answers == 0 && t->all.open == 0 && t->all.writing == 0);
    close(fd[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct event_base *base;
    struct talk whole, parts;
    bool refused;

    if (size < 1)
        return 0;
    if (base == NULL)
        MUST((base = event_base_new()) != NULL);
    converse(&whole, base, data + 1, size - 1, 0);
    MUST(count_answers(&whole.answers, &refused) == whole.n + refused);
    converse(&parts, base, data + 1, size - 1, 1 + data[0]);
    MUST(count_answers(&parts.answers, &refused) == parts.n + refused);
    MUST(whole.n == parts.n && whole.requests.len == parts.requests.len);
    MUST(whole.requests.len == 0 ||
         memcmp(whole.requests.data, parts.requests.data, whole.requests.len) == 0);
    buf_free(&whole.requests);
    buf_free(&whole.answers);
    buf_free(&parts.requests);
    buf_free(&parts.answers);
    return 0;
}
