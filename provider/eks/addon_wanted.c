/* What an entry of `addons` means for EKS, and what of it differs from what there is. */
#include <string.h>

#include "aws/eks.h"
#include "aws/tags.h"
#include "codec/json.h"
#include "codec/yml.h"
#include "eks/addon_parts.h"
#include "eks/cluster_tag.h"
#include "schema/check.h"

const struct attribute addon_rows[] = {
    STRING("version", OPTIONAL,
           "Version such as `v1.20.4-eksbuild.2`. Default: AWS's default for the cluster's "
           "version when the add-on is made, and again after each upgrade of the cluster; one "
           "that is newer than that is kept.",
           .check = check_not_empty),
    STRING("configuration", OPTIONAL,
           "Configuration values of the add-on: `jsonencode({...})`, or YAML. Compared by what it "
           "says, not by how it is written.",
           .check = check_not_empty),
    STRING("service_account_role_arn", OPTIONAL,
           "Role of the add-on's service account, by the cluster's OIDC provider.",
           .check = check_arn),
    STRING("resolve_conflicts", OPTIONAL,
           "What becomes of fields that others have set. Default: `OVERWRITE` when the add-on is "
           "made, `PRESERVE` when it changes.",
           .one_of = ONE_OF("NONE", "OVERWRITE", "PRESERVE")),
    BOOL("preserve", OPTIONAL,
         "Whether the objects stay in the cluster when the add-on is removed from it. Default: "
         "false, and true for `vpc-cni`, without which pods cannot even end."),
    END_ATTRIBUTES,
};

struct addon addon_part(struct call *c, struct aws *aws, const char *cluster, const char *name)
{
    static const char *const blame[][2] = {{"onfiguration", "configuration"},
                                           {"ersion", "version"},
                                           {"ole", "service_account_role_arn"},
                                           {NULL, NULL}};
    static const struct step_advice advice[] = {
        {"InsufficientNumberOfReplicas", "Its pods do not run: look whether there are nodes on "
                                         "which they fit, and at the pods in kube-system."},
        {"ConfigurationConflict", "Somebody else has set these fields: say resolve_conflicts = "
                                  "\"OVERWRITE\" to take them over."},
        {"AdmissionRequestDenied", "A webhook of the cluster refused the add-on's objects."},
        {"AddonPermissionFailure", "Look at the role of its service account."},
        {NULL, NULL}};
    struct arena *a = c->arena;

    return (struct addon){.step = {.call = c,
                                   .aws = aws,
                                   .cluster = cluster,
                                   .what = text_f(a, "Add-on %s", name),
                                   .member = "addonName",
                                   .name = name,
                                   .at = path_key(a, path_of(a, "eks", "addons"), name),
                                   .blame = blame,
                                   .advice = advice},
                          .update_id = ""};
}

bool addon_is(const struct addon *o, const char *status)
{
    return o->found && strcmp(value_text(o->found, "status"), status) == 0;
}

/* --- what differs ---------------------------------------------------------------------------- */

/* Text of people or of EKS, JSON or YAML, as a value; empty and {} are the same. */
static const struct value *configuration(struct arena *a, const char *text)
{
    const struct value *v = &value_null;

    if (json_try(a, text_of(text), &v) && yml_try(a, text_of(text), &v))
        return value_string(a, text);
    return value_is_null(v) ? &value_empty_map : v;
}

/* Is it this resource's: made by it, or part of a cluster that is? */
bool addon_is_ours(const struct addon_work *w, const struct addon *o)
{
    return !w->cluster->adopted ||
           cluster_tags_are_ours(value_at(o->found, "tags"), w->cluster->name);
}

const char *addon_setting(const struct addon *o, const char *argument)
{
    return value_text(o->wanted, argument);
}

bool addon_says(const struct addon *o, const char *argument)
{
    return *addon_setting(o, argument) != 0;
}

bool addon_configuration_differs(const struct addon_work *w, const struct addon *o)
{
    struct arena *a = w->call->arena;

    return (addon_says(o, "configuration") || addon_is_ours(w, o)) &&
           !value_equal(configuration(a, addon_setting(o, "configuration")),
                        configuration(a, value_text(o->found, "configurationValues")));
}

bool addon_role_differs(const struct addon_work *w, const struct addon *o)
{
    return (addon_says(o, "service_account_role_arn") || addon_is_ours(w, o)) &&
           strcmp(addon_setting(o, "service_account_role_arn"),
                  value_text(o->found, "serviceAccountRoleArn")) != 0;
}

/* A version that was said is another; or none is, and the cluster's has changed. */
bool addon_version_differs(const struct addon_work *w, const struct addon *o)
{
    return addon_says(o, "version")
               ? strcmp(addon_setting(o, "version"), value_text(o->found, "addonVersion")) != 0
               : strcmp(value_text(value_at(o->found, "tags"), ADDON_VERSION_TAG),
                        w->cluster->version) != 0;
}

const struct value *addon_tags(const struct addon_work *w, const struct addon *o)
{
    struct arena *a = w->call->arena;
    const struct value *tags =
        !o->found || addon_is_ours(w, o)
            ? cluster_tags(w->call, w->cluster->tags, w->cluster->name,
                           text_f(a, "addon/%s", o->step.name))
            : value_with(a, value_with(a, tags_all(w->call, w->cluster->tags), CLUSTER_TAG, NULL),
                         CLUSTER_ROLE_TAG, NULL);

    if (!addon_says(o, "version"))
        tags = value_with(a, tags, ADDON_VERSION_TAG, value_string(a, w->cluster->version));
    if (value_flag(o->wanted, "preserve"))
        tags = value_with(a, tags, ADDON_PRESERVE_TAG, value_string(a, "true"));
    return tags;
}

/* Tags that were given once and may have to go. */
const struct value *addon_old_tags(const struct addon_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *old = w->cluster->old_tags ? w->cluster->old_tags : &value_empty_map;

    old = value_with(a, old, ADDON_PRESERVE_TAG, value_string(a, "true"));
    return value_with(a, value_with(a, old, CLUSTER_TAG, NULL), CLUSTER_ROLE_TAG, NULL);
}

bool addon_tags_differ(const struct addon_work *w, const struct addon *o)
{
    struct arena *a = w->call->arena;
    const struct value *now = value_at(o->found, "tags"), *wanted = addon_tags(w, o);

    return value_count(cluster_tags_missing(a, now, wanted)) ||
           value_count(cluster_tags_dropped(a, now, wanted, addon_old_tags(w)));
}

/* --- versions --------------------------------------------------------------------------------- */

static bool is_default(const struct value *version, const char *cluster_version)
{
    const struct value *list = value_at(version, "compatibilities");

    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_text(value_item(list, i), "clusterVersion"), cluster_version) == 0)
            return value_flag(value_item(list, i), "defaultVersion");
    return false;
}

/* AWS lists the newest first: what stands before the default is newer, and stays. */
static const char *chosen_among(const struct value *versions, const char *cluster_version,
                                const char *now)
{
    for (size_t i = 0; i < value_count(versions); i++) {
        const char *version = value_text(value_item(versions, i), "addonVersion");

        if (strcmp(version, now) == 0 || is_default(value_item(versions, i), cluster_version))
            return version;
    }
    return "";
}

/* The version for the cluster's, when none is said. */
bool addon_choose_version(const struct addon_work *w, const struct addon *o, const char **version)
{
    struct arena *a = w->call->arena;
    const struct value *items;

    *version = addon_setting(o, "version");
    if (**version)
        return true;
    if (!aws_list(w->call, w->aws, &eks_describe_addon_versions,
                  value_map_of(a, {"addonName", value_string(a, o->step.name)},
                               {"kubernetesVersion", value_string(a, w->cluster->version)}),
                  &items))
        return false;
    *version = chosen_among(value_at(value_item(items, 0), "addonVersions"), w->cluster->version,
                            value_text(o->found, "addonVersion"));
    return **version || step_error(&o->step, NULL, "There is no version of it",
                                   "EKS offers no default version of an add-on \"%s\" for "
                                   "Kubernetes %s. Look at its name: aws eks "
                                   "describe-addon-versions --kubernetes-version %s.",
                                   o->step.name, w->cluster->version, w->cluster->version);
}

bool addon_needs_update(const struct addon_work *w, const struct addon *o)
{
    return addon_is(o, "UPDATE_FAILED") || addon_version_differs(w, o) ||
           addon_role_differs(w, o) || addon_configuration_differs(w, o);
}

bool addon_check(struct call *c, const struct path *at, const struct value *addons)
{
    bool fine = true;

    for (size_t i = 0; i < value_count(addons); i++) {
        const char *text = value_text(addons->map.entries[i].value, "configuration");
        const struct path *path = path_key(c->arena, at, addons->map.entries[i].key);

        if (*text && configuration(c->arena, text)->kind != VALUE_MAP)
            fine = diag_error(c->diags, path_name(c->arena, path, "configuration"),
                              "The configuration is not an object",
                              "It is JSON or YAML of an object: jsonencode({replicaCount = 2}).");
    }
    return fine;
}
