#include "istio/control_plane.h"

#include <string.h>

#include "istio/install_values.h"
#include "istio/istiod.h"
#include "istio/namespace.h"
#include "istio/version.h"
#include "istio/webhook.h"
#include "kube/connection.h"

/* --- rules across arguments ------------------------------------------------------------ */

bool control_plane_check_cacerts(struct call *c, const struct value *object)
{
    const struct value *id = value_at(object, "cacerts"),
                       *namespace = value_at(object, "namespace");
    const char *cluster = connection_name(value_at(object, "cluster"));
    const char *wanted = text_f(c->arena, "%s/%s/%s", cluster,
                                value_is_null(namespace) ? NAMESPACE_DEFAULT : value_z(namespace),
                                CACERTS_SECRET_NAME);

    if (!value_is_set(id) || !cluster[0] || value_is_unknown(namespace) ||
        strcmp(value_z(id), wanted) == 0)
        return true;
    return diag_error(c->diags, path_of(c->arena, "cacerts"),
                      "The certificates are of another istiod",
                      "cacerts is %s, and this istiod looks for %s.", value_z(id), wanted);
}

static bool check_tags(struct call *c, const struct value *object)
{
    const struct value *tags = value_at(object, "revision_tags");
    const char *revision = value_text(object, "revision");

    for (size_t i = 0; i < value_count(tags); i++)
        if (revision[0] && strcmp(value_z(value_item(tags, i)), revision) == 0)
            return diag_error(
                c->diags, path_index(c->arena, path_of(c->arena, "revision_tags"), i),
                "A tag is called like the revision",
                "Both would be asked for by the label istio.io/rev=%s. Name the tag by its use, "
                "such as stable or canary.",
                revision);
    return true;
}

/* A name for each chart makes sense for one chart only. */
static bool check_chart(struct call *c, const struct value *object)
{
    static const char *const names[] = {"name", "digest", NULL};
    bool fine = true;

    for (const char *const *name = names; *name; name++)
        if (value_is_set(value_in(object, "chart", *name)))
            fine = diag_error(c->diags, path_of(c->arena, "chart", *name),
                              "A control plane has several charts",
                              "%s can be said of one chart only; leave it out.", *name);
    return fine;
}

static bool check_values(struct call *c, const struct value *object)
{
    const struct value *unused;
    bool fine = true;

    for (int i = 0; i < COMPONENT_COUNT; i++)
        if (component_is_wanted(object, (enum component)i))
            fine = install_values(c, object, (enum component)i, &unused) && fine;
    return fine;
}

bool control_plane_validate(struct call *c, const struct value *config)
{
    bool fine = control_plane_check_cacerts(c, config);

    fine = check_tags(c, config) && fine;
    fine = check_chart(c, config) && fine;
    fine = install_check_profile(c, config) && fine;
    return check_values(c, config) && fine;
}

/* --- before ---------------------------------------------------------------------------- */

static bool check_kubernetes(struct call *c, struct kube *k, const struct value *object)
{
    const char *version = value_text(object, "version");
    int least = version_kubernetes_minor(version_minor(version));
    struct kube_version server;

    if (!kube_version(c, k, &server))
        return false;
    if (server.major > 1 || server.minor >= least)
        return true;
    return diag_error(c->diags, path_of(c->arena, "version"), "Istio needs a newer Kubernetes",
                      "Istio %s runs on Kubernetes 1.%d and newer; cluster %s is %s.", version,
                      least, kube_name(k), server.git_version);
}

bool control_plane_check_server(struct call *c, struct kube *k, const struct value *object,
                                bool is_create)
{
    return check_kubernetes(c, k, object) &&
           (!is_create || istiod_check_alone(c, k, value_text(object, "namespace"),
                                             value_text(object, "revision")));
}

bool control_plane_has_istiod(const struct value *object)
{
    return component_is_wanted(object, COMPONENT_ISTIOD) &&
           strcmp(value_text(object, "profile"), "remote") != 0;
}

/* Before istiod starts. */
bool control_plane_check_ca(struct call *c, struct kube *k, const struct value *object)
{
    const char *namespace = value_text(object, "namespace");
    struct istiod_ca ca;

    return !value_is_set(value_at(object, "cacerts")) ||
           (istiod_ca_read(c, k, namespace, &ca) &&
            istiod_ca_check(c, &ca, kube_name(k), namespace, path_of(c->arena, "cacerts")));
}

/* --- after ----------------------------------------------------------------------------- */

static bool waits_for_webhooks(const struct value *object)
{
    return value_flag(object, "wait") && value_flag(object, "wait_for_webhooks") &&
           control_plane_has_istiod(object);
}

bool control_plane_wait(const struct install *w)
{
    const char *name = component_istiod(w->call->arena, w->revision);

    return !waits_for_webhooks(w->object) ||
           (istiod_wait_endpoints(w->call, w->kube, w->namespace, name) &&
            webhook_wait(w->call, w->kube, w->namespace, w->revision, w->objects));
}

static const struct value *root_value(struct arena *a, const struct istiod_ca *ca)
{
    return ca->root_fingerprint[0] ? value_string(a, ca->root_fingerprint) : &value_null;
}

/* *root is what istiod signs for in the end. */
static bool restart(const struct install *w, const char *wanted, const struct value **root,
                    bool *pending)
{
    struct call *c = w->call;

    if (!istiod_restart(c, w->kube, w->namespace, component_istiod(c->arena, w->revision), wanted,
                        waits_for_webhooks(w->object)))
        return false;
    *pending = false;
    *root = value_string(c->arena, wanted);
    return true;
}

bool control_plane_settle_root(const struct install *w, bool may_restart, const struct value **root,
                               bool *pending)
{
    struct call *c = w->call;
    struct istiod_ca ca;

    if (!istiod_ca_read(c, w->kube, w->namespace, &ca))
        return false;
    *root = root_value(c->arena, &ca);
    *pending = ca.is_pending && value_is_set(value_at(w->object, "cacerts")) &&
               control_plane_has_istiod(w->object);
    if (!*pending)
        return true;
    if (!value_flag(w->object, "restart_on_root_change"))
        istiod_ca_warn(c, &ca, kube_name(w->kube), w->namespace);
    else if (may_restart)
        return restart(w, ca.bundle.info.root_fingerprint, root, pending);
    return true;
}
