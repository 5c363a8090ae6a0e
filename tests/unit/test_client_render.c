/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What people are shown before they sign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Before cmocka, which has a macro called fail. */
#include "client/render.h"
#include "core/text.h"

#include <cmocka.h>

/* RFC 8037 appendix A's key and its thumbprint. */
#define JWK \
    "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define KID "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define JWK2 \
    "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw\"}"
#define JTI "AZqrnZ4AAAAAAAAAAAAAAAAAAAAA"
/* Of the levy on alice in hours for November 2026. */
#define LEVY_JTI     "qJaLLPdKCY7sp4RIeZRYaNHqq3seczdp-vUEpqMRvNs"
#define JTI_OF(type) (str_eq(type, "levy") ? LEVY_JTI : JTI)

static struct profile_unit units[] = {
    {.unit = "hour", .scale = 60, .kind = UNIT_TIME},
    {.unit = "won", .scale = 1, .kind = UNIT_CREDIT},
};
static char mine_name[] = "treasurer";
static struct keyfile mine = {.kid = {KID}};
static struct keyfile *keys[] = {&mine};
static struct client client = {
    .profile = {.n_units = ARRAY_LEN(units), .units = units},
    .n_keys = 1,
    .keys = keys,
    .keys_read = true,
};

static int set_up(void **state)
{
    mine.name = mine_name;
    setenv("TZ", "UTC", 1);
    tzset();
    return 0;
}

#define A43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* Parses a payload of the members given (after the common ones). */
static void parse(struct act *a, const char *type, const char *by, const char *members)
{
    /* A ledger that isn't open yet has no id. */
    const char *hash = str_eq(type, "ledger.continue") ? "#" A43 : "";
    char *payload = x_asprintf("{\"type\":\"%s\",\"aud\":\"ledger.example%s\",\"by\":\"%s\","
                               "\"jti\":\"%s\",\"iat\":1795305600,\"exp\":1795309200,%s}",
                               type, hash, by, JTI_OF(type), members);
    struct envelope env;
    struct refusal r = {0};

    envelope_new(&env, payload, strlen(payload));
    if (act_parse(a, &env, &r) != 0)
        fail_msg("%s: %s", payload, r.detail);
    envelope_free(&env);
    free(payload);
}

static char *rendered(const char *type, const char *by, const char *members,
                      const struct submission *s)
{
    struct act a;
    char *text;

    parse(&a, type, by, members);
    text = render_act(&client, &a, s, NULL);
    act_free(&a);
    return text;
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no \"%s\" in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("\"%s\" in:\n%s", part, text);
}

static void every_act_has_a_headline(void **state)
{
    static const struct {
        const char *type, *by, *members, *headline;
    } rows[ACT_TYPE_COUNT] = {
        {"ledger.open", "stewards",
         "\"name\":\"Pumasi Seoul\",\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"zone\":\"Asia/Seoul\","
         "\"log_key\":" JWK ",\"clerk_key\":" JWK2 ",\"stewards\":[{\"kty\":\"OKP\",\"crv\":"
         "\"Ed25519\",\"x\":\"_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU\"}],\"threshold\":1,"
         "\"rules\":1",
         "opening of the ledger “Pumasi Seoul” (ledger.example)"},
        {"unit.create", "stewards",
         "\"unit\":\"hour\",\"name\":\"시간\",\"scale\":60,\"kind\":\"time\"",
         "new unit hour (“시간”)"},
        {"coop.create", "stewards",
         "\"coop\":\"hansalim\",\"name\":\"한살림\",\"treasurers\":[" JWK "," JWK2
         "],\"threshold\":2,\"registrars\":[]",
         "new co-op hansalim (“한살림”)"},
        {"coop.policy", "hansalim",
         "\"coop\":\"hansalim\",\"unit\":\"hour\",\"floor\":-1200,\"ceiling\":2400,"
         "\"registrar_floor\":-2400,\"registrar_ceiling\":null,\"reversal_days\":30",
         "limits of the members of hansalim in hour"},
        {"member.create", "hansalim",
         "\"member\":\"alice@hansalim\",\"kind\":\"person\",\"keys\":[" JWK2 "],\"threshold\":1",
         "new member alice@hansalim"},
        {"member.update", "alice@hansalim", "\"member\":\"alice@hansalim\"",
         "change of the name of alice@hansalim"},
        {"member.freeze", "alice@hansalim", "\"member\":\"alice@hansalim\"",
         "freeze of alice@hansalim"},
        {"member.unfreeze", "hansalim", "\"member\":\"alice@hansalim\"",
         "unfreeze of alice@hansalim"},
        {"member.close", "hansalim", "\"member\":\"alice@hansalim\"",
         "closing of alice@hansalim, for ever"},
        {"record.allow", "alice@hansalim", "\"member\":\"alice@hansalim\",\"allowed\":true",
         "permission for registrars to record payments of alice@hansalim"},
        {"account.limits", "hansalim",
         "\"member\":\"alice@hansalim\",\"unit\":\"won\",\"floor\":0,\"ceiling\":null",
         "limits of alice@hansalim in won"},
        {"key.add", "hansalim", "\"holder\":\"hansalim\",\"role\":\"treasurer\",\"key\":" JWK,
         "new treasurer key of hansalim"},
        {"key.revoke", "hansalim",
         "\"holder\":\"hansalim\",\"role\":\"registrar\",\"kid\":\"" KID "\"",
         "revocation of a registrar key of hansalim, for ever"},
        {"threshold.set", "stewards",
         "\"holder\":\"stewards\",\"role\":\"steward\",\"threshold\":2",
         "threshold of 2 for the stewards"},
        {"transfer", "alice@hansalim",
         "\"from\":\"alice@hansalim\",\"to\":\"bob@hansalim\",\"unit\":\"hour\",\"amount\":90",
         "payment of 1:30 hour from alice@hansalim to bob@hansalim"},
        {"request", "bob@hansalim",
         "\"from\":\"alice@hansalim\",\"to\":\"bob@hansalim\",\"unit\":\"hour\",\"amount\":90,"
         "\"expires\":\"2026-12-22\"",
         "request that alice@hansalim pay 1:30 hour to bob@hansalim"},
        {"reversal", "bob@hansalim", "\"record\":12,\"amount\":30",
         "reversal of 30 minor units of record 12"},
        {"decline", "alice@hansalim", "\"act\":\"" KID "\"",
         "decline of an act that isn't shown here"},
        {"snapshot", "ledger",
         "\"size\":9,\"count\":5,\"root\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
         "the ledger's snapshot of its first 9 records"},
        {"key.recover", "hansalim",
         "\"holder\":\"alice@hansalim\",\"role\":\"member\",\"keys\":[" JWK2 "],\"threshold\":1",
         "new keys for alice@hansalim in the place of lost ones, in seven days"},
        {"key.recover.finish", "stewards",
         "\"holder\":\"hansalim\",\"role\":\"treasurer\",\"record\":12",
         "coming into force of new keys for treasurers of hansalim: all old ones are revoked"},
        {"key.object", "alice@hansalim",
         "\"holder\":\"alice@hansalim\",\"role\":\"member\",\"record\":12",
         "objection to new keys for alice@hansalim"},
        {"line.set", "hansalim",
         "\"coop\":\"hansalim\",\"partner\":\"icoop\",\"unit\":\"hour\",\"limit\":600,"
         "\"transit\":true",
         "line that hansalim gives icoop in hour"},
        {"clearing.propose", "hansalim", "\"unit\":\"hour\",\"deadline\":1795392000",
         "round of clearing in hour"},
        {"clearing.consent", "hansalim",
         "\"unit\":\"hour\",\"round\":7,\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
         "consent of hansalim to the clearing in hour"},
        {"clearing.decline", "hansalim", "\"unit\":\"hour\",\"round\":7",
         "decline of the clearing in hour by hansalim"},
        {"clearing.post", "ledger",
         "\"unit\":\"hour\",\"round\":7,\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
         "\"consents\":[8,9]",
         "clearing of what co-ops owe each other in hour"},
        {"ledger.continue", "stewards",
         "\"origin\":\"ledger.example/2\",\"kept\":\"ledger.example\\n12\\n" A43
         "=\\n\\n— ledger.example " A43 A43 "AAAAA=\\n\",\"found\":{\"size\":9,\"root\":\"" A43
         "=\"}",
         "continuation of the ledger as ledger.example/2, without the records that were lost"},
        {"levy", "ledger", "\"member\":\"alice@hansalim\",\"unit\":\"hour\",\"month\":\"2026-11\"",
         "levy on alice@hansalim in hour for the month 2026-11"},
        {"estate", "hansalim",
         "\"member\":\"alice@hansalim\",\"unit\":\"hour\",\"purse\":\"fund@hansalim\"",
         "estate of alice@hansalim in hour, with the purse fund@hansalim"},
        {"coop.close", "hansalim", "\"coop\":\"hansalim\"",
         "closing of the co-op hansalim, for ever"},
        {"settlement", "hansalim",
         "\"from\":\"hansalim\",\"to\":\"icoop\",\"unit\":\"hour\",\"amount\":90,"
         "\"means\":\"money\",\"date\":\"2026-11-20\"",
         "settlement of 1:30 hour that hansalim gave icoop"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct act a;
        char *headline, *text;

        parse(&a, rows[i].type, rows[i].by, rows[i].members);
        assert_int_equal(a.type, i);
        headline = render_headline(&client, &a, NULL);
        assert_string_equal(headline, rows[i].headline);
        text = render_act(&client, &a, NULL, NULL);
        assert_has(text, headline);
        assert_has(text, "made by");
        assert_has(text, JTI_OF(rows[i].type));
        assert_has(text, "2026-11-22 01:00"); /* exp */
        free(headline);
        free(text);
        act_free(&a);
    }
}

static void a_purse_is_told_from_a_member(void **state)
{
    char *text = rendered("member.create", "hansalim",
                          "\"member\":\"fund@hansalim\",\"kind\":\"purse\",\"keys\":[],"
                          "\"threshold\":1",
                          NULL);

    assert_has(text, "new purse fund@hansalim\n");
    assert_has(text, "the treasurers of hansalim");
    free(text);
    text = rendered("member.create", "hansalim",
                    "\"member\":\"old@hansalim\",\"kind\":\"person\",\"keys\":[],\"threshold\":1",
                    NULL);
    assert_has(text, "the registrars of hansalim record for it");
    free(text);
}

static void own_keys_are_named(void **state)
{
    char *text = rendered("coop.create", "stewards",
                          "\"coop\":\"hansalim\",\"name\":\"x\",\"treasurers\":[" JWK "," JWK2
                          "],\"threshold\":2,\"registrars\":[]",
                          NULL);

    assert_has(text, "2 of these 2 keys must sign");
    assert_has(text, KID " (your key treasurer)\n");
    assert_has(text, "registrars         none\n");
    free(text);
}

static void bounds_read_as_sentences(void **state)
{
    static const struct {
        struct act_bounds bounds;
        const char *words;
    } rows[] = {
        {{-1200, 2400, false}, "may owe up to 20:00 hour, may hold up to 40:00 hour"},
        {{0, 0, true}, "may not owe anything, may hold any amount"},
        {{60, 0, true}, "must keep at least 1:00 hour, may hold any amount"},
        {{-60, 0, false}, "may owe up to 1:00 hour, may not hold anything"},
        {{-120, -60, false}, "may owe up to 2:00 hour, must owe at least 1:00 hour"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *words = render_bounds(&client, &rows[i].bounds, "hour");

        assert_string_equal(words, rows[i].words);
        free(words);
    }
}

static void keys_are_told_by_whose_they_are(void **state)
{
    static const struct {
        enum role role;
        const char *holder, *words;
    } rows[] = {
        {ROLE_MEMBER, "alice@hansalim", "key of alice@hansalim"},
        {ROLE_STEWARD, "stewards", "steward key"},
        {ROLE_AUDITOR, "*", "auditor key for everything"},
        {ROLE_AUDITOR, "hansalim", "auditor key of hansalim"},
        {ROLE_LOG, "ledger", "log key of the ledger"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *words = render_key_of(rows[i].role, rows[i].holder);

        assert_string_equal(words, rows[i].words);
        free(words);
    }
}

static void unknown_units_show_what_is_signed(void **state)
{
    char *text = rendered("transfer", "alice@hansalim",
                          "\"from\":\"alice@hansalim\",\"to\":\"bob@hansalim\",\"unit\":\"box\","
                          "\"amount\":90",
                          NULL);

    assert_has(text, "payment of 90 minor units of box from");
    free(text);
}

static void a_transfer_shows_who_recorded_it(void **state)
{
    char *text = rendered("transfer", "hansalim",
                          "\"from\":\"alice@hansalim\",\"to\":\"bob@hansalim\",\"unit\":\"won\","
                          "\"amount\":5000,\"value_date\":\"2026-11-20\",\"category\":\"garden\"",
                          NULL);

    assert_has(text, "payment of 5000 won from");
    assert_has(text, "2026-11-20");
    assert_has(text, "garden");
    assert_has(text, "the office of hansalim");
    free(text);
    text = rendered("transfer", "alice@hansalim",
                    "\"from\":\"alice@hansalim\",\"to\":\"bob@hansalim\",\"unit\":\"won\","
                    "\"amount\":5000",
                    NULL);
    assert_lacks(text, "the office of");
    free(text);
}

/* A text is only shown when it is the one whose hash is signed. */
static void a_swapped_memo_is_not_shown(void **state)
{
    static const uint8_t salt[TEXT_SALT_LEN] = {1, 2, 3};
    char hash_b64u[HASH_B64U_LEN + 1], *members, *text;
    struct submission s = {.n_texts = 1};
    struct hash hash;

    text_hash(&hash, salt, "garden", 6);
    hash_text(hash_b64u, &hash);
    members = x_asprintf("\"from\":\"alice@hansalim\",\"to\":\"bob@hansalim\",\"unit\":\"hour\","
                         "\"amount\":90,\"memo_hash\":\"%s\"",
                         hash_b64u);
    str_copy(s.texts[0].field, sizeof(s.texts[0].field), "memo");
    memcpy(s.texts[0].salt, salt, sizeof(salt));
    s.texts[0].text = (char[]){"garden"};
    s.texts[0].len = 6;
    text = rendered("transfer", "alice@hansalim", members, &s);
    assert_has(text, "“garden”");
    free(text);
    s.texts[0].text = (char[]){"Garden"};
    text = rendered("transfer", "alice@hansalim", members, &s);
    assert_lacks(text, "Garden");
    assert_has(text, "doesn't show it to you");
    free(text);
    text = rendered("transfer", "alice@hansalim", members, NULL);
    assert_has(text, "doesn't show it to you");
    free(text);
    free(members);
}

/* A ledger that lets anything through can't play with the terminal of who signs. */
static void a_hostile_memo_is_harmless(void **state)
{
    static const char hostile[] = "garden\x1b[2J\xe2\x80\xae\nSigned already";
    static const uint8_t salt[TEXT_SALT_LEN] = {9};
    char hash_b64u[HASH_B64U_LEN + 1], *members, *text, copy[sizeof(hostile)];
    struct submission s = {.n_texts = 1};
    struct hash hash;

    str_copy(copy, sizeof(copy), hostile);
    text_hash(&hash, salt, hostile, strlen(hostile));
    hash_text(hash_b64u, &hash);
    str_copy(s.texts[0].field, sizeof(s.texts[0].field), "memo");
    memcpy(s.texts[0].salt, salt, sizeof(salt));
    s.texts[0].text = copy;
    s.texts[0].len = strlen(copy);
    members = x_asprintf("\"from\":\"alice@hansalim\",\"to\":\"bob@hansalim\",\"unit\":\"hour\","
                         "\"amount\":90,\"expires\":\"2026-12-22\",\"memo_hash\":\"%s\"",
                         hash_b64u);
    text = rendered("request", "bob@hansalim", members, &s);
    assert_has(text, "“garden\\x1b[2J\\xe2\\x80\\xae\\x0aSigned already”\n");
    assert_lacks(text, "\x1b");
    assert_lacks(text, "\xe2\x80\xae");
    assert_lacks(text, "\nSigned");
    free(text);
    free(members);
}

/* --- acts that name others --- */

#define TRANSFER \
    "\"from\":\"alice@hansalim\",\"to\":\"bob@hansalim\",\"unit\":\"hour\",\"amount\":60"
#define REQUEST TRANSFER ",\"expires\":\"2026-12-22\",\"category\":\"garden\""

/* `type` by `by`, where it names an act of the other three. */
static char *rendered_naming(const char *type, const char *by, const char *members,
                             const char *named_type, const char *named_by,
                             const char *named_members, int64_t index)
{
    struct act a, other;
    struct render_named named = {
        .act = &other, .index = index, .time = index < 0 ? NULL : "2026-11-20T10:00:00.000Z"};
    char *text;

    parse(&a, type, by, members);
    parse(&other, named_type, named_by, named_members);
    text = render_act(&client, &a, NULL, &named);
    act_free(&a);
    act_free(&other);
    return text;
}

static void a_reversal_shows_what_it_takes_back(void **state)
{
    char *text = rendered_naming("reversal", "bob@hansalim", "\"record\":12,\"amount\":30",
                                 "transfer", "alice@hansalim", TRANSFER, 12);

    assert_has(text, "reversal of 0:30 hour of record 12\n");
    assert_has(text, "gives back         0:30 hour, out of 1:00 hour\n");
    assert_has(text, "from               bob@hansalim\n");
    assert_has(text, "to                 alice@hansalim\n");
    assert_has(text, "Record 12, booked 2026-11-20 10:00, says:\n"
                     "  payment of 1:00 hour from alice@hansalim to bob@hansalim\n");
    assert_lacks(text, "without a signature");
    free(text);
    text = rendered_naming("reversal", "hansalim", "\"record\":12,\"amount\":60", "transfer",
                           "alice@hansalim", TRANSFER, 12);
    assert_has(text, "reversal of record 12, all of its 1:00 hour\n");
    assert_has(text, "the office of hansalim, without a signature of bob@hansalim\n");
    free(text);
}

static void a_decline_shows_what_it_ends(void **state)
{
    char *text = rendered_naming("decline", "alice@hansalim", "\"act\":\"" KID "\"", "request",
                                 "bob@hansalim", REQUEST, 12);

    assert_has(text, "decline of the request that alice@hansalim pay 1:00 hour to bob@hansalim\n");
    assert_has(text, "Record 12, booked 2026-11-20 10:00, says:\n");
    assert_has(text, "may be paid until  2026-12-22\n");
    assert_has(text, "category           garden\n");
    free(text);
    text = rendered_naming("decline", "bob@hansalim", "\"act\":\"" KID "\"", "request",
                           "bob@hansalim", REQUEST, 12);
    assert_has(text, "withdrawal of the request that alice@hansalim pay");
    free(text);
    text =
        rendered_naming("decline", "hansalim", "\"act\":\"" KID "\"", "threshold.set", "stewards",
                        "\"holder\":\"stewards\",\"role\":\"steward\",\"threshold\":2", -1);
    assert_has(text, "decline of the threshold of 2 for the stewards\n");
    assert_has(text, "It isn't posted yet and says:\n");
    free(text);
    /* What one treasurer began another one declines; a member withdraws its own. */
    text = rendered_naming("decline", "hansalim", "\"act\":\"" KID "\"", "transfer", "hansalim",
                           TRANSFER, -1);
    assert_has(text, "decline of the payment of 1:00 hour from alice@hansalim");
    free(text);
    text = rendered_naming("decline", "alice@hansalim", "\"act\":\"" KID "\"", "transfer",
                           "alice@hansalim", TRANSFER, -1);
    assert_has(text, "withdrawal of the payment of 1:00 hour from alice@hansalim");
    free(text);
}

static void a_payment_shows_the_request_that_it_answers(void **state)
{
    char *text = rendered_naming("transfer", "hansalim", TRANSFER ",\"request\":12", "request",
                                 "bob@hansalim", REQUEST, 12);

    assert_has(text, "answers request    12\n");
    assert_has(text, "  request that alice@hansalim pay 1:00 hour to bob@hansalim\n");
    free(text);
}

/* Whoever signs is told that there is something that they can't see. */
static void what_cannot_be_shown_is_said(void **state)
{
    char *text = rendered("reversal", "hansalim", "\"record\":12,\"amount\":30", NULL);

    assert_has(text, "What record 12 says can't be shown to you. Ask hansalim about it");
    free(text);
    text = rendered("decline", "hansalim", "\"act\":\"" KID "\"", NULL);
    assert_has(text, "the hash of that act is " KID ". Ask hansalim about it");
    free(text);
    text = rendered("transfer", "alice@hansalim", TRANSFER ",\"request\":12", NULL);
    assert_has(text, "What record 12 says can't be shown to you. Ask alice@hansalim");
    free(text);
    text = rendered("transfer", "alice@hansalim", TRANSFER, NULL);
    assert_lacks(text, "can't be shown");
    free(text);
    /* The record is there but is no payment: its amount has no unit. */
    text = rendered_naming("reversal", "hansalim", "\"record\":12,\"amount\":30", "request",
                           "bob@hansalim", REQUEST, 12);
    assert_has(text, "reversal of 30 minor units of record 12\n");
    assert_lacks(text, "gives back");
    free(text);
}

static void forced_reversals_are_plain(void **state)
{
    static const struct {
        int days;
        const char *words;
    } rows[] = {
        {0, "force a reversal   treasurers may not\n"},
        {1, "force a reversal   treasurers may, for 1 day\n"},
        {30, "force a reversal   treasurers may, for 30 days\n"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *members = x_asprintf("\"coop\":\"hansalim\",\"unit\":\"hour\",\"floor\":0,"
                                   "\"ceiling\":null,\"registrar_floor\":0,"
                                   "\"registrar_ceiling\":null,\"reversal_days\":%d",
                                   rows[i].days);
        char *text = rendered("coop.policy", "hansalim", members, NULL);

        assert_has(text, rows[i].words);
        free(text);
        free(members);
    }
}

/* What is lost is said in numbers, and that some is lost though the numbers are the same. */
static void a_continuation_says_what_is_lost(void **state)
{
    char *text = rendered("ledger.continue", "stewards",
                          "\"origin\":\"ledger.example/2\",\"kept\":\"ledger.example\\n12\\n" A43
                          "=\\n\\n— ledger.example " A43 A43
                          "AAAAA=\\n\",\"found\":{\"size\":9,\"root\":\"" A43 "=\"}",
                          NULL);

    assert_has(text, "9 records");
    assert_has(text, "12 records");
    assert_has(text, "at least 3 records, from number 9 on");
    free(text);
    text = rendered("ledger.continue", "stewards",
                    "\"origin\":\"ledger.example/2\",\"kept\":\"ledger.example\\n9\\n" A43
                    "=\\n\\n— ledger.example " A43 A43
                    "AAAAA=\\n\",\"found\":{\"size\":9,\"root\":\"" A43 "=\"}",
                    NULL);
    assert_has(text, "others than those that were found");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_act_has_a_headline),
        cmocka_unit_test(a_continuation_says_what_is_lost),
        cmocka_unit_test(a_purse_is_told_from_a_member),
        cmocka_unit_test(own_keys_are_named),
        cmocka_unit_test(bounds_read_as_sentences),
        cmocka_unit_test(keys_are_told_by_whose_they_are),
        cmocka_unit_test(unknown_units_show_what_is_signed),
        cmocka_unit_test(a_transfer_shows_who_recorded_it),
        cmocka_unit_test(a_swapped_memo_is_not_shown),
        cmocka_unit_test(a_hostile_memo_is_harmless),
        cmocka_unit_test(a_reversal_shows_what_it_takes_back),
        cmocka_unit_test(a_decline_shows_what_it_ends),
        cmocka_unit_test(a_payment_shows_the_request_that_it_answers),
        cmocka_unit_test(what_cannot_be_shown_is_said),
        cmocka_unit_test(forced_reversals_are_plain),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
