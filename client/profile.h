/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PROFILE_H
#define PUMASI_PROFILE_H

#include <jansson.h>

#include "core/amount.h"
#include "core/base.h"
#include "core/key.h"
#include "core/name.h"

/*
 * A profile is one ledger as one person sees it: where it is, what is pinned of it, keys, acts
 * under way, receipts.
 *
 *   $XDG_CONFIG_HOME/pumasi/<profile>/profile.json, keys/<name>.json, ca.pem
 *   $XDG_STATE_HOME/pumasi/<profile>/units.json, checkpoint, outbox/, waiting/, receipts/,
 * evidence/
 */
struct profile_unit {
    char unit[UNIT_MAX + 1];
    char *name;
    int64_t scale;
    enum unit_kind kind;
};

/* A ledger id that was pinned before, of a ledger that lost records and goes on. */
struct profile_past {
    char *ledger_id;
    int64_t found; /* how many of its records the next one has */
};

struct profile {
    char *name;       /* "default" */
    char *config_dir; /* …/pumasi/<name> */
    char *state_dir;
    bool connected;  /* the four below are set */
    char *url;       /* without a trailing slash */
    char *ledger_id; /* "" while the ledger isn't opened yet */
    char origin[ORIGIN_MAX + 1];
    struct key log_key;
    size_t n_earlier; /* log keys that were pinned before, and proved the next one */
    struct key *earlier;
    int64_t log_keys_record; /* the latest known that changed the ledger's keys; 0: its opening */
    size_t n_past;           /* the oldest first */
    struct profile_past *past;
    size_t n_units; /* cached from /v1/ledger */
    struct profile_unit *units;
};

/* Loads a profile (NULL: "default"); one that doesn't exist yet is empty. An enum pumasi_exit,
 * after a sentence. */
int profile_load(struct profile *p, const char *name) MUST_CHECK;
void profile_free(struct profile *p);
/* Stores url, ledger id, origin and log keys. */
int profile_save(const struct profile *p) MUST_CHECK;
/* Pins that log key in the place of the one before, which stays for the receipts that it signed.
 * Not yet stored. */
void profile_follow(struct profile *p, const struct key *log_key);
/* Notes that a ledger of that id went on from its first `found` records; nothing when it is noted
 * already. Not yet stored. */
void profile_add_past(struct profile *p, const char *ledger_id, int64_t found);
/* Was the record of that index, shown under a checkpoint of that origin, lost since? */
bool profile_lost(const struct profile *p, const char *origin, int64_t index);
/* Where the certificate is kept of the CA that vouches for the ledger's address, if it isn't one
 * that the system trusts. The caller frees it. */
char *profile_ca_path(const struct profile *p);
/* Takes over and caches the "units" of /v1/ledger; rows that make no sense are left out. */
void profile_set_units(struct profile *p, const json_t *units);
/* NULL when the cache has none of that name. */
const struct profile_unit *profile_unit(const struct profile *p, const char *unit);

/* "<state_dir>/<folder>/<file>" and "<config_dir>/…"; file may be NULL. The caller frees it. */
char *profile_state_path(const struct profile *p, const char *folder, const char *file);
char *profile_config_path(const struct profile *p, const char *folder, const char *file);

#endif
