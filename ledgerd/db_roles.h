/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_ROLES_H
#define PUMASI_DB_ROLES_H

/* The roles of the private cluster, and its database: what is made and changed with a superuser's
 * rights, while no server runs (pgroles.c), and how a server is seen to have it. */

#include "core/base.h"

enum db_roles {
    DB_ROLES_SUIT,  /* the database is there, and ledgerd's role has no rights but its own */
    DB_ROLES_OTHER, /* as an earlier ledgerd made them, or half made */
    DB_ROLES_ERROR, /* err says why */
};

/*
 * Looks, connected as PG_ROLE to the cluster's database `postgres` by conninfo. A standby, in which
 * nothing can be changed, suits with any role.
 */
enum db_roles db_roles_look(const char *conninfo, char *err, size_t err_size) MUST_CHECK;

/*
 * For `postgres --single`, which takes a command a line. The first is for the database `postgres`
 * and fails where that of ledgerd is there already; the second, in that of ledgerd, does all else,
 * in one transaction: whatever ends it half-way, it was done or not. Done twice it changes nothing.
 */
extern const char db_roles_make_database[];
extern const char db_roles_make[];

#endif
