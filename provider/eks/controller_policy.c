/* What the load balancer controller may do. It looks at everything; what it makes has to
 * carry the tag with its cluster's name, and it changes nothing that carries another. Rules
 * of security groups are the exception: targets are in groups that are not its own. */
#include "codec/json.h"
#include "eks/controller.h"

#define ELB "elasticloadbalancing:"
#define BALANCERS ELB "*:*:loadbalancer/net/*/* " ELB "*:*:loadbalancer/app/*/* " TARGETS
#define TARGETS ELB "*:*:targetgroup/*/*"
#define GROUPS "ec2:*:*:security-group/*"

#define REQUEST_TAG "aws:RequestTag/elbv2.k8s.aws/cluster"
#define RESOURCE_TAG "aws:ResourceTag/elbv2.k8s.aws/cluster"

enum condition {
    WITH_TAG = 1 << 0,  /* the request gives this cluster's tag */
    KEEPS_TAG = 1 << 1, /* the request says nothing of the tag */
    IS_OWN = 1 << 2,    /* the thing carries it already */
};

/* Lists are words with blanks between them. */
static const struct statement {
    const char *name, *actions;
    const char *resources; /* without "arn:<partition>:"; NULL = everything */
    unsigned conditions;
    const char *key, *values; /* one more that has to be equal; NULL = none */
} statements[] = {
    {"Look",
     ELB "Describe* ec2:DescribeAccountAttributes ec2:DescribeAddresses "
         "ec2:DescribeAvailabilityZones ec2:DescribeCoipPools ec2:DescribeInstances "
         "ec2:DescribeInternetGateways ec2:DescribeIpamPools ec2:DescribeNetworkInterfaces "
         "ec2:DescribeRouteTables ec2:DescribeSecurityGroups ec2:DescribeSubnets "
         "ec2:DescribeTags ec2:DescribeVpcPeeringConnections ec2:DescribeVpcs "
         "ec2:GetCoipPoolUsage ec2:GetSecurityGroupsForVpc",
     NULL, 0, NULL, NULL},
    {"CertificatesAndFirewalls",
     "acm:DescribeCertificate acm:ListCertificates cognito-idp:DescribeUserPoolClient "
     "iam:GetServerCertificate iam:ListServerCertificates shield:CreateProtection "
     "shield:DeleteProtection shield:DescribeProtection shield:GetSubscriptionState "
     "waf-regional:AssociateWebACL waf-regional:DisassociateWebACL waf-regional:GetWebACL "
     "waf-regional:GetWebACLForResource wafv2:AssociateWebACL wafv2:DisassociateWebACL "
     "wafv2:GetWebACL wafv2:GetWebACLForResource",
     NULL, 0, NULL, NULL},
    {"FirstOfTheAccount", "iam:CreateServiceLinkedRole", NULL, 0, "iam:AWSServiceName",
     "elasticloadbalancing.amazonaws.com"},
    {"MakeGroupsAndRules",
     "ec2:AuthorizeSecurityGroupIngress ec2:CreateSecurityGroup ec2:RevokeSecurityGroupIngress",
     NULL, 0, NULL, NULL},
    {"TagNewGroups", "ec2:CreateTags", GROUPS, WITH_TAG, "ec2:CreateAction", "CreateSecurityGroup"},
    {"TagOwnGroups", "ec2:CreateTags ec2:DeleteTags", GROUPS, KEEPS_TAG | IS_OWN, NULL, NULL},
    {"DeleteOwnGroups", "ec2:DeleteSecurityGroup", NULL, IS_OWN, NULL, NULL},
    {"Make", ELB "CreateLoadBalancer " ELB "CreateTargetGroup", NULL, WITH_TAG, NULL, NULL},
    {"TagNew", ELB "AddTags", BALANCERS, WITH_TAG, ELB "CreateAction",
     "CreateLoadBalancer CreateTargetGroup"},
    {"TagOwn", ELB "AddTags " ELB "RemoveTags", BALANCERS, KEEPS_TAG | IS_OWN, NULL, NULL},
    {"ChangeOwn",
     ELB "DeleteLoadBalancer " ELB "DeleteTargetGroup " ELB "ModifyCapacityReservation " ELB
         "ModifyIpPools " ELB "ModifyListenerAttributes " ELB "ModifyLoadBalancerAttributes " ELB
         "ModifyTargetGroup " ELB "ModifyTargetGroupAttributes " ELB "SetIpAddressType " ELB
         "SetSecurityGroups " ELB "SetSubnets",
     NULL, IS_OWN, NULL, NULL},
    {"Listeners",
     ELB "AddListenerCertificates " ELB "CreateListener " ELB "CreateRule " ELB
         "DeleteListener " ELB "DeleteRule " ELB "ModifyListener " ELB "ModifyRule " ELB
         "RemoveListenerCertificates " ELB "SetRulePriorities " ELB "SetWebAcl",
     NULL, 0, NULL, NULL},
    {"TagListeners", ELB "AddTags " ELB "RemoveTags",
     ELB "*:*:listener/net/*/*/* " ELB "*:*:listener/app/*/*/* " ELB
         "*:*:listener-rule/net/*/*/* " ELB "*:*:listener-rule/app/*/*/*",
     0, NULL, NULL},
    {"Targets", ELB "DeregisterTargets " ELB "RegisterTargets", TARGETS, 0, NULL, NULL},
};

static const struct value *list_of(struct arena *a, const char *prefix, const char *words)
{
    struct text rest = text_of(words), word;
    const struct value *list = &value_empty_list;

    while (text_split(&rest, ' ', &word))
        list = value_append(a, list, value_f(a, "%s%.*s", prefix, (int)word.len, word.at));
    return list;
}

static const struct value *condition_of(struct arena *a, const struct statement *s,
                                        const char *cluster)
{
    const struct value *name = value_string(a, cluster), *v = &value_empty_map;

    if (s->conditions & WITH_TAG)
        v = value_with_in(a, v, name, "StringEquals", REQUEST_TAG);
    if (s->conditions & IS_OWN)
        v = value_with_in(a, v, name, "StringEquals", RESOURCE_TAG);
    if (s->conditions & KEEPS_TAG)
        v = value_with_in(a, v, value_string(a, "true"), "Null", REQUEST_TAG);
    if (s->key)
        v = value_with_in(a, v, list_of(a, "", s->values), "StringEquals", s->key);
    return v;
}

const char *controller_policy(struct arena *a, const char *partition, const char *cluster)
{
    const struct value *list = &value_empty_list;

    for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
        const struct statement *s = &statements[i];
        const struct value *condition = condition_of(a, s, cluster),
                           *one = value_map_of(a, {"Sid", value_string(a, s->name)},
                                               {"Effect", value_string(a, "Allow")},
                                               {"Action", list_of(a, "", s->actions)});

        one = value_with(a, one, "Resource",
                         s->resources ? list_of(a, text_f(a, "arn:%s:", partition), s->resources)
                                      : value_string(a, "*"));
        if (value_count(condition))
            one = value_with(a, one, "Condition", condition);
        list = value_append(a, list, one);
    }
    return json_write(
               a, value_map_of(a, {"Version", value_string(a, "2012-10-17")}, {"Statement", list}))
        .at;
}
