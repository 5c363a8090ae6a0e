# SPDX-License-Identifier: AGPL-3.0-or-later
# Two ledgerds on one database. Needs tests/lib/ledger.bash.
#
#   second_init           a second ledgerd, b, on the database of a: its data folder
#   cluster_start         makes a PostgreSQL of its own in $LEDGERS/cluster, with a database "ledger", and runs it
#   cluster_run           starts it again
#   cluster_stop          stops it, as it should be
#   cluster_end           for teardown()

second_init() {
    LEDGER_SOCKET[b]=$(ledger_socket a)
    mkdir -m 700 "$LEDGERS/b"
    cp -p "$LEDGERS/a/log.key" "$LEDGERS/a/clerk.key" "$LEDGERS/b/"
    [ "$(id -u)" -ne 0 ] || chown -R ledgerd: "$LEDGERS/b"
}

# A cluster that belongs to neither, so that it lives on when one of them is killed.
cluster_start() {
    mkdir -m 700 "$LEDGERS/cluster"
    [ "$(id -u)" -ne 0 ] || chown ledgerd: "$LEDGERS/cluster"
    (cd / && "${AS_LEDGERD[@]}" "$(pg_bin)/initdb" -D "$LEDGERS/cluster/pg" -U ledger --encoding=UTF8 \
        --locale=C.UTF-8 --auth=trust 3>&-) > "$LEDGERS/cluster.log" 2>&1 || die "$(cat "$LEDGERS/cluster.log")" || return 1
    cluster_run || return 1
    (cd / && "${AS_LEDGERD[@]}" psql -Xq -h "$LEDGERS/cluster" -U ledger postgres -c 'CREATE DATABASE ledger' 3>&-)
}

cluster_run() {
    (cd / && exec "${AS_LEDGERD[@]}" "$(pg_bin)/postgres" -D "$LEDGERS/cluster/pg" -c listen_addresses= \
        -c unix_socket_directories="$LEDGERS/cluster" < /dev/null 3>&-) >> "$LEDGERS/cluster.log" 2>&1 3>&- &
    CLUSTER_PID=$!
    until_ok 60 cluster_answers || die "$(cat "$LEDGERS/cluster.log")"
}

cluster_answers() {
    (cd / && "${AS_LEDGERD[@]}" psql -Xq -h "$LEDGERS/cluster" -U ledger postgres -c '' 3>&-) 2> /dev/null
}

cluster_stop() {
    kill -INT "$CLUSTER_PID" && wait "$CLUSTER_PID"
}

cluster_end() {
    if [ -n "${CLUSTER_PID:-}" ]; then # it is told, and waited for, so that it takes its shared memory with it
        kill -QUIT "$CLUSTER_PID" 2> /dev/null || true
        until_ok 20 ledger_is_gone "$CLUSTER_PID" || true
    fi
}
