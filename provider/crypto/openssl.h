/* openssl - what the files of this folder share and nobody else includes.
 *
 * Every handle is tied to an arena when it is made, so that callers just
 * return on failure. OpenSSL's error queue is per thread and left empty. */
#ifndef CRYPTO_OPENSSL_H
#define CRYPTO_OPENSSL_H
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/certificate.h"

/* First call of every entry point: keeps openssl.cnf, and with it foreign
 * modules, out of the process. Idempotent and thread-safe. */
void openssl_start(void);
/* The reason of the oldest failure, a constant of OpenSSL without user data;
 * empties the queue. */
const char *openssl_reason(void);
/* A growing memory BIO; what it held is wiped when the arena goes. */
BIO *openssl_buffer(struct arena *a);
/* A copy of what was written to it. */
struct text openssl_written(struct arena *a, BIO *buffer);
/* "RSA-2048", "ECDSA-P256", else OpenSSL's own name of the type or curve. */
const char *openssl_algorithm(struct arena *a, const EVP_PKEY *key);
/* SHA-256, or what fits the larger curves; NULL where the algorithm brings its own. */
const EVP_MD *openssl_signing_digest(const EVP_PKEY *key);
/* Takes the reference to x over, also on failure. */
bool openssl_certificate(struct arena *a, struct diags *diags, const struct path *at,
                         const char *what, X509 *x, struct certificate *out);

#endif
