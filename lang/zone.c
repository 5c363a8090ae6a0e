/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lang/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "core/name.h"

#define ZONEINFO "/usr/share/zoneinfo/"

bool zone_exists(const char *zone)
{
    char path[128];
    struct stat st;

    if (!name_is_zone(zone)) {
        return false;
    }
    int n = snprintf(path, sizeof(path), ZONEINFO "%s", zone);
    return n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

void zone_prepare(void)
{
    (void)setenv("TZ", "UTC0", 1);
    tzset();
}

int zone_set(const char *zone)
{
    /* glibc takes a zone that it doesn't find for UTC without a word. */
    if (!zone_exists(zone) || setenv("TZ", zone, 1) != 0) {
        return -1;
    }
    tzset();
    return 0;
}

int32_t zone_day(int64_t ms)
{
    struct tm tm;
    int64_t s = ms >= 0 ? ms / 1000 : -((999 - ms) / 1000);
    time_t t = (time_t)s;

    if (localtime_r(&t, &tm) == NULL) {
        return (int32_t)(s / 86400); /* a year beyond int: no record is of it */
    }
    /* The same calendar day at UTC. */
    tm.tm_isdst = 0;
    int64_t local = timegm(&tm);
    return (int32_t)(local >= 0 ? local / 86400 : -((86399 - local) / 86400));
}
