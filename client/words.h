/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_WORDS_H
#define PUMASI_WORDS_H

#include "core/key.h"

/*
 * The protocol's words for roles and states in the reader's language, for screens only: what is
 * typed, JSON and the wire keep the words of the protocol. Nothing is to be freed but where it says
 * so.
 */
const char *word_role(enum role role); /* "treasurer" */
const char *word_state(
    const char *state); /* "frozen"; a word that isn't known comes back as it is */
/* "time", "person" and the like; a word that isn't known comes back as it is. */
const char *word_kind(const char *kind);
/* "always" for "auto", and the like: when a co-op takes part in clearing; a word that isn't known
 * comes back as it is. */
const char *word_clearing(const char *choice);
/* "2 treasurers of hansalim", of signatures that are wanted; role as in the protocol. The caller
 * frees it. */
char *word_signers(long long n, const char *role, const char *holder);

#endif
