#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# The front door in the open: clients that are slow, many, huge or mad. Each is cut off, and a well-behaved one
# doesn't notice. What a single request may look like: tests/e2e/framing.bats, tests/unit/test_ledgerd_http_head.c.

load ../lib/ledger
load ../lib/nothing_lost

setup() {
    ledger_setup
    OPTIONS[a]="--request_timeout_ms 5000 $UNDER_LOAD"
    ledger_init a
    ledger_start a
    ledger_wait a
}

teardown() {
    ledger_teardown
}

HEAD='POST /v1/acts HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n'

# Connects, sends what printf makes of the format, and then goes on with a byte every fifth of a second. The status that
# it is answered goes to FILE; nothing when there is no answer within two minutes.
trickle() { # FILE FORMAT
    local wire line=
    exec {wire}<> "/dev/tcp/127.0.0.1/${LEDGER_PORT[a]}"
    # shellcheck disable=SC2059
    printf "$2" >&"$wire"
    while printf x >&"$wire"; do sleep 0.2; done 2> /dev/null &
    IFS= read -r -t 120 -u "$wire" line || true
    kill $! 2> /dev/null || true
    wait $! 2> /dev/null || true
    echo "${line:9:3}" > "$1"
    exec {wire}>&-
}

@test "whoever sends slowly is cut off, however steadily he sends" {
    local dir=$BATS_TEST_TMPDIR pids=()
    trickle "$dir/head" 'GET /v1/ledger HTTP/1.1\r\nX: ' & pids+=($!)
    trickle "$dir/line" 'GET /' & pids+=($!)
    trickle "$dir/body" "$HEAD"'Content-Length: 100000\r\n\r\n' & pids+=($!)
    trickle "$dir/chunk" "$HEAD"'Transfer-Encoding: chunked\r\n\r\nfff\r\n' & pids+=($!)
    trickle "$dir/trailer" "$HEAD"'Transfer-Encoding: chunked\r\n\r\n0\r\nX: ' & pids+=($!)
    wait "${pids[@]}"
    for name in head line body chunk trailer; do
        [ "$(cat "$dir/$name")" = 408 ] || die "$name: $(cat "$dir/$name")"
    done
}

@test "heads and bodies have a size, and bodies in flight together" {
    local port=${LEDGER_PORT[a]} i status url pids=()
    url=$(ledger_url a)
    # So long may a body take, as several large ones are to be there at once.
    ledger_stop a
    OPTIONS[a]="--request_timeout_ms 60000"
    ledger_start a
    ledger_wait a
    status=$(curl -s -m 120 -o /dev/null -w '%{http_code}' -H "X: $(head -c 8200 /dev/zero | tr '\0' x)" "$url/v1/ledger")
    [ "$status" = 431 ] || die "a head of over 8 KiB: $status"
    # One that says it is too long is answered at once, and one that is, when it is; what the client goes on sending
    # doesn't keep the answer from it.
    head -c 5000000 /dev/zero | tr '\0' '\n' > "$BATS_TEST_TMPDIR/large"
    for more in '' 'Transfer-Encoding: chunked'; do
        status=$(curl -s -m 120 -o /dev/null -w '%{http_code}' -H 'Content-Type: application/x-ndjson' -H 'Expect:' \
            ${more:+-H "$more"} --data-binary "@$BATS_TEST_TMPDIR/large" "$url/v1/acts")
        [ "$status" = 413 ] || die "a body of 5 MB ($more): $status"
    done
    tries() {
        curl -s -m 120 -D "$BATS_TEST_TMPDIR/head" -o "$BATS_TEST_TMPDIR/body" -H 'Content-Type: application/json' \
            -H 'Expect:' -d "$2" "$url/v1/acts"
        grep -q "^HTTP/1.1 $1 " "$BATS_TEST_TMPDIR/head"
    }
    local small='{}' many
    many=$(head -c 70000 /dev/zero | tr '\0' ' ')
    # Who only announces much takes no room.
    for ((i = 0; i < 16; i++)); do
        exec {wire}<> "/dev/tcp/127.0.0.1/$port"
        # shellcheck disable=SC2059
        printf "$HEAD"'Content-Length: 4194304\r\n\r\n' >&"$wire"
    done
    tries 413 "$many" || die "bodies that are only announced keep another one out"
    # Eight of four MiB, but for their last bytes, fit.
    head -c 4194303 "$BATS_TEST_TMPDIR/large" > "$BATS_TEST_TMPDIR/most"
    for ((i = 0; i < 8; i++)); do
        exec {wire}<> "/dev/tcp/127.0.0.1/$port"
        # shellcheck disable=SC2059
        printf "$HEAD"'Content-Length: 4194304\r\n\r\n' >&"$wire"
        cat "$BATS_TEST_TMPDIR/most" >&"$wire" &
        pids+=($!)
    done
    wait "${pids[@]}"
    until_ok 5 tries 503 "$many" || die "bodies over 32 MiB are taken"
    grep -qi '^Retry-After: 1' "$BATS_TEST_TMPDIR/head"
    grep -q '"type":"/problems/busy"' "$BATS_TEST_TMPDIR/body"
    curl -sf -m 120 "$url/healthz" > /dev/null || die "a request without a body suffers"
    # A single act is small, and has room of its own.
    tries 400 "$small" || die "large bodies keep a small one out"
    # Their time over, there is room again.
    until_ok 20 tries 413 "$many" || die "there is no room again"
}

# A client that makes connections and sends each a page of garbage, until it is killed.
garbage() { # SEED
    local wire
    RANDOM=$1
    trap '' PIPE # it goes on where the other side has closed
    while :; do
        exec {wire}<> "/dev/tcp/127.0.0.1/${LEDGER_PORT[a]}" || continue
        case $((RANDOM % 4)) in
        0) head -c $((RANDOM)) /dev/urandom ;;
        1) printf 'GET /v1/ledger HTTP/1.1\r\nHost: x\r\n' && head -c 300 /dev/urandom ;;
        2) printf 'POST /v1/acts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n' ;;
        3) printf 'POST /v1/acts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n' && head -c 900 /dev/urandom ;;
        esac 1>&"$wire"
        exec {wire}>&-
    done
}

@test "a well-behaved client doesn't notice slow headers, slow bodies and garbage" {
    local journal=$LEDGERS/journal pids=() url before
    url=$(ledger_url a)
    command -v slowhttptest > /dev/null || die "slowhttptest is not installed (scripts/deps all)"
    "$HAMMER" setup "$url"
    load_start a "$journal" --load 1 --once
    until_ok 30 more_acks "$journal" 200
    garbage 1 2> /dev/null 3>&- & pids+=($!)
    garbage 2 2> /dev/null 3>&- & pids+=($!)
    before=$(acks "$journal")
    slowhttptest -H -c 300 -r 100 -i 1 -l 8 -p 30 -u "$url/v1/ledger" > "$BATS_TEST_TMPDIR/slow.h" 2>&1 3>&-
    slowhttptest -B -c 300 -r 100 -i 1 -l 8 -p 30 -s 100000 -u "$url/v1/acts" > "$BATS_TEST_TMPDIR/slow.b" 2>&1 3>&-
    # slowhttptest asks like anybody else in between: "service available: YES".
    for kind in h b; do
        grep -a 'service available' "$BATS_TEST_TMPDIR/slow.$kind" | tail -n 1 | grep -q YES ||
            die "slowhttptest -${kind^^}: $(tail -n 20 "$BATS_TEST_TMPDIR/slow.$kind")"
    done
    more_acks "$journal" $((before + 20)) || die "nothing was posted meanwhile"
    kill "${pids[@]}"
    load_stop "$journal"
    [ "$(grep -c "^[UV]"$'\t' "$journal")" -eq 0 ] || die "$(grep "^[UV]"$'\t' "$journal" | head -n 5)"
    check_receipts a "$journal"
    check_books a "$journal"
    # All of them are gone again: what they held is given back.
    few() { [ "$(find "/proc/${LEDGER_PID[a]}/fd" -mindepth 1 | wc -l)" -lt 60 ]; }
    until_ok 20 few || die "connections stay open"
    ledger_stop a
}

@test "an address has so many connections" {
    local net url i wires=() before
    # Our own machine's aren't counted, so that this needs addresses of its own.
    ip -V > /dev/null 2>&1 && unshare --net true 2> /dev/null || skip "no network namespace can be made here"
    ledger_stop a
    unshare --net sleep infinity 3>&- &
    net=$!
    inside=(nsenter --net="/proc/$net/ns/net")
    until_ok 5 in_another_net "$net" || die "no network namespace"
    "${inside[@]}" ip link set lo up
    "${inside[@]}" ip address add 192.0.2.1/24 dev lo
    "${inside[@]}" ip address add 192.0.2.2/24 dev lo
    printf '#!/bin/sh\nexec nsenter --net=/proc/%s/ns/net "%s" "$@"\n' "$net" "$LEDGERD" > "$BATS_TEST_TMPDIR/ledgerd"
    chmod 755 "$BATS_TEST_TMPDIR/ledgerd"
    url=http://192.0.2.1:${LEDGER_PORT[a]}
    LEDGERD=$BATS_TEST_TMPDIR/ledgerd ledger_start a --listen "192.0.2.1:${LEDGER_PORT[a]}"
    asks() { # FROM
        "${inside[@]}" curl -sf -m 20 -o /dev/null --interface "$1" "$url/healthz"
    }
    until_ok 60 asks 192.0.2.2 || die "it isn't served there"
    "${inside[@]}" bash -c 'ulimit -n 400
        for ((i = 0; i < 256; i++)); do exec {wire}<> "/dev/tcp/192.0.2.1/$1" || exit 1; done
        echo held; exec sleep infinity' - "${LEDGER_PORT[a]}" > "$BATS_TEST_TMPDIR/held" 3>&- &
    holder=$!
    until_ok 20 grep -q held "$BATS_TEST_TMPDIR/held" || die "256 connections can't be had"
    refused() {
        ! asks 192.0.2.1
    }
    until_ok 5 refused || die "the 257th is taken"
    asks 192.0.2.2 || die "another address suffers"
    before=$("${inside[@]}" curl -sf -m 60 \
        "http://127.0.0.1:$((LEDGER_PORT[a] + METRICS_ABOVE))/metrics" | sed -n 's/^pumasi_http_connections_refused_total //p')
    [ "$before" -ge 1 ] || die "not counted: $before"
    kill "$holder"
    until_ok 20 asks 192.0.2.1 || die "there is no room again"
    ledger_stop a
    kill "$net"
}

in_another_net() { # PID
    [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}
