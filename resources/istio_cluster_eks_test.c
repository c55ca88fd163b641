/* istio_cluster.eks against a stand-in AWS account, whose EKS clusters are stand-in API
 * servers that verify tokens. */
#include "acceptance/harness/component_aws.h"
#include "aws/eks.h"
#include "aws/iam.h"
#include "aws/sts.h"
#include "schema/unfinished.h"

extern const struct resource resource_istio_cluster, resource_istio_cluster_data,
    resource_istio_vpc;
static const struct resource *const cluster = &resource_istio_cluster;

struct stage {
    struct component_aws aws;
    const struct value *vpc;
    const char *subnets; /* JSON */
};

static void close_stage(void *data)
{
    struct stage *t = data;

    component_stop_aws(&t->aws);
}

/* Nothing is sent again, so that each failure is seen. */
static struct stage *start_with(struct arena *a, const struct cloud_options *options)
{
    struct stage *t = arena_alloc(a, sizeof(*t));
    struct clients *clients = &t->aws.component.clients;

    component_start_aws(&t->aws, a, 0, options);
    arena_defer(a, close_stage, t);
    clients->provider_config =
        value_with_in(a, clients->provider_config, value_integer(a, 0), "aws", "max_retries");
    t->vpc = component_apply(
        &t->aws.component, &resource_istio_vpc, NULL,
        "{\"name\": \"east\", \"region\": \"eu-west-1\", \"cidr_block\": \"10.1.0.0/16\", "
        "\"nat_gateways\": \"none\", "
        "\"availability_zones\": {\"type\": \"number\", \"value\": 2}}");
    if (!t->vpc)
        fail_msg("%s", component_diags(&t->aws.component));
    t->subnets = json_write(a, value_at(t->vpc, "private_subnet_ids")).at;
    cloud_requests_reset(t->aws.cloud);
    return t;
}

static struct stage *start(struct arena *a)
{
    return start_with(a, &(struct cloud_options){.speed = 0});
}

/* {"name": "east", "eks": {region, subnets and `more`}} */
static const char *config_of(struct stage *t, const char *more)
{
    return text_f(t->aws.component.arena,
                  "{\"name\": \"east\", \"network\": \"net\", \"eks\": {\"region\": \"eu-west-1\", "
                  "\"subnet_ids\": %s%s%s}}",
                  t->subnets, *more ? ", " : "", more);
}

static const struct value *try_apply(struct stage *t, const struct value *prior, const char *more)
{
    return component_apply(&t->aws.component, cluster, prior, config_of(t, more));
}

static const struct value *apply(struct stage *t, const struct value *prior, const char *more)
{
    const struct value *out = try_apply(t, prior, more);

    if (!out)
        fail_msg("%s", component_diags(&t->aws.component));
    return out;
}

static const struct value *refreshed(struct stage *t, const struct value *state)
{
    return component_read(&t->aws.component, cluster, state);
}

static const char *diags(struct stage *t)
{
    return component_diags(&t->aws.component);
}

static void assert_says(struct stage *t, const char *words)
{
    if (!strstr(diags(t), words))
        fail_msg("\"%s\" is not in: %s", words, diags(t));
}

/* Lines "kind id" of what exists besides the VPC's. */
static const char *inventory(struct stage *t)
{
    struct arena *a = t->aws.component.arena;
    char *lines = cloud_inventory(t->aws.cloud);
    struct text rest = text_of(arena_strdup(a, lines)), line, region, kind;
    struct text_builder b;

    memory_free(lines);
    text_builder_init(&b, a, 1 << 16);
    while (text_split(&rest, '\n', &line))
        if (line.len && text_split(&line, ' ', &region) && text_split(&line, ' ', &kind) &&
            !text_is(kind, "vpc") && !text_is(kind, "subnet") && !text_is(kind, "route-table") &&
            !text_is(kind, "internet-gateway") && !text_is(kind, "network-interface"))
            text_add_f(&b, "%.*s %.*s\n", (int)kind.len, kind.at, (int)line.len, line.at);
    return b.at;
}

/* Requests to AWS that change something: "eks POST /clusters 200". */
static const char *changes(struct stage *t)
{
    static const char *const looks[] = {"GET ", "/Describe", "/Get", "/List", NULL};
    struct text rest = text_of(component_aws_requests(&t->aws)), line;
    struct text_builder b;

    text_builder_init(&b, t->aws.component.arena, 1 << 16);
    while (text_split(&rest, '\n', &line)) {
        const char *z = text_z(t->aws.component.arena, line);
        bool is_look = !line.len;

        for (const char *const *look = looks; *look; look++)
            is_look = is_look || strstr(z, *look);
        if (!is_look)
            text_add_f(&b, "%s\n", z);
    }
    return b.at;
}

static const char *lines_with(struct arena *a, const char *text, const char *piece)
{
    struct text rest = text_of(text), line;
    const char *found = "";

    while (text_split(&rest, '\n', &line))
        if (strstr(text_z(a, line), piece))
            found = text_f(a, "%s%.*s\n", found, (int)line.len, line.at);
    return found;
}

static size_t count_lines(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* --- as AWS's other users do it ------------------------------------------------------- */

static struct aws *session(struct stage *t, struct call **c)
{
    const struct aws_access access = {.region = "eu-west-1"};
    struct aws *aws;

    *c = component_call(&t->aws.component, cluster, &value_null);
    assert_true(aws_open(*c, &access, NULL, &aws));
    return aws;
}

static const struct value *ask(struct stage *t, const struct aws_operation *operation,
                               const char *input)
{
    struct call *c;
    struct aws *aws = session(t, &c);
    const struct value *output;

    if (!aws_call(c, aws, operation, component_json(&t->aws.component, input), &output))
        fail_msg("%s", diags(t));
    cloud_requests_reset(t->aws.cloud);
    return output;
}

static const struct value *described(struct stage *t)
{
    return value_at(ask(t, &eks_describe_cluster_row, "{\"name\": \"east\"}"), "cluster");
}

#define TAGS                                                                                       \
    "POST eks.eu-west-1/tags/arn%3Aaws%3Aeks%3Aeu-west-1%3A111122223333%3Acluster%2Feast 200\n"
#define ADDONS_NONE "\"addons\": {}"
#define OIDC_ARN(state) value_text(state, "oidc_provider_arn")

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

#define FULL                                                                                       \
    "\"node_groups\": {\"default\": {\"instance_types\": [\"m6i.large\"], \"min_size\": 2, "       \
    "\"max_size\": 4}}, \"mesh_cidr_blocks\": [\"10.2.0.0/16\"], "                                 \
    "\"flat_cidr_blocks\": [\"10.3.0.0/16\"]"

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
                                    "POST eks.eu-west-1/clusters/east/update-config 200\n");
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

/* --- drift --------------------------------------------------------------------------------------
 */

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

/* --- access -------------------------------------------------------------------------------------
 */

#define READER "arn:aws:iam::111122223333:user/reader"
#define ENTRIES(json) ADDONS_NONE ", \"access_entries\": {\"" READER "\": " json "}"

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

/* --- what is there already
 * ------------------------------------------------------------------------ */

/* Takes our tags away, as if others had made it. */
static void make_foreign(struct stage *t)
{
    ask(t, &eks_untag_resource,
        text_f(t->aws.component.arena,
               "{\"resourceArn\": \"%s\", \"tagKeys\": [\"istio.multicluster/cluster\", "
               "\"istio.multicluster/role\"]}",
               value_text(described(t), "arn")));
}

TEST(a_foreign_cluster_is_refused_or_adopted)
{
    struct stage *t = start(a);
    const struct value *state;

    apply(t, NULL, ADDONS_NONE);
    make_foreign(t);
    assert_null(try_apply(t, NULL, ADDONS_NONE));
    assert_says(t, "There is an EKS cluster east already");
    assert_says(t, "eks=east,region=eu-west-1");
    assert_says(t, "adopt = true");
    assert_string_equal(changes(t), "");
    state = apply(t, NULL, ADDONS_NONE ", \"adopt\": true");
    assert_string_equal(changes(t), TAGS);
    assert_int_equal(value_count(value_at(refreshed(t, state), "drift")), 0);
    assert_true(component_remove(&t->aws.component, cluster, state));
    assert_string_equal(inventory(t), "");
}

static const struct value *imported(struct stage *t, const char *id)
{
    struct call *c = component_call(&t->aws.component, cluster, &value_null);
    const struct value *told;

    assert_true(cluster->import(c, id, &told));
    told =
        component_config(&t->aws.component, cluster, json_write(t->aws.component.arena, told).at);
    told = refreshed(t, told);
    return unfinished_read(component_call(&t->aws.component, cluster, &value_null), told);
}

TEST(an_imported_cluster_plans_nothing)
{
    static const char more[] = "\"log_types\": [\"audit\"], \"tags\": {\"team\": \"mesh\"}";
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, more), *taken;

    taken = imported(t, "cluster=east,network=net,eks=east,region=eu-west-1");
    assert_true(component_plans_nothing(&t->aws.component, cluster, taken, config_of(t, more)));
    assert_true(value_equal(value_at(taken, "connection"), value_at(state, "connection")));
    make_foreign(t);
    taken = imported(t, "cluster=east,network=net,eks=east,region=eu-west-1");
    assert_string_equal(json_write(a, value_at(taken, "drift")).at, "[\"cluster: tags\"]");
    state = apply(t, taken, more);
    assert_int_equal(value_count(value_at(refreshed(t, state), "drift")), 0);
}

TEST(an_imported_cluster_tells_its_nodes_and_rules)
{
    struct stage *t = start(a);
    const struct value *taken;

    apply(t, NULL, FULL);
    taken = imported(t, "cluster=east,network=net,eks=east,region=eu-west-1");
    assert_string_equal(json_write(a, value_at(taken, "drift")).at, "[]");
    assert_true(component_plans_nothing(&t->aws.component, cluster, taken, config_of(t, FULL)));
}

TEST(the_data_source_reads_it)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE), *config, *out = NULL;
    const struct resource *data = &resource_istio_cluster_data;
    struct call *c;

    changes(t);
    config = component_config(&t->aws.component, data,
                              "{\"name\": \"east\", \"network\": \"net\", \"eks\": "
                              "{\"cluster_name\": \"east\", \"region\": \"eu-west-1\"}}");
    c = component_call(&t->aws.component, data, config);
    if (!data->read(c, config, &out))
        fail_msg("%s", diags(t));
    assert_true(value_equal(value_at(out, "connection"), value_at(state, "connection")));
    assert_true(value_equal(value_at(out, "arn"), value_at(state, "arn")));
    assert_true(value_equal(value_at(out, "vpc_id"), value_at(state, "vpc_id")));
    assert_string_equal(component_aws_requests(&t->aws), "GET eks.eu-west-1/clusters/east 200\n");
    config = value_with_in(a, config, value_string(a, "west"), "eks", "cluster_name");
    assert_false(data->read(component_call(&t->aws.component, data, config), config, &out));
    assert_says(t, "There is no EKS cluster west");
}

/* --- plans
 * --------------------------------------------------------------------------------------------- */

static void assert_refused(struct stage *t, const char *more, const char *path)
{
    assert_null(try_apply(t, NULL, more));
    assert_non_null(t->aws.component.diags.first);
    assert_string_equal(path_text(t->aws.component.arena, t->aws.component.diags.first->path),
                        path);
    assert_string_equal(changes(t), "");
}

TEST(wrong_arguments_are_refused_by_the_plan)
{
    struct stage *t = start(a);

    assert_refused(t, "\"version\": \"v1.33.1\"", "eks.version");
    assert_refused(t, "\"log_types\": [\"api\", \"apis\"]", "eks.log_types[1]");
    assert_refused(t, "\"endpoint_public_access\": false, \"endpoint_private_access\": false",
                   "eks.endpoint_private_access");
    assert_refused(t, "\"auto_mode\": true, \"authentication_mode\": \"CONFIG_MAP\"",
                   "eks.authentication_mode");
    assert_refused(t, "\"access_entries\": {\"somebody\": {}}", "eks.access_entries[\"somebody\"]");
    assert_refused(t, ENTRIES("{\"kubernetes_groups\": [\"system:masters\"]}"),
                   "eks.access_entries[\"" READER "\"].kubernetes_groups[0]");
    assert_refused(
        t, "\"authentication_mode\": \"CONFIG_MAP\", \"access_entries\": {\"" READER "\": {}}",
        "eks.access_entries");
    assert_null(component_apply(&t->aws.component, cluster, NULL, "{\"name\": \"east\"}"));
}

TEST(a_version_that_is_not_offered_is_an_error_of_the_argument)
{
    struct stage *t = start(a);

    assert_null(try_apply(t, NULL, "\"version\": \"1.11\""));
    assert_string_equal(path_text(a, t->aws.component.diags.first->path), "eks.version");
    assert_says(t, "unsupported Kubernetes version 1.11");
}

/* Nothing known fails no plan; what can be known is. */
TEST(a_plan_needs_no_answer)
{
    struct stage *t = start(a);
    const struct value *config = component_config(&t->aws.component, cluster, config_of(t, ""));
    struct plan plan;
    struct call *c;

    config = value_with_in(a, config, &value_unknown, "eks", "subnet_ids");
    c = component_call(&t->aws.component, cluster, config);
    assert_true(plan_resource(c, cluster, &value_null, config, config, &plan));
    assert_string_equal(value_z(value_in(plan.planned, "eks", "cluster_name")), "east");
    assert_true(value_is_unknown(value_at(plan.planned, "connection")));
    config = value_with(a, config, "eks", &value_unknown);
    c = component_call(&t->aws.component, cluster, config);
    assert_true(plan_resource(c, cluster, &value_null, config, config, &plan));
    assert_string_equal(changes(t), "");
}

/* What is downstream does not wait for changes of the cluster. */
TEST(the_connection_is_known_while_the_cluster_changes)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE ", \"version\": \"1.32\""), *config;
    struct plan plan;
    struct call *c;

    config = component_config(&t->aws.component, cluster,
                              config_of(t, ADDONS_NONE ", \"version\": \"1.33\""));
    c = component_call(&t->aws.component, cluster, config);
    assert_true(plan_resource(c, cluster, state, config, config, &plan));
    assert_true(value_equal(value_at(plan.planned, "connection"), value_at(state, "connection")));
    assert_true(value_is_unknown(value_at(plan.planned, "version")));
    assert_null(plan.replace);
    config = value_with_in(a, config, value_string(a, "eu-west-2"), "eks", "region");
    c = component_call(&t->aws.component, cluster, config);
    assert_true(plan_resource(c, cluster, state, config, config, &plan));
    assert_non_null(plan.replace);
}
