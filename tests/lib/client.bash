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
