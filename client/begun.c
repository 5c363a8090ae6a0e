/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/begun.h"

#include <stdlib.h>

#include "client/outbox.h"
#include "client/waiting.h"

static bool names(const struct act *a, int64_t index, const struct hash *payload_hash)
{
    if (a->type == ACT_TRANSFER)
        return a->u.transfer.has_request && a->u.transfer.request == index;
    if (a->type == ACT_REVERSAL)
        return a->u.reversal.record == index;
    return a->type == ACT_DECLINE && hash_eq(&a->u.decline.act, payload_hash);
}

bool begun(struct client *c, enum act_type type, int64_t index, const struct hash *payload_hash,
           struct act *out)
{
    struct outbox_entry *list = NULL;
    bool found = false;
    size_t n = 0;

    if (outbox_list(&c->profile, &list, &n) != PUMASI_OK)
        return false;
    for (size_t i = 0; !found && i < n; i++) {
        json_t *json = json_loads(list[i].submission, JSON_REJECT_DUPLICATES, NULL);
        struct waiting w;
        char *why;

        if (waiting_read(&w, json, &why) != 0) {
            free(why);
        } else {
            found = w.act.type == type && names(&w.act, index, payload_hash);
            if (found && out != NULL)
                *out = w.act; /* these types have no lists of keys */
            waiting_free(&w);
        }
        json_decref(json);
    }
    outbox_list_free(list, n);
    return found;
}
