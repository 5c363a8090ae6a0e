/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/payment.h"

#include <stdlib.h>
#include <time.h>

#include "client/query.h"
#include "core/date.h"

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

void payment_put(const struct payment *p, struct submit_request *rq)
{
    rq->unit = p->unit;
    rq->members = json_pack("{s:s, s:s, s:s, s:I, s:s*, s:s*}", "from", p->from, "to", p->to,
                            "unit", p->unit, "amount", (json_int_t)p->amount, "value_date",
                            p->value_date, "category", p->category);
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
