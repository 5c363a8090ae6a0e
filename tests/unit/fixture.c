/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#include "core/buf.h"
#include "core/subject.h"

void fix_key(struct fix_key *out, const char *name)
{
    static const char prefix[] = "pumasi test key ";
    struct hash seed;

    hash_two(&seed, prefix, sizeof(prefix) - 1, name, strlen(name));
    (void)crypto_sign_seed_keypair(out->key.x, out->secret, seed.b);
    key_kid(&out->kid, &out->key);
}

struct fix *fix_new(void)
{
    struct fix *f = x_calloc(1, sizeof(*f));

    f->s = state_new(FIX_ORIGIN);
    tree_init(&f->tree);
    f->ms = FIX_MS;
    return f;
}

void fix_free(struct fix *f)
{
    for (size_t i = 0; i < f->n; i++) {
        buf_free(&f->log[i].header);
        for (size_t p = 0; p < f->log[i].n; p++)
            buf_free(&f->log[i].parts[p]);
    }
    free(f->log);
    outcome_free(&f->out);
    tree_free(&f->tree);
    state_free(f->s);
    free(f);
}

/* ---- Acts ---- */

/* The name at s, after $ or #; returns where it ends. */
static const char *key_at(struct fix_key *key, const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");
    char *name = x_strndup(s, n);

    fix_key(key, name);
    free(name);
    return s + n;
}

static void put_payload_hash(const struct fix *f, struct buf *b, size_t index)
{
    char text[HASH_B64U_LEN + 1];
    struct part part;
    const char *why;

    assert_true(index < f->n);
    assert_int_equal(
        part_parse(&part, f->log[index].parts[0].data, f->log[index].parts[0].len, &why), 0);
    hash_text(text, &part.act.payload_hash);
    buf_puts(b, text);
    part_free(&part);
}

static void put_members(const struct fix *f, struct buf *b, const char *s)
{
    struct fix_key key;

    while (*s) {
        if (*s == '\'') {
            buf_putc(b, '"');
            s++;
        } else if (*s == '$') {
            s = key_at(&key, s + 1);
            key_put_jwk(b, &key.key);
        } else if (*s == '#') {
            s = key_at(&key, s + 1);
            buf_puts(b, key.kid.s);
        } else if (*s == '&') {
            size_t index = 0;

            for (s++; *s >= '0' && *s <= '9'; s++)
                index = index * 10 + (size_t)(*s - '0');
            put_payload_hash(f, b, index);
        } else {
            buf_putc(b, *s++);
        }
    }
}

PRINTF_LIKE(4, 0)
static char *payload_of(struct fix *f, const char *type, const char *by, const char *members,
                        va_list ap)
{
    struct buf b = BUF_INIT;
    char text[16384], jti[32];
    int64_t iat = f->iat ? f->iat : f->ms / 1000 - 10;
    const char *aud = f->aud                        ? f->aud
                      : str_eq(type, "ledger.open") ? state_origin(f->s)
                                                    : state_ledger_id(f->s);

    assert_true(vsnprintf(text, sizeof(text), members, ap) < (int)sizeof(text));
    (void)snprintf(jti, sizeof(jti), "test-%017u", ++f->jtis);
    buf_printf(&b, "{\"type\":\"%s\",\"aud\":\"%s\",\"by\":\"%s\",\"jti\":\"%s\"", type, aud, by,
               f->jti ? f->jti : jti);
    buf_printf(&b, ",\"iat\":%lld,\"exp\":%lld", (long long)iat,
               (long long)(f->exp ? f->exp : iat + 610));
    if (text[0] != '\0')
        buf_putc(&b, ',');
    put_members(f, &b, text);
    buf_putc(&b, '}');
    f->aud = f->jti = NULL;
    f->iat = f->exp = 0;
    return buf_take(&b);
}

char *fix_payload(struct fix *f, const char *type, const char *by, const char *members, ...)
{
    va_list ap;
    char *payload;

    va_start(ap, members);
    payload = payload_of(f, type, by, members, ap);
    va_end(ap);
    return payload;
}

void fix_envelope(struct envelope *out, const char *payload, const char *signers)
{
    struct fix_key key;

    envelope_new(out, payload, strlen(payload));
    while (*signers) {
        signers = key_at(&key, signers);
        envelope_sign(out, key.secret);
        while (*signers == ' ')
            signers++;
    }
    for (size_t i = 0; i < out->n_sigs; i++)
        out->sigs[i].verified = true;
}

static void copy_buf(struct buf *to, const struct buf *from)
{
    *to = (struct buf)BUF_INIT;
    buf_put(to, from->data, from->len);
}

/* Writes the record of f->out, keeps it, applies it. */
static void post(struct fix *f, const struct act *a, const struct envelope *env, int32_t today)
{
    uint8_t salts[FIX_PARTS_MAX * RECORD_SALT_LEN];
    struct record rec = {0};
    struct fix_record *kept;
    struct posted_id *id;
    const char *origin;
    struct hash leaf;

    for (size_t i = 0; i < FIX_PARTS_MAX; i++) {
        char label[64];
        struct hash h;

        hash_bytes(&h, label,
                   (size_t)snprintf(label, sizeof(label), "pumasi test salt %zu %zu", f->n, i));
        memcpy(salts + i * RECORD_SALT_LEN, h.b, RECORD_SALT_LEN);
    }
    assert_true(record_count_parts(&f->out) <= FIX_PARTS_MAX);
    record_build(&rec, (int64_t)f->n, f->ms, RULES_VERSION, env, &f->out, salts);
    assert_int_equal(rec.n_parts, record_count_parts(&f->out));
    if (f->n == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 64;
        f->log = x_realloc(f->log, f->cap * sizeof(*f->log));
    }
    kept = &f->log[f->n];
    kept->n = rec.n_parts;
    kept->ms = f->ms;
    kept->today = today;
    copy_buf(&kept->header, &rec.header);
    for (size_t i = 0; i < rec.n_parts; i++)
        copy_buf(&kept->parts[i], &rec.parts[i]);
    tree_leaf_hash(&leaf, rec.entry.b, HASH_LEN);
    tree_append(&f->tree, &leaf);
    rules_apply(f->s, &f->out);
    if (rules_begins(a, &origin))
        state_begin(f->s, origin, &rec.entry);
    id = posted_id_new(a->by, a->jti);
    id->record = (int64_t)f->n;
    id->payload_hash = a->payload_hash;
    state_put(f->s, THING_ID, &id->thing);
    state_commit(f->s);
    f->n++;
    record_free(&rec);
}

const char *fix_submit(struct fix *f, const char *payload, const char *signers)
{
    int32_t today = (int32_t)(f->ms / 86400000) + f->today_plus;
    struct envelope env;
    struct refusal refusal;
    struct act act;
    const char *answer;

    outcome_free(&f->out);
    fix_envelope(&env, payload, signers);
    f->last_payload = env.payload_hash;
    if (act_parse(&act, &env, &refusal) != 0) {
        f->out.refusal = refusal;
        envelope_free(&env);
        return refusal_name(refusal.code);
    }
    rules_decide(f->s, &act, &env, (struct moment){f->ms, today}, (int64_t)f->n, &f->out);
    if (f->out.verdict == VERDICT_POSTED && rules_found(&act, &f->tree, &refusal) != 0) {
        outcome_free(&f->out);
        f->out.verdict = VERDICT_REFUSED;
        f->out.refusal = refusal;
    }
    if (f->out.verdict == VERDICT_POSTED) {
        post(f, &act, &env, today);
        answer = "posted";
    } else if (f->out.verdict == VERDICT_PENDING) {
        assert_true(f->out.n_needs > 0);
        answer = "pending";
    } else {
        assert_int_not_equal(f->out.refusal.code, REFUSED_NOT);
        assert_true(f->out.refusal.detail[0] != '\0');
        answer = refusal_name(f->out.refusal.code);
    }
    act_free(&act);
    envelope_free(&env);
    return answer;
}

const char *fix_act(struct fix *f, const char *signers, const char *type, const char *by,
                    const char *members, ...)
{
    const char *answer;
    char *payload;
    va_list ap;

    va_start(ap, members);
    payload = payload_of(f, type, by, members, ap);
    va_end(ap);
    answer = fix_submit(f, payload, signers);
    free(payload);
    return answer;
}

const char *fix_pay(struct fix *f, const char *signer, const char *from, const char *to,
                    int64_t amount)
{
    return fix_act(f, signer, "transfer", from, "'from':'%s','to':'%s','unit':'hour','amount':%lld",
                   from, to, (long long)amount);
}

/* ---- Founding ---- */

#define POSTED(call) assert_string_equal(call, "posted")

void fix_open(struct fix *f)
{
    POSTED(fix_act(f, "log clerk s1 s2 s3", "ledger.open", "stewards",
                   "'name':'품앗이','nonce':'AAECAwQFBgcICQoLDA0ODw','zone':'Asia/Seoul',"
                   "'log_key':$log,'clerk_key':$clerk,'stewards':[$s1,$s2,$s3],'threshold':2,"
                   "'rules':1"));
}

void fix_found(struct fix *f)
{
    fix_open(f);
    POSTED(fix_act(f, "s1 s2", "unit.create", "stewards",
                   "'unit':'hour','name':'시간','scale':60,'kind':'time'"));
    POSTED(fix_act(f, "s2 s3", "unit.create", "stewards",
                   "'unit':'won','name':'원','scale':1,'kind':'credit'"));
    POSTED(fix_act(f, "s1 s3 t1 t2 t3 r1 r2", "coop.create", "stewards",
                   "'coop':'hansalim','name':'한살림','treasurers':[$t1,$t2,$t3],'threshold':2,"
                   "'registrars':[$r1,$r2]"));
    POSTED(fix_act(f, "t1 t2", "coop.policy", "hansalim",
                   "'coop':'hansalim','unit':'hour','floor':-600,'ceiling':1200,"
                   "'registrar_floor':-900,'registrar_ceiling':1800,'reversal_days':30"));
    POSTED(fix_act(f, "r1 alice", "member.create", "hansalim",
                   "'member':'alice@hansalim','kind':'person','keys':[$alice],'threshold':1"));
    POSTED(fix_act(f, "r2 bob", "member.create", "hansalim",
                   "'member':'bob@hansalim','kind':'person','keys':[$bob],'threshold':1"));
    POSTED(fix_act(f, "r1 carol1 carol2", "member.create", "hansalim",
                   "'member':'carol@hansalim','kind':'person','keys':[$carol1,$carol2],"
                   "'threshold':2"));
    POSTED(fix_act(f, "r1", "member.create", "hansalim",
                   "'member':'old@hansalim','kind':'person','keys':[],'threshold':0"));
    POSTED(fix_act(f, "t1 t3", "member.create", "hansalim",
                   "'member':'fund@hansalim','kind':'purse','keys':[],'threshold':0"));
}

void fix_found_second(struct fix *f)
{
    POSTED(fix_act(f, "s1 s2 u1 q1", "coop.create", "stewards",
                   "'coop':'icoop','name':'iCOOP','treasurers':[$u1],'threshold':1,"
                   "'registrars':[$q1]"));
    POSTED(fix_act(f, "u1", "coop.policy", "icoop",
                   "'coop':'icoop','unit':'hour','floor':-600,'ceiling':1200,"
                   "'registrar_floor':-900,'registrar_ceiling':1800,'reversal_days':30"));
    POSTED(fix_act(f, "q1 dora", "member.create", "icoop",
                   "'member':'dora@icoop','kind':'person','keys':[$dora],'threshold':1"));
}

/* ---- Looking ---- */

const char *fix_needs(const struct fix *f)
{
    static char text[1024];
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < f->out.n_needs; i++) {
        const struct need *need = &f->out.needs[i];

        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %s %lld/%lld", i ? ", " : "",
                              need->holder, role_name(need->role), (long long)need->have,
                              (long long)need->of);
    }
    return text;
}

int64_t fix_balance(const struct fix *f, const char *account)
{
    const struct account *a = state_account(f->s, account);

    return a ? a->balance : 0;
}

int64_t fix_seq(const struct fix *f, const char *account)
{
    const struct account *a = state_account(f->s, account);

    return a ? a->seq : 0;
}

const char *fix_part(const struct fix *f, size_t index, size_t i)
{
    assert_true(index < f->n && i < f->log[index].n);
    return f->log[index].parts[i].data;
}

/* ---- The whole of a state ---- */

struct dump {
    enum thing_kind kind;
    char **lines;
    size_t n, cap;
};

static void dump_subject(struct buf *b, enum thing_kind kind, const struct thing *thing)
{
    struct change c = {kind, (struct thing *)(uintptr_t)thing};

    subject_put_name(b, &c);
    buf_printf(b, " seq %lld record %lld ", (long long)subject_of(&c)->seq,
               (long long)subject_of(&c)->record);
    subject_put_state(b, &c);
}

static void dump_one(void *arg, const struct thing *thing)
{
    struct dump *d = arg;
    struct buf b = BUF_INIT;
    const struct account *a = (const struct account *)thing;
    const struct key_row *k = (const struct key_row *)thing;
    const struct book *book = (const struct book *)thing;
    const struct posted_id *id = (const struct posted_id *)thing;
    const struct deal *deal = (const struct deal *)thing;

    buf_printf(&b, "%d %s: ", (int)d->kind, thing->name);
    switch (d->kind) {
    case THING_HOLDER:
        buf_printf(&b, "frozen since %lld ", (long long)((const struct holder *)thing)->frozen_ms);
        dump_subject(&b, d->kind, thing);
        break;
    case THING_UNIT:
    case THING_POLICY:
    case THING_LINE:
        dump_subject(&b, d->kind, thing);
        break;
    case THING_ROUND:
        round_put_parties(&b, (const struct round *)thing);
        round_put_legs(&b, (const struct round *)thing);
        dump_subject(&b, d->kind, thing);
        break;
    case THING_SNAPSHOT:
        buf_printf(&b, "day %d ", ((const struct snapshot *)thing)->day);
        dump_subject(&b, d->kind, thing);
        break;
    case THING_ACCOUNT:
        buf_printf(&b, "balance %lld seq %lld record %lld limits %d ", (long long)a->balance,
                   (long long)a->seq, (long long)a->record, a->has_limits);
        dump_subject(&b, d->kind, thing);
        break;
    case THING_KEY:
        buf_printf(&b, "%s %s %d ", k->holder, role_name(k->role), k->revoked);
        buf_put_b64u(&b, k->key.x, KEY_LEN);
        break;
    case THING_BOOK:
        buf_printf(&b, "seq %lld record %lld", (long long)book->entries.seq,
                   (long long)book->entries.record);
        break;
    case THING_VOID:
        buf_printf(&b, "record %lld", (long long)((const struct voided *)thing)->record);
        break;
    case THING_DEAL:
        buf_printf(&b, "%d %s %s %s amount %lld reversed %lld answer %lld %d levy %lld %s",
                   deal->is_request, deal->from, deal->to, deal->unit, (long long)deal->amount,
                   (long long)deal->reversed, (long long)deal->answer, deal->paid,
                   (long long)deal->levy, deal->levy_purse);
        for (size_t i = 0; i < deal->n_via; i++)
            buf_printf(&b, " %s", deal->via[i]);
        break;
    case THING_ASK:
        buf_printf(&b, "record %lld", (long long)((const struct ask *)thing)->record);
        break;
    case THING_ID:
        buf_printf(&b, "record %lld ", (long long)id->record);
        buf_put_b64u(&b, id->payload_hash.b, HASH_LEN);
        break;
    }
    buf_putc(&b, '\n');
    if (d->n == d->cap) {
        d->cap = d->cap ? d->cap * 2 : 64;
        d->lines = x_realloc(d->lines, d->cap * sizeof(*d->lines));
    }
    d->lines[d->n++] = buf_take(&b);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void dump_position(void *arg, const char *debtor, const char *creditor, int64_t amount)
{
    buf_printf(arg, "%s owes %s %lld\n", debtor, creditor, (long long)amount);
}

char *fix_dump(const struct state *s)
{
    static const char *const units[] = {"hour", "won"};
    struct buf b = BUF_INIT;

    buf_printf(&b, "%s %s\n", state_origin(s), state_ledger_id(s));
    for (int kind = 0; kind < THING_KINDS; kind++) {
        struct dump d = {.kind = (enum thing_kind)kind};

        state_each(s, d.kind, dump_one, &d);
        assert_int_equal(d.n, state_count(s, d.kind));
        if (d.n > 0)
            qsort(d.lines, d.n, sizeof(*d.lines), compare_lines);
        for (size_t i = 0; i < d.n; i++) {
            buf_puts(&b, d.lines[i]);
            free(d.lines[i]);
        }
        free(d.lines);
    }
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        network_each(s, units[i], dump_position, &b);
    return buf_take(&b);
}

int fix_replay_one(struct state *s, const struct fix *f, size_t index, char *why, size_t size)
{
    return fix_replay_from(s, NULL, f, index, why, size);
}

int fix_replay_from(struct state *s, const struct replay_source *from, const struct fix *f,
                    size_t index, char *why, size_t size)
{
    const struct fix_record *rec = &f->log[index];
    const char *parts[FIX_PARTS_MAX];
    size_t lens[FIX_PARTS_MAX];
    struct outcome out;
    struct act act;
    struct posted_id *id;
    const char *origin;
    struct hash entry;

    for (size_t i = 0; i < rec->n; i++) {
        parts[i] = rec->parts[i].data;
        lens[i] = rec->parts[i].len;
    }
    if (record_replay(s, from, rec->header.data, rec->header.len, parts, lens, rec->n,
                      index ? f->log[index - 1].ms : INT64_MIN, rec->today, &out, &act, why,
                      size) != 0)
        return -1;
    rules_apply(s, &out);
    hash_bytes(&entry, rec->header.data, rec->header.len);
    if (rules_begins(&act, &origin))
        state_begin(s, origin, &entry);
    id = posted_id_new(act.by, act.jti);
    id->record = (int64_t)index;
    id->payload_hash = act.payload_hash;
    state_put(s, THING_ID, &id->thing);
    state_commit(s);
    act_free(&act);
    return 0;
}

void fix_check_replay(const struct fix *f)
{
    struct state *s = state_new(FIX_ORIGIN);
    char why[512], *a, *b;

    for (size_t i = 0; i < f->n; i++)
        if (fix_replay_one(s, f, i, why, sizeof(why)) != 0)
            fail_msg("record %zu isn't replayed: %s", i, why);
    a = fix_dump(f->s);
    b = fix_dump(s);
    assert_string_equal(a, b);
    free(a);
    free(b);
    state_free(s);
}

/* ---- Books ---- */

struct seen {
    char *name;
    int64_t seq, sum;
};
struct seens {
    struct seen *of;
    size_t n;
};

static struct seen *seen_find(struct seens *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->of[i].name, name))
            return &all->of[i];
    all->of = x_realloc(all->of, (all->n + 1) * sizeof(*all->of));
    all->of[all->n] = (struct seen){.name = x_strdup(name)};
    return &all->of[all->n++];
}

/* One part: its thing's seq is the next one, and a posting's balance the sum so far. */
static void check_part(struct seens *all, const struct buf *text)
{
    static const char *const kinds = "apcb";
    char name[ACCOUNT_MAX + 32];
    struct part part;
    const char *why;
    struct seen *seen;

    assert_int_equal(part_parse(&part, text->data, text->len, &why), 0);
    if (part.kind != PART_ACT) {
        (void)snprintf(name, sizeof(name), "%c %s", kinds[part.kind], part.name);
        seen = seen_find(all, name);
        assert_int_equal(part.seq, ++seen->seq);
    }
    if (part.kind == PART_POSTING) {
        seen->sum += part.amount;
        assert_int_equal(part.balance, seen->sum);
        name_coop_of(part.name, name);
        (void)snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s",
                       strchr(part.name, '/'));
        seen_find(all, name)->sum += part.amount;
    }
    part_free(&part);
}

void fix_check_books(const struct fix *f)
{
    struct seens all = {NULL, 0};

    for (size_t i = 0; i < f->n; i++)
        for (size_t p = 0; p < f->log[i].n; p++)
            check_part(&all, &f->log[i].parts[p]);
    for (size_t i = 0; i < all.n; i++) {
        if (strchr(all.of[i].name, ' ') == NULL)
            assert_int_equal(all.of[i].sum, 0);
        free(all.of[i].name);
    }
    free(all.of);
}

int fix_setup(void **state)
{
    struct fix *f = fix_new();

    fix_found(f);
    *state = f;
    return 0;
}

int fix_teardown(void **state)
{
    struct fix *f = *state;

    fix_check_books(f);
    fix_check_replay(f);
    fix_free(f);
    return 0;
}
