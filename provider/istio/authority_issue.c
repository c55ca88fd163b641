/* How a cluster's CA gets into its Secret. */
#include <string.h>

#include "base/clock.h"
#include "istio/authority.h"
#include "istio/issued.h"
#include "istio/namespace.h"
#include "istio/signer.h"
#include "istio/trust.h"
#include "kube/connection.h"

bool authority_open(struct call *c, const struct value *object, struct authority *out)
{
    *out = (struct authority){
        .call = c,
        .object = object,
        .namespace = value_text(object, "namespace"),
        .present = bundle_nothing(),
    };
    return kube_open(c, value_at(object, "cluster"), path_of(c->arena, "cluster"), &out->kube);
}

static const struct path *root_path(struct authority *w)
{
    return path_of(w->call->arena, "root", "certificate_pem");
}

static const struct value *root_of(const struct authority *w)
{
    return value_at(w->object, "root");
}

bool authority_refuse_running(struct authority *w)
{
    struct cacerts_signer_info signer;
    struct trust trust;
    bool depends;

    if (!signer_look(w->call->arena, root_of(w), &signer))
        return true; /* whoever signs with it says so */
    if (!trust_depends_on_other(w->call, w->kube, w->namespace, signer.root_fingerprint, &trust,
                                &depends))
        return false;
    return !depends || rotation_refuse(w->call, kube_name(w->kube), w->namespace,
                                       trust.fingerprints, signer.root_fingerprint);
}

/* --- writing ------------------------------------------------------------------- */

static bool write_files(struct authority *w, const struct cacerts_bundle *files,
                        const struct value **out)
{
    const char *network = value_z(value_in(w->object, "cluster", "network"));
    unsigned flags = w->is_create ? 0 : KUBE_FORCE; /* once it is ours, whoever wrote to it */
    struct arena *a = w->call->arena;
    struct bundle written;

    if (w->is_create) {
        if (!namespace_ensure_found(w->call, w->kube, w->namespace, network, w->namespace_found))
            return false;
        *out = w->object;
    }
    if (!bundle_write(w->call, w->kube, w->namespace, &w->present, files, flags, &written))
        return false;
    w->call->private_out =
        value_map_of(a, {"written", value_string(a, bundle_digest(w->call, &written))});
    *out = authority_describe(a, w->object, &written);
    return true;
}

/* root-cert.pem as it is to be; empty = the signer's root alone. */
static bool wanted_roots(struct authority *w, enum rotation_roots roots, struct text *out)
{
    struct call *c = w->call;
    struct text root;

    *out = roots == ROTATION_AS_IS ? w->present.files.root_cert : TEXT("");
    if (roots != ROTATION_JOINED)
        return true;
    return signer_root(c, root_of(w), root_path(w), &root) &&
           cacerts_roots_join(c->arena, c->diags, root_path(w), w->present.files.root_cert, root,
                              out);
}

static bool issue(struct authority *w, struct text roots, const struct value **out)
{
    struct call *c = w->call;
    const struct path *at = path_of(c->arena, "root");
    const struct cacerts_request request = {
        .cluster_name = connection_name(value_at(w->object, "cluster")),
        .organization = value_text(w->object, "organization"),
        .namespace = w->namespace,
        .key_algorithm = value_text(w->object, "key_algorithm"),
        .validity_seconds = clock_parse_duration_ms(value_text(w->object, "validity")) / 1000,
        .now = clock_now(),
        .form = w->present.files.form,
        .root_cert = roots,
    };
    struct cacerts_signer signer;
    struct cacerts_bundle files;

    return signer_load(c, root_of(w), at, &signer) &&
           cacerts_issue(c->arena, c->diags, at, &signer, &request, &files) &&
           write_files(w, &files, out);
}

static bool change_roots(struct authority *w, enum rotation_roots roots, const struct value **out)
{
    struct cacerts_bundle files = w->present.files;

    if (!wanted_roots(w, roots, &files.root_cert))
        return false;
    if (!files.root_cert.len && !signer_root(w->call, root_of(w), root_path(w), &files.root_cert))
        return false;
    return write_files(w, &files, out);
}

/* The CA stays; what an import brought becomes ours. */
static bool keep(struct authority *w, const struct value **out)
{
    struct arena *a = w->call->arena;

    if (w->is_create || !kube_is_ours(w->present.secret))
        return write_files(w, &w->present.files, out);
    *out = value_with(a, w->object, "id", value_string(a, authority_id(a, w->object)));
    return true;
}

bool authority_carry_out(struct authority *w, const struct rotation *next, const struct value **out)
{
    struct text roots;

    if (next->breaks_trust && !authority_refuse_running(w))
        return false;
    if (next->step == ROTATION_KEEP)
        return keep(w, out);
    if (next->step == ROTATION_ROOTS)
        return change_roots(w, next->roots, out);
    return wanted_roots(w, next->roots, &roots) && issue(w, roots, out);
}

/* --- the first one ------------------------------------------------------------------ */

/* The root of an istiod that runs already, and ours behind it. */
static bool join_running(struct authority *w, struct text *roots)
{
    struct trust trust;

    if (!trust_read(w->call, w->kube, w->namespace, &trust))
        return false;
    w->present.files.root_cert = trust.roots;
    return value_count(trust.fingerprints) == 0 || wanted_roots(w, ROTATION_JOINED, roots);
}

bool authority_issue_first(struct authority *w, const struct value **out)
{
    const char *rotation = value_text(w->object, "rotation");
    bool joins = strcmp(rotation, "trust_both") == 0 || strcmp(rotation, "switch_signer") == 0;
    struct text roots = TEXT("");

    w->is_create = true;
    if (!w->namespace_found || strcmp(rotation, "immediate") == 0)
        return issue(w, roots, out);
    return (joins ? join_running(w, &roots) : authority_refuse_running(w)) && issue(w, roots, out);
}

bool authority_adopt(struct authority *w, const struct value **out)
{
    const struct value *prior = authority_describe(w->call->arena, w->object, &w->present);
    const struct cacerts_info *info = &w->present.info;
    struct arena *a = w->call->arena;
    struct rotation next;

    w->is_create = true;
    prior = value_with(a, prior, "organization",
                       value_string(a, issued_part(a, info->ca_subject, "O")));
    prior = value_with(a, prior, "key_algorithm", value_string(a, info->key_algorithm));
    return authority_next(w->call, prior, w->object, &next) && authority_carry_out(w, &next, out);
}
