/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/logkey.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/jwk.h"
#include "client/query.h"
#include "client/receipt.h"
#include "core/b64.h"
#include "core/date.h"
#include "core/lineage.h"
#include "core/record.h"

/* The log key in the ledger.open that waits. */
static bool read_opening(const json_t *ledger, struct key *out)
{
    const char *why, *payload = json_text(json_object_get(ledger, "act"), "payload");
    size_t len = strlen(payload), n;
    uint8_t *bytes = x_malloc(len + 1);
    json_t *open = NULL;
    bool ok;

    if (b64u_decode(payload, len, bytes, len, &n) == 0)
        open = json_loadb((const char *)bytes, n, JSON_REJECT_DUPLICATES, NULL);
    ok = jwk_read(json_object_get(open, "log_key"), out, &why) == 0;
    json_decref(open);
    free(bytes);
    return ok;
}

size_t logkeys_read(const json_t *ledger, struct key out[LOGKEYS_MAX])
{
    const json_t *list = json_object_get(ledger, "log_keys");
    const char *why;
    json_t *jwk;
    size_t i, n = 0;

    json_array_foreach (list, i, jwk) {
        if (n == LOGKEYS_MAX || jwk_read(jwk, &out[n], &why) != 0)
            return 0;
        n++;
    }
    if (n == 0 && json_object_get(ledger, "log_key") != NULL)
        return jwk_read(json_object_get(ledger, "log_key"), &out[0], &why) == 0 ? 1 : 0;
    if (n == 0)
        return read_opening(ledger, &out[0]) ? 1 : 0;
    return n;
}

bool logkeys_have(const struct key *keys, size_t n, const struct key *key)
{
    for (size_t i = 0; i < n; i++) {
        if (memcmp(keys[i].x, key->x, KEY_LEN) == 0)
            return true;
    }
    return false;
}

/* Is the key listed in the state after the change, of the holder "ledger"? */
static bool part_lists(const char *text, const struct key *key)
{
    json_t *part = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *x;
    json_t *list = json_object_get(json_object_get(part, "state"), "log");
    char want[HASH_B64U_LEN + 1];
    bool found = false;
    size_t i;

    b64u_encode(want, key->x, KEY_LEN);
    if (str_eq(json_text(part, "part"), "change") && str_eq(json_text(part, "subject"), "ledger")) {
        json_array_foreach (list, i, x)
            found = found || (json_is_string(x) && str_eq(json_string_value(x), want));
    }
    json_decref(part);
    return found;
}

int logkey_verify(const json_t *answer, const char *origin, const struct key *log_key,
                  const struct key *next, int64_t *record, const char **why)
{
    const char *header = json_text(answer, "header"), *part = json_text(answer, "part");
    struct record_header h;
    struct receipt receipt;
    char time[TIME_LEN + 1];
    struct hash hash;
    bool listed = false;
    json_t *all;
    int rc;

    if (record_header_parse(&h, header, strlen(header), why) != 0)
        return -1;
    time_text(time, h.ms);
    all = json_pack("{s:I, s:s, s:s, s:s}", "index", (json_int_t)h.index, "time", time, "header",
                    header, "proof", json_text(answer, "proof"));
    rc = receipt_verify(&receipt, all, NULL, NULL, origin, log_key, why);
    json_decref(all);
    if (rc != 0)
        goto out;
    hash_bytes(&hash, part, strlen(part));
    for (size_t i = 0; i < h.n_parts; i++)
        listed = listed || hash_eq(&hash, &h.parts[i]);
    if (listed && part_lists(part, next)) {
        *record = h.index;
    } else {
        *why = N_("the record doesn't give the ledger that log key");
        rc = -1;
    }
out:
    record_header_free(&h);
    return rc;
}

/* Asks for the proof under the pinned key that `key` is one of the ledger's. */
static bool is_proven(struct client *c, const struct key *key, int64_t *record, const char **why)
{
    const struct profile *p = &c->profile;
    json_t *answer = NULL;
    struct kid kid;
    char *path;
    long status;
    int rc;

    *why = N_("nothing was shown");
    key_kid(&kid, &p->log_key);
    path = x_asprintf("/v1/ledger/log-keys?key=%s", kid.s);
    rc = query_status(c, NULL, path, &status, &answer);
    if (rc == PUMASI_OK && status == 200)
        rc = logkey_verify(answer, p->origin, &p->log_key, key, record, why);
    else
        rc = PUMASI_FAILED;
    json_decref(answer);
    free(path);
    return rc == PUMASI_OK;
}

void logkey_learn(struct client *c)
{
    struct profile *p = &c->profile;
    const char *why;
    int64_t record;

    if (is_proven(c, &p->log_key, &record, &why) && record > p->log_keys_record)
        p->log_keys_record = record;
}

bool logkey_follow(struct client *c, const struct key *keys, size_t n)
{
    struct profile *p = &c->profile;
    const char *why;
    int64_t record;
    struct kid kid;

    if (n == 0)
        return false;
    if (memcmp(keys[n - 1].x, p->log_key.x, KEY_LEN) == 0)
        return true;
    if (!is_proven(c, &keys[n - 1], &record, &why)) {
        note(_("The ledger shows another log key, and can't prove it under the one pinned: %s."),
             _(why));
    } else if (record <= p->log_keys_record) {
        /* While both are in force, what proves the new one under the old proves the old one under
         * the new as well; and whoever stole the old one has kept it. */
        note("%s", _("What the ledger shows of its log keys is no news, and may have been replaced "
                     "since: nobody is led back by it."));
    } else {
        profile_follow(p, &keys[n - 1]);
        p->log_keys_record = record;
        key_kid(&kid, &p->log_key);
        note(_("The ledger's stewards changed its log key, which the one you had pinned proves. "
               "From now on this profile trusts the new one: %s. The receipts that you have stay "
               "good."),
             kid.s);
        if (profile_save(p) != PUMASI_OK)
            note("%s", _("It is asked for again next time."));
    }
    return logkeys_have(keys, n, &p->log_key);
}

/* By the pinned key or an earlier one, under that origin. */
static int open_under(const struct profile *p, const char *origin, const char *note, size_t len,
                      struct checkpoint *out, const struct key **by, const char **why)
{
    const struct key *key = &p->log_key;
    const char *ignored;
    int rc = checkpoint_open(out, note, len, origin, key, why);

    for (size_t i = p->n_earlier; rc != 0 && i-- > 0;) {
        key = &p->earlier[i];
        rc = checkpoint_open(out, note, len, origin, key, &ignored);
    }
    if (rc == 0 && by)
        *by = key;
    return rc;
}

int logkey_open(const struct profile *p, const char *note, size_t len, struct checkpoint *out,
                const struct key **by, const char **why)
{
    return open_under(p, p->origin, note, len, out, by, why);
}

const struct key *logkey_named(const struct profile *p, const struct kid *kid)
{
    for (size_t i = 0; i < p->n_earlier; i++) {
        struct kid other;

        key_kid(&other, &p->earlier[i]);
        if (str_eq(other.s, kid->s))
            return &p->earlier[i];
    }
    return &p->log_key;
}

int logkey_open_kept(const struct profile *p, const char *note, size_t len, struct checkpoint *out,
                     const struct key **by, const char **why)
{
    char origin[ORIGIN_MAX + 1];
    const char *ignored;
    int rc = open_under(p, p->origin, note, len, out, by, why);

    for (size_t i = p->n_past; rc != 0 && i-- > 0;)
        if (ledger_id_origin(origin, p->past[i].ledger_id))
            rc = open_under(p, origin, note, len, out, by, &ignored);
    return rc;
}
