/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/recovery_view.h"

#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/key.h"
#include "core/num.h"
#include "ledgerd/db_read.h"
#include "ledgerd/out.h"
#include "ledgerd/req_words.h"

/* Columns after the first. */
enum {
    RECORD,
    DUE,
    OBJECTED,
    THRESHOLD,
    KEYS
};

static void put_kids(struct buf *b, const PGresult *res, int row, int column)
{
    size_t digits = col_len(res, row, column), n = digits > 2 ? (digits - 2) / 2 : 0; /* \x… */
    struct key *keys = x_calloc(n / KEY_LEN + 1, sizeof(*keys));

    out_open(b, "keys", '[');
    if (n % KEY_LEN == 0 && col_bytes(res, row, column, keys, n)) {
        for (size_t i = 0; i < n / KEY_LEN; i++) {
            struct kid kid;

            key_kid(&kid, &keys[i]);
            out_str(b, NULL, kid.s);
        }
    }
    out_close(b, ']');
    free(keys);
}

void recovery_put(struct buf *b, const PGresult *res, int row, int column)
{
    char due[TIME_LEN + 1];

    if (col_null(res, row, column + RECORD)) {
        return;
    }
    time_text(due, col_int(res, row, column + DUE));
    out_open(b, "recovery", '{');
    out_int(b, "record", col_int(res, row, column + RECORD));
    out_str(b, "due", due);
    out_bool(b, "objected", col_bool(res, row, column + OBJECTED));
    out_int(b, "threshold", col_int(res, row, column + THRESHOLD));
    put_kids(b, res, row, column + KEYS);
    out_close(b, '}');
}

void recovery_put_list(struct buf *b, const char *lines)
{
    struct words w;

    out_open(b, "recoveries", '[');
    words_begin(&w, lines);
    while (words_line(&w, 4)) {
        char due[TIME_LEN + 1];
        int64_t ms;

        if (num_parse(w.word[2], strlen(w.word[2]), 0, INT64_MAX, &ms) != 0) {
            continue;
        }
        time_text(due, ms);
        out_open(b, NULL, '{');
        out_str(b, "member", w.word[0]);
        words_int(b, "record", w.word[1]);
        out_str(b, "due", due);
        out_bool(b, "objected", str_eq(w.word[3], "t"));
        out_close(b, '}');
    }
    out_close(b, ']');
}

void recovery_header(struct request *r, const PGresult *res, int row, int column)
{
    struct buf value = BUF_INIT;
    char due[TIME_LEN + 1];

    if (col_null(res, row, column + RECORD)) {
        return;
    }
    time_text(due, col_int(res, row, column + DUE));
    buf_put_i64(&value, col_int(res, row, column + RECORD));
    buf_puts(&value, "; due=");
    buf_puts(&value, due);
    if (col_bool(res, row, column + OBJECTED)) {
        buf_puts(&value, "; objected");
    }
    request_header(r, "Pumasi-Recovery", value.data);
    buf_free(&value);
}
