-- SPDX-License-Identifier: AGPL-3.0-or-later
-- New keys that wait to take the place of lost ones (key.recover): of each holder at most once.

ALTER TABLE holders
    ADD COLUMN recovery           bigint,
    ADD COLUMN recovery_due       bigint,
    ADD COLUMN recovery_objected  boolean,
    ADD COLUMN recovery_threshold bigint,
    ADD COLUMN recovery_keys      bytea,
    ADD CONSTRAINT holders_recovery CHECK (num_nulls(recovery, recovery_due, recovery_objected, recovery_threshold, recovery_keys) IN (0, 5));
COMMENT ON COLUMN holders.recovery IS 'Index of the key.recover that is open; null, as the next four, without one';
COMMENT ON COLUMN holders.recovery_due IS 'From when on it can be finished, milliseconds since 1970';
COMMENT ON COLUMN holders.recovery_objected IS 'A key in force objected to it';
COMMENT ON COLUMN holders.recovery_threshold IS 'How many of the new keys will have to sign';
COMMENT ON COLUMN holders.recovery_keys IS 'The new keys, 32 bytes each';

-- A co-op's open ones are few, its members many.
CREATE INDEX holders_recovering ON holders (coop, holder) WHERE recovery IS NOT NULL;
