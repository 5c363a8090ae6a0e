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

bool job_is_vain(const struct job *job)
{
    switch (job->status) {
    case JOB_REFUSED:
    case JOB_LIMITED:
        return job->proven;
    case JOB_PENDING:
        return job->again;
    case JOB_WAITING:
    case JOB_POSTED:
    case JOB_REPEATED:
    case JOB_UNKNOWN:
        break;
    }
    return false;
}

size_t job_cost(const struct job *job)
{
    return job->parsed && job->sub.env.n_sigs > 1 ? job->sub.env.n_sigs : 1;
}
