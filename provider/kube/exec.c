/* exec - credential plugins: the only programs that the provider ever runs,
 * and only those that the person names. Protocol: ExecCredential of
 * client.authentication.k8s.io, v1 and v1beta1. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "codec/json.h"
#include "kube/client.h"

enum {
    OUTPUT_BYTES_MAX = 1 << 20,
    ERROR_BYTES_MAX = 4096, /* the last of what it says on stderr */
    LOOK_MS = 50,           /* between two looks at cancellation and end */
    RUN_MS_MAX = 60 * 1000,
};

extern char **environ;

/* A pipe's end must not be inherited by a plugin that is started at the same
 * time by another thread: its reader would wait for both. */
static pthread_mutex_t spawn_lock = PTHREAD_MUTEX_INITIALIZER;

struct plugin {
    const struct kube_exec *exec;
    const char *cluster; /* for messages */
    pid_t pid;
    int out, err; /* our ends */
    char output[OUTPUT_BYTES_MAX], error[ERROR_BYTES_MAX];
    size_t output_len, error_len;
    bool too_large;
};

static bool failed(struct call *c, const struct plugin *p, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool failed(struct call *c, const struct plugin *p, const char *format, ...)
{
    const struct text words = {p->error, p->error_len};
    const char *said = text_printable(c->arena, text_trim(words), ERROR_BYTES_MAX);
    va_list arguments;
    const char *reason;

    va_start(arguments, format);
    reason = text_fv(c->arena, format, arguments);
    va_end(arguments);
    return diag_error(c->diags, NULL,
                      text_f(c->arena, "Credential plugin %s failed", p->exec->command),
                      "Cluster %s: %s%s%s%s%s", p->cluster, reason, said[0] ? "\n\nIt said:\n" : "",
                      said, p->exec->install_hint[0] ? "\n\n" : "",
                      text_printable(c->arena, text_of(p->exec->install_hint), ERROR_BYTES_MAX));
}

/* --- starting --------------------------------------------------------------- */

static char *exec_info(struct call *c, const struct kube_exec *e)
{
    struct arena *a = c->arena;
    const struct value *spec = value_map_of(a, {"interactive", value_bool(false)});

    if (e->cluster_info)
        spec = value_with(a, spec, "cluster", e->cluster_info);
    return text_f(
        a, "KUBERNETES_EXEC_INFO=%s",
        json_write(a, value_map_of(a, {"kind", value_string(a, "ExecCredential")},
                                   {"apiVersion", value_string(a, e->api_version)}, {"spec", spec}))
            .at);
}

static bool is_overridden(const struct value *env, const char *entry)
{
    static const char info[] = "KUBERNETES_EXEC_INFO=";

    for (size_t i = 0; i < value_count(env); i++) {
        size_t len = strlen(env->map.entries[i].key);

        if (strncmp(entry, env->map.entries[i].key, len) == 0 && entry[len] == '=')
            return true;
    }
    return strncmp(entry, info, sizeof(info) - 1) == 0;
}

/* Ours, with the plugin's own variables in the place of ours. */
static char **environment(struct call *c, const struct kube_exec *e)
{
    size_t ours = 0, count = 0;
    char **all;

    while (environ[ours])
        ours++;
    all = arena_array(c->arena, ours + value_count(e->env) + 2, sizeof(*all));
    for (size_t i = 0; i < ours; i++)
        if (!is_overridden(e->env, environ[i]))
            all[count++] = environ[i];
    for (size_t i = 0; i < value_count(e->env); i++)
        all[count++] = text_f(c->arena, "%s=%s", e->env->map.entries[i].key,
                              value_z(e->env->map.entries[i].value));
    all[count] = exec_info(c, e);
    return all;
}

static char **arguments_of(struct call *c, const struct kube_exec *e)
{
    char **all = arena_array(c->arena, value_count(e->args) + 2, sizeof(*all));

    all[0] = arena_strdup(c->arena, e->command);
    for (size_t i = 0; i < value_count(e->args); i++)
        all[i + 1] = arena_strdup(c->arena, value_z(value_item(e->args, i)));
    return all;
}

static bool pipe_open(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    for (int i = 0; i < 2; i++)
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return true;
}

/* In a process group of its own, so that what it started is ended with it; with
 * default signals, because a Go program would inherit an ignored SIGPIPE. */
static int spawn(struct call *c, struct plugin *p, int out, int err)
{
    char **arguments = arguments_of(c, p->exec), **variables = environment(c, p->exec);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int error;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, (short)(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                  POSIX_SPAWN_SETSIGDEF));
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    error = posix_spawnp(&p->pid, p->exec->command, &actions, &attributes, arguments, variables);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static int start_locked(struct call *c, struct plugin *p)
{
    int out[2], err[2], error;

    if (!pipe_open(out))
        return errno;
    if (!pipe_open(err)) {
        error = errno;
        close(out[0]);
        close(out[1]);
        return error;
    }
    error = spawn(c, p, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    p->out = out[0];
    p->err = err[0];
    if (error) {
        close(p->out);
        close(p->err);
    }
    return error;
}

static bool start(struct call *c, struct plugin *p)
{
    int error;

    pthread_mutex_lock(&spawn_lock);
    error = start_locked(c, p);
    pthread_mutex_unlock(&spawn_lock);
    return !error || failed(c, p, "it cannot be started: %s.", strerror(error));
}

/* --- reading ---------------------------------------------------------------- */

static void output_take(struct plugin *p)
{
    ssize_t got;

    while (p->output_len < sizeof(p->output) &&
           (got = read(p->out, p->output + p->output_len, sizeof(p->output) - p->output_len)) > 0)
        p->output_len += (size_t)got;
    p->too_large = p->output_len == sizeof(p->output);
}

/* Keeps the end, where a program says why it gave up. */
static void error_take(struct plugin *p)
{
    char piece[1024];
    ssize_t got;

    while ((got = read(p->err, piece, sizeof(piece))) > 0) {
        size_t len = (size_t)got;

        if (p->error_len + len > sizeof(p->error)) {
            size_t drop = p->error_len + len - sizeof(p->error);

            memmove(p->error, p->error + drop, p->error_len - drop);
            p->error_len -= drop;
        }
        memcpy(p->error + p->error_len, piece, len);
        p->error_len += len;
    }
}

static void take(struct plugin *p)
{
    output_take(p);
    error_take(p);
}

/* Until the plugin itself ends: children that it leaves behind may hold the
 * pipes open for ever. -1 with *why set when it was ended by us. */
static int wait_status(struct call *c, struct plugin *p, const char **why)
{
    int64_t until = clock_monotonic_ms() + RUN_MS_MAX;
    int status = 0;

    *why = NULL;
    while (waitpid(p->pid, &status, WNOHANG) == 0) {
        struct pollfd ends[] = {{p->out, POLLIN, 0}, {p->err, POLLIN, 0}};
        int64_t left = call_left_ms(c);

        take(p);
        if (cancel_fired(c->cancel))
            *why = "it was interrupted.";
        else if (left == 0 || clock_monotonic_ms() >= until)
            *why = "it took too long and was ended.";
        else if (p->too_large)
            *why = "it printed more than 1 MiB.";
        if (*why) {
            kill(-p->pid, SIGKILL);
            waitpid(p->pid, &status, 0);
            return -1;
        }
        /* A closed pipe would make poll() return at once, again and again. */
        if (poll(ends, 2, LOOK_MS) > 0 && !((ends[0].revents | ends[1].revents) & POLLIN))
            poll(NULL, 0, LOOK_MS / 10);
    }
    take(p);
    return status;
}

/* --- what it printed -------------------------------------------------------- */

static bool credential_parse(struct call *c, const struct plugin *p, const struct value **out)
{
    struct diags quiet;

    diags_init(&quiet, c->arena);
    /* The parser's own message could show a piece of the token. */
    if (!json_read(c->arena, (struct text){p->output, p->output_len}, "output", &quiet, out))
        return failed(c, p, "what it printed on stdout (%zu bytes) is not JSON.", p->output_len);
    if (strcmp(value_text(*out, "kind"), "ExecCredential") != 0)
        return failed(c, p, "it printed no ExecCredential.");
    if (strcmp(value_text(*out, "apiVersion"), p->exec->api_version) != 0)
        return failed(c, p, "it was asked for %s and answered with %s.", p->exec->api_version,
                      value_text(*out, "apiVersion"));
    return true;
}

static bool credential_take(struct call *c, const struct plugin *p, const struct value *document,
                            struct exec_credential *out)
{
    const struct value *status = value_at(document, "status");
    const char *expires = value_text(status, "expirationTimestamp");

    *out = (struct exec_credential){
        .token = value_text(status, "token")[0] ? value_text(status, "token") : NULL,
        .client_certificate_pem = value_string_text(value_at(status, "clientCertificateData")),
        .client_key_pem = value_string_text(value_at(status, "clientKeyData")),
    };
    if (!out->token && !out->client_certificate_pem.len)
        return failed(c, p, "its ExecCredential has neither a token nor a client certificate.");
    if (!out->client_certificate_pem.len != !out->client_key_pem.len)
        return failed(c, p,
                      "its ExecCredential has a client certificate without key or a key "
                      "without certificate.");
    if (!expires[0])
        return true;
    out->expires_at = clock_parse_rfc3339(expires);
    return out->expires_at >= 0 || failed(c, p, "its expirationTimestamp is not a time.");
}

static bool version_check(struct call *c, const struct plugin *p)
{
    static const char v1[] = "client.authentication.k8s.io/v1",
                      v1beta1[] = "client.authentication.k8s.io/v1beta1";
    const char *version = p->exec->api_version;

    return strcmp(version, v1) == 0 || strcmp(version, v1beta1) == 0 ||
           failed(c, p, "its API version %s is not supported; %s and %s are.", version, v1,
                  v1beta1);
}

bool exec_run(struct call *c, const struct kube_exec *e, const char *cluster,
              struct exec_credential *out)
{
    struct plugin *p = arena_alloc(c->arena, sizeof(*p));
    const struct value *document;
    const char *why;
    int status;

    p->exec = e;
    p->cluster = cluster;
    if (!version_check(c, p) || !start(c, p))
        return false;
    log_event(LOG_DEBUG, "kube", "credential plugin started", "command", e->command, "cluster",
              cluster, NULL);
    status = wait_status(c, p, &why);
    close(p->out);
    close(p->err);
    if (why)
        return failed(c, p, "%s", why);
    if (WIFSIGNALED(status))
        return failed(c, p, "it was ended by signal %d.", WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return failed(c, p, "it ended with code %d.", WEXITSTATUS(status));
    return credential_parse(c, p, &document) && credential_take(c, p, document, out);
}
