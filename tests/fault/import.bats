#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# pumasi import while ledgerd and PostgreSQL are killed: every balance is then what awk makes of the
# file, and no transfer is there twice. How long it takes undisturbed, `make bench` tells.

load ../lib/import

REAL=$BATS_TEST_DIRNAME/../../../shared/data/exchanges.csv

teardown() {
    ledger_teardown
}

start_import() { # FILE
    "$BUILD/pumasi" import "$1" --unit sarafu --set-limits --patience 600 > "$LEDGERS/import.log" 2>&1 3>&- &
    IMPORT=$!
}

is_through() { # ACTS: or the import has ended, and then it is in vain to wait
    import_reached "$1" || ! kill -0 "$IMPORT" 2> /dev/null
}

reach() { # PERCENT
    until_ok 120 is_through $((ACTS * $1 / 100))
    kill -0 "$IMPORT" 2> /dev/null || die "it ended before it was disturbed: $(cat "$LEDGERS/import.log")"
}

# Kills ledgerd three times and PostgreSQL once while FILE is imported.
disturbed() { # FILE ROWS
    ACTS=$2
    import_hold $((ACTS * 60 / 100))
    start_import "$1"
    for part in 5 15 30; do
        reach "$part"
        ledger_kill main
        ledger_start main
    done
    reach 45
    ledger_wait main # it may be just starting, with no PostgreSQL to be killed yet
    ledger_pg_pids main | xargs kill -KILL || true # some end by themselves when the first is gone
    until_ok 60 import_let_go || die "PostgreSQL doesn't come back"
    wait "$IMPORT" || die "status $?: $(cat "$LEDGERS/import.log")"
    grep -q 'The ledger is there again' "$LEDGERS/import.log"
    ledger_wait main
    grep -q "Done: $(($(wc -l < "$1") - 1)) rows booked" "$LEDGERS/import.log"
    check_balances "$1"
    check_once $(($(wc -l < "$1") - 1))
    [ "$(wc -l < "$(dirname "$(import_job)")/receipts.ndjson")" -eq "$(import_acts)" ]
    # And what the ledger holds is sound in itself.
    [ -z "$(ledger_psql main -c "SELECT split_part(account, '/', 2), sum(balance) FROM accounts GROUP BY 1 HAVING sum(balance) <> 0")" ]
}

@test "a made-up community: ledgerd killed three times, PostgreSQL once" {
    import_setup
    make_csv 12000 5000 7 > "$LEDGERS/a.csv"
    disturbed "$LEDGERS/a.csv" 17000
}

@test "a real community's week: ledgerd killed three times, PostgreSQL once" {
    [ -r "$REAL" ] || skip "no exchanges.csv beside the project"
    import_setup -10000000000
    disturbed "$REAL" 18500
    [ "$(ledger_psql main -c 'SELECT count(*) FROM accounts')" -eq 8508 ]
}
