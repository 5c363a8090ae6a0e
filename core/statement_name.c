/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words of what a statement proves, as docs/protocol.md has them. */
#include "core/statement_run.h"
#include "core/statement_verify.h"

const char *statement_check_name(enum statement_check check)
{
    static const char *const names[CHECKS] = {
        [CHECK_SIGNATURE] = "signature",
        [CHECK_LEDGER] = "ledger",
        [CHECK_CHECKPOINT] = "checkpoint",
        [CHECK_RECORDS] = "records",
        [CHECK_PARTS] = "parts",
        [CHECK_TEXTS] = "texts",
        [CHECK_KEYS] = "keys",
        [CHECK_SIGNATURES] = "signatures",
        [CHECK_AUTHORITY] = "authority",
        [CHECK_SEQUENCE] = "sequence",
        [CHECK_BALANCES] = "balances",
        [CHECK_AMOUNTS] = "amounts",
        [CHECK_TOTALS] = "totals",
        [CHECK_DAYS] = "days",
        [CHECK_SNAPSHOT] = "snapshot",
        [CHECK_COMPLETE] = "complete",
        [CHECK_REVOCATIONS] = "revocations",
        [CHECK_EARLIER] = "earlier",
        [CHECK_WITNESSES] = "witnesses",
    };

    return names[check];
}

const char *statement_mark_name(enum statement_mark mark)
{
    static const char *const names[] = {"proved", "not-shown", "failed"};

    return names[mark];
}

const char *statement_reason_name(enum statement_reason reason)
{
    static const char *const names[REASONS] = {
        [REASON_NONE] = "none",
        [REASON_NO_SNAPSHOT] = "no-snapshot",
        [REASON_AFTER_SNAPSHOT] = "after-snapshot",
        [REASON_NO_LEAF_YET] = "no-leaf-yet",
        [REASON_OTHER_ACT] = "other-act",
        [REASON_NO_TEXT] = "no-text",
        [REASON_NO_WITNESS] = "no-witness",
        [REASON_UNKNOWN_WITNESS] = "unknown-witness",
        [REASON_ZONE_UNKNOWN] = "zone-unknown",
        [REASON_NOTHING_EARLIER] = "nothing-earlier",
        [REASON_NO_CONSISTENCY] = "no-consistency",
        [REASON_ACT_WITHHELD] = "act-withheld",
        [REASON_LEVY_ELSEWHERE] = "levy-elsewhere",
        [REASON_ESTATE_ELSEWHERE] = "estate-elsewhere",
        [REASON_ROUND_ELSEWHERE] = "round-elsewhere",
        [REASON_POLICY_ELSEWHERE] = "policy-elsewhere",
        [REASON_BAD_SIGNATURE] = "bad-signature",
        [REASON_OTHER_KEY] = "other-key",
        [REASON_OTHER_LEDGER] = "other-ledger",
        [REASON_BAD_CHECKPOINT] = "bad-checkpoint",
        [REASON_MALFORMED] = "malformed",
        [REASON_NOT_IN_TREE] = "not-in-tree",
        [REASON_PART_NOT_NAMED] = "part-not-named",
        [REASON_TEXT_MISMATCH] = "text-mismatch",
        [REASON_GAP] = "gap",
        [REASON_DOUBLE] = "double",
        [REASON_UNKNOWN_KEY] = "unknown-key",
        [REASON_NOT_IN_FORCE] = "not-in-force",
        [REASON_TOO_FEW] = "too-few",
        [REASON_OUT_OF_TIME] = "out-of-time",
        [REASON_WRONG_BALANCE] = "wrong-balance",
        [REASON_WRONG_AMOUNT] = "wrong-amount",
        [REASON_WRONG_ACCOUNT] = "wrong-account",
        [REASON_WRONG_TOTAL] = "wrong-total",
        [REASON_WRONG_POINT] = "wrong-point",
        [REASON_OUTSIDE_DAYS] = "outside-days",
        [REASON_INSIDE_DAYS] = "inside-days",
        [REASON_WRONG_ROOT] = "wrong-root",
        [REASON_NO_LEAF] = "no-leaf",
        [REASON_LEAF_MISMATCH] = "leaf-mismatch",
        [REASON_NO_ACT] = "no-act",
        [REASON_NO_TRANSFER] = "no-transfer",
        [REASON_NEVER_POSTS] = "never-posts",
        [REASON_AGAINST_RULES] = "against-rules",
        [REASON_NO_PROOF] = "no-proof",
        [REASON_NOT_CONSISTENT] = "not-consistent",
        [REASON_LEFT_OUT] = "left-out",
    };

    return names[reason];
}

enum statement_mark reason_mark(enum statement_reason reason)
{
    if (reason == REASON_NONE)
        return MARK_PROVED;
    return reason <= REASON_POLICY_ELSEWHERE ? MARK_NOT_SHOWN : MARK_FAILED;
}
