/* invariant - what Terraform core enforces on a provider's answers, as code.
 *
 * Source: plugin-protocol facts on PlanResourceChange and ApplyResourceChange.
 * Test builds run every plan and apply reply of every resource through these
 * before it is sent; a violation is an error diagnostic that names the rule and
 * the path, so that no test can pass with an answer that some Terraform version
 * would refuse. */
#ifndef SCHEMA_INVARIANT_H
#define SCHEMA_INVARIANT_H
#include <stdbool.h>

#include "schema/plan.h"

bool invariant_plan(struct call *c, const struct resource *r, const struct plan *plan);
/* The second plan at apply time must agree with the first. */
bool invariant_replan(struct call *c, const struct resource *r, const struct value *first,
                      const struct value *second);
bool invariant_apply(struct call *c, const struct resource *r, const struct value *planned,
                     const struct value *result);
/* Read, import, upgrade, data source: wholly known, fits, write-only null. */
bool invariant_state(struct call *c, const struct resource *r, const struct value *state);

#endif
