#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# Members ask each other, pay what they are asked, decline and correct; their office does so for purses and for
# those without a device. One ledger for all tests. sora and duri are the treasurers, who both must sign, minho is
# the registrar; alice, bob and carol are members, old@hansalim has no device, fund@hansalim is a purse.

load ../lib/ledger
load ../lib/client

setup_file() {
    ledger_setup
    client_environment
    new_key sora stewards steward steward
    new_key sora hansalim treasurer sora-t
    new_key duri hansalim treasurer duri-t
    new_key minho hansalim registrar minho
    ledger_init main
    ledger_start main
    ledger_wait main
    for who in sora duri minho; do
        connect "$who"
    done
    as sora open
    connect duri
    connect minho
    as sora unit create hour --name Hour --scale 60 --kind time
    as sora coop create hansalim --name 한살림 --threshold 2 --treasurer sora-t --treasurer "$LEDGERS/duri-t.jwk" \
        --registrar "$LEDGERS/minho.jwk" || [ $? -eq 3 ]
    as duri --yes sign || [ $? -eq 3 ]
    as minho --yes sign
    as sora policy hansalim hour --floor -20:00 --ceiling 40:00 || [ $? -eq 3 ]
    as duri --yes sign
    for who in alice bob carol; do
        new_key "$who" "$who@hansalim" member "$who"
        connect "$who"
        as minho member create "$who@hansalim" --name "$who" --key-file "$LEDGERS/$who.jwk" || [ $? -eq 3 ]
        as "$who" --yes sign
    done
    as minho member create old@hansalim --name 어르신
    as sora member create fund@hansalim --purse --name Fund || [ $? -eq 3 ]
    as duri --yes sign
}

setup() {
    client_environment
    ledger_adopt main
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

kid_of() { # PERSON: of its key of that name
    as "$1" --json key show "$1" | jq -re .kid
}

# The record that a command made.
record_of() { # PERSON ARGUMENT...
    local who=$1
    shift
    as "$who" --json --yes "$@" 2> /dev/null | jq -e .index
}

# The jti of what waits after a command.
waiting_of() { # PERSON ARGUMENT...
    local who=$1
    shift
    (as "$who" --json --yes "$@" 2> /dev/null || [ $? -eq 3 ]) | jq -re .jti
}

balance() { # MEMBER: as the office sees it
    as minho --json balance "$1" hour | jq .balance
}

row() { # PERSON RECORD ARGUMENT...: that record's line of a list
    local who=$1 record=$2
    shift 2
    as "$who" "$@" 2> /dev/null | grep -P "^$record\t" || die "no record $record in: $(as "$who" "$@" 2>&1)"
}

@test "a request is seen by both sides, shown in full before it is paid, and paid once" {
    local n before paid until
    before=$(balance bob@hansalim)
    n=$(record_of alice request bob@hansalim 1:30 hour -m '텃밭 일' -c garden)
    until=$(TZ=$LEDGER_ZONE date -d '30 days' +%F)
    [ "$(row bob "$n" requests)" = $"$n"$'\tanswer\t1:30 hour\tbob@hansalim\talice@hansalim\t'"$until"$'\t\tgarden\t텃밭 일' ] ||
        die "$(as bob requests)"
    [[ $(row alice "$n" requests) == $"$n"$'\twait\t'* ]]
    run as carol requests
    [[ $output != *"$n"$'\t'* ]] || die "carol sees it: $output"
    # Nobody is asked, so nothing is paid.
    run as bob pay --request "$n"
    says 2 "Record $n, booked "
    says 2 'request that bob@hansalim pay 1:30 hour to alice@hansalim'
    says 2 '“텃밭 일”'
    says 2 'Add --yes'
    [ "$(balance bob@hansalim)" -eq "$before" ]
    run answering n bob pay --request "$n"
    says 0 'Pay this? [y/N]'
    says 0 'Not paid.'
    # What contradicts it isn't guessed at.
    run as bob --yes pay --request "$n" alice@hansalim 1 hour
    says 2 'The request asks that bob@hansalim pay 1:30 hour to alice@hansalim'
    run as bob --yes pay --request "$n" carol@hansalim 1:30 hour
    says 2 'something else'
    run as bob --yes pay --request "$n" --from carol@hansalim
    says 2 'something else'
    [ "$(balance bob@hansalim)" -eq "$before" ]
    run as bob --yes pay --request "$n"
    says 0 'Done: payment of 1:30 hour to alice@hansalim (record '
    [ "$(balance bob@hansalim)" -eq $((before - 90)) ]
    # What is over is said before anything is asked.
    run as bob pay --request "$n"
    says 1 "Request $n was paid before, by record "
    [[ $output != *booked* ]]
    run as bob decline "$n"
    says 1 "Request $n was paid before, by record "
    [ "$(balance bob@hansalim)" -eq $((before - 90)) ]
    # The payment took over what the request said.
    paid=$(as alice --json history -n 1 | jq '.items[0].index')
    [ "$(as alice --json history -n 1 | jq -c '.items[0] | [.amount, .memo, .category, .request]')" = \
        "[90,\"텃밭 일\",\"garden\",$n]" ]
    [[ $(row alice "$paid" history) == *$'\tmember\tgarden\tanswers request '"$n"$'\t텃밭 일' ]]
    [[ $(row alice "$n" requests --state paid) == $"$n"$'\tpaid by record '"$paid"$'\t'* ]]
    [[ $(row bob "$n" requests --all) == $"$n"$'\tpaid by record '"$paid"$'\t'* ]]
    run as bob requests
    [[ $output != *"$n"$'\t'* ]]
}

@test "a request is answered with a memo and day of one's own, and with the very same words" {
    local n
    n=$(record_of alice request bob@hansalim 10m hour -m asked)
    run as bob --yes pay --request "$n" alice@hansalim 0:10 hour -m answered -d 2026-01-31 -c food
    says 0 Done
    [ "$(as bob --json history -n 1 | jq -c '.items[0] | [.memo, .value_date, .category]')" = \
        '["answered","2026-01-31","food"]' ]
}

@test "what one has to answer comes first, oldest first" {
    local a b c
    a=$(record_of carol request bob@hansalim 1m hour)
    b=$(record_of bob request carol@hansalim 2m hour)
    c=$(record_of alice request bob@hansalim 3m hour)
    [ "$(as bob requests | cut -f 1 | tr '\n' ' ')" = "$a $c $b " ]
    [ "$(as bob requests --json | jq -c '[.items[].index]')" = "[$a,$c,$b]" ]
    run answering '' bob requests
    says 0 '"pumasi pay --request RECORD" shows one in full and asks'
    for n in "$a" "$c"; do
        as bob --yes decline "$n"
    done
    as bob --yes decline "$b"
    run as bob requests
    says 0 'Nobody asks you to pay'
    run as bob requests --state open --all
    says 2 'Give either'
    run as bob requests --state due
    says 2 'open, paid, closed'
}

@test "a request is declined by who is asked, withdrawn by who asks, and by nobody else" {
    local n
    n=$(record_of alice request bob@hansalim 1 hour -m rent)
    run as carol --yes decline "$n"
    says 1 "There is no record $n, or none of these keys may see it."
    run as bob decline "$n"
    says 2 'Add --yes'
    run answering n bob decline "$n"
    says 0 'Decline this? [y/N]'
    says 0 'It stands as it was.'
    run as bob --yes decline "$n" -r '다음에'
    says 0 'Done: decline of the request that bob@hansalim pay 1:00 hour to alice@hansalim (record '
    run as bob --yes pay --request "$n"
    says 1 "Request $n was declined or withdrawn before"
    run as alice --yes decline "$n"
    says 1 "Request $n was declined or withdrawn before"
    [[ $(row alice "$n" requests --state closed) == $"$n"$'\tdeclined by record '* ]]
    # Who asked can read why.
    run as alice show "$(row alice "$n" requests --state closed | grep -oP 'declined by record \K\d+')"
    says 0 'decline of '
    says 0 '“다음에”'

    n=$(record_of alice request bob@hansalim 1 hour)
    run answering y alice decline "$n"
    says 0 'Withdraw this? [y/N]'
    says 0 'Done: withdrawal of the request that bob@hansalim pay'
    run as bob --yes pay --request "$n"
    says 1 'was declined or withdrawn before'
    run as bob decline 99999
    says 1 'There is no record 99999'
    run as bob decline 12x
    says 2 "neither a request's record nor the id"
    run as bob --yes decline 0
    says 1 "what is posted can't be declined"
    run as bob --yes decline "$(record_of bob pay alice@hansalim 1m hour)"
    says 1 'Who received it can give it back: pumasi reverse'
}

@test "requests that make no sense are told so at once" {
    run as alice request alice@hansalim 1 hour
    says 2 'would ask itself'
    run as alice request bobb@hansalim 1 hour
    says 1 'There is no member "bobb@hansalim"'
    run as alice request bob@hansalim 0 hour
    says 2 'Say how much'
    run as alice request bob@hansalim 1 hour --expires 2020-01-01
    says 1 'over already'
    run as alice request bob@hansalim 1 hour --expires soon
    says 2 'no date'
    run as minho request bob@hansalim 1 hour --to old@hansalim
    says 1 "needs a key of old@hansalim or treasurer key of hansalim"
    run as minho -k minho request bob@hansalim 1 hour
    says 2 'say for which purse it asks'
    run as alice pay
    says 2 'pumasi pay --request NUMBER'
    run as alice --yes pay --request 0
    says 1 'is no request but this: '
    run as alice --yes pay --request x
    says 2 "no record's number"
}

@test "a payment goes back in parts, up to its amount, by who received it" {
    local n back a b
    a=$(balance alice@hansalim) b=$(balance bob@hansalim)
    n=$(record_of alice pay bob@hansalim 1:00 hour -m garden)
    run as alice --yes reverse "$n"
    says 1 "This needs a key of bob@hansalim or treasurer key of hansalim"
    says 1 "bob@hansalim received it and can give it back"
    run as carol --yes reverse "$n"
    says 1 "There is no record $n"
    run as bob --yes reverse "$n" 1:01
    says 1 'is a payment of 1:00 hour: no more can go back.'
    run as bob reverse "$n" 0:30
    says 2 "Record $n, booked "
    says 2 'payment of 1:00 hour from alice@hansalim to bob@hansalim'
    says 2 'bob@hansalim gives back 0:30 hour to alice@hansalim.'
    run as bob --yes reverse "$n" 0:30 -r '반 시간만 걸렸어요'
    says 0 'Done: reversal of 0:30 hour of record '
    [ "$(balance alice@hansalim) $(balance bob@hansalim)" = "$((a - 30)) $((b + 30))" ]
    run as bob --yes reverse "$n" 0:31
    says 1 'only 0:30 hour is left to be given back.'
    run answering y bob reverse "$n"
    says 0 '0:30 hour of it was given back before.'
    says 0 'Reverse this? [y/N]'
    says 0 'Done: reversal of 0:30 hour'
    run as bob --yes reverse "$n"
    says 1 'All of the 1:00 hour of record'
    [ "$(balance alice@hansalim) $(balance bob@hansalim)" = "$a $b" ]
    # Both see it for ever, in words and for programs.
    back=$(as alice --json history -n 1 | jq '.items[0].index')
    [[ $(row alice "$n" history) == *$'\tall of it reversed\tgarden' ]] || die "$(row alice "$n" history)"
    [[ $(row bob "$back" history) == *$'\t'"reversal of record $n"$'\t'* ]]
    [ "$(as alice --json history | jq -c --argjson n "$n" '.items[] | select(.index == $n) | .reversed')" -eq 60 ]
    [ "$(as bob --json history -n 1 | jq -c '.items[0] | [.reverses, .amount]')" = "[$n,-30]" ]
    run as alice show "$back"
    says 0 "reversal of 0:30 hour of record $n"
    says 0 'payment of 1:00 hour from alice@hansalim to bob@hansalim'
    [ "$(as alice --json show "$n" | jq -c '[.index, .payload.amount, .texts.memo]')" = "[$n,60,\"garden\"]" ]
    run as carol show "$back"
    says 1 'There is no record'
    run as bob --yes reverse "$back"
    says 1 'is a reversal'
    run as bob --yes reverse 0
    says 1 'is no payment'
}

@test "treasurers take a payment back by force, and that shows for ever" {
    local n jti back
    n=$(record_of alice pay bob@hansalim 0:20 hour)
    run as sora -k sora-t --yes reverse "$n" 0:15 -r 'paid to the wrong Bob'
    says 3 "bob@hansalim doesn't sign this: it is done by force, and marked so for ever."
    run as duri pending
    says 0 "reversal of 0:15 hour of record $n"
    jti=$(as duri --json pending | jq -r '.items[0].jti')
    run as duri sign "$jti"
    says 2 'the office of hansalim, without a signature of bob@hansalim'
    says 2 'gives back         0:15 hour, out of 0:20 hour'
    says 2 "Record $n, booked "
    says 2 '  payment of 0:20 hour from alice@hansalim to bob@hansalim'
    says 2 '“paid to the wrong Bob”'
    run as duri --yes sign "$jti"
    says 0 "Done: reversal of 0:15 hour of record $n"
    back=$(as bob --json history -n 1 | jq '.items[0].index')
    [ "$(as bob --json history -n 1 | jq -c '.items[0] | [.reverses, .forced, .amount]')" = "[$n,true,-15]" ]
    [[ $(row bob "$back" history) == *"reversal of record $n, forced by the treasurers"* ]]
    [[ $(row alice "$n" history) == *'0:15 of it reversed'* ]]
}

@test "a reversal that waits is shown with what it takes back, and can be declined" {
    local n jti
    n=$(record_of alice pay bob@hansalim 0:20 hour)
    jti=$(waiting_of sora -k sora-t reverse "$n")
    run as duri pending
    says 0 "reversal of record $n, all of its 0:20 hour"
    run as duri decline "$jti"
    says 2 '  payment of 0:20 hour from alice@hansalim to bob@hansalim'
    run as duri --yes decline "$jti"
    says 0 "Done: decline of the reversal of record $n, all of its 0:20 hour"
    run as sora pending
    says 0 'hansalim declined this act, by record '
    says 0 'Nothing waits.'
    # Who received it still gives it back.
    run as bob --yes reverse "$n"
    says 0 'Done: reversal of 0:20 hour'
}

@test "interrupted before it knew its end, a run is finished by the next one, whatever the ledger says meanwhile" {
    local n state=$LEDGERS/bob/state/pumasi/default before
    # As if pumasi had been killed between the ledger's answer and its own memory of it.
    forget_the_end() {
        local receipt
        receipt=$(grep -l "\"index\": *$1\b" "$state"/receipts/*)
        jq '{version: 1, by: .receipt.by, jti: .receipt.jti, type, what, unit, made: (now - 60 | floor),
            exp: (now + 500 | floor), sent: true, submission, intent: $intent}' --arg intent "$2" "$receipt" \
            > "$state/outbox/$(jq -r .receipt.jti "$receipt").json"
        rm "$receipt"
    }
    sha() {
        sha256sum | cut -c 1-64 | sed 's/../\\x&/g' | tr -d '\n' | xargs -0 printf '%b' | base64 | tr '+/' '-_' | tr -d '='
    }
    mkdir -p "$state/outbox"
    n=$(record_of alice pay bob@hansalim 0:09 hour)
    before=$(balance bob@hansalim)
    forget_the_end "$(record_of bob reverse "$n")" "$(printf '{"by":"bob@hansalim","members":{"amount":9,"record":%d},"texts":{},"type":"reversal"}' "$n" | sha)"
    run as bob --yes reverse "$n"
    says 0 'Finishing the reversal of 0:09 hour of record '
    says 0 'Done before: reversal of 0:09 hour'
    [ "$(balance bob@hansalim)" -eq $((before - 9)) ]

    n=$(record_of alice request bob@hansalim 0:08 hour)
    forget_the_end "$(record_of bob pay --request "$n")" "$(printf '{"by":"bob@hansalim","members":{"amount":8,"from":"bob@hansalim","request":%d,"to":"alice@hansalim","unit":"hour"},"texts":{},"type":"transfer"}' "$n" | sha)"
    run as bob --yes pay --request "$n"
    says 0 'Done before: payment of 0:08 hour'
    run as bob --yes pay --request "$n"
    says 1 'was paid before'
}

@test "what the office records for a member shows as its work, and it can take it back" {
    local n
    run as minho pay bob@hansalim 0:10 hour --from carol@hansalim
    says 1 'allow registrars to record'
    n=$(record_of minho pay carol@hansalim 0:40 hour --from old@hansalim -m 밑반찬)
    [[ $(as minho history --member old@hansalim | head -n 1) == *$'\tregistrar\t\trecorded by the office\t밑반찬' ]] ||
        die "$(as minho history --member old@hansalim)"
    [[ $(row carol "$n" history) == *$'\tregistrar\t\trecorded by the office\t밑반찬' ]]
    # One who has a device sees it as well, and that she hasn't signed it.
    as carol member allow yes
    n=$(record_of minho pay bob@hansalim 0:05 hour --from carol@hansalim)
    as carol member allow no
    [[ $(row carol "$n" history) == *$'\tregistrar\t\trecorded by the office\t' ]]
    run as minho reverse "$n"
    says 2 'recorded by        the office of hansalim'
    says 2 'bob@hansalim gives back 0:05 hour to carol@hansalim.'
    run as minho --yes reverse "$n"
    says 0 'Done: reversal of 0:05 hour'
    [[ $(as carol history -n 1) == *"recorded by the office; reversal of record $n"* ]]
    # What a member paid itself isn't the registrar's to take back.
    n=$(record_of carol pay bob@hansalim 0:05 hour)
    run as minho -k minho --yes reverse "$n"
    says 1 'signature'
}

@test "the office declines for a member without a device, and asks for a purse" {
    local n m
    n=$(record_of alice request old@hansalim 0:30 hour)
    [[ $(row minho "$n" requests) == $"$n"$'\tanswer\t'* ]] || die "$(as minho requests)"
    # What its members answer for themselves isn't the office's.
    m=$(record_of alice request bob@hansalim 0:31 hour)
    run as minho requests
    [[ $output != *"$m"$'\t'* ]] || die "$output"
    [[ $(row minho "$m" requests --others) == $"$m"$'\twait\t'* ]]
    as alice --yes decline "$m"
    run as minho --yes decline "$n"
    says 0 'Done: decline of the request that old@hansalim pay 0:30 hour'
    n=$(record_of alice request old@hansalim 0:15 hour)
    run as minho --yes pay --request "$n"
    says 0 'Done: payment of 0:15 hour from old@hansalim to alice@hansalim'

    run as sora request carol@hansalim 1 hour --to fund@hansalim -m dues
    says 3 'Waiting for signatures: request that carol@hansalim pay 1:00 hour to fund@hansalim'
    run as duri --yes sign
    says 0 'Done: request that carol@hansalim pay'
    n=$(as carol --json requests | jq '.items[0].index')
    run as carol --yes pay --request "$n"
    says 0 'Done: payment of 1:00 hour to fund@hansalim'
    # A purse's request is declined by one treasurer.
    n=$(record_of alice request fund@hansalim 5 hour)
    [[ $(row duri "$n" requests) == $"$n"$'\tanswer\t'* ]]
    run as duri --yes decline "$n" -r 'not in the budget'
    says 0 'Done: decline of the request that fund@hansalim pay 5:00 hour'
}

@test "a purse's payment that answers a request is signed by two, who both see the request" {
    local n jti
    n=$(record_of alice request fund@hansalim 0:50 hour -m seeds)
    run as sora --yes pay --request "$n"
    says 3 'Waiting for signatures: payment of 0:50 hour from fund@hansalim to alice@hansalim'
    run as duri sign
    says 2 "answers request    $n"
    says 2 "Record $n, booked "
    says 2 '  request that fund@hansalim pay 0:50 hour to alice@hansalim'
    says 2 '“seeds”'
    run as duri --yes sign
    says 0 'Done: payment'
    [[ $(row alice "$n" requests --state paid) == $"$n"$'\tpaid by record '* ]]
}

@test "one treasurer ends what the other began, and it is never posted" {
    local jti before
    before=$(balance fund@hansalim)
    jti=$(waiting_of sora pay bob@hansalim 0:30 hour --from fund@hansalim -m party)
    run as duri pending
    says 0 $'sign\tpayment of 0:30 hour from fund@hansalim to bob@hansalim\t1 treasurer of hansalim\t'
    as duri --json pending | jq -c '.items[0]' > "$BATS_TEST_TMPDIR/kept.json"
    run as duri decline "$jti"
    says 2 "It isn't posted yet and says:"
    says 2 'payment of 0:30 hour from fund@hansalim to bob@hansalim'
    says 2 'it will never be posted, whoever signs it'
    run as duri --yes decline "$jti" -r '너무 많아요'
    says 0 'Done: decline of the payment of 0:30 hour from fund@hansalim to bob@hansalim (record '
    run as duri pending
    says 0 'Nothing waits.'
    run as sora pending
    says 0 'Nothing waits.'
    [ "$(as sora --json outbox | jq '.items | length')" -eq 0 ]
    # Nor does it come back by a file.
    run as duri --yes sign "$BATS_TEST_TMPDIR/kept.json"
    says 1 'hansalim declined this act, by record '
    run as sora show "$(grep -oP 'by record \K\d+' <<< "$output")"
    says 0 '“너무 많아요”'
    [ "$(balance fund@hansalim)" -eq "$before" ]
    # Its maker takes back what he began.
    jti=$(waiting_of sora pay bob@hansalim 0:30 hour --from fund@hansalim)
    run as sora --yes decline "$jti"
    says 0 'Done: decline of the payment'
    [ "$(as sora --json outbox | jq '.items | length')" -eq 0 ]
    run as sora decline "$jti"
    says 1 'It may have been posted or declined'
}

@test "a memo can't play tricks on who reads it" {
    local n memo='%s%n$(id) <b>“x”; =1+1'
    run as alice request bob@hansalim 1m hour -m $'two\nlines'
    says 2 'The memo'
    run as alice request bob@hansalim 1m hour -m $'turned \xe2\x80\xae round'
    says 2 'The memo'
    n=$(record_of alice request bob@hansalim 1m hour -m "$memo")
    [[ $(row bob "$n" requests) == *$'\t'"$memo" ]]
    run as bob pay --request "$n"
    says 2 "$memo"
    run as bob --yes pay --request "$n"
    says 0 Done
    [ "$(as alice --json history -n 1 | jq -r '.items[0].memo')" = "$memo" ]
}

@test "each speaks JSON when asked to, and nothing else on standard output" {
    local n m
    n=$(record_of alice request bob@hansalim 0:06 hour)
    m=$(record_of alice request bob@hansalim 0:07 hour)
    while read -r who command; do
        # shellcheck disable=SC2086
        as "$who" --json --yes $command > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" ||
            die "$who $command: status $?: $(cat "$BATS_TEST_TMPDIR/err")"
        [ "$(jq -s length "$BATS_TEST_TMPDIR/out")" -eq 1 ] || die "$command: $(cat "$BATS_TEST_TMPDIR/out")"
    done << END
alice request bob@hansalim 0:08 hour
alice requests
bob requests --all
bob requests --state closed
bob pay --request $n
bob decline $m
alice reverse $(as alice --json history -n 1 | jq '.items[0].index') 0:01
END
    as bob --json --yes decline "$m" > "$BATS_TEST_TMPDIR/out" 2> /dev/null && die 'declined twice'
    [[ $(jq -r .type "$BATS_TEST_TMPDIR/out") == *already-answered ]]
}

@test "who may read a member's accounts is told by office, with each key" {
    run as alice whoami --readers
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == $'you yourself\t'"$(kid_of alice)"$'\talice' ]] || die "$output"
    [[ $output == *$'\nthe registrar of hansalim\t'"$(kid_of minho)"$'\t\n'* ]] || die "$output"
    [ "$(grep -c '^the treasurer of hansalim' <<< "$output")" -eq 2 ]
    [[ $output == *'the other side of a payment sees that payment'* ]]
    # As many as the ledger itself lists, and no other.
    [ "$(grep -c $'\t' <<< "$output")" -eq "$(as alice --json whoami | jq '.ledger_says.readers | length')" ]
    run as alice --json whoami --readers
    [ "$(jq -c '[.member, (.readers | map(.role) | sort)]' <<< "$output")" = \
        '["alice@hansalim",["member","registrar","treasurer","treasurer"]]' ] || die "$output"
    run answering '' alice whoami --readers
    says 0 '4 keys may read all of alice@hansalim: balances, entries, memos.'
    says 0 'the treasurers of hansalim (2)  '
    [[ $output != *"$(kid_of minho)"* ]]
    [[ $output == *"the registrar of hansalim       $(kid_of minho | cut -c 1-8)…"* ]] || die "$output"
    # An office has none of its own.
    run as minho whoami --readers
    says 1 'This takes a key with the role member'
    run as minho --key minho whoami --readers
    says 2 "The key minho is an office's"
}
