/* test_message - the protocol's messages as JSON, for test cases kept as data.
 *
 * One generic pair over protobuf-c's descriptors. Fields at their default are
 * left out. A DynamicValue is the short form of test_case.h, of the type that
 * the case is about; {"$bytes": "…hex…"} is raw MessagePack. A bytes field is
 * the JSON it holds, or a string. An AttributePath is its text, a Diagnostic
 * "error path: summary: detail". Used by *_test.c and the harness. */
#ifndef RPC_TEST_MESSAGE_H
#define RPC_TEST_MESSAGE_H
#include <stdlib.h>
#include <string.h>

#include "codec/msgpack.h"
#include "rpc/method.h"
#include "schema/test_case.h"

/* What the case's dynamic values are of. */
struct message_types {
    const struct attribute *rows; /* of the resource; NULL: any_type */
    const struct type *any_type;  /* of a function's arguments and result */
    const struct type *identity;
};

struct message_place {
    struct arena *a;
    const struct message_types *types;
    bool identity; /* inside a ResourceIdentityData */
};

static inline bool message_is(const ProtobufCMessageDescriptor *d, const char *name)
{
    return strcmp(d->short_name, name) == 0;
}

static inline const struct type *message_value_type(const struct message_place *p)
{
    if (p->identity)
        return p->types->identity;
    return p->types->rows ? attributes_type(p->a, p->types->rows) : p->types->any_type;
}

static inline struct text message_unhex(struct arena *a, const char *hex)
{
    size_t len = strlen(hex) / 2;
    char *bytes = arena_alloc(a, len);

    for (size_t i = 0; i < len; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        bytes[i] = (char)strtol(pair, NULL, 16);
    }
    return (struct text){bytes, len};
}

/* --- JSON to message ------------------------------------------------------ */

static inline void *message_make(const struct message_place *p, const ProtobufCMessageDescriptor *d,
                                 const struct value *json);

static inline void *message_make_value(const struct message_place *p, const struct value *json)
{
    Tfplugin6__DynamicValue *out = wire_new(p->a, &tfplugin6__dynamic_value__descriptor);
    const struct value *v;
    struct diags said;
    struct text bytes;

    if (value_has(json, "$bytes")) {
        out->msgpack = wire_bytes(message_unhex(p->a, value_text(json, "$bytes")));
        return out;
    }
    v = value_is_set(json) && p->types->rows && !p->identity
            ? case_object(p->a, p->types->rows, json)
            : case_marked(p->a, json);
    diags_init(&said, p->a);
    if (!msgpack_write(p->a, v, message_value_type(p), &said, &bytes))
        fail_msg("%s: %s", json_write(p->a, json).at, said.first->detail);
    out->msgpack = wire_bytes(bytes);
    return out;
}

static inline void message_set_one(const struct message_place *p, void *member,
                                   const ProtobufCFieldDescriptor *f, const struct value *json)
{
    ProtobufCBinaryData bytes;
    int32_t small = (int32_t)value_as_integer(json);
    int64_t large = value_as_integer(json);
    protobuf_c_boolean flag = value_as_bool(json);
    char *z = wire_string(value_z(json));
    void *message;

    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        memcpy(member, &z, sizeof(z));
        break;
    case PROTOBUF_C_TYPE_BYTES:
        bytes = wire_bytes(json->kind == VALUE_STRING ? value_string_text(json)
                                                      : json_write(p->a, json));
        memcpy(member, &bytes, sizeof(bytes));
        break;
    case PROTOBUF_C_TYPE_BOOL:
        memcpy(member, &flag, sizeof(flag));
        break;
    case PROTOBUF_C_TYPE_INT64:
        memcpy(member, &large, sizeof(large));
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        message = message_make(p, f->descriptor, json);
        memcpy(member, &message, sizeof(message));
        break;
    default:
        memcpy(member, &small, sizeof(small));
    }
}

static inline size_t message_size(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT64:
        return sizeof(int64_t);
    case PROTOBUF_C_TYPE_MESSAGE:
    case PROTOBUF_C_TYPE_STRING:
        return sizeof(void *);
    default:
        return sizeof(int32_t);
    }
}

static inline void message_set(const struct message_place *p, char *message,
                               const ProtobufCFieldDescriptor *f, const struct value *json)
{
    size_t count = value_count(json), size = message_size(f);
    char *list;

    if (f->label != PROTOBUF_C_LABEL_REPEATED) {
        if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
            memcpy(message + f->quantifier_offset, &f->id, sizeof(f->id));
        message_set_one(p, message + f->offset, f, json);
        return;
    }
    list = arena_array(p->a, count, size);
    for (size_t i = 0; i < count; i++)
        message_set_one(p, list + i * size, f, value_item(json, i));
    memcpy(message + f->quantifier_offset, &count, sizeof(count));
    memcpy(message + f->offset, &list, sizeof(list));
}

static inline void *message_make(const struct message_place *p, const ProtobufCMessageDescriptor *d,
                                 const struct value *json)
{
    struct message_place inner = *p;
    void *message = wire_new(p->a, d);

    if (message_is(d, "DynamicValue"))
        return message_make_value(p, json);
    inner.identity = p->identity || message_is(d, "ResourceIdentityData");
    for (size_t i = 0; i < value_count(json); i++) {
        const struct value_entry *entry = &json->map.entries[i];
        const ProtobufCFieldDescriptor *f =
            protobuf_c_message_descriptor_get_field_by_name(d, entry->key);

        if (!f)
            fail_msg("%s has no field %s", d->name, entry->key);
        message_set(&inner, message, f, entry->value);
    }
    return message;
}

/* --- message to JSON ------------------------------------------------------ */

static inline const struct value *message_show(const struct message_place *p,
                                               const ProtobufCMessage *message);

static inline const struct value *message_show_value(const struct message_place *p,
                                                     const Tfplugin6__DynamicValue *message)
{
    const struct value *v;
    struct diags said;

    diags_init(&said, p->a);
    if (!msgpack_read(p->a, wire_text(message->msgpack), message_value_type(p), &said, &v))
        fail_msg("a reply's value cannot be read: %s", said.first->detail);
    return case_short(p->a, v);
}

static inline const char *message_show_path(struct arena *a, const Tfplugin6__AttributePath *m)
{
    const struct path *at = NULL;

    for (size_t i = 0; m && i < m->n_steps; i++)
        if (m->steps[i]->selector_case == TFPLUGIN6__ATTRIBUTE_PATH__STEP__SELECTOR_ATTRIBUTE_NAME)
            at = path_name(a, at, m->steps[i]->attribute_name);
        else if (m->steps[i]->selector_case ==
                 TFPLUGIN6__ATTRIBUTE_PATH__STEP__SELECTOR_ELEMENT_KEY_STRING)
            at = path_key(a, at, m->steps[i]->element_key_string);
        else
            at = path_index(a, at, (size_t)m->steps[i]->element_key_int);
    return path_text(a, at);
}

static inline const struct value *message_show_diagnostic(struct arena *a,
                                                          const Tfplugin6__Diagnostic *m)
{
    static const char *const severities[] = {"invalid", "error", "warning"};

    return value_f(a, "%s %s: %s: %s", severities[m->severity], message_show_path(a, m->attribute),
                   m->summary, m->detail);
}

/* The JSON that the bytes are, else the bytes as a string. */
static inline const struct value *message_show_bytes(struct arena *a, struct text bytes)
{
    const struct value *v;
    struct diags said;

    diags_init(&said, a);
    return json_read(a, bytes, "bytes", &said, &v) ? v : value_string_of(a, bytes);
}

static inline const struct value *message_show_one(const struct message_place *p,
                                                   const void *member,
                                                   const ProtobufCFieldDescriptor *f)
{
    const ProtobufCMessage *const *message = member;
    const ProtobufCBinaryData *bytes = member;
    const char *const *z = member;
    const int64_t *large = member;
    const int32_t *small = member;

    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return **z ? value_string(p->a, *z) : NULL;
    case PROTOBUF_C_TYPE_BYTES:
        return bytes->len ? message_show_bytes(p->a, wire_text(*bytes)) : NULL;
    case PROTOBUF_C_TYPE_INT64:
        return *large ? value_integer(p->a, *large) : NULL;
    case PROTOBUF_C_TYPE_MESSAGE:
        return *message ? message_show(p, *message) : NULL;
    case PROTOBUF_C_TYPE_BOOL:
        return *small ? &value_true : NULL;
    default:
        return *small ? value_integer(p->a, *small) : NULL;
    }
}

static inline const struct value *message_show_list(const struct message_place *p,
                                                    const char *message,
                                                    const ProtobufCFieldDescriptor *f)
{
    struct value_builder b;
    const char *list;
    size_t count;

    memcpy(&count, message + f->quantifier_offset, sizeof(count));
    memcpy(&list, message + f->offset, sizeof(list));
    value_builder_init(&b, p->a);
    for (size_t i = 0; i < count; i++)
        value_builder_add(&b, message_show_one(p, list + i * message_size(f), f));
    return count ? value_builder_list(&b) : NULL;
}

static inline const struct value *message_show_field(const struct message_place *p,
                                                     const char *message,
                                                     const ProtobufCFieldDescriptor *f)
{
    const struct value *v;
    uint32_t chosen;

    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return message_show_list(p, message, f);
    if (!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return message_show_one(p, message + f->offset, f);
    memcpy(&chosen, message + f->quantifier_offset, sizeof(chosen));
    if (chosen != f->id)
        return NULL;
    v = message_show_one(p, message + f->offset, f);
    if (v)
        return v;
    return f->type == PROTOBUF_C_TYPE_INT64 ? value_integer(p->a, 0) : &value_empty_string;
}

static inline const struct value *message_show(const struct message_place *p,
                                               const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *d = message->descriptor;
    struct message_place inner = *p;
    struct value_builder b;

    if (message_is(d, "DynamicValue"))
        return message_show_value(p, (const Tfplugin6__DynamicValue *)message);
    if (message_is(d, "Diagnostic"))
        return message_show_diagnostic(p->a, (const Tfplugin6__Diagnostic *)message);
    if (message_is(d, "AttributePath"))
        return value_string(p->a,
                            message_show_path(p->a, (const Tfplugin6__AttributePath *)message));
    inner.identity = p->identity || message_is(d, "ResourceIdentityData");
    value_builder_init(&b, p->a);
    for (unsigned i = 0; i < d->n_fields; i++) {
        const struct value *v = message_show_field(&inner, (const char *)message, &d->fields[i]);

        if (v)
            value_builder_push(&b, d->fields[i].name, v);
    }
    return value_builder_map(&b);
}

/* --- whole requests and replies ------------------------------------------- */

static inline struct text message_request(struct arena *a, const struct message_types *types,
                                          const struct method *m, const struct value *json)
{
    const struct message_place p = {a, types, false};
    const ProtobufCMessage *message = message_make(&p, m->request, json);
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(a, len);

    protobuf_c_message_pack(message, bytes);
    return (struct text){(const char *)bytes, len};
}

static inline void *message_take(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static inline void message_leave(void *arena, void *block)
{
    (void)arena;
    (void)block;
}

static inline const struct value *message_reply(struct arena *a, const struct message_types *types,
                                                const struct method *m, struct text bytes)
{
    const struct message_place p = {a, types, false};
    ProtobufCAllocator allocator = {message_take, message_leave, a};
    const ProtobufCMessage *message =
        protobuf_c_message_unpack(m->response, &allocator, bytes.len, (const uint8_t *)bytes.at);

    if (!message)
        fail_msg("the reply of %s cannot be unpacked", m->path);
    return message_show(&p, message);
}

#endif
