/* Roles against a stand-in IAM: requests, repairs, and going on after failures. */
#include "eks/role.h"

#include "acceptance/harness/component_aws.h"
#include "aws/iam.h"
#include "aws/wait.h"

#define NAME "eks-1-eu-west-1-cluster"

struct scene {
    struct component_aws aws;
    struct aws *session;
    const char *managed[3];
    struct role_plan plan;
};

static void close_component(void *t)
{
    component_stop_aws(t);
}

static struct call *call_of(struct scene *s)
{
    return component_call(&s->aws.component, NULL, &value_null);
}

static struct scene *start(struct arena *a, const struct cloud_options *options)
{
    struct scene *s = arena_alloc(a, sizeof(*s));
    const struct aws_access access = {.region = "eu-west-1"};
    struct clients *clients = &s->aws.component.clients;

    component_start_aws(&s->aws, a, 0, options);
    arena_defer(a, close_component, &s->aws);
    clients->provider_config =
        value_with_in(a, clients->provider_config, value_integer(a, 0), "aws", "max_retries");
    assert_true(aws_open(call_of(s), &access, NULL, &s->session));
    s->managed[0] = role_managed_policy_arn(a, s->session, "AmazonEKSClusterPolicy");
    s->managed[1] = role_managed_policy_arn(a, s->session, "AmazonEKSVPCResourceController");
    s->plan = (struct role_plan){
        .name = role_name(a, "eks-1", "eu-west-1", "cluster"),
        .cluster = "eks-1",
        .role = "cluster",
        .trust = role_trust_service(a, "eks.amazonaws.com"),
        .managed_policies = s->managed,
        .inline_policy = "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", "
                         "\"Action\": [\"ec2:DescribeVpcs\"], \"Resource\": \"*\"}}",
        .tags = value_map_of(a, {"team", value_string(a, "mesh")}),
    };
    return s;
}

static bool converge(struct scene *s)
{
    const char *arn = "";

    return role_converge(call_of(s), s->session, &s->plan, &arn) &&
           strcmp(arn, "arn:aws:iam::111122223333:role/" NAME) == 0;
}

static void assert_converges(struct scene *s)
{
    if (!converge(s))
        fail_msg("%s", component_diags(&s->aws.component));
}

/* The differences, a line each. */
static const char *drift(struct scene *s)
{
    const struct value *list;
    const char *arn, *lines = "";

    assert_true(role_drift(call_of(s), s->session, &s->plan, &list, &arn));
    for (size_t i = 0; i < value_count(list); i++)
        lines = text_f(s->aws.component.arena, "%s%s\n", lines, value_z(value_item(list, i)));
    return lines;
}

static const char *asked(struct scene *s)
{
    struct text rest = text_of(component_aws_requests(&s->aws)), line;
    struct text_builder b;

    text_builder_init(&b, s->aws.component.arena, 1 << 16);
    while (text_split(&rest, '\n', &line))
        if (line.len)
            text_add_f(&b, "%.*s\n", (int)(line.len - strlen("POST iam.us-east-1/")),
                       line.at + strlen("POST iam.us-east-1/"));
    return b.at;
}

static const char *inventory(struct scene *s)
{
    char *lines = cloud_inventory(s->aws.cloud);
    const char *copy = arena_strdup(s->aws.component.arena, lines);

    memory_free(lines);
    return copy;
}

static void does(struct scene *s, const struct aws_operation *operation, const char *member,
                 const struct value *v)
{
    struct arena *a = s->aws.component.arena;
    const struct value *output;

    assert_true(aws_call(
        call_of(s), s->session, operation,
        value_with(a, value_map_of(a, {"RoleName", value_string(a, NAME)}), member, v), &output));
}

static const struct cloud_options at_once = {.speed = 0};

TEST(names_fit_and_stay_apart)
{
    static const char cluster[] = "a-cluster-with-a-name-that-says-very-much-about-what-it-is";
    const char *one = role_name(a, cluster, "eu-west-1", "node"),
               *two = role_name(a, cluster, "eu-west-2", "node");

    assert_string_equal(role_name(a, "eks-1", "eu-west-1", "cluster"), NAME);
    assert_int_equal(strlen(one), 64);
    assert_int_equal(strncmp(one, "a-cluster-with-a-name-that-says-very-much-about-what-it-", 55),
                     0);
    assert_string_not_equal(one, two);
    assert_string_equal(one, role_name(a, cluster, "eu-west-1", "node"));
}

TEST(trust_documents)
{
    assert_string_equal(role_trust_service(a, "ec2.amazonaws.com"),
                        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                        "\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},"
                        "\"Action\":\"sts:AssumeRole\"}]}");
    assert_string_equal(role_trust_pod_identity(a),
                        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                        "\"Principal\":{\"Service\":\"pods.eks.amazonaws.com\"},"
                        "\"Action\":[\"sts:AssumeRole\",\"sts:TagSession\"]}]}");
    assert_string_equal(
        role_trust_service_account(a, "arn:aws:iam::1:oidc-provider/oidc.example/id/1",
                                   "https://oidc.example/id/1", "kube-system", "lbc"),
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
        "{\"Federated\":\"arn:aws:iam::1:oidc-provider/oidc.example/id/1\"},"
        "\"Action\":\"sts:AssumeRoleWithWebIdentity\",\"Condition\":{\"StringEquals\":{"
        "\"oidc.example/id/1:sub\":\"system:serviceaccount:kube-system:lbc\","
        "\"oidc.example/id/1:aud\":\"sts.amazonaws.com\"}}}]}");
}

TEST(made_looked_at_and_removed)
{
    struct scene *s = start(a, &at_once);

    assert_string_equal(drift(s), "role " NAME ": missing\n");
    asked(s);
    assert_converges(s);
    assert_string_equal(asked(s), "GetRole 404\nCreateRole 200\nAttachRolePolicy 200\n"
                                  "AttachRolePolicy 200\nPutRolePolicy 200\n");
    assert_string_equal(inventory(s), "- role " NAME "\n");
    assert_converges(s);
    assert_string_equal(asked(s), "GetRole 200\nListAttachedRolePolicies 200\nGetRolePolicy 200\n");
    assert_string_equal(drift(s), "");
    asked(s);
    assert_true(role_remove(call_of(s), s->session, NAME, "eks-1"));
    assert_string_equal(inventory(s), "");
    assert_true(role_remove(call_of(s), s->session, NAME, "eks-1"));
}

TEST(what_differs_is_repaired)
{
    struct scene *s = start(a, &at_once);

    assert_converges(s);
    does(s, &iam_update_assume_role_policy, "PolicyDocument",
         value_string(a, role_trust_service(a, "ec2.amazonaws.com")));
    does(s, &iam_detach_role_policy, "PolicyArn", value_string(a, s->managed[1]));
    does(s, &iam_attach_role_policy, "PolicyArn",
         value_string(a, role_managed_policy_arn(a, s->session, "AmazonEKSWorkerNodePolicy")));
    does(s, &iam_delete_role_policy, "PolicyName", value_string(a, NAME));
    s->plan.old_tags = s->plan.tags;
    s->plan.tags = value_map_of(a, {"stage", value_string(a, "test")});
    assert_string_equal(drift(s), text_f(a,
                                         "role " NAME ": trust policy\nrole " NAME ": tags\n"
                                         "role " NAME ": policy %s is not attached\n"
                                         "role " NAME ": inline policy\n",
                                         s->managed[1]));
    asked(s);
    assert_converges(s);
    assert_string_equal(asked(s), "GetRole 200\nUpdateAssumeRolePolicy 200\nTagRole 200\n"
                                  "UntagRole 200\nListAttachedRolePolicies 200\n"
                                  "AttachRolePolicy 200\nGetRolePolicy 404\nPutRolePolicy 200\n");
    assert_string_equal(drift(s), "");
}

/* One string and a list of one say the same; so does another order of keys. */
TEST(documents_are_compared_by_what_they_say)
{
    struct scene *s = start(a, &at_once);

    assert_converges(s);
    s->plan.inline_policy =
        "{\"Statement\": [{\"Resource\": [\"*\"], \"Action\": \"ec2:DescribeVpcs\", "
        "\"Effect\": \"Allow\"}], \"Version\": \"2012-10-17\"}";
    assert_string_equal(drift(s), "");
}

TEST(a_role_of_others_is_left_alone)
{
    struct scene *s = start(a, &at_once);

    assert_converges(s);
    does(s, &iam_untag_role, "TagKeys", value_list_of(a, value_string(a, CLUSTER_TAG)));
    asked(s);
    assert_false(converge(s));
    assert_non_null(strstr(component_diags(&s->aws.component),
                           "role/" NAME " does not carry the tag " CLUSTER_TAG "=eks-1"));
    assert_true(role_remove(call_of(s), s->session, NAME, "eks-1"));
    assert_string_equal(asked(s), "GetRole 200\nGetRole 200\n");
    assert_string_equal(inventory(s), "- role " NAME "\n");
}

TEST(goes_on_after_failures)
{
    static const struct {
        const char *operation;
        size_t count;
    } rows[] = {{"CreateRole", 1}, {"AttachRolePolicy", 2}, {"PutRolePolicy", 1}};
    static const enum sandbox_fault faults[] = {FAULT_500, FAULT_CUT_AFTER};

    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++)
        for (size_t nth = 1; nth <= rows[i / 2].count; nth++) {
            struct scene *s = start(a, &at_once);

            cloud_fault(s->aws.cloud, faults[i % 2], nth, 1,
                        text_f(a, "iam.us-east-1/%s", rows[i / 2].operation));
            if (!converge(s))
                assert_converges(s);
            assert_string_equal(drift(s), "");
            assert_true(role_remove(call_of(s), s->session, NAME, "eks-1"));
            assert_string_equal(inventory(s), "");
        }
}

TEST(what_was_just_made_may_not_be_seen_yet)
{
    struct scene *s = start(a, &(struct cloud_options){.speed = CLOUD_SPEED, .eventual = true});

    cloud_fault(s->aws.cloud, FAULT_CUT_AFTER, 1, 1, "iam.us-east-1/CreateRole");
    assert_false(converge(s));
    assert_converges(s); /* CreateRole knows it before GetRole shows it */
    assert_true(role_remove(call_of(s), s->session, NAME, "eks-1"));
    assert_string_equal(inventory(s), "");
}
