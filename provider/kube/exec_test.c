/* Credential plugins: small shell scripts play them. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/test.h"
#include "kube/client.h"
#include "kube/test_case.h"

static const char v1[] = "client.authentication.k8s.io/v1";

static void cancel_close(void *cancel)
{
    cancel_free(cancel);
}

static struct call test_call(struct arena *a)
{
    struct diags *diags = arena_alloc(a, sizeof(*diags));
    struct cancel *cancel = cancel_new();
    struct call call;

    arena_defer(a, cancel_close, cancel);
    diags_init(diags, a);
    call_init(&call, a, diags, cancel, NULL);
    return call;
}

/* sh -c script */
static struct kube_exec shell(struct arena *a, const char *script)
{
    return (struct kube_exec){
        .command = "sh",
        .args = value_list_of(a, value_string(a, "-c"), value_string(a, script)),
        .env = value_map_of(a, {"PLUGIN_SAYS", value_string(a, "from env")}),
        .api_version = v1,
        .install_hint = "",
    };
}

TEST(token_and_expiry_are_read)
{
    struct call c = test_call(a);
    struct kube_exec e =
        shell(a, "printf '%s' '{\"kind\":\"ExecCredential\",\"apiVersion\":"
                 "\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"abc\","
                 "\"expirationTimestamp\":\"2030-01-01T00:00:00Z\"}}'; echo noise >&2");
    struct exec_credential got;

    assert_true(exec_run(&c, &e, "east", &got));
    assert_string_equal(got.token, "abc");
    assert_true(got.expires_at == clock_parse_rfc3339("2030-01-01T00:00:00Z"));
    assert_int_equal(got.client_certificate_pem.len, 0);
}

TEST(certificate_is_read)
{
    struct call c = test_call(a);
    struct kube_exec e =
        shell(a, "printf '%s' '{\"kind\":\"ExecCredential\",\"apiVersion\":"
                 "\"client.authentication.k8s.io/v1\",\"status\":{\"clientCertificateData\":\"C\","
                 "\"clientKeyData\":\"K\"}}'");
    struct exec_credential got;

    assert_true(exec_run(&c, &e, "east", &got));
    assert_null(got.token);
    assert_true(text_is(got.client_certificate_pem, "C"));
    assert_true(text_is(got.client_key_pem, "K"));
    assert_int_equal(got.expires_at, 0);
}

/* The plugin sees its own variables, ours, its input and no terminal. */
TEST(plugin_gets_its_input)
{
    struct call c = test_call(a);
    struct kube_exec e = shell(
        a,
        "read line; [ -z \"$line\" ] || exit 9\n"
        "token=\"$PLUGIN_SAYS/${HOME:+home}/$(printf %s \"$KUBERNETES_EXEC_INFO\" | tr '\"' _)\"\n"
        "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":"
        "\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"%s\"}}' \"$token\"");
    struct exec_credential got;

    e.cluster_info = value_map_of(a, {"server", value_string(a, "https://h")});
    setenv("HOME", "/", 1);
    setenv("PLUGIN_SAYS", "ours", 1);
    setenv("KUBERNETES_EXEC_INFO", "stale", 1);
    assert_true(exec_run(&c, &e, "east", &got));
    assert_string_equal(got.token,
                        "from env/home/{_kind_:_ExecCredential_,_apiVersion_:_client."
                        "authentication.k8s.io/v1_,_spec_:{_interactive_:false,_cluster_:{_server_:"
                        "_https://h_}}}");
}

TEST(failures_are_told)
{
    static const struct {
        const char *script, *said;
    } cases[] = {
        {"echo 'no profile' >&2; exit 3",
         "Cluster east: it ended with code 3.\n\nIt said:\nno profile"},
        {"kill -9 $$", "Cluster east: it was ended by signal 9."},
        {"true", "Cluster east: what it printed on stdout (0 bytes) is not JSON."},
        {"echo token-secret", "Cluster east: what it printed on stdout (13 bytes) is not JSON."},
        {"echo '{\"kind\":\"Secret\"}'", "Cluster east: it printed no ExecCredential."},
        {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":"
         "\"client.authentication.k8s.io/v1beta1\"}'",
         "Cluster east: it was asked for client.authentication.k8s.io/v1 and answered with "
         "client.authentication.k8s.io/v1beta1."},
        {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\"}'",
         "Cluster east: its ExecCredential has neither a token nor a client certificate."},
        {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
         "\"status\":{\"clientCertificateData\":\"c\"}}'",
         "Cluster east: its ExecCredential has a client certificate without key or a key without "
         "certificate."},
        {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
         "\"status\":{\"token\":\"t\",\"expirationTimestamp\":\"soon\"}}'",
         "Cluster east: its expirationTimestamp is not a time."},
        {"yes 12345678901234567890123456789012345678901234567890",
         "Cluster east: it printed more than 1 MiB."},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct call c = test_call(a);
        struct kube_exec e = shell(a, cases[i].script);
        struct exec_credential got;

        assert_false(exec_run(&c, &e, "east", &got));
        assert_string_equal(c.diags->first->summary, "Credential plugin sh failed");
        assert_string_equal(c.diags->first->detail, cases[i].said);
    }
}

TEST(missing_plugin_shows_the_hint)
{
    struct call c = test_call(a);
    struct kube_exec e = shell(a, "");
    struct exec_credential got;

    e.command = "no-such-plugin-anywhere";
    e.install_hint = "Ask the platform team.";
    assert_false(exec_run(&c, &e, "east", &got));
    assert_string_equal(c.diags->first->detail,
                        "Cluster east: it cannot be started: No such file or directory.\n\n"
                        "Ask the platform team.");
}

TEST(old_protocol_is_refused)
{
    struct call c = test_call(a);
    struct kube_exec e = shell(a, "");
    struct exec_credential got;

    e.api_version = "client.authentication.k8s.io/v1alpha1";
    assert_false(exec_run(&c, &e, "east", &got));
    assert_non_null(strstr(c.diags->first->detail, "v1alpha1 is not supported"));
}

/* A child that lives on with the pipes open does not keep us waiting. */
TEST(child_left_behind_is_not_waited_for)
{
    struct call c = test_call(a);
    struct kube_exec e =
        shell(a, "sleep 30 & printf '%s' '{\"kind\":\"ExecCredential\",\"apiVersion\":"
                 "\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"'$!'\"}}'");
    int64_t start = clock_monotonic_ms();
    struct exec_credential got;

    assert_true(exec_run(&c, &e, "east", &got));
    assert_true(clock_monotonic_ms() - start < 10000);
    kill((pid_t)strtol(got.token, NULL, 10), SIGKILL);
}

TEST(interruption_ends_the_plugin)
{
    struct call c = test_call(a);
    struct kube_exec e = shell(a, "sleep 30");
    struct exec_credential got;

    cancel_fire(c.cancel);
    assert_false(exec_run(&c, &e, "east", &got));
    assert_string_equal(c.diags->first->detail, "Cluster east: it was interrupted.");
}

TEST(deadline_ends_the_plugin)
{
    struct call c = test_call(a);
    struct kube_exec e = shell(a, "sleep 30");
    struct exec_credential got;

    c.deadline_ms = clock_monotonic_ms() + 100;
    assert_false(exec_run(&c, &e, "east", &got));
    assert_string_equal(c.diags->first->detail, "Cluster east: it took too long and was ended.");
}
