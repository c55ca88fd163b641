#include "crypto/key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "crypto/openssl.h"
#include "crypto/pem.h"

/* Below, istiod and Go's TLS take a key for weak; above, Go's TLS refuses it. */
enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192 };
/* Of keys that charts bring: signing gets slow far above. */
enum { FOREIGN_BITS_MAX = 16384, LABEL_BYTES_MAX = 200 };

struct key {
    EVP_PKEY *handle;
};

const char *const key_algorithms[] = {"RSA-2048",   "RSA-3072",   "RSA-4096",
                                      "ECDSA-P256", "ECDSA-P384", NULL};

static void close_key(void *handle)
{
    EVP_PKEY_free(handle); /* clears the private numbers */
}

static struct key *key_new(struct arena *a, EVP_PKEY *handle)
{
    struct key *k = arena_alloc(a, sizeof(*k));

    arena_defer(a, close_key, handle);
    k->handle = handle;
    return k;
}

static void wipe(void *secret)
{
    struct text *text = secret;

    OPENSSL_cleanse((void *)(uintptr_t)text->at, text->len);
}

void key_wipe_later(struct arena *a, struct text secret)
{
    if (secret.len)
        arena_defer(a, wipe, arena_copy(a, &secret, sizeof(secret)));
}

static void dsa_parameters(EVP_PKEY **parameters)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);

    if (!context || EVP_PKEY_paramgen_init(context) != 1 ||
        EVP_PKEY_CTX_set_dsa_paramgen_bits(context, 2048) != 1 ||
        EVP_PKEY_CTX_set_dsa_paramgen_q_bits(context, 256) != 1 ||
        EVP_PKEY_paramgen(context, parameters) != 1)
        *parameters = NULL;
    EVP_PKEY_CTX_free(context);
}

static EVP_PKEY *generate_dsa(void)
{
    EVP_PKEY *parameters = NULL, *handle = NULL;
    EVP_PKEY_CTX *context;

    dsa_parameters(&parameters);
    context = parameters ? EVP_PKEY_CTX_new(parameters, NULL) : NULL;
    if (!context || EVP_PKEY_keygen_init(context) != 1 || EVP_PKEY_keygen(context, &handle) != 1)
        handle = NULL;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(parameters);
    return handle;
}

static EVP_PKEY *generate(const char *algorithm)
{
    static const struct {
        const char *name, *curve;
        size_t bits;
    } rows[] = {
        {"RSA-2048", NULL, 2048},   {"RSA-3072", NULL, 3072},   {"RSA-4096", NULL, 4096},
        {"ECDSA-P256", "P-256", 0}, {"ECDSA-P384", "P-384", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(algorithm, rows[i].name) == 0)
            return rows[i].curve ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", rows[i].curve)
                                 : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", rows[i].bits);
    if (strcmp(algorithm, "ED25519") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    return strcmp(algorithm, "DSA-2048") == 0 ? generate_dsa() : NULL;
}

bool key_generate(struct arena *a, struct diags *diags, const char *algorithm, struct key **out)
{
    EVP_PKEY *handle;

    openssl_start();
    handle = generate(algorithm);
    if (!handle)
        return diag_error(diags, NULL, "Cannot make a private key",
                          "Algorithm %s: %s. Known are RSA-2048, RSA-3072, RSA-4096, ECDSA-P256 "
                          "and ECDSA-P384.",
                          algorithm, openssl_reason());
    *out = key_new(a, handle);
    return true;
}

/* --- reading ------------------------------------------------------------ */
static EVP_PKEY *decode_pkcs8(const unsigned char **at, size_t len)
{
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, at, (long)len);
    EVP_PKEY *handle = info ? EVP_PKCS82PKEY(info) : NULL;

    PKCS8_PRIV_KEY_INFO_free(info); /* wipes */
    return handle;
}

/* type is EVP_PKEY_RSA (PKCS#1), EVP_PKEY_EC (SEC1) or EVP_PKEY_NONE (PKCS#8). */
static EVP_PKEY *decode(int type, struct text der, size_t *rest)
{
    const unsigned char *start = (const unsigned char *)der.at, *at = start;
    EVP_PKEY *handle = type == EVP_PKEY_NONE ? decode_pkcs8(&at, der.len)
                                             : d2i_PrivateKey(type, NULL, &at, (long)der.len);

    *rest = der.len - (size_t)(at - start);
    ERR_clear_error();
    return handle;
}

static bool is_certificate(struct text der)
{
    const unsigned char *at = (const unsigned char *)der.at;
    X509 *x = d2i_X509(NULL, &at, (long)der.len);

    X509_free(x);
    return x != NULL;
}

static bool is_encrypted(struct text der)
{
    const unsigned char *at = (const unsigned char *)der.at;
    X509_SIG *sig = d2i_X509_SIG(NULL, &at, (long)der.len);
    const X509_ALGOR *algorithm = NULL;
    bool encrypted;

    if (!sig)
        return false;
    X509_SIG_get0(sig, &algorithm, NULL);
    encrypted = OBJ_obj2nid(algorithm->algorithm) == NID_pbes2;
    X509_SIG_free(sig);
    return encrypted;
}

static bool is_public(struct text der)
{
    const unsigned char *at = (const unsigned char *)der.at;
    EVP_PKEY *handle = d2i_PUBKEY(NULL, &at, (long)der.len);

    EVP_PKEY_free(handle);
    return handle != NULL;
}

struct fault {
    const char *summary, *detail;
};

static const struct fault certificate_instead = {
    "Certificate where a private key is expected",
    "The text holds a certificate. Pass the private key that belongs to it, alone.",
};
static const struct fault encrypted = {
    "The private key is encrypted",
    "Istio cannot use a key with a passphrase. Take it off: openssl pkey -in encrypted.pem -out "
    "plain.pem",
};
static const struct fault public_instead = {
    "Public key where a private key is expected",
    "The text holds only the public half. Pass the private key, a block that ends in PRIVATE KEY.",
};
static const struct fault request_instead = {
    "Certificate request where a private key is expected",
    "The text holds a certificate signing request. Pass the private key it was made with, alone.",
};
static const struct fault openssh_form = {
    "The private key has OpenSSH's own form",
    "Istio reads PKCS#8, PKCS#1 and SEC1. Convert a copy: ssh-keygen -p -m PKCS8 -f copy-of-key",
};
static const struct fault several = {
    "More than one private key",
    "The text holds several private keys. Pass only the one that belongs to the certificate.",
};
static const struct fault damaged = {
    "The private key is damaged",
    "The block has the right name, but its content is not such a key, or is of an algorithm that "
    "is not known. Copy the whole file again; openssl pkey -in key.pem -check -noout tells more.",
};
static const struct fault unproven = {
    "The private key is damaged",
    "A signature made with it does not fit its own public half. Copy the whole file again; openssl "
    "pkey -in key.pem -check -noout tells more.",
};
static const struct fault own_curve = {
    "The private key has a curve of its own",
    "Its curve is given by numbers instead of by name, which Istio cannot read. Rewrite it: "
    "openssl ec -in key.pem -param_enc named_curve -out named.pem",
};
static const struct fault unexpected_block = {
    "Unexpected block beside the private key",
    "The text holds a PEM block that is no private key. Pass the private key alone.",
};

static bool refuse(struct diags *diags, const struct path *at, const struct fault *fault)
{
    ERR_clear_error();
    return diag_error(diags, at, fault->summary, "%s", fault->detail);
}

static bool refuse_rest(struct diags *diags, const struct path *at, size_t rest)
{
    return diag_error(diags, at, "Data after the private key",
                      "%zu bytes follow the end of the key. Pass the key alone.", rest);
}

static bool proven(EVP_PKEY *handle)
{
    static const unsigned char sample[] = "proof of possession";
    unsigned char signature[RSA_BITS_MAX / 8];
    size_t len = sizeof(signature);
    EVP_MD_CTX *sign = EVP_MD_CTX_new(), *verify = EVP_MD_CTX_new();
    bool fits = sign && verify && EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, handle) == 1 &&
                EVP_DigestSign(sign, signature, &len, sample, sizeof(sample)) == 1 &&
                EVP_DigestVerifyInit(verify, NULL, EVP_sha256(), NULL, handle) == 1 &&
                EVP_DigestVerify(verify, signature, len, sample, sizeof(sample)) == 1;

    EVP_MD_CTX_free(sign);
    EVP_MD_CTX_free(verify);
    ERR_clear_error();
    return fits;
}

static bool check_rsa(struct diags *diags, const struct path *at, const EVP_PKEY *handle)
{
    int bits = EVP_PKEY_get_bits(handle);

    if (bits < RSA_BITS_MIN)
        return diag_error(
            diags, at, "The private key is too weak",
            "It is RSA with %d bits; at least %d are needed. Make a new key and a new "
            "certificate, for example with openssl genrsa 4096.",
            bits, (int)RSA_BITS_MIN);
    if (bits > RSA_BITS_MAX)
        return diag_error(diags, at, "The private key is too large",
                          "It is RSA with %d bits; istiod and the proxies refuse more than %d. "
                          "RSA-4096 or ECDSA-P256 is a good choice.",
                          bits, (int)RSA_BITS_MAX);
    return true;
}

static bool check_algorithm(struct diags *diags, const struct path *at, const EVP_PKEY *handle)
{
    const char *name = openssl_algorithm(diags->arena, handle);
    int explicit_curve = 0;

    if (EVP_PKEY_is_a(handle, "RSA"))
        return check_rsa(diags, at, handle);
    EVP_PKEY_get_int_param(handle, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                           &explicit_curve);
    if (explicit_curve)
        return refuse(diags, at, &own_curve);
    if (text_starts_with(text_of(name), "ECDSA-P"))
        return true;
    return diag_error(diags, at, "The algorithm of the private key is not supported",
                      "The key is %s. Istio's CA works with RSA (2048 bits or more) and ECDSA on "
                      "P-256, P-384 or P-521.",
                      name);
}

static bool accept(struct arena *a, struct diags *diags, const struct path *at, EVP_PKEY *handle,
                   size_t rest, struct key **out)
{
    struct key *k = key_new(a, handle);

    if (rest)
        return refuse_rest(diags, at, rest);
    if (!check_algorithm(diags, at, handle))
        return false;
    if (!proven(handle))
        return refuse(diags, at, &unproven);
    *out = k;
    return true;
}

static bool read_der(struct arena *a, struct diags *diags, const struct path *at, struct text der,
                     struct key **out)
{
    static const int types[] = {EVP_PKEY_NONE, EVP_PKEY_RSA, EVP_PKEY_EC};
    size_t rest = 0;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        EVP_PKEY *handle = decode(types[i], der, &rest);

        if (handle)
            return accept(a, diags, at, handle, rest, out);
    }
    if (is_certificate(der))
        return refuse(diags, at, &certificate_instead);
    if (is_encrypted(der))
        return refuse(diags, at, &encrypted);
    if (is_public(der))
        return refuse(diags, at, &public_instead);
    ERR_clear_error();
    return diag_error(diags, at, "Not a private key",
                      "The text is neither PEM nor the DER form of a private key. %s",
                      pem_hint(der));
}

enum block_use { BLOCK_KEY, BLOCK_SKIP, BLOCK_FAULT };

struct block_row {
    const char *label;
    enum block_use use;
    int type; /* of BLOCK_KEY */
    const struct fault *fault;
};

/* The empty label fits what is left. */
static const struct block_row block_rows[] = {
    {"PRIVATE KEY", BLOCK_KEY, EVP_PKEY_NONE, NULL},
    {"RSA PRIVATE KEY", BLOCK_KEY, EVP_PKEY_RSA, NULL},
    {"EC PRIVATE KEY", BLOCK_KEY, EVP_PKEY_EC, NULL},
    {"EC PARAMETERS", BLOCK_SKIP, 0, NULL}, /* openssl ecparam -genkey writes it first */
    {"ENCRYPTED PRIVATE KEY", BLOCK_FAULT, 0, &encrypted},
    {"OPENSSH PRIVATE KEY", BLOCK_FAULT, 0, &openssh_form},
    {"CERTIFICATE", BLOCK_FAULT, 0, &certificate_instead},
    {"TRUSTED CERTIFICATE", BLOCK_FAULT, 0, &certificate_instead},
    {"X509 CERTIFICATE", BLOCK_FAULT, 0, &certificate_instead},
    {"PUBLIC KEY", BLOCK_FAULT, 0, &public_instead},
    {"RSA PUBLIC KEY", BLOCK_FAULT, 0, &public_instead},
    {"CERTIFICATE REQUEST", BLOCK_FAULT, 0, &request_instead},
    {"NEW CERTIFICATE REQUEST", BLOCK_FAULT, 0, &request_instead},
    {"", BLOCK_FAULT, 0, &unexpected_block},
};

static const struct block_row *block_row(const char *label)
{
    const struct block_row *row = block_rows;

    while (*row->label && strcmp(row->label, label) != 0)
        row++;
    return row;
}

static bool read_pem(struct arena *a, struct diags *diags, const struct path *at, struct text pem,
                     struct key **out)
{
    const struct pem_block *found = NULL;
    struct pem_blocks blocks;
    EVP_PKEY *handle;
    size_t rest = 0;

    if (!pem_read_all(a, diags, at, "private key", pem, &blocks))
        return false;
    for (size_t i = 0; i < blocks.count; i++) {
        const struct block_row *row = block_row(blocks.items[i].label);

        if (row->use == BLOCK_FAULT)
            return refuse(diags, at, row->fault);
        if (row->use == BLOCK_KEY && found)
            return refuse(diags, at, &several);
        found = row->use == BLOCK_KEY ? &blocks.items[i] : found;
    }
    if (!found)
        return refuse(diags, at, &damaged);
    if (found->is_encrypted)
        return refuse(diags, at, &encrypted);
    handle = decode(block_row(found->label)->type, found->der, &rest);
    return handle ? accept(a, diags, at, handle, rest, out) : refuse(diags, at, &damaged);
}

bool key_read(struct arena *a, struct diags *diags, const struct path *at, struct text pem_or_der,
              struct key **out)
{
    openssl_start();
    if (!pem_check_size(diags, at, "private key", pem_or_der))
        return false;
    return pem_has_block(pem_or_der) ? read_pem(a, diags, at, pem_or_der, out)
                                     : read_der(a, diags, at, pem_or_der, out);
}

/* --- reading as Go programs do -------------------------------------------- */
struct form {
    const char *label;
    int type;
    const char *failure;
};

static const struct form *form_of(const char *label)
{
    static const struct form forms[] = {
        {"PRIVATE KEY", EVP_PKEY_NONE, "decoding PEM as PKCS#8"},
        {"RSA PRIVATE KEY", EVP_PKEY_RSA, "parsing RSA private key from PEM"},
        {"EC PRIVATE KEY", EVP_PKEY_EC, "parsing EC private key from PEM"},
        {"DSA PRIVATE KEY", EVP_PKEY_DSA, "parsing DSA private key from PEM"},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (strcmp(label, forms[i].label) == 0)
            return &forms[i];
    return NULL;
}

static const char *decode_form(struct arena *a, const struct form *form,
                               const struct pem_block *block, struct key **out)
{
    size_t rest = 0;
    EVP_PKEY *handle = block->is_encrypted ? NULL : decode(form->type, block->der, &rest);

    if (!handle)
        return text_f(a, "%s: it is %s", form->failure,
                      block->is_encrypted ? "encrypted" : "no such key");
    *out = key_new(a, handle);
    if (rest)
        return text_f(a, "%s: %zu bytes follow its end", form->failure, rest);
    if (EVP_PKEY_get_bits(handle) > FOREIGN_BITS_MAX)
        return text_f(a, "%s: it has %d bits, at most %d are used", form->failure,
                      EVP_PKEY_get_bits(handle), (int)FOREIGN_BITS_MAX);
    return NULL;
}

const char *key_try(struct arena *a, struct text pem, struct key **out)
{
    const struct form *form;
    struct pem_block block;

    openssl_start();
    if (!pem_read_first(a, pem, &block))
        return "no PEM data in input";
    if ((form = form_of(block.label)))
        return decode_form(a, form, &block, out);
    return text_f(a,
                  text_ends_with(text_of(block.label), " PRIVATE KEY")
                      ? "invalid private key type %s"
                      : "no private key data in PEM block of type %s",
                  text_printable(a, text_of(block.label), LABEL_BYTES_MAX));
}

struct text key_write_pem(struct arena *a, const struct key *k)
{
    BIO *buffer = openssl_buffer(a);
    struct text pem = TEXT("");

    if (buffer && PEM_write_bio_PKCS8PrivateKey(buffer, k->handle, NULL, NULL, 0, NULL, NULL))
        pem = openssl_written(a, buffer);
    ERR_clear_error();
    key_wipe_later(a, pem);
    return pem;
}

struct text key_write_traditional_pem(struct arena *a, const struct key *k)
{
    BIO *buffer;
    struct text pem = TEXT("");

    if (EVP_PKEY_is_a(k->handle, "ED25519"))
        return key_write_pem(a, k);
    buffer = openssl_buffer(a);
    if (buffer &&
        PEM_write_bio_PrivateKey_traditional(buffer, k->handle, NULL, NULL, 0, NULL, NULL))
        pem = openssl_written(a, buffer);
    ERR_clear_error();
    key_wipe_later(a, pem);
    return pem;
}

const char *key_algorithm(struct arena *a, const struct key *k)
{
    return openssl_algorithm(a, k->handle);
}

void *key_handle(const struct key *k)
{
    return k->handle;
}
