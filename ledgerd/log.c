/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "lang/lang.h"

/* A message longer than this is cut: no peer may fill the disk with one line. */
#define LOG_VALUE_MAX 4096

/* The one mutable global of the program: set before there are threads, only read after. */
static struct {
    int fd;
    bool json;
    bool opened;
    enum log_level lowest;
} log_state = {STDERR_FILENO, false, false, LOG_LEVEL_INFO};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_open(int fd, enum log_format format, enum log_level lowest)
{
    log_state.fd = fd;
    log_state.json = format == LOG_FORMAT_JSON || (format == LOG_FORMAT_AUTO && !isatty(fd));
    log_state.lowest = lowest;
    log_state.opened = true;
}

bool log_wants(enum log_level level)
{
    return level >= log_state.lowest;
}

/*
 * Decodes one UTF-8 character of s (len > 0 bytes) as RFC 3629 wants it: no surrogates, nothing
 * over-long. Returns its length and *cp, or 0 when the first byte begins no valid character.
 */
static size_t utf8_decode(const unsigned char *s, size_t len, uint32_t *cp)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : 4;

    if (n == 1) {
        *cp = s[0];
        return 1;
    }
    if ((n == 4 && (s[0] & 0xf8) != 0xf0) || n > len)
        return 0;
    *cp = s[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *cp = *cp << 6 | (s[i] & 0x3fU);
    }
    if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
        return 0;
    return n;
}

/* Characters that move, hide or end what a reader of the log sees. */
static bool is_unsafe(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0xad || cp == 0x61c ||
           (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) ||
           cp >= 0xe0000;
}

/*
 * Appends s, escaped: unsafe characters as \n, \t, \xNN, \u{NNNN}; bytes that are no UTF-8 as \xNN;
 * the backslash doubled, so that the escapes can't be forged either. In JSON each backslash is one
 * more.
 */
static void put_escaped(struct buf *b, const char *s, bool json, bool quoted)
{
    const char *backslash = json ? "\\\\" : "\\";
    size_t len = strnlen(s, LOG_VALUE_MAX + 1);
    bool cut = len > LOG_VALUE_MAX;

    if (cut)
        len = LOG_VALUE_MAX;
    for (size_t i = 0; i < len;) {
        const unsigned char *p = (const unsigned char *)s + i;
        uint32_t cp = 0;
        size_t n = utf8_decode(p, len - i, &cp);

        if (n == 0) {
            buf_printf(b, "%sx%02x", backslash, *p);
            n = 1;
        } else if (cp == '\n' || cp == '\t' || cp == '\r') {
            buf_printf(b, "%s%c", backslash, cp == '\n' ? 'n' : cp == '\t' ? 't' : 'r');
        } else if (cp == '\\') {
            buf_printf(b, "%s%s", backslash, backslash);
        } else if (cp == '"' && (json || quoted)) {
            buf_puts(b, "\\\"");
        } else if (is_unsafe(cp)) {
            buf_printf(b, cp < 0x80 ? "%sx%02x" : "%su{%04x}", backslash, (unsigned)cp);
        } else {
            buf_put(b, p, n);
        }
        i += n;
    }
    if (cut)
        buf_puts(b, "...");
}

static void put_time(struct buf *b, bool json)
{
    struct timespec now;
    struct tm tm;
    char text[40];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm); /* the process's own zone becomes the ledger's while it starts */
    if (json) {
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
        buf_printf(b, "%s.%03dZ", text, (int)(now.tv_nsec / 1000000));
    } else {
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
        buf_printf(b, "%s.%03d", text, (int)(now.tv_nsec / 1000000));
    }
}

/* True when a plain value needs quotes to be told from its neighbours. */
static bool needs_quotes(const char *s)
{
    return *s == '\0' || strpbrk(s, " \"=") != NULL;
}

static void put_json_line(struct buf *b, enum log_level level, const char *msg,
                          const struct log_field *fields)
{
    buf_puts(b, "{\"time\":\"");
    put_time(b, true);
    buf_printf(b, "\",\"level\":\"%s\",\"msg\":\"", level_names[level]);
    put_escaped(b, msg, true, true);
    buf_putc(b, '"');
    for (; fields != NULL && fields->key != NULL; fields++) {
        buf_printf(b, ",\"%s\":", fields->key);
        if (fields->str == NULL) {
            buf_put_i64(b, fields->num);
        } else {
            buf_putc(b, '"');
            put_escaped(b, fields->str, true, true);
            buf_putc(b, '"');
        }
    }
    buf_puts(b, "}\n");
}

static void put_plain_line(struct buf *b, enum log_level level, const char *msg,
                           const struct log_field *fields)
{
    put_time(b, false);
    buf_printf(b, " %-5s ", level_names[level]);
    put_escaped(b, msg, false, false);
    for (; fields != NULL && fields->key != NULL; fields++) {
        buf_printf(b, " %s=", fields->key);
        if (fields->str == NULL) {
            buf_put_i64(b, fields->num);
        } else if (needs_quotes(fields->str)) {
            buf_putc(b, '"');
            put_escaped(b, fields->str, false, true);
            buf_putc(b, '"');
        } else {
            put_escaped(b, fields->str, false, false);
        }
    }
    buf_putc(b, '\n');
}

/* One line and one write of a message that is in the reader's language already. */
static void write_event(enum log_level level, const char *msg, const struct log_field *fields)
{
    int saved = errno;
    struct buf b = BUF_INIT;
    ssize_t done;

    if (log_state.opened ? log_state.json : !isatty(log_state.fd))
        put_json_line(&b, level, msg, fields);
    else
        put_plain_line(&b, level, msg, fields);
    do {
        /* A log that can't be written must not stop the ledger: the result is dropped. */
        done = write(log_state.fd, b.data, b.len);
    } while (done < 0 && errno == EINTR);
    buf_free(&b);
    errno = saved;
}

void log_event_fields(enum log_level level, const char *msg, const struct log_field *fields)
{
    if (log_wants(level))
        write_event(level, _(msg), fields);
}

static void PRINTF_LIKE(2, 0) log_va(enum log_level level, const char *fmt, va_list args)
{
    int saved = errno;
    char msg[LOG_VALUE_MAX + 2]; /* one more than is shown, so that the cut is marked */

    if (!log_wants(level))
        return;
    vsnprintf(msg, sizeof(msg), _(fmt), args);
    write_event(level, msg, NULL);
    errno = saved;
}

#define LOG_BODY(level)         \
    va_list args;               \
    va_start(args, fmt);        \
    log_va((level), fmt, args); \
    va_end(args)

void log_debug(const char *fmt, ...)
{
    LOG_BODY(LOG_LEVEL_DEBUG);
}

void log_info(const char *fmt, ...)
{
    LOG_BODY(LOG_LEVEL_INFO);
}

void log_warn(const char *fmt, ...)
{
    LOG_BODY(LOG_LEVEL_WARN);
}

void log_error(const char *fmt, ...)
{
    LOG_BODY(LOG_LEVEL_ERROR);
}

void fatal(const char *fmt, ...)
{
    LOG_BODY(LOG_LEVEL_ERROR);
    exit(EXIT_FAILURE);
}
