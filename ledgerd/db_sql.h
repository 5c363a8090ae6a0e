/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_SQL_H
#define PUMASI_DB_SQL_H

/* Pieces of SQL that several files' statements have, or that are long. */

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

/* The middle of what a search by halves has left. */
#define MIDDLE "((s.lo + s.hi) / 2 + 1)"

/* How many of the numbers from 1 to `last` there are of which the first so many give true for the
 * query `below`, with the number as MIDDLE. */
#define FIRST_SO_MANY(last, below)                                       \
    "(WITH RECURSIVE s(lo, hi) AS (SELECT 0::bigint, " last " UNION ALL" \
    " SELECT CASE WHEN q.below THEN q.mid ELSE q.lo END,"                \
    "  CASE WHEN q.below THEN q.hi ELSE q.mid - 1 END"                   \
    " FROM (SELECT s.lo, s.hi, " MIDDLE " AS mid, (" below ") AS below"  \
    "  FROM s WHERE s.lo < s.hi OFFSET 0) q) SELECT s.lo FROM s WHERE s.lo = s.hi)"

/* The number of an account, by which its legs are found. */
#define NUMBER_OF(account) "(SELECT n.number FROM account_limits n WHERE n.account = " account ")"

/*
 * Of the rows with `key` in `table`, whose seq counts from 1 to `last` without a gap and whose idx
 * rises with it: how many have an idx below `size`.
 */
#define ENTRIES_BELOW(table, key, last, size) \
    FIRST_SO_MANY(last,                       \
                  "SELECT t.idx < " size " FROM " table " t WHERE t." key " AND t.seq = " MIDDLE)

/* Of a book: the index of the record with that number in it. */
#define BOOK_ENTRY(book, seq)                                                          \
    "(SELECT t.entries[(" seq " - 1) % 32 + 1] FROM book_pages t WHERE t.book = " book \
    " AND t.page = (" seq " - 1) / 32)"

/* How many of a book's `last` records have an index below `size`. */
#define BOOK_ENTRIES_BELOW(book, last, size) \
    FIRST_SO_MANY(last, "SELECT " BOOK_ENTRY(book, MIDDLE) " < " size)

/*
 * Numbers and records of a book, `most` of them or more if there are so many, as rows (seq, idx) of
 * no order: from page `page` on, in `way` ">=" and "ASC" or "<=" and "DESC".
 */
#define BOOK_ENTRIES(book, way, page, order, most)                                                 \
    "(SELECT v.page * 32 + x.n AS seq, x.idx FROM (SELECT b.page, b.entries FROM book_pages b"     \
    "  WHERE b.book = " book " AND b.page " way " " page "  ORDER BY b.page " order " LIMIT " most \
    " / 32 + 2) v"                                                                                 \
    " CROSS JOIN LATERAL unnest(v.entries) WITH ORDINALITY x(idx, n))"

/*
 * Of a position p: the record of the oldest posting whose amount isn't paid off yet, if what is
 * paid goes to the oldest first. That is the first one with which the amounts of its direction sum
 * to more than all amounts of the other, and position_sums says between which 64 of them it is: a
 * few steps, however many postings there are.
 */
/* clang-format off */
#define OLDEST_DEBT                                                                                \
    "(SELECT e.idx FROM (SELECT t.idx, t.seq, m.owed"                                              \
    "   + sum(CASE WHEN p.balance < 0 THEN greatest(-t.amount, 0) ELSE greatest(t.amount, 0) END)" \
    "    OVER (ORDER BY t.seq) AS owed, d.paid"                                                    \
    "  FROM (SELECT coalesce((SELECT CASE WHEN p.balance < 0 THEN s.raised ELSE s.lowered END"     \
    "    FROM position_sums s WHERE s.account = p.account AND s.seq = p.seq - p.seq % 64), 0)"     \
    "   + coalesce((SELECT sum(CASE WHEN p.balance < 0 THEN greatest(t.amount, 0)"                 \
    "     ELSE greatest(-t.amount, 0) END) FROM legs t"                                            \
    "    WHERE t.number = p.number AND t.seq > p.seq - p.seq % 64), 0) AS paid OFFSET 0) d"        \
    "  CROSS JOIN LATERAL (WITH RECURSIVE f(lo, hi) AS (SELECT 0::bigint, p.seq / 64 UNION ALL"    \
    "    SELECT CASE WHEN q.paid THEN q.mid ELSE q.lo END,"                                        \
    "     CASE WHEN q.paid THEN q.hi ELSE q.mid - 1 END"                                           \
    "    FROM (SELECT f.lo, f.hi, (f.lo + f.hi) / 2 + 1 AS mid, (SELECT d.paid >="                 \
    "      CASE WHEN p.balance < 0 THEN s.lowered ELSE s.raised END FROM position_sums s"          \
    "      WHERE s.account = p.account AND s.seq = ((f.lo + f.hi) / 2 + 1) * 64) AS paid"          \
    "     FROM f WHERE f.lo < f.hi OFFSET 0) q)"                                                   \
    "   SELECT f.lo * 64 AS seq, coalesce((SELECT"                                                 \
    "     CASE WHEN p.balance < 0 THEN s.lowered ELSE s.raised END FROM position_sums s"           \
    "     WHERE s.account = p.account AND s.seq = f.lo * 64), 0) AS owed"                          \
    "   FROM f WHERE f.lo = f.hi OFFSET 0) m"                                                      \
    "  JOIN legs t ON t.number = p.number AND t.seq > m.seq AND t.seq <= m.seq + 64) e"            \
    " WHERE e.owed > e.paid ORDER BY e.seq LIMIT 1)"
/* clang-format on */

#endif
