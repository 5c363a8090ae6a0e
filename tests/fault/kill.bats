#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# kill -9 of ledgerd, of all PostgreSQL processes, of both, in the middle of a load and of each other's
# recovery. FAULT_ROUNDS rounds (30) on one ledger; round n has the seed FAULT_SEED + n, which decides
# what is sent and what is killed when.

load ../lib/ledger
load ../lib/nothing_lost

setup() {
    ledger_setup
}

teardown() {
    ledger_teardown
}

kill_postgres() { # [HOW MANY]: all, or that many
    local pids
    mapfile -t pids < <(ledger_pg_pids a | shuf --random-source=<(yes) | head -n "${1:-1000}")
    kill -KILL "${pids[@]}" 2> /dev/null || true
}

# One blow, told in BLOW. ledgerd is started again at once, as its service manager does.
strike() {
    local pause
    printf -v pause '0.%03d' $((RANDOM % 700)) # not in a subshell, where RANDOM isn't the seed's
    sleep "$pause"
    case $((RANDOM % 5)) in
    0)
        BLOW="ledgerd"
        ledger_kill a
        ledger_start a
        ;;
    1)
        BLOW="postgres"
        kill_postgres
        ;;
    2)
        BLOW="ledgerd, postgres"
        ledger_kill a
        kill_postgres
        ledger_start a
        ;;
    3)
        BLOW="postgres, ledgerd"
        kill_postgres
        ledger_kill a
        ledger_start a
        ;;
    4) # the postmaster, or one that makes it end all others and recover
        BLOW="one of postgres"
        kill_postgres 1
        ;;
    esac
    BLOW="$BLOW after $pause"
}

# Ready again, by itself or, where a blow hit it before it was up, by being started again.
recover() {
    until_ok 60 up_or_started
}
up_or_started() {
    ledger_is_up a && return 0
    if ! kill -0 "$(ledger_pid a)" 2> /dev/null; then
        STARTED="${STARTED:-}, ended while starting: $(tail -n 1 "$LEDGERS/a.log")"
        ledger_start a
    fi
    return 1
}

round() { # NUMBER SEED
    local journal=$LEDGERS/journal.$1 blows=() give_up before i
    RANDOM=$2
    STARTED=
    load_start a "$journal" --load "$2" --connections 5
    until_ok 30 more_acks "$journal" 20 || die "the load doesn't begin: $(cat "$journal.out")" || return 1
    give_up=$((RANDOM % 2))
    for ((i = 1 + RANDOM % 3; i > 0; i--)); do
        strike
        blows+=("[$BLOW]")
    done
    if [ "$give_up" -eq 1 ]; then # in the middle of it all: what has no answer keeps none for now
        load_stop "$journal" || return 1
    fi
    recover || die "not ready after ${blows[*]}" || return 1
    if [ "$give_up" -eq 1 ]; then
        check_books a "$journal" || return 1
    else
        before=$(acks "$journal")
        until_ok 60 more_acks "$journal" $((before + 50)) ||
            die "nothing is posted after ${blows[*]}" || return 1
        load_stop "$journal" || return 1
    fi
    check_receipts a "$journal" && check_books a "$journal" || return 1
    cat "$journal" >> "$LEDGERS/journals"
    echo "# round $1: ${blows[*]}$STARTED: $(sed 's/^run: load //' "$journal.out")" >&3
}

@test "nothing is lost and nothing is posted twice when processes are killed in the middle of a load" {
    local n rounds=${FAULT_ROUNDS:-30} seed=${FAULT_SEED:-1000}
    echo "# FAULT_ROUNDS=$rounds FAULT_SEED=$seed" >&3
    OPTIONS[a]=$UNDER_LOAD
    ledger_init a
    ledger_start a
    ledger_wait a
    "$HAMMER" setup "$(ledger_url a)"
    for ((n = 1; n <= rounds; n++)); do
        round "$n" $((seed + n)) || die "failed in round $n: FAULT_SEED=$((seed + n - 1)) FAULT_ROUNDS=1 tries it alone"
        if [ "$n" -eq "$rounds" ] || [ "$n" -eq 3 ] || [ "$n" -eq 12 ]; then
            check_rebuild a
        fi
    done
    # What was told in any round is still so.
    check_books a "$LEDGERS/journals"
    ledger_stop a
}
