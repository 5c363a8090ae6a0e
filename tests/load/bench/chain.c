/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Co-ops in a row, each of which lends to its neighbours and lets others' payments pass. */
#include "tests/load/bench/bench.h"

static const char *const chain[] = {"busan", "daegu", "gumi", "daejeon", "seoul"};
#define ENDS (ARRAY_LEN(chain) - 1)

static void chain_member(char out[ADDRESS_MAX + 1], int64_t number, size_t coop)
{
    (void)snprintf(out, ADDRESS_MAX + 1, "m%04" PRId64 "@%s", number, chain[coop]);
}

static void set_line(struct conn *c, const char *coop, const char *partner)
{
    char t1[ADDRESS_MAX + 1], t2[ADDRESS_MAX + 1];
    struct buf b = BUF_INIT;
    struct shot s;

    office(t1, "treasurer1", coop);
    office(t2, "treasurer2", coop);
    act_begin(c, &b, &s, "line.set", coop);
    buf_printf(&b,
               ",\"coop\":\"%s\",\"partner\":\"%s\",\"unit\":\"" UNIT
               "\",\"limit\":1000000000000,\"transit\":true",
               coop, partner);
    act_end(c, &b, &s, SIGNERS(t1, t2), NULL, NULL);
    must(c, &s);
}

static void make_member(struct conn *c, struct shot *s, const struct bench *b, int64_t i)
{
    const int64_t n = (int64_t)ARRAY_LEN(chain);
    char address[ADDRESS_MAX + 1];

    (void)b;
    chain_member(address, i / n, (size_t)(i % n));
    make_new_member(c, s, address, "홍길동");
}

void make_chain(struct bench *b)
{
    struct conn c;

    conn_open(&c, &b->h, 997); /* no worker has this number, nor has setup */
    json_decref(meet(&c));
    for (size_t i = 0; i <= ENDS; i++)
        setup_coop(&c, chain[i]);
    for (size_t i = 0; i < ENDS; i++) {
        set_line(&c, chain[i], chain[i + 1]);
        set_line(&c, chain[i + 1], chain[i]);
    }
    conn_close(&c);
    post_acts(b, make_member, 0, b->h.members);
}

void make_chain_transfer(struct conn *c, struct shot *s, const struct bench *b, int64_t i)
{
    const int64_t each = b->h.members / (int64_t)ARRAY_LEN(chain);
    const bool back = rnd(c, 2) == 1;
    const int64_t from = rnd(c, each), to = (from + 1 + rnd(c, each - 1)) % each;
    char payer[ADDRESS_MAX + 1], payee[ADDRESS_MAX + 1];
    struct buf payload = BUF_INIT;

    (void)i;
    chain_member(payer, from, back ? ENDS : 0);
    chain_member(payee, to, back ? ENDS - (size_t)b->hops : (size_t)b->hops);
    act_begin(c, &payload, s, "transfer", payer);
    buf_printf(&payload, ",\"from\":\"%s\",\"to\":\"%s\",\"unit\":\"" UNIT "\",\"amount\":%" PRId64,
               payer, payee, 1 + rnd(c, 600));
    act_end(c, &payload, s, SIGNERS(payer), NULL, NULL);
}
