/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * pumasi complete: what can stand at the end of a command line, for the shells' completion
 * (completions/). It all comes from the table of commands, so that the shells know what we know.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/files.h"

/* The line that is being typed, up to the word that is to be completed. */
struct line {
    const struct command *command;
    const char *first; /* the first of two words, while the second is missing, or may follow */
    int n_args;
    const struct cli_option *waiting; /* the last word was an option that wants a value */
    const char *profile;
    bool only_words; /* "--" was seen */
    const char *word;
    const char *prefix; /* "--role=" where the value is part of the word */
};

static const struct cli_option *find_in(const struct cli_option *rows, const char *name, size_t len,
                                        char letter)
{
    for (; rows != NULL && rows->name != NULL; rows++) {
        if (letter != 0 ? rows->letter == letter
                        : strlen(rows->name) == len && strncmp(rows->name, name, len) == 0)
            return rows;
    }
    return NULL;
}

/* The option that a word such as "--role", "--role=x" or "-m" names, as far as it is known here. */
static const struct cli_option *find_option(const struct line *l, const char *word)
{
    bool is_long = strncmp(word, "--", 2) == 0;
    const char *name = is_long ? word + 2 : "";
    size_t len = strcspn(name, "=");
    char letter = is_long ? '\0' : word[1];
    const struct cli_option *row = find_in(cli_global_options, name, len, letter);

    if (row == NULL && l->command != NULL)
        row = find_in(l->command->options, name, len, letter);
    if (row == NULL && l->command != NULL && (l->command->flags & COMMAND_ACT) != 0)
        row = find_in(cli_act_options, name, len, letter);
    return row;
}

static bool has_sub(const char *word)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (str_eq(commands[i]->name, word) && commands[i]->sub != NULL)
            return true;
    }
    return false;
}

/* Either word of a command; a first one that is a command by itself may be followed by a second. */
static void take_command(struct line *l, const char *word)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *k = commands[i];

        if (l->first == NULL && str_eq(k->name, word) && k->sub == NULL)
            l->command = k;
        if (l->first != NULL && str_eq(k->name, l->first) && k->sub != NULL && str_eq(k->sub, word))
            l->command = k;
    }
    l->first = l->first == NULL && has_sub(word) ? word : NULL;
}

/* One word before the last. */
static void take(struct line *l, const char *word)
{
    const struct cli_option *row;

    if (l->waiting != NULL) {
        if (str_eq(l->waiting->name, "profile"))
            l->profile = word;
        l->waiting = NULL;
    } else if (!l->only_words && str_eq(word, "--")) {
        l->only_words = true;
    } else if (!l->only_words && word[0] == '-' && word[1] != '\0') {
        row = find_option(l, word);
        if (row == NULL || row->arg == NULL)
            return;
        if (strncmp(word, "--", 2) == 0 ? strchr(word, '=') == NULL : word[2] == '\0')
            l->waiting = row;
        else if (str_eq(row->name, "profile"))
            l->profile = word[1] == '-' ? strchr(word, '=') + 1 : word + 2;
    } else if (l->command == NULL || l->first != NULL) {
        take_command(l, word);
    } else {
        l->n_args++;
    }
}

/* --- what there is --- */

/* One line, the candidate and what it is, where it begins as the word does. */
static void offer(const struct line *l, const char *candidate, const char *what)
{
    char *whole = x_asprintf("%s%s", l->prefix, candidate), *safe = say_safe(what);

    if (strncmp(whole, l->word, strlen(l->word)) == 0)
        printf("%s\t%s\n", whole, safe);
    free(safe);
    free(whole);
}

static void offer_profiles(const struct client *c, const struct line *l)
{
    char *above = x_strdup(c->profile.config_dir), **names;
    size_t n;

    *strrchr(above, '/') = '\0';
    if (files_list(above, "", &names, &n) == 0) {
        for (size_t i = 0; i < n; i++)
            offer(l, names[i], _("profile"));
        files_list_free(names, n);
    }
    free(above);
}

static void offer_units(const struct client *c, const struct line *l)
{
    for (size_t i = 0; i < c->profile.n_units; i++)
        offer(l, c->profile.units[i].unit, c->profile.units[i].name);
}

static void offer_keys(const struct client *c, const struct line *l)
{
    for (size_t i = 0; i < c->n_keys; i++)
        offer(l, c->keys[i]->name, c->keys[i]->holder);
}

/* Whom one's own keys speak for: members, their co-ops, or both. */
static void offer_holders(const struct client *c, const struct line *l, bool members, bool coops)
{
    for (size_t i = 0; i < c->n_keys; i++) {
        const char *holder = c->keys[i]->holder, *coop = name_coop_start(holder);

        if (members && name_is_address(holder))
            offer(l, holder, c->keys[i]->name);
        if (coops && name_is_coop(coop))
            offer(l, coop, _("co-op"));
    }
}

static void offer_roles(const struct line *l)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        offer(l, role_name((enum role)role), _("role"));
}

/* What stands for a placeholder such as "MEMBER", "ID|FILE" or "yes|no". Files are the shell's. */
static void offer_for(struct client *c, const struct line *l, const char *placeholder, size_t len)
{
    while (len > 0) {
        size_t part = strcspn(placeholder, "|");
        char *one;

        part = part < len ? part : len;
        one = x_strndup(placeholder, part);
        if (strncmp(one, "FILE", 4) == 0 || str_eq(one, "DIR"))
            puts(":files");
        else if (str_eq(one, "UNIT"))
            offer_units(c, l);
        else if (str_eq(one, "KEY") || str_eq(one, "NAME"))
            offer_keys(c, l);
        else if (str_eq(one, "MEMBER"))
            offer_holders(c, l, true, false);
        else if (str_eq(one, "COOP"))
            offer_holders(c, l, false, true);
        else if (str_eq(one, "HOLDER"))
            offer_holders(c, l, true, true);
        else if (str_eq(one, "ROLE"))
            offer_roles(l);
        else if (str_eq(one, "KIND")) {
            offer(l, "time", _("hours, as in a time bank"));
            offer(l, "credit", _("money of one's own"));
            offer(l, "goods", _("things that are counted"));
        } else if (one[0] >= 'a' && one[0] <= 'z') {
            offer(l, one, l->command->summary == NULL ? "" : _(l->command->summary));
        }
        free(one);
        placeholder += part + (part < len);
        len -= part + (part < len);
    }
}

static void offer_value(struct client *c, const struct line *l, const struct cli_option *row)
{
    if (str_eq(row->name, "profile"))
        offer_profiles(c, l);
    else if (str_eq(row->name, "key"))
        offer_keys(c, l);
    else if (!str_eq(row->arg, "NAME")) /* a name that isn't there yet */
        offer_for(c, l, row->arg, strlen(row->arg));
}

/* The argument that stands here: the n-th placeholder of "HOLDER FILE", "[ID|FILE]...". */
static void offer_argument(struct client *c, const struct line *l)
{
    const char *p = l->command->args, *last = "";
    size_t len = 0;

    for (int i = 0;; i++) {
        p += strspn(p, " [");
        if (*p == '\0' || *p == '|' || *p == '-')
            break;
        last = p;
        len = strcspn(p, " ].");
        p += strcspn(p, " ");
        if (i == l->n_args) {
            offer_for(c, l, last, len);
            return;
        }
    }
    if (strstr(l->command->args, "...") != NULL)
        offer_for(c, l, last, len);
}

static void offer_commands(const struct line *l)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *k = commands[i];
        bool again = i > 0 && str_eq(commands[i - 1]->name, k->name);

        if ((k->flags & COMMAND_HIDDEN) != 0)
            continue;
        if (l->first != NULL && k->sub != NULL && str_eq(k->name, l->first))
            offer(l, k->sub, _(k->summary));
        else if (l->first == NULL && (k->sub == NULL || !again))
            offer(l, k->name, k->sub == NULL ? _(k->summary) : "");
    }
}

static void offer_options(const struct line *l, const struct cli_option *rows)
{
    for (; rows != NULL && rows->name != NULL; rows++) {
        char *name = x_asprintf("--%s", rows->name);

        offer(l, name, _(rows->help));
        free(name);
    }
}

static int run(struct client *c, const struct cli *cli)
{
    struct line l = {.prefix = ""};
    const struct cli_option *row;
    char *prefix = NULL;

    l.word = cli->n_args == 0 ? "" : cli_arg(cli, cli->n_args - 1);
    for (int i = 0; i + 1 < cli->n_args; i++)
        take(&l, cli_arg(cli, i));
    if (l.profile != NULL) {
        profile_free(&c->profile);
        if (profile_load(&c->profile, l.profile) != PUMASI_OK)
            return PUMASI_FAILED;
    }
    client_read_keys(c);
    if (l.waiting != NULL) {
        offer_value(c, &l, l.waiting);
    } else if (!l.only_words && strncmp(l.word, "--", 2) == 0 && strchr(l.word, '=') != NULL) {
        row = find_option(&l, l.word);
        if (row != NULL && row->arg != NULL) {
            l.prefix = prefix = x_strndup(l.word, (size_t)(strchr(l.word, '=') + 1 - l.word));
            offer_value(c, &l, row);
        }
    } else if (!l.only_words && l.word[0] == '-') {
        if (l.command != NULL)
            offer_options(&l, l.command->options);
        if (l.command != NULL && (l.command->flags & COMMAND_ACT) != 0)
            offer_options(&l, cli_act_options);
        offer_options(&l, cli_global_options);
    } else if (l.command == NULL || l.first != NULL) {
        offer_commands(&l);
    } else {
        offer_argument(c, &l);
    }
    free(prefix);
    return PUMASI_OK;
}

const struct command cmd_complete = {
    .name = "complete",
    .args = "-- [WORD]...",
    .summary = N_("Print how a command line can go on, for the shells' completion"),
    .max_args = -1,
    .flags = COMMAND_UNCONNECTED | COMMAND_HIDDEN,
    .run = run,
};
