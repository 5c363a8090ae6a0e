/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ADDRESS_H
#define PUMASI_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "core/base.h"

/* Network addresses, and networks of them. An IPv4 address is held as ::ffff:1.2.3.4, so that it is
 * the same whichever way it came. */
struct address {
    uint8_t b[16];
};

#define ADDRESS_TEXT_MAX INET6_ADDRSTRLEN

/* "192.0.2.7" or "2001:db8::7", len bytes, and nothing else (no zone, no port). 0 or -1. */
int address_parse(struct address *out, const char *s, size_t len) MUST_CHECK;
/* Of a peer. 0, or -1 where it is neither IPv4 nor IPv6. */
int address_of(struct address *out, const struct sockaddr *addr) MUST_CHECK;
void address_text(char out[ADDRESS_TEXT_MAX], const struct address *a);
bool address_is_loopback(const struct address *a);
/* What limits are counted by: IPv4 whole, of IPv6 the /64, which one customer has to himself. */
struct address address_counted(const struct address *a);

struct network {
    struct address address;
    int bits; /* of these 128 that its addresses share */
};

struct networks {
    struct network *at;
    size_t n;
};

/*
 * Addresses and networks, parted by commas: "127.0.0.1, 10.0.0.0/8, 2001:db8::/32"; an empty text
 * is none. A network's address has no bits set behind its prefix. -1 and a sentence in err.
 */
int networks_parse(struct networks *out, const char *text, char *err, size_t err_size) MUST_CHECK;
void networks_free(struct networks *n);
bool networks_have(const struct networks *n, const struct address *a);

#endif
