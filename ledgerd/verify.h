/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_VERIFY_H
#define PUMASI_VERIFY_H

#include "core/base.h"
#include "ledgerd/job.h"
#include "ledgerd/keyring.h"
#include "ledgerd/limits.h"

struct ledgerd;

/* The pool of threads that parse and verify what the loop queued. */
struct verifier;

struct verifier *verifier_start(struct ledgerd *d, int threads);
void verifier_stop(struct verifier *v); /* after queue_shut: joins the threads */
/* Loop: what was pushed in this turn of it is begun with at its end, so that the threads are woken
 * once for all requests that came together. */
void verifier_wake(struct verifier *v);
/* One job, on the caller's thread: fills sub, act, refusal, unknown_key, proven and key, or leaves
 * it at that: JOB_LIMITED. What is wrong here is counted here, but where this ledgerd doesn't post,
 * and may not have read the keys yet, an unknown key isn't. */
void verify_job(struct job *job, struct keyring *keyring, bool posting, struct limits *limits);

#endif
