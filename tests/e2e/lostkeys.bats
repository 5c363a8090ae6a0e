#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Lost keys: what docs/operations.md, section 10, tells people to do, command by command.

load ../lib/ledger
load ../lib/import
load ../lib/nothing_lost

setup_file() {
    import_setup
    import_key alice@kenya member phone
    import_key alice@kenya member tablet
    import_key bob@kenya member bob
    pumasi member create alice@kenya --key-file phone
    pumasi member create bob@kenya --key-file bob
    pumasi key add alice@kenya tablet -k phone -k tablet
    pumasi limits alice@kenya sarafu --floor -100 --ceiling none --key r
    pumasi limits bob@kenya sarafu --floor -100 --ceiling none --key r
    pumasi pay bob@kenya 1 sarafu --key phone
    export XDG_CONFIG_HOME XDG_STATE_HOME PUMASI_BATCH
}

setup() {
    ledger_adopt main
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

kid_of() { # NAME
    pumasi key show "$1" --json | jq -r .kid
}

refused_to() { # COMMAND...
    run "$@"
    [ "$status" -ne 0 ] || die "that should have been refused: $*"
}

@test "a member's phone is lost, and another key is there" {
    pumasi member freeze alice@kenya --reason 'phone lost' --key r
    refused_to pumasi pay alice@kenya 1 sarafu --key bob
    [[ $output == *frozen* ]] || die "$output"
    pumasi key revoke alice@kenya "$(kid_of phone)" --key tablet
    # A registrar can't lift it, the treasurers can.
    refused_to pumasi member unfreeze alice@kenya --key r
    pumasi member unfreeze alice@kenya --key t
    refused_to pumasi member allow yes --key phone
    # With all keys lost, what stands on the account can be moved only where the member allowed it.
    refused_to pumasi pay bob@kenya 1 sarafu --from alice@kenya --key r
    pumasi member allow yes --key tablet
    pumasi pay bob@kenya 1 sarafu --from alice@kenya --key r
    pumasi whoami --key tablet | grep -qF -- "$(kid_of tablet)"
}

@test "a key that isn't registered yet, or was revoked, is said to be the trouble, and left out" {
    import_key carol@kenya member carol
    import_key carol@kenya member carol2
    pumasi member create carol@kenya --key-file carol --key r --key carol
    # Two keys that could sign: both do, and the ledger doesn't know one of them.
    run pumasi member allow yes --key carol2
    [ "$status" -eq 1 ]
    [[ $output == *'your key carol2, or not yet'*'pumasi key export carol2'* ]] || die "$output"
    run pumasi balance --key carol2
    [ "$status" -eq 1 ]
    [[ $output == *'your key carol2, or not yet'* ]] || die "$output"
    run pumasi threshold carol@kenya 1
    [ "$status" -eq 1 ]
    [[ $output == *'your key carol2, or not yet'*'signed with your keys carol, carol2; --key names'* ]] || die "$output"
    pumasi key add carol@kenya carol2
    pumasi threshold carol@kenya 1
    # Both are in force, and either shows what is hers; with others' keys beside them it isn't clear whose.
    run pumasi balance
    [ "$status" -eq 1 ]
    [[ $output == *'Choose one with --key'* ]] || die "$output"
    pumasi -p hers --yes connect "$(ledger_url main)" > /dev/null
    mkdir -p "$XDG_CONFIG_HOME/pumasi/hers/keys"
    cp "$XDG_CONFIG_HOME"/pumasi/default/keys/carol*.json "$XDG_CONFIG_HOME/pumasi/hers/keys"
    pumasi -p hers balance
    # Revoked from elsewhere: whose file isn't marked spoils what both sign, until it is.
    pumasi key revoke carol@kenya "$(kid_of carol)" --key carol2
    [ "$(pumasi key show carol --json | jq .revoked)" = true ]
    pumasi threshold carol@kenya 1
    run pumasi balance --key carol
    [ "$status" -eq 1 ]
    [[ $output == *'your key carol was revoked'*'pumasi key set carol --revoked'* ]] || die "$output"
    pumasi key set carol --holder carol@kenya
    [ "$(pumasi key show carol --json | jq .revoked)" = false ]
    run pumasi threshold carol@kenya 1
    [ "$status" -eq 1 ]
    [[ $output == *'signed with your keys carol, carol2; --key names'* ]] || die "$output"
    pumasi key set carol --revoked
    pumasi threshold carol@kenya 1
    pumasi key list | grep -P '^carol\t' | grep -qF 'member, revoked'
}

@test "a treasurer's and a steward's key are changed" {
    import_key kenya treasurer t2
    pumasi key add kenya t2 --role treasurer -k t -k t2
    pumasi key revoke kenya "$(kid_of t)" --role treasurer --key t2
    import_key stewards steward s2
    pumasi key add stewards s2 --role steward -k s -k s2
    # The last of them stays: as many must be left as have to sign.
    pumasi key revoke stewards "$(kid_of s)" --role steward --key s2
    refused_to pumasi key revoke stewards "$(kid_of s2)" --role steward --key s2
}

@test "the log key is lost: nothing starts, until the spare one is put there" {
    local key=$LEDGERS/main/log.key old
    old=$(ledger_psql main -c "SELECT kid FROM keys WHERE role = 'log'")
    pumasi key new --holder ledger --role log --out spare --no-passphrase
    pumasi key add ledger spare --role log -k s2 -k spare
    pumasi key export spare --private > "$LEDGERS/spare.key"
    ledger_stop main
    rm "$key"
    run timeout 240 "$LEDGERD" --data "$LEDGERS/main" --listen "127.0.0.1:$(free_port)" --metrics_listen '' 3>&-
    [ "$status" -eq 1 ]
    [[ $output == *"log.key"* ]] || die "$output"
    if [ "$(id -u)" -eq 0 ]; then
        install -o ledgerd -m 600 "$LEDGERS/spare.key" "$key"
    else
        install -m 600 "$LEDGERS/spare.key" "$key"
    fi
    ledger_start main
    ledger_wait main
    # Whoever pinned the old key follows: what that one signed last proves the spare.
    pumasi --yes connect "$(ledger_url main)"
    refused_to pumasi --yes connect "$(ledger_url main)" --log-key "$(kid_of tablet)"
    refused_to pumasi connect "$(ledger_url main)" --id "test.example/main#AAAA" --log-key "$(kid_of spare)"
    pumasi connect "$(ledger_url main)" --log-key "$(kid_of spare)"
    pumasi pay bob@kenya 1 sarafu --key tablet
    pumasi key revoke ledger "$old" --role log --key s2
}

# --- all keys are lost ------------------------------------------------------------------------------

# From here on it is so many days later, where faketime is there. ledgerd is started anew, as it posts
# nothing after a leap, and has everything from its database again.
later() { # DAYS
    local lib days
    lib=$(find /usr/lib -name libfaketimeMT.so.1 -print -quit 2> /dev/null)
    [ -n "$lib" ] && [ -z "$(grep -l __asan_init "$LEDGERD")" ] || skip "no faketime here"
    days=$(($(cat "$LEDGERS/days" 2> /dev/null || echo 0) + $1))
    echo "$days" > "$LEDGERS/days"
    ledger_stop main
    install -m 644 /dev/null "$LEDGERS/open/clock"
    echo "+$((days * 86400))" > "$LEDGERS/open/clock"
    same_day
    LD_PRELOAD=$FAKE ledger_start main
    ledger_wait main
}

# The clock as the test before this one left it.
same_day() {
    [ -s "$LEDGERS/days" ] || return 0
    FAKE=$(find /usr/lib -name libfaketimeMT.so.1 -print -quit)
    OPTIONS[main]='--sandbox off' # in it, faketime couldn't read its file
    export FAKETIME_TIMESTAMP_FILE=$LEDGERS/open/clock FAKETIME_NO_CACHE=1 \
        DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_FAKE_MONOTONIC=1
}

pumasi() {
    LD_PRELOAD=${FAKE:-} "$BUILD/pumasi" "$@" 3>&-
}

recovery_of() { # HOLDER
    ledger_psql main -c "SELECT recovery_objected FROM holders WHERE holder = '$1' AND recovery IS NOT NULL"
}

balance() { # KEY
    pumasi balance --key "$1" --json 2> /dev/null | jq -r '.. | .balance? // empty'
}

@test "what is open is in an export, and comes out of it the same" {
    import_key alice@kenya member a2
    import_key alice@kenya member a3
    pumasi key recover alice@kenya --key-file a2 --key-file a3 --threshold 2 --key r
    import_key kenya treasurer t4
    pumasi key recover kenya --key-file t4 --key s2
    pumasi key object alice@kenya --key tablet
    check_rebuild main
    pumasi key object kenya --key s2
    pumasi key object alice@kenya --key t2
    check_rebuild main
}

@test "a member's only key is lost: the office gives another, in seven days" {
    import_key dora@kenya member lost
    import_key dora@kenya member found
    pumasi member create dora@kenya --key-file lost
    pumasi pay dora@kenya 5 sarafu --key tablet
    refused_to pumasi key finish dora@kenya --key r
    [[ $output == *'No new keys for dora@kenya are waiting'* ]] || die "$output"
    refused_to pumasi key recover dora@kenya --key r
    [[ $output == *--key-file* ]] || die "$output"
    pumasi key recover dora@kenya --key-file found --reason 'phone in the river' --key r
    refused_to pumasi key recover dora@kenya --key-file found --key r
    [[ $output == *'being recovered already'* ]] || die "$output"
    # Whatever the old key asks, it is told so, once; and it can't pay.
    run pumasi history --key lost
    [ "$status" -eq 0 ]
    [ "$(grep -c ATTENTION <<< "$output")" -eq 1 ] || die "$output"
    [[ $output == *'new keys for dora@kenya'*'pumasi key object dora@kenya'* ]] || die "$output"
    refused_to pumasi pay bob@kenya 1 sarafu --key lost
    [[ $output == *'being recovered'* ]] || die "$output"
    refused_to pumasi key add dora@kenya tablet --key lost
    # Others are told nothing; the office sees all that are open, and what others pay comes in.
    run pumasi balance --key bob
    [[ $output != *ATTENTION* ]] || die "$output"
    pumasi pay dora@kenya 1 sarafu --key bob
    for command in pending whoami 'coop show kenya'; do
        # shellcheck disable=SC2086
        run pumasi $command --key r
        [ "$status" -eq 0 ] || die "$command: $output"
        [[ $output == *'dora@kenya'* ]] || die "$command: $output"
    done
    run pumasi key finish dora@kenya --key r
    [[ $output == *'not sooner'* ]] || die "$output"
    [ "$(recovery_of dora@kenya)" = f ]
    later 6
    refused_to pumasi key finish dora@kenya --key r
    refused_to pumasi pay bob@kenya 1 sarafu --key lost
    [[ $output == *'being recovered'* ]] || die "$output"
    later 1
    pumasi key finish dora@kenya --key r
    [ "$(balance found)" -eq 600 ]
    pumasi pay bob@kenya 1 sarafu --key found
    refused_to pumasi balance --key lost
    run pumasi coop show kenya --key r
    [[ $output != *dora@kenya* ]] || die "$output"
}

@test "somebody in the office wants her account: she objects, and the treasurers decide" {
    same_day
    import_key alice@kenya member thief
    pumasi key recover alice@kenya --key-file thief --key r
    run pumasi key object alice@kenya --key tablet --reason 'I have lost nothing'
    [ "$status" -eq 0 ] || die "$output"
    [[ $output == *'The treasurers of kenya decide now.'* ]] || die "$output"
    [ "$(recovery_of alice@kenya)" = t ]
    refused_to pumasi key object alice@kenya --key tablet
    refused_to pumasi key object alice@kenya --key r
    run pumasi balance --key tablet
    [[ $output == *'The treasurers of kenya decide'* && $output != *'key object'* ]] || die "$output"
    pumasi key object alice@kenya --key t2
    [ -z "$(recovery_of alice@kenya)" ]
    run pumasi pay bob@kenya 1 sarafu --key tablet
    [ "$status" -eq 0 ] || die "$output"
    [[ $output != *ATTENTION* ]] || die "$output"
    # The other way round: it was the thief who objected.
    import_key bob@kenya member bob2
    pumasi key recover bob@kenya --key-file bob2 --key r
    pumasi key object bob@kenya --key bob
    later 7
    refused_to pumasi key finish bob@kenya --key r
    pumasi key finish bob@kenya --key t2
    pumasi pay alice@kenya 1 sarafu --key bob2
}

@test "treasurers' keys are lost: the stewards give others" {
    same_day
    import_key kenya treasurer t3
    refused_to pumasi key recover kenya --key-file t3 --key r
    pumasi key recover kenya --key-file t3 --key s2
    run pumasi coop show kenya --key t2
    [[ $output == *ATTENTION*'kenya'*'pumasi key object kenya'* ]] || die "$output"
    refused_to pumasi policy kenya sarafu --floor 0 --ceiling none --registrar-floor 0 --registrar-ceiling none --key t2
    [[ $output == *'being recovered'* ]] || die "$output"
    pumasi member freeze dora@kenya --key r
    pumasi key object kenya --key t2
    later 6
    refused_to pumasi key finish kenya --key s2
    later 1
    pumasi key finish kenya --key s2
    refused_to pumasi member unfreeze dora@kenya --key t2
    pumasi member unfreeze dora@kenya --key t3
}
