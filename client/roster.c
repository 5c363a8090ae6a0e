/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/roster.h"

#include <stdlib.h>
#include <string.h>

#include "client/query.h"

void roster_add(struct roster *r, const char *address, const char *name,
                const struct roster_member *m)
{
    uint32_t at;

    if (names_find(&r->addresses, address, &at))
        return;
    at = names_put(&r->addresses, address);
    r->list = x_realloc(r->list, r->addresses.cap * sizeof(*r->list));
    r->list[at] = *m;
    r->list[at].name = x_strdup(name);
}

static int take(void *arg, json_t *item)
{
    const char *state = json_text(item, "state");
    const json_t *recorded = json_object_get(item, "recorded");
    struct roster_member m = {.purse = str_eq(json_text(item, "kind"), "purse"),
                              .active = str_eq(state, "active"),
                              .closed = str_eq(state, "closed"),
                              /* An older ledger doesn't say, and decides when the row comes. */
                              .recorded = recorded == NULL || json_is_true(recorded)};

    if (name_is_address(json_text(item, "member")))
        roster_add(arg, json_text(item, "member"), json_text(item, "name"), &m);
    return 0;
}

int roster_fetch(struct roster *r, struct client *c, const struct keyfile *key, const char *coop)
{
    char *path = x_asprintf("/v1/coops/%s/members", coop);
    int rc = query_list(c, key, path, 0, take, r);

    free(path);
    return rc;
}

const struct roster_member *roster_find(const struct roster *r, const char *address)
{
    uint32_t at;

    return names_find(&r->addresses, address, &at) ? &r->list[at] : NULL;
}

void roster_free(struct roster *r)
{
    for (size_t i = 0; i < r->addresses.n; i++)
        free(r->list[i].name);
    free(r->list);
    names_free(&r->addresses);
    memset(r, 0, sizeof(*r));
}
