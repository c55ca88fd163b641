/* Roles of service accounts in the stand-in EKS. */
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "acceptance/sandbox/aws/cloud_iam.h"

static const char kind[] = "pod-identity-association";

static bool role_fits(struct cloud_request *r, const char *arn)
{
    const struct record *role = cloud_iam_role_of_arn(r->cloud, arn);

    return (role && cloud_iam_role_trusts(r->a, role, "pods.eks.amazonaws.com")) ||
           cloud_refuse(r, 400, "InvalidParameterException",
                        "The role %s does not exist or its trust policy does not let "
                        "pods.eks.amazonaws.com assume it",
                        arn);
}

/* NULL = none. */
static struct record *of_account(struct cloud_request *r, const struct record *cluster,
                                 const char *ns, const char *account)
{
    struct record *at = NULL;

    while ((at = cloud_eks_below(r->cloud, at, kind, cluster)))
        if (record_is(at, "namespace", ns) && record_is(at, "serviceAccount", account))
            return at;
    return NULL;
}

static bool create_association(struct cloud_request *r)
{
    static const char *const needed[] = {"namespace", "serviceAccount", "roleArn", NULL};
    const struct record *cluster = cloud_eks_cluster(r);
    const char *token = cloud_text(r, "clientRequestToken"), *id;
    struct record *again, *made;

    if (!cluster || !cloud_eks_needs(r, needed) || !token_check(r, token, &again))
        return false;
    if (again)
        return cloud_eks_answer(r, "association", again);
    if (of_account(r, cluster, cloud_text(r, "namespace"), cloud_text(r, "serviceAccount")))
        return cloud_refuse(r, 409, "ResourceInUseException", "Association already exists: %s/%s",
                            cloud_text(r, "namespace"), cloud_text(r, "serviceAccount"));
    if (!role_fits(r, cloud_text(r, "roleArn")))
        return false;
    id = cloud_new_id(r->cloud, r->a, "a");
    made = cloud_eks_new(
        r, kind, id, "associationArn", NULL,
        cloud_eks_given(r, needed, value_map_of(r->a, {"associationId", value_string(r->a, id)})));
    token_keep(r, token, made);
    return cloud_eks_answer(r, "association", made);
}

static struct record *get(struct cloud_request *r)
{
    const struct record *cluster = cloud_eks_cluster(r);
    const char *id = cloud_text(r, "associationId");
    struct record *found = cluster ? record_seen(r->cloud, r->region, kind, id) : NULL;

    if (cluster && (!found || !record_is(found, "clusterName", cluster->id))) {
        cloud_refuse(r, 404, "ResourceNotFoundException", "Association %s not found.", id);
        return NULL;
    }
    return found;
}

static bool describe_association(struct cloud_request *r)
{
    const struct record *association = get(r);

    return association && cloud_eks_answer(r, "association", association);
}

static bool list_associations(struct cloud_request *r)
{
    static const char *const members[] = {"associationId", "associationArn", "clusterName",
                                          "namespace", "serviceAccount"};
    const struct record *cluster = cloud_eks_cluster(r), *at = NULL;
    const char *ns = cloud_text(r, "namespace"), *account = cloud_text(r, "serviceAccount");
    struct value_builder list;

    if (!cluster)
        return false;
    value_builder_init(&list, r->a);
    while ((at = cloud_eks_below(r->cloud, at, kind, cluster))) {
        struct value_builder one;

        if ((*ns && !record_is(at, "namespace", ns)) ||
            (*account && !record_is(at, "serviceAccount", account)))
            continue;
        value_builder_init(&one, r->a);
        for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
            value_builder_set(&one, members[i], value_at(at->body, members[i]));
        value_builder_add(&list, value_builder_map(&one));
    }
    return cloud_answer(r, value_map_of(r->a, {"associations", value_builder_list(&list)}));
}

static bool update_association(struct cloud_request *r)
{
    struct record *association = get(r);

    if (!association || !role_fits(r, cloud_text(r, "roleArn")))
        return false;
    record_set(association, "roleArn", value_at(r->parameters, "roleArn"));
    return cloud_eks_answer(r, "association", association);
}

static bool delete_association(struct cloud_request *r)
{
    struct record *association = get(r);

    if (!association)
        return false;
    record_remove(r->cloud, association);
    return cloud_eks_answer(r, "association", association);
}

#define ASSOCIATIONS "/clusters/{clusterName}/pod-identity-associations"
const struct cloud_operation cloud_eks_pod_identity_operations[] = {
    {.name = "CreatePodIdentityAssociation",
     .handle = create_association,
     .method = "POST",
     .path = ASSOCIATIONS},
    {.name = "ListPodIdentityAssociations",
     .handle = list_associations,
     .method = "GET",
     .path = ASSOCIATIONS},
    {.name = "DescribePodIdentityAssociation",
     .handle = describe_association,
     .method = "GET",
     .path = ASSOCIATIONS "/{associationId}"},
    {.name = "UpdatePodIdentityAssociation",
     .handle = update_association,
     .method = "POST",
     .path = ASSOCIATIONS "/{associationId}"},
    {.name = "DeletePodIdentityAssociation",
     .handle = delete_association,
     .method = "DELETE",
     .path = ASSOCIATIONS "/{associationId}"},
    {.name = NULL}};
