#include "istio/gloo.h"
#include "schema/check.h"

static const struct attribute namespace_rows[] = {
    STRING("name", OPTIONAL, "Name of the namespaces; `*` stands for any part.",
           .check = gloo_check_pattern),
    TYPED("labels", &type_string_map, OPTIONAL,
          "Labels of the namespaces. With `name`, both have to fit.", .check = gloo_check_labels),
    BOOL("config_enabled", OPTIONAL,
         "Configuration is read from these namespaces. Set for one, it has to be set for all of "
         "the cluster."),
    END_ATTRIBUTES,
};

static const struct attribute cluster_rows[] = {
    STRING("name", OPTIONAL,
           "Name of the clusters, as they are registered; `*` stands for any part.",
           .check = gloo_check_pattern),
    TYPED("selector", &type_string_map, OPTIONAL, "Labels of the registered clusters.",
          .check = gloo_check_labels),
    NESTED("namespaces", NESTING_LIST, namespace_rows, REQUIRED,
           "Namespaces of these clusters that belong to the workspace.", .min_items = 1),
    BOOL("config_enabled", OPTIONAL,
         "Configuration is read from these clusters. Set for one, it has to be set for all."),
    END_ATTRIBUTES,
};

static const struct attribute attributes[] = {
    GLOO_ROWS_BEFORE("workspace", "The cluster of the management plane."),
    STRING("namespace", OPTIONAL | COMPUTED | FORCE_NEW, "Namespace of the management plane.",
           .fallback = GLOO_NAMESPACE, .check = check_dns_label),
    NESTED("workload_clusters", NESTING_LIST, cluster_rows, OPTIONAL,
           "The clusters and namespaces that the workspace consists of; left out, it has none."),
    GLOO_ROWS_AFTER,
    NUMBER("num_selected_clusters", COMPUTED,
           "How many clusters belong to it; null where Gloo Mesh does not tell (before 2.3)."),
    NUMBER("num_selected_namespaces", COMPUTED, "Likewise, how many namespaces."),
    END_ATTRIBUTES,
};

static const struct gloo_kind kind = {
    .api_version = "admin.gloo.solo.io/v2",
    .kind = "Workspace",
    .crd = "workspaces.admin.gloo.solo.io",
    .namespace = GLOO_NAMESPACE,
    .counts = NAMES("num_selected_clusters", "num_selected_namespaces"),
};

/* config_enabled stands in all elements or in none. */
static bool check_all_or_none(struct call *c, const struct path *at, const struct value *list)
{
    const struct path *missing = NULL;
    size_t set = 0;

    for (size_t i = 0; list->kind == VALUE_LIST && i < value_count(list); i++) {
        const struct value *element = value_item(list, i);

        if (value_is_unknown(element) || value_is_unknown(value_at(element, "config_enabled")))
            return true;
        if (value_is_set(value_at(element, "config_enabled")))
            set++;
        else if (!missing)
            missing = path_name(c->arena, path_index(c->arena, at, i), "config_enabled");
    }
    return !set || !missing ||
           diag_error(c->diags, missing, "config_enabled is set for some only",
                      "Where one element says whether configuration is read from it, Gloo Mesh "
                      "wants all others of %s to say so too: set it here to true or false.",
                      path_text(c->arena, at));
}

static bool workspace_validate(struct call *c, const struct value *config)
{
    const struct value *clusters = value_at(config, "workload_clusters");
    const struct path *at = path_of(c->arena, "workload_clusters");
    bool fine = check_all_or_none(c, at, clusters);

    for (size_t i = 0; clusters->kind == VALUE_LIST && i < value_count(clusters); i++) {
        const struct path *of = path_name(c->arena, path_index(c->arena, at, i), "namespaces");

        fine = check_all_or_none(c, of, value_at(value_item(clusters, i), "namespaces")) && fine;
    }
    return fine;
}

RESOURCE(mesh_workspace) = {
    .name = "mesh_workspace",
    .kind = KIND_MANAGED,
    .summary = "A workspace of Gloo Mesh 2: the namespaces of the clusters that one team works in.",
    .doc = "An object `Workspace` of `admin.gloo.solo.io/v2` on the management cluster. What the "
           "workspace shares with others is the matter of a mesh_workspace_settings.",
    .attributes = attributes,
    .timeouts = GLOO_TIMEOUTS,
    .import_doc = "The import id names the management cluster, how to reach it, and the "
                  "workspace; `namespace` may be left out when it is `gloo-mesh`.",
    .facts = &kind,
    .validate = workspace_validate,
    .plan = gloo_plan,
    .create = gloo_create,
    .read = gloo_read,
    .update = gloo_update,
    .remove = gloo_remove,
    .import = gloo_import,
};
