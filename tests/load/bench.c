/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * bench: what scripts/bench measures with. Acts are signed beforehand, into a file, a submission a
 * line.
 *
 *   bench setup URL --members N           opens the ledger; a unit, co-ops, N members with keys
 *   bench make URL --acts N [--hot] --load K > FILE   transfers between random members; --hot: all
 * to one bench drive URL FILE --connections C [--bulk]     posts them, each once, as fast as
 * answers come bench limit FILE                      parses and verifies them on all cores, and
 * nothing else
 *
 * drive and limit print one line: acts, seconds, acts a second, median and 99th percentile of the
 * answers' times in ms.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <netdb.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/act.h"
#include "tests/load/lib/hammer.h"

#define BULK_LINES 1000

struct bench {
    struct hammer h;
    int64_t acts;
    bool hot, bulk;
    char **lines;
    size_t n;
    atomic_size_t next; /* the first line that nobody has taken */
    atomic_size_t wrong;
    int64_t *us; /* a request's time, by its first line; 0 elsewhere */
};

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- setup, make ---- */

/* The ledger and its first members as hammer makes them, the others in bulk. */
static void setup_all(struct bench *b)
{
    struct shot shots[SHOTS_MAX];
    char address[ADDRESS_MAX + 1];
    int64_t members = b->h.members;
    struct conn c;

    b->h.members = 4;
    setup(&b->h);
    conn_open(&c, &b->h, 998);
    json_decref(meet(&c));
    for (int64_t i = 4; i < members;) {
        size_t n = 0;

        for (; n < SHOTS_MAX && i < members; n++, i++) {
            member(address, i);
            make_new_member(&c, &shots[n], address, "홍길동");
        }
        shoot_patiently(&c, shots, n, true);
        for (size_t k = 0; k < n; k++)
            free(shots[k].body);
    }
    conn_close(&c);
}

static void make_acts(struct bench *b)
{
    char payer[ADDRESS_MAX + 1], payee[ADDRESS_MAX + 1];
    int64_t half = b->h.members / 2;
    struct buf payload = BUF_INIT;
    struct conn c;
    struct shot s;

    conn_open(&c, &b->h, 997);
    json_decref(meet(&c));
    c.random = (uint64_t)b->h.load + 1;
    for (int64_t i = 0; i < b->acts; i++) {
        int64_t from = 1 + rnd(&c, half - 1);
        int64_t to = b->hot ? 0 : (from + 1 + rnd(&c, half - 2)) % half;

        member(payer, 2 * from); /* even numbers are of one co-op */
        member(payee, 2 * to);
        act_begin(&c, &payload, &s, "transfer", payer);
        buf_printf(&payload,
                   ",\"from\":\"%s\",\"to\":\"%s\",\"unit\":\"" UNIT "\",\"amount\":%" PRId64,
                   payer, payee, 1 + rnd(&c, 600));
        act_end(&c, &payload, &s, SIGNERS(payer), NULL, NULL);
        puts(s.body);
        free(s.body);
    }
    conn_close(&c);
}

static void read_lines(struct bench *b, const char *path)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0, room = 0;
    ssize_t len;

    if (!f) {
        perror(path);
        exit(1);
    }
    while ((len = getline(&line, &cap, f)) > 0) {
        if (b->n == room) {
            room = room ? 2 * room : 1024;
            b->lines = x_realloc(b->lines, room * sizeof(*b->lines));
        }
        b->lines[b->n++] = x_strndup(line, (size_t)len - 1);
    }
    free(line);
    fclose(f);
    b->us = x_calloc(b->n + 1, sizeof(*b->us));
}

/* ---- drive ---- */

/* A connected socket; http://ADDRESS:PORT only. */
static int dial(const char *url)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    const char *host = url + strlen("http://"), *colon = strrchr(host, ':');
    char address[64];
    int64_t port;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (!colon || (size_t)(colon - host) >= sizeof(address) ||
        num_parse(colon + 1, strlen(colon + 1), 1, 65535, &port) != 0)
        return -1;
    memcpy(address, host, (size_t)(colon - host));
    address[colon - host] = '\0';
    to.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
        connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
        return -1;
    return fd;
}

static bool write_all(int fd, const char *s, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, s, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        s += n;
        len -= (size_t)n;
    }
    return true;
}

/* Reads one answer with a Content-Length whole into b; its status, or 0. */
static int read_answer(int fd, struct buf *b)
{
    size_t want = 0;
    char chunk[65536];
    int64_t length, status;
    const char *end, *field;

    buf_clear(b);
    while (want == 0 || b->len < want) {
        ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

        if (n <= 0)
            return 0;
        buf_put(b, chunk, (size_t)n);
        end = want == 0 ? strstr(b->data, "\r\n\r\n") : NULL;
        if (!end)
            continue;
        field = strcasestr(b->data, "\r\ncontent-length: ");
        if (!field || field > end)
            return 0;
        field += strlen("\r\ncontent-length: ");
        if (num_parse(field, strcspn(field, "\r"), 0, INT32_MAX, &length) != 0)
            return 0;
        want = (size_t)(end - b->data) + 4 + (size_t)length;
    }
    return num_parse(b->data + 9, 3, 100, 599, &status) == 0 ? (int)status : 0;
}

/* How many times `word` stands in s. */
static size_t count_of(const char *s, const char *word)
{
    size_t n = 0;

    for (; (s = strstr(s, word)) != NULL; s += strlen(word))
        n++;
    return n;
}

/* One request with lines first to last-1; how many of them were not posted now. */
static size_t send_lines(struct bench *b, int fd, size_t first, size_t last, struct buf *out,
                         struct buf *in)
{
    size_t length = 0;
    int status;

    for (size_t i = first; i < last; i++)
        length += strlen(b->lines[i]) + b->bulk;
    buf_clear(out);
    buf_printf(out,
               "POST /v1/acts HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n"
               "Content-Length: %zu\r\n\r\n",
               b->bulk ? "application/x-ndjson" : "application/json", length);
    for (size_t i = first; i < last; i++) {
        buf_puts(out, b->lines[i]);
        if (b->bulk)
            buf_putc(out, '\n');
    }
    if (!write_all(fd, out->data, out->len))
        return last - first;
    status = read_answer(fd, in);
    if (!b->bulk)
        return status == 201 ? 0 : 1;
    return status == 200 ? (last - first) - count_of(in->data, "\"status\":201,") : last - first;
}

static void *drive_one(void *arg)
{
    struct bench *b = arg;
    size_t step = b->bulk ? BULK_LINES : 1, first;
    struct buf out = BUF_INIT, in = BUF_INIT;
    int fd = dial(b->h.url);

    while (fd >= 0 && (first = atomic_fetch_add(&b->next, step)) < b->n) {
        size_t last = first + step < b->n ? first + step : b->n;
        int64_t start = now_us();

        atomic_fetch_add(&b->wrong, send_lines(b, fd, first, last, &out, &in));
        b->us[first] = now_us() - start;
    }
    if (fd < 0)
        atomic_fetch_add(&b->wrong, 1);
    else
        close(fd);
    buf_free(&out);
    buf_free(&in);
    return NULL;
}

/* ---- limit ---- */

static bool key_of_payer(void *arg, const struct kid *kid, struct key *out)
{
    const struct key *key = arg;

    (void)kid;
    *out = *key;
    return true;
}

/* The key that a line is signed with, so that looking it up costs nothing. */
static void payer_key(struct bench *b, const struct act *a, struct key *key)
{
    uint8_t secret[KEY_SECRET_LEN];

    secret_of(&b->h, a->by, secret);
    key_of_secret(key, secret);
}

/* With keys made beforehand: what is timed is what a ledger can't leave out. */
static void *limit_one(void *arg)
{
    struct bench *b = arg;
    size_t first;

    while ((first = atomic_fetch_add(&b->next, 1)) < b->n) {
        struct submission sub;
        struct refusal r;
        struct act act;
        struct key key;
        int64_t start = now_us(), made;

        if (submission_parse(&sub, b->lines[first], strlen(b->lines[first]), &r) != 0 ||
            act_parse(&act, &sub.env, &r) != 0) {
            atomic_fetch_add(&b->wrong, 1);
            continue;
        }
        made = now_us();
        payer_key(b, &act, &key);
        made = now_us() - made;
        if (envelope_verify(&sub.env, key_of_payer, &key, &r) != 0)
            atomic_fetch_add(&b->wrong, 1);
        b->us[first] = now_us() - start - made;
        act_free(&act);
        submission_free(&sub);
    }
    return NULL;
}

/* ---- Running and telling ---- */

static int compare_us(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* One line of figures. busy_us: the time that counts, 0 for the wall's. */
static void tell(struct bench *b, int64_t us)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        if (b->us[i] > 0)
            b->us[n++] = b->us[i];
    qsort(b->us, n, sizeof(*b->us), compare_us);
    printf("%zu %.3f %.0f %.2f %.2f\n", b->n, (double)us / 1e6, (double)b->n * 1e6 / (double)us,
           n ? (double)b->us[n / 2] / 1e3 : 0, n ? (double)b->us[n * 99 / 100] / 1e3 : 0);
    if (atomic_load(&b->wrong) > 0) {
        fprintf(stderr, "bench: %zu acts were not posted or not verified\n",
                atomic_load(&b->wrong));
        exit(1);
    }
}

static void run_threads(struct bench *b, void *(*one)(void *), size_t n)
{
    pthread_t *threads = x_calloc(n, sizeof(*threads));
    int64_t start = now_us(), us, busy = 0;

    for (size_t i = 0; i < n; i++)
        if (pthread_create(&threads[i], NULL, one, b) != 0)
            exit(1);
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    us = now_us() - start;
    if (one == limit_one) {
        for (size_t i = 0; i < b->n; i++)
            busy += b->us[i];
        us = busy / (int64_t)n;
    }
    free(threads);
    tell(b, us);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"members", required_argument, NULL, 'm'},
        {"acts", required_argument, NULL, 'a'},
        {"connections", required_argument, NULL, 'c'},
        {"load", required_argument, NULL, 'l'},
        {"hot", no_argument, NULL, 'h'},
        {"bulk", no_argument, NULL, 'b'},
        {NULL, 0, NULL, 0},
    };
    struct bench b = {.h = {.seed = 1, .members = 1000, .connections = 64, .journal = -1},
                      .acts = 10000};
    const char *command;
    int o;

    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 'm')
            b.h.members = number(optarg);
        else if (o == 'a')
            b.acts = number(optarg);
        else if (o == 'c')
            b.h.connections = number(optarg);
        else if (o == 'l')
            b.h.load = number(optarg);
        else if (o == 'h')
            b.hot = true;
        else if (o == 'b')
            b.bulk = true;
        else
            return 2;
    }
    command = optind < argc ? argv[optind] : "";
    b.h.url = optind + 1 < argc ? argv[optind + 1] : "";
    if (sodium_init() < 0 || b.h.members < 6 || b.acts < 1 || b.h.connections < 1)
        return 2;
    if (str_eq(command, "setup")) {
        setup_all(&b);
    } else if (str_eq(command, "make")) {
        make_acts(&b);
    } else if (str_eq(command, "drive") && optind + 2 < argc) {
        read_lines(&b, argv[optind + 2]);
        run_threads(&b, drive_one, (size_t)b.h.connections);
    } else if (str_eq(command, "limit")) {
        read_lines(&b, b.h.url);
        run_threads(&b, limit_one, (size_t)sysconf(_SC_NPROCESSORS_ONLN));
    } else {
        fprintf(stderr, "usage: bench setup|make|drive|limit …, see tests/load/bench.c\n");
        return 2;
    }
    return 0;
}
