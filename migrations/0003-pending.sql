-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What waits for somebody, and what has waited too long, is found without a look at all that waits.

-- Without a list of its own of what came lately, which every look would go through.
CREATE INDEX pending_people ON pending USING gin (signed, asks) WITH (fastupdate = off);
CREATE FUNCTION pending_of(kid text, others text[]) RETURNS TABLE (by text, jti text)
    LANGUAGE sql STABLE ROWS 10
    -- The one plan that goes by these indexes; ledgerd's sessions know no others than by key.
    SET enable_bitmapscan = on SET enable_indexscan = off SET enable_seqscan = off
AS $$ SELECT p.by, p.jti FROM pending p WHERE p.maker = kid OR p.signed @> ARRAY[kid] OR p.asks && others $$;
COMMENT ON FUNCTION pending_of IS 'Acts that a key has made or signed, or that ask for one of the others, words of asks';

CREATE INDEX pending_exp ON pending (exp);
CREATE INDEX pending_keys_act ON pending_keys (by, jti);
