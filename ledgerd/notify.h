/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_NOTIFY_H
#define PUMASI_NOTIFY_H

/*
 * Tells a service manager how the daemon is, by sd_notify(3)'s protocol: a datagram of NAME=VALUE
 * lines to the socket in $NOTIFY_SOCKET. Without one, all of this does nothing.
 */

#include "core/base.h"

/* Sends one state as sd_notify(3) words it, "READY=1\nSTATUS=…". Returns whether it was sent. */
bool notify_send(const char *state);

/* Start-up is done; status is one line for `systemctl status`. */
void notify_ready(const char *status);
void notify_status(const char *status);
/* Start-up or stopping takes longer: not to be given up on within the next ms. */
void notify_extend(int64_t ms);
void notify_stopping(void);
/* Call at least each notify_watchdog_ms()/2, from where a hang would show: the event loop. */
void notify_watchdog(void);
/* After how much silence the service manager restarts us; 0: it doesn't watch. */
int64_t notify_watchdog_ms(void);

#endif
