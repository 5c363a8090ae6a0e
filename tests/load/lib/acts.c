/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys and acts, all from seeds. */
#include "tests/load/lib/hammer.h"

#include <sodium.h>

const char *const coops[COOPS] = {"hansalim", "mapo"};

void secret_of(const struct hammer *h, const char *name, uint8_t secret[KEY_SECRET_LEN])
{
    char *text = x_asprintf("%" PRId64 "/%s", h->seed, name);
    struct hash seed;
    struct key key;

    hash_bytes(&seed, text, strlen(text));
    (void)crypto_sign_seed_keypair(key.x, secret, seed.b);
    free(text);
}

void put_jwk(struct buf *b, const struct hammer *h, const char *name)
{
    uint8_t secret[KEY_SECRET_LEN];
    struct key key;

    secret_of(h, name, secret);
    key_of_secret(&key, secret);
    key_put_jwk(b, &key);
}

/* splitmix64: 0 to n - 1. */
int64_t rnd(struct conn *c, int64_t n)
{
    uint64_t z = (c->random += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)n);
}

/* Begins a payload with the members that every act has; the caller adds its own, each after a ','.
 */
void act_begin(struct conn *c, struct buf *b, struct shot *s, const char *type, const char *by)
{
    int64_t now = clock_ms(CLOCK_REALTIME) / 1000;

    memset(s, 0, sizeof(*s));
    s->want = "posted";
    str_copy(s->by, sizeof(s->by), by);
    (void)snprintf(s->jti, sizeof(s->jti), "load%06" PRId64 "-c%03d-%09" PRId64, c->h->load,
                   c->number, c->acts++);
    buf_clear(b);
    buf_printf(b,
               "{\"type\":\"%s\",\"aud\":\"%s\",\"by\":\"%s\",\"jti\":\"%s\",\"iat\":%" PRId64
               ",\"exp\":%" PRId64,
               type, c->h->id, by, s->jti, now, now + 3600);
}

/* Signs with the keys of those names (the last one NULL) and makes the submission, with a text in
 * the field where there is one; frees b. */
void act_end(struct conn *c, struct buf *b, struct shot *s, const char *const *signers,
             const char *field, const char *text)
{
    struct submission sub = {0};
    struct buf body = BUF_INIT;
    struct hash hash;

    if (text) {
        struct submitted_text *t = &sub.texts[sub.n_texts++];

        str_copy(t->field, sizeof(t->field), field);
        hash_bytes(&hash, s->jti, strlen(s->jti));
        memcpy(t->salt, hash.b, sizeof(t->salt));
        t->text = x_strdup(text);
        t->len = strlen(text);
        text_hash(&hash, t->salt, text, t->len);
        buf_printf(b, ",\"%s_hash\":\"", field);
        buf_put_b64u(b, hash.b, HASH_LEN);
        buf_putc(b, '"');
    }
    buf_putc(b, '}');
    envelope_new(&sub.env, b->data, b->len);
    for (; *signers; signers++) {
        uint8_t secret[KEY_SECRET_LEN];

        secret_of(c->h, *signers, secret);
        envelope_sign(&sub.env, secret);
    }
    s->payload_hash = sub.env.payload_hash;
    submission_put(&body, &sub);
    s->body = buf_take(&body);
    submission_free(&sub);
    buf_free(b);
}

#define SIGNERS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* "treasurer1@mapo": the name of an office's key. */
const char *office(char out[ADDRESS_MAX + 1], const char *role, const char *coop)
{
    (void)snprintf(out, ADDRESS_MAX + 1, "%s@%s", role, coop);
    return out;
}

void member(char out[ADDRESS_MAX + 1], int64_t i)
{
    (void)snprintf(out, ADDRESS_MAX + 1, "m%04" PRId64 "@%s", i, coops[i % 2]);
}

void special(char out[ADDRESS_MAX + 1], int64_t i)
{
    (void)snprintf(out, ADDRESS_MAX + 1, "s%02" PRId64 "@%s", i, coops[0]);
}

static void make_transfer(struct conn *c, struct shot *s, int64_t from, int64_t to, int64_t amount)
{
    char payer[ADDRESS_MAX + 1], payee[ADDRESS_MAX + 1];
    struct buf b = BUF_INIT;

    member(payer, from);
    member(payee, to);
    act_begin(c, &b, s, "transfer", payer);
    buf_printf(&b, ",\"from\":\"%s\",\"to\":\"%s\",\"unit\":\"" UNIT "\",\"amount\":%" PRId64,
               payer, payee, amount);
    act_end(c, &b, s, SIGNERS(payer), "memo", rnd(c, 3) ? NULL : "콩 심기, two rows");
}

/* Mostly a payment that must be posted, sometimes one that must be refused. */
void make_any_transfer(struct conn *c, struct shot *s)
{
    int64_t from = rnd(c, c->h->members), kind = rnd(c, 20), amount = 1 + rnd(c, 600);
    int64_t to = (from + 2 + 2 * rnd(c, c->h->members / 2 - 1)) % c->h->members;

    if (kind == 0) {
        make_transfer(c, s, from, to, AMOUNT_MAX);
        s->want = "insufficient-credit";
    } else if (kind == 1) {
        make_transfer(c, s, from, from ^ 1, amount);
        s->want = "line-exhausted";
    } else if (kind == 2) {
        char *last;

        make_transfer(c, s, from, to, amount);
        last = strstr(s->body, "\"signature\":\"") + strlen("\"signature\":\"");
        *last = *last == 'A' ? 'B' : 'A';
        s->want = "bad-signature";
    } else {
        make_transfer(c, s, from, to, amount);
    }
}

void make_new_member(struct conn *c, struct shot *s, const char *address, const char *name)
{
    char registrar[ADDRESS_MAX + 1];
    struct buf b = BUF_INIT;

    act_begin(c, &b, s, "member.create", name_coop_start(address));
    buf_printf(&b, ",\"member\":\"%s\",\"kind\":\"person\",\"keys\":[", address);
    put_jwk(&b, c->h, address);
    buf_puts(&b, "],\"threshold\":1");
    office(registrar, "registrar", name_coop_start(address));
    act_end(c, &b, s, SIGNERS(registrar, address), "name", name);
}
