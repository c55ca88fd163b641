#include <assert.h>
#include <stdint.h>

#include "aws/autoscaling.h"
#include "aws/ec2.h"
#include "aws/eks.h"
#include "aws/elasticloadbalancing.h"
#include "aws/iam.h"
#include "aws/protocol.h"
#include "aws/route53.h"
#include "aws/secretsmanager.h"
#include "aws/sso.h"
#include "aws/sts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct aws_member inner[] = {MEMBER("Key", AWS_STRING), MEMBER("At", AWS_TIME),
                                          MEMBER("Count", AWS_INTEGER), END_MEMBERS};
static const struct aws_member outer[] = {
    MEMBER("Tags", AWS_LIST, .members = inner), MEMBER("Names", AWS_LIST),
    MEMBER("One", AWS_STRUCTURE, .members = inner), MEMBER("Map", AWS_MAP), END_MEMBERS};
/* One of every form with every kind of member, then rows that are in use. */
static const struct aws_operation made_up[] = {
    {.name = "A", .service = &aws_ec2, .output = outer},
    {.name = "A", .service = &aws_iam, .output = outer},
    {.name = "A", .service = &aws_eks, .output = outer},
    {.name = "A", .service = &aws_route53, .output = outer},
    {.name = "A", .service = &aws_secretsmanager, .output = outer},
};
static const struct aws_operation *const operations[] = {
    &made_up[0],
    &made_up[1],
    &made_up[2],
    &made_up[3],
    &made_up[4],
    &ec2_describe_vpcs,
    &eks_describe_cluster_row,
    &iam_get_role_row,
    &elasticloadbalancing_describe_load_balancers,
    &route53_list_resource_record_sets,
    &secretsmanager_describe_secret_row,
    &sso_get_role_credentials,
    &sso_oidc_create_token,
    &sts_assume_role,
};
enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

/* Whatever a service answers, as success and as refusal. The first byte says which one it
 * is, and whether a header names the code: the text up to the first line's end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    const struct aws_operation *operation = operations[size ? data[0] % 16 % OPERATIONS : 0];
    struct http_header code = {"x-amzn-errortype", ""};
    struct http_reply reply = {.status = 200, .headers = &code};
    struct text rest = {(const char *)data + (size ? 1 : 0), size ? size - 1 : 0}, line;
    const struct value *output;
    struct aws_error error;
    struct diags diags;

    diags_init(&diags, a);
    if (size && data[0] & 0x80 && text_split(&rest, '\n', &line)) {
        code.value = text_z(a, line);
        reply.header_count = 1;
    }
    if (rest.at)
        reply.body = (struct text){text_z(a, rest), rest.len};
    assert(protocol_decode(a, &diags, operation, &reply, &output) != diags.failed);
    reply.status = 400;
    protocol_error(a, operation->service, &reply, &error);
    assert(error.code && error.message && error.request_id && error.detail);
    (void)aws_error_class(&error);
    arena_free(a);
    return 0;
}
