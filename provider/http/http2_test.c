/* HTTP/2 against nghttpd (Debian: nghttp2-server), which make deps installs. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "http/test_server.h"

enum { BIG_BYTES = 24 << 20 };

static const char *find_server(void)
{
    static const char *const places[] = {"/usr/sbin/nghttpd", "/usr/bin/nghttpd",
                                         "/usr/local/bin/nghttpd"};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (access(places[i], X_OK) == 0)
            return places[i];
    fail_msg("nghttpd is not installed (Debian: nghttp2-server; make deps)");
    return NULL;
}

/* A folder with small and big, a certificate, and the server's log. */
struct site {
    struct arena *arena;
    const char *folder, *ca_pem;
    int port;
    pid_t server;
};

static const char *site_file(const struct site *site, const char *name)
{
    return text_f(site->arena, "%s/%s", site->folder, name);
}

static void write_file(const char *path, const char *data, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    fclose(file);
}

static bool port_answers(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool answers = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;

    close(fd);
    return answers;
}

static void site_stop(struct site *site)
{
    if (site->server <= 0)
        return;
    kill(site->server, SIGKILL);
    waitpid(site->server, NULL, 0);
    site->server = 0;
}

static void site_start(struct site *site)
{
    const char *key = site_file(site, "key"), *cert = site_file(site, "cert"),
               *log = site_file(site, "log"), *port = text_f(site->arena, "%d", site->port);
    struct cancel *never = cancel_new();

    site->server = fork();
    if (site->server == 0) {
        int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves none behind */
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        execl(find_server(), "nghttpd", "-v", "-a", "127.0.0.1", "-d", site->folder, port, key,
              cert, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500 && !port_answers(site->port); i++)
        cancel_wait_ms(never, 10);
    cancel_free(never);
}

static void site_free(void *data)
{
    static const char *const names[] = {"key", "cert", "log", "small", "big"};
    struct site *site = data;

    site_stop(site);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(site_file(site, names[i]));
    rmdir(site->folder);
}

static struct site *site_new(struct arena *a)
{
    struct site *site = arena_alloc(a, sizeof(*site));
    struct identity *id = identity_new(a, "h2", "IP:127.0.0.1", NULL, -60, 3600);
    char *big = memory_new(1, BIG_BYTES);
    int fd;

    site->arena = a;
    site->folder = mkdtemp(arena_strdup(a, "/tmp/http2-XXXXXX"));
    site->ca_pem = id->cert_pem;
    site->port = server_dead_port(&fd);
    close(fd);
    arena_defer(a, site_free, site);
    write_file(site_file(site, "key"), id->key_pem, strlen(id->key_pem));
    write_file(site_file(site, "cert"), id->cert_pem, strlen(id->cert_pem));
    write_file(site_file(site, "small"), "small", 5);
    write_file(site_file(site, "big"), big, BIG_BYTES);
    memory_free(big);
    site_start(site);
    return site;
}

static struct http_endpoint *site_endpoint(struct site *site, struct fixture *f)
{
    struct http_endpoint_options options = {
        .base_url = text_f(site->arena, "https://127.0.0.1:%d", site->port),
        .ca_pem = site->ca_pem};

    return endpoint_open(site->arena, f, NULL, options);
}

/* Connections by the server's log, which starts each line with "[id=N]". The
 * tries of port_answers() are told apart: they have no stream. */
static size_t connections_with_streams(struct site *site)
{
    const char *log = test_file(site->arena, site_file(site, "log")).at;
    bool seen[100] = {false};
    size_t count = 0;

    for (const char *at = log; (at = strstr(at, "recv (stream_id=")); at++) {
        const char *id = at;
        unsigned long number;

        while (id > log && strncmp(id, "[id=", 4) != 0)
            id--;
        number = strtoul(id + 4, NULL, 10);
        assert_true(number < 100);
        count += !seen[number];
        seen[number] = true;
    }
    return count;
}

static size_t send_many(struct arena *a, struct fixture *f, const struct http_endpoint *e,
                        size_t count)
{
    struct http_request *requests = arena_array(a, count, sizeof(*requests));
    struct http_reply *replies = arena_array(a, count, sizeof(*replies));
    size_t fine = 0;

    for (size_t i = 0; i < count; i++)
        requests[i] = (struct http_request){.endpoint = e, .method = "GET", .target = "/small"};
    http_send_all(&f->call, requests, count, 0, replies);
    for (size_t i = 0; i < count; i++)
        fine += replies[i].failure == HTTP_FINE && text_is(replies[i].body, "small");
    return fine;
}

static void check_many_requests_share_one_connection(struct arena *a)
{
    struct fixture *f = fixture_new(a);
    struct site *site = site_new(a);
    struct http_endpoint *e = site_endpoint(site, f);

    assert_int_equal(send_many(a, f, e, 1000), 1000);
    assert_int_equal(send_many(a, f, e, 1000), 1000);
    assert_int_equal(connections_with_streams(site), 1);
}

TEST(many_requests_share_one_connection)
{
    check_many_requests_share_one_connection(a);
}

static void check_goes_on_with_a_server_that_came_back(struct arena *a)
{
    struct fixture *f = fixture_new(a);
    struct site *site = site_new(a);
    struct http_endpoint *e = site_endpoint(site, f);

    for (int i = 0; i < 3; i++) {
        int64_t start = clock_monotonic_ms();

        assert_int_equal(send_many(a, f, e, 200), 200);
        assert_true(clock_monotonic_ms() - start < 5000);
        site_stop(site);
        site_start(site);
    }
}

TEST(goes_on_with_a_server_that_came_back)
{
    check_goes_on_with_a_server_that_came_back(a);
}

struct reader {
    struct fixture *f;
    const struct http_endpoint *e;
    size_t bytes;
    size_t fine;
    int64_t took_ms;
};

/* While nobody reads the stream, others use the same connection. */
static bool read_and_send(void *data, struct text piece)
{
    struct reader *r = data;
    struct arena *a = arena_new();

    if (!r->bytes) {
        int64_t start = clock_monotonic_ms();

        for (int i = 0; i < 20; i++)
            r->fine += send_many(a, r->f, r->e, 50);
        r->took_ms = clock_monotonic_ms() - start;
    }
    r->bytes += piece.len;
    arena_free(a);
    return true;
}

static void check_a_stream_that_nobody_reads_holds_up_nobody(struct arena *a)
{
    struct fixture *f = fixture_new(a);
    struct site *site = site_new(a);
    struct reader r = {f, site_endpoint(site, f), 0, 0, 0};
    struct http_request request = {
        .endpoint = r.e, .method = "GET", .target = "/big", .on_data = read_and_send, .data = &r};
    struct http_reply reply;

    assert_true(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.failure, HTTP_FINE);
    assert_int_equal(r.bytes, BIG_BYTES);
    assert_int_equal(r.fine, 1000);
    assert_true(r.took_ms < 5000);
}

TEST(a_stream_that_nobody_reads_holds_up_nobody)
{
    check_a_stream_that_nobody_reads_holds_up_nobody(a);
}
