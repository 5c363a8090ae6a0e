#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# pumasi export: an accountant opens accounts and books in her own programs, and finds there what
# ledgerd says. One ledger for all tests, posted on over some weeks by a clock of its own: sora has
# every key of the office, alice is a member with a key.

load ../lib/ledger
load ../lib/client
load ../lib/accountant

as() { # PERSON ARGUMENT...
    local who=$1
    shift
    XDG_CONFIG_HOME=$LEDGERS/$who/config XDG_STATE_HOME=$LEDGERS/$who/state "$BUILD/pumasi" "$@" 3>&-
}

connect() { # PERSON
    as "$1" --yes connect "$(ledger_url main)" > "$LEDGERS/connect.log" 2>&1
}

# Everything from here on happens at this time of today minus so many days, if faketime is there.
clock() { # DAYS-AGO HH:MM-IN-UTC
    local lib
    lib=$(find /usr/lib -name libfaketimeMT.so.1 -print -quit 2> /dev/null)
    [ -n "$lib" ] && [ -z "$(grep -l __asan_init "$LEDGERD")" ] || return 0
    FAKED=$(($(date -ud "$TODAY $2 $1 days ago" +%s) - $(date +%s)))
    echo "$FAKED" > "$LEDGERS/open/clock"
    OPTIONS[main]='--sandbox off' # in it, faketime couldn't read its file
    export LD_PRELOAD=$lib FAKETIME_TIMESTAMP_FILE=$LEDGERS/open/clock FAKETIME_NO_CACHE=1 \
        DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_FAKE_MONOTONIC=1
}

at() { # DAYS-AGO HH:MM-IN-UTC: ledgerd is started anew, as it posts nothing after a leap
    ledger_stop main
    unset LD_PRELOAD
    clock "$@"
    ledger_start main
    ledger_wait main
}

# An act of the office.
office() {
    as sora --yes "$@" > "$LEDGERS/office.log" 2>&1 || die "$*: $(cat "$LEDGERS/office.log")"
}

pay() { # FROM TO AMOUNT UNIT MEMO [OPTION...]
    local from=$1@hansalim to=$2@hansalim amount=$3 unit=$4 memo=$5
    shift 5
    as sora -k registrar pay "$to" "$amount" "$unit" --from "$from" ${memo:+-m "$memo"} "$@" \
        > "$LEDGERS/pay.log" 2>&1 || die "$from $to $amount $unit: $(cat "$LEDGERS/pay.log")"
}

paid() { # the record of the last payment or request
    sed -n 's/.*(record \([0-9]*\),.*/\1/p' "$LEDGERS/pay.log"
}

MEMOS=('=cmd|'\'' /C calc'\''!A0' '+82-10-1234;x' '-1' '@SUM(1+1)*cmd' '"quoted" \ back\' '; date:2001-01-01, x:y'
    'a | b || c' 'two  spaces,  and,commas' '* ! (code) = -5 hour' '#tag ^link {1} [2001-01-01] "' '품앗이 텃밭'
    '＝1+1' "'=2" ' =3' '' '$ € % & < > ~')

# name, handle: of handles that differ only in what accounts elsewhere can't have.
members() {
    cat << 'MEMBERS'
alice 김철수
bob =HYPERLINK("http://x/","y")
a-b Kim, "Lee"; (x) | y: z
a--b Kim Lee
a.b 박 영희
a_b -
a- 9
9 a-b
9.9_ élan: ß;  ®
x--9 9
outside !outside
MEMBERS
}

some_payments() { # SEED
    local seed=$1 handles i from to unit amount
    mapfile -t handles < <(members | cut -d ' ' -f 1)
    for i in $(seq 0 15); do
        from=${handles[$(((i * 7 + seed) % ${#handles[@]}))]}
        to=${handles[$(((i * 5 + seed + 3) % ${#handles[@]}))]}
        [ "$from" != "$to" ] || to=bob
        [ "$from" != "$to" ] || from=alice
        case $((i % 5)) in
        0) unit=hour amount=$((1 + (i * 13 + seed) % 59))m ;;
        1) unit=won amount=$((1000 + i * 777 + seed)) ;;
        2) unit=coin amount=$((i + seed)).$((10 + i)) ;;
        3) unit=box amount="$seed $((1 + i % 11))/12" ;;
        4) unit=k-2 amount=$((1 + i)).5$seed ;;
        esac
        [ "$unit" = box ] && [ "$seed" -eq 0 ] && amount=1/12
        if [ "$from" = alice ]; then
            as alice pay "$to@hansalim" "$amount" "$unit" -m "by herself" > "$LEDGERS/pay.log" 2>&1 ||
                die "alice $amount $unit: $(cat "$LEDGERS/pay.log")"
        elif [ $((i % 3)) -eq 0 ]; then
            pay "$from" "$to" "$amount" "$unit" "${MEMOS[i]}" --value-date 2019-12-31 --category garden-$seed
        else
            pay "$from" "$to" "$amount" "$unit" "${MEMOS[i]}"
        fi
    done
}

setup_file() {
    ledger_setup
    export PUMASI_BATCH=1 TZ=UTC
    unset PUMASI_PROFILE PUMASI_KEY
    new_key sora stewards steward steward
    new_key sora hansalim treasurer treasurer
    new_key sora hansalim registrar registrar
    new_key alice alice@hansalim member alice
    install -m 644 /dev/null "$LEDGERS/open/clock"
    TODAY=$(date -u +%F)
    # Half past four at night of the next day in the ledger's zone, when that is nine hours ahead.
    clock 40 19:30
    ledger_init main
    ledger_start main
    until_ok 60 connect sora || die "sora can't connect: $(cat "$LEDGERS/connect.log")"
    local handle name unit
    office open
    office unit create hour --name 시간 --scale 60 --kind time
    office unit create won --name Won --scale 1 --kind credit
    office unit create coin --name Coin --scale 100 --kind credit
    office unit create box --name Box --scale 12 --kind goods
    office unit create k-2 --name Kilo --scale 1000 --kind goods
    office -k steward -k treasurer -k registrar coop create hansalim --name 한살림 \
        --treasurer treasurer --registrar registrar
    for unit in hour won coin box k-2; do
        office policy hansalim $unit --floor -1000000 --ceiling none
    done
    connect alice || die "alice can't connect"
    while read -r handle name; do
        if [ "$handle" = alice ]; then
            as sora member create alice@hansalim --name "$name" --key-file "$LEDGERS/alice.jwk" > /dev/null 2>&1 ||
                [ $? -eq 3 ]
            as alice --yes sign > "$LEDGERS/sign.log" 2>&1 || die "alice: $(cat "$LEDGERS/sign.log")"
        else
            office member create "$handle@hansalim" --name "$name"
        fi
    done < <(members)
    office member create none@hansalim
    as alice member allow yes > /dev/null 2>&1
    some_payments 0
    at 10 20:00
    some_payments 1
    pay bob none 500000 won 'quiet from now on'
    at 9 14:30 # the same day in the ledger's zone
    some_payments 2
    # Given back: all by who received it, a part by the office, the rest by the treasurers.
    pay bob alice 9m hour 'too much'
    as alice --yes reverse "$(paid)" -r '=it was nothing; or | less' > "$LEDGERS/alice.log" 2>&1 || die "$(cat "$LEDGERS/alice.log")"
    pay bob a-b 3000 won 'for the car' --category car
    paid > "$LEDGERS/car"
    office -k registrar reverse "$(paid)" 1000
    office -k treasurer reverse "$(paid)" -r 'the rest'
    as alice request bob@hansalim 7m hour -m 'please' > "$LEDGERS/pay.log" 2>&1 || die "$(cat "$LEDGERS/pay.log")"
    paid > "$LEDGERS/asked"
    office -k registrar pay --request "$(paid)"
    unset LD_PRELOAD
    ledger_stop main
    ledger_start main
    ledger_wait main
    some_payments 3
    printf '%s' "${FAKED:-}" > "$LEDGERS/faked"
    date -ud "$TODAY 9 days ago" +%F > "$LEDGERS/middle" # a day of the ledger's zone with postings
}

setup() {
    ledger_adopt main
    export PUMASI_BATCH=1 TZ=America/Los_Angeles # nobody's here
    cd "$LEDGERS"
    MIDDLE=$(cat "$LEDGERS/middle")
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

needs_days() {
    [ -s "$LEDGERS/faked" ] || skip "without faketime all was posted today"
}

days() { # NUMBER: from the day in the middle
    date -ud "$MIDDLE $1 days" +%F
}

not() { # COMMAND...: fails where a plain "!" would be passed over
    ! "$@"
}

says() { # STATUS TEXT: of the last run
    [ "$status" -eq "$1" ] || die "status $status instead of $1: $output"
    [[ $output == *"$2"* ]] || die "it doesn't say \"$2\": $output"
}

# Exports in every format and compares all balances with the tables'.
check_all() { # SQL ARGUMENT...
    local sql=$1
    shift
    table_balances main "$sql" > expected
    as sora export "$@" -o all.csv
    as sora export "$@" --format hledger -o all.journal
    as sora export "$@" --format beancount -o all.beancount
    csv_balances all.csv > seen
    same_balances expected seen
    hledger_checks all.journal
    hledger_balances all.journal > seen
    same_balances expected seen
    beancount_checks all.beancount
    beancount_balances all.beancount > seen
    same_balances expected seen
}

@test "a book: every balance is the ledger's, in each format" {
    check_all true --book hansalim
    check_all true --book hansalim --names
    check_all "split_part(p.account, '/', 2) = 'hour'" --book hansalim hour
    check_all "split_part(p.account, '/', 2) = 'k-2'" --book hansalim k-2 --names
    # As many rows as there are postings, and as many transactions as records.
    as sora export --book hansalim -o all.csv
    [ "$(($(wc -l < all.csv) - 1))" -eq "$(ledger_psql main -c 'SELECT count(*) FROM postings')" ]
    as sora export --book hansalim --format hledger -o all.journal
    [ "$(hledger -f all.journal print | grep -c '^[0-9]')" -eq \
        "$(ledger_psql main -c 'SELECT count(DISTINCT idx) FROM postings')" ]
    [ "$(hledger -f all.journal bal -N -O csv 'not:assets' | wc -l)" -eq 1 ]
}

@test "a period: opening, postings and closing are those of the ledger's days" {
    needs_days
    local from to
    check_all "day <= '$MIDDLE'" --book hansalim --to "$MIDDLE"
    check_all "day < '$MIDDLE'" --book hansalim --to "$(days -1)" --names
    check_all true --book hansalim --from "$MIDDLE"
    check_all "day <= '$MIDDLE'" --book hansalim --from "$MIDDLE" --to "$MIDDLE"
    check_all true --book hansalim --from "$(days 1)" --names
    check_all "day <= '$(days 2)'" --book hansalim --from "$(days 1)" --to "$(days 2)" # nothing was posted
    check_all true --book hansalim --from 2001-01-01 --to 9999-12-31
    # What was posted within it is what other programs find there, besides what stood before.
    table_balances main "day = '$MIDDLE'" > expected
    as sora export --book hansalim --format hledger --from "$MIDDLE" --to "$MIDDLE" -o day.journal
    hledger_balances day.journal 'not:desc:opening' > seen
    same_balances expected seen
    as sora export --book hansalim --format beancount --from "$MIDDLE" --to "$MIDDLE" -o day.beancount
    beancount_balances day.beancount "WHERE narration != 'opening balances'" > seen
    same_balances expected seen
    as sora export --book hansalim --from "$MIDDLE" --to "$MIDDLE" -o day.csv
    [ "$(csv_column day.csv booked_date | sort -u)" = "$MIDDLE" ]
    [ "$(csv_column day.csv kind | grep -vc opening)" -eq "$(ledger_psql main -c "SELECT count(*) FROM postings JOIN records r USING (idx)
        WHERE ((r.header::json->>'time')::timestamptz AT TIME ZONE '$LEDGER_ZONE')::date = '$MIDDLE'")" ]
    # One period after the other is the whole: what one leaves the next one begins with.
    as sora export --book hansalim --to "$MIDDLE" -o first.csv
    as sora export --book hansalim --from "$(days 1)" -o second.csv
    csv_balances first.csv > expected
    csv_cells second.csv | grep -v $'\x1ftransfer\x1f' | tr '\037' '\t' > opening
    awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { print $at["account"] "/" $at["unit"], $at["minor"] }' \
        opening | sort > seen
    same_balances expected seen
}

@test "an account: with its own key and with the office's" {
    local format
    check_all "p.account LIKE 'alice@%'" alice@hansalim
    check_all "p.account = 'alice@hansalim/box'" alice@hansalim box --names
    check_all "p.account LIKE 'a--b@%'" a--b@hansalim --names
    check_all "p.account LIKE '9.9\\_@%'" 9.9_@hansalim
    for format in csv hledger beancount; do
        as alice export --format $format --names > own
        as sora export --format $format --names alice@hansalim > office
        cmp own office || die "$format: not the same"
        grep -q 김철수 own
        grep -q Kim own
    done
    as alice export hour > own.csv
    [ "$(csv_column own.csv account | sort -u)" = alice@hansalim ]
    [ "$(csv_column own.csv unit | sort -u)" = hour ]
    table_balances main "p.account = 'alice@hansalim/hour'" > expected
    echo "alice@hansalim/hour $(csv_column own.csv balance_minor | tail -n 1)" > seen
    same_balances expected seen
    run as alice export bob@hansalim
    says 1 'bob@hansalim has no account yet, or this key may not see it.'
    run as alice export --book hansalim
    [ "$status" -eq 1 ]
}

@test "an account in a period begins with what stood on it" {
    needs_days
    check_all "p.account LIKE 'alice@%' AND day <= '$MIDDLE'" alice@hansalim --from "$MIDDLE" --to "$MIDDLE"
    check_all "p.account LIKE 'none@%'" none@hansalim --from "$(days 1)"
    as sora export none@hansalim --from "$(days 1)" --format hledger -o none.journal
    grep -qx "    assets:hansalim:none  500000 won = 500000 won" none.journal
    grep -qx "    equity:opening  -500000 won" none.journal
    as sora export none@hansalim --from "$(days 1)" --format beancount -o none.beancount
    grep -qx "$(days 2) balance Assets:Hansalim:None  500000 ~ 0 WON" none.beancount
}

@test "what a spreadsheet would run is made harmless, and numbers stay numbers" {
    as sora export --book hansalim --names -o all.csv
    for column in memo name counterparty_name account counterparty category signed_by; do
        csv_column all.csv $column > cells
        [ "$(wc -l < cells)" -gt 0 ]
        grep -E "^[ \"']*(=|[+]|-|@|＝)" cells > triggers || true
        not grep -v "^'" triggers
    done
    csv_column all.csv memo > cells
    grep -qxF "'=cmd|' /C calc'!A0" cells
    grep -qxF "'+82-10-1234;x" cells
    grep -qxF "''=2" cells
    grep -qxF "' =3" cells
    grep -qxF "'＝1+1" cells
    grep -qxF '"quoted" \ back\' cells
    grep -qxF '품앗이 텃밭' cells
    csv_column all.csv name | grep -qxF "'=HYPERLINK(\"http://x/\",\"y\")"
    # With the mark taken off the memos are those that were typed.
    sed "s/^'\\([ \"']*[-=+@＝]\\)/\\1/" cells | sort -u > seen
    printf '%s\n' "${MEMOS[@]}" | grep -v '^$' | sort -u > expected
    [ -z "$(comm -23 expected seen)" ] || die "changed: $(comm -23 expected seen)"
    grep -qxF '=it was nothing; or | less' seen
    for column in amount balance minor balance_minor; do
        csv_column all.csv $column > cells
        grep -q '^-' cells
        not grep -vxE -e '-?[0-9]+([.][0-9]+)?' cells
    done
    # The decimals are those of the unit; of minutes the nearest.
    csv_cells all.csv | awk -F '\x1f' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { d = $at["amount"] - $at["minor"] / $at["scale"]; if (d > 5.1e-7 || d < -5.1e-7) { print; bad = 1 } }
        END { exit bad }'
}

@test "a spreadsheet of a land of decimal commas" {
    as sora export --book hansalim --separator ';' --bom -o all.csv
    [ "$(head -c 3 all.csv | od -An -tx1)" = ' ef bb bf' ]
    csv_column all.csv amount ';' > cells
    not grep -vxE -e '-?[0-9]+(,[0-9]+)?' cells
    grep -q , cells
    as sora export --book hansalim --separator tab --decimal comma > all.tsv
    [ "$(csv_column all.tsv minor $'\t' | wc -l)" -eq "$(wc -l < cells)" ]
    as sora export --book hansalim > plain.csv
    [ "$(head -c 11 plain.csv)" = booked_date ]
}

@test "the words that belong to a posting are there for other programs too" {
    as sora export --book hansalim --names --format hledger -o all.journal
    [ "$(hledger -f all.journal reg tag:category=garden-1 -O csv | wc -l)" -gt 1 ]
    [ "$(hledger -f all.journal print desc:품앗이 | grep -c '^[0-9]')" -eq 4 ]
    grep -q '=2019-12-31 \* (' all.journal
    grep -q 'signed-by:registrar' all.journal
    hledger -f all.journal accounts | grep -qxF 'assets:hansalim:alice 김철수'
    hledger -f all.journal accounts | grep -qxF 'assets:hansalim:none'
    [ "$(hledger -f all.journal bal -N -O csv '김철수' -X hour cur:'hour\.min' | wc -l)" -eq 2 ]
    as sora export --book hansalim --names --format beancount -o all.beancount
    bean-query -f csv all.beancount "SELECT account, date WHERE 'garden-1' IN tags" > rows
    [ "$(wc -l < rows)" -gt 1 ]
    grep -q '^Assets:Hansalim:Alice--김철수' <(bean-query -f csv all.beancount 'SELECT DISTINCT account')
    bean-query -f csv all.beancount 'SELECT DISTINCT narration' | grep -qF "=cmd|' /C calc'!A0"
    bean-query -f csv all.beancount "SELECT DISTINCT any_meta('value-date') AS d" | grep -q 2019-12-31
}

@test "reversals and answered requests are told" {
    local car asked
    car=$(cat "$LEDGERS/car") asked=$(cat "$LEDGERS/asked")
    as sora export --book hansalim won -o all.csv
    csv_cells all.csv | tr '\037' '\t' | awk -F '\t' -v car="$car" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["reverses"] == car { print $at["account"], $at["minor"], $at["kind"], $at["signed_by"], $at["forced"], $at["category"], $at["memo"] "." }' > seen
    diff - seen << 'ROWS'
a-b@hansalim -1000 reversal registrar  car .
bob@hansalim 1000 reversal registrar  car .
a-b@hansalim -2000 reversal treasurers yes car the rest.
bob@hansalim 2000 reversal treasurers yes car the rest.
ROWS
    as sora export --book hansalim --format hledger -o all.journal
    [ "$(hledger -f all.journal reg -O csv assets:hansalim:bob "tag:reverses=^$car\$" | wc -l)" -eq 3 ]
    [ "$(hledger -f all.journal reg -O csv assets:hansalim:bob tag:forced tag:signed-by=treasurers | wc -l)" -eq 2 ]
    [ "$(hledger -f all.journal reg -O csv assets:hansalim:alice "tag:request=^$asked\$" | wc -l)" -eq 2 ]
    as sora export --book hansalim --format beancount -o all.beancount
    bean-query -f csv all.beancount "SELECT account, number WHERE any_meta('reverses') = $car AND account ~ 'Bob'" > rows
    [ "$(wc -l < rows)" -eq 3 ]
}

@test "a file is written whole or not at all, and is one's own" {
    umask 022
    as sora export --book hansalim -o all.csv
    [ "$(stat -c %a all.csv)" = 600 ]
    cp all.csv before.csv
    ln -sf all.csv link.csv
    as sora export --book hansalim hour -o link.csv
    [ -L link.csv ]
    not cmp -s all.csv before.csv
    cp before.csv all.csv
    run as sora export --book nowhere -o all.csv
    says 1 nowhere
    run as sora export --book hansalim -o "$LEDGERS/open"
    says 1 "can't be written: Is a directory"
    run as sora export --book hansalim -o /dev/null
    [ -c /dev/null ] || die "/dev/null is gone"
    says 1 "can't be written"
    run as sora export --book hansalim -o "$LEDGERS/none/all.csv"
    says 1 "can't be written: No such file"
    cmp all.csv before.csv
    [ -z "$(find . -name '.new-*')" ]
    run bash -c '"$0" "$@" > /dev/full' env XDG_CONFIG_HOME="$LEDGERS/sora/config" XDG_STATE_HOME="$LEDGERS/sora/state" \
        "$BUILD/pumasi" export --book hansalim
    says 1 "can't be written"
}

@test "an export is of one moment, while payments go on" {
    local i pid
    for i in $(seq 25); do
        pay bob a-b 1 won ''
        pay a-b bob 0:01 hour ''
    done &
    pid=$!
    for i in $(seq 6); do
        as sora export --book hansalim --format hledger -o all.journal
        hledger_checks all.journal
        hledger_balances all.journal > seen
        table_balances main "p.idx < $(sed -n 's/^; Records before: //p' all.journal)" > expected
        same_balances expected seen
        as sora export --book hansalim --format beancount -o all.beancount
        beancount_checks all.beancount
    done
    wait $pid
}

@test "what is wrong with the command is said" {
    run as sora export
    says 1 'pumasi export --book COOP'
    run as sora -k registrar export
    says 2 'whose accounts you want'
    run as sora export --book hansalim alice@hansalim
    says 2 'not both'
    run as alice export --from 2026-02-30
    says 2 'is no date'
    run as alice export --from 2026-02-02 --to 2026-02-01
    says 2 'ends before it begins'
    run as alice export --format xlsx
    says 2 'csv, hledger or beancount'
    run as alice export --format hledger --bom
    says 2 'csv only'
    run as alice export --separator ::
    says 2 'separator'
    run as alice export --decimal dot
    says 2 'comma'
    run as alice export --json
    says 2 'json'
    run as alice export dollar
    says 1 'It has: '
}
