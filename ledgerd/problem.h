/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PROBLEM_H
#define PUMASI_PROBLEM_H

#include "core/base.h"
#include "core/buf.h"
#include "core/refusal.h"

/*
 * Errors as RFC 9457 problem details: {"type":"/problems/<name>","title","status","detail"} and, of
 * an account that the signers may read, "balance","floor","available","needed".
 */
#define PROBLEM_CONTENT_TYPE "application/problem+json"

/* Problems of HTTP that are no refusal of an act. */
enum problem {
    PROBLEM_NOT_FOUND,    /* 404: not there, or not for the caller: the two are the same */
    PROBLEM_BAD_TOKEN,    /* 401 */
    PROBLEM_METHOD,       /* 405 */
    PROBLEM_MEDIA_TYPE,   /* 415 */
    PROBLEM_RATE_LIMITED, /* 429 */
    PROBLEM_INTERNAL,     /* 500 */
    PROBLEM_TOO_LARGE,    /* 413 */
    PROBLEM_UNSIGNED,     /* 403: a checkpoint that nobody has signed who should have */
    PROBLEM_UNPROVED,     /* 422: a checkpoint that doesn't go on from the one before */
    PROBLEM_MOVED_ON,     /* 409: a cosignature of a checkpoint that isn't shown any more */
};

int problem_status(enum problem p);
/* Appends the object. `detail` is one sentence; its bytes may come from anywhere if they are UTF-8.
 */
void problem_put(struct buf *b, enum problem p, const char *detail);
/* The same of a refusal, whose status is refusal_status(). */
void problem_put_refusal(struct buf *b, const struct refusal *r);

/* The same under another status, of what HTTP itself has one for. */
void problem_put_status(struct buf *b, const struct refusal *r, int status);

#endif
