/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/http_text.h"

#include <time.h>

#include "ledgerd/problem.h"

/* RFC 9110 section 15. */
static const char *http_reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 417:
        return "Expectation Failed";
    case 422:
        return "Unprocessable Content";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Answer";
    }
}

static void put_two_digits(struct buf *b, int n)
{
    buf_putc(b, (char)('0' + n / 10 % 10));
    buf_putc(b, (char)('0' + n % 10));
}

/* "Date: Sun, 06 Nov 1994 08:49:37 GMT", of now (RFC 9110 section 5.6.7). */
static void put_date(struct buf *b)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm tm;

    if (gmtime_r(&now, &tm) == NULL) {
        return;
    }
    buf_puts(b, "Date: ");
    buf_puts(b, days[tm.tm_wday]);
    buf_puts(b, ", ");
    put_two_digits(b, tm.tm_mday);
    buf_putc(b, ' ');
    buf_puts(b, months[tm.tm_mon]);
    buf_putc(b, ' ');
    buf_put_i64(b, tm.tm_year + 1900);
    buf_putc(b, ' ');
    put_two_digits(b, tm.tm_hour);
    buf_putc(b, ':');
    put_two_digits(b, tm.tm_min);
    buf_putc(b, ':');
    put_two_digits(b, tm.tm_sec);
    buf_puts(b, " GMT\r\n");
}

/* With each answer: put together from pieces, as printf takes several times as long. */
void http_put_head(struct buf *b, int status, const char *type, size_t body_len,
                   const struct buf *fields, bool last)
{
    buf_reserve(b, 256 + fields->len);
    buf_puts(b, "HTTP/1.1 ");
    buf_put_i64(b, status);
    buf_putc(b, ' ');
    buf_puts(b, http_reason(status));
    buf_puts(b, "\r\n");
    put_date(b);
    buf_puts(b, "Content-Type: ");
    buf_puts(b, type);
    buf_puts(b, "\r\nContent-Length: ");
    buf_put_i64(b, (int64_t)body_len);
    buf_puts(b, "\r\nX-Content-Type-Options: nosniff\r\n");
    buf_put(b, fields->data, fields->len);
    buf_puts(b, last ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n");
}

void http_put_problem(struct buf *b, int status, const char *why)
{
    enum refusal_code code = status == 413   ? REFUSED_TOO_LARGE
                             : status == 503 ? REFUSED_BUSY
                                             : REFUSED_MALFORMED;
    struct refusal refusal;

    if (status == 429) {
        problem_put(b, PROBLEM_RATE_LIMITED, why);
    } else {
        (void)refuse(&refusal, code, "%s", why);
        problem_put_status(b, &refusal, status);
    }
    buf_putc(b, '\n');
}
