/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Query tokens. */
#include "ledgerd/auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/token.h"
#include "ledgerd/recovery_view.h"
#include "ledgerd/request.h"

/* Kept while the key is looked up. */
struct auth {
    struct token token;
    bool known; /* its key, in the keyring: on a ledgerd that never posted none is */
    bool pending_too;
};

static const char *bearer(const struct request *r)
{
    return http_head_field(http_conn_head(r->conn), "Authorization");
}

bool auth_offered(const struct request *r)
{
    return bearer(r) != NULL;
}

static void auth_free(void *state)
{
    struct auth *a = state;

    if (a != NULL) {
        token_free(&a->token);
        free(a);
    }
}

/* The key that the token names, if it is known. */
static const char *named_key(const struct request *r)
{
    const struct auth *a = r->state_free == auth_free ? r->state : NULL;

    return a != NULL && a->known ? a->token.kid.s : NULL;
}

/* True, and answered, when too much from there was refused. */
static bool turn_away(struct request *r)
{
    int wait = limits_wait_query(r->d->limits, &r->remote, named_key(r), limits_now());

    if (wait > 0) {
        atomic_fetch_add(&r->d->metrics->rate_limited, 1);
        request_limited(r, limits_why_refusals, wait);
    }
    return wait > 0;
}

static void deny(struct request *r, const char *why)
{
    limits_refused(r->d->limits, &r->remote, named_key(r), false, 1, limits_now());
    atomic_fetch_add(&r->d->metrics->bad_tokens, 1);
    request_header(r, "WWW-Authenticate", "Bearer");
    request_problem(r, PROBLEM_BAD_TOKEN, why);
}

void caller_scope(struct caller *c)
{
    c->coop[0] = '\0';
    switch (c->role) {
    case ROLE_TREASURER:
    case ROLE_REGISTRAR:
    case ROLE_AUDITOR:
        if (name_is_coop(c->holder)) {
            str_copy(c->coop, sizeof(c->coop), c->holder);
        }
        break;
    case ROLE_MEMBER:
    case ROLE_STEWARD:
    case ROLE_LOG:
    case ROLE_CLERK:
        break;
    }
}

/* Role and scope of a good key. */
static int caller_fill(struct caller *c, const struct token *t, const char *role)
{
    memset(c, 0, sizeof(*c));
    str_copy(c->holder, sizeof(c->holder), t->by);
    c->kid = t->kid;
    c->known = true;
    if (role[0] == '\0') {
        return 0;
    }
    c->registered = true;
    if (role_parse(role, &c->role) != 0) {
        return -1;
    }
    caller_scope(c);
    return 0;
}

static void auth_on_key(struct request *r, const PGresult *res)
{
    struct auth *a = r->state;
    const char *why = WIRE_("the key is not known here");
    struct key key;

    if (PQntuples(res) != 1 || !str_eq(col_text(res, 0, KEY_HOLDER), a->token.by)) {
        deny(r, why);
        return;
    }
    const char *role = col_text(res, 0, KEY_ROLE);
    const char *ledger_id = col_text(res, 0, KEY_LEDGER_ID);
    /* Before record 0 there is no id yet, and the origin stands for it, as in ledger.open. */
    const char *aud = ledger_id[0] != '\0' ? ledger_id : r->d->origin;
    if (role[0] == '\0' && !a->pending_too) {
        deny(r, why);
        return;
    }
    if (!col_bytes(res, 0, KEY_X, key.x, KEY_LEN)) {
        request_read_failed(r, READ_BROKEN);
        return;
    }
    if (token_check(&a->token, &key, aud, r->method, r->raw_path, request_now(), &why) != 0) {
        deny(r, why);
        return;
    }
    /* Said to nobody but whoever has the key. */
    if (col_bool(res, 0, KEY_REVOKED)) {
        deny(r, "the key was revoked");
        return;
    }
    if (caller_fill(&r->caller, &a->token, role) != 0) {
        deny(r, "the key's role is not known here");
        return;
    }
    recovery_header(r, res, 0, KEY_RECOVERY);
    r->state = NULL;
    r->state_free = NULL;
    auth_free(a);
    r->go(r);
}

void auth_check(struct request *r, bool pending_too)
{
    const char *header = bearer(r);
    const char *why = WIRE_("a query token is wanted: Authorization: Bearer …");
    struct auth *a;
    struct key key;

    if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0) {
        if (!turn_away(r)) {
            deny(r, why);
        }
        return;
    }
    header += 7 + strspn(header + 7, " ");
    a = x_calloc(1, sizeof(*a));
    a->pending_too = pending_too;
    if (token_parse(&a->token, header, strlen(header), &why) != 0) {
        free(a);
        if (!turn_away(r)) {
            deny(r, why);
        }
        return;
    }
    r->state = a;
    r->state_free = auth_free;
    a->known = keyring_get(r->d->keyring, &a->token.kid, &key);
    if (turn_away(r)) {
        return;
    }
    if (!name_is_holder(a->token.by)) {
        deny(r, WIRE_("the key is not known here"));
        return;
    }
    request_read(r, read_key(a->token.kid.s, a->token.by), auth_on_key);
}
