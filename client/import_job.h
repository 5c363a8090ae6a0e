/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORT_JOB_H
#define PUMASI_IMPORT_JOB_H

#include "client/import_plan.h"
#include "client/profile.h"
#include "core/name.h"

/*
 * One import on disk, so that it can be taken up again after any interruption without a transfer
 * booked twice:
 *
 *   $XDG_STATE_HOME/pumasi/<profile>/imports/<SHA-256 of ledger, co-op, unit and file>/
 *       job.json          ids, times, plan, and how far it has come
 *       receipts.ndjson   the ledger's answer to each act that is posted, verified
 *       refused.ndjson    {"act":n,"reason":"…"} of each one that isn't
 *       mapping.ini       how the spreadsheet was read, and names.csv whom its names mean
 *       lock              held by the process that is at work
 *
 * job.json is there, fsynced, before the first act is sent. Everything that an act says follows
 * from it and the file, so that a later run makes the very same acts, and the ledger answers those
 * that it has with their first receipts.
 *
 * Acts are counted from 0: the members to be made, the limits, then a transfer for each good row.
 */
#define IMPORT_ID_LEN     12
#define IMPORT_SECRET_LEN 32

struct import_job {
    char *folder;
    int lock, receipts, refused; /* descriptors, -1 without */
    char *file;                  /* its name, for people */
    char coop[COOP_MAX + 1];
    char unit[UNIT_MAX + 1];
    uint8_t id[IMPORT_ID_LEN];
    uint8_t secret[IMPORT_SECRET_LEN]; /* of the salts of memos */
    int64_t ms;                        /* when it was begun, milliseconds since 1970 */
    size_t n_rows, n_bad, n_members;   /* of the file, to see that it is read as it was then */
    size_t n_make;
    uint32_t *make; /* members to be made */
    bool *purses;   /* of each member: is it one, so that treasurers sign? */
    size_t n_limits;
    struct import_limit *limits;
    size_t done, n_refused;            /* acts whose outcome is known; those of them refused */
    int64_t receipts_len, refused_len; /* bytes that count */
    int64_t finished_ms;               /* 0 while it isn't */
};

/* The folder of an import of this file. The caller frees it. */
char *import_job_folder(const struct profile *p, const char *coop, const char *unit,
                        const struct hash *file);
/* Was an import begun in it? */
bool import_job_begun(const char *folder);
/*
 * Opens the job in `folder` and locks it. PUMASI_OK with *found telling whether there is one yet;
 * else a sentence was printed (another process is at it, or it can't be read). Close it in every
 * case.
 */
int import_job_open(struct import_job *j, const char *folder, bool *found) MUST_CHECK;
/* Writes a new job down for a plan that stands (n_limits of the plan is taken over as it is). */
int import_job_begin(struct import_job *j, const char *path, const char *coop, const char *unit,
                     const struct import_file *f, const struct import_plan *plan,
                     const struct roster *roster, int64_t ms) MUST_CHECK;
/* The path of a file in the job's folder. The caller frees it. */
char *import_job_path(const struct import_job *j, const char *name);
/* Puts a finished job away under another name, so that the same file can be imported again. */
int import_job_put_away(struct import_job *j) MUST_CHECK;
/* Was the file read as it was when the job was begun? */
bool import_job_fits(const struct import_job *j, const struct import_file *f);
void import_job_close(struct import_job *j);

/* All acts, and the number of the first transfer among them. */
size_t import_job_acts(const struct import_job *j);
size_t import_job_first_row(const struct import_job *j);

/*
 * The id of act i: 6 bytes of the job's milliseconds, 4 that say what it is (a member, limits or a
 * row, and which), and the job's 12 random ones. Ids don't move when other parts of the plan do.
 */
void import_job_jti(const struct import_job *j, size_t i, char out[JTI_MAX + 1]);
/* The salt of row n's memo: the first bytes of SHA-256(secret ‖ n). IMPORT_SALT_MEMBER + n: of
 * member n's name. */
#define IMPORT_SALT_MEMBER (UINT32_C(1) << 31)
void import_job_salt(const struct import_job *j, uint32_t n, uint8_t out[TEXT_SALT_LEN]);

/* Gathers what is to be written for an act; import_job_save puts it on disk. */
struct import_results {
    struct buf receipts, refused;
    size_t n_refused;
};
/* Appends and fsyncs results, then notes down that `done` acts are through. An enum pumasi_exit,
 * after a sentence. */
int import_job_save(struct import_job *j, struct import_results *r, size_t done) MUST_CHECK;
/* Notes down that it is finished. */
int import_job_finish(struct import_job *j, int64_t ms) MUST_CHECK;
/* Calls fn for each refusal on disk. */
int import_job_refusals(const struct import_job *j,
                        void (*fn)(void *arg, size_t i, const char *why), void *arg) MUST_CHECK;

#endif
