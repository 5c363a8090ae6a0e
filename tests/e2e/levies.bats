#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# What members pay their co-op (docs/protocol.md 4.2, 4.5), over HTTP, and that a ledger made anew of the records has
# the same. The rules alone: tests/unit/test_rules_levy.c.

load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost

setup_file() {
    ledger_setup
    ledger_init main
    ledger_start main
    ledger_wait main
    "$HAMMER" setup "$(ledger_url main)" --members 8
    wire_meet main
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

@test "a ledger made anew of the records has the same tables" {
    posted "$(member_act member.freeze hansalim m0006@hansalim registrar@hansalim)"
    check_rebuild main
    # A ledgerd that starts again knows what it knew.
    ledger_stop main
    ledger_start main
    ledger_wait main
    get m0000@hansalim /v1/members/m0000@hansalim
    answered 200 '[.limits[] | select(.unit == "hour")][0].levy_per_mille == 25'
}
