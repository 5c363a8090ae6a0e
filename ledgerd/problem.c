/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* RFC 9457 problem details. */
#include "ledgerd/problem.h"

#include "ledgerd/out.h"

static const struct {
    const char *name;
    const char *title;
    int status;
} problems[] = {
    [PROBLEM_NOT_FOUND] = {"not-found", WIRE_("There is no such thing, or not for you"), 404},
    [PROBLEM_BAD_TOKEN] = {"bad-token", WIRE_("The query is not authorised"), 401},
    [PROBLEM_METHOD] = {"method-not-allowed", WIRE_("This can't be done here"), 405},
    [PROBLEM_MEDIA_TYPE] = {"malformed", WIRE_("The request is not of the right form"), 415},
    [PROBLEM_RATE_LIMITED] = {"rate-limited", WIRE_("Too much came from there"), 429},
    [PROBLEM_INTERNAL] = {"internal", WIRE_("The ledger made a mistake"), 500},
    [PROBLEM_TOO_LARGE] = {"too-large", WIRE_("The request is too large"), 413},
    [PROBLEM_UNSIGNED] = {"not-permitted", WIRE_("The right signature is missing"), 403},
    [PROBLEM_UNPROVED] = {"unproved", WIRE_("The proof does not hold"), 422},
    [PROBLEM_MOVED_ON] = {"moved-on", WIRE_("The log has grown meanwhile"), 409},
};

/* What each kind of refusal means, whatever the act: RFC 9457 section 3.1.3. */
static const char *const titles[REFUSED_COUNT] = {
    [REFUSED_NOT] = WIRE_("Nothing is wrong"),
    [REFUSED_MALFORMED] = WIRE_("The request is not of the right form"),
    [REFUSED_TOO_LARGE] = WIRE_("The request is too large"),
    [REFUSED_BAD_SIGNATURE] = WIRE_("A signature is wrong"),
    [REFUSED_NOT_PERMITTED] = WIRE_("The signers may not do this"),
    [REFUSED_WRONG_AUDIENCE] = WIRE_("The act is for another ledger"),
    [REFUSED_NOT_YET_VALID] = WIRE_("The act is not valid yet"),
    [REFUSED_EXPIRED] = WIRE_("The act has expired"),
    [REFUSED_ID_REUSED] = WIRE_("The id was used by another act"),
    [REFUSED_VOIDED] = WIRE_("The act was declined"),
    [REFUSED_UNKNOWN_ACCOUNT] = WIRE_("There is no such account"),
    [REFUSED_UNKNOWN_UNIT] = WIRE_("There is no such unit"),
    [REFUSED_UNKNOWN_KEY] = WIRE_("A key is not known"),
    [REFUSED_UNKNOWN_RECORD] = WIRE_("There is no such record"),
    [REFUSED_INSUFFICIENT_CREDIT] = WIRE_("The payer's credit does not suffice"),
    [REFUSED_PAYEE_CANNOT_RECEIVE] = WIRE_("The payee can't receive this"),
    [REFUSED_LINE_EXHAUSTED] = WIRE_("The co-ops' line does not suffice"),
    [REFUSED_SAME_ACCOUNT] = WIRE_("Payer and payee are the same"),
    [REFUSED_FROZEN] = WIRE_("The account is frozen"),
    [REFUSED_CLOSED] = WIRE_("The account is closed"),
    [REFUSED_ALREADY_EXISTS] = WIRE_("It exists already"),
    [REFUSED_ALREADY_REVERSED] = WIRE_("It was reversed already"),
    [REFUSED_ALREADY_ANSWERED] = WIRE_("It was answered already"),
    [REFUSED_REQUEST_MISMATCH] = WIRE_("The transfer differs from the request"),
    [REFUSED_LIMIT_OUT_OF_BOUNDS] = WIRE_("The limit is out of bounds"),
    [REFUSED_TEXT_MISMATCH] = WIRE_("A text is not the one that was signed"),
    [REFUSED_BUSY] = WIRE_("Not now: send the same again"),
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

void problem_put_status(struct buf *b, const struct refusal *r, int status)
{
    put(b, refusal_name(r->code), titles[r->code], status, r->detail);
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
