/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * bench: what scripts/bench measures with (tests/load/bench/bench.h says what is printed). Acts are
 * signed beforehand into a file, a submission a line, or while others are posted.
 *
 *   bench setup URL --members N          opens the ledger; a unit, co-ops, N members with keys
 *   bench make URL --acts N > FILE       transfers between random members
 *   bench chain URL --members N          adds five co-ops in a row with lines, and N members
 *   bench drive URL FILE                 posts them, each once
 *   bench fill URL --acts N | --seconds S
 *                                        signs transfers and posts them in bulk, as fast as it goes
 *   bench ask URL --rate R --seconds S   members' balances and last 50 postings
 *   bench page URL --acts N              all pages of N postings of the account that --hot pays
 *   bench statement URL FILE --acts N    N times the statement of that account, into the file
 *   bench signatures FILE                verifies the signatures in a statement, or of the payments
 *                                        in an export's records, and nothing else
 *   bench limit FILE                     parses and verifies acts on all cores, and nothing else
 *   bench flush FILE                     how long the disk takes
 *
 *   --members N      how many the ledger has     --connections C   64; 4 with --bulk, setup, fill
 *   --load K         acts of different K have different ids
 *   --hops H         from the chain's ends over so many of its lines
 *   --hot            everybody pays one account  --bulk            1,000 acts in a request
 *   --rate R         an open loop: R acts a second, due at the times of a Poisson process
 *   --seconds S      for so long                 --every S         a line of figures for each S
 */
#include <getopt.h>
#include <signal.h>
#include <sodium.h>

#include "tests/load/bench/bench.h"

static int64_t option(const char *s)
{
    int64_t n = number(s);

    if (n < 0) {
        fprintf(stderr, "bench: %s is no number\n", s);
        exit(2);
    }
    return n;
}

/* What it makes it sends in bodies of a thousand acts, of which ledgerd lets twenty wait. */
static bool sends_bodies(const char *command)
{
    return command &&
           (str_eq(command, "setup") || str_eq(command, "chain") || str_eq(command, "fill"));
}

static int obey(struct bench *b, const char *command, const char *file)
{
    if (str_eq(command, "setup"))
        make_members(b);
    else if (str_eq(command, "chain"))
        make_chain(b);
    else if (str_eq(command, "make") && b->acts > 0)
        make_acts(b);
    else if (str_eq(command, "fill") && b->acts + b->seconds > 0)
        fill(b);
    else if (str_eq(command, "drive") && file)
        drive_file(b, file);
    else if (str_eq(command, "ask") && b->rate > 0 && b->seconds > 0)
        ask_members(b);
    else if (str_eq(command, "page") && b->acts > 0)
        ask_pages(b);
    else if (str_eq(command, "statement") && b->acts > 0 && file)
        ask_statement(b, file);
    else if (str_eq(command, "signatures"))
        raw_signatures(b, b->h.url);
    else if (str_eq(command, "limit"))
        limit(b, b->h.url);
    else if (str_eq(command, "flush"))
        flush(b->h.url);
    else
        return 2;
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"members", required_argument, NULL, 'm'},
        {"acts", required_argument, NULL, 'a'},
        {"connections", required_argument, NULL, 'c'},
        {"load", required_argument, NULL, 'l'},
        {"rate", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},
        {"every", required_argument, NULL, 'e'},
        {"hops", required_argument, NULL, 'o'},
        {"hot", no_argument, NULL, 'h'},
        {"bulk", no_argument, NULL, 'b'},
        {NULL, 0, NULL, 0},
    };
    struct bench b = {.h = {.seed = 1, .members = 1000, .journal = -1}, .hops = -1};
    int o, status = 2;

    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 'm')
            b.h.members = option(optarg);
        else if (o == 'a')
            b.acts = option(optarg);
        else if (o == 'c')
            b.h.connections = option(optarg);
        else if (o == 'l')
            b.h.load = option(optarg);
        else if (o == 'r')
            b.rate = option(optarg);
        else if (o == 's')
            b.seconds = option(optarg);
        else if (o == 'e')
            b.every = option(optarg);
        else if (o == 'o')
            b.hops = option(optarg);
        else if (o == 'h')
            b.hot = true;
        else if (o == 'b')
            b.bulk = true;
        else
            return 2;
    }
    if (b.h.connections == 0)
        b.h.connections = b.bulk || sends_bodies(argv[optind]) ? 4 : 64;
    b.h.url = optind + 1 < argc ? argv[optind + 1] : NULL;
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() >= 0 && b.h.members >= 6 && b.h.members % 2 == 0 && b.h.url)
        status = obey(&b, argv[optind], optind + 2 < argc ? argv[optind + 2] : NULL);
    if (status != 0)
        fprintf(
            stderr,
            "usage: bench setup|chain|make|drive|fill|ask|page|statement|signatures|limit|flush …: "
            "see the head of tests/load/bench.c\n");
    return status;
}
