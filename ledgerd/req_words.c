/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Small tables in one column of an answer. */
#include "ledgerd/req_words.h"

#include <string.h>

#include "core/num.h"
#include "ledgerd/out.h"

void words_begin(struct words *w, const char *text)
{
    w->at = text;
}

bool words_line(struct words *w, size_t n)
{
    while (*w->at != '\0') {
        size_t len = strcspn(w->at, "\n"), i = 0;
        const char *p = w->at, *end = p + len;

        w->at = end + (*end == '\n');
        while (p < end && i < n) {
            size_t word = strcspn(p, " \n");
            if (word >= sizeof(w->word[0])) {
                break;
            }
            memcpy(w->word[i], p, word);
            w->word[i++][word] = '\0';
            p += word + (p[word] == ' ');
        }
        if (i == n && p == end) {
            return true;
        }
    }
    return false;
}

void words_int(struct buf *b, const char *name, const char *word)
{
    int64_t n;

    if (num_parse(word, strlen(word), NUM_MIN, NUM_MAX, &n) == 0) {
        out_int(b, name, n);
    } else {
        out_null(b, name);
    }
}

void words_levy(struct buf *b, const struct words *w, size_t at)
{
    if (!str_eq(w->word[at], "-")) {
        words_int(b, "levy_per_mille", w->word[at]);
    }
    if (!str_eq(w->word[at + 1], "-")) {
        words_int(b, "levy_monthly", w->word[at + 1]);
    }
    if (!str_eq(w->word[at + 2], "-")) {
        out_str(b, "levy_purse", w->word[at + 2]);
    }
}
