#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Limits per address, of clients that come through a proxy: curl here is the proxy that ledgerd trusts, and says in
# X-Forwarded-For who asks. Who that is by which header: tests/unit/test_ledgerd_forwarded.c.

load ../lib/ledger
load ../lib/wire

setup_file() {
    ledger_setup
    OPTIONS[main]='--trusted_proxy 127.0.0.1 --refusals_per_minute 60 --member_acts_per_day 24'
    ledger_init main
    ledger_start main
    ledger_wait main
    "$HAMMER" setup "$(ledger_url main)" --members 4
    wire_meet main
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
    asks 2001:db8:1:2::9 200
    # Two /64s; the connections are the proxy's, each with a request of whom it pleases.
    for ((i = 0; i < 256; i++)); do
        hold "2001:db8:1:2::$i"
    done
    first=("${WIRES[@]}")
    WIRES=()
    until_ok 10 asks 2001:db8:1:2::9 429 || die "the 257th is taken"
    problem 429 rate-limited
    header Retry-After 1
    header Connection close
    asks '2001:db8:1:2:ffff::7, 127.0.0.1' 429
    asks 2001:db8:1:3::9 200
    asks '2001:db8:1:2::9, 198.51.100.1' 200
    asks 198.51.100.1 200
    ask /healthz # the proxy's own
    answered 200
    for ((i = 0; i < 20; i++)); do
        hold 198.51.100.1
    done
    second=("${WIRES[@]}")
    asks 198.51.100.1 200
    # What one connection held is free again once its request is over.
    let_go "${first[0]}"
    until_ok 10 asks 2001:db8:1:2::9 200 || die "there is no room again"
    [ "$(ledger_metrics main http_connections_refused_total)" -ge 2 ]
    let_go "${first[@]:1}" "${second[@]}"
}

@test "bad tokens of one address are answered 429 after a while, and others and known keys go on" {
    local i
    from 192.0.2.10
    # 300, five minutes' worth.
    for ((i = 0; i < 320; i++)); do
        [ "$i" -eq 0 ] || echo next
        printf 'url = "%s/v1/pending"\nheader = "Authorization: Bearer x"\n' "$URL"
        printf 'header = "X-Forwarded-For: 192.0.2.10"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\nsilent\n'
    done > "$BODY.config"
    curl -q -m 60 -K "$BODY.config" | sort | uniq -c > "$BODY.counts"
    # One more each second that it took.
    read -r refused _ < "$BODY.counts"
    [ "$refused" -ge 300 ] && [ "$refused" -lt 320 ] && grep -q ' 401$' "$BODY.counts" || die "$(cat "$BODY.counts")"
    until_ok 1 limited /v1/pending || die "no end"
    problem 429 rate-limited
    header Retry-After 1
    ask -H 'Authorization: Bearer y' /v1/coops/hansalim
    problem 429 rate-limited
    ask /v1/ledger
    answered 200
    ask /checkpoint
    answered 200
    # Their neighbours are known by their keys.
    get m0000@hansalim /v1/accounts/m0000@hansalim/hour
    answered 200
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    # But for those whose names are used in vain, and there only.
    guesses=0
    until_ok 20 guessed_out m0002@hansalim || die "it can be guessed for ever"
    problem 429 rate-limited
    [ "$guesses" -ge 10 ] || die "only $guesses guesses"
    get m0002@hansalim /v1/accounts/m0002@hansalim/hour
    problem 429 rate-limited
    get m0000@hansalim /v1/accounts/m0000@hansalim/hour
    answered 200
    from 192.0.2.11
    get m0002@hansalim /v1/accounts/m0002@hansalim/hour
    answered 200
    ask /v1/pending
    problem 401 bad-token
    header WWW-Authenticate Bearer
    [ "$(ledger_metrics main rate_limited_total)" -ge 3 ]
    grep -q 'too much of one address is refused.*192\.0\.2\.10' "$LEDGERS/main.log" || die "the log doesn't say so"
}

limited() { # PATH
    ask "$1"
    [ "$STATUS" = 429 ]
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
    local good
    from 2001:db8:5::1
    many 400 "$(act transfer m0000@hansalim '{"from":"m0000@hansalim","to":"m0002@hansalim","unit":"hour","amount":1}' nobody)"
    answered 200
    [[ $(statuses) =~ ^(3[0-9]{2})\ of\ 401,\ ([0-9]+)\ of\ 429$ ]] || die "$(statuses)"
    [ "${BASH_REMATCH[1]}" -ge 300 ]
    grep -qi '^Retry-After: [1-9]' "$BODY.head" || die "when to come again isn't said"
    [ "$(tail -n 1 "$BODY" | jq -r .problem.type)" = /problems/rate-limited ]
    from 2001:db8:5::2
    ask -H 'Content-Type: application/json' -d '{}' /v1/acts
    problem 429 rate-limited
    # A registrar's list from the same house is posted.
    good=$(payment m0000@hansalim m0002@hansalim 1)
    many 5 "$good"
    [ "$(statuses)" = '4 of 200, 1 of 201' ] || die "$(statuses)"
    from 2001:db8:6::1
    ask -H 'Content-Type: application/json' -d '{}' /v1/acts
    problem 400 malformed
    post "$(payment m0000@hansalim m0002@hansalim 1 --break)"
    problem 401 bad-signature
    header WWW-Authenticate Pumasi-Act
}

@test "a key whose acts are refused is slowed down, without its neighbours and without its other places" {
    local poor
    from 192.0.2.20
    poor=$(payment m0000@hansalim m0002@hansalim 1000000001)
    # A body that has begun is judged whole: else it could be sent again for ever and never be answered.
    many 303 "$poor"
    [ "$(statuses)" = '303 of 422' ] || die "$(statuses)"
    post "$poor"
    problem 429 rate-limited
    header Retry-After '[1-4]'
    many 3 "$(payment m0000@hansalim m0002@hansalim 1)"
    [ "$(statuses)" = '3 of 429' ] || die "$(statuses)"
    # It may still ask, as others may pay from there and it from elsewhere.
    get m0000@hansalim /v1/accounts/m0000@hansalim/hour
    answered 200
    posted "$(payment m0002@hansalim m0000@hansalim 1)"
    from 192.0.2.21
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    from 192.0.2.20
    later() { post "$poor" && problem 422 insufficient-credit; }
    until_ok 10 later || die "it never ends"
}

@test "what one that stands by can't judge, as it has no keys yet, costs nothing" {
    local i
    LEDGER_SOCKET[b]=$(ledger_socket main)
    mkdir -m 700 "$LEDGERS/b"
    cp -p "$LEDGERS/main/log.key" "$LEDGERS/main/clerk.key" "$LEDGERS/b/"
    [ "$(id -u)" -ne 0 ] || chown -R ledgerd: "$LEDGERS/b"
    ledger_start b --database "host=$(ledger_socket main) user=ledger dbname=ledger" \
        --trusted_proxy 127.0.0.1 --refusals_per_minute 1
    until_ok 30 ledger_in_mode b standby
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
    header Retry-After '3[56][0-9][0-9]' # for one of 24 a day
    # What is posted has its receipt; paying goes on, and so do others.
    post "$first"
    answered 200
    posted "$(payment m0001@mapo m0003@mapo 1)"
    posted "$(act decline m0003@mapo "{\"act\":\"$(head -c 32 /dev/urandom | basenc --base64url | tr -d =)\"}" m0003@mapo)"
}
