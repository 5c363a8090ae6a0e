/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/query.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/problem.h"
#include "client/recovery.h"
#include "core/token.h"

#define TOKEN_SECONDS 120
#define PAGE_MAX      1000

const char *json_text(const json_t *object, const char *name)
{
    const char *s = json_string_value(json_object_get(object, name));

    return s == NULL ? "" : s;
}

int64_t json_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* A token for GET of the path before any '?'. */
static char *make_token(const struct client *c, const struct keyfile *key, const char *path)
{
    struct buf b = BUF_INIT;
    char *bare = x_strndup(path, strcspn(path, "?"));

    token_make(&b, key->secret, c->profile.ledger_id, key->holder, "GET", bare, (int64_t)time(NULL),
               TOKEN_SECONDS);
    free(bare);
    return buf_take(&b);
}

int query_status(struct client *c, const struct keyfile *key, const char *path, long *status,
                 json_t **out)
{
    char *url = x_asprintf("%s%s", c->profile.url, path), *why;
    char *token = key == NULL ? NULL : make_token(c, key, path);
    struct http_request rq = {.method = "GET", .url = url, .bearer = token};
    struct http_answer answer;
    enum http_result result = http_do(c->http, &rq, &answer, &why);
    int rc = PUMASI_OK;

    *out = NULL;
    *status = 0;
    free(token);
    free(url);
    if (result != HTTP_ANSWERED) {
        rc = fail(PUMASI_UNKNOWN, "%s%s", why,
                  result == HTTP_LOST ? _(" Try again in a moment.") : "");
        free(why);
        return rc;
    }
    *status = answer.status;
    recovery_notice(c, key, answer.recovery);
    *out = json_loadb(answer.body, answer.len, JSON_REJECT_DUPLICATES, NULL);
    if (*out == NULL || !json_is_object(*out)) {
        json_decref(*out);
        *out = NULL;
        if (answer.status == 200 || problem_is_open(answer.status) == false)
            rc = fail(PUMASI_UNKNOWN,
                      _("What answers at %s (status %ld) isn't a ledger. Is the address right?"),
                      c->profile.url, answer.status);
        else
            rc = fail(PUMASI_UNKNOWN,
                      _("The ledger at %s isn't ready (status %ld). Try again in a moment."),
                      c->profile.url, answer.status);
    }
    http_answer_free(&answer);
    return rc;
}

int query_bytes(struct client *c, const struct keyfile *key, const char *path, long seconds,
                char **out, size_t *len)
{
    char *url = x_asprintf("%s%s", c->profile.url, path), *why;
    char *token = key == NULL ? NULL : make_token(c, key, path);
    struct http_request rq = {.method = "GET", .url = url, .bearer = token, .timeout = seconds};
    struct http_answer answer;
    enum http_result result = http_do(c->http, &rq, &answer, &why);
    json_t *problem;
    int rc = PUMASI_OK;

    *out = NULL;
    free(token);
    free(url);
    if (result != HTTP_ANSWERED) {
        rc = fail(PUMASI_UNKNOWN, "%s%s", why,
                  result == HTTP_LOST ? _(" Try again in a moment.") : "");
        free(why);
        return rc;
    }
    if (answer.status == 200) {
        *out = answer.body;
        *len = answer.len;
        return PUMASI_OK;
    }
    problem = json_loadb(answer.body, answer.len, JSON_REJECT_DUPLICATES, NULL);
    rc = query_failed(c, key, path, answer.status, problem);
    json_decref(problem);
    http_answer_free(&answer);
    return rc;
}

bool query_is_broken(long status, const json_t *problem)
{
    return status == 500 && str_eq(json_text(problem, "type"), "/problems/internal");
}

int query_failed(struct client *c, const struct keyfile *key, const char *path, long status,
                 const json_t *problem)
{
    char *sentence;
    int rc;

    /* A token that isn't taken may be for the ledger that was here before. */
    if (status == 401 && !c->ledger_checked && !str_eq(path, "/v1/ledger") &&
        c->profile.connected && c->profile.ledger_id[0] != '\0' &&
        client_ledger(c, NULL) == PUMASI_UNPROVED)
        return PUMASI_UNPROVED;
    sentence = problem_of_key(key, problem);
    if (sentence == NULL && query_is_broken(status, problem))
        return fail(PUMASI_UNKNOWN,
                    _("The ledger can't read what it has stored (status 500). If it says so again, "
                      "tell whoever runs it: its log says what is damaged."));
    if (sentence == NULL)
        sentence = problem_sentence(c, status, problem, NULL, NULL);
    rc = fail(problem_is_open(status) ? PUMASI_UNKNOWN : PUMASI_FAILED, "%s", sentence);

    free(sentence);
    return rc;
}

int query_get(struct client *c, const struct keyfile *key, const char *path, json_t **out)
{
    struct query_lenience *lenience = c->lenience;
    long status;
    int rc = query_status(c, key, path, &status, out);

    if (rc == PUMASI_OK && lenience && query_is_broken(status, *out)) {
        json_decref(*out);
        rc = query_status(c, key, path, &status, out);
    }
    if (rc != PUMASI_OK || status == 200)
        return rc;
    if (lenience && (query_is_broken(status, *out) || (lenience->missing && status == 404))) {
        lenience->status = status;
        rc = PUMASI_UNKNOWN;
    } else {
        rc = query_failed(c, key, path, status, *out);
    }
    json_decref(*out);
    *out = NULL;
    return rc;
}

/* A cursor is the ledger's own, so it is escaped whatever it holds. */
static void put_escaped(struct buf *b, const char *s)
{
    for (; *s != '\0'; s++) {
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~", *s) !=
            NULL)
            buf_putc(b, *s);
        else
            buf_printf(b, "%%%02X", (unsigned char)*s);
    }
}

/* Is the page of the same point of the log as those before it? */
static int check_view(const struct client *c, struct query_view *view, const json_t *answer,
                      bool first_page)
{
    struct query_view now = {json_number(answer, "first"), json_number(answer, "size"), ""};

    (void)snprintf(now.time, sizeof(now.time), "%s", json_text(answer, "time"));
    if (!json_is_integer(json_object_get(answer, "size")))
        return fail(PUMASI_UNKNOWN,
                    _("The ledger at %s is older than this program: it doesn't say what its lists "
                      "are a view of."),
                    c->profile.url);
    if (first_page)
        *view = now;
    else if (now.first != view->first || now.size != view->size || !str_eq(now.time, view->time))
        return fail(PUMASI_UNPROVED,
                    _("The pages of the ledger's list don't belong together. Nothing was shown."));
    return PUMASI_OK;
}

int query_list_at(struct client *c, const struct keyfile *key, const char *path, int64_t limit,
                  struct query_view *view, int (*fn)(void *arg, json_t *item), void *arg)
{
    const char *sep = strchr(path, '?') == NULL ? "?" : "&";
    struct buf cursor = BUF_INIT;
    int64_t left = limit;
    bool again = false;
    int rc;

    do {
        struct buf page = BUF_INIT, next = BUF_INIT;
        json_t *answer, *items, *item;
        size_t i;

        buf_printf(&page, "%s%slimit=%" PRId64, path, sep,
                   limit > 0 && left < PAGE_MAX ? left : PAGE_MAX);
        if (cursor.len > 0)
            buf_printf(&page, "&cursor=%s", cursor.data);
        rc = query_get(c, key, page.data, &answer);
        buf_free(&page);
        if (rc != PUMASI_OK)
            break;
        if (view != NULL)
            rc = check_view(c, view, answer, cursor.len == 0);
        items = json_object_get(answer, "items");
        json_array_foreach (items, i, item) {
            if (rc != 0 || (limit > 0 && left-- == 0))
                break;
            rc = fn(arg, item);
        }
        put_escaped(&next, json_text(answer, "next"));
        /* A page may be empty and others follow; a ledger that leads in a circle isn't followed. */
        again = next.len > 0 && (cursor.len == 0 || !str_eq(next.data, cursor.data));
        buf_free(&cursor);
        cursor = next;
        json_decref(answer);
    } while (rc == 0 && again && (limit == 0 || left > 0));
    buf_free(&cursor);
    return rc;
}

int query_list(struct client *c, const struct keyfile *key, const char *path, int64_t limit,
               int (*fn)(void *arg, json_t *item), void *arg)
{
    return query_list_at(c, key, path, limit, NULL, fn, arg);
}

int query_coop(struct client *c, const struct keyfile *key, const char *coop, json_t **out)
{
    char *path = x_asprintf("/v1/coops/%s", coop);
    json_t *answer = NULL;
    long status;
    int rc = query_status(c, key, path, &status, &answer);

    if (rc == PUMASI_OK && status == 404)
        rc = fail(PUMASI_FAILED, _("There is no co-op \"%s\" in this ledger. Is it spelt right?"),
                  coop);
    else if (rc == PUMASI_OK && status != 200)
        rc = query_failed(c, key, path, status, answer);
    free(path);
    if (rc == PUMASI_OK && out != NULL)
        *out = answer;
    else
        json_decref(answer);
    return rc;
}

int query_member(struct client *c, const struct keyfile *key, const char *member, json_t **out)
{
    char *path = x_asprintf("/v1/members/%s", member);
    json_t *answer = NULL;
    long status;
    int rc = query_status(c, key, path, &status, &answer);

    if (rc == PUMASI_OK && status == 404) {
        char coop[COOP_MAX + 1];

        name_coop_of(member, coop);
        rc = query_coop(c, key, coop, NULL);
        if (rc == PUMASI_OK)
            rc = fail(PUMASI_FAILED,
                      _("There is no member \"%s\": %s is a co-op here, but has no one of "
                        "that handle. Is it spelt right?"),
                      member, coop);
    } else if (rc == PUMASI_OK && status != 200) {
        rc = query_failed(c, key, path, status, answer);
    }
    free(path);
    if (rc == PUMASI_OK && out != NULL)
        *out = answer;
    else
        json_decref(answer);
    return rc;
}

int query_no_account(struct client *c, const struct keyfile *key, const char *member,
                     const char *unit)
{
    int rc = query_member(c, key, member, NULL);

    if (rc != PUMASI_OK)
        return rc;
    if (unit != NULL)
        return fail(PUMASI_FAILED,
                    _("%s has no account in %s, or this key may not see it. \"pumasi key list\" "
                      "shows your keys."),
                    member, unit);
    return fail(PUMASI_FAILED,
                _("%s has no account yet, or this key may not see it. \"pumasi key list\" shows "
                  "your keys."),
                member);
}
