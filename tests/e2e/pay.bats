#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# What members do with pumasi, and what becomes of a payment when something comes in between.
# sora is steward, treasurer and registrar; alice and bob are members.

load ../lib/ledger
load ../lib/client

setup() {
    ledger_setup
    PUMASI=$BUILD/pumasi
    export PUMASI_BATCH=1 TZ=UTC
    unset PUMASI_PROFILE PUMASI_KEY PUMASI_PASSPHRASE_FILE NO_COLOR
    new_key sora stewards steward steward
    new_key sora hansalim treasurer treasurer
    new_key sora hansalim registrar registrar
    new_key alice alice@hansalim member alice
    new_key bob bob@hansalim member bob
}

teardown() {
    exec 9>&-
    ledger_teardown
}

# The same in the background, so that $! is pumasi itself.
as_alice_exec() {
    export XDG_CONFIG_HOME=$LEDGERS/alice/config XDG_STATE_HOME=$LEDGERS/alice/state
    exec "$PUMASI" "$@" 3>&- 9>&-
}

connect() { # PERSON
    as "$1" --yes connect "$(ledger_url main)" > "$LEDGERS/connect.log" 2>&1
}

# A ledger with a co-op and its two members.
found() {
    local who
    ledger_init main
    ledger_start main
    until_ok 60 connect sora || die "sora can't connect"
    {
        as sora open
        as sora unit create hour --name Hour --scale 60 --kind time
        as sora -k steward -k treasurer -k registrar coop create hansalim --name 한살림 \
            --treasurer treasurer --registrar registrar
        as sora policy hansalim hour --floor -20:00 --ceiling 40:00
        for who in alice bob; do
            connect "$who"
            as sora member create "$who@hansalim" --name "$who" --key-file "$LEDGERS/$who.jwk" ||
                [ $? -eq 3 ]
            as "$who" --yes sign
        done
    } > "$LEDGERS/found.log" 2>&1 || die "$(cat "$LEDGERS/found.log")"
}

balance() { # PERSON
    as "$1" --json balance hour | jq .balance
}

state_files() { # PERSON FOLDER
    find "$LEDGERS/$1/state/pumasi/default/$2" -name '*.json' 2> /dev/null | wc -l
}

says() { # STATUS TEXT: of the last run
    [ "$status" -eq "$1" ] || die "status $status instead of $1: $output"
    [[ $output == *"$2"* ]] || die "it doesn't say \"$2\": $output"
}

@test "members pay each other, and see balance, history and receipts" {
    found
    run as alice pay bob@hansalim 1:30 hour -m '텃밭 일' --category garden --value-date 2026-01-31
    says 0 'Done: payment of 1:30 hour to bob@hansalim (record '
    run as bob pay alice@hansalim 30m hour
    says 0 'Done: payment of 0:30 hour'
    [ "$(balance alice) $(balance bob)" = '-60 60' ]
    run as alice balance
    [ "$output" = $'hour\t-1:00\t19:00\t-20:00\t40:00\t2' ]
    run as alice balance bob@hansalim
    says 1 'bob@hansalim has no account yet, or this key may not see it.'
    run as sora balance bob@hansalim hour --json
    [ "$(jq -c '[.account, .balance, .available]' <<< "$output")" = '["bob@hansalim/hour",60,1260]' ]
    run as bob history
    [[ ${lines[0]} == *$'\talice@hansalim\t-0:30\t1:00\tmember\t\t\t' ]]
    [[ ${lines[1]} == *$'\t2026-01-31\talice@hansalim\t1:30\t1:30\tmember\tgarden\t\t텃밭 일' ]]
    run as bob history -n 1 --json
    [ "$(jq -r '.items[] | .amount' <<< "$output")" = -30 ]
    run as alice receipts
    says 0 $'\tgood\tpayment of 1:30 hour to bob@hansalim'
    # A second unit that bob has no account in, then one with nothing on it, then a payment.
    as sora unit create won --name Won --scale 1 --kind credit > "$LEDGERS/unit.log" 2>&1
    run as bob history -n 1 --json
    [ "$(jq -r '.items[] | .amount' <<< "$output")" = -30 ] || die "$output"
    as sora policy hansalim won --floor -100 --ceiling 100 > "$LEDGERS/policy.log" 2>&1
    run as bob history -n 1 --json
    [ "$(jq -r '.items[] | .amount' <<< "$output")" = -30 ] || die "$output"
    as bob pay alice@hansalim 7 won > "$LEDGERS/pay.log" 2>&1 || die "$(cat "$LEDGERS/pay.log")"
    run as bob history
    says 2 'bob@hansalim has accounts in several units: hour, won. Say which, as in "pumasi history won".'
    run as bob history won --json
    [ "$(jq -r '.items[] | .amount' <<< "$output")" = -7 ] || die "$output"
    run as sora history --member carol@hansalim
    says 1 carol@hansalim
    run as alice whoami --json
    [ "$(jq -r '[.holder, .role, .ledger_says.state] | join(" ")' <<< "$output")" = 'alice@hansalim member active' ]
    [ "$(state_files alice outbox)" -eq 0 ]
}

@test "what is wrong is said in one sentence" {
    found
    run as alice pay bob@hansalmi 1 hour
    says 1 'There is no co-op "hansalmi" in this ledger.'
    run as alice pay bobb@hansalim 1 hour
    says 1 'There is no member "bobb@hansalim": hansalim is a co-op here'
    run as alice pay bob 1 hour
    says 2 'did you mean bob@hansalim?'
    run as alice pay Bob@hansalim 1 hour
    says 2 'did you mean bob@hansalim?'
    run as alice pay bob@hansalim 1x hour
    says 2 'Write it as 1:30, 1.5 or 90m.'
    run as alice pay bob@hansalim 1 hours
    says 1 'It has: hour.'
    run as alice pay bob@hansalim 21 hour
    says 1 'it takes 21:00 hour and 20:00 hour is available'
    run as alice pay bob@hansalim 1 hour --value-date 2999-01-01
    says 1 'The value date lies in the future.'
    run as sora pay bob@hansalim 1 hour --from alice@hansalim
    says 1 "allow registrars to record"
    run as alice --json pay bob@hansalim 21 hour
    says 1 'insufficient-credit'
    [ "$(balance alice)" = null ] || [ "$(balance alice)" = 0 ]
    [ "$(state_files alice outbox)" -eq 0 ]
    ledger_stop main
    run as alice pay bob@hansalim 1 hour
    says 4 'No ledger answers at http://127.0.0.1:'
    for run in 'pay bob@hansalim 1 hour' balance whoami pending; do
        # shellcheck disable=SC2086
        run as alice $run
        [ "$(grep -c '^pumasi: ' <<< "$output")" -eq 1 ] || die "not one sentence: $output"
    done
}

@test "a payment that was killed in the middle is finished by the next run, not made twice" {
    found
    # The log's head is held, so that a payment stays on its way.
    mkfifo "$LEDGERS/hold"
    ledger_psql main < "$LEDGERS/hold" > "$LEDGERS/held" &
    exec 9> "$LEDGERS/hold"
    echo 'BEGIN; SELECT * FROM head FOR UPDATE;' >&9
    until_ok 20 test -s "$LEDGERS/held"

    as_alice_exec pay bob@hansalim 1:30 hour -m garden > "$LEDGERS/pay.log" 2>&1 &
    local pid=$!
    on_its_way() { [ "$(state_files alice outbox)" -eq 1 ]; }
    until_ok 20 on_its_way
    kill -STOP "$pid" # so that it doesn't give up before the next lines have been through
    # While that process lives, it isn't taken for an interrupted one.
    run as alice outbox
    says 0 'Everything is finished.'
    run as alice pay bob@hansalim 1:30 hour -m garden
    says 1 'busy with the same payment of 1:30 hour to bob@hansalim right now'
    kill -KILL "$pid"
    wait "$pid" || true
    run as alice outbox
    says 0 $'outcome unknown\tpayment of 1:30 hour to bob@hansalim'
    run as alice pay bob@hansalim 1:30 hour -m garden --discard-unsent
    says 1 'may still be posted until'

    exec 9>&-
    until_ok 20 ledger_is_up main
    run as alice pay bob@hansalim 1:30 hour -m garden
    says 0 'Finishing the payment of 1:30 hour to bob@hansalim from just now.'
    [ "$(balance alice)" -eq -90 ]
    [ "$(state_files alice outbox) $(state_files alice receipts)" = '0 2' ]
    # Now that it is finished, the same command is a new payment.
    run as alice pay bob@hansalim 1:30 hour -m garden
    says 0 'Done: payment'
    [ "$(balance alice)" -eq -180 ]
}

@test "killed at any moment, a payment is made once" {
    found
    local i delay
    RANDOM=7
    for i in $(seq 30); do
        delay=0.0$((RANDOM % 5))$((RANDOM % 10))
        as_alice_exec pay bob@hansalim 1m hour -m "number $i" > /dev/null 2>&1 &
        local pid=$!
        { read -rt "$delay" <> <(:) || true; } 2> /dev/null
        kill -KILL "$pid" 2> /dev/null || true
        wait "$pid" 2> /dev/null || true
        # One that was done to its end before the kill came has its receipt.
        grep -qs "number $i\\\\\"" -r "$LEDGERS/alice/state/pumasi/default/receipts" && continue
        as alice pay bob@hansalim 1m hour -m "number $i" > "$LEDGERS/again.log" 2>&1 ||
            die "$(cat "$LEDGERS/again.log")"
    done
    as alice outbox --finish > /dev/null 2>&1
    as alice --json history --all | jq -r '.items[].memo' | sort > "$LEDGERS/memos"
    [ "$(wc -l < "$LEDGERS/memos")" -eq 30 ]
    [ "$(uniq -d "$LEDGERS/memos" | wc -l)" -eq 0 ]
    [ "$(balance alice)" -eq -30 ]
}

@test "another ledger at the same address is refused loudly" {
    found
    local port=${LEDGER_PORT[main]}
    ledger_stop main
    ledger_init other
    LEDGER_PORT[other]=$port
    ledger_start other
    until_ok 60 ledger_is_up other || true
    XDG_CONFIG_HOME=$LEDGERS/sora2/config XDG_STATE_HOME=$LEDGERS/sora2/state
    cp -r "$LEDGERS/sora/config" "$LEDGERS/fresh"
    rm -f "$LEDGERS"/fresh/pumasi/default/profile.json
    XDG_CONFIG_HOME=$LEDGERS/fresh XDG_STATE_HOME=$LEDGERS/fresh-state \
        until_ok 60 "$PUMASI" --yes connect "http://127.0.0.1:$port" > /dev/null 2>&1
    run as alice whoami
    says 5 'this is not the ledger that you connected to before'
    run as alice connect "http://127.0.0.1:$port"
    says 5 'this is not the ledger that you connected to before'
    run as alice pay bob@hansalim 1 hour
    [ "$status" -ne 0 ]
    [ "$(state_files alice receipts)" -eq 1 ] # that of her admission
}

@test "an encrypted key needs its passphrase" {
    found
    printf 'four plain words here\n' > "$LEDGERS/passphrase"
    PUMASI_PASSPHRASE_FILE=$LEDGERS/passphrase as alice key new --holder alice@hansalim --out sealed \
        > /dev/null 2>&1
    [ "$(stat -c %a "$LEDGERS/alice/config/pumasi/default/keys/sealed.json")" = 600 ]
    as alice key export sealed > "$LEDGERS/sealed.jwk"
    PUMASI_PASSPHRASE_FILE=$LEDGERS/passphrase run as alice -k alice -k sealed key add alice@hansalim sealed
    says 0 Done
    # Either shows what is hers; which is to pay she says.
    run as alice balance
    says 0 'hour'
    run as alice pay bob@hansalim 0:10 hour
    says 1 'Several of your keys could do this: alice, sealed.'
    PUMASI_PASSPHRASE_FILE=$LEDGERS/passphrase run as alice -k sealed pay bob@hansalim 0:10 hour
    says 0 'Done: payment of 0:10 hour'
    echo 'not this one' > "$LEDGERS/passphrase"
    PUMASI_PASSPHRASE_FILE=$LEDGERS/passphrase run as alice -k sealed pay bob@hansalim 0:10 hour
    says 1 "The passphrase doesn't open the key sealed."
    [ "$(balance bob)" -eq 10 ]
    # And nothing is said of a ledger that wasn't asked.
    local list
    for list in requests pending; do
        PUMASI_PASSPHRASE_FILE=$LEDGERS/passphrase run as alice -k sealed "$list"
        says 1 "The passphrase doesn't open the key sealed."
        [[ $output != *'none of your keys'* ]] || die "$list: $output"
    done
}

@test "on a terminal it asks before it finishes, and shows columns" {
    found
    on_terminal() { # ANSWER COMMAND...
        local answer=$1
        shift
        printf '%s\n' "$answer" | (unset PUMASI_BATCH && export TERM=xterm \
            XDG_CONFIG_HOME=$LEDGERS/alice/config XDG_STATE_HOME=$LEDGERS/alice/state &&
            script -qec "$(printf '%q ' "$PUMASI" "$@")" /dev/null 3>&-)
    }
    as alice pay bob@hansalim 1:30 hour -m garden > /dev/null 2>&1
    # As if that run had been killed before it could forget what it had sent.
    local state=$LEDGERS/alice/state/pumasi/default receipt
    mkdir -p "$state/outbox"
    receipt=$(grep -l garden "$state"/receipts/*)
    jq '{version: 1, by: .receipt.by, jti: .receipt.jti, type, what, unit, made: (now - 600 | floor), exp: (now | floor),
        sent: true, submission, intent: $intent}' --arg intent "$(intent)" "$receipt" \
        > "$state/outbox/$(jq -r .receipt.jti "$receipt").json"
    run on_terminal y pay bob@hansalim 1:30 hour -m garden
    says 0 'You have an unfinished payment of 1:30 hour to bob@hansalim from 1'
    says 0 ' minutes ago. Finish it? [Y/n]'
    says 0 'Done before: payment of 1:30 hour to bob@hansalim (record '
    [ "$(balance alice)" -eq -90 ]
    run on_terminal '' balance
    says 0 $'\e[1mBalance\e[0m'
    says 0 $'\e[31m-1:30\e[0m'
    NO_COLOR=1 run on_terminal '' balance
    [[ $output != *$'\e'* ]]
}

# SHA-256 in base64url of what is asked for by alice's payment.
intent() {
    printf '%s' '{"by":"alice@hansalim","members":{"amount":90,"from":"alice@hansalim","to":"bob@hansalim","unit":"hour"},"texts":{"memo":"garden"},"type":"transfer"}' |
        sha256sum | cut -c 1-64 | tr -d '\n' | sed 's/../\\x&/g' | xargs -0 printf '%b' | base64 | tr '+/' '-_' | tr -d '='
}
