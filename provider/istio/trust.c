#include "istio/trust.h"

#include <string.h>

#include "crypto/certificate.h"

#define TRUST_CONFIG_MAP "istio-ca-root-cert"

static struct certificates read_quietly(struct arena *a, struct text pem)
{
    struct certificates found;
    struct diags unheard;

    diags_init(&unheard, a);
    if (!certificate_read_all(a, &unheard, NULL, "certificate", pem, &found))
        found.count = 0;
    return found;
}

struct text trust_certificates(struct arena *a, struct text pem)
{
    const struct certificates found = read_quietly(a, pem);
    struct text_builder b;

    text_builder_init(&b, a, CERTIFICATE_TEXT_BYTES_MAX);
    for (size_t i = 0; i < found.count; i++)
        text_add(&b, found.items[i].pem);
    return text_built(&b);
}

const struct value *trust_fingerprints(struct arena *a, struct text pem)
{
    const struct certificates found = read_quietly(a, pem);
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < found.count; i++)
        value_builder_add(&b, value_string(a, found.items[i].fingerprint_sha256));
    return value_builder_list(&b);
}

bool trust_holds(const struct value *fingerprints, const char *fingerprint)
{
    for (size_t i = 0; i < value_count(fingerprints); i++)
        if (strcmp(value_z(value_item(fingerprints, i)), fingerprint) == 0)
            return true;
    return false;
}

bool trust_read(struct call *c, struct kube *k, const char *namespace, struct trust *out)
{
    const struct kube_ref ref = {"v1", "ConfigMap", namespace, TRUST_CONFIG_MAP};
    const struct value *found;

    *out = (struct trust){false, TEXT(""), &value_empty_list};
    if (!kube_get(c, k, &ref, &found))
        return false;
    if (!found)
        return true;
    out->is_found = true;
    out->roots = value_string_text(value_in(found, "data", "root-cert.pem"));
    out->fingerprints = trust_fingerprints(c->arena, out->roots);
    return true;
}

static bool istiod_runs(struct call *c, struct kube *k, const char *namespace, bool *runs)
{
    const struct kube_ref pods = {"v1", "Pod", namespace, NULL};
    const struct value *found;

    *runs = false;
    if (!kube_list(c, k, &pods, "app=istiod", &found))
        return false;
    *runs = value_count(found) > 0;
    return true;
}

bool trust_depends_on_other(struct call *c, struct kube *k, const char *namespace, const char *root,
                            struct trust *out, bool *depends)
{
    if (!trust_read(c, k, namespace, out))
        return false;
    *depends = out->is_found && !trust_holds(out->fingerprints, root);
    return out->is_found || istiod_runs(c, k, namespace, depends);
}
