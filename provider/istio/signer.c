#include "istio/signer.h"

#include <string.h>

#include "base/clock.h"
#include "codec/base64.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "istio/namespace.h"
#include "istio/signer_aws.h"
#include "kube/connection.h"
#include "schema/check.h"

static const char cert_file[] = "root-cert.pem", key_file[] = "root-key.pem";

/* --- rows --------------------------------------------------------------------- */

static const struct attribute place_rows[] = {
    CLUSTER("cluster", REQUIRED, "Cluster that keeps the Secret."),
    STRING("namespace", REQUIRED, "Namespace of the Secret.", .check = check_dns_label),
    STRING("name", REQUIRED, "Name of the Secret.", .check = check_dns_subdomain),
    END_ATTRIBUTES,
};

static const struct attribute aws_rows[] = {
    STRING("name", REQUIRED, "Name or ARN of the secret.", .check = check_not_empty),
    STRING("region", OPTIONAL, "Its region. Default: that of the provider's `aws` block.",
           .check = check_not_empty),
    END_ATTRIBUTES,
};

const struct attribute signer_attributes[] = {
    STRING("certificate_pem", REQUIRED,
           "Certificate of the signing CA; when that is not the root itself, followed by those "
           "above it, the root last."),
    STRING("private_key_pem", OPTIONAL | SENSITIVE, "Private key, when it is kept in the state.",
           .exactly_one_of = "key"),
    NESTED("secret", NESTING_SINGLE, place_rows, OPTIONAL,
           "Secret that keeps the private key, as `root-key.pem` beside `root-cert.pem`.",
           .exactly_one_of = "key"),
    NESTED("secrets_manager", NESTING_SINGLE, aws_rows, OPTIONAL,
           "Secret of AWS Secrets Manager that keeps the private key: a JSON object of "
           "`root-cert.pem` and `root-key.pem`.",
           .exactly_one_of = "key"),
    END_ATTRIBUTES,
};

/* --- the Secret ------------------------------------------------------------------ */

bool signer_open(struct call *c, const struct value *secret, const struct path *at,
                 struct signer_place *out)
{
    out->ref = (struct kube_ref){"v1", "Secret", value_text(secret, "namespace"),
                                 value_text(secret, "name")};
    return kube_open(c, value_at(secret, "cluster"), path_name(c->arena, at, "cluster"),
                     &out->kube);
}

const char *signer_text(struct arena *a, const struct signer_place *place)
{
    return text_f(a, "%s on cluster %s", kube_ref_text(a, &place->ref), kube_name(place->kube));
}

bool signer_read(struct call *c, const struct signer_place *place, const struct value **object,
                 struct cacerts_signer *out)
{
    *out = (struct cacerts_signer){TEXT(""), TEXT("")};
    if (!kube_get(c, place->kube, &place->ref, object))
        return false;
    if (!*object)
        return true;
    (void)kube_secret_data(c->arena, *object, cert_file, &out->certificates);
    if (kube_secret_data(c->arena, *object, key_file, &out->key))
        key_wipe_later(c->arena, out->key);
    return true;
}

static const struct value *file(struct arena *a, struct text bytes)
{
    return value_string_of(a, base64_encode(a, bytes, BASE64_STANDARD));
}

static const struct value *object_of(struct arena *a, const struct kube_ref *ref,
                                     const struct cacerts_signer *signer)
{
    struct text key = base64_encode(a, signer->key, BASE64_STANDARD);
    const struct value *key_value = value_string_of(a, key);

    key_wipe_later(a, key);
    key_wipe_later(a, value_string_text(key_value));
    return value_map_of(a, {"apiVersion", value_string(a, "v1")},
                        {"kind", value_string(a, "Secret")},
                        {"metadata", value_map_of(a, {"name", value_string(a, ref->name)},
                                                  {"namespace", value_string(a, ref->namespace)})},
                        {"type", value_string(a, "Opaque")},
                        {"data", value_map_of(a, {cert_file, file(a, signer->certificates)},
                                              {key_file, key_value})});
}

bool signer_write(struct call *c, const struct signer_place *place,
                  const struct cacerts_signer *signer, unsigned flags)
{
    const struct value *unused;

    return kube_apply(c, place->kube, object_of(c->arena, &place->ref, signer), flags, &unused);
}

bool signer_remove(struct call *c, const struct value *secret, const struct path *at)
{
    const struct kube_delete_options options = {.propagation = NULL};
    struct signer_place place;

    return signer_open(c, secret, at, &place) && kube_delete(c, place.kube, &place.ref, &options) &&
           namespace_release(c, place.kube, place.ref.namespace);
}

bool signer_same_place(const struct value *secret, const struct value *other)
{
    const struct value *here = value_at(secret, "cluster"), *there = value_at(other, "cluster");

    return value_equal(value_at(secret, "namespace"), value_at(other, "namespace")) &&
           value_equal(value_at(secret, "name"), value_at(other, "name")) &&
           strcmp(connection_name(here), connection_name(there)) == 0 &&
           !connection_moved(here, there);
}

/* --- the object ------------------------------------------------------------------- */

static bool look(struct arena *a, struct text certificates, struct cacerts_signer_info *out)
{
    const struct cacerts_signer bare = {certificates, TEXT("")};
    struct diags unheard;

    diags_init(&unheard, a);
    (void)cacerts_signer_check(a, &unheard, NULL, &bare, clock_now(), out);
    return out->fingerprint[0] != '\0';
}

bool signer_look(struct arena *a, const struct value *signer, struct cacerts_signer_info *out)
{
    return look(a, value_string_text(value_at(signer, "certificate_pem")), out);
}

/* `where`: what holds the key, in words. */
static bool check_is_same(struct call *c, const struct value *signer, const char *where,
                          const struct path *at, const struct cacerts_signer *found)
{
    struct cacerts_signer_info told, there;

    if (!signer_look(c->arena, signer, &told))
        return diag_error(c->diags, path_name(c->arena, at, "certificate_pem"),
                          "The root's certificate cannot be read",
                          "It has to be PEM, as istio_root_ca gives it out.");
    if (look(c->arena, found->certificates, &there) &&
        strcmp(told.fingerprint, there.fingerprint) == 0)
        return true;
    return diag_error(
        c->diags, at, "The Secret holds another root",
        "%s holds %s (SHA-256 %s), and not the certificate that was handed on "
        "(SHA-256 %s). Run the plan again; when the Secret was changed by mistake, restore it.",
        where, there.subject[0] ? there.subject : "no certificate", there.fingerprint,
        told.fingerprint);
}

static bool load_from_secret(struct call *c, const struct value *signer, const struct path *at,
                             struct cacerts_signer *out)
{
    const struct path *secret_at = path_name(c->arena, at, "secret");
    struct signer_place place;
    const struct value *object;

    if (!signer_open(c, value_at(signer, "secret"), secret_at, &place) ||
        !signer_read(c, &place, &object, out))
        return false;
    if (!object)
        return diag_error(c->diags, secret_at, "The Secret of the root is missing",
                          "There is no %s on cluster %s. It holds the key that signs each "
                          "cluster's CA.",
                          kube_ref_text(c->arena, &place.ref), kube_name(place.kube));
    return check_is_same(c, signer, signer_text(c->arena, &place), secret_at, out);
}

static bool load_from_aws(struct call *c, const struct value *signer, const struct path *at,
                          struct cacerts_signer *out)
{
    const struct path *secret_at = path_name(c->arena, at, "secrets_manager");
    struct signer_aws_place place;
    bool there;

    if (!signer_aws_open(c, value_at(signer, "secrets_manager"), secret_at, &place) ||
        !signer_aws_read(c, &place, out, &there))
        return false;
    if (!there)
        return diag_error(c->diags, secret_at, "The secret of the root is missing",
                          "There is no %s. It holds the key that signs each cluster's CA.",
                          signer_aws_text(c->arena, &place));
    return check_is_same(c, signer, text_f(c->arena, "The %s", signer_aws_text(c->arena, &place)),
                         secret_at, out);
}

bool signer_load(struct call *c, const struct value *signer, const struct path *at,
                 struct cacerts_signer *out)
{
    if (value_is_set(value_at(signer, "private_key_pem"))) {
        *out = (struct cacerts_signer){value_string_text(value_at(signer, "certificate_pem")),
                                       value_string_text(value_at(signer, "private_key_pem"))};
        return true;
    }
    if (value_is_set(value_at(signer, "secret")))
        return load_from_secret(c, signer, at, out);
    if (value_is_set(value_at(signer, "secrets_manager")))
        return load_from_aws(c, signer, at, out);
    return diag_error(c->diags, at, "The root has no key",
                      "One of private_key_pem, secret and secrets_manager has to say where it is.");
}

bool signer_root(struct call *c, const struct value *signer, const struct path *at,
                 struct text *out)
{
    struct certificates chain;

    if (!certificate_read_all(c->arena, c->diags, at, "root certificate",
                              value_string_text(value_at(signer, "certificate_pem")), &chain))
        return false;
    *out = chain.items[chain.count - 1].pem;
    return true;
}
