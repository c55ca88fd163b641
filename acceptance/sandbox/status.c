#include "acceptance/sandbox/status.h"

#include <string.h>

#include "codec/json.h"

enum { MESSAGE_BYTES_MAX = 1 << 20 };

const char *request_parameter(const struct request *r, const char *name)
{
    return value_text(r->query, name);
}

void reply_text(struct request *r, int status, const char *type, struct text body)
{
    r->status = status;
    r->reply_type = type;
    r->reply = body;
}

void reply_value(struct request *r, int status, const struct value *v)
{
    reply_text(r, status, "application/json", json_write(r->a, v));
}

const struct value *status_value(struct arena *a, int code, const char *reason, const char *message,
                                 const struct value *details)
{
    const struct value *v =
        value_map_of(a, {"kind", value_string(a, "Status")}, {"apiVersion", value_string(a, "v1")},
                     {"metadata", &value_empty_map},
                     {"status", value_string(a, code < 400 ? "Success" : "Failure")});

    if (*message)
        v = value_with(a, v, "message", value_string(a, message));
    if (*reason)
        v = value_with(a, v, "reason", value_string(a, reason));
    if (details)
        v = value_with(a, v, "details", details);
    return code < 400 ? v : value_with(a, v, "code", value_integer(a, code));
}

bool status_fail(struct request *r, int code, const char *reason, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    reply_value(r, code, status_value(r->a, code, reason, text_fv(r->a, format, arguments), NULL));
    va_end(arguments);
    return false;
}

/* What the request was about, with the resource's plural as its kind. */
static const struct value *details_of(struct request *r)
{
    const struct value *details = &value_empty_map;

    if (*r->name)
        details = value_with(r->a, details, "name", value_string(r->a, r->name));
    if (*r->kind->group)
        details = value_with(r->a, details, "group", value_string(r->a, r->kind->group));
    return value_with(r->a, details, "kind", value_string(r->a, r->kind->plural));
}

bool status_object(struct request *r, int code, const char *reason, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    reply_value(r, code,
                status_value(r->a, code, reason, text_fv(r->a, format, arguments), details_of(r)));
    va_end(arguments);
    return false;
}

bool status_not_found(struct request *r)
{
    return status_object(r, 404, "NotFound", "%s \"%s\" not found", kind_resource(r->a, r->kind),
                         r->name);
}

bool status_no_resource(struct request *r)
{
    reply_value(r, 404,
                status_value(r->a, 404, "NotFound",
                             "the server could not find the requested resource", &value_empty_map));
    return false;
}

bool status_conflict(struct request *r, const char *format, ...)
{
    va_list arguments;
    const char *why;

    va_start(arguments, format);
    why = text_fv(r->a, format, arguments);
    va_end(arguments);
    return status_object(r, 409, "Conflict", "Operation cannot be fulfilled on %s \"%s\": %s",
                         kind_resource(r->a, r->kind), r->name, why);
}

void status_deleted(struct request *r, const char *uid)
{
    const struct value *details = value_with(r->a, details_of(r), "uid", value_string(r->a, uid));

    reply_value(r, 200, status_value(r->a, 200, "", "", details));
}

/* --- 422 ------------------------------------------------------------------------------ */
void problems_init(struct problems *p, struct arena *a)
{
    p->arena = a;
    value_builder_init(&p->causes, a);
}

void problem(struct problems *p, const char *reason, const char *field, const char *format, ...)
{
    va_list arguments;
    const char *message;

    va_start(arguments, format);
    message = text_fv(p->arena, format, arguments);
    va_end(arguments);
    value_builder_add(&p->causes, value_map_of(p->arena, {"reason", value_string(p->arena, reason)},
                                               {"message", value_string(p->arena, message)},
                                               {"field", value_string(p->arena, field)}));
}

bool status_valid(struct request *r, const char *group, const char *kind, const char *name,
                  const struct problems *p)
{
    const struct value *causes = value_builder_list(&p->causes), *details;
    struct text_builder b;
    size_t count = value_count(causes);

    if (count == 0)
        return true;
    text_builder_init(&b, r->a, MESSAGE_BYTES_MAX);
    text_add_f(&b, "%s%s%s \"%s\" is invalid: %s", kind, *group ? "." : "", group, name,
               count > 1 ? "[" : "");
    for (size_t i = 0; i < count; i++)
        text_add_f(&b, "%s%s: %s", i ? ", " : "", value_text(value_item(causes, i), "field"),
                   value_text(value_item(causes, i), "message"));
    text_add_z(&b, count > 1 ? "]" : "");
    details = *name ? value_map_of(r->a, {"name", value_string(r->a, name)}) : &value_empty_map;
    if (*group)
        details = value_with(r->a, details, "group", value_string(r->a, group));
    details = value_with(r->a, details, "kind", value_string(r->a, kind));
    details = value_with(r->a, details, "causes", causes);
    reply_value(r, 422, status_value(r->a, 422, "Invalid", text_built(&b).at, details));
    return false;
}
