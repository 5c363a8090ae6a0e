/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/value.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/num.h"

#define BLOCK_LEN 24 /* a transfer has 10 values, what it is sent in 6 */
#define PAIRS_MAX 16 /* so many names are compared each with each; more are sorted */

struct block {
    struct block *next;
    size_t n;
    struct value values[BLOCK_LEN];
};

struct tree {
    struct value root; /* first, so that it stands for the tree */
    struct block *last;
    struct block block;
    char text[]; /* all strings, each with a NUL */
};

/* What is read and how far; where the next string goes. */
struct reader {
    const char *s, *end;
    char *text;
    struct tree *tree;
};

static bool read_value(struct reader *in, struct value *v, int depth);

static struct value *new_value(struct tree *tree)
{
    struct block *b = tree->last;

    if (b->n == BLOCK_LEN) {
        b = x_malloc(sizeof(*b));
        b->next = tree->last;
        b->n = 0;
        tree->last = b;
    }
    return &b->values[b->n++];
}

static void skip_space(struct reader *in)
{
    while (in->s < in->end && (*in->s == ' ' || *in->s == '\n' || *in->s == '\t' || *in->s == '\r'))
        in->s++;
}

/* Takes this character, and the space before it. */
static bool take(struct reader *in, char c)
{
    skip_space(in);
    if (in->s == in->end || *in->s != c)
        return false;
    in->s++;
    return true;
}

/* ---- Strings ---- */

/* Four hexadecimal digits; -1 when they aren't. */
static int32_t read_hex(struct reader *in)
{
    int32_t n = 0;

    if (in->end - in->s < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = num_hex(*in->s++);

        if (digit < 0)
            return -1;
        n = n * 16 + digit;
    }
    return n;
}

/* The character of an escape behind its "\u", and that of the second half of a pair; -1 for half a
 * pair and for U+0000. */
static int32_t read_escaped(struct reader *in)
{
    int32_t c = read_hex(in), low;

    if (c < 0xd800 || c > 0xdfff)
        return c > 0 ? c : -1;
    if (c > 0xdbff || in->end - in->s < 2 || in->s[0] != '\\' || in->s[1] != 'u')
        return -1;
    in->s += 2;
    low = read_hex(in);
    return low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

/* What a backslash begins. No escape is shorter than what it stands for. */
static bool read_escape(struct reader *in)
{
    static const char names[] = "\"\\/bfnrt", chars[] = "\"\\/\b\f\n\r\t";
    const char *name;
    int32_t c;

    if (in->end - in->s < 2)
        return false;
    c = in->s[1];
    in->s += 2;
    if (c == 'u') {
        c = read_escaped(in);
        if (c < 0)
            return false;
        in->text += utf8proc_encode_char(c, (utf8proc_uint8_t *)in->text);
        return true;
    }
    name = c == '\0' ? NULL : strchr(names, c);
    if (!name)
        return false;
    *in->text++ = chars[name - names];
    return true;
}

/* One character beyond ASCII. */
static bool read_high(struct reader *in)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)in->s, in->end - in->s, &c);

    if (n <= 0)
        return false;
    memcpy(in->text, in->s, (size_t)n);
    in->s += n;
    in->text += n;
    return true;
}

/* What stands in a string for itself. */
static const bool is_plain[256] = {
    [' ' ... '!'] = true,
    ['#' ... '['] = true,
    [']' ... 0x7f] = true,
};

/* Do all of eight bytes? The tests for a byte below 0x20 or equal to one may also tell of the byte
 * above such a one, which is as good: then it is looked for byte by byte. */
static bool are_plain(const char *s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t w, quote, backslash;

    memcpy(&w, s, sizeof(w));
    quote = w ^ ones * '"';
    backslash = w ^ ones * '\\';
    return ((w | (w - ones * 0x20) | (quote - ones) | (backslash - ones)) & tops) == 0;
}

/* A string, from its quote on; NULL when it is none. */
static const char *read_string(struct reader *in)
{
    const char *start = in->text;

    if (!take(in, '"'))
        return NULL;
    for (;;) {
        const char *from = in->s;

        while (in->end - in->s >= 8 && are_plain(in->s))
            in->s += 8;
        while (in->s < in->end && is_plain[(unsigned char)*in->s])
            in->s++;
        memcpy(in->text, from, (size_t)(in->s - from));
        in->text += in->s - from;
        if (in->s == in->end)
            return NULL;
        if (*in->s == '"')
            break;
        if (!(*in->s == '\\' ? read_escape(in) : (unsigned char)*in->s >= 0x80 && read_high(in)))
            return NULL;
    }
    in->s++;
    *in->text++ = '\0';
    return start;
}

/* ---- Objects and arrays ---- */

static bool same_name(const struct value *a, const struct value *b)
{
    return a->name[0] == b->name[0] && strcmp(a->name, b->name) == 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const struct value *const *)a)->name, (*(const struct value *const *)b)->name);
}

/* Each name once. */
static bool is_distinct(const struct value *object)
{
    const struct value **sorted;
    size_t i = 0;
    bool distinct = true;

    if (object->n <= PAIRS_MAX) {
        for (const struct value *a = object->first; a; a = a->next)
            for (const struct value *b = a->next; b; b = b->next)
                if (same_name(a, b))
                    return false;
        return true;
    }
    sorted = x_malloc(object->n * sizeof(*sorted));
    for (const struct value *v = object->first; v; v = v->next)
        sorted[i++] = v;
    qsort(sorted, object->n, sizeof(*sorted), compare_names);
    for (i = 1; i < object->n && distinct; i++)
        distinct = !same_name(sorted[i - 1], sorted[i]);
    free(sorted);
    return distinct;
}

/* Members or items, from the bracket on. */
static bool read_inner(struct reader *in, struct value *outer, int depth)
{
    bool object = *in->s++ == '{';
    char close = object ? '}' : ']';
    const struct value **last = &outer->first;

    outer->kind = object ? VALUE_OBJECT : VALUE_ARRAY;
    outer->first = NULL;
    outer->n = 0;
    if (depth > VALUE_DEPTH_MAX)
        return false;
    if (take(in, close))
        return true;
    do {
        struct value *v = new_value(in->tree);

        v->next = NULL;
        v->name = NULL;
        if (object) {
            v->name = read_string(in);
            if (!v->name || !take(in, ':'))
                return false;
        }
        if (!read_value(in, v, depth))
            return false;
        *last = v;
        last = &v->next;
        outer->n++;
    } while (take(in, ','));
    return take(in, close) && (!object || is_distinct(outer));
}

/* ---- Values ---- */

static bool read_word(struct reader *in, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(in->end - in->s) < len || memcmp(in->s, word, len) != 0)
        return false;
    in->s += len;
    return true;
}

/* A fraction or an exponent is left standing, where nothing may stand. */
static bool read_number(struct reader *in, struct value *v)
{
    const char *from = in->s;

    while (in->s < in->end && (*in->s == '-' || (*in->s >= '0' && *in->s <= '9')))
        in->s++;
    v->kind = VALUE_INT;
    return num_parse(from, (size_t)(in->s - from), NUM_MIN, NUM_MAX, &v->number) == 0;
}

/* One value within `depth` others; the depth is bounded, and so is the recursion. */
static bool read_value(struct reader *in, struct value *v, int depth)
{
    skip_space(in);
    switch (in->s == in->end ? '\0' : *in->s) {
    case '{':
    case '[':
        return read_inner(in, v, depth + 1);
    case '"':
        v->kind = VALUE_STRING;
        v->text = read_string(in);
        return v->text != NULL;
    case 't':
        v->kind = VALUE_TRUE;
        return read_word(in, "true");
    case 'f':
        v->kind = VALUE_FALSE;
        return read_word(in, "false");
    case 'n':
        v->kind = VALUE_NULL;
        return read_word(in, "null");
    default:
        return read_number(in, v);
    }
}

struct value *value_parse(const char *s, size_t len)
{
    /* No string is longer here, with its NUL, than it is there, with its quotes. */
    struct tree *tree = x_malloc(sizeof(*tree) + len);
    struct reader in = {s, s + len, tree->text, tree};

    tree->root.name = NULL;
    tree->root.next = NULL;
    tree->last = &tree->block;
    tree->block.next = NULL;
    tree->block.n = 0;
    if (read_value(&in, &tree->root, 0) && tree->root.kind == VALUE_OBJECT) {
        skip_space(&in);
        if (in.s == in.end)
            return &tree->root;
    }
    value_free(&tree->root);
    return NULL;
}

void value_free(struct value *object)
{
    struct tree *tree = (struct tree *)object;

    if (!tree)
        return;
    while (tree->last != &tree->block) {
        struct block *b = tree->last;

        tree->last = b->next;
        free(b);
    }
    free(tree);
}

const struct value *value_member(const struct value *object, const char *name)
{
    const struct value *v = object && object->kind == VALUE_OBJECT ? object->first : NULL;

    while (v && !(v->name[0] == name[0] && strcmp(v->name, name) == 0))
        v = v->next;
    return v;
}

const char *value_text(const struct value *value)
{
    return value && value->kind == VALUE_STRING ? value->text : NULL;
}
