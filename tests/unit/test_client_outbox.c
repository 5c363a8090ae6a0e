/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/files.h"
#include "client/outbox.h"
#include "client/say.h"

/* After ours: it has a macro that is called fail, too. */
#include <cmocka.h>

static char folder[256];
static struct profile profile;

static void empty_folder(const char *path)
{
    char **names;
    size_t n;

    assert_int_equal(files_list(path, "", &names, &n), 0);
    for (size_t i = 0; i < n; i++) {
        char *file = x_asprintf("%s/%s", path, names[i]);

        unlink(file);
        free(file);
    }
    files_list_free(names, n);
    rmdir(path);
}

static int set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(folder, sizeof(folder), "%s/outbox-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    profile.state_dir = x_asprintf("%s/state", folder);
    profile.config_dir = x_asprintf("%s/config", folder);
    return 0;
}

static int tear_down(void **state)
{
    char *outbox = profile_state_path(&profile, OUTBOX_DIR, NULL),
         *waiting = profile_state_path(&profile, WAITING_DIR, NULL);

    empty_folder(outbox);
    empty_folder(waiting);
    rmdir(profile.state_dir);
    rmdir(folder);
    free(outbox);
    free(waiting);
    free(profile.state_dir);
    free(profile.config_dir);
    return 0;
}

static void fill(struct outbox_entry *e, const char *jti, const char *intent, int64_t made)
{
    outbox_entry_init(e);
    e->by = x_strdup("alice@hansalim");
    e->jti = x_strdup(jti);
    e->type = x_strdup("transfer");
    e->what = x_strdup("payment of 1:30 hour to bob@hansalim");
    e->unit = x_strdup("hour");
    e->submission = x_strdup("{\"act\":{}}");
    e->made = made;
    e->exp = made + 600;
    e->sent = true;
    hash_bytes(&e->intent, intent, strlen(intent));
}

#define JTI_A "AZq7cAAAAAAAAAAAAAAAAAAAAAA"
#define JTI_B "-Zq7cAAAAAAAAAAAAAAAAAAAAAB"

static void test_put_find_remove(void **state)
{
    struct outbox_entry e, found;
    struct hash other;
    struct stat st;

    fill(&e, JTI_A, "pay", 1000);
    assert_int_equal(outbox_put(&profile, &e), PUMASI_OK);
    assert_int_equal(stat(e.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    outbox_entry_free(&e); /* as if the process had died */

    hash_bytes(&other, "other", 5);
    assert_int_equal(outbox_find(&profile, &other, &found), OUTBOX_NONE);
    fill(&e, JTI_A, "pay", 1000);
    assert_int_equal(outbox_find(&profile, &e.intent, &found), OUTBOX_FOUND);
    assert_string_equal(found.by, e.by);
    assert_string_equal(found.jti, e.jti);
    assert_string_equal(found.type, e.type);
    assert_string_equal(found.what, e.what);
    assert_string_equal(found.unit, e.unit);
    assert_string_equal(found.submission, e.submission);
    assert_int_equal(found.made, 1000);
    assert_int_equal(found.exp, 1600);
    assert_true(found.sent);
    assert_false(found.waiting);

    assert_int_equal(outbox_remove(&profile, &found), PUMASI_OK);
    outbox_entry_free(&found);
    assert_int_equal(outbox_find(&profile, &e.intent, &found), OUTBOX_NONE);
    outbox_entry_free(&e);
}

/* An act that a living process is busy with isn't an interrupted one; when it dies, it is. */
static void test_locked_by_another(void **state)
{
    struct outbox_entry e, found;
    struct outbox_entry *list;
    size_t n;
    int ready[2], done[2], status;
    char ch = 'x';
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(done), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fill(&e, JTI_A, "pay", 1000);
        close(done[1]);
        if (outbox_put(&profile, &e) != PUMASI_OK || write(ready[1], &ch, 1) != 1 ||
            read(done[0], &ch, 1) != 0)
            _exit(1);
        _exit(0); /* without any clean-up */
    }
    close(done[0]);
    assert_int_equal(read(ready[0], &ch, 1), 1);
    fill(&e, JTI_A, "pay", 1000);
    assert_int_equal(outbox_find(&profile, &e.intent, &found), OUTBOX_BUSY);
    assert_int_equal(outbox_list(&profile, &list, &n), PUMASI_OK);
    assert_int_equal(n, 0);
    outbox_list_free(list, n);
    close(done[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(outbox_find(&profile, &e.intent, &found), OUTBOX_FOUND);
    assert_int_equal(outbox_remove(&profile, &found), PUMASI_OK);
    outbox_entry_free(&found);
    outbox_entry_free(&e);
    close(ready[0]);
    close(ready[1]);
}

static void test_waiting(void **state)
{
    struct outbox_entry e, found;
    char *gone;

    fill(&e, JTI_A, "pay", 1000);
    assert_int_equal(outbox_put(&profile, &e), PUMASI_OK);
    gone = x_strdup(e.path);
    e.waiting = true;
    assert_int_equal(outbox_update(&profile, &e), PUMASI_OK);
    assert_int_not_equal(access(gone, F_OK), 0);
    free(gone);
    outbox_entry_free(&e);
    fill(&e, JTI_A, "pay", 1000);
    assert_int_equal(outbox_find(&profile, &e.intent, &found), OUTBOX_FOUND);
    assert_true(found.waiting);
    assert_int_equal(outbox_remove(&profile, &found), PUMASI_OK);
    outbox_entry_free(&found);
    outbox_entry_free(&e);
}

static void test_order_and_broken_files(void **state)
{
    struct outbox_entry a, b, *list;
    char *broken = profile_state_path(&profile, OUTBOX_DIR, "broken.json");
    size_t n;

    fill(&a, JTI_A, "first", 2000);
    fill(&b, JTI_B, "second", 1000);
    assert_int_equal(outbox_put(&profile, &a), PUMASI_OK);
    assert_int_equal(outbox_put(&profile, &b), PUMASI_OK);
    assert_int_equal(files_write(broken, "{\"ver", 5), 0);
    outbox_entry_free(&a);
    outbox_entry_free(&b);
    assert_int_equal(outbox_list(&profile, &list, &n), PUMASI_OK);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].jti, JTI_B);
    assert_string_equal(list[1].jti, JTI_A);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(outbox_remove(&profile, &list[i]), PUMASI_OK);
    outbox_list_free(list, n);
    assert_int_equal(access(broken, F_OK), 0); /* left for its owner to look at */
    free(broken);
}

/* What can't be written down isn't sent: outbox_put says so. */
static void test_no_place(void **state)
{
    struct profile nowhere = {.state_dir = x_asprintf("%s/file/state", folder)};
    char *file = x_asprintf("%s/file", folder);
    struct outbox_entry e;

    assert_int_equal(files_write(file, "", 0), 0);
    fill(&e, JTI_A, "pay", 1000);
    assert_int_equal(outbox_put(&nowhere, &e), PUMASI_FAILED);
    assert_null(e.path);
    outbox_entry_free(&e);
    unlink(file);
    free(file);
    free(nowhere.state_dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_find_remove), cmocka_unit_test(test_locked_by_another),
        cmocka_unit_test(test_waiting),         cmocka_unit_test(test_order_and_broken_files),
        cmocka_unit_test(test_no_place),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
