#include <crypt.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/test.h"
#include "template/template.h"

/* The text of a template; "! " and the reason when it fails. */
static const char *render(struct arena *a, const char *source)
{
    struct cancel *cancel = cancel_new();
    struct template_set *set;
    struct diags diags;
    struct text out = {"", 0};
    const char *result;
    struct call c;

    diags_init(&diags, a);
    call_init(&c, a, &diags, cancel, NULL);
    set = template_set_new(&c, NULL);
    if (template_parse(set, "t", text_of(source)) &&
        template_execute(set, "t", datum_map_new(a), &out))
        result = text_z(a, out);
    else
        result = text_f(a, "! %s", diags.first->detail);
    cancel_free(cancel);
    return result;
}

/* --- certificates, as TLS judges them --------------------------------------- */

static X509 *read_certificate(const char *pem)
{
    BIO *in = BIO_new_mem_buf(pem, -1);
    X509 *x = PEM_read_bio_X509(in, NULL, NULL, NULL);

    BIO_free(in);
    assert_non_null(x);
    return x;
}

static EVP_PKEY *read_key(const char *pem)
{
    BIO *in = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);

    BIO_free(in);
    assert_non_null(key);
    return key;
}

static int verify(X509 *root, X509 *leaf, int purpose)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int error;

    X509_STORE_add_cert(store, root);
    X509_STORE_CTX_init(context, store, leaf, NULL);
    X509_STORE_CTX_set_purpose(context, purpose);
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_X509_STRICT);
    (void)X509_verify_cert(context);
    error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return error;
}

struct chain {
    X509 *ca, *leaf;
    EVP_PKEY *key;
};

/* Of a template that prints the PEM of the CA, of the leaf and of its key, each behind "|". */
static struct chain chain_of(struct arena *a, const char *source)
{
    const char *printed = render(a, source), *leaf, *key;

    if (printed[0] == '!')
        fail_msg("%s", printed);
    leaf = strchr(printed, '|');
    assert_non_null(leaf);
    key = strchr(leaf + 1, '|');
    assert_non_null(key);
    return (struct chain){read_certificate(printed), read_certificate(leaf + 1), read_key(key + 1)};
}

static void chain_free(struct chain *c)
{
    X509_free(c->ca);
    X509_free(c->leaf);
    EVP_PKEY_free(c->key);
}

TEST(a_signed_certificate_serves_tls)
{
    struct chain c = chain_of(
        a, "{{ $ca := genCA \"my-ca\" 365 }}{{ $c := genSignedCert \"web.ns.svc\" (list "
           "\"10.0.0.1\" \"fd00::1\" \"::ffff:10.0.0.2\") (list \"web.ns\" \"*.example.org\") "
           "10 $ca }}{{ $ca.Cert }}|{{ $c.Cert }}|{{ $c.Key }}");

    assert_int_equal(verify(c.ca, c.leaf, X509_PURPOSE_SSL_SERVER), X509_V_OK);
    assert_int_equal(verify(c.ca, c.leaf, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    assert_int_equal(X509_check_private_key(c.leaf, c.key), 1);
    assert_int_equal(X509_check_host(c.leaf, "web.ns", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(c.leaf, "any.example.org", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(c.leaf, "other", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(c.leaf, "10.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(c.leaf, "10.0.0.2", 0), 1);
    assert_int_equal(X509_check_ip_asc(c.leaf, "fd00::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(c.leaf, "10.0.0.3", 0), 0);
    assert_int_equal(X509_get_key_usage(c.leaf), KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
    assert_int_equal(X509_get_extended_key_usage(c.leaf), XKU_SSL_SERVER | XKU_SSL_CLIENT);
    assert_int_equal(X509_check_ca(c.leaf), 0);
    assert_int_equal(X509_check_ca(c.ca), 1);
    assert_int_equal(X509_get_key_usage(c.ca),
                     KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_CERT_SIGN);
    chain_free(&c);
}

TEST(another_authority_does_not_vouch)
{
    struct chain c = chain_of(a, "{{ $other := genCA \"my-ca\" 365 }}{{ $ca := genCA \"my-ca\" 365 "
                                 "}}{{ $c := genSignedCert \"x\" nil nil 10 $ca }}{{ $other.Cert "
                                 "}}|{{ $c.Cert }}|{{ $c.Key }}");

    assert_int_not_equal(verify(c.ca, c.leaf, X509_PURPOSE_SSL_SERVER), X509_V_OK);
    chain_free(&c);
}

TEST(a_self_signed_certificate_vouches_for_itself)
{
    struct chain c = chain_of(a, "{{ $c := genSelfSignedCert \"x\" nil (list \"x.y\") 10 }}{{ "
                                 "$c.Cert }}|{{ $c.Cert }}|{{ $c.Key }}");

    assert_int_equal(X509_self_signed(c.leaf, 1), 1);
    assert_int_equal(X509_check_private_key(c.leaf, c.key), 1);
    assert_int_equal(X509_check_host(c.leaf, "x.y", 0, 0, NULL), 1);
    chain_free(&c);
}

TEST(keys_of_all_kinds_sign_and_are_signed)
{
    static const char *const kinds[] = {"rsa", "ecdsa", "ed25519"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct chain c = chain_of(
            a, text_f(a,
                      "{{ $ca := genCAWithKey \"ca\" 9 (genPrivateKey \"%s\") }}{{ $c := "
                      "genSignedCertWithKey \"x\" nil (list \"x\") 9 $ca (genPrivateKey \"%s\") "
                      "}}{{ $ca.Cert }}|{{ $c.Cert }}|{{ $c.Key }}",
                      kinds[i], kinds[2 - i]));

        assert_int_equal(verify(c.ca, c.leaf, X509_PURPOSE_SSL_SERVER), X509_V_OK);
        assert_int_equal(X509_check_private_key(c.leaf, c.key), 1);
        chain_free(&c);
    }
}

/* Go counts in nanoseconds, and 365000 days are more than they can hold. */
static const struct {
    const char *given;
    int days;
} lives[] = {{"10", 10},       {"0", 0},           {"-3", -3},
             {"36500", 36500}, {"106751", 106751}, {"106752", -106751}};

TEST(certificates_live_as_long_as_in_go)
{
    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
        const char *pem = render(a, text_f(a,
                                           "{{ (genCAWithKey \"x\" %s (genPrivateKey "
                                           "\"ecdsa\")).Cert }}",
                                           lives[i].given));
        X509 *x = read_certificate(pem);
        int days = 0, seconds = 0, age_days = 0, age = 0;

        assert_int_equal(
            ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(x), X509_get0_notAfter(x)), 1);
        assert_int_equal(days, lives[i].days);
        assert_int_equal(ASN1_TIME_diff(&age_days, &age, X509_get0_notBefore(x), NULL), 1);
        assert_int_equal(age_days, 0);
        assert_in_range(age + 1, 0, 61); /* OpenSSL's clock is time(), which may lag a tick */
        X509_free(x);
    }
}

/* --- passwords --------------------------------------------------------------- */

TEST(htpasswd_is_verified_by_libcrypt)
{
    const char *line = render(a, "{{ htpasswd \"user\" \"secret\" }}");
    struct crypt_data work = {0};

    assert_memory_equal(line, "user:$2a$10$", 12);
    assert_string_equal(crypt_r("secret", line + 5, &work), line + 5);
    assert_string_not_equal(crypt_r("other", line + 5, &work), line + 5);
}

/* --- AES ---------------------------------------------------------------------- */

TEST(each_encryption_has_its_own_vector)
{
    assert_string_equal(render(a, "{{ eq (encryptAES \"k\" \"x\") (encryptAES \"k\" \"x\") }}"),
                        "false");
}

TEST(a_wrong_password_gives_no_plain_text)
{
    size_t failed = 0;

    for (int i = 0; i < 30; i++) {
        const char *out = render(a, "{{ encryptAES \"right\" \"plain\" | decryptAES \"wrong\" }}");

        assert_null(strstr(out, "plain"));
        failed += strstr(out, "not encrypted with this password") != NULL;
    }
    assert_true(failed > 0); /* the last byte passes for padding in one of 15 */
}

/* --- limits, which Go does not have -------------------------------------------- */

TEST(sizes_are_limited)
{
    static const char *const words[] = {"randAlphaNum", "randAlpha", "randNumeric", "randAscii",
                                        "randBytes"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *out = render(a, text_f(a, "{{ %s 1000000000 }}", words[i]));

        if (!strstr(out, "1000000000 is too many at random: at most 1048576"))
            fail_msg("%s", out);
    }
    assert_string_equal(render(a, "{{ randAlphaNum 1048576 | len }}"), "1048576");
    assert_non_null(strstr(render(a, "{{ genSelfSignedCert \"x\" nil (repeat 10001 \"a \" | trim | "
                                     "splitList \" \" | toJson | fromJsonArray) 1 }}"),
                           "10001 names are too many for a certificate"));
}

TEST(all_letters_occur)
{
    const char *ascii = render(a, "{{ randAscii 20000 }}");

    assert_int_equal(strlen(ascii), 20000);
    for (char c = ' '; c <= '~'; c++)
        if (!strchr(ascii, c))
            fail_msg("no %c", c);
}

TEST(what_differs_from_call_to_call_says_so)
{
    static const char *const unstable[] = {"genCA \"x\" 1",   "genPrivateKey \"ecdsa\"",
                                           "bcrypt \"x\"",    "htpasswd \"u\" \"p\"",
                                           "randAlphaNum 3",  "randBytes 3",
                                           "uuidv4",          "encryptAES \"k\" \"x\"",
                                           "shuffle \"abc\"", "randInt 1 9"};
    static const char *const stable[] = {
        "sha256sum \"x\"", "derivePassword 1 \"pin\" \"p\" \"u\" \"s\"", "decryptAES \"k\" \"\""};
    struct cancel *cancel = cancel_new();

    for (size_t i = 0; i < 13; i++) {
        const char *source = text_f(a, "{{ %s }}", i < 10 ? unstable[i] : stable[i - 10]);
        struct template_set *set;
        struct diags diags;
        struct text out;
        struct call c;

        diags_init(&diags, a);
        call_init(&c, a, &diags, cancel, NULL);
        set = template_set_new(&c, NULL);
        assert_true(template_parse(set, "t", text_of(source)));
        assert_true(template_execute(set, "t", datum_map_new(a), &out));
        assert_int_equal(template_unstable(set), i < 10);
    }
    cancel_free(cancel);
}
