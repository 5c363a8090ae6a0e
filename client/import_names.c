/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/import_names.h"

#include <stdlib.h>
#include <string.h>

#include "core/fold.h"
#include "core/num.h"
#include "core/text.h"

#define NEAR_MAX      ((size_t)50000000) /* pairs that are looked at for a slip of the pen */
#define NEAR_SHOWN    3
#define NUMBER_DIGITS 3

void import_names_free(struct import_names *n)
{
    for (size_t i = 0; i < n->cells.n; i++)
        free(n->list[i].note);
    free(n->list);
    names_free(&n->cells);
    memset(n, 0, sizeof(*n));
}

void import_names_put(struct import_names *n, const char *cell, int64_t row)
{
    size_t before = n->cells.n;
    uint32_t at = names_put(&n->cells, cell);

    if (n->cells.n > before) {
        n->list = x_realloc(n->list, n->cells.cap * sizeof(*n->list));
        memset(&n->list[at], 0, sizeof(n->list[at]));
    }
    if (row == 0)
        return;
    if (n->list[at].row == 0)
        n->list[at].row = row;
    n->list[at].rows++;
}

const struct import_name *import_names_find(const struct import_names *n, const char *cell)
{
    uint32_t at;

    return names_find(&n->cells, cell, &at) ? &n->list[at] : NULL;
}

/* Where "(12)" at the end of a name begins; the whole length without one. */
static size_t without_number(const char *cell)
{
    size_t len = strlen(cell), at = len;

    if (len < 3 || cell[len - 1] != ')')
        return len;
    at = len - 1;
    while (at > 0 && cell[at - 1] >= '0' && cell[at - 1] <= '9')
        at--;
    if (at == len - 1 || at == 0 || cell[at - 1] != '(')
        return len;
    at--;
    while (at > 0 && cell[at - 1] == ' ')
        at--;
    return at == 0 ? len : at;
}

char *import_names_title(const struct import_names *n, const char *address)
{
    for (size_t i = 0; i < n->cells.n; i++) {
        char *cut, *title;

        if (n->list[i].decision != NAME_NEW || n->list[i].alias ||
            !str_eq(n->list[i].member, address))
            continue;
        cut = x_strndup(n->cells.list[i], without_number(n->cells.list[i]));
        title = text_nfc(cut);
        free(cut);
        /* A member without a name is better than none. */
        if (title == NULL || text_fault(title, strlen(title), TEXT_NAME_MAX) == NULL)
            return title;
        free(title);
        return NULL;
    }
    return NULL;
}

size_t import_names_count(const struct import_names *n, enum name_decision decision, bool fresh)
{
    size_t count = 0;

    for (size_t i = 0; i < n->cells.n; i++)
        count += n->list[i].decision == decision && n->list[i].row > 0 && !n->list[i].alias &&
                 (!fresh || !n->list[i].told);
    return count;
}

/* --- matching --- */

struct matching {
    struct import_names *names;
    const struct roster *roster;
    const char *coop;
    char **cells;   /* folded names of the spreadsheet */
    char **members; /* and of the roster */
    int64_t next;   /* number of the next proposed handle */
};

/* Names in it are the ledger's or the file's, and people read it on a terminal too. */
static void say(struct import_name *name, char *note)
{
    free(name->note);
    name->note = note == NULL ? NULL : say_safe(note);
    free(note);
}

static void is_member(struct import_name *name, const char *address)
{
    name->decision = NAME_MEMBER;
    str_copy(name->member, sizeof(name->member), address);
}

/* A handle or address of the co-op's own? */
static bool by_handle(const struct matching *m, size_t i)
{
    const char *cell = m->names->cells.list[i];
    char *full = strchr(cell, '@') != NULL ? x_strdup(cell) : x_asprintf("%s@%s", cell, m->coop);
    bool found = roster_find(m->roster, full) != NULL;

    if (found)
        is_member(&m->names->list[i], full);
    free(full);
    return found;
}

/* Members of exactly this folded name: their number, and a text that lists them. */
static size_t same_name(const struct matching *m, const char *folded, size_t *first,
                        struct buf *list)
{
    size_t n = 0;

    for (size_t k = 0; k < m->roster->addresses.n; k++) {
        if (m->roster->list[k].closed || m->members[k] == NULL || m->members[k][0] == '\0' ||
            !str_eq(m->members[k], folded))
            continue;
        if (n++ == 0)
            *first = k;
        buf_printf(list, "%s%s", list->len > 0 ? ", " : "", m->roster->addresses.list[k]);
    }
    return n;
}

/* True when that settles or closes the question. */
static bool by_name(const struct matching *m, size_t i, const char *folded)
{
    struct import_name *name = &m->names->list[i];
    struct buf list = BUF_INIT;
    size_t first = 0, n = same_name(m, folded, &first, &list);

    if (n == 1)
        is_member(name, m->roster->addresses.list[first]);
    else if (n > 1)
        say(name, x_asprintf(_("%zu members have this name: %s"), n, list.data));
    buf_free(&list);
    return n > 0;
}

/* Numbers tell people apart: TALE0001 is no slip of TALE0002. */
static bool same_digits(const char *a, const char *b)
{
    for (;;) {
        a += strcspn(a, "0123456789");
        b += strcspn(b, "0123456789");
        if (*a != *b)
            return false;
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

static bool is_near(const char *a, const char *b)
{
    size_t slip = fold_slip(a);

    return b != NULL && *b != '\0' && same_digits(a, b) && fold_distance(a, b, slip) <= slip;
}

/* Members and other unknown names that are almost the same. */
static bool by_slip(const struct matching *m, size_t i)
{
    struct buf list = BUF_INIT;
    size_t n = 0;

    for (size_t k = 0; k < m->roster->addresses.n && n < NEAR_SHOWN; k++) {
        if (m->roster->list[k].closed || !is_near(m->cells[i], m->members[k]))
            continue;
        buf_printf(&list, "%s%s (%s)", n++ > 0 ? ", " : "", m->roster->list[k].name,
                   m->roster->addresses.list[k]);
    }
    for (size_t k = 0; k < m->names->cells.n && n < NEAR_SHOWN; k++) {
        const struct import_name *other = &m->names->list[k];

        if (k == i || other->row == 0 || other->decision == NAME_MEMBER ||
            other->decision == NAME_SKIP || !is_near(m->cells[i], m->cells[k]) ||
            str_eq(m->cells[i], m->cells[k]))
            continue;
        if (n++ > 0)
            buf_puts(&list, ", ");
        buf_printf(&list, _("%s (row %lld here)"), m->names->cells.list[k], (long long)other->row);
    }
    if (n > 0)
        say(&m->names->list[i], x_asprintf(_("almost the same: %s"), list.data));
    buf_free(&list);
    return n > 0;
}

/* --- handles for new members --- */

/* 12 of "m012"; 0 for anything else. */
static int64_t number_of(const char *address)
{
    size_t len = strcspn(address, "@"), zeros;
    int64_t n;

    if (len < 2 || len > 10 || address[0] != 'm')
        return 0;
    zeros = strspn(address + 1, "0");
    return zeros + 1 < len && num_parse(address + 1 + zeros, len - 1 - zeros, 1, NUM_MAX, &n) == 0
               ? n
               : 0;
}

static bool taken(const struct matching *m, const char *address)
{
    bool yes = roster_find(m->roster, address) != NULL;

    for (size_t i = 0; !yes && i < m->names->cells.n; i++)
        yes = str_eq(m->names->list[i].member, address);
    return yes;
}

/* The name itself where it is an account number such as ABCD0012, its number in brackets, else the
 * next one. A Hangul name has no Latin handle, and a handle is better no name. */
static void propose(struct matching *m, size_t i)
{
    struct import_name *name = &m->names->list[i];
    const char *cell = m->names->cells.list[i];
    size_t cut = without_number(cell);
    char *full = NULL;

    if (m->cells[i] != NULL && name_is_handle(m->cells[i]) && strpbrk(cell, "0123456789") != NULL)
        full = x_asprintf("%s@%s", m->cells[i], m->coop);
    if (full == NULL && cell[cut] != '\0') {
        const char *from = strrchr(cell, '(') + 1;
        int digits = (int)strspn(from, "0123456789");
        int pad = digits < NUMBER_DIGITS ? NUMBER_DIGITS - digits : 0;

        if (digits <= 9)
            full = x_asprintf("m%.*s%.*s@%s", pad, "000", digits, from, m->coop);
    }
    while (full == NULL || taken(m, full)) {
        free(full);
        full = x_asprintf("m%0*lld@%s", NUMBER_DIGITS, (long long)m->next++, m->coop);
    }
    name->decision = NAME_NEW;
    str_copy(name->member, sizeof(name->member), full);
    say(name, x_strdup(_("nobody has this name yet; change the handle as you like")));
    free(full);
}

/* --- one person, several names --- */

/* The name `i` stands for the member whom the name `k` makes. */
static void is_alias(struct matching *m, size_t i, size_t k)
{
    struct import_name *name = &m->names->list[i];

    name->decision = NAME_NEW;
    name->alias = true;
    str_copy(name->member, sizeof(name->member), m->names->list[k].member);
    say(name, x_asprintf(_("the same as %s"), m->names->cells.list[k]));
}

/* Capitals and spaces don't matter among new names either. */
static bool other_spelling(struct matching *m, size_t i)
{
    for (size_t k = 0; k < m->names->cells.n; k++) {
        const struct import_name *other = &m->names->list[k];

        if (k == i || other->decision != NAME_NEW || other->alias || m->cells[k] == NULL ||
            !str_eq(m->cells[i], m->cells[k]))
            continue;
        is_alias(m, i, k);
        return true;
    }
    return false;
}

/* `member` and a handle that another row of the file of names makes. */
static bool made_here(struct matching *m, size_t i)
{
    for (size_t k = 0; k < m->names->cells.n; k++) {
        const struct import_name *other = &m->names->list[k];

        if (k == i || !other->told || other->decision != NAME_NEW || other->alias ||
            !str_eq(other->member, m->names->list[i].member))
            continue;
        is_alias(m, i, k);
        return true;
    }
    return false;
}

/* --- all of it --- */

/* What the file of names says must still be so. */
static void check_told(struct matching *m, size_t i)
{
    struct import_name *name = &m->names->list[i];
    const struct roster_member *r;

    if (name->decision != NAME_MEMBER && name->decision != NAME_NEW)
        return;
    r = roster_find(m->roster, name->member);
    if (name->decision == NAME_MEMBER && r == NULL) {
        if (made_here(m, i))
            return;
        name->decision = NAME_OPEN;
        name->told = false;
        say(name, x_asprintf(_("there is no member %s: write new as the decision to have it made"),
                             name->member));
    } else if (name->decision == NAME_MEMBER) {
        say(name, *r->name == '\0' ? NULL : x_strdup(r->name));
    } else if (r != NULL && m->members != NULL) {
        /* Made meanwhile, by this import as like as not; of another name it is somebody else. */
        char *title = import_names_title(m->names, name->member);
        char *want = fold_name(title == NULL ? "" : title), *has = fold_name(r->name);

        if (want == NULL || has == NULL || !str_eq(want, has)) {
            name->decision = NAME_OPEN;
            name->told = false;
            say(name, x_asprintf(_("%s is another member already: %s"), name->member, r->name));
        }
        free(title);
        free(want);
        free(has);
    }
}

/* True when nobody has the name, nor one like it. */
static bool match_one(struct matching *m, size_t i, bool look_near)
{
    struct import_name *name = &m->names->list[i];
    const char *cell = m->names->cells.list[i];
    size_t cut = without_number(cell);
    char *part, *folded;
    bool found;

    name->member[0] = '\0';
    if (by_handle(m, i) || (m->cells[i] != NULL && by_name(m, i, m->cells[i])))
        return false;
    part = x_strndup(cell, cut);
    folded = fold_name(part);
    found = cell[cut] != '\0' && folded != NULL && by_name(m, i, folded);
    free(part);
    free(folded);
    if (found || m->cells[i] == NULL || other_spelling(m, i) || (look_near && by_slip(m, i)))
        return false;
    say(name, x_strdup(_("no member has this name")));
    return true;
}

void import_names_match(struct import_names *n, const struct roster *roster, const char *coop,
                        bool create)
{
    struct matching m = {.names = n, .roster = roster, .coop = coop, .next = 1};
    size_t all = n->cells.n * (roster->addresses.n + n->cells.n);

    m.cells = x_calloc(n->cells.n + 1, sizeof(*m.cells));
    m.members = x_calloc(roster->addresses.n + 1, sizeof(*m.members));
    for (size_t i = 0; i < n->cells.n; i++)
        m.cells[i] = fold_name(n->cells.list[i]);
    for (size_t k = 0; k < roster->addresses.n; k++) {
        m.members[k] = fold_name(roster->list[k].name);
        if (number_of(roster->addresses.list[k]) >= m.next)
            m.next = number_of(roster->addresses.list[k]) + 1;
    }
    for (size_t i = 0; i < n->cells.n; i++) {
        if (n->list[i].told)
            check_told(&m, i);
        else if (n->list[i].decision == NAME_OPEN && n->list[i].row > 0)
            (void)match_one(&m, i, false);
    }
    /* Slips last: a name that has its member is no slip of another. */
    for (size_t i = 0; i < n->cells.n; i++) {
        struct import_name *name = &n->list[i];

        if (name->decision != NAME_OPEN || name->row == 0 || name->told || name->member[0] != '\0')
            continue;
        if (match_one(&m, i, all <= NEAR_MAX) && create)
            propose(&m, i);
    }
    for (size_t i = 0; i < n->cells.n; i++)
        free(m.cells[i]);
    for (size_t k = 0; k < roster->addresses.n; k++)
        free(m.members[k]);
    free(m.cells);
    free(m.members);
}
