/* The client against an API server: the sandbox, or a real one when
 * ISTIO_ACC_KUBECONFIG_1 names its kubeconfig (acceptance/real/servers.py). The
 * cases are the same on both. */
#include <string.h>

#include "acceptance/sandbox/sandbox.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/test.h"
#include "codec/json.h"
#include "kube/client.h"
#include "kube/connection.h"
#include "kube/many.h"
#include "kube/test_case.h"
#include "kube/wait.h"

struct live {
    struct arena *arena;
    struct sandbox *sandbox; /* NULL = a real server */
    struct cancel *cancel;
    struct http_client *http;
    struct clients clients;
    struct diags diags;
    struct call call;
    struct kube *kube;
    const char *namespace;
};

static bool is_real(void)
{
    return getenv("ISTIO_ACC_KUBECONFIG_1") != NULL;
}

static const struct value *admin_connection(struct arena *a, const struct live *l)
{
    const char *path = getenv("ISTIO_ACC_KUBECONFIG_1");
    const struct value *kubeconfig =
        l->sandbox ? value_map_of(a, {"raw", value_string(a, sandbox_kubeconfig(l->sandbox))})
                   : value_map_of(a, {"path", value_string(a, path)});

    return value_map_of(a, {"name", value_string(a, "east")}, {"kubeconfig", kubeconfig});
}

static void live_free(void *data)
{
    struct live *l = data;

    kube_pool_free(l->clients.kube);
    http_client_free(l->http);
    cancel_free(l->cancel);
    if (l->sandbox)
        sandbox_stop(l->sandbox);
}

static const struct value *read_json(struct arena *a, const char *json)
{
    const struct value *v = &value_null;
    struct diags diags;

    diags_init(&diags, a);
    if (!json_read(a, text_of(json), "test", &diags, &v))
        fail_msg("%s: %s", json, diags.first->detail);
    return v;
}

static const char *said(const struct live *l)
{
    return diags_text(l->arena, &l->diags);
}

/* Fails with what was said; forgets what was said. */
static void must(struct live *l, bool done)
{
    if (!done)
        fail_msg("%s", said(l));
    diags_init(&l->diags, l->arena);
}

static void must_fail(struct live *l, bool done, const char *text)
{
    if (done || !strstr(said(l), text))
        fail_msg("wanted \"%s\", got: %s", text, said(l));
    diags_init(&l->diags, l->arena);
}

static const struct value *apply_flags(struct live *l, const char *json, unsigned flags)
{
    const struct value *out;

    must(l, kube_apply(&l->call, l->kube, read_json(l->arena, json), flags, &out));
    return out;
}

static const struct value *apply(struct live *l, const char *json)
{
    return apply_flags(l, json, 0);
}

/* A client of a server, with a namespace of its own. */
static struct live *live_start(struct arena *a, const char *namespace)
{
    struct live *l = arena_alloc(a, sizeof(*l));

    l->arena = a;
    l->sandbox = is_real() ? NULL : sandbox_start(&(struct sandbox_options){.name = "east"});
    l->cancel = cancel_new();
    l->http = http_client_new(l->cancel);
    l->clients = (struct clients){
        .http = l->http, .kube = kube_pool_new(l->http), .provider_config = &value_null};
    arena_defer(a, live_free, l);
    diags_init(&l->diags, a);
    call_init(&l->call, a, &l->diags, l->cancel, &l->clients);
    l->call.deadline_ms = clock_monotonic_ms() + 60 * 1000;
    must(l, kube_open(&l->call, admin_connection(a, l), NULL, &l->kube));
    l->namespace = namespace;
    apply(l,
          text_f(a, "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"%s\"}}",
                 namespace));
    return l;
}

static struct kube_ref ref_of(const char *api_version, const char *kind, const char *namespace,
                              const char *name)
{
    return (struct kube_ref){api_version, kind, namespace, name};
}

/* Goes through a draining namespace: nothing of the case is left on a real server. */
static void live_end(struct live *l)
{
    const struct kube_ref namespace = ref_of("v1", "Namespace", NULL, l->namespace);
    const struct kube_delete_options options = {.wait = true};

    must(l, kube_delete(&l->call, l->kube, &namespace, &options));
}

static const char *map_json(struct arena *a, const struct live *l, const char *name,
                            const char *data)
{
    return text_f(a,
                  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%s\","
                  "\"namespace\":\"%s\",\"labels\":{\"app\":\"live\"}},\"data\":%s}",
                  name, l->namespace, data);
}

static const char *version_of(const struct value *object)
{
    return value_z(value_in(object, "metadata", "resourceVersion"));
}

TEST(objects_come_and_go)
{
    struct live *l = live_start(a, "kube-live-objects");
    const struct kube_ref ref = ref_of("v1", "ConfigMap", l->namespace, "m");
    const struct kube_delete_options options = {.wait = true};
    const struct value *first, *second, *list;
    struct kube_version version;
    const char *uid;

    must(l, kube_version(&l->call, l->kube, &version));
    assert_int_equal(version.major, 1);
    must(l, kube_uid(&l->call, l->kube, &uid));
    assert_true(strlen(uid) > 10);
    must(l, kube_get(&l->call, l->kube, &ref, &first));
    assert_null(first);
    first = apply(l, map_json(a, l, "m", "{\"x\":\"1\"}"));
    assert_true(kube_is_ours(first));
    second = apply(l, map_json(a, l, "m", "{\"x\":\"1\"}"));
    assert_string_equal(version_of(first), version_of(second));
    second = apply_flags(l, map_json(a, l, "m", "{\"x\":\"2\"}"), KUBE_DRY_RUN);
    assert_string_equal(value_z(value_in(second, "data", "x")), "2");
    must(l, kube_get(&l->call, l->kube, &ref, &second));
    assert_string_equal(value_z(value_in(second, "data", "x")), "1");
    must(l, kube_list(&l->call, l->kube, &ref, "app=live", &list));
    assert_int_equal(value_count(list), 1);
    assert_string_equal(value_text(value_item(list, 0), "kind"), "ConfigMap");
    must_fail(l, kube_create(&l->call, l->kube, first, 0, "import", &second), "");
    must(l, kube_delete(&l->call, l->kube, &ref, &options));
    must(l, kube_get(&l->call, l->kube, &ref, &second));
    assert_null(second);
    must(l, kube_delete(&l->call, l->kube, &ref, &options));
    live_end(l);
}

TEST(create_refuses_what_exists)
{
    struct live *l = live_start(a, "kube-live-create");
    const struct value *object = read_json(a, map_json(a, l, "m", "{\"x\":\"1\"}")), *out;

    must(l, kube_create(&l->call, l->kube, object, 0, NULL, &out));
    assert_true(kube_is_ours(out));
    must_fail(l, kube_create(&l->call, l->kube, object, 0, "`terraform import`", &out),
              "ConfigMap kube-live-create/m already exists\n");
    live_end(l);
}

/* As somebody else would: another field manager. */
static void apply_as(struct live *l, const char *manager, const char *json)
{
    const struct value *object = read_json(l->arena, json), *out;
    const struct kube_ref ref = kube_ref_of(object);
    const struct kube_subject about = {.verb = "apply", .ref = &ref};
    const struct kube_request request = {
        .method = "PATCH",
        .target = text_f(l->arena, "/api/v1/namespaces/%s/configmaps/%s?fieldManager=%s&force=true",
                         ref.namespace, ref.name, manager),
        .content_type = "application/apply-patch+yaml",
        .body = text_of(json),
    };

    must(l, kube_ask(&l->call, l->kube, &about, &request, &out));
}

TEST(conflicts_name_the_other)
{
    struct live *l = live_start(a, "kube-live-conflict");
    const struct value *object = read_json(a, map_json(a, l, "m", "{\"x\":\"3\",\"z\":\"1\"}"));
    const struct value *out;

    apply(l, map_json(a, l, "m", "{\"x\":\"1\",\"z\":\"1\"}"));
    apply_as(l, "somebody", map_json(a, l, "m", "{\"x\":\"2\",\"y\":\"2\"}"));
    must_fail(l, kube_apply(&l->call, l->kube, object, 0, &out), "\"somebody\": .data.x\n");
    out = apply_flags(l, map_json(a, l, "m", "{\"x\":\"3\",\"z\":\"1\"}"), KUBE_FORCE);
    assert_string_equal(
        json_write(a, value_sorted(a, kube_owned_fields(a, out))).at,
        "{\"apiVersion\":\"v1\",\"data\":{\"x\":\"3\",\"z\":\"1\"},\"kind\":\"ConfigMap\","
        "\"metadata\":{\"labels\":{\"app\":\"live\"},\"name\":\"m\",\"namespace\":"
        "\"kube-live-conflict\"}}");
    live_end(l);
}

TEST(foreign_objects_are_not_taken_over_unasked)
{
    struct live *l = live_start(a, "kube-live-foreign");
    const struct value *object = read_json(a, map_json(a, l, "m", "{\"x\":\"1\"}")), *out;

    apply_as(l, "somebody", map_json(a, l, "m", "{\"x\":\"1\"}"));
    must_fail(l, kube_apply(&l->call, l->kube, object, KUBE_NEW_ONLY, &out), "already exists");
    must(l, kube_apply(&l->call, l->kube, object, 0, &out));
    must(l, kube_apply(&l->call, l->kube, object, KUBE_NEW_ONLY, &out));
    live_end(l);
}

TEST(typing_errors_are_refused)
{
    struct live *l = live_start(a, "kube-live-strict");
    const struct value *typo = read_json(
        a, text_f(a,
                  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\","
                  "\"namespace\":\"%s\"},\"dat\":{}}",
                  l->namespace));
    const struct value *service = read_json(
        a, text_f(a,
                  "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\","
                  "\"namespace\":\"%s\"},\"spec\":{\"ports\":[{\"port\":99999}]}}",
                  l->namespace));
    const struct value *out;

    must_fail(l, kube_apply(&l->call, l->kube, typo, 0, &out),
              "fields that its kind does not know");
    must_fail(l, kube_create(&l->call, l->kube, typo, 0, NULL, &out),
              "fields that its kind does not know");
    must_fail(l, kube_apply(&l->call, l->kube, service, 0, &out),
              "Service kube-live-strict/s is invalid\n");
    live_end(l);
}

TEST(missing_namespace_is_told)
{
    struct live *l = live_start(a, "kube-live-missing");
    const struct value *object, *out;

    object = value_with_in(a, read_json(a, map_json(a, l, "m", "{}")),
                           value_string(a, "kube-live-none"), "metadata", "namespace");
    must_fail(l, kube_apply(&l->call, l->kube, object, 0, &out),
              "Create the namespace first: kube-live-none.");
    live_end(l);
}

TEST(nobody_is_told_who_he_is)
{
    struct live *l = live_start(a, "kube-live-nobody");
    const struct kube_ref ref = ref_of("v1", "ConfigMap", l->namespace, "m");
    const char *token =
        is_real() ? getenv("ISTIO_ACC_NOBODY_TOKEN_1") : sandbox_nobody_token(l->sandbox);
    struct text ca = kube_ca_pem(l->kube);
    const struct value *connection = value_map_of(
        a, {"name", value_string(a, "east")}, {"host", value_string(a, kube_host(l->kube))},
        {"ca_certificate", value_string_of(a, ca)}, {"token", value_string(a, token)});
    const struct value *out;
    struct kube *nobody;

    must(l, kube_open(&l->call, connection, NULL, &nobody));
    must_fail(l, kube_get(&l->call, nobody, &ref, &out),
              "Give it a role with the verb \"get\" on \"configmaps\"");
    connection = value_with(a, connection, "token", value_string(a, "wrong"));
    must(l, kube_open(&l->call, connection, NULL, &nobody));
    must_fail(l, kube_get(&l->call, nobody, &ref, &out),
              "Cluster east does not accept the credentials");
    live_end(l);
}

TEST(other_cluster_is_noticed)
{
    struct live *l = live_start(a, "kube-live-uid");
    const struct value *connection =
        value_with(a, admin_connection(a, l), "uid", value_string(a, "elsewhere"));
    const struct value *object = read_json(a, map_json(a, l, "m", "{}")), *out;
    struct kube *wrong;

    must(l, kube_open(&l->call, connection, NULL, &wrong));
    must_fail(l, kube_apply(&l->call, wrong, object, 0, &out), "east is another cluster\n");
    live_end(l);
}

static const char crd[] =
    "{\"apiVersion\":\"apiextensions.k8s.io/v1\",\"kind\":\"CustomResourceDefinition\","
    "\"metadata\":{\"name\":\"things.live.example.com\"},\"spec\":{\"group\":"
    "\"live.example.com\",\"scope\":\"Namespaced\",\"names\":{\"plural\":\"things\","
    "\"singular\":\"thing\",\"kind\":\"Thing\",\"listKind\":\"ThingList\"},\"versions\":[{"
    "\"name\":\"v1\",\"served\":true,\"storage\":true,\"schema\":{\"openAPIV3Schema\":{"
    "\"type\":\"object\",\"properties\":{\"spec\":{\"type\":\"object\",\"properties\":{\"x\":{"
    "\"type\":\"integer\"}}}}}}}]}}";

TEST(new_kind_is_found)
{
    struct live *l = live_start(a, "kube-live-kinds");
    const struct kube_ref definition = ref_of("apiextensions.k8s.io/v1", "CustomResourceDefinition",
                                              NULL, "things.live.example.com");
    const struct kube_delete_options options = {.wait = true};
    const char *thing = text_f(a,
                               "{\"apiVersion\":\"live.example.com/v1\",\"kind\":\"Thing\","
                               "\"metadata\":{\"name\":\"t\",\"namespace\":\"%s\"},\"spec\":{"
                               "\"x\":1}}",
                               l->namespace);
    struct kube_resource resource;
    const struct value *out;

    must_fail(l, kube_apply(&l->call, l->kube, read_json(a, thing), 0, &out),
              "does not serve the kind Thing of live.example.com/v1");
    apply(l, crd);
    must(l, kube_wait_for(&l->call, l->kube, &definition, "be established", kube_judge_ready, NULL,
                          &out));
    must(l, kube_wait_for_kind(&l->call, l->kube, "live.example.com/v1", "Thing", &resource));
    assert_string_equal(resource.plural, "things");
    out = apply(l, thing);
    assert_int_equal(value_as_integer(value_in(out, "spec", "x")), 1);
    must(l, kube_delete(&l->call, l->kube, &definition, &options));
    live_end(l);
}

TEST(deployment_gets_ready)
{
    struct live *l = live_start(a, "kube-live-ready");
    const struct kube_ref ref = ref_of("apps/v1", "Deployment", l->namespace, "d");
    const struct value *out;

    apply(l, text_f(a,
                    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":"
                    "\"d\",\"namespace\":\"%s\"},\"spec\":{\"replicas\":2,\"selector\":{"
                    "\"matchLabels\":{\"app\":\"d\"}},\"template\":{\"metadata\":{\"labels\":{"
                    "\"app\":\"d\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":"
                    "\"i\"}]}}}}",
                    l->namespace));
    must(l, kube_wait_for(&l->call, l->kube, &ref, "be ready", kube_judge_ready, NULL, &out));
    assert_int_equal(value_as_integer(value_in(out, "status", "availableReplicas")), 2);
    live_end(l);
}

TEST(finalizer_that_blocks_is_named)
{
    struct live *l = live_start(a, "kube-live-finalizer");
    const struct kube_ref ref = ref_of("v1", "ConfigMap", l->namespace, "m");
    const struct kube_delete_options options = {.wait = true};
    const struct value *patch = read_json(a, "{\"metadata\":{\"finalizers\":null}}"), *out;
    int64_t deadline = l->call.deadline_ms;

    apply(l, text_f(a,
                    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\","
                    "\"namespace\":\"%s\",\"finalizers\":[\"example.com/hold\"]}}",
                    l->namespace));
    l->call.deadline_ms = clock_monotonic_ms() + 500;
    must_fail(l, kube_delete(&l->call, l->kube, &ref, &options), "finalizers: example.com/hold");
    l->call.deadline_ms = deadline;
    must(l, kube_patch(&l->call, l->kube, &ref, patch, 0, &out));
    must(l, kube_delete(&l->call, l->kube, &ref, &options));
    live_end(l);
}

/* What a kube-apiserver leaves when it could not list the objects of the kind: it looks
 * again when the CRD changes. */
TEST(crd_whose_deletion_got_stuck_is_stirred)
{
#define THINGS "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.live.example.com"
    static const char stuck[] =
        "{\"status\":{\"conditions\":[{\"type\":\"Terminating\",\"status\":\"True\","
        "\"reason\":\"InstanceDeletionFailed\",\"message\":\"could not list instances\","
        "\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}]}}";
    const struct kube_request write_status = {.method = "PATCH",
                                              .target = THINGS "/status",
                                              .content_type = "application/merge-patch+json",
                                              .body = text_of(stuck)};
    const struct kube_ref ref = ref_of("apiextensions.k8s.io/v1", "CustomResourceDefinition", NULL,
                                       "things.live.example.com");
    const struct kube_subject about = {.verb = "write", .ref = &ref};
    const struct value *out;
    struct live *l;
    char *object;

    if (is_real())
        return;
    l = live_start(a, "kube-live-stuck");
    apply(l, crd);
    must(l, kube_ask(&l->call, l->kube, &about, &write_status, &out));
    l->call.deadline_ms = clock_monotonic_ms() + 1000;
    must_fail(l, kube_wait_gone(&l->call, l->kube, &ref, ""),
              "things.live.example.com to be deleted");
    object = sandbox_object(l->sandbox, THINGS);
    assert_non_null(strstr(object, "terraform-provider-istio/deletion-retried-at"));
    memory_free(object);
}

/* More than one page, applied at once over a few connections. */
TEST(many_objects_are_applied_and_listed)
{
    enum { COUNT = 520 };
    struct live *l = live_start(a, "kube-live-many");
    const struct kube_ref ref = ref_of("v1", "ConfigMap", l->namespace, NULL);
    const struct value **objects = arena_array(a, COUNT, sizeof(*objects));
    const struct value **results = arena_array(a, COUNT, sizeof(*results));
    const struct value *list;

    for (size_t i = 0; i < COUNT; i++)
        objects[i] =
            read_json(a, map_json(a, l, text_f(a, "m-%zu", i), text_f(a, "{\"x\":\"%zu\"}", i)));
    must(l, kube_apply_all(&l->call, l->kube, objects, COUNT, 0, results));
    for (size_t i = 0; i < COUNT; i++)
        assert_string_equal(value_z(value_in(results[i], "metadata", "name")),
                            value_z(value_in(objects[i], "metadata", "name")));
    must(l, kube_list(&l->call, l->kube, &ref, "app=live", &list));
    assert_int_equal(value_count(list), COUNT);
    live_end(l);
}

TEST(token_is_requested)
{
    struct live *l = live_start(a, "kube-live-token");
    const struct kube_ref ref = ref_of("v1", "ServiceAccount", l->namespace, "s");
    const struct value *out;

    apply(l, text_f(a,
                    "{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":"
                    "\"s\",\"namespace\":\"%s\"}}",
                    l->namespace));
    must(l, kube_create_subresource(
                &l->call, l->kube, &ref, "token",
                read_json(a, "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":"
                             "\"TokenRequest\",\"spec\":{\"expirationSeconds\":3600}}"),
                0, &out));
    assert_true(strlen(value_z(value_in(out, "status", "token"))) > 20);
    live_end(l);
}

/* --- what only the sandbox can do ------------------------------------------------- */

/* What passes is not seen; what does not is told, and the next apply completes. */
TEST(faults_are_survived_or_told)
{
    static const struct {
        const char *fault;
        bool survived;
    } cases[] = {
        {"cut", true},      {"cut-after", true}, {"429", true},      {"500", true},
        {"garbage", false}, {"409", true},       {"expired", false},
    };
    struct live *l;

    if (is_real())
        return;
    l = live_start(a, "kube-live-faults");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *name = text_f(a, "m-%s", cases[i].fault);
        const struct value *object = read_json(a, map_json(a, l, name, "{}")), *out;
        enum sandbox_fault fault;

        assert_true(sandbox_fault_parse(cases[i].fault, &fault));
        sandbox_fault(l->sandbox, fault, 1, 1, "PATCH");
        assert_int_equal(kube_apply(&l->call, l->kube, object, 0, &out), cases[i].survived);
        assert_int_equal(l->diags.failed, !cases[i].survived);
        diags_init(&l->diags, a);
        must(l, kube_apply(&l->call, l->kube, object, 0, &out));
    }
    live_end(l);
}

TEST(cut_create_is_not_made_twice)
{
    const struct value *object, *out;
    struct live *l;

    if (is_real())
        return;
    l = live_start(a, "kube-live-cut");
    object = read_json(a, map_json(a, l, "m", "{\"x\":\"1\"}"));
    sandbox_fault(l->sandbox, FAULT_CUT_AFTER, 1, 1, "POST");
    must(l, kube_create(&l->call, l->kube, object, 0, NULL, &out));
    assert_string_equal(value_z(value_in(out, "data", "x")), "1");
    live_end(l);
}

TEST(requests_are_few)
{
    const struct kube_ref ref = {"v1", "ConfigMap", "kube-live-count", "m"};
    const struct kube_delete_options options = {.wait = true};
    const struct value *out;
    struct live *l;
    char *requests;

    if (is_real())
        return;
    l = live_start(a, "kube-live-count");
    sandbox_requests_reset(l->sandbox);
    apply(l, map_json(a, l, "m", "{}"));
    must(l, kube_get(&l->call, l->kube, &ref, &out));
    must(l, kube_wait_for(&l->call, l->kube, &ref, "exist", kube_judge_exists, NULL, &out));
    must(l, kube_delete(&l->call, l->kube, &ref, &options));
    requests = sandbox_requests(l->sandbox);
    assert_string_equal(
        requests,
        "PATCH /api/v1/namespaces/kube-live-count/configmaps/m?fieldManager=terraform-provider-"
        "istio&fieldValidation=Strict 201\n"
        "GET /api/v1/namespaces/kube-live-count/configmaps/m 200\n"
        "GET /api/v1/namespaces/kube-live-count/configmaps?fieldSelector=metadata.name%3Dm 200\n"
        "DELETE /api/v1/namespaces/kube-live-count/configmaps/m 200\n"
        "GET /api/v1/namespaces/kube-live-count/configmaps?fieldSelector=metadata.name%3Dm 200\n");
    memory_free(requests);
    live_end(l);
}
