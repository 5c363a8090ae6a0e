# SPDX-License-Identifier: AGPL-3.0-or-later
# What a ledger makes of bytes on a connection.

# Reads answers from a descriptor; STATUSES are those of all until the other side closes (CLOSED=yes), or is silent for
# three seconds once so many have come; until then it is waited for, but less than the minute after which a ledger
# closes what is idle. ALL: until it closes, if it does.
framing_answers() { # DESCRIPTOR [ANSWERS]
    local line status n=0 patience=45
    STATUSES=
    CLOSED=yes
    # A status above 128: the time was over.
    while IFS= read -r -t "$patience" -u "$1" line || { status=$?; [ "$status" -le 128 ] || CLOSED=no; false; }; do
        case $line in
        HTTP/1.1*)
            STATUSES+="${line:9:3} "
            n=$((n + 1))
            [ "$n" != "${2:-1}" ] || patience=3
            ;;
        esac
    done
}

# Sends the bytes that printf makes of it to a port of this machine.
framing_send() { # PORT FORMAT [ANSWERS]
    local wire
    exec {wire}<> "/dev/tcp/127.0.0.1/$1"
    # In one write: printf makes one a line, and the other side may have closed before the last. It may also
    # close while cat writes.
    # shellcheck disable=SC2059
    printf "$2" > "$BATS_TEST_TMPDIR/sent"
    cat "$BATS_TEST_TMPDIR/sent" >&"$wire" || true
    framing_answers "$wire" "${3:-1}"
    exec {wire}>&-
}

# The same through TLS (tests/lib/tls.bash).
framing_send_tls() { # FORMAT [ANSWERS]
    tls_open
    # shellcheck disable=SC2059
    printf "$1" > "$BATS_TEST_TMPDIR/sent"
    cat "$BATS_TEST_TMPDIR/sent" >&"$TO" || true
    framing_answers "$FROM" "${2:-1}"
    tls_close
}
