/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What becomes of an act whatever the other end does: the other end is a small server that plays a
 * script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/files.h"
#include "client/query.h"
#include "client/submit.h"
#include "core/act.h"
#include "listening.h"

/* After ours: it has a macro that is called fail, too. */
#include <cmocka.h>

#define ORIGIN "ledger.example/test"
#define BUSY   "{\"type\":\"https://pumasi.invalid/refusals/busy\",\"status\":503}"
#define EXPIRED \
    "{\"type\":\"https://pumasi.invalid/refusals/expired\",\"title\":\"x\",\"status\":422}"
#define POOR                                                                            \
    "{\"type\":\"https://pumasi.invalid/refusals/insufficient-credit\",\"status\":422," \
    "\"balance\":0,\"floor\":-60,\"available\":60,\"needed\":90}"

enum step {
    POST_IT = 'p',       /* 201 and a good receipt */
    POSTED_BEFORE = 'b', /* 200 and a good receipt */
    OTHER_KEY = 'k',     /* a receipt under a checkpoint that another key signed */
    OTHER_ACT = 'o',     /* a receipt for another jti */
    OTHER_TREE = 't',    /* a receipt whose record isn't in the tree */
    WAIT_FOR = 'w',      /* 202 */
    NO_CREDIT = 'n',     /* 422 */
    TOO_LATE = 'e',      /* 422 expired */
    UNAVAILABLE = 'u',   /* 503, three times: the client is patient */
    HANG_UP = 'h',       /* the connection ends after the request was read */
    PROXY_SAYS_NO = 'x', /* 403 and a page for people */
};

static char folder[256];
static struct client client;
static struct keyfile *alice;
static uint8_t log_secret[KEY_SECRET_LEN], other_secret[KEY_SECRET_LEN];
static uint16_t port;
static int listener;

/* --- the other end --- */

static void put_receipt(struct buf *b, enum step step, const char *by, const char *jti)
{
    struct checkpoint c = {.origin = ORIGIN, .size = 1};
    struct buf header = BUF_INIT, note = BUF_INIT, proof = BUF_INIT;
    struct hash entry, part;
    char part_text[HASH_B64U_LEN + 1];

    hash_bytes(&part, jti, strlen(jti));
    hash_text(part_text, &part);
    buf_printf(&header,
               "{\"v\":1,\"index\":0,\"time\":\"2026-11-22T00:00:00.000Z\",\"rules\":1,"
               "\"parts\":[\"%s\"]}",
               part_text);
    hash_bytes(&entry, header.data, header.len);
    tree_leaf_hash(&c.root, entry.b, HASH_LEN);
    if (step == OTHER_TREE)
        c.root.b[0] ^= 1;
    checkpoint_sign(&note, &c, step == OTHER_KEY ? other_secret : log_secret);
    proof_put(&proof, 0, NULL, 0, note.data, note.len);
    buf_printf(b,
               "{\"index\":0,\"time\":\"2026-11-22T00:00:00.000Z\",\"by\":\"%s\","
               "\"jti\":\"%s\",\"header\":",
               by, step == OTHER_ACT ? "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" : jti);
    buf_puts_json(b, header.data);
    buf_puts(b, ",\"proof\":");
    buf_puts_json(b, proof.data);
    buf_putc(b, '}');
    buf_free(&header);
    buf_free(&note);
    buf_free(&proof);
}

/* Reads one request's head and body; the body's start within the buffer. */
static const char *read_request(int fd, char *buf, size_t size)
{
    size_t n = 0, want = 0;
    const char *body = NULL;

    while (n + 1 < size) {
        ssize_t got = read(fd, buf + n, size - 1 - n);

        if (got <= 0)
            return NULL;
        n += (size_t)got;
        buf[n] = '\0';
        if (body == NULL && (body = strstr(buf, "\r\n\r\n")) != NULL) {
            const char *length = strcasestr(buf, "content-length: ");

            body += 4;
            for (length = length == NULL ? "" : length + 16; *length >= '0' && *length <= '9';
                 length++)
                want = want * 10 + (size_t)(*length - '0');
        }
        if (body != NULL && n >= (size_t)(body - buf) + want)
            return body;
    }
    return NULL;
}

static void answer(int fd, enum step step, const char *body)
{
    struct submission s;
    struct refusal r;
    struct buf out = BUF_INIT, http = BUF_INIT;
    json_t *payload;
    int status = 422;

    if (submission_parse(&s, body, strlen(body), &r) != 0)
        _exit(3);
    payload = json_loadb(s.env.payload, s.env.payload_len, 0, NULL);
    switch (step) {
    case POST_IT:
    case POSTED_BEFORE:
    case OTHER_KEY:
    case OTHER_ACT:
    case OTHER_TREE:
        status = step == POSTED_BEFORE ? 200 : 201;
        put_receipt(&out, step, json_text(payload, "by"), json_text(payload, "jti"));
        break;
    case WAIT_FOR:
        status = 202;
        buf_printf(&out, "{\"by\":\"%s\",\"jti\":\"%s\",\"type\":\"transfer\",\"needs\":[]}",
                   json_text(payload, "by"), json_text(payload, "jti"));
        break;
    case NO_CREDIT:
        buf_puts(&out, POOR);
        break;
    case TOO_LATE:
        buf_puts(&out, EXPIRED);
        break;
    case UNAVAILABLE:
        status = 503;
        buf_puts(&out, BUSY);
        break;
    case PROXY_SAYS_NO:
        status = 403;
        buf_puts(&out, "<html>no</html>");
        break;
    case HANG_UP:
        break;
    }
    json_decref(payload);
    submission_free(&s);
    if (step != HANG_UP) {
        buf_printf(&http, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                   status, out.len, out.data);
        if (write(fd, http.data, http.len) != (ssize_t)http.len)
            _exit(4);
    }
    buf_free(&out);
    buf_free(&http);
}

/* Plays the script, a connection a step, in a process of its own, which ends with 0 when each step
 * was asked for. */
static pid_t play(const char *script)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    alarm(600);
    for (; *script != '\0'; script++) {
        static char buf[65536];
        int fd = accept(listener, NULL, NULL);
        const char *body = read_request(fd, buf, sizeof(buf));

        if (body == NULL)
            _exit(2);
        answer(fd, (enum step) * script, body);
        close(fd);
    }
    _exit(0);
}

static void played(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* --- this end --- */

static void empty_folder(const char *path)
{
    char **names;
    size_t n;

    if (files_list(path, "", &names, &n) != 0)
        return;
    for (size_t i = 0; i < n; i++) {
        char *file = x_asprintf("%s/%s", path, names[i]);

        if (unlink(file) != 0)
            empty_folder(file);
        free(file);
    }
    files_list_free(names, n);
    rmdir(path);
}

static int set_up_all(void **state)
{
    struct sockaddr_in at;

    if (sodium_init() < 0 || setenv("PUMASI_BATCH", "1", 1) != 0 || unsetenv("http_proxy") != 0)
        return -1;
    signal(SIGPIPE, SIG_IGN);
    listener = listening(&at);
    port = ntohs(at.sin_port);
    return 0;
}

static int set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct key other;

    snprintf(folder, sizeof(folder), "%s/submit-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    memset(&client, 0, sizeof(client));
    client.http = http_new();
    client.profile.name = x_strdup("test");
    client.profile.state_dir = x_asprintf("%s/state", folder);
    client.profile.config_dir = x_asprintf("%s/config", folder);
    client.profile.url = x_asprintf("http://127.0.0.1:%u", port);
    client.profile.ledger_id = x_strdup(ORIGIN "#AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    str_copy(client.profile.origin, sizeof(client.profile.origin), ORIGIN);
    client.profile.connected = true;
    key_generate(&client.profile.log_key, log_secret);
    key_generate(&other, other_secret);
    alice = keyfile_new("alice", "alice@hansalim", ROLE_MEMBER, NULL);
    return 0;
}

static int tear_down(void **state)
{
    keyfile_free(alice);
    client_free(&client);
    empty_folder(folder);
    return 0;
}

/* Pays, with an optional flag such as "finish"; the exit code. */
static int pay_with(int64_t amount, const char *flag, enum submit_outcome *outcome, bool *resumed)
{
    json_t *members = json_pack("{s:s, s:s, s:s, s:I}", "from", "alice@hansalim", "to",
                                "bob@hansalim", "unit", "hour", "amount", (json_int_t)amount);
    struct submit_request rq = {.type = "transfer",
                                .by = "alice@hansalim",
                                .members = members,
                                .n_texts = 1,
                                .lifetime = SUBMIT_SOON,
                                .what = "payment",
                                .unit = "hour"};
    struct submit_result result;
    struct cli cli = {.n_values = flag == NULL ? 0 : 1};
    int rc;

    rq.texts[0].field = "memo";
    rq.texts[0].text = "garden";
    cli.values[0].name = flag;
    cli.values[0].value = "";
    rc = submit_act(&client, &cli, &rq, &alice, 1, &result);
    *outcome = result.outcome;
    *resumed = result.resumed;
    submit_result_free(&result);
    json_decref(members);
    return rc;
}

static void check(const char *script, int64_t amount, const char *flag, int rc,
                  enum submit_outcome outcome, bool resumed)
{
    enum submit_outcome got;
    bool got_resumed;
    pid_t pid = play(script);

    assert_int_equal(pay_with(amount, flag, &got, &got_resumed), rc);
    assert_int_equal(got, outcome);
    assert_int_equal(got_resumed, resumed);
    played(pid);
}

static size_t count(const char *name)
{
    char *path = profile_state_path(&client.profile, name, NULL), **names;
    size_t n;

    assert_int_equal(files_list(path, ".json", &names, &n), 0);
    files_list_free(names, n);
    free(path);
    return n;
}

static void expect(size_t outbox, size_t waiting, size_t receipts, size_t evidence)
{
    assert_int_equal(count(OUTBOX_DIR), outbox);
    assert_int_equal(count(WAITING_DIR), waiting);
    assert_int_equal(count("receipts"), receipts);
    assert_int_equal(count("evidence"), evidence);
}

static void test_posted(void **state)
{
    check("p", 90, NULL, PUMASI_OK, SUBMIT_POSTED, false);
    expect(0, 0, 1, 0);
    /* The same payment once more is another one. */
    check("p", 90, NULL, PUMASI_UNPROVED, SUBMIT_FAILED, false); /* two histories of size 1 */
    expect(1, 0, 2, 1);
}

static void test_refused(void **state)
{
    check("n", 90, NULL, PUMASI_FAILED, SUBMIT_REFUSED, false);
    expect(0, 0, 0, 0);
}

/* Lost on the way: kept, finished by the next run as the same act, paid once. */
static void test_interrupted(void **state)
{
    check("h", 90, NULL, PUMASI_UNKNOWN, SUBMIT_OPEN, false);
    expect(1, 0, 0, 0);
    check("p", 60, NULL, PUMASI_OK, SUBMIT_POSTED, false); /* another amount is another payment */
    expect(1, 0, 1, 0);
    check("uuu", 90, NULL, PUMASI_UNKNOWN, SUBMIT_OPEN, true);
    expect(1, 0, 1, 0);
    check("x", 90, NULL, PUMASI_UNKNOWN, SUBMIT_OPEN, true);
    expect(1, 0, 1, 0);
}

static void test_finished_later(void **state)
{
    check("h", 90, NULL, PUMASI_UNKNOWN, SUBMIT_OPEN, false);
    check("b", 90, NULL, PUMASI_OK, SUBMIT_POSTED, true);
    expect(0, 0, 1, 0);
}

static void test_refused_later(void **state)
{
    check("h", 90, NULL, PUMASI_UNKNOWN, SUBMIT_OPEN, false);
    check("n", 90, NULL, PUMASI_FAILED, SUBMIT_REFUSED, true);
    expect(0, 0, 0, 0);
}

/* The first one expired unposted: then, and only then, a new one is made in the same run. */
static void test_expired(void **state)
{
    check("h", 90, NULL, PUMASI_UNKNOWN, SUBMIT_OPEN, false);
    check("ep", 90, NULL, PUMASI_OK, SUBMIT_POSTED, false);
    expect(0, 0, 1, 0);
    check("h", 60, NULL, PUMASI_UNKNOWN, SUBMIT_OPEN, false);
    check("e", 60, "finish", PUMASI_FAILED, SUBMIT_REFUSED, true);
    expect(0, 0, 1, 0);
}

static void test_finish_and_discard(void **state)
{
    char *url = client.profile.url;
    enum submit_outcome outcome;
    bool resumed;

    check("", 90, "finish", PUMASI_OK, SUBMIT_NOTHING, false);
    /* It may have arrived, so it can't be forgotten. */
    check("h", 90, NULL, PUMASI_UNKNOWN, SUBMIT_OPEN, false);
    check("", 90, "discard-unsent", PUMASI_FAILED, SUBMIT_OPEN, true);
    expect(1, 0, 0, 0);
    /* One that never left this machine can. */
    client.profile.url = x_strdup("http://127.0.0.1:1");
    assert_int_equal(pay_with(60, NULL, &outcome, &resumed), PUMASI_UNKNOWN);
    expect(2, 0, 0, 0);
    assert_int_equal(pay_with(60, "discard-unsent", &outcome, &resumed), PUMASI_OK);
    assert_int_equal(outcome, SUBMIT_NOTHING);
    expect(1, 0, 0, 0);
    /* A lost one that then meets a closed door may still have arrived. */
    assert_int_equal(pay_with(90, "finish", &outcome, &resumed), PUMASI_UNKNOWN);
    assert_int_equal(pay_with(90, "discard-unsent", &outcome, &resumed), PUMASI_FAILED);
    expect(1, 0, 0, 0);
    free(client.profile.url);
    client.profile.url = url;
}

static void test_waiting(void **state)
{
    check("w", 90, NULL, PUMASI_PENDING, SUBMIT_WAITING, false);
    expect(0, 1, 0, 0);
    check("w", 90, NULL, PUMASI_PENDING, SUBMIT_WAITING, true);
    expect(0, 1, 0, 0);
    /* A refusal leaves it waiting at the ledger, and so here. */
    check("n", 90, NULL, PUMASI_FAILED, SUBMIT_REFUSED, true);
    expect(0, 1, 0, 0);
    check("b", 90, NULL, PUMASI_OK, SUBMIT_POSTED, true);
    expect(0, 0, 1, 0);
}

/* Answers that prove nothing are kept as evidence, and the act isn't taken for posted. */
static void test_forged(void **state)
{
    client.ledger_checked = true; /* else it is asked whether its log key was changed */
    check("k", 90, NULL, PUMASI_UNPROVED, SUBMIT_FAILED, false);
    expect(1, 0, 0, 1);
    check("o", 90, NULL, PUMASI_UNPROVED, SUBMIT_FAILED, true);
    expect(1, 0, 0, 1);
    check("t", 90, NULL, PUMASI_UNPROVED, SUBMIT_FAILED, true);
    expect(1, 0, 0, 1);
    check("b", 90, NULL, PUMASI_OK, SUBMIT_POSTED, true);
    expect(0, 0, 1, 1);
    client.ledger_checked = false;
}

/* What is made is an act that core takes: by, jti, lifetime, the text's hash, the signature. */
static void test_made(void **state)
{
    json_t *members = json_pack("{s:s, s:s, s:s, s:i}", "from", "alice@hansalim", "to",
                                "bob@hansalim", "unit", "hour", "amount", 90);
    struct submit_request rq = {.type = "transfer",
                                .by = "alice@hansalim",
                                .members = members,
                                .n_texts = 1,
                                .lifetime = SUBMIT_SOON};
    struct submission s, again;
    struct buf text = BUF_INIT;
    struct refusal r;
    struct act act;

    rq.texts[0].field = "memo";
    rq.texts[0].text = "텃밭";
    assert_int_equal(submit_make(&client, &rq, &alice, 1, INT64_C(1795305600123), &s), PUMASI_OK);
    submission_put(&text, &s);
    assert_int_equal(submission_parse(&again, text.data, text.len, &r), 0);
    assert_int_equal(act_parse(&act, &again.env, &r), 0);
    assert_int_equal(act_check_texts(&act, &again, &r), 0);
    assert_int_equal(act.iat, 1795305600);
    assert_int_equal(act.exp, 1795306200);
    assert_string_equal(act.by, "alice@hansalim");
    assert_string_equal(act.aud, client.profile.ledger_id);
    assert_int_equal(strlen(act.jti), 30);
    assert_int_equal(strncmp(act.jti, "AaIAjX", 6), 0); /* the first six bytes are the time */
    assert_int_equal(again.env.n_sigs, 1);
    assert_string_equal(again.env.sigs[0].kid.s, alice->kid.s);
    act_free(&act);
    submission_free(&again);
    submission_free(&s);
    buf_free(&text);
    json_decref(members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_posted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_interrupted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_finished_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_expired, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_finish_and_discard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waiting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_made, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, set_up_all, NULL);
}
