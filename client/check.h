/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CHECK_H
#define PUMASI_CHECK_H

#include "core/base.h"
#include "core/text.h"

/* What people type, checked here before the ledger is asked. */
struct client;

/* Is the profile connected to a ledger, one that is open by now where `opened`? PUMASI_FAILED after
 * a sentence. */
int client_check_connected(const struct client *c, bool opened) MUST_CHECK;

/* handle@coop, coop, unit, date (YYYY-MM-DD): PUMASI_OK, or PUMASI_USAGE after a sentence with what
 * was probably meant. */
int client_check_address(struct client *c, const char *s) MUST_CHECK;
/* Whose account it is: a member, or one of a co-op's own, !pos.medical@hansalim. */
int client_check_account_of(struct client *c, const char *s) MUST_CHECK;
int client_check_coop(const char *s) MUST_CHECK;
int client_check_unit(const char *s) MUST_CHECK;
int client_check_date(const char *s) MUST_CHECK;
int client_check_category(const char *s) MUST_CHECK;
/* A text in NFC as the protocol wants it, within max bytes; NULL after a sentence. The caller frees
 * it. */
char *client_text(const char *what, const char *s, size_t max);

#endif
