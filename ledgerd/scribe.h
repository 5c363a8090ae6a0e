/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SCRIBE_H
#define PUMASI_SCRIBE_H

/*
 * The process that makes and replaces the checkpoint's files in the data folder: a child of
 * ledgerd's own, forked before the keys are read. Whoever may make files in a folder may, for
 * Landlock, do so in all folders in it, and could replace the configuration: so ledgerd itself
 * gives that up once it serves (sandbox.h), and asks the scribe, which knows no other names. When
 * ledgerd dies its line ends, and so does it, also where the disk hangs.
 */

#include "core/base.h"

struct scribe;

/* More bytes than that it doesn't take, nor read. */
#define SCRIBE_MAX 16384

/*
 * Forks the scribe of data_dir, which holds nothing open of ours but the standard files, and waits
 * until the scribe of an earlier ledgerd, killed a moment ago, has ended. Called by the thread that
 * lives as long as the process, before there are others. NULL and a sentence.
 */
struct scribe *scribe_start(const char *data_dir, char *err, size_t err_size) MUST_CHECK;
/* Ends it and waits for that. NULL is let be. Nobody else asks it any more. */
void scribe_stop(struct scribe *s);

/*
 * file_write, file_overwrite and file_read (files.h) of the file `name` in the data folder, any
 * thread. `name` is "checkpoint", or that, a dot, and letters, digits, '-' and '_'. -1 or NULL with
 * errno: EPIPE when the scribe has died.
 */
int scribe_write(struct scribe *s, const char *name, const void *bytes, size_t len) MUST_CHECK;
int scribe_overwrite(struct scribe *s, const char *name, int64_t size, int64_t at,
                     const void *bytes, size_t len) MUST_CHECK;
char *scribe_read(struct scribe *s, const char *name, size_t *len) MUST_CHECK;

#endif
