/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AMOUNT_H
#define PUMASI_AMOUNT_H

#include "core/base.h"

#define AMOUNT_TEXT_MAX 32

enum unit_kind {
    UNIT_TIME,
    UNIT_CREDIT,
    UNIT_GOODS
};
const char *unit_kind_name(enum unit_kind kind);
int unit_kind_parse(const char *s, enum unit_kind *out) MUST_CHECK;

/*
 * What a person types, in minor units. For every unit: "12", and decimals as far as the scale
 * divides them exactly ("1.5" of scale 60 is 90, "0.01" of scale 100 is 1, "1.001" of scale 100 is
 * an error); thousands may be parted by ',' in threes. A unit of kind time and scale 60 also takes
 * "1:30", "90m", "2h", "1h30m"; any other one whose scale is no power of ten takes fractions as
 * amount_text writes them, "7/12" and "3 7/12", of a denominator that divides the scale. A sign '-'
 * only where `signed_ok`. No exponent, no other white space. 0, or -1 with *why set to a constant
 * sentence. Without a sign the result is 0 to 10^15, else ±10^15.
 */
int amount_parse(const char *s, enum unit_kind kind, int64_t scale, bool signed_ok, int64_t *out,
                 const char **why) MUST_CHECK;

/*
 * As a person reads it: kind time of scale 60 as "1:30" ("-0:05"), a scale that is a power of ten
 * with that many decimals ("378281.00"), scale 1 without; any other scale as whole part and
 * fraction "3 7/12", "7/12". No thousands separators. amount_parse reads it back. A scale is 1 to
 * 10^9.
 */
void amount_text(char out[AMOUNT_TEXT_MAX], int64_t amount, enum unit_kind kind, int64_t scale);

#endif
