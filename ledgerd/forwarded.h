/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_FORWARDED_H
#define PUMASI_FORWARDED_H

#include "ledgerd/address.h"
#include "ledgerd/http_head.h"

/* Whose request it is, for limits and the log. */
struct remote {
    struct address address;
    bool local; /* from this very machine, on nobody's behalf: its address isn't counted */
};

/*
 * The client behind a connection's peer. Of a peer that isn't a trusted proxy it is the peer, and
 * whatever the head says is passed over. Else X-Forwarded-For is read from its right end, where the
 * proxy next to us wrote: trusted proxies are skipped, and the first address that is none is the
 * client's. At a word that is no address, the proxy that wrote it counts; where all are trusted,
 * the leftmost one.
 */
struct remote forwarded_client(const struct networks *trusted, const struct address *peer,
                               const struct http_head *head);

#endif
