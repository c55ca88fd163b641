/* test_server - a tiny HTTP/1.1 server for the tests of this folder, and a client
 * to go with it.
 *
 * One thread per connection; everything that came in is kept. For tests only:
 * included by them, compiled into them. */
#ifndef HTTP_TEST_SERVER_H
#define HTTP_TEST_SERVER_H
#include <arpa/inet.h>
#include <signal.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "http/client.h"
#include "http/test_exchange.h"
#include "schema/call.h"

struct server_start {
    struct server *server;
    size_t connection;
};

static void *server_connection(void *data)
{
    struct server_start start = *(struct server_start *)data;
    struct exchange x = {.server = start.server, .connection = start.connection, .client = ""};
    char *buffer = memory_new(1, SERVER_BYTES_MAX + 1);
    size_t len = 0;

    memory_free(data);
    x.fd = x.server->fds[x.connection - 1];
    if (x.server->greeting)
        exchange_say(&x, x.server->greeting);
    if (!x.server->tls || exchange_handshake(&x, x.server->tls))
        while (exchange_next(&x, buffer, &len) && x.server->handle(&x))
            continue;
    if (x.ssl)
        SSL_shutdown(x.ssl);
    SSL_free(x.ssl);
    pthread_mutex_lock(&x.server->lock);
    close(x.fd);
    x.server->fds[x.connection - 1] = -1;
    pthread_mutex_unlock(&x.server->lock);
    memory_free(buffer);
    return NULL;
}

static void *server_accept(void *data)
{
    struct server *s = data;
    sigset_t pipe;
    int fd;

    /* OpenSSL writes with write(2). The connections' threads inherit it; the
     * client has to look after itself. */
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        struct server_start *start = memory_new(1, sizeof(*start));
        int on = 1;

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

        pthread_mutex_lock(&s->lock);
        assert_true(s->connections < SERVER_CONNECTIONS_MAX);
        s->fds[s->connections++] = fd;
        *start = (struct server_start){s, s->connections};
        pthread_create(&s->threads[s->connections - 1], NULL, server_connection, start);
        pthread_mutex_unlock(&s->lock);
    }
    return NULL;
}

/* A port of loopback that nobody listens at, and whose refusal is certain:
 * the socket stays bound. */
UNUSED static int server_dead_port(int *fd)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(at);

    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&at, sizeof(at)), 0);
    getsockname(*fd, (struct sockaddr *)&at, &len);
    return ntohs(at.sin_port);
}

static void server_stop(void *data)
{
    struct server *s = data;

    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->acceptor, NULL);
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->connections; i++)
        if (s->fds[i] >= 0)
            shutdown(s->fds[i], SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < s->connections; i++) {
        pthread_join(s->threads[i], NULL);
        memory_free(s->server_names[i]);
    }
    for (size_t i = 0; i < s->requests; i++) {
        memory_free(s->heads[i]);
        memory_free(s->bodies[i]);
    }
    close(s->listener);
    SSL_CTX_free(s->tls);
    SSL_CTX_free(s->later_tls);
    memory_free(s);
}

UNUSED static struct server *server_new(struct arena *a, bool (*handle)(struct exchange *x),
                                        void *data, SSL_CTX *tls)
{
    struct server *s = memory_new(1, sizeof(*s));

    *s = (struct server){.handle = handle, .data = data, .tls = tls};
    pthread_mutex_init(&s->lock, NULL);
    s->port = server_dead_port(&s->listener);
    assert_int_equal(listen(s->listener, 128), 0);
    pthread_create(&s->acceptor, NULL, server_accept, s);
    arena_defer(a, server_stop, s);
    return s;
}

UNUSED static SSL_CTX *server_tls(const struct identity *id, const struct identity *client_ca)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

    SSL_CTX_use_certificate(tls, id->x);
    SSL_CTX_use_PrivateKey(tls, id->key);
    if (client_ca) {
        SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), client_ca->x);
    }
    return tls;
}

UNUSED static size_t server_connections(struct server *s)
{
    size_t count;

    pthread_mutex_lock(&s->lock);
    count = s->connections;
    pthread_mutex_unlock(&s->lock);
    return count;
}

UNUSED static size_t server_requests(struct server *s)
{
    size_t count;

    pthread_mutex_lock(&s->lock);
    count = s->requests;
    pthread_mutex_unlock(&s->lock);
    return count;
}

/* One of heads, bodies, server_names, "" when it has not come. */
UNUSED static const char *server_saw(struct server *s, char **what, size_t index)
{
    const char *z;

    pthread_mutex_lock(&s->lock);
    z = what[index] ? what[index] : "";
    pthread_mutex_unlock(&s->lock);
    return z;
}

/* --- the client's side ---------------------------------------------------- */
struct fixture {
    struct cancel *cancel;
    struct http_client *client;
    struct diags diags;
    struct call call;
};

static void fixture_free(void *data)
{
    struct fixture *f = data;

    http_client_free(f->client);
    cancel_free(f->cancel);
}

UNUSED static struct fixture *fixture_new(struct arena *a)
{
    struct fixture *f = arena_alloc(a, sizeof(*f));

    f->cancel = cancel_new();
    f->client = http_client_new(f->cancel);
    arena_defer(a, fixture_free, f);
    diags_init(&f->diags, a);
    f->call = (struct call){.arena = a,
                            .diags = &f->diags,
                            .cancel = f->cancel,
                            .deadline_ms = clock_monotonic_ms() + 60000};
    return f;
}

static void endpoint_close(void *endpoint)
{
    http_endpoint_free(endpoint);
}

/* Options without base_url get the server's address. */
UNUSED static struct http_endpoint *endpoint_open(struct arena *a, struct fixture *f,
                                                  const struct server *s,
                                                  struct http_endpoint_options options)
{
    struct http_endpoint *e;

    if (!options.base_url && s)
        options.base_url = text_f(a, "%s://127.0.0.1:%d", s->tls ? "https" : "http", s->port);
    assert_true(http_endpoint_new(f->client, &options, NULL, &f->diags, &e));
    arena_defer(a, endpoint_close, e);
    return e;
}

#endif
