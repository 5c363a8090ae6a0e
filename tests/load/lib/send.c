/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sending acts until they are answered. */
#include "tests/load/lib/hammer.h"

#define REQUEST_MS 120000L
#define FINISH_MS  240000 /* how long shoot_patiently and meet try to get an answer */

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    buf_put(arg, data, size * n);
    return size * n;
}

void conn_open(struct conn *c, struct hammer *h, int number)
{
    memset(c, 0, sizeof(*c));
    c->h = h;
    c->number = number;
    c->request_ms = REQUEST_MS;
    c->random = (uint64_t)h->load * 1000003 + (uint64_t)number;
    c->curl = curl_easy_init();
    if (!c->curl)
        abort();
}

void conn_close(struct conn *c)
{
    curl_easy_cleanup(c->curl);
    buf_free(&c->answer);
}

/* The status, or 0 when no whole answer came. A body makes it a POST of that type. */
long ask(struct conn *c, const char *path, const char *body, size_t len, const char *type)
{
    char *url = x_asprintf("%s%s", c->h->url, path);
    struct curl_slist *headers = NULL;
    long status = 0;

    buf_clear(&c->answer);
    curl_easy_reset(c->curl);
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, c->request_ms);
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &c->answer);
    if (body) {
        char *line = x_asprintf("Content-Type: %s", type);

        headers = curl_slist_append(curl_slist_append(NULL, line), "Expect:");
        free(line);
        curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE, (long)len);
    }
    if (curl_easy_perform(c->curl) != CURLE_OK ||
        curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        status = 0;
    curl_slist_free_all(headers);
    free(url);
    return status;
}

/* ---- Answers ---- */

/* True when the receipt is right: journalled. The same is done when an act is sent again. */
static bool take_receipt(struct conn *c, struct shot *s, const json_t *receipt)
{
    const char *header = json_string_value(json_object_get(receipt, "header"));
    const char *text = json_string_value(json_object_get(receipt, "proof"));
    const char *jti = json_string_value(json_object_get(receipt, "jti")),
               *why = "a member is missing";
    int64_t index = json_integer_value(json_object_get(receipt, "index"));
    char entry_hex[HASH_HEX], root_hex[HASH_HEX];
    struct checkpoint at;
    struct hash entry, leaf;
    struct proof proof;

    if (!header || !text || !jti || !str_eq(jti, s->jti) ||
        proof_parse(&proof, text, strlen(text), &why) != 0 ||
        checkpoint_open(&at, proof.note, proof.note_len, c->h->origin, &c->h->log_key, &why) != 0) {
        wrong(c->h, "%s: the receipt can't be read: %s: %s", s->jti, why, c->answer.data);
        return false;
    }
    hash_bytes(&entry, header, strlen(header));
    tree_leaf_hash(&leaf, entry.b, HASH_LEN);
    if (proof.index != (uint64_t)index || proof.index >= at.size ||
        !tree_check_inclusion(&leaf, proof.index, at.size, proof.hashes, proof.n, &at.root)) {
        wrong(c->h, "%s: the proof of record %" PRId64 " doesn't hold", s->jti, index);
        return false;
    }
    hex(entry_hex, &entry);
    hex(root_hex, &at.root);
    journal(c->h, "A\t%s\t%" PRId64 "\t%s\t%" PRIu64 "\t%s\n", s->jti, index, entry_hex, at.size,
            root_hex);
    s->index = index;
    return true;
}

static void expect(struct conn *c, const struct shot *s, const char *got, const char *answer)
{
    if (s->want && !str_eq(s->want, got))
        wrong(c->h, "%s: %s where %s was expected: %s", s->jti, got, s->want, answer);
}

/* What became of one act. An answer that isn't one leaves it undone. */
static void take_answer(struct conn *c, struct shot *s, long status, const json_t *answer)
{
    const char *type = json_string_value(json_object_get(answer, "type"));
    const char *refusal = type && strrchr(type, '/') ? strrchr(type, '/') + 1 : "?";
    char *text;

    if (status == 0 || status == 503 || status == 429) {
        journal(c->h, "U\t%s\t%ld\n", s->jti, status);
        atomic_fetch_add(&c->h->again, 1);
        return;
    }
    s->done = true;
    text = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
    if (status == 200 || status == 201) {
        if (take_receipt(c, s, answer))
            atomic_fetch_add(&c->h->posted, 1);
        expect(c, s, "posted", text);
    } else if (status == 202) {
        journal(c->h, "P\t%s\n", s->jti);
        expect(c, s, "pending", text);
    } else {
        journal(c->h, "R\t%s\t%ld\t%s\n", s->jti, status, refusal);
        atomic_fetch_add(&c->h->refused, 1);
        if (status >= 500)
            wrong(c->h, "%s: status %ld: %s", s->jti, status, text ? text : "");
        else
            expect(c, s, refusal, text);
    }
    free(text);
}

/* A line for each act of an ndjson answer, in their order. */
static void take_lines(struct conn *c, struct shot **shots, size_t n)
{
    char *line = c->answer.data, *save = NULL;

    line = line ? strtok_r(line, "\n", &save) : NULL;
    for (size_t i = 0; i < n; i++, line = strtok_r(NULL, "\n", &save)) {
        json_t *json = line ? json_loads(line, 0, NULL) : NULL;
        json_t *inner = json_object_get(json, "receipt");

        if (!inner)
            inner = json_object_get(json, "problem");
        if (json_integer_value(json_object_get(json, "line")) != (json_int_t)i + 1)
            wrong(c->h, "%s: line %zu of the answer is %s", shots[i]->jti, i + 1,
                  line ? line : "missing");
        else
            take_answer(c, shots[i], (long)json_integer_value(json_object_get(json, "status")),
                        inner);
        json_decref(json);
        if (!line)
            return;
    }
}

/* Sends those of the acts that have no answer yet, once. */
static void send_once(struct conn *c, struct shot *shots, size_t n, bool bulk)
{
    struct shot *left[SHOTS_MAX];
    struct buf body = BUF_INIT;
    size_t n_left = 0;
    long status;

    for (size_t i = 0; i < n; i++)
        if (!shots[i].done) {
            left[n_left++] = &shots[i];
            buf_puts(&body, shots[i].body);
            if (bulk)
                buf_putc(&body, '\n');
        }
    atomic_fetch_add(&c->h->sent, (int64_t)n_left);
    status =
        ask(c, "/v1/acts", body.data, body.len, bulk ? "application/x-ndjson" : "application/json");
    if (bulk && status == 200) {
        take_lines(c, left, n_left);
    } else {
        json_t *json = status && c->answer.data ? json_loads(c->answer.data, 0, NULL) : NULL;

        for (size_t i = 0; i < n_left; i++)
            take_answer(c, left[i], status, json);
        json_decref(json);
    }
    buf_free(&body);
}

static bool all_done(const struct shot *shots, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!shots[i].done)
            return false;
    return true;
}

/* Journals the acts, then sends the very same bytes until all are answered or it is time to stop.
 * True when all are. The shots are used up. */
bool shoot(struct conn *c, struct shot *shots, size_t n, bool bulk)
{
    struct buf lines = BUF_INIT;
    bool done;

    for (size_t i = 0; i < n; i++)
        buf_printf(&lines, "S\t%s\t%s\t%s\n", shots[i].jti, shots[i].by, shots[i].body);
    journal(c->h, "%s", lines.data);
    buf_free(&lines);
    for (;;) {
        send_once(c, shots, n, bulk);
        done = all_done(shots, n);
        if (done || c->h->once || atomic_load(&c->h->stop))
            break;
        pause_ms(PAUSE_MS);
    }
    for (size_t i = 0; i < n; i++)
        free(shots[i].body);
    return done;
}

/* The same, until the deadline of finish and check, without a journal line. */
void shoot_patiently(struct conn *c, struct shot *shots, size_t n, bool bulk)
{
    int64_t until = clock_ms(CLOCK_MONOTONIC) + FINISH_MS;

    for (;;) {
        send_once(c, shots, n, bulk);
        if (all_done(shots, n))
            return;
        if (clock_ms(CLOCK_MONOTONIC) > until)
            break;
        pause_ms(PAUSE_MS);
    }
    for (size_t i = 0; i < n; i++)
        if (!shots[i].done)
            wrong(c->h, "%s: no answer within %d ms", shots[i].jti, FINISH_MS);
}

/* GET /v1/ledger: who it is. */
json_t *meet(struct conn *c)
{
    struct hammer *h = c->h;
    int64_t until = clock_ms(CLOCK_MONOTONIC) + FINISH_MS;
    char name[ORIGIN_MAX + 1];
    json_t *json;

    while (ask(c, "/v1/ledger", NULL, 0, NULL) != 200) {
        if (clock_ms(CLOCK_MONOTONIC) > until) {
            fprintf(stderr, "hammer: %s/v1/ledger doesn't answer: %s\n", h->url,
                    c->answer.data ? c->answer.data : "");
            exit(2);
        }
        pause_ms(PAUSE_MS);
    }
    json = json_loads(c->answer.data, 0, NULL);
    if (json_is_string(json_object_get(json, "id")))
        str_copy(h->id, sizeof(h->id), json_string_value(json_object_get(json, "id")));
    str_copy(h->vkey, sizeof(h->vkey), json_string_value(json_object_get(json, "vkey")));
    if (vkey_parse(h->vkey, name, sizeof(name), &h->log_key) != 0) {
        fprintf(stderr, "hammer: no ledger: %s\n", c->answer.data);
        exit(2);
    }
    str_copy(h->origin, sizeof(h->origin), name);
    return json;
}
