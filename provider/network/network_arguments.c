/* What the arguments of istio_vpc leave open, and what they may not say. */
#include "network/network_arguments.h"

#include <string.h>

#include "aws/tags.h"
#include "network/network_plan.h"
#include "network/network_zones.h"

/* --- what is to be ------------------------------------------------------------------- */

static const struct value *blocks_of(struct call *c, const struct value *object,
                                     const char *attribute, size_t zones)
{
    const struct value *blocks = value_at(object, attribute), *derived;

    if (value_is_set(blocks))
        return blocks;
    if (!zones || !value_is_set(value_at(object, "cidr_block")))
        return &value_unknown;
    derived = network_plan_derive(c->arena, value_text(object, "cidr_block"),
                                  strcmp(attribute, "public_subnets") == 0, zones);
    return derived ? derived : &value_null;
}

/* `object` with subnets for so many zones (0 = not known), checked. */
bool network_arguments_with_blocks(struct call *c, const struct value *object, size_t zones,
                                   const struct value **out)
{
    const struct value *public = blocks_of(c, object, "public_subnets", zones),
                       *private = blocks_of(c, object, "private_subnets", zones);

    *out = value_with(c->arena, object, "public_subnets", public);
    *out = value_with(c->arena, *out, "private_subnets", private);
    if (value_is_null(public) || value_is_null(private))
        return diag_error(c->diags, path_of(c->arena, "cidr_block"), "cidr_block is too small",
                          "Subnets of at least 16 addresses are derived from a block of /24 or "
                          "larger; it is %s. List public_subnets and private_subnets, or take a "
                          "larger block.",
                          value_text(object, "cidr_block"));
    if (zones && !network_plan_check_counts(c, zones, public, private))
        return false;
    return !value_is_set(value_at(object, "cidr_block")) ||
           network_plan_check(c, value_text(object, "cidr_block"), public, private);
}

/* The planned object with what could not be known then. */
bool network_arguments_settle(struct call *c, struct aws *aws, const struct value *planned,
                              const struct value *prior, const struct value **out)
{
    const struct value *names = value_at(planned, "availability_zone_names"),
                       *wanted = value_at(planned, "availability_zones");
    size_t count = network_zones_count(wanted, value_at(planned, "public_subnets"),
                                       value_at(planned, "private_subnets"));

    if (!value_is_set(names) &&
        !network_zones_choose(c, aws, wanted, count, value_at(prior, "availability_zone_names"),
                              &names))
        return false;
    *out = value_with(c->arena, planned, "availability_zone_names", names);
    *out = value_with(c->arena, *out, "region", value_string(c->arena, aws_region(aws)));
    *out = value_with(c->arena, *out, "tags_all", tags_all(c, value_at(planned, "tags")));
    return network_arguments_with_blocks(c, *out, value_count(names), out);
}

/* --- planning -------------------------------------------------------------------------------- */

bool network_arguments_zones(struct call *c, const struct plan *plan, struct aws *aws, size_t count,
                             const struct value **names)
{
    const struct value *wanted = value_at(plan->planned, "availability_zones"),
                       *prior = value_at(plan->prior, "availability_zone_names"), *chosen;
    struct diags quiet_diags;
    struct call quiet;

    *names = network_zones_known(c->arena, wanted, count, prior);
    if (!aws || !value_is_wholly_known(wanted) || (*names && value_equal(*names, prior)))
        return true;
    diags_init(&quiet_diags, c->arena);
    quiet = call_quietly(c, &quiet_diags);
    if (network_zones_choose(&quiet, aws, wanted, count, prior, &chosen)) {
        *names = chosen;
        return true;
    }
    if (quiet_diags.first && quiet_diags.first->path) { /* a wrong argument */
        diags_append(c->diags, &quiet_diags);
        return false;
    }
    diag_warning(c->diags, NULL, "Availability zones are not checked before the apply", "%s",
                 quiet_diags.first ? quiet_diags.first->detail : "");
    return true;
}

/* A subnet keeps its block for life. With another block the VPC itself is another. */
bool network_arguments_check_kept(struct call *c, const struct plan *plan,
                                  const struct value *names, const struct value *planned,
                                  const char *attribute)
{
    const struct value *old_names = value_at(plan->prior, "availability_zone_names"),
                       *old = value_at(plan->prior, attribute), *new = value_at(planned, attribute);

    if (plan_changes(plan, "cidr_block"))
        return true;
    for (size_t i = 0; i < value_count(old) && i < value_count(old_names); i++)
        for (size_t k = 0; k < value_count(new) && k < value_count(names); k++)
            if (value_equal(value_item(old_names, i), value_item(names, k)) &&
                value_is_set(value_item(new, k)) &&
                !value_equal(value_item(old, i), value_item(new, k)))
                return diag_error(c->diags, path_index(c->arena, path_of(c->arena, attribute), k),
                                  "A subnet cannot change its block",
                                  "In %s it is %s. Remove the zone in one apply and add it again "
                                  "in another.",
                                  value_z(value_item(names, k)), value_z(value_item(old, i)));
    return true;
}
