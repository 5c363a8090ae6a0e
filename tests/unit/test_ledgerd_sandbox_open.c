/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What somebody who has taken ledgerd over may do with files that are open: no signal comes of them
 * for another process, and no connection to another machine that the kernel can prevent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attempts.h"
#include "listening.h"

/* ---- What is tried; each answers 0 or errno ---- */

static int shut_off(long result, int fd)
{
    int rc = answer(result);

    close(fd);
    return rc;
}
static int to_parent(int command, const void *what)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return shut_off(fcntl(fd, command, what), fd);
}
static int signals_to_another(void)
{
    return to_parent(F_SETOWN, (const void *)(intptr_t)getppid());
}
static int signals_to_another_thread(void)
{
    const struct f_owner_ex owner = {F_OWNER_PID, getppid()};

    return to_parent(F_SETOWN_EX, &owner);
}
static int a_deadly_signal(void)
{
    return to_parent(F_SETSIG, (const void *)(intptr_t)SIGKILL);
}
static int lease(void)
{
    return to_parent(F_SETLEASE, (const void *)(intptr_t)F_RDLCK);
}
static int request_on_socket(unsigned long request, int value)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return shut_off(ioctl(fd, request, &value), fd);
}
static int signal_on_input(void)
{
    return request_on_socket(FIOASYNC, 1);
}
static int owner_by_ioctl(void)
{
    return request_on_socket(FIOSETOWN, getppid());
}
static int group_by_ioctl(void)
{
    return request_on_socket(SIOCSPGRP, getppid());
}
static int nonblocking_copy(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK) != 0 ||
        fcntl(copy, F_SETFD, fcntl(copy, F_GETFD) | FD_CLOEXEC) != 0)
        return errno;
    close(fd);
    return shut_off(copy, copy);
}

/* What a client's connection could be made to; made before the child is. */
static struct {
    int client, accepted, elsewhere;
    struct sockaddr_in address; /* of elsewhere */
} tcp;

static int send_to_client(void)
{
    struct iovec part = {(void *)"x", 1};
    struct mmsghdr one = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};

    if (send(tcp.accepted, "x", 1, MSG_NOSIGNAL) != 1 ||
        sendmsg(tcp.accepted, &one.msg_hdr, MSG_NOSIGNAL) != 1)
        return errno;
    return answer(sendmmsg(tcp.accepted, &one, 1, MSG_DONTWAIT));
}
/* Anybody may end a connection; then it could be made to another machine. */
static int hang_up(void)
{
    const struct sockaddr none = {.sa_family = AF_UNSPEC};

    return answer(connect(tcp.accepted, &none, sizeof(none)));
}
static int connect_elsewhere(void)
{
    int rc = hang_up();

    return rc != 0 ? EINVAL
                   : answer(connect(tcp.accepted, (struct sockaddr *)&tcp.address,
                                    sizeof(tcp.address)));
}
static int send_elsewhere(void)
{
    int rc = hang_up();

    return rc != 0 ? EINVAL
                   : answer(sendto(tcp.accepted, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
                                   (struct sockaddr *)&tcp.address, sizeof(tcp.address)));
}
static struct msghdr message_elsewhere(struct iovec *part)
{
    *part = (struct iovec){(void *)"x", 1};
    return (struct msghdr){.msg_name = &tcp.address,
                           .msg_namelen = sizeof(tcp.address),
                           .msg_iov = part,
                           .msg_iovlen = 1};
}
static int send_message_elsewhere(void)
{
    struct iovec part;
    struct msghdr message = message_elsewhere(&part);
    int rc = hang_up();

    return rc != 0 ? EINVAL : answer(sendmsg(tcp.accepted, &message, MSG_FASTOPEN));
}
static int send_messages_elsewhere(void)
{
    struct iovec part;
    struct mmsghdr one = {.msg_hdr = message_elsewhere(&part)};
    int rc = hang_up();

    return rc != 0 ? EINVAL : answer(sendmmsg(tcp.accepted, &one, 1, MSG_FASTOPEN));
}

/* ---- How ---- */

static struct sandbox *without_network(void)
{
    return sandbox_new();
}
static struct sandbox *with_network(void)
{
    struct sandbox *s = sandbox_new();

    sandbox_allow_network(s);
    return s;
}

static void owners_and_signals(void **state)
{
    static const struct attempt all[] = {
        {"F_SETOWN", signals_to_another, ENOSYS, ENOSYS},
        {"F_SETOWN_EX", signals_to_another_thread, ENOSYS, ENOSYS},
        {"F_SETSIG", a_deadly_signal, ENOSYS, ENOSYS},
        {"F_SETLEASE", lease, ENOSYS, ENOSYS},
        {"FIOASYNC", signal_on_input, ENOSYS, ENOSYS},
        {"FIOSETOWN", owner_by_ioctl, ENOSYS, ENOSYS},
        {"SIOCSPGRP", group_by_ioctl, ENOSYS, ENOSYS},
        {"F_DUPFD_CLOEXEC, F_SETFL, F_SETFD", nonblocking_copy, 0, 0},
    };

    (void)state;
    attempt_skip_without_sandbox(without_network);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        attempt_check(&all[i], false, without_network);
        attempt_check(&all[i], true, with_network);
    }
}

/* With the connection of a client, which no socket() was needed for. */
static void a_clients_connection(void **state)
{
    const long landlock = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1U);
    const struct attempt all[] = {
        {"answer", send_to_client, 0, 0},
        {"connect it elsewhere", connect_elsewhere, landlock >= 4 ? EACCES : 0, 0},
        {"send and connect", send_elsewhere, ENOSYS, ENOSYS},
        {"send a message and connect", send_message_elsewhere, ENOSYS, ENOSYS},
        {"send messages and connect", send_messages_elsewhere, ENOSYS, ENOSYS},
    };
    struct sockaddr_in here;
    int listener;

    (void)state;
    attempt_skip_without_sandbox(without_network);
    listener = listening(&here);
    tcp.elsewhere = listening(&tcp.address);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        for (int network = 0; network < 2; network++) {
            tcp.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            assert_int_equal(connect(tcp.client, (struct sockaddr *)&here, sizeof(here)), 0);
            tcp.accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            assert_true(tcp.accepted >= 0);
            attempt_check(&all[i], network != 0, network != 0 ? with_network : without_network);
            close(tcp.accepted);
            close(tcp.client);
        }
    }
    close(tcp.elsewhere);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners_and_signals),
        cmocka_unit_test(a_clients_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
