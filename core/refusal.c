/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *refusal_name(enum refusal_code code)
{
    switch (code) {
    case REFUSED_NOT:
        return "none";
    case REFUSED_MALFORMED:
        return "malformed";
    case REFUSED_TOO_LARGE:
        return "too-large";
    case REFUSED_BAD_SIGNATURE:
        return "bad-signature";
    case REFUSED_NOT_PERMITTED:
        return "not-permitted";
    case REFUSED_WRONG_AUDIENCE:
        return "wrong-audience";
    case REFUSED_NOT_YET_VALID:
        return "not-yet-valid";
    case REFUSED_EXPIRED:
        return "expired";
    case REFUSED_ID_REUSED:
        return "id-reused";
    case REFUSED_VOIDED:
        return "voided";
    case REFUSED_UNKNOWN_ACCOUNT:
        return "unknown-account";
    case REFUSED_UNKNOWN_UNIT:
        return "unknown-unit";
    case REFUSED_UNKNOWN_KEY:
        return "unknown-key";
    case REFUSED_UNKNOWN_RECORD:
        return "unknown-record";
    case REFUSED_INSUFFICIENT_CREDIT:
        return "insufficient-credit";
    case REFUSED_PAYEE_CANNOT_RECEIVE:
        return "payee-cannot-receive";
    case REFUSED_LINE_EXHAUSTED:
        return "line-exhausted";
    case REFUSED_SAME_ACCOUNT:
        return "same-account";
    case REFUSED_FROZEN:
        return "frozen";
    case REFUSED_CLOSED:
        return "closed";
    case REFUSED_ALREADY_EXISTS:
        return "already-exists";
    case REFUSED_ALREADY_REVERSED:
        return "already-reversed";
    case REFUSED_ALREADY_ANSWERED:
        return "already-answered";
    case REFUSED_REQUEST_MISMATCH:
        return "request-mismatch";
    case REFUSED_LIMIT_OUT_OF_BOUNDS:
        return "limit-out-of-bounds";
    case REFUSED_TEXT_MISMATCH:
        return "text-mismatch";
    case REFUSED_BUSY:
        return "busy";
    }
    return "unknown";
}

int refusal_status(enum refusal_code code)
{
    switch (code) {
    case REFUSED_NOT:
        return 200;
    case REFUSED_MALFORMED:
        return 400;
    case REFUSED_TOO_LARGE:
        return 413;
    case REFUSED_BAD_SIGNATURE:
    case REFUSED_UNKNOWN_KEY:
        return 401;
    case REFUSED_NOT_PERMITTED:
        return 403;
    case REFUSED_ID_REUSED:
    case REFUSED_ALREADY_EXISTS:
    case REFUSED_ALREADY_REVERSED:
    case REFUSED_ALREADY_ANSWERED:
        return 409;
    case REFUSED_BUSY:
        return 503;
    case REFUSED_WRONG_AUDIENCE:
    case REFUSED_NOT_YET_VALID:
    case REFUSED_EXPIRED:
    case REFUSED_VOIDED:
    case REFUSED_UNKNOWN_ACCOUNT:
    case REFUSED_UNKNOWN_UNIT:
    case REFUSED_UNKNOWN_RECORD:
    case REFUSED_INSUFFICIENT_CREDIT:
    case REFUSED_PAYEE_CANNOT_RECEIVE:
    case REFUSED_LINE_EXHAUSTED:
    case REFUSED_SAME_ACCOUNT:
    case REFUSED_FROZEN:
    case REFUSED_CLOSED:
    case REFUSED_REQUEST_MISMATCH:
    case REFUSED_LIMIT_OUT_OF_BOUNDS:
    case REFUSED_TEXT_MISMATCH:
        return 422;
    }
    return 500;
}

int refuse(struct refusal *r, enum refusal_code code, const char *fmt, ...)
{
    va_list ap;

    memset(r, 0, sizeof(*r));
    r->code = code;
    va_start(ap, fmt);
    /* A detail that is too long is cut; it is for people. */
    (void)vsnprintf(r->detail, sizeof(r->detail), fmt, ap);
    va_end(ap);
    return -1;
}
