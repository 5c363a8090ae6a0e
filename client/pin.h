/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PIN_H
#define PUMASI_PIN_H

#include "core/buf.h"
#include "core/key.h"

/*
 * Whom somebody trusts, in one line of text: the ledger's id, a blank, and its log key as the vkey
 * of C2SP signed notes, both as GET /v1/ledger has them. `pumasi whoami` prints it, a statement's
 * page holds it as a QR code, and --pin takes it.
 */
void pin_put(struct buf *b, const char *ledger_id, const struct key *log_key);

/* Is it shaped like a ledger's id, <origin>#<hash>? */
bool pin_is_id(const char *id);

struct pin {
    char *ledger_id; /* NULL: nothing is pinned */
    struct key log_key;
};
/* Reads such a line, blanks around it allowed. 0, or -1 with *why a constant sentence without a
 * full stop; then nothing needs freeing. */
int pin_parse(struct pin *out, const char *line, const char **why) MUST_CHECK;
void pin_free(struct pin *p);

#endif
