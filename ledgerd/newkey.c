/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/newkey.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lang/lang.h"
#include "ledgerd/db_clerk.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/own_act.h"

static void on_done(struct job *job)
{
    if (job->status == JOB_PENDING) {
        log_info(N_("the next log key waits for the stewards: pumasi pending, and pumasi sign"));
    } else {
        log_event(LOG_LEVEL_WARN, N_("the stewards can't be asked to add the next log key"),
                  LOG_STR("why", job->refusal.detail));
    }
    job_free(job);
}

/* Its jti is the kid: the same act can't wait twice. */
static void submit(struct ledgerd *d, const struct log_signer *next, const char *kid,
                   const char *ledger_id)
{
    struct buf payload = BUF_INIT;
    long long now = (long long)time(NULL);

    buf_puts(&payload, "{\"type\":\"key.add\",\"aud\":");
    buf_puts_json(&payload, ledger_id);
    buf_printf(&payload,
               ",\"by\":\"stewards\",\"jti\":\"%s\",\"iat\":%lld,\"exp\":%lld,"
               "\"holder\":\"ledger\",\"role\":\"log\",\"key\":",
               kid, now, now + ACT_LIFETIME_MAX);
    key_put_jwk(&payload, &next->key);
    buf_putc(&payload, '}');
    own_act_submit(d, &payload, next->secret, on_done);
    buf_free(&payload);
}

int newkey_ask(struct ledgerd *d, PGconn *conn, const char *ledger_id, char *err, size_t err_size)
{
    struct kid kid;
    bool known;

    if (d->n_log < 2 || ledger_id[0] == '\0')
        return 0;
    key_kid(&kid, &d->log[1].key);
    if (db_clerk_knows_key(conn, kid.s, &known, err, err_size) != 0)
        return -1;
    if (!known)
        submit(d, &d->log[1], kid.s, ledger_id);
    return 0;
}
