/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/note.h"
#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)

/*
 * The golden records: one ledger of every type of act, its keys, ids, times and salts fixed, byte
 * for byte as in tests/data/golden. THESE FILES MAY NEVER CHANGE. What is in them is how history is
 * written: records like these are in people's ledgers, their hashes are in signed checkpoints and
 * in receipts that people keep, and an audit writes them again and compares. If this test fails,
 * the code is wrong. A new type of act gets new files after the last one.
 *
 * NN-type.txt has the header, the parts, and `entry`, the header's SHA-256; `root` is the tree's
 * root when the record was the last. ledger.txt, the one file that grows with the story, has the
 * ledger's id and what the tree came to.
 *
 * continue-N-type.txt are of a second, short story, in which a ledger goes on under another id.
 *
 * GOLDEN_NEW=folder writes files that aren't there yet into that folder.
 */
#define DIR    "tests/data/golden"
#define HASH_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
/* Of the legs hansalim mapo 15, icoop hansalim 15, mapo icoop 15. */
#define HASH_LEGS "XlN8Z5WByiCbsYnzeTHc_dIDrLhdboqXpvtG_olbkUo"
#define HASH_M    "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"

/* Of the one levy: b64u of SHA-256("levy" 0 "bora@hansalim" 0 "hour" 0 "2026-12"). */
#define LEVY_JTI "aP87Hk6VgPG5JM-7y1T9NsVRAzs-Ositx7rpQcjdEAw"

static const struct {
    const char *signers, *type, *by, *members;
} story[] = {
    {"log clerk s1 s2", "ledger.open", "stewards",
     "'name':'품앗이 \\\"망\\\"','nonce':'AAECAwQFBgcICQoLDA0ODw','zone':'Asia/Seoul',"
     "'log_key':$log,'clerk_key':$clerk,'stewards':[$s1,$s2],'threshold':1,'rules':1"},
    {"s2", "unit.create", "stewards", "'unit':'hour','name':'시간','scale':60,'kind':'time'"},
    {"s1 t1 t2 r1", "coop.create", "stewards",
     "'coop':'hansalim','name':'한살림','treasurers':[$t1,$t2],'threshold':2,'registrars':[$r1]"},
    {"t1 t2", "coop.policy", "hansalim",
     "'coop':'hansalim','unit':'hour','floor':-600,'ceiling':null,'registrar_floor':-1200,"
     "'registrar_ceiling':1200,'reversal_days':14"},
    {"r1 alice1 alice2", "member.create", "hansalim",
     "'member':'alice@hansalim','kind':'person','name_hash':'" HASH_A "','keys':[$alice1,$alice2],"
     "'threshold':1"},
    {"r1", "member.create", "hansalim",
     "'member':'m.old_1@hansalim','kind':'person','keys':[],'threshold':0"},
    {"t1 t2", "member.create", "hansalim",
     "'member':'fund@hansalim','kind':'purse','keys':[],'threshold':0"},
    {"alice2", "record.allow", "alice@hansalim", "'member':'alice@hansalim','allowed':true"},
    {"r1", "account.limits", "hansalim",
     "'member':'alice@hansalim','unit':'hour','floor':-900,'ceiling':900,'reason_hash':'" HASH_M
     "'"},
    {"alice1", "transfer", "alice@hansalim",
     "'from':'alice@hansalim','to':'m.old_1@hansalim','unit':'hour',"
     "'amount':90,'memo_hash':'" HASH_M "','value_date':'2026-11-20','category':'garden'"},
    {"r1", "transfer", "hansalim",
     "'from':'m.old_1@hansalim','to':'fund@hansalim','unit':'hour','amount':30"},
    {"t1 t2 a1", "key.add", "hansalim", "'holder':'hansalim','role':'auditor','key':$a1"},
    {"s1 a2", "key.add", "stewards", "'holder':'*','role':'auditor','key':$a2"},
    {"r1", "member.freeze", "hansalim", "'member':'alice@hansalim','reason_hash':'" HASH_M "'"},
    {"alice2", "key.revoke", "alice@hansalim",
     "'holder':'alice@hansalim','role':'member','kid':'#alice1'"},
    {"t1 t2", "member.unfreeze", "hansalim", "'member':'alice@hansalim'"},
    {"s1", "threshold.set", "stewards", "'holder':'stewards','role':'steward','threshold':2"},
    {"alice2", "member.update", "alice@hansalim", "'member':'alice@hansalim'"},
    {"r1", "transfer", "hansalim",
     "'from':'m.old_1@hansalim','to':'alice@hansalim','unit':'hour','amount':60"},
    {"t1 t2", "transfer", "hansalim",
     "'from':'fund@hansalim','to':'alice@hansalim','unit':'hour','amount':30"},
    {"alice2", "member.freeze", "alice@hansalim", "'member':'alice@hansalim'"},
    {"r1", "member.close", "hansalim", "'member':'alice@hansalim'"},
    {"r1 bora", "member.create", "hansalim",
     "'member':'bora@hansalim','kind':'person','keys':[$bora],'threshold':1"},
    {"bora", "request", "bora@hansalim",
     "'from':'m.old_1@hansalim','to':'bora@hansalim','unit':'hour','amount':45,"
     "'memo_hash':'" HASH_M
     "','value_date':'2026-11-21','category':'garden','expires':'2026-12-31'"},
    {"r1", "transfer", "hansalim",
     "'from':'m.old_1@hansalim','to':'bora@hansalim','unit':'hour','amount':45,'request':23"},
    {"r1", "reversal", "hansalim", "'record':24,'amount':15"},
    {"bora", "reversal", "bora@hansalim", "'record':24,'amount':10,'reason_hash':'" HASH_M "'"},
    {"t1 t2", "reversal", "hansalim", "'record':24,'amount':20,'reason_hash':'" HASH_M "'"},
    {"t2 t1", "request", "hansalim",
     "'from':'bora@hansalim','to':'fund@hansalim','unit':'hour','amount':5,"
     "'expires':'2026-11-22'"},
    {"bora", "decline", "bora@hansalim", "'act':'&28','reason_hash':'" HASH_M "'"},
    {"s2", "decline", "stewards", "'act':'" HASH_A "'"},
    {"t1", "decline", "hansalim", "'act':'" HASH_A "'"},
    {"clerk", "snapshot", "ledger", "'size':32,'count':13,'root':'" HASH_M "'"},
    {"r1 bora2 bora3", "key.recover", "hansalim",
     "'holder':'bora@hansalim','role':'member','keys':[$bora2,$bora3],'threshold':2,"
     "'reason_hash':'" HASH_M "'"},
    {"bora", "key.object", "bora@hansalim",
     "'holder':'bora@hansalim','role':'member','record':33,'reason_hash':'" HASH_M "'"},
    {"t2 t1", "key.object", "hansalim", "'holder':'bora@hansalim','role':'member','record':33"},
    {"r1 bora2 bora3", "key.recover", "hansalim",
     "'holder':'bora@hansalim','role':'member','keys':[$bora3,$bora2],'threshold':1"},
    {"s1 s2 t3", "key.recover", "stewards",
     "'holder':'hansalim','role':'treasurer','keys':[$t3],'threshold':1"},
    {"t1", "key.object", "hansalim", "'holder':'hansalim','role':'treasurer','record':37"},
    {"r1", "key.recover.finish", "hansalim",
     "'holder':'bora@hansalim','role':'member','record':36"},
    {"s1 s2", "key.recover.finish", "stewards",
     "'holder':'hansalim','role':'treasurer','record':37,'reason_hash':'" HASH_M "'"},
    {"bora2", "transfer", "bora@hansalim",
     "'from':'bora@hansalim','to':'fund@hansalim','unit':'hour','amount':1"},
    {"s1 s2 u1 q1", "coop.create", "stewards",
     "'coop':'icoop','name':'iCOOP','treasurers':[$u1],'threshold':1,'registrars':[$q1]"},
    {"s1 s2 w1", "coop.create", "stewards",
     "'coop':'mapo','name':'마포','treasurers':[$w1],'threshold':1,'registrars':[]"},
    {"u1", "coop.policy", "icoop",
     "'coop':'icoop','unit':'hour','floor':-600,'ceiling':600,'registrar_floor':-600,"
     "'registrar_ceiling':600,'reversal_days':0"},
    {"q1 dora", "member.create", "icoop",
     "'member':'dora@icoop','kind':'person','keys':[$dora],'threshold':1"},
    {"w1", "line.set", "mapo",
     "'coop':'mapo','partner':'hansalim','unit':'hour','limit':500,'transit':true"},
    {"u1", "line.set", "icoop",
     "'coop':'icoop','partner':'mapo','unit':'hour','limit':300,'transit':true"},
    {"u1", "line.set", "icoop", "'coop':'icoop','partner':'hansalim','unit':'hour','limit':60"},
    {"bora2", "transfer", "bora@hansalim",
     "'from':'bora@hansalim','to':'dora@icoop','unit':'hour','amount':45,'max_hops':1"},
    {"bora2", "transfer", "bora@hansalim",
     "'from':'bora@hansalim','to':'dora@icoop','unit':'hour','amount':40"},
    {"dora", "reversal", "dora@icoop", "'record':50,'amount':25"},
    {"t3", "line.set", "hansalim", "'coop':'hansalim','partner':'icoop','unit':'hour','limit':100"},
    {"dora", "transfer", "dora@icoop",
     "'from':'dora@icoop','to':'bora@hansalim','unit':'hour','amount':60"},
    {"t3", "clearing.propose", "hansalim", "'unit':'hour','deadline':1797379200"},
    {"w1", "clearing.consent", "mapo", "'unit':'hour','round':54,'hash':'" HASH_LEGS "'"},
    {"u1", "clearing.decline", "icoop", "'unit':'hour','round':54,'reason_hash':'" HASH_M "'"},
    {"clerk", "clearing.propose", "ledger", "'unit':'hour','deadline':1797379200,'round':54"},
    {"u1", "coop.policy", "icoop",
     "'coop':'icoop','unit':'hour','floor':-600,'ceiling':600,'registrar_floor':-600,"
     "'registrar_ceiling':600,'reversal_days':0,'clearing':'auto'"},
    {"s1 s2", "clearing.propose", "stewards", "'unit':'hour','deadline':1797379200"},
    {"w1", "clearing.consent", "mapo", "'unit':'hour','round':59,'hash':'" HASH_LEGS "'"},
    {"t3", "clearing.consent", "hansalim", "'unit':'hour','round':59,'hash':'" HASH_LEGS "'"},
    {"clerk", "clearing.post", "ledger",
     "'unit':'hour','round':59,'hash':'" HASH_LEGS "','consents':[60,61]"},
    {"t3", "coop.policy", "hansalim",
     "'coop':'hansalim','unit':'hour','floor':-600,'ceiling':null,'registrar_floor':-1200,"
     "'registrar_ceiling':1200,'reversal_days':14,'clearing':'auto','levy_per_mille':100,"
     "'levy_monthly':6,'levy_purse':'fund@hansalim'"},
    {"bora2", "transfer", "bora@hansalim",
     "'from':'bora@hansalim','to':'m.old_1@hansalim','unit':'hour','amount':35,'levy_max':5"},
    {"t3", "reversal", "hansalim", "'record':64,'amount':20"},
    {"bora2", "transfer", "bora@hansalim",
     "'from':'bora@hansalim','to':'dora@icoop','unit':'hour','amount':15,'levy_max':1"},
    {"clerk", "levy", "ledger", "'member':'bora@hansalim','unit':'hour','month':'2026-12'"},
    {"r1", "member.freeze", "hansalim", "'member':'m.old_1@hansalim'"},
    {"t3", "estate", "hansalim",
     "'member':'m.old_1@hansalim','unit':'hour','purse':'fund@hansalim','reason_hash':'" HASH_M
     "'"},
    {"t3 u1", "settlement", "icoop",
     "'from':'hansalim','to':'icoop','unit':'hour','amount':20,'means':'money',"
     "'date':'2026-12-30','reference_hash':'" HASH_M "'"},
    {"t3 u1", "settlement", "icoop",
     "'from':'icoop','to':'hansalim','unit':'hour','amount':5,'means':'hours','date':'2027-01-05'"},
    {"u1", "coop.close", "icoop", "'coop':'icoop','reason_hash':'" HASH_M "'"},
};

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct buf b = BUF_INIT;
    char chunk[4096];
    size_t n;

    if (!file)
        return NULL;
    buf_reserve(&b, 1);
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        buf_put(&b, chunk, n);
    (void)fclose(file);
    return buf_take(&b);
}

/* Compares a text with a file of the golden ones. */
static void compare(const char *name, const struct buf *text)
{
    const char *dir = getenv("GOLDEN_NEW");
    char path[512], *golden;

    (void)snprintf(path, sizeof(path), DIR "/%s", name);
    golden = read_file(path);
    if (!golden && dir) {
        FILE *file;

        (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
        file = fopen(path, "wbx");
        assert_non_null(file);
        assert_int_equal(fwrite(text->data, 1, text->len, file), text->len);
        assert_int_equal(fclose(file), 0);
        return;
    }
    if (!golden)
        fail_msg("%s isn't there", path);
    assert_string_equal(text->data, golden);
    free(golden);
}

static void put_hash(struct buf *b, const char *what, const struct hash *h)
{
    char text[HASH_B64U_LEN + 1];

    hash_text(text, h);
    buf_printf(b, "%s %s\n", what, text);
}

/* The latest record, as a file of its own. */
static void compare_record(const struct fix *f, const char *name)
{
    const struct fix_record *rec = &f->log[f->n - 1];
    struct buf b = BUF_INIT;
    struct hash hash;

    buf_printf(&b, "header %s\n", rec->header.data);
    for (size_t p = 0; p < rec->n; p++)
        buf_printf(&b, "part %s\n", rec->parts[p].data);
    hash_bytes(&hash, rec->header.data, rec->header.len);
    put_hash(&b, "entry", &hash);
    tree_root(&f->tree, &hash);
    put_hash(&b, "root", &hash);
    compare(name, &b);
    buf_free(&b);
}

static void test_golden(void **state)
{
    struct fix *f = fix_new();
    struct buf b = BUF_INIT;
    struct hash hash;
    /* The one act after which the ledger has another id is in a story of its own. */
    bool seen[ACT_TYPE_COUNT] = {[ACT_LEDGER_CONTINUE] = true};
    int64_t days = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(story); i++) {
        char name[64];

        /* Two share a time, as in a batch; each other one is 86 seconds and a bit later. */
        if (str_eq(story[i].type, "key.recover.finish"))
            days += 7;
        if (str_eq(story[i].type, "estate"))
            days += 30;
        if (str_eq(story[i].type, "levy"))
            f->jti = LEVY_JTI;
        f->ms = FIX_MS + (int64_t)(i - (i == 5)) * 86413 + days * 86400000;
        IS(fix_act(f, story[i].signers, story[i].type, story[i].by, "%s", story[i].members),
           "posted");
        (void)snprintf(name, sizeof(name), "%02zu-%s.txt", i, story[i].type);
        compare_record(f, name);
        for (int t = 0; t < ACT_TYPE_COUNT; t++)
            seen[t] = seen[t] || str_eq(act_type_name((enum act_type)t), story[i].type);
    }
    for (int t = 0; t < ACT_TYPE_COUNT; t++)
        if (!seen[t])
            fail_msg("there is no golden record of %s", act_type_name((enum act_type)t));
    buf_printf(&b, "ledger %s\nsize %zu\n", state_ledger_id(f->s), f->n);
    tree_root(&f->tree, &hash);
    put_hash(&b, "root", &hash);
    compare("ledger.txt", &b);
    buf_free(&b);
    fix_check_books(f);
    fix_check_replay(f);
    fix_free(f);
}

/*
 * A ledger that lost records after its second one and goes on: what was kept says that there were
 * four. The last record is of an act that names the new id.
 */
static void test_golden_continue(void **state)
{
    struct checkpoint kept = {.origin = FIX_ORIGIN, .size = 4};
    struct fix *f = fix_new();
    struct buf note = BUF_INIT, json = BUF_INIT, id = BUF_INIT;
    struct fix_key log;
    struct hash root;
    char b64[45];

    (void)state;
    fix_open(f);
    f->ms += 86413;
    IS(fix_act(f, "s1 s2", "unit.create", "stewards",
               "'unit':'hour','name':'Hour','scale':60,'kind':'time'"),
       "posted");
    hash_bytes(&kept.root, "what was lost", 13);
    fix_key(&log, "log");
    checkpoint_sign(&note, &kept, log.secret);
    buf_puts_json(&json, note.data);
    tree_root(&f->tree, &root);
    b64_encode(b64, root.b, HASH_LEN);
    f->ms += 86413;
    IS(fix_act(f, "s1 s2 log", "ledger.continue", "stewards",
               "'origin':'" FIX_ORIGIN "/2','kept':%s,'found':{'size':2,'root':'%s'}", json.data,
               b64),
       "posted");
    compare_record(f, "continue-2-ledger.continue.txt");
    buf_printf(&id, "ledger %s\n", state_ledger_id(f->s));
    compare("continue-ledger.txt", &id);
    f->ms += 86413;
    IS(fix_act(f, "s1 s2", "unit.create", "stewards",
               "'unit':'won','name':'Won','scale':1,'kind':'credit'"),
       "posted");
    compare_record(f, "continue-3-unit.create.txt");
    fix_check_replay(f);
    fix_free(f);
    buf_free(&note);
    buf_free(&json);
    buf_free(&id);
}

/* The files themselves are replayed, so that what is kept in them is also what an audit takes. */
static void test_golden_replayed(void **state)
{
    struct state *s = state_new(FIX_ORIGIN);
    int64_t last = INT64_MIN;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(story); i++) {
        char name[128], why[512], *text, *line, *end, *header = NULL;
        const char *parts[FIX_PARTS_MAX];
        size_t lens[FIX_PARTS_MAX], n = 0;
        struct record_header head;
        const char *fault, *origin;
        struct hash entry;
        struct outcome out;
        struct act act;

        (void)snprintf(name, sizeof(name), DIR "/%02zu-%s.txt", i, story[i].type);
        text = read_file(name);
        assert_non_null(text);
        for (line = text; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            if (strncmp(line, "header ", 7) == 0) {
                header = line + 7;
            } else if (strncmp(line, "part ", 5) == 0) {
                assert_true(n < FIX_PARTS_MAX);
                parts[n] = line + 5;
                lens[n] = strlen(parts[n]);
                n++;
            }
        }
        assert_non_null(header);
        assert_int_equal(record_header_peek(&head, header, strlen(header), &fault), 0);
        assert_int_equal(head.index, i);
        if (record_replay(s, NULL, header, strlen(header), parts, lens, n, last,
                          (int32_t)(head.ms / 86400000), &out, &act, why, sizeof(why)) != 0)
            fail_msg("%s: %s", name, why);
        rules_apply(s, &out);
        hash_bytes(&entry, header, strlen(header));
        if (rules_begins(&act, &origin))
            state_begin(s, origin, &entry);
        state_commit(s);
        act_free(&act);
        last = head.ms;
        free(text);
    }
    assert_int_equal(state_account(s, "alice@hansalim/hour")->balance, 0);
    assert_int_equal(state_holder(s, "alice@hansalim")->state, HOLDER_CLOSED);
    state_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_golden_continue),
        cmocka_unit_test(test_golden_replayed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
