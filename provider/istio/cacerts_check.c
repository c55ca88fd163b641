#include <string.h>

#include "crypto/certificate.h"
#include "crypto/key.h"
#include "istio/cacerts.h"

struct file_names {
    const char *ca_cert, *ca_key, *root_cert, *cert_chain;
};

static const struct file_names names_of[] = {
    [CACERTS_PEM] = {"ca-cert.pem", "ca-key.pem", "root-cert.pem", "cert-chain.pem"},
    [CACERTS_TLS] = {"tls.crt", "tls.key", "ca.crt", "tls.crt with ca.crt"},
};

struct opened_bundle {
    struct certificates ca, roots, chain;
    struct key *key;
};

static bool check_complete(struct diags *diags, const struct path *at,
                           const struct cacerts_bundle *bundle)
{
    const struct file_names *names = &names_of[bundle->form];
    const struct {
        const char *name;
        struct text text;
    } files[] = {
        {names->ca_cert, bundle->ca_cert},
        {names->ca_key, bundle->ca_key},
        {names->root_cert, bundle->root_cert},
        {names->cert_chain, bundle->cert_chain},
    };
    struct text_builder missing;

    text_builder_init(&missing, diags->arena, 200);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (text_trim(files[i].text).len == 0)
            text_add_f(&missing, "%s%s", missing.len ? ", " : "", files[i].name);
    if (missing.len == 0)
        return true;
    return diag_error(diags, at, "The signing CA bundle is incomplete",
                      "Missing or empty: %s. istiod from 1.26 on refuses to start (\"incomplete "
                      "signing CA bundle\"); an older one silently makes a root of its own, which "
                      "no other cluster trusts. All files belong into one Secret.",
                      missing.at);
}

/* istiod decodes PEM only, and of the key file the first block only. */
static bool check_is_pem(struct diags *diags, const struct path *at, const char *name,
                         struct text text)
{
    struct text line = TEXT("");

    while (text_split(&text, '\n', &line) && !text_starts_with(line, "-----BEGIN "))
        ;
    if (text_starts_with(line, "-----BEGIN EC PARAMETERS"))
        return diag_error(diags, at,
                          text_f(diags->arena, "The %s starts with the wrong block", name),
                          "istiod reads the first PEM block only, which is EC PARAMETERS here. "
                          "Take it out: openssl pkey -in key.pem -out plain.pem");
    if (text_starts_with(line, "-----BEGIN "))
        return true;
    return diag_error(diags, at, text_f(diags->arena, "The %s is not PEM", name),
                      "istiod reads nothing but PEM, which has a line like "
                      "-----BEGIN CERTIFICATE----- in the first column.");
}

static bool open_file(struct arena *a, struct diags *diags, const struct path *at, const char *name,
                      struct text text, struct certificates *out)
{
    return text_trim(text).len > 0 && check_is_pem(diags, at, name, text) &&
           certificate_read_all(a, diags, at, name, text, out);
}

/* Opens what there is: one bad file does not hide what another one says. */
static bool open_bundle(struct arena *a, struct diags *diags, const struct path *at,
                        const struct cacerts_bundle *bundle, struct opened_bundle *out)
{
    const struct file_names *names = &names_of[bundle->form];
    bool done = check_complete(diags, at, bundle);

    *out = (struct opened_bundle){0};
    done &= open_file(a, diags, at, names->ca_cert, bundle->ca_cert, &out->ca);
    done &= open_file(a, diags, at, names->root_cert, bundle->root_cert, &out->roots);
    done &= open_file(a, diags, at, names->cert_chain, bundle->cert_chain, &out->chain);
    return done & (text_trim(bundle->ca_key).len > 0 &&
                   check_is_pem(diags, at, names->ca_key, bundle->ca_key) &&
                   key_read(a, diags, at, bundle->ca_key, &out->key));
}

static void describe_ca(const struct certificate *ca, struct cacerts_info *out)
{
    out->ca_fingerprint = ca->fingerprint_sha256;
    out->ca_subject = ca->subject;
    out->ca_serial = ca->serial;
    out->key_algorithm = ca->key_algorithm;
    out->not_before = ca->not_before;
}

/* NULL when it is not among the roots. */
static const struct certificate *root_above(const struct opened_bundle *b)
{
    const struct certificates *chain = b->chain.count ? &b->chain : &b->ca;
    const struct certificate *last;

    if (chain->count == 0)
        return NULL;
    last = &chain->items[chain->count - 1];
    if (certificates_hold(&b->roots, last))
        return last;
    return certificates_find_issuer(&b->roots, last);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

static void describe_bundle(struct arena *a, const struct opened_bundle *b,
                            struct cacerts_info *out)
{
    const char **roots = arena_array(a, b->roots.count + 1, sizeof(*roots));
    const struct certificate *root = root_above(b);

    *out = (struct cacerts_info){"", "", "", "", "", roots, b->roots.count, 0, 0, false};
    for (size_t i = 0; i < b->roots.count; i++)
        roots[i] = b->roots.items[i].fingerprint_sha256;
    if (b->ca.count)
        describe_ca(b->ca.items, out);
    out->root_fingerprint = root ? root->fingerprint_sha256 : "";
    out->expires_at = earlier(certificates_end(&b->ca), certificates_end(&b->chain));
    out->expires_at = earlier(out->expires_at, root ? root->not_after : 0);
}

/* The whole file goes behind each workload's certificate: without the CA in it,
 * peers that know only the root cannot follow. */
static bool check_chain_start(struct diags *diags, const struct path *at,
                              const struct file_names *names, const struct opened_bundle *b)
{
    if (strcmp(b->chain.items->fingerprint_sha256, b->ca.items->fingerprint_sha256) == 0 ||
        certificates_hold(&b->roots, b->ca.items))
        return true;
    return diag_error(
        diags, at,
        text_f(diags->arena, "The %s does not start with the signing CA", names->cert_chain),
        "Its first certificate is %s, but the signing CA in %s is %s%s. Put the "
        "signing CA first, then each one's issuer.",
        b->chain.items->subject, names->ca_cert, b->ca.items->subject,
        certificates_hold(&b->chain, b->ca.items) ? ", which stands further down"
                                                  : ", which is not in it");
}

/* Without the roots at its end, of which there may be several in any order. */
static struct certificates way_up(const struct opened_bundle *b)
{
    struct certificates chain = b->chain;

    if (certificates_hold(&b->roots, b->ca.items)) /* a root that signs workloads itself */
        return (struct certificates){b->ca.items, 1};
    while (chain.count > 1 && certificates_hold(&b->roots, &chain.items[chain.count - 1]))
        chain.count--;
    return chain;
}

static void warn_crl(struct diags *diags, const struct path *at)
{
    diag_warning(diags, at, "A revocation list stands beside the signing CA",
                 "ca-crl.pem must hold a list from every certificate of the chain, else istiod "
                 "(1.28 and later) does not load the CA. It is not checked here: renew it together "
                 "with the CA.");
}

bool cacerts_check(struct arena *a, struct diags *diags, const struct path *at,
                   const struct cacerts_bundle *bundle, int64_t now, struct cacerts_info *out)
{
    const struct file_names *names = &names_of[bundle->form];
    struct opened_bundle b;
    bool done = open_bundle(a, diags, at, bundle, &b);
    struct certificates chain;

    describe_bundle(a, &b, out);
    if (bundle->has_crl)
        warn_crl(diags, at);
    if (!done)
        return false;
    done = certificate_check_signer(diags, at, b.ca.items, b.key, now, false);
    done &= check_chain_start(diags, at, names, &b);
    chain = way_up(&b);
    out->is_valid = done && certificate_check_chain(a, diags, at, &chain, &b.roots, now);
    return out->is_valid;
}
