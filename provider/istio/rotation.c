#include "istio/rotation.h"

#include <string.h>

#include "istio/trust.h"

const char *const rotation_names[] = {"trust_both", "switch_signer", "drop_old", "immediate", NULL};

static bool is(const struct rotation_state *s, const char *name)
{
    return strcmp(s->rotation, name) == 0;
}

static bool too_early(struct call *c, const struct rotation_state *s, const char *before)
{
    return diag_error(c->diags, path_of(c->arena, "rotation"),
                      "This step of the rotation comes too early",
                      "rotation = \"%s\" follows \"%s\", which has to be applied in every cluster "
                      "before: the CA is of the root %s, and the one wanted is %s.",
                      s->rotation, before, s->chain_root, s->wanted_root);
}

/* The chain is of the wanted root already. */
static struct rotation within_root(const struct rotation_state *s)
{
    bool drops = (is(s, "drop_old") || is(s, "immediate")) && value_count(s->roots) > 1;

    return (struct rotation){
        .step = s->is_stale ? ROTATION_ISSUE
                : drops     ? ROTATION_ROOTS
                            : ROTATION_KEEP,
        .roots = drops ? ROTATION_ONLY : ROTATION_AS_IS,
    };
}

bool rotation_next(struct call *c, const struct rotation_state *s, struct rotation *out)
{
    bool is_trusted = trust_holds(s->roots, s->wanted_root);

    *out = (struct rotation){ROTATION_ISSUE, ROTATION_ONLY, false};
    if (strcmp(s->chain_root, s->wanted_root) == 0 || (!s->chain_root[0] && is_trusted)) {
        *out = within_root(s);
        return true;
    }
    if (is(s, "immediate"))
        return true;
    if (!s->chain_root[0] && value_count(s->roots) == 0) { /* there is none */
        out->breaks_trust = !s->rotation[0];
        return true;
    }
    if (is(s, "trust_both")) {
        out->step = is_trusted ? ROTATION_KEEP : ROTATION_ROOTS;
        out->roots = is_trusted ? ROTATION_AS_IS : ROTATION_JOINED;
        return true;
    }
    if (is(s, "switch_signer")) {
        out->roots = ROTATION_AS_IS;
        return is_trusted || too_early(c, s, "trust_both");
    }
    if (is(s, "drop_old"))
        return too_early(c, s, "switch_signer");
    out->breaks_trust = true;
    return true;
}

static const char *listed(struct arena *a, const struct value *fingerprints)
{
    struct text_builder b;

    text_builder_init(&b, a, DIAG_DETAIL_BYTES_MAX / 2);
    for (size_t i = 0; i < value_count(fingerprints); i++)
        text_add_f(&b, "%s%s", i ? ", " : "", value_z(value_item(fingerprints, i)));
    return b.len ? b.at : "(unknown)";
}

bool rotation_refuse(struct call *c, const char *cluster, const char *namespace,
                     const struct value *present_roots, const char *wanted_root)
{
    return diag_error(
        c->diags, path_of(c->arena, "root"), "The root of a running mesh would change",
        "Istio runs in namespace %s of cluster %s, and its workloads trust the root with SHA-256 "
        "%s; the one wanted is %s. Workloads with different roots refuse each other. Set rotation "
        "= \"trust_both\" in all clusters and apply, restart istiod and the workloads; then "
        "\"switch_signer\"; and when all workload certificates are renewed, \"drop_old\". "
        "\"immediate\" does it in one step and breaks mTLS until everything was restarted.",
        namespace, cluster, listed(c->arena, present_roots), wanted_root);
}
