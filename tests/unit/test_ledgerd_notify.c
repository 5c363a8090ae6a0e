/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ledgerd/notify.h"

static int manager;
static char path[100];

/* A socket as a service manager has it: a file's, or one in Linux's abstract space behind '@'. */
static void listen_at(bool abstract)
{
    const char *tmp = getenv("TMPDIR");
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t len;

    if (abstract)
        snprintf(path, sizeof(path), "@pumasi-test-%d", (int)getpid());
    else
        snprintf(path, sizeof(path), "%s/notify-%d", tmp != NULL ? tmp : "/tmp", (int)getpid());
    len = strlen(path);
    memcpy(addr.sun_path, path, len);
    if (abstract)
        addr.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(manager >= 0);
    assert_int_equal(bind(manager, (struct sockaddr *)&addr,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    setenv("NOTIFY_SOCKET", path, 1);
}

static const char *heard(void)
{
    static char text[512];
    ssize_t n = recv(manager, text, sizeof(text) - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static int teardown(void **state)
{
    (void)state;
    close(manager);
    if (path[0] == '/')
        unlink(path);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return 0;
}

static void says(bool abstract)
{
    listen_at(abstract);
    notify_ready("serving on 127.0.0.1:7474");
    assert_string_equal(heard(), "READY=1\nSTATUS=serving on 127.0.0.1:7474");
    notify_status("posting\nREADY=1");
    assert_string_equal(heard(), "STATUS=posting");
    notify_watchdog();
    assert_string_equal(heard(), "WATCHDOG=1");
    notify_extend(1500);
    assert_string_equal(heard(), "EXTEND_TIMEOUT_USEC=1500000");
    notify_stopping();
    assert_string_equal(heard(), "STOPPING=1");
    assert_string_equal(heard(), "");
}

static void to_a_file(void **state)
{
    (void)state;
    says(false);
}

static void to_an_abstract_name(void **state)
{
    (void)state;
    says(true);
}

static void nobody_listens(void **state)
{
    (void)state;
    manager = -1;
    path[0] = '\0';
    unsetenv("NOTIFY_SOCKET");
    assert_false(notify_send("READY=1"));
    setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
    assert_false(notify_send("READY=1"));
    setenv("NOTIFY_SOCKET", "relative", 1);
    assert_false(notify_send("READY=1"));
}

static void watchdog(void **state)
{
    char pid[32];

    (void)state;
    assert_int_equal(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "60000000", 1);
    assert_int_equal(notify_watchdog_ms(), 60000);
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(notify_watchdog_ms(), 60000);
    setenv("WATCHDOG_PID", "1", 1); /* meant for another process */
    assert_int_equal(notify_watchdog_ms(), 0);
    unsetenv("WATCHDOG_PID");
    setenv("WATCHDOG_USEC", "soon", 1);
    assert_int_equal(notify_watchdog_ms(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(to_a_file, teardown),
        cmocka_unit_test_teardown(to_an_abstract_name, teardown),
        cmocka_unit_test_teardown(nobody_listens, teardown),
        cmocka_unit_test_teardown(watchdog, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
