/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi history: the postings of one account, newest first. */
#include <inttypes.h>
#include <stdlib.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/query.h"
#include "client/table.h"
#include "client/words.h"

#define USUAL_LIMIT 20
#define LIMIT_MAX   1000000

static const struct table_column columns[] = {
    {N_("Record"), TABLE_RIGHT}, {N_("Booked"), TABLE_LEFT},   {N_("For"), TABLE_LEFT},
    {N_("With"), TABLE_LEFT},    {N_("Amount"), TABLE_RIGHT},  {N_("Balance"), TABLE_RIGHT},
    {N_("By"), TABLE_LEFT},      {N_("Category"), TABLE_LEFT}, {N_("Remarks"), TABLE_LEFT},
    {N_("Memo"), TABLE_LEFT},
};

struct listing {
    struct client *c;
    const char *unit;
    struct table *table;
    json_t *items;
};

static void remark(struct buf *b, const char *text)
{
    buf_printf(b, "%s%s", b->len > 0 ? "; " : "", text);
}

/* What else one should know of a posting: who recorded it, what it takes back or answers, and what
 * of it was taken back. The caller frees it. */
static char *remarks(const struct listing *l, const json_t *item)
{
    int64_t amount = json_number(item, "amount"), reversed = json_number(item, "reversed");
    struct buf b = BUF_INIT;
    char *text;

    if (str_eq(json_text(item, "signed_by"), role_name(ROLE_REGISTRAR)))
        remark(&b, _("recorded by the office"));
    if (json_is_integer(json_object_get(item, "reverses"))) {
        text = x_asprintf(json_is_true(json_object_get(item, "forced"))
                              ? _("reversal of record %" PRId64 ", forced by the treasurers")
                              : _("reversal of record %" PRId64),
                          json_number(item, "reverses"));
        remark(&b, text);
        free(text);
    }
    if (json_is_integer(json_object_get(item, "request"))) {
        text = x_asprintf(_("answers request %" PRId64), json_number(item, "request"));
        remark(&b, text);
        free(text);
    }
    if (reversed > 0 && reversed == (amount < 0 ? -amount : amount)) {
        remark(&b, _("all of it reversed"));
    } else if (reversed > 0) {
        char *part = client_number_text(l->c, reversed, l->unit);

        text = x_asprintf(_("%s of it reversed"), part);
        remark(&b, text);
        free(part);
        free(text);
    }
    return buf_take(&b);
}

/* "registrar" and what else `signed_by` may be, in the reader's language. */
static const char *signer(const char *signed_by)
{
    enum role role;

    if (str_eq(signed_by, "treasurers"))
        return _("treasurers");
    return role_parse(signed_by, &role) == 0 ? word_role(role) : signed_by;
}

static int take(void *arg, json_t *item)
{
    struct listing *l = arg;
    char *index = x_asprintf("%" PRId64, json_number(item, "index"));
    char *time = say_time(json_text(item, "time"));
    char *amount = client_number_text(l->c, json_number(item, "amount"), l->unit);
    char *balance = client_number_text(l->c, json_number(item, "balance"), l->unit);
    char *rest = remarks(l, item);

    json_array_append(l->items, item);
    table_add(l->table, index);
    table_add(l->table, time);
    table_add(l->table, json_text(item, "value_date"));
    table_add(l->table, json_text(item, "counterparty"));
    table_add(l->table, amount);
    table_add(l->table, balance);
    table_add(l->table, signer(json_text(item, "signed_by")));
    table_add(l->table, json_text(item, "category"));
    table_add(l->table, rest);
    table_add(l->table, json_text(item, "memo"));
    free(index);
    free(time);
    free(amount);
    free(balance);
    free(rest);
    return 0;
}

/* The units in which a member has an account. */
struct own_units {
    size_t n, n_used;        /* used: something was posted */
    const char *last, *used; /* the last of them */
    struct buf list;         /* "hour, won" */
};

static int find_units(struct client *c, const struct keyfile *key, const char *member,
                      struct own_units *own)
{
    int rc = PUMASI_OK;

    for (size_t i = 0; rc == PUMASI_OK && i < c->profile.n_units; i++) {
        const char *unit = c->profile.units[i].unit;
        char *path = x_asprintf("/v1/accounts/%s/%s", member, unit);
        json_t *account = NULL;
        long status;

        rc = query_status(c, key, path, &status, &account);
        if (rc == PUMASI_OK && status == 200) {
            buf_printf(&own->list, "%s%s", own->n++ > 0 ? ", " : "", unit);
            own->last = unit;
            if (json_number(account, "seq") > 0) {
                own->n_used++;
                own->used = unit;
            }
        } else if (rc == PUMASI_OK && status != 404) {
            rc = query_failed(c, key, path, status, account);
        }
        json_decref(account);
        free(path);
    }
    return rc;
}

/* The unit that goes without saying: the only one in which the member has an account, or of several
 * the only one in which anything was posted on it. */
static int only_unit(struct client *c, const struct keyfile *key, const char *member,
                     const char **unit)
{
    struct own_units own = {.list = BUF_INIT};
    int rc = find_units(c, key, member, &own);

    *unit = own.n == 1 ? own.last : own.n_used == 1 ? own.used : NULL;
    if (rc == PUMASI_OK && own.n == 0)
        rc = query_no_account(c, key, member, NULL);
    else if (rc == PUMASI_OK && *unit == NULL)
        rc = fail(PUMASI_USAGE,
                  _("%s has accounts in several units: %s. Say which, as in \"pumasi history "
                    "%s\"."),
                  member, own.list.data, own.last);
    buf_free(&own.list);
    return rc;
}

static int show(struct client *c, const struct keyfile *key, const char *member, const char *unit,
                int64_t limit)
{
    struct listing l = {c, unit, table_new(columns, ARRAY_LEN(columns)), json_array()};
    char *path = x_asprintf("/v1/accounts/%s/%s", member, unit);
    json_t *account = NULL;
    long status;
    int rc = query_status(c, key, path, &status, &account);

    /* Asked for first, so that what is missing can be told by its name. */
    if (rc == PUMASI_OK && status == 404)
        rc = query_no_account(c, key, member, unit);
    json_decref(account);
    free(path);
    path = x_asprintf("/v1/accounts/%s/%s/postings", member, unit);
    if (rc == PUMASI_OK)
        rc = query_list(c, key, path, limit, take, &l);

    if (rc == PUMASI_OK && c->json) {
        json_t *all = json_pack("{s:O}", "items", l.items);

        client_print_json(all);
        json_decref(all);
    } else if (rc == PUMASI_OK && json_array_size(l.items) == 0) {
        note(_("Nothing was posted on %s/%s yet."), member, unit);
    } else if (rc == PUMASI_OK) {
        table_print(l.table, stdout, table_style_of(stdout));
        if (limit > 0 && (int64_t)json_array_size(l.items) == limit)
            note(_("These are the newest %" PRId64 "; --all shows all."), limit);
    }
    free(path);
    json_decref(l.items);
    table_free(l.table);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    const char *unit = cli_arg(cli, 0), *member = cli_value(cli, "member");
    const struct profile_unit *u;
    struct keyfile *key;
    int64_t limit = USUAL_LIMIT;
    int rc = cli_number(cli, "limit", 1, LIMIT_MAX, &limit);

    if (rc != PUMASI_OK)
        return rc;
    if (cli_given(cli, "all"))
        limit = 0;
    if (member != NULL && (rc = client_check_account_of(c, member)) != PUMASI_OK)
        return rc;
    rc = unit != NULL ? client_unit(c, unit, &u) : client_ledger(c, NULL);
    if (rc != PUMASI_OK)
        return rc;
    rc = client_reading_key(c, member, &key);
    if (rc != PUMASI_OK)
        return rc;
    if (member == NULL && key->role != ROLE_MEMBER)
        return fail(PUMASI_USAGE,
                    _("The key %s is an office's: say whose history you want, with --member."),
                    key->name);
    if (member == NULL)
        member = key->holder;
    if (unit == NULL && (rc = only_unit(c, key, member, &unit)) != PUMASI_OK)
        return rc;
    return show(c, key, member, unit, limit);
}

static const struct cli_option options[] = {
    {"limit", 'n', N_("N"), N_("how many, counted from the newest (20)")},
    {"all", 'a', NULL, N_("all of them")},
    {"member", 0, N_("MEMBER"), N_("whose; an office and its auditors may see their members'")},
    {0},
};

const struct command cmd_history = {
    .name = "history",
    .args = N_("[UNIT]"),
    .summary = N_("Show what was posted on your account, newest first"),
    .max_args = 1,
    .options = options,
    .run = run,
};
