/* balancer - what the controllers of load balancers do in the clusters of the stand-in EKS.
 *
 * The AWS Load Balancer Controller works while a Deployment with the label
 * app.kubernetes.io/name: aws-load-balancer-controller is available; Auto Mode clusters have
 * one of EKS's own. Each serves the Services and Ingresses that are its own by class or
 * annotation, under its finalizer, tags and names; without rights it writes Events only.
 * Services of nobody stay without an address: there is no classic load balancer here.
 * All of it under the account's lock; it calls the servers of clusters. */
#ifndef SANDBOX_AWS_BALANCER_H
#define SANDBOX_AWS_BALANCER_H
#include "acceptance/sandbox/aws/cloud_server.h"

/* --- balancer.c ------------------------------------------------------------------------- */
/* All that there is to do for all clusters: cheap when nothing has changed. */
void balancer_run(struct cloud *c);

/* One controller in one cluster, for the time of one look. */
struct balancer {
    struct cloud *c;
    struct arena *a;
    const struct record *cluster;
    struct sandbox *sandbox;
    bool is_auto;
    const char *name, *vpc; /* of the cluster, as the controller was told */
    const char *denied;     /* why AWS refuses its requests; NULL = it does not */
};
/* The items of a list of the cluster: "/api/v1/services". */
const struct value *balancer_list(const struct balancer *b, const char *path);
/* Ten digits that stand for a text. */
const char *balancer_hash(struct arena *a, const char *text);

/* --- balancer_rights.c -------------------------------------------------------------------- */
/* What AWS would say to a pod of the service account; NULL = it may. */
const char *balancer_denied(const struct balancer *b, const struct value *account);

/* --- balancer_plan.c ---------------------------------------------------------------------- */
/* A Service or an Ingress, and what is to be made for it. */
struct balancer_plan {
    const struct value *object;
    const char *path, *kind, *ns, *name;
    const char *finalizer, *stack;
    bool is_ours, is_wanted; /* has or gets the finalizer; has a load balancer */
    bool is_network;
    const char *load_balancer_name, *scheme, *target_type;
    const struct value *tags;      /* of everything that is made for it, without its resource */
    const struct value *subnets;   /* ids; empty with a reason in `fault` */
    const struct value *groups;    /* {Name, Resource, Protocol, Port, Targets} */
    const struct value *listeners; /* {Port, Protocol, Groups: names} */
    const char *fault;             /* why it cannot be made */
    const char *node_fault;        /* why it cannot reach the nodes */
};
bool balancer_plan_service(const struct balancer *b, const struct value *service,
                           struct balancer_plan *out);
bool balancer_plan_ingress(const struct balancer *b, const struct value *ingress,
                           struct balancer_plan *out);
/* Fills in what takes a look around, for what is wanted: tags, subnets, targets. */
void balancer_plan_fill(const struct balancer *b, struct balancer_plan *p);
/* "elbv2.k8s.aws/cluster", and of the kind: "service.k8s.aws/stack". */
const char *balancer_cluster_tag(const struct balancer *b);
const char *balancer_tag(const struct balancer *b, const struct balancer_plan *p, const char *name);

/* --- balancer_target.c --------------------------------------------------------------------- */
/* What a port of a Service leads to, as elasticloadbalancing_set_targets() wants it. */
const struct value *balancer_targets(const struct balancer *b, const struct balancer_plan *p,
                                     const struct value *service, const struct value *port);

/* Why the nodes cannot be opened for load balancers; NULL = they can. */
const char *balancer_node_fault(const struct balancer *b);

/* --- balancer_deploy.c ---------------------------------------------------------------------- */
void balancer_deploy(const struct balancer *b, const struct balancer_plan *p);
/* Goes on each time that it is called, until the finalizer is gone. */
void balancer_withdraw(const struct balancer *b, const struct balancer_plan *p);
void balancer_event(const struct balancer *b, const struct balancer_plan *p, const char *type,
                    const char *reason, const char *message);

#endif
