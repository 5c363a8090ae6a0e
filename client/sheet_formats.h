/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SHEET_FORMATS_H
#define PUMASI_SHEET_FORMATS_H

/* Mapping files of other programs' exports; the last has no name. docs/import.md says where each is
 * known from, and what is only assumed. */
struct sheet_format {
    const char *name;
    const char *text;
};
extern const struct sheet_format sheet_formats[];

#endif
