/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RENDER_WORDS_H
#define PUMASI_RENDER_WORDS_H

#include "client/client.h"
#include "core/act.h"

/* The words of which client/render.c makes its sentences. Fresh strings are the caller's to free.
 */

/* "1:30 hour"; the plain number where the profile doesn't know the unit. Unlike client_amount_text
 * it never asks the ledger: what one signs must be readable without trusting an answer. */
char *render_amount(const struct client *c, int64_t amount, const char *unit);
/* For what comes from outside and has no grammar of its own: made safe, in quotation marks. */
char *render_quoted(const char *s);
/* "time" */
const char *render_unit_kind(enum unit_kind kind);
/* "money", "goods", "hours of work" */
const char *render_means(enum settlement_means means);

#endif
