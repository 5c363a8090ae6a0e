/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lang/lang.h"

#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Where the catalogues are, seen from the program's own place; NULL when that isn't known. */
static char *catalogues(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *slash, *beside;

    if (n <= 0)
        return NULL;
    path[n] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL)
        return NULL;
    *slash = '\0';
    beside = x_asprintf("%s/locale", path);
    if (access(beside, F_OK) == 0)
        return beside;
    free(beside);
    return x_asprintf("%s/../share/locale", path);
}

void lang_start(const char *program)
{
    char *folder = catalogues();

    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    setlocale(LC_TIME, "C");
    if (folder != NULL)
        bindtextdomain(program, folder);
    bind_textdomain_codeset(program, "UTF-8");
    textdomain(program);
    /* Read now: a daemon becomes a user who may not get to where the program is. */
    (void)lang_is_foreign();
    free(folder);
}

bool lang_is_word(const char *s, const char *list)
{
    size_t len = strlen(s);

    while (*list != '\0') {
        size_t part = strcspn(list, "|");

        if (part == len && strncasecmp(s, list, len) == 0)
            return true;
        list += part + (list[part] == '|');
    }
    return false;
}

bool lang_is_foreign(void)
{
    /* Translators: the language that you translate into, as in "ko". */
    return strcmp(_("en"), "en") != 0;
}
