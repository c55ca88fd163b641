/* trust - which roots the workloads of a cluster trust at this moment.
 *
 * istiod writes them into the ConfigMap istio-ca-root-cert of every namespace;
 * what the Secret cacerts holds counts only from istiod's next start on. */
#ifndef ISTIO_TRUST_H
#define ISTIO_TRUST_H
#include "kube/kube.h"

struct trust {
    bool is_found;                    /* there is such a ConfigMap */
    struct text roots;                /* its root-cert.pem */
    const struct value *fingerprints; /* of them; empty when unreadable */
};

/* SHA-256 fingerprints of all certificates of a PEM text, as a list of strings;
 * empty when it cannot be read. */
const struct value *trust_fingerprints(struct arena *a, struct text pem);
/* The certificates of a text alone, without what stands around them; empty when
 * anything else is among them, such as a key. */
struct text trust_certificates(struct arena *a, struct text pem);
bool trust_holds(const struct value *fingerprints, const char *fingerprint);

/* What istiod distributes, as seen in its own namespace. */
bool trust_read(struct call *c, struct kube *k, const char *namespace, struct trust *out);
/* Does anything depend on another root than this one: workloads that were given
 * another, or an istiod that has not yet given any? */
bool trust_depends_on_other(struct call *c, struct kube *k, const char *namespace, const char *root,
                            struct trust *out, bool *depends);

#endif
