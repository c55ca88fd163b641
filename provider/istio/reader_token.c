/* Tokens of a reader: made, tried and taken away. */
#include <string.h>

#include "base/clock.h"
#include "istio/reader_object.h"
#include "istio/service_token.h"
#include "kube/wait.h"

enum {
    ROUNDS_MAX = 3,      /* of starting over, when somebody else takes the reader away */
    FILL_MS = 60 * 1000, /* that the cluster may take to fill a token Secret */
    PATIENCE_MS = 4000,  /* until an API server knows of what was just made on another */
    PAUSE_FIRST_MS = 100,
    PAUSE_MAX_MS = 1000,
};

/* One grant on its way. */
struct grant {
    struct call *call;
    const struct reader *reader;
    const struct reader_request *request;
    struct remote_access access;
    int64_t expires_at;
    struct proof proof;
};

/* --- the token Secret ------------------------------------------------------------------ */

static bool is_filled(const struct value *secret)
{
    return value_text(value_at(secret, "data"), "token")[0] &&
           value_text(value_at(secret, "data"), "ca.crt")[0];
}

/* One that goes away is not waited for: its account was deleted. */
static enum kube_verdict judge_filled(struct call *c, void *data, const struct value *object,
                                      const char **last_seen)
{
    (void)c;
    (void)data;
    *last_seen = "the cluster's token controller has not put a token into it; where there is "
                 "none, use token = { type = \"bound\" }";
    return !object || is_filled(object) ? KUBE_DONE : KUBE_NOT_YET;
}

static bool wait_filled(struct call *c, const struct reader *r, const struct value **secret)
{
    const struct kube_ref ref = kube_ref_of(*secret);
    struct call limited = *c;
    int64_t until = clock_monotonic_ms() + FILL_MS;

    if (limited.deadline_ms > until)
        limited.deadline_ms = until;
    return kube_wait_for(&limited, r->kube, &ref, "get a token", judge_filled, NULL, secret);
}

/* *made false = the account went away meanwhile. */
static bool make_filled(struct grant *g, bool *made)
{
    struct call *c = g->call;
    const struct reader *r = g->reader;
    const struct value *secret;
    struct text token;

    if (!kube_apply(c, r->kube,
                    reader_secret(c->arena, r, g->request->watcher, READER_TOKEN_SECRET),
                    KUBE_NEW_ONLY, &secret) ||
        (!is_filled(secret) && !wait_filled(c, r, &secret)))
        return false;
    *made = secret && kube_secret_data(c->arena, secret, "token", &token) &&
            kube_secret_data(c->arena, secret, "ca.crt", &g->access.ca_pem);
    if (*made)
        g->access.token = text_z(c->arena, token);
    return true;
}

/* --- tokens that expire ------------------------------------------------------------------ */

static bool make_bound(struct grant *g, bool *made)
{
    struct call *c = g->call;
    const struct reader *r = g->reader;
    const struct value *secret;
    struct service_token token;

    if (!kube_apply(c, r->kube, reader_secret(c->arena, r, g->request->watcher, READER_TOKEN_BOUND),
                    KUBE_NEW_ONLY, &secret) ||
        !service_token_request_bound(c, r->kube, r->namespace, r->account, secret,
                                     g->request->seconds, &token))
        return false;
    g->access.token = token.token;
    g->access.ca_pem = kube_ca_pem(r->kube);
    g->expires_at = token.expires_at;
    *made = true;
    return true;
}

/* --- trying ------------------------------------------------------------------------------ */

static struct proof_address own_address(const struct reader *r, struct text ca_pem)
{
    return (struct proof_address){
        .server = kube_host(r->kube),
        .tls_server_name = kube_tls_server_name(r->kube),
        .proxy_url = r->proxy_url,
        .ca_pem = ca_pem,
    };
}

static bool is_own(const struct reader *r, const char *server)
{
    return strcmp(server, kube_host(r->kube)) == 0;
}

static bool text_same(struct text a, struct text b)
{
    return text_equal(text_trim(a), text_trim(b));
}

/* The Secret's ca.crt is what istioctl writes. Behind a proxy with a certificate
 * of its own it is of no use, but what the connection trusts is. */
static bool ask_trusting(struct grant *g, struct proof_address address)
{
    struct text other = kube_ca_pem(g->reader->kube);

    address.ca_pem = g->access.ca_pem;
    if (!proof_ask(g->call, &address, g->access.token, &g->proof))
        return false;
    if (g->proof.verdict != PROOF_UNTRUSTED || text_same(other, g->access.ca_pem))
        return true;
    address.ca_pem = other;
    if (!proof_ask(g->call, &address, g->access.token, &g->proof))
        return false;
    if (g->proof.verdict != PROOF_UNTRUSTED)
        g->access.ca_pem = other;
    return true;
}

static bool ask(struct grant *g)
{
    const struct reader *r = g->reader;
    const struct proof_address own = own_address(r, kube_ca_pem(r->kube));
    const struct proof_address other = {
        .server = g->access.server,
        .tls_server_name = g->access.tls_server_name,
        .is_elsewhere = true,
    };

    if (is_own(r, g->access.server))
        return ask_trusting(g, own);
    if (!ask_trusting(g, other))
        return false;
    if (g->proof.verdict != PROOF_UNANSWERED)
        return true;
    diag_warning(g->call->diags, NULL, text_f(g->call->arena, "%s was not tried", g->access.server),
                 "It cannot be reached from here (%s). The token for cluster %s was tried at %s "
                 "instead; whether cluster %s gets there is for istiod to find out.",
                 g->proof.words, kube_name(r->kube), kube_host(r->kube), g->request->watcher);
    return proof_ask(g->call, &own, g->access.token, &g->proof);
}

static bool is_refused(const struct proof *p)
{
    return p->verdict == PROOF_UNAUTHORIZED || p->verdict == PROOF_FORBIDDEN;
}

/* API servers learn of new accounts, tokens and roles in their own time. */
static bool ask_patiently(struct grant *g)
{
    const char *what = text_f(g->call->arena, "cluster %s to accept its reader's token",
                              kube_name(g->reader->kube));
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;

    for (int64_t pause = PAUSE_FIRST_MS;; pause = pause < PAUSE_MAX_MS ? 2 * pause : pause) {
        if (!ask(g))
            return false;
        if (!is_refused(&g->proof) || clock_monotonic_ms() + pause > until)
            return true;
        if (!call_wait_ms(g->call, pause, what, g->proof.words))
            return false;
    }
}

static bool refuse(const struct grant *g)
{
    const struct reader *r = g->reader;
    struct call *c = g->call;
    const char *cluster = kube_name(r->kube), *words = g->proof.words;

    switch (g->proof.verdict) {
    case PROOF_UNAUTHORIZED:
        return diag_error(
            c->diags, NULL,
            text_f(c->arena, "Cluster %s does not accept its reader's token", cluster),
            "%s answered %s to the new token of ServiceAccount %s/%s. Nothing was "
            "written for istiod.",
            g->access.server, words, r->namespace, r->account);
    case PROOF_FORBIDDEN:
        return diag_error(c->diags, NULL,
                          text_f(c->arena, "The reader may not read cluster %s", cluster),
                          "%s answered %s\n\nServiceAccount %s/%s needs what the ClusterRole "
                          "istio-reader-clusterrole of Istio's chart istiod allows. Nothing was "
                          "written for istiod.",
                          g->access.server, words, r->namespace, r->account);
    case PROOF_UNTRUSTED:
        return diag_error(c->diags, NULL,
                          text_f(c->arena, "The certificate of cluster %s is not trusted", cluster),
                          "Neither ca.crt of the token's Secret nor ca_certificate of the "
                          "connection verifies it: %s If the name is wrong, set tls_server_name.",
                          words);
    default:
        return diag_error(c->diags, NULL,
                          text_f(c->arena, "The token for cluster %s could not be tried", cluster),
                          "%s: %s Nothing was written for istiod.", g->access.server, words);
    }
}

/* --- granting ------------------------------------------------------------------------------ */

static void take_address(struct grant *g)
{
    const struct kube *k = g->reader->kube;
    const struct reader_request *q = g->request;

    g->access.server = q->server[0] ? q->server : kube_host(k);
    g->access.tls_server_name = q->tls_server_name;
    if (!q->tls_server_name[0] && is_own(g->reader, g->access.server))
        g->access.tls_server_name = kube_tls_server_name(k);
}

static bool attempt(struct grant *g, bool *done)
{
    *done = false;
    if (g->request->type == READER_TOKEN_BOUND ? !make_bound(g, done) : !make_filled(g, done))
        return false;
    if (!*done)
        return true;
    if (!ask_patiently(g))
        return false;
    *done = g->proof.verdict == PROOF_ACCEPTED;
    return *done || is_refused(&g->proof) || refuse(g);
}

/* What the token Secret holds is no good: the cluster fills a new one. */
static bool start_over(struct grant *g)
{
    return g->proof.verdict != PROOF_UNAUTHORIZED ||
           reader_revoke(g->call, g->reader, g->request->watcher, g->request->type);
}

bool reader_grant(struct call *c, const struct reader *r, const struct reader_request *request,
                  struct remote_access *out, int64_t *expires_at)
{
    struct grant g = {
        .call = c,
        .reader = r,
        .request = request,
        .proof = {PROOF_UNAUTHORIZED, "nothing: its Secret is deleted again and again"},
    };
    bool changed = false, done;

    take_address(&g);
    for (int round = 0; round < ROUNDS_MAX; round++) {
        if (round && !reader_ensure(c, r, &changed))
            return false;
        if (round && !changed && g.proof.verdict == PROOF_FORBIDDEN)
            break;
        if (!attempt(&g, &done) || (!done && !start_over(&g)))
            return false;
        *out = g.access;
        *expires_at = g.expires_at;
        if (done)
            return true;
    }
    return refuse(&g);
}

bool reader_try(struct call *c, const struct reader *r, const struct remote_access *access,
                struct proof *out)
{
    bool own = is_own(r, access->server);
    struct proof_address address = own_address(r, own ? access->ca_pem : kube_ca_pem(r->kube));

    if (own)
        address.tls_server_name = access->tls_server_name;
    return proof_ask(c, &address, access->token, out);
}

bool reader_revoke(struct call *c, const struct reader *r, const char *watcher,
                   enum reader_token type)
{
    const struct kube_ref ref = {"v1", "Secret", r->namespace,
                                 reader_secret_name(c->arena, watcher, type)};
    const struct kube_delete_options options = {.propagation = NULL};

    return kube_delete(c, r->kube, &ref, &options);
}
