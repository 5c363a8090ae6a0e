#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Twelve co-ops, their members and a year of their trade: what `make demo-network` tells is what is tested here, and it
# looks for what must always hold itself (tests/lib/network.sql).

load ../lib/ledger
load ../lib/client
load ../lib/nothing_lost
load ../lib/network

# The day of the ledger's zone that all runs take for today.
today() {
    local day
    day=$(cat "$LEDGERS/today" 2> /dev/null) || day=$(TZ=$LEDGER_ZONE date +%F)
    echo "$day" | tee "$LEDGERS/today"
}

tell() { # NAME [VARIABLE=VALUE...]: the demo, in a folder of its own, its words in $LEDGERS/NAME.told
    local name=$1
    shift
    env TODAY="$(today)" DEMO_ZONE="$LEDGER_ZONE" DEMO_DIR="$LEDGERS/$name" DEMO_PORT="$(free_port)" "$@" \
        "$BATS_TEST_DIRNAME/../../scripts/demo-network" > "$LEDGERS/$name.told" 2>&1 3>&- < /dev/null ||
        die "$(tail -n 40 "$LEDGERS/$name.told")" "$(tail -n 20 "$LEDGERS/$name/ledgerd.log")"
}

visit() { # NAME: its ledger is called `ledger` from here on
    LEDGERS=$LEDGERS/$1
    ledger_adopt ledger
    client_environment
    export XDG_CONFIG_HOME=$LEDGERS/config XDG_STATE_HOME=$LEDGERS/state
}

told() { # NAME PATTERN...: what the demo told has lines like these
    local pattern
    for pattern in "${@:2}"; do
        grep -qE -- "$pattern" "$LEDGERS/$1.told" || die "nothing like $pattern in what was told:" "$(cat "$LEDGERS/$1.told")" || return 1
    done
}

setup_file() {
    ledger_setup
}

teardown() {
    [ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$LEDGERS"/ledger*.log "$LEDGERS"/*/ledger*.log 2> /dev/null || true
}

teardown_file() {
    local name
    for name in year again other; do
        [ ! -s "$LEDGERS/$name/pid" ] || (
            LEDGERS=$LEDGERS/$name
            [ -s "$LEDGERS/ledger.run" ] || echo "$(cat "$LEDGERS/pid") 0" > "$LEDGERS/ledger.run"
            ledger_teardown_file
        )
    done
    rm -rf "$LEDGERS"
}

@test "a year of twelve co-ops, told" {
    tell year SEED=1
    # What happens in life happened. Who declines, and how much there is of each, depends on the day.
    told year '12 co-ops, 600 members, [0-9]+ lines' 'over one line [1-9].*two [1-9].*three [1-9].*four [1-9].*[1-9] by registrars' \
        '[1-9] asked for: [1-9][0-9]* paid, [1-9][0-9]* declined; [1-9][0-9]* given back' \
        'refused:.* [1-9][0-9]* line-exhausted' 'refused:.* [1-9][0-9]* insufficient-credit' \
        '^lines: none of [1-9][0-9]* exceeded' '^ways: over one line [1-9][0-9]*, two [1-9][0-9]*, three [1-9][0-9]*, four [1-9]' \
        'Round [0-9]+ of clearing in won is posted' '^[a-z]+ declines' '^good: [1-9]' \
        '^clearing: 4 rounds made [1-9][0-9]* debts smaller' '^settlements: [1-9]' 'closing of the co-op theatre' \
        '^levies: [1-9][0-9]* paid with a payment.* [1-9][0-9]* by the month' 'has to have been frozen for 30 days' \
        'Everything that was checked is right' 'equal their rebuild$'
    for picture in positions network; do
        grep -q '<svg' "$LEDGERS/year/$picture.svg" || die "no picture of $picture"
    done
}

@test "the story for outsiders goes through the year" {
    visit year
    pumasi --profile dain network --value-dates --csv > "$LEDGERS/flows.csv"
    [ "$(cut -d, -f1 "$LEDGERS/flows.csv" | sort -u | grep -c '^20[0-9][0-9]-')" -eq 12 ]
    # Booked was all of it in this month, or in two where that has just begun.
    pumasi --profile dain network --csv > "$LEDGERS/booked.csv"
    [ "$(cut -d, -f1 "$LEDGERS/booked.csv" | sort -u | grep -c '^20[0-9][0-9]-')" -le 2 ]
    ! grep -F @ "$LEDGERS/flows.csv" "$LEDGERS/booked.csv" || die 'that is a member'
}

@test "the same seed makes the same trade, another one another" {
    visit year
    network_trade ledger > "$LEDGERS/trade"
    LEDGERS=${LEDGERS%/year}
    tell again SEED=1 STORY=
    (visit again && network_trade ledger > "$LEDGERS/trade")
    [ "$(wc -l < "$LEDGERS/again/trade")" -gt 3000 ]
    # The year that was told goes on where this one ends.
    head -n "$(wc -l < "$LEDGERS/again/trade")" "$LEDGERS/year/trade" | cmp - "$LEDGERS/again/trade"
    tell other SEED=20261 MEMBERS=20 STORY=
    (visit other && network_trade ledger > "$LEDGERS/trade" && check_books ledger /dev/null && check_network ledger)
    ! head -n 100 "$LEDGERS/other/trade" | cmp -s - <(head -n 100 "$LEDGERS/year/trade")
}

# Everything from here on happens so many days later, where faketime is there.
later() { # DAYS
    FAKE=$(find /usr/lib -name libfaketimeMT.so.1 -print -quit 2> /dev/null)
    [ -n "$FAKE" ] && [ -z "$(grep -l __asan_init "$LEDGERD")" ] || skip "no faketime here"
    ledger_stop ledger
    install -m 644 /dev/null "$LEDGERS/open/clock"
    echo "+$(($1 * 86400))" > "$LEDGERS/open/clock"
    OPTIONS[ledger]='--sandbox off' # in it, faketime couldn't read its file
    export FAKETIME_TIMESTAMP_FILE=$LEDGERS/open/clock FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1 \
        FAKETIME_DONT_FAKE_MONOTONIC=1
    LD_PRELOAD=$FAKE ledger_start ledger
    ledger_wait ledger
}

office() { # COOP ARGUMENT...
    LD_PRELOAD=$FAKE "$PUMASI" --profile "$1" --yes "${@:2}" 3>&-
}

balance() { # COOP MEMBER UNIT
    office "$1" --json balance "$2" "$3" 2> /dev/null | jq '.. | .balance? // empty'
}

has_a_snapshot() {
    [ "$(ledger_psql ledger -c 'SELECT count(*) FROM snapshots')" -ge 1 ]
}

two_months() {
    [ "$(ledger_psql ledger -c "SELECT count(DISTINCT date_trunc('month', (header::json->>'time')::timestamptz))
        FROM records WHERE parts LIKE '%fund@medical/hour%'")" -ge 2 ]
}

@test "a month later what was left goes to the fund, levies are taken again, and a statement is complete" {
    local unit left
    visit year
    later 31
    until_ok 60 has_a_snapshot || die 'no snapshot of the year' # of all of it, as nobody does anything yet
    for unit in hour won box; do
        left=$(balance eldercare plum@eldercare "$unit")
        [ "$left" -eq 0 ] || office eldercare member estate plum@eldercare "$unit" fund@eldercare --reason '별세'
        [ "$(balance eldercare plum@eldercare "$unit")" -eq 0 ]
    done
    office eldercare member close plum@eldercare --reason '별세'
    run office theatre policy theatre hour --floor -1
    [ "$status" -ne 0 ]
    until_ok 60 two_months || die 'no levies of the next month'
    office hansalim statement '!pos.farm@hansalim' won --output "$LEDGERS/again.statement" \
        --from "$(TZ=$LEDGER_ZONE date -d '2 days ago' +%F)" --to "$(TZ=$LEDGER_ZONE date +%F)"
    "$PUMASI" --profile farm --json verify "$LEDGERS/again.statement" > "$LEDGERS/verified"
    [ "$(jq -r '.checks[] | select(.check == "complete") | .mark' "$LEDGERS/verified")" = proved ] || die "$(cat "$LEDGERS/verified")"
    # That what plum left is all of it, plum's own statement proves; the fund's can't show it.
    local open='' who
    for who in plum fund; do
        office eldercare statement "$who@eldercare" hour --output "$LEDGERS/$who.statement" --from 2020-01-01 --to 2099-12-31
        "$PUMASI" --profile farm --json verify "$LEDGERS/$who.statement" > "$LEDGERS/verified" || die "$(cat "$LEDGERS/verified")"
        open+=" $who $(jq -r '[.entries > 0, (.findings[] | select(.check == "amounts") | .reason)] | join(" ")' "$LEDGERS/verified")"
    done
    [ "$open" = ' plum true fund true estate-elsewhere' ] || die "$open"
    LD_PRELOAD=$FAKE "$PUMASI" --profile dain --yes audit --all > "$LEDGERS/audited" || die "$(cat "$LEDGERS/audited")"
    check_books ledger /dev/null
    check_network ledger
}
