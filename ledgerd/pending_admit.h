/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PENDING_ADMIT_H
#define PUMASI_PENDING_ADMIT_H

#include "ledgerd/job.h"
#include "ledgerd/ledger.h"
#include "ledgerd/limits.h"
#include "ledgerd/pendings.h"

/*
 * May the job's act wait, as `sub`, with the signatures that are there? `pa` if it does so already,
 * else a new one that counts for its maker. NULL: no, and the job says why, refused or limited.
 *
 * Anybody can make keys, so acts whose signers the ledger knows none of are few and small. With one
 * signature of a key that it knows an act is that key's, wherever it comes from and whoever else
 * has signed.
 */
struct pending_act *pending_admit(struct pendings *p, struct pending_act *pa,
                                  const struct ledger *l, struct limits *limits, struct job *job,
                                  const struct submission *sub) MUST_CHECK;
/* Counts strangers' new acts for the addresses that they came from: after the commit. */
void pending_charge(const struct pendings *p, struct limits *limits);

#endif
