#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# The log key: changed by the stewards, never taken away from under a ledger that signs with it.

load ../lib/ledger
load ../lib/wire

setup() {
    ledger_setup
    wire_start main 4
}

teardown() {
    ledger_show_logs
    ledger_teardown
}

log_kids() {
    ledger_psql main -c "SELECT kid FROM keys WHERE role = 'log' AND NOT revoked"
}

# One more signature, of what waits for it.
cosign() { # JTI SIGNER
    get "$2" /v1/pending
    jq -r --arg jti "$1" '.items[] | select(.jti == $jti) | .payload' "$BODY" | tr -- '-_' '+/' |
        { tr -d '\n'; echo '=='; } | base64 -d 2> /dev/null | "$ACTOR" sign "$2"
}

waits() { # JTI
    [ -n "$(ledger_psql main -c "SELECT 1 FROM pending WHERE jti = '$1'")" ]
}

restart() {
    ledger_stop main
    ledger_start main
    ledger_wait main
}

log_key_revoke() { # KID
    act key.revoke stewards "{\"holder\":\"ledger\",\"role\":\"log\",\"kid\":\"$1\"}" steward
}

@test "the log key is changed: both sign for a while, receipts go on, an export can be rebuilt" {
    local old=$VKEY new old_kid kid export=$LEDGERS/open/export record
    old_kid=$(log_kids)
    refused 403 not-permitted "$(log_key_revoke "$old_kid")"

    run "$LEDGERD" key new-log --data "$LEDGERS/main" 3>&-
    [ "$status" -eq 0 ]
    kid=$(grep -oE '[A-Za-z0-9_-]{43}' <<< "$output" | head -n 1)
    [ "$(stat -c %a "$LEDGERS/main/log-next.key")" = 600 ]
    run "$LEDGERD" key new-log --data "$LEDGERS/main" 3>&-
    [ "$status" -eq 1 ]

    # It waits for the stewards; until they sign the old one signs alone.
    restart
    until_ok 30 waits "$kid" || die "nobody asks the stewards"
    curl -sf "$URL/v1/ledger" | is_true '.log_keys | length == 1'
    # Not in one breath with it: what the old key signed last would know nothing of the new one.
    { cosign "$kid" steward; log_key_revoke "$old_kid"; } > "$LEDGERS/both"
    post_lines "$LEDGERS/both"
    [ "$(jq -c .status "$BODY" | tr '\n' ' ')" = '201 403 ' ] || die "$(cat "$BODY")"
    grep -q 'Nothing signed by this key shows the next one yet' "$BODY"
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    "$ACTOR" receipt "$old" < "$BODY"
    curl -sf "$URL/v1/ledger" > "$BODY"
    jq -e '(.log_keys | length == 2) and .log_key == .log_keys[0]' "$BODY"
    [ "$(jq -r .vkey "$BODY")" = "$old" ]

    # The one holds for those who pinned the old key and for those who pin the new one.
    posted "$(payment m0000@hansalim m0002@hansalim 90)"
    cp "$BODY" "$BODY.receipt"
    ask /checkpoint
    [ "$(grep -c '^— test.example/main ' "$BODY")" -eq 2 ]
    cp "$BODY" "$BODY.note"
    grep -q "^$(sed -n 2p "$BODY")$" "$LEDGERS/main/checkpoint"
    "$ACTOR" note "$old" < "$BODY.note"
    "$ACTOR" receipt "$old" < "$BODY.receipt"
    (cd / && "${AS_LEDGERD[@]}" "$LEDGERD" export "$export.1" --data "$LEDGERS/main" 3>&-)

    # What proves the new one under the old one.
    ask "/v1/ledger/log-keys?key=$old_kid"
    jq -e --arg x "$(curl -sf "$URL/v1/ledger" | jq -r '.log_keys[1].x')" \
        '.part | fromjson | .subject == "ledger" and (.state.log | index($x) != null)' "$BODY"
    record=$(jq .index "$BODY")

    posted "$(log_key_revoke "$old_kid")"
    wire_meet main
    [ "$VKEY" != "$old" ]
    new=$VKEY
    "$ACTOR" note "$new" < "$BODY.note"
    "$ACTOR" receipt "$new" < "$BODY.receipt"
    posted "$(payment m0000@hansalim m0002@hansalim 90)"
    "$ACTOR" receipt "$new" < "$BODY"
    ! "$ACTOR" receipt "$old" < "$BODY" || die "the revoked key signs on"
    refused 403 not-permitted "$(log_key_revoke "$kid")"

    # Those who slept through it are shown what the old one signed last.
    ask "/v1/ledger/log-keys?key=$old_kid"
    [ "$STATUS" -eq 200 ] && [ "$(jq .index "$BODY")" -eq "$record" ]
    ask "/v1/ledger/log-keys?key=$kid"
    [ "$(jq .index "$BODY")" -gt "$record" ]
    ask "/v1/ledger/log-keys?key=..%2Flog.key"
    [ "$STATUS" -eq 400 ]
    ask "/v1/ledger/log-keys?key=$(printf 'A%.0s' {1..43})"
    [ "$STATUS" -eq 404 ]

    # An export at any time can be rebuilt; at the next start the new key takes the old one's place.
    (cd / && "${AS_LEDGERD[@]}" "$LEDGERD" export "$export.2" --data "$LEDGERS/main" 3>&-)
    restart
    [ ! -e "$LEDGERS/main/log-next.key" ]
    [ "$(stat -c %a "$LEDGERS/main/log.key")" = 600 ]
    posted "$(payment m0000@hansalim m0002@hansalim 90)"
    "$ACTOR" receipt "$new" < "$BODY"
    (cd / && "${AS_LEDGERD[@]}" "$LEDGERD" export "$export.3" --data "$LEDGERS/main" 3>&-)
    ledger_stop main
    "$LEDGERD" init --data "$LEDGERS/again.1" --from "$export.1" 3>&-
    "$LEDGERD" init --data "$LEDGERS/again.2" --from "$export.2" 3>&-
    "$LEDGERD" init --data "$LEDGERS/again.3" --from "$export.3" --keys "$LEDGERS/main" 3>&-
}

# The private JWK of the key that actor has by that name.
private_jwk() { # NAME
    local d
    d=$(printf '1/%s' "$1" | sha256sum | cut -c 1-64 | tr a-f A-F | basenc -d --base16 | basenc -w 0 --base64url)
    "$ACTOR" key "$1" | jq -c --arg d "${d%%=*}" '. + {d: $d}'
}

@test "the stewards' spare takes the place of a lost log key, and the checkpoint there was proves it" {
    local old_kid old=$VKEY
    old_kid=$(log_kids)
    posted "$(act key.add stewards "{\"holder\":\"ledger\",\"role\":\"log\",\"key\":$("$ACTOR" key spare)}" \
        steward spare)"
    curl -sf "$URL/v1/ledger" | is_true '.log_keys | length == 1' # ledgerd doesn't have it
    ledger_stop main
    private_jwk spare > "$LEDGERS/main/log.key"
    ledger_start main
    ledger_wait main
    wire_meet main
    [ "$VKEY" != "$old" ]
    posted "$(payment m0000@hansalim m0002@hansalim 90)"
    "$ACTOR" receipt "$VKEY" < "$BODY"
    ask "/v1/ledger/log-keys?key=$old_kid"
    [ "$STATUS" -eq 200 ]
    posted "$(log_key_revoke "$old_kid")"
    restart
}

@test "a key that the ledger doesn't know is refused at the start" {
    ledger_stop main
    ledger_init other
    "${AS_LEDGERD[@]}" cp "$LEDGERS/other/log.key" "$LEDGERS/main/log.key"
    ledger_start main
    until_ok 30 grep -q "log.key isn't the log key of the ledger" "$LEDGERS/main.log"
    wait "$(ledger_pid main)" && die "it served with a stranger's key"
    true
}

@test "nobody opens a ledger twice, or with an opening of his own" {
    local members
    members="\"name\":\"X\",\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"zone\":\"UTC\",\"log_key\":$("$ACTOR" key l)"
    members+=",\"clerk_key\":$("$ACTOR" key c),\"stewards\":[$("$ACTOR" key s)],\"threshold\":1,\"rules\":1"
    refused 409 already-exists "$(ID=test.example/main act ledger.open stewards "{$members}" s)"
    refused 409 already-exists "$(ID=test.example/main act ledger.open stewards "{$members}" s l c)"
}

@test "HEAD has the headers of GET and no body" {
    run curl -s -m 120 --head "$URL/v1/ledger" --next -s -m 120 -o /dev/null -w '%{http_code}' "$URL/healthz"
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
