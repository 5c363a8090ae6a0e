/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/declines.h"

#include <string.h>

#include "ledgerd/log.h"

/* The act that waits, taken apart. False, and logged, when it can't be read. */
static bool read_pending(const struct pending_act *pa, struct submission *sub, struct act *act)
{
    struct refusal r;

    if (submission_parse(sub, pa->submission, strlen(pa->submission), &r) != 0) {
        log_error("a pending act is damaged: it can only be declined unseen");
        return false;
    }
    if (act_parse(act, &sub->env, &r) != 0) {
        log_error("a pending act is damaged: it can only be declined unseen");
        submission_free(sub);
        return false;
    }
    return true;
}

bool decline_deal(const struct pendings *p, const struct act *a, int64_t *record)
{
    const struct pending_act *pa =
        a->type == ACT_DECLINE ? pendings_find_payload(p, &a->u.decline.act) : NULL;
    struct submission sub;
    struct act waiting;

    if (pa == NULL || !read_pending(pa, &sub, &waiting)) {
        return false;
    }
    bool names = rules_deal(&waiting, record);
    act_free(&waiting);
    submission_free(&sub);
    return names;
}

int decline_judge(const struct state *s, const struct pendings *p, const struct act *a,
                  enum role as, struct refusal *r)
{
    const struct pending_act *pa = pendings_find_payload(p, &a->u.decline.act);
    struct submission sub;
    struct act waiting;

    if (pa == NULL || !read_pending(pa, &sub, &waiting)) {
        return 0;
    }
    bool called_for = rules_calls_for(s, &waiting, &sub.env, a->by, as);
    bool revokes = waiting.type == ACT_KEY_REVOKE;
    act_free(&waiting);
    submission_free(&sub);
    if (!called_for) {
        return revokes ? refuse(r, REFUSED_NOT_PERMITTED, "Nobody can decline a key.revoke.")
                       : refuse(r, REFUSED_NOT_PERMITTED,
                                "The act doesn't need a %s of %s, so that they can't decline it.",
                                role_name(as), a->by);
    }
    return 0;
}

void decline_end(struct pendings *p, const struct act *a)
{
    struct pending_act *pa = pendings_find_payload(p, &a->u.decline.act);
    struct submission sub;
    struct act waiting;

    if (pa != NULL && read_pending(pa, &sub, &waiting)) {
        pendings_drop(p, pa, &waiting);
        act_free(&waiting);
        submission_free(&sub);
    }
}
