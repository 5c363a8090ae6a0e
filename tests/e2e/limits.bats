#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Limits per address, of clients that come through a proxy: curl here is the proxy that ledgerd trusts, and says in
# X-Forwarded-For who asks. Who that is by which header: tests/unit/test_ledgerd_forwarded.c.

load ../lib/ledger
load ../lib/wire

setup_file() {
    ledger_setup
    OPTIONS[main]='--trusted_proxy 127.0.0.1'
    ledger_init main
    ledger_start main
    ledger_wait main
    "$HAMMER" setup "$(ledger_url main)" --members 4
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

# A request for that client that is at hand for as long as its connection lasts, as its body is still to come.
WIRES=()
hold() { # CLIENT
    local wire
    exec {wire}<> "/dev/tcp/127.0.0.1/${LEDGER_PORT[main]}"
    printf 'POST /v1/acts HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nContent-Length: 9\r\n\r\n{' "$1" >&"$wire"
    WIRES+=("$wire")
}

let_go() {
    local wire
    for wire; do
        exec {wire}>&-
    done
}

@test "an address has so many requests at hand, whatever connections they come by" {
    local i first second
    [ "$(ulimit -n)" -gt 400 ] || ulimit -n 400
    asks() { # CLIENT STATUS
        ask -H "X-Forwarded-For: $1" /healthz
        [ "$STATUS" = "$2" ]
    }
    asks 2001:db8:1:2::9 200
    # Two /64s; the connections are the proxy's, each with a request of whom it pleases.
    for ((i = 0; i < 256; i++)); do
        hold "2001:db8:1:2::$i"
    done
    first=("${WIRES[@]}")
    WIRES=()
    until_ok 10 asks 2001:db8:1:2::9 429 || die "the 257th is taken"
    problem 429 rate-limited
    header Retry-After 1
    header Connection close
    asks '2001:db8:1:2:ffff::7, 127.0.0.1' 429
    asks 2001:db8:1:3::9 200
    asks '2001:db8:1:2::9, 198.51.100.1' 200
    asks 198.51.100.1 200
    ask /healthz # the proxy's own
    answered 200
    for ((i = 0; i < 20; i++)); do
        hold 198.51.100.1
    done
    second=("${WIRES[@]}")
    asks 198.51.100.1 200
    # What one connection held is free again once its request is over.
    let_go "${first[0]}"
    until_ok 10 asks 2001:db8:1:2::9 200 || die "there is no room again"
    [ "$(ledger_metrics main http_connections_refused_total)" -ge 2 ]
    let_go "${first[@]:1}" "${second[@]}"
}
