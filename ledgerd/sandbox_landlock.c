/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/sandbox_int.h"

/*
 * The kernel's interface grows, and its headers on the machine that builds may be older than the
 * kernel that runs this; so what came after the first version is written down here.
 */
#define ACCESS_FS_1   ((1ULL << 13) - 1) /* all of version 1 */
#define ACCESS_REFER  (1ULL << 13)       /* 2: moving files between folders */
#define ACCESS_TRUNC  (1ULL << 14)       /* 3 */
#define ACCESS_IOCTL  (1ULL << 15)       /* 5: ioctl on devices opened later */
#define NET_BIND      (1ULL << 0)        /* 4: TCP */
#define NET_CONNECT   (1ULL << 1)
#define SCOPE_SOCKETS (1ULL << 0) /* 6: abstract Unix sockets of others */
#define SCOPE_SIGNALS (1ULL << 1)

struct ruleset {
    uint64_t fs, net, scoped;
};

#define MAY_READ ((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR))
#define MAY_WRITE                                                                \
    (MAY_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
     LANDLOCK_ACCESS_FS_MAKE_REG | ACCESS_TRUNC)
#define OF_A_FILE \
    ((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE) | ACCESS_TRUNC)

/* All that this version knows is forbidden, but for what rules allow. Sets *size as it knows it. */
static struct ruleset all_of(int version, bool network, size_t *size)
{
    const char *notify = getenv("NOTIFY_SOCKET");
    struct ruleset r = {.fs = ACCESS_FS_1};

    *size = sizeof(r.fs);
    if (version >= 2)
        r.fs |= ACCESS_REFER;
    if (version >= 3)
        r.fs |= ACCESS_TRUNC;
    if (version >= 4) {
        *size = offsetof(struct ruleset, scoped);
        r.net = NET_BIND | (network ? 0 : NET_CONNECT);
    }
    if (version >= 5)
        r.fs |= ACCESS_IOCTL;
    if (version >= 6) {
        *size = sizeof(r);
        /* The service manager's socket may be such a one. */
        r.scoped = SCOPE_SIGNALS | (notify != NULL && notify[0] == '@' ? 0 : SCOPE_SOCKETS);
    }
    return r;
}

/* A path that isn't there needs no rule. -1 with errno. */
static int allow(int ruleset, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {
        .allowed_access = access,
        .parent_fd = open(path, O_PATH | O_CLOEXEC),
    };
    struct stat st;
    int rc = -1, saved;

    if (rule.parent_fd < 0)
        return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : -1;
    if (fstat(rule.parent_fd, &st) == 0) {
        if (!S_ISDIR(st.st_mode))
            rule.allowed_access &= OF_A_FILE;
        rc = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    }
    saved = errno;
    close(rule.parent_fd);
    errno = saved;
    return rc;
}

int sandbox_landlock(const struct paths *change, const struct paths *read, bool network,
                     const char **why)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
                           (unsigned)LANDLOCK_CREATE_RULESET_VERSION);
    struct ruleset all;
    size_t size;
    int fd, rc = 0;

    if (version < 1) {
        *why = errno == EOPNOTSUPP ? _("switched off in the kernel") : strerror(errno);
        return 0;
    }
    all = all_of((int)version, network, &size);
    fd = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0U);
    if (fd < 0) {
        *why = strerror(errno);
        return 0;
    }
    for (size_t i = 0; rc == 0 && i < change->n; i++)
        rc = allow(fd, change->all[i], MAY_WRITE & all.fs);
    for (size_t i = 0; rc == 0 && i < read->n; i++)
        rc = allow(fd, read->all[i], MAY_READ);
    if (rc == 0)
        rc = (int)syscall(SYS_landlock_restrict_self, fd, 0U);
    if (rc != 0)
        *why = strerror(errno);
    close(fd);
    return rc == 0 ? (int)version : 0;
}
