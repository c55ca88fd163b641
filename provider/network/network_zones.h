/* network_zones - which availability zones a VPC is in.
 *
 * `wanted` is the argument: null, a number, or a list of names. Zones that a VPC has are
 * kept where the number allows, so that AWS's order of zones moves nothing. */
#ifndef NETWORK_NETWORK_ZONES_H
#define NETWORK_NETWORK_ZONES_H
#include "aws/aws.h"

enum { NETWORK_ZONES_DEFAULT = 3 }; /* or as many as the region has */

/* A number from 1 to 8, or a list of so many different names; anything may be unknown. */
bool network_zones_check(struct call *c, const struct path *at, const struct value *wanted);
/* How many zones the arguments ask for: 0 = the default number, or not known. */
size_t network_zones_count(const struct value *wanted, const struct value *public_subnets,
                           const struct value *private_subnets);
/* The names where no question is needed: a list, or those in `prior` suffice; else NULL. */
const struct value *network_zones_known(struct arena *a, const struct value *wanted, size_t count,
                                        const struct value *prior);
/* Asks AWS for the region's zones. Too few, or an unknown one: an error with its path. */
bool network_zones_choose(struct call *c, struct aws *aws, const struct value *wanted, size_t count,
                          const struct value *prior, const struct value **names);

#endif
