/* Nodes that do not join: what the error says, from scripted answers of AWS and a cluster. */
#include "eks/nodegroup.h"

#include "aws/ec2.h"
#include "codec/json.h"
#include "http/test_server.h"
#include "kube/kube.h"

/* The first row whose words are all in the request answers it. */
struct answer {
    const char *words[2]; /* of the head or the body */
    const char *text;     /* JSON or XML; "" = it does not exist */
};

struct stage {
    struct arena *a;
    struct fixture *f;
    struct server *server, *api_server; /* AWS, the cluster */
    const char *ca_pem;
    struct clients clients;
    struct aws *aws;
    const struct answer *own; /* of the test; ends with text NULL */
    const char *group;        /* JSON of the node group */
};

static bool has(const struct exchange *x, const char *word)
{
    return !word || strstr(x->head, word) || strstr(x->body.at, word);
}

static const struct answer common[] = {
    {{"GET /clusters/east/node-groups HTTP"}, "{\"nodegroups\": [\"a\"]}"},
    {{"Action=DescribeLaunchTemplates"}, "<R><launchTemplates/></R>"},
    {{"Action=DescribeScalingActivities"},
     "<R><DescribeScalingActivitiesResult><Activities/></DescribeScalingActivitiesResult></R>"},
    {{"Action=DescribeInstances"}, "<R><reservationSet/></R>"},
    {{"Action=DescribeRouteTables"},
     "<R><routeTableSet><item><routeTableId>rtb-1</routeTableId><associationSet><item><main>true"
     "</main></item></associationSet><routeSet><item><destinationCidrBlock>0.0.0.0/0"
     "</destinationCidrBlock><natGatewayId>nat-1</natGatewayId><state>active</state></item>"
     "</routeSet></item></routeTableSet></R>"},
    {{"Attribute=enableDnsSupport"},
     "<R><enableDnsSupport><value>true</value></enableDnsSupport></R>"},
    {{"Attribute=enableDnsHostnames"},
     "<R><enableDnsHostnames><value>true</value></enableDnsHostnames></R>"},
    {{"GET /clusters/east HTTP"},
     "{\"cluster\": {\"name\": \"east\", \"status\": \"ACTIVE\", \"resourcesVpcConfig\": {"
     "\"vpcId\": \"vpc-1\", \"endpointPublicAccess\": true, \"endpointPrivateAccess\": true, "
     "\"publicAccessCidrs\": [\"0.0.0.0/0\"]}}}"},
    {{"GET /clusters/east/access-entries/"}, "{\"accessEntry\": {\"type\": \"EC2_LINUX\"}}"},
    {{"GET /version"}, "{\"major\": \"1\", \"minor\": \"33\", \"gitVersion\": \"v1.33.1\"}"},
    {{"GET /api/v1 "},
     "{\"kind\": \"APIResourceList\", \"groupVersion\": \"v1\", \"resources\": [{\"name\": "
     "\"nodes\", \"kind\": \"Node\", \"namespaced\": false, \"verbs\": [\"list\"]}]}"},
    {{"GET /api/v1/nodes"}, "{\"kind\": \"NodeList\", \"apiVersion\": \"v1\", \"items\": []}"},
    {{NULL}, NULL}};

static const char *answer_of(const struct stage *s, const struct exchange *x)
{
    const struct answer *tables[] = {s->own, common};

    if (strstr(x->head, "GET /clusters/east/node-groups/a "))
        return s->group;
    for (size_t i = 0; i < 2; i++)
        for (const struct answer *one = tables[i]; one && one->text; one++)
            if (has(x, one->words[0]) && has(x, one->words[1]))
                return one->text;
    return NULL;
}

static bool play(struct exchange *x)
{
    struct stage *s = x->server->data;
    const char *text = answer_of(s, x);
    char head[200];

    snprintf(head, sizeof(head),
             "HTTP/1.1 %s\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n",
             text && *text ? "200 OK" : "404 Not Found");
    exchange_say(x, head);
    exchange_say(x, text && *text ? text : "{\"__type\": \"ResourceNotFoundException\"}");
    return false;
}

static void stage_close(void *data)
{
    struct stage *s = data;

    kube_pool_free(s->clients.kube);
    aws_pool_free(s->clients.aws);
}

static void use_keys(void)
{
    static const char *const names[] = {"AWS_PROFILE",
                                        "AWS_ENDPOINT_URL",
                                        "AWS_CA_BUNDLE",
                                        "AWS_ROLE_ARN",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                                        "AWS_SESSION_TOKEN"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        unsetenv(names[i]);
    setenv("AWS_CONFIG_FILE", "provider/aws/testdata/shared_files/none", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "provider/aws/testdata/shared_files/none", 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("AWS_ACCESS_KEY_ID", "AKIDONE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
}

static struct stage *stage_new(struct arena *a)
{
    struct stage *s = arena_alloc(a, sizeof(*s));
    const struct aws_access access = {.region = "eu-west-1"};
    const struct value *urls = &value_empty_map, *url;
    struct identity *ca = identity_new(a, "test CA", NULL, NULL, -60, 3600);

    use_keys();
    s->a = a;
    s->f = fixture_new(a);
    s->server = server_new(a, play, s, NULL);
    s->api_server = server_new(
        a, play, s, server_tls(identity_new(a, "server", "IP:127.0.0.1", ca, -60, 3600), NULL));
    s->ca_pem = ca->cert_pem;
    url = value_f(a, "http://127.0.0.1:%d", s->server->port);
    for (const struct aws_service *const *service = aws_services; *service; service++)
        urls = value_with(a, urls, (*service)->id, url);
    s->clients.provider_config = value_map_of(a, {"aws", value_map_of(a, {"endpoints", urls})});
    s->clients.http = s->f->client;
    s->clients.aws = aws_pool_new(s->f->client);
    s->clients.kube = kube_pool_new(s->f->client);
    arena_defer(a, stage_close, s);
    s->f->call.clients = &s->clients;
    s->f->call.config = s->f->call.private_data = &value_null;
    assert_true(aws_open(&s->f->call, &access, NULL, &s->aws));
    return s;
}

/* What is said of a group that was made `minutes` ago, with more members of it. */
static const char *said_of_group(struct stage *s, int64_t minutes, const char *more,
                                 const struct answer *own)
{
    struct arena *a = s->a;
    const struct value *empty = &value_empty_list;
    const struct nodegroup_cluster cluster = {
        .name = "east",
        .version = "1.33",
        .node_role_arn = "arn:aws:iam::111122223333:role/nodes",
        .security_group_id = "sg-1",
        .security_group_ids = empty,
        .subnet_ids = value_list_of(a, value_string(a, "subnet-1")),
        .connection = value_map_of(
            a, {"name", value_string(a, "east")},
            {"host", value_f(a, "https://127.0.0.1:%d", s->api_server->port)},
            {"ca_certificate", value_string(a, s->ca_pem)}, {"token", value_string(a, "t")})};
    const char *lines = "";

    s->own = own;
    s->group = text_f(a,
                      "{\"nodegroup\": {\"nodegroupName\": \"a\", "
                      "\"createdAt\": %lld.5, \"subnets\": [\"subnet-1\"], "
                      "\"nodeRole\": \"arn:aws:iam::111122223333:role/nodes\", "
                      "\"scalingConfig\": {\"minSize\": 1, \"maxSize\": 3, \"desiredSize\": 1}, "
                      "\"updateConfig\": {\"maxUnavailablePercentage\": 33}, \"resources\": "
                      "{\"autoScalingGroups\": [{\"name\": \"eks-a-1\"}]}, \"tags\": {"
                      "\"istio.multicluster/cluster\": \"east\", \"istio.multicluster/role\": "
                      "\"nodegroup/a\"}%s}}",
                      (long long)(clock_now() - minutes * 60), more);
    diags_init(&s->f->diags, a);
    s->f->call.deadline_ms = clock_monotonic_ms() + 1000;
    assert_false(nodegroup_converge(&s->f->call, s->aws, &cluster,
                                    value_map_of(a, {"a", &value_empty_map})));
    for (const struct diag *d = s->f->diags.first; d; d = d->next)
        lines = text_f(a, "%s%s: %s: %s\n", lines, path_text(a, d->path), d->summary, d->detail);
    return lines;
}

static const char *said_of(struct stage *s, int64_t minutes, const char *more,
                           const struct answer *own)
{
    return said_of_group(
        s, minutes, text_f(s->a, ", \"status\": \"CREATING\", \"version\": \"1.33\"%s", more), own);
}

static void assert_has(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("not said: %s\nsaid: %s", words, text);
}

static const char *instance(struct arena *a, const char *state, int64_t minutes, const char *more)
{
    return text_f(a,
                  "<R><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>"
                  "<subnetId>subnet-1</subnetId><instanceState><name>%s</name></instanceState>"
                  "<launchTime>%s</launchTime>%s</item></instancesSet></item></reservationSet></R>",
                  state, clock_rfc3339(a, clock_now() - minutes * 60), more);
}

#define ACTIVITIES(rows)                                                                           \
    "<R><DescribeScalingActivitiesResult><Activities>" rows                                        \
    "</Activities></DescribeScalingActivitiesResult></R>"
#define ACTIVITY(status, message)                                                                  \
    "<member><StatusCode>" status "</StatusCode><StatusMessage>" message "</StatusMessage></"      \
    "member>"

TEST(launches_that_cannot_succeed)
{
    static const struct {
        const char *activities, *wanted; /* NULL = waits on */
    } cases[] = {
        {ACTIVITIES(ACTIVITY("Failed", "You have requested more vCPU capacity than your current "
                                       "vCPU limit of 0 allows.")),
         "Auto Scaling group eks-a-1 cannot launch instances: You have requested more vCPU "
         "capacity than your current vCPU limit of 0 allows. Ask for a larger quota"},
        {ACTIVITIES(ACTIVITY("Failed", "We currently do not have sufficient m9.large capacity")
                        ACTIVITY("Successful", "")),
         "name more instance types, or subnets in other zones"},
        {ACTIVITIES(ACTIVITY("Failed", "The specified launch template, with template ID lt-1, does "
                                       "not exist.")),
         "Look at the launch template"},
        {ACTIVITIES(ACTIVITY("Failed", "There are not enough free addresses in subnet 'subnet-1'")),
         "no free addresses left"},
        /* of no known kind: it may pass, until it has failed three times */
        {ACTIVITIES(ACTIVITY("Failed", "Strange") ACTIVITY("Failed", "Strange")
                        ACTIVITY("Successful", "")),
         NULL},
        {ACTIVITIES(ACTIVITY("Failed", "Strange") ACTIVITY("Failed", "Strange")
                        ACTIVITY("Failed", "Strange")),
         "cannot launch instances: Strange"},
        /* another try is under way */
        {ACTIVITIES(ACTIVITY("InProgress", "") ACTIVITY("Failed", "vCPU limit")), NULL},
    };
    struct stage *s = stage_new(a);

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct answer own[] = {
            {{"Action=DescribeScalingActivities", "AutoScalingGroupName=eks-a-1"},
             cases[i].activities},
            {{NULL}, NULL}};
        const char *text = said_of(s, 3, "", own);

        if (cases[i].wanted)
            assert_has(text, "eks.node_groups[\"a\"]: Node group a: Its nodes do not join: ");
        assert_has(text, cases[i].wanted ? cases[i].wanted
                                         : "Timed out waiting for nodes of node groups: "
                                           "Node group a is CREATING.");
    }
}

TEST(a_group_that_was_just_made_is_not_judged)
{
    struct stage *s = stage_new(a);
    const struct answer own[] = {
        {{"Action=DescribeScalingActivities"}, ACTIVITIES(ACTIVITY("Failed", "vCPU limit"))},
        {{NULL}, NULL}};

    assert_has(said_of(s, 0, "", own), "Timed out waiting for nodes of node groups");
    for (size_t i = 0; i < server_requests(s->server); i++)
        assert_null(strstr(server_saw(s->server, s->server->bodies, i), "ScalingActivities"));
}

/* What EKS says of an update that failed, and what to do. */
TEST(an_upgrade_that_failed)
{
    struct stage *s = stage_new(a);
    const struct answer own[] = {
        {{"POST /clusters/east/node-groups/a/update-version"},
         "{\"update\": {\"id\": \"u-1\", \"status\": \"InProgress\"}}"},
        {{"GET /clusters/east/updates/u-1?nodegroupName=a"},
         "{\"update\": {\"id\": \"u-1\", \"status\": \"Failed\", \"errors\": [{\"errorCode\": "
         "\"PodEvictionFailure\", \"errorMessage\": \"Reached max retries while trying to evict "
         "pods\", \"resourceIds\": [\"ip-10-1-0-4\"]}]}}"},
        {{NULL}, NULL}};
    const char *text = said_of_group(s, 60, ", \"status\": \"ACTIVE\", \"version\": \"1.32\"", own);

    assert_has(text, "eks.node_groups[\"a\"]: Node group a: Waited in vain for update to be "
                     "Successful: It is Failed. PodEvictionFailure: Reached max retries");
    assert_has(text, "kubectl get pdb");
}

/* EKS goes on for long; we do not. */
TEST(an_upgrade_that_cannot_succeed)
{
    struct stage *s = stage_new(a);
    const char *update = text_f(a,
                                "{\"update\": {\"id\": \"u-1\", \"status\": \"InProgress\", "
                                "\"createdAt\": %lld}}",
                                (long long)clock_now() - 300);
    const struct answer own[] = {
        {{"POST /clusters/east/node-groups/a/update-version"}, update},
        {{"GET /clusters/east/updates/u-1?nodegroupName=a"}, update},
        {{"Action=DescribeScalingActivities"},
         ACTIVITIES(ACTIVITY("Failed", "We currently do not have sufficient m9.large capacity"))},
        {{NULL}, NULL}};

    assert_has(said_of_group(s, 60, ", \"status\": \"ACTIVE\", \"version\": \"1.32\"", own),
               "Node group a: Its nodes cannot be replaced: Auto Scaling group eks-a-1 cannot "
               "launch instances: We currently do not have sufficient");
}

TEST(health_issues)
{
    struct stage *s = stage_new(a);

    assert_has(said_of(s, 3,
                       ", \"health\": {\"issues\": [{\"code\": \"IamNodeRoleNotFound\", "
                       "\"message\": \"The role is gone.\", \"resourceIds\": [\"nodes\"]}]}",
                       NULL),
               "EKS says: IamNodeRoleNotFound: The role is gone. (nodes). Look at the node role");
    assert_has(said_of(s, 3,
                       ", \"health\": {\"issues\": [{\"code\": \"InternalFailure\", \"message\": "
                       "\"Hm.\"}]}",
                       NULL),
               "Timed out waiting for nodes of node groups: Node group a is CREATING. "
               "InternalFailure: Hm.");
}

TEST(instances_that_run_and_are_no_nodes)
{
    struct stage *s = stage_new(a);
    const struct answer young[] = {{{"Action=DescribeInstances"}, instance(a, "running", 3, "")},
                                   {{NULL}, NULL}},
                        old[] = {{{"Action=DescribeInstances", "nodegroup-name"},
                                  instance(a, "running", 10, "")},
                                 {{NULL}, NULL}};
    const char *text = said_of(s, 11, "", old);

    assert_has(text, "1 instance of it (i-1 in subnet-1) has run for up to 10 minutes, and none "
                     "has registered as a Node.");
    assert_has(text, "Look at these: Nodes have to reach the API server");
    assert_has(text, "get-console-output --instance-id i-1 --latest --region eu-west-1");
    assert_has(said_of(s, 11, "", young), "Timed out waiting");
}

/* What is plainly wrong around them is found and named. */
TEST(what_is_wrong_around_them)
{
    struct stage *s = stage_new(a);
    const struct answer own[] = {
        {{"Action=DescribeInstances"}, instance(a, "running", 10, "")},
        {{"Action=DescribeRouteTables"},
         "<R><routeTableSet><item><routeTableId>rtb-1</routeTableId><associationSet><item><main>"
         "true</main></item></associationSet><routeSet/></item></routeTableSet></R>"},
        {{"Attribute=enableDnsHostnames"},
         "<R><enableDnsHostnames><value>false</value></enableDnsHostnames></R>"},
        {{"GET /clusters/east HTTP"},
         "{\"cluster\": {\"name\": \"east\", \"status\": \"ACTIVE\", \"resourcesVpcConfig\": {"
         "\"vpcId\": \"vpc-1\", \"endpointPrivateAccess\": false, \"publicAccessCidrs\": "
         "[\"192.0.2.0/24\"]}}}"},
        {{NULL}, NULL}};
    const char *text = said_of(s, 11, "", own);

    assert_has(text, "What is wrong:\n- subnet-1 has no default route");
    assert_has(text, "- enableDnsHostnames of vpc-1 is off.");
    assert_has(text, "- The private endpoint is off");
    assert_null(strstr(text, "access entry.\n"));
}

TEST(dead_ways_and_missing_entries)
{
    struct stage *s = stage_new(a);
    const struct answer gone[] = {
        {{"Action=DescribeInstances"}, instance(a, "running", 10, "")},
        {{"Action=DescribeRouteTables"},
         "<R><routeTableSet><item><routeTableId>rtb-2</routeTableId><associationSet><item>"
         "<subnetId>subnet-1</subnetId></item></associationSet><routeSet><item>"
         "<destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-9</natGatewayId>"
         "<state>blackhole</state></item></routeSet></item></routeTableSet></R>"},
        {{"GET /clusters/east/access-entries/"}, ""},
        {{NULL}, NULL}};
    const char *text = said_of(s, 11, "", gone);

    assert_has(text, "- The default route of subnet-1 leads nowhere: nat-9 is gone.");
    assert_has(text, "- The node role arn:aws:iam::111122223333:role/nodes has no access entry");
}

TEST(instances_that_ended_at_once)
{
    struct stage *s = stage_new(a);
    const struct answer own[] = {
        {{"Action=DescribeInstances"},
         instance(a, "terminated", 2,
                  "<stateReason><code>Client.InternalError</code><message>Client.InternalError: "
                  "Client error on launch: KMS key</message></stateReason>")},
        {{NULL}, NULL}};

    assert_has(said_of(s, 3, "", own), "Instance i-1 ended at once: Client.InternalError: Client "
                                       "error on launch: KMS key The key that encrypts");
}

TEST(nodes_that_are_not_ready)
{
    struct stage *s = stage_new(a);
    const struct answer own[] = {
        {{"Action=DescribeInstances"}, instance(a, "running", 10, "")},
        {{"GET /api/v1/nodes", "eks.amazonaws.com%2Fnodegroup"},
         "{\"kind\": \"NodeList\", \"apiVersion\": \"v1\", \"items\": [{\"metadata\": {\"name\": "
         "\"ip-10-1-0-4\"}, \"status\": {\"conditions\": [{\"type\": \"Ready\", \"status\": "
         "\"False\", \"reason\": \"KubeletNotReady\", \"message\": \"cni plugin not "
         "initialized\"}]}}]}"},
        {{NULL}, NULL}};

    assert_has(said_of(s, 11, "", own),
               "Its nodes have registered, but are not ready after 10 minutes. Node ip-10-1-0-4: "
               "KubeletNotReady: cni plugin not initialized. Look at the add-ons vpc-cni");
}
