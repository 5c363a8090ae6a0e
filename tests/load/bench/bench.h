/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BENCH_H
#define PUMASI_BENCH_H

/* What the files of bench share; see tests/load/bench.c for what it does. */

#include "tests/load/lib/hammer.h"

#define BULK_LINES 1000 /* acts in one ndjson body */

struct bench {
    struct hammer h;
    int64_t acts;    /* how many; 0: as many as --seconds allow */
    int64_t seconds; /* after which no request begins; 0: when there are no more */
    int64_t rate;    /* acts or queries a second in an open loop; 0: closed */
    int64_t every;   /* seconds after which figures are told and begin anew; 0: once, at the end */
    int64_t hops;    /* lines that transfers of a chain go over; -1: they are others */
    bool hot, bulk;
};

/* ---- make.c: acts, signed on all cores ---- */

/* To stdout, a submission a line. */
void make_acts(struct bench *b);
/* Opens the ledger; a unit, co-ops, h.members members with keys. */
void make_members(struct bench *b);
/* Posts transfers in bulk as fast as answers come, signing them meanwhile. */
void fill(struct bench *b);
/* What makes act number i; its body belongs to the caller. */
typedef void make_act(struct conn *c, struct shot *s, const struct bench *b, int64_t i);
/* Posts n acts, from that number on, in the same way; n 0: until b->seconds are over. */
void post_acts(struct bench *b, make_act *make, int64_t first, int64_t n);
/* Who the ledger is, into b->h. */
void meet_ledger(struct bench *b);

/* ---- chain.c: co-ops that lend to their neighbours ---- */

/* Adds them to a ledger that setup made, with lines and h.members members, evenly. */
void make_chain(struct bench *b);
/* From a member of one end of the chain to one that is b->hops lines away. */
make_act make_chain_transfer;

/* ---- drive.c: requests over kept-alive connections, from one thread ---- */

struct request {
    char *data; /* head and body */
    size_t len;
    size_t lines;     /* acts in it, or 1 */
    const char *want; /* the answer holds it as often as there are lines */
};

enum next {
    NEXT_ONE,
    NEXT_LATER,
    NEXT_NEVER
};

/*
 * Where requests come from: NEXT_ONE fills in r, whose data the driver frees; NEXT_LATER: ask again
 * in a millisecond; NEXT_NEVER: there are no more.
 */
typedef enum next next_request(void *from, struct request *r);

/* Puts a request's head before a body of that length; an empty type makes it a GET. */
void request_head(struct buf *b, const char *path, const char *type, size_t length,
                  const char *token);
/*
 * Sends all requests over h.connections connections and prints a line of figures, or one for each
 * b->every seconds: acts, seconds, acts a second, median and 99th percentile of the answers' times
 * in ms, µs of this process's CPU time an act. In a closed loop a time counts from sending. With
 * b->rate requests are due at the times of a Poisson process of that rate whatever the answers do,
 * and a time counts from when its request was due. Ends the program with 1 when an answer is
 * missing or wrong.
 */
void drive(struct bench *b, next_request *next, void *from);
/* The same with the acts of a file. */
void drive_file(struct bench *b, const char *path);

/* ---- ask.c: queries with tokens ---- */

struct asker {
    struct bench *b;
    struct conn c;
    int64_t n, at;
    char who[ADDRESS_MAX + 1];
};
/* GET /v1/accounts/<who>/hour<below><query>, by curl; its time in µs, the body in a->c.answer. Ends
 * the program when it isn't answered 200. */
int64_t ask_body(struct asker *a, const char *below, const char *query);

/* A member's balance and its last 50 postings in turn, in an open loop. */
void ask_members(struct bench *b);
/* Pages through the postings of the account that hot transfers pay: how many there are, and the
 * median time in ms of the first twenty pages and of the last twenty. */
void ask_pages(struct bench *b);

/* ---- statement.c ---- */

/* The statement of the account that hot transfers pay, of all days, b->acts times, the last one
 * into the file: median ms, bytes. */
void ask_statement(struct bench *b, const char *path);
/* The signatures of the payments in a statement, or in an export's records, on all cores: how many,
 * seconds, a second. */
void raw_signatures(struct bench *b, const char *path);

/* ---- machine.c: what the machine can do ---- */

/* Parses and verifies the acts of a file on all cores, and nothing else: acts, seconds,
 * acts a second, µs of CPU time an act. */
void limit(struct bench *b, const char *path);
/* Writes 8 kB and fdatasyncs them, again and again: median and 99th percentile in ms. */
void flush(const char *path);

/* ---- figures.c ---- */

int64_t now_us(void);
int64_t cpu_us(void); /* of this process, all its threads */
size_t cores(void);

struct times {
    int32_t *us;
    size_t n, room;
};

void times_put(struct times *t, int64_t us);
/* At that fraction of them, in µs; sorts them. 0 when there are none. */
int64_t times_at(struct times *t, double fraction);
/* Lines of a file, without their ends; ends the program when it can't be read. */
char **read_lines(const char *path, size_t *n);
/* Runs one(arg) in as many threads as there are cores, and waits for them. */
void on_all_cores(void *(*one)(void *), void *arg);

#endif
