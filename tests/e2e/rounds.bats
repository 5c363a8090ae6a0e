#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Rounds of clearing (docs/protocol.md 4.16): the clerk, the answers, what pumasi shows, and that nothing is lost. The
# rules alone: tests/unit/test_rules_clearing.c; what a round computes: tests/unit/test_round.c. Six co-ops trade: c1
# clears whatever comes, c5 never, the others want to be asked; a treasurer of haru's uses pumasi.

load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost
load ../lib/client

COOPS='c1 c2 c3 c4 c5 haru'
WEEK=$((7 * 86400))

setup_file() {
    local coop other
    ledger_setup
    client_environment
    wire_start main 4
    as haru key new --holder haru --role treasurer --out till --no-passphrase
    as haru --yes connect "$(ledger_url main)"
    for coop in $COOPS; do
        found "$coop"
        signed "$coop" coop.policy "{\"coop\":\"$coop\",\"unit\":\"hour\",\"floor\":-600000,\"ceiling\":600000,\"registrar_floor\":-600000,\"registrar_ceiling\":600000,\"reversal_days\":30$(wish "$coop")}"
        posted "$(act member.create "$coop" "{\"member\":\"m@$coop\",\"kind\":\"person\",\"keys\":[$("$ACTOR" key "m@$coop")],\"threshold\":1}" \
            "registrar@$coop" "m@$coop")"
    done
    for coop in $COOPS; do
        for other in $COOPS; do
            [ "$coop" = "$other" ] || signed "$coop" line.set \
                "{\"coop\":\"$coop\",\"partner\":\"$other\",\"unit\":\"hour\",\"limit\":100000}"
        done
    done
}

setup() {
    client_environment
    wire_adopt main
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

wish() { # COOP
    case $1 in
    c1) echo ',"clearing":"auto"' ;;
    c5) echo ',"clearing":"never"' ;;
    esac
}

found() { # COOP
    local keys submission
    keys=$("$ACTOR" key "treasurer1@$1")
    [ "$1" != haru ] || keys="$keys,$(as haru key export till)"
    submission=$(act coop.create stewards "{\"coop\":\"$1\",\"name\":\"$1\",\"treasurers\":[$keys],\"threshold\":1,\"registrars\":[$("$ACTOR" key "registrar@$1")]}" \
        steward "treasurer1@$1" "registrar@$1")
    if [ "$1" = haru ]; then
        post "$submission" && answered 202 && as haru --yes sign
    else
        posted "$submission"
    fi
}

signed() { # COOP TYPE MEMBERS
    posted "$(act "$2" "$1" "$3" "treasurer1@$1")"
}

owe() { # DEBTOR CREDITOR AMOUNT
    posted "$(payment "m@$1" "m@$2" "$3")"
}

owes() { # DEBTOR CREDITOR
    ledger_psql main -c "SELECT coalesce((SELECT balance FROM accounts WHERE account = '!pos.$2@$1/hour'), 0)"
}

owes_are() { # "DEBTOR CREDITOR AMOUNT"...
    local each
    for each; do
        # shellcheck disable=SC2086
        set -- $each
        [ "$(owes "$1" "$2")" = "$3" ] && [ "$(owes "$2" "$1")" = "-$3" ] || [ "$3 $(owes "$1" "$2")" = '0 0' ] || return 1
    done
}

propose() { # [SECONDS]
    signed c2 clearing.propose "{\"unit\":\"hour\",\"deadline\":$(($(date +%s) + ${1:-$WEEK}))}"
}

show() { # [COOP]
    get "treasurer1@${1:-c2}" /v1/clearing/hour
    answered 200
}

shown() { # JQ-CONDITION
    show && jq -e "$1" "$BODY" > /dev/null
}

consent() { # COOP
    show "$1"
    signed "$1" clearing.consent "{\"unit\":\"hour\",\"round\":$(jq .round "$BODY"),\"hash\":$(jq .hash "$BODY")}"
}

decline() { # COOP
    show "$1"
    signed "$1" clearing.decline "{\"unit\":\"hour\",\"round\":$(jq .round "$BODY")}"
}

# Of whatever debts the tests before left, nothing can be cleared: each of those who take part owes nothing.
square() {
    local from to n
    for from in $COOPS; do
        for to in $COOPS; do
            n=$(owes "$from" "$to")
            [ "$n" -le 0 ] || owe "$to" "$from" "$n"
        done
    done
}

# c1 → c2 → c3 → haru → c1, with 40 more from c1 to c2; c5's ring with c1 and c2 doesn't count.
ring() {
    square
    owe c1 c2 140
    owe c2 c3 100
    owe c3 haru 100
    owe haru c1 100
    owe c2 c5 30
    owe c5 c1 30
}

@test "a round is posted once all who are asked have consented" {
    refused 422 limit-out-of-bounds "$(act clearing.propose c2 "{\"unit\":\"hour\",\"deadline\":$(($(date +%s) + WEEK))}" treasurer1@c2)"
    ring
    propose
    show c2
    jq -e '.state == "open" and .cleared == 400 and .asked == 3 and .consents == 0 and (.legs | length) == 4
        and .own == {coop: "c2", owes: 130, owed: 140, cleared: 100, owes_after: 30, owed_after: 40}
        and ([.parties[] | "\(.coop) \(.stand)"] | join(",")) == "c1 auto,c2 asked,c3 asked,haru asked"' "$BODY"
    [ "$(jq -r '.legs[] | "\(.debtor) \(.creditor) \(.amount)"' "$BODY" | openssl dgst -sha256 -binary | basenc --base64url | tr -d =)" \
        = "$(jq -r .hash "$BODY")" ]
    consent c2
    consent c3
    [ "$(owes c2 c3)" = 100 ]
    run as haru --json clearing show hour
    [ "$status" -eq 0 ]
    [ "$(jq -r '"\(.consents) \(.own.cleared)"' <<< "$output")" = '2 100' ]
    run as haru --yes clearing consent haru hour
    [ "$status" -eq 0 ] || die "$output"
    [[ $output == *'haru owes the others 1:40 hour now, and 0:00 hour after it'* ]]
    until_ok 20 shown '.state == "posted"'
    owes_are 'c1 c2 40' 'c2 c3 0' 'c3 haru 0' 'haru c1 0' 'c2 c5 30' 'c5 c1 30'
    run as haru clearing show hour
    [[ $output == *'is posted: 6:40 hour was taken off'* ]] || die "$output"
    # With whom it was is said where a position's entries are, and what of them members paid.
    as haru statement '!pos.c1@haru' hour --from 2026-01-01 --to 2099-12-31 -o "$LEDGERS/cleared.json"
    run as haru show "$LEDGERS/cleared.json" --format csv
    [ "$(tr -d '\r' <<< "$output" | cut -d, -f4,6,10 | tail -n 2)" = $',,100\nclearing.post,c1,-100' ] || die "$output"
    run as haru show "$LEDGERS/cleared.json" --format text
    [ "$(grep -c 'payment between members' <<< "$output")" -eq 1 ] || die "$output"
    grep -qE '^.* -1:40 +0:00  c1$' <<< "$output" || die "$output"
    run as haru --json report haru
    jq -e '.units[0].total | .exchanges == 2 and .other_amount == 0 and .coops_records == 1 and .coops_amount == 100' <<< "$output" || die "$output"
    as haru export --book haru --format hledger > "$LEDGERS/haru.journal"
}

@test "who takes no part sees nothing of it" {
    get registrar@mapo /v1/clearing/hour
    problem 404 not-found
    get treasurer1@c5 /v1/clearing/hour
    problem 404 not-found
    get m@c2 /v1/clearing/hour
    problem 404 not-found
    get treasurer1@c2 /v1/clearing/won
    problem 404 not-found
    get registrar@c2 /v1/clearing/hour
    answered 200
}

@test "who declines is left out, and who doesn't answer in time" {
    local began=$SECONDS seconds
    ring
    owe c2 c4 60
    owe c4 c1 60
    propose
    show
    jq -e '.cleared == 520' "$BODY" || die "$(cat "$BODY")"
    consent c2
    decline c3
    until_ok 20 shown '[.parties[] | "\(.coop) \(.stand)"] | join(",") == "c1 auto,c2 asked,c3 declined,c4 asked"'
    jq -e '.cleared == 180' "$BODY"
    consent c2
    consent c4
    until_ok 20 shown '.state == "posted"'
    owes_are 'c2 c4 0' 'c4 c1 0' 'c1 c2 80' 'c2 c3 100'

    owe c1 c2 40
    owe c2 c4 20
    owe c4 c1 20
    # For the next lines, which are few beside those before, and then it is waited for.
    seconds=$((25 + 4 * (SECONDS - began)))
    propose "$seconds"
    consent c2
    consent c3
    consent c4
    shown '.cleared == 460 and .asked == 4 and .consents == 3'
    # haru is silent: what goes without it is left, and of c4 that is the same as before.
    within $((seconds + 240)) shown '[.parties[] | "\(.coop) \(.stand)"] | join(",") == "c1 auto,c2 asked,c4 consented,haru silent"'
    jq -e '.cleared == 60' "$BODY"
    consent c2
    until_ok 20 shown '.state == "posted"'
    owes_are 'c2 c4 0' 'c4 c1 0' 'c1 c2 100' 'c2 c3 100' 'c3 haru 100'
}

@test "a debt that shrinks meanwhile isn't cleared by more than is owed" {
    ring
    propose
    consent c2
    consent c3
    owe c3 c2 25
    owe c1 c2 7
    consent haru
    until_ok 20 shown '.state == "open" and .cleared == 300 and .consents == 0'
    for coop in c2 c3 haru; do
        consent "$coop"
    done
    until_ok 20 shown '.state == "posted"'
    owes_are 'c1 c2 72' 'c2 c3 0' 'c3 haru 25' 'haru c1 25'
}

@test "a ledger that is killed between consents and the posting posts it once" {
    local round
    for round in 1 2 3; do
        ring
        propose
        consent c2
        consent c3
        consent haru
        ledger_kill main
        ledger_start main
        ledger_wait main
        until_ok 30 shown '.state == "posted"'
        owes_are 'c1 c2 40' 'c2 c3 0' 'c3 haru 0' 'haru c1 0'
    done
}

@test "an open round survives a restart, and a ledger made anew of the records has the same" {
    ring
    propose
    consent c2
    show
    cp "$BODY" "$BODY.before"
    check_rebuild main
    ledger_stop main
    ledger_start main
    ledger_wait main
    show
    cmp "$BODY" "$BODY.before"
    consent c3
    consent haru
    until_ok 20 shown '.state == "posted"'
    decline_refused=$(act clearing.decline c3 "{\"unit\":\"hour\",\"round\":$(jq .round "$BODY")}" treasurer1@c3)
    refused 422 unknown-record "$decline_refused"
}

@test "the calendar of the configuration proposes a round on its day, once" {
    local day id
    ring
    ledger_stop main
    day=$(TZ=$LEDGER_ZONE date +%A | tr '[:upper:]' '[:lower:]')
    ledger_start main --rounds "hour weekly $day"
    ledger_wait main
    until_ok 90 shown '.state == "open"'
    id=$(printf 'clearing\0hour\0%d' "$(($(date -ud "$(TZ=$LEDGER_ZONE date +%F)" +%s) / 86400))" | openssl dgst -sha256 -binary | basenc --base64url | tr -d =)
    [ "$(ledger_psql main -c "SELECT idx FROM records WHERE by = 'ledger' AND jti = '$id'")" = "$(jq .round "$BODY")" ]
    decline c2
    until_ok 20 shown '.state == "ended"'
    # The same day's is posted, so there is none again however often the clerk looks.
    refused 409 id-reused "$(act clearing.propose ledger "{\"unit\":\"hour\",\"deadline\":$(($(date +%s) + WEEK))}" steward --jti "$id")" ||
        problem 403 not-permitted
}

@test "an audit of it all is clean" {
    ring
    propose
    consent c2
    consent c3
    consent haru
    until_ok 20 shown '.state == "posted"'
    "$LEDGERD" export "$LEDGERS/open/all" --data "$LEDGERS/main" > "$LEDGERS/export.log" 2>&1 3>&- ||
        die "$(cat "$LEDGERS/export.log")"
    as nobody audit --log "$LEDGERS/open/all" --json > "$LEDGERS/report" || die "$(cat "$LEDGERS/report")"
    jq -e '.clean and ([.checked.acts["clearing.propose", "clearing.consent", "clearing.post"]] | all(. > 0))' \
        "$LEDGERS/report" || die "$(cat "$LEDGERS/report")"
}
