/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_FORGETFUL_H
#define PUMASI_FORGETFUL_H

#include "fixture.h"

/*
 * Replays the log into a state that forgets its deals every few records, as ledgerd's does, and
 * has them brought back when an act names one. Fails the test when the end isn't f's state. f
 * forgets its deals too.
 */
void forgetful_check(struct fix *f, uint64_t random);

#endif
