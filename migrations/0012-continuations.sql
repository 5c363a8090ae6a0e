-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A ledger whose lost records are gone for good, and which goes on under the next origin.

ALTER TABLE head ADD COLUMN continuing bytea CHECK (octet_length(continuing) = 32);
COMMENT ON COLUMN head.continuing IS 'While the stewards'' signatures are waited for: SHA-256 of the payload of the only act that is taken, a ledger.continue; else null';

CREATE TABLE continuations (
    record    bigint PRIMARY KEY,
    ledger_id text NOT NULL COLLATE "C",
    kept      text NOT NULL COLLATE "C"
);
COMMENT ON TABLE continuations IS 'Records of ledger.continue, from which the ledger has another id; derived from records';
COMMENT ON COLUMN continuations.record IS 'Index of the record, and how many records were left before it';
COMMENT ON COLUMN continuations.ledger_id IS 'The id that ended with it';
COMMENT ON COLUMN continuations.kept IS 'The signed checkpoint that shows what was lost';
