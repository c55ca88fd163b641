#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "acceptance/harness/harness.h"
#include "base/clock.h"
#include "base/test.h"
#include "codec/base64.h"
#include "rpc/method.h"
#include "rpc/test_fixture.h"

#define COOKIE                                                                                     \
    "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
#define STREAM_STDIO "/plugin.GRPCStdio/StreamStdio"
#define STOP_PROVIDER "/tfplugin6.Provider/StopProvider"

/* Sanitizers make everything slower; the bounds are the product's. */
#ifdef ARENA_DEBUG
enum { SLOWNESS = 5 };
#else
enum { SLOWNESS = 1 };
#endif

enum { STATUS_INVALID_ARGUMENT = 3, STATUS_UNIMPLEMENTED = 12, STATUS_UNAVAILABLE = 14 };

static const char *const nothing[] = {NULL};

/* --- the command line -------------------------------------------------------- */

TEST(version)
{
    static const char *const spellings[] = {"-version", "--version"};

    for (size_t i = 0; i < 2; i++) {
        const char *const arguments[] = {spellings[i], NULL};
        struct harness_run run = harness_run(a, 0, arguments, nothing);

        assert_true(harness_exited(run.status, 0));
        assert_true(text_starts_with(text_of(run.out), "terraform-provider-istio "));
        assert_string_equal(run.err, "");
    }
}

TEST(help_and_mistakes)
{
    static const char *const help[] = {"--help", NULL}, *const mistake[] = {"serve", NULL};
    struct harness_run run = harness_run(a, 0, help, nothing);

    assert_true(harness_exited(run.status, 0));
    assert_non_null(strstr(run.out, "-debug"));
    run = harness_run(a, 0, mistake, nothing);
    assert_true(harness_exited(run.status, 2));
    assert_string_equal(run.out, "");
}

TEST(started_by_hand)
{
    static const char *const wrong[] = {"TF_PLUGIN_MAGIC_COOKIE=other", NULL};
    const char *const *environments[] = {nothing, wrong};

    for (size_t i = 0; i < 2; i++) {
        struct harness_run run = harness_run(a, 0, NULL, environments[i]);

        assert_true(harness_exited(run.status, 1));
        assert_string_equal(run.out, ""); /* a line there would be taken for the handshake */
        assert_non_null(strstr(run.err, "required_providers"));
    }
}

/* --- the handshake ----------------------------------------------------------- */

TEST(handshake_with_tls)
{
    struct plugin *p = plugin_start(a, 0, NULL);
    struct text line = text_of(plugin_line(p)), piece;
    static const char *const start[] = {"1", "6", "unix", NULL, "grpc"};
    struct text der;

    for (size_t i = 0; i < 5; i++) {
        assert_true(text_split(&line, '|', &piece));
        if (start[i])
            assert_true(text_is(piece, start[i]));
    }
    assert_true(text_split(&line, '|', &piece));
    assert_null(memchr(piece.at, '=', piece.len)); /* padding makes the host fail */
    assert_true(base64_decode(a, piece, BASE64_RAW, &der) && der.len > 100);
    assert_null(line.at); /* six fields */
    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    plugin_stop(p);
}

TEST(handshake_without_tls)
{
    struct plugin *p = plugin_start(a, HARNESS_PLAIN, NULL);

    assert_true(text_starts_with(text_of(plugin_line(p)), "1|6|unix|"));
    assert_true(text_ends_with(text_of(plugin_line(p)), "|grpc|"));
    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    plugin_stop(p);
}

/* The host then names both versions in its own message. */
TEST(a_host_of_another_version_gets_a_line)
{
    static const char *const other[] = {"PLUGIN_PROTOCOL_VERSIONS=5", NULL};
    struct plugin *p = plugin_start(a, HARNESS_PLAIN, other);

    assert_true(text_starts_with(text_of(plugin_line(p)), "1|6|"));
    plugin_stop(p);
}

TEST(only_this_user_reaches_the_socket)
{
    struct plugin *p = plugin_start(a, HARNESS_PLAIN, NULL);
    char *folder = arena_strdup(a, plugin_socket(p));
    struct stat facts;

    *strrchr(folder, '/') = '\0';
    assert_int_equal(stat(folder, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    assert_int_equal(facts.st_uid, getuid());
    plugin_stop(p);
}

/* Another client, without the host's certificate, gets nothing. */
/* Says this to the socket and listens until the plugin hangs up. */
static void say_raw(const struct plugin *p, struct text bytes)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int stranger = socket(AF_UNIX, SOCK_STREAM, 0);
    char answer[4096];
    ssize_t got;

    memcpy(address.sun_path, plugin_socket(p), strlen(plugin_socket(p)));
    assert_int_equal(connect(stranger, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(stranger, bytes.at, bytes.len, MSG_NOSIGNAL), bytes.len);
    assert_int_equal(shutdown(stranger, SHUT_WR), 0);
    do {
        got = read(stranger, answer, sizeof(answer));
    } while (got > 0);
    close(stranger);
}

TEST(a_stranger_is_refused)
{
    struct plugin *p = plugin_start(a, 0, NULL);

    say_raw(p, TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); /* no TLS: an alert at most */
    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    plugin_stop(p);
}

TEST(garbage_frames_end_their_connection_only)
{
#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    const struct text garbage[] = {
        TEXT("\0\xff\xfe\xfd not HTTP at all"),
        TEXT(PREFACE "\xff\xff\xff\x04\0\0\0\0\0"),                     /* SETTINGS of 16 MiB */
        TEXT(PREFACE "\0\0\0\x04\0\0\0\0\0\0\0\x04\0\0\0\0\0\x01xxxx"), /* DATA, no stream */
        TEXT(PREFACE "\0\0\0\x04\0\0\0\0\0\0\0\x04\x01\x04\0\0\0\x01\xff\xff\xff\xff"),
        TEXT(PREFACE "\0\0\x05\xee\0\0\0\0\0"
                     "abcde"),                            /* unknown frame, cut */
        TEXT(PREFACE "\0\0\0\x04\0\0\0\0\0\0\0\x04\x03"), /* a frame cut in its head */
    };
    struct plugin *p = plugin_start(a, HARNESS_PLAIN, NULL);

    for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
        say_raw(p, garbage[i]);
        (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    }
    plugin_stop(p);
}

TEST(a_folder_that_is_too_deep_for_a_socket)
{
    char deep[200];
    const char *environment[] = {deep, NULL};
    struct plugin *p;

    memset(deep, 'x', sizeof(deep));
    memcpy(deep, "PLUGIN_UNIX_SOCKET_DIR=/", 24);
    deep[sizeof(deep) - 1] = '\0';
    p = plugin_start(a, HARNESS_PLAIN, environment);
    assert_true(strlen(plugin_socket(p)) <= 107);
    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    plugin_stop(p);
}

/* A broken system configuration of OpenSSL must not matter. */
TEST(a_broken_openssl_configuration)
{
    static const char *const broken[] = {"OPENSSL_CONF=/dev/full", NULL};
    struct plugin *p = plugin_start(a, 0, broken);

    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    plugin_stop(p);
}

/* --- every method ------------------------------------------------------------- */

static const struct method *const themes[] = {
    methods_resource, methods_state,     methods_data,     methods_provider,
    methods_schema,   methods_ephemeral, methods_function, methods_plugin,
};

#define METHOD_EACH(m)                                                                             \
    for (size_t theme_ = 0; theme_ < sizeof(themes) / sizeof(themes[0]); theme_++)                 \
        for (const struct method *m = themes[theme_]; m->path; m++)                                \
            if (m->kind == METHOD_CALL || m->kind == METHOD_AT_ONCE)

TEST(every_method_answers_an_empty_request)
{
    struct plugin *p = plugin_start(a, 0, NULL);

    METHOD_EACH(m)
    assert_int_equal(plugin_call(p, m->path, TEXT("")).status, 0);
    plugin_stop(p);
}

TEST(every_method_refuses_what_is_no_message)
{
    struct plugin *p = plugin_start(a, 0, NULL);

    METHOD_EACH(m)
    assert_int_equal(plugin_call(p, m->path, TEXT("\x0a\xff")).status, STATUS_INVALID_ARGUMENT);
    plugin_stop(p);
}

TEST(newer_methods_are_unimplemented)
{
    static const char *const paths[] = {
        "/tfplugin6.Provider/ListResource",       "/tfplugin6.Provider/ValidateListResourceConfig",
        "/tfplugin6.Provider/PlanAction",         "/tfplugin6.Provider/InvokeAction",
        "/tfplugin6.Provider/ReadStateBytes",     "/tfplugin6.Provider/GenerateResourceConfig",
        "/plugin.GRPCBroker/StartStream",         "/tfplugin5.Provider/GetSchema",
        "/grpc.reflection.v1.ServerReflection/S", "/",
    };
    struct plugin *p = plugin_start(a, 0, NULL);

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_int_equal(plugin_call(p, paths[i], TEXT("")).status, STATUS_UNIMPLEMENTED);
    plugin_stop(p);
}

TEST(health)
{
    struct plugin *p = plugin_start(a, 0, NULL);
    struct harness_reply reply =
        plugin_call(p, "/grpc.health.v1.Health/Check", TEXT("\x0a\x06plugin"));

    assert_int_equal(reply.status, 0);
    assert_true(text_is(reply.bytes, "\x08\x01")); /* SERVING */
    plugin_stop(p);
}

static const struct value *planned(struct arena *a, const char *name, const char *mode)
{
    return value_map_of(a, {"name", value_string(a, name)}, {"mode", value_string(a, mode)},
                        {"size", value_integer(a, 3)}, {"id", value_string(a, "<unknown>")},
                        {"revision", value_string(a, "<unknown>")});
}

static const struct value *create_request(struct arena *a, const char *name, const char *mode)
{
    const struct value *config =
        value_map_of(a, {"name", value_string(a, name)}, {"mode", value_string(a, mode)});

    return value_map_of(a, {"type_name", value_string(a, "istio_thing")},
                        {"planned_state", planned(a, name, mode)}, {"config", config});
}

/* Schema, validate, plan, apply, read, destroy: one resource's life. */
TEST(a_whole_life)
{
    struct plugin *p = plugin_start(a, HARNESS_FIXTURE, NULL);
    const struct value *thing = value_string(a, "istio_thing");
    const struct value *config = value_map_of(a, {"name", value_string(a, "x")});
    const struct value *reply, *state;

    plugin_hold(p, STREAM_STDIO);
    reply = plugin_ask(p, "GetProviderSchema", &value_empty_map);
    assert_int_equal(value_count(value_at(reply, "resource_schemas")), 2);
    reply = plugin_ask(p, "ConfigureProvider", &value_empty_map);
    assert_int_equal(value_count(reply), 0);
    reply = plugin_ask(
        p, "PlanResourceChange",
        value_map_of(a, {"type_name", thing}, {"proposed_new_state", config}, {"config", config}));
    assert_string_equal(value_z(value_in(reply, "planned_state", "id")), "<unknown>");
    reply = plugin_ask(p, "ApplyResourceChange", create_request(a, "x", ""));
    state = value_at(reply, "new_state");
    assert_string_equal(value_text(state, "id"), "id-x");
    reply = plugin_ask(p, "ReadResource",
                       value_map_of(a, {"type_name", thing}, {"current_state", state}));
    assert_true(value_equal(value_at(reply, "new_state"), state));
    reply = plugin_ask(p, "ApplyResourceChange",
                       value_map_of(a, {"type_name", thing}, {"prior_state", state}));
    assert_true(value_is_null(value_at(reply, "new_state")));
    plugin_stop(p);
}

/* --- load ------------------------------------------------------------------------ */

enum { IN_FLIGHT = 100 };

static void begin_waiting(struct arena *a, struct plugin *p, struct harness_call **calls)
{
    struct text request =
        harness_request(a, "ApplyResourceChange", create_request(a, "x", "waits"));

    for (size_t i = 0; i < IN_FLIGHT; i++)
        calls[i] = plugin_begin(p, "/tfplugin6.Provider/ApplyResourceChange", request);
}

static bool holds(struct text bytes, const char *z)
{
    size_t len = strlen(z);

    for (; bytes.len >= len; bytes.at++, bytes.len--)
        if (memcmp(bytes.at, z, len) == 0)
            return true;
    return false;
}

/* All of them wait; none keeps another, or StopProvider, from being answered. */
TEST(stop_ends_every_wait_within_a_second)
{
    struct plugin *p = plugin_start(a, HARNESS_FIXTURE, NULL);
    struct harness_call *calls[IN_FLIGHT];
    int64_t stopped_at_ms;

    (void)plugin_ask(p, "ConfigureProvider", &value_empty_map);
    begin_waiting(a, p, calls);
    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    stopped_at_ms = clock_monotonic_ms();
    assert_int_equal(plugin_call(p, STOP_PROVIDER, TEXT("")).status, 0);
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        struct harness_reply reply = plugin_end(p, calls[i]);

        assert_int_equal(reply.status, 0);
        assert_true(holds(reply.bytes, "Interrupted"));
        assert_true(holds(reply.bytes, "id-x")); /* what exists */
    }
    assert_in_range(clock_monotonic_ms() - stopped_at_ms, 0, SLOWNESS * 1000);
    plugin_stop(p);
}

TEST(shutdown_with_a_hundred_calls_in_flight)
{
    struct plugin *p = plugin_start(a, HARNESS_FIXTURE, NULL);
    struct harness_call *calls[IN_FLIGHT];
    struct harness_reply reply;
    int64_t began_at_ms;

    plugin_hold(p, STREAM_STDIO);
    begin_waiting(a, p, calls);
    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    began_at_ms = clock_monotonic_ms();
    reply = plugin_call(p, "/plugin.GRPCController/Shutdown", TEXT(""));
    assert_int_equal(reply.status, 0);
    for (size_t i = 0; i < IN_FLIGHT; i++)
        assert_int_equal(plugin_end(p, calls[i]).status, 0); /* interrupted, with state */
    plugin_hang_up(p);
    plugin_expect_end(p);
    assert_in_range(clock_monotonic_ms() - began_at_ms, 0,
                    SLOWNESS * 2000); /* SIGKILL comes then */
}

TEST(a_message_of_64_megabytes)
{
    enum { LARGE = 64 << 20 };
    struct plugin *p = plugin_start(a, HARNESS_FIXTURE, NULL);
    char *large = arena_alloc(a, LARGE + 1);
    const struct value *config, *reply;

    memset(large, 'x', LARGE);
    config = value_map_of(a, {"name", value_string(a, "a")},
                          {"values", value_string_of(a, (struct text){large, LARGE})});
    reply = plugin_ask(p, "PlanResourceChange",
                       value_map_of(a, {"type_name", value_string(a, "istio_thing")},
                                    {"config", config}, {"proposed_new_state", config}));
    assert_int_equal(value_string_text(value_in(reply, "planned_state", "values")).len, LARGE);
    plugin_stop(p);
}

/* --- the ends --------------------------------------------------------------------- */

TEST(terminated)
{
    struct plugin *p = plugin_start(a, 0, NULL);

    plugin_hold(p, STREAM_STDIO);
    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    plugin_signal(p, SIGTERM);
    plugin_expect_end(p);
    plugin_hang_up(p);
}

TEST(control_c_is_terraforms_business)
{
    struct plugin *p = plugin_start(a, 0, NULL);

    plugin_signal(p, SIGINT);
    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    plugin_stop(p);
}

/* As when Terraform is killed: the stream ends, the waits end, the process goes. */
TEST(a_lost_client)
{
    struct plugin *p = plugin_start(a, HARNESS_FIXTURE, NULL);
    int64_t lost_at_ms;

    plugin_hold(p, STREAM_STDIO);
    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    lost_at_ms = clock_monotonic_ms();
    plugin_hang_up(p);
    plugin_expect_end(p);
    assert_in_range(clock_monotonic_ms() - lost_at_ms, 0, SLOWNESS * 10 * 1000);
}

/* kill -9 leaves a socket behind, which must not disturb the next start. */
TEST(killed)
{
    struct plugin *p = plugin_start(a, 0, NULL);
    int status;

    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    plugin_signal(p, SIGKILL);
    status = plugin_wait(p);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(plugin_call(p, STOP_PROVIDER, TEXT("")).status, STATUS_UNAVAILABLE);
    plugin_hang_up(p);
}

/* --- -debug --------------------------------------------------------------------------- */

TEST(reattach)
{
    struct plugin *p = plugin_start(a, HARNESS_FIXTURE | HARNESS_DEBUG, NULL);

    assert_non_null(strstr(plugin_line(p), "TF_REATTACH_PROVIDERS="));
    assert_non_null(strstr(plugin_line(p), "\"multicluster/istio\":{\"Protocol\":\"grpc\""));
    assert_non_null(strstr(plugin_line(p), "\"ProtocolVersion\":6"));
    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    /* With "Test" set nobody shuts it down; if one does, it stays for the next. */
    (void)plugin_call(p, "/plugin.GRPCController/Shutdown", TEXT(""));
    (void)plugin_ask(p, "GetMetadata", &value_empty_map);
    plugin_signal(p, SIGINT); /* here Ctrl-C is meant for the plugin */
    plugin_expect_end(p);
    plugin_hang_up(p);
}
