/* The arguments of istio_cluster.eks, and what can be said of them without asking AWS. */
#include <string.h>

#include "eks/access.h"
#include "eks/cluster_parts.h"
#include "schema/check.h"
#include "schema/check_value.h"

enum { NAME_BYTES_MAX = 100 };

/* In the order in which EKS lets them change. */
static const char *const authentication_modes[] = {"CONFIG_MAP", "API_AND_CONFIG_MAP", "API", NULL};

static bool check_name(struct call *c, const struct path *at, const struct value *v)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    const char *name = value_z(v);
    size_t len = strlen(name);

    return (len && len <= NAME_BYTES_MAX && strspn(name, allowed) == len && name[0] != '-' &&
            name[0] != '_') ||
           check_refuse(c, at, v,
                        "be 1 to 100 letters, digits, - and _, and begin with a letter or digit");
}

static bool check_version(struct call *c, const struct path *at, const struct value *v)
{
    return cluster_minor(value_z(v)) >= 0 ||
           check_refuse(c, at, v, "be a minor version of Kubernetes, such as 1.33");
}

/* clang-format off */
const struct attribute eks_cluster_rows[] = {
    STRING("cluster_name", OPTIONAL | COMPUTED | FORCE_NEW,
           "Name of the EKS cluster. Default: `name`.", .check = check_name),
    STRING("region", OPTIONAL | COMPUTED | FORCE_NEW,
           "Region. Default: that of the provider's `aws` block, the environment or the profile."),
    STRING("version", OPTIONAL | COMPUTED | KEEP_STATE,
           "Minor version of Kubernetes, such as `1.33`. Left out: AWS's default at the create, "
           "kept from then on. A higher one upgrades by one minor version at a time: control "
           "plane, add-ons, node groups. There is no way down.",
           .check = check_version),
    TYPED("subnet_ids", &type_string_list, REQUIRED,
          "Subnets of the control plane, in two availability zones at least, and of node groups "
          "that name no others.",
          .check_element = check_not_empty, .min_items = 2),
    TYPED("security_group_ids", &type_string_list, OPTIONAL,
          "Security groups of the control plane's interfaces and of nodes, besides EKS's own.",
          .check_element = check_not_empty),
    BOOL("endpoint_public_access", OPTIONAL | COMPUTED,
         "Whether the API server is reached over the internet.", .fallback = "true"),
    BOOL("endpoint_private_access", OPTIONAL | COMPUTED,
         "Whether it is reached from within the VPC.", .fallback = "true"),
    TYPED("public_access_cidrs", &type_string_list, OPTIONAL | COMPUTED,
          "Blocks that may come over the internet.", .fallback = "[\"0.0.0.0/0\"]",
          .check_element = check_cidr),
    STRING("authentication_mode", OPTIONAL | COMPUTED,
           "How EKS knows people: access entries (`API`), the ConfigMap `aws-auth` "
           "(`CONFIG_MAP`), or both. It changes in one direction only, towards `API`.",
           .fallback = "API", .one_of = authentication_modes),
    NESTED("access_entries", NESTING_MAP, access_rows, OPTIONAL,
           "Who may come to the cluster, by the ARN of a role or user. Whoever applies is always "
           "an administrator."),
    STRING("service_ipv4_cidr", OPTIONAL | COMPUTED | FORCE_NEW,
           "Block of the Services' addresses. Default: EKS chooses.", .check = check_cidr),
    TYPED("log_types", &type_string_list, OPTIONAL,
          "Logs of the control plane that go to CloudWatch: `api`, `audit`, `authenticator`, "
          "`controllerManager`, `scheduler`."),
    STRING("kms_key_arn", OPTIONAL | FORCE_NEW,
           "KMS key that encrypts Secrets besides AWS's own.", .check = check_arn),
    STRING("support_type", OPTIONAL | COMPUTED,
           "What happens at the end of a version's standard support: `STANDARD` upgrades it, "
           "`EXTENDED` keeps it and costs more.",
           .fallback = "STANDARD", .one_of = ONE_OF("STANDARD", "EXTENDED")),
    BOOL("deletion_protection", OPTIONAL | COMPUTED,
         "Whether EKS refuses to delete the cluster.", .fallback = "false"),
    BOOL("auto_mode", OPTIONAL | COMPUTED,
         "EKS Auto Mode: AWS runs nodes, their networking, volumes and load balancers. In the "
         "place of `node_groups` and `addons`.",
         .fallback = "false"),
    NESTED("node_groups", NESTING_MAP, nodegroup_rows, OPTIONAL, "Managed node groups by name."),
    NESTED("addons", NESTING_MAP, addon_rows, OPTIONAL,
           "EKS add-ons by name. Default: `vpc-cni`, `kube-proxy`, `coredns` and "
           "`eks-pod-identity-agent`; none with `auto_mode`."),
    TYPED("mesh_cidr_blocks", &type_string_list, OPTIONAL,
          "Blocks from which other clusters of the mesh come to istiod and the gateways: opens "
          "15012, 15017, 15021 and 15443.",
          .check_element = check_cidr),
    TYPED("flat_cidr_blocks", &type_string_list, OPTIONAL,
          "Blocks of clusters on the same network, whose pods call pods here: opens all ports.",
          .check_element = check_cidr),
    BOOL("oidc_provider", OPTIONAL | COMPUTED,
         "Whether IAM trusts the cluster's issuer, so that service accounts may take roles.",
         .fallback = "true"),
    STRING("cluster_role_arn", OPTIONAL | COMPUTED | FORCE_NEW,
           "Role of the control plane. Default: one is made.", .check = check_arn),
    STRING("node_role_arn", OPTIONAL, "Role of the nodes. Default: one is made.",
           .check = check_arn),
    BOOL("adopt", OPTIONAL | COMPUTED,
         "Take over an existing EKS cluster of that name that was not made here, with what it has "
         "beyond these arguments.",
         .fallback = "false"),
    BOOL("force_destroy", OPTIONAL | COMPUTED,
         "On destroy, delete the Services of type LoadBalancer and the Ingresses that are left, and "
         "what controllers left in AWS where its tags prove that it was this cluster's.",
         .fallback = "false"),
    TYPED("tags", &type_string_map, OPTIONAL, "Tags of everything that is made."),
    END_ATTRIBUTES,
};
/* clang-format on */

static const struct path *at(struct call *c, const char *argument)
{
    return path_of(c->arena, "eks", argument);
}

/* --- rules ------------------------------------------------------------------------ */

static bool check_log_types(struct call *c, const struct value *list)
{
    static const char types[] = " api audit authenticator controllerManager scheduler ";
    bool fine = true;

    for (size_t i = 0; value_is_set(list) && i < value_count(list); i++) {
        const struct value *one = value_item(list, i);

        if (value_is_set(one) && !strstr(types, text_f(c->arena, " %s ", value_z(one))))
            fine = check_refuse(c, path_index(c->arena, at(c, "log_types"), i), one,
                                "be api, audit, authenticator, controllerManager or scheduler");
    }
    return fine;
}

static bool is_true(const struct value *v)
{
    return value_is_set(v) && value_as_bool(v);
}

static bool is_false(const struct value *v)
{
    return value_is_set(v) && !value_as_bool(v);
}

static bool check_endpoint(struct call *c, const struct value *eks)
{
    return !is_false(value_at(eks, "endpoint_public_access")) ||
           !is_false(value_at(eks, "endpoint_private_access")) ||
           diag_error(c->diags, at(c, "endpoint_private_access"), "Nobody could reach the cluster",
                      "One of endpoint_public_access and endpoint_private_access has to be true.");
}

static bool check_auto_mode(struct call *c, const struct value *eks)
{
    const struct value *mode = value_at(eks, "authentication_mode");
    bool fine = true;

    if (!is_true(value_at(eks, "auto_mode")))
        return true;
    if (value_count(value_at(eks, "node_groups")))
        fine = diag_error(c->diags, at(c, "node_groups"), "Auto Mode has its own nodes",
                          "auto_mode = true and node_groups exclude each other.");
    if (value_is_set(mode) && strcmp(value_z(mode), "CONFIG_MAP") == 0)
        fine = diag_error(c->diags, at(c, "authentication_mode"), "Auto Mode needs access entries",
                          "Its nodes come by them: authentication_mode has to be API or "
                          "API_AND_CONFIG_MAP.");
    return fine;
}

static bool check_entries(struct call *c, const struct value *eks)
{
    const struct value *mode = value_at(eks, "authentication_mode"),
                       *entries = value_at(eks, "access_entries");

    if (value_count(entries) && value_is_set(mode) && strcmp(value_z(mode), "CONFIG_MAP") == 0)
        return diag_error(c->diags, at(c, "access_entries"), "The cluster knows no access entries",
                          "With authentication_mode = \"CONFIG_MAP\" only the ConfigMap aws-auth "
                          "counts. Say API_AND_CONFIG_MAP or API.");
    return access_check(c, at(c, "access_entries"), entries);
}

bool eks_cluster_validate(struct call *c, const struct value *eks)
{
    bool fine = check_log_types(c, value_at(eks, "log_types"));

    fine = check_endpoint(c, eks) && fine;
    fine = check_auto_mode(c, eks) && fine;
    fine = check_entries(c, eks) && fine;
    fine = nodegroup_check(c, at(c, "node_groups"), value_at(eks, "node_groups")) && fine;
    return addon_check(c, at(c, "addons"), value_at(eks, "addons")) && fine;
}

/* --- changes ------------------------------------------------------------------------- */

static size_t mode_place(const char *mode)
{
    size_t place = 0;

    while (authentication_modes[place] && strcmp(authentication_modes[place], mode) != 0)
        place++;
    return place;
}

static bool check_mode_change(struct call *c, const struct value *prior,
                              const struct value *planned)
{
    const char *was = value_text(prior, "authentication_mode"),
               *is = value_text(planned, "authentication_mode");

    return !*was || !*is || mode_place(is) >= mode_place(was) ||
           diag_error(c->diags, at(c, "authentication_mode"), "There is no way back",
                      "EKS changes it from CONFIG_MAP over API_AND_CONFIG_MAP to API only; it is "
                      "%s and would become %s.",
                      was, is);
}

static bool check_version_change(struct call *c, const struct value *prior,
                                 const struct value *planned)
{
    const char *was = value_text(prior, "version"), *is = value_text(planned, "version");

    return !*was || !*is || cluster_minor(is) >= cluster_minor(was) ||
           diag_error(c->diags, at(c, "version"), "EKS does not go back to an older version",
                      "The cluster is at %s, and %s is asked for. Say %s or higher, or leave "
                      "version out to keep what there is; an older version needs a new cluster.",
                      was, is, was);
}

static void tell_replaced(struct call *c, const struct value *prior, const struct value *planned)
{
    const struct value *list = nodegroup_replaced(c->arena, value_at(prior, "node_groups"),
                                                  value_at(planned, "node_groups"));

    for (size_t i = 0; i < value_count(list); i++)
        diag_warning(c->diags, at(c, "node_groups"), "A node group is removed and made again",
                     "%s: EKS cannot change this in place, and its pods have no nodes of the group "
                     "meanwhile. To go without a break, add a group of another name first.",
                     value_z(value_item(list, i)));
}

bool eks_cluster_check_change(struct call *c, const struct value *prior,
                              const struct value *planned)
{
    bool fine = check_mode_change(c, prior, planned);

    tell_replaced(c, prior, planned);
    return check_version_change(c, prior, planned) && fine;
}
