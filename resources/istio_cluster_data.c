#include "istio/cluster.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

static const struct attribute attributes[] = {
    STRING("name", REQUIRED, "Name of the cluster in the mesh.", .check = check_dns_label),
    STRING("network", OPTIONAL, "Name of the network that the cluster's pods are in.",
           .check = check_label_value),
    NESTED("existing", NESTING_SINGLE, connection_access_attributes, REQUIRED,
           "How to reach the cluster."),
    STRING("id", COMPUTED, "UID of the namespace `kube-system`."),
    STRING("uid", COMPUTED, "UID of the namespace `kube-system`."),
    STRING("version", COMPUTED, "Version of the API server, such as `v1.33.4`."),
    NESTED("connection", NESTING_SINGLE, connection_attributes, COMPUTED,
           "The way to this cluster, for the `cluster` argument of resources."),
    END_ATTRIBUTES,
};

static bool cluster_read(struct call *c, const struct value *config, const struct value **out)
{
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
