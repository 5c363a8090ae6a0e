/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/round.h"

#include <stdlib.h>
#include <string.h>

#include "core/clearing.h"
#include "core/name.h"
#include "core/num.h"
#include "core/strmap.h"

static const char *const state_names[] = {
    [ROUND_OPEN] = "open",
    [ROUND_POSTED] = "posted",
    [ROUND_ENDED] = "ended",
};
static const char *const stand_names[] = {
    [ROUND_AUTO] = "auto",         [ROUND_ASKED] = "asked",   [ROUND_CONSENTED] = "consented",
    [ROUND_DECLINED] = "declined", [ROUND_SILENT] = "silent",
};

const char *round_state_name(enum round_state state)
{
    return state_names[state];
}

int round_state_parse(const char *s, enum round_state *out)
{
    for (size_t i = 0; i < ARRAY_LEN(state_names); i++)
        if (str_eq(state_names[i], s)) {
            *out = (enum round_state)i;
            return 0;
        }
    return -1;
}

const char *round_stand_name(enum round_stand stand)
{
    return stand_names[stand];
}

/* ---- One block: the round, its legs, its parties, the unit ---- */

/* Zeroed, with copies of parties and legs, where they aren't NULL. */
static struct round *round_block(const char *unit, const struct round_party *parties,
                                 size_t n_parties, const struct round_leg *legs, size_t n_legs)
{
    size_t legs_at = sizeof(struct round), parties_at = legs_at + n_legs * sizeof(*legs);
    size_t unit_at = parties_at + n_parties * sizeof(*parties), unit_len = strlen(unit) + 1;
    char *block = x_calloc(1, unit_at + unit_len);
    struct round *r = (struct round *)(void *)block;

    _Static_assert(sizeof(struct round) % _Alignof(struct round_leg) == 0 &&
                       sizeof(struct round_leg) % _Alignof(struct round_party) == 0,
                   "each follows the other without a gap");
    r->legs = (struct round_leg *)(void *)(block + legs_at);
    r->parties = (struct round_party *)(void *)(block + parties_at);
    r->thing.name = memcpy(block + unit_at, unit, unit_len);
    r->n_legs = n_legs;
    r->n_parties = n_parties;
    if (legs)
        memcpy(r->legs, legs, n_legs * sizeof(*legs));
    if (parties)
        memcpy(r->parties, parties, n_parties * sizeof(*parties));
    return r;
}

struct round *round_copy(const struct round *r)
{
    struct round *copy = round_block(r->thing.name, r->parties, r->n_parties, r->legs, r->n_legs);

    copy->subject = r->subject;
    copy->state = r->state;
    copy->record = r->record;
    copy->deadline = r->deadline;
    copy->cleared = r->cleared;
    copy->hash = r->hash;
    return copy;
}

static int compare_parties(const void *a, const void *b)
{
    return strcmp(((const struct round_party *)a)->coop, ((const struct round_party *)b)->coop);
}

static int compare_legs(const void *a, const void *b)
{
    const struct round_leg *x = a, *y = b;

    if (x->debtor != y->debtor)
        return x->debtor < y->debtor ? -1 : 1;
    return (x->creditor > y->creditor) - (x->creditor < y->creditor);
}

struct round_party *round_party(const struct round *r, const char *coop)
{
    struct round_party key;

    if (r->n_parties == 0 || strlen(coop) > COOP_MAX)
        return NULL;
    str_copy(key.coop, sizeof(key.coop), coop);
    return bsearch(&key, r->parties, r->n_parties, sizeof(key), compare_parties);
}

bool round_has_legs(const struct round *r, const struct round_party *p)
{
    uint32_t at = (uint32_t)(p - r->parties);

    for (size_t i = 0; i < r->n_legs; i++)
        if (r->legs[i].debtor == at || r->legs[i].creditor == at)
            return true;
    return false;
}

void round_count(const struct round *r, struct round_counts *out)
{
    bool *legs = x_calloc(r->n_parties + 1, sizeof(*legs));

    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < r->n_legs; i++)
        legs[r->legs[i].debtor] = legs[r->legs[i].creditor] = true;
    for (size_t i = 0; i < r->n_parties; i++) {
        enum round_stand stand = r->parties[i].stand;

        out->asked += legs[i] && (stand == ROUND_ASKED || stand == ROUND_CONSENTED);
        out->consents += legs[i] && stand == ROUND_CONSENTED;
        out->against += legs[i] && stand == ROUND_DECLINED;
        out->declined += stand == ROUND_DECLINED;
        out->silent += stand == ROUND_SILENT;
    }
    free(legs);
}

/* ---- Computing ---- */

/* A party of whom it isn't known yet whether it has legs. */
struct candidate {
    struct round_party party;
    bool takes_part, kept;
    uint32_t number; /* in the round */
};

struct making {
    struct candidate *at;
    size_t n, cap;
    struct strmap *places; /* of a name, from 1 */
    enum clearing_choice (*wish)(void *arg, const char *coop);
    void *arg;
    const struct round *before;
};

static uint32_t candidate_of(struct making *m, const char *coop)
{
    const struct round_party *was = m->before ? round_party(m->before, coop) : NULL;
    int64_t *place = strmap_put(m->places, coop);
    struct candidate *c;
    enum clearing_choice wish;

    if (*place > 0)
        return (uint32_t)(*place - 1);
    if (m->n == m->cap) {
        m->cap = m->cap * 2 + 64;
        m->at = x_realloc(m->at, m->cap * sizeof(*m->at));
    }
    *place = (int64_t)m->n + 1;
    c = &m->at[m->n++];
    memset(c, 0, sizeof(*c));
    str_copy(c->party.coop, sizeof(c->party.coop), coop);
    c->party.record = -1;
    if (was && (was->stand == ROUND_DECLINED || was->stand == ROUND_SILENT)) {
        c->party = *was;
        c->kept = true;
        return (uint32_t)m->n - 1;
    }
    wish = m->wish(m->arg, coop);
    c->takes_part = wish != CLEARING_NEVER;
    c->party.stand = wish == CLEARING_AUTO ? ROUND_AUTO : ROUND_ASKED;
    return (uint32_t)m->n - 1;
}

/* The debts among those who take part; the caller frees them. */
static struct clearing_debt *take_debts(struct making *m, const struct round_debt *debts, size_t n,
                                        size_t *n_taken)
{
    struct clearing_debt *taken = x_malloc((n + 1) * sizeof(*taken));

    *n_taken = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t debtor = candidate_of(m, debts[i].debtor);
        uint32_t creditor = candidate_of(m, debts[i].creditor);

        if (m->at[debtor].takes_part && m->at[creditor].takes_part)
            taken[(*n_taken)++] = (struct clearing_debt){debtor, creditor, debts[i].amount};
    }
    return taken;
}

/* What of each debt is cleared. -1 with a refusal. */
static int solve(const struct making *m, const struct clearing_debt *debts, size_t n,
                 int64_t *cleared, int64_t *sum, struct refusal *r)
{
    const char **names = x_malloc((m->n + 1) * sizeof(*names));
    struct clearing in = {
        .n_parties = (uint32_t)m->n, .names = names, .n_debts = n, .debts = debts};
    struct clearing_sums sums;
    enum clearing_end end;
    size_t at;

    for (size_t i = 0; i < m->n; i++)
        names[i] = m->at[i].party.coop;
    end = clearing_solve(&in, cleared, &sums, &at);
    free(names);
    if (end != CLEARING_DONE || sums.cleared > NUM_MAX)
        return refuse(r, REFUSED_LIMIT_OUT_OF_BOUNDS,
                      "The debts of this round are more than can be counted.");
    *sum = sums.cleared;
    return 0;
}

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *const *x = a, *const *y = b;

    return strcmp((*x)->party.coop, (*y)->party.coop);
}

/* The round of those that are kept, in the order of their names. */
static struct round *build(struct making *m, const char *unit, const struct clearing_debt *debts,
                           const int64_t *cleared, size_t n)
{
    struct candidate **order = x_malloc((m->n + 1) * sizeof(*order));
    struct round_party *parties = x_malloc((m->n + 1) * sizeof(*parties));
    struct round_leg *legs = x_malloc((n + 1) * sizeof(*legs));
    size_t n_legs = 0, n_parties = 0;
    struct round *r;

    for (size_t i = 0; i < n; i++)
        if (cleared[i] > 0)
            m->at[debts[i].debtor].kept = m->at[debts[i].creditor].kept = true;
    for (size_t i = 0; i < m->n; i++)
        if (m->at[i].kept)
            order[n_parties++] = &m->at[i];
    qsort(order, n_parties, sizeof(*order), compare_candidates);
    for (size_t i = 0; i < n_parties; i++) {
        order[i]->number = (uint32_t)i;
        parties[i] = order[i]->party;
    }
    for (size_t i = 0; i < n; i++)
        if (cleared[i] > 0)
            legs[n_legs++] = (struct round_leg){m->at[debts[i].debtor].number,
                                                m->at[debts[i].creditor].number, cleared[i]};
    qsort(legs, n_legs, sizeof(*legs), compare_legs);
    r = round_block(unit, parties, n_parties, legs, n_legs);
    free(order);
    free(parties);
    free(legs);
    return r;
}

static void hash_legs(struct round *r)
{
    struct buf b = BUF_INIT;

    round_put_legs(&b, r);
    hash_bytes(&r->hash, b.data ? b.data : "", b.len);
    buf_free(&b);
}

/* The order of two legs of two rounds, by names. */
static int compare_names(const struct round *x, const struct round_leg *a, const struct round *y,
                         const struct round_leg *b)
{
    int order = strcmp(x->parties[a->debtor].coop, y->parties[b->debtor].coop);

    return order != 0 ? order : strcmp(x->parties[a->creditor].coop, y->parties[b->creditor].coop);
}

/* Marks those parties of r to whom that leg of `of` belongs. */
static void mark(const struct round *r, const struct round *of, const struct round_leg *leg,
                 bool *changed)
{
    const struct round_party *debtor = round_party(r, of->parties[leg->debtor].coop);
    const struct round_party *creditor = round_party(r, of->parties[leg->creditor].coop);

    if (debtor)
        changed[debtor - r->parties] = true;
    if (creditor)
        changed[creditor - r->parties] = true;
}

/* Which parties of r haven't the same legs as before; both rounds' are in the order of names. */
static void find_changed(const struct round *r, const struct round *before, bool *changed)
{
    size_t i = 0, k = 0;

    while (i < r->n_legs || k < before->n_legs) {
        const struct round_leg *new = &r->legs[i], *old = &before->legs[k];
        int order = i == r->n_legs        ? 1
                    : k == before->n_legs ? -1
                                          : compare_names(r, new, before, old);

        if (order < 0 || (order == 0 && new->amount != old->amount))
            mark(r, r, new, changed);
        else if (order > 0)
            mark(r, before, old, changed);
        i += order <= 0;
        k += order >= 0;
    }
}

static void keep_consents(struct round *r, const struct round *before)
{
    bool *changed = x_calloc(r->n_parties + 1, sizeof(*changed));

    find_changed(r, before, changed);
    for (size_t i = 0; i < r->n_parties; i++) {
        struct round_party *p = &r->parties[i];
        const struct round_party *was = round_party(before, p->coop);

        if (p->stand == ROUND_ASKED && was && was->stand == ROUND_CONSENTED && !changed[i])
            *p = *was;
    }
    free(changed);
}

int round_compute(struct round **out, const char *unit, const struct round_debt *debts, size_t n,
                  enum clearing_choice (*wish)(void *arg, const char *coop), void *arg,
                  const struct round *before, struct refusal *r)
{
    struct making m = {.places = strmap_new(), .wish = wish, .arg = arg, .before = before};
    struct clearing_debt *taken;
    int64_t *cleared, sum = 0;
    size_t n_taken;
    int ret;

    for (size_t i = 0; before && i < before->n_parties; i++)
        if (before->parties[i].stand == ROUND_DECLINED || before->parties[i].stand == ROUND_SILENT)
            (void)candidate_of(&m, before->parties[i].coop);
    taken = take_debts(&m, debts, n, &n_taken);
    cleared = x_calloc(n_taken + 1, sizeof(*cleared));
    ret = solve(&m, taken, n_taken, cleared, &sum, r);
    if (ret == 0) {
        *out = build(&m, unit, taken, cleared, n_taken);
        (*out)->cleared = sum;
        (*out)->state = (*out)->n_legs > 0 ? ROUND_OPEN : ROUND_ENDED;
        hash_legs(*out);
        if (before)
            keep_consents(*out, before);
    }
    free(cleared);
    free(taken);
    free(m.at);
    strmap_free(m.places);
    return ret;
}

/* ---- As text ---- */

void round_put_legs(struct buf *b, const struct round *r)
{
    for (size_t i = 0; i < r->n_legs; i++) {
        buf_puts(b, r->parties[r->legs[i].debtor].coop);
        buf_putc(b, ' ');
        buf_puts(b, r->parties[r->legs[i].creditor].coop);
        buf_putc(b, ' ');
        buf_put_i64(b, r->legs[i].amount);
        buf_putc(b, '\n');
    }
}

void round_put_parties(struct buf *b, const struct round *r)
{
    for (size_t i = 0; i < r->n_parties; i++) {
        buf_puts(b, r->parties[i].coop);
        buf_putc(b, ' ');
        buf_puts(b, round_stand_name(r->parties[i].stand));
        buf_putc(b, ' ');
        buf_put_i64(b, r->parties[i].record);
        buf_putc(b, '\n');
    }
}

#define WORDS 3

/* Splits the next line into three words and moves on; false where there is none. */
static bool next_line(const char **text, const char *word[WORDS], size_t len[WORDS])
{
    for (int i = 0; i < WORDS; i++) {
        word[i] = *text;
        len[i] = strcspn(*text, " \n");
        *text += len[i];
        if (**text != (i + 1 < WORDS ? ' ' : '\n') || len[i] == 0)
            return false;
        ++*text;
    }
    return true;
}

static bool read_coop(char out[COOP_MAX + 1], const char *word, size_t len)
{
    if (len > COOP_MAX)
        return false;
    memcpy(out, word, len);
    out[len] = '\0';
    return name_is_coop(out);
}

static bool read_party(struct round_party *p, const char *const word[WORDS],
                       const size_t len[WORDS])
{
    for (size_t i = 0; i < ARRAY_LEN(stand_names); i++)
        if (strlen(stand_names[i]) == len[1] && memcmp(stand_names[i], word[1], len[1]) == 0) {
            p->stand = (enum round_stand)i;
            return read_coop(p->coop, word[0], len[0]) &&
                   num_parse(word[2], len[2], -1, NUM_MAX, &p->record) == 0;
        }
    return false;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static bool read_parties(struct round *r, const char *text)
{
    const char *word[WORDS];
    size_t len[WORDS];

    for (size_t i = 0; i < r->n_parties; i++)
        if (!next_line(&text, word, len) || !read_party(&r->parties[i], word, len) ||
            (i > 0 && compare_parties(&r->parties[i - 1], &r->parties[i]) >= 0))
            return false;
    return *text == '\0';
}

static bool read_leg(const struct round *r, struct round_leg *leg, const char *const word[WORDS],
                     const size_t len[WORDS])
{
    const struct round_party *debtor, *creditor;
    char name[COOP_MAX + 1];

    if (!read_coop(name, word[0], len[0]))
        return false;
    debtor = round_party(r, name);
    if (!debtor || !read_coop(name, word[1], len[1]))
        return false;
    creditor = round_party(r, name);
    if (!creditor || creditor == debtor)
        return false;
    leg->debtor = (uint32_t)(debtor - r->parties);
    leg->creditor = (uint32_t)(creditor - r->parties);
    return num_parse(word[2], len[2], 1, NUM_MAX, &leg->amount) == 0;
}

static bool read_legs(struct round *r, const char *text)
{
    const char *word[WORDS];
    size_t len[WORDS];

    for (size_t i = 0; i < r->n_legs; i++)
        if (!next_line(&text, word, len) || !read_leg(r, &r->legs[i], word, len) ||
            (i > 0 && compare_legs(&r->legs[i - 1], &r->legs[i]) >= 0) ||
            num_add(r->cleared, r->legs[i].amount, &r->cleared) != 0)
            return false;
    return *text == '\0';
}

struct round *round_read(const char *unit, const char *parties, const char *legs)
{
    struct round *r = round_block(unit, NULL, count_lines(parties), NULL, count_lines(legs));

    if (read_parties(r, parties) && read_legs(r, legs)) {
        hash_legs(r);
        return r;
    }
    free(r);
    return NULL;
}
