/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PASSPHRASE_H
#define PUMASI_PASSPHRASE_H

#include "core/base.h"

/*
 * A passphrase: the first line of the file that PUMASI_PASSPHRASE_FILE names, else asked on
 * /dev/tty without echo (twice when `confirm`). In sodium_malloc'd memory, release with
 * sodium_free; NULL after a sentence was printed.
 */
char *passphrase_get(const char *prompt, bool confirm);
/* Does passphrase_get read a file (so that asking again is no use)? */
bool passphrase_from_file(void);

#endif
