/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SPEAK_H
#define PUMASI_SPEAK_H

/* From here on pumasi's messages are in that language ("en", "ko"), by the catalogue in the folder
 * above the test's program. */
void speak(const char *language);

#endif
