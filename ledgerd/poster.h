/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_POSTER_H
#define PUMASI_POSTER_H

#include "core/base.h"

struct ledgerd;

/*
 * The poster: one thread, one connection. It becomes the one that posts when it gets the database's
 * advisory lock, raises head.epoch, loads the state, compares the head with the published
 * checkpoint, then takes batch after batch from the queue. Otherwise it stands by: queued jobs are
 * answered busy, and the published checkpoint follows the head.
 */
struct poster;

enum poster_mode {
    POSTER_CONNECTING, /* no database just now */
    POSTER_STANDBY,    /* another ledgerd posts */
    POSTER_POSTING,
    POSTER_STOPPED_CLOCK, /* the clock leapt: waits for poster_confirm_clock */
    POSTER_STOPPED_FORK,  /* the database is behind, or disagrees with, the checkpoint kept outside
                           */
    POSTER_CONTINUING,    /* records are lost; the stewards are to sign that the ledger goes on */
};

#define POSTER_MODES (POSTER_CONTINUING + 1)

/* What all acts but that one are answered then; also by the batch, which decides. */
extern const char poster_why_continuing[];

struct poster *poster_start(struct ledgerd *d);
/* Any thread. */
enum poster_mode poster_mode(const struct poster *p);
const char *poster_mode_name(enum poster_mode mode);
void poster_confirm_clock(struct poster *p);
/* After queue_shut: waits for the batch in hand and what is queued, then ends the thread. */
void poster_stop(struct poster *p);

/* Why nothing can be posted in the mode it is in, as one sentence. Any thread. */
const char *poster_why_busy(const struct poster *p);

#endif
