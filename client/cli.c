/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "client/wrap.h"
#include "core/key.h"
#include "core/num.h"
#include "core/text.h"

#define OPTIONS_MAX 48
#define OPTION_CODE 1000 /* getopt's value of option i is OPTION_CODE + i */
#define HELP_COLUMN 30
#define HELP_WIDTH  79

const struct cli_option cli_global_options[] = {
    {"profile", 'p', N_("NAME"), N_("the ledger to talk to (PUMASI_PROFILE, else \"default\")")},
    {"key", 'k', N_("NAME"), N_("the key to use (PUMASI_KEY); may be repeated where several sign")},
    {"json", 0, NULL, N_("print the ledger's answer as JSON")},
    {"yes", 'y', NULL, N_("don't ask, take the usual answer")},
    {"help", 'h', NULL, N_("show this help")},
    {"version", 'V', NULL, N_("show the version")},
    {0},
};

const struct cli_option cli_act_options[] = {
    {"finish", 0, NULL, N_("only finish what an earlier run of the same command left unfinished")},
    {"discard-unsent", 0, NULL,
     N_("forget an unfinished earlier run, where it can't be posted any more")},
    {0},
};

/* Options that hold at this point of the line: the global ones, then the command's. */
struct option_set {
    size_t n;
    const struct cli_option *rows[OPTIONS_MAX];
    struct option longs[OPTIONS_MAX + 1];
    char shorts[2 + OPTIONS_MAX * 2];
};

static void set_add(struct option_set *set, const struct cli_option *rows)
{
    for (; rows != NULL && rows->name != NULL && set->n < OPTIONS_MAX; rows++)
        set->rows[set->n++] = rows;
}

static void set_build(struct option_set *set, const struct command *command)
{
    size_t at = 0;

    memset(set, 0, sizeof(*set));
    set_add(set, cli_global_options);
    if (command != NULL) {
        set_add(set, command->options);
        if ((command->flags & COMMAND_ACT) != 0)
            set_add(set, cli_act_options);
    }
    set->shorts[at++] = '+'; /* stop at the first argument: which options follow depends on it */
    set->shorts[at++] = ':'; /* say nothing yourself */
    for (size_t i = 0; i < set->n; i++) {
        const struct cli_option *row = set->rows[i];

        set->longs[i].name = row->name;
        set->longs[i].has_arg = row->arg == NULL ? no_argument : required_argument;
        set->longs[i].val = OPTION_CODE + (int)i;
        if (row->letter != 0) {
            set->shorts[at++] = row->letter;
            if (row->arg != NULL)
                set->shorts[at++] = ':';
        }
    }
    set->shorts[at] = '\0';
}

/* The row that getopt_long answered `code` for. */
static const struct cli_option *set_find(const struct option_set *set, int code)
{
    for (size_t i = 0; i < set->n; i++) {
        if (code == OPTION_CODE + (int)i || (code < OPTION_CODE && set->rows[i]->letter == code))
            return set->rows[i];
    }
    return NULL;
}

static const struct command *find_command(const struct command *const *commands, const char *name,
                                          const char *sub)
{
    for (; *commands != NULL; commands++) {
        if (str_eq((*commands)->name, name) && ((*commands)->sub == NULL) == (sub == NULL) &&
            (sub == NULL || str_eq((*commands)->sub, sub)))
            return *commands;
    }
    return NULL;
}

static bool has_subcommands(const struct command *const *commands, const char *name)
{
    for (; *commands != NULL; commands++) {
        if (str_eq((*commands)->name, name) && (*commands)->sub != NULL)
            return true;
    }
    return false;
}

static void list_subcommands(struct buf *b, const struct command *const *commands, const char *name)
{
    const char *comma = "";

    for (; *commands != NULL; commands++) {
        if (str_eq((*commands)->name, name) && (*commands)->sub != NULL) {
            buf_printf(b, "%s%s %s", comma, name, (*commands)->sub);
            comma = ", ";
        }
    }
}

/* Edits that turn a into b, as far as a slip of the fingers goes: 3 means "more than two". */
static size_t distance(const char *a, const char *b)
{
    size_t row[33], la = strlen(a), lb = strlen(b);

    if (la > 32 || lb > 32)
        return 3;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[lb] < 3 ? row[lb] : 3;
}

/* "key recover, ..." of the commands whose second word is `sub`; whether there are any. */
static bool list_by_subcommand(struct buf *b, const struct command *const *commands,
                               const char *sub)
{
    for (; *commands != NULL; commands++) {
        const struct command *one = *commands;

        if (one->sub != NULL && str_eq(one->sub, sub))
            buf_printf(b, "%s%s %s", b->len == 0 ? "" : ", ", one->name, sub);
    }
    return b->len > 0;
}

static int unknown_command(const struct command *const *commands, const char *name, const char *sub)
{
    struct buf known = BUF_INIT;
    const char *near = NULL;
    char *safe, *safe_sub;
    size_t least = 3;

    if (sub != NULL || has_subcommands(commands, name)) {
        list_subcommands(&known, commands, name);
        safe_sub = say_safe(sub != NULL ? sub : "");
        if (sub != NULL)
            (void)fail(PUMASI_USAGE, _("There is no command \"%s %s\". There are: %s."), name,
                       safe_sub, known.data);
        else
            (void)fail(PUMASI_USAGE, _("\"%s\" needs one more word: %s."), name, known.data);
        free(safe_sub);
        buf_free(&known);
        return PUMASI_USAGE;
    }
    if (list_by_subcommand(&known, commands, name)) {
        (void)fail(PUMASI_USAGE,
                   _("There is no command \"%s\". Did you mean: %s? \"pumasi --help\" "
                     "lists all."),
                   name, known.data);
        buf_free(&known);
        return PUMASI_USAGE;
    }
    for (; *commands != NULL; commands++) {
        size_t d = distance(name, (*commands)->name);

        if (d < least) {
            least = d;
            near = (*commands)->name;
        }
    }
    safe = say_safe(name);
    if (near != NULL)
        (void)fail(
            PUMASI_USAGE,
            _("There is no command \"%s\". Did you mean \"%s\"? \"pumasi --help\" lists all."),
            safe, near);
    else
        (void)fail(PUMASI_USAGE, _("There is no command \"%s\". \"pumasi --help\" lists all."),
                   safe);
    free(safe);
    return PUMASI_USAGE;
}

static int add_value(struct cli *out, const struct cli_option *row, const char *value)
{
    if (str_eq(row->name, "help")) {
        out->help = true;
    } else if (str_eq(row->name, "version")) {
        out->version = true;
    } else if (out->n_values == CLI_VALUES_MAX) {
        return fail(PUMASI_USAGE, _("There are too many options."));
    } else {
        out->values[out->n_values].name = row->name;
        out->values[out->n_values].value = row->arg == NULL ? "" : value;
        out->n_values++;
    }
    return PUMASI_OK;
}

/*
 * What begins with '-' and is no option whatever getopt thinks: a number such as -20 or -1:30, and
 * one fingerprint of a key in 64.
 */
static bool is_word_with_dash(const char *s)
{
    return (s[1] >= '0' && s[1] <= '9') || kid_is_valid(s);
}

static int bad_option(int code, const char *word)
{
    char *safe = say_safe(word);

    if (code == ':')
        (void)fail(PUMASI_USAGE, _("The option %s needs a value."), safe);
    else if (optopt > 0 && optopt < OPTION_CODE && strncmp(safe, "--", 2) != 0)
        (void)fail(PUMASI_USAGE,
                   _("There is no option -%c here. Add --help to see which there are."), optopt);
    else
        (void)fail(PUMASI_USAGE,
                   _("There is no option %s here. Add --help to see which there are."), safe);
    free(safe);
    return PUMASI_USAGE;
}

/*
 * Settles the command once its first words are known. `next` is the word behind the first one, or
 * NULL: a name that is a command by itself may have others under it.
 */
static int choose_command(struct cli *out, const struct command *const *commands, const char *name,
                          const char *sub, const char *next, bool *more)
{
    *more = false;
    if (sub == NULL && (next == NULL || find_command(commands, name, next) == NULL)) {
        out->command = find_command(commands, name, NULL);
        if (out->command != NULL)
            return PUMASI_OK;
    }
    if (sub == NULL) {
        *more = has_subcommands(commands, name);
        return *more ? PUMASI_OK : unknown_command(commands, name, NULL);
    }
    out->command = find_command(commands, name, sub);
    return out->command != NULL ? PUMASI_OK : unknown_command(commands, name, sub);
}

static int take_word(struct cli *out, const struct command *const *commands, const char *word,
                     const char *next, struct option_set *set)
{
    bool more;
    int rc;

    if (out->command == NULL) {
        rc = out->first == NULL ? choose_command(out, commands, word, NULL, next, &more)
                                : choose_command(out, commands, out->first, word, NULL, &more);
        if (out->first == NULL)
            out->first = word;
        if (rc == PUMASI_OK && out->command != NULL)
            set_build(set, out->command);
        return rc;
    }
    if (out->n_args == CLI_ARGS_MAX)
        return fail(PUMASI_USAGE, _("There are too many arguments."));
    out->args[out->n_args++] = word;
    return PUMASI_OK;
}

/* What follows the command's name in its usage; "" stays "", which gettext would make a header. */
static const char *args_words(const struct command *k)
{
    return k->args[0] == '\0' ? "" : _(k->args);
}

static int check_count(const struct cli *out)
{
    const struct command *k = out->command;
    const char *space = k->sub == NULL ? "" : " ", *sub = k->sub == NULL ? "" : k->sub;

    if (out->n_args < k->min_args)
        return fail(PUMASI_USAGE, _("Something is missing. Usage: pumasi %s%s%s %s"), k->name,
                    space, sub, args_words(k));
    if (k->max_args >= 0 && out->n_args > k->max_args)
        return fail(PUMASI_USAGE,
                    _("That is more than this command takes. Usage: pumasi %s%s%s %s"), k->name,
                    space, sub, args_words(k));
    return PUMASI_OK;
}

int cli_parse(struct cli *out, int argc, char **argv, const struct command *const *commands)
{
    struct option_set set;
    bool only_words = false;
    int rc = PUMASI_OK;

    memset(out, 0, sizeof(*out));
    set_build(&set, NULL);
    for (int at = 1; rc == PUMASI_OK && at < argc;) {
        int code;
        const struct cli_option *row;

        if (only_words || argv[at][0] != '-' || argv[at][1] == '\0' ||
            is_word_with_dash(argv[at])) {
            rc = take_word(out, commands, argv[at], at + 1 < argc ? argv[at + 1] : NULL, &set);
            at++;
            continue;
        }
        if (str_eq(argv[at], "--")) {
            only_words = true;
            at++;
            continue;
        }
        /* getopt sees the rest of the line, this word first; a cluster such as -yV is taken to its
         * end. */
        optind = 0; /* glibc: start afresh, at 1 */
        do {
            code = getopt_long(argc - at + 1, argv + at - 1, set.shorts, set.longs, NULL);
            row = code == '?' || code == ':' ? NULL : set_find(&set, code);
            rc = row == NULL ? bad_option(code, argv[at]) : add_value(out, row, optarg);
        } while (rc == PUMASI_OK && optind == 1);
        at += optind - 1;
    }
    if (rc != PUMASI_OK || out->help || out->version)
        return rc;
    if (out->command == NULL && out->first == NULL) {
        out->help = true;
        return fail(PUMASI_USAGE, _("Say what to do, for example: pumasi pay alice@hansalim 1:30 "
                                    "hour -m garden. \"pumasi --help\" lists all commands."));
    }
    if (out->command == NULL)
        return unknown_command(commands, out->first, NULL);
    return check_count(out);
}

const char *cli_value(const struct cli *cli, const char *name)
{
    for (int i = cli->n_values - 1; i >= 0; i--) {
        if (str_eq(cli->values[i].name, name))
            return cli->values[i].value;
    }
    return NULL;
}

bool cli_given(const struct cli *cli, const char *name)
{
    return cli_value(cli, name) != NULL;
}

const char *cli_nth(const struct cli *cli, const char *name, int i)
{
    for (int at = 0; at < cli->n_values; at++) {
        if (str_eq(cli->values[at].name, name) && i-- == 0)
            return cli->values[at].value;
    }
    return NULL;
}

int cli_number(const struct cli *cli, const char *name, int64_t min, int64_t max, int64_t *out)
{
    const char *s = cli_value(cli, name);

    if (s == NULL || num_parse(s, strlen(s), min, max, out) == 0)
        return PUMASI_OK;
    return fail(PUMASI_USAGE, _("--%s takes a whole number from %lld to %lld."), name,
                (long long)min, (long long)max);
}

const char *cli_arg(const struct cli *cli, int i)
{
    return i < cli->n_args ? cli->args[i] : NULL;
}

/* --- help --- */

/* A text from column `indent` on, the cursor being there already, in lines of at most
 * HELP_WIDTH columns; a line that begins with blanks, an example, stays as it is. */
static void put_wrapped(FILE *f, const char *s, size_t indent)
{
    for (;;) {
        size_t n = *s == ' ' ? strcspn(s, "\n") : wrap_words(s, HELP_WIDTH - indent);

        fprintf(f, "%.*s\n", (int)n, s);
        s += n;
        if (*s == '\0')
            return;
        s++; /* the blank or the line's end */
        if (*s != '\n')
            fprintf(f, "%*s", (int)indent, "");
    }
}

static void put_padded(FILE *f, const char *left, const char *right)
{
    size_t width = text_width(left);

    fprintf(f, "  %s", left);
    if (width + 4 > HELP_COLUMN)
        fprintf(f, "\n%*s", HELP_COLUMN, "");
    else
        fprintf(f, "%*s", HELP_COLUMN - 2 - (int)width, "");
    put_wrapped(f, right, HELP_COLUMN);
}

static void put_options(FILE *f, const struct cli_option *rows)
{
    for (; rows != NULL && rows->name != NULL; rows++) {
        char letter[5] = "    ";
        char *left;

        if (rows->letter != 0) {
            letter[0] = '-';
            letter[1] = rows->letter;
            letter[2] = ',';
        }
        left = x_asprintf("%s--%s%s%s", letter, rows->name, rows->arg == NULL ? "" : " ",
                          rows->arg == NULL ? "" : _(rows->arg));
        put_padded(f, left, _(rows->help));
        free(left);
    }
}

static void put_command(FILE *f, const struct command *k)
{
    char *left =
        x_asprintf("%s%s%s%s%s", k->name, k->sub == NULL ? "" : " ", k->sub == NULL ? "" : k->sub,
                   k->args[0] == '\0' ? "" : " ", args_words(k));

    put_padded(f, left, _(k->summary));
    free(left);
}

static void put_title(FILE *f, const struct command_group *groups, const struct command *k)
{
    for (; groups->first != NULL; groups++) {
        if (groups->first == k)
            fprintf(f, "\n%s\n", _(groups->title));
    }
}

void cli_help(FILE *f, const struct cli *cli, const struct command *const *commands,
              const struct command_group *groups)
{
    const struct command *k = cli->command;

    if (k != NULL) {
        fprintf(f, _("Usage: pumasi %s%s%s [OPTION...]%s%s\n\n%s.\n"), k->name,
                k->sub == NULL ? "" : " ", k->sub == NULL ? "" : k->sub,
                k->args[0] == '\0' ? "" : " ", args_words(k), _(k->summary));
        if (k->help != NULL) {
            fputc('\n', f);
            put_wrapped(f, _(k->help), 0);
        }
        fputs(_("\nOptions:\n"), f);
        put_options(f, k->options);
        if ((k->flags & COMMAND_ACT) != 0)
            put_options(f, cli_act_options);
        put_options(f, cli_global_options);
        return;
    }
    fputs(_("Usage: pumasi COMMAND [OPTION...] [ARGUMENT...]\n\n"
            "Pays and asks in a ledger of mutual credit.\n"),
          f);
    if (cli->first != NULL)
        fputs(_("\nCommands:\n"), f);
    for (; *commands != NULL; commands++) {
        if (cli->first == NULL)
            put_title(f, groups, *commands);
        if ((cli->first == NULL && ((*commands)->flags & COMMAND_HIDDEN) == 0) ||
            (cli->first != NULL && str_eq(cli->first, (*commands)->name)))
            put_command(f, *commands);
    }
    fputs(_("\nOptions of every command:\n"), f);
    put_options(f, cli_global_options);
    fputc('\n', f);
    put_wrapped(f,
                _("Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 waits for others' "
                  "signatures, 4 ledger unreachable or outcome unknown (run the same again), 5 the "
                  "ledger's answer doesn't verify. \"pumasi COMMAND --help\" and pumasi(1) say "
                  "more."),
                0);
}
