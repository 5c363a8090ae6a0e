# SPDX-License-Identifier: AGPL-3.0-or-later
# For tests of `pumasi export`: what other programs read out of its files, and what ledgerd's tables
# say, both as sorted lines "alice@hansalim/hour -90" without zeros. The names of accounts and
# commodities are taken back to addresses and units here, by what docs/export.md says of them.
#
#   hledger_balances FILE [QUERY...]     hledger_checks FILE
#   beancount_balances FILE [WHERE]      beancount_checks FILE
#   csv_balances FILE                    sums of the column "minor"
#   table_balances LEDGER [SQL]          of the tables, SQL a condition on p (postings) and day
#   same_balances FILE FILE

# Both want accounts "assets:co-op:handle…", a commodity and a number.
to_minor='
function minor(commodity, n,    scale) {
    if (commodity ~ /\.min$|\.minor$/) { sub(/\.min$|\.minor$/, "", commodity); scale = 1 }
    else scale = scales[commodity]
    unit = commodity
    return sprintf("%.0f", n * scale)
}
BEGIN { scales["won"] = 1; scales["coin"] = 100; scales["k-2"] = 1000 }'

hledger_balances() { # FILE [QUERY...]
    local file=$1
    shift
    hledger -f "$file" bal --flat -N -O csv --layout=bare "$@" | tail -n +2 | sed 's/""//g; s/^"//; s/"$//; s/","/\t/g' |
        awk -F '\t' "$to_minor"'
            $1 !~ /^assets:/ { next }
            {
                split($1, part, ":")
                split(part[3], word, " ")
                n = minor($2, $3)
                if (n != 0) print word[1] "@" part[2] "/" unit, n
            }' | sort
}

hledger_checks() { # FILE
    hledger -f "$1" check --strict ordereddates payees
}

beancount_balances() { # FILE [WHERE]
    # Sums of positions, since numbers without a currency are rounded for the eye.
    bean-query -f csv "$1" "SELECT account, currency, sum(position) AS n ${2:-} GROUP BY account, currency" |
        tr -d '\r' | tail -n +2 | sed 's/ *, */,/g' | awk -F, "$to_minor"'
            function lower_first(s) { return tolower(substr(s, 1, 1)) substr(s, 2) }
            $1 !~ /^Assets:/ { next }
            {
                split($1, part, ":")
                handle = part[3]
                sub(/--.*/, "", handle)
                if (sub(/^CONTRA-/, "!", handle) == 0) handle = lower_first(handle)
                gsub(/DOT/, ".", handle)
                gsub(/LINE/, "_", handle)
                gsub(/DASH/, "-", handle)
                currency = tolower($2)
                sub(/\.u$/, "", currency)
                n = minor(currency, $3)
                if (n != 0) print handle "@" lower_first(part[2]) "/" unit, n
            }' | sort
}

beancount_checks() { # FILE
    local said
    said=$(bean-check "$1" 2>&1) || die "bean-check: $said"
    [ -z "$said" ] || die "bean-check: $said"
}

# A CSV file as lines of cells between \x1f; quoted cells have no line ends in these tests.
csv_cells() { # FILE [SEPARATOR]
    sed 's/^\xef\xbb\xbf//; s/\r$//' "$1" | awk -v separator="${2:-,}" '{
        out = ""; quoted = 0
        for (i = 1; i <= length($0); i++) {
            ch = substr($0, i, 1)
            if (quoted && ch == "\"" && substr($0, i + 1, 1) == "\"") { out = out ch; i++ }
            else if (ch == "\"") quoted = !quoted
            else if (ch == separator && !quoted) out = out "\x1f"
            else out = out ch
        }
        print out
    }'
}

csv_column() { # FILE NAME [SEPARATOR]
    csv_cells "$1" "${3:-}" | awk -F '\x1f' -v name="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next }
        { print $at }'
}

csv_balances() { # FILE
    csv_cells "$1" | awk -F '\x1f' '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { sum[$at["account"] "/" $at["unit"]] += $at["minor"] }
        END { for (a in sum) if (sum[a] != 0) printf "%s %.0f\n", a, sum[a] }' | sort
}

table_balances() { # LEDGER [SQL]
    ledger_psql "$1" -F ' ' -c "SELECT p.account, sum(p.amount) FROM postings p JOIN records r USING (idx),
        LATERAL (SELECT ((r.header::json->>'time')::timestamptz AT TIME ZONE '$LEDGER_ZONE')::date AS day) d
        WHERE ${2:-true} GROUP BY 1 HAVING sum(p.amount) <> 0" | sort
}

same_balances() { # FILE FILE
    [ -s "$1" ] || die "no balances in $1"
    diff "$1" "$2" || die "the balances differ"
}
