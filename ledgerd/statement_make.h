/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATEMENT_MAKE_H
#define PUMASI_STATEMENT_MAKE_H

#include "core/statement.h"
#include "core/note.h"
#include "ledgerd/desk.h"

/* A statement that is asked for. */
struct statement_ask {
    struct desk_job job; /* first: the desk hands this back */
    void *owner;
    char account[ACCOUNT_MAX + 1];
    int32_t from, to; /* days */
    int64_t since;    /* size of an earlier checkpoint that it shall be connected with; 0: none */
    /* One that witnesses have cosigned and that will do, owned; NULL: the latest one is taken. */
    char *cosigned;
    size_t cosigned_len;
    struct checkpoint cosigned_checkpoint;
};

void statement_ask_free(struct statement_ask *ask);

/* A desk_job's run: makes the statement of that checkpoint, or of the published one, signed, into
 * job->body. */
enum desk_end statement_make(struct desk_job *job, struct ledgerd *d, PGconn *conn);

#endif
