#include <string.h>

#include "base/test.h"
#include "crypto/certificate.h"

#define DATA "provider/crypto/testdata/"

enum { NOW = 1767225600 }; /* 2026-01-01T00:00:00Z */

/* Certificates of several files, named with blanks between. */
static struct certificates load(struct arena *a, const char *names)
{
    struct text rest = text_of(names), name;
    struct certificates out = {0};
    struct text_builder b;
    struct diags diags;

    text_builder_init(&b, a, 1 << 20);
    diags_init(&diags, a);
    while (text_split(&rest, ' ', &name))
        text_add(&b, test_file(a, text_f(a, DATA "%s.pem", text_z(a, name))));
    if (!certificate_read_all(a, &diags, NULL, "certificate", text_built(&b), &out))
        fail_msg("%s: %s", names, diags.first->summary);
    return out;
}

static struct key *load_key(struct arena *a, const char *name)
{
    struct key *k = NULL;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(key_read(a, &diags, NULL, test_file(a, text_f(a, DATA "%s.pem", name)), &k));
    return k;
}

static void assert_first(const char *name, const struct diags *diags, const char *summary,
                         const char *detail)
{
    const struct diag *first = diags->first;

    if (!first)
        fail_msg("%s: nothing was said", name);
    else if (strcmp(first->summary, summary) != 0 || !strstr(first->detail, detail))
        fail_msg("%s: %s: %s", name, first->summary, first->detail);
}

static const struct {
    const char *certificate, *key;
    bool signs_cas;
    const char *summary, *detail; /* NULL: good */
} signers[] = {
    {"root", "root-key", true, NULL, NULL},
    {"root", NULL, true, NULL, NULL},
    {"rsa-root", "rsa-root-key", true, NULL, NULL},
    {"intermediate", "intermediate-key", false, NULL, NULL},
    {"upper", NULL, true, NULL, NULL},
    {"server-too", NULL, false, NULL, NULL},
    {"any-purpose", NULL, false, NULL, NULL},
    {"intermediate", "intermediate-key", true, "The certificate cannot sign another CA",
     "path length 0"},
    {"root", "intermediate-key", true, "The private key does not belong to the certificate",
     "CN=Root CA,O=Istio with a key of type ECDSA-P256"},
    {"root", "rsa-root-key", true, "The private key does not belong to the certificate",
     "the private key is RSA-2048"},
    {"expired", NULL, false, "The certificate has expired",
     "was valid until 2025-12-22T00:00:00Z, 10 days ago"},
    {"future", NULL, false, "The certificate is not yet valid",
     "valid from 2026-01-01T03:00:00Z, in 3 hours"},
    {"not-ca", NULL, false, "The certificate is not a CA", "CA:TRUE"},
    {"no-cert-sign", NULL, false, "The certificate may not sign certificates", "keyCertSign"},
    {"client-only", NULL, false, "The certificate's extended key usage excludes servers",
     "without serverAuth"},
    {"weak", NULL, false, "The certificate's key is too weak", "1024 bits"},
};

TEST(judges_signers)
{
    for (size_t i = 0; i < sizeof(signers) / sizeof(signers[0]); i++) {
        const char *name = signers[i].certificate;
        const struct key *k = signers[i].key ? load_key(a, signers[i].key) : NULL;
        struct diags diags;
        bool done;

        diags_init(&diags, a);
        done = certificate_check_signer(&diags, NULL, load(a, name).items, k, NOW,
                                        signers[i].signs_cas);
        assert_int_equal(done, signers[i].summary == NULL);
        assert_int_equal(diags.count, done ? 0 : 1);
        if (!done)
            assert_first(name, &diags, signers[i].summary, signers[i].detail);
    }
}

TEST(says_all_faults_of_a_signer_at_once)
{
    struct diags diags;

    diags_init(&diags, a);
    assert_false(certificate_check_signer(&diags, NULL, load(a, "expired").items,
                                          load_key(a, "root-key"), NOW, true));
    assert_int_equal(diags.count, 3);
}

static const struct {
    const char *chain, *roots;
    const char *summary, *detail; /* NULL: good */
} chains[] = {
    {"intermediate", "root", NULL, NULL},
    {"intermediate root", "root", NULL, NULL},
    {"intermediate root", "impostor root other-root", NULL, NULL},
    {"root", "root", NULL, NULL},
    {"lower upper root", "root", NULL, NULL},
    {"lower upper", "root", NULL, NULL},
    {"lower", "upper", NULL, NULL}, /* as Go: whatever is among the roots is an anchor */
    {"not-ca root", "root", NULL, NULL},
    {"rsa-intermediate rsa-root", "rsa-root", NULL, NULL},
    {"server-too root", "root", NULL, NULL},
    {"any-purpose root", "root", NULL, NULL},
    {"ed25519", "root", NULL, NULL},
    {"root intermediate", "root", "The certificates of the chain are in the wrong order",
     "Certificate 1 is the root"},
    {"upper lower root", "root", "The certificates of the chain are in the wrong order",
     "Certificate 1 is CN=Upper CA,O=Istio, which is signed by certificate 3"},
    {"lower root upper", "root", "The certificates of the chain are in the wrong order",
     "signed by certificate 3, CN=Upper CA"},
    {"intermediate second", "root", "A certificate does not belong to the chain",
     "Certificate 2 is L=west"},
    {"intermediate other-root", "root", "A certificate does not belong to the chain",
     "Certificate 2 is CN=Other Root"},
    {"intermediate", "other-root", "The chain does not reach a trusted root",
     "neither in the chain nor a trusted root"},
    {"lower", "root", "The chain does not reach a trusted root", "signed by CN=Upper CA"},
    {"intermediate root", "other-root", "The chain ends in another root", "self-signed"},
    {"intermediate", "impostor", "The chain was signed by another key of the same name",
     "another CA"},
    {"intermediate impostor", "impostor", "The chain was signed by another key of the same name",
     "another CA"},
    {"expired root", "root", "The certificate has expired", "10 days ago"},
    {"future root", "root", "The certificate is not yet valid", "in 3 hours"},
    {"under-expired", "expired-root", "The certificate has expired", "CN=Expired Root"},
    {"under-not-ca not-ca root", "root", "The certificate is not a CA", "CN=Workload"},
    {"no-cert-sign root", "root", "The certificate may not sign certificates", "keyCertSign"},
    {"below intermediate root", "root", "The certificate cannot sign another CA", "L=east"},
    {"third lower upper root", "root", "The certificate cannot sign another CA", "CN=Lower CA"},
    {"client-only root", "root", "The certificate's extended key usage excludes servers",
     "serverAuth"},
    {"weak root", "root", "The certificate's key is too weak", "1024"},
    {"sha1 root", "root", "The certificate is signed with a broken digest", "SHA1"},
    {"critical root", "root", "The certificate chain does not verify",
     "unhandled critical extension"},
    {"outside only-example root", "root", "The certificate chain does not verify",
     "permitted subtree violation"},
};

TEST(judges_chains)
{
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
        const char *name = text_f(a, "%s < %s", chains[i].chain, chains[i].roots);
        struct certificates chain = load(a, chains[i].chain), roots = load(a, chains[i].roots);
        const struct path *at = path_of(a, "chain");
        struct diags diags;
        bool done;

        diags_init(&diags, a);
        done = certificate_check_chain(a, &diags, at, &chain, &roots, NOW);
        if (chains[i].summary)
            assert_first(name, &diags, chains[i].summary, chains[i].detail);
        else if (!done)
            fail_msg("%s: %s: %s", name, diags.first->summary, diags.first->detail);
        assert_int_equal(done, chains[i].summary == NULL);
        assert_int_equal(diags.failed, !done);
        assert_true(done || path_equal(diags.first->path, at));
    }
}

TEST(warns_of_name_constraints)
{
    struct certificates chain = load(a, "constrained root"), roots = load(a, "root");
    struct diags diags;

    diags_init(&diags, a);
    assert_true(certificate_check_chain(a, &diags, NULL, &chain, &roots, NOW));
    assert_int_equal(diags.count, 1);
    assert_int_equal(diags.first->severity, DIAG_WARNING);
    assert_first("constrained", &diags, "A CA limits the names of workloads", "spiffe://");
}

TEST(refuses_an_empty_chain)
{
    struct certificates none = {0}, roots = load(a, "root");
    struct diags diags;

    diags_init(&diags, a);
    assert_false(certificate_check_chain(a, &diags, NULL, &none, &roots, NOW));
    assert_false(certificate_check_chain(a, &diags, NULL, &roots, &none, NOW));
    assert_int_equal(diags.count, 2);
}
