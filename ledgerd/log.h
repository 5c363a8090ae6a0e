/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LOG_H
#define PUMASI_LOG_H

/*
 * The daemon's log, on stderr. One event is one line and one write(2), so that lines of several
 * threads never mix. Bytes from outside (control and bidi characters, invalid UTF-8, line ends) are
 * escaped, so that nothing a peer sends can forge a line or hide one. No texts of acts and no keys
 * are ever logged. Messages come in the operator's language (lang/lang.h): the functions below
 * translate what they are given themselves; levels, keys of fields and numbers are the same in all.
 */

#include "core/base.h"

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARN,
    LOG_LEVEL_ERROR,
};

enum log_format {
    LOG_FORMAT_AUTO, /* plain on a terminal, JSON lines else */
    LOG_FORMAT_PLAIN,
    LOG_FORMAT_JSON,
};

/* A named value beside the message. Made with LOG_STR and LOG_INT; a key is [a-z_]+. */
struct log_field {
    const char *key;
    const char *str; /* NULL: the value is num */
    int64_t num;
};

static inline struct log_field log_field_str(const char *key, const char *value)
{
    return (struct log_field){key, value != NULL ? value : "", 0};
}

static inline struct log_field log_field_int(const char *key, int64_t value)
{
    return (struct log_field){key, NULL, value};
}

#define LOG_STR(key, value) log_field_str((key), (value))
#define LOG_INT(key, value) log_field_int((key), (value))

/*
 * Chooses how the log looks and what is left out (all below `lowest`), to file descriptor fd
 * (STDERR_FILENO). Call before there are threads. Before the first call: stderr, AUTO, info.
 */
void log_open(int fd, enum log_format format, enum log_level lowest);
/* True when events of this level are written: to save the work of making them. */
bool log_wants(enum log_level level);

/* One event, as printf. Thread-safe; errno is kept. */
void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* An event with fields: log_event(LOG_LEVEL_INFO, "posted", LOG_INT("acts", n), LOG_STR("by", by)).
 */
#define log_event(level, msg, ...) \
    log_event_fields((level), (msg), (const struct log_field[]){__VA_ARGS__, {NULL, NULL, 0}})
void log_event_fields(enum log_level level, const char *msg, const struct log_field *fields);

/*
 * Logs an error and ends the process with status 1. For start-up and for corruption found inside
 * only: no byte from a peer may lead here.
 */
void fatal(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

#endif
