/* network_arguments - what the arguments of istio_vpc leave open: zones and subnets, chosen
 * at the plan where they can be known, else at the apply; and checks that need them. */
#ifndef NETWORK_NETWORK_ARGUMENTS_H
#define NETWORK_NETWORK_ARGUMENTS_H
#include "aws/aws.h"
#include "schema/plan.h"

/* `object` with subnets for so many zones (0 = not known: unknown), checked. */
bool network_arguments_with_blocks(struct call *c, const struct value *object, size_t zones,
                                   const struct value **out);
/* The planned object with all that could not be known then. */
bool network_arguments_settle(struct call *c, struct aws *aws, const struct value *planned,
                              const struct value *prior, const struct value **out);
/* Names of the zones; NULL in *names = not known before the apply. aws may be NULL. When
 * AWS cannot be asked, that is a warning. */
bool network_arguments_zones(struct call *c, const struct plan *plan, struct aws *aws, size_t count,
                             const struct value **names);
/* A subnet that stays keeps its block. */
bool network_arguments_check_kept(struct call *c, const struct plan *plan,
                                  const struct value *names, const struct value *planned,
                                  const char *attribute);

#endif
