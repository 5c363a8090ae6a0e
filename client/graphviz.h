/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_GRAPHVIZ_H
#define PUMASI_GRAPHVIZ_H

#include "core/picture.h"

/*
 * Has Graphviz's program `dot` lay a picture out and writes it to the file as SVG, complete or not
 * at all. PUMASI_OK, or PUMASI_FAILED after a sentence: there is no such program, it failed, or
 * took more than two minutes.
 */
int graphviz_draw(const struct picture *p, const char *path) MUST_CHECK;

#endif
