-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What acts name: each request, reversal and decline is in its table, and nothing else is. Each statement prints
-- nothing, or what is wrong. Every act of the log is taken apart for it: not for each round of a long test.

\set QUIET on
\pset footer off

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
            OR (p.account = t.payer || '/' || t.unit AND p.amount = v.amount - -- and what of a levy comes back
                coalesce((SELECT sum(l.amount) FROM postings l WHERE l.idx = v.idx AND l.account NOT LIKE '!%'
                    AND l.account NOT IN (t.payee || '/' || t.unit, t.payer || '/' || t.unit)), 0)))) <> 2
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
