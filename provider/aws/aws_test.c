/* Sessions, requests and the sources of credentials, against a server that plays one
 * scripted answer after the other. */
#include "aws/aws.h"

#include "aws/sts.h"
#include "aws/test_stage.h"

static const struct aws_member vpc[] = {MEMBER("VpcId", AWS_STRING), END_MEMBERS};
static const struct aws_member vpcs_in[] = {MEMBER("VpcId", AWS_STRING),
                                            MEMBER("NextToken", AWS_STRING), END_MEMBERS};
static const struct aws_member vpcs_out[] = {
    MEMBER("Vpcs", AWS_LIST, .wire = "vpcSet", .members = vpc), MEMBER("NextToken", AWS_STRING),
    END_MEMBERS};
static const struct aws_member create_in[] = {MEMBER("CidrBlock", AWS_STRING),
                                              MEMBER("ClientToken", AWS_STRING), END_MEMBERS};
static const char *const gone[] = {"*.NotFound", NULL};
static const struct aws_operation describe = {.name = "DescribeVpcs",
                                              .service = &aws_ec2,
                                              .input = vpcs_in,
                                              .output = vpcs_out,
                                              .gone = gone,
                                              .page_in = "NextToken",
                                              .page_out = "NextToken",
                                              .items = "Vpcs",
                                              .flags = AWS_READS};
static const struct aws_operation create = {
    .name = "CreateVpc", .service = &aws_ec2, .input = create_in, .output = vpcs_out};
static const struct aws_operation create_once = {.name = "CreateNatGateway",
                                                 .service = &aws_ec2,
                                                 .input = create_in,
                                                 .output = vpcs_out,
                                                 .token = "ClientToken"};

#define EC2_ERROR(status, code)                                                                    \
    ANSWER(status, "<Response><Errors><Error><Code>" code "</Code><Message>its words</Message>"    \
                   "</Error></Errors><RequestID>r-1</RequestID></Response>")
static const char one_vpc[] =
    ANSWER("200 OK", "<R><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet></R>");

TEST(an_operation_is_signed_sent_and_read)
{
    const char *const answers[] = {one_vpc, NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *out;

    setenv("AWS_SESSION_TOKEN", "later", 1); /* kept credentials stay as they are */
    assert_true(aws_call(&s->f->call, s->aws, &describe, &value_empty_map, &out));
    assert_string_equal(value_text(value_item(value_at(out, "Vpcs"), 0), "VpcId"), "vpc-1");
    assert_true(saw(s, 0, "POST / HTTP/1.1"));
    assert_true(saw(s, 0, "Action=DescribeVpcs&Version=2016-11-15"));
    assert_true(saw(s, 0, "Authorization: AWS4-HMAC-SHA256 Credential=AKIDONE/"));
    assert_true(saw(s, 0, "/eu-west-1/ec2/aws4_request, SignedHeaders=content-type;host;"));
    assert_int_equal(server_requests(s->server), 1);
}

TEST(not_found_is_a_result)
{
    const char *const answers[] = {EC2_ERROR("400 Bad Request", "InvalidVpcID.NotFound"), NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *out, *items;

    assert_true(aws_call(&s->f->call, s->aws, &describe, &value_empty_map, &out));
    assert_null(out);
    assert_true(aws_list(&s->f->call, s->aws, &describe, &value_empty_map, &items));
    assert_int_equal(value_count(items), 0);
}

TEST(pages_are_followed_to_the_end)
{
    const char *const answers[] = {
        ANSWER("200 OK", "<R><vpcSet><item><vpcId>a</vpcId></item></vpcSet><nextToken>n+1"
                         "</nextToken></R>"),
        one_vpc, NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *items;

    assert_true(aws_list(&s->f->call, s->aws, &describe, &value_empty_map, &items));
    assert_string_equal(json_write(a, items).at, "[{\"VpcId\":\"a\"},{\"VpcId\":\"vpc-1\"}]");
    assert_true(saw(s, 1, "&NextToken=n%2B1"));
}

TEST(a_refusal_says_what_where_and_what_next)
{
    static const struct {
        const char *status, *code, *summary, *detail;
    } cases[] = {
        {"400 Bad Request", "DependencyViolation", "EC2 refused CreateVpc: DependencyViolation",
         "In eu-west-1: its words (request r-1)"},
        {"403 Forbidden", "UnauthorizedOperation", "EC2 refused CreateVpc: UnauthorizedOperation",
         "In eu-west-1: its words (request r-1)\n\nThe credentials come from the environment. "
         "Their "
         "identity needs the permission ec2:CreateVpc, and no policy of the organization may deny "
         "it."},
        {"401 Unauthorized", "AuthFailure", "EC2 refused CreateVpc: AuthFailure",
         "In eu-west-1: its words (request r-1)\n\nThe credentials come from the environment, and "
         "eu-west-1 does not take them: the key was deleted or is of another partition, its secret "
         "is another one, or the account has not enabled the region."},
        {"400 Bad Request", "SignatureDoesNotMatch", "EC2 refused CreateVpc: SignatureDoesNotMatch",
         "In eu-west-1: its words (request r-1)\n\nThe credentials come from the environment. "
         "Either the secret access key is not the one of its id, or this machine's clock is "
         "wrong."},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const answers[] = {
            text_f(
                a,
                "HTTP/1.1 %s\r\nConnection: close\r\n\r\n<Response><Errors><Error><Code>%s</Code>"
                "<Message>its words</Message></Error></Errors><RequestID>r-1</RequestID>"
                "</Response>",
                cases[i].status, cases[i].code),
            NULL};
        struct stage *s = stage_with_keys(a, answers);
        const struct value *out;

        assert_false(aws_call(&s->f->call, s->aws, &create, &value_empty_map, &out));
        assert_string_equal(s->f->diags.first->summary, cases[i].summary);
        assert_string_equal(s->f->diags.first->detail, cases[i].detail);
        assert_int_equal(server_requests(s->server), 1);
    }
}

TEST(what_is_safe_is_asked_again_and_signed_anew)
{
    const char *const answers[] = {"", EC2_ERROR("503 Slow", "RequestLimitExceeded"), one_vpc,
                                   NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *out;

    assert_true(aws_call(&s->f->call, s->aws, &describe, &value_empty_map, &out));
    assert_int_equal(server_requests(s->server), 3);
}

/* As AWS's own tools are told how often; the provider block has the last word. */
TEST(how_often_is_told_by_the_environment)
{
    static const struct {
        const char *attempts, *extra;
        size_t requests;
    } cases[] = {{"1", "{}", 1}, {"2", "{}", 2}, {"1", "{\"max_retries\": 1}", 2}};
    const char *const answers[] = {EC2_ERROR("503 Slow", "RequestLimitExceeded"),
                                   EC2_ERROR("503 Slow", "RequestLimitExceeded"), one_vpc, NULL};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage *s = stage_new(a, answers, cases[i].extra);
        const struct value *out;

        keys_set("AKIDONE");
        setenv("AWS_MAX_ATTEMPTS", cases[i].attempts, 1);
        stage_open(s, "eu-west-1");
        unsetenv("AWS_MAX_ATTEMPTS");
        assert_false(aws_call(&s->f->call, s->aws, &describe, &value_empty_map, &out));
        assert_int_equal(server_requests(s->server), cases[i].requests);
    }
}

TEST(a_create_is_repeated_only_under_its_token)
{
    const char *const answers[] = {"", one_vpc, NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *out;
    const char *first, *second;

    assert_true(aws_call(&s->f->call, s->aws, &create_once, &value_empty_map, &out));
    first = strstr(server_saw(s->server, s->server->bodies, 0), "&ClientToken=");
    second = strstr(server_saw(s->server, s->server->bodies, 1), "&ClientToken=");
    assert_non_null(first);
    assert_int_equal(strlen(first), strlen("&ClientToken=") + 36);
    assert_string_equal(first, second);
    s->said = 0;
    assert_false(aws_call(&s->f->call, s->aws, &create, &value_empty_map, &out));
    assert_string_equal(s->f->diags.first->summary, "Cannot reach EC2");
    assert_int_equal(server_requests(s->server), 3);
}

TEST(expired_credentials_are_renewed_once)
{
    const char *const answers[] = {EC2_ERROR("400 Bad", "ExpiredToken"), one_vpc, NULL};
    const char *const always[] = {EC2_ERROR("400 Bad", "ExpiredToken"), NULL};
    struct stage *s = stage_with_keys(a, answers);
    struct aws_credentials key;
    const struct value *out;

    assert_true(aws_credentials_now(&s->f->call, s->aws, &key));
    keys_set("AKIDTWO");
    assert_true(aws_call(&s->f->call, s->aws, &create, &value_empty_map, &out));
    assert_true(saw(s, 0, "Credential=AKIDONE/"));
    assert_true(saw(s, 1, "Credential=AKIDTWO/"));
    s = stage_with_keys(a, always); /* the environment has no other key */
    assert_false(aws_call(&s->f->call, s->aws, &create, &value_empty_map, &out));
    assert_int_equal(server_requests(s->server), 1);
    assert_string_equal(s->f->diags.first->summary, "EC2 refused CreateVpc: ExpiredToken");
}

TEST(a_wrong_clock_is_mended_once)
{
    const char *const answers[] = {
        "HTTP/1.1 403 Forbidden\r\nDate: Thu, 15 Jan 2015 12:00:00 GMT\r\nConnection: close\r\n\r\n"
        "<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>",
        one_vpc, NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *out;

    assert_true(aws_call(&s->f->call, s->aws, &create, &value_empty_map, &out));
    assert_false(saw(s, 0, "X-Amz-Date: 20150115T"));
    assert_true(saw(s, 1, "X-Amz-Date: 20150115T12000"));
}

/* --- credentials ----------------------------------------------------------------- */

#define ASSUMED(id)                                                                                \
    ANSWER("200 OK", "<R><AssumeRoleResult><Credentials><AccessKeyId>" id "</AccessKeyId>"         \
                     "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"          \
                     "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"                 \
                     "</AssumeRoleResult></R>")

static const char *found(struct stage *s, const struct aws_access *access)
{
    struct arena *a = s->f->call.arena;
    struct aws_credentials key;
    struct aws *aws;

    if (!aws_open(&s->f->call, access, NULL, &aws) || !aws_credentials_now(&s->f->call, aws, &key))
        return text_f(a, "%s: %s", s->f->diags.last->summary, s->f->diags.last->detail);
    return text_f(a, "%s/%s/%s from %s", key.key.id, key.key.secret, key.key.session_token,
                  key.source);
}

static const struct aws_access here = {.region = "eu-west-1"};

TEST(without_any_source_all_are_named)
{
    const char *const none[] = {"", NULL};
    struct stage *s = stage_new(a, none, "{}");

    assert_string_equal(
        found(s, &here),
        "No credentials for AWS: None of the usual sources has any:\n"
        "- environment: AWS_ACCESS_KEY_ID is not set\n"
        "- web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set\n"
        "- profile default: it is in neither shared file\n"
        "- container: no AWS_CONTAINER_CREDENTIALS_… is set\n"
        "- instance: there is no metadata service here\n\n"
        "Set a profile in the provider block, log in, or set the environment's keys.");
}

TEST(half_a_key_is_an_error)
{
    const char *const none[] = {"", NULL};
    struct stage *s = stage_new(a, none, "{}");

    setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
    assert_string_equal(found(s, &here), "Credentials of AWS are incomplete: the environment has "
                                         "an access key id without its secret access key.");
}

TEST(the_provider_blocks_role_comes_on_top)
{
    const char *const answers[] = {ASSUMED("ASIAROLE"), NULL};
    struct stage *s = stage_new(
        a, answers,
        "{\"assume_role\":{\"role_arn\":\"arn:aws:iam::1:role/x\",\"external_id\":\"e\"}}");

    keys_set("AKIDONE");
    assert_string_equal(found(s, &here), "ASIAROLE/s/t from role arn:aws:iam::1:role/x, assumed "
                                         "with the environment");
    assert_true(saw(s, 0, "Credential=AKIDONE/"));
    assert_true(saw(s, 0,
                    "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3A"
                    "role%2Fx&RoleSessionName=terraform-provider-istio&ExternalId=e"));
    assert_string_equal(found(s, &here), "ASIAROLE/s/t from role arn:aws:iam::1:role/x, assumed "
                                         "with the environment");
    assert_int_equal(server_requests(s->server), 1); /* kept */
}

TEST(a_role_that_cannot_be_assumed_names_the_trust_policy)
{
    const char *const answers[] = {
        ANSWER("403 Forbidden", "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not "
                                "authorized</Message></Error><RequestId>r</RequestId>"
                                "</ErrorResponse>"),
        NULL};
    struct stage *s = stage_new(a, answers, "{\"assume_role\":{\"role_arn\":\"arn:x\"}}");

    keys_set("AKIDONE");
    assert_string_equal(
        found(s, &here),
        "A role of AWS cannot be assumed: Role arn:x, with the credentials of the environment: "
        "AccessDenied: not authorized Request r\n\nThe role's trust policy has to allow "
        "sts:AssumeRole to that identity, with the external id where it demands one, and the "
        "identity's own policy has to allow sts:AssumeRole on the role.");
}

static void config_set(struct arena *a, const char *text)
{
    char *path = text_f(a, "/tmp/aws-config-XXXXXX");
    int file = mkstemp(path);

    assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
    setenv("AWS_CONFIG_FILE", path, 1);
}

static void config_drop(void)
{
    unlink(getenv("AWS_CONFIG_FILE"));
}

TEST(profiles_lead_to_keys)
{
    static const struct {
        const char *config, *profile, *wanted;
    } cases[] = {
        {"[profile p]\naws_access_key_id=A\naws_secret_access_key=S\n", "p", "A/S/ from profile p"},
        {"[profile p]\nrole_arn=arn:r\nsource_profile=base\n[profile base]\naws_access_key_id=A\n"
         "aws_secret_access_key=S\n",
         "p", "ASIA/s/t from role arn:r, assumed with profile p"},
        {"[profile p]\nrole_arn=arn:r\nsource_profile=q\n[profile q]\nrole_arn=arn:q\n"
         "source_profile=p\n",
         "p", "Profile q cannot be used: The source_profile settings form a circle."},
        {"[profile p]\nrole_arn=arn:r\nmfa_serial=x\n", "p",
         "Profile p cannot be used: Its role demands a one-time code (mfa_serial), which cannot be "
         "asked for here. Log in with a tool that asks, and use the session it gives."},
        {"[profile p]\nrole_arn=arn:r\nsource_profile=none\n", "p",
         "Profile none cannot be used: It is in neither shared file."},
        {"[profile p]\ncredential_process=printf '{\"Version\":1,\"AccessKeyId\":\"A\","
         "\"SecretAccessKey\":\"S\",\"SessionToken\":\"T\",\"Expiration\":\"2099-01-01T00:00:00Z\"}"
         "'"
         "\n",
         "p", "A/S/T from the credential_process of profile p"},
        {"[profile p]\ncredential_process=echo oops >&2; exit 3\n", "p",
         "The credential_process of profile p failed: Its command: it ended with code 3.\n\nIt "
         "said:\noops"},
        {"[profile p]\ncredential_process=echo secret\n", "p",
         "The credential_process of profile p failed: Its command: it printed no JSON."},
        {"[profile p]\nlogin_session=x\n", "p",
         "Profile p cannot be used: It signs in by login_session, which is not supported. Export "
         "its keys to the environment, or use SSO."},
        {"[profile p]\nsso_session=corp\nsso_account_id=1\n", "p",
         "An SSO profile of AWS is incomplete: Profile p needs sso_account_id and sso_role_name, "
         "and sso_start_url and sso_region in its sso-session corp"},
        {"[profile q]\n", "p", "Profile p cannot be used: It is in neither shared file."},
    };
    const char *const answers[] = {ASSUMED("ASIA"), NULL};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage *s = stage_new(a, answers, "{}");
        struct aws_access access = {.region = "eu-west-1", .profile = cases[i].profile};
        const char *got;

        config_set(a, cases[i].config);
        got = found(s, &access);
        config_drop();
        if (strncmp(got, cases[i].wanted, strlen(cases[i].wanted)) != 0)
            assert_string_equal(got, cases[i].wanted);
    }
}

TEST(a_containers_agent_is_asked)
{
    static const char document[] =
        ANSWER("200 OK", "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Token\":\"T\","
                         "\"Expiration\":\"2099-01-01T00:00:00Z\"}");
    const char *const answers[] = {ANSWER("500 No", ""), document, NULL};
    struct stage *s = stage_new(a, answers, "{}");

    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI",
           text_f(a, "http://127.0.0.1:%d/v1/credentials?x=y", s->server->port), 1);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "bearer", 1);
    assert_string_equal(found(s, &here), "A/S/T from the container's agent");
    assert_true(saw(s, 1, "GET /v1/credentials?x=y HTTP/1.1"));
    assert_true(saw(s, 1, "Authorization: bearer\r\n"));
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example/", 1);
    s->clients.aws = aws_pool_new(s->f->client);
    arena_defer(a, stage_close, s->clients.aws);
    assert_string_equal(
        found(s, &here),
        "The address of container credentials is refused: http://evil.example/, from "
        "AWS_CONTAINER_CREDENTIALS_FULL_URI, is neither https nor one of the addresses where only "
        "the container's own agent listens.");
}

TEST(an_instances_role_and_region_are_asked_for)
{
    const char *const answers[] = {
        ANSWER("200 OK", "tok"),
        ANSWER("200 OK", "eu-north-1"),
        ANSWER("200 OK", "tok"),
        ANSWER("200 OK", "node-role\n"),
        ANSWER("200 OK", "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Token\":\"T\","
                         "\"Expiration\":\"2099-01-01T00:00:00Z\"}"),
        NULL};
    struct stage *s = stage_new(a, answers, "{}");
    const struct aws_access nowhere = {0};

    unsetenv("AWS_EC2_METADATA_DISABLED");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", text_f(a, "http://127.0.0.1:%d", s->server->port),
           1);
    assert_string_equal(found(s, &nowhere), "A/S/T from the instance's role node-role");
    assert_true(saw(s, 0, "PUT /latest/api/token HTTP/1.1"));
    assert_true(saw(s, 1, "GET /latest/meta-data/placement/region HTTP/1.1"));
    assert_true(saw(s, 1, "X-aws-ec2-metadata-token: tok\r\n"));
    assert_true(saw(s, 4, "GET /latest/meta-data/iam/security-credentials/node-role HTTP/1.1"));
}

TEST(a_region_has_to_be_known)
{
    const char *const none[] = {"", NULL};
    struct stage *s = stage_new(a, none, "{}");
    const struct aws_access nowhere = {0};

    assert_string_equal(found(s, &nowhere),
                        "No region of AWS is known: Neither the resource nor the provider block "
                        "names one, AWS_REGION is not set, and profile default has none.");
}
