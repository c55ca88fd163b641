#include "acceptance/sandbox/sandbox.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/yml.h"

/* --- a client ------------------------------------------------------------------------------ */
struct answer {
    long status; /* 0: none came */
    struct text body;
    const struct value *json; /* null when it is none */
    const char *retry_after;
};

struct call {
    struct sandbox *server;
    const char *token; /* NULL: the administrator's; "": none */
    const char *type;  /* NULL: JSON */
    const char *accept;
    const char *certificate, *key; /* PEM, of the client */
    size_t lines;                  /* of a watch: leave after so many */
    struct text_builder got;
    size_t seen;
    struct arena *arena;
    const char *retry_after;
};

static size_t on_body(char *data, size_t one, size_t count, void *cls)
{
    struct call *c = cls;

    (void)one;
    text_add(&c->got, (struct text){data, count});
    for (size_t i = 0; i < count; i++)
        c->seen += data[i] == '\n';
    return c->lines && c->seen >= c->lines ? 0 : count;
}

static size_t on_header(char *data, size_t one, size_t count, void *cls)
{
    struct call *c = cls;
    struct text line = {data, count};

    (void)one;
    if (text_starts_with(line, "Retry-After: "))
        c->retry_after = text_z(c->arena, text_trim((struct text){data + 13, count - 13}));
    return count;
}

static struct curl_blob blob(const char *pem)
{
    return (struct curl_blob){(void *)(uintptr_t)pem, strlen(pem), CURL_BLOB_COPY};
}

static void add_line(struct curl_slist **list, const char *line)
{
    *list = curl_slist_append(*list, line);
}

static struct answer ask_as(struct arena *a, struct call *c, const char *method, const char *path,
                            const char *body)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = NULL;
    struct curl_blob ca = blob(sandbox_ca_pem(c->server));
    struct answer out = {.json = &value_null};
    struct diags diags;

    c->arena = a;
    text_builder_init(&c->got, a, 64 << 20);
    add_line(&headers, text_f(a, "Content-Type: %s", c->type ? c->type : "application/json"));
    if (!c->token || *c->token)
        add_line(&headers, text_f(a, "Authorization: Bearer %s",
                                  c->token ? c->token : sandbox_admin_token(c->server)));
    if (c->accept)
        add_line(&headers, text_f(a, "Accept: %s", c->accept));
    curl_easy_setopt(curl, CURLOPT_URL, text_f(a, "%s%s", sandbox_url(c->server), path));
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "curl/1");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &ca);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    if (body && *body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    if (c->certificate) {
        struct curl_blob certificate = blob(c->certificate), key = blob(c->key);

        curl_easy_setopt(curl, CURLOPT_SSLCERT_BLOB, &certificate);
        curl_easy_setopt(curl, CURLOPT_SSLKEY_BLOB, &key);
    }
    curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out.status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    out.body = text_built(&c->got);
    out.retry_after = c->retry_after;
    diags_init(&diags, a);
    if (!json_read(a, out.body, "answer", &diags, &out.json))
        out.json = &value_null;
    return out;
}

static struct answer ask(struct arena *a, struct sandbox *s, const char *method, const char *path,
                         const char *body)
{
    struct call c = {.server = s};

    return ask_as(a, &c, method, path, body);
}

static struct sandbox *start(const char *version, int64_t settle_ms)
{
    struct sandbox_options options = {.name = "east", .git_version = version};

    options.settle_ms = settle_ms;
    return sandbox_start(&options);
}

/* --- answers of a real server ----------------------------------------------------------------- */
enum { NEVER_MS = 3600 * 1000 };

static bool is_volatile(const char *key)
{
    static const char *const keys[] = {"uid",
                                       "resourceVersion",
                                       "creationTimestamp",
                                       "deletionTimestamp",
                                       "time",
                                       "token",
                                       "ca.crt",
                                       "expirationTimestamp",
                                       "lastTransitionTime",
                                       "lastUpdateTime",
                                       "clusterIP",
                                       "nodePort",
                                       "startTime",
                                       "completionTime",
                                       "kubernetes.io/service-account.uid",
                                       "batch.kubernetes.io/controller-uid",
                                       "controller-uid",
                                       "continue"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* Length of a UUID at z, or 0. */
static size_t uuid_at(const char *z)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    for (size_t i = 0; form[i]; i++)
        if (form[i] == '-' ? z[i] != '-' : !z[i] || !strchr("0123456789abcdef", z[i]))
            return 0;
    return sizeof(form) - 1;
}

/* UUIDs and the hash in a ReplicaSet's name differ between two runs. */
static const struct value *normal_text(struct arena *a, const char *z)
{
    static const char set[] = "ReplicaSet \"";
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    for (const char *c = z; *c;) {
        if (uuid_at(c)) {
            text_add_z(&b, "uid");
            c += uuid_at(c);
        } else if (strncmp(c, set, sizeof(set) - 1) == 0) {
            const char *dash = strchr(c, '-');

            text_add(&b, (struct text){c, (size_t)(dash + 1 - c)});
            text_add_z(&b, "hash");
            c = strchr(dash, '"');
        } else {
            text_add_char(&b, *c++);
        }
    }
    return value_string(a, text_built(&b).at);
}

static int by_json(const void *left, const void *right)
{
    struct arena *a = arena_new();
    const struct value *const *x = left, *const *y = right;
    int order =
        text_compare(json_write(a, value_sorted(a, *x)), json_write(a, value_sorted(a, *y)));

    arena_free(a);
    return order;
}

static const struct value *normal(struct arena *a, const struct value *v, const char *key)
{
    struct value_builder b;

    value_builder_init(&b, a);
    if (is_volatile(key) && value_is_set(v) && strcmp(value_z(v), "None") != 0 &&
        !(v->kind == VALUE_STRING && v->string.len == 0) &&
        !(v->kind == VALUE_MAP && value_count(v) == 0))
        return value_string(a, key);
    if (strcmp(key, "clusterIPs") == 0)
        return value_list_of(a, value_string(a, key));
    if (v->kind == VALUE_STRING)
        return normal_text(a, value_z(v));
    for (size_t i = 0; i < value_count(v); i++) {
        if (v->kind == VALUE_LIST)
            value_builder_add(&b, normal(a, value_item(v, i), ""));
        else
            value_builder_push(&b, v->map.entries[i].key,
                               normal(a, v->map.entries[i].value, v->map.entries[i].key));
    }
    if (v->kind == VALUE_MAP)
        return value_builder_map(&b);
    if (v->kind != VALUE_LIST)
        return v;
    if (strcmp(key, "causes") == 0 || strcmp(key, "managedFields") == 0) {
        const struct value **items = arena_array(a, b.count + 1, sizeof(struct value *));

        for (size_t i = 0; i < b.count; i++)
            items[i] = b.entries[i].value;
        qsort(items, b.count, sizeof(struct value *), by_json);
        return value_list(a, items, b.count);
    }
    return value_builder_list(&b);
}

static const char *type_of(const char *letter)
{
    switch (*letter) {
    case 'm':
        return "application/merge-patch+json";
    case 'p':
        return "application/json-patch+json";
    case 'y':
        return "application/apply-patch+yaml";
    default:
        return NULL;
    }
}

/* "METHOD PATH [TYPE [BODY]]" */
static struct answer replay(struct arena *a, struct sandbox *s, struct text line, bool nobody)
{
    struct call c = {.server = s, .token = nobody ? sandbox_nobody_token(s) : NULL};
    struct text method, path, type = {"", 0};

    text_split(&line, ' ', &method);
    text_split(&line, ' ', &path);
    text_split(&line, ' ', &type);
    c.type = type_of(type.len ? text_z(a, type) : "");
    return ask_as(a, &c, text_z(a, method), text_z(a, path), line.at ? text_z(a, line) : NULL);
}

static void compare(struct arena *a, struct text request, struct text expected, struct answer got)
{
    const struct value *wanted = NULL, *have;
    struct text status;
    struct diags diags;

    diags_init(&diags, a);
    text_split(&expected, ' ', &status);
    if (!json_read(a, expected, "recorded answer", &diags, &wanted))
        fail_msg("bad record for %s", text_z(a, request));
    wanted = normal(a, wanted, ""); /* sorts what has no certain order */
    have = value_is_null(got.json) ? value_string_of(a, got.body) : normal(a, got.json, "");
    if (strtol(text_z(a, status), NULL, 10) == got.status && value_equal(wanted, have))
        return;
    fail_msg("%s\n  real: %s %s\n  ours: %ld %s", text_z(a, request), text_z(a, status),
             json_write(a, value_sorted(a, wanted)).at, got.status,
             json_write(a, value_sorted(a, have)).at);
}

static void replay_file(struct arena *a, const char *name)
{
    struct text requests = test_file(a, text_f(a, "acceptance/sandbox/testdata/%s", name));
    struct text stem = {name, strlen(name) - strlen(".requests")};
    struct text answers =
        test_file(a, text_f(a, "acceptance/sandbox/testdata/%s.answers", text_z(a, stem)));
    struct sandbox *s = start("v1.36.3", NEVER_MS);
    struct text line, expected;
    bool nobody = false;

    while (text_split(&requests, '\n', &line)) {
        if (line.len == 0 || *line.at == '#')
            continue;
        if (text_starts_with(line, "wait "))
            sandbox_settle(s);
        else if (text_starts_with(line, "as "))
            nobody = text_is(line, "as nobody");
        else if (text_split(&answers, '\n', &expected))
            compare(a, line, expected, replay(a, s, line, nobody));
    }
    sandbox_stop(s);
}

TEST(answers_as_a_real_server_does)
{
    const char *const *names = test_files(a, "acceptance/sandbox/testdata", ".requests");

    for (size_t i = 0; names[i]; i++)
        replay_file(a, names[i]);
}

/* --- who asks ------------------------------------------------------------------------------------
 */
TEST(client_certificate_of_the_kubeconfig_is_the_administrator)
{
    struct sandbox *s = start(NULL, 0), *other = start(NULL, 0);
    struct call c = {.server = s, .token = ""};
    const struct value *config = NULL, *user;
    struct text certificate, key;
    struct diags diags;
    struct answer got;

    diags_init(&diags, a);
    assert_true(yml_read(a, text_of(sandbox_kubeconfig(s)), "kubeconfig", NULL, &diags, &config));
    user = value_at(value_item(value_at(config, "users"), 0), "user");
    assert_true(base64_decode(a, value_string_text(value_at(user, "client-certificate-data")),
                              BASE64_STANDARD, &certificate));
    assert_true(base64_decode(a, value_string_text(value_at(user, "client-key-data")),
                              BASE64_STANDARD, &key));
    c.certificate = text_z(a, certificate);
    c.key = text_z(a, key);
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/secrets", NULL).status, 200);
    got = ask_as(a, &c, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}");
    assert_string_equal(value_z(value_in(got.json, "status", "userInfo", "username")),
                        "sandbox-admin");
    /* another server does not know this CA */
    c.server = other;
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/secrets", NULL).status, 401);
    sandbox_stop(other);
    sandbox_stop(s);
}

TEST(without_credentials_only_public_paths)
{
    struct sandbox *s = start(NULL, 0);
    struct call nobody = {.server = s, .token = ""}, wrong = {.server = s, .token = "x.y.z"};

    assert_int_equal(ask_as(a, &nobody, "GET", "/version", NULL).status, 200);
    assert_int_equal(ask_as(a, &nobody, "GET", "/readyz", NULL).status, 200);
    assert_int_equal(ask_as(a, &nobody, "GET", "/api", NULL).status, 403);
    assert_int_equal(ask_as(a, &nobody, "GET", "/api/v1/secrets", NULL).status, 403);
    assert_int_equal(ask_as(a, &nobody, "GET", "/sandbox/requests", NULL).status, 403);
    assert_int_equal(ask_as(a, &wrong, "GET", "/version", NULL).status, 401);
    sandbox_stop(s);
}

/* A Secret's token of a ServiceAccount "reader" that may list Services. */
static const char *make_reader(struct arena *a, struct sandbox *s)
{
    struct text token;
    struct answer got;

    ask(a, s, "POST", "/api/v1/namespaces/default/serviceaccounts",
        "{\"metadata\":{\"name\":\"reader\"}}");
    ask(a, s, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        "{\"metadata\":{\"name\":\"reader\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":"
        "[\"services\"],\"verbs\":[\"get\",\"list\"]}]}");
    ask(a, s, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        "{\"metadata\":{\"name\":\"reader\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":"
        "\"reader\",\"apiGroup\":\"rbac.authorization.k8s.io\"},\"subjects\":[{\"kind\":"
        "\"ServiceAccount\",\"name\":\"reader\",\"namespace\":\"default\"}]}");
    ask(a, s, "POST", "/api/v1/namespaces/default/secrets",
        "{\"metadata\":{\"name\":\"reader\",\"annotations\":{\"kubernetes.io/service-account.name\""
        ":\"reader\"}},\"type\":\"kubernetes.io/service-account-token\"}");
    got = ask(a, s, "GET", "/api/v1/namespaces/default/secrets/reader", NULL);
    assert_true(base64_decode(a, value_string_text(value_in(got.json, "data", "token")),
                              BASE64_STANDARD, &token));
    return text_z(a, token);
}

TEST(token_of_a_secret_works_until_the_secret_goes)
{
    struct sandbox *s = start(NULL, 0);
    struct call c = {.server = s, .token = make_reader(a, s)};

    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/services", NULL).status, 200);
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/services?watch=1", NULL).status, 403);
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/secrets", NULL).status, 403);
    assert_int_equal(ask_as(a, &c, "POST", "/api/v1/namespaces/default/services", "{}").status,
                     403);
    assert_true(sandbox_delete(s, "/api/v1/namespaces/default/secrets/reader"));
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/services", NULL).status, 401);
    sandbox_stop(s);
}

TEST(bound_token_expires_and_ends_with_its_account)
{
    static const char path[] = "/api/v1/namespaces/default/serviceaccounts/reader/token";
    struct sandbox *s = start(NULL, 0);
    struct call c = {.server = s};
    struct answer got;

    make_reader(a, s);
    got = ask(a, s, "POST", path, "{\"spec\":{\"expirationSeconds\":600}}");
    c.token = value_z(value_in(got.json, "status", "token"));
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/services", NULL).status, 200);
    clock_shift(601);
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/services", NULL).status, 401);
    clock_shift(0);
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/services", NULL).status, 200);
    /* an account of the same name is another account */
    assert_true(sandbox_delete(s, "/api/v1/namespaces/default/serviceaccounts/reader"));
    make_reader(a, s);
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/services", NULL).status, 401);
    sandbox_stop(s);
}

TEST(role_binding_counts_in_its_namespace_alone)
{
    struct sandbox *s = start(NULL, 0);
    struct call c = {.server = s, .token = sandbox_nobody_token(s)};

    ask(a, s, "POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
        "{\"metadata\":{\"name\":\"r\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":"
        "[\"configmaps\"],\"resourceNames\":[\"one\"],\"verbs\":[\"get\"]},{\"apiGroups\":[\"*\"],"
        "\"resources\":[\"*/status\"],\"verbs\":[\"*\"]}]}");
    ask(a, s, "POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
        "{\"metadata\":{\"name\":\"r\"},\"roleRef\":{\"kind\":\"Role\",\"name\":\"r\",\"apiGroup\":"
        "\"rbac.authorization.k8s.io\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"nobody\"}]}");
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/namespaces/default/configmaps/one", NULL).status,
                     404);
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/namespaces/default/configmaps/two", NULL).status,
                     403);
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/namespaces/default/configmaps", NULL).status,
                     403);
    assert_int_equal(
        ask_as(a, &c, "GET", "/api/v1/namespaces/kube-system/configmaps/one", NULL).status, 403);
    assert_int_equal(ask_as(a, &c, "GET", "/api/v1/namespaces/default/pods/p/status", NULL).status,
                     404);
    sandbox_stop(s);
}

/* --- watches and lists
 * ------------------------------------------------------------------------------ */
static const char maps[] = "/api/v1/namespaces/default/configmaps";

static void make_map(struct sandbox *s, const char *name, const char *label)
{
    struct arena *a = arena_new();

    assert_true(sandbox_put(
        s, text_f(a, "%s/%s", maps, name),
        text_f(a, "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"l\":\"%s\"}}}", name, label),
        "test"));
    arena_free(a);
}

/* "ADDED a\nDELETED b\n": lines of a watch that is left after `lines`. */
static const char *watch(struct arena *a, struct sandbox *s, const char *query, size_t lines)
{
    struct call c = {.server = s, .lines = lines};
    struct text rest = ask_as(a, &c, "GET", text_f(a, "%s?watch=1&%s", maps, query), NULL).body;
    struct text line;
    const char *out = "";
    struct diags diags;

    diags_init(&diags, a);
    while (text_split(&rest, '\n', &line)) {
        const struct value *event = NULL;

        if (line.len == 0)
            continue;
        assert_true(json_read(a, line, "event", &diags, &event));
        out = text_f(a, "%s%s %s\n", out, value_text(event, "type"),
                     value_z(value_in(event, "object", "metadata", "name")));
    }
    return out;
}

static const char *list_version(struct arena *a, struct sandbox *s)
{
    return value_z(value_in(ask(a, s, "GET", maps, NULL).json, "metadata", "resourceVersion"));
}

TEST(watch_resumes_from_a_resource_version)
{
    struct sandbox *s = start(NULL, 0);
    const char *from = list_version(a, s);

    make_map(s, "a", "1");
    make_map(s, "b", "1");
    make_map(s, "a", "2");
    assert_true(sandbox_delete(s, text_f(a, "%s/b", maps)));
    assert_string_equal(watch(a, s, text_f(a, "resourceVersion=%s", from), 4),
                        "ADDED a\nADDED b\nMODIFIED a\nDELETED b\n");
    assert_string_equal(watch(a, s, "fieldSelector=metadata.name%3Da", 1), "ADDED a\n");
    /* what leaves or enters the selection comes or goes */
    assert_string_equal(watch(a, s, text_f(a, "labelSelector=l%%3D1&resourceVersion=%s", from), 4),
                        "ADDED a\nADDED b\nDELETED a\nDELETED b\n");
    assert_string_equal(
        watch(a, s, text_f(a, "timeoutSeconds=0&resourceVersion=%s", list_version(a, s)), 0), "");
    assert_string_equal(
        watch(a, s,
              "sendInitialEvents=true&allowWatchBookmarks=true&fieldSelector=metadata.name%3Da", 2),
        "ADDED a\nBOOKMARK \n");
    sandbox_compact(s);
    assert_string_equal(watch(a, s, text_f(a, "resourceVersion=%s", from), 0), "ERROR \n");
    sandbox_stop(s);
}

struct writer {
    struct sandbox *server;
    const char *name;
};

static void *write_later(void *cls)
{
    const struct writer *w = cls;

    make_map(w->server, w->name, "1");
    return NULL;
}

TEST(watch_hears_what_happens_while_it_runs)
{
    struct sandbox *s = start(NULL, 0);
    struct writer w = {s, "late"};
    const char *from = list_version(a, s);
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, write_later, &w), 0);
    assert_string_equal(watch(a, s, text_f(a, "resourceVersion=%s", from), 1), "ADDED late\n");
    pthread_join(thread, NULL);
    sandbox_stop(s);
}

TEST(lists_come_in_pages)
{
    struct sandbox *s = start(NULL, 0);
    const char *more = "", *names = "";
    size_t pages = 0;

    for (int i = 0; i < 7; i++)
        make_map(s, text_f(a, "m%d", i), i % 2 ? "odd" : "even");
    do {
        const struct value *page = ask(a, s, "GET",
                                       text_f(a, "%s?limit=2&labelSelector=l+in+(even,none)%s%s",
                                              maps, *more ? "&continue=" : "", more),
                                       NULL)
                                       .json;

        for (size_t i = 0; i < value_count(value_at(page, "items")); i++)
            names = text_f(
                a, "%s %s", names,
                value_z(value_in(value_item(value_at(page, "items"), i), "metadata", "name")));
        more = value_z(value_in(page, "metadata", "continue"));
        pages++;
    } while (*more);
    assert_string_equal(names, " m0 m2 m4 m6");
    assert_int_equal(pages, 2);
    sandbox_stop(s);
}

/* --- discovery
 * ------------------------------------------------------------------------------------------ */
static const struct value *named(const struct value *list, const char *key, const char *name)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_text(value_item(list, i), key), name) == 0)
            return value_item(list, i);
    return &value_null;
}

TEST(discovery_is_aggregated_where_the_version_has_it)
{
    static const char accept[] =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    struct sandbox *s = start("v1.33.4", 0), *old = start("v1.26.1", 0);
    struct call c = {.server = s, .accept = accept};
    const struct value *core = ask_as(a, &c, "GET", "/api", NULL).json, *resource, *list;

    assert_string_equal(value_text(core, "kind"), "APIGroupDiscoveryList");
    resource =
        named(value_at(value_item(value_at(value_item(value_at(core, "items"), 0), "versions"), 0),
                       "resources"),
              "resource", "serviceaccounts");
    assert_string_equal(value_text(resource, "scope"), "Namespaced");
    assert_string_equal(value_z(value_in(resource, "responseKind", "kind")), "ServiceAccount");
    assert_string_equal(value_z(value_in(resource, "responseKind", "version")), "");
    c.server = old;
    assert_string_equal(value_text(ask_as(a, &c, "GET", "/apis", NULL).json, "kind"),
                        "APIGroupList");
    list = ask(a, old, "GET", "/apis/apps/v1", NULL).json;
    assert_string_equal(
        value_text(named(value_at(list, "resources"), "name", "deployments/status"), "kind"),
        "Deployment");
    assert_string_equal(value_text(ask(a, old, "GET", "/version", NULL).json, "gitVersion"),
                        "v1.26.1");
    assert_int_equal(ask(a, old, "GET", "/apis/none.io", NULL).status, 404);
    sandbox_stop(old);
    sandbox_stop(s);
}

/* --- what a cluster does by itself
 * ------------------------------------------------------------------------ */
TEST(deployments_and_load_balancers_settle_in_time)
{
    struct sandbox *s = start(NULL, NEVER_MS);
    static const char path[] = "/apis/apps/v1/namespaces/default/deployments/d";
    static const char service[] = "/api/v1/namespaces/default/services/s";

    assert_true(
        sandbox_put(s, path,
                    "{\"metadata\":{\"name\":\"d\"},\"spec\":{\"selector\":{\"matchLabels\":"
                    "{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},"
                    "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}",
                    "test"));
    assert_true(sandbox_put(s, service,
                            "{\"metadata\":{\"name\":\"s\"},\"spec\":{\"type\":\"LoadBalancer\","
                            "\"ports\":[{\"port\":80}]}}",
                            "test"));
    assert_false(value_has(value_at(ask(a, s, "GET", path, NULL).json, "status"), "conditions"));
    sandbox_settle(s);
    assert_int_equal(
        value_integer_at(value_at(ask(a, s, "GET", path, NULL).json, "status"), "readyReplicas"),
        1);
    assert_string_equal(value_text(value_item(value_in(ask(a, s, "GET", service, NULL).json,
                                                       "status", "loadBalancer", "ingress"),
                                              0),
                                   "hostname"),
                        "s.default.lb.invalid");
    sandbox_stop(s);
}

/* A controller of that class would serve it; the address that it writes stays. */
TEST(a_load_balancer_of_another_class_is_left_alone)
{
    static const char service[] = "/api/v1/namespaces/default/services/s";
    struct sandbox *s = start(NULL, NEVER_MS);

    assert_true(sandbox_put(s, service,
                            "{\"metadata\":{\"name\":\"s\"},\"spec\":{\"type\":\"LoadBalancer\","
                            "\"loadBalancerClass\":\"example.com/other\","
                            "\"ports\":[{\"port\":80}]}}",
                            "test"));
    sandbox_settle(s);
    assert_int_equal(value_count(value_in(ask(a, s, "GET", service, NULL).json, "status",
                                          "loadBalancer", "ingress")),
                     0);
    sandbox_stop(s);
}

TEST(owners_take_their_dependents_along)
{
    struct sandbox *s = start(NULL, 0);
    const char *uid;
    char *object;

    make_map(s, "owner", "1");
    uid = value_z(
        value_in(ask(a, s, "GET", text_f(a, "%s/owner", maps), NULL).json, "metadata", "uid"));
    for (int i = 0; i < 3; i++)
        assert_true(sandbox_put(
            s, text_f(a, "%s/child%d", maps, i),
            text_f(a,
                   "{\"metadata\":{\"name\":\"child%d\",\"finalizers\":%s,\"ownerReferences\":["
                   "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"owner\",\"uid\":"
                   "\"%s\"}]}}",
                   i, i == 2 ? "[\"example.com/hold\"]" : "[]", uid),
            "test"));
    ask(a, s, "DELETE", text_f(a, "%s/owner?propagationPolicy=Foreground", maps), NULL);
    assert_null(sandbox_object(s, text_f(a, "%s/child0", maps)));
    object = sandbox_object(s, text_f(a, "%s/owner", maps)); /* waits for the held child */
    assert_non_null(object);
    memory_free(object);
    assert_true(sandbox_put(s, text_f(a, "%s/child2", maps), "{\"metadata\":{\"finalizers\":null}}",
                            "test"));
    assert_null(sandbox_object(s, text_f(a, "%s/child2", maps)));
    assert_null(sandbox_object(s, text_f(a, "%s/owner", maps)));
    sandbox_stop(s);
}

TEST(namespace_waits_for_finalizers_inside)
{
    struct sandbox *s = start(NULL, 0);
    struct answer got;

    ask(a, s, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"x\"}}");
    ask(a, s, "POST", "/api/v1/namespaces/x/configmaps",
        "{\"metadata\":{\"name\":\"m\",\"finalizers\":[\"example.com/hold\"]}}");
    ask(a, s, "DELETE", "/api/v1/namespaces/x", NULL);
    got = ask(a, s, "GET", "/api/v1/namespaces/x", NULL);
    assert_string_equal(value_z(value_in(got.json, "status", "phase")), "Terminating");
    assert_string_equal(value_text(named(value_in(got.json, "status", "conditions"), "type",
                                         "NamespaceFinalizersRemaining"),
                                   "status"),
                        "True");
    assert_true(sandbox_put(s, "/api/v1/namespaces/x/configmaps/m",
                            "{\"metadata\":{\"finalizers\":null}}", "test"));
    assert_int_equal(ask(a, s, "GET", "/api/v1/namespaces/x", NULL).status, 404);
    sandbox_stop(s);
}

/* --- faults
 * ---------------------------------------------------------------------------------------------------
 */
TEST(faults_meet_the_counted_requests)
{
    static const struct {
        const char *name;
        long status;
        bool carried_out;
    } cases[] = {
        {"cut", 0, false},   {"cut-after", 0, true},  {"429", 429, false},     {"500", 500, false},
        {"409", 409, false}, {"garbage", 200, false}, {"expired", 401, false}, {"slow", 201, true},
    };
    static const char body[] = "{\"metadata\":{\"name\":\"m\"}}";

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sandbox *s = start(NULL, 0);
        enum sandbox_fault fault;
        struct answer got;
        char *object;

        assert_true(sandbox_fault_parse(cases[i].name, &fault));
        sandbox_slow_ms(s, 1);
        sandbox_fault(s, fault, 2, 1, "/configmaps");
        assert_int_equal(ask(a, s, "GET", maps, NULL).status, 200);
        assert_int_equal(ask(a, s, "GET", "/api/v1/secrets", NULL).status, 200);
        got = ask(a, s, "POST", maps, body);
        assert_int_equal(got.status, cases[i].status);
        if (got.status == 429)
            assert_string_equal(got.retry_after, "1");
        object = sandbox_object(s, text_f(a, "%s/m", maps));
        assert_int_equal(object != NULL, cases[i].carried_out);
        memory_free(object);
        assert_int_equal(ask(a, s, "GET", maps, NULL).status, 200);
        sandbox_stop(s);
    }
}

static void *clear_faults(void *server)
{
    while (sandbox_request_count(server) == 0)
        sandbox_fault(server, FAULT_NONE, 0, 0, NULL);
    return NULL;
}

TEST(hanging_answers_come_when_the_fault_is_cleared)
{
    struct sandbox *s = start(NULL, 0);
    pthread_t thread;

    sandbox_fault(s, FAULT_HANG, 1, 0, NULL);
    assert_int_equal(pthread_create(&thread, NULL, clear_faults, s), 0);
    assert_int_equal(ask(a, s, "GET", maps, NULL).status, 200);
    pthread_join(thread, NULL);
    sandbox_stop(s);
}

TEST(faults_and_the_record_over_the_control_interface)
{
    struct sandbox *s = start(NULL, 0);
    char *lines;

    assert_int_equal(ask(a, s, "POST", "/sandbox/faults",
                         "{\"fault\":\"500\",\"first\":1,\"count\":0,\"match\":\"GET \"}")
                         .status,
                     200);
    assert_int_equal(ask(a, s, "POST", "/sandbox/faults", "{\"fault\":\"none-such\"}").status, 400);
    assert_int_equal(ask(a, s, "GET", maps, NULL).status, 500);
    assert_int_equal(ask(a, s, "GET", maps, NULL).status, 500);
    assert_int_equal(ask(a, s, "DELETE", "/sandbox/faults", NULL).status, 200);
    assert_int_equal(ask(a, s, "GET", text_f(a, "%s?limit=1", maps), NULL).status, 200);
    assert_string_equal(
        ask(a, s, "GET", "/sandbox/requests", NULL).body.at,
        text_f(a, "GET %s 500\nGET %s 500\nGET %s?limit=1 200\n", maps, maps, maps));
    lines = sandbox_requests(s);
    assert_int_equal(strlen(lines), strlen(ask(a, s, "GET", "/sandbox/requests", NULL).body.at));
    memory_free(lines);
    ask(a, s, "DELETE", "/sandbox/requests", NULL);
    assert_int_equal(sandbox_request_count(s), 0);
    sandbox_stop(s);
}

/* A process that waits to be killed. */
static pid_t victim(void)
{
    pid_t child = fork();

    if (child == 0)
        for (;;)
            pause();
    return child;
}

TEST(kill_comes_before_or_after_the_counted_request)
{
    static const bool after[] = {false, true};

    for (size_t i = 0; i < 2; i++) {
        struct sandbox *s = start(NULL, 0);
        pid_t child = victim();
        int status;

        ask(a, s, "POST", "/sandbox/kill",
            text_f(a, "{\"pid\":%ld,\"at\":2,\"match\":\"configmaps\",\"after\":%s}", (long)child,
                   after[i] ? "true" : "false"));
        ask(a, s, "GET", maps, NULL);
        assert_int_equal(waitpid(child, &status, WNOHANG), 0);
        ask(a, s, "POST", maps, "{\"metadata\":{\"name\":\"m\"}}");
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_int_equal(ask(a, s, "GET", text_f(a, "%s/m", maps), NULL).status,
                         after[i] ? 200 : 404);
        sandbox_stop(s);
    }
}

TEST(many_servers_share_a_process)
{
    struct sandbox *servers[10];

    for (size_t i = 0; i < 10; i++)
        servers[i] = start(NULL, 0);
    make_map(servers[3], "only-here", "1");
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(ask(a, servers[i], "GET", text_f(a, "%s/only-here", maps), NULL).status,
                         i == 3 ? 200 : 404);
    for (size_t i = 0; i < 10; i++)
        sandbox_stop(servers[i]);
}
