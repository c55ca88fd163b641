#include <string.h>

#include "aws/tags.h"
#include "eks/cluster.h"
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
    NESTED("existing", NESTING_SINGLE, connection_access_attributes, OPTIONAL,
           "A cluster that exists already: how to reach it. Nothing is looked for anywhere else.",
           .exactly_one_of = "cluster"),
    NESTED("eks", NESTING_SINGLE, eks_cluster_rows, OPTIONAL,
           "An EKS cluster that is made, changed, upgraded and destroyed here, with the roles, "
           "access entries, rules, add-ons and nodes that it needs.",
           .exactly_one_of = "cluster"),
    STRING("id", COMPUTED | KEEP_STATE, "UID of the namespace `kube-system`."),
    STRING("uid", COMPUTED | KEEP_STATE,
           "UID of the namespace `kube-system`: what makes this cluster this cluster."),
    STRING("version", COMPUTED | KEEP_STATE, "Version of the API server, such as `v1.33.4`."),
    NESTED("connection", NESTING_SINGLE, connection_attributes, COMPUTED,
           "The way to this cluster, for the `cluster` argument of other resources. With `eks` it "
           "holds no secret: tokens are made when they are needed."),
    STRING("arn", COMPUTED | KEEP_STATE, "ARN of the EKS cluster."),
    STRING("oidc_issuer", COMPUTED | KEEP_STATE, "Issuer of its service account tokens."),
    STRING("oidc_provider_arn", COMPUTED | KEEP_STATE,
           "ARN of the provider in IAM that trusts the issuer."),
    STRING("security_group_id", COMPUTED | KEEP_STATE,
           "Security group that EKS made for control plane and nodes."),
    STRING("node_role_arn", COMPUTED | KEEP_STATE, "Role of the nodes, if there are any."),
    STRING("vpc_id", COMPUTED | KEEP_STATE, "VPC of the EKS cluster."),
    TYPED("tags_all", &type_string_map, COMPUTED | KEEP_STATE,
          "`tags` and the provider's `default_tags`."),
    TYPED("drift", &type_string_list, COMPUTED | KEEP_STATE,
          "What is missing or different in AWS. The next apply puts it right."),
    END_ATTRIBUTES,
};

/* Of EKS clusters alone. */
static const char *const outputs[] = {"arn",
                                      "oidc_issuer",
                                      "oidc_provider_arn",
                                      "security_group_id",
                                      "node_role_arn",
                                      "vpc_id",
                                      "tags_all",
                                      "drift",
                                      NULL};

static const char gone[] = "cluster: missing";

static bool is_eks(const struct value *object)
{
    return value_is_set(value_at(object, "eks"));
}

static const struct path *at_existing(struct call *c)
{
    return path_of(c->arena, "existing");
}

/* --- an existing cluster ------------------------------------------------------------ */

/* The object with everything that the server knows. */
static bool describe(struct call *c, const struct value *object, const struct value **out)
{
    return cluster_describe(c, object, value_at(object, "existing"), at_existing(c), out);
}

/* NULL in *out when another cluster is there now. */
static void check_uid(struct call *c, const struct value *state, const struct value **out)
{
    if (!*value_text(state, "uid") || value_equal(value_at(state, "uid"), value_at(*out, "uid")))
        return;
    diag_warning(c->diags, NULL, "Another cluster answers",
                 "Cluster \"%s\" had the uid %s; the server that is reached now has %s. It is "
                 "planned anew, with everything that is on it.",
                 value_text(state, "name"), value_text(state, "uid"), value_text(*out, "uid"));
    *out = NULL;
}

static bool existing_read(struct call *c, const struct value *state, const struct value **out)
{
    if (!cluster_describe_or_keep(c, state, value_at(state, "existing"), at_existing(c), out))
        return false;
    check_uid(c, state, out);
    return true;
}

static bool is_same(struct call *c, const struct value *prior, const struct value *now,
                    const char *argument)
{
    return value_equal(value_at(prior, "uid"), value_at(now, "uid")) ||
           value_is_null(value_at(prior, "uid")) ||
           diag_error(c->diags, path_of(c->arena, argument), "This is another cluster",
                      "Cluster \"%s\" has the uid %s; the changed connection leads to %s. To move "
                      "to the other cluster, replace this resource: terraform apply -replace=….",
                      value_text(prior, "name"), value_text(prior, "uid"), value_text(now, "uid"));
}

static bool existing_update(struct call *c, const struct value *prior, const struct value *planned,
                            const struct value **out)
{
    if (!describe(c, planned, out))
        return false;
    if (is_same(c, prior, *out, "existing"))
        return true;
    *out = prior;
    return false;
}

/* --- an EKS cluster -------------------------------------------------------------------- */

/* All that AWS knows; what the API server tells is null until it was asked. */
static const struct value *told(const struct eks_cluster_work *w, const struct value *object)
{
    static const char *const asked[] = {"id", "uid", "version", "connection", NULL};
    const struct value *all = value_at(object, "tags_all");
    struct arena *a = w->call->arena;

    object = value_with(a, object, "eks", eks_cluster_settled(w));
    object = eks_cluster_described(w, object);
    if (!value_is_set(all))
        object = value_with(a, object, "tags_all", tags_all(w->call, value_at(w->eks, "tags")));
    for (const char *const *one = asked; *one; one++)
        if (value_is_unknown(value_at(object, *one)))
            object = value_with(a, object, *one, &value_null);
    return object;
}

static const char *endpoint_mode(const struct value *eks)
{
    return value_flag(eks, "endpoint_public_access")
               ? "endpoint_public_access is on, for the blocks in public_access_cidrs"
               : "endpoint_public_access = false: it is reached from within the VPC only";
}

static bool prove(const struct eks_cluster_work *w, const struct value *object,
                  const struct value **out)
{
    return cluster_prove(w->call, object, eks_cluster_access(w), path_of(w->call->arena, "eks"),
                         endpoint_mode(w->eks), out);
}

static bool eks_create(struct call *c, const struct value *planned, const struct value **out)
{
    struct eks_cluster_work w;
    bool done;

    if (!eks_cluster_open(c, value_at(planned, "eks"), value_text(planned, "name"), &w) ||
        !eks_cluster_find(&w) || !eks_cluster_check_found(&w))
        return false;
    done = eks_cluster_converge(&w);
    *out = w.found ? told(&w, planned) : NULL;
    return done && prove(&w, *out, out);
}

static bool eks_update(struct call *c, const struct value *prior, const struct value *planned,
                       const struct value **out)
{
    const struct value *version = value_at(planned, "version"), *now;
    struct eks_cluster_work w;

    *out = prior;
    if (!eks_cluster_open(c, value_at(planned, "eks"), value_text(planned, "name"), &w) ||
        !eks_cluster_find(&w))
        return false;
    if (!w.found)
        return diag_error(c->diags, NULL, "The cluster is gone",
                          "%s was deleted since the plan was made. Plan again.", w.name);
    w.old_tags = value_at(prior, "tags_all");
    if (!eks_cluster_converge(&w) || !prove(&w, told(&w, planned), &now) ||
        !is_same(c, prior, now, "eks"))
        return false;
    *out = value_is_set(version) ? value_with(c->arena, now, "version", version) : now;
    return true;
}

/* Its removal did not come to the end: the state is needed for the rest. */
static bool read_remains(struct eks_cluster_work *w, const struct value *state,
                         const struct value **out)
{
    struct arena *a = w->call->arena;
    bool remains;

    *out = NULL;
    if (!eks_cluster_has_remains(w, &remains))
        return false;
    if (remains)
        *out = value_with(a, state, "drift", value_list_of(a, value_string(a, gone)));
    return true;
}

static bool read_found(struct eks_cluster_work *w, const struct value *state,
                       const struct value **out)
{
    const struct value *version = value_at(w->found, "version"), *access, *object;

    w->look_only = true;
    if (!eks_cluster_converge(w))
        return false;
    object = told(w, state);
    object = value_with_in(w->call->arena, object, version, "eks", "version");
    access = eks_cluster_access(w);
    *out = object;
    if (value_is_null(value_at(access, "host")))
        return true;
    if (value_is_null(value_at(object, "connection"))) /* imported: also when it is away */
        object = value_with(w->call->arena, object, "connection",
                            cluster_connection(w->call->arena, object, access, ""));
    if (!cluster_describe_or_keep(w->call, object, access, path_of(w->call->arena, "eks"), out))
        return false;
    check_uid(w->call, state, out);
    return true;
}

static bool eks_read(struct call *c, const struct value *state, const struct value **out)
{
    const struct value *eks = value_at(state, "eks");
    struct eks_cluster_work w;

    *out = NULL;
    if (!eks_cluster_open(c, eks, value_text(state, "name"), &w) || !eks_cluster_find(&w))
        return false;
    w.oidc_provider_arn = value_text(state, "oidc_provider_arn");
    if (!w.found)
        return read_remains(&w, state, out);
    if (value_is_null(value_at(eks, "subnet_ids")) && /* imported */
        !eks_cluster_import(&w, &w.eks))
        return false;
    return read_found(&w, state, out);
}

static bool eks_remove(struct call *c, const struct value *state)
{
    struct eks_cluster_work w;

    if (!eks_cluster_open(c, value_at(state, "eks"), value_text(state, "name"), &w) ||
        !eks_cluster_find(&w))
        return false;
    w.oidc_provider_arn = value_text(state, "oidc_provider_arn");
    return eks_cluster_remove(&w);
}

/* --- hooks ---------------------------------------------------------------------------------- */

static bool cluster_create(struct call *c, const struct value *planned, const struct value **out)
{
    return is_eks(planned) ? eks_create(c, planned, out) : describe(c, planned, out);
}

static bool cluster_read(struct call *c, const struct value *state, const struct value **out)
{
    return is_eks(state) ? eks_read(c, state, out) : existing_read(c, state, out);
}

static bool cluster_update(struct call *c, const struct value *prior, const struct value *planned,
                           const struct value **out)
{
    return is_eks(planned) ? eks_update(c, prior, planned, out)
                           : existing_update(c, prior, planned, out);
}

/* A cluster that existed before is not ours to touch. */
static bool cluster_remove(struct call *c, const struct value *state)
{
    return !is_eks(state) || eks_remove(c, state);
}

/* --- planning --------------------------------------------------------------------------------- */

/* The connection changes only with what it is made of, and then in a way that
 * is known before the apply: nothing that uses it waits. */
static void plan_connection(struct call *c, struct plan *plan)
{
    const struct value *planned = plan->planned, *access = value_at(planned, "existing");

    if (is_eks(planned))
        access = value_at(plan->prior, "connection");
    if (plan_is_create(plan) || !value_is_set(access) || !value_is_wholly_known(access) ||
        value_is_unknown(value_at(planned, "name")) ||
        value_is_unknown(value_at(planned, "network")))
        return;
    plan_set(c, plan, "connection",
             cluster_connection(c->arena, planned, access, value_text(plan->prior, "uid")));
}

/* Region and name where they can be known: by them a create that failed is continued. */
static bool plan_place(struct call *c, struct plan *plan)
{
    const struct value *eks = value_at(plan->planned, "eks"),
                       *name = value_at(plan->planned, "name");
    struct eks_cluster_work w;

    if (!value_is_set(value_at(eks, "cluster_name")) && value_is_set(name))
        plan_set_in(c, plan, "eks", "cluster_name", name);
    if (c->config_unknown || !value_is_null(value_in(plan->config, "eks", "region")) ||
        value_is_set(value_at(eks, "region")))
        return true;
    if (!eks_cluster_open(c, eks, "", &w))
        return false;
    plan_set_in(c, plan, "eks", "region", value_string(c->arena, aws_region(w.aws)));
    return true;
}

static bool has_nodes(const struct value *eks)
{
    return value_flag(eks, "auto_mode") || value_count(value_at(eks, "node_groups"));
}

static bool differs(const struct plan *plan, const char *argument)
{
    return !value_equal(value_in(plan->prior, "eks", argument),
                        value_in(plan->planned, "eks", argument));
}

/* What a change of the arguments makes of the outputs. */
static void plan_outputs(struct call *c, struct plan *plan)
{
    const struct value *prior = value_at(plan->prior, "eks"), *eks = value_at(plan->planned, "eks");

    if (differs(plan, "version"))
        plan_set_unknown(c, plan, "version");
    if (differs(plan, "oidc_provider"))
        plan_set_unknown(c, plan, "oidc_provider_arn");
    if (differs(plan, "node_role_arn") || has_nodes(prior) != has_nodes(eks) ||
        (has_nodes(eks) && value_is_null(value_at(plan->prior, "node_role_arn"))))
        plan_set_unknown(c, plan, "node_role_arn");
}

static bool plan_eks(struct call *c, struct plan *plan)
{
    const struct value *tags = value_in(plan->config, "eks", "tags"),
                       *drift = value_at(plan->prior, "drift");

    plan_set(c, plan, "tags_all",
             value_is_wholly_known(tags) && !c->config_unknown ? tags_all(c, tags)
                                                               : &value_unknown);
    plan_set(c, plan, "drift", &value_empty_list);
    if (plan_is_create(plan))
        return plan_place(c, plan);
    if (strcmp(value_z(value_item(drift, 0)), gone) == 0)
        plan_replace(c, plan, path_of(c->arena, "drift"));
    plan_outputs(c, plan);
    return eks_cluster_check_change(c, value_at(plan->prior, "eks"),
                                    value_at(plan->planned, "eks"));
}

static bool cluster_plan(struct call *c, struct plan *plan)
{
    const struct value *eks = value_at(plan->planned, "eks");

    if (!plan_is_create(plan) && is_eks(plan->prior) != is_eks(plan->planned)) {
        plan_replace(c, plan, path_of(c->arena, "eks"));
        return true; /* all outputs are those of a create */
    }
    plan_connection(c, plan);
    if (value_is_unknown(eks))
        return true;
    if (is_eks(plan->planned))
        return plan_eks(c, plan);
    for (const char *const *one = outputs; *one; one++)
        plan_set(c, plan, *one, &value_null);
    return true;
}

static bool cluster_validate(struct call *c, const struct value *config)
{
    return !is_eks(config) || eks_cluster_validate(c, value_at(config, "eks"));
}

/* --- import -------------------------------------------------------------------------------------
 */

static bool cluster_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const no_more_keys[] = {NULL};
    const struct value *connection, *rest, *eks;

    if (!connection_import_id(c, id, no_more_keys, &connection, &rest))
        return false;
    eks = value_at(connection, "eks");
    *out = value_map_of(c->arena, {"name", value_at(connection, "name")},
                        {"network", value_at(connection, "network")});
    if (value_is_null(eks) || *value_text(eks, "role_arn") || *value_text(eks, "profile"))
        *out = value_with(c->arena, *out, "existing", cluster_access(c->arena, connection));
    else
        *out = value_with(c->arena, *out, "eks",
                          value_map_of(c->arena, {"cluster_name", value_at(eks, "cluster_name")},
                                       {"region", value_at(eks, "region")}));
    return true;
}

RESOURCE(istio_cluster) = {
    .name = "istio_cluster",
    .kind = KIND_MANAGED,
    .summary = "A Kubernetes cluster of the mesh, and the connection that other resources use: one "
               "that exists, or an EKS cluster that is made.",
    .doc =
        "**existing**: nothing is changed on the cluster, neither when it is created here nor "
        "when it is destroyed. Credentials that stand in the arguments as text (`token`, "
        "`client_key`, `kubeconfig.raw`) are part of the state; a kubeconfig's path or an `exec` "
        "plugin keeps them out.\n\n"
        "**eks**: everything that is made carries the tag `istio.multicluster/cluster` with the "
        "cluster's name and is looked up before it is made: an apply that failed or was killed "
        "is continued by the next one. An upgrade goes one minor version at a time, each time "
        "the control plane first, then add-ons, then node groups. **Destroy** waits for the load "
        "balancers and volumes that controllers made, names those that stay (or removes them, "
        "with `force_destroy`), and deletes add-ons, node groups, the cluster, the OIDC provider "
        "and the roles, in this order.",
    .attributes = attributes,
    .timeouts = {.create = 5400, .read = 300, .update = 10800, .remove = 7200},
    .import_doc = "The import id names the cluster and how to reach it. With `eks` and `region`, "
                  "and neither `role_arn` nor `profile`, it becomes an `eks` cluster that is "
                  "managed here, else an `existing` one.",
    .continues = NAMES("name", "eks"),
    .validate = cluster_validate,
    .plan = cluster_plan,
    .create = cluster_create,
    .read = cluster_read,
    .update = cluster_update,
    .remove = cluster_remove,
    .import = cluster_import,
};
