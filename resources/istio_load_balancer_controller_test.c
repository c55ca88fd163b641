/* istio_load_balancer_controller on an EKS cluster of a stand-in account, whose controller
 * does its work once it has its rights. */
#include "acceptance/harness/component_aws.h"
#include "aws/eks.h"
#include "aws/elasticloadbalancing.h"
#include "aws/iam.h"
#include "eks/controller.h"

extern const struct resource resource_istio_load_balancer_controller, resource_istio_cluster,
    resource_istio_vpc;
static const struct resource *const controller = &resource_istio_load_balancer_controller;

#define DEPLOYMENT "/apis/apps/v1/namespaces/kube-system/deployments/aws-load-balancer-controller"
#define ROLE "east-eu-west-1-lbc"
#define ROLE_ARN "arn:aws:iam::111122223333:role/"

struct stage {
    struct component_aws aws;
    const struct value *connection;
    const char *before; /* the inventory without the controller */
};

static void close_stage(void *data)
{
    struct stage *t = data;

    component_stop_aws(&t->aws);
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

static const char *inventory(struct stage *t)
{
    char *lines = cloud_inventory(t->aws.cloud);
    const char *copy = arena_strdup(t->aws.component.arena, lines);

    memory_free(lines);
    return copy;
}

static const struct value *made(struct stage *t, const struct resource *r, const char *json)
{
    const struct value *state = component_apply(&t->aws.component, r, NULL, json);

    if (!state)
        fail_msg("%s", diags(t));
    return state;
}

/* A cluster with nodes; `more` of its eks. Nothing is sent again, so that failures show. */
static struct stage *start_with(struct arena *a, int64_t speed, const char *more)
{
    struct stage *t = arena_alloc(a, sizeof(*t));
    struct clients *clients = &t->aws.component.clients;
    const struct value *vpc, *cluster;

    component_start_aws(&t->aws, a, 0, &(struct cloud_options){.speed = speed});
    arena_defer(a, close_stage, t);
    clients->provider_config =
        value_with_in(a, clients->provider_config, value_integer(a, 0), "aws", "max_retries");
    vpc = made(t, &resource_istio_vpc,
               "{\"name\": \"east\", \"region\": \"eu-west-1\", \"cidr_block\": \"10.1.0.0/16\", "
               "\"nat_gateways\": \"none\", "
               "\"availability_zones\": {\"type\": \"number\", \"value\": 2}}");
    cluster = made(t, &resource_istio_cluster,
                   text_f(a,
                          "{\"name\": \"mesh-east\", \"eks\": {\"region\": \"eu-west-1\", "
                          "\"cluster_name\": \"east\", \"subnet_ids\": %s, "
                          "\"node_groups\": {\"main\": {}}%s%s}}",
                          json_write(a, value_at(vpc, "private_subnet_ids")).at, *more ? ", " : "",
                          more));
    t->connection = value_at(cluster, "connection");
    t->before = inventory(t);
    cloud_requests_reset(t->aws.cloud);
    return t;
}

static struct stage *start(struct arena *a)
{
    return start_with(a, 0, "");
}

static const char *config_of(struct stage *t, const char *more)
{
    struct arena *a = t->aws.component.arena;

    return text_f(a,
                  "{\"cluster\": %s, \"chart\": {\"path\": "
                  "\"acceptance/charts/aws-load-balancer-controller\"}%s%s}",
                  json_write(a, t->connection).at, *more ? ", " : "", more);
}

static const struct value *try_apply(struct stage *t, const struct value *prior, const char *more)
{
    return component_apply(&t->aws.component, controller, prior, config_of(t, more));
}

static const struct value *apply(struct stage *t, const struct value *prior, const char *more)
{
    const struct value *out = try_apply(t, prior, more);

    if (!out)
        fail_msg("%s", diags(t));
    return out;
}

static const struct value *refreshed(struct stage *t, const struct value *state)
{
    return component_read(&t->aws.component, controller, state);
}

static const char *drift(struct stage *t, const struct value *state)
{
    const struct value *list = value_at(refreshed(t, state), "drift");
    const char *lines = "";

    for (size_t i = 0; i < value_count(list); i++)
        lines = text_f(t->aws.component.arena, "%s%s\n", lines, value_z(value_item(list, i)));
    return lines;
}

static void removes(struct stage *t, const struct value *state)
{
    if (!component_remove(&t->aws.component, controller, state))
        fail_msg("%s", diags(t));
    assert_string_equal(inventory(t), t->before);
}

static const struct value *ask(struct stage *t, const struct aws_operation *operation,
                               const char *json)
{
    struct call *c = component_call(&t->aws.component, controller, &value_null);
    const struct aws_access access = {.region = "eu-west-1"};
    const struct value *output;
    struct aws *aws;

    assert_true(aws_open(c, &access, NULL, &aws));
    if (!aws_call(c, aws, operation, component_json(&t->aws.component, json), &output))
        fail_msg("%s", diags(t));
    cloud_requests_reset(t->aws.cloud);
    return output;
}

#define ASSOCIATIONS "eks.eu-west-1/clusters/east/pod-identity-associations"

/* Requests to AWS; the id of the one association is left out. */
static const char *requests(struct stage *t)
{
    static const char before[] = "associations/a-";
    char *copy = arena_strdup(t->aws.component.arena, component_aws_requests(&t->aws));

    for (char *at = copy; (at = strstr(at, before)); at++) {
        char *id = at + sizeof(before) - 1, *rest = id + strspn(id, "0123456789abcdef");

        memmove(id, rest, strlen(rest) + 1);
    }
    return copy;
}

/* Those that change something. */
static const char *changes(struct stage *t)
{
    static const char *const looks[] = {"GET ", "/Describe", "/Get", "/List"};
    struct text rest = text_of(requests(t)), line;
    struct text_builder b;

    text_builder_init(&b, t->aws.component.arena, 1 << 16);
    while (text_split(&rest, '\n', &line)) {
        const char *z = text_z(t->aws.component.arena, line);
        bool is_look = !line.len;

        for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++)
            is_look = is_look || strstr(z, looks[i]);
        if (!is_look)
            text_add_f(&b, "%s\n", z);
    }
    return b.at;
}

static struct kube *cluster_of(struct stage *t, struct call **c)
{
    struct kube *k;

    *c = component_call(&t->aws.component, controller, &value_null);
    assert_true(kube_open(*c, t->connection, NULL, &k));
    return k;
}

static const struct value *live(struct stage *t, const char *api_version, const char *kind,
                                const char *namespace, const char *name)
{
    const struct kube_ref ref = {api_version, kind, namespace, name};
    const struct value *out;
    struct call *c;
    struct kube *k = cluster_of(t, &c);

    assert_true(kube_get(c, k, &ref, &out));
    return out;
}

static const struct value *deployment(struct stage *t)
{
    return live(t, "apps/v1", "Deployment", "kube-system", "aws-load-balancer-controller");
}

static const struct value *association(struct stage *t)
{
    return value_item(
        value_at(ask(t, &eks_list_pod_identity_associations, "{\"clusterName\": \"east\"}"),
                 "associations"),
        0);
}

/* --- life ---------------------------------------------------------------------------------------
 */

TEST(made_refreshed_and_removed)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ""), *arguments;

    assert_string_equal(changes(t), "POST iam.us-east-1/CreateRole 200\n"
                                    "POST iam.us-east-1/PutRolePolicy 200\n"
                                    "POST " ASSOCIATIONS " 200\n");
    assert_string_equal(value_text(state, "id"),
                        "mesh-east/kube-system/aws-load-balancer-controller");
    assert_string_equal(value_text(state, "role_arn"), ROLE_ARN ROLE);
    assert_string_equal(value_text(state, "version"), "v3.5.0");
    assert_string_equal(value_text(state, "chart_version"), "3.5.0");
    assert_string_equal(value_text(state, "status"), "deployed");
    assert_int_equal(value_integer_at(state, "release_revision"), 1);
    arguments = value_at(
        value_item(value_in(deployment(t), "spec", "template", "spec", "containers"), 0), "args");
    assert_non_null(strstr(json_write(a, arguments).at, "\"--cluster-name=east\""));
    assert_non_null(strstr(json_write(a, arguments).at,
                           text_f(a, "\"--aws-vpc-id=%s\"", value_text(state, "vpc_id"))));
    assert_non_null(strstr(json_write(a, arguments).at, "\"--aws-region=eu-west-1\""));
    cloud_requests_reset(t->aws.cloud);
    state = refreshed(t, state);
    assert_string_equal(requests(t), "POST iam.us-east-1/GetRole 200\n"
                                     "POST iam.us-east-1/GetRolePolicy 200\n"
                                     "GET " ASSOCIATIONS "?namespace=kube-system&serviceAccount="
                                     "aws-load-balancer-controller 200\n"
                                     "GET " ASSOCIATIONS "/a- 200\n");
    assert_true(component_plans_nothing(&t->aws.component, controller, state, config_of(t, "")));
    assert_string_equal(component_aws_requests(&t->aws), "");
    removes(t, state);
    assert_null(refreshed(t, state));
}

/* What it makes load balancers with. */
static void add_service(struct stage *t)
{
    struct call *c;
    struct kube *k = cluster_of(t, &c);
    const struct value *out;

    if (!kube_apply(c, k,
                    component_json(&t->aws.component,
                                   "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": "
                                   "{\"name\": \"web\", \"namespace\": \"default\"}, \"spec\": "
                                   "{\"type\": \"LoadBalancer\", \"selector\": {\"a\": \"b\"}, "
                                   "\"ports\": [{\"port\": 80}]}}"),
                    0, &out))
        fail_msg("%s", diags(t));
}

static void drop_service(struct stage *t)
{
    const struct kube_ref ref = {"v1", "Service", "default", "web"};
    struct call *c;
    struct kube *k = cluster_of(t, &c);

    if (!kube_delete(c, k, &ref, &(struct kube_delete_options){.wait = true}))
        fail_msg("%s", diags(t));
}

static size_t balancers(struct stage *t)
{
    return value_count(
        value_at(ask(t, &elasticloadbalancing_describe_load_balancers, "{}"), "LoadBalancers"));
}

/* Its role has the rights that it needs, and it stays while something needs it. */
TEST(outlives_the_last_load_balancer)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, "");
    struct call *c;

    add_service(t);
    assert_int_equal(balancers(t), 1);
    c = component_call(&t->aws.component, controller, &value_null);
    c->deadline_ms = clock_monotonic_ms() + 5500; /* nearly all of it is kept to speak */
    assert_false(controller->remove(c, state));
    assert_says(t, "- Service default/web (nobody has deleted it)\n");
    assert_string_equal(drift(t, state), "");
    drop_service(t);
    assert_int_equal(balancers(t), 0);
    removes(t, state);
}

TEST(irsa_needs_no_association)
{
    struct stage *t = start_with(a, 0, "\"addons\": {}");
    const struct value *state = apply(t, NULL, "\"identity\": \"irsa\""), *account;

    assert_string_equal(changes(t), "POST iam.us-east-1/CreateRole 200\n"
                                    "POST iam.us-east-1/PutRolePolicy 200\n");
    account = live(t, "v1", "ServiceAccount", "kube-system", "aws-load-balancer-controller");
    assert_string_equal(
        value_z(value_in(account, "metadata", "annotations", "eks.amazonaws.com/role-arn")),
        ROLE_ARN ROLE);
    add_service(t);
    assert_int_equal(balancers(t), 1); /* so the trust fits */
    drop_service(t);
    assert_string_equal(drift(t, state), "");
    assert_true(component_plans_nothing(&t->aws.component, controller, refreshed(t, state),
                                        config_of(t, "\"identity\": \"irsa\"")));
    removes(t, state);
}

/* From one identity to the other and to a role of one's own: pods follow, and what is no
 * longer needed goes. */
TEST(another_role_means_other_pods)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, ""), *template;
    const char *trust = "{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":{\\\"Effect\\\":"
                        "\\\"Allow\\\",\\\"Principal\\\":{\\\"Service\\\":"
                        "\\\"pods.eks.amazonaws.com\\\"},\\\"Action\\\":\\\"sts:AssumeRole\\\"}}";

    template = value_in(deployment(t), "spec", "template");
    changes(t);
    state = apply(t, state, "\"identity\": \"irsa\"");
    assert_string_equal(changes(t), "POST iam.us-east-1/UpdateAssumeRolePolicy 200\n"
                                    "DELETE " ASSOCIATIONS "/a- 200\n");
    ask(t, &iam_create_role,
        text_f(a, "{\"RoleName\": \"own\", \"AssumeRolePolicyDocument\": \"%s\"}", trust));
    state = apply(t, state, "\"role_arn\": \"" ROLE_ARN "own\"");
    assert_string_equal(changes(t), "POST " ASSOCIATIONS " 200\n"
                                    "POST iam.us-east-1/DeleteRolePolicy 200\n"
                                    "POST iam.us-east-1/DeleteRole 200\n");
    assert_string_equal(value_z(value_in(deployment(t), "spec", "template", "metadata",
                                         "annotations", "istio.multicluster/role-arn")),
                        ROLE_ARN "own");
    assert_false(value_equal(template, value_in(deployment(t), "spec", "template")));
    assert_string_equal(drift(t, state), "");
    state = apply(t, refreshed(t, state), "");
    assert_string_equal(value_text(state, "role_arn"), ROLE_ARN ROLE);
    assert_true(value_equal(template, value_in(deployment(t), "spec", "template")));
    assert_string_equal(drift(t, state), "");
    ask(t, &iam_delete_role_row, "{\"RoleName\": \"own\"}");
    removes(t, state);
}

TEST(tags_come_and_go)
{
    static const char tags[] = "eks.eu-west-1/tags/arn%3Aaws%3Aeks%3Aeu-west-1%3A111122223333%3A";
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, "\"tags\": {\"team\": \"mesh\"}"), *found;
    const char *seen;

    changes(t);
    state = apply(t, state, "\"tags\": {\"stage\": \"test\"}");
    seen = changes(t);
    assert_non_null(strstr(seen, "iam.us-east-1/TagRole 200\nPOST iam.us-east-1/UntagRole 200\n"));
    assert_non_null(strstr(seen, text_f(a, "POST %s", tags)));
    assert_non_null(strstr(seen, text_f(a, "DELETE %s", tags)));
    found = value_at(ask(t, &eks_describe_pod_identity_association_row,
                         text_f(a, "{\"clusterName\": \"east\", \"associationId\": \"%s\"}",
                                value_text(association(t), "associationId"))),
                     "association");
    assert_string_equal(json_write(a, value_sorted(a, value_at(found, "tags"))).at,
                        "{\"istio.multicluster/cluster\":\"east\",\"istio.multicluster/role\":"
                        "\"load-balancer-controller\",\"stage\":\"test\"}");
    assert_string_equal(drift(t, state), "");
    removes(t, state);
}

TEST(drift_is_repaired)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, "");
    struct call *c;
    struct kube *k = cluster_of(t, &c);
    const struct kube_ref ref = {"apps/v1", "Deployment", "kube-system",
                                 "aws-load-balancer-controller"};
    const struct value *out;

    ask(t, &iam_delete_role_policy, "{\"RoleName\": \"" ROLE "\", \"PolicyName\": \"" ROLE "\"}");
    ask(t, &eks_delete_pod_identity_association,
        text_f(a, "{\"clusterName\": \"east\", \"associationId\": \"%s\"}",
               value_text(association(t), "associationId")));
    assert_true(kube_patch(
        c, k, &ref, component_json(&t->aws.component, "{\"spec\": {\"replicas\": 7}}"), 0, &out));
    assert_string_equal(drift(t, state),
                        "Deployment.apps/kube-system/aws-load-balancer-controller: spec.replicas\n"
                        "role " ROLE ": inline policy\n"
                        "pod identity association kube-system/aws-load-balancer-controller: "
                        "missing\n");
    state = refreshed(t, state);
    cloud_requests_reset(t->aws.cloud);
    state = apply(t, state, "\"force_conflicts\": true");
    assert_string_equal(changes(t), "POST iam.us-east-1/PutRolePolicy 200\n"
                                    "POST " ASSOCIATIONS " 200\n");
    assert_string_equal(drift(t, state), "");
    assert_int_equal(value_integer_at(value_at(deployment(t), "spec"), "replicas"), 2);
    removes(t, state);
}

/* --- failures --------------------------------------------------------------------------------- */

static void fail_once_at(struct arena *a, enum sandbox_fault fault, const char *request)
{
    struct stage *t = start(a);
    const struct value *state;

    print_message("    %s\n", request);
    cloud_fault(t->aws.cloud, fault, 1, 1, request);
    state = try_apply(t, NULL, "");
    if (!state)
        state = apply(t, NULL, "");
    assert_string_equal(drift(t, state), "");
    removes(t, state);
}

TEST(a_create_goes_on)
{
    static const char *const requests[] = {"iam.us-east-1/CreateRole",
                                           "iam.us-east-1/PutRolePolicy",
                                           "POST eks.eu-west-1/clusters/east/pod-identity"};

    for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
        fail_once_at(a, FAULT_500, requests[i]);
        fail_once_at(a, FAULT_CUT_AFTER, requests[i]);
    }
}

TEST(a_destroy_goes_on)
{
    static const struct {
        const char *request;
        size_t nth;
    } rows[] = {{"DELETE " ASSOCIATIONS, 1},
                {"iam.us-east-1/DeleteRole", 1 /* its policy */},
                {"iam.us-east-1/DeleteRole", 2}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct stage *t = start(a);
        const struct value *state = apply(t, NULL, "");

        cloud_fault(t->aws.cloud, FAULT_500, rows[i].nth, 1, rows[i].request);
        assert_false(component_remove(&t->aws.component, controller, state));
        state = refreshed(t, state);
        assert_non_null(state);
        removes(t, state);
    }
}

TEST(what_the_identity_lacks_is_said_before_anything_is_made)
{
    struct stage *t = start_with(a, 0, "\"addons\": {}, \"oidc_provider\": false");

    assert_null(try_apply(t, NULL, ""));
    assert_says(t, "The cluster has no Pod Identity agent");
    assert_string_equal(path_text(a, t->aws.component.diags.first->path), "identity");
    assert_null(try_apply(t, NULL, "\"identity\": \"irsa\""));
    assert_says(t, "The cluster's OIDC provider is not known to IAM");
    assert_string_equal(path_text(a, t->aws.component.diags.first->path), "identity");
    assert_null(try_apply(t, NULL, "\"chart_version\": \"1.2.3\""));
    assert_string_equal(inventory(t), t->before);
    assert_null(deployment(t));
}

TEST(an_association_of_others_is_left_alone)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, "");
    ask(t, &eks_untag_resource,
        text_f(a, "{\"resourceArn\": \"%s\", \"tagKeys\": [\"istio.multicluster/cluster\"]}",
               value_text(association(t), "associationArn")));
    assert_null(try_apply(t, state, "\"role_arn\": \"" ROLE_ARN "other\""));
    assert_says(t, "Another role is associated with the service account");
}

TEST(only_eks_clusters_have_it)
{
    struct stage *t = start(a);
    const struct value *config = component_config(
        &t->aws.component, controller,
        "{\"cluster\": {\"name\": \"east\", \"host\": \"https://127.0.0.1:1\", \"token\": \"t\"}}");
    struct call *c = component_call(&t->aws.component, controller, config);

    assert_false(check_config(c, controller, config));
    assert_string_equal(path_text(a, t->aws.component.diags.first->path), "cluster");
}

/* The cluster was deleted before it, by hand. */
TEST(goes_with_its_cluster)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, "");

    ask(t, &eks_delete_nodegroup, "{\"clusterName\": \"east\", \"nodegroupName\": \"main\"}");
    ask(t, &eks_delete_cluster, "{\"name\": \"east\"}");
    assert_true(component_remove(&t->aws.component, controller, state));
    assert_null(strstr(inventory(t), ROLE));
}

/* --- plans and imports
 * ---------------------------------------------------------------------------- */

TEST(a_plan_needs_no_answer)
{
    struct stage *t = start(a);
    const struct value *config = component_config(&t->aws.component, controller, config_of(t, ""));
    struct call *c = component_call(&t->aws.component, controller, config);
    struct plan plan;

    assert_true(plan_resource(c, controller, &value_null, config, config, &plan));
    assert_string_equal(value_text(plan.planned, "role_arn"), ROLE_ARN ROLE);
    assert_true(value_count(value_at(plan.planned, "objects")) > 5);
    cloud_fault(t->aws.cloud, FAULT_500, 1, 9, "");
    c = component_call(&t->aws.component, controller, config);
    assert_true(plan_resource(c, controller, &value_null, config, config, &plan));
    assert_true(value_is_unknown(value_at(plan.planned, "vpc_id")));
    assert_true(value_is_unknown(value_at(plan.planned, "objects")));
    config = value_with(a, config, "cluster", &value_unknown);
    c = component_call(&t->aws.component, controller, config);
    assert_true(plan_resource(c, controller, &value_null, config, config, &plan));
    assert_true(value_is_unknown(value_at(plan.planned, "role_arn")));
}

TEST(imported_from_helms_record)
{
    struct stage *t = start(a);
    const struct value *state = apply(t, NULL, "\"replicas\": 3"), *told, *adopted;
    struct call *c = component_call(&t->aws.component, controller, &value_null);

    assert_true(controller->import(c, "cluster=mesh-east,eks=east,region=eu-west-1", &told));
    told = value_with(a, told, "cluster", t->connection);
    adopted = refreshed(t, component_config(&t->aws.component, controller, json_write(a, told).at));
    assert_non_null(adopted);
    assert_string_equal(value_text(adopted, "id"), value_text(state, "id"));
    assert_string_equal(value_text(adopted, "role_arn"), ROLE_ARN ROLE);
    assert_string_equal(value_text(adopted, "identity"), "pod-identity");
    assert_int_equal(value_integer_at(adopted, "replicas"), 3);
    assert_true(value_is_null(value_at(adopted, "values")));
    cloud_requests_reset(t->aws.cloud);
    adopted = apply(t, adopted, "\"replicas\": 3");
    assert_string_equal(changes(t), "");
    assert_true(component_plans_nothing(&t->aws.component, controller, refreshed(t, adopted),
                                        config_of(t, "\"replicas\": 3")));
    removes(t, adopted);
}
