/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_listed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/audit_ask.h"
#include "core/strmap.h"

#define SNAPSHOTS "snapshot:ledger"
#define DAY_S     INT64_C(86400)

struct listing {
    struct audit_report *r;
    const struct audit_copy *c;
    const struct audit *a;
    bool *seen;            /* snapshots of the copy, by place */
    struct strmap *listed; /* requests, by record */
};

static bool hash_is(const json_t *row, const char *name, const struct hash *hash)
{
    char text[HASH_B64U_LEN + 1];

    hash_text(text, hash);
    return str_eq(json_text(row, name), text);
}

/* The index of an item's record. Anybody may answer anything. */
static bool index_of(const json_t *row, int64_t *index)
{
    *index = json_number(row, "index");
    return json_is_integer(json_object_get(row, "index")) && *index >= 0;
}

/* ---- Snapshots ---- */

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Is the record that it names a snapshot of just that? */
static bool is_snapshot(const struct audit_copy *c, int64_t index, const json_t *row)
{
    struct buf b = BUF_INIT;
    struct audit_item item = {0};
    bool is = false;

    if (audit_copy_find(c, index, &b, &item.header, &item.header_len, &item.parts)) {
        audit_item_read(&item, c->coop != NULL, NULL, NULL);
        if (item.read && item.record.act.type == ACT_SNAPSHOT) {
            const struct act_snapshot *s = &item.record.act.u.snapshot;

            is = json_number(row, "size") == s->size && json_number(row, "count") == s->count &&
                 hash_is(row, "root", &s->root);
        }
    }
    audit_item_free(&item);
    buf_free(&b);
    return is;
}

static int compare_snapshot(void *arg, json_t *row)
{
    struct listing *l = arg;
    int64_t index, size = json_number(row, "size");
    const int64_t *at;

    if (!index_of(row, &index))
        return fail(PUMASI_UNPROVED, _("The ledger's list of snapshots makes no sense."));
    if (index >= audit_copy_size(l->c))
        return PUMASI_OK; /* newer than what is audited */
    at = l->c->n_snapshots
             ? bsearch(&size, l->c->snapshots, l->c->n_snapshots, sizeof(size), by_size)
             : NULL;
    if (at && l->seen[at - l->c->snapshots])
        return fail(PUMASI_UNPROVED, _("The ledger's list of snapshots makes no sense."));
    if (at)
        l->seen[at - l->c->snapshots] = true;
    if (!at || !is_snapshot(l->c, index, row))
        audit_report_add(l->r, AUDIT_ANSWER_STATE, index, SNAPSHOTS, "", 0,
                         "the snapshot isn't shown as the log has it");
    return PUMASI_OK;
}

static int compare_snapshots(struct listing *l, const struct keyfile *key)
{
    long status;
    int rc;

    l->seen = x_calloc(l->c->n_snapshots + 1, sizeof(*l->seen));
    rc = audit_list(l->r, key, "/v1/snapshots", false, NULL, compare_snapshot, l, &status);
    if (rc == PUMASI_OK && status != 200)
        audit_unanswered(l->r, AUDIT_ANSWER_STATE, -1, SNAPSHOTS, status);
    for (size_t i = 0; rc == PUMASI_OK && status == 200 && i < l->c->n_snapshots; i++)
        if (!l->seen[i])
            audit_report_add(l->r, AUDIT_ANSWER_STATE, -1, SNAPSHOTS, "", 0,
                             "the snapshot of %lld records is in the log, and isn't shown",
                             (long long)l->c->snapshots[i]);
    free(l->seen);
    return rc;
}

/* ---- Requests ---- */

static bool terms_are(const json_t *row, const struct deal *d)
{
    char expires[DATE_LEN + 1];

    date_text(expires, d->expires);
    return str_eq(json_text(row, "from"), d->from) && str_eq(json_text(row, "to"), d->to) &&
           str_eq(json_text(row, "unit"), d->unit) && json_number(row, "amount") == d->amount &&
           str_eq(json_text(row, "expires"), expires) && hash_is(row, "act", &d->payload_hash);
}

/*
 * Is it shown as answered by what answered it? It may have been since. What nobody answered is
 * closed from its last day on: by the ledger's clock, and this one's may be of another day.
 */
static bool answer_is(const struct listing *l, const json_t *row, const struct deal *d)
{
    const json_t *answer = json_object_get(row, "answer");
    const char *state = json_text(row, "state");
    const int64_t today = l->r->made / DAY_S, shown = json_integer_value(answer);

    if (!json_is_integer(answer) && !json_is_null(answer))
        return false;
    if (d->answer >= 0)
        return json_is_integer(answer) && shown == d->answer &&
               str_eq(state, d->paid ? "paid" : "closed");
    if (json_is_integer(answer))
        return shown >= audit_copy_size(l->c);
    return str_eq(state, "open") ? d->expires >= today - 1
                                 : str_eq(state, "closed") && d->expires <= today + 1;
}

static void about_of(char out[ACCOUNT_MAX + 1], const struct deal *d)
{
    name_account(out, d->from, d->unit);
}

static int compare_request(void *arg, json_t *row)
{
    struct listing *l = arg;
    char name[DEAL_NAME_MAX + 1], about[ACCOUNT_MAX + 1];
    const struct deal *d;
    int64_t index;

    if (!index_of(row, &index))
        return fail(PUMASI_UNPROVED, _("The ledger's list of requests makes no sense."));
    deal_name(name, index);
    if (strmap_get(l->listed, name) != NULL)
        return fail(PUMASI_UNPROVED, _("The ledger's list of requests makes no sense."));
    *strmap_put(l->listed, name) = 1;
    if (index >= audit_copy_size(l->c))
        return PUMASI_OK; /* newer than what is audited */
    d = audit_request(l->a, index);
    if (!d) {
        audit_report_add(l->r, AUDIT_ANSWER_STATE, index, "", "", 0,
                         "the request is shown, and isn't in the log");
        return PUMASI_OK;
    }
    about_of(about, d);
    if (!terms_are(row, d))
        audit_report_add(l->r, AUDIT_ANSWER_STATE, index, about, "", 0,
                         "the request isn't shown as the log has it");
    else if (!answer_is(l, row, d))
        audit_report_add(l->r, AUDIT_ANSWER_STATE, index, about, "", 0,
                         "whether the request was paid or declined isn't shown as the log has it");
    return PUMASI_OK;
}

/* A request of the log: was it shown? */
static void find_request(void *arg, const struct deal *d)
{
    struct listing *l = arg;
    char about[ACCOUNT_MAX + 1];

    if (strmap_get(l->listed, d->thing.name) != NULL)
        return;
    about_of(about, d);
    audit_report_add(l->r, AUDIT_ANSWER_STATE, d->record, about, "", 0,
                     "the request is in the log, and isn't shown");
}

static int compare_requests(struct listing *l, const struct keyfile *key)
{
    long status;
    int rc;

    l->listed = strmap_new();
    rc = audit_list(l->r, key, "/v1/requests", false, NULL, compare_request, l, &status);
    if (rc == PUMASI_OK && status != 200)
        audit_unanswered(l->r, AUDIT_ANSWER_STATE, -1, "", status);
    else if (rc == PUMASI_OK)
        audit_each_request(l->a, find_request, l);
    strmap_free(l->listed);
    return rc;
}

int audit_listed_compare(struct audit_report *r, const struct keyfile *key,
                         const struct audit_copy *c, const struct audit *a)
{
    struct listing l = {.r = r, .c = c, .a = a};
    int rc = compare_snapshots(&l, key);

    if (rc == PUMASI_OK && c->coop == NULL)
        rc = compare_requests(&l, key);
    return rc;
}
