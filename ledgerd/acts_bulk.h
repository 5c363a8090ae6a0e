/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ACTS_BULK_H
#define PUMASI_ACTS_BULK_H

#include "ledgerd/request.h"

#define BULK_LINES_MAX 5000

/*
 * Submissions as application/x-ndjson, one a line; takes over body (NUL-terminated). Answers 200
 * with a line for each that isn't blank, in their order: {"line":n,"status":s,"receipt":{…}}, or
 * "pending" or "problem" in the receipt's place. Lines are counted from 1, blank ones too. A bad
 * line fails alone.
 */
void acts_bulk(struct request *r, char *body, size_t len, bool want_proof);

#endif
