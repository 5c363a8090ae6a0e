/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/tls.h"

#include <errno.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/log.h"

#define SOON_DAYS 14

struct tls {
    char *certificate, *key;
    SSL_CTX *ctx;
    int64_t expiry;
};

/* ---- Reading ---- */

/* What OpenSSL has to say, where it began; its queue is empty after it. */
static const char *reason(void)
{
    const char *said = ERR_reason_error_string(ERR_peek_error());

    ERR_clear_error();
    return said != NULL ? said : "?";
}

/* Nobody is there to be asked for a passphrase. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)arg;
    return 0;
}

/* RFC 7301: http/1.1 or, with a client that names others only, nothing. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *context_new(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (ctx == NULL) {
        return NULL;
    }
    /* The system's policy may ask for more than 1.2. */
    if (SSL_CTX_get_min_proto_version(ctx) < TLS1_2_VERSION &&
        SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    /* Where a request ends is said in the request: a connection that was cut off can't be mistaken
     * for the end of one. */
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* Memory for connections that do something. (Never SSL_MODE_ENABLE_PARTIAL_WRITE: libevent
     * 2.1.12 then loses what a partial write left of a piece of an answer.) */
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    /* Clients keep their sessions themselves, in tickets. */
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    return ctx;
}

static int can_read(const char *path, struct stat *st, char *err, size_t err_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, st) != 0) {
        (void)snprintf(err, err_size, _("ledgerd's user can't read %s: %s"), path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    close(fd);
    if (!S_ISREG(st->st_mode)) {
        (void)snprintf(err, err_size, _("%s is no file"), path);
        return -1;
    }
    return 0;
}

static int64_t expiry_of(const X509 *x)
{
    struct tm tm;

    return ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static int64_t expiry_of_chain(SSL_CTX *ctx)
{
    STACK_OF(X509) *chain = NULL;
    int64_t first = expiry_of(SSL_CTX_get0_certificate(ctx));

    (void)SSL_CTX_get0_chain_certs(ctx, &chain);
    for (int i = 0; i < sk_X509_num(chain); i++) {
        int64_t other = expiry_of(sk_X509_value(chain, i));
        first = other < first ? other : first;
    }
    return first;
}

/* A context with what the two files hold now. NULL and a sentence in err. */
static SSL_CTX *read_files(const struct tls *t, int64_t *expiry, char *err, size_t err_size)
{
    struct stat certificate, key;
    SSL_CTX *ctx;
    bool taken;

    if (can_read(t->certificate, &certificate, err, err_size) != 0 ||
        can_read(t->key, &key, err, err_size) != 0) {
        return NULL;
    }
    if ((key.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        log_event(LOG_LEVEL_WARN, "tls: the private key can be read or written by everybody here",
                  LOG_STR("file", t->key));
    }
    ERR_clear_error();
    ctx = context_new();
    if (ctx == NULL) {
        (void)snprintf(err, err_size, _("TLS can't be set up: %s"), reason());
        return NULL;
    }
    if (SSL_CTX_use_certificate_chain_file(ctx, t->certificate) != 1) {
        (void)snprintf(err, err_size, _("%s holds no certificate that can be used: %s"),
                       t->certificate, reason());
        goto fail;
    }
    taken = SSL_CTX_use_PrivateKey_file(ctx, t->key, SSL_FILETYPE_PEM) == 1;
    if (!taken && ERR_GET_LIB(ERR_peek_last_error()) != ERR_LIB_X509) {
        (void)snprintf(err, err_size,
                       _("%s holds no private key without a passphrase that can be used: %s"),
                       t->key, reason());
        goto fail;
    }
    if (!taken || SSL_CTX_check_private_key(ctx) != 1) {
        ERR_clear_error();
        (void)snprintf(err, err_size, _("%s isn't the key of the certificate in %s"), t->key,
                       t->certificate);
        goto fail;
    }
    *expiry = expiry_of_chain(ctx);
    return ctx;
fail:
    SSL_CTX_free(ctx);
    return NULL;
}

static void say_what_is_in_use(const struct tls *t)
{
    int64_t left = t->expiry - (int64_t)time(NULL);
    time_t at = (time_t)t->expiry;
    char expires[32] = "";
    struct tm tm;

    if (gmtime_r(&at, &tm) != NULL) {
        (void)strftime(expires, sizeof(expires), "%Y-%m-%dT%H:%M:%SZ", &tm);
    }
    if (left <= 0) {
        log_event(LOG_LEVEL_WARN, "tls: the certificate has expired",
                  LOG_STR("file", t->certificate), LOG_STR("expires", expires));
    } else if (left < SOON_DAYS * INT64_C(86400)) {
        log_event(LOG_LEVEL_WARN, "tls: the certificate expires soon",
                  LOG_STR("file", t->certificate), LOG_STR("expires", expires));
    } else {
        log_event(LOG_LEVEL_INFO, "tls: the certificate is in use", LOG_STR("file", t->certificate),
                  LOG_STR("expires", expires));
    }
}

struct tls *tls_new(const char *certificate, const char *key, char *err, size_t err_size)
{
    struct tls *t = x_calloc(1, sizeof(*t));

    t->certificate = x_strdup(certificate);
    t->key = x_strdup(key);
    t->ctx = read_files(t, &t->expiry, err, err_size);
    if (t->ctx == NULL) {
        tls_free(t);
        return NULL;
    }
    say_what_is_in_use(t);
    return t;
}

int tls_reload(struct tls *t, char *err, size_t err_size)
{
    int64_t expiry = 0;
    SSL_CTX *ctx = read_files(t, &expiry, err, err_size);

    if (ctx == NULL) {
        return -1;
    }
    if (expiry <= (int64_t)time(NULL)) {
        SSL_CTX_free(ctx);
        (void)snprintf(err, err_size, _("the certificate in %s has expired"), t->certificate);
        return -1;
    }
    SSL_CTX_free(t->ctx); /* counted: connections that use it still do */
    t->ctx = ctx;
    t->expiry = expiry;
    say_what_is_in_use(t);
    return 0;
}

void tls_free(struct tls *t)
{
    if (t == NULL) {
        return;
    }
    SSL_CTX_free(t->ctx);
    free(t->certificate);
    free(t->key);
    free(t);
}

int64_t tls_expiry(const struct tls *t)
{
    return t->expiry;
}

/* ---- Connections ---- */

struct bufferevent *tls_accept(const struct tls *t, struct event_base *base, evutil_socket_t fd)
{
    SSL *ssl = SSL_new(t->ctx);
    struct bufferevent *bev = NULL;

    /* Deferred: libevent would say that the client has ended before it hands on what it sent. */
    if (ssl != NULL) {
        bev = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                             BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    }
    if (bev == NULL) {
        close(fd);
    }
    return bev;
}

bool tls_is(struct bufferevent *bev)
{
    return bufferevent_openssl_get_ssl(bev) != NULL;
}

void tls_say_end(struct bufferevent *bev)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);

    if (ssl != NULL && SSL_is_init_finished(ssl)) {
        (void)SSL_shutdown(ssl);
        ERR_clear_error();
    }
}

struct bufferevent *tls_plain_instead(struct bufferevent *bev, struct event_base *base)
{
    struct bufferevent *plain = NULL;
    bufferevent_data_cb on_read, on_written;
    bufferevent_event_cb on_event;
    void *arg;
    bool http = false;
    unsigned long code;
    int fd;

    while ((code = bufferevent_get_openssl_error(bev)) != 0) {
        http = http || (ERR_GET_LIB(code) == ERR_LIB_SSL &&
                        (ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST ||
                         ERR_GET_REASON(code) == SSL_R_HTTPS_PROXY_REQUEST));
    }
    fd = http ? fcntl(bufferevent_getfd(bev), F_DUPFD_CLOEXEC, 0) : -1;
    if (fd >= 0) {
        plain = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
        if (plain == NULL) {
            close(fd);
        } else {
            bufferevent_getcb(bev, &on_read, &on_written, &on_event, &arg);
            bufferevent_setcb(plain, on_read, on_written, on_event, arg);
            (void)bufferevent_enable(plain, EV_READ | EV_WRITE);
            bufferevent_free(bev);
        }
    }
    return plain;
}
