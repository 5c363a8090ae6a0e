/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int client_init(struct client *c, const struct cli *cli)
{
    const char *profile = cli_value(cli, "profile"), *key;
    char *ca;
    int rc;

    memset(c, 0, sizeof(*c));
    c->json = cli_given(cli, "json");
    c->yes = cli_given(cli, "yes");
    while ((key = cli_nth(cli, "key", (int)c->n_key_names)) != NULL)
        c->key_names[c->n_key_names++] = key;
    key = getenv("PUMASI_KEY");
    if (c->n_key_names == 0 && key != NULL && key[0] != '\0')
        c->key_names[c->n_key_names++] = key;
    c->http = http_new();
    if (profile == NULL)
        profile = getenv("PUMASI_PROFILE");
    rc = profile_load(&c->profile, profile != NULL && profile[0] != '\0' ? profile : NULL);
    if (rc != PUMASI_OK)
        return rc;
    ca = profile_ca_path(&c->profile);
    if (access(ca, F_OK) == 0)
        http_trust(c->http, ca);
    free(ca);
    return PUMASI_OK;
}

void client_free(struct client *c)
{
    for (size_t i = 0; i < c->n_keys + c->n_revoked; i++)
        keyfile_free(c->keys[i]);
    free(c->keys);
    http_free(c->http);
    profile_free(&c->profile);
    memset(c, 0, sizeof(*c));
}

void client_print_json(const json_t *j)
{
    json_dumpf(j, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY);
    fputc('\n', stdout);
}
