/* peering - two VPCs joined, wherever they are: the connection, accepted on its other side,
 * names resolved across it, and a route in each table of either side.
 *
 * The connection carries PEERING_TAG, which proves that it is ours, with the ids of both
 * VPCs, by which it is looked up; so work that ended anywhere goes on at the next call.
 * Routes have no tags: ours are those that lead to the connection in the tables that were
 * named. AWS keeps a connection of two regions in both, each with its own tags and with
 * the options of its own side. */
#ifndef NETWORK_PEERING_H
#define NETWORK_PEERING_H
#include "aws/aws.h"

#define PEERING_TAG "istio.multicluster/vpc-peering"

enum { PEERING_REQUESTER, PEERING_ACCEPTER, PEERING_SIDES };

struct peering_side {
    const char *argument; /* "requester", "accepter" */
    struct aws *aws;      /* NULL = not known yet */
    const char *vpc_id;   /* "" = not known yet */
    const char *owner;    /* account of the VPC; "" until it is looked at */
    /* Where the other side's routes lead: as it was said, else the VPC's own; "" = not
     * known yet. */
    const char *cidr_block;
    bool said;                           /* cidr_block was */
    const struct value *blocks;          /* all of the VPC that are known: a list */
    const struct value *route_table_ids; /* list */
    const struct value *tables;          /* of the VPC; NULL = not looked at yet */
    const struct value *connection;      /* as this side sees it; NULL = there is none */
};

struct peering_work {
    struct call *call;
    struct peering_side sides[PEERING_SIDES];
    bool dns;                       /* names are to resolve to private addresses */
    bool dns_done;                  /* both sides do, or did when AWS last allowed it */
    const struct value *tags;       /* of the connection, with ours: a map */
    const struct value *old_tags;   /* that this resource gave before; may be null */
    const struct value *old_routes; /* that it made before; may be null */
    bool look_only;                 /* change nothing, fill `drift` */
    const struct value *drift;      /* a list */
    const struct value *routes;     /* "rtb-1 10.2.0.0/16", a list: those that are there */
};

/* From an object of istio_vpc_peering; what is unknown is left out. Asks no service. */
bool peering_open(struct call *c, const struct value *object, struct peering_work *out);
/* Both VPCs, as far as they are known: that they exist and that their blocks do not
 * overlap; reported with the attribute path. At plan a VPC that cannot be asked for is
 * left for the apply, with a warning. */
bool peering_look_at_vpcs(struct peering_work *w, bool at_plan);
/* id "" = by its VPCs; then another one between them, not ours, is an error that names the
 * import. */
bool peering_find(struct peering_work *w, const char *id);
/* After peering_find(). */
bool peering_converge(struct peering_work *w);
/* Routes that lead to it, then the connection. */
bool peering_remove(struct peering_work *w, const char *id);

const struct value *peering_connection(const struct peering_work *w);
const char *peering_id(const struct peering_work *w);
/* "active"; "" = there is none. */
const char *peering_status(const struct peering_work *w);
/* `object` has id and requester.region alone: all other arguments as they are found. NULL =
 * there is none. */
bool peering_import(struct call *c, const struct value **object);

/* For aws_wait(): why it will not come to be, and what to do. */
const char *peering_explain(struct arena *a, const struct value *output);
/* Both sides see one and the same connection. */
bool peering_is_one_place(const struct peering_work *w);
/* What the connection itself tells of its VPCs once it is active. */
void peering_read_blocks(struct peering_work *w);
/* Names of that side's VPC resolve on the other one. */
bool peering_resolves(const struct peering_work *w, size_t side);

/* --- peering_route.c ---------------------------------------------------------------- */
bool peering_routes_converge(struct peering_work *w);
bool peering_routes_remove(struct peering_work *w, const char *id);
/* Ids of the tables of that side with a route to the connection. */
bool peering_routes_found(struct peering_work *w, size_t side, const char *id,
                          const struct value **table_ids);
/* May it be changed? With look_only the line is the answer of a refresh. */
bool peering_may_change(struct peering_work *w, const char *line);

#endif
