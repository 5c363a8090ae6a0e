/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/act.h"

#include <stdlib.h>
#include <string.h>

#include "core/act_row.h"
#include "core/b64.h"
#include "core/date.h"
#include "core/num.h"

const char *act_type_name(enum act_type type)
{
    return act_rows[type].name;
}

void parse_name(struct strict *in, const char *member, bool (*is)(const char *s), char *out,
                size_t size)
{
    const char *s = strict_string(in, member, STRICT_REQUIRED);

    if (!s)
        return;
    if (is(s) && strlen(s) < size)
        str_copy(out, size, s);
    else
        strict_fail(in, member, "isn't written as the protocol says");
}

void parse_holder(struct strict *in, const char *member, char *out, size_t size)
{
    parse_name(in, member, name_is_holder, out, size);
}

void parse_plain_text(struct strict *in, const char *member, char *out, size_t size)
{
    const char *s = strict_string(in, member, STRICT_REQUIRED);
    const char *fault;

    if (!s)
        return;
    fault = text_fault(s, strlen(s), size - 1);
    if (fault)
        strict_fail(in, member, fault);
    else
        str_copy(out, size, s);
}

void parse_hash(struct strict *in, const char *member, struct act_hash *out)
{
    const char *s = strict_string(in, member, STRICT_OPTIONAL);

    if (!s)
        return;
    if (hash_parse(&out->hash, s) != 0)
        strict_fail(in, member, "isn't the base64url of a SHA-256");
    out->there = true;
}

void parse_bounds(struct strict *in, const char *floor, const char *ceiling, struct act_bounds *out)
{
    strict_int(in, floor, STRICT_REQUIRED, NUM_MIN, NUM_MAX, &out->floor);
    if (strict_int_or_null(in, ceiling, NUM_MIN, NUM_MAX, &out->ceiling, &out->no_ceiling)) {
        if (out->no_ceiling)
            out->ceiling = 0;
        else if (out->ceiling < out->floor)
            strict_fail(in, ceiling, "lies below the floor");
    }
}

void parse_key(struct strict *in, const char *member, struct key *out)
{
    const struct value *jwk = strict_object(in, member, STRICT_REQUIRED);
    const char *why;

    if (jwk && key_from_jwk(jwk, out, &why) != 0)
        strict_fail(in, member, why);
}

void parse_keys(struct strict *in, const char *member, struct act_keys *out)
{
    const struct value *array = strict_array(in, member, STRICT_REQUIRED);
    const char *why;

    if (!array)
        return;
    if (array->n > ACT_KEYS_MAX) {
        strict_fail(in, member, "lists more than 100 keys");
        return;
    }
    out->keys = x_calloc(array->n, sizeof(*out->keys));
    for (const struct value *jwk = array->first; jwk; jwk = jwk->next) {
        if (key_from_jwk(jwk, &out->keys[out->n], &why) != 0) {
            strict_fail(in, member, why);
            return;
        }
        out->n++;
    }
    parse_distinct(in, member, (const struct act_keys *[]){out}, 1);
}

void parse_distinct(struct strict *in, const char *member, const struct act_keys *lists[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < lists[i]->n; k++)
            for (size_t j = i; j < n; j++)
                for (size_t m = j == i ? k + 1 : 0; m < lists[j]->n; m++)
                    if (memcmp(&lists[i]->keys[k], &lists[j]->keys[m], sizeof(struct key)) == 0)
                        strict_fail(in, member, "names the same key twice");
}

static bool find_type(const char *name, enum act_type *out)
{
    for (int i = 0; i < ACT_TYPE_COUNT; i++)
        if (str_eq(act_rows[i].name, name)) {
            *out = (enum act_type)i;
            return true;
        }
    return false;
}

/* Every act's members. */
static void parse_common(struct strict *in, struct act *a)
{
    const char *type = strict_string(in, "type", STRICT_REQUIRED);
    const char *aud = strict_string(in, "aud", STRICT_REQUIRED);

    if (type && !find_type(type, &a->type))
        strict_fail(in, "type", "names no act that there is");
    if (aud) {
        if (strlen(aud) == 0 || strlen(aud) >= sizeof(a->aud))
            strict_fail(in, "aud", "is no ledger's id");
        else
            str_copy(a->aud, sizeof(a->aud), aud);
    }
    parse_holder(in, "by", a->by, sizeof(a->by));
    parse_name(in, "jti", name_is_jti, a->jti, sizeof(a->jti));
    if (strict_int(in, "iat", STRICT_REQUIRED, 0, NUM_MAX / 1000, &a->iat) &&
        strict_int(in, "exp", STRICT_REQUIRED, 0, NUM_MAX / 1000, &a->exp) &&
        (a->exp <= a->iat || a->exp > a->iat + ACT_LIFETIME_MAX))
        strict_fail(in, "exp", "must lie after iat, by at most 30 days");
}

int act_parse(struct act *out, const struct envelope *env, struct refusal *r)
{
    const char *why;
    struct strict in;
    struct value *payload = strict_parse(env->payload, env->payload_len, &why);

    memset(out, 0, sizeof(*out));
    if (!payload)
        return refuse(r, REFUSED_MALFORMED, "The payload isn't JSON as it has to be: it %s.", why);
    strict_begin(&in, payload);
    parse_common(&in, out);
    out->payload_hash = env->payload_hash;
    if (!in.fault)
        act_rows[out->type].parse(&in, out);
    if (strict_end(&in) != 0) {
        refuse(r, REFUSED_MALFORMED, "In the payload, %.24s %s.",
               in.where ? in.where : N_("one of its members"), in.fault);
        act_free(out);
        value_free(payload);
        return -1;
    }
    value_free(payload);
    return 0;
}

/* The lists that an act of this type owns. */
void act_free(struct act *a)
{
    if (a->type == ACT_LEDGER_OPEN) {
        free(a->u.ledger_open.stewards.keys);
    } else if (a->type == ACT_COOP_CREATE) {
        free(a->u.coop_create.treasurers.keys);
        free(a->u.coop_create.registrars.keys);
    } else if (a->type == ACT_MEMBER_CREATE) {
        free(a->u.member.keys.keys);
    } else if (a->type == ACT_KEY_RECOVER) {
        free(a->u.recover.keys.keys);
    } else if (a->type == ACT_CLEARING_POST) {
        free(a->u.clearing.consents);
    } else if (a->type == ACT_LEDGER_CONTINUE) {
        free(a->u.ledger_continue.kept);
    }
    memset(a, 0, sizeof(*a));
}

/* The hash in the act that a text's field answers; NULL when the type has no such text. */
static const struct act_hash *text_slot(const struct act *a, const char *field)
{
    switch (a->type) {
    case ACT_MEMBER_CREATE:
    case ACT_MEMBER_UPDATE:
    case ACT_MEMBER_FREEZE:
    case ACT_MEMBER_UNFREEZE:
    case ACT_MEMBER_CLOSE:
        if (str_eq(field, "name"))
            return &a->u.member.name;
        return str_eq(field, "reason") ? &a->u.member.reason : NULL;
    case ACT_ACCOUNT_LIMITS:
        return str_eq(field, "reason") ? &a->u.account_limits.reason : NULL;
    case ACT_TRANSFER:
    case ACT_REQUEST:
        return str_eq(field, "memo") ? &a->u.transfer.memo : NULL;
    case ACT_REVERSAL:
        return str_eq(field, "reason") ? &a->u.reversal.reason : NULL;
    case ACT_DECLINE:
        return str_eq(field, "reason") ? &a->u.decline.reason : NULL;
    case ACT_CLEARING_DECLINE:
        return str_eq(field, "reason") ? &a->u.clearing.reason : NULL;
    case ACT_ESTATE:
        return str_eq(field, "reason") ? &a->u.estate.reason : NULL;
    case ACT_SETTLEMENT:
        return str_eq(field, "reference") ? &a->u.settlement.reference : NULL;
    case ACT_COOP_CLOSE:
        return str_eq(field, "reason") ? &a->u.coop_close.reason : NULL;
    case ACT_KEY_RECOVER:
    case ACT_KEY_OBJECT:
    case ACT_KEY_RECOVER_FINISH:
        return str_eq(field, "reason") ? &a->u.recover.reason : NULL;
    case ACT_LEDGER_OPEN:
    case ACT_UNIT_CREATE:
    case ACT_COOP_CREATE:
    case ACT_COOP_POLICY:
    case ACT_RECORD_ALLOW:
    case ACT_KEY_ADD:
    case ACT_KEY_REVOKE:
    case ACT_THRESHOLD_SET:
    case ACT_SNAPSHOT:
    case ACT_LINE_SET:
    case ACT_CLEARING_PROPOSE:
    case ACT_CLEARING_CONSENT:
    case ACT_CLEARING_POST:
    case ACT_LEDGER_CONTINUE:
    case ACT_LEVY:
        return NULL;
    }
    return NULL;
}

int act_check_texts(const struct act *a, const struct submission *s, struct refusal *r)
{
    for (size_t i = 0; i < s->n_texts; i++) {
        const struct submitted_text *t = &s->texts[i];
        const struct act_hash *slot = text_slot(a, t->field);
        const char *fault =
            text_fault(t->text, t->len, str_eq(t->field, "name") ? TEXT_NAME_MAX : TEXT_MEMO_MAX);
        struct hash hash;

        if (fault)
            return refuse(r, REFUSED_MALFORMED, "The text \"%s\" %s.", t->field, fault);
        if (!slot || !slot->there)
            return refuse(r, REFUSED_TEXT_MISMATCH,
                          "A text \"%s\" came along, and the act has no hash of one.", t->field);
        text_hash(&hash, t->salt, t->text, t->len);
        if (!hash_eq(&hash, &slot->hash))
            return refuse(r, REFUSED_TEXT_MISMATCH,
                          "The text \"%s\" and its salt don't hash to what was signed.", t->field);
    }
    return 0;
}
