# SPDX-License-Identifier: AGPL-3.0-or-later
# A ledger to be audited, and an auditor. Needs ledger.bash and wire.bash.
#
#   audit_begin NAME         a ledger of hammer's with a snapshot, if need be; the keys "eye" and "inner" are auditors
#   audit_environment        the auditor's; each test has a memory of its own
#   every_act NAME           at least one record of every type of act
#   at_record NAME, record NAME
#   export_of NAME           ledgerd export into $LEDGERS/export, once
#   forged FRAUD RECORD [ARGUMENT...]   audits an export that the operator forged so, with his log key
#   audit ARGUMENT...        pumasi audit --json; its report is in the file $REPORT, its exit status in STATUS
#   clean, found WORD [JQ]   what the report must say

audit_environment() {
    export PUMASI_BATCH=1 TZ=UTC XDG_CONFIG_HOME=$LEDGERS/config XDG_STATE_HOME=${BATS_TEST_TMPDIR:-$LEDGERS}/state
    unset PUMASI_PROFILE PUMASI_KEY NO_COLOR
    REPORT=${BATS_TEST_TMPDIR:-$LEDGERS}/report
}

pumasi() {
    "$BUILD/pumasi" "$@" 3>&-
}

recorded_snapshots() { # NAME N
    [ "$(ledger_psql "$1" -c 'SELECT count(*) FROM snapshots')" -eq "$2" ]
}

# A key of the auditor's, registered for a holder by those who govern it.
auditor_key() { # NAME HOLDER BY SIGNER...
    pumasi key new --holder "$2" --role auditor --out "$1" --no-passphrase > "$LEDGERS/key.log" 2>&1
    post "$(act key.add "$3" "{\"holder\":\"$2\",\"role\":\"auditor\",\"key\":$(pumasi key export "$1")}" "${@:4}")"
    answered 202 || return 1
    pumasi --yes --key "$1" sign > "$LEDGERS/sign.log" 2>&1 || die "$(cat "$LEDGERS/sign.log")"
}

# Where this machine can tell programs another time: a ledger that was founded 31 days ago, so that the
# clerk has a day to record a snapshot of, a key that was lost then can be given anew, and what a member
# left that was frozen then can go to its co-op.
audit_begin() { # NAME
    local lib plain
    audit_environment
    lib=$(find /usr/lib -name libfaketimeMT.so.1 -print -quit 2> /dev/null)
    plain=$(plain_build)
    [ -n "$plain" ] || lib=''
    SNAPSHOTS=0
    if [ -n "$lib" ]; then
        install -m 644 /dev/null "$LEDGERS/open/clock"
        echo -2678400 > "$LEDGERS/open/clock"
        SNAPSHOTS=1
        (
            export FAKETIME_TIMESTAMP_FILE=$LEDGERS/open/clock FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1 \
                FAKETIME_DONT_FAKE_MONOTONIC=1
            LEDGERD=$plain/ledgerd HAMMER=$plain/load/hammer ACTOR=$plain/load/actor
            LD_PRELOAD=$lib ledger_init "$1"
            LD_PRELOAD=$lib ledger_start "$1" --sandbox off # in it, faketime couldn't read its file
            ledger_wait "$1"
            LD_PRELOAD=$lib "$HAMMER" setup "$(ledger_url "$1")" --members 12 > "$LEDGERS/setup.log"
            wire_meet "$1"
            LD_PRELOAD=$lib posted "$(LD_PRELOAD=$lib recovery m0007@mapo member mapo registrar@mapo)" || return 1
            at_record recover
            LD_PRELOAD=$lib posted "$(LD_PRELOAD=$lib payment m0009@mapo m0011@mapo 20)" || return 1
            LD_PRELOAD=$lib posted "$(LD_PRELOAD=$lib member_act member.freeze mapo m0011@mapo registrar@mapo)" || return 1
            ledger_stop "$1"
        ) || return 1
        ledger_start "$1"
        ledger_wait "$1"
        until_ok 20 recorded_snapshots "$1" 1 || die "no snapshot was recorded" || return 1
    else
        ledger_init "$1"
        ledger_start "$1"
        ledger_wait "$1"
        "$HAMMER" setup "$(ledger_url "$1")" --members 12 > "$LEDGERS/setup.log" || return 1
    fi
    echo "$SNAPSHOTS" > "$LEDGERS/snapshots"
    wire_meet "$1"
    pumasi --yes connect "$URL" > "$LEDGERS/connect.log" 2>&1 || die "$(cat "$LEDGERS/connect.log")" || return 1
    auditor_key eye '*' stewards steward || return 1
    auditor_key inner hansalim hansalim treasurer1@hansalim treasurer2@hansalim
}

# All keys of a holder are lost, and the key "new.<holder>" is to take their place.
recovery() { # HOLDER ROLE BY SIGNER...
    act key.recover "$3" "{\"holder\":\"$1\",\"role\":\"$2\",\"keys\":[$("$ACTOR" key "new.$1")],\"threshold\":1}" "${@:4}" "new.$1"
}

of_recovery() { # TYPE HOLDER ROLE BY SIGNER...
    act "$1" "$4" "{\"holder\":\"$2\",\"role\":\"$3\",\"record\":$(record recover)}" "${@:5}"
}

# Remembers the last record's index under a name; `record NAME` tells it.
at_record() { # NAME
    echo "$INDEX" > "$LEDGERS/record.$1"
}

record() { # NAME
    cat "$LEDGERS/record.$1"
}

# One round of clearing that is declined, and one that is posted, among hansalim, mapo and trio.
rounds() {
    local bounds='"floor":-600,"ceiling":600,"registrar_floor":-600,"registrar_ceiling":600,"reversal_days":30'
    local round deadline=$(($(date +%s) + 86400))
    posted "$(act coop.create stewards "{\"coop\":\"trio\",\"name\":\"Trio\",\"treasurers\":[$("$ACTOR" key treasurer1@trio)],\"threshold\":1,\"registrars\":[$("$ACTOR" key registrar@trio)]}" \
        steward treasurer1@trio registrar@trio)"
    posted "$(act coop.policy trio "{\"coop\":\"trio\",\"unit\":\"hour\",$bounds,\"clearing\":\"auto\"}" treasurer1@trio)"
    posted "$(act member.create trio "{\"member\":\"m@trio\",\"kind\":\"person\",\"keys\":[$("$ACTOR" key m@trio)],\"threshold\":1}" registrar@trio m@trio)"
    posted "$(act line.set trio '{"coop":"trio","partner":"mapo","unit":"hour","limit":50}' treasurer1@trio)"
    posted "$(act line.set hansalim '{"coop":"hansalim","partner":"trio","unit":"hour","limit":50}' treasurer1@hansalim treasurer2@hansalim)"
    posted "$(payment m0000@hansalim m0005@mapo 12)"
    posted "$(payment m0005@mapo m@trio 11)"
    posted "$(payment m@trio m0000@hansalim 10)"
    posted "$(act clearing.propose trio "{\"unit\":\"hour\",\"deadline\":$deadline}" treasurer1@trio)"
    posted "$(act clearing.decline mapo "{\"unit\":\"hour\",\"round\":$INDEX}" treasurer1@mapo treasurer2@mapo)"
    until_ok 20 round_is ended
    posted "$(act clearing.propose stewards "{\"unit\":\"hour\",\"deadline\":$deadline}" steward)"
    round=$INDEX
    get treasurer1@mapo /v1/clearing/hour
    answered 200 '.state == "open" and .cleared == 30' || return 1
    for coop in mapo hansalim; do
        posted "$(act clearing.consent "$coop" "{\"unit\":\"hour\",\"round\":$round,\"hash\":$(jq .hash "$BODY")}" "treasurer1@$coop" "treasurer2@$coop")"
        get treasurer1@mapo /v1/clearing/hour
    done
    until_ok 20 round_is posted
}

round_is() { # STATE
    get treasurer1@mapo /v1/clearing/hour
    answered 200 ".state == \"$1\""
}

# A co-op whose members pay it each month, which the clerk looks for when the ledger starts; and the end of it.
levied() { # NAME
    local bounds='"floor":-600,"ceiling":600,"registrar_floor":-600,"registrar_ceiling":600,"reversal_days":30'
    posted "$(act coop.create stewards "{\"coop\":\"duo\",\"name\":\"Duo\",\"treasurers\":[$("$ACTOR" key treasurer1@duo)],\"threshold\":1,\"registrars\":[$("$ACTOR" key registrar@duo)]}" \
        steward treasurer1@duo registrar@duo)"
    posted "$(act member.create duo '{"member":"fund@duo","kind":"purse","keys":[],"threshold":0}' treasurer1@duo)"
    posted "$(act member.create duo "{\"member\":\"m@duo\",\"kind\":\"person\",\"keys\":[$("$ACTOR" key m@duo)],\"threshold\":1}" registrar@duo m@duo)"
    posted "$(act member.create duo "{\"member\":\"n@duo\",\"kind\":\"person\",\"keys\":[$("$ACTOR" key n@duo)],\"threshold\":1}" registrar@duo n@duo)"
    posted "$(act coop.policy duo "{\"coop\":\"duo\",\"unit\":\"hour\",$bounds,\"levy_per_mille\":100,\"levy_monthly\":6,\"levy_purse\":\"fund@duo\"}" treasurer1@duo)"
    posted "$(act transfer m@duo '{"from":"m@duo","to":"n@duo","unit":"hour","amount":30,"levy_max":3}' m@duo)"
    posted "$(act reversal n@duo "{\"record\":$INDEX,\"amount\":10}" n@duo)"
    ledger_stop "$1"
    ledger_start "$1"
    ledger_wait "$1"
    until_ok 60 monthly_is_paid || die 'no monthly levy' || return 1
    posted "$(act coop.close duo '{"coop":"duo"}' treasurer1@duo)"
}

monthly_is_paid() {
    get m@duo /v1/accounts/m@duo/hour
    answered 200 '.balance == -28' || return 1
    get n@duo /v1/accounts/n@duo/hour
    answered 200 '.balance == 14'
}

# What hammer's setup leaves out, each in its simplest form.
every_act() { # NAME
    local hash
    posted "$(payment m0000@hansalim m0002@hansalim 90)"
    at_record pay
    posted "$(act transfer m0000@hansalim '{"from":"m0000@hansalim","to":"m0002@hansalim","unit":"hour","amount":45,"category":"garden"}' \
        m0000@hansalim --text 'memo=텃밭, half a day')"
    posted "$(act reversal m0002@hansalim "{\"record\":$INDEX,\"amount\":30}" m0002@hansalim --text 'reason=an hour only')"
    posted "$(act reversal hansalim "{\"record\":$((INDEX - 1)),\"amount\":5}" treasurer1@hansalim treasurer2@hansalim)"
    posted "$(act request m0004@hansalim '{"from":"m0000@hansalim","to":"m0004@hansalim","unit":"hour","amount":20,"expires":"2036-01-01"}' m0004@hansalim)"
    posted "$(act transfer m0000@hansalim "{\"from\":\"m0000@hansalim\",\"to\":\"m0004@hansalim\",\"unit\":\"hour\",\"amount\":20,\"request\":$INDEX}" m0000@hansalim)"
    act request m0004@hansalim '{"from":"m0000@hansalim","to":"m0004@hansalim","unit":"hour","amount":7,"expires":"2036-01-01"}' \
        m0004@hansalim > "$LEDGERS/asked"
    posted "$(cat "$LEDGERS/asked")"
    hash=$(jq -r .act.payload "$LEDGERS/asked" | payload_hash)
    posted "$(act decline m0000@hansalim "{\"act\":\"$hash\"}" m0000@hansalim)"
    posted "$(act transfer hansalim '{"from":"purse@hansalim","to":"m0004@hansalim","unit":"hour","amount":60}' treasurer1@hansalim treasurer2@hansalim)"
    at_record purse
    posted "$(act account.limits hansalim '{"member":"m0006@hansalim","unit":"hour","floor":-100,"ceiling":null}' treasurer1@hansalim treasurer2@hansalim)"
    posted "$(act record.allow m0006@hansalim '{"member":"m0006@hansalim","allowed":true}' m0006@hansalim)"
    posted "$(act transfer hansalim '{"from":"m0006@hansalim","to":"m0000@hansalim","unit":"hour","amount":10}' registrar@hansalim)"
    posted "$(act member.update m0006@hansalim '{"member":"m0006@hansalim"}' m0006@hansalim --text 'name=Bom')"
    posted "$(member_act member.freeze hansalim m0006@hansalim registrar@hansalim)"
    posted "$(member_act member.unfreeze hansalim m0006@hansalim treasurer1@hansalim treasurer2@hansalim)"
    posted "$(act key.add m0008@hansalim "{\"holder\":\"m0008@hansalim\",\"role\":\"member\",\"key\":$("$ACTOR" key second)}" m0008@hansalim second)"
    at_record add
    posted "$(act threshold.set m0008@hansalim '{"holder":"m0008@hansalim","role":"member","threshold":2}' m0008@hansalim)"
    posted "$(act threshold.set m0008@hansalim '{"holder":"m0008@hansalim","role":"member","threshold":1}' m0008@hansalim second)"
    posted "$(act key.revoke m0008@hansalim "{\"holder\":\"m0008@hansalim\",\"role\":\"member\",\"kid\":\"$("$ACTOR" kid second)\"}" m0008@hansalim)"
    at_record revoke
    posted "$(member_act member.close hansalim m0010@hansalim registrar@hansalim)"
    posted "$(payment m0001@mapo m0003@mapo 15)"
    at_record mapo
    posted "$(payment m0003@mapo m0001@mapo 5)"
    posted "$(act line.set mapo '{"coop":"mapo","partner":"hansalim","unit":"hour","limit":500,"transit":true}' treasurer1@mapo treasurer2@mapo)"
    posted "$(payment m0000@hansalim m0005@mapo 25)"
    posted "$(act reversal m0005@mapo "{\"record\":$INDEX,\"amount\":20}" m0005@mapo)"
    rounds
    posted "$(act settlement mapo '{"from":"hansalim","to":"mapo","unit":"hour","amount":2,"means":"goods","date":"2026-11-01"}' \
        treasurer1@hansalim treasurer2@hansalim treasurer1@mapo treasurer2@mapo --text 'reference=a sack of rice')"
    levied "$1"
    if [ "$SNAPSHOTS" -gt 0 ]; then
        posted "$(of_recovery key.recover.finish m0007@mapo member mapo registrar@mapo)"
        posted "$(act transfer m0007@mapo '{"from":"m0007@mapo","to":"m0009@mapo","unit":"hour","amount":1}' new.m0007@mapo)"
        posted "$(act estate mapo '{"member":"m0011@mapo","unit":"hour","purse":"purse@mapo"}' treasurer1@mapo treasurer2@mapo)"
    fi
    posted "$(recovery m0005@mapo member mapo registrar@mapo)"
    at_record recover
    posted "$(of_recovery key.object m0005@mapo member m0005@mapo m0005@mapo)"
    posted "$(recovery hansalim treasurer stewards steward)"
    at_record recover
    posted "$(of_recovery key.object hansalim treasurer hansalim treasurer1@hansalim)"
}

# By which a decline names an act: SHA-256 of its payload's bytes.
payload_hash() {
    awk '{ while (length($0) % 4) $0 = $0 "="; print }' | basenc -d --base64url | "$ACTOR" hash
}

audit() { # ARGUMENT...
    STATUS=0
    pumasi audit --json "$@" > "$REPORT" 2> "$REPORT.err" || STATUS=$?
}

clean() {
    [ "$STATUS" -eq 0 ] && jq -e '.clean and .found == 0 and .findings == []' "$REPORT" > /dev/null ||
        die "status $STATUS, not clean: $(cat "$REPORT.err" "$REPORT")"
}

# It is found, and named so; JQ is true of a finding of that word.
found() { # WORD [JQ]
    [ "$STATUS" -eq 1 ] && jq -e --arg word "$1" "[.findings[] | select(.word == \$word) | ${2:-true}] | any" "$REPORT" > /dev/null ||
        die "status $STATUS, not found: $1 ${2:-}: $(cat "$REPORT.err" "$REPORT")"
}

export_of() { # NAME
    [ -d "$LEDGERS/export" ] && return 0
    "$LEDGERD" export "$LEDGERS/open/export" --data "$LEDGERS/$1" > "$LEDGERS/export.log" 2>&1 3>&- ||
        die "$(cat "$LEDGERS/export.log")" || return 1
    cp -r "$LEDGERS/open/export" "$LEDGERS/export"
    cp "$LEDGERS/$1/log.key" "$LEDGERS/log.key"
}

forged() { # FRAUD RECORD [ARGUMENT...]
    rm -rf "$LEDGERS/forged"
    "$BUILD/load/forge" "$LEDGERS/export" "$LEDGERS/forged" "$LEDGERS/log.key" "$@" || return 1
    audit --log "$LEDGERS/forged"
}

# The same: that record, and the amount at stake.
found_at() { # WORD RECORD [AMOUNT]
    local stake=''
    [ $# -lt 3 ] || stake=" and .stake == {\"unit\":\"hour\",\"amount\":$3}"
    found "$1" ".record == $2$stake"
}
