/* credentials_metadata - what a container's or an instance's own address gives: the
 * container agents (ECS, EKS Pod Identity) and the instance metadata service, version 2. */
#include <stdlib.h>
#include <string.h>

#include "aws/credentials_parts.h"
#include "base/file.h"
#include "codec/json.h"
#include "http/url.h"

enum {
    DOCUMENT_BYTES_MAX = 64 << 10,
    CONTAINER_TIMEOUT_MS = 2000,
    CONTAINER_ATTEMPTS = 3,
    INSTANCE_TIMEOUT_MS = 1000,
    REGION_BYTES_MAX = 64,
};

static const char container_host[] = "http://169.254.170.2";
static const char instance_host[] = "http://169.254.169.254";
static const char instance_host_6[] = "http://[fd00:ec2::254]";

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "";
}

static void endpoint_close(void *endpoint)
{
    http_endpoint_free(endpoint);
}

/* One request to an address next door: no proxy, no retry, a short patience. */
static bool ask(struct call *c, const char *origin, struct http_request *request,
                struct http_reply *reply)
{
    const struct http_endpoint_options options = {.base_url = origin, .proxy_url = ""};
    struct http_endpoint *endpoint;

    if (!http_endpoint_new(c->clients->http, &options, NULL, c->diags, &endpoint))
        return false;
    arena_defer(c->arena, endpoint_close, endpoint);
    request->endpoint = endpoint;
    request->flags = HTTP_SECRET_BODY | HTTP_SECRET_REPLY | HTTP_NO_RETRY;
    request->reply_bytes_max = DOCUMENT_BYTES_MAX;
    http_send_all(c, request, 1, 1, reply);
    return true;
}

static const char *trouble(struct arena *a, const struct http_reply *reply)
{
    return reply->failure ? reply->failure_text
                          : text_f(a, "HTTP %d: %s", reply->status,
                                   text_printable(a, text_trim(reply->body), 300));
}

/* --- containers ---------------------------------------------------------------------- */

/* https anywhere; http only where nobody else can listen. */
static bool is_safe(const struct url *url)
{
    static const char *const hosts[] = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};

    if (strcmp(url->scheme, "https") == 0 || url_is_loopback(url))
        return true;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (strcmp(url->host, hosts[i]) == 0)
            return true;
    return false;
}

static bool container_token(struct search *s, const char **token)
{
    const char *path = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), *reason;
    struct text text = text_of(environment("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    bool found;

    if (*path && !file_read(s->c->arena, path, DOCUMENT_BYTES_MAX, &text, &found, &reason))
        return diag_error(s->c->diags, NULL, "The container's token cannot be read",
                          "%s, named by AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: %s.", path, reason);
    *token = text_z(s->c->arena, text_trim(text));
    if (strpbrk(*token, "\r\n"))
        return diag_error(s->c->diags, NULL, "The container's token is malformed",
                          "There is a line break in it.");
    return true;
}

static bool container_ask(struct search *s, const char *address, const struct url *url,
                          struct aws_credentials *out)
{
    struct arena *a = s->c->arena;
    const char *query = url->query[0] ? "?" : "", *token = "";
    struct http_header authorization = {"Authorization", ""};
    struct http_request request = {.method = "GET",
                                   .target = text_f(a, "%s%s%s", url->path, query, url->query),
                                   .headers = &authorization,
                                   .timeout_ms = CONTAINER_TIMEOUT_MS};
    struct http_reply reply = {.failure = HTTP_CONNECT};
    const struct value *json;

    if (!container_token(s, &token))
        return false;
    authorization.value = token;
    request.header_count = *token ? 1 : 0;
    for (int i = 0; i < CONTAINER_ATTEMPTS && (reply.failure || reply.status / 100 == 5); i++)
        if (!ask(s->c, url_origin(a, url), &request, &reply))
            return false;
    if (reply.failure || reply.status != 200)
        return diag_error(s->c->diags, NULL, "No credentials from the container's agent", "%s: %s",
                          address, trouble(a, &reply));
    return json_read(a, reply.body, "the container agent's answer", s->c->diags, &json) &&
           credentials_document(s, json, "the container's agent", out);
}

bool credentials_container(struct search *s, struct aws_credentials *out, bool *found)
{
    const char *relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
               *address = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    struct url url;

    if (*relative)
        address = text_f(s->c->arena, "%s%s", container_host, relative);
    *found = *address != '\0';
    if (!*found)
        return credentials_skip(s, "container: no AWS_CONTAINER_CREDENTIALS_… is set");
    if (!url_parse(s->c->arena, address, &url) || url.has_user_information || !is_safe(&url))
        return diag_error(
            s->c->diags, NULL, "The address of container credentials is refused",
            "%s, from AWS_CONTAINER_CREDENTIALS_FULL_URI, is neither https nor one of "
            "the addresses where only the container's own agent listens.",
            text_printable(s->c->arena, text_of(address), 200));
    return container_ask(s, address, &url, out);
}

/* --- instances ------------------------------------------------------------------------ */

static const char *instance_address(void)
{
    const char *wanted = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
               *mode = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");

    if (*wanted)
        return wanted;
    return strcmp(mode, "IPv6") == 0 || strcmp(mode, "ipv6") == 0 ? instance_host_6 : instance_host;
}

/* NULL when nobody is there, or says no. */
static const char *instance_get(struct call *c, const char *token, const char *path)
{
    const struct http_header header = {"X-aws-ec2-metadata-token", token};
    struct http_request request = {.method = "GET",
                                   .target = path,
                                   .headers = &header,
                                   .header_count = 1,
                                   .timeout_ms = INSTANCE_TIMEOUT_MS};
    struct http_reply reply;

    if (!ask(c, instance_address(), &request, &reply) || reply.failure || reply.status != 200)
        return NULL;
    return text_z(c->arena, text_trim(reply.body));
}

static const char *instance_token(struct call *c)
{
    static const struct http_header ttl = {"X-aws-ec2-metadata-token-ttl-seconds", "21600"};
    struct http_request request = {.method = "PUT",
                                   .target = "/latest/api/token",
                                   .headers = &ttl,
                                   .header_count = 1,
                                   .timeout_ms = INSTANCE_TIMEOUT_MS};
    struct http_reply reply;

    if (strcmp(environment("AWS_EC2_METADATA_DISABLED"), "true") == 0 ||
        !ask(c, instance_address(), &request, &reply) || reply.failure || reply.status != 200)
        return NULL;
    return text_z(c->arena, text_trim(reply.body));
}

bool credentials_instance(struct search *s, struct aws_credentials *out, bool *found)
{
    static const char base[] = "/latest/meta-data/iam/security-credentials/";
    const char *token = instance_token(s->c), *role, *document;
    const struct value *json;

    *found = false;
    if (!token)
        return credentials_skip(s, "instance: there is no metadata service here");
    role = instance_get(s->c, token, base);
    if (!role || !*role)
        return credentials_skip(s, "instance: it has no role");
    role = url_escape(s->c->arena, text_of(role), NULL);
    document = instance_get(s->c, token, text_f(s->c->arena, "%s%s", base, role));
    *found = true;
    if (!document)
        return diag_error(s->c->diags, NULL, "No credentials from the instance",
                          "Its metadata service names the role %s, but gives no keys for it.",
                          role);
    return json_read(s->c->arena, text_of(document), "the instance's credentials", s->c->diags,
                     &json) &&
           credentials_document(s, json, text_f(s->c->arena, "the instance's role %s", role), out);
}

const char *credentials_instance_region(struct call *c)
{
    const char *token = instance_token(c),
               *region =
                   token ? instance_get(c, token, "/latest/meta-data/placement/region") : NULL;

    return region && strlen(region) < REGION_BYTES_MAX ? region : NULL;
}
