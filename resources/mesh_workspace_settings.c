#include "istio/gloo.h"
#include "schema/check.h"

/* --- what is shared ------------------------------------------------------------------ */

static const struct attribute workspace_rows[] = {
    STRING("name", OPTIONAL, "Name of the workspaces; `*` stands for any part.",
           .check = gloo_check_pattern),
    TYPED("selector", &type_string_map, OPTIONAL, "Labels of the workspaces.",
          .check = gloo_check_labels),
    END_ATTRIBUTES,
};

static const struct attribute resource_rows[] = {
    STRING("kind", OPTIONAL, "Kind of the objects; left out, `ALL`.",
           .one_of = ONE_OF("ALL", "ROUTE_TABLE", "SERVICE", "VIRTUAL_DESTINATION",
                            "EXTERNAL_SERVICE", "EXTERNAL_WORKLOAD", "API_DOC", "GRAPHQL_SCHEMA",
                            "GRAPHQL_STITCHED_SCHEMA", "GRAPHQL_RESOLVER_MAP")),
    TYPED("labels", &type_string_map, OPTIONAL, "Labels of the objects.",
          .check = gloo_check_labels),
    STRING("name", OPTIONAL, "Name of the object; left out, any.", .check = check_not_empty),
    STRING("namespace", OPTIONAL, "Its namespace; left out, any.", .check = check_not_empty),
    STRING("cluster", OPTIONAL, "Its cluster; left out, any.", .check = check_not_empty),
    END_ATTRIBUTES,
};

static const struct attribute share_rows[] = {
    NESTED("workspaces", NESTING_LIST, workspace_rows, OPTIONAL, "The other workspaces."),
    NESTED("resources", NESTING_LIST, resource_rows, OPTIONAL,
           "The objects that are shared; left out, all."),
    END_ATTRIBUTES,
};

/* --- options --------------------------------------------------------------------------- */

static const struct attribute object_rows[] = {
    TYPED("labels", &type_string_map, OPTIONAL, "Labels of the objects.",
          .check = gloo_check_labels),
    STRING("name", OPTIONAL, "Name of the object; left out, any.", .check = check_not_empty),
    STRING("namespace", OPTIONAL, "Its namespace; left out, any.", .check = check_not_empty),
    STRING("cluster", OPTIONAL, "Its cluster; left out, any.", .check = check_not_empty),
    STRING("workspace", OPTIONAL, "Its workspace; left out, any.", .check = check_not_empty),
    END_ATTRIBUTES,
};

static const struct attribute port_rows[] = {
    NUMBER("number", OPTIONAL, "Number of the port.", .check = check_port,
           .exactly_one_of = "port"),
    STRING("name", OPTIONAL, "Name of the port.", .check = check_not_empty,
           .exactly_one_of = "port"),
    END_ATTRIBUTES,
};

static const struct attribute host_rows[] = {
    STRING("addr", REQUIRED, "IP address or host name.", .check = check_not_empty),
    NUMBER("port", OPTIONAL, "Port there.", .check = check_port),
    END_ATTRIBUTES,
};

static const struct attribute layer_rows[] = {
    BOOL("cni", OPTIONAL, "By network policies of the CNI."),
    BOOL("mesh", OPTIONAL, "By the mesh."),
    END_ATTRIBUTES,
};

static const struct attribute isolation_rows[] = {
    BOOL("enabled", OPTIONAL,
         "Strict mTLS, and nobody but workspaces that import from this one gets in."),
    BOOL("trim_proxy_config", OPTIONAL,
         "Sidecars learn of nothing outside the workspace and its imports."),
    NESTED("enforcement_layers", NESTING_SINGLE, layer_rows, OPTIONAL,
           "Where the isolation is enforced; left out, everywhere (since 2.3)."),
    END_ATTRIBUTES,
};

static const struct attribute federation_rows[] = {
    BOOL("enabled", OPTIONAL, "Services get host names that all clusters reach."),
    STRING("host_suffix", OPTIONAL, "End of `service.namespace.cluster.suffix`.",
           .check = check_dns_subdomain),
    NESTED("service_selector", NESTING_LIST, object_rows, OPTIONAL,
           "The services; left out, all of the workspace."),
    NESTED("ports", NESTING_LIST, port_rows, OPTIONAL, "Their ports; left out, all."),
    END_ATTRIBUTES,
};

static const struct attribute gateway_rows[] = {
    NESTED("selector", NESTING_SINGLE, object_rows, OPTIONAL,
           "Services of the gateways; left out, those labelled `istio: eastwestgateway`."),
    NESTED("port", NESTING_SINGLE, port_rows, OPTIONAL,
           "Port for TLS that is passed through; left out, the one named `tls`."),
    NESTED("tls_termination_port", NESTING_SINGLE, port_rows, OPTIONAL,
           "Port where TLS ends; left out, the one named `https` (since 2.2)."),
    NESTED("host_info_overrides", NESTING_LIST, host_rows, OPTIONAL,
           "Addresses to use in place of those of the gateways."),
    END_ATTRIBUTES,
};

static const struct attribute option_rows[] = {
    NESTED("service_isolation", NESTING_SINGLE, isolation_rows, OPTIONAL,
           "Who reaches the services."),
    NESTED("federation", NESTING_SINGLE, federation_rows, OPTIONAL,
           "Services that other clusters reach by a host name."),
    NESTED("east_west_gateways", NESTING_LIST, gateway_rows, OPTIONAL,
           "Gateways for traffic between clusters."),
    STRING("virtual_dest_client_mode", OPTIONAL,
           "How virtual destinations are reached in other clusters (since 2.1).",
           .one_of = ONE_OF("auto", "sni_routing", "tls_termination")),
    BOOL("trim_all_proxy_config", OPTIONAL,
         "Sidecars learn of no destination at all by themselves (since 2.3)."),
    END_ATTRIBUTES,
};

static const struct attribute attributes[] = {
    GLOO_ROWS_BEFORE("settings: `global` in `gloo-mesh` is for the whole mesh",
                     "The cluster that the settings are on."),
    STRING("namespace", REQUIRED | FORCE_NEW,
           "A namespace that belongs to the workspace, which has settings in one of them only; or "
           "`gloo-mesh`.",
           .check = check_dns_label),
    NESTED("import_from", NESTING_LIST, share_rows, OPTIONAL,
           "What the workspace takes over from others, which have to export it."),
    NESTED("export_to", NESTING_LIST, share_rows, OPTIONAL,
           "What the workspace offers to others, which have to import it."),
    NESTED("options", NESTING_SINGLE, option_rows, OPTIONAL, "Options of the workspace."),
    GLOO_ROWS_AFTER,
    NUMBER("num_selected_east_west_gateways", COMPUTED,
           "How many east-west gateways were found; null where Gloo Mesh does not tell (before "
           "2.3)."),
    NUMBER("num_federated_services", COMPUTED, "Likewise, how many services are federated."),
    END_ATTRIBUTES,
};

/* --- fields of the betas of 2.0 ----------------------------------------------------------- */

static bool names_workspaces(const struct value *list)
{
    for (size_t i = 0; list->kind == VALUE_LIST && i < value_count(list); i++)
        if (value_has(value_item(list, i), "name") || value_has(value_item(list, i), "selector"))
            return true;
    return false;
}

static const char *settings_hint(const struct value *spec)
{
    if (!value_has(spec, "imports") && !value_has(spec, "exports") &&
        !names_workspaces(value_at(spec, "importFrom")) &&
        !names_workspaces(value_at(spec, "exportTo")))
        return NULL;
    return "The betas of Gloo Mesh 2.0 had other names: `imports: [{name: x}]` is now `importFrom: "
           "[{workspaces: [{name: x}]}]`, here import_from = [{ workspaces = [{ name = \"x\" }] "
           "}], and `exportTo: [{name: x}]` is `exportTo: [{workspaces: [{name: x}]}]`, here "
           "export_to.";
}

static const struct gloo_kind kind = {
    .api_version = "admin.gloo.solo.io/v2",
    .kind = "WorkspaceSettings",
    .crd = "workspacesettings.admin.gloo.solo.io",
    .counts = NAMES("num_selected_east_west_gateways", "num_federated_services"),
    .choices = NAMES("virtual_dest_client_mode"),
    .hint = settings_hint,
};

RESOURCE(mesh_workspace_settings) = {
    .name = "mesh_workspace_settings",
    .kind = KIND_MANAGED,
    .summary = "What a workspace of Gloo Mesh 2 shares with others, and its options.",
    .doc = "An object `WorkspaceSettings` of `admin.gloo.solo.io/v2`. Fields are validated "
           "strictly: what the cluster's version of Gloo Mesh does not know is an error, and not "
           "passed over.",
    .attributes = attributes,
    .timeouts = GLOO_TIMEOUTS,
    .import_doc = "The import id names the cluster, how to reach it, and the settings.",
    .facts = &kind,
    .plan = gloo_plan,
    .create = gloo_create,
    .read = gloo_read,
    .update = gloo_update,
    .remove = gloo_remove,
    .import = gloo_import,
};
