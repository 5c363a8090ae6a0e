/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What an auditor's copy is made of, from anybody: a page of GET /v1/log, which is taken whole or
 * not at all, and the file `records`, of which the copy is what is whole in it. Two files, parted
 * by 0x1e.
 */
#include <jansson.h>
#include <sys/mman.h>

#include "client/audit_pull.h"
#include "client/audit_scan.h"
#include "files.h"
#include "said.h"

static void check_page(const json_t *answer, int64_t from)
{
    struct audit_page page;
    int64_t last = from - 1;

    if (audit_page_read(&page, answer, from) == 0) {
        for (size_t i = 0; i < page.n; i++) {
            const struct audit_got *got = &page.records[i];

            MUST(got->index > last && got->n_parts >= 1 && got->n_parts <= RECORD_PARTS_MAX);
            MUST(got->header[0] != '\0' && !strchr(got->header, '\n'));
            for (size_t k = 0; k < got->n_parts; k++)
                MUST(got->parts[k][0] != '\0' && !strchr(got->parts[k], '\n'));
            last = got->index;
            /* All its parts are some of its parts. */
            if (audit_parts_match(got->header, got->parts, got->n_parts, false))
                MUST(audit_parts_match(got->header, got->parts, got->n_parts, true));
        }
        MUST(page.next == -1 || page.next > last);
    }
    audit_page_free(&page);
}

/* Where a copy's records begin, and that what begins there is all that is whole. */
static void check_scan(const uint8_t *file, size_t len, bool book)
{
    struct audit_copy c = {.lock = -1, .leaves_fd = -1, .suspect = -1, .last_index = -1};
    struct buf all = BUF_INIT;

    c.dir = x_strdup("records");
    c.coop = book ? x_strdup("hansalim") : NULL;
    c.records = memfd_create("records", MFD_CLOEXEC);
    MUST(c.records >= 0 && write(c.records, file, len) == (ssize_t)len);
    MUST(audit_scan(&c) == 0);
    MUST(c.n == c.n_good && c.good_end >= 0 && (size_t)c.good_end <= len);
    MUST(book ? c.n_leaves == 0 : c.n_leaves == c.n);
    MUST(c.n == 0 ? c.good_end == 0 : c.at[0] == 0);
    for (size_t i = 1; i < c.n; i++)
        MUST(c.at[i] > c.at[i - 1] && c.at[i] < c.good_end);
    for (size_t i = 0; i < c.n_snapshots; i++)
        MUST(c.snapshots[i] >= 1 && (i == 0 || c.snapshots[i] > c.snapshots[i - 1]));
    MUST(audit_copy_read(&c, 0, c.n, &all) == 0 && all.len == (size_t)c.good_end);
    MUST(all.len == 0 || memcmp(all.data, file, all.len) == 0);
    buf_free(&all);
    audit_copy_close(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *file;
    size_t len;

    said_begin();
    if (files_next(&data, &size, &file, &len)) {
        json_t *json = json_loadb((const char *)file, len, JSON_REJECT_DUPLICATES, NULL);

        if (json_is_object(json)) {
            check_page(json, 0);
            check_page(json, 2);
        }
        json_decref(json);
    }
    if (files_next(&data, &size, &file, &len)) {
        check_scan(file, len, false);
        check_scan(file, len, true);
    }
    said_end();
    return 0;
}
