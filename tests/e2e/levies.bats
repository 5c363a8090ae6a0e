#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# What members pay their co-op, what they leave, settlements between co-ops and the end of one (docs/protocol.md 4.2, 4.5,
# 4.11, 4.12), over HTTP, and that a ledger made anew of the records has the same. The rules alone:
# tests/unit/test_rules_levy.c.

load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost

setup_file() {
    ledger_setup
    wire_start main 8
    posted "$(act member.create hansalim '{"member":"fund@hansalim","kind":"purse","keys":[],"threshold":0}' \
        treasurer1@hansalim treasurer2@hansalim)"
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

policy() { # COOP MORE
    act coop.policy "$1" "{\"coop\":\"$1\",\"unit\":\"hour\",\"floor\":-6000,\"ceiling\":null,
        \"registrar_floor\":-6000,\"registrar_ceiling\":null,\"reversal_days\":30$2}" \
        "treasurer1@$1" "treasurer2@$1"
}

@test "a policy says what members pay and whether the co-op clears, and who may know reads it" {
    posted "$(policy hansalim ',"clearing":"auto","levy_per_mille":25,"levy_monthly":60,"levy_purse":"fund@hansalim"')"
    for who in treasurer1@hansalim registrar@hansalim; do
        get "$who" /v1/coops/hansalim
        answered 200 '[.policies[] | select(.unit == "hour")][0] | .clearing == "auto" and .levy_per_mille == 25
            and .levy_monthly == 60 and .levy_purse == "fund@hansalim" and .reversal_days == 30'
    done
    get m0000@hansalim /v1/members/m0000@hansalim
    answered 200 '[.limits[] | select(.unit == "hour")][0] | .levy_per_mille == 25 and .levy_monthly == 60
        and .levy_purse == "fund@hansalim" and .floor == -6000 and (has("clearing") | not)'
    get m0002@hansalim /v1/members/m0000@hansalim
    answered 200 'has("limits") | not'
    # It replaces the one before, and what isn't said any more is no longer so.
    posted "$(policy mapo ',"clearing":"never"')"
    get treasurer1@mapo /v1/coops/mapo
    answered 200 '[.policies[] | select(.unit == "hour")][0] | .clearing == "never" and (has("levy_purse") | not)'
    posted "$(policy mapo '')"
    get treasurer1@mapo /v1/coops/mapo
    answered 200 '[.policies[] | select(.unit == "hour")][0] | (has("clearing") or has("levy_per_mille")) | not'
    get m0001@mapo /v1/members/m0001@mapo
    answered 200 '[.limits[] | select(.unit == "hour")][0] | has("levy_per_mille") | not'
    refused 422 unknown-account "$(policy mapo ',"levy_per_mille":5,"levy_purse":"nobody@mapo"')"
    refused 400 malformed "$(policy mapo ',"levy_per_mille":5,"levy_purse":"fund@hansalim"')"
}

balance() { # ACCOUNT
    ledger_psql main -c "SELECT coalesce(max(balance), 0) FROM accounts WHERE account = '$1'"
}

restarted() {
    ledger_stop main
    ledger_start main
    ledger_wait main
}

@test "a payer signs what levy it agrees to, it goes into the purse, and comes back with a reversal" {
    pay() { # AMOUNT MORE
        act transfer m0000@hansalim "{\"from\":\"m0000@hansalim\",\"to\":\"m0002@hansalim\",\"unit\":\"hour\",\"amount\":$1$2}" m0000@hansalim
    }
    posted "$(policy hansalim ',"levy_per_mille":25,"levy_purse":"fund@hansalim"')"
    refused 422 limit-out-of-bounds "$(pay 100 '')"
    refused 422 limit-out-of-bounds "$(pay 100 ',"levy_max":1')"
    posted "$(pay 100 ',"levy_max":2')"
    paid=$INDEX
    get m0000@hansalim "/v1/accounts/m0000@hansalim/hour/postings?limit=1"
    answered 200 '.items[0] | .amount == -102 and .levy == 2 and .counterparty == "m0002@hansalim"'
    get m0002@hansalim "/v1/accounts/m0002@hansalim/hour/postings?limit=1"
    answered 200 '.items[0] | .amount == 100 and (has("levy") | not) and .counterparty == "m0000@hansalim"'
    get treasurer1@hansalim "/v1/accounts/fund@hansalim/hour/postings?limit=1"
    answered 200 '.items[0] | .amount == 2 and .counterparty == "m0000@hansalim"'
    [ "$(balance fund@hansalim/hour)" -eq 2 ]
    posted "$(act reversal m0002@hansalim "{\"record\":$paid,\"amount\":60}" m0002@hansalim)"
    [ "$(balance fund@hansalim/hour)" -eq 1 ]
    restarted # the levy is read again from the record
    posted "$(act reversal m0002@hansalim "{\"record\":$paid,\"amount\":40}" m0002@hansalim)"
    get m0000@hansalim "/v1/accounts/m0000@hansalim/hour/postings?limit=1"
    answered 200 '.items[0] | .amount == 41'
    [ "$(balance fund@hansalim/hour)" -eq 0 ]
}

@test "the clerk takes the monthly levy of those who can pay it, once" {
    # An account each, of which one has next to no credit.
    posted "$(policy hansalim '')"
    posted "$(payment m0004@hansalim m0002@hansalim 50)"
    posted "$(payment m0002@hansalim m0000@hansalim 1)"
    posted "$(act account.limits hansalim '{"member":"m0004@hansalim","unit":"hour","floor":-60,"ceiling":null}' \
        treasurer1@hansalim treasurer2@hansalim)"
    first=$(balance m0000@hansalim/hour) before=$(balance m0002@hansalim/hour) # from when the policy says so, the clerk may look
    posted "$(policy hansalim ',"levy_monthly":30,"levy_purse":"fund@hansalim"')"
    restarted # it looks at once
    taken() { # of both, as one can be posted before the other
        [ "$(balance m0000@hansalim/hour)" -eq $((first - 30)) ] && [ "$(balance m0002@hansalim/hour)" -eq $((before - 30)) ]
    }
    until_ok 60 taken
    get m0002@hansalim "/v1/accounts/m0002@hansalim/hour/postings?limit=1"
    answered 200 '.items[0] | .amount == -30 and .signed_by == "ledger" and .counterparty == null'
    month=$(TZ=$LEDGER_ZONE date +%Y-%m)
    levied() { # how many were taken this month, and of how many members
        ledger_psql main -c "SELECT count(*), count(DISTINCT substring(parts from '\"account\":\"(m[^\"]*)')) FROM records
            WHERE by = 'ledger' AND parts NOT LIKE '%snapshot:%'"
    }
    all=$(levied)
    [ "${all%|*}" -ge 2 ]
    [ "${all%|*}" -eq "${all#*|}" ]
    [ "$(balance m0004@hansalim/hour)" -eq -50 ] # its credit doesn't suffice
    get treasurer1@hansalim "/v1/accounts/fund@hansalim/hour/postings?limit=1"
    answered 200 '.items[0] | .amount == 30 and (.counterparty | startswith("m00"))'
    # Now it does; and nobody pays twice, nor for another month by another id.
    posted "$(payment m0002@hansalim m0004@hansalim 50)"
    # Whatever else the clerk can't do at that time.
    ledger_psql main -c 'ALTER TABLE snapshot_nodes RENAME TO away'
    restarted
    levied_too() { [ "$(balance m0004@hansalim/hour)" -eq -30 ]; }
    until_ok 60 levied_too
    # It may have taken that one before it was restarted.
    until_ok 60 grep -q "a snapshot's paths can't be stored" "$LEDGERS/main.log" || die 'nothing went wrong'
    ledger_psql main -c 'ALTER TABLE away RENAME TO snapshot_nodes'
    [ "$(levied)" = "$((${all%|*} + 1))|$((${all#*|} + 1))" ]
    [ -n "$month" ]
}

@test "what a member leaves waits for 30 days of a freeze" {
    estate() {
        act estate hansalim '{"member":"m0006@hansalim","unit":"hour","purse":"fund@hansalim"}' "$@"
    }
    refused 403 not-permitted "$(estate treasurer1@hansalim treasurer2@hansalim)"
    posted "$(member_act member.freeze hansalim m0006@hansalim registrar@hansalim)"
    refused 422 not-yet-valid "$(estate treasurer1@hansalim treasurer2@hansalim)"
    refused 403 not-permitted "$(estate registrar@hansalim)"
    # Since when it is frozen is as the log has it, also of a ledger of before.
    [ "$(ledger_psql main -c "SELECT frozen_ms = (SELECT round(extract(epoch FROM split_part(r.header, '\"', 8)::timestamptz) * 1000)
        FROM records r WHERE r.idx = h.record) FROM holders h WHERE holder = 'm0006@hansalim'")" = t ]
}

@test "two co-ops settle under both sides' signatures; one that is quits with all can close" {
    settle() { # FROM TO AMOUNT SIGNER...
        act settlement "$1" "{\"from\":\"$1\",\"to\":\"$2\",\"unit\":\"hour\",\"amount\":$3,\"means\":\"money\",
            \"date\":\"2026-11-01\"}" "${@:4}"
    }
    both=(treasurer1@hansalim treasurer2@hansalim treasurer1@mapo treasurer2@mapo)
    posted "$(policy hansalim '')"
    posted "$(act line.set mapo '{"coop":"mapo","partner":"hansalim","unit":"hour","limit":500}' \
        treasurer1@mapo treasurer2@mapo)"
    posted "$(payment m0000@hansalim m0001@mapo 90)"
    get treasurer1@hansalim /v1/settlement/hour
    answered 200 '. == {"unit":"hour","coops":2,"payments":1,"items":[{"from":"hansalim","to":"mapo","amount":90}]}'
    get m0000@hansalim /v1/settlement/hour
    problem 404 not-found
    get treasurer1@hansalim /v1/settlement/pear
    problem 404 not-found
    refused 422 limit-out-of-bounds "$(act coop.close mapo '{"coop":"mapo"}' treasurer1@mapo treasurer2@mapo)"
    post "$(settle hansalim mapo 60 treasurer1@hansalim treasurer2@hansalim)"
    answered 202 '[.needs[] | [.holder, .of]] == [["mapo", 2]]'
    settled=$(act settlement hansalim '{"from":"hansalim","to":"mapo","unit":"hour","amount":60,"means":"goods",
        "date":"2026-11-01"}' "${both[@]}" --text 'reference=쌀 스무 가마')
    posted "$settled"
    get registrar@mapo "/v1/records/$INDEX"
    answered 200 '.texts.reference.text == "쌀 스무 가마" and ([.parts[] | select(. != null) | fromjson
        | select(.part == "posting") | [.account, .amount]] == [["!pos.hansalim@mapo/hour", 60], ["!outside@mapo/hour", -60]])'
    refused 422 same-account "$(settle mapo mapo 1 treasurer1@mapo treasurer2@mapo)"
    refused 422 unknown-account "$(settle mapo nobody 1 treasurer1@mapo treasurer2@mapo)"
    posted "$(settle mapo hansalim 10 "${both[@]}")" # the other way round
    posted "$(settle hansalim mapo 40 "${both[@]}")"
    get treasurer1@hansalim /v1/settlement/hour
    answered 200 '.items == [] and .coops == 0'
    posted "$(act coop.close mapo '{"coop":"mapo"}' treasurer1@mapo treasurer2@mapo)"
    get m0001@mapo /v1/coops/mapo
    answered 200 '.state == "closed"'
    refused 422 payee-cannot-receive "$(payment m0000@hansalim m0001@mapo 1)"
    refused 422 closed "$(payment m0001@mapo m0003@mapo 1)"
    refused 422 closed "$(policy mapo '')"
}

@test "statements of all this verify, and say what they can't show of amounts" {
    verified() { # WHO ACCOUNT REASONS: of what is open
        get "$1" "/v1/accounts/$2/statement?from=2020-01-01&to=2099-12-31"
        run pumasi verify "$BODY" --pin "$ID $VKEY" --json
        [ "$status" -eq 0 ] || die "$2: $output"
        [ "$(jq -r '[.findings[] | select(.check == "amounts") | .reason] | unique | join(" ")' <<< "$output")" = "$3" ] ||
            die "$2: $output"
        [ "$(jq -r '.checks[] | select(.check == "authority") | .mark' <<< "$output")" = "${4:-proved}" ] || die "$2: $output"
    }
    verified m0000@hansalim m0000@hansalim/hour levy-elsewhere
    verified m0002@hansalim m0002@hansalim/hour levy-elsewhere
    verified treasurer1@hansalim fund@hansalim/hour levy-elsewhere
    verified m0001@mapo m0001@mapo/hour ''
    verified treasurer1@hansalim '!pos.mapo@hansalim/hour' act-withheld not-shown
    verified treasurer1@hansalim '!outside@hansalim/hour' ''
}

@test "a ledger made anew of the records has the same tables" {
    check_rebuild main
    # A ledgerd that starts again knows what it knew.
    ledger_stop main
    ledger_start main
    ledger_wait main
    get m0000@hansalim /v1/members/m0000@hansalim
    answered 200 '[.limits[] | select(.unit == "hour")][0].floor == -6000'
    refused 422 not-yet-valid "$(act estate hansalim \
        '{"member":"m0006@hansalim","unit":"hour","purse":"fund@hansalim"}' treasurer1@hansalim treasurer2@hansalim)"
}
