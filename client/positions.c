/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A co-op's positions, as the ledger answers them. */
#include "client/positions.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/num.h"

/* How often and how long a clearing that is being worked out is waited for. */
#define AGAIN_MS 250
#define AGAIN_N  60

static bool number(const json_t *item, const char *name, int64_t min, int64_t *out)
{
    const json_t *v = json_object_get(item, name);

    if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > NUM_MAX)
        return false;
    *out = json_integer_value(v);
    return true;
}

/* The same, or null, which leaves *there false. */
static bool number_or_null(const json_t *item, const char *name, bool *there, int64_t *out)
{
    *there = number(item, name, 0, out);
    return *there || json_is_null(json_object_get(item, name));
}

static bool day_or_null(const json_t *item, const char *name, char out[DATE_LEN + 1])
{
    const char *text = json_text(item, name);
    int32_t day;

    out[0] = '\0';
    if (json_is_null(json_object_get(item, name)))
        return true;
    if (date_parse(text, &day) != 0)
        return false;
    str_copy(out, DATE_LEN + 1, text);
    return true;
}

static bool take_row(struct position_row *r, const json_t *item)
{
    const char *partner = json_text(item, "partner"), *unit = json_text(item, "unit");

    if (!name_is_coop(partner) || !name_is_unit(unit))
        return false;
    str_copy(r->partner, sizeof(r->partner), partner);
    str_copy(r->unit, sizeof(r->unit), unit);
    return number(item, "position", NUM_MIN, &r->position) &&
           number_or_null(item, "given", &r->has_given, &r->given) &&
           number_or_null(item, "taken", &r->has_taken, &r->taken) &&
           number(item, "can_pay", 0, &r->can_pay) &&
           number(item, "can_receive", 0, &r->can_receive) && day_or_null(item, "day", r->day) &&
           day_or_null(item, "oldest", r->oldest) &&
           number_or_null(item, "clears", &r->cleared, &r->clears) &&
           r->clears <= (r->position < 0 ? -r->position : r->position);
}

static int compare(const void *one, const void *other)
{
    const struct position_row *a = one, *b = other;
    int rc = strcmp(a->unit, b->unit);

    return rc != 0 ? rc : strcmp(a->partner, b->partner);
}

int positions_take(struct positions *p, json_t *answer)
{
    const json_t *items = json_object_get(answer, "items"), *item;
    size_t i;

    p->answer = answer;
    p->rows = x_calloc(json_array_size(items) + 1, sizeof(*p->rows));
    if (!json_is_array(items) || !number(answer, "size", 0, &p->size))
        return fail(PUMASI_UNPROVED, _("The ledger's answer has no positions."));
    str_copy(p->time, sizeof(p->time), json_text(answer, "time"));
    json_array_foreach (items, i, item) {
        if (!take_row(&p->rows[p->n++], item))
            return fail(PUMASI_UNPROVED,
                        _("The ledger's answer has a position that can't be one."));
    }
    if (p->n > 0)
        qsort(p->rows, p->n, sizeof(*p->rows), compare);
    for (i = 1; i < p->n; i++) {
        if (compare(&p->rows[i - 1], &p->rows[i]) == 0)
            return fail(PUMASI_UNPROVED, _("The ledger's answer has a position twice."));
    }
    return PUMASI_OK;
}

void positions_free(struct positions *p)
{
    json_decref(p->answer);
    free(p->rows);
    memset(p, 0, sizeof(*p));
}

static bool all_cleared(const struct positions *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (!p->rows[i].cleared)
            return false;
    }
    return true;
}

int positions_fetch(struct positions *p, struct client *c, const struct keyfile *key,
                    const char *coop)
{
    const struct timespec pause = {.tv_nsec = AGAIN_MS * 1000000L};
    char *path = x_asprintf("/v1/coops/%s/positions", coop);
    json_t *answer;
    int rc;

    memset(p, 0, sizeof(*p));
    for (int i = 0;; i++) {
        rc = query_get(c, key, path, &answer);
        if (rc == PUMASI_OK)
            rc = positions_take(p, answer);
        if (rc != PUMASI_OK || all_cleared(p) || i == AGAIN_N)
            break;
        positions_free(p);
        (void)nanosleep(&pause, NULL);
    }
    str_copy(p->coop, sizeof(p->coop), coop);
    free(path);
    return rc;
}

size_t positions_unit_end(const struct positions *p, size_t from)
{
    size_t end = from;

    while (end < p->n && str_eq(p->rows[end].unit, p->rows[from].unit))
        end++;
    return end;
}

int positions_sum(const struct positions *p, size_t from, size_t end, struct position_sum *out)
{
    int rc = 0;

    *out = (struct position_sum){.cleared = true};
    for (size_t i = from; i < end; i++) {
        const struct position_row *r = &p->rows[i];

        rc |= num_add(out->owe, r->position > 0 ? r->position : 0, &out->owe);
        rc |= num_add(out->owed, r->position < 0 ? -r->position : 0, &out->owed);
        rc |= num_add(out->given, r->given, &out->given);
        rc |= num_add(out->taken, r->taken, &out->taken);
        rc |= num_add(out->can_pay, r->can_pay, &out->can_pay);
        rc |= num_add(out->can_receive, r->can_receive, &out->can_receive);
        rc |= num_add(out->clears, r->clears, &out->clears);
        out->cleared &= r->cleared;
    }
    return rc;
}
