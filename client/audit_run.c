/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An audit from its beginning to its end. */
#include "client/audit_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/audit_answers.h"
#include "client/audit_copy.h"
#include "client/audit_listed.h"
#include "client/audit_pull.h"
#include "client/audit_receipts.h"
#include "client/audit_replay.h"
#include "client/audit_shown.h"
#include "client/audit_texts.h"
#include "client/office.h"
#include "client/query.h"
#include "core/dump.h"

/* Who the ledger is, by the copy. */
static void describe(struct audit_report *r, const struct audit_copy *c, const struct audit *a)
{
    const struct holder *ledger = state_holder(audit_state(a), "ledger");

    str_copy(r->ledger_id, sizeof(r->ledger_id), audit_ledger_id(a));
    str_copy(r->vkey, sizeof(r->vkey), c->info.vkey);
    r->checkpoint = c->checkpoint;
    if (ledger)
        str_copy(r->name, sizeof(r->name), ledger->title);
}

/* The time of the last record that is there. */
static void last_time(struct audit_report *r, const struct audit_copy *c)
{
    struct part_list parts = {0};
    const char *header, *why;
    size_t header_len;
    struct buf b = BUF_INIT;
    struct record_header head;

    if (c->n > 0 && audit_copy_read(c, c->n - 1, c->n, &b) == 0 &&
        dump_split(b.data, b.len, &header, &header_len, &parts) > 0 &&
        record_header_peek(&head, header, header_len, &why) == 0)
        time_text(r->time, head.ms);
    part_list_free(&parts);
    buf_free(&b);
}

/* The checkpoint is signed by a log key that is in force at its end, and the ledger is the one that
 * it says it is. */
static void check_whose(struct audit_report *r, const struct audit_copy *c, const struct audit *a,
                        const char *id)
{
    const struct holder *ledger = state_holder(audit_state(a), "ledger");
    bool known = str_eq(audit_ledger_id(a), id);
    char name[ORIGIN_MAX + 1];
    struct key key;

    if (c->info.size == 0 || c->n == 0)
        return;
    if (vkey_parse(c->info.vkey, name, sizeof(name), &key) != 0 || !ledger ||
        !holder_has_key(ledger, ROLE_LOG, &key))
        audit_report_add(r, AUDIT_CHECKPOINT, -1, "ledger", "", 0,
                         "the checkpoint isn't signed by a log key in force");
    for (size_t i = 0; i < r->n_continued; i++)
        known = known || str_eq(r->continued[i].before, id);
    if (!known)
        audit_report_add(r, AUDIT_LEDGER_ID, 0, "ledger", "", 0, "the log makes the ledger's id %s",
                         audit_ledger_id(a));
}

/* ---- An export ---- */

/* Of that origin, or of one under which it went on. */
static bool is_same_log(const char *origin, const char *pinned)
{
    return str_eq(origin, pinned) || name_origin_follows(origin, pinned);
}

/* Is the export signed by this key, or by one that the stewards put in its place? */
static bool leads_from(const struct audit_copy *c, const struct audit *a, const struct key *pinned)
{
    struct checkpoint ignored;
    const struct key_row *row;
    const char *why;
    struct kid kid;

    if (checkpoint_open(&ignored, c->note, strlen(c->note), c->info.origin, pinned, &why) == 0)
        return true;
    key_kid(&kid, pinned);
    row = state_key(audit_state(a), kid.s);
    return row && row->role == ROLE_LOG && str_eq(row->holder, "ledger");
}

/* Held against --vkey, or against what the profile of a ledger that one is connected to has. */
static bool is_pinned(const struct audit_copy *c, const struct audit *a, const struct profile *p,
                      const char *vkey)
{
    char name[ORIGIN_MAX + 1];
    struct key key;
    bool good;

    if (vkey)
        return vkey_parse(vkey, name, sizeof(name), &key) == 0 &&
               is_same_log(c->info.origin, name) && leads_from(c, a, &key);
    good = leads_from(c, a, &p->log_key);
    for (size_t i = 0; !good && i < p->n_earlier; i++)
        good = leads_from(c, a, &p->earlier[i]);
    return good;
}

static void check_tree(struct audit_report *r, const struct audit_copy *c)
{
    struct hash root;

    if (c->good_end < c->end)
        audit_report_add(r, AUDIT_HEADER, (int64_t)c->n, "", "", 0,
                         "the file of records can't be read beyond here");
    if (c->unsigned_note)
        audit_report_add(r, AUDIT_CHECKPOINT, -1, "", "", 0,
                         "the checkpoint isn't signed by the log key that ledger.json names");
    if (c->info.size != (int64_t)c->checkpoint.size)
        audit_report_add(r, AUDIT_CHECKPOINT, -1, "", "", 0,
                         "ledger.json and the checkpoint say different sizes");
    if (c->checkpoint.size != c->n || audit_copy_root(c, (int64_t)c->checkpoint.size, &root) != 0 ||
        !hash_eq(&root, &c->checkpoint.root))
        audit_report_add(
            r, AUDIT_ROOT, -1, "", "", 0,
            "%zu records are here, and they don't make the tree of %llu that is signed", c->n,
            (unsigned long long)c->checkpoint.size);
}

int audit_run_export(struct audit_report *r, const struct audit_ask *ask)
{
    const struct profile *p = &r->c->profile;
    struct audit_copy copy;
    struct audit *a = NULL;
    int rc = audit_copy_foreign(&copy, ask->dir);

    r->subject = x_strdup(ask->dir);
    r->whole = true;
    if (rc == PUMASI_OK) {
        check_tree(r, &copy);
        a = audit_replay(r, &copy, 0, NULL);
        rc = a ? audit_texts_export(r, &copy) : PUMASI_FAILED;
    }
    if (rc == PUMASI_OK) {
        /* A ledger that one is connected to is known already. */
        bool known =
            p->connected && is_same_log(copy.info.origin, p->origin) && p->ledger_id[0] != '\0';
        const char *id = ask->id ? ask->id : known ? p->ledger_id : copy.info.id;

        r->own_word = !ask->id && !ask->vkey && !known;
        describe(r, &copy, a);
        last_time(r, &copy);
        check_whose(r, &copy, a, id);
        if (copy.n > 0 && !str_eq(copy.info.id, audit_ledger_id(a)))
            audit_report_add(r, AUDIT_LEDGER_ID, -1, "ledger", "", 0,
                             "ledger.json says another id than the log makes, %s",
                             audit_ledger_id(a));
        if ((ask->vkey || known) && !is_pinned(&copy, a, p, ask->vkey))
            audit_report_add(r, AUDIT_CHECKPOINT, -1, "ledger", "", 0,
                             "the export is signed by another log key than the one that is "
                             "pinned");
    }
    audit_free(a);
    audit_copy_close(&copy);
    return rc;
}

/* ---- A ledger ---- */

static int replay(struct audit_report *r, struct audit_copy *copy, const struct audit_ask *ask,
                  const struct keyfile *key, const struct audit_marks *marks)
{
    struct audit_answers answers = {0};
    const struct audit_watch watch = {&answers, audit_answers_posting};
    int64_t verified = ask->again ? 0 : audit_copy_verified(copy);
    size_t before;
    struct audit *a;
    int rc = PUMASI_OK;

    if (ask->coop)
        verified = 0; /* it is of all records that one copy has, and this has gaps */
    r->verified_before = verified;
    r->answers = ask->answers && !r->incomplete;
    if (r->answers)
        rc = audit_answers_get(&answers, r, key, copy, ask->accounts);
    before = r->found;
    a = rc == PUMASI_OK ? audit_replay(r, copy, verified, &watch) : NULL;
    if (a) {
        describe(r, copy, a);
        last_time(r, copy);
        check_whose(r, copy, a, r->c->profile.ledger_id);
        audit_marks_check_keys(r, marks);
        /* Verified are those that were found to be right, all of them. */
        if (!ask->coop && r->found == before)
            rc = audit_copy_set_verified(copy, audit_copy_size(copy));
        if (rc == PUMASI_OK && r->answers)
            rc = audit_answers_compare(&answers, r, key, copy, a);
        if (rc == PUMASI_OK && r->answers)
            rc = audit_shown_compare(&answers, r, key, copy, a, ask->accounts);
        if (rc == PUMASI_OK && r->answers)
            rc = audit_listed_compare(r, key, copy, a);
        if (rc == PUMASI_OK && r->answers)
            rc = audit_texts_compare(&answers, r, key, copy);
    } else if (rc == PUMASI_OK) {
        rc = PUMASI_FAILED;
    }
    audit_free(a);
    audit_answers_free(&answers);
    return rc;
}

int audit_run_ledger(struct audit_report *r, const struct audit_ask *ask)
{
    struct audit_copy copy;
    struct audit_marks marks = {0};
    struct keyfile *key = NULL;
    int rc = ask->coop ? office_reader(r->c, ask->coop, &key)
                       : client_key(r->c, KEY_ROLE(ROLE_AUDITOR), "*", &key);

    r->subject = x_strdup(ask->coop ? ask->coop : "*");
    r->whole = ask->coop == NULL;
    if (rc == PUMASI_OK)
        rc = client_ledger(r->c, NULL);
    if (rc != PUMASI_OK)
        return rc;
    rc = audit_copy_put_away(&r->c->profile, ask->coop, &r->old_copy, &r->old_copy_size);
    if (rc != PUMASI_OK)
        return rc;
    rc = audit_copy_open(&copy, &r->c->profile, ask->coop);
    if (rc == PUMASI_OK) {
        r->copy = x_strdup(copy.dir);
        rc = audit_pull(r, &copy, key, ask->again);
    }
    if (rc == PUMASI_OK)
        rc = audit_receipts(r, &copy, key, &marks);
    if (rc == PUMASI_OK)
        rc = replay(r, &copy, ask, key, &marks);
    audit_marks_free(&marks);
    audit_copy_close(&copy);
    return rc;
}
