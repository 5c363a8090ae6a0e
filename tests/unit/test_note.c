/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "core/b64.h"
#include "core/note.h"

#define ORIGIN "ledger.example/pumasi"
#define DASH   "\xe2\x80\x94"

/* The key and note that the documentation of Go's sumdb/note and C2SP signed-note sign with. */
#define PETER "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_NOTE                                               \
    "If you think cryptography is the answer to your problem,\n" \
    "then you don't know what your problem is.\n"                \
    "\n" DASH " PeterNeumann x08go/ZJkuBS9UG/"                   \
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

/* A checkpoint that a public log (Rekor v2) signed, and that log's key. */
#define REKOR     "log2025-1.rekor.sigstore.dev"
#define REKOR_KEY "t8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244="
#define REKOR_NOTE                                                                           \
    REKOR "\n34356369\ndA9mMr0smTXgo7nGsE01Zdc5KOOqTs2/zYfdSqxO+ks=\n\n" DASH " " REKOR      \
          " zxGZFQZgTebN28s0D7vKP5gX8R+CsXCved700HCQAHgDHbdkaH3tfx7+DMPkccNhzsnSy7LijLzWMa+" \
          "evZduylLs0wc=\n"

static struct key key, witness;
static uint8_t secret[KEY_SECRET_LEN], witness_secret[KEY_SECRET_LEN];

static int setup(void **state)
{
    uint8_t seed[crypto_sign_SEEDBYTES] = {1};

    (void)crypto_sign_seed_keypair(key.x, secret, seed);
    seed[0] = 2;
    (void)crypto_sign_seed_keypair(witness.x, witness_secret, seed);
    return 0;
}

static int open_note(const char *note, size_t len, const char *origin, const struct key *k,
                     struct checkpoint *out, const char **why)
{
    *why = NULL;
    int rc = checkpoint_open(out, note, len, origin, k, why);
    assert_int_equal(rc == 0, *why == NULL);
    return rc;
}

static bool opens(const char *note, size_t len)
{
    struct checkpoint c;
    const char *why;

    return open_note(note, len, ORIGIN, &key, &c, &why) == 0;
}

/* Appends a signature line of any key over the first text_len bytes of b. */
static void put_sig(struct buf *b, size_t text_len, const char *name, const struct key *k,
                    const uint8_t *with)
{
    uint8_t bytes[4 + KEY_SIG_LEN];
    char vkey[VKEY_MAX];
    size_t n;

    vkey_text(vkey, name, k);
    assert_int_equal(sodium_hex2bin(bytes, 4, strchr(vkey, '+') + 1, 8, NULL, &n, NULL), 0);
    key_sign(with, b->data, text_len, bytes + 4);
    buf_puts(b, DASH " ");
    buf_puts(b, name);
    buf_putc(b, ' ');
    buf_put_b64(b, bytes, sizeof(bytes));
    buf_putc(b, '\n');
}

/* A note of any text, rightly signed by the log. */
static bool opens_text(const char *text)
{
    struct buf b = BUF_INIT;

    buf_puts(&b, text);
    size_t text_len = b.len;
    buf_putc(&b, '\n');
    put_sig(&b, text_len, ORIGIN, &key, secret);
    bool ok = opens(b.data, b.len);
    buf_free(&b);
    return ok;
}

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

static void signed_note(struct buf *b, struct checkpoint *c)
{
    size_t n;

    str_copy(c->origin, sizeof(c->origin), ORIGIN);
    c->size = 20852163;
    assert_int_equal(b64_decode(ROOT, strlen(ROOT), c->root.b, HASH_LEN, &n), 0);
    checkpoint_sign(b, c, secret);
}

static void test_vkey(void **state)
{
    char name[16], again[VKEY_MAX];
    struct key k;

    assert_int_equal(vkey_parse(PETER, name, sizeof(name), &k), 0);
    assert_string_equal(name, "PeterNeumann");
    vkey_text(again, name, &k);
    assert_string_equal(again, PETER);
    /* Its name just fits, and then doesn't. */
    assert_int_equal(vkey_parse(PETER, name, 13, &k), 0);
    assert_int_equal(vkey_parse(PETER, name, 12, &k), -1);
    /* Base64 may have a '+' of its own. */
    assert_int_equal(vkey_parse("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", name,
                                sizeof(name), &k),
                     0);
}

static void test_vkey_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "+",
        "++",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a3+!!!!",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+0c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",   /* algorithm 0x65 */
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2", /* a witness's */
        PETER " ",
        PETER "\n",
    };
    char name[64];
    struct key k;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (vkey_parse(bad[i], name, sizeof(name), &k) == 0) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

/* Text, key and signature of others: only that it is no checkpoint may be wrong with it. */
static void test_known_signature(void **state)
{
    char name[64], note[] = PETER_NOTE;
    struct key k;
    struct checkpoint c;
    const char *why, *not_ours;

    assert_int_equal(vkey_parse(PETER, name, sizeof(name), &k), 0);
    assert_int_equal(open_note(note, strlen(note), name, &k, &c, &not_ours), -1);
    assert_non_null(strstr(not_ours, "another origin"));
    note[3] ^= 1;
    assert_int_equal(open_note(note, strlen(note), name, &k, &c, &why), -1);
    assert_non_null(strstr(why, "signature of the note is wrong"));
}

static void test_known_checkpoint(void **state)
{
    struct key k;
    struct checkpoint c;
    const char *why;
    size_t n;
    char b64[B64_LEN(HASH_LEN) + 1];
    char note[] = REKOR_NOTE;

    assert_int_equal(b64_decode(REKOR_KEY, strlen(REKOR_KEY), k.x, KEY_LEN, &n), 0);
    assert_int_equal(open_note(note, strlen(note), REKOR, &k, &c, &why), 0);
    assert_string_equal(c.origin, REKOR);
    assert_int_equal(c.size, 34356369);
    b64_encode(b64, c.root.b, HASH_LEN);
    assert_string_equal(b64, "dA9mMr0smTXgo7nGsE01Zdc5KOOqTs2/zYfdSqxO+ks=");
    *strchr(note, '9') = '8';
    assert_int_equal(open_note(note, strlen(note), REKOR, &k, &c, &why), -1);
}

static void test_round_trip(void **state)
{
    struct checkpoint c, d;
    struct buf b = BUF_INIT;
    const char *why;

    signed_note(&b, &c);
    assert_non_null(strstr(b.data, ORIGIN "\n20852163\n" ROOT "\n\n" DASH " " ORIGIN " "));
    assert_int_equal(open_note(b.data, b.len, ORIGIN, &key, &d, &why), 0);
    assert_string_equal(d.origin, c.origin);
    assert_int_equal(d.size, c.size);
    assert_true(hash_eq(&d.root, &c.root));
    /* Another key, another name. */
    assert_int_equal(open_note(b.data, b.len, ORIGIN, &witness, &d, &why), -1);
    assert_non_null(strstr(why, "not signed"));
    assert_int_equal(open_note(b.data, b.len, "ledger.example", &key, &d, &why), -1);
    buf_free(&b);
}

/* Every bit of every byte counts. */
static void test_tampered(void **state)
{
    struct checkpoint c;
    struct buf b = BUF_INIT;

    signed_note(&b, &c);
    for (size_t i = 0; i < b.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            b.data[i] = (char)(b.data[i] ^ (1 << bit));
            assert_false(opens(b.data, b.len));
            b.data[i] = (char)(b.data[i] ^ (1 << bit));
        }
    }
    for (size_t len = 0; len < b.len; len++) {
        assert_false(opens(b.data, len));
    }
    assert_true(opens(b.data, b.len));
    buf_free(&b);
}

static void test_other_signatures(void **state)
{
    struct checkpoint c;
    struct buf b = BUF_INIT, note = BUF_INIT;

    signed_note(&b, &c);
    const char *blank = strstr(b.data, "\n\n");
    size_t text_len = (size_t)(blank - b.data) + 1;

    /* A witness before and behind, one with bytes of another length, the log's twice. */
    buf_put(&note, b.data, text_len + 1);
    put_sig(&note, text_len, "witness.example", &witness, witness_secret);
    buf_put(&note, blank + 2, b.len - text_len - 1);
    buf_put(&note, blank + 2, b.len - text_len - 1);
    buf_puts(&note, DASH " else.example AAAAAAA=\n");
    assert_true(opens(note.data, note.len));
    /* A line that is none spoils the note. */
    size_t len = note.len;
    static const char *const bad[] = {
        "\n",
        "x\n",
        "- else.example AAAAAAA=\n",
        DASH "else.example AAAAAAA=\n",
        DASH " else.example\n",
        DASH " else.example \n",
        DASH "  AAAAAAA=\n",
        DASH " else.example AAAAAA==\n", /* a key id alone */
        DASH " else.example AAAAAAA\n",
        DASH " else.example AAAAAAB=\n",
        DASH " el+se.example AAAAAAA=\n",
        DASH " else.example AAAAAAA= \n",
        DASH " else.example AAAAAAA=\r\n",
        DASH " else.example AAAAAAA=",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        note.len = len;
        buf_puts(&note, bad[i]);
        if (opens(note.data, note.len)) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
    /* Only a witness. */
    buf_clear(&note);
    buf_put(&note, b.data, text_len + 1);
    assert_false(opens(note.data, note.len));
    put_sig(&note, text_len, "witness.example", &witness, witness_secret);
    assert_false(opens(note.data, note.len));
    /* Our name and key id under a signature that isn't ours, even before a right one. */
    buf_clear(&note);
    buf_put(&note, b.data, text_len + 1);
    put_sig(&note, text_len, ORIGIN, &key, witness_secret);
    assert_false(opens(note.data, note.len));
    put_sig(&note, text_len, ORIGIN, &key, secret);
    assert_false(opens(note.data, note.len));
    buf_clear(&note);
    buf_put(&note, b.data, b.len);
    assert_true(opens(note.data, note.len));
    put_sig(&note, text_len, ORIGIN, &key, witness_secret);
    assert_false(opens(note.data, note.len));
    /* Our name with another key is a stranger. */
    buf_clear(&note);
    buf_put(&note, b.data, text_len + 1);
    put_sig(&note, text_len, ORIGIN, &witness, witness_secret);
    put_sig(&note, text_len, ORIGIN, &key, secret);
    assert_true(opens(note.data, note.len));
    buf_free(&b);
    buf_free(&note);
}

static void test_checkpoint_text(void **state)
{
    assert_true(opens_text(ORIGIN "\n0\n" ROOT "\n"));
    assert_true(opens_text(ORIGIN "\n9007199254740991\n" ROOT "\n"));
    assert_true(opens_text(ORIGIN "\n7\n" ROOT "\nextension\nand another one\n"));
    assert_false(opens_text(ORIGIN "\n7\n" ROOT "\n\nextension\n"));
    assert_false(opens_text(ORIGIN "\n07\n" ROOT "\n"));
    assert_false(opens_text(ORIGIN "\n-0\n" ROOT "\n"));
    assert_false(opens_text(ORIGIN "\n-7\n" ROOT "\n"));
    assert_false(opens_text(ORIGIN "\n+7\n" ROOT "\n"));
    assert_false(opens_text(ORIGIN "\n 7\n" ROOT "\n"));
    assert_false(opens_text(ORIGIN "\n\n" ROOT "\n"));
    assert_false(opens_text(ORIGIN "\n9007199254740992\n" ROOT "\n"));
    assert_false(opens_text(ORIGIN "\n18446744073709551617\n" ROOT "\n"));
    assert_false(opens_text(ORIGIN "\n7\n"));
    assert_false(opens_text(ORIGIN "\n7\nAAAA\n"));
    assert_false(opens_text(ORIGIN "\n7\n" ROOT "AAAA\n"));
    assert_false(opens_text(ORIGIN "\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n"));
    assert_false(opens_text(ORIGIN "\n7\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I\n"));
    assert_false(opens_text(ORIGIN "\n"));
    assert_false(opens_text(ORIGIN "x\n7\n" ROOT "\n"));
    assert_false(opens_text("\n" ORIGIN "\n7\n" ROOT "\n"));
    assert_false(opens_text(ORIGIN "\r\n7\r\n" ROOT "\r\n"));
    assert_false(opens_text(ORIGIN "\n7\n" ROOT "\n\ttab\n"));
    assert_false(opens_text(ORIGIN "\n7\n" ROOT "\n\xff\n"));
    assert_false(opens_text(ORIGIN "\n7\n" ROOT));
}

static void test_size_limit(void **state)
{
    struct buf text = BUF_INIT;
    size_t last = 0;

    /* An extension line as long as it takes. */
    buf_puts(&text, ORIGIN "\n7\n" ROOT "\n");
    for (size_t i = 0; i < NOTE_MAX; i++) {
        buf_putc(&text, 'x');
    }
    buf_putc(&text, '\n');
    assert_false(opens_text(text.data));
    for (; text.len > 100; text.len--) {
        text.data[text.len - 2] = '\n';
        text.data[text.len - 1] = '\0';
        if (opens_text(text.data)) {
            last = text.len - 1;
            break;
        }
    }
    /* em dash, two spaces, name, 92 characters of base64, two newlines. */
    assert_int_equal(last + 1 + 4 + strlen(ORIGIN) + 1 + 92 + 1, NOTE_MAX);
    buf_free(&text);
}

static void test_proof(void **state)
{
    struct checkpoint c;
    struct buf note = BUF_INIT, b = BUF_INIT;
    struct hash hashes[TREE_PROOF_MAX];
    struct proof p;
    const char *why;

    signed_note(&note, &c);
    for (size_t i = 0; i < TREE_PROOF_MAX; i++) {
        hash_bytes(&hashes[i], &i, sizeof(i));
    }
    for (size_t n = 0; n <= TREE_PROOF_MAX; n++) {
        buf_clear(&b);
        proof_put(&b, 20852014 + n, hashes, n, note.data, note.len);
        assert_int_equal(proof_parse(&p, b.data, b.len, &why), 0);
        assert_int_equal(p.index, 20852014 + n);
        assert_int_equal(p.n, n);
        assert_memory_equal(p.hashes, hashes, n * sizeof(*hashes));
        assert_int_equal(p.note_len, note.len);
        assert_memory_equal(p.note, note.data, note.len);
        assert_ptr_equal(p.note, b.data + b.len - note.len);
        assert_true(opens(p.note, p.note_len));
        /* Cut anywhere it is no proof of this checkpoint. */
        for (size_t len = 0; n < 3 && len < b.len; len++) {
            if (proof_parse(&p, b.data, len, &why) == 0) {
                assert_false(opens(p.note, p.note_len));
            }
        }
    }
    buf_free(&note);
    buf_free(&b);
}

static void test_proof_text(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"c2sp.org/tlog-proof@v1\nindex 0\n\nx\n", true},
        {"c2sp.org/tlog-proof@v1\nindex 7\n" ROOT "\n\nx\n", true},
        {"c2sp.org/tlog-proof@v1\nextra AAECAw==\nindex 7\n" ROOT "\n\nx\n", true},
        {"c2sp.org/tlog-proof@v1\nextra \nindex 7\n\nx\n", true},
        {"c2sp.org/tlog-proof@v1\nextra AAECAw=\nindex 7\n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\nextra AA==\nextra AA==\nindex 7\n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 7\nextra AA==\n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\nextra AA==\n", false},
        {"c2sp.org/tlog-proof@v1\nextra AA==", false},
        {"c2sp.org/tlog-proof@v2\nindex 7\n\nx\n", false},
        {"index 7\n\nx\n", false},
        {"", false},
        {"c2sp.org/tlog-proof@v1", false},
        {"c2sp.org/tlog-proof@v1\n", false},
        {"c2sp.org/tlog-proof@v1\n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\nindex \n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 07\n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\nindex -7\n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 9007199254740992\n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\nindex  7\n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 7", false},
        {"c2sp.org/tlog-proof@v1\nindex 7\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 7\n\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 7\n" ROOT, false},
        {"c2sp.org/tlog-proof@v1\nindex 7\n" ROOT "\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 7\n" ROOT "\n\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 7\nAAAA\n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 7\n" ROOT "AAAA\n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\nindex 7\n" ROOT " \n\nx\n", false},
        {"c2sp.org/tlog-proof@v1\r\nindex 7\r\n\r\nx\r\n", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct proof p;
        const char *why = NULL;
        int rc = proof_parse(&p, cases[i].text, strlen(cases[i].text), &why);
        if ((rc == 0) != cases[i].good) {
            fail_msg("%s: %s", rc == 0 ? "accepted" : why, cases[i].text);
        }
        assert_int_equal(rc == 0, why == NULL);
    }
    /* One hash too many. */
    struct buf b = BUF_INIT;
    struct hash many[TREE_PROOF_MAX + 1] = {0};
    struct proof p;
    const char *why = NULL;
    proof_put(&b, 0, many, ARRAY_LEN(many), "x\n", 2);
    assert_int_equal(proof_parse(&p, b.data, b.len, &why), -1);
    assert_non_null(why);
    buf_free(&b);
}

/* Two log keys sign one note, a line each; whoever knows either opens it. */
static void test_two_log_keys(void **state)
{
    struct checkpoint c = {.origin = ORIGIN, .size = 7}, out;
    struct buf b = BUF_INIT, plain = BUF_INIT;
    const char *why;

    hash_bytes(&c.root, "root", 4);
    buf_puts(&b, "before"); /* the note needn't stand at the beginning */
    checkpoint_sign(&b, &c, secret);
    checkpoint_sign_also(&b, 6, ORIGIN, witness_secret);
    checkpoint_sign(&plain, &c, secret);
    assert_memory_equal(b.data + 6, plain.data, plain.len);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            open_note(b.data + 6, b.len - 6, ORIGIN, i == 0 ? &key : &witness, &out, &why), 0);
        assert_int_equal(out.size, 7);
    }
    assert_int_equal(open_note(plain.data, plain.len, ORIGIN, &witness, &out, &why), -1);
    assert_true(checkpoint_has_other_key(b.data + 6, b.len - 6, ORIGIN, &key));
    assert_true(checkpoint_has_other_key(plain.data, plain.len, ORIGIN, &witness));
    assert_false(checkpoint_has_other_key(plain.data, plain.len, ORIGIN, &key));
    assert_false(checkpoint_has_other_key(plain.data, plain.len, "other", &witness));
    assert_false(checkpoint_has_other_key("", 0, ORIGIN, &key));
    assert_int_equal(checkpoint_read(&out, b.data + 6, b.len - 6, ORIGIN), 0);
    assert_int_equal(out.size, 7);
    assert_true(hash_eq(&out.root, &c.root));
    assert_int_equal(checkpoint_read(&out, b.data + 6, b.len - 6, "ledger.example/other"), -1);
    assert_int_equal(checkpoint_read(&out, b.data, 4, ORIGIN), -1);
    /* One line spoilt: whoever checks that one sees it. */
    b.data[b.len - 20] = b.data[b.len - 20] == 'A' ? 'B' : 'A';
    assert_int_equal(open_note(b.data + 6, b.len - 6, ORIGIN, &witness, &out, &why), -1);
    assert_int_equal(open_note(b.data + 6, b.len - 6, ORIGIN, &key, &out, &why), 0);
    buf_free(&b);
    buf_free(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vkey),
        cmocka_unit_test(test_vkey_refused),
        cmocka_unit_test(test_known_signature),
        cmocka_unit_test(test_known_checkpoint),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_tampered),
        cmocka_unit_test(test_other_signatures),
        cmocka_unit_test(test_two_log_keys),
        cmocka_unit_test(test_checkpoint_text),
        cmocka_unit_test(test_size_limit),
        cmocka_unit_test(test_proof),
        cmocka_unit_test(test_proof_text),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, setup, NULL);
}
