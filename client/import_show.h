/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORT_SHOW_H
#define PUMASI_IMPORT_SHOW_H

#include "client/import_job.h"

/* What an import says while it runs: a bar on a terminal, else a line now and then. */
struct import_show {
    const struct import_job *job;
    bool bar;
    size_t from;         /* acts that were through when this run began */
    int64_t begun, last; /* milliseconds of the monotonic clock */
};

void import_show_begin(struct import_show *s, const struct import_job *job);
/* `sent` acts are through. */
void import_show_at(struct import_show *s, size_t sent);
/* Milliseconds since it began. */
int64_t import_show_elapsed(const struct import_show *s);

#endif
