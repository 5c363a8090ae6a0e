/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/round.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/query.h"
#include "client/table.h"
#include "core/date.h"

/* --- taking it apart --- */

/* "<a> <b> <number>\n" of an object's members; what isn't there makes a line that isn't read. */
static void put_line(struct buf *b, const json_t *row, const char *first, const char *second,
                     const char *number)
{
    const json_t *n = json_object_get(row, number);

    buf_printf(b, "%s %s ", json_text(row, first), json_text(row, second));
    buf_put_i64(b, json_is_integer(n) ? (int64_t)json_integer_value(n) : -1);
    buf_putc(b, '\n');
}

static struct round *take_round(const json_t *answer, const char *unit)
{
    struct buf parties = BUF_INIT, legs = BUF_INIT;
    struct round *r;
    json_t *row;
    size_t i;

    json_array_foreach (json_object_get(answer, "parties"), i, row)
        put_line(&parties, row, "coop", "stand", "record");
    json_array_foreach (json_object_get(answer, "legs"), i, row)
        put_line(&legs, row, "debtor", "creditor", "amount");
    r = round_read(unit, parties.data == NULL ? "" : parties.data,
                   legs.data == NULL ? "" : legs.data);
    buf_free(&parties);
    buf_free(&legs);
    return r;
}

int round_fetch(struct client *c, const struct keyfile *key, const char *unit,
                struct round_answer *out)
{
    char *path = x_asprintf("/v1/clearing/%s", unit), hash[HASH_B64U_LEN + 1];
    const json_t *own;
    long status;
    int rc;

    memset(out, 0, sizeof(*out));
    rc = query_status(c, key, path, &status, &out->json);
    if (rc == PUMASI_OK && status == 404)
        rc = fail(PUMASI_FAILED,
                  _("The latest round of clearing in %s, if there was one, has nothing of your "
                    "co-op in it. What is posted stands in its book: pumasi book --postings"),
                  unit);
    else if (rc == PUMASI_OK && status != 200)
        rc = query_failed(c, key, path, status, out->json);
    free(path);
    if (rc != PUMASI_OK)
        return rc;
    out->round = take_round(out->json, unit);
    if (out->round == NULL ||
        round_state_parse(json_text(out->json, "state"), &out->round->state) != 0)
        return fail(PUMASI_UNPROVED, _("The ledger's answer is no round of clearing."));
    hash_text(hash, &out->round->hash);
    if (!str_eq(hash, json_text(out->json, "hash")))
        return fail(
            PUMASI_UNPROVED,
            _("The legs that the ledger shows have another hash than it says: don't consent "
              "to this round, and tell the auditors."));
    out->round->record = json_number(out->json, "round");
    out->round->subject.record = json_number(out->json, "record");
    out->round->deadline = json_number(out->json, "deadline");
    own = json_object_get(out->json, "own");
    if (json_is_object(own)) {
        out->coop = json_text(own, "coop");
        out->owes = json_number(own, "owes");
        out->owed = json_number(own, "owed");
        out->cleared = json_number(own, "cleared");
    }
    return PUMASI_OK;
}

void round_answer_free(struct round_answer *a)
{
    json_decref(a->json);
    free(a->round);
    memset(a, 0, sizeof(*a));
}

/* --- showing it --- */

static const char *word_stand(enum round_stand stand)
{
    switch (stand) {
    case ROUND_AUTO:
        return _("always takes part");
    case ROUND_ASKED:
        return _("is asked");
    case ROUND_CONSENTED:
        return _("consented");
    case ROUND_DECLINED:
        return _("has declined");
    case ROUND_SILENT:
        return _("didn't answer");
    }
    return "";
}

static void show_head(struct client *c, const struct round_answer *a, FILE *f)
{
    const struct round *r = a->round;
    char *sum = client_amount_text(c, r->cleared, r->thing.name), text[TIME_LEN + 1], *until;

    time_text(text, r->deadline * 1000);
    until = say_time(text);
    switch (r->state) {
    case ROUND_OPEN:
        fprintf(f,
                _("Round %" PRId64 " of clearing in %s is open: %s can be taken off what co-ops "
                  "owe each other. Those who are asked answer until %s.\n"),
                r->record, r->thing.name, sum, until);
        break;
    case ROUND_POSTED:
        fprintf(f,
                _("Round %" PRId64 " of clearing in %s is posted: %s was taken off what co-ops "
                  "owed each other, by record %" PRId64 ".\n"),
                r->record, r->thing.name, sum, r->subject.record);
        break;
    case ROUND_ENDED:
        fprintf(f,
                _("Round %" PRId64 " of clearing in %s has ended: nothing was left to be taken "
                  "off.\n"),
                r->record, r->thing.name);
        break;
    }
    fprintf(f, _("The legs' hash: %s\n"), json_text(a->json, "hash"));
    free(sum);
    free(until);
}

static void show_own(struct client *c, const struct round_answer *a, FILE *f)
{
    const char *unit = a->round->thing.name;
    char *owes = client_amount_text(c, a->owes, unit);
    char *owes_after = client_amount_text(c, a->owes - a->cleared, unit);
    char *owed = client_amount_text(c, a->owed, unit);
    char *owed_after = client_amount_text(c, a->owed - a->cleared, unit);
    char *free_again = client_amount_text(c, a->cleared, unit);

    fprintf(f,
            _("%s owes the others %s now, and %s after it; it is owed %s now, and %s after "
              "it.\n"),
            a->coop, owes, owes_after, owed, owed_after);
    fprintf(f,
            _("%s of the lines that it has, and as much of those that it gives, is free "
              "again.\n"),
            free_again);
    free(owes);
    free(owes_after);
    free(owed);
    free(owed_after);
    free(free_again);
}

static void show_parties(const struct round *r, FILE *f)
{
    static const struct table_column columns[] = {
        {N_("Co-op"), TABLE_LEFT}, {N_("Answer"), TABLE_LEFT}, {N_("Record"), TABLE_RIGHT}};
    struct table *t = table_new(columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < r->n_parties; i++) {
        struct buf record = BUF_INIT;

        if (r->parties[i].record >= 0)
            buf_put_i64(&record, r->parties[i].record);
        table_add(t, r->parties[i].coop);
        table_add(t, word_stand(r->parties[i].stand));
        table_add(t, record.data == NULL ? "" : record.data);
        buf_free(&record);
    }
    table_print(t, f, table_style_of(f));
    table_free(t);
}

static void show_legs(struct client *c, const struct round *r, const char *coop, FILE *f)
{
    static const struct table_column columns[] = {
        {N_("Debtor"), TABLE_LEFT}, {N_("Creditor"), TABLE_LEFT}, {N_("Taken off"), TABLE_RIGHT}};
    struct table *t = table_new(columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < r->n_legs; i++) {
        const char *debtor = r->parties[r->legs[i].debtor].coop;
        const char *creditor = r->parties[r->legs[i].creditor].coop;
        char *amount;

        if (coop != NULL && !str_eq(coop, debtor) && !str_eq(coop, creditor))
            continue;
        amount = client_number_text(c, r->legs[i].amount, r->thing.name);
        table_add(t, debtor);
        table_add(t, creditor);
        table_add(t, amount);
        free(amount);
    }
    table_print(t, f, table_style_of(f));
    table_free(t);
}

void round_show(struct client *c, const struct round_answer *a, bool all, FILE *f)
{
    show_head(c, a, f);
    if (a->coop != NULL)
        show_own(c, a, f);
    show_parties(a->round, f);
    show_legs(c, a->round, all ? NULL : a->coop, f);
}
