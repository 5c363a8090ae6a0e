/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/query.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/problem.h"
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

int query_failed(struct client *c, const char *path, long status, const json_t *problem)
{
    char *sentence = problem_sentence(c, status, problem, NULL, NULL);
    int rc = fail(problem_is_open(status) ? PUMASI_UNKNOWN : PUMASI_FAILED, "%s", sentence);

    free(sentence);
    return rc;
}

int query_get(struct client *c, const struct keyfile *key, const char *path, json_t **out)
{
    long status;
    int rc = query_status(c, key, path, &status, out);

    if (rc != PUMASI_OK || status == 200)
        return rc;
    rc = query_failed(c, path, status, *out);
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

int query_list(struct client *c, const struct keyfile *key, const char *path, int64_t limit,
               int (*fn)(void *arg, json_t *item), void *arg)
{
    const char *sep = strchr(path, '?') == NULL ? "?" : "&";
    struct buf cursor = BUF_INIT;
    int64_t left = limit;
    int rc;

    do {
        struct buf page = BUF_INIT;
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
        items = json_object_get(answer, "items");
        json_array_foreach (items, i, item) {
            if (limit > 0 && left-- == 0)
                break;
            rc = fn(arg, item);
            if (rc != 0)
                break;
        }
        buf_clear(&cursor);
        put_escaped(&cursor, json_text(answer, "next"));
        if (json_array_size(items) == 0)
            buf_clear(&cursor); /* a ledger that never ends isn't followed */
        json_decref(answer);
    } while (rc == 0 && cursor.len > 0 && (limit == 0 || left > 0));
    buf_free(&cursor);
    return rc;
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
        rc = query_failed(c, path, status, answer);
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
        rc = query_failed(c, path, status, answer);
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
