/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/limits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/key.h"
#include "core/name.h"
#include "ledgerd/buckets.h"
#include "ledgerd/log.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define DAY    (86400 * SECOND)

#define SHARE      (5 * MINUTE)  /* of a full bucket of refusals */
#define DEBT       (10 * MINUTE) /* and what can be owed on top, by one large body */
#define GUESSES    10            /* wrong signatures that a key named has, as above */
#define RETRY_MAX  3600          /* seconds: come and see */
#define TOLD_EVERY MINUTE

const char *const limits_why_refusals =
    WIRE_("too much from there was refused; send the same again later");
const char *const limits_why_member =
    WIRE_("this member has said too much lately; send the same again later");
const char *const limits_why_strangers =
    WIRE_("too many acts from there wait that only new keys have signed; let the office sign first,"
          " or send the same again later");

struct limits {
    pthread_mutex_t lock;
    int64_t refusal, act, stranger;   /* what one costs; 0: nothing */
    struct buckets *addresses, *keys; /* a key's bucket at an address */
    struct buckets *members;
    struct buckets *strangers;               /* an address's */
    int64_t told, strangers_told, full_told; /* when the log last had it */
};

/* A key at an address. */
struct key_name {
    struct address address;
    char kid[KID_LEN];
};

struct limits *limits_new(int64_t refusals_per_minute, int64_t member_acts_per_day,
                          int64_t strangers_per_day)
{
    struct limits *l = x_calloc(1, sizeof(*l));

    pthread_mutex_init(&l->lock, NULL);
    l->refusal = refusals_per_minute > 0 ? MINUTE / refusals_per_minute : 0;
    l->act = member_acts_per_day > 0 ? DAY / member_acts_per_day : 0;
    l->stranger = strangers_per_day > 0 ? DAY / strangers_per_day : 0;
    l->addresses = buckets_new(SHARE, DEBT);
    l->keys = buckets_new(SHARE, DEBT);
    l->members = buckets_new(DAY, DAY);
    l->strangers = buckets_new(DAY, 0);
    l->told = l->strangers_told = l->full_told = -TOLD_EVERY;
    return l;
}

void limits_free(struct limits *l)
{
    if (l == NULL) {
        return;
    }
    buckets_free(l->addresses);
    buckets_free(l->keys);
    buckets_free(l->members);
    buckets_free(l->strangers);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

int64_t limits_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND + t.tv_nsec / 1000;
}

static int seconds(int64_t us)
{
    int64_t s = (us + SECOND - 1) / SECOND;

    return s < RETRY_MAX ? (int)s : RETRY_MAX;
}

static struct key_name key_name(const struct remote *from, const char *kid)
{
    struct key_name name = {.address = address_counted(&from->address)};

    memcpy(name.kid, kid, strnlen(kid, KID_LEN));
    return name;
}

static int64_t address_wait(const struct limits *l, const struct remote *from, int64_t now)
{
    const struct address counted = address_counted(&from->address);

    return from->local ? 0
                       : buckets_wait(l->addresses, counted.b, sizeof(counted.b), l->refusal, now);
}

static int64_t key_wait(const struct limits *l, const struct remote *from, const char *kid,
                        int64_t now)
{
    const struct key_name name = key_name(from, kid);

    return buckets_wait(l->keys, &name, sizeof(name), l->refusal, now);
}

int limits_wait_act(struct limits *l, const struct remote *from, const char *kid, int64_t now)
{
    int64_t wait;

    if (l->refusal == 0) {
        return 0;
    }
    pthread_mutex_lock(&l->lock);
    wait = kid != NULL ? key_wait(l, from, kid, now) : address_wait(l, from, now);
    pthread_mutex_unlock(&l->lock);
    return seconds(wait);
}

int limits_wait_query(struct limits *l, const struct remote *from, const char *kid, int64_t now)
{
    int64_t wait;

    if (l->refusal == 0) {
        return 0;
    }
    pthread_mutex_lock(&l->lock);
    wait = address_wait(l, from, now);
    if (wait > 0 && kid != NULL) {
        wait = key_wait(l, from, kid, now);
    }
    pthread_mutex_unlock(&l->lock);
    return seconds(wait);
}

/* Once a minute at most. */
static bool is_to_be_told(int64_t *told, int64_t now)
{
    if (now - *told < TOLD_EVERY) {
        return false;
    }
    *told = now;
    return true;
}

static void warn_of(const char *what, const struct remote *from)
{
    char text[ADDRESS_TEXT_MAX];

    address_text(text, &from->address);
    log_event(LOG_LEVEL_WARN, what, LOG_STR("address", text));
}

void limits_refused(struct limits *l, const struct remote *from, const char *kid, bool proven,
                    size_t n, int64_t now)
{
    const struct address counted = address_counted(&from->address);
    int64_t cost = l->refusal * (int64_t)n;
    bool tell = false;

    if (l->refusal == 0) {
        return;
    }
    pthread_mutex_lock(&l->lock);
    bool over = address_wait(l, from, now) > 0;
    if (kid != NULL && (proven || over)) {
        const struct key_name name = key_name(from, kid);
        buckets_take(l->keys, &name, sizeof(name), proven ? cost : SHARE / GUESSES, proven, now);
    }
    if ((kid == NULL || !proven) && !from->local) {
        buckets_take(l->addresses, counted.b, sizeof(counted.b), cost, true, now);
        tell = !over && address_wait(l, from, now) > 0 && is_to_be_told(&l->told, now);
    }
    pthread_mutex_unlock(&l->lock);
    if (tell) {
        warn_of(N_("too much of one address is refused: it is answered 429 now"), from);
    }
}

int limits_member_wait(struct limits *l, const char *member, int64_t now)
{
    int64_t wait;

    if (l->act == 0) {
        return 0;
    }
    pthread_mutex_lock(&l->lock);
    wait = buckets_wait(l->members, member, strlen(member), l->act, now);
    pthread_mutex_unlock(&l->lock);
    return seconds(wait);
}

void limits_member_posted(struct limits *l, const char *member, int64_t now)
{
    if (l->act == 0) {
        return;
    }
    pthread_mutex_lock(&l->lock);
    buckets_take(l->members, member, strlen(member), l->act, true, now);
    pthread_mutex_unlock(&l->lock);
}

static int64_t stranger_wait(const struct limits *l, const struct remote *from, size_t n,
                             int64_t now)
{
    const struct address counted = address_counted(&from->address);
    int64_t cost = l->stranger * (int64_t)(n + 1), over = cost - DAY;
    int64_t wait = buckets_wait(l->strangers, counted.b, sizeof(counted.b), cost, now);

    return wait > over ? wait : over; /* a bucket may be new, but holds no more than a day */
}

int limits_stranger_wait(struct limits *l, const struct remote *from, size_t n, int64_t now)
{
    int64_t wait;

    if (l->stranger == 0 || from->local) {
        return 0;
    }
    pthread_mutex_lock(&l->lock);
    wait = stranger_wait(l, from, n, now);
    pthread_mutex_unlock(&l->lock);
    return wait > 0 ? seconds(wait) : 0;
}

void limits_stranger_waits(struct limits *l, const struct remote *from, int64_t now)
{
    const struct address counted = address_counted(&from->address);
    bool tell;

    if (l->stranger == 0 || from->local) {
        return;
    }
    pthread_mutex_lock(&l->lock);
    buckets_take(l->strangers, counted.b, sizeof(counted.b), l->stranger, false, now);
    tell = stranger_wait(l, from, 0, now) > 0 && is_to_be_told(&l->strangers_told, now);
    pthread_mutex_unlock(&l->lock);
    if (tell) {
        warn_of(N_("many acts that only new keys have signed came from one address: more are "
                   "answered 429"),
                from);
    }
}

void limits_strangers_full(struct limits *l, int64_t now)
{
    bool tell;

    pthread_mutex_lock(&l->lock);
    tell = is_to_be_told(&l->full_told, now);
    pthread_mutex_unlock(&l->lock);
    if (tell) {
        log_warn("too many acts wait that only new keys have signed: more are answered busy");
    }
}
