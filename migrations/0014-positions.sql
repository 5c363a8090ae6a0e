-- SPDX-License-Identifier: AGPL-3.0-or-later
-- For the treasurer's view: who owes whom in a unit, and how old what is owed is.

CREATE INDEX account_limits_positions ON account_limits (split_part(account, '/', 2), account)
    WHERE account > '!pos.' AND account < '!pos/';

CREATE TABLE position_sums (
    account text NOT NULL COLLATE "C",
    seq     bigint NOT NULL CHECK (seq % 64 = 0),
    raised  numeric NOT NULL,
    lowered numeric NOT NULL,
    PRIMARY KEY (account, seq)
);
COMMENT ON TABLE position_sums IS 'After each 64th posting of an account !pos.…, what all so far moved each way; derived from postings';
COMMENT ON COLUMN position_sums.account IS 'As in postings';
COMMENT ON COLUMN position_sums.seq IS 'Of the 64th posting, the 128th and so on';
COMMENT ON COLUMN position_sums.raised IS 'What the postings up to it with a positive amount sum to, minor units';
COMMENT ON COLUMN position_sums.lowered IS 'The same of the negative ones, as a positive number';
INSERT INTO position_sums (account, seq, raised, lowered)
    SELECT account, seq, raised, lowered
    FROM (SELECT account, seq, sum(greatest(amount, 0)) OVER w AS raised, sum(greatest(-amount, 0)) OVER w AS lowered
        FROM postings WHERE account > '!pos.' AND account < '!pos/'
        WINDOW w AS (PARTITION BY account ORDER BY seq)) p
    WHERE seq % 64 = 0;
