#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Who may read what, and how much (docs/protocol.md, section 9), spoken with curl: tokens, records in parts,
# lists in pages. One ledger serves all tests, so each acts with members of its own or doesn't mind what others
# did.

load ../lib/ledger
load ../lib/wire

setup_file() {
    ledger_setup
    OPTIONS[main]='--statement_timeout_ms 600000' # nothing is given up before a test has seen it
    wire_start main 4
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
    bad "Bearer $(token $a "$ID" $a GET $path --iat 600 --exp 660)"
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

# --- statements ----------------------------------------------------------------------------------

statement_of() { # MEMBER
    local path=/v1/accounts/$1/hour/statement out=$BODY.$BASHPID code
    code=$(curl -s -m 400 -o "$out" -w '%{http_code}' -H "Authorization: Bearer $("$ACTOR" token "$1" "$ID" "$1" GET "$path")" \
        "$URL$path?from=2026-01-01&to=2026-12-31")
    echo "$code $(jq -r '.detail // "-"' "$out")"
}

changes_locked() {
    [ "$(ledger_psql main -c "SELECT count(*) FROM pg_locks WHERE granted AND relation = 'changes'::regclass
        AND mode = 'AccessExclusiveLock'")" -eq 1 ]
}

one_is_made() {
    [ "$(ledger_psql main -c "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'changes'::regclass")" -eq 1 ]
}

turned_away() { # COUNT
    [ "$(grep -c '^503 too many statements' "$BODY.many")" -ge "$1" ]
}

@test "whoever asks for many statements at once leaves room for others" {
    local i many=()
    : > "$BODY.many"
    ledger_psql main -c BEGIN -c 'LOCK TABLE changes' -c 'SELECT pg_sleep(300)' > "$BODY.lock" 2>&1 3>&- &
    until_ok 20 changes_locked || die "$(cat "$BODY.lock")"
    for ((i = 0; i < 24; i++)); do
        statement_of m0000@hansalim >> "$BODY.many" 3>&- &
        many+=($!)
        [ "$i" -gt 0 ] || until_ok 20 one_is_made || die "$(cat "$BODY.many")"
    done
    # One is being made, sixteen wait.
    until_ok 20 turned_away 7 || die "$(cat "$BODY.many")"
    statement_of m0002@hansalim > "$BODY.other" 3>&- &
    many+=($!)
    ledger_psql main -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(300)'" > /dev/null
    wait "${many[@]}"
    [ "$(wc -l < "$BODY.many")" -eq 24 ]
    ! turned_away 8 || die "$(cat "$BODY.many")"
    [ "$(wc -l < "$BODY.other")" -eq 1 ]
    ! grep 'too many' "$BODY.other" || die "no room"
}
