-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What later acts name: requests, reversals, declined acts. All derived from records.

CREATE TABLE requests (
    idx          bigint PRIMARY KEY,
    payload_hash bytea NOT NULL UNIQUE CHECK (octet_length(payload_hash) = 32),
    payer        text NOT NULL COLLATE "C",
    payee        text NOT NULL COLLATE "C",
    payer_coop   text NOT NULL COLLATE "C",
    payee_coop   text NOT NULL COLLATE "C",
    expires      bigint NOT NULL,
    answer       bigint,
    paid         boolean NOT NULL
);
CREATE INDEX requests_payer ON requests (payer, idx);
CREATE INDEX requests_payee ON requests (payee, idx);
CREATE INDEX requests_payer_coop ON requests (payer_coop, idx);
CREATE INDEX requests_payee_coop ON requests (payee_coop, idx);
CREATE INDEX requests_answer ON requests (answer);
COMMENT ON TABLE requests IS 'What members ask others to pay';
COMMENT ON COLUMN requests.idx IS 'Index of the request''s record';
COMMENT ON COLUMN requests.payload_hash IS 'SHA-256 of its payload, by which a decline names it';
COMMENT ON COLUMN requests.payer IS 'Who is asked';
COMMENT ON COLUMN requests.payee IS 'Who asks';
COMMENT ON COLUMN requests.payer_coop IS 'The payer''s co-op';
COMMENT ON COLUMN requests.payee_coop IS 'The payee''s co-op';
COMMENT ON COLUMN requests.expires IS 'The last day on which it can be paid, days since 1970 in the ledger''s zone';
COMMENT ON COLUMN requests.answer IS 'Index of the transfer that paid it, or of the decline; null while it is open';
COMMENT ON COLUMN requests.paid IS 'The answer is a transfer';

CREATE TABLE reversals (
    idx    bigint PRIMARY KEY,
    record bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 1),
    forced boolean NOT NULL
);
CREATE INDEX reversals_record ON reversals (record);
COMMENT ON TABLE reversals IS 'Which transfer, or part of one, a record takes back';
COMMENT ON COLUMN reversals.idx IS 'Index of the reversal''s record';
COMMENT ON COLUMN reversals.record IS 'Index of the transfer';
COMMENT ON COLUMN reversals.amount IS 'Minor units';
COMMENT ON COLUMN reversals.forced IS 'By the payee''s treasurers, without the payee';

CREATE TABLE voids (
    payload_hash bytea NOT NULL CHECK (octet_length(payload_hash) = 32),
    holder       text NOT NULL COLLATE "C",
    role         text NOT NULL COLLATE "C",
    record       bigint NOT NULL,
    PRIMARY KEY (payload_hash, holder, role)
);
COMMENT ON TABLE voids IS 'Acts declined before they were posted: they never will be, if they call for this signature';
COMMENT ON COLUMN voids.payload_hash IS 'SHA-256 of the declined act''s payload';
COMMENT ON COLUMN voids.holder IS 'Who declined';
COMMENT ON COLUMN voids.role IS 'In which role';
COMMENT ON COLUMN voids.record IS 'Index of the decline''s record';

CREATE INDEX pending_payload_hash ON pending (payload_hash);
