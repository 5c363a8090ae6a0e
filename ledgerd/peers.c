/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"

#define BLANKS " \t"

/* http or https, a host, and nothing that would end a request's path early. */
static bool url_ok(const char *url)
{
    const char *host = strncmp(url, "http://", 7) == 0    ? url + 7
                       : strncmp(url, "https://", 8) == 0 ? url + 8
                                                          : NULL;

    if (host == NULL || *host == '\0' || *host == '/')
        return false;
    for (const char *p = url; *p != '\0'; p++)
        if (*p <= ' ' || *p > '~' || strchr("?#@\\\"", *p) != NULL)
            return false;
    return true;
}

/* One item of len bytes, blanks around it taken off. */
static int add(struct peers *p, const char *s, size_t len, enum note_alg alg, char *err,
               size_t err_size)
{
    size_t vkey_len = strcspn(s, BLANKS ","), url_at;
    struct peer *row = &p->rows[p->n];
    char *vkey, *url;
    int rc = -1;

    if (p->n == PEERS_MAX) {
        snprintf(err, err_size, _("there can be at most %d"), PEERS_MAX);
        return -1;
    }
    if (vkey_len > len)
        vkey_len = len;
    url_at = vkey_len + strspn(s + vkey_len, BLANKS);
    vkey = x_strndup(s, vkey_len);
    url = url_at < len ? x_strndup(s + url_at, len - url_at) : NULL;
    for (size_t n = url != NULL ? strlen(url) : 0; n > 0 && url[n - 1] == '/'; n--)
        url[n - 1] = '\0';
    if (vkey_parse_of(vkey, alg, row->who.name, sizeof(row->who.name), &row->who.key) != 0 ||
        !cosigner_name_ok(row->who.name))
        snprintf(err, err_size,
                 alg == NOTE_COSIGNATURE ? _("'%.100s' is no witness's key (vkey)")
                                         : _("'%.100s' is no ledger's key (vkey)"),
                 vkey);
    else if (url != NULL && !url_ok(url))
        snprintf(err, err_size, _("'%.100s' is no address like https://ledger.example.org"), url);
    else
        rc = 0;
    for (size_t i = 0; rc == 0 && i < p->n; i++) {
        if (memcmp(p->rows[i].who.key.x, row->who.key.x, KEY_LEN) == 0) {
            snprintf(err, err_size, _("the key '%.100s' is given twice"), vkey);
            rc = -1;
        }
    }
    free(vkey);
    row->url = url;
    p->n += rc == 0;
    if (rc != 0)
        free(url);
    return rc;
}

int peers_parse(struct peers *out, const char *text, enum note_alg alg, char *err, size_t err_size)
{
    memset(out, 0, sizeof(*out));
    if (text[strspn(text, BLANKS)] == '\0')
        return 0;
    for (const char *p = text;;) {
        size_t part = strcspn(p, ","), blank = strspn(p, BLANKS);
        size_t len = blank < part ? part - blank : 0;

        while (len > 0 && strchr(BLANKS, p[blank + len - 1]) != NULL)
            len--;
        if (add(out, p + blank, len, alg, err, err_size) != 0) {
            peers_free(out);
            return -1;
        }
        if (p[part] == '\0')
            return 0;
        p += part + 1;
    }
}

void peers_free(struct peers *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->rows[i].url);
    p->n = 0;
}
