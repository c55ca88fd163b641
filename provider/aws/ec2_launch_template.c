/* Launch templates: what nodes are made from. A change is a new version that is then
 * made the default one. */
#include "aws/ec2_parts.h"

/* --- shapes ----------------------------------------------------------------------- */

/* Requests and answers name the lists of a template's data differently. */
#define DATA(tags, group_ids, mappings, specifications)                                            \
    {                                                                                              \
        MEMBER("ImageId", AWS_STRING), MEMBER("InstanceType", AWS_STRING),                         \
            MEMBER("UserData", AWS_STRING),                                                        \
            MEMBER("SecurityGroupIds", AWS_LIST, .wire = (group_ids)),                             \
            MEMBER("BlockDeviceMappings", AWS_LIST, .wire = (mappings), .members = mapping),       \
            MEMBER("MetadataOptions", AWS_STRUCTURE, .members = metadata),                         \
            MEMBER("Monitoring", AWS_STRUCTURE, .members = monitoring),                            \
            MEMBER("TagSpecifications", AWS_LIST, .wire = (specifications), .members = (tags)),    \
            END_MEMBERS                                                                            \
    }
static const struct aws_member volume[] = {MEMBER("VolumeSize", AWS_INTEGER),
                                           MEMBER("VolumeType", AWS_STRING),
                                           MEMBER("Iops", AWS_INTEGER),
                                           MEMBER("Throughput", AWS_INTEGER),
                                           MEMBER("Encrypted", AWS_BOOL),
                                           MEMBER("KmsKeyId", AWS_STRING),
                                           MEMBER("DeleteOnTermination", AWS_BOOL),
                                           END_MEMBERS};
static const struct aws_member mapping[] = {
    MEMBER("DeviceName", AWS_STRING), MEMBER("Ebs", AWS_STRUCTURE, .members = volume), END_MEMBERS};
static const struct aws_member metadata[] = {MEMBER("HttpTokens", AWS_STRING),
                                             MEMBER("HttpPutResponseHopLimit", AWS_INTEGER),
                                             MEMBER("HttpEndpoint", AWS_STRING), END_MEMBERS};
static const struct aws_member monitoring[] = {MEMBER("Enabled", AWS_BOOL), END_MEMBERS};
static const struct aws_member tags_answered[] = {MEMBER("ResourceType", AWS_STRING), EC2_TAGS,
                                                  END_MEMBERS};
static const struct aws_member data_in[] =
    DATA(ec2_tag_specification, "SecurityGroupId", "BlockDeviceMapping", "TagSpecification");
static const struct aws_member data_out[] =
    DATA(tags_answered, "securityGroupIdSet", "blockDeviceMappingSet", "tagSpecificationSet");

static const struct aws_member template[] = {MEMBER("LaunchTemplateId", AWS_STRING),
                                             MEMBER("LaunchTemplateName", AWS_STRING),
                                             MEMBER("DefaultVersionNumber", AWS_INTEGER),
                                             MEMBER("LatestVersionNumber", AWS_INTEGER),
                                             EC2_TAGS,
                                             END_MEMBERS};
static const struct aws_member version[] = {
    MEMBER("LaunchTemplateId", AWS_STRING),
    MEMBER("LaunchTemplateName", AWS_STRING),
    MEMBER("VersionNumber", AWS_INTEGER),
    MEMBER("VersionDescription", AWS_STRING),
    MEMBER("DefaultVersion", AWS_BOOL),
    MEMBER("LaunchTemplateData", AWS_STRUCTURE, .members = data_out),
    END_MEMBERS};
static const struct aws_member create_in[] = {
    MEMBER("LaunchTemplateName", AWS_STRING),
    MEMBER("VersionDescription", AWS_STRING),
    MEMBER("LaunchTemplateData", AWS_STRUCTURE, .members = data_in),
    EC2_TAG_SPECIFICATIONS,
    MEMBER("ClientToken", AWS_STRING),
    END_MEMBERS};
static const struct aws_member template_out[] = {
    MEMBER("LaunchTemplate", AWS_STRUCTURE, .members = template), END_MEMBERS};
static const struct aws_member templates_in[] = {
    EC2_LIST("LaunchTemplateIds", "LaunchTemplateId"),
    EC2_LIST("LaunchTemplateNames", "LaunchTemplateName"), EC2_PAGED, END_MEMBERS};
static const struct aws_member templates_out[] =
    EC2_LISTED("LaunchTemplates", "launchTemplates", template);
static const struct aws_member modify_in[] = {
    MEMBER("LaunchTemplateId", AWS_STRING),
    MEMBER("DefaultVersion", AWS_STRING, .wire = "SetDefaultVersion"),
    MEMBER("ClientToken", AWS_STRING), END_MEMBERS};
static const struct aws_member delete_in[] = {MEMBER("LaunchTemplateId", AWS_STRING), END_MEMBERS};
static const struct aws_member create_version_in[] = {
    MEMBER("LaunchTemplateId", AWS_STRING), MEMBER("VersionDescription", AWS_STRING),
    MEMBER("LaunchTemplateData", AWS_STRUCTURE, .members = data_in),
    MEMBER("ClientToken", AWS_STRING), END_MEMBERS};
static const struct aws_member version_out[] = {
    MEMBER("LaunchTemplateVersion", AWS_STRUCTURE, .members = version), END_MEMBERS};
static const struct aws_member versions_in[] = {MEMBER("LaunchTemplateId", AWS_STRING),
                                                EC2_LIST("Versions", "LaunchTemplateVersion"),
                                                EC2_PAGED, END_MEMBERS};
static const struct aws_member versions_out[] =
    EC2_LISTED("LaunchTemplateVersions", "launchTemplateVersionSet", version);

/* --- operations -------------------------------------------------------------------- */

static const char *const exists[] = {"InvalidLaunchTemplateName.AlreadyExistsException", NULL};

const struct aws_operation ec2_create_launch_template =
    EC2("CreateLaunchTemplate", .input = create_in, .output = template_out, .exists = exists,
        .token = "ClientToken");
const struct aws_operation ec2_describe_launch_templates =
    EC2("DescribeLaunchTemplates", .input = templates_in, .output = templates_out,
        .gone = ec2_missing, EC2_PAGES("LaunchTemplates"), .flags = AWS_READS);
const struct aws_operation ec2_modify_launch_template =
    EC2("ModifyLaunchTemplate", .input = modify_in, .output = template_out, .pending = ec2_unseen,
        .token = "ClientToken");
const struct aws_operation ec2_delete_launch_template =
    EC2("DeleteLaunchTemplate", .input = delete_in, .gone = ec2_missing, .flags = AWS_READS);
const struct aws_operation ec2_create_launch_template_version =
    EC2("CreateLaunchTemplateVersion", .input = create_version_in, .output = version_out,
        .pending = ec2_unseen, .token = "ClientToken");
const struct aws_operation ec2_describe_launch_template_versions =
    EC2("DescribeLaunchTemplateVersions", .input = versions_in, .output = versions_out,
        .gone = ec2_missing, EC2_PAGES("LaunchTemplateVersions"), .flags = AWS_READS);

/* --- looking ------------------------------------------------------------------------ */

bool ec2_describe_launch_template(struct call *c, struct aws *session, const char *id,
                                  const struct value **out)
{
    return ec2_look_up(c, session, &ec2_describe_launch_templates, "LaunchTemplateIds", id, out);
}

bool ec2_describe_launch_template_version(struct call *c, struct aws *session, const char *id,
                                          const char *number, const struct value **out)
{
    struct arena *a = c->arena;
    const struct value *output, *items;

    *out = NULL;
    if (!aws_call(c, session, &ec2_describe_launch_template_versions,
                  value_map_of(a, {"LaunchTemplateId", value_string(a, id)},
                               {"Versions", value_list_of(a, value_string(a, number))}),
                  &output))
        return false;
    items = output ? value_at(output, "LaunchTemplateVersions") : &value_null;
    *out = value_count(items) ? value_item(items, 0) : NULL;
    return true;
}
