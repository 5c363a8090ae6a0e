/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)

#define CREATE "'member':'%s','kind':'%s','keys':[%s],'threshold':%d"
#define OF(m)  "'member':'" m "@hansalim'"

static void test_create(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "r1 new", "member.create", "hansalim", CREATE, "new@hansalim", "person", "$new",
               1),
       "posted");
    assert_int_equal(fix_holder(f, "new@hansalim")->kind, HOLDER_PERSON);
    assert_int_equal(fix_holder(f, "new@hansalim")->n_keys, 1);
    assert_int_equal(fix_holder(f, "new@hansalim")->subject.seq, 1);
    assert_int_equal(fix_holder(f, "new@hansalim")->subject.record, (int64_t)f->n - 1);
    assert_false(fix_holder(f, "new@hansalim")->name.there);
    /* The same again, also closed: an address is one member for ever. */
    IS(fix_act(f, "r1 new2", "member.create", "hansalim", CREATE, "new@hansalim", "person", "$new2",
               1),
       "already-exists");
    IS(fix_act(f, "r1", "member.close", "hansalim", OF("new")), "posted");
    IS(fix_act(f, "r1 new2", "member.create", "hansalim", CREATE, "new@hansalim", "person", "$new2",
               1),
       "already-exists");
    IS(fix_pay(f, "new2", "new@hansalim", "bob@hansalim", 1), "not-permitted");
}

static void test_create_who(void **state)
{
    struct fix *f = *state;

    /* The new key alone, the registrar alone, then both. */
    IS(fix_act(f, "new", "member.create", "hansalim", CREATE, "new@hansalim", "person", "$new", 1),
       "pending");
    IS(fix_needs(f), "hansalim registrar 0/1");
    IS(fix_act(f, "r2", "member.create", "hansalim", CREATE, "new@hansalim", "person", "$new", 1),
       "pending");
    IS(fix_needs(f), "new@hansalim member 0/1");
    IS(fix_act(f, "t1 t2 new", "member.create", "hansalim", CREATE, "new@hansalim", "person",
               "$new", 1),
       "not-permitted");
    IS(fix_act(f, "r1 new other", "member.create", "hansalim", CREATE, "new@hansalim", "person",
               "$new", 1),
       "not-permitted");
    IS(fix_act(f, "new", "member.create", "new@hansalim", CREATE, "new@hansalim", "person", "$new",
               1),
       "not-permitted");
    /* Every key signs, whatever the threshold. */
    IS(fix_act(f, "r1 n1", "member.create", "hansalim", CREATE, "new@hansalim", "person",
               "$n1,$n2,$n3", 2),
       "pending");
    IS(fix_needs(f), "new@hansalim member 1/3");
    IS(fix_act(f, "r1 n1 n2 n3", "member.create", "hansalim", CREATE, "new@hansalim", "person",
               "$n1,$n2,$n3", 2),
       "posted");
    assert_int_equal(fix_holder(f, "new@hansalim")->threshold, 2);
    IS(fix_pay(f, "n1 n3", "new@hansalim", "bob@hansalim", 1), "posted");
    IS(fix_pay(f, "n2", "new@hansalim", "bob@hansalim", 1), "pending");
}

static void test_create_elsewhere(void **state)
{
    struct fix *f = *state;

    fix_found_second(f);
    IS(fix_act(f, "r1 new", "member.create", "hansalim", CREATE, "new@icoop", "person", "$new", 1),
       "not-permitted");
    IS(fix_act(f, "r1 new", "member.create", "icoop", CREATE, "new@icoop", "person", "$new", 1),
       "not-permitted");
    /* Nobody could ever complete it, so it doesn't wait. */
    IS(fix_act(f, "new", "member.create", "nowhere", CREATE, "new@nowhere", "person", "$new", 1),
       "unknown-account");
}

static void test_create_with_keys_in_use(void **state)
{
    struct fix *f = *state;
    static const char *const used[] = {"alice", "r2", "t1", "s1", "log", "carol2"};

    for (size_t i = 0; i < ARRAY_LEN(used); i++) {
        char signers[32], keys[32];

        (void)snprintf(signers, sizeof(signers), "r1 %s", used[i]);
        (void)snprintf(keys, sizeof(keys), "$%s", used[i]);
        IS(fix_act(f, signers, "member.create", "hansalim", CREATE, "new@hansalim", "person", keys,
                   1),
           "already-exists");
    }
    /* Once revoked, too. */
    IS(fix_act(f, "alice alice2", "key.add", "alice@hansalim",
               "'holder':'alice@hansalim','role':'member','key':$alice2"),
       "posted");
    IS(fix_act(f, "alice2", "key.revoke", "alice@hansalim",
               "'holder':'alice@hansalim','role':'member','kid':'#alice'"),
       "posted");
    IS(fix_act(f, "r1 alice", "member.create", "hansalim", CREATE, "new@hansalim", "person",
               "$alice", 1),
       "already-exists");
}

static void test_create_purse(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "t1", "member.create", "hansalim", CREATE, "aid@hansalim", "purse", "", 0),
       "pending");
    IS(fix_needs(f), "hansalim treasurer 1/2");
    IS(fix_act(f, "r1", "member.create", "hansalim", CREATE, "aid@hansalim", "purse", "", 0),
       "pending");
    IS(fix_needs(f), "hansalim treasurer 0/2");
    IS(fix_act(f, "r1 t1 t2", "member.create", "hansalim", CREATE, "aid@hansalim", "purse", "", 0),
       "posted");
    IS(fix_act(f, "t3 t2", "member.create", "hansalim", CREATE, "aid2@hansalim", "purse", "", 1),
       "posted");
    assert_int_equal(fix_holder(f, "aid2@hansalim")->threshold, 0);
    assert_int_equal(fix_holder(f, "aid2@hansalim")->kind, HOLDER_PURSE);
    IS(fix_act(f, "t3 t2 x", "member.create", "hansalim", CREATE, "aid3@hansalim", "purse", "$x",
               1),
       "malformed");
}

static void test_update(void **state)
{
    struct fix *f = *state;
    static const char name[] = OF("alice") ",'name_hash':"
                                           "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'";

    IS(fix_act(f, "alice", "member.update", "alice@hansalim", name), "posted");
    assert_true(fix_holder(f, "alice@hansalim")->name.there);
    assert_int_equal(fix_holder(f, "alice@hansalim")->subject.seq, 2);
    IS(fix_act(f, "r1", "member.update", "hansalim", OF("alice")), "posted");
    assert_false(fix_holder(f, "alice@hansalim")->name.there);
    IS(fix_act(f, "bob", "member.update", "alice@hansalim", name), "not-permitted");
    IS(fix_act(f, "bob", "member.update", "bob@hansalim", name), "not-permitted");
    IS(fix_act(f, "t1 t2", "member.update", "hansalim", name), "not-permitted");
    IS(fix_act(f, "alice", "member.update", "hansalim", name), "not-permitted");
    IS(fix_act(f, "r1", "member.update", "alice@hansalim", name), "not-permitted");
    IS(fix_act(f, "r1", "member.update", "hansalim", OF("nobody")), "unknown-account");
    IS(fix_act(f, "carol2", "member.update", "carol@hansalim", OF("carol")), "pending");
    IS(fix_act(f, "carol2 carol1", "member.update", "carol@hansalim", OF("carol")), "posted");
    /* A purse is its treasurers' affair. */
    IS(fix_act(f, "r1", "member.update", "hansalim", OF("fund")), "not-permitted");
    IS(fix_act(f, "t1 t2", "member.update", "hansalim", OF("fund")), "posted");
    IS(fix_act(f, "t1 t2", "member.update", "fund@hansalim", OF("fund")), "not-permitted");
}

static void test_frozen_by_office(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "r1", "member.freeze", "hansalim", OF("alice")), "posted");
    assert_int_equal(fix_holder(f, "alice@hansalim")->state, HOLDER_FROZEN);
    assert_true(fix_holder(f, "alice@hansalim")->frozen_by_office);
    IS(fix_act(f, "r1", "member.freeze", "hansalim", OF("alice")), "frozen");
    IS(fix_act(f, "alice", "member.freeze", "alice@hansalim", OF("alice")), "frozen");
    /* What a frozen member can't do. */
    IS(fix_act(f, "alice", "member.update", "alice@hansalim", OF("alice")), "frozen");
    IS(fix_act(f, "alice", "record.allow", "alice@hansalim", OF("alice") ",'allowed':true"),
       "frozen");
    IS(fix_act(f, "alice", "member.close", "alice@hansalim", OF("alice")), "frozen");
    IS(fix_act(f, "alice x", "key.add", "alice@hansalim",
               "'holder':'alice@hansalim','role':'member','key':$x"),
       "frozen");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "frozen");
    /* The office still may. */
    IS(fix_act(f, "r1", "member.update", "hansalim", OF("alice")), "posted");
    IS(fix_act(f, "r1", "account.limits", "hansalim",
               OF("alice") ",'unit':'hour','floor':0,'ceiling':10"),
       "posted");
    /* Only the treasurers undo it. */
    IS(fix_act(f, "alice", "member.unfreeze", "alice@hansalim", OF("alice")), "not-permitted");
    IS(fix_act(f, "r1", "member.unfreeze", "hansalim", OF("alice")), "not-permitted");
    IS(fix_act(f, "t1", "member.unfreeze", "hansalim", OF("alice")), "pending");
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", OF("alice")), "posted");
    assert_int_equal(fix_holder(f, "alice@hansalim")->state, HOLDER_ACTIVE);
    assert_false(fix_holder(f, "alice@hansalim")->frozen_by_office);
    IS(fix_act(f, "r1", "member.unfreeze", "hansalim", OF("alice")), "not-permitted");
}

static void test_frozen_by_member(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "alice", "member.freeze", "alice@hansalim", OF("alice")), "posted");
    assert_false(fix_holder(f, "alice@hansalim")->frozen_by_office);
    IS(fix_act(f, "alice", "member.freeze", "alice@hansalim", OF("alice")), "frozen");
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", OF("alice")), "not-permitted");
    IS(fix_act(f, "alice", "member.unfreeze", "alice@hansalim", OF("alice")), "posted");
    IS(fix_act(f, "alice", "member.freeze", "alice@hansalim", OF("alice")), "posted");
    IS(fix_act(f, "r2", "member.unfreeze", "hansalim", OF("alice")), "posted");
    /* A registrar takes it over: then the member's keys alone don't undo it. */
    IS(fix_act(f, "alice", "member.freeze", "alice@hansalim", OF("alice")), "posted");
    IS(fix_act(f, "r1", "member.freeze", "hansalim", OF("alice")), "posted");
    IS(fix_act(f, "alice", "member.unfreeze", "alice@hansalim", OF("alice")), "not-permitted");
    IS(fix_act(f, "t1 t3", "member.unfreeze", "hansalim", OF("alice")), "posted");
}

static void test_frozen_purse(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "r1", "member.freeze", "hansalim", OF("fund")), "not-permitted");
    IS(fix_act(f, "t1 t2", "member.freeze", "hansalim", OF("fund")), "posted");
    IS(fix_act(f, "t1 t2", "transfer", "hansalim",
               "'from':'fund@hansalim','to':'bob@hansalim','unit':'hour','amount':1"),
       "frozen");
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", OF("fund")), "posted");
}

static void test_close(void **state)
{
    struct fix *f = *state;

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 10), "posted");
    IS(fix_act(f, "alice", "member.close", "alice@hansalim", OF("alice")), "limit-out-of-bounds");
    IS(fix_act(f, "r1", "member.close", "hansalim", OF("bob")), "limit-out-of-bounds");
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 10), "posted");
    IS(fix_act(f, "bob", "member.close", "alice@hansalim", OF("alice")), "not-permitted");
    IS(fix_act(f, "alice", "member.close", "alice@hansalim", OF("alice")), "posted");
    /* For good. */
    IS(fix_act(f, "alice", "member.close", "alice@hansalim", OF("alice")), "closed");
    IS(fix_act(f, "alice", "member.update", "alice@hansalim", OF("alice")), "closed");
    IS(fix_act(f, "r1", "member.update", "hansalim", OF("alice")), "closed");
    IS(fix_act(f, "r1", "member.freeze", "hansalim", OF("alice")), "closed");
    IS(fix_act(f, "r1", "member.unfreeze", "hansalim", OF("alice")), "closed");
    IS(fix_act(f, "alice", "record.allow", "alice@hansalim", OF("alice") ",'allowed':true"),
       "closed");
    IS(fix_act(f, "r1", "account.limits", "hansalim",
               OF("alice") ",'unit':'hour','floor':0,'ceiling':10"),
       "closed");
    IS(fix_act(f, "alice x", "key.add", "alice@hansalim",
               "'holder':'alice@hansalim','role':'member','key':$x"),
       "closed");
    IS(fix_act(f, "alice", "key.revoke", "alice@hansalim",
               "'holder':'alice@hansalim','role':'member','kid':'#alice'"),
       "closed");
    IS(fix_act(f, "alice", "threshold.set", "alice@hansalim",
               "'holder':'alice@hansalim','role':'member','threshold':1"),
       "closed");
    /* Frozen by the office, closed by the office; a purse by its treasurers. */
    IS(fix_act(f, "r1", "member.freeze", "hansalim", OF("bob")), "posted");
    IS(fix_act(f, "r1", "member.close", "hansalim", OF("bob")), "posted");
    assert_false(fix_holder(f, "bob@hansalim")->frozen_by_office);
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", OF("bob")), "not-permitted");
    IS(fix_act(f, "r1", "member.close", "hansalim", OF("fund")), "not-permitted");
    IS(fix_act(f, "t1 t2", "member.close", "hansalim", OF("fund")), "posted");
    /* Two who sign. */
    IS(fix_act(f, "carol1", "member.close", "carol@hansalim", OF("carol")), "pending");
}

/* A balance in any unit holds a close up, also one in a unit added later. */
static void test_close_any_unit(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim",
               "'coop':'hansalim','unit':'won','floor':-5,'ceiling':null,'registrar_floor':0,"
               "'registrar_ceiling':0,'reversal_days':0"),
       "posted");
    IS(fix_act(f, "alice", "transfer", "alice@hansalim",
               "'from':'alice@hansalim','to':'bob@hansalim','unit':'won','amount':5"),
       "posted");
    IS(fix_act(f, "alice", "member.close", "alice@hansalim", OF("alice")), "limit-out-of-bounds");
}

static void test_allow(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "bob", "record.allow", "alice@hansalim", OF("alice") ",'allowed':true"),
       "not-permitted");
    IS(fix_act(f, "r1", "record.allow", "hansalim", OF("alice") ",'allowed':true"),
       "not-permitted");
    IS(fix_act(f, "alice", "record.allow", "alice@hansalim", OF("bob") ",'allowed':true"),
       "not-permitted");
    IS(fix_act(f, "r1", "record.allow", "old@hansalim", OF("old") ",'allowed':true"),
       "not-permitted");
    IS(fix_act(f, "t1 t2", "record.allow", "fund@hansalim", OF("fund") ",'allowed':true"),
       "not-permitted");
    IS(fix_act(f, "carol1 carol2", "record.allow", "carol@hansalim", OF("carol") ",'allowed':true"),
       "posted");
    assert_true(fix_holder(f, "carol@hansalim")->allowed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create),           TEST(test_create_who),
        TEST(test_create_elsewhere), TEST(test_create_with_keys_in_use),
        TEST(test_create_purse),     TEST(test_update),
        TEST(test_frozen_by_office), TEST(test_frozen_by_member),
        TEST(test_frozen_purse),     TEST(test_close),
        TEST(test_close_any_unit),   TEST(test_allow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
