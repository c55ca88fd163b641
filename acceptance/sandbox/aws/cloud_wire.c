/* What comes in forms, and what goes out as XML or JSON. */
#include <stdarg.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_server.h"
#include "codec/json.h"
#include "codec/xml.h"

/* --- forms ----------------------------------------------------------------------------- */
static int hex_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;

    return at ? (int)(at - digits) : -1;
}

static char *unescape(struct arena *a, struct text t)
{
    char *out = arena_alloc(a, t.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < t.len; i++) {
        bool escaped =
            t.at[i] == '%' && i + 2 < t.len && hex_of(t.at[i + 1]) >= 0 && hex_of(t.at[i + 2]) >= 0;

        if (escaped)
            out[len++] = (char)(hex_of(t.at[i + 1]) * 16 + hex_of(t.at[i + 2]));
        else
            out[len++] = t.at[i] == '+' ? ' ' : t.at[i];
        i += escaped ? 2 : 0;
    }
    return out;
}

static const struct value *put(struct arena *a, const struct value *tree, const char *name,
                               const struct value *v)
{
    struct text rest = text_of(name), piece;
    const char **keys = arena_array(a, strlen(name) + 2, sizeof(*keys));
    const struct value *before;
    size_t count = 0;

    while (text_split(&rest, '.', &piece))
        keys[count++] = text_z(a, piece);
    before = value_walk(tree, keys);
    if (before->kind == VALUE_STRING)
        v = value_list_of(a, before, v);
    else if (before->kind == VALUE_LIST)
        v = value_append(a, before, v);
    return value_with_walk(a, tree, v, keys);
}

const struct value *cloud_form(struct arena *a, struct text form)
{
    const struct value *tree = &value_empty_map;
    struct text piece, name;

    while (form.len && text_split(&form, '&', &piece)) {
        if (!piece.len)
            continue;
        text_split(&piece, '=', &name);
        if (name.len)
            tree = put(a, tree, unescape(a, name), value_string(a, unescape(a, piece)));
    }
    return tree;
}

const struct value *cloud_items(struct arena *a, const struct value *numbered)
{
    struct value_builder b;

    if (value_has(numbered, "member"))
        numbered = value_at(numbered, "member");
    value_builder_init(&b, a);
    for (size_t i = 1; value_has(numbered, text_f(a, "%zu", i)); i++)
        value_builder_add(&b, value_at(numbered, text_f(a, "%zu", i)));
    return value_builder_list(&b);
}

const char *cloud_text(const struct cloud_request *r, const char *name)
{
    return value_text(r->parameters, name);
}

/* --- XML ------------------------------------------------------------------------------- */
struct writer {
    struct arena *a;
    struct text_builder b;
    const struct cloud_service *service;
};

static const char *item_name(const struct writer *w, const char *list)
{
    for (const char *const *at = w->service->items; at && *at; at += 2)
        if (strcmp(at[0], list) == 0)
            return at[1];
    return w->service->protocol == AWS_EC2_QUERY ? "item" : "member";
}

static void write_element(struct writer *w, const char *name, const struct value *v);

static void write_content(struct writer *w, const char *name, const struct value *v)
{
    if (v->kind == VALUE_MAP)
        for (size_t i = 0; i < value_count(v); i++)
            write_element(w, v->map.entries[i].key, v->map.entries[i].value);
    else if (v->kind == VALUE_LIST)
        for (size_t i = 0; i < value_count(v); i++)
            write_element(w, item_name(w, name), value_item(v, i));
    else if (v->kind == VALUE_BOOL)
        text_add_z(&w->b, value_as_bool(v) ? "true" : "false");
    else if (v->kind == VALUE_NUMBER)
        text_add(&w->b, v->number.text);
    else
        text_add_z(&w->b, xml_escape(w->a, value_string_text(v)));
}

static void write_element(struct writer *w, const char *name, const struct value *v)
{
    if (value_is_null(v) || name[0] == '.')
        return;
    text_add_f(&w->b, "<%s>", name);
    write_content(w, name, v);
    text_add_f(&w->b, "</%s>", name);
}

static struct text xml_answer(struct cloud_request *r, const struct value *output)
{
    struct writer w = {.a = r->a, .service = r->service};
    const char *name = r->operation->name;

    text_builder_init(&w.b, r->a, CLOUD_REPLY_BYTES_MAX);
    text_add_f(&w.b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%sResponse xmlns=\"%s\">", name,
               r->service->xmlns);
    if (r->service->protocol == AWS_EC2_QUERY)
        write_element(&w, "requestId", value_string(r->a, r->id));
    if (r->service->protocol == AWS_QUERY) {
        write_element(&w, text_f(r->a, "%sResult", name), output);
        text_add_f(&w.b, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>", r->id);
    } else {
        write_content(&w, "", output);
    }
    text_add_f(&w.b, "</%sResponse>", name);
    return text_built(&w.b);
}

/* --- answers --------------------------------------------------------------------------- */
static bool wants_json(const struct cloud_request *r)
{
    return r->service->protocol == AWS_QUERY &&
           strcmp(value_text(r->headers, "accept"), "application/json") == 0;
}

static const struct value *in_json_envelope(struct cloud_request *r, const struct value *output)
{
    struct arena *a = r->a;
    const char *name = r->operation->name;

    output =
        value_map_of(a, {text_f(a, "%sResult", name), output},
                     {"ResponseMetadata", value_map_of(a, {"RequestId", value_string(a, r->id)})});
    return value_map_of(a, {text_f(a, "%sResponse", name), output});
}

static bool is_json(const struct cloud_service *service)
{
    return service && (service->protocol == AWS_REST_JSON || service->protocol == AWS_JSON);
}

static const char *json_type(const struct cloud_service *service)
{
    return service->protocol == AWS_JSON ? "application/x-amz-json-1.1" : "application/json";
}

bool cloud_answer(struct cloud_request *r, const struct value *output)
{
    r->status = 200;
    if (is_json(r->service) || wants_json(r)) {
        r->type = json_type(r->service);
        if (wants_json(r))
            output = in_json_envelope(r, output);
        r->reply = json_write(r->a, output);
        return true;
    }
    r->type = "text/xml;charset=UTF-8";
    r->reply = xml_answer(r, output);
    return true;
}

static struct text refusal(struct cloud_request *r, const char *code, const char *message)
{
    const char *error = text_f(r->a, "<Code>%s</Code><Message>%s</Message>", code,
                               xml_escape(r->a, text_of(message)));
    const char *head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

    if (!r->service || r->service->protocol == AWS_EC2_QUERY)
        return text_of(text_f(r->a,
                              "%s<Response><Errors><Error>%s</Error></Errors><RequestID>%s"
                              "</RequestID></Response>",
                              head, error, r->id));
    return text_of(text_f(r->a,
                          "%s<ErrorResponse xmlns=\"%s\"><Error><Type>%s</Type>%s</Error>"
                          "<RequestId>%s</RequestId></ErrorResponse>",
                          head, r->service->xmlns, r->status < 500 ? "Sender" : "Receiver", error,
                          r->id));
}

bool cloud_refuse_with(struct cloud_request *r, int status, const char *code, const char *message,
                       const struct value *detail)
{
    r->status = status;
    if (is_json(r->service)) {
        r->type = json_type(r->service);
        if (r->service->protocol == AWS_JSON)
            detail = value_with(r->a, detail, "__type", value_string(r->a, code));
        else
            r->error_code = code;
        r->reply =
            json_write(r->a, value_with(r->a, detail, "message", value_string(r->a, message)));
        return false;
    }
    r->type = "text/xml;charset=UTF-8";
    r->reply = refusal(r, code, message);
    return false;
}

bool cloud_refuse(struct cloud_request *r, int status, const char *code, const char *format, ...)
{
    va_list arguments;
    const char *message;

    va_start(arguments, format);
    message = text_fv(r->a, format, arguments);
    va_end(arguments);
    return cloud_refuse_with(r, status, code, message, &value_empty_map);
}
