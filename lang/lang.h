/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LANG_H
#define PUMASI_LANG_H

/*
 * The language of both programs' messages: gettext's, with one catalogue, po/<language>.po, that is
 * installed under each program's name. Every string for people is marked: _() where it is used,
 * N_() (core/base.h) in constant tables, ngettext where a count stands in a sentence. What machines
 * or people of any language read is not: problem details over HTTP, JSON, names of fields.
 * scripts/words knows the difference, and scripts/check-words looks after it.
 */
#include <libintl.h>

#include "core/base.h"

#define _(s) gettext(s)

/*
 * Takes the language from the environment, as every program does; call once, before there are
 * threads. Catalogues are found beside the program (in the folder it was built in) or in
 * share/locale of where it is installed. Messages are UTF-8 whatever the environment says, as all
 * texts of a ledger are; numbers keep their point, and days of the week their English names, as the
 * files that PostgreSQL names after them.
 */
void lang_start(const char *program);

/* Whether s is one of the words of a list such as "y|yes"; capitals of ASCII count as small. */
bool lang_is_word(const char *s, const char *list);

/* True when messages come out in another language than the sources' English. */
bool lang_is_foreign(void);

#endif
