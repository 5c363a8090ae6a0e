/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What people see of a statement of anybody's making, an input being its payload: on a terminal it
 * does nothing, a spreadsheet runs none of its cells, and a page has no element but ours.
 */
#include <sodium.h>

#include "client/statement_file.h"
#include "core/b64.h"
#include "core/csv.h"
#include "core/statement_read.h"
#include "said.h"

static uint8_t secret[KEY_SECRET_LEN];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    uint8_t seed[32] = {1}, public[KEY_LEN];

    (void)argc;
    (void)argv;
    MUST(sodium_init() >= 0);
    MUST(crypto_sign_seed_keypair(public, secret, seed) == 0);
    return 0;
}

static int take_row(void *arg, const struct csv_row *row)
{
    size_t *columns = arg;

    MUST(row->fault == NULL);
    if (*columns == 0)
        *columns = row->n;
    MUST(row->n == *columns);
    for (size_t i = 0; i < row->n; i++) {
        const char *s = row->fields[i].s;

        MUST(s[0] == '\'' || s[strspn(s, "-0123456789.")] == '\0' || !csv_would_run(s));
    }
    return 0;
}

static void check_table(const struct buf *b)
{
    size_t columns = 0;
    struct csv *csv = csv_new(take_row, &columns);

    MUST(csv_feed(csv, b->data, b->len) == 0 && csv_end(csv) == 0);
    csv_free(csv);
}

/* Tags open and close as they should, so nothing got out of the place where it was put. */
static void check_page(const struct buf *b)
{
    size_t open[64], depth = 0;

    for (const char *at = strchr(b->data + 1, '<'); at != NULL; at = strchr(at + 1, '<')) {
        size_t len = strcspn(at, "> "), end = strcspn(at, ">");

        MUST(strncmp(at, "<script", 7) != 0 && at[end] == '>');
        if (at[1] == '/') {
            const char *begun = b->data + open[--depth];

            MUST(strncmp(begun + 1, at + 2, len - 2) == 0);
        } else if (at[end - 1] != '/') {
            MUST(depth < ARRAY_LEN(open));
            open[depth++] = (size_t)(at - b->data);
        }
    }
    MUST(depth == 0);
    MUST(strchr(b->data, '\x1b') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct csv_style style = {.separator = ','};
    struct buf file = BUF_INIT, b = BUF_INIT;
    struct statement_file f = {.pinned = false};
    struct statement_view v;
    const char *why = NULL;
    json_t *json;

    if (size > 256 * 1024)
        return 0;
    statement_sign(&file, (const char *)data, size, secret);
    if (statement_read(&f.st, file.data, file.len, &why) != 0) {
        MUST(why != NULL && why[0] != '\0');
        buf_free(&file);
        return 0;
    }
    statement_file_judge(&f);
    statement_file_view(&f, 1795305600000, &v);
    MUST(v.result != VIEW_PROVED);
    view_put_text(&b, &v, false);
    said_is_safe(buf_take(&b));
    view_put_csv(&b, &v, &style);
    check_table(&b);
    buf_clear(&b);
    view_put_html(&b, &v);
    check_page(&b);
    buf_clear(&b);
    view_put_json(&b, &v);
    json = json_loads(b.data, 0, NULL);
    MUST(json_is_object(json));
    json_decref(json);
    statement_view_free(&v);
    statement_file_free(&f);
    buf_free(&file);
    buf_free(&b);
    return 0;
}
