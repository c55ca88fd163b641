/* tls - the key and certificate that this process shows to its host, made
 * afresh at each start (go-plugin's AutoMTLS). */
#ifndef RPC_TLS_H
#define RPC_TLS_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/diag.h"

struct tls_identity {
    const char *key_pem, *certificate_pem;
    struct text certificate_der;
};

/* P-256, self-signed for "localhost", valid from a little ago for 30 years, as
 * the host's own is. */
bool tls_identity_make(struct arena *a, struct diags *diags, struct tls_identity *out);

#endif
