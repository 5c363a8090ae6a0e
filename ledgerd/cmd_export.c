/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ledgerd export: all records in order, texts and pending acts, into a new folder. */
#include <libpq-fe.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/note.h"
#include "lang/lang.h"
#include "ledgerd/commands.h"
#include "ledgerd/database.h"
#include "ledgerd/db_export.h"
#include "ledgerd/db_init.h"
#include "ledgerd/dump.h"
#include "ledgerd/ownkeys.h"
#include "ledgerd/privs.h"

struct export
{
    struct dump_writer *out;
    struct tree tree; /* of what was written, to be that of the head */
};

static int write_record(void *arg, int64_t idx, const char *header, const char *parts)
{
    struct export *x = arg;
    struct hash entry, leaf;

    if (idx != (int64_t)x->tree.size)
        return -1;
    hash_bytes(&entry, header, strlen(header));
    tree_leaf_hash(&leaf, entry.b, HASH_LEN);
    tree_append(&x->tree, &leaf);
    if (x->tree.size % 4096 == 0)
        tree_mark(&x->tree);
    dump_record(x->out, header, parts);
    return 0;
}

static int write_text(void *arg, int64_t idx, const char *field, const char *salt_hex,
                      const char *body)
{
    struct export *x = arg;
    uint8_t salt[16];
    size_t n;

    if (sodium_hex2bin(salt, sizeof(salt), salt_hex, strlen(salt_hex), NULL, &n, NULL) != 0 ||
        n != sizeof(salt))
        return -1;
    dump_text(x->out, idx, field, salt, body);
    return 0;
}

static int write_pending(void *arg, const char *submission)
{
    struct export *x = arg;

    dump_pending(x->out, submission);
    return 0;
}

/*
 * Signs with those of our log keys that are in force, the newest of which is named as the export's.
 * -1 and a sentence.
 */
static int sign_note(PGconn *conn, const struct ownkeys *keys, const struct checkpoint *checkpoint,
                     struct dump_info *info, struct buf *note, char *err, size_t err_size)
{
    struct log_keys in_force;

    if (db_log_keys(conn, &in_force, err, err_size) != 0)
        return -1;
    for (size_t i = 0; i < keys->n_log; i++) {
        if (!log_keys_has(&in_force, &keys->log[i].key))
            continue;
        if (note->len == 0)
            checkpoint_sign(note, checkpoint, keys->log[i].secret);
        else
            checkpoint_sign_also(note, 0, checkpoint->origin, keys->log[i].secret);
        vkey_text(info->vkey, checkpoint->origin, &keys->log[i].key);
    }
    if (note->len > 0)
        return 0;
    snprintf(err, err_size, _("No log key in the data folder is the ledger's."));
    return -1;
}

/* Writes the snapshot out and compares the tree. -1 and a sentence. */
static int export_all(const struct conf *conf, PGconn *conn, const char *dir,
                      struct dump_info *info, char *err, size_t err_size)
{
    struct export x = {0};
    struct db_export_rows rows = {&x, write_record, write_text, write_pending};
    struct db_snapshot snapshot;
    struct checkpoint checkpoint = {.size = 0};
    struct buf note = BUF_INIT;
    struct ownkeys keys = {0};
    struct hash root;
    int ret = -1;

    tree_init(&x.tree);
    if (ownkeys_read(&keys, conf->data, err, err_size) != 0 ||
        db_snapshot_begin(conn, &snapshot, err, err_size) != 0)
        goto out;
    x.out = dump_create(dir, err, err_size);
    if (!x.out || db_export_all(conn, &rows, err, err_size) != 0)
        goto out;
    tree_root(&x.tree, &root);
    if ((int64_t)x.tree.size != snapshot.size || !hash_eq(&root, &snapshot.root)) {
        snprintf(err, err_size, _("The records in the database don't make the tree of its head."));
        goto out;
    }
    str_copy(info->id, sizeof(info->id), snapshot.ledger_id);
    str_copy(info->origin, sizeof(info->origin), snapshot.origin);
    info->size = snapshot.size;
    str_copy(checkpoint.origin, sizeof(checkpoint.origin), snapshot.origin);
    checkpoint.size = (uint64_t)snapshot.size;
    checkpoint.root = root;
    if (sign_note(conn, &keys, &checkpoint, info, &note, err, err_size) != 0)
        goto out;
    ret = dump_finish(x.out, info, note.data, err, err_size);
out:
    dump_writer_free(x.out);
    tree_free(&x.tree);
    buf_free(&note);
    ownkeys_wipe(&keys);
    return ret;
}

int cmd_export(struct conf *conf, int argc, char **argv)
{
    struct dump_info info;
    struct database db;
    char err[512];
    PGconn *conn;
    int ret = 1;

    if (argc != 2) {
        fputs(_("usage: ledgerd export DIR [--data DATA]\n"), stderr);
        return 2;
    }
    if (privs_become(conf->user, conf->data, false, err, sizeof(err)) != 0 ||
        database_open(&db, conf, false, true, err, sizeof(err)) != 0) {
        fprintf(stderr, "ledgerd export: %s\n", err);
        return 1;
    }
    conn = database_connect(&db, "ledgerd export", err, sizeof(err));
    if (conn && export_all(conf, conn, argv[1], &info, err, sizeof(err)) == 0) {
        printf(_("Exported %lld records of %s to %s.\n"), (long long)info.size,
               info.id[0] ? info.id : info.origin, argv[1]);
        ret = 0;
    } else {
        fprintf(stderr, "ledgerd export: %s\n", err);
    }
    PQfinish(conn);
    database_close(&db);
    return ret;
}
