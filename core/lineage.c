/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/lineage.h"

#include <stdlib.h>
#include <string.h>

#include "core/state.h"

static void put(struct lineage *l, const char *origin, int64_t index, const struct hash *entry)
{
    l->ids = x_realloc(l->ids, (l->n + 1) * sizeof(*l->ids));
    ledger_id_text(l->ids[l->n].id, origin, entry);
    l->ids[l->n].kept = (struct checkpoint){.size = 0};
    l->ids[l->n++].index = index;
}

void lineage_begin(struct lineage *l, const char *origin, const struct hash *entry)
{
    *l = (struct lineage){0};
    put(l, origin, 0, entry);
}

void lineage_free(struct lineage *l)
{
    free(l->ids);
    *l = (struct lineage){0};
}

int lineage_add(struct lineage *l, const struct act *a, int64_t index, const struct hash *entry)
{
    char origin[ORIGIN_MAX + 1], next[ORIGIN_MAX + 1];
    struct checkpoint kept;

    if (l->n == 0 || a->type != ACT_LEDGER_CONTINUE || !str_eq(a->aud, lineage_last(l)) ||
        index <= l->ids[l->n - 1].index || a->u.ledger_continue.found != index ||
        !ledger_id_origin(origin, a->aud) || !name_next_origin(next, origin) ||
        !str_eq(a->u.ledger_continue.origin, next) || continue_kept(a, &kept) != 0)
        return -1;
    put(l, next, index, entry);
    l->ids[l->n - 1].kept = kept;
    return 0;
}

struct lineage lineage_copy(const struct lineage *l)
{
    struct lineage out = {.n = l->n, .ids = x_calloc(l->n + 1, sizeof(*l->ids))};

    if (l->n > 0)
        memcpy(out.ids, l->ids, l->n * sizeof(*l->ids));
    return out;
}

const char *lineage_at(const struct lineage *l, int64_t index)
{
    size_t i = l->n;

    while (i > 0 && l->ids[i - 1].index >= index)
        i--;
    return i > 0 ? l->ids[i - 1].id : "";
}

const char *lineage_last(const struct lineage *l)
{
    return l->n > 0 ? l->ids[l->n - 1].id : "";
}

bool lineage_has(const struct lineage *l, const char *id)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eq(l->ids[i].id, id))
            return true;
    return false;
}

bool ledger_id_origin(char out[ORIGIN_MAX + 1], const char *id)
{
    size_t len = strcspn(id, "#");

    if (len == 0 || len > ORIGIN_MAX || id[len] != '#')
        return false;
    memcpy(out, id, len);
    out[len] = '\0';
    return true;
}

int continue_kept(const struct act *a, struct checkpoint *kept)
{
    const char *note = a->u.ledger_continue.kept;
    char origin[ORIGIN_MAX + 1];

    return ledger_id_origin(origin, a->aud) ? checkpoint_read(kept, note, strlen(note), origin)
                                            : -1;
}
