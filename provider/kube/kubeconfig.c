/* kubeconfig - what one context of one or several kubeconfig files says. The
 * rules are kubectl's but for three: no current-context, no skipping of server
 * verification, and no file that the person did not name. */
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/yml.h"
#include "kube/connection.h"
#include "kube/target.h"

struct source {
    const char *name;   /* of the file; "kubeconfig.raw" for a text */
    const char *folder; /* against which relative names are read; NULL = none */
    const struct value *document;
};

struct sources {
    struct source items[KUBECONFIG_FILES_MAX];
    size_t count;
    const char *missing; /* a file that does not exist; NULL = none */
    const struct path *at;
};

/* One entry of clusters, users or contexts and the file that it is from. */
struct entry {
    const struct value *body;
    const struct source *source;
    const char *what; /* `user "admin" of /home/me/.kube/config`: for messages */
};

enum { NAMES_SHOWN_MAX = 20, NAMES_BYTES_MAX = 4096 };

static const char *const sections[][2] = {
    {"clusters", "cluster"}, {"users", "user"}, {"contexts", "context"}};
enum { SECTIONS = sizeof(sections) / sizeof(*sections) };

static const char summary[] = "The kubeconfig cannot be used";

/* --- reading ---------------------------------------------------------------- */

static bool section_check(struct call *c, const struct path *at, const struct source *s,
                          const char *section)
{
    const struct value *list = value_at(s->document, section);

    if (!value_is_null(list) && list->kind != VALUE_LIST)
        return diag_error(c->diags, at, summary, "In %s, %s is a %s, not a list.", s->name, section,
                          value_kind_name(list));
    for (size_t i = 0; i < value_count(list); i++) {
        const char *name = value_text(value_item(list, i), "name");

        if (!name[0])
            return diag_error(c->diags, at, summary, "In %s, %s[%zu] has no name.", s->name,
                              section, i);
        for (size_t j = 0; j < i; j++)
            if (strcmp(name, value_text(value_item(list, j), "name")) == 0)
                return diag_error(c->diags, at, summary, "In %s, %s has the name \"%s\" twice.",
                                  s->name, section, name);
    }
    return true;
}

static bool source_check(struct call *c, const struct path *at, const struct source *s)
{
    const char *kind = value_text(s->document, "kind");

    if (s->document->kind != VALUE_MAP)
        return diag_error(c->diags, at, summary, "%s is %s, not a kubeconfig.", s->name,
                          value_is_null(s->document) ? "empty" : "not a map");
    if (kind[0] && strcmp(kind, "Config") != 0)
        return diag_error(c->diags, at, summary,
                          "%s is of kind %s; a kubeconfig is of kind Config.", s->name, kind);
    for (size_t i = 0; i < SECTIONS; i++)
        if (!section_check(c, at, s, sections[i][0]))
            return false;
    return true;
}

static bool source_add(struct call *c, struct sources *all, struct source s, struct text yaml)
{
    const char *what = s.folder ? text_f(c->arena, "kubeconfig %s", s.name) : "kubeconfig.raw";

    if (all->count == KUBECONFIG_FILES_MAX)
        return diag_error(c->diags, all->at, summary, "More than %d files are named.",
                          KUBECONFIG_FILES_MAX);
    if (!yml_read(c->arena, yaml, what, all->at, c->diags, &s.document) ||
        !source_check(c, all->at, &s))
        return false;
    all->items[all->count++] = s;
    return true;
}

/* ~/ at the beginning is the folder HOME. */
static bool home_expand(struct call *c, const struct path *at, const char *path, const char **out)
{
    const char *home = getenv("HOME");

    *out = path;
    if (strcmp(path, "~") != 0 && strncmp(path, "~/", 2) != 0)
        return true;
    if (!home || !home[0])
        return diag_error(c->diags, at, summary,
                          "%s begins with ~, but HOME is not set in the environment.", path);
    *out = text_f(c->arena, "%s%s", home, path + 1);
    return true;
}

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return ".";
    return slash == path ? "/" : text_z(a, (struct text){path, (size_t)(slash - path)});
}

/* kubectl passes over files of a list that do not exist; one file alone has to. */
static bool files_read(struct call *c, struct sources *all, const char *list,
                       struct kube_target *out)
{
    struct text rest = text_of(list), piece;
    bool several = strchr(list, ':') != NULL;

    while (text_split(&rest, ':', &piece)) {
        struct source s;
        struct text yaml;

        if (!piece.len)
            continue;
        if (!home_expand(c, all->at, text_z(c->arena, piece), &s.name) ||
            !target_file(c, out, s.name, KUBECONFIG_BYTES_MAX, all->at, "The kubeconfig", several,
                         &yaml))
            return false;
        if (!yaml.at) {
            all->missing = s.name;
            continue;
        }
        s.folder = folder_of(c->arena, s.name);
        if (!source_add(c, all, s, yaml))
            return false;
    }
    if (all->count)
        return true;
    return diag_error(c->diags, all->at, summary, "None of the files %s exists.", list);
}

/* --- finding ---------------------------------------------------------------- */

/* The first source that has the name wins as a whole; later ones are not mixed in. */
static bool entry_find(struct call *c, const struct sources *all, size_t section, const char *name,
                       struct entry *out)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct source *s = &all->items[i];
        const struct value *list = value_at(s->document, sections[section][0]);

        for (size_t j = 0; j < value_count(list); j++) {
            const struct value *item = value_item(list, j);

            if (strcmp(value_text(item, "name"), name) != 0)
                continue;
            *out = (struct entry){
                value_at(item, sections[section][1]), s,
                text_f(c->arena, "%s \"%s\" of %s", sections[section][1], name, s->name)};
            return true;
        }
    }
    return false;
}

static bool names_has(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Distinct context names over all sources, at most NAMES_SHOWN_MAX + 1. */
static size_t context_names(const struct sources *all, const char **names)
{
    size_t count = 0;

    for (size_t i = 0; i < all->count; i++) {
        const struct value *list = value_at(all->items[i].document, "contexts");

        for (size_t j = 0; j < value_count(list) && count <= NAMES_SHOWN_MAX; j++) {
            const char *name = value_text(value_item(list, j), "name");

            if (!names_has(names, count, name))
                names[count++] = name;
        }
    }
    return count;
}

static const char *names_text(struct arena *a, const char *const *names, size_t count)
{
    struct text_builder b;

    text_builder_init(&b, a, NAMES_BYTES_MAX);
    for (size_t i = 0; i < count && i < NAMES_SHOWN_MAX; i++)
        text_add_f(&b, "%s%s", i ? ", " : "", names[i]);
    if (count > NAMES_SHOWN_MAX)
        text_add_z(&b, ", …");
    return text_built(&b).at;
}

static bool context_find(struct call *c, const struct sources *all, const char *wanted,
                         const struct path *at, struct entry *out)
{
    const char *names[NAMES_SHOWN_MAX + 1];
    size_t count = context_names(all, names);
    const char *missing =
        all->missing ? text_f(c->arena, " (%s does not exist.)", all->missing) : "";

    if (!wanted[0] && count == 1)
        return entry_find(c, all, 2, names[0], out);
    if (!count)
        return diag_error(c->diags, at, summary, "It has no context.%s", missing);
    if (!wanted[0])
        return diag_error(c->diags, at, "The kubeconfig's context has to be named",
                          "It has several, and current-context is not used, because it changes "
                          "behind Terraform's back. Set context to one of: %s.",
                          names_text(c->arena, names, count));
    if (entry_find(c, all, 2, wanted, out))
        return true;
    return diag_error(c->diags, at, "The kubeconfig has no such context",
                      "There is no context \"%s\". Contexts: %s.%s", wanted,
                      names_text(c->arena, names, count), missing);
}

/* The cluster or user that the context names. */
static bool part_find(struct call *c, const struct sources *all, const struct entry *context,
                      size_t section, struct entry *out)
{
    const char *kind = sections[section][1], *name = value_text(context->body, kind);

    if (!name[0])
        return diag_error(c->diags, all->at, summary, "The %s names no %s.", context->what, kind);
    if (entry_find(c, all, section, name, out))
        return true;
    return diag_error(c->diags, all->at, summary, "The %s names the %s \"%s\", which is not there.",
                      context->what, kind, name);
}

/* --- contents --------------------------------------------------------------- */

/* The text of a field, NULL when absent or empty; a wrong kind is reported. */
static bool field_text(struct call *c, const struct entry *e, const char *field,
                       const struct path *at, const char **out)
{
    const struct value *v = value_at(e->body, field);

    *out = value_z(v)[0] ? value_z(v) : NULL;
    if (value_is_null(v) || v->kind == VALUE_STRING)
        return true;
    return diag_error(c->diags, at, summary, "In %s, %s is a %s, not a string.", e->what, field,
                      value_kind_name(v));
}

static bool file_name(struct call *c, const struct entry *e, const char *field, const char *name,
                      const struct path *at, const char **out)
{
    *out = name;
    if (name[0] == '/')
        return true;
    if (!e->source->folder)
        return diag_error(c->diags, at, summary,
                          "In %s, %s is the relative file name %s, but a text has no folder. Use "
                          "an absolute name%s.",
                          e->what, field, name,
                          strcmp(field, "tokenFile") == 0 || strcmp(field, "exec.command") == 0
                              ? ""
                              : text_f(c->arena, " or %s-data", field));
    *out = text_f(c->arena, "%s/%s", e->source->folder, name);
    return true;
}

/* <field>-data in base64 wins over the file that <field> names. */
static bool data_or_file(struct call *c, struct kube_target *t, const struct entry *e,
                         const char *field, const struct path *at, struct text *out)
{
    const char *data_field = text_f(c->arena, "%s-data", field), *data, *name;

    if (!field_text(c, e, data_field, at, &data) || !field_text(c, e, field, at, &name))
        return false;
    if (data && !base64_decode(c->arena, text_of(data), BASE64_STANDARD, out))
        return diag_error(c->diags, at, summary, "In %s, %s is not base64.", e->what, data_field);
    if (!data && name) {
        if (!file_name(c, e, field, name, at, &name) ||
            !target_file(c, t, name, CREDENTIAL_FILE_BYTES_MAX, at,
                         text_f(c->arena, "The %s of %s", field, e->what), false, out))
            return false;
    }
    return !(data || name) ||
           target_pem(c, text_f(c->arena, "The %s of %s", field, e->what), *out, at);
}

static bool cluster_take(struct call *c, const struct entry *e, const struct path *at,
                         struct kube_target *out)
{
    const char *server;

    if (value_flag(e->body, "insecure-skip-tls-verify"))
        return diag_error(c->diags, at, "The server's certificate would not be verified",
                          "In %s, insecure-skip-tls-verify is true, which is not supported: "
                          "anybody in between could read the credentials. Set "
                          "certificate-authority-data to the cluster's CA, and tls-server-name "
                          "when the certificate has another name.",
                          e->what);
    if (!field_text(c, e, "server", at, &server) ||
        !field_text(c, e, "tls-server-name", at, &out->tls_server_name) ||
        !field_text(c, e, "proxy-url", at, &out->proxy_url) ||
        !data_or_file(c, out, e, "certificate-authority", at, &out->ca_pem))
        return false;
    if (!server)
        return diag_error(c->diags, at, summary, "The %s has no server.", e->what);
    return target_host(c, server, at, &out->host);
}

/* What the plugin is told of the cluster, when its entry asks for it. */
static const struct value *exec_cluster(struct call *c, const struct entry *cluster,
                                        const struct kube_target *t)
{
    const struct value *extensions = value_at(cluster->body, "extensions");
    struct value_builder b;

    value_builder_init(&b, c->arena);
    value_builder_set(&b, "server", value_string(c->arena, t->host));
    if (t->tls_server_name)
        value_builder_set(&b, "tls-server-name", value_string(c->arena, t->tls_server_name));
    if (t->proxy_url)
        value_builder_set(&b, "proxy-url", value_string(c->arena, t->proxy_url));
    if (t->ca_pem.len)
        value_builder_set(
            &b, "certificate-authority-data",
            value_string_of(c->arena, base64_encode(c->arena, t->ca_pem, BASE64_STANDARD)));
    for (size_t i = 0; i < value_count(extensions); i++) {
        const struct value *item = value_item(extensions, i);

        if (strcmp(value_text(item, "name"), "client.authentication.k8s.io/exec") == 0)
            value_builder_set(&b, "config", value_at(item, "extension"));
    }
    return value_builder_map(&b);
}

static const struct value *exec_env(struct call *c, const struct value *list)
{
    struct value_builder b;

    value_builder_init(&b, c->arena);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *item = value_item(list, i);

        if (value_text(item, "name")[0])
            value_builder_set(&b, value_text(item, "name"), value_at(item, "value"));
    }
    return value_builder_map(&b);
}

static bool exec_take(struct call *c, const struct entry *user, const struct entry *cluster,
                      const struct path *at, struct kube_target *out)
{
    struct entry e = {value_at(user->body, "exec"), user->source,
                      text_f(c->arena, "exec of %s", user->what)};
    struct kube_exec *exec = arena_alloc(c->arena, sizeof(*exec));
    const char *hint;

    if (!field_text(c, &e, "command", at, &exec->command) ||
        !field_text(c, &e, "apiVersion", at, &exec->api_version) ||
        !field_text(c, &e, "installHint", at, &hint))
        return false;
    if (!exec->command || !exec->api_version)
        return diag_error(c->diags, at, summary, "The %s has no %s.", e.what,
                          exec->command ? "apiVersion" : "command");
    if (strcmp(value_text(e.body, "interactiveMode"), "Always") == 0)
        return diag_error(c->diags, at, summary,
                          "The plugin %s of %s wants a terminal (interactiveMode is Always), and "
                          "a provider has none.",
                          exec->command, user->what);
    /* A name without a slash is looked for along PATH. */
    if (strchr(exec->command, '/') &&
        !file_name(c, &e, "exec.command", exec->command, at, &exec->command))
        return false;
    exec->args = value_at(e.body, "args");
    exec->env = exec_env(c, value_at(e.body, "env"));
    exec->install_hint = hint ? hint : "";
    exec->cluster_info =
        value_flag(e.body, "provideClusterInfo") ? exec_cluster(c, cluster, out) : NULL;
    out->credentials.exec = exec;
    return true;
}

/* What would change who we are, if it were passed over. */
static bool user_check(struct call *c, const struct entry *e, const struct path *at)
{
    static const char *const impersonation[] = {"as", "as-uid", "as-groups", "as-user-extra"};

    if (value_is_set(value_at(e->body, "auth-provider")))
        return diag_error(c->diags, at, "auth-provider is not supported",
                          "The %s uses auth-provider \"%s\", which Kubernetes has removed. Use an "
                          "exec plugin in its place.",
                          e->what, value_z(value_in(e->body, "auth-provider", "name")));
    if (value_is_set(value_at(e->body, "username")) || value_is_set(value_at(e->body, "password")))
        return diag_error(c->diags, at, "User names and passwords are not supported",
                          "The %s signs in by password, which Kubernetes has removed. Use a "
                          "client certificate, a token or an exec plugin.",
                          e->what);
    for (size_t i = 0; i < sizeof(impersonation) / sizeof(*impersonation); i++)
        if (value_is_set(value_at(e->body, impersonation[i])))
            return diag_error(c->diags, at, "Impersonation is not supported",
                              "The %s has \"%s\". Use the credentials of that user itself.",
                              e->what, impersonation[i]);
    return true;
}

static bool token_take(struct call *c, const struct entry *e, const struct path *at,
                       struct kube_credentials *who)
{
    const char *file;

    if (!field_text(c, e, "token", at, &who->token) || !field_text(c, e, "tokenFile", at, &file))
        return false;
    return !file || file_name(c, e, "tokenFile", file, at, &who->token_file);
}

static bool user_take(struct call *c, const struct entry *e, const struct entry *cluster,
                      const struct path *at, struct kube_target *out)
{
    struct kube_credentials *who = &out->credentials;

    if (!user_check(c, e, at) || !token_take(c, e, at, who) ||
        !data_or_file(c, out, e, "client-certificate", at, &who->client_certificate_pem) ||
        !data_or_file(c, out, e, "client-key", at, &who->client_key_pem))
        return false;
    if (value_is_set(value_at(e->body, "exec")))
        return exec_take(c, e, cluster, at, out);
    return who->token || who->token_file || who->client_certificate_pem.len ||
           diag_error(c->diags, at, "The kubeconfig's user has no credentials",
                      "The %s has none of client-certificate with client-key, token, tokenFile "
                      "and exec.",
                      e->what);
}

bool kubeconfig_target(struct call *c, const struct value *kubeconfig, const struct path *at,
                       struct kube_target *out)
{
    const char *list = value_text(kubeconfig, "path");
    struct text raw = value_string_text(value_at(kubeconfig, "raw"));
    struct sources all = {.at = path_name(c->arena, at, list[0] ? "path" : "raw")};
    struct entry context = {.source = all.items, .what = ""}, cluster = context, user = context;

    if (!list[0] == !raw.len)
        return diag_error(c->diags, at, "Exactly one of path and raw",
                          "A kubeconfig is either files (path) or a text (raw).");
    if (raw.len > KUBECONFIG_BYTES_MAX)
        return diag_error(c->diags, all.at, summary, "It is larger than %d bytes.",
                          KUBECONFIG_BYTES_MAX);
    if (list[0] ? !files_read(c, &all, list, out)
                : !source_add(c, &all, (struct source){.name = "kubeconfig.raw"}, raw))
        return false;
    return context_find(c, &all, value_text(kubeconfig, "context"),
                        path_name(c->arena, at, "context"), &context) &&
           part_find(c, &all, &context, 0, &cluster) && part_find(c, &all, &context, 1, &user) &&
           cluster_take(c, &cluster, all.at, out) && user_take(c, &user, &cluster, all.at, out);
}

/* --- writing ---------------------------------------------------------------- */

static const struct value *encoded(struct arena *a, struct text t)
{
    return value_string_of(a, base64_encode(a, t, BASE64_STANDARD));
}

static const struct value *built_cluster(struct arena *a, const struct kubeconfig_parts *p)
{
    struct value_builder b;

    value_builder_init(&b, a);
    if (p->ca_pem.len)
        value_builder_set(&b, "certificate-authority-data", encoded(a, p->ca_pem));
    if (p->proxy_url && p->proxy_url[0])
        value_builder_set(&b, "proxy-url", value_string(a, p->proxy_url));
    value_builder_set(&b, "server", value_string(a, p->server));
    if (p->tls_server_name && p->tls_server_name[0])
        value_builder_set(&b, "tls-server-name", value_string(a, p->tls_server_name));
    return value_builder_map(&b);
}

static const struct value *built_user(struct arena *a, const struct kubeconfig_parts *p)
{
    struct value_builder b;

    value_builder_init(&b, a);
    if (p->client_certificate_pem.len) {
        value_builder_set(&b, "client-certificate-data", encoded(a, p->client_certificate_pem));
        value_builder_set(&b, "client-key-data", encoded(a, p->client_key_pem));
    }
    if (p->token)
        value_builder_set(&b, "token", value_string(a, p->token));
    return value_builder_map(&b);
}

static const struct value *named(struct arena *a, const struct value *name, const char *key,
                                 const struct value *body)
{
    return value_list_of(a, value_map_of(a, {"name", name}, {key, body}));
}

const struct value *kubeconfig_build(struct arena *a, const struct kubeconfig_parts *parts)
{
    const struct value *name = value_string(a, parts->name);
    const struct value *context = value_map_of(a, {"cluster", name}, {"user", name});

    return value_map_of(
        a, {"apiVersion", value_string(a, "v1")}, {"kind", value_string(a, "Config")},
        {"clusters", named(a, name, "cluster", built_cluster(a, parts))},
        {"users", named(a, name, "user", built_user(a, parts))},
        {"contexts", named(a, name, "context", context)}, {"current-context", name});
}
