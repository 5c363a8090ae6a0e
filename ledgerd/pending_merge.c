/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/pending_merge.h"

#include <stdlib.h>
#include <string.h>

#include "core/rules.h"

/* Signatures that waited count no more once their keys have lost the right. */
static void drop_useless(const struct state *s, const struct act *a, struct envelope *env)
{
    bool *useful = x_calloc(env->n_sigs + 1, sizeof(*useful));
    struct outcome authority;

    rules_authority(s, a, env, &authority, useful);
    outcome_free(&authority);
    for (size_t i = env->n_sigs; i-- > 0;) {
        if (!useful[i]) {
            envelope_remove_sig(env, i);
        }
    }
    free(useful);
}

/* Adds the texts that weren't there, keeping the order of fields. */
static void merge_texts(struct submission *into, const struct submission *from)
{
    for (size_t i = 0; i < from->n_texts; i++) {
        const struct submitted_text *text = &from->texts[i];
        size_t at = 0;
        while (at < into->n_texts && strcmp(into->texts[at].field, text->field) < 0) {
            at++;
        }
        if (at < into->n_texts && str_eq(into->texts[at].field, text->field)) {
            continue;
        }
        memmove(&into->texts[at + 1], &into->texts[at],
                (into->n_texts - at) * sizeof(into->texts[0]));
        into->texts[at] = *text;
        into->texts[at].text = x_strndup(text->text, text->len);
        into->n_texts++;
    }
}

int pending_merge(struct submission *out, const struct pending_act *pa, const struct state *s,
                  const struct act *a, const struct submission *now, bool *more)
{
    struct refusal r;

    if (submission_parse(out, pa->submission, strlen(pa->submission), &r) != 0) {
        return -1;
    }
    for (size_t i = 0; i < out->env.n_sigs; i++) {
        out->env.sigs[i].verified = true; /* before it was stored */
    }
    drop_useless(s, a, &out->env);
    *more = false;
    for (size_t i = 0; i < now->env.n_sigs; i++) {
        *more |= envelope_add_sig(&out->env, &now->env.sigs[i]);
    }
    merge_texts(out, now);
    return 0;
}
