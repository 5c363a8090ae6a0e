/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a ledger answers, that may be anybody's: problems in words that are harmless on a terminal,
 * receipts that pass only when the pinned key signed them, and the lines of a bulk answer. */
#include "client/logkey.h"
#include "client/bulk.h"
#include "client/detail.h"
#include "client/problem.h"
#include "client/query.h"
#include "client/recovery.h"
#include "client/report.h"
#include "core/num.h"
#include "said.h"

#define ORIGIN "ledger.example/test"

/* RFC 8037, appendix A. */
static const struct key log_key = {{0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7,
                                    0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
                                    0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25,
                                    0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a}};

static void check_problem(const json_t *json)
{
    static const long statuses[] = {400, 401, 404, 409, 422, 429, 500, 503};
    struct profile_unit units[] = {{.unit = "hour", .name = (char *)"Hour", .scale = 60}};
    struct client c = {.profile = {.n_units = 1, .units = units}};

    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        said_is_safe(problem_sentence(&c, statuses[i], json, NULL, "hour"));
        said_is_safe(problem_sentence(&c, statuses[i], json, "payment", NULL));
    }
    said_is_safe(detail_translate(json_text(json, "detail")));
}

static void check_receipt(const json_t *json)
{
    struct bulk_proofs proofs = {.origin = ORIGIN, .log_key = &log_key};
    const char *why = NULL;
    struct receipt r, again;
    int rc = receipt_verify(&r, json, NULL, NULL, ORIGIN, &log_key, &why);

    MUST((rc == 0) == (bulk_verify(&proofs, &again, json, NULL, NULL, &why) == 0));
    if (rc != 0) {
        MUST(why != NULL);
    } else {
        MUST(r.index >= 0 && (uint64_t)r.index < r.checkpoint.size);
        MUST(str_eq(r.checkpoint.origin, ORIGIN) && hash_eq(&r.entry, &again.entry));
        MUST(receipt_verify(&again, json, "nobody@nowhere", NULL, ORIGIN, &log_key, &why) != 0);
        MUST(receipt_verify(&again, json, NULL, NULL, "other.example", &log_key, &why) != 0);
    }
    bulk_proofs_free(&proofs);
}

static void check_log_keys(const json_t *json)
{
    struct key keys[LOGKEYS_MAX];
    const char *why = NULL;
    int64_t record;
    size_t n = logkeys_read(json, keys);

    MUST(n <= LOGKEYS_MAX);
    for (size_t i = 0; i < n; i++)
        MUST(key_is_valid(&keys[i]) && logkeys_have(keys, n, &keys[i]));
    if (logkey_verify(json, ORIGIN, &log_key, &log_key, &record, &why) != 0)
        MUST(why != NULL);
}

static void check_bulk(const uint8_t *data, size_t size)
{
    const char *starts[4];
    long statuses[4];

    for (size_t n = 1; n <= ARRAY_LEN(starts); n++) {
        char *body = x_strndup((const char *)data, size);
        size_t len = strlen(body);

        if (bulk_split(body, len, n, starts, statuses))
            for (size_t i = 0; i < n; i++) {
                MUST(starts[i] >= body && starts[i] + strlen(starts[i]) <= body + len);
                MUST(statuses[i] >= 200 && statuses[i] < 500 && statuses[i] != 429);
            }
        free(body);
    }
}

static void check_header(const uint8_t *data, size_t size)
{
    char *text = x_strndup((const char *)data, size);
    struct recovery_header h;
    int64_t ms;

    if (recovery_header_parse(&h, text))
        MUST(h.record >= 0 && h.record <= NUM_MAX && time_parse(h.due, &ms) == 0 &&
             strlen(text) <= 16 + strlen("; due=; objected") + TIME_LEN);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

    said_begin();
    if (json_is_object(json)) {
        check_problem(json);
        check_receipt(json);
        check_log_keys(json);
    }
    check_bulk(data, size);
    check_header(data, size);
    json_decref(json);
    said_end();
    return 0;
}
