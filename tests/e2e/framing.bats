#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Requests whose end a proxy could see elsewhere than ledgerd does: what follows on the connection must
# never be taken for a request of its own.

load ../lib/ledger
load ../lib/tls
load ../lib/framing

setup_file() {
    ledger_setup
    tls_setup main
    ledger_init main
    ledger_start main
    ledger_wait main
}

setup() {
    ledger_adopt main
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

# Sends the bytes that printf makes of it, in the clear and by TLS: no difference is to be seen.
send() { # FORMAT ANSWERS
    local plain
    framing_send "${LEDGER_PORT[main]}" "$1" "$2"
    plain=$STATUSES$CLOSED
    framing_send_tls "$1" "$2"
    [ "$plain" = "$STATUSES$CLOSED" ] || die "in the clear: $plain, by TLS: $STATUSES$CLOSED"
}

refused() { # FORMAT: 400, and the connection is over
    send "$1" ALL
    [ "$STATUSES$CLOSED" = '400 yes' ] || die "answered: $STATUSES, closed: $CLOSED"
}

SECOND='GET /checkpoint HTTP/1.1\r\nHost: y\r\n\r\n'
JSON='POST /v1/acts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'

@test "a body where none is taken, two lengths, two codings" {
    refused 'GET /v1/ledger HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}'"$SECOND"
    refused 'GET /v1/ledger HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'"$SECOND"
    refused 'HEAD /v1/ledger HTTP/1.1\r\nHost: x\r\nContent-Length: 38\r\n\r\n'"$SECOND"
    refused "$JSON"'Content-Length: 2\r\nContent-Length: 42\r\n\r\n{}'"$SECOND"
    refused "$JSON"'Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n'"$SECOND"
    refused "$JSON"'Transfer-Encoding: gzip, chunked\r\nContent-Length: 2\r\n\r\n{}'"$SECOND"
    refused "$JSON"'Content-Length: +2\r\n\r\n{}'"$SECOND"
}

@test "requests that are clear about it follow each other on a connection" {
    send 'GET /v1/ledger HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'"$SECOND" 2
    [ "$STATUSES" = '200 404 ' ] || [ "$STATUSES" = '200 503 ' ] || die "answered: $STATUSES" # no checkpoint yet
    [ "$CLOSED" = no ]
    send "$JSON"'Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n''GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n' 2
    [ "$STATUSES" = '400 200 ' ] || die "answered: $STATUSES"
}
