/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/pin.h"

#include <stdlib.h>
#include <string.h>

#include "client/say.h"
#include "core/name.h"
#include "core/note.h"

void pin_put(struct buf *b, const char *ledger_id, const struct key *log_key)
{
    char *origin = x_strndup(ledger_id, strcspn(ledger_id, "#")), vkey[VKEY_MAX];

    vkey_text(vkey, origin, log_key);
    buf_printf(b, "%s %s", ledger_id, vkey);
    free(origin);
}

/* The origin of an id, copied out; false when it is none. */
static bool split_id(const char *id, char origin[ORIGIN_MAX + 1])
{
    size_t len = strcspn(id, "#");
    struct hash h;

    if (len > ORIGIN_MAX || id[len] != '#' || hash_parse(&h, id + len + 1) != 0)
        return false;
    memcpy(origin, id, len);
    origin[len] = '\0';
    return name_is_origin(origin);
}

bool pin_is_id(const char *id)
{
    char origin[ORIGIN_MAX + 1];

    return split_id(id, origin);
}

int pin_parse(struct pin *out, const char *line, const char **why)
{
    static const char blanks[] = " \t\r\n";
    char origin[ORIGIN_MAX + 1], name[ORIGIN_MAX + 1], *id, *vkey;
    int rc = -1;

    memset(out, 0, sizeof(*out));
    line += strspn(line, blanks);
    id = x_strndup(line, strcspn(line, blanks));
    line += strlen(id);
    line += strspn(line, blanks);
    vkey = x_strndup(line, strcspn(line, blanks));
    line += strlen(vkey);
    if (vkey[0] == '\0' || line[strspn(line, blanks)] != '\0')
        *why = N_("it has two words, the ledger's id and the vkey of its log key");
    else if (!split_id(id, origin))
        *why = N_("its first word isn't the id of a ledger");
    else if (vkey_parse(vkey, name, sizeof(name), &out->log_key) != 0)
        *why = N_("its second word isn't the vkey of a log key");
    else if (!str_eq(name, origin))
        *why = N_("the id is of another ledger than the log key");
    else
        rc = 0;
    if (rc == 0)
        out->ledger_id = x_strdup(id);
    free(id);
    free(vkey);
    return rc;
}

void pin_free(struct pin *p)
{
    free(p->ledger_id);
    p->ledger_id = NULL;
}
