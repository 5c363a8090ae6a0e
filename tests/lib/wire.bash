# SPDX-License-Identifier: AGPL-3.0-or-later
# Speaking to a ledger with curl, and keys and signatures from actor (tests/load/actor.c). The ledger is one
# that `hammer setup` made: co-ops hansalim and mapo, each with treasurer1 and treasurer2, who sign
# together, a registrar and a purse; members m0000@hansalim, m0001@mapo, m0002@hansalim, …; a steward. Each one's
# key has the name of its holder, an office's that of its role and co-op: registrar@mapo.
#
# Needs tests/lib/ledger.bash, and URL, ID and VKEY of the ledger (wire_meet).
# STATUS is the last answer's, its body is in the file $BODY, its headers in $BODY.head.

ACTOR=$BUILD/load/actor

# In a file's setup_file: a new ledger with what `hammer setup` makes, and so many members.
wire_start() { # NAME MEMBERS
    ledger_init "$1"
    ledger_start "$1"
    ledger_wait "$1"
    "$HAMMER" setup "$(ledger_url "$1")" --members "$2"
    wire_meet "$1"
}

wire_meet() { # NAME: of an adopted or started ledger
    URL=$(ledger_url "$1")
    BODY=${BATS_TEST_TMPDIR:-$LEDGERS}/body
    curl -sf -m 60 "$URL/v1/ledger" > "$BODY" || die "no /v1/ledger: $(cat "$BODY")" || return 1
    read -r ID VKEY < <(jq -r '"\(.id) \(.vkey)"' "$BODY")
    export ID VKEY
}

wire_adopt() { # NAME: in a test, what setup_file met
    ledger_adopt "$1"
    URL=$(ledger_url "$1")
    BODY=$BATS_TEST_TMPDIR/body
}

# A submission.
act() { # TYPE BY MEMBERS [SIGNER...] [OPTION...]
    echo "$3" | "$ACTOR" sign --type "$1" --by "$2" --aud "$ID" "${@:4}"
}

payment() { # FROM TO AMOUNT [OPTION...]
    act transfer "$1" "{\"from\":\"$1\",\"to\":\"$2\",\"unit\":\"hour\",\"amount\":$3}" "$1" "${@:4}"
}

member_act() { # TYPE BY MEMBER SIGNER...
    act "$1" "$2" "{\"member\":\"$3\"}" "${@:4}"
}

ask() { # CURL-ARGUMENT... PATH
    STATUS=$(curl -s -m 120 -o "$BODY" -D "$BODY.head" -w '%{http_code}' "${@:1:$#-1}" "$URL${*: -1}") ||
        die "curl: exit status $?: ${*: -1}"
}

post() { # SUBMISSION [PATH]
    ask -H 'Content-Type: application/json' --data-binary "@-" "${2:-/v1/acts}" <<< "$1"
}

post_lines() { # FILE [PATH]
    ask -H 'Content-Type: application/x-ndjson' --data-binary "@$1" "${2:-/v1/acts}"
}

# A query as that holder, with the key of that name.
get_as() { # KEY HOLDER PATH
    local token
    token=$("$ACTOR" token "$1" "$ID" "$2" GET "${3%%\?*}")
    ask -H "Authorization: Bearer $token" "$3"
}

# Whose key that is by its name: registrar@mapo is mapo's, m0000@hansalim its own.
holder_of() { # KEY
    case $1 in
    registrar@* | treasurer?@* | auditor@*) echo "${1#*@}" ;;
    steward) echo stewards ;;
    auditor) echo '*' ;;
    *) echo "$1" ;;
    esac
}

get() { # KEY PATH
    get_as "$1" "$(holder_of "$1")" "$2"
}

# Many queries over one connection, quicker than one by one. Lines of "PATH AUTHORIZATION" come on standard
# input; the status of the Nth goes to the Nth line of $BODY.statuses, its body to $BODY.N, from 1.
ask_many() {
    local path auth n=0
    rm -f "$BODY".[0-9]*
    while read -r path auth; do
        n=$((n + 1))
        [ "$n" -eq 1 ] || echo next
        printf 'url = "%s"\nheader = "Authorization: %s"\noutput = "%s"\n' "$URL$path" "$auth" "$BODY.$n"
        printf 'dump-header = "%s"\nwrite-out = "%%{http_code}\\n"\nsilent\n' "$BODY.$n.head"
    done > "$BODY.config"
    curl -m 240 -K "$BODY.config" > "$BODY.statuses"
}

# The last answer has that status, and jq finds the condition true of it.
answered() { # STATUS [JQ-CONDITION [JQ-ARGUMENT...]]
    [ "$STATUS" = "$1" ] || die "status $STATUS instead of $1: $(cat "$BODY")" || return 1
    [ $# -eq 1 ] || { [ -s "$BODY" ] && jq -e "${@:3}" "$2" "$BODY" > /dev/null; } || die "not $2: $(cat "$BODY")"
}

# The last answer is a problem of that name, as RFC 9457 has it. (Without jq, which takes its time.)
problem() { # STATUS WORD
    local body
    body=$(< "$BODY")
    answered "$1" || return 1
    [[ $body == '{"type":"/problems/'"$2"'","title":"'[A-Z]*'","status":'"$1"',"detail":"'?*'"'*'}' ]] ||
        die "no problem $2: $body" || return 1
    header Content-Type application/problem+json
}

header() { # NAME VALUE
    grep -qi "^$1: $2"$'\r'"*$" "$BODY.head" || die "no $1: $2 in $(cat "$BODY.head")"
}

# That submission is refused so.
refused() { # STATUS WORD SUBMISSION
    post "$3" && problem "$1" "$2"
}

# It is posted; the index of its record is in INDEX.
posted() { # SUBMISSION
    post "$1" && answered 201 || return 1
    [[ $(< "$BODY") =~ ^\{\"index\":([0-9]+), ]] && INDEX=${BASH_REMATCH[1]}
}

log_size() {
    curl -sf -m 60 "$URL/v1/ledger" | sed -n 's/.*"size":\([0-9]*\).*/\1/p'
}

# A person with a key, admitted by a registrar.
new_member() { # HANDLE@COOP [NAME]
    posted "$(act member.create "${1#*@}" "{\"member\":\"$1\",\"kind\":\"person\",\"keys\":[$("$ACTOR" key "$1")],\"threshold\":1}" \
        "registrar@${1#*@}" "$1" --text "name=${2:-홍길동}")"
}
