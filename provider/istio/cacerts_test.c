#include "istio/cacerts.h"

#include <string.h>

#include "base/test.h"
#include "codec/base64.h"
#include "crypto/certificate.h"

#define DATA "provider/crypto/testdata/"

enum { NOW = 1767225600, DAY = 86400, YEAR = 365 * DAY }; /* from 2026-01-01T00:00:00Z */

/* Files of crypto's testdata, named with blanks between, one behind the other. */
static struct text files(struct arena *a, const char *names)
{
    struct text rest = text_of(names), name;
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    while (text_split(&rest, ' ', &name))
        if (name.len)
            text_add(&b, test_file(a, text_f(a, DATA "%s", text_z(a, name))));
    return text_built(&b);
}

static void assert_said(const char *name, const struct diags *diags, const char *summary,
                        const char *detail)
{
    for (const struct diag *d = diags->first; d; d = d->next)
        if (strcmp(d->summary, summary) == 0 && strstr(d->detail, detail))
            return;
    fail_msg("%s: \"%s\" was not said, but \"%s\": %s", name, summary,
             diags->first ? diags->first->summary : "", diags->first ? diags->first->detail : "");
}

static void assert_silent(const struct diags *diags)
{
    if (diags->first)
        fail_msg("%s: %s", diags->first->summary, diags->first->detail);
}

static struct cacerts_signer new_root(struct arena *a, int64_t validity_seconds)
{
    const struct cacerts_root_request request = {
        .key_algorithm = "ECDSA-P256", .validity_seconds = validity_seconds, .now = NOW};
    struct cacerts_signer signer = {0};
    struct diags diags;

    diags_init(&diags, a);
    assert_true(cacerts_root_issue(a, &diags, &request, &signer));
    assert_silent(&diags);
    return signer;
}

static struct cacerts_request request_for(const char *cluster)
{
    return (struct cacerts_request){.cluster_name = cluster,
                                    .key_algorithm = "ECDSA-P256",
                                    .validity_seconds = YEAR,
                                    .now = NOW};
}

static struct cacerts_bundle issue(struct arena *a, const struct cacerts_signer *signer,
                                   const struct cacerts_request *request)
{
    struct cacerts_bundle bundle = {0};
    struct diags diags;

    diags_init(&diags, a);
    if (!cacerts_issue(a, &diags, NULL, signer, request, &bundle))
        fail_msg("%s: %s", diags.first->summary, diags.first->detail);
    assert_silent(&diags);
    return bundle;
}

static struct certificates read_all(struct arena *a, struct text pem)
{
    struct certificates list = {0};
    struct diags diags;

    diags_init(&diags, a);
    assert_true(certificate_read_all(a, &diags, NULL, "certificate", pem, &list));
    return list;
}

TEST(root_is_one_that_signs)
{
    const struct cacerts_signer root = new_root(a, 10LL * YEAR);
    struct cacerts_signer_info info;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(cacerts_signer_check(a, &diags, NULL, &root, NOW, &info));
    assert_string_equal(info.subject, "CN=Root CA,O=Istio");
    assert_string_equal(info.fingerprint, info.root_fingerprint);
    assert_string_equal(info.key_algorithm, "ECDSA-P256");
    assert_int_equal(info.not_before, NOW - CACERTS_BACKDATE_SECONDS);
    assert_int_equal(info.expires_at, NOW + 10LL * YEAR);
    assert_true(text_equal(info.certificates, root.certificates));
}

TEST(a_bundle_is_what_istio_expects)
{
    const struct cacerts_signer root = new_root(a, 10LL * YEAR);
    struct cacerts_request request = request_for("east");
    struct cacerts_bundle bundle = issue(a, &root, &request);
    struct certificates chain = read_all(a, bundle.cert_chain);
    struct cacerts_info info;
    struct diags diags;

    assert_true(text_equal(bundle.root_cert, root.certificates));
    assert_int_equal(chain.count, 2);
    assert_true(text_equal(chain.items[0].pem, bundle.ca_cert));
    assert_true(text_equal(chain.items[1].pem, bundle.root_cert));
    assert_string_equal(chain.items[0].subject, "L=east,CN=Intermediate CA,O=Istio");
    assert_string_equal(chain.items[0].dns_names[0], "istiod.istio-system.svc");
    assert_int_equal(chain.items[0].path_length, 0);
    diags_init(&diags, a);
    assert_true(cacerts_check(a, &diags, NULL, &bundle, NOW, &info));
    assert_true(info.is_valid);
    assert_string_equal(info.ca_fingerprint, chain.items[0].fingerprint_sha256);
    assert_string_equal(info.ca_serial, chain.items[0].serial);
    assert_string_equal(info.root_fingerprint, chain.items[1].fingerprint_sha256);
    assert_int_equal(info.root_count, 1);
    assert_null(info.root_fingerprints[1]);
    assert_int_equal(info.expires_at, NOW + YEAR);
    request.namespace = "mesh";
    bundle = issue(a, &root, &request);
    assert_string_equal(read_all(a, bundle.ca_cert).items->dns_names[0], "istiod.mesh.svc");
}

TEST(a_signer_below_the_root_brings_the_way_up)
{
    static const enum cacerts_form forms[] = {CACERTS_PEM, CACERTS_TLS};
    const struct cacerts_signer upper = {files(a, "rsa-root.pem"), files(a, "rsa-root-key.pem")};
    struct cacerts_request request = request_for("east");

    for (size_t i = 0; i < 2; i++) {
        struct cacerts_bundle bundle;

        request.form = forms[i];
        bundle = issue(a, &upper, &request);
        assert_int_equal(read_all(a, bundle.ca_cert).count, 1);
        assert_int_equal(read_all(a, bundle.cert_chain).count, 2);
        assert_true(text_equal(bundle.root_cert, upper.certificates));
    }
}

TEST(roots_in_change_are_kept_word_for_word)
{
    static const enum cacerts_form forms[] = {CACERTS_PEM, CACERTS_TLS};
    const struct cacerts_signer root = new_root(a, 10LL * YEAR);
    struct cacerts_request request = request_for("east");
    struct cacerts_info info;
    struct diags diags;

    request.root_cert =
        text_of(text_f(a, "old one\n%s%s", text_z(a, files(a, "crlf.pem")), root.certificates.at));
    for (size_t i = 0; i < 2; i++) {
        struct cacerts_bundle bundle;

        request.form = forms[i];
        bundle = issue(a, &root, &request);
        assert_true(text_equal(bundle.root_cert, request.root_cert));
        diags_init(&diags, a);
        assert_true(cacerts_check(a, &diags, NULL, &bundle, NOW, &info));
        assert_int_equal(info.root_count, 2);
        assert_string_equal(info.root_fingerprint, info.root_fingerprints[1]);
    }
}

TEST(a_ca_does_not_outlive_its_signer_and_says_so)
{
    const struct cacerts_signer root = new_root(a, 100LL * DAY);
    const struct cacerts_request request = request_for("east");
    struct cacerts_bundle bundle;
    struct cacerts_info info;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(cacerts_issue(a, &diags, NULL, &root, &request, &bundle));
    assert_int_equal(diags.count, 1);
    assert_int_equal(diags.first->severity, DIAG_WARNING);
    assert_said("cut", &diags, "A cluster's CA ends early, with the CA that signed it",
                "cluster east will end on 2026-04-11");
    assert_true(cacerts_check(a, &diags, NULL, &bundle, NOW, &info));
    assert_int_equal(info.expires_at, NOW + 100LL * DAY);
}

static const struct {
    const char *certificates, *key, *summary, *detail;
} bad_signers[] = {
    {"root.pem", "", "The signing key is missing", "private key of CN=Root CA"},
    {"root.pem", "intermediate-key.pem", "The private key does not belong to the certificate",
     "CN=Root CA"},
    {"intermediate.pem root.pem", "intermediate-key.pem", "The certificate cannot sign another CA",
     "path length 0"},
    {"intermediate.pem", "intermediate-key.pem", "The root certificate is missing",
     "signed by CN=Root CA"},
    {"root.pem intermediate.pem", "root-key.pem", "The root certificate is missing", "L=east"},
    {"root-key.pem", "root-key.pem", "Private key where the signing certificate is expected",
     "PEM block 1"},
    {"root.pem", "root.pem", "Certificate where a private key is expected", "belongs to it"},
    {"expired-root.pem", "root-key.pem", "The certificate has expired", "10 days ago"},
};

TEST(refuses_signers_that_cannot)
{
    for (size_t i = 0; i < sizeof(bad_signers) / sizeof(bad_signers[0]); i++) {
        const struct cacerts_signer signer = {files(a, bad_signers[i].certificates),
                                              files(a, bad_signers[i].key)};
        const struct cacerts_request request = request_for("east");
        const struct path *at = path_of(a, "root");
        struct cacerts_bundle bundle;
        struct diags diags;

        diags_init(&diags, a);
        assert_false(cacerts_issue(a, &diags, at, &signer, &request, &bundle));
        assert_said(bad_signers[i].certificates, &diags, bad_signers[i].summary,
                    bad_signers[i].detail);
        assert_true(path_equal(diags.first->path, at));
    }
}

TEST(a_signer_without_key_is_checked_as_far_as_that_goes)
{
    const struct cacerts_signer signer = {files(a, "upper.pem root.pem"), TEXT("")};
    struct cacerts_signer_info info;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(cacerts_signer_check(a, &diags, NULL, &signer, NOW, &info));
    assert_string_not_equal(info.fingerprint, info.root_fingerprint);
    assert_false(cacerts_signer_check(a, &diags, NULL, &signer, 2366841601, &info));
    assert_string_equal(info.subject, "CN=Upper CA,O=Istio");
}

static const struct {
    const char *ca, *key, *roots, *chain;
    enum cacerts_form form;
    const char *summary, *detail; /* NULL: good */
} bundles[] = {
    {"intermediate.pem", "intermediate-key.pem", "root.pem", "chain.pem", CACERTS_PEM, NULL, NULL},
    {"intermediate.pem", "intermediate-key.pem", "root.pem", "intermediate.pem", CACERTS_PEM, NULL,
     NULL},
    {"intermediate.pem", "intermediate-key.pem", "other-root.pem root.pem", "chain.pem",
     CACERTS_PEM, NULL, NULL},
    {"root.pem", "root-key.pem", "root.pem", "root.pem", CACERTS_PEM, NULL, NULL},
    {"rsa-intermediate.pem", "rsa-intermediate-key.pem", "rsa-root.pem",
     "rsa-intermediate.pem rsa-root.pem", CACERTS_PEM, NULL, NULL},
    {"intermediate.pem", "intermediate-key.pem", "root.pem other-root.pem",
     "intermediate.pem root.pem other-root.pem", CACERTS_TLS, NULL, NULL},
    {"", "", "", "", CACERTS_PEM, "The signing CA bundle is incomplete",
     "Missing or empty: ca-cert.pem, ca-key.pem, root-cert.pem, cert-chain.pem."},
    {"intermediate.pem", "intermediate-key.pem", "", "chain.pem", CACERTS_PEM,
     "The signing CA bundle is incomplete", "Missing or empty: root-cert.pem."},
    {"intermediate.pem", "", "root.pem", "chain.pem", CACERTS_TLS,
     "The signing CA bundle is incomplete", "tls.key"},
    {"intermediate.pem", "root-key.pem", "root.pem", "chain.pem", CACERTS_PEM,
     "The private key does not belong to the certificate", "L=east"},
    {"intermediate.pem", "key-encrypted.pem", "root.pem", "chain.pem", CACERTS_PEM,
     "The private key is encrypted", "passphrase"},
    {"intermediate.pem", "key-ec-sec1.pem", "root.pem", "chain.pem", CACERTS_PEM,
     "The ca-key.pem starts with the wrong block", "EC PARAMETERS"},
    {"intermediate.pem", "key-ec.der", "root.pem", "chain.pem", CACERTS_PEM,
     "The ca-key.pem is not PEM", "first column"},
    {"root.der", "root-key.pem", "root.pem", "root.pem", CACERTS_PEM, "The ca-cert.pem is not PEM",
     "first column"},
    {"intermediate.pem", "intermediate-key.pem", "root.pem", "root.pem", CACERTS_PEM,
     "The cert-chain.pem does not start with the signing CA", "which is not in it"},
    {"intermediate.pem", "intermediate-key.pem", "root.pem", "root.pem intermediate.pem",
     CACERTS_PEM, "The cert-chain.pem does not start with the signing CA", "further down"},
    {"intermediate.pem", "intermediate-key.pem", "root.pem", "intermediate.pem second.pem",
     CACERTS_PEM, "A certificate does not belong to the chain", "L=west"},
    {"intermediate.pem", "intermediate-key.pem", "other-root.pem", "intermediate.pem", CACERTS_PEM,
     "The chain does not reach a trusted root", "CN=Root CA"},
    {"intermediate.pem", "intermediate-key.pem", "other-root.pem", "chain.pem", CACERTS_PEM,
     "The chain ends in another root", "CN=Root CA"},
    {"intermediate.pem", "intermediate-key.pem", "impostor.pem", "intermediate.pem", CACERTS_PEM,
     "The chain was signed by another key of the same name", "another CA"},
    {"not-ca.pem", "not-ca-key.pem", "root.pem", "not-ca.pem root.pem", CACERTS_PEM,
     "The certificate is not a CA", "CN=Workload"},
    {"client-only.pem", "root-key.pem", "root.pem", "client-only.pem root.pem", CACERTS_PEM,
     "The certificate's extended key usage excludes servers", "serverAuth"},
    {"expired.pem", "root-key.pem", "root.pem", "expired.pem root.pem", CACERTS_PEM,
     "The certificate has expired", "10 days ago"},
    {"intermediate.pem", "intermediate-key.pem", "root-key.pem", "chain.pem", CACERTS_PEM,
     "Private key where the root-cert.pem is expected", "PEM block 1"},
};

TEST(judges_bundles)
{
    for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++) {
        const struct cacerts_bundle bundle = {.form = bundles[i].form,
                                              .ca_cert = files(a, bundles[i].ca),
                                              .ca_key = files(a, bundles[i].key),
                                              .root_cert = files(a, bundles[i].roots),
                                              .cert_chain = files(a, bundles[i].chain)};
        const char *name =
            text_f(a, "%s < %s < %s", bundles[i].ca, bundles[i].chain, bundles[i].roots);
        struct cacerts_info info;
        struct diags diags;
        bool done;

        diags_init(&diags, a);
        done = cacerts_check(a, &diags, path_of(a, "cluster"), &bundle, NOW, &info);
        if (bundles[i].summary)
            assert_said(name, &diags, bundles[i].summary, bundles[i].detail);
        else
            assert_silent(&diags);
        assert_int_equal(done, bundles[i].summary == NULL);
        assert_int_equal(info.is_valid, done);
    }
}

TEST(a_faulty_bundle_is_still_described)
{
    const struct cacerts_bundle bundle = {.ca_cert = files(a, "expired.pem"),
                                          .ca_key = files(a, "garbage.txt"),
                                          .root_cert = files(a, "other-root.pem root.pem"),
                                          .cert_chain = files(a, "expired.pem")};
    struct cacerts_info info;
    struct diags diags;

    diags_init(&diags, a);
    assert_false(cacerts_check(a, &diags, NULL, &bundle, NOW, &info));
    assert_string_equal(info.ca_subject, "CN=Expired CA,O=Istio");
    assert_int_equal(info.expires_at, 1766361600);
    assert_int_equal(info.root_count, 2);
    assert_string_equal(info.root_fingerprint, info.root_fingerprints[1]);
}

TEST(the_earliest_end_counts)
{
    const struct cacerts_bundle bundle = {.ca_cert = files(a, "under-expired.pem"),
                                          .ca_key = files(a, "root-key.pem"),
                                          .root_cert = files(a, "expired-root.pem"),
                                          .cert_chain = files(a, "under-expired.pem")};
    struct cacerts_info info;
    struct diags diags;

    diags_init(&diags, a);
    assert_false(cacerts_check(a, &diags, NULL, &bundle, NOW, &info));
    assert_int_equal(info.expires_at, 1766361600);
}

/* --- the Secret ---------------------------------------------------------- */
static const struct value *encoded(struct arena *a, struct text text)
{
    return value_string_of(a, base64_encode(a, text, BASE64_STANDARD));
}

TEST(a_secret_comes_back_as_it_went)
{
    static const struct {
        enum cacerts_form form;
        const char *type;
        size_t count;
    } forms[] = {{CACERTS_PEM, "Opaque", 4}, {CACERTS_TLS, "kubernetes.io/tls", 3}};
    const struct cacerts_signer root = new_root(a, 10LL * YEAR);
    struct cacerts_request request = request_for("east");

    for (size_t i = 0; i < 2; i++) {
        struct cacerts_bundle bundle, again;
        const struct value *secret;
        struct cacerts_info info;
        struct diags diags;

        diags_init(&diags, a);
        request.form = forms[i].form;
        bundle = issue(a, &root, &request);
        secret = cacerts_to_secret(a, "istio-system", CACERTS_SECRET_NAME, &bundle);
        assert_string_equal(value_text(secret, "apiVersion"), "v1");
        assert_string_equal(value_text(secret, "kind"), "Secret");
        assert_string_equal(value_text(secret, "type"), forms[i].type);
        assert_string_equal(value_z(value_in(secret, "metadata", "name")), "cacerts");
        assert_string_equal(value_z(value_in(secret, "metadata", "namespace")), "istio-system");
        assert_int_equal(value_count(value_at(secret, "data")), forms[i].count);
        assert_false(cacerts_is_istio_generated(secret));
        assert_true(cacerts_from_secret(a, &diags, NULL, secret, &again));
        assert_int_equal(again.form, bundle.form);
        assert_true(text_equal(again.ca_cert, bundle.ca_cert));
        assert_true(text_equal(again.ca_key, bundle.ca_key));
        assert_true(text_equal(again.root_cert, bundle.root_cert));
        assert_true(cacerts_check(a, &diags, NULL, &again, NOW, &info));
        assert_silent(&diags);
    }
}

TEST(tls_files_win_as_in_istiod)
{
    const struct value *crt = encoded(a, files(a, "intermediate.pem"));
    const struct value *data =
        value_map_of(a, {"ca-cert.pem", encoded(a, TEXT("old"))}, {"tls.crt", crt},
                     {"tls.key", encoded(a, files(a, "intermediate-key.pem"))},
                     {"ca.crt", encoded(a, files(a, "root.pem"))});
    struct cacerts_bundle bundle;
    struct cacerts_info info;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(cacerts_from_secret(a, &diags, NULL, value_map_of(a, {"data", data}), &bundle));
    assert_int_equal(bundle.form, CACERTS_TLS);
    assert_true(cacerts_check(a, &diags, NULL, &bundle, NOW, &info));
    assert_silent(&diags);
}

TEST(odd_secrets_are_told)
{
    const struct value *secret =
        value_map_of(a, {"data", value_map_of(a, {"ca-key.pem", value_string(a, "not base64!")},
                                              {"istio-generated", value_string(a, "")})});
    struct cacerts_bundle bundle;
    struct cacerts_info info;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(cacerts_is_istio_generated(secret));
    assert_false(cacerts_from_secret(a, &diags, NULL, secret, &bundle));
    assert_said("base64", &diags, "The Secret's ca-key.pem is not base64", "from-file");
    diags_init(&diags, a);
    assert_true(cacerts_from_secret(a, &diags, NULL, &value_null, &bundle));
    assert_silent(&diags);
    assert_false(cacerts_check(a, &diags, NULL, &bundle, NOW, &info));
    assert_said("empty", &diags, "The signing CA bundle is incomplete", "cert-chain.pem");
}

TEST(a_revocation_list_is_pointed_at)
{
    const struct cacerts_signer root = new_root(a, 10LL * YEAR);
    const struct cacerts_request request = request_for("east");
    const struct cacerts_bundle bundle = issue(a, &root, &request);
    const struct value *secret = cacerts_to_secret(a, "n", "cacerts", &bundle);
    struct cacerts_bundle again;
    struct cacerts_info info;
    struct diags diags;

    diags_init(&diags, a);
    secret = value_with_in(a, secret, encoded(a, files(a, "crl.pem")), "data", "ca-crl.pem");
    assert_true(cacerts_from_secret(a, &diags, NULL, secret, &again));
    assert_true(cacerts_check(a, &diags, NULL, &again, NOW, &info));
    assert_int_equal(diags.count, 1);
    assert_said("crl", &diags, "A revocation list stands beside the signing CA", "ca-crl.pem");
}

struct witness {
    struct text one, two;
    bool *is_wiped;
};

static bool is_zero(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i])
            return false;
    return t.len > 0;
}

static void look(void *handle)
{
    const struct witness *w = handle;

    *w->is_wiped = is_zero(w->one) && is_zero(w->two);
}

TEST(keys_are_wiped_with_their_arena)
{
    const struct cacerts_signer root = new_root(a, YEAR * 10LL);
    struct arena *own = arena_new();
    struct witness *w = arena_alloc(own, sizeof(*w));
    const struct cacerts_request request = request_for("east");
    struct cacerts_bundle bundle;
    const struct value *secret;
    bool is_wiped = false;

    arena_defer(own, look, w); /* runs after what is deferred later */
    bundle = issue(own, &root, &request);
    secret = cacerts_to_secret(own, "n", "cacerts", &bundle);
    *w = (struct witness){bundle.ca_key, value_string_text(value_in(secret, "data", "ca-key.pem")),
                          &is_wiped};
    arena_free(own);
    assert_true(is_wiped);
}

/* --- roots ---------------------------------------------------------------- */
TEST(changes_of_roots_are_named)
{
    static const struct {
        const char *before, *after;
        enum cacerts_roots change;
        bool same_text;
    } cases[] = {
        {"root.pem", "root.pem", CACERTS_ROOTS_SAME, true},
        {"root.pem", "crlf.pem", CACERTS_ROOTS_SAME, false},
        {"root.pem other-root.pem", "other-root.pem root.pem", CACERTS_ROOTS_SAME, false},
        {"root.pem", "root.pem other-root.pem", CACERTS_ROOTS_GROWN, true},
        {"root.pem other-root.pem", "rsa-root.pem root.pem other-root.pem", CACERTS_ROOTS_GROWN,
         true},
        {"crlf.pem", "root.pem other-root.pem", CACERTS_ROOTS_GROWN, false},
        {"root.pem other-root.pem", "other-root.pem", CACERTS_ROOTS_SHRUNK, true},
        {"root.pem", "other-root.pem", CACERTS_ROOTS_REPLACED, false},
        {"root.pem", "impostor.pem", CACERTS_ROOTS_REPLACED, false},
        {"root.pem rsa-root.pem", "root.pem other-root.pem", CACERTS_ROOTS_REPLACED, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum cacerts_roots change;
        struct diags diags;
        bool same_text;

        diags_init(&diags, a);
        assert_true(cacerts_roots_compare(a, &diags, NULL, files(a, cases[i].before),
                                          files(a, cases[i].after), &change, &same_text));
        if (change != cases[i].change || same_text != cases[i].same_text)
            fail_msg("%s > %s: %d, %d", cases[i].before, cases[i].after, (int)change, same_text);
    }
}

TEST(joined_roots_keep_the_old_text)
{
    struct text old = files(a, "with-text.pem"), both, again;
    enum cacerts_roots change;
    struct diags diags;
    bool same_text;

    old.len--; /* without its last newline */
    diags_init(&diags, a);
    assert_true(
        cacerts_roots_join(a, &diags, NULL, old, files(a, "root.pem other-root.pem"), &both));
    assert_true(text_starts_with(both, text_z(a, old)));
    assert_int_equal(read_all(a, both).count, 2);
    assert_true(cacerts_roots_compare(a, &diags, NULL, old, both, &change, &same_text));
    assert_true(change == CACERTS_ROOTS_GROWN && same_text);
    assert_true(cacerts_roots_join(a, &diags, NULL, both, files(a, "other-root.pem"), &again));
    assert_true(text_equal(both, again));
    assert_false(cacerts_roots_join(a, &diags, NULL, both, TEXT("x"), &again));
    assert_said("x", &diags, "The new root certificate is not a certificate", "PEM");
}
