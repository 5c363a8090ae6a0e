#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# HTTPS by ledgerd itself. Requests whose end isn't clear are tried through it in framing.bats.

load ../lib/ledger
load ../lib/wire
load ../lib/client
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
    OPTIONS[main]=$(tls_options)
    client_environment
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

get_tls() { # CURL-ARGUMENT... PATH
    curl -sS -m 120 --cacert "$TLS/ca.pem" "${@:1:$#-1}" "$(tls_url)${*: -1}"
}

serial_in_use() {
    openssl s_client -connect "127.0.0.1:$TLS_PORT" 2> /dev/null < /dev/null | openssl x509 -noout -serial
}

serial_of() { # NAME
    openssl x509 -noout -serial -in "$TLS/$1.pem"
}

uses() { # NAME
    [ "$(serial_in_use)" = "$(serial_of "$1")" ]
}

reload() {
    kill -HUP "${LEDGER_PID[main]}"
}

log_has() { # WORDS
    grep -qF "$1" "$LEDGERS/main.log"
}

@test "a member connects and pays over https, and is not led to somebody else" {
    local who key
    for key in steward:stewards:steward treasurer:hansalim:treasurer registrar:hansalim:registrar \
        member:alice@hansalim:alice member:bob@hansalim:bob; do
        IFS=: read -r role holder name <<< "$key"
        as sora key new --holder "$holder" --role "$role" --out "$name" --no-passphrase > /dev/null 2>&1
    done
    as sora key export steward > "$LEDGERS/steward.jwk"
    TLS_PORT=$(free_port) # a ledger of its own, whose steward sora is
    OPTIONS[own]=$(tls_options)
    ledger_init own
    ledger_start own
    ledger_wait own
    # This system doesn't know the CA.
    run as sora --yes connect "$(tls_url)"
    [ "$status" -eq 4 ] && [[ $output == *"can't show a valid certificate"*"Nothing was sent"* ]] || die "$output"
    # The certificate is another host's.
    run as sora --yes connect "https://127.0.0.1:$TLS_PORT" --ca "$TLS/ca.pem"
    [ "$status" -eq 4 ] && [[ $output == *"can't show a valid certificate"* ]] || die "$output"
    # Another CA made it.
    tls_ca stranger
    run as sora --yes connect "$(tls_url)" --ca "$TLS/stranger.pem"
    [ "$status" -eq 4 ] && [[ $output == *"can't show a valid certificate"* ]] || die "$output"
    run as sora --yes connect "$(tls_url)" --ca "$LEDGERS/steward.jwk"
    [ "$status" -eq 4 ] && [[ $output == *"certificates to trust can't be read"* ]] || die "$output"
    run as sora --yes connect "$(tls_url)" --ca "$LEDGERS/nothing"
    [ "$status" -eq 1 ] || die "$output"
    [ ! -e "$LEDGERS/sora/config/pumasi/default/ca.pem" ]

    as sora --yes connect "$(tls_url)" --ca "$TLS/ca.pem"
    cmp "$TLS/ca.pem" "$LEDGERS/sora/config/pumasi/default/ca.pem"
    as sora --yes open
    as sora unit create hour --name Hour --scale 60 --kind time
    as sora -k steward -k treasurer -k registrar coop create hansalim --name 한살림 --treasurer treasurer \
        --registrar registrar
    as sora policy hansalim hour --floor -20:00 --ceiling 40:00
    for who in alice bob; do
        as sora member create "$who@hansalim" --name "$who" --key-file "$who"
    done
    as sora pay -k alice bob@hansalim 1:30 hour
    run as sora balance -k bob
    [[ $output == *1:30* ]] || die "$output"
    # What was kept is what counts; `system` forgets it.
    cp "$TLS/stranger.pem" "$LEDGERS/sora/config/pumasi/default/ca.pem"
    run as sora balance -k bob
    [ "$status" -eq 4 ] || die "$output"
    as sora connect "$(tls_url)" --ca "$TLS/ca.pem"
    as sora balance -k bob > /dev/null
    run as sora connect "$(tls_url)" --ca system
    [ "$status" -eq 4 ] || die "$output"
    as sora connect "$(ledger_url own)" --ca system
    [ ! -e "$LEDGERS/sora/config/pumasi/default/ca.pem" ]
    ledger_stop own
}

@test "1.2 and 1.3 are spoken, no older one, and http/1.1 only" {
    local said
    for version in 1_2 1_3; do
        said=$(openssl s_client -connect "127.0.0.1:$TLS_PORT" "-tls$version" -alpn h2,http/1.1 2>&1 < /dev/null)
        [[ $said == *"TLSv${version/_/.}"*"ALPN protocol: http/1.1"* ]] || die "$version: $said"
        [[ $said == *"Compression: NONE"* ]] || die "$version: $said"
    done
    said=$(openssl s_client -connect "127.0.0.1:$TLS_PORT" -tls1_1 -cipher DEFAULT@SECLEVEL=0 2>&1 < /dev/null) || true
    [[ $said == *"alert protocol version"* ]] || die "1.1: $said"
    said=$(openssl s_client -connect "127.0.0.1:$TLS_PORT" -alpn h2 2>&1 < /dev/null) || true
    [[ $said == *"alert no application protocol"* ]] || die "h2: $said"
    # Renegotiation is turned down.
    mkfifo "$BATS_TEST_TMPDIR/commands"
    openssl s_client -connect "127.0.0.1:$TLS_PORT" -tls1_2 < "$BATS_TEST_TMPDIR/commands" \
        > "$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
    exec {TO}> "$BATS_TEST_TMPDIR/commands"
    echo R >&"$TO"
    until_ok 10 grep -q 'no renegotiation' "$BATS_TEST_TMPDIR/said" || die "$(cat "$BATS_TEST_TMPDIR/said")"
    exec {TO}>&-
    # A session is taken up again.
    openssl s_client -connect "127.0.0.1:$TLS_PORT" -tls1_2 -sess_out "$BATS_TEST_TMPDIR/session" > /dev/null 2>&1 < /dev/null
    said=$(openssl s_client -connect "127.0.0.1:$TLS_PORT" -tls1_2 -sess_in "$BATS_TEST_TMPDIR/session" 2>&1 < /dev/null)
    [[ $said == *"Reused, TLSv1.2"* ]] || die "no session: $said"
}

@test "SIGHUP brings a new certificate; a broken one leaves the old one in use, loudly" {
    local expiry
    expiry=$(ledger_metrics main tls_certificate_expiry_seconds)
    [ "$expiry" = "$(date +%s -d "$(openssl x509 -noout -enddate -in "$TLS/first.pem" | cut -d= -f2)")" ]
    [ "$(ledger_metrics main tls_reload_failed)" = 0 ]
    uses first
    # A connection from before goes on.
    tls_open
    printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n' >&"$TO"
    framing_answers "$FROM"
    [ "$STATUSES$CLOSED" = '200 no' ]
    tls_certificate second ca DNS:localhost 60
    tls_use second
    reload
    until_ok 10 uses second || die "the new certificate isn't in use"
    printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n' >&"$TO"
    framing_answers "$FROM"
    [ "$STATUSES$CLOSED" = '200 no' ]
    tls_close
    [ "$(ledger_metrics main tls_certificate_expiry_seconds)" -gt "$expiry" ]

    # Half of a file; a key that isn't its; an expired one; none at all.
    broken() { # SENTENCE
        reload
        until_ok 10 log_has "$1" || die "the log doesn't say: $1"
        [ "$(ledger_metrics main tls_reload_failed)" = 1 ]
        uses second
        get_tls /healthz > /dev/null
    }
    tls_certificate third
    head -c 300 "$TLS/third.pem" > "$TLS/in/chain.pem"
    broken 'holds no certificate that can be used'
    cp "$TLS/third.pem" "$TLS/in/chain.pem"
    broken "isn't the key of the certificate in"
    openssl req -newkey rsa:2048 -nodes -keyout "$TLS/in/key.pem" -out /dev/null -subj /CN=x 2> /dev/null
    [ "$(id -u)" -ne 0 ] || chown ledgerd: "$TLS/in/key.pem"
    reload
    twice() { [ "$(grep -c "isn't the key of the certificate in" "$LEDGERS/main.log")" -eq 2 ]; }
    until_ok 10 twice || die "a key of another kind is taken"
    echo 'no key' > "$TLS/in/key.pem"
    broken 'holds no private key'
    tls_certificate expired ca DNS:localhost 0
    tls_use expired
    broken 'has expired'
    rm "$TLS/in/chain.pem"
    broken 'No such file'
    tls_use third
    reload
    until_ok 10 uses third || die "the third isn't in use"
    [ "$(ledger_metrics main tls_reload_failed)" = 0 ]
}

@test "SIGHUP without TLS is no end" {
    ledger_init other
    ledger_start other
    ledger_wait other
    kill -HUP "${LEDGER_PID[other]}"
    until_ok 10 grep -qF 'There is no TLS certificate to be read again' "$LEDGERS/other.log"
    until_ok 10 ledger_is_up other
    [ -z "$(ledger_metrics other tls_certificate_expiry_seconds)" ]
    # Neither is one while it stops.
    kill -TERM "$(ledger_pid other)"
    until ledger_is_gone "$(ledger_pid other)"; do
        kill -HUP "$(ledger_pid other)" 2> /dev/null || true # gone in between
    done
    wait "$(ledger_pid other)"
}

@test "all addresses of the machine, of IPv4 and of IPv6, on one port" {
    local host
    grep -q '^0*1 ' /proc/net/if_inet6 2> /dev/null || skip 'no IPv6 here'
    TLS_PORT=$(free_port)
    OPTIONS[all]="--tls_certificate $TLS/in/chain.pem --tls_key $TLS/in/key.pem"
    ledger_init all
    ledger_start all --tls_listen "0.0.0.0:$TLS_PORT, [::]:$TLS_PORT"
    ledger_wait all
    for host in 127.0.0.1 '[::1]'; do
        curl -sS -m 120 --cacert "$TLS/ca.pem" --connect-to "::$host:$TLS_PORT" "$(tls_url)/healthz" || die "not at $host"
    done
    ledger_stop all
}

@test "it doesn't start with half of what it needs, and says what is missing" {
    fails() { # SENTENCE OPTION...
        run timeout 240 "$LEDGERD" --data "$LEDGERS/main" --log_format plain --listen 127.0.0.1:0 --metrics_listen= "${@:2}" 3>&-
        [ "$status" -ne 0 ] && [[ $output == *"$1"* ]] || die "$output"
    }
    fails 'given together' --tls_certificate "$TLS/ca.pem"
    fails 'given together' --tls_listen 127.0.0.1:0 --tls_certificate "$TLS/ca.pem"
    fails 'given together' --tls_listen 127.0.0.1:0 --tls_key "$TLS/ca.key"
}

@test "plain HTTP on its port is told so; who says nothing or no end is cut off" {
    local failed pids=() name
    failed=$(ledger_metrics main tls_handshakes_failed_total)
    framing_send "$TLS_PORT" 'GET /v1/ledger HTTP/1.1\r\nHost: x\r\n\r\n' ALL
    [ "$STATUSES$CLOSED" = '400 yes' ] || die "plain HTTP: $STATUSES$CLOSED"
    curl -s -m 60 -d '{}' "http://127.0.0.1:$TLS_PORT/v1/acts" | grep -qF '"detail":"HTTPS is spoken here, not HTTP"'
    # What a large client still sends doesn't keep it from the answer.
    [ "$(head -c 3000000 /dev/zero | curl -s -m 60 -o /dev/null -w '%{http_code}' -H Expect: --data-binary @- "http://127.0.0.1:$TLS_PORT/v1/acts")" = 400 ]
    framing_send "$TLS_PORT" 'SSH-2.0-OpenSSH_9.2\r\n'
    [ "$STATUSES$CLOSED" = ' yes' ] || [ "$STATUSES$CLOSED" = yes ] || die "no HTTP: $STATUSES$CLOSED"
    head -c 100000 /dev/urandom > "$BATS_TEST_TMPDIR/garbage"
    cat "$BATS_TEST_TMPDIR/garbage" > "/dev/tcp/127.0.0.1/$TLS_PORT" || true

    # Silent, half a hello, a hello byte by byte: each is over after ten seconds, and none before that ends the others.
    ended() { # FILE COMMAND...
        local wire line begin=$SECONDS
        exec {wire}<> "/dev/tcp/127.0.0.1/$TLS_PORT"
        "${@:2}" 1>&"$wire" 2> /dev/null &
        IFS= read -r -t 240 -u "$wire" line || true
        kill $! 2> /dev/null || true
        echo $((SECONDS - begin)) > "$1"
        exec {wire}>&-
    }
    silent() { :; }
    half() { printf '\x16\x03\x01\x02\x00\x01\x00\x01\xfc'; }
    slow() { half; while printf '\x03'; do sleep 0.2; done; }
    for name in silent half slow; do
        ended "$BATS_TEST_TMPDIR/$name" "$name" 3>&- & pids+=($!)
    done
    wait "${pids[@]}"
    for name in silent half slow; do
        [ "$(cat "$BATS_TEST_TMPDIR/$name")" -ge 8 ] && [ "$(cat "$BATS_TEST_TMPDIR/$name")" -le 120 ] ||
            die "$name: $(cat "$BATS_TEST_TMPDIR/$name") s"
    done
    [ "$(ledger_metrics main tls_handshakes_failed_total)" -ge $((failed + 7)) ]
    # A slow request within TLS has the time of one without.
    ledger_stop main
    ledger_start main --request_timeout_ms 3000
    ledger_wait main
    tls_open
    printf 'POST /v1/acts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{' >&"$TO"
    IFS= read -r -t 240 -u "$FROM" line
    [[ $line == 'HTTP/1.1 408 '* ]] || die "$line"
    tls_close
    ledger_stop main
    ledger_start main
    ledger_wait main
}

@test "who says that he sends no more is answered still" {
    command -v node > /dev/null || skip 'no node to close half of a connection with (scripts/deps all)'
    node -e '
        const tls = require("tls"), fs = require("fs");
        const s = tls.connect({host: "127.0.0.1", port: +process.argv[1], servername: "localhost",
            ca: fs.readFileSync(process.argv[2]), allowHalfOpen: true});
        let got = "";
        s.on("data", (d) => got += d);
        s.on("end", () => process.stdout.write(got));
        s.on("error", (e) => { console.error(e); process.exit(1); });
        s.end("GET /v1/ledger HTTP/1.1\r\nHost: x\r\n\r\n");
    ' "$TLS_PORT" "$TLS/ca.pem" > "$BATS_TEST_TMPDIR/out"
    grep -q '^HTTP/1.1 200 OK' "$BATS_TEST_TMPDIR/out" || die "$(cat "$BATS_TEST_TMPDIR/out")"
    tail -n 1 "$BATS_TEST_TMPDIR/out" | grep -q '}$' || die "$(cat "$BATS_TEST_TMPDIR/out")"
}

@test "large bodies, many requests ahead, many connections" {
    local i n
    # 3 MB that are refused line by line, and the answer to them, several times on one connection.
    for ((i = 0; i < 5000; i++)); do
        printf '{"envelope":"%0600d"}\n' "$i"
    done > "$BATS_TEST_TMPDIR/lines"
    bulk() { # CURL-ARGUMENT...
        curl -sS -m 240 -w '%{http_code} %{num_connects}\n' -H 'Content-Type: application/x-ndjson' -H Expect: \
            --data-binary "@$BATS_TEST_TMPDIR/lines" "$@" > "$BATS_TEST_TMPDIR/codes"
    }
    bulk -o "$BATS_TEST_TMPDIR/plain" "$(ledger_url main)/v1/acts"
    [ "$(wc -l < "$BATS_TEST_TMPDIR/plain")" -eq 5000 ] || die "$(head -c 1000 "$BATS_TEST_TMPDIR/plain")"
    bulk --cacert "$TLS/ca.pem" -o "$BATS_TEST_TMPDIR/answer.#1" "$(tls_url)/v1/acts?[1-3]"
    [ "$(cat "$BATS_TEST_TMPDIR/codes")" = "200 1"$'\n'"200 0"$'\n'"200 0" ] || die "$(cat "$BATS_TEST_TMPDIR/codes")"
    for i in 1 2 3; do
        cmp "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/answer.$i" || die "another answer than in the clear"
    done
    # 6000 requests sent ahead, three times what is read ahead: each is answered.
    for ((i = 0; i < 6000; i++)); do printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'; done > "$BATS_TEST_TMPDIR/ahead"
    tls_open
    cat "$BATS_TEST_TMPDIR/ahead" >&"$TO" &
    n=$(timeout 240 grep -acm 6000 'HTTP/1.1 200 OK' <&"$FROM") || true
    tls_close
    [ "$n" -eq 6000 ] || die "answered: $n"
    # 300 connections at once, each used twice.
    for ((i = 0; i < 300; i++)); do
        printf 'url = "%s/healthz"\noutput = /dev/null\nurl = "%s/v1/ledger"\noutput = /dev/null\n' "$(tls_url)" "$(tls_url)"
    done > "$BATS_TEST_TMPDIR/config"
    # Each has ten seconds to agree on TLS, which a machine may not have had for all of them.
    all_at_once() {
        curl -sS -m 240 --cacert "$TLS/ca.pem" -Z --parallel-max 300 --parallel-immediate --http1.1 -w '%{http_code}\n' \
            -K "$BATS_TEST_TMPDIR/config" > "$BATS_TEST_TMPDIR/codes"
    }
    until_ok 20 all_at_once || die "curl fails"
    [ "$(sort "$BATS_TEST_TMPDIR/codes" | uniq -c | tr -s ' ')" = ' 600 200' ] || die "$(sort "$BATS_TEST_TMPDIR/codes" | uniq -c)"
    few() { [ "$(find "/proc/${LEDGER_PID[main]}/fd" -mindepth 1 | wc -l)" -lt 60 ]; }
    until_ok 20 few || die "connections stay open"
}

@test "it ends in order with connections open" {
    tls_open
    printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n' >&"$TO"
    framing_answers "$FROM"
    [ "$STATUSES$CLOSED" = '200 no' ]
    ledger_stop main
    framing_answers "$FROM"
    [ "$CLOSED" = yes ]
    tls_close
}
