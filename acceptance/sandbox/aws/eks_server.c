/* The API servers of the stand-in EKS: one of the sandbox's for each ACTIVE cluster. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/balancer.h"
#include "acceptance/sandbox/aws/cloud_eks.h"
#include "codec/base64.h"

/* Kept until the account ends, since a request that asks who somebody is may still run. */
struct server {
    struct server *next;
    struct cloud *c;
    char *region, *cluster;
    struct sandbox *sandbox;
    pthread_t stopper;
    bool leaving; /* under the account's lock, as the rest */
    int64_t seen_version;
    uint64_t seen_changes;
};
static struct server *servers;
static pthread_mutex_t servers_lock = PTHREAD_MUTEX_INITIALIZER;

static struct server *find(struct cloud *c, const char *region, const char *cluster)
{
    struct server *at;

    pthread_mutex_lock(&servers_lock);
    for (at = servers; at; at = at->next)
        if (at->c == c && !at->leaving && strcmp(at->region, region) == 0 &&
            strcmp(at->cluster, cluster) == 0)
            break;
    pthread_mutex_unlock(&servers_lock);
    return at;
}

struct sandbox *cloud_eks_server(struct cloud *c, const char *region, const char *cluster)
{
    struct server *server = find(c, region, cluster);

    return server ? server->sandbox : NULL;
}

/* From a server's request, without any lock. */
static bool who_bears(void *data, struct arena *a, const char *token, struct user *out)
{
    struct server *server = data;
    const struct record *cluster;
    bool is_over, known;

    pthread_mutex_lock(&server->c->lock);
    is_over = server->leaving || server->c->stopping;
    cluster = is_over ? NULL : record_find(server->c, server->region, "cluster", server->cluster);
    known = cluster && cloud_eks_user(server->c, a, cluster, token, out);
    pthread_mutex_unlock(&server->c->lock);
    return known;
}

/* After a server's request, without any lock. */
static void look_after(void *data)
{
    struct server *server = data;
    struct cloud *c = server->c;

    pthread_mutex_lock(&c->lock);
    if (!server->leaving && !c->stopping) {
        records_ripen(c);
        balancer_run(c);
        records_forget_removed(c);
    }
    pthread_mutex_unlock(&c->lock);
}

bool cloud_eks_server_stirred(struct cloud *c, const struct record *cluster)
{
    struct server *server = find(c, cluster->region, cluster->id);
    int64_t version = server ? sandbox_version(server->sandbox) : 0;
    bool stirred =
        server && (version != server->seen_version || c->changes != server->seen_changes);

    if (stirred) {
        server->seen_version = version;
        server->seen_changes = c->changes;
    }
    return stirred;
}

void cloud_eks_server_start(struct cloud *c, struct record *cluster)
{
    struct arena *a = cluster->arena;
    const struct sandbox_options options = {.name = cluster->id,
                                            .git_version =
                                                text_f(a, "v%s.4", record_text(cluster, "version")),
                                            .settle_ms = c->options.settle_ms,
                                            .istiod = c->options.istiod,
                                            .cloud = true};
    struct server *server = memory_new(1, sizeof(*server));
    struct text ca;

    server->c = c;
    server->region = memory_strdup(cluster->region);
    server->cluster = memory_strdup(cluster->id);
    server->sandbox = sandbox_start(&options);
    sandbox_set_bearers(server->sandbox, who_bears, server);
    sandbox_set_changed(server->sandbox, look_after, server);
    ca = base64_encode(a, text_of(sandbox_ca_pem(server->sandbox)), BASE64_STANDARD);
    record_set(cluster, "endpoint", value_string(a, sandbox_url(server->sandbox)));
    record_set(cluster, "certificateAuthority", value_map_of(a, {"data", value_string_of(a, ca)}));
    pthread_mutex_lock(&servers_lock);
    server->next = servers;
    servers = server;
    pthread_mutex_unlock(&servers_lock);
}

void cloud_eks_server_upgrade(struct cloud *c, const struct record *cluster)
{
    struct sandbox *s = cloud_eks_server(c, cluster->region, cluster->id);

    if (s)
        sandbox_set_version(s, text_f(cluster->arena, "v%s.4", record_text(cluster, "version")));
}

static void *stop(void *data)
{
    struct server *server = data;

    sandbox_stop(server->sandbox);
    return NULL;
}

/* Its requests may wait for the account's lock, which we have: it ends on its own. */
static void leave(struct server *server)
{
    server->leaving = true;
    if (pthread_create(&server->stopper, NULL, stop, server) != 0) {
        fprintf(stderr, "istio-sandbox: cannot start a thread\n");
        exit(1);
    }
}

void cloud_eks_server_leave(struct cloud *c, const struct record *cluster)
{
    struct server *server = find(c, cluster->region, cluster->id);

    if (server)
        leave(server);
}

/* When the account ends, without its lock. */
static void stop_all(void *data)
{
    struct cloud *c = data;
    struct server **link = &servers, *server;

    pthread_mutex_lock(&servers_lock);
    while ((server = *link)) {
        if (server->c != c) {
            link = &server->next;
            continue;
        }
        *link = server->next;
        if (!server->leaving)
            leave(server);
        pthread_join(server->stopper, NULL);
        memory_free(server->region);
        memory_free(server->cluster);
        memory_free(server);
    }
    pthread_mutex_unlock(&servers_lock);
}

void cloud_eks_seed(struct cloud *c)
{
    struct record *keeper = record_add(c, "", "eks-servers", "", &value_empty_map);

    keeper->ghost = true;
    arena_defer(keeper->arena, stop_all, c);
}
