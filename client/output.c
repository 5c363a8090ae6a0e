/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/files.h"
#include "client/say.h"

static int unwritten(const char *path)
{
    char *safe = say_safe(path);

    (void)fail(PUMASI_FAILED, _("%s can't be written: %s."), safe, strerror(errno));
    free(safe);
    return PUMASI_FAILED;
}

/* A file that is a link stays one; what is no file (a device, a folder) isn't replaced by one. */
int output_file(const char *path, const void *bytes, size_t len)
{
    struct stat st;
    char *real = realpath(path, NULL);
    int rc = PUMASI_OK;

    if (real != NULL && stat(real, &st) == 0 && !S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        rc = unwritten(path);
    } else if (files_write(real != NULL ? real : path, bytes, len) != 0) {
        rc = unwritten(path);
    }
    free(real);
    return rc;
}
