/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A ledger with two co-ops and their members. */
#include "tests/load/lib/hammer.h"

void must(struct conn *c, struct shot *s)
{
    shoot_patiently(c, s, 1, false);
    free(s->body);
    if (atomic_load(&c->h->wrong))
        exit(1);
}

static void open_ledger(struct conn *c, const json_t *ledger)
{
    struct shot s = {.want = "posted", .by = "stewards"};
    uint8_t secret[KEY_SECRET_LEN];
    struct submission sub = {0};
    struct buf body = BUF_INIT;
    struct refusal r;
    json_t *payload;

    char *act = json_dumps(json_object_get(ledger, "act"), JSON_COMPACT);
    buf_printf(&body, "{\"act\":%s}", act ? act : "null");
    free(act);
    if (submission_parse(&sub, body.data, body.len, &r) != 0) {
        fprintf(stderr, "hammer: the ledger has no ledger.open to sign: %s\n", c->answer.data);
        exit(1);
    }
    payload = json_loads(sub.env.payload, 0, NULL);
    str_copy(s.jti, sizeof(s.jti), json_string_value(json_object_get(payload, "jti")));
    json_decref(payload);
    secret_of(c->h, "steward", secret);
    envelope_sign(&sub.env, secret);
    buf_clear(&body);
    submission_put(&body, &sub);
    s.body = buf_take(&body);
    submission_free(&sub);
    must(c, &s);
    json_decref(meet(c));
}

void setup_coop(struct conn *c, const char *coop)
{
    char t1[ADDRESS_MAX + 1], t2[ADDRESS_MAX + 1], registrar[ADDRESS_MAX + 1];
    struct buf b = BUF_INIT;
    struct shot s;

    office(t1, "treasurer1", coop);
    office(t2, "treasurer2", coop);
    office(registrar, "registrar", coop);
    act_begin(c, &b, &s, "coop.create", "stewards");
    buf_printf(&b, ",\"coop\":\"%s\",\"name\":\"협동조합 %s\",\"treasurers\":[", coop, coop);
    put_jwk(&b, c->h, t1);
    buf_putc(&b, ',');
    put_jwk(&b, c->h, t2);
    buf_puts(&b, "],\"threshold\":2,\"registrars\":[");
    put_jwk(&b, c->h, registrar);
    buf_putc(&b, ']');
    act_end(c, &b, &s, SIGNERS("steward", t1, t2, registrar), NULL, NULL);
    must(c, &s);
    act_begin(c, &b, &s, "coop.policy", coop);
    buf_printf(&b,
               ",\"coop\":\"%s\",\"unit\":\"" UNIT "\",\"floor\":%" PRId64
               ",\"ceiling\":null,\"registrar_floor\":%" PRId64
               ",\"registrar_ceiling\":null,\"reversal_days\":30",
               coop, FLOOR, 2 * FLOOR);
    act_end(c, &b, &s, SIGNERS(t1, t2), NULL, NULL);
    must(c, &s);
    act_begin(c, &b, &s, "member.create", coop);
    buf_printf(&b, ",\"member\":\"purse@%s\",\"kind\":\"purse\",\"keys\":[],\"threshold\":0", coop);
    act_end(c, &b, &s, SIGNERS(t1, t2), NULL, NULL);
    must(c, &s);
}

void setup(struct hammer *h)
{
    struct buf b = BUF_INIT;
    char address[ADDRESS_MAX + 1];
    struct conn c;
    struct shot s;
    json_t *ledger;

    conn_open(&c, h, 999); /* no connection of a load has this number, so no act this id */
    ledger = meet(&c);
    open_ledger(&c, ledger);
    json_decref(ledger);
    act_begin(&c, &b, &s, "unit.create", "stewards");
    buf_puts(&b, ",\"unit\":\"" UNIT "\",\"name\":\"Hour\",\"scale\":60,\"kind\":\"time\"");
    act_end(&c, &b, &s, SIGNERS("steward"), NULL, NULL);
    must(&c, &s);
    for (size_t i = 0; i < ARRAY_LEN(coops); i++)
        setup_coop(&c, coops[i]);
    for (int64_t i = 0; i < h->members + SPECIALS; i++) {
        if (i < h->members)
            member(address, i);
        else
            special(address, i - h->members);
        make_new_member(&c, &s, address, "홍길동");
        must(&c, &s);
    }
    conn_close(&c);
    printf("setup: %s, %" PRId64 " members\n", h->id, h->members);
}
