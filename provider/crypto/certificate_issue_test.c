#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "codec/base64.h"
#include "crypto/certificate.h"

enum { NOW = 1767225600, YEAR = 31536000 }; /* from 2026-01-01T00:00:00Z */

extern char **environ;

static struct key *make_key(struct arena *a, const char *algorithm)
{
    struct key *k = NULL;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(key_generate(a, &diags, algorithm, &k));
    return k;
}

static struct certificate issue(struct arena *a, const struct certificate_request *request)
{
    struct certificate out = {0};
    struct diags diags;

    diags_init(&diags, a);
    if (!certificate_issue(a, &diags, request, &out))
        fail_msg("%s: %s", diags.first->summary, diags.first->detail);
    return out;
}

static struct certificate_request root_request(const struct key *k)
{
    return (struct certificate_request){.common_name = "Root CA",
                                        .organization = "Istio",
                                        .not_before = NOW - 300,
                                        .not_after = NOW + 10LL * YEAR,
                                        .path_length = -1,
                                        .key = k};
}

static struct certificate_request intermediate_request(const struct key *k,
                                                       const struct certificate *issuer,
                                                       const struct key *by)
{
    static const char *const names[] = {"istiod.istio-system.svc", NULL};

    return (struct certificate_request){.common_name = "Intermediate CA",
                                        .organization = "Istio",
                                        .locality = "east",
                                        .dns_names = names,
                                        .not_before = NOW - 300,
                                        .not_after = NOW + YEAR,
                                        .key = k,
                                        .issuer = issuer,
                                        .issuer_key = by};
}

static void write_file(const char *path, struct text text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text.at, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

/* What the program prints, in the folder; its exit status must be 0. */
static struct text run(struct arena *a, const char *folder, const char *const *arguments)
{
    const char *out = text_f(a, "%s/out", folder);
    posix_spawn_file_actions_t actions;
    char *vector[24] = {0};
    struct text printed;
    int status;
    pid_t pid;

    for (size_t i = 0; arguments[i]; i++)
        vector[i] = arena_strdup(a, arguments[i]);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    assert_int_equal(posix_spawnp(&pid, vector[0], &actions, NULL, vector, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    printed = test_file(a, out);
    unlink(out);
    if (status != 0)
        fail_msg("%s %s: %s", vector[0], vector[1], text_z(a, printed));
    return printed;
}

static void assert_openssl_verifies(struct arena *a, const struct certificate *root,
                                    const struct certificate *ca)
{
    char folder[] = "/tmp/issue-XXXXXX";
    const char *root_file, *ca_file, *chain_file;

    assert_non_null(mkdtemp(folder));
    root_file = text_f(a, "%s/root-cert.pem", folder);
    ca_file = text_f(a, "%s/ca-cert.pem", folder);
    chain_file = text_f(a, "%s/cert-chain.pem", folder);
    write_file(root_file, root->pem);
    write_file(ca_file, ca->pem);
    write_file(chain_file, text_of(text_f(a, "%s%s", ca->pem.at, root->pem.at)));
    run(a, folder,
        (const char *const[]){"openssl", "verify", "-x509_strict", "-attime", text_f(a, "%d", NOW),
                              "-CAfile", root_file, "-untrusted", chain_file, ca_file, NULL});
    unlink(root_file);
    unlink(ca_file);
    unlink(chain_file);
    assert_int_equal(rmdir(folder), 0);
}

static void assert_chain_good(struct arena *a, const struct certificate *root,
                              const struct certificate *ca)
{
    struct certificate both[] = {*ca, *root};
    struct certificates chain = {both, 2}, roots = {both + 1, 1};
    struct diags diags;

    diags_init(&diags, a);
    if (!certificate_check_chain(a, &diags, NULL, &chain, &roots, NOW))
        fail_msg("%s", diags.first->detail);
    assert_int_equal(diags.count, 0);
}

TEST(issued_chains_verify_here_and_with_openssl)
{
    static const char *const pairs[][2] = {{"ECDSA-P256", "ECDSA-P256"},
                                           {"ECDSA-P384", "RSA-2048"},
                                           {"RSA-2048", "ECDSA-P384"},
                                           {"RSA-3072", "RSA-3072"}};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct key *root_key = make_key(a, pairs[i][0]), *ca_key = make_key(a, pairs[i][1]);
        struct certificate_request request = root_request(root_key);
        struct certificate root = issue(a, &request), ca;
        struct diags diags;

        request = intermediate_request(ca_key, &root, root_key);
        ca = issue(a, &request);
        diags_init(&diags, a);
        assert_true(certificate_check_signer(&diags, NULL, &root, root_key, NOW, true));
        assert_true(certificate_check_signer(&diags, NULL, &ca, ca_key, NOW, false));
        assert_chain_good(a, &root, &ca);
        assert_openssl_verifies(a, &root, &ca);
    }
}

/* As the openssl program prints it, without serial, dates, keys and ids. */
static void assert_printed(struct arena *a, const struct certificate *c, const char *const *lines)
{
    char folder[] = "/tmp/issue-XXXXXX";
    const char *file, *printed;

    assert_non_null(mkdtemp(folder));
    file = text_f(a, "%s/cert.pem", folder);
    write_file(file, c->pem);
    printed = text_z(
        a, run(a, folder,
               (const char *const[]){"openssl", "x509", "-noout", "-text", "-in", file, NULL}));
    unlink(file);
    assert_int_equal(rmdir(folder), 0);
    for (; *lines; lines++)
        if (!strstr(printed, *lines))
            fail_msg("\"%s\" is missing in:\n%s", *lines, printed);
}

TEST(extensions_are_those_of_istio)
{
    struct key *root_key = make_key(a, "ECDSA-P384"), *ca_key = make_key(a, "ECDSA-P256");
    struct certificate_request request = root_request(root_key);
    struct certificate root = issue(a, &request), ca;

    assert_printed(a, &root,
                   (const char *const[]){"Version: 3 (0x2)", "ecdsa-with-SHA384",
                                         "Subject: O = Istio, CN = Root CA\n",
                                         "Not Before: Dec 31 23:55:00 2025 GMT",
                                         "X509v3 Basic Constraints: critical\n"
                                         "                CA:TRUE\n",
                                         "X509v3 Key Usage: critical\n"
                                         "                Digital Signature, Non Repudiation, Key "
                                         "Encipherment, Certificate Sign, CRL Sign\n",
                                         "X509v3 Subject Key Identifier: \n",
                                         "X509v3 Authority Key Identifier: \n", NULL});
    request = intermediate_request(ca_key, &root, root_key);
    ca = issue(a, &request);
    assert_printed(a, &ca,
                   (const char *const[]){"Subject: O = Istio, CN = Intermediate CA, L = east\n",
                                         "Issuer: O = Istio, CN = Root CA\n",
                                         "CA:TRUE, pathlen:0\n", "DNS:istiod.istio-system.svc\n",
                                         "Digital Signature, Non Repudiation", NULL});
    assert_null(root.dns_names[0]);
    assert_int_equal(root.path_length, -1);
    assert_int_equal(ca.path_length, 0);
}

/* Go refuses a certificate whose "true" is another byte. */
TEST(constraints_are_strict_der)
{
    static const char bytes[] = {0x30, 0x03, 0x01, 0x01, (char)0xff};
    struct key *key = make_key(a, "ECDSA-P256");
    struct certificate_request request = root_request(key);
    struct certificate root = issue(a, &request);
    struct text rest = root.pem, line, der;
    struct text_builder body;
    bool found = false;

    text_builder_init(&body, a, 1 << 16);
    while (text_split(&rest, '\n', &line))
        if (!text_starts_with(line, "-----"))
            text_add(&body, line);
    assert_true(base64_decode(a, text_built(&body), BASE64_STANDARD, &der));
    for (size_t i = 0; i + sizeof(bytes) <= der.len; i++)
        found = found || memcmp(der.at + i, bytes, sizeof(bytes)) == 0;
    assert_true(found);
}

TEST(serials_are_random_and_positive)
{
    struct key *k = make_key(a, "ECDSA-P256");
    struct certificate_request request = root_request(k);
    size_t longest = 0;

    for (int i = 0; i < 20; i++) {
        struct certificate one = issue(a, &request), two = issue(a, &request);

        assert_string_not_equal(one.serial, two.serial);
        assert_int_not_equal(one.serial[0], '-');
        longest = strlen(one.serial) > longest ? strlen(one.serial) : longest;
        assert_true(strlen(one.serial) <= 32);
    }
    assert_int_equal(longest, 32);
}

TEST(a_certificate_does_not_outlive_its_issuer)
{
    struct key *root_key = make_key(a, "ECDSA-P256"), *ca_key = make_key(a, "ECDSA-P256");
    struct certificate_request request = root_request(root_key);
    struct certificate root = issue(a, &request);

    request = intermediate_request(ca_key, &root, root_key);
    request.not_after = root.not_after + 1;
    assert_int_equal(issue(a, &request).not_after, root.not_after);
}

TEST(dates_beyond_2050_are_kept)
{
    struct key *k = make_key(a, "ECDSA-P256");
    struct certificate_request request = root_request(k);

    request.not_after = 4102444800; /* 2100-01-01, GeneralizedTime */
    assert_int_equal(issue(a, &request).not_after, 4102444800);
}

static void assert_refused(struct arena *a, const struct certificate_request *request,
                           const char *detail)
{
    struct certificate out;
    struct diags diags;

    diags_init(&diags, a);
    assert_false(certificate_issue(a, &diags, request, &out));
    assert_int_equal(diags.count, 1);
    assert_string_equal(diags.first->summary, "Cannot issue a certificate");
    if (!strstr(diags.first->detail, detail))
        fail_msg("%s", diags.first->detail);
}

TEST(refuses_what_would_not_work)
{
    struct key *root_key = make_key(a, "ECDSA-P256"), *ca_key = make_key(a, "ECDSA-P256");
    struct certificate_request good = root_request(root_key), request = good;
    struct certificate root = issue(a, &request);

    request.common_name = "a common name that has more than sixty-four characters, one too many";
    assert_refused(a, &request, "at most 64 characters");
    request.common_name = "\xff";
    assert_refused(a, &request, "valid UTF-8");
    request = good;
    request.common_name = request.organization = "";
    assert_refused(a, &request, "needs a subject");
    request = good;
    request.not_after = request.not_before;
    assert_refused(a, &request, "before it begins");
    request.not_after = INT64_MAX / 2;
    assert_refused(a, &request, "validity");
    request = intermediate_request(ca_key, &root, ca_key);
    assert_refused(a, &request, "not the key of CN=Root CA");
    request = intermediate_request(ca_key, &root, root_key);
    request.not_before = root.not_after;
    request.not_after = root.not_after + YEAR;
    assert_refused(a, &request, "renew that first");
}

/* --- for charts ----------------------------------------------------------- */

static struct certificate_request chart_request(enum certificate_profile profile,
                                                const struct key *key)
{
    return (struct certificate_request){.profile = profile,
                                        .common_name = "ca",
                                        .not_before = NOW,
                                        .not_after = NOW + YEAR,
                                        .path_length = -1,
                                        .key = key};
}

TEST(extensions_for_charts_are_those_of_sprig)
{
    static const char *const names[] = {"a.b", "*.c.d", NULL};
    const struct text addresses[] = {TEXT("\1\2\3\4"), TEXT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1")};
    struct key *ca_key = make_key(a, "RSA-2048"), *key = make_key(a, "ECDSA-P256");
    struct certificate_request request = chart_request(CERTIFICATE_CHART_CA, ca_key);
    struct certificate ca = issue(a, &request), leaf;

    assert_printed(a, &ca,
                   (const char *const[]){"Subject: CN = ca\n", "CA:TRUE\n",
                                         "Digital Signature, Key Encipherment, Certificate Sign\n",
                                         "TLS Web Server Authentication, TLS Web Client "
                                         "Authentication\n",
                                         "X509v3 Subject Key Identifier: \n", NULL});
    request = chart_request(CERTIFICATE_CHART_TLS, key);
    request.common_name = "a-name-of-more-than-64-characters.that-is-allowed.in-charts.svc.cluster";
    request.dns_names = names;
    request.ip_addresses = addresses;
    request.ip_address_count = 2;
    request.issuer = &ca;
    request.issuer_key = ca_key;
    request.not_after = ca.not_after + YEAR; /* may outlive its issuer */
    leaf = issue(a, &request);
    assert_int_equal(leaf.not_after, request.not_after);
    assert_string_equal(leaf.common_name, request.common_name);
    assert_printed(a, &leaf,
                   (const char *const[]){
                       "Issuer: CN = ca\n", "CA:FALSE\n", "Digital Signature, Key Encipherment\n",
                       "X509v3 Authority Key Identifier: \n", "X509v3 Subject Alternative Name: \n",
                       "DNS:a.b, DNS:*.c.d, IP Address:1.2.3.4, IP "
                       "Address:0:0:0:0:0:0:0:1\n",
                       NULL});
    assert_openssl_verifies(a, &ca, &leaf);
    assert_true(certificate_has_key(&leaf, key));
    assert_false(certificate_has_key(&leaf, ca_key));
}

TEST(for_charts_a_subject_may_be_missing_and_dates_may_be_odd)
{
    static const char *const names[] = {"a.b", NULL};
    struct key *key = make_key(a, "ED25519");
    struct certificate_request request = chart_request(CERTIFICATE_CHART_TLS, key);
    struct certificate c;

    request.common_name = "";
    request.dns_names = names;
    request.not_after = NOW - YEAR;
    c = issue(a, &request);
    assert_true(c.not_after < c.not_before);
    assert_printed(a, &c,
                   (const char *const[]){"Signature Algorithm: ED25519\n",
                                         "X509v3 Subject Alternative Name: critical\n", NULL});
}

TEST(for_charts_a_common_name_must_be_text)
{
    struct key *key = make_key(a, "ECDSA-P256");
    struct certificate_request request = chart_request(CERTIFICATE_CHART_TLS, key);
    struct certificate out;
    struct diags diags;

    diags_init(&diags, a);
    request.common_name = "\xff";
    assert_false(certificate_issue(a, &diags, &request, &out));
    assert_non_null(strstr(diags.first->detail, "UTF-8"));
}
