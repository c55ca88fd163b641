#include "aws/eks_token.h"

#include "aws/eks.h"
#include "aws/session.h"
#include "codec/base64.h"

enum {
    PRESIGNED_S = 60,       /* by custom; EKS counts 15 minutes from the date whatever it says */
    TOKEN_S = 14 * 60,      /* a minute less than that */
    TOKEN_BYTES_MAX = 4096, /* the server's own limit */
};

static bool presign(struct call *c, struct aws *session, const char *cluster, int64_t now,
                    struct aws_credentials *key, const char **url)
{
    const struct service_address_options options = {.override_url = ""};
    const struct http_header header = {"x-k8s-aws-id", cluster};
    const struct signature_scope scope = {session->region, aws_sts.signing_name, now};
    struct signature_request r = {.method = "GET",
                                  .path = "/",
                                  .query = "Action=GetCallerIdentity&Version=2011-06-15",
                                  .headers = &header,
                                  .header_count = 1};
    struct service_address address;
    struct signature signature;
    const char *query;

    /* The server asks AWS's own STS, whatever address we use. */
    service_address_of(c->arena, &aws_sts, session->region, &options, &address);
    r.host = address.url + sizeof("https://") - 1;
    if (!aws_credentials_now(c, session, key) ||
        !signature_presign(c->arena, c->diags, &key->key, &scope, &r, PRESIGNED_S, &signature,
                           &query))
        return false;
    *url = text_f(c->arena, "%s/?%s", address.url, query);
    return true;
}

bool eks_token(struct call *c, struct aws *session, const char *cluster, const char **token,
               int64_t *expires_at)
{
    int64_t now = aws_now(session);
    struct aws_credentials key = {.source = ""};
    const char *url;

    if (!presign(c, session, cluster, now, &key, &url))
        return false;
    *token =
        text_f(c->arena, "k8s-aws-v1.%s", base64_encode(c->arena, text_of(url), BASE64_URL_RAW).at);
    if (text_of(*token).len > TOKEN_BYTES_MAX)
        return diag_error(c->diags, NULL, "The session token is too long for EKS",
                          "Cluster %s takes tokens of up to %d bytes; with the session token of %s "
                          "it has %zu. Assume a role with fewer session tags or policies.",
                          cluster, TOKEN_BYTES_MAX, key.source, text_of(*token).len);
    *expires_at = now + TOKEN_S;
    if (key.expires_at && key.expires_at < *expires_at)
        *expires_at = key.expires_at;
    return true;
}

static bool open_connection(struct call *c, const struct value *eks, struct aws **out)
{
    const struct aws_access access = {.region = value_text(eks, "region"),
                                      .profile = value_text(eks, "profile"),
                                      .role_arn = value_text(eks, "role_arn")};

    return aws_open(c, &access, path_of(c->arena, "cluster", "eks", "region"), out);
}

bool eks_connection_token(struct call *c, const struct value *eks, const char **token,
                          int64_t *expires_at)
{
    struct aws *session;

    return open_connection(c, eks, &session) &&
           eks_token(c, session, value_text(eks, "cluster_name"), token, expires_at);
}

bool eks_connection_cluster(struct call *c, const struct value *eks, const char **host,
                            struct text *ca_pem)
{
    const char *name = value_text(eks, "cluster_name");
    const struct value *cluster;
    struct aws *session;

    if (!open_connection(c, eks, &session) || !eks_describe_cluster(c, session, name, &cluster))
        return false;
    if (!cluster)
        return diag_error(c->diags, NULL, text_f(c->arena, "There is no EKS cluster %s", name),
                          "Region %s, seen with the identity of the connection.",
                          aws_region(session));
    *host = value_text(cluster, "endpoint");
    if (!**host ||
        !base64_decode(c->arena,
                       text_of(value_text(value_at(cluster, "certificateAuthority"), "data")),
                       BASE64_STANDARD, ca_pem))
        return diag_error(c->diags, NULL,
                          text_f(c->arena, "EKS cluster %s cannot be reached yet", name),
                          "It is %s and has no endpoint or no certificate authority yet.",
                          value_text(cluster, "status"));
    return true;
}
