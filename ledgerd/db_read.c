/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SQL of reads, and the columns of an answer. What is asked with it: db_read_query.c. */
#include "ledgerd/db_read.h"

#include <string.h>

#include "core/num.h"
#include "ledgerd/db_sql.h"

/* What READ_ACT and READ_RECORD have in common. */
#define RECORD_COLUMNS                                                              \
    "SELECT r.idx, r.by, r.jti, r.header, r.parts, m.salt, m.body, n.salt, n.body," \
    " w.salt, w.body, f.salt, f.body,"                                              \
    " (SELECT q.payer || ' ' || q.payee FROM requests q WHERE q.answer = r.idx)"    \
    " FROM records r"                                                               \
    " LEFT JOIN texts m ON m.idx = r.idx AND m.field = 'memo'"                      \
    " LEFT JOIN texts n ON n.idx = r.idx AND n.field = 'name'"                      \
    " LEFT JOIN texts w ON w.idx = r.idx AND w.field = 'reason'"                    \
    " LEFT JOIN texts f ON f.idx = r.idx AND f.field = 'reference'"

/*
 * What a list of postings says of a transfer or reversal beside its act, in the order of enum
 * transfer_column.
 *
 * Is the payer a purse? Asked only where an office acts, since its registrars record for persons
 * while its treasurers pay from purses. The payer's posting is the second part. (An EXISTS might be
 * answered from a table of all purses, made for each page.)
 */
#define TRANSFER_COLUMNS                                                                           \
    "coalesce((SELECT ph.kind = 'purse' FROM holders ph WHERE position('@' in r.by) = 0"           \
    " AND ph.holder = substring(split_part(r.parts, E'\\n', 2) from '\"account\":\"([^\"/]*)/'))," \
    " false),"                                                                                     \
    " (SELECT v.record FROM reversals v WHERE v.idx = r.idx),"                                     \
    " (SELECT v.forced FROM reversals v WHERE v.idx = r.idx),"                                     \
    " (SELECT split_part(o.parts, E'\\n', 1) FROM reversals v JOIN records o ON o.idx = v.record"  \
    "  WHERE v.idx = r.idx),"                                                                      \
    " (SELECT sum(v.amount)::bigint FROM reversals v WHERE v.record = r.idx)"

/*
 * The state of a request: paid; closed, by a decline or for want of an answer until its last day in
 * the ledger's zone; else open.
 */
#define REQUEST_STATE                                                                \
    "CASE WHEN q.paid THEN 'paid' WHEN q.answer IS NOT NULL OR q.expires <"          \
    " (now() AT TIME ZONE (SELECT zone FROM holders WHERE holder = 'ledger'))::date" \
    " - date '1970-01-01' THEN 'closed' ELSE 'open' END"

/*
 * The requests whose payer or payee is $1, newest first: each walked along its own index. That is
 * said with a range, not with =, here and below: a planner that took the table to be one person's
 * would else walk along idx, past everybody's.
 */
#define REQUESTS_SIDE(column)                                                              \
    "(SELECT q.idx FROM requests q WHERE (q." column ", q.idx) < ($1::text, $3::bigint)"   \
    " AND q." column " >= $1::text AND ($2::text IS NULL OR " REQUEST_STATE " = $2::text)" \
    " ORDER BY q." column " DESC, q.idx DESC LIMIT $4::bigint)"
#define REQUESTS_SHOWN                                                               \
    "SELECT q.idx, r.header, split_part(r.parts, E'\\n', 1), t.body, " REQUEST_STATE \
    ", q.answer, q.payload_hash"
#define REQUESTS_TEXTS                                         \
    " JOIN records r ON r.idx = q.idx"                         \
    " LEFT JOIN texts t ON t.idx = q.idx AND t.field = 'memo'" \
    " ORDER BY q.idx DESC LIMIT $4::bigint"
#define REQUESTS_OF(payer, payee)                                          \
    REQUESTS_SHOWN " FROM (" REQUESTS_SIDE(payer) " UNION " REQUESTS_SIDE( \
        payee) ") u"                                                       \
               " JOIN requests q ON q.idx = u.idx" REQUESTS_TEXTS

/* Of the policy p: what members pay. */
#define LEVY_WORDS                                                                \
    "coalesce(p.levy_per_mille::text, '-'), coalesce(p.levy_monthly::text, '-')," \
    " coalesce(p.levy_purse, '-')"
#define LOG_COLUMNS                                                              \
    "SELECT h.size, v.idx, v.by, v.header, v.parts,"                             \
    " (SELECT q.payer || ' ' || q.payee FROM requests q WHERE q.answer = v.idx)" \
    " FROM head h LEFT JOIN LATERAL "

/* Of the holder h: of its open recovery, null without one. */
#define RECOVERY_COLUMNS \
    "h.recovery, h.recovery_due, h.recovery_objected, h.recovery_threshold, h.recovery_keys"

#define PENDING_COLUMNS                                                                          \
    "SELECT p.by, p.jti, p.type, p.exp, array_to_string(p.signed, ' '), array_to_string(p.asks," \
    " E'\\n'), p.needs, p.submission FROM "
/* The sum keeps it from being walked along exp, where all that waits is. */
#define PENDING_EXP_OF "(p.exp + 0)"
#define PENDING_STILL  " " PENDING_EXP_OF " >= $3::bigint"

/* How far an account of a co-op's own may fall: a position as far as its line says. */
#define CONTRA_FLOOR(account)                                                                    \
    " CASE WHEN starts_with(" account ", '!pos.') THEN -coalesce((SELECT l.most FROM lines l"    \
    "  WHERE l.line = split_part(split_part(" account ", '@', 2), '/', 1) || '/'"                \
    "   || substr(split_part(" account ", '@', 1), 6) || '/' || split_part(" account ", '/', 2)" \
    "  ), 0) ELSE -9007199254740991 END"

const struct read_statement read_statements[READ_COUNT] = {
    [READ_KEY] = {"read_key",
                  "SELECT k.x, k.holder, k.role, k.revoked, l.ledger_id, " RECOVERY_COLUMNS " FROM"
                  " (SELECT 0 AS o, x, holder, role, revoked FROM keys WHERE kid = $1::text"
                  "  UNION ALL"
                  "  (SELECT 1, x, holder, '', false FROM pending_keys"
                  "   WHERE kid = $1::text AND holder = $2::text LIMIT 1)) k"
                  " CROSS JOIN head l LEFT JOIN holders h ON h.holder = k.holder AND k.o = 0"
                  " ORDER BY k.o LIMIT 1",
                  false},
    [READ_LEDGER] = {"read_ledger",
                     "SELECT h.ledger_id, h.size, l.title, l.zone, l.rules, p.submission, p.needs,"
                     " h.origin, h.continuing IS NOT NULL, c.record, c.ledger_id, c.kept"
                     " FROM head h"
                     " LEFT JOIN holders l ON l.holder = 'ledger'"
                     " LEFT JOIN LATERAL (SELECT * FROM pending WHERE payload_hash ="
                     "  CASE WHEN h.size = 0 THEN h.opening ELSE h.continuing END OFFSET 0) p"
                     "  ON true"
                     " LEFT JOIN LATERAL (SELECT * FROM continuations"
                     "  ORDER BY record DESC LIMIT 1) c ON true",
                     false},
    [READ_UNITS] = {"read_units", "SELECT unit, title, scale, kind FROM units ORDER BY unit",
                    false},
    [READ_ACT] = {"read_act", RECORD_COLUMNS " WHERE r.by = $1::text AND r.jti = $2::text", false},
    [READ_RECORD] = {"read_record", RECORD_COLUMNS " WHERE r.idx = $1::bigint", false},
    [READ_LEDGER_CHANGE] = {"read_ledger_change",
                            RECORD_COLUMNS " WHERE r.idx = (SELECT c.idx FROM changes c"
                                           "  WHERE c.subject = 'ledger' AND c.idx < $1::bigint"
                                           "  ORDER BY c.subject DESC, c.seq DESC LIMIT 1)",
                            false},
    [READ_CONTINUED] = {"read_continued",
                        RECORD_COLUMNS " WHERE r.idx IN (SELECT c.idx FROM changes c"
                                       "  WHERE c.subject IN ('ledger', 'stewards')"
                                       "  AND c.idx < $1::bigint"
                                       "  AND EXISTS (SELECT FROM continuations)"
                                       "  ORDER BY c.idx LIMIT 257) ORDER BY r.idx",
                        false},
    [READ_RECEIPTS] = {"read_receipts",
                       "SELECT r.idx, r.by, r.jti, r.header"
                       " FROM unnest($1::bigint[]) AS q(idx)"
                       " JOIN records r ON r.idx = q.idx ORDER BY r.idx",
                       false},
    [READ_PENDING_ACT] = {"read_pending_act",
                          PENDING_COLUMNS "pending p WHERE p.by = $1::text AND p.jti = $2::text"
                                          " AND" PENDING_STILL,
                          false},
    [READ_PENDING] = {"read_pending",
                      PENDING_COLUMNS
                      "pending_of($2::text, $1::text[]) o CROSS JOIN LATERAL"
                      " (SELECT * FROM pending WHERE by = o.by AND jti = o.jti OFFSET 0) p"
                      " WHERE" PENDING_STILL " AND ($4::text[] IS NULL OR (p.exp, p.by, p.jti) <"
                      "   (($4::text[])[1]::bigint, ($4::text[])[2], ($4::text[])[3]))"
                      " ORDER BY " PENDING_EXP_OF " DESC, p.by DESC, p.jti DESC LIMIT $5::bigint",
                      false},
    [READ_MEMBER] =
        {"read_member",
         "SELECT h.kind, h.state, t.body, h.allowed, h.threshold,"
         " (SELECT string_agg(k.role || ' ' || k.kid, E'\\n' ORDER BY k.role, k.kid)"
         "  FROM keys k WHERE k.holder = h.holder AND NOT k.revoked),"
         " (SELECT string_agg(concat_ws(' ', substr(p.policy, length(h.coop) + 2),"
         "    CASE WHEN a.has_limits THEN a.floor ELSE p.floor END,"
         "    coalesce((CASE WHEN a.has_limits THEN a.ceiling ELSE p.ceiling END)::text,"
         "     '-'),"
         "    coalesce(a.has_limits, false), " LEVY_WORDS "), E'\\n' ORDER BY p.policy)"
         "  FROM policies p LEFT JOIN account_limits a"
         "   ON a.account = h.holder || '/' || substr(p.policy, length(h.coop) + 2)"
         "  WHERE p.policy > h.coop || '/' AND p.policy < h.coop || '0'),"
         " (SELECT string_agg(k.holder || ' ' || k.role || ' ' || k.kid, E'\\n'"
         "   ORDER BY k.holder, k.role, k.kid)"
         "  FROM keys k WHERE k.holder IN (h.holder, h.coop, '*') AND NOT k.revoked),"
         " " RECOVERY_COLUMNS " FROM holders h"
         " LEFT JOIN texts t ON t.idx = h.name_record AND t.field = 'name'"
         " WHERE h.holder = $1::text AND h.kind IN ('person', 'purse')",
         false},
    [READ_ACCOUNT] = {"read_account",
                      "SELECT coalesce(a.balance, 0), coalesce(a.seq, 0),"
                      " CASE WHEN a.has_limits THEN a.floor ELSE p.floor END,"
                      " CASE WHEN a.has_limits THEN a.ceiling ELSE p.ceiling END"
                      " FROM holders h"
                      " LEFT JOIN policies p ON p.policy = h.coop || '/' || $2::text"
                      " LEFT JOIN accounts a ON a.account = $1::text || '/' || $2::text"
                      " WHERE h.holder = $1::text AND h.kind IN ('person', 'purse')"
                      " AND (p.policy IS NOT NULL OR a.account IS NOT NULL)",
                      false},
    [READ_CONTRA] =
        {"read_contra",
         "SELECT a.balance, a.seq, " CONTRA_FLOOR(
             "a.account") ", NULL::bigint"
                          " FROM accounts a WHERE a.account = $1::text || '/' || $2::text",
         false},
    /* Given and taken, each from its own index. */
    [READ_COOP_LINES] = {"read_coop_lines",
                         "SELECT l.line, l.coop, l.partner, l.unit, l.most, l.transit, l.record"
                         " FROM ((SELECT * FROM lines WHERE line > $1::text || '/'"
                         "   AND line > $2::text AND line < $1::text || '0'"
                         "   ORDER BY line LIMIT $3::bigint)"
                         "  UNION ALL (SELECT * FROM lines WHERE partner = $1::text"
                         "   AND line > $2::text ORDER BY line LIMIT $3::bigint)) l"
                         " ORDER BY l.line LIMIT $3::bigint",
                         false},
    [READ_POSTINGS] = {"read_postings",
                       "SELECT p.seq, p.idx, p.amount, p.balance, r.header,"
                       " split_part(r.parts, E'\\n', 1), t.body, " TRANSFER_COLUMNS
                       " FROM legs p JOIN records r ON r.idx = p.idx"
                       " LEFT JOIN texts t ON t.idx = p.idx AND t.field IN"
                       " ('memo', 'reason', 'reference')"
                       " WHERE p.number = " NUMBER_OF(
                           "$1::text") " AND p.seq < $2::bigint"
                                       " ORDER BY p.seq DESC LIMIT $3::bigint",
                       false},
    [READ_REQUESTS] = {"read_requests", REQUESTS_OF("payer", "payee"), false},
    [READ_COOP_REQUESTS] = {"read_coop_requests", REQUESTS_OF("payer_coop", "payee_coop"), false},
    [READ_ALL_REQUESTS] = {"read_all_requests",
                           REQUESTS_SHOWN " FROM (SELECT * FROM requests q WHERE $1::text IS NULL"
                                          " AND q.idx < $3::bigint AND ($2::text IS NULL"
                                          " OR " REQUEST_STATE " = $2::text)"
                                          " ORDER BY q.idx DESC LIMIT $4::bigint) q" REQUESTS_TEXTS,
                           false},
    /* From co-op to co-op by the index, past all their members. */
    [READ_COOPS] = {"read_coops",
                    "WITH RECURSIVE c(coop) AS ("
                    " (SELECT coop FROM holders WHERE coop > $1::text ORDER BY coop LIMIT 1)"
                    " UNION ALL"
                    " SELECT (SELECT h.coop FROM holders h WHERE h.coop > c.coop"
                    "  ORDER BY h.coop LIMIT 1) FROM c WHERE c.coop IS NOT NULL)"
                    " SELECT h.holder, h.title, h.state FROM c CROSS JOIN LATERAL"
                    " (SELECT * FROM holders WHERE holder = c.coop AND kind = 'coop' OFFSET 0) h"
                    " ORDER BY h.holder LIMIT $2::bigint",
                    false},
    [READ_COOP] = {"read_coop",
                   "SELECT h.title, h.state, h.threshold,"
                   " (SELECT string_agg(k.role || ' ' || k.kid, E'\\n' ORDER BY k.role, k.kid)"
                   "  FROM keys k WHERE k.holder = h.holder AND NOT k.revoked),"
                   " (SELECT string_agg(concat_ws(' ', substr(p.policy, length(h.holder) + 2),"
                   "    p.floor, coalesce(p.ceiling::text, '-'), p.registrar_floor,"
                   "    coalesce(p.registrar_ceiling::text, '-'), p.reversal_days,"
                   "    coalesce(p.clearing, '-'), " LEVY_WORDS "),"
                   "   E'\\n' ORDER BY p.policy)"
                   "  FROM policies p"
                   "  WHERE p.policy > h.holder || '/' AND p.policy < h.holder || '0'),"
                   " " RECOVERY_COLUMNS ","
                   " (SELECT string_agg(concat_ws(' ', m.holder, m.recovery, m.recovery_due,"
                   "    m.recovery_objected), E'\\n' ORDER BY m.recovery_due, m.holder)"
                   "  FROM (SELECT * FROM holders n WHERE n.coop = h.holder"
                   "   AND n.kind = 'person' AND n.recovery IS NOT NULL"
                   "   ORDER BY n.holder LIMIT 1000) m)"
                   " FROM holders h WHERE h.holder = $1::text AND h.kind = 'coop'",
                   false},
    [READ_COOP_MEMBERS] = {"read_coop_members",
                           "SELECT h.holder, h.kind, t.body, h.state,"
                           " (h.kind = 'person' AND (h.allowed OR (SELECT count(*) FROM keys k"
                           "   WHERE k.holder = h.holder AND NOT k.revoked) = 0))::int::bigint"
                           " FROM holders h"
                           " LEFT JOIN texts t ON t.idx = h.name_record AND t.field = 'name'"
                           " WHERE (h.coop, h.holder) > ($1::text, $2::text)"
                           " AND h.coop <= $1::text AND h.kind IN ('person', 'purse')"
                           " ORDER BY h.coop, h.holder LIMIT $3::bigint",
                           false},
    /* Accounts of positions begin with "!pos.", and '/' is what comes behind '.'. */
    [READ_NET] = {"read_net",
                  "SELECT n.coop, n.owes FROM units u LEFT JOIN LATERAL"
                  " (SELECT a.coop, sum(a.balance)::bigint AS owes FROM accounts a"
                  "  WHERE a.account > '!pos.' AND a.account < '!pos/'"
                  "  AND split_part(a.account, '/', 2) = u.unit"
                  "  GROUP BY a.coop HAVING sum(a.balance) <> 0) n ON true"
                  " WHERE u.unit = $1::text ORDER BY n.coop",
                  false},
    /* clang-format off */
    [READ_BOOK] = {"read_book",
                   "SELECT v.head, v.first, v.size,"
                   " (SELECT " RECORD_TIME " FROM records r WHERE r.idx = v.size - 1),"
                   " " BOOK_ENTRIES_BELOW("$1::text", "v.seq", "v.first") ","
                   " " BOOK_ENTRIES_BELOW("$1::text", "v.seq", "v.size")
                   " FROM (SELECT h.size AS head, coalesce(b.seq, 0) AS seq,"
                   "  CASE WHEN $2::text IS NULL THEN 0"
                   "   ELSE " RECORDS_BEFORE("2") " END AS first,"
                   "  least($4::bigint, CASE WHEN $3::text IS NULL THEN h.size"
                   "   ELSE " RECORDS_BEFORE("3") " END) AS size"
                   "  FROM holders c LEFT JOIN books b ON b.book = c.holder"
                   "  CROSS JOIN head h JOIN holders l ON l.holder = 'ledger'"
                   "  WHERE c.holder = $1::text AND c.kind = 'coop' OFFSET 0) v",
                   false},
    /* What was posted on an account since then is stepped over: few steps, however much it is. */
    [READ_COOP_ACCOUNTS] =
        {"read_coop_accounts",
         "SELECT a.account, CASE WHEN a.record < $4::bigint THEN a.balance"
         " ELSE coalesce(e.balance, 0) END, a.seq_then,"
         " CASE WHEN a.account < '\"' THEN " CONTRA_FLOOR("a.account")
         " WHEN a.has_limits THEN a.floor ELSE coalesce(p.floor, 0) END,"
         " CASE WHEN a.account < '\"' THEN NULL"
         " WHEN a.has_limits THEN a.ceiling ELSE p.ceiling END,"
         " e.idx, " RECORD_TIME ", " RECORD_DAY
         " FROM (SELECT *, CASE WHEN record < $4::bigint THEN seq ELSE "
         ENTRIES_BELOW("legs", "number = accounts.number", "accounts.seq", "$4::bigint")
         " END AS seq_then FROM accounts"
         "  WHERE (coop, account) > ($1::text, $2::text) AND coop <= $1::text"
         "  ORDER BY coop, account LIMIT $3::bigint) a"
         " LEFT JOIN policies p ON p.policy = a.coop || '/' || split_part(a.account, '/', 2)"
         " LEFT JOIN legs e ON e.number = a.number AND e.seq = a.seq_then"
         " LEFT JOIN records r ON r.idx = e.idx"
         " ORDER BY a.account",
         false},
    /* clang-format on */
    [READ_COOP_POSTINGS] = {"read_coop_postings",
                            "SELECT e.seq, e.idx, r.header, r.parts, t.body, " RECORD_DAY
                            ", " TRANSFER_COLUMNS " FROM (SELECT * FROM " BOOK_ENTRIES(
                                "$1::text", "<=", "($2::bigint - 2) / 32", "DESC",
                                "$4::bigint") " p WHERE p.seq < $2::bigint AND p.seq > $3::bigint"
                                              "  ORDER BY p.seq DESC LIMIT $4::bigint) e"
                                              " JOIN records r ON r.idx = e.idx"
                                              " LEFT JOIN texts t ON t.idx = e.idx AND t.field IN"
                                              " ('memo', 'reason', 'reference')"
                                              " ORDER BY e.seq DESC",
                            false},
    /* A tile that isn't complete in the tree asked for is gathered from what it is made of. */
    [READ_TILES] = {"read_tiles",
                    "SELECT CASE"
                    " WHEN q.count = 256 THEN"
                    "  (SELECT t.hashes FROM tiles t WHERE t.level = q.level AND t.n = q.n)"
                    " WHEN q.level = 0 THEN"
                    "  (SELECT string_agg(r.leaf, ''::bytea ORDER BY r.idx) FROM records r"
                    "   WHERE r.idx >= q.n * 256 AND r.idx < q.n * 256 + q.count)"
                    " ELSE"
                    "  (SELECT string_agg(t.root, ''::bytea ORDER BY t.n) FROM tiles t"
                    "   WHERE t.level = q.level - 1"
                    "   AND t.n >= q.n * 256 AND t.n < q.n * 256 + q.count) END"
                    " FROM unnest($1::smallint[], $2::bigint[], $3::bigint[])"
                    " WITH ORDINALITY AS q(level, n, count, o) ORDER BY q.o",
                    true},
    [READ_ENTRIES] = {"read_entries",
                      "SELECT string_agg('\\x0020'::bytea || sha256(convert_to(header, 'UTF8')),"
                      " ''::bytea ORDER BY idx) FROM records"
                      " WHERE idx >= $1::bigint AND idx < $1::bigint + $2::bigint",
                      true},
    [READ_SNAPSHOTS] = {"read_snapshots",
                        "SELECT seq, record, size, count, root FROM snapshots"
                        " WHERE seq < $1::bigint ORDER BY seq DESC LIMIT $2::bigint",
                        false},
    [READ_LOG] = {"read_log",
                  LOG_COLUMNS "(SELECT * FROM records WHERE idx >= $1::bigint"
                              " ORDER BY idx LIMIT $2::bigint) v ON true ORDER BY v.idx",
                  false},
    /* What changed the network itself, as scope.c has it, is little beside what members did. */
    /* clang-format off */
    [READ_BOOK_LOG] =
        {"read_book_log",
         LOG_COLUMNS
         "(SELECT b.* FROM ("
         " (SELECT e.idx FROM (SELECT "
         BOOK_ENTRIES_BELOW("$1::text",
                            "coalesce((SELECT b.seq FROM books b WHERE b.book = $1::text), 0)",
                            "$2::bigint")
         "  AS seq OFFSET 0) n CROSS JOIN LATERAL "
         BOOK_ENTRIES("$1::text", ">=", "n.seq / 32", "ASC", "$3::bigint")
         " e WHERE e.seq > n.seq ORDER BY e.seq LIMIT $3::bigint)"
         " UNION (SELECT DISTINCT w.idx FROM (SELECT c.idx FROM changes c"
         "   WHERE c.subject IN ('ledger', 'snapshot:ledger', 'stewards')"
         "   UNION ALL SELECT c.idx FROM changes c"
         "   WHERE c.subject > 'unit:' AND c.subject < 'unit;' OFFSET 0) w"
         "  WHERE w.idx >= $2::bigint ORDER BY w.idx LIMIT $3::bigint)"
         " ORDER BY idx LIMIT $3::bigint) q JOIN records b ON b.idx = q.idx OFFSET 0) v"
         " ON true ORDER BY v.idx",
         false},
    [READ_POSITIONS] =
        {"read_positions",
         "SELECT h.size, (SELECT " RECORD_TIME " FROM records r WHERE r.idx = h.size - 1),"
         " p.unit, p.partner, coalesce(p.balance, 0), p.given, p.given_transit, p.taken,"
         " p.taken_transit, r.idx, " RECORD_TIME ", " RECORD_DAY ","
         " (SELECT " RECORD_DAY " FROM records r WHERE r.idx = p.oldest)"
         " FROM head h LEFT JOIN LATERAL (SELECT p.*,"
         "  CASE WHEN p.balance <> 0 THEN " OLDEST_DEBT " END AS oldest"
         "  FROM (SELECT k.unit, k.partner, a.account, a.number, a.balance, a.seq, a.record,"
         "   g.most AS given, g.transit AS given_transit,"
         "   t.most AS taken, t.transit AS taken_transit"
         "   FROM (SELECT split_part(substr(c.account, 6), '@', 1) AS partner,"
         "     split_part(c.account, '/', 2) AS unit FROM account_limits c"
         "     WHERE (c.coop, c.account) > ($1::text, '!pos.')"
         "     AND (c.coop, c.account) < ($1::text, '!pos/')"
         "    UNION (SELECT l.partner, l.unit FROM lines l"
         "     WHERE l.line > $1::text || '/' AND l.line < $1::text || '0'"
         "     ORDER BY l.line OFFSET 0)"
         "    UNION SELECT l.coop, l.unit FROM lines l WHERE l.partner = $1::text) k"
         "   LEFT JOIN accounts a ON a.account = '!pos.' || k.partner || '@' || $1::text || '/'"
         "    || k.unit"
         "   LEFT JOIN LATERAL (SELECT l.most, l.transit FROM lines l"
         "    WHERE l.line = $1::text || '/' || k.partner || '/' || k.unit OFFSET 0) g ON true"
         "   LEFT JOIN LATERAL (SELECT l.most, l.transit FROM lines l"
         "    WHERE l.line = k.partner || '/' || $1::text || '/' || k.unit OFFSET 0) t ON true"
         "   OFFSET 0) p OFFSET 0) p ON true"
         " LEFT JOIN records r ON r.idx = p.record"
         " ORDER BY p.unit, p.partner",
         false},
    /* clang-format on */
};

bool col_null(const PGresult *res, int row, int col)
{
    return PQgetisnull(res, row, col) != 0;
}

const char *col_text(const PGresult *res, int row, int col)
{
    return PQgetvalue(res, row, col);
}

const char *col_text_or_null(const PGresult *res, int row, int col)
{
    return col_null(res, row, col) ? NULL : PQgetvalue(res, row, col);
}

size_t col_len(const PGresult *res, int row, int col)
{
    return (size_t)PQgetlength(res, row, col);
}

int64_t col_int(const PGresult *res, int row, int col)
{
    int64_t n;

    if (num_parse(PQgetvalue(res, row, col), col_len(res, row, col), INT64_MIN, INT64_MAX, &n) !=
        0) {
        return 0;
    }
    return n;
}

bool col_bool(const PGresult *res, int row, int col)
{
    return PQgetvalue(res, row, col)[0] == 't';
}

bool col_bytes(const PGresult *res, int row, int col, void *out, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const char *s = PQgetvalue(res, row, col);
    uint8_t *bytes = out;

    /* bytea's hex format: \x and two digits a byte. */
    if (col_null(res, row, col) || col_len(res, row, col) != 2 + 2 * n || s[0] != '\\' ||
        s[1] != 'x') {
        return false;
    }
    s += 2;
    for (size_t i = 0; i < n; i++, s += 2) {
        const char *hi = memchr(digits, s[0], 16), *lo = memchr(digits, s[1], 16);
        if (hi == NULL || lo == NULL) {
            return false;
        }
        bytes[i] = (uint8_t)((hi - digits) * 16 + (lo - digits));
    }
    return true;
}
