/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/http_head.h"

#include <string.h>
#include <strings.h>

#include "core/num.h"

/* RFC 9110 section 5.6.2 */
static bool is_token_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool http_head_may_begin(const char *bytes, size_t len)
{
    unsigned char first = len > 0 ? (unsigned char)bytes[0] : '\r';

    return first == '\r' ? len < 2 || bytes[1] == '\n' : is_token_char(first);
}

static bool is_token(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_token_char((unsigned char)s[i])) {
            return false;
        }
    }
    return len > 0;
}

/* RFC 9110 section 5.5: visible characters, blanks and tabs, and bytes beyond ASCII. */
static bool is_value(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* The next line without its CRLF, which becomes a NUL. NULL when a CR or LF stands alone. */
static char *next_line(char **at, char *end, size_t *len)
{
    char *line = *at;
    char *cr = memchr(line, '\r', (size_t)(end - line));

    if (cr == NULL || cr + 1 == end || cr[1] != '\n' ||
        memchr(line, '\n', (size_t)(cr - line)) != NULL) {
        return NULL;
    }
    *cr = '\0';
    *len = (size_t)(cr - line);
    *at = cr + 2;
    return line;
}

/* "http://host/path" is "/path" to us (RFC 9112 section 3.2.2). The host ends at a '/' or a '?'
 * (RFC 3986 section 3.2); one without a path is refused. */
static char *origin_form(char *target)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t len = strlen(schemes[i]);
        if (strncasecmp(target, schemes[i], len) == 0) {
            char *host = target + len, *path = host + strcspn(host, "/?");
            return *path == '/' && path > host ? path : NULL;
        }
    }
    return target[0] == '/' ? target : NULL;
}

static int parse_target(struct http_head *out, char *target, size_t len)
{
    char *path, *query;

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)target[i];
        if (c <= 0x20 || c >= 0x7f || c == '#') {
            return -1;
        }
    }
    path = origin_form(target);
    if (path == NULL) {
        return -1;
    }
    query = strchr(path, '?');
    if (query != NULL) {
        *query++ = '\0';
    }
    out->path = path;
    out->query = query;
    return 0;
}

/* "GET /v1/ledger HTTP/1.1", one blank between. 0, or the status to answer with. */
static int parse_request_line(struct http_head *out, char *line, size_t len, const char **why)
{
    char *end = line + len;
    char *target = memchr(line, ' ', len);
    char *version = target == NULL ? NULL : memchr(target + 1, ' ', (size_t)(end - target - 1));

    *why = WIRE_("the request line is none");
    if (version == NULL || !is_token(line, (size_t)(target - line)) ||
        target - line > HTTP_METHOD_MAX || memchr(line, '\0', len) != NULL) {
        return 400;
    }
    *target++ = '\0';
    *version++ = '\0';
    memcpy(out->method, line, strlen(line) + 1);
    if (strlen(version) != 8 || strncmp(version, "HTTP/", 5) != 0 || version[6] != '.') {
        return 400;
    }
    if (!str_eq(version, "HTTP/1.1") && !str_eq(version, "HTTP/1.0")) {
        *why = WIRE_("this server speaks HTTP/1.1");
        return 505;
    }
    out->keep_alive = version[7] == '1';
    if (parse_target(out, target, (size_t)(version - 1 - target)) != 0) {
        *why = WIRE_("the request's target is none");
        return 400;
    }
    return 0;
}

static int parse_field(struct http_head *out, char *line, size_t len, const char **why)
{
    char *colon = memchr(line, ':', len);
    char *value, *end = line + len;

    *why = WIRE_("a header field can't be read");
    /* A line that goes on from the one before begins with a blank, which no name has. */
    if (colon == NULL || !is_token(line, (size_t)(colon - line)) ||
        !is_value(colon + 1, (size_t)(end - colon - 1))) {
        return 400;
    }
    if (out->n_fields == HTTP_FIELDS_MAX) {
        *why = WIRE_("there are too many header fields");
        return 431;
    }
    *colon = '\0';
    for (value = colon + 1; *value == ' ' || *value == '\t'; value++) {
    }
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
        *--end = '\0';
    }
    out->fields[out->n_fields++] = (struct http_field){line, value};
    return 0;
}

/* The value of a field that may be there once; *n counts how often it is. */
static const char *only_field(const struct http_head *head, const char *name, size_t *n)
{
    const char *value = NULL;

    *n = 0;
    for (size_t i = 0; i < head->n_fields; i++) {
        if (strcasecmp(head->fields[i].name, name) == 0) {
            value = head->fields[i].value;
            ++*n;
        }
    }
    return value;
}

/* Where the body ends (RFC 9112 section 6.3). 0, or the status to answer with. */
static int judge_framing(struct http_head *out, bool old, const char **why)
{
    bool takes_body =
        str_eq(out->method, "POST") || str_eq(out->method, "PUT") || str_eq(out->method, "PATCH");
    size_t n_lengths, n_codings;
    const char *length = only_field(out, "Content-Length", &n_lengths);
    const char *coding = only_field(out, "Transfer-Encoding", &n_codings);
    int64_t value = 0;

    *why = WIRE_("where this request ends can't be told for certain");
    if (n_lengths + n_codings > 1 || (coding != NULL && old)) {
        return 400;
    }
    if (coding != NULL && strcasecmp(coding, "chunked") != 0) {
        *why = WIRE_("the only transfer coding taken is chunked");
        return 501;
    }
    if (length != NULL) {
        /* Zeros in front are digits too, and nothing else is. */
        const char *digits = length + strspn(length, "0");
        size_t n = strlen(length);
        if (n == 0 || strspn(length, "0123456789") != n) {
            return 400;
        }
        if (*digits != '\0' && num_parse(digits, strlen(digits), 0, NUM_MAX, &value) != 0) {
            return 400;
        }
    }
    if (!takes_body && (coding != NULL || value > 0)) {
        return 400;
    }
    out->chunked = coding != NULL;
    out->has_length = length != NULL;
    out->length = (uint64_t)value;
    return 0;
}

/* Is `word` one of a list parted by commas, in any case? */
static bool list_has(const char *list, const char *word)
{
    size_t len = strlen(word);

    while (list != NULL && *list != '\0') {
        size_t part;
        list += strspn(list, " \t,");
        part = strcspn(list, " \t,");
        if (part == len && strncasecmp(list, word, len) == 0) {
            return true;
        }
        list += part;
    }
    return false;
}

/* The fields that a request may have once, and what they say of the connection. */
static int judge_fields(struct http_head *out, const char **why)
{
    static const char *const once[] = {"Host", "Authorization", "Content-Type", "Expect"};
    bool old = !out->keep_alive;
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(once); i++) {
        const char *value = only_field(out, once[i], &n);
        bool host = i == 0;
        *why =
            host ? WIRE_("a request names its Host once") : WIRE_("a header field is there twice");
        if (n > 1 || (host && n == 0 && !old) ||
            (host && value != NULL && strpbrk(value, " \t/@,?#\\") != NULL)) {
            return 400;
        }
    }
    for (size_t i = 0; i < out->n_fields; i++) {
        if (strcasecmp(out->fields[i].name, "Connection") != 0) {
            continue;
        }
        if (list_has(out->fields[i].value, "close")) {
            out->keep_alive = false;
            break;
        }
        out->keep_alive |= old && list_has(out->fields[i].value, "keep-alive");
    }
    const char *expect = http_head_field(out, "Expect");
    if (expect != NULL && strcasecmp(expect, "100-continue") != 0) {
        *why = WIRE_("this expectation can't be met");
        return 417;
    }
    out->expects_continue = expect != NULL && !old;
    return judge_framing(out, old, why);
}

int http_head_parse(struct http_head *out, char *bytes, size_t len, const char **why)
{
    char *at = bytes, *end = bytes + len;
    size_t line_len;
    char *line;
    int status;

    memset(out, 0, sizeof(*out));
    *why = WIRE_("a line doesn't end with CR and LF");
    line = next_line(&at, end, &line_len);
    if (line == NULL) {
        return 400;
    }
    status = parse_request_line(out, line, line_len, why);
    while (status == 0) {
        *why = WIRE_("a line doesn't end with CR and LF");
        line = next_line(&at, end, &line_len);
        if (line == NULL) {
            return 400;
        }
        if (line_len == 0) {
            return at == end ? judge_fields(out, why) : 400;
        }
        status = parse_field(out, line, line_len, why);
    }
    return status;
}

const char *http_head_field(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->n_fields; i++) {
        if (strcasecmp(head->fields[i].name, name) == 0) {
            return head->fields[i].value;
        }
    }
    return NULL;
}

int http_chunk_size(const char *line, size_t len, uint64_t max, uint64_t *out)
{
    uint64_t size = 0;
    size_t i;

    for (i = 0; i < len && num_hex(line[i]) >= 0; i++) {
        size = size * 16 + (uint64_t)num_hex(line[i]);
        if (size > max || i >= 16) {
            return -1;
        }
    }
    /* An extension begins with ';', perhaps after blanks. */
    if (i == 0 || !is_value(line + i, len - i)) {
        return -1;
    }
    for (; i < len && (line[i] == ' ' || line[i] == '\t'); i++) {
    }
    if (i < len && line[i] != ';') {
        return -1;
    }
    *out = size;
    return 0;
}
