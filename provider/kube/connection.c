#include "kube/connection.h"

#include <string.h>

#include "kube/target.h"
#include "schema/check.h"
#include "schema/plan.h"

enum { IMPORT_ID_BYTES_MAX = 64 << 10, FORM_BYTES_MAX = 4096 };

/* --- rows ------------------------------------------------------------------- */

static bool check_pem(struct call *c, const struct path *at, const struct value *v)
{
    return target_pem(c, "The value", value_string_text(v), at);
}

static bool check_proxy(struct call *c, const struct path *at, const struct value *v)
{
    static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
        if (text_starts_with(value_string_text(v), schemes[i]))
            return true;
    return diag_error(c->diags, at, "Not the address of a proxy",
                      "It has to begin with http://, https://, socks5:// or socks5h://.");
}

static const struct attribute eks_rows[] = {
    STRING("cluster_name", REQUIRED, "Name of the EKS cluster.", .check = check_not_empty),
    STRING("region", OPTIONAL, "Region of the EKS cluster. Left out, it is the provider's."),
    STRING("role_arn", OPTIONAL, "IAM role to assume before the token is made.",
           .check = check_arn),
    STRING("profile", OPTIONAL,
           "Profile of the shared AWS configuration to sign with. Left out, the provider's "
           "credentials sign."),
    END_ATTRIBUTES,
};

static const struct attribute kubeconfig_rows[] = {
    STRING("path", OPTIONAL,
           "File, or several joined by `:` of which the first to name something wins. `~/` is the "
           "home folder; file names inside are relative to the file's own folder.",
           .exactly_one_of = "source", .check = check_not_empty),
    STRING("raw", OPTIONAL | SENSITIVE, "The kubeconfig itself, as YAML or JSON.",
           .exactly_one_of = "source", .check = check_not_empty),
    STRING("context", OPTIONAL,
           "Context to use. May be left out only when there is exactly one: `current-context` is "
           "never used, because it changes behind Terraform's back.",
           .check = check_not_empty),
    END_ATTRIBUTES,
};

static const struct attribute exec_rows[] = {
    STRING("command", REQUIRED,
           "Program to run: a path, or a name that is looked for along `PATH`.",
           .check = check_not_empty),
    TYPED("args", &type_string_list, OPTIONAL, "Arguments of the program."),
    TYPED("env", &type_string_map, OPTIONAL | SENSITIVE,
          "Environment variables added to the provider's own."),
    STRING("api_version", OPTIONAL,
           "Version of the plugin protocol. Left out, it is `client.authentication.k8s.io/v1`.",
           .one_of =
               ONE_OF("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")),
    END_ATTRIBUTES,
};

/* In the connection and, by itself, where a cluster is described. */
#define ACCESS_ROWS                                                                                \
    STRING("host", OPTIONAL,                                                                       \
           "Address of the API server, `https://host:port`. Needed unless `kubeconfig` or "        \
           "`eks` tell it.",                                                                       \
           .check = check_https_url),                                                              \
        STRING("ca_certificate", OPTIONAL,                                                         \
               "PEM certificate(s) that sign the API server's. Left out, the system's are "        \
               "trusted. The server's certificate is always verified.",                            \
               .check = check_pem),                                                                \
        STRING("tls_server_name", OPTIONAL,                                                        \
               "Name to expect in the API server's certificate instead of the host's.",            \
               .check = check_not_empty),                                                          \
        STRING("proxy_url", OPTIONAL,                                                              \
               "Proxy to the API server: `http://`, `https://`, `socks5://` or `socks5h://`. "     \
               "Left out, `HTTPS_PROXY` and `NO_PROXY` apply.",                                    \
               .check = check_proxy),                                                              \
        NESTED("eks", NESTING_SINGLE, eks_rows, OPTIONAL,                                          \
               "Sign in to an EKS cluster with tokens made from AWS credentials when needed.",     \
               .exactly_one_of = "identity"),                                                      \
        NESTED("kubeconfig", NESTING_SINGLE, kubeconfig_rows, OPTIONAL,                            \
               "Take address and identity from a kubeconfig. Fields set beside it win.",           \
               .exactly_one_of = "identity"),                                                      \
        STRING("token", OPTIONAL | SENSITIVE, "Bearer token.", .exactly_one_of = "identity",       \
               .requires = NAMES("host"), .check = check_not_empty),                               \
        STRING("client_certificate", OPTIONAL, "PEM client certificate.",                          \
               .exactly_one_of = "identity", .requires = NAMES("host", "client_key"),              \
               .check = check_pem),                                                                \
        STRING("client_key", OPTIONAL | SENSITIVE, "PEM key of the client certificate.",           \
               .requires = NAMES("client_certificate"), .check = check_pem),                       \
        NESTED("exec", NESTING_SINGLE, exec_rows, OPTIONAL,                                        \
               "Run a credential plugin, as a kubeconfig's `exec` does.",                          \
               .exactly_one_of = "identity", .requires = NAMES("host"))

/* clang-format off */
const struct attribute connection_attributes[] = {
    STRING("name", REQUIRED, "The mesh's name for the cluster, as Istio's `clusterName` has it.",
           .check = check_dns_label),
    STRING("network", OPTIONAL,
           "Istio network of the cluster: workloads of one network reach each other directly.",
           .check = check_label_value),
    ACCESS_ROWS,
    STRING("uid", OPTIONAL,
           "UID of the namespace `kube-system`. When set, it is compared before the first write, "
           "and another cluster at this address is an error.",
           .check = check_not_empty),
    END_ATTRIBUTES,
};
const struct attribute connection_access_attributes[] = {ACCESS_ROWS, END_ATTRIBUTES};
/* clang-format on */

/* --- asking ------------------------------------------------------------------ */

/* Name and network say nothing about the way there. */
static bool is_needed(const char *row)
{
    return strcmp(row, "name") != 0 && strcmp(row, "network") != 0;
}

bool connection_is_known(const struct value *connection)
{
    if (!value_is_set(connection))
        return false;
    ATTRIBUTE_EACH (row, connection_attributes)
        if (is_needed(row->name) && !value_is_wholly_known(value_at(connection, row->name)))
            return false;
    return true;
}

const char *connection_name(const struct value *connection)
{
    return value_text(connection, "name");
}

bool connection_moved(const struct value *prior, const struct value *planned)
{
    const char *was = value_text(prior, "uid"), *is = value_text(planned, "uid");

    return was[0] && is[0] && strcmp(was, is) != 0;
}

void connection_plan(struct call *c, struct plan *plan, const char *attribute)
{
    if (connection_moved(value_at(plan->prior, attribute), value_at(plan->planned, attribute)))
        plan_replace(c, plan, path_name(c->arena, NULL, attribute));
}

/* --- import ids --------------------------------------------------------------- */

/* Where an import id's key goes: {"kubeconfig", "path"} or a row of its own. */
struct import_key {
    const char *key, *row, *field;
};

static const struct import_key import_keys[] = {
    {"cluster", "name", NULL},
    {"network", "network", NULL},
    {"uid", "uid", NULL},
    {"kubeconfig", "kubeconfig", "path"},
    {"context", "kubeconfig", "context"},
    {"eks", "eks", "cluster_name"},
    {"region", "eks", "region"},
    {"role_arn", "eks", "role_arn"},
    {"profile", "eks", "profile"},
};
enum { IMPORT_KEYS = sizeof(import_keys) / sizeof(*import_keys) };

static const struct import_key *import_key_find(const char *key)
{
    for (size_t i = 0; i < IMPORT_KEYS; i++)
        if (strcmp(import_keys[i].key, key) == 0)
            return &import_keys[i];
    return NULL;
}

static bool is_optional(const char *key)
{
    return key[0] && key[strlen(key) - 1] == '?';
}

static const char *bare(struct arena *a, const char *key)
{
    return is_optional(key) ? text_z(a, (struct text){key, strlen(key) - 1}) : key;
}

/* cluster=<name>,kubeconfig=<path>,context=<context>,namespace=<namespace> */
static const char *import_form(struct arena *a, const char *const *keys)
{
    struct text_builder b;

    text_builder_init(&b, a, FORM_BYTES_MAX);
    text_add_z(&b, "cluster=<name>,kubeconfig=<path>,context=<context>");
    for (; *keys; keys++) {
        const char *key = bare(a, *keys);

        text_add_f(&b, is_optional(*keys) ? "[,%s=<%s>]" : ",%s=<%s>", key, key);
    }
    text_add_z(&b, "; in the place of kubeconfig and context: eks=<cluster>,region=<region>");
    return text_built(&b).at;
}

static bool import_error(struct call *c, const char *const *keys, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool import_error(struct call *c, const char *const *keys, const char *format, ...)
{
    va_list arguments;
    const char *reason;

    va_start(arguments, format);
    reason = text_fv(c->arena, format, arguments);
    va_end(arguments);
    return diag_error(c->diags, NULL, "The import id cannot be used",
                      "%s The form is: %s. A value with a comma stands in double quotes.", reason,
                      import_form(c->arena, keys));
}

static bool key_is_known(const char *const *keys, const char *key, struct arena *a)
{
    for (; *keys; keys++)
        if (strcmp(bare(a, *keys), key) == 0)
            return true;
    return import_key_find(key) != NULL;
}

/* Takes key=value or key="value" and the comma behind it from *rest. */
static bool pair_take(struct call *c, const char *const *keys, struct text *rest, const char **key,
                      struct text *value)
{
    const char *equals = memchr(rest->at, '=', rest->len), *end;
    size_t left;

    if (!equals)
        return import_error(c, keys, "\"%s\" is not key=value.", text_z(c->arena, *rest));
    *key = text_z(c->arena, text_trim((struct text){rest->at, (size_t)(equals - rest->at)}));
    left = rest->len - (size_t)(equals + 1 - rest->at);
    if (left && equals[1] == '"') {
        end = memchr(equals + 2, '"', left - 1);
        if (!end || (end + 1 < rest->at + rest->len && end[1] != ','))
            return import_error(c, keys, "The quotes of %s are not closed.", *key);
        *value = (struct text){equals + 2, (size_t)(end - equals - 2)};
        end++;
    } else {
        end = memchr(equals + 1, ',', left);
        end = end ? end : rest->at + rest->len;
        *value = (struct text){equals + 1, (size_t)(end - equals - 1)};
    }
    left = rest->len - (size_t)(end - rest->at);
    *rest = left ? (struct text){end + 1, left - 1} : (struct text){end, 0};
    return true;
}

static bool pairs_read(struct call *c, const char *id, const char *const *keys,
                       const struct value **out)
{
    struct text rest = text_of(id);
    struct value_builder b;

    if (rest.len > IMPORT_ID_BYTES_MAX)
        return import_error(c, keys, "It is longer than %d bytes.", IMPORT_ID_BYTES_MAX);
    value_builder_init(&b, c->arena);
    while (rest.len) {
        const char *key = "";
        struct text value = TEXT("");

        if (!pair_take(c, keys, &rest, &key, &value))
            return false;
        if (!key_is_known(keys, key, c->arena))
            return import_error(c, keys, "\"%s\" is not one of its keys.", key);
        if (!value.len)
            return import_error(c, keys, "%s is empty.", key);
        if (value_has(value_builder_map(&b), key))
            return import_error(c, keys, "%s is there twice.", key);
        value_builder_push(&b, key, value_string_of(c->arena, value));
    }
    *out = value_builder_map(&b);
    return true;
}

static bool pairs_check(struct call *c, const struct value *pairs, const char *const *keys)
{
    bool kubeconfig = value_has(pairs, "kubeconfig"), eks = value_has(pairs, "eks");

    if (!value_has(pairs, "cluster"))
        return import_error(c, keys, "cluster is missing.");
    if (kubeconfig == eks)
        return import_error(c, keys, "Exactly one of kubeconfig and eks has to be there.");
    for (size_t i = 0; i < IMPORT_KEYS; i++) {
        const char *row = import_keys[i].row;

        if (value_has(pairs, import_keys[i].key) &&
            ((!eks && strcmp(row, "eks") == 0) || (!kubeconfig && strcmp(row, "kubeconfig") == 0)))
            return import_error(c, keys, "%s goes with %s only.", import_keys[i].key, row);
    }
    for (size_t i = 0; keys[i]; i++)
        if (!is_optional(keys[i]) && !value_has(pairs, keys[i]))
            return import_error(c, keys, "%s is missing.", keys[i]);
    return true;
}

/* All rows, null where the id says nothing: an object of the whole type. */
static const struct value *nulls(struct arena *a, const struct attribute *rows)
{
    struct value_builder b;

    value_builder_init(&b, a);
    ATTRIBUTE_EACH (row, rows)
        value_builder_push(&b, row->name, &value_null);
    return value_builder_map(&b);
}

static const struct value *connection_made(struct arena *a, const struct value *pairs)
{
    const struct value *connection = nulls(a, connection_attributes);

    connection = value_has(pairs, "eks")
                     ? value_with(a, connection, "eks", nulls(a, eks_rows))
                     : value_with(a, connection, "kubeconfig", nulls(a, kubeconfig_rows));
    for (size_t i = 0; i < IMPORT_KEYS; i++) {
        const struct import_key *k = &import_keys[i];
        const struct value *v = value_at(pairs, k->key);

        if (!value_is_set(v))
            continue;
        connection = k->field ? value_with_in(a, connection, v, k->row, k->field)
                              : value_with(a, connection, k->row, v);
    }
    return connection;
}

bool connection_import_id(struct call *c, const char *id, const char *const *keys,
                          const struct value **connection, const struct value **rest)
{
    const struct value *pairs = &value_null;
    struct value_builder b;

    if (!pairs_read(c, id, keys, &pairs) || !pairs_check(c, pairs, keys))
        return false;
    *connection = connection_made(c->arena, pairs);
    value_builder_init(&b, c->arena);
    for (size_t i = 0; keys[i]; i++) {
        const char *key = bare(c->arena, keys[i]);

        if (value_has(pairs, key))
            value_builder_push(&b, key, value_at(pairs, key));
    }
    *rest = value_builder_map(&b);
    return true;
}
