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
    forger_init(&w->of, w->f);
    forger_id(w->id, sizeof(w->id), &w->of);
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

void world_judge_made(const struct world *w, const struct forged *made, struct judged *j)
{
    struct buf file = BUF_INIT;

    forged_file(&file, made);
    assert_true(judged_read(j, w->id, file.data, file.len, NULL));
    buf_free(&file);
}

void world_judge(const struct world *w, const struct forging *want, struct judged *j)
{
    struct forged made;

    forged_make(&made, &w->of, want);
    world_judge_made(w, &made, j);
    forged_free(&made);
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

const char *world_planted(struct world *w, const struct planting *p)
{
    const struct forging want = forging_all(p->account, p->seq);
    const size_t n = w->of.n;
    const char *answer;

    forger_plant(&w->of, w->f, p);
    answer = world_failure(w, &want);
    forger_cut(&w->of, n);
    return answer;
}
