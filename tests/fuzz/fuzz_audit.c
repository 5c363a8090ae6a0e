/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The file `records` of an export, from anywhere, judged from record 0 to its end whatever is wrong
 * in it. The first byte says how: as it stands, or with each header written anew over its parts, as
 * who holds the log key can; all of it, or as a book is seen.
 */
#include "fuzz.h"

#include "core/audit.h"
#include "core/b64.h"
#include "core/date.h"
#include "core/dump.h"
#include "core/num.h"

#define RECORDS_MAX 200

enum how {
    HOW_HEADERS = 1, /* written anew */
    HOW_BOOK = 2,
    HOW_SNAPSHOT = 4, /* roots are made for a snapshot of half of them */
    HOW_AHEAD = 8,    /* signatures as threads verify them, ahead of the judge */
};

struct run {
    size_t n; /* items split so far */
    struct audit_item items[RECORDS_MAX];
    struct buf headers[RECORDS_MAX];
    int64_t found, postings;
};

static void on_found(void *arg, const struct audit_finding *f)
{
    struct run *r = arg;

    MUST(f->word && f->word[0] != '\0' && f->why[0] != '\0');
    MUST(strlen(f->why) < sizeof(f->why) && strlen(f->about) < sizeof(f->about));
    MUST(f->record >= -1 && f->stake >= 0 && strlen(f->unit) <= UNIT_MAX);
    r->found++;
}

static int32_t on_day(void *arg, int64_t ms)
{
    (void)arg;
    return (int32_t)(ms / 86400000);
}

static struct deal *on_deal(void *arg, int64_t record)
{
    const struct run *r = arg;
    const struct audit_item *item = &r->items[record];

    MUST(record >= 0);
    if ((size_t)record >= r->n)
        return NULL;
    return record_deal(item->header, item->header_len, item->parts.text, item->parts.len,
                       item->parts.n);
}

static void on_posting(void *arg, int64_t record, const char *account, int64_t amount,
                       int64_t balance, int64_t seq)
{
    struct run *r = arg;

    MUST(record >= 0 && name_is_account(account));
    MUST(amount >= -NUM_MAX && amount <= NUM_MAX && balance >= -NUM_MAX && balance <= NUM_MAX);
    MUST(seq >= 0 && seq <= NUM_MAX);
    r->postings++;
}

/* As record_build writes it; the time is that of the header that was there. */
static void write_header(struct run *r, size_t index)
{
    struct audit_item *item = &r->items[index];
    struct buf *b = &r->headers[index];
    struct record_header head;
    char time[TIME_LEN + 1];
    const char *why;

    if (record_header_peek(&head, item->header, item->header_len, &why) != 0)
        head.ms = INT64_C(1795305600000);
    time_text(time, head.ms);
    buf_printf(b, "{\"v\":1,\"index\":%zu,\"time\":\"%s\",\"rules\":1,\"parts\":[", index, time);
    for (size_t i = 0; i < item->parts.n; i++) {
        struct hash hash;

        hash_bytes(&hash, item->parts.text[i], item->parts.len[i]);
        buf_puts(b, i ? ",\"" : "\"");
        buf_put_b64u(b, hash.b, HASH_LEN);
        buf_putc(b, '"');
    }
    buf_puts(b, "]}");
    item->header = b->data;
    item->header_len = b->len;
}

static void split(struct run *r, const char *s, size_t len, int how)
{
    size_t used = 0;
    int64_t took = 1;

    for (; r->n < RECORDS_MAX && took > 0; used += took > 0 ? (size_t)took : 0) {
        struct audit_item *item = &r->items[r->n];

        took = dump_split(s + used, len - used, &item->header, &item->header_len, &item->parts);
        if (took <= 0)
            break;
        MUST((size_t)took <= len - used && s[used + (size_t)took - 1] == '\n');
        MUST(item->header == s + used && item->parts.n >= 1 && item->parts.n <= RECORD_PARTS_MAX);
        for (size_t i = 0; i < item->parts.n; i++)
            MUST(item->parts.len[i] >= 1 && !memchr(item->parts.text[i], '\n', item->parts.len[i]));
        if (how & HOW_HEADERS)
            write_header(r, r->n);
        r->n++;
    }
}

/* No key is known ahead: all is left for the judge. */
static bool no_key(void *arg, const struct kid *kid, struct key *out)
{
    (void)arg;
    (void)kid;
    memset(out, 0, sizeof(*out));
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run *r = x_calloc(1, sizeof(*r));
    int64_t half;
    struct audit_conf conf = {.origin = "ledger.example/test",
                              .snapshots = &half,
                              .arg = r,
                              .found = on_found,
                              .day = on_day,
                              .deal = on_deal,
                              .posting = on_posting};
    int how = size > 0 ? data[0] : 0;
    const struct audit_counts *counts;
    struct audit *a;

    if (size > 0)
        split(r, (const char *)data + 1, size - 1, how);
    half = (int64_t)r->n / 2;
    conf.n_snapshots = how & HOW_SNAPSHOT ? 1 : 0;
    conf.coop = how & HOW_BOOK ? "hansalim" : NULL;
    a = audit_new(&conf);
    for (size_t i = 0; i < r->n; i++) {
        audit_item_read(&r->items[i], conf.coop != NULL, how & HOW_AHEAD ? no_key : NULL, NULL);
        audit_record(a, &r->items[i]);
        audit_item_clear(&r->items[i]);
    }
    for (size_t i = 0; i < RECORDS_MAX; i++)
        audit_item_free(&r->items[i]);
    audit_end(a);
    counts = audit_counts(a);
    MUST(counts->records == (int64_t)r->n && counts->postings == r->postings);
    MUST(conf.coop || audit_tree(a)->size == r->n);
    /* A log that is clean begins with the act that opens a ledger, and has a name. */
    MUST(r->found > 0 || r->n == 0 || conf.coop || audit_ledger_id(a)[0] != '\0');
    audit_free(a);
    for (size_t i = 0; i < r->n; i++)
        buf_free(&r->headers[i]);
    free(r);
    return 0;
}
