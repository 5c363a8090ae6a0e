/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/jti.h"

#include <sodium.h>

void jti_put(struct buf *b, int64_t ms)
{
    uint8_t bytes[22];

    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    randombytes_buf(bytes + 6, 16);
    buf_put_b64u(b, bytes, sizeof(bytes));
}
