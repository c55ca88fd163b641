#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/rbac.h"
#include "acceptance/sandbox/remove.h"
#include "acceptance/sandbox/review.h"
#include "acceptance/sandbox/selector.h"
#include "acceptance/sandbox/server.h"
#include "acceptance/sandbox/status.h"
#include "acceptance/sandbox/store.h"
#include "acceptance/sandbox/watch.h"
#include "acceptance/sandbox/write.h"
#include "codec/base64.h"
#include "codec/json.h"

/* --- reading ------------------------------------------------------------------------------- */
static void handle_get(struct request *r)
{
    const struct value *object = store_get(r->s, r->a, r->kind, r->ns, r->name);

    if (!object)
        status_not_found(r);
    else
        reply_value(r, 200, write_presented(r, object));
}

/* {"v":"meta.k8s.io/v1","rv":N,"start":"namespace/name"}, as base64. */
static const char *continue_token(struct request *r, const struct stored *last)
{
    const struct value *token = value_map_of(r->a, {"v", value_string(r->a, "meta.k8s.io/v1")},
                                             {"rv", value_integer(r->a, r->s->version)},
                                             {"ns", value_string(r->a, last->ns.at)},
                                             {"start", value_string(r->a, last->name.at)});

    return base64_encode(r->a, json_write(r->a, token), BASE64_URL_RAW).at;
}

/* Moves *first behind what earlier pages gave. */
static bool skip_told(struct request *r, const struct collection *c, size_t *first, size_t end)
{
    const char *token = request_parameter(r, "continue");
    const struct value *v = NULL;
    struct diags diags;
    struct text json;

    if (!*token)
        return true;
    diags_init(&diags, r->a);
    if (!base64_decode(r->a, text_of(token), BASE64_URL_RAW, &json) ||
        !json_read(r->a, json, "continue", &diags, &v))
        return status_fail(r, 400, "BadRequest",
                           "invalid continue token: continue key is not valid");
    if (value_integer_at(v, "rv") < r->s->oldest_version)
        return status_fail(r, 410, "Expired",
                           "The provided continue parameter is too old to display a consistent "
                           "list result.");
    for (; *first < end; ++*first) {
        int order = strcmp(c->items[*first]->ns.at, value_text(v, "ns"));

        if (order > 0 ||
            (order == 0 && strcmp(c->items[*first]->name.at, value_text(v, "start")) > 0))
            break;
    }
    return true;
}

static bool listed(struct request *r, const struct selector *selector, const struct stored *stored)
{
    return selector_is_empty(selector) || selector_matches(selector, stored_value(r->a, stored));
}

/* Items of built-in lists do not say what they are: the list does. */
static void add_untyped(struct request *r, struct text_builder *b, struct text json)
{
    const char *type = text_f(r->a, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",", r->kind->kind,
                              kind_api_version(r->a, r->kind));
    size_t len = strlen(type);

    if (text_starts_with(json, type)) {
        text_add_char(b, '{');
        json = (struct text){json.at + len, json.len - len};
    }
    text_add(b, json);
}

static void add_item(struct request *r, struct text_builder *b, const struct stored *stored)
{
    if (r->kind->flags & KIND_CUSTOM)
        text_add(b, json_write(r->a, write_presented(r, stored_value(r->a, stored))));
    else
        add_untyped(r, b, stored->json);
}

static void handle_list(struct request *r)
{
    const struct collection *c = store_collection(r->s, r->kind);
    int64_t limit = strtoll(request_parameter(r, "limit"), NULL, 10), taken = 0, left = 0;
    struct text_builder items;
    const struct stored *last = NULL;
    struct selector selector;
    const char *more = "";
    size_t first, end;

    store_range(c, r->ns, &first, &end);
    if (!selector_read(r, &selector) || !skip_told(r, c, &first, end))
        return;
    text_builder_init(&items, r->a, REPLY_BYTES_MAX);
    for (size_t i = first; i < end; i++) {
        if (!listed(r, &selector, c->items[i]))
            continue;
        if (limit > 0 && taken == limit) {
            left++;
            continue;
        }
        text_add_z(&items, taken++ ? "," : "");
        add_item(r, &items, c->items[i]);
        last = c->items[i];
    }
    if (left && last)
        more = text_f(r->a, ",\"continue\":\"%s\"%s", continue_token(r, last),
                      selector_is_empty(&selector)
                          ? text_f(r->a, ",\"remainingItemCount\":%lld", (long long)left)
                          : "");
    reply_text(r, 200, "application/json",
               text_of(text_f(r->a,
                              "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":"
                              "{\"resourceVersion\":\"%lld\"%s},\"items\":[%s]}",
                              r->kind->list_kind, kind_api_version(r->a, r->kind),
                              (long long)r->s->version, more, text_built(&items).at)));
}

/* --- routing -----------------------------------------------------------------------------------
 */
struct route {
    const char *group, *version, *ns, *plural, *name, *subresource;
};

static const char *next_step(struct arena *a, struct text *rest)
{
    struct text piece;

    return text_split(rest, '/', &piece) ? text_z(a, piece) : "";
}

/* "/api/v1/namespaces/x/secrets/y/status" and "/apis/apps/v1/..." */
static bool read_route(struct arena *a, const char *path, struct route *out)
{
    struct text rest = text_of(path + 1);
    const char *root = next_step(a, &rest), *first, *second, *third;

    *out = (struct route){"", "", "", "", "", ""};
    if (strcmp(root, "apis") == 0)
        out->group = next_step(a, &rest);
    else if (strcmp(root, "api") != 0)
        return false;
    out->version = next_step(a, &rest);
    first = next_step(a, &rest);
    second = next_step(a, &rest);
    third = next_step(a, &rest);
    if (strcmp(first, "namespaces") == 0 && *third && strcmp(third, "status") != 0 &&
        strcmp(third, "finalize") != 0) {
        out->ns = second;
        out->plural = third;
        out->name = next_step(a, &rest);
        out->subresource = next_step(a, &rest);
    } else {
        out->plural = first;
        out->name = second;
        out->subresource = third;
    }
    return *out->plural;
}

static const char *verb_of(const struct request *r)
{
    static const struct {
        const char *method, *one, *many;
    } verbs[] = {{"GET", "get", "list"},
                 {"POST", "create", "create"},
                 {"PUT", "update", "update"},
                 {"PATCH", "patch", "patch"},
                 {"DELETE", "delete", "deletecollection"}};
    const char *watch = request_parameter(r, "watch");

    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
        if (strcmp(r->method, verbs[i].method) != 0)
            continue;
        if (i == 0 && !*r->name && (strcmp(watch, "1") == 0 || strcmp(watch, "true") == 0))
            return "watch";
        return *r->name ? verbs[i].one : verbs[i].many;
    }
    return "";
}

static bool check_options(struct request *r)
{
    const char *dry_run = request_parameter(r, "dryRun");
    struct problems p;

    r->dry_run = strcmp(dry_run, "All") == 0;
    problems_init(&p, r->a);
    if (*dry_run && !r->dry_run)
        problem(&p, "FieldValueNotSupported", "dryRun",
                "Unsupported value: [\"%s\"]: supported values: \"All\"", dry_run);
    return status_valid(r, "meta.k8s.io",
                        strcmp(r->verb, "delete") == 0  ? "DeleteOptions"
                        : strcmp(r->verb, "patch") == 0 ? "PatchOptions"
                                                        : "UpdateOptions",
                        "", &p);
}

static const char *manager_of(struct request *r)
{
    const char *given = request_parameter(r, "fieldManager");
    const char *slash = strchr(r->agent, '/');

    if (*given)
        return given;
    return slash       ? text_z(r->a, (struct text){r->agent, (size_t)(slash - r->agent)})
           : *r->agent ? r->agent
                       : "unknown";
}

static bool has_subresource(const struct request *r)
{
    const char *sub = r->subresource;

    return !*sub || (strcmp(sub, "status") == 0 && (r->kind->flags & KIND_STATUS)) ||
           (strcmp(sub, "finalize") == 0 && kind_is(r->kind, "", "namespaces")) ||
           (strcmp(sub, "token") == 0 && kind_is(r->kind, "", "serviceaccounts"));
}

static void method_not_allowed(struct request *r)
{
    reply_value(r, 405,
                status_value(r->a, 405, "MethodNotAllowed",
                             "the server does not allow this method on the requested resource",
                             &value_empty_map));
}

static void dispatch(struct request *r)
{
    static const struct {
        const char *verb;
        bool named;
        void (*handle)(struct request *r);
    } handlers[] = {
        {"get", true, handle_get},
        {"list", false, handle_list},
        {"create", false, write_create},
        {"update", true, write_update},
        {"patch", true, write_patch},
        {"delete", true, remove_one},
        {"deletecollection", false, remove_many},
    };

    if (strcmp(r->subresource, "token") == 0 || (r->kind->flags & KIND_REVIEW)) {
        review_handle(r);
        return;
    }
    if (strcmp(r->verb, "watch") == 0) {
        watch_start(r);
        return;
    }
    for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++) {
        if (strcmp(r->verb, handlers[i].verb) == 0 && handlers[i].named == (*r->name != '\0')) {
            handlers[i].handle(r);
            return;
        }
    }
    method_not_allowed(r);
}

/* A resource that does not exist is still forbidden to who may not see it. */
static void handle_unknown(struct request *r, const struct route *route)
{
    struct kind *unknown = arena_alloc(r->a, sizeof(*unknown));
    const struct kind *const *kinds = kinds_builtin();
    bool known = false;

    *unknown = (struct kind){.group = route->group, .version = route->version};
    unknown->plural = unknown->kind = route->plural;
    r->kind = unknown;
    r->verb = verb_of(r);
    if (!rbac_check(r))
        return;
    for (size_t i = 0; kinds[i]; i++)
        known |= strcmp(kinds[i]->group, route->group) == 0 &&
                 strcmp(kinds[i]->version, route->version) == 0;
    for (size_t i = 0; i < r->s->custom_count; i++)
        known |= strcmp(r->s->custom[i]->group, route->group) == 0 &&
                 strcmp(r->s->custom[i]->version, route->version) == 0;
    if (known)
        status_no_resource(r);
    else
        reply_text(r, 404, "text/plain; charset=utf-8", TEXT("404 page not found\n"));
}

const struct value *resource_at(struct sandbox *s, struct arena *a, const char *path)
{
    const struct kind *kind = NULL;
    struct route route;

    if (read_route(a, path, &route))
        kind = kind_find(s, route.group, route.version, route.plural);
    return kind ? store_get(s, a, kind, route.ns, route.name) : NULL;
}

void resource_handle(struct request *r)
{
    struct route route;

    if (!read_route(r->a, r->path, &route)) {
        reply_text(r, 404, "text/plain; charset=utf-8", TEXT("404 page not found\n"));
        return;
    }
    r->ns = route.ns;
    r->name = route.name;
    r->subresource = route.subresource;
    r->kind = kind_find(r->s, route.group, route.version, route.plural);
    if (!r->kind) {
        handle_unknown(r, &route);
        return;
    }
    r->verb = verb_of(r);
    r->manager = manager_of(r);
    if (!rbac_check(r))
        return;
    if (!has_subresource(r) || (*r->ns && !(r->kind->flags & KIND_NAMESPACED)))
        status_no_resource(r);
    else if (check_options(r))
        dispatch(r);
}
