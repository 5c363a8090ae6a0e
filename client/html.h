/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_HTML_H
#define PUMASI_HTML_H

#include "core/buf.h"

/*
 * What pages are made of: HTML that is well-formed XML as well, complete in one file, and that
 * loads and runs nothing.
 */

/* Appends s for an element's content or a quoted attribute. Any bytes: what say_safe finds harmful
 * comes out as \xHH, and & < > " ' as references. */
void html_text(struct buf *b, const char *s);
/* <tag class="…">s</tag>; class may be NULL. */
void html_element(struct buf *b, const char *tag, const char *class, const char *s);
/*
 * From the document type to <body class="…">. The page may use this style sheet, which the policy
 * names by its hash, and nothing else: no scripts, no pictures, no addresses.
 */
void html_begin(struct buf *b, const char *title, const char *style, const char *body_class);
void html_end(struct buf *b);

/* An <svg> with a QR code of s (ISO/IEC 18004, level M, a quiet zone of four modules around);
 * `label` says what it is. Nothing where s is too long for one. */
void html_qr(struct buf *b, const char *s, const char *label);

extern const char statement_css[]; /* client/statement.css */

#endif
