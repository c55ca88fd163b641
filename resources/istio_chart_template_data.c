#include <string.h>

#include "codec/semver.h"
#include "codec/yml.h"
#include "helm/arguments.h"
#include "kube/connection.h"
#include "kube/set.h"
#include "release/release.h"
#include "schema/check.h"
#include "schema/resource.h"
#include "source/source.h"

#define REDACTED "(sensitive)"

enum { MANIFEST_BYTES_MAX = 64 << 20 };

static bool check_kube_version(struct call *c, const struct path *at, const struct value *v)
{
    struct semver version;

    return semver_read(value_string_text(v), &version) ||
           diag_error(c->diags, at, "Malformed version",
                      "\"%s\" is no version of Kubernetes, such as 1.33 or v1.33.4.", value_z(v));
}

static const struct attribute attributes[] = {
    CHART("chart", REQUIRED, "The chart and where it comes from."),
    STRING("name", REQUIRED, "Name of the release, as templates see it.",
           .check = check_dns_subdomain),
    STRING("namespace", OPTIONAL, "Namespace of the release. Left out, it is `default`.",
           .check = check_dns_label),
    VALUES_ROWS,
    CLUSTER("cluster", OPTIONAL,
            "A cluster that templates may ask: its version, what it serves, and what `lookup` "
            "finds there. Without one, rendering is offline, as `helm template` does it."),
    STRING("kube_version", OPTIONAL,
           "Version of Kubernetes that templates see, instead of the cluster's or of the newest "
           "that this provider knows.",
           .check = check_kube_version),
    TYPED("api_versions", &type_string_list, OPTIONAL,
          "More that templates see as served: `gateway.networking.k8s.io/v1`, or with a kind "
          "`gateway.networking.k8s.io/v1/Gateway`."),
    BOOL("is_upgrade", OPTIONAL,
         "Render as for an upgrade instead of an install. Left out, it is false."),
    BOOL("include_crds", OPTIONAL,
         "Have the CRDs of the chart's folder `crds/` in `manifest`, too. Left out, it is false."),
    BOOL("skip_schema_validation", OPTIONAL,
         "Do not hold the values against the chart's `values.schema.json`. Left out, it is false."),
    STRING("manifest", COMPUTED,
           "What was rendered, as `helm template` prints it. The data of Secrets is "
           "`" REDACTED "`."),
    TYPED("objects", &type_string_map, COMPUTED,
          "The objects as YAML, by `Kind.group/namespace/name`. The data of Secrets is "
          "`" REDACTED "`."),
    TYPED("hooks", &type_string_map, COMPUTED, "The chart's hooks, in the same form."),
    TYPED("crds", &type_string_map, COMPUTED,
          "The CRDs of the folder `crds/`, in the same form; empty without `include_crds`."),
    STRING("notes", COMPUTED, "The text of `NOTES.txt`."),
    STRING("chart_name", COMPUTED, "Name of the chart."),
    STRING("chart_version", COMPUTED, "Version of the chart that was chosen."),
    STRING("app_version", COMPUTED, "Version of what the chart installs."),
    STRING("digest", COMPUTED,
           "SHA-256 of the chart's archive, or of the folder's content: `sha256:<hex>`."),
    END_ATTRIBUTES,
};

/* --- what templates see --------------------------------------------------------------- */

static bool ask_cluster(struct call *c, struct kube *k, struct capabilities *out)
{
    struct kube_version version;

    if (!kube_version(c, k, &version) || !kube_api_versions(c, k, &out->api_versions))
        return false;
    out->git_version = version.git_version;
    return true;
}

static bool capabilities_of(struct call *c, struct kube *k, const struct value *config,
                            struct capabilities *out)
{
    const struct value *more = value_at(config, "api_versions");
    const char *wanted = value_text(config, "kube_version");

    capabilities_offline(c->arena, out);
    if (k && !ask_cluster(c, k, out))
        return false;
    if (wanted[0] && !capabilities_kube_version(c->arena, wanted, out))
        return diag_error(c->diags, path_of(c->arena, "kube_version"), "Malformed version",
                          "\"%s\" is no version of Kubernetes.", wanted);
    for (size_t i = 0; i < value_count(more); i++)
        out->api_versions = value_append(c->arena, out->api_versions, value_item(more, i));
    return true;
}

/* --- Secrets ---------------------------------------------------------------------------- */

static bool is_secret(const struct value *object)
{
    return strcmp(value_text(object, "kind"), "Secret") == 0 &&
           strcmp(value_text(object, "apiVersion"), "v1") == 0;
}

static const struct value *hide(struct arena *a, const struct value *object, const char *name)
{
    const struct value *data = value_at(object, name);
    struct value_builder b;

    if (value_is_null(data))
        return object;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(data) && data->kind == VALUE_MAP; i++)
        value_builder_push(&b, data->map.entries[i].key, value_string(a, REDACTED));
    return value_with(a, object, name, value_builder_map(&b));
}

static const struct value *shown(struct arena *a, const struct value *object)
{
    static const char applied[] = "kubectl.kubernetes.io/last-applied-configuration";

    if (!is_secret(object))
        return object;
    object = hide(a, hide(a, object, "data"), "stringData");
    return value_is_null(value_in(object, "metadata", "annotations", applied))
               ? object
               : value_with_in(a, object, value_string(a, REDACTED), "metadata", "annotations",
                               applied);
}

/* --- text ---------------------------------------------------------------------------------- */

static void add_document(struct text_builder *b, const char *source, struct text text)
{
    text_add_f(b, "---\n# Source: %s\n", source);
    text_add(b, text);
    if (!text_ends_with(text, "\n"))
        text_add_char(b, '\n');
}

/* A document as it is, unless a Secret is in it: then what it says, without the data. */
static void add_shown(struct arena *a, struct text_builder *b, const char *source, struct text text,
                      const struct value *const *objects, size_t count)
{
    bool secret = false;

    for (size_t i = 0; i < count; i++)
        secret = secret || is_secret(objects[i]);
    if (!secret) {
        add_document(b, source, text);
        return;
    }
    for (size_t i = 0; i < count; i++)
        add_document(b, source, yml_write(a, shown(a, objects[i])));
}

static struct text manifest_of(struct arena *a, const struct rendered *r, bool with_crds)
{
    const struct value **objects = arena_array(a, r->object_count + 1, sizeof(struct value *));
    struct text_builder b;

    text_builder_init(&b, a, MANIFEST_BYTES_MAX);
    for (size_t i = 0; with_crds && i < r->crd_count; i++)
        add_document(&b, r->crds[i].source, yml_write(a, r->crds[i].object));
    for (size_t i = 0; i < r->document_count; i++) {
        size_t count = 0;

        for (size_t k = 0; k < r->object_count; k++)
            if (r->objects[k].text.at == r->documents[i].text.at)
                objects[count++] = r->objects[k].object;
        add_shown(a, &b, r->documents[i].source, r->documents[i].text, objects, count);
    }
    for (size_t i = 0; i < r->hook_count; i++)
        add_shown(a, &b, r->hooks[i].object.source, r->hooks[i].object.text,
                  &r->hooks[i].object.object, 1);
    return text_built(&b);
}

/* --- maps of objects ------------------------------------------------------------------------- */

struct listing {
    struct call *call;
    struct kube *kube;
    const char *namespace;
    const struct value *crds;
};

static bool list(const struct listing *l, const struct rendered_object *object,
                 struct value_builder *out)
{
    struct arena *a = l->call->arena;
    const struct value *placed;

    if (!release_placed(l->call, l->kube, l->namespace, l->crds, object->object, &placed))
        return false;
    value_builder_set(out, kube_set_key(a, placed),
                      value_string_of(a, yml_write(a, shown(a, object->object))));
    return true;
}

static bool list_all(const struct listing *l, const struct rendered *r, bool with_crds,
                     const struct value **objects, const struct value **hooks,
                     const struct value **crds)
{
    struct value_builder b[3];

    for (size_t i = 0; i < 3; i++)
        value_builder_init(&b[i], l->call->arena);
    for (size_t i = 0; i < r->object_count; i++)
        if (!list(l, &r->objects[i], &b[0]))
            return false;
    for (size_t i = 0; i < r->hook_count; i++)
        if (!list(l, &r->hooks[i].object, &b[1]))
            return false;
    for (size_t i = 0; with_crds && i < r->crd_count; i++)
        if (!list(l, &r->crds[i], &b[2]))
            return false;
    *objects = value_builder_map(&b[0]);
    *hooks = value_builder_map(&b[1]);
    *crds = value_builder_map(&b[2]);
    return true;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static const struct value *crd_objects(struct arena *a, const struct rendered *r)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < r->crd_count; i++)
        value_builder_add(&b, r->crds[i].object);
    return value_builder_list(&b);
}

static bool describe(struct call *c, struct kube *k, const struct value *config,
                     const char *namespace, const struct rendered *r, const struct value **out)
{
    struct listing l = {c, k, namespace, crd_objects(c->arena, r)};
    bool with_crds = value_flag(config, "include_crds");
    const struct value *objects, *hooks, *crds, *v = config;
    struct arena *a = c->arena;

    if (!list_all(&l, r, with_crds, &objects, &hooks, &crds))
        return false;
    v = value_with(a, v, "manifest", value_string_of(a, manifest_of(a, r, with_crds)));
    v = value_with(a, v, "objects", objects);
    v = value_with(a, v, "hooks", hooks);
    v = value_with(a, v, "crds", crds);
    v = value_with(a, v, "notes", value_string_of(a, r->notes));
    v = value_with(a, v, "chart_name", value_string(a, r->chart->name));
    v = value_with(a, v, "chart_version", value_string(a, r->chart->version));
    v = value_with(a, v, "app_version", value_string(a, r->chart->app_version));
    *out = value_with(a, v, "digest", value_string(a, r->chart->digest));
    return true;
}

static bool template_read(struct call *c, const struct value *config, const struct value **out)
{
    const struct value *cluster = value_at(config, "cluster"), *values;
    const struct chart_request request = {.source = value_at(config, "chart"),
                                          .at = path_of(c->arena, "chart")};
    const char *namespace = value_text(config, "namespace");
    struct render_options options = {.name = value_text(config, "name"),
                                     .namespace = namespace[0] ? namespace : "default",
                                     .revision = 1,
                                     .is_upgrade = value_flag(config, "is_upgrade"),
                                     .skip_schema = value_flag(config, "skip_schema_validation"),
                                     .values_at = path_of(c->arena, "values"),
                                     .chart_at = path_of(c->arena, "chart")};
    struct kube *k = NULL;
    struct rendered rendered;
    struct chart *chart;

    if (value_is_set(cluster) && !kube_open(c, cluster, path_of(c->arena, "cluster"), &k))
        return false;
    options.hooks = release_lookup(c, k, &value_empty_list);
    return arguments_values(c, config, &value_null, &values) && chart_fetch(c, &request, &chart) &&
           capabilities_of(c, k, config, &options.capabilities) &&
           render_chart(c, chart, values, &options, &rendered) &&
           describe(c, k, config, options.namespace, &rendered, out);
}

DATA_SOURCE(istio_chart_template) = {
    .name = "istio_chart_template",
    .kind = KIND_DATA,
    .summary = "Renders a Helm chart, without installing it.",
    .doc = "What Helm 3.21 renders from the same chart and values. Nothing is written anywhere. "
           "The state holds the result, but no data of Secrets; what a chart puts into other "
           "objects is shown as it is.",
    .attributes = attributes,
    .timeouts = {.read = 300},
    .read = template_read,
};
