#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# What a treasurer sees of the network: GET /v1/coops/{coop}/positions, pumasi positions, pumasi network; with
# pictures by Graphviz. hansalim, mapo and clinic owe each other in a ring.

load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost
bats_require_minimum_version 1.5.0

HOSTILE='"]; evil [label="<script>&lt;\\N'

setup_file() {
    export PUMASI_BATCH=1 TZ=UTC
    unset PUMASI_PROFILE PUMASI_KEY NO_COLOR
    ledger_setup
    wire_start main 8
    posted "$(act coop.create stewards "{\"coop\":\"clinic\",\"name\":\"Clinic\",\"treasurers\":[$("$ACTOR" key treasurer1@clinic)],\"threshold\":1,\"registrars\":[$("$ACTOR" key registrar@clinic)]}" \
        steward treasurer1@clinic registrar@clinic)"
    posted "$(act unit.create stewards "{\"unit\":\"box\",\"name\":$(jq -Rs . <<< "$HOSTILE" | sed 's/\\n"$/"/'),\"scale\":12,\"kind\":\"goods\"}" steward)"
    posted "$(act coop.policy clinic '{"coop":"clinic","unit":"hour","floor":-6000,"ceiling":6000,"registrar_floor":-6000,"registrar_ceiling":6000,"reversal_days":30}' treasurer1@clinic)"
    posted "$(act member.create clinic "{\"member\":\"doc@clinic\",\"kind\":\"person\",\"keys\":[$("$ACTOR" key doc@clinic)],\"threshold\":1}" registrar@clinic doc@clinic)"
    for pair in 'mapo hansalim' 'clinic mapo' 'hansalim clinic'; do
        posted "$(line ${pair% *} ${pair#* } 5000 false)"
    done
    posted "$(line hansalim mapo 1000 true)"
    posted "$(payment m0000@hansalim m0001@mapo 300)"
    posted "$(payment m0001@mapo doc@clinic 200)"
    posted "$(payment doc@clinic m0000@hansalim 250)"
}

setup() {
    wire_adopt main
    export XDG_CONFIG_HOME=$LEDGERS/config XDG_STATE_HOME=$LEDGERS/state
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

line() { # COOP PARTNER LIMIT TRANSIT [UNIT]
    local signers=("treasurer1@$1")
    [ "$1" = clinic ] || signers+=("treasurer2@$1")
    act line.set "$1" "{\"coop\":\"$1\",\"partner\":\"$2\",\"unit\":\"${5:-hour}\",\"limit\":$3,\"transit\":$4}" "${signers[@]}"
}

pumasi() {
    "$BUILD/pumasi" "$@" 3>&-
}

screen() { # ARGUMENT...
    TERM=xterm NO_COLOR=1 script -qec "stty cols 120; '$BUILD/pumasi' $*" /dev/null 2>&1 3>&- < /dev/null | tr -d '\r'
}

# One key of a new profile: an auditor's of that scope, "hansalim" or "*".
auditor() { # SCOPE NAME
    local by=$1 signers=(treasurer1@hansalim treasurer2@hansalim)
    [ "$1" != '*' ] || { by=stewards; signers=(steward); }
    [ -e "$LEDGERS/config/pumasi" ] || pumasi --yes connect "$URL" > "$LEDGERS/connect.log" 2>&1
    pumasi key new --holder "$1" --role auditor --out "$2" --no-passphrase > "$LEDGERS/key.log" 2>&1
    post "$(act key.add "$by" "{\"holder\":\"$1\",\"role\":\"auditor\",\"key\":$(pumasi key export "$2")}" "${signers[@]}")"
    answered 202
    pumasi --yes sign > "$LEDGERS/sign.log" 2>&1
}

@test "an office sees its positions, lines both ways, headroom and what a clearing takes off" {
    get treasurer1@hansalim /v1/coops/hansalim/positions
    answered 200 '[.items[] | [.partner, .unit, .position, .given, .given_transit, .taken, .taken_transit, .can_pay,
        .can_receive, .clears]] == [["clinic", "hour", -250, 5000, false, null, null, 250, 4750, 200],
        ["mapo", "hour", 300, 1000, true, 5000, false, 4700, 1300, 200]]'
    answered 200 '.coop == "hansalim" and .size == $size and .next == null and (.time | test("^20..-..-..T")) and
        ([.items[] | .day == .oldest and .time != null and .index > 0] | all)' --argjson size "$(log_size)"
    answered 200 '.totals == [{"unit": "hour", "position": 50, "owe": 300, "owed": 250,
        "given": 6000, "taken": 5000, "can_pay": 4950, "can_receive": 6050, "clears": 400, "clearing_size": $size}]' \
        --argjson size "$(log_size)"
    get registrar@mapo /v1/coops/mapo/positions
    answered 200 '[.items[] | [.partner, .position, .clears]] == [["clinic", 200, 200], ["hansalim", -300, 200]]'
}

@test "it is the very clearing that is worked out offline" {
    printf '%s\n' debtor,creditor,amount hansalim,mapo,300 mapo,clinic,200 clinic,hansalim,250 > "$BODY.csv"
    pumasi clearing plan --debts "$BODY.csv" --legs "$BODY.legs" > "$BODY.plan"
    for coop in hansalim mapo clinic; do
        get "registrar@$coop" "/v1/coops/$coop/positions"
        jq -r --arg coop "$coop" '.items[] | select(.position > 0) | "\($coop),\(.partner),\(.position),\(.clears),\(.position - .clears)"' "$BODY"
    done | sort > "$BODY.seen"
    tail -n +2 "$BODY.legs" | tr -d '\r' | sort | diff - "$BODY.seen"
}

@test "nobody else does" {
    for key in m0000@hansalim treasurer1@mapo steward; do
        get "$key" /v1/coops/hansalim/positions
        problem 404 not-found
    done
    get treasurer1@hansalim /v1/coops/nowhere/positions
    problem 404 not-found
    ask /v1/coops/hansalim/positions
    answered 401
}

@test "a treasurer's table, for people, scripts, spreadsheets" {
    auditor hansalim eye
    pumasi positions > "$BODY.out"
    diff "$BODY.out" - <<< "$(printf 'hour\tclinic\t-4:10\t83:20\t-\t4:10\t79:10\t%s\t%s\t3:20\n' "$(day)" "$(day)"
        printf 'hour\tmapo\t5:00\t16:40\t83:20\t78:20\t21:40\t%s\t%s\t3:20\n' "$(day)" "$(day)")"
    screen positions > "$BODY.out"
    grep -qE '^mapo +5:00 +- +16:40 +83:20 +78:20 +21:40 ' "$BODY.out"
    grep -qE '^Total +5:00 +4:10 ' "$BODY.out"
    grep -qF 'We owe 5:00 hour and are owed 4:10 hour: on the whole we owe 0:50 hour.' "$BODY.out"
    grep -qF 'A clearing now would take 6:40 hour off' "$BODY.out"
    grep -qF 'hour: propose a clearing: pumasi clearing propose hansalim hour' "$BODY.out"
    pumasi positions hansalim --json > "$BODY.json"
    jq -e '.items | length == 2' "$BODY.json"
    pumasi positions --unit box --json | is_true '.items == [] and .totals == []'
    pumasi positions --csv > "$BODY.csv"
    grep -qF 'hour,mapo,5.000000,0.000000,' "$BODY.csv" || die "$(cat "$BODY.csv")"
    run pumasi positions mapo
    [ "$status" -eq 1 ]
    run pumasi positions --csv --json
    [ "$status" -eq 2 ]
}

day() {
    ledger_psql main -c "SELECT to_char(now() AT TIME ZONE (SELECT zone FROM holders WHERE holder = 'ledger'), 'YYYY-MM-DD')"
}

@test "a picture of now and of after a clearing, whatever names are like" {
    posted "$(act coop.policy hansalim '{"coop":"hansalim","unit":"box","floor":-6000,"ceiling":6000,"registrar_floor":-6000,"registrar_ceiling":6000,"reversal_days":30}' treasurer1@hansalim treasurer2@hansalim)"
    posted "$(act coop.policy mapo '{"coop":"mapo","unit":"box","floor":-6000,"ceiling":6000,"registrar_floor":-6000,"registrar_ceiling":6000,"reversal_days":30}' treasurer1@mapo treasurer2@mapo)"
    posted "$(line mapo hansalim 5000 false box)"
    posted "$(act transfer m0000@hansalim '{"from":"m0000@hansalim","to":"m0001@mapo","unit":"box","amount":7}' m0000@hansalim)"
    pumasi positions --picture "$LEDGERS/open/p.svg" > "$BODY.out"
    grep -q '<svg' "$LEDGERS/open/p.svg"
    [ "$(grep -c 'class="cluster"' "$LEDGERS/open/p.svg")" -eq 4 ]
    # Arrows: two in hours and one of boxes now, two and one after.
    [ "$(grep -c 'stroke="#\(b3492f\|2f7d4f\)" stroke-width' "$LEDGERS/open/p.svg")" -ge 6 ] || die "$(cat "$LEDGERS/open/p.svg")"
    run ! grep -q '<script' "$LEDGERS/open/p.svg"
    grep -qF '&lt;script&gt;&amp;lt;' "$LEDGERS/open/p.svg" || die "$(grep -i script "$LEDGERS/open/p.svg")"
    [ -z "$(command -v xmllint)" ] || xmllint --noout --nonet "$LEDGERS/open/p.svg"
    # Where there is no Graphviz, or it can't be written, nothing is left there.
    mkdir -p "$LEDGERS/bin"
    ln -sf "$BUILD/pumasi" "$LEDGERS/bin/"
    run env PATH="$LEDGERS/bin" pumasi positions --picture "$LEDGERS/open/none.svg"
    [ "$status" -eq 1 ]
    [[ $output == *graphviz* ]]
    printf '#!/bin/sh\nexit 3\n' > "$LEDGERS/bin/dot"
    chmod +x "$LEDGERS/bin/dot"
    run env PATH="$LEDGERS/bin:$PATH" "$BUILD/pumasi" positions --picture "$LEDGERS/open/none.svg"
    [ "$status" -eq 1 ]
    [ ! -e "$LEDGERS/open/none.svg" ]
}

@test "a clearing is of those who take part" {
    policy() { # CHOICE
        act coop.policy mapo "{\"coop\":\"mapo\",\"unit\":\"hour\",\"floor\":-6000,\"ceiling\":6000,\"registrar_floor\":-6000,\"registrar_ceiling\":6000,\"reversal_days\":30,\"clearing\":\"$1\"}" treasurer1@mapo treasurer2@mapo
    }
    posted "$(policy never)"
    get treasurer1@hansalim /v1/coops/hansalim/positions
    answered 200 '[.items[] | select(.unit == "hour") | .clears] == [0, 0]'
    screen positions > "$BODY.out"
    grep -qF 'hour: see who would have to pay whom: pumasi settle --plan hour' "$BODY.out" || die "$(cat "$BODY.out")"
    posted "$(policy auto)"
    get treasurer1@hansalim /v1/coops/hansalim/positions
    answered 200 '[.items[] | select(.unit == "hour") | .clears] == [200, 200]'
}

round_over() {
    get treasurer1@hansalim /v1/clearing/hour
    answered 200 '.state != "open"' 2> /dev/null
}

@test "an open round is told of" {
    posted "$(act clearing.propose hansalim "{\"unit\":\"hour\",\"deadline\":$(($(date +%s) + 86400))}" treasurer1@hansalim treasurer2@hansalim)"
    round=$INDEX
    screen positions > "$BODY.out"
    grep -qF 'hour: a round of clearing waits for your answer: pumasi clearing show hour' "$BODY.out" || die "$(cat "$BODY.out")"
    posted "$(act clearing.decline hansalim "{\"unit\":\"hour\",\"round\":$round}" treasurer1@hansalim treasurer2@hansalim)"
    until_ok 30 round_over || die "the round goes on without anything to clear: $(cat "$BODY")"
}

@test "the trade of the network, without its members" {
    auditor '*' all
    pumasi network --json > "$BODY.json"
    jq -e '.coops == 3 and ([.units[].unit] == ["box", "hour"])' "$BODY.json"
    jq -e '.units[1].total | .payments == 3 and .amount == 750 and .within == 0 and .between == 750 and
        .share_within_per_mille == 0' "$BODY.json"
    jq -e '[.units[1].flows[] | [.from, .to, .category, .payments, .amount]] | sort == [["clinic", "hansalim", "", 1, 250],
        ["hansalim", "mapo", "", 1, 300], ["mapo", "clinic", "", 1, 200]]' "$BODY.json"
    run ! grep -qE '@|m000|doc' "$BODY.json"
    pumasi network --unit hour --picture "$LEDGERS/open/n.svg" > "$BODY.out"
    grep -q '<svg' "$LEDGERS/open/n.svg"
    grep -qF 'Between co-ops' "$BODY.out"
    pumasi network --csv | grep -qF ',hour,time,hansalim,mapo,'
    pumasi network --from 2031-01 --json | is_true '[.units[].total.payments] | add == 0'
    run pumasi network --from 2031
    [ "$status" -eq 2 ]
    # From an export, without a ledger, the same.
    "$LEDGERD" export "$LEDGERS/open/export" --data "$LEDGERS/main" > "$BODY.export" 2>&1 3>&- || die "$(cat "$BODY.export")"
    XDG_CONFIG_HOME=$LEDGERS/nowhere pumasi network --log "$LEDGERS/open/export" --json | diff - "$BODY.json"
}

@test "a co-op that is owed what it owes is quits" {
    posted "$(payment doc@clinic m0000@hansalim 50)"
    screen positions > "$BODY.out"
    grep -qF 'We owe 5:00 hour and are owed as much: on the whole we are quits.' "$BODY.out" || die "$(cat "$BODY.out")"
    posted "$(payment m0000@hansalim doc@clinic 50)"
}

# Of an account, by all of its postings: the record of the oldest that isn't paid off.
oldest() { # ACCOUNT
    ledger_psql main -F ' ' -c "SELECT amount, idx FROM postings WHERE account = '$1' ORDER BY seq" | awk '
        { left = $1
          while (left != 0 && first <= last && (q[first] > 0) != (left > 0)) {
              a = q[first] < 0 ? -q[first] : q[first]; b = left < 0 ? -left : left
              if (a <= b) { left += q[first]; first++ } else { q[first] += left; left = 0 }
          }
          if (left != 0) { q[++last] = left; r[last] = $2 } }
        BEGIN { first = 1; last = 0 } END { print first <= last ? r[first] : "none" }'
}

@test "the oldest debt that stands is told, however much has been posted" {
    local i from to
    posted "$(line hansalim mapo 5000 false)"
    RANDOM=7
    for i in $(seq 1 210); do
        from=m0000@hansalim to=m0001@mapo
        ((RANDOM % 5 > 2)) || { from=m0001@mapo to=m0000@hansalim; }
        payment "$from" "$to" $((1 + RANDOM % 30))
    done > "$BODY.lines"
    for i in 1 2 3; do
        sed -n "$((i * 70 - 69)),$((i * 70))p" "$BODY.lines" > "$BODY.part"
        post_lines "$BODY.part"
        answered 200
        [ "$(jq -s 'map(.status) | unique == [201]' "$BODY")" = true ] || die "$(sort "$BODY" | uniq -c | head)"
        # Sums are made again from the log as they were; then each record is of a day of its own.
        [ "$i" -ne 1 ] || check_rebuild main
        ledger_psql main -c "UPDATE records SET header = regexp_replace(header, '\"time\":\"[^\"]*\"',
            '\"time\":\"' || to_char(timestamp '2027-01-01 03:00' + idx * interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') || '\"')"
        for side in 'hansalim mapo' 'mapo hansalim'; do
            get "registrar@${side% *}" "/v1/coops/${side% *}/positions"
            answered 200 '.items[] | select(.partner == $p and .unit == "hour") | .position != 0 and .oldest == $day' --arg p "${side#* }" \
                --arg day "$(date -u -d "2027-01-01 + $(oldest "!pos.${side#* }@${side% *}/hour") days" +%F)"
        done
    done
    [ "$(ledger_psql main -c "SELECT count(*) FROM position_sums")" -ge 6 ]
    [ -z "$(ledger_psql main -c "SELECT s.account, s.seq FROM position_sums s WHERE (raised, lowered) IS DISTINCT FROM
        (SELECT ROW(sum(greatest(amount, 0)), sum(greatest(-amount, 0))) FROM postings p WHERE p.account = s.account AND p.seq <= s.seq)")" ]
    [ "$(ledger_psql main -c "SELECT count(*) FROM position_sums")" -eq "$(ledger_psql main -c "SELECT sum(n / 64)
        FROM (SELECT count(*) AS n FROM postings WHERE account LIKE '!pos.%' GROUP BY account) p")" ]
}
