/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SANDBOX_H
#define PUMASI_SANDBOX_H

/*
 * What a daemon that serves gives up: reading and writing files elsewhere (Landlock), all system
 * calls but those it needs (seccomp), and capabilities. Of use against whoever finds a way to make
 * ledgerd run code of theirs: they have what ledgerd has, and get no further. PostgreSQL is started
 * before, by a process of its own (pgkeeper.h), which isn't restricted.
 */

#include <libpq-fe.h>

#include "core/base.h"

struct sandbox;

/* In the order of the option's choices. */
enum sandbox_want {
    SANDBOX_AUTO,    /* as much as the kernel has */
    SANDBOX_REQUIRE, /* both, or no start */
    SANDBOX_OFF,
};

/*
 * What may be used afterwards: what the system's libraries read (time zones, the libraries
 * themselves), sockets that are open already, and Unix sockets. Nothing is in force yet.
 */
struct sandbox *sandbox_new(void) MUST_CHECK;
void sandbox_free(struct sandbox *s);

/* Lets the files in a folder be read, written, made, replaced and removed, or one file be read and
 * written, as long as it isn't replaced by a new one. Where nothing is, nothing may be made. */
void sandbox_allow_changes(struct sandbox *s, const char *path);
/* The same for the folder that `file` is in and, if it is a link, for that of what it leads to: for
 * a file that is replaced by a new one some day, as certificates are. */
void sandbox_allow_folder_of(struct sandbox *s, const char *file);
/* Lets connections be made, and names be looked up. */
void sandbox_allow_network(struct sandbox *s);
/* Lets the database that conn is connected to be connected to again: /etc and the other files that
 * libpq reads, and, when it isn't reached by a Unix socket, the network. The private cluster needs
 * nothing of it: its connection string says all. */
void sandbox_allow_database(struct sandbox *s, PGconn *conn);

/*
 * Puts it in force for the whole process, for good, and says in the log what is on. Call it before
 * there are threads, after the listening sockets are open, and when everything has been read that
 * isn't allowed above. -1 and a sentence when something is required and isn't to be had.
 */
int sandbox_enter(const struct sandbox *s, enum sandbox_want want, char *err,
                  size_t err_size) MUST_CHECK;

#endif
