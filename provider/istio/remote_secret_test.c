#include "istio/remote_secret.h"

#include <string.h>

#include "base/cancel.h"
#include "base/test.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "kube/kube.h"

static const struct value *json(struct arena *a, const char *text)
{
    const struct value *v = NULL;
    struct diags diags;

    diags_init(&diags, a);
    if (!json_read(a, text_of(text), "test", &diags, &v))
        fail_msg("%s in %s", diags.first->detail, text);
    return v;
}

static const struct remote_access full = {
    .server = "https://10.0.0.1:6443",
    .tls_server_name = "kubernetes.default",
    .ca_pem = {"PEM\n", 4},
    .token = "a.b.c",
};

/* Byte for byte, with keys in the order of istioctl's. */
TEST(the_secret_is_as_istioctl_writes_it)
{
    const struct value *secret = remote_secret_object(a, "istio-system", "west", &full);
    struct text yaml;

    assert_true(kube_secret_data(a, secret, "west", &yaml));
    assert_string_equal(text_z(a, yaml), "apiVersion: v1\n"
                                         "clusters:\n"
                                         "- cluster:\n"
                                         "    certificate-authority-data: UEVNCg==\n"
                                         "    server: https://10.0.0.1:6443\n"
                                         "    tls-server-name: kubernetes.default\n"
                                         "  name: west\n"
                                         "contexts:\n"
                                         "- context:\n"
                                         "    cluster: west\n"
                                         "    user: west\n"
                                         "  name: west\n"
                                         "current-context: west\n"
                                         "kind: Config\n"
                                         "users:\n"
                                         "- name: west\n"
                                         "  user:\n"
                                         "    token: a.b.c\n");
    secret = value_with(a, secret, "data", NULL);
    assert_true(value_equal(
        secret, json(a, "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {"
                        "\"name\": \"istio-remote-secret-west\", \"namespace\": \"istio-system\","
                        "\"labels\": {\"istio/multiCluster\": \"true\"},"
                        "\"annotations\": {\"networking.istio.io/cluster\": \"west\"}}}")));
}

TEST(what_was_written_is_read_back)
{
    const struct value *secret = remote_secret_object(a, "istio-system", "west", &full);
    struct remote_access access;
    const char *fault;

    remote_secret_read(a, secret, "west", &access, &fault);
    assert_null(fault);
    assert_string_equal(access.server, full.server);
    assert_string_equal(access.tls_server_name, full.tls_server_name);
    assert_string_equal(access.token, full.token);
    assert_true(text_equal(access.ca_pem, full.ca_pem));
    remote_secret_read(a, secret, "east", &access, &fault);
    assert_string_equal(fault, "it has no data under the key east");
    assert_string_equal(access.token, "");
}

/* Anybody may have written it: each fault has its words, and none of them shows
 * what is in the Secret. */
TEST(faults_of_a_secret)
{
    static const struct {
        const char *yaml, *fault, *server;
    } cases[] = {
        {"{", "what is under the key west is no kubeconfig", ""},
        {"a: 1\na: 2\n", "what is under the key west is no kubeconfig", ""},
        {"", "its kubeconfig names no server with a token", ""},
        {"[]", "its kubeconfig names no server with a token", ""},
        {"clusters: [{name: x, cluster: {server: https://a}}]\n",
         "its kubeconfig names no server with a token", ""},
        {"current-context: x\ncontexts: [{name: x, context: {cluster: y, user: z}}]\n"
         "clusters: [{name: x, cluster: {server: https://a}}, "
         "{name: y, cluster: {server: https://b}}]\n",
         "its kubeconfig names no server with a token", "https://b"},
        {"current-context: x\ncontexts: [{name: x, context: {cluster: y, user: z}}]\n"
         "clusters: [{name: y, cluster: {server: https://b, certificate-authority-data: '?'}}]\n"
         "users: [{name: z, user: {token: t}}]\n",
         "it lacks the label istio/multiCluster=true", "https://b"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text encoded = base64_encode(a, text_of(cases[i].yaml), BASE64_STANDARD);
        bool labelled = !strstr(cases[i].fault, "label");
        const struct value *secret =
            json(a, text_f(a,
                           "{\"metadata\": {\"labels\": {\"istio/multiCluster\": \"%s\"}},"
                           "\"data\": {\"west\": \"%s\"}}",
                           labelled ? "true" : "no", encoded.at));
        struct remote_access access;
        const char *fault;

        remote_secret_read(a, secret, "west", &access, &fault);
        assert_non_null(fault);
        assert_string_equal(fault, cases[i].fault);
        assert_string_equal(access.server, cases[i].server);
        assert_int_equal(access.ca_pem.len, 0);
    }
}

TEST(the_digest_is_of_what_istiod_looks_at)
{
    const struct value *secret = remote_secret_object(a, "istio-system", "west", &full), *other;
    const char *digest;
    struct diags diags;
    struct call c;

    diags_init(&diags, a);
    c = (struct call){.arena = a, .diags = &diags};
    digest = remote_secret_digest(&c, secret, "west");
    assert_int_equal(strlen(digest), 64);
    other = value_with_in(a, secret, &value_true, "metadata", "labels", "mine");
    other = value_with_in(a, other, value_string(a, "7"), "metadata", "resourceVersion");
    assert_string_equal(remote_secret_digest(&c, other, "west"), digest);
    other = value_with_in(a, secret, &value_true, "metadata", "labels", "istio/multiCluster");
    assert_string_not_equal(remote_secret_digest(&c, other, "west"), digest);
    other = value_with_in(a, secret, value_string(a, "x"), "metadata", "annotations",
                          "networking.istio.io/cluster");
    assert_string_not_equal(remote_secret_digest(&c, other, "west"), digest);
    other = value_with_in(a, secret, value_string(a, "eA=="), "data", "west");
    assert_string_not_equal(remote_secret_digest(&c, other, "west"), digest);
}

TEST(addresses_of_the_machine_itself)
{
    static const struct {
        const char *server;
        bool loopback;
    } cases[] = {
        {"https://localhost", true},          {"https://localhost:6443", true},
        {"https://127.0.0.1:6443", true},     {"https://127.1.2.3/x", true},
        {"https://[::1]:6443", true},         {"https://10.0.0.1", false},
        {"https://localhost.example", false}, {"https://127.example:1", false},
        {"https://[::1:2]", false},           {"https://example/localhost", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (remote_secret_is_loopback(cases[i].server) != cases[i].loopback)
            fail_msg("%s", cases[i].server);
}
