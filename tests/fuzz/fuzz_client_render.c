/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What people are shown before they sign, from an act of anybody's making: every line of it is
 * harmless on a terminal, and texts are shown only where they fit what is signed. */
#include "client/render.h"
#include "said.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct profile_unit units[] = {{.unit = "hour", .name = (char *)"Hour", .scale = 60},
                                   {.unit = "won", .name = (char *)"Won", .scale = 1}};
    struct client c = {.profile = {.n_units = ARRAY_LEN(units), .units = units}, .keys_read = true};
    struct render_named named = {.index = 17, .time = "2026-11-22T21:31:41.123Z"};
    struct refusal refusal;
    struct submission s;
    struct act act;

    if (submission_parse(&s, (const char *)data, size, &refusal) != 0)
        return 0;
    said_begin();
    if (act_parse(&act, &s.env, &refusal) == 0) {
        char *line = render_headline(&c, &act, NULL);

        MUST(line[0] != '\0' && strchr(line, '\n') == NULL);
        said_is_safe(line);
        said_is_safe(render_act(&c, &act, &s, NULL));
        named.act = &act;
        named.s = &s;
        said_is_safe(render_headline(&c, &act, &named));
        said_is_safe(render_act(&c, &act, NULL, &named));
        said_is_safe(render_named(&c, &named, NULL));
        act_free(&act);
    }
    said_end();
    submission_free(&s);
    return 0;
}
