/* load_balancer_parts - inside view of load_balancer.h, for its files. */
#ifndef NETWORK_LOAD_BALANCER_PARTS_H
#define NETWORK_LOAD_BALANCER_PARTS_H
#include "network/load_balancer.h"

/* What the name is made of: "<name>-<id>.elb.<region>.amazonaws.com" of a network load
 * balancer, "<name>-<id>.<region>.elb.amazonaws.com" of others. */
struct load_balancer_hostname {
    const char *region; /* "" = another form */
    bool network;
    bool by_controller; /* its name is one that the AWS load balancer controller gives */
};
struct load_balancer_hostname load_balancer_hostname_read(struct arena *a, const char *hostname);

/* AWS's own object; NULL = none. */
bool load_balancer_find(struct call *c, struct aws *aws, const struct load_balancer_key *key,
                        const struct value **item);
/* load_balancer_describe() of what was found. */
bool load_balancer_judge(struct call *c, struct aws *aws, const struct value *item,
                         const struct value **out);
/* For messages. */
const char *load_balancer_key_text(const struct load_balancer_key *key);

#endif
