/* istio_cluster.eks beside what is there already, and what is refused. */
#include "acceptance/sandbox/aws/cloud_eks.h"
#include "resources/test_eks_stage.h"

/* --- what is there already ------------------------------------------------------------- */

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

/* One that was made with aws-auth and a role of its own becomes as it is described. */
TEST(an_adopted_cluster_comes_to_what_is_said)
{
    static const char adopt[] = ADDONS_NONE ", \"adopt\": true";
    struct stage *t = start(a);
    const struct value *state;

    add_role(t, "plane", "eks");
    ask(t, &eks_create_cluster,
        text_f(a,
               "{\"name\": \"east\", \"roleArn\": \"arn:aws:iam::111122223333:role/plane\", "
               "\"version\": \"1.32\", \"resourcesVpcConfig\": {\"subnetIds\": %s}}",
               t->subnets));
    assert_null(try_apply(t, NULL, text_f(a, "%s, \"version\": \"1.31\"", adopt)));
    assert_blames(t, "eks.version");
    assert_null(try_apply(t, NULL, text_f(a, "%s, \"service_ipv4_cidr\": \"10.9.0.0/16\"", adopt)));
    assert_blames(t, "eks.service_ipv4_cidr");
    assert_string_equal(changes(t), "");
    state = apply(t, NULL, adopt);
    /* private endpoint; two steps to API; standard support; then tags and provider */
    assert_int_equal(count_lines(lines_with(a, changes(t), "update-config")), 4);
    assert_string_equal(value_z(value_in(state, "eks", "cluster_role_arn")),
                        "arn:aws:iam::111122223333:role/plane");
    assert_string_equal(value_z(value_in(state, "eks", "version")), "1.32");
    assert_int_equal(value_count(value_at(refreshed(t, state), "drift")), 0);
    /* nothing but the provider tells of a removal that did not come to its end */
    cloud_fault(t->aws.cloud, FAULT_500, 1, 1, "DeleteOpenIDConnectProvider");
    assert_false(component_remove(&t->aws.component, cluster, state));
    state = refreshed(t, state);
    assert_non_null(state);
    assert_true(component_remove(&t->aws.component, cluster, state));
    assert_string_equal(inventory(t), "role plane\n");
    assert_null(refreshed(t, state));
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

/* --- what is left in it ------------------------------------------------------------------ */

static struct kube *server_of(struct stage *t, const struct value *state, struct call **c)
{
    struct kube *k;

    *c = component_call(&t->aws.component, cluster, &value_null);
    if (!kube_open(*c, value_at(state, "connection"), NULL, &k))
        fail_msg("%s", diags(t));
    return k;
}

static void add_object(struct stage *t, const struct value *state, const char *json)
{
    struct call *c;
    struct kube *k = server_of(t, state, &c);
    const struct value *made;

    if (!kube_create(c, k, component_json(&t->aws.component, json), 0, NULL, &made))
        fail_msg("%s", diags(t));
}

static bool has_service(struct stage *t, const struct value *state, const char *name)
{
    const struct kube_ref ref = {"v1", "Service", "default", name};
    struct call *c;
    struct kube *k = server_of(t, state, &c);
    const struct value *found;

    assert_true(kube_get(c, k, &ref, &found));
    return found != NULL;
}

/* Controllers would get some minutes. */
static bool remove_within(struct stage *t, const struct value *state, int64_t ms)
{
    struct call *c = component_call(&t->aws.component, cluster, &value_null);

    c->deadline_ms = clock_monotonic_ms() + ms;
    return cluster->remove(c, state);
}

TEST(what_controllers_left_blocks_a_destroy_unless_forced)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE);

    add_object(t, state,
               "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"gate\", "
               "\"namespace\": \"default\"}, \"spec\": {\"type\": \"LoadBalancer\", "
               "\"loadBalancerClass\": \"example.com/none\", \"ports\": [{\"port\": 80}]}}");
    ask(t, &ec2_create_security_group,
        text_f(a,
               "{\"GroupName\": \"k8s-traffic-east\", \"Description\": \"shared\", \"VpcId\": "
               "\"%s\", \"TagSpecifications\": [{\"ResourceType\": \"security-group\", \"Tags\": "
               "[{\"Key\": \"elbv2.k8s.aws/cluster\", \"Value\": \"east\"}]}]}",
               value_text(state, "vpc_id")));
    assert_false(remove_within(t, state, 8000));
    assert_says(t, "Cluster east still has things in AWS");
    assert_says(t, "(k8s-traffic-east)");
    assert_says(t, "force_destroy = true");
    assert_string_equal(changes(t), "");
    assert_true(has_service(t, state, "gate"));
    state = apply(t, state, ADDONS_NONE ", \"force_destroy\": true");
    assert_string_equal(changes(t), "");
    /* it goes on after the Service was deleted */
    cloud_fault(t->aws.cloud, FAULT_500, 1, 1, "DeleteSecurityGroup");
    assert_false(remove_within(t, state, 9000));
    assert_false(has_service(t, state, "gate"));
    assert_true(remove_within(t, state, 9000));
    assert_string_equal(inventory(t), "");
}

/* A cluster that was taken away by hand leaves its roles: the state stays until they are gone. */
TEST(a_cluster_that_is_gone_is_replaced_while_it_has_remains)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE), *config, *again;
    struct plan plan;
    struct call *c;

    ask(t, &eks_delete_cluster, "{\"name\": \"east\"}");
    again = refreshed(t, state);
    assert_string_equal(json_write(a, value_at(again, "drift")).at, "[\"cluster: missing\"]");
    config = component_config(&t->aws.component, cluster, config_of(t, ADDONS_NONE));
    c = component_call(&t->aws.component, cluster, config);
    assert_true(plan_resource(c, cluster, again, config, config, &plan));
    assert_non_null(plan.replace);
    assert_true(component_remove(&t->aws.component, cluster, again));
    assert_string_equal(inventory(t), "");
    assert_null(refreshed(t, again));
}

TEST(another_cluster_of_the_name_is_not_taken_for_it)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE), *other;

    ask(t, &eks_delete_cluster, "{\"name\": \"east\"}");
    other = apply(t, NULL, ADDONS_NONE);
    assert_false(value_equal(value_at(state, "uid"), value_at(other, "uid")));
    assert_null(refreshed(t, state));
    assert_says(t, "Another cluster answers");
}

/* --- own roles, own key ------------------------------------------------------------------- */

TEST(own_roles_are_used_and_stay)
{
    static const char own[] =
        FULL ", \"cluster_role_arn\": \"arn:aws:iam::111122223333:role/plane\", "
             "\"node_role_arn\": \"arn:aws:iam::111122223333:role/nodes\", "
             "\"kms_key_arn\": \"arn:aws:kms:eu-west-1:111122223333:key/1\"";
    struct stage *t = start(a);
    const struct value *state;

    add_role(t, "plane", "eks");
    add_role(t, "nodes", "ec2");
    state = apply(t, NULL, own);
    assert_string_equal(lines_with(a, inventory(t), "role "), "role plane\nrole nodes\n");
    assert_non_null(strstr(json_write(a, described(t)).at, "arn:aws:kms:eu-west-1"));
    state = refreshed(t, state);
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    state = imported(t, "cluster=east,network=net,eks=east,region=eu-west-1");
    assert_true(component_plans_nothing(&t->aws.component, cluster, state, config_of(t, own)));
    assert_true(component_remove(&t->aws.component, cluster, state));
    assert_string_equal(inventory(t), "role plane\nrole nodes\n");
}

/* --- what AWS refuses ------------------------------------------------------------------------ */

/* --- the way to its API server ---------------------------------------------------------- */

static struct sandbox *server(struct stage *t)
{
    return cloud_eks_server(t->aws.cloud, "eu-west-1", "east");
}

TEST(an_endpoint_that_does_not_answer_names_its_mode)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE), *out;
    struct call *c = component_call(&t->aws.component, cluster, &value_null);

    sandbox_fault(server(t), FAULT_CUT, 1, 1000, NULL);
    c->deadline_ms = clock_monotonic_ms() + 2000;
    state = value_with_in(a, state, &value_false, "eks", "endpoint_public_access");
    assert_false(cluster->update(c, state, state, &out));
    assert_true(value_equal(out, state));
    assert_says(t, "The API server of cluster east does not answer");
    assert_says(t, "endpoint_public_access = false: it is reached from within the VPC only");
}

/* An entry is known to the API server some seconds after EKS has it. */
TEST(an_api_server_gets_time_to_know_us)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE);

    component_restart_aws(&t->aws);
    sandbox_fault(server(t), FAULT_EXPIRED, 1, 2, NULL); /* also of the renewed token */
    apply(t, state, ADDONS_NONE ", \"support_type\": \"EXTENDED\"");
}

TEST(a_zone_without_room_names_the_others)
{
    struct stage *t = start_with(a, &(struct cloud_options){.speed = 0, .full_zone = "eu-west-1b"});

    assert_null(try_apply(t, NULL, ADDONS_NONE));
    assert_blames(t, "eks.subnet_ids");
    assert_says(t, "Zones that do: eu-west-1a, eu-west-1c.");
}

TEST(a_quota_says_where_it_is_raised)
{
    struct stage *t = start_with(a, &(struct cloud_options){.speed = 0, .clusters_max = 1});

    add_role(t, "plane", "eks");
    ask(t, &eks_create_cluster,
        text_f(a,
               "{\"name\": \"west\", \"roleArn\": \"arn:aws:iam::111122223333:role/plane\", "
               "\"resourcesVpcConfig\": {\"subnetIds\": %s}}",
               t->subnets));
    assert_null(try_apply(t, NULL, ADDONS_NONE));
    assert_says(t, "A quota of EKS is reached");
    assert_says(t, "Service Quotas");
}

TEST(subnets_in_one_zone_are_refused)
{
    struct stage *t = start(a);
    const struct value *id = value_item(value_at(t->vpc, "private_subnet_ids"), 0);

    t->subnets = json_write(a, value_list_of(a, id, id)).at;
    assert_null(try_apply(t, NULL, ADDONS_NONE));
    assert_blames(t, "eks.subnet_ids");
    assert_says(t, "two different AZs");
}

/* --- plans ------------------------------------------------------------------------------ */

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
    assert_says(t, "It offers 1.31, 1.32, 1.33");
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

TEST(a_cluster_does_not_change_its_kind_in_place)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ADDONS_NONE), *config;
    struct plan plan;
    struct call *c;

    config = component_config(&t->aws.component, cluster,
                              "{\"name\": \"east\", \"existing\": {\"host\": "
                              "\"https://127.0.0.1:1\", \"token\": \"t\"}}");
    c = component_call(&t->aws.component, cluster, config);
    assert_true(plan_resource(c, cluster, state, config, config, &plan));
    assert_non_null(plan.replace);
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
