/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Requests to a witness, notes with cosignatures, quorums: nothing is cosigned that no proof leads
 * to, and what is taken, written again, is the same text.
 */
#include "fuzz.h"

#include "core/cosign.h"
#include "core/witness.h"

/* The key of the seed that is 32 times 7, which signed the seeds of this target. */
static const struct key seven = {{0xea, 0x4a, 0x6c, 0x63, 0xe2, 0x9c, 0x52, 0x0a, 0xbe, 0xf5, 0x50,
                                  0x7b, 0x13, 0x2e, 0xc5, 0xf9, 0x95, 0x47, 0x76, 0xae, 0xbe, 0xbe,
                                  0x7b, 0x92, 0x42, 0x1e, 0xea, 0x69, 0x14, 0x46, 0xd2, 0x2c}};

static void check_request(const char *s, size_t len)
{
    struct witness_log log = {.origin = "ledger.example/test", .n_keys = 1, .keys = {seven}};
    struct witness_request request;
    struct witness_decision d;
    struct buf b = BUF_INIT;
    const char *why = NULL;

    if (witness_request_parse(&request, s, len, &why) != 0) {
        MUST(why != NULL);
        return;
    }
    MUST(request.n <= WITNESS_HASHES_MAX && request.note + request.note_len == s + len);
    witness_request_put(&b, request.old, request.hashes, request.n, request.note, request.note_len);
    MUST(b.len == len && memcmp(b.data, s, len) == 0);
    buf_free(&b);
    witness_decide(&d, &log, 1, &request);
    MUST((d.verdict == WITNESS_COSIGN) == (d.why == NULL) && !d.fork);
    if (d.verdict != WITNESS_COSIGN)
        return;
    /* It is remembered; the same once more must not pass from another size, or with another root.
     */
    MUST(request.old == 0);
    log.seen = true;
    log.latest = d.checkpoint;
    witness_decide(&d, &log, 1, &request);
    MUST(d.verdict == WITNESS_STALE || log.latest.size == 0);
    log.latest.root.b[0] ^= 1;
    witness_decide(&d, &log, 1, &request);
    MUST(d.fork && d.verdict != WITNESS_COSIGN);
}

static void check_cosignature(const char *s, size_t len)
{
    struct cosigner c = {.name = "witness.example/w1", .key = seven};
    const char *why = NULL, *line = NULL;
    size_t line_len = 0;
    int64_t time = -1;
    int rc = cosign_find(s, len, &c, &line, &line_len, &time, &why);

    MUST((rc < 0) == (why != NULL));
    MUST(rc <= 0 || (time >= 0 && line >= s && line + line_len <= s + len));
}

static void check_words(const char *s)
{
    struct cosigner c;
    struct quorum q;
    char text[VKEY_MAX];
    const char *why = NULL;

    if (cosigner_parse(&c, s) == 0) {
        cosigner_text(text, &c);
        MUST(strcmp(text, s) == 0);
    }
    if (quorum_parse(&q, s, &why) == 0) {
        MUST(q.need > 0 && q.need <= q.n && q.n <= QUORUM_MAX);
        for (size_t i = 0; i < q.n; i++)
            MUST(quorum_name_ok(q.names[i]));
    } else {
        MUST(why != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = x_malloc(size + 1);

    memcpy(s, data, size);
    s[size] = '\0';
    check_request(s, size);
    check_cosignature(s, size);
    check_words(s);
    free(s);
    return 0;
}
