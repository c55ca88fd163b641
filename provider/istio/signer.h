/* signer - the signing CA of a mesh as resources hand it on: `signer` of
 * istio_root_ca, `root` of istio_cacerts.
 *
 * The certificate travels in the object; the key is in the Secret that `secret`
 * names (root-cert.pem, root-key.pem), in AWS Secrets Manager (signer_aws.h), or in
 * the object itself when the user keeps it in the state. Keys live in the call's arena and are
 * wiped with it. */
#ifndef ISTIO_SIGNER_H
#define ISTIO_SIGNER_H
#include "istio/cacerts.h"
#include "kube/kube.h"
#include "schema/attribute.h"

extern const struct attribute signer_attributes[];

/* Where a Secret is: {cluster, namespace, name} of storage and of a signer. */
struct signer_place {
    struct kube *kube;
    struct kube_ref ref;
};
bool signer_open(struct call *c, const struct value *secret, const struct path *at,
                 struct signer_place *out);
/* "Secret istio-system/istio-root-ca on cluster east" */
const char *signer_text(struct arena *a, const struct signer_place *place);
/* The Secret and what is in it; *object NULL = there is none. Files that it
 * lacks are empty texts. */
bool signer_read(struct call *c, const struct signer_place *place, const struct value **object,
                 struct cacerts_signer *out);
bool signer_write(struct call *c, const struct signer_place *place,
                  const struct cacerts_signer *signer, unsigned flags);

/* Deletes the Secret, and the namespace when it was ours and held nothing else. */
bool signer_remove(struct call *c, const struct value *secret, const struct path *at);
/* Both lead to the same Secret of the same cluster, by whatever way. */
bool signer_same_place(const struct value *secret, const struct value *other);

/* With its key, to sign with now. The Secret has to hold the very certificate
 * that the object tells: else another root has come in its place. */
bool signer_load(struct call *c, const struct value *signer, const struct path *at,
                 struct cacerts_signer *out);
/* What the certificate tells, at no cost and without a judgement; false when it
 * cannot be read. */
bool signer_look(struct arena *a, const struct value *signer, struct cacerts_signer_info *out);

/* The root of its chain alone, as PEM. */
bool signer_root(struct call *c, const struct value *signer, const struct path *at,
                 struct text *out);

#endif
