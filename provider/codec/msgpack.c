#include "codec/msgpack.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <mpack.h>

#include "codec/json.h"

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
    const char *start, *at;
    size_t left;
    mpack_tokbuf_t tokens;
    int depth;
};

static bool read_value(struct reader *r, const struct type *t, const struct path *at,
                       const struct value **out);

static bool fail(const struct reader *r, const struct path *at, const char *reason)
{
    return diag_error(r->diags, path_copy(r->diags->arena, at), "Malformed value from Terraform",
                      "At byte %zu: %s. This is a bug in Terraform or in the provider; please "
                      "report it.",
                      (size_t)(r->at - r->start), reason);
}

static bool misfit(const struct reader *r, const struct path *at, const struct type *t)
{
    return fail(r, at, text_f(r->a, "a value of type %s was expected", type_name(r->a, t)));
}

static bool next_token(struct reader *r, const struct path *at, mpack_token_t *token)
{
    int status = MPACK_EOF;

    if (r->left)
        status = mpack_read(&r->tokens, &r->at, &r->left, token);
    if (status == MPACK_OK)
        return true;
    return fail(r, at,
                status == MPACK_EOF ? "the value ends too early" : "no value starts like this");
}

/* What follows the token of a string, binary or ext; borrowed from the input. */
static bool read_body(struct reader *r, const mpack_token_t *token, const struct path *at,
                      struct text *out)
{
    mpack_token_t chunk;

    *out = (struct text){r->at, token->length};
    if (token->length > r->left)
        return fail(r, at, "the value ends too early");
    return token->length == 0 || next_token(r, at, &chunk);
}

static bool read_unknown(struct reader *r, const mpack_token_t *token, const struct path *at,
                         const struct value **out)
{
    struct value *v;
    struct text body = TEXT("");

    if (!read_body(r, token, at, &body))
        return false;
    *out = &value_unknown;
    if (token->data.ext_type != EXT_REFINED || !body.len)
        return true;
    if (body.len > REFINEMENT_BYTES_MAX)
        return fail(r, at, "a refinement of an unknown value is too long");
    v = arena_alloc(r->a, sizeof(*v));
    v->kind = VALUE_UNKNOWN;
    v->refinement = (struct text){text_z(r->a, body), body.len};
    *out = v;
    return true;
}

static bool read_text(struct reader *r, const mpack_token_t *token, const struct type *t,
                      const struct path *at, struct text *out)
{
    if (token->type != MPACK_TOKEN_STR)
        return misfit(r, at, t);
    if (!read_body(r, token, at, out))
        return false;
    return text_utf8_valid(*out) || fail(r, at, "a string is not valid UTF-8");
}

static bool read_string(struct reader *r, const mpack_token_t *token, const struct path *at,
                        const struct value **out)
{
    struct text text = TEXT("");

    if (!read_text(r, token, &type_string, at, &text))
        return false;
    *out = value_string_of(r->a, text);
    return true;
}

static double real_of(const mpack_token_t *token)
{
    uint64_t bits = (uint64_t)token->data.value.hi << 32 | token->data.value.lo;
    float single;
    double real;

    if (token->length == sizeof(single)) {
        memcpy(&single, &token->data.value.lo, sizeof(single));
        return single;
    }
    memcpy(&real, &bits, sizeof(real));
    return real;
}

/* libmpack leaves the bits above a token's length at 0. */
static int64_t negative_of(const mpack_token_t *token)
{
    uint64_t bits = (uint64_t)token->data.value.hi << 32 | token->data.value.lo;
    int64_t out;

    if (token->length < 8)
        bits |= UINT64_MAX << (8 * token->length);
    memcpy(&out, &bits, sizeof(out));
    return out;
}

static bool read_number(struct reader *r, const mpack_token_t *token, const struct path *at,
                        const struct value **out)
{
    uint64_t bits = (uint64_t)token->data.value.hi << 32 | token->data.value.lo;
    char digits[REAL_TEXT_BYTES];
    struct text text = TEXT("");

    switch (token->type) {
    case MPACK_TOKEN_UINT:
        *out = bits <= INT64_MAX
                   ? value_integer(r->a, (int64_t)bits)
                   : value_number(r->a, text_of(text_f(r->a, "%llu", (unsigned long long)bits)));
        return true;
    case MPACK_TOKEN_SINT:
        *out = value_integer(r->a, negative_of(token));
        return true;
    case MPACK_TOKEN_FLOAT:
        text = text_of(real_text(digits, real_of(token)));
        break;
    default:
        if (!read_text(r, token, &type_number, at, &text))
            return false;
    }
    *out = value_number(r->a, text);
    return *out || fail(r, at, "a number is not finite, not a number or has too many digits");
}

static bool read_bool(struct reader *r, const mpack_token_t *token, const struct path *at,
                      const struct value **out)
{
    if (token->type != MPACK_TOKEN_BOOLEAN)
        return misfit(r, at, &type_bool);
    *out = value_bool(token->data.value.lo != 0);
    return true;
}

static bool read_list(struct reader *r, const mpack_token_t *token, const struct type *t,
                      const struct path *at, const struct value **out)
{
    struct value_builder items;

    if (token->type != MPACK_TOKEN_ARRAY || (t->kind == TYPE_TUPLE && token->length != t->count))
        return misfit(r, at, t);
    value_builder_init(&items, r->a);
    for (uint32_t i = 0; i < token->length; i++) {
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
    mpack_token_t token = {.type = MPACK_TOKEN_NIL};

    if (!next_token(r, at, &token) || !read_text(r, &token, &type_string, at, key))
        return false;
    if (key->len && memchr(key->at, '\0', key->len))
        return fail(r, at, "a key holds a NUL character");
    return true;
}

static bool read_map(struct reader *r, const mpack_token_t *token, const struct type *t,
                     const struct path *at, const struct value **out)
{
    struct value_builder entries;
    const char *duplicate;

    if (token->type != MPACK_TOKEN_MAP)
        return misfit(r, at, t);
    value_builder_init(&entries, r->a);
    for (uint32_t i = 0; i < token->length; i++) {
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

static bool read_object(struct reader *r, const mpack_token_t *token, const struct type *t,
                        const struct path *at, const struct value **out)
{
    struct value_entry *entries;

    if (token->type != MPACK_TOKEN_MAP)
        return misfit(r, at, t);
    if (token->length != t->count)
        return fail(r, at,
                    text_f(r->a, "an object with %zu attributes was expected, not with %zu",
                           t->count, (size_t)token->length));
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
static bool read_dynamic(struct reader *r, const mpack_token_t *pair, const struct path *at,
                         const struct value **out)
{
    const struct type *type;
    mpack_token_t token = {.type = MPACK_TOKEN_NIL};
    struct text json;

    if (pair->type != MPACK_TOKEN_ARRAY || pair->length != 2)
        return fail(r, at, "a pair of type and value was expected");
    if (!next_token(r, at, &token))
        return false;
    if (token.type != MPACK_TOKEN_BIN && token.type != MPACK_TOKEN_STR)
        return fail(r, at, "a type was expected");
    if (!read_body(r, &token, at, &json))
        return false;
    type = type_of_json(r->a, json);
    if (!type)
        return fail(r, at, "the type of a value is not one that Terraform has");
    if (!read_value(r, type, at, out))
        return false;
    *out = value_typed(r->a, *out, type);
    return true;
}

static bool read_token(struct reader *r, const mpack_token_t *token, const struct type *t,
                       const struct path *at, const struct value **out)
{
    if (token->type == MPACK_TOKEN_NIL) {
        *out = &value_null;
        return true;
    }
    if (token->type == MPACK_TOKEN_EXT)
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
    mpack_token_t token = {.type = MPACK_TOKEN_NIL};
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
    struct reader r = {
        .a = a, .diags = diags, .start = bytes.at, .at = bytes.at, .left = bytes.len};

    *out = &value_null;
    if (bytes.len > BYTES_MAX)
        return fail(&r, NULL, "the value is too long");
    if (!read_value(&r, t, NULL, out))
        return false;
    return !r.left || fail(&r, NULL, "more bytes follow behind the value");
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

static void add_token(struct writer *w, mpack_token_t token)
{
    mpack_tokbuf_t tokens = MPACK_TOKBUF_INITIAL_VALUE;
    char header[2 * MPACK_MAX_TOKEN_LEN], *end = header;
    size_t left = sizeof(header);

    mpack_write(&tokens, &end, &left, &token); /* fails for want of room only */
    text_add(&w->b, (struct text){header, (size_t)(end - header)});
}

static void add_header(struct writer *w, mpack_token_type_t type, size_t length)
{
    add_token(w, (mpack_token_t){.type = type, .length = (mpack_uint32_t)length});
}

static void add_bits(struct writer *w, mpack_token_type_t type, uint64_t bits)
{
    add_token(w, (mpack_token_t){
                     .type = type,
                     .length = 8,
                     .data.value = {.lo = (mpack_uint32_t)bits, .hi = (mpack_uint32_t)(bits >> 32)},
                 });
}

/* libmpack writes -129, -32769 and all below -2^32 wrong. */
static void add_negative(struct writer *w, int64_t i)
{
    int bytes = i >= INT8_MIN ? 1 : i >= INT16_MIN ? 2 : i >= INT32_MIN ? 4 : 8;

    if (i < -32)
        text_add_char(&w->b, (char)(bytes == 1   ? 0xd0
                                    : bytes == 2 ? 0xd1
                                    : bytes == 4 ? 0xd2
                                                 : 0xd3));
    while (bytes--)
        text_add_char(&w->b, (char)((uint64_t)i >> (8 * bytes) & 0xff));
}

static void write_string(struct writer *w, mpack_token_type_t type, struct text t)
{
    add_header(w, type, t.len);
    text_add(&w->b, t);
}

static void write_unknown(struct writer *w, const struct value *v)
{
    bool refined = v->refinement.len > 0;
    struct text body = refined ? v->refinement : TEXT("\0");

    add_token(w, (mpack_token_t){
                     .type = MPACK_TOKEN_EXT,
                     .length = (mpack_uint32_t)body.len,
                     .data.ext_type = refined ? EXT_REFINED : EXT_UNKNOWN,
                 });
    text_add(&w->b, body);
}

/* As cty: the smallest int; else a double if it is exactly that; else digits. */
static void write_number(struct writer *w, const struct number *n)
{
    bool whole = !memchr(n->text.at, '.', n->text.len);
    char digits[REAL_TEXT_BYTES];
    uint64_t bits;

    if (n->is_integer) {
        if (n->integer < 0)
            add_negative(w, n->integer);
        else
            add_bits(w, MPACK_TOKEN_UINT, (uint64_t)n->integer);
        return;
    }
    if (whole || !text_is(n->text, real_text(digits, n->real))) {
        write_string(w, MPACK_TOKEN_STR, n->text);
        return;
    }
    memcpy(&bits, &n->real, sizeof(bits));
    add_bits(w, MPACK_TOKEN_FLOAT, bits);
}

static bool write_list(struct writer *w, const struct value *v, const struct type *t,
                       const struct path *at)
{
    if (v->kind != VALUE_LIST || (t->kind == TYPE_TUPLE && v->list.count != t->count))
        return no_fit(w, v, t, at);
    add_header(w, MPACK_TOKEN_ARRAY, v->list.count);
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
    add_header(w, MPACK_TOKEN_MAP, v->map.count);
    for (size_t i = 0; i < v->map.count; i++) {
        const struct value_entry *entry = &v->map.entries[i];
        const struct path step = {.parent = at, .kind = PATH_KEY, .name = entry->key};

        write_string(w, MPACK_TOKEN_STR, text_of(entry->key));
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
    add_header(w, MPACK_TOKEN_MAP, t->count);
    for (size_t i = 0; i < t->count; i++) {
        const char *name = t->fields[i].name;
        const struct path step = {.parent = at, .kind = PATH_NAME, .name = name};

        write_string(w, MPACK_TOKEN_STR, text_of(name));
        if (!write_value(w, value_at(v, name), t->fields[i].type, &step))
            return false;
    }
    return true;
}

static bool write_dynamic(struct writer *w, const struct value *v, const struct path *at)
{
    const struct type *type = type_of_value(w->b.arena, v);

    add_header(w, MPACK_TOKEN_ARRAY, 2);
    write_string(w, MPACK_TOKEN_BIN, type_json(w->b.arena, type));
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
        write_string(w, MPACK_TOKEN_STR, v->string);
        return true;
    case TYPE_NUMBER:
        if (v->kind != VALUE_NUMBER)
            return no_fit(w, v, t, at);
        write_number(w, &v->number);
        return true;
    case TYPE_BOOL:
        if (v->kind != VALUE_BOOL)
            return no_fit(w, v, t, at);
        add_token(w, (mpack_token_t){.type = MPACK_TOKEN_BOOLEAN, .data.value.lo = v->boolean});
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
        add_header(w, MPACK_TOKEN_NIL, 0);
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
