/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one reader of record bytes: what headers, parts and whole records say by themselves. */
#include "core/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/date.h"
#include "core/network.h"
#include "core/num.h"
#include "core/record_int.h"
#include "core/strict.h"

static int read_hashes(struct record_header *out, const struct value *array)
{
    size_t i = 0;

    out->n_parts = array->n;
    if (out->n_parts == 0 || out->n_parts > RECORD_PARTS_MAX)
        return -1;
    out->parts = x_calloc(out->n_parts, sizeof(*out->parts));
    for (const struct value *item = array->first; item; item = item->next) {
        const char *s = value_text(item);

        if (!s || hash_parse(&out->parts[i++], s) != 0)
            return -1;
    }
    return 0;
}

/* A header has one text: white space, another order of members or an escape make another hash. */
static bool is_canonical(const struct record_header *h, const char *s, size_t len)
{
    struct buf b = BUF_INIT;
    bool same;

    record_put_header(&b, h->index, h->ms, h->rules, h->parts, h->n_parts);
    same = b.len == len && memcmp(b.data, s, len) == 0;
    buf_free(&b);
    return same;
}

int record_header_parse(struct record_header *out, const char *s, size_t len, const char **why)
{
    struct value *json = strict_parse(s, len, why);
    struct strict in;
    int64_t version;
    const char *time;
    const struct value *parts;
    int end;

    memset(out, 0, sizeof(*out));
    if (!json)
        return -1;
    strict_begin(&in, json);
    strict_int(&in, "v", STRICT_REQUIRED, 1, 1, &version);
    strict_int(&in, "index", STRICT_REQUIRED, 0, NUM_MAX, &out->index);
    time = strict_string(&in, "time", STRICT_REQUIRED);
    if (time && time_parse(time, &out->ms) != 0)
        strict_fail(&in, "time", N_("it is no time"));
    strict_int(&in, "rules", STRICT_REQUIRED, 1, NUM_MAX, &out->rules);
    parts = strict_array(&in, "parts", STRICT_REQUIRED);
    if (parts && read_hashes(out, parts) != 0)
        strict_fail(&in, "parts", N_("they are no hashes"));
    *why = N_("it isn't a record's header");
    end = strict_end(&in);
    value_free(json);
    if (end == 0 && is_canonical(out, s, len))
        return 0;
    record_header_free(out);
    return -1;
}

void record_header_free(struct record_header *h)
{
    free(h->parts);
    h->parts = NULL;
}

int record_header_peek(struct record_header *out, const char *s, size_t len, const char **why)
{
    int rc = record_header_parse(out, s, len, why);

    if (rc == 0)
        record_header_free(out);
    return rc;
}

/* The act; the payer's posting, two of each edge, the payee's; a book each of one co-op more than
 * edges. A levy adds one posting. */
int record_way_edges(size_t n_parts)
{
    size_t edges = n_parts < 4 ? 0 : (n_parts - 4) / 3, more = n_parts < 4 ? 0 : (n_parts - 4) % 3;

    return edges <= WAY_HOPS_MAX && more <= 1 ? (int)edges : 0;
}

/* The members of a part of a kind; faults go into `in`. */
static void read_part(struct part *out, struct strict *in, const char *kind)
{
    const char *name = NULL;
    const struct value *act;
    struct refusal ignored;

    if (str_eq(kind, "act")) {
        out->kind = PART_ACT;
        act = strict_object(in, "act", STRICT_REQUIRED);
        if (act && envelope_from_json(&out->act, act, &ignored) != 0)
            strict_fail(in, "act", N_("it is no act"));
        return;
    }
    if (str_eq(kind, "posting")) {
        out->kind = PART_POSTING;
        name = strict_string(in, "account", STRICT_REQUIRED);
        strict_int(in, "amount", STRICT_REQUIRED, NUM_MIN, NUM_MAX, &out->amount);
        strict_int(in, "balance", STRICT_REQUIRED, NUM_MIN, NUM_MAX, &out->balance);
        strict_int(in, "floor", STRICT_REQUIRED, NUM_MIN, NUM_MAX, &out->floor);
    } else if (str_eq(kind, "change")) {
        out->kind = PART_CHANGE;
        name = strict_string(in, "subject", STRICT_REQUIRED);
        (void)strict_object(in, "state", STRICT_REQUIRED);
    } else if (str_eq(kind, "book")) {
        out->kind = PART_BOOK;
        name = strict_string(in, "book", STRICT_REQUIRED);
    } else {
        strict_fail(in, "part", N_("there is no such part"));
    }
    strict_int(in, "seq", STRICT_REQUIRED, 1, NUM_MAX, &out->seq);
    if (name && strlen(name) < sizeof(out->name))
        str_copy(out->name, sizeof(out->name), name);
    else
        strict_fail(in, "name", N_("it is too long"));
}

int part_parse(struct part *out, const char *s, size_t len, const char **why)
{
    struct value *json = strict_parse(s, len, why);
    struct strict in;
    const char *kind, *salt;
    int end;

    memset(out, 0, sizeof(*out));
    if (!json)
        return -1;
    strict_begin(&in, json);
    kind = strict_string(&in, "part", STRICT_REQUIRED);
    salt = strict_string(&in, "salt", STRICT_REQUIRED);
    if (salt && b64u_decode_exact(salt, strlen(salt), out->salt, RECORD_SALT_LEN) != 0)
        strict_fail(&in, "salt", N_("it isn't the base64url of 16 bytes"));
    if (kind)
        read_part(out, &in, kind);
    *why = N_("it isn't a record's part");
    end = strict_end(&in);
    value_free(json);
    if (end != 0)
        part_free(out);
    return end;
}

void part_free(struct part *p)
{
    if (p->kind == PART_ACT)
        envelope_free(&p->act);
    memset(p, 0, sizeof(*p));
}

/* A transfer's postings stand in the order of its way: the co-ops between payer's and payee's. */
static void read_way(struct deal *d, const char *const *parts, const size_t *lens, size_t n)
{
    char from[COOP_MAX + 1], to[COOP_MAX + 1], last[COOP_MAX + 1], coop[COOP_MAX + 1];
    struct part part;
    const char *why;

    name_coop_of(d->from, from);
    name_coop_of(d->to, to);
    if (str_eq(from, to))
        return;
    str_copy(last, sizeof(last), from);
    for (size_t i = 1; i < n && part_parse(&part, parts[i], lens[i], &why) == 0; i++) {
        if (part.kind != PART_POSTING) {
            part_free(&part);
            return;
        }
        name_coop_of(part.name, coop);
        if (!str_eq(coop, last) && !str_eq(coop, to))
            deal_add_via(d, coop);
        str_copy(last, sizeof(last), coop);
        part_free(&part);
    }
}

/* Where payers pay a levy, one posting is a purse's: neither payer nor payee, nor a co-op's own. */
static void read_levy(struct deal *d, const char *const *parts, const size_t *lens, size_t n)
{
    char from[ACCOUNT_MAX + 1], to[ACCOUNT_MAX + 1];
    struct part part;
    const char *why;

    name_account(from, d->from, d->unit);
    name_account(to, d->to, d->unit);
    for (size_t i = 1; i < n && part_parse(&part, parts[i], lens[i], &why) == 0; i++) {
        if (part.kind == PART_POSTING && part.name[0] != '!' && !str_eq(part.name, from) &&
            !str_eq(part.name, to)) {
            d->levy = part.amount;
            (void)snprintf(d->levy_purse, sizeof(d->levy_purse), "%.*s",
                           (int)strcspn(part.name, "/"), part.name);
        }
        part_free(&part);
    }
}

struct deal *record_deal(const char *header, size_t header_len, const char *const *parts,
                         const size_t *part_lens, size_t n_parts)
{
    struct record_header head;
    struct refusal refusal;
    struct deal *deal = NULL;
    struct part part;
    struct act act;
    const char *why;

    if (n_parts == 0 || record_header_peek(&head, header, header_len, &why) != 0 ||
        part_parse(&part, parts[0], part_lens[0], &why) != 0)
        return NULL;
    if (part.kind == PART_ACT && act_parse(&act, &part.act, &refusal) == 0) {
        if (act.type == ACT_TRANSFER || act.type == ACT_REQUEST)
            deal = deal_new(&act, head.index, head.ms);
        if (act.type == ACT_TRANSFER) {
            read_way(deal, parts, part_lens, n_parts);
            read_levy(deal, parts, part_lens, n_parts);
        }
        act_free(&act);
    }
    part_free(&part);
    return deal;
}

/* ---- A whole record ---- */

int record_fail(struct record_fault *fault, enum record_wrong what, const char *fmt, ...)
{
    va_list ap;

    memset(fault, 0, sizeof(*fault));
    fault->wrong = what;
    va_start(ap, fmt);
    vsnprintf(fault->why, sizeof(fault->why), fmt, ap);
    va_end(ap);
    return -1;
}

int record_fail_refused(struct record_fault *fault, const struct refusal *r)
{
    (void)record_fail(fault, WRONG_REFUSED, "%s: %s", refusal_name(r->code), r->detail);
    fault->refusal = r->code;
    return -1;
}

/*
 * The salt of a part that isn't the act. What else it says needn't be read: it is compared, byte
 * for byte, with what the rules make.
 */
static int read_salt(const char *part, size_t len, uint8_t salt[RECORD_SALT_LEN])
{
    static const char *const begin[] = {
        "{\"part\":\"posting\",\"salt\":\"",
        "{\"part\":\"change\",\"salt\":\"",
        "{\"part\":\"book\",\"salt\":\"",
    };
    const size_t salt_len = 22;

    for (size_t i = 0; i < ARRAY_LEN(begin); i++) {
        size_t n = strlen(begin[i]);

        if (len > n + salt_len && memcmp(part, begin[i], n) == 0 && part[n + salt_len] == '"')
            return b64u_decode_exact(part + n, salt_len, salt, RECORD_SALT_LEN);
    }
    return -1;
}

/* Salts of all parts, and the act of the first. */
static int read_parts(struct record_read *out, const char *const *parts, const size_t *lens,
                      size_t n, struct record_fault *fault)
{
    const char *why;
    struct part part;
    struct hash hash;

    if (part_parse(&part, parts[0], lens[0], &why) != 0)
        return record_fail(fault, WRONG_PARTS, "part 0: %s", why);
    if (part.kind != PART_ACT) {
        part_free(&part);
        return record_fail(fault, WRONG_PARTS, N_("part 0 is out of its place"));
    }
    out->salts = x_calloc(n, RECORD_SALT_LEN);
    memcpy(out->salts, part.salt, RECORD_SALT_LEN);
    out->env = part.act;
    for (size_t i = 1; i < n; i++)
        if (read_salt(parts[i], lens[i], out->salts + i * RECORD_SALT_LEN) != 0)
            return record_fail(fault, WRONG_PARTS, "part %zu is no part, or out of its place", i);
    for (size_t i = 0; i < n; i++) {
        hash_bytes(&hash, parts[i], lens[i]);
        if (!hash_eq(&hash, &out->head.parts[i])) {
            (void)record_fail(fault, WRONG_HASH, "part %zu isn't the one that its header names", i);
            fault->part = i;
            return -1;
        }
    }
    return 0;
}

int record_read(struct record_read *out, const char *header, size_t header_len,
                const char *const *parts, const size_t *part_lens, size_t n_parts,
                struct record_fault *fault)
{
    const char *why;
    struct refusal refusal;

    memset(&out->env, 0, sizeof(out->env));
    memset(&out->act, 0, sizeof(out->act));
    out->salts = NULL;
    out->head.parts = NULL;
    if (record_header_parse(&out->head, header, header_len, &why) != 0)
        return record_fail(fault, WRONG_HEADER, "the header is no header: %s", why);
    if (out->head.rules != RULES_VERSION) {
        (void)record_fail(fault, WRONG_HEADER,
                          "it was judged by rules %lld, which this program doesn't know",
                          (long long)out->head.rules);
        goto fail;
    }
    if (n_parts == 0 || n_parts != out->head.n_parts) {
        (void)record_fail(fault, WRONG_PARTS, "it has %zu parts where its header says %zu", n_parts,
                          out->head.n_parts);
        goto fail;
    }
    hash_bytes(&out->entry, header, header_len);
    if (read_parts(out, parts, part_lens, n_parts, fault) != 0)
        goto fail;
    if (act_parse(&out->act, &out->env, &refusal) != 0) {
        (void)record_fail_refused(fault, &refusal);
        goto fail;
    }
    return 0;
fail:
    envelope_free(&out->env);
    memset(&out->env, 0, sizeof(out->env));
    free(out->salts);
    out->salts = NULL;
    record_header_free(&out->head);
    return -1;
}

void record_read_free(struct record_read *r)
{
    envelope_free(&r->env);
    act_free(&r->act);
    free(r->salts);
    r->salts = NULL;
    record_header_free(&r->head);
    memset(&r->env, 0, sizeof(r->env));
    memset(&r->act, 0, sizeof(r->act));
}
