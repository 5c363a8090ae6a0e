/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_MODEL_PICK_H
#define PUMASI_MODEL_PICK_H

#include "fixture.h"
#include "model.h"

/* A world of both, the model and core's state, and random acts for it. */
#define DRAFTS 24
struct draft {
    struct model_act act;
    char *payload;
};

struct world {
    struct fix *f;
    struct model m;
    struct fix_key key[MODEL_KEYS];
    int keys; /* used so far */
    uint64_t random;
    /* Payloads that were refused, wait, or were never sent: they may come yet, and be declined. */
    struct draft draft[DRAFTS];
    int n_drafts;
    int ids;           /* acts so far: their ids count from 0 */
    struct hash *hash; /* of each one's payload */
};

/* 0 to n - 1; true as many times in a hundred. */
int below(struct world *w, int n);
bool chance(struct world *w, int percent);
/* Lets a little time pass, now and then days. */
void advance(struct world *w);
/* An act that may well be right; time may go on so that it is just in time or just not. */
void pick(struct world *w, struct model_act *a);

#endif
