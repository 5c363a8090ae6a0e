/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What somebody is asked to sign: the act, and what it names. */
#include "client/render.h"

#include <stdlib.h>

#include "client/render_details.h"
#include "core/date.h"

static void seconds_line(struct buf *b, const char *label, int64_t seconds)
{
    char utc[TIME_LEN + 1], *local;

    time_text(utc, seconds * 1000);
    local = say_time(utc);
    render_line(b, label, "%s", local);
    free(local);
}

/* Does an act of this kind name another one? */
static bool names_another(const struct act *a)
{
    return a->type == ACT_REVERSAL || a->type == ACT_DECLINE ||
           (a->type == ACT_TRANSFER && a->u.transfer.has_request);
}

static void put_named(struct buf *b, const struct client *c, const struct render_named *named,
                      const struct render_named *in_turn)
{
    char *headline = render_headline(c, named->act, in_turn), *time;

    if (named->index < 0) {
        buf_puts(b, _("It isn't posted yet and says:\n"));
    } else {
        time = say_time(named->time);
        buf_printf(b, _("Record %lld, booked %s, says:\n"), (long long)named->index, time);
        free(time);
    }
    buf_printf(b, "  %s\n", headline);
    free(headline);
    render_details(b, c, named->act, named->s, in_turn);
    render_line(b, _("made by"), "%s", named->act->by);
    if (in_turn != NULL)
        put_named(b, c, in_turn, NULL);
}

char *render_named(const struct client *c, const struct render_named *named,
                   const struct render_named *in_turn)
{
    struct buf b = BUF_INIT;

    put_named(&b, c, named, in_turn);
    return buf_take(&b);
}

/* One who signs has to know of what. */
static void put_missing(struct buf *b, const struct act *a)
{
    char hash[HASH_B64U_LEN + 1];

    if (a->type == ACT_DECLINE) {
        hash_text(hash, &a->u.decline.act);
        buf_printf(b,
                   _("What it ends can't be shown to you: the hash of that act is %s. Ask %s about "
                     "it before you sign.\n"),
                   hash, a->by);
    } else {
        buf_printf(
            b,
            _("What record %lld says can't be shown to you. Ask %s about it before you "
              "sign.\n"),
            (long long)(a->type == ACT_REVERSAL ? a->u.reversal.record : a->u.transfer.request),
            a->by);
    }
}

char *render_act(const struct client *c, const struct act *a, const struct submission *s,
                 const struct render_named *named)
{
    struct buf b = BUF_INIT;
    char *headline = render_headline(c, a, named);

    buf_printf(&b, "%s\n", headline);
    free(headline);
    render_details(&b, c, a, s, named);
    render_line(&b, _("made by"), "%s", a->by);
    seconds_line(&b, _("made"), a->iat);
    seconds_line(&b, _("to be signed by"), a->exp);
    render_line(&b, _("id"), "%s", a->jti);
    if (named != NULL)
        put_named(&b, c, named, NULL);
    else if (names_another(a))
        put_missing(&b, a);
    return buf_take(&b);
}
