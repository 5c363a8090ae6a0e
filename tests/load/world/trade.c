/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A month's trade: what people do for each other, what they ask for, and what is given back. */
#include "tests/load/world/world.h"

#include "core/date.h"

enum kind {
    PAYMENT,
    ASKED,
    ANSWER,
    DECLINED,
    GIVEN_BACK,
    KINDS
};

struct dealing {
    struct party payer, payee;
    const struct service *service;
    int64_t amount, levy;
    char day[DATE_LEN + 1];
    enum kind kind;
    struct hash payload_hash; /* of what was asked, by which it is declined */
    size_t of;                /* the deal that is answered or given back */
    bool by_registrar;
};

struct month {
    struct world *w;
    int number;          /* 1 to 12 */
    int32_t first, last; /* its days */
    int calendar;        /* 0: January */
    char name[16];       /* 2026-11 */
    struct dealing *deals;
    struct sent *acts;
    size_t n;
};

/* ---- What happens ---- */

static void month_begin(struct month *m, struct world *w, int number)
{
    char day[24];
    int64_t year, month;
    int32_t days;

    memset(m, 0, sizeof(*m));
    m->w = w;
    m->number = number;
    date_text(day, (int32_t)w->today);
    if (num_parse(day, 4, 0, 9999, &year) != 0)
        abort();
    month = year * 12 + (day[5] - '0') * 10 + day[6] - '0' - 1 + number - 12;
    m->calendar = (int)(month % 12);
    (void)snprintf(m->name, sizeof(m->name), "%04d-%02d", (int)(month / 12) % 10000,
                   m->calendar + 1);
    (void)snprintf(day, sizeof(day), "%s-01", m->name);
    if (date_parse(day, &m->first) != 0)
        abort();
    for (days = m->first + 27;; days++) { /* the last day of the same month, not after today */
        date_text(day, days + 1);
        if (strncmp(day, m->name, 7) != 0 || days + 1 > w->today)
            break;
    }
    m->last = days > w->today ? (int32_t)w->today : days;
    w->c.number = number;
    w->c.random = (uint64_t)w->h.seed * 1000003 + (uint64_t)number;
    w->c.acts = 0;
}

static bool counts_in(int coop, int unit)
{
    return wonju[coop].clearing[unit] != NULL;
}

/* Of two that might, who can give more easily, mostly: people look at what they have. */
static struct party person_of(struct month *m, int coop, int unit, bool pays)
{
    struct party a = {coop, (int)rnd(&m->w->c, m->w->members)};
    struct party b = {coop, (int)rnd(&m->w->c, m->w->members)};
    bool more = *balance_of(m->w, a, unit) > *balance_of(m->w, b, unit);

    return rnd(&m->w->c, 8) == 0 || more == pays ? a : b;
}

static bool tied(int a, int b, int unit)
{
    for (size_t i = 0; i < n_ties; i++)
        if (((ties[i].a == a && ties[i].b == b) || (ties[i].a == b && ties[i].b == a)) &&
            strchr(ties[i].units, units[unit][0]))
            return true;
    return false;
}

static int any_coop(struct month *m, int unit)
{
    int coop;

    do
        coop = (int)rnd(&m->w->c, WONJU);
    while (!counts_in(coop, unit));
    return coop;
}

/* The other side's co-op: mostly one's own, else one's partner, seldom one from far away. Of two,
 * the one that owes less, or is owed less, is the likelier. */
static int other_coop(struct month *m, int coop, int unit, bool pays)
{
    int64_t how = rnd(&m->w->c, 100), seen = 0;
    int best = coop;

    if (how < 60)
        return coop;
    while (seen < 3) {
        int other = any_coop(m, unit);
        bool better = best == coop || (m->w->net[other][unit] > m->w->net[best][unit]) == pays;

        seen++;
        if (other == coop || (how < 90 && !tied(coop, other, unit)))
            continue;
        if (better)
            best = other;
    }
    return best;
}

static const struct service *some_service(struct month *m)
{
    const struct service *s;

    do
        s = &services[rnd(&m->w->c, (int64_t)n_services)];
    while (s->season[m->calendar] - '0' <= rnd(&m->w->c, 9));
    return s;
}

static void make_up(struct month *m, struct dealing *d)
{
    const struct service *s = some_service(m);
    int provider = s->provider, customer = s->customer;
    bool from_purse = s->between == FROM_PURSE || s->between == BETWEEN_PURSES;
    bool to_purse = s->between == TO_PURSE || s->between == BETWEEN_PURSES;
    struct conn *c = &m->w->c;

    memset(d, 0, sizeof(*d));
    d->service = s;
    if (provider == ANYONE)
        provider = other_coop(m, customer, s->unit, false);
    else if (customer == ANYONE)
        customer = other_coop(m, provider, s->unit, true);
    d->payer =
        from_purse ? (struct party){customer, NOBODY} : person_of(m, customer, s->unit, true);
    do
        d->payee =
            to_purse ? (struct party){provider, NOBODY} : person_of(m, provider, s->unit, false);
    while (d->payee.coop == d->payer.coop && d->payee.number == d->payer.number);
    d->amount = s->least + s->step * rnd(c, (s->most - s->least) / s->step + 1);
    date_text(d->day, m->first + (int32_t)rnd(c, m->last - m->first + 1));
    d->by_registrar = d->payer.number != NOBODY &&
                      (has_no_device(d->payer) || (lets_registrars(d->payer) && rnd(c, 2)));
    if (d->payer.number != NOBODY)
        d->levy = d->amount * wonju[customer].levy_per_mille[s->unit] / 1000;
    d->kind = rnd(c, 14) == 0 && !(d->payee.number != NOBODY && has_no_device(d->payee)) ? ASKED
                                                                                         : PAYMENT;
}

/* How much closer to even it brings the two co-ops, in hundredths of a line. */
static int64_t evens(const struct month *m, const struct dealing *d)
{
    int unit = d->service->unit;

    return (m->w->net[d->payer.coop][unit] - m->w->net[d->payee.coop][unit]) * 100 /
           usual_limit[unit];
}

/* Between co-ops, of two that could be, mostly the one that does: who earned much spends it. */
static void make_up_either(struct month *m, struct dealing *d)
{
    struct dealing other;

    make_up(m, d);
    make_up(m, &other);
    if (d->payer.coop != d->payee.coop && other.payer.coop != other.payee.coop &&
        rnd(&m->w->c, 4) > 0 && evens(m, &other) > evens(m, d))
        *d = other;
}

/* ---- The acts ---- */

static void hand_of_payer(struct hand *h, const struct dealing *d)
{
    if (d->payer.number == NOBODY)
        hand_treasurers(h, d->payer.coop);
    else if (d->by_registrar)
        hand_registrar(h, d->payer.coop);
    else
        hand_self(h, d->payer);
}

/* Who was paid gives back; for somebody without a device the treasurers do. */
static void hand_of_payee(struct hand *h, const struct dealing *d)
{
    if (d->payee.number == NOBODY || has_no_device(d->payee))
        hand_treasurers(h, d->payee.coop);
    else
        hand_self(h, d->payee);
}

static void put_terms(struct buf *b, const struct dealing *d)
{
    char from[ADDRESS_MAX + 1], to[ADDRESS_MAX + 1];

    address_of(from, d->payer);
    address_of(to, d->payee);
    buf_printf(b,
               ",\"from\":\"%s\",\"to\":\"%s\",\"unit\":\"%s\",\"amount\":%" PRId64
               ",\"value_date\":\"%s\",\"category\":\"%s\"",
               from, to, units[d->service->unit], d->amount, d->day, d->service->category);
}

static void sign_deal(struct month *m, size_t i)
{
    struct dealing *d = &m->deals[i];
    const struct sent *of = &m->acts[d->of];
    const char *field = "memo", *text = d->service->memo[rnd(&m->w->c, 3) == 0];
    char expires[DATE_LEN + 1];
    struct buf b = BUF_INIT;
    struct shot s;
    struct hand h;

    switch (d->kind) {
    case PAYMENT:
    case ANSWER:
        hand_of_payer(&h, d);
        act_begin(&m->w->c, &b, &s, "transfer", h.by);
        put_terms(&b, d);
        if (d->kind == ANSWER)
            buf_printf(&b, ",\"request\":%" PRId64, of->index);
        if (d->levy > 0)
            buf_printf(&b, ",\"levy_max\":%" PRId64, d->levy);
        break;
    case ASKED:
        hand_of_payee(&h, d);
        act_begin(&m->w->c, &b, &s, "request", h.by);
        put_terms(&b, d);
        date_text(expires, (int32_t)m->w->today + 30);
        buf_printf(&b, ",\"expires\":\"%s\"", expires);
        break;
    case DECLINED:
        hand_of_payer(&h, d);
        act_begin(&m->w->c, &b, &s, "decline", h.by);
        buf_puts(&b, ",\"act\":\"");
        buf_put_b64u(&b, m->deals[d->of].payload_hash.b, HASH_LEN);
        buf_putc(&b, '"');
        field = "reason";
        text = "다음에";
        break;
    case GIVEN_BACK:
        hand_of_payee(&h, d);
        act_begin(&m->w->c, &b, &s, "reversal", h.by);
        buf_printf(&b, ",\"record\":%" PRId64 ",\"amount\":%" PRId64, of->index, d->amount);
        field = "reason";
        text = "덜 걸렸어요";
        break;
    case KINDS:
        abort();
    }
    act_end(&m->w->c, &b, &s, h.signers, field, text);
    d->payload_hash = s.payload_hash;
    memset(&m->acts[i], 0, sizeof(m->acts[i]));
    m->acts[i].body = s.body;
}

static bool was_posted(const struct sent *act)
{
    return act->status == 200 || act->status == 201;
}

/* What was moved, for people to go by. */
static void account_for(struct month *m, const struct dealing *d)
{
    int64_t amount = d->kind == GIVEN_BACK ? -d->amount : d->amount;
    int unit = d->service->unit;

    if (d->kind == ASKED || d->kind == DECLINED)
        return;
    if (d->payer.number != NOBODY)
        *balance_of(m->w, d->payer, unit) -= amount + (amount > 0 ? d->levy : 0);
    if (d->payee.number != NOBODY)
        *balance_of(m->w, d->payee, unit) += amount;
    m->w->net[d->payer.coop][unit] -= amount;
    m->w->net[d->payee.coop][unit] += amount;
}

static void send_from(struct month *m, size_t from)
{
    for (size_t i = from; i < m->n; i++)
        sign_deal(m, i);
    post(m->w, m->acts + from, m->n - from);
    for (size_t i = from; i < m->n; i++)
        if (was_posted(&m->acts[i]))
            account_for(m, &m->deals[i]);
}

/* ---- The line that is printed ---- */

#define WORDS 16

static void tell_refusals(const struct month *m)
{
    struct {
        const char *word;
        size_t n;
    } told[WORDS] = {0};

    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < WORDS && !was_posted(&m->acts[i]); k++) {
            if (!told[k].word)
                told[k].word = m->acts[i].word;
            if (str_eq(told[k].word, m->acts[i].word)) {
                told[k].n++;
                break;
            }
        }
    for (size_t k = 0; k < WORDS && told[k].word; k++)
        printf("%s %zu %s", k ? "," : "; refused:", told[k].n, told[k].word);
    putchar('\n');
}

/* How many lines a payment went over: each has two postings and a book more than one inside a
 * co-op, which has an act, two postings and a book; a levy is one posting more. */
static size_t hops(const struct sent *act)
{
    return (size_t)(act->parts - 4) / 3;
}

static void tell(const struct month *m)
{
    size_t count[KINDS] = {0}, over[5] = {0}, by_registrar = 0;

    for (size_t i = 0; i < m->n; i++) {
        const struct dealing *d = &m->deals[i];

        if (!was_posted(&m->acts[i]))
            continue;
        count[d->kind]++;
        if (d->kind == PAYMENT || d->kind == ANSWER) {
            over[hops(&m->acts[i]) < 5 ? hops(&m->acts[i]) : 4]++;
            by_registrar += d->by_registrar;
        }
    }
    printf("%s: %zu payments (inside co-ops %zu, over one line %zu, two %zu, three %zu, four %zu; ",
           m->name, count[PAYMENT] + count[ANSWER], over[0], over[1], over[2], over[3], over[4]);
    printf("%zu by registrars), %zu asked for: %zu paid, %zu declined; %zu given back",
           by_registrar, count[ASKED], count[ANSWER], count[DECLINED], count[GIVEN_BACK]);
    tell_refusals(m);
}

void trade(struct world *w, int number)
{
    size_t deals = (size_t)(WONJU * w->members * 5 / 4);
    struct month m;

    month_begin(&m, w, number);
    m.deals = x_calloc(2 * deals, sizeof(*m.deals));
    m.acts = x_calloc(2 * deals, sizeof(*m.acts));
    while (m.n < deals)
        make_up_either(&m, &m.deals[m.n++]);
    send_from(&m, 0);
    /* Then what was asked for is mostly paid, and some of what was paid is given back. */
    for (size_t i = 0; i < deals; i++) {
        struct dealing next = m.deals[i];

        next.of = i;
        if (!was_posted(&m.acts[i]))
            continue;
        if (next.kind == ASKED && rnd(&w->c, 10) > 0) {
            next.kind = rnd(&w->c, 8) > 0 ? ANSWER : DECLINED;
        } else if (next.kind == PAYMENT && rnd(&w->c, 50) == 0) {
            next.kind = GIVEN_BACK;
            next.amount = rnd(&w->c, 2) && next.amount > 1 ? next.amount / 2 : next.amount;
        } else {
            continue;
        }
        m.deals[m.n++] = next;
    }
    send_from(&m, deals);
    tell(&m);
    free(m.deals);
    free(m.acts);
}
