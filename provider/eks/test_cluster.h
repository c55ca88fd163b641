/* test_cluster - a stand-in account with a network, roles and the ACTIVE cluster "east". For
 * the tests of this folder only: included by them, compiled into them. */
#ifndef EKS_TEST_CLUSTER_H
#define EKS_TEST_CLUSTER_H
#include "acceptance/sandbox/aws/test_account.h"
#include "aws/eks.h"
#include "aws/eks_token.h"
#include "eks/cluster_tag.h"

#define ROLE_ARN "arn:aws:iam::111122223333:role/"

struct place {
    struct account *t;
    const char *vpc, *group_id; /* EKS's own of the cluster */
    const struct value *subnets;
};

/* JSON, in which ' stands for ". */
static const struct value *json_of(struct arena *a, const char *text)
{
    char *json = arena_strdup(a, text);
    const struct value *v;

    for (char *at = json; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    assert_null(json_try(a, text_of(json), &v));
    return v;
}

static struct call *fresh(struct place *p)
{
    diags_init(&p->t->f->diags, p->t->a);
    p->t->f->call.deadline_ms = clock_monotonic_ms() + 60000;
    return &p->t->f->call;
}

/* "path: summary: detail" of each diagnostic, a line each. */
static const char *said(struct place *p)
{
    struct arena *a = p->t->a;
    const char *lines = "";

    for (const struct diag *d = p->t->f->diags.first; d; d = d->next)
        lines = text_f(a, "%s%s: %s: %s\n", lines, path_text(a, d->path), d->summary, d->detail);
    return lines;
}

UNUSED static void assert_said(struct place *p, const char *words)
{
    if (!strstr(said(p), words))
        fail_msg("not said: %s\nsaid: %s", words, said(p));
}

static void assert_fine(struct place *p, bool fine)
{
    if (!fine)
        fail_msg("%s", said(p));
}

/* The output of what succeeds, maybe after what was made before is seen everywhere. */
static const struct value *made(struct place *p, const struct aws_operation *operation,
                                const char *input)
{
    const struct value *output;

    assert_fine(p, aws_call_until(fresh(p), p->t->aws, operation, json_of(p->t->a, input),
                                  AWS_VISIBLE_MS, &output));
    return output;
}

static const char *place_subnet(struct place *p, const char *cidr, const char *zone)
{
    return value_z(value_in(
        made(p, &ec2_create_subnet,
             text_f(p->t->a, "{'VpcId': '%s', 'CidrBlock': '%s', 'AvailabilityZone': '%s'}", p->vpc,
                    cidr, zone)),
        "Subnet", "SubnetId"));
}

static void place_cluster(struct place *p, const char *version)
{
    struct arena *a = p->t->a;
    const struct value *cluster;

    made(p, &eks_create_cluster,
         text_f(a,
                "{'name': 'east', 'version': '%s', 'roleArn': '" ROLE_ARN
                "cluster', 'resourcesVpcConfig': {'subnetIds': %s}, 'accessConfig': "
                "{'authenticationMode': 'API'}}",
                version, json_write(a, p->subnets).at));
    if (!aws_wait(&p->t->f->call, p->t->aws, &eks_cluster_active, json_of(a, "{'name': 'east'}"),
                  eks_explain, &cluster))
        fail_msg("%s", said(p));
    p->group_id =
        value_z(value_in(cluster, "cluster", "resourcesVpcConfig", "clusterSecurityGroupId"));
}

static struct place *place_new(struct arena *a, const struct cloud_options *options,
                               const char *version)
{
    struct place *p = arena_alloc(a, sizeof(*p));

    p->t = account_new(a, options);
    kube_pool_set_eks_token(p->t->clients.kube, eks_connection_token);
    kube_pool_set_eks_cluster(p->t->clients.kube, eks_connection_cluster);
    p->vpc = value_z(
        value_in(done(p->t, &ec2_create_vpc, "{'CidrBlock': '10.1.0.0/16'}"), "Vpc", "VpcId"));
    p->subnets = value_list_of(a, value_string(a, place_subnet(p, "10.1.0.0/20", "eu-west-1a")),
                               value_string(a, place_subnet(p, "10.1.16.0/20", "eu-west-1b")));
    add_role(p->t, "cluster", "eks.amazonaws.com");
    add_role(p->t, "nodes", "ec2.amazonaws.com");
    place_cluster(p, version);
    cloud_requests_reset(p->t->cloud);
    return p;
}

/* What AWS was asked since the last look. */
UNUSED static const char *asked(struct place *p)
{
    char *lines = cloud_requests(p->t->cloud);
    const char *copy = arena_strdup(p->t->a, lines);

    memory_free(lines);
    cloud_requests_reset(p->t->cloud);
    return copy;
}

/* The same, of requests that change something: a line "CreateLaunchTemplate 200" or
 * "POST clusters/east/addons 200" each. */
UNUSED static const char *changes(struct place *p)
{
    struct text rest = text_of(asked(p)), line, method, service;
    struct arena *a = p->t->a;
    const char *lines = "";

    while (text_split(&rest, '\n', &line)) {
        struct text tail = line;

        if (!line.len || !text_split(&tail, ' ', &method) || !text_split(&tail, '/', &service) ||
            text_is(method, "GET") || text_starts_with(tail, "Describe"))
            continue;
        if (text_starts_with(tail, "tags/")) /* the ARN is one long word */
            tail = TEXT("tags");
        lines = text_starts_with(service, "eks")
                    ? text_f(a, "%s%.*s %.*s\n", lines, (int)method.len, method.at, (int)tail.len,
                             tail.at)
                    : text_f(a, "%s%.*s\n", lines, (int)tail.len, tail.at);
    }
    return lines;
}

/* How many of a kind there are. */
UNUSED static size_t count_of(struct place *p, const char *kind)
{
    char *lines = cloud_inventory(p->t->cloud);
    struct text rest = text_of(lines), line, word;
    size_t count = 0;

    while (text_split(&rest, '\n', &line))
        if (line.len && text_split(&line, ' ', &word) && text_split(&line, ' ', &word))
            count += text_is(word, kind);
    memory_free(lines);
    return count;
}

/* Lines of a list. */
UNUSED static const char *lines_of(struct arena *a, const struct value *list)
{
    const char *lines = "";

    for (size_t i = 0; i < value_count(list); i++)
        lines = text_f(a, "%s%s\n", lines, value_z(value_item(list, i)));
    return lines;
}

#endif
