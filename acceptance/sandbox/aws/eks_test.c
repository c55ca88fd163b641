/* The stand-in EKS, asked through the provider's own functions: clusters, nodes, add-ons,
 * and the API servers that take EKS tokens. */
#include "aws/eks.h"

#include "acceptance/sandbox/aws/test_account.h"
#include "aws/eks_token.h"
#include "aws/signature.h"
#include "base/clock.h"
#include "codec/base64.h"

#define ROLE_ARN "arn:aws:iam::111122223333:role/"
#define USER_ARN "arn:aws:iam::111122223333:user/stand-in"
#define ADMIN "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
#define TRUSTS_USERS                                                                               \
    "'Principal': {'AWS': 'arn:aws:iam::111122223333:root'}, 'Action': 'sts:AssumeRole'"
#define EAST "{'name': 'east'}"
#define NODES "{'clusterName': 'east', 'nodegroupName': 'main'}"
#define COREDNS "{'clusterName': 'east', 'addonName': 'coredns'}"

static const char *subnet(struct account *t, const char *vpc, const char *cidr, const char *zone)
{
    const struct value *made =
        done(t, &ec2_create_subnet,
             text_f(t->a, "{'VpcId': '%s', 'CidrBlock': '%s', 'AvailabilityZone': '%s'}", vpc, cidr,
                    zone));

    return value_z(value_in(made, "Subnet", "SubnetId"));
}

struct place {
    const char *vpc, *subnets; /* JSON list */
};

/* A network, and roles for a cluster and its nodes. */
static struct place place_new(struct account *t)
{
    struct place p;

    p.vpc =
        value_z(value_in(done(t, &ec2_create_vpc, "{'CidrBlock': '10.1.0.0/16'}"), "Vpc", "VpcId"));
    p.subnets = subnet(t, p.vpc, "10.1.0.0/20", "eu-west-1a");
    p.subnets =
        text_f(t->a, "['%s', '%s']", p.subnets, subnet(t, p.vpc, "10.1.16.0/20", "eu-west-1b"));
    add_role(t, "cluster", "eks.amazonaws.com");
    add_role(t, "nodes", "ec2.amazonaws.com");
    return p;
}

static const char *create_text(struct account *t, const struct place *p, const char *more)
{
    return text_f(t->a,
                  "{'name': 'east', 'roleArn': '" ROLE_ARN "cluster', 'resourcesVpcConfig': {"
                  "'subnetIds': %s}, 'accessConfig': {'authenticationMode': 'API'}%s}",
                  p->subnets, more);
}

static const struct value *wait_for(struct account *t, const struct aws_wait *wait,
                                    const char *input)
{
    const struct value *out;
    char *json = arena_strdup(t->a, input);
    const struct value *v;

    for (char *at = json; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    assert_null(json_try(t->a, text_of(json), &v));
    if (!aws_wait(&t->f->call, t->aws, wait, v, eks_explain, &out))
        fail_msg("%s: %s", t->f->diags.first->summary, t->f->diags.first->detail);
    return out;
}

static struct account *quick(struct arena *a)
{
    const struct cloud_options options = {.speed = 0};
    struct account *t = account_new(a, &options);

    kube_pool_set_eks_token(t->clients.kube, eks_connection_token);
    kube_pool_set_eks_cluster(t->clients.kube, eks_connection_cluster);
    return t;
}

static struct place with_cluster(struct account *t)
{
    struct place p = place_new(t);

    done(t, &eks_create_cluster, create_text(t, &p, ""));
    assert_string_equal(value_z(value_in(t->reply.output, "cluster", "status")), "CREATING");
    assert_string_equal(value_z(value_in(t->reply.output, "cluster", "endpoint")), "");
    wait_for(t, &eks_cluster_active, EAST);
    return p;
}

static void add_nodes(struct account *t, const struct place *p)
{
    done(t, &eks_create_nodegroup,
         text_f(t->a,
                "{'clusterName': 'east', 'nodegroupName': 'main', 'nodeRole': '" ROLE_ARN
                "nodes', 'subnets': %s, 'scalingConfig': {'minSize': 1, 'maxSize': 4, "
                "'desiredSize': 3}, 'labels': {'pool': 'a'}}",
                p->subnets));
    wait_for(t, &eks_nodegroup_active, NODES);
}

/* --- in the cluster -----------------------------------------------------------------------------
 */
static const struct value *connection(struct account *t, const char *cluster)
{
    return value_map_of(t->a, {"name", value_string(t->a, "mesh-east")},
                        {"eks", value_map_of(t->a, {"cluster_name", value_string(t->a, cluster)},
                                             {"region", value_string(t->a, "eu-west-1")})});
}

static size_t count_of(struct account *t, const char *kind)
{
    const struct kube_ref ref = {.api_version = "v1", .kind = kind};
    const struct value *items;
    struct kube *k;

    if (!kube_open(&t->f->call, connection(t, "east"), NULL, &k) ||
        !kube_list(&t->f->call, k, &ref, NULL, &items))
        fail_msg("%s: %s", t->f->diags.first->summary, t->f->diags.first->detail);
    return value_count(items);
}

/* What the cluster says to a request with the token. */
static int status_for(struct account *t, const char *token)
{
    const struct http_header header = {"authorization", text_f(t->a, "Bearer %s", token)};
    struct http_request request = {
        .method = "GET", .target = "/api/v1/namespaces", .headers = &header, .header_count = 1};
    struct http_endpoint_options options = {.base_url = NULL};
    struct http_endpoint *endpoint;
    struct http_reply reply;
    struct text ca;

    assert_true(eks_connection_cluster(&t->f->call, value_at(connection(t, "east"), "eks"),
                                       &options.base_url, &ca));
    options.ca_pem = text_z(t->a, ca);
    assert_true(http_endpoint_new(t->f->client, &options, NULL, t->f->call.diags, &endpoint));
    request.endpoint = endpoint;
    assert_true(http_send(&t->f->call, &request, &reply));
    http_endpoint_free(endpoint);
    return reply.status;
}

static const char *token_for(struct account *t, struct aws *aws, const char *cluster)
{
    const char *token;
    int64_t expires_at;

    assert_true(eks_token(&t->f->call, aws, cluster, &token, &expires_at));
    return token;
}

/* The token of what the URL of a token becomes with another end. */
static const char *altered(struct account *t, const char *token, size_t cut, const char *added)
{
    static const char prefix[] = "k8s-aws-v1.";
    struct text url;

    assert_true(base64_decode(t->a, text_of(token + strlen(prefix)), BASE64_URL_RAW, &url));
    url = text_of(text_f(t->a, "%.*s%s", (int)(url.len - cut), url.at, added));
    return text_f(t->a, "%s%s", prefix, base64_encode(t->a, url, BASE64_URL_RAW).at);
}

/* What the account's user signed so many seconds ago. */
static const char *old_token(struct account *t, int64_t seconds)
{
    static const char host[] = "sts.eu-west-1.amazonaws.com";
    const struct access_key key = {cloud_key_id(t->cloud), cloud_secret(t->cloud), ""};
    const struct signature_scope scope = {"eu-west-1", "sts", clock_now() - seconds};
    const struct http_header header = {"x-k8s-aws-id", "east"};
    const struct signature_request r = {.method = "GET",
                                        .host = host,
                                        .path = "/",
                                        .query = "Action=GetCallerIdentity&Version=2011-06-15",
                                        .headers = &header,
                                        .header_count = 1};
    struct signature signature;
    const char *query;

    assert_true(
        signature_presign(t->a, t->f->call.diags, &key, &scope, &r, 60, &signature, &query));
    return altered(t, "k8s-aws-v1.", 0, text_f(t->a, "https://%s/?%s", host, query));
}

static const char *token_of_wrong_secret(struct account *t)
{
    const struct aws_access access = {.region = "eu-west-1"};
    struct aws_pool *right = t->clients.aws, *wrong = aws_pool_new(t->f->client);
    const char *token;
    struct aws *aws;

    account_use_key(cloud_key_id(t->cloud), "another secret");
    t->clients.aws = wrong;
    assert_true(aws_open(&t->f->call, &access, NULL, &aws));
    token = token_for(t, aws, "east");
    t->clients.aws = right;
    aws_pool_free(wrong);
    account_use_key(cloud_key_id(t->cloud), cloud_secret(t->cloud));
    return token;
}

/* --- clusters
 * ------------------------------------------------------------------------------------- */
TEST(a_cluster_becomes_active_and_takes_signed_tokens)
{
    struct account *t = quick(a);
    const char *token;

    with_cluster(t);
    assert_true(count_of(t, "Namespace") >= 4);
    token = token_for(t, t->aws, "east");
    assert_int_equal(status_for(t, token), 200);
    assert_int_equal(status_for(t, token_for(t, t->aws, "west")), 401);
    assert_int_equal(status_for(t, altered(t, token, 1, "g")), 401);
    assert_int_equal(status_for(t, altered(t, token, 0, "&Action=GetCallerIdentity")), 401);
    assert_int_equal(status_for(t, altered(t, token, 0, "&X=1")), 401);
    assert_int_equal(status_for(t, token_of_wrong_secret(t)), 401);
    done(t, &eks_delete_access_entry, "{'clusterName': 'east', 'principalArn': '" USER_ARN "'}");
    assert_int_equal(status_for(t, token), 401);
}

TEST(roles_are_let_in_by_entries_and_their_policies)
{
    static const char entry[] =
        "{'clusterName': 'east', 'principalArn': '" ROLE_ARN "admin', 'policyArn': '" ADMIN
        "', 'accessScope': {'type': 'cluster'}}";
    const struct aws_access access = {.region = "eu-west-1", .role_arn = ROLE_ARN "admin"};
    struct account *t = quick(a);
    const char *token;
    struct aws *role;

    with_cluster(t);
    assert_refused(t, &eks_create_access_entry,
                   "{'clusterName': 'east', 'principalArn': '" ROLE_ARN "admin'}",
                   "InvalidParameterException");
    add_role_trusting(t, "admin", TRUSTS_USERS);
    assert_true(aws_open(&t->f->call, &access, NULL, &role));
    token = token_for(t, role, "east");
    assert_int_equal(status_for(t, token), 401);
    done(t, &eks_create_access_entry,
         "{'clusterName': 'east', 'principalArn': '" ROLE_ARN "admin'}");
    assert_refused(t, &eks_create_access_entry,
                   "{'clusterName': 'east', 'principalArn': '" ROLE_ARN "admin'}",
                   "ResourceInUseException");
    assert_int_equal(status_for(t, token), 403);
    done(t, &eks_associate_access_policy, entry);
    assert_int_equal(status_for(t, token), 200);
    done(t, &eks_list_associated_access_policies, entry);
    assert_int_equal(value_count(value_at(t->reply.output, "associatedAccessPolicies")), 1);
    done(t, &eks_disassociate_access_policy, entry);
    assert_int_equal(status_for(t, token), 403);
}

TEST(tokens_are_good_for_15_minutes)
{
    struct account *t = quick(a);

    with_cluster(t);
    assert_int_equal(status_for(t, old_token(t, 14 * 60)), 200);
    assert_int_equal(status_for(t, old_token(t, 15 * 60 + 1)), 401);
    assert_int_equal(status_for(t, old_token(t, -10 * 60)), 401);
}

TEST(without_entries_only_the_creator_is_let_in)
{
    const struct aws_access access = {.region = "eu-west-1", .role_arn = ROLE_ARN "other"};
    struct account *t = quick(a);
    struct place p = place_new(t);
    struct aws *role;

    add_role_trusting(t, "other", TRUSTS_USERS);
    done(t, &eks_create_cluster,
         text_f(a,
                "{'name': 'east', 'roleArn': '" ROLE_ARN "cluster', 'resourcesVpcConfig': {"
                "'subnetIds': %s}}",
                p.subnets));
    assert_int_equal(status_for(t, token_for(t, t->aws, "east")), 200);
    assert_true(aws_open(&t->f->call, &access, NULL, &role));
    assert_int_equal(status_for(t, token_for(t, role, "east")), 401);
    assert_refused(t, &eks_create_access_entry,
                   "{'clusterName': 'east', 'principalArn': '" ROLE_ARN "nodes'}",
                   "InvalidRequestException");
}

TEST(the_group_of_a_cluster_trusts_itself)
{
    struct account *t = quick(a);
    const char *id;

    with_cluster(t);
    done(t, &eks_describe_cluster_row, EAST);
    id = value_z(
        value_in(t->reply.output, "cluster", "resourcesVpcConfig", "clusterSecurityGroupId"));
    assert_refused(t, &ec2_delete_security_group, text_f(a, "{'GroupId': '%s'}", id),
                   "DependencyViolation");
    done(t, &ec2_describe_security_group_rules,
         text_f(a, "{'Filters': [{'Name': 'group-id', 'Values': ['%s']}]}", id));
    assert_int_equal(value_count(value_at(t->reply.output, "SecurityGroupRules")), 2);
}

TEST(a_cluster_needs_a_role_zones_and_a_version)
{
    struct account *t = quick(a);
    struct place p = place_new(t);
    struct place one = {.subnets =
                            text_f(a, "['%s']", subnet(t, p.vpc, "10.1.32.0/20", "eu-west-1a"))};

    assert_refused(t, &eks_create_cluster, create_text(t, &one, ""), "InvalidParameterException");
    assert_refused(t, &eks_create_cluster, create_text(t, &p, ", 'version': '1.2'"),
                   "InvalidParameterException");
    assert_true(iam_delete_role(&t->f->call, t->aws, "cluster", 1000));
    assert_refused(t, &eks_create_cluster, create_text(t, &p, ""), "InvalidParameterException");
    add_role(t, "cluster", "eks.amazonaws.com");
    done(t, &eks_create_cluster, create_text(t, &p, ""));
    assert_refused(t, &eks_create_cluster, create_text(t, &p, ""), "ResourceInUseException");
}

TEST(a_repeated_request_makes_one_cluster)
{
    struct account *t = quick(a);
    struct place p = place_new(t);
    const char *same = create_text(t, &p, ", 'clientRequestToken': 'one'");

    done(t, &eks_create_cluster, same);
    done(t, &eks_create_cluster, same);
    assert_refused(t, &eks_create_cluster,
                   create_text(t, &p, ", 'version': '1.32', 'clientRequestToken': 'one'"),
                   "InvalidParameterException");
    done(t, &eks_list_clusters, "{}");
    assert_int_equal(value_count(value_at(t->reply.output, "clusters")), 1);
}

TEST(a_cluster_fails_when_it_is_to)
{
    struct account *t = quick(a);
    struct place p = place_new(t);

    done(t, &eks_create_cluster,
         create_text(t, &p, ", 'tags': {'sandbox/fail': 'InternalFailure'}"));
    done(t, &eks_describe_cluster_row, EAST);
    assert_string_equal(value_z(value_in(t->reply.output, "cluster", "status")), "FAILED");
    assert_non_null(strstr(eks_explain(a, t->reply.output), "InternalFailure"));
}

TEST(updates_take_turns)
{
    const struct cloud_options options = {.speed = 4000}; /* 30 ms an update */
    struct account *t = account_new(a, &options);
    const char *id;

    with_cluster(t);
    assert_refused(t, &eks_update_cluster_config, EAST, "InvalidParameterException");
    done(t, &eks_update_cluster_config,
         "{'name': 'east', 'resourcesVpcConfig': {'endpointPrivateAccess': true}}");
    id = value_z(value_in(t->reply.output, "update", "id"));
    assert_refused(t, &eks_update_cluster_version, "{'name': 'east', 'version': '1.34'}",
                   "ResourceInUseException");
    wait_for(t, &eks_update_successful, text_f(a, "{'name': 'east', 'updateId': '%s'}", id));
    assert_refused(t, &eks_update_cluster_version, "{'name': 'east', 'version': '1.35'}",
                   "InvalidParameterException");
    done(t, &eks_describe_cluster_row, EAST);
    assert_true(value_as_bool(
        value_in(t->reply.output, "cluster", "resourcesVpcConfig", "endpointPrivateAccess")));
    assert_refused(t, &eks_update_cluster_config,
                   "{'name': 'east', 'accessConfig': {'authenticationMode': 'CONFIG_MAP'}}",
                   "InvalidParameterException");
}

/* --- what is in a cluster
 * --------------------------------------------------------------------------- */
TEST(nodes_come_with_a_node_group)
{
    struct account *t = quick(a);
    struct place p = with_cluster(t);

    done(t, &eks_create_addon, COREDNS);
    done(t, &eks_describe_addon_row, COREDNS);
    assert_string_equal(value_z(value_in(t->reply.output, "addon", "status")), "DEGRADED");
    add_nodes(t, &p);
    assert_int_equal(count_of(t, "Node"), 3);
    wait_for(t, &eks_addon_active, COREDNS);
    done(t, &eks_update_nodegroup_config,
         "{'clusterName': 'east', 'nodegroupName': 'main', 'scalingConfig': {'minSize': 1, "
         "'maxSize': 4, 'desiredSize': 1}}");
    done(t, &eks_describe_nodegroup_row, NODES);
    assert_string_equal(value_z(value_in(t->reply.output, "nodegroup", "status")), "ACTIVE");
    assert_int_equal(count_of(t, "Node"), 1);
    assert_refused(t, &eks_update_nodegroup_version,
                   "{'clusterName': 'east', 'nodegroupName': 'main', 'version': '1.34'}",
                   "InvalidParameterException");
}

TEST(a_ready_node_has_its_labels)
{
    const struct kube_ref ref = {.api_version = "v1", .kind = "Node"};
    struct account *t = quick(a);
    struct place p = with_cluster(t);
    const struct value *items, *node, *ready;
    struct kube *k;

    add_nodes(t, &p);
    assert_true(kube_open(&t->f->call, connection(t, "east"), NULL, &k));
    assert_true(kube_list(&t->f->call, k, &ref, "pool=a", &items));
    assert_int_equal(value_count(items), 3);
    node = value_item(items, 0);
    ready = value_item(value_in(node, "status", "conditions"), 0);
    assert_string_equal(value_text(ready, "type"), "Ready");
    assert_string_equal(value_text(ready, "status"), "True");
    assert_string_equal(
        value_z(value_in(node, "metadata", "labels", "eks.amazonaws.com/nodegroup")), "main");
}

TEST(add_ons_have_versions_that_fit)
{
    struct account *t = quick(a);
    const struct value *versions;

    with_cluster(t);
    done(t, &eks_describe_addon_versions, "{'addonName': 'vpc-cni', 'kubernetesVersion': '1.33'}");
    versions = value_at(value_item(value_at(t->reply.output, "addons"), 0), "addonVersions");
    assert_int_equal(value_count(versions), 2);
    assert_refused(t, &eks_create_addon,
                   "{'clusterName': 'east', 'addonName': 'vpc-cni', 'addonVersion': 'v0'}",
                   "InvalidParameterException");
    done(t, &eks_create_addon,
         text_f(a, "{'clusterName': 'east', 'addonName': 'vpc-cni', 'addonVersion': '%s'}",
                value_text(value_item(versions, 0), "addonVersion")));
    assert_refused(t, &eks_create_addon, "{'clusterName': 'east', 'addonName': 'vpc-cni'}",
                   "ResourceInUseException");
}

TEST(a_service_account_has_one_role)
{
    static const char account[] = "{'clusterName': 'east', 'namespace': 'kube-system', "
                                  "'serviceAccount': 'lb', 'roleArn': '" ROLE_ARN "lb'}";
    struct account *t = quick(a);
    const struct value *found;

    with_cluster(t);
    assert_refused(t, &eks_create_pod_identity_association, account, "InvalidParameterException");
    add_role(t, "lb", "pods.eks.amazonaws.com");
    done(t, &eks_create_pod_identity_association, account);
    assert_refused(t, &eks_create_pod_identity_association, account, "ResourceInUseException");
    assert_true(eks_find_pod_identity_association(&t->f->call, t->aws, "east", "kube-system", "lb",
                                                  &found));
    assert_string_equal(value_text(found, "roleArn"), ROLE_ARN "lb");
    done(t, &eks_delete_pod_identity_association,
         text_f(a, "{'clusterName': 'east', 'associationId': '%s'}",
                value_text(found, "associationId")));
    assert_true(eks_find_pod_identity_association(&t->f->call, t->aws, "east", "kube-system", "lb",
                                                  &found));
    assert_null(found);
}

TEST(tags_are_by_arn)
{
    static const char arn[] = "arn:aws:eks:eu-west-1:111122223333:cluster/east";
    struct account *t = quick(a);

    with_cluster(t);
    done(t, &eks_tag_resource,
         text_f(a,
                "{'resourceArn': '%s', 'tags': {'a': '1', 'b': '2', "
                "'c': '3'}}",
                arn));
    done(t, &eks_untag_resource, text_f(a, "{'resourceArn': '%s', 'tagKeys': ['a', 'c']}", arn));
    done(t, &eks_list_tags_for_resource, text_f(a, "{'resourceArn': '%s'}", arn));
    assert_string_equal(json_write(a, value_at(t->reply.output, "tags")).at, "{\"b\":\"2\"}");
}

TEST(everything_goes_in_order_only)
{
    struct account *t = quick(a);
    struct place p = with_cluster(t);

    add_nodes(t, &p);
    assert_refused(t, &eks_delete_cluster, EAST, "ResourceInUseException");
    assert_refused(t, &ec2_delete_vpc, text_f(a, "{'VpcId': '%s'}", p.vpc), "DependencyViolation");
    assert_refused(t, &iam_delete_role_row, "{'RoleName': 'nodes'}", "DeleteConflict");
    done(t, &eks_delete_nodegroup, NODES);
    wait_for(t, &eks_nodegroup_deleted, NODES);
    done(t, &eks_delete_cluster, EAST);
    wait_for(t, &eks_cluster_deleted, EAST);
    done(t, &iam_delete_role_row, "{'RoleName': 'nodes'}");
    done(t, &iam_delete_role_row, "{'RoleName': 'cluster'}");
    assert_refused(t, &eks_describe_nodegroup_row, NODES, "ResourceNotFoundException");
}
