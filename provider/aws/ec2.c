/* Tags, filters, and how one object is looked up. */
#include "aws/ec2_parts.h"

/* --- shapes ----------------------------------------------------------------------- */

/* Without a value DeleteTags takes the key whatever it holds; an empty one is a value. */
const struct aws_member ec2_tag[] = {
    MEMBER("Key", AWS_STRING), MEMBER("Value", AWS_STRING, .may_be_empty = true), END_MEMBERS};
const struct aws_member ec2_tag_specification[] = {
    MEMBER("ResourceType", AWS_STRING), MEMBER("Tags", AWS_LIST, .wire = "Tag", .members = ec2_tag),
    END_MEMBERS};
const struct aws_member ec2_filter_members[] = {MEMBER("Name", AWS_STRING),
                                                EC2_LIST("Values", "Value"), END_MEMBERS};
static const struct aws_member tags_in[] = {
    EC2_LIST("Resources", "ResourceId"),
    MEMBER("Tags", AWS_LIST, .wire = "Tag", .members = ec2_tag), END_MEMBERS};
static const struct aws_member describe_in[] = {EC2_PAGED, END_MEMBERS};
static const struct aws_member tag_of_resource[] = {
    MEMBER("Key", AWS_STRING), MEMBER("Value", AWS_STRING), MEMBER("ResourceId", AWS_STRING),
    MEMBER("ResourceType", AWS_STRING), END_MEMBERS};
static const struct aws_member tags_out[] = EC2_LISTED("Tags", "tagSet", tag_of_resource);

/* --- operations -------------------------------------------------------------------- */

/* EC2's model names no codes at all; these follow its "Error codes" page. */
const char *const ec2_missing[] = {"*.NotFound", "NatGatewayNotFound", "*.NotFoundException",
                                   "*.VersionNotFound", NULL};
const char *const ec2_unseen[] = {"*.NotFound", "NatGatewayNotFound", NULL};
const char *const ec2_blocked[] = {"DependencyViolation", NULL};

const struct aws_operation ec2_create_tags = /* an upsert */
    EC2("CreateTags", .input = tags_in, .pending = ec2_unseen, .flags = AWS_READS);
const struct aws_operation ec2_delete_tags =
    EC2("DeleteTags", .input = tags_in, .gone = ec2_missing, .flags = AWS_READS);
const struct aws_operation ec2_describe_tags =
    EC2("DescribeTags", .input = describe_in, .output = tags_out, EC2_PAGES("Tags"),
        .flags = AWS_READS);

/* --- looking ------------------------------------------------------------------------ */

const struct value *ec2_filter(struct arena *a, const struct value *filters, const char *name,
                               const char *value)
{
    return value_append(a, filters ? filters : &value_empty_list,
                        value_map_of(a, {"Name", value_string(a, name)},
                                     {"Values", value_list_of(a, value_string(a, value))}));
}

const struct value *ec2_filter_tags(struct arena *a, const struct value *filters,
                                    const struct value *tags)
{
    for (size_t i = 0; i < value_count(tags); i++)
        filters = ec2_filter(a, filters, text_f(a, "tag:%s", tags->map.entries[i].key),
                             value_z(tags->map.entries[i].value));
    return filters;
}

bool ec2_list(struct call *c, struct aws *session, const struct aws_operation *operation,
              const struct value *filters, const struct value **items)
{
    /* the one operation that calls its filters in the singular */
    const char *member = operation == &ec2_describe_nat_gateways ? "Filter" : "Filters";

    return aws_list(c, session, operation,
                    value_map_of(c->arena, {member, filters ? filters : &value_empty_list}), items);
}

bool ec2_look_up(struct call *c, struct aws *session, const struct aws_operation *operation,
                 const char *ids, const char *id, const struct value **out)
{
    struct arena *a = c->arena;
    const struct value *output, *items;

    *out = NULL;
    if (!aws_call(c, session, operation,
                  value_map_of(a, {ids, value_list_of(a, value_string(a, id))}), &output))
        return false;
    items = output ? value_at(output, operation->items) : &value_null;
    *out = value_count(items) ? value_item(items, 0) : NULL;
    return true;
}
