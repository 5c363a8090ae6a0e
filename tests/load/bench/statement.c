/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A statement: how long the ledger takes to make one, and the signatures in it by themselves. */
#include "core/statement_read.h"
#include "core/statement_verify.h"
#include "tests/load/bench/bench.h"

void ask_statement(struct bench *b, const char *path)
{
    struct asker a = {.b = b};
    struct times times = {0};
    FILE *file = fopen(path, "w");

    conn_open(&a.c, &b->h, 994);
    json_decref(meet(&a.c));
    member(a.who, 0);
    for (int64_t i = 0; i <= b->acts; i++) {
        int64_t us = ask_body(&a, "/statement", "?from=2000-01-01&to=2999-12-31");

        if (i > 0) /* the first one makes the desk's connection, and reads what isn't in memory */
            times_put(&times, us);
    }
    if (!file || fwrite(a.c.answer.data, 1, a.c.answer.len, file) != a.c.answer.len ||
        fclose(file) != 0) {
        fprintf(stderr, "bench: %s can't be written\n", path);
        exit(1);
    }
    printf("%.1f %zu\n", (double)times_at(&times, 0.5) / 1e3, a.c.answer.len);
    free(times.us);
    conn_close(&a.c);
}

/* Signatures with their keys, ready to be verified. */
struct raw {
    size_t n, cap;
    struct one {
        struct key key;
        uint8_t sig[KEY_SIG_LEN];
        char *text;
        size_t len;
    } * at;
    atomic_size_t next, wrong;
};

static void *verify_raw(void *arg)
{
    struct raw *r = arg;
    size_t i;

    while ((i = atomic_fetch_add(&r->next, 1)) < r->n)
        if (!key_verify(&r->at[i].key, r->at[i].text, r->at[i].len, r->at[i].sig))
            atomic_fetch_add(&r->wrong, 1);
    return NULL;
}

/* A payment, signed by the member that makes it; other acts are passed over. */
static void take_act(struct raw *r, const struct hammer *h, const char *s, size_t len)
{
    struct refusal refusal;
    struct part part;
    struct act act;
    const char *why;

    if (part_parse(&part, s, len, &why) != 0 || part.kind != PART_ACT ||
        act_parse(&act, &part.act, &refusal) != 0) {
        fprintf(stderr, "bench: an entry without its act\n");
        exit(1);
    }
    for (size_t i = 0; act.type == ACT_TRANSFER && i < part.act.n_sigs; i++) {
        uint8_t secret[KEY_SECRET_LEN];
        struct one *one;

        if (r->n == r->cap) {
            r->cap = r->cap ? r->cap * 2 : 1024;
            r->at = x_realloc(r->at, r->cap * sizeof(*r->at));
        }
        one = &r->at[r->n++];
        secret_of(h, act.by, secret);
        key_of_secret(&one->key, secret);
        memcpy(one->sig, part.act.sigs[i].sig, KEY_SIG_LEN);
        one->text = x_asprintf("%s.%s", part.act.sigs[i].protected_b64u, part.act.payload_b64u);
        one->len = strlen(one->text);
    }
    act_free(&act);
    part_free(&part);
}

static void take_statement(struct raw *r, const struct hammer *h, const char *line, size_t len,
                           const char *path)
{
    struct statement st;
    const char *why;

    if (statement_read(&st, line, len, &why) != 0) {
        fprintf(stderr, "bench: %s is no statement\n", path);
        exit(1);
    }
    for (size_t i = 0; i < st.n_entries; i++)
        take_act(r, h, st.entries[i].parts[0].s, st.entries[i].parts[0].len);
    statement_free(&st);
}

/* Of an export each act is a line of its own, a statement is one line. */
static void take_file(struct raw *r, const struct hammer *h, const char *path)
{
    static const char header[] = "{\"v\":1,\"index\":", act[] = "{\"part\":\"act\"";
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    bool records = false;
    ssize_t len;

    if (!file) {
        fprintf(stderr, "bench: %s can't be read\n", path);
        exit(1);
    }
    while ((len = getline(&line, &cap, file)) > 0) {
        if (line[len - 1] == '\n')
            len--;
        records = records || strncmp(line, header, sizeof(header) - 1) == 0;
        if (!records)
            take_statement(r, h, line, (size_t)len, path);
        else if (strncmp(line, act, sizeof(act) - 1) == 0)
            take_act(r, h, line, (size_t)len);
    }
    (void)fclose(file);
    free(line);
}

void raw_signatures(struct bench *b, const char *path)
{
    struct raw r = {0};
    int64_t start;
    double seconds;

    take_file(&r, &b->h, path);
    start = now_us();
    on_all_cores(verify_raw, &r);
    seconds = (double)(now_us() - start) / 1e6;
    printf("%zu %.3f %.1f\n", r.n, seconds, (double)r.n / seconds);
    if (atomic_load(&r.wrong) > 0) {
        fprintf(stderr, "bench: %zu signatures are wrong\n", atomic_load(&r.wrong));
        exit(1);
    }
    for (size_t i = 0; i < r.n; i++)
        free(r.at[i].text);
    free(r.at);
}
