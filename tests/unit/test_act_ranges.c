/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Payloads of acts: what each number and name in them may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "good_acts.h"

#define L32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* One member of a good payload set to something else: malformed, or not. */
struct variant {
    enum act_type type;
    const char *member;
    const char *value; /* in the fixture's writing */
    bool good;
};

static void try_variants(const struct variant *v, size_t n)
{
    struct fix *f = good_acts_fix();

    for (size_t i = 0; i < n; i++) {
        char *payload = good_act_payload(f, v[i].type), *text, *value;
        json_t *json = payload_json(payload);
        struct act a;
        enum refusal_code code;

        /* The fixture writes {"type":…,"exp":610,"v":<value>}: taken apart again. */
        value = fix_payload(f, "x", "x", "'v':%s", v[i].value);
        {
            json_t *outer = payload_json(value);

            (void)json_object_set(json, v[i].member, json_object_get(outer, "v"));
            json_decref(outer);
        }
        text = json_dumps(json, JSON_COMPACT);
        code = parse_payload(text, &a);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_common_ranges),
        cmocka_unit_test(test_founding_ranges),
        cmocka_unit_test(test_other_ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
