#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# The backup drill (scripts/backup-drill), on backups that would save the operator and on some that would not.

load ../lib/ledger
load ../lib/wire

setup_file() {
    ledger_setup
    export PATH=$BUILD:$PATH
    wire_start main 4
    posted "$(payment m0000@hansalim m0002@hansalim 90)"
    "$LEDGERD" export "$LEDGERS/open/night" --data "$LEDGERS/main" 3>&-
    mkdir -m 755 "$LEDGERS/safe"
    "${AS_LEDGERD[@]}" tar -C "$LEDGERS/main" -cf - log.key clerk.key | tar -C "$LEDGERS/safe" -xf -
}

setup() {
    wire_adopt main
    [ "$(id -u)" -eq 0 ] && USER_OPTION=() || USER_OPTION=(--user "$(id -un)")
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

drill() { # OPTION...
    run "$BATS_TEST_DIRNAME/../../scripts/backup-drill" --work "$LEDGERS/open" "${USER_OPTION[@]}" "$@" 3>&-
    echo "$output"
    # Neither folders nor a database of the drill are left.
    [ -z "$(ls -d "$LEDGERS"/open/pumasi-drill.* 2> /dev/null)" ] || die 'the drill left a folder behind'
}

ends() { # STATUS WORDS
    [ "$status" -eq "$1" ] && [[ $output == *"$2"* ]] || die "status $status instead of $1, or not: $2"
}

spoilt() { # a copy of the backup, in $try
    try=$LEDGERS/open/$BATS_TEST_NUMBER
    "${AS_LEDGERD[@]}" cp -R "$LEDGERS/open/night" "$try"
}

@test "a backup made now would save the operator, and the ledger goes on" {
    local before
    before=$(log_size)
    drill --data "$LEDGERS/main" --keys "$LEDGERS/safe"
    ends 0 "This backup would have saved you: all of it is there"
    [[ $output == *"Verified and rebuilt $before records"* ]]
    [[ $output == *"$before records and 2 balances that aren't zero are the same."* ]]
    [[ $output == *'It ends with the very checkpoint that was signed last.'* ]]
    [[ $output == *'They are those that the ledger uses.'* ]]
    [ "$(log_size)" -eq "$before" ]
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
}

@test "last night's backup: how much came after it is said" {
    local lost
    posted "$(payment m0002@hansalim m0000@hansalim 30)"
    lost=$(($(log_size) - $(jq .size < <("${AS_LEDGERD[@]}" cat "$LEDGERS/open/night/ledger.json"))))
    [ "$lost" -ge 1 ]
    cd "$LEDGERS" # paths may be said from where one is
    drill --data main --keys safe --export open/night
    ends 0 "would have saved you, but for the last $lost records"
}

@test "the newer of the two checkpoints in the file counts, wherever it stands" {
    local _
    # Each posts one record, whose checkpoint goes to the other slot.
    for _ in 1 2; do
        posted "$(payment m0000@hansalim m0002@hansalim 2)"
        drill --data "$LEDGERS/main" --keys "$LEDGERS/safe"
        ends 0 "This backup would have saved you: all of it is there"
        [[ $output == *'It ends with the very checkpoint that was signed last.'* ]]
    done
}

@test "without copies of the keys it says what that means" {
    drill --data "$LEDGERS/main" --export "$LEDGERS/open/night"
    ends 0 'you showed no copies of log.key and clerk.key'
}

@test "keys of another ledger would not save anybody" {
    ledger_init other
    mkdir -m 755 "$LEDGERS/wrong"
    "${AS_LEDGERD[@]}" tar -C "$LEDGERS/other" -cf - log.key clerk.key | tar -C "$LEDGERS/wrong" -xf -
    drill --data "$LEDGERS/main" --keys "$LEDGERS/wrong" --export "$LEDGERS/open/night"
    ends 1 'THIS BACKUP WOULD NOT HAVE SAVED YOU'
    drill --data "$LEDGERS/main" --keys "$LEDGERS/nowhere" --export "$LEDGERS/open/night"
    ends 1 'THIS BACKUP WOULD NOT HAVE SAVED YOU'
}

@test "a damaged backup, half of one, and none" {
    spoilt
    "${AS_LEDGERD[@]}" sed -i '20s/.\{10\}$/AAAAAAAAAA/' "$try/records"
    drill --data "$LEDGERS/main" --keys "$LEDGERS/safe" --export "$try"
    ends 1 'THIS BACKUP WOULD NOT HAVE SAVED YOU'
    "${AS_LEDGERD[@]}" cp "$LEDGERS/open/night/records" "$try/records"
    "${AS_LEDGERD[@]}" truncate -s -2000 "$try/records"
    drill --data "$LEDGERS/main" --keys "$LEDGERS/safe" --export "$try"
    ends 1 'THIS BACKUP WOULD NOT HAVE SAVED YOU'
    drill --data "$LEDGERS/main" --keys "$LEDGERS/safe" --export "$LEDGERS/open/nothing"
    ends 1 'THIS BACKUP WOULD NOT HAVE SAVED YOU. There is no folder'
}

@test "a backup of another ledger, and a database that lost records" {
    ledger_init second
    ledger_start second
    ledger_wait second
    "$HAMMER" setup "$(ledger_url second)" --members 4
    drill --data "$LEDGERS/second" --export "$LEDGERS/open/night"
    ends 1 'It has 45 records, and the ledger that runs only 44'
    wire_meet second
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    drill --data "$LEDGERS/second" --export "$LEDGERS/open/night"
    ends 1 'Its records are not those of the ledger that runs'
    ledger_stop second
    # Balances that were meddled with in the database of the ledger that runs.
    drill --data "$LEDGERS/main" --export "$LEDGERS/open/night"
    ends 0 'would have saved you'
    ledger_psql main -c "UPDATE legs SET amount = amount + 1 WHERE amount > 0"
    drill --data "$LEDGERS/main" --export "$LEDGERS/open/night"
    ledger_psql main -c "UPDATE legs SET amount = amount - 1 WHERE amount > 0"
    ends 1 'Its balances are not those of the ledger that runs'
}

@test "to another cluster of PostgreSQL's, as for a new version" {
    drill --data "$LEDGERS/main" --keys "$LEDGERS/safe" --pg_bin "$(pg_bin)"
    ends 0 "Restored with PostgreSQL $(basename "$(dirname "$(pg_bin)")")."
}
