#include "http/tls.h"

#include <stdlib.h>

#include "http/test_server.h"

static bool say_ok(struct exchange *x)
{
    return exchange_ok(x, *x->client ? x->client : "nobody");
}

static struct http_reply send_to(struct fixture *f, const struct http_endpoint *e)
{
    struct http_request request = {.endpoint = e, .method = "GET", .target = "/x"};
    struct http_reply reply;
    bool fine = http_send(&f->call, &request, &reply);

    assert_int_equal(fine, reply.failure == HTTP_FINE);
    return reply;
}

static void expect_words(const struct http_reply *reply, const char *const *words)
{
    for (; *words; words++)
        if (!strstr(reply->failure_text, *words))
            fail_msg("\"%s\" is missing in: %s", *words, reply->failure_text);
}

#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* One kind of server that must not be talked to, and what has to be said. */
struct refusal {
    const char *names;
    long from, to;
    bool stranger; /* issued under another CA */
    const char *server_name;
    const char *words[4];
};

static void check_refusal(struct arena *a, const struct refusal *r)
{
    struct fixture *f = fixture_new(a);
    struct identity *ca = identity_new(a, "mesh CA", NULL, NULL, -7200, 7200);
    struct identity *other = identity_new(a, "foreign CA", NULL, NULL, -7200, 7200);
    struct identity *leaf =
        identity_new(a, "api-server", r->names, r->stranger ? other : ca, r->from, r->to);
    struct server *s = server_new(a, say_ok, NULL, server_tls(leaf, NULL));
    struct http_endpoint_options options = {.ca_pem = ca->cert_pem,
                                            .tls_server_name = r->server_name};
    struct http_endpoint *e = endpoint_open(a, f, s, options);
    struct http_reply reply = send_to(f, e);

    assert_int_equal(reply.failure, HTTP_TLS);
    assert_int_equal(reply.attempts, 1);
    assert_int_equal(server_requests(s), 0);
    expect_words(&reply, r->words);
    expect_words(&reply, WORDS(text_f(a, "127.0.0.1:%d", s->port), "subject \"CN=api-server\"",
                               "valid from 20", "under the given CA (\"CN=mesh CA\")"));
    assert_string_equal(f->diags.first->summary,
                        text_f(a, "Cannot reach %s", http_endpoint_url(e)));
}

TEST(says_why_a_certificate_is_refused)
{
    static const struct refusal cases[] = {
        {"IP:127.0.0.1,DNS:a.example",
         -60,
         60,
         true,
         NULL,
         {"unable to get local issuer", "IP:127.0.0.1, DNS:a.example", "CN=foreign CA"}},
        {"IP:127.0.0.1", -3600, -60, false, NULL, {"has expired", "CN=mesh CA", "for 127.0.0.1"}},
        {"IP:127.0.0.1", 600, 3600, false, NULL, {"not yet valid"}},
        {"DNS:a.example,IP:10.0.0.1",
         -60,
         60,
         false,
         NULL,
         {"127.0.0.1", "names DNS:a.example, IP:10.0.0.1"}},
        {"IP:127.0.0.1", -60, 60, false, "b.example", {"names IP:127.0.0.1", "for b.example"}},
        {"DNS:1,DNS:2,DNS:3,DNS:4,DNS:5,DNS:6,DNS:7,DNS:8,DNS:9,DNS:10,DNS:11,DNS:12,DNS:13",
         -60,
         60,
         false,
         NULL,
         {"DNS:12 and 1 more"}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_refusal(a, &cases[i]);
}

TEST(verifies_and_names_the_server_name_while_connecting_elsewhere)
{
    struct fixture *f = fixture_new(a);
    struct identity *ca = identity_new(a, "mesh CA", NULL, NULL, -60, 60);
    struct identity *leaf = identity_new(a, "s", "DNS:api.example", ca, -60, 60);
    struct server *s = server_new(a, say_ok, NULL, server_tls(leaf, NULL));
    struct http_endpoint_options options = {.ca_pem = ca->cert_pem,
                                            .tls_server_name = "api.example"};
    struct http_reply reply = send_to(f, endpoint_open(a, f, s, options));

    assert_int_equal(reply.status, 200);
    assert_string_equal(server_saw(s, s->server_names, 0), "api.example");
    assert_non_null(
        strstr(server_saw(s, s->heads, 0), text_f(a, "\r\nHost: 127.0.0.1:%d\r\n", s->port)));
    assert_memory_equal(server_saw(s, s->heads, 0), "GET /x HTTP/1.1\r\n", 17);
}

TEST(a_certificate_may_be_trusted_itself)
{
    struct fixture *f = fixture_new(a);
    struct identity *ca = identity_new(a, "mesh CA", NULL, NULL, -60, 60);
    struct identity *leaf = identity_new(a, "s", "IP:127.0.0.1", ca, -60, 60);
    struct server *s = server_new(a, say_ok, NULL, server_tls(leaf, NULL));
    struct http_endpoint_options options = {.ca_pem = leaf->cert_pem};

    assert_int_equal(send_to(f, endpoint_open(a, f, s, options)).status, 200);
}

TEST(the_systems_cas_come_from_ssl_cert_file)
{
    struct fixture *f = fixture_new(a);
    struct identity *ca = identity_new(a, "system CA", NULL, NULL, -60, 60);
    struct identity *other = identity_new(a, "other CA", NULL, NULL, -60, 60);
    struct identity *leaf = identity_new(a, "s", "IP:127.0.0.1", ca, -60, 60);
    struct server *s = server_new(a, say_ok, NULL, server_tls(leaf, NULL));
    char path[] = "/tmp/http-ca-XXXXXX";
    int fd = mkstemp(path);
    struct http_endpoint_options none = {.ca_pem = NULL}, given = {.ca_pem = other->cert_pem};
    struct http_reply reply;

    assert_true(write(fd, ca->cert_pem, strlen(ca->cert_pem)) > 0);
    close(fd);
    setenv("SSL_CERT_FILE", path, 1);
    assert_string_equal(tls_system_ca_file(), path);
    assert_int_equal(send_to(f, endpoint_open(a, f, s, none)).status, 200);
    /* A given CA replaces the system's, it does not add to them. */
    assert_int_equal(send_to(f, endpoint_open(a, f, s, given)).failure, HTTP_TLS);
    unsetenv("SSL_CERT_FILE");
    reply = send_to(f, endpoint_open(a, f, s, none));
    assert_int_equal(reply.failure, HTTP_TLS);
    expect_words(&reply, WORDS("issuer \"CN=system CA\"", "under a CA of /etc/"));
    unlink(path);
}

TEST(client_certificates)
{
    struct fixture *f = fixture_new(a);
    struct identity *ca = identity_new(a, "mesh CA", NULL, NULL, -60, 60);
    struct identity *leaf = identity_new(a, "s", "IP:127.0.0.1", ca, -60, 60);
    struct identity *me = identity_new(a, "admin", "DNS:admin", ca, -60, 60);
    struct identity *stranger = identity_new(a, "stranger", "DNS:stranger", NULL, -60, 60);
    struct server *s = server_new(a, say_ok, NULL, server_tls(leaf, ca));
    struct http_endpoint_options options = {.ca_pem = ca->cert_pem};
    struct http_reply reply = send_to(f, endpoint_open(a, f, s, options));
    struct http_endpoint *e;

    assert_int_equal(reply.failure, HTTP_TLS);
    assert_int_equal(reply.attempts, 1);
    expect_words(&reply, WORDS("certificate required", "No client certificate was sent"));

    options.client_cert_pem = me->cert_pem;
    options.client_key_pem = me->key_pem;
    reply = send_to(f, endpoint_open(a, f, s, options));
    assert_int_equal(reply.status, 200);
    assert_true(text_is(reply.body, "client"));

    options.client_cert_pem = stranger->cert_pem;
    options.client_key_pem = stranger->key_pem;
    reply = send_to(f, endpoint_open(a, f, s, options));
    assert_int_equal(reply.failure, HTTP_TLS);
    expect_words(&reply,
                 WORDS("alert", "The client certificate sent: \"CN=stranger\", valid from"));

    options.base_url = "https://a.example";
    options.client_key_pem = me->key_pem;
    assert_false(http_endpoint_new(f->client, &options, NULL, &f->diags, &e));
    assert_string_equal(f->diags.last->summary, "Client key does not match the certificate");
}

/* The server asks for no certificate of those who have none: who is who is
 * seen by the connection that a request came over. */
TEST(connections_are_not_shared_between_identities)
{
    struct fixture *f = fixture_new(a);
    struct identity *ca = identity_new(a, "mesh CA", NULL, NULL, -60, 60);
    struct identity *leaf = identity_new(a, "s", "IP:127.0.0.1,DNS:other.example", ca, -60, 60);
    struct identity *me = identity_new(a, "admin", "DNS:admin", ca, -60, 60);
    struct identity *you = identity_new(a, "guest", "DNS:guest", ca, -60, 60);
    SSL_CTX *tls = server_tls(leaf, ca);
    struct server *s;
    struct http_endpoint *endpoints[6];
    char *two_cas = text_f(a, "%s%s", ca->cert_pem, me->cert_pem);
    struct http_endpoint_options options[] = {
        {.ca_pem = ca->cert_pem},
        {.ca_pem = two_cas},
        {.ca_pem = ca->cert_pem, .tls_server_name = "other.example"},
        {.ca_pem = ca->cert_pem, .client_cert_pem = me->cert_pem, .client_key_pem = me->key_pem},
        {.ca_pem = ca->cert_pem, .client_cert_pem = you->cert_pem, .client_key_pem = you->key_pem},
        {.ca_pem = ca->cert_pem}, /* the same as the first */
    };

    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    s = server_new(a, say_ok, NULL, tls);
    for (size_t i = 0; i < 6; i++)
        endpoints[i] = endpoint_open(a, f, s, options[i]);
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < 6; i++) {
            struct http_reply reply = send_to(f, endpoints[i]);

            assert_true(text_is(reply.body, i == 3 || i == 4 ? "client" : "nobody"));
        }
    assert_int_equal(server_requests(s), 18);
    assert_int_equal(server_connections(s), 5);
}

TEST(refuses_old_tls)
{
    struct fixture *f = fixture_new(a);
    struct identity *ca = identity_new(a, "mesh CA", NULL, NULL, -60, 60);
    struct identity *leaf = identity_new(a, "s", "IP:127.0.0.1", ca, -60, 60);
    SSL_CTX *tls = server_tls(leaf, NULL);
    struct http_endpoint_options options = {.ca_pem = ca->cert_pem};
    struct server *s;
    struct http_reply reply;

    SSL_CTX_set_security_level(tls, 0);
    SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(tls, TLS1_1_VERSION);
    s = server_new(a, say_ok, NULL, tls);
    reply = send_to(f, endpoint_open(a, f, s, options));
    assert_int_equal(reply.failure, HTTP_TLS);
    assert_int_equal(reply.attempts, 1);
}

TEST(says_when_the_port_does_not_speak_tls)
{
    struct fixture *f = fixture_new(a);
    struct identity *ca = identity_new(a, "mesh CA", NULL, NULL, -60, 60);
    struct server *s = server_new(a, say_ok, NULL, NULL);
    struct http_endpoint_options options = {.base_url = text_f(a, "https://127.0.0.1:%d", s->port),
                                            .ca_pem = ca->cert_pem};
    struct http_reply reply;

    s->greeting = "HTTP/1.0 400 Bad Request\r\n\r\n";
    reply = send_to(f, endpoint_open(a, f, s, options));
    assert_int_equal(reply.failure, HTTP_TLS);
    assert_int_equal(reply.attempts, 1);
    expect_words(&reply, WORDS("wrong version number", "does not speak TLS"));
}

/* --- proxies ---------------------------------------------------------------- */
/* Answers CONNECT and then is the server itself: what is seen is enough. */
static bool be_proxy(struct exchange *x)
{
    const char *refusal = x->server->data;

    if (strncmp(x->head, "CONNECT ", 8) != 0)
        return exchange_ok(x, "through");
    if (refusal) {
        exchange_say(x, refusal);
        return false;
    }
    return exchange_say(x, "HTTP/1.1 200 Connected\r\nX-Proxy: 1\r\n\r\n") && exchange_begin_tls(x);
}

static struct server *proxy_new(struct arena *a, char *refusal, const struct identity *leaf)
{
    struct server *s = server_new(a, be_proxy, refusal, NULL);

    s->later_tls = server_tls(leaf, NULL);
    return s;
}

TEST(proxy_by_connect)
{
    static char forbidden[] = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n";
    static char busy[] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    struct fixture *f = fixture_new(a);
    struct identity *ca = identity_new(a, "mesh CA", NULL, NULL, -60, 60);
    struct identity *leaf = identity_new(a, "s", "DNS:api.example", ca, -60, 60);
    struct server *s = proxy_new(a, NULL, leaf);
    struct http_endpoint_options options = {
        .base_url = "https://10.9.8.7:6443",
        .ca_pem = ca->cert_pem,
        .tls_server_name = "api.example",
        .proxy_url = text_f(a, "http://me:PLANTED@127.0.0.1:%d", s->port)};
    struct http_reply reply = send_to(f, endpoint_open(a, f, s, options));

    assert_true(text_is(reply.body, "through"));
    assert_string_equal(http_reply_header(&reply, "x-proxy"), "");
    assert_non_null(strstr(server_saw(s, s->heads, 0), "CONNECT 10.9.8.7:6443 HTTP/1.1\r\n"));
    assert_non_null(strstr(server_saw(s, s->heads, 0), "Proxy-Authorization: Basic "));
    assert_non_null(
        strstr(server_saw(s, s->heads, 1), "GET /x HTTP/1.1\r\nHost: 10.9.8.7:6443\r\n"));
    assert_null(strstr(server_saw(s, s->heads, 1), "Proxy-Authorization"));

    s = proxy_new(a, forbidden, leaf);
    options.proxy_url = text_f(a, "http://me:PLANTED@127.0.0.1:%d", s->port);
    reply = send_to(f, endpoint_open(a, f, s, options));
    assert_int_equal(reply.failure, HTTP_PROXY);
    assert_int_equal(reply.attempts, 1);
    expect_words(&reply, WORDS("403", "10.9.8.7:6443", text_f(a, "http://127.0.0.1:%d", s->port)));
    assert_null(strstr(reply.failure_text, "PLANTED"));
    assert_null(strstr(f->diags.last->detail, "PLANTED"));

    s = proxy_new(a, busy, leaf);
    options.proxy_url = text_f(a, "127.0.0.1:%d", s->port);
    reply = send_to(f, endpoint_open(a, f, s, options));
    assert_int_equal(reply.failure, HTTP_PROXY);
    assert_int_equal(reply.attempts, 6);
}

TEST(the_environments_proxy_is_used_and_passed_over)
{
    struct fixture *f = fixture_new(a);
    struct identity *ca = identity_new(a, "mesh CA", NULL, NULL, -60, 60);
    struct identity *leaf = identity_new(a, "s", "IP:10.9.8.7,IP:127.0.0.1", ca, -60, 60);
    struct server *proxy = proxy_new(a, NULL, leaf);
    struct server *s = server_new(a, say_ok, NULL, server_tls(leaf, NULL));
    struct http_endpoint_options options = {.base_url = "https://10.9.8.7", .ca_pem = ca->cert_pem};
    struct http_reply reply;

    setenv("HTTPS_PROXY", text_f(a, "http://127.0.0.1:%d", proxy->port), 1);
    reply = send_to(f, endpoint_open(a, f, proxy, options));
    assert_true(text_is(reply.body, "through"));
    options.base_url = NULL; /* loopback */
    reply = send_to(f, endpoint_open(a, f, s, options));
    assert_true(text_is(reply.body, "nobody"));
    unsetenv("HTTPS_PROXY");
    assert_int_equal(server_requests(proxy), 2);
}
