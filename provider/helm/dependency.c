/* dependency - which sub-charts take part, under which name, and what they export. */
#include <string.h>

#include "codec/semver.h"
#include "helm/coalesce.h"

struct settling {
    struct call *call;
    const struct path *at;
};

static void warn(const struct settling *s, const struct declared *d, const char *place,
                 const char *reason)
{
    diag_warning(s->call->diags, s->at, "A dependency of the chart is not as declared",
                 "%s: %s (dependency %s).", place, reason, d->name);
}

/* --- versions and aliases ---------------------------------------------------- */

static bool version_fits(struct arena *a, const struct declared *d, const struct chart *chart)
{
    struct text range = text_of(value_text(d->entry, "version"));
    struct semver_constraint *constraint;
    struct semver version;
    const char *reason;

    return range.len > 0 && semver_read(text_of(chart->version), &version) &&
           semver_constraint_read(a, range, &constraint, &reason) &&
           semver_matches(constraint, &version);
}

static bool is_asked_for(struct arena *a, const struct family *f, const struct family *member)
{
    for (size_t i = 0; i < f->declared_count; i++)
        if (strcmp(f->declared[i].name, member->name) == 0 &&
            version_fits(a, &f->declared[i], member->chart))
            return true;
    return false;
}

/* The vendored chart that is meant; a fresh copy, since two aliases may mean one. */
static struct family *wanted_member(struct arena *a, const struct family *f,
                                    const struct declared *d)
{
    const char *alias = value_text(d->entry, "alias");

    for (size_t i = 0; i < f->member_count; i++) {
        struct family *member;

        if (strcmp(f->members[i]->name, d->name) != 0 || !version_fits(a, d, f->members[i]->chart))
            continue;
        member = family_new(a, f->members[i]->chart);
        if (alias[0])
            member->name = alias;
        return member;
    }
    return NULL;
}

/* Members that nobody declares stay in front; one whose version does not fit counts as
 * such (Helm renders it all the same). */
static void apply_aliases(struct arena *a, struct family *f)
{
    struct family **members =
        arena_array(a, f->member_count + f->declared_count, sizeof(struct family *));
    size_t count = 0;

    for (size_t i = 0; i < f->member_count; i++)
        if (!is_asked_for(a, f, f->members[i]))
            members[count++] = f->members[i];
    for (size_t i = 0; i < f->declared_count; i++) {
        struct declared *d = &f->declared[i];
        struct family *member = wanted_member(a, f, d);
        const char *alias = value_text(d->entry, "alias");

        if (member)
            members[count++] = member;
        if (alias[0])
            d->name = alias;
        d->enabled = true;
    }
    f->members = members;
    f->member_count = count;
}

/* --- tags and conditions ----------------------------------------------------- */

/* The map at "a.b.c", or NULL. */
static const struct datum *table_at(const struct datum *map, struct text path)
{
    struct text key;

    while (map && text_split(&path, '.', &key)) {
        map = datum_get(map, key);
        if (map && map->kind != DATUM_MAP)
            map = NULL;
    }
    return map;
}

/* What stands at "a.b.c" and is no map, or NULL. */
static const struct datum *scalar_at(const struct datum *map, const char *path)
{
    const char *dot = strrchr(path, '.');
    const struct datum *found;

    if (dot)
        map = table_at(map, (struct text){path, (size_t)(dot - path)});
    found = map ? datum_get_z(map, dot ? dot + 1 : path) : NULL;
    return found && found->kind != DATUM_MAP ? found : NULL;
}

static void apply_tags(const struct settling *s, struct declared *d, const struct datum *tags)
{
    const struct value *names = value_at(d->entry, "tags");
    bool has_true = false, has_false = false;

    for (size_t i = 0; i < value_count(names); i++) {
        const struct datum *tag = datum_get_z(tags, value_z(value_item(names, i)));

        if (tag && tag->kind != DATUM_BOOL)
            warn(s, d, value_z(value_item(names, i)),
                 "the tag is neither true nor false, so it does not count");
        else if (tag)
            *(tag->boolean ? &has_true : &has_false) = true;
    }
    d->enabled = has_true || !has_false;
}

/* The first path that leads to a bool decides; a null leaves it to the next. */
static void apply_condition(const struct settling *s, struct declared *d,
                            const struct datum *values, const char *prefix)
{
    struct text rest = text_trim(text_of(value_text(d->entry, "condition"))), path;

    while (text_split(&rest, ',', &path)) {
        const char *place = text_f(s->call->arena, "%s%.*s", prefix, (int)path.len, path.at);
        const struct datum *found = path.len > 0 ? scalar_at(values, place) : NULL;

        if (found && found->kind == DATUM_BOOL) {
            d->enabled = found->boolean;
            return;
        }
        if (found && found->kind != DATUM_NIL)
            warn(s, d, place, "the condition is neither true nor false, so it does not count");
    }
}

static bool is_disabled(const struct family *f, const char *name)
{
    for (size_t i = 0; i < f->declared_count; i++)
        if (!f->declared[i].enabled && strcmp(f->declared[i].name, name) == 0)
            return true;
    return false;
}

static void drop_disabled(struct family *f)
{
    size_t members = 0, declared = 0;

    for (size_t i = 0; i < f->member_count; i++)
        if (!is_disabled(f, f->members[i]->name))
            f->members[members++] = f->members[i];
    f->member_count = members;
    for (size_t i = 0; i < f->declared_count; i++)
        if (f->declared[i].enabled)
            f->declared[declared++] = f->declared[i];
    f->declared_count = declared;
}

/* Without declared dependencies the sub-charts are left as they are, with all that is
 * in them. */
static bool enable(const struct settling *s, struct family *f, const struct datum *given,
                   const char *prefix)
{
    struct coalescing k = {.call = s->call, .at = s->at};
    const struct datum *values, *tags;

    if (f->declared_count == 0)
        return true;
    apply_aliases(s->call->arena, f);
    if (!coalesce_values(&k, f, given, &values))
        return false;
    tags = table_at(values, TEXT("tags"));
    for (size_t i = 0; i < f->declared_count; i++) {
        if (tags)
            apply_tags(s, &f->declared[i], tags);
        apply_condition(s, &f->declared[i], values, prefix);
    }
    drop_disabled(f);
    for (size_t i = 0; i < f->member_count; i++)
        if (!enable(s, f->members[i], values,
                    text_f(s->call->arena, "%s%s.", prefix, f->members[i]->name)))
            return false;
    return true;
}

/* --- import-values ----------------------------------------------------------- */

/* {a: {b: inner}} for "a.b"; "." is inner itself. */
static const struct datum *nested(struct arena *a, const char *path, const struct datum *inner)
{
    const char *end = path + strlen(path);

    if (strcmp(path, ".") == 0)
        return inner;
    while (true) {
        const struct datum *outer = datum_map_new(a);
        const char *start = end;

        while (start > path && start[-1] != '.')
            start--;
        datum_set(outer, (struct text){start, (size_t)(end - start)}, inner);
        if (start == path)
            return outer;
        inner = outer;
        end = start - 1;
    }
}

static const char *said(const struct value *pair, const char *key)
{
    return value_has(pair, key) ? value_text(pair, key) : "<nil>";
}

static void import(const struct settling *s, const struct declared *d, const struct value *what,
                   const struct datum *values, const struct datum *imported)
{
    struct arena *a = s->call->arena;
    struct coalescing k = {.call = s->call, .at = s->at};
    const char *child = what->kind == VALUE_MAP
                            ? text_f(a, "%s.%s", d->name, said(what, "child"))
                            : text_f(a, "%s.exports.%s", d->name, value_z(what));
    const struct datum *table = table_at(values, text_of(child));

    if (!table)
        warn(s, d, child, "there is no such map to import");
    else
        coalesce_tables(&k, imported,
                        nested(a, what->kind == VALUE_MAP ? said(what, "parent") : ".", table), "",
                        true);
}

/* As Helm records it: names under "exports" become pairs. */
static const struct value *import_pairs(struct arena *a, const struct value *imports)
{
    struct value_builder pairs;

    value_builder_init(&pairs, a);
    for (size_t i = 0; i < value_count(imports); i++) {
        const struct value *one = value_item(imports, i);

        if (one->kind == VALUE_MAP)
            value_builder_add(&pairs,
                              value_map_of(a, {"child", value_string(a, said(one, "child"))},
                                           {"parent", value_string(a, said(one, "parent"))}));
        else if (one->kind == VALUE_STRING)
            value_builder_add(&pairs,
                              value_map_of(a, {"child", value_f(a, "exports.%s", value_z(one))},
                                           {"parent", value_string(a, ".")}));
    }
    return value_builder_list(&pairs);
}

/* Imported values rank below the chart's own; they become values of the chart. */
static bool import_values(const struct settling *s, struct family *f)
{
    struct arena *a = s->call->arena;
    struct coalescing k = {.call = s->call, .at = s->at, .merge = true};
    const struct datum *values, *imported = datum_map_new(a);

    for (size_t i = 0; i < f->member_count; i++)
        if (!import_values(s, f->members[i]))
            return false;
    if (f->declared_count == 0)
        return true;
    if (!coalesce_values(&k, f, NULL, &values))
        return false;
    for (size_t i = 0; i < f->declared_count; i++) {
        struct declared *d = &f->declared[i];
        const struct value *imports = value_at(d->entry, "import-values");

        for (size_t j = 0; j < value_count(imports); j++)
            if (value_item(imports, j)->kind == VALUE_MAP ||
                value_item(imports, j)->kind == VALUE_STRING)
                import(s, d, value_item(imports, j), values, imported);
        if (value_count(imports) > 0)
            d->entry = value_with(a, d->entry, "import-values", import_pairs(a, imports));
    }
    values = datum_copy(a, values);
    coalesce_tables(&k, values, imported, "", true);
    f->values = values;
    return true;
}

bool family_settle(struct call *c, const struct path *at, struct family *f,
                   const struct datum *user)
{
    struct settling s = {c, at};

    return enable(&s, f, user, "") && import_values(&s, f);
}
