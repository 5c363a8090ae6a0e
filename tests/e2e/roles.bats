#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# The roles of the private database: ledgerd's has no right but its own, and where an earlier ledgerd was
# the superuser it becomes so at the next start, whole or not at all.

load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost

setup() {
    ledger_setup
    ledger_init main
}

teardown() {
    ledger_teardown
}

start() {
    ledger_start main
    ledger_wait main
    until_ok 30 ledger_in_mode main posting || die "mode $(ledger_mode main)"
}

single() { # SQL, a command a line, from standard input
    (cd / && "${AS_LEDGERD[@]}" "$(pg_bin)/postgres" --single -D "$LEDGERS/main/pg" -c exit_on_error=on ledger 3>&-) \
        > "$LEDGERS/single" 2>&1 || die "$(cat "$LEDGERS/single")"
}

# The cluster as ledgerd made it when it was its superuser.
former_layout() {
    single << 'SQL'
REASSIGN OWNED BY ledger TO ledger_superuser
ALTER SCHEMA public OWNER TO pg_database_owner
DROP ROLE ledger
CREATE ROLE renames SUPERUSER
SET SESSION AUTHORIZATION renames
ALTER ROLE ledger_superuser RENAME TO ledger
SET SESSION AUTHORIZATION ledger
DROP ROLE renames
SQL
}

# All that isn't as it should be: a line each.
faults() {
    ledger_psql main << 'SQL'
SELECT 'role ' || rolname FROM pg_roles WHERE oid >= 16384 AND rolname <> 'ledger'
    OR rolname = 'ledger' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
    OR oid = 10 AND rolname <> 'ledger_superuser';
SELECT 'ledger is none' WHERE to_regrole('ledger') IS NULL;
SELECT 'ledger is in ' || roleid::regrole FROM pg_auth_members WHERE member = 'ledger'::regrole;
SELECT 'database ' || datname FROM pg_database WHERE datdba <> 10;
SELECT 'relation ' || oid::regclass FROM pg_class WHERE oid >= 16384 AND relowner <> 'ledger'::regrole
    AND relnamespace <> 'pg_toast'::regnamespace;
SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE oid >= 16384 AND proowner <> 'ledger'::regrole ORDER BY 1;
SELECT 'type ' || oid::regtype FROM pg_type WHERE oid >= 16384 AND typowner <> 'ledger'::regrole;
SELECT 'schema ' || nspname FROM pg_namespace WHERE (nspname = 'public' OR oid >= 16384) AND nspowner <> 'ledger'::regrole;
SELECT 'statistics ' || stxname FROM pg_statistic_ext WHERE stxowner <> 'ledger'::regrole;
SQL
}

as_it_should_be() {
    run faults
    [[ $status -eq 0 && -z $output ]] || die "$output"
}

# Instead of PostgreSQL's programs: `--single` in DATABASE gets what COMMAND makes of its input.
stand_in() { # DATABASE COMMAND
    mkdir -p "$LEDGERS/bin"
    cat > "$LEDGERS/bin/postgres" << STANDIN
#!$BASH
export ME=\$\$ # and PostgreSQL's number, too
case " \$* " in
*" --single "*" $1 ") exec "$(pg_bin)/postgres" "\$@" < <(exec $2) ;;
esac
exec "$(pg_bin)/postgres" "\$@"
STANDIN
    chmod 755 "$LEDGERS/bin" "$LEDGERS/bin/postgres"
}

# Killed where the stand-in says that it has come to a point, and waits there.
killed_on_the_way() {
    rm -f "$LEDGERS/open/reached"
    ledger_start main --pg_bin "$LEDGERS/bin"
    until_ok 60 test -e "$LEDGERS/open/reached" || die "it doesn't come that far: $(cat "$LEDGERS/main.log")"
    ledger_kill main
    nobody_there() { [ -z "$(ledger_pg_pids main)" ]; }
    until_ok 30 nobody_there || die "left: $(ledger_pg_pids main)"
}

@test "a new ledger's role owns what is in the database, and has no other right" {
    start
    as_it_should_be
    ledger_stop main
}

@test "a cluster in which ledgerd was the superuser becomes one in which it isn't, killed on the way or not" {
    start
    "$HAMMER" setup "$(ledger_url main)" --members 8
    "$HAMMER" run "$(ledger_url main)" --members 8 --connections 4 --seconds 1 --load 1 --journal "$LEDGERS/journal"
    "$HAMMER" finish "$(ledger_url main)" --journal "$LEDGERS/journal" # nothing is on its way any more
    tables_of main "$LEDGERS/before"
    ledger_stop main
    former_layout
    # Within the one transaction, and before it.
    stand_in ledger "sed 's@ END [$][$]\$@ COPY (SELECT 1) TO \$q\$$LEDGERS/open/reached\$q\$; PERFORM pg_sleep(600);&@'"
    killed_on_the_way
    rm -f "$LEDGERS/open/reached"
    stand_in postgres "sh -c 'touch $LEDGERS/open/reached; while kill -0 \$ME; do sleep 0.1; done'"
    killed_on_the_way
    start
    as_it_should_be
    tables_of main "$LEDGERS/after"
    diff -r "$LEDGERS/before" "$LEDGERS/after" > "$LEDGERS/differs" || die "$(cut -c 1-400 "$LEDGERS/differs" | head -n 20)"
    "$HAMMER" run "$(ledger_url main)" --members 8 --connections 4 --seconds 1 --load 2 --journal "$LEDGERS/journal"
    check_receipts main "$LEDGERS/journal"
    check_rebuild main
    ledger_stop main
    # Once is enough.
    : > "$LEDGERS/main.log"
    start
    ! grep "gives up a superuser's rights" "$LEDGERS/main.log" || die 'and again'
    ledger_stop main
}

@test "what an operator made in the database goes over too, but no function that could do more" {
    start
    ledger_psql_super main << 'SQL'
CREATE SCHEMA reports;
CREATE TYPE reports.kind AS ENUM ('a');
CREATE DOMAIN reports.positive AS bigint CHECK (value > 0);
CREATE TYPE reports.pair AS (a int, b int);
CREATE TABLE reports."Odd name" (id bigserial, n reports.positive, g int GENERATED ALWAYS AS IDENTITY);
CREATE SEQUENCE reports.apart;
CREATE VIEW reports.seen AS SELECT * FROM reports."Odd name";
CREATE MATERIALIZED VIEW reports.kept AS SELECT * FROM reports."Odd name";
CREATE STATISTICS reports.both ON id, n FROM reports."Odd name";
CREATE FUNCTION reports.f(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE reports.p() LANGUAGE plpgsql AS 'BEGIN NULL; END';
CREATE FUNCTION reports.as_superuser() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION reports.inside() RETURNS int LANGUAGE internal AS 'pg_backend_pid';
SQL
    ledger_stop main
    former_layout
    start
    run faults
    [ "$output" = $'function reports.as_superuser()\nfunction reports.inside()' ] || die "$output"
    ledger_psql main -c 'INSERT INTO reports."Odd name" (n) VALUES (1)' -c 'SELECT * FROM reports.seen'
    ledger_stop main
}

@test "a role of the superuser's new name is in the way: that is said, and all is left as it was" {
    local status=0
    former_layout
    single <<< 'CREATE ROLE ledger_superuser'
    ledger_start main
    gone() { ledger_is_gone "$(ledger_pid main)"; }
    until_ok 60 gone || die "$(cat "$LEDGERS/main.log")"
    wait "$(ledger_pid main)" || status=$?
    [ "$status" -eq 1 ]
    grep "the database's roles can't be made in .*role \"ledger_superuser\" already exists" "$LEDGERS/main.log"
    single <<< 'ALTER ROLE ledger_superuser RENAME TO another'
    start
    [ "$(faults)" = 'role another' ] || die "$(faults)"
    ledger_stop main
}
