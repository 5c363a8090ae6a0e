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
    echo secret > "$LEDGERS/open/secret"
    chmod 644 "$LEDGERS/open/secret"
    run inside "(int)open(\"$LEDGERS/open/secret\", 0)" '*(int *)__errno_location()' \
        '(int)open("/etc/passwd", 0)' '*(int *)__errno_location()' \
        "(int)open(\"$LEDGERS/open/new\", 0101, 0600)" '*(int *)__errno_location()' \
        "(int)open(\"$LEDGERS/a/log.key\", 0) > 2" '(int)socket(2, 1, 0)' '(int)fork()'
    [ "$output" = $'-1\n13\n-1\n13\n-1\n13\n1\n-1\n-1' ] || die "it answered: $output"
    [ ! -e "$LEDGERS/open/new" ]
    # And it goes on.
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
    ledger_psql a -c "CREATE ROLE \"$user\" SUPERUSER LOGIN"
    echo "owner \"$user\" \"$user\"" >> "$LEDGERS/a/pg/ledgerd-ident.conf"
    ledger_psql a -c 'SELECT pg_reload_conf()'
    mkdir -m 700 "$LEDGERS/b"
    cp -p "$LEDGERS/a/log.key" "$LEDGERS/a/clerk.key" "$LEDGERS/b/"
    [ "$(id -u)" -ne 0 ] || chown -R ledgerd: "$LEDGERS/b"
    ledger_start b --database "host=$(ledger_socket a) dbname=ledger"
    until_ok 30 ledger_in_mode b standby || die "b: $(ledger_mode b)"
    grep 'sandbox seccomp=on landlock=[1-9]' "$LEDGERS/b.log"
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
