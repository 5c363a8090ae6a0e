/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * ledger.continue: records that were signed are gone for good, and the log goes on from those that
 * are left, under the next origin. What was lost shows for ever: the act holds the checkpoint that
 * covered it.
 */
#include <stdlib.h>
#include <string.h>

#include "core/act_row.h"
#include "core/b64.h"
#include "core/lineage.h"
#include "core/note.h"
#include "core/num.h"

/* The length of a root's base64, with its padding. */
#define ROOT_B64_LEN 44

/* "found":{"size":9,"root":"<b64>"} */
static void parse_found(struct strict *in, struct act_ledger_continue *c)
{
    const struct value *found = strict_object(in, "found", STRICT_REQUIRED);
    char again[ROOT_B64_LEN + 1];
    struct strict of;
    const char *root;
    size_t n;

    if (!found)
        return;
    strict_begin(&of, found);
    strict_int(&of, "size", STRICT_REQUIRED, 1, NUM_MAX, &c->found);
    root = strict_string(&of, "root", STRICT_REQUIRED);
    if (strict_end(&of) != 0) {
        strict_fail(in, "found", "isn't the size and root of a tree");
        return;
    }
    /* One way to write them, as in a checkpoint: what decodes is written again and compared. */
    if (b64_decode(root, strlen(root), c->root.b, HASH_LEN, &n) == 0 && n == HASH_LEN) {
        b64_encode(again, c->root.b, HASH_LEN);
        if (str_eq(again, root))
            return;
    }
    strict_fail(in, "found", "has a root that isn't the base64 of 32 bytes");
}

void ledger_continue_parse(struct strict *in, struct act *a)
{
    struct act_ledger_continue *c = &a->u.ledger_continue;
    struct checkpoint ignored;
    const char *kept;

    parse_name(in, "origin", name_is_origin, c->origin, sizeof(c->origin));
    kept = strict_string(in, "kept", STRICT_REQUIRED);
    if (kept && strlen(kept) > NOTE_MAX)
        strict_fail(in, "kept", "is too long for a checkpoint");
    parse_found(in, c);
    if (in->fault)
        return;
    c->kept = x_strdup(kept);
    if (continue_kept(a, &ignored) != 0)
        strict_fail(in, "kept", "is no checkpoint of the ledger that goes on");
}

int ledger_continue_ways(const struct state *s, const struct act *a, struct ways *out,
                         struct refusal *r)
{
    struct way *way = way_add(out);

    if (act_by(a, "stewards", r) != 0)
        return -1;
    way_governing(s, way, "stewards", ROLE_STEWARD);
    way_office(way, "ledger", ROLE_LOG, 1);
    return 0;
}

/* The checkpoint that was kept, by a log key in force. */
static int open_kept(const struct state *s, const struct holder *ledger,
                     const struct act_ledger_continue *c, struct checkpoint *kept)
{
    struct key keys[ACT_KEYS_MAX];
    const char *why;
    size_t n = 0;

    for (size_t i = 0; i < ledger->n_keys && n < ACT_KEYS_MAX; i++)
        if (ledger->keys[i].role == ROLE_LOG)
            keys[n++] = ledger->keys[i].key;
    return checkpoint_open_any(kept, c->kept, strlen(c->kept), state_origin(s), keys, n, &why);
}

int ledger_continue_decide(const struct state *s, const struct act *a, struct moment now,
                           int64_t index, struct outcome *out)
{
    const struct act_ledger_continue *c = &a->u.ledger_continue;
    const struct holder *ledger = state_holder(s, "ledger");
    char next[ORIGIN_MAX + 1];
    struct checkpoint kept;
    struct holder *after;

    (void)now;
    if (!name_next_origin(next, state_origin(s)) || !str_eq(c->origin, next))
        return refuse(&out->refusal, REFUSED_MALFORMED,
                      "The origin isn't the one that follows this ledger's.");
    if (c->found != index)
        return refuse(&out->refusal, REFUSED_UNKNOWN_RECORD,
                      "The log hasn't as many records as the act says were found.");
    if (!ledger || open_kept(s, ledger, c, &kept) != 0)
        return refuse(&out->refusal, REFUSED_BAD_SIGNATURE,
                      "What was kept is no checkpoint of this ledger by a log key in force.");
    if (kept.size < (uint64_t)c->found ||
        (kept.size == (uint64_t)c->found && hash_eq(&kept.root, &c->root)))
        return refuse(&out->refusal, REFUSED_NOT_PERMITTED,
                      "Nothing is lost: the log that was found has all that was kept.");
    /* The ledger's own state stays as it is; that it is counted keeps the act from being left out
     * where its changes are listed. */
    after = holder_copy(ledger, ledger->n_keys);
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

int rules_found(const struct act *a, const struct tree *log, struct refusal *r)
{
    struct hash root;

    if (a->type != ACT_LEDGER_CONTINUE)
        return 0;
    tree_root(log, &root);
    if (log->size == (uint64_t)a->u.ledger_continue.found &&
        hash_eq(&root, &a->u.ledger_continue.root))
        return 0;
    return refuse(r, REFUSED_UNKNOWN_RECORD, "The log isn't the one that the act says was found.");
}

bool rules_begins(const struct act *a, const char **origin)
{
    if (a->type == ACT_LEDGER_OPEN)
        *origin = a->aud;
    else if (a->type == ACT_LEDGER_CONTINUE)
        *origin = a->u.ledger_continue.origin;
    else
        return false;
    return true;
}
