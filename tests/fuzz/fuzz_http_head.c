/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The head of an HTTP request: what is taken can be read in one way only. */
#include <strings.h>

#include "fuzz.h"
#include "ledgerd/http_head.h"

static void check_field(const struct http_field *f)
{
    MUST(f->name[0] != '\0');
    MUST(strpbrk(f->name, " \t\r\n:") == NULL && strpbrk(f->value, "\r\n") == NULL);
    MUST(f->value[0] != ' ' && f->value[0] != '\t');
}

/* Written out again from what was understood, it means the same. */
static void check_again(const struct http_head *head)
{
    struct http_head again;
    struct buf b = BUF_INIT;
    const char *why;

    buf_printf(&b, "%s %s%s%s HTTP/1.1\r\n", head->method, head->path, head->query ? "?" : "",
               head->query ? head->query : "");
    if (http_head_field(head, "Host") == NULL)
        buf_puts(&b, "Host:\r\n");
    for (size_t i = 0; i < head->n_fields; i++)
        if (strcasecmp(head->fields[i].name, "Connection") != 0)
            buf_printf(&b, "%s: %s\r\n", head->fields[i].name, head->fields[i].value);
    buf_puts(&b, "\r\n");
    if (head->n_fields < HTTP_FIELDS_MAX) {
        MUST(http_head_parse(&again, b.data, b.len, &why) == 0);
        MUST(str_eq(again.method, head->method) && str_eq(again.path, head->path));
        MUST((again.query == NULL) == (head->query == NULL));
        MUST(again.chunked == head->chunked && again.length == head->length &&
             again.has_length == head->has_length);
    }
    buf_free(&b);
}

/* The path is the target, or stands in it behind "http://" or "https://" and a host that ends with
 * it: no other reader takes a part of the query for it. */
static void check_target(const struct http_head *head, const uint8_t *data, size_t size)
{
    const char *target = memchr(data, ' ', size);
    size_t len = strcspn(++target, " "), scheme = strncasecmp(target, "https", 5) == 0 ? 8 : 7;

    if (target[0] == '/')
        scheme = 0;
    else
        MUST(strncasecmp(target, "http", 4) == 0 && memcmp(target + scheme - 3, "://", 3) == 0);
    const char *path = target + scheme + strcspn(target + scheme, "/?# ");
    MUST(*path == '/' && (scheme == 0) == (path == target));
    MUST((size_t)(target + len - path) >= strlen(head->path));
    MUST(memcmp(path, head->path, strlen(head->path)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = x_malloc(size + 1);
    struct http_head head;
    const char *why = NULL;
    uint64_t chunk = 0;
    int status;

    memcpy(bytes, data, size);
    if (http_chunk_size(bytes, size, 1 << 22, &chunk) == 0)
        MUST(chunk <= 1 << 22);
    status = http_head_parse(&head, bytes, size, &why);
    if (status != 0) {
        MUST(why != NULL && status >= 400 && status < 600);
    } else {
        MUST(size >= 4 && memcmp(data + size - 4, "\r\n\r\n", 4) == 0);
        MUST(memchr(data, '\0', size) == NULL);
        MUST(head.path[0] == '/' && strchr(head.path, '?') == NULL);
        MUST(!(head.chunked && head.has_length));
        for (size_t i = 0; i < head.n_fields; i++)
            check_field(&head.fields[i]);
        check_target(&head, data, size);
        MUST(http_head_may_begin((const char *)data, size));
        check_again(&head);
    }
    free(bytes);
    return 0;
}
