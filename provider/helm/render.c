#include "helm/render.h"

#include <stdlib.h>
#include <string.h>

#include "codec/semver.h"
#include "helm/loader.h"
#include "helm/manifest.h"
#include "helm/root.h"
#include "helm/values.h"

static const char *const kinds[] = {
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

int render_kind_order(const char *kind)
{
    for (int i = 0; i < KINDS; i++)
        if (strcmp(kinds[i], kind) == 0)
            return i;
    return KINDS;
}

/* One file below templates/ of any of the charts. */
struct file {
    const char *path, *base_path; /* "c/charts/sub/templates/a.yaml", ".../templates" */
    struct text source;
    const struct datum *root;
    size_t position; /* in which the files were found */
    struct text output;
    bool is_partial, unstable;
};

struct rendering {
    struct call *call;
    const struct render_options *options;
    struct root_parts parts;
    struct file *files;
    size_t count, capacity;
};

/* --- files ------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void add_file(struct rendering *r, struct file file)
{
    if (r->count == r->capacity) {
        struct file *grown;

        r->capacity = r->capacity ? 2 * r->capacity : 64;
        grown = arena_array(r->call->arena, r->capacity, sizeof(*grown));
        for (size_t i = 0; i < r->count; i++)
            grown[i] = r->files[i];
        r->files = grown;
    }
    file.position = r->count;
    r->files[r->count++] = file;
}

/* Of a library chart only partials count. */
static void add_chart(struct rendering *r, const struct chart *chart, const char *full_path,
                      const struct datum *values, const struct datum *parent)
{
    struct arena *a = r->call->arena;
    const struct datum *root = root_new(a, chart, &r->parts, values, parent);

    for (size_t i = 0; i < chart->dependency_count; i++)
        add_chart(r, chart->dependencies[i],
                  text_f(a, "%s/charts/%s", full_path, chart->dependencies[i]->name), NULL, root);
    for (size_t i = 0; i < chart->templates.count; i++) {
        const struct chart_file *file = &chart->templates.all[i];
        bool is_partial = base_name(file->name)[0] == '_';

        if (!chart->is_library || is_partial)
            add_file(r, (struct file){.path = text_f(a, "%s/%s", full_path, file->name),
                                      .base_path = text_f(a, "%s/templates", full_path),
                                      .source = file->data,
                                      .root = root,
                                      .is_partial = is_partial});
    }
}

static size_t depth_of(const char *path)
{
    size_t depth = 0;

    for (; *path; path++)
        depth += *path == '/';
    return depth;
}

/* Deepest first, within one depth in reverse byte order; of one path the file that was
 * found last comes first. */
static int compare_for_parsing(const void *left, const void *right)
{
    const struct file *l = left, *r = right;
    size_t l_depth = depth_of(l->path), r_depth = depth_of(r->path);
    int order = l_depth == r_depth ? strcmp(r->path, l->path) : l_depth < r_depth ? 1 : -1;

    return order ? order : (r->position > l->position) - (r->position < l->position);
}

static int compare_paths(const void *left, const void *right)
{
    return strcmp(((const struct file *)left)->path, ((const struct file *)right)->path);
}

static void sort_for_parsing(struct rendering *r)
{
    size_t kept = 0;

    if (r->count == 0)
        return;
    qsort(r->files, r->count, sizeof(*r->files), compare_for_parsing);
    for (size_t i = 0; i < r->count; i++)
        if (kept == 0 || strcmp(r->files[kept - 1].path, r->files[i].path) != 0)
            r->files[kept++] = r->files[i];
    r->count = kept;
}

static bool execute(struct rendering *r)
{
    struct template_set *set = template_set_new(r->call, &r->options->hooks);

    sort_for_parsing(r);
    for (size_t i = 0; i < r->count; i++)
        if (!template_parse(set, r->files[i].path, r->files[i].source))
            return false;
    for (size_t i = 0; i < r->count; i++) {
        struct file *file = &r->files[i];

        if (file->is_partial)
            continue;
        root_template(r->call->arena, file->root, file->path, file->base_path);
        if (!template_execute(set, file->path, file->root, &file->output))
            return false;
        file->unstable = template_unstable(set);
    }
    return true;
}

/* --- objects ----------------------------------------------------------------- */

static bool gather(struct rendering *r, struct rendered *out)
{
    struct manifest m = {.call = r->call, .at = r->options->chart_at, .out = out};
    const char *notes = text_f(r->call->arena, "%s/templates/NOTES.txt", out->chart->name);
    struct chart_files crds = render_crd_files(r->call->arena, out->chart);

    for (size_t i = 0; i < crds.count; i++)
        if (!manifest_add_crds(&m, crds.all[i].name, crds.all[i].data))
            return false;
    if (r->count > 0)
        qsort(r->files, r->count, sizeof(*r->files), compare_paths);
    for (size_t i = 0; i < r->count; i++) {
        struct file *file = &r->files[i];

        if (strcmp(file->path, notes) == 0)
            out->notes = file->output;
        if (file->is_partial || text_ends_with(text_of(file->path), "NOTES.txt"))
            continue;
        m.unstable = file->unstable;
        if (!manifest_add(&m, file->path, file->output))
            return false;
    }
    manifest_finish(&m);
    return true;
}

static void add_crd_files(struct arena *a, const struct chart *chart, const char *full_path,
                          struct chart_files *out)
{
    for (size_t i = 0; i < chart->crds.count; i++)
        chart_files_add(a, out,
                        (struct chart_file){text_f(a, "%s/%s", full_path, chart->crds.all[i].name),
                                            chart->crds.all[i].data});
    for (size_t i = 0; i < chart->dependency_count; i++)
        add_crd_files(a, chart->dependencies[i],
                      text_f(a, "%s/charts/%s", full_path, chart->dependencies[i]->name), out);
}

struct chart_files render_crd_files(struct arena *a, const struct chart *chart)
{
    struct chart_files files = {0};

    add_crd_files(a, chart, chart->name, &files);
    return files;
}

/* --- checks ------------------------------------------------------------------ */

static bool check_dependencies(struct call *c, const struct chart *chart, const struct path *at)
{
    const struct value *declared = value_at(chart->metadata, "dependencies");
    struct text_builder missing;

    text_builder_init(&missing, c->arena, 4096);
    for (size_t i = 0; i < value_count(declared); i++) {
        const char *name = value_text(value_item(declared, i), "name");
        bool found = false;

        for (size_t j = 0; j < chart->dependency_count && !found; j++)
            found = strcmp(chart->dependencies[j]->name, name) == 0;
        if (!found)
            text_add_f(&missing, "%s%s", missing.len > 0 ? ", " : "", name);
    }
    if (missing.len == 0)
        return true;
    return diag_error(c->diags, at, "Dependencies of the chart are missing",
                      "Found in Chart.yaml of %s, but missing in its charts/ folder: %s. Run `helm "
                      "dependency build` there, or use the packed chart.",
                      chart->name, missing.at);
}

static bool check_kube_version(struct call *c, const struct chart *chart, const char *version,
                               const struct path *at)
{
    struct semver_constraint *constraint;
    struct semver server;
    const char *reason = "";

    if (!chart->kube_version[0])
        return true;
    if (!semver_constraint_read(c->arena, text_of(chart->kube_version), &constraint, &reason))
        return diag_error(c->diags, at, "The chart's kubeVersion cannot be read",
                          "Chart.yaml of %s says kubeVersion \"%s\": %s.", chart->name,
                          chart->kube_version, reason);
    if (semver_read(text_of(version), &server) && semver_matches(constraint, &server))
        return true;
    return diag_error(c->diags, at, "The chart does not support the server's version",
                      "Chart %s %s requires kubeVersion %s, which is incompatible with Kubernetes "
                      "%s. (A version with a suffix such as -eks-1 matches only a constraint that "
                      "has one, such as >=1.25-0.)",
                      chart->name, chart->version, chart->kube_version, version);
}

static bool check(struct call *c, const struct chart *chart, const struct render_options *o)
{
    if (chart->is_library)
        return diag_error(c->diags, o->chart_at, "The chart cannot be installed",
                          "%s is a library chart: it holds parts for other charts and nothing of "
                          "its own.",
                          chart->name);
    return check_dependencies(c, chart, o->chart_at) &&
           check_kube_version(c, chart, o->capabilities.git_version, o->chart_at);
}

/* --- the whole --------------------------------------------------------------- */

bool render_chart(struct call *c, const struct chart *chart, const struct value *user_values,
                  const struct render_options *options, struct rendered *out)
{
    struct rendering r = {.call = c, .options = options};
    const struct datum *values;
    struct chart *settled;

    *out = (struct rendered){0};
    if (!check(c, chart, options) ||
        !values_for_chart(c, chart, user_values, options->values_at, &settled, &values))
        return false;
    out->chart = settled;
    out->values = values_from_datum(c->arena, values);
    if (!options->skip_schema && !values_check_schema(c, settled, out->values, options->values_at))
        return false;
    root_parts_init(c->arena, options, &r.parts);
    add_chart(&r, settled, settled->name, values, NULL);
    return execute(&r) && gather(&r, out);
}

static void add_text(struct text_builder *b, const char *source, struct text text)
{
    text_add_f(b, "---\n# Source: %s\n", source);
    text_add(b, text);
    text_add_char(b, '\n');
}

struct text render_manifest(struct arena *a, const struct rendered *r)
{
    struct text_builder b;

    text_builder_init(&b, a, 2 * (size_t)TEMPLATE_OUTPUT_BYTES_MAX);
    for (size_t i = 0; i < r->document_count; i++) {
        const struct rendered_document *d = &r->documents[i];

        add_text(&b, d->source, d->object_count > 0 ? r->objects[d->first_object].text : d->text);
    }
    return text_built(&b);
}

/* In Helm's order, which is not that in which they run. */
struct text render_hooks(struct arena *a, const struct rendered *r)
{
    const struct rendered_hook **order =
        arena_array(a, r->hook_count, sizeof(struct rendered_hook *));
    struct text_builder b;

    for (size_t i = 0; i < r->hook_count; i++)
        order[r->hooks[i].position] = &r->hooks[i];
    text_builder_init(&b, a, 2 * (size_t)TEMPLATE_OUTPUT_BYTES_MAX);
    for (size_t i = 0; i < r->hook_count; i++)
        add_text(&b, order[i]->object.source, order[i]->object.text);
    return text_built(&b);
}
