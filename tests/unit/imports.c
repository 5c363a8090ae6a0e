/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

/* Before cmocka, which has a macro called fail. */
#include "client/import_survey.h"
#include "imports.h"

#include <cmocka.h>

const struct profile_unit imports_sarafu = {
    .unit = "sarafu", .name = (char *)"Sarafu", .scale = 100, .kind = UNIT_CREDIT};

/* Of the file that was read last. */
static struct sheet sheet;

int imports_read(struct import_file *f, const struct profile_unit *unit, const char *text)
{
    struct import_survey v;
    int rc;

    memset(f, 0, sizeof(*f));
    f->bytes = x_strdup(text);
    f->len = strlen(text);
    hash_bytes(&f->hash, f->bytes, f->len);
    sheet_free(&sheet);
    rc = import_file_look(f, &sheet);
    if (rc != PUMASI_OK)
        return rc;
    import_survey_run(&v, f, unit, DAY_2026_11_22, NULL);
    rc = import_survey_settle(&v, f);
    import_survey_free(&v);
    return rc != PUMASI_OK ? rc : import_file_read(f, "kenya", unit, DAY_2026_11_22);
}

void imports_read_ok(struct import_file *f, const char *text)
{
    assert_int_equal(imports_read(f, &imports_sarafu, text), PUMASI_OK);
}

void imports_plan(struct import_plan *p, const struct import_file *f, int64_t floor,
                  int64_t ceiling)
{
    memset(p, 0, sizeof(*p));
    p->policy = (struct act_bounds){floor, ceiling, false};
    p->reach = (struct act_bounds){-500, 500, false};
    import_plan_begin(p, f);
}
