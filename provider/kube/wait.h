/* wait - waiting by watch until an object is as it should be. */
#ifndef KUBE_WAIT_H
#define KUBE_WAIT_H
#include "kube/kube.h"

enum kube_verdict {
    KUBE_NOT_YET, /* keep watching; *last_seen says what was seen */
    KUBE_DONE,
    KUBE_FAILED, /* will never be; the judge has reported it */
};
/* object is NULL while it does not exist. Sets *last_seen ("2 of 3 replicas
 * available"). c->arena, like object, lives until the next event: what is to
 * last longer belongs into an arena of the judge's own. */
typedef enum kube_verdict kube_judge_fn(struct call *c, void *data, const struct value *object,
                                        const char **last_seen);

/* Lists the one object, then watches it (resumed after cuts and 410 Gone) until
 * the judge is satisfied or the call's deadline comes. The time-out reads "Timed
 * out waiting for Deployment a/b to <what>" with what was last seen, the
 * object's newest warning events and its pods that are not ready. *out is the
 * object that satisfied the judge (NULL for one that is gone). */
bool kube_wait_for(struct call *c, struct kube *k, const struct kube_ref *ref, const char *what,
                   kube_judge_fn *judge, void *data, const struct value **out);
/* Until the server serves the kind: a CRD that is established may take a moment. */
bool kube_wait_for_kind(struct call *c, struct kube *k, const char *api_version, const char *kind,
                        struct kube_resource *out);

/* Ready-made judges; data as named. */
kube_judge_fn kube_judge_condition; /* data: const char * "Available" (status True) */
kube_judge_fn kube_judge_exists;    /* data: NULL */
kube_judge_fn kube_judge_gone;      /* data: NULL; last_seen names the finalizers */
/* Deployment, StatefulSet, DaemonSet, Job, CRD Established, Namespace, Service
 * of type LoadBalancer, PVC …; other kinds are ready when they exist. data NULL */
kube_judge_fn kube_judge_ready;

#endif
