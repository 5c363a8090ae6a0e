#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Statements as people read them: on a terminal, in a spreadsheet, on a page in English and in Korean; and
# shown as what they are where they were tampered with, or where nobody is trusted. sora is everything in the
# office of hansalim and the steward; alice and bob are members; old@hansalim has no device.

load ../lib/ledger
load ../lib/client

EVIL='<script>alert(1)</script>"&'\'' =1+1'

setup_file() {
    ledger_setup
    client_environment
    client_found 시간 alice bob --name 한밭장부
    export TODAY
    TODAY=$(TZ=$LEDGER_ZONE date +%F)
    as alice pay bob@hansalim 1:30 hour -m '텃밭 일' --category garden --value-date 2026-01-02
    as bob pay alice@hansalim 0:30 hour -m "$EVIL"
    as sora -k registrar pay alice@hansalim 0:10 hour --from old@hansalim
    as alice --yes reverse "$(as alice --json history -n 1 | jq '.items[0].index')" 0:05 -r 'half of it'
    as alice statement alice@hansalim hour --from 2026-01-01 --to "$TODAY" -o "$LEDGERS/alice.json"
    as alice statement alice@hansalim hour --from 2026-01-01 --to 2026-01-02 -o "$LEDGERS/empty.json"
    as alice whoami | sed -n 's/^to pin   //p' > "$LEDGERS/pin"
    tampered 's/\\"amount\\":30,/\\"amount\\":31,/' > "$LEDGERS/bad.json"
}

setup() {
    client_environment
    ledger_adopt main
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

# The statement with another payload.
tampered() { # SED_SCRIPT
    jq -c --arg payload "$(payload | sed "$1" | base64 -w 0 | tr '+/' '-_' | tr -d '=')" \
        '.payload = $payload' "$LEDGERS/alice.json"
}

payload() {
    jq -r '.payload | gsub("-"; "+") | gsub("_"; "/") | . + "===" | .[0:(length - length % 4)]' "$LEDGERS/alice.json" |
        base64 -d
}

korean() { # COMMAND...: the same in Korean
    LC_ALL=C.UTF-8 LANGUAGE=ko "$@"
}

# The same, wherever lines end.
reads() { # TEXT
    [[ $(tr -s ' \n' '  ' <<< "$output") == *"$1"* ]] || die "it doesn't read \"$1\": $output"
}

@test "a statement reads like a bank's" {
    local line
    run as alice show "$LEDGERS/alice.json"
    says 0 'account    alice@hansalim'
    says 0 'unit       hour (시간)'
    says 0 'ledger     한밭장부'
    says 0 "period     2026-01-01 to $TODAY, days in $LEDGER_ZONE"
    says 0 "$(printf '%s  2026-01-02   -1:30    -1:30  bob@hansalim' "$TODAY")"
    reads 'garden; signed by alice@hansalim'
    reads 'signed by the registrar of hansalim'
    reads 'reversal of record'
    says 0 'What was proved'
    says 0 'signatures were checked, and all are genuine.'
    says 0 "What this file can't show"
    # It is of today, and no snapshot covers today.
    [[ ${lines[-2]} == 'What is shown is proved: nothing that was checked failed. Whether'* ]] || die "$output"
    while IFS= read -r line; do
        [ "$(wc -L <<< "$line")" -le 80 ] || die "too long: $line"
    done <<< "$output"
    [[ $output != *$'\e'* ]]
    run korean as alice show "$LEDGERS/alice.json"
    says 0 '계정 명세서'
    reads '서명 hansalim의 등록 담당자'
    says 0 '보이는 것은 모두 증명되었습니다.'
    run as alice show "$LEDGERS/empty.json"
    says 0 'Nothing was booked on these days.'
}

@test "what is trusted is pinned, or said in one line, or nothing is proved" {
    run as stranger show "$LEDGERS/alice.json"
    [ "$status" -eq 5 ]
    [[ ${lines[0]} == 'Nothing is proved: '* ]] || die "$output"
    [[ $output != *'What was proved'* ]]
    run as stranger show --pin "$(cat "$LEDGERS/pin")" "$LEDGERS/alice.json"
    reads 'nothing that was checked failed.'
    # Another ledger's line, and none.
    run as stranger show --pin "$(sed 's/#..../#AAAA/' "$LEDGERS/pin")" "$LEDGERS/alice.json"
    [ "$status" -ne 0 ]
    [[ ${lines[0]} == 'THIS IS NO STATEMENT OF THE LEDGER THAT YOU TRUST.'* ]] || die "$output"
    reads 'is of another ledger than the one that you trust'
    run as stranger show --pin 'no line' "$LEDGERS/alice.json"
    says 2 "its first word isn't the id of a ledger"
}

@test "what was tampered with is said first, and never passes" {
    run as alice show "$LEDGERS/bad.json"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == 'THIS STATEMENT IS WRONG.'* ]] || die "$output"
    [[ ${lines[-2]} == 'THIS STATEMENT IS WRONG.'* ]]
    reads "What is shown of a record isn't what was recorded."
    [[ $output == *'NOT PROVED: this entry failed'* ]]
    [[ $output != *'What was proved'* ]]
    run as alice show -f csv -o bad.csv "$LEDGERS/bad.json"
    [ "$status" -ne 0 ]
    [[ $output == *'THIS STATEMENT IS WRONG.'* ]] || die "$output"
    [ "$(sed -n 2p bad.csv | cut -d, -f4,5)" = failure,alice@hansalim ] || die "$(cat bad.csv)"
    ! grep -q ',proved' bad.csv || die "it is there"
    as alice show -f html -o bad.html "$LEDGERS/bad.json" 2> /dev/null || true
    grep -n 'class="alarm"\|<h1>' bad.html | head -n 1 | grep -q alarm
    sed -n '/<thead>/,/<\/thead>/p' bad.html | grep -q 'THIS STATEMENT IS WRONG'
    # A text, or half a file, is no statement.
    head -c 500 "$LEDGERS/alice.json" > half.json
    run as alice show half.json
    [ "$status" -ne 0 ]
    [[ $output == *'half.json is no statement: '* ]]
    run as alice show absent.json
    says 5 "absent.json can't be read: "
}

@test "a table adds up, in the columns of export" {
    local kinds
    as alice show -f csv "$LEDGERS/alice.json" | tr -d '\r' > alice.csv
    [ "$(head -n 1 alice.csv | cut -d, -f1-20)" = "$(as alice export | head -n 1 | tr -d '\r')" ]
    kinds=$(awk -F, 'NR > 1 { print $4 }' alice.csv | sort | uniq -c | xargs)
    [ "$kinds" = '1 opening 1 reversal 3 transfer' ] || die "$kinds"
    [ "$(awk -F, 'NR > 1 && $4 != "" { sum += $10 } END { print sum }' alice.csv)" -eq \
        "$(as alice --json balance hour | jq .balance)" ]
    ! grep -q "<script>.*=1+1$" alice.csv || die "it is there"
    grep -q ',proved$' alice.csv
    as alice show -f csv --separator ';' --bom "$LEDGERS/alice.json" > other.csv
    [ "$(head -c 3 other.csv)" = $'\xef\xbb\xbf' ]
    grep -qF ';"-1,500000";' other.csv
    run as alice show --bom "$LEDGERS/alice.json"
    says 2 'go with --format csv only'
    run as alice show -f pdf "$LEDGERS/alice.json"
    says 2 'There is no format "pdf"'
}

@test "a page is one file that runs and loads nothing, in the reader's language" {
    as alice show -f html -o alice.html "$LEDGERS/alice.json"
    [ "$(stat -c %a alice.html)" = 600 ]
    grep -q '<html .*lang="en"' alice.html
    grep -qF "default-src 'none'; style-src 'sha256-" alice.html
    grep -qF '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;&#39; =1+1' alice.html
    ! grep -qE '<(script|img|link|a|iframe|object)[ >]|(src|href|style)=| on[a-z]+="' alice.html || die "it is there"
    [ "$(grep -o '[a-z]*://[^/"]*' alice.html | sort -u)" = http://www.w3.org ]
    # The policy allows the style that is there and no other.
    grep -qF "sha256-$(sed -n '/<style>/,/<\/style>/p' alice.html | sed '1s/<style>//; $d' |
        openssl dgst -sha256 -binary | base64)'" alice.html
    korean as alice show -f html "$LEDGERS/alice.json" > ko.html
    grep -q '<html .*lang="ko"' ko.html
    grep -q '<h1>계정 명세서</h1>' ko.html
    grep -qE "2026년 1월 1일 ~ ${TODAY%%-*}년 [0-9]+월 [0-9]+일" ko.html
    as alice show -f html "$LEDGERS/empty.json" > empty.html
    command -v xmllint > /dev/null || skip 'no xmllint here'
    xmllint --noout alice.html ko.html empty.html
}

@test "the QR code on a page holds the line to pin" {
    command -v rsvg-convert > /dev/null && command -v zbarimg > /dev/null || skip 'no zbarimg or rsvg-convert here'
    as alice show -f html "$LEDGERS/alice.json" | sed -n 's/.*\(<svg .*<\/svg>\).*/\1/p' > qr.svg
    rsvg-convert -w 600 -o qr.png qr.svg
    [ "$(zbarimg -q --raw qr.png)" = "$(cat "$LEDGERS/pin")" ] || die "$(zbarimg --raw qr.png)"
}

@test "programs get JSON, and a record is still a number" {
    local n
    run as alice --json show "$LEDGERS/alice.json"
    [ "$status" -eq 0 ]
    [ "$(jq -c '[.verdict, .account, .scale, (.entries | length), .in, .out, .closing.balance]' <<< "$output")" = \
        '["proved","alice@hansalim/hour",60,4,40,95,-55]' ] || die "$output"
    [ "$(jq -r '.entries[1].memo' <<< "$output")" = "$EVIL" ]
    [ "$(jq -r '.sha256' <<< "$output")" = "$(sha256sum < "$LEDGERS/alice.json" | cut -d' ' -f1)" ]
    n=$(jq '.entries[0].index' <<< "$output")
    run as alice show "$n"
    says 0 'payment of 1:30 hour from alice@hansalim to bob@hansalim'
    run as alice show -f html "$n"
    says 2 '--format is for the file of a statement'
    cp "$LEDGERS/alice.json" "$n"
    run as alice show "./$n"
    says 0 'Statement of account'
    run as stranger show "$n"
    says 1 "isn't connected to a ledger yet"
}
