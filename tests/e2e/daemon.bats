#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# ledgerd as its operator sees it: init, start, stop, what it logs, databases that aren't its own, export and
# rebuild. One ledger serves all tests; those that need another one make it.

load ../lib/ledger
load ../lib/wire
load ../lib/nothing_lost

setup_file() {
    ledger_setup
    wire_start main 4
    posted "$(payment m0000@hansalim m0002@hansalim 90 --text 'memo=두 이랑')"
    posted "$(payment m0002@hansalim m0000@hansalim 30)"
    post "$(act threshold.set hansalim '{"holder":"hansalim","role":"treasurer","threshold":1}' treasurer2@hansalim \
        --exp 86400)" # it waits until the last tests
    answered 202
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

says() { # STATUS TEXT: of the last run
    [ "$status" -eq "$1" ] || die "status $status instead of $1: $output" || return 1
    [[ $output == *"$2"* ]] || die "it doesn't say \"$2\": $output"
}

# A command that must fail.
never() {
    if "$@"; then
        die "this must not be so: $*"
    fi
}

@test "the log key that init says to print is the one that people see when they connect" {
    local shown
    shown=$(XDG_CONFIG_HOME=$LEDGERS/visitor "$BUILD/pumasi" --yes connect "$(ledger_url main)" 2>&1 |
        sed -n 's/^Log key *//p')
    [ "${#shown}" -eq 43 ] || die "no fingerprint: $shown"
    grep -qF "everybody who connects: $shown" "$LEDGERS/main.init" || die "$shown: $(cat "$LEDGERS/main.init")"
}

@test "init says what is missing, and makes nothing then" {
    local steward=$LEDGERS/steward.jwk
    init() { # OPTION...
        run "$LEDGERD" init --data "$LEDGERS/no" "$@" 3>&-
    }
    init --name N --steward "$steward"
    says 2 '--origin is wanted'
    for origin in 'Ledger.Example' 'a b' 'a#b' '' "$(printf '%0200d' 0)"; do
        init --origin "$origin" --name N --steward "$steward"
        says 2 '--origin is wanted'
    done
    init --origin o.example --steward "$steward"
    says 2 '--name is wanted'
    init --origin o.example --name $'two\nlines' --steward "$steward"
    says 2 'The name '
    init --origin o.example --name N
    says 2 '--steward is wanted'
    init --origin o.example --name N --steward "$LEDGERS/nobody.jwk"
    says 1 "Can't read $LEDGERS/nobody.jwk"
    echo '{}' > "$LEDGERS/bad.jwk"
    init --origin o.example --name N --steward "$LEDGERS/bad.jwk"
    says 1 "isn't a public key"
    init --origin o.example --name N --steward "$steward" --threshold 2
    says 2 'The threshold is higher than the number of stewards.'
    init --origin o.example --name N --steward "$steward" --threshold 0
    says 2 'is no number from 1 to 100'
    init --origin o.example --name N --steward "$steward" --zone Mars/Base
    says 2 'The time zone "Mars/Base" isn'
    init --origin o.example --name N --steward "$steward" --frob
    says 2 'usage: '
    # The same key twice is no ledger either; nor is one with the keys of another.
    cp "$steward" "$LEDGERS/same.jwk"
    init --origin o.example --name N --steward "$steward" "$LEDGERS/same.jwk"
    says 2 "$steward and $LEDGERS/same.jwk hold the same key"
    init --origin o.example --name N --steward "$steward" --keys "$LEDGERS/main"
    says 2 '--keys goes with --from'
    [ ! -e "$LEDGERS/no" ]
    run "$LEDGERD" --data "$LEDGERS/nowhere" 3>&-
    says 1 'there is no data folder'
    run "$LEDGERD" frobnicate 3>&-
    [ "$status" -eq 2 ]
}

@test "what runs is not touched by a second ledgerd, nor by init" {
    run "$LEDGERD" --data "$LEDGERS/main" --listen "127.0.0.1:$(free_port)" 3>&-
    says 1 'another ledgerd is at work in the data folder'
    run "$LEDGERD" init --data "$LEDGERS/main" --origin o.example --name N --steward "$LEDGERS/steward.jwk" 3>&-
    says 1 'another ledgerd is at work in the data folder'
    ledger_is_up main
    # A port that somebody has.
    ledger_init port
    run "$LEDGERD" --data "$LEDGERS/port" --listen "127.0.0.1:${LEDGER_PORT[main]}" --metrics_listen '' 3>&-
    says 1 "can't listen on 127.0.0.1 port ${LEDGER_PORT[main]}: Address already in use"
    [ -z "$(ledger_pg_pids port)" ]
    # A second init leaves the first one's ledger as it is.
    cp "$LEDGERS/port/log.key" "$BATS_TEST_TMPDIR/log.key"
    run "$LEDGERD" init --data "$LEDGERS/port" --origin o.example --name N --steward "$LEDGERS/steward.jwk" 3>&-
    says 1 'There is a ledger in this database already: nothing was changed.'
    cmp "$LEDGERS/port/log.key" "$BATS_TEST_TMPDIR/log.key"
    ledger_start port
    ledger_wait port
    [ "$(curl -s "$(ledger_url port)/v1/ledger" | jq -r .origin)" = test.example/port ]
    # Another ledger's key.
    ledger_stop port
    cp -p "$LEDGERS/port/log.key" "$LEDGERS/port/log.key.own"
    cat "$LEDGERS/main/log.key" > "$LEDGERS/port/log.key"
    run "$LEDGERD" --data "$LEDGERS/port" --listen "127.0.0.1:$(free_port)" --metrics_listen '' 3>&-
    says 1 "log.key isn't the log key of the ledger test.example/port"
    cat "$LEDGERS/port/log.key.own" > "$LEDGERS/port/log.key"
    chmod 777 "$LEDGERS/port"
    run "$LEDGERD" --data "$LEDGERS/port" --listen "127.0.0.1:$(free_port)" --metrics_listen '' 3>&-
    says 1 'others can write the data folder'
}

@test "an init that failed half-way can be repeated, and never touches keys that it didn't make" {
    local data=$LEDGERS/open/half sum
    init() { # [OPTION...]
        run "$LEDGERD" init --data "$data" --origin o.example --name N --steward "$LEDGERS/steward.jwk" "$@" 3>&-
    }
    # No PostgreSQL: nothing is in the way of the next try.
    init --pg_bin "$LEDGERS/nothing"
    says 1 "No ledger was made. Once that is mended, run this again: nothing in $data has to be removed first."
    # The database is there and the second key can't be written: the first one is taken back.
    "${AS_LEDGERD[@]}" mkdir "$data/clerk.key.new"
    init
    says 1 "Can't write $data/clerk.key"
    says 1 "No ledger was made."
    [ ! -e "$data/log.key" ]
    rmdir "$data/clerk.key.new"
    # Keys that this run didn't make stay: of a run that was killed, or of a ledger whose database is gone.
    for file in log.key clerk.key log-next.key; do
        cp -p "$LEDGERS/main/log.key" "$data/$file"
        init
        says 1 "There is no ledger in the database, but $data holds the keys of one"
        says 1 "remove both and run this again."
        cmp "$LEDGERS/main/log.key" "$data/$file"
        [ "$(cd "$data" && echo *.key)" = "$file" ]
        # Without a database none is made either.
        mv "$data/pg" "$data/away"
        init
        says 1 "There is no ledger in the database, but $data holds the keys of one"
        [ ! -e "$data/pg" ]
        mv "$data/away" "$data/pg"
        rm "$data/$file"
    done
    init
    says 0 "The ledger o.example is made in $data"
    # An export is no way over them.
    sum=$(cat "$data/log.key" "$data/clerk.key" | sha256sum)
    "$LEDGERD" export "$LEDGERS/open/begun" --data "$LEDGERS/main" 3>&-
    mv "$data/pg" "$data/away"
    run "$LEDGERD" init --data "$data" --from "$LEDGERS/open/begun" --keys "$LEDGERS/main" 3>&-
    says 1 "$data holds other keys than --keys names"
    [ ! -e "$data/pg" ]
    [ "$(cat "$data/log.key" "$data/clerk.key" | sha256sum)" = "$sum" ]
}

@test "a database of another version is refused, and it is said which" {
    ledger_init version
    # PostgreSQL runs only while ledgerd does, so each change is made in one that serves.
    with_schema() { # SQL
        ledger_start version
        ledger_wait version
        ledger_psql version -c "$1"
        ledger_stop version
    }
    serve() {
        run timeout 240 "$LEDGERD" --data "$LEDGERS/version" --listen "127.0.0.1:$(free_port)" --metrics_listen '' 3>&-
    }
    run "$LEDGERD" migrate --data "$LEDGERS/version" 3>&-
    says 0 'The tables are up to date; migrations applied now: 0.'
    with_schema "INSERT INTO schema_version (number, name, sha256) VALUES (1000, 'later', repeat('0', 64))"
    serve
    says 1 'the database is newer than this ledgerd (schema 1000, and this ledgerd knows up to'
    run "$LEDGERD" migrate --data "$LEDGERS/version" 3>&-
    says 1 'the database is newer than this ledgerd'
    run "$LEDGERD" export "$LEDGERS/open/version" --data "$LEDGERS/version" 3>&-
    [ "$status" -ne 0 ] || [ -e "$LEDGERS/open/version/ledger.json" ]
    # Nobody serves it now, so there is no PostgreSQL to talk to.
    with_sql() { # SQL: into the stopped cluster, in single-user mode
        (cd / && echo "$1" | "${AS_LEDGERD[@]}" "$(pg_bin)/postgres" --single -D "$LEDGERS/version/pg" ledger 3>&-) \
            > "$LEDGERS/single.log" 2>&1
    }
    with_sql "DELETE FROM schema_version WHERE number = 1000"
    with_sql "UPDATE schema_version SET sha256 = repeat('0', 64) WHERE number = 1"
    serve
    says 1 "migration 1 of the database ("
    says 1 "was changed after it was applied"
    run "$LEDGERD" migrate --data "$LEDGERS/version" 3>&-
    [ "$status" -eq 1 ]
}

# --- the log ---------------------------------------------------------------------------------------

@test "the log: JSON lines when piped, none of them forged, nothing in it that is secret" {
    local name=talk port url secret
    ledger_init $name
    ledger_start $name --log_format auto --log_level debug
    ledger_wait $name
    "$HAMMER" setup "$(ledger_url $name)" --members 4
    wire_meet $name
    posted "$(payment m0000@hansalim m0002@hansalim 1 --text 'memo=geheim 비밀')"
    secret=$("$ACTOR" token m0000@hansalim "$ID" m0000@hansalim GET /v1/accounts/m0000@hansalim/hour)
    get m0000@hansalim /v1/accounts/m0000@hansalim/hour
    answered 200
    forged='{"time":"2026-01-01T00:00:00.000Z","level":"error","msg":"forged"}'
    ask "/v1/%0a$(jq -rn --arg f "$forged" '$f | @uri')%0a"
    ask -H "Authorization: Bearer $secret"$'\x1b[31mforged' /v1/pending
    ask -H $'User-Agent: \x1b]0;forged\x07\u202e' /v1/ledger
    ask -H 'Content-Type: application/json' -d '{"act":"\n'"$forged"'\n"}' /v1/acts
    port=${LEDGER_PORT[$name]}
    for request in $'GET /\n'"$forged"$'\n HTTP/1.1\r\n\r\n' "$forged"$'\r\n\r\n' $'GET / HTTP/9.9\r\nA\x1b: b\r\n\r\n' $'\x01\xff\r\n\r\n'; do
        exec 9<> "/dev/tcp/127.0.0.1/$port"
        printf '%s' "$request" >&9 2> /dev/null || true
        timeout 2 head -c 1 <&9 > /dev/null 2>&1 || true
        exec 9>&-
    done
    # What PostgreSQL says about what clients sent goes there, too.
    kill -KILL "$(ledger_psql $name -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'ledgerd poster'")"
    again() { posted "$(payment m0000@hansalim m0002@hansalim 2 --text 'memo=geheim 비밀')"; }
    until_ok 60 again
    ledger_stop $name
    log=$LEDGERS/$name.log
    [ "$(wc -l < "$log")" -gt 5 ]
    while read -r line; do
        [[ $line == '{"time":"'????-??-??T??:??:??.???'Z","level":"'*'","msg":"'*'}' ]] || die "not a line of the log: $line"
    done < "$log"
    jq -e 'type == "object" and (.msg | length > 0)' "$log" > /dev/null
    [ "$(jq -r 'select(.msg == "forged") | .msg' "$log")" = '' ]
    never env LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$log"
    never grep -qE 'geheim|비밀|홍길동' "$log"
    never grep -qF -- "${secret%%.*}" "$log"
    for key in log clerk; do
        secret=$(jq -r .d "$LEDGERS/$name/$key.key")
        [ "${#secret}" -eq 43 ]
        never grep -qF -- "$secret" "$log"
    done
    # A name that the operator gave, made to look like a line of its own and to colour the terminal.
    run "$LEDGERD" --data "/nowhere"$'\n'"$forged"$'\e[31m\u202e' 3>&-
    [ "$status" -eq 1 ]
    [ "$(jq -r .level <<< "$output" | paste -sd ' ')" = error ] || die "$output"
    [[ $output == *'/nowhere\\n{'*'\\x1b[31m\\u{202e}'* ]] || die "$output"
    # Neither are memos in PostgreSQL's own log.
    never grep -rqE 'geheim|비밀' "$LEDGERS/$name/pg-log"
}

@test "SIGTERM: what was begun is answered, PostgreSQL is stopped cleanly, the next start goes on" {
    local hold=$BATS_TEST_TMPDIR/hold payer
    mkfifo "$hold"
    ledger_psql main < "$hold" > "$hold.out" &
    exec 9> "$hold"
    echo 'BEGIN; SELECT origin FROM head FOR UPDATE;' >&9
    until_ok 20 test -s "$hold.out"
    payment m0000@hansalim m0002@hansalim 3 > "$hold.act"
    curl -s -m 60 -o "$hold.body" -w '%{http_code}' -H 'Content-Type: application/json' --data-binary "@$hold.act" \
        "$URL/v1/acts" > "$hold.status" 9>&- 3>&- &
    payer=$!
    waits() { # it has come, and is what waits: what has expired is looked for now and then, too
        curl -s -m 20 "$URL/readyz" | is_true '.queue > 0' &&
            [ "$(ledger_psql main -c "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")" -gt 0 ]
    }
    until_ok 20 waits
    kill -TERM "$(ledger_pid main)"
    closed() { ! { : < "/dev/tcp/127.0.0.1/${LEDGER_PORT[main]}"; } 2> /dev/null; }
    until_ok 20 closed
    exec 9>&-
    wait "$payer"
    [ "$(cat "$hold.status")" = 201 ]
    "$ACTOR" receipt "$VKEY" < "$hold.body"
    gone() { ledger_is_gone "$(ledger_pid main)"; }
    until_ok 30 gone
    [ -z "$(ledger_pg_pids main)" ]
    [ ! -e "$LEDGERS/main/pg/postmaster.pid" ]
    tail -n 1 "$LEDGERS/main.log" | grep -q 'Stopped\.$'
    ledger_start main
    ledger_wait main
    post "$(cat "$hold.act")"
    answered 200
    tail -n 1 "$LEDGERS/main/pg-log"/* | grep -q 'interrupted; last known up' && die "PostgreSQL was not stopped cleanly"
    run "$LEDGERD" --data "$LEDGERS/main" --help 3>&-
    [ "$status" -eq 0 ]
}

# --- the clock -------------------------------------------------------------------------------------

@test "a clock that leaps back two minutes stops posting until SIGUSR1" {
    local lib name=clock
    lib=$(find /usr/lib -name libfaketimeMT.so.1 -print -quit 2> /dev/null)
    [ -n "$lib" ] || skip "no faketime here"
    [ -z "$(grep -l __asan_init "$LEDGERD")" ] || skip "a sanitizer wants to be the first library"
    ledger_init $name
    OPTIONS[$name]='--sandbox off' # in it, faketime couldn't read its file
    install -m 644 /dev/null "$LEDGERS/$name/clock"
    echo +0 > "$LEDGERS/$name/clock"
    export LD_PRELOAD=$lib FAKETIME_TIMESTAMP_FILE=$LEDGERS/$name/clock FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1 \
        FAKETIME_DONT_FAKE_MONOTONIC=1
    ledger_start $name
    unset LD_PRELOAD
    ledger_wait $name
    "$HAMMER" setup "$(ledger_url $name)" --members 4
    wire_meet $name
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    before=$(jq -r .time "$BODY")
    echo -120 > "$LEDGERS/$name/clock"
    until_ok 20 ledger_in_mode $name 'stopped: clock'
    ask /readyz
    answered 503 '.ready == false'
    [ "$(ledger_metrics $name clock_stopped)" -eq 1 ]
    act=$(payment m0000@hansalim m0002@hansalim 2)
    refused 503 busy "$act"
    header Retry-After '[0-9]*'
    grep -q 'the clock leapt: posting waits for SIGUSR1' "$LEDGERS/$name.log"
    get m0000@hansalim /v1/accounts/m0000@hansalim/hour # it can still be asked
    answered 200 '.balance == -1'
    kill -USR1 "$(ledger_pid $name)"
    until_ok 20 ledger_in_mode $name posting
    post "$act"
    answered 201
    # Records never go back in time.
    [[ ! $(jq -r .time "$BODY") < $before ]]
    ledger_stop $name
}

# --- the clerk -------------------------------------------------------------------------------------

snapshots() { # NAME: how many were recorded
    ledger_psql "$1" -c 'SELECT count(*) FROM snapshots'
}

recorded_snapshots() { # NAME N
    [ "$(snapshots "$1")" -eq "$2" ]
}

@test "the clerk commits to everything once a day, after the day" {
    local lib name=clerk day size one
    lib=$(find /usr/lib -name libfaketimeMT.so.1 -print -quit 2> /dev/null)
    [ -n "$lib" ] || skip "no faketime here"
    [ -z "$(grep -l __asan_init "$LEDGERD")" ] || skip "a sanitizer wants to be the first library"
    install -m 644 /dev/null "$LEDGERS/open/clock"
    OPTIONS[$name]='--sandbox off' # in it, faketime couldn't read its file
    export FAKETIME_TIMESTAMP_FILE=$LEDGERS/open/clock FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1 \
        FAKETIME_DONT_FAKE_MONOTONIC=1
    # It runs for a moment the day before yesterday, yesterday and today.
    for day in 2 1 0; do
        echo "-$((day * 86400))" > "$LEDGERS/open/clock"
        [ "$day" -ne 2 ] || LD_PRELOAD=$lib ledger_init $name
        LD_PRELOAD=$lib ledger_start $name
        ledger_wait $name
        [ "$day" -ne 2 ] || LD_PRELOAD=$lib "$HAMMER" setup "$(ledger_url $name)" --members 4
        wire_meet $name
        until_ok 20 recorded_snapshots $name $((2 - day))
        act=$(LD_PRELOAD=$lib payment m0000@hansalim m0002@hansalim 1)
        posted "$act"
        ledger_stop $name
    done
    ledger_start $name
    ledger_wait $name
    [ "$(ledger_psql $name < "$BATS_TEST_DIRNAME/../lib/snapshot.sql" | grep '|')" = $'1|t\n2|t' ] ||
        die "$(ledger_psql $name < "$BATS_TEST_DIRNAME/../lib/snapshot.sql")"
    # Everybody with a key sees it whole, and nobody else makes one.
    get m0000@hansalim "/v1/records/$(ledger_psql $name -c 'SELECT record FROM snapshots WHERE seq = 2')"
    answered 200 '.parts | length == 2'
    jq -r '.parts[1]' "$BODY" | is_true '.subject == "snapshot:ledger" and .seq == 2 and .state.count > 10'
    # Its leaves are for whoever may read what they count, and a book is no steward's.
    size=$(ledger_psql $name -c 'SELECT size FROM snapshots WHERE seq = 2')
    get registrar@hansalim "/v1/snapshots/$size/books/hansalim"
    answered 200 '.leaf | fromjson | .name == "hansalim"'
    for one in steward m0000@hansalim registrar@mapo; do
        get "$one" "/v1/snapshots/$size/books/hansalim"
        problem 404 not-found
    done
    get steward "/v1/snapshots/$size/accounts/m0000@hansalim/hour"
    problem 404 not-found
    get steward "/v1/snapshots/$size/subjects/hansalim"
    answered 200 '.leaf | fromjson | .name == "hansalim"'
    # What is no text to the database isn't asked of it.
    get m0000@hansalim "/v1/snapshots/$size/subjects/x%ff:m0000@hansalim"
    problem 404 not-found
    refused 403 not-permitted "$(act snapshot ledger \
        "{\"size\":3,\"count\":1,\"root\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" steward)"
    ledger_stop $name
    ledger_start $name
    ledger_wait $name
    check_rebuild $name
    ledger_stop $name
}

# --- export and rebuild ----------------------------------------------------------------------------

@test "export and init --from: every table comes out the same, and what waits waits on" {
    check_rebuild main
    run "$LEDGERD" export "$LEDGERS/open/first" --data "$LEDGERS/main" 3>&-
    says 0 "Exported $(log_size) records of $ID"
    run "$LEDGERD" export "$LEDGERS/open/first" --data "$LEDGERS/main" 3>&-
    [ "$status" -eq 1 ]
    run "$LEDGERD" init --data "$LEDGERS/copy" --from "$LEDGERS/open/first" --keys "$LEDGERS/main" 3>&-
    says 0 "Verified and rebuilt $(log_size) records of $ID."
    ledger_start copy
    ledger_wait copy
    [ "$(curl -s "$(ledger_url copy)/v1/ledger")" = "$(curl -s "$URL/v1/ledger")" ]
    URL=$(ledger_url copy)
    get treasurer1@hansalim /v1/pending
    answered 200 '.items | map(.type) == ["threshold.set"]'
    get m0002@hansalim /v1/accounts/m0002@hansalim/hour/postings
    answered 200 '.items[-1].memo == "두 이랑"'
    ledger_stop copy
}

@test "an export that was tampered with is refused, and it is said where" {
    local base=$LEDGERS/open/base try=$LEDGERS/open/try n
    rm -rf "$base"
    "$LEDGERD" export "$base" --data "$LEDGERS/main" 3>&-
    n=$(jq .size "$base/ledger.json")
    # Record K of the file is the paragraph K + 1.
    record() { awk -v RS= -v k="$1" 'NR == k + 1 { print; exit }' "$base/records"; }
    transfer=$(awk -v RS= '/"part":"posting"/ { print NR - 1; exit }' "$base/records")
    [ "$transfer" -gt 40 ]
    fresh() {
        rm -rf "$try"
        cp -a "$base" "$try"
    }
    replace() { # K TEXT: another text for record K
        awk -v RS= -v ORS='\n\n' -v k="$1" -v file=<(printf '%s\n' "$2") '
            NR == k + 1 { text = ""; while ((getline line < file) > 0) text = text (text == "" ? "" : "\n") line; $0 = text } { print }' \
            FS='\n' <(awk -v RS= -v ORS='\n\n' '{ print }' "$base/records") > "$try/records"
    }
    # Changes record K by a sed script, and its header so that every part has its hash there.
    forge() { # K SCRIPT
        local text header parts
        text=$(record "$1" | sed "2,\$$2")
        header=$(head -n 1 <<< "$text")
        parts=$(sed 1d <<< "$text" | "$ACTOR" hash | sed 's/.*/"&"/' | paste -sd ,)
        replace "$1" "${header%%\"parts\":*}\"parts\":[$parts]}"$'\n'"$(sed 1d <<< "$text")"
        ! cmp -s "$base/records" "$try/records" || die "nothing was forged by $2"
    }
    # A refused rebuild leaves its database empty, so that one is enough for all.
    no() { # TEXT
        run "$LEDGERD" init --data "$LEDGERS/tampered" --from "$try" --keys "$LEDGERS/main" 3>&-
        says 1 "$1"
    }
    fresh
    cmp <(awk -v RS= -v ORS='\n\n' '{ print }' "$base/records") "$base/records"

    replace "$transfer" "$(record "$transfer" | sed '3s/"amount":-90/"amount":-91/')"
    no "record $transfer: "
    forge "$transfer" '{/"part":"posting"/s/"balance":-90/"balance":-80/}'
    no "record $transfer: "
    forge "$transfer" '{/"part":"posting"/s/"amount":-90/"amount":-80/}'
    no "record $transfer: "
    forge "$transfer" '{/"part":"book"/s/"seq":/"seq":1/}'
    no "record $transfer: "
    forge "$transfer" '{/"part":"act"/{s/"signature":"A/"signature":"B/;t;s/"signature":"./"signature":"A/}}'
    no "record $transfer: "
    forge 1 '{/"part":"change"/s/"scale":60/"scale":61/}'
    no "record 1: "
    replace 5 "$(record 5 | sed '1s/"rules":1/"rules":2/')"
    no "record 5: "
    replace 5 "$(record 5 | sed '1s/"time":"20../"time":"2020/')"
    no "record 5: "
    replace 5 "$(record 5 | sed '1s/"v":1,/"v":1, /')"
    no "record 5: "
    awk -v RS= -v ORS='\n\n' 'NR == 8 { keep = $0; next } { print } NR == 9 { print keep }' "$base/records" > "$try/records"
    no "record 7: "
    awk -v RS= -v ORS='\n\n' 'NR != 8' "$base/records" > "$try/records"
    no "record 7: "
    awk -v RS= -v ORS='\n\n' '{ print } NR == 8 { print }' "$base/records" > "$try/records"
    no "record 8: "
    awk -v RS= -v ORS='\n\n' -v n="$n" 'NR < n' "$base/records" > "$try/records"
    no "checkpoint: it isn't of these records"
    head -c -300 "$base/records" > "$try/records"
    no "record $((n - 1)): "

    fresh
    sed -i 's/두 이랑/세 이랑/' "$try/texts.ndjson"
    no "record $transfer: "
    fresh
    sed -i '1{h;d};2{G}' "$try/texts.ndjson"
    no "the lines of texts.ndjson aren't in the order of the log"
    fresh
    sed -i '$s/"index":[0-9]*/"index":99999/' "$try/texts.ndjson"
    no "texts.ndjson: "
    fresh
    sed -i "s/^$n\$/$((n - 1))/" "$try/checkpoint"
    no "checkpoint: "
    fresh
    cp "$base/checkpoint" "$try/checkpoint"
    sed -i 's/"id":"[^"]*"/"id":"test.example\/main#AAAA"/' "$try/ledger.json"
    no "ledger.json: it names another ledger's id"
    fresh
    rm "$try/ledger.json"
    no "isn't a whole export"

    # Erased texts are no damage, and the whole is taken at last.
    fresh
    : > "$try/texts.ndjson"
    run "$LEDGERD" init --data "$LEDGERS/tampered" --from "$try" --keys "$LEDGERS/main" 3>&-
    says 0 "Verified and rebuilt $n records"
}

@test "metrics are served on their own address, or nowhere" {
    ledger_init quiet
    ledger_start quiet --metrics_listen ''
    ledger_wait quiet
    never curl -sf -m 20 "http://127.0.0.1:$((LEDGER_PORT[quiet] + METRICS_ABOVE))/metrics"
    ledger_stop quiet
    [ "$(ledger_metrics main posting)" -eq 1 ]
    [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$((LEDGER_PORT[main] + METRICS_ABOVE))/v1/ledger")" = 404 ]
}
