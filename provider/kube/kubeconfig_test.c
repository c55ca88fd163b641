/* Each file of testdata/kubeconfig is a case: files to write, a connection or
 * kubeconfig argument, and either the target or the error that comes of it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/test.h"
#include "codec/yml.h"
#include "kube/connection.h"
#include "kube/target.h"
#include "kube/test_case.h"

static void file_write(struct arena *a, const char *folder, const char *name, struct text content)
{
    char *path = text_f(a, "%s/%s", folder, name);
    FILE *file;

    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content.at, 1, content.len, file), content.len);
    assert_int_equal(fclose(file), 0);
}

static void files_write(struct arena *a, const char *folder, const struct value *files)
{
    for (size_t i = 0; i < value_count(files); i++)
        file_write(a, folder, files->map.entries[i].key,
                   value_string_text(files->map.entries[i].value));
}

static void put(struct value_builder *b, const char *key, struct text t)
{
    if (t.len)
        value_builder_set(b, key, value_string_of(b->arena, t));
}

static const struct value *or_null(const struct value *v)
{
    return v ? v : &value_null;
}

static const struct value *exec_value(struct arena *a, const struct kube_exec *e)
{
    return value_map_of(a, {"command", value_string(a, e->command)}, {"args", e->args},
                        {"env", e->env}, {"api_version", value_string(a, e->api_version)},
                        {"install_hint", value_string(a, e->install_hint)},
                        {"cluster", or_null(e->cluster_info)});
}

static const struct value *target_value(struct arena *a, const struct kube_target *t)
{
    const struct kube_credentials *who = &t->credentials;
    struct value_builder b;

    value_builder_init(&b, a);
    put(&b, "host", text_of(t->host));
    put(&b, "tls_server_name", text_of(t->tls_server_name));
    put(&b, "proxy_url", text_of(t->proxy_url));
    put(&b, "ca", t->ca_pem);
    put(&b, "token", text_of(who->token));
    put(&b, "token_file", text_of(who->token_file));
    put(&b, "certificate", who->client_certificate_pem);
    put(&b, "key", who->client_key_pem);
    if (who->exec)
        value_builder_set(&b, "exec", exec_value(a, who->exec));
    if (who->eks)
        value_builder_set(&b, "eks", value_at(who->eks, "cluster_name"));
    return value_builder_map(&b);
}

static void case_run(struct arena *a, const struct value *test, const char *home)
{
    const struct value *connection = value_at(test, "connection");
    struct kube_target target;
    struct diags diags;
    struct call call;
    bool done;

    diags_init(&diags, a);
    call_init(&call, a, &diags, NULL, NULL);
    files_write(a, home, value_at(test, "files"));
    setenv("HOME", home, 1);
    if (value_is_null(connection))
        connection = value_map_of(a, {"kubeconfig", value_at(test, "kubeconfig")});
    done = target_of(&call, connection, path_of(a, "cluster"), &target);
    assert_string_equal(case_replace(a, diags_text(a, &diags), home, "$HOME"),
                        value_text(test, "error"));
    assert_true(done == !diags.failed);
    if (done)
        assert_string_equal(case_replace(a, case_json(a, target_value(a, &target)), home, "$HOME"),
                            case_json(a, value_at(test, "target")));
}

TEST(every_case)
{
    const char *const *names = test_files(a, "provider/kube/testdata/kubeconfig", ".yml");

    for (; *names; names++) {
        char *home = text_f(a, "%s/kubeconfig-XXXXXX", case_temporary());

        assert_non_null(mkdtemp(home));
        case_run(a, case_read(a, text_f(a, "provider/kube/testdata/kubeconfig/%s", *names)), home);
        case_remove(home);
    }
}

/* A text that the writer made is read back as what went in. */
TEST(built_kubeconfig_is_read_back)
{
    const struct kubeconfig_parts parts = {
        .name = "east",
        .server = "https://10.0.0.1:6443",
        .tls_server_name = "kubernetes",
        .proxy_url = "http://proxy:3128",
        .ca_pem = TEXT("-----BEGIN CERTIFICATE-----\nca\n"),
        .client_certificate_pem = TEXT("-----BEGIN CERTIFICATE-----\nme\n"),
        .client_key_pem = TEXT("-----BEGIN PRIVATE KEY-----\nkey\n"),
        .token = "t",
    };
    const struct value *argument =
        value_map_of(a, {"raw", value_string_of(a, yml_write(a, kubeconfig_build(a, &parts)))});
    struct kube_target t = {.host = NULL};
    struct diags diags;
    struct call call;

    diags_init(&diags, a);
    call_init(&call, a, &diags, NULL, NULL);
    assert_true(kubeconfig_target(&call, argument, NULL, &t));
    assert_string_equal(t.host, parts.server);
    assert_string_equal(t.tls_server_name, parts.tls_server_name);
    assert_string_equal(t.proxy_url, parts.proxy_url);
    assert_string_equal(t.credentials.token, parts.token);
    assert_true(text_equal(t.ca_pem, parts.ca_pem));
    assert_true(text_equal(t.credentials.client_certificate_pem, parts.client_certificate_pem));
    assert_true(text_equal(t.credentials.client_key_pem, parts.client_key_pem));
}

/* A target is current until one of its files is another. */
TEST(changed_file_is_noticed)
{
    char *home = text_f(a, "%s/kubeconfig-XXXXXX", case_temporary());
    struct kube_target t = {.host = NULL};
    const struct value *argument;
    struct diags diags;
    struct call call;

    assert_non_null(mkdtemp(home));
    diags_init(&diags, a);
    call_init(&call, a, &diags, NULL, NULL);
    file_write(a, home, "config",
               TEXT("clusters: [{name: c, cluster: {server: 'https://c'}}]\n"
                    "users: [{name: u, user: {token: t}}]\n"
                    "contexts: [{name: c, context: {cluster: c, user: u}}]\n"));
    argument = value_map_of(a, {"path", value_f(a, "%s/config:%s/later", home, home)});
    assert_true(kubeconfig_target(&call, argument, NULL, &t));
    assert_true(target_is_current(&t));
    file_write(a, home, "later", TEXT(""));
    assert_false(target_is_current(&t));
    assert_int_equal(unlink(text_f(a, "%s/later", home)), 0);
    assert_true(target_is_current(&t));
    file_write(a, home, "config", TEXT("clusters: []\n"));
    assert_false(target_is_current(&t));
    case_remove(home);
}
