/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* RFC 9457 problem details. */
#include "ledgerd/problem.h"

#include "ledgerd/out.h"

static const struct {
    const char *name;
    const char *title;
    int status;
} problems[] = {
    [PROBLEM_NOT_FOUND] = {"not-found", "There is no such thing, or not for you", 404},
    [PROBLEM_BAD_TOKEN] = {"bad-token", "The query is not authorised", 401},
    [PROBLEM_METHOD] = {"method-not-allowed", "This can't be done here", 405},
    [PROBLEM_MEDIA_TYPE] = {"malformed", "The request is not of the right form", 415},
    [PROBLEM_INTERNAL] = {"internal", "The ledger made a mistake", 500},
};

/* What each kind of refusal means, whatever the act: RFC 9457 section 3.1.3. */
static const char *const titles[REFUSED_COUNT] = {
    [REFUSED_NOT] = "Nothing is wrong",
    [REFUSED_MALFORMED] = "The request is not of the right form",
    [REFUSED_TOO_LARGE] = "The request is too large",
    [REFUSED_BAD_SIGNATURE] = "A signature is wrong",
    [REFUSED_NOT_PERMITTED] = "The signers may not do this",
    [REFUSED_WRONG_AUDIENCE] = "The act is for another ledger",
    [REFUSED_NOT_YET_VALID] = "The act is not valid yet",
    [REFUSED_EXPIRED] = "The act has expired",
    [REFUSED_ID_REUSED] = "The id was used by another act",
    [REFUSED_VOIDED] = "The act was declined",
    [REFUSED_UNKNOWN_ACCOUNT] = "There is no such account",
    [REFUSED_UNKNOWN_UNIT] = "There is no such unit",
    [REFUSED_UNKNOWN_KEY] = "A key is not known",
    [REFUSED_UNKNOWN_RECORD] = "There is no such record",
    [REFUSED_INSUFFICIENT_CREDIT] = "The payer's credit does not suffice",
    [REFUSED_PAYEE_CANNOT_RECEIVE] = "The payee can't receive this",
    [REFUSED_LINE_EXHAUSTED] = "The co-ops' line does not suffice",
    [REFUSED_SAME_ACCOUNT] = "Payer and payee are the same",
    [REFUSED_FROZEN] = "The account is frozen",
    [REFUSED_CLOSED] = "The account is closed",
    [REFUSED_ALREADY_EXISTS] = "It exists already",
    [REFUSED_ALREADY_REVERSED] = "It was reversed already",
    [REFUSED_ALREADY_ANSWERED] = "It was answered already",
    [REFUSED_REQUEST_MISMATCH] = "The transfer differs from the request",
    [REFUSED_LIMIT_OUT_OF_BOUNDS] = "The limit is out of bounds",
    [REFUSED_TEXT_MISMATCH] = "A text is not the one that was signed",
    [REFUSED_BUSY] = "Not now: send the same again",
};

static void put(struct buf *b, const char *name, const char *title, int status, const char *detail)
{
    out_open(b, NULL, '{');
    buf_puts(b, "\"type\":\"/problems/");
    buf_puts(b, name);
    buf_putc(b, '"');
    out_str(b, "title", title);
    out_int(b, "status", status);
    out_str(b, "detail", detail);
}

int problem_status(enum problem p)
{
    return problems[p].status;
}

void problem_put(struct buf *b, enum problem p, const char *detail)
{
    put(b, problems[p].name, problems[p].title, problems[p].status, detail);
    out_close(b, '}');
}

void problem_put_refusal(struct buf *b, const struct refusal *r)
{
    put(b, refusal_name(r->code), titles[r->code], refusal_status(r->code), r->detail);
    if (r->has_numbers) {
        out_int(b, "balance", r->balance);
        out_int(b, "floor", r->floor);
        out_int(b, "available", r->available);
        out_int(b, "needed", r->needed);
    }
    out_close(b, '}');
}
