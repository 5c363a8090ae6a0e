#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# The log key: changed by the stewards, never taken away from under a ledger that signs with it.

load ../lib/ledger
load ../lib/wire

setup() {
    ledger_setup
    ledger_init main
    ledger_start main
    ledger_wait main
    "$HAMMER" setup "$(ledger_url main)" --members 4
    wire_meet main
}

teardown() {
    ledger_show_logs
    ledger_teardown
}

# The private JWK of the key that actor has by that name.
private_jwk() { # NAME
    local d
    d=$(printf '1/%s' "$1" | sha256sum | cut -c 1-64 | tr a-f A-F | basenc -d --base16 | basenc -w 0 --base64url)
    "$ACTOR" key "$1" | jq -c --arg d "${d%%=*}" '. + {d: $d}'
}

log_key_act() { # TYPE MEMBERS SIGNER...
    act "$1" stewards "{\"holder\":\"ledger\",\"role\":\"log\",$2}" "${@:3}"
}

@test "the stewards change the log key; receipts go on, an export can be rebuilt" {
    local old=$VKEY old_kid export=$LEDGERS/open/export
    old_kid=$(ledger_psql main -c "SELECT kid FROM keys WHERE role = 'log'")
    posted "$(log_key_act key.add "\"key\":$("$ACTOR" key newlog)" steward newlog)"

    # The ledger signs with the old one still: it can't be revoked yet.
    refused 403 not-permitted "$(log_key_act key.revoke "\"kid\":\"$old_kid\"" steward)"

    # A key that the log doesn't know is refused at start; the new one is taken.
    ledger_stop main
    private_jwk stranger > "$LEDGERS/main/log.key"
    ledger_start main
    until_ok 30 grep -q "log.key isn't the log key of the ledger" "$LEDGERS/main.log"
    wait "$(ledger_pid main)" && die "it served with a stranger's key"
    private_jwk newlog > "$LEDGERS/main/log.key"
    ledger_start main
    ledger_wait main
    wire_meet main
    [ "$VKEY" != "$old" ]
    ask /checkpoint
    "$ACTOR" note "$VKEY" < "$BODY"
    posted "$(payment m0000@hansalim m0002@hansalim 90)"
    "$ACTOR" receipt "$VKEY" < "$BODY"

    # Now the old one goes, the new one stays.
    posted "$(log_key_act key.revoke "\"kid\":\"$old_kid\"" steward)"
    refused 403 not-permitted "$(log_key_act key.revoke "\"kid\":\"$("$ACTOR" kid newlog)\"" steward)"
    ledger_stop main
    ledger_start main
    ledger_wait main
    (cd / && "${AS_LEDGERD[@]}" "$LEDGERD" export "$export" --data "$LEDGERS/main" 3>&-)
    ledger_stop main
    "$LEDGERD" init --data "$LEDGERS/again" --from "$export" --keys "$LEDGERS/main" 3>&-
}

@test "nobody opens a ledger twice, or with an opening of his own" {
    local members
    members="\"name\":\"X\",\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"zone\":\"UTC\",\"log_key\":$("$ACTOR" key l)"
    members+=",\"clerk_key\":$("$ACTOR" key c),\"stewards\":[$("$ACTOR" key s)],\"threshold\":1,\"rules\":1"
    refused 409 already-exists "$(ID=test.example/main act ledger.open stewards "{$members}" s)"
    refused 409 already-exists "$(ID=test.example/main act ledger.open stewards "{$members}" s l c)"
}

@test "HEAD has the headers of GET and no body" {
    run curl -s -m 10 --head "$URL/v1/ledger" --next -s -m 10 -o /dev/null -w '%{http_code}' "$URL/healthz"
    [[ $output == "HTTP/1.1 200"* ]]
    [[ $output == *"Content-Length: "[1-9]* ]]
    [[ $output == *200 ]]
}

@test "a name that goes again in the body that brought it isn't shown" {
    local two=$BATS_TEST_TMPDIR/two
    {
        act member.create hansalim '{"member":"eve@hansalim","kind":"person","keys":[],"threshold":1}' \
            registrar@hansalim --text 'name=Wrong Name'
        member_act member.update hansalim eve@hansalim registrar@hansalim
    } > "$two"
    post_lines "$two"
    [ "$(grep -c '"status":201' "$BODY")" -eq 2 ]
    get registrar@hansalim /v1/members/eve@hansalim
    answered 200 '.name == null'
}
