#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Lines between co-ops, payments over them, and what each side sees (docs/protocol.md 4.5 and 4.12). The rules alone:
# tests/unit/test_rules_line.c; which way is taken: tests/unit/test_network.c.

load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost

setup_file() {
    ledger_setup
    ledger_init main
    ledger_start main
    ledger_wait main
    "$HAMMER" setup "$(ledger_url main)" --members 8
    wire_meet main
}

setup() {
    wire_adopt main
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

line() { # COOP PARTNER LIMIT TRANSIT [UNIT]
    act line.set "$1" "{\"coop\":\"$1\",\"partner\":\"$2\",\"unit\":\"${5:-hour}\",\"limit\":$3,\"transit\":$4}" \
        "treasurer1@$1" "treasurer2@$1"
}

balance() { # ACCOUNT
    ledger_psql main -c "SELECT balance FROM accounts WHERE account = '$1'"
}

@test "a line is given by treasurers, and blocks what is more" {
    refused 422 line-exhausted "$(payment m0000@hansalim m0001@mapo 5)"
    posted "$(line mapo hansalim 100 false)"
    [ "$(ledger_psql main -c "SELECT most, transit, seq FROM lines WHERE line = 'mapo/hansalim/hour'")" = '100|f|1' ]
    refused 422 unknown-account "$(line mapo nowhere 100 false)"
    refused 422 same-account "$(line mapo mapo 100 false)"
    refused 422 unknown-unit "$(line mapo hansalim 100 false gold)"
    refused 422 line-exhausted "$(payment m0000@hansalim m0001@mapo 101)"
    posted "$(payment m0000@hansalim m0001@mapo 70)"
    [ "$(balance '!pos.mapo@hansalim/hour') $(balance '!pos.hansalim@mapo/hour')" = '70 -70' ]
    refused 422 line-exhausted "$(payment m0002@hansalim m0003@mapo 31)"
    posted "$(payment m0003@mapo m0002@hansalim 20)"
    [ "$(balance '!pos.mapo@hansalim/hour') $(balance '!pos.hansalim@mapo/hour')" = '50 -50' ]
}

@test "a reversal goes back over the line, also after a restart" {
    posted "$(payment m0000@hansalim m0001@mapo 30)"
    record=$INDEX
    ledger_stop main
    ledger_start main
    ledger_wait main
    posted "$(act reversal m0001@mapo "{\"record\":$record,\"amount\":10}" m0001@mapo)"
    [ "$(balance '!pos.mapo@hansalim/hour') $(balance '!pos.hansalim@mapo/hour')" = '70 -70' ]
    refused 422 line-exhausted "$(payment m0000@hansalim m0001@mapo 31)"
    posted "$(line mapo hansalim 60 true)"
    refused 422 line-exhausted "$(payment m0000@hansalim m0001@mapo 1)"
    posted "$(payment m0001@mapo m0000@hansalim 15)"
    posted "$(payment m0000@hansalim m0001@mapo 5)"
}

@test "a ledger made anew of the records has the same lines and positions" {
    check_rebuild main
}
