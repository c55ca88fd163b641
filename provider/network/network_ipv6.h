/* network_ipv6 - the IPv6 half of a network: the block of 256 subnets that Amazon gives the
 * VPC, one of them for each subnet, and the gateway that only lets out.
 *
 * A subnet's block depends on the VPC's block and the place of its zone, as with IPv4: the
 * private ones are sixteenths in the lower half, of which they use the first /64, the public
 * ones follow each other in the upper half. A subnet that has a block keeps it.
 * Without `ipv6` of the plan nothing here asks or changes anything. */
#ifndef NETWORK_NETWORK_IPV6_H
#define NETWORK_NETWORK_IPV6_H
#include "network/network.h"

#define NETWORK_IPV6_GATEWAY "egress-only-internet-gateway" /* its role */

/* "2600:1f18:1:1200::/56" of a VPC; "" = none, or not yet. */
const char *network_ipv6_block(const struct value *vpc);
/* A free block for the zone beside those that `subnets`, a map, have; NULL = none. */
const char *network_ipv6_derive(struct arena *a, const char *vpc_block, bool is_public, size_t zone,
                                const struct value *subnets);
bool network_ipv6_wants_gateway(const struct network_plan *p);

/* It cannot be switched off; the path is `ipv6`. */
bool network_ipv6_check_kept(struct call *c, const struct value *prior,
                             const struct value *planned);
/* A create that goes on with a VPC which an earlier one gave a block must want it too. */
bool network_ipv6_check_made(struct network_work *w);

/* The gateways of the VPC, where there may be any; and those of one that is not tagged. */
bool network_ipv6_find(struct network_work *w);
bool network_ipv6_adopt(struct network_work *w);

bool network_ipv6_ensure_vpc(struct network_work *w);
bool network_ipv6_ensure_gateway(struct network_work *w);
/* *block: for the subnet of that role that is about to be made; NULL = without. */
bool network_ipv6_choose(struct network_work *w, const char *role, const char **block);
/* Its block, and that what starts in it has an address of it. */
bool network_ipv6_ensure_subnet(struct network_work *w, const char *role);
/* The table's route to the world. */
bool network_ipv6_ensure_route(struct network_work *w, const struct value *table, const char *role);

#endif
