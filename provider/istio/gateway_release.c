#include "istio/gateway_release.h"

#include "helm/arguments.h"
#include "helm/extra.h"
#include "istio/component.h"
#include "istio/control_plane_id.h"
#include "istio/gateway_values.h"
#include "istio/namespace.h"
#include "istio/version.h"
#include "kube/connection.h"
#include "source/source.h"

enum { MINOR_GATEWAY = 12 }; /* the first with the chart `gateway` */

/* What is said here goes before what the control plane says. */
static const char *said_or(const struct value *planned, const char *argument, const char *fallback)
{
    const char *own = value_text(planned, argument);

    return own[0] ? own : fallback;
}

static bool read_control_plane(struct call *c, const struct value *planned,
                               struct control_plane_id *out)
{
    const struct value *id = value_at(planned, "control_plane");

    *out = (struct control_plane_id){"", NAMESPACE_DEFAULT, "", ""};
    return !value_is_set(id) ||
           control_plane_id_read(c, path_of(c->arena, "control_plane"), value_z(id), out);
}

/* A folder holds the charts of a control plane too, each in a folder of its own. */
static const struct value *source_of(struct call *c, const struct value *planned, const char *name)
{
    const struct value *source = value_at(planned, "chart");
    const char *path = value_text(source, "path");

    return path[0] ? value_with(c->arena, source, "path", value_f(c->arena, "%s/%s", path, name))
                   : source;
}

static bool fetch(struct call *c, const struct value *planned, const struct gateway_home *home,
                  const char *version, const struct chart **out)
{
    const char *name = gateway_chart(planned, home->legacy);
    const struct chart_request request = {
        .source = source_of(c, planned, name),
        .at = path_of(c->arena, "chart"),
        .name = name,
        .version = version,
        .repository = COMPONENT_REPOSITORY,
    };
    struct chart *chart;

    if (!chart_fetch(c, &request, &chart))
        return false;
    *out = extra_objects(c->arena, chart, "istio_gateway.yaml",
                         gateway_objects(c->arena, planned, home));
    return true;
}

struct release gateway_release_named(const struct value *state)
{
    unsigned flags = 0;

    if (value_flag(state, "force_conflicts"))
        flags |= RELEASE_FORCE_CONFLICTS;
    if (value_flag(state, "take_ownership"))
        flags |= RELEASE_TAKE_OWNERSHIP;
    return (struct release){.name = value_text(state, "name"),
                            .namespace = value_text(state, "namespace"),
                            .flags = flags};
}

bool gateway_release_of(struct call *c, const struct value *planned, struct gateway_release *out)
{
    struct release *r = &out->release;
    struct control_plane_id plane;
    struct gateway_home home;
    const char *version;
    int minor;

    if (!read_control_plane(c, planned, &plane))
        return false;
    version = said_or(planned, "version", plane.version);
    minor = version_minor(version);
    home = (struct gateway_home){.legacy = minor > 0 && minor < MINOR_GATEWAY,
                                 .namespace = plane.namespace,
                                 .revision = said_or(planned, "revision", plane.revision)};
    *out = (struct gateway_release){.release = gateway_release_named(planned),
                                    .revision = home.revision};
    r->at = path_of(c->arena, "chart");
    r->values_at = path_of(c->arena, "values");
    r->import_hint = "terraform import <address> '" GATEWAY_IMPORT "'";
    if (!arguments_values(c, planned, gateway_values(c->arena, planned, &home), &r->values) ||
        !fetch(c, planned, &home, version, &r->chart))
        return false;
    if (version_refuses_own_values(r->chart->version))
        r->flags |= RELEASE_NO_SCHEMA;
    return true;
}

bool gateway_release_is_known(const struct call *c, const struct value *planned)
{
    static const char *const names[] = {"name",        "namespace",       "control_plane",
                                        "version",     "revision",        "direction",
                                        "exposure",    "network",         "service_type",
                                        "ports",       "load_balancer",   "env",
                                        "labels",      "expose_services", "replicas",
                                        "annotations", "values",          "values_yaml",
                                        "set"};

    const struct value *balancer = value_at(planned, "load_balancer");

    /* Who makes it decides the order only. */
    if (balancer->kind == VALUE_MAP)
        planned = value_with(c->arena, planned, "load_balancer",
                             value_with(c->arena, balancer, "controller", &value_null));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!value_is_wholly_known(value_at(planned, names[i])))
            return false;
    return connection_is_known(value_at(planned, "cluster")) &&
           chart_source_is_known(c, value_at(planned, "chart"));
}
