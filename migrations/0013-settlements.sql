-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The reference of a settlement is a text beside the log, as memos are.

ALTER TABLE texts DROP CONSTRAINT texts_field_check,
    ADD CONSTRAINT texts_field_check CHECK (field IN ('memo', 'name', 'reason', 'reference'));
COMMENT ON COLUMN texts.field IS 'Which hash of the payload it answers: memo_hash, name_hash, reason_hash, reference_hash';
