/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The network as it stands before anybody trades. */
#include "tests/load/world/world.h"

static const struct {
    int64_t floor, ceiling, purse_floor;
} limits[UNITS] = {
    [HOUR] = {-1200, 2400, -30000},
    [WON] = {-200000, 600000, -10000000},
    [BOX] = {-150, 300, -10000},
};

struct acts {
    struct sent *acts;
    size_t n, cap;
};

static void add(struct acts *a, struct shot *s)
{
    if (a->n == a->cap) {
        a->cap = a->cap ? a->cap * 2 : 256;
        a->acts = x_realloc(a->acts, a->cap * sizeof(*a->acts));
    }
    memset(&a->acts[a->n], 0, sizeof(*a->acts));
    a->acts[a->n++].body = s->body;
}

/* All of it has to be posted. */
static void must_post(struct world *w, struct acts *a)
{
    post(w, a->acts, a->n);
    for (size_t i = 0; i < a->n; i++)
        if (a->acts[i].status != 201 && a->acts[i].status != 200) {
            fprintf(stderr, "world: %d %s: %s\n", a->acts[i].status, a->acts[i].word,
                    a->acts[i].detail);
            exit(1);
        }
    free(a->acts);
    memset(a, 0, sizeof(*a));
}

static void found_coop(struct world *w, struct acts *a, int coop)
{
    char treasurers[2][ADDRESS_MAX + 1], registrar[ADDRESS_MAX + 1];
    const struct coop *c = &wonju[coop];
    struct buf b = BUF_INIT;
    struct shot s;

    office(treasurers[0], "treasurer1", c->handle);
    office(treasurers[1], "treasurer2", c->handle);
    office(registrar, "registrar", c->handle);
    act_begin(&w->c, &b, &s, "coop.create", "stewards");
    buf_printf(&b, ",\"coop\":\"%s\",\"name\":\"%s\",\"treasurers\":[", c->handle, c->name);
    put_jwk(&b, &w->h, treasurers[0]);
    buf_putc(&b, ',');
    put_jwk(&b, &w->h, treasurers[1]);
    buf_printf(&b, "],\"threshold\":%d,\"registrars\":[", c->threshold);
    put_jwk(&b, &w->h, registrar);
    buf_putc(&b, ']');
    act_end(&w->c, &b, &s, SIGNERS("steward", treasurers[0], treasurers[1], registrar), NULL, NULL);
    add(a, &s);
}

static void make_purse(struct world *w, struct acts *a, int coop, const char *handle,
                       const char *name)
{
    struct buf b = BUF_INIT;
    struct shot s;
    struct hand h;

    hand_treasurers(&h, coop);
    act_begin(&w->c, &b, &s, "member.create", h.by);
    buf_printf(&b, ",\"member\":\"%s@%s\",\"kind\":\"purse\",\"keys\":[],\"threshold\":0", handle,
               h.by);
    act_end(&w->c, &b, &s, h.signers, "name", name);
    add(a, &s);
}

static void set_policy(struct world *w, struct acts *a, int coop, int unit)
{
    struct buf b = BUF_INIT;
    struct shot s;
    struct hand h;

    hand_treasurers(&h, coop);
    act_begin(&w->c, &b, &s, "coop.policy", h.by);
    buf_printf(&b,
               ",\"coop\":\"%s\",\"unit\":\"%s\",\"floor\":%" PRId64 ",\"ceiling\":%" PRId64
               ",\"registrar_floor\":%" PRId64 ",\"registrar_ceiling\":%" PRId64
               ",\"reversal_days\":30",
               h.by, units[unit], limits[unit].floor, limits[unit].ceiling, limits[unit].floor * 2,
               limits[unit].ceiling * 2);
    buf_printf(&b, ",\"clearing\":\"%s\"", wonju[coop].clearing[unit]);
    if (wonju[coop].levy_per_mille[unit] > 0)
        buf_printf(&b, ",\"levy_per_mille\":%" PRId64 ",\"levy_purse\":\"fund@%s\"",
                   wonju[coop].levy_per_mille[unit], h.by);
    act_end(&w->c, &b, &s, h.signers, NULL, NULL);
    add(a, &s);
}

/* The purse that pays and is paid for the co-op may go further than a person. */
static void widen_treasury(struct world *w, struct acts *a, int coop, int unit)
{
    struct buf b = BUF_INIT;
    struct shot s;
    struct hand h;

    hand_treasurers(&h, coop);
    act_begin(&w->c, &b, &s, "account.limits", h.by);
    buf_printf(&b,
               ",\"member\":\"treasury@%s\",\"unit\":\"%s\",\"floor\":%" PRId64 ",\"ceiling\":null",
               h.by, units[unit], limits[unit].purse_floor);
    act_end(&w->c, &b, &s, h.signers, NULL, NULL);
    add(a, &s);
}

static void admit(struct world *w, struct acts *a, struct party p)
{
    char registrar[ADDRESS_MAX + 1], address[ADDRESS_MAX + 1], *name;
    struct buf b = BUF_INIT;
    struct shot s;

    address_of(address, p);
    name = person_name(p.coop, p.number);
    office(registrar, "registrar", wonju[p.coop].handle);
    if (has_no_device(p)) {
        act_begin(&w->c, &b, &s, "member.create", wonju[p.coop].handle);
        buf_printf(&b, ",\"member\":\"%s\",\"kind\":\"person\",\"keys\":[],\"threshold\":0",
                   address);
        act_end(&w->c, &b, &s, SIGNERS(registrar), "name", name);
    } else {
        make_new_member(&w->c, &s, address, name);
    }
    add(a, &s);
    free(name);
}

static void allow(struct world *w, struct acts *a, struct party p)
{
    struct buf b = BUF_INIT;
    struct shot s;
    struct hand h;

    hand_self(&h, p);
    act_begin(&w->c, &b, &s, "record.allow", h.by);
    buf_printf(&b, ",\"member\":\"%s\",\"allowed\":true", h.by);
    act_end(&w->c, &b, &s, h.signers, NULL, NULL);
    add(a, &s);
}

static void set_line(struct world *w, struct acts *a, int coop, int partner, int unit,
                     int64_t hundredths, bool transit)
{
    struct buf b = BUF_INIT;
    struct shot s;
    struct hand h;

    hand_treasurers(&h, coop);
    act_begin(&w->c, &b, &s, "line.set", h.by);
    buf_printf(&b,
               ",\"coop\":\"%s\",\"partner\":\"%s\",\"unit\":\"%s\",\"limit\":%" PRId64
               ",\"transit\":%s",
               h.by, wonju[partner].handle, units[unit], usual_limit[unit] * hundredths / 100,
               transit ? "true" : "false");
    act_end(&w->c, &b, &s, h.signers, NULL, NULL);
    add(a, &s);
}

static void tie_up(struct world *w, struct acts *a, const struct tie *tie)
{
    for (int unit = 0; unit < UNITS; unit++)
        if (strchr(tie->units, units[unit][0])) {
            set_line(w, a, tie->a, tie->b, unit, tie->a_gives, tie->transit);
            set_line(w, a, tie->b, tie->a, unit, tie->b_gives, tie->transit);
        }
}

void found(struct world *w)
{
    struct acts a = {0};
    size_t lines;

    /* Who signs must be known before the body that it signs in has come, so it takes three. */
    for (int coop = 0; coop < WONJU; coop++)
        found_coop(w, &a, coop);
    must_post(w, &a);
    for (int coop = 0; coop < WONJU; coop++) {
        make_purse(w, &a, coop, "treasury", "금고 · Treasury");
        make_purse(w, &a, coop, "fund", "품앗이 기금 · Mutual-aid fund");
        for (int unit = 0; unit < UNITS; unit++)
            if (wonju[coop].clearing[unit]) {
                set_policy(w, &a, coop, unit);
                widen_treasury(w, &a, coop, unit);
            }
        for (int i = 0; i < w->members; i++)
            admit(w, &a, (struct party){coop, i});
    }
    must_post(w, &a);
    for (int coop = 0; coop < WONJU; coop++)
        for (int i = 0; i < w->members; i++)
            if (lets_registrars((struct party){coop, i}))
                allow(w, &a, (struct party){coop, i});
    lines = a.n;
    for (size_t i = 0; i < n_ties; i++)

        tie_up(w, &a, &ties[i]);
    lines = a.n - lines;
    must_post(w, &a);
    printf("%d co-ops, %" PRId64 " members, %zu lines between co-ops\n", WONJU, WONJU * w->members,
           lines);
}
