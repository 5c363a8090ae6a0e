/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_REQ_DESK_H
#define PUMASI_REQ_DESK_H

#include "ledgerd/desk.h"
#include "ledgerd/request.h"

/* Answers a request with what the desk made of it. The body is taken. */
void req_desk_answer(struct request *r, struct desk_job *job);

#endif
