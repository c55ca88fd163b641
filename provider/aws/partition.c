#include "aws/partition.h"

#include <string.h>

#include "base/text.h"

static const struct partition partitions[] = {
    {"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-north-1",
     "iam.cn-north-1.amazonaws.com.cn", "route53.amazonaws.com.cn", "cn-northwest-1"},
    {"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws", "us-gov-west-1",
     "iam.us-gov.amazonaws.com", "route53.us-gov.amazonaws.com", "us-gov-west-1"},
    {"aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1",
     "iam.eusc-de-east-1.amazonaws.eu", "route53.amazonaws.eu", "eusc-de-east-1"},
    {"aws-iso", "us-iso-", "c2s.ic.gov", NULL, "us-iso-east-1", "iam.us-iso-east-1.c2s.ic.gov",
     "route53.c2s.ic.gov", "us-iso-east-1"},
    {"aws-iso-b", "us-isob-", "sc2s.sgov.gov", NULL, "us-isob-east-1",
     "iam.us-isob-east-1.sc2s.sgov.gov", "route53.sc2s.sgov.gov", "us-isob-east-1"},
    {"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", NULL, "eu-isoe-west-1",
     "iam.eu-isoe-west-1.cloud.adc-e.uk", "route53.cloud.adc-e.uk", "eu-isoe-west-1"},
    {"aws-iso-f", "us-isof-", "csp.hci.ic.gov", NULL, "us-isof-south-1",
     "iam.us-isof-south-1.csp.hci.ic.gov", "route53.csp.hci.ic.gov", "us-isof-south-1"},
    {"aws", NULL, "amazonaws.com", "api.aws", "us-east-1", "iam.amazonaws.com",
     "route53.amazonaws.com", "us-east-1"},
};

const struct partition *partition_of(const char *region)
{
    const struct partition *p = partitions;

    while (p->region_prefix && strncmp(region, p->region_prefix, strlen(p->region_prefix)) != 0)
        p++;
    return p;
}

const char *partition_managed_policy(struct arena *a, const struct partition *p, const char *name)
{
    return text_f(a, "arn:%s:iam::aws:policy/%s", p->name, name);
}

const char *partition_access_policy(struct arena *a, const struct partition *p, const char *name)
{
    return text_f(a, "arn:%s:eks::aws:cluster-access-policy/%s", p->name, name);
}

bool arn_parse(struct arena *a, const char *z, struct arn *out)
{
    const char **const parts[] = {&out->partition, &out->service, &out->region, &out->account};
    struct text rest = text_of(z), piece;

    text_split(&rest, ':', &piece);
    if (!text_is(piece, "arn"))
        return false;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!text_split(&rest, ':', &piece))
            return false;
        *parts[i] = text_z(a, piece);
    }
    out->resource = text_z(a, rest);
    return *out->partition && *out->service && *out->resource;
}

const char *arn_of_principal(struct arena *a, const char *caller_arn)
{
    static const char assumed[] = "assumed-role/";
    struct arn arn;
    struct text rest, role;

    if (!arn_parse(a, caller_arn, &arn) || strcmp(arn.service, "sts") != 0 ||
        strncmp(arn.resource, assumed, strlen(assumed)) != 0)
        return caller_arn;
    rest = text_of(arn.resource + strlen(assumed));
    text_split(&rest, '/', &role);
    return text_f(a, "arn:%s:iam::%s:role/%.*s", arn.partition, arn.account, (int)role.len,
                  role.at);
}
