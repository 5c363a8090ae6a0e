#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Levies, settlements, estates and the end of a co-op with pumasi, each person on a machine of their own: sora is the
# steward and the treasurer of hansalim, duri the treasurer of mapo, minho the registrar of hansalim, alice a member.

load ../lib/ledger
load ../lib/client
load ../lib/accountant

setup() {
    ledger_setup
    PUMASI=$BUILD/pumasi
    export PUMASI_BATCH=1 TZ=UTC
    unset PUMASI_PROFILE PUMASI_KEY
    new_key sora stewards steward sora-s
    new_key sora hansalim treasurer sora-t
    new_key duri mapo treasurer duri-t
    new_key minho hansalim registrar minho
    new_key alice alice@hansalim member alice
    new_key bora bora@mapo member bora
    new_key duri mapo registrar duri-r
    cp "$LEDGERS/sora-s.jwk" "$LEDGERS/steward.jwk"
}

teardown() {
    ledger_teardown
}

# What a co-op's office exports of its book is what the tables have, in each format.
exported() { # PERSON COOP
    local export=("$1" export --book "$2" --names) at=$LEDGERS/$2
    table_balances main "p.account LIKE '%@$2/%'" > "$at.expected"
    done_by "${export[@]}" -o "$at.csv"
    csv_balances "$at.csv" > "$at.seen"
    same_balances "$at.expected" "$at.seen"
    done_by "${export[@]}" --format hledger -o "$at.journal"
    hledger_checks "$at.journal"
    hledger_balances "$at.journal" > "$at.seen"
    same_balances "$at.expected" "$at.seen"
    done_by "${export[@]}" --format beancount -o "$at.beancount"
    beancount_checks "$at.beancount"
    beancount_balances "$at.beancount" > "$at.seen"
    same_balances "$at.expected" "$at.seen"
}

# Of the report: exchanges, what purses had, and what went between co-ops, each how often and how much.
counted() { # PERSON COOP EXPECTED
    done_by "$1" --json report "$2"
    [ "$(jq -c '.units[0].total | [.exchanges, .amount, .other_transfers, .other_amount, .coops_records, .coops_amount]' \
        <<< "$output")" = "$3" ] || die "$2: $output"
}

done_by() { # PERSON ARGUMENT...
    run as "$@"
    [ "$status" -eq 0 ] || die "$*: status $status: $output"
}

connect() { # PERSON
    as "$1" --yes connect "$(ledger_url main)" > "$LEDGERS/connect.log" 2>&1
}

found() {
    local who
    ledger_init main
    ledger_start main
    until_ok 60 connect sora || die "sora can't connect"
    done_by sora open
    for who in duri minho alice bora; do
        until_ok 60 connect "$who" || die "$who can't connect"
    done
    done_by sora unit create hour --name Hour --scale 60 --kind time
    run as sora coop create hansalim --name 한살림 --treasurer sora-t --registrar "$LEDGERS/minho.jwk"
    done_by minho --yes sign
    run as sora coop create mapo --name 마포 --treasurer "$LEDGERS/duri-t.jwk" --registrar "$LEDGERS/duri-r.jwk"
    done_by duri --yes sign
    done_by sora member create fund@hansalim --purse
    done_by sora policy hansalim hour --floor -20:00 --ceiling 40:00
    done_by duri policy mapo hour --floor -20:00 --ceiling 40:00
    run as minho member create alice@hansalim --key-file "$LEDGERS/alice.jwk"
    done_by alice --yes sign
    run as duri member create bora@mapo --key-file "$LEDGERS/bora.jwk"
    done_by bora --yes sign
    done_by duri line set mapo hansalim hour 10:00
}

@test "a payer is told the levy before it signs; two treasurers settle; who is quits can close" {
    found
    run as sora policy hansalim hour --levy-per-mille 50
    [ "$status" -eq 2 ]
    [[ $output == *"--levy-purse"* ]]
    run as sora policy hansalim hour --clearing sometimes
    [ "$status" -eq 2 ]
    done_by sora policy hansalim hour --levy-per-mille 50 --levy-purse fund@hansalim --clearing auto
    done_by sora coop show
    [[ $output == *"50 per mille of each payment, into fund@hansalim"* ]]
    grep -qE 'takes part in clearing +always' <<< "$output" || die "$output"
    done_by alice pay bora@mapo 2:00 hour
    [[ $output == *"hansalim takes a levy of 0:06 hour on this, into fund@hansalim: 2:06 hour in all."* ]]
    [[ $output == *"It went straight from hansalim to mapo."* ]]
    done_by alice --json balance
    [ "$(jq -r '[.. | .balance? | numbers][0]' <<< "$output")" -eq -126 ]
    # What isn't named stays as it is, and 0 ends it.
    done_by sora policy hansalim hour --ceiling 50
    done_by sora --json coop show
    [ "$(jq -c '.policies[0] | [.levy_per_mille, .levy_purse, .clearing]' <<< "$output")" = '[50,"fund@hansalim","auto"]' ]
    done_by sora policy hansalim hour --levy-per-mille 0 --levy-purse none
    done_by sora --json coop show
    [ "$(jq -c '.policies[0] | [.levy_per_mille, .levy_purse]' <<< "$output")" = '[null,null]' ]

    done_by sora settle --plan hour
    [[ $output == *hansalim*mapo*2:00* ]]
    run as sora settle hansalim mapo 2:00 hour
    [ "$status" -eq 2 ]
    [[ $output == *"--means"* ]]
    run as sora settle hansalim hansalim 2:00 hour --means money
    [ "$status" -eq 2 ]
    # A day that hasn't come is refused before anybody is asked to sign.
    run as sora settle hansalim mapo 2:00 hour --means money --date 2199-01-01
    [ "$status" -eq 2 ]
    [[ $output == *"its day can't lie in the future."* ]]
    run as duri pending
    [[ $output == *"Nothing waits."* ]] || die "$output"
    run as duri coop close mapo
    [ "$status" -eq 1 ]
    [[ $output == *"mapo can't be closed while it owes another co-op or is owed by one."* ]]
    run as sora settle hansalim mapo 2:00 hour --means money --reference '계좌 이체 4711'
    [ "$status" -eq 3 ]
    run as duri sign # nobody to ask
    [[ $output == *"settlement of 2:00 hour that hansalim gave mapo"*money*"계좌 이체 4711"* ]]
    done_by duri --yes sign
    exported sora hansalim
    exported duri mapo
    csv_cells "$LEDGERS/mapo.csv" | grep -q $'\x1f!outside@mapo\x1fhansalim\x1fhour\x1f' || die "$(cat "$LEDGERS/mapo.csv")"
    csv_cells "$LEDGERS/hansalim.csv" | grep -q $'\x1f!pos.mapo@hansalim\x1fmapo\x1fhour\x1f' || die "$(cat "$LEDGERS/hansalim.csv")"
    counted sora hansalim '[1,120,0,6,1,120]'
    counted duri mapo '[1,120,0,0,1,120]'
    # Both sides' statements show it, who signed it among it; what a member paid isn't theirs to show.
    local who account
    for who in "sora !pos.mapo@hansalim 2 -120" "sora !outside@hansalim 1 120" "duri !pos.hansalim@mapo 2 120" \
        "duri !outside@mapo 1 -120"; do
        read -r who account entries amount <<< "$who"
        done_by "$who" statement "$account" hour --from 2026-01-01 --to 2099-12-31 -o "$LEDGERS/settled.json"
        done_by "$who" verify "$LEDGERS/settled.json"
        # So whether that amount is the one that was signed, a position's can't.
        if [[ $account == '!outside'* ]]; then
            [[ $output == *"Each amount is the one that was signed."* && $output != *"Who signed:"* ]] || die "$output"
        else
            [[ $output != *"Each amount is"* && $output != *"proves itself"* && $output == *"Who signed:"* &&
                $output == *"Whether an amount is the one that was signed:"* ]] || die "$output"
        fi
        done_by "$who" --json show "$LEDGERS/settled.json"
        jq -e --argjson n "$entries" --argjson amount "$amount" '(.entries | length) == $n and (.entries[-1] |
            .amount == $amount and .memo == "계좌 이체 4711" and .signed_by == "treasurers") and
            all(.entries[:-1][]; .memo == null or .memo == "")' <<< "$output" || die "$account: $output"
    done
    # What members paid each other is said to be that, and not a question mark.
    done_by sora statement '!pos.mapo@hansalim' hour --from 2026-01-01 --to 2099-12-31 -o "$LEDGERS/paid.json"
    local format
    for format in text html; do
        done_by sora show "$LEDGERS/paid.json" --format "$format"
        [ "$(grep -o 'payment between members' <<< "$output" | wc -l)" -eq 1 ] || die "$format: $output"
    done
    run as sora statement '!nothing' hour --from 2026-01-01 --to 2026-12-31
    [ "$status" -eq 2 ]
    [[ $output == *"none of a co-op's own accounts"* ]]
    run as sora book hansalim hour
    [[ $output == *$'!outside@hansalim/hour\t\t2:00\t-\t-\t-\t'* ]]
    run as sora member estate alice@hansalim hour fund@hansalim
    [ "$status" -eq 1 ]
    [[ $output == *"alice@hansalim isn't frozen."* ]]
    done_by duri coop close mapo --reason 끝
    done_by sora coop list
    [[ $output == *mapo*closed* ]]
    run as alice pay bora@mapo 1:00 hour
    [ "$status" -eq 1 ]
}

@test "a payer is told over how many co-ops its payment went, with a levy and without" {
    found
    new_key gaon clinic treasurer gaon-t
    new_key gaon clinic registrar gaon-r
    new_key dami dami@clinic member dami
    until_ok 60 connect gaon && until_ok 60 connect dami
    run as sora coop create clinic --name 의료 --treasurer "$LEDGERS/gaon-t.jwk" --registrar "$LEDGERS/gaon-r.jwk"
    done_by gaon --yes sign
    done_by gaon policy clinic hour --floor -20:00 --ceiling 40:00
    run as gaon member create dami@clinic --key-file "$LEDGERS/dami.jwk"
    done_by dami --yes sign
    done_by duri line set mapo hansalim hour 10:00 --transit yes
    done_by gaon line set clinic mapo hour 10:00 --transit yes
    done_by alice pay dami@clinic 1:00 hour
    [[ $output == *"It went from hansalim to clinic over 1 co-op in between."* ]]
    done_by sora policy hansalim hour --levy-per-mille 50 --levy-purse fund@hansalim
    done_by alice pay dami@clinic 2:00 hour
    [[ $output == *"a levy of 0:06 hour"*"It went from hansalim to clinic over 1 co-op in between."* ]]
    # Nothing of it within a co-op.
    run as minho member create nari@hansalim
    done_by alice pay nari@hansalim 0:10 hour
    [[ $output == *Done:* && $output != *"It went"* ]]
    # The other way round, where payments passed as well.
    run as duri settle mapo hansalim 0:30 hour --means hours
    [ "$status" -eq 3 ]
    done_by sora --yes sign
    exported sora hansalim
    exported duri mapo
    exported gaon clinic
    csv_cells "$LEDGERS/mapo.csv" | grep -q $'\x1f!pos.hansalim@mapo\x1fhansalim\x1fhour\x1f' || die "$(cat "$LEDGERS/mapo.csv")"
    csv_cells "$LEDGERS/hansalim.csv" | grep -q $'\x1f!outside@hansalim\x1fmapo\x1fhour\x1f' || die "$(cat "$LEDGERS/hansalim.csv")"
    counted sora hansalim '[3,190,0,6,1,30]'
    counted duri mapo '[0,0,0,0,3,210]'
    counted gaon clinic '[2,180,0,0,0,0]'
    # Programs get the receipt, whose header has as many parts.
    done_by alice --json pay dami@clinic 0:20 hour
    [[ $output != *"It went"* ]]
    as alice --json receipts > "$LEDGERS/receipts" # they verify
    [ "$(cat "$LEDGERS"/alice/state/pumasi/default/receipts/*.json | jq -cs 'map(select(.type == "transfer") | .receipt.header | fromjson | .parts | length) | sort')" = '[4,10,11,11]' ]
}
