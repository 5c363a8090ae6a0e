/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Acts of every type, signed by whom the input likes, judged one after the other in a small ledger:
 * whatever is posted keeps every book at zero and whoever pays above the floor, and makes a record
 * that replays to the same.
 *
 * A line is an act: signers, '|', type, '|', by, '|', its other members as tests/unit/fixture.h
 * writes them; or signers, '|' and a whole payload. "+7" lets seven days go by.
 */
#include "fuzz.h"

#include "../unit/fixture.h"
#include "core/num.h"

/* As many parts as are tried. */
#define PARTS_MAX 64

#define SIGNERS_MAX 8

static struct fix *base;

static void build(void)
{
    static const char *const acts[][4] = {
        {"alice", "transfer", "alice@hansalim",
         "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':90"},
        {"bob", "request", "bob@hansalim",
         "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':45,"
         "'expires':'2026-12-31'"},
        {"t1 t2", "transfer", "hansalim",
         "'from':'fund@hansalim','to':'alice@hansalim','unit':'hour','amount':30"},
        {"bob", "member.freeze", "bob@hansalim", "'member':'bob@hansalim'"},
        {"bob", "member.unfreeze", "bob@hansalim", "'member':'bob@hansalim'"},
    };

    base = fix_new();
    fix_found(base);
    fix_found_second(base);
    for (size_t i = 0; i < ARRAY_LEN(acts); i++)
        MUST(str_eq(fix_act(base, acts[i][0], acts[i][1], acts[i][2], "%s", acts[i][3]), "posted"));
}

/* ---- What must hold ---- */

static void add_balance(void *arg, const struct thing *thing)
{
    const struct account *a = (const struct account *)thing;
    int64_t *sum = arg;
    char coop[COOP_MAX + 1];

    /* Three books: two co-ops' in hours, one in won. */
    name_coop_of(a->thing.name, coop);
    sum[str_eq(coop, "icoop") + (strstr(a->thing.name, "/won") != NULL ? 2 : 0)] += a->balance;
}

static void check_books(const struct state *s)
{
    int64_t sum[4] = {0};

    state_each(s, THING_ACCOUNT, add_balance, sum);
    for (size_t i = 0; i < ARRAY_LEN(sum); i++)
        MUST(sum[i] == 0);
}

/* The record of what was posted, read back against the state that it is judged in. */
static void check_replay(struct state *s, struct moment now, size_t index, const char *payload,
                         const char *signers, const struct outcome *out)
{
    static const uint8_t salts[PARTS_MAX * RECORD_SALT_LEN];
    const char *parts[PARTS_MAX];
    size_t lens[PARTS_MAX];
    struct record rec = {0};
    struct envelope env;
    struct outcome again;
    struct act act;
    char why[512];

    fix_envelope(&env, payload, signers);
    record_build(&rec, (int64_t)index, now.ms, RULES_VERSION, &env, out, salts);
    for (size_t i = 0; i < rec.n_parts; i++) {
        parts[i] = rec.parts[i].data;
        lens[i] = rec.parts[i].len;
    }
    if (record_replay(s, NULL, rec.header.data, rec.header.len, parts, lens, rec.n_parts, now.ms,
                      now.today, &again, &act, why, sizeof(why)) != 0) {
        (void)dprintf(STDERR_FILENO, "not replayed: %s\n%s\n", why, payload);
        abort();
    }
    MUST(again.n_legs == out->n_legs && again.n_changes == out->n_changes);
    outcome_free(&again);
    act_free(&act);
    record_free(&rec);
    envelope_free(&env);
}

/* Who has agreed, or what goes back, may pass the floor; nobody pays past it. */
static bool may_pass_floor(enum act_type type)
{
    return type == ACT_REVERSAL || type == ACT_ESTATE || type == ACT_SETTLEMENT ||
           type == ACT_CLEARING_POST;
}

static void check_legs(enum act_type type, const struct outcome *out)
{
    int64_t sum = 0;

    for (size_t i = 0; i < out->n_legs; i++) {
        const struct leg *leg = &out->legs[i];

        sum += leg->amount;
        MUST(leg->amount != 0);
        MUST(!leg->marked || may_pass_floor(type));
        MUST(leg->amount > 0 || leg->marked || leg->after->balance >= leg->floor);
    }
    MUST(sum == 0);
}

/* ---- The input ---- */

/* Are they names of keys, at most as many as that, a space between? */
static bool signers_ok(const char *s)
{
    size_t n = 0;

    while (*s != '\0') {
        size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

        if (len == 0 || ++n > SIGNERS_MAX)
            return false;
        s += len;
        if (*s != '\0' && *s++ != ' ')
            return false;
    }
    return true;
}

/* fixture.h takes & for a record's payload that must be there, and few keys, as each takes a while.
 */
static bool members_ok(const char *s)
{
    size_t keys = 0;

    for (; *s != '\0'; s++) {
        keys += *s == '$' || *s == '#';
        if (*s == '&' && (s[1] < '0' || s[1] > '9' || strspn(s + 1, "0123456789") > 2 ||
                          strtoul(s + 1, NULL, 10) >= base->n))
            return false;
    }
    return keys <= SIGNERS_MAX;
}

/* The payload that a line stands for; NULL where it is none. */
static char *payload_of(char *line, const char **signers)
{
    char *type = strchr(line, '|'), *by, *members;

    *signers = line;
    if (type == NULL)
        return NULL;
    *type++ = '\0';
    if (!signers_ok(line) || !members_ok(type))
        return NULL;
    if (*type == '{')
        return x_strdup(type);
    by = strchr(type, '|');
    members = by == NULL ? NULL : strchr(by + 1, '|');
    if (members == NULL)
        return NULL;
    *by++ = '\0';
    *members++ = '\0';
    return fix_payload(base, type, by, "%s", members);
}

/* One act; posted ones change the state. */
static void judge(struct state *s, struct moment now, size_t *index, const char *payload,
                  const char *signers)
{
    struct envelope env;
    struct outcome out;
    struct refusal refusal;
    struct act act;

    fix_envelope(&env, payload, signers);
    if (act_parse(&act, &env, &refusal) != 0) {
        MUST(refusal.code == REFUSED_MALFORMED);
        envelope_free(&env);
        return;
    }
    rules_authority(s, &act, &env, &out, NULL);
    outcome_free(&out);
    rules_decide(s, &act, &env, now, (int64_t)*index, &out);
    if (out.verdict == VERDICT_POSTED) {
        MUST(env.n_sigs > 0 && record_count_parts(&out) <= PARTS_MAX);
        check_legs(act.type, &out);
        check_replay(s, now, *index, payload, signers, &out);
        rules_apply(s, &out);
        check_books(s);
        ++*index;
    } else if (out.verdict == VERDICT_PENDING) {
        MUST(out.n_needs > 0 && out.n_needs <= NEEDS_MAX);
    } else {
        MUST(out.refusal.code != REFUSED_NOT && out.refusal.detail[0] != '\0');
    }
    outcome_free(&out);
    act_free(&act);
    envelope_free(&env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text, *rest, *line;
    struct moment now;
    size_t index;
    int64_t begun;

    if (size > 4096)
        return 0;
    if (base == NULL)
        build();
    text = x_strndup((const char *)data, size);
    base->jtis = 1000;
    index = base->n;
    begun = base->ms;
    now = (struct moment){base->ms + 1000, (int32_t)(base->ms / 86400000)};
    for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
        const char *signers;
        char *payload;
        int64_t days;

        if (line[0] == '+' && num_parse(line + 1, strlen(line + 1), 0, 1000, &days) == 0) {
            now.ms += days * 86400000;
            now.today += (int32_t)days;
        }
        base->ms = now.ms; /* when it is written */
        payload = payload_of(line, &signers);
        if (payload != NULL)
            judge(base->s, now, &index, payload, signers);
        free(payload);
        now.ms += 1000;
    }
    base->ms = begun;
    state_rollback(base->s);
    check_books(base->s);
    free(text);
    return 0;
}
