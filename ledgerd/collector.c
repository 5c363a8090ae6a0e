/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/collector.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "lang/lang.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/nodes.h"
#include "ledgerd/out.h"
#include "ledgerd/outward.h"
#include "ledgerd/request.h"
#include "ledgerd/shown.h"

#define PAUSE_MIN_S 5
#define PAUSE_MAX_S 300
#define TURNS       3 /* with the size that the witness itself named */

struct at {
    struct collector *c;
    size_t i;
    bool asked;     /* something is under way */
    bool knows;     /* known is set */
    uint64_t known; /* the size that the witness remembers */
    struct checkpoint offered;
    char *note; /* of that, NULL: none yet */
    size_t len;
    int turns;
    int64_t next; /* when to ask again, where something went wrong */
    int64_t pause;
    bool failing;   /* so it was said in the log */
    uint64_t ahead; /* it remembers a larger log than was ever signed here; 0: it doesn't */
    struct checkpoint cosigned; /* cosigned last */
    int64_t time;               /* when, as it says; 0: never */
};

struct collector {
    struct ledgerd *d;
    struct peers peers;
    struct at at[PEERS_MAX];
    int64_t now;
};

struct collector *collector_new(struct ledgerd *d, struct peers *witnesses)
{
    struct collector *c = x_calloc(1, sizeof(*c));

    c->d = d;
    c->peers = *witnesses;
    witnesses->n = 0;
    for (size_t i = 0; i < c->peers.n; i++)
        c->at[i] = (struct at){.c = c, .i = i, .pause = PAUSE_MIN_S};
    return c;
}

void collector_free(struct collector *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->peers.n; i++)
        free(c->at[i].note);
    peers_free(&c->peers);
    free(c);
}

size_t collector_witnesses(const struct collector *c)
{
    return c->peers.n;
}

static const struct cosigner *who(const struct at *at)
{
    return &at->c->peers.rows[at->i].who;
}

static bool same(const struct checkpoint *a, const struct checkpoint *b)
{
    return a->size == b->size && hash_eq(&a->root, &b->root);
}

/* Said once, until it goes well again. */
static void put_off(struct at *at, int64_t status, const char *why)
{
    at->asked = false;
    at->next = at->c->now + at->pause;
    at->pause = at->pause * 2 < PAUSE_MAX_S ? at->pause * 2 : PAUSE_MAX_S;
    if (!at->failing)
        log_event(LOG_LEVEL_WARN, N_("a witness doesn't cosign just now"),
                  LOG_STR("witness", who(at)->name), LOG_INT("status", status),
                  LOG_STR("why", why));
    at->failing = true;
}

/* It has our own signature of a log that we know nothing of: this is an old copy. */
static void is_ahead(struct at *at)
{
    if (at->ahead == 0)
        log_event(LOG_LEVEL_ERROR,
                  N_("a witness has cosigned a larger log than this ledger knows: it may have been "
                     "restored from an old backup; see operations.md before anything is posted"),
                  LOG_STR("witness", who(at)->name), LOG_INT("cosigned", (int64_t)at->known),
                  LOG_INT("here", (int64_t)at->offered.size));
    at->ahead = at->known;
    at->asked = false;
    at->next = at->c->now + PAUSE_MAX_S;
}

static void submit(struct at *at, const struct hash *hashes, size_t n)
{
    struct buf b = BUF_INIT;

    witness_request_put(&b, at->knows ? at->known : 0, hashes, n, at->note, at->len);
    if (!outward_send(at->c->d->outward, at->i, ERRAND_ADD_CHECKPOINT, NULL, b.data, b.len))
        put_off(at, 0, "");
    buf_free(&b);
}

static void on_proof(void *arg, enum read_end end, const struct node_proof *proof)
{
    struct at *at = arg;

    if (end != READ_OK || proof->n > WITNESS_HASHES_MAX) {
        at->asked = false; /* the database is away: at the next tick */
        return;
    }
    submit(at, proof->hashes, (size_t)proof->n);
}

static void offer(struct at *at)
{
    struct checkpoint latest;

    if (!at->knows || at->known == 0 || at->known == at->offered.size) {
        submit(at, NULL, 0);
    } else if (at->known < at->offered.size) {
        nodes_consistency(reads_nodes(at->c->d->reads), at->known, at->offered.size, on_proof, at);
    } else if (published_get(at->c->d->published, &latest, NULL, NULL) && latest.size < at->known) {
        is_ahead(at);
    } else {
        at->asked = false; /* what is shown will catch up */
        at->next = at->c->now + PAUSE_MIN_S;
    }
}

void collector_tick(struct collector *c, int64_t now)
{
    struct checkpoint shown;
    const char *note;
    size_t len;

    c->now = now;
    if (c->peers.n == 0 || !shown_get(c->d->shown, request_now(), &shown, &note, &len))
        return;
    for (size_t i = 0; i < c->peers.n; i++) {
        struct at *at = &c->at[i];

        if (c->peers.rows[i].url == NULL || at->asked ||
            (now < at->next && str_eq(at->offered.origin, shown.origin)) ||
            (at->knows && at->time != 0 && same(&at->cosigned, &shown)))
            continue;
        free(at->note);
        at->note = x_strndup(note, len);
        at->len = len;
        /* Under another origin it is another log, of which the witness knows nothing yet. */
        if (!str_eq(at->offered.origin, shown.origin)) {
            at->knows = false;
            at->ahead = 0;
        }
        at->offered = shown;
        at->turns = 0;
        at->asked = true;
        offer(at);
    }
}

/* A right cosignature of what is shown: the public sees it from now on. */
static void take_line(struct at *at, const struct checkpoint *c, const char *line, size_t len,
                      int64_t time)
{
    shown_cosign(at->c->d->shown, at->i, c, line, len);
    at->cosigned = *c;
    at->time = time;
    if (c->size >= at->ahead) /* an old one, which anybody can bring again, calls nothing off */
        at->ahead = 0;
    atomic_fetch_add(&at->c->d->metrics->cosigners, 1);
}

static void on_cosigned(struct at *at, const struct errand_end *end)
{
    struct buf b = BUF_INIT;
    const char *line, *why = WIRE_("it answered without a cosignature");
    size_t line_len;
    int64_t time;

    buf_put(&b, at->note, at->len);
    buf_put(&b, end->body, end->len);
    if (cosign_find(b.data, b.len, who(at), &line, &line_len, &time, &why) > 0) {
        take_line(at, &at->offered, line, line_len, time);
        at->known = at->offered.size;
        at->knows = true;
        at->asked = false;
        at->pause = PAUSE_MIN_S;
        at->failing = false;
    } else {
        put_off(at, end->status, _(why));
    }
    buf_free(&b);
}

void collector_answer(struct collector *c, const struct errand_end *end, int64_t now)
{
    size_t digits = strcspn(end->body, "\n");
    struct at *at;
    int64_t known;

    c->now = now;
    if (end->peer >= c->peers.n || !c->at[end->peer].asked)
        return;
    at = &c->at[end->peer];
    if (end->status == 200) {
        on_cosigned(at, end);
    } else if (end->status == 409 && at->turns++ < TURNS &&
               num_parse(end->body, digits, 0, NUM_MAX, &known) == 0 &&
               (!at->knows || at->known != (uint64_t)known)) {
        at->knows = true;
        at->known = (uint64_t)known;
        offer(at);
    } else {
        put_off(at, end->status, end->status == 0 ? end->body : "");
    }
}

int collector_take(struct collector *c, const char *note, size_t len, bool *moved, const char **why)
{
    struct note_parts parts, ours;
    struct checkpoint shown;
    const char *text, *line;
    size_t text_len, line_len;
    int64_t time;
    int taken = 0;

    *moved = false;
    if (note_split(&parts, note, len, why) != 0)
        return -1;
    if (!shown_get(c->d->shown, request_now(), &shown, &text, &text_len) ||
        note_split(&ours, text, text_len, why) != 0 || parts.text_len != ours.text_len ||
        memcmp(parts.text, ours.text, ours.text_len) != 0) {
        *moved = true;
        return 0;
    }
    for (size_t i = 0; i < c->peers.n; i++) {
        int found = cosign_find(note, len, who(&c->at[i]), &line, &line_len, &time, why);

        if (found < 0)
            return -1;
        if (found > 0) {
            take_line(&c->at[i], &shown, line, line_len, time);
            taken++;
        }
    }
    return taken;
}

void collector_put(struct collector *c, struct buf *b)
{
    char vkey[VKEY_MAX];

    for (size_t i = 0; i < c->peers.n; i++) {
        const struct at *at = &c->at[i];

        cosigner_text(vkey, who(at));
        out_open(b, NULL, '{');
        out_str(b, "name", who(at)->name);
        out_str(b, "vkey", vkey);
        if (at->time != 0) {
            out_int(b, "size", (int64_t)at->cosigned.size);
            out_time(b, "time", at->time < NUM_MAX / 1000000 ? at->time * 1000 : 0);
        } else {
            out_null(b, "size");
            out_null(b, "time");
        }
        if (at->ahead != 0)
            out_int(b, "ahead", (int64_t)at->ahead);
        out_close(b, '}');
    }
}

void collector_put_metrics(struct collector *c, struct buf *b)
{
    int ahead = 0;

    if (c->peers.n == 0)
        return;
    buf_puts(b, "# HELP pumasi_cosigned_records Size of the log as each witness cosigned it last.\n"
                "# TYPE pumasi_cosigned_records gauge\n");
    for (size_t i = 0; i < c->peers.n; i++) {
        buf_printf(b, "pumasi_cosigned_records{witness=\"%s\"} %" PRIu64 "\n", who(&c->at[i])->name,
                   c->at[i].cosigned.size);
        ahead += c->at[i].ahead != 0;
    }
    buf_printf(
        b,
        "# HELP pumasi_witnesses_ahead Witnesses that cosigned a larger log than this ledger "
        "knows.\n# TYPE pumasi_witnesses_ahead gauge\npumasi_witnesses_ahead %d\n",
        ahead);
}
