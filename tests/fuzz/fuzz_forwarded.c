/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Trusted proxies and X-Forwarded-For: a line of networks, the peer, and then fields. Whatever a
 * client sends, it can't speak for another one. */
#include "fuzz.h"
#include "ledgerd/forwarded.h"

#define FIELDS 8

static bool same(const struct address *a, const struct address *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static void check_address(const char *s)
{
    struct address a, again, counted;
    char text[ADDRESS_TEXT_MAX];

    if (address_parse(&a, s, strlen(s)) != 0)
        return;
    address_text(text, &a);
    MUST(address_parse(&again, text, strlen(text)) == 0 && same(&a, &again));
    counted = address_counted(&a);
    again = address_counted(&counted);
    MUST(same(&counted, &again));
}

/* The proxy next to us puts what it knows behind what a client says: that alone counts. */
static void check_spoof(const struct networks *trusted, const struct address *peer,
                        struct http_head *head)
{
    static const char *const clients[] = {"203.0.113.77", "[2001:db8:ffff::1]:4711"};

    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        struct http_head longer = *head;
        struct buf b = BUF_INIT;
        struct address client;
        size_t len = strcspn(clients[i], "]") - (i == 1);

        MUST(address_parse(&client, clients[i] + (i == 1), len) == 0);
        if (networks_have(trusted, &client))
            continue;
        if (longer.n_fields > 0) {
            struct http_field *last = &longer.fields[longer.n_fields - 1];
            buf_printf(&b, "%s, %s", last->value, clients[i]);
            last->value = b.data;
        } else {
            longer.fields[longer.n_fields++] = (struct http_field){"X-Forwarded-For", clients[i]};
        }
        struct remote r = forwarded_client(trusted, peer, &longer);
        MUST(same(&r.address, networks_have(trusted, peer) ? &client : peer));
        MUST(!r.local || !networks_have(trusted, peer));
        buf_free(&b);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = x_malloc(size + 1), *line, *next;
    struct http_head head = {0};
    struct networks trusted;
    struct address peer;
    char err[200];

    memcpy(text, data, size);
    text[size] = '\0';
    line = text;
    next = strchr(line, '\n');
    if (next == NULL)
        goto out;
    *next++ = '\0';
    if (networks_parse(&trusted, line, err, sizeof(err)) != 0)
        goto out;
    line = next;
    next = strchr(line, '\n');
    if (next != NULL)
        *next++ = '\0';
    if (address_parse(&peer, line, strlen(line)) == 0) {
        check_address(line);
        while (next != NULL && head.n_fields < FIELDS) {
            line = next;
            next = strchr(line, '\n');
            if (next != NULL)
                *next++ = '\0';
            check_address(line);
            head.fields[head.n_fields++] = (struct http_field){"X-Forwarded-For", line};
        }
        struct remote r = forwarded_client(&trusted, &peer, &head);
        if (!networks_have(&trusted, &peer))
            MUST(same(&r.address, &peer));
        if (r.local)
            MUST(same(&r.address, &peer) && address_is_loopback(&peer));
        check_spoof(&trusted, &peer, &head);
    }
    networks_free(&trusted);
out:
    free(text);
    return 0;
}
