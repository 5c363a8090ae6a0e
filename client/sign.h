/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SIGN_H
#define PUMASI_SIGN_H

#include "client/waiting.h"

/*
 * Shows an act that waits, asks, adds the signatures of w->mine and sends them. l: what else waits
 * (may be NULL), in which an act may be named that this one ends. An enum pumasi_exit, after a
 * sentence.
 */
int sign_one(struct client *c, const struct waiting *w, const struct waiting_list *l) MUST_CHECK;

#endif
