#include "istio/peer.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "istio/namespace.h"

static struct kube_ref ref_of(struct arena *a, const struct peer *p)
{
    return (struct kube_ref){"v1", "Secret", p->namespace, remote_secret_name(a, p->name)};
}

bool peer_find(struct call *c, const struct peer *p, const struct value **secret)
{
    const struct kube_ref ref = ref_of(c->arena, p);

    return kube_get(c, p->cluster, &ref, secret);
}

/* --- refusing ------------------------------------------------------------------------ */

bool peer_refuse_same(struct call *c, const struct peer *p)
{
    const char *uid, *other_uid;
    struct diags unheard;
    struct call quiet;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    if (!kube_uid(&quiet, p->cluster, &uid) || !kube_uid(&quiet, p->reader.kube, &other_uid) ||
        strcmp(uid, other_uid) != 0)
        return true;
    return diag_error(c->diags, NULL, "A cluster would watch itself",
                      "%s (%s) and %s (%s) are the same cluster: its kube-system has the uid %s.",
                      p->watcher, kube_host(p->cluster), p->name, kube_host(p->reader.kube), uid);
}

bool peer_refuse_foreign(struct call *c, const struct peer *p)
{
    const struct kube_ref ref = ref_of(c->arena, p);
    const struct value *found;

    if (!peer_find(c, p, &found))
        return false;
    if (!found || kube_is_ours(found))
        return true;
    return diag_error(c->diags, NULL,
                      text_f(c->arena, "%s exists already", kube_ref_text(c->arena, &ref)),
                      "On cluster %s there is one that was not made here, perhaps by istioctl. "
                      "Take it over: terraform import <address> cluster=%s,kubeconfig=<path>,"
                      "context=<context>,remote=%s,remote_context=<context>,namespace=%s",
                      p->watcher, p->watcher, p->name, p->namespace);
}

/* --- writing -------------------------------------------------------------------------- */

static void warn_of_loopback(struct call *c, const struct peer *p, const char *server)
{
    if (remote_secret_is_loopback(server))
        diag_warning(c->diags, NULL, text_f(c->arena, "%s leads to the machine itself", server),
                     "istiod of cluster %s will look for cluster %s there, in its own pod. Set "
                     "server_override to an address that the pods of cluster %s reach.",
                     p->watcher, p->name, p->watcher);
}

static void warn_of_short_life(struct call *c, const struct peer *p, int64_t expires_at)
{
    int64_t wanted = p->token.validity_seconds;

    if (expires_at && expires_at - clock_now() < wanted - wanted / 10)
        diag_warning(c->diags, NULL,
                     text_f(c->arena, "Cluster %s shortens the life of tokens", p->name),
                     "Its token for cluster %s was wanted for %" PRId64 " hours and expires at %s. "
                     "Terraform has to run before that time to renew it.",
                     p->watcher, wanted / 3600, clock_rfc3339(c->arena, expires_at));
}

bool peer_write(struct call *c, const struct peer *p, unsigned flags, struct remote_access *access,
                const struct value **secret)
{
    const struct reader_request request = {
        .watcher = p->watcher,
        .type = p->token.type,
        .seconds = p->token.validity_seconds,
        .server = p->server,
        .tls_server_name = p->tls_server_name,
    };
    int64_t expires_at;

    if (!reader_grant(c, &p->reader, &request, access, &expires_at) ||
        !namespace_ensure(c, p->cluster, p->namespace, p->network) ||
        !kube_apply(c, p->cluster, remote_secret_object(c->arena, p->namespace, p->name, access),
                    flags, secret))
        return false;
    warn_of_loopback(c, p, access->server);
    warn_of_short_life(c, p, expires_at);
    return true;
}

/* --- looking, and taking away ----------------------------------------------------------- */

const char *peer_fault(struct call *c, const struct peer *p, const struct remote_access *access,
                       const struct value *connection, const struct path *at)
{
    struct proof proof;

    if (!kube_reachable(c, connection, at) || !reader_try(c, &p->reader, access, &proof))
        return NULL;
    switch (proof.verdict) {
    case PROOF_UNAUTHORIZED:
    case PROOF_FORBIDDEN:
        return text_f(c->arena, "cluster %s answers its token with %s", p->name, proof.words);
    case PROOF_UNTRUSTED:
        return text_f(c->arena, "what it trusts does not verify cluster %s: %s", p->name,
                      proof.words);
    default:
        return NULL;
    }
}

/* istiod lets go of the cluster before its token dies. A token of the other type
 * may be left from a change that did not get to its end. */
bool peer_remove(struct call *c, const struct peer *p)
{
    const struct kube_delete_options options = {.propagation = NULL};
    const struct kube_ref ref = ref_of(c->arena, p);

    return kube_delete(c, p->cluster, &ref, &options) &&
           reader_revoke(c, &p->reader, p->watcher, READER_TOKEN_SECRET) &&
           reader_revoke(c, &p->reader, p->watcher, READER_TOKEN_BOUND) &&
           reader_release(c, &p->reader) && namespace_release(c, p->cluster, p->namespace);
}
