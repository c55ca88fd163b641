/* Documents, and the orders in which roles and policies change and go. */
#include "aws/iam.h"

#include "aws/test_stage.h"

#define RESULT(operation, body)                                                                    \
    ANSWER("200 OK", "<R><" operation "Result>" body "</" operation "Result></R>")
#define MISSING                                                                                    \
    ANSWER("404 Not Found", "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error>"              \
                            "</ErrorResponse>")
static const char done[] = ANSWER("200 OK", "<R/>");

TEST(documents_are_compared_as_json)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"%7B%22Version%22%3A%20%222012-10-17%22%7D", "{\"Version\":\"2012-10-17\"}"},
        {"{\"a\": \"100%25\"}", "{\"a\":\"100%25\"}"},
        {"%7b%22a%22:%22%C3%BC%252F%22%7d", "{\"a\":\"ü%2F\"}"},
        {"%7B%2", "null"},
        {"%zz", "null"},
        {"", "null"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(json_write(a, iam_document(a, rows[i].text)).at, rows[i].json);
}

TEST(a_role_is_read_with_its_trust)
{
    const char *const answers[] = {
        RESULT("GetRole", "<Role><RoleName>r</RoleName><AssumeRolePolicyDocument>%7B%22a%22%3A1%7D"
                          "</AssumeRolePolicyDocument></Role>"),
        MISSING, RESULT("GetRolePolicy", "<PolicyDocument>%7B%7D</PolicyDocument>"), MISSING, NULL};
    struct stage *s = stage_with_keys(a, answers);
    struct call *c = &s->f->call;
    const struct value *out;

    assert_true(iam_get_role(c, s->aws, "r", &out));
    assert_int_equal(value_integer_at(value_at(out, "AssumeRolePolicyDocument"), "a"), 1);
    assert_true(iam_get_role(c, s->aws, "r", &out));
    assert_null(out);
    assert_true(iam_get_role_policy(c, s->aws, "r", "p", &out));
    assert_int_equal(out->kind, VALUE_MAP);
    assert_true(iam_get_role_policy(c, s->aws, "r", "p", &out));
    assert_null(out);
}

static void assert_asked(struct stage *s, const char *const *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!saw(s, i, wanted[i]))
            fail_msg("request %zu lacks %s", i, wanted[i]);
    assert_int_equal(server_requests(s->server), count);
}
#define ASSERT_ASKED(s, ...)                                                                       \
    assert_asked((s), (const char *const[]){__VA_ARGS__},                                          \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

TEST(a_role_is_freed_of_all_before_it_goes)
{
    const char *const answers[] = {
        RESULT("ListAttachedRolePolicies", "<AttachedPolicies><member><PolicyArn>arn:1</PolicyArn>"
                                           "</member></AttachedPolicies>"),
        MISSING, /* somebody else has detached it */
        RESULT("ListRolePolicies", "<PolicyNames><member>inline</member></PolicyNames>"),
        done,
        RESULT("ListInstanceProfilesForRole",
               "<InstanceProfiles><member><InstanceProfileName>p</InstanceProfileName></member>"
               "</InstanceProfiles>"),
        done,
        done,
        NULL};
    struct stage *s = stage_with_keys(a, answers);

    assert_true(iam_delete_role(&s->f->call, s->aws, "r", 0));
    ASSERT_ASKED(s, "=ListAttachedRolePolicies&",
                 "=DetachRolePolicy&Version=2010-05-08&RoleName=r&"
                 "PolicyArn=arn%3A1",
                 "=ListRolePolicies&",
                 "=DeleteRolePolicy&Version=2010-05-08&RoleName=r&PolicyName="
                 "inline",
                 "=ListInstanceProfilesForRole&",
                 "=RemoveRoleFromInstanceProfile&Version=2010-05-08&InstanceProfileName=p&"
                 "RoleName=r",
                 "=DeleteRole&");
}

TEST(a_role_that_is_gone_needs_no_deleting)
{
    const char *const answers[] = {MISSING, NULL};
    struct stage *s = stage_with_keys(a, answers);

    assert_true(iam_delete_role(&s->f->call, s->aws, "r", 0));
}

#define VERSION(id, is_default)                                                                    \
    "<member><VersionId>" id "</VersionId><IsDefaultVersion>" is_default                           \
    "</IsDefaultVersion></member>"

TEST(a_full_policy_makes_room_for_a_new_version)
{
    const char *const answers[] = {
        RESULT("ListPolicyVersions",
               "<Versions>" VERSION("v12", "true") VERSION("v11", "false") VERSION("v10", "false")
                   VERSION("v9", "false") VERSION("v4", "false") "</Versions>"),
        done, done, NULL};
    struct stage *s = stage_with_keys(a, answers);

    assert_true(iam_update_policy(&s->f->call, s->aws, "arn:1", "{}"));
    ASSERT_ASKED(s, "=ListPolicyVersions&", "&VersionId=v4",
                 "=CreatePolicyVersion&Version=2010-05-08&PolicyArn=arn%3A1&PolicyDocument=%7B%7D&"
                 "SetAsDefault=true");
}

TEST(a_policy_goes_with_its_other_versions)
{
    const char *const answers[] = {RESULT("ListPolicyVersions",
                                          "<Versions>" VERSION("v2", "true")
                                              VERSION("v1", "false") "</Versions>"),
                                   done, done, NULL};
    struct stage *s = stage_with_keys(a, answers);

    assert_true(iam_delete_policy(&s->f->call, s->aws, "arn:1", 0));
    ASSERT_ASKED(s, "=ListPolicyVersions&", "=DeletePolicyVersion&", "=DeletePolicy&");
}

TEST(a_policys_document_is_that_of_its_default_version)
{
    const char *const answers[] = {
        RESULT("GetPolicy", "<Policy><DefaultVersionId>v3</DefaultVersionId></Policy>"),
        RESULT("GetPolicyVersion",
               "<PolicyVersion><Document>%7B%22a%22%3A2%7D</Document></PolicyVersion>"),
        MISSING, NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *document;

    assert_true(iam_get_policy_document(&s->f->call, s->aws, "arn:1", &document));
    assert_int_equal(value_integer_at(document, "a"), 2);
    assert_true(saw(s, 1, "&VersionId=v3"));
    assert_true(iam_get_policy_document(&s->f->call, s->aws, "arn:1", &document));
    assert_null(document);
}

TEST(an_issuers_arn_is_told_by_the_account)
{
    const char *const answers[] = {RESULT("GetCallerIdentity", "<Account>111122223333</Account>"),
                                   NULL};
    struct stage *s = stage_with_keys(a, answers);
    const char *arn;

    assert_true(iam_open_id_connect_provider_arn(
        &s->f->call, s->aws, "https://oidc.eks.eu-west-1.amazonaws.com/id/1", &arn));
    assert_string_equal(
        arn, "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/1");
}
