#include "aws/service.h"

#include <string.h>

const struct aws_service aws_ec2 = {
    .id = "ec2",
    .name = "EC2",
    .version = "2016-11-15",
    .protocol = AWS_EC2_QUERY,
    .signing_name = "ec2",
    .host = "ec2",
    .fips_host = "ec2-fips",
    .environment = "EC2",
};
const struct aws_service aws_eks = {
    .id = "eks",
    .name = "EKS",
    .version = "2017-11-01",
    .protocol = AWS_REST_JSON,
    .signing_name = "eks",
    .host = "eks",
    .fips_host = "fips.eks",
    .environment = "EKS",
};
const struct aws_service aws_iam = {
    .id = "iam",
    .name = "IAM",
    .version = "2010-05-08",
    .protocol = AWS_QUERY,
    .signing_name = "iam",
    .host = "iam",
    .fips_host = "iam-fips",
    .environment = "IAM",
    .global = true,
};
const struct aws_service aws_elasticloadbalancing = {
    .id = "elasticloadbalancing",
    .name = "Elastic Load Balancing",
    .version = "2015-12-01",
    .protocol = AWS_QUERY,
    .signing_name = "elasticloadbalancing",
    .host = "elasticloadbalancing",
    .fips_host = "elasticloadbalancing-fips",
    .environment = "ELASTIC_LOAD_BALANCING_V2",
};
const struct aws_service aws_route53 = {
    .id = "route53",
    .name = "Route 53",
    .version = "2013-04-01",
    .protocol = AWS_REST_XML,
    .signing_name = "route53",
    .host = "route53",
    .fips_host = "route53-fips",
    .environment = "ROUTE_53",
    .global = true,
};
const struct aws_service aws_sts = {
    .id = "sts",
    .name = "STS",
    .version = "2011-06-15",
    .protocol = AWS_QUERY,
    .signing_name = "sts",
    .host = "sts",
    .fips_host = "sts-fips",
    .environment = "STS",
};
const struct aws_service aws_sso = {
    .id = "sso",
    .name = "IAM Identity Center",
    .version = "2019-06-10",
    .protocol = AWS_REST_JSON,
    .signing_name = "awsssoportal",
    .host = "portal.sso",
    .fips_host = "portal.sso-fips",
    .environment = "SSO",
};
const struct aws_service aws_sso_oidc = {
    .id = "sso_oidc",
    .name = "IAM Identity Center OIDC",
    .version = "2019-06-10",
    .protocol = AWS_REST_JSON,
    .signing_name = "sso-oauth",
    .host = "oidc",
    .fips_host = "oidc-fips",
    .environment = "SSO_OIDC",
};
const struct aws_service aws_secretsmanager = {
    .id = "secretsmanager",
    .name = "Secrets Manager",
    .version = "2017-10-17",
    .protocol = AWS_JSON,
    .signing_name = "secretsmanager",
    .host = "secretsmanager",
    .fips_host = "secretsmanager-fips",
    .environment = "SECRETS_MANAGER",
    .target = "secretsmanager",
};
const struct aws_service aws_autoscaling = {
    .id = "autoscaling",
    .name = "Auto Scaling",
    .version = "2011-01-01",
    .protocol = AWS_QUERY,
    .signing_name = "autoscaling",
    .host = "autoscaling",
    .fips_host = "autoscaling-fips",
    .environment = "AUTO_SCALING",
};

const struct aws_service *const aws_services[] = {
    &aws_ec2, &aws_eks, &aws_iam,      &aws_elasticloadbalancing, &aws_route53,
    &aws_sts, &aws_sso, &aws_sso_oidc, &aws_secretsmanager,       &aws_autoscaling,
    NULL,
};

/* A global service outside its dual-stack form: one host for the partition. */
static const char *global_host(struct arena *a, const struct aws_service *service,
                               const struct partition *p, bool fips)
{
    const char *host = service == &aws_iam ? p->iam_host : p->route53_host;

    if (!fips || strcmp(p->name, "aws") != 0) /* the other partitions are FIPS as they are */
        return host;
    return text_f(a, "%s.%s", service->fips_host, p->suffix);
}

/* EKS is the one whose FIPS host is named otherwise in the dual-stack form. */
static const char *dual_stack_host(const struct aws_service *service, bool fips)
{
    if (!fips)
        return service->host;
    return service == &aws_eks ? "eks-fips" : service->fips_host;
}

static const char *host_of(struct arena *a, const struct aws_service *service, const char *region,
                           const struct service_address_options *options)
{
    const struct partition *p = partition_of(region);
    bool fips = options->fips && strcmp(p->name, "aws-us-gov") != 0;

    if (options->dual_stack && p->dual_stack)
        return text_f(a, "%s.%s.%s", dual_stack_host(service, fips),
                      service->global ? "global" : region, p->dual_stack);
    if (service->global)
        return global_host(a, service, p, fips);
    return text_f(a, "%s.%s.%s", fips ? service->fips_host : service->host, region, p->suffix);
}

void service_address_of(struct arena *a, const struct aws_service *service, const char *region,
                        const struct service_address_options *options, struct service_address *out)
{
    const struct partition *p = partition_of(region);
    struct text url = text_of(options->override_url);

    while (url.len && url.at[url.len - 1] == '/')
        url.len--;
    out->url =
        url.len ? text_z(a, url) : text_f(a, "https://%s", host_of(a, service, region, options));
    out->region = service == &aws_iam       ? p->global_region
                  : service == &aws_route53 ? p->route53_region
                                            : region;
}
