#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/openssl.h"

enum { SERIAL_BYTES = 16, KEY_ID_BYTES = 20, NAME_CHARACTERS_MAX = 64 };
enum { CHART_NAME_BYTES_MAX = 4096 };
enum { DER_TRUE = 0xff }; /* the library writes what it finds, and Go reads no other */

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

    if (request->profile != CERTIFICATE_CACERTS)
        not_after = request->not_after;
    else if (not_after <= request->not_before)
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

/* Longer than X.520 allows too: names of services in charts often are. */
static bool set_common_name(struct diags *diags, X509 *x, const char *common_name)
{
    struct text name = text_of(common_name);

    if (name.len > CHART_NAME_BYTES_MAX || !text_utf8_valid(name))
        return diag_error(diags, NULL, "Cannot issue a certificate",
                          "The common name is not valid UTF-8 of at most %d bytes.",
                          (int)CHART_NAME_BYTES_MAX);
    return !name.len ||
           X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, V_ASN1_UTF8STRING,
                                      (const unsigned char *)name.at, (int)name.len, -1, 0) ||
           failed(diags, "common name");
}

static bool set_subject(struct diags *diags, X509 *x, const struct certificate_request *request)
{
    X509_NAME *subject = X509_get_subject_name(x);

    if (request->profile != CERTIFICATE_CACERTS)
        return set_common_name(diags, x, request->common_name);
    if (!add_name(diags, subject, "O", request->organization) ||
        !add_name(diags, subject, "CN", request->common_name) ||
        !add_name(diags, subject, "L", request->locality))
        return false;
    if (X509_NAME_entry_count(subject) == 0)
        return diag_error(diags, NULL, "Cannot issue a certificate",
                          "A CA needs a subject: give a common name or an organization.");
    return true;
}

static bool set_names(struct diags *diags, X509 *x, const struct certificate_request *request)
{
    const X509 *issuer = request->issuer ? request->issuer->handle : x;

    if (!set_subject(diags, x, request))
        return false;
    return X509_set_issuer_name(x, X509_get_subject_name(issuer)) || failed(diags, "issuer");
}

static bool add_constraints(X509 *x, bool is_ca, int64_t path_length)
{
    BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new();
    bool done = constraints != NULL;

    if (done && path_length >= 0) {
        constraints->pathlen = ASN1_INTEGER_new();
        done = constraints->pathlen && ASN1_INTEGER_set_int64(constraints->pathlen, path_length);
    }
    if (done) {
        constraints->ca = is_ca ? DER_TRUE : 0;
        done = X509_add1_ext_i2d(x, NID_basic_constraints, constraints, 1, X509V3_ADD_DEFAULT) == 1;
    }
    BASIC_CONSTRAINTS_free(constraints);
    return done;
}

static bool add_key_usage(X509 *x, enum certificate_profile profile)
{
    /* RFC 5280 4.2.1.3: digitalSignature, nonRepudiation, keyEncipherment,
     * keyCertSign, cRLSign; what Istio's own Makefile asks for, and CRLs.
     * Sprig asks for fewer. Minus one ends. */
    static const int bits[][6] = {
        [CERTIFICATE_CACERTS] = {0, 1, 2, 5, 6, -1},
        [CERTIFICATE_CHART_CA] = {0, 2, 5, -1},
        [CERTIFICATE_CHART_TLS] = {0, 2, -1},
    };
    ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
    bool done = usage != NULL;

    for (const int *bit = bits[profile]; done && *bit >= 0; bit++)
        done = ASN1_BIT_STRING_set_bit(usage, *bit, 1) == 1;
    done = done && X509_add1_ext_i2d(x, NID_key_usage, usage, 1, X509V3_ADD_DEFAULT) == 1;
    ASN1_BIT_STRING_free(usage);
    return done;
}

static bool add_extended_key_usage(X509 *x)
{
    static const int purposes[] = {NID_server_auth, NID_client_auth};
    EXTENDED_KEY_USAGE *usage = EXTENDED_KEY_USAGE_new();
    bool done = usage != NULL;

    for (size_t i = 0; done && i < sizeof(purposes) / sizeof(purposes[0]); i++)
        done = sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(purposes[i])) > 0;
    done = done && X509_add1_ext_i2d(x, NID_ext_key_usage, usage, 0, X509V3_ADD_DEFAULT) == 1;
    EXTENDED_KEY_USAGE_free(usage);
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

static bool push_name(GENERAL_NAMES *names, int kind, struct text text)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value =
        ASN1_STRING_type_new(kind == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);

    if (!name || !value || !ASN1_STRING_set(value, text.at, (int)text.len) ||
        !sk_GENERAL_NAME_push(names, name)) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(name, kind, value);
    return true;
}

static bool push_names(GENERAL_NAMES *names, const struct certificate_request *request)
{
    const char *const *dns_name = request->dns_names;
    bool done = true;

    for (; done && dns_name && *dns_name; dns_name++)
        done = push_name(names, GEN_DNS, text_of(*dns_name));
    for (size_t i = 0; done && i < request->ip_address_count; i++)
        done = push_name(names, GEN_IPADD, request->ip_addresses[i]);
    return done;
}

/* RFC 5280 4.2.1.6: critical where there is no subject. */
static bool add_alternative_names(X509 *x, const struct certificate_request *request)
{
    int critical = X509_NAME_entry_count(X509_get_subject_name(x)) == 0;
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    bool done = names && push_names(names, request);

    if (done && sk_GENERAL_NAME_num(names) > 0)
        done = X509_add1_ext_i2d(x, NID_subject_alt_name, names, critical, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(names);
    return done;
}

/* Go writes key identifiers only where a chain is built with them. */
static bool wants_subject_key_id(const struct certificate_request *request)
{
    return request->profile != CERTIFICATE_CHART_TLS;
}

static bool wants_authority_key_id(const X509 *x, const struct certificate_request *request)
{
    return request->profile == CERTIFICATE_CACERTS ||
           X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) != 0;
}

static bool set_key_ids(struct diags *diags, X509 *x, const struct certificate_request *request)
{
    const X509 *issuer = request->issuer ? request->issuer->handle : x;

    return (!wants_subject_key_id(request) || add_subject_key_id(x) ||
            failed(diags, "subject key identifier")) &&
           (!wants_authority_key_id(x, request) || add_authority_key_id(x, issuer) ||
            failed(diags, "authority key identifier"));
}

static bool set_extensions(struct diags *diags, X509 *x, const struct certificate_request *request)
{
    enum certificate_profile profile = request->profile;

    return (add_constraints(x, profile != CERTIFICATE_CHART_TLS, request->path_length) ||
            failed(diags, "basic constraints")) &&
           (add_key_usage(x, profile) || failed(diags, "key usage")) &&
           (profile == CERTIFICATE_CACERTS || add_extended_key_usage(x) ||
            failed(diags, "extended key usage")) &&
           set_key_ids(diags, x, request) &&
           (add_alternative_names(x, request) || failed(diags, "alternative names"));
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
