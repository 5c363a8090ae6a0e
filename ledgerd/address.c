/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "lang/lang.h"

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_v4(const struct address *a)
{
    return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

static void set_v4(struct address *out, const void *four)
{
    memcpy(out->b, mapped, sizeof(mapped));
    memcpy(out->b + sizeof(mapped), four, 4);
}

int address_parse(struct address *out, const char *s, size_t len)
{
    char text[ADDRESS_TEXT_MAX];
    struct in_addr four;

    /* inet_pton would stop at a NUL. */
    if (len >= sizeof(text) || memchr(s, '\0', len) != NULL) {
        return -1;
    }
    memcpy(text, s, len);
    text[len] = '\0';
    if (inet_pton(AF_INET, text, &four) == 1) {
        set_v4(out, &four);
        return 0;
    }
    return inet_pton(AF_INET6, text, out->b) == 1 ? 0 : -1;
}

int address_of(struct address *out, const struct sockaddr *addr)
{
    if (addr->sa_family == AF_INET) {
        set_v4(out, &((const struct sockaddr_in *)(const void *)addr)->sin_addr);
        return 0;
    }
    if (addr->sa_family == AF_INET6) {
        memcpy(out->b, &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr, 16);
        return 0;
    }
    return -1;
}

void address_text(char out[ADDRESS_TEXT_MAX], const struct address *a)
{
    bool four = is_v4(a);

    (void)inet_ntop(four ? AF_INET : AF_INET6, four ? a->b + sizeof(mapped) : a->b, out,
                    ADDRESS_TEXT_MAX);
}

bool address_is_loopback(const struct address *a)
{
    static const uint8_t one[16] = {[15] = 1};

    return is_v4(a) ? a->b[12] == 127 : memcmp(a->b, one, sizeof(one)) == 0;
}

struct address address_counted(const struct address *a)
{
    struct address counted = *a;

    if (!is_v4(a)) {
        memset(counted.b + 8, 0, 8);
    }
    return counted;
}

/* Do the first `bits` bits of both agree? */
static bool agree(const uint8_t *a, const uint8_t *b, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    return memcmp(a, b, (size_t)whole) == 0 &&
           (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* One address or network of len bytes. */
static int network_parse(struct network *out, const char *s, size_t len)
{
    const char *slash = memchr(s, '/', len);
    size_t address_len = slash != NULL ? (size_t)(slash - s) : len;
    int most, before;
    int64_t bits;

    if (address_parse(&out->address, s, address_len) != 0) {
        return -1;
    }
    most = memchr(s, ':', address_len) != NULL ? 128 : 32;
    before = 128 - most;
    bits = most;
    if (slash != NULL && num_parse(slash + 1, len - address_len - 1, 0, most, &bits) != 0) {
        return -1;
    }
    out->bits = before + (int)bits;
    for (int i = out->bits; i < 128; i++) {
        if ((out->address.b[i / 8] >> (7 - i % 8) & 1) != 0) {
            return -1;
        }
    }
    return 0;
}

int networks_parse(struct networks *out, const char *text, char *err, size_t err_size)
{
    static const char blanks[] = " \t";

    *out = (struct networks){0};
    if (text[strspn(text, blanks)] == '\0') {
        return 0;
    }
    for (const char *p = text;;) {
        size_t part = strcspn(p, ","), skip = strspn(p, blanks);
        const char *s = p + (skip < part ? skip : part);
        size_t len = (size_t)(p + part - s);

        while (len > 0 && strchr(blanks, s[len - 1]) != NULL) {
            len--;
        }
        out->at = x_realloc(out->at, (out->n + 1) * sizeof(*out->at));
        if (network_parse(&out->at[out->n], s, len) != 0) {
            (void)snprintf(err, err_size,
                           _("'%.*s' is no address or network like 127.0.0.1, 10.0.0.0/8 or "
                             "2001:db8::/32"),
                           (int)(len < 100 ? len : 100), s);
            networks_free(out);
            return -1;
        }
        out->n++;
        if (p[part] == '\0') {
            return 0;
        }
        p += part + 1;
    }
}

void networks_free(struct networks *n)
{
    free(n->at);
    *n = (struct networks){0};
}

bool networks_have(const struct networks *n, const struct address *a)
{
    for (size_t i = 0; i < n->n; i++) {
        if (agree(n->at[i].address.b, a->b, n->at[i].bits)) {
            return true;
        }
    }
    return false;
}
