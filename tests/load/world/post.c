/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who signs, and what is answered. */
#include "tests/load/world/world.h"

#define LINES_MAX   500
#define PATIENCE_MS 60000

static void hand_add(struct hand *h, const char *name)
{
    size_t n = h->signers[0] != NULL;

    str_copy(h->names[n], sizeof(h->names[n]), name);
    h->signers[n] = h->names[n];
}

void hand_treasurers(struct hand *h, int coop)
{
    char name[ADDRESS_MAX + 1];

    memset(h, 0, sizeof(*h));
    str_copy(h->by, sizeof(h->by), wonju[coop].handle);
    hand_add(h, office(name, "treasurer1", h->by));
    if (wonju[coop].threshold == 2)
        hand_add(h, office(name, "treasurer2", h->by));
}

void hand_registrar(struct hand *h, int coop)
{
    char name[ADDRESS_MAX + 1];

    memset(h, 0, sizeof(*h));
    str_copy(h->by, sizeof(h->by), wonju[coop].handle);
    hand_add(h, office(name, "registrar", h->by));
}

void hand_self(struct hand *h, struct party p)
{
    memset(h, 0, sizeof(*h));
    address_of(h->by, p);
    hand_add(h, h->by);
}

static void take_line(struct sent *act, const json_t *answer)
{
    const json_t *receipt = json_object_get(answer, "receipt");
    const json_t *problem = json_object_get(answer, "problem");
    const char *type = json_string_value(json_object_get(problem, "type"));
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    const char *header = json_string_value(json_object_get(receipt, "header"));

    act->status = (int)json_integer_value(json_object_get(answer, "status"));
    if (type)
        str_copy(act->word, sizeof(act->word), strrchr(type, '/') + 1);
    if (detail)
        str_copy(act->detail, sizeof(act->detail), detail);
    if (header) {
        json_t *json = json_loads(header, 0, NULL);

        act->index = json_integer_value(json_object_get(json, "index"));
        act->parts = (int)json_array_size(json_object_get(json, "parts"));
        json_decref(json);
    }
}

static bool answered(const struct sent *act)
{
    return act->status != 0 && act->status != 429 && act->status != 503;
}

/* Sends them until all have an answer: the same bytes, which are never posted twice. */
static void post_some(struct world *w, struct sent *acts, size_t n)
{
    int64_t until = clock_ms(CLOCK_MONOTONIC) + PATIENCE_MS;
    struct buf body = BUF_INIT;
    bool done = false;

    for (size_t i = 0; i < n; i++)
        buf_printf(&body, "%s\n", acts[i].body);
    while (!done) {
        long status = ask(&w->c, "/v1/acts", body.data, body.len, "application/x-ndjson");
        char *save = NULL,
             *line = w->c.answer.data ? strtok_r(w->c.answer.data, "\n", &save) : NULL;

        done = status == 200;
        for (size_t i = 0; i < n && status == 200; i++, line = strtok_r(NULL, "\n", &save)) {
            json_t *answer = line ? json_loads(line, 0, NULL) : NULL;

            take_line(&acts[i], answer);
            done = answered(&acts[i]) && done;
            json_decref(answer);
        }
        if (!done && clock_ms(CLOCK_MONOTONIC) > until) {
            fprintf(stderr, "world: no answer in time; the last one was %ld: %s\n", status,
                    w->c.answer.data ? w->c.answer.data : "");
            exit(1);
        }
        if (!done)
            pause_ms(PAUSE_MS);
    }
    buf_free(&body);
}

void post(struct world *w, struct sent *acts, size_t n)
{
    for (size_t i = 0; i < n; i += LINES_MAX)
        post_some(w, acts + i, n - i < LINES_MAX ? n - i : LINES_MAX);
    for (size_t i = 0; i < n; i++) {
        free(acts[i].body);
        acts[i].body = NULL;
    }
}
