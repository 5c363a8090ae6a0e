/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/clock.h"
#include "client/detail.h"
#include "client/import_run.h"
#include "client/problem.h"
#include "client/query.h"

#define DAY_MS      INT64_C(86400000)
#define ZONE_MAX_MS (INT64_C(14) * 3600 * 1000) /* the zone that is farthest ahead */

/* --- results of acts --- */

static void put(void *arg, size_t i, struct buf *out)
{
    struct import *m = arg;

    import_maker_put(&m->maker, i, out);
}

/* Refusals that say nothing about the one act: the key, the clock or the ledger is wrong, or a
 * limit that all that follows was reckoned with can't be set. */
static bool concerns_all(const struct import *m, size_t i, const char *name)
{
    static const char *const names[] = {"bad-signature", "wrong-audience", "not-yet-valid",
                                        "unknown-key"};

    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        if (str_eq(name, names[k]))
            return true;
    }
    if (i < m->job.n_make)
        return str_eq(name, "not-permitted") || str_eq(name, "expired");
    return i < import_job_first_row(&m->job);
}

static int refused(struct import *m, const struct bulk_result *r)
{
    const char *name = problem_name(r->problem);
    char *sentence, *detail, *safe;
    struct buf *b = &m->results.refused;

    /* Somebody made the member since the plan was: all the better. */
    if (r->i < m->job.n_make && str_eq(name, "already-exists"))
        return PUMASI_OK;
    if (concerns_all(m, r->i, name)) {
        sentence = problem_sentence(m->c, r->status, r->problem, NULL, m->unit->unit);
        (void)fail(PUMASI_FAILED,
                   _("%s The import stops here; the same command takes it up again."), sentence);
        free(sentence);
        return PUMASI_FAILED;
    }
    if (r->status == 202)
        detail = x_strdup(_("it waits for others to sign"));
    else
        detail = detail_translate(json_text(r->problem, "detail"));
    sentence = name[0] == '\0' ? x_strdup(detail) : x_asprintf("%s: %s", name, detail);
    safe = say_safe(sentence);
    buf_puts(b, "{\"act\":");
    buf_put_i64(b, (int64_t)r->i);
    buf_puts(b, ",\"reason\":");
    buf_puts_json(b, safe);
    buf_puts(b, "}\n");
    m->results.n_refused++;
    free(safe);
    free(detail);
    free(sentence);
    return PUMASI_OK;
}

static int take(void *arg, const struct bulk_result *r)
{
    struct import *m = arg;
    char jti[JTI_MAX + 1];
    struct receipt receipt;
    const char *why;

    if (r->status != 200 && r->status != 201)
        return refused(m, r);
    import_job_jti(&m->job, r->i, jti);
    if (bulk_verify(&m->proofs, &receipt, r->receipt, m->job.coop, jti, &why) != 0)
        return receipt_accuse(&m->c->profile, jti, r->line, why);
    buf_put(&m->results.receipts, r->line, r->len);
    buf_putc(&m->results.receipts, '\n');
    m->last = r->i;
    free(m->last_line);
    m->last_line = x_strndup(r->line, r->len);
    return PUMASI_OK;
}

static int flush_results(void *arg, size_t done)
{
    struct import *m = arg;

    return import_job_save(&m->job, &m->results, done);
}

static void tell(void *arg, enum bulk_event event, size_t sent, const char *why)
{
    struct import *m = arg;

    switch (event) {
    case BULK_SENT:
        import_show_at(&m->show, sent);
        return;
    case BULK_WAITING:
        note(_("%s Waiting up to %" PRId64 " seconds for it."), why, m->o->patience);
        return;
    case BULK_LATER:
        note("%s", why);
        return;
    case BULK_AGAIN:
        note("%s", _("The ledger is there again."));
        return;
    }
}

/* --- the parts of a run --- */

/* The last day that a row of an import begun then can be of. */
static int32_t last_day(int64_t ms)
{
    return (int32_t)((ms + ZONE_MAX_MS) / DAY_MS);
}

static int read_rows(struct import *m, int64_t ms)
{
    return import_file_read(&m->file, m->o->coop, m->unit, last_day(ms));
}

/* What the ledger says and what the file needs. PUMASI_OK when nothing is in the way. */
static int make_plan(struct import *m, struct import_plan *plan)
{
    size_t hindered;
    int rc =
        import_plan_fetch(plan, m->c, m->o->key, m->o->coop, m->unit->unit, &m->file, &m->roster);

    if (rc == PUMASI_OK && import_plan_replay(plan, &m->file) != 0)
        rc = fail(PUMASI_FAILED, _("The amounts of this file add up to more than a ledger holds."));
    if (rc == PUMASI_OK)
        rc = import_find_treasurers(m);
    if (rc != PUMASI_OK)
        return rc;
    import_note_plan(m, plan);
    hindered = import_check_rows(m, plan);
    rc = import_settle_limits(m, plan);
    if (rc == PUMASI_OK && hindered > 0 && !m->o->partial)
        rc = m->o->dry_run ? PUMASI_FAILED
                           : fail(PUMASI_FAILED, _("Nothing was booked. Run it again with "
                                                   "--partial to book the other rows."));
    return rc;
}

/* A plan made of what the ledger says now, and a job for it unless only asked what it would be. */
static int begin(struct import *m)
{
    struct import_plan plan = {0};
    int64_t ms = clock_now_ms();
    int rc = import_prepare(m, last_day(ms));

    if (rc == PUMASI_OK)
        rc = read_rows(m, ms);
    if (rc == PUMASI_OK && m->file.n_rows == 0 && m->file.n_bad > 0)
        rc = fail(PUMASI_FAILED, _("None of the file's rows can be booked."));
    if (rc == PUMASI_OK)
        rc = make_plan(m, &plan);
    if (rc != PUMASI_OK || m->o->dry_run)
        import_list_bad(m);
    if (rc == PUMASI_OK && m->o->dry_run)
        rc = m->file.n_bad > 0 ? PUMASI_FAILED : PUMASI_OK;
    else if (rc == PUMASI_OK)
        rc = import_prepare_keep(m);
    if (rc == PUMASI_OK && !m->o->dry_run)
        rc = import_job_begin(&m->job, m->o->path, m->o->coop, m->unit->unit, &m->file, &plan,
                              &m->roster, ms);
    if (m->o->dry_run)
        note("%s", rc == PUMASI_OK ? _("This import would pass.")
                                   : _("This import would not pass as it is."));
    import_plan_free(&plan);
    return rc;
}

/* Exit code of an import that is through. */
static int verdict(const struct import_job *j)
{
    return j->n_bad + j->n_refused > 0 ? PUMASI_FAILED : PUMASI_OK;
}

static int already(const struct import *m)
{
    char text[TIME_LEN + 1], *when;

    time_text(text, m->job.finished_ms);
    when = say_time(text);
    note(_("This file was already imported on %s. To book all of it once more, add --again."),
         when);
    free(when);
    return verdict(&m->job);
}

static int take_up(struct import *m)
{
    int64_t now = clock_now_ms();
    char *ago = say_ago(m->job.ms / 1000, now / 1000);
    int rc = import_prepare_again(m);

    if (rc == PUMASI_OK)
        rc = read_rows(m, m->job.ms);
    if (rc == PUMASI_OK)
        rc = import_find_treasurers(m);
    if (rc == PUMASI_OK && !import_job_fits(&m->job, &m->file))
        rc = fail(PUMASI_FAILED, _("Another version of pumasi began this import and read the file "
                                   "otherwise. Finish it with that one."));
    if (rc == PUMASI_OK)
        note(_("Taking up the import begun %s: %zu of %zu acts are through."), ago, m->job.done,
             import_job_acts(&m->job));
    if (rc == PUMASI_OK && now / 1000 > m->job.ms / 1000 + ACT_LIFETIME_MAX)
        note("%s", _("It was begun more than 30 days ago, so rows that weren't booked then are "
                     "refused now and go to the file of bad rows."));
    free(ago);
    return rc;
}

static int send_all(struct import *m)
{
    const struct bulk bulk = {.arg = m,
                              .put = put,
                              .take = take,
                              .flush = flush_results,
                              .tell = tell,
                              .patience = m->o->patience};
    size_t first_row = import_job_first_row(&m->job);
    int rc = PUMASI_OK;

    import_maker_init(&m->maker, &m->job, &m->file, m->c->profile.ledger_id, m->o->key);
    import_maker_treasurers(&m->maker, m->treasurers, m->n_treasurers);
    m->proofs.origin = m->c->profile.origin;
    m->proofs.log_key = &m->c->profile.log_key;
    import_show_begin(&m->show, &m->job);
    /* Members and limits must stand before the first transfer. */
    if (m->job.done < first_row)
        rc = bulk_run(m->c, &bulk, m->job.done, first_row);
    if (rc == PUMASI_OK)
        rc = bulk_run(m->c, &bulk, m->job.done, import_job_acts(&m->job));
    say_progress_end();
    import_maker_free(&m->maker);
    return rc;
}

/* Keeps the newest receipt among the others, so that its checkpoint is remembered. */
static int keep_last(struct import *m)
{
    struct outbox_entry e;
    struct receipt receipt;
    struct buf submission = BUF_INIT;
    char jti[JTI_MAX + 1];
    const char *why;
    json_t *line;
    int rc = PUMASI_OK;

    if (m->last_line == NULL)
        return PUMASI_OK;
    line = json_loads(m->last_line, 0, NULL);
    outbox_entry_init(&e);
    import_job_jti(&m->job, m->last, jti);
    import_maker_init(&m->maker, &m->job, &m->file, m->c->profile.ledger_id, m->o->key);
    import_maker_treasurers(&m->maker, m->treasurers, m->n_treasurers);
    import_maker_put(&m->maker, m->last, &submission);
    import_maker_free(&m->maker);
    submission.data[submission.len - 1] = '\0';
    e.by = x_strdup(m->job.coop);
    e.jti = x_strdup(jti);
    e.type = x_strdup("transfer");
    e.what = x_asprintf(_("last act of the import of %s"), m->job.file);
    e.unit = x_strdup(m->job.unit);
    e.submission = buf_take(&submission);
    if (bulk_verify(&m->proofs, &receipt, json_object_get(line, "receipt"), e.by, jti, &why) == 0)
        rc = receipt_keep(&m->c->profile, &receipt, json_object_get(line, "receipt"), &e);
    outbox_entry_free(&e);
    json_decref(line);
    return rc;
}

struct refusals {
    struct import *m;
    size_t members;
};

static void add_refusal(void *arg, size_t i, const char *why)
{
    struct refusals *r = arg;
    struct import *m = r->m;
    size_t first_row = import_job_first_row(&m->job);
    const struct import_row *row;

    if (i < first_row) {
        r->members++;
        return;
    }
    row = &m->file.rows[i - first_row];
    import_file_add_bad(&m->file, row->row, row->at, row->len, false, x_strdup(why));
}

static void print_done(size_t n_rows, size_t n_members, size_t n_limits, int64_t ms)
{
    char *rows = x_asprintf(ngettext("%zu row booked", "%zu rows booked", n_rows), n_rows);
    char *members =
        x_asprintf(ngettext("%zu member made", "%zu members made", n_members), n_members);
    char *limits = x_asprintf(
        ngettext("limits of %zu account set", "limits of %zu accounts set", n_limits), n_limits);

    printf(_("Done: %s, %s, %s, in %lld.%01lld s.\n"), rows, members, limits,
           (long long)(ms / 1000), (long long)(ms % 1000 / 100));
    free(rows);
    free(members);
    free(limits);
}

static void report(const struct import *m, size_t refused_rows, const char *bad)
{
    int64_t ms = import_show_elapsed(&m->show);
    const struct import_job *j = &m->job;
    json_t *json;
    char *receipts = x_asprintf("%s/receipts.ndjson", j->folder);

    if (m->c->json) {
        json =
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:s?, s:s}", "file", j->file, "booked",
                      (json_int_t)(j->n_rows - refused_rows), "refused", (json_int_t)refused_rows,
                      "unreadable", (json_int_t)j->n_bad, "members_made", (json_int_t)j->n_make,
                      "limits_set", (json_int_t)j->n_limits, "bad_rows", bad, "receipts", receipts);
        client_print_json(json);
        json_decref(json);
    } else {
        print_done(j->n_rows - refused_rows, j->n_make, j->n_limits, ms);
        if (bad != NULL)
            printf(ngettext("%zu row is not booked: see %s. Set it right there and import that "
                            "file.\n",
                            "%zu rows are not booked: see %s. Set them right there and import that "
                            "file.\n",
                            refused_rows + j->n_bad),
                   refused_rows + j->n_bad, bad);
        note(_("Receipts: %s"), receipts);
    }
    free(receipts);
}

/* Everything is sent: bad rows to their file, and the end noted down. */
static int finish(struct import *m)
{
    struct refusals r = {m, 0};
    char *bad = NULL;
    int rc = import_job_refusals(&m->job, add_refusal, &r);

    if (rc == PUMASI_OK)
        rc = keep_last(m);
    if (rc == PUMASI_OK && m->file.n_bad > 0) {
        bad = import_bad_path(m->o);
        rc = import_write_bad(m, bad);
    }
    if (rc == PUMASI_OK)
        rc = import_job_finish(&m->job, clock_now_ms());
    if (rc == PUMASI_OK) {
        if (r.members > 0)
            note(ngettext("%zu member was refused; its rows were too.",
                          "%zu members were refused; their rows were too.", r.members),
                 r.members);
        report(m, m->file.n_bad - m->job.n_bad, bad);
        rc = verdict(&m->job);
    }
    free(bad);
    return rc;
}

/* With the job's folder locked. */
static int run_job(struct import *m, bool found)
{
    int rc = PUMASI_OK;

    if (found && m->job.finished_ms != 0) {
        if (!m->o->again)
            return already(m);
        rc = import_job_put_away(&m->job);
        found = false;
    } else if (found && m->o->again) {
        note("%s", _("The first import of this file isn't finished yet, so --again waits."));
    }
    if (rc == PUMASI_OK)
        rc = found ? take_up(m) : begin(m);
    if (rc != PUMASI_OK)
        return rc;
    rc = send_all(m);
    if (rc == PUMASI_UNKNOWN)
        return fail(rc,
                    _("%zu of %zu acts are through. Run the same command again once the ledger is "
                      "there: it goes on from here and books nothing twice."),
                    m->job.done, import_job_acts(&m->job));
    return rc == PUMASI_OK ? finish(m) : rc;
}

/* Bad rows written over the spreadsheet would be the end of all its other rows. */
static int check_bad_path(const struct import_options *o)
{
    char *bad = o->bad_path == NULL ? NULL : realpath(o->bad_path, NULL);
    char *sheet = realpath(o->path, NULL);
    bool same = bad != NULL && sheet != NULL && str_eq(bad, sheet);

    free(bad);
    free(sheet);
    return same ? fail(PUMASI_USAGE,
                       _("--bad must name another file than the one that is imported."))
                : PUMASI_OK;
}

int import_run(struct client *c, const struct import_options *o)
{
    struct import m = {.c = c, .o = o, .sheet = o->sheet};
    const char *unit = o->unit;
    char *folder = NULL;
    bool found = false;
    int rc = check_bad_path(o);

    m.job.lock = m.job.receipts = m.job.refused = -1;
    if (rc == PUMASI_OK)
        rc = import_file_open(&m.file, o->path);
    if (rc == PUMASI_OK && unit == NULL)
        rc = import_choose_unit(&m, &unit);
    if (rc == PUMASI_OK)
        rc = client_unit(c, unit, &m.unit);
    if (rc != PUMASI_OK)
        goto out;
    folder = import_job_folder(&c->profile, o->coop, unit, &m.file.hash);
    if (o->dry_run) {
        if (import_job_begun(folder))
            note("%s", _("This file was imported before, or its import was begun. To book all of "
                         "it once more:"));
        rc = begin(&m);
        goto out;
    }
    rc = import_job_open(&m.job, folder, &found);
    if (rc == PUMASI_OK)
        rc = run_job(&m, found);
out:
    import_job_close(&m.job);
    import_file_free(&m.file);
    import_names_free(&m.names);
    roster_free(&m.roster);
    bulk_proofs_free(&m.proofs);
    buf_free(&m.results.receipts);
    buf_free(&m.results.refused);
    free(m.last_line);
    free(folder);
    return rc;
}
