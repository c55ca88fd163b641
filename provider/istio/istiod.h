/* istiod - a running istiod: what it waits for, what it signs with, what it leaves.
 *
 * `name` is that of its Service and Deployment: component_istiod(). */
#ifndef ISTIO_ISTIOD_H
#define ISTIO_ISTIOD_H
#include "istio/bundle.h"
#include "istio/trust.h"

/* Until its Service has an endpoint that is ready. */
bool istiod_wait_endpoints(struct call *c, struct kube *k, const char *namespace, const char *name);

/* Who else could inject into the same pods: an istiod of this revision in another
 * namespace is an error that names it. */
bool istiod_check_alone(struct call *c, struct kube *k, const char *namespace,
                        const char *revision);

/* --- its CA ------------------------------------------------------------------------ */
struct istiod_ca {
    struct bundle bundle; /* what it will load when it starts */
    struct trust trust;   /* what it hands out now */
    /* The root in use: of those handed out the one that the bundle reaches, else the
     * first, else the bundle's; "" = nothing is known. */
    const char *root_fingerprint;
    /* The bundle is of a root that is not handed out: it counts from a restart on. */
    bool is_pending;
};
bool istiod_ca_read(struct call *c, struct kube *k, const char *namespace, struct istiod_ca *out);
/* The Secret cacerts is there and istiod can use it; else an error at `at`. */
bool istiod_ca_check(struct call *c, const struct istiod_ca *ca, const char *cluster,
                     const char *namespace, const struct path *at);
/* Says that istiod does not sign with the Secret's root until it is restarted. */
void istiod_ca_warn(struct call *c, const struct istiod_ca *ca, const char *cluster,
                    const char *namespace);
/* Restarts the pods as `kubectl rollout restart` does, waits for the roll-out, and with
 * `until_handed_out` until the new root is. */
bool istiod_restart(struct call *c, struct kube *k, const char *namespace, const char *name,
                    const char *root, bool until_handed_out);

/* --- leaving ------------------------------------------------------------------------- */
/* Gateways and remote secrets that rely on an istiod that is about to go: a warning. */
void istiod_warn_of_dependents(struct call *c, struct kube *k, const char *namespace);
/* What istiod, the charts and Helm leave behind: a warning that names it. */
void istiod_warn_of_leftovers(struct call *c, struct kube *k, const char *namespace);

#endif
