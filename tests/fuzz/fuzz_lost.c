/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Copies of lost records, from anybody: whatever they hold, a checkpoint counts only when the log
 * key signed it, a record is whole only when each part has its hash in the header, and two of one
 * file are no more than one. */
#include "files.h"

#include "ledgerd/lost.h"

#define ORIGIN "ledger.example/test"
#define VKEY   ORIGIN "+c641c796+AfQO99IydtIjtHlp10cFeyr6fRnMq/h+sLF0AROZX0ON"

static void check_record(const struct lost_record *r, uint64_t index)
{
    struct record_header h;
    const char *why;
    size_t there = 0;

    MUST(r->n_texts <= TEXTS_MAX);
    if (r->header == NULL) {
        MUST(r->n == 0 && !r->proven && !lost_is_whole(r));
        return;
    }
    MUST(record_header_parse(&h, r->header, strlen(r->header), &why) == 0);
    MUST((uint64_t)h.index == index && h.n_parts == r->n);
    for (size_t i = 0; i < r->n; i++) {
        struct hash hash;

        if (r->parts[i] == NULL)
            continue;
        hash_bytes(&hash, r->parts[i], strlen(r->parts[i]));
        MUST(hash_eq(&hash, &h.parts[i]));
        there++;
    }
    record_header_free(&h);
    MUST(lost_is_whole(r) == (there == r->n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* As the signed checkpoint of the golden records has it. */
    const struct checkpoint kept = {.origin = ORIGIN, .size = 10};
    char *path = files_path("source.json"), name[ORIGIN_MAX + 1], err[512] = "";
    struct key key;
    struct lost l;

    MUST(vkey_parse(VKEY, name, sizeof(name), &key) == 0);
    files_put("source.json", data, size);
    lost_init(&l, ORIGIN, &key, 1, 8);
    lost_checkpoint(&l, &kept, "", 0);
    if (lost_look(&l, path, err, sizeof(err)) == 0) {
        MUST(l.target.size >= 10 && l.n == l.target.size - 8);
        MUST(lost_take(&l, path, err, sizeof(err)) == 0);
        MUST(lost_take(&l, path, err, sizeof(err)) == 0);
        for (size_t i = 0; l.records != NULL && i < l.n; i++)
            check_record(&l.records[i], 8 + i);
    } else {
        MUST(err[0] != '\0');
    }
    lost_free(&l);
    free(path);
    return 0;
}
