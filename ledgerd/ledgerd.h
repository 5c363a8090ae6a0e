/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LEDGERD_H
#define PUMASI_LEDGERD_H

#include <event2/event.h>

#include "core/base.h"
#include "core/key.h"
#include "core/name.h"
#include "ledgerd/conf.h"
#include "ledgerd/keyring.h"
#include "ledgerd/limits.h"
#include "ledgerd/metrics.h"
#include "ledgerd/published.h"
#include "ledgerd/queue.h"

struct clerk;
struct desk;
struct forecast;
struct collector;
struct follower;
struct http;
struct reads;
struct outward;
struct poster;
struct shown;
struct verifier;
struct witnessing;

/* Everything a running daemon has, made in cmd_serve.c and handed down. */
struct ledgerd {
    const struct conf *conf;
    struct event_base *base;
    char *conninfo;              /* of the database, embedded or configured */
    char origin[ORIGIN_MAX + 1]; /* as of the start: a ledger may go on under another one */
    /* The log keys held here; which of them are in force, and sign, is published's to say. */
    struct log_signer log[LOG_SIGNERS_MAX];
    size_t n_log;
    struct key clerk_key;
    uint8_t clerk_secret[KEY_SECRET_LEN];
    struct queue *queue;
    struct keyring *keyring;
    struct limits *limits;
    struct published *published;
    struct shown *shown; /* what the public sees of it */
    struct metrics *metrics;
    struct verifier *verifier;
    struct poster *poster;
    struct clerk *clerk;
    struct witnessing *witnessing; /* as a witness of others; NULL: it is none */
    struct collector *collector;   /* of this ledger's own cosignatures */
    struct follower *follower;
    struct outward *outward; /* NULL: there is nobody to call */
    struct reads *reads;
    struct desk *desk;    /* of long answers */
    struct desk *counter; /* of short ones, which don't wait for those */
    struct forecast *forecast;
    struct http *http;
};

#endif
