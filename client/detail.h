/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DETAIL_H
#define PUMASI_DETAIL_H

#include "core/base.h"

/*
 * Details of problems come over the wire in English, as readers of any language get them. Here they
 * are said in the reader's: a sentence is recognised by the format that it was made of, all of
 * which the build collects from core/ and ledgerd/ (scripts/details).
 */

/*
 * `english` in the reader's language and safe for a terminal; as it came, made safe, where no
 * format fits it (another version of the ledger may have others). The caller frees it.
 */
char *detail_translate(const char *english);
/* Whether detail_translate() can say it: always, when the reader's language is English. */
bool detail_is_known(const char *english);

/* The formats, in $(BUILD)/gen/details.c; ends with NULL. */
extern const char *const details[];

#endif
