#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# pumasi book and pumasi report, as an office uses them, in a ledger that `hammer setup` made. The person here
# has one key, an auditor's of hansalim.

export LEDGER_ZONE=Asia/Seoul # whose midnights these tests know
load ../lib/ledger
load ../lib/wire

setup() {
    ledger_setup
    export PUMASI_BATCH=1 TZ=UTC XDG_CONFIG_HOME=$LEDGERS/config XDG_STATE_HOME=$LEDGERS/state
    unset PUMASI_PROFILE PUMASI_KEY NO_COLOR
    ledger_init main
    OPTIONS[main]='--member_acts_per_day 0' # a load says more than that
    ledger_start main
    ledger_wait main
    "$HAMMER" setup "$(ledger_url main)" --members 40 > "$LEDGERS/setup.log"
    wire_meet main
    pumasi --yes connect "$URL" > "$LEDGERS/connect.log" 2>&1
    pumasi key new --holder hansalim --role auditor --out eye --no-passphrase > "$LEDGERS/key.log" 2>&1
    post "$(act key.add hansalim "{\"holder\":\"hansalim\",\"role\":\"auditor\",\"key\":$(pumasi key export eye)}" \
        treasurer1@hansalim treasurer2@hansalim)"
    answered 202
    pumasi --yes sign > "$LEDGERS/sign.log" 2>&1
}

teardown() {
    [ -z "${LOAD:-}" ] || kill -KILL "$LOAD" 2> /dev/null || true
    ledger_teardown
}

pumasi() {
    "$BUILD/pumasi" "$@" 3>&-
}

# On a terminal of 80 columns.
screen() { # ARGUMENT...
    TERM=xterm NO_COLOR=1 script -qec "stty cols 80; '$BUILD/pumasi' $*" /dev/null 2>&1 3>&- < /dev/null | tr -d '\r'
}

# Days are pushed apart: the records from $1 on are of that time, as far as their headers' texts say.
at() { # INDEX TIME
    ledger_psql main -c "UPDATE records SET header = regexp_replace(header, '\"time\":\"[^\"]*\"', '\"time\":\"$2\"') WHERE idx >= $1"
}


log_grew() { # SIZE
    [ "$(log_size)" -gt "$1" ]
}

# What pumasi prints, once the ledger isn't too busy to say it.
answer() { # FILE ARGUMENT...
    local status=4 deadline=$((SECONDS + 240))
    while [ "$status" -eq 4 ] && [ "$SECONDS" -lt "$deadline" ]; do
        status=0
        pumasi "${@:2}" > "$1" 2> "$1.err" || status=$?
    done
    return "$status"
}

# A winter: January's payments, one of which is taken back in February; a purse's; a registrar's.
winter() {
    local first
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    first=$INDEX
    posted "$(act transfer m0000@hansalim '{"from":"m0000@hansalim","to":"m0002@hansalim","unit":"hour","amount":90,"category":"garden","value_date":"2026-01-02"}' \
        m0000@hansalim --text 'memo=텃밭, half a day')"
    JANUARY=$INDEX
    posted "$(act transfer m0002@hansalim '{"from":"m0002@hansalim","to":"m0004@hansalim","unit":"hour","amount":45,"category":"repair"}' m0002@hansalim)"
    posted "$(act reversal m0002@hansalim "{\"record\":$JANUARY,\"amount\":30}" m0002@hansalim --text 'reason=an hour only')"
    FEBRUARY=$INDEX
    posted "$(act transfer hansalim '{"from":"purse@hansalim","to":"m0004@hansalim","unit":"hour","amount":300}' treasurer1@hansalim treasurer2@hansalim)"
    at 0 2025-12-01T12:00:00.000Z
    at "$first" 2025-12-31T14:59:59.999Z
    at "$JANUARY" 2025-12-31T15:00:00.000Z
    at "$FEBRUARY" 2026-02-10T09:00:00.000Z
}

@test "an office reads its book: sums on screen, days, journal, tables" {
    winter
    run screen book
    echo "$output"
    # The clerk finds days that are over, and may have recorded a snapshot meanwhile.
    grep -qE "^The book of hansalim \(last record [0-9]+, (2026-02-10 09:00|$(date +%Y)-..-.. ..:..)\)$" <<< "$output"
    grep -qE '^Total +0:00' <<< "$output"
    grep -qE '^m0004 .* 5:45 .* 2026-02-10$' <<< "$output"
    [ "$(awk '{ if (length($0) > 80) n++ } END { print n + 0 }' <<< "$output")" -eq 0 ]
    # At the end of January nothing was taken back yet, and the purse had not paid.
    run screen book --as-of 2026-01-31
    echo "$output"
    grep -qE "^The book of hansalim at the end of 2026-01-31 \(last record $((FEBRUARY - 1)), " <<< "$output"
    grep -qE '^m0000 .* -1:31  2026-01-01' <<< "$output"
    grep -qE '^Total +0:00' <<< "$output"
    [[ $output != *purse* ]]
    run pumasi --json book --as-of 2025-12-31
    [ "$(jq -c '.units[] | [.unit, .total, (.accounts | map([.account, .balance]))]' <<< "$output")" = \
        '["hour",0,[["m0000@hansalim/hour",-1],["m0002@hansalim/hour",1]]]' ]
    run pumasi book --as-of 2025-11-30
    [ "$status" -eq 0 ]
    [ "$output" = "There is no account in it." ]
    # The journal, oldest first.
    run pumasi book --postings --since 2026-01-01
    [ "$status" -eq 0 ]
    diff - <(cut -f 2- <<< "$output" | tr '\t' '|') << END
2026-01-01|2026-01-02|m0000@hansalim|m0002@hansalim|1:30|hour|garden|member|||30|텃밭, half a day
2026-01-01||m0002@hansalim|m0004@hansalim|0:45|hour|repair|member||||
2026-02-10||m0002@hansalim|m0000@hansalim|0:30|hour|garden|member|$JANUARY|||an hour only
2026-02-10||purse@hansalim|m0004@hansalim|5:00|hour||treasurers||||
END
    run screen book --postings --category garden --until 2026-02-28
    echo "$output"
    grep -qE "^ +$JANUARY  2026-01-01  m0000  m0002  +1:30  0:30 of it taken back; garden; for 2026-01-02; \"텃밭, half a day\"" <<< "$output"
    grep -qE "takes back record $JANUARY; garden; \"an hour only\"" <<< "$output"
    grep -qF '2 records; each sums to zero.' <<< "$output"
    run pumasi book --postings --member m0004@hansalim hour --csv
    [ "$(tail -n 1 <<< "$output" | tr -d '\r' | cut -d, -f 2,5,7,9-14)" = \
        '2026-02-10,purse@hansalim,m0004@hansalim,hour,5.000000,60,300,,treasurers' ] || die "$output"
    for command in book 'book --postings' report 'report --by member'; do
        # shellcheck disable=SC2086
        [ "$(pumasi $command --csv --bom | head -c 3 | od -An -tx1)" = ' ef bb bf' ]
    done
    # What would have no effect is no option.
    for command in 'book --bom' 'report --bom' '--json book --csv' '--json report --csv' 'book hansalim hour -u won' \
        'book --postings --category Garden!'; do
        # shellcheck disable=SC2086
        run pumasi $command
        [ "$status" -eq 2 ] || die "$command: $status, $output"
    done
    # Nobody's who isn't of the office.
    run pumasi book mapo
    [ "$status" -eq 1 ]
}

@test "a report agrees with the book, whatever its days" {
    local from to
    winter
    run screen report --from 2026-01-01 --to 2026-01-31
    echo "$output"
    grep -qF 'Exchanges between members: 2, 2:15 hour net of what was taken back.' <<< "$output"
    grep -qE '^Active members: 3; the co-op has [0-9]+ now\.$' <<< "$output"
    grep -qE '^2026-01 +2 +2:15 +0:00 +2:15 +0:00 +3$' <<< "$output"
    run screen report
    grep -qE '^2026-02 +0 +0:00 +0:30 +-0:30 +5:00 +1$' <<< "$output"
    grep -qE '^garden +1 +1:30 +0:30 +1:00 +0:00 +2$' <<< "$output"
    grep -qE '^\(none\) +1 +0:01 +0:00 +0:01 +5:00 +3$' <<< "$output"
    grep -qE '^All +3 +2:16 +0:30 +1:46 +5:00 +3$' <<< "$output"
    grep -qE '^all that was posted +7:46 +-7:46 +0:00$' <<< "$output"
    [ "$(awk '{ if (length($0) > 80) n++ } END { print n + 0 }' <<< "$output")" -eq 0 ]
    # Opening and closing balances are those of the book, for every account and any days.
    while read -r from to before; do
        pumasi --json report --from "$from" --to "$to" > "$LEDGERS/report"
        pumasi --json book --as-of "$to" > "$LEDGERS/closing"
        pumasi --json book --as-of "$before" > "$LEDGERS/opening"
        for one in opening closing; do
            diff <(jq -c ".units[].accounts[] | select(.$one != 0 or .postings > 0) | [.account, .$one]" "$LEDGERS/report" | sort) \
                <({ jq -c '.units[].accounts[] | [.account, .balance]' "$LEDGERS/$one"
                    [ "$one" = closing ] || jq -c '.units[].accounts[] | select(.opening == 0 and .postings > 0) | [.account, 0]' "$LEDGERS/report"
                } | sort) || die "$one of $from to $to"
        done
        jq -e '.units | all((.accounts | map(.opening) | add) == 0 and (.accounts | map(.closing) | add) == 0
            and (.accounts | all(.opening + .received - .paid == .closing))
            and ((.accounts | map(.received) | add) == ((.total.amount + .total.reversed + .total.other_amount + .total.other_reversed) // 0))
            and ((.months | map(.net) | add) == .total.net) and ((.categories | map(.net) | add) == .total.net)
            and ((.months | map(.exchanges) | add) == .total.exchanges))' "$LEDGERS/report" > /dev/null || die "$(cat "$LEDGERS/report")"
    done << END
2026-01-01 2026-01-31 2025-12-31
2025-12-31 2026-02-10 2025-12-30
2026-02-01 2026-02-28 2026-01-31
2026-01-01 2026-12-31 2025-12-31
END
    # What was posted in three parts of the time is what was posted in all of it.
    pumasi --json report | jq '.units[0].total | [.exchanges, .net, .other_net]' > "$LEDGERS/all"
    for days in '--to 2025-12-31' '--from 2026-01-01 --to 2026-01-31' '--from 2026-02-01'; do
        # shellcheck disable=SC2086
        pumasi --json report $days | jq '.units[0].total | [.exchanges, .net, .other_net]'
    done | jq -s 'transpose | map(add)' | diff "$LEDGERS/all" -
    run pumasi report --csv --by category
    [ "$(tr -d '\r' <<< "$output" | grep ',category,garden,')" = \
        'hour,category,garden,1,1.500000,1,0.500000,1.000000,2,0,0.000000,60,90,30,60,0,0,0' ] || die "$output"
}

@test "no sum is ever wrong beside a running load" {
    local last size
    # hansalim has a book from its first transfer on, which may be later than others' first.
    exchanged() { pumasi --json book 2> /dev/null | is_true '.units | length > 0'; }
    last=$(log_size)
    "$HAMMER" run "$URL" --journal "$LEDGERS/journal" --seconds 3600 --connections 2 > "$LEDGERS/load.log" 2>&1 3>&- &
    LOAD=$!
    until_ok 60 exchanged || die "hansalim exchanges nothing: $(cat "$LEDGERS/load.log")"
    for _ in 1 2 3 4 5; do
        until_ok 60 log_grew "$last" || die "nothing is posted meanwhile: $(cat "$LEDGERS/load.log")"
        answer "$LEDGERS/book" --json book || die "book: $(cat "$LEDGERS/book" "$LEDGERS/book.err")"
        jq -e '.units | length > 0 and all(.total == 0 and (.accounts | map(.balance) | add) == 0)' "$LEDGERS/book" > /dev/null
        size=$(jq .size "$LEDGERS/book")
        last=$size
        answer "$LEDGERS/report" report || die "report: $(cat "$LEDGERS/report" "$LEDGERS/report.err")"
    done
    # The load has not ended by itself.
    kill -TERM "$LOAD"
    LOAD=''
}

@test "a book that is wrong is said to be, loudly" {
    winter
    ledger_psql main -c "UPDATE legs SET balance = balance + 1 WHERE seq = 1
        AND number = (SELECT number FROM accounts WHERE account = 'm0004@hansalim/hour')"
    run pumasi book --as-of 2026-01-31
    [ "$status" -eq 5 ] || die "$output"
    [[ $output == *'THIS BOOK IS WRONG: the balances of hansalim sum to 0:01 hour instead of zero.'* ]]
    # What it is now has another balance, which is right; the way there isn't.
    run pumasi book
    [ "$status" -eq 0 ]
    run pumasi report --from 2026-02-01
    [ "$status" -eq 5 ] || die "$output"
    [[ $output == *'THIS BOOK IS WRONG'* ]]
    ledger_psql main -c "UPDATE legs SET balance = balance - 1 WHERE seq = 1
        AND number = (SELECT number FROM accounts WHERE account = 'm0004@hansalim/hour')"
    pumasi report --from 2026-02-01 > /dev/null
}

@test "texts that no record can hold are harmless on a terminal" {
    winter
    ledger_psql main -c "UPDATE texts SET body = body || E'\\x1b[2J\\u009b\\u202e'"
    for command in 'book --postings' 'book --postings --csv' 'book --csv' 'report --by member --csv' 'export --book hansalim --names' \
        'export --book hansalim --names --format hledger' 'export --book hansalim --names --format beancount'; do
        # shellcheck disable=SC2086
        run pumasi $command
        [ "$status" -eq 0 ] || die "$command: $output"
        ! LC_ALL=C grep -qaE $'\x1b|\xc2\x9b|\xe2\x80\xae' <<< "$output" || die "$command: $(head -c 400 <<< "$output" | od -c | head -n 30)"
    done
    [[ $output == *'half a day\\x1b[2J\\xc2\\x9b'* ]] || die "$output"
}
