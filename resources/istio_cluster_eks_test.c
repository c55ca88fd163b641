/* The life of istio_cluster.eks: requests, counts, and going on after failures. */
#include "acceptance/sandbox/aws/cloud_eks.h"
#include "resources/test_eks_stage.h"

/* --- life ------------------------------------------------------------------------------- */

TEST(made_refreshed_and_removed)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE), *again, *connection;

    assert_string_equal(changes(t), "POST iam.us-east-1/CreateRole 200\n"
                                    "POST iam.us-east-1/AttachRolePolicy 200\n"
                                    "POST eks.eu-west-1/clusters 200\n"
                                    "POST iam.us-east-1/CreateOpenIDConnectProvider 200\n");
    assert_string_equal(value_z(value_in(state, "eks", "version")), "1.33");
    assert_string_equal(value_z(value_in(state, "eks", "cluster_name")), "east");
    assert_string_equal(value_text(state, "version"), "v1.33.4");
    assert_string_equal(value_text(state, "vpc_id"), value_text(t->vpc, "id"));
    connection = value_at(state, "connection");
    assert_string_equal(value_text(connection, "network"), "net");
    assert_string_equal(value_text(connection, "uid"), value_text(state, "uid"));
    assert_true(value_is_null(value_at(connection, "token")));
    again = refreshed(t, state);
    assert_string_equal(component_aws_requests(&t->aws),
                        "GET eks.eu-west-1/clusters/east 200\n"
                        "POST iam.us-east-1/GetRole 200\n"
                        "POST iam.us-east-1/ListAttachedRolePolicies 200\n"
                        "POST iam.us-east-1/GetOpenIDConnectProvider 200\n"
                        "POST ec2.eu-west-1/DescribeSecurityGroupRules 200\n"
                        "GET eks.eu-west-1/clusters/east/addons 200\n"
                        "GET eks.eu-west-1/clusters/east/node-groups 200\n");
    assert_true(value_equal(again, state));
    assert_true(
        component_plans_nothing(&t->aws.component, cluster, again, config_of(t, ADDONS_NONE)));
    assert_int_equal(count_lines(inventory(t)), 5); /* with EKS's group and entry */
    assert_true(component_remove(&t->aws.component, cluster, again));
    assert_string_equal(changes(t), "DELETE eks.eu-west-1/clusters/east 200\n"
                                    "POST iam.us-east-1/DeleteOpenIDConnectProvider 200\n"
                                    "POST iam.us-east-1/DetachRolePolicy 200\n"
                                    "POST iam.us-east-1/DeleteRole 200\n");
    assert_string_equal(inventory(t), "");
    assert_null(refreshed(t, state));
    assert_true(component_remove(&t->aws.component, cluster, again));
}

TEST(made_with_nodes_add_ons_and_rules)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, FULL), *again;

    assert_string_equal(changes(t), "POST iam.us-east-1/CreateRole 200\n"
                                    "POST iam.us-east-1/AttachRolePolicy 200\n"
                                    "POST iam.us-east-1/AttachRolePolicy 200\n"
                                    "POST iam.us-east-1/AttachRolePolicy 200\n"
                                    "POST iam.us-east-1/CreateRole 200\n"
                                    "POST iam.us-east-1/AttachRolePolicy 200\n"
                                    "POST eks.eu-west-1/clusters 200\n"
                                    "POST iam.us-east-1/CreateOpenIDConnectProvider 200\n"
                                    "POST ec2.eu-west-1/AuthorizeSecurityGroupIngress 200\n"
                                    "POST eks.eu-west-1/clusters/east/addons 200\n"
                                    "POST eks.eu-west-1/clusters/east/addons 200\n"
                                    "POST eks.eu-west-1/clusters/east/addons 200\n"
                                    "POST ec2.eu-west-1/CreateLaunchTemplate 200\n"
                                    "POST eks.eu-west-1/clusters/east/node-groups 200\n"
                                    "POST eks.eu-west-1/clusters/east/addons 200\n");
    assert_non_null(strstr(value_text(state, "node_role_arn"), ":role/east-eu-west-1-node"));
    again = refreshed(t, state);
    assert_int_equal(count_lines(component_aws_requests(&t->aws)), 15);
    assert_int_equal(value_count(value_at(again, "drift")), 0);
    assert_true(component_plans_nothing(&t->aws.component, cluster, again, config_of(t, FULL)));
    assert_true(component_remove(&t->aws.component, cluster, again));
    assert_string_equal(inventory(t), "");
}

TEST(an_upgrade_takes_add_ons_and_nodes_along)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, FULL ", \"version\": \"1.31\"");

    changes(t);
    state = apply(t, state, FULL ", \"version\": \"1.33\"");
    assert_string_equal(
        lines_with(a, changes(t), "update"),
        "POST eks.eu-west-1/clusters/east/updates 200\n"
        "POST eks.eu-west-1/clusters/east/addons/kube-proxy/update 200\n"
        "POST eks.eu-west-1/clusters/east/node-groups/default/update-version 200\n"
        "POST eks.eu-west-1/clusters/east/updates 200\n"
        "POST eks.eu-west-1/clusters/east/addons/kube-proxy/update 200\n"
        "POST eks.eu-west-1/clusters/east/node-groups/default/update-version 200\n");
    assert_string_equal(
        value_text(value_at(ask(t, &eks_describe_nodegroup_row,
                                "{\"clusterName\": \"east\", \"nodegroupName\": \"default\"}"),
                            "nodegroup"),
                   "version"),
        "1.33");
    assert_int_equal(value_count(value_at(refreshed(t, state), "drift")), 0);
}

/* A group that says its version follows the cluster until there. */
TEST(an_upgrade_goes_on_after_a_refusal)
{
    static const char before[] = FULL ", \"version\": \"1.31\"",
                      after[] = "\"version\": \"1.33\", \"node_groups\": {\"default\": "
                                "{\"instance_types\": [\"m6i.large\"], \"min_size\": 2, "
                                "\"max_size\": 4, \"version\": \"1.33\"}}";
    static const struct {
        const char *operation;
        size_t nth;
    } failures[] = {{"POST eks.eu-west-1/clusters/east/updates", 1},
                    {"addons/kube-proxy/update", 1},
                    {"default/update-version", 1},
                    {"POST eks.eu-west-1/clusters/east/updates", 2},
                    {"default/update-version", 2}};

    for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
        struct stage *t = start(a);
        const struct value *state = apply(t, NULL, before);

        print_message("    %s %zu\n", failures[i].operation, failures[i].nth);
        cloud_fault(t->aws.cloud, FAULT_500, failures[i].nth, 1, failures[i].operation);
        assert_null(try_apply(t, state, after));
        state = apply(t, refreshed(t, state), after);
        assert_string_equal(value_text(described(t), "version"), "1.33");
        state = refreshed(t, state);
        assert_int_equal(value_count(value_at(state, "drift")), 0);
        assert_true(
            component_plans_nothing(&t->aws.component, cluster, state, config_of(t, after)));
    }
}

TEST(settings_are_changed_in_place_one_kind_at_a_time)
{
    struct stage *t = start(a);
    const struct value *one = apply(t, NULL, ADDONS_NONE), *state, *now;

    changes(t);
    state =
        apply(t, one,
              ADDONS_NONE ", \"endpoint_private_access\": false, "
                          "\"public_access_cidrs\": [\"10.9.0.0/16\"], "
                          "\"log_types\": [\"api\", \"audit\"], \"support_type\": \"EXTENDED\", "
                          "\"deletion_protection\": true, \"tags\": {\"team\": \"mesh\"}");
    assert_string_equal(changes(t), "POST iam.us-east-1/TagRole 200\n" TAGS
                                    "POST eks.eu-west-1/clusters/east/update-config 200\n"
                                    "POST eks.eu-west-1/clusters/east/update-config 200\n"
                                    "POST eks.eu-west-1/clusters/east/update-config 200\n"
                                    "POST eks.eu-west-1/clusters/east/update-config 200\n"
                                    "POST iam.us-east-1/TagOpenIDConnectProvider 200\n");
    assert_true(value_equal(value_at(state, "connection"), value_at(one, "connection")));
    now = described(t);
    assert_false(value_as_bool(value_in(now, "resourcesVpcConfig", "endpointPrivateAccess")));
    assert_string_equal(value_z(value_in(now, "tags", "team")), "mesh");
    state = refreshed(t, state);
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    assert_false(component_remove(&t->aws.component, cluster, state));
    assert_says(t, "deletion_protection = false");
    changes(t);
    state = apply(t, state, ADDONS_NONE);
    assert_non_null(strstr(changes(t), "UntagOpenIDConnectProvider"));
    assert_null(strstr(json_write(a, value_at(described(t), "tags")).at, "team"));
    state = refreshed(t, state);
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    assert_true(component_remove(&t->aws.component, cluster, state));
    assert_string_equal(inventory(t), "");
}

TEST(upgraded_one_minor_at_a_time)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE ", \"version\": \"1.31\"");

    changes(t);
    state = apply(t, state, ADDONS_NONE ", \"version\": \"1.33\"");
    assert_string_equal(changes(t), "POST eks.eu-west-1/clusters/east/updates 200\n"
                                    "POST eks.eu-west-1/clusters/east/updates 200\n");
    assert_string_equal(value_text(described(t), "version"), "1.33");
    state = apply(t, state, ADDONS_NONE); /* left out: it is kept */
    assert_string_equal(value_z(value_in(state, "eks", "version")), "1.33");
    assert_string_equal(changes(t), "");
    assert_null(try_apply(t, state, ADDONS_NONE ", \"version\": \"1.32\""));
    assert_says(t, "does not go back");
    assert_string_equal(changes(t), "");
}

/* AWS, or a colleague, was faster. */
TEST(a_version_raised_elsewhere_shows)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE ", \"version\": \"1.32\"");

    ask(t, &eks_update_cluster_version, "{\"name\": \"east\", \"version\": \"1.33\"}");
    described(t); /* where the account's clock moves on */
    state = refreshed(t, state);
    assert_string_equal(value_z(value_in(state, "eks", "version")), "1.33");
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    assert_null(try_apply(t, state, ADDONS_NONE ", \"version\": \"1.32\""));
    apply(t, state, ADDONS_NONE);
}

/* --- failures ------------------------------------------------------------------------------ */

static const struct {
    const char *operation;
    size_t count;
} creating[] = {{"iam.us-east-1/CreateRole", 2},
                {"iam.us-east-1/AttachRolePolicy", 4},
                {"POST eks.eu-west-1/clusters", 6}, /* cluster, add-ons, nodes */
                {"iam.us-east-1/CreateOpenIDConnectProvider", 1},
                {"AuthorizeSecurityGroupIngress", 1},
                {"CreateLaunchTemplate", 1}};

/* What a failed create leaves for the state is whole. */
static const struct value *create(struct stage *t, const char *more, const struct value **left)
{
    const struct value *config = component_config(&t->aws.component, cluster, config_of(t, more));
    struct call *c = component_call(&t->aws.component, cluster, config);
    struct plan plan;

    *left = NULL;
    assert_true(plan_resource(c, cluster, &value_null, config, config, &plan));
    if (cluster->create(c, plan.planned, left))
        return *left;
    if (*left)
        assert_true(invariant_apply(c, cluster, plan.planned, *left));
    return NULL;
}

static void fail_once_at(struct arena *a, enum sandbox_fault fault, const char *operation,
                         size_t nth)
{
    struct stage *t = start(a);
    const struct value *state, *left;

    print_message("    %s %zu\n", operation, nth);
    cloud_fault(t->aws.cloud, fault, nth, 1, operation);
    state = create(t, FULL, &left);
    if (!state) /* else it carries a token, and was sent again */
        state = apply(t, NULL, FULL);
    else
        assert_int_equal(fault, FAULT_CUT_AFTER);
    assert_int_equal(count_lines(inventory(t)), 21);
    state = refreshed(t, state);
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    assert_true(component_remove(&t->aws.component, cluster, state));
    assert_string_equal(inventory(t), "");
}

static void fail_everywhere(struct arena *a, enum sandbox_fault fault)
{
    for (size_t i = 0; i < sizeof(creating) / sizeof(*creating); i++)
        for (size_t nth = 1; nth <= creating[i].count; nth++)
            fail_once_at(a, fault, creating[i].operation, nth);
}

TEST(goes_on_after_a_refusal)
{
    fail_everywhere(a, FAULT_500);
}

TEST(goes_on_after_a_lost_answer)
{
    fail_everywhere(a, FAULT_CUT_AFTER);
}

/* A destroy that failed anywhere is finished by the next one, from a refreshed state. */
TEST(a_destroy_goes_on)
{
    static const struct {
        const char *operation;
        size_t nth;
    } failures[] = {{"DELETE eks.eu-west-1/clusters/east/addons/vpc-cni", 1},
                    {"DELETE eks.eu-west-1/clusters/east/node-groups", 1},
                    {"ec2.eu-west-1/DeleteLaunchTemplate", 1},
                    {"DELETE eks.eu-west-1/clusters/east", 6},
                    {"iam.us-east-1/DeleteOpenIDConnectProvider", 1},
                    {"iam.us-east-1/DetachRolePolicy", 1},
                    {"iam.us-east-1/DeleteRole", 1},
                    {"iam.us-east-1/DeleteRole", 2}};

    for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
        struct stage *t = start(a);
        const struct value *state = apply(t, NULL, FULL);

        print_message("    %s\n", failures[i].operation);
        cloud_fault(t->aws.cloud, FAULT_500, failures[i].nth, 1, failures[i].operation);
        assert_false(component_remove(&t->aws.component, cluster, state));
        state = refreshed(t, state);
        assert_non_null(state);
        assert_true(component_remove(&t->aws.component, cluster, state));
        assert_string_equal(inventory(t), "");
        assert_null(refreshed(t, state));
    }
}

/* One that never came to be says why, and makes room for the next. */
TEST(a_failed_cluster_is_made_anew)
{
    struct stage *t = start(a);
    const struct value *state;

    assert_null(try_apply(t, NULL, ADDONS_NONE ", \"tags\": {\"sandbox/fail\": \"Ec2Trouble\"}"));
    assert_says(t, "FAILED");
    assert_says(t, "Ec2Trouble");
    state = apply(t, NULL, ADDONS_NONE);
    assert_int_equal(count_lines(inventory(t)), 5);
    assert_true(component_remove(&t->aws.component, cluster, state));
    assert_string_equal(inventory(t), "");
}

TEST(what_was_just_made_may_not_be_seen_yet)
{
    struct stage *t =
        start_with(a, &(struct cloud_options){.speed = CLOUD_SPEED, .eventual = true});
    const struct value *state = apply(t, NULL, ADDONS_NONE);

    assert_int_equal(count_lines(inventory(t)), 5);
    assert_true(component_remove(&t->aws.component, cluster, state));
}

/* --- drift ------------------------------------------------------------------------------ */

TEST(drift_is_mended)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE);

    ask(t, &iam_delete_open_id_connect_provider,
        text_f(a, "{\"OpenIDConnectProviderArn\": \"%s\"}", OIDC_ARN(state)));
    ask(t, &eks_update_cluster_config,
        "{\"name\": \"east\", \"upgradePolicy\": {\"supportType\": \"EXTENDED\"}}");
    described(t);
    state = refreshed(t, state);
    assert_string_equal(json_write(a, value_at(state, "drift")).at,
                        "[\"support_type differs\",\"OIDC provider: missing\"]");
    assert_false(
        component_plans_nothing(&t->aws.component, cluster, state, config_of(t, ADDONS_NONE)));
    changes(t);
    state = apply(t, state, ADDONS_NONE);
    assert_string_equal(changes(t), "POST eks.eu-west-1/clusters/east/update-config 200\n"
                                    "POST iam.us-east-1/CreateOpenIDConnectProvider 200\n");
    assert_int_equal(value_count(value_at(refreshed(t, state), "drift")), 0);
}

/* --- access ------------------------------------------------------------------------------ */

TEST(access_entries_come_change_and_go)
{
    struct stage *t = start(a);
    const struct value *state =
        apply(t, NULL,
              ENTRIES("{\"policies\": [\"AmazonEKSViewPolicy\"], \"namespaces\": [\"shop\"], "
                      "\"kubernetes_groups\": [\"readers\"]}"));

    assert_int_equal(count_lines(inventory(t)), 6);
    state = refreshed(t, state);
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    changes(t);
    state = apply(t, state, ENTRIES("{\"policies\": [\"AmazonEKSEditPolicy\"]}"));
    assert_int_equal(count_lines(changes(t)), 3); /* groups, one policy more, one less */
    assert_int_equal(value_count(value_at(refreshed(t, state), "drift")), 0);
    ask(t, &eks_delete_access_entry,
        "{\"clusterName\": \"east\", \"principalArn\": \"" READER "\"}");
    state = refreshed(t, state);
    assert_string_equal(json_write(a, value_at(state, "drift")).at,
                        "[\"access entry " READER ": missing\"]");
    state = apply(t, state, ENTRIES("{\"policies\": [\"AmazonEKSEditPolicy\"]}"));
    assert_int_equal(count_lines(inventory(t)), 6);
    state = apply(t, state, ADDONS_NONE);
    assert_int_equal(count_lines(inventory(t)), 5);
}

/* Whoever applies comes in, and shuts nobody out. */
TEST(another_caller_gets_an_entry)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE);

    cloud_add_key(t->aws.cloud, "colleague", "AKIDCOLLEAGUE0000001", "secret-of-the-colleague", "",
                  0);
    component_use_key("AKIDCOLLEAGUE0000001", "secret-of-the-colleague", "");
    component_restart_aws(&t->aws);
    state = apply(t, state, ADDONS_NONE ", \"support_type\": \"EXTENDED\"");
    assert_int_equal(count_lines(inventory(t)), 6);
    component_use_key(cloud_key_id(t->aws.cloud), cloud_secret(t->aws.cloud), "");
    component_restart_aws(&t->aws);
    state = apply(t, state, ADDONS_NONE);
    assert_int_equal(count_lines(inventory(t)), 6);
}

/* Sessions of a role are the role, with its path. */
TEST(a_session_of_a_role_gets_the_entry_of_the_role)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE), *keys;

    ask(t, &iam_create_role,
        "{\"RoleName\": \"admin\", \"Path\": \"/mesh/\", \"AssumeRolePolicyDocument\": "
        "\"{\\\"Version\\\": \\\"2012-10-17\\\", \\\"Statement\\\": [{\\\"Effect\\\": "
        "\\\"Allow\\\", \\\"Principal\\\": {\\\"AWS\\\": \\\"arn:aws:iam::111122223333:root\\\"}, "
        "\\\"Action\\\": \\\"sts:AssumeRole\\\"}]}\"}");
    keys = value_at(ask(t, &sts_assume_role,
                        "{\"RoleArn\": \"arn:aws:iam::111122223333:role/mesh/admin\", "
                        "\"RoleSessionName\": \"session\"}"),
                    "Credentials");
    component_use_key(value_text(keys, "AccessKeyId"), value_text(keys, "SecretAccessKey"),
                      value_text(keys, "SessionToken"));
    component_restart_aws(&t->aws);
    apply(t, state, ADDONS_NONE ", \"support_type\": \"EXTENDED\"");
    assert_non_null(
        strstr(inventory(t), "access-entry east/arn:aws:iam::111122223333:role/mesh/admin\n"));
}

TEST(auto_mode_needs_no_groups)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, "\"auto_mode\": true"), *now;

    now = described(t);
    assert_true(value_as_bool(value_in(now, "computeConfig", "enabled")));
    assert_true(value_equal(value_in(now, "computeConfig", "nodeRoleArn"),
                            value_at(state, "node_role_arn")));
    assert_true(value_as_bool(value_in(now, "storageConfig", "blockStorage", "enabled")));
    assert_null(strstr(inventory(t), "addon "));
    state = refreshed(t, state);
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    state = apply(t, state, FULL);
    assert_non_null(strstr(inventory(t), "nodegroup east/default"));
    assert_int_equal(value_count(value_at(refreshed(t, state), "drift")), 0);
    assert_true(component_remove(&t->aws.component, cluster, state));
    assert_string_equal(inventory(t), "");
}

/* --- long applies ------------------------------------------------------------------------ */

extern const struct resource resource_istio_manifest;

static const char *manifest_of(struct arena *a, const struct value *state)
{
    return text_f(a,
                  "{\"cluster\": %s, \"yaml\": \"{apiVersion: v1, kind: ConfigMap, metadata: "
                  "{name: settings, namespace: default}}\"}",
                  json_write(a, value_at(state, "connection")).at);
}

static void forget_shift(void *data)
{
    clock_shift(-*(const int64_t *)data);
}

/* Tokens are good for 15 minutes; an apply may take hours. */
TEST(a_connection_outlives_its_tokens)
{
    static const int64_t steps[] = {16 * 60, 2 * 60 * 60};
    struct stage *t = start(a);
    struct component *component = &t->aws.component;
    const struct value *state = apply(t, NULL, ADDONS_NONE), *object;
    struct sandbox *server = cloud_eks_server(t->aws.cloud, "eu-west-1", "east");

    object = component_apply(component, &resource_istio_manifest, NULL, manifest_of(a, state));
    assert_non_null(object);
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        char *requests;

        clock_shift(steps[i]);
        arena_defer(a, forget_shift, (void *)(uintptr_t)&steps[i]);
        sandbox_requests_reset(server);
        object = component_read(component, &resource_istio_manifest, object);
        assert_non_null(object);
        requests = sandbox_requests(server);
        assert_non_null(strstr(requests, "GET /api/v1/namespaces/default/configmaps"));
        assert_null(strstr(requests, " 401"));
        memory_free(requests);
    }
}
