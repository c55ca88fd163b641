/* network_parts - what the files of network share, and nobody else sees. */
#ifndef NETWORK_NETWORK_PARTS_H
#define NETWORK_NETWORK_PARTS_H
#include "network/network.h"

/* --- looking (network_find.c) --------------------------------------------------------------- */

/* The objects that carry our tag, by role. */
bool network_find_kind(struct network_work *w, const struct aws_operation *operation,
                       const struct value **out);

/* --- changing (network_converge.c) ----------------------------------------------------------- */

/* May it be changed? With look_only the line is the answer of a refresh. */
bool network_may_change(struct network_work *w, const char *line);
/* What was just made may not be seen yet. */
bool network_change(struct network_work *w, const struct aws_operation *operation,
                    const struct value *input, const struct value **output);
/* An object of that role, with its tags from the first moment. */
bool network_make(struct network_work *w, const struct aws_operation *operation, const char *type,
                  const char *role, const struct value *input, const struct value **output);
bool network_ensure_tags(struct network_work *w, const struct value *object, const char *id,
                         const char *role);

/* A default route; target NULL = there is to be none. */
struct network_route {
    const char *destination, *member, *target; /* "::/0", "GatewayId", "igw-1" */
    const char *what;                          /* "default route" */
};
bool network_ensure_route(struct network_work *w, const struct value *table, const char *role,
                          const struct network_route *route);

#endif
