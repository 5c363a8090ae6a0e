/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "core/cosign.h"

#define DASH "\xe2\x80\x94"
/* The checkpoint of the examples in tlog-cosignature and tlog-witness. */
#define TEXT "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define TIME INT64_C(1679315147)
#define LOG_LINE                                                                             \
    DASH " example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URY" \
         "N7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
#define SPEC_LINE                                                                   \
    DASH " witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI" \
         "5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
/* Made by OpenSSL (Node's crypto): the cosignature of TEXT at TIME by the seed 02 00 … 00. */
#define NAME "witness.example.com/w1"
#define VKEY NAME "+a8182ac8+BGt5xX5qCVI5KCwEgY6WES8/A6QAG6l6VkwjhSo/HqX8"
#define LINE                                                                                  \
    DASH " " NAME " qBgqyAAAAABkGFDLSs/uaf7pE1odxhjwdi2fK8WdUnsHCzAKPWZQKHU6XwjRdnLN6nFD93o/" \
         "+g8D3A2r+MmgjN2LdLN+ZeV2/48HCA==\n"

static uint8_t secret[3][KEY_SECRET_LEN];
static struct cosigner who[3];

static int setup(void **state)
{
    static const char *const names[] = {NAME, "seoul.example", "busan.example"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        uint8_t seed[crypto_sign_SEEDBYTES] = {(uint8_t)(i + 2)};

        (void)crypto_sign_seed_keypair(who[i].key.x, secret[i], seed);
        str_copy(who[i].name, sizeof(who[i].name), names[i]);
    }
    return 0;
}

static int find(const char *note, const struct cosigner *c, int64_t *time)
{
    const char *why = NULL, *line;
    size_t len;
    int rc = cosign_find(note, strlen(note), c, &line, &len, time, &why);

    assert_int_equal(rc < 0, why != NULL);
    if (rc > 0) {
        assert_true(line > note && line[-1] == '\n' && line[len - 1] == '\n');
    }
    return rc;
}

static void test_vkey(void **state)
{
    char text[VKEY_MAX];
    struct cosigner c;

    (void)state;
    cosigner_text(text, &who[0]);
    assert_string_equal(text, VKEY);
    assert_int_equal(cosigner_parse(&c, VKEY), 0);
    assert_string_equal(c.name, NAME);
    assert_memory_equal(c.key.x, who[0].key.x, KEY_LEN);
    /* A log's key is none, and neither is a cosigner's one a log's. */
    vkey_text(text, NAME, &who[0].key);
    assert_int_equal(cosigner_parse(&c, text), -1);
    assert_int_equal(vkey_parse(VKEY, c.name, sizeof(c.name), &c.key), -1);
    assert_int_equal(cosigner_parse(&c, NAME "+a8182ac9+BGt5xX5qCVI5KCwEgY6WES8/A6QAG6l6VkwjhSo/"
                                             "HqX8"),
                     -1);
    assert_int_equal(cosigner_parse(&c, ""), -1);
}

static void test_known_line(void **state)
{
    struct buf b = BUF_INIT;
    int64_t time = 0;

    (void)state;
    cosign_put(&b, &who[0], secret[0], TEXT, strlen(TEXT), TIME);
    assert_string_equal(b.data, LINE);
    buf_free(&b);
    assert_int_equal(find(TEXT "\n" LOG_LINE LINE, &who[0], &time), 1);
    assert_int_equal(time, TIME);
}

/* The spec's own line, whose key isn't published, has the key id first and then the time. */
static void test_spec_line(void **state)
{
    const char *note = TEXT "\n" LOG_LINE SPEC_LINE, *why;
    static const uint8_t head[] = {0x8d, 0x66, 0xcf, 0x3f, 0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb};
    struct note_parts parts;
    struct note_sig sig;

    (void)state;
    assert_int_equal(note_split(&parts, note, strlen(note), &why), 0);
    assert_int_equal(parts.text_len, strlen(TEXT));
    assert_int_equal(note_next_sig(&parts.sigs, &parts.sigs_len, &sig, &why), 1);
    assert_int_equal(sig.len, 68);
    assert_int_equal(note_next_sig(&parts.sigs, &parts.sigs_len, &sig, &why), 1);
    assert_int_equal(sig.len, COSIGN_LEN);
    assert_memory_equal(sig.bytes, head, sizeof(head));
    assert_int_equal(note_next_sig(&parts.sigs, &parts.sigs_len, &sig, &why), 0);
    /* Ours has the same name and another key: not found, and not wrong. */
    assert_int_equal(find(note, &who[0], NULL), 0);
}

static void test_wrong(void **state)
{
    char note[] = TEXT "\n" LINE;
    struct buf b = BUF_INIT;
    int64_t time = 0;

    (void)state;
    note[strlen(TEXT) - 30] ^= 1; /* the root, which stays base64 */
    assert_int_equal(find(note, &who[0], NULL), -1);
    assert_int_equal(find(TEXT LINE, &who[0], NULL), -1);
    assert_int_equal(find("", &who[0], NULL), -1);
    assert_int_equal(find(TEXT "\n" LOG_LINE "x\n", &who[0], NULL), -1);

    /* Another time under the same signature; one after the year 2^63. */
    buf_puts(&b, TEXT "\n");
    cosign_put(&b, &who[0], secret[0], TEXT, strlen(TEXT), -1);
    assert_int_equal(find(b.data, &who[0], NULL), -1);
    buf_clear(&b);
    /* Of two that are right the later one counts. */
    buf_puts(&b, TEXT "\n");
    cosign_put(&b, &who[0], secret[0], TEXT, strlen(TEXT), TIME + 5);
    buf_puts(&b, LINE);
    assert_int_equal(find(b.data, &who[0], &time), 1);
    assert_int_equal(time, TIME + 5);
    /* Right ones without end are work for nothing. */
    for (int i = 2; i < COSIGN_LINES_MAX; i++) {
        buf_puts(&b, LINE);
    }
    assert_int_equal(find(b.data, &who[0], &time), 1);
    buf_puts(&b, LINE);
    assert_int_equal(find(b.data, &who[0], &time), -1);
    assert_int_equal(find(b.data, &who[1], &time), 0);
    buf_free(&b);
}

static bool quorum(const char *s)
{
    const char *why = NULL;
    struct quorum q;
    int rc = quorum_parse(&q, s, &why);

    assert_int_equal(rc == 0, why == NULL);
    return rc == 0;
}

static void test_quorum(void **state)
{
    const char *why;
    struct quorum q;

    (void)state;
    assert_int_equal(quorum_parse(&q, "2 of chunchon,seoul, busan", &why), 0);
    assert_int_equal(q.need, 2);
    assert_int_equal(q.n, 3);
    assert_string_equal(q.names[0], "chunchon");
    assert_string_equal(q.names[2], "busan");
    assert_true(quorum("1 of a"));
    assert_false(quorum("0 of a"));
    assert_false(quorum("2 of a"));
    assert_false(quorum("2 of a,a"));
    assert_false(quorum("1 of a,"));
    assert_false(quorum("1 of "));
    assert_false(quorum("of a"));
    assert_false(quorum("+1 of a"));
    assert_false(quorum("1 of a=b"));
    assert_false(quorum("1 of a b"));
    assert_false(quorum("1"));
    assert_false(quorum("1 of a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"));
    assert_true(quorum("16 of a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p"));
}

static void test_count(void **state)
{
    struct cosigner again[3] = {who[0], who[0], who[1]};
    struct buf b = BUF_INIT;
    const char *why;
    int64_t times[3];
    bool found[3];

    (void)state;
    buf_puts(&b, TEXT "\n" LOG_LINE LINE);
    assert_int_equal(cosign_count(b.data, b.len, who, 3, found, times, &why), 1);
    cosign_put(&b, &who[2], secret[2], TEXT, strlen(TEXT), 7);
    assert_int_equal(cosign_count(b.data, b.len, who, 3, found, times, &why), 2);
    assert_true(found[0] && !found[1] && found[2]);
    assert_int_equal(times[0], TIME);
    assert_int_equal(times[2], 7);
    /* One key under two names is one witness. */
    assert_int_equal(cosign_count(b.data, b.len, again, 3, found, times, &why), 1);
    buf_puts(&b, "bad\n");
    assert_int_equal(cosign_count(b.data, b.len, who, 3, found, times, &why), -1);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vkey),      cmocka_unit_test(test_known_line),
        cmocka_unit_test(test_spec_line), cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_quorum),    cmocka_unit_test(test_count),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, setup, NULL);
}
