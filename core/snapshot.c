/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/num.h"
#include "core/strict.h"
#include "core/tree.h"

/* "account" */
static const char *leaf_kind_name(enum leaf_kind kind)
{
    static const char *const names[LEAF_KINDS] = {"account", "book", "subject"};

    return names[kind];
}

static void put_int(struct buf *b, const char *member, int64_t n)
{
    buf_puts(b, member);
    buf_put_i64(b, n);
}

void leaf_put(struct buf *b, const struct leaf *l, int64_t size)
{
    buf_puts(b, "{\"leaf\":\"");
    buf_puts(b, leaf_kind_name(l->kind));
    buf_puts(b, "\",\"name\":\"");
    buf_puts(b, l->name);
    put_int(b, "\",\"size\":", size);
    if (l->kind == LEAF_ACCOUNT)
        put_int(b, ",\"balance\":", l->balance);
    put_int(b, ",\"seq\":", l->seq);
    put_int(b, ",\"index\":", l->index);
    buf_puts(b, ",\"salt\":\"");
    buf_put_b64u(b, l->salt, sizeof(l->salt));
    buf_puts(b, "\"}");
}

void leaf_hash(struct hash *out, const struct leaf *l, int64_t size)
{
    struct buf b = BUF_INIT;

    leaf_put(&b, l, size);
    tree_leaf_hash(out, b.data, b.len);
    buf_free(&b);
}

/* Names are written as they are: what would need an escape is none. */
static bool name_is_plain(const char *name)
{
    if (*name == '\0' || strlen(name) > LEAF_NAME_MAX)
        return false;
    for (; *name; name++)
        if (*name <= ' ' || *name > '~' || *name == '"' || *name == '\\')
            return false;
    return true;
}

static void read_leaf(struct leaf *out, int64_t *size, struct strict *in)
{
    const char *kind = strict_string(in, "leaf", STRICT_REQUIRED), *name, *salt;
    int k = 0;

    while (kind && k < LEAF_KINDS && !str_eq(kind, leaf_kind_name((enum leaf_kind)k)))
        k++;
    if (k == LEAF_KINDS)
        strict_fail(in, "leaf", "must be account, book or subject");
    out->kind = (enum leaf_kind)k;
    name = strict_string(in, "name", STRICT_REQUIRED);
    if (name && name_is_plain(name))
        str_copy(out->name, sizeof(out->name), name);
    else
        strict_fail(in, "name", "is no name");
    strict_int(in, "size", STRICT_REQUIRED, 1, NUM_MAX, size);
    if (out->kind == LEAF_ACCOUNT)
        strict_int(in, "balance", STRICT_REQUIRED, -NUM_MAX, NUM_MAX, &out->balance);
    strict_int(in, "seq", STRICT_REQUIRED, 1, NUM_MAX, &out->seq);
    strict_int(in, "index", STRICT_REQUIRED, 0, NUM_MAX, &out->index);
    salt = strict_string(in, "salt", STRICT_REQUIRED);
    if (salt && b64u_decode_exact(salt, strlen(salt), out->salt, sizeof(out->salt)) != 0)
        strict_fail(in, "salt", "isn't the base64url of 16 bytes");
}

int leaf_parse(struct leaf *out, int64_t *size, const char *s, size_t len)
{
    const char *why;
    struct buf again = BUF_INIT;
    struct strict in;
    struct value *json = strict_parse(s, len, &why);
    int ret = -1;

    memset(out, 0, sizeof(*out));
    if (!json)
        return -1;
    strict_begin(&in, json);
    read_leaf(out, size, &in);
    if (strict_end(&in) == 0) {
        leaf_put(&again, out, *size);
        ret = again.len == len && memcmp(again.data, s, len) == 0 ? 0 : -1;
    }
    buf_free(&again);
    value_free(json);
    return ret;
}

static const char *const begin[LEAF_KINDS] = {
    "{\"part\":\"posting\",\"salt\":\"",
    "{\"part\":\"book\",\"salt\":\"",
    "{\"part\":\"change\",\"salt\":\"",
};
static const char *const named[LEAF_KINDS] = {"\",\"account\":\"", "\",\"book\":\"",
                                              "\",\"subject\":\""};
#define SALT_LEN 22

bool leaf_part_name(char out[LEAF_NAME_MAX + 1], enum leaf_kind kind, const char *part, size_t len)
{
    const size_t begin_len = strlen(begin[kind]), named_len = strlen(named[kind]);
    const size_t before = begin_len + SALT_LEN + named_len;
    const char *name = part + before, *quote;

    if (len <= before || memcmp(part, begin[kind], begin_len) != 0 ||
        memcmp(name - named_len, named[kind], named_len) != 0)
        return false;
    quote = memchr(name, '"', len - before);
    if (!quote || quote - name > LEAF_NAME_MAX)
        return false;
    memcpy(out, name, (size_t)(quote - name));
    out[quote - name] = '\0';
    return true;
}

int leaf_take_salt(struct leaf *l, const char *parts, size_t len)
{
    for (const char *p = parts, *end = parts + len; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((stop ? stop : end) - p);
        char name[LEAF_NAME_MAX + 1];

        if (leaf_part_name(name, l->kind, p, n) && str_eq(name, l->name))
            return b64u_decode_exact(p + strlen(begin[l->kind]), SALT_LEN, l->salt,
                                     sizeof(l->salt));
        p += n + 1;
    }
    return -1;
}
