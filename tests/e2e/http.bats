#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# The HTTP contract beside acts and reading (docs/protocol.md, section 8), spoken with curl: requests that are
# none of it, the log, health, and a ledger that isn't open yet. One ledger serves all tests but the last ones.

load ../lib/ledger
load ../lib/wire

setup_file() {
    ledger_setup
    wire_start main 4
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

@test "requests that are none of the contract's" {
    ask /v1/acts
    problem 405 method-not-allowed
    header Allow POST
    ask -X DELETE /v1/ledger
    problem 405 method-not-allowed
    header Allow GET
    ask -H 'Content-Type: text/plain' -d x /v1/acts
    problem 415 malformed
    ask /v1/nothing
    problem 404 not-found
    ask /v1/requests/1
    problem 404 not-found
    ask --path-as-is /v1/../v1/ledger
    [ "$STATUS" = 404 ] || [ "$STATUS" = 400 ]
    ask /v1/members/%zz
    [ "$STATUS" = 400 ] || [ "$STATUS" = 404 ]
    head -c 4300000 /dev/zero | tr '\0' '\n' > "$BODY.large"
    ask -H 'Content-Type: application/x-ndjson' --data-binary "@$BODY.large" /v1/acts
    [ "$STATUS" = 413 ]
    ask -H "X-Long: $(printf '%09000d' 0)" /v1/ledger
    [ "$STATUS" = 400 ] || [ "$STATUS" = 431 ] || [ "$STATUS" = 413 ]
    ask -H 'Content-Type: Application/JSON; charset=utf-8' -d '{}' /v1/acts
    problem 400 malformed
    ask /healthz
    answered 200
    header Cache-Control no-store
}

# --- the log, health -----------------------------------------------------------------------------

@test "checkpoint and proofs: every record is in the tree that was signed" {
    ask /checkpoint
    answered 200
    header Content-Type 'text/plain; charset=utf-8'
    read -r size root < <("$ACTOR" note "$VKEY" < "$BODY")
    [ "$size" -gt 40 ]
    run "$ACTOR" note "${VKEY%?}" < "$BODY"
    [ "$status" -eq 1 ]
    cp "$BODY" "$BODY.note"
    for index in 0 1 $((size / 2)) $((size - 1)); do
        get steward "/v1/records/$index/proof"
        [ "$STATUS" = 200 ] || get registrar@hansalim "/v1/records/$index/proof"
        [ "$STATUS" = 200 ] || get registrar@mapo "/v1/records/$index/proof"
        answered 200 ".index == $index"
        [ "$(jq -r .proof "$BODY" | sed -n '/^$/,$p' | sed 1d)" = "$(cat "$BODY.note")" ] ||
            [ "$(jq .size "$BODY")" -gt "$size" ]
        proof=$(jq .proof "$BODY")
        get steward "/v1/records/$index"
        [ "$STATUS" = 200 ] || get registrar@hansalim "/v1/records/$index"
        [ "$STATUS" = 200 ] || get registrar@mapo "/v1/records/$index"
        jq --argjson proof "$proof" '{index, header, proof: $proof}' "$BODY" | "$ACTOR" receipt "$VKEY"
    done
    # An older size: hashes without a note, as a size is signed once.
    get steward '/v1/records/0/proof?size=1'
    answered 200 '.hashes == [] and .proof == null and .size == 1'
    get steward '/v1/records/1/proof?size=1'
    problem 404 not-found
    get steward "/v1/records/0/proof?size=$((size + 1000000))"
    problem 400 malformed
    get steward '/v1/records/0/proof?size=0'
    problem 400 malformed
    # record 0's header is what the ledger's id names
    get steward /v1/records/0
    [ "$(jq -r .header "$BODY" | "$ACTOR" hash)" = "${ID#*#}" ]
    [ "$root" != '' ]
}

@test "health and metrics" {
    ask /healthz
    answered 200 '. == {"healthy":true}'
    ask /readyz
    answered 200 '.ready == true and .mode == "posting" and .read_connections > 0'
    ask /metrics # on a listener of its own only
    problem 404 not-found
    before=$(ledger_metrics main 'acts_total{outcome="posted"}')
    refusals=$(ledger_metrics main 'refusals_total{reason="same-account"}')
    records=$(ledger_metrics main records)
    tokens=$(ledger_metrics main bad_tokens_total)
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    refused 422 same-account "$(payment m0000@hansalim m0000@hansalim 1)"
    ask /v1/pending
    [ "$(ledger_metrics main 'acts_total{outcome="posted"}')" -eq $((before + 1)) ]
    [ "$(ledger_metrics main 'refusals_total{reason="same-account"}')" -eq $((refusals + 1)) ]
    [ "$(ledger_metrics main records)" -eq $((records + 1)) ]
    [ "$(ledger_metrics main bad_tokens_total)" -eq $((tokens + 1)) ]
    [ "$(ledger_metrics main posting)" -eq 1 ]
    [ "$records" -eq "$(($(log_size) - 1))" ]
}

# --- before record 0 -----------------------------------------------------------------------------

@test "before it is opened a ledger takes its own ledger.open and nothing else" {
    ledger_init closed
    ledger_start closed
    ledger_wait closed
    wire_meet closed
    [ "$ID" = null ]
    ask /v1/ledger
    answered 200 '.state == "unopened" and .name == null and .origin == "test.example/closed"
        and (.act.signatures | length == 2) and .needs == [{"holder":"stewards","role":"steward","have":0,"of":1}]'
    open=$(jq -r '.act.payload | gsub("-"; "+") | gsub("_"; "/") | @base64d' "$BODY")
    submission=$(jq -c '{act}' "$BODY")
    ask /checkpoint
    problem 404 not-found
    ID=test.example/closed
    refused 401 unknown-key "$(act unit.create stewards '{"unit":"hour","name":"Hour","scale":60,"kind":"time"}' steward)"
    refused 422 wrong-audience "$(act coop.create stewards "{\"coop\":\"mapo\",\"name\":\"M\",\"treasurers\":[$("$ACTOR" key steward)],\"threshold\":1,\"registrars\":[]}" steward)"
    refused 403 not-permitted "$(jq -c '.jti = "AAAAAAAAAAAAAAAAAAAAAAAA"' <<< "$open" | "$ACTOR" sign steward)"
    refused 409 id-reused "$(jq -c '.zone = "Asia/Tokyo"' <<< "$open" | "$ACTOR" sign steward)"
    post "$submission" # as it stands: its two signatures are known
    answered 202 '.signed | length == 2'
    get steward /v1/pending # with the origin in the place of the id
    answered 200 '.items | length == 1 and .[0].type == "ledger.open"'
    get nobody /v1/pending
    problem 401 bad-token
    post "$("$ACTOR" sign steward <<< "$open")"
    answered 201 '.index == 0 and .by == "stewards"'
    "$ACTOR" receipt "$VKEY" < "$BODY"
    header0=$(jq -r .header "$BODY" | "$ACTOR" hash)
    ask /v1/ledger
    answered 200 '.state == "open" and .size == 1 and .zone == $zone and .rules == 1 and .units == [] and .id == $id' \
        --arg id "test.example/closed#$header0" --arg zone "$LEDGER_ZONE"
    post "$("$ACTOR" sign steward <<< "$open")"
    answered 200 '.index == 0'
    # A second one doesn't open it again.
    post "$(jq -c '.jti = "AAAAAAAAAAAAAAAAAAAAAAAA"' <<< "$open" | "$ACTOR" sign steward)"
    [ "$STATUS" != 201 ]
    ask /v1/ledger
    answered 200 '.size == 1 and .id == $id' --arg id "test.example/closed#$header0"
    ledger_stop closed
}

@test "the public sees a new checkpoint only so often, a party's receipts are always fresh" {
    local ledger=quiet shown size key minutes=1440
    # A day of the clock's, or of another one where that is nearly over.
    [ $(($(date +%s) % 86400)) -lt 84600 ] || minutes=1439
    ledger_init "$ledger"
    ledger_start "$ledger" --publish_minutes "$minutes"
    ledger_wait "$ledger"
    "$HAMMER" setup "$(ledger_url "$ledger")" --members 4
    URL=$(ledger_url "$ledger")
    ask /checkpoint
    header Cache-Control 'public, max-age=[1-9][0-9]*'
    shown=$(sed -n 2p "$BODY")
    cp "$BODY" "$BODY.shown"
    wire_meet "$ledger"
    posted "$(payment m0000@hansalim m0002@hansalim 5)"
    read -r _ size < <("$ACTOR" receipt "$VKEY" < "$BODY")
    [ "$size" -gt "$shown" ]
    ask /checkpoint
    cmp "$BODY" "$BODY.shown"
    ask /v1/ledger
    answered 200 '.size == $size' --argjson size "$shown"
    # Nor by what proves the log keys, without and with the key that signs.
    for key in '' "?key=$(ledger_psql "$ledger" -c "SELECT kid FROM keys WHERE role = 'log'")"; do
        ask "/v1/ledger/log-keys$key"
        answered 200 '.proof | contains($size)' --arg size $'\n'"$shown"$'\n'
    done
    ask "/tile/0/000.p/$shown"
    [ "$STATUS" = 200 ]
    [ "$(stat -c %s "$BODY")" -eq $((32 * shown)) ]
    ask "/tile/0/000.p/$size"
    problem 404 not-found
    ask "/v1/consistency?old=1&size=$size"
    problem 400 malformed
    ledger_stop "$ledger"
    wire_adopt main
}
