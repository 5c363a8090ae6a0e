/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the network's views are made of, from anybody: an answer of GET /v1/coops/{coop}/positions,
 * the file `records` of an export, and a text that gets into a picture. Three files, parted by
 * 0x1e.
 */
#include "client/flows.h"
#include "client/positions.h"
#include "core/num.h"
#include "core/picture.h"
#include "files.h"
#include "said.h"

static void check_positions(const uint8_t *data, size_t len)
{
    json_t *json = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL);
    struct positions p = {0};
    struct position_sum sum;

    if (json == NULL)
        return;
    if (positions_take(&p, json) == 0) {
        for (size_t i = 0, end; i < p.n; i = end) {
            end = positions_unit_end(&p, i);
            MUST(end > i && end <= p.n);
            if (positions_sum(&p, i, end, &sum) == 0)
                MUST(sum.owe >= 0 && sum.owed >= 0 && sum.clears <= sum.owe + sum.owed);
        }
    }
    positions_free(&p);
}

static int earlier(void *arg, int64_t index, struct act *out)
{
    (void)arg;
    (void)index;
    (void)out;
    return -1;
}

static void check_records(const char *s, size_t len)
{
    const char *header, *act;
    size_t header_len, act_len, n;
    struct flows f;

    flows_init(&f);
    while ((n = flows_split(s, len, &header, &header_len, &act, &act_len)) > 0) {
        MUST(n <= len && header == s && act + act_len < s + n && header + header_len < act);
        if (flows_record(&f, header, header_len, act, act_len, earlier, NULL) != 0)
            break;
        s += n;
        len -= n;
    }
    flows_settle(&f);
    for (size_t i = 0; i < f.n; i++) {
        MUST(f.rows[i].payments >= 0 && f.rows[i].amount >= 0 && f.rows[i].amount <= NUM_MAX);
        MUST(name_is_coop(f.rows[i].from) && name_is_coop(f.rows[i].to));
    }
    flows_free(&f);
}

/* Whatever a text is, the picture has as many strings, and they end where ours end. */
static size_t strings_of(const char *text)
{
    const struct picture_arrow arrow = {"a", text, 5, text};
    const struct picture_panel panel = {text, 1, &arrow};
    const struct picture_row row = {1, &panel};
    const struct picture p = {text, "a", 1, &row};
    struct buf b = BUF_INIT;
    bool within = false;
    size_t n = 0;

    picture_put(&b, &p);
    for (const char *s = b.data; *s != '\0'; s++) {
        if (within && *s == '\\') {
            s++;
            MUST(*s == '"' || *s == '\\' || *s == 'n');
        } else if (*s == '"') {
            within = !within;
            n++;
        } else {
            MUST(within ? (unsigned char)*s >= 0x20 : (unsigned char)*s < 0x80);
        }
    }
    MUST(!within);
    buf_free(&b);
    return n;
}

static void check_picture(const uint8_t *data, size_t len)
{
    char *text = x_strndup((const char *)data, len);

    /* The same party twice is one string less. */
    if (!str_eq(text, "a"))
        MUST(strings_of(text) == strings_of("b"));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *file;
    size_t len;

    said_begin();
    if (files_next(&data, &size, &file, &len))
        check_positions(file, len);
    if (files_next(&data, &size, &file, &len))
        check_records((const char *)file, len);
    if (files_next(&data, &size, &file, &len))
        check_picture(file, len);
    said_end();
    return 0;
}
