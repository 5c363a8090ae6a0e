#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# An old copy of the database is put back: ledgerd stops, and `ledgerd recover` takes the lost records back
# from an auditor's copy, or from what the parties kept, or from neither.

load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost

setup() {
    ledger_setup
    wire_start main 4
    posted "$(payment m0000@hansalim m0002@hansalim 30 --text memo=before)"
    ledger_stop main
    as_ledgerd cp -a "$LEDGERS/main/pg" "$LEDGERS/open/pg.old"
    OLD=$(as_ledgerd sed -n 2p "$LEDGERS/main/checkpoint")
    ledger_start main
    ledger_wait main
}

teardown() {
    ledger_show_logs
    ledger_teardown
}

as_ledgerd() {
    (cd / && "${AS_LEDGERD[@]}" "$@" 3>&-)
}

# What the old copy doesn't have: a payment, its reversal, a new limit, a request that is paid, and an act
# that waited in the old copy.
post_more() {
    local request
    posted "$(payment m0000@hansalim m0002@hansalim 90 --text 'memo=the lost one')"
    LOST=$(jq .index "$BODY")
    cp "$BODY" "$LEDGERS/receipt.json"
    posted "$(act reversal m0002@hansalim "{\"record\":$LOST,\"amount\":15}" m0002@hansalim)"
    posted "$(act reversal m0002@hansalim "{\"record\":$((LOST - 1)),\"amount\":5}" m0002@hansalim)"
    posted "$(act account.limits hansalim '{"member":"m0000@hansalim","unit":"hour","floor":-700,"ceiling":null}' \
        treasurer1@hansalim treasurer2@hansalim)"
    posted "$(act request m0002@hansalim \
        '{"from":"m0000@hansalim","to":"m0002@hansalim","unit":"hour","amount":9,"expires":"2099-12-31"}' m0002@hansalim)"
    request=$(jq .index "$BODY")
    posted "$(act transfer m0000@hansalim "{\"from\":\"m0000@hansalim\",\"to\":\"m0002@hansalim\",\"unit\":\"hour\",\"amount\":9,\"request\":$request}" m0000@hansalim)"
    SIZE=$(log_size)
}

put_old_back() {
    ledger_stop main
    as_ledgerd rm -rf "$LEDGERS/main/pg"
    as_ledgerd cp -a "$LEDGERS/open/pg.old" "$LEDGERS/main/pg"
    ledger_start main
    until_ok 60 ledger_in_mode main 'stopped: fork' || die "it posts to an old copy"
    refused 503 busy "$(payment m0000@hansalim m0002@hansalim 1)"
    grep -q 'ledgerd recover' "$LEDGERS/main.log"
    ledger_stop main
}

export_to() { # DIR
    as_ledgerd "$LEDGERD" export "$1" --data "$LEDGERS/main"
}

recover() { # SOURCE...
    run "$LEDGERD" recover --data "$LEDGERS/main" --from "$@" 3>&-
    echo "$output"
}

# It goes on, and everything is as it was: records byte for byte, tables as a rebuild makes them.
is_whole_again() { # EXPORT
    ledger_start main
    ledger_wait main
    [ "$(log_size)" -eq "$SIZE" ]
    export_to "$LEDGERS/open/again.$BATS_TEST_NUMBER"
    as_ledgerd cmp "$1/records" "$LEDGERS/open/again.$BATS_TEST_NUMBER/records"
    as_ledgerd cmp "$1/texts.ndjson" "$LEDGERS/open/again.$BATS_TEST_NUMBER/texts.ndjson"
    check_rebuild main
    posted "$(payment m0000@hansalim m0002@hansalim 2)"
    [ "$(jq .index "$BODY")" -eq "$SIZE" ]
}

@test "lost records are taken back from an auditor's copy" {
    local export=$LEDGERS/open/auditor
    post_more
    export_to "$export"
    put_old_back
    # A damaged copy, and one of another ledger, are told from a good one.
    as_ledgerd cp -R "$export" "$export.bad"
    as_ledgerd sed -i 's/"amount":90,/"amount":91,/' "$export.bad/records"
    recover "$export.bad"
    [ "$status" -eq 1 ]
    [[ $output == *"record $LOST: "*"parts were found"* ]]
    ledger_init other
    ledger_start other
    ledger_wait other
    "$HAMMER" setup "$(ledger_url other)" --members 4
    as_ledgerd "$LEDGERD" export "$export.other" --data "$LEDGERS/other"
    recover "$export.other"
    [ "$status" -eq 1 ]
    recover "$LEDGERS/nowhere"
    [ "$status" -eq 1 ]
    # Beside the bad one the good one is enough.
    recover "$export.bad" "$export"
    [ "$status" -eq 0 ]
    [[ $output == *"Verified and stored 6 records"* ]]
    is_whole_again "$export"
    ledger_stop main
    recover "$export"
    [ "$status" -eq 0 ]
    [[ $output == *"No record is missing"* ]]
}

@test "lost records are put together from what several parties kept" {
    local export=$LEDGERS/open/export kept=$LEDGERS/open/kept i
    post_more
    export_to "$export"
    mkdir "$kept" "$kept.office"
    for ((i = LOST; i < SIZE; i++)); do
        for who in m0000@hansalim m0002@hansalim; do
            get "$who" "/v1/records/$i"
            [ "$STATUS" -ne 200 ] || cp "$BODY" "$kept/$who.$i.json"
        done
        # The office's parts without those that the members have.
        get registrar@hansalim "/v1/records/$i"
        jq -c '.parts |= map(select(test("\"part\":\"(book|change)\"")))' "$BODY" > "$kept.office/$i.json"
    done
    get registrar@hansalim "/v1/records/$((LOST + 3))" # of the treasurers: members have nothing of it
    cp "$BODY" "$kept.office/limits.json"
    put_old_back
    # A receipt alone proves that there was a record; the act's maker is named.
    recover "$LEDGERS/receipt.json"
    [ "$status" -eq 1 ]
    [[ $output == *"record $LOST: 0 of its 4 parts were found"*"made by m0000@hansalim"* ]]
    [[ $output == *"record $((LOST + 1)): nothing of it was found"* ]]
    recover "$kept"
    [ "$status" -eq 1 ]
    [[ $output == *"record $LOST: 3 of its 4 parts were found"* ]]
    [[ $output == *"from m0000@hansalim to m0002@hansalim"* ]]
    [ "$(as_ledgerd ls "$LEDGERS/main/pg" | wc -l)" -gt 1 ]
    recover "$kept" "$kept.office" "$LEDGERS/receipt.json"
    [ "$status" -eq 0 ]
    is_whole_again "$export"
}

@test "a receipt newer than the checkpoint that was kept counts" {
    local export=$LEDGERS/open/export
    post_more
    export_to "$export"
    ledger_stop main
    # The whole data folder is the old one.
    as_ledgerd rm -rf "$LEDGERS/main/pg"
    as_ledgerd cp -a "$LEDGERS/open/pg.old" "$LEDGERS/main/pg"
    as_ledgerd rm "$LEDGERS/main/checkpoint"
    recover "$LEDGERS/receipt.json"
    [ "$status" -eq 1 ]
    [[ $output == *"covers $((LOST + 1))"* ]]
    recover "$export"
    [ "$status" -eq 0 ]
    is_whole_again "$export"
}
