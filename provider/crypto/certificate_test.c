#include "crypto/certificate.h"

#include <string.h>

#include "base/test.h"

#define DATA "provider/crypto/testdata/"

static struct text data(struct arena *a, const char *name)
{
    return test_file(a, text_f(a, DATA "%s", name));
}

static struct certificates read_good(struct arena *a, const char *name)
{
    struct certificates out = {0};
    struct diags diags;

    diags_init(&diags, a);
    if (!certificate_read_all(a, &diags, NULL, "root certificate", data(a, name), &out))
        fail_msg("%s: %s: %s", name, diags.first->summary, diags.first->detail);
    return out;
}

TEST(describes_a_root)
{
    struct certificates list = read_good(a, "root.pem");
    const struct certificate *c = list.items;

    assert_int_equal(list.count, 1);
    assert_string_equal(c->subject, "CN=Root CA,O=Istio");
    assert_string_equal(c->issuer, "CN=Root CA,O=Istio");
    assert_string_equal(c->common_name, "Root CA");
    assert_string_equal(c->key_algorithm, "ECDSA-P256");
    assert_true(c->is_ca && c->is_self_signed);
    assert_int_equal(c->path_length, -1);
    assert_int_equal(c->not_before, 1420070400);
    assert_int_equal(c->not_after, 2366841600);
    assert_int_equal(strlen(c->fingerprint_sha256), 64);
    assert_null(c->dns_names[0]);
    assert_true(text_equal(c->pem, data(a, "root.pem")));
}

TEST(describes_an_intermediate_and_a_workload)
{
    const struct certificate *c = read_good(a, "intermediate.pem").items;

    assert_string_equal(c->subject, "L=east,CN=Intermediate CA,O=Istio");
    assert_string_equal(c->issuer, "CN=Root CA,O=Istio");
    assert_string_equal(c->dns_names[0], "istiod.istio-system.svc");
    assert_true(c->is_ca && !c->is_self_signed);
    assert_int_equal(c->path_length, 0);
    c = read_good(a, "not-ca.pem").items;
    assert_false(c->is_ca);
    assert_string_equal(c->dns_names[0], "a.example");
    assert_string_equal(c->dns_names[1], "b.example");
    assert_null(c->dns_names[2]);
    assert_string_equal(c->uris[0], "spiffe://cluster.local/ns/a/sa/b");
    assert_null(c->uris[1]);
    c = read_good(a, "ed25519.pem").items;
    assert_string_equal(c->key_algorithm, "ED25519");
}

TEST(every_form_is_the_same_certificate)
{
    static const char *const files[] = {"root.der", "with-text.pem", "crlf.pem"};
    const struct certificate *root = read_good(a, "root.pem").items;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const struct certificate *c = read_good(a, files[i]).items;

        assert_string_equal(c->fingerprint_sha256, root->fingerprint_sha256);
        assert_string_equal(c->serial, root->serial);
        assert_true(text_equal(c->pem, root->pem));
    }
}

TEST(keeps_the_order_of_a_chain)
{
    struct certificates list = read_good(a, "chain.pem");

    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].path_length, 0);
    assert_true(list.items[1].is_self_signed);
}

static const struct {
    const char *file, *summary, *detail;
} bad[] = {
    {"root-key.pem", "Private key where the root certificate is expected", "PEM block 1"},
    {"key-rsa-pkcs1.pem", "Private key where the root certificate is expected", "RSA PRIVATE KEY"},
    {"key-encrypted.pem", "Private key where the root certificate is expected", "out of state"},
    {"key-ec.der", "Private key where the root certificate is expected", "in DER"},
    {"certificate-and-key.pem", "Private key where the root certificate is expected",
     "PEM block 2"},
    {"trusted.pem", "The root certificate has OpenSSL's own form", "openssl x509 -in"},
    {"crl.pem", "Unexpected block in the root certificate", "X509 CRL"},
    {"request.pem", "Unexpected block in the root certificate", "CERTIFICATE REQUEST"},
    {"key-public.pem", "Unexpected block in the root certificate", "PUBLIC KEY"},
    {"cut.pem", "The root certificate is damaged", "PEM block 1"},
    {"indented.pem", "The root certificate is damaged", "<<-EOT"},
    {"one-line.pem", "The root certificate is damaged", "stand alone"},
    {"garbage.txt", "The root certificate is not a certificate", "PEM starts with"},
    {"file-name.txt", "The root certificate is not a certificate", "file("},
    {"base64.txt", "The root certificate is not a certificate", "base64decode"},
    {"root-rest.der", "Data after the root certificate", "4 bytes"},
    {"bad-extension.pem", "The root certificate is malformed", "CN=Bad Extension"},
};

static void assert_refused(struct arena *a, const char *name, struct text text, const char *summary,
                           const char *detail)
{
    const struct path *at = path_of(a, "certificate_pem");
    struct certificates out;
    struct diags diags;

    diags_init(&diags, a);
    if (certificate_read_all(a, &diags, at, "root certificate", text, &out))
        fail_msg("%s was accepted", name);
    assert_int_equal(diags.count, 1);
    assert_true(path_equal(diags.first->path, at));
    if (strcmp(diags.first->summary, summary) != 0 || !strstr(diags.first->detail, detail))
        fail_msg("%s: %s: %s", name, diags.first->summary, diags.first->detail);
}

TEST(refuses_each_mistake_in_its_own_words)
{
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_refused(a, bad[i].file, data(a, bad[i].file), bad[i].summary, bad[i].detail);
    assert_refused(a, "empty", TEXT("\n"), "The root certificate is empty", "file(");
}

TEST(refuses_too_many_and_wrong_content)
{
    struct text root = data(a, "root.pem");
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    for (int i = 0; i <= CERTIFICATES_MAX; i++)
        text_add(&b, root);
    assert_refused(a, "many", text_built(&b), "The root certificate is too long", "at most 64");
    assert_refused(a, "content",
                   TEXT("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                   "The root certificate is not a certificate", "X.509");
}

TEST(tries_the_first_block)
{
    static const struct {
        const char *file, *error; /* NULL: it is one */
    } rows[] = {
        {"root.pem", NULL},
        {"chain.pem", NULL},
        {"with-text.pem", NULL},
        {"weak.pem", NULL},
        {"root-key.pem", "error parsing certificate: its: x509: malformed certificate"},
        {"garbage.txt", "unable to decode certificate"},
        {"root.der", "unable to decode certificate"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text pem = test_file(a, text_f(a, "provider/crypto/testdata/%s", rows[i].file));
        struct certificate c;
        const char *error = certificate_try(a, "its", pem, &c);

        if (!rows[i].error && error)
            fail_msg("%s: %s", rows[i].file, error);
        if (rows[i].error)
            assert_string_equal(error ? error : rows[i].file, rows[i].error);
    }
}
