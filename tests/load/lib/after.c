/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Afterwards: what the journal says, against what the ledger answers. */
#include "tests/load/lib/hammer.h"

#include <sodium.h>

#define FIELDS 6 /* of a line of the journal at most */

struct told {
    char jti[JTI_MAX + 1];
    char *by, *body; /* as sent last */
    bool posted, pending, refused;
    int64_t index;
    char entry[HASH_HEX];
};

struct seen {
    int64_t size;
    char root[HASH_HEX];
};

struct memory {
    struct told *told; /* an open hash table */
    size_t cap, n;
    struct seen *seen;
    size_t n_seen;
};

static struct told *recall(struct memory *m, const char *jti)
{
    struct hash hash;
    size_t at;

    if (m->n * 2 >= m->cap) {
        struct memory bigger = {.cap = m->cap ? m->cap * 2 : 1 << 12};

        bigger.told = x_calloc(bigger.cap, sizeof(struct told));
        for (size_t i = 0; i < m->cap; i++)
            if (m->told[i].jti[0])
                *recall(&bigger, m->told[i].jti) = m->told[i];
        free(m->told);
        m->told = bigger.told;
        m->cap = bigger.cap;
    }
    hash_bytes(&hash, jti, strlen(jti));
    memcpy(&at, hash.b, sizeof(at));
    for (at %= m->cap; m->told[at].jti[0]; at = (at + 1) % m->cap)
        if (str_eq(m->told[at].jti, jti))
            return &m->told[at];
    str_copy(m->told[at].jti, sizeof(m->told[at].jti), jti);
    m->n++;
    return &m->told[at];
}

int64_t number(const char *s)
{
    int64_t n = -1;

    return s && num_parse(s, strlen(s), 0, NUM_MAX, &n) == 0 ? n : -1;
}

static void see(struct memory *m, const char *size, const char *root)
{
    m->seen = x_realloc(m->seen, (m->n_seen + 1) * sizeof(*m->seen));
    m->seen[m->n_seen].size = number(size);
    str_copy(m->seen[m->n_seen].root, HASH_HEX, root ? root : "");
    m->n_seen++;
}

static void take_line(struct hammer *h, struct memory *m, const char *const f[FIELDS])
{
    struct told *t;

    if (str_eq(f[0], "L")) {
        if (h->id[0] && (!str_eq(f[1], h->id) || !str_eq(f[2], h->vkey)))
            wrong(h, "the ledger is %s %s and was %s %s", h->id, h->vkey, f[1], f[2]);
    } else if (str_eq(f[0], "C")) {
        see(m, f[1], f[2]);
    } else if (str_eq(f[0], "S")) {
        t = recall(m, f[1]);
        free(t->by);
        free(t->body);
        t->by = x_strdup(f[2]);
        t->body = x_strdup(f[3]);
        t->pending = false; /* of an earlier signature */
    } else if (str_eq(f[0], "P")) {
        recall(m, f[1])->pending = true;
    } else if (str_eq(f[0], "R")) {
        recall(m, f[1])->refused = true;
    } else if (str_eq(f[0], "A")) {
        t = recall(m, f[1]);
        if (t->posted && (t->index != number(f[2]) || !str_eq(t->entry, f[3])))
            wrong(h, "%s: acknowledged as record %" PRId64 " %s and as %s %s", t->jti, t->index,
                  t->entry, f[2], f[3]);
        if (t->refused)
            wrong(h, "%s: refused, and posted after that", t->jti);
        t->posted = true;
        t->index = number(f[2]);
        str_copy(t->entry, sizeof(t->entry), f[3]);
        see(m, f[4], f[5]);
    }
}

static void remember(struct hammer *h, struct memory *m)
{
    FILE *in = fopen(h->journal_path, "re");
    char *line = NULL;
    size_t size = 0;

    if (!in) {
        perror(h->journal_path);
        exit(2);
    }
    while (getline(&line, &size, in) > 0) {
        const char *f[FIELDS];
        char *save = NULL;

        for (int i = 0; i < FIELDS; i++) {
            f[i] = strtok_r(i == 0 ? line : NULL, "\t\n", &save);
            if (!f[i])
                f[i] = "";
        }
        take_line(h, m, f);
    }
    free(line);
    fclose(in);
}

static void forget(struct memory *m)
{
    for (size_t i = 0; i < m->cap; i++) {
        free(m->told[i].by);
        free(m->told[i].body);
    }
    free(m->told);
    free(m->seen);
}

static void shot_of(struct shot *s, const struct told *t)
{
    memset(s, 0, sizeof(*s));
    str_copy(s->jti, sizeof(s->jti), t->jti);
    str_copy(s->by, sizeof(s->by), t->by);
    s->body = t->body;
}

void finish(struct hammer *h)
{
    struct memory m = {0};
    int64_t open = 0, posted;
    struct conn c;
    struct shot s;

    conn_open(&c, h, 0);
    json_decref(meet(&c));
    remember(h, &m);
    for (size_t i = 0; i < m.cap; i++) {
        const struct told *t = &m.told[i];

        if (!t->body || t->posted || t->pending || t->refused)
            continue;
        shot_of(&s, t);
        shoot_patiently(&c, &s, 1, false);
        open++;
    }
    posted = atomic_load(&h->posted);
    printf("finish: %" PRId64 " had no answer: %" PRId64 " are posted now, %" PRId64 " refused\n",
           open, posted, atomic_load(&h->refused));
    conn_close(&c);
    forget(&m);
}

/* Every checkpoint that was seen is that of the first so many leaves. */
static void check_seen(struct hammer *h, struct memory *m)
{
    FILE *in = fopen(h->leaves_path, "re");
    char(*roots)[HASH_HEX] = NULL, *line = NULL;
    size_t size = 0, n = 0;
    struct tree tree;
    struct hash hash;

    if (!in) {
        perror(h->leaves_path);
        exit(2);
    }
    tree_init(&tree);
    do {
        if (n % 4096 == 0) {
            roots = x_realloc(roots, (n + 4096) * sizeof(*roots));
            tree_mark(&tree);
        }
        tree_root(&tree, &hash);
        hex(roots[n++], &hash);
        if (getline(&line, &size, in) <= 0 ||
            sodium_hex2bin(hash.b, HASH_LEN, line, strcspn(line, "\n"), NULL, NULL, NULL) != 0)
            break;
        tree_append(&tree, &hash);
    } while (true);
    for (size_t i = 0; i < m->n_seen; i++)
        if (m->seen[i].size < 0 || (size_t)m->seen[i].size >= n ||
            !str_eq(m->seen[i].root, roots[m->seen[i].size]))
            wrong(h, "the log of %zu records never had the checkpoint %" PRId64 " %s", n - 1,
                  m->seen[i].size, m->seen[i].root);
    printf("check: %zu checkpoints are of the log of %zu records\n", m->n_seen, n - 1);
    tree_free(&tree);
    free(roots);
    free(line);
    fclose(in);
}

void check(struct hammer *h)
{
    struct memory first = {0}, again = {0};
    struct shot shots[SHOTS_MAX];
    size_t n = 0, acts = 0;
    struct conn c;

    conn_open(&c, h, 0);
    json_decref(meet(&c));
    remember(h, &first);
    for (size_t i = 0; i <= first.cap; i++) {
        if (i < first.cap && first.told[i].posted)
            shot_of(&shots[n++], &first.told[i]);
        if (n == SHOTS_MAX || (i == first.cap && n > 0)) {
            acts += n;
            for (size_t k = 0; k < n; k++)
                shots[k].want = "posted";
            shoot_patiently(&c, shots, n, true);
            n = 0;
        }
    }
    conn_close(&c);
    remember(h, &again); /* the second receipts are compared with the first ones by the way */
    printf("check: %zu acts sent again have their first receipts\n", acts);
    if (h->leaves_path)
        check_seen(h, &again);
    forget(&first);
    forget(&again);
}
