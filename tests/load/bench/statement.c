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
    size_t n;
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

static void take_act(struct raw *r, const struct hammer *h, const struct statement_text *text)
{
    struct refusal refusal;
    struct part part;
    struct act act;
    const char *why;

    if (part_parse(&part, text->s, text->len, &why) != 0 || part.kind != PART_ACT ||
        act_parse(&act, &part.act, &refusal) != 0) {
        fprintf(stderr, "bench: an entry without its act\n");
        exit(1);
    }
    for (size_t i = 0; i < part.act.n_sigs; i++) {
        struct one *one = &r->at[r->n++];
        uint8_t secret[KEY_SECRET_LEN];

        secret_of(h, act.by, secret);
        key_of_secret(&one->key, secret);
        memcpy(one->sig, part.act.sigs[i].sig, KEY_SIG_LEN);
        one->text = x_asprintf("%s.%s", part.act.sigs[i].protected_b64u, part.act.payload_b64u);
        one->len = strlen(one->text);
    }
    act_free(&act);
    part_free(&part);
}

void raw_signatures(struct bench *b, const char *path)
{
    struct raw r = {0};
    struct statement st;
    const char *why;
    char **lines;
    size_t n;
    int64_t start;
    double seconds;

    lines = read_lines(path, &n);
    if (n != 1 || statement_read(&st, lines[0], strlen(lines[0]), &why) != 0) {
        fprintf(stderr, "bench: %s is no statement\n", path);
        exit(1);
    }
    r.at = x_calloc(st.n_entries + 1, sizeof(*r.at)); /* one signature each */
    for (size_t i = 0; i < st.n_entries; i++)
        take_act(&r, &b->h, &st.entries[i].parts[0]);
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
    statement_free(&st);
    free(lines[0]);
    free(lines);
}
