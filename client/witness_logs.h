/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_WITNESS_LOGS_H
#define PUMASI_WITNESS_LOGS_H

#include "client/profile.h"
#include "core/witness.h"

/*
 * The ledgers that `pumasi witness` follows and what it remembers of them.
 *
 *   $XDG_CONFIG_HOME/pumasi/<profile>/witness/ledgers.json   where each is, and its log's keys
 *   $XDG_STATE_HOME/pumasi/<profile>/witness/<origin>.note   the checkpoint cosigned last
 *   $XDG_STATE_HOME/pumasi/<profile>/evidence/<origin>.fork.json   a fork that was seen
 */
#define WITNESS_LOGS_MAX 64

struct witness_ledger {
    char *url;  /* without a trailing slash */
    char *note; /* of log's latest checkpoint; NULL: none yet */
    size_t note_len;
};
struct witness_logs {
    size_t n;
    struct witness_log logs[WITNESS_LOGS_MAX];
    struct witness_ledger at[WITNESS_LOGS_MAX];
    int lock; /* -1: none */
};

/* Those of the profile, with what is remembered of each. An enum pumasi_exit, after a sentence; to
 * be freed in every case. */
int witness_logs_read(const struct profile *p, struct witness_logs *out) MUST_CHECK;
/* Stores which there are and where, not what is remembered. */
int witness_logs_write(const struct profile *p, const struct witness_logs *w) MUST_CHECK;
/* Keeps another `pumasi witness` of the same profile from deciding at the same time, as long as
 * *w lives. */
int witness_logs_lock(const struct profile *p, struct witness_logs *w) MUST_CHECK;
/* SIZE_MAX when none has that origin. */
size_t witness_logs_find(const struct witness_logs *w, const char *origin);
void witness_logs_remove(struct witness_logs *w, size_t i);
void witness_logs_free(struct witness_logs *w);

/* Remembers a checkpoint of log i: on disk, flushed, before anything else is done with it. */
int witness_logs_remember(const struct profile *p, struct witness_logs *w, size_t i,
                          const struct checkpoint *c, const char *note, size_t len) MUST_CHECK;

/* Keeps a fork of log i: the first one only, as the file is never written over. *path is its file
 * (the caller frees it). */
int witness_logs_accuse(const struct profile *p, const struct witness_logs *w, size_t i,
                        const struct witness_request *shown, char **path) MUST_CHECK;
/* The file of a fork that was seen of that log; NULL when there is none. The caller frees it. */
char *witness_logs_evidence(const struct profile *p, const char *origin);

#endif
