/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLIENT_H
#define PUMASI_CLIENT_H

#include <jansson.h>

#include "client/cli.h"
#include "client/http.h"
#include "client/keyfile.h"
#include "client/profile.h"
#include "client/say.h"

/* What one run of `pumasi` works with. Handed down to every command. */
struct client {
    struct profile profile;
    struct http *http;
    bool json;          /* --json */
    bool yes;           /* --yes: take the preset answer instead of asking */
    size_t n_key_names; /* --key, else PUMASI_KEY */
    const char *key_names[CLI_VALUES_MAX];
    size_t n_keys;    /* the profile's key files, sorted by name; read at the first need */
    size_t n_revoked; /* behind them: those known to be revoked, which only their name chooses */
    size_t n_unread;  /* files that are no key, or can't be read, and were left out */
    struct keyfile **keys;
    bool keys_read;
    bool ledger_checked;             /* /v1/ledger was compared with the pins in this run */
    struct query_lenience *lenience; /* NULL: what isn't answered is an error, and said so */
};

/* Profile and global options from a command line. An enum pumasi_exit, after a sentence. */
int client_init(struct client *c, const struct cli *cli) MUST_CHECK;
void client_free(struct client *c);

/* "--json" output: prints a JSON value and a newline on stdout. */
void client_print_json(const json_t *j);

#include "client/check.h"
#include "client/keyring.h"
#include "client/ledger.h"

#endif
