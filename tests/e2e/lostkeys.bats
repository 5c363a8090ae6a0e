#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Lost keys: what docs/operations.md, section 10, tells people to do, command by command.

load ../lib/ledger
load ../lib/import

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
    run timeout 60 "$LEDGERD" --data "$LEDGERS/main" --listen "127.0.0.1:$(free_port)" --metrics_listen '' 3>&-
    [ "$status" -eq 1 ]
    [[ $output == *"log.key"* ]] || die "$output"
    if [ "$(id -u)" -eq 0 ]; then
        install -o ledgerd -m 600 "$LEDGERS/spare.key" "$key"
    else
        install -m 600 "$LEDGERS/spare.key" "$key"
    fi
    ledger_start main
    ledger_wait main
    # Whoever pinned the old key is warned, and connects anew.
    refused_to pumasi --yes connect "$(ledger_url main)"
    [[ $output == *'not the ledger that you connected to before'* ]]
    refused_to pumasi --yes connect "$(ledger_url main)" --log-key "$(kid_of tablet)"
    refused_to pumasi connect "$(ledger_url main)" --id "test.example/main#AAAA" --log-key "$(kid_of spare)"
    pumasi connect "$(ledger_url main)" --log-key "$(kid_of spare)"
    pumasi pay bob@kenya 1 sarafu --key tablet
    pumasi key revoke ledger "$old" --role log --key s2
}
