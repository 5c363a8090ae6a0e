/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ZONE_H
#define PUMASI_ZONE_H

#include "core/base.h"

/*
 * Days in the ledger's time zone. The zone is the whole process's (TZ, tzset): a ledger has one,
 * and nothing else here asks for local time.
 */

/* True when this machine knows the IANA zone. */
bool zone_exists(const char *zone);
/*
 * To be called once before there are threads: TZ then has its place in the environment, and
 * zone_set only replaces its value, which readers of the environment in other threads don't notice.
 */
void zone_prepare(void);
/* The zone that zone_day speaks of; UTC before. -1 when this machine doesn't know it. */
int zone_set(const char *zone) MUST_CHECK;
/* The day, counted from 1970, that it is in the zone at ms milliseconds since 1970. */
int32_t zone_day(int64_t ms);

#endif
