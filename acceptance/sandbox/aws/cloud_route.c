/* Which service and operation a request is for, and what holds for all of them. */
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_server.h"
#include "base/clock.h"
#include "codec/json.h"

const struct cloud_service *const cloud_services[] = {
    &cloud_autoscaling,          &cloud_ec2, &cloud_eks,
    &cloud_elasticloadbalancing, &cloud_iam, &cloud_route53,
    &cloud_secretsmanager,       &cloud_sts, NULL};

/* --- which operation ----------------------------------------------------------------------- */
static bool is_form(const struct cloud_service *service)
{
    return service->protocol == AWS_EC2_QUERY || service->protocol == AWS_QUERY;
}

/* The operation that a request names, in a form or a header; "" = it names none. */
static const char *name_in(const struct cloud_request *r, const struct cloud_service *service)
{
    const char *target = value_text(r->headers, "x-amz-target");
    size_t len = service->target ? strlen(service->target) : 0;

    if (is_form(service))
        return cloud_text(r, "Action");
    return len && strncmp(target, service->target, len) == 0 && target[len] == '.'
               ? target + len + 1
               : "";
}

static const struct cloud_operation *named(const struct cloud_service *service, const char *name)
{
    for (const struct cloud_operation *const *table = service->operations; *table; table++)
        for (const struct cloud_operation *o = *table; o->name; o++)
            if (strcmp(o->name, name) == 0)
                return o;
    return NULL;
}

static const char *plain(struct arena *a, struct text segment)
{
    const struct value *form =
        cloud_form(a, text_of(text_f(a, "x=%.*s", (int)segment.len, segment.at)));

    return value_text(form, "x");
}

/* The path against "/clusters/{name}/addons": what stands for the names goes into *out. */
static bool path_fits(struct arena *a, const char *pattern, const char *path,
                      const struct value **out)
{
    struct text wanted = text_of(pattern), given = text_of(path), piece, segment;

    while (text_split(&wanted, '/', &piece)) {
        if (!text_split(&given, '/', &segment))
            return false;
        if (piece.len > 2 && piece.at[0] == '{')
            *out = value_with(a, *out, text_z(a, (struct text){piece.at + 1, piece.len - 2}),
                              value_string(a, plain(a, segment)));
        else if (!text_equal(piece, segment))
            return false;
    }
    return !given.at || !given.len;
}

static const struct cloud_operation *by_path(struct cloud_request *r)
{
    for (const struct cloud_operation *const *table = r->service->operations; *table; table++)
        for (const struct cloud_operation *o = *table; o->name; o++) {
            const struct value *found = &value_empty_map;

            if (strcmp(o->method, r->method) != 0 || !path_fits(r->a, o->path, r->path, &found))
                continue;
            r->parameters = value_merge(r->a, r->parameters, found);
            return o;
        }
    return NULL;
}

static const struct cloud_service *service_of(struct cloud_request *r,
                                              const struct cloud_claim *claim)
{
    const struct cloud_operation *o;

    for (const struct cloud_service *const *s = cloud_services; *s; s++) {
        o = *claim->service || !is_form(*s) ? NULL : named(*s, cloud_text(r, "Action"));
        if (strcmp((*s)->name, claim->service) == 0 || (o && o->is_unsigned))
            return *s;
    }
    return NULL;
}

static const struct value *json_body(struct cloud_request *r)
{
    const struct value *v = &value_empty_map;
    struct diags diags;

    diags_init(&diags, r->a);
    if (!r->body.len || !json_read(r->a, r->body, "body", &diags, &v))
        return &value_empty_map;
    return v;
}

/* Query first, then the form: nobody sends both. */
static void read_parameters(struct cloud_request *r)
{
    const char *type = value_text(r->headers, "content-type");

    r->parameters = cloud_form(r->a, text_of(r->query));
    if (strncmp(type, "application/x-www-form-urlencoded", 33) == 0)
        r->parameters = value_merge(r->a, r->parameters, cloud_form(r->a, r->body));
    else if (strstr(type, "json"))
        r->parameters = value_merge(r->a, r->parameters, json_body(r));
}

const char *cloud_target(struct cloud_request *r)
{
    struct cloud_claim claim;

    read_parameters(r);
    cloud_claim_of(r, &claim);
    r->service = service_of(r, &claim);
    r->region = *claim.region ? claim.region : "-";
    if (!r->service)
        return text_f(r->a, "-%s", r->path);
    if (is_form(r->service) || r->service->target)
        return text_f(r->a, "%s.%s/%s", r->service->name, r->region, name_in(r, r->service));
    return text_f(r->a, "%s.%s%s%s%s", r->service->name, r->region, r->path, *r->query ? "?" : "",
                  r->query);
}

/* --- what holds for all of them ------------------------------------------------------------ */
static bool knows_region(const char *name)
{
    for (const struct cloud_region *region = cloud_region_list; region->name; region++)
        if (strcmp(region->name, name) == 0)
            return true;
    return false;
}

/* "!VpcId TagSpecification" has this name; *needed when it must be there. */
static bool parameter_known(const char *list, const char *name)
{
    struct text rest = text_of(list), piece;

    while (rest.len && text_split(&rest, ' ', &piece)) {
        if (piece.len && piece.at[0] == '!')
            piece = (struct text){piece.at + 1, piece.len - 1};
        if (text_is(piece, name))
            return true;
    }
    return strcmp(name, "Action") == 0 || strcmp(name, "Version") == 0 ||
           strcmp(name, "DryRun") == 0 || strncmp(name, "X-Amz-", 6) == 0;
}

static bool parameters_complete(struct cloud_request *r)
{
    struct text rest = text_of(r->operation->parameters), piece;

    while (rest.len && text_split(&rest, ' ', &piece)) {
        const char *name;

        if (!piece.len || piece.at[0] != '!')
            continue;
        name = text_z(r->a, (struct text){piece.at + 1, piece.len - 1});
        if (!value_has(r->parameters, name))
            return cloud_refuse(r, 400, "MissingParameter",
                                "The request must contain the parameter %s", name);
    }
    return true;
}

static bool parameters_fit(struct cloud_request *r)
{
    if (!r->operation->parameters)
        return true;
    for (size_t i = 0; i < value_count(r->parameters); i++) {
        const char *name = r->parameters->map.entries[i].key;

        if (!parameter_known(r->operation->parameters, name))
            return cloud_refuse(r, 400, "UnknownParameter", "The parameter %s is not recognized",
                                name);
    }
    if (!parameters_complete(r))
        return false;
    if (strcmp(cloud_text(r, "DryRun"), "true") == 0)
        return cloud_refuse(r, 412, "DryRunOperation",
                            "Request would have succeeded, but DryRun flag is set.");
    return true;
}

/* A bucket that holds the requests of one second. */
static bool within_rate(struct cloud_request *r)
{
    static const struct {
        int status;
        const char *code;
    } slower[] = {[AWS_EC2_QUERY] = {503, "RequestLimitExceeded"},
                  [AWS_QUERY] = {400, "Throttling"},
                  [AWS_REST_JSON] = {429, "ThrottlingException"},
                  [AWS_REST_XML] = {400, "Throttling"},
                  [AWS_JSON] = {400, "ThrottlingException"}};
    struct cloud *c = r->cloud;
    int64_t now_ms = clock_monotonic_ms(), cost_ms;

    if (!c->options.throttle)
        return true;
    cost_ms = 1000 / c->options.throttle;
    if (c->allowance_ms < now_ms - 1000)
        c->allowance_ms = now_ms - 1000;
    if (c->allowance_ms + cost_ms > now_ms)
        return cloud_refuse(r, slower[r->service->protocol].status,
                            slower[r->service->protocol].code, "Rate exceeded");
    c->allowance_ms += cost_ms;
    return true;
}

static bool find_operation(struct cloud_request *r)
{
    bool by_name = is_form(r->service) || r->service->target;

    r->operation = by_name ? named(r->service, name_in(r, r->service)) : by_path(r);
    if (r->operation)
        return true;
    if (!is_form(r->service))
        return cloud_refuse(r, r->service->target ? 400 : 404, "UnknownOperationException",
                            "No operation at %s", r->path);
    return cloud_refuse(r, 400, "InvalidAction", "The action %s is not valid for this web service.",
                        cloud_text(r, "Action"));
}

void cloud_handle(struct cloud_request *r)
{
    struct cloud_claim claim;

    cloud_claim_of(r, &claim);
    if (!r->service) {
        cloud_refuse(r, 403, "MissingAuthenticationToken",
                     "This stand-in knows no service \"%s\" (or the request is not signed)",
                     claim.service);
        return;
    }
    if (!within_rate(r) || !find_operation(r))
        return;
    if (!(r->operation->is_unsigned && !*claim.key_id) && !cloud_verify(r, &claim))
        return;
    if (r->key && !knows_region(r->region)) {
        cloud_refuse(r, 401, "AuthFailure", "This stand-in has no region \"%s\"", r->region);
        return;
    }
    if (parameters_fit(r))
        r->operation->handle(r);
    if (r->service->region)
        r->region = r->service->region;
}
