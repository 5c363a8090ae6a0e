/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLOCKWATCH_H
#define PUMASI_CLOCKWATCH_H

#include "core/base.h"

/*
 * Judges the wall clock by the time since boot and by the log (protocol section 3): records would
 * say when they were made, and be wrong. Times in milliseconds.
 */
#define CLOCKWATCH_MS 60000

struct clockwatch {
    int64_t wall, boot;  /* when last looked at */
    int64_t accepted_ms; /* the log's time that the operator accepted to lie in the future */
    bool stopped;        /* until clockwatch_confirm */
    int64_t leap_ms;     /* what was seen, for the log */
};

enum clockwatch_view {
    CLOCK_FINE,
    CLOCK_LEAPT,  /* the wall clock moved a minute against the time since boot */
    CLOCK_BEHIND, /* it is a minute behind the latest record */
};

void clockwatch_start(struct clockwatch *w, int64_t wall, int64_t boot);
/* What is wrong now, if anything, and from then on it is stopped. head_ms: time of the latest
 * record. */
enum clockwatch_view clockwatch_look(struct clockwatch *w, int64_t wall, int64_t boot,
                                     int64_t head_ms);
/* The operator says that the clock is right as it is. */
void clockwatch_confirm(struct clockwatch *w, int64_t head_ms);

#endif
