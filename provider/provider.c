#include "provider.h"

#include "aws/eks_token.h"
#include "http/client.h"
#include "kube/kube.h"
#include "schema/check.h"
#include "schema/type.h"
#include "schema/unfinished.h"
#include "source/source.h"

static const struct attribute assume_role[] = {
    STRING("role_arn", REQUIRED, "ARN of the IAM role to assume.", .check = check_arn),
    STRING("external_id", OPTIONAL, "External id that the role's trust policy demands."),
    STRING("session_name", OPTIONAL,
           "Name of the session, as CloudTrail shows it. Default: `terraform-provider-istio`."),
    END_ATTRIBUTES,
};

static const struct attribute aws[] = {
    STRING("region", OPTIONAL,
           "Region of resources that do not name one. Default: the environment or the profile."),
    STRING("profile", OPTIONAL, "Profile of the shared configuration and credentials files."),
    NESTED("assume_role", NESTING_SINGLE, assume_role, OPTIONAL,
           "Role that is assumed with the credentials found."),
    TYPED("default_tags", &type_string_map, OPTIONAL, "Tags of everything that is made in AWS."),
    NUMBER("max_retries", OPTIONAL,
           "How often a throttled or failed AWS request is sent again. Default: one less than "
           "`AWS_MAX_ATTEMPTS` or the profile's `max_attempts`, else 10.",
           .min = 0, .max = 100),
    TYPED("endpoints", &type_string_map, OPTIONAL,
          "Addresses to use instead of AWS's own, by service: `ec2`, `eks`, "
          "`elasticloadbalancing`, `iam`, `sts`, `route53`, `secretsmanager`.",
          .check_element = check_url),
    END_ATTRIBUTES,
};

static const struct attribute registry_auth[] = {
    STRING("username", REQUIRED, "User name at the repository or registry."),
    STRING("password", REQUIRED | SENSITIVE, "Password or token there."),
    END_ATTRIBUTES,
};

static const struct attribute charts[] = {
    STRING("cache_dir", OPTIONAL,
           "Folder where downloaded charts are kept by digest, and looked for before they are "
           "downloaded. Default: they are kept in memory, until the run ends."),
    STRING("repository", OPTIONAL,
           "Address of the repository of charts that do not name one: `https://` or `oci://`.",
           .check = chart_source_check_repository),
    NESTED("registry_auth", NESTING_MAP, registry_auth, OPTIONAL,
           "Credentials by host name (`ghcr.io`, `charts.example.com:8443`) of chart repositories "
           "and registries. Files of other programs, such as Docker's, are not read."),
    END_ATTRIBUTES,
};

static const struct attribute logging[] = {
    BOOL("http_bodies", OPTIONAL,
         "Whether logs at level TRACE hold the bodies of requests and replies. Secrets are left "
         "out either way. Default: false."),
    END_ATTRIBUTES,
};

static const struct attribute rows[] = {
    NESTED("aws", NESTING_SINGLE, aws, OPTIONAL,
           "Access to AWS. The standard chain of environment, profile, web identity, container "
           "and instance applies where nothing is set."),
    NESTED("charts", NESTING_SINGLE, charts, OPTIONAL, "Where Helm charts come from."),
    NESTED("log", NESTING_SINGLE, logging, OPTIONAL, "What logs hold."),
    END_ATTRIBUTES,
};

struct provider *provider_new(void)
{
    struct provider *p = memory_new(1, sizeof(*p));

    p->summary = "From nothing to a verified multi-cluster Istio mesh: clusters, trust, control "
                 "planes, gateways and remote secrets, over the Kubernetes and AWS APIs alone.";
    p->attributes = rows;
    p->cancel = cancel_new();
    pthread_mutex_init(&p->lock, NULL);
    p->arena = arena_new();
    p->clients.provider_config = &value_null;
    p->clients.http = http_client_new(p->cancel);
    p->clients.kube = kube_pool_new(p->clients.http);
    p->clients.charts = chart_store_new(p->clients.http);
    p->clients.aws = aws_pool_new(p->clients.http);
    p->clients.unfinished = unfinished_new();
    kube_pool_set_eks_token(p->clients.kube, eks_connection_token);
    kube_pool_set_eks_cluster(p->clients.kube, eks_connection_cluster);
    return p;
}

void provider_free(struct provider *p)
{
    if (!p)
        return;
    chart_store_free(p->clients.charts);
    kube_pool_free(p->clients.kube);
    aws_pool_free(p->clients.aws);
    unfinished_free(p->clients.unfinished);
    http_client_free(p->clients.http);
    cancel_free(p->cancel);
    arena_free(p->arena);
    pthread_mutex_destroy(&p->lock);
    memory_free(p);
}

bool provider_validate(struct provider *p, struct call *c, const struct value *config)
{
    return check_attributes(c, p->attributes, config);
}

bool provider_configure(struct provider *p, struct call *c, const struct value *config)
{
    if (!check_attributes(c, p->attributes, config))
        return false;
    http_client_log_bodies(p->clients.http, value_as_bool(value_in(config, "log", "http_bodies")));
    pthread_mutex_lock(&p->lock);
    p->clients.provider_config = value_copy(p->arena, config);
    pthread_mutex_unlock(&p->lock);
    return true;
}

void provider_clients(struct provider *p, struct clients *out)
{
    pthread_mutex_lock(&p->lock);
    *out = p->clients;
    pthread_mutex_unlock(&p->lock);
}
