/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLOCK_H
#define PUMASI_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970, as this machine's clock says. */
int64_t clock_now_ms(void);
/* Milliseconds of a clock that nobody sets: for how long something takes. */
int64_t clock_steady_ms(void);

#endif
