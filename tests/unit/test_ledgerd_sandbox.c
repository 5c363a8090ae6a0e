/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempts.h"
#include "ledgerd/files.h"
#include "ledgerd/log.h"
#include "ledgerd/privs.h"
#include "ledgerd/sandbox_int.h"

static char base[256], data[300], elsewhere[300], certificate[300], linked[300];

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");
    char *own, *near, *checkpoint, *witness;
    int rc;

    (void)state;
    snprintf(base, sizeof(base), "%s/sandbox-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(base) == NULL)
        return -1;
    snprintf(data, sizeof(data), "%s/data", base);
    snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", base);
    snprintf(linked, sizeof(linked), "%s/live", base);
    snprintf(certificate, sizeof(certificate), "%s/live/cert.pem", base);
    own = x_asprintf("%s/own", data);
    near = x_asprintf("%s/archive", base);
    checkpoint = x_asprintf("%s/checkpoint", data);
    witness = x_asprintf("%s/witness", data);
    rc = mkdir(data, 0700) != 0 || mkdir(linked, 0700) != 0 || mkdir(near, 0700) != 0 ||
                 mkdir(witness, 0700) != 0 || file_write(checkpoint, "one", 3, 0644) != 0 ||
                 file_write(own, "x", 1, 0600) != 0 || file_write(elsewhere, "x", 1, 0644) != 0
             ? -1
             : 0;
    free(near);
    near = x_asprintf("%s/archive/cert1.pem", base);
    if (rc == 0)
        rc = file_write(near, "x", 1, 0600) != 0 || symlink("../archive/cert1.pem", certificate);
    free(near);
    free(witness);
    free(checkpoint);
    free(own);
    return rc;
}

static int teardown(void **state)
{
    (void)state;
    return dir_remove(base);
}

/* ---- What is tried; each answers 0 or errno ---- */

static int open_in(const char *folder, const char *name, int flags)
{
    char *path = x_asprintf("%s/%s", folder, name);
    int fd = open(path, flags | O_CLOEXEC, 0600);

    free(path);
    return fd < 0 ? -1 : close(fd);
}

static int read_outside(void)
{
    return answer(open_in(base, "elsewhere", O_RDONLY));
}
static int write_outside(void)
{
    return answer(open_in(base, "elsewhere", O_WRONLY));
}
static int make_outside(void)
{
    return answer(open_in(base, "new", O_WRONLY | O_CREAT));
}
static int list_outside(void)
{
    return answer(open_in(base, "", O_RDONLY | O_DIRECTORY));
}
static int remove_outside(void)
{
    return answer(unlink(elsewhere));
}
static int read_passwords(void)
{
    return answer(open_in("/etc", "passwd", O_RDONLY));
}
static int read_another_process(void)
{
    return answer(open_in("/proc/self", "mem", O_RDONLY));
}
static int write_system(void)
{
    return answer(open_in("/usr", "pumasi-test", O_WRONLY | O_CREAT));
}
static int way_out_by_link(void)
{
    char *link = x_asprintf("%s/way-out", data);
    int rc = symlink(elsewhere, link);

    free(link);
    return answer(rc);
}
static int read_own(void)
{
    return answer(open_in(data, "own", O_RDONLY));
}
static int list_own(void)
{
    return answer(open_in(data, "", O_RDONLY | O_DIRECTORY));
}
static int write_own(void)
{
    return answer(open_in(data, "own", O_WRONLY));
}
static int make_own(void)
{
    return answer(open_in(data, "ledgerd.conf", O_WRONLY | O_CREAT));
}
static int remove_own(void)
{
    char *path = x_asprintf("%s/own", data);
    int rc = unlink(path);

    free(path);
    return answer(rc);
}
static int replace_own(void)
{
    char *from = x_asprintf("%s/witness/note", data), *to = x_asprintf("%s/own", data);
    int rc = file_write(from, "one", 3, 0644) == 0 ? rename(from, to) : 0;

    free(from);
    free(to);
    return answer(rc);
}
static int write_checkpoint(void)
{
    char *path = x_asprintf("%s/checkpoint", data);
    int rc = file_overwrite(path, 3, 0, "two", 3);

    free(path);
    return answer(rc);
}
static int replace_checkpoint(void)
{
    char *path = x_asprintf("%s/checkpoint", data);
    int rc = file_write(path, "two", 3, 0644);

    free(path);
    return answer(rc);
}
static int remember(void)
{
    char *path = x_asprintf("%s/witness/log.note", data);
    int rc = file_write(path, "one", 3, 0644) == 0 ? file_write(path, "two", 3, 0644) : -1;

    free(path);
    return answer(rc);
}
static int read_zone(void)
{
    return answer(open_in("/usr/share/zoneinfo", "UTC", O_RDONLY));
}
static int read_certificate(void)
{
    return answer(open_in(linked, "cert.pem", O_RDONLY));
}
static int run_shell(void)
{
    execl("/bin/sh", "sh", "-c", ":", (char *)NULL);
    return errno;
}
static int trace(void)
{
    return answer(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}
static int new_namespace(void)
{
    return answer(unshare(CLONE_NEWUSER));
}
static int new_process(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return answer(pid);
}
static int signal_another(void)
{
    return answer(kill(getppid(), 0));
}
static int become_root(void)
{
    return answer(setuid(0));
}
static int more_files(void)
{
    struct rlimit lim = {10, 10};

    return answer(setrlimit(RLIMIT_NOFILE, &lim));
}
static int ask_limits(void)
{
    struct rlimit lim;

    return answer(getrlimit(RLIMIT_NOFILE, &lim));
}
static int dumpable_again(void)
{
    return answer(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}
static int writable_code(void)
{
    void *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? errno : 0;
}
static int code_from_data(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? EINVAL : answer(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}
static int look_into_keyring(void)
{
    return answer(syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3, 0));
}
static int unheard_of(void)
{
    return answer(syscall(4000)); /* no kernel has it yet */
}
static int unix_socket(void)
{
    return answer(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}
static int internet_socket(void)
{
    return answer(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}
static int internet6_socket(void)
{
    return answer(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
}
static int netlink_socket(void)
{
    return answer(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}
static int packet_socket(void)
{
    return answer(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}
static int listen_somewhere(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
        return errno;
    return answer(listen(fd, 1));
}
static int end_by_abort(void)
{
    abort();
}

static void *read_outside_in_thread(void *result)
{
    *(int *)result = read_outside();
    return NULL;
}
static int in_a_new_thread(void)
{
    pthread_t thread;
    int result = 0, rc = pthread_create(&thread, NULL, read_outside_in_thread, &result);

    return rc != 0 ? rc : pthread_join(thread, NULL) != 0 ? EINVAL : result;
}

/* ---- How ---- */

/* database NULL: the private cluster. */
static struct sandbox *rules(const char *database)
{
    static const char *const changed[] = {"checkpoint", "witness"};
    struct sandbox *s = sandbox_new();
    PGconn *conn = database != NULL ? PQconnectStart(database) : NULL;

    for (size_t i = 0; i < ARRAY_LEN(changed); i++) {
        char *path = x_asprintf("%s/%s", data, changed[i]);

        sandbox_allow_changes(s, path);
        free(path);
    }
    sandbox_allow_folder_of(s, certificate);
    if (conn != NULL)
        sandbox_allow_database(s, conn);
    PQfinish(conn);
    return s;
}

static struct sandbox *private_cluster(void)
{
    return rules(NULL);
}
static struct sandbox *database_here(void)
{
    return rules("host=/nonexistent");
}
static struct sandbox *database_elsewhere(void)
{
    return rules("hostaddr=127.0.0.1 port=1");
}

static void attempts(const struct attempt *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        attempt_check(&all[i], false, private_cluster);
        attempt_check(&all[i], true, database_elsewhere);
    }
}

static void files(void **state)
{
    static const struct attempt all[] = {
        {"read outside", read_outside, EACCES, EACCES},
        {"write outside", write_outside, EACCES, EACCES},
        {"make a file outside", make_outside, EACCES, EACCES},
        {"list outside", list_outside, EACCES, EACCES},
        {"remove outside", remove_outside, EACCES, EACCES},
        {"read /etc/passwd", read_passwords, EACCES, 0}, /* libpq and the resolver do */
        {"read a process's memory", read_another_process, EACCES, EACCES},
        {"write in /usr", write_system, EACCES, EACCES},
        {"make a link in the data folder", way_out_by_link, ENOSYS, ENOSYS},
        {"list the data folder", list_own, EACCES, EACCES},
        {"read a file of the data folder", read_own, EACCES, EACCES},
        {"write a file of the data folder", write_own, EACCES, EACCES},
        {"make a file in the data folder", make_own, EACCES, EACCES},
        {"remove a file of the data folder", remove_own, EACCES, EACCES},
        {"move a file over one of the data folder", replace_own, EACCES, EACCES},
        {"write over the checkpoint", write_checkpoint, 0, 0},
        {"replace the checkpoint", replace_checkpoint, EACCES, EACCES},
        {"replace what a witness remembers", remember, 0, 0},
        {"read a time zone", read_zone, 0, 0},
        {"read a certificate", read_certificate, 0, 0},
        {"read outside in a new thread", in_a_new_thread, EACCES, EACCES},
    };

    (void)state;
    attempt_skip_without_sandbox(private_cluster);
    attempts(all, ARRAY_LEN(all));
}

static void calls(void **state)
{
    static const struct attempt all[] = {
        {"fork", new_process, ENOSYS, ENOSYS},
        {"kill", signal_another, ENOSYS, ENOSYS},
        {"setuid", become_root, ENOSYS, ENOSYS},
        {"setrlimit", more_files, ENOSYS, ENOSYS},
        {"getrlimit", ask_limits, 0, 0},
        {"prctl", dumpable_again, ENOSYS, ENOSYS},
        {"memory to write and run", writable_code, ENOSYS, ENOSYS},
        {"memory that becomes code", code_from_data, ENOSYS, ENOSYS},
        {"the kernel's keyring", look_into_keyring, ENOSYS, ENOSYS},
        {"a call of tomorrow's", unheard_of, ENOSYS, ENOSYS},
        {"AF_UNIX", unix_socket, 0, 0},
        {"AF_INET", internet_socket, ENOSYS, 0},
        {"AF_INET6", internet6_socket, ENOSYS, 0},
        {"AF_NETLINK", netlink_socket, ENOSYS, 0},
        {"AF_PACKET", packet_socket, ENOSYS, ENOSYS},
        {"listen", listen_somewhere, ENOSYS, ENOSYS},
    };

    (void)state;
    attempt_skip_without_sandbox(private_cluster);
    if (socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0)
        skip(); /* a machine without IPv6 answers something else */
    attempts(all, ARRAY_LEN(all) - 1);
    /* Where Landlock knows of ports it refuses the one, and else the filter the other call. */
    assert_int_equal(WEXITSTATUS(attempt_outcome(listen_somewhere, private_cluster)), ENOSYS);
    assert_int_not_equal(WEXITSTATUS(attempt_outcome(listen_somewhere, database_elsewhere)), 0);
}

/* A database by a Unix socket: libpq looks up the user that it isn't told. */
static void database_on_this_machine(void **state)
{
    (void)state;
    attempt_skip_without_sandbox(private_cluster);
    assert_int_equal(attempt_outcome(read_passwords, database_here), 0);
    assert_int_equal(WEXITSTATUS(attempt_outcome(read_outside, database_here)), EACCES);
    assert_int_equal(WEXITSTATUS(attempt_outcome(internet_socket, database_here)), ENOSYS);
}

static void hostile_calls_end_it(void **state)
{
    static int (*const all[])(void) = {run_shell, trace, new_namespace};
    int status;

    (void)state;
    attempt_skip_without_sandbox(private_cluster);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        status = attempt_outcome(all[i], i % 2 == 0 ? database_elsewhere : private_cluster);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
    status = attempt_outcome(end_by_abort, private_cluster);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* ---- A kernel, or a container, that has none ---- */

static int without(int call, enum sandbox_want want)
{
    char err[256] = "";
    pid_t pid = fork();
    int status = -1;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct sandbox *s = rules(NULL);
        scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

        log_open(STDERR_FILENO, LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), call, 0) != 0 || seccomp_load(ctx) != 0)
            _exit(CANT_BE_HAD);
        if (sandbox_enter(s, want, err, sizeof(err)) == 0)
            _exit(0);
        _exit(strstr(err, call == SCMP_SYS(seccomp) ? "seccomp" : "Landlock") != NULL ? 1 : 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void what_is_not_to_be_had(void **state)
{
    static const int parts[] = {SCMP_SYS(seccomp), SCMP_SYS(landlock_create_ruleset)};

    (void)state;
    attempt_skip_without_sandbox(private_cluster);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        assert_int_equal(without(parts[i], SANDBOX_REQUIRE), 1);
        assert_int_equal(without(parts[i], SANDBOX_AUTO), 0);
        assert_int_equal(without(parts[i], SANDBOX_OFF), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(calls),
        cmocka_unit_test(database_on_this_machine),
        cmocka_unit_test(hostile_calls_end_it),
        cmocka_unit_test(what_is_not_to_be_had),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
