/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/job.h"

#include <stdlib.h>

struct job *job_new(char *bytes, size_t len)
{
    struct job *job = x_calloc(1, sizeof(*job));

    job->bytes = bytes;
    job->len = len;
    job->record = -1;
    return job;
}

void job_free(struct job *job)
{
    if (job == NULL) {
        return;
    }
    if (job->parsed) {
        act_free(&job->act);
        submission_free(&job->sub);
    }
    free(job->bytes);
    buf_free(&job->answer);
    free(job);
}

const char *job_key(const struct job *job)
{
    return job->key.s[0] != '\0' ? job->key.s : NULL;
}
