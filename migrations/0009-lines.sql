-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Lines between co-ops. What they owe each other are accounts as all others: !pos.medical@hansalim/hour.

CREATE TABLE lines (
    line    text PRIMARY KEY COLLATE "C",
    coop    text NOT NULL COLLATE "C",
    partner text NOT NULL COLLATE "C",
    unit    text NOT NULL COLLATE "C",
    most    bigint NOT NULL CHECK (most >= 0),
    transit boolean NOT NULL,
    seq     bigint NOT NULL,
    record  bigint NOT NULL
);
CREATE INDEX lines_taken ON lines (partner, line);
COMMENT ON TABLE lines IS 'How much of a unit one co-op lets another owe it; derived from records';
COMMENT ON COLUMN lines.line IS 'hansalim/medical/hour: what hansalim gives medical';
COMMENT ON COLUMN lines.coop IS 'The co-op that trusts';
COMMENT ON COLUMN lines.partner IS 'The co-op that is trusted';
COMMENT ON COLUMN lines.unit IS 'In what unit';
COMMENT ON COLUMN lines.most IS 'How much the partner may owe, minor units';
COMMENT ON COLUMN lines.transit IS 'May others'' payments pass over it?';
COMMENT ON COLUMN lines.seq IS 'Change parts so far';
COMMENT ON COLUMN lines.record IS 'Index of the record with the latest change part';
