/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one line of text that an auditor keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include "client/pin.h"
#include "core/b64.h"
#include "core/hash.h"

#include <cmocka.h>

/* RFC 8037 appendix A's key. */
#define X    "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define HASH "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"
#define ID   "ledger.example/main#" HASH

static char *line_of(const char *id)
{
    struct buf b = BUF_INIT;
    struct key key;

    assert_int_equal(b64u_decode_exact(X, strlen(X), key.x, KEY_LEN), 0);
    pin_put(&b, id, &key);
    return buf_take(&b);
}

static void is_read_back(void **state)
{
    static const char *const around[][2] = {{"", ""}, {"  ", "\n"}, {"\t\n", " \r\n "}};
    char *line = line_of(ID);
    const char *why;
    struct pin pin;

    (void)state;
    /* Both words as GET /v1/ledger has them. */
    assert_int_equal(strncmp(line, ID " ledger.example/main+", strlen(ID " ledger.example/main+")),
                     0);
    for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
        char *padded = x_asprintf("%s%s%s", around[i][0], line, around[i][1]), x[HASH_B64U_LEN + 1];

        assert_int_equal(pin_parse(&pin, padded, &why), 0);
        assert_string_equal(pin.ledger_id, ID);
        b64u_encode(x, pin.log_key.x, KEY_LEN);
        assert_string_equal(x, X);
        pin_free(&pin);
        free(padded);
    }
    free(line);
}

static void what_is_no_pin_is_said_why(void **state)
{
    char *good = line_of(ID), *vkey = strchr(good, ' ') + 1;
    char *other = line_of("other.example#" HASH), *other_vkey = strchr(other, ' ') + 1;
    char *lines[] = {
        x_strdup(""),
        x_strdup(ID),
        x_asprintf("%s more", good),
        x_asprintf("ledger.example/main %s", vkey),
        x_asprintf("ledger.example/main#short %s", vkey),
        x_asprintf("Ledger Example#" HASH " %s", vkey),
        x_asprintf("#" HASH " %s", vkey),
        x_asprintf(ID " %s", X),
        x_asprintf(ID " %.*s", (int)strlen(vkey) - 1, vkey),
        x_asprintf(ID " %s", other_vkey),
    };
    struct pin pin;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const char *why = NULL;

        if (pin_parse(&pin, lines[i], &why) == 0)
            fail_msg("taken: %s", lines[i]);
        assert_non_null(why);
        free(lines[i]);
    }
    free(good);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_back),
        cmocka_unit_test(what_is_no_pin_is_said_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
