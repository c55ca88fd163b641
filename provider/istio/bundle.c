#include "istio/bundle.h"

#include "base/clock.h"
#include "crypto/digest.h"

static const struct value *string_list(struct arena *a, const char *const *items, size_t count)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < count; i++)
        value_builder_add(&b, value_string(a, items[i]));
    return value_builder_list(&b);
}

static void judge(struct arena *a, const struct value *secret, struct bundle *out)
{
    struct diags said;

    *out = (struct bundle){.secret = secret, .roots = &value_empty_list};
    diags_init(&said, a);
    (void)cacerts_from_secret(a, &said, NULL, secret, &out->files);
    (void)cacerts_check(a, &said, NULL, &out->files, clock_now(), &out->info);
    for (const struct diag *d = said.first; d && !out->fault; d = d->next)
        if (d->severity == DIAG_ERROR)
            out->fault = text_f(a, "%s. %s", d->summary, d->detail);
    out->roots = string_list(a, out->info.root_fingerprints, out->info.root_count);
}

struct bundle bundle_nothing(void)
{
    return (struct bundle){
        .info = {.ca_fingerprint = "",
                 .ca_subject = "",
                 .ca_serial = "",
                 .key_algorithm = "",
                 .root_fingerprint = ""},
        .roots = &value_empty_list,
    };
}

bool bundle_read(struct call *c, struct kube *k, const char *namespace, struct bundle *out)
{
    const struct kube_ref ref = {"v1", "Secret", namespace, CACERTS_SECRET_NAME};
    const struct value *secret;

    *out = bundle_nothing();
    if (!kube_get(c, k, &ref, &secret))
        return false;
    if (secret)
        judge(c->arena, secret, out);
    return true;
}

/* Of what istiod made for itself: else it would take the Secret for its own. */
static bool drop_marker(struct call *c, struct kube *k, const char *namespace)
{
    const struct kube_ref ref = {"v1", "Secret", namespace, CACERTS_SECRET_NAME};
    const struct value *unused;

    return kube_patch(
        c, k, &ref,
        value_map_of(c->arena, {"data", value_map_of(c->arena, {"istio-generated", &value_null})}),
        0, &unused);
}

bool bundle_write(struct call *c, struct kube *k, const char *namespace,
                  const struct bundle *present, const struct cacerts_bundle *files, unsigned flags,
                  struct bundle *out)
{
    const struct value *object = cacerts_to_secret(c->arena, namespace, CACERTS_SECRET_NAME, files);
    const struct value *written;

    if (present->secret) /* a Secret's type never changes */
        object = value_with(c->arena, object, "type", value_at(present->secret, "type"));
    if (!kube_apply(c, k, object, flags, &written) ||
        (present->secret && cacerts_is_istio_generated(present->secret) &&
         !drop_marker(c, k, namespace)))
        return false;
    judge(c->arena, written, out);
    return true;
}

const char *bundle_digest(struct call *c, const struct bundle *b)
{
    struct text_builder all;

    text_builder_init(&all, c->arena,
                      b->files.ca_cert.len + b->files.cert_chain.len + b->files.root_cert.len + 3);
    text_add(&all, b->files.ca_cert);
    text_add_char(&all, '\n');
    text_add(&all, b->files.cert_chain);
    text_add_char(&all, '\n');
    text_add(&all, b->files.root_cert);
    return digest_sha256_hex(c->arena, c->diags, text_built(&all));
}
