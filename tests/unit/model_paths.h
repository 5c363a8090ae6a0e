/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_MODEL_PATHS_H
#define PUMASI_MODEL_PATHS_H

#include "model.h"

/* Of the naive model: who may sign what. */

/* Signatures wanted of one kind of key. */
struct want {
    enum model_role role; /* MODEL_NOBODY: the act's own new key, `of` 1 or 0 */
    int coop, member, of;
};
/* All of `want` are to be met; `out_of_bounds`: whoever signs so is refused. */
struct path {
    int n;
    struct want want[3];
    bool out_of_bounds;
};

/* The ways an act may be signed. A refusal when there is none. */
const char *paths(const struct model *m, const struct model_act *a, struct path p[2], int *n);
/* 2 complete, 1 some are missing, 0 a signature fits nowhere. */
int path_judge(const struct model *m, const struct model_act *a, const struct path *p);
/* How many keys in force. */
int keys_of(const struct model *m, enum model_role role, int coop, int member);
/* The holder of the keys that a recovery is about; its recovery. */
bool by_holder(const struct model_act *a);
struct model_recovery *recovery_of(struct model *m, const struct model_act *a);
bool by_itself(const struct model_act *a);
/* The record of that number, if it is of that type; the request that is that act. */
struct model_record *record_of(const struct model *m, int number, enum model_type type);
struct model_record *request_of_act(const struct model *m, int id);

#endif
