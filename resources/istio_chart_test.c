#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acceptance/harness/component.h"
#include "acceptance/sandbox/charts.h"

extern const struct resource resource_istio_chart;
static const struct resource *const chart = &resource_istio_chart;

#define NAMESPACE "/api/v1/namespaces/shop"
#define CONFIG NAMESPACE "/configmaps/cart-config"
#define RECORD NAMESPACE "/secrets/sh.helm.release.v1.cart.v"
#define CRD "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/carts.shop.example.com"
#define QUERY "fieldManager=terraform-provider-istio&fieldValidation=Strict"

/* The release cart in namespace shop of a chart, with more arguments behind. */
static const char *release_of(struct arena *a, const char *source, const char *more)
{
    return text_f(a,
                  "{\"cluster\": @cluster1@, \"name\": \"cart\", \"namespace\": \"shop\", "
                  "\"chart\": %s%s%s}",
                  source, *more ? ", " : "", more);
}

static const char *shop(struct arena *a, const char *more)
{
    return release_of(a, "{\"path\": \"acceptance/charts/shop\"}", more);
}

static const char *with_value(struct arena *a, const char *name, const char *value)
{
    return shop(a, text_f(a, "\"set\": [{\"name\": \"%s\", \"value\": \"%s\"}]", name, value));
}

static const struct value *must_apply(struct component *t, const struct value *prior,
                                      const char *json)
{
    const struct value *state = component_apply(t, chart, prior, json);

    if (!state)
        fail_msg("%s", component_diags(t));
    return state;
}

/* The shop is installed, and what that cost is forgotten. */
static const struct value *start(struct component *t, struct arena *a)
{
    const struct value *state;

    component_start(t, a, 1);
    state = must_apply(t, NULL, shop(a, ""));
    component_requests(t, 1);
    return state;
}

static size_t count_of(const char *requests, const char *piece)
{
    size_t count = 0;

    for (const char *at = requests; (at = strstr(at, piece)); at += strlen(piece))
        count++;
    return count;
}

/* The requests that wrote, without their queries but for a dry run's mark. */
static const char *writes_of(struct arena *a, const char *requests)
{
    struct text rest = text_of(requests), line;
    struct text_builder b;

    text_builder_init(&b, a, 1 << 16);
    while (text_split(&rest, '\n', &line)) {
        struct text path;

        if (text_starts_with(line, "GET ") || !line.len)
            continue;
        text_split(&line, '?', &path);
        if (text_ends_with(path, " 200"))
            path.len -= strlen(" 200");
        text_add(&b, path);
        text_add_z(&b, text_starts_with(line, "dryRun") ? " (dry)\n" : "\n");
    }
    return text_built(&b).at;
}

static const char *field_of(struct component *t, const char *path, const char *map,
                            const char *name)
{
    char *json = sandbox_object(t->servers[0], path);
    const char *out = "(gone)";

    if (json)
        out = value_z(value_in(component_json(t, arena_strdup(t->arena, json)), map, name));
    memory_free(json);
    return out;
}

static const char *record_status(struct component *t, int revision)
{
    char *json = sandbox_object(t->servers[0], text_f(t->arena, RECORD "%d", revision));
    const char *out = "(gone)";

    if (json)
        out = value_z(value_in(component_json(t, arena_strdup(t->arena, json)), "metadata",
                               "labels", "status"));
    memory_free(json);
    return out;
}

static const char *drift_of(struct component *t, const struct value *state)
{
    return json_write(t->arena, value_at(state, "drift")).at;
}

/* Plans and carries out what will fail; what the state is then, or NULL. */
static const struct value *must_fail(struct component *t, const struct value *prior,
                                     const char *json)
{
    const struct value *config = component_config(t, chart, json), *out = NULL;
    struct call *c = component_call(t, chart, config);
    struct plan plan;

    if (!prior)
        c->private_data = &value_null;
    if (!plan_resource(c, chart, prior ? prior : &value_null, config, config, &plan))
        fail_msg("%s", component_diags(t));
    assert_false(prior ? chart->update(c, prior, plan.planned, &out)
                       : chart->create(c, plan.planned, &out));
    component_keep_private(t);
    return out;
}

/* --- what it costs ----------------------------------------------------------------- */

TEST(create_looks_at_each_object_twice_and_applies_step_by_step)
{
    const char *requests, *writes;
    struct component t;

    component_start(&t, a, 1);
    must_apply(&t, NULL, shop(a, ""));
    requests = component_requests(&t, 1);
    writes = writes_of(a, requests);
    assert_int_equal(count_of(requests, "GET " CONFIG " 404\n"), 2); /* plan and apply */
    assert_int_equal(count_of(requests, "dryRun"), 0);
    assert_int_equal(count_of(writes, "\n"), 9);
    assert_true(text_starts_with(text_of(writes), "POST /api/v1/namespaces\nPATCH " RECORD
                                                  "1\nPATCH " CRD "\nPATCH "));
    assert_true(text_ends_with(text_of(writes), "/shop/carts/cart\nPATCH " RECORD "1\n"));
    assert_true(strstr(writes, "/serviceaccounts/cart") < strstr(writes, "/deployments/cart"));
    component_stop(&t);
}

TEST(refresh_costs_one_list_per_kind_and_the_plan_after_it_nothing)
{
    static const char values[] =
        "\"values_yaml\": [\"extra: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1}\"]";
    const struct value *state;
    const char *requests;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, shop(a, values));
    component_requests(&t, 1);
    assert_true(value_equal(component_read(&t, chart, state), state));
    requests = component_requests(&t, 1);
    assert_int_equal(count_of(requests, "\n"), 7); /* six kinds, and the records */
    assert_int_equal(count_of(requests, NAMESPACE "/configmaps?labelSelector="), 1);
    assert_int_equal(count_of(requests, NAMESPACE "/secrets?labelSelector=name%3Dcart"), 1);
    assert_true(component_plans_nothing(&t, chart, state, shop(a, values)));
    assert_string_equal(component_requests(&t, 1), "");
    component_stop(&t);
}

TEST(update_of_a_value_writes_one_object_and_the_records)
{
    const struct value *state, *before;
    struct component t;

    before = start(&t, a);
    state = must_apply(&t, before, with_value(a, "greeting", "bye"));
    assert_string_equal(writes_of(a, component_requests(&t, 1)),
                        "PATCH " CONFIG " (dry)\n"
                        "PATCH " RECORD "2\nPATCH " CONFIG "\n"
                        "PATCH " RECORD "1\nPATCH " RECORD "2\n");
    for (size_t i = 0; i < value_count(value_at(state, "objects")); i++) {
        const struct value_entry *e = &value_at(state, "objects")->map.entries[i];
        bool same = value_equal(e->value, value_at(value_at(before, "objects"), e->key));

        assert_int_equal(same, strcmp(e->key, "ConfigMap/shop/cart-config") != 0);
    }
    assert_string_equal(record_status(&t, 1), "superseded");
    assert_string_equal(record_status(&t, 2), "deployed");
    component_stop(&t);
}

TEST(destroy_takes_all_but_definitions_along)
{
    const struct value *state;
    const char *writes;
    struct component t;

    state = start(&t, a);
    assert_true(component_remove(&t, chart, state));
    assert_non_null(strstr(component_diags(&t), "CustomResourceDefinition.apiextensions.k8s.io"));
    writes = writes_of(a, component_requests(&t, 1));
    assert_int_equal(count_of(writes, "DELETE"), 7); /* five objects, record and namespace */
    assert_true(text_starts_with(text_of(writes),
                                 "PATCH " RECORD "1\nDELETE " NAMESPACE "/services/cart\n"));
    assert_true(text_ends_with(text_of(writes), "DELETE " RECORD "1\nDELETE " NAMESPACE "\n"));
    assert_string_not_equal(field_of(&t, CRD, "metadata", "name"), "(gone)");
    component_stop(&t);
}

/* --- what others change --------------------------------------------------------------- */

TEST(drift_is_named_by_its_place_and_mended)
{
    const char *forced = shop(a, "\"force_conflicts\": true");
    const struct value *state;
    struct component t;

    state = start(&t, a);
    assert_true(sandbox_put(t.servers[0], CONFIG, "{\"data\":{\"greeting\":\"x\",\"new\":\"1\"}}",
                            "somebody"));
    state = component_read(&t, chart, state);
    assert_string_equal(drift_of(&t, state), "[\"ConfigMap/shop/cart-config: data.greeting\"]");
    assert_false(component_plans_nothing(&t, chart, state, shop(a, "")));
    component_requests(&t, 1);
    state = must_apply(&t, state, forced);
    assert_int_equal(count_of(component_requests(&t, 1), "PATCH " CONFIG "?" QUERY), 1);
    assert_string_equal(field_of(&t, CONFIG, "data", "greeting"), "hello");
    assert_string_equal(field_of(&t, CONFIG, "data", "new"), "1");
    assert_true(component_plans_nothing(&t, chart, component_read(&t, chart, state), forced));
    component_stop(&t);
}

TEST(what_is_deleted_is_made_anew_and_the_namespace_too)
{
    const char *whole = shop(a, "\"delete_crds\": true");
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, whole);
    assert_true(sandbox_delete(t.servers[0], NAMESPACE));
    sandbox_settle(t.servers[0]);
    state = component_read(&t, chart, state);
    assert_non_null(strstr(drift_of(&t, state), "ServiceAccount/shop/cart: (gone)"));
    state = must_apply(&t, state, whole);
    assert_string_equal(record_status(&t, 1), "deployed");
    assert_true(component_plans_nothing(&t, chart, component_read(&t, chart, state), whole));
    component_stop(&t);
}

/* As `helm uninstall` leaves it: there is nothing to destroy any more. */
TEST(a_release_of_which_definitions_are_left_is_gone)
{
    static const char none[] = "\"create_namespace\": false";
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    assert_true(sandbox_put(
        t.servers[0], NAMESPACE,
        "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\"}}",
        "somebody"));
    state = must_apply(&t, NULL, shop(a, none));
    assert_true(sandbox_delete(t.servers[0], NAMESPACE));
    sandbox_settle(t.servers[0]);
    assert_null(component_read(&t, chart, state));
    component_stop(&t);
}

static void put_pending(struct component *t, const char *manager)
{
    assert_true(
        sandbox_put(t->servers[0], RECORD "2",
                    "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"sh.helm."
                    "release.v1.cart.v2\",\"namespace\":\"shop\",\"labels\":{\"name\":\"cart\","
                    "\"owner\":\"helm\",\"status\":\"pending-upgrade\",\"version\":\"2\"}},"
                    "\"type\":\"helm.sh/release.v1\",\"data\":{\"release\":\"\"}}",
                    manager));
}

TEST(an_operation_of_others_that_has_not_ended_is_refused)
{
    const struct value *state;
    struct component t;

    state = start(&t, a);
    put_pending(&t, "helm");
    state = component_read(&t, chart, state);
    assert_string_equal(drift_of(&t, state),
                        "[\"release: revision 2 (pending-upgrade) by another program\"]");
    assert_null(component_apply(&t, chart, state, with_value(a, "greeting", "bye")));
    assert_non_null(strstr(component_diags(&t), "Another upgrade of release cart has not ended"));
    assert_string_equal(field_of(&t, CONFIG, "data", "greeting"), "hello");
    component_stop(&t);
}

TEST(an_operation_of_ours_that_was_killed_is_taken_up)
{
    const struct value *state;
    struct component t;

    state = start(&t, a);
    put_pending(&t, KUBE_FIELD_MANAGER);
    state = component_read(&t, chart, state);
    assert_string_equal(drift_of(&t, state), "[\"release: revision 2 (pending-upgrade)\"]");
    state = must_apply(&t, state, with_value(a, "greeting", "bye"));
    assert_int_equal(value_integer_at(state, "revision"), 2);
    assert_string_equal(record_status(&t, 1), "superseded");
    assert_string_equal(record_status(&t, 2), "deployed");
    component_stop(&t);
}

/* --- what goes wrong ---------------------------------------------------------------------- */

TEST(a_create_that_fails_keeps_what_it_made)
{
    const struct value *state, *objects;
    struct component t;

    component_start(&t, a, 1);
    sandbox_fault(t.servers[0], FAULT_409, 1, 0, "/services/cart?field");
    state = must_fail(&t, NULL, shop(a, ""));
    sandbox_fault(t.servers[0], FAULT_NONE, 0, 0, NULL);
    assert_non_null(state);
    objects = value_at(state, "objects");
    assert_true(value_has(objects, "ConfigMap/shop/cart-config"));
    assert_false(value_has(objects, "Service/shop/cart"));
    assert_string_equal(value_text(state, "status"), "failed");
    assert_string_equal(record_status(&t, 1), "failed");
    assert_true(component_remove(&t, chart, state));
    assert_string_equal(field_of(&t, NAMESPACE, "metadata", "name"), "(gone)");
    component_stop(&t);
}

TEST(an_update_that_fails_goes_on_with_the_next)
{
    const char *bye = with_value(a, "greeting", "bye");
    const struct value *state;
    struct component t;

    state = start(&t, a);
    sandbox_fault(t.servers[0], FAULT_409, 1, 0, "PATCH " CONFIG "?field");
    state = must_fail(&t, state, bye);
    sandbox_fault(t.servers[0], FAULT_NONE, 0, 0, NULL);
    assert_string_equal(value_text(state, "status"), "failed");
    assert_true(value_is_null(value_at(state, "set")));
    state = component_read(&t, chart, state);
    assert_string_equal(drift_of(&t, state), "[\"release: revision 2 (failed)\"]");
    state = must_apply(&t, state, bye);
    assert_string_equal(field_of(&t, CONFIG, "data", "greeting"), "bye");
    assert_string_equal(record_status(&t, 1), "superseded");
    assert_string_equal(record_status(&t, 2), "failed");
    assert_string_equal(record_status(&t, 3), "deployed");
    assert_true(component_plans_nothing(&t, chart, component_read(&t, chart, state), bye));
    component_stop(&t);
}

TEST(a_chart_that_does_not_render_changes_nothing)
{
    const struct value *state;
    struct component t;

    state = start(&t, a);
    assert_null(component_apply(&t, chart, state, with_value(a, "failing", "not today")));
    assert_non_null(strstr(component_diags(&t), "not today"));
    assert_string_equal(writes_of(a, component_requests(&t, 1)), "");
    component_stop(&t);
}

/* --- charts -------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

TEST(a_chart_that_changed_since_the_plan_is_refused)
{
    char folder[] = "/tmp/istio-chart-XXXXXX";
    const struct value *config, *out = NULL;
    const char *file;
    struct component t;
    struct plan plan;
    struct call *c;

    component_start(&t, a, 1);
    assert_non_null(mkdtemp(folder));
    file = text_f(a, "%s/Chart.yaml", folder);
    write_file(file, "apiVersion: v2\nname: small\nversion: 1.0.0\n");
    config =
        component_config(&t, chart, release_of(a, text_f(a, "{\"path\": \"%s\"}", folder), ""));
    c = component_call(&t, chart, config);
    c->private_data = &value_null;
    assert_true(plan_resource(c, chart, &value_null, config, config, &plan));
    write_file(file, "apiVersion: v2\nname: small\nversion: 1.0.1\n");
    assert_false(chart->create(c, plan.planned, &out));
    assert_null(out);
    assert_non_null(strstr(component_diags(&t), "The chart has changed since the plan"));
    assert_string_equal(writes_of(a, component_requests(&t, 1)), "");
    unlink(file);
    rmdir(folder);
    component_stop(&t);
}

/* A newer one that fits is offered by now. */
TEST(the_version_that_a_constraint_chose_stays)
{
    struct charts *charts = charts_start("acceptance/charts");
    const char *about = text_f(a, "{\"repository\": \"%s/charts\", \"name\": \"shop\", ",
                               charts_url(charts)),
               *old = release_of(a, text_f(a, "%s\"version\": \"1.1.0\"}", about), ""),
               *line = release_of(a, text_f(a, "%s\"version\": \"~1.1.0\"}", about), ""),
               *newer = release_of(a, text_f(a, "%s\"version\": \">=1.1.0\"}", about), "");
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, old);
    state =
        value_with(a, state, "chart",
                   value_with(a, value_at(state, "chart"), "version", value_string(a, "~1.1.0")));
    assert_true(component_plans_nothing(&t, chart, state, line));
    state = must_apply(&t, state, newer);
    assert_string_equal(value_text(state, "chart_version"), "1.2.0");
    charts_stop(charts);
    component_stop(&t);
}
