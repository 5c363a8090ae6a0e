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

-- Books: their records counted without a gap, in the log's order.
SELECT book || ': entry ' || seq || ' is record ' || idx || ', expected number ' || n
FROM (SELECT *, row_number() OVER w AS n, lag(idx) OVER w AS before FROM book_entries
    WINDOW w AS (PARTITION BY book ORDER BY seq)) b
WHERE seq <> n OR idx <= before
LIMIT 5;

SELECT book || ': says ' || b.seq || ' records, the latest ' || b.record || '; has ' || e.n || ', ' || e.high
FROM books b FULL JOIN (SELECT book, count(*) AS n, max(idx) AS high FROM book_entries GROUP BY book) e USING (book)
WHERE b.seq IS DISTINCT FROM e.n OR b.record IS DISTINCT FROM e.high;

-- What acts name. Each request, reversal and decline is in its table, and nothing else is.
CREATE TEMPORARY VIEW acts AS
SELECT r.idx, r.payload_hash, a->>'type' AS type, a->>'by' AS by, a->>'from' AS payer, a->>'to' AS payee,
    a->>'unit' AS unit, (a->>'amount')::bigint AS amount, (a->>'request')::bigint AS request, (a->>'record')::bigint AS record,
    CASE WHEN a->>'type' = 'decline' THEN decode(translate(a->>'act', '-_', '+/') || '=', 'base64') END AS declined,
    a->>'expires' AS expires
FROM records r, LATERAL (SELECT split_part(r.parts, E'\n', 1)::json->'act'->>'payload' AS b64u) p, LATERAL
    (SELECT convert_from(decode(translate(b64u, '-_', '+/') || repeat('=', (4 - length(b64u) % 4) % 4), 'base64'), 'UTF8')::json AS a) j
WHERE a->>'type' IN ('transfer', 'request', 'reversal', 'decline');
CREATE TEMPORARY TABLE act AS SELECT * FROM acts;
CREATE INDEX ON act (idx);
CREATE INDEX ON act (payload_hash);
ANALYZE act;

SELECT 'request ' || coalesce(q.idx, a.idx) || ': the table and the record differ'
FROM requests q FULL JOIN (SELECT * FROM act WHERE type = 'request') a USING (idx)
WHERE q.idx IS NULL OR a.idx IS NULL OR q.payload_hash <> a.payload_hash OR q.payer <> a.payer OR q.payee <> a.payee
    OR q.payer_coop <> split_part(a.payer, '@', 2) OR q.payee_coop <> split_part(a.payee, '@', 2)
    OR date '1970-01-01' + q.expires::int <> a.expires::date
LIMIT 5;

SELECT 'request ' || q.idx || ': answered by ' || coalesce(q.answer::text, 'nothing') || CASE WHEN q.paid THEN ', paid' ELSE '' END
    || '; the records say ' || coalesce(string_agg(a.idx || ' ' || a.type, ', '), 'nothing')
FROM requests q LEFT JOIN (SELECT request AS of, idx, type FROM act WHERE type = 'transfer' AND request IS NOT NULL
    UNION ALL SELECT q.idx, a.idx, type FROM act a JOIN requests q ON q.payload_hash = a.declined AND q.idx < a.idx) a ON a.of = q.idx
GROUP BY q.idx, q.answer, q.paid
HAVING count(a.idx) > 1 OR q.answer IS DISTINCT FROM min(a.idx) OR q.paid <> coalesce(bool_or(a.type = 'transfer'), false)
LIMIT 5;

SELECT 'record ' || a.idx || ' answers ' || a.request || ', which is no such request'
FROM act a LEFT JOIN requests q ON q.idx = a.request AND q.idx < a.idx AND q.payer = a.payer AND q.payee = a.payee
    LEFT JOIN act r ON r.idx = q.idx AND r.unit = a.unit AND r.amount = a.amount
WHERE a.type = 'transfer' AND a.request IS NOT NULL AND r.idx IS NULL
LIMIT 5;

SELECT 'reversal ' || coalesce(v.idx, a.idx) || ': the table and the record differ'
FROM reversals v FULL JOIN (SELECT * FROM act WHERE type = 'reversal') a USING (idx)
WHERE v.idx IS NULL OR a.idx IS NULL OR v.record <> a.record OR v.amount <> a.amount OR v.record >= v.idx
LIMIT 5;

SELECT 'record ' || v.record || ': ' || sum(v.amount) || ' of ' || coalesce(max(t.amount)::text, 'no transfer') || ' went back'
FROM reversals v LEFT JOIN act t ON t.idx = v.record AND t.type = 'transfer'
GROUP BY v.record HAVING max(t.amount) IS NULL OR sum(v.amount) > max(t.amount)
LIMIT 5;

SELECT 'reversal ' || v.idx || ': its postings are not those of transfer ' || v.record || ' back'
FROM reversals v JOIN act t ON t.idx = v.record
WHERE (SELECT count(*) FROM postings p WHERE p.idx = v.idx
        AND ((p.account = t.payee || '/' || t.unit AND p.amount = -v.amount)
            OR (p.account = t.payer || '/' || t.unit AND p.amount = v.amount))) <> 2
LIMIT 5;

SELECT 'decline ' || coalesce(v.record, a.idx) || ': the table and the record differ'
FROM voids v FULL JOIN (SELECT a.* FROM act a WHERE a.type = 'decline'
        AND NOT EXISTS (SELECT FROM requests q WHERE q.payload_hash = a.declined AND q.idx < a.idx)) a ON a.idx = v.record
WHERE v.record IS NULL OR a.idx IS NULL OR v.payload_hash <> a.declined OR v.holder <> a.by
LIMIT 5;

SELECT 'record ' || r.idx || ' was declined by record ' || v.record || ' of its own maker'
FROM voids v JOIN records r ON r.payload_hash = v.payload_hash AND r.by = v.holder
WHERE v.role = 'member'
LIMIT 5;
