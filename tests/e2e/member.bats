#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# pumasi day by day, on one ledger for all tests: what it prints for people and for programs, whom an office
# records for, and what the ledger's refusals come out as. sora is everything in the office of hansalim and the
# steward; alice and bob are members; old@hansalim has no device.

load ../lib/ledger
load ../lib/client

setup_file() {
    ledger_setup
    client_environment
    client_found Hour '김 앨리스' Bob
}

setup() {
    client_environment
    ledger_adopt main
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

# The same on a terminal of its own.
on_terminal() { # PERSON ARGUMENT...
    local who=$1
    shift
    (unset PUMASI_BATCH && export TERM=xterm XDG_CONFIG_HOME=$LEDGERS/$who/config XDG_STATE_HOME=$LEDGERS/$who/state &&
        script -qec "$(printf '%q ' "$PUMASI" "$@")" /dev/null < /dev/null 3>&-) | tr -d '\r'
}

balance() { # MEMBER: as the office sees it
    as sora -k registrar --json balance "$1" hour | jq .balance
}

@test "every query speaks JSON when asked to, and nothing else on standard output" {
    run as alice pay bob@hansalim 0:30 hour -m '품앗이'
    says 0 'Done: payment'
    run as sora -k treasurer key add hansalim "$LEDGERS/absent.jwk" --role auditor
    [ "$status" -ne 0 ]
    while read -r who command; do
        # shellcheck disable=SC2086
        as "$who" --json $command > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" ||
            die "$who $command: status $?: $(cat "$BATS_TEST_TMPDIR/err")"
        [ "$(jq -s length "$BATS_TEST_TMPDIR/out")" -eq 1 ] || die "$command isn't one JSON text: $(cat "$BATS_TEST_TMPDIR/out")"
        jq -e 'type == "object"' "$BATS_TEST_TMPDIR/out" > /dev/null || die "$command: no object"
    done << 'END'
alice whoami
alice balance
alice balance hour
alice history
alice history hour -n 1
alice pending
alice outbox
alice receipts
alice key list
alice key show
alice key export
alice unit list
alice coop list
alice coop show hansalim
bob history --all
sora member list
sora -k registrar member list hansalim
sora coop show
sora -k registrar balance alice@hansalim hour
sora -k registrar history hour --member alice@hansalim
sora pending
END
    # What changes something answers with the receipt, or with the refusal.
    as alice --json pay bob@hansalim 0:01 hour 2> /dev/null | is_true '.index > 0 and (.proof | length > 0)'
    as alice --json pay bob@hansalim 99 hour 2> /dev/null > "$BATS_TEST_TMPDIR/out" || [ $? -eq 1 ]
    jq -e '.type == "/problems/insufficient-credit"' "$BATS_TEST_TMPDIR/out" > /dev/null
}

@test "an office records for a member without a device, and for nobody who doesn't allow it" {
    local before
    before=$(balance bob@hansalim)
    run as sora -k registrar pay bob@hansalim 1:15 hour -m '밭 갈기' --from old@hansalim --value-date 2026-01-02
    says 0 'Done: payment of 1:15 hour'
    [ "$(balance bob@hansalim)" -eq $((before + 75)) ]
    [ "$(balance old@hansalim)" -eq -75 ]
    run as bob history -n 1
    [[ ${lines[0]} == *$'\t2026-01-02\told@hansalim\t1:15\t'*$'\tregistrar\t\trecorded by the office\t밭 갈기' ]] || die "$output"
    run as sora -k registrar pay bob@hansalim 1 hour --from alice@hansalim
    says 1 "don't allow registrars" || says 1 'allow'
    run as alice member allow yes
    says 0 ''
    run as sora -k registrar pay bob@hansalim 0:01 hour --from alice@hansalim
    says 0 'Done: payment of 0:01 hour'
    run as alice history -n 1
    [[ $output == *$'\tregistrar\t\trecorded by the office\t'* ]]
    run as alice member allow no
    says 0 ''
    run as sora -k registrar pay bob@hansalim 0:01 hour --from alice@hansalim
    [ "$status" -eq 1 ]
    # A purse obeys the treasurer.
    run as sora -k treasurer member create fund@hansalim --purse --name 기금
    says 0 ''
    run as sora -k treasurer pay bob@hansalim 0:10 hour --from fund@hansalim
    says 0 'Done: payment of 0:10 hour'
    run as sora -k registrar pay bob@hansalim 0:10 hour --from fund@hansalim
    [ "$status" -eq 1 ]
}

@test "what the ledger refuses is told in its own words" {
    new_key carol carol@hansalim member carol
    connect carol > /dev/null 2>&1
    as sora -k registrar member create carol@hansalim --key-file "$LEDGERS/carol.jwk" > /dev/null 2>&1 || [ $? -eq 3 ]
    run as carol --yes sign
    says 0 ''
    run as carol pay bob@hansalim 0:05 hour
    says 0 'Done'
    run as sora -k registrar member close carol@hansalim
    says 1 "carol@hansalim can't be closed while a balance isn't zero."
    run as carol key revoke carol@hansalim carol
    says 1 'Fewer keys would be left than must sign.'
    run as carol threshold carol@hansalim 2
    says 1 'carol@hansalim has fewer keys than that.'
    run as sora -k registrar limits carol@hansalim hour --floor -30:01
    says 1 'treasurers must sign'
    run as sora -k registrar member freeze carol@hansalim --reason 'lost telephone'
    says 0 ''
    run as carol pay bob@hansalim 0:05 hour
    says 1 'carol@hansalim is frozen.'
    [[ $output != *"Carol@"* ]]
    run as sora -k treasurer member unfreeze carol@hansalim
    says 0 ''
    run as bob pay carol@hansalim 0:05 hour
    says 0 'Done'
    run as sora -k registrar member close carol@hansalim
    says 0 ''
    run as bob pay carol@hansalim 0:05 hour
    says 1 "The other side can't receive this."
    run as sora -k registrar member create bob@hansalim
    says 1 'bob@hansalim already'
    # Nothing of all that is left to be finished.
    run as carol outbox
    says 0 'Everything is finished.'
}

@test "receipts are evidence: kept, verified again without the ledger, and one that was changed shows" {
    local folder=$LEDGERS/alice/state/pumasi/default/receipts file
    run as alice pay bob@hansalim 0:02 hour -m proof
    says 0 'Done: payment'
    run as alice receipts
    says 0 $'\tgood\tpayment of 0:02 hour to bob@hansalim'
    [[ $output != *BAD* ]]
    [ "$(stat -c %a "$folder")" = 700 ]
    file=$(grep -l proof "$folder"/*.json | tail -n 1)
    [ "$(stat -c %a "$file")" = 600 ]
    cp "$file" "$BATS_TEST_TMPDIR/kept"
    jq '.receipt.header |= sub("\"rules\":1"; "\"rules\":2")' "$BATS_TEST_TMPDIR/kept" > "$file"
    run as alice receipts
    says 5 'BAD'
    says 5 "Receipts that don't verify: 1."
    jq '.receipt.proof |= sub("\n(?<a>[0-9]+)\n"; "\n999999\n")' "$BATS_TEST_TMPDIR/kept" > "$file"
    run as alice receipts
    says 5 'BAD'
    cat "$BATS_TEST_TMPDIR/kept" > "$file"
    run as alice receipts
    says 0 good
}

@test "a key that is damaged or can't be read is no key that there isn't" {
    local keys=$LEDGERS/damaged/config/pumasi/default/keys args
    connect damaged
    run as damaged balance
    [[ $output == *'You have no key in the profile "default" yet.'* ]] || die "$output"
    run as damaged key new --holder bob@hansalim --out bob --no-passphrase
    says 0 ''
    printf '{' > "$keys/bob.json"
    for args in balance requests pending; do
        # shellcheck disable=SC2086
        run as damaged $args
        [[ $status -ne 0 && $output == *"The key $keys/bob.json is left out: "* && $output == *'Put back a copy of the file'* &&
            $output != *'Make one with'* ]] || die "$args: $output"
    done
    run as damaged --key bob balance
    [[ $status -ne 0 && $output == *'The key "bob" can'*'Put back a copy of the file'* ]] || die "$output"
    run as damaged --key rob balance
    [[ $status -ne 0 && $output == *'There is no key "rob"'* ]] || die "$output"
    run as damaged key list
    [[ $output == *"is left out: "* && $output != *'Make one with'* ]] || die "$output"
    # Nor is one that was revoked.
    rm "$keys/bob.json"
    run as damaged key new --holder bob@hansalim --out bob --no-passphrase
    run as damaged key set bob --holder bob@hansalim --revoked
    says 0 ''
    run as damaged balance
    [[ $status -ne 0 && $output != *'Make one with'* && $output == *'"pumasi key list" shows what there is.' ]] || die "$output"
}

@test "profiles are apart: other keys, other ledgers" {
    run as alice --profile second whoami
    [ "$status" -ne 0 ]
    run as alice --profile second key new --holder bob@hansalim --no-passphrase
    says 0 ''
    run as alice --profile second key list
    [[ $output == *bob@hansalim* && $output != *alice@hansalim* ]]
    run as alice key list
    [[ $output != *bob@hansalim* ]]
    ledger_init other
    ledger_start other
    ledger_wait other
    run as alice --profile second --yes connect "$(ledger_url other)"
    [ "$status" -eq 0 ]
    run as alice --profile second --json whoami
    [ "$(jq -r '.profile + " " + .url' <<< "$output")" = "second $(ledger_url other)" ] || die "$output"
    PUMASI_PROFILE=second run as alice key list
    [[ $output == *bob@hansalim* ]]
    run as alice --json whoami
    [ "$(jq -r .ledger_says.state <<< "$output")" = active ]
    run as alice --profile ../up whoami
    [ "$status" -eq 2 ]
    ledger_stop other
}

@test "on a terminal Hangul stands in columns; piped it is plain, a tab between" {
    local line
    as sora -k registrar member list > "$BATS_TEST_TMPDIR/plain"
    grep -qx $'alice@hansalim\t김 앨리스\tperson\tactive' "$BATS_TEST_TMPDIR/plain"
    grep -qx $'old@hansalim\t어르신\tperson\tactive' "$BATS_TEST_TMPDIR/plain"
    [[ $(< "$BATS_TEST_TMPDIR/plain") != *$'\e'* ]]
    on_terminal sora -k registrar member list | sed 's/\x1b\[[0-9;]*m//g' > "$BATS_TEST_TMPDIR/shown"
    grep -q '^Member  *Name  *Kind  *State' "$BATS_TEST_TMPDIR/shown" || die "$(cat "$BATS_TEST_TMPDIR/shown")"
    # The kind begins in the same column of the screen in each line.
    while IFS= read -r line; do
        [[ $line =~ ^(.*)(person|purse|Kind)\  ]] && printf '%s' "${BASH_REMATCH[1]}" | wc -L
    done < "$BATS_TEST_TMPDIR/shown" > "$BATS_TEST_TMPDIR/columns"
    [ "$(wc -l < "$BATS_TEST_TMPDIR/columns")" -ge 4 ]
    [ "$(sort -u "$BATS_TEST_TMPDIR/columns" | wc -l)" -eq 1 ] || die "$(cat "$BATS_TEST_TMPDIR/shown")"
    run on_terminal sora -k registrar member list
    says 0 $'\e[1m'
    run on_terminal sora -k registrar --json member list
    [[ $output != *$'\e'* ]]
    jq -e '.items | length > 2' <<< "$output" > /dev/null
}

@test "exit codes and usage" {
    run as alice
    [ "$status" -eq 0 ] || [ "$status" -eq 2 ]
    run as alice frobnicate
    [ "$status" -eq 2 ]
    run as alice pay
    [ "$status" -eq 2 ]
    run as alice pay bob@hansalim 1 hour --frob
    [ "$status" -eq 2 ]
    run as alice pay bob@hansalim 0 hour
    [ "$status" -eq 2 ] || [ "$status" -eq 1 ]
    run as alice pay bob@hansalim 1 hour -m "$(printf '%0281d' 0)"
    [ "$status" -eq 2 ]
    run as alice pay bob@hansalim 1 hour -m $'two\nlines'
    [ "$status" -eq 2 ]
    run as alice pay alice@hansalim 1 hour
    [ "$status" -eq 1 ] || [ "$status" -eq 2 ]
    for command in '' pay 'key new' 'member create' connect import; do
        # shellcheck disable=SC2086
        run as alice $command --help
        says 0 pumasi
    done
    run as alice --version
    says 0 "$(cat "$BATS_TEST_DIRNAME/../../VERSION")"
    run as nobody balance
    [ "$status" -eq 1 ] || [ "$status" -eq 2 ]
    [ "$(grep -c '^pumasi: ' <<< "$output")" -eq 1 ]
    [ ! -e "$LEDGERS/nobody/state" ]
}
