/* load_balancer_controller - the AWS load balancer controller as the Helm release that it
 * is, and what on the cluster needs it.
 *
 * `object` is that of istio_load_balancer_controller everywhere here: configuration, plan
 * or state. */
#ifndef ISTIO_LOAD_BALANCER_CONTROLLER_H
#define ISTIO_LOAD_BALANCER_CONTROLLER_H
#include "kube/kube.h"
#include "release/release.h"

/* Of the release and, by its chart, of the Deployment. */
#define LOAD_BALANCER_CONTROLLER "aws-load-balancer-controller"
#define LOAD_BALANCER_CONTROLLER_REPOSITORY "https://aws.github.io/eks-charts"
/* The newest when this was written; what is not said is this. */
#define LOAD_BALANCER_CONTROLLER_CHART "3.5.0"
#define LOAD_BALANCER_CONTROLLER_IMPORT                                                            \
    "cluster=<name>,eks=<EKS cluster>,region=<region>,namespace=<namespace>"

/* Where it runs, as AWS tells it, and who it is there. */
struct load_balancer_controller_place {
    const char *cluster, *region, *vpc_id, *role_arn;
};

/* The values that follow from the arguments, below the user's own. Pure. */
const struct value *load_balancer_controller_values(
    struct arena *a, const struct value *object,
    const struct load_balancer_controller_place *place);
/* All that a chart is rendered with is known. */
bool load_balancer_controller_is_known(const struct call *c, const struct value *object);
/* Fetches the chart. */
bool load_balancer_controller_release(struct call *c, const struct value *object,
                                      const struct load_balancer_controller_place *place,
                                      struct release *out);
/* Name, namespace and flags: enough for a removal. */
struct release load_balancer_controller_named(const struct value *object);
/* Import: `object` with the arguments that the release's values say. */
const struct value *load_balancer_controller_adopt(struct arena *a, const struct value *object,
                                                   const struct value *values);

/* Waits until its webhook lets a Service through. */
bool load_balancer_controller_wait(struct call *c, struct kube *k, const char *namespace);
/* Waits until nothing on the cluster has a finalizer that only it can take off; as long as
 * the call's time allows while such things are being deleted, else two minutes. Then an
 * error names them. */
bool load_balancer_controller_wait_unused(struct call *c, struct kube *k);

#endif
