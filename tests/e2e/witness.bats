#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Witnesses: three ledgers that witness each other, one of which is rolled back; a small machine with
# `pumasi witness` alone; witnesses that are down, slow or lie, which delay nobody.

load ../lib/ledger
load ../lib/import
load ../lib/liar
load ../lib/sisters

setup() {
    ledger_setup
    export PUMASI_BATCH=1 TZ=UTC XDG_CONFIG_HOME=$LEDGERS/config XDG_STATE_HOME=$LEDGERS/state
    unset PUMASI_PROFILE PUMASI_KEY
}

teardown() {
    [ -z "${HANGING:-}" ] || kill "$HANGING" 2> /dev/null || true
    liar_stop
    ledger_teardown
}

# Three ledgers that all witness each other.
three() {
    local name other
    declare -gA WITNESS
    for name in a b c; do
        new_ledger "$name"
    done
    for name in a b c; do
        OPTIONS[$name]="--follow_seconds 1 --cosign_seconds 1"
        {
            echo '[witness]'
            echo -n 'witness_for = '
            for other in a b c; do
                [ "$other" = "$name" ] || echo -n "$(vkey $other) $(ledger_url $other), "
            done | sed 's/, $//'
            echo
        } > "$LEDGERS/$name.sisters"
        install -m 644 "$LEDGERS/$name.sisters" "$LEDGERS/$name/ledgerd.conf"
    done
    for name in a b c; do
        restart "$name"
        WITNESS[$name]=$(of_ledger "$name" .witness.vkey)
    done
    for name in a b c; do
        {
            echo -n 'witnesses = '
            for other in a b c; do
                [ "$other" = "$name" ] || echo -n "${WITNESS[$other]} $(ledger_url $other), "
            done | sed 's/, $//'
            echo
        } >> "$LEDGERS/$name/ledgerd.conf"
    done
    for name in a b c; do
        restart "$name"
    done
}

# b witnesses a, which answers there.
b_follows_a() { # URL
    OPTIONS[b]='--follow_seconds 1'
    printf '[witness]\nwitness_for = %s %s\n' "$(vkey a)" "$1" > "$LEDGERS/b.conf"
    install -m 644 "$LEDGERS/b.conf" "$LEDGERS/b/ledgerd.conf"
    restart b
}

has_cosigned_4() {
    [ "$(ledger_metrics a 'cosigned_records{witness="test.example\/b"}')" -eq 4 ]
}

@test "three ledgers witness each other; one is rolled back, and both others see it" {
    local name
    three
    for name in a b c; do
        grow "$name" 3
    done
    for name in a b c; do
        until_ok 30 shows "$name" 4 # only then are lines below it those of this size
    done
    until_ok 30 cosigned_by a test.example/b test.example/c || die "$(checkpoint a)"
    until_ok 30 cosigned_by b test.example/a test.example/c || die "$(checkpoint b)"
    until_ok 30 cosigned_by c test.example/a test.example/b || die "$(checkpoint c)"
    [ "$(of_ledger a '.witnesses | length')" -eq 2 ]
    [ "$(of_ledger a '.forks | length')" -eq 0 ]
    [ "$(stat -c %a "$LEDGERS/a/witness.key")" = 600 ]

    until_ok 30 has_cosigned_4
    checkpoint c > "$LEDGERS/old-note"

    # An old copy of everything that c has, its checkpoint outside of the database with it.
    ledger_stop c
    cp -a "$LEDGERS/c" "$LEDGERS/c.old"
    ledger_start c
    ledger_wait c
    until_ok 30 ledger_in_mode c posting
    grow c 3
    until_ok 30 shows c 7 # only then are lines below it those of this size
    until_ok 30 cosigned_by c test.example/a test.example/b
    ledger_stop c
    mv "$LEDGERS/c" "$LEDGERS/c.new"
    mv "$LEDGERS/c.old" "$LEDGERS/c"
    ledger_start c
    ledger_wait c
    until_ok 30 ledger_in_mode c posting
    # It shows a smaller log than it had signed, and is told so by its own witnesses.
    until_ok 30 grep -q 'shows a smaller log' "$LEDGERS/a.log"
    until_ok 30 grep -q 'cosigned a larger log' "$LEDGERS/c.log"
    [ "$(of_ledger c '[.witnesses[] | select(.ahead == 7)] | length')" -ge 1 ]
    [ "$(ledger_metrics c witnesses_ahead)" -ge 1 ]
    # Whoever brings the old cosignatures again calls nothing off.
    curl -sf -m 60 --data-binary "@$LEDGERS/old-note" "$(ledger_url c)/v1/cosignatures" | is_true '.taken == 2'
    [ "$(of_ledger c '[.witnesses[] | select(.ahead == 7)] | length')" -ge 1 ]
    [ "$(ledger_metrics c witnesses_ahead)" -ge 1 ]
    as_others
    grow c 4 # another history
    for name in a b; do
        until_ok 60 grep -q FORK "$LEDGERS/$name.log" || die "$name saw nothing"
        [ "$(of_ledger "$name" '.forks[0].origin')" = test.example/c ]
        [ "$(ledger_metrics $name sister_forks)" -eq 1 ]
        [ "$(find "$LEDGERS/$name/witness" -name '*c-*.fork.json' | wc -l)" -eq 1 ]
        # Both checkpoints, each signed by c.
        jq -e '.origin == "test.example/c" and (.remembered | test("^test.example/c\n7\n")) and
            (.shown | test("^test.example/c\n"))' "$LEDGERS/$name"/witness/*c-*.fork.json
    done
    # Nobody cosigns it any more.
    not_cosigned_by c test.example/a
    not_cosigned_by c test.example/b
    # Its file is never written over, and is there after a restart.
    sha256sum "$LEDGERS"/a/witness/*.fork.json > "$LEDGERS/sum"
    grow c 2
    restart a
    [ "$(of_ledger a '.forks[0].origin')" = test.example/c ]
    sha256sum -c "$LEDGERS/sum"
    # Whoever asks a, whose log is as it should be, is told.
    export XDG_STATE_HOME=$LEDGERS/state
    grow a 1
    until_ok 30 cosigned_by a test.example/b test.example/c
    run pumasi -p a --yes connect "$(ledger_url a)"
    [[ $output == *test.example/c* ]] || die "$output"
}

# ---- pumasi witness ----

witness() { # ARGUMENT...
    pumasi -p watch witness "$@"
}

small_machine() {
    new_ledger a
    VKEY=$(witness new watch.example.org 2> /dev/null)
    [[ $VKEY == watch.example.org+* ]]
    [ "$(stat -c %a "$LEDGERS/config/pumasi/watch/witness/key.json")" = 600 ]
    witness follow "$(ledger_url a)" "$(vkey a)"
    OPTIONS[a]="--cosign_seconds 1"
    printf '[witness]\nwitnesses = %s\n' "$VKEY" > "$LEDGERS/a.conf"
    install -m 644 "$LEDGERS/a.conf" "$LEDGERS/a/ledgerd.conf"
    restart a
}

@test "pumasi witness cosigns without an open port, and goes on from what it remembers" {
    small_machine
    run witness --once
    [ "$status" -eq 0 ] || die "$output"
    cosigned_by a watch.example.org
    [ "$(of_ledger a '.witnesses[0].name')" = watch.example.org ]
    [ "$(of_ledger a '.witnesses[0].size')" -eq 1 ]
    grow a 5
    until_ok 10 shows a 6
    run witness --once --json
    [ "$status" -eq 0 ] || die "$output"
    [ "$(jq -r '.items[0].result' <<< "$output")" = cosigned ]
    [ "$(jq -r '.items[0].remembered' <<< "$output")" -eq 6 ]
    cosigned_by a watch.example.org
    # Again: nothing to do.
    run witness --once --json
    [ "$(jq -r '.items[0].result' <<< "$output")" = seen ]
    witness list | grep -q good
    # A key is never overwritten.
    run witness new other.example.org
    [ "$status" -eq 1 ]
    # Two at a time would be two memories.
    flock -F "$LEDGERS/state/pumasi/watch/witness/lock" sleep 600 3>&- &
    until_ok 10 eval '! flock -n "$LEDGERS/state/pumasi/watch/witness/lock" true'
    run witness --once
    kill $!
    [ "$status" -eq 1 ]
}

@test "pumasi witness sees a rollback, and then the fork, and says so each time" {
    local evidence
    small_machine
    ledger_stop a
    cp -a "$LEDGERS/a" "$LEDGERS/a.old"
    ledger_start a
    ledger_wait a
    until_ok 30 ledger_in_mode a posting
    grow a 4
    until_ok 10 shows a 5
    witness --once
    ledger_stop a
    mv "$LEDGERS/a" "$LEDGERS/a.new"
    mv "$LEDGERS/a.old" "$LEDGERS/a"
    ledger_start a
    ledger_wait a
    until_ok 30 ledger_in_mode a posting
    run witness --once
    [ "$status" -eq 1 ] || die "$status: $output"
    [[ $output == *"has signed one of 5"* ]] || die "$output"
    as_others
    grow a 5
    until_ok 10 shows a 6
    export XDG_STATE_HOME=$LEDGERS/state
    run witness --once
    [ "$status" -eq 5 ] || die "$status: $output"
    [[ $output == *"two histories"* ]] || die "$output"
    not_cosigned_by a watch.example.org
    evidence=$(find "$LEDGERS/state/pumasi/watch/evidence" -name '*.fork.json')
    jq -e '.remembered | test("\n5\n")' "$evidence"
    jq -e '.shown | test("\n6\n")' "$evidence"
    sha256sum "$evidence" > "$LEDGERS/sum"
    XDG_STATE_HOME=$LEDGERS/others grow a 1
    until_ok 10 shows a 7
    run witness --once
    [ "$status" -eq 5 ]
    sha256sum -c "$LEDGERS/sum"
    witness list | grep -q HISTORIES
    # Whoever has a receipt of what is gone, and asks by a witness that never saw it, sees it too.
    local fresh
    fresh=$(pumasi -p fresh witness new fresh.example.org 2> /dev/null)
    pumasi -p fresh witness follow "$(ledger_url a)" "$(vkey a)"
    printf '[witness]\nwitnesses = %s, %s\n' "$VKEY" "$fresh" > "$LEDGERS/a.conf"
    install -m 644 "$LEDGERS/a.conf" "$LEDGERS/a/ledgerd.conf"
    restart a
    pumasi -p fresh witness --once
    run pumasi -p a receipts --quorum "1 of fresh=$fresh"
    [ "$status" -eq 5 ] || die "$status: $output"
    [[ $output == *"another history since"* ]] || die "$output"
    jq -e '.evidence == "fork" and .origin == "test.example/a" and (.proof | length > 0)' \
        "$LEDGERS"/state/pumasi/a/evidence/*.json
}

@test "pumasi witness killed at any moment never forgets what it cosigned" {
    local n before after file
    small_machine
    file=$LEDGERS/state/pumasi/watch/witness
    for n in $(seq 12); do
        grow a 1
        until_ok 10 shows a $((n + 1))
        timeout -s KILL "0.0$((n * 3 % 10))" "$BUILD/pumasi" -p watch witness --once > /dev/null 2>&1 3>&- || true
        # Whatever the ledger has of it, it remembers.
        before=$(of_ledger a '.witnesses[0].size // 0')
        after=$(sed -n 2p "$file"/test.example_a-*.note 2> /dev/null || echo 0)
        [ "${after:-0}" -ge "$before" ] || die "cosigned $before, remembers $after"
    done
    run witness --once
    [ "$status" -eq 0 ] || die "$output"
}

@test "what can't be remembered is not cosigned" {
    local notes
    small_machine
    witness --once
    grow a 1
    until_ok 10 shows a 2
    notes=$(echo "$LEDGERS"/state/pumasi/watch/witness/*.note)
    echo damaged > "$notes"
    run witness --once
    [ "$status" -eq 1 ]
    [[ $output == *"can't be used"* ]] || die "$output"
    not_cosigned_by a watch.example.org
}

no_evidence() {
    [ -z "$(find "$LEDGERS" -name '*.fork.json')" ] || die "called a fork: $(find "$LEDGERS" -name '*.fork.json')"
}

@test "who stands between a log and its witness can't have it called a fork" {
    small_machine
    new_ledger b
    liar_start "$(ledger_url a)"
    witness follow "$LIAR" "$(vkey a)"
    # b witnesses a through the same.
    b_follows_a "$LIAR"
    b_knows() {
        [ "$(of_ledger b '.witness.logs[0].size')" -eq "$1" ]
    }
    grow a 2
    until_ok 10 shows a 3
    run witness --once --json
    [ "$status" -eq 0 ] || die "$output"
    until_ok 20 b_knows 3
    liar_says lie
    grow a 1 # from 3 records to 4, and then from a power of two
    until_ok 10 shows a 4
    run witness --once --json
    [ "$status" -eq 4 ] || die "$status: $output"
    [[ $output == *unproved* && $output != *"two histories"* ]] || die "$output"
    not_cosigned_by a watch.example.org
    until_ok 20 grep -q "can't be looked at just now.*does not lead from the checkpoint" "$LEDGERS/b.log"
    liar_says honest
    witness --once
    cosigned_by a watch.example.org
    until_ok 20 b_knows 4
    liar_says lie
    grow a 2
    until_ok 10 shows a 6
    run witness --once
    [ "$status" -eq 4 ] || die "$status: $output"
    # A checkpoint from before, signed as it should be.
    liar_says keep
    grow a 1
    until_ok 10 shows a 7
    liar_says honest
    witness --once
    liar_says old
    run witness --once
    [ "$status" -eq 1 ] || die "$status: $output"
    grow a 1
    no_evidence
    [ "$(of_ledger b '.forks | length')" -eq 0 ]
    [ "$(ledger_metrics b sister_forks)" -eq 0 ]
    liar_says honest
    until_ok 10 shows a 8
    witness --once
    cosigned_by a watch.example.org
    until_ok 20 b_knows 8
}

@test "a log that shows checkpoint and tiles alone is followed, and its fork seen" {
    local evidence
    looked() { # FILTER
        witness --once --json 2> "$LEDGERS/looked" | jq -r ".items[0] | $1"
    }
    new_ledger a
    liar_start "$(ledger_url a)"
    liar_says partials
    witness new watch.example.org > /dev/null 2>&1
    witness follow "$LIAR" "$(vkey a)"
    [ "$(looked '.result')" = unwanted ]
    grow a 7
    until_ok 10 shows a 8
    [ "$(looked .remembered)" -eq 8 ]
    ledger_stop a
    cp -a "$LEDGERS/a" "$LEDGERS/a.old"
    ledger_start a
    ledger_wait a
    until_ok 30 ledger_in_mode a posting
    grow a 1
    until_ok 10 shows a 9
    [ "$(looked .remembered)" -eq 9 ]
    ledger_stop a
    mv "$LEDGERS/a" "$LEDGERS/a.new"
    mv "$LEDGERS/a.old" "$LEDGERS/a"
    ledger_start a
    ledger_wait a
    until_ok 30 ledger_in_mode a posting
    liar_stop
    liar_start "$(ledger_url a)"
    liar_says partials
    witness follow "$LIAR" "$(vkey a)"
    as_others
    grow a 3
    until_ok 10 shows a 11
    export XDG_STATE_HOME=$LEDGERS/state
    run witness --once
    [ "$status" -eq 5 ] || die "$status: $output"
    evidence=$(find "$LEDGERS/state/pumasi/watch/evidence" -name '*.fork.json')
    jq -e '(.remembered | test("\n9\n")) and (.shown | test("\n11\n")) and (.proof | length > 1)' "$evidence"
}

@test "a ledger that doesn't take cosignatures yet is offered them again" {
    new_ledger a
    new_ledger b
    b_follows_a "$(ledger_url a)"
    until_ok 30 grep -q 'takes no cosignatures of this witness' "$LEDGERS/b.log" || die "$(checkpoint a)"
    # a's operator names b, and b's has nothing to do.
    printf '[witness]\nwitnesses = %s\n' "$(of_ledger b .witness.vkey)" > "$LEDGERS/a.conf"
    install -m 644 "$LEDGERS/a.conf" "$LEDGERS/a/ledgerd.conf"
    restart a
    until_ok 90 cosigned_by a test.example/b || die "$(checkpoint a)"
}

@test "the process that goes out is started again when it dies" {
    local minder courier
    new_ledger a
    new_ledger b
    b_follows_a "$(ledger_url a)"
    b_knows() {
        [ "$(of_ledger b '.witness.logs[0].size')" -eq "$1" ]
    }
    of_parent() { # PID NAME: its child of that name
        grep -ls "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status | xargs -r grep -ls "^Name:[[:space:]]*$2\$" | grep -oE '[0-9]+' | head -n 1
    }
    until_ok 20 b_knows 1
    minder=$(of_parent "$(ledger_pid b)" ledgerd-minder)
    courier=$(of_parent "$minder" ledgerd-courier)
    [ -n "$courier" ] || die "no courier"
    kill -KILL "$courier"
    until_ok 10 grep -q 'has died; another one is started' "$LEDGERS/b.log"
    grow a 2
    until_ok 20 b_knows 3 || die "it isn't followed any more"
    [ "$(ledger_metrics b courier_up)" -eq 1 ]
    # Both end with ledgerd, however it ends.
    ledger_kill b
    until_ok 10 eval '! kill -0 "$minder" 2> /dev/null'
    [ -z "$(of_parent "$minder" ledgerd-courier)" ]
}

# ---- What a witness is asked, and answers ----

add_checkpoint() { # NAME FILE: prints status, type and body
    curl -s -m 60 -o "$LEDGERS/answer" -w '%{http_code} %{content_type}' --data-binary "@$2" \
        "$(ledger_url "$1")/add-checkpoint"
}

@test "add-checkpoint answers as tlog-witness says" {
    new_ledger a
    new_ledger b
    printf '[witness]\nwitness_for = %s\n' "$(vkey b)" > "$LEDGERS/a.conf"
    install -m 644 "$LEDGERS/a.conf" "$LEDGERS/a/ledgerd.conf"
    # Without a configuration there is no such thing.
    [[ $(add_checkpoint b /dev/null) == 404* ]]
    restart a
    grow b 2
    { printf 'old 0\n\n'; checkpoint b; } > "$LEDGERS/request"
    [[ $(add_checkpoint a "$LEDGERS/request") == 200* ]] || die "$(cat "$LEDGERS/answer")"
    [ "$(wc -l < "$LEDGERS/answer")" -eq 1 ]
    grep -q '^— test.example/a ' "$LEDGERS/answer"
    # The same again is from the wrong size now, and then from the right one.
    [ "$(add_checkpoint a "$LEDGERS/request")" = '409 text/x.tlog.size' ]
    [ "$(cat "$LEDGERS/answer")" = 3 ]
    { printf 'old 3\n\n'; checkpoint b; } > "$LEDGERS/request"
    [[ $(add_checkpoint a "$LEDGERS/request") == 200* ]]
    { printf 'old 4\n\n'; checkpoint b; } > "$LEDGERS/request"
    [[ $(add_checkpoint a "$LEDGERS/request") == 400* ]]
    { printf 'old 3\n\n'; checkpoint a; } > "$LEDGERS/request"
    [[ $(add_checkpoint a "$LEDGERS/request") == 404* ]]
    { printf 'old 3\n\n'; checkpoint b | sed '$s/^.*$/— test.example\/b AAAAAAAA/'; } > "$LEDGERS/request"
    [[ $(add_checkpoint a "$LEDGERS/request") == 403* ]]
    grow b 1
    { printf 'old 3\n\n'; checkpoint b; } > "$LEDGERS/request"
    [[ $(add_checkpoint a "$LEDGERS/request") == 422* ]]
    # A stranger's bad proof is no fork.
    [ "$(of_ledger a '.forks | length')" -eq 0 ]
    {
        echo 'old 3'
        curl -sf "$(ledger_url b)/v1/consistency?old=3&size=4" | jq -r '.hashes[]'
        echo
        checkpoint b
    } > "$LEDGERS/request"
    [[ $(add_checkpoint a "$LEDGERS/request") == 200* ]]
    # It is on disk before it is answered.
    ledger_kill a
    [ "$(sed -n 2p "$LEDGERS"/a/witness/*.note)" = 4 ]
    ledger_start a
    ledger_wait a
    { printf 'old 4\n\n'; checkpoint b; } > "$LEDGERS/request"
    [[ $(add_checkpoint a "$LEDGERS/request") == 200* ]]
    # Its memory gone, the key must go too.
    ledger_stop a
    mv "$LEDGERS/a/witness" "$LEDGERS/a/forgotten"
    run timeout 240 "$LEDGERD" --data "$LEDGERS/a" --listen "127.0.0.1:$(free_port)" --metrics_listen '' 3>&-
    [ "$status" -eq 1 ]
    [[ $output == *witness.key* ]] || die "$output"
}

@test "a witness that is down, or hangs, delays nobody" {
    local port
    new_ledger a
    grow a 1
    port=$(free_port)
    # Takes connections and never says a word; writes down when one comes, and when it is given up.
    python3 -c '
import socket, sys, threading
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(100)
def say(word):
    with open(sys.argv[2], "a") as f: f.write(word + "\n")
def hold(c):
    say("comes")
    try:
        while c.recv(65536): pass
    except OSError: pass
    say("goes")
say("listens")
while True: threading.Thread(target=hold, args=(s.accept()[0],), daemon=True).start()' "$port" "$LEDGERS/hangs" 3>&- &
    HANGING=$!
    until_ok 10 grep -qs listens "$LEDGERS/hangs"
    OPTIONS[a]='--cosign_seconds 1'
    {
        echo '[witness]'
        echo "witnesses = $(pumasi -p w1 witness new hangs.example 2> /dev/null) http://127.0.0.1:$port," \
            "$(pumasi -p w2 witness new down.example 2> /dev/null) http://127.0.0.1:1"
    } > "$LEDGERS/a.conf"
    install -m 644 "$LEDGERS/a.conf" "$LEDGERS/a/ledgerd.conf"
    restart a
    until_ok 20 grep -q "doesn't cosign just now.*down.example" "$LEDGERS/a.log"
    # The hanging one has its request for half a minute. Who posts doesn't wait for that: on a machine that needs less
    # for it, several acts are posted while one and the same request hangs.
    times() { grep -c "$1" "$LEDGERS/hangs"; }
    hangs() { [ "$(times comes)" -gt "$(times goes)" ]; }
    posted_meanwhile() {
        local gone
        gone=$(times goes)
        hangs && grow a 3 && hangs && [ "$(times goes)" -eq "$gone" ]
    }
    until_ok 60 posted_meanwhile || die "$(cat "$LEDGERS/hangs")"
    grow a 20
    [ "$(ledger_metrics a courier_up)" -eq 1 ]
    # And it stops at once, whatever the courier waits for: before a request that has just come is given up.
    stops_at_once() {
        local begin
        ledger_is_gone "$(ledger_pid a)" || ledger_stop a || return 1
        until_ok 60 all_gone || return 1
        begin=$(times comes)
        ledger_start a
        ledger_wait a || return 1
        comes_again() { [ "$(times comes)" -gt "$begin" ]; }
        until_ok 60 comes_again || return 1
        begin=$SECONDS
        ledger_stop a || return 1
        [ $((SECONDS - begin)) -lt 20 ]
    }
    all_gone() { ! hangs; }
    stops_at_once || stops_at_once || stops_at_once
}

@test "verify --quorum: a statement carries the cosignatures, and the names mean keys" {
    local old=$LEDGERS vkey other today
    import_setup
    rm -rf "$old"
    vkey=$(witness new watch.example.org 2> /dev/null)
    other=$(pumasi -p elsewhere witness new other.example.org 2> /dev/null)
    witness follow "$(ledger_url main)" "$(vkey main)"
    OPTIONS[main]='--cosign_seconds 1'
    printf '[witness]\nwitnesses = %s\n' "$vkey" > "$LEDGERS/main.conf"
    install -m 644 "$LEDGERS/main.conf" "$LEDGERS/main/ledgerd.conf"
    import_key alice@kenya member phone
    import_key bob@kenya member bob
    pumasi member create alice@kenya --key-file phone
    pumasi member create bob@kenya --key-file bob
    pumasi limits alice@kenya sarafu --floor -100 --ceiling none --key r
    pumasi limits bob@kenya sarafu --floor -100 --ceiling none --key r
    pumasi pay bob@kenya 1 sarafu --key phone
    restart main
    witness --once
    cosigned_by main watch.example.org
    today=$(TZ=$LEDGER_ZONE date +%F)
    pumasi statement alice@kenya sarafu --from "$today" --to "$today" -o "$LEDGERS/statement" --key phone
    pumasi witness pin seoul "$vkey"
    pumasi witness pin busan "$other"
    run pumasi verify "$LEDGERS/statement" --quorum '1 of seoul,busan'
    [ "$status" -eq 0 ] || die "$status: $output"
    [[ $output == *"seoul: 20"* && $output == *"busan: not cosigned"* ]] || die "$output"
    run pumasi verify "$LEDGERS/statement" --quorum '2 of seoul,busan'
    [ "$status" -eq 1 ] || die "$status: $output"
    [[ $output == *"only 1 of the 2"* ]] || die "$output"
    # Without a profile's help.
    run pumasi verify "$LEDGERS/statement" --quorum "1 of w=$vkey" --json
    [ "$status" -eq 0 ] || die "$status: $output"
    [ "$(jq -c '[.quorum.need, .quorum.count, .quorum.reached]' <<< "$output")" = '[1,1,true]' ]
    run pumasi verify "$LEDGERS/statement" --quorum "1 of w=$other"
    [ "$status" -eq 1 ]
    # One key under two names is one witness; a name that nobody pinned; nonsense.
    run pumasi verify "$LEDGERS/statement" --quorum "2 of seoul,w=$vkey"
    [ "$status" -eq 2 ] || die "$status: $output"
    run pumasi verify "$LEDGERS/statement" --quorum '1 of daegu'
    [ "$status" -eq 1 ]
    run pumasi verify "$LEDGERS/statement" --quorum 'all of them'
    [ "$status" -eq 2 ]
    run pumasi verify "$LEDGERS/statement" --quorum '' # as a shell has it where a variable isn't set
    [ "$status" -eq 2 ]
}

@test "receipts --quorum: the record is in what was cosigned since, and that is kept" {
    local old=$LEDGERS vkey other
    import_setup
    rm -rf "$old"
    vkey=$(witness new watch.example.org 2> /dev/null)
    other=$(pumasi -p elsewhere witness new other.example.org 2> /dev/null)
    witness follow "$(ledger_url main)" "$(vkey main)"
    OPTIONS[main]='--cosign_seconds 1'
    printf '[witness]\nwitnesses = %s\n' "$vkey" > "$LEDGERS/main.conf"
    install -m 644 "$LEDGERS/main.conf" "$LEDGERS/main/ledgerd.conf"
    restart main
    pumasi witness pin seoul "$vkey"
    pumasi witness pin busan "$other"
    of_quorum() { # FILTER
        pumasi receipts --quorum '1 of seoul,busan' --json 2> /dev/null | is_true "[.items[].quorum] | $1"
    }
    run pumasi receipts --quorum '1 of seoul,busan'
    [ "$status" -eq 5 ] || die "$status: $output"
    [[ $output == *"too few of these witnesses"* ]] || die "$output"
    of_quorum 'length > 3 and all(.count == 0 and .reached == false)'
    witness --once
    run pumasi receipts --quorum '1 of seoul,busan'
    [ "$status" -eq 0 ] || die "$status: $output"
    [[ $output == *seoul* && $output != *busan* ]] || die "$output"
    of_quorum 'all(.reached and (.cosigned.seoul > 1700000000) and .cosigned.busan == null)'
    # A record since.
    import_key alice@kenya member phone
    pumasi member create alice@kenya --key-file phone
    of_quorum 'map(select(.reached | not)) | length == 1'
    # What was kept needs no ledger, and what isn't signed as it says doesn't count.
    ledger_stop main
    of_quorum 'map(select(.reached | not)) | length == 1'
    run pumasi receipts --quorum '2 of seoul,busan'
    [ "$status" -eq 5 ] || die "$status: $output"
    local file
    file=$(grep -l '"cosigned"' "$XDG_STATE_HOME"/pumasi/default/receipts/*.json | head -n 1)
    jq '.cosigned.proof |= sub("index [0-9]+"; "index 77")' "$file" > "$LEDGERS/spoilt"
    cp "$LEDGERS/spoilt" "$file"
    of_quorum 'map(select(.reached | not)) | length == 2'
    ledger_start main
    ledger_wait main
    until_ok 30 ledger_in_mode main posting
    witness --once
    run pumasi receipts --quorum '1 of seoul'
    [ "$status" -eq 0 ] || die "$status: $output"
    # Names and words as with verify.
    run pumasi receipts --quorum '1 of daegu'
    [ "$status" -eq 1 ]
    run pumasi receipts --quorum 'all of them'
    [ "$status" -eq 2 ]
}
