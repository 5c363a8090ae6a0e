-- SPDX-License-Identifier: AGPL-3.0-or-later
-- For statements: which records changed a subject, and paths to the leaves of snapshots.

CREATE TABLE changes (
    subject text NOT NULL COLLATE "C",
    seq     bigint NOT NULL,
    idx     bigint NOT NULL,
    PRIMARY KEY (subject, seq)
);
COMMENT ON TABLE changes IS 'Which records changed a holder, unit, policy, an account''s limits, or were snapshots; derived from records';
COMMENT ON COLUMN changes.subject IS 'As change parts name it: alice@hansalim, unit:hour, snapshot:ledger';
COMMENT ON COLUMN changes.seq IS 'Counts the subject''s changes from 1 without a gap';
COMMENT ON COLUMN changes.idx IS 'Index of the record';
INSERT INTO changes (subject, seq, idx)
    SELECT m[1], m[2]::bigint, r.idx
    FROM records r, LATERAL regexp_matches(r.parts,
        '^\{"part":"change","salt":"[^"]{22}","subject":"([^"]*)","seq":([0-9]+),', 'gn') m
    WHERE position('{"part":"change",' IN r.parts) > 0;

CREATE TABLE snapshot_nodes (
    size  bigint NOT NULL,
    level smallint NOT NULL,
    n     bigint NOT NULL,
    hash  bytea CHECK (octet_length(hash) = 32),
    kind  smallint,
    name  text COLLATE "C",
    PRIMARY KEY (size, level, n)
);
CREATE UNIQUE INDEX snapshot_nodes_first ON snapshot_nodes (size, kind, name) WHERE level = 1;
COMMENT ON TABLE snapshot_nodes IS 'Nodes of the snapshots'' trees, each of 16 below it; the leaves are made again from the other tables';
COMMENT ON COLUMN snapshot_nodes.size IS 'The snapshot: it is of the records below this index';
COMMENT ON COLUMN snapshot_nodes.level IS 'It covers 16 to this power leaves';
COMMENT ON COLUMN snapshot_nodes.n IS 'Number of the node in its level';
COMMENT ON COLUMN snapshot_nodes.hash IS 'Root of what it covers; null for the leaves at the end that are less than 16';
COMMENT ON COLUMN snapshot_nodes.kind IS 'Level 1: of its first leaf, 0 account, 1 book, 2 subject; else null';
COMMENT ON COLUMN snapshot_nodes.name IS 'Level 1: of its first leaf; else null';
