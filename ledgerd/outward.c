/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/outward.h"

#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

#include "lang/lang.h"
#include "ledgerd/collector.h"
#include "ledgerd/follower.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"

struct outward {
    struct courier *courier; /* NULL: it has died */
    struct ledgerd *d;
    struct event *tick, *line;
    size_t n_witnesses;
    bool stopping;
};

int outward_open(struct outward **out, int sandbox_want, const struct peers *witnesses,
                 const struct peers *sisters, char *err, size_t err_size)
{
    const char *urls[2 * PEERS_MAX];
    bool any = false;
    size_t n = 0;

    *out = NULL;
    for (size_t i = 0; i < witnesses->n; i++)
        urls[n++] = witnesses->rows[i].url;
    for (size_t i = 0; i < sisters->n; i++)
        urls[n++] = sisters->rows[i].url;
    for (size_t i = 0; i < n; i++)
        any = any || urls[i] != NULL;
    if (!any)
        return 0;
    struct courier *courier = courier_start(urls, n, sandbox_want, err, err_size);
    if (courier == NULL)
        return -1;
    *out = x_calloc(1, sizeof(**out));
    (*out)->courier = courier;
    (*out)->n_witnesses = witnesses->n;
    return 0;
}

static int64_t now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec;
}

static void on_end(void *arg, const struct errand_end *end)
{
    struct outward *o = arg;
    struct errand_end of_kind = *end;

    if (o->stopping)
        return;
    if (end->peer < o->n_witnesses) {
        collector_answer(o->d->collector, &of_kind, now_s());
    } else {
        of_kind.peer -= o->n_witnesses;
        follower_answer(o->d->follower, &of_kind);
    }
}

static void on_line(evutil_socket_t fd, short what, void *arg)
{
    struct outward *o = arg;

    (void)fd;
    (void)what;
    if (o->courier == NULL || courier_look(o->courier, on_end, o))
        return;
    log_error("The process that goes out to witnesses has died: nothing more is cosigned until "
              "ledgerd is started again.");
    event_del(o->line);
    courier_stop(o->courier);
    o->courier = NULL;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct outward *o = arg;

    (void)fd;
    (void)what;
    if (o->stopping || o->courier == NULL)
        return;
    collector_tick(o->d->collector, now_s());
    follower_tick(o->d->follower, now_s());
}

int outward_start(struct outward *o, struct ledgerd *d)
{
    const struct timeval second = {1, 0};

    o->d = d;
    o->tick = event_new(d->base, -1, EV_PERSIST, on_tick, o);
    o->line = event_new(d->base, courier_fd(o->courier), EV_READ | EV_PERSIST, on_line, o);
    if (o->tick == NULL || o->line == NULL || event_add(o->tick, &second) != 0 ||
        event_add(o->line, NULL) != 0)
        return -1;
    return 0;
}

void outward_stop(struct outward *o)
{
    if (o != NULL)
        o->stopping = true;
}

void outward_free(struct outward *o)
{
    if (o == NULL)
        return;
    if (o->tick != NULL)
        event_free(o->tick);
    if (o->line != NULL)
        event_free(o->line);
    courier_stop(o->courier);
    free(o);
}

bool outward_up(const struct outward *o)
{
    return o->courier != NULL;
}

bool outward_send(struct outward *o, size_t peer, enum errand_kind kind,
                  const struct tile_ref *tile, const void *body, size_t len)
{
    return !o->stopping && o->courier != NULL &&
           courier_send(o->courier, peer, kind, tile, body, len);
}
