#include "rpc/wire.h"

#include <string.h>

#include "codec/json.h"
#include "codec/msgpack.h"

void *wire_new(struct arena *a, const ProtobufCMessageDescriptor *descriptor)
{
    void *message = arena_alloc(a, descriptor->sizeof_message);

    protobuf_c_message_init(descriptor, message);
    return message;
}

void **wire_array(struct arena *a, size_t count, const ProtobufCMessageDescriptor *descriptor)
{
    void **messages = arena_array(a, count, sizeof(*messages));

    for (size_t i = 0; i < count; i++)
        messages[i] = wire_new(a, descriptor);
    return messages;
}

char *wire_string(const char *z)
{
    union {
        const char *borrowed;
        char *field;
    } both = {z ? z : ""};

    return both.field;
}

ProtobufCBinaryData wire_bytes(struct text t)
{
    return (ProtobufCBinaryData){.len = t.len, .data = (uint8_t *)wire_string(t.at)};
}

struct text wire_text(ProtobufCBinaryData bytes)
{
    return (struct text){bytes.data ? (const char *)bytes.data : "", bytes.len};
}

/* --- values --------------------------------------------------------------- */

static bool read_json(struct call *c, struct text json, const struct type *t,
                      const struct value **out)
{
    const struct value *tree;

    return json_read(c->arena, json, "value in the request", c->diags, &tree) &&
           json_to_type(c->arena, tree, t, c->diags, out);
}

bool wire_read(struct call *c, const Tfplugin6__DynamicValue *message, const struct type *t,
               const struct value **out)
{
    *out = &value_null;
    if (message && message->msgpack.len)
        return msgpack_read(c->arena, wire_text(message->msgpack), t, c->diags, out);
    if (message && message->json.len)
        return read_json(c, wire_text(message->json), t, out);
    return true;
}

bool wire_write(struct call *c, const struct value *v, const struct type *t,
                Tfplugin6__DynamicValue **out)
{
    struct text bytes;

    *out = NULL;
    if (!msgpack_write(c->arena, v, t, c->diags, &bytes))
        return false;
    *out = wire_new(c->arena, &tfplugin6__dynamic_value__descriptor);
    (*out)->msgpack = wire_bytes(bytes);
    return true;
}

bool wire_read_raw(struct call *c, const Tfplugin6__RawState *message, const char *what,
                   const struct value **out)
{
    *out = &value_null;
    if (message && message->n_flatmap)
        return diag_error(c->diags, NULL, "State is of a Terraform before 0.12",
                          "The %s is in the flatmap form. Write it once with Terraform 0.12 or "
                          "newer, or remove it from the state and import it.",
                          what);
    if (!message || !message->json.len)
        return diag_error(c->diags, NULL, "Malformed request", "The %s is missing.", what);
    return json_read(c->arena, wire_text(message->json), what, c->diags, out);
}

bool wire_read_private(struct call *c, ProtobufCBinaryData bytes)
{
    c->private_data = &value_null;
    if (!bytes.len)
        return true;
    if (!json_read(c->arena, wire_text(bytes), "private data of the state", c->diags,
                   &c->private_data))
        return false;
    if (c->private_data->kind == VALUE_MAP || value_is_null(c->private_data))
        return true;
    c->private_data = &value_null;
    return diag_error(c->diags, NULL, "Malformed private data",
                      "The data that this provider keeps beside the state is not a JSON object. "
                      "Remove the object from the state and import it again.");
}

ProtobufCBinaryData wire_write_private(struct call *c)
{
    const struct value *data = c->private_out ? c->private_out : c->private_data;

    if (!data || value_is_null(data))
        return wire_bytes(TEXT(""));
    return wire_bytes(json_write(c->arena, data));
}

const struct type *wire_identity_type(struct arena *a, const struct resource *r)
{
    struct type_field *fields;
    size_t count = 0;

    while (r->identity && r->identity[count])
        count++;
    fields = arena_array(a, count, sizeof(*fields));
    for (size_t i = 0; i < count; i++)
        fields[i] = (struct type_field){r->identity[i], &type_string};
    return type_object(a, fields, count);
}

bool wire_read_identity(struct call *c, const Tfplugin6__ResourceIdentityData *message,
                        const struct value **out)
{
    return wire_read(c, message ? message->identity_data : NULL,
                     wire_identity_type(c->arena, c->resource), out);
}

bool wire_write_identity(struct call *c, const struct value *state,
                         Tfplugin6__ResourceIdentityData **out)
{
    const char *const *names = c->resource->identity;
    struct value_builder b;
    bool told = false;

    *out = NULL;
    value_builder_init(&b, c->arena);
    for (size_t i = 0; names && names[i]; i++) {
        const struct value *v = value_at(state, names[i]);

        told = told || value_is_set(v);
        if (value_is_unknown(v))
            return true;
        value_builder_set(&b, names[i], v);
    }
    if (!told)
        return true;
    *out = wire_new(c->arena, &tfplugin6__resource_identity_data__descriptor);
    return wire_write(c, value_builder_map(&b), wire_identity_type(c->arena, c->resource),
                      &(*out)->identity_data);
}

/* --- diagnostics ---------------------------------------------------------- */

static void set_step(Tfplugin6__AttributePath__Step *out, const struct path *step)
{
    switch (step->kind) {
    case PATH_NAME:
        out->selector_case = TFPLUGIN6__ATTRIBUTE_PATH__STEP__SELECTOR_ATTRIBUTE_NAME;
        out->attribute_name = wire_string(step->name);
        break;
    case PATH_KEY:
        out->selector_case = TFPLUGIN6__ATTRIBUTE_PATH__STEP__SELECTOR_ELEMENT_KEY_STRING;
        out->element_key_string = wire_string(step->name);
        break;
    case PATH_INDEX:
        out->selector_case = TFPLUGIN6__ATTRIBUTE_PATH__STEP__SELECTOR_ELEMENT_KEY_INT;
        out->element_key_int = step->index;
        break;
    }
}

Tfplugin6__AttributePath *wire_path(struct arena *a, const struct path *p)
{
    Tfplugin6__AttributePath *out;
    const struct path *const *steps;

    if (!p)
        return NULL; /* the whole block */
    out = wire_new(a, &tfplugin6__attribute_path__descriptor);
    out->n_steps = path_depth(p);
    out->steps = (Tfplugin6__AttributePath__Step **)wire_array(
        a, out->n_steps, &tfplugin6__attribute_path__step__descriptor);
    steps = path_steps(a, p);
    for (size_t i = 0; i < out->n_steps; i++)
        set_step(out->steps[i], steps[i]);
    return out;
}

Tfplugin6__Diagnostic **wire_diagnostics(struct arena *a, const struct diags *diags)
{
    Tfplugin6__Diagnostic **out =
        (Tfplugin6__Diagnostic **)wire_array(a, diags->count, &tfplugin6__diagnostic__descriptor);
    size_t i = 0;

    for (const struct diag *d = diags->first; d; d = d->next, i++) {
        out[i]->severity = (Tfplugin6__Diagnostic__Severity)d->severity;
        out[i]->summary = wire_string(d->summary);
        out[i]->detail = wire_string(d->detail);
        out[i]->attribute = wire_path(a, d->path);
    }
    return out;
}
