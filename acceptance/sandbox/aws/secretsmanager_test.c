/* The stand-in Secrets Manager, asked through the provider's own functions. */
#include "aws/secretsmanager.h"

#include "acceptance/sandbox/aws/test_account.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"

static struct account *quick(struct arena *a)
{
    const struct cloud_options options = {.speed = 0};

    return account_new(a, &options);
}

static void make(struct account *t, const char *name)
{
    done(t, &secretsmanager_create_secret,
         text_f(t->a, "{'Name': '%s', 'SecretString': 'one', 'ClientRequestToken': '" TOKEN "'}",
                name));
}

static const char *content(struct account *t, const char *name)
{
    const struct value *v;

    assert_true(secretsmanager_get_secret_value(&t->f->call, t->aws, name, &v));
    return v ? value_text(v, "SecretString") : "";
}

TEST(a_secret_is_made_once_and_read_back)
{
    struct account *t = quick(a);
    const struct value *secret;

    done(t, &secretsmanager_create_secret,
         "{'Name': 'mesh/root', 'SecretString': 'one', 'KmsKeyId': 'alias/mesh', 'Tags': "
         "[{'Key': 'team', 'Value': 'mesh'}], 'ClientRequestToken': '" TOKEN "'}");
    assert_string_equal(value_text(t->reply.output, "VersionId"), TOKEN);
    make(t, "mesh/root"); /* the same request again */
    assert_refused(t, &secretsmanager_create_secret,
                   "{'Name': 'mesh/root', 'SecretString': 'one', 'ClientRequestToken': '" OTHER
                   "'}",
                   "ResourceExistsException");
    assert_refused(t, &secretsmanager_create_secret,
                   "{'Name': 'mesh/root', 'SecretString': 'two', 'ClientRequestToken': '" TOKEN
                   "'}",
                   "ResourceExistsException");
    assert_true(secretsmanager_describe_secret(&t->f->call, t->aws, "mesh/root", &secret));
    assert_string_equal(value_text(secret, "KmsKeyId"), "alias/mesh");
    assert_string_equal(value_text(value_item(value_at(secret, "Tags"), 0), "Value"), "mesh");
    assert_string_equal(content(t, value_text(secret, "ARN")), "one");
    assert_string_equal(
        content(t, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mesh/root"), "one");
    assert_string_equal(content(t, "mesh/other"), "");
}

TEST(a_value_is_replaced_by_the_next_version)
{
    struct account *t = quick(a);

    make(t, "s");
    done(t, &secretsmanager_put_secret_value,
         "{'SecretId': 's', 'SecretString': 'two', 'ClientRequestToken': '" OTHER "'}");
    done(t, &secretsmanager_put_secret_value,
         "{'SecretId': 's', 'SecretString': 'two', 'ClientRequestToken': '" OTHER "'}");
    assert_refused(t, &secretsmanager_put_secret_value,
                   "{'SecretId': 's', 'SecretString': 'three', 'ClientRequestToken': '" OTHER "'}",
                   "ResourceExistsException");
    assert_string_equal(content(t, "s"), "two");
    done(t, &secretsmanager_update_secret, "{'SecretId': 's', 'KmsKeyId': 'alias/b'}");
    done(t, &secretsmanager_describe_secret_row, "{'SecretId': 's'}");
    assert_string_equal(value_text(t->reply.output, "KmsKeyId"), "alias/b");
}

TEST(what_does_not_fit_is_refused)
{
    static const struct {
        const char *input, *code;
    } rows[] = {
        {"{'Name': 'a b', 'SecretString': 'x'}", "ValidationException"},
        {"{'Name': 'a', 'SecretString': 'x', 'ClientRequestToken': 'short'}",
         "InvalidParameterException"},
        {"{'Name': 'a', 'SecretString': 'x', 'Tags': [{'Key': 'aws:a', 'Value': ''}]}",
         "InvalidParameterException"},
    };
    struct account *t = quick(a);

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_refused(t, &secretsmanager_create_secret, rows[i].input, rows[i].code);
    make(t, "s");
    assert_refused(t, &secretsmanager_delete_secret, "{'SecretId': 's', 'RecoveryWindowInDays': 6}",
                   "InvalidParameterException");
    assert_refused(t, &secretsmanager_delete_secret,
                   "{'SecretId': 's', 'RecoveryWindowInDays': 7, 'ForceDeleteWithoutRecovery': "
                   "true}",
                   "InvalidParameterException");
    assert_refused(t, &secretsmanager_delete_secret, "{'SecretId': 'other'}",
                   "ResourceNotFoundException");
}

TEST(a_deleted_secret_can_be_restored)
{
    struct account *t = quick(a);
    const struct value *secret;

    make(t, "s");
    done(t, &secretsmanager_delete_secret, "{'SecretId': 's', 'RecoveryWindowInDays': 7}");
    assert_nothing_left(t);
    assert_true(secretsmanager_describe_secret(&t->f->call, t->aws, "s", &secret));
    assert_null(secret);
    assert_refused(t, &secretsmanager_get_secret_value_row, "{'SecretId': 's'}",
                   "InvalidRequestException");
    assert_refused(t, &secretsmanager_create_secret, "{'Name': 's', 'SecretString': 'two'}",
                   "InvalidRequestException");
    assert_refused(t, &secretsmanager_delete_secret, "{'SecretId': 's'}",
                   "InvalidRequestException");
    done(t, &secretsmanager_restore_secret, "{'SecretId': 's'}");
    assert_string_equal(content(t, "s"), "one");
    done(t, &secretsmanager_delete_secret, "{'SecretId': 's', 'RecoveryWindowInDays': 30}");
    done(t, &secretsmanager_delete_secret, "{'SecretId': 's', 'ForceDeleteWithoutRecovery': true}");
    assert_refused(t, &secretsmanager_restore_secret, "{'SecretId': 's'}",
                   "ResourceNotFoundException");
    done(t, &secretsmanager_delete_secret, "{'SecretId': 's', 'ForceDeleteWithoutRecovery': true}");
    make(t, "s");
}

/* A name is free again half a second after its secret went, and a new secret is seen after
 * one. */
TEST(others_see_it_later)
{
    const struct cloud_options options = {.speed = 10, .eventual = true};
    struct account *t = account_new(a, &options);
    const struct value *input = value_map_of(a, {"Name", value_string(a, "s")},
                                             {"SecretString", value_string(a, "two")}),
                       *out;

    make(t, "s");
    assert_string_equal(content(t, "s"), "");
    done(t, &secretsmanager_delete_secret, "{'SecretId': 's', 'ForceDeleteWithoutRecovery': true}");
    assert_refused(t, &secretsmanager_create_secret, "{'Name': 's', 'SecretString': 'two'}",
                   "InvalidRequestException");
    assert_true(
        aws_call_until(&t->f->call, t->aws, &secretsmanager_create_secret, input, 5000, &out));
    assert_string_equal(value_text(out, "Name"), "s");
}

TEST(a_secret_is_in_one_region_only)
{
    struct account *t = quick(a);
    const struct aws_access access = {.region = "us-east-1"};
    struct aws *there;
    const struct value *secret;

    make(t, "s");
    assert_true(aws_open(&t->f->call, &access, NULL, &there));
    assert_true(secretsmanager_describe_secret(&t->f->call, there, "s", &secret));
    assert_null(secret);
}
