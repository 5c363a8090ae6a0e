/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_OFFICE_H
#define PUMASI_OFFICE_H

#include <jansson.h>

#include "client/client.h"
#include "client/submit.h"
#include "core/act.h"

/* What the commands of stewards, treasurers and registrars share: who signs, bounds, key lists. */

#define HOLDER_STEWARDS_NAME "stewards"
#define HOLDER_LEDGER_NAME   "ledger"
#define HOLDER_ALL_NAME      "*"

/* The keys that will sign one act, unlocked, no key twice. The client owns them. */
struct signers {
    size_t n;
    struct keyfile *keys[CLI_VALUES_MAX];
};

/* A holder in a role, as who an act may be signed by. */
struct signer_choice {
    const char *holder;
    enum role role;
};

/*
 * Who signs for the office: the keys that --key names, else those of the first of the `n` choices
 * that the profile has keys for: all of them for a role of which several must sign together, one
 * for a registrar. `except` (may be NULL) is a key that doesn't count, as it is only being added.
 * Replaces *out. PUMASI_FAILED after a sentence that says which key is missing.
 */
int signers_choose(struct client *c, const struct signer_choice *choices, size_t n,
                   const struct key *except, struct signers *out) MUST_CHECK;
/* Adds the profile's own private half of a public key, if it has it: an act calls for every new key
 * in it. A key of which nobody's name is known yet is noted down as `holder`'s. */
int signers_add_own(struct client *c, const struct key *key, const char *holder, enum role role,
                    struct signers *out) MUST_CHECK;
/* In whose name the first of them acts; `otherwise` where its file doesn't say. */
const char *signers_by(const struct signers *s, const char *otherwise);

/* submit_act with these, then submit_report. */
int office_submit(struct client *c, const struct cli *cli, const struct submit_request *rq,
                  const struct signers *s) MUST_CHECK;
/* May the user go on? True with --yes; asked on a terminal, where an empty answer means no; false
 * after a sentence that names --yes where nobody can be asked. */
bool office_agree(const struct client *c, const char *question);
/* Same before what can't be undone, for commands that say themselves what they do: they go on where
 * nobody can be asked. False after a sentence. */
bool office_confirm(const struct client *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * The JWKs of every `option` (a file or the name of an own key, repeatable) as a new JSON array;
 * an own private half of each is added to `s` (may be NULL) as `holder`'s. PUMASI_OK, or not after
 * a sentence; *out is NULL then.
 */
int office_keys(struct client *c, const struct cli *cli, const char *option, const char *holder,
                enum role role, struct signers *s, json_t **out) MUST_CHECK;
/* How many of n keys must sign: --threshold, else one, and a note that says so where n is more. */
int office_threshold(const struct cli *cli, size_t n, int64_t *out) MUST_CHECK;

/* A ceiling in the manner of a unit, or "none": *out is a new JSON integer or null. */
int office_ceiling(struct client *c, const char *text, const char *unit, json_t **out) MUST_CHECK;

/* Is a ceiling (an integer, or null for none) at or above the floor? PUMASI_USAGE after a sentence.
 */
int office_check_bounds(const json_t *floor, const json_t *ceiling) MUST_CHECK;

/* May a floor that was typed be taken? What one may owe is written with a minus, which is easily
 * forgotten: asks where the floor is above nothing. False after a sentence. */
bool office_means_floor(struct client *c, const char *typed, const json_t *floor, const char *unit);

/*
 * The key to read a co-op's book with, unlocked: one of its treasurers', registrars' or auditors',
 * else an auditor's of all. coop NULL: whichever co-op the only office among the keys is. As
 * client_key.
 */
int office_reader(struct client *c, const char *coop, struct keyfile **out) MUST_CHECK;

/* After a query that failed: which key it was asked with, where the user didn't choose it. */
void office_note_key(const struct client *c, const struct keyfile *key, int rc);

/* Prints {"items":[…]}, as every list is shown with --json; takes over `items`. */
void office_print_items(json_t *items);
/* For query_list: appends each item to the JSON array `arg`. */
int office_keep_item(void *arg, json_t *item);

/* Is it a holder that a key may speak for: a member, a co-op, stewards, ledger or "*"? PUMASI_USAGE
 * after a sentence. */
int office_check_holder(struct client *c, const char *holder) MUST_CHECK;

/* Adds a text of the option of the same name ("name", "reason") to a request, if it was given:
 * *owned is set for the caller to free. */
int office_text(const struct cli *cli, const char *option, size_t max, struct submit_request *rq,
                char **owned) MUST_CHECK;

#endif
