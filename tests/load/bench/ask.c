/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Queries, each with a token made for it. */
#include <sodium.h>

#include "core/token.h"
#include "tests/load/bench/bench.h"

#define LIFETIME 300 /* of a token, seconds */
#define EDGE     20  /* pages at either end */

/* A whole request for what is below /v1/accounts/<who>/hour. */
static void put_query(struct buf *out, struct asker *a, const char *below, const char *query)
{
    uint8_t secret[KEY_SECRET_LEN];
    struct buf token = BUF_INIT;
    char *path = x_asprintf("/v1/accounts/%s/" UNIT "%s", a->who, below);
    char *target = x_asprintf("%s%s", path, query);

    secret_of(&a->b->h, a->who, secret);
    token_make(&token, secret, a->b->h.id, a->who, "GET", path, clock_ms(CLOCK_REALTIME) / 1000,
               LIFETIME);
    request_head(out, target, "", 0, token.data);
    buf_free(&token);
    free(target);
    free(path);
}

static enum next next_query(void *from, struct request *r)
{
    struct asker *a = from;
    struct buf out = BUF_INIT;

    if (a->at == a->n)
        return NEXT_NEVER;
    if (a->at++ % 2 == 0) {
        member(a->who, rnd(&a->c, a->b->h.members));
        put_query(&out, a, "", "");
    } else {
        put_query(&out, a, "/postings", "?limit=50");
    }
    *r = (struct request){.lines = 1, .want = "HTTP/1.1 200 "};
    r->len = out.len;
    r->data = buf_take(&out);
    return NEXT_ONE;
}

void ask_members(struct bench *b)
{
    struct asker a = {.b = b, .n = b->rate * b->seconds};

    b->seconds = 0;
    conn_open(&a.c, &b->h, 996);
    json_decref(meet(&a.c));
    drive(b, next_query, &a);
    conn_close(&a.c);
}

/* ---- Paging ---- */

int64_t ask_body(struct asker *a, const char *below, const char *query)
{
    struct curl_slist *headers = NULL;
    struct buf request = BUF_INIT;
    char *path, *field, *url;
    int64_t start, us;
    long status = 0;

    put_query(&request, a, below, query);
    field = strstr(request.data, "Authorization:");
    field[strcspn(field, "\r")] = '\0';
    headers = curl_slist_append(NULL, field);
    path = x_asprintf("/v1/accounts/%s/" UNIT "%s%s", a->who, below, query);
    url = x_asprintf("%s%s", a->b->h.url, path);
    curl_easy_setopt(a->c.curl, CURLOPT_URL, url);
    curl_easy_setopt(a->c.curl, CURLOPT_HTTPHEADER, headers);
    buf_clear(&a->c.answer);
    start = now_us();
    if (curl_easy_perform(a->c.curl) != CURLE_OK ||
        curl_easy_getinfo(a->c.curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
        status != 200) {
        fprintf(stderr, "bench: %s: status %ld\n", path, status);
        exit(1);
    }
    us = now_us() - start;
    curl_slist_free_all(headers);
    buf_free(&request);
    free(path);
    free(url);
    return us;
}

/* One page, by curl, as one that follows another can't be asked for before; its time, and the
 * cursor of the next one, or NULL. */
static json_t *ask_page(struct asker *a, const char *cursor, int64_t *us)
{
    char *query = x_asprintf("?limit=%" PRId64 "%s%s", a->b->acts, cursor ? "&cursor=" : "",
                             cursor ? cursor : "");

    *us = ask_body(a, "/postings", query);
    free(query);
    return json_loadb(a->c.answer.data, a->c.answer.len, 0, NULL);
}

void ask_pages(struct bench *b)
{
    struct times first = {0}, last = {0};
    int32_t edge[EDGE] = {0};
    struct asker a = {.b = b};
    size_t pages = 0, items = 0;
    char *cursor = NULL;

    conn_open(&a.c, &b->h, 995);
    json_decref(meet(&a.c)); /* which also leaves curl with where to put what it reads */
    member(a.who, 0);
    do {
        int64_t us;
        json_t *page = ask_page(&a, cursor, &us);
        const char *next = json_string_value(json_object_get(page, "next"));

        items += json_array_size(json_object_get(page, "items"));
        if (pages > 0 && pages <= EDGE) /* the first one makes the connection */
            times_put(&first, us);
        edge[pages++ % EDGE] = (int32_t)us;
        free(cursor);
        cursor = next ? x_strdup(next) : NULL;
        json_decref(page);
    } while (cursor);
    /* The very last page may be a short one. */
    for (size_t i = 0; i < EDGE && i + 2 <= pages; i++)
        times_put(&last, edge[(pages - 2 - i) % EDGE]);
    printf("%zu %zu %.2f %.2f\n", items, pages, (double)times_at(&first, 0.5) / 1e3,
           (double)times_at(&last, 0.5) / 1e3);
    free(first.us);
    free(last.us);
    conn_close(&a.c);
}
