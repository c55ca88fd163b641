/* root - the CA of a mesh as istio_root_ca has it: told by the object of that
 * resource, whose attributes are named here, and made or taken from what the
 * user brought. Asks no server. */
#ifndef ISTIO_ROOT_H
#define ISTIO_ROOT_H
#include "istio/cacerts.h"
#include "schema/call.h"

/* Arguments of a generated root, and their values when they are left out (NULL:
 * there is none); name NULL ends. An own certificate tells them instead. */
struct root_argument {
    const char *name, *fallback;
};
extern const struct root_argument root_arguments[];

/* Brought by the user, not generated. */
bool root_is_own(const struct value *object);
/* {cluster, namespace, name} of the Secret; {name, region, …} in Secrets Manager: one of
 * them, the other is null; both are when the state keeps the key. */
const struct value *root_place(const struct value *object);
const struct value *root_aws_place(const struct value *object);
bool root_is_in_state(const struct value *object);
const struct path *root_place_path(struct arena *a);
/* Of the Secret's place or else the fingerprint; unknown while those are. */
const struct value *root_id(struct arena *a, const struct value *object);
/* For the `root` of istio_cacerts. */
const struct value *root_signer(struct arena *a, const struct value *object);
/* The object with all that the certificate tells; the key only where the state
 * keeps it. */
const struct value *root_describe(struct arena *a, const struct value *object,
                                  const struct cacerts_signer_info *info, struct text key);

/* What the user brought, its key from the configuration. */
bool root_own(struct call *c, const struct value *object, struct cacerts_signer *out);
/* The same, or a new one as the arguments want it. */
bool root_make(struct call *c, const struct value *object, struct cacerts_signer *out);
/* May it sign now? Without a key: as far as that can be told. */
bool root_check(struct call *c, const struct value *object, const struct cacerts_signer *signer,
                struct cacerts_signer_info *out);
/* What was found is what the object wants: left by a create that was cut short. */
bool root_is_left_over(struct call *c, const struct value *object,
                       const struct cacerts_signer *found);

#endif
