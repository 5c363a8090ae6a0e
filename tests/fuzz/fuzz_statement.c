/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements: any payload, signed by the log key, read and judged; and any file. */
#include "fuzz.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/statement_read.h"
#include "core/statement_verify.h"

static int32_t day(void *arg, int64_t ms)
{
    (void)arg;
    return (int32_t)(ms / 86400000);
}

/* What was read is written again as the same, but for the order of members. */
static void check_again(const struct statement *st)
{
    struct buf a = BUF_INIT, file = BUF_INIT, b = BUF_INIT;
    static const uint8_t secret[KEY_SECRET_LEN];
    struct statement again;
    const char *why;

    statement_put(&a, st);
    statement_sign(&file, a.data, a.len, secret);
    if (statement_read(&again, file.data, file.len, &why) != 0)
        MUST(false);
    statement_put(&b, &again);
    if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
        MUST(false);
    statement_free(&again);
    buf_free(&a);
    buf_free(&file);
    buf_free(&b);
}

static void judge(const struct statement *st, const struct key *log_key)
{
    struct statement_trust trust = {
        .ledger_id = st->aud, .log_key = log_key, .day = day, .earlier = st};
    struct statement_check_run *run = statement_check_begin(st, &trust);
    struct statement_verdict verdict;
    struct statement_line line;
    struct statement_unit unit;

    for (size_t i = 0; i < statement_check_count(run); i++)
        statement_check_record(run, i);
    statement_check_end(run, &verdict);
    for (size_t i = 0; i < verdict.n_findings; i++)
        if (!statement_check_name(verdict.findings[i].check) ||
            !statement_reason_name(verdict.findings[i].reason))
            MUST(false);
    for (size_t i = 0; i < st->n_entries; i++)
        (void)statement_line_of(run, i, &line);
    (void)!statement_unit(st, &unit);
    free(statement_zone(st));
    statement_verdict_free(&verdict);
    statement_check_free(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char seed_of[] = "pumasi test key log";
    uint8_t secret[KEY_SECRET_LEN];
    struct buf file = BUF_INIT;
    struct statement st;
    struct hash seed;
    struct key key;
    const char *why;

    hash_bytes(&seed, seed_of, strlen(seed_of));
    if (crypto_sign_seed_keypair(key.x, secret, seed.b) != 0)
        MUST(false);
    if (statement_read(&st, (const char *)data, size, &why) == 0) {
        judge(&st, &key);
        statement_free(&st);
    }
    statement_sign(&file, (const char *)data, size, secret);
    if (statement_read(&st, file.data, file.len, &why) == 0) {
        judge(&st, &key);
        check_again(&st);
        statement_free(&st);
    }
    buf_free(&file);
    return 0;
}
