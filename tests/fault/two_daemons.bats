#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Two ledgerds on one database, each with its own data folder and the same keys: one posts, the other
# stands by. Whatever becomes of the first, there is one history.

load ../lib/ledger
load ../lib/nothing_lost
load ../lib/cluster

# The one that posts says a word each third of it. On a busy machine it may have to wait for its turn, and the other one
# must not take that for the end.
TAKEOVER_MS=6000

setup() {
    ledger_setup
}

teardown() {
    cluster_end
    ledger_teardown
}

# Acts sent to NAME are answered 503, and none is posted there.
refuses_posts() { # NAME
    local journal=$LEDGERS/standby.$RANDOM
    load_start "$1" "$journal" --load $((RANDOM + 100000)) --connections 2
    until_ok 20 more_put_off "$journal" 20 || die "$1 doesn't answer posts: $(cut -c 1-200 "$journal" | tail -n 5)" || return 1
    load_stop "$journal" || return 1
    # A broken signature needs no database to be refused.
    ! grep '^[ARP]' "$journal" | grep -v 'bad-signature$' || die "$1 stands by and took an act"
}

reads_are_served() { # NAME: from the same database, and the checkpoint follows
    local name=$1 size
    curl -sf -m 60 "$(ledger_url "$name")/v1/ledger" | is_true '.state == "open"' ||
        die "$name doesn't serve /v1/ledger" || return 1
    size=$(ledger_psql a -c 'SELECT size FROM head')
    until_ok 10 checkpoint_covers "$name" "$size" ||
        die "$name doesn't follow the log of $size: $(curl -s -m 5 "$(ledger_url "$name")/checkpoint")"
}

checkpoint_covers() { # NAME SIZE
    local shown
    shown=$(curl -sf -m 60 "$(ledger_url "$1")/checkpoint" | sed -n 2p)
    [ "${shown:-0}" -ge "$2" ]
}

# Both told the truth, and the same: every act that either acknowledged is in the one log.
one_history() { # JOURNAL_A JOURNAL_B NAME: the one that posts now
    check_receipts "$3" "$1" && check_receipts "$3" "$2" || return 1
    cat "$1" "$2" > "$LEDGERS/both"
    check_books a "$LEDGERS/both"
}

@test "the second stands by, takes over from one that hangs, and the first never posts again beside it" {
    local ja=$LEDGERS/journal.a jb=$LEDGERS/journal.b load_a turn before
    ledger_init a
    OPTIONS[a]="--takeover_ms $TAKEOVER_MS $UNDER_LOAD"
    ledger_start a
    ledger_wait a
    second_init
    "$HAMMER" setup "$(ledger_url a)"
    OPTIONS[b]=${OPTIONS[a]}
    ledger_start b --database "host=$(ledger_socket a) user=ledger dbname=ledger"
    until_ok 30 ledger_in_mode b standby
    reads_are_served b
    refuses_posts b

    for turn in 1 2; do
        load_start a "$ja" --load "1$turn"
        load_a=$LOAD
        load_start b "$jb" --load "2$turn"
        before=$(acks "$ja")
        until_ok 30 more_acks "$ja" $((before + 200))
        kill -STOP "$(ledger_pid a)"
        before=$(acks "$jb")
        until_ok $((TAKEOVER_MS / 1000 + 15)) more_acks "$jb" $((before + 200)) ||
            die "turn $turn: b doesn't take over: $(ledger_mode b)"
        kill -CONT "$(ledger_pid a)"
        # Awake again, with a batch in hand and requests waiting: it must see that another one posts.
        until_ok 30 ledger_in_mode a standby || die "turn $turn: a woke up and is $(ledger_mode a)"
        before=$(acks "$jb")
        until_ok 30 more_acks "$jb" $((before + 200)) || die "turn $turn: b stopped when a woke up"
        load_stop "$jb"
        LOAD=$load_a
        load_stop "$ja"
        reads_are_served a
        refuses_posts a
        one_history "$ja" "$jb" b
        echo "# turn $turn: $(acks "$ja") acknowledgements from a, $(acks "$jb") from b" >&3
        # The other way round for the next turn: b hangs, a takes over.
        kill -STOP "$(ledger_pid b)"
        until_ok $((TAKEOVER_MS / 1000 + 15)) ledger_in_mode a posting || die "turn $turn: a doesn't take over from b"
        kill -CONT "$(ledger_pid b)"
        until_ok 30 ledger_in_mode b standby || die "turn $turn: b woke up and is $(ledger_mode b)"
    done
    check_rebuild a
    ledger_stop b
    ledger_stop a
}

@test "the second takes over when the first is killed, and the first stands by when it is back" {
    local ja=$LEDGERS/journal.a jb=$LEDGERS/journal.b load_a turn before posts=a stands=b swap
    cluster_start
    LEDGER_SOCKET[a]=$LEDGERS/cluster
    printf '[database]\ndatabase = host=%s user=ledger dbname=ledger\n[posting]\ntakeover_ms = %s\n' \
        "$LEDGERS/cluster" "$TAKEOVER_MS" > "$LEDGERS/two.conf"
    OPTIONS[a]="--config $LEDGERS/two.conf $UNDER_LOAD"
    OPTIONS[b]=${OPTIONS[a]}
    ledger_init a --config "$LEDGERS/two.conf"
    second_init
    ledger_start a
    ledger_wait a
    "$HAMMER" setup "$(ledger_url a)"
    ledger_start b
    until_ok 30 ledger_in_mode b standby

    for turn in 1 2; do
        load_start a "$ja" --load "1$turn"
        load_a=$LOAD
        load_start b "$jb" --load "2$turn"
        before=$(acks "$LEDGERS/journal.$posts")
        until_ok 30 more_acks "$LEDGERS/journal.$posts" $((before + 200))
        ledger_kill "$posts"
        before=$(acks "$LEDGERS/journal.$stands")
        until_ok $((TAKEOVER_MS / 1000 + 15)) more_acks "$LEDGERS/journal.$stands" $((before + 200)) ||
            die "turn $turn: $stands doesn't take over: $(ledger_mode "$stands")"
        ledger_start "$posts"
        until_ok 30 ledger_in_mode "$posts" standby || die "turn $turn: $posts is back and is $(ledger_mode "$posts")"
        load_stop "$jb"
        LOAD=$load_a
        load_stop "$ja"
        swap=$posts posts=$stands stands=$swap
        reads_are_served "$stands"
        one_history "$ja" "$jb" "$posts"
        echo "# turn $turn: $(acks "$ja") acknowledgements from a, $(acks "$jb") from b" >&3
    done
    ledger_stop b
    ledger_stop a
}
