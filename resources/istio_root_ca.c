#include <string.h>

#include "base/clock.h"
#include "crypto/key.h"
#include "istio/issued.h"
#include "istio/namespace.h"
#include "istio/signer.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

#define SECRET_NAME_DEFAULT "istio-root-ca"

static bool check_true(struct call *c, const struct path *at, const struct value *v)
{
    return value_as_bool(v) || diag_error(c->diags, at, "Nothing to choose with false",
                                          "It is true, or left out for another kind of storage.");
}

static const struct attribute secret_rows[] = {
    CLUSTER("cluster", REQUIRED, "Cluster that keeps the Secret."),
    STRING("namespace", OPTIONAL | COMPUTED,
           "Namespace of the Secret. It is made when it is missing.", .fallback = NAMESPACE_DEFAULT,
           .check = check_dns_label),
    STRING("name", OPTIONAL | COMPUTED, "Name of the Secret.", .fallback = SECRET_NAME_DEFAULT,
           .check = check_dns_subdomain),
    END_ATTRIBUTES,
};

static const struct attribute storage_rows[] = {
    NESTED("secret", NESTING_SINGLE, secret_rows, OPTIONAL,
           "Keep it in a Secret on a cluster, as `root-cert.pem` and `root-key.pem`. Changed, the "
           "key moves to the new place.",
           .exactly_one_of = "storage"),
    BOOL("state", OPTIONAL,
         "`true` keeps the private key in Terraform's state, where everybody who can read the "
         "state can read it.",
         .exactly_one_of = "storage", .check = check_true),
    END_ATTRIBUTES,
};

static const struct attribute attributes[] = {
    STRING("common_name", OPTIONAL | COMPUTED | KEEP_STATE,
           "Name of a root that is generated here. A change makes a new root: see `rotation` of "
           "istio_cacerts first.",
           .exactly_one_of = "source", .check = check_not_empty),
    STRING("organization", OPTIONAL | COMPUTED | KEEP_STATE,
           "Organization in its subject. Left out, it is `Istio`. A change makes a new root.",
           .check = check_not_empty),
    STRING("key_algorithm", OPTIONAL | COMPUTED | KEEP_STATE,
           "Kind of its key. Left out, it is `RSA-4096`. A change makes a new root.",
           .one_of = key_algorithms),
    STRING("validity", OPTIONAL | COMPUTED | KEEP_STATE,
           "How long it is valid. Left out, it is `87600h`. A change makes a new root.",
           .check = check_duration),
    STRING("certificate", OPTIONAL,
           "A signing CA of your own, as PEM, in the place of a generated one. When it is not the "
           "root itself, those above it follow, the root last.",
           .exactly_one_of = "source",
           .conflicts_with = NAMES("organization", "key_algorithm", "validity"),
           .requires = NAMES("private_key_wo", "private_key_wo_version")),
    STRING("private_key_wo", OPTIONAL | WRITE_ONLY,
           "Private key of `certificate`, as PEM without a passphrase. It is written to the "
           "storage and to no state or plan.",
           .requires = NAMES("certificate"), .version_attribute = "private_key_wo_version"),
    NUMBER("private_key_wo_version", OPTIONAL,
           "To be changed whenever `private_key_wo` is: Terraform cannot see that.",
           .requires = NAMES("private_key_wo")),
    NESTED("storage", NESTING_SINGLE, storage_rows, REQUIRED, "Where the private key is kept."),
    STRING("id", COMPUTED | KEEP_STATE,
           "`<cluster>/<namespace>/<name>` of the Secret, or the fingerprint."),
    STRING("certificate_pem", COMPUTED | KEEP_STATE,
           "The certificate, with those above it when it is not the root itself."),
    STRING("private_key_pem", COMPUTED | KEEP_STATE | SENSITIVE,
           "The private key, when it is kept in the state; else null."),
    STRING("fingerprint_sha256", COMPUTED | KEEP_STATE,
           "SHA-256 of the certificate, in lower-case hexadecimal."),
    STRING("serial", COMPUTED | KEEP_STATE, "Serial number, in lower-case hexadecimal."),
    STRING("expires_at", COMPUTED | KEEP_STATE,
           "When it, or one above it, ends (RFC 3339). Clusters' CAs that it signs end no later."),
    NESTED("signer", NESTING_SINGLE, signer_attributes, COMPUTED | KEEP_STATE,
           "For the `root` argument of istio_cacerts."),
    END_ATTRIBUTES,
};

/* The certificate tells the first ones. */
enum { CERTIFICATE_OUTPUTS = 4 };
static const char *const outputs[] = {"certificate_pem",
                                      "fingerprint_sha256",
                                      "serial",
                                      "expires_at",
                                      "id",
                                      "private_key_pem",
                                      "signer",
                                      NULL};

/* --- parts of the object ------------------------------------------------------------ */

static const struct value *place_of(const struct value *object)
{
    return value_in(object, "storage", "secret");
}

static const struct path *place_path(struct arena *a)
{
    return path_of(a, "storage", "secret");
}

static bool is_own(const struct value *object)
{
    return !value_is_null(value_at(object, "certificate"));
}

static const struct value *id_of(struct arena *a, const struct value *place,
                                 const struct value *fingerprint)
{
    if (value_is_null(place))
        return fingerprint;
    if (!connection_name(value_at(place, "cluster"))[0] || !value_text(place, "namespace")[0] ||
        !value_text(place, "name")[0])
        return &value_unknown;
    return value_f(a, "%s/%s/%s", connection_name(value_at(place, "cluster")),
                   value_text(place, "namespace"), value_text(place, "name"));
}

static const struct value *signer_of(struct arena *a, const struct value *object)
{
    return value_map_of(a, {"certificate_pem", value_at(object, "certificate_pem")},
                        {"private_key_pem", value_at(object, "private_key_pem")},
                        {"secret", place_of(object)});
}

/* Where the configuration left something out, the certificate tells it. */
static const struct value *with_default(struct arena *a, const struct value *object,
                                        const char *name, const char *text)
{
    return value_is_set(value_at(object, name))
               ? object
               : value_with(a, object, name, value_string(a, text));
}

static const struct value *describe(struct arena *a, const struct value *object,
                                    const struct cacerts_signer_info *info, struct text key)
{
    const struct value *fingerprint = value_string(a, info->fingerprint), *v = object;
    const char *validity = issued_validity(a, info->not_before, info->expires_at);

    v = with_default(a, v, "common_name", issued_part(a, info->subject, "CN"));
    v = with_default(a, v, "organization", issued_part(a, info->subject, "O"));
    v = with_default(a, v, "key_algorithm", info->key_algorithm);
    v = with_default(a, v, "validity", validity);
    v = value_with(a, v, "certificate_pem", value_string_of(a, info->certificates));
    v = value_with(a, v, "private_key_pem",
                   value_is_null(place_of(v)) ? value_string_of(a, key) : &value_null);
    v = value_with(a, v, "fingerprint_sha256", fingerprint);
    v = value_with(a, v, "serial", value_string(a, info->serial));
    v = value_with(a, v, "expires_at",
                   info->expires_at ? value_string(a, clock_rfc3339(a, info->expires_at))
                                    : &value_null);
    v = value_with(a, v, "id", id_of(a, place_of(v), fingerprint));
    return value_with(a, v, "signer", signer_of(a, v));
}

/* --- where the key comes from --------------------------------------------------------- */

static bool own_signer(struct call *c, const struct value *planned, struct cacerts_signer *out)
{
    out->certificates = value_string_text(value_at(planned, "certificate"));
    out->key = value_string_text(value_at(c->config, "private_key_wo"));
    return out->key.len ||
           diag_error(c->diags, path_of(c->arena, "private_key_wo"), "The private key is missing",
                      "A certificate of your own can sign only together with its key.");
}

static bool generated_signer(struct call *c, const struct value *planned,
                             struct cacerts_signer *out)
{
    const struct cacerts_root_request request = {
        .common_name = value_text(planned, "common_name"),
        .organization = value_text(planned, "organization"),
        .key_algorithm = value_text(planned, "key_algorithm"),
        .validity_seconds = clock_parse_duration_ms(value_text(planned, "validity")) / 1000,
        .now = clock_now(),
    };

    return cacerts_root_issue(c->arena, c->diags, &request, out);
}

static bool new_signer(struct call *c, const struct value *planned, struct cacerts_signer *out)
{
    return is_own(planned) ? own_signer(c, planned, out) : generated_signer(c, planned, out);
}

static bool check_signer(struct call *c, const struct value *object,
                         const struct cacerts_signer *signer, struct cacerts_signer_info *out)
{
    const struct path *at = is_own(object) ? path_of(c->arena, "certificate") : NULL;

    return cacerts_signer_check(c->arena, c->diags, at, signer, clock_now(), out);
}

/* --- create ------------------------------------------------------------------------------ */

static bool same_duration(const char *one, const char *other)
{
    return clock_parse_duration_ms(one) == clock_parse_duration_ms(other);
}

/* A Secret that a create which was cut short has left: the very thing that is
 * wanted, or it belongs to something else. */
static bool is_left_over(struct call *c, const struct value *planned,
                         const struct cacerts_signer *found)
{
    struct cacerts_signer_info info, own;
    struct diags unheard;

    diags_init(&unheard, c->arena);
    if (!found->key.len ||
        !cacerts_signer_check(c->arena, &unheard, NULL, found, clock_now(), &info))
        return false;
    if (is_own(planned))
        return cacerts_signer_check(
                   c->arena, &unheard, NULL,
                   &(struct cacerts_signer){value_string_text(value_at(planned, "certificate")),
                                            TEXT("")},
                   clock_now(), &own) &&
               strcmp(own.fingerprint, info.fingerprint) == 0;
    return strcmp(issued_part(c->arena, info.subject, "CN"), value_text(planned, "common_name")) ==
               0 &&
           strcmp(issued_part(c->arena, info.subject, "O"), value_text(planned, "organization")) ==
               0 &&
           strcmp(info.key_algorithm, value_text(planned, "key_algorithm")) == 0 &&
           same_duration(issued_validity(c->arena, info.not_before, info.expires_at),
                         value_text(planned, "validity"));
}

static bool refuse_present(struct call *c, const struct signer_place *place)
{
    return diag_error(
        c->diags, place_path(c->arena), "The Secret exists already",
        "%s on cluster %s is not of this resource, and what it holds may be the root of a mesh. "
        "Choose another name, or take it over: terraform import <address> "
        "cluster=%s,kubeconfig=<path>,context=<context>,namespace=%s,name=%s",
        kube_ref_text(c->arena, &place->ref), kube_name(place->kube), kube_name(place->kube),
        place->ref.namespace, place->ref.name);
}

/* What is at the place already; *namespace is for namespace_ensure_found(). */
static bool look_around(struct call *c, const struct signer_place *place,
                        const struct value **namespace, const struct value **secret,
                        struct cacerts_signer *found)
{
    *secret = NULL;
    *found = (struct cacerts_signer){TEXT(""), TEXT("")};
    if (!namespace_find(c, place->kube, place->ref.namespace, namespace))
        return false;
    return !*namespace || signer_read(c, place, secret, found);
}

/* Stores the signer at an empty place. *touched = something was made there. */
static bool store_new(struct call *c, const struct value *planned, const struct signer_place *place,
                      const struct value *namespace, const struct cacerts_signer *signer)
{
    const char *network = value_z(value_in(place_of(planned), "cluster", "network"));

    return namespace_ensure_found(c, place->kube, place->ref.namespace, network, namespace) &&
           signer_write(c, place, signer, 0);
}

static bool create_in_secret(struct call *c, const struct value *planned, const struct value **out)
{
    const struct value *namespace, *secret;
    struct cacerts_signer signer, found;
    struct cacerts_signer_info info;
    struct signer_place place;

    if (!signer_open(c, place_of(planned), place_path(c->arena), &place) ||
        !look_around(c, &place, &namespace, &secret, &found))
        return false;
    if (secret && (!kube_is_ours(secret) || !is_left_over(c, planned, &found)))
        return refuse_present(c, &place);
    signer = found;
    if ((!secret || is_own(planned)) && !new_signer(c, planned, &signer))
        return false;
    if (!check_signer(c, planned, &signer, &info))
        return false;
    *out = planned; /* from here on a namespace may have been made */
    if (!store_new(c, planned, &place, namespace, &signer))
        return false;
    *out = describe(c->arena, planned, &info, signer.key);
    return true;
}

static bool root_create(struct call *c, const struct value *planned, const struct value **out)
{
    struct cacerts_signer_info info;
    struct cacerts_signer signer;

    if (value_is_set(place_of(planned)))
        return create_in_secret(c, planned, out);
    if (!new_signer(c, planned, &signer) || !check_signer(c, planned, &signer, &info))
        return false;
    *out = describe(c->arena, planned, &info, signer.key);
    return true;
}

/* --- read -------------------------------------------------------------------------------- */

static void warn_of_fault(struct call *c, const struct signer_place *place,
                          const struct diags *said)
{
    const struct diag *first = said->first;

    diag_warning(c->diags, NULL, "The root CA cannot sign", "%s on cluster %s: %s. %s",
                 kube_ref_text(c->arena, &place->ref), kube_name(place->kube),
                 first ? first->summary : "", first ? first->detail : "");
}

/* Our own PEM can be written again; a generated root that somebody replaced is
 * lost. */
static const struct value *take_note_of_change(struct call *c, const struct value *state,
                                               const struct cacerts_signer_info *info, bool fine)
{
    const char *before = value_text(state, "fingerprint_sha256");

    if (is_own(state) && strcmp(before, info->fingerprint) != 0)
        return value_with(c->arena, state, "certificate",
                          value_string_of(c->arena, info->certificates));
    if (is_own(state) && !fine)
        return value_with(c->arena, state, "private_key_wo_version", &value_null);
    if (before[0] && strcmp(before, info->fingerprint) != 0)
        diag_warning(c->diags, NULL, "The Secret holds another root",
                     "SHA-256 was %s and is %s now. When that was a mistake, restore the Secret: "
                     "the former key is not kept anywhere else.",
                     before, info->fingerprint[0] ? info->fingerprint : "of nothing");
    return state;
}

static bool read_missing(struct call *c, const struct value *state,
                         const struct signer_place *place, const struct value **out)
{
    const struct cacerts_signer_info nothing = {"", "", "", "", "", TEXT(""), 0, 0};
    bool ours;

    if (!namespace_is_ours(c, place->kube, place->ref.namespace, &ours))
        return false;
    if (value_text(state, "fingerprint_sha256")[0])
        diag_warning(c->diags, NULL, "The Secret of the root is gone",
                     "There is no %s on cluster %s. Its key is not kept anywhere else: restore it "
                     "from a backup, or the apply goes on with another root.",
                     kube_ref_text(c->arena, &place->ref), kube_name(place->kube));
    *out = ours ? describe(c->arena, state, &nothing, TEXT("")) : NULL;
    return true;
}

static bool read_secret(struct call *c, const struct value *state, const struct value **out)
{
    struct cacerts_signer_info info;
    struct signer_place place;
    struct cacerts_signer found;
    const struct value *secret;
    struct diags said;
    bool fine;

    if (!signer_open(c, place_of(state), place_path(c->arena), &place) ||
        !signer_read(c, &place, &secret, &found))
        return false;
    if (!secret)
        return read_missing(c, state, &place, out);
    diags_init(&said, c->arena);
    fine = cacerts_signer_check(c->arena, &said, NULL, &found, clock_now(), &info) && found.key.len;
    if (!fine)
        warn_of_fault(c, &place, &said);
    *out = describe(c->arena, take_note_of_change(c, state, &info, fine), &info, TEXT(""));
    return true;
}

static bool root_read(struct call *c, const struct value *state, const struct value **out)
{
    const struct path *at = path_name(c->arena, place_path(c->arena), "cluster");

    *out = state;
    if (value_is_null(place_of(state)) ||
        !kube_reachable(c, value_at(place_of(state), "cluster"), at))
        return true;
    return read_secret(c, state, out);
}

/* --- update: another key for an own certificate, another place --------------------------- */

static bool same_place(const struct value *one, const struct value *other)
{
    const struct value *here = value_at(one, "cluster"), *there = value_at(other, "cluster");

    return value_equal(value_at(one, "namespace"), value_at(other, "namespace")) &&
           value_equal(value_at(one, "name"), value_at(other, "name")) &&
           strcmp(connection_name(here), connection_name(there)) == 0 &&
           !connection_moved(here, there);
}

static bool remove_secret(struct call *c, const struct value *place_value)
{
    const struct kube_delete_options options = {.propagation = NULL};
    struct signer_place place;

    return signer_open(c, place_value, place_path(c->arena), &place) &&
           kube_delete(c, place.kube, &place.ref, &options) &&
           namespace_release(c, place.kube, place.ref.namespace);
}

static bool present_signer(struct call *c, const struct value *prior, const struct value *planned,
                           struct cacerts_signer *out)
{
    if (is_own(planned) && value_is_set(value_at(c->config, "private_key_wo")))
        return own_signer(c, planned, out);
    return signer_load(c, value_at(prior, "signer"), path_of(c->arena, "signer"), out);
}

static bool store(struct call *c, const struct value *prior, const struct value *planned,
                  const struct cacerts_signer *signer)
{
    const struct value *namespace, *secret;
    struct signer_place place;
    struct cacerts_signer found;

    if (value_is_null(place_of(planned)))
        return true;
    if (!signer_open(c, place_of(planned), place_path(c->arena), &place) ||
        !look_around(c, &place, &namespace, &secret, &found))
        return false;
    if (value_is_set(place_of(prior)) && same_place(place_of(prior), place_of(planned)))
        return namespace_ensure_found(c, place.kube, place.ref.namespace, "", namespace) &&
               signer_write(c, &place, signer, KUBE_FORCE);
    if (secret && !kube_is_ours(secret))
        return refuse_present(c, &place);
    return store_new(c, planned, &place, namespace, signer);
}

static bool root_update(struct call *c, const struct value *prior, const struct value *planned,
                        const struct value **out)
{
    const struct value *was = place_of(prior), *is = place_of(planned);
    struct cacerts_signer_info info;
    struct cacerts_signer signer;

    *out = prior;
    if (!present_signer(c, prior, planned, &signer) || !check_signer(c, planned, &signer, &info) ||
        !store(c, prior, planned, &signer))
        return false;
    *out = describe(c->arena, planned, &info, signer.key);
    return value_is_null(was) || (value_is_set(is) && same_place(was, is)) || remove_secret(c, was);
}

static bool root_remove(struct call *c, const struct value *state)
{
    return value_is_null(place_of(state)) || remove_secret(c, place_of(state));
}

/* --- plan ---------------------------------------------------------------------------------- */

/* Arguments of a generated root, and what they are when they are left out. */
static const struct {
    const char *name, *text;
} generating[] = {{"common_name", NULL},
                  {"organization", "Istio"},
                  {"key_algorithm", "RSA-4096"},
                  {"validity", "87600h"}};
enum { GENERATING = sizeof(generating) / sizeof(generating[0]) };

static void plan_generated(struct call *c, struct plan *plan)
{
    for (size_t i = 0; i < GENERATING; i++) {
        if (!plan_is_create(plan) && plan_changes(plan, generating[i].name))
            plan_replace(c, plan, path_of(c->arena, generating[i].name));
        if (plan_is_create(plan) && generating[i].text)
            plan_set(c, plan, generating[i].name, value_string(c->arena, generating[i].text));
    }
}

static void plan_told(struct call *c, struct plan *plan, const struct value *told)
{
    for (size_t i = 0; i < GENERATING; i++)
        plan_set(c, plan, generating[i].name, value_at(told, generating[i].name));
    for (size_t i = 0; outputs[i]; i++)
        plan_set(c, plan, outputs[i], value_at(told, outputs[i]));
}

/* What an own certificate tells is known before the apply. */
static bool plan_own(struct call *c, struct plan *plan, struct cacerts_signer_info *info)
{
    const struct value *key = value_at(c->config, "private_key_wo");
    struct cacerts_signer signer = {value_string_text(value_at(plan->planned, "certificate")),
                                    value_is_set(key) ? value_string_text(key) : TEXT("")};

    return check_signer(c, plan->planned, &signer, info);
}

static const struct value *planned_key(const struct plan *plan)
{
    const struct value *prior = value_at(plan->prior, "private_key_pem");

    if (value_is_set(place_of(plan->planned)))
        return &value_null;
    return is_own(plan->planned) || !value_is_set(prior) ? &value_unknown : prior;
}

static bool plan_outputs(struct call *c, struct plan *plan)
{
    const struct value *told = plan->planned, *certificate = value_at(told, "certificate");
    struct cacerts_signer_info info;

    told = value_with(c->arena, told, "private_key_pem", planned_key(plan));
    for (size_t i = 0; is_own(told) && i < GENERATING; i++)
        told = value_with(c->arena, told, generating[i].name, &value_unknown);
    for (size_t i = 0; is_own(told) && i < CERTIFICATE_OUTPUTS; i++)
        told = value_with(c->arena, told, outputs[i], &value_unknown);
    if (value_is_set(certificate)) {
        if (!plan_own(c, plan, &info))
            return false;
        told = describe(c->arena, told, &info, TEXT(""));
        told = value_with(c->arena, told, "private_key_pem", planned_key(plan));
    }
    told = value_with(c->arena, told, "id",
                      id_of(c->arena, place_of(told), value_at(told, "fingerprint_sha256")));
    told = value_with(c->arena, told, "signer", signer_of(c->arena, told));
    plan_told(c, plan, told);
    return true;
}

static bool root_plan(struct call *c, struct plan *plan)
{
    const char *before = value_text(plan->prior, "validity");

    if (before[0] && same_duration(before, value_text(plan->planned, "validity")))
        plan_keep(c, plan, "validity");
    if (!is_own(plan->planned))
        plan_generated(c, plan);
    if (value_is_unknown(value_at(plan->planned, "storage")))
        return true;
    if (!plan_is_create(plan) && !value_text(plan->prior, "fingerprint_sha256")[0]) {
        plan_set_all_unknown(c, plan, outputs);
        plan_replace(c, plan, path_of(c->arena, "fingerprint_sha256"));
        return true;
    }
    if (!plan_is_create(plan) && value_equal(plan->prior, plan->planned))
        return true;
    return plan_outputs(c, plan);
}

/* --- import -------------------------------------------------------------------------------- */

static bool root_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const keys[] = {"namespace?", "name?", NULL};
    const struct value *connection, *rest, *secret;

    if (!connection_import_id(c, id, keys, &connection, &rest))
        return false;
    secret =
        value_map_of(c->arena, {"cluster", connection}, {"namespace", value_at(rest, "namespace")},
                     {"name", value_at(rest, "name")});
    secret = with_default(c->arena, secret, "namespace", NAMESPACE_DEFAULT);
    secret = with_default(c->arena, secret, "name", SECRET_NAME_DEFAULT);
    *out = value_map_of(
        c->arena, {"storage", value_map_of(c->arena, {"secret", secret}, {"state", &value_null})});
    return true;
}

RESOURCE(istio_root_ca) = {
    .name = "istio_root_ca",
    .kind = KIND_MANAGED,
    .summary = "The root CA of a mesh: generated, or your own, kept in a Secret or in the state.",
    .doc = "Every cluster's istio_cacerts is signed with it, through `root = "
           "istio_root_ca.<name>.signer`. Whoever reads the Secret can issue for the whole mesh: "
           "give its cluster and namespace the access rules that this deserves, and the resource "
           "`lifecycle { prevent_destroy = true }`. A root that is gone cannot be made again; the "
           "one that is generated in its place is another root. `private_key_wo` needs Terraform "
           "1.11 or newer.",
    .attributes = attributes,
    .timeouts = {.create = 600, .read = 300, .update = 600, .remove = 600},
    .import_doc = "The import id names the cluster, how to reach it, and the Secret with "
                  "`root-cert.pem` and `root-key.pem`; `namespace` and `name` may be left out when "
                  "they are `istio-system` and `istio-root-ca`.",
    .plan = root_plan,
    .create = root_create,
    .read = root_read,
    .update = root_update,
    .remove = root_remove,
    .import = root_import,
};
