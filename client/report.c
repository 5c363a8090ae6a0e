/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "client/query.h"
#include "client/render.h"

/* "treasurers of hansalim (1 of 2 so far)" for each that must sign yet. */
static void put_needs(struct buf *b, const json_t *answer)
{
    const char *comma = "";
    json_t *need;
    size_t i;

    json_array_foreach (json_object_get(answer, "needs"), i, need) {
        char *role = say_safe(json_text(need, "role")),
             *holder = say_safe(json_text(need, "holder"));

        enum role r;
        char *who = role_parse(role, &r) == 0 ? render_signers(r, holder) : x_strdup(role);

        buf_printf(b, _("%s%s (%" PRId64 " of %" PRId64 " so far)"), comma, who,
                   json_number(need, "have"), json_number(need, "of"));
        free(who);
        comma = ", ";
        free(role);
        free(holder);
    }
    if (b->len == 0)
        buf_puts(b, _("others"));
}

static int report_waiting(const char *what, const struct submit_result *r)
{
    struct buf needs = BUF_INIT;

    put_needs(&needs, r->answer);
    printf(_("Waiting for signatures: %s.\n"), what);
    printf(
        _("Who must sign yet: %s. They see it with \"pumasi pending\" and sign with \"pumasi sign "
          "%s\".\n"),
        needs.data, r->jti);
    buf_free(&needs);
    return PUMASI_PENDING;
}

int submit_report(struct client *c, const char *what, const struct submit_result *r)
{
    char *time;

    switch (r->outcome) {
    case SUBMIT_NOTHING:
        return PUMASI_OK;
    case SUBMIT_POSTED:
        if (c->json) {
            client_print_json(r->answer);
            return PUMASI_OK;
        }
        time = say_time(r->receipt.time);
        printf(r->before ? _("Done before: %s (record %" PRId64 ", %s).\n")
                         : _("Done: %s (record %" PRId64 ", %s).\n"),
               what, r->receipt.index, time);
        free(time);
        return PUMASI_OK;
    case SUBMIT_WAITING:
        if (!c->json)
            return report_waiting(what, r);
        client_print_json(r->answer);
        return PUMASI_PENDING;
    case SUBMIT_REFUSED:
    case SUBMIT_FAILED:
        if (c->json && r->answer != NULL)
            client_print_json(r->answer);
        return PUMASI_FAILED;
    case SUBMIT_OPEN:
        return PUMASI_UNKNOWN;
    }
    return PUMASI_FAILED;
}

int submit_finish(struct client *c, const char *what, struct submit_result *r, int rc)
{
    int reported = submit_report(c, what, r);

    submit_result_free(r);
    /* The first code knows more: a refusal, and a proof that fails, are told apart there. */
    return rc != PUMASI_OK ? rc : reported;
}
