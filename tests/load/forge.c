/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * forge: the operator as the adversary. He holds the log key, so whatever he does to an export's
 * records, he makes their hashes, the tree and its signed checkpoint anew: only the rules can find
 * it. The export in IN becomes OUT.
 *
 *   forge IN OUT LOG-KEY FRAUD RECORD [ARGUMENT]
 *
 *   unsign KID         takes that key's signature off the act
 *   date TIME          another time in the header, 2026-11-22T21:31:41.123Z
 *   swap               this record and the next one, each with the other's index
 *   again              once more at the end of the log
 *   drop               leaves it out; those behind it move up
 *   replace FROM TO    text in the first part that has it
 *   cut PART           leaves out that part, 0 the act
 *   append TEXT        a further part
 *   none               signs anew, nothing else
 */
#include <sodium.h>
#include <sys/stat.h>

#include "core/b64.h"
#include "core/date.h"
#include "core/dump.h"
#include "core/strict.h"
#include "tests/load/lib/hammer.h"

#define PARTS_MAX 64

struct rec {
    int64_t ms;
    size_t n;
    struct buf parts[PARTS_MAX];
};
struct log {
    struct dump_info info;
    size_t n, cap;
    struct rec *recs;
};

static void die(const char *what)
{
    fprintf(stderr, "forge: %s\n", what);
    exit(1);
}

static void read_file(struct buf *b, const char *dir, const char *name)
{
    char *path = x_asprintf("%s%s%s", dir, name ? "/" : "", name ? name : "");
    FILE *f = fopen(path, "re");
    char chunk[65536];
    size_t n;

    if (!f)
        die(path);
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_put(b, chunk, n);
    (void)fclose(f);
    free(path);
}

static void write_file(const char *dir, const char *name, const struct buf *b)
{
    char *path = x_asprintf("%s/%s", dir, name);
    FILE *f = fopen(path, "we");

    if (!f || fwrite(b->data, 1, b->len, f) != b->len || fclose(f) != 0)
        die(path);
    free(path);
}

static void read_log(struct log *log, const char *dir)
{
    struct part_list parts = {0};
    const char *header, *why;
    size_t header_len;
    struct buf info = BUF_INIT, all = BUF_INIT;
    struct record_header head;
    int64_t took;

    read_file(&info, dir, "ledger.json");
    read_file(&all, dir, "records");
    if (dump_info_parse(&log->info, info.data, info.len) != 0)
        die("ledger.json");
    for (size_t at = 0; at < all.len; at += (size_t)took) {
        struct rec *r;

        took = dump_split(all.data + at, all.len - at, &header, &header_len, &parts);
        if (took <= 0 || parts.n >= PARTS_MAX ||
            record_header_peek(&head, header, header_len, &why) != 0)
            die("records");
        if (log->n + 2 > log->cap) {
            log->cap = log->cap ? log->cap * 2 : 256;
            log->recs = x_realloc(log->recs, log->cap * sizeof(*log->recs));
        }
        r = &log->recs[log->n++];
        memset(r, 0, sizeof(*r));
        r->ms = head.ms;
        for (r->n = 0; r->n < parts.n; r->n++)
            buf_put(&r->parts[r->n], parts.text[r->n], parts.len[r->n]);
    }
    part_list_free(&parts);
    buf_free(&info);
    buf_free(&all);
}

/* ---- Frauds ---- */

static void replace(struct buf *b, const char *from, const char *to)
{
    char *all = x_strdup(b->data), *at = strstr(all, from);

    if (!at)
        die("there is nothing to be replaced");
    *at = '\0';
    buf_clear(b);
    buf_puts(b, all);
    buf_puts(b, to);
    buf_puts(b, at + strlen(from));
    free(all);
}

static void cut(struct rec *r, size_t part)
{
    if (part >= r->n)
        die("there is no such part");
    buf_free(&r->parts[part]);
    memmove(&r->parts[part], &r->parts[part + 1], (r->n - part - 1) * sizeof(r->parts[0]));
    r->n--;
}

static void unsign(struct rec *r, const char *kid)
{
    struct buf salted = BUF_INIT;
    struct part part;
    const char *why;
    size_t i = 0;

    if (part_parse(&part, r->parts[0].data, r->parts[0].len, &why) != 0)
        die(why);
    while (i < part.act.n_sigs && !str_eq(part.act.sigs[i].kid.s, kid))
        i++;
    if (i == part.act.n_sigs)
        die("that key didn't sign");
    envelope_remove_sig(&part.act, i);
    buf_puts(&salted, "{\"part\":\"act\",\"salt\":\"");
    buf_put_b64u(&salted, part.salt, sizeof(part.salt));
    buf_puts(&salted, "\",\"act\":");
    envelope_put(&salted, &part.act);
    buf_putc(&salted, '}');
    buf_free(&r->parts[0]);
    r->parts[0] = salted;
    part_free(&part);
}

static void copy_record(struct rec *to, const struct rec *from)
{
    memset(to, 0, sizeof(*to));
    to->ms = from->ms;
    for (to->n = 0; to->n < from->n; to->n++)
        buf_put(&to->parts[to->n], from->parts[to->n].data, from->parts[to->n].len);
}

static void defraud(struct log *log, const char *fraud, size_t i, char **args)
{
    struct rec *r = &log->recs[i], other;

    if (str_eq(fraud, "unsign")) {
        unsign(r, args[0]);
    } else if (str_eq(fraud, "date")) {
        if (time_parse(args[0], &r->ms) != 0)
            die("no time");
    } else if (str_eq(fraud, "swap")) {
        other = r[0];
        r[0] = r[1];
        r[1] = other;
    } else if (str_eq(fraud, "again")) {
        copy_record(&log->recs[log->n], r);
        log->recs[log->n].ms = log->recs[log->n - 1].ms;
        log->n++;
    } else if (str_eq(fraud, "drop")) {
        for (size_t k = 0; k < r->n; k++)
            buf_free(&r->parts[k]);
        memmove(r, r + 1, (log->n - i - 1) * sizeof(*r));
        log->n--;
    } else if (str_eq(fraud, "replace")) {
        for (size_t k = 0; k < r->n; k++)
            if (strstr(r->parts[k].data, args[0])) {
                replace(&r->parts[k], args[0], args[1]);
                return;
            }
        die("no part has that");
    } else if (str_eq(fraud, "cut")) {
        cut(r, (size_t)number(args[0]));
    } else if (str_eq(fraud, "append")) {
        buf_puts(&r->parts[r->n++], args[0]);
    } else if (!str_eq(fraud, "none")) {
        die("there is no such fraud");
    }
}

/* ---- Signing it all anew ---- */

static void put_header(struct buf *b, const struct rec *r, size_t index)
{
    char time[TIME_LEN + 1];

    time_text(time, r->ms);
    buf_printf(b, "{\"v\":1,\"index\":%zu,\"time\":\"%s\",\"rules\":1,\"parts\":[", index, time);
    for (size_t i = 0; i < r->n; i++) {
        struct hash hash;

        hash_bytes(&hash, r->parts[i].data, r->parts[i].len);
        buf_puts(b, i ? ",\"" : "\"");
        buf_put_b64u(b, hash.b, HASH_LEN);
        buf_putc(b, '"');
    }
    buf_puts(b, "]}");
}

static void log_secret(uint8_t secret[KEY_SECRET_LEN], const char *path)
{
    uint8_t seed[32], public[32];
    struct buf text = BUF_INIT;
    struct value *json;
    const char *d;

    read_file(&text, path, NULL);
    json = value_parse(text.data, text.len);
    d = value_text(value_member(json, "d"));
    if (!d || b64u_decode_exact(d, strlen(d), seed, sizeof(seed)) != 0 ||
        crypto_sign_seed_keypair(public, secret, seed) != 0)
        die("that isn't a key");
    value_free(json);
    buf_free(&text);
}

static void write_log(struct log *log, const char *dir, const uint8_t secret[KEY_SECRET_LEN])
{
    struct buf records = BUF_INIT, note = BUF_INIT, info = BUF_INIT;
    struct checkpoint checkpoint = {.size = log->n};
    struct hash entry, leaf;
    struct tree tree;

    tree_init(&tree);
    for (size_t i = 0; i < log->n; i++) {
        struct buf header = BUF_INIT;

        put_header(&header, &log->recs[i], i);
        hash_bytes(&entry, header.data, header.len);
        tree_leaf_hash(&leaf, entry.b, HASH_LEN);
        tree_append(&tree, &leaf);
        buf_printf(&records, "%s\n", header.data);
        for (size_t k = 0; k < log->recs[i].n; k++)
            buf_printf(&records, "%s\n", log->recs[i].parts[k].data);
        buf_putc(&records, '\n');
        buf_free(&header);
    }
    str_copy(checkpoint.origin, sizeof(checkpoint.origin), log->info.origin);
    tree_root(&tree, &checkpoint.root);
    checkpoint_sign(&note, &checkpoint, secret);
    log->info.size = (int64_t)log->n;
    dump_info_put(&info, &log->info);
    if (mkdir(dir, 0755) != 0)
        die(dir);
    write_file(dir, "records", &records);
    write_file(dir, "checkpoint", &note);
    write_file(dir, "ledger.json", &info);
    tree_free(&tree);
    buf_free(&records);
    buf_free(&note);
    buf_free(&info);
}

int main(int argc, char **argv)
{
    uint8_t secret[KEY_SECRET_LEN];
    struct log log = {0};
    int64_t index;

    if (argc < 6 || sodium_init() < 0)
        die("see the head of tests/load/forge.c");
    index = number(argv[5]);
    log_secret(secret, argv[3]);
    read_log(&log, argv[1]);
    if (index < 0 || (size_t)index >= log.n)
        die("there is no such record");
    defraud(&log, argv[4], (size_t)index, argv + 6);
    write_log(&log, argv[2], secret);
    for (size_t i = 0; i < log.n; i++)
        for (size_t k = 0; k < log.recs[i].n; k++)
            buf_free(&log.recs[i].parts[k]);
    free(log.recs);
    return 0;
}
