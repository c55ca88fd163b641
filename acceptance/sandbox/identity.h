/* identity - who a server is and who asks: certificates, tokens, users.
 *
 * Each server has a CA of its own, a serving certificate for 127.0.0.1, an
 * administrator's client certificate and static tokens. ServiceAccount tokens
 * are JWTs signed with the server's key and checked on every use: signature,
 * expiry, and that the account (and the Secret that a token is from) is still
 * the same. */
#ifndef SANDBOX_IDENTITY_H
#define SANDBOX_IDENTITY_H
#include "acceptance/sandbox/server.h"

#define IDENTITY_AUDIENCE "https://kubernetes.default.svc.cluster.local"

struct identity {
    const char *ca_pem, *certificate_pem, *key_pem; /* of the server */
    const char *client_certificate_pem, *client_key_pem;
    const char *admin_token, *nobody_token;
    const char *kubeconfig;
    unsigned char token_key[32];
};

/* Ends the process when the crypto library fails. */
struct identity *identity_new(struct arena *a, const char *name);
/* Once the URL is known. */
void identity_write_kubeconfig(struct sandbox *s);
/* Fills r->user; anonymous without credentials. False: answered with 401. */
bool identity_authenticate(struct request *r);
/* Whose token this is; NULL when it is not valid now. */
const struct user *identity_of_token(struct sandbox *s, struct arena *a, const char *token);
/* A ServiceAccount's token; claims is the map of claims but for iss and sub. */
const char *identity_sign(struct sandbox *s, struct arena *a, const struct value *claims);
const char *identity_random_uid(struct arena *a);
/* len lower-case letters and digits, as generateName uses them. */
const char *identity_random_suffix(struct arena *a, size_t len);
bool user_in_group(const struct user *u, const char *group);

#endif
