/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/continued.h"

#include <stdlib.h>
#include <string.h>

#include "core/record.h"
#include "core/subject_read.h"

struct continued {
    struct state *s; /* the ledger and the stewards, as of the record before */
    struct lineage ids;
    int64_t last; /* index of the record before; -1: none yet */
};

struct continued *continued_new(void)
{
    struct continued *c = x_calloc(1, sizeof(*c));

    c->s = state_new("");
    c->last = -1;
    return c;
}

void continued_free(struct continued *c)
{
    if (!c)
        return;
    state_free(c->s);
    lineage_free(&c->ids);
    free(c);
}

static int wrong(const char **why, const char *sentence)
{
    *why = sentence;
    return -1;
}

static bool lookup(void *arg, const struct kid *kid, struct key *out)
{
    const struct key_row *row = state_key(arg, kid->s);

    if (row)
        *out = row->key;
    return row != NULL;
}

/* By the rules themselves, over the ledger and the stewards as they then were. */
static bool is_posted(struct state *s, const struct act *a, const struct part *part, int64_t ms,
                      int64_t index)
{
    struct envelope env = part->act;
    struct refusal ignored;
    struct outcome out;
    bool posted;

    if (envelope_verify(&env, lookup, s, &ignored) != 0)
        return false;
    rules_decide(s, a, &env, (struct moment){.ms = ms}, index, &out);
    posted = out.verdict == VERDICT_POSTED;
    outcome_free(&out);
    return posted;
}

static int take_act(struct continued *c, const struct act *a, const struct part *part,
                    const struct record_header *head, const struct hash *entry, const char **why)
{
    const char *origin;

    if (!rules_begins(a, &origin))
        return wrong(why, N_("it is of an act that has nothing to do with the ledger's id"));
    if ((a->type == ACT_LEDGER_OPEN) != (head->index == 0) || (c->last < 0 && head->index != 0))
        return wrong(why, N_("record 0 isn't the first of them"));
    if (head->index == 0) {
        if (c->ids.n > 0)
            return wrong(why, N_("a part isn't what it should be"));
        if (!name_is_origin(origin))
            return wrong(why, N_("record 0 names no origin"));
        lineage_begin(&c->ids, origin, entry);
    } else if (!is_posted(c->s, a, part, head->ms, head->index)) {
        return wrong(why, N_("the stewards' and the log key's signatures that it needs aren't "
                             "there"));
    } else if (lineage_add(&c->ids, a, head->index, entry) != 0) {
        return wrong(why, N_("it doesn't follow from the id before"));
    }
    state_begin(c->s, origin, entry);
    state_commit(c->s);
    return 0;
}

/* The state after the record, whose seq goes on from the one before. */
static int take_change(struct continued *c, const char *part, size_t len, int64_t index,
                       const char **why)
{
    const struct holder *before;
    struct change_read read;
    struct holder *h;
    int ret = -1;

    if (change_read(&read, part, len) != 0)
        return wrong(why, N_("a part isn't what it should be"));
    before = state_holder(c->s, read.name);
    h = holder_of_change(&read, index);
    if (!str_eq(read.name, "ledger") && !str_eq(read.name, "stewards"))
        (void)wrong(why, N_("a part is of somebody else"));
    else if (!h || read.seq != (before ? before->subject.seq : 0) + 1)
        (void)wrong(why, N_("a change of the ledger or its stewards is left out"));
    else
        ret = 0;
    if (ret == 0)
        holder_learn(c->s, h, read.seq, index);
    free(h);
    change_read_free(&read);
    return ret;
}

static bool is_named(const struct record_header *head, const char *part, size_t len)
{
    struct hash hash;

    hash_bytes(&hash, part, len);
    for (size_t i = 0; i < head->n_parts; i++)
        if (hash_eq(&hash, &head->parts[i]))
            return true;
    return false;
}

int continued_take(struct continued *c, const char *header, size_t len, const char *const *parts,
                   const size_t *lens, size_t n, const char **why)
{
    struct record_header head;
    struct refusal ignored;
    struct hash entry;
    int ret = 0;

    if (record_header_parse(&head, header, len, why) != 0)
        return -1;
    if (head.index <= c->last || (c->last < 0 && head.index != 0))
        ret = wrong(why, N_("record 0 isn't the first of them"));
    hash_bytes(&entry, header, len);
    for (size_t i = 0; i < n && ret == 0; i++) {
        struct part part;
        struct act act;

        if (!is_named(&head, parts[i], lens[i])) {
            ret = wrong(why, N_("a part isn't one that its header names"));
            break;
        }
        ret = part_parse(&part, parts[i], lens[i], why);
        if (ret != 0)
            break;
        if (part.kind == PART_CHANGE) {
            ret = take_change(c, parts[i], lens[i], head.index, why);
        } else if (part.kind != PART_ACT || act_parse(&act, &part.act, &ignored) != 0) {
            ret = wrong(why, N_("a part isn't what it should be"));
        } else {
            ret = take_act(c, &act, &part, &head, &entry, why);
            act_free(&act);
        }
        part_free(&part);
    }
    c->last = head.index;
    record_header_free(&head);
    return ret;
}

const struct lineage *continued_ids(const struct continued *c)
{
    return &c->ids;
}
