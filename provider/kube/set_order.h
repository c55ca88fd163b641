/* set_order - in which step of an apply a kind has its turn: what others need
 * comes first. For files in kube/ only. */
#ifndef KUBE_SET_ORDER_H
#define KUBE_SET_ORDER_H
#include "kube/kube.h"

enum set_step {
    SET_NAMESPACES,
    SET_DEFINITIONS, /* CRDs: waited for until they are served */
    SET_BASICS,      /* accounts, roles, Secrets, ConfigMaps, storage, quotas */
    SET_BINDINGS,    /* of roles: refused by the server while the role is missing */
    SET_SERVICES,
    SET_WORKLOADS,
    SET_CUSTOM,   /* every kind that is not named */
    SET_WEBHOOKS, /* and API services: they change how all others are handled */
    SET_STEPS
};

enum set_step set_step_of(const struct kube_ref *ref);
/* "apps" of "apps/v1", "" of "v1". */
struct text set_group(const char *api_version);

#endif
