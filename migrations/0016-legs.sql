-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Postings are found by the number of their account, in whose place each row and its index had the name: an index of
-- numbers takes a new row in little more than half the time. Who reads by name has the view.

ALTER TABLE account_limits ADD COLUMN number bigint NOT NULL GENERATED ALWAYS AS IDENTITY;
ALTER TABLE account_limits ALTER COLUMN number DROP IDENTITY;
ALTER TABLE account_limits ADD CONSTRAINT account_limits_number UNIQUE (number);
COMMENT ON COLUMN account_limits.number IS 'Given to the account when it was new; means nothing outside this database';

CREATE TABLE legs (
    number  bigint NOT NULL,
    seq     bigint NOT NULL,
    idx     bigint NOT NULL,
    amount  bigint NOT NULL,
    balance bigint NOT NULL,
    floor   bigint NOT NULL,
    marked  boolean NOT NULL,
    CONSTRAINT legs_floor CHECK (amount >= 0 OR balance >= floor OR marked)
);
-- A posting without an account, which there never is, ends this for want of a number, and all stays as it was.
INSERT INTO legs (number, seq, idx, amount, balance, floor, marked)
    SELECT a.number, p.seq, p.idx, p.amount, p.balance, p.floor, p.marked
    FROM postings p LEFT JOIN account_limits a ON a.account = p.account;
DROP VIEW accounts;
DROP TABLE postings;
ALTER TABLE legs ADD PRIMARY KEY (number, seq);
COMMENT ON TABLE legs IS 'Legs of the records, by account: its postings';
COMMENT ON COLUMN legs.number IS 'The account''s number in account_limits';
COMMENT ON COLUMN legs.seq IS 'Counts the account''s postings from 1 without a gap';
COMMENT ON COLUMN legs.idx IS 'Index of the record';
COMMENT ON COLUMN legs.amount IS 'Minor units, negative for the payer';
COMMENT ON COLUMN legs.balance IS 'Balance after it';
COMMENT ON COLUMN legs.floor IS 'Floor in force at it';
COMMENT ON COLUMN legs.marked IS 'Of a kind that may pass the floor';

CREATE VIEW postings AS
    SELECT a.account, l.seq, l.idx, l.amount, l.balance, l.floor, l.marked
    FROM legs l JOIN account_limits a ON a.number = l.number;
COMMENT ON VIEW postings IS 'Legs of the records, by account, each with the account''s name';
COMMENT ON COLUMN postings.account IS 'alice@hansalim/hour';
COMMENT ON COLUMN postings.seq IS 'Counts the account''s postings from 1 without a gap';
COMMENT ON COLUMN postings.idx IS 'Index of the record';
COMMENT ON COLUMN postings.amount IS 'Minor units, negative for the payer';
COMMENT ON COLUMN postings.balance IS 'Balance after it';
COMMENT ON COLUMN postings.floor IS 'Floor in force at it';
COMMENT ON COLUMN postings.marked IS 'Of a kind that may pass the floor';

CREATE VIEW accounts AS
    SELECT a.account, a.coop, coalesce(p.balance, 0) AS balance, coalesce(p.seq, 0) AS seq, coalesce(p.idx, -1) AS record,
        a.has_limits, a.floor, a.ceiling, a.limits_seq, a.limits_record, a.number
    FROM account_limits a
    LEFT JOIN LATERAL (SELECT balance, seq, idx FROM legs WHERE number = a.number ORDER BY seq DESC LIMIT 1) p ON true;
COMMENT ON VIEW accounts IS 'One member in one unit, with what its latest posting left';
COMMENT ON COLUMN accounts.account IS 'alice@hansalim/hour';
COMMENT ON COLUMN accounts.coop IS 'The book it belongs to';
COMMENT ON COLUMN accounts.balance IS 'Minor units';
COMMENT ON COLUMN accounts.seq IS 'Postings so far';
COMMENT ON COLUMN accounts.record IS 'Index of the record with the latest posting; -1 without one';
COMMENT ON COLUMN accounts.has_limits IS 'Has limits of its own; else the policy''s hold';
COMMENT ON COLUMN accounts.floor IS 'Own floor, 0 without limits of its own';
COMMENT ON COLUMN accounts.ceiling IS 'Own ceiling; null when there is none';
COMMENT ON COLUMN accounts.limits_seq IS 'Change parts of its limits so far';
COMMENT ON COLUMN accounts.limits_record IS 'Index of the record with the latest of them; -1 without one';
COMMENT ON COLUMN accounts.number IS 'By which its legs are found';
