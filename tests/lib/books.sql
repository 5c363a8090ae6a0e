-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What must hold in a ledger's tables at any moment. Each statement prints nothing, or what is wrong.
-- Before it, the temporary table told(kind, jti, idx, entry) is made from a load's journal.

\set QUIET on
\pset footer off

-- The log: indexes without a gap, leaves of its headers, times that never go back.
SELECT 'the head says ' || size || ' records, there are ' || n || ' from ' || low || ' to ' || high
FROM head, (SELECT count(*) AS n, min(idx) AS low, max(idx) AS high FROM records) r
WHERE size <> n OR low <> 0 OR high <> n - 1;

SELECT 'record ' || idx || ': leaf or index are not those of its header ' || header
FROM records
WHERE leaf <> sha256('\x00'::bytea || sha256(convert_to(header, 'UTF8'))) OR (header::json->>'index')::bigint <> idx
LIMIT 5;

SELECT 'record ' || idx || ' is older than the one before it'
FROM (SELECT idx, header::json->>'time' AS t, lag(header::json->>'time') OVER (ORDER BY idx) AS before FROM records) r
WHERE t < before
LIMIT 5;

-- What was told to clients.
SELECT jti || ': acknowledged as record ' || t.idx || ' ' || t.entry || ', in the log: '
    || coalesce(string_agg(r.idx || ' ' || encode(sha256(convert_to(r.header, 'UTF8')), 'hex'), ', '), 'nothing')
FROM (SELECT DISTINCT jti, idx, entry FROM told WHERE kind = 'A') t LEFT JOIN records r USING (jti)
GROUP BY jti, t.idx, t.entry
HAVING count(r.idx) <> 1 OR min(r.idx) <> t.idx
    OR min(encode(sha256(convert_to(r.header, 'UTF8')), 'hex')) <> t.entry
LIMIT 20;

SELECT jti || ': refused, and in the log as record ' || idx
FROM (SELECT DISTINCT jti FROM told WHERE kind = 'R') t JOIN records USING (jti)
LIMIT 20;

SELECT jti || ': in the log ' || count(*) || ' times'
FROM records JOIN (SELECT DISTINCT jti FROM told WHERE kind = 'S') t USING (jti)
GROUP BY jti HAVING count(*) > 1
LIMIT 20;

-- Postings: counted without a gap, running balances, zero in sum by record and by book and unit.
SELECT account || ': posting ' || seq || ' of ' || amount || ' leaves ' || balance || ', expected number ' || n || ' and ' || total
FROM (SELECT *, row_number() OVER w AS n, sum(amount) OVER w AS total FROM postings
    WINDOW w AS (PARTITION BY account ORDER BY seq)) p
WHERE seq <> n OR balance <> total
LIMIT 5;

SELECT 'legs without an account: ' || n FROM (SELECT (SELECT count(*) FROM legs) - (SELECT count(*) FROM postings) AS n) l
WHERE n <> 0;

SELECT account || ': postings out of the order of the log, at ' || idx
FROM (SELECT account, idx, lag(idx) OVER (PARTITION BY account ORDER BY seq) AS before FROM postings) p
WHERE idx <= before
LIMIT 5;

SELECT 'record ' || idx || ': postings sum to ' || sum(amount) FROM postings GROUP BY idx HAVING sum(amount) <> 0 LIMIT 5;

SELECT 'postings of ' || coop || ' in ' || unit || ' sum to ' || sum(amount)
FROM (SELECT split_part(split_part(account, '@', 2), '/', 1) AS coop, split_part(account, '/', 2) AS unit, amount FROM postings) p
GROUP BY coop, unit HAVING sum(amount) <> 0;

SELECT 'accounts of ' || coop || ' in ' || unit || ' sum to ' || sum(balance)
FROM (SELECT coop, split_part(account, '/', 2) AS unit, balance FROM accounts) a
GROUP BY coop, unit HAVING sum(balance) <> 0;

SELECT account || ': balance ' || a.balance || ' after ' || a.seq || ' postings, the latest in ' || a.record
    || '; its last posting says ' || coalesce(p.balance || ', ' || p.seq || ', ' || p.idx, 'nothing')
FROM accounts a FULL JOIN (SELECT DISTINCT ON (account) * FROM postings ORDER BY account, seq DESC) p USING (account)
WHERE a.balance IS DISTINCT FROM coalesce(p.balance, 0) OR a.seq IS DISTINCT FROM coalesce(p.seq, 0)
    OR a.record IS DISTINCT FROM coalesce(p.idx, -1)
LIMIT 5;

-- Books: their rows full but for the last, their records counted without a gap, in the log's order.
SELECT book || ': row ' || page || ' has ' || cardinality(entries) || ' records, expected row ' || n
FROM (SELECT *, row_number() OVER w - 1 AS n, lead(page) OVER w AS next FROM book_pages
    WINDOW w AS (PARTITION BY book ORDER BY page)) b
WHERE page <> n OR next IS NOT NULL AND cardinality(entries) <> 32
LIMIT 5;

SELECT book || ': record ' || coalesce(idx::text, 'null') || ' comes after ' || before
FROM (SELECT book, idx, lag(idx) OVER (PARTITION BY book ORDER BY page, n) AS before
    FROM book_pages, unnest(entries) WITH ORDINALITY u(idx, n)) b
WHERE idx IS NULL OR idx <= before
LIMIT 5;

-- What a record says of the books that it touches: each has a part in it that begins so, with its number there.
SELECT 'record ' || r.idx || ' of book ' || r.book || ' is number ' || r.seq || ' there; the table has '
    || coalesce(b.seq::text, 'nothing')
FROM (SELECT idx, m[1] AS book, m[2]::bigint AS seq FROM records,
        regexp_matches(parts, '^\{"part":"book","salt":"[^"]{22}","book":"([^"]*)","seq":([0-9]+)\}$', 'gn') m) r
    FULL JOIN (SELECT book, page * 32 + n AS seq, idx FROM book_pages, unnest(entries) WITH ORDINALITY u(idx, n)) b
    USING (book, idx)
WHERE r.seq IS DISTINCT FROM b.seq
LIMIT 5;
