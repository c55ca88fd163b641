/* bundle - the Secret cacerts as it stands on a cluster: read, judged, written. */
#ifndef ISTIO_BUNDLE_H
#define ISTIO_BUNDLE_H
#include "istio/cacerts.h"
#include "kube/kube.h"

struct bundle {
    const struct value *secret; /* NULL = there is none; all that follows is then empty */
    struct cacerts_bundle files;
    struct cacerts_info info;
    const char *fault;         /* why istiod cannot use it; NULL = it can */
    const struct value *roots; /* info.root_fingerprints as a list of strings */
};

/* Of a cluster that has none, or that nobody has asked. */
struct bundle bundle_nothing(void);
bool bundle_read(struct call *c, struct kube *k, const char *namespace, struct bundle *out);
/* Writes `files` over what `present` is, or new when that has no Secret; *out is
 * what stands there then. */
bool bundle_write(struct call *c, struct kube *k, const char *namespace,
                  const struct bundle *present, const struct cacerts_bundle *files, unsigned flags,
                  struct bundle *out);
/* SHA-256 of all that is not secret in it, to notice other people's changes. */
const char *bundle_digest(struct call *c, const struct bundle *b);

#endif
