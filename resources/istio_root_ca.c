#include <string.h>

#include "base/clock.h"
#include "crypto/key.h"
#include "istio/issued.h"
#include "istio/namespace.h"
#include "istio/root.h"
#include "istio/root_aws.h"
#include "istio/signer.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

#define SECRET_NAME_DEFAULT "istio-root-ca"

enum { WINDOW_DAYS_MIN = 7, WINDOW_DAYS_MAX = 30 };

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

static bool check_window(struct call *c, const struct path *at, const struct value *v)
{
    int64_t days = value_as_integer(v);

    return days == 0 || (days >= WINDOW_DAYS_MIN && days <= WINDOW_DAYS_MAX) ||
           diag_error(c->diags, at, "No such recovery window",
                      "It is 0 (deleted at once, for good) or between %d and %d days.",
                      WINDOW_DAYS_MIN, WINDOW_DAYS_MAX);
}

static const struct attribute secrets_manager_rows[] = {
    STRING("name", REQUIRED,
           "Name of the secret. It is a JSON object of `root-cert.pem` and "
           "`root-key.pem`.",
           .check = check_not_empty),
    STRING("region", OPTIONAL | COMPUTED | KEEP_STATE,
           "Its region. Default: that of the provider's `aws` block, the environment or the "
           "profile, as it was when the root was made.",
           .check = check_not_empty),
    STRING("kms_key_id", OPTIONAL,
           "Id, ARN or alias of the KMS key that encrypts it. Default: `aws/secretsmanager`.",
           .check = check_not_empty),
    NUMBER("recovery_window_in_days", OPTIONAL | COMPUTED,
           "For so many days after a destroy it can be restored, between 7 and 30, and its name is "
           "taken for others than this resource. 0 deletes it at once, for good.",
           .fallback = "30", .check = check_window),
    END_ATTRIBUTES,
};

static const struct attribute storage_rows[] = {
    NESTED("secret", NESTING_SINGLE, secret_rows, OPTIONAL,
           "Keep it in a Secret on a cluster, as `root-cert.pem` and `root-key.pem`. Changed, the "
           "key moves to the new place.",
           .exactly_one_of = "storage"),
    NESTED("secrets_manager", NESTING_SINGLE, secrets_manager_rows, OPTIONAL,
           "Keep it in AWS Secrets Manager, with the tag `" ROOT_AWS_TAG "`. Another name or "
           "region moves it.",
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
           "`<cluster>/<namespace>/<name>` or `<region>/<name>` of the secret, or the "
           "fingerprint."),
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

/* --- create ---------------------------------------------------------------------- */

static bool refuse_present(struct call *c, const struct signer_place *place)
{
    return diag_error(
        c->diags, root_place_path(c->arena), "The Secret exists already",
        "%s on cluster %s is not of this resource, and what it holds may be the root of a mesh. "
        "Choose another name, or take it over: terraform import <address> "
        "cluster=%s,kubeconfig=<path>,context=<context>,namespace=%s,name=%s",
        kube_ref_text(c->arena, &place->ref), kube_name(place->kube), kube_name(place->kube),
        place->ref.namespace, place->ref.name);
}

/* What is at the place already. */
struct surroundings {
    struct signer_place place;
    const struct value *namespace, *secret; /* NULL = there is none */
    struct cacerts_signer found;
};

static bool look_around(struct call *c, const struct value *object, struct surroundings *out)
{
    *out = (struct surroundings){.found = {TEXT(""), TEXT("")}};
    if (!signer_open(c, root_place(object), root_place_path(c->arena), &out->place) ||
        !namespace_find(c, out->place.kube, out->place.ref.namespace, &out->namespace))
        return false;
    return !out->namespace || signer_read(c, &out->place, &out->secret, &out->found);
}

static bool store(struct call *c, const struct value *object, const struct surroundings *s,
                  const struct cacerts_signer *signer, unsigned flags)
{
    const char *network = value_z(value_in(root_place(object), "cluster", "network"));

    return namespace_ensure_found(c, s->place.kube, s->place.ref.namespace, network,
                                  s->namespace) &&
           signer_write(c, &s->place, signer, flags);
}

static bool create_in_secret(struct call *c, const struct value *planned, const struct value **out)
{
    struct cacerts_signer_info info;
    struct cacerts_signer signer;
    struct surroundings s;

    if (!look_around(c, planned, &s))
        return false;
    if (s.secret && (!kube_is_ours(s.secret) || !root_is_left_over(c, planned, &s.found)))
        return refuse_present(c, &s.place);
    signer = s.found;
    if (!s.secret && !root_make(c, planned, &signer))
        return false;
    if (!root_check(c, planned, &signer, &info))
        return false;
    *out = planned; /* from here on something of ours may be there */
    if (!store(c, planned, &s, &signer, 0))
        return false;
    *out = root_describe(c->arena, planned, &info, signer.key);
    return true;
}

static bool create_in_aws(struct call *c, const struct value *planned, const struct value **out)
{
    struct cacerts_signer_info info;
    struct cacerts_signer signer;
    bool begun = false, done;

    if (!root_aws_settle(c, &planned))
        return false;
    done = root_aws_create(c, planned, &signer, &begun);
    *out = begun ? planned : NULL;
    if (!done || !root_check(c, planned, &signer, &info))
        return false;
    *out = root_describe(c->arena, planned, &info, signer.key);
    return true;
}

static bool root_create(struct call *c, const struct value *planned, const struct value **out)
{
    struct cacerts_signer_info info;
    struct cacerts_signer signer;

    if (value_is_set(root_place(planned)))
        return create_in_secret(c, planned, out);
    if (value_is_set(root_aws_place(planned)))
        return create_in_aws(c, planned, out);
    if (!root_make(c, planned, &signer) || !root_check(c, planned, &signer, &info))
        return false;
    *out = root_describe(c->arena, planned, &info, signer.key);
    return true;
}

/* --- read ------------------------------------------------------------------------ */

/* A key of the user can be written again; a generated root that somebody
 * replaced is lost. */
static const struct value *take_note_of_change(struct call *c, const struct value *state,
                                               const struct cacerts_signer_info *info, bool fine)
{
    const char *before = value_text(state, "fingerprint_sha256");

    if (root_is_own(state) && strcmp(before, info->fingerprint) != 0)
        return value_with(c->arena, state, "certificate",
                          value_string_of(c->arena, info->certificates));
    if (root_is_own(state) && !fine)
        return value_with(c->arena, state, "private_key_wo_version", &value_null);
    if (before[0] && strcmp(before, info->fingerprint) != 0)
        diag_warning(c->diags, NULL, "The secret holds another root",
                     "SHA-256 was %s and is %s now. When that was a mistake, restore the secret: "
                     "the former key is not kept anywhere else.",
                     before, info->fingerprint[0] ? info->fingerprint : "of nothing");
    return state;
}

static bool read_missing(struct call *c, const struct value *state,
                         const struct signer_place *place, const struct value **out)
{
    static const struct cacerts_signer_info nothing = {
        .subject = "", .serial = "", .key_algorithm = "", .fingerprint = ""};
    bool ours;

    if (!namespace_is_ours(c, place->kube, place->ref.namespace, &ours))
        return false;
    if (value_text(state, "fingerprint_sha256")[0])
        diag_warning(c->diags, NULL, "The Secret of the root is gone",
                     "There is no %s on cluster %s. Its key is not kept anywhere else: restore it "
                     "from a backup, or the apply goes on with another root.",
                     kube_ref_text(c->arena, &place->ref), kube_name(place->kube));
    /* A namespace that we made is still to be taken away. */
    *out = ours ? root_describe(c->arena, state, &nothing, TEXT("")) : NULL;
    return true;
}

/* `where`: what holds it, in words. */
static bool check_found(struct call *c, const char *where, const struct cacerts_signer *found,
                        struct cacerts_signer_info *info)
{
    struct diags said;
    bool fine;

    diags_init(&said, c->arena);
    fine = cacerts_signer_check(c->arena, &said, NULL, found, clock_now(), info);
    if (fine && !found->key.len)
        fine = diag_error(&said, NULL, "The private key is missing", "There is no root-key.pem.");
    if (!fine)
        diag_warning(c->diags, NULL, "The root CA cannot sign", "%s: %s. %s", where,
                     said.first->summary, said.first->detail);
    return fine;
}

static bool read_secret(struct call *c, const struct value *state, const struct value **out)
{
    struct cacerts_signer_info info;
    struct cacerts_signer found;
    struct signer_place place;
    const struct value *secret;
    bool fine;

    if (!signer_open(c, root_place(state), root_place_path(c->arena), &place) ||
        !signer_read(c, &place, &secret, &found))
        return false;
    if (!secret)
        return read_missing(c, state, &place, out);
    fine = check_found(c, signer_text(c->arena, &place), &found, &info);
    *out = root_describe(c->arena, take_note_of_change(c, state, &info, fine), &info, TEXT(""));
    return true;
}

static bool read_aws(struct call *c, const struct value *state, const struct value **out)
{
    struct cacerts_signer_info info;
    struct cacerts_signer found;
    bool readable, fine;
    const char *where;

    *out = state;
    if (!root_aws_settle(c, out) || !root_aws_read(c, out, &found, &readable, &where))
        return false;
    if (!*out || !readable)
        return true;
    fine = check_found(c, where, &found, &info);
    *out = root_describe(c->arena, take_note_of_change(c, *out, &info, fine), &info, TEXT(""));
    return true;
}

static bool root_read(struct call *c, const struct value *state, const struct value **out)
{
    const struct path *at = path_name(c->arena, root_place_path(c->arena), "cluster");

    *out = state;
    if (value_is_set(root_aws_place(state)))
        return read_aws(c, state, out);
    if (value_is_null(root_place(state)) ||
        !kube_reachable(c, value_at(root_place(state), "cluster"), at))
        return true;
    return read_secret(c, state, out);
}

/* --- update: another key of the user, another place ------------------------------- */

static bool stays_in_place(const struct value *prior, const struct value *planned)
{
    const struct value *was = root_aws_place(prior), *is = root_aws_place(planned);

    if (value_is_set(was) && value_is_set(is))
        return value_equal(value_at(was, "name"), value_at(is, "name")) &&
               value_equal(value_at(was, "region"), value_at(is, "region"));
    return value_is_set(root_place(prior)) && value_is_set(root_place(planned)) &&
           signer_same_place(root_place(prior), root_place(planned));
}

static bool holds_same(struct call *c, const struct cacerts_signer *found,
                       const struct cacerts_signer_info *wanted)
{
    const struct value *object =
        value_map_of(c->arena, {"certificate_pem", value_string_of(c->arena, found->certificates)});
    struct cacerts_signer_info info;

    return signer_look(c->arena, object, &info) &&
           strcmp(info.fingerprint, wanted->fingerprint) == 0;
}

static bool update_place(struct call *c, const struct value *prior, const struct value *planned,
                         const struct cacerts_signer *signer,
                         const struct cacerts_signer_info *info)
{
    struct surroundings s;

    if (value_is_set(root_aws_place(planned)))
        return root_aws_store(c, planned, signer, stays_in_place(prior, planned));
    if (value_is_null(root_place(planned)))
        return true;
    if (!look_around(c, planned, &s))
        return false;
    if (stays_in_place(prior, planned))
        return store(c, planned, &s, signer, KUBE_FORCE);
    /* What a move that was cut short has left is the very same. */
    if (s.secret && !(kube_is_ours(s.secret) && holds_same(c, &s.found, info)))
        return refuse_present(c, &s.place);
    return store(c, planned, &s, signer, 0);
}

static bool load(struct call *c, const struct value *prior, const struct value *planned,
                 struct cacerts_signer *out)
{
    if (root_is_own(planned))
        return root_own(c, planned, out);
    if (value_is_set(root_aws_place(prior)) && !root_aws_restore(c, prior))
        return false;
    return signer_load(c, value_at(prior, "signer"), path_of(c->arena, "signer"), out);
}

static bool root_remove(struct call *c, const struct value *state);

static bool root_update(struct call *c, const struct value *prior, const struct value *planned,
                        const struct value **out)
{
    struct cacerts_signer_info info;
    struct cacerts_signer signer;

    *out = prior;
    if (!load(c, prior, planned, &signer) || !root_check(c, planned, &signer, &info))
        return false;
    if (value_is_set(root_aws_place(planned)) && !root_aws_settle(c, &planned))
        return false;
    if (!update_place(c, prior, planned, &signer, &info))
        return false;
    /* Until the old place is empty the state has it: the next apply finds the new one. */
    if (!stays_in_place(prior, planned) && !root_remove(c, prior))
        return false;
    *out = root_describe(c->arena, planned, &info, signer.key);
    return true;
}

/* --- remove ---------------------------------------------------------------------- */

static bool root_remove(struct call *c, const struct value *state)
{
    if (value_is_set(root_aws_place(state)))
        return root_aws_remove(c, state);
    return value_is_null(root_place(state)) ||
           signer_remove(c, root_place(state), root_place_path(c->arena));
}

/* --- plan ------------------------------------------------------------------------ */

static void plan_generated(struct call *c, struct plan *plan)
{
    const char *before = value_text(plan->prior, "validity"),
               *after = value_text(plan->planned, "validity");

    if (before[0] && clock_parse_duration_ms(before) == clock_parse_duration_ms(after))
        plan_keep(c, plan, "validity");
    for (const struct root_argument *argument = root_arguments; argument->name; argument++) {
        if (!plan_is_create(plan) && plan_changes(plan, argument->name))
            plan_replace(c, plan, path_of(c->arena, argument->name));
        if (plan_is_create(plan) && argument->fallback)
            plan_set(c, plan, argument->name, value_string(c->arena, argument->fallback));
    }
}

/* What an own certificate tells is known before the apply. */
static bool tell_own(struct call *c, const struct value **told)
{
    const struct value *certificate = value_at(*told, "certificate"), *v = *told,
                       *key = value_at(c->config, "private_key_wo");
    const struct cacerts_signer signer = {value_string_text(certificate),
                                          value_is_set(key) ? value_string_text(key) : TEXT("")};
    struct cacerts_signer_info info;

    for (const struct root_argument *argument = root_arguments; argument->name; argument++)
        v = value_with(c->arena, v, argument->name, &value_unknown);
    for (size_t i = 0; i < CERTIFICATE_OUTPUTS; i++)
        v = value_with(c->arena, v, outputs[i], &value_unknown);
    *told = v;
    if (!value_is_set(certificate))
        return true;
    if (!root_check(c, v, &signer, &info))
        return false;
    *told = root_describe(c->arena, v, &info, TEXT(""));
    return true;
}

static const struct value *planned_key(const struct plan *plan)
{
    const struct value *prior = value_at(plan->prior, "private_key_pem");

    if (!root_is_in_state(plan->planned))
        return &value_null;
    return root_is_own(plan->planned) || !value_is_set(prior) ? &value_unknown : prior;
}

static bool plan_outputs(struct call *c, struct plan *plan)
{
    const struct value *told = plan->planned;

    if (root_is_own(told) && !tell_own(c, &told))
        return false;
    told = value_with(c->arena, told, "private_key_pem", planned_key(plan));
    told = value_with(c->arena, told, "id", root_id(c->arena, told));
    told = value_with(c->arena, told, "signer", root_signer(c->arena, told));
    for (const struct root_argument *argument = root_arguments; argument->name; argument++)
        plan_set(c, plan, argument->name, value_at(told, argument->name));
    for (size_t i = 0; outputs[i]; i++)
        plan_set(c, plan, outputs[i], value_at(told, outputs[i]));
    return true;
}

static bool root_plan(struct call *c, struct plan *plan)
{
    if (!root_is_own(plan->planned))
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

/* --- import ---------------------------------------------------------------------- */

static bool import_aws(struct call *c, const char *id, const struct value **out)
{
    struct text rest = text_of(id), pair, key;
    const struct value *told = &value_empty_map, *place;
    struct arena *a = c->arena;

    while (text_split(&rest, ',', &pair))
        if (text_split(&pair, '=', &key))
            told = value_with(a, told, text_z(a, key), value_string_of(a, pair));
    if (!*value_text(told, "region") || !*value_text(told, "secret"))
        return diag_error(c->diags, NULL, "Malformed import id",
                          "Of a root in Secrets Manager it is region=<region>,secret=<name>; it is "
                          "\"%s\".",
                          id);
    place = value_map_of(a, {"name", value_at(told, "secret")},
                         {"region", value_at(told, "region")}, {"kms_key_id", &value_null},
                         {"recovery_window_in_days", value_integer(a, WINDOW_DAYS_MAX)});
    *out = value_map_of(a, {"storage", value_map_of(a, {"secrets_manager", place})});
    return true;
}

static bool root_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const keys[] = {"namespace?", "name?", NULL};
    const struct value *connection, *rest, *secret;

    if (strncmp(id, "region=", 7) == 0 || strstr(id, ",region="))
        return import_aws(c, id, out);
    if (!connection_import_id(c, id, keys, &connection, &rest))
        return false;
    secret = value_with(c->arena, rest, "cluster", connection);
    secret = issued_fill(c->arena, secret, "namespace", NAMESPACE_DEFAULT);
    secret = issued_fill(c->arena, secret, "name", SECRET_NAME_DEFAULT);
    *out = value_map_of(
        c->arena, {"storage", value_map_of(c->arena, {"secret", secret}, {"state", &value_null})});
    return true;
}

RESOURCE(istio_root_ca) = {
    .name = "istio_root_ca",
    .kind = KIND_MANAGED,
    .summary = "The root CA of a mesh: generated, or your own, kept in a Secret, in AWS Secrets "
               "Manager, or in the state.",
    .doc = "Every cluster's istio_cacerts is signed with it, through `root = "
           "istio_root_ca.<name>.signer`. Whoever reads the secret can issue for the whole mesh: "
           "give it the access rules that this deserves, and the resource "
           "`lifecycle { prevent_destroy = true }`. A root that is gone cannot be made again; the "
           "one that is generated in its place is another root. `private_key_wo` needs Terraform "
           "1.11 or newer.",
    .attributes = attributes,
    .timeouts = {.create = 600, .read = 300, .update = 600, .remove = 600},
    .import_doc =
        "The import id names the cluster, how to reach it, and the Secret with "
        "`root-cert.pem` and `root-key.pem`; `namespace` and `name` may be left out when "
        "they are `istio-system` and `istio-root-ca`. Of a root in AWS Secrets Manager it "
        "is `region=<region>,secret=<name>`.",
    .plan = root_plan,
    .create = root_create,
    .read = root_read,
    .update = root_update,
    .remove = root_remove,
    .import = root_import,
};
