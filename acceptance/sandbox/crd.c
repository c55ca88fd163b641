#include "acceptance/sandbox/crd.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"

/* --- the definition ------------------------------------------------------------------------ */
const struct value *crd_default(struct arena *a, const struct value *v)
{
    const struct value *names = value_in(v, "spec", "names");
    const char *kind = value_text(names, "kind");
    char *singular = arena_strdup(a, kind);

    for (char *c = singular; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    if (!value_has(names, "singular"))
        v = value_with_in(a, v, value_string(a, singular), "spec", "names", "singular");
    if (!value_has(names, "listKind"))
        v = value_with_in(a, v, value_f(a, "%sList", kind), "spec", "names", "listKind");
    return v;
}

void crd_validate(const struct value *definition, struct problems *p)
{
    const struct value *spec = value_at(definition, "spec");
    const struct value *versions = value_at(spec, "versions");
    const char *name = value_z(value_in(definition, "metadata", "name"));
    const char *scope = value_text(spec, "scope");
    size_t stored = 0;

    if (strcmp(name, text_f(p->arena, "%s.%s", value_z(value_in(spec, "names", "plural")),
                            value_text(spec, "group"))) != 0)
        problem(p, "FieldValueInvalid", "metadata.name",
                "Invalid value: \"%s\": must be spec.names.plural+\".\"+spec.group", name);
    if (strcmp(scope, "Namespaced") != 0 && strcmp(scope, "Cluster") != 0)
        problem(p, "FieldValueNotSupported", "spec.scope",
                "Unsupported value: \"%s\": supported values: \"Cluster\", \"Namespaced\"", scope);
    for (size_t i = 0; i < value_count(versions); i++) {
        const struct value *version = value_item(versions, i);

        stored += value_flag(version, "storage");
        if (!value_is_set(value_in(version, "schema", "openAPIV3Schema")))
            problem(p, "FieldValueRequired",
                    text_f(p->arena, "spec.versions[%zu].schema.openAPIV3Schema", i),
                    "Required value");
    }
    if (stored != 1)
        problem(p, "FieldValueInvalid", "spec.versions",
                "Invalid value: %s: must have exactly one version marked as storage version",
                json_write(p->arena, versions).at);
}

static const struct value *condition(struct arena *a, const char *type, const char *reason,
                                     const char *message)
{
    return value_map_of(a, {"type", value_string(a, type)}, {"status", value_string(a, "True")},
                        {"lastTransitionTime", value_string(a, clock_rfc3339(a, clock_now()))},
                        {"reason", value_string(a, reason)}, {"message", value_string(a, message)});
}

static const struct value *stored_versions(struct arena *a, const struct value *definition)
{
    const struct value *versions = value_in(definition, "spec", "versions");
    const struct value *stored = &value_empty_list;

    for (size_t i = 0; i < value_count(versions); i++)
        if (value_flag(value_item(versions, i), "storage"))
            stored = value_append(a, stored, value_at(value_item(versions, i), "name"));
    return stored;
}

const struct value *crd_born(struct arena *a, const struct value *definition)
{
    const struct value *names =
        value_map_of(a, {"plural", &value_empty_string}, {"kind", &value_empty_string});

    return value_with(a, definition, "status",
                      value_map_of(a, {"conditions", &value_null}, {"acceptedNames", names},
                                   {"storedVersions", stored_versions(a, definition)}));
}

const struct value *crd_established(struct arena *a, const struct value *definition)
{
    const struct value *conditions =
        value_list_of(a, condition(a, "NamesAccepted", "NoConflicts", "no conflicts found"),
                      condition(a, "Established", "InitialNamesAccepted",
                                "the initial names have been accepted"));

    return value_with(a, definition, "status",
                      value_map_of(a, {"conditions", conditions},
                                   {"acceptedNames", value_in(definition, "spec", "names")},
                                   {"storedVersions", stored_versions(a, definition)}));
}

const struct value *crd_leaving(struct arena *a, const struct value *definition)
{
    const struct value *conditions = value_append(
        a, value_in(definition, "status", "conditions"),
        condition(a, "Terminating", "InstanceDeletionPending",
                  "CustomResourceDefinition marked for deletion; CustomResource deletion will "
                  "begin soon"));

    return value_with_in(a, definition, conditions, "status", "conditions");
}

/* --- registration --------------------------------------------------------------------------- */
static const char *joined(struct arena *a, const struct value *list)
{
    const char *out = "";

    for (size_t i = 0; i < value_count(list); i++)
        out = text_f(a, "%s%s%s", out, i ? "," : "", value_z(value_item(list, i)));
    return out;
}

static void add_version(struct sandbox *s, const struct value *definition,
                        const struct value *version)
{
    struct arena *a = arena_new();
    const struct value *spec = value_copy(a, value_at(definition, "spec"));
    const struct value *names = value_at(spec, "names");
    struct kind *k = memory_new(1, sizeof(*k));

    version = value_copy(a, version);
    *k = (struct kind){.group = value_text(spec, "group"),
                       .version = value_text(version, "name"),
                       .kind = value_text(names, "kind"),
                       .plural = value_text(names, "plural"),
                       .singular = value_text(names, "singular"),
                       .list_kind = value_text(names, "listKind"),
                       .short_names = joined(a, value_at(names, "shortNames")),
                       .categories = joined(a, value_at(names, "categories")),
                       .flags = KIND_CUSTOM | KIND_GENERATION,
                       .zero = "{}",
                       .arena = a};
    if (strcmp(value_text(spec, "scope"), "Namespaced") == 0)
        k->flags |= KIND_NAMESPACED;
    if (value_has(value_at(version, "subresources"), "status"))
        k->flags |= KIND_STATUS;
    k->schema = value_in(version, "schema", "openAPIV3Schema");
    k->shape = shape_of_kind(a, k->schema);
    s->custom = memory_resize(s->custom, (s->custom_count + 1) * sizeof(struct kind *));
    s->custom[s->custom_count++] = k;
}

/* Watches and requests may still hold it: it goes with the server. */
static void retire(struct sandbox *s, size_t index)
{
    s->retired = memory_resize(s->retired, (s->retired_count + 1) * sizeof(struct kind *));
    s->retired[s->retired_count++] = s->custom[index];
    s->custom[index] = s->custom[--s->custom_count];
}

void crd_unregister(struct sandbox *s, const char *group, const char *plural)
{
    for (size_t i = s->custom_count; i-- > 0;)
        if (kind_is(s->custom[i], group, plural))
            retire(s, i);
}

void crd_register(struct sandbox *s, const struct value *definition)
{
    const struct value *spec = value_at(definition, "spec");
    const struct value *versions = value_at(spec, "versions");

    crd_unregister(s, value_text(spec, "group"), value_z(value_in(spec, "names", "plural")));
    for (size_t i = 0; i < value_count(versions); i++)
        if (value_flag(value_item(versions, i), "served"))
            add_version(s, definition, value_item(versions, i));
}

static void kinds_free(struct kind **kinds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        arena_free(kinds[i]->arena);
        memory_free(kinds[i]);
    }
    memory_free(kinds);
}

void crd_clear(struct sandbox *s)
{
    kinds_free(s->custom, s->custom_count);
    kinds_free(s->retired, s->retired_count);
}

/* --- objects against schemas -------------------------------------------------------------------
 */
static void validate(const struct value *schema, const struct value *v, const char *path,
                     struct problems *p);

static const char *json_type(const struct value *v)
{
    switch (v->kind) {
    case VALUE_BOOL:
        return "boolean";
    case VALUE_NUMBER:
        return v->number.is_integer ? "integer" : "number";
    case VALUE_STRING:
        return "string";
    case VALUE_LIST:
        return "array";
    case VALUE_MAP:
        return "object";
    default:
        return "null";
    }
}

static bool type_holds(const struct value *schema, const struct value *v, const char **wanted)
{
    const char *is = json_type(v);

    *wanted = value_text(schema, "type");
    if (value_is_null(v) && value_flag(schema, "nullable"))
        return true;
    if (value_flag(schema, "x-kubernetes-int-or-string")) {
        *wanted = "integer,string";
        return v->kind == VALUE_STRING || strcmp(is, "integer") == 0;
    }
    if (!**wanted || strcmp(*wanted, is) == 0)
        return true;
    return strcmp(*wanted, "number") == 0 && v->kind == VALUE_NUMBER;
}

static bool pattern_holds(const char *pattern, const char *text)
{
    regex_t regex;
    bool match;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return true; /* RE2 knows more than POSIX does */
    match = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return match;
}

static void validate_enum(const struct value *schema, const struct value *v, const char *path,
                          struct problems *p)
{
    const struct value *allowed = value_at(schema, "enum");
    const char *list = "";

    if (value_count(allowed) == 0)
        return;
    for (size_t i = 0; i < value_count(allowed); i++) {
        if (value_equal(value_item(allowed, i), v))
            return;
        list = text_f(p->arena, "%s%s%s", list, i ? ", " : "",
                      json_write(p->arena, value_item(allowed, i)).at);
    }
    problem(p, "FieldValueNotSupported", path, "Unsupported value: %s: supported values: %s",
            json_write(p->arena, v).at, list);
}

static void validate_string(const struct value *schema, const struct value *v, const char *path,
                            struct problems *p)
{
    const char *pattern = value_text(schema, "pattern");
    int64_t len = (int64_t)v->string.len;

    /* one fault of a string is told, not all */
    if (value_has(schema, "maxLength") && len > value_integer_at(schema, "maxLength"))
        problem(p, "FieldValueTooLong", path, "Too long: may not be more than %lld bytes",
                (long long)value_integer_at(schema, "maxLength"));
    else if (value_has(schema, "minLength") && len < value_integer_at(schema, "minLength"))
        problem(p, "FieldValueInvalid", path,
                "Invalid value: %s: %s in body should be at least %lld chars long",
                json_write(p->arena, v).at, path, (long long)value_integer_at(schema, "minLength"));
    else if (*pattern && !pattern_holds(pattern, value_z(v)))
        problem(p, "FieldValueInvalid", path, "Invalid value: %s: %s in body should match '%s'",
                json_write(p->arena, v).at, path, pattern);
}

static void validate_number(const struct value *schema, const struct value *v, const char *path,
                            struct problems *p)
{
    const struct value *least = value_at(schema, "minimum"), *most = value_at(schema, "maximum");

    if (value_is_set(least) && value_as_real(v) < value_as_real(least))
        problem(p, "FieldValueInvalid", path,
                "Invalid value: %s: %s in body should be greater than or equal to %s",
                json_write(p->arena, v).at, path, json_write(p->arena, least).at);
    if (value_is_set(most) && value_as_real(v) > value_as_real(most))
        problem(p, "FieldValueInvalid", path,
                "Invalid value: %s: %s in body should be less than or equal to %s",
                json_write(p->arena, v).at, path, json_write(p->arena, most).at);
}

static const struct value *keys_of(struct arena *a, const struct value *schema,
                                   const struct value *item)
{
    const struct value *names = value_at(schema, "x-kubernetes-list-map-keys");
    struct value_builder b;

    if (strcmp(value_text(schema, "x-kubernetes-list-type"), "map") != 0)
        return item;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(names); i++)
        value_builder_set(&b, value_z(value_item(names, i)),
                          value_at(item, value_z(value_item(names, i))));
    return value_builder_map(&b);
}

static void validate_list(const struct value *schema, const struct value *v, const char *path,
                          struct problems *p)
{
    const char *type = value_text(schema, "x-kubernetes-list-type");
    bool unique = strcmp(type, "map") == 0 || strcmp(type, "set") == 0;
    int64_t count = (int64_t)value_count(v);

    if (value_has(schema, "minItems") && count < value_integer_at(schema, "minItems"))
        problem(p, "FieldValueInvalid", path,
                "Invalid value: %lld: %s in body should have at least %lld items", (long long)count,
                path, (long long)value_integer_at(schema, "minItems"));
    if (value_has(schema, "maxItems") && count > value_integer_at(schema, "maxItems"))
        problem(p, "FieldValueTooMany", path, "Too many: %lld: must have at most %lld items",
                (long long)count, (long long)value_integer_at(schema, "maxItems"));
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value *keys = keys_of(p->arena, schema, value_item(v, i));
        const char *at = text_f(p->arena, "%s[%zu]", path, i);

        validate(value_at(schema, "items"), value_item(v, i), at, p);
        for (size_t k = 0; unique && k < i; k++)
            if (value_equal(keys, keys_of(p->arena, schema, value_item(v, k))))
                problem(p, "FieldValueDuplicate", at, "Duplicate value: %s",
                        json_write(p->arena, keys).at);
    }
}

static const char *step(struct arena *a, const char *path, const char *key)
{
    return *path ? text_f(a, "%s.%s", path, key) : key;
}

static void validate_object(const struct value *schema, const struct value *v, const char *path,
                            struct problems *p)
{
    const struct value *properties = value_at(schema, "properties");
    const struct value *values = value_at(schema, "additionalProperties");
    const struct value *required = value_at(schema, "required");

    for (size_t i = 0; i < value_count(v); i++) {
        const char *key = v->map.entries[i].key;

        if (value_has(properties, key))
            validate(value_at(properties, key), v->map.entries[i].value, step(p->arena, path, key),
                     p);
        else if (values->kind == VALUE_MAP)
            validate(values, v->map.entries[i].value, step(p->arena, path, key), p);
    }
    for (size_t i = 0; i < value_count(required); i++)
        if (!value_has(v, value_z(value_item(required, i))))
            problem(p, "FieldValueRequired", step(p->arena, path, value_z(value_item(required, i))),
                    "Required value");
}

/* Schemas under allOf, anyOf, oneOf and not restrict; they only count as failed or not. */
static bool holds(const struct value *schema, const struct value *v, struct arena *a)
{
    struct problems quiet;

    problems_init(&quiet, a);
    validate(schema, v, "", &quiet);
    return quiet.causes.count == 0;
}

static void validate_junctors(const struct value *schema, const struct value *v, const char *path,
                              struct problems *p)
{
    const struct value *all = value_at(schema, "allOf"), *any = value_at(schema, "anyOf");
    const struct value *one = value_at(schema, "oneOf");
    size_t any_count = 0, one_count = 0;

    for (size_t i = 0; i < value_count(all); i++)
        validate(value_item(all, i), v, path, p);
    for (size_t i = 0; i < value_count(any); i++)
        any_count += holds(value_item(any, i), v, p->arena);
    for (size_t i = 0; i < value_count(one); i++)
        one_count += holds(value_item(one, i), v, p->arena);
    if (value_count(any) && any_count == 0)
        problem(p, "FieldValueInvalid", path,
                "Invalid value: \"%s\": \"%s\" must validate at least one schema (anyOf)",
                json_type(v), path);
    if (value_count(one) && one_count != 1)
        problem(p, "FieldValueInvalid", path,
                "Invalid value: \"%s\": \"%s\" must validate one and only one schema (oneOf). "
                "Found %s valid alternatives",
                json_type(v), path, one_count ? text_f(p->arena, "%zu", one_count) : "none");
    if (value_is_set(value_at(schema, "not")) && holds(value_at(schema, "not"), v, p->arena))
        problem(p, "FieldValueInvalid", path,
                "Invalid value: \"%s\": \"%s\" must not validate the schema (not)", json_type(v),
                path);
}

static void validate(const struct value *schema, const struct value *v, const char *path,
                     struct problems *p)
{
    const char *wanted;

    if (!type_holds(schema, v, &wanted)) {
        problem(p, "FieldValueTypeInvalid", path,
                "Invalid value: \"%s\": %s in body must be of type %s: \"%s\"", json_type(v), path,
                wanted, json_type(v));
        return;
    }
    validate_enum(schema, v, path, p);
    if (v->kind == VALUE_STRING)
        validate_string(schema, v, path, p);
    else if (v->kind == VALUE_NUMBER)
        validate_number(schema, v, path, p);
    else if (v->kind == VALUE_LIST)
        validate_list(schema, v, path, p);
    else if (v->kind == VALUE_MAP)
        validate_object(schema, v, path, p);
    validate_junctors(schema, v, path, p);
}

void crd_validate_object(const struct kind *kind, const struct value *v, struct problems *p)
{
    /* metadata is the server's own; schemas may restrict no more than its name */
    validate(kind->schema, value_with(p->arena, v, "metadata", &value_empty_map), "", p);
}
