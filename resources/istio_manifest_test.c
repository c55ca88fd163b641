#include "acceptance/harness/component.h"
#include "schema/type.h"

extern const struct resource resource_istio_manifest;
static const struct resource *const manifest = &resource_istio_manifest;

/* A configuration with these documents, and more arguments behind them. */
static const char *yaml_of(struct component *t, const char *yaml, const char *more)
{
    return text_f(t->arena, "{\"cluster\": @cluster1@, \"yaml\": %s%s%s}",
                  json_write(t->arena, value_string(t->arena, yaml)).at, *more ? ", " : "", more);
}

/* The same with an argument of any type, given as JSON. */
static const char *dynamic_of(struct component *t, const char *argument, const char *json,
                              const char *more)
{
    const struct value *v = component_json(t, json);
    const struct type *type = type_of_value(t->arena, v);

    return text_f(t->arena, "{\"cluster\": @cluster1@, \"%s\": {\"type\": %s, \"value\": %s}%s%s}",
                  argument, type_json(t->arena, type).at, json, *more ? ", " : "", more);
}

static const char *map_yaml(struct arena *a, const char *name, const char *size)
{
    return text_f(a,
                  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: shop}\n"
                  "data: {size: %s}\n---\n",
                  name, size);
}

static const char *maps_yaml(struct arena *a, size_t count)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    for (size_t i = 0; i < count; i++)
        text_add_z(&b, map_yaml(a, text_f(a, "map-%zu", i), "small"));
    return text_built(&b).at;
}

static void start(struct component *t, struct arena *a)
{
    component_start(t, a, 1);
    assert_true(sandbox_put(
        t->servers[0], "/api/v1/namespaces/shop",
        "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\"}}",
        "somebody"));
    sandbox_requests_reset(t->servers[0]);
}

static const struct value *must_apply(struct component *t, const struct value *prior,
                                      const char *json)
{
    const struct value *state = component_apply(t, manifest, prior, json);

    if (!state)
        fail_msg("%s", component_diags(t));
    return state;
}

/* Plans and updates, and gives what the state is when that fails. */
static const struct value *fail_update(struct component *t, const struct value *prior,
                                       const char *json)
{
    const struct value *config = component_config(t, manifest, json), *out = NULL;
    struct call *c = component_call(t, manifest, config);
    struct plan plan;

    assert_true(plan_resource(c, manifest, prior, config, config, &plan));
    assert_false(manifest->update(c, prior, plan.planned, &out));
    assert_non_null(out);
    return out;
}

static const char *drift_of(struct component *t, const struct value *state)
{
    return json_write(t->arena, value_at(state, "drift")).at;
}

/* The lines of requests that contain this. */
static size_t count_of(const char *requests, const char *piece)
{
    size_t count = 0;

    for (const char *at = requests; (at = strstr(at, piece)); at += strlen(piece))
        count++;
    return count;
}

#define QUERY "?fieldManager=terraform-provider-istio&fieldValidation=Strict"

TEST(create_looks_at_all_and_then_applies_step_by_step)
{
    const char *requests;
    struct component t;

    component_start(&t, a, 1);
    must_apply(&t, NULL,
               yaml_of(&t,
                       "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: new}\n"
                       "spec: {ports: [{port: 80}]}\n---\n"
                       "apiVersion: v1\nkind: ServiceAccount\n"
                       "metadata: {name: web, namespace: new}\n---\n"
                       "apiVersion: v1\nkind: Namespace\nmetadata: {name: new}\n",
                       ""));
    requests = component_requests(&t, 1);
    assert_int_equal(count_of(requests, "GET "), 3);
    assert_int_equal(count_of(requests, " 404\n"), 3);
    assert_string_equal(strstr(requests, "PATCH"),
                        "PATCH /api/v1/namespaces/new" QUERY " 201\n"
                        "PATCH /api/v1/namespaces/new/serviceaccounts/web" QUERY " 201\n"
                        "PATCH /api/v1/namespaces/new/services/web" QUERY " 201\n");
    component_stop(&t);
}

TEST(many_objects_cost_one_list_to_look_and_one_to_refresh)
{
    const struct value *state, *again;
    const char *json, *requests;
    struct component t;

    start(&t, a);
    json = yaml_of(&t, maps_yaml(a, 20), "");
    state = must_apply(&t, NULL, json);
    requests = component_requests(&t, 1);
    assert_int_equal(count_of(requests, "GET "), 1);
    assert_int_equal(count_of(requests, "GET /api/v1/namespaces/shop/configmaps?limit=500 200"), 1);
    assert_int_equal(count_of(requests, "PATCH "), 20);
    assert_int_equal(value_count(value_at(state, "objects")), 20);
    again = component_read(&t, manifest, state);
    assert_true(value_equal(state, again));
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/shop/configmaps?limit=500 200\n");
    assert_true(component_plans_nothing(&t, manifest, again, json));
    component_stop(&t);
}

TEST(update_touches_only_what_differs_and_prunes)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state =
        must_apply(&t, NULL,
                   yaml_of(&t,
                           text_f(a, "%s%s%s", map_yaml(a, "same", "small"),
                                  map_yaml(a, "changes", "small"), map_yaml(a, "leaves", "small")),
                           ""));
    component_requests(&t, 1);
    state = must_apply(
        &t, state,
        yaml_of(&t,
                text_f(a, "%s%s", map_yaml(a, "changes", "large"), map_yaml(a, "same", "small")),
                ""));
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/shop/configmaps/changes 200\n"
                        "PATCH /api/v1/namespaces/shop/configmaps/changes" QUERY " 200\n"
                        "DELETE /api/v1/namespaces/shop/configmaps/leaves 200\n");
    assert_int_equal(value_count(value_at(state, "objects")), 2);
    component_stop(&t);
}

TEST(another_spelling_is_no_change)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state = must_apply(&t, NULL, yaml_of(&t, map_yaml(a, "cart", "small"), ""));
    assert_true(component_plans_nothing(
        &t, manifest, state,
        yaml_of(&t,
                "# the same\n{\"kind\": \"ConfigMap\", \"apiVersion\": v1, \"status\": null, "
                "\"metadata\": {\"namespace\": shop, \"name\": cart}, data: {size: small}}",
                "")));
    component_stop(&t);
}

TEST(drift_is_told_by_place_and_costs_a_dry_run)
{
    const struct value *state;
    const char *requests;
    struct component t;

    start(&t, a);
    state = must_apply(&t, NULL,
                       yaml_of(&t,
                               text_f(a, "%s%s%s", map_yaml(a, "changed", "small"),
                                      map_yaml(a, "added", "small"), map_yaml(a, "gone", "small")),
                               ""));
    sandbox_put(t.servers[0], "/api/v1/namespaces/shop/configmaps/changed",
                "{\"data\":{\"size\":\"huge\"}}", "somebody");
    sandbox_put(t.servers[0], "/api/v1/namespaces/shop/configmaps/added",
                "{\"data\":{\"more\":\"yes\"}}", "somebody");
    sandbox_delete(t.servers[0], "/api/v1/namespaces/shop/configmaps/gone");
    component_requests(&t, 1);
    state = component_read(&t, manifest, state);
    assert_string_equal(drift_of(&t, state),
                        "[\"ConfigMap/shop/gone: (gone)\",\"ConfigMap/shop/changed: data.size\"]");
    requests = component_requests(&t, 1);
    assert_int_equal(count_of(requests, "GET "), 3);
    assert_string_equal(strstr(requests, "PATCH"),
                        "PATCH /api/v1/namespaces/shop/configmaps/changed?dryRun=All&fieldManager="
                        "terraform-provider-istio&fieldValidation=Strict&force=true 200\n");
    component_stop(&t);
}

TEST(what_the_server_spells_otherwise_is_no_drift)
{
    const char *json;
    const struct value *state;
    struct component t;

    start(&t, a);
    json = yaml_of(&t,
                   "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: shop}\n"
                   "spec: {hard: {requests.cpu: 1000m, pods: \"4\"}}\n",
                   "");
    state = must_apply(&t, NULL, json);
    assert_string_equal(drift_of(&t, component_read(&t, manifest, state)), "[]");
    assert_true(component_plans_nothing(&t, manifest, state, json));
    component_stop(&t);
}

TEST(all_gone_is_a_resource_that_is_gone)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state = must_apply(&t, NULL, yaml_of(&t, map_yaml(a, "cart", "small"), ""));
    sandbox_delete(t.servers[0], "/api/v1/namespaces/shop/configmaps/cart");
    assert_null(component_read(&t, manifest, state));
    component_stop(&t);
}

TEST(nothing_is_written_when_one_object_is_foreign)
{
    struct component t;

    start(&t, a);
    sandbox_put(t.servers[0], "/api/v1/namespaces/shop/configmaps/theirs",
                "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"theirs\","
                "\"namespace\":\"shop\"},\"data\":{\"size\":\"huge\"}}",
                "somebody");
    component_requests(&t, 1);
    assert_null(component_apply(
        &t, manifest, NULL,
        yaml_of(&t, text_f(a, "%s%s", map_yaml(a, "ours", "small"), map_yaml(a, "theirs", "small")),
                "")));
    assert_non_null(strstr(component_diags(&t), "ConfigMap shop/theirs already exists"));
    assert_non_null(strstr(component_diags(&t), "terraform import"));
    assert_int_equal(count_of(component_requests(&t, 1), "PATCH"), 0);
    component_stop(&t);
}

TEST(a_failed_update_keeps_the_old_manifest_and_shows_how_far_it_came)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state = must_apply(
        &t, NULL,
        yaml_of(&t,
                text_f(a, "%s%s", map_yaml(a, "first", "small"), map_yaml(a, "second", "small")),
                ""));
    sandbox_put(t.servers[0], "/api/v1/namespaces/shop/configmaps/second",
                "{\"data\":{\"size\":\"huge\"}}", "somebody");
    state =
        fail_update(&t, state,
                    yaml_of(&t,
                            text_f(a, "%s%s%s", map_yaml(a, "first", "large"),
                                   map_yaml(a, "second", "large"), map_yaml(a, "third", "large")),
                            ""));
    assert_non_null(strstr(component_diags(&t), "\"somebody\" using v1: .data.size"));
    assert_non_null(strstr(value_text(state, "yaml"), "small"));
    assert_null(strstr(value_text(state, "yaml"), "large"));
    state = component_read(&t, manifest, state);
    assert_string_equal(drift_of(&t, state),
                        "[\"ConfigMap/shop/first: data.size\",\"ConfigMap/shop/second: data.size\","
                        "\"ConfigMap/shop/third: (left over)\"]");
    state = must_apply(
        &t, state,
        yaml_of(&t,
                text_f(a, "%s%s", map_yaml(a, "first", "small"), map_yaml(a, "second", "small")),
                "\"force_conflicts\": true"));
    assert_int_equal(value_count(value_at(state, "objects")), 2);
    assert_null(sandbox_object(t.servers[0], "/api/v1/namespaces/shop/configmaps/third"));
    component_stop(&t);
}

TEST(of_a_secret_only_a_digest_is_kept)
{
    static const char secret[] =
        "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"login\", "
        "\"namespace\": \"shop\"}, \"stringData\": {\"word\": \"correct-horse\"}}";
    const struct value *state;
    const char *json, *held;
    struct component t;

    start(&t, a);
    json = dynamic_of(&t, "manifest_wo", secret, "\"manifest_wo_version\": 1");
    state = must_apply(&t, NULL, json);
    held = json_write(a, state).at;
    assert_null(strstr(held, "correct-horse"));
    assert_null(strstr(held, "Y29ycmVjdC1ob3JzZQ")); /* the same in base64 */
    assert_string_equal(drift_of(&t, component_read(&t, manifest, state)), "[]");
    assert_true(component_plans_nothing(&t, manifest, state, json));
    sandbox_put(t.servers[0], "/api/v1/namespaces/shop/secrets/login",
                "{\"data\":{\"word\":\"eA==\"}}", "somebody");
    state = component_read(&t, manifest, state);
    assert_string_equal(drift_of(&t, state), "[\"Secret/shop/login: (changed)\"]");
    assert_false(component_plans_nothing(&t, manifest, state, json));
    component_stop(&t);
}

TEST(a_secret_in_the_open_is_refused)
{
    struct component t;

    start(&t, a);
    assert_null(component_apply(
        &t, manifest, NULL,
        yaml_of(&t,
                "apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: shop}\n"
                "data: {word: eA==}\n",
                "")));
    assert_non_null(strstr(component_diags(&t), "The data of Secret login would be stored"));
    assert_string_equal(component_requests(&t, 1), "");
    component_stop(&t);
}

TEST(a_cluster_that_is_away_keeps_the_state)
{
    const struct value *state, *kept;
    struct component t;

    start(&t, a);
    state = must_apply(&t, NULL, yaml_of(&t, map_yaml(a, "cart", "small"), ""));
    component_restart(&t);
    sandbox_fault(t.servers[0], FAULT_CUT, 1, 0, NULL);
    kept = component_read(&t, manifest, state);
    assert_true(value_equal(state, kept));
    assert_int_equal(t.diags.first->severity, DIAG_WARNING);
    component_stop(&t);
}

TEST(remove_goes_in_reverse_and_by_uid)
{
    const struct value *state;
    const char *requests;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL,
                       yaml_of(&t,
                               "apiVersion: v1\nkind: Namespace\nmetadata: {name: new}\n---\n"
                               "apiVersion: v1\nkind: ConfigMap\n"
                               "metadata: {name: cart, namespace: new}\n",
                               ""));
    component_requests(&t, 1);
    assert_true(component_remove(&t, manifest, state));
    requests = component_requests(&t, 1);
    assert_true(strncmp(requests,
                        "DELETE /api/v1/namespaces/new/configmaps/cart 200\n"
                        "DELETE /api/v1/namespaces/new 200\n",
                        82) == 0);
    assert_null(sandbox_object(t.servers[0], "/api/v1/namespaces/new"));
    assert_true(component_remove(&t, manifest, state));
    component_stop(&t);
}

TEST(import_of_ours_gives_the_fields_that_we_own)
{
    static const char object[] =
        "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"cart\", "
        "\"namespace\": \"shop\"}, \"data\": {\"size\": \"small\"}}";
    const struct value *state, *imported = NULL;
    struct component t;

    start(&t, a);
    state = must_apply(&t, NULL, dynamic_of(&t, "manifest", object, ""));
    sandbox_put(t.servers[0], "/api/v1/namespaces/shop/configmaps/cart",
                "{\"data\":{\"more\":\"yes\"}}", "somebody");
    assert_true(manifest->import(component_call(&t, manifest, &value_null),
                                 "cluster=east,kubeconfig=/nowhere,api_version=v1,kind=ConfigMap,"
                                 "namespace=shop,name=cart",
                                 &imported));
    imported = value_with(a, imported, "cluster", value_at(state, "cluster"));
    assert_true(json_to_type(a, imported, resource_type(a, manifest), &t.diags, &imported));
    imported = component_read(&t, manifest, imported);
    assert_true(value_equal(value_at(imported, "manifest"), component_json(&t, object)));
    assert_string_equal(drift_of(&t, imported), "[]");
    component_stop(&t);
}
