/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LEDGERD_COMMANDS_H
#define PUMASI_LEDGERD_COMMANDS_H

#include "ledgerd/conf.h"

/*
 * What `ledgerd COMMAND` does. argv[0] is the command (or the program's name for serve), options of
 * ledgerd.conf are taken out. Each returns the process's exit status: 0, 1 (could not be done, said
 * on stderr), 2 (wrong usage).
 */
int cmd_serve(struct conf *conf, int argc, char **argv);
int cmd_init(struct conf *conf, int argc, char **argv);
int cmd_migrate(struct conf *conf, int argc, char **argv);
int cmd_export(struct conf *conf, int argc, char **argv);
int cmd_key(struct conf *conf, int argc, char **argv);
int cmd_recover(struct conf *conf, int argc, char **argv);

#endif
