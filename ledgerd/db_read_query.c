/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queries that db_read.h makes: each a statement of db_read.c with its values. */
#include "ledgerd/db_read.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

static struct read_query query(enum read_name name)
{
    struct read_query q;

    memset(&q, 0, sizeof(q));
    q.name = name;
    return q;
}

static void bind_text(struct read_query *q, const char *s)
{
    q->values[q->n++] = s != NULL ? x_strdup(s) : NULL;
}

static void bind_int(struct read_query *q, int64_t n)
{
    q->values[q->n++] = x_asprintf("%lld", (long long)n);
}

static void bind_ints(struct read_query *q, const int64_t *values, size_t n)
{
    struct buf b = BUF_INIT;

    buf_putc(&b, '{');
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            buf_putc(&b, ',');
        }
        buf_put_i64(&b, values[i]);
    }
    buf_putc(&b, '}');
    q->values[q->n++] = buf_take(&b);
}

/* An array's literal: PostgreSQL manual, section 8.15.2. */
static void bind_texts(struct read_query *q, const char *const *values, size_t n)
{
    struct buf b = BUF_INIT;

    buf_putc(&b, '{');
    for (size_t i = 0; i < n; i++) {
        buf_puts(&b, i > 0 ? ",\"" : "\"");
        for (const char *p = values[i]; *p != '\0'; p++) {
            if (*p == '"' || *p == '\\') {
                buf_putc(&b, '\\');
            }
            buf_putc(&b, *p);
        }
        buf_putc(&b, '"');
    }
    buf_putc(&b, '}');
    q->values[q->n++] = buf_take(&b);
}

void read_query_free(struct read_query *q)
{
    for (size_t i = 0; i < q->n; i++) {
        free(q->values[i]);
    }
    q->n = 0;
}

struct read_query read_key(const char *kid, const char *by)
{
    struct read_query q = query(READ_KEY);

    bind_text(&q, kid);
    bind_text(&q, by);
    return q;
}

struct read_query read_ledger(void)
{
    return query(READ_LEDGER);
}

struct read_query read_units(void)
{
    return query(READ_UNITS);
}

struct read_query read_act(const char *by, const char *jti)
{
    struct read_query q = query(READ_ACT);

    bind_text(&q, by);
    bind_text(&q, jti);
    return q;
}

struct read_query read_record(int64_t index)
{
    struct read_query q = query(READ_RECORD);

    bind_int(&q, index);
    return q;
}

struct read_query read_ledger_change(int64_t below)
{
    struct read_query q = query(READ_LEDGER_CHANGE);

    bind_int(&q, below);
    return q;
}

struct read_query read_continued(int64_t below)
{
    struct read_query q = query(READ_CONTINUED);

    bind_int(&q, below);
    return q;
}

struct read_query read_receipts(const int64_t *indexes, size_t n)
{
    struct read_query q = query(READ_RECEIPTS);

    bind_ints(&q, indexes, n);
    return q;
}

struct read_query read_pending_act(const char *by, const char *jti, int64_t now)
{
    struct read_query q = query(READ_PENDING_ACT);

    bind_text(&q, by);
    bind_text(&q, jti);
    bind_int(&q, now);
    return q;
}

struct read_query read_pending(const char *holder, const char *role, const char *kid, int64_t now,
                               const char *exp, const char *by, const char *jti, int64_t limit)
{
    struct read_query q = query(READ_PENDING);
    char *office = x_asprintf("%s %s", role, holder);
    const char *asks[] = {office, kid};
    const char *place[] = {exp, by, jti};

    bind_texts(&q, asks, ARRAY_LEN(asks));
    bind_text(&q, kid);
    bind_int(&q, now);
    if (by != NULL) {
        bind_texts(&q, place, ARRAY_LEN(place));
    } else {
        bind_text(&q, NULL);
    }
    bind_int(&q, limit);
    free(office);
    return q;
}

struct read_query read_member(const char *member)
{
    struct read_query q = query(READ_MEMBER);

    bind_text(&q, member);
    return q;
}

struct read_query read_account(const char *member, const char *unit)
{
    struct read_query q = query(member[0] == '!' ? READ_CONTRA : READ_ACCOUNT);

    bind_text(&q, member);
    bind_text(&q, unit);
    return q;
}

struct read_query read_postings(const char *account, int64_t before, int64_t limit)
{
    struct read_query q = query(READ_POSTINGS);

    bind_text(&q, account);
    bind_int(&q, before);
    bind_int(&q, limit);
    return q;
}

struct read_query read_requests(enum read_name whose, const char *name, const char *state,
                                int64_t before, int64_t limit)
{
    struct read_query q = query(whose);

    bind_text(&q, name);
    bind_text(&q, state);
    bind_int(&q, before);
    bind_int(&q, limit);
    return q;
}

struct read_query read_coops(const char *after, int64_t limit)
{
    struct read_query q = query(READ_COOPS);

    bind_text(&q, after);
    bind_int(&q, limit);
    return q;
}

struct read_query read_coop(const char *coop)
{
    struct read_query q = query(READ_COOP);

    bind_text(&q, coop);
    return q;
}

struct read_query read_net(const char *unit)
{
    struct read_query q = query(READ_NET);

    bind_text(&q, unit);
    return q;
}

struct read_query read_coop_members(const char *coop, const char *after, int64_t limit)
{
    struct read_query q = query(READ_COOP_MEMBERS);

    bind_text(&q, coop);
    bind_text(&q, after);
    bind_int(&q, limit);
    return q;
}

struct read_query read_book(const char *coop, const char *from_day, const char *to_day,
                            int64_t size)
{
    struct read_query q = query(READ_BOOK);

    bind_text(&q, coop);
    bind_text(&q, from_day);
    bind_text(&q, to_day);
    bind_int(&q, size);
    return q;
}

struct read_query read_coop_accounts(const char *coop, const char *after, int64_t limit,
                                     int64_t size)
{
    struct read_query q = query(READ_COOP_ACCOUNTS);

    bind_text(&q, coop);
    bind_text(&q, after);
    bind_int(&q, limit);
    bind_int(&q, size);
    return q;
}

struct read_query read_coop_lines(const char *coop, const char *after, int64_t limit)
{
    struct read_query q = query(READ_COOP_LINES);

    bind_text(&q, coop);
    bind_text(&q, after);
    bind_int(&q, limit);
    return q;
}

struct read_query read_coop_postings(const char *coop, int64_t before, int64_t after, int64_t limit)
{
    struct read_query q = query(READ_COOP_POSTINGS);

    bind_text(&q, coop);
    bind_int(&q, before);
    bind_int(&q, after);
    bind_int(&q, limit);
    return q;
}

struct read_query read_tiles(const int64_t *level, const int64_t *n, const int64_t *count,
                             size_t tiles)
{
    struct read_query q = query(READ_TILES);

    bind_ints(&q, level, tiles);
    bind_ints(&q, n, tiles);
    bind_ints(&q, count, tiles);
    return q;
}

struct read_query read_entries(int64_t first, int64_t count)
{
    struct read_query q = query(READ_ENTRIES);

    bind_int(&q, first);
    bind_int(&q, count);
    return q;
}

struct read_query read_snapshots(int64_t before, int64_t limit)
{
    struct read_query q = query(READ_SNAPSHOTS);

    bind_int(&q, before);
    bind_int(&q, limit);
    return q;
}

struct read_query read_log(int64_t from, int64_t limit)
{
    struct read_query q = query(READ_LOG);

    bind_int(&q, from);
    bind_int(&q, limit);
    return q;
}

struct read_query read_book_log(const char *coop, int64_t from, int64_t limit)
{
    struct read_query q = query(READ_BOOK_LOG);

    bind_text(&q, coop);
    bind_int(&q, from);
    bind_int(&q, limit);
    return q;
}

struct read_query read_positions(const char *coop)
{
    struct read_query q = query(READ_POSITIONS);

    bind_text(&q, coop);
    return q;
}
