/* Semantic versions, over codec/semver. */
#include "codec/semver.h"
#include "template/convert.h"

/* *semver.Version is what semver gives, semver.Version what the methods that change
 * one give: it has fewer methods. */
static const struct datum_class struct_class;

static const struct semver *version_of(const struct datum *self)
{
    return self->object.data;
}

static const struct datum *unsigned_datum(struct function_call *f, uint64_t number)
{
    return convert_typed(f, datum_int64(f->arena, (int64_t)number), "uint64");
}

static const struct datum *run_major(struct function_call *f, const struct datum *self)
{
    return unsigned_datum(f, version_of(self)->major);
}

static const struct datum *run_minor(struct function_call *f, const struct datum *self)
{
    return unsigned_datum(f, version_of(self)->minor);
}

static const struct datum *run_patch(struct function_call *f, const struct datum *self)
{
    return unsigned_datum(f, version_of(self)->patch);
}

static const struct datum *run_prerelease(struct function_call *f, const struct datum *self)
{
    return datum_string(f->arena, version_of(self)->prerelease);
}

static const struct datum *run_metadata(struct function_call *f, const struct datum *self)
{
    return datum_string(f->arena, version_of(self)->metadata);
}

static const struct datum *run_original(struct function_call *f, const struct datum *self)
{
    return datum_string(f->arena, version_of(self)->original);
}

static const struct datum *run_string(struct function_call *f, const struct datum *self)
{
    return datum_string_z(f->arena, semver_text(f->arena, version_of(self)));
}

static const struct datum *run_bytes(struct function_call *f, const struct datum *self)
{
    return datum_bytes(f->arena, text_of(semver_text(f->arena, version_of(self))));
}

static const struct datum *run_json(struct function_call *f, const struct datum *self)
{
    return datum_bytes(
        f->arena, text_of(text_f(f->arena, "\"%s\"", semver_text(f->arena, version_of(self)))));
}

/* --- comparing ------------------------------------------------------------ */

/* Compares with the version in the argument; false and reported when it is nil. */
static bool compare(struct function_call *f, const struct datum *self, int *order)
{
    const struct datum *other = function_argument(f, 0);

    if (other->kind == DATUM_NIL)
        return convert_nil_error(f);
    *order = semver_compare(version_of(self), version_of(other));
    return true;
}

static const struct datum *run_compare(struct function_call *f, const struct datum *self)
{
    int order = 0;

    return compare(f, self, &order) ? datum_int(f->arena, order) : NULL;
}

static const struct datum *run_less(struct function_call *f, const struct datum *self)
{
    int order = 0;

    return compare(f, self, &order) ? datum_bool(order < 0) : NULL;
}

static const struct datum *run_less_equal(struct function_call *f, const struct datum *self)
{
    int order = 0;

    return compare(f, self, &order) ? datum_bool(order <= 0) : NULL;
}

static const struct datum *run_greater(struct function_call *f, const struct datum *self)
{
    int order = 0;

    return compare(f, self, &order) ? datum_bool(order > 0) : NULL;
}

static const struct datum *run_greater_equal(struct function_call *f, const struct datum *self)
{
    int order = 0;

    return compare(f, self, &order) ? datum_bool(order >= 0) : NULL;
}

static const struct datum *run_equal(struct function_call *f, const struct datum *self)
{
    const struct datum *other = function_argument(f, 0);

    return datum_bool(other->kind != DATUM_NIL &&
                      semver_compare(version_of(self), other->object.data) == 0);
}

/* --- changing ------------------------------------------------------------- */

/* Takes what was changed, and says so in the original text as Go does. */
static const struct datum *changed(struct function_call *f, struct semver v)
{
    struct semver *copy = arena_alloc(f->arena, sizeof(*copy));
    bool prefixed = text_starts_with(v.original, "v");

    *copy = v;
    copy->original =
        text_of(text_f(f->arena, "%s%s", prefixed ? "v" : "", semver_text(f->arena, copy)));
    return datum_object(f->arena, &struct_class, copy);
}

static struct semver bare(const struct semver *v)
{
    struct semver copy = *v;

    copy.prerelease = copy.metadata = (struct text){"", 0};
    return copy;
}

/* A pre-release becomes its release. */
static const struct datum *run_next_patch(struct function_call *f, const struct datum *self)
{
    struct semver next = bare(version_of(self));

    next.patch += version_of(self)->prerelease.len == 0;
    return changed(f, next);
}

static const struct datum *run_next_minor(struct function_call *f, const struct datum *self)
{
    struct semver next = bare(version_of(self));

    next.minor++;
    next.patch = 0;
    return changed(f, next);
}

static const struct datum *run_next_major(struct function_call *f, const struct datum *self)
{
    struct semver next = bare(version_of(self));

    next.major++;
    next.minor = next.patch = 0;
    return changed(f, next);
}

/* Whether a version with this suffix can be read. */
static const char *suffix_error(struct function_call *f, char mark, struct text suffix)
{
    struct semver v;

    if (!suffix.len)
        return NULL;
    return semver_try(
        f->arena, text_of(text_f(f->arena, "1.2.3%c%.*s", mark, (int)suffix.len, suffix.at)), &v);
}

static const struct datum *run_set_prerelease(struct function_call *f, const struct datum *self)
{
    const char *error = suffix_error(f, '-', function_text(f, 0));
    struct semver next = *version_of(self);

    next.prerelease = function_text(f, 0);
    if (error)
        return function_fail(f, "%s",
                             text_starts_with(text_of(error), "version segment")
                                 ? error
                                 : "invalid prerelease string");
    return changed(f, next);
}

static const struct datum *run_set_metadata(struct function_call *f, const struct datum *self)
{
    struct semver next = *version_of(self);

    next.metadata = function_text(f, 0);
    if (suffix_error(f, '+', next.metadata))
        return function_fail(f, "invalid metadata string");
    return changed(f, next);
}

/* --- the object ----------------------------------------------------------- */

#define STRUCT_METHODS                                                                             \
    {"Major", "", run_major}, {"Minor", "", run_minor}, {"Patch", "", run_patch},                  \
        {"Prerelease", "", run_prerelease}, {"Metadata", "", run_metadata},                        \
        {"String", "", run_string}, {"IncPatch", "", run_next_patch},                              \
        {"IncMinor", "", run_next_minor}, {"IncMajor", "", run_next_major},                        \
        {"SetPrerelease", "s", run_set_prerelease}, {"SetMetadata", "s", run_set_metadata},        \
        {"MarshalJSON", "", run_json}, {"MarshalText", "", run_bytes},                             \
    {                                                                                              \
        "Value", "", run_string                                                                    \
    }

static const struct datum_method struct_methods[] = {STRUCT_METHODS, {NULL, NULL, NULL}};
static const struct datum_method pointer_methods[] = {
    STRUCT_METHODS,
    {"Original", "", run_original},
    {"Compare", "V", run_compare},
    {"LessThan", "V", run_less},
    {"LessThanEqual", "V", run_less_equal},
    {"GreaterThan", "V", run_greater},
    {"GreaterThanEqual", "V", run_greater_equal},
    {"Equal", "V", run_equal},
    {NULL, NULL, NULL},
};

static void version_print(struct text_builder *b, const struct datum *self)
{
    text_add_z(b, semver_text(b->arena, self->object.data));
}

/* Field by field, the original text too. */
static bool versions_equal(const struct datum *a, const struct datum *b)
{
    const struct semver *x = a->object.data, *y = b->object.data;

    return semver_compare(x, y) == 0 && text_equal(x->metadata, y->metadata) &&
           text_equal(x->original, y->original);
}

static const struct datum_class pointer_class = {
    .type_name = "*semver.Version",
    .kind_name = "ptr",
    .methods = pointer_methods,
    .equal = versions_equal,
    .print = version_print,
};
static const struct datum_class struct_class = {
    .type_name = "semver.Version",
    .kind_name = "struct",
    .methods = struct_methods,
    .equal = versions_equal,
    .print = version_print,
};

/* --- the functions -------------------------------------------------------- */

static bool read(struct function_call *f, size_t i, struct semver *v)
{
    const char *error = semver_try(f->arena, function_text(f, i), v);

    return !error || function_fail(f, "%s", error);
}

static const struct datum *run_semver(struct function_call *f)
{
    struct semver *v = arena_alloc(f->arena, sizeof(*v));

    return read(f, 0, v) ? datum_object(f->arena, &pointer_class, v) : NULL;
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
