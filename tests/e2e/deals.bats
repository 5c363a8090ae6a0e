#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Requests, reversals and declines over HTTP (docs/protocol.md 4.6 to 4.8): who may, what it does, who sees it, and
# that a ledger made anew of the records has the same. The rules alone: tests/unit/test_rules_request.c and _reversal.c.

load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost

setup_file() {
    ledger_setup
    wire_start main 8
    # A member without a device, and one whom nobody knows.
    posted "$(act member.create hansalim \
        '{"member":"halmoni@hansalim","kind":"person","keys":[],"threshold":0}' registrar@hansalim)"
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

request() { # PAYER PAYEE AMOUNT [OPTION...]
    act request "$2" "{\"from\":\"$1\",\"to\":\"$2\",\"unit\":\"hour\",\"amount\":$3,\"expires\":\"2099-12-31\"}" "$2" "${@:4}"
}

answer() { # PAYER PAYEE AMOUNT REQUEST
    act transfer "$1" "{\"from\":\"$1\",\"to\":\"$2\",\"unit\":\"hour\",\"amount\":$3,\"request\":$4}" "$1"
}

hash_of() { # SUBMISSION: of its payload
    local payload
    payload=$(jq -r .act.payload <<< "$1" | tr -- '-_' '+/')
    while [ $((${#payload} % 4)) -ne 0 ]; do payload="$payload="; done
    # shellcheck disable=SC2059 # the hex digits become bytes
    printf "$(base64 -d <<< "$payload" | sha256sum | cut -c 1-64 | sed 's/../\\x&/g')" |
        base64 | tr -- '+/' '-_' | tr -d =
}

decline() { # BY HASH SIGNER [OPTION...]
    act decline "$1" "{\"act\":\"$2\"}" "${@:3}"
}

reversal() { # BY RECORD AMOUNT SIGNER...
    act reversal "$1" "{\"record\":$2,\"amount\":$3}" "${@:4}"
}

@test "a request is seen by both sides and their office, is paid once, and the payment says so" {
    asked=$(request m0000@hansalim m0002@hansalim 45 --text 'memo=아침에 밭일')
    posted "$asked"
    request=$INDEX
    get m0000@hansalim "/v1/requests?state=open&limit=1"
    answered 200 '.items[0] | .index == $i and .state == "open" and .from == "m0000@hansalim" and .amount == 45
        and .memo == "아침에 밭일" and .expires == "2099-12-31" and .answer == null and .act == $hash' \
        --argjson i "$request" --arg hash "$(hash_of "$asked")"
    for who in m0002@hansalim registrar@hansalim treasurer1@hansalim; do
        get "$who" /v1/requests
        answered 200 '[.items[] | select(.index == $i)] | length == 1' --argjson i "$request"
        get "$who" "/v1/records/$request"
        answered 200 '.texts.memo.text == "아침에 밭일" and (.parts[0] | fromjson | .part == "act")'
    done
    for who in m0004@hansalim m0001@mapo registrar@mapo steward; do
        get "$who" /v1/requests
        answered 200 '[.items[] | select(.index == $i)] | length == 0' --argjson i "$request"
        get "$who" "/v1/records/$request"
        problem 404 not-found
    done
    refused 422 request-mismatch "$(answer m0000@hansalim m0002@hansalim 46 "$request")"
    refused 422 unknown-record "$(answer m0000@hansalim m0002@hansalim 45 0)"
    posted "$(answer m0000@hansalim m0002@hansalim 45 "$request")"
    paid=$INDEX
    refused 409 already-answered "$(answer m0000@hansalim m0002@hansalim 45 "$request")"
    refused 409 already-answered "$(decline m0002@hansalim "$(hash_of "$asked")" m0002@hansalim)"
    get m0002@hansalim "/v1/requests?state=paid"
    answered 200 '[.items[] | select(.index == $i)][0] | .state == "paid" and .answer == $p' \
        --argjson i "$request" --argjson p "$paid"
    get m0002@hansalim "/v1/accounts/m0002@hansalim/hour/postings?limit=1"
    answered 200 '.items[0] | .index == $p and .request == $i and .reverses == null and .reversed == null' \
        --argjson i "$request" --argjson p "$paid"
}

@test "requests come in pages, by state" {
    for i in 1 2 3; do
        posted "$(request m0004@hansalim m0006@hansalim "$i")"
    done
    last=$INDEX
    get m0004@hansalim "/v1/requests?limit=2"
    answered 200 '(.items | length == 2) and .items[0].index == $l and .next != null' --argjson l "$last"
    get m0004@hansalim "/v1/requests?limit=2&cursor=$(jq -r .next "$BODY")"
    answered 200 '(.items | length == 1) and .items[0].amount == 1 and .next == null'
    get m0004@hansalim "/v1/requests?state=closed"
    answered 200 '.items == []'
    get m0004@hansalim "/v1/requests?state=late"
    problem 400 malformed
    ask /v1/requests
    answered 401
}

@test "who is asked declines, and who asked withdraws; the other side sees it and why" {
    asked=$(request m0000@hansalim m0002@hansalim 30)
    posted "$asked"
    request=$INDEX
    refused 403 not-permitted "$(decline m0004@hansalim "$(hash_of "$asked")" m0004@hansalim)"
    said=$(act decline m0000@hansalim "{\"act\":\"$(hash_of "$asked")\"}" m0000@hansalim --text 'reason=이미 드렸어요')
    posted "$said"
    no=$INDEX
    get m0002@hansalim "/v1/records/$no"
    answered 200 '.texts.reason.text == "이미 드렸어요"'
    for who in m0004@hansalim registrar@mapo steward; do
        get "$who" "/v1/records/$no"
        problem 404 not-found
    done
    get m0002@hansalim "/v1/requests?state=closed"
    answered 200 '[.items[] | select(.index == $i)][0].answer == $n' --argjson i "$request" --argjson n "$no"
    refused 409 already-answered "$(answer m0000@hansalim m0002@hansalim 30 "$request")"

    asked=$(request m0000@hansalim m0002@hansalim 31)
    posted "$asked"
    posted "$(decline m0002@hansalim "$(hash_of "$asked")" m0002@hansalim)"
    get m0000@hansalim "/v1/records/$INDEX"
    answered 200
}

@test "an act that waits is ended by whom it needs, and by nobody else" {
    get treasurer1@mapo /v1/coops/mapo/members
    purse=$(jq -r '[.items[] | select(.kind == "purse")][0].member' "$BODY")
    waits=$(act transfer mapo "{\"from\":\"$purse\",\"to\":\"m0001@mapo\",\"unit\":\"hour\",\"amount\":5}" treasurer1@mapo)
    post "$waits"
    answered 202
    hash=$(hash_of "$waits")
    refused 403 not-permitted "$(decline m0001@mapo "$hash" m0001@mapo)"
    refused 403 not-permitted "$(decline mapo "$hash" registrar@mapo)"
    posted "$(decline mapo "$hash" treasurer2@mapo)"
    get treasurer1@mapo /v1/pending
    answered 200 '.items == []'
    refused 422 voided "$waits"
    refused 409 already-answered "$(decline mapo "$hash" treasurer2@mapo)"
}

@test "an act that was refused, or never sent, can be ended for good; one that was posted cannot" {
    late=$(payment m0003@mapo m0005@mapo 77)
    posted "$(decline m0003@mapo "$(hash_of "$late")" m0003@mapo)"
    no=$INDEX
    for who in m0003@mapo registrar@mapo; do
        get "$who" "/v1/records/$no"
        answered 200
    done
    for who in m0005@mapo registrar@hansalim steward; do
        get "$who" "/v1/records/$no"
        problem 404 not-found
    done
    refused 422 voided "$late"
    # Words of whom it doesn't need count for nothing.
    other=$(payment m0003@mapo m0005@mapo 78)
    posted "$(decline m0001@mapo "$(hash_of "$other")" m0001@mapo)"
    posted "$other"
    refused 409 already-answered "$(decline m0003@mapo "$(hash_of "$other")" m0003@mapo)"
    # In one batch as well: one line posts it, the next one declines it.
    both=$(payment m0003@mapo m0005@mapo 79)
    { tr -d '\n' <<< "$both" && echo && decline m0003@mapo "$(hash_of "$both")" m0003@mapo; } > "$BODY.lines"
    post_lines "$BODY.lines"
    answered 200
    [ "$(jq -c .status "$BODY" | tr '\n' ' ')" = "201 409 " ]
}

@test "a transfer goes back in parts: by the payee, by the office that recorded it, by treasurers" {
    posted "$(act transfer hansalim '{"from":"halmoni@hansalim","to":"m0006@hansalim","unit":"hour","amount":60,
        "category":"care"}' registrar@hansalim)"
    record=$INDEX
    refused 422 limit-out-of-bounds "$(reversal m0006@hansalim "$record" 61 m0006@hansalim)"
    refused 422 unknown-record "$(reversal m0004@hansalim "$record" 10 m0004@hansalim)"
    posted "$(act reversal m0006@hansalim "{\"record\":$record,\"amount\":10}" m0006@hansalim --text 'reason=너무 많아요')"
    get registrar@hansalim "/v1/accounts/m0006@hansalim/hour/postings?limit=2"
    answered 200 '.items[0].reverses == $r and .items[0].amount == -10 and .items[0].counterparty == "halmoni@hansalim"
        and .items[0].memo == "너무 많아요" and .items[0].category == "care" and .items[0].signed_by == "member"
        and .items[1].reversed == 10 and .items[1].signed_by == "registrar"' --argjson r "$record"
    posted "$(reversal hansalim "$record" 20 registrar@hansalim)"
    post "$(reversal hansalim "$record" 5 treasurer1@hansalim)"
    answered 202
    posted "$(reversal hansalim "$record" 5 treasurer1@hansalim treasurer2@hansalim)"
    get m0006@hansalim "/v1/accounts/m0006@hansalim/hour/postings?limit=4"
    answered 200 '.items[0].forced and .items[0].signed_by == "treasurers" and (.items[1] | has("forced") | not)
        and .items[1].signed_by == "registrar" and .items[3].reversed == 35'
    get registrar@hansalim "/v1/coops/hansalim/postings?limit=2"
    answered 200 '[.items[] | select(.reverses == $r and .forced and .category == "care")] | length == 2' --argjson r "$record"
    refused 409 already-reversed "$(reversal m0006@hansalim "$record" 26 m0006@hansalim)"
    posted "$(reversal m0006@hansalim "$record" 25 m0006@hansalim)"
    refused 409 already-reversed "$(reversal m0006@hansalim "$record" 1 m0006@hansalim)"
    refused 422 unknown-record "$(reversal m0006@hansalim "$INDEX" 25 m0006@hansalim)"
    # Signing for others tells nothing of who paid whom.
    for by in m0006@hansalim halmoni@hansalim m0004@hansalim hansalim; do
        refused 403 not-permitted "$(reversal "$by" "$record" 1 m0001@mapo)"
    done
    # The account's whole story: it is where it was.
    get m0006@hansalim /v1/accounts/m0006@hansalim/hour
    answered 200 '.balance == 0'
}

@test "what an act names may stand just before it in the same batch" {
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    next=$((INDEX + 1))
    {
        payment m0000@hansalim m0002@hansalim 50
        reversal m0002@hansalim "$next" 20 m0002@hansalim
        reversal m0002@hansalim "$next" 31 m0002@hansalim
        request m0000@hansalim m0002@hansalim 7
        answer m0000@hansalim m0002@hansalim 7 $((next + 2))
        answer m0000@hansalim m0002@hansalim 7 $((next + 2))
    } > "$BODY.lines"
    post_lines "$BODY.lines"
    answered 200
    [ "$(jq -c '.receipt.index // .problem.type' "$BODY" | tr '\n' ' ')" = \
        "$next $((next + 1)) \"/problems/already-reversed\" $((next + 2)) $((next + 3)) \"/problems/already-answered\" " ]
    asked=$(request m0000@hansalim m0002@hansalim 8)
    { tr -d '\n' <<< "$asked" && echo && decline m0000@hansalim "$(hash_of "$asked")" m0000@hansalim; } > "$BODY.lines"
    post_lines "$BODY.lines"
    answered 200
    [ "$(jq -c .status "$BODY" | tr '\n' ' ')" = "201 201 " ]
}

@test "a ledger made anew of the records has the same tables" {
    check_rebuild main
}

@test "a reversal that waits does so in a ledger made anew of an export, too" {
    posted "$(payment m0000@hansalim m0002@hansalim 3)"
    post "$(reversal hansalim "$INDEX" 2 treasurer1@hansalim)"
    answered 202
    "$LEDGERD" export "$LEDGERS/open/waits" --data "$LEDGERS/main"
    "$LEDGERD" init --data "$LEDGERS/waits" --from "$LEDGERS/open/waits" --keys "$LEDGERS/main"
    ledger_start waits
    ledger_wait waits
    waiting="SELECT by, jti, payload_hash FROM pending ORDER BY by, jti"
    [ -n "$(ledger_psql main -c "$waiting")" ]
    [ "$(ledger_psql main -c "$waiting")" = "$(ledger_psql waits -c "$waiting")" ]
    ledger_stop waits
}
