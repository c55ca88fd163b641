#include "codec/base64.h"
#include "codec/json.h"
#include "codec/yml.h"
#include "template/base_text.h"
#include "template/function.h"
#include "template/json_write.h"
#include "template/template.h"
#include "template/toml.h"
#include "template/yaml_write.h"

/* --- what they share ------------------------------------------------------ */

static struct text_builder builder(struct function_call *f)
{
    struct text_builder b;

    text_builder_init(&b, f->arena, TEMPLATE_OUTPUT_BYTES_MAX);
    return b;
}

static const struct datum *built(struct function_call *f, const struct text_builder *b)
{
    if (b->overflow)
        return function_fail(f, "the text grows beyond %d MiB", TEMPLATE_OUTPUT_BYTES_MAX >> 20);
    return datum_string(f->arena, text_built(b));
}

/* An empty map or list; of JSON one that Go has not made. */
static const struct datum *empty(struct arena *a, enum datum_kind kind, bool unmade)
{
    if (kind == DATUM_MAP)
        return unmade ? &datum_unmade_map : datum_map_new(a);
    return unmade ? &datum_unmade_list : datum_list(a, NULL, 0);
}

/* A failure as the result that templates look for: {"Error": text} or [text]. */
static const struct datum *error_as(struct arena *a, enum datum_kind kind, const char *error)
{
    const struct datum *text = datum_string_z(a, error), *out;
    const struct datum **items = arena_array(a, 1, sizeof(struct datum *));

    if (kind == DATUM_LIST) {
        items[0] = text;
        return datum_list(a, items, 1);
    }
    out = datum_map_new(a);
    datum_set(out, TEXT("Error"), text);
    return out;
}

/* "json: cannot unmarshal array into Go value of type map[string]interface {}" */
static const char *misfit(struct arena *a, const struct datum *d, enum datum_kind wanted)
{
    const char *name = d->kind == DATUM_MAP       ? "object"
                       : d->kind == DATUM_LIST    ? "array"
                       : d->kind == DATUM_STRING  ? "string"
                       : d->kind == DATUM_FLOAT64 ? "number"
                                                  : "bool";

    return text_f(a, "json: cannot unmarshal %s into Go value of type %s", name,
                  datum_type_name(wanted == DATUM_MAP ? &datum_unmade_map : &datum_unmade_list));
}

/* --- YAML ----------------------------------------------------------------- */

static struct text without_last_newline(struct text t)
{
    return (struct text){t.at, t.len - (t.len && t.at[t.len - 1] == '\n')};
}

static const struct datum *yaml_of(struct function_call *f, enum yaml_write_form form,
                                   const char **error)
{
    struct text_builder b = builder(f);

    *error = yaml_write_datum(&b, function_argument(f, 0), form);
    if (*error)
        return &datum_empty_string;
    if (b.overflow)
        return built(f, &b);
    return datum_string(f->arena, without_last_newline(text_built(&b)));
}

static const struct datum *to_yaml(struct function_call *f)
{
    const char *error;

    return yaml_of(f, YAML_WRITE, &error);
}

static const struct datum *to_yaml_pretty(struct function_call *f)
{
    const char *error;

    return yaml_of(f, YAML_WRITE_PRETTY, &error);
}

static const struct datum *yaml_as(struct function_call *f, enum datum_kind kind)
{
    const struct value *v;
    const char *error = yml_try(f->arena, function_text(f, 0), &v);
    const struct datum *d;

    if (error)
        return error_as(f->arena, kind,
                        text_f(f->arena, "error converting YAML to JSON: %s", error));
    d = datum_of_value(f->arena, v);
    if (d->kind == DATUM_NIL)
        return empty(f->arena, kind, false);
    if (d->kind == kind)
        return d;
    return error_as(f->arena, kind,
                    text_f(f->arena, "error unmarshaling JSON: while decoding JSON: %s",
                           misfit(f->arena, d, kind)));
}

static const struct datum *from_yaml(struct function_call *f)
{
    return yaml_as(f, DATUM_MAP);
}

static const struct datum *from_yaml_array(struct function_call *f)
{
    return yaml_as(f, DATUM_LIST);
}

/* --- JSON ----------------------------------------------------------------- */

enum on_error { GIVE_NOTHING, FAIL };

static const struct datum *json_of(struct function_call *f, unsigned flags, enum on_error on_error)
{
    struct text_builder b = builder(f);
    const char *error = json_write_datum(&b, function_argument(f, 0), flags);

    if (error)
        return on_error == FAIL ? function_fail(f, "%s", error) : &datum_empty_string;
    return built(f, &b);
}

static const struct datum *to_json(struct function_call *f)
{
    return json_of(f, JSON_WRITE_HTML_SAFE, GIVE_NOTHING);
}

static const struct datum *must_to_json(struct function_call *f)
{
    return json_of(f, JSON_WRITE_HTML_SAFE, FAIL);
}

static const struct datum *to_pretty_json(struct function_call *f)
{
    return json_of(f, JSON_WRITE_HTML_SAFE | JSON_WRITE_PRETTY, GIVE_NOTHING);
}

static const struct datum *must_to_pretty_json(struct function_call *f)
{
    return json_of(f, JSON_WRITE_HTML_SAFE | JSON_WRITE_PRETTY, FAIL);
}

static const struct datum *to_raw_json(struct function_call *f)
{
    return json_of(f, 0, FAIL);
}

static const struct datum *json_as(struct function_call *f, enum datum_kind kind)
{
    const struct value *v;
    const char *error = json_try(f->arena, function_text(f, 0), &v);

    const struct datum *d = datum_of_value(f->arena, v);

    if (!error && d->kind == DATUM_NIL)
        return empty(f->arena, kind, true);
    if (!error && d->kind != kind)
        error = misfit(f->arena, d, kind);
    return error ? error_as(f->arena, kind, error) : d;
}

static const struct datum *from_json(struct function_call *f)
{
    return json_as(f, DATUM_MAP);
}

static const struct datum *from_json_array(struct function_call *f)
{
    return json_as(f, DATUM_LIST);
}

static const struct datum *must_from_json(struct function_call *f)
{
    const struct value *v;
    const char *error = json_try(f->arena, function_text(f, 0), &v);

    return error ? function_fail(f, "%s", error) : datum_of_value(f->arena, v);
}

/* --- TOML ----------------------------------------------------------------- */

static const struct datum *to_toml(struct function_call *f)
{
    struct text_builder b = builder(f);
    const char *error = toml_write(&b, function_argument(f, 0));

    return error ? datum_string_z(f->arena, error) : built(f, &b);
}

static const struct datum *from_toml(struct function_call *f)
{
    const struct datum *out;
    const char *error = toml_read(f->arena, function_text(f, 0), &out);

    return error ? error_as(f->arena, DATUM_MAP, error) : out;
}

/* --- base64 and base32 ---------------------------------------------------- */

static const struct datum *b64enc(struct function_call *f)
{
    return datum_string(f->arena, base64_encode(f->arena, function_text(f, 0), BASE64_STANDARD));
}

static const struct datum *b64dec(struct function_call *f)
{
    return datum_string(f->arena, base64_text_decode(f->arena, function_text(f, 0)));
}

static const struct datum *b32enc(struct function_call *f)
{
    return datum_string(f->arena, base32_text_encode(f->arena, function_text(f, 0)));
}

static const struct datum *b32dec(struct function_call *f)
{
    return datum_string(f->arena, base32_text_decode(f->arena, function_text(f, 0)));
}

const struct function functions_encoding[] = {
    {"toYaml", "v", to_yaml, 0},
    {"toYamlPretty", "v", to_yaml_pretty, 0},
    {"fromYaml", "s", from_yaml, 0},
    {"fromYamlArray", "s", from_yaml_array, 0},
    {"toJson", "v", to_json, 0},
    {"mustToJson", "v", must_to_json, 0},
    {"toPrettyJson", "v", to_pretty_json, 0},
    {"mustToPrettyJson", "v", must_to_pretty_json, 0},
    {"toRawJson", "v", to_raw_json, 0},
    {"mustToRawJson", "v", to_raw_json, 0},
    {"fromJson", "s", from_json, 0},
    {"mustFromJson", "s", must_from_json, 0},
    {"fromJsonArray", "s", from_json_array, 0},
    {"toToml", "v", to_toml, 0},
    {"fromToml", "s", from_toml, 0},
    {"b64enc", "s", b64enc, 0},
    {"b64dec", "s", b64dec, 0},
    {"b32enc", "s", b32enc, 0},
    {"b32dec", "s", b32dec, 0},
    {0},
};
