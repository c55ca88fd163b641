/* Load balancers judged by what AWS says of them, answer by answer. */
#include "network/load_balancer.h"

#include "aws/test_stage.h"
#include "base/clock.h"

#define HOST "k8s-istioing-edge-0123456789.elb.eu-west-1.amazonaws.com.localhost"
#define RESULT(operation, body)                                                                    \
    ANSWER("200 OK", "<R><" operation "Result>" body "</" operation "Result></R>")
#define BALANCER(type, state)                                                                      \
    RESULT("DescribeLoadBalancers",                                                                \
           "<LoadBalancers><member><LoadBalancerArn>arn:lb</LoadBalancerArn><LoadBalancerName>"    \
           "k8s-istioing-edge</LoadBalancerName><DNSName>" HOST "</DNSName><Type>" type            \
           "</Type><Scheme>internal</Scheme><CanonicalHostedZoneId>Z1</CanonicalHostedZoneId>"     \
           "<VpcId>vpc-1</VpcId><State>" state "</State><AvailabilityZones><member><ZoneName>"     \
           "eu-west-1a</ZoneName></member></AvailabilityZones></member></LoadBalancers>")
#define ACTIVE BALANCER("network", "<Code>active</Code>")
#define LISTENERS(members) RESULT("DescribeListeners", "<Listeners>" members "</Listeners>")
#define LISTENER(port, actions)                                                                    \
    "<member><Port>" port "</Port><Protocol>TCP</Protocol><DefaultActions><member>" actions        \
    "</member></DefaultActions></member>"
#define FORWARD(arn) "<Type>forward</Type><TargetGroupArn>" arn "</TargetGroupArn>"
#define ONE_LISTENER LISTENERS(LISTENER("15443", FORWARD("arn:tg")))
#define HEALTH(members)                                                                            \
    RESULT("DescribeTargetHealth",                                                                 \
           "<TargetHealthDescriptions>" members "</TargetHealthDescriptions>")
#define TARGET(ip, zone, state, more)                                                              \
    "<member><Target><Id>" ip "</Id><Port>15443</Port><AvailabilityZone>" zone                     \
    "</AvailabilityZone></Target><TargetHealth><State>" state "</State>" more                      \
    "</TargetHealth></member>"
#define FAILING                                                                                    \
    "<Reason>Target.FailedHealthChecks</Reason><Description>Health checks failed</Description>"
#define NEW "<Reason>Elb.InitialHealthChecking</Reason>"
#define GROUPS(type)                                                                               \
    RESULT("DescribeTargetGroups",                                                                 \
           "<TargetGroups><member><TargetGroupArn>arn:tg</TargetGroupArn><TargetType>" type        \
           "</TargetType></member></TargetGroups>")
#define CROSS_ZONE(value)                                                                          \
    RESULT("DescribeLoadBalancerAttributes",                                                       \
           "<Attributes><member><Key>load_balancing.cross_zone.enabled</Key><Value>" value         \
           "</Value></member></Attributes>")
#define MISSING                                                                                    \
    ANSWER("400 Bad Request", "<ErrorResponse><Error><Code>LoadBalancerNotFound</Code></Error>"    \
                              "</ErrorResponse>")
#define TAGGED(key, value)                                                                         \
    RESULT("DescribeTags", "<TagDescriptions><member><ResourceArn>arn:lb</ResourceArn><Tags>"      \
                           "<member><Key>" key "</Key><Value>" value                               \
                           "</Value></member></Tags></member></TagDescriptions>")

static const struct load_balancer_key by_hostname = {.hostname = HOST};

TEST(names_of_load_balancers_in_all_partitions)
{
    static const struct {
        const char *hostname;
        bool is_one;
    } rows[] = {
        {"k8s-a-gw-0a1b-9f.elb.eu-west-1.amazonaws.com", true},
        {"dualstack.k8s-a-gw-0a1b-9f.elb.eu-west-1.amazonaws.com", true},
        {"K8S-A-GW-0A1B-9F.ELB.EU-WEST-1.AMAZONAWS.COM", true},
        {"internal-k8s-a-gw-0a1b-9f.us-gov-west-1.elb.amazonaws.com", true},
        {"k8s-a-gw-9f.elb.cn-north-1.amazonaws.com.cn", true},
        {"k8s-a-gw-9f.elb.eusc-de-east-1.amazonaws.eu", true},
        {"a0123-456.us-iso-east-1.elb.c2s.ic.gov", true},
        {HOST, true},
        {"edge.localhost", true},
        {"k8s-a-gw-9f.elb.eu-west-1.amazonaws.com.cn", false},
        {"k8s-a-gw-9f.elb.eu-west-1.example.com", false},
        {"x.s3.eu-west-1.amazonaws.com", false},
        {"edge.istio-ingress.lb.invalid", false},
        {"elb.amazonaws.com", false},
        {"", false},
    };

    (void)a;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (load_balancer_is_hostname(rows[i].hostname) != rows[i].is_one)
            fail_msg("%s", rows[i].hostname);
}

/* target_health by what AWS tells, and in how many requests. */
TEST(health_by_port)
{
    static const struct {
        const char *name, *answers[8], *health;
        size_t requests;
        bool healthy;
    } rows[] = {
        {"one healthy target",
         {ACTIVE, ONE_LISTENER, HEALTH(TARGET("10.0.0.1", "eu-west-1a", "healthy", ""))},
         "{\"15443\":\"healthy\"}",
         3,
         true},
        {"those that leave or come beside it do not count",
         {ACTIVE, ONE_LISTENER,
          HEALTH(TARGET("10.0.0.1", "eu-west-1a", "healthy", "")
                     TARGET("10.0.0.2", "eu-west-1b", "draining", "")
                         TARGET("10.0.0.3", "eu-west-1a", "initial", NEW))},
         "{\"15443\":\"healthy\"}",
         3,
         true},
        {"one that is not",
         {ACTIVE, ONE_LISTENER, HEALTH(TARGET("10.0.0.1", "eu-west-1a", "unhealthy", FAILING))},
         "{\"15443\":\"not healthy: Target.FailedHealthChecks\"}",
         3,
         false},
        {"two reasons, in their own order",
         {ACTIVE, ONE_LISTENER,
          HEALTH(TARGET("10.0.0.1", "eu-west-1a", "unhealthy", FAILING)
                     TARGET("10.0.0.2", "eu-west-1a", "initial", NEW))},
         "{\"15443\":\"not healthy: Elb.InitialHealthChecking, Target.FailedHealthChecks\"}",
         3,
         false},
        {"nobody",
         {ACTIVE, ONE_LISTENER, HEALTH("")},
         "{\"15443\":\"not healthy: no target is registered\"}",
         3,
         false},
        {"a zone without a healthy one, and zones on their own",
         {ACTIVE, ONE_LISTENER,
          HEALTH(TARGET("10.0.0.1", "eu-west-1a", "healthy", "")
                     TARGET("10.0.0.2", "eu-west-1b", "unhealthy", FAILING)),
          GROUPS("ip"), CROSS_ZONE("false")},
         "{\"15443\":\"not healthy: Target.FailedHealthChecks\"}",
         5,
         false},
        {"the same across zones",
         {ACTIVE, ONE_LISTENER,
          HEALTH(TARGET("10.0.0.1", "eu-west-1a", "healthy", "")
                     TARGET("10.0.0.2", "eu-west-1b", "unhealthy", FAILING)),
          GROUPS("ip"), CROSS_ZONE("true")},
         "{\"15443\":\"healthy\"}",
         5,
         true},
        {"nodes without a pod of the gateway's",
         {ACTIVE, ONE_LISTENER,
          HEALTH(TARGET("i-1", "eu-west-1a", "healthy", "")
                     TARGET("i-2", "eu-west-1b", "unhealthy", FAILING)),
          GROUPS("instance")},
         "{\"15443\":\"healthy\"}",
         4,
         true},
        {"two listeners of one group: asked once",
         {ACTIVE, LISTENERS(LISTENER("80", FORWARD("arn:tg")) LISTENER("443", FORWARD("arn:tg"))),
          HEALTH(TARGET("10.0.0.1", "eu-west-1a", "healthy", ""))},
         "{\"80\":\"healthy\",\"443\":\"healthy\"}",
         3,
         true},
        {"an application load balancer leads there by rules",
         {BALANCER("application", "<Code>active</Code>"),
          LISTENERS(LISTENER("80", "<Type>redirect</Type>")
                        LISTENER("443", "<Type>fixed-response</Type>")),
          GROUPS("instance"), HEALTH(TARGET("i-1", "eu-west-1a", "healthy", ""))},
         "{\"80\":\"healthy\",\"443\":\"healthy\"}",
         4,
         true},
        {"not active",
         {BALANCER("network", "<Code>provisioning</Code>"), LISTENERS("")},
         "{}",
         2,
         false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage *s = stage_with_keys(a, rows[i].answers);
        const struct value *out;

        if (!load_balancer_describe(&s->f->call, s->aws, &by_hostname, &out) || !out)
            fail_msg("%s", rows[i].name);
        if (strcmp(json_write(a, load_balancer_health(a, out)).at, rows[i].health) != 0)
            fail_msg("%s: %s", rows[i].name, json_write(a, load_balancer_health(a, out)).at);
        assert_int_equal(server_requests(s->server), rows[i].requests);
        assert_int_equal(value_flag(out, "healthy"), rows[i].healthy);
        assert_int_equal(*load_balancer_trouble(a, out) == '\0', rows[i].healthy);
    }
}

TEST(serving_at_once_is_not_waited_for)
{
    static const char *const answers[] = {
        ACTIVE, ONE_LISTENER, HEALTH(TARGET("10.0.0.1", "eu-west-1a", "healthy", "")), NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *out;

    assert_true(load_balancer_wait(&s->f->call, s->aws, &by_hostname, &out));
    assert_string_equal(value_text(out, "arn"), "arn:lb");
    assert_string_equal(json_write(a, value_at(out, "targets")).at,
                        "[{\"port\":15443,\"target_group_arn\":\"arn:tg\",\"target\":\"10.0.0.1\","
                        "\"target_port\":15443,\"zone\":\"eu-west-1a\",\"state\":\"healthy\","
                        "\"reason\":null,\"description\":null}]");
}

TEST(what_was_waited_for_in_vain_is_told)
{
    static const struct {
        const char *answers[6], *summary, *detail;
    } rows[] = {
        {{ACTIVE, ONE_LISTENER, HEALTH(TARGET("10.0.0.1", "eu-west-1a", "unhealthy", FAILING))},
         "Timed out waiting for load balancer " HOST " to serve",
         "Not healthy:\n- port 15443: 10.0.0.1:15443 in eu-west-1a is unhealthy: "
         "Target.FailedHealthChecks: Health checks failed\nSee whether the pods behind the "
         "targets are ready"},
        {{ACTIVE, ONE_LISTENER, HEALTH("")},
         "Timed out waiting for load balancer " HOST " to serve",
         "Not healthy:\n- port 15443: no target is registered\nIts controller registers"},
        {{BALANCER("network", "<Code>provisioning</Code>")},
         "Timed out waiting for load balancer " HOST " to serve",
         "It is provisioning."},
        {{BALANCER("network", "<Code>failed</Code><Reason>no addresses are left</Reason>")},
         "Load balancer " HOST " failed",
         "AWS says: no addresses are left"},
        {{MISSING},
         "Timed out waiting for load balancer " HOST " to serve",
         "AWS knows none of this name in eu-west-1."},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage *s = stage_with_keys(a, rows[i].answers);
        const struct value *out;

        s->f->call.deadline_ms = clock_monotonic_ms() + 900; /* less than a pause */
        assert_false(load_balancer_wait(&s->f->call, s->aws, &by_hostname, &out));
        assert_string_equal(s->f->diags.first->summary, rows[i].summary);
        if (!text_starts_with(text_of(s->f->diags.first->detail), rows[i].detail))
            fail_msg("%s", s->f->diags.first->detail);
    }
}

TEST(a_name_without_an_address_is_waited_for)
{
    static const char *const answers[] = {
        RESULT("DescribeLoadBalancers",
               "<LoadBalancers><member><LoadBalancerArn>arn:lb</LoadBalancerArn>"
               "<DNSName>a-label-of-more-than-sixty-three-characters-is-not-a-name-for-any-"
               "resolver</DNSName><State><Code>active</Code></State></member></LoadBalancers>"),
        ONE_LISTENER, HEALTH(TARGET("10.0.0.1", "eu-west-1a", "healthy", "")), NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct load_balancer_key key = {.arn = "arn:lb"};
    const struct value *out;

    s->f->call.deadline_ms = clock_monotonic_ms() + 900;
    assert_false(load_balancer_wait(&s->f->call, s->aws, &key, &out));
    assert_non_null(strstr(s->f->diags.first->detail, "It serves, but the name a-label-of"));
}

static bool rename_once(struct call *c, void *data, const char **hostname)
{
    (void)c;
    ++*(int *)data;
    *hostname = HOST;
    return true;
}

/* A controller that makes another one writes its name where the old one stood. */
TEST(another_in_its_place_has_another_name)
{
    static const char *const answers[] = {MISSING,
                                          RESULT("DescribeLoadBalancers", ""),
                                          ACTIVE,
                                          ONE_LISTENER,
                                          HEALTH(TARGET("10.0.0.1", "eu-west-1a", "healthy", "")),
                                          NULL};
    struct stage *s = stage_with_keys(a, answers);
    int asked = 0;
    const struct load_balancer_key key = {
        .hostname = "old-1.elb.eu-west-1.amazonaws.com", .rename = rename_once, .data = &asked};
    const struct value *out;

    assert_true(load_balancer_wait(&s->f->call, s->aws, &key, &out));
    assert_int_equal(asked, 1);
    assert_true(saw(s, 0, "Names.member.1=old"));
    assert_true(saw(s, 2, "Names.member.1=k8s-istioing-edge"));
}

/* Of the other service, which only the name tells. */
TEST(a_classic_one_has_but_its_name)
{
    static const char *const answers[] = {MISSING, RESULT("DescribeLoadBalancers", ""), NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct load_balancer_key key = {
        .hostname = "a0123456789-123.eu-west-1.elb.amazonaws.com.localhost"};
    const struct value *out;

    assert_true(load_balancer_wait(&s->f->call, s->aws, &key, &out));
    assert_null(out);
}

TEST(until_it_is_gone)
{
    static const struct {
        const char *answers[4], *error;
        size_t requests;
    } rows[] = {
        {{MISSING}, NULL, 1},
        /* another one's by now: an Ingress group */
        {{ACTIVE, TAGGED("ingress.k8s.aws/stack", "shared")}, NULL, 2},
        {{ACTIVE, TAGGED("service.k8s.aws/stack", "istio-ingress/edge")},
         "istio-ingress/edge, for which it was made, is gone from the cluster",
         2},
        {{ACTIVE, TAGGED("team", "mesh")}, "Delete arn:lb in eu-west-1", 2},
    };
    const struct load_balancer_key key = {.arn = "arn:lb", .hostname = HOST};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage *s = stage_with_keys(a, rows[i].answers);

        s->f->call.deadline_ms = clock_monotonic_ms() + 900;
        assert_int_equal(load_balancer_wait_gone(&s->f->call, s->aws, &key, "istio-ingress/edge"),
                         rows[i].error == NULL);
        assert_int_equal(server_requests(s->server), rows[i].requests);
        if (!rows[i].error)
            continue;
        assert_string_equal(s->f->diags.first->summary,
                            "Load balancer k8s-istioing-edge is still there");
        assert_non_null(strstr(s->f->diags.first->detail, rows[i].error));
    }
}
