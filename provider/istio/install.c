#include "istio/install.h"

#include <string.h>

#include "istio/install_values.h"
#include "istio/version.h"
#include "istio/webhook.h"
#include "source/source.h"

#define IMPORT_HINT                                                                                \
    "terraform import <address> "                                                                  \
    "cluster=<name>,kubeconfig=<path>,context=<context>,namespace=<namespace>"

const struct attribute install_release_rows[] = {
    STRING("chart_version", COMPUTED, "Version of its chart."),
    NUMBER("revision", COMPUTED, "Number of the release's newest record, as in `helm history`."),
    STRING("status", COMPUTED, "Status of that record, such as `deployed`."),
    END_ATTRIBUTES,
};

/* --- what is remembered ------------------------------------------------------------- */

static const struct value *map_or_empty(const struct value *v)
{
    return v->kind == VALUE_MAP ? v : &value_empty_map;
}

void install_begin(struct install *w, struct call *c, struct kube *k, const struct value *object,
                   const struct value *state)
{
    *w = (struct install){
        .call = c,
        .kube = k,
        .object = object,
        .namespace = value_text(object, "namespace"),
        .revision = value_text(object, "revision"),
        .objects = map_or_empty(state ? value_at(state, "objects") : &value_null),
        .releases = map_or_empty(state ? value_at(state, "releases") : &value_null),
        .memories = map_or_empty(value_at(c->private_data, INSTALL_PRIVATE)),
        .drift = &value_empty_list,
    };
}

const struct value *install_private(const struct install *w)
{
    return value_with(w->call->arena, w->call->private_data, INSTALL_PRIVATE, w->memories);
}

static const struct value *keys_of(struct arena *a, const struct value *entries)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(entries); i++)
        value_builder_add(&b, value_string(a, entries->map.entries[i].key));
    return value_builder_list(&b);
}

/* Those of the entries that stand under the keys. */
static const struct value *entries_of(struct arena *a, const struct value *entries,
                                      const struct value *keys)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(keys); i++) {
        const char *key = value_z(value_item(keys, i));

        if (value_has(entries, key))
            value_builder_set(&b, key, value_at(entries, key));
    }
    return value_builder_map(&b);
}

static struct release_memory recall(const struct install *w, enum component which)
{
    const char *name = component_name(which);
    const struct value *known = value_at(w->memories, name), *told = value_at(w->releases, name);

    return (struct release_memory){
        .objects = entries_of(w->call->arena, w->objects, value_at(known, "keys")),
        .private = value_at(known, "private"),
        .revision = value_integer_at(told, "revision"),
        .status = value_text(told, "status"),
    };
}

static bool is_remembered(const struct install *w, enum component which)
{
    return value_has(w->memories, component_name(which)) ||
           value_has(w->releases, component_name(which));
}

static void forget(struct install *w, enum component which)
{
    struct arena *a = w->call->arena;
    const char *name = component_name(which);
    const struct value *gone = value_in(w->memories, name, "keys");

    for (size_t i = 0; i < value_count(gone); i++)
        w->objects = value_with(a, w->objects, value_z(value_item(gone, i)), NULL);
    w->releases = value_with(a, w->releases, name, NULL);
    w->memories = value_with(a, w->memories, name, NULL);
}

static const struct value *release_entry(struct arena *a, const char *chart_version,
                                         const struct value *revision, const char *status)
{
    return value_map_of(a, {"chart_version", value_string(a, chart_version)},
                        {"revision", revision}, {"status", value_string(a, status)});
}

/* In the place of what was known of it. */
static void remember(struct install *w, enum component which, const struct release_memory *now,
                     const char *chart_version)
{
    struct arena *a = w->call->arena;
    const char *name = component_name(which);

    forget(w, which);
    w->objects = value_merge(a, w->objects, map_or_empty(now->objects));
    w->memories =
        value_with(a, w->memories, name,
                   value_map_of(a, {"private", now->private}, {"keys", keys_of(a, now->objects)}));
    w->releases = value_with(a, w->releases, name,
                             release_entry(a, chart_version, value_integer(a, now->revision),
                                           now->status ? now->status : ""));
}

static const char *chart_version_of(const struct install *w, enum component which)
{
    return value_text(value_at(w->releases, component_name(which)), "chart_version");
}

/* --- charts ------------------------------------------------------------------------------ */

bool install_is_known(const struct call *c, const struct value *object)
{
    static const char *const names[] = {"version", "revision", "namespace", "network", NULL};

    for (const char *const *name = names; *name; name++)
        if (value_is_unknown(value_at(object, *name)))
            return false;
    for (int which = 0; which < COMPONENT_COUNT; which++)
        if (!component_is_decided(object, (enum component)which))
            return false;
    return value_is_set(value_in(object, "cluster", "name")) &&
           chart_source_is_known(c, value_at(object, "chart"));
}

/* A folder holds a folder, or an archive, for each chart. */
static const struct value *source_of(struct install *w, enum component which)
{
    const struct value *source = value_at(w->object, "chart");
    const char *path = value_text(source, "path");

    return path[0] ? value_with(w->call->arena, source, "path",
                                value_f(w->call->arena, "%s/%s", path, component_name(which)))
                   : source;
}

/* Charts of Istio's source tree are all called 1.0.0; who asks for another chart by its
 * version means one of the same line. */
static bool is_of_version(const struct chart *chart, const struct value *source,
                          const char *version)
{
    return strcmp(chart->version, "1.0.0") == 0 || strcmp(chart->version, version) == 0 ||
           (value_text(source, "version")[0] &&
            version_minor(chart->version) == version_minor(version));
}

static bool check_version(struct install *w, const struct value *source, const struct chart *chart)
{
    const char *version = value_text(w->object, "version");

    return is_of_version(chart, source, version) ||
           diag_error(w->call->diags, path_of(w->call->arena, "chart"),
                      "The chart is of another version of Istio",
                      "version is %s, and the chart %s that was found is %s. Values are written in "
                      "another way for each line.",
                      version, chart->name, chart->version);
}

bool install_chart(struct install *w, enum component which, struct chart **out)
{
    const struct value *source = source_of(w, which);
    const struct chart_request request = {
        .source = source,
        .at = path_of(w->call->arena, "chart"),
        .name = component_name(which),
        .version = value_text(source, "path")[0] ? "" : value_text(w->object, "version"),
        .repository = COMPONENT_REPOSITORY,
    };

    return chart_fetch(w->call, &request, out) && check_version(w, source, *out);
}

static unsigned release_flags(const struct value *object)
{
    return (value_flag(object, "force_conflicts") ? RELEASE_FORCE_CONFLICTS : 0) |
           (value_flag(object, "take_ownership") ? RELEASE_TAKE_OWNERSHIP : 0) |
           (value_flag(object, "wait") ? RELEASE_WAIT : 0) |
           (value_flag(object, "keep_crds") ? RELEASE_KEEP_CRDS : 0);
}

static struct release named(const struct install *w, enum component which)
{
    return (struct release){
        .name = component_release(w->call->arena, which, w->revision),
        .namespace = w->namespace,
        .flags = release_flags(w->object),
        .import_hint = IMPORT_HINT,
    };
}

/* *out->values is unknown while they are not known. */
static bool want(struct install *w, enum component which, struct release *out)
{
    struct arena *a = w->call->arena;
    struct chart *chart;

    *out = named(w, which);
    out->at = path_of(a, "chart");
    out->values_at = which == COMPONENT_ISTIOD
                         ? path_of(a, "values")
                         : path_of(a, "components", component_name(which), "values");
    if (!install_values(w->call, w->object, which, &out->values))
        return false;
    if (value_is_unknown(out->values))
        return true;
    if (!install_chart(w, which, &chart))
        return false;
    out->chart = chart;
    return true;
}

/* --- plan ---------------------------------------------------------------------------------- */

/* Which of the planned entries are whose: the apply keeps to them. Null = it decides
 * itself. */
static void note_plan(struct install *w, enum component which, const struct value *entries)
{
    const struct value *keys =
        value_is_unknown(entries) ? &value_null : keys_of(w->call->arena, entries);

    w->memories =
        value_with_in(w->call->arena, w->memories, keys, component_name(which), "planned");
}

static const struct value *planned_release(struct install *w, const struct release *r,
                                           const struct release_outlook *outlook)
{
    struct arena *a = w->call->arena;

    return release_entry(a, r->chart->version,
                         outlook->revision ? value_integer(a, outlook->revision) : &value_unknown,
                         "deployed");
}

static bool plan_one(struct install *w, enum component which, const struct value **entries,
                     bool *changes)
{
    const struct release_memory before = recall(w, which);
    struct release_outlook outlook = {.objects = &value_unknown, .changes = true};
    const struct value *told = &value_unknown;
    struct release r;

    if (!want(w, which, &r))
        return false;
    if (!value_is_unknown(r.values)) {
        if (!release_plan(w->call, w->kube, &r, &before, &outlook))
            return false;
        told = planned_release(w, &r, &outlook);
    }
    note_plan(w, which, outlook.objects);
    *entries = outlook.objects;
    *changes = *changes || outlook.changes;
    if (outlook.changes)
        w->releases = value_with(w->call->arena, w->releases, component_name(which), told);
    return true;
}

/* Its memory stays, so that the apply can remove it. */
static void plan_removal(struct install *w, enum component which, bool *changes)
{
    *changes = *changes || is_remembered(w, which);
    w->releases = value_with(w->call->arena, w->releases, component_name(which), NULL);
}

bool install_plan(struct install *w, bool *changes)
{
    const struct value *planned = &value_empty_map, *entries;

    *changes = false;
    for (int i = 0; i < COMPONENT_COUNT; i++) {
        enum component which = (enum component)i;

        if (!component_is_wanted(w->object, which)) {
            plan_removal(w, which, changes);
            continue;
        }
        if (!plan_one(w, which, &entries, changes))
            return false;
        planned = value_is_unknown(planned) || value_is_unknown(entries)
                      ? &value_unknown
                      : value_merge(w->call->arena, planned, entries);
    }
    w->objects = planned;
    return true;
}

/* --- apply ----------------------------------------------------------------------------------- */

static bool apply_one(struct install *w, const struct value *planned, enum component which)
{
    const struct release_memory before = recall(w, which);
    const char *name = component_name(which), *was = chart_version_of(w, which);
    const struct value *keys = value_in(w->memories, name, "planned");
    struct release_memory after;
    struct release r;
    bool done;

    if (!want(w, which, &r))
        return false;
    if (value_is_unknown(r.values))
        return diag_error(w->call->diags, r.values_at, "Values are not known",
                          "They depend on something that is unknown even now.");
    if (!value_is_null(keys) && planned->kind == VALUE_MAP) {
        r.planned = entries_of(w->call->arena, planned, keys);
        r.planned_revision = value_integer_at(value_in(w->object, "releases", name), "revision");
    }
    if (r.planned && r.planned_revision && r.planned_revision == before.revision)
        return true; /* the plan has shown that there is nothing to do */
    done = release_apply(w->call, w->kube, &r, &before, &after);
    if (done || after.revision || value_count(after.objects))
        remember(w, which, &after, done ? r.chart->version : was);
    return done;
}

static bool remove_one(struct install *w, enum component which)
{
    const struct release_memory before = recall(w, which);
    const struct release r = named(w, which);
    const char *version = chart_version_of(w, which);
    struct release_memory left;

    if (release_remove(w->call, w->kube, &r, &before, &left)) {
        forget(w, which);
        return true;
    }
    remember(w, which, &left, version);
    return false;
}

bool install_apply(struct install *w)
{
    const struct value *planned = value_at(w->object, "objects");

    for (int i = 0; i < COMPONENT_COUNT; i++)
        if (component_is_wanted(w->object, (enum component)i) &&
            !apply_one(w, planned, (enum component)i))
            return false;
    for (int i = 0; i < COMPONENT_COUNT; i++) {
        enum component which = component_removal[i];

        if (!component_is_wanted(w->object, which) && is_remembered(w, which) &&
            !remove_one(w, which))
            return false;
    }
    return true;
}

bool install_remove(struct install *w)
{
    if (!webhook_delete(w->call, w->kube, w->objects))
        return false;
    for (int i = 0; i < COMPONENT_COUNT; i++)
        if (is_remembered(w, component_removal[i]) && !remove_one(w, component_removal[i]))
            return false;
    return true;
}

/* --- reading --------------------------------------------------------------------------- */

static bool refresh_one(struct install *w, enum component which, const struct release_sight *seen)
{
    const struct release_memory before = recall(w, which);
    const char *name = component_release(w->call->arena, which, w->revision);
    const char *version = chart_version_of(w, which);
    struct release_memory after;
    const struct value *drift;

    if (!release_refresh_seen(w->call, w->kube, name, w->namespace, &before, seen, &after, &drift))
        return false;
    for (size_t i = 0; i < value_count(drift); i++)
        w->drift = value_append(w->call->arena, w->drift, value_item(drift, i));
    if (after.revision || value_count(after.objects))
        remember(w, which, &after, version);
    else
        forget(w, which);
    return true;
}

bool install_refresh(struct install *w)
{
    const char *names[COMPONENT_COUNT];
    struct release_sight seen;
    size_t count = 0;

    for (int i = 0; i < COMPONENT_COUNT; i++)
        if (is_remembered(w, (enum component)i))
            names[count++] = component_release(w->call->arena, (enum component)i, w->revision);
    if (!release_look_around(w->call, w->kube, names, count, w->namespace, w->objects, &seen))
        return false;
    for (int i = 0; i < COMPONENT_COUNT; i++)
        if (is_remembered(w, (enum component)i) && !refresh_one(w, (enum component)i, &seen))
            return false;
    return true;
}

bool install_look(struct install *w, struct release_found found[static COMPONENT_COUNT])
{
    for (int i = 0; i < COMPONENT_COUNT; i++) {
        enum component which = (enum component)i;
        const char *name = component_release(w->call->arena, which, w->revision);

        if (!release_look(w->call, w->kube, name, w->namespace, &found[i]))
            return false;
        if (found[i].found)
            remember(w, which, &found[i].memory, found[i].chart_version);
    }
    return true;
}
