#include <string.h>

#include "base/clock.h"
#include "istio/bundle.h"
#include "istio/namespace.h"
#include "istio/trust.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

static const struct attribute trust_rows[] = {
    STRING("source", COMPUTED,
           "Where the signing CA comes from: `cacerts`; `istio-generated`, a Secret that istiod "
           "made for itself; `self-signed`, istiod without a Secret; `none`; or `unreachable`."),
    STRING("root_fingerprint_sha256", COMPUTED,
           "SHA-256 of the root that the CA in `cacerts` is of; null without one."),
    TYPED("root_fingerprints", &type_string_list, COMPUTED,
          "SHA-256 of the roots in `cacerts`, in the order of the file."),
    TYPED("distributed_root_fingerprints", &type_string_list, COMPUTED,
          "SHA-256 of the roots that istiod gives to workloads, from the ConfigMap "
          "`istio-ca-root-cert`."),
    STRING("expires_at", COMPUTED,
           "When the CA in `cacerts`, or one above it, ends (RFC 3339); null without one."),
    END_ATTRIBUTES,
};

static const struct attribute attributes[] = {
    NESTED("clusters", NESTING_MAP, connection_attributes, REQUIRED,
           "Connections of the clusters, by any name.", .min_items = 1),
    STRING("namespace", OPTIONAL, "Namespace of istiod. Left out, it is `istio-system`.",
           .check = check_dns_label),
    NESTED("trust", NESTING_MAP, trust_rows, COMPUTED, "What was found, by the same names."),
    BOOL("consistent", COMPUTED, "There is nothing in `problems`."),
    TYPED("problems", &type_string_list, COMPUTED,
          "What keeps workloads of one cluster from trusting those of another, or will: sentences "
          "that begin with the cluster's name."),
    END_ATTRIBUTES,
};

/* --- one cluster ------------------------------------------------------------------ */

struct member {
    const char *name;
    struct bundle bundle;
    struct trust trust;
    const char *source;
};

static const char *source_of(const struct member *m)
{
    if (m->bundle.secret)
        return cacerts_is_istio_generated(m->bundle.secret) ? "istio-generated" : "cacerts";
    return m->trust.is_found ? "self-signed" : "none";
}

static bool member_read(struct call *c, const struct value *connection, const struct path *at,
                        const char *namespace, struct member *m)
{
    struct kube *k;

    m->bundle = bundle_nothing();
    m->trust = (struct trust){.fingerprints = &value_empty_list};
    m->source = "unreachable";
    if (!kube_reachable(c, connection, at))
        return true;
    if (!kube_open(c, connection, at, &k) || !bundle_read(c, k, namespace, &m->bundle) ||
        !trust_read(c, k, namespace, &m->trust))
        return false;
    m->source = source_of(m);
    return true;
}

static const struct value *text_or_null(struct arena *a, const char *text)
{
    return text && text[0] ? value_string(a, text) : &value_null;
}

static const struct value *describe(struct arena *a, const struct member *m)
{
    const struct cacerts_info *info = &m->bundle.info;

    return value_map_of(a, {"source", value_string(a, m->source)},
                        {"root_fingerprint_sha256", text_or_null(a, info->root_fingerprint)},
                        {"root_fingerprints", m->bundle.roots},
                        {"distributed_root_fingerprints", m->trust.fingerprints},
                        {"expires_at", info->expires_at
                                           ? value_string(a, clock_rfc3339(a, info->expires_at))
                                           : &value_null});
}

/* --- all of them ------------------------------------------------------------------- */

struct survey {
    struct arena *arena;
    struct member *members;
    size_t count;
    struct value_builder problems;
};

static void problem(struct survey *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void problem(struct survey *s, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    value_builder_add(&s->problems, value_string(s->arena, text_fv(s->arena, format, arguments)));
    va_end(arguments);
}

/* What its workloads trust: what they were given, else what they will be. */
static const struct value *trusted(const struct member *m)
{
    return m->trust.is_found ? m->trust.fingerprints : m->bundle.roots;
}

/* The root that its workloads' certificates are of; "" = unknown. */
static const char *own_root(const struct member *m)
{
    if (m->bundle.info.root_fingerprint[0])
        return m->bundle.info.root_fingerprint;
    return value_z(value_item(m->trust.fingerprints, 0));
}

static void judge_alone(struct survey *s, const struct member *m)
{
    if (strcmp(m->source, "unreachable") == 0)
        problem(s, "%s: cannot be reached.", m->name);
    if (strcmp(m->source, "none") == 0)
        problem(s, "%s: has no signing CA; istiod will make a root of its own.", m->name);
    if (strcmp(m->source, "self-signed") == 0 && s->count > 1)
        problem(s, "%s: istiod made a root of its own, which no other cluster has.", m->name);
    if (m->bundle.fault)
        problem(s, "%s: istiod cannot use the Secret cacerts: %s", m->name, m->bundle.fault);
    else if (m->bundle.secret && m->trust.is_found &&
             !trust_holds(m->trust.fingerprints, m->bundle.info.root_fingerprint))
        problem(s,
                "%s: workloads have been given another root than that of the Secret cacerts: "
                "istiod was not restarted since.",
                m->name);
}

static void judge_pair(struct survey *s, const struct member *from, const struct member *to)
{
    const char *root = own_root(from);

    if (from != to && root[0] && value_count(trusted(to)) && !trust_holds(trusted(to), root))
        problem(s, "%s: does not trust the root of %s (SHA-256 %s).", to->name, from->name, root);
}

static void judge(struct survey *s)
{
    for (size_t i = 0; i < s->count; i++)
        judge_alone(s, &s->members[i]);
    for (size_t i = 0; i < s->count; i++)
        for (size_t j = 0; j < s->count; j++)
            judge_pair(s, &s->members[j], &s->members[i]);
}

static bool survey_read(struct call *c, const struct value *config, struct survey *s)
{
    const struct value *clusters = value_at(config, "clusters");
    const struct path *at = path_of(c->arena, "clusters");
    const char *namespace = value_text(config, "namespace");

    *s = (struct survey){.arena = c->arena, .count = value_count(clusters)};
    s->members = arena_array(c->arena, s->count, sizeof(*s->members));
    value_builder_init(&s->problems, c->arena);
    for (size_t i = 0; i < s->count; i++) {
        const struct value_entry *entry = &clusters->map.entries[i];

        s->members[i].name = entry->key;
        if (!member_read(c, entry->value, path_key(c->arena, at, entry->key),
                         namespace[0] ? namespace : NAMESPACE_DEFAULT, &s->members[i]))
            return false;
    }
    return true;
}

static bool trust_survey(struct call *c, const struct value *config, const struct value **out)
{
    struct value_builder found;
    const struct value *problems;
    struct survey s;

    if (!survey_read(c, config, &s))
        return false;
    judge(&s);
    value_builder_init(&found, c->arena);
    for (size_t i = 0; i < s.count; i++)
        value_builder_set(&found, s.members[i].name, describe(c->arena, &s.members[i]));
    problems = value_builder_list(&s.problems);
    *out = value_with(c->arena, config, "trust", value_builder_map(&found));
    *out = value_with(c->arena, *out, "problems", problems);
    *out = value_with(c->arena, *out, "consistent", value_bool(value_count(problems) == 0));
    return true;
}

DATA_SOURCE(istio_trust) = {
    .name = "istio_trust",
    .kind = KIND_DATA,
    .summary = "Compares the roots that the clusters of a mesh trust.",
    .doc = "Workloads of two clusters speak to each other only when each trusts the root that the "
           "other's certificate is of. During a rotation that holds although the roots differ. Use "
           "`problems` in a `check` block or a postcondition. Read after the istio_cacerts, which "
           "`depends_on` takes care of.",
    .attributes = attributes,
    .timeouts = {.read = 300},
    .read = trust_survey,
};
