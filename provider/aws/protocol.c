#include "aws/protocol.h"

#include <inttypes.h>
#include <string.h>

#include "aws/protocol_parts.h"
#include "base/clock.h"
#include "codec/json.h"
#include "http/url.h"

enum { BEGINNING_BYTES = 300 };

/* --- requests --------------------------------------------------------------- */

bool protocol_is_sent(const struct value *v)
{
    switch (v->kind) {
    case VALUE_BOOL:
    case VALUE_NUMBER:
        return true;
    case VALUE_STRING:
        return v->string.len > 0;
    case VALUE_LIST:
    case VALUE_MAP:
        return value_count(v) > 0;
    default:
        return false;
    }
}

const char *protocol_wire_name(const struct aws_member *m)
{
    return m->wire ? m->wire : m->name;
}

static bool unfit(const struct encoding *e, const char *member, const char *reason)
{
    return diag_error(e->diags, NULL,
                      text_f(e->a, "Cannot make the request %s", e->operation->name),
                      "%s %s. This is a bug of the provider.", member, reason);
}

bool protocol_scalar(const struct encoding *e, const struct aws_member *m, const struct value *v,
                     const char **out)
{
    static const enum value_kind wanted[] = {[AWS_STRING] = VALUE_STRING,
                                             [AWS_INTEGER] = VALUE_NUMBER,
                                             [AWS_BOOL] = VALUE_BOOL,
                                             [AWS_TIME] = VALUE_NUMBER};

    if (m->kind > AWS_TIME || v->kind != wanted[m->kind])
        return unfit(e, m->name, text_f(e->a, "is a %s", value_kind_name(v)));
    if (m->kind == AWS_STRING)
        *out = value_z(v);
    else if (m->kind == AWS_BOOL)
        *out = value_as_bool(v) ? "true" : "false";
    else if (m->kind == AWS_TIME)
        *out = clock_rfc3339(e->a, value_as_integer(v));
    else
        *out = text_f(e->a, "%" PRId64, value_as_integer(v));
    return true;
}

static const struct aws_member *member_find(const struct aws_member *rows, struct text name)
{
    while (rows && rows->name && !text_is(name, rows->name))
        rows++;
    return rows && rows->name ? rows : NULL;
}

/* One {name}: as one segment, so that the slashes of an ARN are encoded too. */
static bool path_add_member(const struct encoding *e, struct text name, struct text_builder *b)
{
    const struct aws_member *m = member_find(e->operation->input, name);
    const struct value *v = m ? value_at(e->input, m->name) : &value_null;
    const char *text = "";

    if (!m || !protocol_is_sent(v))
        return unfit(e, text_z(e->a, name), "is missing");
    if (!protocol_scalar(e, m, v, &text))
        return false;
    text_add_z(b, url_escape(e->a, text_of(text), NULL));
    return true;
}

static bool query_add(const struct encoding *e, const struct aws_member *m, struct text_builder *b)
{
    const struct value *v = value_at(e->input, m->name);
    size_t count = v->kind == VALUE_LIST ? value_count(v) : 1;
    const struct aws_member one = {.name = m->name,
                                   .kind = m->kind == AWS_LIST ? AWS_STRING : m->kind};

    for (size_t i = 0; i < count && protocol_is_sent(v); i++) {
        const char *text = "";

        if (!protocol_scalar(e, &one, v->kind == VALUE_LIST ? value_item(v, i) : v, &text))
            return false;
        text_add_f(b, "%s%s=%s", b->len ? "&" : "", protocol_wire_name(m),
                   url_escape(e->a, text_of(text), NULL));
    }
    return true;
}

bool protocol_target(const struct encoding *e, const char **path, const char **query)
{
    struct text_builder p, q;

    text_builder_init(&p, e->a, PROTOCOL_BYTES_MAX);
    text_builder_init(&q, e->a, PROTOCOL_BYTES_MAX);
    for (const char *at = e->operation->path; *at; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;

        if (!end) {
            text_add_char(&p, *at);
            continue;
        }
        if (!path_add_member(e, (struct text){at + 1, (size_t)(end - at) - 1}, &p))
            return false;
        at = end;
    }
    for (const struct aws_member *m = e->operation->input; m && m->name; m++)
        if (m->place == AWS_URL_QUERY && !query_add(e, m, &q))
            return false;
    *path = text_built(&p).at;
    *query = text_built(&q).at;
    return true;
}

bool protocol_encode(struct arena *a, struct diags *diags, const struct aws_operation *operation,
                     const struct value *input, struct protocol_request *out)
{
    const struct encoding e = {a, diags, operation, input};

    *out = (struct protocol_request){.method = "POST", .path = "/", .query = ""};
    switch (operation->service->protocol) {
    case AWS_EC2_QUERY:
    case AWS_QUERY:
        return protocol_query_encode(&e, out);
    case AWS_REST_XML:
        return protocol_xml_encode(&e, out);
    default:
        return protocol_json_encode(&e, out);
    }
}

/* --- replies ---------------------------------------------------------------- */

static bool decode_xml(struct arena *a, struct diags *diags, const struct aws_operation *operation,
                       const struct http_reply *reply, const char *what,
                       const struct value **output)
{
    enum aws_protocol protocol = operation->service->protocol;
    const struct xml_element *root;

    if (!xml_read(a, reply->body, what, diags, &root))
        return false;
    if (protocol == AWS_QUERY)
        root = xml_child(root, text_f(a, "%sResult", operation->name));
    *output = protocol_xml_decode(a, root, operation->output, protocol == AWS_EC2_QUERY);
    return true;
}

bool protocol_decode(struct arena *a, struct diags *diags, const struct aws_operation *operation,
                     const struct http_reply *reply, const struct value **output)
{
    enum aws_protocol protocol = operation->service->protocol;
    const char *what = text_f(a, "answer of %s to %s", operation->service->name, operation->name);
    const struct value *json;

    *output = &value_empty_map;
    if (!reply->body.len)
        return true;
    if (protocol != AWS_REST_JSON && protocol != AWS_JSON)
        return decode_xml(a, diags, operation, reply, what, output);
    if (!json_read(a, reply->body, what, diags, &json))
        return false;
    *output = protocol_json_decode(a, json, operation->output);
    return true;
}

/* --- refusals ----------------------------------------------------------------- */

static const char *beginning(struct arena *a, struct text t)
{
    return text_printable(a, text_trim(t), BEGINNING_BYTES);
}

static void error_of_json(struct arena *a, const struct http_reply *reply, struct aws_error *out)
{
    const char *type = http_reply_header(reply, "x-amzn-errortype"), *name;
    const struct value *json;

    if (json_try(a, reply->body, &json))
        return;
    if (!*type)
        type = *value_text(json, "__type") ? value_text(json, "__type") : value_text(json, "code");
    name = strrchr(type, '#');
    name = name ? name + 1 : type;
    out->code = text_z(a, (struct text){name, strcspn(name, ":")});
    out->message =
        *value_text(json, "message") ? value_text(json, "message") : value_text(json, "Message");
    if (!*out->message) /* what OAuth's token endpoint says */
        out->message = value_text(json, "error_description");
    out->detail = json;
}

/* Response/Errors/Error, ErrorResponse/Error, or a root that is the code itself. */
static void error_of_xml(struct arena *a, const struct http_reply *reply, struct aws_error *out)
{
    const struct xml_element *root, *error, *messages;
    struct diags ignored;

    diags_init(&ignored, a);
    if (!xml_read(a, reply->body, "refusal", &ignored, &root))
        return;
    error = xml_child(root, "Errors");
    error = xml_child(error ? error : root, "Error");
    messages = xml_child(root, "Messages");
    if (!error && !messages)
        return;
    out->code = error ? xml_text(a, error, "Code") : root->name;
    out->message = error ? xml_text(a, error, "Message") : xml_text(a, messages, "Message");
    out->request_id = xml_text(a, root, "RequestId");
    if (!*out->request_id)
        out->request_id = xml_text(a, root, "RequestID");
}

void protocol_error(struct arena *a, const struct aws_service *service,
                    const struct http_reply *reply, struct aws_error *out)
{
    bool json = service->protocol == AWS_REST_JSON || service->protocol == AWS_JSON;

    *out = (struct aws_error){.status = reply->status,
                              .code = "",
                              .message = "",
                              .request_id = "",
                              .detail = &value_null};
    if (json)
        error_of_json(a, reply, out);
    else
        error_of_xml(a, reply, out);
    if (!*out->request_id)
        out->request_id = http_reply_header(reply, "x-amzn-requestid");
    if (!*out->message)
        out->message = beginning(a, reply->body);
    else
        out->message = text_printable(a, text_of(out->message), DIAG_DETAIL_BYTES_MAX / 2);
}
