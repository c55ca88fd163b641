/* What people say of a node group, and the rules of it that need no AWS. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "eks/nodegroup_parts.h"
#include "schema/call.h"
#include "schema/check.h"

enum { NAME_BYTES_MAX = 63, DISK_MAX = 16384 };

static bool check_version(struct call *c, const struct path *at, const struct value *v)
{
    const char *z = value_z(v);
    char *end;

    if (strncmp(z, "1.", 2) == 0 && isdigit((unsigned char)z[2]) && strtol(z + 2, &end, 10) > 0 &&
        !*end)
        return true;
    return diag_error(c->diags, at, "Malformed Kubernetes version",
                      "It is a minor version such as \"1.33\"; it is \"%s\".", z);
}

static const struct attribute taint_rows[] = {
    STRING("key", REQUIRED, "Key of the taint.", .check = check_label_key),
    STRING("value", OPTIONAL, "Its value.", .check = check_label_value),
    STRING("effect", REQUIRED, "What it does, in EKS's words.",
           .one_of = ONE_OF("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")),
    END_ATTRIBUTES,
};

#define REPLACES " A change replaces the group: its nodes go, then others come."
#define ROLLS " A change replaces the nodes, some at a time."

const struct attribute nodegroup_rows[] = {
    TYPED("instance_types", &type_string_list, OPTIONAL,
          "Instance types, the preferred one first. Default: EKS's (`t3.medium`)." REPLACES,
          .check_element = check_not_empty),
    STRING("ami_type", OPTIONAL,
           "Kind of image, such as `BOTTLEROCKET_x86_64`. Default: Amazon Linux 2023 for the "
           "processor of the instance types." REPLACES,
           .check = check_not_empty),
    STRING("capacity_type", OPTIONAL, "How instances are bought. Default: `ON_DEMAND`." REPLACES,
           .one_of = ONE_OF("ON_DEMAND", "SPOT", "CAPACITY_BLOCK")),
    NUMBER("min_size", OPTIONAL, "Fewest nodes. Default: 1.", .min = 0, .max = 100000),
    NUMBER("max_size", OPTIONAL, "Most nodes. Default: 3, or more when the others say more.",
           .min = 1, .max = 100000),
    NUMBER("desired_size", OPTIONAL,
           "Nodes now. Left out, the group begins with `min_size` (at least one node), and "
           "afterwards belongs to autoscalers.",
           .min = 0, .max = 100000),
    NUMBER("disk_size", OPTIONAL,
           "Size of the nodes' disk in GiB. Default: that of the image." ROLLS, .min = 1,
           .max = DISK_MAX),
    TYPED("labels", &type_string_map, OPTIONAL, "Labels of the nodes.",
          .check_element = check_label_value),
    NESTED("taints", NESTING_LIST, taint_rows, OPTIONAL, "Taints of the nodes."),
    TYPED("subnet_ids", &type_string_list, OPTIONAL,
          "Subnets of the nodes. Default: those of the cluster when the group is made." REPLACES,
          .check_element = check_not_empty),
    NUMBER("max_unavailable_percentage", OPTIONAL,
           "How many of the nodes may be away while they are replaced. Default: 33.", .min = 1,
           .max = 100),
    STRING("version", OPTIONAL,
           "Kubernetes version of the nodes. Default: they follow the cluster's." ROLLS,
           .check = check_version),
    TYPED("tags", &type_string_map, OPTIONAL,
          "Tags of the group, its template, instances, volumes and interfaces." ROLLS),
    END_ATTRIBUTES,
};

/* --- rules ------------------------------------------------------------------------------------ */

static bool check_name(struct call *c, const struct path *at, const char *name)
{
    size_t len = strlen(name);
    bool fits = len > 0 && len <= NAME_BYTES_MAX && isalnum((unsigned char)name[0]);

    for (size_t i = 0; i < len; i++)
        fits = fits && (isalnum((unsigned char)name[i]) || name[i] == '-' || name[i] == '_');
    return fits || diag_error(c->diags, at, "Malformed name of a node group",
                              "It has at most %d letters, digits, - and _, and begins with a "
                              "letter or digit.",
                              NAME_BYTES_MAX);
}

static bool check_order(struct call *c, const struct path *at, const struct value *entry,
                        const char *small, const char *large)
{
    const struct value *one = value_at(entry, small), *other = value_at(entry, large);

    if (!value_is_set(one) || !value_is_set(other) ||
        value_as_integer(one) <= value_as_integer(other))
        return true;
    return diag_error(c->diags, path_name(c->arena, at, small),
                      "The sizes do not follow each other", "%s (%lld) is above %s (%lld).", small,
                      (long long)value_as_integer(one), large, (long long)value_as_integer(other));
}

static bool check_once(struct call *c, const struct path *at, const struct value *list)
{
    for (size_t i = 0; i < value_count(list); i++)
        for (size_t k = 0; k < i; k++)
            if (value_is_set(value_item(list, i)) &&
                value_equal(value_item(list, i), value_item(list, k)))
                return diag_error(c->diags, path_index(c->arena, at, i), "Said twice",
                                  "\"%s\" is in the list already.", value_z(value_item(list, i)));
    return true;
}

static bool check_entry(struct call *c, const struct path *at, const struct value *entry)
{
    bool fine = check_order(c, at, entry, "min_size", "max_size");

    fine = check_order(c, at, entry, "min_size", "desired_size") && fine;
    fine = check_order(c, at, entry, "desired_size", "max_size") && fine;
    fine = check_once(c, path_name(c->arena, at, "instance_types"),
                      value_at(entry, "instance_types")) &&
           fine;
    return check_once(c, path_name(c->arena, at, "subnet_ids"), value_at(entry, "subnet_ids")) &&
           fine;
}

bool nodegroup_check(struct call *c, const struct path *at, const struct value *groups)
{
    bool fine = true;

    for (size_t i = 0; i < value_count(groups); i++) {
        const struct value_entry *group = &groups->map.entries[i];
        const struct path *path = path_key(c->arena, at, group->key);

        fine = check_name(c, path, group->key) && fine;
        fine = check_entry(c, path, group->value) && fine;
    }
    return fine;
}

/* --- replacing ---------------------------------------------------------------------------------
 */

static const char *const replacing[] = {"instance_types", "ami_type", "capacity_type", "subnet_ids",
                                        NULL};

/* Two texts, or two lists whose order says nothing. */
static bool same(const struct value *one, const struct value *other)
{
    if (one->kind != VALUE_LIST || other->kind != VALUE_LIST)
        return value_equal(one, other);
    return nodegroup_same_set(one, other);
}

/* What was said, is said otherwise now, and cannot be changed. */
static const char *replacing_change(struct arena *a, const struct value *prior,
                                    const struct value *planned)
{
    const char *names = "";

    for (const char *const *one = replacing; *one; one++)
        if (value_is_set(value_at(planned, *one)) && value_is_set(value_at(prior, *one)) &&
            !same(value_at(planned, *one), value_at(prior, *one)))
            names = text_f(a, "%s%s%s", names, *names ? ", " : "", *one);
    return names;
}

const struct value *nodegroup_replaced(struct arena *a, const struct value *prior,
                                       const struct value *planned)
{
    const struct value *list = &value_empty_list;

    for (size_t i = 0; i < value_count(planned); i++) {
        const struct value_entry *group = &planned->map.entries[i];
        const char *names = replacing_change(a, value_at(prior, group->key), group->value);

        if (*names)
            list = value_append(a, list, value_f(a, "%s (%s)", group->key, names));
    }
    return list;
}
