# SPDX-License-Identifier: AGPL-3.0-or-later
# What must be true of a ledger after whatever was done to it, given the journal of a load
# (tests/load/hammer.c). Each prints what is wrong and fails. Needs tests/lib/ledger.bash.

LIB=$(dirname "${BASH_SOURCE[0]}")

# Options of a ledger that has such a load: it says more than a member may in a day.
UNDER_LOAD='--member_acts_per_day 0'

load_start() { # NAME JOURNAL [OPTION...]: a load in the background until load_stop, its pid in LOAD
    local url
    url=$(ledger_url "$1")
    "$HAMMER" run "$url" --seconds 36000 --journal "$2" "${@:3}" > "$2.out" 2>&1 < /dev/null 3>&- &
    LOAD=$!
}

load_stop() { # JOURNAL: fails when an answer was not the one that had to come
    local status=0
    kill -TERM "$LOAD" || true # if it gave up, its status tells
    wait "$LOAD" || status=$?
    [ "$status" -eq 0 ] || die "the load: exit status $status" "$(cat "$1.out")"
}

acks() { # JOURNAL: how many acts were acknowledged so far
    grep -cs '^A' "$1" || true
}

more_acks() { # JOURNAL N: more than N acts were acknowledged
    [ -e "$1" ] && [ "$(acks "$1")" -gt "$2" ]
}

put_off() { # JOURNAL: how often an act was answered 503
    grep -cs $'^U\t[^\t]*\t503$' "$1" || true
}

more_put_off() { # JOURNAL N
    [ -e "$1" ] && [ "$(put_off "$1")" -gt "$2" ]
}

# Tables against the journal and against each other (tests/lib/books.sql).
check_books() { # NAME JOURNAL
    local found
    found=$({
        echo 'CREATE TEMPORARY TABLE told (kind text, jti text, idx bigint, entry text);'
        echo 'COPY told FROM STDIN;'
        awk -F'\t' -v OFS='\t' '
            $1 == "A" { print "A", $2, $3, $4 }
            $1 == "S" || $1 == "R" { print $1, $2, "\\N", "\\N" }' "$2"
        echo '\.'
        echo 'ANALYZE told;'
        cat "$LIB/books.sql"
    } | ledger_psql "$1" 2>&1) || die "psql: $found" || return 1
    [ -z "$found" ] || die "the books of $1:" "$found"
}

# Requests, reversals and declines against the acts of the log (tests/lib/deals.sql).
check_deals() { # NAME
    local found
    found=$(ledger_psql "$1" < "$LIB/deals.sql" 2>&1) || die "psql: $found" || return 1
    [ -z "$found" ] || die "what acts of $1 name:" "$found"
}

# Sends what has no answer until it has one, then everything acknowledged again: the same index and
# header as at first. Every checkpoint ever shown is one of the log.
check_receipts() { # NAME JOURNAL
    local url
    url=$(ledger_url "$1")
    "$HAMMER" finish "$url" --journal "$2" || die "hammer finish failed" || return 1
    ledger_psql "$1" -c "COPY (SELECT encode(leaf, 'hex') FROM records ORDER BY idx) TO STDOUT" \
        > "$2.leaves" || return 1
    "$HAMMER" check "$url" --journal "$2" --leaves "$2.leaves" || die "hammer check failed"
}

# Every derived table, in the order of its primary key. Accounts' numbers, which only the database knows them by, are
# as they come: what they number is looked at by name.
tables_of() { # NAME FOLDER
    local table key columns
    mkdir -p "$2"
    ledger_psql "$1" -F ' ' -c "
        SELECT c.relname, (SELECT string_agg(quote_ident(attname), ',' ORDER BY array_position(i.indkey::int2[], attnum))
                FROM pg_attribute WHERE attrelid = c.oid AND attnum = ANY (i.indkey::int2[])),
            (SELECT string_agg(quote_ident(attname), ',' ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
                    AND attname <> CASE c.relname WHEN 'head' THEN 'epoch' WHEN 'account_limits' THEN 'number' ELSE '' END)
        FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
            AND c.relname NOT LIKE 'pending%' AND c.relname NOT IN ('schema_version', 'snapshot_nodes', 'legs')
        ORDER BY 1" > "$2/tables" || return 1
    echo 'postings account,seq *' >> "$2/tables"
    while read -r table key columns; do
        ledger_psql "$1" -c "COPY (SELECT $columns FROM $table ORDER BY $key) TO STDOUT" \
            < /dev/null > "$2/$table" || return 1
    done < "$2/tables"
}

# Exports NAME, makes a new ledger of the records, and compares every table row by row.
check_rebuild() { # NAME: leaves it as it is; needs that nobody posts meanwhile
    local copy=$1-again table n=0
    check_deals "$1" || return 1
    rm -rf "${LEDGERS:?}/open/$copy" "${LEDGERS:?}/$copy" "$LEDGERS/tables"
    "$LEDGERD" export "$LEDGERS/open/$copy" --data "$LEDGERS/$1" > "$LEDGERS/$copy.log" 2>&1 3>&- &&
        "$LEDGERD" init --data "$LEDGERS/$copy" --from "$LEDGERS/open/$copy" \
            --keys "$LEDGERS/$1" >> "$LEDGERS/$copy.log" 2>&1 3>&- ||
        die "export or rebuild failed: $(tail -n 5 "$LEDGERS/$copy.log")" || return 1
    ledger_start "$copy"
    ledger_wait "$copy" && tables_of "$1" "$LEDGERS/tables/a" && tables_of "$copy" "$LEDGERS/tables/b" || return 1
    ledger_stop "$copy"
    while read -r table _; do
        n=$((n + 1))
        cmp -s "$LEDGERS/tables/a/$table" "$LEDGERS/tables/b/$table" ||
            die "the table $table differs from one rebuilt from the log:" \
                "$(diff "$LEDGERS/tables/a/$table" "$LEDGERS/tables/b/$table" | cut -c 1-400 | head -n 20)" || return 1
    done < <(cat "$LEDGERS/tables/a/tables" "$LEDGERS/tables/b/tables" | sort -u)
    [ "$n" -ge 10 ] && [ -s "$LEDGERS/tables/a/records" ] || die "only $n tables were compared"
    echo "$n tables of $(wc -l < "$LEDGERS/tables/a/records") records equal their rebuild"
    rm -rf "${LEDGERS:?}/open/$copy" "${LEDGERS:?}/$copy" "$LEDGERS/tables"
}
