/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RENDER_DETAILS_H
#define PUMASI_RENDER_DETAILS_H

#include "client/render.h"

/* The lines below an act's headline, for client/render.c. */

/* "  label              value\n", the label padded by its width on a screen. */
void render_line(struct buf *b, const char *label, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A line for each thing that the act says. `s` and `named` may be NULL, as in render.h. */
void render_details(struct buf *b, const struct client *c, const struct act *a,
                    const struct submission *s, const struct render_named *named);

#endif
