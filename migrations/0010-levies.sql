-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a policy may say besides limits: whether the co-op clears with others, and what its members pay it. Since when
-- a member is frozen, as an estate has to wait: of
-- who is frozen already, the time of the first change behind the last one that left it unfrozen.

ALTER TABLE policies
    ADD COLUMN clearing       text COLLATE "C" CHECK (clearing IN ('ask', 'auto', 'never')),
    ADD COLUMN levy_per_mille bigint,
    ADD COLUMN levy_monthly   bigint,
    ADD COLUMN levy_purse     text COLLATE "C";
COMMENT ON COLUMN policies.clearing IS 'Does the co-op take part in clearing: ask, auto or never; null when it was not said, which means ask';
COMMENT ON COLUMN policies.levy_per_mille IS 'What a member pays on top of a payment, per mille of it; null without';
COMMENT ON COLUMN policies.levy_monthly IS 'What the clerk takes from each member once a month, minor units; null without';
COMMENT ON COLUMN policies.levy_purse IS 'The purse that it goes into; null without';

ALTER TABLE holders ADD COLUMN frozen_ms bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN holders.frozen_ms IS 'Since when a member is frozen without a pause, milliseconds since 1970; 0 while it is not';
UPDATE holders h SET frozen_ms = (
    SELECT round(extract(epoch FROM split_part(r.header, '"', 8)::timestamptz) * 1000)::bigint
    FROM changes c JOIN records r ON r.idx = c.idx
    WHERE c.subject = h.holder AND c.seq > coalesce((
        SELECT max(d.seq) FROM changes d JOIN records q ON q.idx = d.idx
        WHERE d.subject = h.holder AND position('"state":{"kind":"' || h.kind || '","state":"frozen"' IN q.parts) = 0), 0)
    ORDER BY c.seq LIMIT 1)
WHERE h.state = 'frozen';
