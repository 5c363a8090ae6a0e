/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DUMP_H
#define PUMASI_DUMP_H

#include "core/base.h"
#include "core/dump.h"

/* An export on the disk (core/dump.h says what is in it): how `ledgerd export` writes it and
 * `ledgerd init --from` reads it. */

/* ---- Writing ---- */
struct dump_writer;

/* Makes the folder; it must not be there yet, or be empty. NULL and a sentence. */
struct dump_writer *dump_create(const char *dir, char *err, size_t err_size) MUST_CHECK;
/* parts: one a line, as the records table has them. Faults are kept until dump_finish. */
void dump_record(struct dump_writer *w, const char *header, const char *parts);
void dump_text(struct dump_writer *w, int64_t index, const char *field, const uint8_t salt[16],
               const char *text);
void dump_pending(struct dump_writer *w, const char *submission);
/* Writes checkpoint and ledger.json, fsyncs all. -1 and a sentence when anything went wrong. */
int dump_finish(struct dump_writer *w, const struct dump_info *info, const char *note, char *err,
                size_t err_size) MUST_CHECK;
/* Frees it; an unfinished folder is left without ledger.json, which readers refuse. */
void dump_writer_free(struct dump_writer *w);

/* ---- Reading ---- */
struct dump_reader;

/* NULL and a sentence when it isn't a whole export. note: the checkpoint's text, owned by the
 * reader. */
struct dump_reader *dump_open(const char *dir, struct dump_info *info, const char **note, char *err,
                              size_t err_size) MUST_CHECK;
/*
 * The next record: pointers into the reader's own memory until the next call; `parts` is
 * emptied first. 1, 0 at the end, -1 and a sentence.
 */
int dump_next_record(struct dump_reader *r, const char **header, size_t *header_len,
                     struct part_list *parts, char *err, size_t err_size) MUST_CHECK;
/* The next line of texts.ndjson or pending.ndjson. 1, 0 at the end (or without the file), -1 and a
 * sentence. */
int dump_next_text(struct dump_reader *r, const char **line, size_t *len, char *err,
                   size_t err_size) MUST_CHECK;
int dump_next_pending(struct dump_reader *r, const char **line, size_t *len, char *err,
                      size_t err_size) MUST_CHECK;
void dump_close(struct dump_reader *r);

#endif
