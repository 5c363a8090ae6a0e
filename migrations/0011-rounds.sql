-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Rounds of clearing: of each unit the latest one.

CREATE TABLE rounds (
    unit     text PRIMARY KEY COLLATE "C",
    state    text NOT NULL CHECK (state IN ('open', 'posted', 'ended')),
    round    bigint NOT NULL,
    deadline bigint NOT NULL,
    hash     bytea NOT NULL CHECK (octet_length(hash) = 32),
    asked    bigint NOT NULL,
    consents bigint NOT NULL,
    against  bigint NOT NULL,
    parties  text NOT NULL,
    seq      bigint NOT NULL,
    record   bigint NOT NULL
);
COMMENT ON TABLE rounds IS 'The latest round of clearing in each unit; derived from records';
COMMENT ON COLUMN rounds.unit IS 'What is cleared';
COMMENT ON COLUMN rounds.state IS 'open, posted, or ended when nothing was left to clear';
COMMENT ON COLUMN rounds.round IS 'Index of the record that proposed it as it is now';
COMMENT ON COLUMN rounds.deadline IS 'Until when co-ops answer, seconds since 1970';
COMMENT ON COLUMN rounds.hash IS 'SHA-256 of the legs';
COMMENT ON COLUMN rounds.asked IS 'How many of the co-ops with legs are asked';
COMMENT ON COLUMN rounds.consents IS 'How many of those have consented';
COMMENT ON COLUMN rounds.against IS 'How many co-ops with legs have declined';
COMMENT ON COLUMN rounds.parties IS 'A line for each co-op in it: its name, how it stands, by which record (-1: none)';
COMMENT ON COLUMN rounds.seq IS 'Change parts so far';
COMMENT ON COLUMN rounds.record IS 'Index of the record with the latest change part';

CREATE TABLE round_legs (
    unit text PRIMARY KEY COLLATE "C",
    legs text NOT NULL
);
COMMENT ON TABLE round_legs IS 'What the latest round of each unit takes off; apart from rounds, as answers leave it as it is';
COMMENT ON COLUMN round_legs.unit IS 'What is cleared';
COMMENT ON COLUMN round_legs.legs IS 'A line for each leg: debtor, creditor, minor units';
