#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# pumasi clearing plan and check: without ledger, profile or network.

setup() {
    HERE=$(mktemp -d "${TMPDIR:-/tmp}/clearing.XXXXXX")
    export HOME=$HERE XDG_CONFIG_HOME=$HERE/config XDG_STATE_HOME=$HERE/state PUMASI_BATCH=1
    unset PUMASI_PROFILE PUMASI_KEY
    cd "$HERE"
}

teardown() {
    rm -rf "$HERE"
}

die() {
    printf '%s\n' "$*" >&2
    return 1
}

plan() { # STATUS OPTION...
    local want=$1
    shift
    run pumasi clearing plan "$@"
    [ "$status" -eq "$want" ] || die "status $status: $output"
}

check() { # STATUS TEXT
    run pumasi clearing check --debts debts.csv --legs legs.csv
    [ "$status" -eq "$1" ] || die "status $status: $output"
    [[ "$output" == *"$2"* ]] || die "no \"$2\" in: $output"
}

refuses() { # TEXT: of the debts that come by standard input, as printf has them
    plan 1 --debts debts.csv --legs legs.csv
    [[ "$output" == *"$1"* ]] || die "no \"$1\" in: $output"
    [ ! -e legs.csv ] || die 'legs were written'
}

# Two cycles over one debt, and one debt that is in none.
three_coops() {
    cat > debts.csv << 'CSV'
debtor,creditor,amount
한살림,생협,1000
생협,의료,700
의료,한살림,500
생협,한살림,100
"Books, and more",한살림,50
CSV
}

@test "a plan: sums, legs, and nothing but them" {
    three_coops
    plan 0 --debts debts.csv --legs legs.csv
    [ "${lines[0]}" = $'total\t2350' ]
    [ "${lines[1]}" = $'net_internal\t400' ]
    [ "${lines[2]}" = $'cleared\t1700' ]
    [ "${lines[3]}" = $'remaining\t650' ]
    [ "${lines[4]}" = $'percent\t72.34' ]
    [[ "${lines[5]}" =~ ^seconds$'\t'[0-9]+\.[0-9]{3}$ ]]
    [ ${#lines[@]} -eq 6 ]
    diff <(tr -d '\r' < legs.csv) - << 'CSV'
debtor,creditor,amount,cleared,remaining
"Books, and more",한살림,50,0,50
생협,의료,700,500,200
생협,한살림,100,100,0
의료,한살림,500,500,0
한살림,생협,1000,600,400
CSV
    check 0 'good: 1700'
    # Nothing is asked of a profile, and none is made.
    [ ! -e "$XDG_CONFIG_HOME" ]
    [ ! -e "$XDG_STATE_HOME" ]
}

@test "a plan as JSON: exactly these members, all of them numbers" {
    three_coops
    plan 0 --debts debts.csv --json
    [ "$(jq -c 'del(.seconds)' <<< "$output")" = \
        '{"total":2350,"net_internal":400,"cleared":1700,"remaining":650,"percent":72.34}' ]
    [ "$(jq '.seconds | type' <<< "$output")" = '"number"' ]
}

@test "the same legs in whatever order the debts stand, and of debts in two lines" {
    local i
    for i in {1..400}; do
        echo "p$((i * 7 % 23)),p$((i * i % 19 + 23)),$((i % 90 + 1))"
        echo "p$((i * i % 19 + 23)),p$((i * 5 % 23)),$((i % 70 + 1))"
    done > rows
    { echo debtor,creditor,amount; cat rows; } > debts.csv
    plan 0 --debts debts.csv --legs legs.csv
    check 0 good
    mv legs.csv first.csv
    for i in 1 2 3; do
        { echo debtor,creditor,amount; shuf --random-source=<(yes "$i") rows; } > debts.csv
        plan 0 --debts debts.csv --legs legs.csv
        cmp legs.csv first.csv
        rm legs.csv
    done
}

@test "debts as spreadsheets save them: BOM, CRLF, quotes, blanks, names that look like formulas" {
    printf '\xef\xbb\xbfDebtor,Creditor,Amount\r\n"=SUM(A1)", "b ""x""" ,5\r\n\r\n"b ""x""",\x27=SUM(A1),7' > debts.csv
    sed -i 's/, "b/,"b/; s/""" ,/""",/' debts.csv
    plan 0 --debts debts.csv --legs legs.csv
    [ "${lines[2]}" = $'cleared\t10' ]
    grep -q "^'=SUM(A1)," legs.csv
    check 0 good
    # One name in two forms of Unicode is one party: 가 as one character, and as two.
    printf 'debtor,creditor,amount\n\xea\xb0\x80,b,5\nb,\xe1\x84\x80\xe1\x85\xa1,5\n' > debts.csv
    plan 0 --debts debts.csv
    [ "${lines[2]}" = $'cleared\t10' ]
}

@test "each bad line is named, and nothing is written" {
    local head=debtor,creditor,amount
    printf '%s\n' $head a,b,5 a,a,5 > debts.csv
    refuses 'debts.csv, line 3: "a" can'
    printf '%s\n' $head a,b,0 > debts.csv
    refuses 'line 2: amount "0" is no whole number'
    printf '%s\n' $head a,b,-4 a,b,1.5 'a,b,1e3' 'a,b,' a,b,1000000000000001 a,b,99999999999999999999 > debts.csv
    refuses 'line 2: amount "-4"'
    [[ "$output" == *'line 3: amount "1.5"'*'line 4: amount "1e3"'*'line 5: amount ""'*'line 6: amount "1000000000000001"'*'line 7: '* ]]
    printf '%s\n' $head ,b,5 'a, ,5' > debts.csv
    refuses 'line 2: debtor is empty'
    [[ "$output" == *'line 3: creditor is empty'* ]]
    printf '%s\n' $head a,b a,b,5,6 'a,"b,5' > debts.csv
    refuses 'line 2: it has 2 cells, not 3'
    [[ "$output" == *'line 3: it has 4 cells, not 3'*'line 4: '* ]]
    printf '%s\n' $head $'a\x01,b,5' $'\xff,b,5' > debts.csv
    refuses 'line 2: debtor: '
    [[ "$output" == *'line 3: '* ]]
    printf '%s\n' "$head" "$(printf 'x%.0s' {1..121}),b,5" > debts.csv
    refuses 'line 2: debtor: '
    printf '%s\n' a,b,5 > debts.csv
    refuses "line 1: the first line isn't \"debtor,creditor,amount\""
    : > debts.csv
    refuses 'debts.csv is empty'
    rm debts.csv
    refuses "debts.csv can't be read"
    { echo $head; for i in {1..30}; do echo "a$i,a$i,1"; done; } > debts.csv
    refuses 'More lines of debts.csv are wrong'
    [ "$(grep -c 'line' <<< "$output")" -le 12 ]
    # More than can be counted.
    { echo $head; for i in {1..9300}; do echo "a$i,b,1000000000000000"; done; } > debts.csv
    refuses 'All debts together are more than 9223372036854775807'
}

@test "sums beyond 2^53 are exact, and a table without debts is none" {
    { echo debtor,creditor,amount; for i in {1..40}; do printf '%s\n' a,b,999999999999999 b,a,1000000000000000; done; } > debts.csv
    plan 0 --debts debts.csv --legs legs.csv --json
    [[ "$output" == *'"total": 79999999999999960'* ]]
    [[ "$output" == *'"cleared": 79999999999999920'* ]]
    [[ "$output" == *'"remaining": 40'* ]]
    [[ "$output" == *'"percent": 100.00'* ]]
    check 0 good
    echo debtor,creditor,amount > debts.csv
    plan 0 --debts debts.csv --legs legs.csv
    [ "${lines[0]}" = $'total\t0' ]
    [ "${lines[4]}" = $'percent\t0.00' ]
    check 0 good
}

@test "legs that were tampered with: what fails is named, and the exit status is 1" {
    three_coops
    plan 0 --debts debts.csv --legs good.csv
    sed 's/^생협,의료,700,500,200/생협,의료,700,400,300/' good.csv > legs.csv
    check 1 'a net position is changed: "'
    sed 's/^생협,한살림,100,100,0/생협,한살림,100,101,-1/' good.csv > legs.csv
    check 1 'more is cleared than is owed: what "생협" owes "한살림"'
    sed 's/^"Books, and more",한살림,50,0,50/"Books, and more",한살림,50,-1,51/' good.csv > legs.csv
    check 1 'less than nothing is cleared: what "Books, and more" owes "한살림"'
    sed 's/,600,400/,600,401/' good.csv > legs.csv
    check 1 "what remains isn't the amount less"
    sed 's/^한살림,생협,1000,600,400/한살림,생협,1001,600,401/' good.csv > legs.csv
    check 1 "the leg's amount isn't the debt's"
    { cat good.csv; printf '의료,생협,5,0,5\n'; } > legs.csv
    check 1 "a leg of a debt that there isn't"
    { cat good.csv; sed -n '3p' good.csv; } > legs.csv
    check 1 'there are two legs of one debt'
    # Right in itself, but less than can be.
    sed 's/^생협,한살림,100,100,0/생협,한살림,100,0,100/; s/,600,400/,500,500/' good.csv > legs.csv
    check 1 'more can be cleared, round a cycle'
    head -n 1 good.csv > legs.csv
    check 1 'more can be cleared'
    run pumasi clearing check --debts debts.csv --legs legs.csv --json
    [ "$status" -eq 1 ]
    jq -e '.good == false and (.fault | type == "string")' <<< "${output%pumasi:*}" > /dev/null
    # Legs of which nothing is cleared may be left out.
    grep -v Books good.csv > legs.csv
    check 0 good
    check 0 good
    run pumasi clearing check --debts debts.csv --legs debts.csv
    [ "$status" -eq 1 ]
    [[ "$output" == *"the first line isn't"* ]]
}

@test "without the files there is nothing to do" {
    run pumasi clearing plan
    [ "$status" -eq 2 ]
    run pumasi clearing check --debts x
    [ "$status" -eq 2 ]
    three_coops
    plan 1 --debts debts.csv --legs no/such/legs.csv
    [[ "$output" == *"no/such/legs.csv can't be written"* ]]
}

@test "a real network of 94,223 debts clears 7,267,188,961, and the checker agrees" {
    local debts=$BATS_TEST_DIRNAME/../../../shared/data/debts.csv
    [ -r "$debts" ] || skip 'the data of a real currency is not here'
    pumasi clearing plan --debts "$debts" --legs legs.csv --json > plan.json
    [ "$(jq -c '[.total, .net_internal, .cleared, .remaining, .percent]' plan.json)" = \
        '[10788662882,1696147132,7267188961,3521473921,67.36]' ]
    run pumasi clearing check --debts "$debts" --legs legs.csv
    [ "$status" -eq 0 ]
    { head -n 1 "$debts"; tail -n +2 "$debts" | shuf --random-source=<(yes 5); } > shuffled.csv
    pumasi clearing plan --debts shuffled.csv --legs again.csv > /dev/null
    cmp legs.csv again.csv
    for line in 2 5000 94000; do
        awk -F, -v OFS=, -v line="$line" 'NR == line { $4++; $5-- } { print }' <(tr -d '\r' < legs.csv) > worse.csv
        run pumasi clearing check --debts "$debts" --legs worse.csv
        [ "$status" -eq 1 ]
    done
}
