/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/pending_admit.h"

#include <string.h>

/*
 * Acts that one key may have waiting; one that the ledger doesn't know; and makers at whose number
 * no more of unknown ones may wait.
 */
#define PENDING_MAX         100
#define PENDING_STRANGER    10
#define PENDING_MAKERS_FULL 10000
/* Bytes of a submission that the ledger knows no signer of: some twenty keys, each with its
 * signature. */
#define PENDING_STRANGER_BYTES 8192

/* Before record 0 nobody is known. */
static int judge_size(const struct pending_act *pa, const struct ledger *l,
                      const struct submission *sub, struct refusal *r)
{
    struct buf text = BUF_INIT;
    bool too_large;

    submission_put(&text, sub);
    too_large = text.len > PENDING_STRANGER_BYTES && l->tree.size > 0 &&
                (pa == NULL || text.len > strlen(pa->submission));
    buf_free(&text);
    return too_large ? refuse(r, REFUSED_TOO_LARGE,
                              "While only new keys have signed it, an act has at most %d bytes: "
                              "let the office sign first.",
                              PENDING_STRANGER_BYTES)
                     : 0;
}

static int judge_number(const struct pendings *p, const struct ledger *l, struct limits *limits,
                        const char *maker, bool known, struct refusal *r)
{
    const int64_t *waiting = strmap_get(l->makers, maker);
    int64_t n = (waiting == NULL ? 0 : *waiting) + pendings_change(p, maker);
    int64_t most = known ? PENDING_MAX : PENDING_STRANGER;

    if (n >= most) {
        return refuse(r, REFUSED_BUSY, "%d acts of this signer wait for signatures already.",
                      (int)most);
    }
    if (!known && strmap_count(l->makers) >= PENDING_MAKERS_FULL) {
        limits_strangers_full(limits, limits_now());
        return refuse(r, REFUSED_BUSY, "Too many acts of signers not yet known wait already.");
    }
    return 0;
}

/* Begins to wait in this batch, and isn't counted yet. */
static bool is_new(const struct pending_act *pa)
{
    return pa->strange && !pa->gone;
}

/* How many of them came from there. */
static size_t count_beside(const struct pendings *p, const struct remote *from)
{
    const struct address counted = address_counted(&from->address);
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++) {
        const struct address other = address_counted(&p->at[i]->from.address);
        n += is_new(p->at[i]) && memcmp(&other, &counted, sizeof(other)) == 0;
    }
    return n;
}

struct pending_act *pending_admit(struct pendings *p, struct pending_act *pa,
                                  const struct ledger *l, struct limits *limits, struct job *job,
                                  const struct submission *sub)
{
    bool known;
    const char *maker = pendings_maker(l->state, &sub->env, &known);

    if (!known && judge_size(pa, l, sub, &job->refusal) != 0) {
        return NULL;
    }
    if (pa != NULL) {
        return pa;
    }
    if (judge_number(p, l, limits, maker, known, &job->refusal) != 0) {
        return NULL;
    }
    int wait =
        known ? 0
              : limits_stranger_wait(limits, &job->from, count_beside(p, &job->from), limits_now());
    if (wait > 0) {
        job->status = JOB_LIMITED;
        job->limited = limits_why_strangers;
        job->retry_after = wait;
        return NULL;
    }
    pa = pendings_add(p, job->act.by, job->act.jti);
    str_copy(pa->maker, sizeof(pa->maker), maker);
    pa->strange = !known;
    pa->from = job->from;
    return pa;
}

void pending_charge(const struct pendings *p, struct limits *limits)
{
    for (size_t i = 0; i < p->n; i++) {
        if (is_new(p->at[i])) {
            limits_stranger_waits(limits, &p->at[i]->from, limits_now());
        }
    }
}
