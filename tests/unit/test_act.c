/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "fixture.h"

#define HASH_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define L32    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* A checkpoint in JSON, by a key of zeros. */
#define KEPT \
    "'ledger.example/test\\n12\\n" HASH_A "=\\n\\n— ledger.example/test " HASH_A HASH_A "AAAAA=\\n'"

/* A good payload of each type, as members in the fixture's writing. */
static const struct good {
    enum act_type type;
    const char *by;
    const char *members;
} goods[] = {
    {ACT_LEDGER_OPEN, "stewards",
     "'name':'품앗이','nonce':'AAECAwQFBgcICQoLDA0ODw','zone':'Asia/Seoul','log_key':$log,"
     "'clerk_key':$clerk,'stewards':[$s1,$s2],'threshold':2,'rules':1"},
    {ACT_UNIT_CREATE, "stewards", "'unit':'hour','name':'시간','scale':60,'kind':'time'"},
    {ACT_COOP_CREATE, "stewards",
     "'coop':'hansalim','name':'한살림','treasurers':[$t1,$t2],'threshold':1,'registrars':[$r1]"},
    {ACT_COOP_POLICY, "hansalim",
     "'coop':'hansalim','unit':'hour','floor':-5,'ceiling':5,'registrar_floor':-6,"
     "'registrar_ceiling':6,'reversal_days':3,'clearing':'auto','levy_per_mille':5,"
     "'levy_monthly':60,'levy_purse':'fund@hansalim'"},
    {ACT_MEMBER_CREATE, "hansalim",
     "'member':'alice@hansalim','kind':'person','name_hash':'" HASH_A "','keys':[$alice],"
     "'threshold':1"},
    {ACT_MEMBER_UPDATE, "alice@hansalim",
     "'member':'alice@hansalim','name_hash':'" HASH_A "','reason_hash':'" HASH_A "'"},
    {ACT_MEMBER_FREEZE, "hansalim", "'member':'alice@hansalim','reason_hash':'" HASH_A "'"},
    {ACT_MEMBER_UNFREEZE, "hansalim", "'member':'alice@hansalim','reason_hash':'" HASH_A "'"},
    {ACT_MEMBER_CLOSE, "hansalim", "'member':'alice@hansalim','reason_hash':'" HASH_A "'"},
    {ACT_RECORD_ALLOW, "alice@hansalim", "'member':'alice@hansalim','allowed':true"},
    {ACT_ACCOUNT_LIMITS, "hansalim",
     "'member':'alice@hansalim','unit':'hour','floor':-5,'ceiling':5,'reason_hash':'" HASH_A "'"},
    {ACT_KEY_ADD, "hansalim", "'holder':'hansalim','role':'auditor','key':$a1"},
    {ACT_KEY_REVOKE, "hansalim", "'holder':'hansalim','role':'treasurer','kid':'#t1'"},
    {ACT_THRESHOLD_SET, "hansalim", "'holder':'hansalim','role':'treasurer','threshold':2"},
    {ACT_TRANSFER, "alice@hansalim",
     "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':90,'memo_hash':'" HASH_A
     "','value_date':'2026-11-21','category':'garden','request':4,'max_hops':2,'levy_max':3"},
    {ACT_REQUEST, "bob@hansalim",
     "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':90,'memo_hash':'" HASH_A
     "','value_date':'2026-11-21','category':'garden','expires':'2026-12-31'"},
    {ACT_REVERSAL, "bob@hansalim", "'record':4,'amount':90,'reason_hash':'" HASH_A "'"},
    {ACT_DECLINE, "bob@hansalim", "'act':'" HASH_A "','reason_hash':'" HASH_A "'"},
    {ACT_SNAPSHOT, "ledger", "'size':9,'count':5,'root':'" HASH_A "'"},
    {ACT_KEY_RECOVER, "hansalim",
     "'holder':'alice@hansalim','role':'member','keys':[$a1,$a2],'threshold':2,"
     "'reason_hash':'" HASH_A "'"},
    {ACT_KEY_RECOVER_FINISH, "stewards",
     "'holder':'hansalim','role':'treasurer','record':7,'reason_hash':'" HASH_A "'"},
    {ACT_KEY_OBJECT, "alice@hansalim",
     "'holder':'alice@hansalim','role':'member','record':7,'reason_hash':'" HASH_A "'"},
    {ACT_LINE_SET, "hansalim",
     "'coop':'hansalim','partner':'icoop','unit':'hour','limit':600,'transit':true"},
    {ACT_CLEARING_PROPOSE, "hansalim", "'unit':'hour','deadline':1795392000"},
    {ACT_CLEARING_CONSENT, "hansalim", "'unit':'hour','round':7,'hash':'" HASH_A "'"},
    {ACT_CLEARING_DECLINE, "hansalim", "'unit':'hour','round':7,'reason_hash':'" HASH_A "'"},
    {ACT_CLEARING_POST, "ledger", "'unit':'hour','round':7,'hash':'" HASH_A "','consents':[8,9]"},
    {ACT_LEDGER_CONTINUE, "stewards",
     "'origin':'ledger.example/test/2','kept':" KEPT ",'found':{'size':9,'root':'" HASH_A "='}"},
    {ACT_LEVY, "ledger", "'member':'alice@hansalim','unit':'hour','month':'2026-11'"},
    {ACT_ESTATE, "hansalim",
     "'member':'alice@hansalim','unit':'hour','purse':'fund@hansalim','reason_hash':'" HASH_A "'"},
    {ACT_COOP_CLOSE, "hansalim", "'coop':'hansalim','reason_hash':'" HASH_A "'"},
    {ACT_SETTLEMENT, "hansalim",
     "'from':'hansalim','to':'icoop','unit':'hour','amount':90,'means':'money',"
     "'date':'2026-11-20','reference_hash':'" HASH_A "'"},
};
/* The one jti that this levy can have: b64u of SHA-256("levy" 0 "alice@hansalim" 0 "hour" 0
 * "2026-11"). */
#define LEVY_JTI "qJaLLPdKCY7sp4RIeZRYaNHqq3seczdp-vUEpqMRvNs"

static const char *const optional[] = {
    "name_hash",      "reference_hash", "reason_hash", "memo_hash", "value_date",
    "category",       "request",        "max_hops",    "transit",   "clearing",
    "levy_per_mille", "levy_monthly",   "levy_max"};

static bool is_optional(const char *member)
{
    for (size_t i = 0; i < ARRAY_LEN(optional); i++)
        if (str_eq(member, optional[i]))
            return true;
    return false;
}

static struct fix *fix_with_id(void)
{
    struct fix *f = fix_new();

    state_set_ledger_id(f->s, FIX_ORIGIN, FIX_ORIGIN "#" HASH_A);
    return f;
}

/* Parses a payload. REFUSED_NOT, or the refusal's code. */
static enum refusal_code parse(const char *payload, struct act *a)
{
    struct envelope env;
    struct refusal r = {REFUSED_NOT, "", false, 0, 0, 0, 0};
    int rc;

    envelope_new(&env, payload, strlen(payload));
    rc = act_parse(a, &env, &r);
    assert_int_equal(rc, r.code == REFUSED_NOT ? 0 : -1);
    if (rc != 0)
        assert_true(r.detail[0] != '\0');
    else
        assert_memory_equal(&a->payload_hash, &env.payload_hash, sizeof(struct hash));
    envelope_free(&env);
    return r.code;
}

static void malformed(const char *payload)
{
    struct act a;

    if (parse(payload, &a) != REFUSED_MALFORMED) {
        act_free(&a);
        fail_msg("it isn't malformed: %s", payload);
    }
}

static char *good_payload(struct fix *f, const struct good *g)
{
    if (g->type == ACT_LEVY)
        f->jti = LEVY_JTI;
    return fix_payload(f, act_type_name(g->type), g->by, "%s", g->members);
}

static json_t *load(const char *payload)
{
    json_t *json = json_loads(payload, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(json);
    return json;
}

static void malformed_json(const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    malformed(text);
    free(text);
}

static void test_good(void **state)
{
    struct fix *f = fix_with_id();

    (void)state;
    assert_int_equal(ARRAY_LEN(goods), ACT_TYPE_COUNT);
    for (size_t i = 0; i < ARRAY_LEN(goods); i++) {
        char *payload = good_payload(f, &goods[i]);
        struct act a;

        assert_int_equal(goods[i].type, i);
        assert_int_equal(parse(payload, &a), REFUSED_NOT);
        assert_int_equal(a.type, i);
        assert_string_equal(a.by, goods[i].by);
        assert_int_equal(a.exp, a.iat + 610);
        act_free(&a);
        free(payload);
    }
    fix_free(f);
}

/* Every member of every type: without it, null, of another kind, twice, and with one more. */
static void test_each_member(void **state)
{
    struct fix *f = fix_with_id();
    size_t tried = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(goods); i++) {
        char *payload = good_payload(f, &goods[i]);
        json_t *json = load(payload), *all = load(payload), *value;
        const char *member;

        json_object_foreach (all, member, value) {
            static const char *const wrong[] = {"null", "1.0", "\"?\"",     "[]", "{}",
                                                "true", "[1]", "{\"a\":1}", "-1", "\"\""};
            json_t *kept = json_incref(value);
            char *name = x_strdup(member);
            struct buf twice = BUF_INIT;

            for (size_t w = 0; w < ARRAY_LEN(wrong); w++) {
                json_t *bad = json_loads(wrong[w], JSON_DECODE_ANY, NULL);

                if (json_equal(bad, value) || (str_eq(name, "allowed") && json_is_true(bad)) ||
                    (str_eq(wrong[w], "null") && strstr(name, "ceiling")) ||
                    (str_eq(wrong[w], "[]") && str_eq(name, "registrars")) ||
                    (wrong[w][0] == '[' && str_eq(name, "consents")) ||
                    (str_eq(wrong[w], "-1") && strstr(name, "floor")) ||
                    (str_eq(wrong[w], "-1") && strstr(name, "ceiling")) ||
                    (str_eq(wrong[w], "\"?\"") && (str_eq(name, "name") || str_eq(name, "aud")))) {
                    json_decref(bad); /* right for this member */
                    continue;
                }
                if (str_eq(wrong[w], "[]") && str_eq(name, "keys")) {
                    json_decref(bad); /* a member without a device */
                    continue;
                }
                (void)json_object_set_new(json, name, bad);
                malformed_json(json);
                tried++;
            }
            (void)json_object_del(json, name);
            if (!is_optional(name)) {
                malformed_json(json);
            } else {
                char *text = json_dumps(json, JSON_COMPACT);
                struct act a;

                assert_int_equal(parse(text, &a), REFUSED_NOT);
                act_free(&a);
                free(text);
            }
            (void)json_object_set_new(json, name, kept);
            /* A member twice, the second time by an escape. */
            buf_put(&twice, payload, strlen(payload) - 1);
            buf_printf(&twice, ",\"\\u%04x%s\":1}", (unsigned char)name[0], name + 1);
            malformed(twice.data);
            buf_free(&twice);
            free(name);
        }
        (void)json_object_set_new(json, "extra", json_integer(1));
        malformed_json(json);
        json_decref(json);
        json_decref(all);
        free(payload);
    }
    assert_true(tried > 700);
    fix_free(f);
}

/* One member of a good payload set to something else: malformed, or not. */
struct variant {
    enum act_type type;
    const char *member;
    const char *value; /* in the fixture's writing */
    bool good;
};

static void try_variants(const struct variant *v, size_t n)
{
    struct fix *f = fix_with_id();

    for (size_t i = 0; i < n; i++) {
        char *payload = good_payload(f, &goods[v[i].type]), *text, *value;
        json_t *json = load(payload);
        struct act a;
        enum refusal_code code;

        /* The fixture writes {"type":…,"exp":610,"v":<value>}: taken apart again. */
        value = fix_payload(f, "x", "x", "'v':%s", v[i].value);
        {
            json_t *outer = load(value);

            (void)json_object_set(json, v[i].member, json_object_get(outer, "v"));
            json_decref(outer);
        }
        text = json_dumps(json, JSON_COMPACT);
        code = parse(text, &a);
        if ((code == REFUSED_NOT) != v[i].good)
            fail_msg("%s: %s", text, refusal_name(code));
        if (code == REFUSED_NOT)
            act_free(&a);
        else
            assert_int_equal(code, REFUSED_MALFORMED);
        json_decref(json);
        free(payload);
        free(value);
        free(text);
    }
    fix_free(f);
}
#define TRY(v) try_variants(v, ARRAY_LEN(v))

static void test_common_ranges(void **state)
{
    static const struct variant v[] = {
        {ACT_TRANSFER, "type", "'Transfer'", false},
        {ACT_TRANSFER, "type", "'request'", false},
        {ACT_TRANSFER, "type", "'snapshot'", false},
        {ACT_TRANSFER, "type", "'member.freeze'", false},
        {ACT_TRANSFER, "aud", "'x'", true},
        {ACT_TRANSFER, "by", "'*'", true},
        {ACT_TRANSFER, "by", "'stewards'", true},
        {ACT_TRANSFER, "by", "'ledger'", true},
        {ACT_TRANSFER, "by", "'Alice@hansalim'", false},
        {ACT_TRANSFER, "by", "'alice@hansalim/hour'", false},
        {ACT_TRANSFER, "by", "'alice@'", false},
        {ACT_TRANSFER, "by", "'" L32 "@" L32 "'", true},
        {ACT_TRANSFER, "by", "'" L32 "a@" L32 "'", false},
        {ACT_TRANSFER, "by", "'!outside@hansalim'", false},
        {ACT_TRANSFER, "jti", "'012345678901234567890'", false},
        {ACT_TRANSFER, "jti", "'0123456789012345678901'", true},
        {ACT_TRANSFER, "jti", "'" L32 L32 "'", true},
        {ACT_TRANSFER, "jti", "'" L32 L32 "a'", false},
        {ACT_TRANSFER, "jti", "'0123456789012345678901 '", false},
        {ACT_TRANSFER, "iat", "0", false}, /* exp is then more than 30 days after */
        {ACT_TRANSFER, "iat", "9007199254740992", false},
        {ACT_TRANSFER, "exp", "0", false},
        {ACT_TRANSFER, "exp", "1795305600", true},
        {ACT_TRANSFER, "exp", "1795305590", false}, /* is iat */
        {ACT_TRANSFER, "exp", "1797897590", true},
        {ACT_TRANSFER, "exp", "1797897591", false},
    };

    (void)state;
    TRY(v);
}

static void test_founding_ranges(void **state)
{
    static const struct variant v[] = {
        {ACT_LEDGER_OPEN, "nonce", "'AAECAwQFBgcICQoLDA0ODx'", false}, /* tail bits */
        {ACT_LEDGER_OPEN, "nonce", "'AAECAwQFBgcICQoLDA0O'", false},
        {ACT_LEDGER_OPEN, "nonce", "'AAECAwQFBgcICQoLDA0ODw=='", false},
        {ACT_LEDGER_OPEN, "zone", "'../../etc/passwd'", false},
        {ACT_LEDGER_OPEN, "zone", "'UTC'", true},
        {ACT_LEDGER_OPEN, "rules", "2", false},
        {ACT_LEDGER_OPEN, "rules", "0", false},
        {ACT_LEDGER_OPEN, "threshold", "0", false},
        {ACT_LEDGER_OPEN, "threshold", "1", true},
        {ACT_LEDGER_OPEN, "threshold", "3", false},
        {ACT_LEDGER_OPEN, "stewards", "[$s1,$s1]", false},
        {ACT_LEDGER_OPEN, "stewards", "[$s1,$log]", false},
        {ACT_LEDGER_OPEN, "clerk_key", "$log", false},
        {ACT_LEDGER_OPEN, "clerk_key", "$s2", false},
        {ACT_LEDGER_OPEN, "log_key", "{'kty':'OKP','crv':'Ed25519','x':'" HASH_A "'}", false},
        {ACT_LEDGER_OPEN, "log_key", "[$log]", false},
        {ACT_LEDGER_OPEN, "name", "'a\\u202eb'", false},
        {ACT_UNIT_CREATE, "unit", "'Hour'", false},
        {ACT_UNIT_CREATE, "unit", "'1h'", false},
        {ACT_UNIT_CREATE, "unit", "'aaaaaaaaaaaaaaaa'", true},
        {ACT_UNIT_CREATE, "unit", "'aaaaaaaaaaaaaaaaa'", false},
        {ACT_UNIT_CREATE, "scale", "0", false},
        {ACT_UNIT_CREATE, "scale", "1", true},
        {ACT_UNIT_CREATE, "scale", "1000000000", true},
        {ACT_UNIT_CREATE, "scale", "1000000001", false},
        {ACT_UNIT_CREATE, "kind", "'money'", false},
        {ACT_UNIT_CREATE, "kind", "'goods'", true},
        {ACT_UNIT_CREATE, "name", "'" L32 L32 L32 "aaaaaaaaaaaaaaaaaaaaaaaa'", true}, /* 120 */
        {ACT_UNIT_CREATE, "name", "'" L32 L32 L32 "aaaaaaaaaaaaaaaaaaaaaaaaa'", false},
        {ACT_COOP_CREATE, "coop", "'h'", false},
        {ACT_COOP_CREATE, "coop", "'" L32 "'", true},
        {ACT_COOP_CREATE, "coop", "'" L32 "a'", false},
        {ACT_COOP_CREATE, "coop", "'-h'", false},
        {ACT_COOP_CREATE, "coop", "'stewards'", false},
        {ACT_COOP_CREATE, "coop", "'ledger'", false},
        {ACT_COOP_CREATE, "coop", "'*'", false},
        {ACT_COOP_CREATE, "coop", "'a.b'", false},
        {ACT_COOP_CREATE, "treasurers", "[$t1,$t1]", false},
        {ACT_COOP_CREATE, "treasurers", "[$t1,$r1]", false},
        {ACT_COOP_CREATE, "registrars", "[$r1,$t2]", false},
        {ACT_COOP_CREATE, "registrars", "[]", true},
        {ACT_COOP_CREATE, "threshold", "2", true},
        {ACT_COOP_CREATE, "threshold", "3", false},
        {ACT_COOP_POLICY, "coop", "'alice@hansalim'", false},
        {ACT_COOP_POLICY, "floor", "5", true},
        {ACT_COOP_POLICY, "floor", "6", false},
        {ACT_COOP_POLICY, "floor", "-9007199254740991", true},
        {ACT_COOP_POLICY, "floor", "-9007199254740992", false},
        {ACT_COOP_POLICY, "ceiling", "9007199254740991", true},
        {ACT_COOP_POLICY, "ceiling", "9007199254740992", false},
        {ACT_COOP_POLICY, "ceiling", "-6", false},
        {ACT_COOP_POLICY, "registrar_ceiling", "null", true},
        {ACT_COOP_POLICY, "registrar_ceiling", "-7", false},
        {ACT_COOP_POLICY, "reversal_days", "36500", true},
        {ACT_COOP_POLICY, "reversal_days", "36501", false},
    };

    (void)state;
    TRY(v);
}

static void test_other_ranges(void **state)
{
    static const struct variant v[] = {
        {ACT_MEMBER_CREATE, "member", "'hansalim'", false},
        {ACT_MEMBER_CREATE, "member", "'!outside@hansalim'", false},
        {ACT_MEMBER_CREATE, "member", "'alice@stewards'", false},
        {ACT_MEMBER_CREATE, "member", "'a.b_c-d@hansalim'", true},
        {ACT_MEMBER_CREATE, "kind", "'purse'", false}, /* it has a key */
        {ACT_MEMBER_CREATE, "kind", "'Person'", false},
        {ACT_MEMBER_CREATE, "keys", "[$alice,$bob]", true},
        {ACT_MEMBER_CREATE, "keys", "[$alice,$alice]", false},
        {ACT_MEMBER_CREATE, "threshold", "0", false},
        {ACT_MEMBER_CREATE, "threshold", "2", false},
        {ACT_MEMBER_CREATE, "name_hash", "'" HASH_A "A'", false},
        {ACT_MEMBER_CREATE, "name_hash", "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB'", false},
        {ACT_RECORD_ALLOW, "allowed", "false", true},
        {ACT_RECORD_ALLOW, "allowed", "1", false},
        {ACT_RECORD_ALLOW, "allowed", "'true'", false},
        {ACT_ACCOUNT_LIMITS, "ceiling", "null", true},
        {ACT_ACCOUNT_LIMITS, "floor", "null", false},
        {ACT_ACCOUNT_LIMITS, "ceiling", "-6", false},
        {ACT_KEY_ADD, "role", "'treasurer'", true},
        {ACT_KEY_ADD, "role", "'registrar'", true},
        {ACT_KEY_ADD, "role", "'member'", false},
        {ACT_KEY_ADD, "role", "'steward'", false},
        {ACT_KEY_ADD, "role", "'log'", false},
        {ACT_KEY_ADD, "role", "'Auditor'", false},
        {ACT_KEY_ADD, "holder", "'*'", true},
        {ACT_KEY_ADD, "holder", "'stewards'", false},
        {ACT_KEY_ADD, "holder", "'ledger'", false},
        {ACT_KEY_ADD, "holder", "'alice@hansalim'", false},
        {ACT_KEY_ADD, "key",
         "{'crv':'Ed25519','kty':'OKP','x':'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAA'}",
         false}, /* the neutral point */
        {ACT_KEY_REVOKE, "kid", "'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4'", false},
        {ACT_KEY_REVOKE, "kid", "'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'", true},
        {ACT_KEY_REVOKE, "kid", "'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4l'", false},
        {ACT_THRESHOLD_SET, "role", "'registrar'", false},
        {ACT_THRESHOLD_SET, "role", "'auditor'", false},
        {ACT_THRESHOLD_SET, "threshold", "100", true},
        {ACT_THRESHOLD_SET, "threshold", "101", false},
        {ACT_THRESHOLD_SET, "threshold", "0", false},
        {ACT_KEY_RECOVER, "role", "'treasurer'", false},
        {ACT_KEY_RECOVER, "holder", "'hansalim'", false},
        {ACT_KEY_RECOVER, "keys", "[]", false},
        {ACT_KEY_RECOVER, "keys", "[$a1]", false}, /* the threshold is 2 */
        {ACT_KEY_RECOVER, "keys", "[$a1,$a1]", false},
        {ACT_KEY_RECOVER, "keys", "[$a1,$a2,$a3]", true},
        {ACT_KEY_RECOVER, "threshold", "1", true},
        {ACT_KEY_RECOVER, "threshold", "0", false},
        {ACT_KEY_RECOVER, "threshold", "3", false},
        {ACT_KEY_RECOVER_FINISH, "role", "'registrar'", false},
        {ACT_KEY_RECOVER_FINISH, "role", "'auditor'", false},
        {ACT_KEY_RECOVER_FINISH, "record", "0", true},
        {ACT_KEY_RECOVER_FINISH, "record", "-1", false},
        {ACT_KEY_OBJECT, "record", "9007199254740991", true},
        {ACT_KEY_OBJECT, "record", "9007199254740992", false},
        {ACT_CLEARING_PROPOSE, "deadline", "-1", false},
        {ACT_CLEARING_PROPOSE, "round", "7", true},
        {ACT_CLEARING_PROPOSE, "round", "-1", false},
        {ACT_CLEARING_CONSENT, "round", "-1", false},
        {ACT_CLEARING_CONSENT, "hash", "'AAAA'", false},
        {ACT_CLEARING_POST, "consents", "[]", true},
        {ACT_CLEARING_POST, "consents", "[8,8]", false},
        {ACT_CLEARING_POST, "consents", "[9,8]", false},
        {ACT_CLEARING_POST, "consents", "[-1,8]", false},
        {ACT_CLEARING_POST, "consents", "['8']", false},
        {ACT_CLEARING_POST, "consents", "8", false},
        {ACT_LINE_SET, "limit", "0", true},
        {ACT_LINE_SET, "limit", "1000000000000000", true},
        {ACT_LINE_SET, "limit", "1000000000000001", false},
        {ACT_LINE_SET, "limit", "-1", false},
        {ACT_LINE_SET, "transit", "false", true},
        {ACT_LINE_SET, "transit", "1", false},
        {ACT_LINE_SET, "partner", "'alice@hansalim'", false},
        {ACT_LINE_SET, "partner", "'stewards'", false},
        {ACT_TRANSFER, "max_hops", "1", true},
        {ACT_TRANSFER, "max_hops", "4", true},
        {ACT_TRANSFER, "max_hops", "0", false},
        {ACT_TRANSFER, "max_hops", "5", false},
        {ACT_TRANSFER, "amount", "1", true},
        {ACT_TRANSFER, "amount", "0", false},
        {ACT_TRANSFER, "amount", "1000000000000000", true},
        {ACT_TRANSFER, "amount", "1000000000000001", false},
        {ACT_TRANSFER, "amount", "'90'", false},
        {ACT_TRANSFER, "to", "'!outside@hansalim'", false},
        {ACT_TRANSFER, "to", "'hansalim'", false},
        {ACT_TRANSFER, "from", "'alice'", false},
        {ACT_TRANSFER, "value_date", "'2026-02-29'", false},
        {ACT_TRANSFER, "value_date", "'2024-02-29'", true},
        {ACT_TRANSFER, "value_date", "'2026-11-21T00:00:00Z'", false},
        {ACT_TRANSFER, "value_date", "'0000-01-01'", false},
        {ACT_TRANSFER, "category", "'a'", true},
        {ACT_TRANSFER, "category", "'aaaaaaaaaaaaaaaaaaaaaaaa'", true},
        {ACT_TRANSFER, "category", "'aaaaaaaaaaaaaaaaaaaaaaaaa'", false},
        {ACT_TRANSFER, "category", "'Garden'", false},
        {ACT_TRANSFER, "request", "0", true},
        {ACT_TRANSFER, "request", "9007199254740991", true},
    };

    (void)state;
    TRY(v);
}

static void test_member_without_keys(void **state)
{
    struct fix *f = fix_with_id();
    static const struct {
        const char *members;
        bool good;
    } cases[] = {
        {"'kind':'person','keys':[],'threshold':0", true},
        {"'kind':'person','keys':[],'threshold':1", true},
        {"'kind':'person','keys':[],'threshold':2", false},
        {"'kind':'purse','keys':[],'threshold':0", true},
        {"'kind':'purse','keys':[],'threshold':2", false},
        {"'kind':'purse','keys':[$a],'threshold':1", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *payload = fix_payload(f, "member.create", "hansalim", "'member':'a@hansalim',%s",
                                    cases[i].members);
        struct act a;

        assert_int_equal(parse(payload, &a), cases[i].good ? REFUSED_NOT : REFUSED_MALFORMED);
        if (cases[i].good)
            act_free(&a);
        free(payload);
    }
    fix_free(f);
}

/* 100 keys in a list and no more. */
static void test_many_keys(void **state)
{
    struct fix *f = fix_with_id();

    (void)state;
    for (int n = ACT_KEYS_MAX; n <= ACT_KEYS_MAX + 1; n++) {
        struct buf keys = BUF_INIT;
        char *payload;
        struct act a;

        for (int i = 0; i < n; i++)
            buf_printf(&keys, "%s$k%d", i ? "," : "", i);
        payload = fix_payload(f, "member.create", "hansalim",
                              "'member':'a@hansalim','kind':'person','keys':[%s],'threshold':7",
                              keys.data);
        if (n == ACT_KEYS_MAX) {
            assert_int_equal(parse(payload, &a), REFUSED_NOT);
            assert_int_equal(a.u.member.keys.n, ACT_KEYS_MAX);
            act_free(&a);
        } else {
            malformed(payload);
        }
        free(payload);
        buf_free(&keys);
    }
    fix_free(f);
}

static void test_values(void **state)
{
    struct fix *f = fix_with_id();
    char *payload = good_payload(f, &goods[ACT_TRANSFER]);
    struct act a;

    (void)state;
    assert_int_equal(parse(payload, &a), REFUSED_NOT);
    assert_string_equal(a.u.transfer.from, "alice@hansalim");
    assert_string_equal(a.u.transfer.to, "bob@hansalim");
    assert_string_equal(a.u.transfer.unit, "hour");
    assert_int_equal(a.u.transfer.amount, 90);
    assert_true(a.u.transfer.memo.there);
    assert_true(a.u.transfer.has_value_date);
    assert_int_equal(a.u.transfer.value_date, FIX_MS / 86400000 - 1);
    assert_string_equal(a.u.transfer.category, "garden");
    assert_true(a.u.transfer.has_request);
    assert_int_equal(a.u.transfer.request, 4);
    act_free(&a);
    free(payload);
    payload = good_payload(f, &goods[ACT_COOP_POLICY]);
    assert_int_equal(parse(payload, &a), REFUSED_NOT);
    assert_int_equal(a.u.coop_policy.bounds.floor, -5);
    assert_int_equal(a.u.coop_policy.registrar.ceiling, 6);
    assert_int_equal(a.u.coop_policy.reversal_days, 3);
    assert_false(a.u.coop_policy.bounds.no_ceiling);
    act_free(&a);
    free(payload);
    fix_free(f);
}

static void test_not_json(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "[]",
                                      "1",
                                      "null",
                                      "\"transfer\"",
                                      "{}",
                                      "{\"type\":\"transfer\"}",
                                      "{\"type\":1}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        malformed(bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),          cmocka_unit_test(test_each_member),
        cmocka_unit_test(test_common_ranges), cmocka_unit_test(test_founding_ranges),
        cmocka_unit_test(test_other_ranges),  cmocka_unit_test(test_member_without_keys),
        cmocka_unit_test(test_many_keys),     cmocka_unit_test(test_values),
        cmocka_unit_test(test_not_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
