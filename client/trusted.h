/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_TRUSTED_H
#define PUMASI_TRUSTED_H

#include <jansson.h>

#include "client/profile.h"
#include "core/cosign.h"

/*
 * The witnesses that a profile trusts, under names of its user's choice: witnesses.json in its
 * configuration, {"witnesses":{"seoul":"<vkey>",…}}. --quorum goes by them.
 */
#define TRUSTED_MAX 64
struct trusted {
    char name[QUORUM_NAME_MAX + 1];
    struct cosigner who;
};
struct trusted_list {
    size_t n;
    struct trusted rows[TRUSTED_MAX];
};

/* An enum pumasi_exit, after a sentence. */
int trusted_read(const struct profile *p, struct trusted_list *out) MUST_CHECK;
int trusted_write(const struct profile *p, const struct trusted_list *pins) MUST_CHECK;
/* NULL when there is none of that name. */
struct trusted *trusted_find(struct trusted_list *pins, const char *name);

/*
 * What --quorum says, with the witnesses that its names mean: "2 of chunchon,seoul,busan". A name
 * may bring its key along, "seoul=<vkey>", and goes before the profile's then.
 */
struct trust {
    struct quorum quorum;
    struct cosigner who[QUORUM_MAX]; /* of quorum.names */
};
int trust_parse(const struct profile *p, const char *text, struct trust *out) MUST_CHECK;
/* Which of them have cosigned a note. */
struct trust_found {
    int rc; /* 1: as many as the quorum wants; 0: too few; -1: a signature line is malformed or one
               of theirs is wrong, and why says which */
    size_t count;
    bool found[QUORUM_MAX];
    int64_t times[QUORUM_MAX];
    const char *why;
};
void trust_find(const struct trust *t, const char *note, size_t len, struct trust_found *out);
/* {"need","count","reached","cosigned":{"seoul":<seconds>}}, a new reference. */
json_t *trust_json(const struct trust *t, const struct trust_found *f);

#endif
