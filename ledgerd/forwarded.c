/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/forwarded.h"

#include <string.h>
#include <strings.h>

#include "core/num.h"

/* One word of the list: an address, perhaps with its port: 192.0.2.7:5040, [2001:db8::7]:5040. */
static int word_parse(struct address *out, const char *s, size_t len)
{
    const char *colon = memrchr(s, ':', len);
    const char *bracket = len > 0 && s[0] == '[' ? memchr(s, ']', len) : NULL;
    size_t host = len;
    int64_t port;

    if (bracket != NULL) {
        host = (size_t)(bracket - s) + 1;
    } else if (colon != NULL && memchr(s, ':', len) == colon) {
        host = (size_t)(colon - s); /* the only one: no IPv6 address has so few */
    }
    if (host < len &&
        (s[host] != ':' || num_parse(s + host + 1, len - host - 1, 0, 65535, &port) != 0)) {
        return -1;
    }
    if (bracket != NULL) {
        return memchr(s, ':', host) == NULL ? -1 : address_parse(out, s + 1, host - 2);
    }
    return address_parse(out, s, host);
}

/* Walks one field's words from its right. True when the walk has ended; *at is how far it got. */
static bool walk_field(const struct networks *trusted, const char *value, struct address *at)
{
    const char *end = value + strlen(value);

    for (;;) {
        const char *comma = memrchr(value, ',', (size_t)(end - value));
        const char *s = comma != NULL ? comma + 1 : value;
        struct address next;

        while (s < end && (*s == ' ' || *s == '\t')) {
            s++;
        }
        while (end > s && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }
        if (word_parse(&next, s, (size_t)(end - s)) != 0) {
            return true;
        }
        *at = next;
        if (!networks_have(trusted, at)) {
            return true;
        }
        if (comma == NULL) {
            return false;
        }
        end = comma;
    }
}

struct remote forwarded_client(const struct networks *trusted, const struct address *peer,
                               const struct http_head *head)
{
    struct remote r = {.address = *peer, .local = address_is_loopback(peer)};

    if (!networks_have(trusted, peer)) {
        return r;
    }
    /* Several fields of the name are one list (RFC 9110 section 5.3). */
    for (size_t i = head->n_fields; i-- > 0;) {
        if (strcasecmp(head->fields[i].name, "X-Forwarded-For") != 0) {
            continue;
        }
        r.local = false;
        if (walk_field(trusted, head->fields[i].value, &r.address)) {
            break;
        }
    }
    return r;
}
