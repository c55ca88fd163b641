/* state - what is made of a hook's answer before it goes out as a state.
 *
 * Hooks may leave attributes out and leave write-only values in; Terraform
 * wants every attribute, wholly known, write-only ones null. What cannot be
 * repaired is reported as this provider's own bug, with the path. */
#ifndef RPC_STATE_H
#define RPC_STATE_H
#include <stdbool.h>

#include "schema/call.h"
#include "schema/resource.h"

/* Every attribute present, write-only ones null. Unknowns stay. */
const struct value *state_complete(struct call *c, const struct value *v);
/* state_complete(), then unknowns become null; each is a bug to report unless
 * the operation failed anyway and this is only the best-known state. False when
 * the value does not fit the type either; *out is then null. */
bool state_settle(struct call *c, const struct value *v, bool failed, const struct value **out);

#endif
