#include "network/network_zones.h"

#include <stdlib.h>
#include <string.h>

#include "aws/ec2.h"
#include "network/network_plan.h"

static bool list_has(const struct value *list, const char *name)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), name) == 0)
            return true;
    return false;
}

static bool check_names(struct call *c, const struct path *at, const struct value *names)
{
    const struct value *before = &value_empty_list;

    for (size_t i = 0; i < value_count(names); i++) {
        const struct value *one = value_item(names, i);

        if (value_is_unknown(one))
            continue;
        if (one->kind != VALUE_STRING || !*value_z(one) || list_has(before, value_z(one)))
            return diag_error(c->diags, path_index(c->arena, at, i), "Invalid availability_zones",
                              "Each element is the name of another zone, such as \"eu-west-1a\".");
        before = value_append(c->arena, before, one);
    }
    return true;
}

bool network_zones_check(struct call *c, const struct path *at, const struct value *wanted)
{
    bool is_list = wanted->kind == VALUE_LIST;
    int64_t count = is_list ? (int64_t)value_count(wanted) : value_as_integer(wanted);

    if (count < 1 || count > NETWORK_PLAN_ZONES_MAX)
        return diag_error(c->diags, at, "Invalid availability_zones",
                          "It is a number of zones from 1 to %d, or a list of so many names.",
                          NETWORK_PLAN_ZONES_MAX);
    return !is_list || check_names(c, at, wanted);
}

size_t network_zones_count(const struct value *wanted, const struct value *public_subnets,
                           const struct value *private_subnets)
{
    if (value_is_unknown(wanted))
        return 0;
    if (value_is_set(wanted))
        return wanted->kind == VALUE_LIST ? value_count(wanted) : (size_t)value_as_integer(wanted);
    return value_count(private_subnets) ? value_count(private_subnets)
                                        : value_count(public_subnets);
}

static const struct value *first(struct arena *a, const struct value *list, size_t count)
{
    const struct value *some = &value_empty_list;

    for (size_t i = 0; i < count && i < value_count(list); i++)
        some = value_append(a, some, value_item(list, i));
    return some;
}

const struct value *network_zones_known(struct arena *a, const struct value *wanted, size_t count,
                                        const struct value *prior)
{
    if (value_is_set(wanted) && wanted->kind == VALUE_LIST)
        return wanted;
    if (!count && value_is_null(wanted))
        count = value_count(prior);
    return count && value_count(prior) >= count ? first(a, prior, count) : NULL;
}

static int compare_names(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool list_region(struct call *c, struct aws *aws, const struct value **names)
{
    const struct value *zones;
    const char **all;

    *names = &value_empty_list;
    if (!ec2_list_availability_zones(c, aws, &zones))
        return false;
    all = arena_array(c->arena, value_count(zones) + 1, sizeof(*all));
    for (size_t i = 0; i < value_count(zones); i++)
        all[i] = value_text(value_item(zones, i), "ZoneName");
    qsort(all, value_count(zones), sizeof(*all), compare_names);
    for (size_t i = 0; i < value_count(zones); i++)
        *names = value_append(c->arena, *names, value_string(c->arena, all[i]));
    return true;
}

static const char *joined(struct arena *a, const struct value *names)
{
    const char *text = "";

    for (size_t i = 0; i < value_count(names); i++)
        text = text_f(a, "%s%s%s", text, i ? ", " : "", value_z(value_item(names, i)));
    return text;
}

static bool check_exist(struct call *c, const struct value *wanted, const struct value *region,
                        const char *region_name)
{
    for (size_t i = 0; i < value_count(wanted); i++)
        if (!list_has(region, value_z(value_item(wanted, i))))
            return diag_error(c->diags,
                              path_index(c->arena, path_of(c->arena, "availability_zones"), i),
                              "Unknown availability zone", "%s has %s; it is \"%s\".", region_name,
                              joined(c->arena, region), value_z(value_item(wanted, i)));
    return true;
}

static const struct value *added(struct arena *a, const struct value *kept,
                                 const struct value *region, size_t count)
{
    const struct value *names = first(a, kept, count);

    for (size_t i = 0; i < value_count(region) && value_count(names) < count; i++)
        if (!list_has(names, value_z(value_item(region, i))))
            names = value_append(a, names, value_item(region, i));
    return names;
}

bool network_zones_choose(struct call *c, struct aws *aws, const struct value *wanted, size_t count,
                          const struct value *prior, const struct value **names)
{
    const struct value *region;

    if (!list_region(c, aws, &region))
        return false;
    *names = wanted;
    if (value_is_set(wanted) && wanted->kind == VALUE_LIST)
        return check_exist(c, wanted, region, aws_region(aws));
    if (!count)
        count = value_count(region) < NETWORK_ZONES_DEFAULT ? value_count(region)
                                                            : NETWORK_ZONES_DEFAULT;
    *names = added(c->arena, prior, region, count);
    return value_count(*names) == count ||
           diag_error(c->diags, path_of(c->arena, "availability_zones"),
                      "Not so many availability zones", "%s has %zu (%s); %zu are asked for.",
                      aws_region(aws), value_count(region), joined(c->arena, region), count);
}
