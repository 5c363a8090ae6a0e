#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Limits per address, of clients that come through a proxy: curl here is the proxy that ledgerd trusts, and says in
# X-Forwarded-For who asks. Who that is by which header: tests/unit/test_ledgerd_forwarded.c.
#
# An address may have 30 refusals here, and gets one back every ten seconds, however long the lines of a test take:
# so what is refused is asked for until it is, and what goes on meanwhile between two that are (while_out).

load ../lib/ledger
load ../lib/wire

setup_file() {
    ledger_setup
    # The last two: nobody takes the posting over, however slow it is; and so many verify, on whatever machine.
    OPTIONS[main]='--trusted_proxy 127.0.0.1 --refusals_per_minute 6 --member_acts_per_day 24 --strangers_per_day 5
        --request_timeout_ms 600000 --takeover_ms 600000 --verify_threads 2'
    echo "${OPTIONS[main]}" > "$LEDGERS/options"
    wire_start main 4
}

setup() {
    wire_adopt main
    export CURL_HOME=$BATS_TEST_TMPDIR
}

# Whose requests the next ones are.
from() { # CLIENT
    echo "header = \"X-Forwarded-For: $1\"" > "$CURL_HOME/.curlrc"
}

# A body of that line so many times.
many() { # N LINE
    yes "$2" | head -n "$1" > "$BODY.lines"
    post_lines "$BODY.lines"
}

statuses() { # how often each status is among the lines of the last answer
    jq .status "$BODY" | sort | uniq -c | awk '{ printf "%s%s of %s", sep, $1, $2; sep = ", " }'
}

limited() { # PATH [CURL-ARGUMENT...]
    ask "${@:2}" "$1"
    [ "$STATUS" = 429 ]
}

# Does it while the caller's address has no refusals left: just before and just after, too.
while_out() { # COMMAND...
    limited /v1/pending && "$@" && limited /v1/pending
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

# A request for that client that is at hand for as long as its connection lasts, as its body is still to come.
WIRES=()
hold() { # CLIENT
    local wire
    exec {wire}<> "/dev/tcp/127.0.0.1/${LEDGER_PORT[main]}"
    printf 'POST /v1/acts HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nContent-Length: 9\r\n\r\n{' "$1" >&"$wire"
    WIRES+=("$wire")
}

let_go() {
    local wire
    for wire; do
        exec {wire}>&-
    done
}

@test "an address has so many requests at hand, whatever connections they come by" {
    local i first second
    [ "$(ulimit -n)" -gt 400 ] || ulimit -n 400
    asks() { # CLIENT STATUS
        ask -H "X-Forwarded-For: $1" /healthz
        [ "$STATUS" = "$2" ]
    }
    # Addresses are counted in 4096 places, and one that shares it with those below is turned away with them.
    one_is_let_in() { # CLIENT...
        local client
        for client; do
            ! asks "$client" 200 || return 0
        done
        die "all are turned away: $*"
    }
    asks 2001:db8:1:2::9 200
    # Two /64s; the connections are the proxy's, each with a request of whom it pleases.
    for ((i = 0; i < 256; i++)); do
        hold "2001:db8:1:2::$i"
    done
    first=("${WIRES[@]}")
    WIRES=()
    until_ok 60 asks 2001:db8:1:2::9 429 || die "the 257th is taken"
    problem 429 rate-limited
    header Retry-After 1
    header Connection close
    asks '2001:db8:1:2:ffff::7, 127.0.0.1' 429
    one_is_let_in 2001:db8:1:3::9 2001:db8:1:4::9 2001:db8:1:5::9
    one_is_let_in '2001:db8:1:2::9, 198.51.100.1' '2001:db8:1:2::9, 198.51.100.2' '2001:db8:1:2::9, 198.51.100.3'
    one_is_let_in 198.51.100.1 198.51.100.2 198.51.100.3
    ask /healthz # the proxy's own
    answered 200
    for ((i = 0; i < 20; i++)); do
        hold 198.51.100.1
    done
    second=("${WIRES[@]}")
    one_is_let_in 198.51.100.1 198.51.100.2 198.51.100.3
    # What one connection held is free again once its request is over.
    let_go "${first[0]}"
    until_ok 60 asks 2001:db8:1:2::9 200 || die "there is no room again"
    [ "$(ledger_metrics main http_connections_refused_total)" -ge 2 ]
    let_go "${first[@]:1}" "${second[@]}"
}

# So many bad tokens over one connection; a line "STATUS" of each goes to the end of $BODY.guesses.
guess() { # CLIENT N
    local i
    for ((i = 0; i < $2; i++)); do
        [ "$i" -eq 0 ] || echo next
        printf 'url = "%s/v1/pending"\nheader = "Authorization: Bearer x"\n' "$URL"
        printf 'header = "X-Forwarded-For: %s"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\nsilent\n' "$1"
    done > "$BODY.config"
    curl -q -m 120 -K "$BODY.config" >> "$BODY.guesses"
}

guessed_enough() { # CLIENT
    guess "$1" 40
    grep -q 429 "$BODY.guesses"
}

@test "bad tokens of one address are answered 429 after a while, and others and known keys go on" {
    local began=$SECONDS refused
    from 192.0.2.10
    until_ok 120 guessed_enough 192.0.2.10 || die "no end"
    # 30, five minutes' worth, before the first one is turned away, and one more each ten seconds that it took.
    refused=$(sed '/429/,$d' "$BODY.guesses" | grep -c 401)
    [ "$refused" -ge 30 ] || die "$refused"
    refused=$(grep -c 401 "$BODY.guesses")
    [ "$refused" -le $((31 + (SECONDS - began + 1) / 10)) ] || die "$refused in $((SECONDS - began)) s"
    ! grep -qvx '401\|429' "$BODY.guesses" || die "$(sort "$BODY.guesses" | uniq -c)"
    until_ok 60 limited /v1/pending || die "no end"
    problem 429 rate-limited
    header Retry-After '[1-9][0-9]*'
    until_ok 60 limited /v1/coops/hansalim -H 'Authorization: Bearer y' || die "no end elsewhere"
    problem 429 rate-limited
    open_to_all() {
        ask /v1/ledger && answered 200 && ask /checkpoint && answered 200
    }
    until_ok 60 while_out open_to_all || die "what is for all is closed"
    # Their neighbours are known by their keys.
    neighbours() {
        get m0000@hansalim /v1/accounts/m0000@hansalim/hour && answered 200 &&
            posted "$(payment m0000@hansalim m0002@hansalim 1)"
    }
    until_ok 60 while_out neighbours || die "neighbours can't go on"
    # But for those whose names are used in vain, and there only.
    guesses=0
    own_key() { # it is as well as nobody's
        until_ok 60 guessed_out m0002@hansalim || return 1
        problem 429 rate-limited || return 1
        get m0002@hansalim /v1/accounts/m0002@hansalim/hour
        [ "$STATUS" = 429 ]
    }
    until_ok 120 own_key || die "it can be guessed for ever"
    problem 429 rate-limited
    [ "$guesses" -ge 10 ] || die "only $guesses guesses"
    another_key() {
        get m0000@hansalim /v1/accounts/m0000@hansalim/hour && answered 200
    }
    until_ok 60 while_out another_key || die "another key is guessed at too"
    from 192.0.2.11
    get m0002@hansalim /v1/accounts/m0002@hansalim/hour
    answered 200
    ask /v1/pending
    problem 401 bad-token
    header WWW-Authenticate Bearer
    [ "$(ledger_metrics main rate_limited_total)" -ge 3 ]
    grep -q 'too much of one address is refused.*192\.0\.2\.10' "$LEDGERS/main.log" || die "the log doesn't say so"
}

guessed_out() { # KEY
    limited /v1/pending || return 1 # what came back meanwhile is spent
    ask -H "Authorization: Bearer $(wrong_token "$1")" /v1/pending
    [ "$STATUS" = 401 ] || return 0
    guesses=$((guesses + 1))
    return 1
}

# A token of somebody else's with that key's name on it.
wrong_token() { # KEY
    local head rest
    head=$("$ACTOR" token "$1" "$ID" "$1" GET /v1/pending)
    rest=$("$ACTOR" token nobody "$ID" "$1" GET /v1/pending)
    echo "${head%%.*}.${rest#*.}"
}

@test "what can't be told whose it is counts for the address, line by line, and the rest of a body isn't looked at" {
    local good refused began=$SECONDS
    from 2001:db8:5::1
    many 400 "$(act transfer m0000@hansalim '{"from":"m0000@hansalim","to":"m0002@hansalim","unit":"hour","amount":1}' nobody)"
    answered 200
    [[ $(statuses) =~ ^([0-9]+)\ of\ 401,\ ([0-9]+)\ of\ 429$ ]] || die "$(statuses)"
    refused=${BASH_REMATCH[1]}
    # Each thread that verifies may have one in hand when the last one is counted.
    [ "$refused" -ge 30 ] && [ "$refused" -le $((31 + 2 + (SECONDS - began + 1) / 10)) ] ||
        die "$refused in $((SECONDS - began)) s"
    grep -qi '^Retry-After: [1-9]' "$BODY.head" || die "when to come again isn't said"
    [ "$(tail -n 1 "$BODY" | jq -r .problem.type)" = /problems/rate-limited ]
    from 2001:db8:5::2
    until_ok 60 limited /v1/acts -H 'Content-Type: application/json' -d '{}' || die "not the whole /64"
    problem 429 rate-limited
    # A registrar's list from the same house is posted.
    posted_list() {
        good=$(payment m0000@hansalim m0002@hansalim 1)
        many 5 "$good"
        [ "$(statuses)" = '4 of 200, 1 of 201' ] || die "$(statuses)"
    }
    until_ok 60 while_out posted_list || die "no list is posted"
    from 2001:db8:6::1
    ask -H 'Content-Type: application/json' -d '{}' /v1/acts
    problem 400 malformed
    post "$(payment m0000@hansalim m0002@hansalim 1 --break)"
    problem 401 bad-signature
    header WWW-Authenticate Pumasi-Act
}

@test "a body of too many lines is a refusal, though none of them is looked at" {
    local i
    from 2001:db8:9::1
    yes x | head -n 5001 > "$BODY.lines"
    for ((i = 0; i < 40; i++)); do
        post_lines "$BODY.lines"
        problem 413 too-large
    done
    ask /v1/pending
    problem 429 rate-limited
}

@test "a key whose acts are refused is slowed down, without its neighbours and without its other places" {
    local poor
    from 192.0.2.20
    poor=$(payment m0000@hansalim m0002@hansalim 1000000001)
    # A body that has begun is judged whole: else it could be sent again for ever and never be answered. What it has
    # too much of is owed, ten minutes at most.
    many 100 "$poor"
    [ "$(statuses)" = '100 of 422' ] || die "$(statuses)"
    post "$poor"
    problem 429 rate-limited
    header Retry-After '[1-6][0-9][0-9]'
    many 3 "$(payment m0000@hansalim m0002@hansalim 1)"
    [ "$(statuses)" = '3 of 429' ] || die "$(statuses)"
    # It may still ask, as others may pay from there and it from elsewhere.
    get m0000@hansalim /v1/accounts/m0000@hansalim/hour
    answered 200
    posted "$(payment m0002@hansalim m0000@hansalim 1)"
    from 192.0.2.21
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    # One that owes nothing waits until the next is back.
    from 192.0.2.20
    poor=$(payment m0002@hansalim m0000@hansalim 2000000000)
    many 29 "$poor"
    [ "$(statuses)" = '29 of 422' ] || die "$(statuses)"
    too_much() { post "$poor" && problem 429 rate-limited; }
    until_ok 60 too_much || die "it never begins"
    later() { post "$poor" && problem 422 insufficient-credit; }
    until_ok 60 later || die "it never ends"
}

# --- acts that only new keys have signed ---------------------------------------------------------

# The admission of a member with so many keys, of which all sign and nobody else: NAME, NAME.2@…, NAME.3@…
newcomer() { # MEMBER [KEYS [SIGNER...]]
    local i keys signers=("$1")
    keys=$("$ACTOR" key "$1")
    for ((i = 2; i <= ${2:-1}; i++)); do
        keys+=,$("$ACTOR" key "$i.$1")
        signers+=("$i.$1")
    done
    act member.create "${1#*@}" "{\"member\":\"$1\",\"kind\":\"person\",\"keys\":[$keys],\"threshold\":1}" \
        "${signers[@]}" "${@:3}"
}

signed_by() { # SUBMISSION SIGNER...
    jq -r '.act.payload | gsub("-"; "+") | gsub("_"; "/") | @base64d' <<< "$1" | "$ACTOR" sign "${@:2}"
}

row() { # COLUMNS MEMBER
    ledger_psql main -c "SELECT $1 FROM pending JOIN pending_keys USING (by, jti) WHERE holder = '$2' LIMIT 1"
}

@test "acts that only new keys have signed begin to wait so many times a day from an address" {
    local i eighth
    from 192.0.2.40
    for ((i = 0; i < 7; i++)); do
        newcomer "n$i@hansalim"
    done > "$BODY.newcomers"
    eighth=$(newcomer n8@hansalim)
    post_lines "$BODY.newcomers"
    [ "$(statuses)" = '5 of 202, 2 of 429' ] || die "$(statuses)"
    grep -qi '^Retry-After: [1-9]' "$BODY.head" || die "when to come again isn't said"
    post "$eighth"
    problem 429 rate-limited
    header Retry-After 3600
    grep -q 'only new keys have signed came from one address.*192\.0\.2\.40' "$LEDGERS/main.log" || die "the log doesn't say so"
    # What waits is as good as before, and others from there go on.
    post "$(head -n 1 "$BODY.newcomers")"
    answered 202
    posted "$(signed_by "$(head -n 1 "$BODY.newcomers")" registrar@hansalim)"
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    # The office first, and then whoever it is about.
    post "$(signed_by "$eighth" registrar@hansalim)"
    answered 202
    posted "$eighth"
    post "$(newcomer 'n9@hansalim')"
    problem 429 rate-limited
    from 192.0.2.41
    post "$(newcomer n9@hansalim)"
    answered 202
}

@test "what waits already and is sent again is not written again, and counts as it costs" {
    local three before needs
    from 192.0.2.42
    three=$(newcomer three@hansalim 3)
    post "$three"
    answered 202
    before=$(row 'pending.xmin, pending.ctid' three@hansalim)
    [ -n "$before" ]
    many 4 "$three"
    [ "$(statuses)" = '4 of 202' ] || die "$(statuses)"
    [ "$(row 'pending.xmin, pending.ctid' three@hansalim)" = "$before" ] || die "it was written again"
    # Of what is asked for, the ledger keeps its latest word.
    needs=$(row needs three@hansalim)
    [ -n "$needs" ]
    ledger_psql main -c "UPDATE pending SET needs = '[]' WHERE needs = '$needs'"
    post "$three"
    answered 202
    [ "$(row needs three@hansalim)" = "$needs" ]
    # Thirty refusals are ten times three signatures.
    many 12 "$three"
    [ "$(statuses)" = '12 of 202' ] || die "$(statuses)"
    post "$three"
    problem 429 rate-limited
    from 192.0.2.43
    post "$three"
    answered 202
    # A key that the ledger knows pays itself.
    three=$(jq -c 'del(.act.signatures[1])' <<< "$(act coop.policy mapo '{"coop":"mapo","unit":"hour","floor":-1000000000,"ceiling":null,"registrar_floor":-2000000000,"registrar_ceiling":null,"reversal_days":31}' treasurer1@mapo)")
    many 40 "$three"
    [ "$(statuses)" = '40 of 202' ] || die "$(statuses)"
    post "$three"
    problem 429 rate-limited
    post "$(newcomer four@hansalim)"
    answered 202
    from 192.0.2.44
    post "$three"
    answered 202
}

@test "an act that only new keys have signed is small, and large once the office has" {
    local all
    from 192.0.2.45
    post "$(newcomer fifteen@hansalim 15)"
    answered 202
    all=$(newcomer thirty@hansalim 30)
    post "$all"
    problem 413 too-large
    from 192.0.2.46 # as each signature counts
    post "$(jq -c '.act.signatures |= .[:8]' <<< "$all")"
    answered 202 '.signed | length == 8'
    post "$(jq -c '.act.signatures |= .[8:]' <<< "$all")"
    problem 413 too-large
    from 192.0.2.47
    post "$(signed_by "$all" registrar@hansalim)"
    answered 202 '.signed | length == 9'
    posted "$all"
}

@test "where too many new keys have acts that wait, those of the office still do" {
    from 192.0.2.49
    ledger_psql main -c "INSERT INTO pending SELECT 'nobody', i, 'member.create', sha256('x'), 4000000000,
        'maker ' || i, '{}', '{}', '[]', '{}' FROM generate_series(1, 10000) i"
    main_again
    post "$(newcomer late@hansalim)"
    problem 503 busy
    post "$(newcomer later@hansalim)"
    problem 503 busy
    [ "$(grep -c 'too many acts wait that only new keys have signed' "$LEDGERS/main.log")" -eq 1 ] || die "not said once"
    post "$(signed_by "$(newcomer late@hansalim)" registrar@hansalim)"
    answered 202
    ledger_psql main -c "DELETE FROM pending WHERE by = 'nobody'"
    main_again
    post "$(newcomer late@hansalim)"
    answered 202
}

main_again() {
    ledger_stop main
    OPTIONS[main]=$(< "$LEDGERS/options")
    ledger_start main
    ledger_wait main
}

@test "what one that stands by can't judge, as it has no keys yet, costs nothing" {
    local i
    LEDGER_SOCKET[b]=$(ledger_socket main)
    mkdir -m 700 "$LEDGERS/b"
    cp -p "$LEDGERS/main/log.key" "$LEDGERS/main/clerk.key" "$LEDGERS/b/"
    [ "$(id -u)" -ne 0 ] || chown -R ledgerd: "$LEDGERS/b"
    ledger_start b --database "host=$(ledger_socket main) user=ledger dbname=ledger" \
        --trusted_proxy 127.0.0.1 --refusals_per_minute 1
    until_ok 120 ledger_in_mode b standby || die "it doesn't stand by"
    from 2001:db8:7::1
    URL=$(ledger_url b)
    for ((i = 0; i < 4; i++)); do
        post "$(payment m0000@hansalim m0002@hansalim 1)"
        problem 503 busy
        many 2 "$(payment m0000@hansalim m0002@hansalim 1)"
        [ "$(statuses)" = '2 of 503' ] || die "$(statuses)"
    done
    ledger_stop b
}

@test "a member's acts that move nothing are so many a day" {
    local i first
    for ((i = 0; i < 26; i++)); do
        act decline m0001@mapo "{\"act\":\"$(head -c 32 /dev/urandom | basenc --base64url | tr -d =)\"}" m0001@mapo
    done > "$BODY.declines"
    read -r first < "$BODY.declines"
    # Posted first, then declined: so the count is right whatever the batches were.
    while read -r line; do
        post "$line"
        echo "$STATUS"
    done < "$BODY.declines" > "$BODY.statuses"
    [ "$(sort "$BODY.statuses" | uniq -c | tr -s ' \n' ' ')" = ' 24 201 2 429 ' ] || die "$(cat "$BODY.statuses")"
    problem 429 rate-limited
    header Retry-After '[1-3][0-9][0-9][0-9]' # seconds, for one of 24 a day
    # What is posted has its receipt; paying goes on, and so do others.
    post "$first"
    answered 200
    posted "$(payment m0001@mapo m0003@mapo 1)"
    posted "$(act decline m0003@mapo "{\"act\":\"$(head -c 32 /dev/urandom | basenc --base64url | tr -d =)\"}" m0003@mapo)"
}
