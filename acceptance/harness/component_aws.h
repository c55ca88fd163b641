/* component_aws - a component (component.h) beside a stand-in AWS account: for tests of
 * what speaks to AWS. All services lead there; the environment has the account's key.
 *
 *     component_start_aws(&t, a, 0, &(struct cloud_options){.speed = 0});
 *     …
 *     component_stop_aws(&t);
 */
#ifndef HARNESS_COMPONENT_AWS_H
#define HARNESS_COMPONENT_AWS_H
#include "acceptance/harness/component.h"
#include "acceptance/sandbox/aws/cloud.h"
#include "aws/aws.h"
#include "aws/eks_token.h"

struct component_aws {
    struct component component;
    struct cloud *cloud;
};

static inline void component_use_key(const char *id, const char *secret, const char *session_token)
{
    static const char *const unset[] = {
        "AWS_PROFILE",      "AWS_DEFAULT_PROFILE", "AWS_REGION",   "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE",       "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_SESSION_TOKEN"};

    for (size_t i = 0; i < sizeof(unset) / sizeof(*unset); i++)
        unsetenv(unset[i]);
    setenv("AWS_CONFIG_FILE", "provider/aws/testdata/shared_files/none", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "provider/aws/testdata/shared_files/none", 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("AWS_ACCESS_KEY_ID", id, 1);
    setenv("AWS_SECRET_ACCESS_KEY", secret, 1);
    if (*session_token)
        setenv("AWS_SESSION_TOKEN", session_token, 1);
}

static inline void component_open_aws(struct component_aws *t)
{
    t->component.clients.aws = aws_pool_new(t->component.clients.http);
    kube_pool_set_eks_token(t->component.clients.kube, eks_connection_token);
    kube_pool_set_eks_cluster(t->component.clients.kube, eks_connection_cluster);
}

/* Over plain HTTP, so that no bundle of certificates is needed. */
static inline void component_start_aws(struct component_aws *t, struct arena *a, size_t clusters,
                                       const struct cloud_options *options)
{
    struct cloud_options plain = *options;
    const struct value *urls = &value_empty_map, *url;

    component_start(&t->component, a, clusters);
    plain.plain = true;
    t->cloud = cloud_start(&plain);
    component_use_key(cloud_key_id(t->cloud), cloud_secret(t->cloud), "");
    url = value_string(a, cloud_url(t->cloud));
    for (const struct aws_service *const *service = aws_services; *service; service++)
        urls = value_with(a, urls, (*service)->id, url);
    t->component.clients.provider_config =
        value_map_of(a, {"aws", value_map_of(a, {"endpoints", urls})});
    component_open_aws(t);
}

/* Forgets clients and credentials, as a new process would. */
static inline void component_restart_aws(struct component_aws *t)
{
    aws_pool_free(t->component.clients.aws);
    component_restart(&t->component);
    component_open_aws(t);
}

static inline void component_stop_aws(struct component_aws *t)
{
    aws_pool_free(t->component.clients.aws);
    component_stop(&t->component);
    cloud_stop(t->cloud);
}

/* What AWS was asked since the last look: "POST ec2.eu-west-1/CreateVpc 200\n" … */
static inline const char *component_aws_requests(struct component_aws *t)
{
    char *lines = cloud_requests(t->cloud);
    const char *copy = arena_strdup(t->component.arena, lines);

    memory_free(lines);
    cloud_requests_reset(t->cloud);
    return copy;
}

#endif
