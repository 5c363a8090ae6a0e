-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What must hold between co-ops, read from the log's texts alone (docs/protocol.md) and not from what the rules made of
-- them; only at the end are the tables of balances held against it. Prints what is wrong in lines that begin with a
-- dash, and else one line for each thing that holds, with how often it was looked at.

\set QUIET on
\pset footer off
SET work_mem = '64MB';

CREATE TEMPORARY TABLE act AS
SELECT r.idx, a, a->>'type' AS type
FROM records r, LATERAL (SELECT split_part(r.parts, E'\n', 1)::json->'act'->>'payload' AS b64u) p, LATERAL
    (SELECT convert_from(decode(translate(b64u, '-_', '+/') || repeat('=', (4 - length(b64u) % 4) % 4), 'base64'), 'UTF8')::jsonb AS a) j;
ALTER TABLE act ADD PRIMARY KEY (idx);

CREATE TEMPORARY TABLE posting AS
SELECT r.idx, p.n, j->>'account' AS account, split_part(split_part(j->>'account', '@', 2), '/', 1) AS coop,
    split_part(j->>'account', '/', 2) AS unit,
    CASE WHEN j->>'account' LIKE '!pos.%' THEN substr(split_part(j->>'account', '@', 1), 6) END AS partner,
    (j->>'amount')::bigint AS amount, (j->>'balance')::bigint AS balance, (j->>'floor')::bigint AS floor, (j->>'seq')::bigint AS seq
FROM records r, regexp_split_to_table(r.parts, E'\n') WITH ORDINALITY AS p(part, n), LATERAL (SELECT p.part::json AS j) x
WHERE p.part LIKE '{"part":"posting"%';
CREATE INDEX ON posting (idx);
CREATE INDEX ON posting (account, seq);

CREATE TEMPORARY TABLE state AS
SELECT r.idx, j->>'subject' AS subject, (j->'state')::jsonb AS state
FROM records r, regexp_split_to_table(r.parts, E'\n') AS p(part), LATERAL (SELECT p.part::json AS j) x
WHERE p.part LIKE '{"part":"change"%' AND (j->>'subject' LIKE 'line:%' OR j->>'subject' LIKE 'policy:%' OR j->'state'->>'kind' = 'purse');
CREATE INDEX ON state (subject, idx);
ANALYZE act;
ANALYZE posting;
ANALYZE state;

-- Each book sums to zero in every unit: in each record, and so at any time.
SELECT '- record ' || idx || ': postings of ' || coop || ' in ' || unit || ' sum to ' || sum(amount)
FROM posting GROUP BY idx, coop, unit HAVING sum(amount) <> 0 LIMIT 5;

CREATE TEMPORARY VIEW latest AS SELECT DISTINCT ON (account) * FROM posting ORDER BY account, seq DESC;
SELECT '- ' || coop || ': balances in ' || unit || ' sum to ' || sum(balance) FROM latest GROUP BY coop, unit HAVING sum(balance) <> 0;
SELECT 'zero sums: ' || count(DISTINCT coop) || ' books, ' || count(DISTINCT (coop, unit)) || ' sums by unit, ' || (SELECT count(*) FROM posting) || ' postings'
FROM latest;

-- Positions: the sums of their postings, in the log and in the tables; each the other side's with another sign.
SELECT '- ' || account || ': posting ' || seq || ' leaves ' || balance || ', the sum is ' || total
FROM (SELECT *, sum(amount) OVER w AS total, row_number() OVER w AS counted FROM posting WINDOW w AS (PARTITION BY account ORDER BY seq)) p
WHERE balance <> total OR seq <> counted LIMIT 5;

SELECT '- ' || coalesce(l.account, a.account) || ': ' || coalesce(a.balance::text, 'nothing') || ' in the tables, ' || coalesce(l.balance::text, 'nothing') || ' in the log'
FROM latest l FULL JOIN (SELECT * FROM accounts WHERE seq > 0) a USING (account)
WHERE l.balance IS DISTINCT FROM a.balance OR l.seq IS DISTINCT FROM a.seq LIMIT 5;

SELECT '- record ' || p.idx || ': ' || p.account || ' moves by ' || p.amount || ', the other side by ' || coalesce(m.amount::text, 'nothing')
FROM posting p LEFT JOIN posting m ON m.idx = p.idx AND m.account = '!pos.' || p.coop || '@' || p.partner || '/' || p.unit
WHERE p.partner IS NOT NULL AND m.amount IS DISTINCT FROM -p.amount LIMIT 5;

SELECT '- ' || p.account || ' is ' || p.balance || ', ' || coalesce(m.account, 'the other side') || ' is ' || coalesce(m.balance::text, 'not there')
FROM latest p LEFT JOIN latest m ON m.account = '!pos.' || p.coop || '@' || p.partner || '/' || p.unit
WHERE p.partner IS NOT NULL AND m.balance IS DISTINCT FROM -p.balance;
SELECT 'positions: ' || count(*) || ' are the sums of their ' || coalesce(sum(seq), 0) || ' postings, and mirror each other' FROM latest WHERE partner IS NOT NULL;

-- No line is exceeded by a payment or by one that goes back. The line that a co-op gives is in force from the record on that sets it.
CREATE TEMPORARY TABLE crossing AS
SELECT p.*, act.type, coalesce((s.state->>'limit')::bigint, 0) AS line, coalesce((s.state->>'transit')::boolean, false) AS transit
FROM posting p JOIN act USING (idx) LEFT JOIN LATERAL
    (SELECT state FROM state WHERE subject = 'line:' || p.coop || '/' || p.partner || '/' || p.unit AND idx < p.idx ORDER BY idx DESC LIMIT 1) s ON true
WHERE p.partner IS NOT NULL AND act.type IN ('transfer', 'reversal') AND p.amount < 0;

SELECT '- record ' || idx || ': a ' || type || ' takes ' || account || ' to ' || balance || ', the line is ' || line || ', the floor says ' || floor
FROM crossing WHERE balance < -line OR floor <> -line LIMIT 5;
SELECT 'lines: none of ' || (SELECT count(DISTINCT subject) FROM state WHERE subject LIKE 'line:%') || ' exceeded in ' || count(*) || ' crossings by ' || count(DISTINCT idx) || ' payments' FROM crossing;

-- Ways: from the payer's co-op to the payee's, at most four lines or what the payer said, over lines that let others pass, no co-op twice,
-- and only where the direct line has no room.
CREATE TEMPORARY VIEW way AS
SELECT idx, count(*) AS hops, array_agg(partner ORDER BY n) AS givers, array_agg(coop ORDER BY n) AS takers, bool_and(transit) AS transit, max(-amount) AS amount, min(unit) AS unit
FROM crossing WHERE type = 'transfer' GROUP BY idx;

SELECT '- record ' || idx || ': a way of ' || hops || ' from ' || (a->>'from') || ' to ' || (a->>'to') || ' goes ' || givers::text || ' to ' || takers::text
FROM act LEFT JOIN way USING (idx)
WHERE type = 'transfer' AND CASE WHEN split_part(a->>'from', '@', 2) = split_part(a->>'to', '@', 2) THEN hops IS NOT NULL
    ELSE hops IS NULL OR hops > coalesce((a->>'max_hops')::int, 4) OR (hops > 1 AND NOT transit) OR amount <> (a->>'amount')::bigint
        OR givers[1] <> split_part(a->>'from', '@', 2) OR takers[hops] <> split_part(a->>'to', '@', 2) OR givers[2:] <> takers[:hops - 1]
        OR takers[hops] = ANY (givers) OR (SELECT count(DISTINCT g) FROM unnest(givers) g) <> hops END LIMIT 5;

SELECT '- record ' || w.idx || ': went round although the direct line has room'
FROM way w JOIN act USING (idx) LEFT JOIN LATERAL
    (SELECT balance FROM posting p WHERE p.account = '!pos.' || givers[1] || '@' || takers[hops] || '/' || w.unit AND p.idx < w.idx ORDER BY seq DESC LIMIT 1) p ON true
    LEFT JOIN LATERAL (SELECT (state->>'limit')::bigint AS line FROM state s WHERE subject = 'line:' || takers[hops] || '/' || givers[1] || '/' || w.unit AND s.idx < w.idx ORDER BY s.idx DESC LIMIT 1) l ON true
WHERE hops > 1 AND coalesce(p.balance, 0) - w.amount >= -coalesce(line, 0) LIMIT 5;
SELECT 'ways: over one line ' || count(*) FILTER (WHERE hops = 1) || ', two ' || count(*) FILTER (WHERE hops = 2) || ', three ' || count(*) FILTER (WHERE hops = 3)
    || ', four ' || count(*) FILTER (WHERE hops = 4) FROM way;

-- Levies: what the co-op's policy says of a payment by a person, no more and no less.
SELECT '- record ' || idx || ': the payer pays ' || -p.amount || ', of which ' || (a->>'amount') || ' to the payee; the policy: ' || coalesce(s.state::text, 'none')
FROM act JOIN posting p USING (idx) LEFT JOIN LATERAL
    (SELECT state FROM state WHERE subject = 'policy:' || p.coop || '/' || p.unit AND idx < act.idx ORDER BY idx DESC LIMIT 1) s ON true
WHERE type = 'transfer' AND p.account = (a->>'from') || '/' || (a->>'unit')
    AND -p.amount - (a->>'amount')::bigint IS DISTINCT FROM CASE
        WHEN a->>'from' IN (SELECT subject FROM state WHERE state->>'kind' = 'purse') OR a->>'to' = state->>'levy_purse' THEN 0
        ELSE (a->>'amount')::bigint * coalesce((state->>'levy_per_mille')::bigint, 0) / 1000 END LIMIT 5;
SELECT 'levies: ' || count(*) || ' paid with a payment, ' || coalesce(sum(-p.amount - (a->>'amount')::bigint), 0) || ' in all; ' || (SELECT count(*) FROM act WHERE type = 'levy') || ' by the month'
FROM act JOIN posting p USING (idx) WHERE type = 'transfer' AND p.account = (a->>'from') || '/' || (a->>'unit') AND -p.amount > (a->>'amount')::bigint;

-- A clearing changes nobody's net position, and brings each position nearer to zero, never past it.
SELECT '- record ' || idx || ': the clearing moves ' || coop || ' by ' || sum(p.amount)
FROM posting p JOIN act USING (idx) WHERE type = 'clearing.post' AND partner IS NOT NULL GROUP BY idx, coop HAVING sum(p.amount) <> 0 LIMIT 5;
SELECT '- record ' || idx || ': the clearing takes ' || account || ' from ' || balance - amount || ' to ' || balance
FROM posting JOIN act USING (idx) WHERE type = 'clearing.post' AND (partner IS NULL OR sign(balance) * sign(amount) > 0 OR sign(balance - amount) * sign(amount) >= 0) LIMIT 5;
SELECT 'clearing: ' || count(DISTINCT idx) || ' rounds made ' || count(*) / 2 || ' debts smaller and changed no net position'
FROM posting JOIN act USING (idx) WHERE type = 'clearing.post';

-- A settlement says the same in both books.
SELECT '- record ' || idx || ': a settlement of ' || (a->>'amount') || ' posts ' || string_agg(account || ' ' || amount, ', ' ORDER BY n)
FROM act JOIN posting USING (idx) WHERE type = 'settlement' GROUP BY idx, a
HAVING count(*) <> 4 OR NOT array_agg(account || ' ' || amount) @> ARRAY[
    '!pos.' || (a->>'to') || '@' || (a->>'from') || '/' || (a->>'unit') || ' -' || (a->>'amount'), '!outside@' || (a->>'from') || '/' || (a->>'unit') || ' ' || (a->>'amount'),
    '!pos.' || (a->>'from') || '@' || (a->>'to') || '/' || (a->>'unit') || ' ' || (a->>'amount'), '!outside@' || (a->>'to') || '/' || (a->>'unit') || ' -' || (a->>'amount')] LIMIT 5;
SELECT 'settlements: ' || count(*) FROM act WHERE type = 'settlement';
