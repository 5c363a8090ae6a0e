-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The root of a snapshot once more, from the records' texts alone (docs/protocol.md, section 6.5): one row for each
-- snapshot that was recorded, true where root and count are those that were signed.

CREATE FUNCTION pg_temp.mth(h bytea[]) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE k int := 1;
BEGIN
    IF cardinality(h) = 1 THEN RETURN h[1]; END IF;
    WHILE k * 2 < cardinality(h) LOOP k := k * 2; END LOOP;
    RETURN sha256('\x01'::bytea || pg_temp.mth(h[1:k]) || pg_temp.mth(h[k + 1:cardinality(h)]));
END $$;

CREATE TEMP VIEW entries AS
SELECT r.idx, p.n, p.part::json AS part,
    CASE p.part::json ->> 'part' WHEN 'posting' THEN 0 WHEN 'book' THEN 1 ELSE 2 END AS kind,
    coalesce(p.part::json ->> 'account', p.part::json ->> 'book', p.part::json ->> 'subject') AS name
FROM records r, regexp_split_to_table(r.parts, E'\n') WITH ORDINALITY AS p(part, n)
WHERE p.part::json ->> 'part' <> 'act';

SELECT s.seq, l.count = s.count AND pg_temp.mth(l.hashes) = s.root
FROM snapshots s CROSS JOIN LATERAL (
    SELECT count(*) AS count, array_agg(sha256('\x00'::bytea || convert_to(
        format('{"leaf":"%s","name":"%s","size":%s%s,"seq":%s,"index":%s,"salt":"%s"}',
            (ARRAY['account', 'book', 'subject'])[e.kind + 1], e.name, s.size,
            ',"balance":' || (e.part ->> 'balance'), e.part ->> 'seq', e.idx, e.part ->> 'salt'), 'UTF8'))
        ORDER BY e.kind, e.name COLLATE "C") AS hashes
    FROM (SELECT DISTINCT ON (kind, name) * FROM entries WHERE idx < s.size
        ORDER BY kind, name, idx DESC) e
) l ORDER BY s.seq;
