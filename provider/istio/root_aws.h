/* root_aws - the root of istio_root_ca in AWS Secrets Manager: found by its name and tag,
 * made, restored, moved and deleted. `object` is that of the resource, with
 * storage.secrets_manager. */
#ifndef ISTIO_ROOT_AWS_H
#define ISTIO_ROOT_AWS_H
#include "istio/cacerts.h"
#include "schema/call.h"

/* On secrets that are ours; its value is their name. */
#define ROOT_AWS_TAG "istio.multicluster/root-ca"

/* A region that is not known yet is the session's from here on. */
bool root_aws_settle(struct call *c, const struct value **object);
/* Makes the root, or goes on with that of a create that was cut short. *begun: something
 * of ours may be there, also on failure. */
bool root_aws_create(struct call *c, const struct value *planned, struct cacerts_signer *out,
                     bool *begun);
/* *object becomes NULL when the secret is gone. What differs of its settings is in it, so
 * that a plan shows it; a secret that is to be deleted has no recovery window there, and
 * its value cannot be read: *readable is false. `where`: the secret in words. */
bool root_aws_read(struct call *c, const struct value **object, struct cacerts_signer *out,
                   bool *readable, const char **where);
/* Takes a secret that is scheduled for deletion back: before its key is read to be moved
 * or written. */
bool root_aws_restore(struct call *c, const struct value *object);
/* Writes a root where another one, or none, is. is_ours: the prior state has this place. */
bool root_aws_store(struct call *c, const struct value *object, const struct cacerts_signer *signer,
                    bool is_ours);
/* With the recovery window of the object; what is gone is a success. */
bool root_aws_remove(struct call *c, const struct value *object);

#endif
