/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/commands.h"

const struct command_group command_groups[] = {
    {&cmd_connect, N_("Your own affairs:")},
    {&cmd_key_new, N_("Keys:")},
    {&cmd_pending, N_("What waits, and what was done:")},
    {&cmd_member_create, N_("A co-op's office:")},
    {&cmd_open, N_("The stewards, and what the ledger holds:")},
    {&cmd_witness, N_("Witnesses of ledgers:")},
    {0},
};

/* clang-format off */
const struct command *const commands[] = {
    /* one's own affairs */
    &cmd_connect,
    &cmd_whoami,
    &cmd_pay,
    &cmd_request,
    &cmd_requests,
    &cmd_reverse,
    &cmd_balance,
    &cmd_history,
    &cmd_show,
    &cmd_statement,
    &cmd_verify,
    &cmd_export,
    &cmd_allow,
    /* keys */
    &cmd_key_new,
    &cmd_key_list,
    &cmd_key_show,
    &cmd_key_export,
    &cmd_key_set,
    &cmd_key_add,
    &cmd_key_revoke,
    &cmd_key_recover,
    &cmd_key_finish,
    &cmd_key_object,
    &cmd_threshold,
    /* what waits */
    &cmd_pending,
    &cmd_sign,
    &cmd_decline,
    &cmd_outbox,
    &cmd_receipts,
    /* a co-op's office */
    &cmd_member_create,
    &cmd_member_list,
    &cmd_member_update,
    &cmd_member_freeze,
    &cmd_member_unfreeze,
    &cmd_member_close,
    &cmd_limits,
    &cmd_policy,
    &cmd_import,
    &cmd_book,
    &cmd_report,
    &cmd_audit,
    &cmd_clearing_plan,
    &cmd_clearing_check,
    /* the stewards */
    &cmd_open,
    &cmd_unit_create,
    &cmd_unit_list,
    &cmd_coop_create,
    &cmd_coop_list,
    &cmd_coop_show,
    /* witnesses */
    &cmd_witness,
    &cmd_witness_new,
    &cmd_witness_follow,
    &cmd_witness_unfollow,
    &cmd_witness_list,
    &cmd_witness_pin,
    &cmd_witness_unpin,
    /* the shells */
    &cmd_complete,
    NULL,
};
