# SPDX-License-Identifier: AGPL-3.0-or-later
# Using pumasi as several people on one machine. Needs tests/lib/ledger.bash.

client_environment() {
    PUMASI=$BUILD/pumasi
    export PUMASI_BATCH=1 TZ=UTC
    unset PUMASI_PROFILE PUMASI_KEY PUMASI_PASSPHRASE_FILE NO_COLOR
}

as() { # PERSON ARGUMENT...
    local who=$1
    shift
    XDG_CONFIG_HOME=$LEDGERS/$who/config XDG_STATE_HOME=$LEDGERS/$who/state "$PUMASI" "$@" 3>&-
}

# The same on a terminal of its own, with an answer to what is asked.
answering() { # ANSWER PERSON ARGUMENT...
    local answer=$1 who=$2
    shift 2
    printf '%s\n' "$answer" | (unset PUMASI_BATCH && export TERM=xterm NO_COLOR=1 \
        XDG_CONFIG_HOME=$LEDGERS/$who/config XDG_STATE_HOME=$LEDGERS/$who/state &&
        script -qec "$(printf '%q ' "$PUMASI" "$@")" /dev/null 3>&-) | tr -d '\r'
}

new_key() { # PERSON HOLDER ROLE NAME
    as "$1" key new --holder "$2" --role "$3" --out "$4" --no-passphrase > /dev/null 2>&1
    as "$1" key export "$4" > "$LEDGERS/$4.jwk"
}

connect() { # PERSON: to the ledger main
    as "$1" --yes connect "$(ledger_url main)"
}

admit() { # HANDLE NAME: sora makes a member of hansalim of who has that device
    as sora member create "$1@hansalim" --name "$2" --key-file "$LEDGERS/$1.jwk" || [ $? -eq 3 ]
    as "$1" --yes sign
}

# The ledger main with the co-op hansalim and its unit hour. sora is everything in the office of hansalim and the
# steward; alice and bob are members; old@hansalim has no device.
client_found() { # NAME-OF-HOUR NAME-OF-ALICE NAME-OF-BOB [OPTION-OF-INIT...]
    new_key sora stewards steward steward
    new_key sora hansalim treasurer treasurer
    new_key sora hansalim registrar registrar
    new_key alice alice@hansalim member alice
    new_key bob bob@hansalim member bob
    ledger_init main "${@:4}"
    ledger_start main
    ledger_wait main
    connect sora
    as sora open
    as sora unit create hour --name "$1" --scale 60 --kind time
    as sora -k steward -k treasurer -k registrar coop create hansalim --name 한살림 --treasurer treasurer \
        --registrar registrar
    as sora policy hansalim hour --floor -20:00 --ceiling 40:00 --registrar-floor -30
    connect alice
    connect bob
    admit alice "$2"
    admit bob "$3"
    as sora member create old@hansalim --name 어르신
}

says() { # STATUS TEXT: of the last run
    [ "$status" -eq "$1" ] || die "status $status instead of $1: $output" || return 1
    [[ $output == *"$2"* ]] || die "it doesn't say \"$2\": $output"
}
