#include "codec/msgpack.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "codec/msgpack_token.h"

enum {
    BYTES_MAX = 1 << 30,         /* gRPC messages are far below */
    REFINEMENT_BYTES_MAX = 1024, /* cty's own limit */
    EXT_UNKNOWN = 0,
    EXT_REFINED = 12,
    REAL_TEXT_BYTES = 1500, /* every digit of the longest double */
};

/* All digits of a double, which is exact in decimal; "" for inf and nan. It has
 * as many behind the point as its fraction has bits. */
static const char *real_text(char text[static REAL_TEXT_BYTES], double real)
{
    int bits = 0;

    text[0] = '\0';
    if (!isfinite(real))
        return text;
    while (fmod(ldexp(real, bits), 1) != 0)
        bits++;
    (void)snprintf(text, REAL_TEXT_BYTES, "%.*f", bits, real);
    return text;
}

/* --- reading ------------------------------------------------------------- */

struct reader {
    struct arena *a;
    struct diags *diags;
    const char *start;
    struct text rest;
    int depth;
};

static bool read_value(struct reader *r, const struct type *t, const struct path *at,
                       const struct value **out);

static bool fail(const struct reader *r, const struct path *at, const char *reason)
{
    return diag_error(r->diags, path_copy(r->diags->arena, at), "Malformed value from Terraform",
                      "At byte %zu: %s. This is a bug in Terraform or in the provider; please "
                      "report it.",
                      (size_t)(r->rest.at - r->start), reason);
}

static bool misfit(const struct reader *r, const struct path *at, const struct type *t)
{
    return fail(r, at, text_f(r->a, "a value of type %s was expected", type_name(r->a, t)));
}

static bool next_token(struct reader *r, const struct path *at, struct msgpack_token *token)
{
    enum msgpack_status status = msgpack_token_read(&r->rest, token);

    if (status == MSGPACK_FINE)
        return true;
    return fail(r, at,
                status == MSGPACK_ENDS_EARLY ? "the value ends too early"
                                             : "no value starts like this");
}

static bool read_unknown(struct reader *r, const struct msgpack_token *token, const struct path *at,
                         const struct value **out)
{
    struct value *v;

    *out = &value_unknown;
    if (token->ext != EXT_REFINED || !token->body.len)
        return true;
    if (token->body.len > REFINEMENT_BYTES_MAX)
        return fail(r, at, "a refinement of an unknown value is too long");
    v = arena_alloc(r->a, sizeof(*v));
    v->kind = VALUE_UNKNOWN;
    v->refinement = (struct text){text_z(r->a, token->body), token->body.len};
    *out = v;
    return true;
}

static bool read_text(struct reader *r, const struct msgpack_token *token, const struct type *t,
                      const struct path *at, struct text *out)
{
    if (token->kind != MSGPACK_STRING)
        return misfit(r, at, t);
    *out = token->body;
    return text_utf8_valid(*out) || fail(r, at, "a string is not valid UTF-8");
}

static bool read_string(struct reader *r, const struct msgpack_token *token, const struct path *at,
                        const struct value **out)
{
    struct text text = TEXT("");

    if (!read_text(r, token, &type_string, at, &text))
        return false;
    *out = value_string_of(r->a, text);
    return true;
}

static bool read_number(struct reader *r, const struct msgpack_token *token, const struct path *at,
                        const struct value **out)
{
    uint64_t bits = token->unsigned_integer;
    char digits[REAL_TEXT_BYTES];
    struct text text = TEXT("");

    switch (token->kind) {
    case MSGPACK_UNSIGNED:
        *out = bits <= INT64_MAX
                   ? value_integer(r->a, (int64_t)bits)
                   : value_number(r->a, text_of(text_f(r->a, "%llu", (unsigned long long)bits)));
        return true;
    case MSGPACK_SIGNED:
        *out = value_integer(r->a, token->signed_integer);
        return true;
    case MSGPACK_REAL:
        text = text_of(real_text(digits, token->real));
        break;
    default:
        if (!read_text(r, token, &type_number, at, &text))
            return false;
    }
    *out = value_number(r->a, text);
    return *out || fail(r, at, "a number is not finite, not a number or has too many digits");
}

static bool read_bool(struct reader *r, const struct msgpack_token *token, const struct path *at,
                      const struct value **out)
{
    if (token->kind != MSGPACK_BOOL)
        return misfit(r, at, &type_bool);
    *out = value_bool(token->boolean);
    return true;
}

static bool read_list(struct reader *r, const struct msgpack_token *token, const struct type *t,
                      const struct path *at, const struct value **out)
{
    struct value_builder items;

    if (token->kind != MSGPACK_ARRAY || (t->kind == TYPE_TUPLE && token->count != t->count))
        return misfit(r, at, t);
    value_builder_init(&items, r->a);
    for (uint32_t i = 0; i < token->count; i++) {
        const struct path step = {.parent = at, .kind = PATH_INDEX, .index = i};
        const struct value *item;

        if (!read_value(r, t->kind == TYPE_TUPLE ? t->fields[i].type : t->element, &step, &item))
            return false;
        value_builder_add(&items, item);
    }
    *out = value_builder_list(&items);
    return true;
}

/* Borrowed from the input. */
static bool read_key(struct reader *r, const struct path *at, struct text *key)
{
    struct msgpack_token token;

    if (!next_token(r, at, &token) || !read_text(r, &token, &type_string, at, key))
        return false;
    if (key->len && memchr(key->at, '\0', key->len))
        return fail(r, at, "a key holds a NUL character");
    return true;
}

static bool read_map(struct reader *r, const struct msgpack_token *token, const struct type *t,
                     const struct path *at, const struct value **out)
{
    struct value_builder entries;
    const char *duplicate;

    if (token->kind != MSGPACK_MAP)
        return misfit(r, at, t);
    value_builder_init(&entries, r->a);
    for (uint32_t i = 0; i < token->count; i++) {
        struct path step = {.parent = at, .kind = PATH_KEY};
        const struct value *v;
        struct text key;

        if (!read_key(r, at, &key))
            return false;
        step.name = text_z(r->a, key);
        if (!read_value(r, t->element, &step, &v))
            return false;
        value_builder_push(&entries, step.name, v);
    }
    duplicate = value_builder_duplicate(&entries);
    if (duplicate)
        return fail(r, at, text_f(r->a, "the key \"%s\" stands in the map twice", duplicate));
    *out = value_builder_map(&entries);
    return true;
}

/* Terraform sends fields by name, so that the next one is often the right one. */
static const struct type_field *field_of(const struct type *t, struct text name, size_t guess)
{
    if (guess < t->count && text_is(name, t->fields[guess].name))
        return &t->fields[guess];
    for (size_t i = 0; i < t->count; i++)
        if (text_is(name, t->fields[i].name))
            return &t->fields[i];
    return NULL;
}

static bool read_field(struct reader *r, const struct type *t, size_t guess, const struct path *at,
                       struct value_entry *entries)
{
    const struct type_field *field;
    struct value_entry *entry;
    struct path step;
    struct text name;

    if (!read_key(r, at, &name))
        return false;
    field = field_of(t, name, guess);
    if (!field)
        return fail(r, at,
                    text_f(r->a, "the schema has no \"%.*s\"",
                           (int)(name.len < 200 ? name.len : 200), name.at));
    entry = &entries[field - t->fields];
    if (entry->key)
        return fail(r, at, text_f(r->a, "\"%s\" stands in the object twice", field->name));
    step = (struct path){.parent = at, .kind = PATH_NAME, .name = field->name};
    entry->key = field->name;
    return read_value(r, field->type, &step, &entry->value);
}

static bool read_object(struct reader *r, const struct msgpack_token *token, const struct type *t,
                        const struct path *at, const struct value **out)
{
    struct value_entry *entries;

    if (token->kind != MSGPACK_MAP)
        return misfit(r, at, t);
    if (token->count != t->count)
        return fail(r, at,
                    text_f(r->a, "an object with %zu attributes was expected, not with %zu",
                           t->count, (size_t)token->count));
    entries = arena_array(r->a, t->count, sizeof(*entries));
    for (size_t i = 0; i < t->count; i++)
        if (!read_field(r, t, i, at, entries))
            return false;
    *out = value_map(r->a, entries, t->count);
    return true;
}

static const struct type *type_of_json(struct arena *a, struct text json)
{
    const struct value *tree;
    struct diags ignored;

    diags_init(&ignored, a);
    return json_read(a, json, "type", &ignored, &tree) ? type_from_value(a, tree) : NULL;
}

/* [type JSON, value] */
static bool read_dynamic(struct reader *r, const struct msgpack_token *pair, const struct path *at,
                         const struct value **out)
{
    const struct type *type;
    struct msgpack_token token;

    if (pair->kind != MSGPACK_ARRAY || pair->count != 2)
        return fail(r, at, "a pair of type and value was expected");
    if (!next_token(r, at, &token))
        return false;
    if (token.kind != MSGPACK_BINARY && token.kind != MSGPACK_STRING)
        return fail(r, at, "a type was expected");
    type = type_of_json(r->a, token.body);
    if (!type)
        return fail(r, at, "the type of a value is not one that Terraform has");
    if (!read_value(r, type, at, out))
        return false;
    *out = value_typed(r->a, *out, type);
    return true;
}

static bool read_token(struct reader *r, const struct msgpack_token *token, const struct type *t,
                       const struct path *at, const struct value **out)
{
    if (token->kind == MSGPACK_NIL) {
        *out = &value_null;
        return true;
    }
    if (token->kind == MSGPACK_EXT)
        return read_unknown(r, token, at, out);
    switch (t->kind) {
    case TYPE_STRING:
        return read_string(r, token, at, out);
    case TYPE_NUMBER:
        return read_number(r, token, at, out);
    case TYPE_BOOL:
        return read_bool(r, token, at, out);
    case TYPE_LIST:
    case TYPE_SET:
    case TYPE_TUPLE:
        return read_list(r, token, t, at, out);
    case TYPE_MAP:
        return read_map(r, token, t, at, out);
    case TYPE_OBJECT:
        return read_object(r, token, t, at, out);
    default:
        return read_dynamic(r, token, at, out);
    }
}

static bool read_value(struct reader *r, const struct type *t, const struct path *at,
                       const struct value **out)
{
    struct msgpack_token token;
    bool done;

    *out = &value_null;
    if (r->depth >= MSGPACK_DEPTH_MAX)
        return fail(r, at, "the value is nested too deep");
    if (!next_token(r, at, &token))
        return false;
    r->depth++;
    done = read_token(r, &token, t, at, out);
    r->depth--;
    return done;
}

bool msgpack_read(struct arena *a, struct text bytes, const struct type *t, struct diags *diags,
                  const struct value **out)
{
    struct reader r = {.a = a, .diags = diags, .start = bytes.at, .rest = bytes};

    *out = &value_null;
    if (bytes.len > BYTES_MAX)
        return fail(&r, NULL, "the value is too long");
    if (!read_value(&r, t, NULL, out))
        return false;
    return !r.rest.len || fail(&r, NULL, "more bytes follow behind the value");
}

/* --- writing ------------------------------------------------------------- */

struct writer {
    struct diags *diags;
    struct text_builder b;
    int depth;
};

static bool write_value(struct writer *w, const struct value *v, const struct type *t,
                        const struct path *at);

static bool own_mistake(const struct writer *w, const struct path *at, const char *reason)
{
    return diag_error(w->diags, path_copy(w->diags->arena, at), "Provider made a wrong value",
                      "%s. This is a bug in the provider; please report it.", reason);
}

static bool no_fit(const struct writer *w, const struct value *v, const struct type *t,
                   const struct path *at)
{
    struct arena *a = w->b.arena;

    return own_mistake(
        w, at,
        text_f(a, "A %s stands where the schema has %s", value_kind_name(v), type_name(a, t)));
}

static void write_unknown(struct writer *w, const struct value *v)
{
    bool refined = v->refinement.len > 0;
    struct text body = refined ? v->refinement : TEXT("\0");

    msgpack_add_ext(&w->b, refined ? EXT_REFINED : EXT_UNKNOWN, body);
}

/* As cty: the smallest int; else a double if it is exactly that; else digits. */
static void write_number(struct writer *w, const struct number *n)
{
    bool whole = !memchr(n->text.at, '.', n->text.len);
    char digits[REAL_TEXT_BYTES];

    if (n->is_integer)
        msgpack_add_integer(&w->b, n->integer);
    else if (whole || !text_is(n->text, real_text(digits, n->real)))
        msgpack_add_string(&w->b, n->text);
    else
        msgpack_add_real(&w->b, n->real);
}

static bool write_list(struct writer *w, const struct value *v, const struct type *t,
                       const struct path *at)
{
    if (v->kind != VALUE_LIST || (t->kind == TYPE_TUPLE && v->list.count != t->count))
        return no_fit(w, v, t, at);
    msgpack_add_array(&w->b, v->list.count);
    for (size_t i = 0; i < v->list.count; i++) {
        const struct path step = {.parent = at, .kind = PATH_INDEX, .index = (int64_t)i};
        const struct type *element = t->kind == TYPE_TUPLE ? t->fields[i].type : t->element;

        if (!write_value(w, v->list.items[i], element, &step))
            return false;
    }
    return true;
}

static bool write_map(struct writer *w, const struct value *v, const struct type *t,
                      const struct path *at)
{
    if (v->kind != VALUE_MAP)
        return no_fit(w, v, t, at);
    msgpack_add_map(&w->b, v->map.count);
    for (size_t i = 0; i < v->map.count; i++) {
        const struct value_entry *entry = &v->map.entries[i];
        const struct path step = {.parent = at, .kind = PATH_KEY, .name = entry->key};

        msgpack_add_string(&w->b, text_of(entry->key));
        if (!write_value(w, entry->value, t->element, &step))
            return false;
    }
    return true;
}

static bool write_object(struct writer *w, const struct value *v, const struct type *t,
                         const struct path *at)
{
    if (v->kind != VALUE_MAP)
        return no_fit(w, v, t, at);
    for (size_t i = 0; i < v->map.count; i++)
        if (!type_field(t, v->map.entries[i].key))
            return own_mistake(
                w, at, text_f(w->b.arena, "The schema has no \"%s\"", v->map.entries[i].key));
    msgpack_add_map(&w->b, t->count);
    for (size_t i = 0; i < t->count; i++) {
        const char *name = t->fields[i].name;
        const struct path step = {.parent = at, .kind = PATH_NAME, .name = name};

        msgpack_add_string(&w->b, text_of(name));
        if (!write_value(w, value_at(v, name), t->fields[i].type, &step))
            return false;
    }
    return true;
}

static bool write_dynamic(struct writer *w, const struct value *v, const struct path *at)
{
    const struct type *type = type_of_value(w->b.arena, v);

    msgpack_add_array(&w->b, 2);
    msgpack_add_binary(&w->b, type_json(w->b.arena, type));
    return write_value(w, v, type, at);
}

/* Nulls and unknowns have a type only when they came with one. */
static bool has_type(const struct value *v)
{
    return value_is_set(v) || (v->type && v->type->kind != TYPE_DYNAMIC);
}

static bool write_known(struct writer *w, const struct value *v, const struct type *t,
                        const struct path *at)
{
    switch (t->kind) {
    case TYPE_STRING:
        if (v->kind != VALUE_STRING)
            return no_fit(w, v, t, at);
        if (!text_utf8_valid(v->string))
            return own_mistake(w, at, "A string is not valid UTF-8");
        msgpack_add_string(&w->b, v->string);
        return true;
    case TYPE_NUMBER:
        if (v->kind != VALUE_NUMBER)
            return no_fit(w, v, t, at);
        write_number(w, &v->number);
        return true;
    case TYPE_BOOL:
        if (v->kind != VALUE_BOOL)
            return no_fit(w, v, t, at);
        msgpack_add_bool(&w->b, v->boolean);
        return true;
    case TYPE_MAP:
        return write_map(w, v, t, at);
    case TYPE_OBJECT:
        return write_object(w, v, t, at);
    default:
        return write_list(w, v, t, at);
    }
}

static bool write_value(struct writer *w, const struct value *v, const struct type *t,
                        const struct path *at)
{
    bool done = true;

    if (w->depth >= MSGPACK_DEPTH_MAX)
        return own_mistake(w, at, "The value is nested too deep");
    w->depth++;
    if (t->kind == TYPE_DYNAMIC && has_type(v))
        done = write_dynamic(w, v, at);
    else if (value_is_null(v))
        msgpack_add_nil(&w->b);
    else if (value_is_unknown(v))
        write_unknown(w, v);
    else
        done = write_known(w, v, t, at);
    w->depth--;
    return done;
}

bool msgpack_write(struct arena *a, const struct value *v, const struct type *t,
                   struct diags *diags, struct text *out)
{
    struct writer w = {.diags = diags};

    text_builder_init(&w.b, a, BYTES_MAX);
    *out = TEXT("");
    if (!write_value(&w, v, t, NULL))
        return false;
    if (w.b.overflow)
        return own_mistake(&w, NULL, "The value is too long to be sent");
    *out = text_built(&w.b);
    return true;
}
