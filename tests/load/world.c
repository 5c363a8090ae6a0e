/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * world: twelve co-ops of one town, their members and a year of their trade, all from a seed: the
 * same seed makes the same people do the same things in the same order. Each month's trade has
 * value dates of that month, the twelfth being the one of today; it is all recorded now.
 *
 *   world keyfile NAME HOLDER ROLE      a key as pumasi keeps it. NAME is steward, treasurer1@COOP,
 *                                       treasurer2@COOP, registrar@COOP, or a member's address
 *   world coops                         a co-op a line: handle, treasurers who must sign, name
 *   world found URL                     what there is before the first month; the ledger is open
 *                                       and has its units (hour of 60, won of 1, box of 10)
 *   world trade URL FROM TO             these months' trade, a line for each
 *
 *   --seed N      1 where nothing is said
 *   --members N   of each co-op, 2 to 50, the default
 *   --today DATE  for two runs on different days to be the same
 */
#include <getopt.h>
#include <sodium.h>

#include "core/date.h"
#include "tests/load/world/world.h"

static int keyfile(const struct world *w, char *const *args)
{
    uint8_t secret[KEY_SECRET_LEN];
    struct buf b = BUF_INIT;
    struct key key;
    struct kid kid;

    secret_of(&w->h, args[0], secret);
    key_of_secret(&key, secret);
    key_kid(&kid, &key);
    buf_printf(&b, "{\"pumasi_key\":1,\"holder\":\"%s\",\"role\":\"%s\",\"kid\":\"%s\",\"x\":\"",
               args[1], args[2], kid.s);
    buf_put_b64u(&b, key.x, KEY_LEN);
    buf_puts(&b, "\",\"d\":\"");
    buf_put_b64u(&b, secret, crypto_sign_SEEDBYTES);
    buf_puts(&b, "\"}");
    puts(b.data);
    buf_free(&b);
    return 0;
}

static int meet_and(struct world *w, const char *url, int from, int to)
{
    w->h.url = url;
    conn_open(&w->c, &w->h, 0);
    json_decref(meet(&w->c));
    w->balances = x_calloc((size_t)WONJU * MEMBERS_MAX * UNITS, sizeof(*w->balances));
    if (from == 0)
        found(w);
    for (int month = from; month > 0 && month <= to; month++) {
        trade(w, month);
        (void)fflush(stdout);
    }
    free(w->balances);
    conn_close(&w->c);
    return 0;
}

static int wrong_use(void)
{
    fputs("world: see the head of tests/load/world.c\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},
        {"members", required_argument, NULL, 'm'},
        {"today", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    struct world w = {.h = {.seed = 1, .journal = -1}, .members = MEMBERS_MAX};
    int32_t today = (int32_t)((clock_ms(CLOCK_REALTIME) / 1000 + 9 * 3600) / 86400); /* in Seoul */
    int64_t from = 0, to = 0;
    const char *command;
    int o, n;

    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!(o == 's' && (w.h.seed = number(optarg)) >= 0) &&
            !(o == 'm' && (w.members = number(optarg)) >= 2 && w.members <= MEMBERS_MAX) &&
            !(o == 't' && date_parse(optarg, &today) == 0))
            return wrong_use();
    w.today = today;
    n = argc - optind;
    command = n > 0 ? argv[optind] : "";
    if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return 2;
    if (n == 4 && str_eq(command, "keyfile"))
        return keyfile(&w, argv + optind + 1);
    if (n == 1 && str_eq(command, "coops")) {
        for (int i = 0; i < WONJU; i++)
            printf("%s\t%d\t%s\n", wonju[i].handle, wonju[i].threshold, wonju[i].name);
        return 0;
    }
    if (n == 2 && str_eq(command, "found"))
        return meet_and(&w, argv[optind + 1], 0, 0);
    if (n == 4 && str_eq(command, "trade")) {
        from = number(argv[optind + 2]);
        to = number(argv[optind + 3]);
        if (from >= 1 && from <= to && to <= 12)
            return meet_and(&w, argv[optind + 1], (int)from, (int)to);
    }
    return wrong_use();
}
