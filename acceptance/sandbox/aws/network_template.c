/* Launch templates and their versions. */
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/network.h"

static const struct value *view(struct cloud_request *r, const struct record *template);

static const char *const filters[] = {"launch-template-name", "launchTemplateName", NULL};
const struct network_kind network_launch_template = {.kind = "launch-template",
                                                     .prefix = "lt",
                                                     .ids = "LaunchTemplateId",
                                                     .set = "launchTemplates",
                                                     .id = "launchTemplateId",
                                                     .not_found =
                                                         "InvalidLaunchTemplateId.NotFound",
                                                     .filters = filters,
                                                     .view = view};

/* Versions are kept in the record as ".versions": a list of data, the first one is 1. */
static const struct value *view(struct cloud_request *r, const struct record *template)
{
    size_t latest = value_count(value_at(template->body, ".versions"));

    return value_with(r->a, template->body, "latestVersionNumber",
                      value_integer(r->a, (int64_t)latest));
}

/* --- data: from how it is asked to how it is answered -------------------------------------- */
static const struct {
    const char *in, *out;
} lists[] = {{"SecurityGroupId", "securityGroupIdSet"},
             {"BlockDeviceMapping", "blockDeviceMappingSet"},
             {"TagSpecification", "tagSpecificationSet"},
             {"Tag", "tagSet"}};

static const char *small(struct arena *a, const char *name)
{
    char *out = arena_strdup(a, name);

    out[0] = (char)(out[0] | 0x20);
    return out;
}

static const struct value *answered(struct arena *a, const struct value *in)
{
    struct value_builder b;

    if (in->kind != VALUE_MAP)
        return in;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(in); i++) {
        const struct value_entry *entry = &in->map.entries[i];
        const char *name = NULL;

        for (size_t k = 0; k < sizeof(lists) / sizeof(*lists); k++)
            if (strcmp(lists[k].in, entry->key) == 0)
                name = lists[k].out;
        if (name) {
            const struct value *items = cloud_items(a, entry->value);
            struct value_builder list;

            value_builder_init(&list, a);
            for (size_t k = 0; k < value_count(items); k++)
                value_builder_add(&list, answered(a, value_item(items, k)));
            value_builder_set(&b, name, value_builder_list(&list));
        } else {
            value_builder_set(&b, small(a, entry->key), answered(a, entry->value));
        }
    }
    return value_builder_map(&b);
}

static const struct value *data_of(struct cloud_request *r)
{
    return value_map_of(
        r->a, {".token", value_string(r->a, cloud_text(r, "ClientToken"))},
        {"versionDescription", value_at(r->parameters, "VersionDescription")},
        {"launchTemplateData", answered(r->a, value_at(r->parameters, "LaunchTemplateData"))});
}

static const struct value *version(struct cloud_request *r, const struct record *template,
                                   size_t number)
{
    const struct value *data = value_item(value_at(template->body, ".versions"), number - 1);
    bool is_default = value_integer_at(template->body, "defaultVersionNumber") == (int64_t)number;

    return value_merge(
        r->a,
        value_map_of(r->a, {"launchTemplateId", value_string(r->a, template->id)},
                     {"launchTemplateName", value_at(template->body, "launchTemplateName")},
                     {"versionNumber", value_integer(r->a, (int64_t)number)},
                     {"defaultVersion", value_bool(is_default)}),
        data);
}

/* --- templates ------------------------------------------------------------------------------- */
static bool create_template(struct cloud_request *r)
{
    const char *name = cloud_text(r, "LaunchTemplateName"), *token = cloud_text(r, "ClientToken");
    struct record *template;

    if (!token_check(r, token, &template))
        return false;
    if (!template) {
        if (network_where(r->cloud, r->region, &network_launch_template, "launchTemplateName",
                          name))
            return cloud_refuse(r, 400, "InvalidLaunchTemplateName.AlreadyExistsException",
                                "Launch template name already in use.");
        template = network_new(r, &network_launch_template,
                               value_map_of(r->a, {"launchTemplateName", value_string(r->a, name)},
                                            {"createdBy", value_string(r->a, r->key->arn)},
                                            {"defaultVersionNumber", value_integer(r->a, 1)},
                                            {".versions", value_list_of(r->a, data_of(r))}));
        if (!template)
            return false;
        token_keep(r, token, template);
    }
    return network_answer(r, "launchTemplate", &network_launch_template, template);
}

static bool describe_templates(struct cloud_request *r)
{
    const struct value *names = cloud_items(r->a, value_at(r->parameters, "LaunchTemplateName"));
    struct value_builder all;

    if (!value_count(names))
        return network_describe(r, &network_launch_template);
    value_builder_init(&all, r->a);
    for (size_t i = 0; i < value_count(names); i++) {
        const char *name = value_z(value_item(names, i));
        struct record *found = network_where(r->cloud, r->region, &network_launch_template,
                                             "launchTemplateName", name);

        if (!found)
            return cloud_refuse(r, 400, "InvalidLaunchTemplateName.NotFoundException",
                                "At least one of the launch templates specified in the request "
                                "does not exist.");
        value_builder_add(&all, network_view(r, &network_launch_template, found));
    }
    return network_list(r, &network_launch_template, value_builder_list(&all));
}

/* "3", "$Latest", "$Default"; 0 = there is no such version. */
static size_t version_number(const struct record *template, const char *text)
{
    size_t latest = value_count(value_at(template->body, ".versions"));
    size_t number = strtoul(text, NULL, 10);

    if (strcmp(text, "$Latest") == 0)
        return latest;
    if (strcmp(text, "$Default") == 0)
        return (size_t)value_integer_at(template->body, "defaultVersionNumber");
    return number <= latest ? number : 0;
}

const struct value *network_template_data(struct cloud *c, const char *region, const char *id,
                                          const char *name, const char *version)
{
    const struct record *at = NULL;

    while ((at = record_next(c, at, region, network_launch_template.kind)))
        if (strcmp(at->id, id) == 0 || record_is(at, "launchTemplateName", name)) {
            size_t number = version_number(at, *version ? version : "$Default");

            return value_at(
                value_item(value_at(at->body, ".versions"), number ? number - 1 : number),
                "launchTemplateData");
        }
    return &value_null;
}

static bool refuse_version(struct cloud_request *r, const char *text)
{
    return cloud_refuse(r, 400, "InvalidLaunchTemplateId.VersionNotFound",
                        "Could not find launch template version %s", text);
}

static struct record *template_of(struct cloud_request *r)
{
    return network_get(r, &network_launch_template, cloud_text(r, "LaunchTemplateId"));
}

static bool modify_template(struct cloud_request *r)
{
    const char *wanted = cloud_text(r, "SetDefaultVersion");
    struct record *template = template_of(r);
    size_t number;

    if (!template)
        return false;
    number = version_number(template, wanted);
    if (!number)
        return refuse_version(r, wanted);
    record_set(template, "defaultVersionNumber", value_integer(r->a, (int64_t)number));
    return network_answer(r, "launchTemplate", &network_launch_template, template);
}

static bool delete_template(struct cloud_request *r)
{
    struct record *template = template_of(r);
    const struct value *gone;

    if (!template)
        return false;
    gone = network_view(r, &network_launch_template, template);
    record_remove(r->cloud, template);
    return cloud_answer(r, value_map_of(r->a, {"launchTemplate", gone}));
}

/* --- versions --------------------------------------------------------------------------------- */
/* The version that a request with this token made. */
static size_t version_of_token(const struct record *template, const char *token)
{
    const struct value *all = value_at(template->body, ".versions");
    size_t number = value_count(all);

    while (number > 1 && strcmp(value_text(value_item(all, number - 1), ".token"), token) != 0)
        number--;
    return number;
}

static bool create_version(struct cloud_request *r)
{
    const char *token = cloud_text(r, "ClientToken");
    struct record *template = template_of(r), *again;
    const struct value *all;
    size_t number;

    if (!template || !token_check(r, token, &again))
        return false;
    if (!again) {
        all = value_append(r->a, value_at(template->body, ".versions"), data_of(r));
        record_set(template, ".versions", all);
        token_keep(r, token, template);
    }
    number = again ? version_of_token(template, token)
                   : value_count(value_at(template->body, ".versions"));
    return cloud_answer(
        r, value_map_of(r->a, {"launchTemplateVersion", version(r, template, number)}));
}

static bool describe_versions(struct cloud_request *r)
{
    static const struct network_kind kind = {.set = "launchTemplateVersionSet"};
    const struct value *wanted =
        cloud_items(r->a, value_at(r->parameters, "LaunchTemplateVersion"));
    struct record *template = template_of(r);
    struct value_builder all;

    if (!template)
        return false;
    value_builder_init(&all, r->a);
    for (size_t i = 0; i < value_count(wanted); i++) {
        const char *text = value_z(value_item(wanted, i));
        size_t number = version_number(template, text);

        if (!number)
            return refuse_version(r, text);
        value_builder_add(&all, version(r, template, number));
    }
    for (size_t number = value_count(value_at(template->body, ".versions"));
         !value_count(wanted) && number > 0; number--)
        value_builder_add(&all, version(r, template, number));
    return network_list(r, &kind, value_builder_list(&all));
}

const struct cloud_operation network_template_operations[] = {
    {.name = "CreateLaunchTemplate",
     .handle = create_template,
     .parameters = "!LaunchTemplateName VersionDescription !LaunchTemplateData TagSpecification "
                   "ClientToken"},
    {.name = "DescribeLaunchTemplates",
     .handle = describe_templates,
     .parameters = "LaunchTemplateId LaunchTemplateName" NETWORK_PAGED},
    {.name = "ModifyLaunchTemplate",
     .handle = modify_template,
     .parameters = "!LaunchTemplateId !SetDefaultVersion ClientToken"},
    {.name = "DeleteLaunchTemplate", .handle = delete_template, .parameters = "!LaunchTemplateId"},
    {.name = "CreateLaunchTemplateVersion",
     .handle = create_version,
     .parameters = "!LaunchTemplateId VersionDescription !LaunchTemplateData ClientToken"},
    {.name = "DescribeLaunchTemplateVersions",
     .handle = describe_versions,
     .parameters = "LaunchTemplateId LaunchTemplateVersion" NETWORK_PAGED},
    {.name = NULL}};
