/* authority - the signing CA of one cluster as istio_cacerts has it: told by
 * the object of that resource, standing in the Secret `cacerts`, and brought
 * from the one to the other.
 *
 * Names of the object's attributes are those of the resource. What is to be done
 * is decided from state and plan alone (authority_next), so that a plan and its
 * apply agree; the Secret as it stands is only the material. */
#ifndef ISTIO_AUTHORITY_H
#define ISTIO_AUTHORITY_H
#include "istio/bundle.h"
#include "istio/rotation.h"

#define AUTHORITY_RENEW_BEFORE "2160h"

/* --- the object ------------------------------------------------------------- */
/* "<cluster>/<namespace>/cacerts" */
const char *authority_id(struct arena *a, const struct value *object);
/* The object with all that the bundle tells. Arguments that are null, as after
 * an import, become what the CA was issued with. */
const struct value *authority_describe(struct arena *a, const struct value *object,
                                       const struct bundle *b);
/* The time of its renewal has come; *gains = a new one would last longer, which
 * one that ends together with its root does not. */
bool authority_is_due(struct arena *a, const struct value *object, int64_t expires_at, bool *gains);
bool authority_next(struct call *c, const struct value *prior, const struct value *planned,
                    struct rotation *out);
/* What Terraform keeps beside the state: which bundle was written last. */
bool authority_is_as_written(struct call *c, const struct bundle *b);

/* --- on its cluster --------------------------------------------------------- */
struct authority {
    struct call *call;
    struct kube *kube;
    const struct value *object; /* state, or what is planned */
    const char *namespace;
    struct bundle present;
    bool is_create;
    const struct value *namespace_found; /* of a create; NULL = there is none */
};

/* Asks no server; `present` is empty. */
bool authority_open(struct call *c, const struct value *object, struct authority *out);
/* Error when workloads trust another root than the object's. */
bool authority_refuse_running(struct authority *w);
/* Writes a first CA. istiod may run with a root of its own: refused, or that one
 * stays trusted, as `rotation` says. *out is set as soon as something of ours may
 * be there, here and below. */
bool authority_issue_first(struct authority *w, const struct value **out);
/* Goes on from what a create that was cut short has left. */
bool authority_adopt(struct authority *w, const struct value **out);
bool authority_carry_out(struct authority *w, const struct rotation *next,
                         const struct value **out);

#endif
