/* Node groups against a stand-in account: made, changed, upgraded, replaced, removed. */
#include "eks/nodegroup.h"

#include "eks/test_cluster.h"

static const struct cloud_options quick = {.speed = 0};

static struct nodegroup_cluster cluster_of(struct place *p)
{
    return (struct nodegroup_cluster){.name = "east",
                                      .version = "1.33",
                                      .node_role_arn = ROLE_ARN "nodes",
                                      .security_group_id = p->group_id,
                                      .security_group_ids = &value_empty_list,
                                      .subnet_ids = p->subnets,
                                      .tags = json_of(p->t->a, "{'team': 'mesh'}")};
}

static bool converge_in(struct place *p, const struct nodegroup_cluster *cluster,
                        const char *groups)
{
    return nodegroup_converge(fresh(p), p->t->aws, cluster, json_of(p->t->a, groups));
}

static bool converge(struct place *p, const char *groups)
{
    const struct nodegroup_cluster cluster = cluster_of(p);

    return converge_in(p, &cluster, groups);
}

static const char *drift_in(struct place *p, const struct nodegroup_cluster *cluster,
                            const char *groups)
{
    const struct value *drift;

    assert_fine(p, nodegroup_drift(fresh(p), p->t->aws, cluster, json_of(p->t->a, groups), &drift));
    return lines_of(p->t->a, drift);
}

static const char *drift(struct place *p, const char *groups)
{
    const struct nodegroup_cluster cluster = cluster_of(p);

    return drift_in(p, &cluster, groups);
}

static const struct value *group(struct place *p, const char *name)
{
    const struct value *found;

    assert_fine(p, eks_describe_nodegroup(fresh(p), p->t->aws, "east", name, &found));
    return found;
}

static const struct value *template_data(struct place *p, const char *name)
{
    const struct value *version, *used = value_at(group(p, name), "launchTemplate");

    assert_fine(p, ec2_describe_launch_template_version(fresh(p), p->t->aws, value_text(used, "id"),
                                                        value_text(used, "version"), &version));
    return value_at(version, "LaunchTemplateData");
}

#define TWO "{'a': {'instance_types': ['m7g.large'], 'min_size': 2}, 'b': {'disk_size': 50}}"

TEST(made_side_by_side_with_their_templates)
{
    struct place *p = place_new(a, &quick, "1.33");
    const struct value *data, *tags;

    assert_fine(p, converge(p, TWO));
    assert_string_equal(changes(p), "CreateLaunchTemplate 200\n"
                                    "POST clusters/east/node-groups 200\n"
                                    "CreateLaunchTemplate 200\n"
                                    "POST clusters/east/node-groups 200\n");
    assert_string_equal(value_text(group(p, "a"), "status"), "ACTIVE");
    assert_string_equal(value_text(group(p, "a"), "amiType"), "AL2023_ARM_64_STANDARD");
    assert_true(value_equal(value_at(group(p, "a"), "scalingConfig"),
                            json_of(a, "{'minSize': 2, 'maxSize': 3, 'desiredSize': 2}")));
    data = template_data(p, "b");
    assert_true(value_equal(value_at(data, "MetadataOptions"),
                            json_of(a, "{'HttpTokens': 'required', 'HttpPutResponseHopLimit': 2, "
                                       "'HttpEndpoint': 'enabled'}")));
    assert_string_equal(value_z(value_item(value_at(data, "SecurityGroupIds"), 0)), p->group_id);
    assert_int_equal(
        value_integer_at(value_at(value_item(value_at(data, "BlockDeviceMappings"), 0), "Ebs"),
                         "VolumeSize"),
        50);
    assert_int_equal(value_count(value_at(data, "TagSpecifications")), 3);
    tags = value_at(group(p, "b"), "tags");
    assert_string_equal(value_text(tags, CLUSTER_ROLE_TAG), "nodegroup/b");
    asked(p);
    assert_string_equal(drift(p, TWO), "");
    assert_string_equal(asked(p), "GET eks.eu-west-1/clusters/east/node-groups 200\n"
                                  "GET eks.eu-west-1/clusters/east/node-groups/a 200\n"
                                  "GET eks.eu-west-1/clusters/east/node-groups/b 200\n"
                                  "POST ec2.eu-west-1/DescribeLaunchTemplateVersions 200\n"
                                  "POST ec2.eu-west-1/DescribeLaunchTemplateVersions 200\n");
    assert_fine(p, converge(p, TWO));
    assert_string_equal(asked(p), "GET eks.eu-west-1/clusters/east/node-groups 200\n"
                                  "GET eks.eu-west-1/clusters/east/node-groups/a 200\n"
                                  "GET eks.eu-west-1/clusters/east/node-groups/b 200\n"
                                  "POST ec2.eu-west-1/DescribeLaunchTemplates 200\n"
                                  "POST ec2.eu-west-1/DescribeLaunchTemplateVersions 200\n"
                                  "POST ec2.eu-west-1/DescribeLaunchTemplateVersions 200\n");
    assert_fine(p, nodegroup_remove_all(fresh(p), p->t->aws, "east"));
    assert_string_equal(changes(p), "DELETE clusters/east/node-groups/a 200\n"
                                    "DELETE clusters/east/node-groups/b 200\n"
                                    "DeleteLaunchTemplate 200\nDeleteLaunchTemplate 200\n");
    assert_int_equal(count_of(p, "nodegroup") + count_of(p, "launch-template"), 0);
}

TEST(changed_in_place)
{
    struct place *p = place_new(a, &quick, "1.33");
    const char *before = "{'a': {'labels': {'x': '1', 'y': '2'}, 'taints': [{'key': 'k', 'value': "
                         "'v', 'effect': 'NO_SCHEDULE'}]}}",
               *after = "{'a': {'min_size': 2, 'max_size': 5, 'labels': {'x': '3'}, 'taints': "
                        "[{'key': 'k', 'value': 'w', 'effect': 'NO_SCHEDULE'}], 'disk_size': 80, "
                        "'max_unavailable_percentage': 50}}";

    assert_fine(p, converge(p, before));
    assert_string_equal(drift(p, after), "node group a: sizes\n"
                                         "node group a: how many may be unavailable\n"
                                         "node group a: labels\n"
                                         "node group a: taints\n"
                                         "node group a: launch template\n");
    changes(p);
    assert_fine(p, converge(p, after));
    assert_string_equal(changes(p), "CreateLaunchTemplateVersion 200\n"
                                    "ModifyLaunchTemplate 200\n"
                                    "POST clusters/east/node-groups/a/update-config 200\n"
                                    "POST clusters/east/node-groups/a/update-version 200\n");
    assert_string_equal(drift(p, after), "");
    assert_string_equal(value_text(value_at(group(p, "a"), "launchTemplate"), "version"), "2");
    assert_true(value_equal(value_at(group(p, "a"), "scalingConfig"),
                            json_of(a, "{'minSize': 2, 'maxSize': 5, 'desiredSize': 2}")));
    /* what was scaled stays, while it is within bounds */
    done(p->t, &eks_update_nodegroup_config,
         "{'clusterName': 'east', 'nodegroupName': 'a', 'scalingConfig': {'minSize': 2, 'maxSize': "
         "5, 'desiredSize': 4}}");
    assert_string_equal(drift(p, after), "");
}

TEST(upgraded_after_the_control_plane)
{
    struct place *p = place_new(a, &quick, "1.33");
    struct nodegroup_cluster next = cluster_of(p);
    const struct value *output;

    assert_fine(p, converge(p, "{'a': {}, 'b': {'version': '1.33'}}"));
    assert_false(converge(p, "{'a': {'version': '1.34'}}"));
    assert_said(p, "eks.node_groups[\"a\"].version: Node group a: Its version is beyond");
    output = done(p->t, &eks_update_cluster_version, "{'name': 'east', 'version': '1.34'}");
    assert_true(aws_wait(fresh(p), p->t->aws, &eks_update_successful,
                         value_map_of(a, {"name", value_string(a, "east")},
                                      {"updateId", value_in(output, "update", "id")}),
                         eks_explain, &output));
    next.version = "1.34";
    assert_string_equal(drift_in(p, &next, "{'a': {}, 'b': {'version': '1.33'}}"),
                        "node group a: version 1.33, not 1.34\n");
    changes(p);
    assert_fine(p, converge_in(p, &next, "{'a': {}, 'b': {'version': '1.33'}}"));
    assert_string_equal(changes(p), "POST clusters/east/node-groups/a/update-version 200\n");
    assert_string_equal(value_text(group(p, "a"), "version"), "1.34");
    assert_false(converge_in(p, &next, "{'a': {'version': '1.33'}, 'b': {'version': '1.33'}}"));
    assert_said(p, "eks.node_groups[\"a\"].version: Node group a: Its version cannot go back");
}

TEST(what_eks_cannot_change_is_made_anew)
{
    struct place *p = place_new(a, &quick, "1.33");
    const char *before = "{'a': {'instance_types': ['m6i.large'], 'capacity_type': 'SPOT'}}",
               *after = "{'a': {'instance_types': ['m7i.large'], 'capacity_type': 'SPOT'}}";
    struct nodegroup_cluster adopted = cluster_of(p);

    assert_string_equal(lines_of(a, nodegroup_replaced(a, json_of(a, before), json_of(a, after))),
                        "a (instance_types)\n");
    assert_string_equal(lines_of(a, nodegroup_replaced(a, json_of(a, before), json_of(a, before))),
                        "");
    assert_fine(p, converge(p, before));
    assert_string_equal(drift(p, after), "node group a: instance_types: it has to be made anew\n");
    changes(p);
    assert_fine(p, converge(p, after));
    assert_string_equal(changes(p), "DELETE clusters/east/node-groups/a 200\n"
                                    "POST clusters/east/node-groups 200\n");
    assert_string_equal(drift(p, after), "");
    /* somebody else's is left alone */
    adopted.adopted = true;
    done(p->t, &eks_create_nodegroup,
         text_f(a,
                "{'clusterName': 'east', 'nodegroupName': 'theirs', 'nodeRole': '" ROLE_ARN
                "nodes', 'subnets': %s}",
                json_write(a, p->subnets).at));
    assert_false(converge_in(p, &adopted, "{'theirs': {'instance_types': ['m7i.large']}}"));
    assert_said(p, "eks.node_groups[\"theirs\"]: Node group theirs: EKS cannot change it so");
}

TEST(adopted_groups_keep_what_is_not_said)
{
    struct place *p = place_new(a, &quick, "1.33");
    struct nodegroup_cluster adopted = cluster_of(p);
    const struct value *imported;

    adopted.adopted = true;
    adopted.version = "1.34";
    done(p->t, &eks_create_nodegroup,
         text_f(a,
                "{'clusterName': 'east', 'nodegroupName': 'theirs', 'nodeRole': '" ROLE_ARN
                "nodes', 'subnets': %s, 'labels': {'x': '1'}, 'scalingConfig': {'minSize': 2, "
                "'maxSize': 9, 'desiredSize': 3}, 'diskSize': 30}",
                json_write(a, p->subnets).at));
    assert_fine(p, nodegroup_import(fresh(p), p->t->aws, "east", &imported));
    assert_int_equal(value_count(imported), 1);
    imported = value_at(imported, "theirs");
    assert_int_equal(value_integer_at(imported, "max_size"), 9);
    assert_int_equal(value_integer_at(imported, "disk_size"), 30);
    assert_true(value_is_null(value_at(imported, "desired_size")));
    assert_string_equal(value_text(value_at(imported, "labels"), "x"), "1");
    assert_string_equal(drift_in(p, &adopted, "{'theirs': {}}"), "node group theirs: tags\n");
    changes(p);
    assert_fine(p, converge_in(p, &adopted, "{'theirs': {'max_size': 5}, 'ours': {}}"));
    assert_string_equal(changes(p), "POST clusters/east/node-groups/theirs/update-config 200\n"
                                    "CreateLaunchTemplate 200\n"
                                    "POST clusters/east/node-groups 200\n"
                                    "POST tags\n");
    assert_string_equal(value_text(value_at(group(p, "theirs"), "labels"), "x"), "1");
    assert_fine(p, converge_in(p, &adopted, "{}"));
    assert_non_null(group(p, "theirs"));
    assert_null(group(p, "ours"));
    assert_int_equal(count_of(p, "launch-template"), 0);
}

TEST(what_is_imported_differs_in_nothing)
{
    struct place *p = place_new(a, &quick, "1.33");
    const char *groups =
        "{'a': {'instance_types': ['m7g.large'], 'min_size': 2, 'disk_size': 50, 'labels': {'x': "
        "'1'}, 'taints': [{'key': 'k', 'value': 'v', 'effect': 'NO_EXECUTE'}], 'tags': {'who': "
        "'me'}}, 'b': {'capacity_type': 'SPOT', 'max_unavailable_percentage': 10}}";
    const struct value *imported;
    const char *json;

    assert_fine(p, converge(p, groups));
    assert_fine(p, nodegroup_import(fresh(p), p->t->aws, "east", &imported));
    json = json_write(a, imported).at;
    assert_string_equal(drift(p, json), "");
    assert_string_equal(value_z(value_in(imported, "a", "tags", "who")), "me");
    assert_fine(p, converge(p, json));
    assert_int_equal(count_of(p, "nodegroup"), 2);
}

TEST(a_group_that_failed_is_made_anew)
{
    struct place *p = place_new(a, &quick, "1.33");
    struct nodegroup_cluster failing = cluster_of(p);

    failing.tags = json_of(a, "{'sandbox/fail': 'Ec2SubnetInvalidConfiguration'}");
    assert_false(converge_in(p, &failing, "{'a': {}}"));
    assert_said(p, "eks.node_groups[\"a\"]: Node group a: Its nodes do not join");
    assert_said(p, "CREATE_FAILED. Ec2SubnetInvalidConfiguration: It was to fail");
    assert_fine(p, converge(p, "{'a': {}}"));
    assert_string_equal(drift(p, "{'a': {}}"), "");
    assert_int_equal(count_of(p, "nodegroup"), 1);
    assert_int_equal(count_of(p, "launch-template"), 1);
}

/* EKS would say so after 25 minutes (here 3 s). */
TEST(what_does_not_join_is_explained)
{
    static const struct {
        const char *code, *said[3];
    } cases[] = {
        {"NodeCreationFailure",
         {"1 instance of it (i-0", "none has registered as a Node.\nWhat is wrong:\n- subnet-0",
          "- enableDnsHostnames of vpc-0"}},
        {"InstanceLimitExceeded",
         {"eks.node_groups[\"a\"]: Node group a: Its nodes do not join: Auto Scaling group eks-a-",
          "VcpuLimitExceeded", "Ask for a larger quota"}},
        {"InsufficientFreeAddresses",
         {"CREATE_FAILED. InsufficientFreeAddresses", "no free addresses left",
          "node_groups[\"a\"]"}},
    };
    const struct cloud_options slow = {.speed = CLOUD_SPEED};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct place *p = place_new(a, &slow, "1.33");
        struct nodegroup_cluster failing = cluster_of(p);

        failing.tags = value_map_of(a, {"sandbox/fail", value_string(a, cases[i].code)});
        failing.connection = json_of(a, "{'name': 'east', 'eks': {'cluster_name': 'east', "
                                        "'region': 'eu-west-1'}}");
        assert_false(converge_in(p, &failing, "{'a': {}}"));
        for (size_t k = 0; k < 3; k++)
            assert_said(p, cases[i].said[k]);
    }
}

TEST(a_template_that_somebody_deleted_is_told)
{
    struct place *p = place_new(a, &quick, "1.33");

    assert_fine(p, converge(p, "{'a': {}}"));
    done(p->t, &ec2_delete_launch_template,
         text_f(a, "{'LaunchTemplateId': '%s'}",
                value_z(value_in(group(p, "a"), "launchTemplate", "id"))));
    assert_string_equal(drift(p, "{'a': {}}"), "node group a: launch template\n");
    assert_false(converge(p, "{'a': {}}"));
    assert_said(p, "eks.node_groups[\"a\"]: Node group a: Its launch template is gone");
    assert_fine(p, converge(p, "{}"));
    assert_fine(p, converge(p, "{'a': {}}"));
    assert_string_equal(drift(p, "{'a': {}}"), "");
}

/* What the lower layers refuse has the group's name, and no other group is begun. */
TEST(versions_are_checked_before_anything_is_made)
{
    struct place *p = place_new(a, &quick, "1.33");

    assert_false(converge(p, "{'a': {}, 'b': {'version': '1.35'}}"));
    assert_said(p, "eks.node_groups[\"b\"].version");
    assert_string_equal(changes(p), "");
    assert_false(converge(p, "{'a': {'subnet_ids': ['subnet-1']}}"));
    assert_said(p, "eks.node_groups[\"a\"].subnet_ids: Node group a: EKS refused CreateNodegroup");
}

TEST(security_groups_of_nodes)
{
    struct place *p = place_new(a, &quick, "1.33");
    struct nodegroup_cluster cluster = cluster_of(p);
    const char *id = value_text(
        done(p->t, &ec2_create_security_group,
             text_f(a, "{'GroupName': 'more', 'Description': 'more', 'VpcId': '%s'}", p->vpc)),
        "GroupId");

    cluster.security_group_ids = value_list_of(a, value_string(a, id));
    assert_fine(p, converge_in(p, &cluster, "{'a': {}}"));
    assert_int_equal(value_count(value_at(template_data(p, "a"), "SecurityGroupIds")), 2);
    done(p->t, &ec2_create_tags,
         text_f(a,
                "{'Resources': ['%s'], 'Tags': [{'Key': 'kubernetes.io/cluster/east', 'Value': "
                "'owned'}]}",
                id));
    assert_false(converge_in(p, &cluster, "{'a': {'disk_size': 30}}"));
    assert_said(p, "eks.security_group_ids: A security group carries the cluster's tag");
}

TEST(rules_without_aws)
{
    static const struct {
        const char *groups, *wanted;
    } cases[] = {
        {"{'a': {'min_size': 1, 'max_size': 3, 'desired_size': 2}}", ""},
        {"{'a b': {}}", "groups[\"a b\"]: Malformed name of a node group"},
        {"{'a': {'min_size': 4, 'max_size': 3}}", "groups[\"a\"].min_size: The sizes do not"},
        {"{'a': {'min_size': 4, 'desired_size': 3}}", "groups[\"a\"].min_size: The sizes do not"},
        {"{'a': {'desired_size': 4, 'max_size': 3}}", "groups[\"a\"].desired_size: The sizes"},
        {"{'a': {'instance_types': ['x', 'y', 'x']}}", "instance_types[2]: Said twice"},
    };
    struct place *p = arena_alloc(a, sizeof(*p));
    struct account *t = arena_alloc(a, sizeof(*t));

    t->a = a;
    t->f = fixture_new(a);
    p->t = t;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        bool fine = nodegroup_check(fresh(p), path_of(a, "groups"), json_of(a, cases[i].groups));

        assert_int_equal(fine, !*cases[i].wanted);
        assert_said(p, cases[i].wanted);
    }
}

/* AWS answers before every reader sees what it made: the role, the template, the group. */
TEST(news_spread_slowly)
{
    const struct cloud_options slow = {.speed = 600, .eventual = true};
    struct place *p = place_new(a, &slow, "1.33");
    struct nodegroup_cluster cluster = cluster_of(p);

    add_role(p->t, "others", "ec2.amazonaws.com");
    cluster.node_role_arn = ROLE_ARN "others";
    assert_fine(p, converge_in(p, &cluster, "{'a': {'min_size': 2}}"));
    assert_string_equal(value_text(group(p, "a"), "status"), "ACTIVE");
    assert_int_equal(count_of(p, "nodegroup"), 1);
    assert_int_equal(count_of(p, "launch-template"), 1);
}

/* Each changing request fails once, before or after it was carried out. */
static void fail_once(struct arena *a, enum sandbox_fault fault, const char *match, size_t nth)
{
    static const char before[] = "{'a': {}, 'b': {}}",
                      after[] = "{'a': {'disk_size': 30, 'min_size': 2}, 'c': {}}";
    struct place *p = place_new(a, &quick, "1.33");
    struct nodegroup_cluster later = cluster_of(p);

    print_message("    %s %zu\n", match, nth);
    later.tags = json_of(a, "{'owner': 'mesh'}");
    later.old_tags = cluster_of(p).tags;
    cloud_fault(p->t->cloud, fault, nth, 1, match);
    if (!converge(p, before))
        assert_fine(p, converge(p, before));
    assert_string_equal(drift(p, before), "");
    assert_int_equal(count_of(p, "nodegroup"), 2);
    assert_int_equal(count_of(p, "launch-template"), 2);
    if (!converge_in(p, &later, after))
        assert_fine(p, converge_in(p, &later, after));
    assert_string_equal(drift_in(p, &later, after), "");
    assert_int_equal(count_of(p, "nodegroup"), 2);
    assert_int_equal(count_of(p, "launch-template"), 2);
    assert_string_equal(value_text(value_at(group(p, "a"), "launchTemplate"), "version"), "2");
    if (!nodegroup_remove_all(fresh(p), p->t->aws, "east"))
        assert_fine(p, nodegroup_remove_all(fresh(p), p->t->aws, "east"));
    assert_int_equal(count_of(p, "nodegroup") + count_of(p, "launch-template"), 0);
    if (fault == FAULT_500) /* it was met */
        assert_non_null(strstr(asked(p), " 500\n"));
}

static const struct {
    const char *match;
    size_t count;
} changing[] = {{"ec2.eu-west-1/CreateLaunchTemplate", 4},
                {"ec2.eu-west-1/ModifyLaunchTemplate", 1},
                {"ec2.eu-west-1/DeleteLaunchTemplate", 3},
                {"POST eks.eu-west-1/clusters/east/node-groups", 5},
                {"DELETE eks.eu-west-1/clusters/east/node-groups", 3},
                {"POST eks.eu-west-1/tags", 1},
                {"DELETE eks.eu-west-1/tags", 1}};

static void fail_everywhere(struct arena *a, enum sandbox_fault fault)
{
    for (size_t i = 0; i < sizeof(changing) / sizeof(*changing); i++)
        for (size_t nth = 1; nth <= changing[i].count; nth++)
            fail_once(a, fault, changing[i].match, nth);
}

TEST(goes_on_after_refusals)
{
    fail_everywhere(a, FAULT_500);
}

TEST(goes_on_after_lost_answers)
{
    fail_everywhere(a, FAULT_CUT_AFTER);
}
