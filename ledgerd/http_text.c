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

/* "Date: Sun, 06 Nov 1994 08:49:37 GMT", of now (RFC 9110 section 5.6.7). */
static void put_date(struct buf *b)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm tm;

    if (gmtime_r(&now, &tm) != NULL) {
        buf_printf(b, "Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n", days[tm.tm_wday], tm.tm_mday,
                   months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    }
}

void http_put_head(struct buf *b, int status, const char *type, size_t body_len,
                   const struct buf *fields, bool last)
{
    buf_printf(b, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
    put_date(b);
    buf_printf(b, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body_len);
    buf_puts(b, "X-Content-Type-Options: nosniff\r\n");
    buf_put(b, fields->data, fields->len);
    buf_printf(b, "Connection: %s\r\n\r\n", last ? "close" : "keep-alive");
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
