/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledgerd/files.h"
#include "ledgerd/privs.h"

/* Rights once given up don't come back, so each case is a child of its own, judged by what it says.
 */

static char base[256], data[300];
static char said[1024];

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(base, sizeof(base), "%s/privs-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(base) == NULL || chmod(base, 0755) != 0)
        return -1;
    snprintf(data, sizeof(data), "%s/data", base);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return dir_remove(base);
}

/* Somebody who isn't root: ourselves when we aren't either. The name is the caller's to free. */
static char *somebody(uid_t *uid, gid_t *gid)
{
    const struct passwd *pw = geteuid() == 0 ? getpwnam("nobody") : getpwuid(geteuid());

    assert_non_null(pw);
    *uid = pw->pw_uid;
    *gid = pw->pw_gid;
    return x_strdup(pw->pw_name);
}

/* After privs_become: what must hold of the process, "" when it does. */
static const char *wrong_after(void)
{
    struct rlimit core, files;
    struct stat st;

    if (geteuid() == 0 || getuid() == 0 || getegid() == 0)
        return "still root";
    if (setuid(0) == 0 || seteuid(0) == 0)
        return "root again";
    if (umask(0) != 077)
        return "umask";
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
        return "core dumps";
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur != files.rlim_max)
        return "open files";
    if (stat(data, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & 0777) != 0700)
        return "data folder";
    return "";
}

/* Runs privs_become in a child. Its return value; `said` is its sentence, or what is wrong after
 * it. */
static int become(const char *user, bool make)
{
    int ends[2], status;
    ssize_t n;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        char err[1000] = "";
        int rc = privs_become(user, data, make, err, sizeof(err));
        const char *text = rc == 0 ? wrong_after() : err;

        if (write(ends[1], text, strlen(text)) < 0)
            _exit(3);
        _exit(rc == 0 ? 0 : 1);
    }
    close(ends[1]);
    n = read(ends[0], said, sizeof(said) - 1);
    said[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    return WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int become_somebody(bool make)
{
    uid_t uid;
    gid_t gid;
    char *user = somebody(&uid, &gid);
    int rc = become(user, make);

    free(user);
    return rc;
}

static void makes_the_folder(void **state)
{
    (void)state;
    snprintf(data, sizeof(data), "%s/a/b/data", base);
    if (geteuid() != 0)
        assert_int_equal(chmod(base, 0700), 0);
    assert_int_equal(become_somebody(true), 0);
    assert_string_equal(said, "");
    /* And again, as it is now. */
    assert_int_equal(become_somebody(true), 0);
    assert_string_equal(said, "");
}

static void missing_folder(void **state)
{
    (void)state;
    assert_int_equal(become_somebody(false), -1);
    assert_non_null(strstr(said, "ledgerd init"));
}

static void folder_that_others_write(void **state)
{
    uid_t uid;
    gid_t gid;

    (void)state;
    free(somebody(&uid, &gid));
    assert_int_equal(mkdir(data, 0700), 0);
    assert_int_equal(chown(data, uid, gid), 0);
    assert_int_equal(chmod(data, 0770), 0);
    assert_int_equal(become_somebody(true), -1);
    assert_non_null(strstr(said, "others can write"));
}

static void empty_folder_is_given(void **state)
{
    (void)state;
    assert_int_equal(mkdir(data, 0755), 0);
    if (geteuid() != 0)
        skip();
    assert_int_equal(become("nobody", true), 0);
    assert_string_equal(said, "");
}

static void folder_of_somebody_else(void **state)
{
    char *file;

    (void)state;
    if (geteuid() != 0)
        skip();
    /* Of root, and not empty. */
    assert_int_equal(mkdir(data, 0755), 0);
    file = x_asprintf("%s/file", data);
    assert_int_equal(file_write(file, "", 0, 0600), 0);
    assert_int_equal(become("nobody", true), -1);
    assert_non_null(strstr(said, "belongs to root"));
    /* Of another user, and empty. */
    assert_int_equal(unlink(file), 0);
    assert_int_equal(chown(data, 12345, 12345), 0);
    assert_int_equal(become("nobody", true), -1);
    assert_non_null(strstr(said, "user id 12345"));
    free(file);
}

static void folder_behind_a_closed_one(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(base, 0700), 0);
    assert_int_equal(become("nobody", true), -1);
    assert_non_null(strstr(said, "the folders above"));
}

static void wrong_users(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(become("no-such-user-here", true), -1);
    assert_non_null(strstr(said, "useradd --system"));
    assert_non_null(strstr(said, "no-such-user-here"));
    assert_int_equal(access(data, F_OK), -1); /* nothing was made */
    assert_int_equal(become("root", true), -1);
    assert_non_null(strstr(said, "doesn't run as root"));
}

static void one_at_a_time(void **state)
{
    char err[300] = "";
    int fd, other;

    (void)state;
    assert_int_equal(mkdir(data, 0700), 0);
    fd = privs_lock_data(data, err, sizeof(err));
    assert_true(fd >= 0);
    assert_int_equal(privs_lock_data(data, err, sizeof(err)), -1);
    assert_non_null(strstr(err, "another ledgerd"));
    close(fd);
    other = privs_lock_data(data, err, sizeof(err));
    assert_true(other >= 0);
    close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(makes_the_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(missing_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(folder_that_others_write, setup, teardown),
        cmocka_unit_test_setup_teardown(empty_folder_is_given, setup, teardown),
        cmocka_unit_test_setup_teardown(folder_of_somebody_else, setup, teardown),
        cmocka_unit_test_setup_teardown(folder_behind_a_closed_one, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_users, setup, teardown),
        cmocka_unit_test_setup_teardown(one_at_a_time, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
