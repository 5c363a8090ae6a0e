/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * hammer: a load of signed acts that remembers everything, so that a test can say afterwards
 * whether anything was lost. All keys and all acts come from seeds.
 *
 *   hammer jwk                               the steward's public key
 *   hammer setup URL                         opens the ledger; unit, co-ops, policies, members
 *   hammer run URL --journal FILE            sends acts until --seconds are over or SIGTERM
 *   hammer finish URL --journal FILE         sends what has no answer yet until it has one
 *   hammer check URL --journal FILE [--leaves FILE]
 *                                            sends what was acknowledged again, compares receipts;
 *                                            every checkpoint seen is of the tree of these leaves
 *
 * --seed N is for keys, --load N for acts, so that runs on one ledger differ.
 *
 * The journal has a line for each event, its fields parted by tabs, written before what follows:
 *   L id vkey                 the ledger, as it named itself
 *   S jti by submission       is going to be sent
 *   A jti index hash size root   acknowledged: SHA-256 of the header; the proof's checkpoint
 *   P jti                     answered 202, pending
 *   R jti status refusal      refused
 *   U jti status              not now: 503, 429, or 0 for no answer at all
 *   C size root               GET /checkpoint
 *   V sentence                something is wrong; the exit status is 1 then
 */
#include "tests/load/lib/hammer.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>

static int64_t option_number(const char *s)
{
    int64_t n = number(s);

    if (n < 0) {
        fprintf(stderr, "hammer: %s is no number\n", s);
        exit(2);
    }
    return n;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},
        {"load", required_argument, NULL, 'l'},
        {"members", required_argument, NULL, 'm'},
        {"seconds", required_argument, NULL, 't'},
        {"connections", required_argument, NULL, 'c'},
        {"journal", required_argument, NULL, 'j'},
        {"leaves", required_argument, NULL, 'v'},
        {"once", no_argument, NULL, '1'},
        {NULL, 0, NULL, 0},
    };
    struct hammer h = {.seed = 1, .members = 40, .connections = 8, .seconds = 600, .journal = -1};
    struct buf jwk = BUF_INIT;
    const char *command;
    int o;

    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 's')
            h.seed = option_number(optarg);
        else if (o == 'l')
            h.load = option_number(optarg);
        else if (o == 'm')
            h.members = option_number(optarg);
        else if (o == 't')
            h.seconds = option_number(optarg);
        else if (o == 'c')
            h.connections = option_number(optarg);
        else if (o == 'j')
            h.journal_path = optarg;
        else if (o == 'v')
            h.leaves_path = optarg;
        else if (o == '1')
            h.once = true;
        else
            return 2;
    }
    command = optind < argc ? argv[optind] : "";
    h.url = optind + 1 < argc ? argv[optind + 1] : "";
    if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || h.members < 4 ||
        h.members % 2 || h.connections > SPECIALS)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    if (h.journal_path &&
        (h.journal = open(h.journal_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) < 0) {
        perror(h.journal_path);
        return 2;
    }
    if (str_eq(command, "jwk")) {
        put_jwk(&jwk, &h, "steward");
        puts(jwk.data);
        buf_free(&jwk);
    } else if (str_eq(command, "setup")) {
        setup(&h);
    } else if (str_eq(command, "run") && h.journal_path) {
        run(&h);
    } else if (str_eq(command, "finish") && h.journal_path) {
        finish(&h);
    } else if (str_eq(command, "check") && h.journal_path) {
        check(&h);
    } else {
        fprintf(stderr, "usage: hammer jwk | setup URL | run|finish|check URL --journal FILE\n");
        return 2;
    }
    return atomic_load(&h.wrong) ? 1 : 0;
}
