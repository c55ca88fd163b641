#include "istio/control_plane_id.h"

#include <string.h>

const struct value *control_plane_id_write(struct arena *a, const struct control_plane_id *id)
{
    return value_f(a, "%s/%s/%s@%s", id->cluster, id->namespace,
                   id->revision[0] ? id->revision : "default", id->version);
}

bool control_plane_id_read(struct call *c, const struct path *at, const char *text,
                           struct control_plane_id *out)
{
    struct text rest = text_of(text), cluster, namespace, revision;

    if (!text_split(&rest, '/', &cluster) || !text_split(&rest, '/', &namespace) ||
        !text_split(&rest, '@', &revision) || !rest.at || rest.len == 0 || revision.len == 0 ||
        namespace.len == 0)
        return diag_error(c->diags, at, "Not the id of a control plane",
                          "\"%s\" is not of the form <cluster>/<namespace>/<revision>@<version>. "
                          "Give the id of an istio_control_plane.",
                          text);
    *out = (struct control_plane_id){
        .cluster = text_z(c->arena, cluster),
        .namespace = text_z(c->arena, namespace),
        .revision = text_is(revision, "default") ? "" : text_z(c->arena, revision),
        .version = text_z(c->arena, rest),
    };
    return true;
}
