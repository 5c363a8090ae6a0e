/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/commands.h"
#include "ledgerd/log.h"

static const struct {
    const char *name;
    int (*run)(struct conf *conf, int argc, char **argv);
    const char *args;
    const char *summary;
} commands[] = {
    {"init", cmd_init,
     "init --origin NAME --name TEXT --steward FILE.jwk...\n"
     "               [--threshold N] [--zone ZONE]",
     N_("make a new ledger; with --from EXPORT [--keys OLDDATA] make one again")},
    {"migrate", cmd_migrate, "migrate", N_("bring an older ledger's tables up to date")},
    {"export", cmd_export, "export DIR", N_("write all records into a new folder")},
    {"recover", cmd_recover, "recover --from SOURCE...",
     N_("take back records that the database lacks, from copies that others have")},
    {"recover", cmd_recover, "recover --continue [--from SOURCE...]",
     N_("prepare to go on without records that are nowhere to be had")},
    {"key", cmd_key, "key new-log", N_("make the log key that is to follow the one in use")},
};

static void usage(FILE *to)
{
    fputs(_("Usage: ledgerd [COMMAND] [--data DIR] [--config FILE] [--OPTION VALUE...]\n\n"), to);
    fprintf(to, "  ledgerd\n          %s\n", _("serve the ledger in the data folder"));
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(to, "  ledgerd %s\n          %s\n", commands[i].args, _(commands[i].summary));
    fputs(_("\nOptions, which ledgerd.conf(5) describes:\n"), to);
    for (size_t i = 0; i < conf_options_count; i++)
        fprintf(to, "  --%-22s %s\n", conf_options[i].name, _(conf_options[i].help));
    fputs(_("\nledgerd(8) tells more.\n"), to);
}

/* The command's row number, or -1 to serve. */
static int find_command(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(commands); i++)
        if (str_eq(argv[1], commands[i].name))
            return (int)i;
    return -1;
}

int main(int argc, char **argv)
{
    int command = find_command(argc, argv);
    struct conf conf;
    char *file = NULL;
    char err[512];
    int ret;

    lang_start("ledgerd");
    for (int i = 1; i < argc; i++) {
        if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h")) {
            usage(stdout);
            return 0;
        }
        if (str_eq(argv[i], "--version")) {
            puts("ledgerd " PUMASI_VERSION);
            return 0;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        fatal("libsodium can't start.");
    json_object_seed(0); /* before there are threads */
    if (command >= 0) {
        argv++;
        argc--;
    }
    if (conf_load(&conf, &argc, argv, &file, err, sizeof(err)) != 0) {
        fprintf(stderr, "ledgerd: %s\n", err);
        conf_free(&conf);
        return 2;
    }
    log_open(2, (enum log_format)conf.log_format, (enum log_level)conf.log_level);
    if (file)
        log_debug("Configuration from %s.", file);
    free(file);
    ret = command >= 0 ? commands[command].run(&conf, argc, argv) : cmd_serve(&conf, argc, argv);
    conf_free(&conf);
    return ret;
}
