/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LIMITS_H
#define PUMASI_LIMITS_H

#include "core/base.h"
#include "ledgerd/forwarded.h"

/*
 * How much may be refused, and how much a member may say that costs it nothing, before the answer
 * is 429. Nothing of this is a rule: it never decides about an act, only when it is looked at. In
 * memory, of fixed size, forgotten at a restart. Any thread.
 *
 * Who can be told pays: a refusal of what is signed well by a registered key is that key's, where
 * it was sent from; all else, wrong signatures, unknown keys, bad tokens and what can't be read, is
 * the address's. An address that has used up its share is still heard where a registered key is
 * named that hasn't used up its own there. There each wrong signature costs the key named a tenth
 * of its share, so that naming keys is soon over; and as a key's share is one for each address,
 * nobody can use up that of somebody elsewhere.
 */
struct limits;

/* Refusals that an address and a key have to make for each minute, five minutes' worth at once;
 * acts that cost nothing for each member and day; and acts of strangers alone that begin to wait,
 * for each address and day. 0: no such limit. */
struct limits *limits_new(int64_t refusals_per_minute, int64_t member_acts_per_day,
                          int64_t strangers_per_day);
void limits_free(struct limits *l);

/* Microseconds on the clock that all below are told. */
int64_t limits_now(void);

/*
 * May an act be looked at, from there and, as it says, by that registered key (NULL: by none)? 0,
 * or after how many seconds. And a query: that a key's acts are refused doesn't keep it from
 * asking.
 */
int limits_wait_act(struct limits *l, const struct remote *from, const char *kid, int64_t now);
int limits_wait_query(struct limits *l, const struct remote *from, const char *kid, int64_t now);
/* n of them were refused; `proven`: signed by that key indeed. */
void limits_refused(struct limits *l, const struct remote *from, const char *kid, bool proven,
                    size_t n, int64_t now);

/* May this member post one more act that costs it nothing? 0, or after how many seconds. */
int limits_member_wait(struct limits *l, const char *member, int64_t now);
void limits_member_posted(struct limits *l, const char *member, int64_t now);

/* May an act that strangers alone have signed begin to wait, after n that came from there and
 * aren't counted yet? 0, or after how many seconds. Then: one of them does. */
int limits_stranger_wait(struct limits *l, const struct remote *from, size_t n, int64_t now);
void limits_stranger_waits(struct limits *l, const struct remote *from, int64_t now);
/* For the log, once in a while: no more of them may wait, wherever they come from. */
void limits_strangers_full(struct limits *l, int64_t now);

/* Why it is answered 429. */
extern const char *const limits_why_refusals, *const limits_why_member, *const limits_why_strangers;

#endif
