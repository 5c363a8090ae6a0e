#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Lines between co-ops, payments over them, and what each side sees (docs/protocol.md 4.5 and 4.10). The rules alone:
# tests/unit/test_rules_line.c; which way is taken: tests/unit/test_network.c.

load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost
load ../lib/client

setup_file() {
    ledger_setup
    wire_start main 8
    # Three more co-ops: wonju and haenam without members, jeju with kim.
    for coop in wonju haenam jeju; do
        posted "$(act coop.create stewards "{\"coop\":\"$coop\",\"name\":\"$coop\",\"threshold\":1,
            \"treasurers\":[$("$ACTOR" key "treasurer1@$coop")],\"registrars\":[$("$ACTOR" key "registrar@$coop")]}" \
            steward "treasurer1@$coop" "registrar@$coop")"
    done
    posted "$(act coop.policy jeju '{"coop":"jeju","unit":"hour","floor":-600,"ceiling":600,"registrar_floor":-600,
        "registrar_ceiling":600,"reversal_days":0}' treasurer1@jeju)"
    posted "$(act member.create jeju "{\"member\":\"kim@jeju\",\"kind\":\"person\",\"threshold\":1,
        \"keys\":[$("$ACTOR" key kim@jeju)]}" registrar@jeju kim@jeju)"
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

line() { # COOP PARTNER LIMIT TRANSIT [UNIT]
    # shellcheck disable=SC2046 # one word or two
    act line.set "$1" "{\"coop\":\"$1\",\"partner\":\"$2\",\"unit\":\"${5:-hour}\",\"limit\":$3,\"transit\":$4}" \
        $(treasurers "$1")
}

treasurers() { # COOP
    case $1 in
    hansalim | mapo) echo "treasurer1@$1 treasurer2@$1" ;;
    *) echo "treasurer1@$1" ;;
    esac
}

balance() { # ACCOUNT
    ledger_psql main -c "SELECT balance FROM accounts WHERE account = '$1'"
}

@test "a line is given by treasurers, and blocks what is more" {
    refused 422 line-exhausted "$(payment m0000@hansalim m0001@mapo 5)"
    posted "$(line mapo hansalim 100 false)"
    [ "$(ledger_psql main -c "SELECT most, transit, seq FROM lines WHERE line = 'mapo/hansalim/hour'")" = '100|f|1' ]
    refused 422 unknown-account "$(line mapo nowhere 100 false)"
    refused 422 same-account "$(line mapo mapo 100 false)"
    refused 422 unknown-unit "$(line mapo hansalim 100 false gold)"
    refused 422 line-exhausted "$(payment m0000@hansalim m0001@mapo 101)"
    posted "$(payment m0000@hansalim m0001@mapo 70)"
    [ "$(balance '!pos.mapo@hansalim/hour') $(balance '!pos.hansalim@mapo/hour')" = '70 -70' ]
    refused 422 line-exhausted "$(payment m0002@hansalim m0003@mapo 31)"
    posted "$(payment m0003@mapo m0002@hansalim 20)"
    [ "$(balance '!pos.mapo@hansalim/hour') $(balance '!pos.hansalim@mapo/hour')" = '50 -50' ]
}

@test "a reversal goes back over the line, also after a restart" {
    posted "$(payment m0000@hansalim m0001@mapo 30)"
    record=$INDEX
    ledger_stop main
    ledger_start main
    ledger_wait main
    posted "$(act reversal m0001@mapo "{\"record\":$record,\"amount\":10}" m0001@mapo)"
    [ "$(balance '!pos.mapo@hansalim/hour') $(balance '!pos.hansalim@mapo/hour')" = '70 -70' ]
    refused 422 line-exhausted "$(payment m0000@hansalim m0001@mapo 31)"
    posted "$(line mapo hansalim 60 true)"
    refused 422 line-exhausted "$(payment m0000@hansalim m0001@mapo 1)"
    posted "$(payment m0001@mapo m0000@hansalim 15)"
    posted "$(payment m0000@hansalim m0001@mapo 5)"
}

@test "over co-ops that let others' payments pass, each of whom sees its own part of the way" {
    posted "$(line wonju hansalim 200 true)"
    posted "$(line haenam wonju 200 true)"
    refused 422 line-exhausted "$(payment m0000@hansalim kim@jeju 40)"
    posted "$(line jeju haenam 200 true)"
    refused 422 line-exhausted \
        "$(act transfer m0000@hansalim '{"from":"m0000@hansalim","to":"kim@jeju","unit":"hour","amount":40,"max_hops":2}' m0000@hansalim)"
    posted "$(payment m0000@hansalim kim@jeju '40,"category":"garden"' --text memo=콩)"
    at=$INDEX
    [ "$(ledger_psql main -c "SELECT string_agg(account || ' ' || amount, ', ' ORDER BY account) FROM postings WHERE idx = $at AND account > '!' AND account < 'a'")" = \
        '!pos.haenam@jeju/hour -40, !pos.haenam@wonju/hour 40, !pos.hansalim@wonju/hour -40, !pos.jeju@haenam/hour 40, !pos.wonju@haenam/hour -40, !pos.wonju@hansalim/hour 40' ]
    # who|parts that are shown, and whether texts are
    while IFS='|' read -r who parts texts; do
        get "$who" "/v1/records/$at"
        answered 200 '([.parts[] | fromjson | .account // .book // .part] | join(" ")) == $p and (.texts.memo.text == "콩") == $t' \
            --arg p "$parts" --argjson t "$texts"
    done << 'END'
m0000@hansalim|act m0000@hansalim/hour|true
kim@jeju|act kim@jeju/hour|true
treasurer1@hansalim|act m0000@hansalim/hour !pos.wonju@hansalim/hour hansalim|true
treasurer1@wonju|!pos.hansalim@wonju/hour !pos.haenam@wonju/hour wonju|false
registrar@haenam|!pos.wonju@haenam/hour !pos.jeju@haenam/hour haenam|false
registrar@jeju|act !pos.haenam@jeju/hour kim@jeju/hour jeju|true
END
    for who in treasurer1@mapo m0001@mapo steward m0002@hansalim; do
        get "$who" "/v1/records/$at"
        problem 404 not-found
    done
    # The book of who is in between has the two postings and nothing of whose they are.
    get treasurer1@wonju '/v1/coops/wonju/postings'
    answered 200 '(.items | length == 2) and all(.items[]; .index == $i and .counterparty == null and .memo == null
        and .category == null and .signed_by == null and .value_date == null)' --argjson i "$at"
    get treasurer1@wonju '/v1/coops/wonju/postings?category=garden'
    answered 200 '.items == []'
    get treasurer1@jeju '/v1/coops/jeju/postings?category=garden'
    answered 200 '[.items[].account] == ["!pos.haenam@jeju/hour", "kim@jeju/hour"]'
    get treasurer1@wonju '/v1/coops/wonju/accounts'
    answered 200 '[.items[] | [.account, .balance, .floor, .ceiling, .available]] ==
        [["!pos.haenam@wonju/hour", 40, 0, null, 40], ["!pos.hansalim@wonju/hour", -40, -200, null, 160]]'
    # So have its accounts, one by one, and their statement.
    get treasurer1@wonju '/v1/accounts/!pos.hansalim@wonju/hour'
    answered 200 '. == {"account":"!pos.hansalim@wonju/hour","balance":-40,"floor":-200,"ceiling":null,"available":160,"seq":1}'
    get treasurer1@wonju '/v1/accounts/!pos.hansalim@wonju/hour/postings'
    answered 200 '(.items | length == 1) and .items[0].amount == -40 and .items[0].memo == null and .items[0].signed_by == null'
    get treasurer1@wonju '/v1/accounts/!pos.hansalim@wonju/hour/statement?from=2020-01-01&to=2099-12-31'
    answered 200 '.payload | gsub("-"; "+") | gsub("_"; "/") | . + "=" * ((4 - length % 4) % 4) | @base64d | fromjson
        | .closing.balance == -40 and (.entries | length == 1) and all(.entries[].parts[]; contains("\"act\"") | not)'
    for who in treasurer1@hansalim m0000@hansalim steward; do
        get "$who" '/v1/accounts/!pos.hansalim@wonju/hour'
        problem 404 not-found
    done
    get treasurer1@wonju '/v1/accounts/!pos.nowhere@wonju/hour'
    problem 404 not-found
    # Back the same way, although there is a shorter one by now and nobody lets others pass any more.
    posted "$(line jeju hansalim 500 false)"
    posted "$(line jeju haenam 200 false)"
    posted "$(act reversal kim@jeju "{\"record\":$at,\"amount\":15}" kim@jeju)"
    [ "$(balance '!pos.wonju@haenam/hour') $(balance '!pos.haenam@jeju/hour')" = '-25 -25' ]
}

@test "both offices see the lines between them, and nobody else does" {
    get registrar@hansalim '/v1/coops/hansalim/lines?limit=2'
    answered 200 '[.items[] | [.coop, .partner, .unit, .limit, .transit]] ==
        [["jeju", "hansalim", "hour", 500, false], ["mapo", "hansalim", "hour", 60, true]] and .next != null'
    get registrar@hansalim "/v1/coops/hansalim/lines?limit=2&cursor=$(jq -r .next "$BODY")"
    answered 200 '([.items[].coop] == ["wonju"]) and .next == null'
    index=$(jq '.items[0].index' "$BODY")
    get treasurer1@wonju '/v1/coops/wonju/lines'
    answered 200 '[.items[] | "\(.coop) \(.partner)"] == ["haenam wonju", "wonju hansalim"]'
    get registrar@hansalim "/v1/records/$index"
    answered 200 '[.parts[] | fromjson | .subject // .book // .part] == ["act", "line:wonju/hansalim/hour", "hansalim"]'
    for who in registrar@mapo m0000@hansalim; do
        get "$who" '/v1/coops/hansalim/lines'
        problem 404 not-found
        get "$who" "/v1/records/$index"
        problem 404 not-found
    done
}

# Somebody who is a treasurer of haenam with pumasi.
office_of_haenam() {
    client_environment
    as haenam --yes connect "$URL"
    as haenam key new --holder haenam --role treasurer --out treasurer --no-passphrase
    as haenam key export treasurer > "$BODY.jwk"
    post "$(act key.add haenam "{\"holder\":\"haenam\",\"role\":\"treasurer\",\"key\":$(cat "$BODY.jwk")}" treasurer1@haenam)"
    answered 202
    as haenam --yes sign --all
}

@test "pumasi line set and list, what isn't said staying as it is" {
    office_of_haenam
    as haenam line set haenam jeju hour 10:00 --transit yes > "$BODY.out"
    as haenam line list haenam --json > "$BODY.lines"
    jq -e '[.items[] | [.coop, .partner, .limit, .transit]] == [["haenam", "jeju", 600, true], ["haenam", "wonju", 200, true],
        ["jeju", "haenam", 200, false]]' "$BODY.lines"
    as haenam line set haenam jeju hour 5:00
    as haenam line list | tee "$BODY.out"
    grep -Fxq $'haenam\tjeju\t5:00 hour\tyes' "$BODY.out"
    grep -Fxq $'jeju\thaenam\t3:20 hour\tno' "$BODY.out"
    as haenam line set haenam jeju hour 0 --transit no
    as haenam line list --json | is_true '.items[0] | .partner == "jeju" and .limit == 0 and .transit == false'
    run -2 as haenam line set haenam haenam hour 1
    run -2 as haenam line set haenam jeju hour 1 --transit perhaps
    run -1 as haenam line set haenam nowhere hour 1
}

@test "a ledger made anew of the records has the same lines and positions" {
    check_rebuild main
}
