/* component - a resource's hooks against stand-in servers, in one process: for
 * the tests in resources/. Every answer passes the protocol's invariants, and the
 * requests that it cost can be compared line by line.
 *
 *     struct component t;
 *     component_start(&t, a, 1);
 *     state = component_apply(&t, &resource_istio_manifest, NULL,
 *                             "{\"cluster\": @cluster1@, \"yaml\": \"…\"}");
 *     assert_string_equal(component_requests(&t, 1), "PATCH /api/v1/… 201\n");
 *     component_stop(&t);
 *
 * One test owns one component. A failed assertion leaves the servers running
 * until the process ends, which it then does. */
#ifndef HARNESS_COMPONENT_H
#define HARNESS_COMPONENT_H
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/sandbox.h"
#include "base/clock.h"
#include "base/test.h"
#include "codec/json.h"
#include "http/client.h"
#include "kube/kube.h"
#include "schema/check.h"
#include "schema/invariant.h"
#include "schema/resource.h"
#include "source/source.h"

enum { COMPONENT_CLUSTERS_MAX = 3 };

struct component {
    struct arena *arena;
    struct sandbox *servers[COMPONENT_CLUSTERS_MAX];
    size_t count;
    struct cancel *cancel;
    struct clients clients;
    struct diags diags;
    struct call call;
    const struct value *private_data; /* what the last hook left beside the state */
    int64_t patience_ms;              /* deadline of a hook; 0 = a minute */
};

/* Clusters are named east, west and north; istiod: one seems to run with its Deployment. */
static inline void component_start_mesh(struct component *t, struct arena *a, size_t clusters,
                                        bool istiod)
{
    static const char *const names[COMPONENT_CLUSTERS_MAX] = {"east", "west", "north"};

    *t = (struct component){.arena = a, .count = clusters, .cancel = cancel_new()};
    for (size_t i = 0; i < clusters; i++)
        t->servers[i] =
            sandbox_start(&(struct sandbox_options){.name = names[i], .istiod = istiod});
    t->clients.http = http_client_new(t->cancel);
    t->clients.kube = kube_pool_new(t->clients.http);
    t->clients.charts = chart_store_new(t->clients.http);
    t->clients.provider_config = &value_null;
    t->private_data = &value_null;
}

static inline void component_start(struct component *t, struct arena *a, size_t clusters)
{
    component_start_mesh(t, a, clusters, false);
}

static inline void component_stop(struct component *t)
{
    chart_store_free(t->clients.charts);
    kube_pool_free(t->clients.kube);
    http_client_free(t->clients.http);
    for (size_t i = 0; i < t->count; i++)
        sandbox_stop(t->servers[i]);
    cancel_free(t->cancel);
}

/* Forgets clients, discovery and credentials, as a new process would. */
static inline void component_restart(struct component *t)
{
    kube_pool_free(t->clients.kube);
    t->clients.kube = kube_pool_new(t->clients.http);
}

static inline const struct value *component_json(struct component *t, const char *json)
{
    const struct value *v = NULL;
    struct diags diags;

    diags_init(&diags, t->arena);
    if (!json_read(t->arena, text_of(json), "test", &diags, &v))
        fail_msg("%s in %s", diags.first->detail, json);
    return v;
}

/* The connection object of cluster n (from 1). */
static inline const struct value *component_cluster(struct component *t, size_t n)
{
    static const char *const names[COMPONENT_CLUSTERS_MAX] = {"east", "west", "north"};
    struct arena *a = t->arena;

    return value_map_of(
        a, {"name", value_string(a, names[n - 1])},
        {"kubeconfig",
         value_map_of(a, {"raw", value_string(a, sandbox_kubeconfig(t->servers[n - 1]))})});
}

/* JSON with @cluster1@ … filled in, as an object of the resource's type. */
static inline const struct value *component_config(struct component *t, const struct resource *r,
                                                   const char *json)
{
    const struct value *config = NULL;
    struct text_builder b;
    const char *at;

    text_builder_init(&b, t->arena, 1 << 20);
    for (; (at = strstr(json, "@cluster")); json = at + strlen("@cluster1@")) {
        text_add(&b, (struct text){json, (size_t)(at - json)});
        text_add(&b, json_write(t->arena, component_cluster(t, (size_t)(at[8] - '0'))));
    }
    text_add_z(&b, json);
    diags_init(&t->diags, t->arena);
    if (!json_to_type(t->arena, component_json(t, b.at), resource_type(t->arena, r), &t->diags,
                      &config))
        fail_msg("%s", t->diags.first->detail);
    return config;
}

static inline struct call *component_call(struct component *t, const struct resource *r,
                                          const struct value *config)
{
    diags_init(&t->diags, t->arena);
    call_init(&t->call, t->arena, &t->diags, t->cancel, &t->clients);
    t->call.resource = r;
    t->call.config = config;
    t->call.private_data = t->private_data;
    t->call.deadline_ms = clock_monotonic_ms() + (t->patience_ms ? t->patience_ms : 60000);
    return &t->call;
}

static inline void component_keep_private(struct component *t)
{
    if (t->call.private_out)
        t->private_data = t->call.private_out;
}

/* "summary: detail" of every diagnostic, a line each: for messages and asserts. */
static inline const char *component_diags(struct component *t)
{
    struct text_builder b;

    text_builder_init(&b, t->arena, 1 << 20);
    for (const struct diag *d = t->diags.first; d; d = d->next)
        text_add_f(&b, "%s: %s\n", d->summary, d->detail);
    return b.at;
}

/* Plan and create (prior NULL) or update; NULL when it failed (component_diags). */
static inline const struct value *component_apply(struct component *t, const struct resource *r,
                                                  const struct value *prior, const char *json)
{
    const struct value *config = component_config(t, r, json), *out = NULL;
    struct call *c = component_call(t, r, config);
    struct plan plan;
    bool done;

    if (!prior)
        c->private_data = &value_null;
    if (!check_config(c, r, config) ||
        !plan_resource(c, r, prior ? prior : &value_null, config, config, &plan) ||
        !invariant_plan(c, r, &plan))
        return NULL;
    if (c->private_out) /* what the plan left for the apply */
        c->private_data = c->private_out;
    done = prior ? r->update(c, prior, plan.planned, &out) : r->create(c, plan.planned, &out);
    component_keep_private(t);
    return done && invariant_apply(c, r, plan.planned, out) ? out : NULL;
}

/* The plan of an update is empty: nothing differs between state and plan. */
static inline bool component_plans_nothing(struct component *t, const struct resource *r,
                                           const struct value *state, const char *json)
{
    const struct value *config = component_config(t, r, json);
    struct call *c = component_call(t, r, config);
    struct plan plan;

    if (!plan_resource(c, r, state, config, config, &plan))
        fail_msg("%s", component_diags(t));
    return type_value_equal(resource_type(t->arena, r), state, plan.planned);
}

/* NULL = gone; a failure ends the test. */
static inline const struct value *component_read(struct component *t, const struct resource *r,
                                                 const struct value *state)
{
    struct call *c = component_call(t, r, &value_null);
    const struct value *out = NULL;

    if (!r->read(c, state, &out) || (out && !invariant_state(c, r, out)))
        fail_msg("%s", component_diags(t));
    return out;
}

static inline bool component_remove(struct component *t, const struct resource *r,
                                    const struct value *state)
{
    return r->remove(component_call(t, r, &value_null), state);
}

/* What cluster n was asked since the last look, without discovery and version
 * ("/api…" lists, "/apis", "/version"): those are once per process. */
static inline const char *component_requests(struct component *t, size_t n)
{
    char *lines = sandbox_requests(t->servers[n - 1]);
    struct text rest = text_of(arena_strdup(t->arena, lines)), line;
    struct text_builder b;

    memory_free(lines);
    sandbox_requests_reset(t->servers[n - 1]);
    text_builder_init(&b, t->arena, 1 << 20);
    while (text_split(&rest, '\n', &line))
        if (line.len && !text_starts_with(line, "GET /version") &&
            !text_starts_with(line, "GET /api ") && !text_starts_with(line, "GET /apis "))
            text_add_f(&b, "%.*s\n", (int)line.len, line.at);
    return b.at;
}

static inline int component_compare_lines(const void *x, const void *y)
{
    return text_compare(*(const struct text *)x, *(const struct text *)y);
}

/* The lines in the order of their text: requests of one step go at once, in any order. */
static inline const char *component_sorted(struct component *t, const char *lines)
{
    struct text rest = text_of(lines), line, *all;
    struct text_builder b;
    size_t count = 0;

    all = arena_array(t->arena, strlen(lines) + 1, sizeof(*all));
    while (text_split(&rest, '\n', &line))
        if (line.len)
            all[count++] = line;
    qsort(all, count, sizeof(*all), component_compare_lines);
    text_builder_init(&b, t->arena, 1 << 20);
    for (size_t i = 0; i < count; i++)
        text_add_f(&b, "%.*s\n", (int)all[i].len, all[i].at);
    return text_built(&b).at;
}

#endif
