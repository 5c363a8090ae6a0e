-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Ids are made in the order of time, so that their index grows at its end when they come first in it: new ones then
-- share a page that is at hand, where by holder each has one of its own.

CREATE UNIQUE INDEX records_ids ON records (jti, by);
DROP INDEX records_id;
ALTER INDEX records_ids RENAME TO records_id;
