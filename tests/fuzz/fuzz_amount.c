/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Amounts as people type them: what is taken lies in range, and its text reads back as the same. */
#include "fuzz.h"

#include "core/amount.h"
#include "core/num.h"

/* Bytes: a kind, three of scale, then the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t scales[] = {1, 10, 12, 60, 100, 1000, 1000000000, 7};
    char *s, text[AMOUNT_TEXT_MAX];
    int64_t scale, amount, again;
    const char *why = NULL;
    enum unit_kind kind;

    if (size < 4)
        return 0;
    kind = (enum unit_kind)(data[0] % 3);
    scale = data[0] & 0x40 ? 1 + (data[1] | data[2] << 8 | data[3] << 16) : scales[data[1] % 8];
    s = x_strndup((const char *)data + 4, size - 4);
    if (amount_parse(s, kind, scale, true, &amount, &why) == 0) {
        MUST(amount >= -AMOUNT_MAX && amount <= AMOUNT_MAX);
        amount_text(text, amount, kind, scale);
        MUST(strlen(text) < AMOUNT_TEXT_MAX);
        MUST(amount_parse(text, kind, scale, true, &again, &why) == 0 && again == amount);
        if (amount_parse(s, kind, scale, false, &again, &why) == 0)
            MUST(again == amount && again >= 0);
        else
            MUST(strchr(s, '-') != NULL);
    } else {
        MUST(why != NULL);
        MUST(amount_parse(s, kind, scale, false, &again, &why) != 0);
    }
    /* Any amount's text reads back. */
    if (size >= 12) {
        memcpy(&amount, data + 4, sizeof(amount));
        amount %= AMOUNT_MAX + 1;
        amount_text(text, amount, kind, scale);
        MUST(amount_parse(text, kind, scale, true, &again, &why) == 0 && again == amount);
    }
    free(s);
    return 0;
}
