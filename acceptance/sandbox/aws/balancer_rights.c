/* What the role of a controller's service account lets it do. */
#include <fnmatch.h>
#include <string.h>

#include "acceptance/sandbox/aws/balancer.h"
#include "acceptance/sandbox/aws/cloud_eks.h"
#include "acceptance/sandbox/aws/cloud_iam.h"
#include "codec/json.h"

static const char needed[] = "elasticloadbalancing:CreateLoadBalancer";

/* --- policies -------------------------------------------------------------------------------- */
static const struct value *as_list(struct arena *a, const struct value *one_or_many)
{
    return one_or_many->kind == VALUE_LIST ? one_or_many : value_list_of(a, one_or_many);
}

static bool document_allows(struct arena *a, const char *document)
{
    const struct value *v, *statements;

    if (json_try(a, text_of(document), &v))
        return false;
    statements = as_list(a, value_at(v, "Statement"));
    for (size_t i = 0; i < value_count(statements); i++) {
        const struct value *statement = value_item(statements, i);
        const struct value *actions = as_list(a, value_at(statement, "Action"));

        for (size_t k = 0; k < value_count(actions); k++)
            if (strcmp(value_text(statement, "Effect"), "Allow") == 0 &&
                fnmatch(value_z(value_item(actions, k)), needed, 0) == 0)
                return true;
    }
    return false;
}

static const char *document_of(const struct record *policy)
{
    const struct value *versions = value_at(policy->body, ".versions");

    for (size_t i = 0; i < value_count(versions); i++)
        if (record_is(policy, "DefaultVersionId", value_text(value_item(versions, i), "VersionId")))
            return value_text(value_item(versions, i), "Document");
    return "";
}

static bool role_allows(const struct balancer *b, const struct record *role)
{
    const struct value *attached = value_at(role->body, ".attached");
    const struct value *in_line = value_at(role->body, ".inline");

    for (size_t i = 0; i < value_count(attached); i++) {
        const struct record *policy = record_seen(b->c, "", "policy", attached->map.entries[i].key);

        if (policy && document_allows(b->a, document_of(policy)))
            return true;
    }
    for (size_t i = 0; i < value_count(in_line); i++)
        if (document_allows(b->a, value_z(in_line->map.entries[i].value)))
            return true;
    return false;
}

/* --- service accounts ------------------------------------------------------------------------- */
/* A request of AWS's that is refused, in the words of its SDK. */
static const char *refused(const struct balancer *b, const char *operation, const char *error)
{
    const char *id = balancer_hash(b->a, operation);

    return text_f(b->a,
                  "operation error %s, https response error StatusCode: 403, RequestID: "
                  "%.8s-0000-4000-8000-%s00, api error %s",
                  operation, id, id, error);
}

static bool role_trusts(const struct balancer *b, const struct record *role, const char *subject)
{
    const char *url = value_z(value_in(b->cluster->body, "identity", "oidc", "issuer"));
    const char *issuer = strstr(url, "://") ? strstr(url, "://") + 3 : url;
    const char *provider = text_f(b->a, "arn:aws:iam::%s:oidc-provider/%s", b->c->account, issuer);
    const struct cloud_iam_caller who = {
        .type = "Federated",
        .principal = provider,
        .session = provider,
        .context = value_map_of(
            b->a, {text_f(b->a, "%s:sub", issuer), value_string(b->a, subject)},
            {text_f(b->a, "%s:aud", issuer), value_string(b->a, "sts.amazonaws.com")})};

    return record_seen(b->c, "", "oidc-provider", provider) &&
           cloud_iam_lets_in(b->a, role, &who, "sts:AssumeRoleWithWebIdentity");
}

/* NULL = there is none. */
static const struct record *association_of(const struct balancer *b, const char *ns,
                                           const char *account)
{
    const struct record *at = NULL;

    while ((at = cloud_eks_below(b->c, at, "pod-identity-association", b->cluster)))
        if (record_is(at, "namespace", ns) && record_is(at, "serviceAccount", account))
            return at;
    return NULL;
}

/* It has no role: the SDK takes that of the node. */
static const char *denied_node(const struct balancer *b)
{
    const struct record *nodegroup = cloud_eks_below(b->c, NULL, "nodegroup", b->cluster);
    const char *arn = nodegroup ? record_text(nodegroup, "nodeRole") : "";

    if (!*arn)
        return "operation error EC2: DescribeSubnets, get identity: get credentials: failed to "
               "refresh cached credentials, no EC2 IMDS role found";
    return refused(
        b, "EC2: DescribeSubnets",
        text_f(b->a,
               "UnauthorizedOperation: You are not authorized to perform this operation. User: "
               "arn:aws:sts::%s:assumed-role/%s/node is not authorized to perform: "
               "ec2:DescribeSubnets because no identity-based policy allows the "
               "ec2:DescribeSubnets action",
               b->c->account, strrchr(arn, '/') + 1));
}

static const char *denied_role(const struct balancer *b, const struct record *role)
{
    if (role_allows(b, role))
        return NULL;
    return refused(
        b, "Elastic Load Balancing v2: CreateLoadBalancer",
        text_f(b->a,
               "AccessDenied: User: arn:aws:sts::%s:assumed-role/%s/%s is not authorized to "
               "perform: %s because no identity-based policy allows the %s action",
               b->c->account, role->id, b->cluster->id, needed, needed));
}

static const char *denied_association(const struct balancer *b, const struct record *association)
{
    const struct record *role = cloud_iam_role_of_arn(b->c, record_text(association, "roleArn"));
    const struct record *agent =
        record_find(b->c, b->cluster->region, "addon",
                    text_f(b->a, "%s/eks-pod-identity-agent", b->cluster->id));

    if (!agent)
        return "operation error EC2: DescribeSubnets, get identity: get credentials: failed to "
               "refresh cached credentials, failed to load credentials, exceeded maximum number "
               "of attempts, 3, : Get \"http://169.254.170.23/v1/credentials\": dial tcp "
               "169.254.170.23:80: connect: connection refused";
    if (!role || !cloud_iam_role_trusts(b->a, role, "pods.eks.amazonaws.com"))
        return refused(b, "EKS Auth: AssumeRoleForPodIdentity",
                       "AccessDeniedException: Unauthorized Exception! EKS does not have "
                       "permissions to assume the associated role.");
    return denied_role(b, role);
}

const char *balancer_denied(const struct balancer *b, const struct value *account)
{
    const char *name = value_z(value_in(account, "metadata", "name"));
    const char *ns = value_z(value_in(account, "metadata", "namespace"));
    const char *arn =
        value_z(value_in(account, "metadata", "annotations", "eks.amazonaws.com/role-arn"));
    const struct record *association = association_of(b, ns, name), *role;

    if (*arn) {
        role = cloud_iam_role_of_arn(b->c, arn);
        if (!role || !role_trusts(b, role, text_f(b->a, "system:serviceaccount:%s:%s", ns, name)))
            return refused(b, "STS: AssumeRoleWithWebIdentity",
                           "AccessDenied: Not authorized to perform "
                           "sts:AssumeRoleWithWebIdentity");
        return denied_role(b, role);
    }
    return association ? denied_association(b, association) : denied_node(b);
}
