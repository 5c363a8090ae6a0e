/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * snapshot: the ledger commits to all accounts, subjects and books at once (snapshot.h). Whether
 * its root is the right one shows to whoever replays the log; the rules see only what an act
 * touches.
 */
#include "core/act_row.h"
#include "core/num.h"

void snapshot_parse(struct strict *in, struct act *a)
{
    struct act_snapshot *s = &a->u.snapshot;
    struct act_hash root = {0};

    strict_int(in, "size", STRICT_REQUIRED, 1, NUM_MAX, &s->size);
    strict_int(in, "count", STRICT_REQUIRED, 1, NUM_MAX, &s->count);
    parse_hash(in, "root", &root);
    if (!root.there)
        strict_fail(in, "root", "is missing");
    s->root = root.hash;
}

int snapshot_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    (void)s;
    if (act_by(a, "ledger", r) != 0)
        return -1;
    way_office(way_add(out), "ledger", ROLE_CLERK, 1);
    return 0;
}

int snapshot_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                    struct outcome *out)
{
    const struct act_snapshot *of = &a->u.snapshot;
    const struct snapshot *before = state_snapshot(s);
    struct snapshot *after;

    if (of->size > index)
        return refuse(&out->refusal, REFUSED_UNKNOWN_RECORD,
                      "The log hasn't as many records as the snapshot is of.");
    if (before && (before->size >= of->size || before->day >= now.today))
        return refuse(&out->refusal, REFUSED_ALREADY_EXISTS,
                      "There is a snapshot of this day, or of as many records, already.");
    after = snapshot_new();
    if (before)
        after->subject = before->subject;
    after->size = of->size;
    after->count = of->count;
    after->root = of->root;
    after->day = now.today;
    outcome_change(s, out, THING_SNAPSHOT, &after->thing, index);
    return 0;
}
