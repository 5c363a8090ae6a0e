/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/privs.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/files.h"
#include "ledgerd/log.h"

/* Makes path and the folders above it that are missing, those 0755. */
static int make_folders(const char *path)
{
    char *copy = x_strdup(path);
    int rc = 0, saved;

    for (char *slash = strchr(copy + 1, '/'); rc == 0 && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0755) != 0 && errno != EEXIST)
            rc = -1;
        *slash = '/';
    }
    if (rc == 0 && mkdir(copy, 0700) != 0 && errno != EEXIST)
        rc = -1;
    saved = errno;
    free(copy);
    errno = saved;
    return rc;
}

/* Judges the open folder fd, and gives it to uid and gid where it is empty. */
static int data_claim(int fd, const char *dir, uid_t uid, gid_t gid, char *err, size_t err_size)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        snprintf(err, err_size, "%s: %s", dir, strerror(errno));
        return -1;
    }
    if (st.st_uid != uid) {
        if (geteuid() != 0 || st.st_uid != 0 || !dir_is_empty(dir)) {
            struct passwd *owner = getpwuid(st.st_uid);

            snprintf(
                err, err_size,
                _("the data folder %s belongs to %s (user id %u), not to the user that ledgerd "
                  "runs as: run ledgerd as that user, or give another --data"),
                dir, owner != NULL ? owner->pw_name : _("nobody known"), (unsigned)st.st_uid);
            return -1;
        }
        /* Through the descriptor: the name can't be changed for another folder's meanwhile. */
        if (fchown(fd, uid, gid) != 0 || fchmod(fd, 0700) != 0) {
            snprintf(err, err_size, _("%s can't be given to its user: %s"), dir, strerror(errno));
            return -1;
        }
        return 0;
    }
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        snprintf(err, err_size, _("others can write the data folder %s: chmod 700 it"), dir);
        return -1;
    }
    return 0;
}

static int data_ready(const char *dir, bool make, uid_t uid, gid_t gid, char *err, size_t err_size)
{
    int fd, rc;

    if (make && make_folders(dir) != 0) {
        snprintf(err, err_size, _("the data folder %s can't be made: %s"), dir, strerror(errno));
        return -1;
    }
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        snprintf(err, err_size, _("there is no data folder %s: make one with `ledgerd init`"), dir);
        return -1;
    }
    if (fd < 0) {
        snprintf(err, err_size, _("the data folder %s: %s"), dir, strerror(errno));
        return -1;
    }
    rc = data_claim(fd, dir, uid, gid, err, err_size);
    close(fd);
    return rc;
}

/* What no program started from here could get back; without CAP_SETPCAP nothing changes. */
static void drop_bounding_set(void)
{
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

void privs_drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct have[2] = {{0}}, none[2] = {{0}};

    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    drop_bounding_set();
    /* Asked first: where there are none the service manager's filter may forbid the call. */
    if (syscall(SYS_capget, &header, have) != 0 || memcmp(have, none, sizeof(none)) == 0)
        return;
    if (syscall(SYS_capset, &header, none) != 0)
        fatal(_("ledgerd could not give up its capabilities: %s"), strerror(errno));
}

/* Drops root for good and proves that it is gone. */
static int drop_root(const char *user, uid_t uid, gid_t gid, char *err, size_t err_size)
{
    drop_bounding_set();
    if (initgroups(user, gid) != 0 || setresgid(gid, gid, gid) != 0 ||
        setresuid(uid, uid, uid) != 0) {
        snprintf(err, err_size, _("ledgerd can't become the user %s: %s"), user, strerror(errno));
        return -1;
    }
    if (setuid(0) == 0 || geteuid() != uid || getegid() != gid) {
        snprintf(err, err_size, _("ledgerd could not give up root's rights"));
        return -1;
    }
    return 0;
}

/* Looks up whom root becomes. */
static int find_user(const char *user, uid_t *uid, gid_t *gid, char *err, size_t err_size)
{
    const struct passwd *pw = getpwnam(user);

    if (pw == NULL) {
        snprintf(err, err_size,
                 _("there is no user '%s' for ledgerd to become: make it with `useradd --system "
                   "--no-create-home --shell /usr/sbin/nologin %s`, or name another with --user"),
                 user, user);
        return -1;
    }
    if (pw->pw_uid == 0) {
        snprintf(err, err_size, _("ledgerd doesn't run as root, and '%s' is root"), user);
        return -1;
    }
    *uid = pw->pw_uid;
    *gid = pw->pw_gid;
    return 0;
}

/* What holds for every process, whoever it runs as. */
static void harden(void)
{
    struct rlimit lim = {0, 0};

    umask(077);
    setrlimit(RLIMIT_CORE, &lim);
    if (!PRIVS_TRACEABLE)
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    /* The right to take port 443, where the service has it, isn't PostgreSQL's. */
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
        lim.rlim_cur = lim.rlim_max;
        setrlimit(RLIMIT_NOFILE, &lim);
    }
}

int privs_become(const char *user, const char *data_dir, bool make_data, char *err, size_t err_size)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    bool root = uid == 0;

    if (root && find_user(user, &uid, &gid, err, err_size) != 0)
        return -1;
    if (data_dir != NULL && data_ready(data_dir, make_data, uid, gid, err, err_size) != 0)
        return -1;
    if (root) {
        /* Root's own home is nothing to this user. */
        setenv("HOME", data_dir != NULL ? data_dir : "/", 1);
        setenv("USER", user, 1);
        setenv("LOGNAME", user, 1);
        if (drop_root(user, uid, gid, err, err_size) != 0)
            return -1;
    }
    harden();
    if (data_dir != NULL && access(data_dir, R_OK | W_OK | X_OK) != 0) {
        snprintf(
            err, err_size,
            _("the user that ledgerd runs as can't use the data folder %s: %s (the folders above "
              "it must let that user through)"),
            data_dir, strerror(errno));
        return -1;
    }
    if (access(".", X_OK) != 0 && chdir("/") != 0) {
        snprintf(err, err_size, _("chdir to /: %s"), strerror(errno));
        return -1;
    }
    return 0;
}

int privs_lock_data(const char *data_dir, char *err, size_t err_size)
{
    char *path = x_asprintf("%s/lock", data_dir);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) {
        snprintf(err, err_size, "%s: %s", path, strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        snprintf(err, err_size, _("another ledgerd is at work in the data folder %s"), data_dir);
        close(fd);
        fd = -1;
    }
    free(path);
    return fd;
}
