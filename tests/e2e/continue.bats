#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Records are lost for good: the stewards go on without them under another origin, and everybody follows, as
# docs/operations.md, section 13, tells people to do. sora and duri are stewards and treasurers, minho is the
# registrar, alice and bob members, eye an auditor of everything.

load ../lib/ledger
load ../lib/client
load ../lib/nothing_lost
load ../lib/loss

setup() {
    ledger_setup
    client_environment
    new_key sora stewards steward sora-s
    new_key duri stewards steward duri-s
    new_key sora hansalim treasurer sora-t
    new_key minho hansalim registrar minho
    new_key alice alice@hansalim member alice
    new_key bob bob@hansalim member bob
    new_key eye '*' auditor eye
    cp "$LEDGERS/sora-s.jwk" "$LEDGERS/steward.jwk"
    ledger_init main --steward "$LEDGERS/duri-s.jwk" --threshold 2
    ledger_start main
    everybody connects
    run as sora open
    [ "$status" -eq 3 ]
    as duri open
    everybody connects
    both unit create hour --name Hour --scale 60 --kind time
    run as sora coop create hansalim --name 한살림 --treasurer sora-t --registrar "$LEDGERS/minho.jwk" --yes
    [ "$status" -eq 3 ]
    run as duri --yes sign
    run as minho --yes sign
    [ "$status" -eq 0 ] || die "$output"
    as sora policy hansalim hour --floor -20 --ceiling 40
    for who in alice bob; do
        run as minho member create "$who@hansalim" --key-file "$LEDGERS/$who.jwk"
        as "$who" --yes sign
    done
    run as sora key add '*' "$LEDGERS/eye.jwk" --role auditor --key sora-s --yes
    run as duri --yes sign
    run as eye --yes sign
    [ "$status" -eq 0 ] || die "$output"
    as alice pay bob@hansalim 1 hour --memo before
    OLD=$(jq -r .ledger_id "$LEDGERS/alice/config/pumasi/default/profile.json")
    PIN="$OLD $(curl -sf "$(ledger_url main)/v1/ledger" | jq -r .vkey)"
}

teardown() {
    ledger_show_logs
    ledger_teardown
}

connects() {
    as "$1" --yes connect "$(ledger_url main)" > "$LEDGERS/connect.log" 2>&1
}

everybody() {
    local who
    for who in sora duri minho alice bob eye; do
        until_ok 60 "$1" "$who" || die "$who: $(cat "$LEDGERS/connect.log")" || return 1
    done
}

both() { # ARGUMENT...: of sora, with duri's signature
    run as sora "$@"
    [ "$status" -eq 3 ] || die "sora $*: $output"
    run as duri --yes sign
    [ "$status" -eq 0 ] || die "duri signs: $output"
}

lose() { # two payments
    keep_old main
    as alice pay bob@hansalim 2 hour --memo 'the lost one'
    as bob pay alice@hansalim 0:30 hour --memo 'lost too'
    as bob statement bob@hansalim hour --from 2020-01-01 --to 2099-12-31 -o "$LEDGERS/before.json"
    put_old_back main
}

go_on() {
    recover main --continue
    [ "$status" -eq 0 ] || die "$output"
    ledger_start main
    until_ok 60 ledger_in_mode main continuing || die "it doesn't ask the stewards"
}

stewards_sign() {
    run as sora --yes open
    [ "$status" -eq 3 ] || die "sora: $output"
    run as duri --yes open
    [ "$status" -eq 0 ] || die "duri: $output"
}

follows() { # PERSON
    as "$1" --yes connect --continue "$(ledger_url main)" > "$LEDGERS/connect.log" 2>&1
}

verified() { # VERDICT
    jq -e '.result != "failed" and ([.checks[] | select(.check == "authority" or .check == "ledger") | .mark] | unique == ["proved"])' <<< "$1" ||
        die "$1"
}

ledger_of() { # PERSON
    jq -r .ledger_id "$LEDGERS/$1/config/pumasi/default/profile.json"
}

@test "the stewards go on without what is lost, members follow and pay, an audit tells what is lost" {
    local new
    lose
    # Nothing is posted until it is decided.
    ledger_start main
    until_ok 60 ledger_in_mode main 'stopped: fork'
    ledger_stop main
    go_on
    [[ $output == *"$FOUND records stay"*"covers $KEPT"*"test.example/main/2"* ]]
    curl -sf "$(ledger_url main)/v1/ledger" > "$LEDGERS/ledger.json"
    jq -e --arg id "$OLD" '.state == "continuing" and .id == $id and (.needs | length == 1) and
        (.act.signatures | length == 1)' "$LEDGERS/ledger.json"
    run as alice pay bob@hansalim 1 hour
    [ "$status" -eq 4 ] || die "$output"
    as alice outbox --json | is_true '.items | length == 1'
    # What it waits for survives a restart, and so does the first signature.
    run as sora --yes open
    [ "$status" -eq 3 ]
    [[ $output == *"$FOUND records"*"$KEPT records"*"at least 2 records"* ]]
    ledger_kill main
    ledger_start main
    until_ok 60 ledger_in_mode main continuing
    run as sora --yes open
    [ "$status" -eq 3 ]
    run as duri --yes open
    [ "$status" -eq 0 ] || die "$output"
    until_ok 10 ledger_in_mode main posting
    curl -sf "$(ledger_url main)/v1/ledger" > "$LEDGERS/ledger.json"
    new=$(jq -r .id "$LEDGERS/ledger.json")
    [[ $new == 'test.example/main/2#'* ]]
    jq -e --arg id "$OLD" --argjson found "$FOUND" '.state == "open" and .origin == "test.example/main/2" and
        .continues.id == $id and .continues.size == $found and (.continues.kept | startswith("test.example/main\n"))' \
        "$LEDGERS/ledger.json"
    [ "$(sed -n 2p <<< "$(curl -sf "$(ledger_url main)/checkpoint")")" -eq $((FOUND + 1)) ]
    [ "$(ledger_of duri)" = "$new" ]
    # Whoever hasn't followed is told, and nothing of theirs is taken.
    run as alice balance
    [ "$status" -ne 4 ]
    run as alice pay bob@hansalim 1 hour
    [ "$status" -eq 5 ] || die "$output"
    [[ $output == *"connect --continue"* ]]
    run as alice --yes connect "$(ledger_url main)"
    [ "$status" -eq 5 ]
    [ "$(ledger_of alice)" = "$OLD" ]
    run as alice --yes connect --continue "$(ledger_url main)"
    [ "$status" -eq 0 ] || die "$output"
    [[ $output == *"lost: record $FOUND, "*"2:00 hour"* ]]
    [ "$(ledger_of alice)" = "$new" ]
    run as alice receipts
    [ "$status" -eq 0 ]
    [[ $output == *LOST* && $output == *good* ]]
    everybody follows
    run as alice outbox --finish # what was begun for the old one is refused, and forgotten
    as alice outbox --json | is_true ".items | length == 0"
    [ "$(as alice balance --json | jq '.items[0].balance')" -eq -60 ]
    as alice pay bob@hansalim 3 hour --memo anew
    [ "$(as bob balance --json | jq '.items[0].balance')" -eq 240 ]
    [ "$(records_of main)" -eq $((FOUND + 2)) ]
    # A newcomer pins the new one, as ever.
    as newcomer --yes connect "$(ledger_url main)"
    # An export goes over the seam, and a rebuild.
    check_rebuild main
    run as eye audit --all --json
    [ "$status" -eq 0 ] || die "$output"
    jq -e --argjson found "$FOUND" --argjson kept "$KEPT" \
        '.clean and (.continued | length == 1) and
        (.continued[0] | .record == $found and .kept == $kept and .lost == 2) and .continued[0].id == .ledger' <<< "$output"
    # A statement goes over the seam too, for who pinned the new id, and for who pinned the old one.
    as bob statement bob@hansalim hour --from 2020-01-01 --to 2099-12-31 -o "$LEDGERS/statement.json"
    verified "$(as bob verify "$LEDGERS/statement.json" --json)"
    verified "$(as nobody verify "$LEDGERS/statement.json" --pin "$PIN" --json)"
    ! as nobody verify "$LEDGERS/statement.json" --pin "${PIN//test.example/test.other}" || die "another pin"
    # One of before proves what it did, and says what is lost.
    run as bob verify "$LEDGERS/before.json"
    [ "$status" -eq 0 ] || die "$output"
    [[ $output == *"from record $FOUND on"* ]]
}

@test "what can be found is taken back, and nothing is given up that needn't be" {
    keep_old main
    recover main --continue
    [ "$status" -eq 1 ]
    ledger_stop main
    recover main --continue # nothing is missing
    [ "$status" -eq 0 ]
    [[ $output == *"No record is missing"* ]]
    ledger_start main
    ledger_wait main
    as alice pay bob@hansalim 2 hour --memo 'both have it'
    as_ledgerd "$LEDGERD" export "$LEDGERS/open/copy" --data "$LEDGERS/main"
    as bob pay alice@hansalim 0:30 hour --memo 'nobody has it'
    put_old_back main
    # Of two lost records a copy has the first; it comes back, and the ledger goes on behind it.
    recover main --continue --from "$LEDGERS/open/copy"
    [ "$status" -eq 0 ]
    [[ $output == *"Verified and stored the first 1 of them"*"$((FOUND + 1)) records stay"* ]]
    # Until the stewards have signed, it can be prepared anew.
    recover main --continue
    [ "$status" -eq 0 ]
    [ "$(ledger_checkpoint main | sed -n 2p)" -eq "$KEPT" ]
    cp "$LEDGERS/main/checkpoint" "$LEDGERS/checkpoint.kept"
    ledger_start main
    until_ok 60 ledger_in_mode main continuing
    stewards_sign
    # It is killed, and what was kept outside is what it was before: the log says that it went on.
    ledger_kill main
    as_ledgerd cp "$LEDGERS/checkpoint.kept" "$LEDGERS/main/checkpoint"
    ledger_start main
    ledger_wait main
    [ "$(sed -n 2p <<< "$(curl -sf "$(ledger_url main)/checkpoint")")" -eq $((FOUND + 2)) ]
    everybody follows
    as alice pay bob@hansalim 1 hour
    [ "$(as bob balance --json | jq '.items[0].balance')" -eq 240 ]
    as_ledgerd "$LEDGERD" export "$LEDGERS/open/whole" --data "$LEDGERS/main"
    # A copy of before all that is put back, and nothing but the copy of what came after is wanted. Who can write
    # to the database alone gets nowhere with saying that it went on once more.
    KEPT=$(records_of main)
    ledger_stop main
    as_ledgerd rm -rf "$LEDGERS/main/pg"
    as_ledgerd cp -a "$LEDGERS/open/main.pg.old" "$LEDGERS/main/pg"
    ledger_start main
    until_ok 60 ledger_in_mode main 'stopped: fork'
    ledger_psql main -c "UPDATE head SET origin = 'test.example/main/3', ledger_id = 'test.example/main/3#x'" \
        -c "INSERT INTO continuations SELECT 3, 'test.example/main/2#x', 'x'"
    ledger_stop main
    ledger_start main
    until_ok 60 ledger_in_mode main 'stopped: fork' || die "it was taken in"
    ledger_psql main -c "UPDATE head SET origin = 'test.example/main', ledger_id = '$OLD'" -c 'DELETE FROM continuations'
    ledger_stop main
    recover main --from "$LEDGERS/open/whole"
    [ "$status" -eq 0 ]
    ledger_start main
    ledger_wait main
    [ "$(records_of main)" -eq "$KEPT" ]
    as alice pay bob@hansalim 1 hour
}
