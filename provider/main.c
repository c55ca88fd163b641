#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "provider.h"
#include "rpc/handshake.h"
#include "rpc/server.h"
#include "schema/docs.h"

#define SOURCE "multicluster/istio"

enum { FILE_BYTES_MAX = 1 << 20 };

/* --- --docs DIR ------------------------------------------------------------- */

/* A missing example is an empty one: the pages' own test asks for them. */
static struct text file_text(struct arena *a, const char *path)
{
    struct text_builder b;
    char part[4096];
    FILE *file = fopen(path, "rb");
    size_t got;

    text_builder_init(&b, a, FILE_BYTES_MAX);
    while (file && (got = fread(part, 1, sizeof(part), file)) > 0)
        text_add(&b, (struct text){part, got});
    if (file)
        (void)fclose(file);
    return text_built(&b);
}

static void make_folders(struct arena *a, const char *path)
{
    char *part = arena_strdup(a, path);

    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(part, 0777); /* fopen() tells when that did not work */
        *slash = '/';
    }
}

static bool write_page(struct arena *a, const char *folder, const char *name, struct text page)
{
    const char *path = text_f(a, "%s/%s", folder, name);
    FILE *file;
    bool done;

    make_folders(a, path);
    file = fopen(path, "wb");
    done = file && fwrite(page.at, 1, page.len, file) == page.len;
    done = file && fclose(file) == 0 && done;
    if (!done)
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return done;
}

static bool write_resource_page(struct arena *a, const char *folder, const struct resource *r)
{
    static const struct {
        const char *folder, *file;
    } kinds[] = {
        [KIND_MANAGED] = {"resources", "resource.tf"},
        [KIND_DATA] = {"data-sources", "data-source.tf"},
        [KIND_EPHEMERAL] = {"ephemeral-resources", "ephemeral-resource.tf"},
        [KIND_FUNCTION] = {"functions", "function.tf"},
    };
    const char *examples = text_f(a, "examples/%s/%s", kinds[r->kind].folder, r->name);
    struct text example = file_text(a, text_f(a, "%s/%s", examples, kinds[r->kind].file));
    struct text import = file_text(a, text_f(a, "%s/import.sh", examples));

    return write_page(a, folder, docs_path(a, r), docs_page(a, r, example, import));
}

static int write_docs(const char *folder)
{
    struct arena *a = arena_new();
    struct provider *p = provider_new();
    struct text example = file_text(a, "examples/provider/provider.tf");
    bool done = write_page(a, folder, "index.md",
                           docs_provider_page(a, p->attributes, p->summary, example));

    for (size_t i = 0; registry[i]; i++)
        done = write_resource_page(a, folder, registry[i]) && done;
    provider_free(p);
    arena_free(a);
    return done ? 0 : 1;
}

/* --- the command line --------------------------------------------------------- */

static int usage(FILE *out, int status)
{
    (void)fputs("terraform-provider-istio " PROVIDER_VERSION
                ", a plugin of Terraform and OpenTofu.\n\n"
                "Terraform starts it by itself, when a configuration names it:\n\n"
                "    terraform {\n"
                "      required_providers { istio = { source = \"multicluster/istio\" } }\n"
                "    }\n\n"
                "By hand:\n"
                "    -version     print the version\n"
                "    -debug       serve until Ctrl-C and print how Terraform finds this process\n"
                "    --docs DIR   write the reference pages, with the examples/ of this folder\n"
                "    --help       print this\n",
                out);
    return status;
}

static int serve(bool debug)
{
    const struct rpc_options options = {.debug = debug, .source = SOURCE};
    struct provider *p;
    int status;

    if (!debug && !handshake_cookie())
        return usage(stderr, 1);
    log_init();
    p = provider_new();
    status = rpc_serve(p, &options);
    provider_free(p);
    return status;
}

static bool is_flag(const char *argument, const char *name)
{
    return argument[0] == '-' && strcmp(argument + (argument[1] == '-' ? 2 : 1), name) == 0;
}

int main(int argc, char **argv)
{
    /* A broken or FIPS-only openssl.cnf must not keep the plugin from starting;
     * gRPC's own threads may outlive main(), so nothing is torn down behind it. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
    if (argc == 1)
        return serve(false);
    if (argc == 2 && is_flag(argv[1], "debug"))
        return serve(true);
    if (argc == 2 && is_flag(argv[1], "version"))
        return puts("terraform-provider-istio " PROVIDER_VERSION) < 0;
    if (argc == 2 && (is_flag(argv[1], "help") || is_flag(argv[1], "h")))
        return usage(stdout, 0);
    if (argc == 3 && is_flag(argv[1], "docs"))
        return write_docs(argv[2]);
    return usage(stderr, 2);
}
