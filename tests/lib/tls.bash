# SPDX-License-Identifier: AGPL-3.0-or-later
# For tests of TLS: certificates of a CA of their own, and connections. Needs tests/lib/ledger.bash.
#
#   tls_ca NAME                          makes a CA: $TLS/NAME.pem
#   tls_certificate NAME [CA [SAN [DAYS]]]
#                                        makes $TLS/NAME.pem (the chain) and $TLS/NAME.key, of the CA "ca", for
#                                        localhost, for 30 days unless it says otherwise
#   tls_setup LEDGER                     a CA "ca", a certificate in use, a port TLS_PORT and a ledger's options for
#                                        it, from the next start on
#   tls_options                          these options
#   tls_use NAME                         puts that certificate and its key where the ledger looks for them
#   tls_url                              where the ledger is
#   tls_open, tls_close                  a connection: what is written to $TO goes to the ledger, what it sends comes
#                                        from $FROM

tls_ca() { # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$TLS/$1.key" -out "$TLS/$1.pem" \
        -subj "/CN=$1" -days 30 -addext keyUsage=critical,keyCertSign 2> "$TLS/log" || die "openssl: $(cat "$TLS/log")"
}

tls_certificate() { # NAME [CA [SAN [DAYS]]]
    local ca=$TLS/${2:-ca} out=$TLS/$1
    {
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$out.key" -out "$out.csr" \
            -subj "/CN=$1" &&
            openssl x509 -req -in "$out.csr" -CA "$ca.pem" -CAkey "$ca.key" -CAcreateserial -days "${4:-30}" \
                -extfile <(echo "subjectAltName=${3:-DNS:localhost}") -out "$out.pem"
    } 2> "$TLS/log" || die "openssl: $(cat "$TLS/log")"
}

tls_use() { # NAME
    # As a deploy hook does it: each file anew, under the same name.
    cp "$TLS/$1.pem" "$TLS/in/new" && chmod 644 "$TLS/in/new" && mv "$TLS/in/new" "$TLS/in/chain.pem"
    install -m 600 "$TLS/$1.key" "$TLS/in/new" || return 1
    [ "$(id -u)" -ne 0 ] || chown ledgerd: "$TLS/in/new"
    mv "$TLS/in/new" "$TLS/in/key.pem"
}

tls_setup() { # LEDGER
    export TLS=$LEDGERS/tls TLS_PORT
    mkdir "$TLS" "$TLS/in"
    chmod 755 "$TLS" "$TLS/in"
    tls_ca ca
    tls_certificate first
    tls_use first
    TLS_PORT=$(free_port)
    OPTIONS[$1]+=" $(tls_options)"
}

tls_options() {
    echo "--tls_listen 127.0.0.1:$TLS_PORT --tls_certificate $TLS/in/chain.pem --tls_key $TLS/in/key.pem"
}

tls_url() {
    echo "https://localhost:$TLS_PORT"
}

tls_open() {
    rm -f "$BATS_TEST_TMPDIR"/{to,from}
    mkfifo "$BATS_TEST_TMPDIR/to" "$BATS_TEST_TMPDIR/from"
    openssl s_client -quiet -verify_quiet -verify_return_error -verify_hostname localhost -CAfile "$TLS/ca.pem" \
        -connect "127.0.0.1:$TLS_PORT" "$@" < "$BATS_TEST_TMPDIR/to" > "$BATS_TEST_TMPDIR/from" \
        2> "$BATS_TEST_TMPDIR/s_client" 3>&- &
    TLS_PID=$!
    exec {TO}> "$BATS_TEST_TMPDIR/to" {FROM}< "$BATS_TEST_TMPDIR/from"
}

tls_close() {
    exec {TO}>&- {FROM}<&-
    kill "$TLS_PID" 2> /dev/null || true
    wait "$TLS_PID" 2> /dev/null || true
}
