/* certificate - X.509: read, judged and issued as Istio wants it.
 *
 * Facts: reference of Istio's `cacerts` (root: CA, no path length; intermediate:
 * CA, path length 0; key usage critical digitalSignature, nonRepudiation,
 * keyEncipherment, keyCertSign, cRLSign; SHA-256 signatures; RFC 5280). Times
 * are seconds since 1970. */
#ifndef CRYPTO_CERTIFICATE_H
#define CRYPTO_CERTIFICATE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "crypto/key.h"
#include "schema/diag.h"

enum { CERTIFICATES_MAX = 64, CERTIFICATE_TEXT_BYTES_MAX = 1 << 20 };

struct certificate {
    const char *subject, *issuer;   /* RFC 2253: "CN=Root CA,O=Istio" */
    const char *common_name;        /* of the subject; "" when it has none */
    const char *serial;             /* lower-case hex, no separators */
    const char *fingerprint_sha256; /* of the DER; lower-case hex */
    const char *key_algorithm;
    const char *const *dns_names; /* SANs; NULL ends */
    const char *const *uris;
    int64_t not_before, not_after;
    bool is_ca, is_self_signed;
    int64_t path_length; /* -1 = none given */
    struct text pem;     /* this certificate alone, newline at the end */
    void *handle;        /* for crypto/ alone */
};

struct certificates {
    const struct certificate *items;
    size_t count;
};

/* All certificates of a PEM text (other blocks are an error that names them), or
 * one DER. At least one. `what` names the text: "root certificate". */
bool certificate_read_all(struct arena *a, struct diags *diags, const struct path *at,
                          const char *what, struct text pem_or_der, struct certificates *out);

/* For chart templates: the first PEM block as a certificate, as Go programs read it. NULL,
 * or why it is none, in the words of Sprig, which calls it `what`. */
const char *certificate_try(struct arena *a, const char *what, struct text pem,
                            struct certificate *out);
bool certificate_has_key(const struct certificate *c, const struct key *k);

bool certificates_hold(const struct certificates *list, const struct certificate *c);
/* The one (other than c) whose key signed c; NULL when there is none. */
const struct certificate *certificates_find_issuer(const struct certificates *list,
                                                   const struct certificate *c);
/* When the first of them ends; 0 for none. */
int64_t certificates_end(const struct certificates *list);

/* Is c a CA that can sign now, and is key its own? Each fault its own message:
 * not a CA, expired (when), not yet valid, path length 0 where it has to sign
 * another CA, key usage without keyCertSign, extended key usage without
 * serverAuth, weak key, key of another certificate. A NULL key is not asked
 * about. All faults are told, not only the first. */
bool certificate_check_signer(struct diags *diags, const struct path *at,
                              const struct certificate *c, const struct key *key, int64_t now,
                              bool signs_cas);
/* chain[0] up to one of roots: each signed by the next, in order (a wrong order
 * has its own message), all valid now, CA flags and path lengths right: what
 * istiod checks, and `openssl verify`. Stricter in one point: a CA as chain[0]
 * counts for the path lengths above it, since what it signs would break them. */
bool certificate_check_chain(struct arena *a, struct diags *diags, const struct path *at,
                             const struct certificates *chain, const struct certificates *roots,
                             int64_t now);

/* What a certificate is for. */
enum certificate_profile {
    CERTIFICATE_CACERTS,   /* a CA as Istio wants it */
    CERTIFICATE_CHART_CA,  /* as Sprig makes them: TLS for servers and clients, and no */
    CERTIFICATE_CHART_TLS, /* rule about subject and dates */
};

struct certificate_request {
    enum certificate_profile profile;
    const char *common_name, *organization, *locality; /* "" or NULL leaves it out */
    const char *const *dns_names;                      /* NULL = no SAN */
    const struct text *ip_addresses;                   /* 4 or 16 bytes each */
    size_t ip_address_count;
    int64_t not_before, not_after;
    int64_t path_length; /* -1 = none */
    const struct key *key;
    /* NULL = self-signed. not_after is cut to the issuer's, but not for charts. */
    const struct certificate *issuer;
    const struct key *issuer_key;
};
/* Issues a certificate with a random 128-bit serial. */
bool certificate_issue(struct arena *a, struct diags *diags,
                       const struct certificate_request *request, struct certificate *out);

#endif
