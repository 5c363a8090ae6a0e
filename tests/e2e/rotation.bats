#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# The log key is changed, as the stewards and the members see it who use pumasi (docs/operations.md).

load ../lib/ledger
load ../lib/import

setup() {
    import_setup
    import_key alice@kenya member alice
    import_key bob@kenya member bob
    pumasi member create alice@kenya --key-file alice
    pumasi member create bob@kenya --key-file bob
    pumasi limits alice@kenya sarafu --floor -100 --ceiling none --key r
    OLD=$(fingerprint)
    # Sees nothing of the change.
    cp -R "$LEDGERS/config" "$LEDGERS/sleeper.config"
    cp -R "$LEDGERS/state" "$LEDGERS/sleeper.state"
    cp -R "$LEDGERS/config" "$LEDGERS/stranger.config"
}

teardown() {
    [ -z "${THIEF:-}" ] || kill "$THIEF" 2> /dev/null || true
    ledger_show_logs
    ledger_teardown
}

fingerprint() {
    pumasi whoami --json --key alice | jq -r .log_key
}

sleeper() {
    XDG_CONFIG_HOME=$LEDGERS/sleeper.config XDG_STATE_HOME=$LEDGERS/sleeper.state pumasi "$@"
}

restart() {
    ledger_stop main
    ledger_start main
    ledger_wait main
}

something_waits() {
    pumasi pending --key s | grep -q 'log'
}

@test "stewards add a log key, both sign, members follow by proof, the old one goes" {
    local new kept
    pumasi pay bob@kenya 1 sarafu --key alice
    pumasi statement sarafu --from 2020-01-01 --to 2099-12-31 --key alice -o "$LEDGERS/before.json"
    run "$LEDGERD" key new-log --data "$LEDGERS/main" 3>&-
    [ "$status" -eq 0 ]
    new=$(grep -oE '[A-Za-z0-9_-]{43}' <<< "$output" | head -n 1)
    # However seldom a checkpoint is shown, another key is at once.
    OPTIONS[main]='--publish_minutes 1440'
    restart
    until_ok 30 something_waits || die "the stewards aren't asked: $(pumasi pending --key s 2>&1)"
    run pumasi sign --all --yes --key s
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"$new"* ]] # what they compare before they sign

    # The stewards' profile is the member's here: the one from before sees it by its first payment.
    rm -rf "$LEDGERS/config" && cp -R "$LEDGERS/sleeper.config" "$LEDGERS/config"

    # A member pays on, is told once, and old receipts stay good.
    run pumasi pay bob@kenya 2 sarafu --key alice
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"changed its log key"*"$new"* ]]
    run pumasi pay bob@kenya 3 sarafu --key alice
    [[ $output != *"changed its log key"* ]]
    [ "$(fingerprint)" = "$new" ]
    pumasi receipts > "$LEDGERS/receipts"
    ! grep BAD "$LEDGERS/receipts" || die "a receipt is bad"

    # What a thief with the old key could show one day: it is in force, which the new one proves.
    curl -sf "$(ledger_url main)/v1/ledger" | jq -c '.log_keys |= .[:1]' > "$LEDGERS/then.ledger"
    curl -sf "$(ledger_url main)/v1/ledger/log-keys?key=$new" > "$LEDGERS/then.proof"

    # A newcomer pins it by either fingerprint, old paper or new.
    for kept in "$OLD" "$new"; do
        rm -rf "$LEDGERS/new.config"
        XDG_CONFIG_HOME=$LEDGERS/new.config XDG_STATE_HOME=$LEDGERS/new.state \
            pumasi connect "$(ledger_url main)" --log-key "$kept" --yes
    done

    pumasi key revoke ledger "$OLD" --role log --yes --key s
    pumasi pay bob@kenya 4 sarafu --key alice
    restart
    pumasi pay bob@kenya 5 sarafu --key alice
    run pumasi receipts
    [ "$status" -eq 0 ]

    # So do statements: by the profile that followed, and as what a newer one is compared with.
    run pumasi verify "$LEDGERS/before.json"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"have replaced since"* ]]
    pumasi statement sarafu --from 2020-01-01 --to 2099-12-31 --key alice --since "$LEDGERS/before.json" \
        -o "$LEDGERS/after.json"
    run pumasi verify "$LEDGERS/after.json" --since "$LEDGERS/before.json"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output != *"have replaced since"* ]]
    run pumasi verify "$LEDGERS/before.json" --pin "$(pumasi whoami --key alice | sed -n 's/^to pin *//p')"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"changed that key since"* ]]

    # What one may see of one's records is kept beside the receipts, once.
    run pumasi receipts --parts --key alice
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"parts of their records now: "[1-9]* ]]
    for kept in "$LEDGERS"/state/pumasi/default/receipts/*.json; do
        [ "$(jq -r .type "$kept")" != transfer ] ||
            jq -e '.record.header == .receipt.header and (.record.parts | length == 2)' "$kept" > /dev/null
    done
    run pumasi receipts --parts --key alice
    [[ $output == *"parts of their records now: 0 more"* ]]

    # Who slept through it all is led along as well, and shown what is pinned from now on.
    cp -R "$LEDGERS/sleeper.config" "$LEDGERS/asker.config"
    run env XDG_CONFIG_HOME="$LEDGERS/asker.config" XDG_STATE_HOME="$LEDGERS/asker.state" "$BUILD/pumasi" whoami --key alice 3>&-
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"log key  $new"* ]]
    run sleeper pay bob@kenya 6 sarafu --key alice
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"changed its log key"*"$new"* ]]
    sleeper receipts

    XDG_CONFIG_HOME=$LEDGERS/late.config XDG_STATE_HOME=$LEDGERS/late.state \
        pumasi connect "$(ledger_url main)" --yes

    # Nobody is led back.
    ledger_stop main
    thief > "$LEDGERS/thief.log" 2>&1 3>&- &
    THIEF=$!
    until_ok 20 curl -sf -o "$LEDGERS/answer" "$(ledger_url main)/v1/ledger"
    run pumasi whoami --key alice
    echo "$output"
    [ "$status" -ne 0 ]
    [[ $output == *WARNING* ]]
    [[ $(cat "$LEDGERS/thief.log") == *'GET /v1/ledger '* ]]
    jq -e --argjson was "$(jq .log_key "$LEDGERS/then.ledger")" \
        '.log_key != $was and .earlier_log_keys == [$was]' "$LEDGERS/config/pumasi/default/profile.json"
    # Nor is who came while both signed, or later, and never knew the old one.
    for kept in new late; do
        run env XDG_CONFIG_HOME="$LEDGERS/$kept.config" XDG_STATE_HOME="$LEDGERS/$kept.state" pumasi whoami
        echo "$output"
        [ "$status" -ne 0 ]
        [[ $output == *WARNING* ]]
        jq -e --argjson was "$(jq .log_key "$LEDGERS/then.ledger")" '.log_key != $was and .earlier_log_keys == null' \
            "$LEDGERS/$kept.config/pumasi/default/profile.json"
    done
}

# Answers in the ledger's place with what was shown while both keys were in force.
thief() {
    exec python3 -c '
import http.server, sys
class Thief(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open(sys.argv[3 if "log-keys" in self.path else 2], "rb").read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Thief).serve_forever()' \
        "${LEDGER_PORT[main]}" "$LEDGERS/then.ledger" "$LEDGERS/then.proof"
}

@test "a key that the old one doesn't prove is not followed" {
    pumasi pay bob@kenya 1 sarafu --key alice
    # The ledger at that address is another one with the same name.
    ledger_stop main
    mv "$LEDGERS/main" "$LEDGERS/main.true"
    ledger_init main
    ledger_start main
    until_ok 60 curl -sf -o "$LEDGERS/answer" "$(ledger_url main)/v1/ledger"
    run pumasi whoami
    echo "$output"
    [ "$status" -ne 0 ]
    [[ $output == *WARNING* ]]
    [ "$(jq -r '.earlier_log_keys' "$LEDGERS/config/pumasi/default/profile.json")" = null ]
}

export_of() { # NAME
    "$LEDGERD" export "$LEDGERS/open/$1" --data "$LEDGERS/main" > "$LEDGERS/export.log" 2>&1 3>&- ||
        die "$(cat "$LEDGERS/export.log")"
}

audits_clean() { # RECEIPTS ARGUMENT...
    pumasi audit --json "${@:2}" > "$LEDGERS/report" || die "not clean: $(cat "$LEDGERS/report")"
    jq -e --argjson n "$1" '.clean and .checked.receipts >= $n' "$LEDGERS/report" > /dev/null ||
        die "not $1 receipts: $(cat "$LEDGERS/report")"
}

finds() { # WORD ARGUMENT...
    run pumasi audit --json "${@:2}"
    [ "$status" -eq 1 ] && jq -e --arg word "$1" '[.findings[].word] | index($word)' <<< "$output" > /dev/null ||
        die "not found: $1: $output"
}

@test "an auditor's copy and an export audit clean before, while and after the log key changes" {
    local old_key new id kept
    ! [ -d "$LEDGERS/open" ] || chmod 777 "$LEDGERS/open"
    import_key '*' auditor eye
    pumasi --yes --key s key add '*' eye --role auditor
    pumasi --yes --key eye sign > /dev/null
    make_csv 12 4 1 > "$LEDGERS/week.csv"
    pumasi import "$LEDGERS/week.csv" --coop kenya --unit sarafu --yes --set-limits --key r --key t
    pumasi pay bob@kenya 1 sarafu --key alice
    kept=$(cat "$LEDGERS"/state/pumasi/default/imports/*/receipts.ndjson | wc -l)
    [ "$kept" -ge 12 ]
    audits_clean $((kept + 1)) --all --key eye
    export_of before
    audits_clean 0 --log "$LEDGERS/open/before"
    old_key=$(jq -r .vkey "$LEDGERS/open/before/ledger.json")
    id=$(jq -r .id "$LEDGERS/open/before/ledger.json")

    # Both sign.
    "$LEDGERD" key new-log --data "$LEDGERS/main" > /dev/null 3>&-
    restart
    until_ok 30 something_waits || die "the stewards aren't asked: $(pumasi pending --key s 2>&1)"
    pumasi sign --all --yes --key s
    pumasi pay bob@kenya 2 sarafu --key alice
    audits_clean $((kept + 2)) --all --key eye
    export_of while
    new=$(jq -r .vkey "$LEDGERS/open/while/ledger.json")
    [ "$new" != "$old_key" ]
    audits_clean 0 --log "$LEDGERS/open/while"
    audits_clean 0 --log "$LEDGERS/open/before" # this profile has the new key pinned
    audits_clean 0 --log "$LEDGERS/open/while" --id "$id" --vkey "$old_key"
    audits_clean 0 --log "$LEDGERS/open/while" --id "$id" --vkey "$new"

    # Only the new one. The old one was stolen meanwhile.
    cp "$LEDGERS/main/log.key" "$LEDGERS/old.key"
    pumasi key revoke ledger "$OLD" --role log --yes --key s
    restart
    pumasi pay bob@kenya 3 sarafu --key alice
    audits_clean $((kept + 3)) --all --key eye
    audits_clean $((kept + 3)) --all --key eye --again
    export_of after
    audits_clean 0 --log "$LEDGERS/open/after" --vkey "$old_key"
    audits_clean 0 --log "$LEDGERS/open/after" --vkey "$new"
    audits_clean 0 --log "$LEDGERS/state/pumasi/default/audit/all"
    # Whoever stole it signs the right log: nothing is wrong in it but who signed.
    "$BUILD/load/forge" "$LEDGERS/open/after" "$LEDGERS/stolen" "$LEDGERS/old.key" none 0
    kept=$LEDGERS/state/pumasi/default/audit/all/checkpoints/$(printf '%012d' "$(sed -n 2p "$LEDGERS/stolen/checkpoint")")
    cp "$kept" "$LEDGERS/right"
    cp "$LEDGERS/stolen/checkpoint" "$kept"
    finds checkpoint --all --key eye
    jq -e '[.findings[] | .why | test("was revoked before")] == [true]' <<< "$output"
    cp "$LEDGERS/right" "$kept"
    jq -c --arg vkey "$old_key" '.vkey = $vkey' "$LEDGERS/open/after/ledger.json" > "$LEDGERS/stolen/ledger.json"
    finds checkpoint --log "$LEDGERS/stolen"
    for kept in before while after; do
        XDG_CONFIG_HOME=$LEDGERS/none XDG_STATE_HOME=$LEDGERS/none audits_clean 0 --log "$LEDGERS/open/$kept"
    done
    # Of a key that this log never had, nothing follows.
    finds checkpoint --log "$LEDGERS/open/before" --vkey "$new"
    # A line of an import's receipts that was damaged is named.
    sed -i 's|"receipt"|"receipts"|' "$LEDGERS"/state/pumasi/default/imports/*/receipts.ndjson
    finds receipt --all --key eye
}
