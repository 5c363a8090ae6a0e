/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Judges a record against the state before it. */
#include "core/record.h"

#include <stdlib.h>
#include <string.h>

#include "core/record_int.h"

/* A lookup among the keys of a state, for envelope_verify. */
static bool lookup_in_state(void *arg, const struct kid *kid, struct key *out)
{
    const struct key_row *row = state_key(arg, kid->s);

    if (row)
        *out = row->key;
    return row != NULL;
}

/* Writes the record's parts again and compares every byte; that its header is that of these parts
 * was seen when it was read. */
static int compare(const struct record_read *r, const struct outcome *out, const char *const *parts,
                   const size_t *lens, struct record_fault *fault)
{
    struct record rec = {0};
    size_t n = record_count_parts(out);
    uint8_t *salts = r->salts;
    int ret = 0;

    /* The rules may make more parts than there are, and those are then written as well. */
    if (n > r->head.n_parts) {
        salts = x_calloc(n, RECORD_SALT_LEN);
        memcpy(salts, r->salts, r->head.n_parts * RECORD_SALT_LEN);
    }
    record_build_parts(&rec, &r->env, out, salts);
    for (size_t i = 0; i < n && i < r->head.n_parts && ret == 0; i++)
        if (rec.parts[i].len != lens[i] || memcmp(rec.parts[i].data, parts[i], lens[i]) != 0) {
            ret = record_fail(fault, WRONG_DIFFERENT, "part %zu isn't what the rules make: %.300s",
                              i, rec.parts[i].data);
            fault->part = i;
        }
    if (ret == 0 && n != r->head.n_parts) {
        ret = record_fail(fault, WRONG_DIFFERENT, "it has %zu parts where the rules make %zu",
                          r->head.n_parts, n);
        fault->part = n < r->head.n_parts ? n : r->head.n_parts;
    }
    if (salts != r->salts)
        free(salts);
    record_free(&rec);
    return ret;
}

/* What the act names of earlier records. */
static int replay_load(struct state *s, const struct replay_source *from, const struct act *act)
{
    struct hash payload_hash;
    int64_t record;

    if (!from)
        return 0;
    if (rules_deal(act, &record) && !state_deal(s, record))
        return from->deal(from->arg, s, record);
    if (rules_asked(act, &payload_hash) && !state_asked(s, &payload_hash))
        return from->asked(from->arg, s, &payload_hash);
    return 0;
}

int record_judge(struct record_read *r, struct state *s, const struct replay_source *from,
                 const char *const *parts, const size_t *part_lens, int64_t last_ms, int32_t today,
                 struct outcome *out, struct record_fault *fault)
{
    struct moment now = {r->head.ms, today};
    struct refusal refusal;

    memset(out, 0, sizeof(*out));
    if (r->head.ms < last_ms)
        return record_fail(fault, WRONG_TIME,
                           N_("its time lies before that of the record before it"));
    if (envelope_verify(&r->env, lookup_in_state, s, &refusal) != 0)
        return record_fail_refused(fault, &refusal);
    if (state_id(s, r->act.by, r->act.jti))
        return record_fail(fault, WRONG_ID, "its id %s was used before", r->act.jti);
    if (replay_load(s, from, &r->act) != 0)
        return record_fail(fault, WRONG_LOOKUP, "what it names couldn't be looked up");
    rules_decide(s, &r->act, &r->env, now, r->head.index, out);
    if (out->verdict == VERDICT_PENDING) {
        outcome_free(out);
        return record_fail(fault, WRONG_UNSIGNED,
                           N_("the rules don't post it: signatures are missing"));
    }
    if (out->verdict != VERDICT_POSTED) {
        refusal = out->refusal;
        outcome_free(out);
        (void)record_fail(fault, WRONG_REFUSED, "the rules don't post it: %s", refusal.detail);
        fault->refusal = refusal.code;
        return -1;
    }
    return compare(r, out, parts, part_lens, fault);
}

int record_replay(struct state *s, const struct replay_source *from, const char *header,
                  size_t header_len, const char *const *parts, const size_t *part_lens,
                  size_t n_parts, int64_t last_ms, int32_t today, struct outcome *out,
                  struct act *act, char *why, size_t why_size)
{
    struct record_read *r = x_malloc(sizeof(*r));
    struct record_fault fault;
    int ret;

    memset(out, 0, sizeof(*out));
    memset(act, 0, sizeof(*act));
    ret = record_read(r, header, header_len, parts, part_lens, n_parts, &fault);
    if (ret == 0) {
        ret = record_judge(r, s, from, parts, part_lens, last_ms, today, out, &fault);
        if (ret == 0) {
            *act = r->act;
            memset(&r->act, 0, sizeof(r->act));
        } else {
            outcome_free(out);
        }
        record_read_free(r);
    }
    if (ret != 0)
        str_copy(why, why_size, fault.why);
    free(r);
    return ret;
}
