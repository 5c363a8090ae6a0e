/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_FUZZ_SAID_H
#define PUMASI_FUZZ_SAID_H

/* For targets of the client's: whatever it says is harmless on a terminal. */
#include "client/say.h"
#include "fuzz.h"

static char *said_text;
static size_t said_len;

/* Only line ends and what say_safe leaves as it is. Takes s over. */
static inline void said_is_safe(char *s)
{
    char *line = s, *end;

    for (; line != NULL; line = end) {
        char *safe;

        end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        safe = say_safe(line);
        MUST(strcmp(safe, line) == 0);
        free(safe);
    }
    free(s);
}

/* From here on what goes to stderr is gathered (libFuzzer and MUST keep their own way out). */
static inline void said_begin(void)
{
    said_text = NULL;
    said_len = 0;
    stderr = open_memstream(&said_text, &said_len);
    MUST(stderr != NULL);
}

static inline void said_end(void)
{
    MUST(fclose(stderr) == 0);
    MUST(memchr(said_text, '\0', said_len) == NULL);
    said_is_safe(said_text);
}

#endif
