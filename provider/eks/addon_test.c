/* Add-ons against a stand-in EKS: order, versions, configuration, going on after failures. */
#include "eks/addon.h"

#include "eks/test_cluster.h"

#define ROLE "'service_account_role_arn': '" ROLE_ARN "cluster'"

static const struct cloud_options quick = {.speed = 0};

static struct addon_cluster cluster_of(struct place *p)
{
    return (struct addon_cluster){.name = "east",
                                  .version = "1.33",
                                  .tags = json_of(p->t->a, "{'team': 'mesh'}"),
                                  .no_nodes = true};
}

static bool converge_stage(struct place *p, const char *addons, enum addon_stage stage)
{
    const struct addon_cluster cluster = cluster_of(p);

    return addon_converge(fresh(p), p->t->aws, &cluster, json_of(p->t->a, addons), stage);
}

static bool converge(struct place *p, const char *addons)
{
    return converge_stage(p, addons, ADDON_BEFORE_NODES) &&
           converge_stage(p, addons, ADDON_AFTER_NODES);
}

static const char *drift_of(struct place *p, const struct addon_cluster *cluster,
                            const char *addons)
{
    const struct value *drift;

    assert_fine(p, addon_drift(fresh(p), p->t->aws, cluster, json_of(p->t->a, addons), &drift));
    return lines_of(p->t->a, drift);
}

static const char *drift(struct place *p, const char *addons)
{
    const struct addon_cluster cluster = cluster_of(p);

    return drift_of(p, &cluster, addons);
}

static const struct value *addon(struct place *p, const char *name)
{
    const struct value *found;

    assert_fine(p, eks_describe_addon(fresh(p), p->t->aws, "east", name, &found));
    return found;
}

TEST(defaults_are_made_and_a_second_look_is_cheap)
{
    struct place *p = place_new(a, &quick, "1.33");
    const char *all = json_write(a, addon_defaults(a, false)).at;

    assert_fine(p, converge(p, all));
    assert_string_equal(changes(p), "POST clusters/east/addons 200\n"
                                    "POST clusters/east/addons 200\n"
                                    "POST clusters/east/addons 200\n"
                                    "POST clusters/east/addons 200\n");
    assert_string_equal(value_text(addon(p, "vpc-cni"), "addonVersion"), "v1.20.3-eksbuild.1");
    assert_string_equal(value_text(addon(p, "coredns"), "status"), "DEGRADED");
    assert_string_equal(value_text(value_at(addon(p, "coredns"), "tags"), CLUSTER_ROLE_TAG),
                        "addon/coredns");
    asked(p);
    assert_string_equal(drift(p, all), "");
    assert_string_equal(asked(p),
                        "GET eks.eu-west-1/clusters/east/addons 200\n"
                        "GET eks.eu-west-1/clusters/east/addons/eks-pod-identity-agent 200\n"
                        "GET eks.eu-west-1/clusters/east/addons/kube-proxy 200\n"
                        "GET eks.eu-west-1/clusters/east/addons/vpc-cni 200\n"
                        "GET eks.eu-west-1/clusters/east/addons/coredns 200\n");
    assert_fine(p, converge(p, all));
    assert_string_equal(changes(p), "");
    assert_fine(p, addon_remove_all(fresh(p), p->t->aws, "east"));
    assert_int_equal(count_of(p, "addon"), 0);
    assert_int_equal(value_count(addon_defaults(a, true)), 0);
}

TEST(what_differs_is_told_and_put_right)
{
    struct place *p = place_new(a, &quick, "1.33");
    const char *one =
                   "{'metrics-server': {'configuration': '{\\\"replicas\\\": 2, \\\"a\\\": {}}'}}",
               *same = "{'metrics-server': {'configuration': 'a: {}\\nreplicas: 2'}}",
               *other = "{'metrics-server': {'version': 'v0.8.0-eksbuild.3', " ROLE "}}";

    assert_fine(p, converge(p, one));
    assert_string_equal(drift(p, same), "");
    assert_string_equal(drift(p, other),
                        "add-on metrics-server: version v0.8.0-eksbuild.2, not v0.8.0-eksbuild.3\n"
                        "add-on metrics-server: configuration\n"
                        "add-on metrics-server: service account role\n");
    changes(p);
    assert_fine(p, converge(p, other));
    assert_string_equal(changes(p), "POST clusters/east/addons/metrics-server/update 200\n");
    assert_string_equal(drift(p, other), "");
    assert_string_equal(value_text(addon(p, "metrics-server"), "configurationValues"), "{}");
    assert_fine(p, converge(p, "{}"));
    assert_int_equal(count_of(p, "addon"), 0);
}

/* After an upgrade of the cluster what was not said follows, and asks once; what is newer than
 * the default stays. */
TEST(versions_follow_the_cluster)
{
    struct place *p = place_new(a, &quick, "1.33");
    const char *all = "{'kube-proxy': {}, 'vpc-cni': {'version': 'v1.20.4-eksbuild.2'}}",
               *unsaid = "{'kube-proxy': {}, 'vpc-cni': {}}";
    struct addon_cluster next = cluster_of(p);
    const struct value *output;

    assert_fine(p, converge(p, all));
    assert_string_equal(value_text(addon(p, "kube-proxy"), "addonVersion"), "v1.33.1-eksbuild.2");
    output = done(p->t, &eks_update_cluster_version, "{'name': 'east', 'version': '1.34'}");
    assert_true(aws_wait(fresh(p), p->t->aws, &eks_update_successful,
                         value_map_of(a, {"name", value_string(a, "east")},
                                      {"updateId", value_in(output, "update", "id")}),
                         eks_explain, &output));
    next.version = "1.34";
    assert_string_equal(drift_of(p, &next, unsaid),
                        "add-on kube-proxy: its version was not chosen for Kubernetes 1.34\n"
                        "add-on vpc-cni: its version was not chosen for Kubernetes 1.34\n");
    assert_fine(p,
                addon_converge(fresh(p), p->t->aws, &next, json_of(a, unsaid), ADDON_BEFORE_NODES));
    assert_string_equal(value_text(addon(p, "kube-proxy"), "addonVersion"), "v1.34.1-eksbuild.2");
    assert_string_equal(value_text(addon(p, "vpc-cni"), "addonVersion"), "v1.20.4-eksbuild.2");
    assert_string_equal(drift_of(p, &next, unsaid), "");
}

TEST(adopted_ones_stay)
{
    struct place *p = place_new(a, &quick, "1.33");
    struct addon_cluster cluster = cluster_of(p);
    const struct value *imported;

    cluster.adopted = true;
    done(p->t, &eks_create_addon,
         "{'clusterName': 'east', 'addonName': 'kube-proxy', 'configurationValues': '{}', "
         "'serviceAccountRoleArn': '" ROLE_ARN "cluster'}");
    assert_fine(p, addon_import(fresh(p), p->t->aws, "east", &imported));
    assert_string_equal(value_z(value_in(imported, "kube-proxy", "version")), "v1.33.1-eksbuild.2");
    assert_string_equal(value_z(value_in(imported, "kube-proxy", "service_account_role_arn")),
                        ROLE_ARN "cluster");
    assert_fine(p, addon_converge(fresh(p), p->t->aws, &cluster,
                                  json_of(a, "{'kube-proxy': {}, 'vpc-cni': {}}"),
                                  ADDON_BEFORE_NODES));
    assert_string_equal(value_text(value_at(addon(p, "kube-proxy"), "tags"), CLUSTER_TAG), "");
    assert_string_equal(value_text(addon(p, "kube-proxy"), "serviceAccountRoleArn"),
                        ROLE_ARN "cluster");
    assert_fine(p,
                addon_converge(fresh(p), p->t->aws, &cluster, &value_empty_map, ADDON_AFTER_NODES));
    assert_non_null(addon(p, "kube-proxy"));
    assert_null(addon(p, "vpc-cni"));
}

/* What an earlier apply has begun is waited for, then changed. */
TEST(busy_ones_are_waited_for)
{
    const struct cloud_options slow = {.speed = 600};
    struct place *p = place_new(a, &slow, "1.33");

    done(p->t, &eks_create_addon, "{'clusterName': 'east', 'addonName': 'vpc-cni'}");
    assert_fine(p, converge(p, "{'vpc-cni': {'version': 'v1.20.4-eksbuild.2'}}"));
    assert_string_equal(value_text(addon(p, "vpc-cni"), "addonVersion"), "v1.20.4-eksbuild.2");
    assert_null(strstr(asked(p), "/update 409"));
}

TEST(what_is_imported_differs_in_nothing)
{
    struct place *p = place_new(a, &quick, "1.33");
    const struct value *imported;

    assert_fine(p, converge(p, "{'vpc-cni': {}, 'coredns': {'version': 'v1.12.4-eksbuild.1', "
                               "'configuration': '{\\\"a\\\": 1}', " ROLE "}}"));
    assert_fine(p, addon_import(fresh(p), p->t->aws, "east", &imported));
    assert_int_equal(value_count(imported), 2);
    assert_true(value_is_null(value_in(imported, "vpc-cni", "version")));
    assert_string_equal(drift(p, json_write(a, imported).at), "");
}

TEST(errors_name_the_add_on_and_the_argument)
{
    struct place *p = place_new(a, &quick, "1.33");
    const struct addon_cluster cluster = cluster_of(p);
    struct addon_cluster failing = cluster;

    assert_false(converge(p, "{'vpc-cn': {}}"));
    assert_said(p, "eks.addons[\"vpc-cn\"]: Add-on vpc-cn: There is no version of it");
    assert_false(converge(p, "{'vpc-cni': {'version': 'v1'}}"));
    assert_said(p, "eks.addons[\"vpc-cni\"].version: Add-on vpc-cni: EKS refused CreateAddon");
    failing.tags = json_of(a, "{'sandbox/fail': 'InsufficientPermissions'}");
    assert_false(addon_converge(fresh(p), p->t->aws, &failing, json_of(a, "{'vpc-cni': {}}"),
                                ADDON_BEFORE_NODES));
    assert_said(p, "Add-on vpc-cni: Waited in vain for add-on to become ACTIVE: It is "
                   "CREATE_FAILED. InsufficientPermissions: It was to fail");
    /* made anew, and its objects in the cluster were never taken away */
    assert_string_equal(drift(p, "{'vpc-cni': {}}"),
                        "add-on vpc-cni: CREATE_FAILED. InsufficientPermissions: It was to fail: "
                        "the tag sandbox/fail says so. (east/vpc-cni).\n");
    assert_fine(p, converge(p, "{'vpc-cni': {}}"));
    assert_string_equal(drift(p, "{'vpc-cni': {}}"), "");
    assert_false(addon_check(fresh(p), path_of(a, "eks", "addons"),
                             json_of(a, "{'vpc-cni': {'configuration': '[]'}}")));
    assert_said(p, "eks.addons[\"vpc-cni\"].configuration: The configuration is not an object");
}

/* Under other tags than before, so that they change too. */
static bool converge_later(struct place *p, const char *addons)
{
    struct addon_cluster cluster = cluster_of(p);
    const struct value *wanted = json_of(p->t->a, addons);

    cluster.old_tags = cluster.tags;
    cluster.tags = json_of(p->t->a, "{'owner': 'mesh'}");
    return addon_converge(fresh(p), p->t->aws, &cluster, wanted, ADDON_BEFORE_NODES) &&
           addon_converge(fresh(p), p->t->aws, &cluster, wanted, ADDON_AFTER_NODES);
}

/* Each changing request fails once, before or after it was carried out. */
TEST(goes_on_after_failures)
{
    static const char first[] = "{'vpc-cni': {}, 'coredns': {'preserve': true}}",
                      second[] = "{'vpc-cni': {'configuration': '{\\\"a\\\": 1}'}}";
    static const enum sandbox_fault faults[] = {FAULT_500, FAULT_CUT_AFTER};
    static const struct {
        const char *match;
        size_t count;
    } changing[] = {{"POST eks.eu-west-1/clusters/east/addons", 3},
                    {"POST eks.eu-west-1/tags", 1},
                    {"DELETE eks.eu-west-1/tags", 1},
                    {"DELETE eks.eu-west-1/clusters/east/addons", 1}};

    for (size_t fault = 0; fault < 2; fault++)
        for (size_t i = 0; i < sizeof(changing) / sizeof(*changing); i++)
            for (size_t nth = 1; nth <= changing[i].count; nth++) {
                struct place *p = place_new(a, &quick, "1.33");

                print_message("    %s %zu\n", changing[i].match, nth);
                cloud_fault(p->t->cloud, faults[fault], nth, 1, changing[i].match);
                if (!converge(p, first))
                    assert_fine(p, converge(p, first));
                assert_int_equal(count_of(p, "addon"), 2);
                assert_string_equal(drift(p, first), "");
                if (!converge_later(p, second))
                    assert_fine(p, converge_later(p, second));
                assert_int_equal(count_of(p, "addon"), 1);
                assert_string_equal(value_text(value_at(addon(p, "vpc-cni"), "tags"), "team"), "");
                if (!fault) /* it was met */
                    assert_non_null(strstr(asked(p), " 500\n"));
            }
}
