#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/certificate.h"
#include "crypto/openssl.h"

enum { RSA_BITS_MIN = 2048 };

static const char *span_text(struct arena *a, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        const char *unit;
    } units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (seconds >= 2 * units[i].seconds) /* from two on the plural is right */
            return text_f(a, "%lld %s", (long long)(seconds / units[i].seconds), units[i].unit);
    return "moments";
}

static bool check_time(struct diags *diags, const struct path *at, const struct certificate *c,
                       int64_t now)
{
    struct arena *a = diags->arena;

    if (now > c->not_after)
        return diag_error(diags, at, "The certificate has expired",
                          "%s was valid until %s, %s ago. Renew it and pass the new one.",
                          c->subject, clock_rfc3339(a, c->not_after),
                          span_text(a, now - c->not_after));
    if (now < c->not_before)
        return diag_error(diags, at, "The certificate is not yet valid",
                          "%s is valid from %s, in %s. If it was made just now, compare the clocks "
                          "of the two machines.",
                          c->subject, clock_rfc3339(a, c->not_before),
                          span_text(a, c->not_before - now));
    return true;
}

static bool check_is_ca(struct diags *diags, const struct path *at, const struct certificate *c)
{
    if (c->is_ca)
        return true;
    return diag_error(
        diags, at, "The certificate is not a CA",
        "%s may not sign certificates: its basic constraints do not say CA:TRUE. Pass "
        "a CA certificate (openssl x509 -noout -text shows the constraints).",
        c->subject);
}

static bool check_key_usage(struct diags *diags, const struct path *at, const struct certificate *c)
{
    if (X509_get_key_usage(c->handle) & KU_KEY_CERT_SIGN) /* all bits when there is no list */
        return true;
    return diag_error(diags, at, "The certificate may not sign certificates",
                      "The key usage of %s lacks keyCertSign. Let its CA issue it again with "
                      "keyUsage = critical, keyCertSign, cRLSign.",
                      c->subject);
}

/* Go's verification, which istiod uses, wants serverAuth all along the chain
 * as soon as a list is given. */
static bool check_purpose(struct diags *diags, const struct path *at, const struct certificate *c)
{
    if (X509_get_extended_key_usage(c->handle) & (XKU_SSL_SERVER | XKU_ANYEKU))
        return true;
    return diag_error(diags, at, "The certificate's extended key usage excludes servers",
                      "%s has an extended key usage without serverAuth, so istiod refuses it. Let "
                      "its CA issue it again without that list, or with serverAuth and clientAuth "
                      "in it.",
                      c->subject);
}

static bool check_key_strength(struct diags *diags, const struct path *at,
                               const struct certificate *c)
{
    const EVP_PKEY *key = X509_get0_pubkey(c->handle);
    int bits = key && EVP_PKEY_is_a(key, "RSA") ? EVP_PKEY_get_bits(key) : RSA_BITS_MIN;

    ERR_clear_error();
    if (bits >= RSA_BITS_MIN)
        return true;
    return diag_error(diags, at, "The certificate's key is too weak",
                      "%s has an RSA key of %d bits; at least %d are needed. Make a new key and a "
                      "new certificate.",
                      c->subject, bits, (int)RSA_BITS_MIN);
}

/* below: CAs that stand between this one and a workload's certificate. */
static bool check_path_length(struct diags *diags, const struct path *at,
                              const struct certificate *c, size_t below)
{
    if (c->path_length < 0 || below <= (size_t)c->path_length)
        return true;
    if (c->path_length == 0)
        return diag_error(diags, at, "The certificate cannot sign another CA",
                          "%s has path length 0: it may sign workloads but no CA below it. Sign "
                          "the clusters' CAs with a certificate one level up (usually the root).",
                          c->subject);
    return diag_error(diags, at, "The chain is longer than a certificate allows",
                      "%s allows %lld CAs below it, but %zu follow. Sign the clusters' CAs with a "
                      "certificate further up.",
                      c->subject, (long long)c->path_length, below);
}

static bool check_ca(struct diags *diags, const struct path *at, const struct certificate *c,
                     size_t below)
{
    if (!check_is_ca(diags, at, c)) /* the rest would only say it again */
        return false;
    return (int)check_key_usage(diags, at, c) & (int)check_path_length(diags, at, c, below);
}

static bool check_key(struct diags *diags, const struct path *at, const struct certificate *c,
                      const struct key *key)
{
    bool fits = X509_check_private_key(c->handle, key_handle(key)) == 1;

    ERR_clear_error();
    if (fits)
        return true;
    return diag_error(diags, at, "The private key does not belong to the certificate",
                      "The certificate is %s with a key of type %s; the private key is %s and not "
                      "its other half. Pass the key the certificate was made with.",
                      c->subject, c->key_algorithm, key_algorithm(diags->arena, key));
}

bool certificate_check_signer(struct diags *diags, const struct path *at,
                              const struct certificate *c, const struct key *key, int64_t now,
                              bool signs_cas)
{
    bool done = check_time(diags, at, c, now);

    openssl_start();
    done &= check_ca(diags, at, c, signs_cas ? 1 : 0);
    done &= check_purpose(diags, at, c);
    done &= check_key_strength(diags, at, c);
    return done & (!key || check_key(diags, at, c, key));
}

/* --- lists --------------------------------------------------------------- */
static bool has_issuer_name(const struct certificate *c, const struct certificate *issuer)
{
    return X509_NAME_cmp(X509_get_issuer_name(c->handle), X509_get_subject_name(issuer->handle)) ==
           0;
}

static bool is_issued_by(const struct certificate *c, const struct certificate *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer->handle);
    bool issued = key && has_issuer_name(c, issuer) && X509_verify(c->handle, key) == 1;

    ERR_clear_error();
    return issued;
}

static bool is_same(const struct certificate *a, const struct certificate *b)
{
    return X509_cmp(a->handle, b->handle) == 0;
}

bool certificates_hold(const struct certificates *list, const struct certificate *c)
{
    for (size_t i = 0; i < list->count; i++)
        if (is_same(&list->items[i], c))
            return true;
    return false;
}

const struct certificate *certificates_find_issuer(const struct certificates *list,
                                                   const struct certificate *c)
{
    for (size_t i = 0; i < list->count; i++)
        if (!is_same(&list->items[i], c) && is_issued_by(c, &list->items[i]))
            return &list->items[i];
    return NULL;
}

int64_t certificates_end(const struct certificates *list)
{
    int64_t end = list->count ? list->items[0].not_after : 0;

    for (size_t i = 1; i < list->count; i++)
        end = list->items[i].not_after < end ? list->items[i].not_after : end;
    return end;
}

/* --- chains ------------------------------------------------------------- */
struct walk {
    struct arena *arena;
    struct diags *diags;
    const struct path *at;
    const struct certificates *chain, *roots;
    int64_t now;
};

static bool has_named_issuer(const struct certificates *in, const struct certificate *c)
{
    for (size_t i = 0; i < in->count; i++)
        if (has_issuer_name(c, &in->items[i]))
            return true;
    return false;
}

static bool wrong_order(const struct walk *w, size_t i, const struct certificate *issuer)
{
    return diag_error(w->diags, w->at, "The certificates of the chain are in the wrong order",
                      "Certificate %zu is %s, which is signed by certificate %zu, %s. The signing "
                      "CA comes first and each next one is the issuer of the one before it.",
                      i + 1, w->chain->items[i].subject, (size_t)(issuer - w->chain->items) + 1,
                      issuer->subject);
}

static bool stranger(const struct walk *w, size_t i)
{
    return diag_error(w->diags, w->at, "A certificate does not belong to the chain",
                      "Certificate %zu is %s, but the one before it is signed by %s. Leave out "
                      "what is not between the signing CA and its root.",
                      i + 1, w->chain->items[i].subject, w->chain->items[i - 1].issuer);
}

static bool after_root(const struct walk *w, size_t i)
{
    return diag_error(w->diags, w->at, "The certificates of the chain are in the wrong order",
                      "Certificate %zu is the root %s, but others follow. The signing CA comes "
                      "first and the root last.",
                      i + 1, w->chain->items[i].subject);
}

static bool no_root(const struct walk *w, const struct certificate *c)
{
    if (c->is_self_signed)
        return diag_error(w->diags, w->at, "The chain ends in another root",
                          "%s (SHA-256 %s) is self-signed but not one of the %zu trusted roots. "
                          "Add it to the roots or use a certificate that one of them signed.",
                          c->subject, c->fingerprint_sha256, w->roots->count);
    if (has_named_issuer(w->roots, c) || has_named_issuer(w->chain, c))
        return diag_error(w->diags, w->at, "The chain was signed by another key of the same name",
                          "%s names %s as its issuer. A certificate of that name is there, but its "
                          "key did not make the signature: it is another CA, or the certificate "
                          "was altered.",
                          c->subject, c->issuer);
    return diag_error(w->diags, w->at, "The chain does not reach a trusted root",
                      "%s is signed by %s, which is neither in the chain nor a trusted root. Add "
                      "the missing certificate.",
                      c->subject, c->issuer);
}

/* The trusted root above chain[i], which is the last one or should be followed
 * by its issuer; *done says that the way up is complete. */
static bool step_up(const struct walk *w, size_t i, const struct certificate **root)
{
    const struct certificate *c = &w->chain->items[i], *issuer;
    bool is_last = i + 1 == w->chain->count;

    if (certificates_hold(w->roots, c)) {
        *root = c;
        return is_last || after_root(w, i);
    }
    if (!is_last && is_issued_by(c, c + 1))
        return true;
    issuer = certificates_find_issuer(w->chain, c);
    if (issuer)
        return wrong_order(w, i, issuer);
    *root = certificates_find_issuer(w->roots, c);
    if (*root)
        return is_last || stranger(w, i + 1);
    return no_root(w, c);
}

static bool find_root(const struct walk *w, const struct certificate **root)
{
    *root = NULL;
    for (size_t i = 0; i < w->chain->count; i++)
        if (!step_up(w, i, root))
            return false;
    return *root != NULL;
}

/* Go refuses these below the root since 1.18; a root's own is never looked at. */
static bool check_signature_digest(const struct walk *w, const struct certificate *c)
{
    int digest = NID_undef;

    if (c->is_self_signed || !X509_get_signature_info(c->handle, &digest, NULL, NULL, NULL) ||
        (digest != NID_sha1 && digest != NID_md5))
        return true;
    return diag_error(w->diags, w->at, "The certificate is signed with a broken digest",
                      "%s is signed with %s, which istiod refuses. Let its CA issue it again with "
                      "SHA-256.",
                      c->subject, OBJ_nid2sn(digest));
}

static void warn_subtrees(const struct walk *w, const struct certificate *c,
                          const STACK_OF(GENERAL_SUBTREE) * subtrees)
{
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); i++)
        if (sk_GENERAL_SUBTREE_value(subtrees, i)->base->type == GEN_URI)
            diag_warning(w->diags, w->at, "A CA limits the names of workloads",
                         "%s has name constraints for URIs. Workloads are named "
                         "spiffe://<trust domain>/ns/<namespace>/sa/<service account>; if the "
                         "constraints exclude the trust domain, their connections fail.",
                         c->subject);
}

static void warn_constraints(const struct walk *w, const struct certificate *c)
{
    NAME_CONSTRAINTS *constraints = X509_get_ext_d2i(c->handle, NID_name_constraints, NULL, NULL);

    if (!constraints)
        return;
    warn_subtrees(w, c, constraints->permittedSubtrees);
    warn_subtrees(w, c, constraints->excludedSubtrees);
    NAME_CONSTRAINTS_free(constraints);
}

static bool is_self_issued(const struct certificate *c)
{
    return has_issuer_name(c, c);
}

static bool check_one(const struct walk *w, const struct certificate *c, bool signs, size_t below)
{
    bool done = check_time(w->diags, w->at, c, w->now);

    if (signs) {
        done &= check_ca(w->diags, w->at, c, below);
        warn_constraints(w, c);
    }
    done &= check_purpose(w->diags, w->at, c);
    done &= check_key_strength(w->diags, w->at, c);
    return done & check_signature_digest(w, c);
}

/* chain[0], if a CA, counts as one below the others: istiod does not look, but
 * every workload certificate it signs would break the limit (RFC 5280
 * 4.2.1.9; a self-issued certificate does not count). */
static bool check_each(const struct walk *w, const struct certificate *root)
{
    const struct certificate *first = w->chain->items;
    bool done = true;
    size_t below = 0;

    for (size_t i = 0; i < w->chain->count; i++) {
        done &= check_one(w, first + i, i > 0 || first->is_ca, below);
        below += first[i].is_ca && !is_self_issued(first + i);
    }
    if (!is_same(root, first + w->chain->count - 1))
        done &= check_one(w, root, true, below);
    return done;
}

static void close_store(void *handle)
{
    X509_STORE_free(handle);
}

static void close_context(void *handle)
{
    X509_STORE_CTX_free(handle);
}

static void close_stack(void *handle)
{
    sk_X509_free(handle);
}

static X509_STORE *trusted(const struct walk *w)
{
    X509_STORE *store = X509_STORE_new();

    if (!store)
        return NULL;
    arena_defer(w->arena, close_store, store);
    for (size_t i = 0; i < w->roots->count; i++)
        if (!X509_STORE_add_cert(store, w->roots->items[i].handle))
            return NULL;
    return store;
}

static STACK_OF(X509) * untrusted(const struct walk *w)
{
    STACK_OF(X509) *stack = sk_X509_new_null();

    if (!stack)
        return NULL;
    arena_defer(w->arena, close_stack, stack);
    for (size_t i = 1; i < w->chain->count; i++)
        if (!sk_X509_push(stack, w->chain->items[i].handle))
            return NULL;
    return stack;
}

static X509_STORE_CTX *context_new(const struct walk *w)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE *store = trusted(w);
    STACK_OF(X509) *others = untrusted(w);

    if (!context)
        return NULL;
    arena_defer(w->arena, close_context, context);
    if (!store || !others ||
        !X509_STORE_CTX_init(context, store, w->chain->items[0].handle, others))
        return NULL;
    X509_STORE_CTX_set_time(context, 0, (time_t)w->now);
    /* As Go does it: any certificate in the pool of roots is an anchor. */
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_PARTIAL_CHAIN);
    return context;
}

/* What has no message of its own above: name constraints, policies, unknown
 * critical extensions. */
static bool verify(const struct walk *w)
{
    X509_STORE_CTX *context = context_new(w);
    bool done = context && X509_verify_cert(context) == 1;
    int error = context ? X509_STORE_CTX_get_error(context) : X509_V_ERR_OUT_OF_MEM;

    ERR_clear_error();
    return done || diag_error(w->diags, w->at, "The certificate chain does not verify",
                              "OpenSSL says of the chain of %s: %s.", w->chain->items[0].subject,
                              X509_verify_cert_error_string(error));
}

bool certificate_check_chain(struct arena *a, struct diags *diags, const struct path *at,
                             const struct certificates *chain, const struct certificates *roots,
                             int64_t now)
{
    const struct walk w = {a, diags, at, chain, roots, now};
    const struct certificate *root;

    openssl_start();
    if (chain->count == 0)
        return diag_error(diags, at, "The certificate chain is empty",
                          "At least the signing CA must be in it.");
    return find_root(&w, &root) && check_each(&w, root) && verify(&w);
}
