/* exec - credential plugins: the only programs that the provider ever runs,
 * and only those that the person names. Protocol: ExecCredential of
 * client.authentication.k8s.io, v1 and v1beta1. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/program.h"
#include "codec/json.h"
#include "kube/client.h"

struct plugin {
    const struct kube_exec *exec;
    const char *cluster; /* for messages */
    struct program_end end;
};

static bool failed(struct call *c, const struct plugin *p, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool failed(struct call *c, const struct plugin *p, const char *format, ...)
{
    const char *said = p->end.said;
    va_list arguments;
    const char *reason;

    va_start(arguments, format);
    reason = text_fv(c->arena, format, arguments);
    va_end(arguments);
    return diag_error(
        c->diags, NULL, text_f(c->arena, "Credential plugin %s failed", p->exec->command),
        "Cluster %s: %s%s%s%s%s", p->cluster, reason, said[0] ? "\n\nIt said:\n" : "", said,
        p->exec->install_hint[0] ? "\n\n" : "",
        text_printable(c->arena, text_of(p->exec->install_hint), PROGRAM_ERROR_BYTES_MAX));
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
    char **own = program_environment(), **all;
    size_t ours = 0, count = 0;

    while (own[ours])
        ours++;
    all = arena_array(c->arena, ours + value_count(e->env) + 2, sizeof(*all));
    for (size_t i = 0; i < ours; i++)
        if (!is_overridden(e->env, own[i]))
            all[count++] = own[i];
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

/* --- what it printed -------------------------------------------------------- */

static bool credential_parse(struct call *c, const struct plugin *p, const struct value **out)
{
    struct diags quiet;

    diags_init(&quiet, c->arena);
    /* The parser's own message could show a piece of the token. */
    if (!json_read(c->arena, p->end.output, "output", &quiet, out))
        return failed(c, p, "what it printed on stdout (%zu bytes) is not JSON.",
                      p->end.output.len);
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
    struct program program = {.cancel = c->cancel, .deadline_ms = c->deadline_ms};

    p->exec = e;
    p->cluster = cluster;
    p->end.said = "";
    if (!version_check(c, p))
        return false;
    program.arguments = arguments_of(c, e);
    program.variables = environment(c, e);
    log_event(LOG_DEBUG, "kube", "starts a credential plugin", "command", e->command, "cluster",
              cluster, NULL);
    if (!program_run(c->arena, &program, &p->end))
        return failed(c, p, "%s", p->end.trouble);
    return credential_parse(c, p, &document) && credential_take(c, p, document, out);
}
