#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# pumasi import: a community's week from a CSV file.

load ../lib/import

teardown() {
    ledger_teardown
}

import() { # STATUS OPTION...
    local want=$1
    shift
    run pumasi import "$@" --coop kenya --unit sarafu
    [ "$status" -eq "$want" ] || die "status $status: $output"
}

says() { # TEXT: the last command said so
    [[ "$output" == *"$1"* ]] || die "no \"$1\" in: $output"
}

says_not() {
    [[ "$output" != *"$1"* ]] || die "\"$1\" in: $output"
}

@test "import books the rows, makes members, and puts bad rows aside" {
    import_setup
    cat > "$LEDGERS/week.csv" << 'CSV'
Date,from,to,amount,category,memo,id
2020-01-25,shop,amina,"1,000.50",Agent Out,"seeds, and ""maize""",1
2020-01-26T10:00:00Z,amina@kenya,baraka,0.50,standard,품앗이,2
2020-01-26,amina,amina,1,standard,,3
2020-01-26,amina,Baraka,1,standard,,4
2020-13-26,amina,baraka,1,standard,,5
2020-01-27,baraka,amina,0.25,,,6
2020-01-27,bara"ka,amina,0.25,,,7
CSV
    import 1 "$LEDGERS/week.csv" --set-limits
    says "Done: 3 rows booked, 3 members made, limits of 1 account set"
    says "4 rows are not booked"
    [ "$(cut -d, -f1 "$LEDGERS/week.bad.csv" | paste -sd ' ')" = "row 4 5 6 8" ]
    grep -q '^5,.*no handle.*,2020-01-26,amina,Baraka,1,standard,,4$' "$LEDGERS/week.bad.csv"
    printf 'from,to,amount\nshop,amina,1000.50\namina,baraka,0.50\nbaraka,amina,0.25\n' \
        > "$LEDGERS/good.csv"
    check_balances "$LEDGERS/good.csv"

    # What the member sees for ever: the day, the kind, the words, and who signed.
    run pumasi --key r --json history sarafu --member amina@kenya
    [ "$status" -eq 0 ] || die "$output"
    [ "$(jq -r '.items[2] | "\(.value_date) \(.category) \(.memo) \(.signed_by) \(.amount)"' <<< "$output")" = \
        '2020-01-25 agent-out seeds, and "maize" registrar 100050' ] || die "$output"
    [ "$(jq -r '.items[1].memo' <<< "$output")" = 품앗이 ]

    # The bad rows set right are a file to import.
    sed -e 's/,Baraka/,baraka/; s/,2020-13-26/,2020-01-26/; /^4,/d; /^8,/d' \
        "$LEDGERS/week.bad.csv" > "$LEDGERS/rest.csv"
    import 0 "$LEDGERS/rest.csv"
    says "Done: 2 rows booked, 0 members made"
    printf 'amina,baraka,1\namina,baraka,1\n' >> "$LEDGERS/good.csv"
    check_balances "$LEDGERS/good.csv"
}

@test "a file is imported once, unless --again says otherwise" {
    import_setup
    make_csv 40 10 1 > "$LEDGERS/a.csv"
    import 0 "$LEDGERS/a.csv" --set-limits
    check_balances "$LEDGERS/a.csv"
    import 0 "$LEDGERS/a.csv" --set-limits
    says "already imported on"
    check_balances "$LEDGERS/a.csv"
    # Another name is no other file, and another unit no other folder.
    cp "$LEDGERS/a.csv" "$LEDGERS/b.csv"
    import 0 "$LEDGERS/b.csv" --set-limits
    says "already imported on"
    import 0 "$LEDGERS/b.csv" --set-limits --again
    says "Done: 40 rows booked, 0 members made"
    cp "$LEDGERS/a.csv" "$LEDGERS/c.csv"
    check_balances "$LEDGERS/a.csv" "$LEDGERS/c.csv"
    check_once 80
    # Each receipt is kept.
    run cat "$LEDGERS"/state/pumasi/default/imports/*/receipts.ndjson
    [ "$(jq -r .receipt.jti <<< "$output" | sort -u | wc -l)" -eq "$(wc -l <<< "$output")" ]
    [ "$(jq -r .receipt.proof <<< "$output" | grep -c '^c2sp.org/tlog-proof@v1')" -eq "$(wc -l <<< "$output")" ]
}

@test "nothing is booked while a limit is too narrow" {
    import_setup -500
    printf 'from,to,amount\npurse,a,400\npurse,b,200\na,c,400.01\n' > "$LEDGERS/a.csv"
    import 1 "$LEDGERS/a.csv"
    says "pumasi limits purse@kenya sarafu --floor -600.00"
    says "pumasi limits a@kenya sarafu --floor -0.01"
    says "Nothing was booked"
    # A registrar may go down to -500 here.
    import 1 "$LEDGERS/a.csv" --set-limits
    says "1 of them is past what kenya's policy lets a registrar set"
    says "first: pumasi member create purse@kenya"
    says_not "create a@kenya"
    [ "$(ledger_psql main -c 'SELECT count(*) FROM accounts')" -eq 0 ]
    [ "$(ledger_psql main -c "SELECT count(*) FROM holders WHERE kind = 'person'")" -eq 0 ]
    run pumasi member create purse@kenya
    [ "$status" -eq 0 ] || die "$output"
    run pumasi --key t limits purse@kenya sarafu --floor -600.00
    [ "$status" -eq 0 ] || die "$output"
    import 1 "$LEDGERS/a.csv" --dry-run
    says "would not pass"
    says "pumasi limits a@kenya sarafu --floor -0.01"
    says_not "purse@kenya sarafu"
    [ "$(ledger_psql main -c "SELECT count(*) FROM holders WHERE kind = 'person'")" -eq 1 ]
    import 0 "$LEDGERS/a.csv" --dry-run --set-limits
    says "This import would pass"
    [ "$(ledger_psql main -c 'SELECT count(*) FROM postings')" -eq 0 ]
    import 0 "$LEDGERS/a.csv" --set-limits
    check_balances "$LEDGERS/a.csv"
}

@test "--partial books what the limits allow" {
    import_setup -500
    printf 'from,to,amount\npurse,a,400\npurse,b,200\nb,c,100\n' > "$LEDGERS/a.csv"
    # Never over the spreadsheet itself.
    ln -s a.csv "$LEDGERS/link.csv"
    import 2 "$LEDGERS/a.csv" --partial --bad "$LEDGERS/link.csv"
    says "--bad must name another file"
    [ "$(wc -l < "$LEDGERS/a.csv")" -eq 4 ]
    import 1 "$LEDGERS/a.csv" --partial --bad "$LEDGERS/left.csv"
    says "Done: 0 rows booked"
    [ "$(grep -c insufficient-credit "$LEDGERS/left.csv")" -eq 3 ]
    printf 'from,to,amount\na,b,1\npurse,a,600\nb,a,1\n' > "$LEDGERS/b.csv"
    import 1 "$LEDGERS/b.csv" --partial --set-limits
    says "Done: 2 rows booked"
    grep -q '^3,"insufficient-credit: .*",purse,a,600$' "$LEDGERS/b.bad.csv"
}

@test "whoever may not import is told so" {
    import_setup
    import_key other registrar x
    import_key kenya registrar y
    printf 'from,to,amount\na,b,0.01\n' > "$LEDGERS/a.csv"
    import 1 "$LEDGERS/a.csv" --key t
    says "signed by a registrar"
    import 1 "$LEDGERS/a.csv" --key x
    says "registrar key of other"
    import 1 "$LEDGERS/a.csv" --key y
    says "doesn't know your key y"
    import 1 "$LEDGERS/none.csv" --key r
    says "No such file"
    run pumasi --key r import "$LEDGERS/a.csv"
    [ "$status" -eq 2 ]
    says "--unit"
    run pumasi --key r import "$LEDGERS/a.csv" --unit shilling
    says 'no unit "shilling"'
    # A member with a device of its own is booked for only as far as it allows it.
    import_key a@kenya member a
    run pumasi --key r --key a member create a@kenya --key-file a
    [ "$status" -eq 0 ] || die "$output"
    import 1 "$LEDGERS/a.csv" --key r --set-limits
    says "row 2: a@kenya has a device and doesn't let registrars record for it"
    says "Nothing was booked"
    import 1 "$LEDGERS/a.csv" --key r --set-limits --partial
    says "0 rows booked"
    grep -q '^2,"not-permitted: ' "$LEDGERS/a.bad.csv"
}

@test "an import that was killed goes on, and one without a ledger waits" {
    import_setup
    make_csv 20000 2000 2 > "$LEDGERS/a.csv"
    import_hold 10000
    "$BUILD/pumasi" import "$LEDGERS/a.csv" --unit sarafu --set-limits --patience 3600 > "$LEDGERS/first.log" 2>&1 3>&- &
    local first=$!
    until_ok 60 import_reached 2001 || die "it doesn't begin: $(cat "$LEDGERS/first.log")"
    # Only one at a time.
    import 1 "$LEDGERS/a.csv" --key r
    says "Another pumasi is importing this very file"
    kill -KILL "$first"
    wait "$first" || true
    [ "$(jq .finished "$(import_job)")" -eq 0 ] || die "it was through already"
    import_let_go

    ledger_kill main
    import 4 "$LEDGERS/a.csv" --key r --patience 1
    says "Taking up the import begun"
    says "Run the same command again once the ledger is there"
    "$BUILD/pumasi" import "$LEDGERS/a.csv" --unit sarafu --patience 600 > "$LEDGERS/third.log" 2>&1 3>&- &
    local third=$!
    until_ok 20 grep -q 'Waiting up to 600 seconds' "$LEDGERS/third.log"
    ledger_start main
    wait "$third" || die "$(cat "$LEDGERS/third.log")"
    grep -q 'The ledger is there again' "$LEDGERS/third.log"
    check_balances "$LEDGERS/a.csv"
    check_once 20000
    [ "$(wc -l < "$(dirname "$(import_job)")/receipts.ndjson")" -eq "$(import_acts)" ]
}

@test "where very many rows are refused, it waits as the ledger asks, and goes on" {
    # A refusal a second, 300 at once: what the first body has too much of is half a minute to wait.
    OPTIONS[main]='--refusals_per_minute 60'
    import_setup -500
    {
        echo 'from,to,amount'
        yes 'purse,a,600' | head -n 330
        yes 'till,a,0.1' | head -n 1600
    } > "$LEDGERS/a.csv"
    import 1 "$LEDGERS/a.csv" --partial --set-limits
    says "Too much was refused: the ledger at $(ledger_url main) takes the next ones in "
    says "Done: 1600 rows booked"
    [ "$(grep -c limit-out-of-bounds "$LEDGERS/a.bad.csv")" -eq 0 ]
    [ "$(grep -c insufficient-credit "$LEDGERS/a.bad.csv")" -eq 330 ]
    check_once 1600
    [ "$(ledger_metrics main rate_limited_total)" -gt 0 ]
}

@test "an import agrees to no levy: it says so before anything is booked, and what helps" {
    import_setup
    pumasi member create fund@kenya --purse --key t
    pumasi policy kenya sarafu --levy-per-mille 25 --levy-purse fund@kenya --key t
    # Of less than 0.40 a levy of 25 per mille is nothing, and what goes into the purse pays none.
    printf 'from,to,amount\namina,baraka,10\namina,baraka,0.39\namina,fund,1\nbaraka,amina,0.40\n' > "$LEDGERS/old.csv"
    import 1 "$LEDGERS/old.csv" --set-limits
    says "kenya takes a levy of 25 per mille on payments in sarafu, and an import agrees to none: 2 rows would be refused."
    says "pumasi policy kenya sarafu --levy-per-mille 0"
    says "Nothing was booked"
    check_once 0
    import 1 "$LEDGERS/old.csv" --set-limits --dry-run
    says "2 rows would be refused"
    import 1 "$LEDGERS/old.csv" --set-limits --partial
    says "Done: 2 rows booked"
    grep -q "^2,.*levy.*,amina,baraka,10$" "$LEDGERS/old.bad.csv"
    grep -q "^5,.*levy.*,baraka,amina,0.40$" "$LEDGERS/old.bad.csv"
    # The treasurers set it aside, and the rows that are left are booked as they stand.
    pumasi policy kenya sarafu --levy-per-mille 0 --key t
    import 0 "$LEDGERS/old.bad.csv" --set-limits
    says "Done: 2 rows booked"
    check_balances "$LEDGERS/old.csv"
    # While the purse is frozen there is no levy, and nothing to be said of it.
    pumasi policy kenya sarafu --levy-per-mille 25 --key t
    pumasi member freeze fund@kenya --key t
    printf 'from,to,amount\namina,baraka,10.50\n' > "$LEDGERS/frozen.csv"
    import 0 "$LEDGERS/frozen.csv" --set-limits
    says_not "levy"
}
