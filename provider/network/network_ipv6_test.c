/* Which /64 a subnet gets. */
#include "network/network_ipv6.h"

#include "base/test.h"

#define VPC "2600:1f18:1234:ab00::/56"

TEST(each_zone_has_its_own_block)
{
    static const struct {
        bool is_public;
        size_t zone;
        const char *block;
    } rows[] = {
        {false, 0, "2600:1f18:1234:ab00::/64"}, {false, 1, "2600:1f18:1234:ab10::/64"},
        {false, 7, "2600:1f18:1234:ab70::/64"}, {true, 0, "2600:1f18:1234:ab80::/64"},
        {true, 1, "2600:1f18:1234:ab81::/64"},  {true, 7, "2600:1f18:1234:ab87::/64"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_string_equal(
            network_ipv6_derive(a, VPC, rows[i].is_public, rows[i].zone, &value_empty_map),
            rows[i].block);
}

static const struct value *with_block(struct arena *a, const struct value *subnets,
                                      const char *block)
{
    const struct value *one = value_map_of(
        a, {"Ipv6CidrBlock", value_string(a, block)},
        {"Ipv6CidrBlockState", value_map_of(a, {"State", value_string(a, "associated")})});

    return value_with(a, subnets, block,
                      value_map_of(a, {"Ipv6CidrBlockAssociationSet", value_list_of(a, one)}));
}

/* Where zones were reordered, or others made the subnets: never one of another zone, and none
 * when there is none. */
TEST(what_is_taken_is_left)
{
    const struct value *subnets = &value_empty_map;
    const char *block = "";

    for (size_t i = 0; i < 16; i++) {
        block = network_ipv6_derive(a, VPC, true, 2, subnets);
        assert_non_null(block);
        subnets = with_block(a, subnets, block);
    }
    assert_string_equal(block, "2600:1f18:1234:abfa::/64");
    assert_null(network_ipv6_derive(a, VPC, true, 2, subnets));
    assert_string_equal(network_ipv6_derive(a, VPC, true, 3, subnets), "2600:1f18:1234:ab83::/64");
    subnets = with_block(a, subnets, "2600:1f18:1234:ab10::/64");
    assert_string_equal(network_ipv6_derive(a, VPC, false, 1, subnets), "2600:1f18:1234:ab11::/64");
}

TEST(other_blocks_are_not_divided)
{
    assert_null(network_ipv6_derive(a, "", false, 0, &value_empty_map));
    assert_null(network_ipv6_derive(a, "2600:1f18:1234::/48", false, 0, &value_empty_map));
    assert_null(network_ipv6_derive(a, "10.0.0.0/56", false, 0, &value_empty_map));
}
