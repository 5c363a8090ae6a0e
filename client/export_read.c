/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/export_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/export_name.h"
#include "client/query.h"
#include "core/date.h"
#include "core/num.h"
#include "lang/zone.h"

/* What a list's callback stops it with, beside the codes of enum pumasi_exit. */
#define ENOUGH (-1)

struct reader {
    struct export *x;
    struct client *c;
    const struct keyfile *key;
    const struct profile_unit *unit;    /* the only one, or NULL */
    const struct profile_unit *account; /* the unit of the member's account that is being read */
    const char *member;
    bool early; /* the reading ended at the period's first day */
};

static int senseless(void)
{
    return fail(PUMASI_UNPROVED, _("The ledger's answer makes no sense, so nothing was written. "
                                   "Perhaps it is of another version than this program."));
}

/* The ledger's zone as this process's: nothing that export prints is in local time. */
static int use_zone(const char *zone)
{
    if (!name_is_zone(zone))
        return senseless();
    if (zone_set(zone) != 0)
        return fail(PUMASI_FAILED,
                    _("This machine doesn't know the ledger's time zone %s, so that days can't be "
                      "told. Debian's package tzdata has it."),
                    zone);
    return PUMASI_OK;
}

static int day_of(int64_t ms, int32_t *day)
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    char text[64];

    if (ms < 0 || localtime_r(&t, &tm) == NULL)
        return -1;
    snprintf(text, sizeof(text), "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    return date_parse(text, day);
}

static int begin(struct reader *r)
{
    json_t *ledger;
    int rc = client_ledger(r->c, &ledger);

    if (rc != PUMASI_OK)
        return rc;
    r->x->ledger_id = r->c->profile.ledger_id;
    r->x->units = r->c->profile.units;
    r->x->n_units = r->c->profile.n_units;
    r->x->size = json_number(ledger, "size");
    rc = use_zone(json_text(ledger, "zone"));
    json_decref(ledger);
    return rc;
}

static int64_t record_of(const json_t *item, const char *name)
{
    const json_t *value = json_object_get(item, name);

    return json_is_integer(value) ? json_integer_value(value) : -1;
}

static int copy_if(char *out, size_t size, const char *s, bool ok)
{
    size_t len = strlen(s);

    if (len == 0)
        return 0;
    if (!ok || len >= size)
        return -1;
    memcpy(out, s, len + 1);
    return 0;
}

/* A member, or the co-op that a settlement was with. */
static bool is_counterparty(const char *s)
{
    return name_is_address(s) || name_is_coop(s);
}

/* One posting of the account, or 0 and *day only. */
static int take_posting(struct reader *r, const json_t *item, size_t account)
{
    static const char *const numbers[] = {"index", "amount", "balance", "seq"};
    const char *value_date = json_text(item, "value_date");
    const char *counterparty = json_text(item, "counterparty");
    const char *category = json_text(item, "category");
    struct export_posting *p;
    int64_t ms;
    int32_t day, value_day = 0;

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        const json_t *n = json_object_get(item, numbers[i]);

        if (!json_is_integer(n) || json_integer_value(n) > NUM_MAX ||
            json_integer_value(n) < NUM_MIN)
            return senseless();
    }
    if (time_parse(json_text(item, "time"), &ms) != 0 || day_of(ms, &day) != 0 ||
        (value_date[0] != '\0' && date_parse(value_date, &value_day) != 0))
        return senseless();
    if (r->x->has_from && day < r->x->from) {
        r->early = true;
        return ENOUGH;
    }
    p = export_posting(r->x);
    p->account = account;
    p->index = json_number(item, "index");
    p->ms = ms;
    p->day = day;
    p->has_value_date = value_date[0] != '\0';
    p->value_date = value_day;
    p->amount = json_number(item, "amount");
    p->balance = json_number(item, "balance");
    p->seq = json_number(item, "seq");
    /* No record holds a text that say_safe changes, but an answer may say anything. */
    p->memo = say_safe(json_text(item, "memo"));
    p->signed_by = say_safe(json_text(item, "signed_by"));
    p->reverses = record_of(item, "reverses");
    p->request = record_of(item, "request");
    p->forced = json_is_true(json_object_get(item, "forced"));
    if (copy_if(p->counterparty, sizeof(p->counterparty), counterparty,
                is_counterparty(counterparty)) != 0 ||
        copy_if(p->category, sizeof(p->category), category, name_is_category(category)) != 0)
        return senseless();
    return 0;
}

/*
 * Of "alice@hansalim/hour": *member (for the caller to free) and *unit; NULL, without an error,
 * where it is in a unit that isn't asked for.
 */
static int take_account(struct reader *r, const char *account, char **member,
                        const struct profile_unit **unit)
{
    const char *slash = strchr(account, '/');

    *member = NULL;
    *unit = slash == NULL ? NULL : profile_unit(&r->c->profile, slash + 1);
    if (*unit == NULL)
        return senseless(); /* units are for ever, and the list of them was asked for first */
    if (r->unit != NULL && *unit != r->unit) {
        *unit = NULL;
        return PUMASI_OK;
    }
    *member = x_strndup(account, (size_t)(slash - account));
    return PUMASI_OK;
}

static int place_of(struct reader *r, const json_t *item, size_t *place, bool *wanted)
{
    const struct profile_unit *unit;
    char *member;
    int rc = take_account(r, json_text(item, "account"), &member, &unit);

    *wanted = unit != NULL;
    if (rc == PUMASI_OK && unit != NULL && export_account(r->x, member, unit, place) != 0)
        rc = senseless();
    free(member);
    return rc;
}

static int on_account(void *arg, json_t *item)
{
    struct reader *r = arg;
    struct export_account *a;
    size_t place = 0;
    bool wanted;
    int rc = place_of(r, item, &place, &wanted);

    if (rc != PUMASI_OK || !wanted)
        return rc;
    a = &r->x->accounts[place];
    a->said_balance = json_number(item, "balance");
    a->said_seq = json_number(item, "seq");
    return PUMASI_OK;
}

static int on_book_posting(void *arg, json_t *item)
{
    struct reader *r = arg;
    size_t place = 0;
    bool wanted;
    int rc = place_of(r, item, &place, &wanted);

    return rc == PUMASI_OK && wanted ? take_posting(r, item, place) : rc;
}

static int on_posting(void *arg, json_t *item)
{
    struct reader *r = arg;

    return take_posting(r, item, r->x->n_accounts - 1);
}

static void put_name(struct reader *r, const char *member, const json_t *name)
{
    char *safe = json_is_string(name) ? say_safe(json_string_value(name)) : NULL;

    json_object_set_new(r->x->names, member, safe == NULL ? json_null() : json_string(safe));
    free(safe);
}

static int on_member(void *arg, json_t *item)
{
    put_name(arg, json_text(item, "member"), json_object_get(item, "name"));
    return PUMASI_OK;
}

/* The name of a member that isn't known yet; one who isn't there, or isn't to be seen, has none. */
static int ask_name(struct reader *r, const char *member)
{
    json_t *answer;
    char *path;
    long status;
    int rc;

    if (!name_is_address(member) || json_object_get(r->x->names, member) != NULL)
        return PUMASI_OK;
    path = x_asprintf("/v1/members/%s", member);
    rc = query_status(r->c, r->key, path, &status, &answer);
    if (rc == PUMASI_OK && status != 200 && status != 404)
        rc = query_failed(r->c, r->key, path, status, answer);
    if (rc == PUMASI_OK)
        put_name(r, member, status == 200 ? json_object_get(answer, "name") : NULL);
    json_decref(answer);
    free(path);
    return rc;
}

static int ask_names(struct reader *r)
{
    const struct export *x = r->x;
    int rc = PUMASI_OK;

    for (size_t i = 0; rc == PUMASI_OK && i < x->n_accounts; i++)
        rc = ask_name(r, x->accounts[i].member);
    for (size_t i = 0; rc == PUMASI_OK && i < x->n; i++)
        rc = ask_name(r, x->postings[i].counterparty);
    return rc;
}

static int settle(struct reader *r, bool names)
{
    char *why = export_settle(r->x);
    int rc = PUMASI_OK;

    if (why != NULL) {
        rc = fail(PUMASI_UNPROVED, "%s", why);
        free(why);
        return rc;
    }
    if (names)
        rc = ask_names(r);
    return rc;
}

/* Postings newest first, perhaps only those of the period. */
static int read_postings(struct reader *r, const char *path, int (*take)(void *, json_t *))
{
    int rc = query_list(r->c, r->key, path, 0, take, r);

    return rc == ENOUGH ? PUMASI_OK : rc;
}

/* Appends "<name>=<day>" to a path's query. */
static void put_day(struct buf *path, const char *name, int32_t day)
{
    buf_printf(path, "&%s=", name);
    export_day(path, day);
}

/* A list of the book at the point that the export is of. */
static int read_book_list(struct reader *r, const char *path, int (*take)(void *, json_t *))
{
    struct query_view view;
    int rc = query_list_at(r->c, r->key, path, 0, &view, take, r);

    if (rc == PUMASI_OK && view.size > r->x->size)
        rc = senseless();
    return rc == ENOUGH ? PUMASI_OK : rc;
}

int export_read_book(struct export *x, struct client *c, const struct keyfile *key,
                     const char *unit, bool names)
{
    struct reader r = {.x = x, .c = c, .key = key};
    struct buf accounts = BUF_INIT, postings = BUF_INIT;
    char *members = x_asprintf("/v1/coops/%s/members", x->book);
    int rc = begin(&r);

    r.unit = unit == NULL ? NULL : profile_unit(&c->profile, unit);
    buf_printf(&accounts, "/v1/coops/%s/accounts?size=%" PRId64, x->book, x->size);
    buf_printf(&postings, "/v1/coops/%s/postings?size=%" PRId64, x->book, x->size);
    if (x->has_from)
        put_day(&postings, "since", x->from);
    if (x->has_to) {
        put_day(&postings, "until", x->to);
        put_day(&accounts, "as_of", x->to);
    }
    if (rc == PUMASI_OK)
        rc = read_book_list(&r, accounts.data, on_account);
    if (rc == PUMASI_OK)
        rc = read_book_list(&r, postings.data, on_book_posting);
    for (size_t i = 0; i < x->n_accounts; i++)
        x->accounts[i].whole = !x->has_from;
    if (names)
        x->names = json_object();
    if (rc == PUMASI_OK && names)
        rc = query_list(c, key, members, 0, on_member, &r);
    if (rc == PUMASI_OK)
        rc = settle(&r, names);
    buf_free(&accounts);
    buf_free(&postings);
    free(members);
    return rc;
}

/* One account, if the member has it. */
static int read_account(struct reader *r)
{
    char *path = x_asprintf("/v1/accounts/%s/%s", r->member, r->account->unit), *postings;
    json_t *answer = NULL;
    size_t place;
    long status;
    int rc = query_status(r->c, r->key, path, &status, &answer);

    if (rc == PUMASI_OK && status == 200) {
        if (export_account(r->x, r->member, r->account, &place) != 0) {
            rc = senseless();
        } else {
            r->x->accounts[place].said_balance = json_number(answer, "balance");
            r->x->accounts[place].said_seq = json_number(answer, "seq");
            postings = x_asprintf("%s/postings", path);
            r->early = false;
            rc = read_postings(r, postings, on_posting);
            r->x->accounts[place].whole = !r->early;
            free(postings);
        }
    } else if (rc == PUMASI_OK && status != 404) {
        rc = query_failed(r->c, r->key, path, status, answer);
    }
    json_decref(answer);
    free(path);
    return rc;
}

int export_read_member(struct export *x, struct client *c, const struct keyfile *key,
                       const char *member, const char *unit, bool names)
{
    struct reader r = {.x = x, .c = c, .key = key, .member = member};
    int rc = begin(&r);

    if (names)
        x->names = json_object();
    for (size_t i = 0; rc == PUMASI_OK && i < x->n_units; i++) {
        if (unit != NULL && !str_eq(unit, x->units[i].unit))
            continue;
        r.account = &x->units[i];
        rc = read_account(&r);
    }
    if (rc == PUMASI_OK && x->n_accounts == 0)
        rc = query_no_account(c, key, member, unit);
    return rc == PUMASI_OK ? settle(&r, names) : rc;
}
