/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ledgerd recover --continue: the act that the stewards are asked to sign. */
#include "ledgerd/recover_continue.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/b64.h"
#include "core/rules.h"
#include "lang/lang.h"
#include "lang/zone.h"
#include "ledgerd/db_continue.h"
#include "ledgerd/jti.h"
#include "ledgerd/receipt.h"

static bool in_force(const struct ledger *l, const struct key *key)
{
    const struct holder *ledger = state_holder(l->state, "ledger");

    return ledger && holder_has_key(ledger, ROLE_LOG, key);
}

/* Is the note signed by one of the log keys that were in force when what is left was recorded? */
static bool is_evidence(const struct ledger *l, const struct lost *lost, const char *note)
{
    struct checkpoint ignored;
    const char *why;

    for (size_t i = 0; i < lost->n_keys; i++)
        if (in_force(l, &lost->keys[i]) &&
            checkpoint_open(&ignored, note, strlen(note), lost->origin, &lost->keys[i], &why) == 0)
            return true;
    return false;
}

/* The largest one that shows the loss; NULL when there is none. */
static const struct lost_checkpoint *best(const struct ledger *l, const struct lost *lost,
                                          const struct hash *root)
{
    const struct lost_checkpoint *found = NULL;

    for (size_t i = 0; i < lost->n_checkpoints; i++) {
        const struct lost_checkpoint *c = &lost->checkpoints[i];
        bool shows = c->of.size > l->tree.size ||
                     (c->of.size == l->tree.size && !hash_eq(&c->of.root, root));

        if (shows && (!found || c->of.size > found->of.size) && is_evidence(l, lost, c->note))
            found = c;
    }
    return found;
}

static void put_payload(struct buf *b, const struct ledger *l, const char *origin, const char *kept,
                        const struct hash *root)
{
    int64_t now = (int64_t)time(NULL);
    char b64[HASH_LEN * 2];

    buf_puts(b, "{\"type\":\"ledger.continue\",\"aud\":");
    buf_puts_json(b, state_ledger_id(l->state));
    buf_puts(b, ",\"by\":\"stewards\",\"jti\":\"");
    jti_put(b, now * 1000);
    buf_printf(b, "\",\"iat\":%lld,\"exp\":%lld,\"origin\":", (long long)now,
               (long long)(now + ACT_LIFETIME_MAX));
    buf_puts_json(b, origin);
    buf_puts(b, ",\"kept\":");
    buf_puts_json(b, kept);
    b64_encode(b64, root->b, HASH_LEN);
    buf_printf(b, ",\"found\":{\"size\":%lld,\"root\":\"%s\"}}", (long long)l->tree.size, b64);
}

static int wait_for_stewards(PGconn *conn, const struct ledger *l, struct submission *sub,
                             const struct act *a, char *err, size_t err_size)
{
    int64_t ms = (int64_t)time(NULL) * 1000;
    struct buf needs = BUF_INIT;
    struct outcome out;
    int ret = -1;

    /* By the rules, as if all had signed; then who has to. */
    rules_effect(l->state, a, (struct moment){ms, zone_day(ms)}, (int64_t)l->tree.size, &out);
    if (out.verdict == VERDICT_POSTED) {
        outcome_free(&out);
        rules_authority(l->state, a, &sub->env, &out, NULL);
    }
    if (out.verdict == VERDICT_PENDING) {
        needs_put(&needs, out.needs, out.n_needs);
        ret = db_continue_wait(conn, a, sub, needs.data, err, err_size);
    } else {
        str_copy(err, err_size, out.refusal.detail);
    }
    outcome_free(&out);
    buf_free(&needs);
    return ret;
}

int recover_continue(PGconn *conn, const struct ledger *l, const struct lost *lost,
                     const struct ownkeys *own, char *err, size_t err_size)
{
    const struct lost_checkpoint *kept;
    struct submission sub = {0};
    struct buf payload = BUF_INIT;
    char origin[ORIGIN_MAX + 1];
    struct refusal refusal;
    struct hash root;
    struct act act;
    int ret = -1;

    tree_root(&l->tree, &root);
    kept = best(l, lost, &root);
    if (l->tree.size == 0)
        str_copy(err, err_size, _("No record is left from which the ledger could go on."));
    else if (!kept)
        str_copy(err, err_size,
                 _("No checkpoint that a log key in force signed shows that records are missing."));
    else if (!name_next_origin(origin, state_origin(l->state)))
        str_copy(err, err_size, _("The ledger's origin is too long for another one."));
    else
        ret = 0;
    if (ret != 0)
        return -1;
    put_payload(&payload, l, origin, kept->note, &root);
    envelope_new(&sub.env, payload.data, payload.len);
    for (size_t i = 0; i < own->n_log; i++)
        if (in_force(l, &own->log[i].key))
            envelope_sign(&sub.env, own->log[i].secret);
    ret = -1;
    if (sub.env.n_sigs == 0) {
        str_copy(err, err_size,
                 _("None of the log keys here is in force in the records that are left: put the"
                   " log.key of that time into the data folder."));
    } else if (act_parse(&act, &sub.env, &refusal) != 0) {
        str_copy(err, err_size, refusal.detail);
    } else {
        ret = wait_for_stewards(conn, l, &sub, &act, err, err_size);
        act_free(&act);
    }
    if (ret == 0)
        printf(
            _("%llu records stay. The checkpoint that was kept covers %llu: what it covers beyond"
              " them is lost for good, and will show so for ever.\n"
              "The ledger goes on as %s once its stewards have signed, within 30 days, and posts"
              " nothing before. Start ledgerd, and ask each steward for:\n"
              "  pumasi open\n"),
            (unsigned long long)l->tree.size, (unsigned long long)kept->of.size, origin);
    submission_free(&sub);
    buf_free(&payload);
    return ret;
}
