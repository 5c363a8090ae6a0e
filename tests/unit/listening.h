/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LISTENING_H
#define PUMASI_LISTENING_H

#include <netinet/in.h>

/* A socket that listens on a free port of this machine, which *at says; the caller closes it. Fails
 * the test when there is none. */
int listening(struct sockaddr_in *at);

#endif
