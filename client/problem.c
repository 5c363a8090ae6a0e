/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/problem.h"

#include <stdlib.h>
#include <string.h>

#include "client/detail.h"
#include "client/query.h"

/* How each refusal is told to people. */
struct telling {
    const char *name;
    const char *sentence; /* what is wrong */
    const char *todo;     /* what to do about it, or NULL */
    bool detail;          /* the ledger's own sentence says it better where there is one */
};

static const struct telling tellings[] = {
    {"malformed",
     N_("The ledger doesn't understand this; it and this pumasi may be of different versions."),
     NULL, true},
    {"too-large", N_("That is more than the ledger takes at once."), N_("Make it smaller."), true},
    {"bad-signature", N_("A signature doesn't fit."), NULL, true},
    {"not-permitted", N_("This key may not do that."),
     N_("\"pumasi key list\" shows your keys; choose another one with --key NAME."), true},
    {"wrong-audience", N_("This was signed for another ledger than the one that answers."),
     N_("\"pumasi whoami\" shows which one is pinned."), false},
    {"not-yet-valid", N_("This computer's clock is ahead of the ledger's."), NULL, true},
    {"expired", N_("It expired before it was posted, so nothing was changed."),
     N_("Try again; if that ends the same way, this computer's clock is behind: set it right."),
     false},
    {"id-reused", N_("Another act has the same id already."), N_("Try again, with a new id."),
     true},
    {"voided", N_("It was declined and will never be posted."),
     N_("\"pumasi show RECORD\" says why. To have it all the same, begin it anew."), true},
    {"unknown-account", N_("There is no such account."), N_("Are the names spelt right?"), true},
    {"unknown-unit", N_("That unit isn't in use there."),
     N_("A co-op's treasurers open it for their members with: pumasi policy"), true},
    {"unknown-key", N_("The ledger doesn't know this key."),
     N_("Give the office what \"pumasi key export\" prints, so that they can register it."), false},
    {"unknown-record", N_("There is no such record."),
     N_("\"pumasi history\" and \"pumasi requests --all\" show the numbers that there are."), true},
    {"payee-cannot-receive", N_("The other side can't receive this."),
     N_("Their account may be full, frozen or closed: ask them."), false},
    {"line-exhausted", N_("The two co-ops don't extend each other enough credit for that."),
     N_("Their treasurers agree on a line, or on a larger one, or settle what is owed: \"pumasi "
        "line list\" shows them how much room is left."),
     false},
    {"same-account", N_("Payer and payee are the same account."), NULL, false},
    {"frozen", N_("The account is frozen."), N_("Ask your co-op's office why."), true},
    {"closed", N_("The account is closed."), NULL, true},
    {"already-exists", N_("That exists already."), NULL, true},
    {"already-reversed", N_("That was reversed already."),
     N_("\"pumasi history\" shows how much of it."), true},
    {"already-answered", N_("That was answered already."),
     N_("\"pumasi requests --all\" shows what became of each."), true},
    {"request-mismatch", N_("It doesn't match the request that it answers."),
     N_("What was asked for is paid with: pumasi pay --request RECORD"), true},
    {"limit-out-of-bounds", N_("That goes past a limit."), NULL, true},
    {"text-mismatch", N_("A text doesn't belong to what was signed."), NULL, true},
    {"busy", N_("The ledger is busy and doesn't say whether it was posted."),
     N_("Run the same command again in a moment; it never posts twice."), false},
};

const char *problem_name(const json_t *problem)
{
    const char *type = json_text(problem, "type"), *slash = strrchr(type, '/');

    return slash == NULL ? type : slash + 1;
}

bool problem_is_open(long status)
{
    return status >= 500 || status == 429 || status == 408;
}

/* Appends a sentence and ends it by a full stop where it has none. */
static void put_sentence(struct buf *b, const char *s)
{
    size_t len = strlen(s);

    buf_puts(b, s);
    if (len > 0 && strchr(".!?", s[len - 1]) == NULL)
        buf_putc(b, '.');
}

/*
 * What the ledger itself says, in the reader's language. Where that isn't to be had, `ours` says
 * what we know ourselves, and the ledger's words follow. Appends nothing when there is neither.
 */
static void put_detail(struct buf *b, const json_t *problem, const char *ours)
{
    const char *detail = json_text(problem, "detail");
    char *said;

    if (detail[0] == '\0')
        detail = json_text(problem, "title");
    said = detail_translate(detail);
    if (ours != NULL && (detail[0] == '\0' || !detail_is_known(detail))) {
        put_sentence(b, ours);
        if (detail[0] != '\0')
            buf_printf(b, _(" (The ledger says: %s)"), said);
    } else {
        put_sentence(b, said);
    }
    free(said);
}

static void put_credit(struct buf *b, struct client *c, const json_t *problem, const char *unit)
{
    char *balance, *floor, *available, *needed;

    if (!json_is_integer(json_object_get(problem, "available"))) {
        buf_puts(b, _("There isn't enough credit for that. Pay less, or ask your co-op for more "
                      "credit."));
        return;
    }
    balance = client_amount_text(c, json_number(problem, "balance"), unit);
    floor = client_amount_text(c, json_number(problem, "floor"), unit);
    available = client_amount_text(c, json_number(problem, "available"), unit);
    needed = client_amount_text(c, json_number(problem, "needed"), unit);
    buf_printf(
        b,
        _("There isn't enough credit for that: it takes %s and %s is available (the balance is "
          "%s and may go down to %s). Pay less, or ask your co-op for more credit."),
        needed, available, balance, floor);
    free(balance);
    free(floor);
    free(available);
    free(needed);
}

static char *unknown_key(const struct keyfile *key)
{
    return x_asprintf(_("The ledger doesn't know your key %s, or not yet. Give the office what "
                        "\"pumasi key export %s\" prints, so that they can register it."),
                      key->name, key->name);
}

char *problem_of_key(const struct keyfile *key, const json_t *problem)
{
    const char *detail = json_text(problem, "detail");

    if (key == NULL || !str_eq(problem_name(problem), "bad-token"))
        return NULL;
    if (str_eq(detail, WIRE_("the key is not known here")))
        return unknown_key(key);
    if (str_eq(detail, WIRE_("the key was revoked")))
        return x_asprintf(_("The ledger says that your key %s was revoked. This has it left out "
                            "from now on: pumasi key set %s --revoked"),
                          key->name, key->name);
    return NULL;
}

/* The key of ours that a refusal names; NULL when it names none. */
static const struct keyfile *named_in(const struct client *c, const char *detail)
{
    for (size_t i = 0; i < c->n_keys; i++) {
        if (strstr(detail, c->keys[i]->kid.s) != NULL)
            return c->keys[i];
    }
    return NULL;
}

char *problem_sentence(struct client *c, long status, const json_t *problem, const char *what,
                       const char *unit)
{
    const char *name = problem_name(problem);
    const struct keyfile *key = named_in(c, json_text(problem, "detail"));
    struct buf b = BUF_INIT;

    if (what != NULL && what[0] != '\0')
        buf_printf(&b, _("Not done: %s. "), what);
    if (str_eq(name, "insufficient-credit")) {
        put_credit(&b, c, problem, unit);
        return buf_take(&b);
    }
    if (str_eq(name, "unknown-key") && key != NULL) {
        char *said = unknown_key(key);

        buf_puts(&b, said);
        free(said);
        return buf_take(&b);
    }
    for (size_t i = 0; i < ARRAY_LEN(tellings); i++) {
        const struct telling *t = &tellings[i];

        if (!str_eq(t->name, name))
            continue;
        if (t->detail)
            put_detail(&b, problem, _(t->sentence));
        else
            buf_puts(&b, _(t->sentence));
        if (t->todo != NULL)
            buf_printf(&b, " %s", _(t->todo));
        return buf_take(&b);
    }
    if (status == 429) {
        buf_puts(&b, _("The ledger was asked too often. Wait a minute and try again."));
    } else if (status == 404) {
        buf_puts(&b, _("There is no such thing, or this key may not see it."));
    } else if (problem_is_open(status)) {
        buf_printf(&b,
                   _("The ledger can't answer now (status %ld). Run the same command again in a "
                     "moment."),
                   status);
    } else {
        size_t before = b.len;

        put_detail(&b, problem, NULL);
        buf_printf(&b,
                   b.len > before ? _(" (The ledger answered with status %ld.)")
                                  : _("The ledger refused it with status %ld."),
                   status);
    }
    return buf_take(&b);
}
