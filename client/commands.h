/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_COMMANDS_H
#define PUMASI_COMMANDS_H

#include "client/cli.h"

/* Every command; commands.c lists them in the order of the help. */
extern const struct command cmd_connect, cmd_whoami;
extern const struct command cmd_key_new, cmd_key_list, cmd_key_show, cmd_key_export, cmd_key_set;
extern const struct command cmd_key_add, cmd_key_revoke, cmd_threshold;
extern const struct command cmd_key_recover, cmd_key_finish, cmd_key_object;
extern const struct command cmd_pay, cmd_balance, cmd_history, cmd_export, cmd_allow;
extern const struct command cmd_request, cmd_requests, cmd_reverse, cmd_decline, cmd_show;
extern const struct command cmd_pending, cmd_sign, cmd_outbox, cmd_receipts;
extern const struct command cmd_open, cmd_unit_create, cmd_unit_list;
extern const struct command cmd_coop_create, cmd_coop_list, cmd_coop_show, cmd_policy, cmd_settle,
    cmd_member_estate, cmd_coop_close;
extern const struct command cmd_line_set, cmd_line_list;
extern const struct command cmd_member_create, cmd_member_list, cmd_member_update;
extern const struct command cmd_member_freeze, cmd_member_unfreeze, cmd_member_close, cmd_limits;
extern const struct command cmd_import;
extern const struct command cmd_complete;

extern const struct command cmd_statement, cmd_verify;
extern const struct command cmd_book, cmd_report, cmd_audit;
extern const struct command cmd_positions, cmd_network;
extern const struct command cmd_clearing_plan, cmd_clearing_check;
extern const struct command cmd_clearing_propose, cmd_clearing_show;
extern const struct command cmd_clearing_consent, cmd_clearing_decline;
extern const struct command cmd_witness, cmd_witness_new, cmd_witness_follow, cmd_witness_unfollow;
extern const struct command cmd_witness_list, cmd_witness_pin, cmd_witness_unpin;

/* Ends with NULL; its parts, with a row of zeros. */
extern const struct command *const commands[];
extern const struct command_group command_groups[];

#endif
