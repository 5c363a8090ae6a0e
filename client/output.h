/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_OUTPUT_H
#define PUMASI_OUTPUT_H

#include "core/base.h"

/*
 * Writes the file that -o names, complete or not at all. A file that is a link stays one; what is
 * no file (a device, a folder) isn't replaced by one. PUMASI_OK, or PUMASI_FAILED after a sentence.
 */
int output_file(const char *path, const void *bytes, size_t len) MUST_CHECK;

#endif
