/* The stand-in IAM, asked through the provider's own functions. */
#include "aws/iam.h"

#include "acceptance/sandbox/aws/test_account.h"
#include "codec/base64.h"

#define POLICY_ARN "arn:aws:iam::111122223333:policy/mesh"
#define WORKER_ARN "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
#define DOCUMENT                                                                                   \
    "{\\\"Statement\\\":{\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":\\\"ec2:*\\\","               \
    "\\\"Resource\\\":\\\"*\\\"}}"

static struct account *quick(struct arena *a)
{
    const struct cloud_options options = {.speed = 0};

    return account_new(a, &options);
}

TEST(a_role_is_made_once_and_read_back)
{
    struct account *t = quick(a);
    const struct value *role;

    add_role(t, "nodes", "ec2.amazonaws.com");
    assert_refused(t, &iam_create_role, "{'RoleName': 'nodes', 'AssumeRolePolicyDocument': '{}'}",
                   "MalformedPolicyDocument");
    assert_true(iam_get_role(&t->f->call, t->aws, "nodes", &role));
    assert_string_equal(value_text(role, "Arn"), "arn:aws:iam::111122223333:role/nodes");
    assert_string_equal(
        value_z(value_in(value_item(value_in(role, "AssumeRolePolicyDocument", "Statement"), 0),
                         "Principal", "Service")),
        "ec2.amazonaws.com");
    done(t, &iam_tag_role, "{'RoleName': 'nodes', 'Tags': [{'Key': 'a', 'Value': 'b c'}]}");
    done(t, &iam_get_role_row, "{'RoleName': 'nodes'}");
    assert_string_equal(
        value_text(value_item(value_in(t->reply.output, "Role", "Tags"), 0), "Value"), "b c");
    done(t, &iam_untag_role, "{'RoleName': 'nodes', 'TagKeys': ['a']}");
    assert_true(iam_get_role(&t->f->call, t->aws, "other", &role));
    assert_null(role);
}

TEST(a_role_goes_only_when_nothing_hangs_on_it)
{
    struct account *t = quick(a);

    add_role(t, "nodes", "ec2.amazonaws.com");
    done(t, &iam_attach_role_policy, "{'RoleName': 'nodes', 'PolicyArn': '" WORKER_ARN "'}");
    done(t, &iam_attach_role_policy, "{'RoleName': 'nodes', 'PolicyArn': '" WORKER_ARN "'}");
    done(t, &iam_put_role_policy,
         "{'RoleName': 'nodes', 'PolicyName': 'own', 'PolicyDocument': '" DOCUMENT "'}");
    assert_refused(t, &iam_delete_role_row, "{'RoleName': 'nodes'}", "DeleteConflict");
    done(t, &iam_detach_role_policy, "{'RoleName': 'nodes', 'PolicyArn': '" WORKER_ARN "'}");
    assert_refused(t, &iam_detach_role_policy,
                   "{'RoleName': 'nodes', 'PolicyArn': '" WORKER_ARN "'}", "NoSuchEntity");
    assert_refused(t, &iam_delete_role_row, "{'RoleName': 'nodes'}", "DeleteConflict");
    assert_true(iam_delete_role(&t->f->call, t->aws, "nodes", 1000));
    assert_refused(t, &iam_get_role_row, "{'RoleName': 'nodes'}", "NoSuchEntity");
    assert_refused(t, &iam_attach_role_policy,
                   "{'RoleName': 'nodes', 'PolicyArn': '" WORKER_ARN "'}", "NoSuchEntity");
}

TEST(bad_documents_are_malformed)
{
    static const char *const documents[] = {
        "no json", "{}", "{\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\"}]}",
        "{\\\"Statement\\\":[{\\\"Effect\\\":\\\"Maybe\\\",\\\"Action\\\":\\\"*\\\","
        "\\\"Resource\\\":\\\"*\\\"}]}",
        "{\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":\\\"*\\\","
        "\\\"Resource\\\":\\\"*\\\",\\\"Principal\\\":\\\"*\\\"}]}"};
    struct account *t = quick(a);

    for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++)
        assert_refused(t, &iam_create_policy,
                       text_f(a, "{'PolicyName': 'p', 'PolicyDocument': '%s'}", documents[i]),
                       "MalformedPolicyDocument");
    assert_refused(t, &iam_create_role,
                   "{'RoleName': 'r', 'AssumeRolePolicyDocument': '{\\\"Statement\\\":{\\\"Effect"
                   "\\\":\\\"Allow\\\",\\\"Action\\\":\\\"sts:AssumeRole\\\",\\\"Principal\\\":{"
                   "\\\"AWS\\\":\\\"arn:aws:iam::111122223333:role/none\\\"}}}'}",
                   "MalformedPolicyDocument");
}

TEST(a_policy_keeps_five_versions)
{
    struct account *t = quick(a);
    const struct value *document;

    add_role(t, "nodes", "ec2.amazonaws.com");
    done(t, &iam_create_policy, "{'PolicyName': 'mesh', 'PolicyDocument': '" DOCUMENT "'}");
    assert_refused(t, &iam_create_policy,
                   "{'PolicyName': 'mesh', 'PolicyDocument': '" DOCUMENT "'}",
                   "EntityAlreadyExists");
    for (int i = 2; i <= 5; i++)
        done(t, &iam_create_policy_version,
             "{'PolicyArn': '" POLICY_ARN "', 'PolicyDocument': '" DOCUMENT
             "', 'SetAsDefault': true}");
    assert_refused(t, &iam_create_policy_version,
                   "{'PolicyArn': '" POLICY_ARN "', 'PolicyDocument': '" DOCUMENT "'}",
                   "LimitExceeded");
    assert_refused(t, &iam_delete_policy_version,
                   "{'PolicyArn': '" POLICY_ARN "', 'VersionId': 'v5'}", "DeleteConflict");
    assert_true(iam_update_policy(&t->f->call, t->aws, POLICY_ARN,
                                  "{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\","
                                  "\"Resource\":\"*\"}}"));
    assert_true(iam_get_policy_document(&t->f->call, t->aws, POLICY_ARN, &document));
    assert_string_equal(value_z(value_in(document, "Statement", "Effect")), "Deny");
    done(t, &iam_attach_role_policy, "{'RoleName': 'nodes', 'PolicyArn': '" POLICY_ARN "'}");
    assert_refused(t, &iam_delete_policy_row, "{'PolicyArn': '" POLICY_ARN "'}", "DeleteConflict");
    assert_true(iam_delete_role(&t->f->call, t->aws, "nodes", 1000));
    assert_true(iam_delete_policy(&t->f->call, t->aws, POLICY_ARN, 1000));
    assert_nothing_left(t);
}

TEST(an_issuer_is_a_provider_once)
{
    struct account *t = quick(a);
    const char *arn;

    done(t, &iam_create_open_id_connect_provider,
         "{'Url': 'https://oidc.example/id/1', 'ClientIDList': ['sts.amazonaws.com']}");
    assert_refused(t, &iam_create_open_id_connect_provider, "{'Url': 'https://oidc.example/id/1'}",
                   "EntityAlreadyExists");
    assert_refused(t, &iam_create_open_id_connect_provider, "{'Url': 'http://oidc.example/id/1'}",
                   "ValidationError");
    assert_true(
        iam_open_id_connect_provider_arn(&t->f->call, t->aws, "https://oidc.example/id/1", &arn));
    done(t, &iam_get_open_id_connect_provider_row,
         text_f(a, "{'OpenIDConnectProviderArn': '%s'}", arn));
    assert_string_equal(value_z(value_item(value_at(t->reply.output, "ClientIDList"), 0)),
                        "sts.amazonaws.com");
    done(t, &iam_delete_open_id_connect_provider,
         text_f(a, "{'OpenIDConnectProviderArn': '%s'}", arn));
    assert_refused(t, &iam_delete_open_id_connect_provider,
                   text_f(a, "{'OpenIDConnectProviderArn': '%s'}", arn), "NoSuchEntity");
}

TEST(aws_makes_the_roles_of_its_services_once)
{
    struct account *t = quick(a);

    done(t, &iam_create_service_linked_role,
         "{'AWSServiceName': 'elasticloadbalancing.amazonaws.com'}");
    assert_refused(t, &iam_create_service_linked_role,
                   "{'AWSServiceName': 'elasticloadbalancing.amazonaws.com'}", "InvalidInput");
}

TEST(what_was_just_made_is_not_seen_yet)
{
    const struct cloud_options options = {.speed = 20, .eventual = true}; /* half a second */
    struct account *t = account_new(a, &options);
    const struct value *role;

    add_role(t, "nodes", "ec2.amazonaws.com");
    assert_refused(t, &iam_get_role_row, "{'RoleName': 'nodes'}", "NoSuchEntity");
    assert_refused(t, &iam_create_role,
                   "{'RoleName': 'nodes', 'AssumeRolePolicyDocument': '" DOCUMENT "'}",
                   "MalformedPolicyDocument");
    assert_true(aws_call_until(&t->f->call, t->aws, &iam_attach_role_policy,
                               value_map_of(a, {"RoleName", value_string(a, "nodes")},
                                            {"PolicyArn", value_string(a, WORKER_ARN)}),
                               10000, &role));
}

/* --- trust ------------------------------------------------------------------------------------ */
#define ASSUME "{'RoleArn': 'arn:aws:iam::111122223333:role/%s', 'RoleSessionName': 'one'%s}"

static const char *assume(struct account *t, const char *role, const char *more)
{
    return ask(t, &sts_assume_role, text_f(t->a, ASSUME, role, more));
}

TEST(a_role_lets_in_whom_its_trust_policy_names)
{
    static const struct {
        const char *statement, *more, *code;
    } cases[] = {
        {"'Principal': {'AWS': 'arn:aws:iam::111122223333:root'}, 'Action': 'sts:AssumeRole'", "",
         ""},
        {"'Principal': {'AWS': ['111122223333']}, 'Action': ['sts:*']", "", ""},
        {"'Principal': {'AWS': 'arn:aws:iam::111122223333:user/stand-in'}, 'Action': "
         "'sts:AssumeRole'",
         "", ""},
        {"'Principal': '*', 'Action': 'sts:AssumeRole'", "", ""},
        {"'Principal': {'AWS': 'arn:aws:iam::111122223333:user/other'}, 'Action': "
         "'sts:AssumeRole'",
         "", "AccessDenied"},
        {"'Principal': {'Service': 'ec2.amazonaws.com'}, 'Action': 'sts:AssumeRole'", "",
         "AccessDenied"},
        {"'Principal': {'AWS': '*'}, 'Action': 'sts:TagSession'", "", "AccessDenied"},
        {"'Principal': {'AWS': '*'}, 'Action': 'sts:AssumeRole'",
         ", 'Tags': [{'Key': 'a', 'Value': 'b'}]", "AccessDenied"},
        {"'Principal': {'AWS': '*'}, 'Action': ['sts:AssumeRole', 'sts:TagSession']",
         ", 'Tags': [{'Key': 'a', 'Value': 'b'}]", ""},
        {"'Principal': {'AWS': '*'}, 'Action': 'sts:AssumeRole', 'Condition': {'StringEquals': "
         "{'sts:ExternalId': 'mesh'}}",
         "", "AccessDenied"},
        {"'Principal': {'AWS': '*'}, 'Action': 'sts:AssumeRole', 'Condition': {'StringEquals': "
         "{'sts:ExternalId': 'mesh'}}",
         ", 'ExternalId': 'other'", "AccessDenied"},
        {"'Principal': {'AWS': '*'}, 'Action': 'sts:AssumeRole', 'Condition': {'StringLike': "
         "{'sts:ExternalId': ['x', 'me*']}}",
         ", 'ExternalId': 'mesh'", ""},
        {"'Principal': {'AWS': '*'}, 'Action': 'sts:AssumeRole', 'Condition': {'Bool': "
         "{'aws:MultiFactorAuthPresent': 'true'}}",
         "", "AccessDenied"},
        {"'Principal': {'AWS': '*'}, 'Action': 'sts:AssumeRole', 'Condition': {"
         "'ArnNotLikeIfExists': {'aws:PrincipalArn': '*:user/stand-in'}}",
         "", "AccessDenied"},
    };
    struct account *t = quick(a);

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *name = text_f(a, "role-%zu", i), *code;

        add_role_trusting(t, name, cases[i].statement);
        code = assume(t, name, cases[i].more);
        if (strcmp(code, cases[i].code) != 0)
            fail_msg("%s %s: %s", cases[i].statement, cases[i].more, code);
    }
}

/* {"sub": …, "aud": ["sts.amazonaws.com"], "iss": "https://issuer.test/id"}, unsigned. */
static const char *token_of(struct arena *a, const char *subject)
{
    const char *claims = text_f(
        a, "{\"iss\":\"https://issuer.test/id\",\"aud\":[\"sts.amazonaws.com\"],\"sub\":\"%s\"}",
        subject);

    return text_f(a, ", 'WebIdentityToken': 'e30.%s.x'",
                  base64_encode(a, text_of(claims), BASE64_URL_RAW).at);
}

TEST(a_service_account_gets_in_by_its_provider_and_name)
{
    struct account *t = quick(a);
    const char *right = text_f(a, ASSUME, "pod", token_of(a, "system:serviceaccount:x:y"));
    const char *wrong = text_f(a, ASSUME, "pod", token_of(a, "system:serviceaccount:x:z"));

    add_role_trusting(t, "pod",
                      "'Principal': {'Federated': 'arn:aws:iam::111122223333:oidc-provider/"
                      "issuer.test/id'}, 'Action': 'sts:AssumeRoleWithWebIdentity', 'Condition': {"
                      "'StringEquals': {'issuer.test/id:sub': 'system:serviceaccount:x:y', "
                      "'issuer.test/id:aud': 'sts.amazonaws.com'}}");
    assert_refused(t, &sts_assume_role_with_web_identity, right, "InvalidIdentityToken");
    done(t, &iam_create_open_id_connect_provider,
         "{'Url': 'https://issuer.test/id', 'ClientIDList': ['sts.amazonaws.com'], "
         "'ThumbprintList': ['0123456789012345678901234567890123456789']}");
    done(t, &sts_assume_role_with_web_identity, right);
    assert_refused(t, &sts_assume_role_with_web_identity, wrong, "AccessDenied");
}
