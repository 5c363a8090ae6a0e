#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# A co-op's day in Korean: what its steward, its office and its members see from init to the last refusal, in
# whole Korean sentences, with no English one among them. sora is everything in the office of hansalim and the
# steward; alice and bob are members; old@hansalim has no device.

load ../lib/ledger
load ../lib/client

setup_file() {
    ledger_setup
    client_environment
    # The locale of a Korean machine, made where this one lacks it.
    mkdir "$LEDGERS/locales"
    if ! locale -a | grep -qix 'ko_KR\.utf-\?8'; then
        localedef -i ko_KR -f UTF-8 "$LEDGERS/locales/ko_KR.UTF-8"
        export LOCPATH=$LEDGERS/locales
    fi
    export LC_ALL=ko_KR.UTF-8
    client_found 시간 '김 앨리스' 밥 --name 한밭장부
    as alice pay bob@hansalim 1:30 hour -m '텃밭 일'
}

setup() {
    client_environment
    ledger_adopt main
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

client_environment() {
    PUMASI=$BUILD/pumasi
    export PUMASI_BATCH=1 TZ=Asia/Seoul
    unset PUMASI_PROFILE PUMASI_KEY PUMASI_PASSPHRASE_FILE NO_COLOR LANGUAGE
}

on_terminal() { # PERSON ARGUMENT...: the same on a terminal of its own, without colours
    local who=$1
    shift
    (unset PUMASI_BATCH && export TERM=dumb XDG_CONFIG_HOME=$LEDGERS/$who/config XDG_STATE_HOME=$LEDGERS/$who/state &&
        script -qec "$(printf '%q ' "$PUMASI" "$@")" /dev/null < "${TYPED:-/dev/null}" 3>&-) | tr -d '\r'
}

says() { # STATUS TEXT: of the last run, and no English
    [ "$status" -eq "$1" ] || die "status $status instead of $1: $output" || return 1
    [[ $output == *"$2"* ]] || die "it doesn't say \"$2\": $output"
    no_english "$output"
}

# No two English words in a row, but in commands to be typed and in the line to pin.
no_english() { # TEXT
    local left
    left=$(sed -E 's/^  [a-z]+( [a-z|]+)?( |$)//; s/(pumasi|ledgerd|chmod|apt) [^"“”,.:;()]*//g; s/"[^" ]*"//g
        s/test\.example[^ ]*//g' <<< "$1" |
        grep -E "(^|[^A-Za-z@/._-])[A-Za-z']{2,} [A-Za-z']{2,}") || return 0
    die "English is left: $left"
}

# The text of a row begins at the same column of the screen in each line that has it.
aligned() { # PATTERN...: one for each line, as for grep -E
    local line pattern
    for pattern; do
        line=$(grep -m 1 -E -e "$pattern" <<< "$output") || die "no line with $pattern: $output" || return 1
        [[ $line =~ $pattern ]] && printf '%s' "${line%%"${BASH_REMATCH[0]}"*}" | wc -L
    done | sort -u | wc -l | grep -qx 1 || die "not in columns: $output"
}

@test "ledgerd speaks Korean when it makes a ledger, and in its log" {
    run cat "$LEDGERS/main.init"
    says 0 '장부 test.example/main을(를)'
    says 0 '종이에 적어 둘 로그 키'
    run "$LEDGERD" --help
    says 0 '데이터 폴더의 장부를 서비스함'
    run "$LEDGERD" nonsense
    says 2 '"nonsense"(이)라는 명령이나 옵션은 없습니다'
    run "$LEDGERD" --data "$LEDGERS/absent"
    says 1 '데이터 폴더'
    run "$LEDGERD" init --data "$LEDGERS/absent" --origin x.example --name '' --steward "$LEDGERS/steward.jwk"
    says 2 '이름이 올바르지 않습니다: 비어 있습니다.'
    printf 'nonsense\n' > "$BATS_TEST_TMPDIR/bad.conf"
    run "$LEDGERD" --config "$BATS_TEST_TMPDIR/bad.conf"
    says 2 'bad.conf:1: [구역]도, 이름 = 값도, 주석도 아닙니다'
    # Keys and levels of the log are the same in every language.
    grep -q ' info  준비됨 origin=test.example/main listen=' "$LEDGERS/main.log"
}

@test "the help is Korean, in lines of a terminal" {
    local command line
    run as alice --help
    says 0 '조합원에게 지급합니다'
    says 0 '모든 명령에 쓰는 옵션:'
    while read -r command; do
        # shellcheck disable=SC2086
        run as alice $command --help
        says 0 '사용법: pumasi'
        while IFS= read -r line; do
            [ "$(wc -L <<< "$line")" -le 80 ] || [[ $line == *'pumasi '* ]] || die "too long: $line"
        done <<< "$output"
    done << 'END'

pay
request
requests
decline
reverse
balance
history
show
key new
key add
key revoke
member create
member freeze
limits
policy
import
export
pending
sign
open
coop create
unit create
connect
END
}

@test "what the Korean first page tells to type is understood" {
    local line n=0
    while IFS= read -r line; do
        line=${line%%#*}
        eval "run as alice ${line%%>*} --help"
        says 0 '사용법: pumasi'
        n=$((n + 1))
    done < <(sed -n 's/^    pumasi //p' "$BATS_TEST_DIRNAME/../../docs/ko/README.md")
    [ "$n" -gt 20 ]
}

@test "paying, and what it comes out as" {
    run as alice pay bob@hansalim 0:30 hour -m '설거지'
    says 0 '되었습니다: bob@hansalim에게 0:30 hour 지급 (기록 '
    run as alice pay bob@hansalim 99 hour
    says 1 '한도가 모자랍니다. 99:00 hour이(가) 드는데 쓸 수 있는 것은 18:00 hour입니다(잔액은 -2:00 hour, 하한은 -20:00 hour).'
    run as alice pay nobody@hansalim 1 hour
    says 1 '조합원 "nobody@hansalim"은(는) 없습니다.'
    run as alice pay bob 1 hour
    says 2 '혹시 bob@hansalim입니까?'
    run as alice pay bob@hansalim 1:75 hour
    says 2 "':' 뒤의 분이 00부터 59까지의 두 자리 숫자가 아닙니다. 1:30, 1.5, 90m처럼 적으세요."
    run as alice pay bob@hansalim 1 won
    says 1 '이 장부에 단위 "won"은(는) 없습니다. 있는 것: hour.'
    run as alice pay alice@hansalim 1 hour
    says 2 '자기에게 지급하게 됩니다'
    run as alice pya
    says 2 '"pya"(이)라는 명령은 없습니다. 혹시 "pay"입니까?'
    run as alice pay bob@hansalim 1 hour -m "$(printf '가%.0s' {1..100})"
    says 2 '너무 깁니다'
}

@test "what the ledger refuses in English is told in Korean, with its names and numbers" {
    # The detail on the wire stays English, for readers of any language.
    run as sora -k registrar --json pay bob@hansalim 1 hour --from alice@hansalim
    [ "$status" -eq 1 ]
    [[ $output == *"alice@hansalim has keys and doesn't allow registrars to record."* ]] || die "$output"
    run as sora -k registrar pay bob@hansalim 1 hour --from alice@hansalim
    says 1 'alice@hansalim에게 키가 있고, 등록 담당자의 대신 기록을 허락하지 않았습니다.'
    run as sora -k registrar limits alice@hansalim hour --floor -100
    says 1 '한도 규정이 등록 담당자에게 준 범위를 넘습니다. 재무 담당자가 서명해야 합니다.'
    run as sora -k registrar member create alice@hansalim
    says 1 '조합원 alice@hansalim은(는) 이미 있습니다.'
    run as alice --yes key revoke alice@hansalim alice
    says 1 '남는 키가 서명해야 하는 수보다 적어집니다.'
    run as alice --yes threshold alice@hansalim 3
    says 1 'alice@hansalim의 키가 그보다 적습니다.'
    run as sora member create late@hansalim
    says 0 '새 조합원 late@hansalim'
    as sora --yes member close late@hansalim
    run as alice pay late@hansalim 1 hour
    says 1 '상대가 이것을 받을 수 없습니다.'
    run as sora -k registrar pay bob@hansalim 1 hour --from late@hansalim
    says 1 'late@hansalim은(는) 폐쇄되었습니다.'
}

@test "tables stand in columns, with Hangul beside Latin letters" {
    run on_terminal sora -k registrar member list
    says 0 '김 앨리스'
    aligned '사람 +활동 중' '종류 +상태'
    aligned '김 앨리스' '밥 ' '어르신' '이름 '
    run on_terminal alice history
    says 0 '텃밭 일'
    aligned 'bob@hansalim' '상대 '
    aligned '텃밭 일' '메모$'
    run on_terminal alice balance
    says 0 '쓸 수 있음'
    run on_terminal alice receipts
    says 0 '맞음'
    run on_terminal alice whoami
    says 0 '명의자   alice@hansalim, 조합원'
    aligned 'alice@hansalim, 조합원' '김 앨리스' '활동 중'
    run on_terminal alice whoami --readers
    says 0 'alice@hansalim의 잔액, 거래 기록, 메모를 모두 읽을 수 있습니다.'
    says 0 'hansalim의 등록 담당자  '
    aligned '키  ' "$(as alice --json whoami | jq -r .kid | cut -c 1-8)…"
    run on_terminal sora coop show
    says 0 '키 1개 가운데 1개가 서명해야 합니다'
    run on_terminal alice key list
    says 0 '조합원'
    run on_terminal sora unit list
    says 0 '시간'
}

@test "requests, their answers, reversals" {
    local n
    run as bob request alice@hansalim 2 hour -m '자전거 수리'
    says 0 '을(를) 지급해 달라는 청구 (기록 '
    n=$(as alice --json requests | jq '.items[0].index')
    run on_terminal alice requests
    says 0 '답하기'
    run as alice show "$n"
    says 0 'alice@hansalim이(가) bob@hansalim에게 2:00 hour을(를) 지급해 달라는 청구'
    # Asked on a terminal, whose answer may be Korean too: no, then yes.
    echo 아니요 > "$BATS_TEST_TMPDIR/no"
    echo 네 > "$BATS_TEST_TMPDIR/yes"
    TYPED=$BATS_TEST_TMPDIR/no run on_terminal alice pay --request "$n"
    says 0 '지급하지 않았습니다.'
    TYPED=$BATS_TEST_TMPDIR/yes run on_terminal alice pay --request "$n"
    says 0 '지급할까요? [예(y)/아니요(N)]'
    says 0 '되었습니다: bob@hansalim에게 2:00 hour 지급'
    n=$(as alice --json history | jq '.items[0].index')
    run as bob --yes reverse "$n" 0:30 -r '반 시간은 쉬었음'
    says 0 "되었습니다: 기록 ${n}번에서 0:30 hour 되돌림"
    run as bob --yes reverse "$n" 9
    says 1 "기록 ${n}번의 2:00 hour 가운데 돌려줄 것은 1:30 hour만 남았습니다."
    run as bob history
    says 0 "기록 ${n}번 되돌림"
    as bob request alice@hansalim 3 hour
    n=$(as alice --json requests | jq '.items[0].index')
    run as alice --yes decline "$n" -r '너무 많음'
    says 0 '되었습니다: 거절: '
    run on_terminal alice requests --all
    says 0 '번으로 거절됨'
}

@test "two sign together: one, two, how many are wanted" {
    new_key dana hansalim treasurer dana
    connect dana
    as sora key add hansalim "$LEDGERS/dana.jwk" --role treasurer || [ $? -eq 3 ]
    run as dana --yes sign
    says 0 '되었습니다: hansalim 재무 담당자의 키 추가'
    run as sora -k treasurer --yes threshold hansalim 2
    [ "$status" -eq 0 ] || says 3 '서명을 기다립니다'
    run as sora -k treasurer policy hansalim hour --floor -25
    says 3 '서명을 기다립니다: hansalim 조합원의 hour 한도.'
    says 3 '(지금까지 1/2)'
    run on_terminal dana pending
    says 0 'hansalim의 재무 담당자 1명'
    run as dana sign
    [ "$status" -ne 0 ]
    no_english "$output"
    run as dana --yes sign
    says 0 'hansalim 재무 담당자의 자격으로 내 키 dana을(를) 써서 서명합니다.'
    says 0 '되었습니다: hansalim 조합원의 hour 한도'
}

@test "what was begun is finished" {
    local outbox=$LEDGERS/alice/state/pumasi/default/outbox
    # The log's head is held, so that a payment stays on its way.
    mkfifo "$LEDGERS/hold"
    ledger_psql main < "$LEDGERS/hold" > "$LEDGERS/held" &
    exec 9> "$LEDGERS/hold"
    echo 'BEGIN; SELECT * FROM head FOR UPDATE;' >&9
    until_ok 20 test -s "$LEDGERS/held"
    XDG_CONFIG_HOME=$LEDGERS/alice/config XDG_STATE_HOME=$LEDGERS/alice/state "$PUMASI" pay bob@hansalim 0:07 hour \
        > "$LEDGERS/pay.log" 2>&1 3>&- 9>&- &
    local pid=$!
    on_its_way() { [ -n "$(ls "$outbox" 2> /dev/null)" ]; }
    until_ok 20 on_its_way
    kill -KILL "$pid"
    exec 9>&-
    until_ok 20 ledger_is_up main
    run as alice --yes pay bob@hansalim 0:07 hour
    says 0 '방금 시작한 bob@hansalim에게 0:07 hour 지급을(를) 마저 끝냅니다.'
}

@test "an import and an export" {
    cd "$BATS_TEST_TMPDIR"
    printf 'from,to,amount,date,memo\nalice,bob,0:15,2026-01-03,책\nalice,,1,2026-01-03,\n' > roster.csv
    run as sora -k registrar import roster.csv --unit hour --dry-run
    says 1 'to이(가) 비어 있습니다'
    run as sora -k registrar import roster.csv --unit hour --partial
    says 1 '영수증: '
    run cat roster.bad.csv
    says 0 'to이(가) 비어 있습니다'
    run as alice export --format csv
    says 0 'bob@hansalim'
}

@test "amounts, dates and JSON are the same in every language" {
    local korean
    korean=$(as alice --json history | jq -S .)
    [ "$korean" = "$(LC_ALL=C.UTF-8 as alice --json history | jq -S .)" ]
    run as alice history
    [[ $output =~ $'\t'20[0-9][0-9]-[01][0-9]-[0-3][0-9]\ [0-2][0-9]:[0-5][0-9]$'\t' ]] || die "$output"
    # Without a Korean locale a LANGUAGE is enough, and without either it is English.
    LC_ALL=C.UTF-8 LANGUAGE=ko run as alice whoami
    says 0 '프로필   default'
    LC_ALL=C.UTF-8 run as alice whoami
    [[ $output == 'profile  default'* ]]
    LC_ALL=C run as alice whoami
    [[ $output == 'profile  default'* ]]
}

@test "why PostgreSQL doesn't start is found in its log, whatever the day is called here" {
    ledger_init broken
    rm "$LEDGERS"/broken/pg/pg_wal/0*
    ledger_start broken
    until_ok 60 grep -q 'PostgreSQL이 시작되지 않았습니다(.*): .*checkpoint' "$LEDGERS/broken.log"
    ledger_stop broken || true
}

@test "a ledger that is away" {
    run as alice connect http://127.0.0.1:1
    says 4 '응답하는 장부가 없습니다(연결이 거부됨)'
    run as sora -p other balance
    says 1 '프로필 "other"은(는) 아직 장부에 연결되지 않았습니다.'
}
