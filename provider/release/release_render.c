/* release_render - a chart as the objects of one release. */
#include <string.h>

#include "codec/json.h"
#include "codec/yml.h"
#include "crypto/digest.h"
#include "release/release_parts.h"

enum { SALT_BYTES = 8, DIGEST_BYTES = 16 };

/* --- digests ----------------------------------------------------------------- */

bool release_salt(struct call *c, const struct release_memory *memory, const char **salt)
{
    unsigned char bytes[SALT_BYTES];

    *salt = value_text(memory->private, "salt");
    if ((*salt)[0])
        return true;
    if (!digest_random(c->diags, bytes, sizeof(bytes)))
        return false;
    *salt = digest_hex(c->arena, bytes, sizeof(bytes));
    return true;
}

bool release_digest(struct call *c, const char *salt, const struct value *v, const char **out)
{
    unsigned char mac[SHA256_BYTES];

    if (!digest_hmac_sha256(c->diags, text_of(salt),
                            json_write(c->arena, value_sorted(c->arena, v)), mac))
        return false;
    *out = digest_hex(c->arena, mac, DIGEST_BYTES);
    return true;
}

static bool digests_add(struct call *c, const char *salt, const struct value *objects,
                        struct value_builder *b)
{
    for (size_t i = 0; i < value_count(objects); i++) {
        const struct value *object = value_item(objects, i);
        const char *digest;

        if (!release_digest(c, salt, object, &digest))
            return false;
        value_builder_push(b, kube_set_key(c->arena, object), value_string(c->arena, digest));
    }
    return true;
}

/* --- what the server is said to serve -------------------------------------------- */

static void definitions_of(struct call *c, const struct chart_files *files, struct value_builder *b)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct value *documents;
        struct diags unheard;

        diags_init(&unheard, c->arena);
        if (!yml_read_all_lenient(c->arena, files->all[i].data, files->all[i].name, NULL, &unheard,
                                  &documents))
            continue; /* the render reports it */
        for (size_t j = 0; j < value_count(documents); j++)
            value_builder_add(b, value_item(documents, j));
    }
}

static void chart_definitions(struct call *c, const struct chart *chart, struct value_builder *b)
{
    definitions_of(c, &chart->crds, b);
    for (size_t i = 0; i < chart->dependency_count; i++)
        chart_definitions(c, chart->dependencies[i], b);
}

/* The kinds of crds/ are served by the time that anything is rendered for good. */
static const struct value *with_definitions(struct arena *a, const struct value *versions,
                                            const struct value *crds)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(versions); i++)
        value_builder_add(&b, value_item(versions, i));
    for (size_t i = 0; i < value_count(crds); i++) {
        const struct value *spec = value_at(value_item(crds, i), "spec");
        const struct value *served = value_at(spec, "versions");

        for (size_t j = 0; j < value_count(served); j++) {
            const char *version = text_f(a, "%s/%s", value_text(spec, "group"),
                                         value_text(value_item(served, j), "name"));

            value_builder_add(&b, value_string(a, version));
            value_builder_add(
                &b, value_f(a, "%s/%s", version, value_z(value_in(spec, "names", "kind"))));
        }
    }
    return value_builder_list(&b);
}

static bool capabilities_of(struct call *c, struct kube *k, const struct value *crds,
                            struct capabilities *out)
{
    struct kube_version version;

    capabilities_offline(c->arena, out);
    if (k) {
        if (!kube_version(c, k, &version) || !kube_api_versions(c, k, &out->api_versions))
            return false;
        out->git_version = version.git_version;
        out->major = out->minor = NULL;
    }
    out->api_versions = with_definitions(c->arena, out->api_versions, crds);
    return true;
}

/* --- namespaces ---------------------------------------------------------------- */

/* A kind that the CRDs at hand define. */
static bool is_defined(const struct value *crds, const char *api_version, const char *kind,
                       bool *namespaced)
{
    const char *slash = strchr(api_version, '/');
    struct text group = {api_version, slash ? (size_t)(slash - api_version) : 0};

    for (size_t i = 0; i < value_count(crds); i++) {
        const struct value *spec = value_at(value_item(crds, i), "spec");

        if (strcmp(value_z(value_in(spec, "names", "kind")), kind) != 0 ||
            !text_is(group, value_text(spec, "group")))
            continue;
        *namespaced = strcmp(value_text(spec, "scope"), "Cluster") != 0;
        return true;
    }
    return false;
}

/* Kinds of Kubernetes itself without a namespace, for when no server can be asked. */
static bool is_cluster_kind(const char *kind)
{
    static const char *const kinds[] = {"Namespace",
                                        "Node",
                                        "PersistentVolume",
                                        "CustomResourceDefinition",
                                        "APIService",
                                        "ClusterRole",
                                        "ClusterRoleBinding",
                                        "MutatingWebhookConfiguration",
                                        "ValidatingWebhookConfiguration",
                                        "ValidatingAdmissionPolicy",
                                        "ValidatingAdmissionPolicyBinding",
                                        "PriorityClass",
                                        "StorageClass",
                                        "IngressClass",
                                        "GatewayClass",
                                        "RuntimeClass",
                                        "CSIDriver",
                                        "PodSecurityPolicy"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

static bool is_namespaced(struct call *c, struct kube *k, const struct value *crds,
                          const struct value *object, bool *out)
{
    const char *version = value_text(object, "apiVersion"), *kind = value_text(object, "kind");
    struct kube_resource resource;
    bool found = false;

    *out = !is_cluster_kind(kind);
    if (is_defined(crds, version, kind, out) || !k)
        return true;
    if (!kube_discover(c, k, version, kind, &found, &resource))
        return false;
    *out = found ? resource.namespaced : *out;
    return true;
}

bool release_placed(struct call *c, struct kube *k, const char *namespace, const struct value *crds,
                    const struct value *object, const struct value **out)
{
    const char *own = value_z(value_in(object, "metadata", "namespace"));
    bool namespaced;

    if (!is_namespaced(c, k, crds, object, &namespaced))
        return false;
    if (!namespaced)
        *out = value_has(value_at(object, "metadata"), "namespace")
                   ? value_with_in(c->arena, object, NULL, "metadata", "namespace")
                   : object;
    else
        *out = own[0] ? object
                      : value_with_in(c->arena, object, value_string(c->arena, namespace),
                                      "metadata", "namespace");
    return true;
}

/* --- objects --------------------------------------------------------------------- */

static bool is_list(const struct value *object)
{
    return text_ends_with(text_of(value_text(object, "kind")), "List") &&
           value_at(object, "items")->kind == VALUE_LIST;
}

/* One release's objects on their way. */
struct gathering {
    struct call *call;
    struct kube *kube;
    const struct release *release;
    const struct value *crds; /* of crds/ and, by now, of templates */
    struct value_builder objects;
};

static bool gather_one(struct gathering *g, const struct value *object)
{
    struct arena *a = g->call->arena;

    if (object->kind != VALUE_MAP)
        return true;
    if (release_is_crd(object))
        g->crds = value_append(a, g->crds, object);
    if (!release_placed(g->call, g->kube, g->release->namespace, g->crds, object, &object))
        return false;
    value_builder_add(&g->objects, release_marked(a, g->release, object));
    return true;
}

static bool gather(struct gathering *g, const struct value *object)
{
    const struct value *items = value_at(object, "items");

    if (!is_list(object))
        return gather_one(g, object);
    for (size_t i = 0; i < value_count(items); i++)
        if (!gather_one(g, value_item(items, i)))
            return false;
    return true;
}

static bool has_key(const struct value *objects, const char *key, struct arena *a)
{
    for (size_t i = 0; i < value_count(objects); i++)
        if (strcmp(kube_set_key(a, value_item(objects, i)), key) == 0)
            return true;
    return false;
}

/* CRDs that a template brings too are the template's. */
static const struct value *crds_apart(struct arena *a, const struct rendered *r,
                                      const struct value *objects)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < r->crd_count; i++)
        if (!has_key(objects, kube_set_key(a, r->crds[i].object), a))
            value_builder_add(&b, r->crds[i].object);
    return value_builder_list(&b);
}

static bool gather_all(struct call *c, struct kube *k, const struct release *r,
                       const struct value *crds, struct release_text *out)
{
    struct gathering g = {.call = c, .kube = k, .release = r, .crds = crds};
    const struct rendered *rendered = &out->rendered;

    value_builder_init(&g.objects, c->arena);
    for (size_t i = 0; i < rendered->object_count; i++)
        if (!gather(&g, rendered->objects[i].object))
            return false;
    out->objects = value_builder_list(&g.objects);
    out->crds = r->flags & RELEASE_NO_CRDS ? &value_empty_list
                                           : crds_apart(c->arena, rendered, out->objects);
    return true;
}

/* --- texts that are kept ------------------------------------------------------------ */

/* Documents begin with a line "---"; what they are cut out of is well-formed, because
 * Helm or we wrote it. */
static bool next_document(struct text *rest, struct text *document)
{
    struct text line, left;

    if (text_starts_with(*rest, "---"))
        text_split(rest, '\n', &line);
    if (!rest->at || !rest->len)
        return false;
    *document = left = *rest;
    while (text_split(&left, '\n', &line) && !text_starts_with(line, "---"))
        document->len = (size_t)(line.at + line.len - document->at);
    *rest = (struct text){document->at + document->len, rest->len - document->len};
    if (rest->len)
        text_split(rest, '\n', &line); /* the end of the last line */
    return true;
}

static const char *identity_of(struct arena *a, const struct value *object)
{
    return text_f(a, "%s %s", kube_set_key(a, object), value_text(object, "apiVersion"));
}

static struct text without_source(struct text document)
{
    struct text line;

    if (text_starts_with(document, "# Source:"))
        text_split(&document, '\n', &line);
    return document;
}

static bool find_text(struct call *c, struct text manifest, const struct value *wanted,
                      struct rendered_object *out)
{
    const char *identity = identity_of(c->arena, wanted);
    struct text document;

    while (next_document(&manifest, &document)) {
        const struct value *object;

        if (yml_try(c->arena, document, &object) || object->kind != VALUE_MAP ||
            strcmp(identity_of(c->arena, object), identity) != 0)
            continue;
        out->text = without_source(document);
        out->object = object;
        return true;
    }
    return false;
}

static bool same_inputs(struct call *c, const struct release *r, const struct record *last)
{
    const struct value *chart = record_chart(c->arena, r->chart);

    return value_equal(last->values, r->values) &&
           value_equal(value_at(last->chart, "templates"), value_at(chart, "templates")) &&
           value_equal(value_at(last->chart, "metadata"), value_at(chart, "metadata"));
}

/* Random passwords and certificates are made once. */
static void keep_texts(struct call *c, const struct release *r, const struct record *last,
                       struct rendered *rendered)
{
    int same = -1; /* asked for when it matters */

    for (size_t i = 0; i < rendered->object_count; i++) {
        if (!rendered->objects[i].unstable)
            continue;
        if (same < 0)
            same = same_inputs(c, r, last);
        if (same)
            find_text(c, last->manifest, rendered->objects[i].object, &rendered->objects[i]);
    }
}

/* --- the whole ------------------------------------------------------------------------ */

bool release_render(struct call *c, struct kube *k, const struct release *r, int64_t revision,
                    bool is_upgrade, const struct record *last, const char *salt,
                    struct release_text *out)
{
    struct render_options options = {.name = r->name,
                                     .namespace = r->namespace,
                                     .revision = revision,
                                     .is_upgrade = is_upgrade,
                                     .skip_schema = (r->flags & RELEASE_NO_SCHEMA) != 0,
                                     .values_at = r->values_at,
                                     .chart_at = r->at};
    struct value_builder crds, digests;
    const struct value *defined;

    value_builder_init(&crds, c->arena);
    chart_definitions(c, r->chart, &crds);
    defined = value_builder_list(&crds);
    options.hooks = release_lookup(c, k, defined);
    if (!capabilities_of(c, k, defined, &options.capabilities) ||
        !render_chart(c, r->chart, r->values, &options, &out->rendered))
        return false;
    if (last)
        keep_texts(c, r, last, &out->rendered);
    value_builder_init(&digests, c->arena);
    if (!gather_all(c, k, r, defined, out) || !kube_set_check(c, r->at, false, out->objects) ||
        !digests_add(c, salt, out->crds, &digests) || !digests_add(c, salt, out->objects, &digests))
        return false;
    out->digests = value_builder_map(&digests);
    return true;
}

bool release_record_objects(struct call *c, struct kube *k, const struct record *record,
                            const struct value **objects)
{
    const struct release r = {.name = record->name, .namespace = record->namespace};
    const char *what = text_f(c->arena, "The manifest of release %s", record->name);
    struct gathering g = {.call = c, .kube = k, .release = &r, .crds = &value_empty_list};
    const struct value *documents;

    if (!yml_read_all_lenient(c->arena, record->manifest, what, NULL, c->diags, &documents))
        return false;
    value_builder_init(&g.objects, c->arena);
    for (size_t i = 0; i < value_count(documents); i++)
        if (!gather(&g, value_item(documents, i)))
            return false;
    *objects = value_builder_list(&g.objects);
    return true;
}

bool release_record_crds(struct call *c, const struct record *record, const struct value **crds)
{
    struct chart_files files;
    struct value_builder b;

    if (!record_chart_files(c, record->chart, "crds/", &files))
        return false;
    value_builder_init(&b, c->arena);
    definitions_of(c, &files, &b);
    *crds = value_builder_list(&b);
    return true;
}
