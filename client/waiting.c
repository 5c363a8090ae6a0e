/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "client/detail.h"
#include "client/query.h"
#include "client/words.h"
#include "core/strict.h"

/* --- reading one --- */

int waiting_read(struct waiting *out, const json_t *item, char **why)
{
    json_t *act = json_object_get(item, "act"), *texts = json_object_get(item, "texts"), *both;
    struct refusal r = {0};
    char *text;
    int rc;

    memset(out, 0, sizeof(*out));
    if (!json_is_object(act)) {
        *why = x_strdup(_("it holds no act"));
        return -1;
    }
    both = json_pack("{s:O}", "act", act);
    if (json_is_object(texts) && json_object_size(texts) > 0)
        json_object_set(both, "texts", texts);
    text = json_dumps(both, JSON_COMPACT);
    json_decref(both);
    if (text == NULL) {
        *why = x_strdup(_("it isn't JSON as the ledger writes it"));
        return -1;
    }
    rc = submission_parse(&out->s, text, strlen(text), &r);
    free(text);
    if (rc != 0) {
        *why = detail_translate(r.detail);
        return -1;
    }
    if (act_parse(&out->act, &out->s.env, &r) != 0) {
        *why = detail_translate(r.detail);
        submission_free(&out->s);
        return -1;
    }
    return 0;
}

void waiting_free(struct waiting *w)
{
    act_free(&w->act);
    submission_free(&w->s);
    json_decref(w->item);
    memset(w, 0, sizeof(*w));
}

void waiting_list_free(struct waiting_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        waiting_free(&l->rows[i]);
    free(l->rows);
    memset(l, 0, sizeof(*l));
}

char *waiting_needs(const json_t *item)
{
    struct buf b = BUF_INIT;
    size_t i;
    json_t *need;

    json_array_foreach (json_object_get(item, "needs"), i, need) {
        char *role = say_safe(json_text(need, "role")),
             *holder = say_safe(json_text(need, "holder")), *signers;
        long long more = (long long)(json_number(need, "of") - json_number(need, "have"));

        signers = word_signers(more, role, holder);
        buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", signers);
        free(signers);
        free(role);
        free(holder);
    }
    return buf_take(&b);
}

/* --- asking the ledger --- */

static struct waiting *find(struct waiting_list *l, const struct waiting *w)
{
    for (size_t i = 0; i < l->n; i++) {
        if (hash_eq(&l->rows[i].s.env.payload_hash, &w->s.env.payload_hash))
            return &l->rows[i];
    }
    return NULL;
}

static bool has_signed(const struct waiting *w, const struct keyfile *key)
{
    for (size_t i = 0; i < w->s.env.n_sigs; i++) {
        if (str_eq(w->s.env.sigs[i].kid.s, key->kid.s))
            return true;
    }
    return false;
}

/* Does the ledger still want a signature of the key's holder in its role? */
static bool wants(const struct waiting *w, const struct keyfile *key)
{
    size_t i;
    json_t *need;

    json_array_foreach (json_object_get(w->item, "needs"), i, need) {
        if (str_eq(json_text(need, "holder"), key->holder) &&
            str_eq(json_text(need, "role"), role_name(key->role)))
            return !has_signed(w, key);
    }
    return false;
}

static void add_item(struct waiting_list *l, json_t *item, struct keyfile *key)
{
    struct waiting w, *row;
    char *why;

    if (waiting_read(&w, item, &why) != 0) {
        char *jti = say_safe(json_text(item, "jti"));

        note(_("The act %s is left out, as this program can't read it: %s"), jti, why);
        free(jti);
        free(why);
        return;
    }
    w.item = json_incref(item);
    row = find(l, &w);
    if (row == NULL) {
        l->rows = x_realloc(l->rows, (l->n + 1) * sizeof(*l->rows));
        row = &l->rows[l->n++];
        *row = w;
    } else {
        waiting_free(&w);
    }
    if (wants(row, key) && row->mine.n < CLI_VALUES_MAX)
        row->mine.keys[row->mine.n++] = key;
}

/* What waits for one key. *known tells whether the ledger knows the key at all. */
static int fetch_one(struct client *c, struct keyfile *key, struct waiting_list *l, bool *known)
{
    json_t *answer, *item;
    long status;
    size_t i;
    int rc = query_status(c, key, "/v1/pending?limit=1000", &status, &answer);

    *known = false;
    if (rc != PUMASI_OK)
        return rc;
    *known = status == 200;
    if (status == 200) {
        json_array_foreach (json_object_get(answer, "items"), i, item)
            add_item(l, item, key);
    } else if (status != 401 && status != 404) {
        rc = query_failed(c, key, "/v1/pending", status, answer);
    }
    json_decref(answer);
    return rc;
}

int waiting_fetch(struct client *c, struct waiting_list *out)
{
    struct keyfile *keys[CLI_VALUES_MAX];
    size_t n = 0, answered = 0, locked = 0;
    int rc = client_ledger(c, NULL); /* units may be new, and amounts are shown in them */

    memset(out, 0, sizeof(*out));
    if (rc != PUMASI_OK)
        return rc;
    if (c->n_key_names > 0) {
        rc = client_keys(c, KEY_ANY_ROLE, NULL, keys, &n);
        if (rc != PUMASI_OK)
            return rc;
    } else {
        client_read_keys(c);
        for (size_t i = 0; i < c->n_keys && n < CLI_VALUES_MAX; i++) {
            if (c->keys[i]->holder[0] != '\0')
                keys[n++] = c->keys[i];
        }
    }
    for (size_t i = 0; rc == PUMASI_OK && i < n; i++) {
        bool known;

        if (client_unlock(keys[i]) != PUMASI_OK) { /* and says why */
            locked++;
            continue;
        }
        rc = fetch_one(c, keys[i], out, &known);
        answered += known;
    }
    if (rc == PUMASI_OK && n == 0)
        rc = client_any_key(c);
    if (rc == PUMASI_OK && answered == 0 && locked > 0)
        rc = PUMASI_FAILED;
    else if (rc == PUMASI_OK && answered == 0)
        rc =
            fail(PUMASI_FAILED,
                 n == 0 ? _("None of your keys says whom it speaks for. \"pumasi key list\" shows "
                            "what there is.")
                        : _("The ledger knows none of your keys yet: somebody has to register them "
                            "first, for example with \"pumasi member create\" or \"pumasi key "
                            "add\"."));
    if (rc != PUMASI_OK)
        waiting_list_free(out);
    return rc;
}

int waiting_find(const struct waiting_list *l, const char *jti, const struct waiting **out)
{
    char *safe;

    for (size_t i = 0; i < l->n; i++) {
        if (!str_eq(l->rows[i].act.jti, jti))
            continue;
        *out = &l->rows[i];
        return PUMASI_OK;
    }
    safe = say_safe(jti);
    (void)fail(PUMASI_FAILED,
               _("No act %s waits for you. It may have been posted or declined; \"pumasi "
                 "pending\" lists what waits."),
               safe);
    free(safe);
    return PUMASI_FAILED;
}
