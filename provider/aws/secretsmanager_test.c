/* Secrets that are there, gone, or on their way out. */
#include "aws/secretsmanager.h"

#include "aws/test_stage.h"

#define MISSING                                                                                    \
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"                                        \
    "{\"__type\":\"ResourceNotFoundException\",\"Message\":\"m\"}"

TEST(a_secret_that_is_being_deleted_is_none)
{
    const char *const answers[] = {
        ANSWER("200 OK", "{\"ARN\":\"arn:1\",\"Name\":\"mesh/root\"}"),
        ANSWER("200 OK", "{\"ARN\":\"arn:1\",\"DeletedDate\":1768478400.1}"), MISSING, NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *secret;

    assert_true(secretsmanager_describe_secret(&s->f->call, s->aws, "mesh/root", &secret));
    assert_string_equal(value_text(secret, "ARN"), "arn:1");
    assert_true(saw(s, 0, "X-Amz-Target: secretsmanager.DescribeSecret"));
    for (int i = 0; i < 2; i++) {
        assert_true(secretsmanager_describe_secret(&s->f->call, s->aws, "mesh/root", &secret));
        assert_null(secret);
    }
}

TEST(a_secrets_value_is_its_current_version)
{
    const char *const answers[] = {ANSWER("200 OK", "{\"VersionId\":\"v\",\"SecretString\":\"s\"}"),
                                   MISSING, NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *value;

    assert_true(secretsmanager_get_secret_value(&s->f->call, s->aws, "mesh/root", &value));
    assert_string_equal(value_text(value, "SecretString"), "s");
    assert_true(saw(s, 0, "{\"SecretId\":\"mesh/root\"}"));
    assert_true(secretsmanager_get_secret_value(&s->f->call, s->aws, "mesh/root", &value));
    assert_null(value);
}
