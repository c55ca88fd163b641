/* pool - the clients of this process: one per connection object, for as long
 * as the files behind it stay the same. */
#include <string.h>

#include "kube/client.h"
#include "kube/connection.h"

struct kube_pool *kube_pool_new(struct http_client *http)
{
    struct kube_pool *pool = memory_new(1, sizeof(*pool));

    pthread_mutex_init(&pool->lock, NULL);
    pool->http = http;
    return pool;
}

static void kube_free(struct kube *k)
{
    auth_clear(k);
    discovery_clear(&k->discovery);
    memory_free(k->uid);
    memory_free(k->git_version);
    memory_free(k->unreachable_text);
    pthread_mutex_destroy(&k->auth_lock);
    pthread_mutex_destroy(&k->discovery_lock);
    pthread_mutex_destroy(&k->facts_lock);
    arena_free(k->arena);
    memory_free(k);
}

void kube_pool_free(struct kube_pool *pool)
{
    if (!pool)
        return;
    while (pool->first) {
        struct kube *k = pool->first;

        pool->first = k->next;
        kube_free(k);
    }
    pthread_mutex_destroy(&pool->lock);
    memory_free(pool);
}

void kube_pool_set_eks_token(struct kube_pool *pool, kube_eks_token_fn *token)
{
    pool->eks_token = token;
}

void kube_pool_set_eks_cluster(struct kube_pool *pool, kube_eks_cluster_fn *cluster)
{
    pool->eks_cluster = cluster;
}

static struct kube *kube_new(struct kube_pool *pool, const struct value *connection,
                             const struct kube_target *target)
{
    struct kube *k = memory_new(1, sizeof(*k));
    const char *name = connection_name(connection);

    k->arena = arena_new();
    k->pool = pool;
    k->connection = value_copy(k->arena, connection);
    k->target = target_copy(k->arena, target);
    k->name = name[0] ? arena_strdup(k->arena, name) : k->target.host;
    k->expected_uid = value_text(k->connection, "uid");
    pthread_mutex_init(&k->auth_lock, NULL);
    pthread_mutex_init(&k->discovery_lock, NULL);
    pthread_mutex_init(&k->facts_lock, NULL);
    discovery_init(&k->discovery);
    return k;
}

/* The newest client for the connection, while its files are as they were. */
static struct kube *pool_find(struct kube_pool *pool, const struct value *connection)
{
    struct kube *k;

    pthread_mutex_lock(&pool->lock);
    for (k = pool->first; k; k = k->next)
        if (value_equal(k->connection, connection))
            break;
    pthread_mutex_unlock(&pool->lock);
    return k && target_is_current(&k->target) ? k : NULL;
}

static void pool_add(struct kube_pool *pool, struct kube *k)
{
    pthread_mutex_lock(&pool->lock);
    k->next = pool->first;
    pool->first = k;
    pthread_mutex_unlock(&pool->lock);
}

static bool eks_complete(struct call *c, struct kube_pool *pool, const struct path *at,
                         struct kube_target *t)
{
    const char *host;
    struct text ca_pem;

    if (t->host)
        return true;
    if (!pool->eks_cluster)
        return diag_error(c->diags, path_name(c->arena, at, "host"),
                          "The connection has no address",
                          "host and ca_certificate have to be given with eks.");
    if (!pool->eks_cluster(c, t->credentials.eks, &host, &ca_pem))
        return false;
    if (!t->ca_pem.len)
        t->ca_pem = ca_pem;
    return target_host(c, host, path_name(c->arena, at, "eks"), &t->host);
}

bool kube_open(struct call *c, const struct value *connection, const struct path *at,
               struct kube **out)
{
    struct kube_pool *pool = c->clients->kube;
    struct kube_target target;
    struct kube *k;

    /* Istio's network is no part of the way there. */
    connection =
        value_is_set(connection) ? value_with(c->arena, connection, "network", NULL) : connection;
    k = pool_find(pool, connection);
    *out = k;
    if (k)
        return true;
    if (!target_of(c, connection, at, &target) || !eks_complete(c, pool, at, &target))
        return false;
    k = kube_new(pool, connection, &target);
    if (!auth_endpoint(c, k, k->target.credentials.client_certificate_pem,
                       k->target.credentials.client_key_pem, at, &k->base)) {
        kube_free(k);
        return false;
    }
    pool_add(pool, k);
    *out = k;
    return true;
}

const char *kube_name(const struct kube *k)
{
    return k->name;
}

const char *kube_host(const struct kube *k)
{
    return k->target.host;
}

struct text kube_ca_pem(const struct kube *k)
{
    return k->target.ca_pem;
}

const char *kube_tls_server_name(const struct kube *k)
{
    return k->target.tls_server_name ? k->target.tls_server_name : "";
}
