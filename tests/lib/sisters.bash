# SPDX-License-Identifier: AGPL-3.0-or-later
# Ledgers that are witnessed, each with one steward's profile of the same name. Needs tests/lib/ledger.bash and
# tests/lib/import.bash.

# A ledger of that name and a profile of the same, opened.
new_ledger() { # NAME
    pumasi -p "$1" key new --holder stewards --role steward --out s --no-passphrase > /dev/null 2>&1
    pumasi -p "$1" key export s > "$LEDGERS/steward.jwk"
    ledger_init "$1"
    ledger_start "$1"
    ledger_wait "$1"
    pumasi -p "$1" --yes connect "$(ledger_url "$1")" > /dev/null 2>&1
    pumasi -p "$1" --yes open > /dev/null 2>&1
}

grow() { # NAME RECORDS
    local i
    for ((i = 0; i < $2; i++)); do
        GROWN=$((${GROWN:-0} + 1))
        pumasi -p "$1" --yes unit create "u$GROWN" --name "Unit $GROWN" --scale 1 --kind goods > /dev/null ||
            die "can't post on $1"
    done
}

of_ledger() { # NAME FILTER
    curl -sf -m 60 "$(ledger_url "$1")/v1/ledger" | jq -r "$2"
}

vkey() { # NAME
    of_ledger "$1" .vkey
}

checkpoint() { # NAME
    curl -sf -m 60 "$(ledger_url "$1")/checkpoint"
}

size() { # NAME
    checkpoint "$1" | sed -n 2p
}

shows() { # NAME SIZE
    [ "$(size "$1")" -eq "$2" ]
}

# Whoever posts from now on has no receipt of what was rolled back: its client would see it at once.
as_others() {
    export XDG_STATE_HOME=$LEDGERS/others
}

# Whether cosignature lines of these stand below what the public sees.
cosigned_by() { # NAME WITNESS...
    local note name
    note=$(checkpoint "$1")
    shift
    for name; do
        grep -q "^— $name " <<< "$note" || return 1
    done
}

not_cosigned_by() { # NAME WITNESS
    ! cosigned_by "$@" || die "$2 has cosigned $1"
}

restart() { # NAME
    ledger_stop "$1"
    ledger_start "$1"
    ledger_wait "$1"
    until_ok 30 ledger_in_mode "$1" posting
}
