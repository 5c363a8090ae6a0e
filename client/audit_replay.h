/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_REPLAY_H
#define PUMASI_AUDIT_REPLAY_H

#include "client/audit.h"
#include "client/audit_copy.h"

/* What else is told while a log is replayed. */
struct audit_watch {
    void *arg;
    /* Each posting, in order, as audit_conf.posting; may be NULL. */
    void (*posting)(void *arg, int64_t record, const char *account, int64_t amount, int64_t balance,
                    int64_t seq);
};

/*
 * Judges all records of a copy from the first on: threads read them and verify signatures ahead,
 * those below `verified` excepted; this one judges in order. Findings, counts and the ledger's name
 * go into the report. The audit, for what its state is in the end, is the caller's to free; NULL
 * after a sentence where the copy couldn't be read.
 */
struct audit *audit_replay(struct audit_report *report, const struct audit_copy *copy,
                           int64_t verified, const struct audit_watch *watch);

#endif
