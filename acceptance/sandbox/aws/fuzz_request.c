/* Whatever a client asks of the stand-in account, signed with a good key so that it
 * comes far; and what it shows as a signature or a bearer token. */
#include <stdint.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "aws/signature.h"
#include "base/clock.h"
#include "codec/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RUNS_MAX = 500 };

static struct cloud *cloud;
static int runs;

/* A new account now and then: what is made piles up. */
static void renew(void)
{
    if (cloud && ++runs < RUNS_MAX)
        return;
    cloud_stop(cloud);
    cloud = cloud_start(&(struct cloud_options){.speed = 0, .plain = true});
    runs = 0;
}

/* "METHOD /path?query"; services that name their operation otherwise: "Operation". */
static void read_line(struct cloud_request *r, struct text line, const char **target)
{
    struct text method = TEXT("POST"), path = TEXT("/"), rest = line;

    *target = text_z(r->a, line);
    r->path = "/";
    r->query = "";
    if (r->service->protocol == AWS_REST_JSON || r->service->protocol == AWS_REST_XML) {
        text_split(&rest, ' ', &method);
        text_split(&rest, '?', &path);
        r->path = text_z(r->a, path);
        r->query = rest.at ? text_z(r->a, rest) : "";
    }
    r->method = text_z(r->a, method);
}

static const char *type_of(const struct cloud_service *service)
{
    switch (service->protocol) {
    case AWS_JSON:
        return "application/x-amz-json-1.1";
    case AWS_REST_JSON:
        return "application/json";
    case AWS_REST_XML:
        return "text/xml";
    default:
        return "application/x-www-form-urlencoded; charset=utf-8";
    }
}

static const char *authorization_of(struct cloud_request *r, const char *type, const char *target)
{
    const struct access_key key = {cloud_key_id(r->cloud), cloud_secret(r->cloud), ""};
    const struct signature_scope scope = {r->service->region ? r->service->region : "eu-west-1",
                                          r->service->name, clock_now()};
    const struct http_header headers[] = {{"content-type", type}, {"x-amz-target", target}};
    const struct signature_request request = {.method = r->method,
                                              .host = "127.0.0.1",
                                              .path = r->path,
                                              .query = r->query,
                                              .headers = headers,
                                              .header_count = *target ? 2 : 1,
                                              .body = r->body};
    struct signature made;
    struct diags diags;

    diags_init(&diags, r->a);
    if (!signature_of(r->a, &diags, &key, &scope, &request, &made))
        return "";
    r->headers = value_with(r->a, r->headers, "x-amz-date", value_string(r->a, made.date));
    return made.authorization;
}

/* `is_signed` or with an Authorization of its own, the first line. */
static void request(struct cloud_request *r, struct text rest, bool is_signed)
{
    const char *type = type_of(r->service), *target = "", *shown;
    struct text line = TEXT(""), authorization = TEXT("");

    if (!is_signed)
        text_split(&rest, '\n', &authorization);
    text_split(&rest, '\n', &line);
    read_line(r, line, &target);
    target = r->service->target ? text_f(r->a, "%s.%s", r->service->target, target) : "";
    r->body = rest.at ? (struct text){text_z(r->a, rest), rest.len} : TEXT("");
    r->headers = value_map_of(r->a, {"host", value_string(r->a, "127.0.0.1")},
                              {"content-type", value_string(r->a, type)});
    if (*target)
        r->headers = value_with(r->a, r->headers, "x-amz-target", value_string(r->a, target));
    shown = is_signed ? authorization_of(r, type, target) : text_z(r->a, authorization);
    r->headers = value_with(r->a, r->headers, "authorization", value_string(r->a, shown));
    r->service = NULL;
    (void)cloud_target(r);
    records_ripen(r->cloud);
    cloud_handle(r);
    records_forget_removed(r->cloud);
}

static void bearer(struct cloud_request *r, struct text rest)
{
    const char *token = text_f(r->a, "k8s-aws-v1.%s", base64_encode(r->a, rest, BASE64_URL_RAW).at);

    (void)cloud_eks_token_key(r->cloud, r->a, "eu-west-1", "east", token);
    (void)cloud_eks_token_key(r->cloud, r->a, "eu-west-1", "east", text_z(r->a, rest));
}

static const struct cloud_service *named(struct text name)
{
    for (const struct cloud_service *const *s = cloud_services; *s; s++)
        if (text_is(name, (*s)->name))
            return *s;
    return NULL;
}

/* The first line says which service it is for ("ec2", "ec2 unsigned"), or "token". */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct cloud_request r = {.a = a, .parameters = &value_empty_map, .id = "1"};
    struct text rest = {(const char *)data, size}, line = TEXT(""), name = TEXT("");

    renew();
    r.cloud = cloud;
    text_split(&rest, '\n', &line);
    text_split(&line, ' ', &name);
    r.service = named(name);
    pthread_mutex_lock(&cloud->lock);
    if (text_is(name, "token"))
        bearer(&r, rest);
    else if (r.service)
        request(&r, rest, !text_is(line, "unsigned"));
    pthread_mutex_unlock(&cloud->lock);
    arena_free(a);
    return 0;
}
