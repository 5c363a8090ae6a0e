/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Import: limits that the file needs. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/import_run.h"

#define LIMITS_SHOWN 20    /* where --dry-run doesn't list them all */
#define LIMITS_MAX   20000 /* that one import sets */

/* What the treasurer or registrar would type. */
static void note_limit(const struct import *m, const struct import_plan *p,
                       const struct import_limit *l)
{
    const char *member = m->file.members.list[l->member], *unit = m->unit->unit;
    const struct act_bounds *now = &p->accounts[l->member].limits;
    char *floor = client_number_text(m->c, l->bounds.floor, unit);
    char *ceiling =
        l->bounds.no_ceiling ? x_strdup("none") : client_number_text(m->c, l->bounds.ceiling, unit);
    struct buf b = BUF_INIT;

    buf_printf(&b, "  pumasi limits %s %s", member, unit);
    if (l->bounds.floor != now->floor)
        buf_printf(&b, " --floor %s", floor);
    if (l->bounds.no_ceiling != now->no_ceiling || l->bounds.ceiling != now->ceiling)
        buf_printf(&b, " --ceiling %s", ceiling);
    note("%s", b.data);
    buf_free(&b);
    free(floor);
    free(ceiling);
}

/* Limits are set for members who are there, under the name that the import would give them. */
static void note_create(const struct import *m, const char *address)
{
    char *title = m->file.names == NULL ? NULL : import_names_title(m->file.names, address), *safe;

    if (title == NULL) {
        note(_("    (first: pumasi member create %s)"), address);
        return;
    }
    safe = say_safe(title);
    note(_("    (first: pumasi member create %s --name \"%s\")"), address, safe);
    free(safe);
    free(title);
}

/* The limits that are wanted, all of them with --dry-run. */
static void list_limits(const struct import *m, const struct import_plan *p)
{
    for (size_t i = 0; i < p->n_limits; i++) {
        const struct import_limit *l = &p->limits[i];

        if (i == LIMITS_SHOWN && !m->o->dry_run) {
            note(_("  and %zu more; --dry-run lists them all"), p->n_limits - i);
            return;
        }
        note_limit(m, p, l);
        if (!p->accounts[l->member].there && !l->by_registrar)
            note_create(m, m->file.members.list[l->member]);
    }
}

int import_settle_limits(const struct import *m, struct import_plan *p)
{
    size_t beyond = 0;

    for (size_t i = 0; i < p->n_limits; i++)
        beyond += !p->limits[i].by_registrar;
    if (p->n_limits == 0)
        return PUMASI_OK;
    if (m->o->set_limits && p->n_limits > LIMITS_MAX)
        return fail(PUMASI_FAILED,
                    _("The file takes %zu accounts past their limits: too many to be set one by "
                      "one. Let the treasurers widen them for all with: pumasi policy %s %s"),
                    p->n_limits, m->o->coop, m->unit->unit);
    if (m->o->set_limits && beyond == 0) {
        note(m->o->dry_run
                 ? ngettext("Limits of %zu account would be set as wide as the file needs them:",
                            "Limits of %zu accounts would be set as wide as the file needs them:",
                            p->n_limits)
                 : ngettext("Limits of %zu account are set as wide as the file needs them:",
                            "Limits of %zu accounts are set as wide as the file needs them:",
                            p->n_limits),
             p->n_limits);
        list_limits(m, p);
        return PUMASI_OK;
    }
    note(ngettext("The file takes %zu account past its limits. It needs:",
                  "The file takes %zu accounts past their limits. They need:", p->n_limits),
         p->n_limits);
    list_limits(m, p);
    if (beyond > 0)
        note(ngettext("%zu of them is past what %s's policy lets a registrar set, so the "
                      "treasurers must sign that, or widen the registrars' reach with: pumasi "
                      "policy.",
                      "%zu of them are past what %s's policy lets a registrar set, so the "
                      "treasurers must sign those, or widen the registrars' reach with: pumasi "
                      "policy.",
                      beyond),
             beyond, m->o->coop);
    if (m->o->partial) {
        size_t n = 0;

        for (size_t i = 0; i < p->n_limits; i++) {
            if (m->o->set_limits && p->limits[i].by_registrar)
                p->limits[n++] = p->limits[i];
        }
        note(ngettext("--partial: %zu of them is set; rows that meet a limit are left out.",
                      "--partial: %zu of them are set; rows that meet a limit are left out.", n),
             n);
        p->n_limits = n;
        return PUMASI_OK;
    }
    if (m->o->dry_run)
        return PUMASI_FAILED;
    if (beyond > 0)
        return fail(PUMASI_FAILED, _("Nothing was booked. Once those limits are set, run this "
                                     "again; --partial books what the limits now allow."));
    return fail(PUMASI_FAILED, _("Nothing was booked. Run it again with --set-limits to have them "
                                 "set, or with --partial to book what the limits now allow."));
}
