/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/b64.h"
#include "core/note.h"
#include "core/record.h"
#include "core/strict.h"
#include "lang/lang.h"
#include "ledgerd/db_init.h"
#include "ledgerd/db_post.h"
#include "ledgerd/dump.h"
#include "ledgerd/log.h"
#include "ledgerd/notify.h"
#include "lang/zone.h"

/* Records in one transaction. */
#define REBUILD_BATCH 1000

struct rebuild {
    struct dump_reader *in;
    struct dump_info info;
    struct ledger ledger;
    struct db_post *post;
    struct store store;
    struct pendings pendings;
    struct want nothing; /* the state is in memory but for deals: else nothing is asked for */
    struct want named;   /* the deal that a record names */
    int64_t time_ms;
    size_t in_batch;
    bool text_ahead; /* a line of texts is read and waits for its record */
    int64_t text_index;
    struct submitted_text text;
    char err[600];
};

static int fault(struct rebuild *b, const char *what, const char *why)
{
    snprintf(b->err, sizeof(b->err), "%s: %s", what, _(why));
    return -1;
}

/* ---- Texts ---- */

static int read_text_line(struct rebuild *b, const char *line, size_t len)
{
    const char *why, *field, *salt, *text;
    struct value *json = strict_parse(line, len, &why);
    struct strict in;
    int ret = -1;

    if (!json)
        return -1;
    memset(&b->text, 0, sizeof(b->text));
    strict_begin(&in, json);
    strict_int(&in, "index", STRICT_REQUIRED, 0, INT64_MAX / 2, &b->text_index);
    field = strict_string(&in, "field", STRICT_REQUIRED);
    salt = strict_string(&in, "salt", STRICT_REQUIRED);
    text = strict_string(&in, "text", STRICT_REQUIRED);
    if (strict_end(&in) == 0 && strlen(field) < sizeof(b->text.field) &&
        b64u_decode_exact(salt, strlen(salt), b->text.salt, sizeof(b->text.salt)) == 0) {
        str_copy(b->text.field, sizeof(b->text.field), field);
        b->text.text = x_strdup(text);
        b->text.len = strlen(text);
        ret = 0;
    }
    value_free(json);
    return ret;
}

/* The texts of this record, into a submission that has nothing else. -1 and a sentence. */
static int take_texts(struct rebuild *b, int64_t index, struct submission *sub)
{
    for (;;) {
        const char *line;
        size_t len;
        int got;

        if (!b->text_ahead) {
            got = dump_next_text(b->in, &line, &len, b->err, sizeof(b->err));
            if (got <= 0)
                return got;
            if (read_text_line(b, line, len) != 0)
                return fault(b, "texts.ndjson", _("a line isn't a text with its salt"));
            b->text_ahead = true;
        }
        if (b->text_index > index)
            return 0;
        if (b->text_index < index || sub->n_texts == TEXTS_MAX)
            return fault(b, "texts.ndjson", _("its lines aren't in the order of the log"));
        sub->texts[sub->n_texts++] = b->text;
        memset(&b->text, 0, sizeof(b->text));
        b->text_ahead = false;
    }
}

/* ---- Storing ---- */

/* Writes what is gathered. -1 and a sentence. */
static int flush(struct rebuild *b)
{
    store_finish(&b->store, &b->ledger);
    if (db_post_begin(b->post, &b->ledger, &b->nothing, &b->pendings) != DB_DONE ||
        db_post_store(b->post, &b->ledger, b->time_ms, &b->store, &b->pendings, &b->nothing) !=
            DB_DONE)
        return fault(b, _("the database"), db_post_fault(b->post));
    state_commit(b->ledger.state);
    tree_mark(&b->ledger.tree);
    tiles_mark(&b->ledger.tiles);
    b->ledger.head.size = b->ledger.tree.size;
    b->ledger.head.time_ms = b->time_ms;
    state_forget(b->ledger.state, THING_ID);
    state_forget(b->ledger.state, THING_DEAL);
    state_forget(b->ledger.state, THING_ASK);
    store_clear(&b->store);
    b->in_batch = 0;
    notify_extend(60000);
    return 0;
}

/* A posted record into state, tree and store. */
static void keep(struct rebuild *b, int64_t index, const struct act *act, const struct record *rec,
                 struct outcome *out, const struct submission *texts)
{
    struct posted_id *id = posted_id_new(act->by, act->jti);
    struct hash leaf = ledger_append(&b->ledger, &rec->entry);

    store_record(&b->store, index, act, rec, &leaf, out);
    store_texts(&b->store, index, texts);
    rules_apply(b->ledger.state, out);
    id->record = index;
    id->payload_hash = act->payload_hash;
    state_put(b->ledger.state, THING_ID, &id->thing);
    if (index == 0) {
        const struct holder *ledger = state_holder(b->ledger.state, "ledger");

        ledger_set_id(&b->ledger, &rec->entry);
        /* A zone that this machine doesn't know leaves UTC, in which a value date may seem to be
         * tomorrow's. */
        if (zone_set(ledger->zone) != 0)
            log_warn("This machine doesn't know the ledger's time zone %s.", ledger->zone);
    }
    b->in_batch++;
}

/* ---- Records ---- */

static int load_named(struct rebuild *b)
{
    enum db_end end = db_post_load(b->post, &b->ledger, &b->named);

    want_clear(&b->named);
    return end == DB_DONE ? 0 : -1;
}

static int load_deal(void *arg, struct state *s, int64_t record)
{
    struct rebuild *b = arg;

    (void)s;
    pgarray_int(&b->named.deals, record);
    return load_named(b);
}

static int load_asked(void *arg, struct state *s, const struct hash *payload_hash)
{
    struct rebuild *b = arg;

    (void)s;
    pgarray_bytes(&b->named.asked, payload_hash->b, HASH_LEN);
    return load_named(b);
}

/* Verifies one record and keeps it. -1 and a sentence. */
static int replay(struct rebuild *b, int64_t index, const char *header, size_t header_len,
                  const char *const *parts, const size_t *part_lens, size_t n_parts)
{
    struct record rec = {0};
    const struct replay_source from = {b, load_deal, load_asked};
    struct record_header head;
    struct submission texts = {0};
    struct outcome out;
    struct act act;
    struct refusal refusal;
    char where[40], why[500];
    const char *bad;
    int ret = -1;

    snprintf(where, sizeof(where), _("record %lld"), (long long)index);
    if (record_header_parse(&head, header, header_len, &bad) != 0)
        return fault(b, where, bad);
    if (head.index != index)
        return fault(b, where, _("its index isn't its place in the log"));
    if (record_replay(b->ledger.state, &from, header, header_len, parts, part_lens, n_parts,
                      b->time_ms, zone_day(head.ms), &out, &act, why, sizeof(why)) != 0)
        return fault(b, where, why);
    if (take_texts(b, index, &texts) != 0)
        goto out;
    if (act_check_texts(&act, &texts, &refusal) != 0) {
        (void)fault(b, where, refusal.detail);
        goto out;
    }
    buf_put(&rec.header, header, header_len);
    for (rec.n_parts = 0; rec.n_parts < n_parts; rec.n_parts++)
        buf_put(&rec.parts[rec.n_parts], parts[rec.n_parts], part_lens[rec.n_parts]);
    hash_bytes(&rec.entry, header, header_len);
    b->time_ms = head.ms;
    keep(b, index, &act, &rec, &out, &texts);
    record_free(&rec);
    ret = b->in_batch == REBUILD_BATCH ? flush(b) : 0;
out:
    outcome_free(&out);
    act_free(&act);
    submission_free(&texts);
    return ret;
}

static int replay_all(struct rebuild *b)
{
    const char *header, *parts[RECORD_PARTS_MAX];
    size_t header_len, part_lens[RECORD_PARTS_MAX], n_parts;
    int64_t index = 0;
    int got;

    while ((got = dump_next_record(b->in, &header, &header_len, parts, part_lens, RECORD_PARTS_MAX,
                                   &n_parts, b->err, sizeof(b->err))) == 1) {
        if (replay(b, index, header, header_len, parts, part_lens, n_parts) != 0)
            return -1;
        index++;
    }
    if (got < 0) {
        char where[40], why[500];

        snprintf(where, sizeof(where), _("record %lld"), (long long)index);
        str_copy(why, sizeof(why), b->err);
        return fault(b, where, why);
    }
    if (b->text_ahead)
        return fault(b, "texts.ndjson", _("it has a text of a record that isn't there"));
    return b->in_batch > 0 ? flush(b) : 0;
}

/* ---- Pending acts ---- */

static bool lookup_key(void *arg, const struct kid *kid, struct key *out)
{
    const struct key_row *row = state_key(arg, kid->s);

    if (row)
        *out = row->key;
    return row != NULL;
}

/* Lets an act wait again, if it still may. Those past their time or no longer called for are left
 * out. */
static void wait_again(struct rebuild *b, const char *line, size_t len)
{
    struct submission sub;
    struct outcome out;
    struct refusal r;
    struct act act;
    int64_t record;

    if (submission_parse(&sub, line, len, &r) != 0)
        return;
    if (act_parse(&act, &sub.env, &r) == 0) {
        if (act.exp > (int64_t)time(NULL) && act_check_texts(&act, &sub, &r) == 0 &&
            envelope_verify(&sub.env, lookup_key, b->ledger.state, &r) == 0 &&
            (!rules_deal(&act, &record) || load_deal(b, b->ledger.state, record) == 0)) {
            rules_authority(b->ledger.state, &act, &sub.env, &out, NULL);
            if (out.verdict != VERDICT_REFUSED) {
                struct pending_act *pa = pendings_add(&b->pendings, act.by, act.jti);
                bool known;

                str_copy(pa->maker, sizeof(pa->maker),
                         pendings_maker(b->ledger.state, &sub.env, &known));
                pendings_wait(&b->pendings, pa, &act, &sub, out.needs, out.n_needs);
            }
        }
        act_free(&act);
    }
    submission_free(&sub);
}

static int wait_all(struct rebuild *b)
{
    const char *line;
    size_t len;
    int got;

    while ((got = dump_next_pending(b->in, &line, &len, b->err, sizeof(b->err))) == 1)
        wait_again(b, line, len);
    return got < 0 ? -1 : flush(b);
}

/* ---- The whole ---- */

/* The payload hash of the only ledger.open: of record 0's act, or of the one that still waits. -1
 * and a sentence. */
static int find_opening(struct rebuild *b, const char *dir, struct hash *opening)
{
    struct dump_info info;
    struct submission sub;
    struct refusal r;
    struct part part;
    const char *note, *header, *parts[RECORD_PARTS_MAX], *line, *why;
    size_t header_len, lens[RECORD_PARTS_MAX], n, len;
    struct dump_reader *in = dump_open(dir, &info, &note, b->err, sizeof(b->err));
    int ret = -1;

    if (!in)
        return -1;
    if (dump_next_record(in, &header, &header_len, parts, lens, RECORD_PARTS_MAX, &n, b->err,
                         sizeof(b->err)) == 1) {
        if (part_parse(&part, parts[0], lens[0], &why) == 0) {
            if (part.kind == PART_ACT) {
                *opening = part.act.payload_hash;
                ret = 0;
            }
            part_free(&part);
        }
    } else if (dump_next_pending(in, &line, &len, b->err, sizeof(b->err)) == 1 &&
               submission_parse(&sub, line, len, &r) == 0) {
        *opening = sub.env.payload_hash;
        submission_free(&sub);
        ret = 0;
    }
    dump_close(in);
    return ret == 0 ? 0 : fault(b, dir, _("it has no ledger.open"));
}

/* The export's checkpoint, by the key that it names itself: whether that is the ledger's log key
 * shows in record 0. */
static int open_note(struct rebuild *b, const char *note, struct checkpoint *checkpoint,
                     struct key *log_key)
{
    char name[ORIGIN_MAX + 1];
    const char *why = _("its vkey isn't one");

    if (vkey_parse(b->info.vkey, name, sizeof(name), log_key) != 0 ||
        checkpoint_open(checkpoint, note, strlen(note), b->info.origin, log_key, &why) != 0)
        return fault(b, "checkpoint", why);
    return 0;
}

/* That what was replayed is what the checkpoint says, signed by the ledger's log key in force. */
static int compare(struct rebuild *b, const struct checkpoint *checkpoint,
                   const struct key *log_key)
{
    const struct holder *ledger = state_holder(b->ledger.state, "ledger");
    struct hash root;

    tree_root(&b->ledger.tree, &root);
    if (checkpoint->size != b->ledger.tree.size || !hash_eq(&root, &checkpoint->root))
        return fault(b, "checkpoint", _("it isn't of these records"));
    if (b->ledger.tree.size == 0)
        return 0;
    if (!ledger || !holder_has_key(ledger, ROLE_LOG, log_key))
        return fault(b, "checkpoint", _("it isn't signed by the ledger's log key"));
    if (!str_eq(state_ledger_id(b->ledger.state), b->info.id))
        return fault(b, "ledger.json", _("it names another ledger's id"));
    return 0;
}

static int rebuild_all(struct rebuild *b, const struct conf *conf, const struct database *db,
                       PGconn *conn, const char *dir)
{
    struct checkpoint checkpoint;
    struct key log_key;
    struct hash opening;
    const char *note;

    b->in = dump_open(dir, &b->info, &note, b->err, sizeof(b->err));
    if (!b->in || open_note(b, note, &checkpoint, &log_key) != 0 ||
        find_opening(b, dir, &opening) != 0 ||
        db_init_head(conn, b->info.origin, &opening, b->err, sizeof(b->err)) != 0)
        return -1;
    ledger_init(&b->ledger, b->info.origin, NULL);
    b->post = db_post_open(db->conninfo, conf, b->err, sizeof(b->err));
    if (!b->post)
        return -1;
    if (db_post_lock(b->post) != DB_DONE ||
        db_post_take_over(b->post, &b->ledger.head.epoch) != DB_DONE)
        return fault(b, _("the database"), _("another ledgerd posts to it"));
    if (replay_all(b) != 0 || wait_all(b) != 0)
        return -1;
    return compare(b, &checkpoint, &log_key);
}

static void say_done(const struct rebuild *b, const struct conf *conf, const struct ownkeys *keys)
{
    char *path = x_asprintf("%s/log.key", conf->data);

    printf(_("Verified and rebuilt %lld records of %s.\n"), (long long)b->ledger.tree.size,
           b->info.id[0] ? b->info.id : b->info.origin);
    if (!keys && access(path, F_OK) != 0)
        printf(_("The ledger's own keys (log.key, clerk.key) aren't in %s: put them there before it"
                 " can serve.\n"),
               conf->data);
    free(path);
}

int rebuild_from(const struct conf *conf, const struct database *db, PGconn *conn, const char *dir,
                 const struct ownkeys *keys)
{
    struct rebuild b = {0};
    char ignored[512];
    int ret;

    store_init(&b.store);
    pendings_init(&b.pendings);
    want_init(&b.nothing);
    want_init(&b.named);
    ret = rebuild_all(&b, conf, db, conn, dir);
    if (ret == 0 && keys)
        ret = ownkeys_write(keys, conf->data, b.err, sizeof(b.err));
    db_post_close(b.post);
    if (ret == 0) {
        say_done(&b, conf, keys);
    } else {
        fprintf(stderr, "ledgerd init: %s\n", b.err);
        (void)!db_wipe(conn, ignored, sizeof(ignored));
    }
    free(b.text.text);
    store_free(&b.store);
    pendings_free(&b.pendings);
    want_free(&b.nothing);
    want_free(&b.named);
    if (b.ledger.state)
        ledger_free(&b.ledger);
    dump_close(b.in);
    return ret == 0 ? 0 : 1;
}
