#include "kube/target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/url.h"
#include "kube/connection.h"

static const char default_exec_version[] = "client.authentication.k8s.io/v1";

/* --- files ---------------------------------------------------------------- */

static struct kube_file file_stamp(const char *path, const struct stat *s)
{
    if (!s)
        return (struct kube_file){.path = path};
    return (struct kube_file){
        .path = path,
        .modified_s = s->st_mtim.tv_sec,
        .modified_ns = s->st_mtim.tv_nsec,
        .bytes = s->st_size,
        .inode = s->st_ino,
        .exists = true,
    };
}

static bool stamp_equal(const struct kube_file *a, const struct kube_file *b)
{
    return a->exists == b->exists && a->modified_s == b->modified_s &&
           a->modified_ns == b->modified_ns && a->bytes == b->bytes && a->inode == b->inode;
}

static void remember(struct call *c, struct kube_target *t, struct kube_file stamp)
{
    struct kube_file *file;

    if (!t)
        return;
    file = arena_alloc(c->arena, sizeof(*file));
    *file = stamp;
    file->path = arena_strdup(c->arena, stamp.path);
    file->next = t->files;
    t->files = file;
}

bool target_is_current(const struct kube_target *t)
{
    for (const struct kube_file *f = t->files; f; f = f->next) {
        struct stat s;
        struct kube_file now = file_stamp(f->path, stat(f->path, &s) == 0 ? &s : NULL);

        if (!stamp_equal(f, &now))
            return false;
    }
    return true;
}

/* All bytes of an open file, at most max + 1; -1 when it cannot be read. */
static ssize_t read_up_to(int fd, char *at, size_t max)
{
    size_t len = 0;

    while (len < max) {
        ssize_t got = read(fd, at + len, max - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static bool read_open(struct call *c, struct kube_target *t, const char *path, int fd,
                      size_t bytes_max, const struct path *at, const char *what, struct text *out)
{
    struct stat s;
    ssize_t len;
    char *bytes;

    if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode))
        return diag_error(c->diags, at, text_f(c->arena, "%s cannot be read", what),
                          "%s is not a regular file.", path);
    if (s.st_size < 0 || (uint64_t)s.st_size > bytes_max)
        return diag_error(c->diags, at, text_f(c->arena, "%s is too large", what),
                          "%s is larger than the %zu bytes that are read.", path, bytes_max);
    bytes = arena_alloc(c->arena, (size_t)s.st_size + 1); /* the arena's zero ends it */
    len = read_up_to(fd, bytes, (size_t)s.st_size);
    if (len < 0)
        return diag_error(c->diags, at, text_f(c->arena, "%s cannot be read", what), "%s: %s.",
                          path, strerror(errno));
    remember(c, t, file_stamp(path, &s));
    *out = (struct text){bytes, (size_t)len};
    return true;
}

bool target_file(struct call *c, struct kube_target *t, const char *path, size_t bytes_max,
                 const struct path *at, const char *what, bool missing_ok, struct text *out)
{
    /* Not blocking: a named pipe must not hang the provider. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool done;

    *out = (struct text){NULL, 0};
    if (fd < 0 && errno == ENOENT && missing_ok) {
        remember(c, t, file_stamp(path, NULL));
        return true;
    }
    if (fd < 0)
        return diag_error(c->diags, at, text_f(c->arena, "%s cannot be read", what), "%s: %s.",
                          path, strerror(errno));
    done = read_open(c, t, path, fd, bytes_max, at, what, out);
    close(fd);
    return done;
}

/* --- pieces ---------------------------------------------------------------- */

bool target_host(struct call *c, const char *url, const struct path *at, const char **out)
{
    struct url parsed;
    size_t len = strlen(url);

    if (!url_parse(c->arena, url, &parsed))
        return diag_error(c->diags, at, "The address of the API server is not a URL",
                          "%s is not of the form https://host:port.", url);
    if (parsed.has_user_information || parsed.query[0])
        return diag_error(c->diags, at, "The address of the API server has too much in it",
                          "Only https://host:port, with a path where there is one: no user, no "
                          "password, no query.");
    if (strcmp(parsed.scheme, "https") != 0)
        return diag_error(c->diags, at, "The address of the API server is not https",
                          "%s would send credentials in clear text. Only https is supported.", url);
    while (len && url[len - 1] == '/')
        len--;
    *out = text_z(c->arena, (struct text){url, len});
    return true;
}

bool target_pem(struct call *c, const char *what, struct text pem, const struct path *at)
{
    struct text trimmed = text_trim(pem);

    if (text_starts_with(trimmed, "-----BEGIN "))
        return true;
    /* "LS0t" is how base64 of "---" begins: what kubeconfig files and the EKS
     * API carry. */
    if (text_starts_with(trimmed, "LS0t"))
        return diag_error(c->diags, at, text_f(c->arena, "%s is base64, not PEM", what),
                          "Decode it first: base64decode(…).");
    return diag_error(c->diags, at, text_f(c->arena, "%s is not PEM", what),
                      "It has to begin with a line \"-----BEGIN …-----\".");
}

/* The text of an attribute that is set and not empty, else NULL. */
static const char *text_or_null(const struct value *object, const char *name)
{
    const char *z = value_text(object, name);

    return z[0] ? z : NULL;
}

static bool take_pem(struct call *c, const struct value *connection, const char *name,
                     const char *what, const struct path *at, struct text *out)
{
    const struct value *v = value_at(connection, name);

    if (!value_is_set(v) || !v->string.len)
        return true;
    *out = value_string_text(v);
    return target_pem(c, what, *out, path_name(c->arena, at, name));
}

static bool take_exec(struct call *c, const struct value *exec, const struct path *at,
                      struct kube_credentials *out)
{
    struct kube_exec *e = arena_alloc(c->arena, sizeof(*e));
    const char *version = text_or_null(exec, "api_version");

    *e = (struct kube_exec){
        .command = value_text(exec, "command"),
        .args = value_at(exec, "args"),
        .env = value_at(exec, "env"),
        .api_version = version ? version : default_exec_version,
        .install_hint = "",
    };
    out->exec = e;
    return e->command[0] || diag_error(c->diags, path_name(c->arena, at, "command"), "No command",
                                       "exec.command names the plugin to run.");
}

/* Fields of the connection itself win over those of its kubeconfig. */
static bool take_fields(struct call *c, const struct value *connection, const struct path *at,
                        struct kube_target *out)
{
    struct kube_credentials *who = &out->credentials;
    const char *host = text_or_null(connection, "host");
    const struct value *exec = value_at(connection, "exec"), *eks = value_at(connection, "eks");

    if (host && !target_host(c, host, path_name(c->arena, at, "host"), &out->host))
        return false;
    if (text_or_null(connection, "tls_server_name"))
        out->tls_server_name = text_or_null(connection, "tls_server_name");
    if (text_or_null(connection, "proxy_url"))
        out->proxy_url = text_or_null(connection, "proxy_url");
    if (text_or_null(connection, "token"))
        who->token = text_or_null(connection, "token");
    if (value_is_set(eks))
        who->eks = eks;
    if (value_is_set(exec) && !take_exec(c, exec, path_name(c->arena, at, "exec"), who))
        return false;
    return take_pem(c, connection, "ca_certificate", "The CA certificate", at, &out->ca_pem) &&
           take_pem(c, connection, "client_certificate", "The client certificate", at,
                    &who->client_certificate_pem) &&
           take_pem(c, connection, "client_key", "The client key", at, &who->client_key_pem);
}

static const char *const ways[] = {"eks", "kubeconfig", "token", "client_certificate", "exec"};
enum { WAYS = sizeof(ways) / sizeof(*ways) };

static bool check_ways(struct call *c, const struct value *connection, const struct path *at)
{
    const char *first = NULL;

    for (size_t i = 0; i < WAYS; i++) {
        if (!value_is_set(value_at(connection, ways[i])))
            continue;
        if (first)
            return diag_error(c->diags, at, "The connection has two ways to sign in",
                              "%s and %s are both set; exactly one of eks, kubeconfig, token, "
                              "client_certificate and exec may be.",
                              first, ways[i]);
        first = ways[i];
    }
    return first || diag_error(c->diags, at, "The connection does not say how to sign in",
                               "Exactly one of eks, kubeconfig, token, client_certificate (with "
                               "client_key) and exec has to be set. Nothing is taken from the "
                               "environment, not even a current context.");
}

static bool check_pair(struct call *c, const struct kube_credentials *who, const struct path *at)
{
    if (!who->client_certificate_pem.len == !who->client_key_pem.len)
        return true;
    return diag_error(c->diags, at, "Client certificate and key belong together",
                      "Only the client %s is there.",
                      who->client_key_pem.len ? "key" : "certificate");
}

bool target_of(struct call *c, const struct value *connection, const struct path *at,
               struct kube_target *out)
{
    const struct value *kubeconfig = value_at(connection, "kubeconfig");

    *out = (struct kube_target){.host = NULL};
    if (!value_is_set(connection) || !connection_is_known(connection))
        return diag_error(c->diags, at, "The connection to the cluster is not known",
                          "It is needed now, and a part of it is %s.",
                          value_is_null(connection) ? "missing" : "not yet known");
    if (!check_ways(c, connection, at))
        return false;
    if (value_is_set(kubeconfig) &&
        !kubeconfig_target(c, kubeconfig, path_name(c->arena, at, "kubeconfig"), out))
        return false;
    if (!take_fields(c, connection, at, out) || !check_pair(c, &out->credentials, at))
        return false;
    if (!out->host && !out->credentials.eks)
        return diag_error(c->diags, path_name(c->arena, at, "host"),
                          "The connection has no address",
                          "host is the address of the API server, https://…; only kubeconfig and "
                          "eks know it themselves.");
    return true;
}

/* --- copying --------------------------------------------------------------- */

static struct text text_copy(struct arena *a, struct text t)
{
    return t.len ? (struct text){text_z(a, t), t.len} : (struct text){NULL, 0};
}

static const struct kube_exec *exec_copy(struct arena *a, const struct kube_exec *e)
{
    struct kube_exec *copy;

    if (!e)
        return NULL;
    copy = arena_alloc(a, sizeof(*copy));
    *copy = (struct kube_exec){
        .command = arena_strdup(a, e->command),
        .args = value_copy(a, e->args),
        .env = value_copy(a, e->env),
        .api_version = arena_strdup(a, e->api_version),
        .install_hint = arena_strdup(a, e->install_hint),
        .cluster_info = e->cluster_info ? value_copy(a, e->cluster_info) : NULL,
    };
    return copy;
}

static struct kube_file *files_copy(struct arena *a, const struct kube_file *f)
{
    struct kube_file *first = NULL;

    for (; f; f = f->next) {
        struct kube_file *copy = arena_alloc(a, sizeof(*copy));

        *copy = *f;
        copy->path = arena_strdup(a, f->path);
        copy->next = first;
        first = copy;
    }
    return first;
}

struct kube_target target_copy(struct arena *a, const struct kube_target *t)
{
    const struct kube_credentials *who = &t->credentials;

    return (struct kube_target){
        .host = arena_strdup(a, t->host),
        .tls_server_name = arena_strdup(a, t->tls_server_name),
        .proxy_url = arena_strdup(a, t->proxy_url),
        .ca_pem = text_copy(a, t->ca_pem),
        .credentials =
            {
                .token = arena_strdup(a, who->token),
                .token_file = arena_strdup(a, who->token_file),
                .client_certificate_pem = text_copy(a, who->client_certificate_pem),
                .client_key_pem = text_copy(a, who->client_key_pem),
                .exec = exec_copy(a, who->exec),
                .eks = who->eks ? value_copy(a, who->eks) : NULL,
            },
        .files = files_copy(a, t->files),
    };
}
