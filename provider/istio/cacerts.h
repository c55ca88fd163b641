/* cacerts - the signing CA that istiod reads from the Secret `cacerts`.
 *
 * A signer is what the whole mesh hangs on (root, or a CA below it); a bundle
 * is what one cluster gets: its own CA, the way up, and the roots it trusts.
 * All texts are PEM and live in the arena that was passed in; private keys in
 * them are wiped when it goes. Nothing here asks a server or a clock: objects
 * come and go as struct value, `now` is seconds since 1970. Failures are
 * reported with the file's name and never with its content. */
#ifndef ISTIO_CACERTS_H
#define ISTIO_CACERTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "schema/diag.h"
#include "schema/value.h"

#define CACERTS_SECRET_NAME "cacerts"

/* What is issued begins a little in the past, for clocks that lag. */
enum { CACERTS_BACKDATE_SECONDS = 300 };

/* --- the signer ---------------------------------------------------------- */
struct cacerts_signer {
    struct text certificates; /* the signing one first, then upwards, its root last */
    struct text key;
};

struct cacerts_root_request {
    const char *common_name, *organization; /* NULL: "Root CA", "Istio" */
    const char *key_algorithm;              /* one of key_algorithms */
    int64_t validity_seconds, now;
};
bool cacerts_root_issue(struct arena *a, struct diags *diags,
                        const struct cacerts_root_request *request, struct cacerts_signer *out);

struct cacerts_signer_info {
    const char *subject, *serial, *key_algorithm;
    const char *fingerprint;      /* SHA-256 of the signing certificate */
    const char *root_fingerprint; /* the same when that is the root */
    struct text certificates;     /* as read: PEM alone, no text around it */
    int64_t not_before;
    int64_t expires_at; /* when the first of the chain ends */
};
/* May it sign clusters' CAs now? For a user's own PEM, and before each use. An
 * empty key leaves out what needs it. *out is filled as far as the text could
 * be read, also on failure. */
bool cacerts_signer_check(struct arena *a, struct diags *diags, const struct path *at,
                          const struct cacerts_signer *signer, int64_t now,
                          struct cacerts_signer_info *out);

/* --- the bundle of one cluster ------------------------------------------- */
/* CACERTS_TLS is the other layout that istiod knows, which cert-manager writes:
 * type kubernetes.io/tls, tls.crt + tls.key + ca.crt. */
enum cacerts_form { CACERTS_PEM, CACERTS_TLS };

struct cacerts_bundle {
    enum cacerts_form form;
    struct text ca_cert;    /* ca-cert.pem, tls.crt */
    struct text ca_key;     /* ca-key.pem, tls.key */
    struct text root_cert;  /* root-cert.pem, ca.crt */
    struct text cert_chain; /* cert-chain.pem; with CACERTS_TLS both certificate files */
    bool has_crl;           /* ca-crl.pem is there as well */
};

struct cacerts_request {
    const char *cluster_name;  /* becomes the subject's locality */
    const char *organization;  /* NULL: "Istio" */
    const char *namespace;     /* of istiod, for the name it carries; NULL: "istio-system" */
    const char *key_algorithm; /* one of key_algorithms */
    int64_t validity_seconds;  /* cut to the signer's life, with a warning */
    int64_t now;
    enum cacerts_form form;
    /* root-cert.pem word for word, while roots are being changed; it must hold
     * the signer's root. Empty: that root alone. */
    struct text root_cert;
};
/* The signer is checked before, the bundle after. `at` is where the signer
 * comes from. */
bool cacerts_issue(struct arena *a, struct diags *diags, const struct path *at,
                   const struct cacerts_signer *signer, const struct cacerts_request *request,
                   struct cacerts_bundle *out);

struct cacerts_info {
    const char *ca_fingerprint, *ca_subject, *ca_serial, *key_algorithm; /* "" = unread */
    const char *root_fingerprint;         /* SHA-256 of the root that the chain reaches; "" */
    const char *const *root_fingerprints; /* of all, in the order of the file; NULL ends */
    size_t root_count;
    int64_t not_before; /* of the CA; 0 = unread */
    int64_t expires_at; /* the first end of CA, chain and the root it reaches; 0 = unread */
    bool is_valid;      /* the result */
};
/* All that istiod checks (files complete, chain verifies, key fits), and what it
 * does not but workloads trip over (chain without its CA, path lengths). *out is
 * filled as far as the texts could be read, also on failure: a refresh calls it
 * with diags of its own and turns them into warnings. An empty ca_key counts as
 * missing. */
bool cacerts_check(struct arena *a, struct diags *diags, const struct path *at,
                   const struct cacerts_bundle *bundle, int64_t now, struct cacerts_info *out);

/* --- the Secret ---------------------------------------------------------- */
/* Files that the Secret lacks are empty texts, which cacerts_check() names; it
 * fails only where data is not base64. */
bool cacerts_from_secret(struct arena *a, struct diags *diags, const struct path *at,
                         const struct value *secret, struct cacerts_bundle *out);
/* The object to apply, without labels and annotations. */
const struct value *cacerts_to_secret(struct arena *a, const char *namespace, const char *name,
                                      const struct cacerts_bundle *bundle);
/* istiod made it for itself (USE_CACERTS_FOR_SELF_SIGNED_CA): to replace it is
 * to change the root. */
bool cacerts_is_istio_generated(const struct value *secret);

/* --- roots ---------------------------------------------------------------- */
enum cacerts_roots {
    CACERTS_ROOTS_SAME,    /* as sets of certificates */
    CACERTS_ROOTS_GROWN,   /* all old ones are kept */
    CACERTS_ROOTS_SHRUNK,  /* nothing new, some gone */
    CACERTS_ROOTS_REPLACED /* something new and something gone: trust breaks */
};
/* *same_text: one text contains the other word for word, which is how istiod
 * up to 1.29 compares when ISTIO_MULTIROOT_MESH lets roots change live. */
bool cacerts_roots_compare(struct arena *a, struct diags *diags, const struct path *at,
                           struct text before, struct text after, enum cacerts_roots *out,
                           bool *same_text);
/* `roots` word for word and behind it those of `added` that it lacks. */
bool cacerts_roots_join(struct arena *a, struct diags *diags, const struct path *at,
                        struct text roots, struct text added, struct text *out);

#endif
