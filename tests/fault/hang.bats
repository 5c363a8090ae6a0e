#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# A database that says nothing: every PostgreSQL process is stopped for longer than a statement may
# take. Nobody waits for ever, and all goes on once it is awake.

load ../lib/ledger
load ../lib/nothing_lost

setup() {
    ledger_setup
}

teardown() {
    ledger_pg_pids a | xargs -r kill -CONT 2> /dev/null || true
    ledger_teardown
}

# Stops what still runs of it; true when all was stopped before. One of its processes may end, or be a new one, until
# the first of them is stopped.
pg_is_stopped() {
    local pid running=0
    for pid in $(ledger_pg_pids a); do
        if ! grep -qs '^State:.T' "/proc/$pid/status"; then
            kill -STOP "$pid" 2> /dev/null || true
            running=1
        fi
    done
    [ "$running" -eq 0 ]
}

answers() { # PATH STATUS...: one of these, after a while
    local status path=$1
    shift
    status=$(curl -s -m 120 -o /dev/null -w '%{http_code}' "$(ledger_url a)$path")
    [[ " $* " == *" $status "* ]] || die "GET $path while the database hangs: $status, expected $*"
}

@test "a database that hangs: posts and reads are answered 503, then all goes on" {
    local journal=$LEDGERS/journal turn before later
    OPTIONS[a]="--statement_timeout_ms 1000 $UNDER_LOAD"
    ledger_init a
    ledger_start a
    ledger_wait a
    "$HAMMER" setup "$(ledger_url a)"
    load_start a "$journal" --load 1
    for turn in 1 2; do
        before=$(acks "$journal")
        until_ok 30 more_acks "$journal" $((before + 200)) || die "turn $turn: nothing is posted"
        until_ok 20 pg_is_stopped || die "turn $turn: PostgreSQL isn't stopped"
        later=$(put_off "$journal")
        answers /healthz 200
        answers /checkpoint 200
        answers /v1/ledger 503
        until_ok 60 more_put_off "$journal" $((later + 20)) || die "turn $turn: no post was answered 503"
        ledger_pg_pids a | xargs kill -CONT || true
    done
    before=$(acks "$journal")
    until_ok 60 more_acks "$journal" $((before + 200)) || die "nothing is posted, mode $(ledger_mode a)"
    until_ok 10 answers /v1/ledger 200 2> /dev/null || die "reads don't come back"
    load_stop "$journal"
    check_receipts a "$journal"
    check_books a "$journal"
    check_rebuild a
    ledger_stop a
}
