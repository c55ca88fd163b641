/* ec2_parts - what the files of ec2 share, and nobody else sees. */
#ifndef AWS_EC2_PARTS_H
#define AWS_EC2_PARTS_H
#include "aws/ec2.h"

#define EC2(operation_name, ...)                                                                   \
    {                                                                                              \
        .name = (operation_name), .service = &aws_ec2, __VA_ARGS__                                 \
    }
#define EC2_PAGES(list) .page_in = "NextToken", .page_out = "NextToken", .items = (list)

/* A list that is plural here and singular on the wire. */
#define EC2_LIST(plural, singular) MEMBER(plural, AWS_LIST, .wire = (singular))
#define EC2_FILTERS MEMBER("Filters", AWS_LIST, .wire = "Filter", .members = ec2_filter_members)
#define EC2_PAGED EC2_FILTERS, MEMBER("MaxResults", AWS_INTEGER), MEMBER("NextToken", AWS_STRING)
#define EC2_TAG_SPECIFICATIONS                                                                     \
    MEMBER("TagSpecifications", AWS_LIST, .wire = "TagSpecification",                              \
           .members = ec2_tag_specification)
#define EC2_TAGS MEMBER("Tags", AWS_LIST, .wire = "tagSet", .members = ec2_tag)
/* The output of an operation that answers with one list and the next page's token. */
#define EC2_LISTED(plural, wire_name, shape)                                                       \
    {                                                                                              \
        MEMBER(plural, AWS_LIST, .wire = (wire_name), .members = (shape)),                         \
            MEMBER("NextToken", AWS_STRING), END_MEMBERS                                           \
    }

extern const struct aws_member ec2_tag[], ec2_tag_specification[], ec2_filter_members[];
/* Codes: there is none (any more); just made and not yet seen; something depends on it. */
extern const char *const ec2_missing[], *const ec2_unseen[], *const ec2_blocked[];

/* The one object with that id; NULL = none. `ids`: the input member, "VpcIds". */
bool ec2_look_up(struct call *c, struct aws *session, const struct aws_operation *operation,
                 const char *ids, const char *id, const struct value **out);

#endif
