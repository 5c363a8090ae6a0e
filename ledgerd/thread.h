/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_THREAD_H
#define PUMASI_THREAD_H

#include <pthread.h>

#include "core/base.h"

/* Starts a thread that takes no signals: those are the loop's. 0, or an errno. */
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg) MUST_CHECK;
/* A condition whose waits end by the monotonic clock. */
void thread_cond_init(pthread_cond_t *cond);

#endif
