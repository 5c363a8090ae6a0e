/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Making a ledger for tests. What is held of it in the end: fixture_check.c. */
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

const struct holder *fix_holder(const struct fix *f, const char *name)
{
    const struct holder *h = state_holder(f->s, name);

    assert_non_null(h);
    return h;
}

bool fix_in_force(const struct fix *f, const char *name)
{
    struct fix_key key;
    const struct key_row *row;

    fix_key(&key, name);
    row = state_key(f->s, key.kid.s);
    return row && !row->revoked;
}

const char *fix_part(const struct fix *f, size_t index, size_t i)
{
    assert_true(index < f->n && i < f->log[index].n);
    return f->log[index].parts[i].data;
}

/* ---- For cmocka ---- */

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
