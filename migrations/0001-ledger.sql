-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The log and the tables that are derived from it. Every table but head.epoch, texts and the pending ones can be
-- rebuilt from records alone. No foreign keys: they cost half of the posting speed, and a rebuild checks more.

CREATE TABLE head (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    origin    text NOT NULL COLLATE "C",
    ledger_id text NOT NULL DEFAULT '' COLLATE "C",
    opening   bytea NOT NULL CHECK (octet_length(opening) = 32),
    size      bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
    time_ms   bigint NOT NULL DEFAULT 0,
    edge      bytea NOT NULL DEFAULT '' CHECK (octet_length(edge) % 32 = 0),
    epoch     bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE head IS 'The log''s head: one row, locked by every batch before anything else';
COMMENT ON COLUMN head.one IS 'Always true: there is one row';
COMMENT ON COLUMN head.origin IS 'Name of the log in its checkpoints';
COMMENT ON COLUMN head.ledger_id IS 'origin#hash of record 0''s header; empty before record 0';
COMMENT ON COLUMN head.opening IS 'SHA-256 of the payload of the only ledger.open that is taken';
COMMENT ON COLUMN head.size IS 'Number of records, and the index of the next one';
COMMENT ON COLUMN head.time_ms IS 'Time of the latest record, milliseconds since 1970';
COMMENT ON COLUMN head.edge IS 'Right edge of the RFC 6962 tree: roots of its maximal complete subtrees, largest first';
COMMENT ON COLUMN head.epoch IS 'Raised by each ledgerd that begins to post; a batch of another epoch stops';

CREATE TABLE records (
    idx          bigint PRIMARY KEY,
    by           text NOT NULL COLLATE "C",
    jti          text NOT NULL COLLATE "C",
    payload_hash bytea NOT NULL CHECK (octet_length(payload_hash) = 32),
    leaf         bytea NOT NULL CHECK (octet_length(leaf) = 32),
    header       text NOT NULL COLLATE "C",
    parts        text NOT NULL COLLATE "C"
) WITH (toast_tuple_target = 8160);
ALTER TABLE records ALTER COLUMN parts SET STORAGE MAIN;
CREATE UNIQUE INDEX records_id ON records (by, jti);
COMMENT ON TABLE records IS 'The log: accepted acts in order; the one table that is not derived from another';
COMMENT ON COLUMN records.idx IS 'Index, from 0 without a gap';
COMMENT ON COLUMN records.by IS 'The holder who acts, from the payload';
COMMENT ON COLUMN records.jti IS 'The act''s id, unique for ever with by';
COMMENT ON COLUMN records.payload_hash IS 'SHA-256 of the decoded payload';
COMMENT ON COLUMN records.leaf IS 'RFC 6962 leaf hash of the entry SHA-256(header)';
COMMENT ON COLUMN records.header IS 'The header, byte for byte';
COMMENT ON COLUMN records.parts IS 'The parts in order, byte for byte, one a line';

CREATE TABLE texts (
    idx   bigint NOT NULL,
    field text NOT NULL COLLATE "C" CHECK (field IN ('memo', 'name', 'reason')),
    salt  bytea NOT NULL CHECK (octet_length(salt) = 16),
    body  text NOT NULL COLLATE "C",
    PRIMARY KEY (idx, field)
);
COMMENT ON TABLE texts IS 'Texts about people, kept beside the log so that they can be erased; the log has their salted hashes';
COMMENT ON COLUMN texts.idx IS 'Index of the record';
COMMENT ON COLUMN texts.field IS 'Which hash of the payload it answers: memo_hash, name_hash, reason_hash';
COMMENT ON COLUMN texts.salt IS 'Salt of the hash';
COMMENT ON COLUMN texts.body IS 'The text';

CREATE TABLE tiles (
    level  smallint NOT NULL,
    n      bigint NOT NULL,
    hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192),
    root   bytea NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (level, n)
);
ALTER TABLE tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;
COMMENT ON TABLE tiles IS 'Complete C2SP tlog-tiles of the tree; partial ones come from records.leaf and tiles.root';
COMMENT ON COLUMN tiles.level IS 'Tile level: its hashes are of tree height 8 times level';
COMMENT ON COLUMN tiles.n IS 'Number of the tile in its level';
COMMENT ON COLUMN tiles.hashes IS '256 hashes of 32 bytes';
COMMENT ON COLUMN tiles.root IS 'Root of the tile, one hash of the level above';

CREATE TABLE holders (
    holder           text PRIMARY KEY COLLATE "C",
    kind             text NOT NULL COLLATE "C" CHECK (kind IN ('ledger', 'stewards', 'coop', 'person', 'purse', 'auditors')),
    coop             text NOT NULL COLLATE "C",
    state            text NOT NULL COLLATE "C" CHECK (state IN ('active', 'frozen', 'closed')),
    frozen_by_office boolean NOT NULL,
    allowed          boolean NOT NULL,
    name_hash        bytea CHECK (octet_length(name_hash) = 32),
    name_record      bigint,
    title            text NOT NULL COLLATE "C",
    zone             text NOT NULL COLLATE "C",
    rules            bigint NOT NULL,
    threshold        bigint NOT NULL,
    seq              bigint NOT NULL,
    record           bigint NOT NULL
);
CREATE INDEX holders_coop ON holders (coop, holder);
COMMENT ON TABLE holders IS 'Who keys speak for: members, purses, co-ops'' offices, stewards, the ledger, auditors of everything';
COMMENT ON COLUMN holders.holder IS 'alice@hansalim, hansalim, stewards, ledger or *';
COMMENT ON COLUMN holders.kind IS 'What kind of holder';
COMMENT ON COLUMN holders.coop IS 'The co-op of a member or purse; the co-op itself; else empty';
COMMENT ON COLUMN holders.state IS 'active, frozen (nothing moves) or closed (for good)';
COMMENT ON COLUMN holders.frozen_by_office IS 'A registrar froze, so treasurers unfreeze';
COMMENT ON COLUMN holders.allowed IS 'The member allows registrars to record for it';
COMMENT ON COLUMN holders.name_hash IS 'Salted hash of a member''s name; null when it has none';
COMMENT ON COLUMN holders.name_record IS 'Index of the record whose texts hold the name';
COMMENT ON COLUMN holders.title IS 'Plain name of a co-op or of the ledger; else empty';
COMMENT ON COLUMN holders.zone IS 'The ledger''s IANA time zone; else empty';
COMMENT ON COLUMN holders.rules IS 'Version of the rules in force (the ledger''s row); else 0';
COMMENT ON COLUMN holders.threshold IS 'How many of the governing keys must sign; 0 where there are none';
COMMENT ON COLUMN holders.seq IS 'Change parts so far';
COMMENT ON COLUMN holders.record IS 'Index of the record with the latest change part';

CREATE TABLE keys (
    kid     text PRIMARY KEY COLLATE "C",
    x       bytea NOT NULL CHECK (octet_length(x) = 32),
    holder  text NOT NULL COLLATE "C",
    role    text NOT NULL COLLATE "C" CHECK (role IN ('member', 'treasurer', 'registrar', 'steward', 'auditor', 'log', 'clerk')),
    revoked boolean NOT NULL
);
CREATE INDEX keys_holder ON keys (holder);
COMMENT ON TABLE keys IS 'Every key that ever spoke for somebody: one holder, one role, for ever';
COMMENT ON COLUMN keys.kid IS 'RFC 7638 thumbprint';
COMMENT ON COLUMN keys.x IS 'The public Ed25519 key';
COMMENT ON COLUMN keys.holder IS 'Whom it speaks for';
COMMENT ON COLUMN keys.role IS 'In which role';
COMMENT ON COLUMN keys.revoked IS 'No longer in force';

CREATE TABLE units (
    unit   text PRIMARY KEY COLLATE "C",
    title  text NOT NULL COLLATE "C",
    scale  bigint NOT NULL CHECK (scale >= 1),
    kind   text NOT NULL COLLATE "C" CHECK (kind IN ('time', 'credit', 'goods')),
    seq    bigint NOT NULL,
    record bigint NOT NULL
);
COMMENT ON TABLE units IS 'What is counted';
COMMENT ON COLUMN units.unit IS 'Handle: hour';
COMMENT ON COLUMN units.title IS 'Plain name';
COMMENT ON COLUMN units.scale IS 'Minor units in one: 60 for an hour in minutes';
COMMENT ON COLUMN units.kind IS 'time, credit or goods';
COMMENT ON COLUMN units.seq IS 'Change parts so far';
COMMENT ON COLUMN units.record IS 'Index of the record with the latest change part';

CREATE TABLE policies (
    policy            text PRIMARY KEY COLLATE "C",
    floor             bigint NOT NULL,
    ceiling           bigint,
    registrar_floor   bigint NOT NULL,
    registrar_ceiling bigint,
    reversal_days     bigint NOT NULL,
    seq               bigint NOT NULL,
    record            bigint NOT NULL
);
COMMENT ON TABLE policies IS 'A co-op''s limits for a unit';
COMMENT ON COLUMN policies.policy IS 'hansalim/hour';
COMMENT ON COLUMN policies.floor IS 'Default floor of its members, minor units';
COMMENT ON COLUMN policies.ceiling IS 'Default ceiling; null when there is none';
COMMENT ON COLUMN policies.registrar_floor IS 'How far down a registrar may set one member''s floor';
COMMENT ON COLUMN policies.registrar_ceiling IS 'How far up a registrar may set one member''s ceiling; null: any';
COMMENT ON COLUMN policies.reversal_days IS 'For how many days treasurers may reverse a transfer';
COMMENT ON COLUMN policies.seq IS 'Change parts so far';
COMMENT ON COLUMN policies.record IS 'Index of the record with the latest change part';

CREATE TABLE accounts (
    account       text PRIMARY KEY COLLATE "C",
    coop          text NOT NULL COLLATE "C",
    balance       bigint NOT NULL,
    seq           bigint NOT NULL,
    record        bigint NOT NULL,
    has_limits    boolean NOT NULL,
    floor         bigint NOT NULL,
    ceiling       bigint,
    limits_seq    bigint NOT NULL,
    limits_record bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX accounts_coop ON accounts (coop, account);
COMMENT ON TABLE accounts IS 'One member in one unit';
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

CREATE TABLE postings (
    account text NOT NULL COLLATE "C",
    seq     bigint NOT NULL,
    idx     bigint NOT NULL,
    amount  bigint NOT NULL,
    balance bigint NOT NULL,
    floor   bigint NOT NULL,
    marked  boolean NOT NULL,
    PRIMARY KEY (account, seq),
    CONSTRAINT postings_floor CHECK (amount >= 0 OR balance >= floor OR marked)
);
COMMENT ON TABLE postings IS 'Legs of the records, by account';
COMMENT ON COLUMN postings.account IS 'The account';
COMMENT ON COLUMN postings.seq IS 'Counts the account''s postings from 1 without a gap';
COMMENT ON COLUMN postings.idx IS 'Index of the record';
COMMENT ON COLUMN postings.amount IS 'Minor units, negative for the payer';
COMMENT ON COLUMN postings.balance IS 'Balance after it';
COMMENT ON COLUMN postings.floor IS 'Floor in force at it';
COMMENT ON COLUMN postings.marked IS 'Of a kind that may pass the floor';

CREATE TABLE books (
    book   text PRIMARY KEY COLLATE "C",
    seq    bigint NOT NULL,
    record bigint NOT NULL
);
COMMENT ON TABLE books IS 'Each co-op''s book counts the records that touch it';
COMMENT ON COLUMN books.book IS 'The co-op';
COMMENT ON COLUMN books.seq IS 'Records so far';
COMMENT ON COLUMN books.record IS 'Index of the latest';

CREATE TABLE book_entries (
    book text NOT NULL COLLATE "C",
    seq  bigint NOT NULL,
    idx  bigint NOT NULL,
    PRIMARY KEY (book, seq)
);
COMMENT ON TABLE book_entries IS 'Which records touched a book';
COMMENT ON COLUMN book_entries.book IS 'The co-op';
COMMENT ON COLUMN book_entries.seq IS 'Counts the book''s records from 1 without a gap';
COMMENT ON COLUMN book_entries.idx IS 'Index of the record';

CREATE TABLE pending (
    by           text NOT NULL COLLATE "C",
    jti          text NOT NULL COLLATE "C",
    type         text NOT NULL COLLATE "C",
    payload_hash bytea NOT NULL CHECK (octet_length(payload_hash) = 32),
    exp          bigint NOT NULL,
    maker        text NOT NULL COLLATE "C",
    signed       text[] NOT NULL COLLATE "C",
    asks         text[] NOT NULL COLLATE "C",
    needs        text NOT NULL COLLATE "C",
    submission   text NOT NULL COLLATE "C",
    PRIMARY KEY (by, jti)
);
CREATE INDEX pending_maker ON pending (maker);
COMMENT ON TABLE pending IS 'Acts that wait for signatures; not part of the log';
COMMENT ON COLUMN pending.by IS 'The holder who acts';
COMMENT ON COLUMN pending.jti IS 'The act''s id';
COMMENT ON COLUMN pending.type IS 'The act''s type';
COMMENT ON COLUMN pending.payload_hash IS 'SHA-256 of the decoded payload';
COMMENT ON COLUMN pending.exp IS 'Seconds since 1970 after which it is void';
COMMENT ON COLUMN pending.maker IS 'kid of the first signer';
COMMENT ON COLUMN pending.signed IS 'kids that have signed';
COMMENT ON COLUMN pending.asks IS 'Whose signatures it may take: "role holder", or the kid of a key in its payload';
COMMENT ON COLUMN pending.needs IS 'JSON: what is missing, as answers list it';
COMMENT ON COLUMN pending.submission IS 'JSON: the act with its signatures so far, and its texts';

CREATE TABLE pending_keys (
    kid    text NOT NULL COLLATE "C",
    by     text NOT NULL COLLATE "C",
    jti    text NOT NULL COLLATE "C",
    x      bytea NOT NULL CHECK (octet_length(x) = 32),
    holder text NOT NULL COLLATE "C",
    PRIMARY KEY (kid, by, jti)
);
COMMENT ON TABLE pending_keys IS 'Keys that a pending act would register: their owners may see that act';
COMMENT ON COLUMN pending_keys.kid IS 'RFC 7638 thumbprint';
COMMENT ON COLUMN pending_keys.by IS 'The pending act''s by';
COMMENT ON COLUMN pending_keys.jti IS 'The pending act''s id';
COMMENT ON COLUMN pending_keys.x IS 'The public Ed25519 key';
COMMENT ON COLUMN pending_keys.holder IS 'Whom it would speak for';
