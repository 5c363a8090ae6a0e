#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# PostgreSQL with standbys of its own: what they haven't confirmed is neither acknowledged nor signed. And
# several hosts in `database`.

load ../lib/ledger
load ../lib/wire

setup() {
    ledger_setup
    ledger_init a
    ledger_start a --statement_timeout_ms 8000
    ledger_wait a
    "$HAMMER" setup "$(ledger_url a)" --members 4
    wire_meet a
}

teardown() {
    ledger_teardown
}

setting() { # SQL: and every session knows it
    ledger_psql_super a -c "ALTER SYSTEM $1" -c 'SELECT pg_reload_conf()' > /dev/null
}

poster_waits_for_standby() {
    ledger_psql a -c "SELECT wait_event FROM pg_stat_activity WHERE application_name = 'ledgerd poster'" | grep -qx SyncRep
}

checkpoint_size() {
    curl -sf -m 60 "$URL/checkpoint" | sed -n 2p
}

@test "a commit whose replication isn't confirmed: 503, no checkpoint over it, and later the first receipt" {
    local act size waiting
    size=$(checkpoint_size)
    setting "SET synchronous_standby_names = 'nobody'"
    act=$(payment m0000@hansalim m0002@hansalim 7)
    post "$act" & # answered 503, as is judged from its files
    waiting=$!
    until_ok 10 poster_waits_for_standby || die "the commit doesn't wait for a standby"
    ledger_psql a -c "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'ledgerd poster'"
    wait "$waiting"
    [ "$(head -n 1 "$BODY.head" | cut -d ' ' -f 2)" = 503 ] || die "answered: $(cat "$BODY.head" "$BODY")"
    # It is in the database, and whoever stands by sees it.
    [ "$(ledger_psql a -c 'SELECT size FROM head')" -eq $((size + 1)) ]
    until_ok 20 ledger_in_mode a standby || die "mode $(ledger_mode a)"
    post "$act"
    problem 503 busy
    [ "$(checkpoint_size)" -eq "$size" ]
    [ "$(ledger_checkpoint a | sed -n 2p)" -eq "$size" ]

    setting "RESET synchronous_standby_names"
    until_ok 30 ledger_in_mode a posting
    post "$act"
    answered 200 ".index == $size"
    [ "$(checkpoint_size)" -eq $((size + 1)) ]
    ledger_stop a
}

@test "of several hosts the first one that answers is read from and posted to" {
    # Nobody listens on port 1.
    LEDGER_SOCKET["b"]=$(ledger_socket a)
    mkdir -m 700 "$LEDGERS/b"
    cp -p "$LEDGERS/a/log.key" "$LEDGERS/a/clerk.key" "$LEDGERS/b/"
    [ "$(id -u)" -ne 0 ] || chown -R ledgerd: "$LEDGERS/b"
    ledger_start b --database "host=127.0.0.1,${LEDGER_SOCKET[b]} port=1,5432 dbname=ledger user=ledger"
    ledger_wait b 8
    curl -sf -m 60 "$(ledger_url b)/v1/coops" | is_true '.items | length == 2'
    [ "$(ledger_mode b)" = standby ]
    ledger_stop b
}
