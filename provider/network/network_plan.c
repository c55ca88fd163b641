#include "network/network_plan.h"

#include <stdlib.h>
#include <string.h>

#include "aws/tags.h"

enum {
    VPC_PREFIX_MIN = 16,
    PREFIX_MAX = 28,  /* the smallest block that AWS takes */
    PRIVATE_BITS = 4, /* longer than the VPC's prefix */
    PUBLIC_BITS = 8,
};

const char *const network_plan_nat_names[] = {"none", "single", "per_zone", NULL};

/* --- blocks ----------------------------------------------------------------------------- */

struct block {
    uint32_t first, last;
    unsigned prefix;
};

/* Of a text that check_cidr() let pass; false = IPv6 or none. */
static bool block_read(const char *cidr, struct block *out)
{
    const char *at = cidr;
    uint32_t ip = 0;
    char *end;

    for (int i = 0; i < 4; i++) {
        unsigned long part = strtoul(at, &end, 10);

        if (end == at || part > 255 || *end != (i < 3 ? '.' : '/'))
            return false;
        ip = ip << 8 | (uint32_t)part;
        at = end + 1;
    }
    out->prefix = (unsigned)strtoul(at, &end, 10);
    if (end == at || *end || out->prefix > 32 || !out->prefix)
        return false;
    out->first = ip;
    out->last = ip + (uint32_t)((UINT64_C(1) << (32 - out->prefix)) - 1);
    return true;
}

static const struct value *block_write(struct arena *a, uint32_t ip, unsigned prefix)
{
    return value_f(a, "%u.%u.%u.%u/%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255, prefix);
}

static bool blocks_overlap(const struct block *x, const struct block *y)
{
    return x->first <= y->last && y->first <= x->last;
}

bool network_plan_overlap(const char *cidr_block, const char *other)
{
    struct block x, y;

    return block_read(cidr_block, &x) && block_read(other, &y) && blocks_overlap(&x, &y);
}

const struct value *network_plan_derive(struct arena *a, const char *cidr_block, bool is_public,
                                        size_t zones)
{
    const struct value *list = &value_empty_list;
    struct block vpc;
    unsigned prefix;

    if (!block_read(cidr_block, &vpc) || vpc.prefix + PRIVATE_BITS > PREFIX_MAX ||
        zones > NETWORK_PLAN_ZONES_MAX)
        return NULL;
    prefix = vpc.prefix + (is_public ? PUBLIC_BITS : PRIVATE_BITS);
    if (prefix > PREFIX_MAX)
        prefix = PREFIX_MAX;
    for (uint32_t i = 0; i < zones; i++) {
        uint32_t from = vpc.first + (is_public ? UINT32_C(1) << (31 - vpc.prefix) : 0);

        list = value_append(a, list, block_write(a, from + (i << (32 - prefix)), prefix));
    }
    return list;
}

/* --- checking ---------------------------------------------------------------------------- */

struct named_block {
    struct block block;
    const struct path *at;
    const char *text;
};

struct blocks {
    struct named_block all[2 * NETWORK_PLAN_ZONES_MAX];
    size_t count;
};

static bool check_vpc(struct call *c, const char *cidr_block, struct block *vpc)
{
    if (!block_read(cidr_block, vpc) || vpc->prefix < VPC_PREFIX_MIN || vpc->prefix > PREFIX_MAX)
        return diag_error(c->diags, path_of(c->arena, "cidr_block"), "Invalid cidr_block",
                          "A VPC has an IPv4 block between /16 and /28; it is \"%s\".", cidr_block);
    return true;
}

static bool check_inside(struct call *c, const struct named_block *b, const struct block *vpc,
                         const char *cidr_block)
{
    if (b->block.prefix > PREFIX_MAX)
        return diag_error(c->diags, b->at, "Subnet too small",
                          "%s has fewer than the 16 addresses that a subnet must have: use /28 or "
                          "larger.",
                          b->text);
    if (b->block.first < vpc->first || b->block.last > vpc->last)
        return diag_error(c->diags, b->at, "Subnet outside of the VPC",
                          "%s does not lie inside cidr_block, %s.", b->text, cidr_block);
    return true;
}

static bool check_apart(struct call *c, const struct blocks *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (blocks_overlap(&blocks->all[i].block, &blocks->all[n].block))
            return diag_error(c->diags, blocks->all[n].at, "Overlapping subnets",
                              "%s overlaps %s of %s.", blocks->all[n].text, blocks->all[i].text,
                              path_text(c->arena, blocks->all[i].at));
    return true;
}

/* Lists come with at most NETWORK_PLAN_ZONES_MAX elements, by their rows. */
static bool add_blocks(struct call *c, struct blocks *to, const struct value *list,
                       const char *attribute)
{
    for (size_t i = 0; i < value_count(list) && i < NETWORK_PLAN_ZONES_MAX; i++) {
        struct named_block *b = &to->all[to->count];

        if (!value_is_set(value_item(list, i)))
            continue;
        b->text = value_z(value_item(list, i));
        b->at = path_index(c->arena, path_of(c->arena, attribute), i);
        if (!block_read(b->text, &b->block))
            return diag_error(c->diags, b->at, "Invalid subnet",
                              "\"%s\" is no IPv4 block such as 10.0.0.0/20.", b->text);
        to->count++;
    }
    return true;
}

bool network_plan_check(struct call *c, const char *cidr_block, const struct value *public_subnets,
                        const struct value *private_subnets)
{
    struct blocks blocks = {.count = 0};
    struct block vpc = {0};
    bool fine = true;

    if (!check_vpc(c, cidr_block, &vpc) ||
        !add_blocks(c, &blocks, private_subnets, "private_subnets") ||
        !add_blocks(c, &blocks, public_subnets, "public_subnets"))
        return false;
    for (size_t i = 0; i < blocks.count; i++)
        fine &= check_inside(c, &blocks.all[i], &vpc, cidr_block) && check_apart(c, &blocks, i);
    return fine;
}

static bool check_count(struct call *c, const char *attribute, const struct value *list,
                        size_t zones)
{
    if (!value_is_set(list) || !value_count(list) || value_count(list) == zones)
        return true;
    return diag_error(c->diags, path_of(c->arena, attribute), "Subnets do not fit the zones",
                      "There is one subnet for each availability zone, in their order: it lists "
                      "%zu for %zu zones. An empty list means none.",
                      value_count(list), zones);
}

bool network_plan_check_counts(struct call *c, size_t zones, const struct value *public_subnets,
                               const struct value *private_subnets)
{
    bool fine = check_count(c, "public_subnets", public_subnets, zones);

    return check_count(c, "private_subnets", private_subnets, zones) && fine;
}

/* --- reading -------------------------------------------------------------------------------- */

static enum network_plan_nat nat_read(const char *text)
{
    for (int i = 0; network_plan_nat_names[i]; i++)
        if (strcmp(text, network_plan_nat_names[i]) == 0)
            return (enum network_plan_nat)i;
    return NETWORK_PLAN_NAT_NONE;
}

static const char *block_at(const struct value *list, size_t i)
{
    return i < value_count(list) ? value_z(value_item(list, i)) : NULL;
}

void network_plan_read(struct call *c, const struct value *object, struct network_plan *out)
{
    const struct value *zones = value_at(object, "availability_zone_names");

    *out = (struct network_plan){
        .name = value_text(object, "name"),
        .cidr_block = value_text(object, "cidr_block"),
        .ipv6 = value_flag(object, "ipv6"),
        .nat = nat_read(value_text(object, "nat_gateways")),
        .tags = tags_all(c, value_at(object, "tags")),
        .cluster_names = value_at(object, "cluster_names"),
    };
    for (size_t i = 0; i < value_count(zones) && i < NETWORK_PLAN_ZONES_MAX; i++)
        out->zones[out->count++] = (struct network_plan_zone){
            .name = value_z(value_item(zones, i)),
            .public_block = block_at(value_at(object, "public_subnets"), i),
            .private_block = block_at(value_at(object, "private_subnets"), i),
        };
}

bool network_plan_has_nat(const struct network_plan *p, size_t zone)
{
    return p->nat == NETWORK_PLAN_NAT_PER_ZONE || (p->nat == NETWORK_PLAN_NAT_SINGLE && zone == 0);
}

size_t network_plan_nat_of(const struct network_plan *p, size_t zone)
{
    return p->nat == NETWORK_PLAN_NAT_PER_ZONE ? zone : 0;
}

bool network_plan_is_public(const struct network_plan *p)
{
    return p->count && p->zones[0].public_block;
}
