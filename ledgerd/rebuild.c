/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/note.h"
#include "lang/lang.h"
#include "ledgerd/db_init.h"
#include "ledgerd/db_post.h"
#include "ledgerd/dump.h"
#include "ledgerd/notify.h"
#include "ledgerd/replay.h"

/* Records in one transaction. */
#define REBUILD_BATCH 1000

struct rebuild {
    struct dump_reader *in;
    struct dump_info info;
    struct ledger ledger;
    struct db_post *post;
    struct replay replay;
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

/* A replay_texts. */
static int take_texts(void *arg, int64_t index, const struct act *act, struct submission *sub,
                      char *why, size_t size)
{
    struct rebuild *b = arg;

    (void)act;
    for (;;) {
        const char *line;
        size_t len;
        int got;

        if (!b->text_ahead) {
            got = dump_next_text(b->in, &line, &len, why, size);
            if (got <= 0)
                return got;
            if (dump_text_parse(line, len, &b->text_index, &b->text) != 0) {
                str_copy(why, size, _("a line of texts.ndjson isn't a text with its salt"));
                return -1;
            }
            b->text_ahead = true;
        }
        if (b->text_index > index)
            return 0;
        if (b->text_index < index || sub->n_texts == TEXTS_MAX) {
            str_copy(why, size, _("the lines of texts.ndjson aren't in the order of the log"));
            return -1;
        }
        sub->texts[sub->n_texts++] = b->text;
        memset(&b->text, 0, sizeof(b->text));
        b->text_ahead = false;
    }
}

/* ---- Records ---- */

static int flush(struct rebuild *b)
{
    char why[500];

    if (replay_store(&b->replay, why, sizeof(why)) != 0)
        return fault(b, _("the database"), why);
    notify_extend(60000);
    return 0;
}

static int replay_all(struct rebuild *b)
{
    struct part_list parts = {0};
    const char *header;
    size_t header_len;
    char where[40], why[500];
    int got;

    while ((got = dump_next_record(b->in, &header, &header_len, &parts, why, sizeof(why))) == 1) {
        if (replay_record(&b->replay, header, header_len, parts.text, parts.len, parts.n,
                          take_texts, b, why, sizeof(why)) != 0) {
            got = -1;
            break;
        }
        if (b->replay.n == REBUILD_BATCH && flush(b) != 0) {
            part_list_free(&parts);
            return -1;
        }
    }
    part_list_free(&parts);
    if (got < 0) {
        snprintf(where, sizeof(where), _("record %lld"), (long long)b->ledger.tree.size);
        return fault(b, where, why);
    }
    if (b->text_ahead)
        return fault(b, "texts.ndjson", _("it has a text of a record that isn't there"));
    return b->replay.n > 0 ? flush(b) : 0;
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
            (!rules_deal(&act, &record) || replay_load_deal(&b->replay, record) == 0)) {
            rules_authority(b->ledger.state, &act, &sub.env, &out, NULL);
            if (out.verdict != VERDICT_REFUSED) {
                struct pending_act *pa = pendings_add(&b->replay.pendings, act.by, act.jti);
                bool known;

                str_copy(pa->maker, sizeof(pa->maker),
                         pendings_maker(b->ledger.state, &sub.env, &known));
                (void)pendings_wait(&b->replay.pendings, pa, &act, &sub, out.needs, out.n_needs);
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

/* Payload hash and origin of an act that is a ledger.open. */
static int take_opening(const struct envelope *env, struct hash *opening, char *origin)
{
    struct refusal ignored;
    struct act act;
    int ret = -1;

    if (act_parse(&act, env, &ignored) != 0)
        return -1;
    if (act.type == ACT_LEDGER_OPEN && name_is_origin(act.aud)) {
        *opening = act.payload_hash;
        str_copy(origin, ORIGIN_MAX + 1, act.aud);
        ret = 0;
    }
    act_free(&act);
    return ret;
}

/* The payload hash of the only ledger.open, record 0's act or the one that still waits, and the
 * origin that the ledger began under. -1 and a sentence. */
static int find_opening(struct rebuild *b, const char *dir, struct hash *opening, char *origin)
{
    struct dump_info info;
    struct submission sub;
    struct refusal r;
    struct part part;
    struct part_list parts = {0};
    const char *note, *header, *line, *why;
    size_t header_len, len;
    struct dump_reader *in = dump_open(dir, &info, &note, b->err, sizeof(b->err));
    int ret = -1;

    if (!in)
        return -1;
    if (dump_next_record(in, &header, &header_len, &parts, b->err, sizeof(b->err)) == 1) {
        if (part_parse(&part, parts.text[0], parts.len[0], &why) == 0) {
            if (part.kind == PART_ACT)
                ret = take_opening(&part.act, opening, origin);
            part_free(&part);
        }
    } else if (dump_next_pending(in, &line, &len, b->err, sizeof(b->err)) == 1 &&
               submission_parse(&sub, line, len, &r) == 0) {
        ret = take_opening(&sub.env, opening, origin);
        submission_free(&sub);
    }
    part_list_free(&parts);
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
    if (!str_eq(state_ledger_id(b->ledger.state), b->info.id) ||
        !str_eq(state_origin(b->ledger.state), b->info.origin))
        return fault(b, "ledger.json", _("it names another ledger's id"));
    return 0;
}

static int rebuild_all(struct rebuild *b, const struct conf *conf, const struct database *db,
                       PGconn *conn, const char *dir)
{
    struct checkpoint checkpoint;
    char origin[ORIGIN_MAX + 1];
    struct key log_key;
    struct hash opening;
    const char *note;

    b->in = dump_open(dir, &b->info, &note, b->err, sizeof(b->err));
    if (!b->in || open_note(b, note, &checkpoint, &log_key) != 0 ||
        find_opening(b, dir, &opening, origin) != 0 ||
        db_init_head(conn, origin, &opening, b->err, sizeof(b->err)) != 0)
        return -1;
    ledger_init(&b->ledger, origin, NULL);
    b->post = db_post_open(db->conninfo, conf, b->err, sizeof(b->err));
    if (!b->post)
        return -1;
    if (db_post_lock(b->post) != DB_DONE ||
        db_post_take_over(b->post, &b->ledger.head.epoch) != DB_DONE)
        return fault(b, _("the database"), _("another ledgerd posts to it"));
    replay_init(&b->replay, &b->ledger, b->post);
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
    if (b.replay.ledger)
        replay_free(&b.replay);
    if (b.ledger.state)
        ledger_free(&b.ledger);
    dump_close(b.in);
    return ret == 0 ? 0 : 1;
}
