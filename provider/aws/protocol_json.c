/* REST with JSON bodies, and the form with one path and X-Amz-Target. */
#include <string.h>

#include "aws/protocol_parts.h"
#include "codec/json.h"

static bool encode_members(const struct encoding *e, const struct aws_member *rows,
                           const struct value *v, const struct value **out);

static bool encode_list(const struct encoding *e, const struct aws_member *m, const struct value *v,
                        const struct value **out)
{
    struct value_builder b;

    value_builder_init(&b, e->a);
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value *item = value_item(v, i);

        if (m->members && !encode_members(e, m->members, item, &item))
            return false;
        value_builder_add(&b, item);
    }
    *out = value_builder_list(&b);
    return true;
}

static bool encode_member(const struct encoding *e, const struct aws_member *m,
                          const struct value *v, const struct value **out)
{
    const char *text;

    *out = v;
    switch (m->kind) {
    case AWS_STRUCTURE:
        return encode_members(e, m->members, v, out);
    case AWS_LIST:
        return encode_list(e, m, v, out);
    case AWS_MAP:
        return true;
    default:
        return protocol_scalar(e, m, v, &text); /* times are numbers here: seconds */
    }
}

/* Unlike the other forms, an empty list says something here when it is set. */
static bool encode_members(const struct encoding *e, const struct aws_member *rows,
                           const struct value *v, const struct value **out)
{
    struct value_builder b;

    value_builder_init(&b, e->a);
    for (const struct aws_member *m = rows; m && m->name; m++) {
        const struct value *member = value_at(v, m->name), *encoded;

        if (m->place != AWS_BODY || !value_is_set(member))
            continue;
        if (!encode_member(e, m, member, &encoded))
            return false;
        value_builder_push(&b, protocol_wire_name(m), encoded);
    }
    *out = value_builder_map(&b);
    return true;
}

/* The content type of a body, the operation where the path does not tell it, and the
 * members that travel as headers. */
static bool headers(const struct encoding *e, bool has_body, struct protocol_request *out)
{
    const struct aws_service *service = e->operation->service;
    bool named = service->protocol == AWS_JSON;
    struct http_header *list;
    size_t count = 0;

    for (const struct aws_member *m = e->operation->input; m && m->name; m++)
        count++;
    list = arena_array(e->a, count + 2, sizeof(*list));
    out->headers = list;
    if (has_body)
        list[out->header_count++] = (struct http_header){
            "Content-Type", named ? "application/x-amz-json-1.1" : "application/json"};
    if (named)
        list[out->header_count++] = (struct http_header){
            "X-Amz-Target", text_f(e->a, "%s.%s", service->target, e->operation->name)};
    for (const struct aws_member *m = e->operation->input; m && m->name; m++) {
        const struct value *v = value_at(e->input, m->name);
        struct http_header *header = &list[out->header_count];

        if (m->place != AWS_HEADER || !protocol_is_sent(v))
            continue;
        header->name = protocol_wire_name(m);
        if (!protocol_scalar(e, m, v, &header->value))
            return false;
        out->header_count++;
    }
    return true;
}

bool protocol_json_encode(const struct encoding *e, struct protocol_request *out)
{
    const struct value *body;
    bool has_body;

    if (e->operation->service->protocol != AWS_JSON) {
        out->method = e->operation->method;
        if (!protocol_target(e, &out->path, &out->query))
            return false;
    }
    has_body = strcmp(out->method, "GET") != 0 && strcmp(out->method, "DELETE") != 0;
    if (!headers(e, has_body, out))
        return false;
    if (!has_body)
        return true;
    if (!encode_members(e, e->operation->input, e->input, &body))
        return false;
    out->body = json_write(e->a, body);
    return true;
}

/* --- answers ------------------------------------------------------------------- */

static const struct value *decode_list(struct arena *a, const struct value *json,
                                       const struct aws_member *m)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(json); i++)
        value_builder_add(&b, m->members ? protocol_json_decode(a, value_item(json, i), m->members)
                                         : value_item(json, i));
    return value_builder_list(&b);
}

static const struct value *decode_member(struct arena *a, const struct value *json,
                                         const struct aws_member *m)
{
    switch (m->kind) {
    case AWS_STRUCTURE:
        return protocol_json_decode(a, json, m->members);
    case AWS_LIST:
        return decode_list(a, json, m);
    case AWS_TIME:
        return value_integer(a, (int64_t)value_as_real(json));
    default:
        return json;
    }
}

const struct value *protocol_json_decode(struct arena *a, const struct value *json,
                                         const struct aws_member *rows)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (const struct aws_member *m = rows; m && m->name; m++) {
        const struct value *member = value_at(json, protocol_wire_name(m));

        if (value_is_set(member))
            value_builder_push(&b, m->name, decode_member(a, member, m));
    }
    return value_builder_map(&b);
}
