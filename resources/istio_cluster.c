#include "istio/cluster.h"
#include "kube/connection.h"
#include "kube/kube.h"
#include "schema/check.h"
#include "schema/resource.h"

static const struct attribute attributes[] = {
    STRING("name", REQUIRED,
           "Name of the cluster in the mesh: `global.multiCluster.clusterName` of its istiod and "
           "the key in the remote secrets that others hold.",
           .check = check_dns_label),
    STRING("network", OPTIONAL,
           "Name of the network that the cluster's pods are in. Clusters whose pods reach each "
           "other directly share one.",
           .check = check_label_value),
    NESTED("existing", NESTING_SINGLE, connection_access_attributes, REQUIRED,
           "A cluster that exists already: how to reach it. Nothing is looked for anywhere else."),
    STRING("id", COMPUTED | KEEP_STATE, "UID of the namespace `kube-system`."),
    STRING("uid", COMPUTED | KEEP_STATE,
           "UID of the namespace `kube-system`: what makes this cluster this cluster."),
    STRING("version", COMPUTED | KEEP_STATE, "Version of the API server, such as `v1.33.4`."),
    NESTED("connection", NESTING_SINGLE, connection_attributes, COMPUTED,
           "The way to this cluster, for the `cluster` argument of other resources."),
    END_ATTRIBUTES,
};

/* The object with everything that the server knows. */
static bool describe(struct call *c, const struct value *object, const struct value **out)
{
    return cluster_describe(c, object, value_at(object, "existing"), path_of(c->arena, "existing"),
                            out);
}

static bool cluster_create(struct call *c, const struct value *planned, const struct value **out)
{
    return describe(c, planned, out);
}

static bool cluster_read(struct call *c, const struct value *state, const struct value **out)
{
    if (!cluster_describe_or_keep(c, state, value_at(state, "existing"),
                                  path_of(c->arena, "existing"), out))
        return false;
    if (*value_text(state, "uid") && !value_equal(value_at(state, "uid"), value_at(*out, "uid"))) {
        diag_warning(c->diags, NULL, "Another cluster answers",
                     "Cluster \"%s\" had the uid %s; the server that is reached now has %s. It is "
                     "planned anew, with everything that is on it.",
                     value_text(state, "name"), value_text(state, "uid"), value_text(*out, "uid"));
        *out = NULL;
    }
    return true;
}

static bool cluster_update(struct call *c, const struct value *prior, const struct value *planned,
                           const struct value **out)
{
    if (!describe(c, planned, out))
        return false;
    if (value_equal(value_at(prior, "uid"), value_at(*out, "uid")))
        return true;
    *out = prior;
    return diag_error(c->diags, path_of(c->arena, "existing"), "This is another cluster",
                      "Cluster \"%s\" has the uid %s; the changed connection leads to %s. To move "
                      "to the other cluster, replace this resource: terraform apply -replace=….",
                      value_text(prior, "name"), value_text(prior, "uid"),
                      value_text(planned, "uid"));
}

/* The cluster itself is not ours to touch. */
static bool cluster_remove(struct call *c, const struct value *state)
{
    (void)c;
    (void)state;
    return true;
}

/* The connection changes only with what it is made of, and then in a way that
 * is known before the apply: nothing that uses it waits. */
static bool cluster_plan(struct call *c, struct plan *plan)
{
    const struct value *access = value_at(plan->planned, "existing");

    if (plan_is_create(plan) || !value_is_wholly_known(access) ||
        value_is_unknown(value_at(plan->planned, "name")) ||
        value_is_unknown(value_at(plan->planned, "network")))
        return true;
    plan_set(c, plan, "connection",
             cluster_connection(c->arena, plan->planned, access, value_text(plan->prior, "uid")));
    return true;
}

static bool cluster_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const no_more_keys[] = {NULL};
    const struct value *connection, *rest;

    if (!connection_import_id(c, id, no_more_keys, &connection, &rest))
        return false;
    *out = value_map_of(c->arena, {"name", value_at(connection, "name")},
                        {"network", value_at(connection, "network")},
                        {"existing", cluster_access(c->arena, connection)});
    return true;
}

RESOURCE(istio_cluster) = {
    .name = "istio_cluster",
    .kind = KIND_MANAGED,
    .summary = "A Kubernetes cluster of the mesh, and the connection that other resources use.",
    .doc = "Nothing is changed on an existing cluster, neither when it is created here nor when it "
           "is destroyed. Credentials that stand in the arguments as text (`token`, `client_key`, "
           "`kubeconfig.raw`) are part of the state; a kubeconfig's path or an `exec` plugin keeps "
           "them out.",
    .attributes = attributes,
    .timeouts = {.create = 600, .read = 300, .update = 600},
    .import_doc = "The import id names the cluster and how to reach it.",
    .plan = cluster_plan,
    .create = cluster_create,
    .read = cluster_read,
    .update = cluster_update,
    .remove = cluster_remove,
    .import = cluster_import,
};
