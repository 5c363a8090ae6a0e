/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_EXPORT_NAME_H
#define PUMASI_EXPORT_NAME_H

#include "client/profile.h"
#include "core/buf.h"

/*
 * How accounts, units, amounts and words are written for hledger and Beancount. Two members never
 * get the same account and two units never the same commodity, whatever members are named.
 */

/*
 * <root>:<co-op>:<handle>, and past a space the name: "assets:hansalim:alice 김철수". Of the name
 * letters, digits, marks, - . _ and ' stay, one space where there are some, '-' for all else. name
 * may be NULL.
 */
void export_hledger_account(struct buf *b, const char *root, const char *member, const char *name);
/*
 * The same within what Beancount takes: "Assets:Hansalim:Alice--김철수". A part begins with a
 * capital letter; since handles have none, further capitals say what can't stand there: DOT for
 * '.', LINE for
 * '_', DASH for a '-' that doesn't stand between two letters or digits, CONTRA for '!' in front. So
 * the first "--" ends the handle. Of the name letters and digits stay, '-' for all else.
 */
void export_beancount_account(struct buf *b, const char *root, const char *member,
                              const char *name);

/* Has the unit as many decimals as it takes, or is it counted in minor units? */
bool export_is_decimal(const struct profile_unit *u);
/*
 * The commodity: the unit's name, and where its scale is no power of ten, so that decimals couldn't
 * be exact, its minor units: "hour.min" (a unit of time of scale 60), "box.minor". In quotation
 * marks where hledger wants them; in capitals for Beancount, ".U" added where the name alone is
 * none there.
 */
void export_hledger_commodity(struct buf *b, const struct profile_unit *u);
void export_beancount_commodity(struct buf *b, const struct profile_unit *u);
/* The unit itself, in which the value of minor units is given. */
void export_hledger_unit(struct buf *b, const char *unit);
void export_beancount_unit(struct buf *b, const char *unit);
/* The number that goes with the commodity, exact. */
void export_number(struct buf *b, int64_t amount, const struct profile_unit *u);
/* As a decimal of the unit, exact where a power of ten is its scale, else rounded to six places. */
void export_decimal(struct buf *b, int64_t amount, const struct profile_unit *u, char point);
/* 1/scale with twelve decimals. */
void export_fraction(struct buf *b, const struct profile_unit *u);

/* A day, as 2026-11-22. */
void export_day(struct buf *b, int32_t day);
/* Text in an hledger description: ';' would begin a comment and '|' part the payee from the rest,
 * so their full-width forms stand for them. */
void export_hledger_text(struct buf *b, const char *s);
/* A string of Beancount's with its quotation marks. */
void export_beancount_text(struct buf *b, const char *s);

#endif
