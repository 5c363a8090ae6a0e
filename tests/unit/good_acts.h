/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_GOOD_ACTS_H
#define PUMASI_GOOD_ACTS_H

/* A good payload of each type of act, for tests that spoil it. */
#include <jansson.h>

#include "fixture.h"

#define HASH_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* By type; members are in the fixture's writing. */
struct good_act {
    enum act_type type;
    const char *by;
    const char *members;
};
extern const struct good_act good_acts[];

/* An empty ledger that has its id, for the payloads to be made with. */
struct fix *good_acts_fix(void);
/* The payload of the one of that type; the caller frees it. */
char *good_act_payload(struct fix *f, enum act_type type);
/* A payload as JSON, to be changed. */
json_t *payload_json(const char *payload);
/* Parses a payload. REFUSED_NOT, and the caller frees *a, or the refusal's code. */
enum refusal_code parse_payload(const char *payload, struct act *a);

#endif
