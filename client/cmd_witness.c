/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi witness: follows other ledgers' logs, and cosigns what they sign as long as it only grows.
 */
#include <stdlib.h>
#include <time.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/witness_round.h"

#define EVERY_SECONDS 60

/* The worse of two ends of a round: a fork above all, then what failed, then what wasn't reached.
 */
static int worse(int a, int b)
{
    static const int order[] = {PUMASI_UNPROVED, PUMASI_FAILED, PUMASI_UNKNOWN};

    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return PUMASI_OK;
}

static int round_of_all(struct client *c, const struct witness_key *key, struct witness_logs *w,
                        json_t *items)
{
    int rc = PUMASI_OK;

    for (size_t i = 0; i < w->n; i++)
        rc = worse(rc, witness_round(c, key, w, i, items));
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    struct witness_key key;
    struct witness_logs w = {.lock = -1};
    int64_t every = EVERY_SECONDS;
    json_t *items = json_array();
    int rc = cli_number(cli, "every", 1, 86400, &every);

    if (rc != PUMASI_OK) {
        json_decref(items);
        return rc;
    }
    rc = witness_key_read(&c->profile, &key);
    if (rc == PUMASI_OK)
        rc = witness_logs_read(&c->profile, &w);
    if (rc == PUMASI_OK && w.n == 0)
        rc = fail(PUMASI_FAILED, _("This profile follows no ledger yet. Follow one with: pumasi "
                                   "witness follow URL VKEY"));
    if (rc == PUMASI_OK)
        rc = witness_logs_lock(&c->profile, &w);
    if (rc != PUMASI_OK)
        goto out;
    /* Without --once until a signal ends it, which it may at any moment. */
    while ((rc = round_of_all(c, &key, &w, items)), !cli_given(cli, "once")) {
        struct timespec pause = {.tv_sec = every};

        (void)fflush(stdout);
        json_array_clear(items);
        (void)nanosleep(&pause, NULL);
    }
    if (c->json) {
        json_t *all = json_pack("{s:O}", "items", items);

        client_print_json(all);
        json_decref(all);
    }
out:
    witness_logs_free(&w);
    witness_key_free(&key);
    json_decref(items);
    return rc;
}

static const struct cli_option options[] = {
    {"once", 0, NULL, N_("look at each ledger once and end")},
    {"every", 0, N_("SECONDS"), N_("how often to look otherwise (60)")},
    {0},
};

const struct command cmd_witness = {
    .name = "witness",
    .args = "",
    .summary = N_("Follow other ledgers and cosign what they sign, as long as it only grows"),
    .help = N_("Asks each ledger that \"pumasi witness follow\" named for its checkpoint, checks "
               "that everything that was cosigned before is still in it, remembers it on disk, and "
               "only then gives the ledger a cosignature. It needs no open port. Of a ledger that "
               "shows two histories, the second is never cosigned; both checkpoints are kept as "
               "evidence and the exit code is 5."),
    .options = options,
    .flags = COMMAND_UNCONNECTED,
    .run = run,
};
