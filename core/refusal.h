/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_REFUSAL_H
#define PUMASI_REFUSAL_H

#include "core/base.h"

/* Every refusal of protocol section 2, in its order, and the HTTP status of section 4. */
enum refusal_code {
    REFUSED_NOT, /* not a refusal */
    REFUSED_MALFORMED,
    REFUSED_TOO_LARGE,
    REFUSED_BAD_SIGNATURE,
    REFUSED_NOT_PERMITTED,
    REFUSED_WRONG_AUDIENCE,
    REFUSED_NOT_YET_VALID,
    REFUSED_EXPIRED,
    REFUSED_ID_REUSED,
    REFUSED_VOIDED,
    REFUSED_UNKNOWN_ACCOUNT,
    REFUSED_UNKNOWN_UNIT,
    REFUSED_UNKNOWN_KEY,
    REFUSED_UNKNOWN_RECORD,
    REFUSED_INSUFFICIENT_CREDIT,
    REFUSED_PAYEE_CANNOT_RECEIVE,
    REFUSED_LINE_EXHAUSTED,
    REFUSED_SAME_ACCOUNT,
    REFUSED_FROZEN,
    REFUSED_CLOSED,
    REFUSED_ALREADY_EXISTS,
    REFUSED_ALREADY_REVERSED,
    REFUSED_ALREADY_ANSWERED,
    REFUSED_REQUEST_MISMATCH,
    REFUSED_LIMIT_OUT_OF_BOUNDS,
    REFUSED_TEXT_MISMATCH,
    REFUSED_BUSY,
};
#define REFUSED_COUNT (REFUSED_BUSY + 1)

struct refusal {
    enum refusal_code code;
    char detail[200]; /* one sentence in English, no bytes from outside but checked names */
    bool has_numbers; /* the four below are set: only of an account that the signers may read */
    int64_t balance, floor, available, needed;
};

const char *refusal_name(enum refusal_code code); /* "insufficient-credit" */
int refusal_status(enum refusal_code code);       /* 422 */
/* Fills r; returns -1 so that a caller may `return refuse(…)`. */
int refuse(struct refusal *r, enum refusal_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
