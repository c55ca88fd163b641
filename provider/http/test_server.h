/* test_server - a tiny HTTP/1.1 server and a tiny CA for the tests of this folder.
 *
 * One thread per connection; the handler of the test writes the raw bytes of
 * the reply, so that every malformed one can be made. Everything that came in
 * is kept. For tests only: included by them, compiled into them. */
#ifndef HTTP_TEST_SERVER_H
#define HTTP_TEST_SERVER_H
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/test.h"
#include "http/client.h"
#include "schema/call.h"

#define UNUSED __attribute__((unused))

/* --- certificates --------------------------------------------------------- */
struct identity {
    X509 *x;
    EVP_PKEY *key;
    const char *cert_pem, *key_pem;
};

static void identity_free(void *data)
{
    struct identity *id = data;

    X509_free(id->x);
    EVP_PKEY_free(id->key);
}

static const char *bio_to_text(struct arena *a, BIO *bio)
{
    char *at;
    long len = BIO_get_mem_data(bio, &at);
    const char *z = text_z(a, (struct text){at, (size_t)len});

    BIO_free(bio);
    return z;
}

static void identity_extend(X509 *x, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);

    assert_non_null(extension);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
}

/* names: "DNS:a,IP:127.0.0.1", or NULL for a CA. issuer NULL = self-signed. */
UNUSED static struct identity *identity_new(struct arena *a, const char *common_name,
                                            const char *names, const struct identity *issuer,
                                            long from_seconds, long to_seconds)
{
    static long serial = 1;
    struct identity *id = arena_alloc(a, sizeof(*id));
    X509 *x = id->x = X509_new();
    BIO *cert = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());

    id->key = EVP_EC_gen("P-256");
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), from_seconds);
    X509_gmtime_adj(X509_getm_notAfter(x), to_seconds);
    X509_set_pubkey(x, id->key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                               (const unsigned char *)common_name, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer->x : x));
    identity_extend(x, NID_basic_constraints, names ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (names)
        identity_extend(x, NID_subject_alt_name, names);
    assert_true(X509_sign(x, issuer ? issuer->key : id->key, EVP_sha256()) > 0);
    PEM_write_bio_X509(cert, x);
    PEM_write_bio_PKCS8PrivateKey(key, id->key, NULL, NULL, 0, NULL, NULL);
    id->cert_pem = bio_to_text(a, cert);
    id->key_pem = bio_to_text(a, key);
    arena_defer(a, identity_free, id);
    return id;
}

/* --- server --------------------------------------------------------------- */
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

    snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(body));
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
    x->head = s->heads[x->number - 1] = strndup(buffer, head);
    s->bodies[x->number - 1] = memcpy(calloc(1, body + 1), buffer + head, body);
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
    x->server->server_names[x->connection - 1] = strdup(name ? name : "");
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

struct server_start {
    struct server *server;
    size_t connection;
};

static void *server_connection(void *data)
{
    struct server_start start = *(struct server_start *)data;
    struct exchange x = {.server = start.server, .connection = start.connection, .client = ""};
    char *buffer = malloc(SERVER_BYTES_MAX + 1);
    size_t len = 0;

    free(data);
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
    free(buffer);
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
        struct server_start *start = malloc(sizeof(*start));
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
        free(s->server_names[i]);
    }
    for (size_t i = 0; i < s->requests; i++) {
        free(s->heads[i]);
        free(s->bodies[i]);
    }
    close(s->listener);
    SSL_CTX_free(s->tls);
    SSL_CTX_free(s->later_tls);
    free(s);
}

UNUSED static struct server *server_new(struct arena *a, bool (*handle)(struct exchange *x),
                                        void *data, SSL_CTX *tls)
{
    struct server *s = calloc(1, sizeof(*s));

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
                            .deadline_ms = clock_monotonic_ms() + 60 * 1000};
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

    if (!options.base_url)
        options.base_url = text_f(a, "%s://127.0.0.1:%d", s->tls ? "https" : "http", s->port);
    assert_true(http_endpoint_new(f->client, &options, NULL, &f->diags, &e));
    arena_defer(a, endpoint_close, e);
    return e;
}

#endif
