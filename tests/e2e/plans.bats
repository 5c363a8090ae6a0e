#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# How PostgreSQL goes about every statement that ledgerd prepares, on tables that are empty, that have
# grown since it last looked, and that it has just looked at: by the same index each time, and never
# through all of a table that grows. And the last page of a long list costs no more than the first.

load ../lib/ledger

# Statements that read a table that grows without a condition on an index, on purpose.
EXCEPTIONS=(
    load_books     # when posting begins: a step or two for each book
    load_rounds    # when posting begins: the legs of the latest round of each unit
    load_snapshot  # the latest one: a single step along its index
    load_voids     # when posting begins: declined acts, each of which somebody signed
    pending_makers # when posting begins, and after acts have expired: counts all that waits
)
# Few rows, or one for each co-op and unit: how they are read doesn't matter.
SMALL='head|units|policies|rounds|continuations|schema_version'

setup_file() {
    ledger_setup
    ledger_init main
    # The server says what is prepared, and with which settings plans are made.
    printf '%s\n' "session_preload_libraries = 'auto_explain'" 'auto_explain.log_min_duration = 0' \
        'auto_explain.log_settings = on' 'auto_explain.log_nested_statements = on' \
        'log_min_duration_statement = 0' 'autovacuum = off' >> "$LEDGERS/main/postgresql.conf"
    [ "$(id -u)" -ne 0 ] || chown ledgerd: "$LEDGERS/main/postgresql.conf"
    ledger_start main
    ledger_wait main
    logged
    # What it prepares: an application, the statement's name and the statement, a tab between.
    sed -nE 's/^.*\] ledgerd (poster|reads) LOG:  duration: [0-9.]+ ms  parse ([a-z_]+): (.*)$/\1\t\2\t\3/p' \
        "$LEDGERS"/main/pg-log/*.log | grep -P '\t(SELECT|INSERT|UPDATE|DELETE|WITH) ' | sort -u > "$LEDGERS/statements"
    curl -sf -m 60 -o "$LEDGERS/answer" "$(ledger_url main)/v1/ledger" # a read, for its settings
    plans empty
    # An operator may, though PostgreSQL itself never does it to a table without rows, which it takes to
    # have none from then on.
    ledger_psql main -c VACUUM
    "$HAMMER" setup "$(ledger_url main)" --members 4
    ledger_psql main -c VACUUM
    until_ok 60 post_many
    logged
    own_plans | last_plans > "$LEDGERS/plans.young"
    # Looked at when there is next to nothing, or nothing any more.
    grow_pending
    ledger_psql main -c 'DELETE FROM pending' -c 'DELETE FROM pending_keys' -c ANALYZE
    grow
    post
    ledger_stop main            # so that all is prepared anew
    ledger_start main
    ledger_wait main
    plans grown
    post
    ledger_psql main -c 'VACUUM ANALYZE'
    plans analysed
    post
    logged
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

# What the server has said so far is in its log: a process of its own writes it, in the order in which it was said.
logged() {
    SAID=$((${SAID:-0} + 1))
    ledger_psql main -c "SELECT 'said $SAID'" > /dev/null
    until_ok 20 grep -qs "'said $SAID'" "$LEDGERS"/main/pg-log/*.log
}

# Acts of all kinds for a second. None of those that were posted may fail.
post() {
    POSTED=$((${POSTED:-0} + 1))
    "$HAMMER" run "$(ledger_url main)" --members 4 --connections 4 --seconds 1 --load "$POSTED" \
        --journal "$LEDGERS/journal"
}

# However slow the machine is: until plans of the first rows were made anew, also those of requests.
post_many() {
    post && [ "$(ledger_psql main -c 'SELECT count(*) FROM requests')" -ge 64 ]
}

# The settings of a session that plans depend on, as SET statements.
settings() { # APPLICATION
    awk -v app="ledgerd $1 LOG:" 'index($0, app) { on = 1 } !/^\t/ && !index($0, app) { on = 0 }
        on && sub(/^\tSettings: /, "") { print; exit }' "$LEDGERS"/main/pg-log/*.log |
        sed "s/', /'\n/g" | sed 's/^/SET /; s/$/;/'
}

# The generic plan of each statement, which is the only one that ledgerd's sessions make: lines of
# the statement's name, a tab, a line of its plan.
plans() { # NAME
    local app name sql script=$LEDGERS/open/script types
    logged
    for app in poster reads; do
        echo 'BEGIN;'
        settings "$app"
        echo 'SET plan_cache_mode = force_generic_plan;'
        grep -P "^$app\t" "$LEDGERS/statements" | while IFS=$'\t' read -r _ name sql; do
            printf 'PREPARE %s AS %s;\n' "$name" "$sql"
            printf '%s\n' '\o /dev/null' "SELECT coalesce('(' || string_agg('NULL', ', ') || ')', '') AS args
                FROM pg_prepared_statements, unnest(parameter_types) WHERE name = '$name' \\gset" '\o'
            printf '\\echo statement %s\n' "$name"
            printf 'EXPLAIN (COSTS OFF) EXECUTE %s:args;\n' "$name"
        done
        echo 'ROLLBACK;'
        echo 'DEALLOCATE ALL;'
    done > "$script"
    ledger_psql main -f "$script" | awk '$1 == "statement" { name = $2; next } { print name "\t" $0 }' > "$LEDGERS/plans.$1"
}

# Rows beside those of the four members, as after years; of records before the first. One account and
# one book have a great many.
grow() {
    ledger_psql main <<'SQL'
CREATE TEMP TABLE model AS SELECT header, parts FROM records ORDER BY idx DESC LIMIT 1;
INSERT INTO records SELECT -i, 'f' || i || '@hansalim', 'filler-' || lpad(i::text, 20, '0'), sha256(i::text::bytea),
    sha256(i::text::bytea), header, parts FROM generate_series(1, 30000) i, model;
INSERT INTO texts SELECT -i, 'memo', decode(md5(i::text), 'hex'), 'memo' FROM generate_series(1, 30000, 3) i;
INSERT INTO tiles SELECT 0, -i, decode(repeat('00', 8192), 'hex'), sha256(''::bytea) FROM generate_series(1, 1000) i;
INSERT INTO holders SELECT 'f' || i || '@hansalim', 'person', 'hansalim', 'active', false, false, NULL, NULL, '', '',
    0, 1, 1, 0 FROM generate_series(1, 20000) i;
INSERT INTO keys SELECT translate(encode(sha256(i::text::bytea), 'base64'), '+/=', '-_'), sha256(i::text::bytea),
    'f' || i || '@hansalim', 'member', false FROM generate_series(1, 20000) i;
INSERT INTO account_limits SELECT 'f' || i || '@hansalim/hour', 'hansalim', false, 0, NULL, 0, -1,
    100000 + i FROM generate_series(1, 20000) i;
INSERT INTO legs SELECT 100001, i, i - 30001, 1, i, 0, false FROM generate_series(1, 30000) i;
INSERT INTO legs SELECT 100000 + i, 1, -i, 1, 1, 0, false FROM generate_series(2, 20000) i;
INSERT INTO changes SELECT 'f' || i || '@hansalim', 1, -i FROM generate_series(1, 20000) i;
INSERT INTO lines SELECT 'c' || i || '/d' || i % 100 || '/hour', 'c' || i, 'd' || i % 100, 'hour', 5, false, 1, -i
    FROM generate_series(1, 20000) i;
INSERT INTO account_limits SELECT '!pos.c' || i || '@d' || i % 100 || '/hour', 'd' || i % 100, false, 0, NULL, 0, -1,
    200000 + i FROM generate_series(1, 20000) i;
INSERT INTO legs SELECT 200000 + i, 1, -i, 1, 1, 0, false FROM generate_series(2, 20000) i;
INSERT INTO legs SELECT 200001, i, i - 30001, 1, i, 0, false FROM generate_series(1, 30000) i;
INSERT INTO position_sums SELECT '!pos.c1@d1/hour', i, i, 0 FROM generate_series(64, 30000, 64) i;
INSERT INTO book_pages SELECT 'full', p, (SELECT array_agg(p * 32 + i - 30001 ORDER BY i) FROM generate_series(1, least(32, 30000 - p * 32)) i)
    FROM generate_series(0, 937) p;
INSERT INTO book_pages SELECT 'b' || i, 0, ARRAY[-i] FROM generate_series(1, 20000) i;
INSERT INTO requests SELECT i - 30001, sha256(i::text::bytea), 'f1@hansalim', 'f' || i || '@mapo', 'full', 'mapo',
    20000, NULL, false FROM generate_series(1, 30000) i;
INSERT INTO reversals SELECT -i, -i - 100000, 1, false FROM generate_series(1, 20000) i;
INSERT INTO voids SELECT sha256(i::text::bytea), 'f' || i || '@hansalim', 'member', -i FROM generate_series(1, 20000) i;
SQL
    grow_pending
}

grow_pending() {
    ledger_psql main <<'SQL'
INSERT INTO pending SELECT 'f' || i || '@hansalim', 'filler-' || lpad(i::text, 20, '0'), 'transfer',
    sha256(i::text::bytea), 4000000000, md5(i::text), ARRAY[md5(i::text)], ARRAY['member f' || i || '@hansalim'], '[]',
    '{}' FROM generate_series(1, 20000) i;
INSERT INTO pending_keys SELECT md5(i::text), 'f' || i || '@hansalim', 'filler-' || lpad(i::text, 20, '0'),
    sha256(i::text::bytea), 'f' || i || '@hansalim' FROM generate_series(1, 20000) i;
SQL
}

# Plans' lines that read a table: statement, a tab, how. Those of small tables left out. The first page of a
# book is one entry in either index.
scans() { # NAME
    sed -E 's/^([a-z_]+)\t +/\1\t/; s/\t->  /\t/' "$LEDGERS/plans.$1" | grep -P '\t[A-Za-z ]*Scan.* (on|using) ' |
        sed -E 's/(Parallel |Backward )//; s/book_pages_first( on book_pages f)/book_pages_pkey\1/' | grep -vE " on ($SMALL)( |$)|Scan on (s|c|q|u|v|gone|unnest)( |\$)"
}

# Of plans' lines, each with its statement's name and a tab before it: those that go through all of a table
# that grows. An index that is walked from end to end, without a condition, is no better than the table.
whole_tables() {
    awk -F '\t' -v small=" on ($SMALL)( |$)" -v exceptions=" ${EXCEPTIONS[*]} " '
        { if (scan != "" && ($1 != last || $2 !~ /Index Cond: /)) print scan; scan = "" }
        index(exceptions, " " $1 " ") { next }
        /Seq Scan on / && $2 !~ small { print }
        /Index (Only )?Scan (Backward )?using / && $2 !~ small { scan = $0; last = $1 }
        END { if (scan != "") print scan }'
}

# The plans, in the same form, by which ledgerd's own sessions went: auto_explain's, named by their texts.
own_plans() {
    awk -F '\t' 'NR == FNR { name[$3] = $2; next }
        /^[^\t]/ { if (/\] ledgerd (poster|reads) LOG:/) { on = 1; query = "" } else on = 0 }
        on && /^\tQuery Text: / { query = name[substr($2, 13)] }
        on && query != "" { print query "\t" $2 }' "$LEDGERS/statements" "$LEDGERS"/main/pg-log/*.log
}

# Of own_plans: the last one of each statement, without what it cost.
last_plans() {
    awk -F '\t' '/\tQuery Text: / { delete plan[$1]; next } { plan[$1] = plan[$1] $0 "\n" }
        END { for (name in plan) printf "%s", plan[name] }' | sed 's/  (cost=.*//'
}

@test "every statement of posting and reading is looked at" {
    local n name
    n=$(wc -l < "$LEDGERS/statements")
    [ "$n" -ge 60 ] || die "only $n statements were seen to be prepared"
    for name in empty grown analysed; do
        [ "$(cut -f 1 "$LEDGERS/plans.$name" | sort -u | wc -l)" -eq "$n" ] || die "$name: plans are missing"
    done
    [ -n "$(settings reads)" ] || die "the settings of reading aren't known"
    [ -n "$(settings poster)" ] || die "the settings of posting aren't known"
}

@test "no statement goes through all of a table that grows" {
    local name
    for name in empty grown analysed; do
        whole_tables < "$LEDGERS/plans.$name" > "$LEDGERS/bad"
        [ -s "$LEDGERS/bad" ] || continue
        grep -f <(cut -f 1 "$LEDGERS/bad" | sed 's/$/\t/') "$LEDGERS/plans.$name"
        die "$name: $(cat "$LEDGERS/bad")"
    done
}

@test "what ledgerd's own sessions did while the tables grew was no other" {
    own_plans > "$LEDGERS/own"
    [ "$(cut -f 1 "$LEDGERS/own" | sort -u | wc -l)" -ge 30 ] || die "hardly any plan was written down"
    whole_tables < "$LEDGERS/own" | sort | uniq -c > "$LEDGERS/bad"
    [ ! -s "$LEDGERS/bad" ] || die "$(cat "$LEDGERS/bad")"
}

@test "each statement goes by the same indexes, whatever the statistics say" {
    scans empty | sort > "$LEDGERS/scans.empty"
    scans grown | sort > "$LEDGERS/scans.grown"
    scans analysed | sort > "$LEDGERS/scans.analysed"
    [ "$(wc -l < "$LEDGERS/scans.grown")" -ge 60 ] || die "hardly anything is read: $(cat "$LEDGERS/scans.grown")"
    diff "$LEDGERS/scans.grown" "$LEDGERS/scans.analysed" || die "the statistics change it"
    diff "$LEDGERS/scans.empty" "$LEDGERS/scans.grown" || die "the tables' size changes it"
}

# Of tables known to be empty all ways cost the same, and reads take any until autovacuum sees that they have grown:
# a minute in which posting may have stored half a million acts.
@test "posting goes by the same indexes soon after the tables were known to be empty" {
    grep -oP '^poster\t\K(ask|put|pending)_[a-z_]*' "$LEDGERS/statements" | grep -xf <(cut -f 1 "$LEDGERS/plans.young") |
        sort -u > "$LEDGERS/posting"
    for name in ask_accounts ask_deals ask_asked put_records; do
        grep -qx "$name" "$LEDGERS/posting" || die "$name wasn't run: $(cat "$LEDGERS/posting")"
    done
    scans young | grep -f <(sed 's/$/\t/' "$LEDGERS/posting") | sort > "$LEDGERS/scans.young"
    [ "$(wc -l < "$LEDGERS/scans.young")" -ge 5 ] || die "hardly anything is read: $(cat "$LEDGERS/scans.young")"
    diff "$LEDGERS/scans.young" <(grep -f <(sed 's/$/\t/' "$LEDGERS/posting") "$LEDGERS/scans.grown")
}

# How many pages of 8 KB a statement touches.
pages() { # NAME ARGUMENTS
    local sql
    sql=$(awk -F '\t' -v name="$1" '$1 == "reads" && $2 == name { print $3 }' "$LEDGERS/statements")
    { settings reads; printf 'PREPARE x AS %s;\nEXPLAIN (ANALYZE, BUFFERS, TIMING OFF) EXECUTE x(%s);\n' "$sql" "$2"; } |
        ledger_psql main | sed -nE 's/^ *Buffers: //p' | head -n 1 |
        awk '{ for (i = 1; i <= NF; i++) if (sub(/^(hit|read)=/, "", $i)) n += $i } END { print n }'
}

same_pages() { # NAME FIRST-PAGE LAST-PAGE
    local first last
    first=$(pages "$1" "$2")
    last=$(pages "$1" "$3")
    echo "# $1: $first pages of the database for the first page, $last for the last" >&3
    [ "$first" -gt 50 ] || die "$1: nothing was read"
    [ "$last" -le $((first + first / 2)) ] || die "$1: $first, then $last"
}

@test "the last page of a long list costs as much as the first" {
    same_pages read_postings "'f1@hansalim/hour', 9000000000, 51" "'f1@hansalim/hour', 51, 51"
    same_pages read_coop_postings "'full', 9000000000, 0, 51" "'full', 51, 0, 51"
    same_pages read_requests "'f1@hansalim', NULL, 9000000000, 51" "'f1@hansalim', NULL, -29949, 51"
    same_pages read_coop_requests "'full', NULL, 9000000000, 51" "'full', NULL, -29949, 51"
    same_pages read_all_requests "NULL, NULL, 9000000000, 51" "NULL, NULL, -29949, 51"
    same_pages read_coop_members "'hansalim', '', 51" "'hansalim', 'f9949@hansalim', 51"
    same_pages read_coop_accounts "'hansalim', '', 51, 9000000000" "'hansalim', 'f9949@hansalim/hour', 51, 9000000000"
}

@test "how old a debt is, is found without a look at all that was posted" {
    local few many
    few=$(pages read_positions "'d2'")
    many=$(pages read_positions "'d1'")
    echo "# read_positions: $few pages of the database, $many with an account of 30,000 postings" >&3
    [ "$few" -gt 1000 ] && [ "$few" -lt 10000 ] || die "$few pages for 200 partners"
    [ "$many" -le $((few + 200)) ] || die "$few pages, and $many with an account of 30,000 postings"
}

@test "what waits for somebody is found without a look at what waits for others" {
    local n
    n=$(pages read_pending "ARRAY['member f5@hansalim', 'x'], md5('7'), 0, NULL, 51")
    [ "$n" -gt 5 ] && [ "$n" -lt 200 ] || die "$n pages"
}

@test "what the network is, is found without a look at what members did" {
    local n
    n=$(pages read_ledger_change 9000000000)
    [ "$n" -gt 2 ] && [ "$n" -lt 50 ] || die "read_ledger_change: $n pages"
    n=$(pages read_book_log "'hansalim', 0, 51")
    [ "$n" -gt 50 ] && [ "$n" -lt 400 ] || die "read_book_log: $n pages"
}
