/* network - a VPC with its subnets, gateways and routes, brought about and taken down.
 *
 * Every object carries two tags: NETWORK_TAG with the name of the VPC, which proves that
 * it is ours, and NETWORK_ROLE_TAG with what it is there: "vpc", "internet-gateway",
 * "egress-only-internet-gateway",
 * "public/<zone>" and "private/<zone>" (subnets), "public-routes" and
 * "private-routes/<zone>" (route tables), "nat/<zone>" (gateway and address). An object is looked
 * up by them, made when it is missing and repaired when it differs; so work that ended anywhere
 * goes on at the next call. Tags are given in the very request that makes a thing. */
#ifndef NETWORK_NETWORK_H
#define NETWORK_NETWORK_H
#include "aws/aws.h"
#include "network/network_plan.h"

#define NETWORK_TAG "istio.multicluster/vpc"
#define NETWORK_ROLE_TAG "istio.multicluster/role"

/* How long a destroy waits for what clusters' controllers and AWS take away themselves. */
enum { NETWORK_LEFTOVER_MS = 10 * 60 * 1000 };

/* What there is: maps of EC2's objects by their role. */
struct network_found {
    const struct value *vpc; /* NULL = none: then the rest may still hold leftovers */
    const struct value *subnets, *tables, *gateways, *egress_gateways, *nats, *addresses;
    const struct value *failed_nats; /* list: in the way, to be deleted */
};

struct network_work {
    struct call *call;
    struct aws *aws;
    const struct network_plan *plan;
    const struct value *old_tags; /* that this resource gave before; may be null */
    bool look_only;               /* change nothing, fill `drift` */
    bool force_destroy;           /* network_remove(): also what clusters left */
    const struct value *drift;    /* "private subnet in eu-west-1a: missing", a list */
    struct network_found found;
};

/* vpc_id "" = by its tags. */
bool network_find(struct network_work *w, const char *vpc_id);
/* Another VPC of that name, not ours: an error that names the import. */
bool network_check_name(struct network_work *w);
/* After network_find(): all that the plan wants, then what it no longer wants goes. */
bool network_converge(struct network_work *w);
/* What the plan does not want goes: NAT gateways, addresses, tables, subnets. */
bool network_prune(struct network_work *w);
/* Failed NAT gateways, and those that are being deleted, are gone after it. */
bool network_clear_nats(struct network_work *w);
/* All of it. What others left in it (eks/leftover.h) is waited for before anything goes,
 * then named. */
bool network_remove(struct network_work *w);

/* The tags of an object of that role. */
const struct value *network_tags(const struct network_work *w, const char *role);
/* "private/eu-west-1a". */
const char *network_role(struct arena *a, const char *kind, const char *zone);

#endif
