/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /v1/pending: what waits for the caller's signature, or has it. */
#include <string.h>

#include "core/num.h"
#include "ledgerd/out.h"
#include "ledgerd/pending_view.h"
#include "ledgerd/req.h"

#define CURSOR_KIND 'w'

static void on_pending(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;
    int rows = PQntuples(res), shown = rows > r->limit ? (int)r->limit : rows;

    out_open(&b, NULL, '{');
    out_open(&b, "items", '[');
    for (int i = 0; i < shown; i++) {
        if (pending_view_put(&b, res, i) != 0) {
            buf_free(&b);
            request_read_failed(r, READ_BROKEN);
            return;
        }
    }
    if (rows > shown) {
        const char *place[] = {col_text(res, shown - 1, PENDING_EXP),
                               col_text(res, shown - 1, PENDING_BY),
                               col_text(res, shown - 1, PENDING_JTI)};
        request_list_end(r, &b, CURSOR_KIND, place, ARRAY_LEN(place));
    } else {
        request_list_end(r, &b, CURSOR_KIND, NULL, 0);
    }
}

void req_pending(struct request *r)
{
    struct cursor from;
    bool there;
    int64_t exp;

    if (!request_limit(r) || !request_cursor(r, CURSOR_KIND, 3, &from, &there)) {
        return;
    }
    if (there && num_parse(from.word[0], strlen(from.word[0]), 0, NUM_MAX, &exp) != 0) {
        request_malformed(r, "this cursor is not one that the list gave");
        return;
    }
    /* A key that isn't registered has no office; its kid alone counts. */
    const char *role = r->caller.registered ? role_name(r->caller.role) : "";
    request_read(r,
                 read_pending(r->caller.holder, role, r->caller.kid.s, request_now(), from.word[0],
                              there ? from.word[1] : NULL, from.word[2], r->limit + 1),
                 on_pending);
}
