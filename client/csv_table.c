/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/csv_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/export_name.h"
#include "client/say.h"

int csv_style_of(const struct client *c, const struct cli *cli, struct csv_style *out)
{
    *out = (struct csv_style){.separator = ',', .mark = cli_given(cli, "bom")};
    if (out->mark && !cli_given(cli, "csv"))
        return fail(PUMASI_USAGE, _("--bom goes with --csv only."));
    if (c->json && cli_given(cli, "csv"))
        return fail(PUMASI_USAGE, _("Give either --csv or --json."));
    return PUMASI_OK;
}

int csv_style_take(const struct cli *cli, bool csv, struct csv_style *out)
{
    const char *separator = cli_value(cli, "separator"), *decimal = cli_value(cli, "decimal");

    memset(out, 0, sizeof(*out));
    if (!csv && (separator != NULL || decimal != NULL || cli_given(cli, "bom")))
        return fail(PUMASI_USAGE, _("--separator, --decimal and --bom go with --format csv only."));
    out->mark = cli_given(cli, "bom");
    if (separator == NULL || str_eq(separator, ","))
        out->separator = ',';
    else if (str_eq(separator, ";"))
        out->separator = ';';
    else if (str_eq(separator, "tab") || str_eq(separator, "\t"))
        out->separator = '\t';
    else
        return fail(PUMASI_USAGE, _("The separator is \",\", \";\" or \"tab\"."));
    /* Where spreadsheets part cells by semicolons, the comma is for decimals. */
    out->decimal_comma = out->separator == ';';
    if (decimal != NULL && str_eq(decimal, "comma"))
        out->decimal_comma = true;
    else if (decimal != NULL && str_eq(decimal, "point"))
        out->decimal_comma = false;
    else if (decimal != NULL)
        return fail(PUMASI_USAGE, _("--decimal is \"point\" or \"comma\"."));
    return PUMASI_OK;
}

void csv_table_begin(struct csv_table *s, struct buf *to, const char *const *columns, size_t n,
                     const struct csv_style *style)
{
    s->out = (struct csv_out){.to = to, .separator = style->separator};
    s->decimal_comma = style->decimal_comma;
    if (style->mark)
        buf_puts(to, "\xef\xbb\xbf");
    for (size_t i = 0; i < n; i++)
        csv_put_plain(&s->out, columns[i]);
    csv_end_row(&s->out);
}

void csv_table_text(struct csv_table *s, const char *text)
{
    char *safe = say_safe(text);

    csv_put_text(&s->out, safe);
    free(safe);
}

void csv_table_int(struct csv_table *s, int64_t n)
{
    char *text = x_asprintf("%" PRId64, n);

    csv_put_plain(&s->out, text);
    free(text);
}

void csv_table_amount(struct csv_table *s, int64_t amount, const struct profile_unit *u)
{
    struct buf b = BUF_INIT;

    if (u == NULL) {
        csv_table_int(s, amount);
        return;
    }
    export_decimal(&b, amount, u, s->decimal_comma ? ',' : '.');
    csv_put_plain(&s->out, b.data);
    buf_free(&b);
}

void csv_table_end_row(struct csv_table *s)
{
    csv_end_row(&s->out);
}
