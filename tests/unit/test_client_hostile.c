/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A ledger that puts escape sequences and characters that turn text round into whatever it answers:
 * nothing that commands print of it does anything to a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Before cmocka, which has a macro called fail. */
#include "client/client.h"
#include "client/commands.h"
#include "client/names.h"
#include "listening.h"

#include <cmocka.h>

/* Red, a new title, right to left, a C1 control, a line of its own. */
#define EVIL "\\u001b[31m\\u001b]0;x\\u0007\\u202e\\u009b2J\\nforged"

/* Everything that any answer has, with EVIL in each text that no grammar bounds. */
static const char answer[] =
    "{\"coop\":\"" EVIL "\",\"member\":\"" EVIL "\",\"name\":\"" EVIL "\",\"kind\":\"" EVIL "\","
    "\"state\":\"" EVIL "\",\"account\":\"" EVIL "\",\"threshold\":1,\"treasurers\":[\"" EVIL "\"],"
    "\"registrars\":[\"" EVIL "\"],\"auditors\":[\"" EVIL "\"],\"roles\":[\"" EVIL "\"],"
    "\"policies\":[{\"unit\":\"" EVIL "\",\"floor\":-1,\"ceiling\":null,\"registrar_floor\":-2,"
    "\"registrar_ceiling\":5,\"reversal_days\":3}],\"keys\":[{\"kid\":\"" EVIL "\",\"role\":\"" EVIL
    "\"}],\"limits\":[{\"unit\":\"" EVIL "\",\"floor\":-1,\"ceiling\":1,\"own\":true}],"
    "\"readers\":[{\"holder\":\"" EVIL "\",\"role\":\"" EVIL "\",\"kid\":\"" EVIL "\"}],"
    "\"recovery\":{\"record\":4,\"due\":\"" EVIL
    "\",\"objected\":true},\"recoveries\":[{\"member\":\"" EVIL "\",\"record\":5,\"due\":\"" EVIL
    "\",\"objected\":\"" EVIL "\"}],"
    "\"balance\":1,\"floor\":-1,\"ceiling\":null,\"available\":2,\"seq\":1,\"size\":9,\"first\":0,"
    "\"time\":\"" EVIL "\",\"type\":\"/problems/" EVIL "\",\"title\":\"" EVIL
    "\",\"detail\":\"" EVIL "\",\"needs\":[{\"holder\":\"" EVIL "\",\"role\":\"" EVIL
    "\",\"have\":0,\"of\":1}],"
    "\"units\":[{\"unit\":\"" EVIL "\",\"name\":\"" EVIL "\",\"scale\":1,\"kind\":\"time\"},"
    "{\"unit\":\"hour\",\"name\":\"" EVIL "\",\"scale\":60,\"kind\":\"time\"}],"
    "\"next\":null,\"items\":[{\"index\":3,\"time\":\"" EVIL "\",\"day\":\"" EVIL "\",\"amount\":5,"
    "\"balance\":5,\"floor\":-1,\"ceiling\":null,\"available\":6,\"seq\":1,\"value_date\":\"" EVIL
    "\",\"counterparty\":\"" EVIL "\",\"memo\":\"" EVIL "\",\"category\":\"" EVIL
    "\",\"signed_by\":\"" EVIL "\",\"reverses\":null,\"reversed\":null,\"from\":\"" EVIL
    "\",\"to\":\"alice@hansalim\",\"unit\":\"" EVIL "\",\"expires\":\"" EVIL "\",\"state\":\"" EVIL
    "\",\"act\":\"" EVIL "\",\"answer\":null,\"coop\":\"" EVIL "\",\"name\":\"" EVIL
    "\",\"member\":\"" EVIL "\",\"kind\":\"" EVIL "\",\"account\":\"" EVIL "\",\"jti\":\"" EVIL
    "\",\"by\":\"" EVIL "\",\"type\":\"" EVIL "\",\"payload\":\"" EVIL "\",\"recorded\":true}]}";

static const int statuses[] = {200, 400, 404, 422, 500};

static int listener;
static unsigned port;

static int set_up(void **state)
{
    struct sockaddr_in at;

    (void)state;
    if (sodium_init() < 0 || setenv("PUMASI_BATCH", "1", 1) != 0 || unsetenv("http_proxy") != 0)
        return -1;
    signal(SIGPIPE, SIG_IGN);
    listener = listening(&at);
    port = ntohs(at.sin_port);
    return 0;
}

/* The ledger, in a process of its own: a connection a request, the same answer to all. */
static pid_t ledger(int status)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    alarm(600);
    for (;;) {
        static char buf[65536];
        int fd = accept(listener, NULL, NULL);
        size_t n = 0;
        ssize_t got;
        char *http;

        while ((got = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0) {
            n += (size_t)got;
            buf[n] = '\0';
            if (strstr(buf, "\r\n\r\n") != NULL)
                break;
        }
        http = x_asprintf("HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                          status, sizeof(answer) - 1, answer);
        if (write(fd, http, strlen(http)) < 0)
            _exit(1);
        free(http);
        close(fd);
    }
}

/* Lines as say_safe leaves them, cells parted by tabs; takes the text over. */
static void assert_harmless(const char *what, char *text)
{
    char *rest = text, *line, *safe;

    while ((line = strsep(&rest, "\n\t")) != NULL) {
        safe = say_safe(line);
        if (!str_eq(safe, line) || str_eq(line, "forged"))
            fail_msg("%s prints: %s", what, safe);
        free(safe);
    }
    free(text);
}

/* What it says to both streams. */
static void run(const struct command *command, const char *holder, enum role role, const char *arg)
{
    char *url = x_asprintf("http://127.0.0.1:%u", port), folder[] = "/nonexistent", *out = NULL;
    struct keyfile *key = keyfile_new("mine", holder, role, NULL);
    struct cli cli = {.command = command, .n_args = arg != NULL, .args = {arg}};
    struct client c = {.http = http_new(), .n_keys = 1, .keys = &key, .keys_read = true};
    FILE *old_out = stdout, *old_err = stderr, *both;
    size_t len;

    c.profile = (struct profile){.name = folder,
                                 .config_dir = folder,
                                 .state_dir = folder,
                                 .connected = true,
                                 .url = url,
                                 .ledger_id = x_strdup("ledger.example#x"),
                                 .origin = "ledger.example"};
    both = open_memstream(&out, &len);
    assert_non_null(both);
    stdout = stderr = both;
    (void)command->run(&c, &cli);
    stdout = old_out;
    stderr = old_err;
    assert_int_equal(fclose(both), 0);
    assert_harmless(command->name, out);
    http_free(c.http);
    keyfile_free(key);
    free(c.profile.ledger_id);
    free(url);
}

static void nothing_that_is_printed_is_obeyed(void **state)
{
    static const struct {
        const struct command *command;
        const char *arg;
    } rows[] = {
        {&cmd_whoami, NULL},
        {&cmd_balance, NULL},
        {&cmd_history, NULL},
        {&cmd_requests, NULL},
        {&cmd_show, "3"},
        {&cmd_pending, NULL},
        {&cmd_coop_list, NULL},
        {&cmd_coop_show, "hansalim"},
        {&cmd_book, NULL},
        {&cmd_report, NULL},
        {&cmd_unit_list, NULL},
        {&cmd_member_list, NULL},
        {&cmd_balance, "alice@hansalim"},
    };

    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(statuses); s++) {
        pid_t pid = ledger(statuses[s]);

        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            run(rows[i].command, "alice@hansalim", ROLE_MEMBER, rows[i].arg);
            run(rows[i].command, "hansalim", ROLE_TREASURER, rows[i].arg);
        }
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_is_printed_is_obeyed),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
