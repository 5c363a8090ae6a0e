# SPDX-License-Identifier: AGPL-3.0-or-later
# How scripts/bench measures: rows, what processes cost, medians, tables. Needs tests/lib/ledger.bash.
#
# A row of results is ROW RATE P50 P99 LEDGERD POSTGRES GENERATOR [DUE]: acts a second, ms, µs of CPU time an
# act, and, in an open loop, acts due a second; - where there is none. There is one for each round, and
# figures are medians.

BENCH_PROGRAM=$BUILD/load/bench

put() { # ROW RATE P50 P99 LEDGERD POSTGRES GENERATOR [DUE]
    echo "$*" >> "$RESULTS"
    awk -v row="$1" -v rate="$2" -v p50="$3" -v p99="$4" 'BEGIN {
        printf "  %-18s %9.1f a second", row, rate
        if (p99 != "-") printf "%9s ms median%9s ms 99th percentile", p50, p99
        print ""
    }' >&2
}

has() { # ROW
    grep -q "^$1 " "$RESULTS"
}

column() { # ROW COLUMN
    awk -v row="$1" -v column="$2" '$1 == row && $column != "-" { print $column }' "$RESULTS" | sort -g
}

median() { # ROW COLUMN [FORMAT]
    column "$1" "$2" | awk -v format="${3:-%.2f}" '{ v[NR] = $1 }
        END { if (NR) printf format, (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2; else printf "-" }'
}

ratio() { # ROW ROW
    awk -v a="$(median "$1" 2)" -v b="$(median "$2" 2)" 'BEGIN { printf "%.2f", (b > 0 ? a / b : 0) }'
}

half() { # RATE of a row, at least 1
    awk -v r="$(median "$1" 2)" 'BEGIN { printf "%d", (r > 2 ? r / 2 : 1) }'
}

# ---- What processes cost ----

CLOCK_TICKS=$(getconf CLK_TCK)

pg_master() { # NAME
    head -n 1 "$LEDGERS/$1/pg/postmaster.pid"
}

cpu_ledgerd() { # NAME: µs so far
    sed 's/.*) //' "/proc/$(ledger_pid "$1")/stat" |
        awk -v hz="$CLOCK_TICKS" '{ printf "%d", ($12 + $13) * 1000000 / hz }'
}

# µs so far of all processes of its PostgreSQL; the first one has the times of those that ended.
cpu_postgres() { # NAME
    local master pid
    master=$(pg_master "$1")
    for pid in "$master" $(pgrep -P "$master"); do
        sed "s/.*) /$pid /" "/proc/$pid/stat" 2> /dev/null || true
    done | awk -v master="$master" -v hz="$CLOCK_TICKS" '
        { n += $13 + $14; if ($1 == master) n += $15 + $16 }
        END { printf "%d", n * 1000000 / hz }'
}

memory_ledgerd() { # NAME: MB at its most
    awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$(ledger_pid "$1")/status"
}

# MB now, each shared page counted once.
memory_postgres() { # NAME
    local master pid
    master=$(pg_master "$1")
    for pid in "$master" $(pgrep -P "$master"); do
        cat "/proc/$pid/smaps_rollup" 2> /dev/null || true
    done | awk '/^Pss:/ { n += $2 } END { printf "%.0f", n / 1024 }'
}

# Between the two: what both cost, in LEDGERD_US and POSTGRES_US.
cost_begin() { # NAME
    LEDGERD_US=$(cpu_ledgerd "$1")
    POSTGRES_US=$(cpu_postgres "$1")
    CHILDREN=$(pgrep -c -P "$(pg_master "$1")" || true)
}
cost_end() { # NAME
    local now
    now=$(memory_postgres "$1")
    [ "$now" -le "$PG_MEMORY" ] || PG_MEMORY=$now
    until_ok 2 few_backends "$1" || true
    LEDGERD_US=$(($(cpu_ledgerd "$1") - LEDGERD_US))
    POSTGRES_US=$(($(cpu_postgres "$1") - POSTGRES_US))
}
few_backends() { # NAME: those of pgbench have ended, and been waited for
    [ "$(pgrep -c -P "$(pg_master "$1")")" -le "$CHILDREN" ]
}
PG_MEMORY=0

each() { # US ACTS: what an act costs
    awk -v us="$1" -v n="$2" 'BEGIN { printf "%.1f", (n > 0 ? us / n : 0) }'
}

# ---- Rows ----

# pgbench in the database rival of that ledger, as the user that may. What it says is in $LEDGERS/pgbench.out.
run_pgbench() { # NAME CLIENTS SECONDS OPTION...
    local socket
    socket=$(ledger_socket "$1")
    (cd "$LEDGERS/open" && exec "${AS_LEDGERD[@]}" "$(pg_bin)/pgbench" -n -M prepared -c "$2" \
        -j "$(($2 < $(nproc) ? $2 : $(nproc)))" -T "$3" "${@:4}" -h "$socket" -U ledger rival) \
        > "$LEDGERS/pgbench.out" 2>&1 3>&- || die "pgbench: $(tail -n 5 "$LEDGERS/pgbench.out")"
    ! grep -q 'number of failed transactions: [1-9]' "$LEDGERS/pgbench.out" ||
        die "pgbench: $(cat "$LEDGERS/pgbench.out")"
}
pgbench_rate() {
    sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$LEDGERS/pgbench.out"
}

rival_options() { # NAME ROW
    [ "$2" = tpcb ] || echo -f "$LEDGERS/open/$1-$2.pgbench" -D "envelope=$ENVELOPE"
}

# The number of clients at which a row is fastest.
declare -gA BEST
tune() { # NAME ROW
    local c rate best=0
    # shellcheck disable=SC2086
    set -- "$1" "$2" $CLIENTS
    BEST[$2]=$3
    [ $# -gt 3 ] || return 0
    for c in "${@:3}"; do
        # shellcheck disable=SC2046
        run_pgbench "$1" "$c" "$TUNE" $(rival_options "$1" "$2")
        rate=$(pgbench_rate)
        if awk -v a="$rate" -v b="$best" 'BEGIN { exit !(a > b) }'; then
            best=$rate
            BEST[$2]=$c
        fi
    done
    echo "  $2 is fastest with ${BEST[$2]} clients" >&2
}

rival() { # NAME ROW [AS]
    local said acts TIMEFORMAT='%U %S'
    cost_begin "$1"
    # shellcheck disable=SC2046
    said=$({ time run_pgbench "$1" "${BEST[$2]}" "$DURATION" $(rival_options "$1" "$2"); } 2>&1)
    cost_end "$1"
    acts=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$LEDGERS/pgbench.out")
    put "${3:-$2}" "$(pgbench_rate)" - - - "$(each "$POSTGRES_US" "$acts")" \
        "$(awk -v n="$acts" '{ printf "%.1f", ($1 + $2) * 1e6 / n }' <<< "$said")"
}

rival_open() { # NAME ROW RATE
    rm -f "$LEDGERS"/open/pgbench_log.*
    # Its log has the time of each transaction from when it was due.
    # shellcheck disable=SC2046
    run_pgbench "$1" "${BEST[$2]}" "$OPEN" -R "$3" -l $(rival_options "$1" "$2")
    # shellcheck disable=SC2046
    put "$2@half" "$(pgbench_rate)" $(cut -d ' ' -f 3 "$LEDGERS"/open/pgbench_log.* | sort -n | awk '
        { v[NR] = $1 }
        END { printf "%.2f %.2f", v[int((NR + 1) / 2)] / 1000, v[int((NR * 99 + 99) / 100)] / 1000 }') - - - "$3"
}

LOAD_NUMBER=$(date +%s) # ids of acts begin with it, also on a ledger that an earlier run filled
sign() { # NAME MEMBERS ACTS [--hot]: to $LEDGERS/open/acts
    LOAD_NUMBER=$((LOAD_NUMBER + 1))
    "$BENCH_PROGRAM" make "$(ledger_url "$1")" --members "$2" --acts "$3" --load "$LOAD_NUMBER" "${@:4}" \
        > "$LEDGERS/open/acts"
}

# Acts that are signed already.
drive() { # NAME ROW OPTION...
    local acts rate p50 p99 us figures due=-
    [[ " $* " != *" --rate "* ]] || due=$(sed 's/.* --rate \([0-9]*\).*/\1/' <<< " $* ")
    cost_begin "$1"
    figures=$("$BENCH_PROGRAM" drive "$(ledger_url "$1")" "$LEDGERS/open/acts" "${@:3}")
    cost_end "$1"
    read -r acts _ rate p50 p99 us <<< "$figures"
    put "$2" "$rate" "$p50" "$p99" "$(each "$LEDGERD_US" "$acts")" "$(each "$POSTGRES_US" "$acts")" "$us" "$due"
}

# ---- Ledgers ----

bench_ledger() { # NAME MEMBERS: one with so many members, all with keys
    ledger_init "$1"
    ledger_start "$1"
    ledger_wait "$1"
    echo "making $2 members with keys" >&2
    "$BENCH_PROGRAM" setup "$(ledger_url "$1")" --members "$2" > "$LEDGERS/setup.out"
}

# The database rival in its cluster, with what tests/load/rival.sql makes and pgbench's own tables.
bench_rival() { # NAME MEMBERS
    local socket row function payee
    socket=$(ledger_socket "$1")
    ledger_psql_super "$1" -c 'CREATE DATABASE rival OWNER ledger' > /dev/null
    (cd / && "${AS_LEDGERD[@]}" "$(pg_bin)/pgbench" -i -q -s 10 -h "$socket" -U ledger rival) > "$LEDGERS/rival.out" 2>&1
    (cd / && "${AS_LEDGERD[@]}" psql -Xq -v ON_ERROR_STOP=1 -v members="$2" -h "$socket" -U ledger rival) \
        < tests/load/rival.sql
    # The size of an envelope of a transfer, as ledgerd keeps it.
    sign "$1" "$2" 1
    ENVELOPE=$(printf 'x%.0s' $(seq "$(jq -c .act < "$LEDGERS/open/acts" | tr -d '\n' | wc -c)"))
    for row in sql sql-hot sql-fk sql-fk-hot; do
        function=lean.transfer
        [[ $row != *-fk* ]] || function=textbook.transfer
        payee="1 + (:payer + random(0, $(($2 - 2)))) % $2" # anybody else
        [[ $row != *-hot ]] || payee=1
        cat > "$LEDGERS/open/$1-$row.pgbench" << END
\\set payer random(2, $2)
\\set payee $payee
\\set n random(1, 600)
\\set r random(1, 9000000000000000000)
SELECT $function(:payer, :payee, :n, :r, :envelope);
END
    done
    chmod a+r "$LEDGERS"/open/*
}

# ---- Tables ----

# The machine, in a sentence or two.
describe_machine() { # [NAME]: of the ledger whose PostgreSQL was measured too
    local cpu changed
    cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
    changed=$(git status --porcelain -- . ':!docs/performance.md' 2> /dev/null | head -n 1)
    cat << END
Measured on $(date -u +%F) at commit $(git rev-parse --short HEAD 2> /dev/null || echo unknown)${changed:+ with changes}:
$(nproc) cores of ${cpu:-$(uname -m)}, $(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GB of memory,
Linux $(uname -r)${1:+, PostgreSQL $(ledger_psql "$1" -c 'SHOW server_version' | cut -d ' ' -f 1)},
data on $(findmnt -no FSTYPE -T "$LEDGERS" 2> /dev/null || stat -f -c %T "$LEDGERS").
END
}

# Rates with their range over the rounds, and what an act costs.
rates_table() { # ROW...
    local row
    echo '| row | acts a second | lowest to highest | CPU µs an act: ledgerd | PostgreSQL | generator |'
    echo '| --- | ---: | ---: | ---: | ---: | ---: |'
    for row; do
        has "$row" || continue
        printf '| %s | %s | %s | %s | %s | %s |\n' "$row" "$(median "$row" 2 %.0f)" \
            "$(column "$row" 2 | awk 'NR == 1 { low = $1 } { high = $1 } END { printf "%.0f to %.0f", low, high }')" \
            "$(median "$row" 5 %.0f)" "$(median "$row" 6 %.0f)" "$(median "$row" 7 %.0f)"
    done
}

times_table() { # ROW...
    local row
    echo '| row | due a second | answered a second | median, ms | 99th percentile, ms |'
    echo '| --- | ---: | ---: | ---: | ---: |'
    for row; do
        has "$row" || continue
        printf '| %s | %s | %s | %s | %s |\n' "$row" "$(median "$row" 8 %.0f)" "$(median "$row" 2 %.0f)" \
            "$(median "$row" 3)" "$(median "$row" 4)"
    done
}

aims_head() {
    echo '| aim | wanted | measured | |'
    echo '| --- | ---: | ---: | --- |'
}
aim() { # WHAT at-least|at-most WANTED MEASURED [UNIT]
    local words
    words=${2/-/ }
    printf '| %s | %s %s | %s | %s |\n' "$1" "$words" "$3${5:+ $5}" "$4${5:+ $5}" \
        "$(awk -v how="$2" -v a="$4" -v b="$3" 'BEGIN { print ((how == "at-least" ? a >= b : a <= b) ? "met" : "**missed**") }')"
}

# The part of a page between "<!-- bench STEP -->" and "<!-- end of bench STEP -->".
page_has() { # PAGE STEP
    grep -qxF "<!-- bench $2 -->" "$1" && grep -qxF "<!-- end of bench $2 -->" "$1"
}
write_part() { # PAGE STEP FILE
    awk -v begin="<!-- bench $2 -->" -v end="<!-- end of bench $2 -->" -v file="$3" '
        $0 == end { inside = 0 }
        !inside { print }
        $0 == begin { inside = 1; print ""; while ((getline line < file) > 0) print line; print "" }' \
        "$1" > "$1.new" && cat "$1.new" > "$1" && rm "$1.new"
}
