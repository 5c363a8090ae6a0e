/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/payment.h"

#include <stdlib.h>
#include <time.h>

#include "client/query.h"
#include "client/say.h"
#include "core/act.h"
#include "core/date.h"
#include "core/levy.h"

int payment_options(const struct cli *cli, struct payment *p)
{
    const char *memo = cli_value(cli, "memo");
    int rc = PUMASI_OK;

    p->value_date = cli_value(cli, "value-date");
    p->category = cli_value(cli, "category");
    if (p->value_date != NULL)
        rc = client_check_date(p->value_date);
    if (rc == PUMASI_OK && p->category != NULL)
        rc = client_check_category(p->category);
    if (rc == PUMASI_OK && memo != NULL && memo[0] != '\0') {
        p->memo = client_text(_("memo"), memo, TEXT_MEMO_MAX);
        rc = p->memo == NULL ? PUMASI_USAGE : PUMASI_OK;
    }
    return rc;
}

void payment_free(struct payment *p)
{
    free(p->memo);
    p->memo = NULL;
}

int payment_amount(struct client *c, const char *text, struct payment *p)
{
    int rc = client_amount(c, text, p->unit, false, &p->amount);

    if (rc == PUMASI_OK && p->amount == 0)
        rc = fail(PUMASI_USAGE, _("A payment of nothing isn't one. Say how much."));
    return rc;
}

int payment_levy(struct client *c, const struct keyfile *key, struct payment *p)
{
    json_t *payer, *row;
    const char *purse = "";
    int64_t per_mille = 0;
    size_t i;
    int rc = query_member(c, key, p->from, &payer);

    if (rc != PUMASI_OK)
        return rc;
    json_array_foreach (json_object_get(payer, "limits"), i, row) {
        if (str_eq(json_text(row, "unit"), p->unit)) {
            per_mille = json_number(row, "levy_per_mille");
            purse = json_text(row, "levy_purse");
        }
    }
    if (per_mille > 0 && per_mille <= LEVY_PER_MILLE_MAX &&
        str_eq(json_text(payer, "kind"), "person") && !str_eq(purse, p->to))
        p->levy = levy_of(p->amount, per_mille);
    if (p->levy > 0) {
        char *levy = client_amount_text(c, p->levy, p->unit);
        char *sum = client_amount_text(c, p->amount + p->levy, p->unit), *safe = say_safe(purse);

        note(_("%s takes a levy of %s on this, into %s: %s in all."), name_coop_start(p->from),
             levy, safe, sum);
        free(levy);
        free(sum);
        free(safe);
    }
    json_decref(payer);
    return PUMASI_OK;
}

void payment_put(const struct payment *p, struct submit_request *rq)
{
    rq->unit = p->unit;
    rq->members = json_pack("{s:s, s:s, s:s, s:I, s:s*, s:s*}", "from", p->from, "to", p->to,
                            "unit", p->unit, "amount", (json_int_t)p->amount, "value_date",
                            p->value_date, "category", p->category);
    if (p->levy > 0)
        json_object_set_new(rq->members, "levy_max", json_integer(p->levy));
    if (p->memo != NULL) {
        rq->n_texts = 1;
        rq->texts[0].field = "memo";
        rq->texts[0].text = p->memo;
    }
}

/* The day of `now` in an IANA zone. A machine that doesn't know the zone takes UTC for it. */
static void day_in(const char *zone, time_t now, int32_t *out)
{
    const char *set = getenv("TZ");
    char *before = set == NULL ? NULL : x_strdup(set), text[32] = "";
    struct tm tm;

    setenv("TZ", zone, 1);
    tzset();
    if (localtime_r(&now, &tm) == NULL || strftime(text, sizeof(text), "%Y-%m-%d", &tm) == 0 ||
        date_parse(text, out) != 0)
        *out = (int32_t)(now / 86400);
    if (before != NULL)
        setenv("TZ", before, 1);
    else
        unsetenv("TZ");
    tzset();
    free(before);
}

int payment_today(struct client *c, int32_t *out)
{
    json_t *ledger;
    const char *zone;
    int rc = client_ledger(c, &ledger);

    if (rc != PUMASI_OK)
        return rc;
    zone = json_text(ledger, "zone");
    day_in(name_is_zone(zone) ? zone : "UTC", time(NULL), out);
    json_decref(ledger);
    return PUMASI_OK;
}
