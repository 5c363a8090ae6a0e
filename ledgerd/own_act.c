/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/own_act.h"

#include "core/envelope.h"
#include "ledgerd/ledgerd.h"

void own_act_submit(struct ledgerd *d, const struct buf *payload,
                    const uint8_t secret[KEY_SECRET_LEN], void (*done)(struct job *job))
{
    struct buf text = BUF_INIT;
    struct envelope env;
    struct job *job;

    envelope_new(&env, payload->data, payload->len);
    envelope_sign(&env, secret);
    buf_puts(&text, "{\"act\":");
    envelope_put(&text, &env);
    buf_putc(&text, '}');
    job = job_new(x_strndup(text.data, text.len), text.len);
    job->done = done;
    job->from.local = true;
    if (queue_push(d->queue, job, 1)) {
        queue_wake(d->queue);
    } else {
        job_free(job);
    }
    envelope_free(&env);
    buf_free(&text);
}
