/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /healthz, /readyz and /metrics: how the ledger is. */
#include <stdlib.h>

#include "ledgerd/out.h"
#include "ledgerd/poster.h"
#include "ledgerd/req.h"

/* The loop lives, since it answers. */
void req_healthz(struct request *r)
{
    struct buf b = BUF_INIT;

    out_open(&b, NULL, '{');
    out_bool(&b, "healthy", true);
    out_close(&b, '}');
    request_json(r, 200, &b);
}

/* Ready is who posts, or stands by, and can read. */
void req_readyz(struct request *r)
{
    enum poster_mode mode = r->d->poster != NULL ? poster_mode(r->d->poster) : POSTER_CONNECTING;
    size_t up = reads_up(r->d->reads);
    struct buf b = BUF_INIT;
    bool ready = false;

    switch (mode) {
    case POSTER_POSTING:
    case POSTER_STANDBY:
    case POSTER_CONTINUING: /* the stewards must get through */
        ready = up > 0;
        break;
    case POSTER_CONNECTING:
    case POSTER_STOPPED_CLOCK:
    case POSTER_STOPPED_FORK:
        break;
    }
    out_open(&b, NULL, '{');
    out_bool(&b, "ready", ready);
    out_str(&b, "mode", poster_mode_name(mode));
    if (mode == POSTER_STOPPED_CLOCK || mode == POSTER_STOPPED_FORK || mode == POSTER_CONTINUING) {
        out_str(&b, "why", poster_why_busy(r->d->poster));
    }
    out_int(&b, "read_connections", (int64_t)up);
    out_int(&b, "queue", (int64_t)queue_length(r->d->queue));
    out_close(&b, '}');
    request_json(r, ready ? 200 : 503, &b);
}

void req_metrics(struct request *r)
{
    struct buf b = BUF_INIT;

    metrics_put(&b, r->d);
    request_reply(r, 200, "text/plain; version=0.0.4; charset=utf-8", &b);
}
