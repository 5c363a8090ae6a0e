/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/receipt.h"

#include "core/date.h"

void receipt_begin(struct buf *b, const struct receipt *r, size_t more)
{
    char time[TIME_LEN + 1];

    /* Its lines make a proof a little longer. */
    buf_reserve(b,
                256 + r->header_len + r->header_len / 4 + r->proof_len + r->proof_len / 16 + more);
    time_text(time, r->ms);
    /* Holders, ids and times need no escaping by their grammars. */
    buf_puts(b, "{\"index\":");
    buf_put_i64(b, r->index);
    buf_puts(b, ",\"time\":\"");
    buf_puts(b, time);
    buf_puts(b, "\",\"by\":\"");
    buf_puts(b, r->by);
    buf_puts(b, "\",\"jti\":\"");
    buf_puts(b, r->jti);
    buf_puts(b, "\",\"header\":");
    buf_put_json(b, r->header, r->header_len);
    if (r->proof != NULL) {
        buf_puts(b, ",\"proof\":");
        buf_put_json(b, r->proof, r->proof_len);
    }
}

void receipt_end(struct buf *b, const struct buf *note_json)
{
    if (note_json != NULL) { /* one string goes on as the other one */
        b->len--;
        buf_put(b, note_json->data + 1, note_json->len - 1);
    }
    buf_putc(b, '}');
}

void receipt_put(struct buf *b, const struct receipt *r)
{
    receipt_begin(b, r, 0);
    receipt_end(b, NULL);
}

void needs_put(struct buf *b, const struct need *needs, size_t n)
{
    buf_putc(b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i == 0 ? "{\"holder\":\"" : ",{\"holder\":\"");
        buf_puts(b, needs[i].holder);
        buf_puts(b, "\",\"role\":\"");
        buf_puts(b, role_name(needs[i].role));
        buf_puts(b, "\",\"have\":");
        buf_put_i64(b, needs[i].have);
        buf_puts(b, ",\"of\":");
        buf_put_i64(b, needs[i].of);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

void pending_put(struct buf *b, const struct act *a, const struct envelope *env,
                 const char *needs_json)
{
    buf_puts(b, "{\"by\":\"");
    buf_puts(b, a->by);
    buf_puts(b, "\",\"jti\":\"");
    buf_puts(b, a->jti);
    buf_puts(b, "\",\"type\":\"");
    buf_puts(b, act_type_name(a->type));
    buf_puts(b, "\",\"payload\":\"");
    buf_puts(b, env->payload_b64u);
    buf_puts(b, "\",\"signed\":[");
    for (size_t i = 0; i < env->n_sigs; i++) {
        buf_puts(b, i == 0 ? "\"" : ",\"");
        buf_puts(b, env->sigs[i].kid.s);
        buf_putc(b, '"');
    }
    buf_puts(b, "],\"needs\":");
    buf_puts(b, needs_json);
    buf_puts(b, ",\"exp\":");
    buf_put_i64(b, a->exp);
    buf_putc(b, '}');
}
