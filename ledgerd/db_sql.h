/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_SQL_H
#define PUMASI_DB_SQL_H

/* Pieces of SQL that several files' statements have. */

/* The time of a record, "2026-11-22T21:31:41.123Z": such texts sort as their times do. */
#define RECORD_TIME "split_part(r.header, '\"', 8)"
/* Its day in the ledger's zone. */
#define RECORD_DAY                                 \
    "to_char(" RECORD_TIME "::timestamptz AT TIME" \
    " ZONE (SELECT l.zone FROM holders l WHERE l.holder = 'ledger'), 'YYYY-MM-DD')"

/* How many records are of before the day that begins at midnight of $n, in the ledger's zone. Times
 * never fall along the log, so that a few steps find it. */
#define RECORDS_BEFORE(n)                                                           \
    "(WITH RECURSIVE s(lo, hi) AS (SELECT 0::bigint, h.size UNION ALL"              \
    " SELECT CASE WHEN q.earlier THEN q.mid + 1 ELSE q.lo END,"                     \
    "  CASE WHEN q.earlier THEN q.hi ELSE q.mid END"                                \
    " FROM (SELECT s.lo, s.hi, (s.lo + s.hi) / 2 AS mid, (SELECT " RECORD_TIME " <" \
    "   to_char($" n "::date::timestamp AT TIME ZONE l.zone AT TIME ZONE 'UTC',"    \
    "    'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') COLLATE \"C\""                        \
    "   FROM records r WHERE r.idx = (s.lo + s.hi) / 2) AS earlier"                 \
    "  FROM s WHERE s.lo < s.hi OFFSET 0) q)"                                       \
    " SELECT s.lo FROM s WHERE s.lo = s.hi)"

/*
 * Of the rows with `key` in `table`, whose seq counts from 1 to `last` without a gap and whose idx
 * rises with it: how many have an idx below `size`.
 */
#define ENTRIES_BELOW(table, key, last, size)                                              \
    "(WITH RECURSIVE s(lo, hi) AS (SELECT 0::bigint, " last " UNION ALL"                   \
    " SELECT CASE WHEN q.below THEN q.mid ELSE q.lo END,"                                  \
    "  CASE WHEN q.below THEN q.hi ELSE q.mid - 1 END"                                     \
    " FROM (SELECT s.lo, s.hi, (s.lo + s.hi) / 2 + 1 AS mid,"                              \
    "  (SELECT t.idx < " size " FROM " table " t WHERE t." key                             \
    "   AND t.seq = (s.lo + s.hi) / 2 + 1) AS below FROM s WHERE s.lo < s.hi OFFSET 0) q)" \
    " SELECT s.lo FROM s WHERE s.lo = s.hi)"

#endif
