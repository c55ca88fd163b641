#include <string.h>

#include "base/clock.h"
#include "kube/client.h"
#include "kube/connection.h"

/* What a server says of itself: version, identity, whether it answers at all. */

/* Digits of "33+" as some vendors write it. */
static int leading_number(const char *z)
{
    int n = 0;

    for (; *z >= '0' && *z <= '9' && n < 100000; z++)
        n = n * 10 + (*z - '0');
    return n;
}

static void keep_version(struct kube *k, const struct value *body)
{
    if (!value_text(body, "gitVersion")[0])
        return;
    k->major = leading_number(value_text(body, "major"));
    k->minor = leading_number(value_text(body, "minor"));
    k->git_version = memory_strdup(value_text(body, "gitVersion"));
}

static bool ask_version(struct call *c, struct kube *k)
{
    static const struct kube_subject about = {.verb = "ask for the version of"};
    const struct kube_request request = {.method = "GET", .target = "/version"};
    const struct value *body;

    if (k->git_version)
        return true;
    if (!kube_ask(c, k, &about, &request, &body))
        return false;
    keep_version(k, body);
    if (!k->git_version)
        return diag_error(c->diags, NULL, "Not a Kubernetes API server",
                          "What %s (%s) answers at /version has no gitVersion.", k->name,
                          k->target.host);
    return true;
}

bool kube_version(struct call *c, struct kube *k, struct kube_version *out)
{
    bool done;

    *out = (struct kube_version){.git_version = ""};
    pthread_mutex_lock(&k->facts_lock);
    done = ask_version(c, k);
    if (done)
        *out = (struct kube_version){arena_strdup(c->arena, k->git_version), k->major, k->minor};
    pthread_mutex_unlock(&k->facts_lock);
    return done;
}

/* A short attempt, and another where the first failed at once: a refresh of fifty objects
 * must not wait fifty times. */
static bool probe(struct call *c, struct kube *k, struct http_reply *reply)
{
    enum { PROBE_TIMEOUT_MS = 10000, AT_ONCE_MS = 2000 };
    const struct kube_request request = {.method = "GET",
                                         .target = "/version",
                                         .flags = HTTP_NO_RETRY,
                                         .timeout_ms = PROBE_TIMEOUT_MS};
    int64_t end = clock_monotonic_ms() + AT_ONCE_MS;
    bool done = kube_exchange(c, k, &request, reply);

    if (!done && reply->failure != HTTP_FINE && clock_monotonic_ms() < end) {
        *reply = (struct http_reply){0};
        done = kube_exchange(c, k, &request, reply);
    }
    return done;
}

static bool answers(struct call *c, struct kube *k)
{
    enum { TRUST_MS = 30000 };
    struct http_reply reply = {0};
    const struct value *body;
    struct diags ignored;
    struct call quiet;

    if (k->git_version)
        return true;
    if (clock_monotonic_ms() < k->unreachable_until_ms)
        return false;
    diags_init(&ignored, c->arena);
    quiet = call_quietly(c, &ignored);
    if (!probe(&quiet, k, &reply) && reply.failure == HTTP_FINE)
        return true; /* the credentials failed: whoever goes on says so */
    if (reply.failure != HTTP_FINE) {
        memory_free(k->unreachable_text);
        k->unreachable_text = memory_strdup(reply.failure_text ? reply.failure_text : "");
        k->unreachable_until_ms = clock_monotonic_ms() + TRUST_MS;
        return false;
    }
    if (reply.status == 200 && kube_reply_body(&quiet, k, &reply, &body))
        keep_version(k, body);
    return true;
}

bool kube_reachable(struct call *c, const struct value *connection, const struct path *at)
{
    struct diags ignored;
    struct call quiet;
    struct kube *k;
    bool reached;

    diags_init(&ignored, c->arena);
    quiet = call_quietly(c, &ignored);
    if (!kube_open(&quiet, connection, at, &k))
        return true;
    pthread_mutex_lock(&k->facts_lock);
    reached = answers(c, k);
    if (!reached)
        diag_warning(c->diags, at, text_f(c->arena, "Cannot reach cluster %s", k->name),
                     "%s does not answer: %s. What was known last is shown; changes made on the "
                     "cluster since are not seen.",
                     k->target.host, k->unreachable_text);
    pthread_mutex_unlock(&k->facts_lock);
    return reached;
}

/* Forbidden is what one is told before the rights have come after the name. */
bool kube_greet(struct call *c, struct kube *k, int64_t ms, enum kube_greeting *out,
                const char **words)
{
    const struct kube_request request = {.method = "GET",
                                         .target = "/api/v1/namespaces/kube-system"};
    int64_t until = clock_monotonic_ms() + ms;
    struct call timed = *c;
    struct http_reply reply;

    if (timed.deadline_ms > until)
        timed.deadline_ms = until;
    if (!kube_exchange(&timed, k, &request, &reply))
        return false;
    *out = reply.status == 401 || reply.status == 403 ? KUBE_UNAUTHORIZED : KUBE_WELCOME;
    *words = text_printable(c->arena, reply.body, 500);
    if (reply.failure == HTTP_FINE)
        return true;
    *out = KUBE_AWAY;
    *words = reply.failure_text ? reply.failure_text : "";
    return true;
}

static bool ask_uid(struct call *c, struct kube *k)
{
    static const struct kube_ref kube_system = {"v1", "Namespace", NULL, "kube-system"};
    static const struct kube_subject about = {.verb = "identify the cluster by", &kube_system};
    const struct kube_request request = {.method = "GET",
                                         .target = "/api/v1/namespaces/kube-system"};
    const struct value *body;
    const char *uid;

    if (k->uid)
        return true;
    if (!kube_ask(c, k, &about, &request, &body))
        return false;
    uid = value_z(value_in(body, "metadata", "uid"));
    if (!uid[0])
        return diag_error(c->diags, NULL, "Not a Kubernetes API server",
                          "The namespace kube-system of %s (%s) has no uid.", k->name,
                          k->target.host);
    k->uid = memory_strdup(uid);
    return true;
}

bool kube_uid(struct call *c, struct kube *k, const char **out)
{
    bool done;

    *out = "";
    pthread_mutex_lock(&k->facts_lock);
    done = ask_uid(c, k);
    if (done)
        *out = arena_strdup(c->arena, k->uid);
    pthread_mutex_unlock(&k->facts_lock);
    return done;
}

bool kube_check_uid(struct call *c, struct kube *k)
{
    const char *uid;

    if (!k->expected_uid[0])
        return true;
    if (!kube_uid(c, k, &uid))
        return false;
    if (strcmp(uid, k->expected_uid) == 0)
        return true;
    return diag_error(c->diags, NULL, text_f(c->arena, "%s is another cluster", k->name),
                      "The connection expects the cluster whose kube-system has the uid %s, but "
                      "at %s it is %s. Nothing was written. Either the address or context leads "
                      "to a wrong cluster, or the cluster was made anew: then change uid in the "
                      "connection (or refresh the istio_cluster that it comes from).",
                      k->expected_uid, k->target.host, uid);
}

bool kube_open_for_plan(struct call *c, const struct value *connection, const struct path *at,
                        struct kube **out)
{
    *out = NULL;
    return !connection_is_known(connection) || !kube_reachable(c, connection, at) ||
           kube_open(c, connection, at, out);
}
