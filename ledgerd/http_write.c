/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/http_write.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "ledgerd/log.h"
#include "ledgerd/tls.h"

static void body_free(const void *data, size_t len, void *arg)
{
    (void)data;
    (void)len;
    free(arg);
}

/* How many bytes the kernel took at once. */
static size_t write_now(struct bufferevent *bev, const struct buf *head, const struct buf *body)
{
    struct iovec part[2] = {{head->data, head->len}, {body->data, body->len}};
    struct msghdr msg = {.msg_iov = part, .msg_iovlen = 2};

    if (tls_is(bev) || evbuffer_get_length(bufferevent_get_output(bev)) > 0) {
        return 0;
    }
    ssize_t n = sendmsg(bufferevent_getfd(bev), &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    return n < 0 ? 0 : (size_t)n; /* what fails here fails again, and the loop is told */
}

size_t http_write(struct bufferevent *bev, struct buf *head, struct buf *body)
{
    struct evbuffer *out = bufferevent_get_output(bev);
    size_t done = write_now(bev, head, body), left = head->len + body->len - done;
    size_t of_head = done < head->len ? done : head->len, of_body = done - of_head;
    size_t body_left = body->len - of_body;
    char *data = buf_take(body);

    if (left == 0) {
        free(data);
    } else if (evbuffer_add(out, head->data + of_head, head->len - of_head) != 0 ||
               evbuffer_add_reference(out, data + of_body, body_left, body_free, data) != 0) {
        log_error("http: no memory for an answer");
        abort();
    }
    buf_free(head);
    return left;
}
