#include "acceptance/sandbox/discovery.h"

#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/openapi.h"
#include "acceptance/sandbox/rbac.h"
#include "acceptance/sandbox/status.h"

#define AGGREGATED "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

/* --- what is served ------------------------------------------------------------------------- */
/* All kinds, built-in ones first; NULL ends. */
static const struct kind **all_kinds(struct request *r)
{
    const struct kind *const *builtin = kinds_builtin();
    size_t count = 0;
    const struct kind **kinds;

    while (builtin[count])
        count++;
    kinds = arena_array(r->a, count + r->s->custom_count + 1, sizeof(struct kind *));
    memcpy(kinds, builtin, count * sizeof(struct kind *));
    for (size_t i = 0; i < r->s->custom_count; i++)
        kinds[count + i] = r->s->custom[i];
    return kinds;
}

static const struct value *verbs_of(struct arena *a, const struct kind *k)
{
    static const char *const names[] = {"create", "delete", "deletecollection", "get",
                                        "list",   "patch",  "update",           "watch"};
    const struct value *verbs = &value_empty_list;

    for (size_t i = 0; i < (k->flags & KIND_REVIEW ? 1 : 8); i++)
        if (i != 2 || !kind_is(k, "", "namespaces"))
            verbs = value_append(a, verbs, value_string(a, names[i]));
    return verbs;
}

static const struct value *words(struct arena *a, const char *list)
{
    const struct value *out = &value_empty_list;
    struct text rest = text_of(list), piece;

    while (*list && text_split(&rest, ',', &piece))
        out = value_append(a, out, value_string_of(a, piece));
    return out;
}

static const struct value *with_words(struct arena *a, const struct value *v, const char *key,
                                      const char *list)
{
    return *list ? value_with(a, v, key, words(a, list)) : v;
}

static const char *subresource_of(const struct kind *k)
{
    if (kind_is(k, "", "serviceaccounts"))
        return "token";
    return k->flags & KIND_STATUS ? "status" : NULL;
}

static const struct value *subresource_verbs(struct arena *a, const char *name)
{
    return words(a, strcmp(name, "token") == 0 ? "create" : "get,patch,update");
}

/* --- aggregated ---------------------------------------------------------------------------------
 */
/* Built-in kinds leave out group and version: "the same as the list's". */
static const struct value *kind_reference(struct arena *a, const struct kind *k, const char *sub)
{
    bool custom = k->flags & KIND_CUSTOM, token = strcmp(sub, "token") == 0;
    const char *group = token ? "authentication.k8s.io" : custom ? k->group : "";

    return value_map_of(a, {"group", value_string(a, group)},
                        {"version", value_string(a, token    ? "v1"
                                                    : custom ? k->version
                                                             : "")},
                        {"kind", value_string(a, token ? "TokenRequest" : k->kind)});
}

static const struct value *aggregated_resource(struct arena *a, const struct kind *k)
{
    const char *sub = subresource_of(k);
    const struct value *v = value_map_of(
        a, {"resource", value_string(a, k->plural)}, {"responseKind", kind_reference(a, k, "")},
        {"scope", value_string(a, k->flags & KIND_NAMESPACED ? "Namespaced" : "Cluster")},
        {"singularResource", value_string(a, k->singular)}, {"verbs", verbs_of(a, k)});

    v = with_words(a, v, "shortNames", k->short_names);
    v = with_words(a, v, "categories", k->categories);
    if (!sub)
        return v;
    return value_with(a, v, "subresources",
                      value_list_of(a, value_map_of(a, {"subresource", value_string(a, sub)},
                                                    {"responseKind", kind_reference(a, k, sub)},
                                                    {"verbs", subresource_verbs(a, sub)})));
}

static const struct value *legacy_resource(struct arena *a, const struct kind *k, const char *sub)
{
    const struct value *v = value_map_of(
        a, {"name", sub ? value_f(a, "%s/%s", k->plural, sub) : value_string(a, k->plural)},
        {"singularName", value_string(a, sub ? "" : k->singular)},
        {"namespaced", value_bool(k->flags & KIND_NAMESPACED)}, {"kind", value_string(a, k->kind)},
        {"verbs", sub ? subresource_verbs(a, sub) : verbs_of(a, k)});

    if (sub && strcmp(sub, "token") == 0)
        return value_merge(a, v, kind_reference(a, k, sub));
    if (sub)
        return v;
    v = with_words(a, v, "shortNames", k->short_names);
    return with_words(a, v, "categories", k->categories);
}

/* Resources of one group and version. */
static const struct value *resources(struct request *r, const char *group, const char *version,
                                     bool aggregated)
{
    const struct kind **kinds = all_kinds(r);
    const struct value *out = &value_empty_list;

    for (size_t i = 0; kinds[i]; i++) {
        if (strcmp(kinds[i]->group, group) != 0 || strcmp(kinds[i]->version, version) != 0)
            continue;
        out = value_append(r->a, out,
                           aggregated ? aggregated_resource(r->a, kinds[i])
                                      : legacy_resource(r->a, kinds[i], NULL));
        if (!aggregated && subresource_of(kinds[i]))
            out =
                value_append(r->a, out, legacy_resource(r->a, kinds[i], subresource_of(kinds[i])));
    }
    return out;
}

/* "v2" before "v1" before "v1beta1": higher ranks first. */
static int rank(const char *version)
{
    char *rest;
    long major = strtol(version + 1, &rest, 10), minor = 0;
    int level = 2;

    if (*rest) {
        level = strncmp(rest, "beta", 4) == 0 ? 1 : 0;
        minor = strtol(rest + (level ? 4 : 5), NULL, 10);
    }
    return level * 1000000 + (int)major * 1000 + (int)minor;
}

/* The versions of a group as strings, best first. */
static const struct value *versions_of(struct request *r, const char *group)
{
    const struct kind **kinds = all_kinds(r);
    const struct value *out = &value_empty_list;

    for (size_t i = 0; kinds[i]; i++) {
        const struct value *next = &value_empty_list;
        bool placed = false;

        if (strcmp(kinds[i]->group, group) != 0)
            continue;
        for (size_t k = 0; k < value_count(out); k++) {
            const char *have = value_z(value_item(out, k));

            if (!placed && rank(kinds[i]->version) > rank(have))
                next = value_append(r->a, next, value_string(r->a, kinds[i]->version));
            placed |= rank(kinds[i]->version) >= rank(have);
            next = value_append(r->a, next, value_item(out, k));
        }
        out = placed ? next : value_append(r->a, out, value_string(r->a, kinds[i]->version));
    }
    return out;
}

/* Names of all groups but the core one, each once. */
static const struct value *groups(struct request *r)
{
    const struct kind **kinds = all_kinds(r);
    struct value_builder b;

    value_builder_init(&b, r->a);
    for (size_t i = 0; kinds[i]; i++)
        if (*kinds[i]->group)
            value_builder_set(&b, kinds[i]->group, &value_true);
    return value_builder_map(&b);
}

static const struct value *aggregated_group(struct request *r, const char *group)
{
    const struct value *versions = versions_of(r, group), *out = &value_empty_list;
    const struct value *metadata =
        *group ? value_map_of(r->a, {"name", value_string(r->a, group)}) : &value_empty_map;

    for (size_t i = 0; i < value_count(versions); i++) {
        const struct value *version = value_item(versions, i);

        out = value_append(r->a, out,
                           value_map_of(r->a, {"version", version},
                                        {"resources", resources(r, group, value_z(version), true)},
                                        {"freshness", value_string(r->a, "Current")}));
    }
    return value_map_of(r->a, {"metadata", metadata}, {"versions", out});
}

static void reply_aggregated(struct request *r, bool core)
{
    const struct value *names = groups(r), *items = &value_empty_list;

    if (core)
        items = value_list_of(r->a, aggregated_group(r, ""));
    for (size_t i = 0; !core && i < value_count(names); i++)
        items = value_append(r->a, items, aggregated_group(r, names->map.entries[i].key));
    reply_value(r, 200,
                value_map_of(r->a, {"kind", value_string(r->a, "APIGroupDiscoveryList")},
                             {"apiVersion", value_string(r->a, "apidiscovery.k8s.io/v2")},
                             {"metadata", &value_empty_map}, {"items", items}));
    r->reply_type = AGGREGATED;
}

/* --- legacy
 * --------------------------------------------------------------------------------------- */
static const struct value *legacy_group(struct request *r, const char *group)
{
    const struct value *versions = versions_of(r, group), *out = &value_empty_list;

    for (size_t i = 0; i < value_count(versions); i++)
        out = value_append(r->a, out,
                           value_map_of(r->a,
                                        {"groupVersion", value_f(r->a, "%s/%s", group,
                                                                 value_z(value_item(versions, i)))},
                                        {"version", value_item(versions, i)}));
    return value_map_of(r->a, {"name", value_string(r->a, group)}, {"versions", out},
                        {"preferredVersion", value_item(out, 0)});
}

static void reply_core_versions(struct request *r)
{
    reply_value(r, 200,
                value_map_of(r->a, {"kind", value_string(r->a, "APIVersions")},
                             {"versions", value_list_of(r->a, value_string(r->a, "v1"))},
                             {"serverAddressByClientCIDRs", &value_empty_list}));
}

static void reply_groups(struct request *r)
{
    const struct value *names = groups(r), *items = &value_empty_list;

    for (size_t i = 0; i < value_count(names); i++)
        items = value_append(r->a, items, legacy_group(r, names->map.entries[i].key));
    reply_value(r, 200,
                value_map_of(r->a, {"kind", value_string(r->a, "APIGroupList")},
                             {"apiVersion", value_string(r->a, "v1")}, {"groups", items}));
}

static void not_found(struct request *r)
{
    reply_text(r, 404, "text/plain; charset=utf-8", TEXT("404 page not found\n"));
}

static void reply_group(struct request *r, const char *group)
{
    if (!value_has(groups(r), group)) {
        not_found(r);
        return;
    }
    reply_value(r, 200,
                value_merge(r->a,
                            value_map_of(r->a, {"kind", value_string(r->a, "APIGroup")},
                                         {"apiVersion", value_string(r->a, "v1")}),
                            legacy_group(r, group)));
}

static void reply_resources(struct request *r, const char *group, const char *version)
{
    const struct value *list = resources(r, group, version, false);

    if (value_count(list) == 0) {
        not_found(r);
        return;
    }
    reply_value(r, 200,
                value_map_of(r->a, {"kind", value_string(r->a, "APIResourceList")},
                             {"apiVersion", value_string(r->a, "v1")},
                             {"groupVersion", *group ? value_f(r->a, "%s/%s", group, version)
                                                     : value_string(r->a, version)},
                             {"resources", list}));
}

/* --- the rest
 * --------------------------------------------------------------------------------------- */
static void reply_version(struct request *r)
{
    struct arena *a = r->a;

    reply_value(
        r, 200,
        value_map_of(a, {"major", value_string(a, "1")}, {"minor", value_f(a, "%d", r->s->minor)},
                     {"gitVersion", value_string(a, r->s->git_version)},
                     {"gitCommit", value_string(a, "sandbox")},
                     {"gitTreeState", value_string(a, "stand-in, not Kubernetes")},
                     {"buildDate", value_string(a, "1970-01-01T00:00:00Z")},
                     {"goVersion", value_string(a, "none")}, {"compiler", value_string(a, "none")},
                     {"platform", value_string(a, "sandbox")}));
}

static void reply_openapi_index(struct request *r)
{
    const struct value *names = groups(r), *paths = &value_empty_map;

    paths = value_with(
        r->a, paths, "api/v1",
        value_map_of(r->a, {"serverRelativeURL", value_string(r->a, "/openapi/v3/api/v1?hash=0")}));
    for (size_t i = 0; i < value_count(names); i++) {
        const char *group = names->map.entries[i].key;
        const struct value *versions = versions_of(r, group);

        for (size_t k = 0; k < value_count(versions); k++) {
            const char *path = text_f(r->a, "apis/%s/%s", group, value_z(value_item(versions, k)));

            paths = value_with(
                r->a, paths, path,
                value_map_of(r->a, {"serverRelativeURL", value_f(r->a, "/openapi/v3/%s?hash=%lld",
                                                                 path, (long long)r->s->version)}));
        }
    }
    reply_value(r, 200, value_map_of(r->a, {"paths", paths}));
}

/* "/openapi/v3/api/v1", "/openapi/v3/apis/apps/v1" */
static void reply_openapi(struct request *r)
{
    const struct kind **kinds = all_kinds(r), **of = all_kinds(r);
    const char *wanted = r->path + strlen("/openapi/v3/");
    size_t count = 0;

    for (size_t i = 0; kinds[i]; i++) {
        const char *path = text_f(r->a, "%s/%s", *kinds[i]->group ? "apis" : "api",
                                  kind_api_version(r->a, kinds[i]));

        if (strcmp(path, wanted) == 0)
            of[count++] = kinds[i];
    }
    of[count] = NULL;
    if (count)
        reply_value(r, 200, openapi_document(r, of));
    else
        not_found(r);
}

/* "/apis/group/version" in steps. */
static bool handle_tree(struct request *r)
{
    struct text rest = text_of(r->path), step;
    const char *steps[4] = {"", "", "", ""};
    size_t count = 0;
    bool core;

    text_split(&rest, '/', &step);
    while (text_split(&rest, '/', &step)) {
        if (step.len == 0)
            continue;
        if (count == 4)
            return false;
        steps[count++] = text_z(r->a, step);
    }
    core = strcmp(steps[0], "api") == 0;
    if (count == 1 && strstr(r->accept, "as=APIGroupDiscoveryList") && r->s->minor >= 30)
        reply_aggregated(r, core);
    else if (count == 1)
        core ? reply_core_versions(r) : reply_groups(r);
    else if (count == 2 && !core)
        reply_group(r, steps[1]);
    else if (count == (core ? 2 : 3))
        reply_resources(r, core ? "" : steps[1], steps[core ? 1 : 2]);
    else
        return false;
    return true;
}

static bool is_tree(const char *path)
{
    size_t slashes = 0;

    for (const char *c = path; *c; c++)
        slashes += *c == '/' && c[1];
    return (strncmp(path, "/apis", 5) == 0 && (!path[5] || path[5] == '/') && slashes <= 3) ||
           (strncmp(path, "/api", 4) == 0 && (!path[4] || path[4] == '/') && slashes <= 2);
}

bool discovery_handle(struct request *r)
{
    static const char *const health[] = {"/readyz", "/livez", "/healthz"};
    bool plain = is_tree(r->path) || strncmp(r->path, "/openapi/", 9) == 0 ||
                 strncmp(r->path, "/version", 8) == 0;

    if (!plain && (strncmp(r->path, "/api/", 5) == 0 || strncmp(r->path, "/apis/", 6) == 0))
        return false;
    if (!rbac_check_path(r))
        return true;
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(r->path, health[i]) == 0) {
            reply_text(r, 200, "text/plain; charset=utf-8", TEXT("ok"));
            return true;
        }
    }
    if (strcmp(r->path, "/version") == 0)
        reply_version(r);
    else if (strcmp(r->path, "/openapi/v3") == 0)
        reply_openapi_index(r);
    else if (strncmp(r->path, "/openapi/v3/", 12) == 0)
        reply_openapi(r);
    else if (!is_tree(r->path) || !handle_tree(r))
        not_found(r);
    return true;
}
