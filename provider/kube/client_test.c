/* The client against a server that answers by a script: exact requests, exact
 * counts, exact messages. */
#include <string.h>

#include "base/test.h"
#include "codec/json.h"
#include "kube/test_script.h"
#include "kube/wait.h"

#define QUERY "fieldManager=terraform-provider-istio&fieldValidation=Strict"
#define MAPS "/api/v1/namespaces/a/configmaps"

static const struct kube_ref map_b = {"v1", "ConfigMap", "a", "b"};

static const struct value *map_object(struct arena *a, const char *name)
{
    return value_map_of(a, {"apiVersion", value_string(a, "v1")},
                        {"kind", value_string(a, "ConfigMap")},
                        {"metadata", value_map_of(a, {"name", value_string(a, name)},
                                                  {"namespace", value_string(a, "a")})},
                        {"data", value_map_of(a, {"x", value_string(a, "1")})});
}

static const char *version_of(const struct value *object)
{
    return value_z(value_in(object, "metadata", "resourceVersion"));
}

/* --- discovery and reading -------------------------------------------------------- */

TEST(discovery_is_asked_once)
{
    struct script *s = SCRIPT(
        ASK_CORE, {.request = "GET " MAPS "/b", .body = OBJECT_JSON("b", "7", "")},
        {.request = "GET " MAPS "/b", .status = 404, .body = STATUS_JSON(404, "NotFound", "none")});
    const struct value *object;

    assert_true(kube_get(&s->call, s->kube, &map_b, &object));
    assert_string_equal(version_of(object), "7");
    assert_true(kube_get(&s->call, s->kube, &map_b, &object));
    assert_null(object);
    script_end(a, s, "");
}

TEST(old_server_is_asked_by_group)
{
    static const struct kube_ref gateway = {"networking.istio.io/v1", "Gateway", "a", "g"};
    struct script *s =
        SCRIPT({.request = "GET /apis", .body = "{\"kind\":\"APIGroupList\"}"},
               {.request = "GET /apis/networking.istio.io/v1",
                .body = "{\"kind\":\"APIResourceList\",\"groupVersion\":"
                        "\"networking.istio.io/v1\",\"resources\":[{\"name\":"
                        "\"gateways\",\"namespaced\":true,\"kind\":\"Gateway\"}]}"},
               {.request = "GET /apis/networking.istio.io/v1/namespaces/a/gateways/g"},
               {.request = "GET /apis/networking.istio.io/v1/namespaces/a/gateways/g"});
    const struct value *object;

    assert_true(kube_get(&s->call, s->kube, &gateway, &object));
    assert_true(kube_get(&s->call, s->kube, &gateway, &object));
    script_end(a, s, "");
}

/* A kind that was missing is looked for again, alone; reading it finds nothing,
 * writing it is an error, unless a missing kind was allowed. */
TEST(missing_kind_is_asked_for_again)
{
    struct script *s =
        SCRIPT(ASK_CORE, {.request = "GET /api/v1", .body = "{\"kind\":\"APIResourceList\"}"},
               {.request = "GET /api/v1", .body = "{\"kind\":\"APIResourceList\"}"},
               {.request = "GET /api/v1", .body = "{\"kind\":\"APIResourceList\"}"},
               {.request = "GET /api/v1",
                .body = "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\","
                        "\"resources\":[{\"name\":\"things\",\"kind\":\"Thing\"}]}"},
               {.request = "GET /api/v1/things/t"});
    const struct kube_ref ref = {"v1", "Thing", NULL, "t"};
    const struct value *thing =
        value_map_of(a, {"apiVersion", value_string(a, "v1")}, {"kind", value_string(a, "Thing")},
                     {"metadata", value_map_of(a, {"name", value_string(a, "t")})});
    const struct value *const things[] = {thing, thing};
    const struct value *object, *results[2];

    assert_true(kube_get(&s->call, s->kube, &ref, &object));
    assert_null(object);
    assert_false(kube_apply_all(&s->call, s->kube, things, 2, 0, results));
    assert_true(kube_apply(&s->call, s->kube, thing, KUBE_MISSING_KIND_OK, &object));
    assert_null(object);
    assert_true(kube_get(&s->call, s->kube, &ref, &object));
    assert_non_null(object);
    script_end(a, s,
               "Cannot apply Thing t\n"
               "Cluster east (https://server) does not serve the kind Thing of v1. Install its CRD "
               "first, or use an apiVersion that this version of Kubernetes serves.\n");
}

TEST(list_takes_all_pages)
{
    struct script *s = SCRIPT(
        ASK_CORE,
        {.request = "GET " MAPS "?labelSelector=app%3Dx&limit=500",
         .body = "{\"kind\":\"ConfigMapList\",\"metadata\":{\"continue\":\"c 1\"},\"items\":["
                 "{\"metadata\":{\"name\":\"one\"}}]}"},
        {.request = "GET " MAPS "?continue=c%201&labelSelector=app%3Dx&limit=500",
         .body = "{\"kind\":\"ConfigMapList\",\"metadata\":{},\"items\":["
                 "{\"metadata\":{\"name\":\"two\"}}]}"});
    const struct value *list;

    assert_true(kube_list(&s->call, s->kube, &map_b, "app=x", &list));
    assert_string_equal(json_write(a, list).at,
                        "[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":"
                        "\"one\"}},{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{"
                        "\"name\":\"two\"}}]");
    script_end(a, s, "");
}

TEST(expired_page_starts_over_in_one_piece)
{
    const struct kube_ref everywhere = {"v1", "ConfigMap", NULL, NULL};
    struct script *s = SCRIPT(
        ASK_CORE,
        {.request = "GET /api/v1/configmaps?limit=500",
         .body = "{\"metadata\":{\"continue\":\"c\"},\"items\":[{\"metadata\":{}}]}"},
        {.request = "GET /api/v1/configmaps?continue=c&limit=500",
         .status = 410,
         .body = STATUS_JSON(410, "Expired", "old")},
        {.request = "GET /api/v1/configmaps", .body = "{\"metadata\":{},\"items\":[{},{}]}"});
    const struct value *list;

    assert_true(kube_list(&s->call, s->kube, &everywhere, NULL, &list));
    assert_int_equal(value_count(list), 2);
    script_end(a, s, "");
}

TEST(garbage_is_a_failure)
{
    struct script *s = SCRIPT(ASK_CORE, {.request = "GET " MAPS "/b", .body = "<html>"});
    const struct value *object;

    assert_false(kube_get(&s->call, s->kube, &map_b, &object));
    assert_true(s->diags.failed);
    assert_non_null(strstr(diags_text(a, &s->diags), "reply of cluster east"));
}

TEST(hanging_server_is_left_at_once)
{
    struct script *s = SCRIPT(
        ASK_CORE, {.request = "GET " MAPS "/b", .body = "", .flags = STEP_HANG | STEP_CANCEL});
    int64_t start = clock_monotonic_ms();
    const struct value *object;

    assert_false(kube_get(&s->call, s->kube, &map_b, &object));
    assert_true(clock_monotonic_ms() - start < 5000);
    script_end(a, s,
               "Interrupted\nTerraform was stopped while it waited for an answer of cluster east "
               "(https://server). What was done so far is kept in the state.\n");
}

TEST(version_and_uid_are_asked_once)
{
    struct script *s =
        SCRIPT({.request = "GET /version",
                .body = "{\"major\":\"1\",\"minor\":\"33+\",\"gitVersion\":\"v1.33.4\"}"},
               {.request = "GET /api/v1/namespaces/kube-system",
                .body = "{\"metadata\":{\"uid\":\"u\"}}"});
    struct kube_version version;
    const char *uid;

    for (int i = 0; i < 2; i++) {
        assert_true(kube_version(&s->call, s->kube, &version));
        assert_int_equal(version.minor, 33);
        assert_string_equal(version.git_version, "v1.33.4");
        assert_true(kube_uid(&s->call, s->kube, &uid));
        assert_string_equal(uid, "u");
    }
    script_end(a, s, "");
}

TEST(unreachable_cluster_is_named)
{
    struct script *s = SCRIPT({.request = "GET /unused"});
    int fd, port = server_dead_port(&fd);
    const struct value *object, *elsewhere;
    const char *said;

    elsewhere =
        value_with(a, script_connection(a, s), "host", value_f(a, "https://127.0.0.1:%d", port));
    assert_true(kube_open(&s->call, elsewhere, NULL, &s->kube));
    s->call.deadline_ms = clock_monotonic_ms() + 300;
    assert_false(kube_get(&s->call, s->kube, &map_b, &object));
    said = diags_text(a, &s->diags);
    assert_non_null(strstr(said, "Cannot reach cluster east\nCannot discover the kinds of cluster "
                                 "east: https://127.0.0.1:"));
    close(fd);
}

/* --- writing ----------------------------------------------------------------------- */

TEST(apply_is_strict_and_ours)
{
    struct script *s =
        SCRIPT(ASK_CORE,
               {.request = "PATCH " MAPS "/b?" QUERY,
                .body = OBJECT_JSON("b", "8", ""),
                .head = "Content-Type: application/apply-patch+yaml",
                .sent = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":"
                        "\"b\",\"namespace\":\"a\"},\"data\":{\"x\":\"1\"}}"},
               {.request = "PATCH " MAPS "/b?dryRun=All&" QUERY "&force=true"});
    const struct value *object;

    assert_true(kube_apply(&s->call, s->kube, map_object(a, "b"), 0, &object));
    assert_string_equal(version_of(object), "8");
    assert_true(
        kube_apply(&s->call, s->kube, map_object(a, "b"), KUBE_DRY_RUN | KUBE_FORCE, &object));
    script_end(a, s, "");
}

TEST(foreign_object_is_refused_when_new_was_asked_for)
{
    struct script *s = SCRIPT(
        ASK_CORE, {.request = "GET " MAPS "/b", .body = OBJECT_JSON("b", "1", "")},
        {.request = "GET " MAPS "/c", .body = OBJECT_JSON("c", "1", OURS)},
        {.request = "GET " MAPS "/d", .status = 404, .body = STATUS_JSON(404, "NotFound", "none")},
        {.request = "PATCH " MAPS "/c?" QUERY, .body = OBJECT_JSON("c", "2", OURS)},
        {.request = "PATCH " MAPS "/d?" QUERY, .status = 201, .body = OBJECT_JSON("d", "3", OURS)});
    const struct value *const objects[] = {map_object(a, "b"), map_object(a, "c"),
                                           map_object(a, "d")};
    const struct value *results[3];

    assert_false(kube_apply_all(&s->call, s->kube, objects, 3, KUBE_NEW_ONLY, results));
    assert_null(results[0]);
    assert_string_equal(version_of(results[1]), "2");
    assert_string_equal(version_of(results[2]), "3");
    script_end(a, s,
               "ConfigMap a/b already exists\n"
               "It is on cluster east (https://server) and was not made by this resource. Remove "
               "it, or take it over with `terraform import`.\n");
}

TEST(one_failure_does_not_stop_the_others)
{
    struct script *s =
        SCRIPT(ASK_CORE,
               {.request = "PATCH " MAPS "/b?" QUERY,
                .status = 422,
                .body = STATUS_JSON(422, "Invalid", "data: too long")},
               {.request = "PATCH " MAPS "/c?" QUERY, .body = OBJECT_JSON("c", "2", "")});
    const struct value *const objects[] = {map_object(a, "b"), map_object(a, ""),
                                           map_object(a, "c")};
    const struct value *results[3];

    assert_false(kube_apply_all(&s->call, s->kube, objects, 3, 0, results));
    assert_null(results[0]);
    assert_null(results[1]);
    assert_string_equal(version_of(results[2]), "2");
    script_end(a, s,
               "Cannot apply ConfigMap in namespace a\n"
               "The name \"\" is not a name that Kubernetes allows.\n"
               "ConfigMap a/b is invalid\n"
               "Cluster east (https://server) answered 422 Invalid: data: too long\n");
}

/* A kind that was just made known may not be routed yet, and somebody else may
 * be writing: both pass. */
TEST(apply_is_sent_again_when_it_may_pass)
{
    struct script *s =
        SCRIPT(ASK_CORE,
               {.request = "PATCH " MAPS "/b?" QUERY, .status = 404, .body = "404 page not found"},
               {.request = "PATCH " MAPS "/b?" QUERY,
                .status = 409,
                .body = STATUS_JSON(409, "Conflict", "the object has been modified")},
               {.request = "PATCH " MAPS "/b?" QUERY, .body = OBJECT_JSON("b", "1", "")},
               {.request = "PATCH " MAPS "/c?" QUERY, .body = OBJECT_JSON("c", "2", "")});
    const struct value *const objects[] = {map_object(a, "b"), map_object(a, "c")};
    const struct value *results[2];

    assert_true(kube_apply_all(&s->call, s->kube, objects, 2, 0, results));
    assert_string_equal(version_of(results[0]), "1");
    assert_string_equal(version_of(results[1]), "2");
    script_end(a, s, "");
}

TEST(create_says_that_it_exists)
{
    struct script *s = SCRIPT(ASK_CORE, {.request = "POST " MAPS "?" QUERY,
                                         .status = 409,
                                         .body = STATUS_JSON(409, "AlreadyExists", "b")});
    const struct value *object;

    assert_false(
        kube_create(&s->call, s->kube, map_object(a, "b"), 0, "`terraform import x y`", &object));
    script_end(a, s,
               "ConfigMap a/b already exists\n"
               "It is on cluster east (https://server) and was not made by this resource. Remove "
               "it, or take it over with `terraform import x y`.\n");
}

TEST(create_goes_on_after_a_cut)
{
    struct script *s = SCRIPT(ASK_CORE, {.request = "POST " MAPS "?" QUERY, .flags = STEP_CUT},
                              {.request = "GET " MAPS "/b", .body = OBJECT_JSON("b", "3", OURS)});
    const struct value *object;

    assert_true(kube_create(&s->call, s->kube, map_object(a, "b"), 0, NULL, &object));
    assert_string_equal(version_of(object), "3");
    script_end(a, s, "");
}

TEST(cut_create_of_a_foreign_object_fails)
{
    struct script *s = SCRIPT(ASK_CORE, {.request = "POST " MAPS "?" QUERY, .flags = STEP_CUT},
                              {.request = "GET " MAPS "/b", .body = OBJECT_JSON("b", "3", "")});
    const struct value *object;

    assert_false(kube_create(&s->call, s->kube, map_object(a, "b"), 0, NULL, &object));
    assert_null(object);
    assert_non_null(strstr(diags_text(a, &s->diags), "Cannot create ConfigMap a/b: https://"));
}

TEST(patch_and_subresource)
{
    struct script *s = SCRIPT(ASK_CORE,
                              {.request = "PATCH " MAPS "/b?" QUERY,
                               .head = "Content-Type: application/merge-patch+json",
                               .sent = "{\"data\":{\"x\":null}}"},
                              {.request = "POST " MAPS "/b/token?" QUERY,
                               .status = 201,
                               .body = "{\"status\":{\"token\":\"t\"}}"});
    const struct value *patch = value_map_of(a, {"data", value_map_of(a, {"x", &value_null})});
    const struct value *out;

    assert_true(kube_patch(&s->call, s->kube, &map_b, patch, 0, &out));
    assert_true(
        kube_create_subresource(&s->call, s->kube, &map_b, "token", &value_empty_map, 0, &out));
    assert_string_equal(value_z(value_in(out, "status", "token")), "t");
    script_end(a, s, "");
}

/* --- uid ---------------------------------------------------------------------------- */

static void open_with_uid(struct arena *a, struct script *s)
{
    const struct value *connection =
        value_with(a, script_connection(a, s), "uid", value_string(a, "u1"));

    assert_true(kube_open(&s->call, connection, NULL, &s->kube));
}

TEST(uid_is_compared_once_before_writing)
{
    struct script *s =
        SCRIPT(ASK_CORE, {.request = "GET " MAPS "/b"},
               {.request = "GET /api/v1/namespaces/kube-system",
                .body = "{\"metadata\":{\"uid\":\"u1\"}}"},
               {.request = "PATCH " MAPS "/b?" QUERY}, {.request = "DELETE " MAPS "/b"});
    const struct kube_delete_options options = {.wait = false};
    const struct value *object;

    open_with_uid(a, s);
    assert_true(kube_get(&s->call, s->kube, &map_b, &object));
    assert_true(kube_apply(&s->call, s->kube, map_object(a, "b"), 0, &object));
    assert_true(kube_delete(&s->call, s->kube, &map_b, &options));
    script_end(a, s, "");
}

TEST(another_cluster_is_not_written_to)
{
    struct script *s = SCRIPT({.request = "GET /api/v1/namespaces/kube-system",
                               .body = "{\"metadata\":{\"uid\":\"u2\"}}"});
    const struct kube_delete_options options = {.wait = false};
    const struct value *object;

    open_with_uid(a, s);
    assert_false(kube_apply(&s->call, s->kube, map_object(a, "b"), 0, &object));
    assert_false(kube_create(&s->call, s->kube, map_object(a, "b"), 0, NULL, &object));
    assert_false(kube_patch(&s->call, s->kube, &map_b, &value_empty_map, 0, &object));
    assert_false(kube_delete(&s->call, s->kube, &map_b, &options));
    script_end(a, s,
               "east is another cluster\n"
               "The connection expects the cluster whose kube-system has the uid u1, but at "
               "https://server it is u2. Nothing was written. Either the address or context leads "
               "to a wrong cluster, or the cluster was made anew: then change uid in the "
               "connection (or refresh the istio_cluster that it comes from).\n");
}

/* --- credentials -------------------------------------------------------------------- */

TEST(fixed_token_is_not_tried_twice)
{
    struct script *s = SCRIPT({.request = "GET /version",
                               .status = 401,
                               .body = STATUS_JSON(401, "Unauthorized", "Unauthorized"),
                               .head = "Authorization: Bearer t1\r\n"});
    struct kube_version version;

    assert_false(kube_version(&s->call, s->kube, &version));
    script_end(a, s,
               "Cluster east does not accept the credentials\n"
               "Cluster east (https://server) answered 401 Unauthorized: Unauthorized\n\n"
               "It was offered the token of the connection. The credentials have expired, were "
               "revoked, or are those of another cluster.\n");
}

static void folder_remove(void *folder)
{
    case_remove(folder);
}

/* A client whose plugin prints another token each time that it runs: t1, t2, … */
static void open_with_plugin(struct arena *a, struct script *s, const char *expires)
{
    char *folder = text_f(a, "%s/plugin-XXXXXX", case_temporary());
    const struct value *exec, *connection;

    assert_non_null(mkdtemp(folder));
    arena_defer(a, folder_remove, folder);
    exec = value_map_of(
        a, {"command", value_string(a, "sh")},
        {"args",
         value_list_of(
             a, value_string(a, "-c"),
             value_f(a,
                     "echo x >> %s/runs; printf '{\"kind\":\"ExecCredential\",\"apiVersion\":"
                     "\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t%%s\"%s}}' "
                     "$(wc -l < %s/runs)",
                     folder, expires, folder))});
    connection = value_with(a, script_connection(a, s), "token", NULL);
    connection = value_with(a, connection, "exec", exec);
    assert_true(kube_open(&s->call, connection, NULL, &s->kube));
}

TEST(plugin_runs_again_after_a_401)
{
    struct script *s =
        SCRIPT({.request = "GET /version", .status = 401, .head = "Authorization: Bearer t1\r\n"},
               {.request = "GET /version",
                .body = "{\"gitVersion\":\"v1\"}",
                .head = "Authorization: Bearer t2\r\n"},
               {.request = "GET /api/v1/namespaces/kube-system",
                .body = "{\"metadata\":{\"uid\":\"u\"}}",
                .head = "Authorization: Bearer t2\r\n"});
    struct kube_version version;
    const char *uid;

    open_with_plugin(a, s, "");
    assert_true(kube_version(&s->call, s->kube, &version));
    assert_true(kube_uid(&s->call, s->kube, &uid));
    script_end(a, s, "");
}

TEST(renewal_is_tried_once)
{
    struct script *s = SCRIPT({.request = "GET /version", .status = 401},
                              {.request = "GET /version", .status = 401});
    struct kube_version version;

    open_with_plugin(a, s, "");
    assert_false(kube_version(&s->call, s->kube, &version));
    script_end(a, s,
               "Cluster east does not accept the credentials\n"
               "Cluster east (https://server) answered 401: {}\n\n"
               "It was offered the credentials of the plugin sh, renewed once. The credentials "
               "have expired, were revoked, or are those of another cluster.\n");
}

TEST(expired_credentials_are_not_sent)
{
    struct script *s = SCRIPT({.request = "GET /version",
                               .body = "{\"gitVersion\":\"v1\"}",
                               .head = "Authorization: Bearer t1\r\n"},
                              {.request = "GET /api/v1/namespaces/kube-system",
                               .body = "{\"metadata\":{\"uid\":\"u\"}}",
                               .head = "Authorization: Bearer t2\r\n"});
    const char *expires =
        text_f(a, ",\"expirationTimestamp\":\"%s\"", clock_rfc3339(a, clock_now() + 600));
    struct kube_version version;
    const char *uid;

    open_with_plugin(a, s, expires);
    assert_true(kube_version(&s->call, s->kube, &version));
    clock_shift(595);
    assert_true(kube_uid(&s->call, s->kube, &uid));
    clock_shift(0);
    script_end(a, s, "");
}

/* Of many requests only those that were refused are sent again. */
TEST(only_refused_requests_are_sent_again)
{
    struct script *s =
        SCRIPT(ASK_CORE, {.request = "PATCH " MAPS "/b?" QUERY, .status = 401},
               {.request = "PATCH " MAPS "/b?" QUERY,
                .body = OBJECT_JSON("b", "1", ""),
                .head = "Authorization: Bearer t2\r\n"},
               {.request = "PATCH " MAPS "/c?" QUERY, .body = OBJECT_JSON("c", "2", "")});
    const struct value *const objects[] = {map_object(a, "b"), map_object(a, "c")};
    const struct value *results[2];

    open_with_plugin(a, s, "");
    assert_true(kube_apply_all(&s->call, s->kube, objects, 2, 0, results));
    assert_string_equal(version_of(results[0]), "1");
    assert_string_equal(version_of(results[1]), "2");
    script_end(a, s, "");
}

TEST(token_file_is_read_again)
{
    char *folder = text_f(a, "%s/token-XXXXXX", case_temporary());
    struct script *s =
        SCRIPT({.request = "GET /version", .status = 401, .head = "Authorization: Bearer old\r\n"},
               {.request = "GET /version",
                .body = "{\"gitVersion\":\"v1\"}",
                .head = "Authorization: Bearer new\r\n"});
    struct kube_version version;
    const char *file, *token;
    int64_t expires_at;
    FILE *out;

    assert_non_null(mkdtemp(folder));
    file = text_f(a, "%s/token", folder);
    out = fopen(file, "w");
    assert_true(out && fputs("old\n", out) > 0 && fclose(out) == 0);
    assert_true(kube_open(
        &s->call,
        value_map_of(
            a, {"name", value_string(a, "east")}, {"ca_certificate", value_string(a, s->ca_pem)},
            {"kubeconfig",
             value_map_of(a, {"raw", value_f(a,
                                             "clusters: [{name: c, cluster: {server: '%s'}}]\n"
                                             "users: [{name: u, user: {tokenFile: '%s'}}]\n"
                                             "contexts: [{name: c, context: {cluster: c, user: "
                                             "u}}]\n",
                                             s->url, file)})}),
        NULL, &s->kube));
    assert_true(kube_token(&s->call, s->kube, &token, &expires_at));
    assert_string_equal(token, "old");
    out = fopen(file, "w");
    assert_true(out && fputs("new\n", out) > 0 && fclose(out) == 0);
    assert_true(kube_version(&s->call, s->kube, &version));
    script_end(a, s, "");
    case_remove(folder);
}

/* Header and signature of this JWT are empty; its claims are {"exp":2000000000}. */
TEST(expiry_of_a_jwt_is_known)
{
    struct script *s = SCRIPT({.request = "GET /unused"});
    const struct value *connection = value_with(a, script_connection(a, s), "token",
                                                value_string(a, "e30.eyJleHAiOjIwMDAwMDAwMDB9."));
    int64_t expires_at;
    const char *token;

    assert_true(kube_open(&s->call, connection, NULL, &s->kube));
    assert_true(kube_token(&s->call, s->kube, &token, &expires_at));
    assert_true(expires_at == 2000000000);
}

/* Eight calls at once: one asks the plugin and the server's kinds for all. */
struct worker {
    struct script *script;
    pthread_t thread;
    bool done;
};

static void *worker_run(void *data)
{
    struct worker *w = data;
    struct arena *a = arena_new();
    struct diags diags;
    const struct value *object;
    struct call call = w->script->call;

    diags_init(&diags, a);
    call.arena = a;
    call.diags = &diags;
    w->done = kube_get(&call, w->script->kube, &map_b, &object) && object;
    arena_free(a);
    return NULL;
}

#define GET_B                                                                                      \
    {                                                                                              \
        .request = "GET " MAPS "/b", .head = "Authorization: Bearer t1\r\n"                        \
    }

TEST(calls_at_once_share_what_is_asked)
{
    struct script *s = SCRIPT(ASK_CORE, GET_B, GET_B, GET_B, GET_B, GET_B, GET_B, GET_B, GET_B);
    struct worker workers[8];

    open_with_plugin(a, s, "");
    for (size_t i = 0; i < 8; i++) {
        workers[i] = (struct worker){.script = s};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (size_t i = 0; i < 8; i++)
        assert_true(workers[i].done);
    script_end(a, s, "");
}

static bool eks_cluster(struct call *c, const struct value *eks, const char **host,
                        struct text *ca_pem)
{
    const struct value *found = value_at(c->config, value_text(eks, "cluster_name"));

    *host = value_text(found, "host");
    *ca_pem = value_string_text(value_at(found, "ca_certificate"));
    return true;
}

static bool eks_token(struct call *c, const struct value *eks, const char **token,
                      int64_t *expires_at)
{
    *token = text_f(c->arena, "k8s-aws-v1.%s", value_text(eks, "cluster_name"));
    *expires_at = clock_now() + 900;
    return true;
}

/* Address, certificate and token of an EKS cluster that only its name is known of. */
TEST(eks_hooks_find_the_cluster)
{
    struct script *s = SCRIPT({.request = "GET /version",
                               .body = "{\"gitVersion\":\"v1\"}",
                               .head = "Authorization: Bearer k8s-aws-v1.prod\r\n"});
    const struct value *eks = value_map_of(a, {"cluster_name", value_string(a, "prod")});
    const struct value *connection =
        value_map_of(a, {"name", value_string(a, "east")}, {"eks", eks});
    struct kube_version version;

    assert_false(kube_open(&s->call, connection, NULL, &s->kube));
    assert_string_equal(s->diags.first->summary, "The connection has no address");
    diags_init(&s->diags, a);
    s->call.config = value_map_of(a, {"prod", script_connection(a, s)});
    kube_pool_set_eks_token(s->clients.kube, eks_token);
    kube_pool_set_eks_cluster(s->clients.kube, eks_cluster);
    assert_true(kube_open(&s->call, connection, NULL, &s->kube));
    assert_true(kube_version(&s->call, s->kube, &version));
    script_end(a, s, "");
}

TEST(clients_are_shared_by_connection)
{
    struct script *s = SCRIPT({.request = "GET /unused"});
    struct kube *again, *other;

    assert_true(kube_open(&s->call, script_connection(a, s), NULL, &again));
    assert_ptr_equal(again, s->kube);
    assert_true(kube_open(&s->call,
                          value_with(a, script_connection(a, s), "network", value_string(a, "n1")),
                          NULL, &again));
    assert_ptr_equal(again, s->kube);
    assert_true(kube_open(&s->call,
                          value_with(a, script_connection(a, s), "token", value_string(a, "t2")),
                          NULL, &other));
    assert_ptr_not_equal(other, s->kube);
    assert_string_equal(kube_name(s->kube), "east");
    assert_string_equal(kube_host(s->kube), s->url);
    assert_true(text_is(kube_ca_pem(s->kube), s->ca_pem));
}

/* --- deleting ------------------------------------------------------------------------ */

TEST(deleting_what_is_gone_is_done)
{
    struct script *s =
        SCRIPT(ASK_CORE,
               {.request = "DELETE " MAPS "/b",
                .status = 404,
                .body = STATUS_JSON(404, "NotFound", "none"),
                .sent = "\"propagationPolicy\":\"Background\",\"preconditions\":{\"uid\":\"u\"}"},
               {.request = "DELETE " MAPS "/b",
                .status = 409,
                .body = STATUS_JSON(409, "Conflict", "Precondition failed")},
               {.request = "GET " MAPS "/b", .body = OBJECT_JSON("b", "1", "")});
    const struct kube_delete_options options = {.uid = "u", .wait = true};

    assert_true(kube_delete(&s->call, s->kube, &map_b, &options));
    assert_true(kube_delete(&s->call, s->kube, &map_b, &options)); /* there is a u-b now */
    script_end(a, s, "");
}

TEST(failed_precondition_is_told)
{
    struct script *s = SCRIPT(ASK_CORE,
                              {.request = "DELETE " MAPS "/b",
                               .status = 409,
                               .body = STATUS_JSON(409, "Conflict", "resourceVersion")},
                              {.request = "GET " MAPS "/b", .body = OBJECT_JSON("b", "1", "")});
    const struct kube_delete_options options = {.uid = "u-b", .resource_version = "0"};

    assert_false(kube_delete(&s->call, s->kube, &map_b, &options));
    script_end(a, s,
               "Cannot delete ConfigMap a/b\n"
               "Cluster east (https://server) answered 409 Conflict: resourceVersion\n\n"
               "It was changed by somebody else at the same time. Run the operation again.\n");
}

#define LIST_B "GET " MAPS "?fieldSelector=metadata.name%3Db"
#define WATCH_B(version)                                                                           \
    "GET " MAPS                                                                                    \
    "?allowWatchBookmarks=true&fieldSelector=metadata.name%3Db&resourceVersion=" version           \
    "&timeoutSeconds=270&watch=true"
#define ITEMS(version, items)                                                                      \
    "{\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[" items "]}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"

TEST(deleting_waits_until_it_is_gone)
{
    struct script *s =
        SCRIPT(ASK_CORE, {.request = "DELETE " MAPS "/b", .body = OBJECT_JSON("b", "1", "")},
               {.request = LIST_B, .body = ITEMS("5", OBJECT_JSON("b", "1", ""))},
               {.request = WATCH_B("5"),
                .body = EVENT("DELETED", OBJECT_JSON("b", "6", "")),
                .flags = STEP_STREAM});
    const struct kube_delete_options options = {.wait = true};

    assert_true(kube_delete(&s->call, s->kube, &map_b, &options));
    script_end(a, s, "");
}

TEST(successor_is_not_waited_for)
{
    struct script *s = SCRIPT(ASK_CORE,
                              {.request = "DELETE " MAPS "/b",
                               .body = "{\"kind\":\"Status\",\"details\":{\"uid\":\"u\"}}"},
                              {.request = LIST_B, .body = ITEMS("5", OBJECT_JSON("b", "4", ""))});
    const struct kube_delete_options options = {.wait = true};

    assert_true(kube_delete(&s->call, s->kube, &map_b, &options));
    script_end(a, s, "");
}

/* --- waiting ------------------------------------------------------------------------- */

/* Done when the object has the resource version that data names. */
static enum kube_verdict judge_version(struct call *c, void *data, const struct value *object,
                                       const char **last_seen)
{
    *last_seen = text_f(c->arena, "version %s", version_of(object));
    return strcmp(version_of(object), data) == 0 ? KUBE_DONE : KUBE_NOT_YET;
}

TEST(what_is_there_is_not_watched)
{
    struct script *s =
        SCRIPT(ASK_CORE, {.request = LIST_B, .body = ITEMS("9", OBJECT_JSON("b", "1", ""))});
    const struct value *object;

    assert_true(
        kube_wait_for(&s->call, s->kube, &map_b, "be ready", kube_judge_exists, NULL, &object));
    assert_string_equal(version_of(object), "1");
    script_end(a, s, "");
}

TEST(watch_is_resumed_where_it_ended)
{
    char wanted[] = "7";
    struct script *s =
        SCRIPT(ASK_CORE, {.request = LIST_B, .body = ITEMS("3", "")},
               {.request = WATCH_B("3"),
                .body = EVENT("ADDED", OBJECT_JSON("b", "4", ""))
                    EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"5\"}}"),
                .flags = STEP_STREAM},
               {.request = WATCH_B("5"), .body = "{\"type\":\"MODIF", .flags = STEP_STREAM},
               {.request = WATCH_B("5"), .status = 503},
               {.request = WATCH_B("5"),
                .body = EVENT("MODIFIED", OBJECT_JSON("b", "6", ""))
                    EVENT("MODIFIED", OBJECT_JSON("b", "7", "")),
                .flags = STEP_HANG});
    const struct value *object;

    assert_true(
        kube_wait_for(&s->call, s->kube, &map_b, "be ready", judge_version, wanted, &object));
    assert_string_equal(version_of(object), "7");
    assert_string_equal(value_text(object, "kind"), "ConfigMap");
    script_end(a, s, "");
}

TEST(watch_that_is_too_old_starts_over)
{
    char wanted[] = "9";
    struct script *s = SCRIPT(ASK_CORE, {.request = LIST_B, .body = ITEMS("3", "")},
                              {.request = WATCH_B("3"),
                               .status = 410,
                               .body = STATUS_JSON(410, "Expired", "too old resource version")},
                              {.request = LIST_B, .body = ITEMS("5", OBJECT_JSON("b", "4", ""))},
                              {.request = WATCH_B("5"),
                               .body = EVENT("ERROR", STATUS_JSON(410, "Expired", "too old")),
                               .flags = STEP_STREAM},
                              {.request = LIST_B, .body = ITEMS("9", OBJECT_JSON("b", "9", ""))});
    const struct value *object;

    assert_true(
        kube_wait_for(&s->call, s->kube, &map_b, "be ready", judge_version, wanted, &object));
    script_end(a, s, "");
}

TEST(time_out_says_what_was_seen)
{
    char wanted[] = "9";
    struct script *s = SCRIPT(
        ASK_CORE, {.request = LIST_B, .body = ITEMS("3", OBJECT_JSON("b", "1", ""))},
        {.request = WATCH_B("3"),
         .body = EVENT("MODIFIED", OBJECT_JSON("b", "4", "")),
         .flags = STEP_HANG},
        {.request =
             "GET /api/v1/namespaces/a/events?fieldSelector=involvedObject.kind%3DConfigMap%2C"
             "involvedObject.name%3Db%2Ctype%3DWarning&limit=200",
         .body = "{\"items\":[{\"reason\":\"Old\",\"message\":\"x\",\"lastTimestamp\":"
                 "\"2026-01-01T00:00:00Z\"},{\"reason\":\"New\",\"message\":\"no quota\","
                 "\"lastTimestamp\":\"2026-01-02T00:00:00Z\"}]}"});
    const struct value *object;

    s->call.deadline_ms = clock_monotonic_ms() + 500;
    assert_false(
        kube_wait_for(&s->call, s->kube, &map_b, "be ready", judge_version, wanted, &object));
    script_end(a, s,
               "Timed out waiting for ConfigMap a/b to be ready\n"
               "Cluster east (https://server). Last seen: version 4.\n\n"
               "Warnings of the object:\n"
               "  2026-01-02T00:00:00Z New: no quota\n"
               "  2026-01-01T00:00:00Z Old: x\n");
}

TEST(interruption_ends_the_wait)
{
    char wanted[] = "9";
    struct script *s =
        SCRIPT(ASK_CORE, {.request = LIST_B, .body = ITEMS("3", OBJECT_JSON("b", "1", ""))},
               {.request = WATCH_B("3"), .body = "", .flags = STEP_HANG | STEP_CANCEL});
    int64_t start = clock_monotonic_ms();
    const struct value *object;

    assert_false(
        kube_wait_for(&s->call, s->kube, &map_b, "be ready", judge_version, wanted, &object));
    assert_true(clock_monotonic_ms() - start < 5000);
    script_end(a, s, "Interrupted\nWas waiting for ConfigMap a/b of cluster east to be ready.\n");
}

TEST(forbidden_watch_is_told)
{
    char wanted[] = "9";
    struct script *s =
        SCRIPT(ASK_CORE, {.request = LIST_B, .body = ITEMS("3", "")},
               {.request = WATCH_B("3"),
                .status = 403,
                .body = STATUS_JSON(403, "Forbidden",
                                    "User \\\"n\\\" cannot watch resource \\\"configmaps\\\"")});
    const struct value *object;

    assert_false(
        kube_wait_for(&s->call, s->kube, &map_b, "be ready", judge_version, wanted, &object));
    assert_string_equal(s->diags.first->summary, "Not allowed to watch ConfigMap a/b");
}

TEST(kind_is_waited_for)
{
    struct script *s =
        SCRIPT(ASK_CORE, {.request = "GET /api/v1", .body = "{\"kind\":\"APIResourceList\"}"},
               {.request = "GET /api/v1",
                .body = "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\","
                        "\"resources\":[{\"name\":\"things\",\"kind\":\"Thing\"}]}"});
    struct kube_resource resource;

    assert_true(kube_wait_for_kind(&s->call, s->kube, "v1", "Thing", &resource));
    assert_string_equal(resource.plural, "things");
    script_end(a, s, "");
}
