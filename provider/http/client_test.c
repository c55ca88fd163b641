#include "http/client.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "http/test_server.h"

/* --- what goes over the wire ----------------------------------------------- */
static bool say_ok(struct exchange *x)
{
    return exchange_ok(x, "fine");
}

static struct http_request request_to(const struct http_endpoint *e, const char *method,
                                      const char *target)
{
    return (struct http_request){.endpoint = e, .method = method, .target = target};
}

TEST(sends_exactly_what_was_asked)
{
    static const struct http_header headers[] = {
        {"Authorization", "Bearer x"}, {"Accept-Encoding", "identity"}, {"X-Empty", ""}};
    static const struct {
        const char *method, *target, *body, *wire;
    } cases[] = {
        {"GET", "/api?a=%20b", "", "GET /base/api?a=%20b HTTP/1.1"},
        {"HEAD", "/x/../y", "", "HEAD /base/x/../y HTTP/1.1"},
        {"POST", "/p", "{}", "POST /base/p HTTP/1.1"},
        {"POST", "/p", "", "POST /base/p HTTP/1.1"},
        {"PUT", "", "{}", "PUT /base HTTP/1.1"},
        {"PATCH", "/p", "[1]", "PATCH /base/p HTTP/1.1"},
        {"DELETE", "/p", "", "DELETE /base/p HTTP/1.1"},
        {"DELETE", "/p", "{\"x\":1}", "DELETE /base/p HTTP/1.1"},
    };
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_ok, NULL, NULL);
    struct http_endpoint_options options = {.base_url =
                                                text_f(a, "http://127.0.0.1:%d/base/", s->port)};
    struct http_endpoint *e = endpoint_open(a, f, s, options);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_request request = request_to(e, cases[i].method, cases[i].target);
        const char *length = "";
        struct http_reply reply;

        request.headers = headers;
        request.header_count = 3;
        request.body = text_of(cases[i].body);
        assert_true(http_send(&f->call, &request, &reply));
        if (*cases[i].body || strcmp(cases[i].method, "POST") == 0)
            length = text_f(a, "Content-Length: %zu\r\n", strlen(cases[i].body));
        assert_string_equal(server_saw(s, s->heads, i),
                            text_f(a,
                                   "%s\r\nHost: 127.0.0.1:%d\r\n"
                                   "User-Agent: terraform-provider-istio/" PROVIDER_VERSION "\r\n"
                                   "Authorization: Bearer x\r\nAccept-Encoding: identity\r\n"
                                   "X-Empty:\r\n%s\r\n",
                                   cases[i].wire, s->port, length));
        assert_string_equal(server_saw(s, s->bodies, i), cases[i].body);
        if (strcmp(cases[i].method, "HEAD") != 0)
            assert_true(text_is(reply.body, "fine"));
    }
    assert_string_equal(http_endpoint_url(e), text_f(a, "http://127.0.0.1:%d/base", s->port));
}

TEST(refuses_requests_that_would_smuggle)
{
    static const struct http_header line_break[] = {{"Authorization", "Bearer x\nX-Evil: 1"}};
    static const struct http_header bad_name[] = {{"A b", "x"}};
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_ok, NULL, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request requests[] = {
        request_to(e, "GET", "/"), request_to(e, "GET", "/"), request_to(e, "GET", "/a b"),
        request_to(e, "GET", "/a\r\nX: y"), request_to(e, "GET", "evil.example")};

    requests[0].headers = line_break;
    requests[1].headers = bad_name;
    requests[0].header_count = requests[1].header_count = 1;
    for (size_t i = 0; i < 5; i++) {
        struct http_reply reply;

        assert_false(http_send(&f->call, &requests[i], &reply));
        assert_int_equal(reply.attempts, 0);
        assert_null(strstr(f->diags.last->detail, "Evil"));
    }
    assert_int_equal(server_connections(s), 0);
    assert_non_null(strstr(f->diags.first->detail, "Authorization"));
}

static bool say_nul(struct exchange *x)
{
    static const char reply[] = "HTTP/1.1 404 Not Found\r\nX-One:  two \r\nEmpty:\r\n"
                                "Content-Length: 4\r\n\r\nno\0e";

    return exchange_say(x, "HTTP/1.1 103 Early Hints\r\nX-Interim: 1\r\n\r\n") &&
           exchange_write(x, reply, sizeof(reply) - 1);
}

TEST(returns_the_reply_as_it_came)
{
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_nul, NULL, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request request = request_to(e, "GET", "/");
    struct http_reply reply;

    assert_true(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.status, 404);
    assert_int_equal(reply.attempts, 1);
    assert_int_equal(reply.failure, HTTP_FINE);
    assert_int_equal(reply.header_count, 3);
    assert_string_equal(http_reply_header(&reply, "x-one"), "two");
    assert_string_equal(http_reply_header(&reply, "empty"), "");
    assert_string_equal(http_reply_header(&reply, "x-interim"), "");
    assert_true(text_equal(reply.body, (struct text){"no\0e", 4}));
    assert_int_equal(reply.body.at[4], '\0');
    assert_int_equal(f->diags.count, 0);
}

TEST(keeps_connections)
{
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_ok, NULL, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});

    for (int i = 0; i < 50; i++) {
        struct http_request request = request_to(e, i % 2 ? "POST" : "GET", "/");
        struct http_reply reply;

        assert_true(http_send(&f->call, &request, &reply));
    }
    assert_int_equal(server_requests(s), 50);
    assert_int_equal(server_connections(s), 1);
}

static bool say_chunks(struct exchange *x)
{
    return exchange_say(x, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "5;ext=1\r\nhello\r\n") &&
           exchange_say(x, "7\r\n, world\r\n0\r\nX-Trailer: 1\r\n\r\n");
}

TEST(reads_chunks)
{
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_chunks, NULL, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request request = request_to(e, "GET", "/");
    struct http_reply reply;

    for (int i = 0; i < 2; i++) {
        assert_true(http_send(&f->call, &request, &reply));
        assert_true(text_is(reply.body, "hello, world"));
    }
    assert_int_equal(server_connections(s), 1);
}

/* --- failures --------------------------------------------------------------- */
struct script {
    const char *bad;  /* raw bytes of the reply that fails */
    size_t bad_count; /* how many requests get it; then "fine" */
};

static bool run_script(struct exchange *x)
{
    const struct script *script = x->server->data;

    if (x->number > script->bad_count)
        return exchange_ok(x, "fine");
    exchange_say(x, script->bad);
    return false;
}

#define STATUS(line) "HTTP/1.1 " line "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

TEST(retries_what_may_be_retried)
{
    static const struct {
        const char *bad;
        const char *method;
        unsigned flags;
        size_t bad_count;
        int attempts, status; /* 0 = no reply */
    } cases[] = {
        {STATUS("429 Slow"), "POST", 0, 2, 3, 200},
        {STATUS("429 Slow"), "POST", HTTP_NO_RETRY, 2, 1, 429},
        {STATUS("503 Busy"), "GET", 0, 1, 2, 200},
        {STATUS("503 Busy"), "POST", 0, 1, 1, 503},
        {STATUS("503 Busy\r\nRetry-After: 0"), "POST", 0, 1, 2, 200},
        {STATUS("503 Busy\r\nRetry-After: 3600"), "GET", 0, 1, 1, 503},
        {STATUS("500 Oops"), "GET", 0, 1, 2, 200},
        {STATUS("500 Oops"), "HEAD", 0, 1, 2, 200},
        {STATUS("500 Oops"), "POST", 0, 1, 1, 500},
        {STATUS("500 Oops"), "PATCH", HTTP_IDEMPOTENT, 1, 2, 200},
        {STATUS("502 Oops"), "DELETE", HTTP_IDEMPOTENT, 1, 2, 200},
        {STATUS("504 Oops"), "PUT", 0, 1, 1, 504},
        {STATUS("501 Never"), "GET", 0, 1, 1, 501},
        {STATUS("409 Conflict"), "GET", 0, 1, 1, 409},
        {"", "GET", 0, 1, 2, 200},
        {"", "POST", 0, 1, 1, 0},
        {"", "POST", HTTP_IDEMPOTENT, 1, 2, 200},
        {"", "GET", HTTP_NO_RETRY, 1, 1, 0},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "GET", 0, 1, 2, 200},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "POST", 0, 1, 1, 0},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal", "GET", 0, 1, 2, 200},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhal", "POST", 0, 1, 1, 0},
        {"SSH-2.0-OpenSSH_9\r\n", "POST", 0, 1, 1, 0},
        {"SSH-2.0-OpenSSH_9\r\n", "GET", 0, 1, 2, 200},
        {"HTTP/1.1 banana\r\n\r\n", "POST", 0, 1, 1, 0},
        {STATUS("500 Oops"), "GET", 0, 99, 6, 500},
    };
    struct fixture *f = fixture_new(a);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct script *script = arena_alloc(a, sizeof(*script));
        struct server *s = server_new(a, run_script, script, NULL);
        struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
        struct http_request request = request_to(e, cases[i].method, "/");
        struct http_reply reply;
        bool fine;

        *script = (struct script){cases[i].bad, cases[i].bad_count};
        request.flags = cases[i].flags;
        request.body = strcmp(cases[i].method, "GET") == 0 ? TEXT("") : TEXT("body");
        fine = http_send(&f->call, &request, &reply);
        if (reply.attempts != cases[i].attempts || reply.status != cases[i].status ||
            fine != (cases[i].status > 0) || server_requests(s) != (size_t)cases[i].attempts)
            fail_msg("case %zu (%s %.20s): %d attempts, status %d, %zu requests", i,
                     cases[i].method, cases[i].bad, reply.attempts, reply.status,
                     server_requests(s));
        if (!fine)
            assert_int_equal(reply.failure, HTTP_CUT);
    }
}

/* The connection that was kept is closed as the second request arrives. */
static bool close_second(struct exchange *x)
{
    if (x->number == 2)
        return exchange_reset(x);
    return exchange_ok(x, "fine");
}

TEST(never_sends_twice_on_its_own)
{
    static const struct {
        const char *method;
        unsigned flags;
        const char *body;
        bool fine;
    } cases[] = {{"POST", 0, "", false},
                 {"POST", 0, "body", false},
                 {"POST", HTTP_IDEMPOTENT, "body", true},
                 {"GET", 0, "", true}};
    struct fixture *f = fixture_new(a);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct server *s = server_new(a, close_second, NULL, NULL);
        struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
        struct http_request request = request_to(e, cases[i].method, "/");
        struct http_reply reply;

        request.flags = cases[i].flags;
        request.body = text_of(cases[i].body);
        assert_true(http_send(&f->call, &request, &reply));
        assert_int_equal(http_send(&f->call, &request, &reply), cases[i].fine);
        assert_int_equal(server_requests(s), cases[i].fine ? 3 : 2);
    }
    assert_non_null(strstr(f->diags.first->detail, "not sent twice"));
}

static bool say_later(struct exchange *x)
{
    if (x->number > 1)
        return exchange_ok(x, "fine");
    return exchange_say(x, "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
}

TEST(honours_retry_after)
{
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_later, NULL, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request request = request_to(e, "POST", "/");
    int64_t start = clock_monotonic_ms(), took;
    struct http_reply reply;

    assert_true(http_send(&f->call, &request, &reply));
    took = clock_monotonic_ms() - start;
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.attempts, 2);
    assert_int_equal(server_connections(s), 1);
    assert_true(took >= 1000 && took < 2000);
}

TEST(keeps_the_reply_when_the_deadline_is_before_the_retry)
{
    struct script script = {STATUS("503 Busy\r\nRetry-After: 5"), 9};
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, run_script, &script, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request request = request_to(e, "GET", "/");
    struct http_reply reply;

    f->call.deadline_ms = clock_monotonic_ms() + 3000;
    assert_true(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.status, 503);
    assert_true(clock_monotonic_ms() < f->call.deadline_ms);
}

TEST(tries_a_dead_server_a_few_times)
{
    struct fixture *f = fixture_new(a);
    int fd, port = server_dead_port(&fd);
    struct http_endpoint_options options = {.base_url = text_f(a, "http://127.0.0.1:%d", port)};
    struct http_endpoint *e = endpoint_open(a, f, NULL, options);
    struct http_request request = request_to(e, "POST", "/x?token=hidden");
    struct http_reply reply;

    assert_false(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.failure, HTTP_CONNECT);
    assert_int_equal(reply.attempts, 6);
    assert_int_equal(reply.status, 0);
    assert_int_equal(f->diags.count, 1);
    assert_string_equal(f->diags.first->summary, text_f(a, "Cannot reach %s", options.base_url));
    assert_non_null(strstr(f->diags.first->detail, "Connection refused"));
    assert_non_null(strstr(f->diags.first->detail, "(6 attempts)"));
    assert_null(strstr(f->diags.first->detail, "hidden"));
    close(fd);
}

TEST(says_when_a_name_has_no_address)
{
    struct fixture *f = fixture_new(a);
    struct http_endpoint_options options = {.base_url = "http://nowhere.invalid"};
    struct http_endpoint *e = endpoint_open(a, f, NULL, options);
    struct http_request request = request_to(e, "GET", "/");
    struct http_reply reply;

    request.flags = HTTP_NO_RETRY;
    assert_false(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.failure, HTTP_RESOLVE);
    assert_non_null(strstr(reply.failure_text, "nowhere.invalid"));
}

static bool hang(struct exchange *x)
{
    return exchange_hang(x);
}

TEST(obeys_deadline_and_attempt_time)
{
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, hang, NULL, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request request = request_to(e, "GET", "/");
    int64_t start = clock_monotonic_ms(), took;
    struct http_reply reply;

    f->call.deadline_ms = start + 300;
    assert_false(http_send(&f->call, &request, &reply));
    took = clock_monotonic_ms() - start;
    assert_int_equal(reply.failure, HTTP_TIMED_OUT);
    assert_true(took >= 300 && took < 1300);
    assert_int_equal(reply.attempts, 1);

    f->call.deadline_ms = clock_monotonic_ms() + 60 * 1000;
    request.timeout_ms = 50;
    assert_false(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.failure, HTTP_TIMED_OUT);
    assert_int_equal(reply.attempts, 6);
    request.method = "POST";
    assert_false(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.attempts, 1);

    f->call.deadline_ms = 0; /* long past */
    assert_false(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.failure, HTTP_TIMED_OUT);
    assert_string_equal(f->diags.first->summary,
                        text_f(a, "No answer from %s", http_endpoint_url(e)));
}

/* --- cancellation ----------------------------------------------------------- */
static bool fire_and_hang(struct exchange *x)
{
    cancel_fire(x->server->data);
    return exchange_hang(x);
}

static void check_cancelled(struct fixture *f, const struct http_request *request)
{
    int64_t start = clock_monotonic_ms();
    struct http_reply reply;

    assert_false(http_send(&f->call, request, &reply));
    assert_int_equal(reply.failure, HTTP_CANCELLED);
    assert_true(clock_monotonic_ms() - start < 1000);
    assert_string_equal(f->diags.last->summary, "Interrupted");
}

TEST(cancel_ends_requests_within_a_second)
{
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, fire_and_hang, f->cancel, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request request = request_to(e, "GET", "/");

    check_cancelled(f, &request);
    check_cancelled(f, &request); /* and none begins any more */
    assert_int_equal(server_requests(s), 1);
}

static void free_cancel(void *cancel)
{
    cancel_free(cancel);
}

/* Behind the servers that are started from now on. */
static struct cancel *free_later(struct arena *a, struct cancel *cancel)
{
    arena_defer(a, free_cancel, cancel);
    return cancel;
}

TEST(cancel_of_the_call_ends_only_its_requests)
{
    struct fixture *f = fixture_new(a);
    struct cancel *own = free_later(a, cancel_new());
    struct server *s = server_new(a, fire_and_hang, own, NULL);
    struct server *sound = server_new(a, say_ok, NULL, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request requests[20];
    struct http_reply replies[20], reply;

    for (size_t i = 0; i < 20; i++)
        requests[i] = request_to(e, "GET", "/");
    f->call.cancel = own;
    http_send_all(&f->call, requests, 20, 4, replies);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(replies[i].failure, HTTP_CANCELLED);
    f->call.cancel = f->cancel;
    requests[0].endpoint = endpoint_open(a, f, sound, (struct http_endpoint_options){0});
    assert_true(http_send(&f->call, &requests[0], &reply));
}

struct caller {
    struct fixture *f;
    const struct http_endpoint *e;
    struct cancel *cancel;
    int failures;
};

static void *cancel_soon(void *data)
{
    struct caller *caller = data;

    cancel_wait_ms(caller->cancel, 100); /* lets the request come to its pause */
    cancel_fire(caller->f->cancel);
    return NULL;
}

TEST(cancel_ends_the_pause_between_attempts)
{
    struct script script = {STATUS("503 Busy\r\nRetry-After: 50"), 99};
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, run_script, &script, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request request = request_to(e, "GET", "/");
    struct caller caller = {.f = f, .cancel = cancel_new()};
    pthread_t thread;

    pthread_create(&thread, NULL, cancel_soon, &caller);
    check_cancelled(f, &request);
    pthread_join(thread, NULL);
    cancel_free(caller.cancel);
}

/* --- limits ----------------------------------------------------------------- */
static bool say_much(struct exchange *x)
{
    char part[1024];

    memset(part, 'x', sizeof(part));
    exchange_say(x, x->server->data);
    for (int i = 0; i < 1000; i++)
        if (!exchange_write(x, part, sizeof(part)))
            break;
    return false;
}

static bool say_many_headers(struct exchange *x)
{
    exchange_say(x, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100000; i++)
        if (!exchange_say(x, x->server->data))
            break;
    return false;
}

static bool say_interim_for_ever(struct exchange *x)
{
    for (int i = 0; i < 100000; i++)
        if (!exchange_say(x, x->server->data))
            break;
    return false;
}

TEST(bounds_replies)
{
    static char closed[] = "HTTP/1.1 200 OK\r\n\r\n",
                announced[] = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
                chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
                header[] = "X-Flood: y\r\n", interim[] = "HTTP/1.1 100 Continue\r\n\r\n",
                endless[] = "x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-";
    static const struct {
        bool (*handle)(struct exchange *x);
        char *data;
        const char *words;
    } cases[] = {
        {say_much, closed, "longer than the 10000 bytes"},
        {say_much, announced, "longer than the 10000 bytes"},
        {say_much, chunked, "longer than the 10000 bytes"},
        {say_many_headers, header, "more than 256 headers"},
        {say_interim_for_ever, interim, "more than 256 headers"},
        {say_many_headers, endless, ""},
    };
    struct fixture *f = fixture_new(a);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct server *s = server_new(a, cases[i].handle, cases[i].data, NULL);
        struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
        struct http_request request = request_to(e, "GET", "/");
        struct http_reply reply;

        request.reply_bytes_max = 10000;
        request.flags = HTTP_NO_RETRY;
        assert_false(http_send(&f->call, &request, &reply));
        if (!strstr(reply.failure_text, cases[i].words))
            fail_msg("case %zu: %s", i, reply.failure_text);
        if (*cases[i].words)
            assert_int_equal(reply.failure, HTTP_TOO_LARGE);
    }
    assert_string_equal(f->diags.first->detail + strlen(f->diags.first->detail) - 8, "allowed.");
}

TEST(takes_a_reply_of_exactly_the_limit)
{
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_ok, NULL, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request request = request_to(e, "GET", "/");
    struct http_reply reply;

    request.reply_bytes_max = 4;
    assert_true(http_send(&f->call, &request, &reply));
    request.reply_bytes_max = 3;
    assert_false(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.failure, HTTP_TOO_LARGE);
    assert_int_equal(reply.attempts, 1);
}

/* --- streams ---------------------------------------------------------------- */
enum { STREAM_BYTES = 24 << 20, STREAM_STEP = 64 * 1024 };

/* Numbers its blocks, so that the order can be checked. */
static bool say_stream(struct exchange *x)
{
    static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
    atomic_size_t *sent = x->server->data;
    unsigned char *block = memory_new(1, STREAM_STEP);

    exchange_say(x, head);
    for (size_t at = 0; at < STREAM_BYTES; at += STREAM_STEP) {
        memset(block, (int)(at / STREAM_STEP % 251), STREAM_STEP);
        if (!exchange_write(x, (const char *)block, STREAM_STEP))
            break;
        atomic_fetch_add(sent, STREAM_STEP);
    }
    memory_free(block);
    return false;
}

struct reader {
    size_t bytes, stop_at;
    atomic_size_t *sent;
    size_t lead_max; /* how far the server was ahead, at most */
    bool wrong;
    pthread_t thread;
};

static bool read_stream(void *data, struct text piece)
{
    struct reader *r = data;
    size_t sent = atomic_load(r->sent);

    if (!pthread_equal(r->thread, pthread_self()))
        r->wrong = true;
    for (size_t i = 0; i < piece.len; i++)
        if ((unsigned char)piece.at[i] != (r->bytes + i) / STREAM_STEP % 251)
            r->wrong = true;
    r->bytes += piece.len;
    if (sent > r->bytes && sent - r->bytes > r->lead_max)
        r->lead_max = sent - r->bytes;
    return !r->stop_at || r->bytes < r->stop_at;
}

static struct http_request stream_from(const struct http_endpoint *e, struct reader *r)
{
    struct http_request request = request_to(e, "GET", "/watch");

    request.on_data = read_stream;
    request.data = r;
    r->thread = pthread_self();
    return request;
}

TEST(streams_in_order)
{
    atomic_size_t sent = 0;
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_stream, &sent, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct reader r = {.sent = &sent};
    struct http_request request = stream_from(e, &r);
    struct http_reply reply;

    assert_true(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.failure, HTTP_FINE);
    assert_int_equal(r.bytes, STREAM_BYTES);
    assert_int_equal(reply.body.len, 0);
    assert_false(r.wrong);
}

/* Reads nothing until the server can send no more for a while: what it has
 * sent by then is what the client and the kernel hold. */
static bool read_slowly(void *data, struct text piece)
{
    struct reader *r = data;
    size_t before;

    if (!r->bytes) {
        struct cancel *never = cancel_new();

        do {
            before = atomic_load(r->sent);
            cancel_wait_ms(never, 200);
        } while (atomic_load(r->sent) != before);
        cancel_free(never);
    }
    return read_stream(data, piece);
}

TEST(streams_hold_back_the_server)
{
    atomic_size_t sent = 0;
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_stream, &sent, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct reader r = {.sent = &sent};
    struct http_request request = stream_from(e, &r);
    struct http_reply reply;

    request.on_data = read_slowly;
    request.timeout_ms = 150; /* idle time: none passes while the reader is slow */
    assert_true(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.failure, HTTP_FINE);
    assert_int_equal(r.bytes, STREAM_BYTES);
    assert_false(r.wrong);
    assert_true(r.lead_max > 1 << 20 && r.lead_max < STREAM_BYTES - (4 << 20));
}

TEST(streams_end_when_the_reader_has_enough)
{
    atomic_size_t sent = 0;
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_stream, &sent, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct reader r = {.sent = &sent, .stop_at = 100000};
    struct http_request request = stream_from(e, &r);
    struct http_reply reply;

    assert_true(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.failure, HTTP_FINE);
    assert_int_equal(reply.status, 200);
    assert_true(r.bytes >= 100000 && r.bytes < 200000);
}

static bool say_one_event(struct exchange *x)
{
    exchange_say(x, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n");
    exchange_write(x, "\0", 1);
    exchange_say(x, "\r\n");
    if (x->server->data)
        return false; /* cut in the middle */
    return exchange_hang(x);
}

TEST(streams_say_how_they_ended)
{
    static char cut[] = "cut";
    atomic_size_t sent = 0;
    struct fixture *f = fixture_new(a);
    struct server *quiet = server_new(a, say_one_event, NULL, NULL);
    struct server *broken = server_new(a, say_one_event, cut, NULL);
    struct script script = {STATUS("410 Gone"), 9};
    struct server *refusing = server_new(a, run_script, &script, NULL);
    struct reader r = {.sent = &sent};
    struct http_request request;
    struct http_reply reply;

    request = stream_from(endpoint_open(a, f, quiet, (struct http_endpoint_options){0}), &r);
    request.timeout_ms = 100;
    assert_true(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.failure, HTTP_TIMED_OUT);
    assert_int_equal(reply.attempts, 1);
    assert_int_equal(r.bytes, 1);
    request.endpoint = endpoint_open(a, f, broken, (struct http_endpoint_options){0});
    r.bytes = 0;
    assert_true(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.failure, HTTP_CUT);
    request.endpoint = endpoint_open(a, f, refusing, (struct http_endpoint_options){0});
    assert_true(http_send(&f->call, &request, &reply));
    assert_int_equal(reply.status, 410);
    assert_int_equal(f->diags.count, 0);
}

static bool say_and_watch(struct exchange *x)
{
    if (strstr(x->head, "/watch"))
        return say_one_event(x);
    return exchange_ok(x, "fine");
}

static bool send_another(void *data, struct text piece)
{
    struct caller *caller = data;
    struct http_request request = request_to(caller->e, "GET", "/");
    struct http_reply reply;

    (void)piece;
    caller->failures += !http_send(&caller->f->call, &request, &reply);
    return false;
}

TEST(streams_do_not_block_other_requests)
{
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_and_watch, NULL, NULL);
    struct http_endpoint_options options = {.connections_max = 1};
    struct http_endpoint *e = endpoint_open(a, f, s, options);
    struct caller caller = {.f = f, .e = e};
    struct http_request request = request_to(e, "GET", "/watch");
    struct http_reply reply;

    request.on_data = send_another;
    request.data = &caller;
    assert_true(http_send(&f->call, &request, &reply));
    assert_int_equal(caller.failures, 0);
    assert_int_equal(server_requests(s), 2);
}

/* --- many ------------------------------------------------------------------- */
static bool say_target(struct exchange *x)
{
    const char *slash = strchr(x->head, '/');
    char target[64] = "";

    for (size_t i = 0; i < sizeof(target) - 1 && slash[i] != ' '; i++)
        target[i] = slash[i];
    return exchange_ok(x, target);
}

static size_t check_all(struct arena *a, struct call *c, const struct http_endpoint *e,
                        size_t count, size_t concurrency)
{
    struct http_request *requests = arena_array(a, count, sizeof(*requests));
    struct http_reply *replies = arena_array(a, count, sizeof(*replies));
    size_t wrong = 0;

    for (size_t i = 0; i < count; i++)
        requests[i] = request_to(e, "GET", text_f(a, "/%zu", i));
    http_send_all(c, requests, count, concurrency, replies);
    for (size_t i = 0; i < count; i++)
        wrong += replies[i].failure != HTTP_FINE || !text_is(replies[i].body, requests[i].target);
    return wrong;
}

TEST(sends_many_within_the_bound_of_connections)
{
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_target, NULL, NULL);
    struct http_endpoint_options options = {.connections_max = 5};
    struct http_endpoint *e = endpoint_open(a, f, s, options);

    assert_int_equal(check_all(a, &f->call, e, 1000, 0), 0);
    assert_int_equal(server_requests(s), 1000);
    assert_true(server_connections(s) <= 5);
    assert_int_equal(check_all(a, &f->call, e, 3, 1), 0);
    http_send_all(&f->call, NULL, 0, 0, NULL);
}

struct worker {
    struct fixture *f;
    const struct http_endpoint *e;
    size_t wrong;
};

static void *work(void *data)
{
    struct worker *w = data;
    struct arena *a = arena_new();
    struct diags diags;
    struct call c = w->f->call;

    diags_init(&diags, a);
    c.arena = a;
    c.diags = &diags;
    w->wrong += check_all(a, &c, w->e, 200, 25);
    for (size_t i = 0; i < 25; i++) {
        struct http_request request = request_to(w->e, "POST", text_f(a, "/single-%zu", i));
        struct http_reply reply;

        w->wrong += !http_send(&c, &request, &reply) || !text_is(reply.body, request.target);
    }
    arena_free(a);
    return NULL;
}

static void check_eight_threads(struct arena *a, SSL_CTX *tls, const char *ca)
{
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_target, NULL, tls);
    struct http_endpoint_options options = {.ca_pem = ca};
    struct worker w = {f, endpoint_open(a, f, s, options), 0};
    struct worker workers[8];
    pthread_t threads[8];

    for (size_t i = 0; i < 8; i++) {
        workers[i] = w;
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (size_t i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].wrong, 0);
    }
    assert_int_equal(server_requests(s), 8 * 225);
    assert_true(server_connections(s) <= HTTP_CONNECTIONS_MAX);
}

TEST(eight_threads_with_two_hundred_at_once)
{
    check_eight_threads(a, NULL, NULL);
}

TEST(eight_threads_over_tls)
{
    struct identity *ca = identity_new(a, "test CA", NULL, NULL, -3600, 3600);
    struct identity *leaf = identity_new(a, "server", "IP:127.0.0.1", ca, -3600, 3600);

    check_eight_threads(a, server_tls(leaf, NULL), ca->cert_pem);
}

TEST(retry_budget_spares_a_dead_server)
{
    struct fixture *f = fixture_new(a);
    struct script script = {STATUS("500 Oops"), 9999};
    struct server *s = server_new(a, run_script, &script, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request requests[100];
    struct http_reply replies[100];

    for (size_t i = 0; i < 100; i++)
        requests[i] = request_to(e, "GET", "/");
    f->call.deadline_ms = clock_monotonic_ms() + 2000;
    http_send_all(&f->call, requests, 100, 100, replies);
    for (size_t i = 0; i < 100; i++)
        if (replies[i].failure != HTTP_FINE) { /* the deadline came between */
            assert_int_equal(replies[i].failure, HTTP_TIMED_OUT);
            assert_non_null(strstr(replies[i].failure_text, "status 500"));
        }
    /* 100 first attempts, a burst of 40 retries, then 20 a second. */
    assert_true(server_requests(s) > 140 && server_requests(s) <= 100 + 40 + 2 * 20);
}

/* --- what is logged --------------------------------------------------------- */
static bool say_secret(struct exchange *x)
{
    return exchange_say(x, "HTTP/1.1 200 OK\r\nSet-Cookie: s=PLANTED1\r\nX-Seen: visible1\r\n"
                           "Content-Length: 8\r\n\r\nPLANTED2");
}

static const char *stop_capture(struct arena *a, FILE *file, int before)
{
    char *log = arena_alloc(a, 1 << 20);
    size_t len;

    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    len = fread(log, 1, (1 << 20) - 1, file);
    log[len] = '\0';
    fclose(file);
    return log;
}

TEST(logs_no_secret)
{
    static const struct http_header headers[] = {{"Authorization", "Bearer PLANTED3"},
                                                 {"cookie", "PLANTED4"},
                                                 {"X-Amz-Security-Token", "PLANTED5"},
                                                 {"X-Api-Key", "PLANTED6"},
                                                 {"X-Plain", "visible2"}};
    struct fixture *f = fixture_new(a);
    struct server *s = server_new(a, say_secret, NULL, NULL);
    struct http_endpoint *e = endpoint_open(a, f, s, (struct http_endpoint_options){0});
    struct http_request request =
        request_to(e, "POST", "/x?a=visible3&X-Amz-Signature=PLANTED7&b=1");
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);
    struct http_reply reply;
    const char *log;

    setenv("TF_LOG_PROVIDER", "TRACE", 1);
    log_init();
    dup2(fileno(file), STDERR_FILENO);
    request.headers = headers;
    request.header_count = 5;
    request.body = TEXT("PLANTED8");
    http_send(&f->call, &request, &reply); /* bodies are off */
    http_client_log_bodies(f->client, true);
    request.flags = HTTP_SECRET_BODY | HTTP_SECRET_REPLY;
    http_send(&f->call, &request, &reply);
    request.flags = HTTP_SECRET_REPLY;
    request.body = TEXT("visible4");
    http_send(&f->call, &request, &reply);
    log = stop_capture(a, file, before);
    setenv("TF_LOG_PROVIDER", "OFF", 1);
    log_init();
    assert_null(strstr(log, "PLANTED"));
    for (int i = 1; i <= 4; i++)
        if (!strstr(log, text_f(a, "visible%d", i)))
            fail_msg("visible%d is missing: %s", i, log);
    assert_non_null(strstr(log, "\"@message\":\"attempt\""));
}

/* --- options ---------------------------------------------------------------- */
TEST(refuses_malformed_endpoints)
{
    static const struct {
        struct http_endpoint_options options;
        const char *summary;
    } cases[] = {
        {{.base_url = NULL}, "Malformed address"},
        {{.base_url = "10.0.0.1:6443"}, "Malformed address"},
        {{.base_url = "https://me:PLANTED@a.example"}, "Malformed address"},
        {{.base_url = "https://a.example?x"}, "Malformed address"},
        {{.base_url = "https://a.example", .ca_pem = "rubbish"}, "Malformed CA certificate"},
        {{.base_url = "https://a.example",
          .ca_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
         "Malformed CA certificate"},
        {{.base_url = "https://a.example", .client_cert_pem = "x"},
         "Incomplete client certificate"},
        {{.base_url = "https://a.example", .client_cert_pem = "x", .client_key_pem = "y"},
         "Malformed client certificate"},
        {{.base_url = "https://a.example", .tls_server_name = "a/b"}, "Malformed TLS server name"},
        {{.base_url = "https://a.example", .tls_server_name = "a:1"}, "Malformed TLS server name"},
        {{.base_url = "https://a.example", .proxy_url = "ftp://x"}, "Malformed proxy address"},
    };
    struct fixture *f = fixture_new(a);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_endpoint *e;

        assert_false(http_endpoint_new(f->client, &cases[i].options, NULL, &f->diags, &e));
        assert_null(e);
        assert_string_equal(f->diags.last->summary, cases[i].summary);
        assert_null(strstr(f->diags.last->detail, "PLANTED"));
    }
}
