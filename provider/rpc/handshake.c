#include "rpc/handshake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "codec/base64.h"

#define COOKIE "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
#define FALLBACK_FOLDER "/tmp"

enum { SOCKET_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 };

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

bool handshake_cookie(void)
{
    return text_is(TEXT(COOKIE), text_of(environment("TF_PLUGIN_MAGIC_COOKIE")).at);
}

/* False without a report: the caller may have another place to try. */
static bool make_folder(struct handshake *h, struct arena *a, const char *parent)
{
    char *folder = text_f(a, "%s/terraform-istio-XXXXXX", parent);

    h->socket_path = NULL;
    if (strlen(folder) + sizeof("/s") - 1 > SOCKET_PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (!mkdtemp(folder)) /* mode 0700 */
        return false;
    h->folder = folder;
    h->socket_path = text_f(a, "%s/s", folder);
    return true;
}

static bool make_socket_path(struct handshake *h, struct arena *a, struct diags *diags)
{
    const char *wanted = environment("PLUGIN_UNIX_SOCKET_DIR");

    if (!wanted)
        wanted = environment("TMPDIR");
    if (wanted && make_folder(h, a, wanted))
        return true;
    if (wanted)
        log_event(LOG_WARN, "rpc", "cannot put the socket there, using " FALLBACK_FOLDER, "folder",
                  wanted, "reason", strerror(errno), NULL);
    return make_folder(h, a, FALLBACK_FOLDER) ||
           diag_error(diags, NULL, "Cannot make a folder for the socket",
                      "In %s: %s. Set TMPDIR to a writable folder with a short path.",
                      FALLBACK_FOLDER, strerror(errno));
}

bool handshake_prepare(struct handshake *h, struct arena *a, struct diags *diags, bool with_tls)
{
    h->client_pem = with_tls ? environment("PLUGIN_CLIENT_CERT") : NULL;
    return (!h->client_pem || tls_identity_make(a, diags, &h->identity)) &&
           make_socket_path(h, a, diags);
}

void handshake_announce(const struct handshake *h, struct arena *a)
{
    struct text certificate = TEXT("");

    if (h->client_pem)
        certificate = base64_encode(a, h->identity.certificate_der, BASE64_RAW);
    printf("1|6|unix|%s|grpc|%s\n", h->socket_path, text_z(a, certificate));
    (void)fflush(stdout);
}

void handshake_announce_reattach(const struct handshake *h, struct arena *a, const char *source)
{
    const char *line = text_f(a,
                              "{\"%s\":{\"Protocol\":\"grpc\",\"ProtocolVersion\":6,\"Pid\":%ld,"
                              "\"Test\":true,\"Addr\":{\"Network\":\"unix\",\"String\":\"%s\"}}}",
                              source, (long)getpid(), h->socket_path);

    printf("The provider runs until Ctrl-C. In the shell where Terraform runs:\n\n"
           "\texport TF_REATTACH_PROVIDERS='%s'\n\n",
           line);
    (void)fflush(stdout);
}

void handshake_clear(const struct handshake *h)
{
    if (!h->socket_path)
        return;
    unlink(h->socket_path);
    rmdir(h->folder);
}
