/* webhook - whether istiod, or another controller, answers the webhooks that are
 * configured for it.
 *
 * istiod writes its CA into the caBundle of every configuration of its revision when
 * it starts; without it no call succeeds. That calls do succeed shows in what the
 * server answers to an object that is only tried (dry run). */
#ifndef ISTIO_WEBHOOK_H
#define ISTIO_WEBHOOK_H
#include "kube/kube.h"

/* Pure: the first webhook of a configuration that has no caBundle; NULL = all have
 * one, or are called by a URL. */
const char *webhook_without_ca(const struct value *configuration);
/* Pure: a server's words say that a webhook could not be asked; what it answered, be
 * it a refusal, is not among them. */
bool webhook_is_unanswered(const char *said);

/* Waits until the configurations in `inventory` (as in kube/set.h) have their caBundle,
 * then until a pod and a Gateway of that revision ("" = the default one), which are
 * tried in the namespace, come through. */
bool webhook_wait(struct call *c, struct kube *k, const char *namespace, const char *revision,
                  const struct value *inventory);
/* Waits until `object`, which is only tried, comes through the webhooks of `who`. */
bool webhook_wait_for_answer(struct call *c, struct kube *k, const char *who,
                             const struct value *object);
/* Deletes the configurations that stand in the inventory, each only by its uid: first of
 * all, because one without an istiod keeps pods from starting. */
bool webhook_delete(struct call *c, struct kube *k, const struct value *inventory);

#endif
