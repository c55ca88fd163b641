/* Security groups; their rules one by one, each with an id of its own. */
#include "aws/ec2_parts.h"

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member range[] = {MEMBER("CidrIp", AWS_STRING),
                                          MEMBER("Description", AWS_STRING), END_MEMBERS};
static const struct aws_member ipv6_range[] = {MEMBER("CidrIpv6", AWS_STRING),
                                               MEMBER("Description", AWS_STRING), END_MEMBERS};
static const struct aws_member pair[] = {MEMBER("GroupId", AWS_STRING),
                                         MEMBER("Description", AWS_STRING), END_MEMBERS};
static const struct aws_member permission[] = {
    MEMBER("IpProtocol", AWS_STRING),
    MEMBER("FromPort", AWS_INTEGER),
    MEMBER("ToPort", AWS_INTEGER),
    MEMBER("IpRanges", AWS_LIST, .members = range),
    MEMBER("Ipv6Ranges", AWS_LIST, .members = ipv6_range),
    MEMBER("UserIdGroupPairs", AWS_LIST, .wire = "groups", .members = pair),
    END_MEMBERS};
static const struct aws_member group[] = {
    MEMBER("GroupId", AWS_STRING),
    MEMBER("GroupName", AWS_STRING),
    MEMBER("Description", AWS_STRING, .wire = "groupDescription"),
    MEMBER("VpcId", AWS_STRING),
    MEMBER("OwnerId", AWS_STRING),
    MEMBER("SecurityGroupArn", AWS_STRING),
    MEMBER("IpPermissions", AWS_LIST, .members = permission),
    MEMBER("IpPermissionsEgress", AWS_LIST, .members = permission),
    EC2_TAGS,
    END_MEMBERS};
static const struct aws_member create_in[] = {
    MEMBER("GroupName", AWS_STRING), MEMBER("Description", AWS_STRING, .wire = "groupDescription"),
    MEMBER("VpcId", AWS_STRING), EC2_TAG_SPECIFICATIONS, END_MEMBERS};
static const struct aws_member create_out[] = {MEMBER("GroupId", AWS_STRING), END_MEMBERS};
static const struct aws_member groups_in[] = {EC2_LIST("GroupIds", "GroupId"), EC2_PAGED,
                                              END_MEMBERS};
static const struct aws_member groups_out[] =
    EC2_LISTED("SecurityGroups", "securityGroupInfo", group);
static const struct aws_member group_in[] = {MEMBER("GroupId", AWS_STRING), END_MEMBERS};

static const struct aws_member referenced[] = {MEMBER("GroupId", AWS_STRING),
                                               MEMBER("UserId", AWS_STRING), END_MEMBERS};
#define RULE_TERMS                                                                                 \
    MEMBER("IpProtocol", AWS_STRING), MEMBER("FromPort", AWS_INTEGER),                             \
        MEMBER("ToPort", AWS_INTEGER), MEMBER("CidrIpv4", AWS_STRING),                             \
        MEMBER("CidrIpv6", AWS_STRING), MEMBER("PrefixListId", AWS_STRING),                        \
        MEMBER("Description", AWS_STRING)
static const struct aws_member rule[] = {
    MEMBER("SecurityGroupRuleId", AWS_STRING),
    MEMBER("GroupId", AWS_STRING),
    MEMBER("IsEgress", AWS_BOOL),
    RULE_TERMS,
    MEMBER("ReferencedGroupInfo", AWS_STRUCTURE, .members = referenced),
    EC2_TAGS,
    END_MEMBERS};
static const struct aws_member authorize_in[] = {
    MEMBER("GroupId", AWS_STRING), MEMBER("IpPermissions", AWS_LIST, .members = permission),
    EC2_TAG_SPECIFICATIONS, END_MEMBERS};
static const struct aws_member authorize_out[] = {
    MEMBER("SecurityGroupRules", AWS_LIST, .wire = "securityGroupRuleSet", .members = rule),
    END_MEMBERS};
static const struct aws_member revoke_in[] = {
    MEMBER("GroupId", AWS_STRING), EC2_LIST("SecurityGroupRuleIds", "SecurityGroupRuleId"),
    MEMBER("IpPermissions", AWS_LIST, .members = permission), END_MEMBERS};
static const struct aws_member rules_in[] = {
    EC2_LIST("SecurityGroupRuleIds", "SecurityGroupRuleId"), EC2_PAGED, END_MEMBERS};
static const struct aws_member rules_out[] =
    EC2_LISTED("SecurityGroupRules", "securityGroupRuleSet", rule);
static const struct aws_member rule_wanted[] = {RULE_TERMS, MEMBER("ReferencedGroupId", AWS_STRING),
                                                END_MEMBERS};
static const struct aws_member rule_update[] = {
    MEMBER("SecurityGroupRuleId", AWS_STRING),
    MEMBER("SecurityGroupRule", AWS_STRUCTURE, .members = rule_wanted), END_MEMBERS};
static const struct aws_member modify_in[] = {
    MEMBER("GroupId", AWS_STRING),
    MEMBER("SecurityGroupRules", AWS_LIST, .wire = "SecurityGroupRule", .members = rule_update),
    END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

static const char *const group_exists[] = {"InvalidGroup.Duplicate", NULL};
static const char *const rule_exists[] = {"InvalidPermission.Duplicate", NULL};
static const char *const group_used[] = {"DependencyViolation", "InvalidGroup.InUse", NULL};

/* EC2 adds a rule that lets everything out. */
const struct aws_operation ec2_create_security_group =
    EC2("CreateSecurityGroup", .input = create_in, .output = create_out, .exists = group_exists,
        .pending = ec2_unseen);
const struct aws_operation ec2_describe_security_groups =
    EC2("DescribeSecurityGroups", .input = groups_in, .output = groups_out, .gone = ec2_missing,
        EC2_PAGES("SecurityGroups"), .flags = AWS_READS);
const struct aws_operation ec2_delete_security_group =
    EC2("DeleteSecurityGroup", .input = group_in, .gone = ec2_missing, .pending = group_used,
        .flags = AWS_READS);

/* One rule that is there already fails the whole call. */
const struct aws_operation ec2_authorize_security_group_ingress =
    EC2("AuthorizeSecurityGroupIngress", .input = authorize_in, .output = authorize_out,
        .exists = rule_exists, .pending = ec2_unseen);
const struct aws_operation ec2_authorize_security_group_egress =
    EC2("AuthorizeSecurityGroupEgress", .input = authorize_in, .output = authorize_out,
        .exists = rule_exists, .pending = ec2_unseen);
const struct aws_operation ec2_revoke_security_group_ingress =
    EC2("RevokeSecurityGroupIngress", .input = revoke_in, .gone = ec2_missing, .flags = AWS_READS);
const struct aws_operation ec2_revoke_security_group_egress =
    EC2("RevokeSecurityGroupEgress", .input = revoke_in, .gone = ec2_missing, .flags = AWS_READS);
const struct aws_operation ec2_describe_security_group_rules =
    EC2("DescribeSecurityGroupRules", .input = rules_in, .output = rules_out, .gone = ec2_missing,
        EC2_PAGES("SecurityGroupRules"), .flags = AWS_READS);
const struct aws_operation ec2_modify_security_group_rules =
    EC2("ModifySecurityGroupRules", .input = modify_in, .exists = rule_exists, .flags = AWS_READS);

/* --- looking ------------------------------------------------------------------------ */

bool ec2_describe_security_group(struct call *c, struct aws *session, const char *id,
                                 const struct value **out)
{
    return ec2_look_up(c, session, &ec2_describe_security_groups, "GroupIds", id, out);
}

bool ec2_describe_security_group_rule(struct call *c, struct aws *session, const char *id,
                                      const struct value **out)
{
    return ec2_look_up(c, session, &ec2_describe_security_group_rules, "SecurityGroupRuleIds", id,
                       out);
}
