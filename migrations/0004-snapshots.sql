-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What the ledger commits to once a day: all accounts, subjects and books at one size of the log.

CREATE TABLE snapshots (
    seq    bigint PRIMARY KEY,
    record bigint NOT NULL UNIQUE,
    size   bigint NOT NULL,
    count  bigint NOT NULL CHECK (count >= 1),
    root   bytea NOT NULL CHECK (octet_length(root) = 32),
    day    bigint NOT NULL
);
COMMENT ON TABLE snapshots IS 'Snapshots that the ledger recorded; derived from records';
COMMENT ON COLUMN snapshots.seq IS 'Counts from 1 without a gap';
COMMENT ON COLUMN snapshots.record IS 'Index of the snapshot''s record';
COMMENT ON COLUMN snapshots.size IS 'It is of the records below this index';
COMMENT ON COLUMN snapshots.count IS 'Leaves of its tree';
COMMENT ON COLUMN snapshots.root IS 'Root of its tree';
COMMENT ON COLUMN snapshots.day IS 'The day of its record in the ledger''s zone, days since 1970';
