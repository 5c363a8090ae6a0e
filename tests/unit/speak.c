/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libgen.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base.h"
#include "speak.h"

void speak(const char *language)
{
    char path[PATH_MAX], *folder;
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    assert_true(n > 0);
    path[n] = '\0';
    folder = x_asprintf("%s/../locale", dirname(path));
    setenv("LANGUAGE", language, 1);
    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    bindtextdomain("pumasi", folder);
    textdomain("pumasi");
    free(folder);
}
