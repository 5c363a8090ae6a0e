#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# The samples in config/ with the proxies that they are for: a payment goes through, bodies up to 4 MiB, no bytes that
# proxy and ledgerd would take for different requests, and limits are the client's.

load ../lib/ledger
load ../lib/wire
load ../lib/tls
load ../lib/framing

setup_file() {
    ledger_setup
    tls_setup main
    OPTIONS[main]='--trusted_proxy 127.0.0.1 --refusals_per_minute 6' # plain, behind the proxies
    wire_start main 4
}

setup() {
    wire_adopt main
    DIR=$BATS_TEST_TMPDIR
    CONFIG=$BATS_TEST_DIRNAME/../../config
    TLS_PORT=$(free_port)
}

teardown() {
    if [ -n "${PROXY:-}" ]; then
        kill "$PROXY" 2> /dev/null || true
        wait "$PROXY" 2> /dev/null || true
    fi
    [ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$DIR/proxy.log"
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

start() { # COMMAND...
    "$@" > "$DIR/proxy.log" 2>&1 < /dev/null 3>&- &
    PROXY=$!
    through() { curl -sf -m 60 -o /dev/null --cacert "$TLS/ca.pem" "$(tls_url)/readyz"; }
    until_ok 20 through || die "nothing comes through"
}

http_requests() {
    curl -sf -m 60 "http://127.0.0.1:$((LEDGER_PORT[main] + METRICS_ABOVE))/metrics" |
        sed -n 's/^pumasi_http_requests_total{.*} //p' | awk '{ n += $1 } END { print n }'
}

# Of each of these a proxy may make what it likes, as long as ledgerd sees no request that it didn't.
smuggle() { # FORMAT
    local before seen all
    before=$(http_requests)
    tls_open
    # shellcheck disable=SC2059
    printf "$1" > "$DIR/sent"
    cat "$DIR/sent" >&"$TO" || true
    framing_answers "$FROM" 1
    all=$STATUSES
    # The page of the metrics counts itself.
    seen=$(($(http_requests) - before - 1))
    if [ "$seen" -gt "$(wc -w <<< "$all")" ] && [ "$CLOSED" = no ]; then # its answer is still on its way
        framing_answers "$FROM" 1
        all+=$STATUSES
    fi
    tls_close
    [ "$seen" -le "$(wc -w <<< "$all")" ] || die "answered: $all; ledgerd saw $seen: $1"
    # Nobody else is given what is left of it.
    [ "$(curl -s -m 60 --cacert "$TLS/ca.pem" "$(tls_url)/healthz")" = '{"healthy":true}' ] || die "poisoned by: $1"
}

# Asks with a bad token, so often as it says; the statuses are in the file statuses.
guess() { # TIMES CURL-ARGUMENT...
    local i
    for ((i = 0; i < $1; i++)); do
        printf 'url = "%s/v1/pending"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\n' "$URL"
    done > "$DIR/guesses"
    curl -s -m 120 -H 'Authorization: Bearer x' -K "$DIR/guesses" "${@:2}" > "$DIR/statuses"
}

guessed() { # STATUS CURL-ARGUMENT...
    guess 1 "${@:2}"
    [ "$(cat "$DIR/statuses")" = "$1" ]
}

some_429() { # CURL-ARGUMENT...
    guess 40 "$@"
    grep -q 429 "$DIR/statuses"
}

# Whoever asks so is turned away as well, once the first of them is: who is answered 429 has one more every ten
# seconds. It isn't tried so often that another address would have had its own 30.
as_himself() { # URL CLIENT CURL-ARGUMENT...
    local own=$URL
    for _ in 1 2 3 4 5 6 7 8; do
        URL=$1 until_ok 60 guessed 429 --interface "$2" || return 1
        URL=$own
        ! guessed 429 "${@:3}" || return 0
    done
    die "${*:3}: $(cat "$DIR/statuses"), not 429"
}

# Who guesses tokens there is answered 429, as himself and nobody else, whatever he or others write themselves.
limited() { # CLIENT NEIGHBOUR
    local as='X-Forwarded-For:' through=$URL
    until_ok 60 some_429 --interface "$1" || die "$(sort "$DIR/statuses" | uniq -c)" || return 1
    ! grep -vx '401\|429' "$DIR/statuses" || return 1
    as_himself "$through" "$1" --interface "$1" -H "$as 192.0.2.1" || return 1
    guessed 401 --interface "$2" && guessed 401 --interface "$2" -H "$as $1" || die "a neighbour suffers" || return 1
    # Asked in the proxy's place, ledgerd knows him by the address that is his indeed.
    URL=$(ledger_url main)
    as_himself "$through" "$1" -H "$as $1" || return 1
    guessed 401 -H "$as $2" && guessed 401 -H "$as 192.0.2.1" || die "others suffer"
}

# A proxy may close before all is sent, and curl then hasn't always read the answer.
too_large() {
    STATUS=$(curl -s -m 120 -o /dev/null -w '%{http_code}' -H Expect: -H 'Content-Type: application/x-ndjson' \
        --data-binary "@$DIR/large" "$URL/v1/acts") || true
    [ "$STATUS" = 413 ]
}

proxied() { # CLIENT NEIGHBOUR: addresses of this machine, that no other test has
    local second='GET /checkpoint HTTP/1.1\r\nHost: localhost\r\n\r\n' i
    local post='POST /v1/acts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
    # wire.bash asks URL by curl.
    URL=$(tls_url)
    export CURL_CA_BUNDLE=$TLS/ca.pem
    for i in 1 2 3; do
        posted "$(payment m0000@hansalim m0002@hansalim 1)" || return 1
    done
    get m0000@hansalim /v1/accounts/m0000@hansalim/hour && answered 200 || return 1
    # A megabyte within the limit, and one over it.
    head -c 4000000 /dev/zero | tr '\0' '\n' > "$DIR/large"
    post_lines "$DIR/large" || return 1
    [ "$STATUS" != 413 ] && [ "$STATUS" -lt 500 ] || die "4 MB: $STATUS" || return 1
    head -c 4300000 /dev/zero | tr '\0' '\n' > "$DIR/large"
    until_ok 20 too_large || die "4.3 MB: $STATUS" || return 1

    smuggle "$post"'Content-Length: 2\r\nContent-Length: 46\r\n\r\n{}'"$second" || return 1
    smuggle "$post"'Content-Length: 46\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'"$second" || return 1
    smuggle "$post"'Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n'"$second" || return 1
    smuggle "$post"'Transfer-Encoding: xchunked\r\nContent-Length: 46\r\n\r\n0\r\n\r\n'"$second" || return 1
    smuggle "$post"'Transfer-Encoding : chunked\r\nContent-Length: 46\r\n\r\n0\r\n\r\n'"$second" || return 1
    smuggle "$post"'Content-Length: +2\r\n\r\n{}'"$second" || return 1
    smuggle 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 46\r\n\r\n'"$second" || return 1
    limited "$1" "$2"
}

@test "nginx, as config/nginx.conf has it" {
    command -v nginx > /dev/null || skip 'nginx is not installed (scripts/deps all)'
    sed "s|listen 443 ssl|listen 127.0.0.1:$TLS_PORT ssl|; /listen \[::\]/d; s|127.0.0.1:7474|127.0.0.1:${LEDGER_PORT[main]}|
        s|ledger.example.org;|localhost;|; s|ssl_certificate /.*|ssl_certificate $TLS/first.pem;|
        s|ssl_certificate_key /.*|ssl_certificate_key $TLS/first.key;|" "$CONFIG/nginx.conf" > "$DIR/sample"
    {
        [ "$(id -u)" -ne 0 ] || echo 'user root;'
        echo "daemon off; pid $DIR/pid; error_log stderr;"
        echo 'events { }'
        echo "http { access_log off; client_body_temp_path $DIR/b; proxy_temp_path $DIR/p;"
        echo "fastcgi_temp_path $DIR/f; uwsgi_temp_path $DIR/u; scgi_temp_path $DIR/s; include $DIR/sample; }"
    } > "$DIR/nginx.conf"
    start nginx -c "$DIR/nginx.conf"
    proxied 127.0.0.11 127.0.0.12
}

@test "HAProxy, as config/haproxy.cfg has it" {
    command -v haproxy > /dev/null || skip 'haproxy is not installed (scripts/deps all)'
    cat "$TLS/first.pem" "$TLS/first.key" > "$DIR/both.pem"
    sed "s|bind :443 ssl crt [^ ]*|bind 127.0.0.1:$TLS_PORT ssl crt $DIR/both.pem|; s|127.0.0.1:7474|127.0.0.1:${LEDGER_PORT[main]}|
        s|log /dev/log local0|log stderr local0|; /^    user /d; /^    group /d" "$CONFIG/haproxy.cfg" > "$DIR/sample"
    haproxy -c -q -f "$DIR/sample"
    start haproxy -db -f "$DIR/sample"
    proxied 127.0.0.21 127.0.0.22
}

@test "Caddy, as config/Caddyfile has it" {
    command -v caddy > /dev/null || skip 'caddy is not installed (scripts/deps all)'
    # No certificates from the network, no port 80.
    sed "s|^ledger.example.org {|https://localhost:$TLS_PORT {\n\tbind 127.0.0.1\n\ttls $TLS/first.pem $TLS/first.key|
        s|127.0.0.1:7474|127.0.0.1:${LEDGER_PORT[main]}|; 0,/^{/s|^{|{\n\tadmin off\n\tauto_https disable_redirects|" \
        "$CONFIG/Caddyfile" > "$DIR/sample"
    export HOME=$DIR XDG_DATA_HOME=$DIR/data XDG_CONFIG_HOME=$DIR/config
    start caddy run --adapter caddyfile --config "$DIR/sample"
    proxied 127.0.0.31 127.0.0.32
}
