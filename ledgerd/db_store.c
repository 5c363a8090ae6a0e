/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_store.h"

/* In the order of enum store_table; the columns' types are store.c's. */
const struct db_stmt db_store_stmts[STORE_TABLES] = {
    [STORE_RECORDS] = {"put_records",
                       "INSERT INTO records (idx, by, jti, payload_hash, leaf, header, parts)"
                       " SELECT unnest($1::bigint[]), unnest($2::text[]), unnest($3::text[]),"
                       " unnest($4::bytea[]), unnest($5::bytea[]), unnest($6::text[]),"
                       " unnest($7::text[])"},
    [STORE_POSTINGS] = {"put_postings",
                        "INSERT INTO legs (number, seq, idx, amount, balance, floor, marked)"
                        " SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]),"
                        " unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::bigint[]),"
                        " unnest($7::boolean[])"},
    [STORE_POSITION_SUMS] =
        {"put_position_sums",
         "INSERT INTO position_sums (account, seq, raised, lowered)"
         " SELECT u.account, u.seq, coalesce(b.raised, 0) + sum(p.raised) OVER w,"
         " coalesce(b.lowered, 0) + sum(p.lowered) OVER w"
         " FROM (SELECT unnest($1::text[]) AS account, unnest($2::bigint[]) AS number,"
         "  unnest($3::bigint[]) AS seq, unnest($4::bigint[]) AS first) u"
         " LEFT JOIN LATERAL (SELECT s.raised, s.lowered FROM position_sums s"
         "  WHERE s.account = u.account AND s.seq = u.first OFFSET 0) b ON true"
         " CROSS JOIN LATERAL (SELECT sum(greatest(e.amount, 0)) AS raised,"
         "  sum(greatest(-e.amount, 0)) AS lowered FROM legs e"
         "  WHERE e.number = u.number AND e.seq > u.seq - 64 AND e.seq <= u.seq OFFSET 0) p"
         " WINDOW w AS (PARTITION BY u.account ORDER BY u.seq)"},
    [STORE_ACCOUNTS] = {"put_accounts",
                        "INSERT INTO account_limits (account, coop, has_limits, floor, ceiling,"
                        " limits_seq, limits_record, number)"
                        " SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::boolean[]),"
                        " unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::bigint[]),"
                        " unnest($7::bigint[]), unnest($8::bigint[])"
                        " ON CONFLICT (account) DO UPDATE SET has_limits = EXCLUDED.has_limits,"
                        " floor = EXCLUDED.floor, ceiling = EXCLUDED.ceiling,"
                        " limits_seq = EXCLUDED.limits_seq,"
                        " limits_record = EXCLUDED.limits_record"},
    /* The columns' last one isn't as long as the others: store.c's put_entries. */
    [STORE_BOOK_PAGES] = {"put_book_pages",
                          "INSERT INTO book_pages (book, page, entries)"
                          " SELECT u.book, u.page, ($5::bigint[])[u.first:u.last]"
                          " FROM (SELECT unnest($1::text[]) AS book, unnest($2::bigint[]) AS page,"
                          "  unnest($3::bigint[]) AS first, unnest($4::bigint[]) AS last) u"
                          " ON CONFLICT (book, page) DO UPDATE"
                          " SET entries = book_pages.entries || EXCLUDED.entries"},
    [STORE_CHANGES] = {"put_changes",
                       "INSERT INTO changes (subject, seq, idx) SELECT unnest($1::text[]),"
                       " unnest($2::bigint[]), unnest($3::bigint[])"},
    [STORE_HOLDERS] = {"put_holders",
                       "INSERT INTO holders (holder, kind, coop, state, frozen_by_office, allowed,"
                       " name_hash, name_record, title, zone, rules, threshold, seq, record,"
                       " recovery, recovery_due, recovery_objected, recovery_threshold,"
                       " recovery_keys, frozen_ms)"
                       " SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::text[]),"
                       " unnest($4::text[]), unnest($5::boolean[]), unnest($6::boolean[]),"
                       " unnest($7::bytea[]), unnest($8::bigint[]), unnest($9::text[]),"
                       " unnest($10::text[]), unnest($11::bigint[]), unnest($12::bigint[]),"
                       " unnest($13::bigint[]), unnest($14::bigint[]), unnest($15::bigint[]),"
                       " unnest($16::bigint[]), unnest($17::boolean[]), unnest($18::bigint[]),"
                       " unnest($19::bytea[]), unnest($20::bigint[])"
                       " ON CONFLICT (holder) DO UPDATE SET state = EXCLUDED.state,"
                       " frozen_by_office = EXCLUDED.frozen_by_office,"
                       " allowed = EXCLUDED.allowed, name_hash = EXCLUDED.name_hash,"
                       " name_record = CASE WHEN EXCLUDED.name_hash IS NOT NULL"
                       " THEN coalesce(EXCLUDED.name_record, holders.name_record) END,"
                       " title = EXCLUDED.title, zone = EXCLUDED.zone, rules = EXCLUDED.rules,"
                       " threshold = EXCLUDED.threshold, seq = EXCLUDED.seq,"
                       " record = EXCLUDED.record, recovery = EXCLUDED.recovery,"
                       " recovery_due = EXCLUDED.recovery_due,"
                       " recovery_objected = EXCLUDED.recovery_objected,"
                       " recovery_threshold = EXCLUDED.recovery_threshold,"
                       " recovery_keys = EXCLUDED.recovery_keys,"
                       " frozen_ms = EXCLUDED.frozen_ms"},
    [STORE_KEYS] = {"put_keys",
                    "INSERT INTO keys (kid, x, holder, role, revoked)"
                    " SELECT unnest($1::text[]), unnest($2::bytea[]), unnest($3::text[]),"
                    " unnest($4::text[]), unnest($5::boolean[])"
                    " ON CONFLICT (kid) DO UPDATE SET revoked = EXCLUDED.revoked"},
    [STORE_UNITS] = {"put_units",
                     "INSERT INTO units (unit, title, scale, kind, seq, record)"
                     " SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::bigint[]),"
                     " unnest($4::text[]), unnest($5::bigint[]), unnest($6::bigint[])"
                     " ON CONFLICT (unit) DO UPDATE SET title = EXCLUDED.title,"
                     " scale = EXCLUDED.scale, kind = EXCLUDED.kind, seq = EXCLUDED.seq,"
                     " record = EXCLUDED.record"},
    [STORE_POLICIES] = {"put_policies",
                        "INSERT INTO policies (policy, floor, ceiling, registrar_floor,"
                        " registrar_ceiling, reversal_days, seq, record, clearing,"
                        " levy_per_mille, levy_monthly, levy_purse)"
                        " SELECT unnest($1::text[]), unnest($2::bigint[]), unnest($3::bigint[]),"
                        " unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::bigint[]),"
                        " unnest($7::bigint[]), unnest($8::bigint[]), unnest($9::text[]),"
                        " unnest($10::bigint[]), unnest($11::bigint[]), unnest($12::text[])"
                        " ON CONFLICT (policy) DO UPDATE SET floor = EXCLUDED.floor,"
                        " ceiling = EXCLUDED.ceiling, registrar_floor = EXCLUDED.registrar_floor,"
                        " registrar_ceiling = EXCLUDED.registrar_ceiling,"
                        " reversal_days = EXCLUDED.reversal_days, seq = EXCLUDED.seq,"
                        " record = EXCLUDED.record, clearing = EXCLUDED.clearing,"
                        " levy_per_mille = EXCLUDED.levy_per_mille,"
                        " levy_monthly = EXCLUDED.levy_monthly, levy_purse = EXCLUDED.levy_purse"},
    [STORE_ROUNDS] = {"put_rounds",
                      "INSERT INTO rounds (unit, state, round, deadline, hash, asked, consents,"
                      " against, parties, seq, record)"
                      " SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::bigint[]),"
                      " unnest($4::bigint[]), unnest($5::bytea[]), unnest($6::bigint[]),"
                      " unnest($7::bigint[]), unnest($8::bigint[]), unnest($9::text[]),"
                      " unnest($10::bigint[]), unnest($11::bigint[])"
                      " ON CONFLICT (unit) DO UPDATE SET state = EXCLUDED.state,"
                      " round = EXCLUDED.round, deadline = EXCLUDED.deadline,"
                      " hash = EXCLUDED.hash, asked = EXCLUDED.asked,"
                      " consents = EXCLUDED.consents, against = EXCLUDED.against,"
                      " parties = EXCLUDED.parties, seq = EXCLUDED.seq,"
                      " record = EXCLUDED.record"},
    [STORE_ROUND_LEGS] = {"put_round_legs",
                          "INSERT INTO round_legs (unit, legs)"
                          " SELECT unnest($1::text[]), unnest($2::text[])"
                          " ON CONFLICT (unit) DO UPDATE SET legs = EXCLUDED.legs"},
    [STORE_LINES] = {"put_lines",
                     "INSERT INTO lines (line, coop, partner, unit, most, transit, seq, record)"
                     " SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::text[]),"
                     " unnest($4::text[]), unnest($5::bigint[]), unnest($6::boolean[]),"
                     " unnest($7::bigint[]), unnest($8::bigint[])"
                     " ON CONFLICT (line) DO UPDATE SET most = EXCLUDED.most,"
                     " transit = EXCLUDED.transit, seq = EXCLUDED.seq,"
                     " record = EXCLUDED.record"},
    [STORE_REQUESTS] = {"put_requests",
                        "INSERT INTO requests (idx, payload_hash, payer, payee, payer_coop,"
                        " payee_coop, expires, answer, paid)"
                        " SELECT unnest($1::bigint[]), unnest($2::bytea[]), unnest($3::text[]),"
                        " unnest($4::text[]), unnest($5::text[]), unnest($6::text[]),"
                        " unnest($7::bigint[]), unnest($8::bigint[]), unnest($9::boolean[])"
                        " ON CONFLICT (idx) DO UPDATE SET answer = EXCLUDED.answer,"
                        " paid = EXCLUDED.paid"},
    [STORE_REVERSALS] = {"put_reversals",
                         "INSERT INTO reversals (idx, record, amount, forced)"
                         " SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]),"
                         " unnest($4::boolean[])"},
    [STORE_VOIDS] = {"put_voids",
                     "INSERT INTO voids (payload_hash, holder, role, record)"
                     " SELECT unnest($1::bytea[]), unnest($2::text[]), unnest($3::text[]),"
                     " unnest($4::bigint[])"},
    [STORE_SNAPSHOTS] = {"put_snapshots",
                         "INSERT INTO snapshots (seq, record, size, count, root, day)"
                         " SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]),"
                         " unnest($4::bigint[]), unnest($5::bytea[]), unnest($6::bigint[])"},
    [STORE_TEXTS] = {"put_texts",
                     "INSERT INTO texts (idx, field, salt, body) SELECT unnest($1::bigint[]),"
                     " unnest($2::text[]), unnest($3::bytea[]), unnest($4::text[])"},
    [STORE_TILES] = {"put_tiles",
                     "INSERT INTO tiles (level, n, hashes, root) SELECT unnest($1::smallint[]),"
                     " unnest($2::bigint[]), unnest($3::bytea[]), unnest($4::bytea[])"},
    [STORE_CONTINUATIONS] = {"put_continuations",
                             "INSERT INTO continuations (record, ledger_id, kept)"
                             " SELECT unnest($1::bigint[]), unnest($2::text[]),"
                             " unnest($3::text[])"},
};
const size_t db_store_stmts_count = ARRAY_LEN(db_store_stmts);

static void send_rows(struct db_pipe *pipe, struct store *st, enum store_table table)
{
    struct db_args args = DB_ARGS_INIT;

    for (size_t c = 0; c < st->rows[table].n_columns; c++) {
        db_arg_array(&args, &st->rows[table].column[c]);
    }
    (void)db_pipe_send(pipe, db_store_stmts[table].name, &args);
}

void db_store_send(struct db_pipe *pipe, struct store *st)
{
    for (int table = 0; table < STORE_TABLES; table++) {
        if (st->rows[table].n > 0) {
            send_rows(pipe, st, (enum store_table)table);
        }
    }
}
