#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# What PostgreSQL itself says about the tables that the migrations make.

load ../lib/ledger
load ../lib/nothing_lost
load ../lib/wire

setup() {
    ledger_setup
}

teardown() {
    ledger_teardown
}

@test "every table and column says what it is for; no trigger, no foreign key on the way of a posting" {
    ledger_init main
    ledger_start main
    ledger_wait main
    tables=$(ledger_psql main -c "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')")
    [ "$tables" -ge 14 ]
    mute=$(ledger_psql main -c "
        SELECT c.relname || coalesce('.' || a.attname, '')
        FROM pg_class c
        LEFT JOIN LATERAL (SELECT 0 AS attnum, NULL::name AS attname UNION ALL
            SELECT attnum, attname FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a ON true
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
            AND length(coalesce(col_description(c.oid, a.attnum), CASE WHEN a.attnum = 0 THEN obj_description(c.oid, 'pg_class') END, '')) < 8
        ORDER BY 1")
    [ -z "$mute" ] || die "without a comment: $mute"
    [ "$(ledger_psql main -c "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace")" -eq 0 ]
    [ "$(ledger_psql main -c "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")" -eq 0 ]
    # Each table has a primary key, by which a rebuild is compared.
    [ "$(ledger_psql main -c "SELECT count(*) FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND NOT EXISTS (SELECT 1 FROM pg_index WHERE indrelid = c.oid AND indisprimary)")" -eq 0 ]
    # The second lock on the door: the database itself refuses a payer below the floor.
    run ledger_psql main -c "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'legs'::regclass AND contype = 'c'"
    [[ $output == *balance*floor* ]]
    # The cluster is a private one: no network, checksums, UTF-8 in C order.
    [ "$(ledger_psql main -c "SELECT current_setting('listen_addresses') || '/' || current_setting('data_checksums') || '/' ||
        current_setting('server_encoding') || '/' || current_setting('fsync')")" = /on/UTF8/on ]
}

@test "init --from of what is no export makes no cluster" {
    mkdir "$LEDGERS/half"
    for from in "$LEDGERS/nothing" "$LEDGERS/half"; do
        run "$LEDGERD" init --data "$LEDGERS/new" --from "$from" 3>&-
        [ "$status" -eq 1 ]
        [[ $output == *"$from isn't a whole export"* && $output != *PostgreSQL* ]] || die "$output"
        [ ! -e "$LEDGERS/new/pg" ]
    done
}

@test "init --from that fails empties every table of the ledger, and no other" {
    local table
    ledger_init main
    ledger_start main
    ledger_wait main
    for table in $(ledger_psql main -c "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind = 'r' AND relname <> 'schema_version'"); do
        sed -n '/"TRUNCATE /,/;/p' "$BATS_TEST_DIRNAME/../../ledgerd/db_init.c" | grep -qw "$table" ||
            die "db_wipe leaves $table as it is"
    done
    "$HAMMER" setup "$(ledger_url main)" --members 4
    # A database that something else is in as well.
    ledger_psql_super main -c 'CREATE DATABASE shared OWNER ledger' > /dev/null
    (cd / && "${AS_LEDGERD[@]}" psql -Xq -h "$(ledger_socket main)" -U ledger shared \
        -c 'CREATE TABLE theirs AS SELECT 1 AS n' 3>&-)
    "$LEDGERD" export "$LEDGERS/open/whole" --data "$LEDGERS/main" 3>&-
    sed -i 's/"id":"[^"]*"/"id":"test.example\/main#AAAA"/' "$LEDGERS/open/whole/ledger.json"
    run "$LEDGERD" init --data "$LEDGERS/copy" --from "$LEDGERS/open/whole" --keys "$LEDGERS/main" \
        --database "host=$(ledger_socket main) user=ledger dbname=shared" 3>&-
    echo "$output"
    [ "$status" -eq 1 ]
    cd / # which everybody may look at
    run "${AS_LEDGERD[@]}" psql -XqAt -h "$(ledger_socket main)" -U ledger shared \
        -c 'SELECT (SELECT count(*) FROM theirs), (SELECT count(*) FROM head)' 3>&-
    [ "$output" = '1|0' ] || die "$output"
    ledger_stop main
}

# The tables as the first N migrations made them, with what is in them now.
go_back() { # N
    local number table columns
    # Tables that are no more.
    ledger_psql main -c 'CREATE VIEW book_entries AS
        SELECT book, page * 32 + n AS seq, idx FROM book_pages, unnest(entries) WITH ORDINALITY u(idx, n)'
    ledger_psql_super main -c 'ALTER SCHEMA public RENAME TO newer; CREATE SCHEMA public AUTHORIZATION ledger'
    {
        echo 'BEGIN;'
        echo 'CREATE TABLE schema_version (LIKE newer.schema_version INCLUDING ALL);'
        for number in $(seq -f %04.0f "$1"); do
            cat "$BATS_TEST_DIRNAME"/../../migrations/"$number"-*.sql
        done
        echo 'COMMIT;'
    } | ledger_psql main
    ledger_psql main -F ' ' -c "SELECT c.relname, string_agg(quote_ident(a.attname), ',' ORDER BY a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' GROUP BY 1" > "$LEDGERS/tables.old"
    [ "$(wc -l < "$LEDGERS/tables.old")" -gt 20 ]
    while read -r table columns; do
        echo "TRUNCATE $table; INSERT INTO $table ($columns) SELECT $columns FROM newer.$table;"
    done < "$LEDGERS/tables.old" | ledger_psql main
    ledger_psql main -c "DELETE FROM schema_version WHERE number > $1" -c 'DROP SCHEMA newer CASCADE' 2>&1 | grep -v NOTICE || true
}

@test "a grown ledger of an earlier version is upgraded, and is what it was" {
    local newest load=1
    ledger_init main
    ledger_start main
    ledger_wait main
    "$HAMMER" setup "$(ledger_url main)" --members 8
    while [ "$load" -eq 1 ] || [ "$(ledger_psql main -c 'SELECT size FROM head')" -le 200 ]; do
        "$HAMMER" run "$(ledger_url main)" --members 8 --connections 8 --seconds 2 --load "$load" --journal "$LEDGERS/journal"
        load=$((load + 1))
    done
    newest=$(ledger_psql main -c 'SELECT max(number) FROM schema_version')
    tables_of main "$LEDGERS/before"
    [ "$(wc -l < "$LEDGERS/before/records")" -gt 100 ]
    go_back 7
    ledger_stop main
    run timeout 240 "$LEDGERD" --data "$LEDGERS/main" --listen "127.0.0.1:$(free_port)" --metrics_listen '' 3>&-
    [[ $status -eq 1 && $output == *'the database is older than this ledgerd (schema 7, '* ]] || die "$output"
    run "$LEDGERD" migrate --data "$LEDGERS/main" 3>&-
    [[ $status -eq 0 && $output == *"applied now: $((newest - 7))."* ]] || die "$output"
    ledger_start main
    ledger_wait main
    tables_of main "$LEDGERS/after"
    diff -r "$LEDGERS/before" "$LEDGERS/after" > "$LEDGERS/differs" || die "$(cut -c 1-400 "$LEDGERS/differs" | head -n 20)"
    # It goes on, and its log, replayed from the first record, makes the same tables.
    "$HAMMER" run "$(ledger_url main)" --members 8 --connections 8 --seconds 1 --load "$load" --journal "$LEDGERS/journal"
    check_receipts main "$LEDGERS/journal"
    check_books main "$LEDGERS/journal"
    check_rebuild main
    [ "$(ledger_psql main -c 'SELECT size FROM head')" -gt "$(wc -l < "$LEDGERS/before/records")" ]
    ledger_stop main
}

# Since when a member is frozen, as the log has it: the record of the first change of the run of frozen ones.
frozen_since() { # MEMBER RECORD
    [ "$(ledger_psql main -c "SELECT frozen_ms = (SELECT round(extract(epoch FROM split_part(header, '\"', 8)::timestamptz) * 1000)
        FROM records WHERE idx = $2) FROM holders WHERE holder = '$1'")" = t ] ||
        die "$1: $(ledger_psql main -c "SELECT holder, frozen_ms FROM holders WHERE holder = '$1'"), not since record $2"
}

@test "an upgrade finds in the log since when each member is frozen" {
    local new
    ledger_init main
    ledger_start main
    ledger_wait main
    "$HAMMER" setup "$(ledger_url main)" --members 12
    wire_meet main
    freeze() { # MEMBER SIGNER
        posted "$(member_act member.freeze hansalim "$1" "$2")"
    }
    # Frozen once; twice with a pause; while frozen, other things about it changed; let go again; and a purse.
    freeze m0000@hansalim registrar@hansalim
    once=$INDEX
    freeze m0002@hansalim registrar@hansalim
    posted "$(act member.unfreeze hansalim '{"member":"m0002@hansalim"}' treasurer1@hansalim treasurer2@hansalim)"
    freeze m0002@hansalim registrar@hansalim
    twice=$INDEX
    freeze m0004@hansalim registrar@hansalim
    then=$INDEX
    posted "$(act member.update hansalim "{\"member\":\"m0004@hansalim\",\"name_hash\":\"$(head -c 32 /dev/urandom | basenc --base64url | tr -d =)\"}" registrar@hansalim)"
    new=$(act key.recover hansalim "{\"holder\":\"m0004@hansalim\",\"role\":\"member\",\"keys\":[$("$ACTOR" key new-m0004@hansalim)],\"threshold\":1}" \
        registrar@hansalim new-m0004@hansalim)
    posted "$new"
    freeze m0006@hansalim registrar@hansalim
    posted "$(act member.unfreeze hansalim '{"member":"m0006@hansalim"}' treasurer1@hansalim treasurer2@hansalim)"
    posted "$(act member.create hansalim '{"member":"fund@hansalim","kind":"purse","keys":[],"threshold":0}' treasurer1@hansalim treasurer2@hansalim)"
    posted "$(act member.freeze hansalim '{"member":"fund@hansalim"}' treasurer1@hansalim treasurer2@hansalim)"
    purse=$INDEX
    tables_of main "$LEDGERS/before"
    go_back 9
    ! ledger_psql main -c 'SELECT frozen_ms FROM holders' > "$LEDGERS/none" 2>&1 || die "it isn't older"
    ledger_stop main
    run "$LEDGERD" migrate --data "$LEDGERS/main" 3>&-
    [ "$status" -eq 0 ] || die "$output"
    ledger_start main
    ledger_wait main
    frozen_since m0000@hansalim "$once"
    frozen_since m0002@hansalim "$twice"
    frozen_since m0004@hansalim "$then"
    frozen_since fund@hansalim "$purse"
    [ "$(ledger_psql main -c "SELECT count(*) FROM holders WHERE frozen_ms <> 0")" -eq 4 ]
    tables_of main "$LEDGERS/after"
    diff -r "$LEDGERS/before" "$LEDGERS/after" > "$LEDGERS/differs" || die "$(cut -c 1-400 "$LEDGERS/differs" | head -n 20)"
    check_rebuild main
    ledger_stop main
}
