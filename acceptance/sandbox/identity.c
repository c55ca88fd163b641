#include "acceptance/sandbox/identity.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/status.h"
#include "acceptance/sandbox/store.h"
#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"

enum { CERTIFICATE_DAYS = 30, PEM_BYTES_MAX = 64 * 1024, DAY_SECONDS = 24 * 60 * 60 };

static void require(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "istio-sandbox: cannot make %s\n", what);
    abort();
}

static void random_bytes(void *out, size_t len)
{
    require(RAND_bytes(out, (int)len) == 1, "random bytes");
}

const char *identity_random_uid(struct arena *a)
{
    unsigned char b[16];

    random_bytes(b, sizeof(b));
    return text_f(a, "%02x%02x%02x%02x-%02x%02x-4%01x%02x-a%01x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                  b[1], b[2], b[3], b[4], b[5], b[6] & 15U, b[7], b[8] & 15U, b[9], b[10], b[11],
                  b[12], b[13], b[14], b[15]);
}

const char *identity_random_suffix(struct arena *a, size_t len)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    unsigned char bytes[32];
    char *out = arena_alloc(a, len + 1);

    random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < len; i++)
        out[i] = letters[bytes[i % sizeof(bytes)] % (sizeof(letters) - 1)];
    return out;
}

/* --- certificates ------------------------------------------------------------------------ */
static const char *pem_text(struct arena *a, BIO *bio)
{
    char *at;
    long len = BIO_get_mem_data(bio, &at);
    char *copy = arena_copy(a, at, (size_t)len);

    BIO_free(bio);
    return copy;
}

static const char *certificate_text(struct arena *a, X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());

    require(bio && PEM_write_bio_X509(bio, certificate), "a certificate");
    return pem_text(a, bio);
}

static const char *key_text(struct arena *a, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    require(bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), "a key");
    return pem_text(a, bio);
}

static void add_name(X509 *certificate, const char *field, const char *text)
{
    require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), field, MBSTRING_UTF8,
                                       (const unsigned char *)text, -1, -1, 0),
            "a subject");
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *text)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, text);
    require(extension && X509_add_ext(certificate, extension, -1), "an extension");
    X509_EXTENSION_free(extension);
}

struct pair {
    X509 *certificate;
    EVP_PKEY *key;
};

/* issuer NULL: a CA that signs itself. */
static struct pair pair_new(const char *common_name, const char *organization,
                            const struct pair *issuer, const char *usage)
{
    struct pair p = {X509_new(), EVP_EC_gen("P-256")};
    unsigned char serial[8];

    require(p.certificate && p.key, "a key pair");
    random_bytes(serial, sizeof(serial));
    serial[0] &= 0x7f;
    BIGNUM *number = BN_bin2bn(serial, sizeof(serial), NULL);
    require(number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(p.certificate)), "a serial");
    BN_free(number);
    X509_set_version(p.certificate, 2);
    X509_gmtime_adj(X509_getm_notBefore(p.certificate), -DAY_SECONDS);
    X509_gmtime_adj(X509_getm_notAfter(p.certificate), (long)CERTIFICATE_DAYS * DAY_SECONDS);
    X509_set_pubkey(p.certificate, p.key);
    if (organization)
        add_name(p.certificate, "O", organization);
    add_name(p.certificate, "CN", common_name);
    X509 *signer = issuer ? issuer->certificate : p.certificate;
    X509_set_issuer_name(p.certificate, X509_get_subject_name(signer));
    add_extension(p.certificate, signer, NID_basic_constraints,
                  issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
    add_extension(p.certificate, signer, NID_key_usage,
                  issuer ? "critical,digitalSignature" : "critical,keyCertSign,cRLSign");
    add_extension(p.certificate, signer, NID_subject_key_identifier, "hash");
    if (issuer) {
        add_extension(p.certificate, signer, NID_authority_key_identifier, "keyid");
        add_extension(p.certificate, signer, NID_ext_key_usage, usage);
    }
    if (issuer && strcmp(usage, "serverAuth") == 0)
        add_extension(p.certificate, signer, NID_subject_alt_name,
                      "IP:127.0.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default.svc");
    require(X509_sign(p.certificate, issuer ? issuer->key : p.key, EVP_sha256()), "a signature");
    return p;
}

static void pair_free(struct pair *p)
{
    X509_free(p->certificate);
    EVP_PKEY_free(p->key);
}

static const char *random_token(struct arena *a)
{
    unsigned char bytes[16];
    char *out = arena_alloc(a, 2 * sizeof(bytes) + 1);

    random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return out;
}

struct identity *identity_new(struct arena *a, const char *name)
{
    struct identity *i = arena_alloc(a, sizeof(*i));
    struct pair ca = pair_new(text_f(a, "%s stand-in CA", name), NULL, NULL, NULL);
    struct pair server = pair_new("kube-apiserver", NULL, &ca, "serverAuth");
    struct pair client = pair_new("sandbox-admin", "system:masters", &ca, "clientAuth");

    i->ca_pem = certificate_text(a, ca.certificate);
    i->certificate_pem = certificate_text(a, server.certificate);
    i->key_pem = key_text(a, server.key);
    i->client_certificate_pem = certificate_text(a, client.certificate);
    i->client_key_pem = key_text(a, client.key);
    pair_free(&ca);
    pair_free(&server);
    pair_free(&client);
    i->admin_token = random_token(a);
    i->nobody_token = random_token(a);
    random_bytes(i->token_key, sizeof(i->token_key));
    return i;
}

static const char *encoded(struct arena *a, const char *text)
{
    return base64_encode(a, text_of(text), BASE64_STANDARD).at;
}

void identity_write_kubeconfig(struct sandbox *s)
{
    struct identity *i = s->identity;
    struct arena *a = s->arena;

    i->kubeconfig =
        text_f(a,
               "apiVersion: v1\n"
               "kind: Config\n"
               "current-context: %s\n"
               "clusters:\n"
               "- name: %s\n"
               "  cluster:\n"
               "    server: %s\n"
               "    certificate-authority-data: %s\n"
               "contexts:\n"
               "- name: %s\n"
               "  context: {cluster: %s, user: %s-admin}\n"
               "users:\n"
               "- name: %s-admin\n"
               "  user:\n"
               "    client-certificate-data: %s\n"
               "    client-key-data: %s\n",
               s->name, s->name, s->url, encoded(a, i->ca_pem), s->name, s->name, s->name, s->name,
               encoded(a, i->client_certificate_pem), encoded(a, i->client_key_pem));
}

/* --- tokens ---------------------------------------------------------------------------------- */
static const char *signature(struct sandbox *s, struct arena *a, const char *data, size_t len)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;

    require(HMAC(EVP_sha256(), s->identity->token_key, sizeof(s->identity->token_key),
                 (const unsigned char *)data, len, bytes, &size),
            "a signature");
    return base64_encode(a, (struct text){(const char *)bytes, size}, BASE64_URL_RAW).at;
}

const char *identity_sign(struct sandbox *s, struct arena *a, const struct value *claims)
{
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    const char *data = text_f(a, "%s.%s", base64_encode(a, text_of(header), BASE64_URL_RAW).at,
                              base64_encode(a, json_write(a, claims), BASE64_URL_RAW).at);

    return text_f(a, "%s.%s", data, signature(s, a, data, strlen(data)));
}

/* The claims of a token that this server signed; NULL for every other text. */
static const struct value *claims_of(struct sandbox *s, struct arena *a, const char *token)
{
    const char *first = strchr(token, '.'), *last = strrchr(token, '.');
    const struct value *claims = NULL;
    struct diags diags;
    struct text body;

    if (!first || first == last ||
        strcmp(signature(s, a, token, (size_t)(last - token)), last + 1) != 0)
        return NULL;
    diags_init(&diags, a);
    if (!base64_decode(a, (struct text){first + 1, (size_t)(last - first - 1)}, BASE64_URL_RAW,
                       &body) ||
        !json_read(a, body, "token", &diags, &claims))
        return NULL;
    return claims;
}

static bool same_object(struct sandbox *s, const char *plural, const char *ns,
                        const struct value *reference)
{
    const struct stored *found =
        store_find(s, kind_find(s, "", "v1", plural), ns, value_text(reference, "name"));

    return found && strcmp(found->uid, value_text(reference, "uid")) == 0;
}

static const struct value *reference(struct arena *a, const char *name, const char *uid)
{
    return value_map_of(a, {"name", value_string(a, name)}, {"uid", value_string(a, uid)});
}

/* Legacy tokens of Secrets carry flat claims, bound ones a kubernetes.io map. */
static const struct user *user_of_claims(struct sandbox *s, struct arena *a,
                                         const struct value *claims, const char *token)
{
    static const char prefix[] = "kubernetes.io/serviceaccount";
    const struct value *bound = value_at(claims, "kubernetes.io");
    const struct value *account = value_at(bound, "serviceaccount");
    const char *ns = value_text(bound, "namespace");
    const char **groups = arena_array(a, 4, sizeof(*groups));
    struct user *user = arena_alloc(a, sizeof(*user));

    if (!value_is_set(bound)) {
        const char *secret = value_text(claims, text_f(a, "%s/secret.name", prefix));
        const struct value *stored;

        ns = value_text(claims, text_f(a, "%s/namespace", prefix));
        account = reference(a, value_text(claims, text_f(a, "%s/service-account.name", prefix)),
                            value_text(claims, text_f(a, "%s/service-account.uid", prefix)));
        stored = store_get(s, a, kind_find(s, "", "v1", "secrets"), ns, secret);
        if (!stored || strcmp(value_z(value_in(stored, "data", "token")), encoded(a, token)) != 0)
            return NULL;
    } else if (value_integer_at(claims, "exp") <= clock_now()) {
        return NULL;
    }
    if (!same_object(s, "serviceaccounts", ns, account))
        return NULL;
    if (value_has(bound, "secret") && !same_object(s, "secrets", ns, value_at(bound, "secret")))
        return NULL;
    if (value_has(bound, "pod") && !same_object(s, "pods", ns, value_at(bound, "pod")))
        return NULL;
    user->name = text_f(a, "system:serviceaccount:%s:%s", ns, value_text(account, "name"));
    user->uid = value_text(account, "uid");
    groups[0] = "system:serviceaccounts";
    groups[1] = text_f(a, "system:serviceaccounts:%s", ns);
    groups[2] = "system:authenticated";
    user->groups = groups;
    return user;
}

static const struct user *static_user(struct arena *a, const char *name, const char *uid,
                                      const char *group)
{
    const char **groups = arena_array(a, 3, sizeof(*groups));
    struct user *user = arena_alloc(a, sizeof(*user));

    groups[0] = group;
    groups[*group ? 1 : 0] = "system:authenticated";
    *user = (struct user){name, uid, groups, NULL};
    return user;
}

const struct user *identity_of_token(struct sandbox *s, struct arena *a, const char *token)
{
    const struct value *claims;

    if (strcmp(token, s->identity->admin_token) == 0)
        return static_user(a, "sandbox-admin", "1", "system:masters");
    if (strcmp(token, s->identity->nobody_token) == 0)
        return static_user(a, "nobody", "2", "");
    claims = claims_of(s, a, token);
    return claims ? user_of_claims(s, a, claims, token) : NULL;
}

/* CN is the user, each O a group. */
static bool user_of_certificate(struct request *r)
{
    const unsigned char *der = (const unsigned char *)r->certificate.at;
    X509 *certificate = d2i_X509(NULL, &der, (long)r->certificate.len);
    X509_NAME *subject = certificate ? X509_get_subject_name(certificate) : NULL;
    const char **groups = arena_array(r->a, 34, sizeof(*groups));
    size_t count = 0;

    r->user.name = "";
    for (int i = 0; subject && i < X509_NAME_entry_count(subject) && count < 32; i++) {
        const X509_NAME_ENTRY *e = X509_NAME_get_entry(subject, i);
        const ASN1_STRING *data = X509_NAME_ENTRY_get_data(e);
        int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(e));
        char *text =
            arena_copy(r->a, ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data));

        if (nid == NID_commonName)
            r->user.name = text;
        else if (nid == NID_organizationName)
            groups[count++] = text;
    }
    X509_free(certificate);
    groups[count] = "system:authenticated";
    r->user.groups = groups;
    r->user.uid = "";
    return *r->user.name;
}

bool identity_authenticate(struct request *r)
{
    static const char *const anonymous[] = {"system:unauthenticated", NULL};
    const struct user *user;

    if (r->is_known)
        return true;
    if (strncmp(r->authorization, "Bearer ", 7) == 0) {
        user = identity_of_token(r->s, r->a, r->authorization + 7);
        if (!user)
            return status_fail(r, 401, "Unauthorized", "Unauthorized");
        r->user = *user;
        return true;
    }
    if (r->certificate.len)
        return user_of_certificate(r) || status_fail(r, 401, "Unauthorized", "Unauthorized");
    r->user = (struct user){"system:anonymous", "", anonymous, NULL};
    return true;
}

bool user_in_group(const struct user *u, const char *group)
{
    for (size_t i = 0; u->groups[i]; i++)
        if (strcmp(u->groups[i], group) == 0)
            return true;
    return false;
}
