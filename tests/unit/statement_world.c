/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "statement_world.h"

#define DAY INT64_C(86400000)
#define EVERYBODY                                                                           \
    "alice@hansalim bob@hansalim carol@hansalim old@hansalim fund@hansalim hansalim icoop " \
    "stewards"

int world_set_up(void **state)
{
    struct world *w = x_calloc(1, sizeof(*w));

    w->f = fix_new();
    fix_found(w->f);
    *state = w;
    return 0;
}

int world_tear_down(void **state)
{
    struct world *w = *state;

    forger_free(&w->of);
    fix_free(w->f);
    free(w);
    return 0;
}

void world_begin(struct world *w)
{
    char hash[HASH_B64U_LEN + 1];
    struct hash entry;

    forger_init(&w->of, w->f);
    hash_bytes(&entry, w->f->log[0].header.data, w->f->log[0].header.len);
    hash_text(hash, &entry);
    (void)snprintf(w->id, sizeof(w->id), FIX_ORIGIN "#%s", hash);
}

struct forging forging_all(const char *account, int64_t last)
{
    return (struct forging){.account = account,
                            .first = 1,
                            .last = last,
                            .from = (int32_t)(FIX_MS / DAY) - 1,
                            .to = (int32_t)(FIX_MS / DAY) + 1000,
                            .snapshot = -1,
                            .skip_key = -1,
                            .holders = EVERYBODY};
}

void world_judge(const struct world *w, const struct forging *want, struct judged *j)
{
    struct buf file = BUF_INIT;
    struct forged forged;

    forged_make(&forged, &w->of, want);
    forged_file(&file, &forged);
    forged_free(&forged);
    assert_true(judged_read(j, w->id, file.data, file.len, NULL));
    buf_free(&file);
}

const char *world_failure(const struct world *w, const struct forging *want)
{
    const char *answer;
    struct judged j;

    world_judge(w, want, &j);
    answer = judged_failure(&j);
    judged_free(&j);
    return answer;
}

void world_cut(struct world *w, size_t n)
{
    for (; w->of.n > n; w->of.n--) {
        struct fix_record *r = &w->of.log[w->of.n - 1];

        buf_free(&r->header);
        for (size_t k = 0; k < r->n; k++)
            buf_free(&r->parts[k]);
    }
}

void world_plant(struct world *w, const struct planting *p)
{
    char *payload = fix_payload(w->f, p->type, p->by, "%s", p->members);
    char *act = forger_act(payload, p->signers);
    char *posting =
        x_asprintf("{\"part\":\"posting\",\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\","
                   "\"account\":\"%s\",\"amount\":%lld,\"balance\":%lld,"
                   "\"floor\":-600,\"seq\":%lld}",
                   p->account, (long long)p->amount, (long long)p->balance, (long long)p->seq);

    forger_append(&w->of, w->f->ms, (const char *const[]){act, posting}, 2);
    free(payload);
    free(act);
    free(posting);
}

const char *world_planted(struct world *w, const struct planting *p)
{
    const struct forging want = forging_all(p->account, p->seq);
    const size_t n = w->of.n;
    const char *answer;

    world_plant(w, p);
    answer = world_failure(w, &want);
    world_cut(w, n);
    return answer;
}
