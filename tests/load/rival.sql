-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What ledgerd is measured against (docs/performance.md): a transfer as a function in SQL, one a
-- transaction, in the same PostgreSQL. It takes its client's word for who pays, verifies no signature,
-- writes no tree. psql -v members=N.

-- As lean as a ledger can be: no foreign keys, accounts with room for updates beside them, ids in the order
-- of time, so that their index grows at one end, and locks taken in one order without a statement of
-- their own. It has what a ledger must have: an act's id is taken once, the signed envelope is kept, nobody
-- falls below the floor, and an account's postings can be listed.
CREATE SCHEMA lean
    CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL, floor bigint NOT NULL) WITH (fillfactor = 50)
    CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, jti text NOT NULL UNIQUE,
        envelope text NOT NULL, at timestamptz NOT NULL DEFAULT now())
    CREATE TABLE leg (account int NOT NULL, entry bigint NOT NULL, amount bigint NOT NULL, balance bigint NOT NULL)
    CREATE INDEX leg_account ON leg (account, entry);
INSERT INTO lean.account SELECT i, 0, -1000000000 FROM generate_series(1, :members) i;
CREATE FUNCTION lean.transfer(payer int, payee int, n bigint, r bigint, envelope text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    e bigint;
    payer_balance bigint;
    payee_balance bigint;
BEGIN
    INSERT INTO lean.entry (jti, envelope)
    VALUES (to_hex((extract(epoch FROM clock_timestamp()) * 1000000)::bigint) || to_hex(r), envelope)
    RETURNING id INTO e;
    IF payer < payee THEN
        UPDATE lean.account SET balance = balance - n WHERE id = payer AND balance - n >= floor RETURNING balance INTO payer_balance;
        UPDATE lean.account SET balance = balance + n WHERE id = payee RETURNING balance INTO payee_balance;
    ELSE
        UPDATE lean.account SET balance = balance + n WHERE id = payee RETURNING balance INTO payee_balance;
        UPDATE lean.account SET balance = balance - n WHERE id = payer AND balance - n >= floor RETURNING balance INTO payer_balance;
    END IF;
    IF payer_balance IS NULL OR payee_balance IS NULL THEN
        RAISE EXCEPTION 'insufficient credit';
    END IF;
    INSERT INTO lean.leg VALUES (payer, e, -n, payer_balance), (payee, e, n, payee_balance);
    RETURN e;
END $$;

-- As textbooks write it: every reference declared, a CHECK for the floor, random UUIDs, locks first.
CREATE SCHEMA textbook
    CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL, floor bigint NOT NULL, CHECK (balance >= floor))
    CREATE TABLE entry (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), envelope text NOT NULL,
        at timestamptz NOT NULL DEFAULT now())
    CREATE TABLE leg (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        account int NOT NULL REFERENCES textbook.account, entry uuid NOT NULL REFERENCES textbook.entry,
        amount bigint NOT NULL, balance bigint NOT NULL)
    CREATE INDEX leg_account ON leg (account, id)
    CREATE INDEX leg_entry ON leg (entry);
INSERT INTO textbook.account SELECT i, 0, -1000000000 FROM generate_series(1, :members) i;
CREATE FUNCTION textbook.transfer(payer int, payee int, n bigint, r bigint, envelope text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    e uuid;
    payer_balance bigint;
    payee_balance bigint;
BEGIN
    PERFORM 1 FROM textbook.account WHERE id IN (payer, payee) ORDER BY id FOR UPDATE;
    UPDATE textbook.account SET balance = balance - n WHERE id = payer RETURNING balance INTO payer_balance;
    UPDATE textbook.account SET balance = balance + n WHERE id = payee RETURNING balance INTO payee_balance;
    INSERT INTO textbook.entry (envelope) VALUES (envelope) RETURNING id INTO e;
    INSERT INTO textbook.leg (account, entry, amount, balance)
    VALUES (payer, e, -n, payer_balance), (payee, e, n, payee_balance);
    RETURN e;
END $$;

VACUUM ANALYZE;
