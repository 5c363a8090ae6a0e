/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ledgerd.conf: what is taken is in its range, what isn't is named by its line; addresses. */
#include "files.h"
#include "ledgerd/calendar.h"
#include "ledgerd/conf.h"

static void check_value(const struct conf *c, const struct conf_option *o)
{
    const char *at = (const char *)c + o->offset;
    struct calendar calendar;
    char *text, err[512];
    int64_t n;

    switch (o->kind) {
    case CONF_INT:
        memcpy(&n, at, sizeof(n));
        MUST(n >= o->min && n <= o->max);
        break;
    case CONF_CHOICE:
        memcpy(&n, at, sizeof(n));
        MUST(n >= 0 && n < 16);
        break;
    case CONF_TEXT:
    case CONF_PATH:
    case CONF_ADDRS:
    case CONF_NETWORKS:
    case CONF_LOGS:
    case CONF_COSIGNERS:
        memcpy(&text, at, sizeof(text));
        MUST(text != NULL && (text[0] != '\0' || o->may_be_empty || o->fallback[0] == '\0'));
        break;
    case CONF_CALENDAR:
        memcpy(&text, at, sizeof(text));
        MUST(calendar_parse(&calendar, text, err, sizeof(err)) == 0);
        break;
    }
}

static void check_addrs(const char *text)
{
    struct conf_addr *addrs;
    char err[512] = "";
    size_t n;

    if (conf_addrs(text, &addrs, &n, err, sizeof(err)) != 0) {
        MUST(err[0] != '\0');
        return;
    }
    for (size_t i = 0; i < n; i++)
        MUST(memchr(addrs[i].host, '\0', sizeof(addrs[i].host)) != NULL && addrs[i].host[0]);
    free(addrs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = files_path("ledgerd.conf"), *text = x_strndup((const char *)data, size);
    char err[512] = "";
    struct conf c;

    files_put("ledgerd.conf", data, size);
    conf_init(&c);
    if (conf_read_file(&c, path, err, sizeof(err)) != 0)
        MUST(strncmp(err, path, strlen(path)) == 0 && err[strlen(path)] == ':');
    else
        for (size_t i = 0; i < conf_options_count; i++)
            check_value(&c, &conf_options[i]);
    conf_free(&c);
    check_addrs(text);
    free(text);
    free(path);
    return 0;
}
