#include "eks/cluster.h"
#include "istio/cluster.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

static const struct attribute eks_rows[] = {
    STRING("cluster_name", REQUIRED, "Name of the EKS cluster.", .check = check_not_empty),
    STRING("region", OPTIONAL,
           "Region. Default: that of the provider's `aws` block, the environment or the profile."),
    END_ATTRIBUTES,
};

static const struct attribute attributes[] = {
    STRING("name", REQUIRED, "Name of the cluster in the mesh.", .check = check_dns_label),
    STRING("network", OPTIONAL, "Name of the network that the cluster's pods are in.",
           .check = check_label_value),
    NESTED("existing", NESTING_SINGLE, connection_access_attributes, OPTIONAL,
           "How to reach the cluster.", .exactly_one_of = "cluster"),
    NESTED("eks", NESTING_SINGLE, eks_rows, OPTIONAL, "The EKS cluster that it is.",
           .exactly_one_of = "cluster"),
    STRING("id", COMPUTED, "UID of the namespace `kube-system`."),
    STRING("uid", COMPUTED, "UID of the namespace `kube-system`."),
    STRING("version", COMPUTED, "Version of the API server, such as `v1.33.4`."),
    NESTED("connection", NESTING_SINGLE, connection_attributes, COMPUTED,
           "The way to this cluster, for the `cluster` argument of resources."),
    STRING("arn", COMPUTED, "ARN of the EKS cluster."),
    STRING("oidc_issuer", COMPUTED, "Issuer of its service account tokens."),
    STRING("vpc_id", COMPUTED, "VPC of the EKS cluster."),
    STRING("security_group_id", COMPUTED,
           "Security group that EKS made for control plane and nodes."),
    END_ATTRIBUTES,
};

/* `config` with those of the cluster's outputs that are rows here. */
static const struct value *described(const struct eks_cluster_work *w, const struct value *config)
{
    const struct value *all = eks_cluster_described(w, &value_empty_map);

    ATTRIBUTE_EACH (row, attributes)
        if (value_has(all, row->name))
            config = value_with(w->call->arena, config, row->name, value_at(all, row->name));
    return config;
}

static bool eks_read(struct call *c, const struct value *config, const struct value **out)
{
    const struct value *access;
    struct eks_cluster_work w;

    if (!eks_cluster_open(c, value_at(config, "eks"), "", &w) || !eks_cluster_find(&w))
        return false;
    if (!w.found)
        return diag_error(c->diags, path_of(c->arena, "eks", "cluster_name"),
                          text_f(c->arena, "There is no EKS cluster %s", w.name),
                          "Region %s, seen with the provider's identity.", aws_region(w.aws));
    access = eks_cluster_access(&w);
    if (value_is_null(value_at(access, "host")))
        return diag_error(c->diags, path_of(c->arena, "eks"),
                          text_f(c->arena, "EKS cluster %s cannot be reached yet", w.name),
                          "It is %s and has no endpoint or no certificate authority yet.",
                          value_text(w.found, "status"));
    return cluster_describe(c, described(&w, config), access, path_of(c->arena, "eks"), out);
}

static bool cluster_read(struct call *c, const struct value *config, const struct value **out)
{
    if (value_is_set(value_at(config, "eks")))
        return eks_read(c, config, out);
    return cluster_describe(c, config, value_at(config, "existing"), path_of(c->arena, "existing"),
                            out);
}

DATA_SOURCE(istio_cluster) = {
    .name = "istio_cluster",
    .kind = KIND_DATA,
    .summary = "Reads the version and identity of a cluster, and makes its connection.",
    .attributes = attributes,
    .timeouts = {.read = 300},
    .read = cluster_read,
};
