#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# make bench, as small as it can be: every step runs through on a real ledger, every row has figures, and they
# are written into its own part of the page and nowhere else. What the figures are is not a test's business.

load ../lib/ledger

setup() {
    PAGE=$BATS_TEST_TMPDIR/performance.md
    cp docs/performance.md "$PAGE"
    # Each part is there to begin with; what stands between them must stay.
    parts > "$BATS_TEST_TMPDIR/outside"
}

parts() { # the page without what bench writes
    awk '/^<!-- end of bench/ { inside = 0 } !inside { print } /^<!-- bench / { inside = 1 }' "$PAGE"
}

part() { # STEP
    awk -v step="$1" '$0 == "<!-- end of bench " step " -->" { exit } inside { print }
        $0 == "<!-- bench " step " -->" { inside = 1 }' "$PAGE"
}

bench() { # STEP...
    PERFORMANCE=$PAGE ROUNDS=1 ACTS=200 MEMBERS=100 DURATION=1 OPEN=1 CLIENTS=4 MANY=300 POSTINGS=400 \
        SOAK=2 WINDOW=1 scripts/bench "$@" 3>&- || die "bench $*: exit status $?"
}

# rows STEP ROW...: each has figures, the first of them a number above zero
rows() {
    local step=$1 row
    shift
    part "$step" | grep -q '^Measured on .* at commit ' || die "$step: no machine" || return 1
    for row; do
        part "$step" | grep -qE "^\| $row \| (0\.)?[0-9]*[1-9]" || die "$step: no figures of $row: $(part "$step")" ||
            return 1
    done
    ! part "$step" | grep -E '^\|.*\|  \|' || die "$step: an empty figure"
}

@test "bench: the main rows, and those with a slow disk" {
    bench main slow
    rows main limit single single-hot bulk bulk-hot sql sql-hot sql-fk sql-fk-hot tpcb \
        single@4000 single@half single-hot@half bulk@half sql@half sql-hot@half queries@bulk
    [ "$(part main | grep -cE '\| (\*\*missed\*\*|met) \|$')" -eq 9 ]
    rows slow limit single bulk bulk-hot sql sql-hot single@4000 single@half bulk@half sql@half
    # The slow disk is a slow one.
    [ "$(part slow | sed -n 's/^A flush.* takes \([0-9]*\)\..*/\1/p')" -ge 1 ]
    diff <(parts) "$BATS_TEST_TMPDIR/outside"
    [ -z "$(part soak)" ] || diff <(part soak) <(PAGE=docs/performance.md && part soak)
}

@test "bench: many members, kept for the next run; a soak whose books are right" {
    local cache=$BATS_TEST_TMPDIR/cache
    CACHE=$cache bench million soak
    rows million single single-million bulk bulk-million sql sql-million
    part million | grep -q 'of an account.s 4[0-9][0-9] postings'
    [ "$(part soak | grep -cE '^\| [0-9]+ \| [0-9]+ \| [0-9.]+ \| [0-9.]+ \|$')" -ge 1 ]
    part soak | grep -qE '^\| legs \| [0-9.]+ \| [0-9.]+ \| [0-9]+ \|$'
    CACHE=$cache bench million
    part million | grep -q 'one that an earlier run made'
    diff <(parts) "$BATS_TEST_TMPDIR/outside"
}

@test "bench: clearing beside LEMON's solvers" {
    [ -e /usr/include/lemon/network_simplex.h ] || skip 'LEMON is not installed (scripts/deps bench)'
    DEBTS=5000 PARTIES=500 bench clearing
    part clearing | grep -q '^| made: CPU time beside the better of LEMON.s two | at most 1 | [0-9.]* |'
    [ "$(part clearing | grep -cE '^\| made \| [^|]* \| [0-9.]+ \| [0-9.]+ \| [0-9]* \|$')" -eq 5 ]
    diff <(parts) "$BATS_TEST_TMPDIR/outside"
}

@test "bench: positions in a small network" {
    COOPS=20 LINES=200 bench positions
    rows positions positions positions@bulk
}

@test "bench: payments between co-ops of a chain, and their ways in a small network" {
    COOPS=20 LINES=80 CHAIN_ACTS=200 WAYS=1 bench network
    rows network inside direct hops4 towns mixed
    [ "$(part network | grep -cE '\| (\*\*missed\*\*|met) \|$')" -eq 3 ]
    diff <(parts) "$BATS_TEST_TMPDIR/outside"
}

@test "bench: a page without the part is refused before anything is measured" {
    sed -i '/end of bench slow/d' "$PAGE"
    PERFORMANCE=$PAGE run scripts/bench slow 3>&-
    [ "$status" -eq 2 ]
    PERFORMANCE=$PAGE run scripts/bench nonsense 3>&-
    [ "$status" -eq 2 ]
}

@test "bench: a statement" {
    ENTRIES=200 bench statement
    rows statement made signatures verified
    [ "$(part statement | grep -cE '\| (\*\*missed\*\*|met) \|$')" -eq 2 ]
    diff <(parts) "$BATS_TEST_TMPDIR/outside"
}

@test "bench: an audit" {
    RECORDS=300 bench audit
    rows audit signatures audited
    [ "$(part audit | grep -cE '\| (\*\*missed\*\*|met) \|$')" -eq 1 ]
    diff <(parts) "$BATS_TEST_TMPDIR/outside"
}
