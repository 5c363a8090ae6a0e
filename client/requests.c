/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/requests.h"

#include <stdlib.h>
#include <string.h>

#include "client/problem.h"
#include "client/query.h"

void requests_free(struct request_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        json_decref(l->rows[i].item);
    free(l->rows);
    memset(l, 0, sizeof(*l));
}

/* --- whom to ask as --- */

/* Members ask and are asked; an office for its purses and for members without a device. */
static bool may_have_requests(const struct keyfile *k)
{
    return k->role == ROLE_MEMBER || k->role == ROLE_TREASURER || k->role == ROLE_REGISTRAR;
}

/* One key a holder and role is enough, best one that needs no passphrase. */
static size_t own_keys(struct client *c, struct keyfile **out)
{
    size_t n = 0;

    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys; i++) {
        struct keyfile *k = c->keys[i];
        size_t at = 0;

        if (!may_have_requests(k) || k->holder[0] == '\0')
            continue;
        while (at < n && !(out[at]->role == k->role && str_eq(out[at]->holder, k->holder)))
            at++;
        if (at < n && out[at]->sealed && !k->sealed)
            out[at] = k;
        else if (at == n && n < CLI_VALUES_MAX)
            out[n++] = k;
    }
    return n;
}

/* --- the list --- */

/* One key's list on its way into the whole. */
struct taking {
    struct client *c;
    struct request_list *l;
    struct keyfile *key;
    json_t *members; /* those whom the key's office was asked about, by their address */
    int rc;
};

/* What the office knows of one of its members; NULL where that isn't to be had. */
static const json_t *member_of(struct taking *t, const char *member)
{
    json_t *known;

    if (!name_is_address(member) || !str_eq(name_coop_start(member), t->key->holder))
        return NULL;
    known = json_object_get(t->members, member);
    if (known == NULL && t->rc == PUMASI_OK) {
        t->rc = query_member(t->c, t->key, member, &known);
        if (t->rc == PUMASI_OK)
            json_object_set_new(t->members, member, known);
    }
    return known;
}

/* Does the key speak for that member: as itself, as its purse's treasurer, as the registrar of one
 * who has no device, or who lets registrars record? */
static bool speaks_for(struct taking *t, const char *member)
{
    const json_t *m;
    bool purse;

    if (t->key->role == ROLE_MEMBER)
        return str_eq(t->key->holder, member);
    m = member_of(t, member);
    if (m == NULL)
        return false;
    purse = str_eq(json_text(m, "kind"), "purse");
    if (t->key->role == ROLE_TREASURER)
        return purse;
    return t->key->role == ROLE_REGISTRAR && !purse &&
           (json_array_size(json_object_get(m, "keys")) == 0 ||
            json_is_true(json_object_get(m, "allowed")));
}

static int take(void *arg, json_t *item)
{
    struct taking *t = arg;
    struct request_list *l = t->l;
    bool pays = speaks_for(t, json_text(item, "from"));
    bool asks = t->key->role != ROLE_REGISTRAR && speaks_for(t, json_text(item, "to"));
    struct request_row *row = NULL;

    for (size_t i = 0; row == NULL && i < l->n; i++) {
        if (json_number(l->rows[i].item, "index") == json_number(item, "index"))
            row = &l->rows[i];
    }
    if (row == NULL) {
        l->rows = x_realloc(l->rows, (l->n + 1) * sizeof(*l->rows));
        row = &l->rows[l->n++];
        *row = (struct request_row){.item = json_incref(item), .key = t->key, .others = true};
    }
    if (pays && str_eq(json_text(item, "state"), "open"))
        row->mine = true;
    if (pays || asks)
        row->others = false;
    return t->rc;
}

static int rank(const struct request_row *row)
{
    return row->mine ? 0 : str_eq(json_text(row->item, "state"), "open") ? 1 : 2;
}

static int compare(const void *a, const void *b)
{
    const struct request_row *x = a, *y = b;
    int64_t i = json_number(x->item, "index"), k = json_number(y->item, "index");
    int r = rank(x), s = rank(y);

    if (r != s)
        return r < s ? -1 : 1;
    if (i == k)
        return 0;
    return (i < k) == (r < 2) ? -1 : 1;
}

/* What one key may see. A key that the ledger doesn't know is passed over: *known says so. */
static int fetch_one(struct client *c, struct keyfile *key, const char *path,
                     struct request_list *l, bool *known)
{
    struct taking t = {.c = c, .l = l, .key = key};
    json_t *answer = NULL;
    long status;
    int rc = query_status(c, key, path, &status, &answer);

    *known = rc == PUMASI_OK && status == 200;
    if (rc == PUMASI_OK && status != 200 && status != 401)
        rc = query_failed(c, key, path, status, answer);
    json_decref(answer);
    if (rc == PUMASI_OK && *known) {
        t.members = json_object();
        rc = query_list(c, key, path, 0, take, &t);
        json_decref(t.members);
    }
    return rc;
}

int requests_fetch(struct client *c, const char *state, struct request_list *out)
{
    struct keyfile *keys[CLI_VALUES_MAX];
    size_t n = 0, answered = 0, locked = 0;
    char *path =
        state == NULL ? x_strdup("/v1/requests") : x_asprintf("/v1/requests?state=%s", state);
    int rc = PUMASI_OK;

    memset(out, 0, sizeof(*out));
    if (c->n_key_names > 0)
        rc = client_keys(c, KEY_ANY_ROLE, NULL, keys, &n);
    else
        n = own_keys(c, keys);
    for (size_t i = 0; rc == PUMASI_OK && i < n; i++) {
        bool known;

        if (client_unlock(keys[i]) != PUMASI_OK) { /* and says why */
            locked++;
            continue;
        }
        rc = fetch_one(c, keys[i], path, out, &known);
        answered += known;
    }
    free(path);
    if (rc == PUMASI_OK && n == 0)
        rc = client_any_key(c);
    if (rc == PUMASI_OK && answered == 0 && locked > 0)
        rc = PUMASI_FAILED;
    else if (rc == PUMASI_OK && answered == 0)
        rc = fail(PUMASI_FAILED,
                  n == 0 ? _("None of your keys is a member's or an office's. \"pumasi key list\" "
                             "shows what there is.")
                         : _("The ledger knows none of your keys yet: the office has to register "
                             "them first."));
    if (out->n > 1)
        qsort(out->rows, out->n, sizeof(out->rows[0]), compare);
    return rc;
}

/* --- one of them --- */

#define FOUND (-1)

struct looking {
    int64_t index;
    json_t *item;
};

/* Newest first: what is past the index isn't there. */
static int look(void *arg, json_t *item)
{
    struct looking *l = arg;

    if (json_number(item, "index") > l->index)
        return PUMASI_OK;
    if (json_number(item, "index") == l->index)
        l->item = json_incref(item);
    return FOUND;
}

int requests_check_open(struct client *c, const struct keyfile *key, int64_t index)
{
    struct looking l = {.index = index};
    int rc = c->json ? PUMASI_OK : query_list(c, key, "/v1/requests", 0, look, &l);
    const char *state = json_text(l.item, "state");
    json_t *answer = json_object_get(l.item, "answer");

    if (rc == FOUND)
        rc = PUMASI_OK;
    if (rc == PUMASI_OK && str_eq(state, "paid"))
        rc = fail(PUMASI_FAILED, _("Request %lld was paid before, by record %lld."),
                  (long long)index, (long long)json_integer_value(answer));
    else if (rc == PUMASI_OK && str_eq(state, "closed") && json_is_integer(answer))
        rc = fail(PUMASI_FAILED,
                  _("Request %lld was declined or withdrawn before: \"pumasi show %lld\" says by "
                    "whom and why."),
                  (long long)index, (long long)json_integer_value(answer));
    else if (rc == PUMASI_OK && str_eq(state, "closed")) {
        char *expires = say_safe(json_text(l.item, "expires"));

        rc = fail(PUMASI_FAILED,
                  _("Request %lld could be answered until %s only. Whoever asked may ask anew."),
                  (long long)index, expires);
        free(expires);
    }
    json_decref(l.item);
    return rc;
}
