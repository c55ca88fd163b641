/* network_adopt - taking over networks: what an import knows of them, and, where they do
 * not carry our tags, what each thing in them is by what it does there. */
#ifndef NETWORK_NETWORK_ADOPT_H
#define NETWORK_NETWORK_ADOPT_H
#include "network/network.h"

/* The VPC does not say that it is ours: it was imported, and is tagged last. */
bool network_is_foreign(const struct network_work *w);
/* Fills w->found by subnets' routes. Nothing that serves no role becomes ours. */
bool network_adopt(struct network_work *w);
/* The arguments of istio_vpc that describe a VPC; *object NULL = there is none. */
bool network_import(struct call *c, struct aws *aws, const char *id, const struct value **object);

#endif
