#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Statements of accounts: fetched from a ledger of several days, verified with no network, and
# planted frauds found. sora is steward, treasurer and registrar; alice and bob are members.

load ../lib/ledger
load ../lib/client

bats_require_minimum_version 1.5.0

setup_file() {
    ledger_setup
    client_environment
    local lib
    lib=$(find /usr/lib -name libfaketimeMT.so.1 -print -quit 2> /dev/null)
    PLAIN=$(plain_build)
    [ -n "$lib" ] && [ -n "$PLAIN" ] || return 0
    clock_on "$lib"
    OPTIONS[main]='--sandbox off' # in it, faketime couldn't read its file
    for day in 3 2 1 0; do
        day_begins $day
        LEDGERD=$PLAIN/ledgerd LD_PRELOAD=$LIB ledger_start main
        LD_PRELOAD=$LIB ledger_wait main
        day_$day >> "$LEDGERS/day.log" 2>&1 # with no || behind it, or its lines might fail
        ledger_stop main
    done
    ledger_start main
    ledger_wait main
    touch "$LEDGERS/lived"
}

setup() {
    client_environment
    [ -e "$LEDGERS/lived" ] || skip "no faketime here, or a sanitizer and no PLAIN_BUILD"
    ledger_adopt main
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    [ -e "$LEDGERS/lived" ] || tail -n 5 "$LEDGERS/day.log" >&2 || true
    ledger_teardown_file
}

clock_on() { # LIB
    LIB=$1
    install -m 644 /dev/null "$LEDGERS/open/clock"
    export FAKETIME_TIMESTAMP_FILE=$LEDGERS/open/clock FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1 \
        FAKETIME_DONT_FAKE_MONOTONIC=1
    echo "-$((3 * 86400))" > "$LEDGERS/open/clock"
    new_key sora stewards steward steward
    new_key sora hansalim treasurer treasurer
    new_key sora hansalim registrar registrar
    new_key alice alice@hansalim member alice
    new_key alice alice@hansalim member phone
    new_key bob bob@hansalim member bob
    LEDGERD=$PLAIN/ledgerd LD_PRELOAD=$LIB ledger_init main
}

day_begins() { # AGO
    echo "-$(($1 * 86400))" > "$LEDGERS/open/clock"
}

on_day() { # AGO: its date in the ledger's zone
    TZ=$(ledger_psql main -c "SELECT zone FROM holders WHERE holder = 'ledger'") date -d "-$1 days" +%F
}

then_as() { # PERSON ARGUMENT...: in the past
    local who=$1
    shift
    XDG_CONFIG_HOME=$LEDGERS/$who/config XDG_STATE_HOME=$LEDGERS/$who/state LD_PRELOAD=$LIB "$PLAIN/pumasi" "$@" 3>&-
}

connect() { # PERSON
    then_as "$1" --yes connect "$(ledger_url main)" > "$LEDGERS/connect.log" 2>&1
}

snapshot_is_there() { # N
    [ "$(ledger_psql main -c 'SELECT count(DISTINCT size) FROM snapshot_nodes')" -ge "$1" ]
}

# The founding, and a first payment.
day_3() {
    local who
    until_ok 60 connect sora || die "sora can't connect"
    then_as sora open
    then_as sora unit create hour --name Hour --scale 60 --kind time
    then_as sora -k steward -k treasurer -k registrar coop create hansalim --name 한살림 \
        --treasurer treasurer --registrar registrar
    then_as sora policy hansalim hour --floor -20:00 --ceiling 40:00
    for who in alice bob; do
        connect "$who"
        then_as sora member create "$who@hansalim" --name "$who" --key-file "$LEDGERS/$who.jwk" || [ $? -eq 3 ]
        then_as "$who" -k "$who" --yes sign
    done
    then_as sora member create noelle@hansalim --name noelle
    then_as alice -k alice pay bob@hansalim 1:30 hour -m '텃밭 일' --category garden
}

# Two devices, and payments of which one is recorded by the office.
day_2() {
    until_ok 20 snapshot_is_there 1
    then_as alice -k alice -k phone --yes key add alice@hansalim phone
    then_as bob pay alice@hansalim 0:30 hour -m 'thanks'
    then_as alice -k alice pay bob@hansalim 0:20 hour
    then_as sora -k registrar pay alice@hansalim 0:10 hour --from noelle@hansalim
}

# A payment is taken back, and a device is lost.
day_1() {
    until_ok 20 snapshot_is_there 2
    then_as bob --yes reverse "$(ledger_psql main -c "SELECT idx FROM postings WHERE account = 'bob@hansalim/hour' AND seq = 1")" \
        0:45 -r 'half of it'
    then_as alice -k phone pay bob@hansalim 0:05 hour
    then_as alice -k alice --yes key revoke alice@hansalim phone
}

day_0() {
    until_ok 20 snapshot_is_there 3
    then_as bob pay alice@hansalim 0:01 hour
}

statement() { # OUTPUT FROM_AGO TO_AGO ARGUMENT...
    local out=$1 from to
    from=$(on_day "$2") to=$(on_day "$3")
    shift 3
    as alice -k alice statement alice@hansalim hour --from "$from" --to "$to" -o "$out" "$@"
}

verdict() { # CHECK: its mark in the last verification
    jq -r --arg check "$1" '.checks[] | select(.check == $check) | .mark' <<< "$output"
}

found() { # "check reason" of everything that failed
    jq -r '.findings[] | select(.mark == "failed") | "\(.check) \(.reason)"' <<< "$output" | sort -u
}

pin_line() {
    curl -sf -m 60 "$(ledger_url main)/v1/ledger" | jq -r '"\(.id) \(.vkey)"'
}

@test "days that are over are proved whole, by one line of text and with no network" {
    statement "$LEDGERS/two.json" 2 1
    local pin
    pin=$(pin_line)
    ledger_stop main
    run --separate-stderr as nobody verify "$LEDGERS/two.json" --pin "$pin" --json
    [ "$status" -eq 0 ] || die "$output $stderr"
    [ "$(jq -r .result <<< "$output")" = proved ]
    for check in signature ledger checkpoint records parts texts keys signatures authority sequence \
        balances amounts totals days snapshot complete revocations; do
        [ "$(verdict $check)" = proved ] || die "$check: $output"
    done
    [ "$(verdict witnesses) $(verdict earlier)" = 'not-shown not-shown' ]
    run as nobody verify "$LEDGERS/two.json" --pin "$pin"
    [ "$status" -eq 0 ]
    [[ $output == *alice@hansalim/hour* ]]
    # Without a ledger to trust nothing is proved; what is no statement is told from one that fails.
    run as nobody verify "$LEDGERS/two.json"
    [ "$status" -eq 5 ]
    head -c 1000 "$LEDGERS/two.json" > "$LEDGERS/half.json"
    run as nobody verify "$LEDGERS/half.json" --pin "$pin"
    [ "$status" -eq 5 ]
    run as nobody verify "$LEDGERS/nothing.json" --pin "$pin"
    [ "$status" -eq 5 ]
    # Its first letter is another one, whichever it was.
    sed 's/"signature":"A/"signature":"_/; t; s/"signature":"./"signature":"A/' "$LEDGERS/two.json" > "$LEDGERS/other.json"
    run --separate-stderr as nobody verify "$LEDGERS/other.json" --pin "$pin" --json
    [ "$status" -eq 1 ]
    [ "$(found)" = 'signature bad-signature' ]
    ledger_start main
    ledger_wait main
}

@test "a statement is for the member and its office, and of what there is" {
    run as bob statement alice@hansalim hour --from "$(on_day 2)" --to "$(on_day 1)"
    [ "$status" -eq 1 ]
    run as sora -k registrar statement alice@hansalim hour --from "$(on_day 2)" --to "$(on_day 1)" -o "$LEDGERS/office.json"
    [ "$status" -eq 0 ]
    run as sora verify "$LEDGERS/office.json"
    [ "$status" -eq 0 ] || die "$output"
    run as alice -k alice statement alice@hansalim hour --from "$(on_day 1)" --to "$(on_day 2)"
    [ "$status" -eq 2 ]
    run as alice -k alice statement alice@hansalim hour --from "$(on_day 1)"
    [ "$status" -eq 2 ]
    run as alice -k alice statement alice@hansalim hours --from "$(on_day 2)" --to "$(on_day 1)"
    [ "$status" -eq 1 ]
    # One's own goes without saying; an office has none.
    as alice -k alice statement hour --from "$(on_day 2)" --to "$(on_day 1)" -o "$LEDGERS/own.json"
    run --separate-stderr as alice verify "$LEDGERS/own.json" --json
    [ "$(jq -r .account <<< "$output")" = alice@hansalim/hour ] || die "$output"
    run as sora -k registrar statement hour --from "$(on_day 2)" --to "$(on_day 1)"
    [[ $status -eq 2 && $output == *"say whose statement you want."* ]] || die "$output"
    # Members without keys, and days without entries, have one too.
    run as sora -k registrar statement noelle@hansalim hour --from "$(on_day 9)" --to "$(on_day 8)" -o "$LEDGERS/none.json"
    [ "$status" -eq 0 ]
    run --separate-stderr as sora verify "$LEDGERS/none.json" --json
    [ "$status" -eq 0 ] && [ "$(jq .entries <<< "$output")" = 0 ]
    [ "$(verdict complete)" = proved ] || die "$output"
}

@test "today's entries are there, and that they are all isn't shown yet" {
    statement "$LEDGERS/today.json" 0 0
    run --separate-stderr as alice verify "$LEDGERS/today.json" --json
    [ "$status" -eq 0 ] || die "$output"
    [ "$(jq .entries <<< "$output") $(verdict complete)" = '1 not-shown' ]
}

@test "the next statement follows the earlier one" {
    statement "$LEDGERS/first.json" 3 3
    statement "$LEDGERS/next.json" 2 1 --since "$LEDGERS/first.json"
    run --separate-stderr as alice verify "$LEDGERS/next.json" --since "$LEDGERS/first.json" --json
    [ "$status" -eq 0 ] || die "$output"
    [ "$(verdict earlier)" = proved ] || die "$output"
    run --separate-stderr as alice verify "$LEDGERS/next.json" --json
    [ "$(verdict earlier)" = not-shown ]
}

@test "what an operator changes or leaves out in the database is found and named" {
    local index
    index=$(ledger_psql main -c "SELECT idx FROM postings WHERE account = 'alice@hansalim/hour' AND seq = 2")
    ledger_psql main -c "UPDATE records SET parts = replace(parts, '\"amount\":30,', '\"amount\":31,') WHERE idx = $index"
    statement "$LEDGERS/altered.json" 2 1
    ledger_psql main -c "UPDATE records SET parts = replace(parts, '\"amount\":31,', '\"amount\":30,') WHERE idx = $index"
    run --separate-stderr as alice verify "$LEDGERS/altered.json" --json
    [ "$status" -eq 1 ]
    [[ $(found) == *'parts part-not-named'* ]] || die "$output"
    # A change of alice's keys that nobody shall see.
    ledger_psql main -c "CREATE TABLE kept AS SELECT * FROM changes WHERE subject = 'alice@hansalim' AND seq = 2" \
        -c "DELETE FROM changes WHERE subject = 'alice@hansalim' AND seq = 2"
    run as alice -k alice statement alice@hansalim hour --from "$(on_day 2)" --to "$(on_day 1)" -o "$LEDGERS/hidden.json"
    ledger_psql main -c "INSERT INTO changes SELECT * FROM kept" -c "DROP TABLE kept"
    if [ "$status" -eq 0 ]; then
        run --separate-stderr as alice verify "$LEDGERS/hidden.json" --json
        [ "$status" -eq 1 ]
        [[ $(found) == *gap* || $(found) == *unknown-key* ]] || die "$output"
    else # the snapshot's root, which every path is compared with, already told
        grep -q "don't make the root of the snapshot" "$LEDGERS/main.log"
    fi
    # An entry taken out of the list.
    ledger_psql main -c "UPDATE legs SET seq = -seq WHERE seq = 3
        AND number = (SELECT number FROM accounts WHERE account = 'alice@hansalim/hour')"
    run as alice -k alice statement alice@hansalim hour --from "$(on_day 2)" --to "$(on_day 1)" -o "$LEDGERS/hidden.json"
    [ "$status" -ne 0 ]
    ledger_psql main -c "UPDATE legs SET seq = -seq WHERE seq = -3
        AND number = (SELECT number FROM accounts WHERE account = 'alice@hansalim/hour')"
    statement "$LEDGERS/again.json" 2 1
    as alice verify "$LEDGERS/again.json"
}

@test "paths of every snapshot, made again in a ledger that was rebuilt" {
    ledger_stop main
    "$LEDGERD" export "$LEDGERS/open/copy" --data "$LEDGERS/main" > "$LEDGERS/copy.log" 2>&1 3>&-
    "$LEDGERD" init --data "$LEDGERS/copy" --from "$LEDGERS/open/copy" --keys "$LEDGERS/main" >> "$LEDGERS/copy.log" 2>&1 3>&-
    ledger_start copy
    ledger_wait copy
    until_ok 30 paths_are_whole copy
    [ "$(ledger_psql copy -c 'SELECT * FROM changes ORDER BY subject, seq' | sha256sum)" = \
        "$(ledger_start main && ledger_wait main && ledger_psql main -c 'SELECT * FROM changes ORDER BY subject, seq' | sha256sum)" ]
    ledger_stop copy
}

@test "of older snapshots only the last of a month has paths, and statements go by it" {
    local kept
    # What is kept of days long ago; the last one always is.
    kept=$(ledger_psql main -c "SELECT count(DISTINCT date_trunc('month', date '1970-01-01' + day::int)) FROM snapshots")
    [ "$kept" -lt "$(ledger_psql main -c 'SELECT count(*) FROM snapshots')" ]
    ledger_stop main
    ledger_start main --snapshot_days 1
    ledger_wait main
    with_paths() {
        [ "$(ledger_psql main -c 'SELECT count(DISTINCT size) FROM snapshot_nodes')" -eq "$1" ]
    }
    until_ok 30 with_paths "$kept"
    # By a snapshot of which more than one posting lies behind the days that are asked for.
    statement "$LEDGERS/late.json" 3 3
    run --separate-stderr as alice verify "$LEDGERS/late.json" --json
    [ "$status" -eq 0 ] || die "$output"
    [ "$(jq -r .result <<< "$output") $(verdict complete) $(verdict revocations)" = 'proved proved proved' ] || die "$output"
    ledger_stop main
    ledger_start main
    ledger_wait main
    until_ok 30 paths_are_whole main
}

paths_are_whole() { # NAME
    [ "$(ledger_psql "$1" -c 'SELECT count(*) FROM snapshots s WHERE NOT EXISTS
        (SELECT FROM snapshot_nodes n WHERE n.size = s.size)')" -eq 0 ] &&
        [ "$(ledger_psql "$1" -c 'SELECT count(*) FROM snapshots')" -ge 3 ]
}
