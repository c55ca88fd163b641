/* How the load balancer of a Service is found and judged. */
#include "aws/elasticloadbalancing.h"

#include "aws/test_stage.h"

#define RESULT(operation, body)                                                                    \
    ANSWER("200 OK", "<R><" operation "Result>" body "</" operation "Result></R>")
#define LOAD_BALANCER(arn, dns_name)                                                               \
    "<member><LoadBalancerArn>" arn "</LoadBalancerArn><DNSName>" dns_name "</DNSName></member>"
#define LOAD_BALANCERS(members)                                                                    \
    RESULT("DescribeLoadBalancers", "<LoadBalancers>" members "</LoadBalancers>")
#define MISSING                                                                                    \
    ANSWER("400 Bad Request", "<ErrorResponse><Error><Code>LoadBalancerNotFound</Code></Error>"    \
                              "</ErrorResponse>")

TEST(a_host_name_leads_to_its_load_balancer)
{
    static const char in_region[] = "k8s-a-gw-0a1b-9f.elb.eu-west-1.amazonaws.com";
    static const struct {
        const char *hostname, *answers[3], *name; /* name "" = none is asked for */
        const char *arn;                          /* "" = not found */
    } rows[] = {
        {"K8S-a-gw-0a1b-9f.elb.eu-west-1.amazonaws.com",
         {LOAD_BALANCERS(LOAD_BALANCER("arn:1", "k8s-a-gw-0a1b-9f.elb.eu-west-1.amazonaws.com"))},
         "Names.member.1=K8S-a-gw-0a1b",
         "arn:1"},
        {"dualstack.k8s-a-gw-0a1b-9f.elb.eu-west-1.amazonaws.com",
         {LOAD_BALANCERS(LOAD_BALANCER("arn:1", "k8s-a-gw-0a1b-9f.elb.eu-west-1.amazonaws.com"))},
         "Names.member.1=k8s-a-gw-0a1b",
         "arn:1"},
        {"internal-k8s-a-gw-0a1b-9f.eu-west-1.elb.amazonaws.com",
         {LOAD_BALANCERS(
             LOAD_BALANCER("arn:2", "internal-k8s-a-gw-0a1b-9f.eu-west-1.elb.amazonaws.com"))},
         "Names.member.1=k8s-a-gw-0a1b",
         "arn:2"},
        {in_region,
         {LOAD_BALANCERS(LOAD_BALANCER("arn:3", "k8s-a-gw-0a1b-77.elb.eu-west-1.amazonaws.com")),
          LOAD_BALANCERS("")},
         "Names.member.1=k8s-a-gw-0a1b",
         ""},
        {in_region, {MISSING, LOAD_BALANCERS("")}, "Names.member.1=k8s-a-gw-0a1b", ""},
        {"gateway.example",
         {LOAD_BALANCERS(LOAD_BALANCER("arn:4", "gateway.example"))},
         "",
         "arn:4"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage *s = stage_with_keys(a, rows[i].answers);
        const struct value *found;

        assert_true(
            elasticloadbalancing_find_by_hostname(&s->f->call, s->aws, rows[i].hostname, &found));
        assert_int_equal(saw(s, 0, "Names.member.1="), *rows[i].name != '\0');
        assert_true(saw(s, 0, rows[i].name));
        assert_string_equal(found ? value_text(found, "LoadBalancerArn") : "", rows[i].arn);
    }
}

#define TAGS(arn, cluster)                                                                         \
    "<member><ResourceArn>" arn "</ResourceArn><Tags><member><Key>elbv2.k8s.aws/cluster</Key>"     \
    "<Value>" cluster "</Value></member><member><Key>other</Key><Value>x</Value></member></Tags>"  \
    "</member>"

TEST(tags_are_asked_for_twenty_at_a_time)
{
    const char *const answers[] = {
        RESULT("DescribeTags", "<TagDescriptions>" TAGS("arn:0", "eks-2")
                                   TAGS("arn:1", "eks-1") "</TagDescriptions>"),
        RESULT("DescribeTags", "<TagDescriptions>" TAGS("arn:20", "eks-1") "</TagDescriptions>"),
        NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *items = &value_empty_list, *found,
                       *tags = value_map_of(a, {"elbv2.k8s.aws/cluster", value_string(a, "eks-1")});

    for (int i = 0; i < 21; i++)
        items = value_append(a, items, value_map_of(a, {"Arn", value_f(a, "arn:%d", i)}));
    assert_true(elasticloadbalancing_with_tags(&s->f->call, s->aws, items, "Arn", tags, &found));
    assert_string_equal(json_write(a, found).at, "[{\"Arn\":\"arn:1\"},{\"Arn\":\"arn:20\"}]");
    assert_true(saw(s, 0, "ResourceArns.member.20=arn%3A19"));
    assert_false(saw(s, 0, "ResourceArns.member.21"));
    assert_true(saw(s, 1, "ResourceArns.member.1=arn%3A20"));
}

TEST(a_port_leads_to_target_groups)
{
    const char *const answers[] = {
        RESULT("DescribeListeners",
               "<Listeners><member><Port>15021</Port><DefaultActions><member><TargetGroupArn>arn:1"
               "</TargetGroupArn></member></DefaultActions></member><member><Port>15443</Port>"
               "<DefaultActions><member><TargetGroupArn>arn:2</TargetGroupArn><ForwardConfig>"
               "<TargetGroups><member><TargetGroupArn>arn:2</TargetGroupArn></member><member>"
               "<TargetGroupArn>arn:3</TargetGroupArn></member></TargetGroups></ForwardConfig>"
               "</member></DefaultActions></member></Listeners>"),
        NULL};
    static const struct {
        int64_t port;
        const char *arns;
    } rows[] = {{15021, "[\"arn:1\"]"}, {15443, "[\"arn:2\",\"arn:3\"]"}, {80, "[]"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage *s = stage_with_keys(a, answers);
        const struct value *arns;

        assert_true(elasticloadbalancing_target_groups_of(&s->f->call, s->aws, "arn:0",
                                                          rows[i].port, &arns));
        assert_string_equal(json_write(a, arns).at, rows[i].arns);
    }
}

TEST(what_is_gone_is_no_error)
{
    const char *const answers[] = {MISSING, NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *out;

    assert_true(elasticloadbalancing_describe_load_balancer(&s->f->call, s->aws, "arn:1", &out));
    assert_null(out);
    assert_true(elasticloadbalancing_describe_target_health(&s->f->call, s->aws, "arn:1", &out));
    assert_int_equal(value_count(out), 0);
    assert_true(aws_wait(&s->f->call, s->aws, &elasticloadbalancing_load_balancer_deleted,
                         &value_empty_map, NULL, &out));
}

TEST(a_failed_load_balancer_says_why)
{
    const char *const answers[] = {
        LOAD_BALANCERS("<member><State><Code>failed</Code><Reason>no addresses</Reason></State>"
                       "</member>"),
        NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *out;

    assert_false(aws_wait(&s->f->call, s->aws, &elasticloadbalancing_load_balancer_active,
                          &value_empty_map, elasticloadbalancing_explain, &out));
    assert_string_equal(s->f->diags.first->detail, "It is failed. no addresses");
}
