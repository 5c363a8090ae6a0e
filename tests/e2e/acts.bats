#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Submitting acts (docs/protocol.md, sections 8 and 9), spoken with curl: receipts, refusals, many at once, and
# acts that wait for signatures. One ledger serves all tests, so each acts with members of its own or doesn't
# mind what others did.

load ../lib/ledger
load ../lib/wire

setup_file() {
    ledger_setup
    wire_start main 4
    # The last test looks at this one again, when its time is over.
    payment m0000@hansalim m0002@hansalim 1 --exp 40 > "$LEDGERS/early.act"
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
    no 422 not-yet-valid "$(payment $a $b 5 --iat 590)" # 300 are within bounds, and these lines take their time
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

@test "however many acts are out of time at once, they go, and acts are posted meanwhile" {
    put() { # BY EXP COUNT KEYS
        ledger_psql main -c "SET statement_timeout = 0; BEGIN;
            INSERT INTO pending_keys SELECT 'kid ' || k, '$1', 'jti ' || i, sha256('x'), '$1'
                FROM generate_series(1, $3) i, generate_series(1, $4) k;
            INSERT INTO pending SELECT '$1', 'jti ' || i, 'member.create', sha256('x'), $2, 'maker ' || i % 7, '{}', '{}',
                '[]', '{}' FROM generate_series(1, $3) i; COMMIT"
    }
    left() { ledger_psql main -c "SELECT (SELECT count(*) FROM pending WHERE by = '$1'),
        (SELECT count(*) FROM pending_keys WHERE by = '$1')"; }
    before=$(left hansalim)
    put mapo 4000000000 40 40
    put hansalim 1000000000 3000 200
    ledger_stop main
    OPTIONS[main]='--statement_timeout_ms 300' # a fraction of what deleting all of them takes
    ledger_start main
    ledger_wait main
    gone() {
        posted "$(payment m0000@hansalim m0002@hansalim 1)" || return 1
        [ "$(left hansalim)" = "$before" ]
    }
    until_ok 120 gone || die "they stay: $(left hansalim); $STATUS"
    [ "$(ledger_psql main -c "SELECT count(*) FROM pending_keys WHERE kid LIKE 'kid %'")" -eq 1600 ]
    counted() { [ "$(ledger_metrics main pending_acts)" -eq "$(ledger_psql main -c 'SELECT count(*) FROM pending')" ]; }
    until_ok 30 counted || die "counted: $(ledger_metrics main pending_acts)"
    ledger_psql main -c "DELETE FROM pending WHERE by = 'mapo' AND exp = 4000000000;
        DELETE FROM pending_keys WHERE kid LIKE 'kid %'"
    ledger_stop main
    OPTIONS[main]=
    ledger_start main
    ledger_wait main
}

# --- again ---------------------------------------------------------------------------------------

@test "what was posted once is not posted again, not after a restart nor after its exp" {
    act=$(cat "$LEDGERS/early.act")
    first=$(jq -c '[.index, .header]' "$LEDGERS/early.receipt")
    ledger_stop main
    ledger_start main
    ledger_wait main
    late() { [ "$(date +%s)" -gt $(($(stat -c %Y "$LEDGERS/early.act") + 41)) ]; }
    until_ok 15 late
    post "$act"
    answered 200
    [ "$(jq -c '[.index, .header]' "$BODY")" = "$first" ]
    "$ACTOR" receipt "$VKEY" < "$BODY"
    echo "$act" > "$BODY.lines"
    post_lines "$BODY.lines"
    answered 200 '.status == 200'
}
