/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DECLINES_H
#define PUMASI_DECLINES_H

#include "core/rules.h"
#include "ledgerd/pendings.h"

/* The record that the act which a decline would end names in turn; false when it names none, or
 * none such waits. Who is called for to reverse a transfer shows in that record only. */
bool decline_deal(const struct pendings *p, const struct act *a, int64_t *record) MUST_CHECK;

/*
 * What a decline that the rules take (`as`: the role that it is signed in) does to an act that
 * waits here. -1 with not-permitted when such an act waits and doesn't call for this signature: the
 * decline would be a record without any effect.
 */
int decline_judge(const struct state *s, const struct pendings *p, const struct act *a,
                  enum role as, struct refusal *r) MUST_CHECK;
/* Ends the act that waits, once its decline is posted. */
void decline_end(struct pendings *p, const struct act *a);

#endif
