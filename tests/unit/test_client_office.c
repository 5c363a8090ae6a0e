/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who signs for an office, and what waiting acts say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro called fail. */
#include "client/office.h"
#include "client/waiting.h"
#include "core/buf.h"

#include <cmocka.h>

#define PAYLOAD                                                                           \
    "{\"type\":\"threshold.set\",\"aud\":\"ledger.example\",\"by\":\"hansalim\",\"jti\":" \
    "\"AZqrnZ4AAAAAAAAAAAAAAAAAAAAA\",\"iat\":1795305600,\"exp\":1795309200,\"holder\":"  \
    "\"hansalim\",\"role\":\"treasurer\",\"threshold\":2}"

/* A profile with these keys, all in the clear; none of it touches a disk. */
struct desk {
    struct client c;
    struct keyfile files[6];
    struct keyfile *list[6];
    uint8_t secrets[6][KEY_SECRET_LEN];
    char names[6][8];
};

static void desk_add(struct desk *d, const char *holder, enum role role)
{
    size_t i = d->c.n_keys++;
    struct keyfile *k = &d->files[i];

    snprintf(d->names[i], sizeof(d->names[i]), "key%zu", i);
    k->name = d->names[i];
    str_copy(k->holder, sizeof(k->holder), holder);
    k->role = role;
    k->secret = d->secrets[i];
    memset(k->key.x, (int)i + 1, KEY_LEN);
    key_kid(&k->kid, &k->key);
    d->list[i] = k;
}

static int set_up(void **state)
{
    struct desk *d = x_calloc(1, sizeof(*d));

    d->c.keys = d->list;
    d->c.keys_read = true;
    desk_add(d, "hansalim", ROLE_TREASURER);
    desk_add(d, "hansalim", ROLE_TREASURER);
    desk_add(d, "hansalim", ROLE_REGISTRAR);
    desk_add(d, "alice@hansalim", ROLE_MEMBER);
    desk_add(d, "icoop", ROLE_TREASURER);
    *state = d;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void all_treasurers_of_the_coop_sign(void **state)
{
    const struct signer_choice treasurers = {"hansalim", ROLE_TREASURER};
    struct desk *d = *state;
    struct signers s;

    assert_int_equal(signers_choose(&d->c, &treasurers, 1, NULL, &s), PUMASI_OK);
    assert_int_equal(s.n, 2);
    assert_ptr_equal(s.keys[0], &d->files[0]);
    assert_ptr_equal(s.keys[1], &d->files[1]);
    assert_string_equal(signers_by(&s, "else"), "hansalim");
}

static void the_first_choice_that_has_keys_is_taken(void **state)
{
    const struct signer_choice choices[] = {
        {"bob@hansalim", ROLE_MEMBER}, {"hansalim", ROLE_REGISTRAR}, {"hansalim", ROLE_TREASURER}};
    struct desk *d = *state;
    struct signers s;

    assert_int_equal(signers_choose(&d->c, choices, 3, NULL, &s), PUMASI_OK);
    assert_int_equal(s.n, 1);
    assert_ptr_equal(s.keys[0], &d->files[2]);
}

/* A key that is only being added doesn't speak for its holder yet. */
static void a_new_key_does_not_count(void **state)
{
    const struct signer_choice choices[] = {{"alice@hansalim", ROLE_MEMBER},
                                            {"hansalim", ROLE_REGISTRAR}};
    struct desk *d = *state;
    struct signers s;

    assert_int_equal(signers_choose(&d->c, choices, 2, &d->files[3].key, &s), PUMASI_OK);
    assert_int_equal(s.n, 1);
    assert_ptr_equal(s.keys[0], &d->files[2]);
    assert_int_equal(signers_add_own(&d->c, &d->files[3].key, "alice@hansalim", ROLE_MEMBER, &s),
                     PUMASI_OK);
    assert_int_equal(s.n, 2);
    assert_string_equal(signers_by(&s, "else"), "hansalim");
    /* Once is enough. */
    assert_int_equal(signers_add_own(&d->c, &d->files[3].key, "alice@hansalim", ROLE_MEMBER, &s),
                     PUMASI_OK);
    assert_int_equal(s.n, 2);
}

static void without_a_key_nobody_signs(void **state)
{
    const struct signer_choice stewards = {HOLDER_STEWARDS_NAME, ROLE_STEWARD};
    struct desk *d = *state;
    struct signers s;

    assert_int_equal(signers_choose(&d->c, &stewards, 1, NULL, &s), PUMASI_FAILED);
    assert_int_equal(s.n, 0);
}

static void named_keys_go_first(void **state)
{
    const struct signer_choice treasurers = {"hansalim", ROLE_TREASURER};
    struct desk *d = *state;
    struct signers s;

    d->c.n_key_names = 1;
    d->c.key_names[0] = "key4";
    assert_int_equal(signers_choose(&d->c, &treasurers, 1, NULL, &s), PUMASI_OK);
    assert_int_equal(s.n, 1);
    assert_ptr_equal(s.keys[0], &d->files[4]);
}

static void a_ceiling_lies_above_its_floor(void **state)
{
    json_t *low = json_integer(-20), *high = json_integer(40), *none = json_null();

    assert_int_equal(office_check_bounds(low, high), PUMASI_OK);
    assert_int_equal(office_check_bounds(low, low), PUMASI_OK);
    assert_int_equal(office_check_bounds(high, none), PUMASI_OK);
    assert_int_equal(office_check_bounds(high, low), PUMASI_USAGE);
    json_decref(low);
    json_decref(high);
    json_decref(none);
}

/* --- waiting acts --- */

static json_t *item(const char *payload)
{
    struct envelope env;
    struct buf b = BUF_INIT;
    uint8_t secret[KEY_SECRET_LEN];
    struct key key;
    json_t *act;

    key_generate(&key, secret);
    envelope_new(&env, payload, strlen(payload));
    envelope_sign(&env, secret);
    envelope_put(&b, &env);
    act = json_loadb(b.data, b.len, 0, NULL);
    envelope_free(&env);
    buf_free(&b);
    return json_pack("{s:s, s:o, s:[{s:s, s:s, s:i, s:i}, {s:s, s:s, s:i, s:i}]}", "type",
                     "transfer", "act", act, "needs", "holder", "hansalim", "role", "treasurer",
                     "have", 1, "of", 3, "holder", "stewards", "role", "steward", "have", 0, "of",
                     1);
}

/* What the ledger says about an act beside it ("type" here) counts for nothing. */
static void an_act_is_read_from_its_payload(void **state)
{
    json_t *j = item(PAYLOAD);
    struct waiting w;
    char *why = NULL;

    assert_int_equal(waiting_read(&w, j, &why), 0);
    assert_int_equal(w.act.type, ACT_THRESHOLD_SET);
    assert_string_equal(w.act.u.key.holder, "hansalim");
    waiting_free(&w);
    json_decref(j);
}

static void what_cannot_be_read_says_why(void **state)
{
    static const char *const payloads[] = {"{}", "{\"type\":\"nonsense\"}", "[1]", "x"};

    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        json_t *j = item(payloads[i]);
        struct waiting w;
        char *why = NULL;

        assert_int_equal(waiting_read(&w, j, &why), -1);
        assert_non_null(why);
        assert_true(strlen(why) > 0);
        free(why);
        json_decref(j);
    }
}

static void needs_are_told_in_words(void **state)
{
    json_t *j = item(PAYLOAD);
    char *needs = waiting_needs(j);

    assert_string_equal(needs, "2 treasurers of hansalim, 1 steward");
    free(needs);
    json_decref(j);
    needs = waiting_needs(NULL);
    assert_string_equal(needs, "");
    free(needs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_treasurers_of_the_coop_sign, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_choice_that_has_keys_is_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_key_does_not_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_key_nobody_signs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(named_keys_go_first, set_up, tear_down),
        cmocka_unit_test(a_ceiling_lies_above_its_floor),
        cmocka_unit_test(an_act_is_read_from_its_payload),
        cmocka_unit_test(what_cannot_be_read_says_why),
        cmocka_unit_test(needs_are_told_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
