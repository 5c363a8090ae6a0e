/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_REQ_H
#define PUMASI_REQ_H

#include "core/note.h"
#include "ledgerd/request.h"

/* The requests (protocol section 4), each in its own file; route.c says who may make them. */
request_go req_ledger;
request_go req_log_keys, req_continued;
request_go req_acts_post;
request_go req_act;
request_go req_member;
request_go req_account;
request_go req_postings;
request_go req_statement;
request_go req_snapshots;
request_go req_snapshot_account;
request_go req_snapshot_book;
request_go req_snapshot_subject;
request_go req_pending;
request_go req_requests;
request_go req_coops;
request_go req_coop;
request_go req_coop_members;
request_go req_coop_lines;
request_go req_coop_accounts;
request_go req_coop_postings;
request_go req_settlement;
request_go req_coop_positions;
request_go req_record;
request_go req_record_proof;
request_go req_clearing;
request_go req_log;
request_go req_checkpoint;
request_go req_tile;
request_go req_consistency;
request_go req_add_checkpoint;
request_go req_cosignatures;
request_go req_healthz;
request_go req_readyz;
request_go req_metrics;

/*
 * The checkpoint that ?key= asks for: the one that everybody is shown where that key signs, else
 * what it signed last; without it the one that is shown. The caller frees *note. -1 once the
 * request was answered: malformed, or there is none by that key.
 */
int req_asked_checkpoint(struct request *r, struct checkpoint *checkpoint, char **note,
                         size_t *note_len) MUST_CHECK;

#endif
