/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SUBMIT_H
#define PUMASI_SUBMIT_H

#include <jansson.h>

#include "client/client.h"
#include "client/outbox.h"
#include "client/receipt.h"
#include "core/envelope.h"

#define SUBMIT_SOON      600         /* lifetime, seconds, of an act that needs no one else */
#define SUBMIT_LATER     (7 * 86400) /* of one that others must sign too */
#define SUBMIT_TEXTS_MAX 3

/* What a command wants done. Everything is borrowed. */
struct submit_request {
    const char *type; /* "transfer" */
    const char *by;   /* the holder who acts */
    json_t *members;  /* the payload's own members, without those that every act has, and without
                         …_hash */
    size_t n_texts;
    struct {
        const char *field; /* "memo", "name", "reason", "reference": makes <field>_hash and travels
                              beside the act */
        const char *text;  /* from client_text() */
    } texts[SUBMIT_TEXTS_MAX];
    int64_t lifetime;
    const char *what; /* in plain words, for questions and results: "payment of 1:30 hour to
                         alice@hansalim" */
    const char *unit; /* of the amounts in it, or NULL */
};

enum submit_outcome {
    SUBMIT_NOTHING, /* there was nothing to send (--finish, --discard-unsent) */
    SUBMIT_POSTED,  /* receipt verified and kept */
    SUBMIT_WAITING, /* 202: others must sign */
    SUBMIT_REFUSED,
    SUBMIT_OPEN,   /* unknown: it stays in the outbox */
    SUBMIT_FAILED, /* never sent, or the receipt doesn't verify */
};
struct submit_result {
    enum submit_outcome outcome;
    bool before;            /* it had been posted by an earlier run */
    bool resumed;           /* an unfinished act of an earlier run was finished */
    struct receipt receipt; /* SUBMIT_POSTED */
    json_t *answer;         /* receipt, pending or problem as it came; owned; may be NULL */
    char *by, *jti;
};
void submit_result_free(struct submit_result *r);

/*
 * Does one act: finishes an unfinished one of the same intent (asks on a terminal), else makes it,
 * signs it with the keys, writes it down, sends it, verifies and keeps the receipt. Failures and
 * refusals end in a sentence on stderr; posted and waiting acts are the caller's to report, by
 * submit_report(). Returns an enum pumasi_exit. *out is to be freed in every case.
 */
int submit_act(struct client *c, const struct cli *cli, const struct submit_request *rq,
               struct keyfile *const *keys, size_t n_keys, struct submit_result *out) MUST_CHECK;
/*
 * Sends an act that is already made and signed (ledger.open, someone else's pending act): outbox,
 * POST, verification likewise. `s` keeps its owner. A ledger.open's receipt is verified by the log
 * key pinned in the profile.
 */
int submit_signed(struct client *c, const struct submission *s, const char *what, const char *unit,
                  struct submit_result *out) MUST_CHECK;
/* Forgets an entry that can't be posted any more (it was never sent, or has expired); else says why
 * not. Uses it up. */
int submit_discard(struct client *c, struct outbox_entry *e, struct submit_result *out) MUST_CHECK;
/* Sends an entry of the outbox (again). The entry is used up: removed, or left unlocked on disk. */
int submit_entry(struct client *c, struct outbox_entry *e, struct submit_result *out) MUST_CHECK;

/* Makes one without sending it (import): jti, iat, exp, hashes, signatures. The caller frees it
 * with submission_free. */
int submit_make(struct client *c, const struct submit_request *rq, struct keyfile *const *keys,
                size_t n_keys, int64_t now_ms, struct submission *out) MUST_CHECK;

#include "client/report.h"

#endif
