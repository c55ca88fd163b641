/* leftover_parts - what the files of leftover share: whose a thing is, and what made it. */
#ifndef NETWORK_LEFTOVER_PARTS_H
#define NETWORK_LEFTOVER_PARTS_H
#include "network/leftover.h"

#define LEFTOVER_LOAD_BALANCER "load balancer"
#define LEFTOVER_TARGET_GROUP "target group"
#define LEFTOVER_INTERFACE "network interface"
#define LEFTOVER_GROUP "security group"
#define LEFTOVER_VOLUME "volume"
#define LEFTOVER_ENDPOINT "endpoint"

/* Name of the cluster that the tags (a map) prove; "" = none. */
const char *leftover_proof(const struct value *tags);
/* Keys of tags that may prove that a thing is this cluster's, for a filter; a list. */
const struct value *leftover_proof_keys(struct arena *a, const char *cluster);
/* What made it, by its tags and, of an interface, its description. */
const char *leftover_maker(struct arena *a, const struct value *tags, const char *cluster);
const char *leftover_interface_maker(struct arena *a, const struct value *interface,
                                     const char *cluster);

#endif
