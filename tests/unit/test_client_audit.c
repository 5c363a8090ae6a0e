/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#undef fail /* cmocka's; the client's says a sentence */

#include "fixture.h"

#include "client/audit_copy.h"
#include "client/audit_pull.h"
#include "client/audit_replay.h"

/* An auditor's copy on disk: what a run that was killed leaves, what isn't in the tree, what was
 * seen before; and pages of GET /v1/log from a ledger that may be anybody's. */

static char folder[200];
static struct profile profile = {.origin = FIX_ORIGIN};

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static int set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct fix *f;

    (void)snprintf(folder, sizeof(folder), "%s/audit-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    profile.state_dir = x_asprintf("%s/state", folder);
    (void)fix_setup(state);
    f = *state;
    assert_string_equal(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 60), "posted");
    return 0;
}

static int tear_down(void **state)
{
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(profile.state_dir);
    return fix_teardown(state);
}

/* ---- What a ledger would say ---- */

static void add(struct audit_copy *c, const struct fix *f, size_t i, bool good)
{
    const struct fix_record *r = &f->log[i];
    const char *parts[FIX_PARTS_MAX];
    struct hash entry, leaf;

    for (size_t k = 0; k < r->n; k++)
        parts[k] = r->parts[k].data;
    hash_bytes(&entry, r->header.data, r->header.len);
    tree_leaf_hash(&leaf, entry.b, HASH_LEN);
    assert_int_equal(audit_copy_add(c, r->header.data, parts, r->n, (int64_t)i, &leaf, good),
                     PUMASI_OK);
}

/* The signed checkpoint of the whole log, or of another root. */
static void sign(struct checkpoint *out, struct buf *note, const struct fix *f, bool other)
{
    struct fix_key log;

    fix_key(&log, "log");
    memset(out, 0, sizeof(*out));
    str_copy(out->origin, sizeof(out->origin), FIX_ORIGIN);
    out->size = f->n;
    tree_root(&f->tree, &out->root);
    out->root.b[0] = (uint8_t)(out->root.b[0] ^ (other ? 1 : 0));
    buf_clear(note);
    checkpoint_sign(note, out, log.secret);
}

static void finish(struct audit_copy *c, const struct fix *f)
{
    struct buf note = BUF_INIT;
    struct dump_info info = {.size = (int64_t)f->n};
    struct checkpoint checkpoint;
    struct fix_key log;

    fix_key(&log, "log");
    str_copy(info.id, sizeof(info.id), state_ledger_id(f->s));
    str_copy(info.origin, sizeof(info.origin), FIX_ORIGIN);
    vkey_text(info.vkey, FIX_ORIGIN, &log.key);
    sign(&checkpoint, &note, f, false);
    assert_int_equal(audit_copy_finish(c, &info, note.data, &checkpoint), PUMASI_OK);
    buf_free(&note);
}

static void open_copy(struct audit_copy *c)
{
    assert_int_equal(audit_copy_open(c, &profile, NULL), PUMASI_OK);
    /* As audit_pull does for one that isn't finished. */
    str_copy(c->info.origin, sizeof(c->info.origin), FIX_ORIGIN);
}

static void whole_copy(const struct fix *f)
{
    struct audit_copy c;

    open_copy(&c);
    for (size_t i = 0; i < f->n; i++)
        add(&c, f, i, true);
    finish(&c, f);
    audit_copy_close(&c);
}

static char *records_path(void)
{
    return x_asprintf("%s/audit/all/records", profile.state_dir);
}

static void append(const char *text)
{
    char *path = records_path();
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
    free(path);
}

/* How many findings a replay has. */
static size_t replay(const struct audit_copy *c)
{
    struct client client = {.json = true};
    struct audit_report r = {.c = &client, .whole = true};
    struct audit *a = audit_replay(&r, c, 0, NULL);
    size_t found = r.found;

    assert_non_null(a);
    assert_int_equal(r.counts.records, c->n);
    audit_free(a);
    audit_report_free(&r);
    return found;
}

/* ---- Tests ---- */

static void goes_on_after_a_kill(void **state)
{
    const struct fix *f = *state;
    struct audit_copy c;
    struct hash root, want;
    int64_t end;

    open_copy(&c);
    for (size_t i = 0; i < 5; i++)
        add(&c, f, i, true);
    end = c.good_end;
    audit_copy_close(&c);
    append("{\"v\":1,\"index\":5,\"ti");
    open_copy(&c);
    assert_int_equal(audit_copy_size(&c), 5);
    assert_int_equal(c.good_end, end);
    assert_int_equal(c.last_index, 4);
    assert_false(c.has_info);
    for (size_t i = 5; i < f->n; i++)
        add(&c, f, i, true);
    finish(&c, f);
    audit_copy_close(&c);

    open_copy(&c);
    assert_true(c.has_info);
    assert_int_equal(audit_copy_size(&c), f->n);
    tree_root(&f->tree, &want);
    assert_int_equal(audit_copy_root(&c, (int64_t)f->n, &root), 0);
    assert_true(hash_eq(&root, &want));
    assert_int_equal(audit_copy_root(&c, (int64_t)f->n + 1, &root), -1);
    assert_int_equal(replay(&c), 0);
    audit_copy_close(&c);
}

static void is_an_export(void **state)
{
    const struct fix *f = *state;
    struct audit_copy c;
    char *dir = x_asprintf("%s/audit/all", profile.state_dir);

    whole_copy(f);
    assert_int_equal(audit_copy_foreign(&c, dir), PUMASI_OK);
    assert_int_equal(c.n, f->n);
    assert_int_equal(c.good_end, c.end);
    assert_int_equal(replay(&c), 0);
    audit_copy_close(&c);
    free(dir);
}

/* Records were taken out of it: nobody begins anew in silence. */
static void is_not_shortened(void **state)
{
    const struct fix *f = *state;
    struct audit_copy c;
    char *path = records_path();
    int64_t last;

    whole_copy(f);
    open_copy(&c);
    last = c.at[f->n - 1];
    audit_copy_close(&c);
    assert_int_equal(truncate(path, (off_t)last), 0);
    assert_int_equal(audit_copy_open(&c, &profile, NULL), PUMASI_FAILED);
    audit_copy_close(&c);
    free(path);
}

static void one_run_at_a_time(void **state)
{
    struct audit_copy c, second;

    (void)state;
    open_copy(&c);
    assert_int_equal(audit_copy_open(&second, &profile, NULL), PUMASI_FAILED);
    audit_copy_close(&second);
    audit_copy_close(&c);
    open_copy(&c);
    audit_copy_close(&c);
}

/* From the first that isn't in the tree all are judged, and none is kept. */
static void suspects_are_not_kept(void **state)
{
    const struct fix *f = *state;
    struct audit_copy c;

    open_copy(&c);
    for (size_t i = 0; i < f->n; i++)
        add(&c, f, i, i != 6);
    assert_int_equal(c.n, f->n);
    assert_int_equal(c.n_good, 6);
    assert_int_equal(replay(&c), 0); /* read over the border of both files */
    audit_copy_close(&c);
    open_copy(&c);
    assert_int_equal(c.n, 6);
    assert_int_equal(audit_copy_cut(&c, 4), PUMASI_OK);
    audit_copy_close(&c);
    open_copy(&c);
    assert_int_equal(c.n, 4);
    assert_int_equal(replay(&c), 0);
    audit_copy_close(&c);
}

static void remembers_checkpoints(void **state)
{
    const struct fix *f = *state;
    struct buf note = BUF_INIT, other = BUF_INIT;
    struct checkpoint checkpoint;
    struct audit_copy c;
    char *before;

    open_copy(&c);
    sign(&checkpoint, &note, f, false);
    assert_int_equal(audit_copy_seen(&c, note.data, &checkpoint, &before), 0);
    assert_int_equal(audit_copy_seen(&c, note.data, &checkpoint, &before), 0);
    assert_null(before);
    sign(&checkpoint, &other, f, true);
    assert_int_equal(audit_copy_seen(&c, other.data, &checkpoint, &before), 1);
    assert_string_equal(before, note.data);
    free(before);
    buf_free(&note);
    buf_free(&other);
    audit_copy_close(&c);
}

/* What was verified counts only while the leaves are those that it was verified of. */
static void remembers_what_was_verified(void **state)
{
    const struct fix *f = *state;
    struct audit_copy c;

    whole_copy(f);
    open_copy(&c);
    assert_int_equal(audit_copy_verified(&c), 0);
    assert_int_equal(audit_copy_set_verified(&c, (int64_t)f->n), PUMASI_OK);
    assert_int_equal(audit_copy_verified(&c), f->n);
    c.leaves[3].b[0] ^= 1;
    assert_int_equal(audit_copy_verified(&c), 0);
    audit_copy_close(&c);
}

static void pages(void **state)
{
    static const struct {
        const char *text;
        int rc;
    } cases[] = {
        {"{\"items\":[],\"next\":null}", 0},
        {"{\"items\":[{\"index\":5,\"header\":\"h\",\"parts\":[\"a\"]}],\"next\":6}", 0},
        {"{\"items\":[{\"index\":9,\"header\":\"h\",\"parts\":[\"a\"]}],\"next\":null}", 0},
        {"{}", -1},
        {"{\"items\":[]}", -1},
        {"{\"items\":{},\"next\":null}", -1},
        {"{\"items\":[],\"next\":\"6\"}", -1},
        /* Back to where it was, for ever. */
        {"{\"items\":[],\"next\":5}", -1},
        {"{\"items\":[{\"index\":5,\"header\":\"h\",\"parts\":[\"a\"]}],\"next\":5}", -1},
        {"{\"items\":[{\"index\":4,\"header\":\"h\",\"parts\":[\"a\"]}],\"next\":null}", -1},
        {"{\"items\":[{\"index\":-1,\"header\":\"h\",\"parts\":[\"a\"]}],\"next\":null}", -1},
        {"{\"items\":[{\"index\":\"5\",\"header\":\"h\",\"parts\":[\"a\"]}],\"next\":null}", -1},
        /* What would be another record in the copy. */
        {"{\"items\":[{\"index\":5,\"header\":\"h\\n\",\"parts\":[\"a\"]}],\"next\":null}", -1},
        {"{\"items\":[{\"index\":5,\"header\":\"h\",\"parts\":[\"a\\nb\"]}],\"next\":null}", -1},
        {"{\"items\":[{\"index\":5,\"header\":\"h\",\"parts\":[\"\"]}],\"next\":null}", -1},
        {"{\"items\":[{\"index\":5,\"header\":\"\",\"parts\":[\"a\"]}],\"next\":null}", -1},
        {"{\"items\":[{\"index\":5,\"header\":\"h\",\"parts\":[]}],\"next\":null}", -1},
        {"{\"items\":[{\"index\":5,\"header\":\"h\",\"parts\":[7]}],\"next\":null}", -1},
        {"{\"items\":[{\"index\":5,\"parts\":[\"a\"]}],\"next\":null}", -1},
    };
    struct audit_page page;
    struct buf many = BUF_INIT;
    json_t *json;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json = json_loads(cases[i].text, 0, NULL);
        assert_non_null(json);
        if (audit_page_read(&page, json, 5) != cases[i].rc) {
            print_error("%s\n", cases[i].text);
            assert_true(false);
        }
        audit_page_free(&page);
        json_decref(json);
    }
    buf_puts(&many, "{\"items\":[");
    for (int i = 0; i < 1001; i++) {
        buf_puts(&many, i ? "," : "");
        buf_printf(&many, "{\"index\":%d,\"header\":\"h\",\"parts\":[\"a\",\"b\"]}", i);
    }
    buf_puts(&many, "],\"next\":null}");
    json = json_loads(many.data, 0, NULL);
    assert_non_null(json);
    assert_int_equal(audit_page_read(&page, json, 0), -1);
    audit_page_free(&page);
    json_decref(json);
    buf_free(&many);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(goes_on_after_a_kill),        TEST(is_an_export),          TEST(is_not_shortened),
        TEST(one_run_at_a_time),           TEST(suspects_are_not_kept), TEST(remembers_checkpoints),
        TEST(remembers_what_was_verified), cmocka_unit_test(pages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
