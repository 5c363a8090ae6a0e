#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# SIGTERM in the middle of a load; and a database that isn't the one of the last checkpoint.

load ../lib/ledger
load ../lib/nothing_lost

setup() {
    ledger_setup
}

teardown() {
    ledger_teardown
}

start_with_members() {
    OPTIONS[a]=$UNDER_LOAD
    ledger_init a
    ledger_start a
    ledger_wait a
    "$HAMMER" setup "$(ledger_url a)"
}

pg_is_gone() {
    [ -z "$(ledger_pg_pids a)" ]
}

# ledgerd is told to stop: it ends with status 0, and PostgreSQL has ended before it. (But for its logger, which ends when
# it sees that nobody writes any more, and for what was killed and has not been taken away yet.)
stop() {
    local status=0
    ledger_stop a || status=$?
    [ "$status" -eq 0 ] || die "SIGTERM: exit status $status" || return 1
    until_ok 20 pg_is_gone || die "PostgreSQL still runs: $(ledger_pg_pids a)"
}

stop_cleanly() { # and PostgreSQL wasn't just left behind
    local state
    stop || return 1
    [ ! -e "$LEDGERS/a/pg/postmaster.pid" ] || die "postmaster.pid is left" || return 1
    state=$(LC_ALL=C "$(pg_bin)/pg_controldata" "$LEDGERS/a/pg" | sed -n 's/^Database cluster state: *//p')
    [ "$state" = "shut down" ] || die "PostgreSQL's cluster is: $state"
}

# Every record of these loads was acknowledged, at once: nothing was sent a second time.
all_answered() { # JOURNAL
    local lost
    lost=$(comm -23 \
        <(ledger_psql a -c "SELECT jti FROM records WHERE jti LIKE 'load%' AND jti NOT LIKE 'load%-c999-%'" | sort) \
        <(awk -F'\t' '$1 == "A" { print $2 }' "$1" | sort -u))
    [ -z "$lost" ] || die "posted, and never answered:" "$lost"
}

@test "SIGTERM in the middle of a load: what was taken is answered, PostgreSQL stops cleanly" {
    local journal=$LEDGERS/journal n
    start_with_members
    RANDOM=${FAULT_SEED:-1}
    for n in 1 2 3 4 5; do
        before=$(acks "$journal")
        load_start a "$journal" --load "$n" --once
        until_ok 30 more_acks "$journal" $((before + 100 + RANDOM % 300)) || die "the load doesn't begin: $(cat "$journal.out")"
        stop_cleanly
        load_stop "$journal"
        echo "# $(cat "$journal.out")" >&3
        ledger_start a
        ledger_wait a
        all_answered "$journal"
        check_books a "$journal"
    done
    check_receipts a "$journal"
    ledger_stop a
}

@test "SIGTERM while PostgreSQL is being started again" {
    local journal=$LEDGERS/journal n
    start_with_members
    for n in 1 2 3; do
        load_start a "$journal" --load "$n"
        until_ok 30 more_acks "$journal" $(($(acks "$journal") + 100)) || die "the load doesn't begin: $(cat "$journal.out")"
        ledger_pg_pids a | xargs kill -KILL || true # some end by themselves when the first is gone
        [ "$n" -eq 1 ] || sleep "0.$((n * 5))"
        stop
        load_stop "$journal"
        ledger_start a
        ledger_wait a
        check_receipts a "$journal"
        check_books a "$journal"
    done
    ledger_stop a
}

clerk_waits() {
    [ "$(ledger_psql a -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ledgerd clerk'
        AND wait_event_type = 'Lock'")" -eq 1 ]
}

lock_is_held() {
    [ "$(ledger_psql a -c "SELECT count(*) FROM pg_locks WHERE relation = 'snapshots'::regclass AND granted
        AND mode = 'AccessExclusiveLock'")" -eq 1 ]
}

# The clerk's statements may take as long as ten others, 100 s. It begins a second after ledgerd has, which is
# stopped until the lock is there: should it have been quicker all the same, it is started again.
@test "SIGTERM while the clerk waits for the database" {
    local try start
    ledger_init a
    for ((try = 0; try < 20; try++)); do
        ledger_start a
        ledger_wait a
        kill -STOP "$(ledger_pid a)"
        ledger_psql a -c 'BEGIN; LOCK TABLE snapshots; SELECT pg_sleep(600)' > /dev/null 2>&1 3>&- &
        until_ok 20 lock_is_held || die "no lock"
        kill -CONT "$(ledger_pid a)"
        if within 10 clerk_waits; then
            start=$SECONDS
            stop_cleanly
            [ $((SECONDS - start)) -lt 90 ] || die "it took $((SECONDS - start)) s to stop"
            ! grep "can't be made now" "$LEDGERS/a.log" || die "it complains of its own stopping"
            return
        fi
        stop_cleanly
    done
    die "the clerk never met the lock"
}

# ledgerd doesn't post, says so in every place, and still answers queries.
refuses_to_post() { # WHY, as in the log
    local journal=$LEDGERS/refused.$RANDOM
    until_ok 30 ledger_in_mode a "stopped: fork" || die "mode $(ledger_mode a)" || return 1
    ! ledger_is_up a || die "/readyz is 200" || return 1
    grep -q "$1" "$LEDGERS/a.log" || die "the log doesn't say: $1" || return 1
    [ "$(ledger_metrics a fork_seen)" = 1 ] || die "/metrics: fork_seen $(ledger_metrics a fork_seen)" || return 1
    [ "$(ledger_metrics a posting)" = 0 ] || die "/metrics: posting $(ledger_metrics a posting)" || return 1
    curl -sf -m 60 "$(ledger_url a)/v1/ledger" | is_true '.state == "open"' || die "/v1/ledger fails" || return 1
    curl -sf -m 60 "$(ledger_url a)/checkpoint" | cmp - <(ledger_checkpoint a) || die "another checkpoint is shown" || return 1
    load_start a "$journal" --load $((100000 + RANDOM)) --connections 2
    until_ok 20 more_put_off "$journal" 20 || die "posts aren't answered 503: $(cut -c 1-200 "$journal" | tail -n 5)" || return 1
    load_stop "$journal" || return 1
    ! grep '^[AP]' "$journal" || die "an act was taken"
}

some_load() { # JOURNAL LOAD: a few hundred acts
    load_start a "$1" --load "$2"
    until_ok 30 more_acks "$1" $(($(acks "$1") + 300)) || die "the load doesn't begin: $(cat "$1.out")" || return 1
    load_stop "$1"
}

@test "a restored old backup, and one that went its own way: ledgerd refuses to post to it" {
    local journal=$LEDGERS/journal size
    start_with_members
    some_load "$journal" 1
    stop_cleanly
    cp -a "$LEDGERS/a/pg" "$LEDGERS/old"
    ledger_start a
    ledger_wait a
    some_load "$journal" 2
    stop_cleanly
    cp -a "$LEDGERS/a/checkpoint" "$LEDGERS/checkpoint"

    # The old files, the checkpoint of the newer ones.
    mv "$LEDGERS/a/pg" "$LEDGERS/newer"
    cp -a "$LEDGERS/old" "$LEDGERS/a/pg"
    ledger_start a
    refuses_to_post "the database is behind the last checkpoint"
    size=$(ledger_checkpoint a | sed -n 2p)
    [ "$(ledger_psql a -c 'SELECT size FROM head')" -lt "$size" ] || die "something was posted"
    stop_cleanly

    # Somebody takes the checkpoint away and posts on; then it is back.
    rm "$LEDGERS/a/checkpoint"
    ledger_start a
    ledger_wait a
    load_start a "$LEDGERS/fork" --load 3
    until_ok 60 covers "$size" || die "the load doesn't pass $size"
    load_stop "$LEDGERS/fork"
    stop_cleanly
    cp -a "$LEDGERS/checkpoint" "$LEDGERS/a/checkpoint"
    ledger_start a
    refuses_to_post "the database disagrees with the last checkpoint"
    stop_cleanly

    # The right one again.
    rm -r "$LEDGERS/a/pg"
    mv "$LEDGERS/newer" "$LEDGERS/a/pg"
    ledger_start a
    ledger_wait a
    some_load "$journal" 4
    check_receipts a "$journal"
    check_books a "$journal"
    ledger_stop a
}

covers() { # SIZE: the log has grown beyond it
    [ "$(ledger_psql a -c 'SELECT size FROM head')" -gt "$1" ]
}
