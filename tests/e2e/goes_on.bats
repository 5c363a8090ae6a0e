#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Who meets a ledger that lost records and goes on under another origin (continue.bats): its witnesses, a small
# machine's and a sister ledger; a new log key, before, during and after the loss; a second ledgerd on the same
# database.

load ../lib/ledger
load ../lib/import
load ../lib/sisters
load ../lib/loss
load ../lib/cluster

setup() {
    ledger_setup
    export PUMASI_BATCH=1 TZ=UTC XDG_CONFIG_HOME=$LEDGERS/config XDG_STATE_HOME=$LEDGERS/state
    unset PUMASI_PROFILE PUMASI_KEY
}

teardown() {
    cluster_end
    ledger_show_logs
    ledger_teardown
}

# Records are lost for good, and NAME goes on behind those that are left, signed by its steward.
go_on() { # NAME
    recover "$1" --continue
    [ "$status" -eq 0 ] || die "$output"
    ledger_start "$1"
    until_ok 60 ledger_in_mode "$1" continuing || die "it doesn't ask the stewards"
    run pumasi -p "${2:-$1}" --yes open
    [ "$status" -eq 0 ] || die "the steward can't sign: $output"
    until_ok 60 ledger_in_mode "$1" posting || die "it doesn't post"
}

witness() { # ARGUMENT...
    pumasi -p watch witness "$@"
}

# How often b said that it can't reach a.
unreached() {
    grep -c "a ledger can't be looked at just now" "$LEDGERS/b.log" || true
}

told_of_it() {
    grep 'goes on under another origin' "$LEDGERS/b.log"
}

@test "witnesses are told that a ledger goes on, cosign nothing of it by themselves, and then what it is now" {
    local old new watch sister before
    new_ledger a
    new_ledger b
    old=$(vkey a)
    watch=$(witness new watch.example.org 2> /dev/null)
    witness follow "$(ledger_url a)" "$old"
    OPTIONS[b]='--follow_seconds 1'
    printf '[witness]\nwitness_for = %s %s\n' "$old" "$(ledger_url a)" > "$LEDGERS/b.conf"
    install -m 644 "$LEDGERS/b.conf" "$LEDGERS/b/ledgerd.conf"
    restart b
    sister=$(of_ledger b .witness.vkey)
    OPTIONS[a]='--cosign_seconds 1'
    printf '[witness]\nwitnesses = %s, %s %s\n' "$watch" "$sister" "$(ledger_url b)" > "$LEDGERS/a.conf"
    install -m 644 "$LEDGERS/a.conf" "$LEDGERS/a/ledgerd.conf"
    restart a
    keep_old a
    grow a 4
    until_ok 30 shows a 5
    until_ok 30 cosigned_by a test.example/b
    run witness --once
    [ "$status" -eq 0 ] || die "$output"
    restart b # which may not have looked at a again since a was last away, and says that it is away but once
    before=$(unreached)
    put_old_back a
    # As it is away for a while, of which the sister tells too.
    away() { [ "$(unreached)" -gt "$before" ]; }
    until_ok 30 away
    # Nothing was posted by those who lost nothing: their clients have receipts of what is gone.
    go_on a
    [ "$(of_ledger a .origin)" = test.example/a/2 ]
    until_ok 30 shows a 2
    new=$(vkey a)
    [ "$new" != "$old" ]

    # The small machine says so each time, exit code 1, with what to type.
    for _ in 1 2; do
        run witness --once
        [ "$status" -eq 1 ] || die "$status: $output"
        [[ $output == *"test.example/a says that it lost records and goes on as test.example/a/2, with 2 records now; cosigned here were 5."* ]]
        [[ $output == *"pumasi witness follow $(ledger_url a) '$new'"* ]] || die "$output"
        [[ $output == *"pumasi witness unfollow test.example/a"* ]]
    done
    run witness --once --json
    [ "$(jq -c '[.items[] | [.origin, .result, .remembered]]' <<< "$(grep -v '^pumasi:' <<< "$output")")" = '[["test.example/a","continued",5]]' ] || die "$output"
    # The sister says so once in its log, and calls nobody a liar.
    until_ok 30 told_of_it || die "b says nothing"
    [[ $(told_of_it) == *"goes_on_as=test.example/a/2"*"vkey=$new"* ]] || die "$(told_of_it)"
    not_cosigned_by a watch.example.org
    not_cosigned_by a test.example/b
    [ "$(of_ledger b '.forks | length')" -eq 0 ]
    [ "$(told_of_it | wc -l)" -eq 1 ]
    # A checkpoint of that name that somebody else signed is no word of the ledger's.
    [ -z "$(find "$LEDGERS" -name '*.fork.json')" ]

    # Their operators name it, and both cosign: sizes that they saw under the old name are no hindrance.
    witness follow "$(ledger_url a)" "$new"
    run witness unfollow test.example/a
    [ "$status" -eq 0 ]
    run witness --once
    [ "$status" -eq 0 ] || die "$output"
    printf '[witness]\nwitness_for = %s %s\n' "$new" "$(ledger_url a)" > "$LEDGERS/b.conf"
    install -m 644 "$LEDGERS/b.conf" "$LEDGERS/b/ledgerd.conf"
    restart b
    [ "$(of_ledger b .witness.vkey)" = "$sister" ]
    until_ok 30 cosigned_by a watch.example.org test.example/b || die "$(checkpoint a)"
    [ "$(of_ledger a '[.witnesses[] | select(.ahead)] | length')" -eq 0 ] || die "$(of_ledger a .witnesses)"
    [ "$(ledger_metrics a witnesses_ahead)" -eq 0 ]
    # What was cosigned of the old one is kept, by both.
    [ "$(sed -n 2p "$LEDGERS"/state/pumasi/watch/witness/test.example_a-*.note)" -eq 5 ]
    [ "$(sed -n 2p "$LEDGERS"/b/witness/test.example_a-*.note)" -eq 5 ]
    grow a 2
    until_ok 30 shows a 4
    until_ok 30 cosigned_by a test.example/b
    run witness --once
    [ "$status" -eq 0 ] || die "$output"
    cosigned_by a watch.example.org
    pumasi -p a witness pin watch "$watch"
    pumasi -p a witness pin b "$sister"
    run pumasi -p a receipts --quorum '2 of watch,b'
    [ "$status" -eq 0 ] || die "$output"
}

fingerprint() { # PROFILE
    pumasi -p "$1" whoami --json | jq -r .log_key
}

waits_for() { # PROFILE
    pumasi -p "$1" pending 2> /dev/null | grep -q log
}

new_log_key() { # sets NEW
    run "$LEDGERD" key new-log --data "$LEDGERS/a" 3>&-
    [ "$status" -eq 0 ] || die "$output"
    NEW=$(grep -oE '[A-Za-z0-9_-]{43}' <<< "$output" | head -n 1)
    restart a
    until_ok 60 waits_for a || die "the stewards aren't asked"
    run pumasi -p a sign --all --yes
    [ "$status" -eq 0 ] || die "$output"
}

sleeps() { # PROFILE: one that sees nothing of what follows
    cp -R "$LEDGERS/config/pumasi/a" "$LEDGERS/config/pumasi/$1"
    cp -R "$LEDGERS/state/pumasi/a" "$LEDGERS/state/pumasi/$1"
}

follows() { # PROFILE NAME: says so
    run pumasi -p "$1" whoami
    [ "$status" -eq 5 ] || die "$1: $status: $output"
    run pumasi -p "$1" --yes connect --continue "$(ledger_url a)"
    [ "$status" -eq 0 ] || die "$1: $output"
    run pumasi -p "$1" whoami --json
    [ "$status" -eq 0 ] || die "$1: $output"
    [ "$(fingerprint "$1")" = "$2" ] || die "$1 has $(fingerprint "$1") pinned, and not $2"
    run pumasi -p "$1" receipts
    [ "$status" -eq 0 ] || die "$1: $output"
}

@test "the log key is changed before a loss, and after it: whoever slept is led along through both" {
    local first second
    new_ledger a
    grow a 1
    first=$(fingerprint a)
    sleeps early
    new_log_key
    second=$NEW
    grow a 1
    sleeps middle
    keep_old a
    grow a 3
    put_old_back a
    # The act is signed by both keys that are in force, and so are checkpoints of the new origin.
    go_on a
    follows early "$second" # has the first key pinned
    follows middle "$second"
    sleeps late
    pumasi -p a key revoke ledger "$first" --role log --yes
    restart a
    grow a 1
    new_log_key
    [ "$NEW" != "$second" ]
    grow a 1
    pumasi -p a key revoke ledger "$second" --role log --yes
    restart a
    grow a 1
    run pumasi -p late unit list
    [ "$status" -eq 0 ] || die "$output"
    run pumasi -p late receipts
    [ "$status" -eq 0 ] || die "$output"
    # A second loss, and one who saw nothing of anything since the first key.
    sleeps last
    keep_old a
    grow a 1
    put_old_back a
    go_on a
    [ "$(of_ledger a .origin)" = test.example/a/3 ]
    follows last "$NEW"
    grow a 1
    as_ledgerd "$LEDGERD" export "$LEDGERS/open/whole" --data "$LEDGERS/a"
    run pumasi -p a audit --log "$LEDGERS/open/whole"
    [ "$status" -eq 0 ] || die "$output"
}

@test "the log key was changed in the time that is lost: the one before signs that the ledger goes on" {
    local first
    new_ledger a
    first=$(fingerprint a)
    cp -p "$LEDGERS/a/log.key" "$LEDGERS/safe.key"
    sleeps early
    keep_old a
    new_log_key
    grow a 1
    pumasi -p a key revoke ledger "$first" --role log --yes
    restart a # log-next.key is log.key now
    grow a 1
    [ ! -e "$LEDGERS/a/log-next.key" ]
    put_old_back a
    # The new key isn't in force in the records that are left, and neither is its checkpoint evidence there.
    recover a --continue
    [ "$status" -eq 1 ]
    [[ $output == *"No checkpoint that a log key in force signed shows that records are missing."* ]] || die "$output"
    as_ledgerd cp "$LEDGERS/a/checkpoint.$first" "$LEDGERS/a/checkpoint"
    recover a --continue
    [ "$status" -eq 1 ]
    [[ $output == *"None of the log keys here is in force in the records that are left"* ]] || die "$output"
    # The old one out of the safe, and the new one in the place of the next.
    as_ledgerd mv "$LEDGERS/a/log.key" "$LEDGERS/a/log-next.key"
    cp -p "$LEDGERS/safe.key" "$LEDGERS/a/log.key"
    go_on a early # whoever saw the new key alone can't follow: it never was in what is left
    [ "$(of_ledger a .origin)" = test.example/a/2 ]
    run pumasi -p a whoami
    [ "$status" -eq 5 ] || die "$output"
    until_ok 60 waits_for early || die "the stewards aren't asked for the next key anew"
    run pumasi -p early sign --all --yes
    [ "$status" -eq 0 ] || die "$output"
    [ "$(of_ledger a '.log_keys | length')" -eq 2 ]
    run pumasi -p early unit list
    [ "$status" -eq 0 ] || die "$output"
    [ "$(fingerprint early)" = "$NEW" ]
}

# All that both have in common but their data folders.
both_on_one() {
    cluster_start
    LEDGER_SOCKET[a]=$LEDGERS/cluster
    printf '[database]\ndatabase = host=%s user=ledger dbname=ledger\n' "$LEDGERS/cluster" > "$LEDGERS/two.conf"
    # Who posts is told by the test alone, and not by how long one of them was silent.
    OPTIONS[a]="--config $LEDGERS/two.conf --takeover_ms 600000"
    OPTIONS[b]=${OPTIONS[a]}
    pumasi -p a key new --holder stewards --role steward --out s --no-passphrase > /dev/null 2>&1
    pumasi -p a key export s > "$LEDGERS/steward.jwk"
    ledger_init a --config "$LEDGERS/two.conf"
    second_init
    both_start
    pumasi -p a --yes connect "$(ledger_url a)"
    pumasi -p a --yes open
}

both_start() {
    ledger_start a
    ledger_wait a
    ledger_start b
    until_ok 60 ledger_in_mode b standby || die "b is $(ledger_mode b)"
}

restart_standby() { # NAME
    ledger_stop "$1"
    ledger_start "$1"
    until_ok 60 ledger_in_mode "$1" standby || die "$1 is $(ledger_mode "$1")"
}

checkpoint_is() { # NAME ORIGIN SIZE
    [ "$(checkpoint "$1" | head -n 2 | paste -sd ' ')" = "$2 $3" ]
}

own_checkpoint_is() { # NAME ORIGIN SIZE: in one of the slots outside of the database; a shorter log can be the newer one
    { head -c 4096 "$LEDGERS/$1/checkpoint" | head -n 2 | paste -sd ' '
        tail -c +4097 "$LEDGERS/$1/checkpoint" | head -n 2 | paste -sd ' '; } 2> /dev/null | grep -qxF "$2 $3"
}

@test "two ledgerds on one database: one asks the stewards, the other follows, and takes over under the new origin" {
    both_on_one
    grow a 1
    ledger_stop b
    ledger_stop a
    cluster_stop
    as_ledgerd cp -a "$LEDGERS/cluster/pg" "$LEDGERS/cluster/pg.old"
    cluster_run
    both_start
    grow a 3
    until_ok 30 own_checkpoint_is b test.example/a 5 || die "b doesn't follow: $(ledger_checkpoint b)"
    ledger_stop a # b takes over meanwhile
    until_ok 60 ledger_in_mode b posting
    cluster_stop
    as_ledgerd mv "$LEDGERS/cluster/pg" "$LEDGERS/cluster/pg.lost"
    as_ledgerd mv "$LEDGERS/cluster/pg.old" "$LEDGERS/cluster/pg"
    cluster_run
    # b, which went on all the time, sees what was put back, and doesn't post.
    until_ok 60 ledger_in_mode b 'stopped: fork' || die "b is $(ledger_mode b)"
    recover a --continue --config "$LEDGERS/two.conf"
    [ "$status" -eq 0 ] || die "$output"
    ledger_start a
    until_ok 60 ledger_in_mode a continuing || die "a is $(ledger_mode a)"
    run pumasi -p a --yes open
    [ "$status" -eq 0 ] || die "$output"
    until_ok 60 ledger_in_mode a posting
    # What said that it is stopped stays so until it is started again, and then takes the stewards' word.
    ledger_in_mode b 'stopped: fork'
    restart_standby b
    [ "$(of_ledger b .id)" = "$(of_ledger a .id)" ]
    [ "$(of_ledger b .origin)" = test.example/a/2 ]
    until_ok 60 own_checkpoint_is b test.example/a/2 3
    grow a 1
    until_ok 60 checkpoint_is b test.example/a/2 4
    # The other one posts now, and the first is back beside it.
    ledger_kill a
    until_ok 60 ledger_in_mode b posting
    pumasi -p b --yes connect "$(ledger_url b)"
    cp -R "$LEDGERS/config/pumasi/a/keys" "$LEDGERS/config/pumasi/b/"
    grow b 1
    ledger_start a
    until_ok 60 ledger_in_mode a standby
    until_ok 60 own_checkpoint_is a test.example/a/2 5
    # Who asked the stewards has kept what was lost.
    [ "$(sed -n 1,2p "$LEDGERS/a/checkpoint.lost" | paste -sd ' ')" = 'test.example/a 5' ]
}
