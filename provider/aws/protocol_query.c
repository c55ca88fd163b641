/* Both query forms: AWS's documents "EC2 query protocol" and "Query protocol". */
#include "aws/protocol_parts.h"
#include "http/url.h"

struct form {
    const struct encoding *e;
    struct text_builder b;
    bool flat; /* ec2-query */
};

static bool add_members(struct form *f, const char *prefix, const struct aws_member *rows,
                        const struct value *v);

static void add_pair(struct form *f, const char *name, const char *value)
{
    text_add_f(&f->b, "%s%s=%s", f->b.len ? "&" : "", name,
               url_escape(f->e->a, text_of(value), NULL));
}

static bool add_scalar(struct form *f, const char *name, const struct aws_member *m,
                       const struct value *v)
{
    const char *text;

    if (!protocol_scalar(f->e, m, v, &text))
        return false;
    add_pair(f, name, text);
    return true;
}

static bool add_list(struct form *f, const char *name, const struct aws_member *m,
                     const struct value *v)
{
    const struct aws_member text = {.name = m->name, .kind = AWS_STRING};

    for (size_t i = 0; i < value_count(v); i++) {
        const char *item = text_f(f->e->a, "%s%s.%zu", name, f->flat ? "" : ".member", i + 1);

        if (m->members ? !add_members(f, text_f(f->e->a, "%s.", item), m->members, value_item(v, i))
                       : !add_scalar(f, item, &text, value_item(v, i)))
            return false;
    }
    return true;
}

static bool add_map(struct form *f, const char *name, const struct aws_member *m,
                    const struct value *v)
{
    const struct aws_member text = {.name = m->name, .kind = AWS_STRING};

    for (size_t i = 0; i < value_count(v); i++) {
        const struct value_entry *entry = &v->map.entries[i];

        add_pair(f, text_f(f->e->a, "%s.entry.%zu.key", name, i + 1), entry->key);
        if (!add_scalar(f, text_f(f->e->a, "%s.entry.%zu.value", name, i + 1), &text, entry->value))
            return false;
    }
    return true;
}

static bool add_member(struct form *f, const char *name, const struct aws_member *m,
                       const struct value *v)
{
    switch (m->kind) {
    case AWS_STRUCTURE:
        return add_members(f, text_f(f->e->a, "%s.", name), m->members, v);
    case AWS_LIST:
        return add_list(f, name, m, v);
    case AWS_MAP:
        return add_map(f, name, m, v);
    default:
        return add_scalar(f, name, m, v);
    }
}

/* EC2 begins every name with a capital here, and with a small letter in its answers. */
static const char *form_name(const struct form *f, const char *prefix, const struct aws_member *m)
{
    const char *name = protocol_wire_name(m);

    if (f->flat && *name >= 'a' && *name <= 'z')
        return text_f(f->e->a, "%s%c%s", prefix, *name & ~0x20, name + 1);
    return text_f(f->e->a, "%s%s", prefix, name);
}

static bool add_members(struct form *f, const char *prefix, const struct aws_member *rows,
                        const struct value *v)
{
    for (const struct aws_member *m = rows; m && m->name; m++) {
        const struct value *member = value_at(v, m->name);
        bool is_sent =
            protocol_is_sent(member) || (m->may_be_empty && member->kind == VALUE_STRING);

        if (is_sent && !add_member(f, form_name(f, prefix, m), m, member))
            return false;
    }
    return true;
}

bool protocol_query_encode(const struct encoding *e, struct protocol_request *out)
{
    static const struct http_header type = {"Content-Type",
                                            "application/x-www-form-urlencoded; charset=utf-8"};
    struct form f = {.e = e, .flat = e->operation->service->protocol == AWS_EC2_QUERY};

    text_builder_init(&f.b, e->a, PROTOCOL_BYTES_MAX);
    text_add_f(&f.b, "Action=%s&Version=%s", e->operation->name, e->operation->service->version);
    if (!add_members(&f, "", e->operation->input, e->input))
        return false;
    out->headers = &type;
    out->header_count = 1;
    out->body = text_built(&f.b);
    return true;
}
