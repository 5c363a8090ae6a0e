/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The load itself: what each connection does. */
#include "tests/load/lib/hammer.h"

#include <pthread.h>
#include <signal.h>

#define BULK_MAX 40    /* acts in one request */
#define AGAIN_MS 8000L /* until a request is made again, as a ledger may be stopped */

/* A payment of a purse: one treasurer, then the other; the first answer is "pending". What was
 * promised as pending must still be there when the second signature comes. */
static void pay_from_purse(struct conn *c)
{
    const char *coop = coops[rnd(c, 2)];
    char purse[ADDRESS_MAX + 1], to[ADDRESS_MAX + 1], signer[2][ADDRESS_MAX + 1];
    char jti[JTI_MAX + 1] = "";
    int64_t i = rnd(c, c->h->members / 2) * 2 + (coop == coops[1]);
    char *payload = NULL;

    office(purse, "purse", coop);
    member(to, i);
    office(signer[0], "treasurer1", coop);
    office(signer[1], "treasurer2", coop);
    for (int k = 0; k < 2; k++) {
        struct buf b = BUF_INIT;
        struct shot s;

        act_begin(c, &b, &s, "transfer", coop);
        if (k == 0) {
            buf_printf(&b,
                       ",\"from\":\"%s\",\"to\":\"%s\",\"unit\":\"" UNIT "\",\"amount\":%" PRId64,
                       purse, to, 1 + rnd(c, 100));
            payload = x_strdup(b.data);
            str_copy(jti, sizeof(jti), s.jti);
        } else { /* the same payload */
            buf_clear(&b);
            buf_puts(&b, payload);
            str_copy(s.jti, sizeof(s.jti), jti);
        }
        act_end(c, &b, &s, SIGNERS(signer[k]), NULL, NULL);
        s.want = k == 0 ? "pending" : "posted";
        if (!shoot(c, &s, 1, false))
            break;
    }
    free(payload);
}

/* Two acts one after the other on a member that no other connection touches: frozen and unfrozen,
 * or a key added and revoked. An earlier run may have left it half way, so any answer will do. */
static void on_special(struct conn *c, bool keys)
{
    char who[ADDRESS_MAX + 1], t1[ADDRESS_MAX + 1], t2[ADDRESS_MAX + 1], registrar[ADDRESS_MAX + 1];
    char *name = x_asprintf("key%" PRId64 "-%" PRId64, c->h->load, c->acts);
    uint8_t secret[KEY_SECRET_LEN];
    struct key key;
    struct kid kid;

    special(who, c->number);
    office(t1, "treasurer1", coops[0]);
    office(t2, "treasurer2", coops[0]);
    office(registrar, "registrar", coops[0]);
    secret_of(c->h, name, secret);
    key_of_secret(&key, secret);
    key_kid(&kid, &key);
    for (int k = 0; k < 2; k++) {
        struct buf b = BUF_INIT;
        struct shot s;

        if (keys) {
            act_begin(c, &b, &s, k == 0 ? "key.add" : "key.revoke", who);
            buf_printf(&b, ",\"holder\":\"%s\",\"role\":\"member\",", who);
            if (k == 0) {
                buf_puts(&b, "\"key\":");
                key_put_jwk(&b, &key);
                act_end(c, &b, &s, SIGNERS(who, name), NULL, NULL);
            } else {
                buf_printf(&b, "\"kid\":\"%s\"", kid.s);
                act_end(c, &b, &s, SIGNERS(who), NULL, NULL);
            }
        } else {
            act_begin(c, &b, &s, k == 0 ? "member.freeze" : "member.unfreeze", coops[0]);
            buf_printf(&b, ",\"member\":\"%s\"", who);
            if (k == 0)
                act_end(c, &b, &s, SIGNERS(registrar), "reason", "a lost device");
            else
                act_end(c, &b, &s, SIGNERS(t1, t2), NULL, NULL);
        }
        s.want = NULL;
        if (!shoot(c, &s, 1, false))
            break;
    }
    free(name);
}

/* Everything else that changes state without standing in the way of payments. */
static void on_member(struct conn *c, int64_t kind)
{
    char who[ADDRESS_MAX + 1], registrar[ADDRESS_MAX + 1];
    struct buf b = BUF_INIT;
    struct shot s;

    member(who, rnd(c, c->h->members));
    office(registrar, "registrar", name_coop_start(who));
    if (kind == 0) {
        act_begin(c, &b, &s, "record.allow", who);
        buf_printf(&b, ",\"member\":\"%s\",\"allowed\":%s", who, rnd(c, 2) ? "true" : "false");
        act_end(c, &b, &s, SIGNERS(who), NULL, NULL);
    } else if (kind == 1) {
        act_begin(c, &b, &s, "account.limits", name_coop_start(who));
        buf_printf(
            &b, ",\"member\":\"%s\",\"unit\":\"" UNIT "\",\"floor\":%" PRId64 ",\"ceiling\":null",
            who, FLOOR - rnd(c, 1000));
        act_end(c, &b, &s, SIGNERS(registrar), NULL, NULL);
    } else {
        (void)snprintf(who, sizeof(who), "n%" PRId64 "-%d-%" PRId64 "@%s", c->h->load, c->number,
                       c->acts, coops[rnd(c, 2)]);
        make_new_member(c, &s, who, "Jane Doe");
    }
    (void)shoot(c, &s, 1, false);
}

static void begin_transfer(struct conn *c, struct buf *b, struct shot *s, const char *const who[2],
                           int64_t amount)
{
    act_begin(c, b, s, "transfer", who[0]);
    buf_printf(b, ",\"from\":\"%s\",\"to\":\"%s\",\"unit\":\"" UNIT "\",\"amount\":%" PRId64,
               who[0], who[1], amount);
}

static bool send_decline(struct conn *c, const char *by, const struct hash *act)
{
    struct buf b = BUF_INIT;
    struct shot s;

    act_begin(c, &b, &s, "decline", by);
    buf_puts(&b, ",\"act\":\"");
    buf_put_b64u(&b, act->b, HASH_LEN);
    buf_putc(&b, '"');
    act_end(c, &b, &s, SIGNERS(by), "reason", "아니요");
    return shoot(c, &s, 1, false);
}

/* A request that is paid, or declined, and then can't be paid once more. */
static void on_request(struct conn *c, const char *const who[2], int64_t amount)
{
    bool declined = rnd(c, 2) == 0;
    struct buf b = BUF_INIT;
    struct shot asked, s;

    act_begin(c, &b, &asked, "request", who[1]);
    buf_printf(&b,
               ",\"from\":\"%s\",\"to\":\"%s\",\"unit\":\"" UNIT "\",\"amount\":%" PRId64
               ",\"expires\":\"2999-12-31\"",
               who[0], who[1], amount);
    act_end(c, &b, &asked, SIGNERS(who[1]), "memo", "빨래");
    if (!shoot(c, &asked, 1, false) ||
        (declined && !send_decline(c, who[rnd(c, 2)], &asked.payload_hash)))
        return;
    for (int k = declined ? 1 : 0; k < 2; k++) {
        begin_transfer(c, &b, &s, who, amount);
        buf_printf(&b, ",\"request\":%" PRId64, asked.index);
        act_end(c, &b, &s, SIGNERS(who[0]), NULL, NULL);
        s.want = k == 0 ? "posted" : "already-answered";
        if (!shoot(c, &s, 1, false))
            return;
    }
}

/* A payment that goes back in two parts, and has nothing left then. */
static void on_reversal(struct conn *c, const char *const who[2], int64_t amount)
{
    const int64_t parts[] = {amount - amount / 2, amount / 2, 1};
    struct buf b = BUF_INIT;
    struct shot paid, s;

    begin_transfer(c, &b, &paid, who, amount);
    act_end(c, &b, &paid, SIGNERS(who[0]), NULL, NULL);
    if (!shoot(c, &paid, 1, false))
        return;
    for (int k = 0; k < 3; k++) {
        act_begin(c, &b, &s, "reversal", who[1]);
        buf_printf(&b, ",\"record\":%" PRId64 ",\"amount\":%" PRId64, paid.index, parts[k]);
        act_end(c, &b, &s, SIGNERS(who[1]), NULL, NULL);
        s.want = k < 2 ? "posted" : "already-reversed";
        if (!shoot(c, &s, 1, false))
            return;
    }
}

/* What later acts name: requests, transfers, and acts that shall never come. */
static void on_deal(struct conn *c)
{
    int64_t from = rnd(c, c->h->members), kind = rnd(c, 5), amount = 2 + rnd(c, 600);
    int64_t to = (from + 2 + 2 * rnd(c, c->h->members / 2 - 1)) % c->h->members;
    char payer[ADDRESS_MAX + 1], payee[ADDRESS_MAX + 1];
    const char *const who[] = {payer, payee};
    struct buf b = BUF_INIT;
    struct shot s;

    member(payer, from);
    member(payee, to);
    if (kind < 2) {
        on_request(c, who, amount);
    } else if (kind < 4) {
        on_reversal(c, who, amount);
    } else {
        begin_transfer(c, &b, &s, who, amount);
        act_end(c, &b, &s, SIGNERS(payer), NULL, NULL);
        s.want = "voided";
        if (send_decline(c, payer, &s.payload_hash))
            (void)shoot(c, &s, 1, false);
        else
            free(s.body);
    }
}

static void *load_thread(void *arg)
{
    struct conn *c = arg;
    struct shot shots[BULK_MAX];

    while (!atomic_load(&c->h->stop)) {
        int64_t kind = rnd(c, 100);

        if (kind < 60) {
            make_any_transfer(c, &shots[0]);
            (void)shoot(c, shots, 1, false);
        } else if (kind < 70) {
            on_deal(c);
        } else if (kind < 82) {
            size_t n = 2 + (size_t)rnd(c, BULK_MAX - 1);

            for (size_t i = 0; i < n; i++)
                make_any_transfer(c, &shots[i]);
            (void)shoot(c, shots, n, true);
        } else if (kind < 88) {
            pay_from_purse(c);
        } else if (kind < 92) {
            on_special(c, kind < 90);
        } else {
            on_member(c, rnd(c, 3));
        }
        if (c->h->once && atomic_load(&c->h->again))
            break;
    }
    return NULL;
}

/* GET /checkpoint over and over: it never shrinks, and never changes what it said. */
static void *checkpoint_thread(void *arg)
{
    struct conn *c = arg;
    struct checkpoint last = {.size = 0}, now;

    while (!atomic_load(&c->h->stop)) {
        const char *why = "";
        char root[HASH_HEX];

        if (ask(c, "/checkpoint", NULL, 0, NULL) == 200) {
            if (checkpoint_open(&now, c->answer.data, c->answer.len, c->h->origin, &c->h->log_key,
                                &why) != 0)
                wrong(c->h, "GET /checkpoint: %s: %s", why, c->answer.data);
            else if (now.size < last.size)
                wrong(c->h, "GET /checkpoint: %" PRIu64 " after %" PRIu64, now.size, last.size);
            else if (now.size == last.size && last.size && !hash_eq(&now.root, &last.root))
                wrong(c->h, "GET /checkpoint: two roots of %" PRIu64, now.size);
            if (now.size > last.size) {
                hex(root, &now.root);
                journal(c->h, "C\t%" PRIu64 "\t%s\n", now.size, root);
                last = now;
            }
        }
        pause_ms(PAUSE_MS);
    }
    return NULL;
}

void run(struct hammer *h)
{
    struct conn conns[SPECIALS + 1];
    pthread_t threads[SPECIALS + 1];
    struct timespec t = {.tv_sec = h->seconds};
    size_t n = (size_t)h->connections;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    conn_open(&conns[n], h, (int)n);
    json_decref(meet(&conns[n]));
    journal(h, "L\t%s\t%s\n", h->id, h->vkey);
    for (size_t i = 0; i <= n; i++) {
        if (i < n)
            conn_open(&conns[i], h, (int)i);
        if (!h->once)
            conns[i].request_ms = AGAIN_MS;
        if (pthread_create(&threads[i], NULL, i < n ? load_thread : checkpoint_thread, &conns[i]) !=
            0)
            abort();
    }
    (void)sigtimedwait(&set, NULL, &t);
    atomic_store(&h->stop, true);
    for (size_t i = 0; i <= n; i++) {
        pthread_join(threads[i], NULL);
        conn_close(&conns[i]);
    }
    printf("run: load %" PRId64 ": %" PRId64 " sent, %" PRId64 " posted, %" PRId64
           " refused, %" PRId64 " without an answer\n",
           h->load, atomic_load(&h->sent), atomic_load(&h->posted), atomic_load(&h->refused),
           atomic_load(&h->again));
}
