/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLI_H
#define PUMASI_CLI_H

#include <stdio.h>

#include "client/say.h"
#include "core/base.h"

struct client;
struct cli;

/* An option of one command. `arg` is its argument's placeholder ("TEXT"), NULL for a flag. Ends
 * with a row of zeros. */
struct cli_option {
    const char *name; /* long name without dashes */
    char letter;      /* short name, or 0 */
    const char *arg;
    const char *help; /* N_() */
};

/*
 * One command: client/cmd_<name>.c defines it, client/commands.c lists it. Before `run` is called
 * the arguments are counted and, unless the flags say otherwise, the profile must be connected to a
 * ledger.
 */
enum command_flags {
    COMMAND_UNCONNECTED = 1, /* works without a connected profile */
    COMMAND_ACT = 2,         /* sends an act: takes --finish and --discard-unsent */
    COMMAND_UNOPENED = 4, /* connected is enough, the ledger's id needn't be known yet (`open`) */
    COMMAND_HIDDEN = 8,   /* for programs: not listed in the help */
};
struct command {
    const char *name;                 /* "key" */
    const char *sub;                  /* "new", or NULL */
    const char *args;                 /* "MEMBER AMOUNT UNIT", "[UNIT]"; "" for none */
    const char *summary;              /* N_(), one line, no full stop */
    const char *help;                 /* N_(), more about it for --help, or NULL */
    int min_args, max_args;           /* max_args -1: any number */
    const struct cli_option *options; /* NULL for none */
    unsigned flags;
    int (*run)(struct client *c, const struct cli *cli); /* returns an enum pumasi_exit */
};

/* Options of every command, and of those that send an act; each ends with a row of zeros. */
extern const struct cli_option cli_global_options[], cli_act_options[];

#define CLI_ARGS_MAX   64
#define CLI_VALUES_MAX 64

/* A command line that has been taken apart. Strings are argv's own. */
struct cli {
    const struct command *command;
    const char *first; /* the first word, NULL without one */
    int n_args;
    const char *args[CLI_ARGS_MAX];
    int n_values;
    struct {
        const char *name;
        const char *value; /* "" for a flag */
    } values[CLI_VALUES_MAX];
    bool help, version;
};

/*
 * Takes argv apart: global options anywhere, the command's own after its name. A word such as -20
 * or -1:30 is an argument, not an option. `commands` ends with NULL. PUMASI_OK, or PUMASI_USAGE
 * after a sentence was printed.
 */
int cli_parse(struct cli *out, int argc, char **argv,
              const struct command *const *commands) MUST_CHECK;

/* The last value of an option (its long name), NULL when it wasn't given; "" for a flag. */
const char *cli_value(const struct cli *cli, const char *name);
bool cli_given(const struct cli *cli, const char *name);
/* The i-th value of an option that may be repeated, NULL past the last. */
const char *cli_nth(const struct cli *cli, const char *name, int i);
/* An option that is a whole number within min..max; *out is untouched when it wasn't given. Fails
 * with a sentence. */
int cli_number(const struct cli *cli, const char *name, int64_t min, int64_t max,
               int64_t *out) MUST_CHECK;
/* The i-th argument, NULL past the last. */
const char *cli_arg(const struct cli *cli, int i);

/* The commands from `first` on, up to the next group's, as the help parts them. A list ends with a
 * row of zeros. */
struct command_group {
    const struct command *first;
    const char *title; /* N_() */
};

/* Help for all, for one command, or for all with the same first word. */
void cli_help(FILE *f, const struct cli *cli, const struct command *const *commands,
              const struct command_group *groups);

#endif
