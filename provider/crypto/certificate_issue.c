#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/openssl.h"

enum { SERIAL_BYTES = 16, KEY_ID_BYTES = 20, NAME_CHARACTERS_MAX = 64 };

static bool failed(struct diags *diags, const char *what)
{
    return diag_error(diags, NULL, "Cannot issue a certificate", "Setting its %s failed: %s.", what,
                      openssl_reason());
}

/* RFC 5280 4.1.2.2: positive, at most 20 octets, unpredictable. */
static bool set_serial(struct diags *diags, X509 *x)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *number;
    bool done;

    if (!digest_random(diags, bytes, sizeof(bytes)))
        return false;
    bytes[SERIAL_BYTES - 1] |= 1; /* never zero */
    number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
    BN_free(number);
    return done || failed(diags, "serial number");
}

static bool set_times(struct diags *diags, X509 *x, const struct certificate_request *request)
{
    const struct certificate *issuer = request->issuer;
    bool cut = issuer && issuer->not_after < request->not_after;
    int64_t not_after = cut ? issuer->not_after : request->not_after;

    if (not_after <= request->not_before)
        return diag_error(diags, NULL, "Cannot issue a certificate",
                          "It would end (%s) before it begins (%s)%s.",
                          clock_rfc3339(diags->arena, not_after),
                          clock_rfc3339(diags->arena, request->not_before),
                          cut ? ", because it cannot outlive its issuer: renew that first" : "");
    if (!ASN1_TIME_set(X509_getm_notBefore(x), (time_t)request->not_before) ||
        !ASN1_TIME_set(X509_getm_notAfter(x), (time_t)not_after))
        return failed(diags, "validity");
    return true;
}

static bool add_name(struct diags *diags, X509_NAME *name, const char *field, const char *text)
{
    if (!text || !*text)
        return true;
    if (X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)text, -1, -1,
                                   0))
        return true;
    openssl_reason();
    return diag_error(
        diags, NULL, "Cannot issue a certificate",
        "The subject's %s is \"%s\". It must be valid UTF-8 of at most %d characters.", field, text,
        (int)NAME_CHARACTERS_MAX);
}

static bool set_names(struct diags *diags, X509 *x, const struct certificate_request *request)
{
    X509_NAME *subject = X509_get_subject_name(x);
    const X509 *issuer = request->issuer ? request->issuer->handle : x;

    if (!add_name(diags, subject, "O", request->organization) ||
        !add_name(diags, subject, "CN", request->common_name) ||
        !add_name(diags, subject, "L", request->locality))
        return false;
    if (X509_NAME_entry_count(subject) == 0)
        return diag_error(diags, NULL, "Cannot issue a certificate",
                          "A CA needs a subject: give a common name or an organization.");
    return X509_set_issuer_name(x, X509_get_subject_name(issuer)) || failed(diags, "issuer");
}

static bool add_constraints(X509 *x, int64_t path_length)
{
    BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new();
    bool done = constraints != NULL;

    if (done && path_length >= 0) {
        constraints->pathlen = ASN1_INTEGER_new();
        done = constraints->pathlen && ASN1_INTEGER_set_int64(constraints->pathlen, path_length);
    }
    if (done) {
        constraints->ca = 1;
        done = X509_add1_ext_i2d(x, NID_basic_constraints, constraints, 1, X509V3_ADD_DEFAULT) == 1;
    }
    BASIC_CONSTRAINTS_free(constraints);
    return done;
}

static bool add_key_usage(X509 *x)
{
    /* RFC 5280 4.2.1.3: digitalSignature, nonRepudiation, keyEncipherment,
     * keyCertSign, cRLSign; what Istio's own Makefile asks for, and CRLs. */
    static const int bits[] = {0, 1, 2, 5, 6};
    ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
    bool done = usage != NULL;

    for (size_t i = 0; done && i < sizeof(bits) / sizeof(bits[0]); i++)
        done = ASN1_BIT_STRING_set_bit(usage, bits[i], 1) == 1;
    done = done && X509_add1_ext_i2d(x, NID_key_usage, usage, 1, X509V3_ADD_DEFAULT) == 1;
    ASN1_BIT_STRING_free(usage);
    return done;
}

/* RFC 7093 2, method 1: the left 160 bits of SHA-256 over the public key. */
static bool add_subject_key_id(X509 *x)
{
    unsigned char digest[SHA256_BYTES];
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    bool done = id && X509_pubkey_digest(x, EVP_sha256(), digest, NULL) &&
                ASN1_OCTET_STRING_set(id, digest, KEY_ID_BYTES) &&
                X509_add1_ext_i2d(x, NID_subject_key_identifier, id, 0, X509V3_ADD_DEFAULT) == 1;

    ASN1_OCTET_STRING_free(id);
    return done;
}

/* An issuer without a subject key id leaves nothing to point at. Asked of the
 * extension itself: OpenSSL's shorthand would remember the unfinished x. */
static bool add_authority_key_id(X509 *x, const X509 *issuer)
{
    ASN1_OCTET_STRING *id = X509_get_ext_d2i(issuer, NID_subject_key_identifier, NULL, NULL);
    AUTHORITY_KEYID *authority;
    bool done;

    if (!id)
        return true;
    authority = AUTHORITY_KEYID_new();
    if (authority)
        authority->keyid = id;
    else
        ASN1_OCTET_STRING_free(id);
    done = authority && X509_add1_ext_i2d(x, NID_authority_key_identifier, authority, 0,
                                          X509V3_ADD_DEFAULT) == 1;
    AUTHORITY_KEYID_free(authority);
    return done;
}

static bool push_dns_name(GENERAL_NAMES *names, const char *text)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *value = ASN1_IA5STRING_new();

    if (!name || !value || !ASN1_STRING_set(value, text, -1) ||
        !sk_GENERAL_NAME_push(names, name)) {
        GENERAL_NAME_free(name);
        ASN1_IA5STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(name, GEN_DNS, value);
    return true;
}

static bool add_dns_names(X509 *x, const char *const *dns_names)
{
    GENERAL_NAMES *names;
    bool done;

    if (!dns_names || !*dns_names)
        return true;
    names = GENERAL_NAMES_new();
    done = names != NULL;
    for (; done && *dns_names; dns_names++)
        done = push_dns_name(names, *dns_names);
    done = done && X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(names);
    return done;
}

static bool set_extensions(struct diags *diags, X509 *x, const struct certificate_request *request)
{
    const X509 *issuer = request->issuer ? request->issuer->handle : x;

    return (add_constraints(x, request->path_length) || failed(diags, "basic constraints")) &&
           (add_key_usage(x) || failed(diags, "key usage")) &&
           (add_subject_key_id(x) || failed(diags, "subject key identifier")) &&
           (add_authority_key_id(x, issuer) || failed(diags, "authority key identifier")) &&
           (add_dns_names(x, request->dns_names) || failed(diags, "alternative names"));
}

static bool sign(struct diags *diags, X509 *x, const struct certificate_request *request)
{
    const struct certificate *issuer = request->issuer;
    EVP_PKEY *key = key_handle(issuer ? request->issuer_key : request->key);

    if (issuer && X509_check_private_key(issuer->handle, key) != 1) {
        openssl_reason();
        return diag_error(diags, NULL, "Cannot issue a certificate",
                          "The signing key is not the key of %s.", issuer->subject);
    }
    return X509_sign(x, key, openssl_signing_digest(key)) > 0 || failed(diags, "signature");
}

static bool fill(struct diags *diags, X509 *x, const struct certificate_request *request)
{
    if (!X509_set_version(x, X509_VERSION_3) || !X509_set_pubkey(x, key_handle(request->key)))
        return failed(diags, "public key");
    return set_serial(diags, x) && set_times(diags, x, request) && set_names(diags, x, request) &&
           set_extensions(diags, x, request) && sign(diags, x, request);
}

bool certificate_issue(struct arena *a, struct diags *diags,
                       const struct certificate_request *request, struct certificate *out)
{
    X509 *x;

    openssl_start();
    x = X509_new();
    if (!x)
        return failed(diags, "frame");
    if (fill(diags, x, request))
        return openssl_certificate(a, diags, NULL, "issued certificate", x, out);
    X509_free(x);
    return false;
}
