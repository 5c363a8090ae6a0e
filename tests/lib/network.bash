# SPDX-License-Identifier: AGPL-3.0-or-later
# A network of co-ops whose books somebody looks into. Needs tests/lib/ledger.bash.

NETWORK_SQL=$(dirname "${BASH_SOURCE[0]}")/network.sql

# What must hold between co-ops, from the log (tests/lib/network.sql): a line for each thing that does.
check_network() { # NAME
    local found
    found=$(ledger_psql "$1" < "$NETWORK_SQL" 2>&1) || die "psql: $found" || return 1
    if grep -q '^-' <<< "$found"; then
        die "between the co-ops of $1:" "$(grep '^-' <<< "$found")"
        return 1
    fi
    echo "$found"
}

# What people traded, in the log's order and without what differs from one ledger to the next.
network_trade() { # NAME
    ledger_psql "$1" -c "
        SELECT string_agg(concat_ws(' ', j->>'account', j->>'amount', j->>'balance', j->>'floor', j->>'seq'), ', ' ORDER BY n)
        FROM records r, regexp_split_to_table(r.parts, E'\n') WITH ORDINALITY AS p(part, n), LATERAL (SELECT p.part::json AS j) x
        WHERE p.part LIKE '{\"part\":\"posting\"%' GROUP BY r.idx ORDER BY r.idx"
}

# What co-ops owe each other in a unit, as the log has it, but for those named: CSV as `pumasi clearing` reads it.
network_debts() { # NAME UNIT [COOP...]
    local out
    out=$(printf "'%s'," "${@:3}")
    echo debtor,creditor,amount
    ledger_psql "$1" -F , -c "
        SELECT debtor, creditor, balance
        FROM (SELECT DISTINCT ON (account) balance, split_part(split_part(account, '@', 2), '/', 1) AS debtor,
                substr(split_part(account, '@', 1), 6) AS creditor
            FROM postings WHERE account LIKE '!pos.%/$2' ORDER BY account, seq DESC) p
        WHERE balance > 0 AND debtor NOT IN (${out%,}) AND creditor NOT IN (${out%,})"
}
