/* test_account - a stand-in account and a session with it, as the provider asks AWS. For
 * the tests of this folder only: included by them, compiled into them. */
#ifndef SANDBOX_AWS_TEST_ACCOUNT_H
#define SANDBOX_AWS_TEST_ACCOUNT_H
#include "acceptance/sandbox/aws/cloud.h"
#include "aws/aws.h"
#include "aws/ec2.h"
#include "aws/iam.h"
#include "aws/sts.h"
#include "codec/json.h"
#include "http/test_server.h"
#include "kube/kube.h"

struct account {
    struct arena *a;
    struct cloud *cloud;
    struct fixture *f;
    struct clients clients;
    struct aws *aws;
    struct aws_reply reply;
};

static void account_close(void *data)
{
    struct account *t = data;

    kube_pool_free(t->clients.kube);
    aws_pool_free(t->clients.aws);
    cloud_stop(t->cloud);
}

static void account_use_key(const char *id, const char *secret)
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
    setenv("AWS_ACCESS_KEY_ID", id, 1);
    setenv("AWS_SECRET_ACCESS_KEY", secret, 1);
}

/* A session in eu-west-1 with the environment's key; no retries: each refusal is seen. */
static void account_connect(struct account *t)
{
    const struct aws_access access = {.region = "eu-west-1"};
    const struct value *urls = &value_empty_map, *url = value_string(t->a, cloud_url(t->cloud));

    for (const struct aws_service *const *service = aws_services; *service; service++)
        urls = value_with(t->a, urls, (*service)->id, url);
    t->clients.provider_config = value_map_of(
        t->a,
        {"aws", value_map_of(t->a, {"endpoints", urls}, {"max_retries", value_integer(t->a, 0)})});
    t->clients.http = t->f->client;
    t->clients.aws = aws_pool_new(t->f->client);
    t->clients.kube = kube_pool_new(t->f->client);
    t->f->call.clients = &t->clients;
    t->f->call.config = t->f->call.private_data = &value_null;
    assert_true(aws_open(&t->f->call, &access, NULL, &t->aws));
}

static struct account *account_new(struct arena *a, const struct cloud_options *options)
{
    struct account *t = arena_alloc(a, sizeof(*t));
    struct cloud_options plain = *options;

    plain.plain = true;
    t->a = a;
    t->f = fixture_new(a);
    t->cloud = cloud_start(&plain);
    account_use_key(cloud_key_id(t->cloud), cloud_secret(t->cloud));
    account_connect(t);
    arena_defer(a, account_close, t);
    return t;
}

/* AWS's code of the refusal; "" = done. The input is JSON, in which ' stands for ". */
static const char *ask(struct account *t, const struct aws_operation *operation, const char *input)
{
    char *json = arena_strdup(t->a, input);
    const struct value *v;

    for (char *at = json; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    assert_null(json_try(t->a, text_of(json), &v));
    if (!aws_try(&t->f->call, t->aws, operation, v, &t->reply))
        fail_msg("%s: %s", t->f->diags.first->summary, t->f->diags.first->detail);
    return t->reply.output ? "" : t->reply.error.code;
}

/* The output of what has to succeed. */
UNUSED static const struct value *done(struct account *t, const struct aws_operation *operation,
                                       const char *input)
{
    const char *code = ask(t, operation, input);

    if (*code)
        fail_msg("%s: %s: %s", operation->name, code, t->reply.error.message);
    return t->reply.output;
}

#define assert_refused(t, operation, input, wanted)                                                \
    assert_string_equal(ask((t), (operation), (input)), (wanted))

UNUSED static void assert_nothing_left(struct account *t)
{
    char *list = cloud_inventory(t->cloud);

    assert_string_equal(list, "");
    memory_free(list);
}

UNUSED static void add_role(struct account *t, const char *name, const char *service)
{
    done(t, &iam_create_role,
         text_f(t->a,
                "{'RoleName': '%s', 'AssumeRolePolicyDocument': '{\\\"Version\\\":\\\"2012-10-17"
                "\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":{"
                "\\\"Service\\\":\\\"%s\\\"},\\\"Action\\\":[\\\"sts:AssumeRole\\\","
                "\\\"sts:TagSession\\\"]}]}'}",
                name, service));
}

/* A role with one statement of trust: JSON, in which ' stands for ". */
UNUSED static void add_role_trusting(struct account *t, const char *name, const char *statement)
{
    struct arena *a = t->a;
    char *document = arena_strdup(
        a,
        text_f(a, "{'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', %s}]}", statement));

    for (char *at = document; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    done(t, &iam_create_role,
         json_write(a, value_map_of(a, {"RoleName", value_string(a, name)},
                                    {"AssumeRolePolicyDocument", value_string(a, document)}))
             .at);
}

#endif
