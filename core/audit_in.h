/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_IN_H
#define PUMASI_AUDIT_IN_H

#include "core/audit.h"
#include "core/snapshot.h"
#include "core/strmap.h"

/* What the files of an audit share; nobody else includes this. */

/* A snapshot's tree as it was at a size. */
struct audit_root {
    int64_t size, count;
    struct hash root;
};

struct audit {
    struct audit_conf conf;
    struct audit_counts counts;
    struct state *state;
    struct tree tree;
    int64_t next; /* the index that comes */
    int64_t last_ms;
    size_t named; /* findings in records that differ from what the rules make */
    /* Ids of acts: the first 16 bytes of SHA-256(by ‖ 0x00 ‖ jti), in an open table. */
    uint8_t (*ids)[16];
    size_t n_ids, cap_ids;
    /* What is counted: of each account, book and subject its last entry. */
    struct strmap *leaf_of; /* "<kind> <name>" → its place in leaves, from 1 */
    size_t n_leaves, cap_leaves;
    struct leaf *leaves;
    size_t n_roots; /* of conf.snapshots, so far */
    struct audit_root *roots;
    /* Requests, and transfers of which something was taken back: all else comes from conf.deal. */
    struct strmap *kept_of;  /* record number → place in kept, from 1 */
    struct strmap *asked;    /* payload hash → record + 1 */
    struct strmap *reversed; /* record number → the sum of what reversals took of it */
    size_t n_kept, cap_kept;
    struct deal **kept;
};

/* ---- audit_follow.c ---- */

/* The sum of what the parts say moves to somebody: by the first unit that there is. */
int64_t audit_stake(const struct audit_item *item, char unit[UNIT_MAX + 1]);
/* Names in which way a record isn't what the rules make of its act. */
void audit_differs(struct audit *a, const struct audit_item *item, const struct outcome *ruled);
/* Makes of an outcome (empty, or what the rules make) what the record claims. */
void audit_claimed(struct audit *a, const struct audit_item *item, struct outcome *out);
/* Checks, of a record that is seen in part, what can be: that numbers and balances go on. Into the
 * outcome, which is empty, comes what it claims. */
void audit_in_part(struct audit *a, const struct audit_item *item, struct outcome *out);

/* ---- audit_count.c ---- */

/* Takes over what a record leaves behind, before it is applied: last entries, sums, deals, keys. */
void audit_keep(struct audit *a, const struct audit_item *item, const struct outcome *out);
/* Is it new? */
bool audit_take_id(struct audit *a, const char *by, const char *jti);
/* The roots of the snapshots that are of the log as it is now. */
void audit_make_roots(struct audit *a);
void audit_check_snapshot(struct audit *a, const struct act *act, int64_t index);
void audit_check_sums(struct audit *a);
int audit_deal(void *audit, struct state *s, int64_t record);
int audit_asked(void *audit, struct state *s, const struct hash *payload_hash);
void audit_count_free(struct audit *a);

#endif
