/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/cited.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/query.h"
#include "client/receipt.h"
#include "core/num.h"
#include "core/record.h"

void cited_free(struct cited *r)
{
    waiting_free(&r->w);
    memset(r, 0, sizeof(*r));
}

struct render_named cited_named(const struct cited *r)
{
    return (struct render_named){
        .act = &r->w.act, .s = &r->w.s, .index = r->index, .time = r->time};
}

char *cited_text(const struct cited *r, const char *field, const struct act_hash *signed_hash)
{
    const struct submitted_text *t = render_text(&r->w.s, field, signed_hash);

    return t == NULL ? NULL : x_strdup(t->text);
}

int cited_index(const char *text, int64_t *out)
{
    char *safe;

    if (num_parse(text, strlen(text), 0, NUM_MAX, out) == 0)
        return PUMASI_OK;
    safe = say_safe(text);
    (void)fail(PUMASI_USAGE,
               _("\"%s\" is no record's number. \"pumasi requests\" and \"pumasi history\" show "
                 "them in their first column."),
               safe);
    free(safe);
    return PUMASI_USAGE;
}

/* --- verifying --- */

/* The header at its index, under a checkpoint that the log key has signed. */
static int check_proof(const struct profile *p, const json_t *record, const json_t *proof,
                       int64_t index, struct record_header *h, struct cited *out, const char **why)
{
    const char *header = json_text(record, "header");
    struct receipt receipt;
    json_t *all;
    int rc;

    if (record_header_parse(h, header, strlen(header), why) != 0)
        return -1;
    if (h->index != index) {
        *why = _("it is another record");
        return -1;
    }
    time_text(out->time, h->ms);
    all = json_pack("{s:I, s:s, s:s, s:s}", "index", (json_int_t)index, "time", out->time, "header",
                    header, "proof", json_text(proof, "proof"));
    rc = receipt_verify(&receipt, all, NULL, NULL, p->origin, &p->log_key, why);
    json_decref(all);
    return rc;
}

/* The act's part, and that the header has its hash. */
static int take_act(const struct profile *p, const json_t *record, const struct record_header *h,
                    struct cited *out, const char **why)
{
    const char *text = json_string_value(json_array_get(json_object_get(record, "parts"), 0));
    struct hash hash;
    json_t *part, *item;
    char *fault;
    int rc;

    hash_bytes(&hash, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
    if (text == NULL || h->n_parts == 0 || !hash_eq(&hash, &h->parts[0])) {
        *why = _("its act isn't the one in its header");
        return -1;
    }
    part = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    item = json_pack("{s:O*, s:O*}", "act", json_object_get(part, "act"), "texts",
                     json_object_get(record, "texts"));
    rc = waiting_read(&out->w, item, &fault);
    json_decref(item);
    json_decref(part);
    if (rc != 0) {
        free(fault);
        *why = _("its act can't be read by this program");
        return -1;
    }
    /* Record 0 names the origin, as the id follows from that record. */
    if (p->ledger_id == NULL || !str_eq(out->w.act.aud, h->index == 0 ? p->origin : p->ledger_id)) {
        waiting_free(&out->w);
        *why = _("its act is for another ledger");
        return -1;
    }
    return 0;
}

int cited_verify(const struct profile *p, const json_t *record, const json_t *proof, int64_t index,
                 struct cited *out, const char **why)
{
    struct record_header h = {0};
    int rc;

    memset(out, 0, sizeof(*out));
    rc = check_proof(p, record, proof, index, &h, out, why);
    if (rc == 0)
        rc = take_act(p, record, &h, out, why);
    record_header_free(&h);
    if (rc != 0)
        return -1;
    out->index = index;
    return 0;
}

/* What doesn't verify is kept as evidence, and nothing is signed on it. */
static int accuse(const struct client *c, const json_t *record, int64_t index, const char *why)
{
    char *name = x_asprintf("record-%" PRId64, index), *text = json_dumps(record, JSON_COMPACT);
    int rc = receipt_accuse(&c->profile, name, text == NULL ? "" : text, why);

    free(text);
    free(name);
    return rc;
}

/* --- asking --- */

static int read_one(struct client *c, const struct keyfile *key, int64_t index, json_t *record,
                    struct cited *out)
{
    char *path = x_asprintf("/v1/records/%" PRId64 "/proof", index);
    const char *why;
    json_t *proof;
    int rc = query_get(c, key, path, &proof);

    free(path);
    if (rc != PUMASI_OK)
        return rc;
    if (cited_verify(&c->profile, record, proof, index, out, &why) != 0)
        rc = accuse(c, record, index, why);
    json_decref(proof);
    return rc;
}

/* *found: the key may see the record's act, and rc tells whether it verified. */
static int try_key(struct client *c, struct keyfile *key, int64_t index, struct cited *out,
                   bool *found)
{
    char *path = x_asprintf("/v1/records/%" PRId64, index);
    json_t *record = NULL;
    const char *first;
    long status;
    int rc = query_status(c, key, path, &status, &record);

    *found = false;
    if (rc == PUMASI_OK && status == 200) {
        /* An office sees of some records only what concerns its book. */
        first = json_string_value(json_array_get(json_object_get(record, "parts"), 0));
        *found = first != NULL && strncmp(first, "{\"part\":\"act\"", 13) == 0;
        if (*found)
            rc = read_one(c, key, index, record, out);
    } else if (rc == PUMASI_OK && status != 404 && status != 401) {
        rc = query_failed(c, key, path, status, record);
    }
    json_decref(record);
    free(path);
    return rc;
}

/* The keys to ask with; of the profile's own, those that need no passphrase first. */
static int candidates(struct client *c, struct keyfile *key, struct keyfile **out, size_t *n)
{
    *n = 0;
    if (key != NULL) {
        out[(*n)++] = key;
        return PUMASI_OK;
    }
    if (c->n_key_names > 0)
        return client_keys(c, KEY_ANY_ROLE, NULL, out, n);
    client_read_keys(c);
    for (int locked = 0; locked < 2; locked++) {
        for (size_t i = 0; i < c->n_keys && *n < CLI_VALUES_MAX; i++) {
            struct keyfile *k = c->keys[i];

            if (k->holder[0] != '\0' && (k->secret == NULL && k->sealed) == (locked == 1))
                out[(*n)++] = k;
        }
    }
    return PUMASI_OK;
}

int cited_try(struct client *c, struct keyfile *key, int64_t index, struct cited *out, bool *found)
{
    struct keyfile *keys[CLI_VALUES_MAX];
    size_t n;
    int rc = candidates(c, key, keys, &n);

    memset(out, 0, sizeof(*out));
    *found = false;
    for (size_t i = 0; rc == PUMASI_OK && !*found && i < n; i++) {
        if (client_unlock(keys[i]) == PUMASI_OK)
            rc = try_key(c, keys[i], index, out, found);
    }
    return rc;
}

int cited_fetch(struct client *c, struct keyfile *key, int64_t index, struct cited *out)
{
    bool found;
    int rc = cited_try(c, key, index, out, &found);

    if (rc == PUMASI_OK && !found)
        rc = fail(PUMASI_FAILED,
                  _("There is no record %" PRId64 ", or none of these keys may see it. \"pumasi "
                    "requests\" and \"pumasi history\" show the numbers that there are."),
                  index);
    return rc;
}
