/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The poster's modes, and how acts are answered that it can't or needn't post. */
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/poster_int.h"

/* ---- Modes ---- */

const char poster_why_continuing[] = WIRE_("Records were lost, and nothing is posted until the"
                                           " stewards have signed that the ledger goes on.");

const char *poster_mode_name(enum poster_mode mode)
{
    switch (mode) {
    case POSTER_CONNECTING:
        return "connecting";
    case POSTER_STANDBY:
        return "standby";
    case POSTER_POSTING:
        return "posting";
    case POSTER_STOPPED_CLOCK:
        return "stopped: clock";
    case POSTER_STOPPED_FORK:
        return "stopped: fork";
    case POSTER_CONTINUING:
        return "continuing";
    }
    return "unknown";
}

enum poster_mode poster_mode(const struct poster *p)
{
    return (enum poster_mode)atomic_load(&p->mode);
}

void poster_set_mode(struct poster *p, enum poster_mode mode)
{
    struct metrics *m = p->d->metrics;

    if (poster_mode(p) != mode) {
        log_event(LOG_LEVEL_INFO, "poster", LOG_STR("mode", poster_mode_name(mode)));
    }
    atomic_store(&p->mode, (int)mode);
    atomic_store(&m->posting, mode == POSTER_POSTING);
    atomic_store(&m->clock_stopped, mode == POSTER_STOPPED_CLOCK);
    atomic_store(&m->fork_seen, mode == POSTER_STOPPED_FORK);
}

const char *poster_why_busy(const struct poster *p)
{
    switch (poster_mode(p)) {
    case POSTER_CONNECTING:
        return WIRE_("The database can't be reached just now: send the same again.");
    case POSTER_STANDBY:
        return WIRE_(
            "Another ledgerd posts, or its session has not ended yet: send the same again.");
    case POSTER_POSTING:
        return WIRE_("The outcome is not known: send the same again.");
    case POSTER_STOPPED_CLOCK:
        return WIRE_("Posting waits until the operator confirms the clock.");
    case POSTER_STOPPED_FORK:
        return WIRE_("Posting is stopped: the database isn't the one of the last checkpoint.");
    case POSTER_CONTINUING:
        return poster_why_continuing;
    }
    return WIRE_("Busy.");
}

/* ---- Answers ---- */

/* What the worker found wrong for good, or left at that, needs no database. */
static bool is_refused(const struct job *job)
{
    return job->status == JOB_LIMITED || (job->refusal.code != REFUSED_NOT && !job->unknown_key);
}

static void count_job(struct metrics *m, const struct job *job)
{
    switch (job->status) {
    case JOB_POSTED:
        atomic_fetch_add(&m->posted, 1);
        break;
    case JOB_REPEATED:
        atomic_fetch_add(&m->repeated, 1);
        break;
    case JOB_PENDING:
        atomic_fetch_add(&m->pending, 1);
        break;
    case JOB_REFUSED:
        atomic_fetch_add(&m->refused[job->refusal.code], 1);
        break;
    case JOB_LIMITED:
        atomic_fetch_add(&m->rate_limited, 1);
        break;
    case JOB_WAITING:
    case JOB_UNKNOWN:
        atomic_fetch_add(&m->unknown, 1);
        break;
    }
}

void poster_answer(struct ledgerd *d, struct job **jobs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        count_job(d->metrics, jobs[i]);
    }
    queue_answer(d->queue, jobs, n);
}

void poster_answer_busy(struct poster *p, struct job **jobs, size_t n, const char *why)
{
    for (size_t i = 0; i < n; i++) {
        jobs[i]->status = JOB_UNKNOWN;
        (void)refuse(&jobs[i]->refusal, REFUSED_BUSY, "%s", why);
    }
    poster_answer(p->d, jobs, n);
}

/* Answers whatever comes within wait_ms. */
void poster_turn_away(struct poster *p, int wait_ms, const char *why)
{
    size_t n = queue_ready(p->d->queue, p->jobs, p->max, wait_ms);

    n = poster_sift(p, p->jobs, n);
    poster_answer_busy(p, p->jobs, n, why);
}

/* Answers those refused already and moves the others to the front; how many these are. */
size_t poster_sift(struct poster *p, struct job **jobs, size_t n)
{
    size_t kept = 0, refused = 0;

    for (size_t i = 0; i < n; i++) {
        if (is_refused(jobs[i])) {
            if (jobs[i]->status != JOB_LIMITED) {
                jobs[i]->status = JOB_REFUSED;
            }
            p->refused[refused++] = jobs[i];
        } else {
            jobs[kept++] = jobs[i];
        }
    }
    poster_answer(p->d, p->refused, refused);
    return kept;
}

/* ---- Complaints ---- */

void poster_complain(struct poster *p, const char *what, const char *why)
{
    atomic_fetch_add(&p->d->metrics->database_errors, 1);
    if (p->last_complaint == 0 || poster_now_ms() - p->last_complaint > 5000) {
        p->last_complaint = poster_now_ms();
        log_event(LOG_LEVEL_WARN, what, LOG_STR("why", why));
    }
}
