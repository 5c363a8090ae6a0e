/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What connections may hold together: bodies on their way, and answers that nobody takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ledgerd/http_conn.h"

#define ANSWER (1 << 20)
#define CONNS  24

struct server {
    struct http_conns all;
    int wire[CONNS];
    size_t n;
};

static int on_head(struct http_conn *conn, void *arg, const char **why)
{
    (void)conn;
    (void)arg;
    (void)why;
    return 0;
}

/* Answers at once, at length. */
static void on_request(struct http_conn *conn, void *arg)
{
    struct buf body = BUF_INIT;

    (void)arg;
    buf_reserve(&body, ANSWER);
    memset(body.data, 'x', ANSWER);
    body.len = ANSWER;
    http_conn_answer(conn, 200, "text/plain", &body);
}

static int set_up(void **state)
{
    struct server *s = x_calloc(1, sizeof(*s));

    s->all = (struct http_conns){.base = event_base_new(),
                                 .on_request = on_request,
                                 .on_head = on_head,
                                 .arg = s,
                                 .request_ms = 60000,
                                 .bodies_max = 1 << 20,
                                 .answers_max = 8 * ANSWER};
    assert_non_null(s->all.base);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct server *s = *state;

    http_conns_end(&s->all);
    assert_int_equal(s->all.bodies + s->all.answers + s->all.open + s->all.writing, 0);
    for (size_t i = 0; i < s->n; i++) {
        close(s->wire[i]);
    }
    event_base_free(s->all.base);
    free(s);
    return 0;
}

static void turn(struct server *s)
{
    for (int i = 0; i < 5; i++) {
        assert_true(event_base_loop(s->all.base, EVLOOP_NONBLOCK) >= 0);
    }
}

/* A client that connects and sends that. */
static int dial(struct server *s, const char *bytes)
{
    const struct address peer = {{0}};
    int fd[2], small = 4096;
    struct bufferevent *bev;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
    assert_int_equal(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
    bev = bufferevent_socket_new(s->all.base, fd[0], BEV_OPT_CLOSE_ON_FREE);
    assert_non_null(bev);
    http_conn_new(&s->all, bev, &peer, NULL, NULL, NULL);
    assert_int_equal(write(fd[1], bytes, strlen(bytes)), strlen(bytes));
    s->wire[s->n++] = fd[1];
    turn(s);
    return fd[1];
}

/* All that comes on a wire until nothing more does; *open says whether it still may. */
static size_t drink(struct server *s, int wire, char first[64], bool *open)
{
    static char bytes[65536];
    size_t all = 0;
    ssize_t n;

    memset(first, 0, 64);
    for (int quiet = 0; quiet < 3;) {
        turn(s);
        n = recv(wire, bytes, sizeof(bytes), 0);
        *open = n != 0;
        if (n == 0) {
            break;
        }
        quiet = n < 0 ? quiet + 1 : 0;
        if (n > 0 && all == 0) {
            memcpy(first, bytes, n < 63 ? (size_t)n : 63);
        }
        all += n > 0 ? (size_t)n : 0;
    }
    return all;
}

#define GET     "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
#define CHUNKED "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

static void answers_that_nobody_takes_are_cut_off(void **state)
{
    struct server *s = *state;
    char first[64];
    bool open;

    for (size_t i = 0; i < CONNS; i++) {
        (void)dial(s, GET);
        assert_true(s->all.answers <= s->all.answers_max);
    }
    assert_true(s->all.n < CONNS);
    /* The latest has all of its answer, the first one an end. */
    assert_true(drink(s, s->wire[CONNS - 1], first, &open) > ANSWER && open);
    assert_true(drink(s, s->wire[0], first, &open) < ANSWER && !open);
}

static void who_reads_is_never_cut_off(void **state)
{
    struct server *s = *state;
    char first[64];
    bool open;

    int good = dial(s, GET);
    assert_true(drink(s, good, first, &open) > ANSWER && open);
    for (size_t i = 1; i < CONNS; i++) {
        (void)dial(s, GET);
    }
    assert_int_equal(write(good, GET, strlen(GET)), strlen(GET));
    assert_true(drink(s, good, first, &open) > ANSWER && open);
}

/* Sends n bytes more of a body. */
static void pour(struct server *s, int wire, size_t n)
{
    static const char bytes[4096];

    while (n > 0) {
        ssize_t sent = send(wire, bytes, n < sizeof(bytes) ? n : sizeof(bytes), MSG_NOSIGNAL);

        assert_true(sent > 0 || errno == EAGAIN);
        n -= sent > 0 ? (size_t)sent : 0;
        turn(s);
    }
}

static void small_bodies_find_room_beside_large_ones(void **state)
{
    struct server *s = *state;
    char first[64];
    bool open;

    /* One that is as large as all may be together, but for its last byte. */
    pour(s, dial(s, POST "1048576\r\n\r\n"), (1 << 20) - 1);
    assert_int_equal(s->all.bodies, (1 << 20) - 1);
    (void)drink(s, dial(s, POST "70000\r\n\r\n"), first, &open);
    assert_memory_equal(first, "HTTP/1.1 503 ", 13);
    (void)drink(s, dial(s, POST "2\r\n\r\n{}"), first, &open);
    assert_memory_equal(first, "HTTP/1.1 200 ", 13);
    /* As many as an eighth holds. */
    pour(s, dial(s, POST "65536\r\n\r\n"), 65535);
    pour(s, dial(s, POST "65536\r\n\r\n"), 65535);
    (void)drink(s, dial(s, POST "4\r\n\r\n{  }"), first, &open);
    assert_memory_equal(first, "HTTP/1.1 503 ", 13);
    (void)drink(s, dial(s, POST "2\r\n\r\n{}"), first, &open);
    assert_memory_equal(first, "HTTP/1.1 200 ", 13);
}

static void bodies_that_are_only_announced_take_no_room(void **state)
{
    struct server *s = *state;
    char first[64];
    bool open;

    for (int i = 0; i < 16; i++) {
        (void)dial(s, POST "1048576\r\n\r\n");
    }
    (void)dial(s, CHUNKED "100000\r\n");
    int wire = dial(s, POST "1048576\r\n\r\n");
    assert_int_equal(s->all.bodies, 0);
    pour(s, wire, (1 << 20) - 1);
    /* Whoever comes too late with the rest of his is told so. */
    for (int i = 15; i <= 16; i++) {
        pour(s, s->wire[i], 1);
        (void)drink(s, s->wire[i], first, &open);
        assert_memory_equal(first, "HTTP/1.1 503 ", 13);
    }
    assert_int_equal(s->all.bodies, (1 << 20) - 1);
    pour(s, wire, 1);
    (void)drink(s, wire, first, &open);
    assert_memory_equal(first, "HTTP/1.1 200 ", 13);
    assert_int_equal(s->all.bodies, 0);
    /* Then there is room again. */
    pour(s, s->wire[0], 1 << 20);
    (void)drink(s, s->wire[0], first, &open);
    assert_memory_equal(first, "HTTP/1.1 200 ", 13);
}

/* A handshake of TLS, say: what can begin no request is answered at once, not when its time is up.
 */
static void what_begins_no_request_is_refused_at_once(void **state)
{
    static const char *const all[] = {"\x16\x03\x01\x02", "\r\n\r\n\x16", "\rG", "\n", " GET",
                                      GET "\x80"};
    struct server *s = *state;
    char first[64];
    bool open;

    s->all.answers_max = 64 * ANSWER;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        bool second = i == ARRAY_LEN(all) - 1; /* behind a request that has its answer */
        size_t n = drink(s, dial(s, all[i]), first, &open);

        assert_memory_equal(first, second ? "HTTP/1.1 200 " : "HTTP/1.1 400 ", 13);
        assert_true(second ? n > ANSWER + 300 : n < 1000);
        assert_false(open);
    }
    (void)drink(s, dial(s, "\r\n\r"), first, &open);
    assert_string_equal(first, ""); /* it may become one */
    assert_true(open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_that_nobody_takes_are_cut_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_reads_is_never_cut_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(small_bodies_find_room_beside_large_ones, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(bodies_that_are_only_announced_take_no_room, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_begins_no_request_is_refused_at_once, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
