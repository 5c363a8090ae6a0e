/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pending acts as their signers see them. */
#include "ledgerd/pending_view.h"

#include "core/envelope.h"
#include "ledgerd/log.h"
#include "ledgerd/out.h"

int pending_view_put(struct buf *b, const PGresult *res, int row)
{
    struct submission sub;
    struct refusal refusal;

    if (submission_parse(&sub, col_text(res, row, PENDING_SUBMISSION),
                         col_len(res, row, PENDING_SUBMISSION), &refusal) != 0) {
        log_event(LOG_LEVEL_ERROR, "a pending act is damaged",
                  LOG_STR("jti", col_text(res, row, PENDING_JTI)));
        return -1;
    }
    out_open(b, NULL, '{');
    out_str(b, "by", col_text(res, row, PENDING_BY));
    out_str(b, "jti", col_text(res, row, PENDING_JTI));
    out_str(b, "type", col_text(res, row, PENDING_TYPE));
    out_str(b, "payload", sub.env.payload_b64u);
    out_open(b, "signed", '[');
    for (size_t i = 0; i < sub.env.n_sigs; i++) {
        out_str(b, NULL, sub.env.sigs[i].kid.s);
    }
    out_close(b, ']');
    out_raw(b, "needs", col_text(res, row, PENDING_NEEDS), col_len(res, row, PENDING_NEEDS));
    out_int(b, "exp", col_int(res, row, PENDING_EXP));
    out_raw(b, "act", "", 0);
    envelope_put(b, &sub.env);
    if (sub.n_texts > 0) {
        out_open(b, "texts", '{');
        for (size_t i = 0; i < sub.n_texts; i++) {
            out_text(b, sub.texts[i].field, sub.texts[i].salt, sub.texts[i].text, sub.texts[i].len);
        }
        out_close(b, '}');
    }
    out_close(b, '}');
    submission_free(&sub);
    return 0;
}
