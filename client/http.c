/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "client/say.h"
#include "core/buf.h"

#define CONNECT_SECONDS 10L
#define REQUEST_SECONDS 30L
#define RETRY_AFTER_MAX 86400L /* what is beyond comes of no ledger of ours */

struct http {
    CURL *curl;    /* keeps connections open between requests */
    char *ca_file; /* NULL: the system's */
};

struct sink {
    struct buf body;
    bool too_long;
};

struct http *http_new(void)
{
    struct http *h = x_calloc(1, sizeof(*h));

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (h->curl = curl_easy_init()) == NULL)
        abort(); /* only without memory */
    return h;
}

void http_free(struct http *h)
{
    if (h == NULL)
        return;
    curl_easy_cleanup(h->curl);
    curl_global_cleanup();
    free(h->ca_file);
    free(h);
}

void http_trust(struct http *h, const char *ca_file)
{
    free(h->ca_file);
    h->ca_file = ca_file != NULL ? x_strdup(ca_file) : NULL;
}

bool http_url_ok(const char *url)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *query = NULL, *fragment = NULL, *user = NULL;
    bool ok;

    if (u == NULL)
        abort();
    ok = curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
         curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
         (str_eq(scheme, "http") || str_eq(scheme, "https")) &&
         curl_url_get(u, CURLUPART_QUERY, &query, 0) != CURLUE_OK &&
         curl_url_get(u, CURLUPART_FRAGMENT, &fragment, 0) != CURLUE_OK &&
         curl_url_get(u, CURLUPART_USER, &user, 0) != CURLUE_OK;
    curl_free(scheme);
    curl_free(query);
    curl_free(fragment);
    curl_free(user);
    curl_url_cleanup(u);
    return ok;
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    struct sink *sink = arg;

    if (sink->body.len + size * n > HTTP_ANSWER_MAX) {
        sink->too_long = true;
        return 0;
    }
    buf_put(&sink->body, data, size * n);
    return size * n;
}

/* The part of a URL that people recognise: scheme and host. The caller frees it. */
static char *server_of(const char *url)
{
    const char *slash = strstr(url, "://");

    slash = slash == NULL ? NULL : strchr(slash + 3, '/');
    return slash == NULL ? x_strdup(url) : x_strndup(url, (size_t)(slash - url));
}

/* What a failed transfer means, and a sentence about it. */
static enum http_result explain(CURLcode code, const struct sink *sink, const char *url, char **why)
{
    char *server = server_of(url);
    enum http_result result = HTTP_LOST;

    switch ((int)code) {
    case CURLE_COULDNT_CONNECT:
        result = HTTP_NOT_SENT;
        *why = x_asprintf(
            _("No ledger answers at %s (connection refused). Is ledgerd running there?"), server);
        break;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        result = HTTP_NOT_SENT;
        *why =
            x_asprintf(_("The name in %s isn't known to the network. Check the spelling and that "
                         "you are online."),
                       server);
        break;
    case CURLE_SSL_CACERT_BADFILE:
        result = HTTP_NOT_SENT;
        *why = x_asprintf(_("The certificates to trust can't be read (%s). Nothing was sent."),
                          curl_easy_strerror(code));
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
        result = HTTP_NOT_SENT;
        *why = x_asprintf(_("%s can't show a valid certificate (%s). Nothing was sent."), server,
                          curl_easy_strerror(code));
        break;
    case CURLE_OPERATION_TIMEDOUT:
        *why = x_asprintf(_("%s takes too long to answer."), server);
        break;
    case CURLE_WRITE_ERROR:
        *why = sink->too_long
                   ? x_asprintf(_("%s sent more than this program takes in one answer."), server)
                   : x_asprintf(_("The answer of %s can't be taken in."), server);
        break;
    default:
        *why = x_asprintf(_("The connection to %s failed (%s)."), server, curl_easy_strerror(code));
        break;
    }
    free(server);
    return result;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *header)
{
    list = curl_slist_append(list, header);
    if (list == NULL)
        abort();
    return list;
}

static struct curl_slist *headers_of(const struct http_request *rq)
{
    struct curl_slist *list = add_header(NULL, "Accept: application/json");
    char *line;

    list = add_header(list, "Expect:"); /* no 100-continue: an act is small */
    if (rq->bearer != NULL) {
        line = x_asprintf("Authorization: Bearer %s", rq->bearer);
        list = add_header(list, line);
        free(line);
    }
    if (rq->content_type != NULL) {
        line = x_asprintf("Content-Type: %s", rq->content_type);
        list = add_header(list, line);
        free(line);
    }
    return list;
}

enum http_result http_do(struct http *h, const struct http_request *rq, struct http_answer *out,
                         char **why)
{
    struct curl_slist *headers = headers_of(rq);
    struct sink sink = {BUF_INIT, false};
    long timeout = rq->timeout > 0 ? rq->timeout : REQUEST_SECONDS;
    struct curl_header *header;
    curl_off_t retry = 0;
    enum http_result result;
    CURLcode code;

    memset(out, 0, sizeof(*out));
    *why = NULL;
    curl_easy_reset(h->curl); /* options only: connections stay */
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(h->curl, CURLOPT_URL, rq->url);
    if (h->ca_file != NULL) {
        curl_easy_setopt(h->curl, CURLOPT_CAINFO, h->ca_file);
        curl_easy_setopt(h->curl, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(h->curl, CURLOPT_USERAGENT, "pumasi/" PUMASI_VERSION);
    curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h->curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(h->curl, CURLOPT_TIMEOUT, timeout);
    curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, &sink);
    if (rq->body != NULL) {
        curl_easy_setopt(h->curl, CURLOPT_POST, 1L);
        curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, rq->body);
        curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rq->body_len);
    }
    if (!str_eq(rq->method, rq->body != NULL ? "POST" : "GET"))
        curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, rq->method);
    code = curl_easy_perform(h->curl);
    curl_slist_free_all(headers);
    if (code != CURLE_OK) {
        result = explain(code, &sink, rq->url, why);
        buf_free(&sink.body);
        return result;
    }
    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &out->status);
    if (curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &retry) == CURLE_OK)
        out->retry_after = retry > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : (long)retry;
    if (curl_easy_header(h->curl, "Pumasi-Recovery", 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
        strlen(header->value) < sizeof(out->recovery))
        str_copy(out->recovery, sizeof(out->recovery), header->value);
    out->len = sink.body.len;
    out->body = buf_take(&sink.body);
    return HTTP_ANSWERED;
}

void http_answer_free(struct http_answer *a)
{
    free(a->body);
    memset(a, 0, sizeof(*a));
}
