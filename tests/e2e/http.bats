#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# The HTTP contract (docs/protocol.md, sections 8 and 9), spoken with curl. One ledger serves all tests, so each
# acts with members of its own or doesn't mind what others did.

load ../lib/ledger
load ../lib/wire

setup_file() {
    ledger_setup
    ledger_init main
    ledger_start main
    ledger_wait main
    "$HAMMER" setup "$(ledger_url main)" --members 4
    # The last test looks at this one again, when its time is over.
    wire_meet main
    payment m0000@hansalim m0002@hansalim 1 --exp 8 > "$LEDGERS/early.act"
    posted "$(cat "$LEDGERS/early.act")"
    cp "$BODY" "$LEDGERS/early.receipt"
}

setup() {
    wire_adopt main
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

new_member() { # HANDLE@COOP [NAME]
    posted "$(act member.create "${1#*@}" "{\"member\":\"$1\",\"kind\":\"person\",\"keys\":[$("$ACTOR" key "$1")],\"threshold\":1}" \
        "registrar@${1#*@}" "$1" --text "name=${2:-홍길동}")"
}

# --- submitting ----------------------------------------------------------------------------------

@test "a payment's receipt is verified, and is the same when it is sent again" {
    act=$(payment m0000@hansalim m0002@hansalim 90 --text 'memo=텃밭, "두" 이랑')
    post "$act"
    answered 201 '(keys | sort) == ["by","header","index","jti","proof","time"] and .by == "m0000@hansalim"'
    header Content-Type application/json
    cp "$BODY" "$BODY.first"
    read -r index size < <("$ACTOR" receipt "$VKEY" < "$BODY")
    [ "$index" -eq "$(jq .index "$BODY")" ]
    [ "$size" -gt "$index" ]
    post "$act"
    answered 200
    [ "$(jq -c '[.index, .time, .by, .jti, .header]' "$BODY")" = "$(jq -c '[.index, .time, .by, .jti, .header]' "$BODY.first")" ]
    "$ACTOR" receipt "$VKEY" < "$BODY"
    # A receipt that isn't of this ledger, or of another record, is not taken.
    run "$ACTOR" receipt "${VKEY%%+*}+00000000+${VKEY##*+}" < "$BODY"
    [ "$status" -eq 1 ]
    jq '.header |= sub("\"rules\":1"; "\"rules\":2")' "$BODY" > "$BODY.changed"
    run "$ACTOR" receipt "$VKEY" < "$BODY.changed"
    [ "$status" -eq 1 ]
    get m0000@hansalim "/v1/acts/m0000@hansalim/$(jq -r .jti "$BODY.first")"
    answered 200 '.index == ($i | tonumber)' --arg i "$index"
    post "$act" '/v1/acts?proof=0'
    answered 200 'has("proof") | not'
    # The parts hash to what the header says, in its order.
    get auditor "/v1/records/$index"
    problem 401 bad-token
    get registrar@hansalim "/v1/records/$index"
    answered 200 '.texts.memo.text == "텃밭, \"두\" 이랑" and (.parts | length) == 4'
    [ "$(jq -r '.parts[]' "$BODY" | "$ACTOR" hash)" = "$(jq -r '.header | fromjson | .parts[]' "$BODY")" ]
    [ "$(jq -r .header "$BODY")" = "$(jq -r .header "$BODY.first")" ]
}

@test "acts that aren't right are refused, each by its word, and change nothing" {
    a=m0000@hansalim b=m0002@hansalim
    get $a /v1/accounts/$a/hour
    before=$(cat "$BODY") size=$(log_size)
    good=$(payment $a $b 5)
    # Most go in one request, in which each line is judged as if it came alone.
    wants=() lines=()
    no() { # STATUS WORD SUBMISSION
        wants+=("$1 /problems/$2")
        lines+=("$3")
    }
    refused 401 bad-signature "$(payment $a $b 5 --break)"
    refused 401 unknown-key "$(payment $a $b 5 nobody)"
    refused 403 not-permitted "$(payment $a $b 5 $b)"
    refused 400 malformed "$(payment $a $b 5.0)"
    refused 400 malformed ''
    refused 422 wrong-audience "$(ID=test.example/main#x payment $a $b 5)"
    refused 413 too-large "$(jq -c --arg x "$(printf '%066000d' 0)" '.act.payload = $x' <<< "$good")"
    refused 409 already-exists "$(act unit.create stewards '{"unit":"hour","name":"Hour","scale":60,"kind":"time"}' steward)"
    no 401 bad-signature "$(payment $a $b 5 m0003@mapo --break)"
    no 401 unknown-key "$(payment $a $b 5 nobody)"
    no 403 not-permitted "$(payment $a $b 5 $b)"
    no 403 not-permitted "$(payment $a $b 5 registrar@hansalim)"
    no 400 malformed "$(payment $a $b 5 $a)" # one kid twice
    no 400 malformed "$(payment $a $b 5 --alg none)"
    no 400 malformed "$(payment $a $b 5 --typ pumasi-query+jwt)"
    no 400 malformed "$(payment $a $b 5 --extra '"crit":[]')"
    no 400 malformed "$(payment $a $b 5 --extra '"b64":true')"
    no 400 malformed "$(payment $a $b 5.0)"
    no 400 malformed "$(payment $a $b 5e0)"
    no 400 malformed "$(payment $a $b 0)"
    no 400 malformed "$(payment $a $b -5)"
    no 400 malformed "$(payment $a $b 1000000000000001)"
    no 400 malformed "$(payment $a $b '5,"amount":5')"
    no 400 malformed "$(payment $a $b '5,"am\u006funt":5')"
    no 400 malformed "$(payment $a $b '5,"tip":1')"
    no 400 malformed "$(payment $a $b '5,"memo_hash":null')"
    no 400 malformed "$(payment $a $b 5 --exp 2592000)" # with iat −1 a second more than 30 days
    no 400 malformed "$(payment $a $b 5 --jti short)"
    no 400 malformed '{}'
    no 400 malformed "$good$good"
    no 400 malformed "$(jq -c '.act.signatures[0].header = {}' <<< "$good")"
    no 400 malformed "$(jq -c '.act.payload += "="' <<< "$good")"
    no 400 malformed "$(jq -c '.act.signatures = []' <<< "$good")"
    no 413 too-large "$(jq -c --arg x "$(printf '%066000d' 0)" '.act.payload = $x' <<< "$good")"
    no 422 wrong-audience "$(ID=test.example/main#x payment $a $b 5)"
    no 422 not-yet-valid "$(payment $a $b 5 --iat 330)"
    no 422 expired "$(payment $a $b 5 --iat -60 --exp -2)"
    no 422 unknown-unit "$(act transfer $a "{\"from\":\"$a\",\"to\":\"$b\",\"unit\":\"day\",\"amount\":5}" $a)"
    no 422 same-account "$(payment $a $a 5)"
    no 422 line-exhausted "$(payment $a m0001@mapo 5)"
    no 422 unknown-record "$(payment $a $b '5,"request":1')"
    no 400 malformed "$(payment $a $b '5,"value_date":"2999-01-01"')"
    no 400 malformed "$(payment $a $b '5,"value_date":"2026-02-30"')"
    no 422 text-mismatch "$(payment $a $b 5 --text memo=tea | sed 's/"text":"tea"/"text":"tee"/')"
    no 422 text-mismatch "$(payment $a $b 5 | jq -c '.texts = {memo: {salt: "AAAAAAAAAAAAAAAAAAAAAA", text: "tea"}}')"
    no 400 malformed "$(payment $a $b 5 --text $'memo=tea\u202e')"
    printf '%s\n' "${lines[@]}" > "$BODY.lines"
    post_lines "$BODY.lines"
    answered 200
    [ "$(jq -r '"\(.status) \(.problem.type)"' "$BODY")" = "$(printf '%s\n' "${wants[@]}")" ] ||
        die "$(paste -d '|' <(printf '%s\n' "${wants[@]}") "$BODY")"
    post "$(payment $a $b 1000000001)"
    problem 422 insufficient-credit
    answered 422 '.floor == -1000000000 and .needed == 1000000001 and .available == .balance - .floor'
    [ "$(log_size)" -eq "$size" ]
    get $a /v1/accounts/$a/hour
    [ "$(cat "$BODY")" = "$before" ]
    # None of it is remembered: the same act, then another one of the same id.
    posted "$good"
    jti=$(jq -r .jti "$BODY")
    refused 409 id-reused "$(payment $a $b 6 --jti "$jti")"
    posted "$(payment $b $a 6 --jti "$jti")" # ids are each holder's own
}

@test "acts beside one whose id was used before, and one that waits already, are posted" {
    local a=m0000@hansalim b=m0002@hansalim members both jti
    posted "$(payment $a $b 1)" # so that both accounts are at hand
    jti=$(jq -r .jti "$BODY")
    printf '%s\n' "$(payment $a $b 1)" "$(payment $a $b 7 --jti "$jti")" "$(payment $b $a 1)" > "$BODY.lines"
    post_lines "$BODY.lines"
    answered 200
    [ "$(jq -c '[.line, .status]' "$BODY" | tr -d '\n')" = '[1,201][2,409][3,201]' ] || die "$(cat "$BODY")"
    posted "$(payment $a $b 1)"

    members='{"coop":"mapo","unit":"hour","floor":-1000000000,"ceiling":null,"registrar_floor":-2000000000,"registrar_ceiling":null,"reversal_days":29}'
    both=$(act coop.policy mapo "$members" treasurer1@mapo treasurer2@mapo)
    jti=$(jq -r '.act.payload | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson | .jti' <<< "$both")
    post "$(jq -c 'del(.act.signatures[1])' <<< "$both")"
    answered 202
    # Whole by itself, it is posted, and waits no more.
    printf '%s\n' "$both" "$(payment $b $a 1)" > "$BODY.lines"
    post_lines "$BODY.lines"
    [ "$(jq -c '[.line, .status]' "$BODY" | tr -d '\n')" = '[1,201][2,201]' ] || die "$(cat "$BODY")"
    get treasurer1@mapo /v1/pending
    answered 200 '.items | map(select(.jti == $jti)) == []' --arg jti "$jti"
}

@test "what is wrong with the payee is not told" {
    new_member frozen1@hansalim
    new_member full1@hansalim
    posted "$(member_act member.freeze hansalim frozen1@hansalim registrar@hansalim)"
    posted "$(act account.limits hansalim '{"member":"full1@hansalim","unit":"hour","floor":0,"ceiling":0}' registrar@hansalim)"
    refused 422 payee-cannot-receive "$(payment m0000@hansalim nobody@hansalim 1)"
    cp "$BODY" "$BODY.absent"
    for payee in frozen1 full1; do
        refused 422 payee-cannot-receive "$(payment m0000@hansalim $payee@hansalim 1)"
        cmp "$BODY" "$BODY.absent"
    done
    refused 422 frozen "$(payment frozen1@hansalim m0000@hansalim 1)"
}

@test "requests that are none of the contract's" {
    ask /v1/acts
    problem 405 method-not-allowed
    header Allow POST
    ask -X DELETE /v1/ledger
    problem 405 method-not-allowed
    header Allow GET
    ask -H 'Content-Type: text/plain' -d x /v1/acts
    problem 415 malformed
    ask /v1/nothing
    problem 404 not-found
    ask /v1/requests/1
    problem 404 not-found
    ask --path-as-is /v1/../v1/ledger
    [ "$STATUS" = 404 ] || [ "$STATUS" = 400 ]
    ask /v1/members/%zz
    [ "$STATUS" = 400 ] || [ "$STATUS" = 404 ]
    head -c 4300000 /dev/zero | tr '\0' '\n' > "$BODY.large"
    ask -H 'Content-Type: application/x-ndjson' --data-binary "@$BODY.large" /v1/acts
    [ "$STATUS" = 413 ]
    ask -H "X-Long: $(printf '%09000d' 0)" /v1/ledger
    [ "$STATUS" = 400 ] || [ "$STATUS" = 431 ] || [ "$STATUS" = 413 ]
    ask -H 'Content-Type: Application/JSON; charset=utf-8' -d '{}' /v1/acts
    problem 400 malformed
    ask /healthz
    answered 200
    header Cache-Control no-store
}

@test "many at once: each line is answered in order, as it would be alone" {
    a=m0000@hansalim b=m0002@hansalim
    one=$(payment $a $b 1)
    {
        echo "$one"
        echo
        payment $a $b 2 --break
        echo '{"act":'
        echo "$one"
        printf '  \t\r\n'
        payment $a $b 1000000001
        printf '%066000d\n' 0
        act coop.policy hansalim '{"coop":"hansalim","unit":"hour","floor":-1,"ceiling":null,"registrar_floor":-1,"registrar_ceiling":null,"reversal_days":1}' treasurer1@hansalim
        printf '%s\r\n' "$(payment $a $b 3 --text memo=last)"
        printf '%s' "$(payment $b $a 4)" # without an end of line
    } > "$BODY.lines"
    post_lines "$BODY.lines"
    answered 200
    header Content-Type application/x-ndjson
    [ "$(jq -c '[.line, .status]' "$BODY" | paste -sd ' ')" = \
        '[1,201] [3,401] [4,400] [5,200] [7,422] [8,413] [9,202] [10,201] [11,201]' ]
    [ "$(jq -r 'del(.line, .status) | keys[]' "$BODY" | paste -sd ' ')" = \
        'receipt problem problem receipt problem problem pending receipt receipt' ]
    [ "$(jq -r 'select(.problem) | .problem.type' "$BODY" | paste -sd ' ')" = \
        '/problems/bad-signature /problems/malformed /problems/insufficient-credit /problems/too-large' ]
    [ "$(jq -c 'select(.line == 1) | .receipt.header' "$BODY")" = "$(jq -c 'select(.line == 5) | .receipt.header' "$BODY")" ]
    jq -c 'select(.receipt) | .receipt' "$BODY" | while read -r receipt; do
        "$ACTOR" receipt "$VKEY" <<< "$receipt"
    done
    cp "$BODY" "$BODY.first"
    post_lines "$BODY.lines" '/v1/acts?proof=0'
    answered 200
    [ "$(jq -c '[.line, .status]' "$BODY" | paste -sd ' ')" = \
        '[1,200] [3,401] [4,400] [5,200] [7,422] [8,413] [9,202] [10,200] [11,200]' ]
    [ "$(jq -c 'select(.receipt) | .receipt | [.index, .header, has("proof")]' "$BODY")" = \
        "$(jq -c 'select(.receipt) | .receipt | [.index, .header, false]' "$BODY.first")" ]
    : > "$BODY.lines"
    post_lines "$BODY.lines"
    answered 200
    [ ! -s "$BODY" ]
    yes '{}' | head -n 5001 > "$BODY.lines"
    post_lines "$BODY.lines"
    problem 413 too-large
    yes '{}' | head -n 5000 > "$BODY.lines"
    post_lines "$BODY.lines"
    answered 200
    [ "$(wc -l < "$BODY")" -eq 5000 ]
}

# --- several signatures --------------------------------------------------------------------------

@test "an act waits until all who must sign have, and is then posted for all of them" {
    members='{"coop":"mapo","unit":"hour","floor":-1000000000,"ceiling":null,"registrar_floor":-2000000000,"registrar_ceiling":null,"reversal_days":31}'
    both=$(act coop.policy mapo "$members" treasurer1@mapo treasurer2@mapo)
    first=$(jq -c 'del(.act.signatures[1])' <<< "$both")
    second=$(jq -c 'del(.act.signatures[0])' <<< "$both")
    jti=$(jq -r '.act.payload | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson | .jti' <<< "$both")
    size=$(log_size)
    kid=$("$ACTOR" kid treasurer1@mapo)

    post "$first"
    answered 202 '.by == "mapo" and .jti == $jti and .type == "coop.policy" and .signed == [$kid]
        and .needs == [{"holder":"mapo","role":"treasurer","have":1,"of":2}] and (.exp > now)
        and has("act") == false' --arg jti "$jti" --arg kid "$kid"
    [ "$(jq -r .payload "$BODY")" = "$(jq -r .act.payload <<< "$both")" ]
    post "$first" # again: nothing changes
    answered 202 '.needs[0].have == 1'
    [ "$(log_size)" -eq "$size" ]
    # Whoever may sign it sees it, others don't.
    for who in treasurer1@mapo treasurer2@mapo; do
        get "$who" /v1/pending
        answered 200 '.items | map(select(.jti == $jti)) | length == 1 and (.[0].act.signatures | length) == 1' --arg jti "$jti"
        get "$who" "/v1/acts/mapo/$jti"
        answered 202 '.act.signatures | length == 1'
    done
    for who in registrar@hansalim m0001@mapo steward; do
        get "$who" /v1/pending
        answered 200 '.items | map(select(.jti == $jti)) == []' --arg jti "$jti"
        get "$who" "/v1/acts/mapo/$jti"
        problem 404 not-found
    done
    # Signatures that it doesn't call for, another act of the same id.
    refused 403 not-permitted "$(echo "$(jq -r '.act.payload | gsub("-"; "+") | gsub("_"; "/") | @base64d' <<< "$both")" |
        "$ACTOR" sign registrar@mapo)"
    refused 409 id-reused "$(act coop.policy mapo "${members/31/32}" treasurer2@mapo --jti "$jti")"
    post "$first"
    answered 202 '.signed | length == 1'

    post "$second"
    answered 201
    index=$(jq .index "$BODY")
    "$ACTOR" receipt "$VKEY" < "$BODY"
    for again in "$first" "$second" "$both"; do
        post "$again"
        answered 200 ".index == $index"
    done
    get treasurer1@mapo /v1/pending
    answered 200 '.items | map(select(.jti == $jti)) == []' --arg jti "$jti"
    get treasurer1@mapo "/v1/acts/mapo/$jti"
    answered 200 ".index == $index"
    get auditor "/v1/acts/mapo/$jti"
    problem 401 bad-token # a key that nobody knows
    get registrar@mapo "/v1/records/$index"
    answered 200 '.parts[0] | fromjson | .act.signatures | length == 2'
}

@test "a member-to-be finds its admission by a key that isn't registered yet" {
    who=newcomer@hansalim
    act=$(act member.create hansalim "{\"member\":\"$who\",\"kind\":\"person\",\"keys\":[$("$ACTOR" key $who)],\"threshold\":1}" \
        registrar@hansalim --text 'name=새 사람')
    get $who /v1/pending
    problem 401 bad-token
    post "$act"
    answered 202 '.needs == [{"holder":"newcomer@hansalim","role":"member","have":0,"of":1}]'
    get $who /v1/pending
    answered 200 '.items | length == 1 and .[0].texts.name.text == "새 사람"'
    get $who /v1/members/m0000@hansalim # and sees nothing else
    problem 401 bad-token
    get_as $who m0000@hansalim /v1/pending
    problem 401 bad-token
    jq -r '.items[0].payload | gsub("-"; "+") | gsub("_"; "/") | @base64d' "$BODY" 2> /dev/null || true
    post "$(jq -r '.act.payload | gsub("-"; "+") | gsub("_"; "/") | @base64d' <<< "$act" | "$ACTOR" sign $who)"
    answered 201
    get $who /v1/members/$who
    answered 200 '.name == "새 사람" and .keys == [{"kid":$kid,"role":"member"}]' --arg kid "$("$ACTOR" kid $who)"
    get $who /v1/pending
    answered 200 '.items == [] and .next == null'
}

@test "the last signature meets a refusal: the act waits on" {
    members='{"member":"purse@mapo","unit":"hour","floor":5,"ceiling":9}'
    member=waits@mapo
    act=$(act member.create mapo "{\"member\":\"$member\",\"kind\":\"person\",\"keys\":[$("$ACTOR" key $member)],\"threshold\":1}" registrar@mapo $member)
    post "$(jq -c 'del(.act.signatures[1])' <<< "$act")"
    answered 202
    # Somebody else's key of that name is quicker: the member is there already.
    posted "$(act member.create mapo "{\"member\":\"$member\",\"kind\":\"person\",\"keys\":[],\"threshold\":0}" registrar@mapo)"
    refused 409 already-exists "$(jq -c 'del(.act.signatures[0])' <<< "$act")"
    get registrar@mapo /v1/pending
    answered 200 '.items | map(select(.type == "member.create" and .needs == [])) | length == 1'
    # A wrong one among two refuses both, and doesn't wait.
    post "$(act account.limits mapo "$members" treasurer1@mapo treasurer2@mapo --break)"
    problem 401 bad-signature
    get treasurer1@mapo /v1/pending
    answered 200 '.items | map(select(.type == "account.limits")) == []'
}

@test "a hundred acts at most wait for one signer" {
    for n in $(seq 101); do
        act threshold.set hansalim '{"holder":"hansalim","role":"treasurer","threshold":1}' treasurer2@hansalim
    done > "$BODY.lines"
    get treasurer2@hansalim '/v1/pending?limit=1000'
    had=$(jq --arg kid "$("$ACTOR" kid treasurer2@hansalim)" '[.items[] | select(.signed[0] == $kid)] | length' "$BODY")
    post_lines "$BODY.lines"
    answered 200
    [ "$(jq 'select(.status == 202) | .line' "$BODY" | wc -l)" -eq $((100 - had)) ]
    [ "$(jq -r 'select(.line == 101) | .problem.type' "$BODY")" = /problems/busy ]
    # They are paged like every list.
    get treasurer2@hansalim '/v1/pending?limit=70'
    answered 200 '(.items | length == 70) and (.next | length > 0)'
    jq -r '.items[].jti' "$BODY" > "$BODY.jtis"
    get treasurer2@hansalim "/v1/pending?limit=70&cursor=$(jq -r .next "$BODY")"
    answered 200 '.next == null'
    jq -r '.items[].jti' "$BODY" >> "$BODY.jtis"
    [ "$(sort -u "$BODY.jtis" | wc -l)" -ge 100 ]
    [ "$(sort "$BODY.jtis" | uniq -d)" = '' ]
}

# --- statements ----------------------------------------------------------------------------------

statement_of() { # MEMBER
    local path=/v1/accounts/$1/hour/statement out=$BODY.$BASHPID code
    code=$(curl -s -m 60 -o "$out" -w '%{http_code}' -H "Authorization: Bearer $("$ACTOR" token "$1" "$ID" "$1" GET "$path")" \
        "$URL$path?from=2026-01-01&to=2026-12-31")
    echo "$code $(jq -r '.detail // "-"' "$out")"
}

changes_locked() {
    [ "$(ledger_psql main -c "SELECT count(*) FROM pg_locks WHERE granted AND relation = 'changes'::regclass
        AND mode = 'AccessExclusiveLock'")" -eq 1 ]
}

turned_away() { # COUNT
    [ "$(grep -c '^503 too many statements' "$BODY.many")" -ge "$1" ]
}

@test "whoever asks for many statements at once leaves room for others" {
    local i many=()
    : > "$BODY.many"
    ledger_psql main -c BEGIN -c 'LOCK TABLE changes' -c 'SELECT pg_sleep(60)' > "$BODY.lock" 2>&1 3>&- &
    until_ok 20 changes_locked || die "$(cat "$BODY.lock")"
    for ((i = 0; i < 24; i++)); do
        statement_of m0000@hansalim >> "$BODY.many" 3>&- &
        many+=($!)
    done
    # One is being made, sixteen wait.
    until_ok 20 turned_away 7 || die "$(cat "$BODY.many")"
    statement_of m0002@hansalim > "$BODY.other" 3>&- &
    many+=($!)
    ledger_psql main -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'" > /dev/null
    wait "${many[@]}"
    [ "$(wc -l < "$BODY.many")" -eq 24 ]
    ! turned_away 8 || die "$(cat "$BODY.many")"
    [ "$(wc -l < "$BODY.other")" -eq 1 ]
    ! grep 'too many' "$BODY.other" || die "no room"
}

# --- who may read what ---------------------------------------------------------------------------

@test "a token that isn't right opens nothing, whatever is wrong with it" {
    a=m0000@hansalim path=/v1/accounts/m0000@hansalim/hour
    bads=()
    bad() { # AUTHORIZATION
        bads+=("$path $1")
    }
    token() { "$ACTOR" token "$@"; }
    ask $path
    problem 401 bad-token
    header WWW-Authenticate Bearer
    good=$(token $a "$ID" $a GET $path)
    ask -H "Authorization: Bearer $good" $path
    answered 200
    ask -H "authorization: bearer $good" "$path?x=1"
    answered 200
    ask -H "Authorization: Bearer $good" "${path/@/%40}"
    answered 200
    bad "Basic $good"
    bad "Bearer"
    bad "Bearer x.y.z"
    bad "Bearer ${good%?}"
    bad "Bearer $good$good"
    bad "Bearer ${good%%.*}.${good##*.}"
    bad "Bearer $(token $a "$ID" $a GET $path --break)"
    bad "Bearer $(token $a "$ID" $a POST $path)"
    bad "Bearer $(token $a "$ID" $a GET /v1/accounts/m0000@hansalim)"
    bad "Bearer $(token $a "$ID" $a GET "$path?x=1")"
    bad "Bearer $(token $a "${ID%#*}" $a GET $path)"
    bad "Bearer $(token $a "${ID}x" $a GET $path)"
    bad "Bearer $(token $a "$ID" m0002@hansalim GET $path)"
    bad "Bearer $(token m0002@hansalim "$ID" $a GET $path)"
    bad "Bearer $(token nobody "$ID" $a GET $path)"
    bad "Bearer $(token $a "$ID" $a GET $path --iat -100 --exp -1)"
    bad "Bearer $(token $a "$ID" $a GET $path --iat 0 --exp 302)"
    bad "Bearer $(token $a "$ID" $a GET $path --iat 330 --exp 360)"
    bad "Bearer $(token $a "$ID" $a GET $path --typ pumasi-act+json)"
    bad "Bearer $(token $a "$ID" $a GET $path --typ JWT)"
    bad "Bearer $(token $a "$ID" $a GET $path --alg none)"
    bad "Bearer $(token $a "$ID" $a GET $path --alg ES256)"
    bad "Bearer $(token $a "$ID" $a GET $path --extra '"crit":["x"]')"
    bad "Bearer $(token $a "$ID" "$(printf '%02100d' 0)" GET $path)"
    ask_many < <(printf '%s\n' "${bads[@]}")
    for n in $(seq ${#bads[@]}); do
        [ "$(sed -n "${n}p" "$BODY.statuses")" = 401 ] && grep -qi '^www-authenticate: bearer' "$BODY.$n.head" &&
            grep -q '"type":"/problems/bad-token"' "$BODY.$n" || die "${bads[n - 1]}: $(cat "$BODY.$n")"
    done
    [ "$(wc -l < "$BODY.statuses")" -eq ${#bads[@]} ]
    ask -H "Authorization: Bearer $(token $a "$ID" $a GET $path --alg Ed25519)" $path
    answered 200
    ask -H "Authorization: Bearer $good" /v1/members/$a # good for its own path only
    problem 401 bad-token
}

@test "each reads what is theirs; anything else answers as what is not there" {
    # Auditors of one co-op, and of everything.
    posted "$(act key.add hansalim "{\"holder\":\"hansalim\",\"role\":\"auditor\",\"key\":$("$ACTOR" key auditor@hansalim)}" \
        treasurer1@hansalim treasurer2@hansalim auditor@hansalim)"
    posted "$(act key.add stewards "{\"holder\":\"*\",\"role\":\"auditor\",\"key\":$("$ACTOR" key auditor)}" steward auditor)"
    posted "$(payment m0000@hansalim m0002@hansalim 7 --text memo=secret)"
    transfer=$INDEX
    posted "$(member_act member.update m0001@mapo m0001@mapo m0001@mapo --text name=마포)"
    update=$INDEX

    # path, and for whom: m a member itself, o another member of its co-op, r t a the office of hansalim,
    # R the registrar of mapo, M a member there, A the auditor of everything, s a steward
    declare -A key=([m]=m0000@hansalim [o]=s00@hansalim [r]=registrar@hansalim [t]=treasurer2@hansalim
        [a]=auditor@hansalim [R]=registrar@mapo [M]=m0001@mapo [A]=auditor [s]=steward)
    get steward /v1/accounts/nobody@hansalim/hour
    problem 404 not-found
    cp "$BODY" "$BODY.none"
    : > "$BODY.asks"
    while read -r path who; do
        for one in "${!key[@]}"; do
            echo "${key[$one]} $(holder_of "${key[$one]}") GET $path $([[ $who == *$one* ]] && echo 200 || echo 404)"
        done
    done > "$BODY.asks" << END
/v1/members/m0000@hansalim morRtasMA
/v1/members/nobody@hansalim -
/v1/accounts/m0000@hansalim/hour mrtaA
/v1/accounts/m0000@hansalim/hour/postings mrtaA
/v1/accounts/m0000@hansalim/day -
/v1/accounts/nobody@hansalim/hour -
/v1/coops/hansalim/members rtaA
/v1/coops/hansalim/accounts rtaA
/v1/coops/hansalim/postings rtaA
/v1/coops/nobody/members -
/v1/coops/hansalim morRtasMA
/v1/records/$transfer mrtaA
/v1/records/$transfer/proof mrtaA
/v1/records/$update RMA
/v1/records/1 sA
/v1/records/999999 -
/v1/records/x -
END
    cut -d ' ' -f 1-4 "$BODY.asks" | "$ACTOR" tokens "$ID" > "$BODY.tokens"
    ask_many < <(paste -d ' ' <(cut -d ' ' -f 4 "$BODY.asks") <(sed 's/^/Bearer /' "$BODY.tokens"))
    n=0
    while read -r who _ _ path want got; do
        n=$((n + 1))
        [ "$got" = "$want" ] || die "$who gets $path: $got, not $want: $(cat "$BODY.$n")"
        [ "$want" = 200 ] || cmp "$BODY.$n" "$BODY.none"
    done < <(paste -d ' ' "$BODY.asks" "$BODY.statuses")
    [ "$n" -eq 153 ]
    # More of a member and a co-op is for themselves and their office.
    for one in o R M s; do
        get "${key[$one]}" /v1/members/m0000@hansalim
        answered 200 'keys == ["kind","member","name","state"]'
        get "${key[$one]}" /v1/coops/hansalim
        answered 200 'keys == ["coop","name","state"]'
    done
    for one in m r t a A; do
        get "${key[$one]}" /v1/members/m0000@hansalim
        answered 200 '.name == "홍길동" and .threshold == 1 and (.limits | length == 1)
            and (.readers | map(.role) | sort) == ["auditor","auditor","member","registrar","treasurer","treasurer"]'
    done
    for one in r t a A; do
        get "${key[$one]}" /v1/coops/hansalim
        answered 200 '.threshold == 2 and (.treasurers | length == 2) and (.policies | length == 1)'
    done
    ask /v1/coops/hansalim
    answered 200 '. == {"coop":"hansalim","name":"협동조합 hansalim","state":"active"}'
    ask /v1/coops
    answered 200 '.items | map(.coop) == ["hansalim","mapo"]'
    get m0000@hansalim /v1/accounts/m0000@hansalim/hour/postings
    answered 200 '.items[0] | .amount == -7 and .memo == "secret" and .counterparty == "m0002@hansalim" and .signed_by == "member"'
}

@test "of a record each gets the parts that concern them" {
    posted "$(payment s01@hansalim s02@hansalim 8 --text memo=parts)"
    parts() { # KEY INDEX: "act posting:s01@hansalim/hour …"
        get "$1" "/v1/records/$2"
        [ "$STATUS" = 200 ] || die "$1: $STATUS $(cat "$BODY")" || return 1
        jq -r '.parts | map(fromjson | .part + ":" + (.account // .subject // .book // "")) | join(" ")' "$BODY"
    }
    [ "$(parts s01@hansalim "$INDEX")" = 'act: posting:s01@hansalim/hour' ]
    [ "$(parts s02@hansalim "$INDEX")" = 'act: posting:s02@hansalim/hour' ]
    [ "$(parts registrar@hansalim "$INDEX")" = 'act: posting:s01@hansalim/hour posting:s02@hansalim/hour book:hansalim' ]
    get s02@hansalim "/v1/records/$INDEX"
    answered 200 '.texts.memo.text == "parts" and (.header | fromjson | .parts | length == 4)'
    # Limits: the member sees its own, the office all.
    posted "$(act account.limits hansalim '{"member":"s01@hansalim","unit":"hour","floor":-9000,"ceiling":null}' \
        registrar@hansalim --text reason=harvest)"
    [ "$(parts s01@hansalim "$INDEX")" = 'act: change:limits:s01@hansalim/hour' ]
    [ "$(parts treasurer1@hansalim "$INDEX")" = 'act: change:limits:s01@hansalim/hour book:hansalim' ]
    get s02@hansalim "/v1/records/$INDEX"
    problem 404 not-found
    # Stewards see what concerns no member.
    [ "$(parts steward 0)" = 'act: change:ledger change:stewards' ]
    [ "$(parts steward 1)" = 'act: change:unit:hour' ]
}

@test "a revoked key reads and signs no more" {
    new_member loses@hansalim
    posted "$(act key.add loses@hansalim "{\"holder\":\"loses@hansalim\",\"role\":\"member\",\"key\":$("$ACTOR" key loses2)}" loses@hansalim loses2)"
    get_as loses2 loses@hansalim /v1/accounts/loses@hansalim/hour
    answered 200
    posted "$(act key.revoke loses@hansalim "{\"holder\":\"loses@hansalim\",\"role\":\"member\",\"kid\":\"$("$ACTOR" kid loses@hansalim)\"}" loses2)"
    get loses@hansalim /v1/accounts/loses@hansalim/hour
    problem 401 bad-token
    grep -q 'the key was revoked' "$BODY"
    # Who hasn't the key isn't told so.
    ask -H "Authorization: Bearer $("$ACTOR" token loses@hansalim "$ID" loses@hansalim GET \
        /v1/accounts/loses@hansalim/hour --break)" /v1/accounts/loses@hansalim/hour
    problem 401 bad-token
    if grep -q revoked "$BODY"; then die "a stranger learns that a key was revoked"; fi
    refused 403 not-permitted "$(payment loses@hansalim m0000@hansalim 1)"
    get_as loses2 loses@hansalim /v1/accounts/loses@hansalim/hour
    answered 200
    refused 422 limit-out-of-bounds "$(act key.revoke loses@hansalim "{\"holder\":\"loses@hansalim\",\"role\":\"member\",\"kid\":\"$("$ACTOR" kid loses2)\"}" loses2)"
}

@test "lists have pages, newest first, without a gap or a double" {
    for n in $(seq 7); do
        payment s03@hansalim s04@hansalim "$n" --text "memo=nr $n"
    done > "$BODY.lines"
    post_lines "$BODY.lines"
    answered 200
    [ "$(jq -s 'map(.status) | unique | .[0]' "$BODY")" -eq 201 ]
    path=/v1/accounts/s04@hansalim/hour/postings
    cursor=''
    : > "$BODY.all"
    for _ in 1 2 3; do
        get s04@hansalim "$path?limit=3$cursor"
        answered 200 '.items | length > 0'
        jq -c '.items[] | [.amount, .seq, .balance, .memo]' "$BODY" >> "$BODY.all"
        cursor="&cursor=$(jq -r .next "$BODY")"
    done
    answered 200 '.next == null'
    [ "$(jq -c '.[0]' "$BODY.all" | paste -sd ' ')" = '7 6 5 4 3 2 1' ]
    [ "$(head -n 1 "$BODY.all")" = '[7,7,28,"nr 7"]' ]
    for query in limit=0 limit=1001 limit=x limit= limit=-1 limit=1.0 cursor= cursor=x cursor=AAAA "cursor=$(jq -r .next "$BODY")"; do
        get s04@hansalim "$path?$query"
        problem 400 malformed
    done
    get s04@hansalim "$path?limit=1000"
    answered 200 '.items | length == 7'
    # A co-op's members by name, and its postings, whole records at a time.
    get registrar@hansalim '/v1/coops/hansalim/members?limit=1000'
    answered 200 '.items | map(.member) | . == sort and length > 30'
    cp "$BODY" "$BODY.members"
    get registrar@hansalim '/v1/coops/hansalim/members?limit=20'
    jq -r '.items[].member' "$BODY" > "$BODY.names"
    get registrar@hansalim "/v1/coops/hansalim/members?limit=1000&cursor=$(jq -r .next "$BODY")"
    jq -r '.items[].member' "$BODY" >> "$BODY.names"
    [ "$(cat "$BODY.names")" = "$(jq -r '.items[].member' "$BODY.members")" ]
    cursor=''
    : > "$BODY.all"
    while :; do
        get registrar@hansalim "/v1/coops/hansalim/postings?limit=25$cursor"
        answered 200
        jq -c '.items[] | [.index, .account]' "$BODY" >> "$BODY.all"
        [ "$(jq -r .next "$BODY")" != null ] || break
        cursor="&cursor=$(jq -r .next "$BODY")"
    done
    [ "$(sort "$BODY.all" | uniq -d)" = '' ]
    [ "$(wc -l < "$BODY.all")" -eq "$(ledger_psql main -c "SELECT count(*) FROM postings WHERE account LIKE '%@hansalim/%'")" ]
    jq -s -e 'map(.[0]) | . == (sort | reverse)' "$BODY.all" > /dev/null
}

# --- the log, health -----------------------------------------------------------------------------

@test "checkpoint and proofs: every record is in the tree that was signed" {
    ask /checkpoint
    answered 200
    header Content-Type 'text/plain; charset=utf-8'
    read -r size root < <("$ACTOR" note "$VKEY" < "$BODY")
    [ "$size" -gt 40 ]
    run "$ACTOR" note "${VKEY%?}" < "$BODY"
    [ "$status" -eq 1 ]
    cp "$BODY" "$BODY.note"
    for index in 0 1 $((size / 2)) $((size - 1)); do
        get steward "/v1/records/$index/proof"
        [ "$STATUS" = 200 ] || get registrar@hansalim "/v1/records/$index/proof"
        [ "$STATUS" = 200 ] || get registrar@mapo "/v1/records/$index/proof"
        answered 200 ".index == $index"
        [ "$(jq -r .proof "$BODY" | sed -n '/^$/,$p' | sed 1d)" = "$(cat "$BODY.note")" ] ||
            [ "$(jq .size "$BODY")" -gt "$size" ]
        proof=$(jq .proof "$BODY")
        get steward "/v1/records/$index"
        [ "$STATUS" = 200 ] || get registrar@hansalim "/v1/records/$index"
        [ "$STATUS" = 200 ] || get registrar@mapo "/v1/records/$index"
        jq --argjson proof "$proof" '{index, header, proof: $proof}' "$BODY" | "$ACTOR" receipt "$VKEY"
    done
    # An older size: hashes without a note, as a size is signed once.
    get steward '/v1/records/0/proof?size=1'
    answered 200 '.hashes == [] and .proof == null and .size == 1'
    get steward '/v1/records/1/proof?size=1'
    problem 404 not-found
    get steward "/v1/records/0/proof?size=$((size + 1000000))"
    problem 400 malformed
    get steward '/v1/records/0/proof?size=0'
    problem 400 malformed
    # record 0's header is what the ledger's id names
    get steward /v1/records/0
    [ "$(jq -r .header "$BODY" | "$ACTOR" hash)" = "${ID#*#}" ]
    [ "$root" != '' ]
}

@test "health and metrics" {
    ask /healthz
    answered 200 '. == {"healthy":true}'
    ask /readyz
    answered 200 '.ready == true and .mode == "posting" and .read_connections > 0'
    ask /metrics # on a listener of its own only
    problem 404 not-found
    before=$(ledger_metrics main 'acts_total{outcome="posted"}')
    refusals=$(ledger_metrics main 'refusals_total{reason="same-account"}')
    records=$(ledger_metrics main records)
    tokens=$(ledger_metrics main bad_tokens_total)
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    refused 422 same-account "$(payment m0000@hansalim m0000@hansalim 1)"
    ask /v1/pending
    [ "$(ledger_metrics main 'acts_total{outcome="posted"}')" -eq $((before + 1)) ]
    [ "$(ledger_metrics main 'refusals_total{reason="same-account"}')" -eq $((refusals + 1)) ]
    [ "$(ledger_metrics main records)" -eq $((records + 1)) ]
    [ "$(ledger_metrics main bad_tokens_total)" -eq $((tokens + 1)) ]
    [ "$(ledger_metrics main posting)" -eq 1 ]
    [ "$records" -eq "$(($(log_size) - 1))" ]
}

# --- before record 0 -----------------------------------------------------------------------------

@test "before it is opened a ledger takes its own ledger.open and nothing else" {
    ledger_init closed
    ledger_start closed
    ledger_wait closed
    wire_meet closed
    [ "$ID" = null ]
    ask /v1/ledger
    answered 200 '.state == "unopened" and .name == null and .origin == "test.example/closed"
        and (.act.signatures | length == 2) and .needs == [{"holder":"stewards","role":"steward","have":0,"of":1}]'
    open=$(jq -r '.act.payload | gsub("-"; "+") | gsub("_"; "/") | @base64d' "$BODY")
    submission=$(jq -c '{act}' "$BODY")
    ask /checkpoint
    problem 404 not-found
    ID=test.example/closed
    refused 401 unknown-key "$(act unit.create stewards '{"unit":"hour","name":"Hour","scale":60,"kind":"time"}' steward)"
    refused 422 wrong-audience "$(act coop.create stewards "{\"coop\":\"mapo\",\"name\":\"M\",\"treasurers\":[$("$ACTOR" key steward)],\"threshold\":1,\"registrars\":[]}" steward)"
    refused 403 not-permitted "$(jq -c '.jti = "AAAAAAAAAAAAAAAAAAAAAAAA"' <<< "$open" | "$ACTOR" sign steward)"
    refused 409 id-reused "$(jq -c '.zone = "Asia/Tokyo"' <<< "$open" | "$ACTOR" sign steward)"
    post "$submission" # as it stands: its two signatures are known
    answered 202 '.signed | length == 2'
    get steward /v1/pending # with the origin in the place of the id
    answered 200 '.items | length == 1 and .[0].type == "ledger.open"'
    get nobody /v1/pending
    problem 401 bad-token
    post "$("$ACTOR" sign steward <<< "$open")"
    answered 201 '.index == 0 and .by == "stewards"'
    "$ACTOR" receipt "$VKEY" < "$BODY"
    header0=$(jq -r .header "$BODY" | "$ACTOR" hash)
    ask /v1/ledger
    answered 200 '.state == "open" and .size == 1 and .zone == "Asia/Seoul" and .rules == 1 and .units == [] and .id == $id' \
        --arg id "test.example/closed#$header0"
    post "$("$ACTOR" sign steward <<< "$open")"
    answered 200 '.index == 0'
    # A second one doesn't open it again.
    post "$(jq -c '.jti = "AAAAAAAAAAAAAAAAAAAAAAAA"' <<< "$open" | "$ACTOR" sign steward)"
    [ "$STATUS" != 201 ]
    ask /v1/ledger
    answered 200 '.size == 1 and .id == $id' --arg id "test.example/closed#$header0"
    ledger_stop closed
}

@test "the public sees a new checkpoint only so often, a party's receipts are always fresh" {
    local ledger=quiet shown size
    ledger_init "$ledger"
    ledger_start "$ledger" --publish_minutes 1440
    ledger_wait "$ledger"
    "$HAMMER" setup "$(ledger_url "$ledger")" --members 4
    URL=$(ledger_url "$ledger")
    ask /checkpoint
    header Cache-Control 'public, max-age=[1-9][0-9]*'
    shown=$(sed -n 2p "$BODY")
    cp "$BODY" "$BODY.shown"
    wire_meet "$ledger"
    posted "$(payment m0000@hansalim m0002@hansalim 5)"
    read -r _ size < <("$ACTOR" receipt "$VKEY" < "$BODY")
    [ "$size" -gt "$shown" ]
    ask /checkpoint
    cmp "$BODY" "$BODY.shown"
    ask /v1/ledger
    answered 200 '.size == $size' --argjson size "$shown"
    ask "/tile/0/000.p/$shown"
    [ "$STATUS" = 200 ]
    [ "$(stat -c %s "$BODY")" -eq $((32 * shown)) ]
    ask "/tile/0/000.p/$size"
    problem 404 not-found
    ask "/v1/consistency?old=1&size=$size"
    problem 400 malformed
    ledger_stop "$ledger"
    wire_adopt main
}

@test "what was posted once is not posted again, not after a restart nor after its exp" {
    act=$(cat "$LEDGERS/early.act")
    first=$(jq -c '[.index, .header]' "$LEDGERS/early.receipt")
    ledger_stop main
    ledger_start main
    ledger_wait main
    late() { [ "$(date +%s)" -gt $(($(stat -c %Y "$LEDGERS/early.act") + 9)) ]; }
    until_ok 15 late
    post "$act"
    answered 200
    [ "$(jq -c '[.index, .header]' "$BODY")" = "$first" ]
    "$ACTOR" receipt "$VKEY" < "$BODY"
    echo "$act" > "$BODY.lines"
    post_lines "$BODY.lines"
    answered 200 '.status == 200'
}
