#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# What a ledgerd that serves has given up, tried on the process itself: what its kernel says of it, and
# what happens when it is made to open files, reach out, or run a program. Each attempt by itself is in
# tests/unit/test_ledgerd_sandbox.c.

load ../lib/ledger

setup() {
    ledger_setup
    ledger_init a
}

teardown() {
    ledger_teardown
}

start() { # [OPTION...]
    ledger_start a "$@"
    ledger_wait a
    until_ok 10 ledger_in_mode a posting || die "mode $(ledger_mode a)"
}

# Builds for sanitizers have no sandbox, nor has a kernel without one; the log says which it is.
need_sandbox() {
    local line
    line=$(grep -o 'sandbox seccomp=.*' "$LEDGERS/a.log") || die "the log says nothing" || return 1
    [[ $line != *looked\ into* ]] || skip "$line"
    if [ -r /proc/sys/kernel/seccomp/actions_avail ] && ! grep -q '^Seccomp:.*[12]' /proc/self/status; then
        [[ $line == *seccomp=on* ]] || die "no filter though the kernel has them: $line" || return 1
    fi
    [[ $line == *seccomp=on*landlock=[1-9]* ]] || skip "$line"
}

status_of() { # STATUS-FILE FIELD
    sed -n "s/^$2:[[:space:]]*//p" "$1"
}

keeper() { # the process that keeps PostgreSQL
    ps -o pid=,comm= --ppid "$(ledger_pid a)" | awk '$2 == "ledgerd-keeper" { print $1 }'
}

postgres_is_gone() {
    [ -z "$(ledger_pg_pids a)" ]
}

# Makes the process itself evaluate C expressions; their values, a line each. Only root may.
inside() { # EXPRESSION...
    local expression arguments=()
    for expression; do
        arguments+=(-ex "printf \"value %d\\n\", $expression")
    done
    (cd / && timeout 60 gdb -nx -q -batch -p "$(ledger_pid a)" "${arguments[@]}" 2>&1 < /dev/null 3>&-) |
        sed -n 's/^value //p'
}

need_gdb() {
    command -v gdb > /dev/null || skip 'no gdb'
    [ "$(inside '1 + 1')" = 2 ] || skip 'gdb may not look into a process here'
}

@test "every thread of a ledgerd that serves: no new privileges, no capabilities, a filter" {
    local thread field
    start
    need_sandbox
    set -- "/proc/$(ledger_pid a)/task/"*/status
    [ "$#" -ge 3 ] || die "only $# threads"
    for thread; do
        [ "$(status_of "$thread" NoNewPrivs)" = 1 ] || die "$thread: $(cat "$thread")"
        [ "$(status_of "$thread" Seccomp)" = 2 ] || die "$thread: $(cat "$thread")"
        for field in CapInh CapPrm CapEff CapAmb; do
            [ "$(status_of "$thread" "$field")" = 0000000000000000 ] || die "$thread: $(cat "$thread")"
        done
        # Only root can take away what nobody has.
        [ "$(id -u)" -ne 0 ] || [ "$(status_of "$thread" CapBnd)" = 0000000000000000 ] || die "$thread: $(cat "$thread")"
    done
    [ "$(status_of "/proc/$(keeper)/status" NoNewPrivs)" = 1 ] || die "the keeper may gain privileges"
    [ "$(status_of "/proc/$(keeper)/status" CapEff)" = 0000000000000000 ] || die "the keeper has capabilities"
    # The keys' pages don't go to a swap partition.
    [ "$(sed 's/ kB//' <<< "$(status_of "/proc/$(ledger_pid a)/status" VmLck)")" -gt 0 ] || die "no page is locked"
    ledger_stop a
}

@test "the process itself tries to open files outside, and is refused" {
    start
    need_sandbox
    need_gdb
    "$HAMMER" setup "$(ledger_url a)" --members 4
    ledger_stop a # and its checkpoint is there
    start
    echo secret > "$LEDGERS/open/secret"
    chmod 644 "$LEDGERS/open/secret"
    run inside "(int)open(\"$LEDGERS/open/secret\", 0)" '*(int *)__errno_location()' \
        '(int)open("/etc/passwd", 0)' '*(int *)__errno_location()' \
        "(int)open(\"$LEDGERS/open/new\", 0101, 0600)" '*(int *)__errno_location()' \
        "(int)open(\"$LEDGERS/a/checkpoint\", 2) > 2" '(int)socket(2, 1, 0)' '(int)fork()'
    [ "$output" = $'-1\n13\n-1\n13\n-1\n13\n1\n-1\n-1' ] || die "it answered: $output"
    # F_SETOWN, FIOASYNC and MSG_FASTOPEN, of whatever file.
    run inside "(int)fcntl(1, 8, $$)" '*(int *)__errno_location()' '(int)ioctl(1, 0x5452, &environ)' \
        '*(int *)__errno_location()' '(int)sendto(1, &environ, 1, 0x20000000, (void *)0, 0)' '*(int *)__errno_location()'
    [ "$output" = $'-1\n38\n-1\n38\n-1\n38' ] || die "it answered: $output"
    [ ! -e "$LEDGERS/open/new" ]
    # And it goes on.
    ledger_is_up a
    ledger_stop a
}

@test "the process itself tries what decides about the next start, in the data folder, and is refused" {
    local path tries=()
    start
    need_sandbox
    need_gdb
    for path in pg/PG_VERSION pg/postgresql.auto.conf pg/ledgerd-hba.conf pg log.key clerk.key .; do
        tries+=("(int)open(\"$LEDGERS/a/$path\", 0)" '*(int *)__errno_location()')
    done
    for path in pg/postgresql.auto.conf pg/ledgerd-ident.conf pg/standby.signal pg-log/x run/x ledgerd.conf \
        postgresql.conf log.key checkpoint.new lock; do
        tries+=("(int)open(\"$LEDGERS/a/$path\", 0101, 0600)" '*(int *)__errno_location()')
    done
    tries+=("(int)unlink(\"$LEDGERS/a/pg/PG_VERSION\")" '*(int *)__errno_location()')
    tries+=("(int)rename(\"$LEDGERS/a/lock\", \"$LEDGERS/a/ledgerd.conf\")" '*(int *)__errno_location()')
    run inside "${tries[@]}"
    [ "$(wc -l <<< "$output")" -eq "${#tries[@]}" ] || die "it answered: $output"
    [ "$(paste -d ' ' - - <<< "$output" | sort -u)" = '-1 13' ] || die "it answered: $output"
    ledger_is_up a
    ledger_stop a
}

# The process itself connects to its database as ROLE and sends each SQL; the SQLSTATE of each, a line each.
within_database() { # ROLE SQL...
    local sql arguments=()
    arguments=(-ex "set \$c = (void *)PQconnectdb(\"host=$(ledger_socket a) user=$1 dbname=ledger\")"
        -ex 'printf "value connection %d\n", (int)PQstatus($c)')
    for sql in "${@:2}"; do
        arguments+=(-ex "set \$r = (void *)PQexec(\$c, \"$sql\")"
            -ex 'printf "value %d %s\n", (int)PQresultStatus($r), (int)PQresultStatus($r) == 7 ? (char *)PQresultErrorField($r, 67) : ""')
    done
    (cd / && timeout 120 gdb -nx -q -batch -p "$(ledger_pid a)" "${arguments[@]}" 2>&1 < /dev/null 3>&-) |
        sed -n 's/^value //p'
}

@test "its connection to the private database gets it nowhere either" {
    local number want='' tries=(
        "COPY (SELECT 1) TO PROGRAM 'touch $LEDGERS/open/new'"
        "COPY (SELECT 1) TO '$LEDGERS/open/new'"
        "CREATE TEMP TABLE t (l text); COPY t FROM PROGRAM 'id'"
        "CREATE TEMP TABLE t (l text); COPY t FROM '/etc/passwd'"
        "SELECT pg_read_file('/etc/passwd')"
        "SELECT pg_read_binary_file('PG_VERSION')"
        "SELECT pg_ls_dir('.')"
        "SELECT lo_import('/etc/passwd')"
        "SELECT lo_export(lo_creat(-1), '$LEDGERS/open/new')"
        "CREATE FUNCTION f() RETURNS int LANGUAGE internal AS 'pg_backend_pid'"
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc.so.6', 'getpid'"
        "LOAD '/usr/lib/postgresql/15/lib/dblink'"
        "ALTER SYSTEM SET archive_command = 'touch $LEDGERS/open/new'"
        "SET session_preload_libraries = 'x'"
        "SELECT pg_reload_conf()"
        "CREATE EXTENSION pageinspect"
        "CREATE EXTENSION file_fdw"
        "CREATE EXTENSION dblink"
        "CREATE EXTENSION pgcrypto"
        "CREATE ROLE another"
        "ALTER ROLE ledger SUPERUSER"
        "GRANT pg_execute_server_program TO ledger"
        "SET ROLE ledger_superuser"
        "SET SESSION AUTHORIZATION ledger_superuser"
        "SELECT rolpassword FROM pg_authid"
        "UPDATE pg_database SET datdba = 1"
        "ALTER DATABASE ledger OWNER TO ledger"
        "DROP DATABASE postgres"
        "CREATE TABLESPACE t LOCATION '$LEDGERS/open'"
        "CREATE SUBSCRIPTION s CONNECTION 'host=/tmp' PUBLICATION p")
    start
    need_sandbox
    need_gdb
    run within_database ledger "SELECT size FROM head" "${tries[@]}" "SELECT size FROM head"
    for number in "${!tries[@]}"; do
        want+="7 42501"$'\n'
    done
    [ "$output" = $'connection 0\n2 \n'"$want"$'2 ' ] || die "it answered: $output"
    [ ! -e "$LEDGERS/open/new" ]
    run within_database ledger_superuser
    [ "$output" = 'connection 1' ] || die "it answered: $output"
    ledger_is_up a
    ledger_stop a
}

@test "the process itself tries to run a program, and is ended" {
    local pid status=0
    start
    need_sandbox
    need_gdb
    pid=$(ledger_pid a)
    inside '(int)execl("/bin/true", "true", (char *)0)'
    wait "$pid" || status=$?
    [ "$status" -eq $((128 + $(kill -l SYS))) ] || die "status $status"
    until_ok 30 postgres_is_gone || die "PostgreSQL runs on: $(ledger_pg_pids a)"
    # As its service manager does.
    start
    ledger_stop a
}

@test "PostgreSQL is started again from outside of the sandbox, and the keeper's end is ledgerd's" {
    local status=0
    start
    ledger_pg_pids a | xargs kill -KILL || true # some end by themselves when the first is gone
    counted() { [ "$(ledger_metrics a database_restarts_total)" = 1 ]; }
    until_ok 30 counted || die 'it is not counted'
    ledger_wait a
    kill -KILL "$(keeper)"
    wait "$(ledger_pid a)" || status=$?
    [ "$status" -eq 1 ] || die "status $status"
    grep -q 'process that keeps PostgreSQL has died' "$LEDGERS/a.log"
    until_ok 30 postgres_is_gone || die "PostgreSQL runs on: $(ledger_pg_pids a)"
}

@test "a database on this machine, as whoever ledgerd runs as: within the sandbox it is connected to again" {
    local user
    start
    need_sandbox
    user=$("${AS_LEDGERD[@]}" id -un)
    ledger_psql_super a -c "CREATE ROLE \"$user\" LOGIN" -c "GRANT ledger TO \"$user\""
    echo "owner \"$user\" \"$user\"" >> "$LEDGERS/a/pg/ledgerd-ident.conf"
    sed -i "2i local all \"$user\" peer map=owner" "$LEDGERS/a/pg/ledgerd-hba.conf"
    chown --reference="$LEDGERS/a/pg" "$LEDGERS/a/pg/ledgerd-hba.conf"
    chmod 600 "$LEDGERS/a/pg/ledgerd-hba.conf"
    ledger_psql_super a -c 'SELECT pg_reload_conf()'
    mkdir -m 700 "$LEDGERS/b"
    cp -p "$LEDGERS/a/log.key" "$LEDGERS/a/clerk.key" "$LEDGERS/b/"
    [ "$(id -u)" -ne 0 ] || chown -R ledgerd: "$LEDGERS/b"
    ledger_start b --database "host=$(ledger_socket a) dbname=ledger"
    until_ok 30 ledger_in_mode b standby || die "b: $(ledger_mode b)"
    grep 'sandbox seccomp=on landlock=[1-9]' "$LEDGERS/b.log"
    ! grep 'is a superuser' "$LEDGERS/b.log" || die 'its role is none'
    ledger_stop b
    # A superuser's role does too, and is warned of.
    ledger_psql_super a -c "ALTER ROLE \"$user\" SUPERUSER"
    ledger_start b --database "host=$(ledger_socket a) dbname=ledger"
    until_ok 30 ledger_in_mode b standby || die "b: $(ledger_mode b)"
    grep "ledgerd's role in the database is a superuser" "$LEDGERS/b.log"
    ledger_stop b
    ledger_stop a
}

@test "sandbox = off says so, require gets both or nothing" {
    local status=0
    start --sandbox off
    # With a sanitizer it is never on, and that is said first.
    grep -qE 'sandbox seccomp="off: (not wanted|[^"]* looked into)" landlock="off: \1"' "$LEDGERS/a.log"
    [ "$(status_of "/proc/$(ledger_pid a)/status" NoNewPrivs)" = 1 ]
    ledger_stop a
    ledger_start a --sandbox require
    up_or_gone() { ledger_is_up a || ledger_is_gone "$(ledger_pid a)"; }
    until_ok 30 up_or_gone
    if ! ledger_is_gone "$(ledger_pid a)"; then
        grep 'sandbox seccomp=on landlock=[1-9]' "$LEDGERS/a.log"
        ledger_stop a
    else
        wait "$(ledger_pid a)" || status=$?
        [ "$status" -eq 1 ]
        grep "the sandbox is required and can't be had" "$LEDGERS/a.log"
    fi
}
