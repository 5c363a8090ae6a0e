/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATEMENT_FILE_H
#define PUMASI_STATEMENT_FILE_H

#include "client/client.h"
#include "client/pin.h"
#include "client/statement_view.h"
#include "core/statement_verify.h"

/* A statement's file, read and judged, with no network. It must not be moved: the run points into
 * it. */
struct statement_file {
    struct statement st;
    struct pin trust; /* whom it was judged by: what is pinned, else what the file says itself */
    bool pinned;      /* false: then nothing is proved, whatever the verdict says */
    const struct profile *profile; /* where what is pinned comes from; NULL: elsewhere */
    char *zone;                    /* the ledger's; "" where this machine doesn't know it */
    char *ledger_name;
    struct hash hash;              /* SHA-256 of the file */
    struct statement *earlier;     /* the one that --since names; NULL: none */
    const struct key *earlier_key; /* by which that one was judged */
    struct statement_trust judged_by;
    struct statement_check_run *run;
    struct statement_verdict verdict;
};

/*
 * Reads and judges a file by the ledger id and the log key that --pin names, else by those of the
 * profile; where neither is there, by those that the file itself names. With --since, also by that
 * earlier statement. Every core helps, and a
 * terminal is shown how far it is. PUMASI_OK whatever the verdict; else nothing needs freeing,
 * after a sentence: the file can't be read, or is no statement.
 */
int statement_file_open(struct client *c, const struct cli *cli, const char *path,
                        struct statement_file *out) MUST_CHECK;
/* The same, of one that was read: *f is all zeros but for `st`, `hash`, `earlier`, and `trust` and
 * `pinned` where somebody is trusted. */
void statement_file_judge(struct statement_file *f);
void statement_file_free(struct statement_file *f);

/* Says why `what` is none: st.at, and the reason that core gave. Returns rc. */
int statement_unread(int rc, const char *what, const char *at, const char *why);

enum view_result statement_file_result(const struct statement_file *f);
/* PUMASI_OK when nothing failed, PUMASI_FAILED when something did, PUMASI_UNPROVED when no ledger
 * is pinned. */
int statement_file_exit(const struct statement_file *f);
/* All that a page shows; `now` in milliseconds since 1970. */
void statement_file_view(const struct statement_file *f, int64_t now, struct statement_view *out);

#endif
