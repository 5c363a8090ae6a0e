#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# The disk takes its time, or fails, at the checkpoint outside of the database, while the batch after it is
# committed already: nothing is acknowledged before the checkpoint that covers it is written. Opening a
# FIFO waits, and a folder can't be written over.

load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost

setup() {
    ledger_setup
    wire_start a 4
    SIZE=$(log_size)
    FILE=$LEDGERS/a/checkpoint
    ACTS=()
    SENDERS=()
}

teardown() {
    ledger_teardown
}

is_size() {
    [ "$(ledger_psql a -c 'SELECT size FROM head')" -eq "$1" ]
}

# The next write of a checkpoint waits until somebody reads the FIFO.
hold_up() {
    ln "$FILE" "$LEDGERS/kept"
    mkfifo -m 644 "$LEDGERS/fifo"
    [ "$(id -u)" -ne 0 ] || chown ledgerd: "$LEDGERS/fifo"
    ln "$LEDGERS/fifo" "$LEDGERS/fifo.2"
    mv -f "$LEDGERS/fifo" "$FILE"
}

let_go() {
    : < "$LEDGERS/fifo.2"
}

send() { # in the background: its answer is in $BODY.N
    local n=${#ACTS[@]}
    ACTS+=("$(payment m0000@hansalim m0002@hansalim $((7 + n)))")
    (BODY=$BODY.$n && post "${ACTS[n]}") 3>&- &
    SENDERS+=($!)
}

is_answered() { # N STATUS
    [ -s "$BODY.$1" ] && head -n 1 "$BODY.$1.head" | grep -q "^HTTP/1.1 $2 "
}

three_in_hand() {
    [ "$(ledger_metrics a queue_length)" -eq 3 ]
}

none_answered() {
    [ ! -e "$BODY.0" ] && [ ! -e "$BODY.1" ] && [ ! -e "$BODY.2" ]
}

# One batch waits for its checkpoint, one is committed behind it, and one act has to wait.
three_acts_wait() { # [SECONDS]: between the first two
    hold_up
    send
    until_ok 20 is_size $((SIZE + 1)) || die "the first isn't committed"
    sleep "${1:-0}"
    send
    until_ok 20 is_size $((SIZE + 2)) || die "the second isn't committed while the first waits"
    send
    until_ok 20 three_in_hand || die "the third isn't there"
    none_answered || die "answered without a checkpoint: $(cat "$BODY".?)"
    curl -sf -m 60 "$URL/checkpoint" | sed -n 2p | grep -qx "$SIZE" || die "a checkpoint is shown that isn't written"
}

# Sent again as anybody does who is told 503, such as while the queries' connections come back.
again_is() { # N STATUS INDEX
    until_ok 20 isnt_busy "${ACTS[$1]}" && answered "$2" ".index == $3"
}

isnt_busy() { # SUBMISSION
    post "$1" && [ "$STATUS" != 503 ]
}

covers() { # SIZE: in one slot of the file, and shown
    grep -qsx "$1" "$FILE" && curl -sf -m 60 "$URL/checkpoint" | sed -n 2p | grep -qx "$1"
}

@test "a checkpoint that takes its time: the next batch is committed, no answer is given before it" {
    local n
    three_acts_wait 1.5 # the poster has looked for acts in vain meanwhile
    let_go
    for n in 0 1 2; do
        until_ok 20 is_answered "$n" 201 || die "act $n: $(cat "$BODY.$n" "$BODY.$n.head")"
        jq -e ".index == $((SIZE + n))" "$BODY.$n"
    done
    is_size $((SIZE + 3))
    covers $((SIZE + 3))
    check_rebuild a
    ledger_stop a
}

@test "a checkpoint that can't be written: 503 for it and for what was committed behind it, until it can" {
    local n
    three_acts_wait
    mkdir "$LEDGERS/folder"
    rm "$FILE"
    mv -T "$LEDGERS/folder" "$FILE"
    let_go
    for n in 0 1 2; do
        until_ok 20 is_answered "$n" 503 || die "act $n: $(cat "$BODY.$n" "$BODY.$n.head")"
    done
    is_size $((SIZE + 2))
    again=$(payment m0000@hansalim m0002@hansalim 3)
    refused 503 busy "$again"
    refused 503 busy "${ACTS[0]}" # committed, but nothing may be said of it
    is_size $((SIZE + 2))
    rmdir "$FILE"
    until_ok 20 covers $((SIZE + 2)) || die "the checkpoint isn't made up for"
    again_is 0 200 "$SIZE"
    again_is 1 200 $((SIZE + 1))
    again_is 2 201 $((SIZE + 2))
    again_is 2 200 $((SIZE + 2))
    covers $((SIZE + 3))
    ledger_stop a
}

@test "killed with two batches committed and neither published: both are found when sent again" {
    three_acts_wait
    ledger_kill a
    wait "${SENDERS[@]}" || true
    none_answered || ! grep -l '"index"' "$BODY".? || die "answered: $(cat "$BODY".?)"
    mv -f "$LEDGERS/kept" "$FILE"
    ledger_start a
    ledger_wait a
    is_size $((SIZE + 2))
    covers $((SIZE + 2))
    again_is 0 200 "$SIZE"
    again_is 1 200 $((SIZE + 1))
    again_is 2 201 $((SIZE + 2))
    ledger_stop a
}

@test "PostgreSQL is killed with two batches committed and neither published" {
    three_acts_wait
    ledger_pg_pids a | xargs kill -KILL || true # some end by themselves when the first is gone
    let_go
    until_ok 20 is_answered 0 201
    until_ok 20 is_answered 1 201
    until_ok 60 is_answered 2 201 || die "the third: $(cat "$BODY.2" "$BODY.2.head")"
    again_is 0 200 "$SIZE"
    again_is 1 200 $((SIZE + 1))
    again_is 2 200 $((SIZE + 2))
    covers $((SIZE + 3))
    ledger_stop a
}

# SIGTERM: what waits is answered first.
@test "ledgerd ends while a checkpoint takes its time: everything taken is posted and answered" {
    local n
    three_acts_wait
    kill -TERM "$(ledger_pid a)"
    let_go
    wait "${SENDERS[@]}" || true
    for n in 0 1 2; do
        is_answered "$n" 201 || die "act $n: $(cat "$BODY.$n" "$BODY.$n.head")"
    done
    wait "$(ledger_pid a)"
    ledger_start a
    ledger_wait a
    is_size $((SIZE + 3))
    covers $((SIZE + 3))
    ledger_stop a
}
