/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CORE_DUMP_H
#define PUMASI_CORE_DUMP_H

#include "core/base.h"
#include "core/buf.h"
#include "core/envelope.h"
#include "core/note.h"
#include "core/record.h"

/*
 * An export (docs/protocol.md section 10), a folder that `ledgerd export` and `pumasi audit` write,
 * and `ledgerd init --from` and auditors read:
 *
 *   records         each record: its header, its parts, one a line, then an empty line
 *   texts.ndjson    {"index":N,"field":"memo","salt":b64u,"text":"…"} a line; may be left out
 *   pending.ndjson  a submission a line, as it would be POSTed; may be left out
 *   checkpoint      the signed checkpoint of all records
 *   ledger.json     {"format":"pumasi-export-1","id","origin","vkey","size"}, written last
 */
#define DUMP_FORMAT   "pumasi-export-1"
#define DUMP_LINE_MAX (16 * 1024 * 1024) /* of a header with as many parts as there can be */

struct dump_info {
    char id[256], origin[129], vkey[VKEY_MAX];
    int64_t size;
};

/* ledger.json, appended to b, and read strictly. 0, or -1. */
void dump_info_put(struct buf *b, const struct dump_info *info);
int dump_info_parse(struct dump_info *out, const char *text, size_t len) MUST_CHECK;

/*
 * The next record in a piece of the file `records`: header and parts, which are emptied first,
 * point into it, without their newlines. How many bytes it takes, 0 when the piece ends before the
 * record does, -1 when it can't be one (no part, more than RECORD_PARTS_MAX, a line of more than
 * DUMP_LINE_MAX bytes).
 */
int64_t dump_split(const char *s, size_t len, const char **header, size_t *header_len,
                   struct part_list *parts) MUST_CHECK;

/* A line of texts.ndjson. -1 when it isn't one. The caller frees out->text. */
int dump_text_parse(const char *line, size_t len, int64_t *index,
                    struct submitted_text *out) MUST_CHECK;

#endif
