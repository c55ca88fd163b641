/* patch - RFC 7386 merge patches and RFC 6902 JSON patches. */
#ifndef SANDBOX_PATCH_H
#define SANDBOX_PATCH_H
#include "acceptance/sandbox/server.h"

const struct value *patch_merge(struct arena *a, const struct value *target,
                                const struct value *patch);
/* False: answered with 422. */
bool patch_json(struct request *r, const struct value *target, const struct value *operations,
                const struct value **out);

#endif
