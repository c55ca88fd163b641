/* test_eks_stage - a stand-in AWS account with a VPC of two zones, for tests of
 * istio_cluster.eks: its EKS clusters are stand-in API servers that verify tokens. */
#ifndef RESOURCES_TEST_EKS_STAGE_H
#define RESOURCES_TEST_EKS_STAGE_H
#include "acceptance/harness/component_aws.h"
#include "aws/ec2.h"
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

static inline void close_stage(void *data)
{
    struct stage *t = data;

    component_stop_aws(&t->aws);
}

/* Nothing is sent again, so that each failure is seen. */
static inline struct stage *start_with(struct arena *a, const struct cloud_options *options)
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

static inline struct stage *start(struct arena *a)
{
    return start_with(a, &(struct cloud_options){.speed = 0});
}

/* {"name": "east", "eks": {region, subnets and `more`}} */
static inline const char *config_of(struct stage *t, const char *more)
{
    return text_f(t->aws.component.arena,
                  "{\"name\": \"east\", \"network\": \"net\", \"eks\": {\"region\": \"eu-west-1\", "
                  "\"subnet_ids\": %s%s%s}}",
                  t->subnets, *more ? ", " : "", more);
}

static inline const struct value *try_apply(struct stage *t, const struct value *prior,
                                            const char *more)
{
    return component_apply(&t->aws.component, cluster, prior, config_of(t, more));
}

static inline const struct value *apply(struct stage *t, const struct value *prior,
                                        const char *more)
{
    const struct value *out = try_apply(t, prior, more);

    if (!out)
        fail_msg("%s", component_diags(&t->aws.component));
    return out;
}

static inline const struct value *refreshed(struct stage *t, const struct value *state)
{
    return component_read(&t->aws.component, cluster, state);
}

static inline const char *diags(struct stage *t)
{
    return component_diags(&t->aws.component);
}

static inline void assert_says(struct stage *t, const char *words)
{
    if (!strstr(diags(t), words))
        fail_msg("\"%s\" is not in: %s", words, diags(t));
}

/* Lines "kind id" of what exists besides the VPC's. */
static inline const char *inventory(struct stage *t)
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
static inline const char *changes(struct stage *t)
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

static inline const char *lines_with(struct arena *a, const char *text, const char *piece)
{
    struct text rest = text_of(text), line;
    const char *found = "";

    while (text_split(&rest, '\n', &line))
        if (strstr(text_z(a, line), piece))
            found = text_f(a, "%s%.*s\n", found, (int)line.len, line.at);
    return found;
}

static inline size_t count_lines(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* --- as AWS's other users do it ------------------------------------------------------- */

static inline struct aws *session(struct stage *t, struct call **c)
{
    const struct aws_access access = {.region = "eu-west-1"};
    struct aws *aws;

    *c = component_call(&t->aws.component, cluster, &value_null);
    assert_true(aws_open(*c, &access, NULL, &aws));
    return aws;
}

static inline const struct value *ask(struct stage *t, const struct aws_operation *operation,
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

static inline const struct value *described(struct stage *t)
{
    return value_at(ask(t, &eks_describe_cluster_row, "{\"name\": \"east\"}"), "cluster");
}

#define TAGS                                                                                       \
    "POST eks.eu-west-1/tags/arn%3Aaws%3Aeks%3Aeu-west-1%3A111122223333%3Acluster%2Feast 200\n"
#define ADDONS_NONE "\"addons\": {}"
#define OIDC_ARN(state) value_text(state, "oidc_provider_arn")

#define FULL                                                                                       \
    "\"node_groups\": {\"default\": {\"instance_types\": [\"m6i.large\"], \"min_size\": 2, "       \
    "\"max_size\": 4}}, \"mesh_cidr_blocks\": [\"10.2.0.0/16\"], "                                 \
    "\"flat_cidr_blocks\": [\"10.3.0.0/16\"]"

#define READER "arn:aws:iam::111122223333:user/reader"
#define ENTRIES(json) ADDONS_NONE ", \"access_entries\": {\"" READER "\": " json "}"

static inline void add_role(struct stage *t, const char *name, const char *service)
{
    ask(t, &iam_create_role,
        text_f(t->aws.component.arena,
               "{\"RoleName\": \"%s\", \"AssumeRolePolicyDocument\": \"{\\\"Version\\\": "
               "\\\"2012-10-17\\\", \\\"Statement\\\": [{\\\"Effect\\\": \\\"Allow\\\", "
               "\\\"Principal\\\": {\\\"Service\\\": \\\"%s.amazonaws.com\\\"}, \\\"Action\\\": "
               "\\\"sts:AssumeRole\\\"}]}\"}",
               name, service));
}

static inline void assert_blames(struct stage *t, const char *path)
{
    assert_string_equal(path_text(t->aws.component.arena, t->aws.component.diags.first->path),
                        path);
}

#endif
