/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notes, checkpoints, proofs and verifier keys: what is taken, written again, is the same text. */
#include "fuzz.h"

#include "core/name.h"
#include "core/note.h"

#define ORIGIN "ledger.example/test"

static void check_vkey(const char *s)
{
    char name[ORIGIN_MAX + 1], text[VKEY_MAX];
    struct key key;

    if (vkey_parse(s, name, sizeof(name), &key) != 0)
        return;
    MUST(strlen(name) <= ORIGIN_MAX && name[0] != '\0');
    vkey_text(text, name, &key);
    MUST(strcmp(text, s) == 0);
}

static void check_proof(const char *s, size_t len)
{
    struct proof p;
    struct buf b = BUF_INIT;
    const char *why = NULL;

    if (proof_parse(&p, s, len, &why) != 0) {
        MUST(why != NULL);
        return;
    }
    MUST(p.n <= TREE_PROOF_MAX);
    MUST(p.note >= s && p.note + p.note_len == s + len);
    proof_put(&b, p.index, p.hashes, p.n, p.note, p.note_len);
    MUST(b.len == len && memcmp(b.data, s, len) == 0);
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The key of the seed that is 32 times 7, which signed the seeds of this target. */
    static const struct key key = {{0xea, 0x4a, 0x6c, 0x63, 0xe2, 0x9c, 0x52, 0x0a,
                                    0xbe, 0xf5, 0x50, 0x7b, 0x13, 0x2e, 0xc5, 0xf9,
                                    0x95, 0x47, 0x76, 0xae, 0xbe, 0xbe, 0x7b, 0x92,
                                    0x42, 0x1e, 0xea, 0x69, 0x14, 0x46, 0xd2, 0x2c}};
    char *s = x_malloc(size + 1);
    const char *why = NULL;
    struct checkpoint c;

    memcpy(s, data, size);
    s[size] = '\0';
    check_vkey(s);
    check_proof(s, size);
    if (checkpoint_open(&c, s, size, ORIGIN, &key, &why) == 0) {
        MUST(strcmp(c.origin, ORIGIN) == 0);
        MUST(strncmp(s, ORIGIN "\n", sizeof(ORIGIN)) == 0);
        MUST(checkpoint_open(&c, s, size, "other.example", &key, &why) != 0);
    } else {
        MUST(why != NULL);
    }
    free(s);
    return 0;
}
