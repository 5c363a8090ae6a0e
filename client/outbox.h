/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_OUTBOX_H
#define PUMASI_OUTBOX_H

#include <jansson.h>

#include "client/profile.h"
#include "core/base.h"
#include "core/hash.h"

/*
 * Acts under way. An act is written here and fsynced before it is sent, and leaves when its fate is
 * known. The file of an act that a running `pumasi` is busy with is locked (flock), so that it
 * isn't taken for an interrupted one.
 */
#define OUTBOX_DIR  "outbox"  /* sent or about to be; the outcome isn't known */
#define WAITING_DIR "waiting" /* taken by the ledger, waits for others' signatures */

struct outbox_entry {
    char *by, *jti, *type;
    char *what;         /* in plain words: "payment of 1:30 hour to alice@hansalim" */
    char *unit;         /* of its amounts, "" without one */
    struct hash intent; /* of what was asked for, without ids, times and salts: two runs of one
                           command have the same */
    int64_t made, exp;  /* seconds since 1970 */
    bool sent;          /* may have left this machine */
    bool waiting;       /* in WAITING_DIR */
    char *submission;   /* the JSON text to be POSTed */
    char *path;         /* its file, once written */
    int fd;             /* holds the lock; -1 without */
};

/* Everything zero, fd -1. */
void outbox_entry_init(struct outbox_entry *e);
void outbox_entry_free(struct outbox_entry *e); /* releases the lock, leaves the file */

/* Writes a new entry, fsynced (file and folder), and locks it. An enum pumasi_exit, after a
 * sentence. */
int outbox_put(const struct profile *p, struct outbox_entry *e) MUST_CHECK;
/* Writes an entry again (sent or waiting changed), moving it where it now belongs. Keeps the lock.
 */
int outbox_update(const struct profile *p, struct outbox_entry *e) MUST_CHECK;
/* Forgets an act whose fate is known. */
int outbox_remove(const struct profile *p, struct outbox_entry *e) MUST_CHECK;

/*
 * Entries that no running process is busy with, oldest first, each locked; broken files are noted
 * and left out. Both folders. Free with outbox_list_free.
 */
int outbox_list(const struct profile *p, struct outbox_entry **out, size_t *n) MUST_CHECK;
void outbox_list_free(struct outbox_entry *list, size_t n);
enum outbox_found {
    OUTBOX_NONE,
    OUTBOX_FOUND,
    OUTBOX_BUSY
};
/*
 * The oldest entry of that intent: OUTBOX_FOUND and *out set, locked, to be freed. OUTBOX_BUSY when
 * a running process is at work on one: doing it once more now might be doing it twice.
 */
enum outbox_found outbox_find(const struct profile *p, const struct hash *intent,
                              struct outbox_entry *out) MUST_CHECK;

#endif
