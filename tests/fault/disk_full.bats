#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# The disk gets full in the middle of a load: posts are refused with 503, reads go on, nothing that was
# acknowledged is lost, and posting goes on by itself once there is space again.

load ../lib/ledger
load ../lib/nothing_lost

setup() {
    ledger_setup
}

teardown() {
    local name
    for name in "${!LEDGER_PID[@]}"; do
        until_ok 60 ledger_has_ended "$name" || true
    done
    until_ok 30 is_unmounted || echo "$LEDGERS/a stays mounted"
    ledger_teardown
}

is_unmounted() {
    ! mountpoint -q "$LEDGERS/a" || umount "$LEDGERS/a" 2> /dev/null
}

# Without space PostgreSQL may get up again or not: either is seen.
away_or_back() { # RESTARTS: how often it was started before
    ! ledger_in_mode a posting || [ "$(ledger_metrics a database_restarts_total)" -gt "$1" ]
}

no_disk_is_full() {
    [ "$(ledger_metrics a disk_full)" -eq 0 ]
}

fill_up() { # leaves BYTES free
    local free
    free=$(($(df --output=avail -B1 "$LEDGERS/a" | tail -n 1) - $1))
    head -c "$free" /dev/zero >> "$LEDGERS/a/filler" 2> /dev/null || true
}

reads_go_on() { # each read answers, 503 at worst
    local path status
    for path in /healthz /checkpoint /v1/ledger /v1/coops; do
        status=$(curl -s -m 120 -o /dev/null -w '%{http_code}' "$(ledger_url a)$path")
        echo "GET $path: $status" >> "$LEDGERS/reads"
        case $path:$status in
        *:200 | /v1/*:503) ;;
        *) die "GET $path is answered $status while the disk is full" || return 1 ;;
        esac
    done
}

@test "a full disk: posts are refused with 503, posting goes on when there is space" {
    local journal=$LEDGERS/journal before later left restarts
    mkdir "$LEDGERS/a"
    [ "$(id -u)" -eq 0 ] || skip "only root can mount a small file system"
    mount -t tmpfs -o size=160m,mode=755 tmpfs "$LEDGERS/a" 2> /dev/null || skip "mounting is not permitted here"
    ledger_init a
    printf '%s\n' 'max_wal_size = 32MB' 'min_wal_size = 32MB' > "$LEDGERS/a/postgresql.conf"
    chmod 644 "$LEDGERS/a/postgresql.conf"
    OPTIONS[a]=$UNDER_LOAD
    ledger_start a
    ledger_wait a
    "$HAMMER" setup "$(ledger_url a)"
    load_start a "$journal" --load 1
    # Nothing free at all; then a little, so that it happens elsewhere: in a table, the WAL, the
    # checkpoint's file.
    for left in 0 4096 1000000; do
        before=$(acks "$journal")
        until_ok 30 more_acks "$journal" $((before + 300))
        later=$(put_off "$journal")
        fill_up "$left"
        until_ok 120 more_put_off "$journal" "$later" ||
            die "$left bytes left: no post was answered 503; $(df "$LEDGERS/a" | tail -n 1)" \
                "readyz: $(curl -s -m 5 "$(ledger_url a)/readyz")"
        if [ "$left" -eq 4096 ]; then # and PostgreSQL has to recover without any space
            restarts=$(ledger_metrics a database_restarts_total)
            ledger_pg_pids a | xargs kill -KILL || true # some end by themselves when the first is gone
            until_ok 60 away_or_back "$restarts" || die "PostgreSQL was killed, and ledgerd takes no notice"
        fi
        reads_go_on
        echo "# $left bytes left: 503 after $(($(acks "$journal") - before)) acts, mode $(ledger_mode a)," \
            "disk_full $(ledger_metrics a disk_full)" >&3
        rm "$LEDGERS/a/filler"
        before=$(acks "$journal")
        until_ok 60 more_acks "$journal" $((before + 300)) ||
            die "nothing is posted though there is space again: readyz $(curl -s -m 5 "$(ledger_url a)/readyz")"
        until_ok 20 no_disk_is_full || die "still counted as full"
    done
    load_stop "$journal"
    check_receipts a "$journal"
    check_books a "$journal"
    check_rebuild a
    ledger_stop a
}
