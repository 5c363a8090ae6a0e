/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading a record for an audit, in any thread. */
#include <string.h>

#include "core/audit.h"
#include "core/tree.h"

/* Which of the header's parts each text is, in their order; -1 when one is none of them. */
static int place_parts(struct audit_item *item)
{
    const struct record_header *head = &item->record.head;
    size_t at = 0;

    for (size_t i = 0; i < item->parts.n; i++) {
        struct hash hash;

        hash_bytes(&hash, item->parts.text[i], item->parts.len[i]);
        while (at < head->n_parts && !hash_eq(&hash, &head->parts[at]))
            at++;
        if (at == head->n_parts) {
            item->fault.wrong = WRONG_HASH;
            item->fault.part = i;
            str_copy(item->fault.why, sizeof(item->fault.why),
                     N_("a part isn't one that its header names"));
            return -1;
        }
        at++;
    }
    return 0;
}

void audit_item_read(struct audit_item *item, bool some, envelope_lookup *lookup, void *arg)
{
    struct record_read *r = &item->record;
    struct refusal ignored;
    struct hash entry;
    const char *why;

    item->read = item->in_part = false;
    memset(&item->fault, 0, sizeof(item->fault));
    hash_bytes(&entry, item->header, item->header_len);
    tree_leaf_hash(&item->leaf, entry.b, HASH_LEN);
    record_header_free(&r->head);
    item->index = record_header_parse(&r->head, item->header, item->header_len, &why) == 0
                      ? r->head.index
                      : -1;
    if (some && item->index >= 0 && item->parts.n < r->head.n_parts) {
        memset(&r->env, 0, sizeof(r->env));
        memset(&r->act, 0, sizeof(r->act));
        item->in_part = place_parts(item) == 0;
        return;
    }
    record_header_free(&r->head);
    item->read = record_read(r, item->header, item->header_len, item->parts.text, item->parts.len,
                             item->parts.n, &item->fault) == 0;
    /* What fails here for want of a key is verified again when it is judged. */
    if (item->read && lookup)
        (void)!envelope_verify(&r->env, lookup, arg, &ignored);
}

void audit_item_clear(struct audit_item *item)
{
    if (item->read)
        record_read_free(&item->record);
    record_header_free(&item->record.head); /* of one that is here in part */
    item->read = false;
}

void audit_item_free(struct audit_item *item)
{
    audit_item_clear(item);
    part_list_free(&item->parts);
}
