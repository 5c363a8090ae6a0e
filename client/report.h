/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_REPORT_H
#define PUMASI_REPORT_H

#include "client/submit.h"

/*
 * Prints the result of a posted or waiting act: a sentence such as "Done: <what> (record 42,
 * 2026-11-22 21:31)." or "Waiting for 1 more signature (treasurer of hansalim): <what>. …", or with
 * --json the receipt or pending answer on stdout. Returns the exit code.
 */
int submit_report(struct client *c, const char *what, const struct submit_result *r) MUST_CHECK;
/* submit_report and submit_result_free in one; rc is what submit_act (or _signed, _entry) returned.
 * The exit code. */
int submit_finish(struct client *c, const char *what, struct submit_result *r, int rc) MUST_CHECK;

#endif
