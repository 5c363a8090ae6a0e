/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A co-op's book at one point of the log. */
#include "client/book.h"

#include <stdlib.h>
#include <string.h>

#include "client/office.h"
#include "core/date.h"
#include "core/num.h"

static bool in_range(const json_t *item, const char *name)
{
    const json_t *v = json_object_get(item, name);

    return json_is_integer(v) && json_integer_value(v) >= NUM_MIN &&
           json_integer_value(v) <= NUM_MAX;
}

int book_take(struct book *b, json_t *item)
{
    const char *account = json_text(item, "account"), *slash = strchr(account, '/');
    const char *at = strchr(account, '@');
    struct book_account *a;

    if (slash == NULL || at == NULL || at > slash || !name_is_unit(slash + 1) ||
        !in_range(item, "balance") || !in_range(item, "seq"))
        return fail(PUMASI_UNPROVED, _("The ledger's answer has an account that can't be one."));
    if (b->n == b->cap) {
        b->cap = b->cap == 0 ? 64 : b->cap * 2;
        b->accounts = x_realloc(b->accounts, b->cap * sizeof(*b->accounts));
    }
    a = &b->accounts[b->n++];
    memset(a, 0, sizeof(*a));
    a->account = x_strdup(account);
    a->unit = a->account + (slash - account) + 1;
    a->member = x_strndup(account, (size_t)(slash - account));
    a->handle = a->member;
    a->handle_len = (size_t)(at - account);
    a->balance = json_number(item, "balance");
    a->seq = json_number(item, "seq");
    /* What was settled outside has no floor that could be met. */
    a->limited = in_range(item, "floor") && in_range(item, "available") &&
                 json_number(item, "floor") > -NUM_MAX;
    a->floor = json_number(item, "floor");
    a->available = json_number(item, "available");
    a->has_ceiling = in_range(item, "ceiling");
    a->ceiling = json_number(item, "ceiling");
    (void)snprintf(a->day, sizeof(a->day), "%s", json_text(item, "day"));
    a->item = json_incref(item);
    return PUMASI_OK;
}

const char *book_unit_of(const char *account)
{
    const char *slash = strchr(account, '/');

    return slash == NULL ? "" : slash + 1;
}

int book_check_posting(const json_t *item)
{
    const char *account = json_text(item, "account"), *slash = strchr(account, '/');
    const char *at = strchr(account, '@');
    int32_t day;

    if (slash == NULL || at == NULL || at > slash || !name_is_unit(slash + 1) ||
        !in_range(item, "index") || json_number(item, "index") < 0 || !in_range(item, "amount") ||
        json_number(item, "amount") == 0 || date_parse(json_text(item, "day"), &day) != 0)
        return fail(PUMASI_UNPROVED, _("The ledger's answer has a posting that can't be one."));
    return PUMASI_OK;
}

static int take(void *arg, json_t *item)
{
    return book_take(arg, item);
}

static int compare(const void *one, const void *other)
{
    const struct book_account *a = one, *b = other;
    int rc = strcmp(a->unit, b->unit);

    if (rc == 0)
        rc = (a->account[0] == '!') - (b->account[0] == '!');
    return rc != 0 ? rc : strcmp(a->account, b->account);
}

void book_sort(struct book *b)
{
    if (b->n > 0)
        qsort(b->accounts, b->n, sizeof(*b->accounts), compare);
}

int book_fetch(struct book *b, struct client *c, const struct keyfile *key, const char *coop,
               const char *query)
{
    char *path = x_asprintf("/v1/coops/%s/accounts%s%s", coop, query[0] == '\0' ? "" : "?", query);
    int rc;

    memset(b, 0, sizeof(*b));
    (void)snprintf(b->coop, sizeof(b->coop), "%s", coop);
    rc = query_list_at(c, key, path, 0, &b->view, take, b);
    free(path);
    book_sort(b);
    for (size_t i = 1; rc == PUMASI_OK && i < b->n; i++) {
        if (str_eq(b->accounts[i].account, b->accounts[i - 1].account))
            rc = fail(PUMASI_UNPROVED, _("The ledger's answer has the account %s twice."),
                      b->accounts[i].account);
    }
    return rc;
}

void book_free(struct book *b)
{
    for (size_t i = 0; i < b->n; i++) {
        free(b->accounts[i].account);
        free(b->accounts[i].member);
        json_decref(b->accounts[i].item);
    }
    free(b->accounts);
    memset(b, 0, sizeof(*b));
}

size_t book_unit_end(const struct book *b, size_t from)
{
    size_t end = from;

    while (end < b->n && str_eq(b->accounts[end].unit, b->accounts[from].unit))
        end++;
    return end;
}

int book_sum(const struct book *b, size_t from, size_t end, int64_t *out)
{
    int64_t sum = 0;

    for (size_t i = from; i < end; i++) {
        if (num_add(sum, b->accounts[i].balance, &sum) != 0)
            return -1;
    }
    *out = sum;
    return 0;
}

int book_check(struct client *c, const struct book *b, const char *only)
{
    int rc = PUMASI_OK;

    for (size_t i = 0, end; i < b->n; i = end) {
        const char *unit = b->accounts[i].unit;
        int64_t sum;

        end = book_unit_end(b, i);
        if (only != NULL && !str_eq(only, unit))
            continue;
        if (book_sum(b, i, end, &sum) != 0) {
            rc = fail(PUMASI_UNPROVED,
                      _("THIS BOOK IS WRONG: the balances of %s in %s add up to more than any "
                        "number here. Don't rely on it, and tell the ledger's operator."),
                      b->coop, unit);
        } else if (sum != 0) {
            char *text = client_amount_text(c, sum, unit);

            rc = fail(PUMASI_UNPROVED,
                      _("THIS BOOK IS WRONG: the balances of %s sum to %s instead of zero. Don't "
                        "rely on it, and tell the ledger's operator."),
                      b->coop, text);
            free(text);
        }
    }
    return rc;
}

const struct book_account *book_find(const struct book *b, const char *account)
{
    const char *slash = strchr(account, '/');
    struct book_account wanted;

    if (slash == NULL || b->n == 0)
        return NULL;
    memset(&wanted, 0, sizeof(wanted));
    wanted.account = x_strdup(account);
    wanted.unit = wanted.account + (slash - account) + 1;

    const struct book_account *found =
        bsearch(&wanted, b->accounts, b->n, sizeof(*b->accounts), compare);
    free(wanted.account);
    return found;
}

static int take_member(void *arg, json_t *item)
{
    json_object_set(arg, json_text(item, "member"), item);
    return 0;
}

int book_members(struct client *c, const struct keyfile *key, const char *coop, json_t **out)
{
    char *path = x_asprintf("/v1/coops/%s/members", coop);
    json_t *members = json_object();
    int rc = query_list(c, key, path, 0, take_member, members);

    free(path);
    *out = rc == PUMASI_OK ? members : NULL;
    if (rc != PUMASI_OK)
        json_decref(members);
    return rc;
}

const char *book_name(const json_t *members, const char *address)
{
    return json_text(json_object_get(members, address), "name");
}

const char *book_kind(const json_t *members, const char *address)
{
    return json_text(json_object_get(members, address), "kind");
}

int book_reader(struct client *c, const char *coop, struct keyfile **key, const char **name)
{
    int rc = coop == NULL ? PUMASI_OK : client_check_coop(coop);

    if (rc == PUMASI_OK)
        rc = office_reader(c, coop, key);
    if (rc != PUMASI_OK)
        return rc;
    *name = coop != NULL ? coop : name_coop_start((*key)->holder);
    if (!name_is_coop(*name))
        return fail(PUMASI_USAGE, _("Say which co-op, for example: pumasi book hansalim"));
    return client_ledger(c, NULL);
}
