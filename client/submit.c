/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/submit.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/clock.h"
#include "client/detail.h"
#include "client/problem.h"
#include "client/query.h"
#include "core/b64.h"

#define TRIES         3   /* of one run, where the ledger asks for patience */
#define WAIT_MAX      5   /* seconds between them */
#define CLOCK_GRACE   300 /* seconds that the ledger's clock may be behind this one */
#define JTI_TIME_LEN  6
#define JTI_BYTES_LEN (JTI_TIME_LEN + 16)

void submit_result_free(struct submit_result *r)
{
    json_decref(r->answer);
    free(r->by);
    free(r->jti);
    memset(r, 0, sizeof(*r));
}

/* --- making an act --- */

/* 6 bytes of milliseconds and 16 random ones, so that ids sort by time. */
static void make_jti(char out[JTI_MAX + 1], int64_t ms)
{
    uint8_t bytes[JTI_BYTES_LEN];

    for (int i = 0; i < JTI_TIME_LEN; i++)
        bytes[i] = (uint8_t)((uint64_t)ms >> (8 * (JTI_TIME_LEN - 1 - i)));
    randombytes_buf(bytes + JTI_TIME_LEN, sizeof(bytes) - JTI_TIME_LEN);
    b64u_encode(out, bytes, sizeof(bytes));
}

/* What was asked for, without ids, times and salts. */
static void intent_of(const struct submit_request *rq, struct hash *out)
{
    json_t *texts = json_object(), *all;
    char *s;

    for (size_t i = 0; i < rq->n_texts; i++)
        json_object_set_new(texts, rq->texts[i].field, json_string(rq->texts[i].text));
    all = json_pack("{s:s, s:s, s:O, s:o}", "type", rq->type, "by", rq->by, "members", rq->members,
                    "texts", texts);
    s = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(all);
    hash_bytes(out, s == NULL ? "" : s, s == NULL ? 0 : strlen(s));
    free(s);
}

static int by_field(const void *a, const void *b)
{
    const struct submitted_text *x = a, *y = b;

    return strcmp(x->field, y->field);
}

/* The texts with fresh salts, and their hashes into the payload. */
static void add_texts(const struct submit_request *rq, struct submission *out, json_t *payload)
{
    for (size_t i = 0; i < rq->n_texts && i < TEXTS_MAX; i++) {
        struct submitted_text *t = &out->texts[out->n_texts++];
        char name[16], text[HASH_B64U_LEN + 1];
        struct hash hash;

        str_copy(t->field, sizeof(t->field), rq->texts[i].field);
        t->text = x_strdup(rq->texts[i].text);
        t->len = strlen(t->text);
        randombytes_buf(t->salt, sizeof(t->salt));
        text_hash(&hash, t->salt, t->text, t->len);
        hash_text(text, &hash);
        snprintf(name, sizeof(name), "%s_hash", t->field);
        json_object_set_new(payload, name, json_string(text));
    }
    qsort(out->texts, out->n_texts, sizeof(out->texts[0]), by_field);
}

int submit_make(struct client *c, const struct submit_request *rq, struct keyfile *const *keys,
                size_t n_keys, int64_t ms, struct submission *out)
{
    char jti[JTI_MAX + 1], *text;
    json_int_t iat = ms / 1000;
    json_t *payload;

    memset(out, 0, sizeof(*out));
    if (c->profile.ledger_id == NULL || c->profile.ledger_id[0] == '\0')
        return fail(PUMASI_FAILED,
                    _("This ledger wasn't opened when you connected to it. Once it is, run: "
                      "pumasi connect %s"),
                    c->profile.url);
    make_jti(jti, ms);
    payload =
        json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "type", rq->type, "aud", c->profile.ledger_id,
                  "by", rq->by, "jti", jti, "iat", iat, "exp", iat + (json_int_t)rq->lifetime);
    if (payload == NULL || json_object_update(payload, rq->members) != 0) {
        json_decref(payload);
        return fail(PUMASI_FAILED, _("What is to be sent isn't valid UTF-8."));
    }
    add_texts(rq, out, payload);
    text = json_dumps(payload, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(payload);
    envelope_new(&out->env, text, strlen(text));
    free(text);
    for (size_t i = 0; i < n_keys; i++)
        envelope_sign(&out->env, keys[i]->secret);
    return PUMASI_OK;
}

/* --- sending it --- */

/* One POST, repeated where the ledger asks for patience. */
static enum http_result post(struct client *c, const char *body, struct http_answer *answer,
                             char **why)
{
    char *url = x_asprintf("%s/v1/acts", c->profile.url);
    struct http_request rq = {.method = "POST",
                              .url = url,
                              .content_type = "application/json",
                              .body = body,
                              .body_len = strlen(body)};
    enum http_result result = HTTP_LOST;

    for (int i = 0; i < TRIES; i++) {
        long wait;

        result = http_do(c->http, &rq, answer, why);
        if (result != HTTP_ANSWERED || (answer->status != 503 && answer->status != 429))
            break;
        wait = answer->retry_after < 1 ? 1 : answer->retry_after;
        if (i + 1 == TRIES || wait > WAIT_MAX)
            break;
        http_answer_free(answer);
        sleep((unsigned)wait);
    }
    free(url);
    return result;
}

/* By the pinned log key; when that fails, perhaps by the one that the stewards put in its place. */
static bool verifies(struct client *c, const struct outbox_entry *e, struct submit_result *out,
                     const char **why)
{
    const struct profile *p = &c->profile;
    char next[ORIGIN_MAX + 1];

    if (!name_next_origin(next, p->origin))
        next[0] = '\0';
    for (;;) {
        if (receipt_verify(&out->receipt, out->answer, e->by, e->jti,
                           str_eq(e->type, "ledger.continue") ? next : p->origin, &p->log_key,
                           why) == 0)
            return true;
        if (c->ledger_checked || !receipt_has_other_key(out->answer, p) ||
            client_ledger(c, NULL) != PUMASI_OK)
            return false;
    }
}

static int posted(struct client *c, struct outbox_entry *e, const char *body,
                  struct submit_result *out)
{
    const char *why;
    int rc;

    if (!verifies(c, e, out, &why)) {
        out->outcome = SUBMIT_FAILED;
        return receipt_accuse(&c->profile, e->jti, body, why);
    }
    rc = receipt_keep(&c->profile, &out->receipt, out->answer, e);
    if (rc != PUMASI_OK) {
        out->outcome = SUBMIT_FAILED;
        return rc;
    }
    out->outcome = SUBMIT_POSTED;
    rc = outbox_remove(&c->profile, e);
    /* The log key is being changed: the pinned one still proves which follows it. */
    if (!c->ledger_checked && receipt_has_other_key(out->answer, &c->profile))
        (void)!client_ledger(c, NULL);
    return rc;
}

static int waiting(struct client *c, struct outbox_entry *e, const char *body,
                   struct submit_result *out)
{
    int rc;

    if (!str_eq(json_text(out->answer, "by"), e->by) ||
        !str_eq(json_text(out->answer, "jti"), e->jti)) {
        out->outcome = SUBMIT_FAILED;
        return receipt_accuse(&c->profile, e->jti, body, _("it is for another act"));
    }
    out->outcome = SUBMIT_WAITING;
    e->waiting = true;
    rc = outbox_update(&c->profile, e);
    return rc == PUMASI_OK ? PUMASI_PENDING : rc;
}

/*
 * A refusal ends an act, but one that already waits at the ledger: that one stays there until it
 * expires or is declined, whatever a further try met.
 */
static int refused(struct client *c, struct outbox_entry *e, long status, struct submit_result *out)
{
    const char *name = problem_name(out->answer);
    int rc = PUMASI_FAILED;

    if (out->resumed && str_eq(name, "expired")) {
        note(_("The earlier %s expired before it was posted, so nothing was changed."), e->what);
    } else {
        char *sentence =
            problem_sentence(c, status, out->answer, out->resumed ? e->what : NULL, e->unit);

        rc = fail(PUMASI_FAILED, "%s", sentence);
        free(sentence);
    }
    out->outcome = SUBMIT_REFUSED;
    if (str_eq(name, "wrong-audience") && !c->ledger_checked) {
        int checked = client_ledger(c, NULL);

        if (checked == PUMASI_UNPROVED)
            rc = checked;
    }
    if (!e->waiting || str_eq(name, "expired") || str_eq(name, "voided")) {
        if (outbox_remove(&c->profile, e) != PUMASI_OK)
            rc = PUMASI_FAILED;
    }
    return rc;
}

static int unknown(struct outbox_entry *e, const char *sentence, struct submit_result *out)
{
    out->outcome = SUBMIT_OPEN;
    return fail(PUMASI_UNKNOWN,
                _("%s Whether it was posted isn't known (%s). Run the same command again: "
                  "it finishes this one and never does it twice."),
                sentence, e->what);
}

/* With the ledger's own reason, where it gives one. */
static char *not_now(const struct client *c, long status, const json_t *problem)
{
    char *said, *sentence;
    size_t len;

    if (!str_eq(problem_name(problem), "busy") || json_text(problem, "detail")[0] == '\0')
        return x_asprintf(_("The ledger at %s can't answer now (status %ld)."), c->profile.url,
                          status);
    said = detail_translate(json_text(problem, "detail"));
    len = strlen(said);
    if (len > 0 && said[len - 1] == '.')
        said[len - 1] = '\0';
    sentence = x_asprintf(_("The ledger at %s can't take this now (%s)."), c->profile.url, said);
    free(said);
    return sentence;
}

static int judge(struct client *c, struct outbox_entry *e, const struct http_answer *answer,
                 struct submit_result *out)
{
    char *sentence;
    int rc;

    out->answer = json_loadb(answer->body, answer->len, JSON_REJECT_DUPLICATES, NULL);
    if (out->answer != NULL && !json_is_object(out->answer)) {
        json_decref(out->answer);
        out->answer = NULL;
    }
    if (answer->status == 200 || answer->status == 201) {
        out->before = answer->status == 200;
        return posted(c, e, answer->body, out);
    }
    if (answer->status == 202)
        return waiting(c, e, answer->body, out);
    /* Only what is clearly the ledger's own refusal ends an act: a proxy may say no for its own
     * reasons. */
    if (answer->status >= 400 && !problem_is_open(answer->status) &&
        problem_name(out->answer)[0] != '\0')
        return refused(c, e, answer->status, out);
    if (answer->status == 429) {
        out->outcome = SUBMIT_OPEN;
        return fail(PUMASI_UNKNOWN,
                    _("The ledger at %s takes nothing more from here for %ld s, as too much was "
                      "refused. This is kept (%s): run the same command again then."),
                    c->profile.url, answer->retry_after < 1 ? 60 : answer->retry_after, e->what);
    }
    if (problem_is_open(answer->status))
        sentence = not_now(c, answer->status, out->answer);
    else
        sentence = x_asprintf(_("What answers at %s (status %ld) doesn't speak like a ledger."),
                              c->profile.url, answer->status);
    rc = unknown(e, sentence, out);
    free(sentence);
    return rc;
}

static int send_entry(struct client *c, struct outbox_entry *e, bool first_time,
                      struct submit_result *out)
{
    struct http_answer answer;
    bool never_sent = first_time || !e->sent;
    char *why;
    int rc;

    out->by = x_strdup(e->by);
    out->jti = x_strdup(e->jti);
    if (!e->sent) {
        e->sent = true;
        rc = outbox_update(&c->profile, e);
        if (rc != PUMASI_OK)
            goto out;
    }
    switch (post(c, e->submission, &answer, &why)) {
    case HTTP_ANSWERED:
        rc = judge(c, e, &answer, out);
        http_answer_free(&answer);
        break;
    case HTTP_NOT_SENT:
        out->outcome = SUBMIT_OPEN;
        e->sent = !never_sent;
        if (never_sent && outbox_update(&c->profile, e) != PUMASI_OK)
            note("%s", _("That it wasn't sent can't be written down."));
        rc = fail(PUMASI_UNKNOWN,
                  _("%s It is kept unsent (%s): run the same command again to finish it."), why,
                  e->what);
        free(why);
        break;
    case HTTP_LOST:
        rc = unknown(e, why, out);
        free(why);
        break;
    }
out:
    outbox_entry_free(e);
    return rc;
}

int submit_entry(struct client *c, struct outbox_entry *e, struct submit_result *out)
{
    memset(out, 0, sizeof(*out));
    out->outcome = SUBMIT_FAILED;
    out->resumed = true;
    return send_entry(c, e, false, out);
}

/* Writes an act down and sends it. */
static int put_and_send(struct client *c, const struct submission *s, const struct hash *intent,
                        const char *what, const char *unit, struct submit_result *out)
{
    struct outbox_entry e;
    struct buf text = BUF_INIT;
    json_t *payload = json_loadb(s->env.payload, s->env.payload_len, JSON_REJECT_DUPLICATES, NULL);
    int rc;

    outbox_entry_init(&e);
    out->outcome = SUBMIT_FAILED;
    if (payload == NULL || !name_is_jti(json_text(payload, "jti"))) {
        json_decref(payload);
        return fail(PUMASI_FAILED, _("That isn't an act that can be sent."));
    }
    submission_put(&text, s);
    e.by = x_strdup(json_text(payload, "by"));
    e.jti = x_strdup(json_text(payload, "jti"));
    e.type = x_strdup(json_text(payload, "type"));
    e.exp = json_number(payload, "exp");
    e.what = x_strdup(what);
    e.unit = x_strdup(unit == NULL ? "" : unit);
    e.intent = *intent;
    e.made = clock_now_ms() / 1000;
    e.sent = true; /* from here on it may have left, whatever becomes of this process */
    e.submission = buf_take(&text);
    json_decref(payload);
    rc = outbox_put(&c->profile, &e);
    if (rc == PUMASI_OK)
        return send_entry(c, &e, true, out);
    outbox_entry_free(&e);
    return rc;
}

int submit_signed(struct client *c, const struct submission *s, const char *what, const char *unit,
                  struct submit_result *out)
{
    memset(out, 0, sizeof(*out));
    return put_and_send(c, s, &s->env.payload_hash, what, unit, out);
}

/* --- what an earlier run left --- */

/*
 * Forgets an unfinished act if it can't be posted any more: it never left this machine, or the
 * ledger doesn't have it and it has expired. PUMASI_OK: forgotten. Otherwise it turned out posted
 * (out says so), or it must wait.
 */
static int discard(struct client *c, struct outbox_entry *e, struct submit_result *out)
{
    struct tm tm;
    char until[16] = "?";
    time_t exp = (time_t)(e->exp + CLOCK_GRACE);

    if (e->sent && clock_now_ms() / 1000 > e->exp + CLOCK_GRACE) {
        /* Sent once more: the ledger answers with the receipt, or that it has expired. */
        int rc = send_entry(c, e, false, out);

        if (rc != PUMASI_FAILED || out->outcome != SUBMIT_REFUSED)
            return rc;
        out->outcome = SUBMIT_NOTHING;
        return PUMASI_OK;
    }
    if (e->sent) {
        if (localtime_r(&exp, &tm) != NULL)
            strftime(until, sizeof(until), "%H:%M", &tm);
        out->outcome = SUBMIT_OPEN;
        return fail(PUMASI_FAILED,
                    _("The %s may still be posted until %s, so it can't be forgotten before. "
                      "Finish it with --finish, or wait."),
                    e->what, until);
    }
    int rc = outbox_remove(&c->profile, e);

    if (rc == PUMASI_OK)
        note(_("Forgotten: %s. It was never sent."), e->what);
    out->outcome = SUBMIT_NOTHING;
    return rc;
}

int submit_discard(struct client *c, struct outbox_entry *e, struct submit_result *out)
{
    int rc;

    memset(out, 0, sizeof(*out));
    out->resumed = true;
    rc = discard(c, e, out);
    outbox_entry_free(e);
    return rc;
}

/*
 * Deals with an unfinished act of the same intent. *again is set when a new one is to be made all
 * the same.
 */
static int resume(struct client *c, const struct cli *cli, struct outbox_entry *e,
                  struct submit_result *out, bool *again)
{
    char *ago = say_ago(e->made, clock_now_ms() / 1000);
    bool finish = true, only_finish = cli_given(cli, "finish");
    int rc;

    if (cli_given(cli, "discard-unsent")) {
        free(ago);
        return submit_discard(c, e, out);
    }
    if (!e->waiting && !only_finish && !c->yes && say_can_ask())
        finish = say_ask(true, _("You have an unfinished %s from %s. Finish it?"), e->what, ago);
    else if (!e->waiting)
        note(_("Finishing the %s from %s."), e->what, ago);
    free(ago);
    if (!finish) {
        rc = submit_discard(c, e, out);
        *again = rc == PUMASI_OK && out->outcome == SUBMIT_NOTHING;
        if (*again)
            submit_result_free(out);
        return rc;
    }
    rc = submit_entry(c, e, out);
    if (out->outcome == SUBMIT_REFUSED && !only_finish &&
        str_eq(problem_name(out->answer), "expired")) {
        /* It never was posted and never will be, so this run may do what it was called for. */
        submit_result_free(out);
        *again = true;
        return PUMASI_OK;
    }
    return rc;
}

int submit_act(struct client *c, const struct cli *cli, const struct submit_request *rq,
               struct keyfile *const *keys, size_t n_keys, struct submit_result *out)
{
    struct outbox_entry e;
    struct submission s;
    enum outbox_found found;
    struct hash intent;
    int rc;

    memset(out, 0, sizeof(*out));
    intent_of(rq, &intent);
    found = outbox_find(&c->profile, &intent, &e);
    if (found == OUTBOX_BUSY) {
        out->outcome = SUBMIT_FAILED;
        return fail(
            PUMASI_FAILED,
            _("Another run of pumasi is busy with the same %s right now. Wait until it ends; "
              "then run this again only if you want it done twice."),
            rq->what);
    }
    if (found == OUTBOX_FOUND) {
        bool again = false;

        rc = resume(c, cli, &e, out, &again);
        if (!again)
            return rc;
    } else if (cli_given(cli, "finish") || cli_given(cli, "discard-unsent")) {
        note(_("There is no unfinished %s."), rq->what);
        out->outcome = SUBMIT_NOTHING;
        return PUMASI_OK;
    }
    out->outcome = SUBMIT_FAILED;
    rc = submit_make(c, rq, keys, n_keys, clock_now_ms(), &s);
    if (rc != PUMASI_OK)
        return rc;
    rc = put_and_send(c, &s, &intent, rq->what, rq->unit, out);
    submission_free(&s);
    return rc;
}
