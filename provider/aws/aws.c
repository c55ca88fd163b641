#include "aws/aws.h"

#include <stdlib.h>
#include <string.h>

#include "aws/session.h"
#include "aws/sts.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

enum {
    RENEW_EARLY_S = 15 * 60, /* from then on it is tried */
    RENEW_LATE_S = 10 * 60,  /* from then on it has to work */
    CA_BUNDLE_BYTES_MAX = 4 << 20,
    RETRIES_TOLD_MAX = 100,
};

struct aws_pool {
    pthread_mutex_t lock; /* of the list */
    struct http_client *http;
    struct aws *first;
};

struct aws_pool *aws_pool_new(struct http_client *http)
{
    struct aws_pool *pool = memory_new(1, sizeof(*pool));

    pool->http = http;
    pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

static void session_free(struct aws *s)
{
    for (struct session_service *x = s->services; x; x = x->next)
        http_endpoint_free(x->endpoint);
    memory_free(s->credentials.id);
    memory_free(s->credentials.secret);
    memory_free(s->credentials.token);
    memory_free(s->credentials.source);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->credentials_lock);
    arena_free(s->arena);
    memory_free(s);
}

void aws_pool_free(struct aws_pool *pool)
{
    while (pool && pool->first) {
        struct aws *s = pool->first;

        pool->first = s->next;
        session_free(s);
    }
    if (!pool)
        return;
    pthread_mutex_destroy(&pool->lock);
    memory_free(pool);
}

/* --- sessions --------------------------------------------------------------- */

static const struct value *settings(const struct call *c)
{
    return value_at(c->clients->provider_config, "aws");
}

static bool is_on(const char *variable, const struct value *profile, const char *setting)
{
    const char *value = getenv(variable);

    return strcmp(value && *value ? value : value_text(profile, setting), "true") == 0;
}

/* The role of a connection stands in for the provider block's. */
static const struct value *role_wanted(struct call *c, const struct aws_access *access)
{
    if (access->role_arn && *access->role_arn)
        return value_map_of(c->arena, {"role_arn", value_string(c->arena, access->role_arn)});
    return value_at(settings(c), "assume_role");
}

/* AWS's tools count the first attempt too. */
static int retries_max(const struct call *c, const struct value *profile_settings)
{
    const struct value *told = value_at(settings(c), "max_retries");
    const char *attempts = getenv("AWS_MAX_ATTEMPTS");
    long count;

    if (value_is_set(told))
        return (int)value_as_integer(told);
    if (!attempts || !*attempts)
        attempts = value_text(profile_settings, "max_attempts");
    count = strtol(attempts, NULL, 10);
    return count > 0 && count <= RETRIES_TOLD_MAX ? (int)count - 1 : AWS_RETRIES_DEFAULT;
}

static struct aws *session_new(struct call *c, const char *region, const char *profile,
                               const struct value *role, const struct value *profile_settings)
{
    struct aws *s = memory_new(1, sizeof(*s));

    s->arena = arena_new();
    s->pool = c->clients->aws;
    s->region = arena_strdup(s->arena, region);
    s->profile = arena_strdup(s->arena, profile);
    s->assume_role = value_copy(s->arena, role);
    s->profile_settings = value_copy(s->arena, profile_settings);
    s->fips = is_on("AWS_USE_FIPS_ENDPOINT", profile_settings, "use_fips_endpoint");
    s->dual_stack = is_on("AWS_USE_DUALSTACK_ENDPOINT", profile_settings, "use_dualstack_endpoint");
    s->retries_max = retries_max(c, profile_settings);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->credentials_lock, NULL);
    return s;
}

static struct aws *pool_find(struct aws_pool *pool, const char *region, const char *profile,
                             const struct value *role)
{
    struct aws *s = pool->first;

    while (s && (strcmp(s->region, region) != 0 || strcmp(s->profile, profile) != 0 ||
                 !value_equal(s->assume_role, role)))
        s = s->next;
    return s;
}

static bool open_session(struct call *c, const char *region, const char *profile,
                         const struct value *role, struct aws **out)
{
    struct aws_pool *pool = c->clients->aws;
    const char *name = shared_files_profile_name(profile);
    const struct value *profile_settings;
    struct shared_files files;

    pthread_mutex_lock(&pool->lock);
    *out = pool_find(pool, region, profile, role);
    pthread_mutex_unlock(&pool->lock);
    if (*out)
        return true;
    if (!shared_files_read(c, &files))
        return false;
    profile_settings = shared_files_profile(&files, name);
    if (profile_settings && *value_text(profile_settings, "services"))
        profile_settings =
            value_with(c->arena, profile_settings, "services",
                       value_at(files.services, value_text(profile_settings, "services")));
    pthread_mutex_lock(&pool->lock);
    *out = pool_find(pool, region, profile, role);
    if (!*out) {
        *out = session_new(c, region, profile, role,
                           profile_settings ? profile_settings : &value_empty_map);
        (*out)->next = pool->first;
        pool->first = *out;
    }
    pthread_mutex_unlock(&pool->lock);
    return true;
}

bool aws_open(struct call *c, const struct aws_access *access, const struct path *at,
              struct aws **out)
{
    const char *profile =
        access->profile && *access->profile ? access->profile : value_text(settings(c), "profile");
    const char *region =
        access->region && *access->region ? access->region : credentials_region(c, profile, at);

    return region && open_session(c, region, profile, role_wanted(c, access), out);
}

bool aws_open_region(struct call *c, struct aws *session, const char *region, struct aws **out)
{
    return open_session(c, region, session->profile, session->assume_role, out);
}

const char *aws_region(const struct aws *session)
{
    return session->region;
}

const struct partition *aws_partition(const struct aws *session)
{
    return partition_of(session->region);
}

int64_t aws_now(struct aws *session)
{
    int64_t offset;

    pthread_mutex_lock(&session->lock);
    offset = session->clock_offset_s;
    pthread_mutex_unlock(&session->lock);
    return clock_now() + offset;
}

/* --- addresses ---------------------------------------------------------------- */

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "";
}

/* provider block, environment, profile: the first that says anything. */
static const char *override_url(struct call *c, const struct aws *s,
                                const struct aws_service *service)
{
    const char *given = value_text(value_at(settings(c), "endpoints"), service->id), *url = given;

    if (*url || strcmp(environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") == 0)
        return given;
    url = environment(text_f(c->arena, "AWS_ENDPOINT_URL_%s", service->environment));
    if (!*url)
        url = environment("AWS_ENDPOINT_URL");
    if (!*url) {
        char *key = arena_strdup(c->arena, service->environment);

        for (char *at = key; *at; at++)
            *at = (char)(*at >= 'A' && *at <= 'Z' ? *at | 0x20 : *at);
        url = value_text(value_in(s->profile_settings, "services", key), "endpoint_url");
    }
    return *url ? url : value_text(s->profile_settings, "endpoint_url");
}

static bool ca_bundle(struct call *c, const struct aws *s, const char **pem)
{
    const char *path = environment("AWS_CA_BUNDLE"), *reason;
    struct text text;
    bool found;

    *pem = NULL;
    if (!*path)
        path = value_text(s->profile_settings, "ca_bundle");
    if (!*path)
        return true;
    if (!file_read(c->arena, file_expand(c->arena, path), CA_BUNDLE_BYTES_MAX, &text, &found,
                   &reason))
        return diag_error(c->diags, NULL, "The CA bundle for AWS cannot be read",
                          "%s, named by AWS_CA_BUNDLE or the profile's ca_bundle: %s.", path,
                          reason);
    *pem = text.at;
    return true;
}

static bool service_add(struct call *c, struct aws *s, const struct aws_service *service,
                        struct session_service **out)
{
    const struct service_address_options options = {override_url(c, s, service), s->fips,
                                                    s->dual_stack};
    struct http_endpoint_options http = {0};
    struct session_service entry = {.service = service};

    if (!ca_bundle(c, s, &http.ca_pem))
        return false;
    service_address_of(s->arena, service, s->region, &options, &entry.address);
    http.base_url = entry.address.url;
    if (!http_endpoint_new(s->pool->http, &http, path_of(c->arena, "aws", "endpoints"), c->diags,
                           &entry.endpoint))
        return false;
    *out = arena_copy(s->arena, &entry, sizeof(entry));
    (*out)->next = s->services;
    s->services = *out;
    return true;
}

bool session_service(struct call *c, struct aws *s, const struct aws_service *service,
                     struct session_service **out)
{
    bool done = true;

    pthread_mutex_lock(&s->lock);
    *out = s->services;
    while (*out && (*out)->service != service)
        *out = (*out)->next;
    if (!*out)
        done = service_add(c, s, service, out);
    pthread_mutex_unlock(&s->lock);
    return done;
}

/* --- credentials ----------------------------------------------------------------- */

static void credentials_keep(struct session_credentials *kept, const struct aws_credentials *found)
{
    memory_free(kept->id);
    memory_free(kept->secret);
    memory_free(kept->token);
    memory_free(kept->source);
    *kept = (struct session_credentials){
        .id = memory_strdup(found->key.id),
        .secret = memory_strdup(found->key.secret),
        .token = memory_strdup(found->key.session_token),
        .source = memory_strdup(found->source),
        .expires_at = found->expires_at,
        .generation = kept->generation + 1,
    };
}

static bool credentials_fetch(struct call *c, struct aws *s)
{
    const struct credentials_wish wish = {s->profile, s->region, s->assume_role};
    struct aws_credentials found;

    if (!credentials_find(c, s, &wish, &found))
        return false;
    credentials_keep(&s->credentials, &found);
    log_event(LOG_DEBUG, "aws", "found credentials", "source", found.source, NULL);
    return true;
}

/* Early on, a failure is only a reason to try again later. */
static bool credentials_refresh(struct call *c, struct aws *s)
{
    int64_t left = s->credentials.expires_at - aws_now(s);
    struct diags ignored;
    struct call quiet = call_quietly(c, &ignored);

    if (!s->credentials.generation)
        return credentials_fetch(c, s);
    if (!s->credentials.expires_at || left > RENEW_EARLY_S)
        return true;
    if (left <= RENEW_LATE_S)
        return credentials_fetch(c, s);
    diags_init(&ignored, c->arena);
    (void)!credentials_fetch(&quiet, s);
    return true;
}

bool session_credentials_now(struct call *c, struct aws *s, struct aws_credentials *out,
                             uint64_t *generation)
{
    const struct session_credentials *kept = &s->credentials;
    bool done;

    pthread_mutex_lock(&s->credentials_lock);
    done = credentials_refresh(c, s);
    if (done)
        *out = (struct aws_credentials){
            .key = {arena_strdup(c->arena, kept->id), arena_strdup(c->arena, kept->secret),
                    arena_strdup(c->arena, kept->token)},
            .expires_at = kept->expires_at,
            .source = arena_strdup(c->arena, kept->source),
        };
    *generation = kept->generation;
    pthread_mutex_unlock(&s->credentials_lock);
    return done;
}

bool aws_credentials_now(struct call *c, struct aws *session, struct aws_credentials *out)
{
    uint64_t generation;

    return session_credentials_now(c, session, out, &generation);
}

bool session_renew(struct call *c, struct aws *s, uint64_t generation, bool *renewed)
{
    char *before;
    bool done = true;

    pthread_mutex_lock(&s->credentials_lock);
    *renewed = s->credentials.generation != generation;
    if (!*renewed) {
        before = arena_strdup(c->arena, s->credentials.id);
        done = credentials_fetch(c, s);
        *renewed = done && strcmp(before, s->credentials.id) != 0;
    }
    pthread_mutex_unlock(&s->credentials_lock);
    return done;
}

/* --- who we are ---------------------------------------------------------------------- */

bool aws_identity(struct call *c, struct aws *session, struct aws_identity *out)
{
    const struct value *found;
    bool known;

    pthread_mutex_lock(&session->lock);
    known = session->arn != NULL;
    pthread_mutex_unlock(&session->lock);
    if (!known) {
        if (!aws_call(c, session, &sts_get_caller_identity, &value_empty_map, &found))
            return false;
        pthread_mutex_lock(&session->lock);
        session->account = arena_strdup(session->arena, value_text(found, "Account"));
        session->user_id = arena_strdup(session->arena, value_text(found, "UserId"));
        session->arn = arena_strdup(session->arena, value_text(found, "Arn"));
        pthread_mutex_unlock(&session->lock);
    }
    *out = (struct aws_identity){session->account, session->arn, session->user_id};
    return true;
}
