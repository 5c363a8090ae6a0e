/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/log_tiles.h"

#include <stdlib.h>
#include <string.h>

#include "client/query.h"

int log_get(struct client *c, const char *url, const char *path, long *status, char **body,
            size_t *len)
{
    char *whole = x_asprintf("%s%s", url, path), *why;
    struct http_request rq = {.method = "GET", .url = whole};
    struct http_answer answer;
    enum http_result result = http_do(c->http, &rq, &answer, &why);
    int rc = PUMASI_OK;

    *body = NULL;
    free(whole);
    if (result != HTTP_ANSWERED) {
        rc = fail(PUMASI_UNKNOWN, "%s", why);
        free(why);
        return rc;
    }
    *status = answer.status;
    *len = answer.len;
    *body = answer.body;
    return PUMASI_OK;
}

/* Where somebody wants to know: does the ledger say that it can't read it? */
static bool is_broken(const struct client *c, long status, const char *body, size_t len)
{
    json_t *problem;
    bool is;

    if (!c->lenience || status != 500)
        return false;
    problem = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
    is = query_is_broken(status, problem);
    json_decref(problem);
    return is;
}

/* The tile that the set lacks. A log may have given up a partial one once it got full. */
static int get_missing(struct client *c, const char *url, struct tileset *set)
{
    struct tile_ref ref = set->missing;
    bool asked = false; /* and it was broken */
    int rc;

    for (;;) {
        char *path = tile_path(&ref), *body;
        size_t len;
        long status;
        bool again;

        rc = log_get(c, url, path, &status, &body, &len);
        again = rc == PUMASI_OK && status == 404 && ref.width < TILE_WIDTH;
        if (rc == PUMASI_OK && is_broken(c, status, body, len)) {
            again = !asked;
            asked = true;
            c->lenience->status = again ? 0 : status;
            rc = PUMASI_UNKNOWN;
        } else if (rc == PUMASI_OK && !again &&
                   (status != 200 || tileset_add(set, body, len) != 0)) {
            rc = fail(PUMASI_UNKNOWN, _("The ledger at %s doesn't show its tree (%s, status %ld)."),
                      url, path, status);
        }
        free(body);
        free(path);
        if (!again)
            return rc;
        if (status == 404)
            ref.width = TILE_WIDTH;
    }
}

int log_leaves(struct client *c, const char *url, size_t from, size_t to, size_t size,
               struct hash *out)
{
    struct tileset set;
    int rc = PUMASI_OK;

    tileset_init(&set, size);
    for (size_t i = from; rc == PUMASI_OK && i < to;) {
        if (tileset_get(&set, 0, i, &out[i - from])) {
            i++;
            continue;
        }
        tileset_free(&set); /* no leaf of an earlier tile is asked for again */
        tileset_init(&set, size);
        (void)tileset_get(&set, 0, i, &out[i - from]);
        rc = get_missing(c, url, &set);
    }
    tileset_free(&set);
    return rc;
}

int log_prefix(struct client *c, const char *url, uint64_t old, uint64_t size,
               const struct hash *old_root, struct hash out[TREE_PROOF_MAX], size_t *n)
{
    struct tileset set;
    int rc = PUMASI_OK, got;

    tileset_init(&set, size);
    while ((got = tree_prefix(tileset_get, &set, old, size, old_root, out)) < 0 && rc == PUMASI_OK)
        rc = get_missing(c, url, &set);
    tileset_free(&set);
    *n = got < 0 ? 0 : (size_t)got;
    return rc;
}

int log_inclusion(struct client *c, const char *url, struct tileset *set, uint64_t index,
                  struct hash out[TREE_PROOF_MAX], size_t *n)
{
    int rc = PUMASI_OK, got;

    while ((got = tree_inclusion(tileset_get, set, index, set->size, out)) < 0 && rc == PUMASI_OK)
        rc = get_missing(c, url, set);
    *n = got < 0 ? 0 : (size_t)got;
    return rc;
}
