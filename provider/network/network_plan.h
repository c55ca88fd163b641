/* network_plan - which subnets a VPC has: arithmetic on IPv4 blocks, no I/O.
 *
 * Derived blocks depend on the VPC's block and the place of the zone alone, so that one
 * more zone moves no subnet that is there: the private ones are sixteenths of the VPC's
 * block in its lower half, the public ones are smaller and in its upper half. */
#ifndef NETWORK_NETWORK_PLAN_H
#define NETWORK_NETWORK_PLAN_H
#include <stdbool.h>

#include "schema/call.h"

enum { NETWORK_PLAN_ZONES_MAX = 8 };
enum network_plan_nat {
    NETWORK_PLAN_NAT_NONE,
    NETWORK_PLAN_NAT_SINGLE,
    NETWORK_PLAN_NAT_PER_ZONE,
};
extern const char *const network_plan_nat_names[]; /* in the order of the enum; ends with NULL */

struct network_plan_zone {
    const char *name, *public_block, *private_block; /* a block is NULL when there is none */
};

struct network_plan {
    const char *name, *cidr_block;
    bool ipv6;
    enum network_plan_nat nat;
    struct network_plan_zone zones[NETWORK_PLAN_ZONES_MAX];
    size_t count;
    const struct value *tags;          /* of every object: a map */
    const struct value *cluster_names; /* whose tags the subnets have: a list */
};

/* One block for each of `zones` zones; NULL when the VPC's block is too small. */
const struct value *network_plan_derive(struct arena *a, const char *cidr_block, bool is_public,
                                        size_t zones);
/* Size of the VPC's block, and that the subnets lie inside it and apart from each other.
 * Reports with the attribute paths cidr_block, public_subnets[n], private_subnets[n]; a
 * list or an element that is not known is left out. */
bool network_plan_check(struct call *c, const char *cidr_block, const struct value *public_subnets,
                        const struct value *private_subnets);
/* Number of zones, names, and lists of blocks must fit together; null and unknown fit all. */
bool network_plan_check_counts(struct call *c, size_t zones, const struct value *public_subnets,
                               const struct value *private_subnets);
/* From an object of istio_vpc whose arguments are known. */
void network_plan_read(struct call *c, const struct value *object, struct network_plan *out);

/* Have two blocks of IPv4 an address in common? False when one is none. */
bool network_plan_overlap(const char *cidr_block, const char *other);

/* Is there a NAT gateway in the n-th zone; and whose does the n-th zone use? */
bool network_plan_has_nat(const struct network_plan *p, size_t zone);
size_t network_plan_nat_of(const struct network_plan *p, size_t zone);
bool network_plan_is_public(const struct network_plan *p);

#endif
