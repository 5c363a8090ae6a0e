#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# pumasi audit: a clean ledger is clean, and each fraud that is planted straight in a running ledger's
# database, or forged by an operator who holds the log key, is found and named. The auditor of all has
# the key "eye", the one of hansalim "inner".

load ../lib/ledger
load ../lib/wire
load ../lib/audit
load ../lib/liar

setup_file() {
    ledger_setup
    audit_begin main
    every_act main
}

setup() {
    wire_adopt main
    audit_environment
}

teardown() {
    liar_stop
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

@test "a clean ledger with every type of act audits clean, whole and by its books" {
    audit --all
    clean
    jq -e --argjson snapshots "$(cat "$LEDGERS/snapshots")" '.checked | .records > 40 and .signatures > 40
        and .snapshots == $snapshots
        and .answered_accounts > 4 and .answered_postings > 10' "$REPORT"
    local acts
    # Days that nobody waited for make no snapshot, no new key after a lost one, and nothing left. A ledger that goes on
    # from another begins otherwise.
    acts=$(sed -n 's/^    \[ACT_[A-Z_]*\] = {\?"\([a-z.]*\)".*/\1/p' core/rules.c | grep -vx 'ledger\.continue' | sort)
    [ "$(wc -w <<< "$acts")" -ge 22 ]
    [ "$(cat "$LEDGERS/snapshots")" -gt 0 ] || acts=$(grep -vxE 'snapshot|key\.recover\.finish|estate' <<< "$acts")
    diff <(jq -r '.checked.acts | keys[]' "$REPORT" | sort) - <<< "$acts"
    cp "$REPORT" "$LEDGERS/first"
    # Again: nothing new is got, no signature verified anew.
    audit --all
    clean
    jq -e --slurpfile first "$LEDGERS/first" '.checked.records == $first[0].checked.records
        and .checked.records_verified_before == .checked.records' "$REPORT"
    audit --book hansalim
    clean
    jq -e '.checked | .records > 20 and .records_in_part == 0' "$REPORT"
    audit --book mapo
    clean
    # Who audits one book alone, and has no copy of more, sees in part what is also in another's, reversed or not.
    XDG_STATE_HOME=$BATS_TEST_TMPDIR/inner
    audit --book hansalim --key inner
    clean
    jq -e '.checked.records_in_part > 2' "$REPORT"
}

# The auditor's own profile once more, of that name, whose ledger is asked through a liar.
through_liar() { # NAME
    local profile=$LEDGERS/config/pumasi
    liar_start "$URL"
    cp -a "$profile/default" "$profile/$1"
    jq --arg url "$LIAR" '.url = $url' "$profile/default/profile.json" > "$profile/$1/profile.json"
    export PUMASI_PROFILE=$1
}

@test "who stands between the auditor and the ledger is no fork of the ledger's" {
    through_liar between
    audit --all --no-answers
    clean
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    liar_says lie
    audit --all --no-answers
    found root
    jq -e '[.findings[].word] | index("fork") == null and index("shorter") == null' "$REPORT"
    liar_says keep
    audit --all --no-answers
    clean
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    liar_says honest
    audit --all --no-answers
    clean
    liar_says old
    audit --all --no-answers
    found shorter
    jq -e '[.findings[].word] | index("fork") == null' "$REPORT"
    liar_says honest
    audit --all --no-answers
    clean
}

@test "answers that make no sense end an audit, whatever they are" {
    through_liar nonsense
    senseless() { # LIST PATH CODE
        liar_edits "$2" "$3"
        audit --all
        [ "$STATUS" -eq 5 ] && grep -q "list of $1 makes no sense" "$REPORT.err" ||
            die "$2 $3: status $STATUS: $(cat "$REPORT.err" "$REPORT")"
    }
    audit --all
    clean
    senseless co-ops '^/v1/coops([?]|$)' 'j["items"][0]["coop"] = "../x"'
    senseless accounts '/accounts[?]' 'j["items"].append(j["items"][0])'
    senseless accounts '/accounts[?]' 'j["items"][0]["account"] = "\x1b[2J"'
    senseless accounts '/accounts[?]' 'j["items"][0]["balance"] = 2**53'
    senseless accounts '/accounts[?]' 'j["items"][0]["seq"] = "2"'
    senseless postings '/postings' 'j["items"][0]["amount"] = None'
    senseless postings '/postings' 'j["items"][0]["index"] = -1'
    senseless members '/members' 'j["items"].append(j["items"][0])'
    senseless members '/members' 'j["items"][0]["member"] = "x@mapo" if "hansalim" in path else "x@hansalim"'
    senseless lines '/lines' 'j["items"] += j["items"]'
    senseless lines '/lines' 'j["items"] = [{"coop": "no", "partner": "nor", "unit": "hour", "limit": 1, "transit": False}]'
    # What makes sense and isn't so is a finding.
    liar_edits '/accounts[?]' 'j["items"] = j["items"][1:]'
    audit --all
    found answer-account-missing
    liar_edits '/members[?]' 'j["items"] = j["items"][1:]'
    audit --all
    found answer-state '.why | test("in the log, and isn.t shown")'
    liar_edits '/v1/members/' 'j["threshold"] = 0; j["keys"] = [{"kid": 1}, None]; j["limits"] = [None, {"unit": "h" * 500}]'
    audit --all
    found answer-state
    found answer-limits
}

@test "an export audits clean with no network, and one that ends too early doesn't" {
    export_of main
    audit --log "$LEDGERS/export"
    clean
    forged none 0
    clean
    # Without its last line.
    cp -r "$LEDGERS/export" "$BATS_TEST_TMPDIR/cut"
    head -n -1 "$LEDGERS/export/records" > "$BATS_TEST_TMPDIR/cut/records"
    audit --log "$BATS_TEST_TMPDIR/cut"
    found header
    found root
    jq -e '.checked.texts > 0' "$REPORT" # of the one cut short, too
    local other=$BATS_TEST_TMPDIR/other
    # Texts lie beside the log. Those that were erased aren't missed.
    texts() { # CODE, as of sed
        rm -rf "$other"
        cp -r "$LEDGERS/export" "$other"
        sed -E "$1" "$LEDGERS/export/texts.ndjson" > "$other/texts.ndjson"
        audit --log "$other"
    }
    texts '$d'
    clean
    rm "$other/texts.ndjson"
    audit --log "$other"
    clean
    texts '$s/"text":"/&x/'
    found text-mismatch '.record > 0'
    texts '$s/"index":[0-9]+/"index":99999999/'
    found text-mismatch '.record == 99999999'
    texts '$s/^\{/[/'
    found text-mismatch
    texts '1{h;d}; $G'
    found text-mismatch
    # What ledger.json says, too, is held against the log.
    sed -E 's/("id":"[^"]*)."/\1="/' "$LEDGERS/export/ledger.json" > "$other/ledger.json"
    audit --log "$other"
    found ledger-id
    # A checkpoint that somebody else signed.
    cp "$LEDGERS/export/ledger.json" "$other/ledger.json"
    sed -E '5s/....==?$/AAA=/; 5s/[A-Za-z0-9+]{4}$/AAAA/' "$LEDGERS/export/checkpoint" > "$other/checkpoint"
    audit --log "$other"
    found checkpoint
    # Whose it must be: what is no id and no key at all is a slip, not a finding, and nothing is read.
    local id=${ID%%#*}'#AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' bad
    local vkey='test.example/main+a09da1ad+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea' # of another key
    audit --log "$LEDGERS/export" --id "$id"
    found ledger-id '.record == 0'
    audit --log "$LEDGERS/export" --vkey "$vkey"
    found checkpoint
    for bad in "--vkey foo" "--vkey other+1+x" "--vkey ${vkey%?}" "--id foo" "--id ${ID%?}" "--id ${ID%?}x"; do
        # shellcheck disable=SC2086
        audit --log "$BATS_TEST_TMPDIR/nowhere" $bad
        [ "$STATUS" -eq 2 ] && grep -q "pumasi whoami" "$REPORT.err" || die "$bad: $STATUS $(cat "$REPORT.err")"
    done
    audit --log "$BATS_TEST_TMPDIR"
    [ "$STATUS" -eq 4 ]
    audit
    [ "$STATUS" -eq 2 ]
}

@test "the report shows size and root, and says when only the export itself tells whose it is" {
    local root page=$BATS_TEST_TMPDIR/page.html
    export_of main
    root=$(sed -n 3p "$LEDGERS/export/checkpoint" | tr '+/' '-_' | tr -d =)
    stranger() { # [OPTION...]: whose profile is connected to no ledger
        run env XDG_CONFIG_HOME="$BATS_TEST_TMPDIR/stranger" "$BUILD/pumasi" audit --log "$LEDGERS/export" "$@" 3>&-
        [ "$status" -eq 0 ] || die "$status: $output"
    }
    stranger --html "$page"
    [[ $output == *"Records in the signed log: $(sed -n 2p "$LEDGERS/export/checkpoint")"$'\n'"  Root of their tree: $root"* ]] ||
        die "$output"
    [[ $output == *"is right. But whose ledger it is, only the export itself says"*"--id and --vkey."* ]] || die "$output"
    grep -qF "<dd>$root</dd>" "$page"
    grep -q 'only the export itself says' "$page"
    stranger --json
    jq -e --arg root "$root" '.pinned == false and .checkpoint.root == $root' <<< "$output"
    for pin in "--id $ID" "--vkey $VKEY" "--id $ID --vkey $VKEY"; do
        # shellcheck disable=SC2086
        stranger $pin
        [[ $output == *"Everything that was checked is right." ]] || die "$pin: $output"
    done
    # As a profile does that is connected to the ledger, and an audit of the ledger itself.
    audit --log "$LEDGERS/export"
    is_true .pinned "$REPORT"
    audit --book hansalim
    is_true .pinned "$REPORT"
}

# --- Frauds in the tables of a running ledger -----------------------------------------------------

sql() {
    ledger_psql main "$@"
}

plant() { # SQL: what takes it back again is to follow
    sql -c "$1"
}

@test "fraud: a balance is edited" {
    local latest="(number, seq) = (SELECT number, seq FROM accounts WHERE account = 'm0002@hansalim/hour')"
    plant "UPDATE legs SET balance = balance + 60 WHERE $latest"
    audit --all
    found answer-balance '.about == "m0002@hansalim/hour" and .stake == {"unit":"hour","amount":60}'
    audit --book hansalim
    found answer-balance '.about == "m0002@hansalim/hour"'
    sql -c "UPDATE legs SET balance = balance - 60 WHERE $latest"
}

@test "fraud: a posting is dropped" {
    local n second="number = (SELECT number FROM accounts WHERE account = 'm0002@hansalim/hour') AND seq = 2"
    sql -c "CREATE TABLE dropped AS SELECT * FROM legs WHERE $second"
    n=$(sql -c "SELECT idx FROM dropped")
    plant "DELETE FROM legs WHERE $second"
    audit --all
    found_at answer-posting-missing "$n" 45
    found answer-posting-missing '.about == "m0002@hansalim/hour"'
    audit --all --no-answers
    clean # the log itself is right
    sql -c 'INSERT INTO legs SELECT * FROM dropped' -c 'DROP TABLE dropped'
}

@test "fraud: members, keys, limits and policies are shown otherwise than the log has them" {
    local of=m0006@hansalim
    audit --all
    clean
    jq -e '.checked.answered_members > 20' "$REPORT"
    plant "UPDATE account_limits SET floor = floor - 500 WHERE account = '$of/hour'"
    audit --all
    found answer-limits ".about == \"$of/hour\""
    audit --book mapo
    clean
    sql -c "UPDATE account_limits SET floor = floor + 500 WHERE account = '$of/hour'"
    plant "UPDATE policies SET registrar_floor = registrar_floor - 1000 WHERE policy = 'mapo/hour'"
    audit --book mapo
    found answer-limits '.about == "policy:mapo/hour"'
    sql -c "UPDATE policies SET registrar_floor = registrar_floor + 1000 WHERE policy = 'mapo/hour'"
    plant "UPDATE holders SET state = 'active' WHERE holder = 'm0010@hansalim'" # it was closed
    audit --all
    found answer-state '.about == "m0010@hansalim"'
    sql -c "UPDATE holders SET state = 'closed' WHERE holder = 'm0010@hansalim'"
    # A revoked key of a member is shown as good; and a registrar's as revoked.
    plant "UPDATE keys SET revoked = false WHERE holder = 'm0008@hansalim' AND revoked"
    audit --all
    found answer-state '.about == "m0008@hansalim"'
    sql -c "UPDATE keys SET revoked = true WHERE kid = '$("$ACTOR" kid second)'"
    plant "UPDATE keys SET revoked = true WHERE holder = 'hansalim' AND role = 'registrar'"
    audit --book hansalim --key inner
    found answer-state '.about == "hansalim"'
    sql -c "UPDATE keys SET revoked = false WHERE holder = 'hansalim' AND role = 'registrar'"
    audit --all
    clean
}

@test "fraud: units, names, lines, levies and memos are shown otherwise than was signed" {
    local record member=m0006@hansalim
    doctored() { # TABLE CHANGE WORD JQ: planted, found, and taken back
        sql -c "CREATE TABLE kept AS TABLE $1"
        plant "$2"
        audit --all
        sql -c "DELETE FROM $1" -c "INSERT INTO $1 SELECT * FROM kept" -c 'DROP TABLE kept'
        found "$3" "$4"
    }
    doctored units "UPDATE units SET scale = 100 WHERE unit = 'hour'" answer-state '.about == "unit:hour"'
    doctored units "INSERT INTO units SELECT 'gold', 'Gold', 1, kind, seq, record FROM units WHERE unit = 'hour'" \
        answer-state '.about == "unit:gold"'
    doctored holders "UPDATE holders SET title = 'Fake' WHERE holder = 'mapo'" answer-state '.about == "mapo"'
    doctored holders "UPDATE holders SET zone = 'Etc/GMT+11' WHERE holder = 'ledger'" answer-state '.about == "ledger"'
    # One that is nowhere else is no reason to give up.
    doctored holders "DELETE FROM holders WHERE holder = '$member'" answer-state ".about == \"$member\""
    doctored lines "UPDATE lines SET most = most + 1 WHERE line = 'trio/mapo/hour'" \
        answer-limits '.about == "line:trio/mapo/hour"'
    doctored lines "UPDATE lines SET transit = NOT transit WHERE line = 'trio/mapo/hour'" \
        answer-limits '.about == "line:trio/mapo/hour"'
    doctored lines "DELETE FROM lines WHERE line = 'trio/mapo/hour'" answer-limits '.about == "line:trio/mapo/hour"'
    doctored policies "UPDATE policies SET levy_per_mille = 999, levy_purse = '$member' WHERE policy = 'mapo/hour'" \
        answer-limits '.about == "policy:mapo/hour"'
    record=$(sql -c "SELECT min(idx) FROM texts JOIN postings USING (idx) WHERE field = 'memo'")
    [ -n "$record" ]
    doctored texts "UPDATE texts SET body = 'nothing of the sort' WHERE idx = $record" \
        answer-text ".record == $record"
    doctored texts "UPDATE texts SET salt = decode(repeat('00', 16), 'hex') WHERE idx = $record" \
        answer-text ".record == $record"
    # How much of a payment was reversed: too little, too much, and by none that the log has.
    record=$(sql -c 'SELECT record FROM reversals ORDER BY idx LIMIT 1')
    [ -n "$record" ]
    doctored reversals "UPDATE reversals SET amount = amount - 1 WHERE idx = (SELECT min(idx) FROM reversals)" \
        answer-posting ".record == $record and .stake.amount == 1"
    doctored reversals "UPDATE reversals SET amount = amount + 1 WHERE idx = (SELECT min(idx) FROM reversals)" \
        answer-posting ".record == $record and .stake.amount == 1"
    # Erased is no fraud.
    sql -c 'CREATE TABLE kept AS TABLE texts' -c "DELETE FROM texts WHERE idx = $record"
    audit --all
    sql -c 'DELETE FROM texts' -c 'INSERT INTO texts SELECT * FROM kept' -c 'DROP TABLE kept'
    clean
    audit --all
    clean
    jq -e '.checked.texts > 0' "$REPORT"
    audit --book mapo
    clean
}

# What was posted is in the log, and in tables that are made of it. When these are damaged, the ledger
# can't answer; that isn't a ledger that can't be reached.
emptied() { # TABLE...: as the database's superuser could
    local table
    for table in "$@"; do
        ledger_psql_super main -c "CREATE TABLE kept_$table AS TABLE $table" -c "DELETE FROM $table"
    done
}

filled() { # TABLE...
    local table
    for table in "$@"; do
        ledger_psql_super main -c "DELETE FROM $table" -c "INSERT INTO $table SELECT * FROM kept_$table" \
            -c "DROP TABLE kept_$table"
    done
}

@test "a table that was emptied is found and named, and the ledger isn't called unreachable" {
    local day
    day=$(date +%F)
    emptied reversals
    get m0000@hansalim /v1/accounts/m0000@hansalim/hour/postings
    answered 500 '.type == "/problems/internal"'
    run pumasi --key inner export --book hansalim -o "$BATS_TEST_TMPDIR/book.csv"
    [[ $output == *"can't read what it has stored (status 500)"* ]] || die "$output"
    audit --all
    found answer-posting-missing '.about == "m0000@hansalim/hour" and (.why | test("can.t read what it has stored"))'
    audit --book hansalim
    found answer-posting-missing '.about == "m0002@hansalim/hour"'
    audit --all --no-answers
    clean # the log is right
    filled reversals
    # A co-op that isn't there any more, to an auditor who knows it by the log.
    emptied holders
    audit --book hansalim
    found answer-state '.about == "hansalim" and (.why | test("no such thing"))'
    filled holders
    # What can't be put together isn't something to wait for.
    emptied book_pages
    get m0000@hansalim "/v1/accounts/m0000@hansalim/hour/statement?from=$day&to=$day"
    answered 500 '.type == "/problems/internal"'
    filled book_pages
    audit --all
    clean
}

@test "a record that the ledger is unable to read is found" {
    local n
    n=$(record pay)
    damaged() {
        sql -c "CREATE TABLE cut AS SELECT idx, header FROM records WHERE idx = $n" \
            -c "UPDATE records SET header = 'x' WHERE idx = $n"
    }
    mended() {
        sql -c 'UPDATE records r SET header = c.header FROM cut c WHERE r.idx = c.idx' -c 'DROP TABLE cut'
    }
    damaged
    audit --all # is given it as it is
    found_at record-altered "$n"
    # What the log lacks can't be missed, or be too much, in what is shown beside it.
    jq -e '[.findings[].word | select(startswith("answer-"))] == [] and .checked.answered_accounts == 0' "$REPORT"
    audit --book hansalim --key inner # it depends on what it says whether these may see it
    found_at not-shown 0
    mended
    audit --book hansalim --key inner
    clean
    damaged
    audit --book hansalim --key inner --again
    found_at not-shown 0
    mended
    audit --all
    clean
}

@test "fraud: requests and snapshots are shown otherwise than the log has them" {
    local record
    listed() { # CODE, as of the liar, of one item i
        liar_edits "$1" "for i in j['items']: $2"
        audit --all
    }
    doctored() { # TABLE CHANGE JQ: planted, found, and taken back
        sql -c "CREATE TABLE kept AS TABLE $1"
        plant "$2"
        audit --all
        sql -c "DELETE FROM $1" -c "INSERT INTO $1 SELECT * FROM kept" -c 'DROP TABLE kept'
        found answer-state "$3"
    }
    record=$(sql -c 'SELECT idx FROM requests WHERE paid')
    doctored requests 'DELETE FROM requests' '.about == "m0000@hansalim/hour" and (.why | test("isn.t shown$"))'
    doctored requests "UPDATE requests SET paid = false, answer = NULL WHERE idx = $record" ".record == $record"
    doctored requests "UPDATE requests SET paid = true" '.why | test("paid or declined")'
    doctored requests "UPDATE requests SET answer = answer - 1" '.why | test("paid or declined")'
    doctored requests "UPDATE requests SET payload_hash = sha256(payload_hash)" '.why | test("as the log has it")'
    if [ "$(cat "$LEDGERS/snapshots")" -gt 0 ]; then
        doctored snapshots 'DELETE FROM snapshots' '.about == "snapshot:ledger"'
        doctored snapshots 'UPDATE snapshots SET count = count + 1' '.about == "snapshot:ledger"'
        doctored snapshots 'UPDATE snapshots SET size = size - 1' '.about == "snapshot:ledger"'
        doctored snapshots 'UPDATE snapshots SET record = record - 1' '.about == "snapshot:ledger" and .record >= 0'
    fi
    through_liar lists
    audit --all
    clean
    listed '^/v1/requests' "i['to'] = 'm0006@hansalim'"
    found answer-state '.why | test("as the log has it")'
    listed '^/v1/requests' "i['amount'] += 1"
    found answer-state '.why | test("as the log has it")'
    listed '^/v1/requests' "i['index'] = 0"
    [ "$STATUS" -eq 5 ] && grep -q 'list of requests makes no sense' "$REPORT.err"
    listed '^/v1/snapshots' "i['index'] = 'x'"
    [ "$STATUS" -eq 5 ] && grep -q 'list of snapshots makes no sense' "$REPORT.err"
    liar_edits '^/v1/requests' "j['items'] = j['items'][:1]; j['items'][0]['index'] = 0"
    audit --all
    found_at answer-state 0
}

@test "fraud: two accounts that cancel out are hidden from a book" {
    sql -c "CREATE TABLE hidden AS SELECT * FROM account_limits WHERE account IN ('m0001@mapo/hour', 'm0003@mapo/hour')"
    [ "$(sql -c 'SELECT count(*), sum(balance) FROM hidden JOIN accounts USING (account)')" = '2|0' ]
    plant "DELETE FROM account_limits WHERE account IN (SELECT account FROM hidden)"
    audit --all
    found answer-account-missing '.about == "m0001@mapo/hour" and .stake.amount == 10'
    found answer-account-missing '.about == "m0003@mapo/hour"'
    audit --book mapo
    found answer-account-missing '.about == "m0003@mapo/hour"'
    sql -c 'INSERT INTO account_limits SELECT * FROM hidden' -c 'DROP TABLE hidden'
}

@test "fraud: records are kept from a book's auditor" {
    local n
    n=$(record pay)
    plant "UPDATE book_pages SET entries = array_replace(entries, $n, NULL) WHERE book = 'hansalim' AND $n = ANY (entries)"
    audit --book hansalim --no-answers
    found not-shown '.about == "hansalim"'
    sql -c "UPDATE book_pages SET entries = array_replace(entries, NULL, $n) WHERE array_position(entries, NULL) > 0"
}

@test "fraud: a record is altered" {
    local n
    n=$(record pay)
    plant "UPDATE records SET parts = replace(parts, '\"amount\":-90,', '\"amount\":-10,') WHERE idx = $n"
    audit --all --no-answers
    found_at record-altered "$n"
    # Who has the true one is told as well, once all is got anew.
    sql -c "UPDATE records SET parts = replace(parts, '\"amount\":-10,', '\"amount\":-90,') WHERE idx = $n"
    audit --all --no-answers
    clean
    plant "UPDATE records SET parts = replace(parts, '\"amount\":-90,', '\"amount\":-10,') WHERE idx = $n"
    audit --all --no-answers --again
    found_at record-altered "$n"
    sql -c "UPDATE records SET parts = replace(parts, '\"amount\":-10,', '\"amount\":-90,') WHERE idx = $n"
    audit --all --no-answers --again
    clean
}

@test "fraud: a record is altered with its header" {
    local n
    n=$(record pay)
    plant "UPDATE records SET header = replace(header, '\"rules\":1', '\"rules\": 1') WHERE idx = $n"
    audit --all --no-answers
    found_at record-altered "$n"
    [ -s "$(jq -r .evidence "$REPORT")" ]
    sql -c "UPDATE records SET header = replace(header, '\"rules\": 1', '\"rules\":1') WHERE idx = $n"
}

@test "fraud: two records are swapped" {
    local n swap
    n=$(record pay)
    swap="UPDATE records SET idx = -1 WHERE idx = $n; UPDATE records SET idx = $n WHERE idx = $n + 1;
        UPDATE records SET idx = $n + 1 WHERE idx = -1"
    plant "$swap"
    audit --all --no-answers
    found_at out-of-place "$n"
    found_at record-altered "$n"
    sql -c "$swap"
}

# --- Frauds that the operator signs with the log key ----------------------------------------------

@test "fraud: a key is added without consent" {
    export_of main
    forged unsign "$(record add)" "$("$ACTOR" kid second)"
    found_at signatures-missing "$(record add)"
    forged unsign "$(record add)" "$("$ACTOR" kid m0008@hansalim)"
    found_at signatures-missing "$(record add)"
}

@test "fraud: fewer sign than must" {
    export_of main
    forged unsign "$(record purse)" "$("$ACTOR" kid treasurer2@hansalim)"
    found_at signatures-missing "$(record purse)" 60
}

@test "fraud: a record is back-dated" {
    export_of main
    forged date "$(record pay)" 2020-01-01T00:00:00.000Z
    found_at back-dated "$(record pay)" 90
    # All from the first one on, so that times don't go back: before anybody made the act.
    forged date 0 2020-01-01T00:00:00.000Z
    found_at not-yet-valid 0
}

@test "fraud: numbers, balances, amounts, limits of a posting" {
    local n
    export_of main
    n=$(record mapo)
    forged replace "$n" '"seq":1}' '"seq":2}'
    found_at seq "$n" 15
    forged replace "$n" '"balance":-15' '"balance":-10'
    found_at balance "$n" 5
    forged replace "$n" '"amount":-15' '"amount":-14'
    found_at amount "$n" 1
    forged replace "$n" '"floor":-' '"floor":-9'
    found floor ".record == $n"
    forged replace "$n" '/hour","amount":15' '/won","amount":15'
    found posting-missing ".record == $n"
    found posting-extra ".record == $n"
    # Not one thing of a hundred: what comes after is judged by what is claimed.
    [ "$(jq '.findings | map(.record) | unique | length' "$REPORT")" -le 4 ]
}

@test "fraud: a record is hidden from a book by the operator" {
    export_of main
    forged cut "$(record mapo)" 3
    found_at hidden-from-book "$(record mapo)" 15
    found hidden-from-book '.about == "mapo"'
}

@test "fraud: an act is recorded twice, a record or a revocation left out" {
    export_of main
    forged again "$(record pay)"
    found id-reused ".record == $(jq .size "$LEDGERS/export/ledger.json")"
    forged drop "$(record pay)"
    found seq '.about == "hansalim"'
    forged drop "$(record revoke)"
    found seq '.about == "hansalim"'
    forged swap "$(record pay)"
    found seq '.about == "hansalim"'
}

@test "fraud: an act in other words than were signed" {
    export_of main
    local sig
    sig=$(sed -n "/\"index\":$(record pay),/{n;p;q}" "$LEDGERS/export/records" | jq -r '.act.signatures[0].signature')
    forged replace "$(record pay)" "$sig" "AAAA${sig#????}"
    found_at bad-signature "$(record pay)" 90
    # Of another act: what moves is what was signed.
    forged replace "$(record pay)" '"amount":-90' '"amount":-900'
    found_at amount "$(record pay)" 810
    forged append "$(record pay)" '{"part":"posting","salt":"AAAAAAAAAAAAAAAAAAAAAA","account":"m0004@hansalim/hour","amount":5,"balance":5,"floor":0,"seq":9}'
    found posting-extra ".record == $(record pay) and .about == \"m0004@hansalim/hour\" and .stake.amount == 5"
}

# --- One ledger that goes on, in this order -------------------------------------------------------

got_some() { # FILE
    [ "$(stat -c %s "$1" 2> /dev/null || echo 0)" -gt 100000 ]
}

@test "an audit that is killed in the middle goes on from there" {
    local copy=$XDG_STATE_HOME/pumasi/default/audit/all pid
    for _ in $(seq 200); do
        payment m0000@hansalim m0002@hansalim 1
    done > "$BATS_TEST_TMPDIR/lines"
    post_lines "$BATS_TEST_TMPDIR/lines"
    answered 200
    # Without the tree, which nobody has read as far as this, too, there are the records.
    emptied tiles
    XDG_STATE_HOME=$BATS_TEST_TMPDIR/anew audit --all
    found root '.why | test("can.t read what it has stored")'
    jq -e '.found == 1 and .checked.records > 300' "$REPORT"
    filled tiles
    XDG_STATE_HOME=$BATS_TEST_TMPDIR/anew audit --all
    clean
    "$BUILD/pumasi" audit --all --no-answers > "$BATS_TEST_TMPDIR/killed" 2>&1 3>&- &
    pid=$!
    until_ok 30 got_some "$copy/records"
    kill -KILL "$pid" 2> /dev/null || true
    wait "$pid" || true
    # Within a record, as a machine that lost its power would leave it.
    printf '{"v":1,"index":' >> "$copy/records"
    audit --all --no-answers
    clean
    # What came of it is an export, like ledgerd's own.
    "$LEDGERD" export "$LEDGERS/open/again" --data "$LEDGERS/main" > "$BATS_TEST_TMPDIR/export" 2>&1 3>&-
    head -c "$(stat -c %s "$copy/records")" "$LEDGERS/open/again/records" | cmp - "$copy/records"
    audit --log "$copy"
    clean
}

@test "what is reversed while an audit goes on is no fraud" {
    through_liar meanwhile
    posted "$(payment m0000@hansalim m0002@hansalim 50)"
    act reversal m0002@hansalim "{\"record\":$INDEX,\"amount\":20}" m0002@hansalim > "$LIAR_MODE.once"
    # Sent when the copy is here and answers are compared.
    liar_edits '/accounts[?]' 'import os
once = mode_file + ".once"
if os.path.exists(once):
    act = open(once, "rb").read()
    os.remove(once)
    get("/v1/acts", "POST", act, {"Content-Type": "application/json"})'
    audit --all
    clean
    [ ! -e "$LIAR_MODE.once" ]
    [ "$(sql -c "SELECT sum(amount) FROM reversals WHERE record = $INDEX")" = 20 ]
    # And what only is said to be reversed since, is.
    liar_edits '/postings' "for i in j['items']: i['reversed'] = 21 if i['index'] == $INDEX else i['reversed']"
    audit --all
    found answer-posting ".record == $INDEX and .stake.amount == 1"
}

@test "fraud: tables are doctored, and ledgerd posts by them" {
    local planted revoked limit
    sql -c "INSERT INTO keys SELECT '$("$ACTOR" kid planted)', decode(translate('$("$ACTOR" key planted | jq -r .x)', '-_', '+/')
        || '=', 'base64'), 'm0000@hansalim', 'member', false"
    sql -c "UPDATE keys SET revoked = false WHERE kid = '$("$ACTOR" kid second)'"
    sql -c "UPDATE account_limits SET has_limits = true, floor = -9000000000, ceiling = NULL WHERE account = 'm0003@mapo/hour'"
    sql -c "UPDATE policies SET ceiling = NULL WHERE policy = 'mapo/hour'"
    ledger_stop main
    ledger_start main
    ledger_wait main
    posted "$(act transfer m0000@hansalim '{"from":"m0000@hansalim","to":"m0002@hansalim","unit":"hour","amount":11}' planted)"
    planted=$INDEX
    posted "$(act transfer m0008@hansalim '{"from":"m0008@hansalim","to":"m0002@hansalim","unit":"hour","amount":12}' second)"
    revoked=$INDEX
    posted "$(payment m0003@mapo m0001@mapo 2000000000)"
    limit=$INDEX
    audit --all --no-answers
    found_at unknown-key "$planted" 11
    found_at revoked-key "$revoked" 12
    found_at insufficient-credit "$limit" 2000000000
    audit --book hansalim --no-answers
    found_at revoked-key "$revoked" 12
}

@test "fraud: a fork after a restored backup, and a receipt whose record is gone" {
    local n
    ledger_stop main
    cp -a "$LEDGERS/main" "$LEDGERS/backup"
    ledger_start main
    ledger_wait main
    auditor_key third '*' stewards steward # whose receipt stays here
    n=$(jq .receipt.index "$XDG_STATE_HOME"/pumasi/default/receipts/*.json)
    audit --key eye --all --no-answers
    jq -e '.checked.receipts == 1 and ([.findings[].word] | index("fork") == null and index("receipt-gone") == null)' "$REPORT"
    ledger_stop main
    rm -rf "$LEDGERS/main"
    mv "$LEDGERS/backup" "$LEDGERS/main"
    rm "$LEDGERS/main/checkpoint" # or it wouldn't post
    ledger_start main
    ledger_wait main
    # Somebody else who never saw the other history gets a receipt of the same number.
    (XDG_STATE_HOME=$BATS_TEST_TMPDIR/other; auditor_key fourth '*' stewards steward)
    cp -a "$XDG_STATE_HOME" "$BATS_TEST_TMPDIR/both"
    cp "$BATS_TEST_TMPDIR"/other/pumasi/default/receipts/*.json "$BATS_TEST_TMPDIR/both/pumasi/default/receipts"
    run env XDG_STATE_HOME="$BATS_TEST_TMPDIR/both" "$BUILD/pumasi" receipts 3>&-
    echo "$output"
    [ "$status" -eq 5 ]
    [[ $output == *"two receipts are of record $n, and they differ"* ]]
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    posted "$(payment m0000@hansalim m0002@hansalim 2)"
    posted "$(payment m0000@hansalim m0002@hansalim 3)"
    audit --key eye --all --no-answers
    found fork
    jq -e '.evidence == "fork" and .origin == "test.example/main" and
        ([.remembered, .shown | test("\n— test.example/main ")] | all)' "$(jq -r .evidence "$REPORT")"
    # And who has nothing but the receipt.
    mv "$XDG_STATE_HOME/pumasi/default/audit" "$BATS_TEST_TMPDIR/old"
    audit --key eye --all --no-answers
    found_at receipt-gone "$n"
    found fork
}
