/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi show: one record in plain words, as the ledger's log proves it. */
#include <stdio.h>
#include <stdlib.h>

#include "client/cited.h"
#include "client/commands.h"
#include "client/explain.h"
#include "client/render.h"

/* What was verified, and nothing else: the payload, and the texts that fit its hashes. */
static void print_json(const struct cited *r)
{
    static const char *const fields[] = {"memo", "name", "reason"};
    json_t *payload = json_loads(r->w.s.env.payload, JSON_REJECT_DUPLICATES, NULL);
    json_t *texts = json_object(), *all;
    struct refusal ignored;

    if (act_check_texts(&r->w.act, &r->w.s, &ignored) == 0) {
        for (size_t i = 0; i < r->w.s.n_texts; i++) {
            for (size_t k = 0; k < ARRAY_LEN(fields); k++) {
                if (str_eq(r->w.s.texts[i].field, fields[k]))
                    json_object_set_new(texts, fields[k], json_string(r->w.s.texts[i].text));
            }
        }
    }
    all = json_pack("{s:I, s:s, s:o, s:o}", "index", (json_int_t)r->index, "time", r->time,
                    "payload", payload, "texts", texts);
    client_print_json(all);
    json_decref(all);
}

/* The record, and below it what it names. */
static int print(struct client *c, const struct cited *r)
{
    struct render_named named = cited_named(r);
    struct explained e;
    char *text;
    int rc = explain(c, &r->w.act, NULL, &e);

    if (rc == PUMASI_OK) {
        text = render_named(c, &named, e.named);
        fputs(text, stdout);
        free(text);
    }
    explain_free(&e);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    struct cited r = {0};
    int64_t index;
    int rc = cited_index(cli_arg(cli, 0), &index);

    if (rc == PUMASI_OK)
        rc = client_ledger(c, NULL); /* units may be new */
    if (rc == PUMASI_OK)
        rc = cited_fetch(c, NULL, index, &r);
    if (rc == PUMASI_OK && c->json)
        print_json(&r);
    else if (rc == PUMASI_OK)
        rc = print(c, &r);
    cited_free(&r);
    return rc;
}

const struct command cmd_show = {
    .name = "show",
    .args = N_("RECORD"),
    .summary = N_("Show one record in plain words: a payment, a request, why it was declined"),
    .help = N_("RECORD is a number that \"pumasi history\" and \"pumasi requests\" show. What is "
               "printed is verified: it stands in the log that the ledger has signed."),
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
