#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# pumasi import: spreadsheets as treasurers really have them.

load ../lib/import

teardown() {
    ledger_teardown
}

import() { # STATUS FILE OPTION...
    local want=$1
    shift
    run pumasi import "$@"
    [ "$status" -eq "$want" ] || die "status $status: $output"
}

says() { # TEXT: the last command said so
    [[ "$output" == *"$1"* ]] || die "no \"$1\" in: $output"
}

says_not() {
    [[ "$output" != *"$1"* ]] || die "\"$1\" in: $output"
}

must() { # pumasi COMMAND...
    run pumasi "$@"
    [ "$status" -eq 0 ] || die "pumasi $*: $output"
}

# A ledger with hours and the members of a Korean time bank, who have no devices.
time_bank() { # [FLOOR]
    import_setup
    must --key s unit create hour --name 시간 --scale 60 --kind time
    must --key t policy kenya hour --floor "${1:--20:00}" --ceiling none \
        --registrar-floor -100:00 --registrar-ceiling none
    export PUMASI_KEY=r
}

no_transfer() {
    [ "$(ledger_psql main -c 'SELECT count(*) FROM postings')" -eq 0 ] || die "something was booked"
}

balances() { # MEMBER=MINUTES...
    printf '%s\n' "$@" | LC_ALL=C sort > "$LEDGERS/want"
    ledger_psql main -F = -c "SELECT split_part(account, '@', 1), balance FROM accounts
        WHERE account LIKE '%/hour'" | LC_ALL=C sort > "$LEDGERS/have"
    diff "$LEDGERS/want" "$LEDGERS/have" > "$LEDGERS/diff" || die "$(cat "$LEDGERS/diff")"
}

@test "a messy Korean spreadsheet moves over: CP949, semicolons, names, totals" {
    time_bank
    must member create yh@kenya --name "김 영희"
    must member create cs@kenya --name 박철수
    cat > "$LEDGERS/utf8" << 'CSV'
품앗이 장부;;;;;
;;;;;
날짜; 보낸 사람 ;받은 사람;시간;적요;
2026. 3. 2.;김영희;박철수;1시간 30분;김장 돕기;
2026년 3월 4일;박철수;이민호;90분;"벽지
도배";
2026-03-05(목);이민호;김영희;1:15;;
2026.03.06;김영히;박철수;0.5;이름 오타;
;;;합계;4:45;
;;;;;
;;;;;
CSV
    iconv -f UTF-8 -t CP949 "$LEDGERS/utf8" | sed 's/$/\r/' > "$LEDGERS/장부.csv"
    local columns=(--column "from=보낸 사람" --column "to=받은 사람" --column amount=시간)

    # What is missing is named, with the headers that there are.
    import 2 "$LEDGERS/장부.csv" --unit hour
    says "read as CP949"
    says 'Which column is "from"?'
    import 2 "$LEDGERS/장부.csv" --unit hour "${columns[@]}"
    says "The headers are in row 3"
    says "look like totals: 8"
    says "--skip-rows 8"
    import 1 "$LEDGERS/장부.csv" --unit hour "${columns[@]}" --skip-rows 8
    says "add --names FILE"
    says "None of the file's rows can be booked"
    no_transfer
    [ ! -e "$LEDGERS/장부.bad.csv" ]

    # Names: two are known, one is a slip, one is unknown.
    import 1 "$LEDGERS/장부.csv" --unit hour "${columns[@]}" --skip-rows 8 \
        --names "$LEDGERS/names.csv" --create-members --save-mapping "$LEDGERS/map.ini"
    says "김영히 (row 7): almost the same: 김 영희 (yh@kenya)"
    says "이민호: m001@kenya"
    says "Nothing was booked"
    no_transfer
    [ "$(head -c 3 "$LEDGERS/names.csv")" = $'\xef\xbb\xbf' ] || die "no mark"
    grep -q '^김영희,member,yh,2,4,' "$LEDGERS/names.csv" || die "$(cat "$LEDGERS/names.csv")"
    grep -q '^이민호,new,m001,2,5,' "$LEDGERS/names.csv"
    # The registrar settles it in Excel, which saves CP949 again.
    sed -e 's/^김영히,,/김영히,member,yh/; s/,new,m001/,new,minho/' "$LEDGERS/names.csv" |
        sed '1s/^\xef\xbb\xbf//' | iconv -f UTF-8 -t CP949 > "$LEDGERS/names2.csv"
    grep -q '^columns\|^from = 보낸 사람' "$LEDGERS/map.ini" || die "$(cat "$LEDGERS/map.ini")"
    ! grep -q '^encoding' "$LEDGERS/map.ini" || die "the next file may be saved otherwise"
    grep -q '^separator = semicolon$' "$LEDGERS/map.ini"

    import 0 "$LEDGERS/장부.csv" --unit hour --mapping "$LEDGERS/map.ini" --skip-rows 8 \
        --names "$LEDGERS/names2.csv" --dry-run
    says "minho@kenya (이민호)"
    says "Sum of the rows: 4:45"
    says "This import would pass"
    no_transfer
    import 0 "$LEDGERS/장부.csv" --unit hour --mapping "$LEDGERS/map.ini" --skip-rows 8 \
        --names "$LEDGERS/names2.csv"
    says "Done: 4 rows booked, 1 member made"
    balances yh=-45 cs=30 minho=15
    must --json member list kenya
    [ "$(jq -r '.items[] | select(.member == "minho@kenya").name' <<< "$output")" = 이민호 ]
    must --json history hour --member cs@kenya
    [ "$(jq -r '.items[1] | "\(.value_date) \(.memo)"' <<< "$output")" = "2026-03-04 벽지 도배" ] ||
        die "$output"
    # It is the same file, however it is asked for.
    import 0 "$LEDGERS/장부.csv" --unit hour
    says "already imported on"
    balances yh=-45 cs=30 minho=15
}

@test "one new member under several names is made once" {
    time_bank
    must member create a@kenya
    must member create b@kenya
    printf '%s\n' from,to,amount 'a,한 유리,1:00' '한유리,b,0:30' '한우리,b,0:15' > "$LEDGERS/k.csv"
    import 1 "$LEDGERS/k.csv" --unit hour --names "$LEDGERS/n.csv" --create-members
    says "한우리 (row 4): almost the same: "
    # Three names, all doubtful: one is written otherwise, and one is a slip.
    printf '%s\n' name,decision,member '한 유리,new,yuri' 한우리,member,yuri > "$LEDGERS/n.csv"
    import 0 "$LEDGERS/k.csv" --unit hour --names "$LEDGERS/n.csv" --create-members
    says "Done: 3 rows booked, 1 member made"
    balances a=-60 b=45 yuri=15
    must --json member list kenya
    [ "$(jq -r '.items[] | select(.member == "yuri@kenya").name' <<< "$output")" = '한 유리' ]
}

@test "what a file leaves open is asked for and never guessed" {
    time_bank
    printf 'from;to;amount;date\na;b;1,500;03/04/2026\n' > "$LEDGERS/a.csv"
    import 2 "$LEDGERS/a.csv" --unit hour
    says "row 2"
    says "--decimal comma"
    import 2 "$LEDGERS/a.csv" --unit hour --decimal comma
    says "--dates dmy"
    # One more row of the file settles each.
    printf 'b;a;0,25;13/04/2026\n' >> "$LEDGERS/a.csv"
    import 0 "$LEDGERS/a.csv" --unit hour
    balances a=-75 b=75
    must --json history hour --member b@kenya
    [ "$(jq -r '[.items[].value_date] | join(" ")' <<< "$output")" = "2026-04-13 2026-04-03" ]
    # Two that contradict each other.
    printf 'from;to;amount;date\na;b;1,5;13/04/2026\na;b;1.5;04/13/2026\n' > "$LEDGERS/b.csv"
    import 2 "$LEDGERS/b.csv" --unit hour
    says "Row 2 makes sense only with a decimal comma, and row 3 only with a decimal point"
    import 2 "$LEDGERS/b.csv" --unit hour --decimal point
    says "written in several ways"
    import 1 "$LEDGERS/b.csv" --unit hour --decimal point --dates mdy
    says "Done: 1 row booked"
    grep -q '^2;".*";a;b;1,5;13/04/2026$' "$LEDGERS/b.bad.csv" || die "$(cat "$LEDGERS/b.bad.csv")"
    # Nobody parts the thousands of what begins with 0: these are decimals, and one is no whole minutes.
    printf 'from;to;amount\na;b;0.017\n' > "$LEDGERS/d.csv"
    import 1 "$LEDGERS/d.csv" --unit hour --dry-run
    says '"0.017" is no amount of hour: the unit can'"'"'t be divided so finely'
    says_not "Sum of the rows: 17:00"
    import 0 "$LEDGERS/d.csv" --unit hour --amounts rounded --dry-run
    says "Sum of the rows: 0:01"
    # A serial number is a date only when told.
    printf 'from\tto\tamount\tdate\na\tb\t1\t45000\n' > "$LEDGERS/c.txt"
    import 1 "$LEDGERS/c.txt" --unit hour --dry-run
    says '"45000" is no date'
    import 0 "$LEDGERS/c.txt" --unit hour --dates serial
    must --json history hour --member b@kenya
    [ "$(jq -r '.items[0].value_date' <<< "$output")" = 2023-03-15 ]
}

@test "Excel's Unicode text, columns by letter, negative amounts, no headers" {
    time_bank
    printf '2026-01-02\tann\tben\t"two\nlines"\t(0:30)\n2026-01-03\tann\tben\t5" nail\t1h\n' |
        { printf '\xff\xfe' && iconv -f UTF-8 -t UTF-16LE; } > "$LEDGERS/u.txt"
    local columns=(--column date=A --column from=B --column to=3 --column memo=D --column amount=5)
    import 2 "$LEDGERS/u.txt" --unit hour "${columns[@]}"
    says "--header-row 0"
    import 1 "$LEDGERS/u.txt" --unit hour "${columns[@]}" --header-row 0 --dry-run
    says "--negative swap"
    import 0 "$LEDGERS/u.txt" --unit hour "${columns[@]}" --header-row 0 --negative swap
    balances ann=-30 ben=30
    must --json history hour --member ben@kenya
    [ "$(jq -r '[.items[].memo] | join("|")' <<< "$output")" = '5" nail|two lines' ] || die "$output"
}

@test "the bad rows of a CP949 file, set right, are imported with the same options" {
    time_bank
    printf '보낸이;받은이;금액;적요\r\nann;ben;1시간;김장\r\nann;ben;약 2시간;이사\r\n' |
        iconv -f UTF-8 -t CP949 > "$LEDGERS/a.csv"
    import 2 "$LEDGERS/a.csv" --unit hour --encoding UTF-8 --column from=보낸이 --column to=받은이
    says "This file isn't UTF-8: see its line 1."
    # Headers that can be read, and one bad row: that is a bad row.
    printf 'from,to,amount\nann,ben,1:00\nann,b\xff,1:00\n' > "$LEDGERS/u.csv"
    import 1 "$LEDGERS/u.csv" --unit hour --encoding UTF-8 --dry-run
    says "it isn't UTF-8"
    import 2 "$LEDGERS/a.csv" --unit hour --column payer=A
    says '--column: there is nothing called "payer"; columns are from, to,'
    import 2 "$LEDGERS/a.csv" --unit hour --column decimal=comma
    says '--column: there is nothing called "decimal"'
    local args=(--unit hour --encoding CP949 --column from=보낸이 --column to=받은이)
    import 1 "$LEDGERS/a.csv" "${args[@]}"
    says "1 row is not booked"
    [ "$(head -c 3 "$LEDGERS/a.bad.csv")" = $'\xef\xbb\xbf' ] || die "no mark"
    sed -i 's/;약 2시간;/;2시간;/' "$LEDGERS/a.bad.csv"
    import 0 "$LEDGERS/a.bad.csv" "${args[@]}"
    balances ann=-180 ben=180
}

@test "opening balances come from a purse that the treasurers sign for" {
    time_bank -5:00
    unset PUMASI_KEY
    printf '이름,잔액\n김영희,12:30\n박철수,-3:00\n이민호,0\n합계,9:30\n' > "$LEDGERS/open.csv"
    local args=("$LEDGERS/open.csv" --unit hour --opening start@kenya --names "$LEDGERS/n.csv")
    import 2 "${args[@]}"
    says "--skip-rows 5"
    args+=(--skip-rows 5)
    import 1 "${args[@]}" --create-members
    says "박철수: m002@kenya"
    import 1 "${args[@]}" --dry-run
    says_not "was imported before"
    says "there is no purse start@kenya"
    must --key t member create start@kenya --purse --name 개시
    import 1 "${args[@]}" --dry-run
    says "start@kenya pays out 12:30"
    says "gets 3:00"
    says "It stands at -9:30"
    says "its floor must be -12:30 at least"
    says "pumasi limits start@kenya hour --floor -12:30"
    must --key t limits start@kenya hour --floor -12:30
    # A registrar alone can't pay from a purse.
    import 1 "${args[@]}" --key r
    says "row 2: start@kenya is a purse: of its treasurers' keys 0 are here, and 1 must sign"
    no_transfer
    import 0 "${args[@]}" --key r --key t
    says "Done: 2 rows booked, 3 members made"
    balances start=-570 m001=750 m002=-180
    must --json member list kenya
    [ "$(jq -r '[.items[] | select(.kind == "person").name] | join(" ")' <<< "$output")" = \
        "김영희 박철수 이민호" ]
}

@test "two of one name, names to be left out, and a handle that is taken" {
    time_bank
    must member create a@kenya --name "Kim Sora"
    must member create b@kenya --name "KIM  SORA"
    must member create c@kenya --name Minho
    printf 'from,to,amount\nKim Sora,Minho,1\nMinho,=cmd(),1\nMinho,Guest,2\n' > "$LEDGERS/a.csv"
    local args=("$LEDGERS/a.csv" --unit hour --names "$LEDGERS/n.csv")
    import 1 "${args[@]}"
    says "2 members have this name: a@kenya, b@kenya"
    grep -q "^'=cmd(),," "$LEDGERS/n.csv" || die "$(cat "$LEDGERS/n.csv")"
    sed -i "s/^Kim Sora,,/Kim Sora,,b/; s/^Guest,,/Guest,skip,/; s/^'=cmd(),,/'=cmd(),new,c/" "$LEDGERS/n.csv"
    import 1 "${args[@]}"
    says "c@kenya is another member already: Minho"
    sed -i "s/^'=cmd(),,c/'=cmd(),new,d/" "$LEDGERS/n.csv"
    import 0 "${args[@]}"
    says "Done: 2 rows booked, 1 member made"
    balances b=-60 c=0 d=60
    printf 'name,decision,member\nGuest,maybe,\n' > "$LEDGERS/n.csv"
    import 2 "${args[@]}" --again
    says "row 2: the decision is member, new or skip"
}

@test "a column of units is imported unit by unit" {
    time_bank
    must --key t policy kenya sarafu --floor -1000 --ceiling none
    printf 'from,to,amount,unit\na,b,1:30,시간\na,b,20,Sarafu\nb,a,0:30,hour\n' > "$LEDGERS/a.csv"
    import 2 "$LEDGERS/a.csv"
    says "Sarafu (rows: 1): --unit sarafu"
    import 0 "$LEDGERS/a.csv" --unit hour
    says "1 row is in another unit"
    balances a=-60 b=60
    import 0 "$LEDGERS/a.csv" --unit sarafu
    says "Done: 1 row booked"
    [ "$(ledger_psql main -c "SELECT balance FROM accounts WHERE account = 'b@kenya/sarafu'")" -eq 2000 ]
    printf 'from,to,amount,unit\na,b,1:30,시간\n' > "$LEDGERS/b.csv"
    import 0 "$LEDGERS/b.csv"
    balances a=-150 b=150
}

@test "exports of TimeOverflow, Cyclos and the Community Exchange System" {
    local data=$BATS_TEST_DIRNAME/../data/import
    time_bank
    must --key t policy kenya sarafu --floor -2000 --ceiling none
    cp "$data"/*.csv "$LEDGERS"
    local names=(--names "$LEDGERS/n.csv" --create-members)
    import 1 "$LEDGERS/timeoverflow.csv" --unit hour --format timeoverflow "${names[@]}"
    says "Anna Puig (3): m003@kenya"
    says "Rosa Vila (12): m012@kenya"
    import 0 "$LEDGERS/timeoverflow.csv" --unit hour --format timeoverflow "${names[@]}"
    balances m001=-120 m003=30 m007=45 m012=45
    import 0 "$LEDGERS/timeoverflow-complete.csv" --unit hour --format timeoverflow "${names[@]}"
    says "Done: 2 rows booked, 0 members made"
    balances m001=-120 m003=-50 m007=80 m012=90
    must --json history hour --member m007@kenya
    [ "$(jq -r '.items[1].memo' <<< "$output")" = "primera classe, a casa" ]

    import 0 "$LEDGERS/cyclos.csv" --unit sarafu --format cyclos
    must --json history sarafu --member amina@kenya
    [ "$(jq -r '.items[] | "\(.value_date) \(.amount) \(.category)"' <<< "$output" | paste -sd ' ')" = \
        "2024-04-03 2500 trade-transfer 2024-03-15 -120050 trade-transfer" ] || die "$output"

    import 1 "$LEDGERS/ces.csv" --unit sarafu --format ces --names "$LEDGERS/c.csv" --create-members
    says "TALE0001: tale0001@kenya"
    import 0 "$LEDGERS/ces.csv" --unit sarafu --format ces --names "$LEDGERS/c.csv" --create-members
    [ "$(ledger_psql main -c "SELECT balance FROM accounts WHERE account = 'tale0001@kenya/sarafu'")" -eq 8050 ]
}

@test "an import of names that was killed goes on as it began" {
    time_bank
    make_csv 12000 300 3 | sed 's/,m\([0-9]\)/,Member \1/g' > "$LEDGERS/a.csv"
    must --key t policy kenya sarafu --floor -1000000000 --ceiling none
    local args=("$LEDGERS/a.csv" --unit sarafu --names "$LEDGERS/n.csv")
    import 1 "${args[@]}" --create-members
    # Handles as check_balances wants them.
    sed 's/^Member \([0-9]*\),new,[^,]*/Member \1,new,m\1/' "$LEDGERS/n.csv" > "$LEDGERS/n2.csv"
    args=("$LEDGERS/a.csv" --unit sarafu --names "$LEDGERS/n2.csv")
    import_hold 6000
    "$BUILD/pumasi" import "${args[@]}" --patience 3600 > "$LEDGERS/first.log" 2>&1 3>&- &
    local first=$!
    until_ok 60 import_reached 301 || die "it doesn't begin: $(cat "$LEDGERS/first.log")"
    kill -KILL "$first"
    wait "$first" || true
    import_let_go
    # Neither the options nor the file of names matter any more.
    rm "$LEDGERS/n2.csv"
    import 0 "$LEDGERS/a.csv" --unit sarafu
    says "Taking up the import begun"
    check_once 12000
    sed -e 's/,Member \([0-9]*\)/,m\1/g' "$LEDGERS/a.csv" > "$LEDGERS/plain.csv"
    check_balances "$LEDGERS/plain.csv"
}

@test "a member whose limits only treasurers may set is made first, under its name" {
    time_bank -2:00
    printf 'from;to;amount\n박철수;김영희;150\n' > "$LEDGERS/a.csv"
    local args=("$LEDGERS/a.csv" --unit hour --names "$LEDGERS/n.csv")
    import 1 "${args[@]}" --create-members
    import 1 "${args[@]}" --set-limits
    says "pumasi limits m001@kenya hour --floor -150:00"
    says 'first: pumasi member create m001@kenya --name "박철수"'
    import 1 "${args[@]}" --dry-run
    says_not "was imported before"
    must member create m001@kenya --name 박철수
    must --key t limits m001@kenya hour --floor -150:00
    import 0 "${args[@]}"
    says "Done: 1 row booked, 1 member made"
    balances m001=-9000 m002=9000
}
