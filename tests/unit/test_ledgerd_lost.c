/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records put together again from the copies of several people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledgerd/files.h"
#include "ledgerd/lost.h"
#include "tests/unit/fixture.h"

#define ORIGIN "ledger.example/test"

struct fixture {
    char dir[64];
    struct fix_key log, other;
    struct lost lost;
    struct buf header;
    char *parts[3];
    struct checkpoint checkpoint;
};

/* One record, of index 0, with three parts that needn't mean anything. */
static void make_record(struct fixture *f)
{
    struct hash entry;

    buf_puts(&f->header, "{\"v\":1,\"index\":0,\"time\":\"2026-11-22T00:12:57.717Z\",\"rules\":1,"
                         "\"parts\":[");
    for (size_t i = 0; i < ARRAY_LEN(f->parts); i++) {
        struct hash hash;

        f->parts[i] = x_asprintf("part %zu", i);
        hash_bytes(&hash, f->parts[i], strlen(f->parts[i]));
        buf_puts(&f->header, i ? ",\"" : "\"");
        buf_put_b64u(&f->header, hash.b, HASH_LEN);
        buf_putc(&f->header, '"');
    }
    buf_puts(&f->header, "]}");
    hash_bytes(&entry, f->header.data, f->header.len);
    str_copy(f->checkpoint.origin, sizeof(f->checkpoint.origin), ORIGIN);
    f->checkpoint.size = 1;
    tree_leaf_hash(&f->checkpoint.root, entry.b, HASH_LEN);
}

static int set_up(void **state)
{
    struct fixture *f = x_calloc(1, sizeof(*f));
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(f->dir, sizeof(f->dir), "%s/lost-XXXXXX",
                   tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    fix_key(&f->log, "log");
    fix_key(&f->other, "other");
    make_record(f);
    lost_init(&f->lost, ORIGIN, &f->log.key, 1, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    lost_free(&f->lost);
    buf_free(&f->header);
    for (size_t i = 0; i < ARRAY_LEN(f->parts); i++)
        free(f->parts[i]);
    assert_int_equal(dir_remove(f->dir), 0);
    free(f);
    return 0;
}

static void put_answer(struct buf *b, const struct fixture *f, unsigned parts)
{
    const char *comma = "";

    buf_puts(b, "{\"index\":0,\"header\":");
    buf_puts_json(b, f->header.data);
    buf_puts(b, ",\"parts\":[");
    for (size_t i = 0; i < ARRAY_LEN(f->parts); i++)
        if (parts & 1U << i) {
            buf_puts(b, comma);
            buf_puts_json(b, f->parts[i]);
            comma = ",";
        }
    buf_puts(b, "],\"new\":1}");
}

static void put_receipt(struct buf *b, const struct fixture *f, const struct fix_key *by)
{
    struct buf note = BUF_INIT, proof = BUF_INIT;

    checkpoint_sign(&note, &f->checkpoint, by->secret);
    proof_put(&proof, 0, NULL, 0, note.data, note.len);
    buf_puts(b, "{\"index\":0,\"by\":\"alice@hansalim\",\"jti\":\"no [id]\",\"header\":");
    buf_puts_json(b, f->header.data);
    buf_puts(b, ",\"proof\":");
    buf_puts_json(b, proof.data);
    buf_putc(b, '}');
    buf_free(&note);
    buf_free(&proof);
}

/* Writes a source and reads it; takes b over. */
static int read_source(struct fixture *f, const char *name, struct buf *b)
{
    char *path = x_asprintf("%s/%s", f->dir, name), err[256] = "";
    int rc;

    assert_int_equal(file_write(path, b->data == NULL ? "" : b->data, b->len, 0600), 0);
    rc = lost_look(&f->lost, path, err, sizeof(err));
    if (rc == 0)
        rc = lost_take(&f->lost, path, err, sizeof(err));
    assert_true((rc == 0) == (err[0] == '\0'));
    buf_free(b);
    free(path);
    return rc;
}

static void copies_make_one_record(void **state)
{
    struct fixture *f = *state;
    struct buf b = BUF_INIT;

    put_receipt(&b, f, &f->log);
    assert_int_equal(read_source(f, "a.json", &b), 0);
    assert_int_equal(f->lost.n, 1);
    const struct lost_record *r = &f->lost.records[0];
    assert_true(r->proven && !lost_is_whole(r));
    assert_string_equal(r->by, "alice@hansalim");
    assert_null(r->jti); /* not fit for a terminal */
    put_answer(&b, f, 1 | 2);
    assert_int_equal(read_source(f, "b.json", &b), 0);
    assert_false(lost_is_whole(r));
    put_answer(&b, f, 2 | 4);
    assert_int_equal(read_source(f, "c.json", &b), 0);
    assert_true(lost_is_whole(r));
    for (size_t i = 0; i < ARRAY_LEN(f->parts); i++)
        assert_string_equal(r->parts[i], f->parts[i]);
}

/* A folder of files, each with what pumasi keeps: a receipt, and the parts beside it. */
static void a_folder_is_read(void **state)
{
    struct fixture *f = *state;
    struct buf b = BUF_INIT;
    char err[256], *path = x_asprintf("%s/k.json", f->dir);

    buf_puts(&b, "{\"version\":1,\"what\":\"payment\",\"receipt\":");
    put_receipt(&b, f, &f->log);
    buf_puts(&b, ",\"record\":");
    put_answer(&b, f, 7);
    buf_putc(&b, '}');
    assert_int_equal(file_write(path, b.data, b.len, 0600), 0);
    assert_int_equal(lost_look(&f->lost, f->dir, err, sizeof(err)), 0);
    assert_int_equal(lost_take(&f->lost, f->dir, err, sizeof(err)), 0);
    assert_int_equal(f->lost.target.size, 1);
    assert_true(lost_is_whole(&f->lost.records[0]));
    buf_free(&b);
    free(path);
}

static void nothing_is_believed(void **state)
{
    struct fixture *f = *state;
    struct fixture lie = *f;
    struct buf b = BUF_INIT;

    /* A receipt that another key signed. */
    put_receipt(&b, f, &f->other);
    assert_int_equal(read_source(f, "a.json", &b), 0);
    assert_int_equal(f->lost.target.size, 0);
    lost_checkpoint(&f->lost, &f->checkpoint, "", 0);

    /* Another header, first; the one that is proven takes its place. */
    memset(&lie.header, 0, sizeof(lie.header));
    buf_put(&lie.header, f->header.data, f->header.len);
    lie.header.data[strlen("{\"v\":1,\"index\":0,\"time\":\"2")] = '1';
    put_answer(&b, &lie, 7);
    assert_int_equal(read_source(f, "b.json", &b), 0);
    assert_true(lost_is_whole(&f->lost.records[0]));
    put_receipt(&b, f, &f->log);
    assert_int_equal(read_source(f, "c.json", &b), 0);
    assert_false(lost_is_whole(&f->lost.records[0]));
    assert_string_equal(f->lost.records[0].header, f->header.data);
    put_answer(&b, &lie, 7);
    assert_int_equal(read_source(f, "b.json", &b), 0);
    assert_string_equal(f->lost.records[0].header, f->header.data);
    buf_free(&lie.header);

    /* A part that isn't one of the header's. */
    free(f->parts[1]);
    f->parts[1] = x_strdup("something else");
    put_answer(&b, f, 7);
    assert_int_equal(read_source(f, "d.json", &b), 0);
    assert_null(f->lost.records[0].parts[1]);
    assert_non_null(f->lost.records[0].parts[2]);

    /* No source at all. */
    assert_int_equal(read_source(f, "e.json", &b), -1);
    buf_puts(&b, "nothing");
    assert_int_equal(read_source(f, "e.json", &b), -1);
    buf_puts(&b, "[1]\n");
    assert_int_equal(read_source(f, "e.json", &b), -1);
    buf_puts(&b, "{}\n");
    assert_int_equal(read_source(f, "e.json", &b), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(copies_make_one_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_believed, set_up, tear_down),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
