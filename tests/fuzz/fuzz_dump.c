/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An export's folder, from anywhere: what is read as records, texts and acts that wait is lines of
 * text, and written again it reads as the same. The files are parted by 0x1e: ledger.json,
 * checkpoint, records, texts.ndjson, pending.ndjson. */
#include "files.h"

#include "core/record.h"
#include "ledgerd/dump.h"

static const char *const names[] = {"in/ledger.json", "in/checkpoint", "in/records",
                                    "in/texts.ndjson", "in/pending.ndjson"};

/* All that a reader says, in one text. 0, or -1 where it found a fault. */
static int gather(struct dump_reader *r, struct buf *out, struct dump_writer *copy)
{
    struct part_list parts = {0};
    const char *header, *line;
    size_t header_len, len;
    char err[512] = "";
    int rc;

    while ((rc = dump_next_record(r, &header, &header_len, &parts, err, sizeof(err))) == 1) {
        struct buf all = BUF_INIT;

        MUST(parts.n >= 1 && strlen(header) == header_len);
        for (size_t i = 0; i < parts.n; i++) {
            MUST(strlen(parts.text[i]) == parts.len[i] && strchr(parts.text[i], '\n') == NULL);
            buf_printf(&all, "%s%s", i == 0 ? "" : "\n", parts.text[i]);
        }
        buf_printf(out, "%s\n%s\n\n", header, all.data);
        if (copy != NULL)
            dump_record(copy, header, all.data);
        buf_free(&all);
    }
    part_list_free(&parts);
    while (rc == 0 && (rc = dump_next_pending(r, &line, &len, err, sizeof(err))) == 1) {
        MUST(strlen(line) == len);
        buf_printf(out, "%s\n", line);
        if (copy != NULL)
            dump_pending(copy, line);
        rc = 0;
    }
    while (rc == 0 && (rc = dump_next_text(r, &line, &len, err, sizeof(err))) == 1) {
        MUST(strlen(line) == len);
        rc = 0;
    }
    MUST((rc < 0) == (err[0] != '\0'));
    return rc;
}

static void check_copy(const struct dump_info *info, const char *note, const struct buf *first)
{
    char *folder = files_path("out"), *from = files_path("in");
    struct dump_reader *r;
    struct dump_info again;
    struct buf second = BUF_INIT;
    const char *note_again, *unused;
    char err[512];
    struct dump_writer *w = dump_create(folder, err, sizeof(err));

    MUST(w != NULL);
    r = dump_open(from, &again, &unused, err, sizeof(err));
    MUST(r != NULL && gather(r, &second, w) == 0);
    dump_close(r);
    MUST(dump_finish(w, info, note, err, sizeof(err)) == 0);
    dump_writer_free(w);
    buf_clear(&second);
    r = dump_open(folder, &again, &note_again, err, sizeof(err));
    MUST(r != NULL && gather(r, &second, NULL) == 0);
    MUST(second.len == first->len && again.size == info->size);
    MUST(second.len == 0 || memcmp(second.data, first->data, first->len) == 0);
    MUST(str_eq(note_again, note) && str_eq(again.id, info->id) && str_eq(again.vkey, info->vkey));
    dump_close(r);
    buf_free(&second);
    MUST(nftw(folder, files_remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
    free(folder);
    free(from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *folder = files_path("in"), err[512] = "";
    struct buf text = BUF_INIT;
    const uint8_t *file;
    const char *note = NULL;
    struct dump_info info;
    struct dump_reader *r;
    size_t len;

    files_make_folder("in");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        bool there = files_next(&data, &size, &file, &len);

        files_put(names[i], there ? file : (const uint8_t *)"", there ? len : 0);
    }
    r = dump_open(folder, &info, &note, err, sizeof(err));
    if (r == NULL) {
        MUST(err[0] != '\0');
    } else {
        int rc = gather(r, &text, NULL);

        if (rc == 0)
            check_copy(&info, note, &text);
        dump_close(r);
    }
    buf_free(&text);
    free(folder);
    return 0;
}
