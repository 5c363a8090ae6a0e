/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/subject_read.h"

#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/num.h"
#include "core/strict.h"

int change_read(struct change_read *out, const char *part, size_t len)
{
    struct strict in;
    const char *kind, *salt, *subject;

    memset(out, 0, sizeof(*out));
    out->json = value_parse(part, len);
    if (!out->json)
        return -1;
    strict_begin(&in, out->json);
    kind = strict_string(&in, "part", STRICT_REQUIRED);
    salt = strict_string(&in, "salt", STRICT_REQUIRED);
    subject = strict_string(&in, "subject", STRICT_REQUIRED);
    strict_int(&in, "seq", STRICT_REQUIRED, 1, NUM_MAX, &out->seq);
    out->state = strict_object(&in, "state", STRICT_REQUIRED);
    if (strict_end(&in) != 0 || !str_eq(kind, "change") || strlen(subject) >= sizeof(out->name) ||
        b64u_decode_exact(salt, strlen(salt), out->salt, sizeof(out->salt)) != 0) {
        change_read_free(out);
        return -1;
    }
    str_copy(out->name, sizeof(out->name), subject);
    return 0;
}

void change_read_free(struct change_read *c)
{
    value_free(c->json);
    memset(c, 0, sizeof(*c));
}

/* Lists of keys by their x, as they stand in a state. */
struct key_lists {
    size_t n;
    struct holder_key keys[3 * ACT_KEYS_MAX];
};

static void read_keys(struct strict *in, const char *member, enum role role, struct key_lists *out)
{
    const struct value *array = strict_array(in, member, STRICT_REQUIRED);

    for (const struct value *v = array ? array->first : NULL; v; v = v->next) {
        struct holder_key *k = &out->keys[out->n];
        const char *x = value_text(v);

        if (out->n == ARRAY_LEN(out->keys) || !x ||
            b64u_decode_exact(x, strlen(x), k->key.x, KEY_LEN) != 0) {
            strict_fail(in, member, N_("they are no keys"));
            return;
        }
        k->role = role;
        out->n++;
    }
}

static void read_state(struct strict *in, struct holder *h)
{
    const char *state = strict_string(in, "state", STRICT_REQUIRED);

    for (h->state = HOLDER_ACTIVE; state && h->state < HOLDER_CLOSED; h->state++)
        if (str_eq(state, holder_state_name(h->state)))
            break;
    if (state && !str_eq(state, holder_state_name(h->state)))
        strict_fail(in, "state", N_("is unknown"));
}

static void read_member(struct strict *in, struct holder *h, struct key_lists *keys)
{
    const char *by, *hash;

    read_state(in, h);
    if (h->state == HOLDER_FROZEN) {
        by = strict_string(in, "frozen_by", STRICT_REQUIRED);
        h->frozen_by_office = by && str_eq(by, "office");
    }
    hash = strict_string(in, "name_hash", STRICT_OPTIONAL);
    h->name.there = hash != NULL;
    if (hash && hash_parse(&h->name.hash, hash) != 0)
        strict_fail(in, "name_hash", N_("is no hash"));
    if (h->kind == HOLDER_PURSE)
        return;
    strict_bool(in, "allowed", STRICT_REQUIRED, &h->allowed);
    strict_int(in, "threshold", STRICT_REQUIRED, 1, ACT_KEYS_MAX, &h->threshold);
    read_keys(in, "keys", ROLE_MEMBER, keys);
}

/* What the kind says besides keys goes into *h, whose strings are *title and *zone. */
static void read_kind(struct strict *in, struct holder *h, struct key_lists *keys,
                      const char **title, const char **zone)
{
    switch (h->kind) {
    case HOLDER_LEDGER:
        *title = strict_string(in, "name", STRICT_REQUIRED);
        *zone = strict_string(in, "zone", STRICT_REQUIRED);
        strict_int(in, "rules", STRICT_REQUIRED, 1, NUM_MAX, &h->rules);
        read_keys(in, "log", ROLE_LOG, keys);
        read_keys(in, "clerk", ROLE_CLERK, keys);
        break;
    case HOLDER_STEWARDS:
        strict_int(in, "threshold", STRICT_REQUIRED, 1, ACT_KEYS_MAX, &h->threshold);
        read_keys(in, "stewards", ROLE_STEWARD, keys);
        break;
    case HOLDER_COOP:
        *title = strict_string(in, "name", STRICT_REQUIRED);
        read_state(in, h);
        strict_int(in, "threshold", STRICT_REQUIRED, 1, ACT_KEYS_MAX, &h->threshold);
        read_keys(in, "treasurers", ROLE_TREASURER, keys);
        read_keys(in, "registrars", ROLE_REGISTRAR, keys);
        read_keys(in, "auditors", ROLE_AUDITOR, keys);
        break;
    case HOLDER_PERSON:
    case HOLDER_PURSE:
        read_member(in, h, keys);
        break;
    case HOLDER_AUDITORS:
        read_keys(in, "auditors", ROLE_AUDITOR, keys);
        break;
    }
}

/* The kind of holder that a name and a state's `kind` together mean. */
static bool kind_of(const char *name, const char *word, enum holder_kind *out)
{
    static const enum holder_kind kinds[] = {HOLDER_LEDGER, HOLDER_STEWARDS, HOLDER_COOP,
                                             HOLDER_PERSON, HOLDER_PURSE,    HOLDER_AUDITORS};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        bool address = kinds[i] == HOLDER_PERSON || kinds[i] == HOLDER_PURSE;

        if (!str_eq(word, holder_kind_name(kinds[i])))
            continue;
        *out = kinds[i];
        if (kinds[i] == HOLDER_COOP)
            return name_is_coop(name);
        if (address)
            return name_is_address(name);
        return str_eq(name, kinds[i] == HOLDER_AUDITORS ? "*" : word);
    }
    return false;
}

struct holder *holder_of_change(const struct change_read *c, int64_t record)
{
    const char *word, *title = "", *zone = "";
    struct key_lists *keys;
    struct holder read = {0}, *h = NULL;
    struct strict in;

    strict_begin(&in, c->state);
    word = strict_string(&in, "kind", STRICT_REQUIRED);
    if (!word || !kind_of(c->name, word, &read.kind))
        return NULL;
    keys = x_calloc(1, sizeof(*keys));
    read_kind(&in, &read, keys, &title, &zone);
    if (!in.fault) { /* a state may have members that are of no concern here */
        h = holder_new(c->name, title, zone, keys->n);
        h->kind = read.kind;
        h->state = read.state;
        h->subject = (struct subject){c->seq, record};
        h->frozen_by_office = read.frozen_by_office;
        h->allowed = read.allowed;
        h->name = read.name;
        h->rules = read.rules;
        h->threshold = read.threshold;
        memcpy(h->keys, keys->keys, keys->n * sizeof(*keys->keys));
        holder_sort_keys(h);
    }
    free(keys);
    return h;
}

/* Every key of a holder that had it before and no longer has it is revoked; the others are in
 * force. */
static void put_keys(struct state *s, const struct holder *h, const struct holder *before)
{
    for (int old = 1; old >= 0; old--) {
        const struct holder *from = old ? before : h;

        for (size_t i = 0; from && i < from->n_keys; i++) {
            struct key_row *row;
            struct kid kid;

            key_kid(&kid, &from->keys[i].key);
            row = key_row_new(&kid, h->thing.name);
            row->key = from->keys[i].key;
            row->role = from->keys[i].role;
            row->revoked = old;
            state_put(s, THING_KEY, &row->thing);
        }
    }
}

void holder_learn(struct state *s, const struct holder *h, int64_t seq, int64_t record)
{
    const struct holder *before = state_holder(s, h->thing.name);
    struct holder *after = holder_copy(h, h->n_keys);

    after->subject = (struct subject){seq, record};
    put_keys(s, after, before);
    state_put(s, THING_HOLDER, &after->thing);
    state_commit(s);
}

int unit_of_change(const struct change_read *c, char *name, char *title, int64_t *scale,
                   enum unit_kind *kind)
{
    const char *text, *word;
    struct strict in;

    if (strncmp(c->name, "unit:", 5) != 0 || !name_is_unit(c->name + 5))
        return -1;
    strict_begin(&in, c->state);
    text = strict_string(&in, "name", STRICT_REQUIRED);
    strict_int(&in, "scale", STRICT_REQUIRED, 1, 1000000000, scale);
    word = strict_string(&in, "kind", STRICT_REQUIRED);
    if (strict_end(&in) != 0 || strlen(text) > TEXT_NAME_MAX || unit_kind_parse(word, kind) != 0)
        return -1;
    str_copy(name, UNIT_MAX + 1, c->name + 5);
    str_copy(title, TEXT_NAME_MAX + 1, text);
    return 0;
}
