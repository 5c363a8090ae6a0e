/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records: a header has one text; a part that is taken has sane fields; a replay onto an empty
 * ledger takes nothing that doesn't open one. */
#include "fuzz.h"

#include "core/num.h"
#include "core/record.h"

/* As many parts as are tried. */
#define PARTS_MAX 64

static void check_header(const char *s, size_t len)
{
    struct record_header h, again;
    const char *why = NULL;

    if (record_header_parse(&h, s, len, &why) != 0) {
        MUST(why != NULL);
        return;
    }
    MUST(h.index >= 0 && h.index <= NUM_MAX && h.rules >= 1);
    MUST(h.n_parts >= 1 && h.n_parts <= RECORD_PARTS_MAX);
    MUST(strncmp(s, "{\"v\":1,\"index\":", 15) == 0 && s[len - 1] == '}');
    MUST(record_header_peek(&again, s, len, &why) == 0);
    MUST(record_header_peek(&again, s, len - 1, &why) != 0);
    record_header_free(&h);
}

static void check_part(const char *s, size_t len)
{
    struct part p;
    const char *why = NULL;

    if (part_parse(&p, s, len, &why) != 0) {
        MUST(why != NULL);
        return;
    }
    MUST(p.kind == PART_ACT ? p.act.n_sigs >= 1 : p.seq >= 1);
    MUST(strlen(p.name) < sizeof(p.name));
    part_free(&p);
}

/* What later acts may name is a transfer or a request that nothing has happened to yet. */
static void check_deal(const char *header, size_t header_len, const char *const *parts,
                       const size_t *lens, size_t n)
{
    struct deal *d = record_deal(header, header_len, parts, lens, n);

    if (!d)
        return;
    MUST(d->record >= 0 && d->amount >= 1 && d->amount <= AMOUNT_MAX);
    MUST(d->reversed == 0 && d->answer == -1 && !d->paid);
    MUST(name_is_address(d->from) && name_is_address(d->to) && name_is_unit(d->unit));
    free(d);
}

/* Lines: the first is tried as a header, each as a part; then all as one record. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *parts[PARTS_MAX], *at = (const char *)data, *end = at + size;
    size_t lens[PARTS_MAX], n = 0, header_len = 0;
    const char *header = at;
    struct state *s;
    struct outcome out;
    struct act act;
    char why[200];

    for (bool first = true; at < end && n < PARTS_MAX; first = false) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((line ? line : end) - at);

        check_part(at, len);
        if (first) {
            header_len = len;
        } else {
            parts[n] = at;
            lens[n++] = len;
        }
        at += len + 1;
    }
    check_header(header, header_len);
    check_deal(header, header_len, parts, lens, n);
    s = state_new("ledger.example/test");
    if (record_replay(s, NULL, header, header_len, parts, lens, n, INT64_MIN, 0, &out, &act, why,
                      sizeof(why)) == 0) {
        MUST(act.type == ACT_LEDGER_OPEN && out.n_changes == 2 && out.n_legs == 0);
        rules_apply(s, &out);
        state_commit(s);
        MUST(state_holder(s, "ledger") != NULL && state_holder(s, "stewards") != NULL);
        act_free(&act);
    } else {
        MUST(why[0] != '\0');
    }
    state_free(s);
    return 0;
}
