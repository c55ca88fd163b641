/* key - private keys: made, read and written. A struct key is tied to the arena
 * it was made in; its bytes are wiped when the arena goes. */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/diag.h"

struct key;

/* "RSA-2048", "RSA-3072", "RSA-4096", "ECDSA-P256", "ECDSA-P384"; NULL ends. */
extern const char *const key_algorithms[];

/* Beside those, for chart templates: "ED25519", "DSA-2048" (takes seconds). */
bool key_generate(struct arena *a, struct diags *diags, const char *algorithm, struct key **out);
/* PEM (PKCS#8, PKCS#1, SEC1) or DER, without a passphrase. An encrypted key, a
 * certificate, a public key, a weak RSA key (below 2048), an unsupported
 * algorithm, garbage and trailing data each have their own message, which never
 * shows the text. RSA up to 8192 bits, ECDSA on P-256, P-384, P-521. */
bool key_read(struct arena *a, struct diags *diags, const struct path *at, struct text pem_or_der,
              struct key **out);
/* PKCS#8 PEM: for Kubernetes Secrets only; never logged. */
struct text key_write_pem(struct arena *a, const struct key *k);

/* --- for chart templates, which make and read keys as Go programs do ------- */
/* The first PEM block as a private key of any strength: RSA, ECDSA, DSA, Ed25519. NULL,
 * or why it is none, in the words of Sprig. */
const char *key_try(struct arena *a, struct text pem, struct key **out);
/* The form that is older than PKCS#8 where there is one: PKCS#1, SEC1, DSA's own. */
struct text key_write_traditional_pem(struct arena *a, const struct key *k);
/* One of key_algorithms, or for keys that were read "RSA-<bits>", "ECDSA-P521". */
const char *key_algorithm(struct arena *a, const struct key *k);
/* Overwrites a secret in arena memory (not a literal) just before the arena
 * goes; made for the copies that pass through encoders. */
void key_wipe_later(struct arena *a, struct text secret);
/* For callers inside crypto/: the EVP_PKEY. */
void *key_handle(const struct key *k);

#endif
