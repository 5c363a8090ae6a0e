/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Answers to many acts: their lines, and receipts under few checkpoints. */
#include <stdlib.h>
#include <string.h>

#include "client/bulk.h"
#include "client/problem.h"
#include "client/query.h"
#include "core/num.h"

static int wrong(const char **why, const char *sentence)
{
    *why = sentence;
    return -1;
}

/* A note that was opened before is the same bytes: its signature needn't be verified again. */
static int open_note(void *arg, const struct proof *proof, struct checkpoint *out, const char **why)
{
    struct bulk_proofs *p = arg;
    struct checkpoint next;

    if (p->note != NULL && proof->note_len == p->note_len &&
        memcmp(proof->note, p->note, p->note_len) == 0) {
        *out = p->checkpoint;
        return 0;
    }
    if (checkpoint_open(&next, proof->note, proof->note_len, p->origin, p->log_key, why) != 0)
        return -1;
    if (p->note != NULL && next.size == p->checkpoint.size &&
        !hash_eq(&next.root, &p->checkpoint.root))
        return wrong(why, _("it shows another history than an earlier receipt did"));
    free(p->note);
    p->note = x_strndup(proof->note, proof->note_len);
    p->note_len = proof->note_len;
    p->checkpoint = next;
    *out = next;
    return 0;
}

int bulk_verify(struct bulk_proofs *p, struct receipt *out, const json_t *receipt, const char *by,
                const char *jti, const char **why)
{
    return receipt_verify_by(out, receipt, by, jti, open_note, p, why);
}

void bulk_proofs_free(struct bulk_proofs *p)
{
    free(p->note);
    memset(p, 0, sizeof(*p));
}

/* The number after `prefix` at s, up to a comma; s moves past it. */
static bool number_after(const char **s, const char *prefix, int64_t *out)
{
    size_t n = strlen(prefix), digits;

    if (strncmp(*s, prefix, n) != 0)
        return false;
    digits = strcspn(*s + n, ",");
    if (num_parse(*s + n, digits, 0, INT32_MAX, out) != 0)
        return false;
    *s += n + digits;
    return true;
}

/* Line number and status of a result. They stand first where the ledger writes it; another order of
 * members takes parsing it all. */
static bool peek(const char *line, int64_t *number, int64_t *status)
{
    const char *s = line;
    json_t *json;
    bool ok;

    if (number_after(&s, "{\"line\":", number) && number_after(&s, ",\"status\":", status))
        return true;
    json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    ok = json_is_integer(json_object_get(json, "line")) &&
         json_is_integer(json_object_get(json, "status"));
    *number = json_number(json, "line");
    *status = json_number(json, "status");
    json_decref(json);
    return ok;
}

bool bulk_split(char *body, size_t len, size_t n, const char **starts, long *statuses)
{
    char *at = body, *end = body + len;

    for (size_t i = 0; i < n; i++) {
        char *newline = at == end ? NULL : memchr(at, '\n', (size_t)(end - at));
        int64_t number, status;

        if (newline == NULL && at == end)
            return false;
        if (newline != NULL)
            *newline = '\0';
        if (!peek(at, &number, &status) || number != (int64_t)i + 1 || status < 200 ||
            status > 599 || problem_is_open((long)status))
            return false;
        starts[i] = at;
        statuses[i] = (long)status;
        at = newline == NULL ? end : newline + 1;
    }
    return at == end;
}
