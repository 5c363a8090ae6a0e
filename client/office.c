/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/office.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/problem.h"
#include "client/render.h"
#include "client/words.h"
#include "core/text.h"

/* --- who signs --- */

static bool same_key(const struct key *a, const struct key *b)
{
    return memcmp(a->x, b->x, KEY_LEN) == 0;
}

static int add(struct keyfile *k, struct signers *out)
{
    int rc;

    for (size_t i = 0; i < out->n; i++) {
        if (same_key(&out->keys[i]->key, &k->key))
            return PUMASI_OK;
    }
    if (out->n == CLI_VALUES_MAX)
        return fail(PUMASI_USAGE, _("That is more keys than one act can be signed with here."));
    rc = client_unlock(k);
    if (rc != PUMASI_OK)
        return rc;
    out->keys[out->n++] = k;
    return PUMASI_OK;
}

/* How many of a role a single act wants at most: the others sign by threshold. */
static bool one_is_enough(enum role role)
{
    return role == ROLE_REGISTRAR;
}

static int add_all_of(struct client *c, const struct signer_choice *choice,
                      const struct key *except, struct signers *out)
{
    struct keyfile *one;
    size_t before = out->n;
    int rc = PUMASI_OK;

    if (one_is_enough(choice->role)) {
        size_t found = 0;

        for (size_t i = 0; i < c->n_keys; i++)
            found += c->keys[i]->role == choice->role && str_eq(c->keys[i]->holder, choice->holder);
        if (found == 0)
            return PUMASI_OK;
        rc = client_key(c, KEY_ROLE(choice->role), choice->holder, &one);
        return rc == PUMASI_OK ? add(one, out) : rc;
    }
    for (size_t i = 0; rc == PUMASI_OK && i < c->n_keys; i++) {
        struct keyfile *k = c->keys[i];

        if (k->role != choice->role || !str_eq(k->holder, choice->holder) ||
            (except != NULL && same_key(&k->key, except)))
            continue;
        rc = add(k, out);
    }
    if (rc == PUMASI_OK && out->n - before > 1)
        note(_("Signing with your %zu %s's keys of %s."), out->n - before, word_role(choice->role),
             choice->holder);
    return rc;
}

int signers_choose(struct client *c, const struct signer_choice *choices, size_t n,
                   const struct key *except, struct signers *out)
{
    struct buf who = BUF_INIT;
    int rc = PUMASI_OK;

    out->n = 0;
    if (c->n_key_names > 0) {
        size_t named;

        rc = client_keys(c, KEY_ANY_ROLE, NULL, out->keys, &named);
        out->n = rc == PUMASI_OK ? named : 0;
        return rc;
    }
    client_read_keys(c);
    for (size_t i = 0; rc == PUMASI_OK && out->n == 0 && i < n; i++)
        rc = add_all_of(c, &choices[i], except, out);
    if (rc != PUMASI_OK || out->n > 0)
        return rc;
    for (size_t i = 0; i < n; i++) {
        char *key = render_key_of(choices[i].role, choices[i].holder);

        buf_printf(&who, "%s%s", i == 0 ? "" : _(" or "), key);
        free(key);
    }
    rc = fail(
        PUMASI_FAILED,
        _("This needs a %s, and this profile has none. \"pumasi key list\" shows your keys; name "
          "another one with --key."),
        who.data);
    buf_free(&who);
    return rc;
}

int signers_add_own(struct client *c, const struct key *key, const char *holder, enum role role,
                    struct signers *out)
{
    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys; i++) {
        struct keyfile *k = c->keys[i];
        int rc;

        if (!same_key(&k->key, key))
            continue;
        rc = add(k, out);
        if (rc != PUMASI_OK || k->holder[0] != '\0')
            return rc;
        str_copy(k->holder, sizeof(k->holder), holder);
        k->role = role;
        return keyfile_update(k);
    }
    return PUMASI_OK;
}

const char *signers_by(const struct signers *s, const char *otherwise)
{
    return s->n > 0 && s->keys[0]->holder[0] != '\0' ? s->keys[0]->holder : otherwise;
}

/* Treasurers, registrars and auditors read a co-op's book. */
static bool reads_books(const struct keyfile *k, const char *coop)
{
    if (k->role == ROLE_AUDITOR && str_eq(k->holder, HOLDER_ALL_NAME))
        return coop != NULL;
    return (k->role == ROLE_TREASURER || k->role == ROLE_REGISTRAR || k->role == ROLE_AUDITOR) &&
           (coop == NULL ? name_is_coop(k->holder) : str_eq(k->holder, coop));
}

int office_reader(struct client *c, const char *coop, struct keyfile **out)
{
    unsigned office = KEY_ROLE(ROLE_TREASURER) | KEY_ROLE(ROLE_REGISTRAR) | KEY_ROLE(ROLE_AUDITOR);
    struct keyfile *found = NULL;

    if (c->n_key_names > 0)
        return client_key(c, KEY_ANY_ROLE, NULL, out);
    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys; i++) {
        struct keyfile *k = c->keys[i];

        if (!reads_books(k, coop))
            continue;
        if (found != NULL && coop == NULL && !str_eq(found->holder, k->holder))
            return fail(PUMASI_USAGE,
                        _("You have keys of %s and of %s: say which co-op, or name a key with "
                          "--key."),
                        found->holder, k->holder);
        /* A key in the clear asks for no passphrase. */
        if (found == NULL || (found->sealed && !k->sealed))
            found = k;
    }
    if (found == NULL)
        return client_key(c, office, coop, out);
    *out = found;
    return client_unlock(found);
}

/* --- sending --- */

/* Nobody named them, and one that doesn't fit spoils it for all. */
static void note_signers(const struct signers *s, const char *refusal)
{
    struct buf names = BUF_INIT;

    if (s->n < 2 || (!str_eq(refusal, "unknown-key") && !str_eq(refusal, "not-permitted")))
        return;
    for (size_t i = 0; i < s->n; i++)
        buf_printf(&names, "%s%s", i == 0 ? "" : ", ", s->keys[i]->name);
    note(_("That was signed with your keys %s; --key names those that are to sign."), names.data);
    buf_free(&names);
}

int office_submit(struct client *c, const struct cli *cli, const struct submit_request *rq,
                  const struct signers *s)
{
    struct submit_result r;
    int rc = submit_act(c, cli, rq, s->keys, s->n, &r);
    bool since = r.outcome == SUBMIT_POSTED && r.before && r.resumed;
    char *refusal = x_strdup(problem_name(r.answer));

    rc = submit_finish(c, rq->what, &r, rc);
    if (c->n_key_names == 0)
        note_signers(s, refusal);
    free(refusal);
    if (since)
        note(_("The others have signed it since. To do it once more, run the same command again."));
    return rc;
}

bool office_agree(const struct client *c, const char *question)
{
    if (c->yes)
        return true;
    if (!say_can_ask()) {
        (void)fail(PUMASI_USAGE, _("Nobody can be asked here. Add --yes to sign all the same."));
        return false;
    }
    return say_ask(false, "%s", question);
}

bool office_confirm(const struct client *c, const char *fmt, ...)
{
    char question[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(question, sizeof(question), fmt, ap);
    va_end(ap);
    if (c->yes || !say_can_ask() || say_ask(false, "%s", question))
        return true;
    (void)fail(PUMASI_FAILED, _("Nothing was done."));
    return false;
}

/* --- what options say --- */

int office_keys(struct client *c, const struct cli *cli, const char *option, const char *holder,
                enum role role, struct signers *s, json_t **out)
{
    const char *file;
    int rc = PUMASI_OK;

    *out = json_array();
    for (int i = 0; rc == PUMASI_OK && (file = cli_nth(cli, option, i)) != NULL; i++) {
        struct key key;

        rc = client_public_key(c, file, &key);
        if (rc != PUMASI_OK)
            break;
        json_array_append_new(*out, client_jwk_of(&key));
        if (s != NULL)
            rc = signers_add_own(c, &key, holder, role, s);
    }
    if (rc == PUMASI_OK)
        return PUMASI_OK;
    json_decref(*out);
    *out = NULL;
    return rc;
}

int office_threshold(const struct cli *cli, size_t n, int64_t *out)
{
    *out = 1;
    if (n > 1 && !cli_given(cli, "threshold"))
        note(_("Any one of these %zu keys will be enough to sign; --threshold asks for more."), n);
    return cli_number(cli, "threshold", 1, n > 0 ? (int64_t)n : 1, out);
}

int office_ceiling(struct client *c, const char *text, const char *unit, json_t **out)
{
    int64_t n;
    int rc;

    if (str_eq(text, "none")) {
        *out = json_null();
        return PUMASI_OK;
    }
    rc = client_amount(c, text, unit, true, &n);
    *out = rc == PUMASI_OK ? json_integer(n) : NULL;
    return rc;
}

bool office_means_floor(struct client *c, const char *typed, const json_t *floor, const char *unit)
{
    char *text, *owed;

    if (typed == NULL || json_integer_value(floor) <= 0)
        return true;
    text = client_amount_text(c, json_integer_value(floor), unit);
    owed = client_amount_text(c, -json_integer_value(floor), unit);
    note(_("A floor of %s is above nothing: who has less than that can't pay at all. How much may "
           "be owed is written with a minus: %s"),
         text, owed);
    free(text);
    free(owed);
    return office_confirm(c, "%s", _("Set it all the same?"));
}

int office_check_bounds(const json_t *floor, const json_t *ceiling)
{
    if (!json_is_integer(ceiling) || json_integer_value(ceiling) >= json_integer_value(floor))
        return PUMASI_OK;
    return fail(PUMASI_USAGE,
                _("The ceiling would lie below the floor: the floor is how far one may "
                  "owe, as -20, the ceiling how much one may hold, as 40."));
}

void office_note_key(const struct client *c, const struct keyfile *key, int rc)
{
    if (rc == PUMASI_FAILED && c->n_key_names == 0)
        note(_("That was asked with your key %s; --key names another one."), key->name);
}

void office_print_items(json_t *items)
{
    json_t *all = json_pack("{s:o}", "items", items);

    client_print_json(all);
    json_decref(all);
}

int office_keep_item(void *arg, json_t *item)
{
    json_array_append(arg, item);
    return 0;
}

int office_check_holder(struct client *c, const char *holder)
{
    if (str_eq(holder, HOLDER_STEWARDS_NAME) || str_eq(holder, HOLDER_LEDGER_NAME) ||
        str_eq(holder, HOLDER_ALL_NAME))
        return PUMASI_OK;
    if (strchr(holder, '@') != NULL)
        return client_check_address(c, holder);
    return client_check_coop(holder);
}

int office_text(const struct cli *cli, const char *option, size_t max, struct submit_request *rq,
                char **owned)
{
    const char *typed = cli_value(cli, option);

    *owned = NULL;
    if (typed == NULL)
        return PUMASI_OK;
    *owned = client_text(option, typed, max);
    if (*owned == NULL)
        return PUMASI_USAGE;
    rq->texts[rq->n_texts].field = option;
    rq->texts[rq->n_texts].text = *owned;
    rq->n_texts++;
    return PUMASI_OK;
}
