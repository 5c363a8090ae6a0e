# SPDX-License-Identifier: AGPL-3.0-or-later
# For tests of `pumasi import`: a ledger with the co-op kenya, its unit sarafu of scale 100, and one
# person who has every key.
#
#   import_setup [REACH]        a ledger "main" where a registrar may set floors down to REACH
#   pumasi ARGUMENT...          as that person
#   import_done                 acts that are through, of the one import there is; 0 before it begins
#   import_hold ACTS            however fast it is, it doesn't get further than so many acts from now on
#   import_let_go               until it may
#   check_balances FILE...      every balance is what awk adds up from the files
#   make_csv ROWS MEMBERS SEED  a file of transfers on standard output

load ../lib/ledger

pumasi() {
    "$BUILD/pumasi" "$@" 3>&-
}

import_key() { # HOLDER ROLE NAME
    pumasi key new --holder "$1" --role "$2" --out "$3" --no-passphrase > /dev/null 2>&1
}

import_setup() { # [REACH]
    ledger_setup
    export PUMASI_BATCH=1 TZ=UTC XDG_CONFIG_HOME=$LEDGERS/config XDG_STATE_HOME=$LEDGERS/state
    unset PUMASI_PROFILE PUMASI_KEY
    import_key stewards steward s
    import_key kenya treasurer t
    import_key kenya registrar r
    pumasi key export s > "$LEDGERS/steward.jwk"
    ledger_init main
    ledger_start main
    until_ok 60 import_connect || die "can't connect: $(cat "$LEDGERS/connect.log")"
    {
        pumasi --yes open &&
            pumasi unit create sarafu --name Sarafu --scale 100 --kind credit &&
            pumasi coop create kenya --name Kenya --treasurer t --registrar r &&
            pumasi policy kenya sarafu --floor 0 --ceiling none \
                --registrar-floor "${1:--100000000}" --registrar-ceiling none
    } > "$LEDGERS/setup.log" 2>&1 || die "setting up: $(cat "$LEDGERS/setup.log")"
}

import_connect() {
    pumasi --yes connect "$(ledger_url main)" > "$LEDGERS/connect.log" 2>&1
}

import_job() {
    echo "$LEDGERS"/state/pumasi/default/imports/*/job.json
}

import_done() {
    jq .done "$(import_job)" 2> /dev/null || echo 0
}

import_reached() { # ACTS
    [ "$(import_done)" -ge "$1" ]
}

import_hold() { # ACTS: as if the disk were full
    ledger_psql main -c "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN IF NEW.size > $(($(ledger_psql main -c 'SELECT size FROM head') + $1)) THEN RAISE disk_full; END IF;
            RETURN NEW; END'" \
        -c 'CREATE TRIGGER full_disk BEFORE UPDATE ON head FOR EACH ROW EXECUTE FUNCTION full_disk()'
}

import_let_go() {
    ledger_psql main -c 'DROP FUNCTION IF EXISTS full_disk CASCADE' 2> /dev/null
}

import_acts() { # all of the import there is
    local job
    job=$(import_job)
    # The members to be made are counted by the bits of "make".
    jq -r .make "$job" | tr -- '-_' '+/' | { cat | tr -d '\n'; echo '=='; } | base64 -d 2> /dev/null |
        od -An -v -tu1 | awk -v more="$(jq '.rows + (.limits | length)' "$job")" \
        '{ for (i = 1; i <= NF; i++) for (b = $i; b > 0; b = int(b / 2)) n += b % 2 }
        END { print n + more }'
}

# Sums of the columns from, to and amount of files with such a header, as the book must have them.
sums() { # FILE...
    awk -F, '
    { sub(/\r$/, "") }
    FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    {
        split($(at["amount"]), part, ".")
        cents = part[1] * 100 + substr(part[2] "00", 1, 2)
        sum[$(at["from"])] -= cents
        sum[$(at["to"])] += cents
    }
    END { for (m in sum) printf "%s@kenya/sarafu %.0f\n", m, sum[m] }' "$@" | LC_ALL=C sort
}

check_balances() { # FILE...
    sums "$@" > "$LEDGERS/expected"
    [ -s "$LEDGERS/expected" ] || die "no sums of $*"
    ledger_psql main -F ' ' -c 'SELECT account, balance FROM accounts' > "$LEDGERS/table" ||
        die "the tables can't be read"
    LC_ALL=C sort "$LEDGERS/table" > "$LEDGERS/balances"
    diff "$LEDGERS/expected" "$LEDGERS/balances" > "$LEDGERS/diff" ||
        die "balances differ: $(head -n 20 "$LEDGERS/diff")"
}

# As many transfers are booked as there are rows.
check_once() { # TRANSFERS
    local n
    n=$(ledger_psql main -c 'SELECT count(*) FROM postings WHERE amount > 0')
    [ "$n" -eq "$1" ] || die "$n transfers are booked, not $1"
}

make_csv() { # ROWS MEMBERS SEED
    awk -v rows="$1" -v members="$2" -v seed="$3" 'BEGIN {
        srand(seed)
        print "id,time,kind,from,to,amount"
        for (i = 1; i <= rows; i++) {
            # The purse m1 hands out to each in turn; between, members pay on.
            to = i < members ? i + 1 : 1 + int(rand() * members)
            from = i < members || to == 1 ? 1 + (to == 1) : 1
            if (i > 10 && rand() < 0.3) { from = 2 + int(rand() * 8); amount = 1 }
            else amount = 100 + int(rand() * 100000)
            if (from == to) { from = 1; to = 2 }
            printf "%d,2020-01-%02dT%02d:00:00Z,%s,m%d,m%d,%d.%02d\n", i, 1 + i % 28, i % 24,
                from == 1 ? "Hand_Out" : "standard", from, to, amount / 100, amount % 100
        }
    }'
}
