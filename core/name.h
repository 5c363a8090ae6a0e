/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_NAME_H
#define PUMASI_NAME_H

#include "core/base.h"

/* The grammars of protocol section 1. Lengths without the NUL. */
#define COOP_MAX     32
#define MEMBER_MAX   32
#define ADDRESS_MAX  (MEMBER_MAX + 1 + COOP_MAX)
#define UNIT_MAX     16
#define ACCOUNT_MAX  (5 + COOP_MAX + 1 + COOP_MAX + 1 + UNIT_MAX) /* !pos.<co-op>@<co-op>/<unit> */
#define ORIGIN_MAX   128
#define JTI_MIN      22
#define JTI_MAX      64
#define CATEGORY_MAX 24
/* <origin>#<b64u of a SHA-256> */
#define LEDGER_ID_MAX (ORIGIN_MAX + 1 + 43)

/* [a-z0-9][a-z0-9-]{1,31}, but not `stewards` or `ledger` */
bool name_is_coop(const char *s);
/* A member's own part: [a-z0-9][a-z0-9._-]{0,31} */
bool name_is_handle(const char *s);
/* handle@coop */
bool name_is_address(const char *s);
/* alice@hansalim, hansalim, stewards, ledger or * */
bool name_is_holder(const char *s);
/* [a-z][a-z0-9-]{0,15} */
bool name_is_unit(const char *s);
/* address/unit, where the handle may begin with '!' */
bool name_is_account(const char *s);
/* [A-Za-z0-9_-]{22,64} */
bool name_is_jti(const char *s);
/* [a-z0-9-]{1,24} */
bool name_is_category(const char *s);
/* [a-z0-9][a-z0-9./-]{0,127}: a C2SP key name without '+', '#' and white space */
bool name_is_origin(const char *s);
/*
 * The origin under which a log goes on that couldn't under this one: "x/2" after "x", "x/3" after
 * "x/2". False when that were none, being too long.
 */
bool name_next_origin(char out[ORIGIN_MAX + 1], const char *origin) MUST_CHECK;
/* Is it the next one, or one after that? */
bool name_origin_follows(const char *later, const char *origin);
/* Shaped like an IANA zone name, at most 64 bytes; says nothing about its existence. */
bool name_is_zone(const char *s);

/* The co-op of an address, account or co-op: past the '@', or s itself where there is none. */
const char *name_coop_start(const char *s);
/* Writes the co-op's handle of an address, an account or a co-op; cuts at '/'. */
void name_coop_of(const char *s, char out[COOP_MAX + 1]);
/* address + "/" + unit */
void name_account(char out[ACCOUNT_MAX + 1], const char *address, const char *unit);

#endif
