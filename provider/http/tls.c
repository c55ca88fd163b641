#include "http/tls.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MAX = 12, NAME_BYTES_MAX = 256, NAMES_BYTES_MAX = 2048 };

static const char *const system_files[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Alpine */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, RHEL 6 */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL 7+ */
    "/etc/ssl/ca-bundle.pem",                            /* SUSE */
    "/etc/ssl/cert.pem",                                 /* others */
};

const char *tls_system_ca_file(void)
{
    const char *wanted = getenv("SSL_CERT_FILE");

    if (wanted && *wanted)
        return wanted;
    for (size_t i = 0; i < sizeof(system_files) / sizeof(system_files[0]); i++)
        if (access(system_files[i], R_OK) == 0)
            return system_files[i];
    return NULL;
}

/* --- words ---------------------------------------------------------------- */
static void free_memory_bio(void *bio)
{
    BIO_free(bio);
}

static const char *bio_text(struct arena *a, BIO *bio)
{
    char *at = NULL;
    long len = BIO_get_mem_data(bio, &at);

    return text_printable(a, (struct text){at, len > 0 ? (size_t)len : 0}, NAME_BYTES_MAX);
}

static const char *name_text(struct arena *a, const X509_NAME *name)
{
    const unsigned long flags = (ASN1_STRFLGS_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) |
                                XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN;
    BIO *bio = BIO_new(BIO_s_mem());

    if (!bio)
        return "";
    arena_defer(a, free_memory_bio, bio);
    X509_NAME_print_ex(bio, name, 0, flags);
    return bio_text(a, bio);
}

static const char *time_text(struct arena *a, const ASN1_TIME *time)
{
    struct tm t;

    if (!ASN1_TIME_to_tm(time, &t))
        return "an unreadable date";
    return text_f(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                  t.tm_hour, t.tm_min, t.tm_sec);
}

static void free_names(void *names)
{
    GENERAL_NAMES_free(names);
}

static const char *address_text(struct arena *a, const ASN1_OCTET_STRING *address)
{
    char z[INET6_ADDRSTRLEN] = "";
    int family = address->length == 4 ? AF_INET : AF_INET6;

    if (address->length != 4 && address->length != 16)
        return "IP:malformed";
    return text_f(a, "IP:%s", inet_ntop(family, address->data, z, sizeof(z)));
}

/* NULL for kinds that a TLS client does not compare. */
static const char *alternative_text(struct arena *a, const GENERAL_NAME *name)
{
    if (name->type == GEN_IPADD)
        return address_text(a, name->d.iPAddress);
    if (name->type == GEN_DNS) {
        const ASN1_IA5STRING *dns = name->d.dNSName;
        struct text t = {(const char *)dns->data, (size_t)dns->length};

        return text_f(a, "DNS:%s", text_printable(a, t, NAME_BYTES_MAX));
    }
    return NULL;
}

static const char *alternatives_text(struct arena *a, const X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    struct text_builder line;
    int count = sk_GENERAL_NAME_num(names), shown = 0;

    text_builder_init(&line, a, NAMES_BYTES_MAX);
    if (names)
        arena_defer(a, free_names, names);
    for (int i = 0; i < count && shown < NAMES_MAX; i++) {
        const char *one = alternative_text(a, sk_GENERAL_NAME_value(names, i));

        if (one)
            text_add_f(&line, "%s%s", shown++ ? ", " : "", one);
    }
    if (count > shown && shown == NAMES_MAX)
        text_add_f(&line, " and %d more", count - shown);
    return shown ? text_built(&line).at : "none";
}

static const char *certificate_text(struct arena *a, const X509 *x)
{
    return text_f(a, "subject \"%s\", names %s, issuer \"%s\", valid from %s to %s",
                  name_text(a, X509_get_subject_name(x)), alternatives_text(a, x),
                  name_text(a, X509_get_issuer_name(x)), time_text(a, X509_get0_notBefore(x)),
                  time_text(a, X509_get0_notAfter(x)));
}

/* --- options -------------------------------------------------------------- */
/* An encrypted key must not make OpenSSL ask on the terminal. */
static int no_passphrase(char *out, int size, int writing, void *data)
{
    (void)out, (void)size, (void)writing, (void)data;
    return 0;
}

static BIO *open_pem(struct arena *a, const char *pem)
{
    size_t len = strlen(pem);
    BIO *bio = len <= TLS_PEM_BYTES_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;

    if (bio)
        arena_defer(a, free_memory_bio, bio);
    return bio;
}

static void free_certificate(void *certificate)
{
    X509_free(certificate);
}

/* The next certificate, tied to the arena; NULL at the end, *bad when the end
 * is not where it should be. */
static X509 *next_certificate(struct arena *a, BIO *bio, bool *bad)
{
    X509 *x;

    ERR_clear_error();
    x = bio ? PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL) : NULL;
    *bad = !bio || (!x && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE);
    ERR_clear_error();
    if (x)
        arena_defer(a, free_certificate, x);
    return x;
}

bool tls_check_ca(struct arena *a, struct diags *diags, const struct path *at, const char *pem,
                  const char **names)
{
    BIO *bio = open_pem(a, pem);
    struct text_builder line;
    int count = 0;
    bool bad;
    X509 *x;

    text_builder_init(&line, a, NAMES_BYTES_MAX);
    while ((x = next_certificate(a, bio, &bad)) && count < TLS_CERTIFICATES_MAX)
        if (count++ < NAMES_MAX)
            text_add_f(&line, "%s\"%s\"", count > 1 ? ", " : "",
                       name_text(a, X509_get_subject_name(x)));
    if (x || bad || !count)
        return diag_error(diags, at, "Malformed CA certificate",
                          "Expected one to %d certificates in PEM form (\"-----BEGIN "
                          "CERTIFICATE-----\"); certificate %d cannot be read.",
                          TLS_CERTIFICATES_MAX, count + 1);
    *names = text_built(&line).at;
    return true;
}

static void free_key(void *key)
{
    EVP_PKEY_free(key);
}

bool tls_check_client(struct arena *a, struct diags *diags, const struct path *at, const char *cert,
                      const char *key, const char **name)
{
    BIO *key_bio = open_pem(a, key);
    EVP_PKEY *private_key =
        key_bio ? PEM_read_bio_PrivateKey(key_bio, NULL, no_passphrase, NULL) : NULL;
    bool bad, match;
    X509 *x = next_certificate(a, open_pem(a, cert), &bad);

    if (private_key)
        arena_defer(a, free_key, private_key);
    if (!x)
        return diag_error(diags, at, "Malformed client certificate",
                          "Expected a certificate in PEM form (\"-----BEGIN CERTIFICATE-----\").");
    if (!private_key)
        return diag_error(diags, at, "Malformed client key",
                          "Expected a private key in PEM form without a passphrase.");
    match = X509_check_private_key(x, private_key) == 1;
    ERR_clear_error();
    *name = text_f(a, "\"%s\", valid from %s to %s", name_text(a, X509_get_subject_name(x)),
                   time_text(a, X509_get0_notBefore(x)), time_text(a, X509_get0_notAfter(x)));
    return match || diag_error(diags, at, "Client key does not match the certificate",
                               "The certificate %s was made for another private key.", *name);
}

/* --- witness -------------------------------------------------------------- */
struct tls_witness {
    unsigned holders;
    X509 *leaf;    /* the server's own certificate */
    X509 *refused; /* the one that the first error is about */
    int error;     /* X509_V_OK while nothing was refused */
};

static int witness_index = -1;

struct tls_witness *tls_witness_new(void)
{
    struct tls_witness *w = memory_new(1, sizeof(*w));

    w->holders = 1;
    w->error = X509_V_OK;
    return w;
}

void tls_witness_drop(struct tls_witness *w)
{
    if (!w || --w->holders)
        return;
    X509_free(w->leaf);
    X509_free(w->refused);
    memory_free(w);
}

/* Runs for every SSL_CTX of the process; only ours have a witness. */
static void session_ended(void *parent, void *witness, CRYPTO_EX_DATA *data, int index, long number,
                          void *argument)
{
    (void)parent, (void)data, (void)index, (void)number, (void)argument;
    tls_witness_drop(witness);
}

static void make_index(void)
{
    witness_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, session_ended);
}

static void keep(X509 **place, X509 *certificate)
{
    if (certificate && X509_up_ref(certificate)) {
        X509_free(*place);
        *place = certificate;
    }
}

/* Looks on only: the verdict stays OpenSSL's. */
static int on_verify(int fine, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_witness *w = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), witness_index);

    if (!w)
        return fine;
    keep(&w->leaf, X509_STORE_CTX_get0_cert(store));
    if (!fine && w->error == X509_V_OK) {
        w->error = X509_STORE_CTX_get_error(store);
        keep(&w->refused, X509_STORE_CTX_get_current_cert(store));
    }
    return fine;
}

bool tls_witness_watch(struct tls_witness *w, void *ssl_ctx)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_index);
    if (witness_index < 0 || SSL_CTX_get_ex_data(ssl_ctx, witness_index) ||
        !SSL_CTX_set_ex_data(ssl_ctx, witness_index, w))
        return false;
    w->holders++;
    SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, on_verify);
    return true;
}

bool tls_witness_refused(const struct tls_witness *w)
{
    return w && w->error != X509_V_OK;
}

const char *tls_witness_text(struct arena *a, const struct tls_witness *w)
{
    const char *reason = "";

    if (!w || !w->leaf)
        return "";
    if (w->error != X509_V_OK)
        reason = text_f(a, "Reason: %s. ", X509_verify_cert_error_string(w->error));
    if (w->refused && X509_cmp(w->refused, w->leaf) != 0)
        reason =
            text_f(a, "%sThe certificate concerned: %s. ", reason, certificate_text(a, w->refused));
    return text_f(a, "%sThe server's certificate: %s.", reason, certificate_text(a, w->leaf));
}

bool tls_is_http2(const void *ssl)
{
    const unsigned char *name = NULL;
    unsigned len = 0;

    SSL_get0_alpn_selected(ssl, &name, &len);
    return len == 2 && memcmp(name, "h2", 2) == 0;
}
