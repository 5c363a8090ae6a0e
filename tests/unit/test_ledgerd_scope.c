/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who may read what, and the nodes inside a tile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/tree.h"
#include "ledgerd/nodes.h"
#include "ledgerd/scope.h"

static struct caller caller(const char *holder, enum role role)
{
    struct caller c;

    memset(&c, 0, sizeof(c));
    c.known = c.registered = true;
    c.role = role;
    str_copy(c.holder, sizeof(c.holder), holder);
    str_copy(c.kid.s, sizeof(c.kid.s), "nobody-s-kid");
    caller_scope(&c);
    return c;
}

static struct part part(enum part_kind kind, const char *name)
{
    struct part p;

    memset(&p, 0, sizeof(p));
    p.kind = kind;
    str_copy(p.name, sizeof(p.name), name);
    return p;
}

/* As a string of y and n. */
static void check_parties(struct caller c, const char *by, const char *parties,
                          const struct part *parts, size_t n, const char *want)
{
    bool visible[16];
    char got[17] = "";
    size_t count = scope_parts(&c, by, parties, parts, n, visible);

    for (size_t i = 0; i < n; i++) {
        got[i] = visible[i] ? 'y' : 'n';
        count -= visible[i];
    }
    assert_string_equal(got, want);
    assert_int_equal(count, 0);
}

static void check_parts(struct caller c, const char *by, const struct part *parts, size_t n,
                        const char *want)
{
    check_parties(c, by, NULL, parts, n, want);
}

/* A request, or the decline of one: its parts name no member, and those of it see the act. */
static void test_request(void **state)
{
    const struct part parts[] = {
        part(PART_ACT, ""),
        part(PART_BOOK, "hansalim"),
        part(PART_BOOK, "medical"),
    };
    const char *by = "bob@medical", *parties = "alice@hansalim bob@medical";

    (void)state;
    check_parties(caller("alice@hansalim", ROLE_MEMBER), by, parties, parts, 3, "ynn");
    check_parties(caller("bob@medical", ROLE_MEMBER), by, parties, parts, 3, "ynn");
    check_parties(caller("carol@hansalim", ROLE_MEMBER), by, parties, parts, 3, "nnn");
    check_parties(caller("hansalim", ROLE_REGISTRAR), by, parties, parts, 3, "yyn");
    check_parties(caller("medical", ROLE_AUDITOR), by, parties, parts, 3, "yny");
    check_parties(caller("icoop", ROLE_TREASURER), by, parties, parts, 3, "nnn");
    check_parties(caller("*", ROLE_AUDITOR), by, parties, parts, 3, "yyy");
    check_parties(caller("stewards", ROLE_STEWARD), by, parties, parts, 3, "nnn");
}

/* Over a co-op in between, which is told what goes through its book and not whose it is. */
static void test_through(void **state)
{
    const struct part parts[] = {
        part(PART_ACT, ""),
        part(PART_POSTING, "alice@hansalim/hour"),
        part(PART_POSTING, "!pos.icoop@hansalim/hour"),
        part(PART_POSTING, "!pos.hansalim@icoop/hour"),
        part(PART_POSTING, "!pos.medical@icoop/hour"),
        part(PART_POSTING, "!pos.icoop@medical/hour"),
        part(PART_POSTING, "bob@medical/hour"),
        part(PART_BOOK, "hansalim"),
        part(PART_BOOK, "icoop"),
        part(PART_BOOK, "medical"),
    };
    const char *by = "alice@hansalim";

    (void)state;
    check_parts(caller("alice@hansalim", ROLE_MEMBER), by, parts, 10, "yynnnnnnnn");
    check_parts(caller("bob@medical", ROLE_MEMBER), by, parts, 10, "ynnnnnynnn");
    check_parts(caller("hansalim", ROLE_REGISTRAR), by, parts, 10, "yyynnnnynn");
    check_parts(caller("medical", ROLE_AUDITOR), by, parts, 10, "ynnnnyynny");
    check_parts(caller("icoop", ROLE_TREASURER), by, parts, 10, "nnnyynnnyn");
    check_parts(caller("icoop", ROLE_AUDITOR), by, parts, 10, "nnnyynnnyn");
    check_parts(caller("carol@icoop", ROLE_MEMBER), by, parts, 10, "nnnnnnnnnn");
    check_parts(caller("mapo", ROLE_TREASURER), by, parts, 10, "nnnnnnnnnn");
    check_parts(caller("*", ROLE_AUDITOR), by, parts, 10, "yyyyyyyyyy");
    check_parts(caller("stewards", ROLE_STEWARD), by, parts, 10, "nnnnnnnnnn");
    /* Where nothing is a member's, the act is of those whose books it touches. */
    check_parts(caller("icoop", ROLE_TREASURER), "ledger", parts + 2, 4, "nyyn");
}

static void test_line(void **state)
{
    const struct part parts[] = {
        part(PART_ACT, ""),
        part(PART_CHANGE, "line:hansalim/medical/hour"),
        part(PART_BOOK, "hansalim"),
        part(PART_BOOK, "medical"),
    };

    (void)state;
    check_parts(caller("hansalim", ROLE_TREASURER), "hansalim", parts, 4, "yyyn");
    check_parts(caller("medical", ROLE_REGISTRAR), "hansalim", parts, 4, "yyny");
    check_parts(caller("icoop", ROLE_TREASURER), "hansalim", parts, 4, "nnnn");
    check_parts(caller("alice@hansalim", ROLE_MEMBER), "hansalim", parts, 4, "nnnn");
    check_parts(caller("stewards", ROLE_STEWARD), "hansalim", parts, 4, "yyyy");
    check_parts(caller("*", ROLE_AUDITOR), "hansalim", parts, 4, "yyyy");
}

static void test_of_the_ledger(void **state)
{
    const struct part parts[] = {
        part(PART_ACT, ""),
        part(PART_CHANGE, "ledger"),
        part(PART_CHANGE, "stewards"),
    };

    (void)state;
    check_parts(caller("alice@hansalim", ROLE_MEMBER), "stewards", parts, 3, "yyy");
    check_parts(caller("hansalim", ROLE_AUDITOR), "stewards", parts, 3, "yyy");
    check_parts(caller("stewards", ROLE_STEWARD), "stewards", parts, 3, "yyy");
}

static void test_transfer(void **state)
{
    const struct part parts[] = {
        part(PART_ACT, ""),
        part(PART_POSTING, "alice@hansalim/hour"),
        part(PART_POSTING, "bob@medical/hour"),
        part(PART_BOOK, "hansalim"),
        part(PART_BOOK, "medical"),
    };
    const char *by = "alice@hansalim";

    (void)state;
    check_parts(caller("alice@hansalim", ROLE_MEMBER), by, parts, 5, "yynnn");
    check_parts(caller("bob@medical", ROLE_MEMBER), by, parts, 5, "ynynn");
    check_parts(caller("bob@hansalim", ROLE_MEMBER), by, parts, 5, "nnnnn");
    check_parts(caller("alice@hansali", ROLE_MEMBER), by, parts, 5, "nnnnn");
    check_parts(caller("hansalim", ROLE_REGISTRAR), by, parts, 5, "yynyn");
    check_parts(caller("hansalim", ROLE_TREASURER), by, parts, 5, "yynyn");
    check_parts(caller("medical", ROLE_AUDITOR), by, parts, 5, "ynyny");
    check_parts(caller("other", ROLE_AUDITOR), by, parts, 5, "nnnnn");
    check_parts(caller("*", ROLE_AUDITOR), by, parts, 5, "yyyyy");
    check_parts(caller("stewards", ROLE_STEWARD), by, parts, 5, "nnnnn");
    check_parts(caller("ledger", ROLE_LOG), by, parts, 5, "nnnnn");
    check_parts(caller("ledger", ROLE_CLERK), by, parts, 5, "nnnnn");
    /* Without a registered key there is nothing to see. */
    struct caller stranger = caller("alice@hansalim", ROLE_MEMBER);
    stranger.registered = false;
    check_parts(stranger, by, parts, 5, "nnnnn");
}

static void test_changes(void **state)
{
    const struct part coop[] = {part(PART_ACT, ""), part(PART_CHANGE, "hansalim"),
                                part(PART_BOOK, "hansalim")};
    const struct part limits[] = {part(PART_ACT, ""),
                                  part(PART_CHANGE, "limits:alice@hansalim/hour"),
                                  part(PART_BOOK, "hansalim")};
    const struct part policy[] = {part(PART_ACT, ""), part(PART_CHANGE, "policy:hansalim/hour"),
                                  part(PART_BOOK, "hansalim")};
    const struct part unit[] = {part(PART_ACT, ""), part(PART_CHANGE, "unit:hour")};

    (void)state;
    check_parts(caller("stewards", ROLE_STEWARD), "stewards", coop, 3, "yyy");
    check_parts(caller("hansalim", ROLE_TREASURER), "stewards", coop, 3, "yyy");
    check_parts(caller("alice@hansalim", ROLE_MEMBER), "stewards", coop, 3, "nnn");
    check_parts(caller("alice@hansalim", ROLE_MEMBER), "hansalim", limits, 3, "yyn");
    check_parts(caller("stewards", ROLE_STEWARD), "hansalim", limits, 3, "nnn");
    check_parts(caller("hansalim", ROLE_REGISTRAR), "hansalim", limits, 3, "yyy");
    check_parts(caller("medical", ROLE_REGISTRAR), "hansalim", limits, 3, "nnn");
    check_parts(caller("alice@hansalim", ROLE_MEMBER), "hansalim", policy, 3, "nnn");
    /* A co-op named as a unit is doesn't see the unit's record by its name. */
    check_parts(caller("hour", ROLE_TREASURER), "stewards", unit, 2, "nn");
    check_parts(caller("stewards", ROLE_STEWARD), "stewards", unit, 2, "yy");
    check_parts(caller("*", ROLE_AUDITOR), "stewards", unit, 2, "yy");
}

/* In the log, offices judge their books by units and stewards; nobody else does. */
static void test_network(void **state)
{
    const struct part unit[] = {part(PART_ACT, ""), part(PART_CHANGE, "unit:hour")};
    const struct part stewards[] = {part(PART_ACT, ""), part(PART_CHANGE, "stewards")};
    const struct part auditors[] = {part(PART_ACT, ""), part(PART_CHANGE, "*")};
    const struct part coop[] = {part(PART_ACT, ""), part(PART_CHANGE, "stewards"),
                                part(PART_CHANGE, "medical"), part(PART_BOOK, "medical")};
    const struct part member[] = {part(PART_ACT, ""), part(PART_POSTING, "unit@medical/hour")};
    struct caller office = caller("hansalim", ROLE_REGISTRAR);
    struct caller eye = caller("hansalim", ROLE_AUDITOR);
    struct caller alice = caller("alice@hansalim", ROLE_MEMBER);
    struct caller nobody = eye;

    (void)state;
    nobody.registered = false;
    assert_true(scope_sees_network(&office, unit, 2));
    assert_true(scope_sees_network(&eye, stewards, 2));
    assert_false(scope_sees_network(&eye, auditors, 2));
    assert_false(scope_sees_network(&eye, coop, 4));
    assert_false(scope_sees_network(&eye, member, 2));
    assert_false(scope_sees_network(&eye, unit, 1));
    assert_false(scope_sees_network(&alice, unit, 2));
    assert_false(scope_sees_network(&nobody, unit, 2));
}

/* Whoever signed may see the act, and nothing else by that alone. */
static void test_signer(void **state)
{
    struct envelope_sig sig;
    struct part parts[] = {part(PART_ACT, ""), part(PART_CHANGE, "alice@hansalim")};
    struct caller c = caller("carol@medical", ROLE_MEMBER);

    (void)state;
    memset(&sig, 0, sizeof(sig));
    sig.kid = c.kid;
    parts[0].act.sigs = &sig;
    parts[0].act.n_sigs = 1;
    check_parts(c, "hansalim", parts, 2, "yn");
    str_copy(c.kid.s, sizeof(c.kid.s), "another-kid");
    check_parts(c, "hansalim", parts, 2, "nn");
}

static void test_members_and_coops(void **state)
{
    struct caller alice = caller("alice@hansalim", ROLE_MEMBER);
    struct caller clerk = caller("hansalim", ROLE_REGISTRAR);
    struct caller all = caller("*", ROLE_AUDITOR);
    struct caller steward = caller("stewards", ROLE_STEWARD);

    (void)state;
    assert_true(scope_sees_member(&alice, "alice@hansalim"));
    assert_false(scope_sees_member(&alice, "bob@hansalim"));
    assert_false(scope_sees_coop(&alice, "hansalim"));
    assert_true(scope_sees_member(&clerk, "bob@hansalim"));
    assert_false(scope_sees_member(&clerk, "bob@medical"));
    assert_true(scope_sees_coop(&clerk, "hansalim"));
    assert_false(scope_sees_coop(&clerk, "medical"));
    assert_true(scope_sees_member(&all, "bob@medical"));
    assert_true(scope_sees_coop(&all, "medical"));
    assert_false(scope_sees_member(&steward, "bob@medical"));
    assert_false(scope_sees_coop(&steward, "medical"));
    /* A position is its office's: it is made of what members pay, and so no steward's. */
    assert_true(scope_sees_accounts(&alice, "alice@hansalim"));
    assert_true(scope_sees_accounts(&clerk, "alice@hansalim"));
    assert_true(scope_sees_accounts(&clerk, "!pos.medical@hansalim"));
    assert_true(scope_sees_accounts(&all, "!pos.medical@hansalim"));
    assert_false(scope_sees_accounts(&alice, "!pos.medical@hansalim"));
    assert_false(scope_sees_accounts(&clerk, "!pos.hansalim@medical"));
    assert_false(scope_sees_accounts(&steward, "!pos.medical@hansalim"));
    assert_false(scope_sees_accounts(&steward, "alice@hansalim"));
    assert_false(scope_sees_accounts(&all, "!pos.medical"));
    assert_false(scope_sees_accounts(&all, "hansalim"));
    assert_true(scope_sees_accounts(&all, "!pos.a2345678901234567890123456789012@"
                                          "b2345678901234567890123456789012"));
}

static void test_pending(void **state)
{
    struct caller office = caller("hansalim", ROLE_TREASURER);
    struct caller alice = caller("alice@hansalim", ROLE_MEMBER);
    const char *asks = "registrar hansalim\nkid-of-a-new-key";

    (void)state;
    assert_true(scope_sees_pending(&office, "hansalim", "", asks)); /* its holder acts */
    assert_false(scope_sees_pending(&office, "stewards", "", asks));
    assert_true(scope_sees_pending(&office, "stewards", "a nobody-s-kid b", asks));
    office.role = ROLE_REGISTRAR;
    assert_true(scope_sees_pending(&office, "stewards", "", asks));
    assert_false(scope_sees_pending(&alice, "hansalim", "", asks));
    str_copy(alice.kid.s, sizeof(alice.kid.s), "kid-of-a-new-key");
    alice.registered = false;
    assert_true(scope_sees_pending(&alice, "hansalim", "", asks));
    assert_false(scope_sees_pending(&alice, "alice@hansalim", "", "member alice@hansalim"));
    alice.known = false;
    assert_false(scope_sees_pending(&alice, "hansalim", "", asks));
}

/* The nodes inside a tile are the tree's. */
static void test_tile(void **state)
{
    static struct hash nodes[NODES_OF_TILE];
    static const size_t counts[] = {1, 2, 3, 127, 128, 200, 255, 256};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct tree t;

        tree_init(&t);
        memset(nodes, 0, sizeof(nodes));
        for (size_t k = 0; k < counts[i]; k++) {
            tree_leaf_hash(&nodes[k], &k, sizeof(k));
            tree_append(&t, &nodes[k]);
        }
        nodes_fill(nodes, counts[i]);
        for (unsigned h = 0; h < 8; h++) {
            for (size_t k = 0; k < counts[i] >> h; k++) {
                struct hash want;
                assert_true(tree_get(&t, h, k, &want));
                assert_true(hash_eq(&want, &nodes[nodes_place(h) + k]));
            }
        }
        tree_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_through),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_of_the_ledger),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_transfer),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_signer),
        cmocka_unit_test(test_members_and_coops),
        cmocka_unit_test(test_pending),
        cmocka_unit_test(test_tile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
