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
    day=$(cat "$LEDGERS/today" 2> /dev/null) || day=$(TZ=Asia/Seoul date +%F)
    echo "$day" | tee "$LEDGERS/today"
}

tell() { # NAME [VARIABLE=VALUE...]: the demo, in a folder of its own, its words in $LEDGERS/NAME.told
    local name=$1
    shift
    env TODAY="$(today)" DEMO_DIR="$LEDGERS/$name" DEMO_PORT="$(free_port)" "$@" \
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
    [ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$LEDGERS"/*/ledgerd.log
}

teardown_file() {
    local name
    for name in year again other; do
        [ ! -s "$LEDGERS/$name/pid" ] || (
            LEDGERS=$LEDGERS/$name
            echo "$(cat "$LEDGERS/pid") 0" > "$LEDGERS/ledger.run"
            ledger_teardown_file
        )
    done
    rm -rf "$LEDGERS"
}

@test "a year of twelve co-ops, told" {
    tell year SEED=1
    # What happens in life happened.
    told year '12 co-ops, 600 members, [0-9]+ lines' 'over one line [1-9].*two [1-9].*three [1-9].*four [1-9].*[1-9] by registrars' \
        '[1-9] asked for: [1-9][0-9]* paid, [1-9][0-9]* declined; [1-9][0-9]* given back' \
        'refused:.* [1-9][0-9]* line-exhausted' 'refused:.* [1-9][0-9]* insufficient-credit' \
        '^lines: none of [1-9][0-9]* exceeded' '^ways: over one line [1-9][0-9]*, two [1-9][0-9]*, three [1-9][0-9]*, four [1-9]' \
        'equal their rebuild$'
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
