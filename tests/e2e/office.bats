#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# What stewards, treasurers and registrars do with pumasi, each on a machine of their own: sora and
# duri are stewards and treasurers, minho is the registrar, alice a member.

load ../lib/ledger
load ../lib/client

setup() {
    ledger_setup
    PUMASI=$BUILD/pumasi
    export PUMASI_BATCH=1 TZ=UTC
    unset PUMASI_PROFILE PUMASI_KEY
    new_key sora stewards steward sora-s
    new_key duri stewards steward duri-s
    new_key sora hansalim treasurer sora-t
    new_key duri hansalim treasurer duri-t
    new_key minho hansalim registrar minho
    new_key alice alice@hansalim member alice
    cp "$LEDGERS/sora-s.jwk" "$LEDGERS/steward.jwk"
}

teardown() {
    ledger_teardown
}

# Two stewards' ledger, not opened yet, to which everybody is connected.
begin() {
    local who
    ledger_init main --steward "$LEDGERS/duri-s.jwk" --threshold 2
    ledger_start main
    for who in sora duri minho alice; do
        until_ok 60 connect "$who" || die "$who can't connect"
    done
}

connect() { # PERSON
    as "$1" --yes connect "$(ledger_url main)" > "$LEDGERS/connect.log" 2>&1
}

# A command of the first person, which waits, and then the second one's signature.
both() { # PERSON PERSON ARGUMENT...
    local one=$1 other=$2
    shift 2
    run as "$one" "$@"
    [ "$status" -eq 3 ] || die "$one $*: status $status: $output"
    run as "$other" --yes sign
    [ "$status" -eq 0 ] || die "$other signs: status $status: $output"
}

open_ledger() {
    run as sora open
    [ "$status" -eq 3 ]
    run as duri open
    [ "$status" -eq 0 ]
    as sora open > /dev/null 2>&1
    connect minho
    connect alice
}

found() {
    open_ledger
    both sora duri unit create hour --name Hour --scale 60 --kind time
    run as sora coop create hansalim --name 한살림 --treasurer sora-t \
        --treasurer "$LEDGERS/duri-t.jwk" --threshold 2 --registrar "$LEDGERS/minho.jwk"
    [ "$status" -eq 3 ]
    run as duri --yes sign
    [ "$status" -eq 3 ] # the registrar is missing yet
    run as minho --yes sign
    [ "$status" -eq 0 ]
    both sora duri policy hansalim hour --floor -20:00 --ceiling 40:00 --registrar-floor -30
}

@test "a ledger is opened by all of its stewards, who all pin the same id" {
    begin
    run as alice open
    [ "$status" -eq 1 ]
    [[ $output == *"None of your keys is among the stewards' keys"* ]]
    run as sora open
    [ "$status" -eq 3 ]
    [[ $output == *"$LEDGER_ZONE"* && $output == *"(your key sora-s)"* ]]
    run as sora open
    [ "$status" -eq 3 ]
    [[ $output == *"You have signed this already"* ]]
    run as duri open
    [ "$status" -eq 0 ]
    run as sora open
    [ "$status" -eq 0 ]
    ids=$(jq -r .ledger_id "$LEDGERS"/{sora,duri}/config/pumasi/default/profile.json | sort -u)
    [ "$(wc -l <<< "$ids")" -eq 1 ]
    [ "$ids" = "$(curl -s "$(ledger_url main)/v1/ledger" | jq -r .id)" ]
}

@test "what one treasurer begins, the other sees in plain words and signs" {
    begin
    found
    run as sora policy hansalim hour --ceiling 50
    [ "$status" -eq 3 ]
    run as duri pending
    [[ $output == *$'sign\tlimits of the members of hansalim in hour\t1 treasurer of hansalim\t'* ]]
    run as sora pending
    [[ $output == *$'wait\tlimits of '* ]]
    run as alice pending
    [ "$status" -ne 0 ]
    run as duri sign # nobody to ask, no --yes
    [ "$status" -eq 2 ]
    [[ $output == *"may owe up to 20:00 hour, may hold up to 50:00 hour"* ]]
    run as duri --yes sign
    [ "$status" -eq 0 ]
    # What wasn't named stayed as it was.
    as sora --json coop show > "$LEDGERS/coop.json"
    [ "$(jq -c '.policies[0] | [.floor, .ceiling, .registrar_floor, .reversal_days]' \
        "$LEDGERS/coop.json")" = '[-1200,3000,-1800,30]' ]
    # Whoever began it fetches the receipt.
    run as sora pending
    [[ $output == *"Posted since: limits of the members of hansalim in hour"* ]]
    run as sora pending
    [[ $output == *"Nothing waits."* && $output != *"Posted"* ]]
}

@test "a member's key signs its own admission, and its name reaches it" {
    begin
    found
    run as minho member create alice@hansalim --name '김 앨리스' --key-file "$LEDGERS/alice.jwk"
    [ "$status" -eq 3 ]
    run as alice pending # by a key that isn't registered yet
    [[ $output == $'sign\tnew member alice@hansalim\t1 key of alice@hansalim\t'* ]]
    run as alice --yes sign
    [ "$status" -eq 0 ]
    [[ $output == *'김 앨리스'*'(your key alice)'* ]]
    run as minho member create old@hansalim
    [ "$status" -eq 0 ]
    both sora duri member create fund@hansalim --purse --name 기금
    run as minho member list
    [ "${lines[0]}" = $'alice@hansalim\t김 앨리스\tperson\tactive' ]
    [ "${lines[1]}" = $'fund@hansalim\t기금\tpurse\tactive' ]
    [ "${#lines[@]}" -eq 3 ]
    run as alice member allow yes
    [ "$status" -eq 0 ]
}

@test "limits: the registrar's reach ends where the treasurers' begins" {
    begin
    found
    run as minho member create old@hansalim
    [ "$status" -eq 0 ]
    run as minho limits old@hansalim hour --floor -30:00
    [ "$status" -eq 0 ]
    run as minho limits old@hansalim hour --floor -30:01
    [ "$status" -eq 1 ]
    # A minus that was forgotten.
    run as minho limits old@hansalim hour --floor 5:00
    [[ $output == *'A floor of 5:00 hour is above nothing'*'with a minus: -5:00 hour'* ]]
    run answering n minho limits old@hansalim hour --floor 6:00
    [[ $output == *'Set it all the same?'*'Nothing was done.'* ]]
    run as minho --json balance old@hansalim hour
    [ "$(jq .floor <<< "$output")" = 300 ]
    both sora duri limits old@hansalim hour --floor -99 --ceiling none --reason harvest
    run as minho --json balance old@hansalim hour
    [ "$(jq -c '[.floor, .ceiling]' <<< "$output")" = '[-5940,null]' ]
    run as minho limits old@hansalim hour --floor 2 --ceiling 1
    [ "$status" -eq 2 ]
    run as minho limits odl@hansalim hour --floor -1
    [ "$status" -eq 1 ]
    [[ $output == *'no member "odl@hansalim"'* ]]
    run as minho limits old@hansalim hours --floor -1
    [[ $output == *'no unit "hours". It has: hour.'* ]]
}

@test "keys are added and revoked by those who govern them" {
    begin
    found
    new_key minho hansalim registrar minho2
    run as minho key add hansalim minho2 --role registrar
    [ "$status" -eq 1 ] # no treasurer here
    both sora duri key revoke hansalim "$(as minho --json key show minho | jq -r .kid)" --role registrar
    run as minho --key minho member create old@hansalim
    [ "$status" -eq 1 ]
    run as sora key add hansalim "$LEDGERS/minho2.jwk" --role registrar
    [ "$status" -eq 3 ]
    run as duri --yes sign
    [ "$status" -eq 3 ]
    run as minho --key minho2 --yes sign
    [ "$status" -eq 0 ]
    run as minho --key minho2 member create old@hansalim
    [ "$status" -eq 0 ]
    both sora duri threshold hansalim 1
    run as sora policy hansalim hour --floor -10
    [ "$status" -eq 0 ]
}

@test "an act by file: changed, foreign and unreadable ones are not signed" {
    begin
    found
    run as sora policy hansalim hour --ceiling 50
    [ "$status" -eq 3 ]
    as sora --json pending 2> /dev/null | jq '.items[0]' > "$LEDGERS/act.json"
    payload=$(jq -r .act.payload "$LEDGERS/act.json" | tr _- /+ | base64 -d 2> /dev/null || true)
    swap() { # SED-SCRIPT FILE
        sed "$1" <<< "$payload" | tr -d '\n' | base64 -w 0 | tr /+ _- | tr -d = > "$LEDGERS/payload"
        jq --rawfile p "$LEDGERS/payload" '.act.payload = $p' "$LEDGERS/act.json" > "$2"
    }
    swap 's/"ceiling":3000/"ceiling":9000/' "$LEDGERS/changed.json"
    run as duri --yes sign "$LEDGERS/changed.json"
    [ "$status" -eq 1 ]
    [[ $output == *"may hold up to 150:00 hour"*"signature"* ]]
    swap 's/"aud":"[^"]*"/"aud":"other#x"/' "$LEDGERS/foreign.json"
    run as duri --yes sign "$LEDGERS/foreign.json"
    [ "$status" -eq 1 ]
    [[ $output == *"for another ledger"* ]]
    echo '{"act":{}}' > "$LEDGERS/broken.json"
    run as duri --yes sign "$LEDGERS/broken.json"
    [ "$status" -eq 1 ]
    run as duri --yes sign "$LEDGERS/act.json"
    [ "$status" -eq 0 ]
}
