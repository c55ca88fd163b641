#include "istio/gloo.h"

#include <string.h>

#include "istio/gloo_status.h"
#include "kube/set.h"
#include "schema/check.h"

/* Rows of every such resource that are no fields of the spec. */
static const char *const other_rows[] = {"cluster",     "name", "namespace", "labels",
                                         "annotations", "spec", "wait",      "force_conflicts",
                                         NULL};

/* An object of Gloo Mesh while one hook works on it. */
struct work {
    struct call *call;
    const struct gloo_kind *kind;
    struct kube *kube;
    struct kube_ref ref;
    const char *cluster, *id;
    const struct value *uid; /* of what was applied; null = nothing was */
};

static const struct gloo_kind *kind_of(const struct call *c)
{
    return c->resource->facts;
}

static struct spec_rows rows_of(const struct call *c)
{
    return (struct spec_rows){
        .rows = c->resource->attributes, .others = other_rows, .choices = kind_of(c)->choices};
}

static bool work_open(struct call *c, const struct value *object, struct work *w)
{
    const char *cluster = connection_name(value_at(object, "cluster"));
    const char *namespace = value_text(object, "namespace"), *name = value_text(object, "name");

    *w = (struct work){
        .call = c,
        .kind = kind_of(c),
        .ref = {kind_of(c)->api_version, kind_of(c)->kind, namespace, name},
        .cluster = cluster,
        .id = text_f(c->arena, "%s/%s/%s", cluster, namespace, name),
        .uid = &value_null,
    };
    return kube_open(c, value_at(object, "cluster"), path_of(c->arena, "cluster"), &w->kube);
}

/* --- checks --------------------------------------------------------------------- */

static bool check_keys(struct call *c, const struct path *at, const struct value *v,
                       check_fn *check_value)
{
    bool fine = true;

    for (size_t i = 0; v->kind == VALUE_MAP && i < v->map.count; i++) {
        const struct value_entry *entry = &v->map.entries[i];
        const struct path *place = path_key(c->arena, at, entry->key);

        fine = check_label_key(c, place, value_string(c->arena, entry->key)) && fine;
        if (check_value && value_is_set(entry->value))
            fine = check_value(c, place, entry->value) && fine;
    }
    return fine;
}

bool gloo_check_labels(struct call *c, const struct path *at, const struct value *v)
{
    return check_keys(c, at, v, check_label_value);
}

bool gloo_check_annotations(struct call *c, const struct path *at, const struct value *v)
{
    return check_keys(c, at, v, NULL);
}

bool gloo_check_spec(struct call *c, const struct path *at, const struct value *v)
{
    return v->kind == VALUE_MAP ||
           diag_error(c->diags, at, "Not a spec",
                      "It is a %s. Give an object with the names of the API, such as { options = "
                      "{ … } }.",
                      value_kind_name(v));
}

bool gloo_check_pattern(struct call *c, const struct path *at, const struct value *v)
{
    const char *z = value_z(v);

    if (*z && !z[strspn(z, "abcdefghijklmnopqrstuvwxyz0123456789-.*")])
        return true;
    return diag_error(
        c->diags, at, "Nothing can have this name",
        "\"%s\" matches nothing: names of clusters, namespaces and workspaces consist "
        "of a-z, 0-9, - and . only; * stands for any part.",
        z);
}

/* --- the object ------------------------------------------------------------------- */

static const struct value *object_metadata(struct arena *a, const struct work *w,
                                           const struct value *from)
{
    static const char *const maps[] = {"labels", "annotations"};
    const struct value *metadata = value_map_of(a, {"name", value_string(a, w->ref.name)},
                                                {"namespace", value_string(a, w->ref.namespace)});

    for (size_t i = 0; i < 2; i++)
        if (value_count(value_at(from, maps[i])))
            metadata = value_with(a, metadata, maps[i], value_at(from, maps[i]));
    return metadata;
}

static const struct value *object_of(const struct work *w, const struct value *from)
{
    const struct spec_rows rows = rows_of(w->call);
    struct arena *a = w->call->arena;
    const struct value *spec = spec_write(a, &rows, from), *more = value_at(from, "spec");

    return value_map_of(a, {"apiVersion", value_string(a, w->kind->api_version)},
                        {"kind", value_string(a, w->kind->kind)},
                        {"metadata", object_metadata(a, w, from)},
                        {"spec", value_is_set(more) ? value_merge(a, spec, more) : spec});
}

static const struct value *count_of(struct arena *a, const struct value *status, const char *row)
{
    const struct value *v = value_at(status, spec_field_name(a, row));

    if (v->kind == VALUE_STRING)
        v = value_number(a, value_string_text(v));
    return v && v->kind == VALUE_NUMBER ? v : &value_null;
}

/* All outputs, from the live object; NULL = what became of it is not known. */
static const struct value *described(const struct work *w, const struct value *object,
                                     const struct value *live, const struct value *drift)
{
    struct arena *a = w->call->arena;
    const char *const *row = w->kind->counts;
    struct gloo_status status;

    gloo_status_read(a, live, &status);
    object = value_with(a, object, "id", value_string(a, w->id));
    object = value_with(a, object, "uid", live ? value_in(live, "metadata", "uid") : w->uid);
    object = value_with(a, object, "state", value_string(a, status.state));
    object = value_with(a, object, "message",
                        status.message[0] ? value_string(a, status.message) : &value_null);
    for (; row && *row; row++)
        object = value_with(a, object, *row, count_of(a, value_at(live, "status"), *row));
    return value_with(a, object, "drift", drift);
}

/* --- applying --------------------------------------------------------------------- */

static bool check_served(const struct work *w)
{
    struct call *c = w->call;
    struct kube_resource resource;
    bool found;

    if (!kube_discover(c, w->kube, w->ref.api_version, w->ref.kind, &found, &resource))
        return false;
    return found ||
           diag_error(c->diags, NULL,
                      text_f(c->arena, "Cannot apply %s: Gloo Mesh is not there",
                             kube_ref_text(c->arena, &w->ref)),
                      "Cluster %s (%s) does not serve the kind %s of %s: it lacks the CRD %s. "
                      "Install the chart gloo-platform-crds (2.3 and later) or "
                      "gloo-mesh-enterprise (2.0 to 2.2) on it first.",
                      w->cluster, kube_host(w->kube), w->ref.kind, w->ref.api_version,
                      w->kind->crd);
}

/* The set engine's errors, with what may have been meant by unknown fields. */
static void pass_on(const struct work *w, struct diags *said, const struct value *object)
{
    struct call *c = w->call;
    const char *hint = w->kind->hint ? w->kind->hint(value_at(object, "spec")) : NULL;

    for (struct diag *d = said->first; d && hint; d = d->next)
        if (strstr(d->summary, "fields that its kind does not know"))
            d->detail = text_f(c->arena, "%s\n\n%s", d->detail, hint);
    diags_append(c->diags, said);
}

/* What of the object was there before, in the set engine's words. */
static const struct value *inventory_of(const struct work *w, const struct value *object,
                                        const struct value *prior)
{
    struct arena *a = w->call->arena;

    if (!value_text(prior, "uid")[0])
        return &value_empty_map;
    return value_map_of(a,
                        {kube_set_key(a, object),
                         value_map_of(a, {"api_version", value_at(object, "apiVersion")},
                                      {"uid", value_at(prior, "uid")}, {"digest", &value_null})});
}

static bool apply(struct work *w, const struct value *planned, const struct value *prior)
{
    struct call *c = w->call, quiet;
    const struct kube_set_options options = {
        .flags = KUBE_NEW_ONLY | (value_flag(planned, "force_conflicts") ? KUBE_FORCE : 0),
        .import_hint = text_f(c->arena,
                              "terraform import <address> 'cluster=%s,kubeconfig=<path>,"
                              "context=<context>,namespace=%s,name=%s'",
                              w->cluster, w->ref.namespace, w->ref.name),
    };
    const struct value *object = object_of(w, planned), *inventory;
    struct diags said;
    bool done;

    if (!check_served(w))
        return false;
    diags_init(&said, c->arena);
    quiet = call_quietly(c, &said);
    done = kube_set_apply(&quiet, w->kube, value_list_of(c->arena, object),
                          inventory_of(w, object, prior), &options, &inventory);
    pass_on(w, &said, object);
    w->uid = value_in(inventory, kube_set_key(c->arena, object), "uid");
    return done;
}

/* *live is what is there, also when the wait fails, as far as it is known. */
static bool settle(const struct work *w, const struct value *planned, const struct value **live)
{
    struct call *c = w->call;
    struct gloo_wait wait = {.cluster = w->cluster, .arena = c->arena};
    struct gloo_status status;

    if (!value_flag(planned, "wait"))
        return kube_get(c, w->kube, &w->ref, live);
    if (!kube_wait_for(c, w->kube, &w->ref, "be accepted by Gloo Mesh", gloo_status_judge, &wait,
                       live)) {
        *live = wait.final;
        return false;
    }
    gloo_status_read(c->arena, *live, &status);
    if (strcmp(status.state, "WARNING") == 0)
        gloo_status_report(c, w->cluster, *live, true);
    return true;
}

bool gloo_create(struct call *c, const struct value *planned, const struct value **out)
{
    const struct value *live = NULL;
    struct work w;
    bool done;

    if (!work_open(c, planned, &w))
        return false;
    done = apply(&w, planned, &value_null);
    if (value_is_null(w.uid))
        return false;
    done = done && settle(&w, planned, &live);
    *out = described(&w, planned, live, &value_empty_list);
    return done;
}

bool gloo_update(struct call *c, const struct value *prior, const struct value *planned,
                 const struct value **out)
{
    const struct value *live = NULL;
    struct work w;

    *out = prior;
    if (!work_open(c, planned, &w) || !apply(&w, planned, prior) || !settle(&w, planned, &live))
        return false;
    *out = described(&w, planned, live, &value_empty_list);
    return true;
}

bool gloo_remove(struct call *c, const struct value *state)
{
    const char *uid = value_text(state, "uid");
    const struct kube_delete_options options = {.uid = uid[0] ? uid : NULL, .wait = true};
    struct work w;

    return work_open(c, state, &w) && kube_delete(c, w.kube, &w.ref, &options);
}

/* --- reading ----------------------------------------------------------------------- */

static const struct value *map_or_null(const struct value *v)
{
    return value_count(v) ? v : &value_null;
}

/* After an import: the arguments that would make what is there. Of an object that
 * others made, all of it. */
static const struct value *with_arguments(const struct work *w, const struct value *state,
                                          const struct value *live)
{
    struct arena *a = w->call->arena;
    const struct value *source = kube_is_ours(live) ? kube_owned_fields(a, live) : live, *rest;
    const struct spec_rows rows = rows_of(w->call);
    const struct value *told = spec_read(a, &rows, value_at(source, "spec"), &rest);
    const struct value *annotations =
        value_with(a, value_in(source, "metadata", "annotations"),
                   "kubectl.kubernetes.io/last-applied-configuration", NULL);

    for (size_t i = 0; i < told->map.count; i++)
        state = value_with(a, state, told->map.entries[i].key, told->map.entries[i].value);
    state = value_with(a, state, "spec", map_or_null(rest));
    state = value_with(a, state, "labels", map_or_null(value_in(source, "metadata", "labels")));
    state = value_with(a, state, "annotations", map_or_null(annotations));
    state = value_with(a, state, "force_conflicts", &value_false);
    return value_with(a, state, "wait", &value_true);
}

/* Somebody who changes all our fields makes them his own: still the very object
 * that the state has. */
static const struct value *drift_of(const struct work *w, const struct value *state,
                                    const struct value *live)
{
    const struct value *metadata = value_at(live, "metadata"), *places = &value_empty_list;
    struct arena *a = w->call->arena;
    bool ours = kube_is_ours(live);

    if (value_text(metadata, "deletionTimestamp")[0])
        return value_list_of(a, value_string(a, "(being deleted)"));
    if (ours || value_equal(value_at(state, "uid"), value_at(metadata, "uid")))
        places = kube_set_places(w->call, w->kube, object_of(w, state), live);
    return ours || value_count(places) ? places
                                       : value_list_of(a, value_string(a, "(not managed)"));
}

/* What was accepted once may be refused later, when something else changed. */
static void warn_of_refusal(const struct work *w, const struct value *live)
{
    struct gloo_status status;

    gloo_status_read(w->call->arena, live, &status);
    if (gloo_status_is_refusal(&status))
        gloo_status_report(w->call, w->cluster, live, true);
}

bool gloo_read(struct call *c, const struct value *state, const struct value **out)
{
    const struct path *at = path_of(c->arena, "cluster");
    const struct value *live;
    struct work w;

    *out = state;
    if (!kube_reachable(c, value_at(state, "cluster"), at))
        return true;
    if (!work_open(c, state, &w) || !kube_get(c, w.kube, &w.ref, &live))
        return false;
    *out = NULL;
    if (!live)
        return true;
    if (value_is_null(value_at(state, "id")))
        state = with_arguments(&w, state, live);
    warn_of_refusal(&w, live);
    *out = described(&w, state, live, drift_of(&w, state, live));
    return true;
}

/* --- planning ----------------------------------------------------------------------- */

static void plan_id(struct call *c, struct plan *plan)
{
    const char *cluster = connection_name(value_at(plan->planned, "cluster"));
    const char *namespace = value_text(plan->planned, "namespace"),
               *name = value_text(plan->planned, "name");

    plan_set(c, plan, "id",
             cluster[0] && namespace[0] && name[0]
                 ? value_f(c->arena, "%s/%s/%s", cluster, namespace, name)
                 : &value_unknown);
}

/* No question to the cluster: whether it serves the kind shows at the apply. */
bool gloo_plan(struct call *c, struct plan *plan)
{
    static const char *const outputs[] = {"uid", "state", "message", NULL};

    connection_plan(c, plan, "cluster");
    plan_id(c, plan);
    if (value_count(value_at(plan->prior, "drift"))) {
        plan_set_all_unknown(c, plan, outputs);
        if (kind_of(c)->counts)
            plan_set_all_unknown(c, plan, kind_of(c)->counts);
    }
    plan_set(c, plan, "drift", &value_empty_list);
    return true;
}

/* --- import -------------------------------------------------------------------------- */

bool gloo_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const optional[] = {"namespace?", "name", NULL};
    static const char *const required[] = {"namespace", "name", NULL};
    const char *fallback = kind_of(c)->namespace;
    const struct value *connection, *names, *namespace;

    if (!connection_import_id(c, id, fallback ? optional : required, &connection, &names))
        return false;
    namespace = value_at(names, "namespace");
    *out = value_map_of(
        c->arena, {"cluster", connection},
        {"namespace", value_is_set(namespace) ? namespace : value_string(c->arena, fallback)},
        {"name", value_at(names, "name")});
    return true;
}
