/* tls - whom we trust and what a refused certificate says.
 *
 * curl verifies; this module reads the PEM options before use, watches the
 * verification and puts into words what was presented and what was expected.
 * Witnesses belong to the I/O thread; the other functions are thread-safe. */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/diag.h"

enum { TLS_PEM_BYTES_MAX = 1 << 20, TLS_CERTIFICATES_MAX = 512 };

/* Reports a text without a certificate or with a malformed one. *names gets the
 * subjects, for messages. */
bool tls_check_ca(struct arena *a, struct diags *diags, const struct path *at, const char *pem,
                  const char **names);
/* Reports a malformed certificate or key, and two that do not belong together. */
bool tls_check_client(struct arena *a, struct diags *diags, const struct path *at, const char *cert,
                      const char *key, const char **name);
/* The file with the system's CAs: SSL_CERT_FILE, else where distributions keep
 * it (a static binary has no default of its own); NULL = none. */
const char *tls_system_ca_file(void);

/* What was seen while one connection was made. It is shared by the attempt and
 * by the TLS session, which may outlive it: a renegotiation verifies again. */
struct tls_witness;

struct tls_witness *tls_witness_new(void);
void tls_witness_drop(struct tls_witness *w);
/* ssl_ctx is curl's SSL_CTX: from now on w sees its verifications. */
bool tls_witness_watch(struct tls_witness *w, void *ssl_ctx);
/* The server's certificate was refused for a reason of the chain's. */
bool tls_witness_refused(const struct tls_witness *w);
/* Sentences: the reason, and the certificate's names, issuer and validity. ""
 * when no certificate was seen. */
const char *tls_witness_text(struct arena *a, const struct tls_witness *w);
/* The session of a connection speaks HTTP/2. */
bool tls_is_http2(const void *ssl);

#endif
