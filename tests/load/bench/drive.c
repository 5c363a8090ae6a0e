/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Requests over kept-alive connections, one at a time on each. One thread and epoll, so that the
 * generator takes little of the machine that it shares with what it measures.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/load/bench/bench.h"

struct line {
    int fd;
    bool busy;
    struct request r;
    size_t sent;
    int64_t since; /* when it was due, or sent in a closed loop */
    struct buf in;
    size_t whole; /* of the answer; 0: its head isn't there yet */
};

struct driver {
    struct bench *b;
    int epoll;
    struct line *lines;
    size_t n_lines, idle, *free;
    next_request *next;
    void *from;
    bool over;         /* there are no more requests */
    struct request up; /* the next one, where there is one */
    bool has_up;
    int64_t due;                      /* of the next one, open loop */
    int64_t start, window, last, cpu; /* µs */
    size_t acts, wrong;
    struct times times;
};

static _Noreturn void die_of(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

void request_head(struct buf *b, const char *path, const char *type, size_t length,
                  const char *token)
{
    buf_printf(b, "%s %s HTTP/1.1\r\nHost: localhost\r\n", *type ? "POST" : "GET", path);
    if (*type)
        buf_printf(b, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, length);
    if (token)
        buf_printf(b, "Authorization: Bearer %s\r\n", token);
    buf_puts(b, "\r\n");
}

/* A connected socket; http://ADDRESS:PORT only. */
static int dial(const char *url)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    const char *host = url + strlen("http://"), *colon = strrchr(host, ':');
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    char address[64];
    int64_t port;

    if (fd < 0 || !colon || (size_t)(colon - host) >= sizeof(address) ||
        num_parse(colon + 1, strlen(colon + 1), 1, 65535, &port) != 0)
        die_of("the URL isn't http://ADDRESS:PORT");
    memcpy(address, host, (size_t)(colon - host));
    address[colon - host] = '\0';
    to.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
        connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
        die_of("can't connect");
    return fd;
}

/* ---- Figures ---- */

static void tell(struct driver *d, int64_t now)
{
    double seconds = (double)(now - d->window) / 1e6;
    int64_t cpu = cpu_us();

    printf("%zu %.3f %.1f %.2f %.2f %.1f\n", d->acts, seconds, (double)d->acts / seconds,
           (double)times_at(&d->times, 0.5) / 1e3, (double)times_at(&d->times, 0.99) / 1e3,
           d->acts ? (double)(cpu - d->cpu) / (double)d->acts : 0);
    (void)fflush(stdout);
    d->cpu = cpu;
    d->window = now;
    d->acts = d->times.n = 0;
}

/* How many times `word` stands in s. */
static size_t count_of(const char *s, const char *word)
{
    size_t n = 0;

    for (; (s = strstr(s, word)) != NULL; s += strlen(word))
        n++;
    return n;
}

static void take_answer(struct driver *d, struct line *l)
{
    size_t right = count_of(l->in.data, l->r.want);

    if (right < l->r.lines) {
        if (d->wrong == 0)
            fprintf(stderr, "bench: %.200s … is answered %.600s\n", l->r.data, l->in.data);
        d->wrong += l->r.lines - right;
    }
    d->last = now_us();
    d->acts += right < l->r.lines ? right : l->r.lines;
    times_put(&d->times, d->last - l->since);
    free(l->r.data);
    l->busy = false;
    d->free[d->idle++] = (size_t)(l - d->lines);
}

/* ---- One connection ---- */

static void watch(struct driver *d, struct line *l, uint32_t events, int how)
{
    struct epoll_event e = {.events = events, .data.ptr = l};

    if (epoll_ctl(d->epoll, how, l->fd, &e) != 0)
        die_of("epoll_ctl failed");
}

static void push(struct driver *d, struct line *l)
{
    bool blocked = l->sent > 0;

    while (l->sent < l->r.len) {
        ssize_t n =
            send(l->fd, l->r.data + l->sent, l->r.len - l->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n > 0) {
            l->sent += (size_t)n;
        } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!blocked)
                watch(d, l, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        } else {
            die_of("the connection broke while sending");
        }
    }
    if (blocked)
        watch(d, l, EPOLLIN, EPOLL_CTL_MOD);
}

/* The length of the whole answer, as soon as its head is there. */
static void read_head(struct line *l)
{
    const char *end = strstr(l->in.data, "\r\n\r\n");
    const char *field = end ? strcasestr(l->in.data, "\r\ncontent-length: ") : NULL;
    int64_t length;

    if (!end)
        return;
    if (!field || field > end)
        die_of("an answer without a length");
    field += strlen("\r\ncontent-length: ");
    if (num_parse(field, strcspn(field, "\r"), 0, INT32_MAX, &length) != 0)
        die_of("an answer with a strange length");
    l->whole = (size_t)(end - l->in.data) + 4 + (size_t)length;
}

/* A ledger closes what had nothing to say for a minute, as at a low rate most connections have. */
static void dial_again(struct driver *d, struct line *l)
{
    close(l->fd);
    l->fd = dial(d->b->h.url);
    watch(d, l, EPOLLIN, EPOLL_CTL_ADD);
}

static void pull(struct driver *d, struct line *l)
{
    static _Thread_local char chunk[262144];
    ssize_t n = recv(l->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 && !l->busy) {
        dial_again(d, l);
        return;
    }
    if (n <= 0)
        die_of("the connection was closed before the answer was whole");
    buf_put(&l->in, chunk, (size_t)n);
    if (l->whole == 0)
        read_head(l);
    if (l->whole > 0 && l->in.len >= l->whole && l->busy)
        take_answer(d, l);
}

static void begin(struct driver *d, int64_t since)
{
    struct line *l = &d->lines[d->free[--d->idle]];

    l->busy = true;
    l->r = d->up;
    l->sent = l->whole = 0;
    l->since = since;
    buf_clear(&l->in);
    d->has_up = false;
    push(d, l);
}

/* ---- The loop ---- */

/* µs until the next event of a Poisson process of that many a second. */
static int64_t poisson_gap(double rate)
{
    double u = ((double)randombytes_random() + 1.0) / 4294967297.0;

    return (int64_t)(-log(u) / rate * 1e6);
}

/* The next request into d->up. */
static enum next fetch(struct driver *d)
{
    enum next got = d->has_up ? NEXT_ONE : d->over ? NEXT_NEVER : d->next(d->from, &d->up);

    if (got == NEXT_ONE && !d->has_up && d->b->rate > 0)
        d->due += poisson_gap((double)d->b->rate / (double)d->up.lines);
    d->has_up = got == NEXT_ONE;
    d->over = got == NEXT_NEVER;
    return got;
}

/* Begins what can be begun now; µs until there may be more, -1: not before an answer. */
static int64_t begin_all(struct driver *d)
{
    while (d->idle > 0) {
        int64_t now = now_us();
        enum next got;

        if (d->b->seconds > 0 && now - d->start >= d->b->seconds * 1000000) {
            if (d->has_up)
                free(d->up.data);
            d->has_up = false;
            d->over = true;
        }
        got = fetch(d);
        if (got == NEXT_NEVER)
            return -1;
        if (got == NEXT_LATER)
            return 1000;
        if (d->b->rate > 0 && d->due > now)
            return d->due - now;
        begin(d, d->b->rate > 0 ? d->due : now);
    }
    return -1;
}

static void wait_for(struct driver *d, int64_t us)
{
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    struct epoll_event events[64];
    int n = epoll_pwait2(d->epoll, events, ARRAY_LEN(events), us >= 0 ? &t : NULL, NULL);

    for (int i = 0; i < n; i++) {
        struct line *l = events[i].data.ptr;

        if (events[i].events & EPOLLOUT)
            push(d, l);
        if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
            pull(d, l);
    }
}

static void open_lines(struct driver *d)
{
    d->n_lines = (size_t)d->b->h.connections;
    d->lines = x_calloc(d->n_lines, sizeof(*d->lines));
    d->free = x_calloc(d->n_lines, sizeof(*d->free));
    d->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < d->n_lines; i++) {
        d->lines[i].fd = dial(d->b->h.url);
        watch(d, &d->lines[i], EPOLLIN, EPOLL_CTL_ADD);
        d->free[d->idle++] = d->n_lines - 1 - i;
    }
}

static void close_lines(struct driver *d)
{
    for (size_t i = 0; i < d->n_lines; i++) {
        close(d->lines[i].fd);
        buf_free(&d->lines[i].in);
    }
    close(d->epoll);
    free(d->lines);
    free(d->free);
    free(d->times.us);
}

void drive(struct bench *b, next_request *next, void *from)
{
    struct driver d = {.b = b, .next = next, .from = from};
    int64_t windows = 1;

    (void)prctl(PR_SET_TIMERSLACK, 1000UL); /* ns: what is due is sent when it is due */
    open_lines(&d);
    d.start = d.window = d.last = d.due = now_us();
    d.cpu = cpu_us();
    for (;;) {
        int64_t us = begin_all(&d);

        if (d.over && d.idle == d.n_lines && !d.has_up)
            break;
        wait_for(&d, us);
        if (b->every > 0 && now_us() - d.start >= windows * b->every * 1000000) {
            tell(&d, now_us());
            windows++;
        }
    }
    if (d.acts > 0)
        tell(&d, d.last);
    close_lines(&d);
    if (d.wrong > 0) {
        fprintf(stderr, "bench: %zu answers were not the right ones\n", d.wrong);
        exit(1);
    }
}

/* ---- The acts of a file ---- */

struct file {
    struct bench *b;
    char **lines;
    size_t n, at;
};

static enum next next_of_file(void *from, struct request *r)
{
    struct file *f = from;
    size_t end = f->at + (f->b->bulk ? BULK_LINES : 1), length = 0;
    struct buf out = BUF_INIT;

    if (f->at == f->n)
        return NEXT_NEVER;
    if (end > f->n)
        end = f->n;
    for (size_t i = f->at; i < end; i++)
        length += strlen(f->lines[i]) + f->b->bulk;
    request_head(&out, "/v1/acts", f->b->bulk ? "application/x-ndjson" : "application/json", length,
                 NULL);
    *r = (struct request){.lines = end - f->at,
                          .want = f->b->bulk ? "\"status\":201," : "HTTP/1.1 201 "};
    for (; f->at < end; f->at++) {
        buf_puts(&out, f->lines[f->at]);
        if (f->b->bulk)
            buf_putc(&out, '\n');
    }
    r->len = out.len;
    r->data = buf_take(&out);
    return NEXT_ONE;
}

void drive_file(struct bench *b, const char *path)
{
    struct file f = {.b = b};

    f.lines = read_lines(path, &f.n);
    drive(b, next_of_file, &f);
    for (size_t i = 0; i < f.n; i++)
        free(f.lines[i]);
    free(f.lines);
}
