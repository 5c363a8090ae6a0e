/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/continued.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/query.h"
#include "client/receipt.h"
#include "core/continued.h"
#include "core/date.h"
#include "core/record.h"

/* Receipts that are named one by one. */
#define NAMED_MAX 20

/* ---- What the ledger says ---- */

bool continued_claims(const struct profile *p, const json_t *ledger)
{
    return p->connected && p->ledger_id[0] != '\0' && name_is_origin(json_text(ledger, "origin")) &&
           name_origin_follows(json_text(ledger, "origin"), p->origin) &&
           json_is_object(json_object_get(ledger, "continues"));
}

int continued_refuse(const struct profile *p, const json_t *ledger)
{
    note("%s", _("@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n"
                 "@  WARNING: this ledger says that it has lost records                 @\n"
                 "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"));
    return fail(
        PUMASI_UNPROVED,
        _("It says that its stewards go on from the first %" PRId64
          " records, as %s instead of %s. "
          "What was booked after those is gone. Nothing was sent. Ask your co-op's office whether "
          "that is so; then see it proven, and follow, by: pumasi connect --continue %s"),
        json_number(json_object_get(ledger, "continues"), "size"), json_text(ledger, "origin"),
        p->origin, p->url);
}

/* ---- The proof ---- */

/* One of the records: in the tree of a checkpoint by the log key. */
static int verify_item(struct continued *c, const json_t *item, const char *origin,
                       const struct key *log_key, const char **why)
{
    const char *header = json_text(item, "header");
    struct part_list parts = {0};
    char time[TIME_LEN + 1];
    struct record_header h;
    struct receipt receipt;
    json_t *all, *part;
    size_t i;
    int rc;

    if (record_header_peek(&h, header, strlen(header), why) != 0)
        return -1;
    time_text(time, h.ms);
    all = json_pack("{s:I, s:s, s:s, s:s}", "index", (json_int_t)h.index, "time", time, "header",
                    header, "proof", json_text(item, "proof"));
    rc = receipt_verify(&receipt, all, NULL, NULL, origin, log_key, why);
    json_decref(all);
    json_array_foreach (json_object_get(item, "parts"), i, part) {
        const char *text = json_is_string(part) ? json_string_value(part) : "";

        part_list_add(&parts, text, strlen(text));
    }
    if (rc == 0)
        rc = continued_take(c, header, strlen(header), parts.text, parts.len, parts.n, why);
    part_list_free(&parts);
    return rc;
}

/*
 * Verifies the answer of GET /v1/ledger/continued: each record under a checkpoint of that origin by
 * the log key, and all of it by core/continued.h; one of the ids must be `pinned`, the last `id`.
 * *out is the ids, to be freed. 0, or -1 with *why a constant sentence.
 */
static int verify(const json_t *answer, const char *pinned, const char *id, const char *origin,
                  const struct key *log_key, struct lineage *out, const char **why)
{
    struct continued *c = continued_new();
    const struct lineage *ids = continued_ids(c);
    json_t *item;
    size_t i;
    int rc = 0;

    *out = (struct lineage){0};
    json_array_foreach (json_object_get(answer, "items"), i, item) {
        rc = verify_item(c, item, origin, log_key, why);
        if (rc != 0)
            break;
    }
    if (rc == 0 && (ids->n < 2 || !lineage_has(ids, pinned) || str_eq(pinned, id) ||
                    !str_eq(lineage_last(ids), id))) {
        *why = N_("it doesn't lead from the id that is pinned to the one that is shown");
        rc = -1;
    }
    if (rc == 0)
        *out = lineage_copy(ids);
    continued_free(c);
    return rc;
}

/* ---- Following ---- */

/* What a receipt kept here says, if its record is lost. */
static bool is_lost(const struct profile *p, const json_t *file)
{
    struct receipt r;
    const char *why;

    return file != NULL &&
           receipt_verify_kept(&r, json_object_get(file, "receipt"), p, &why) == 0 &&
           profile_lost(p, r.checkpoint.origin, r.index);
}

/* How many receipts kept here are of records that are lost, each named on stderr. */
static size_t list_lost(const struct profile *p)
{
    char *folder = profile_state_path(p, "receipts", NULL), **names = NULL;
    size_t n = 0, lost = 0;
    const char *why;

    if (files_list(folder, ".json", &names, &n) != 0)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        char *path = x_asprintf("%s/%s", folder, names[i]);
        json_t *file = files_read_json(path, &why);

        if (is_lost(p, file) && lost++ < NAMED_MAX) {
            char *what = say_safe(json_text(file, "what"));

            note(_("  lost: record %" PRId64 ", %s"),
                 json_number(json_object_get(file, "receipt"), "index"), what);
            free(what);
        }
        json_decref(file);
        free(path);
    }
    files_list_free(names, n);
    free(folder);
    if (lost > NAMED_MAX)
        note(_("  and %zu more"), lost - NAMED_MAX);
    return lost;
}

static void show(const struct profile *p, const struct lineage *ids)
{
    for (size_t i = 1; i < ids->n; i++) {
        const struct lineage_id *of = &ids->ids[i];

        if (lineage_has(ids, p->ledger_id) && str_eq(ids->ids[i - 1].id, p->ledger_id))
            note(_("Until now    %s"), p->ledger_id);
        note(_("Goes on as   %s"), of->id);
        note(_("Kept         the first %" PRId64 " records"), of->index);
        note(_("Signed       %" PRIu64 " records, by the checkpoint that the stewards show"),
             of->kept.size);
    }
}

/* The largest checkpoint seen of the ledger before is evidence now, and no longer what the next
 * ones are measured by. */
static int put_away(const struct profile *p)
{
    char *from = profile_state_path(p, NULL, "checkpoint.json");
    char *folder = profile_state_path(p, "evidence", NULL), *safe = x_strdup(p->origin), *to;
    int rc = PUMASI_OK;

    for (char *s = safe; *s != '\0'; s++)
        if (*s == '/')
            *s = '_';
    to = x_asprintf("%s/%s.checkpoint.json", folder, safe);
    if (files_mkdir(folder) != 0 || (rename(from, to) != 0 && errno != ENOENT))
        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), to, strerror(errno));
    free(from);
    free(folder);
    free(safe);
    free(to);
    return rc;
}

/* From here on the profile is one of the new id. */
static int pin(struct client *c, const struct lineage *ids, const char *origin)
{
    struct profile *p = &c->profile;
    int rc = put_away(p);

    if (rc != PUMASI_OK)
        return rc;
    for (size_t i = 0; i + 1 < ids->n; i++)
        if (p->n_past > 0 || str_eq(ids->ids[i].id, p->ledger_id) || ids->ids[i].index > 0)
            profile_add_past(p, ids->ids[i].id, ids->ids[i + 1].index);
    free(p->ledger_id);
    p->ledger_id = x_strdup(lineage_last(ids));
    str_copy(p->origin, sizeof(p->origin), origin);
    return profile_save(p);
}

static int ask_for(struct client *c, json_t **answer)
{
    struct kid kid;
    char *path;
    long status;
    int rc;

    key_kid(&kid, &c->profile.log_key);
    path = x_asprintf("/v1/ledger/continued?key=%s", kid.s);
    rc = query_status(c, NULL, path, &status, answer);
    if (rc == PUMASI_OK && status != 200)
        rc = fail(PUMASI_UNPROVED, _("The ledger can't prove it under the log key that is pinned. "
                                     "Nothing was stored."));
    free(path);
    return rc;
}

int continued_follow(struct client *c, const json_t *ledger)
{
    const char *id = json_text(ledger, "id"), *origin = json_text(ledger, "origin"), *why;
    struct profile *p = &c->profile;
    struct lineage ids = {0};
    json_t *answer = NULL;
    size_t lost;
    int rc = ask_for(c, &answer);

    if (rc != PUMASI_OK)
        goto out;
    if (verify(answer, p->ledger_id, id, origin, &p->log_key, &ids, &why) != 0) {
        rc = fail(PUMASI_UNPROVED,
                  _("That the ledger goes on isn't proven: %s. Nothing was stored; ask those who "
                    "run it."),
                  _(why));
        goto out;
    }
    show(p, &ids);
    note("%s", _("The stewards have signed this, and so has the log key that is pinned. What was "
                 "booked after the records that are kept has to be booked anew."));
    if (!c->yes && say_can_ask() && !say_ask(false, _("Follow?"))) {
        rc = fail(PUMASI_FAILED, _("Not followed. Nothing was stored."));
        goto out;
    }
    if (!c->yes && !say_can_ask()) {
        rc = fail(PUMASI_FAILED, _("There is no terminal to ask whether to follow. Give --yes."));
        goto out;
    }
    rc = pin(c, &ids, origin);
    if (rc != PUMASI_OK)
        goto out;
    lost = list_lost(p);
    if (lost > 0)
        note("%s", _("These receipts stay here, as proof of what was booked. They aren't in the "
                     "ledger any more: agree anew with those concerned."));
out:
    lineage_free(&ids);
    json_decref(answer);
    return rc;
}

int continued_signed(struct client *c)
{
    bool yes = c->yes;
    json_t *ledger;
    int rc = query_get(c, NULL, "/v1/ledger", &ledger);

    if (rc != PUMASI_OK)
        return rc;
    c->yes = true;
    rc = continued_claims(&c->profile, ledger)
             ? continued_follow(c, ledger)
             : fail(PUMASI_UNPROVED, _("The ledger doesn't show yet that it goes on."));
    c->yes = yes;
    json_decref(ledger);
    return rc;
}
