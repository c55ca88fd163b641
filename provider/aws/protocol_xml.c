/* REST with XML bodies, and what all XML answers have in common. */
#include <string.h>

#include "aws/protocol_parts.h"
#include "base/clock.h"

/* --- requests ----------------------------------------------------------------- */

static bool add_members(const struct encoding *e, struct text_builder *b,
                        const struct aws_member *rows, const struct value *v);

static bool add_text(const struct encoding *e, struct text_builder *b, const char *name,
                     const struct aws_member *m, const struct value *v)
{
    const char *text;

    if (!protocol_scalar(e, m, v, &text))
        return false;
    text_add_f(b, "<%s>%s</%s>", name, xml_escape(e->a, text_of(text)), name);
    return true;
}

static bool add_items(const struct encoding *e, struct text_builder *b, const struct aws_member *m,
                      const struct value *v)
{
    const struct aws_member text = {.name = m->name, .kind = AWS_STRING};
    const char *item = m->item ? m->item : "member";

    for (size_t i = 0; i < value_count(v); i++) {
        if (!m->members) {
            if (!add_text(e, b, item, &text, value_item(v, i)))
                return false;
            continue;
        }
        text_add_f(b, "<%s>", item);
        if (!add_members(e, b, m->members, value_item(v, i)))
            return false;
        text_add_f(b, "</%s>", item);
    }
    return true;
}

static bool add_members(const struct encoding *e, struct text_builder *b,
                        const struct aws_member *rows, const struct value *v)
{
    for (const struct aws_member *m = rows; m && m->name; m++) {
        const struct value *member = value_at(v, m->name);
        const char *name = protocol_wire_name(m);
        bool is_list = m->kind == AWS_LIST;

        if (m->place != AWS_BODY || !protocol_is_sent(member))
            continue;
        if (!is_list && m->kind != AWS_STRUCTURE) {
            if (!add_text(e, b, name, m, member))
                return false;
            continue;
        }
        text_add_f(b, "<%s>", name);
        if (is_list ? !add_items(e, b, m, member) : !add_members(e, b, m->members, member))
            return false;
        text_add_f(b, "</%s>", name);
    }
    return true;
}

static bool has_body(const struct aws_operation *operation)
{
    return strcmp(operation->method, "GET") != 0 && strcmp(operation->method, "DELETE") != 0;
}

bool protocol_xml_encode(const struct encoding *e, struct protocol_request *out)
{
    static const struct http_header type = {"Content-Type", "application/xml"};
    const struct aws_operation *operation = e->operation;
    struct text_builder b;

    out->method = operation->method;
    if (!protocol_target(e, &out->path, &out->query))
        return false;
    if (!has_body(operation))
        return true;
    text_builder_init(&b, e->a, PROTOCOL_BYTES_MAX);
    text_add_f(&b, "<%sRequest xmlns=\"https://route53.amazonaws.com/doc/%s/\">", operation->name,
               operation->service->version);
    if (!add_members(e, &b, operation->input, e->input))
        return false;
    text_add_f(&b, "</%sRequest>", operation->name);
    out->headers = &type;
    out->header_count = 1;
    out->body = text_built(&b);
    return true;
}

/* --- answers ------------------------------------------------------------------- */

static const struct value *decode_scalar(struct arena *a, const struct xml_element *element,
                                         enum aws_kind kind)
{
    struct text t = text_trim(element->text);

    switch (kind) {
    case AWS_BOOL:
        return value_bool(text_is(t, "true"));
    case AWS_INTEGER: {
        const struct value *number = value_number(a, t);

        return number ? number : &value_null;
    }
    case AWS_TIME:
        return value_integer(a, clock_parse_rfc3339(text_z(a, t)));
    default:
        return value_string_of(a, t);
    }
}

static const struct value *decode_list(struct arena *a, const struct xml_element *element,
                                       const struct aws_member *m, bool lower_camel)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (const struct xml_element *item = element->first; item; item = item->next)
        value_builder_add(&b, m->members ? protocol_xml_decode(a, item, m->members, lower_camel)
                                         : decode_scalar(a, item, AWS_STRING));
    return value_builder_list(&b);
}

/* EC2 writes the first letter small, and "VPC" is no exception: "vpcId", "cidrBlock". */
static const char *answer_name(struct arena *a, const struct aws_member *m, bool lower_camel)
{
    char *name;

    if (m->wire || !lower_camel)
        return protocol_wire_name(m);
    name = arena_strdup(a, m->name);
    name[0] = (char)(name[0] | 0x20);
    return name;
}

const struct value *protocol_xml_decode(struct arena *a, const struct xml_element *element,
                                        const struct aws_member *rows, bool lower_camel)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (const struct aws_member *m = rows; m && m->name; m++) {
        const struct xml_element *child = xml_child(element, answer_name(a, m, lower_camel));

        if (!child)
            continue;
        if (m->kind == AWS_STRUCTURE)
            value_builder_push(&b, m->name, protocol_xml_decode(a, child, m->members, lower_camel));
        else if (m->kind == AWS_LIST)
            value_builder_push(&b, m->name, decode_list(a, child, m, lower_camel));
        else
            value_builder_push(&b, m->name, decode_scalar(a, child, m->kind));
    }
    return value_builder_map(&b);
}
