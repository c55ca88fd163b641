/* discovery - which APIs there are, and what is no object: /api, /apis,
 * /version, /readyz, /openapi. */
#ifndef SANDBOX_DISCOVERY_H
#define SANDBOX_DISCOVERY_H
#include "acceptance/sandbox/server.h"

/* False: the path is none of these. */
bool discovery_handle(struct request *r);

#endif
