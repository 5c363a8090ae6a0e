/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/date.h"
#include "core/text.h"

static bool drawn; /* a line of progress stands where the next one goes */

void say_progress(const char *fmt, ...)
{
    va_list ap;

    say_progress_end();
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fflush(stderr);
    drawn = true;
}

void say_progress_end(void)
{
    if (drawn)
        fputs("\r\033[K", stderr);
    drawn = false;
}

int fail(enum pumasi_exit code, const char *fmt, ...)
{
    va_list ap;

    say_progress_end();
    fflush(stdout);
    fputs("pumasi: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return code;
}

void note(const char *fmt, ...)
{
    va_list ap;

    say_progress_end();
    fflush(stdout);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

bool say_can_ask(void)
{
    return getenv("PUMASI_BATCH") == NULL && isatty(STDIN_FILENO) == 1 &&
           isatty(STDERR_FILENO) == 1;
}

bool say_ask(bool preset, const char *fmt, ...)
{
    char line[64];
    va_list ap;

    say_progress_end();
    for (;;) {
        fflush(stdout);
        va_start(ap, fmt);
        vfprintf(stderr, fmt, ap);
        va_end(ap);
        fputs(preset ? _(" [Y/n] ") : _(" [y/N] "), stderr);
        fflush(stderr);
        if (fgets(line, sizeof(line), stdin) == NULL) {
            fputc('\n', stderr);
            return preset;
        }
        if (strchr(line, '\n') == NULL) {
            int ch;
            while ((ch = getchar()) != EOF && ch != '\n')
                continue;
        }
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '\0')
            return preset;
        /* Translators: all words that mean yes, parted by '|', the letters of your keyboard at
         * the places of y and n too. English ones are understood anyway. */
        if (lang_is_word(line, "y|yes") || lang_is_word(line, _("y|yes")))
            return true;
        if (lang_is_word(line, "n|no") || lang_is_word(line, _("n|no")))
            return false;
        fputs(_("Please answer y or n.\n"), stderr);
    }
}

/* Bytes of the UTF-8 character that s begins with, by its first byte alone; 1 where it is none. */
static size_t character_length(const char *s)
{
    unsigned char c = (unsigned char)*s;
    size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            return 1;
    }
    return n;
}

char *say_safe(const char *s)
{
    struct buf b = BUF_INIT;

    while (*s != '\0') {
        size_t n = character_length(s);
        char *nfc;

        /* What the protocol's own rule for texts admits is harmless. A character that only isn't in
         * NFC (a lone jamo, say) is judged by what NFC makes of it. */
        if (text_fault(s, n, n) == NULL) {
            buf_put(&b, s, n);
        } else {
            char one[5] = {0};

            memcpy(one, s, n);
            nfc = text_nfc(one);
            if (nfc != NULL && nfc[0] != '\0' && text_fault(nfc, strlen(nfc), 64) == NULL) {
                buf_puts(&b, nfc);
            } else {
                for (size_t i = 0; i < n; i++)
                    buf_printf(&b, "\\x%02x", (unsigned char)s[i]);
            }
            free(nfc);
        }
        s += n;
    }
    return buf_take(&b);
}

char *say_ago(int64_t then, int64_t now)
{
    int64_t s = now > then ? now - then : 0;
    unsigned long n;

    if (s < 45)
        return x_strdup(_("just now"));
    if (s < 90 * 60) {
        n = (unsigned long)((s + 30) / 60);
        return x_asprintf(ngettext("%lu minute ago", "%lu minutes ago", n), n);
    }
    if (s < 36 * 3600) {
        n = (unsigned long)((s + 1800) / 3600);
        return x_asprintf(ngettext("%lu hour ago", "%lu hours ago", n), n);
    }
    n = (unsigned long)((s + 43200) / 86400);
    return x_asprintf(ngettext("%lu day ago", "%lu days ago", n), n);
}

char *say_time(const char *s)
{
    char text[32];
    int64_t ms;
    time_t t;
    struct tm tm;

    if (time_parse(s, &ms) != 0)
        return say_safe(s);
    t = (time_t)(ms / 1000);
    if (localtime_r(&t, &tm) == NULL || strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm) == 0)
        return say_safe(s);
    return x_strdup(text);
}
