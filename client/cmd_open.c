/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* open: a steward signs record 0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/office.h"
#include "client/query.h"
#include "client/render.h"
#include "client/sign.h"
#include "client/submit.h"
#include "client/waiting.h"

/* Nothing is registered before record 0: every key stands in the payload. */
static bool no_key(void *arg, const struct kid *kid, struct key *out)
{
    return false;
}

/* The ledger's own word, before anyone's key is put to it: is it the ledger that was connected to,
 * signed by both of its keys? */
static int check(struct client *c, struct waiting *w)
{
    const struct profile *p = &c->profile;
    const struct act_ledger_open *o = &w->act.u.ledger_open;
    struct refusal r = {0};

    if (w->act.type != ACT_LEDGER_OPEN)
        return fail(PUMASI_UNPROVED,
                    _("What the ledger at %s asks to sign isn't its opening. "
                      "Nothing was signed."),
                    p->url);
    if (!str_eq(w->act.aud, p->origin) || memcmp(o->log_key.x, p->log_key.x, KEY_LEN) != 0)
        return fail(PUMASI_UNPROVED,
                    _("What is to be signed names another origin or log key than the ones pinned "
                      "when you connected. Nothing was signed; ask those who set the ledger up."));
    if (envelope_verify(&w->s.env, no_key, NULL, &r) != 0)
        return fail(PUMASI_UNPROVED,
                    _("A signature under what is to be signed doesn't verify. Nothing was signed; "
                      "ask those who set the ledger up."));
    return PUMASI_OK;
}

static bool is_listed(const struct act_keys *keys, const struct key *key)
{
    for (size_t i = 0; i < keys->n; i++) {
        if (memcmp(keys->keys[i].x, key->x, KEY_LEN) == 0)
            return true;
    }
    return false;
}

static bool has_signed(const struct envelope *env, const struct keyfile *k)
{
    for (size_t i = 0; i < env->n_sigs; i++) {
        if (str_eq(env->sigs[i].kid.s, k->kid.s))
            return true;
    }
    return false;
}

/* The keys named by --key, else all of the profile's that the act lists as stewards'. */
static int choose(struct client *c, const struct act *a, struct signers *out)
{
    const struct act_keys *stewards = &a->u.ledger_open.stewards;
    int rc = PUMASI_OK;

    out->n = 0;
    if (c->n_key_names > 0) {
        rc = client_keys(c, KEY_ANY_ROLE, NULL, out->keys, &out->n);
        for (size_t i = 0; rc == PUMASI_OK && i < out->n; i++) {
            if (!is_listed(stewards, &out->keys[i]->key))
                rc = fail(PUMASI_FAILED,
                          _("The key %s (%s) isn't among the stewards' keys that this ledger was "
                            "set up with. Those are listed above."),
                          out->keys[i]->name, out->keys[i]->kid.s);
        }
        return rc;
    }
    for (size_t i = 0; rc == PUMASI_OK && i < stewards->n; i++)
        rc = signers_add_own(c, &stewards->keys[i], HOLDER_STEWARDS_NAME, ROLE_STEWARD, out);
    if (rc == PUMASI_OK && out->n == 0)
        rc = fail(PUMASI_FAILED, _("None of your keys is among the stewards' keys that this ledger "
                                   "was set up with. Those are listed above."));
    return rc;
}

/* The ledger's id follows from record 0's header, so it needs no one's word. */
static int pin(struct client *c, const struct receipt *r)
{
    struct profile *p = &c->profile;
    char entry[HASH_B64U_LEN + 1];
    int rc;

    if (r->index != 0)
        return fail(PUMASI_UNPROVED, _("The receipt isn't for record 0, as a ledger's opening must "
                                       "be. The ledger's id wasn't pinned."));
    hash_text(entry, &r->entry);
    free(p->ledger_id);
    p->ledger_id = x_asprintf("%s#%s", p->origin, entry);
    rc = profile_save(p);
    if (rc == PUMASI_OK)
        note(_("Pinned: this is the ledger %s."), p->ledger_id);
    return rc;
}

static int report(struct client *c, const char *what, struct submit_result *r, int rc)
{
    if (r->outcome == SUBMIT_POSTED) {
        rc = pin(c, &r->receipt);
        if (rc == PUMASI_OK)
            rc = submit_report(c, what, r);
    } else if (r->outcome == SUBMIT_WAITING && !c->json) {
        char *needs = waiting_needs(r->answer);

        printf(_("Signed: %s. It still needs %s, who sign it with \"pumasi open\" too.\n"), what,
               needs);
        free(needs);
    } else if (r->outcome == SUBMIT_WAITING) {
        rc = submit_report(c, what, r);
    }
    submit_result_free(r);
    return rc;
}

/* All of one's keys have signed already: there is nothing to do but wait. */
static int signed_before(const json_t *ledger)
{
    char *needs = waiting_needs(ledger);

    note(_("You have signed this already. It still needs %s."), needs);
    free(needs);
    return PUMASI_PENDING;
}

static int sign(struct client *c, struct waiting *w, const json_t *ledger)
{
    struct submit_result r;
    size_t left = 0;
    struct signers signers;
    char *text, *what = NULL;
    int rc;

    client_read_keys(c); /* one's own are shown by name */
    text = render_act(c, &w->act, NULL, NULL);
    fputs(text, stderr);
    rc = choose(c, &w->act, &signers);
    if (rc != PUMASI_OK)
        goto out;
    for (size_t i = 0; i < signers.n; i++) {
        note(_("Your key: %s (%s)."), signers.keys[i]->name, signers.keys[i]->kid.s);
        left += !has_signed(&w->s.env, signers.keys[i]);
    }
    if (left == 0) {
        rc = signed_before(ledger);
        goto out;
    }
    /* Whoever calls `open` where nobody can be asked has named what to sign. */
    if (!c->yes && say_can_ask() && !say_ask(false, _("Sign this, for ever?"))) {
        rc = fail(PUMASI_FAILED, _("Not signed."));
        goto out;
    }
    for (size_t i = 0; i < signers.n; i++)
        envelope_sign(&w->s.env, signers.keys[i]->secret);
    what = render_headline(c, &w->act, NULL);
    rc = submit_signed(c, &w->s, what, NULL, &r);
    rc = report(c, what, &r, rc);
out:
    free(text);
    free(what);
    return rc;
}

/* The ledger was opened by the last steward since this one signed: the same act sent again brings
 * its receipt, and that the ledger's id. */
static int opened_since(struct client *c)
{
    struct outbox_entry *list = NULL;
    size_t n = 0, at;
    struct submit_result r = {0};
    int rc = outbox_list(&c->profile, &list, &n);

    if (rc != PUMASI_OK)
        return rc;
    for (at = 0; at < n && !str_eq(list[at].type, "ledger.open"); at++)
        ;
    if (at == n) {
        rc = fail(PUMASI_FAILED,
                  _("The ledger is open already. To pin its id, run: pumasi connect "
                    "%s"),
                  c->profile.url);
    } else {
        char *what = x_strdup(list[at].what);

        rc = submit_entry(c, &list[at], &r);
        outbox_entry_init(&list[at]); /* used up */
        rc = report(c, what, &r, rc);
        free(what);
    }
    outbox_list_free(list, n);
    return rc;
}

/* Records were lost, and the stewards are asked whether the ledger goes on without them. */
static int sign_continuing(struct client *c, const json_t *ledger)
{
    const struct waiting *found = NULL;
    struct waiting_list l;
    struct waiting w;
    char *why;
    int rc;

    if (waiting_read(&w, ledger, &why) != 0) {
        rc = fail(PUMASI_FAILED, _("What the ledger asks to sign can't be read: %s"), why);
        free(why);
        return rc;
    }
    rc = waiting_fetch(c, &l);
    if (rc != PUMASI_OK) {
        waiting_free(&w);
        return rc;
    }
    for (size_t i = 0; i < l.n; i++)
        if (l.rows[i].act.type == ACT_LEDGER_CONTINUE && str_eq(l.rows[i].act.jti, w.act.jti))
            found = &l.rows[i];
    if (found != NULL && found->mine.n > 0)
        rc = sign_one(c, found, &l);
    else if (found != NULL)
        rc = signed_before(ledger);
    else
        rc = fail(PUMASI_FAILED, _("None of your keys is a steward's of this ledger."));
    waiting_list_free(&l);
    waiting_free(&w);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    struct waiting w;
    json_t *ledger;
    char *why;
    int rc = client_ledger(c, &ledger);

    if (rc != PUMASI_OK)
        return rc;
    if (str_eq(json_text(ledger, "state"), "continuing")) {
        rc = sign_continuing(c, ledger);
        json_decref(ledger);
        return rc;
    }
    if (!str_eq(json_text(ledger, "state"), "unopened")) {
        json_decref(ledger);
        if (c->profile.ledger_id[0] == '\0')
            return opened_since(c);
        note(_("The ledger %s is open already."), c->profile.ledger_id);
        return PUMASI_OK;
    }
    if (waiting_read(&w, ledger, &why) != 0) {
        rc = fail(PUMASI_FAILED, _("What the ledger asks to sign can't be read: %s"), why);
        free(why);
        json_decref(ledger);
        return rc;
    }
    rc = check(c, &w);
    if (rc == PUMASI_OK)
        rc = sign(c, &w, ledger);
    json_decref(ledger);
    waiting_free(&w);
    return rc;
}

const struct command cmd_open = {
    .name = "open",
    .args = "",
    .summary = N_("Sign a ledger's opening, or that it goes on (each of its stewards, once)"),
    .help = N_(
        "Shows what \"ledgerd init\" wrote down: name, time zone, the stewards' keys and how "
        "many of them must sign later acts. When the last steward has signed, the ledger is "
        "open and its id is pinned; a steward who signed earlier runs this once more to pin "
        "it. Where a ledger has lost records for good, it is what \"ledgerd recover --continue\" "
        "wrote down: from which record it goes on, and what is lost."),
    .min_args = 0,
    .max_args = 0,
    .flags = COMMAND_UNOPENED,
    .run = run,
};
