/* The wire forms, each by one operation whose tables use all that the form can do. */
#include "aws/protocol.h"

#include <string.h>

#include "base/test.h"
#include "codec/json.h"

static const char cases_file[] = "provider/aws/testdata/protocol.json";

static const struct aws_member tag[] = {MEMBER("Key", AWS_STRING), MEMBER("Value", AWS_STRING),
                                        END_MEMBERS};
static const struct aws_member range[] = {MEMBER("CidrIp", AWS_STRING), END_MEMBERS};
static const struct aws_member permission[] = {
    MEMBER("FromPort", AWS_INTEGER),
    MEMBER("UserIdGroupPairs", AWS_LIST, .wire = "Groups", .members = range),
    MEMBER("IpRanges", AWS_LIST, .members = range), END_MEMBERS};
static const struct aws_member ec2_in[] = {
    MEMBER("GroupId", AWS_STRING),
    MEMBER("Description", AWS_STRING, .wire = "GroupDescription"),
    MEMBER("DryRun", AWS_BOOL),
    MEMBER("VpcIds", AWS_LIST, .wire = "VpcId"),
    MEMBER("IpPermissions", AWS_LIST, .members = permission),
    MEMBER("EnableDnsSupport", AWS_STRUCTURE, .members = tag),
    END_MEMBERS};
static const struct aws_member ec2_group[] = {
    MEMBER("GroupId", AWS_STRING),
    MEMBER("IsDefault", AWS_BOOL),
    MEMBER("FromPort", AWS_INTEGER),
    MEMBER("CreateTime", AWS_TIME),
    MEMBER("Tags", AWS_LIST, .wire = "tagSet", .members = tag),
    MEMBER("VpcIds", AWS_LIST, .wire = "vpcIdSet"),
    END_MEMBERS};
static const struct aws_member ec2_out[] = {
    MEMBER("SecurityGroups", AWS_LIST, .wire = "securityGroupInfo", .members = ec2_group),
    MEMBER("NextToken", AWS_STRING), MEMBER("Vpc", AWS_STRUCTURE, .members = ec2_group),
    END_MEMBERS};
static const struct aws_member iam_in[] = {
    MEMBER("RoleName", AWS_STRING), MEMBER("Tags", AWS_LIST, .members = tag),
    MEMBER("Names", AWS_LIST), MEMBER("Labels", AWS_MAP), END_MEMBERS};
static const struct aws_member iam_role[] = {MEMBER("RoleName", AWS_STRING),
                                             MEMBER("Arn", AWS_STRING),
                                             MEMBER("CreateDate", AWS_TIME), END_MEMBERS};
static const struct aws_member iam_out[] = {MEMBER("Role", AWS_STRUCTURE, .members = iam_role),
                                            MEMBER("Names", AWS_LIST),
                                            MEMBER("IsTruncated", AWS_BOOL), END_MEMBERS};
static const struct aws_member eks_config[] = {
    MEMBER("subnetIds", AWS_LIST), MEMBER("endpointPublicAccess", AWS_BOOL), END_MEMBERS};
static const struct aws_member eks_in[] = {
    MEMBER("name", AWS_STRING, .place = AWS_PATH),
    MEMBER("principalArn", AWS_STRING, .place = AWS_PATH),
    MEMBER("tagKeys", AWS_LIST, .place = AWS_URL_QUERY),
    MEMBER("maxResults", AWS_INTEGER, .place = AWS_URL_QUERY),
    MEMBER("resourcesVpcConfig", AWS_STRUCTURE, .members = eks_config),
    MEMBER("tags", AWS_MAP),
    END_MEMBERS};
static const struct aws_member eks_cluster[] = {MEMBER("status", AWS_STRING),
                                                MEMBER("createdAt", AWS_TIME),
                                                MEMBER("tags", AWS_MAP), END_MEMBERS};
static const struct aws_member eks_out[] = {
    MEMBER("cluster", AWS_STRUCTURE, .members = eks_cluster),
    MEMBER("addons", AWS_LIST, .members = eks_cluster), MEMBER("names", AWS_LIST), END_MEMBERS};
static const struct aws_member r53_record[] = {
    MEMBER("Name", AWS_STRING), MEMBER("TTL", AWS_INTEGER),
    MEMBER("Values", AWS_LIST, .wire = "ResourceRecords", .item = "Value"), END_MEMBERS};
static const struct aws_member r53_change[] = {
    MEMBER("Action", AWS_STRING), MEMBER("ResourceRecordSet", AWS_STRUCTURE, .members = r53_record),
    END_MEMBERS};
static const struct aws_member r53_batch[] = {
    MEMBER("Comment", AWS_STRING),
    MEMBER("Changes", AWS_LIST, .members = r53_change, .item = "Change"), END_MEMBERS};
static const struct aws_member r53_in[] = {
    MEMBER("Id", AWS_STRING, .place = AWS_PATH), MEMBER("type", AWS_STRING, .place = AWS_URL_QUERY),
    MEMBER("ChangeBatch", AWS_STRUCTURE, .members = r53_batch), END_MEMBERS};
static const struct aws_member r53_info[] = {MEMBER("Id", AWS_STRING), MEMBER("Status", AWS_STRING),
                                             MEMBER("SubmittedAt", AWS_TIME), END_MEMBERS};
static const struct aws_member r53_out[] = {
    MEMBER("ChangeInfo", AWS_STRUCTURE, .members = r53_info),
    MEMBER("HostedZones", AWS_LIST, .members = r53_info), END_MEMBERS};
static const struct aws_member secret_in[] = {MEMBER("SecretId", AWS_STRING), END_MEMBERS};

static const struct aws_operation operations[] = {
    {.name = "Group", .service = &aws_ec2, .input = ec2_in, .output = ec2_out},
    {.name = "Role", .service = &aws_iam, .input = iam_in, .output = iam_out},
    {.name = "Entry",
     .service = &aws_eks,
     .method = "POST",
     .path = "/clusters/{name}/access-entries/{principalArn}/policies",
     .input = eks_in,
     .output = eks_out},
    {.name = "EntryGet",
     .service = &aws_eks,
     .method = "GET",
     .path = "/clusters/{name}",
     .input = eks_in,
     .output = eks_out},
    {.name = "Change",
     .service = &aws_route53,
     .method = "POST",
     .path = "/2013-04-01/hostedzone/{Id}/rrset/",
     .input = r53_in,
     .output = r53_out},
    {.name = "Zone",
     .service = &aws_route53,
     .method = "GET",
     .path = "/2013-04-01/hostedzone/{Id}",
     .input = r53_in,
     .output = r53_out},
    {.name = "GetSecretValue",
     .service = &aws_secretsmanager,
     .input = secret_in,
     .output = secret_in},
};

static const struct aws_operation *operation_of(const struct value *wanted)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (strcmp(operations[i].name, value_text(wanted, "operation")) == 0)
            return &operations[i];
    fail_msg("no operation %s", value_text(wanted, "operation"));
    return NULL;
}

static const struct value *cases(struct arena *a, const char *table, size_t count)
{
    const struct value *all;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(json_read(a, test_file(a, cases_file), cases_file, &diags, &all));
    assert_int_equal(value_count(value_at(all, table)), count);
    return value_at(all, table);
}

static void check_request(struct arena *a, const struct value *wanted)
{
    struct protocol_request r;
    struct diags diags;
    const char *headers = "";

    diags_init(&diags, a);
    if (!protocol_encode(a, &diags, operation_of(wanted), value_at(wanted, "input"), &r)) {
        assert_string_equal(diags.first->detail, value_text(wanted, "error"));
        return;
    }
    for (size_t i = 0; i < r.header_count; i++)
        headers =
            text_f(a, "%s%s%s: %s", headers, i ? "\n" : "", r.headers[i].name, r.headers[i].value);
    assert_string_equal(text_f(a, "%s %s%s%s", r.method, r.path, *r.query ? "?" : "", r.query),
                        value_text(wanted, "line"));
    assert_string_equal(headers, value_text(wanted, "headers"));
    assert_string_equal(text_z(a, r.body), value_text(wanted, "body"));
}

TEST(requests_have_the_form_of_their_protocol)
{
    const struct value *all = cases(a, "requests", 9);

    for (size_t i = 0; i < value_count(all); i++)
        check_request(a, value_item(all, i));
}

TEST(answers_are_read_by_their_tables)
{
    const struct value *all = cases(a, "answers", 9);

    for (size_t i = 0; i < value_count(all); i++) {
        const struct value *wanted = value_item(all, i), *output;
        struct http_reply reply = {.status = 200, .body = text_of(value_text(wanted, "body"))};
        struct diags diags;

        diags_init(&diags, a);
        if (protocol_decode(a, &diags, operation_of(wanted), &reply, &output))
            assert_string_equal(json_write(a, output).at,
                                json_write(a, value_at(wanted, "output")).at);
        else
            assert_string_equal(diags.first->summary, value_text(wanted, "error"));
    }
}

static const char *class_name(enum aws_error_class class)
{
    static const char *const names[] = {"refused", "throttled", "transient",
                                        "clock",   "expired",   "unauthorized"};

    return names[class];
}

TEST(refusals_are_told_by_code_and_class)
{
    const struct value *all = cases(a, "refusals", 14);

    for (size_t i = 0; i < value_count(all); i++) {
        const struct value *wanted = value_item(all, i);
        struct http_header headers[] = {{"x-amzn-errortype", value_text(wanted, "header")},
                                        {"x-amzn-requestid", "from-header"}};
        struct http_reply reply = {.status = (int)value_integer_at(wanted, "status"),
                                   .body = text_of(value_text(wanted, "body")),
                                   .headers = headers,
                                   .header_count = 2};
        struct aws_error error;

        protocol_error(a, operation_of(wanted)->service, &reply, &error);
        assert_string_equal(text_f(a, "%s|%s|%s|%s", class_name(aws_error_class(&error)),
                                   error.code, error.message, error.request_id),
                            value_text(wanted, "error"));
    }
}

TEST(codes_are_matched_by_patterns)
{
    const char *const patterns[] = {"*.NotFound", "InvalidVpc*", "Gone", NULL};
    const struct {
        const char *code;
        bool is;
    } found[] = {{"InvalidSubnetID.NotFound", true},
                 {".NotFound", true},
                 {"NotFound", false},
                 {"InvalidVpcRange", true},
                 {"Gone", true},
                 {"Gone2", false},
                 {"", false}};

    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
        struct aws_error error = {.code = found[i].code};

        assert_int_equal(aws_error_is(&error, patterns), found[i].is);
        assert_false(aws_error_is(&error, NULL));
    }
}
