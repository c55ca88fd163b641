/* control_plane_id - the id of an istio_control_plane, by which a gateway finds out
 * where its istiod runs and what it is: "<cluster>/<namespace>/<revision>@<version>",
 * with "default" for an istiod without a revision.
 *
 * The version is in it so that an upgrade in place shows in everything that hangs on
 * it, in the same plan. */
#ifndef ISTIO_CONTROL_PLANE_ID_H
#define ISTIO_CONTROL_PLANE_ID_H
#include <stdbool.h>

#include "schema/call.h"

struct control_plane_id {
    const char *cluster, *namespace, *version;
    const char *revision; /* "" = none */
};

const struct value *control_plane_id_write(struct arena *a, const struct control_plane_id *id);
/* False, reported against `at`, when it is none. */
bool control_plane_id_read(struct call *c, const struct path *at, const char *text,
                           struct control_plane_id *out);

#endif
