#include "acceptance/sandbox/decode.h"

#include <string.h>

#include "acceptance/sandbox/status.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/yml.h"

enum { LIST_BYTES_MAX = 64 * 1024 };

/* --- reading --------------------------------------------------------------------------- */
static bool is_json(const struct request *r)
{
    struct text body = text_trim(r->body);

    return text_starts_with(body, "{") || text_starts_with(body, "[");
}

/* Protobuf is not spoken here, as said in the README. */
static bool check_media_type(struct request *r)
{
    static const char *const known[] = {"application/json", "application/yaml",
                                        "application/apply-patch+"};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (!*r->content_type || strncmp(r->content_type, known[i], strlen(known[i])) == 0)
            return true;
    return status_fail(r, 415, "UnsupportedMediaType",
                       "the body of the request was in an unknown format - accepted media types "
                       "include: application/json, application/yaml");
}

bool decode_body(struct request *r, const struct value **out)
{
    struct diags diags;
    bool read;

    if (!check_media_type(r))
        return false;
    diags_init(&diags, r->a);
    read = is_json(r) ? json_read(r->a, r->body, "body", &diags, out)
                      : yml_read(r->a, r->body, "body", NULL, &diags, out);
    if (!read)
        return status_fail(r, 400, "BadRequest",
                           "the object provided is unrecognized (must be of type %s): couldn't "
                           "get version/kind; json parse error: %s",
                           r->kind->kind, diags.first ? diags.first->detail : "");
    if ((*out)->kind != VALUE_MAP)
        return status_fail(r, 400, "BadRequest",
                           "the object provided is unrecognized (must be of type %s): couldn't "
                           "get version/kind; json parse error: json: cannot unmarshal %s into Go "
                           "value",
                           r->kind->kind, value_kind_name(*out));
    return true;
}

/* --- checking ----------------------------------------------------------------------------- */
struct check {
    struct arena *arena;
    const char *kind;
    bool custom;
    struct value_builder unknown; /* paths */
    const char *fault;            /* a wrong type: reported first */
};

static const char *go_type(const struct shape *shape)
{
    switch (shape->kind) {
    case SHAPE_STRING:
        return "string";
    case SHAPE_INTEGER:
        return "int32";
    case SHAPE_BOOL:
        return "bool";
    case SHAPE_BYTES:
        return "[]uint8";
    case SHAPE_LIST:
        return "[]";
    case SHAPE_MAP:
        return "map[string]";
    case SHAPE_OBJECT:
        return shape->name;
    case SHAPE_QUANTITY:
        return "resource.Quantity";
    default:
        return "";
    }
}

static bool type_fits(const struct shape *shape, const struct value *v)
{
    switch (shape->kind) {
    case SHAPE_STRING:
    case SHAPE_TIME:
    case SHAPE_BYTES:
        return v->kind == VALUE_STRING;
    case SHAPE_INTEGER:
        return v->kind == VALUE_NUMBER && v->number.is_integer;
    case SHAPE_NUMBER:
        return v->kind == VALUE_NUMBER;
    case SHAPE_BOOL:
        return v->kind == VALUE_BOOL;
    case SHAPE_QUANTITY:
    case SHAPE_INT_OR_STRING:
        return v->kind == VALUE_NUMBER || v->kind == VALUE_STRING;
    case SHAPE_LIST:
        return v->kind == VALUE_LIST;
    case SHAPE_OBJECT:
    case SHAPE_MAP:
        return v->kind == VALUE_MAP;
    default:
        return true;
    }
}

static void check_value(struct check *c, const struct shape *shape, const struct value *v,
                        const char *path, const char *go_path);

static void check_bytes(struct check *c, const struct value *v)
{
    struct text bytes;

    if (!base64_decode(c->arena, value_string_text(v), BASE64_STANDARD, &bytes))
        c->fault = "illegal base64 data at input byte 0";
}

static void check_entries(struct check *c, const struct shape *shape, const struct value *v,
                          const char *path, const char *go_path)
{
    for (size_t i = 0; i < value_count(v); i++) {
        const char *key = v->map.entries[i].key;
        const struct shape *next = shape_at(shape, key);
        const char *at = *path ? text_f(c->arena, "%s.%s", path, key) : key;

        if (!next)
            value_builder_add(&c->unknown, value_string(c->arena, at));
        else
            check_value(c, next, v->map.entries[i].value, at,
                        shape->kind == SHAPE_MAP ? go_path
                                                 : text_f(c->arena, "%s.%s", go_path, key));
    }
}

static void check_value(struct check *c, const struct shape *shape, const struct value *v,
                        const char *path, const char *go_path)
{
    if (value_is_null(v) || c->fault || shape->kind == SHAPE_ANY)
        return;
    if (!type_fits(shape, v)) {
        if (!c->custom)
            c->fault =
                text_f(c->arena, "json: cannot unmarshal %s into Go struct field %s of type %s",
                       v->kind == VALUE_MAP    ? "object"
                       : v->kind == VALUE_LIST ? "array"
                                               : value_kind_name(v),
                       go_path, go_type(shape));
        return;
    }
    if (shape->kind == SHAPE_BYTES)
        check_bytes(c, v);
    else if (shape->kind == SHAPE_LIST)
        for (size_t i = 0; i < value_count(v); i++)
            check_value(c, shape->item, value_item(v, i), text_f(c->arena, "%s[%zu]", path, i),
                        go_path);
    else if (v->kind == VALUE_MAP)
        check_entries(c, shape, v, path, go_path);
}

/* In byte order, as custom kinds list them. */
static const struct value *sorted(struct arena *a, const struct value *texts)
{
    struct value_builder b;
    const struct value *keys;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(texts); i++)
        value_builder_set(&b, value_z(value_item(texts, i)), value_item(texts, i));
    keys = value_sorted(a, value_builder_map(&b));
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(keys); i++)
        value_builder_add(&b, keys->map.entries[i].value);
    return value_builder_list(&b);
}

static bool report_unknown(struct request *r, const struct value *unknown)
{
    const char *mode = request_parameter(r, "fieldValidation");
    struct text_builder b;

    if (value_count(unknown) == 0 || strcmp(mode, "Ignore") == 0)
        return true;
    if (r->kind->flags & KIND_CUSTOM)
        unknown = sorted(r->a, unknown);
    text_builder_init(&b, r->a, LIST_BYTES_MAX);
    for (size_t i = 0; i < value_count(unknown); i++) {
        const char *line = text_f(r->a, "unknown field \"%s\"", value_z(value_item(unknown, i)));

        text_add_f(&b, "%s%s", i ? ", " : "", line);
        if (strcmp(mode, "Strict") != 0)
            r->warnings = value_append(r->a, r->warnings, value_string(r->a, line));
    }
    if (strcmp(mode, "Strict") != 0)
        return true;
    return status_fail(r, 400, "BadRequest",
                       "%s in version \"%s\" cannot be handled as a %s: strict decoding error: %s",
                       r->kind->kind, r->kind->version, r->kind->kind, text_built(&b).at);
}

static bool check_type_meta(struct request *r, const struct value *body)
{
    const char *kind = value_text(body, "kind"), *version = value_text(body, "apiVersion");
    const char *expected = kind_api_version(r->a, r->kind);

    if (*kind && strcmp(kind, r->kind->kind) != 0)
        return status_fail(r, 400, "BadRequest",
                           "%s in version \"%s\" cannot be handled as a %s: no kind \"%s\" is "
                           "registered for the requested resource",
                           kind, r->kind->version, r->kind->kind, kind);
    if (*version && strcmp(version, expected) != 0)
        return status_fail(r, 400, "BadRequest",
                           "the API version in the data (%s) does not match the expected API "
                           "version (%s)",
                           version, expected);
    return true;
}

bool decode_object(struct request *r, const struct value *body, const struct value **out)
{
    struct check c = {.arena = r->a, .kind = r->kind->kind};

    if (!check_type_meta(r, body))
        return false;
    body = value_with(r->a, body, "kind", value_string(r->a, r->kind->kind));
    body =
        value_with(r->a, body, "apiVersion", value_string(r->a, kind_api_version(r->a, r->kind)));
    c.custom = r->kind->flags & KIND_CUSTOM;
    value_builder_init(&c.unknown, r->a);
    check_value(&c, r->kind->shape, body, "", r->kind->kind);
    if (c.fault)
        return status_fail(r, 400, "BadRequest",
                           "%s in version \"%s\" cannot be handled as a %s: %s", r->kind->kind,
                           r->kind->version, r->kind->kind, c.fault);
    *out = body;
    return report_unknown(r, value_builder_list(&c.unknown));
}

/* --- normal form ----------------------------------------------------------------------------- */
static bool is_empty(const struct value *v)
{
    switch (v->kind) {
    case VALUE_STRING:
        return v->string.len == 0;
    case VALUE_NUMBER:
        return v->number.is_integer && v->number.integer == 0;
    case VALUE_BOOL:
        return !v->boolean;
    case VALUE_LIST:
    case VALUE_MAP:
        return value_count(v) == 0;
    default:
        return true;
    }
}

static bool is_left_out(const struct shape *shape, const struct shape_field *field,
                        const struct value *v)
{
    if (value_is_null(v))
        return !field || !field->keep_null;
    return field && !field->keep && field->shape->kind != SHAPE_OBJECT &&
           shape->kind == SHAPE_OBJECT && is_empty(v);
}

static const struct value *normal_map(struct arena *a, const struct shape *shape,
                                      const struct value *v)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value_entry *e = &v->map.entries[i];
        const struct shape *next = shape_at(shape, e->key);

        if (next && !is_left_out(shape, shape_find(shape, e->key), e->value))
            value_builder_push(&b, e->key, decode_normal(a, next, e->value));
    }
    for (size_t i = 0; shape->kind == SHAPE_OBJECT && i < shape->count; i++) {
        const struct shape_field *f = &shape->fields[i];

        if (f->fallback && (!value_has(v, f->name) || is_left_out(shape, f, value_at(v, f->name))))
            value_builder_push(&b, f->name, decode_normal(a, f->shape, f->fallback));
    }
    return value_builder_map(&b);
}

const struct value *decode_normal(struct arena *a, const struct shape *shape, const struct value *v)
{
    struct value_builder b;

    if (shape->kind == SHAPE_ANY)
        return v;
    if (v->kind == VALUE_MAP && (shape->kind == SHAPE_MAP || shape->kind == SHAPE_OBJECT))
        return normal_map(a, shape, v);
    if (v->kind != VALUE_LIST || shape->kind != SHAPE_LIST)
        return v;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(v); i++)
        value_builder_add(&b, decode_normal(a, shape->item, value_item(v, i)));
    return value_builder_list(&b);
}
