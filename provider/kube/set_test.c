#include "kube/set.h"

#include "kube/set_order.h"
#include "kube/test_script.h"

static const struct value *json(struct arena *a, const char *text)
{
    const struct value *v = &value_null;
    struct diags diags;

    diags_init(&diags, a);
    if (!json_read(a, text_of(text), "test", &diags, &v))
        fail_msg("%s: %s", text, diags.first->detail);
    return v;
}

#define MAP(name, data)                                                                            \
    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" name                 \
    "\",\"namespace\":\"a\"},\"data\":" data "}"
#define NAMESPACE(name)                                                                            \
    "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"" name "\"}}"
#define ENTRY(uid) "{\"api_version\":\"v1\",\"uid\":\"" uid "\",\"digest\":\"\"}"

/* --- offline ------------------------------------------------------------------ */

TEST(keys_name_group_namespace_and_name)
{
    static const struct {
        const char *object, *key;
    } cases[] = {
        {MAP("cart", "{}"), "ConfigMap/a/cart"},
        {NAMESPACE("shop"), "Namespace//shop"},
        {"{\"apiVersion\":\"networking.istio.io/v1\",\"kind\":\"Gateway\",\"metadata\":{\"name\":"
         "\"a.b\",\"namespace\":\"c\"}}",
         "Gateway.networking.istio.io/c/a.b"},
        {"{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"ClusterRole\",\"metadata\":{"
         "\"name\":\"system:a\"}}",
         "ClusterRole.rbac.authorization.k8s.io//system:a"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *object = json(a, cases[i].object);
        const struct kube_ref from = kube_ref_of(object),
                              ref = kube_set_ref(a, cases[i].key, from.api_version);

        assert_string_equal(kube_set_key(a, object), cases[i].key);
        assert_string_equal(ref.kind, from.kind);
        assert_string_equal(ref.namespace, from.namespace);
        assert_string_equal(ref.name, from.name);
    }
}

TEST(kinds_have_their_step)
{
    static const struct {
        const char *api_version, *kind;
        enum set_step step;
    } cases[] = {
        {"v1", "Namespace", SET_NAMESPACES},
        {"apiextensions.k8s.io/v1", "CustomResourceDefinition", SET_DEFINITIONS},
        {"v1", "Secret", SET_BASICS},
        {"v1", "ServiceAccount", SET_BASICS},
        {"rbac.authorization.k8s.io/v1", "ClusterRole", SET_BASICS},
        {"rbac.authorization.k8s.io/v1", "ClusterRoleBinding", SET_BINDINGS},
        {"v1", "Service", SET_SERVICES},
        {"apps/v1", "Deployment", SET_WORKLOADS},
        {"v1", "Pod", SET_WORKLOADS},
        {"networking.istio.io/v1", "Gateway", SET_CUSTOM},
        {"admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", SET_WEBHOOKS},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct kube_ref ref = {cases[i].api_version, cases[i].kind, "", "x"};

        assert_int_equal(set_step_of(&ref), cases[i].step);
    }
}

TEST(spelling_makes_no_difference)
{
    static const struct {
        const char *x, *y;
        bool equal;
    } cases[] = {
        {MAP("b", "{\"x\":\"1\",\"y\":null}"), MAP("b", "{\"x\":\"1\"}"), true},
        {MAP("b", "{\"x\":\"1\"}"), MAP("b", "{\"x\":\"2\"}"), false},
        {MAP("b", "{\"x\":\"1\"}"), MAP("c", "{\"x\":\"1\"}"), false},
        {"{\"kind\":\"Secret\",\"metadata\":{\"name\":\"b\"},\"stringData\":{\"x\":\"a\"}}",
         "{\"kind\":\"Secret\",\"metadata\":{\"name\":\"b\"},\"data\":{\"x\":\"YQ==\"}}", true},
        {"{\"kind\":\"A\",\"spec\":{},\"status\":{\"x\":1}}", "{\"kind\":\"A\",\"spec\":{}}", true},
        {NAMESPACE("b"),
         "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"b\",\"labels\":{"
         "\"app.kubernetes.io/managed-by\":\"terraform-provider-istio\"}}}",
         true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(kube_set_equal(a, value_list_of(a, json(a, cases[i].x)),
                                        value_list_of(a, json(a, cases[i].y))),
                         cases[i].equal);
}

TEST(a_plan_keeps_what_stays_and_opens_what_changes)
{
    const struct value *prior = json(a, "[" MAP("same", "{}") "," MAP("changes", "{}") "," MAP(
                                            "drifts", "{}") "," MAP("leaves", "{}") "]");
    const struct value *now =
        json(a, "[" MAP("same", "{}") "," MAP("changes", "{\"x\":\"1\"}") "," MAP(
                    "drifts", "{}") "," MAP("comes", "{}") "]");
    const struct value *before = json(
        a,
        "{\"ConfigMap/a/same\":" ENTRY("1") ",\"ConfigMap/a/changes\":" ENTRY(
            "2") ",\"ConfigMap/a/drifts\":" ENTRY("3") ",\"ConfigMap/a/leaves\":" ENTRY("4") "}");
    const struct value *plan =
        kube_set_plan(a, now, prior, before, json(a, "[\"ConfigMap/a/drifts: data.x\"]"));

    assert_int_equal(value_count(plan), 4);
    assert_true(
        value_equal(value_at(plan, "ConfigMap/a/same"), value_at(before, "ConfigMap/a/same")));
    assert_true(value_is_unknown(value_in(plan, "ConfigMap/a/changes", "uid")));
    assert_true(value_is_unknown(value_in(plan, "ConfigMap/a/drifts", "digest")));
    assert_string_equal(value_z(value_in(plan, "ConfigMap/a/comes", "api_version")), "v1");
    assert_true(value_is_unknown(value_in(plan, "ConfigMap/a/comes", "uid")));
    now = value_append(
        a, now, value_with_in(a, json(a, MAP("x", "{}")), &value_unknown, "metadata", "name"));
    assert_true(value_is_unknown(kube_set_plan(a, now, prior, before, &value_null)));
    assert_true(
        value_is_unknown(kube_set_plan(a, &value_unknown, &value_null, &value_null, &value_null)));
}

/* --- against a server ----------------------------------------------------------- */

#define LOOK(name, reply_status, reply)                                                            \
    {                                                                                              \
        .request = "GET /api/v1/namespaces/a/configmaps/" name, .status = (reply_status),          \
        .body = (reply)                                                                            \
    }
#define APPLY(name, reply)                                                                         \
    {                                                                                              \
        .request = "PATCH /api/v1/namespaces/a/configmaps/" name                                   \
                   "?fieldManager=terraform-provider-istio&fieldValidation=Strict",                \
        .body = (reply)                                                                            \
    }
#define DELETED STATUS_JSON(200, "", "")

TEST(who_may_not_list_may_still_get)
{
    struct script *s = SCRIPT(ASK_CORE,
                              {.request = "GET /api/v1/namespaces/a/configmaps?limit=500",
                               .status = 403,
                               .body = STATUS_JSON(403, "Forbidden", "no")},
                              LOOK("m1", 200, OBJECT_JSON("m1", "1", OURS)), LOOK("m2", 404, "{}"),
                              LOOK("m3", 200, OBJECT_JSON("m3", "1", OURS)), LOOK("m4", 404, "{}"));
    const struct value *before = json(
        a,
        "{\"ConfigMap/a/m1\":" ENTRY("u-m1") ",\"ConfigMap/a/m2\":" ENTRY(
            "u-m2") ",\"ConfigMap/a/m3\":" ENTRY("u-m3") ",\"ConfigMap/a/m4\":" ENTRY("u-m4") "}");
    const struct value *inventory, *drift;

    assert_true(kube_set_refresh(&s->call, s->kube, &value_null, before, &inventory, &drift));
    assert_int_equal(value_count(inventory), 2);
    assert_string_equal(json_write(a, drift).at,
                        "[\"ConfigMap/a/m1: (changed)\",\"ConfigMap/a/m2: (gone)\","
                        "\"ConfigMap/a/m3: (changed)\",\"ConfigMap/a/m4: (gone)\"]");
    script_end(a, s, "");
}

TEST(an_object_that_got_another_key_is_not_pruned)
{
    struct script *s =
        SCRIPT(ASK_CORE, LOOK("new", 404, "{}"), APPLY("new", OBJECT_JSON("new", "2", OURS)),
               {.request = "DELETE /api/v1/namespaces/a/configmaps/old",
                .body = DELETED,
                .sent = "\"preconditions\":{\"uid\":\"u-old\"}"});
    const struct value *before = json(
        a, "{\"Map.old.group/a/new\":" ENTRY("u-new") ",\"ConfigMap/a/old\":" ENTRY("u-old") "}");
    const struct kube_set_options options = {.flags = KUBE_NEW_ONLY};
    const struct value *inventory;

    assert_true(kube_set_apply(&s->call, s->kube, json(a, "[" MAP("new", "{}") "]"), before,
                               &options, &inventory));
    assert_int_equal(value_count(inventory), 1);
    assert_string_equal(value_z(value_in(inventory, "ConfigMap/a/new", "uid")), "u-new");
    script_end(a, s, "");
}

TEST(a_later_step_waits_for_an_earlier_one)
{
    struct script *s = SCRIPT(
        ASK_CORE, {.request = "GET /api/v1/namespaces/n", .status = 404}, LOOK("m", 404, "{}"),
        {.request = "PATCH /api/v1/namespaces/n"
                    "?fieldManager=terraform-provider-istio&fieldValidation=Strict",
         .status = 403,
         .body = STATUS_JSON(403, "Forbidden", "no namespaces today")});
    const struct kube_set_options options = {.flags = KUBE_NEW_ONLY};
    const struct value *inventory;

    assert_false(kube_set_apply(&s->call, s->kube,
                                json(a, "[" MAP("m", "{}") "," NAMESPACE("n") "]"), &value_null,
                                &options, &inventory));
    assert_int_equal(value_count(inventory), 0);
    assert_non_null(strstr(diags_text(a, &s->diags), "no namespaces today"));
    s->diags = (struct diags){.arena = a};
    script_end(a, s, "");
}

TEST(what_cannot_be_deleted_is_left_in_the_inventory)
{
    struct script *s = SCRIPT(
        ASK_CORE, {.request = "DELETE /api/v1/namespaces/a/configmaps/goes", .body = DELETED},
        {.request = "DELETE /api/v1/namespaces/a/configmaps/stays",
         .status = 403,
         .body = STATUS_JSON(403, "Forbidden", "not this one")},
        {.request = "DELETE /api/v1/namespaces/a/configmaps/stays",
         .status = 403,
         .body = STATUS_JSON(403, "Forbidden", "not this one")});
    const struct value *inventory =
        json(a, "{\"ConfigMap/a/goes\":" ENTRY("u-goes") ",\"ConfigMap/a/stays\":" ENTRY(
                    "u-stays") ",\"Namespace//a\":" ENTRY("u-a") "}");
    const struct kube_delete_options options = {.wait = true};
    const struct value *left;

    assert_false(kube_set_delete(&s->call, s->kube, inventory, &options, &left));
    assert_int_equal(value_count(left), 2);
    assert_true(value_has(left, "ConfigMap/a/stays"));
    assert_true(value_has(left, "Namespace//a"));
    assert_non_null(strstr(diags_text(a, &s->diags), "not this one"));
    s->diags = (struct diags){.arena = a};
    script_end(a, s, "");
}

TEST(an_object_that_is_being_deleted_is_waited_for)
{
    struct script *s = SCRIPT(
        ASK_CORE,
        LOOK("m", 200, OBJECT_JSON("m", "1", ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"")),
        {.request = "GET /api/v1/namespaces/a/configmaps?fieldSelector=metadata.name%3Dm",
         .body = "{\"metadata\":{\"resourceVersion\":\"2\"},\"items\":[]}"},
        APPLY("m", OBJECT_JSON("m", "3", OURS)));
    const struct kube_set_options options = {.flags = KUBE_NEW_ONLY};
    const struct value *inventory;

    assert_true(kube_set_apply(&s->call, s->kube, json(a, "[" MAP("m", "{}") "]"), &value_null,
                               &options, &inventory));
    assert_int_equal(value_count(inventory), 1);
    script_end(a, s, "");
}
