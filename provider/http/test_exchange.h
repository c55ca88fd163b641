/* test_exchange - what a test's handler sees of a request, and how it answers:
 * with raw bytes, so that every malformed reply can be made. */
#ifndef HTTP_TEST_EXCHANGE_H
#define HTTP_TEST_EXCHANGE_H
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/test_identity.h"

enum { SERVER_CONNECTIONS_MAX = 512, SERVER_REQUESTS_MAX = 4096, SERVER_BYTES_MAX = 1 << 20 };

struct server;

struct exchange {
    struct server *server;
    int fd;
    SSL *ssl;
    size_t connection; /* from 1 */
    size_t number;     /* of the request, from 1, over all connections */
    const char *head;  /* request line and headers */
    struct text body;
    const char *client; /* common name of the client certificate, "" */
};

struct server {
    /* Writes the reply; false closes the connection. */
    bool (*handle)(struct exchange *x);
    void *data;
    SSL_CTX *tls;         /* NULL = plain */
    SSL_CTX *later_tls;   /* for exchange_begin_tls() */
    const char *greeting; /* said before anything is read; NULL */
    int port, listener;
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_t threads[SERVER_CONNECTIONS_MAX];
    int fds[SERVER_CONNECTIONS_MAX];
    size_t connections, requests;
    char *heads[SERVER_REQUESTS_MAX]; /* in order of arrival */
    char *bodies[SERVER_REQUESTS_MAX];
    char *server_names[SERVER_CONNECTIONS_MAX]; /* SNI */
};

UNUSED static bool exchange_write(struct exchange *x, const char *data, size_t len)
{
    while (len) {
        ssize_t n = x->ssl ? (ssize_t)SSL_write(x->ssl, data, (int)len)
                           : send(x->fd, data, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

UNUSED static bool exchange_say(struct exchange *x, const char *reply)
{
    return exchange_write(x, reply, strlen(reply));
}

static ssize_t exchange_read(struct exchange *x, char *data, size_t len)
{
    return x->ssl ? (ssize_t)SSL_read(x->ssl, data, (int)len) : recv(x->fd, data, len, 0);
}

/* Waits until the client goes away. */
UNUSED static bool exchange_hang(struct exchange *x)
{
    char byte;

    while (exchange_read(x, &byte, 1) > 0)
        continue;
    return false;
}

/* Ends the connection with a reset instead of an orderly close. */
UNUSED static bool exchange_reset(struct exchange *x)
{
    struct linger at_once = {1, 0};

    setsockopt(x->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    return false;
}

UNUSED static bool exchange_ok(struct exchange *x, const char *body)
{
    char head[128];

    (void)snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                   strlen(body));
    return exchange_say(x, head) && (strncmp(x->head, "HEAD ", 5) == 0 || exchange_say(x, body));
}

/* Reads one request into buffer; *len is what is in it, the rest is kept. */
static bool exchange_next(struct exchange *x, char *buffer, size_t *len)
{
    struct server *s = x->server;
    char *end, *length;
    size_t body = 0, head;
    ssize_t n;

    buffer[*len] = '\0';
    while (!(end = strstr(buffer, "\r\n\r\n"))) {
        n = exchange_read(x, buffer + *len, SERVER_BYTES_MAX - *len);
        if (n <= 0)
            return false;
        *len += (size_t)n;
        buffer[*len] = '\0';
    }
    head = (size_t)(end - buffer) + 4;
    length = strstr(buffer, "\r\nContent-Length:");
    if (length && length < end)
        body = strtoul(length + 17, NULL, 10);
    while (*len < head + body) {
        n = exchange_read(x, buffer + *len, SERVER_BYTES_MAX - *len);
        if (n <= 0)
            return false;
        *len += (size_t)n;
    }
    pthread_mutex_lock(&s->lock);
    x->number = ++s->requests;
    x->head = s->heads[x->number - 1] = memcpy(memory_new(1, head + 1), buffer, head);
    s->bodies[x->number - 1] = memcpy(memory_new(1, body + 1), buffer + head, body);
    x->body = (struct text){s->bodies[x->number - 1], body};
    pthread_mutex_unlock(&s->lock);
    *len -= head + body;
    memmove(buffer, buffer + head + body, *len);
    return true;
}

/* Closing with unread data would reset the connection, and the alert that was
 * sent could be lost. */
static void exchange_drain(struct exchange *x)
{
    char rest[256];

    shutdown(x->fd, SHUT_WR);
    while (recv(x->fd, rest, sizeof(rest), 0) > 0)
        continue;
}

static bool exchange_handshake(struct exchange *x, SSL_CTX *tls)
{
    const char *name;
    X509 *client;

    x->ssl = SSL_new(tls);
    SSL_set_fd(x->ssl, x->fd);
    if (SSL_accept(x->ssl) != 1) {
        exchange_drain(x);
        return false;
    }
    name = SSL_get_servername(x->ssl, TLSEXT_NAMETYPE_host_name);
    pthread_mutex_lock(&x->server->lock);
    x->server->server_names[x->connection - 1] = memory_strdup(name ? name : "");
    pthread_mutex_unlock(&x->server->lock);
    client = SSL_get1_peer_certificate(x->ssl);
    x->client = client ? "client" : "";
    X509_free(client);
    return true;
}

/* From now on the connection speaks TLS: behind CONNECT. */
UNUSED static bool exchange_begin_tls(struct exchange *x)
{
    return exchange_handshake(x, x->server->later_tls);
}

#endif
