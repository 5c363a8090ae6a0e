/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CELL_DATE_H
#define PUMASI_CELL_DATE_H

#include "core/base.h"

/* In which order a date has its parts. What says so by itself (2026-03-31, 31 Mar 2026,
 * 2026년 3월 31일) is read in each of the first three. */
enum cell_order {
    CELL_YMD,
    CELL_DMY,
    CELL_MDY,
    CELL_SERIAL, /* days as Excel counts them: 45000 */
};
#define CELL_ORDERS 4
const char *cell_order_name(enum cell_order order);
int cell_order_parse(const char *s, enum cell_order *out) MUST_CHECK;

/* The day of a date, days since 1970; a time or day of the week behind it is passed over. -1 when
 * it is none in this order. Two digits of a year are of 1980 to 2079. */
int cell_date(const char *s, enum cell_order order, int32_t *day) MUST_CHECK;

#endif
