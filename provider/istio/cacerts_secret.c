#include "codec/base64.h"
#include "crypto/key.h"
#include "istio/cacerts.h"

static bool read_file(struct arena *a, struct diags *diags, const struct path *at,
                      const struct value *data, const char *name, struct text *out)
{
    *out = TEXT("");
    if (!base64_decode(a, value_string_text(value_at(data, name)), BASE64_STANDARD, out))
        return diag_error(diags, at, text_f(diags->arena, "The Secret's %s is not base64", name),
                          "Data of a Secret is base64. Write the file again, for example with "
                          "kubectl create secret generic --from-file.");
    return true;
}

static bool read_key(struct arena *a, struct diags *diags, const struct path *at,
                     const struct value *data, const char *name, struct text *out)
{
    if (!read_file(a, diags, at, data, name, out))
        return false;
    key_wipe_later(a, *out);
    return true;
}

/* istiod reads both files as one chain. */
static struct text tls_chain(struct arena *a, const struct cacerts_bundle *bundle)
{
    struct text_builder b;

    text_builder_init(&b, a, bundle->ca_cert.len + bundle->root_cert.len + 2);
    text_add(&b, bundle->ca_cert);
    text_add_char(&b, '\n');
    text_add(&b, bundle->root_cert);
    return text_built(&b);
}

static bool read_tls(struct arena *a, struct diags *diags, const struct path *at,
                     const struct value *data, struct cacerts_bundle *out)
{
    out->form = CACERTS_TLS;
    if (!read_file(a, diags, at, data, "tls.crt", &out->ca_cert) ||
        !read_key(a, diags, at, data, "tls.key", &out->ca_key) ||
        !read_file(a, diags, at, data, "ca.crt", &out->root_cert))
        return false;
    out->cert_chain = tls_chain(a, out);
    return true;
}

bool cacerts_from_secret(struct arena *a, struct diags *diags, const struct path *at,
                         const struct value *secret, struct cacerts_bundle *out)
{
    const struct value *data = value_at(secret, "data");

    *out = (struct cacerts_bundle){.has_crl = value_has(data, "ca-crl.pem")};
    if (value_has(data, "tls.crt")) /* as istiod decides */
        return read_tls(a, diags, at, data, out);
    return read_file(a, diags, at, data, "ca-cert.pem", &out->ca_cert) &&
           read_key(a, diags, at, data, "ca-key.pem", &out->ca_key) &&
           read_file(a, diags, at, data, "root-cert.pem", &out->root_cert) &&
           read_file(a, diags, at, data, "cert-chain.pem", &out->cert_chain);
}

static const struct value *file(struct arena *a, struct text text)
{
    return value_string_of(a, base64_encode(a, text, BASE64_STANDARD));
}

static const struct value *key_file(struct arena *a, struct text text)
{
    struct text encoded = base64_encode(a, text, BASE64_STANDARD);
    const struct value *v = value_string_of(a, encoded);

    key_wipe_later(a, encoded);
    key_wipe_later(a, value_string_text(v));
    return v;
}

static const struct value *data_of(struct arena *a, const struct cacerts_bundle *bundle)
{
    if (bundle->form == CACERTS_TLS)
        return value_map_of(a, {"ca.crt", file(a, bundle->root_cert)},
                            {"tls.crt", file(a, bundle->ca_cert)},
                            {"tls.key", key_file(a, bundle->ca_key)});
    return value_map_of(a, {"ca-cert.pem", file(a, bundle->ca_cert)},
                        {"ca-key.pem", key_file(a, bundle->ca_key)},
                        {"cert-chain.pem", file(a, bundle->cert_chain)},
                        {"root-cert.pem", file(a, bundle->root_cert)});
}

const struct value *cacerts_to_secret(struct arena *a, const char *namespace, const char *name,
                                      const struct cacerts_bundle *bundle)
{
    const char *type = bundle->form == CACERTS_TLS ? "kubernetes.io/tls" : "Opaque";
    const struct value *metadata =
        value_map_of(a, {"name", value_string(a, name)}, {"namespace", value_string(a, namespace)});

    return value_map_of(a, {"apiVersion", value_string(a, "v1")},
                        {"kind", value_string(a, "Secret")}, {"metadata", metadata},
                        {"type", value_string(a, type)}, {"data", data_of(a, bundle)});
}

bool cacerts_is_istio_generated(const struct value *secret)
{
    return value_has(value_at(secret, "data"), "istio-generated");
}
