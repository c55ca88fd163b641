#include <assert.h>
#include <stdint.h>

#include "aws/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct aws_member inner[] = {MEMBER("Key", AWS_STRING), MEMBER("At", AWS_TIME),
                                          MEMBER("Count", AWS_INTEGER), END_MEMBERS};
static const struct aws_member outer[] = {
    MEMBER("Tags", AWS_LIST, .members = inner), MEMBER("Names", AWS_LIST),
    MEMBER("One", AWS_STRUCTURE, .members = inner), MEMBER("Map", AWS_MAP), END_MEMBERS};
static const struct aws_operation operations[] = {
    {.name = "A", .service = &aws_ec2, .output = outer},
    {.name = "A", .service = &aws_iam, .output = outer},
    {.name = "A", .service = &aws_eks, .output = outer},
    {.name = "A", .service = &aws_route53, .output = outer},
};

/* Whatever a service answers, as success and as refusal; the first byte says which. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    const struct aws_operation *operation = &operations[size ? data[0] % 4 : 0];
    struct http_reply reply = {.status = 200};
    const struct value *output;
    struct aws_error error;
    struct diags diags;

    diags_init(&diags, a);
    if (size)
        reply.body =
            (struct text){text_z(a, (struct text){(const char *)data + 1, size - 1}), size - 1};
    assert(protocol_decode(a, &diags, operation, &reply, &output) != diags.failed);
    protocol_error(a, operation->service, &reply, &error);
    assert(error.code && error.message && error.request_id && error.detail);
    (void)aws_error_class(&error);
    arena_free(a);
    return 0;
}
