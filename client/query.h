/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_QUERY_H
#define PUMASI_QUERY_H

#include <jansson.h>

#include "client/client.h"

/*
 * Where a client has one, query_get, lists and log_leaves don't say that the ledger couldn't
 * answer: they return PUMASI_UNKNOWN, and `status` is what it was. 500 is the ledger's own word
 * only, and asked for twice.
 */
struct query_lenience {
    bool missing; /* 404 too */
    long status;  /* 0: it was answered, or the failure is another one and was said */
};

/*
 * GET of `path` ("/v1/…", with its ?query) by a query token of `key`, or without one where key is
 * NULL. *out is the answer's JSON, a new reference. Anything but 200 ends in a sentence on stderr.
 */
int query_get(struct client *c, const struct keyfile *key, const char *path,
              json_t **out) MUST_CHECK;
/*
 * Same, but the caller looks at the status itself: PUMASI_OK for every answer that is JSON
 * (problems too). Without an answer a sentence is printed.
 */
int query_status(struct client *c, const struct keyfile *key, const char *path, long *status,
                 json_t **out) MUST_CHECK;
/*
 * Same, with the answer byte for byte, for what is kept as it came: *out and *len (malloc'd) where
 * the status is 200, else a sentence. It may take `seconds`.
 */
int query_bytes(struct client *c, const struct keyfile *key, const char *path, long seconds,
                char **out, size_t *len) MUST_CHECK;
/* Prints the sentence for a query that was asked with `key` (or NULL) and answered `status` and
 * `problem`; returns the exit code. */
int query_failed(struct client *c, const struct keyfile *key, const char *path, long status,
                 const json_t *problem) MUST_CHECK;
/* Does the ledger itself say that it couldn't read what it has stored? problem may be NULL. */
bool query_is_broken(long status, const json_t *problem);
/* Calls fn for each item of a list and its following pages, at most `limit` (0: all). fn may stop
 * it by returning non-zero. */
int query_list(struct client *c, const struct keyfile *key, const char *path, int64_t limit,
               int (*fn)(void *arg, json_t *item), void *arg) MUST_CHECK;

/* What a list of a co-op's book is a view of: the records with first <= index < size. */
struct query_view {
    int64_t first, size;
    char time[32]; /* of the last record counted, RFC 3339; "" without one */
};
/*
 * The same, of a list that says so in each answer: *view (may be NULL) is what all its pages are a
 * view of. PUMASI_UNPROVED after a sentence when they are not of one.
 */
int query_list_at(struct client *c, const struct keyfile *key, const char *path, int64_t limit,
                  struct query_view *view, int (*fn)(void *arg, json_t *item),
                  void *arg) MUST_CHECK;

/*
 * Is there such a member? PUMASI_OK and *out (may be NULL; a new reference) from GET
 * /v1/members/{member}, else a sentence that tells an unknown co-op from an unknown member.
 */
int query_member(struct client *c, const struct keyfile *key, const char *member,
                 json_t **out) MUST_CHECK;
int query_coop(struct client *c, const struct keyfile *key, const char *coop,
               json_t **out) MUST_CHECK;

/*
 * Why nothing is to be had of a member's account: no such co-op, member or account (unit may be
 * NULL). Always a failure, after its sentence.
 */
int query_no_account(struct client *c, const struct keyfile *key, const char *member,
                     const char *unit) MUST_CHECK;

/* Members of an answer, tolerant: "" or 0 where missing or of another type. */
const char *json_text(const json_t *object, const char *name);
int64_t json_number(const json_t *object, const char *name);

#endif
