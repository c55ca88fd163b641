/* write - POST, PUT and PATCH of objects: decoded, defaulted, owned, checked,
 * stored. */
#ifndef SANDBOX_WRITE_H
#define SANDBOX_WRITE_H
#include "acceptance/sandbox/server.h"

void write_create(struct request *r);
void write_update(struct request *r);
void write_patch(struct request *r);
/* As the version asked for: objects keep the one that they were written in. */
const struct value *write_presented(struct request *r, const struct value *object);

#endif
