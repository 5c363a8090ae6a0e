#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# A co-op's book: what GET /v1/coops/{coop}/accounts and …/postings answer, of one point of the log each, and
# of days that are over.

export LEDGER_ZONE=Asia/Seoul # whose midnights these tests know
load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost

setup_file() {
    ledger_setup
    OPTIONS[main]=$UNDER_LOAD
    wire_start main 80
}

setup() {
    wire_adopt main
}

teardown() {
    [ -z "${LOAD:-}" ] || kill -KILL "$LOAD" 2> /dev/null || true
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

# Every item of a list, a line each, in $BODY.items; all pages must be of one view, which is VIEW then.
pages() { # KEY PATH?QUERY
    local cursor='' view
    VIEW=''
    : > "$BODY.items"
    while :; do
        get "$1" "$2$cursor"
        answered 200 || return 1
        view=$(jq -c '[.first, .size, .time]' "$BODY")
        [ "${VIEW:=$view}" = "$view" ] || die "a page of $view in a list of $VIEW" || return 1
        jq -c '.items[]' "$BODY" >> "$BODY.items"
        [ "$(jq -r .next "$BODY")" != null ] || return 0
        cursor="&cursor=$(jq -r .next "$BODY")"
    done
}

log_grew() { # SIZE
    [ "$(log_size)" -gt $(($1 + 20)) ]
}

# The sum of a book at a point by the tables of postings: "ACCOUNT BALANCE SEQ INDEX", sorted.
table_at() { # SIZE
    ledger_psql main -F ' ' -c "SELECT account, sum(amount), max(seq), max(idx) FROM postings
        WHERE idx < $1 AND account LIKE '%@hansalim/%' GROUP BY account" | LC_ALL=C sort
}

same_table() { # $BODY.items is the book at this point
    jq -r 'select(.seq > 0) | "\(.account) \(.balance) \(.seq) \(.index)"' "$BODY.items" | LC_ALL=C sort > "$BODY.listed"
    table_at "$1" > "$BODY.table"
    diff "$BODY.table" "$BODY.listed" > "$BODY.diff" || die "not the book at $1: $(head "$BODY.diff")"
}

@test "the pages of a book are of one point of the log and sum to zero while others post" {
    local sizes=() n before
    before=$(log_size)
    load_start main "$BATS_TEST_TMPDIR/journal" --connections 1
    until_ok 30 log_grew "$before" # a book without any account has no sum
    for n in 1 2 3; do
        pages treasurer1@hansalim '/v1/coops/hansalim/accounts?limit=7'
        [ "$(jq -s 'map(.balance) | add' "$BODY.items")" -eq 0 ] || die "the book doesn't sum to zero: $(cat "$BODY.items")"
        cp "$BODY.items" "$BODY.book$n"
        sizes[n]=$(jq '.[1]' <<< "$VIEW")
        # So do those of the postings; and the log goes on meanwhile, or this would show nothing.
        until_ok 30 log_grew "${sizes[n]}"
        pages treasurer1@hansalim "/v1/coops/hansalim/postings?limit=1000&size=${sizes[n]}"
        [ "$(jq '.[1]' <<< "$VIEW")" -eq "${sizes[n]}" ]
        jq -s -r 'group_by(.account)[] | "\(.[0].account) \(map(.amount) | add)"' "$BODY.items" | LC_ALL=C sort > "$BODY.sums"
        jq -r 'select(.seq > 0) | "\(.account) \(.balance)"' "$BODY.book$n" | LC_ALL=C sort | diff "$BODY.sums" - ||
            die "the postings of ${sizes[n]} don't make the book"
    done
    [ "${sizes[3]}" -gt "${sizes[1]}" ]
    load_stop "$BATS_TEST_TMPDIR/journal"
    LOAD=''
    # Each view can be had again, all that was posted since notwithstanding, and is what the tables say.
    for n in 1 2 3; do
        pages treasurer1@hansalim "/v1/coops/hansalim/accounts?limit=5&size=${sizes[n]}"
        same_table "${sizes[n]}"
        [ "$(jq -r 'has("floor") or has("ceiling") or has("available")' "$BODY.items" | sort -u)" = false ]
        jq -c '[.account, .balance, .seq, .index, .time]' "$BODY.items" > "$BODY.again"
        jq -c 'select(.seq > 0) | [.account, .balance, .seq, .index, .time]' "$BODY.book$n" | diff "$BODY.again" -
    done
    get registrar@hansalim '/v1/coops/hansalim/accounts?limit=1000'
    answered 200 '.items | all(.available == .balance - .floor)'
    jq -c '.items[]' "$BODY" > "$BODY.items"
    same_table "$(jq .size "$BODY")"
}

# Days are pushed apart: the records from $1 on are of that time, as far as their headers' texts say.
at() { # INDEX TIME
    ledger_psql main -c "UPDATE records SET header = regexp_replace(header, '\"time\":\"[^\"]*\"', '\"time\":\"$2\"') WHERE idx >= $1"
}

# First and size of $VIEW. Days that are over call for a snapshot, which the clerk records within a minute:
# one record more, of now, that posts nothing.
span() {
    jq -c --argjson last "$end" '.[:2] | map(if . == $last + 1 then $last else . end)' <<< "$VIEW"
}

@test "a day ends at midnight in the ledger's zone, to the millisecond" {
    local index=()
    for n in 1 2 3 4 5; do
        posted "$(payment m0000@hansalim m0002@hansalim "$n")"
        index[n]=$INDEX
    done
    end=$((INDEX + 1))
    at 0 2026-02-27T03:00:00.000Z
    at "${index[2]}" 2026-02-28T14:59:59.999Z
    at "${index[3]}" 2026-02-28T15:00:00.000Z
    at "${index[4]}" 2026-03-04T23:00:00.000Z
    while read -r day want; do
        pages treasurer1@hansalim "/v1/coops/hansalim/accounts?limit=4&as_of=$day"
        [ "$(span | jq '.[1]')" = "$want" ] || die "as of $day: $VIEW, not $want"
        same_table "$want"
        pages treasurer1@hansalim "/v1/coops/hansalim/postings?limit=1000&until=$day"
        [ "$(span)" = "[0,$want]" ] || die "until $day: $VIEW, not $want"
    done << END
2026-02-26 0
2026-02-27 ${index[2]}
2026-02-28 ${index[3]}
2026-03-01 ${index[4]}
2026-03-04 ${index[4]}
2026-03-05 $end
2199-12-31 $end
9999-12-31 $end
END
    # From day to day: first, size, and what is between; each item says its day.
    while read -r since until view amounts; do
        pages treasurer1@hansalim "/v1/coops/hansalim/postings?limit=1000&since=$since&until=$until"
        [ "$(span)" = "$view" ] || die "$since to $until: $VIEW, not $view"
        [ "$(jq -c 'select(.amount > 0) | [.amount, .day]' "$BODY.items" | paste -sd ' ')" = "$amounts" ] ||
            die "$since to $until: $(cat "$BODY.items")"
    done << END
2026-02-28 2026-02-28 [${index[2]},${index[3]}] [2,"2026-02-28"]
2026-02-28 2026-03-01 [${index[2]},${index[4]}] [3,"2026-03-01"] [2,"2026-02-28"]
2026-03-02 2026-03-04 [${index[4]},${index[4]}]$(printf ' ')
2026-03-02 2199-01-01 [${index[4]},$end] [5,"2026-03-05"] [4,"2026-03-05"]
2026-03-01 2026-02-01 [0,0]$(printf ' ')
END
    # The earlier of size and day holds.
    pages treasurer1@hansalim "/v1/coops/hansalim/postings?limit=1000&since=2026-02-28&until=2026-03-05&size=${index[3]}"
    [ "$(jq -c . <<< "$VIEW")" = "[${index[2]},${index[3]},\"2026-02-28T14:59:59.999Z\"]" ] || die "$VIEW"
}

@test "postings are narrowed to a category, a unit, a member; whole records" {
    posted "$(act transfer m0004@hansalim '{"from":"m0004@hansalim","to":"m0006@hansalim","unit":"hour","amount":7,"category":"garden"}' m0004@hansalim)"
    pages treasurer1@hansalim '/v1/coops/hansalim/postings?limit=1000&category=garden'
    [ "$(jq -c '[.account, .amount]' "$BODY.items" | paste -sd ' ')" = '["m0004@hansalim/hour",-7] ["m0006@hansalim/hour",7]' ]
    pages treasurer1@hansalim '/v1/coops/hansalim/postings?limit=1000&member=m0006@hansalim&unit=hour'
    [ "$(jq -r 'select(.account == "m0006@hansalim/hour") | .seq' "$BODY.items" | sort -n | tail -n 1)" -eq \
        "$(jq -r 'select(.account == "m0006@hansalim/hour") | .seq' "$BODY.items" | wc -l)" ]
    [ "$(jq -s 'group_by(.index) | all(map(.amount) | add == 0)' "$BODY.items")" = true ]
    [ "$(jq -s 'group_by(.index) | all(any(.account == "m0006@hansalim/hour"))' "$BODY.items")" = true ]
    for query in category=nothing unit=won member=m0001@mapo 'category=garden&member=m0000@hansalim'; do
        pages treasurer1@hansalim "/v1/coops/hansalim/postings?limit=1000&$query"
        [ ! -s "$BODY.items" ] || die "$query: $(cat "$BODY.items")"
    done
}

@test "views that can't be" {
    for query in accounts?as_of=2026-02-30 accounts?as_of=tomorrow accounts?as_of= accounts?size=-1 accounts?size=x \
        accounts?size=9007199254740992 postings?since=1 postings?until=2026-13-01 'postings?since=2026-01-01&until=x' \
        postings?category=GARDEN postings?unit=1 postings?member=hansalim 'postings?cursor=YSBh' \
        "accounts?cursor=$(printf 'a m0000@hansalim/hour -1 n' | base64 | tr -d =)"; do
        get registrar@hansalim "/v1/coops/hansalim/$query"
        problem 400 malformed || die "$query"
    done
    get registrar@hansalim /v1/coops/hansalim/accounts?size=9007199254740991
    problem 503 busy
    get registrar@hansalim /v1/coops/hansalim/accounts?size=0
    answered 200 '.items == [] and .size == 0 and .time == null'
    # A cursor is a place: it gives nobody another's book.
    get registrar@hansalim '/v1/coops/hansalim/accounts?limit=2'
    cursor=$(jq -r .next "$BODY")
    get registrar@hansalim "/v1/coops/mapo/accounts?cursor=$cursor"
    problem 404 not-found
    get registrar@mapo "/v1/coops/hansalim/accounts?cursor=$cursor&size=1"
    problem 404 not-found
    get m0000@hansalim "/v1/coops/hansalim/postings?since=2026-01-01"
    problem 404 not-found
}
