# SPDX-License-Identifier: AGPL-3.0-or-later
# Ledgers that lose records, as an old copy of their database is put back. Needs tests/lib/ledger.bash.
#
#   records_of NAME        how many there are in its database
#   keep_old NAME          a copy of the database of now; FOUND is how many records it has
#   put_old_back NAME      stops the ledger and puts that copy in its place; KEPT is how many records there were
#   recover NAME [OPTION...]
#   as_ledgerd COMMAND...  as the user that ledgerd runs as

as_ledgerd() {
    (cd / && "${AS_LEDGERD[@]}" "$@" 3>&-)
}

records_of() {
    ledger_psql "$1" -c 'SELECT size FROM head'
}

keep_old() {
    ledger_stop "$1"
    as_ledgerd rm -rf "$LEDGERS/open/$1.pg.old"
    as_ledgerd cp -a "$LEDGERS/$1/pg" "$LEDGERS/open/$1.pg.old"
    ledger_start "$1"
    ledger_wait "$1"
    FOUND=$(records_of "$1")
}

put_old_back() {
    KEPT=$(records_of "$1")
    ledger_stop "$1"
    as_ledgerd rm -rf "$LEDGERS/$1/pg"
    as_ledgerd cp -a "$LEDGERS/open/$1.pg.old" "$LEDGERS/$1/pg"
}

recover() {
    run "$LEDGERD" recover --data "$LEDGERS/$1" "${@:2}" 3>&-
    echo "$output"
}
