/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What `pumasi` left behind when it was interrupted: an act under way, and an import's job, each
 * from a file that may be damaged. */
#include "client/import_job.h"
#include "client/outbox.h"
#include "files.h"
#include "said.h"

static void check_outbox(struct profile *p)
{
    struct outbox_entry *list = NULL;
    size_t n = 0;

    MUST(outbox_list(p, &list, &n) == PUMASI_OK && n <= 1);
    if (n == 1) {
        MUST(name_is_jti(list[0].jti) && list[0].submission != NULL && list[0].what != NULL);
    }
    outbox_list_free(list, n);
}

static void check_job(void)
{
    char *folder = files_path("job");
    struct import_job j;
    bool found;

    if (import_job_open(&j, folder, &found) == PUMASI_OK && found) {
        size_t acts = import_job_acts(&j);
        char jti[JTI_MAX + 1];

        MUST(j.done <= acts && import_job_first_row(&j) <= acts);
        if (acts > 0) {
            import_job_jti(&j, acts - 1, jti);
            MUST(name_is_jti(jti));
        }
    }
    import_job_close(&j);
    free(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *state = files_path("state");
    struct profile p = {.name = (char *)"default", .config_dir = state, .state_dir = state};

    files_make_folder("state");
    files_make_folder("state/outbox");
    files_make_folder("job");
    files_put("state/outbox/entry.json", data, size);
    files_put("job/job.json", data, size);
    said_begin();
    check_outbox(&p);
    check_job();
    said_end();
    free(state);
    return 0;
}
