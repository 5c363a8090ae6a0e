/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A profile: what is pinned, and the units of the ledger as it tells them. Two files, parted by
 * 0x1e: profile.json, units.json. What was taken is stored and taken again. */
#include "client/http.h"
#include "client/profile.h"
#include "files.h"
#include "said.h"

static const char *const names[] = {"config/pumasi/default/profile.json",
                                    "state/pumasi/default/units.json"};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const folders[] = {"config", "config/pumasi", "config/pumasi/default",
                                          "state",  "state/pumasi",  "state/pumasi/default"};
    char *config = files_path("config"), *state = files_path("state");

    (void)argc;
    (void)argv;
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        files_make_folder(folders[i]);
    MUST(setenv("XDG_CONFIG_HOME", config, 1) == 0 && setenv("XDG_STATE_HOME", state, 1) == 0);
    free(config);
    free(state);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct profile p, again;
    const uint8_t *file;
    size_t len;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        bool there = files_next(&data, &size, &file, &len);

        files_put(names[i], there ? file : (const uint8_t *)"", there ? len : 0);
    }
    said_begin();
    if (profile_load(&p, NULL) == PUMASI_OK) {
        MUST(p.connected && http_url_ok(p.url) && name_is_origin(p.origin));
        for (size_t i = 0; i < p.n_units; i++) {
            MUST(name_is_unit(p.units[i].unit) && p.units[i].scale >= 1);
            said_is_safe(x_strdup(p.units[i].name));
        }
        MUST(profile_save(&p) == PUMASI_OK && profile_load(&again, NULL) == PUMASI_OK);
        MUST(str_eq(p.url, again.url) && str_eq(p.ledger_id, again.ledger_id));
        MUST(memcmp(p.log_key.x, again.log_key.x, KEY_LEN) == 0);
        profile_free(&again);
    }
    profile_free(&p);
    said_end();
    return 0;
}
