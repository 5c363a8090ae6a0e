/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "good_acts.h"

/* A checkpoint in JSON, by a key of zeros. */
#define KEPT \
    "'ledger.example/test\\n12\\n" HASH_A "=\\n\\n— ledger.example/test " HASH_A HASH_A "AAAAA=\\n'"

/* The one jti that this levy can have: b64u of SHA-256("levy" 0 "alice@hansalim" 0 "hour" 0
 * "2026-11"). */
#define LEVY_JTI "qJaLLPdKCY7sp4RIeZRYaNHqq3seczdp-vUEpqMRvNs"

const struct good_act good_acts[] = {
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
_Static_assert(ARRAY_LEN(good_acts) == ACT_TYPE_COUNT, "an act of each type");

struct fix *good_acts_fix(void)
{
    struct fix *f = fix_new();

    state_set_ledger_id(f->s, FIX_ORIGIN, FIX_ORIGIN "#" HASH_A);
    return f;
}

char *good_act_payload(struct fix *f, enum act_type type)
{
    const struct good_act *g = &good_acts[type];

    if (type == ACT_LEVY)
        f->jti = LEVY_JTI;
    return fix_payload(f, act_type_name(type), g->by, "%s", g->members);
}

json_t *payload_json(const char *payload)
{
    json_t *json = json_loads(payload, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(json);
    return json;
}

enum refusal_code parse_payload(const char *payload, struct act *a)
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
