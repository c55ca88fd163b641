/* Semantic versions, over codec/semver. */
#include "codec/semver.h"
#include "template/convert.h"

static const struct datum_class version_class;

/* What a method needs to know. */
struct method {
    const char *name;
    size_t arguments;
    const struct datum *(*run)(struct function_call *f, const struct semver *v);
};

static const struct datum *unsigned_datum(struct function_call *f, uint64_t number)
{
    return convert_typed(f, datum_int64(f->arena, (int64_t)number), "uint64");
}

static const struct datum *run_major(struct function_call *f, const struct semver *v)
{
    return unsigned_datum(f, v->major);
}

static const struct datum *run_minor(struct function_call *f, const struct semver *v)
{
    return unsigned_datum(f, v->minor);
}

static const struct datum *run_patch(struct function_call *f, const struct semver *v)
{
    return unsigned_datum(f, v->patch);
}

static const struct datum *run_prerelease(struct function_call *f, const struct semver *v)
{
    return datum_string(f->arena, v->prerelease);
}

static const struct datum *run_metadata(struct function_call *f, const struct semver *v)
{
    return datum_string(f->arena, v->metadata);
}

static const struct datum *run_original(struct function_call *f, const struct semver *v)
{
    return datum_string(f->arena, v->original);
}

static const struct datum *run_string(struct function_call *f, const struct semver *v)
{
    return datum_string_z(f->arena, semver_text(f->arena, v));
}

/* --- comparing ------------------------------------------------------------ */

/* Compares with the version in the argument; false and reported when it is none. */
static bool compare(struct function_call *f, const struct semver *v, int *order)
{
    const struct datum *other = f->arguments[0];

    if (other->kind == DATUM_OBJECT && other->object.class == &version_class) {
        *order = semver_compare(v, other->object.data);
        return true;
    }
    if (other->kind == DATUM_NIL)
        convert_nil_error(f);
    else
        function_fail(f, "wrong type for value; expected *semver.Version; got %s",
                      datum_type_name(other));
    return false;
}

static const struct datum *run_compare(struct function_call *f, const struct semver *v)
{
    int order;

    return compare(f, v, &order) ? datum_int(f->arena, order) : NULL;
}

static const struct datum *run_less(struct function_call *f, const struct semver *v)
{
    int order;

    return compare(f, v, &order) ? datum_bool(order < 0) : NULL;
}

static const struct datum *run_less_equal(struct function_call *f, const struct semver *v)
{
    int order;

    return compare(f, v, &order) ? datum_bool(order <= 0) : NULL;
}

static const struct datum *run_greater(struct function_call *f, const struct semver *v)
{
    int order;

    return compare(f, v, &order) ? datum_bool(order > 0) : NULL;
}

static const struct datum *run_greater_equal(struct function_call *f, const struct semver *v)
{
    int order;

    return compare(f, v, &order) ? datum_bool(order >= 0) : NULL;
}

static const struct datum *run_equal(struct function_call *f, const struct semver *v)
{
    int order;

    return compare(f, v, &order) ? datum_bool(order == 0) : NULL;
}

/* --- the object ----------------------------------------------------------- */

static const struct method methods[] = {
    {"Major", 0, run_major},         {"Minor", 0, run_minor},
    {"Patch", 0, run_patch},         {"Prerelease", 0, run_prerelease},
    {"Metadata", 0, run_metadata},   {"Original", 0, run_original},
    {"String", 0, run_string},       {"Compare", 1, run_compare},
    {"LessThan", 1, run_less},       {"LessThanEqual", 1, run_less_equal},
    {"GreaterThan", 1, run_greater}, {"GreaterThanEqual", 1, run_greater_equal},
    {"Equal", 1, run_equal},
};

static const struct datum *version_member(struct function_call *f, const struct datum *self,
                                          struct text name, bool *found, bool *is_method)
{
    *found = *is_method = false;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (!text_is(name, methods[i].name))
            continue;
        *found = *is_method = true;
        if (f->count != methods[i].arguments)
            return function_fail(f, "wrong number of args for %s: want %zu got %zu",
                                 methods[i].name, methods[i].arguments, f->count);
        return methods[i].run(f, self->object.data);
    }
    return NULL;
}

static void version_print(struct text_builder *b, const struct datum *self)
{
    text_add_z(b, semver_text(b->arena, self->object.data));
}

static const struct datum_class version_class = {
    .type_name = "*semver.Version",
    .kind_name = "ptr",
    .member = version_member,
    .print = version_print,
};

/* --- the functions -------------------------------------------------------- */

static bool read(struct function_call *f, size_t i, struct semver *v)
{
    if (semver_read(function_text(f, i), v))
        return true;
    function_fail(f, function_text(f, i).len > SEMVER_BYTES_MAX
                         ? "version string is too long (max 256 bytes)"
                         : "invalid semantic version");
    return false;
}

static const struct datum *run_semver(struct function_call *f)
{
    struct semver *v = arena_alloc(f->arena, sizeof *v);

    return read(f, 0, v) ? datum_object(f->arena, &version_class, v) : NULL;
}

static const struct datum *run_semver_compare(struct function_call *f)
{
    struct semver_constraint *constraint;
    const char *reason;
    struct semver v;

    if (!semver_constraint_read(f->arena, function_text(f, 0), &constraint, &reason))
        return function_fail(f, "%s", reason);
    if (!read(f, 1, &v))
        return NULL;
    return datum_bool(semver_matches(constraint, &v));
}

const struct function functions_version[] = {
    {"semver", "s", run_semver, 0},
    {"semverCompare", "ss", run_semver_compare, 0},
    {0},
};
