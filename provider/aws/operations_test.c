/* Every operation that we have: the rows hold together, and requests and answers with
 * names that are unlike the members' are what AWS expects and gives. */
#include "aws/operation.h"

#include <string.h>

#include "aws/autoscaling.h"
#include "aws/ec2.h"
#include "aws/eks.h"
#include "aws/elasticloadbalancing.h"
#include "aws/iam.h"
#include "aws/route53.h"
#include "aws/secretsmanager.h"
#include "aws/sso.h"
#include "aws/sts.h"
#include "base/test.h"
#include "codec/json.h"

static const char cases_file[] = "provider/aws/testdata/operations.json";

static const struct aws_operation *const all[] = {
    &ec2_create_vpc,
    &ec2_describe_vpcs,
    &ec2_describe_vpc_attribute_row,
    &ec2_modify_vpc_attribute,
    &ec2_associate_vpc_cidr_block,
    &ec2_delete_vpc,
    &ec2_create_subnet,
    &ec2_describe_subnets,
    &ec2_modify_subnet_attribute,
    &ec2_associate_subnet_cidr_block,
    &ec2_delete_subnet,
    &ec2_describe_availability_zones,
    &ec2_describe_account_attributes,
    &ec2_create_internet_gateway,
    &ec2_describe_internet_gateways,
    &ec2_attach_internet_gateway,
    &ec2_detach_internet_gateway,
    &ec2_delete_internet_gateway,
    &ec2_create_egress_only_internet_gateway,
    &ec2_describe_egress_only_internet_gateways,
    &ec2_delete_egress_only_internet_gateway,
    &ec2_allocate_address,
    &ec2_describe_addresses,
    &ec2_release_address,
    &ec2_create_nat_gateway,
    &ec2_describe_nat_gateways,
    &ec2_delete_nat_gateway,
    &ec2_create_route_table,
    &ec2_describe_route_tables,
    &ec2_delete_route_table,
    &ec2_associate_route_table,
    &ec2_replace_route_table_association,
    &ec2_disassociate_route_table,
    &ec2_create_route,
    &ec2_replace_route,
    &ec2_delete_route,
    &ec2_create_vpc_peering_connection,
    &ec2_accept_vpc_peering_connection,
    &ec2_describe_vpc_peering_connections,
    &ec2_modify_vpc_peering_connection_options,
    &ec2_delete_vpc_peering_connection,
    &ec2_create_security_group,
    &ec2_describe_security_groups,
    &ec2_delete_security_group,
    &ec2_authorize_security_group_ingress,
    &ec2_authorize_security_group_egress,
    &ec2_revoke_security_group_ingress,
    &ec2_revoke_security_group_egress,
    &ec2_describe_security_group_rules,
    &ec2_modify_security_group_rules,
    &ec2_create_launch_template,
    &ec2_describe_launch_templates,
    &ec2_modify_launch_template,
    &ec2_delete_launch_template,
    &ec2_create_launch_template_version,
    &ec2_describe_launch_template_versions,
    &ec2_describe_instances,
    &ec2_describe_network_interfaces,
    &ec2_detach_network_interface,
    &ec2_delete_network_interface,
    &ec2_describe_volumes,
    &ec2_delete_volume,
    &ec2_describe_vpc_endpoints,
    &ec2_create_tags,
    &ec2_delete_tags,
    &ec2_describe_tags,
    &eks_create_cluster,
    &eks_describe_cluster_row,
    &eks_list_clusters,
    &eks_update_cluster_config,
    &eks_update_cluster_version,
    &eks_delete_cluster,
    &eks_describe_update,
    &eks_describe_cluster_versions,
    &eks_create_access_entry,
    &eks_describe_access_entry_row,
    &eks_list_access_entries,
    &eks_update_access_entry,
    &eks_delete_access_entry,
    &eks_associate_access_policy,
    &eks_disassociate_access_policy,
    &eks_list_associated_access_policies,
    &eks_create_nodegroup,
    &eks_describe_nodegroup_row,
    &eks_list_nodegroups,
    &eks_update_nodegroup_config,
    &eks_update_nodegroup_version,
    &eks_delete_nodegroup,
    &eks_describe_addon_versions,
    &eks_create_addon,
    &eks_describe_addon_row,
    &eks_list_addons,
    &eks_update_addon,
    &eks_delete_addon,
    &eks_create_pod_identity_association,
    &eks_describe_pod_identity_association_row,
    &eks_list_pod_identity_associations,
    &eks_update_pod_identity_association,
    &eks_delete_pod_identity_association,
    &eks_tag_resource,
    &eks_untag_resource,
    &eks_list_tags_for_resource,
    &iam_create_role,
    &iam_get_role_row,
    &iam_update_role,
    &iam_update_assume_role_policy,
    &iam_delete_role_row,
    &iam_tag_role,
    &iam_untag_role,
    &iam_attach_role_policy,
    &iam_detach_role_policy,
    &iam_list_attached_role_policies,
    &iam_put_role_policy,
    &iam_get_role_policy_row,
    &iam_delete_role_policy,
    &iam_list_role_policies,
    &iam_list_instance_profiles_for_role,
    &iam_remove_role_from_instance_profile,
    &iam_create_service_linked_role,
    &iam_create_policy,
    &iam_get_policy_row,
    &iam_get_policy_version,
    &iam_create_policy_version,
    &iam_delete_policy_version,
    &iam_list_policy_versions,
    &iam_delete_policy_row,
    &iam_tag_policy,
    &iam_untag_policy,
    &iam_create_open_id_connect_provider,
    &iam_get_open_id_connect_provider_row,
    &iam_list_open_id_connect_providers,
    &iam_delete_open_id_connect_provider,
    &iam_update_open_id_connect_provider_thumbprint,
    &iam_add_client_id_to_open_id_connect_provider,
    &iam_remove_client_id_from_open_id_connect_provider,
    &iam_tag_open_id_connect_provider,
    &iam_untag_open_id_connect_provider,
    &elasticloadbalancing_describe_load_balancers,
    &elasticloadbalancing_describe_tags,
    &elasticloadbalancing_describe_listeners,
    &elasticloadbalancing_describe_target_groups,
    &elasticloadbalancing_describe_target_health_row,
    &elasticloadbalancing_describe_load_balancer_attributes,
    &elasticloadbalancing_modify_load_balancer_attributes,
    &elasticloadbalancing_delete_load_balancer,
    &elasticloadbalancing_delete_target_group,
    &route53_get_hosted_zone_row,
    &route53_list_hosted_zones_by_name,
    &route53_change_resource_record_sets,
    &route53_list_resource_record_sets,
    &route53_get_change,
    &secretsmanager_create_secret,
    &secretsmanager_get_secret_value_row,
    &secretsmanager_put_secret_value,
    &secretsmanager_describe_secret_row,
    &secretsmanager_delete_secret,
    &autoscaling_describe_auto_scaling_groups,
    &autoscaling_describe_scaling_activities_row,
    &sts_get_caller_identity,
    &sts_assume_role,
    &sts_assume_role_with_web_identity,
    &sso_get_role_credentials,
    &sso_oidc_create_token,
};
enum { OPERATIONS = sizeof(all) / sizeof(all[0]) };

static const char *full_name(struct arena *a, const struct aws_operation *operation)
{
    return text_f(a, "%s %s", operation->service->id, operation->name);
}

/* --- the rows ------------------------------------------------------------------------ */

static const struct aws_member *member_of(const struct aws_member *rows, struct text name)
{
    while (rows && rows->name && !text_is(name, rows->name))
        rows++;
    return rows && rows->name ? rows : NULL;
}

static bool is_missing(const struct aws_member *rows, const char *name)
{
    return name && !member_of(rows, text_of(name));
}

static void check_members(const char *where, const struct aws_member *rows)
{
    for (const struct aws_member *m = rows; m && m->name; m++) {
        if (member_of(m + 1, text_of(m->name)))
            fail_msg("%s: %s twice", where, m->name);
        if ((m->kind == AWS_STRUCTURE) != (m->members && m->kind != AWS_LIST))
            fail_msg("%s: %s has members where it should not, or none", where, m->name);
        check_members(where, m->members);
    }
}

static void check_path(const char *where, const struct aws_operation *operation)
{
    for (const char *at = operation->path; at && (at = strchr(at, '{')); at++) {
        struct text name = {at + 1, strcspn(at + 1, "}")};
        const struct aws_member *m = member_of(operation->input, name);

        if (!m || m->place != AWS_PATH)
            fail_msg("%s: {%.*s} is no member of the path", where, (int)name.len, name.at);
    }
    for (const struct aws_member *m = operation->input; m && m->name; m++)
        if (m->place == AWS_PATH && !strstr(operation->path, m->name))
            fail_msg("%s: %s is not in the path", where, m->name);
}

TEST(rows_hold_together)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        const struct aws_operation *o = all[i];
        const char *where = full_name(a, o);
        enum aws_protocol protocol = o->service->protocol;
        bool rest = protocol == AWS_REST_JSON || protocol == AWS_REST_XML;

        if (is_missing(o->input, o->token) || is_missing(o->input, o->page_in))
            fail_msg("%s: the input lacks its token", where);
        if (is_missing(o->output, o->page_out) || is_missing(o->output, o->items))
            fail_msg("%s: the output lacks its page", where);
        if (rest != (o->method && o->path) || !o->page_in != !o->page_out)
            fail_msg("%s: half a row", where);
        check_path(where, o);
        check_members(where, o->input);
        check_members(where, o->output);
        for (size_t k = 0; k < i; k++)
            if (strcmp(full_name(a, all[k]), where) == 0)
                fail_msg("%s twice", where);
    }
}

/* A create that is sent twice makes two: only a token allows it. */
TEST(what_makes_something_is_not_just_repeated)
{
    for (size_t i = 0; i < OPERATIONS; i++)
        if (strncmp(all[i]->name, "Create", 6) == 0 || strncmp(all[i]->name, "Allocate", 8) == 0)
            assert_true(!(all[i]->flags & AWS_READS) || all[i] == &ec2_create_tags);
        else if (strncmp(all[i]->name, "Delete", 6) == 0 ||
                 strncmp(all[i]->name, "Describe", 8) == 0)
            assert_true(all[i]->flags & AWS_READS);
}

/* --- requests and answers ------------------------------------------------------------- */

static const struct aws_operation *operation_of(struct arena *a, const struct value *wanted)
{
    const char *name = value_text(wanted, "operation");

    for (size_t i = 0; i < OPERATIONS; i++)
        if (strcmp(full_name(a, all[i]), name) == 0)
            return all[i];
    fail_msg("no operation %s", name);
    return NULL;
}

static const struct value *cases(struct arena *a, const char *table)
{
    const struct value *file;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(json_read(a, test_file(a, cases_file), cases_file, &diags, &file));
    assert_true(value_count(value_at(file, table)) > 40);
    return value_at(file, table);
}

TEST(requests_are_what_aws_expects)
{
    const struct value *list = cases(a, "requests");

    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *wanted = value_item(list, i);
        struct protocol_request r;
        struct diags diags;

        diags_init(&diags, a);
        assert_true(
            protocol_encode(a, &diags, operation_of(a, wanted), value_at(wanted, "input"), &r));
        assert_string_equal(text_f(a, "%s %s%s%s", r.method, r.path, *r.query ? "?" : "", r.query),
                            value_text(wanted, "line"));
        assert_string_equal(text_z(a, r.body), value_text(wanted, "body"));
    }
}

TEST(answers_are_what_aws_gives)
{
    const struct value *list = cases(a, "answers");

    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *wanted = value_item(list, i), *output;
        struct http_reply reply = {.status = 200, .body = text_of(value_text(wanted, "body"))};
        struct diags diags;

        diags_init(&diags, a);
        assert_true(protocol_decode(a, &diags, operation_of(a, wanted), &reply, &output));
        assert_string_equal(json_write(a, output).at, json_write(a, value_at(wanted, "output")).at);
    }
}
