/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A cell of a spreadsheet as an amount, a date and a name: whatever it says, what comes out is one.
 */
#include "core/cell.h"
#include "core/cell_date.h"
#include "core/date.h"
#include "core/fold.h"
#include "core/num.h"
#include "fuzz.h"

static const struct cell_unit units[] = {
    {.unit = "hour", .name = "시간", .kind = UNIT_TIME, .scale = 60},
    {.unit = "hour", .name = "", .kind = UNIT_TIME, .scale = 60, .minutes = true},
    {.unit = "hour", .name = "Hour", .kind = UNIT_TIME, .scale = 60, .round = true},
    {.unit = "won", .name = "Won", .kind = UNIT_CREDIT, .scale = 1},
    {.unit = "coin", .name = "Coin", .kind = UNIT_CREDIT, .scale = 100},
    {.unit = "box", .name = "Box", .kind = UNIT_GOODS, .scale = 12},
};

/* "0.017", "0,5": a zero, one mark and digits. */
static bool below_one(const char *s)
{
    return s[0] == '0' && (s[1] == '.' || s[1] == ',') && s[2] != '\0' &&
           strspn(s + 2, "0123456789") == strlen(s + 2);
}

/* What amount_text writes is read as the same again: no decimal mark but the point. */
static void amounts(const char *s)
{
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        static const char marks[] = {'.', ','};

        for (size_t k = 0; k < ARRAY_LEN(marks); k++) {
            char text[AMOUNT_TEXT_MAX];
            const char *why = NULL;
            int64_t n = 0, again = 0;

            if (cell_amount(s, &units[i], marks[k], &n, &why) != CELL_FITS) {
                MUST(why != NULL);
                continue;
            }
            MUST(n >= -AMOUNT_MAX && n <= AMOUNT_MAX);
            MUST(!below_one(s) || n <= units[i].scale);
            amount_text(text, n, units[i].kind, units[i].scale);
            MUST(cell_amount(text, &units[i], '.', &again, &why) == CELL_FITS || units[i].minutes);
            MUST(again == n || units[i].minutes);
        }
    }
}

static void dates(const char *s)
{
    for (int i = 0; i < CELL_ORDERS; i++) {
        char text[DATE_LEN + 1];
        int32_t day, again;

        if (cell_date(s, (enum cell_order)i, &day) != 0)
            continue;
        date_text(text, day);
        MUST(date_parse(text, &again) == 0 && again == day);
        MUST(i == CELL_SERIAL ||
             (cell_date(text, (enum cell_order)i, &again) == 0 && again == day));
    }
}

static void names(const char *s)
{
    char *text = fold_text(s), *name = fold_name(s), *again;

    MUST((text == NULL) == (name == NULL));
    if (text == NULL)
        return;
    again = fold_name(text);
    MUST(again != NULL && strcmp(again, name) == 0);
    MUST(fold_distance(name, name, 2) == 0);
    MUST(fold_distance(name, "kim", 3) == fold_distance("kim", name, 3));
    MUST(fold_slip(name) >= 1);
    free(again);
    free(text);
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = x_strndup((const char *)data, size > 4096 ? 4096 : size);

    amounts(s);
    dates(s);
    names(s);
    free(s);
    return 0;
}
