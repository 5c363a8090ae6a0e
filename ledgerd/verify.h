/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_VERIFY_H
#define PUMASI_VERIFY_H

struct ledgerd;

/* The pool of threads that parse and verify what the loop queued. */
struct verifier;

struct verifier *verifier_start(struct ledgerd *d, int threads);
void verifier_stop(struct verifier *v); /* after queue_shut: joins the threads */
/* Loop: what was pushed in this turn of it is begun with at its end, so that the threads are woken
 * once for all requests that came together. */
void verifier_wake(struct verifier *v);

#endif
