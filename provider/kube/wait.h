/* wait - waiting by watch until an object is as it should be. */
#ifndef KUBE_WAIT_H
#define KUBE_WAIT_H
#include "kube/kube.h"

enum kube_verdict {
    KUBE_NOT_YET, /* keep watching; *last_seen says what was seen */
    KUBE_DONE,
    KUBE_FAILED, /* will never be; the judge has reported it */
};
/* object is NULL while it does not exist. Sets *last_seen (arena text). */
typedef enum kube_verdict kube_judge_fn(struct call *c, void *data, const struct value *object,
                                        const char **last_seen);

/* GET, then watch from its resourceVersion (resumed after cuts and 410 Gone)
 * until the judge is satisfied or the call's deadline comes. The time-out names
 * `what`, what was last seen, and the object's newest warning events. *out is
 * the object that satisfied the judge (may be NULL for one that is gone). */
bool kube_wait_for(struct call *c, struct kube *k, const struct kube_ref *ref, const char *what,
                   kube_judge_fn *judge, void *data, const struct value **out);

/* Ready-made judges; data as named. */
kube_judge_fn kube_judge_condition; /* data: const char * "Available" (status True) */
kube_judge_fn kube_judge_exists;    /* data: NULL */
kube_judge_fn kube_judge_gone;      /* data: NULL; last_seen names the finalizers */
/* Deployment, StatefulSet, DaemonSet, Job, CRD Established, Namespace, Service
 * of type LoadBalancer, PVC …; other kinds are ready when they exist. data NULL */
kube_judge_fn kube_judge_ready;

#endif
