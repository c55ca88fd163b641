/* service - the services of AWS that we use: how each is spoken to, where it is, and
 * which words of its refusals mean what. Tables, and what is derived from them alone. */
#ifndef AWS_SERVICE_H
#define AWS_SERVICE_H
#include <stdbool.h>

#include "aws/partition.h"
#include "schema/call.h"

enum aws_protocol {
    AWS_EC2_QUERY, /* form in, XML out; flat lists, lower camel case in replies */
    AWS_QUERY,     /* form in, XML out; lists as Name.member.N */
    AWS_REST_JSON,
    AWS_REST_XML,
    AWS_JSON, /* one path, the operation in X-Amz-Target */
};

struct aws_service {
    const char *id;      /* as in `endpoints` of the provider block: "ec2" */
    const char *name;    /* as AWS writes it: "EC2", "Elastic Load Balancing" */
    const char *version; /* "2016-11-15" */
    enum aws_protocol protocol;
    const char *signing_name; /* "elasticloadbalancing" */
    const char *host;         /* before ".REGION.amazonaws.com": "portal.sso" */
    const char *fips_host;    /* "fips.eks" */
    const char *environment;  /* behind AWS_ENDPOINT_URL_: "ELASTIC_LOAD_BALANCING_V2" */
    const char *target;       /* before "." in X-Amz-Target, of AWS_JSON */
    bool global;              /* one for the partition, signed for its own region */
};

extern const struct aws_service aws_ec2, aws_eks, aws_iam, aws_elasticloadbalancing, aws_route53,
    aws_sts, aws_sso, aws_sso_oidc, aws_secretsmanager, aws_autoscaling;
/* All of them, ended by NULL. */
extern const struct aws_service *const aws_services[];

/* What an address depends on besides service and region. */
struct service_address_options {
    const char *override_url; /* instead of AWS's own; "" = none. Without FIPS, dual stack */
    bool fips, dual_stack;
};

struct service_address {
    const char *url;    /* "https://ec2.eu-west-1.amazonaws.com", without a path's end slash */
    const char *region; /* to sign for */
};

/* Derived by the rules of AWS's endpoint tables; `region` is the caller's. */
void service_address_of(struct arena *a, const struct aws_service *service, const char *region,
                        const struct service_address_options *options, struct service_address *out);

#endif
