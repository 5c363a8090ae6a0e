/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/audit.h"

const char *audit_word_name(enum audit_word word)
{
    static const char *const names[AUDIT_WORDS] = {
        [AUDIT_HEADER] = "header",
        [AUDIT_OUT_OF_PLACE] = "out-of-place",
        [AUDIT_PARTS] = "parts",
        [AUDIT_ALTERED] = "record-altered",
        [AUDIT_TIME] = "back-dated",
        [AUDIT_UNSIGNED] = "signatures-missing",
        [AUDIT_REVOKED_KEY] = "revoked-key",
        [AUDIT_ID] = "id-reused",
        [AUDIT_POSTING_MISSING] = "posting-missing",
        [AUDIT_POSTING_EXTRA] = "posting-extra",
        [AUDIT_AMOUNT] = "amount",
        [AUDIT_BALANCE] = "balance",
        [AUDIT_FLOOR] = "floor",
        [AUDIT_SEQ] = "seq",
        [AUDIT_CHANGE_MISSING] = "change-missing",
        [AUDIT_CHANGE_EXTRA] = "change-extra",
        [AUDIT_STATE] = "state",
        [AUDIT_HIDDEN_FROM_BOOK] = "hidden-from-book",
        [AUDIT_BOOK_EXTRA] = "book-extra",
        [AUDIT_BYTES] = "bytes",
        [AUDIT_SUM] = "sum",
        [AUDIT_MIRROR] = "mirror",
        [AUDIT_SNAPSHOT] = "snapshot",
        [AUDIT_NOT_SHOWN] = "not-shown",
        [AUDIT_ROOT] = "root",
        [AUDIT_CHECKPOINT] = "checkpoint",
        [AUDIT_FORK] = "fork",
        [AUDIT_SHORTER] = "shorter",
        [AUDIT_RECEIPT_GONE] = "receipt-gone",
        [AUDIT_RECEIPT] = "receipt",
        [AUDIT_LEDGER_ID] = "ledger-id",
        [AUDIT_TEXT] = "text-mismatch",
        [AUDIT_ANSWER_BALANCE] = "answer-balance",
        [AUDIT_ANSWER_SEQ] = "answer-seq",
        [AUDIT_ANSWER_ACCOUNT_MISSING] = "answer-account-missing",
        [AUDIT_ANSWER_ACCOUNT_EXTRA] = "answer-account-extra",
        [AUDIT_ANSWER_POSTING_MISSING] = "answer-posting-missing",
        [AUDIT_ANSWER_POSTING] = "answer-posting",
        [AUDIT_ANSWER_STATE] = "answer-state",
        [AUDIT_ANSWER_LIMITS] = "answer-limits",
        [AUDIT_ANSWER_TEXT] = "answer-text",
    };

    return names[word];
}
