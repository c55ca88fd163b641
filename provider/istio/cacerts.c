#include "istio/cacerts.h"

#include "base/clock.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

enum { FILE_BYTES_MAX = 2 * CERTIFICATE_TEXT_BYTES_MAX };

static struct text joined(struct arena *a, struct text one, struct text two)
{
    struct text_builder b;

    text_builder_init(&b, a, FILE_BYTES_MAX);
    text_add(&b, one);
    if (one.len && !text_ends_with(one, "\n"))
        text_add_char(&b, '\n');
    text_add(&b, two);
    return text_built(&b);
}

static struct text pem_of(struct arena *a, const struct certificate *items, size_t count)
{
    struct text_builder b;

    text_builder_init(&b, a, FILE_BYTES_MAX);
    for (size_t i = 0; i < count; i++)
        text_add(&b, items[i].pem);
    return text_built(&b);
}

/* --- the signer ---------------------------------------------------------- */
bool cacerts_root_issue(struct arena *a, struct diags *diags,
                        const struct cacerts_root_request *request, struct cacerts_signer *out)
{
    struct certificate_request wanted = {
        .common_name = request->common_name ? request->common_name : "Root CA",
        .organization = request->organization ? request->organization : "Istio",
        .not_before = request->now - CACERTS_BACKDATE_SECONDS,
        .not_after = request->now + request->validity_seconds,
        .path_length = -1,
    };
    struct certificate c;
    struct key *k;

    if (!key_generate(a, diags, request->key_algorithm, &k))
        return false;
    wanted.key = k;
    if (!certificate_issue(a, diags, &wanted, &c))
        return false;
    *out = (struct cacerts_signer){c.pem, key_write_pem(a, k)};
    return true;
}

static void describe_signer(struct arena *a, const struct certificates *list,
                            struct cacerts_signer_info *out)
{
    const struct certificate *first = list->items;

    out->subject = first->subject;
    out->serial = first->serial;
    out->key_algorithm = first->key_algorithm;
    out->fingerprint = first->fingerprint_sha256;
    out->root_fingerprint = list->items[list->count - 1].fingerprint_sha256;
    out->certificates = pem_of(a, list->items, list->count);
    out->not_before = first->not_before;
    out->expires_at = certificates_end(list);
}

struct opened_signer {
    struct certificates list;
    struct key *key;
};

static bool check_root_is_last(struct diags *diags, const struct path *at,
                               const struct certificates *list)
{
    const struct certificate *last = &list->items[list->count - 1];

    if (last->is_self_signed)
        return true;
    return diag_error(
        diags, at, "The root certificate is missing",
        "The last certificate is %s, signed by %s. Add the certificates above it, the "
        "self-signed root last: the proxies trust nothing else.",
        last->subject, last->issuer);
}

static bool check_signer(struct arena *a, struct diags *diags, const struct path *at,
                         const struct opened_signer *s, int64_t now)
{
    struct certificates root = {s->list.items + s->list.count - 1, 1};

    return check_root_is_last(diags, at, &s->list) &&
           certificate_check_signer(diags, at, s->list.items, s->key, now, true) &&
           certificate_check_chain(a, diags, at, &s->list, &root, now);
}

static bool open_signer(struct arena *a, struct diags *diags, const struct path *at,
                        const struct cacerts_signer *signer, struct opened_signer *out,
                        struct cacerts_signer_info *info)
{
    *info = (struct cacerts_signer_info){"", "", "", "", "", TEXT(""), 0, 0};
    *out = (struct opened_signer){{NULL, 0}, NULL};
    if (!certificate_read_all(a, diags, at, "signing certificate", signer->certificates,
                              &out->list))
        return false;
    describe_signer(a, &out->list, info);
    return signer->key.len == 0 || key_read(a, diags, at, signer->key, &out->key);
}

bool cacerts_signer_check(struct arena *a, struct diags *diags, const struct path *at,
                          const struct cacerts_signer *signer, int64_t now,
                          struct cacerts_signer_info *out)
{
    struct opened_signer s;

    return open_signer(a, diags, at, signer, &s, out) && check_signer(a, diags, at, &s, now);
}

/* --- issuing ------------------------------------------------------------- */
static const char *or_default(const char *text, const char *otherwise)
{
    return text && *text ? text : otherwise;
}

static bool issue_ca(struct arena *a, struct diags *diags, const struct opened_signer *s,
                     const struct cacerts_request *request, const struct key *k,
                     struct certificate *out)
{
    const char *const dns_names[] = {
        text_f(a, "istiod.%s.svc", or_default(request->namespace, "istio-system")), NULL};
    const struct certificate_request wanted = {
        .common_name = "Intermediate CA",
        .organization = or_default(request->organization, "Istio"),
        .locality = request->cluster_name,
        .dns_names = dns_names,
        .not_before = request->now - CACERTS_BACKDATE_SECONDS,
        .not_after = request->now + request->validity_seconds,
        .path_length = 0,
        .key = k,
        .issuer = s->list.items,
        .issuer_key = s->key,
    };

    if (!certificate_issue(a, diags, &wanted, out))
        return false;
    if (out->not_after < wanted.not_after)
        diag_warning(diags, NULL, "A cluster's CA ends early, with the CA that signed it",
                     "The CA of cluster %s will end on %s, because %s ends then. Plan its "
                     "replacement: a root is changed in steps.",
                     or_default(request->cluster_name, "(unnamed)"),
                     clock_rfc3339(a, out->not_after), s->list.items->subject);
    return true;
}

static void fill_bundle(struct arena *a, const struct opened_signer *s,
                        const struct cacerts_request *request, const struct certificate *ca,
                        const struct key *k, struct cacerts_bundle *out)
{
    size_t above = s->list.count - 1;
    struct text between = pem_of(a, s->list.items, above);
    struct text root = s->list.items[above].pem;
    struct text way_up = joined(a, ca->pem, between);

    *out = (struct cacerts_bundle){
        .form = request->form,
        .ca_cert = request->form == CACERTS_TLS ? way_up : ca->pem,
        .ca_key = key_write_pem(a, k),
        .root_cert = request->root_cert.len ? request->root_cert : root,
    };
    out->cert_chain = joined(a, way_up, request->form == CACERTS_TLS ? out->root_cert : root);
}

bool cacerts_issue(struct arena *a, struct diags *diags, const struct path *at,
                   const struct cacerts_signer *signer, const struct cacerts_request *request,
                   struct cacerts_bundle *out)
{
    struct cacerts_signer_info unused;
    struct cacerts_info info;
    struct opened_signer s;
    struct certificate ca;
    struct key *k;

    if (!open_signer(a, diags, at, signer, &s, &unused))
        return false;
    if (!s.key)
        return diag_error(diags, at, "The signing key is missing",
                          "The CA of cluster %s must be signed with the private key of %s.",
                          or_default(request->cluster_name, "(unnamed)"), unused.subject);
    if (!check_signer(a, diags, at, &s, request->now) ||
        !key_generate(a, diags, request->key_algorithm, &k) ||
        !issue_ca(a, diags, &s, request, k, &ca))
        return false;
    fill_bundle(a, &s, request, &ca, k, out);
    return cacerts_check(a, diags, at, out, request->now, &info);
}
